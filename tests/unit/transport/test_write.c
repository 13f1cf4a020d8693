/* SPDX-License-Identifier: MIT */
/* The way out: gathering, the queue, marks, and writes that fail. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/probe.h"
#include "support/sockets.h"
#include "transport/transport_priv.h"

/* Two connections on SOCK_SEQPACKET pairs, where each system call is one record at the far end. */
struct rig {
	struct twc_reactor *r;
	struct probe p[2];
	int peer[2];
};

static void rig_init(struct rig *g)
{
	g->r = loop_real();
	for (int i = 0; i < 2; i++) {
		int fd[2];

		probe_init(&g->p[i]);
		sockets_unix(fd, SOCK_SEQPACKET);
		g->peer[i] = fd[1];
		/* told that it is a stream */
		assert_non_null(twc__transport_from_socket(g->r, fd[0], TWC_ADDR_UNIX, NULL, 0, probe_protocol(&g->p[i])));
	}
}

static struct twc_transport *t_of(struct rig *g, int i)
{
	return g->p[i].base.transport;
}

static void turns(struct rig *g, int n)
{
	while (n--)
		twc_reactor_step(g->r);
}

static void rig_fini(struct rig *g)
{
	for (int i = 0; i < 2; i++)
		if (!g->p[i].is_lost)
			twc_transport_abort(t_of(g, i));
	turns(g, 3);
	for (int i = 0; i < 2; i++) {
		probe_fini(&g->p[i]);
		if (g->peer[i] >= 0)
			close(g->peer[i]);
	}
	twc_reactor_free(g->r);
}

static ssize_t record(struct rig *g, int i)
{
	static char buf[1 << 20];

	return recv(g->peer[i], buf, sizeof(buf), MSG_DONTWAIT);
}

static void write_n(struct rig *g, int i, size_t n)
{
	static char zeros[1 << 19];

	twc_transport_write(t_of(g, i), zeros, n);
}

static void nothing_leaves_before_the_callback_ends(void **state)
{
	struct rig g;

	rig_init(&g);
	write_n(&g, 0, 10);
	write_n(&g, 0, 20);
	assert_int_equal(record(&g, 0), -1);
	assert_int_equal(twc_transport_queued(t_of(&g, 0)), 30);
	turns(&g, 1);
	assert_int_equal(record(&g, 0), 30);
	assert_int_equal(twc_transport_queued(t_of(&g, 0)), 0);
	rig_fini(&g);
}

static void each_connection_keeps_its_order(void **state)
{
	struct rig g;

	rig_init(&g);
	write_n(&g, 0, 10);
	write_n(&g, 1, 11);
	write_n(&g, 0, 12);
	write_n(&g, 0, 13);
	assert_int_equal(twc_transport_queued(t_of(&g, 0)), 35);
	assert_int_equal(record(&g, 0), -1);
	write_n(&g, 1, TWC__GATHER_SMALL + 1);
	assert_int_equal(record(&g, 1), 11); /* not the last part: all leave, in order */
	assert_int_equal(record(&g, 0), 10);
	assert_int_equal(record(&g, 0), 25);
	assert_int_equal(record(&g, 1), TWC__GATHER_SMALL + 1);
	rig_fini(&g);
}

static void so_many_wait_for_each_other_at_most(void **state)
{
	struct rig g;

	rig_init(&g);
	for (int i = 0; i < TWC__GATHER_PARTS; i++)
		write_n(&g, i % 2, 1);
	assert_int_equal(record(&g, 0), -1);
	write_n(&g, 0, 1);
	for (int i = 0; i < TWC__GATHER_PARTS / 2; i++)
		assert_int_equal(record(&g, i % 2), 1);
	turns(&g, 1);
	assert_int_equal(twc_transport_queued(t_of(&g, 0)), 0);
	rig_fini(&g);
}

static void an_end_waits_for_the_last_part(void **state)
{
	struct rig g;

	rig_init(&g);
	write_n(&g, 0, 1);
	write_n(&g, 1, 1);
	write_n(&g, 0, 2);
	twc_transport_lose(t_of(&g, 0));
	twc_transport_abort(t_of(&g, 1));
	turns(&g, 1);
	assert_int_equal(record(&g, 0), 1);
	assert_int_equal(record(&g, 0), 2);
	assert_int_equal(record(&g, 0), 0);
	assert_int_equal(record(&g, 1), 0); /* the aborted one's part was forgotten */
	rig_fini(&g);
}

static void a_large_write_takes_the_gathered_along(void **state)
{
	struct rig g;

	rig_init(&g);
	write_n(&g, 0, 10);
	write_n(&g, 0, TWC__GATHER_SMALL + 1);
	assert_int_equal(record(&g, 0), 10 + TWC__GATHER_SMALL + 1);
	rig_fini(&g);
}

