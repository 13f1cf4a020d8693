/* SPDX-License-Identifier: MIT */
/* Descriptors: readiness, hang-ups, and what may happen to a watch while its event waits in the batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reactor/reactor_priv.h"
#include "support/loop.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct end {
	struct twc_watch w;
	struct twc_reactor *r;
	int calls;
	unsigned ready;
	bool drain;
	struct end *stop, *mute; /* done to others in the callback */
};

static void on_end(struct twc_watch *w, unsigned ready)
{
	struct end *e = TWC_CONTAINER_OF(w, struct end, w);
	char buf[64];

	e->calls++;
	e->ready = ready;
	if (e->drain)
		assert_true(read(w->fd, buf, sizeof(buf)) >= 0);
	if (e->stop)
		twc_watch_stop(e->r, &e->stop->w);
	if (e->mute)
		twc_watch_set(e->r, &e->mute->w, 0);
}

static void pair(int sv[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
}

static void start(struct twc_reactor *r, struct end *e, int fd, unsigned events)
{
	e->r = r;
	assert_int_equal(twc_watch_start(r, &e->w, fd, events, on_end, NULL), 0);
}

static void read_write_and_set(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct end e = { 0 };
	int sv[2];

	pair(sv);
	start(r, &e, sv[0], TWC_READ);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 0);
	assert_int_equal(write(sv[1], "x", 1), 1);
	twc_reactor_step(r);
	twc_reactor_step(r); /* level-triggered */
	assert_int_equal(e.calls, 2);
	assert_int_equal(e.ready, TWC_READ);
	twc_watch_set(r, &e.w, TWC_READ | TWC_WRITE);
	twc_reactor_step(r);
	assert_int_equal(e.ready, TWC_READ | TWC_WRITE);
	twc_watch_set(r, &e.w, 0);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 3);
	assert_true(e.w.active);
	twc_watch_stop(r, &e.w);
	twc_watch_stop(r, &e.w);
	assert_false(e.w.active);
	close(sv[0]);
	close(sv[1]);
	twc_reactor_free(r);
}

static void hang_up_comes_with_what_was_asked(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct end e = { 0 };
	int sv[2];

	pair(sv);
	start(r, &e, sv[0], TWC_READ);
	close(sv[1]);
	twc_reactor_step(r);
	assert_int_equal(e.ready, TWC_READ | TWC_HUP);
	twc_watch_stop(r, &e.w);
	close(sv[0]);
	twc_reactor_free(r);
}

static void hang_up_without_a_reader_is_said_once(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct end e = { 0 };
	int sv[2];

	pair(sv);
	start(r, &e, sv[0], 0);
	assert_int_equal(r->n_watches, 1);
	close(sv[1]);
	for (int i = 0; i < 5; i++)
		twc_reactor_step(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, TWC_HUP);
	assert_false(e.w.active);
	assert_int_equal(r->n_watches, 0);
	assert_int_equal(twc_reactor_run(r, NULL), 0); /* and is no reason to go on */
	twc_watch_set(r, &e.w, 0);
	assert_false(e.w.active);
	twc_watch_set(r, &e.w, TWC_READ); /* asked again */
	assert_true(e.w.active);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 2);
	assert_int_equal(e.ready, TWC_READ | TWC_HUP);
	twc_watch_set(r, &e.w, 0); /* muted again: said once more */
	twc_reactor_step(r);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 3);
	assert_int_equal(e.ready, TWC_HUP);
	twc_watch_stop(r, &e.w);
	assert_int_equal(r->n_watches, 0);
	close(sv[0]);
	twc_reactor_free(r);
}

static void half_close_is_only_readable(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct end e = { 0 };
	int sv[2];

	pair(sv);
	start(r, &e, sv[0], 0);
	shutdown(sv[1], SHUT_WR);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 0);
	twc_watch_set(r, &e.w, TWC_READ);
	twc_reactor_step(r);
	assert_int_equal(e.ready, TWC_READ);
	twc_watch_stop(r, &e.w);
	close(sv[0]);
	close(sv[1]);
	twc_reactor_free(r);
}

