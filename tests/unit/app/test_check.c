/* SPDX-License-Identifier: MIT */
/* lib/app/check.c, attempt.c: waiting on a fake clock for UNIX sockets that come and go; what ends it at once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <twc/app.h>
#include <twc/parse.h>

#include "support/loop.h"

#define MS TWC_NS_PER_MS

struct stand {
	struct twc_reactor *r;
	char dir[32];
	char path[2][48];
	int fd[2]; /* listening; -1 */
	struct twc_endpoint *e[2];
	/* the answer */
	unsigned calls;
	int code, each[2];
	struct twc_err err[2];
	uint64_t at_ns;
};

static void on_done(void *arg, int code, const struct twc_check_result *result, size_t n)
{
	struct stand *s = arg;

	s->calls++;
	s->code = code;
	s->at_ns = twc_reactor_now(s->r);
	for (size_t i = 0; i < n; i++) {
		s->each[i] = result[i].err.code;
		s->err[i] = result[i].err;
	}
}

static void stand_init(struct stand *s)
{
	struct twc_err err = { 0 };

	*s = (struct stand){ .r = loop_fake(), .dir = "/tmp/twc-check.XXXXXX", .fd = { -1, -1 } };
	assert_non_null(mkdtemp(s->dir));
	for (int i = 0; i < 2; i++) {
		char text[64];

		snprintf(s->path[i], sizeof(s->path[i]), "%s/%d", s->dir, i);
		snprintf(text, sizeof(text), "unix:%s", s->path[i]);
		s->e[i] = twc_endpoint_parse(text, TWC_CONNECT, &err);
		assert_non_null(s->e[i]);
	}
}

static void stand_listen(struct stand *s, int i)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memcpy(sun.sun_path, s->path[i], strlen(s->path[i]));
	s->fd[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->fd[i], (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(s->fd[i], 16), 0);
}

static void stand_close(struct stand *s, int i)
{
	if (s->fd[i] >= 0)
		close(s->fd[i]);
	s->fd[i] = -1;
	unlink(s->path[i]);
}

static int stand_accept(struct stand *s, int i)
{
	return accept(s->fd[i], NULL, NULL);
}

static void stand_fini(struct stand *s, struct twc_check *c)
{
	twc_check_free(c);
	twc_reactor_free(s->r);
	for (int i = 0; i < 2; i++) {
		stand_close(s, i);
		twc_endpoint_free(s->e[i]);
	}
	rmdir(s->dir);
}

static struct twc_check *stand_ask(struct stand *s, size_t n, struct twc_check_opts o)
{
	struct twc_check *c;

	o.done = on_done;
	o.arg = s;
	c = twc_check_new(s->r, s->e, n, &o);
	twc_reactor_advance(s->r, 0);
	return c;
}

/* Each by itself: the second is looked at 50, 150, 350, 750 ms after the start. */
static void waits_for_each(void **state)
{
	struct stand s;
	struct twc_check *c;
	uint64_t start;

	stand_init(&s);
	start = twc_reactor_now(s.r);
	stand_listen(&s, 0);
	c = stand_ask(&s, 2, (struct twc_check_opts){ .patience_ns = 10 * TWC_NS_PER_S });
	twc_reactor_advance(s.r, 349 * MS);
	assert_int_equal(s.calls, 0);
	stand_listen(&s, 1);
	twc_reactor_advance(s.r, 399 * MS);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.code, 0);
	assert_int_equal(s.at_ns - start, 350 * MS);
	stand_fini(&s, c);
}

static void time_over_says_why(void **state)
{
	struct stand s;
	struct twc_check *c;
	uint64_t start;

	stand_init(&s);
	start = twc_reactor_now(s.r);
	stand_listen(&s, 0);
	c = stand_ask(&s, 2, (struct twc_check_opts){ .patience_ns = 3 * TWC_NS_PER_S });
	twc_reactor_advance(s.r, 10 * TWC_NS_PER_S);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.code, TWC_ETIMEDOUT);
	assert_int_equal(s.at_ns - start, 3 * TWC_NS_PER_S);
	assert_int_equal(s.each[0], 0);
	assert_int_equal(s.each[1], TWC_ETIMEDOUT);
	assert_non_null(strstr(s.err[1].text, "not ready after 3s: no such socket file (ENOENT"));
	stand_fini(&s, c);
}