static void the_gather_buffer_is_bounded(void **state)
{
	struct rig g;
	size_t n = 0, total = 0;
	ssize_t k;

	rig_init(&g);
	for (int i = 0; i < 20; i++)
		write_n(&g, 0, 10000);
	while (total < 200000) {
		k = record(&g, 0);
		if (k > 0) {
			assert_true(k <= TWC__GATHER);
			total += (size_t)k;
			n++;
		}
		turns(&g, 1);
	}
	assert_true(n >= 4);
	rig_fini(&g);
}

static void empty_writes_are_nothing_on_a_stream(void **state)
{
	struct rig g;

	rig_init(&g);
	write_n(&g, 0, 0);
	turns(&g, 2);
	assert_int_equal(record(&g, 0), -1);
	assert_int_equal(t_of(&g, 0)->x == NULL, true); /* an idle transport stays small */
	rig_fini(&g);
}

static void eof_follows_what_was_gathered(void **state)
{
	struct rig g;

	rig_init(&g);
	write_n(&g, 0, 5);
	twc_transport_write_eof(t_of(&g, 0));
	write_n(&g, 0, 7);
	turns(&g, 1);
	assert_int_equal(record(&g, 0), 5);
	assert_int_equal(record(&g, 0), 0);
	rig_fini(&g);
}

static void gathered_bytes_of_an_aborted_one_are_dropped(void **state)
{
	struct rig g;

	rig_init(&g);
	write_n(&g, 0, 5);
	twc_transport_abort(t_of(&g, 0));
	write_n(&g, 1, 6);
	turns(&g, 2);
	assert_true(g.p[0].is_lost);
	assert_int_equal(record(&g, 0), 0);
	assert_int_equal(record(&g, 1), 6);
	rig_fini(&g);
}

static void count_tap(void *arg, char dir, const struct iovec *iov, int n)
{
	size_t *total = arg;

	assert_int_equal(dir, '>');

	for (int i = 0; i < n; i++)
		*total += iov[i].iov_len;
}

static void a_tap_sees_every_write_once(void **state)
{
	struct rig g;
	size_t seen = 0;
	char bytes[] = "abcde";
	struct iovec iov[3] = { { bytes, 2 }, { bytes, 0 }, { bytes + 2, 3 } };

	rig_init(&g);
	twc__transport_tap(t_of(&g, 0), count_tap, &seen);
	write_n(&g, 0, 100);
	write_n(&g, 0, 50000);
	twc_transport_writev(t_of(&g, 0), iov, 3);
	assert_int_equal(seen, 50105);
	twc_transport_lose(t_of(&g, 0));
	write_n(&g, 0, 100);
	assert_int_equal(seen, 50105);
	rig_fini(&g);
}

static void a_failed_write_is_reported_once(void **state)
{
	struct rig g;

	rig_init(&g);
	twc_transport_pause(t_of(&g, 0));
	close(g.peer[0]);
	g.peer[0] = -1;
	write_n(&g, 0, 100000);
	assert_false(g.p[0].is_lost);
	turns(&g, 2);
	assert_true(g.p[0].is_lost);
	assert_int_equal(g.p[0].reason.code, TWC_ERESET);
	assert_non_null(strstr(g.p[0].reason.text, "EPIPE"));
	rig_fini(&g);
}

static void no_room(struct probe *p)
{
	assert_false(twc_transport_is_full(p->base.transport));
	twc_transport_write(p->base.transport, "dropped", 7);
	assert_false(twc_transport_is_full(p->base.transport));
}

static void who_waits_for_room_hears_that_writing_broke(void **state)
{
	struct rig g;

	rig_init(&g);
	g.p[0].on_drained = no_room;
	while (!twc_transport_is_full(t_of(&g, 0)))
		write_n(&g, 0, 100000);
	sockets_send(g.peer[0], "the answer", 10);
	close(g.peer[0]);
	g.peer[0] = -1;
	assert_true(loop_until(g.r, &g.p[0].is_lost));
	assert_int_equal(g.p[0].drains, 1);
	assert_string_equal(g.p[0].got, "the answer");
	assert_int_equal(g.p[0].reason.code, TWC_ERESET);
	rig_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leaves_before_the_callback_ends),
		cmocka_unit_test(each_connection_keeps_its_order),
		cmocka_unit_test(so_many_wait_for_each_other_at_most),
		cmocka_unit_test(an_end_waits_for_the_last_part),
		cmocka_unit_test(a_large_write_takes_the_gathered_along),
		cmocka_unit_test(the_gather_buffer_is_bounded),
		cmocka_unit_test(empty_writes_are_nothing_on_a_stream),
		cmocka_unit_test(eof_follows_what_was_gathered),
		cmocka_unit_test(gathered_bytes_of_an_aborted_one_are_dropped),
		cmocka_unit_test(a_tap_sees_every_write_once),
		cmocka_unit_test(a_failed_write_is_reported_once),
		cmocka_unit_test(who_waits_for_room_hears_that_writing_broke),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