/* Both are ready in one batch; whichever runs first stops (or mutes) the other. */
static void batch_hazard(bool mute)
{
	struct twc_reactor *r = loop_fake();
	struct end a = { 0 }, b = { 0 };
	int sa[2], sb[2];

	pair(sa);
	pair(sb);
	start(r, &a, sa[0], TWC_READ);
	start(r, &b, sb[0], TWC_READ);
	if (mute) {
		a.mute = &b;
		b.mute = &a;
	} else {
		a.stop = &b;
		b.stop = &a;
	}
	assert_int_equal(write(sa[1], "x", 1), 1);
	assert_int_equal(write(sb[1], "x", 1), 1);
	twc_reactor_step(r);
	assert_int_equal(a.calls + b.calls, 1);
	twc_watch_stop(r, &a.w);
	twc_watch_stop(r, &b.w);
	for (int i = 0; i < 2; i++) {
		close(sa[i]);
		close(sb[i]);
	}
	twc_reactor_free(r);
}

static void stopped_in_the_batch(void **state) { batch_hazard(false); }
static void muted_in_the_batch(void **state) { batch_hazard(true); }

/* Memory of a stopped watch may go at once, and its descriptor be taken by another watch. */
struct swap {
	struct end *victim;
	struct end next;
	struct end self;
	int sv[2];
};

static void on_swap(struct twc_watch *w, unsigned ready)
{
	struct swap *s = TWC_CONTAINER_OF(w, struct swap, self.w);
	struct twc_reactor *r = s->self.r;
	int fd;

	s->self.calls++;
	if (!s->victim)
		return;
	fd = s->victim->w.fd;
	twc_watch_stop(r, &s->victim->w);
	twc_free(s->victim);
	s->victim = NULL;
	start(r, &s->next, fd, TWC_WRITE);
}

static void freed_and_replaced_in_the_batch(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct swap s[2] = { 0 };

	/* each holds a victim that is ready too, before and after it in the set */
	for (int i = 0; i < 2; i++) {
		pair(s[i].sv);
		s[i].victim = twc_calloc(1, sizeof(*s[i].victim));
		if (i == 0)
			start(r, s[i].victim, s[i].sv[1], TWC_WRITE);
		s[i].self.r = r;
		assert_int_equal(twc_watch_start(r, &s[i].self.w, s[i].sv[0], TWC_WRITE, on_swap, NULL), 0);
		if (i == 1)
			start(r, s[i].victim, s[i].sv[1], TWC_WRITE);
	}
	twc_reactor_step(r);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(s[i].self.calls, 1);
		assert_int_equal(s[i].next.calls, 0); /* its first event comes with the next wait */
	}
	twc_reactor_step(r);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(s[i].next.calls, 1);
		twc_watch_stop(r, &s[i].self.w);
		twc_watch_stop(r, &s[i].next.w);
		close(s[i].sv[0]);
		close(s[i].sv[1]);
	}
	twc_reactor_free(r);
}

static void what_cannot_be_polled(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_watch w = { 0 };
	struct twc_err err = { 0 };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(twc_watch_start(r, &w, fd, TWC_READ, on_end, &err), TWC_EDATA);
	assert_non_null(strstr(err.text, "cannot be polled (EPERM)"));
	close(fd);
	assert_int_equal(twc_watch_start(r, &w, fd, TWC_READ, on_end, &err), TWC_EOS);
	assert_false(w.active);
	assert_int_equal(twc_reactor_run(r, NULL), 0); /* not counted */
	twc_reactor_free(r);
}

#define MANY 200

static void more_than_one_batch(void **state)
{
	struct twc_reactor *r = loop_fake();
	static struct end e[MANY];
	int sv[MANY][2], done = 0;

	memset(e, 0, sizeof(e));
	for (int i = 0; i < MANY; i++) {
		pair(sv[i]);
		start(r, &e[i], sv[i][0], TWC_READ);
		e[i].drain = true;
		assert_int_equal(write(sv[i][1], "x", 1), 1);
	}
	twc_reactor_advance(r, 0);
	for (int i = 0; i < MANY; i++) {
		done += e[i].calls;
		twc_watch_stop(r, &e[i].w);
		close(sv[i][0]);
		close(sv[i][1]);
	}
	assert_int_equal(done, MANY);
	assert_true(r->batch_cap > 32);
	twc_reactor_free(r);
}