/* A missing program does not appear by waiting. */
static void what_cannot_change_ends_it(void **state)
{
	struct stand s;
	struct twc_check *c;
	struct twc_err err = { 0 };

	stand_init(&s);
	twc_endpoint_free(s.e[1]);
	s.e[1] = twc_endpoint_parse("exec:/nonexistent/program", TWC_CONNECT, &err);
	c = stand_ask(&s, 2, (struct twc_check_opts){ .patience_ns = 3 * TWC_NS_PER_S });
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.code, TWC_ENOINPUT);
	assert_int_equal(s.each[0], TWC_ECANCELLED);
	twc_reactor_advance(s.r, 10 * TWC_NS_PER_S);
	assert_int_equal(s.calls, 1);
	stand_fini(&s, c);
}

static void one_is_enough(void **state)
{
	struct stand s;
	struct twc_check *c;

	stand_init(&s);
	stand_listen(&s, 1);
	c = stand_ask(&s, 2, (struct twc_check_opts){ .any = true });
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.code, 0);
	assert_int_equal(s.each[1], 0);
	twc_check_free(c);
	stand_close(&s, 1);
	c = stand_ask(&s, 2, (struct twc_check_opts){ .any = true });
	assert_int_equal(s.calls, 2);
	assert_int_equal(s.code, TWC_ENOSOCK);
	stand_fini(&s, c);
}

static void closed_is_what_is_wished(void **state)
{
	struct stand s;
	struct twc_check *c;

	stand_init(&s);
	stand_listen(&s, 0);
	c = stand_ask(&s, 1, (struct twc_check_opts){ .until_closed = true });
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.code, TWC_ENO);
	twc_check_free(c);
	c = stand_ask(&s, 2, (struct twc_check_opts){ .until_closed = true, .patience_ns = TWC_NS_PER_S });
	twc_reactor_advance(s.r, 500 * MS);
	assert_int_equal(s.calls, 1);
	stand_close(&s, 0);
	twc_reactor_advance(s.r, 400 * MS);
	assert_int_equal(s.calls, 2);
	assert_int_equal(s.code, 0);
	twc_check_free(c);
	stand_listen(&s, 0);
	c = stand_ask(&s, 1, (struct twc_check_opts){ .until_closed = true, .patience_ns = TWC_NS_PER_S });
	twc_reactor_advance(s.r, 2 * TWC_NS_PER_S);
	assert_int_equal(s.code, TWC_ETIMEDOUT);
	assert_non_null(strstr(s.err[0].text, "not closed after 1s: still open"));
	stand_fini(&s, c);
}

/* Closed at once: not there. Open for long enough, or a byte: there. */
static void stable_means_it_lasts(void **state)
{
	struct twc_check_opts o = { .stable_ns = 200 * MS };
	struct stand s;
	struct twc_check *c;
	int fd;

	stand_init(&s);
	stand_listen(&s, 0);
	c = stand_ask(&s, 1, o);
	close(stand_accept(&s, 0));
	twc_reactor_advance(s.r, 10 * MS);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.code, TWC_EREJECTED);
	twc_check_free(c);
	c = stand_ask(&s, 1, o);
	fd = stand_accept(&s, 0);
	twc_reactor_advance(s.r, 199 * MS);
	assert_int_equal(s.calls, 1);
	twc_reactor_advance(s.r, 2 * MS);
	assert_int_equal(s.calls, 2);
	assert_int_equal(s.code, 0);
	close(fd);
	twc_check_free(c);
	c = stand_ask(&s, 1, o);
	fd = stand_accept(&s, 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	close(fd);
	twc_reactor_advance(s.r, MS);
	assert_int_equal(s.calls, 3);
	assert_int_equal(s.code, 0);
	stand_fini(&s, c);
}

