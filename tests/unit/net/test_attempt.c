/* SPDX-License-Identifier: MIT */
/* The socket of one attempt: what is set before it connects, how it ends, and what each failure is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "net/net_int.h"

static struct twc_addr ip(const char *s, uint16_t port)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(s), port, NULL), 0);
	return a;
}

static struct twc_addr un(const char *path)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_unix(&a, twc_str_of(path), NULL), 0);
	return a;
}

static int bound(struct twc_addr *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*a = ip("127.0.0.1", 0);
	assert_int_equal(bind(fd, &a->u.sa, a->len), 0);
	assert_int_equal(getsockname(fd, &a->u.sa, &a->len), 0);
	return fd;
}

static int attempt(const struct twc_dial_opts *o, const struct twc_addr *peer)
{
	struct twc_err err = { 0 };
	int fd = twc__attempt_socket(o, peer, &err);

	assert_true(fd >= 0);
	return fd;
}

/* To the end: what is under way is waited for. */
static int outcome(int fd, const struct twc_addr *peer)
{
	struct twc_sockopts none;
	int sys;

	twc_sockopts_init(&none);
	sys = twc__attempt_connect(fd, &none, peer);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (sys != EINPROGRESS)
		return sys;
	assert_int_equal(poll(&p, 1, 5000), 1);
	return twc__attempt_outcome(fd, peer);
}

static void test_connected_and_refused(void **state)
{
	struct twc_dial_opts o;
	struct twc_addr peer;
	int to = bound(&peer), fd;

	twc_dial_opts_init(&o);
	fd = attempt(&o, &peer);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(outcome(fd, &peer), ECONNREFUSED);
	close(fd);
	assert_int_equal(listen(to, 1), 0);
	fd = attempt(&o, &peer);
	assert_int_equal(outcome(fd, &peer), 0);
	close(fd);
	close(to);
}

static void test_local_port(void **state)
{
	struct twc_dial_opts o;
	struct twc_addr peer, mine, me = { .kind = TWC_ADDR_TCP, .len = sizeof(me.u) };
	int to = bound(&peer), fd;

	assert_int_equal(listen(to, 1), 0);
	close(bound(&mine));
	twc_dial_opts_init(&o);
	o.bind_port = twc_addr_port(&mine);
	fd = attempt(&o, &peer); /* no address given: any of the peer's family */
	assert_int_equal(outcome(fd, &peer), 0);
	assert_int_equal(getsockname(fd, &me.u.sa, &me.len), 0);
	assert_true(twc_addr_eq(&me, &mine));
	close(fd);
	close(to);
}

/* TCP meets itself when its own port is the one that is asked for and nobody listens. */
static void test_self_connected(void **state)
{
	struct twc_dial_opts o;
	struct twc_addr peer;
	int fd;

	close(bound(&peer));
	twc_dial_opts_init(&o);
	o.bind = peer;
	fd = attempt(&o, &peer);
	assert_int_equal(outcome(fd, &peer), ECONNREFUSED);
	close(fd);
}

static void test_what_it_is_called(void **state)
{
	struct row {
		const char *path; /* NULL: TCP */
		int sys, code;
		const char *text;
	} rows[] = {
		{ NULL, ECONNREFUSED, TWC_EREFUSED, "connection refused (ECONNREFUSED, 127.0.0.1:9)" },
		{ NULL, EPERM, TWC_EACCESS, "not allowed to connect (EPERM, 127.0.0.1:9)" },
		{ "/nonexistent/s", EACCES, TWC_EACCESS, "not allowed to connect (EACCES, /nonexistent/s)" },
		{ "/nonexistent/s", ENOENT, TWC_ENOSOCK, "no such socket file (ENOENT, /nonexistent/s)" },
		{ "/dev/null/s", ENOTDIR, TWC_ENOSOCK, "no such socket file (ENOTDIR, /dev/null/s)" },
		{ "/nonexistent/s", EPROTOTYPE, TWC_EREFUSED, "a socket of another kind (kind=stream, dgram or seqpacket) (EPROTOTYPE, /nonexistent/s)" },
		{ "/dev/null", ECONNREFUSED, TWC_EREFUSED, "not a socket file (ECONNREFUSED, /dev/null)" },
		{ "/nonexistent/s", ECONNREFUSED, TWC_EREFUSED,
		  "socket file is stale, nobody listens (ECONNREFUSED, /nonexistent/s)" },
		{ "@twc-test", ECONNREFUSED, TWC_EREFUSED, "connection refused (ECONNREFUSED, @twc-test)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_addr peer = rows[i].path ? un(rows[i].path) : ip("127.0.0.1", 9);
		struct twc_err err = { 0 };

		assert_int_equal(twc__attempt_error(&err, rows[i].sys, &peer), rows[i].code);
		assert_string_equal(err.text, rows[i].text);
		assert_int_equal(err.sys, rows[i].sys);
	}
}

static void test_no_socket_left_behind(void **state)
{
	struct twc_dial_opts o;
	struct twc_addr peer = ip("127.0.0.1", 9);
	struct twc_err err = { 0 };
	int next = dup(0);

	close(next);
	twc_dial_opts_init(&o);
	o.bind = ip("192.0.2.77", 0);
	assert_int_equal(twc__attempt_socket(&o, &peer, &err), TWC_ECANTBIND);
	assert_string_equal(err.text, "cannot bind the local end (EADDRNOTAVAIL, 192.0.2.77:0)");
	assert_int_equal(fcntl(next, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connected_and_refused),
		cmocka_unit_test(test_local_port),
		cmocka_unit_test(test_self_connected),
		cmocka_unit_test(test_what_it_is_called),
		cmocka_unit_test(test_no_socket_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
