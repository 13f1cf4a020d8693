/* SPDX-License-Identifier: MIT */
/* stdio in both roles: over pipes, and over a socket as inetd gives it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include "fork.h"

/* Serves one echo over descriptors 0 and 1 until the input has ended. */
static void serve_stdio(void *arg)
{
	const int *fd = arg;
	struct twc_reactor *r;
	struct conns f = conns_make();
	struct twc_endpoint *e;
	struct twc_port *p;
	char text[TWC_ADDR_TEXT_MAX];
	struct twc_addr a;

	dup2(fd[0], 0);
	dup2(fd[1], 1);
	for (int i = 3; i < 64; i++)
		close(i);
	r = loop_real();
	e = must_parse("stdio", TWC_LISTEN);
	f.echo = true;
	p = must_listen(e, r, &f, NULL);
	CHECK(twc_port_count(p) == 1);
	twc_port_addr(p, 0, &a);
	CHECK(a.kind == TWC_ADDR_NONE);
	CHECK(strcmp(twc_port_text(p, 0, text, sizeof(text)), "stdio") == 0);
	CHECK(f.built == 0); /* not from inside listen */
	twc_port_pause(p);
	turns(r, 5);
	CHECK(f.built == 0);
	twc_port_resume(p);
	CHECK(loop_until(r, &f.done));
	CHECK(f.built == 1 && f.lost == 1);
	CHECK(f.reason.code == 0);
	twc_port_free(p);
	CHECK(f.base.users == 0 && f.stopped == 1);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

/* All that comes until `n` bytes are there or the stream has ended. */
static size_t read_all(int fd, char *buf, size_t n)
{
	size_t got = 0;
	ssize_t more;

	while (got < n && (more = read(fd, buf + got, n - got)) > 0)
		got += (size_t)more;
	return got;
}

/* Starts `body` between two pipes, the first of which holds `input`, and returns the end to read its output from. */
static int between_pipes(pid_t *pid, void (*body)(void *), const char *input)
{
	int in[2], out[2], fd[2];

	assert_int_equal(0, pipe(in));
	assert_int_equal(0, pipe(out));
	assert_int_equal(strlen(input), write(in[1], input, strlen(input)));
	close(in[1]);
	fd[0] = in[0];
	fd[1] = out[1];
	*pid = child_start(body, fd);
	close(out[1]);
	close(in[0]);
	return out[0];
}

static void test_listen_over_pipes(void **state)
{
	char buf[16];
	pid_t pid;
	int out = between_pipes(&pid, serve_stdio, "hello");

	(void)state;
	assert_int_equal(5, read_all(out, buf, 5));
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(0, read(out, buf, sizeof(buf)));
	close(out);
	child_must_succeed(pid);
}

static void test_listen_over_a_socket(void **state)
{
	int sv[2], fd[2];
	char buf[16];
	pid_t pid;

	(void)state;
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	fd[0] = fd[1] = sv[1];
	pid = child_start(serve_stdio, fd);
	close(sv[1]);
	assert_int_equal(5, write(sv[0], "hello", 5));
	assert_int_equal(5, read_all(sv[0], buf, 5));
	assert_int_equal(0, shutdown(sv[0], SHUT_WR));
	assert_int_equal(0, recv(sv[0], buf, sizeof(buf), 0));
	close(sv[0]);
	child_must_succeed(pid);
}

static void connect_stdio(void *arg)
{
	const int *fd = arg;
	struct twc_reactor *r;
	struct conns f = conns_make();
	struct twc_protocol *c;

	dup2(fd[0], 0);
	dup2(fd[1], 1);
	close(fd[0]);
	close(fd[1]);
	r = loop_real();
	c = must_connect("-", r, &f);
	CHECK(f.made == 1 && f.peer.kind == TWC_ADDR_NONE);
	twc_transport_write(c->transport, "out", 3);
	collect(r, &f, 2);
	CHECK(strcmp(f.got, "in") == 0);
	CHECK(loop_until(r, &f.done));
	twc_reactor_free(r);
}

static void test_connect(void **state)
{
	char buf[16];
	pid_t pid;
	int out = between_pipes(&pid, connect_stdio, "in");

	(void)state;
	assert_int_equal(3, read_all(out, buf, 3));
	assert_memory_equal(buf, "out", 3);
	close(out);
	child_must_succeed(pid);
}

static void refuse_stdio(void *arg)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct outcome o;

	(void)arg;
	f.refuse = true;
	o = do_connect("stdio", r, &f);
	CHECK(o.err.code == TWC_EREJECTED);
	turns(r, 5);
	CHECK(f.built == 0);
	twc_reactor_free(r);
}

static void test_factory_refuses(void **state)
{
	(void)state;
	in_child(refuse_stdio, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen_over_pipes),
		cmocka_unit_test(test_listen_over_a_socket),
		cmocka_unit_test(test_connect),
		cmocka_unit_test(test_factory_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