static void says_and_expects(void **state)
{
	struct twc_err err = { 0 };
	struct twc_expect *x = twc_expect_new("^PONG", &err);
	struct twc_check_opts o = { .expect = x, .send = TWC_STR("PING\n"), .answer_ns = TWC_NS_PER_S };
	static const struct {
		const char *answer;
		bool ends;
		int code;
	} row[] = {
		{ "hi\nPONG\n", false, 0 },
		{ "PO", true, TWC_ENO },
		{ "", true, TWC_ENO },
		{ "PO", false, TWC_ETIMEDOUT },
	};
	struct twc_check *c = NULL;
	struct stand s;
	char got[16];

	stand_init(&s);
	stand_listen(&s, 0);
	for (unsigned i = 0; i < TWC_ARRAY_LEN(row); i++) {
		size_t n = strlen(row[i].answer);
		int fd;

		twc_check_free(c);
		c = stand_ask(&s, 1, o);
		fd = stand_accept(&s, 0);
		assert_int_equal(recv(fd, got, sizeof(got), 0), 5);
		assert_memory_equal(got, "PING\n", 5);
		assert_int_equal(send(fd, row[i].answer, n, 0), n);
		if (row[i].ends)
			close(fd);
		twc_reactor_advance(s.r, MS);
		assert_int_equal(s.calls, row[i].code == TWC_ETIMEDOUT ? i : i + 1);
		twc_reactor_advance(s.r, TWC_NS_PER_S);
		assert_int_equal(s.calls, i + 1);
		assert_int_equal(s.code, row[i].code);
		if (!row[i].ends)
			close(fd);
	}
	stand_fini(&s, c);
	twc_expect_free(x);
}

/* Given up in every state: dialling is over at once here, so connected, waiting, decided. */
static void given_up_it_is_silent(void **state)
{
	struct stand s;
	struct twc_check *c;

	stand_init(&s);
	stand_listen(&s, 0);
	c = stand_ask(&s, 2, (struct twc_check_opts){ .patience_ns = TWC_NS_PER_S, .stable_ns = 100 * MS });
	twc_reactor_advance(s.r, 10 * MS);
	twc_check_free(c);
	twc_reactor_advance(s.r, 5 * TWC_NS_PER_S);
	assert_int_equal(s.calls, 0);
	stand_fini(&s, NULL);
}

enum { CROWD = 200 };

static void on_crowd_done(void *arg, int code, const struct twc_check_result *result, size_t n)
{
	int *done = arg;

	assert_int_equal(code, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(result[i].err.code, 0);
	*done += (int)n;
}

/* Many more than there are descriptors for, and each keeps its own for a while. With `n_taken` of the few in other
 * hands, those who are in excess of what is left have to wait as well. */
static void crowd(int n_taken)
{
	struct rlimit before, few = { .rlim_cur = 64 };
	struct twc_endpoint *e[CROWD];
	int fd[CROWD], done = 0;
	struct twc_check *c;
	struct stand s;

	stand_init(&s);
	stand_listen(&s, 0);
	assert_int_equal(listen(s.fd[0], CROWD), 0);
	for (int i = 0; i < CROWD; i++)
		e[i] = s.e[0];
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < n_taken; i++)
		fd[i] = dup(s.fd[0]);
	c = twc_check_new(s.r, e, CROWD,
			  &(struct twc_check_opts){ .stable_ns = 10 * MS, .done = on_crowd_done, .arg = &done });
	for (int i = 0; i < 1000 && !done; i++)
		twc_reactor_advance(s.r, 5 * MS);
	assert_int_equal(done, CROWD);
	for (int i = 0; i < n_taken; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
	stand_fini(&s, c);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void more_than_descriptors(void **state)
{
	crowd(0);
	crowd(50);
}

/* None at all, and nobody who might give one back: it says so in the end. */
static void no_descriptor_at_all(void **state)
{
	struct rlimit before, none = { 0 };
	struct twc_check *c;
	struct stand s;

	stand_init(&s);
	stand_listen(&s, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	c = stand_ask(&s, 2, (struct twc_check_opts){ 0 });
	assert_int_equal(s.calls, 0);
	twc_reactor_advance(s.r, 4 * TWC_NS_PER_S);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.code, TWC_ELIMIT);
	stand_fini(&s, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_each),	    cmocka_unit_test(time_over_says_why),
		cmocka_unit_test(what_cannot_change_ends_it), cmocka_unit_test(one_is_enough),
		cmocka_unit_test(closed_is_what_is_wished), cmocka_unit_test(stable_means_it_lasts),
		cmocka_unit_test(says_and_expects),	    cmocka_unit_test(given_up_it_is_silent),
		cmocka_unit_test(more_than_descriptors),    cmocka_unit_test(no_descriptor_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