/* Edges: a change is told once, however much is left unread, and each further change once more. */
static void edges_are_told_once(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct end e = { 0 };
	int sv[2];

	pair(sv);
	start(r, &e, sv[0], TWC_READ | TWC_EDGE);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 0);
	assert_int_equal(write(sv[1], "x", 1), 1);
	for (int i = 0; i < 3; i++)
		twc_reactor_step(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, TWC_READ);
	assert_int_equal(write(sv[1], "y", 1), 1); /* the first is still unread */
	for (int i = 0; i < 3; i++)
		twc_reactor_step(r);
	assert_int_equal(e.calls, 2);
	twc_watch_set(r, &e.w, TWC_READ); /* a level again: told as long as it lasts */
	twc_reactor_step(r);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 4);
	assert_int_equal(e.ready, TWC_READ);
	twc_watch_set(r, &e.w, TWC_READ | TWC_EDGE); /* who asks anew hears what is there, once */
	twc_reactor_step(r);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 5);
	twc_watch_stop(r, &e.w);
	close(sv[0]);
	close(sv[1]);
	twc_reactor_free(r);
}

/* Both directions asked for at once, as a relay does: room to write is a change of its own. */
static void edges_of_both_directions(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct end e = { 0 };
	char block[4096] = { 0 };
	int sv[2];

	pair(sv);
	start(r, &e, sv[0], TWC_READ | TWC_WRITE | TWC_EDGE);
	twc_reactor_step(r);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, TWC_WRITE);
	while (write(sv[0], block, sizeof(block)) > 0)
		;
	twc_reactor_step(r);
	assert_int_equal(e.calls, 1); /* full is no event */
	while (read(sv[1], block, sizeof(block)) > 0)
		;
	twc_reactor_step(r);
	twc_reactor_step(r);
	assert_int_equal(e.calls, 2);
	assert_true(e.ready & TWC_WRITE);
	twc_watch_stop(r, &e.w);
	close(sv[0]);
	close(sv[1]);
	twc_reactor_free(r);
}

static void a_hang_up_is_an_edge_too(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct end e = { 0 };
	int sv[2];

	pair(sv);
	start(r, &e, sv[0], TWC_READ | TWC_EDGE);
	close(sv[1]);
	for (int i = 0; i < 3; i++)
		twc_reactor_step(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, TWC_READ | TWC_HUP); /* TWC_EDGE is asked for, never reported */
	assert_true(e.w.active);
	twc_watch_set(r, &e.w, 0); /* a level again, and nobody asks: once more, then no reason to go on */
	for (int i = 0; i < 3; i++)
		twc_reactor_step(r);
	assert_int_equal(e.calls, 2);
	assert_int_equal(e.ready, TWC_HUP);
	assert_false(e.w.active);
	twc_watch_stop(r, &e.w);
	close(sv[0]);
	twc_reactor_free(r);
}

static void a_watch_is_small(void **state)
{
	assert_int_equal(sizeof(struct twc_watch), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_write_and_set),
		cmocka_unit_test(hang_up_comes_with_what_was_asked),
		cmocka_unit_test(hang_up_without_a_reader_is_said_once),
		cmocka_unit_test(half_close_is_only_readable),
		cmocka_unit_test(stopped_in_the_batch),
		cmocka_unit_test(muted_in_the_batch),
		cmocka_unit_test(freed_and_replaced_in_the_batch),
		cmocka_unit_test(what_cannot_be_polled),
		cmocka_unit_test(more_than_one_batch),
		cmocka_unit_test(edges_are_told_once),
		cmocka_unit_test(edges_of_both_directions),
		cmocka_unit_test(a_hang_up_is_an_edge_too),
		cmocka_unit_test(a_watch_is_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
