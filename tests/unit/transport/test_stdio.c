/* SPDX-License-Identifier: MIT */
/* Standard streams of every kind: files, pipes, devices, sockets, none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <twc/transport.h>
#include <termios.h>
#include <unistd.h>

#include "reactor/reactor_int.h"
#include "support/loop.h"
#include "support/probe.h"
#include "support/sockets.h"

struct rig {
	struct twc_reactor *r;
	struct probe p;
};

static void rig_init(struct rig *g, int in, int out)
{
	g->r = loop_real();
	probe_init(&g->p);
	assert_non_null(twc_transport_from_stdio(g->r, in, out, true, "stdio", probe_protocol(&g->p), NULL));
}

static void rig_fini(struct rig *g)
{
	if (!g->p.is_lost)
		twc_transport_abort(g->p.base.transport);
	for (int i = 0; i < 3; i++)
		twc_reactor_step(g->r);
	probe_fini(&g->p);
	twc_reactor_free(g->r);
}

static void echo(struct probe *p, const uint8_t *data, size_t n)
{
	twc_transport_write(p->base.transport, data, n);
}

static void finish(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void file_to_file(void **state)
{
	struct rig g;
	size_t n = 3000000;
	char *want = malloc(n), *got = malloc(n + 1);
	int in, out = sockets_file("", 0), keep = dup(out);

	for (size_t i = 0; i < n; i++)
		want[i] = (char)(i * 13);
	in = sockets_file(want, n);
	rig_init(&g, in, out);
	g.p.on_data = echo;
	g.p.on_eof = finish;
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, 0);
	assert_int_equal(pread(keep, got, n + 1, 0), (ssize_t)n);
	assert_memory_equal(got, want, n);
	close(keep);
	free(want);
	free(got);
	rig_fini(&g);
}

static void pipes_stay_blocking(void **state)
{
	struct rig g;
	int in[2], out[2];
	char buf[8] = "";

	sockets_pipe(in);
	sockets_pipe(out);
	int keep_in = dup(in[0]), keep_out = dup(out[1]);
	rig_init(&g, in[0], out[1]);
	g.p.on_data = echo;
	g.p.on_eof = finish;
	sockets_send(in[1], "hello", 5);
	close(in[1]);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(read(out[0], buf, sizeof(buf)), 5);
	assert_string_equal(buf, "hello");
	assert_int_equal(fcntl(keep_in, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(keep_out, F_GETFL) & O_NONBLOCK, 0);
	close(keep_in);
	close(keep_out);
	close(out[0]);
	rig_fini(&g);
}

/* A shared pipe blocks who reads it empty: a read that takes exactly what there is must not be followed by another. */
static void check_full_read(bool is_piped)
{
	size_t n = TWC__READ_BUF;
	char *buf = calloc(1, n);
	struct probe end[2];
	struct rig g;
	int in[2];

	sockets_pipe(in);
	if (fcntl(in[1], F_SETPIPE_SZ, (int)(2 * n)) < 0)
		skip(); /* the user's share of pipes is used up */
	rig_init(&g, in[0], -1);
	for (int i = 0; i < 2; i++)
		probe_init(&end[i]);
	twc_transport_pair(g.r, 4 * n, probe_protocol(&end[0]), probe_protocol(&end[1]));
	if (is_piped)
		twc_transport_pipe(g.p.base.transport, end[0].base.transport);
	sockets_send(in[1], buf, n);
	alarm(10); /* it would hang */
	for (int i = 0; i < 20; i++)
		twc_reactor_step(g.r);
	alarm(0);
	assert_int_equal(is_piped ? end[1].n : g.p.n, n);
	close(in[1]);
	for (int i = 0; i < 2; i++)
		twc_transport_abort(end[i].base.transport);
	rig_fini(&g);
	for (int i = 0; i < 2; i++)
		probe_fini(&end[i]);
	free(buf);
}

static void a_full_read_does_not_block(void **state)
{
	(void)state;
	check_full_read(false);
	check_full_read(true);
}

static void a_full_pipe_does_not_block(void **state)
{
	struct rig g;
	int out[2];
	size_t n = 4000000, at = 0;
	char *buf = calloc(1, n);

	sockets_pipe(out);
	rig_init(&g, -1, out[1]);
	twc_transport_write(g.p.base.transport, buf, n);
	twc_transport_write_eof(g.p.base.transport);
	assert_true(twc_transport_is_full(g.p.base.transport));
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	for (;;) {
		ssize_t k = read(out[0], buf, n);

		if (k == 0)
			break;
		at += k > 0 ? (size_t)k : 0;
		twc_reactor_step(g.r);
	}
	assert_int_equal(at, n);
	close(out[0]);
	free(buf);
	rig_fini(&g);
}

static void reader_of_stdout_gone(void **state)
{
	struct rig g;
	int in[2], out[2];

	sockets_pipe(in);
	sockets_pipe(out);
	rig_init(&g, in[0], out[1]);
	close(out[0]);
	assert_true(loop_until(g.r, &g.p.is_lost)); /* noticed before anything is written */
	assert_int_equal(g.p.reason.code, TWC_EPIPEOUT);
	close(in[1]);
	rig_fini(&g);
}

static void disk_full(void **state)
{
	struct rig g;

	rig_init(&g, -1, open("/dev/full", O_WRONLY | O_CLOEXEC));
	twc_transport_write(g.p.base.transport, "x", 1);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, TWC_EIO);
	assert_non_null(strstr(g.p.reason.text, "ENOSPC"));
	rig_fini(&g);
}

/* A terminal as both ends: its lines arrive, it shows what is written, and it stays as the shell left it. */
static void a_terminal(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), in, out, keep;
	struct termios raw;
	char shown[16] = "";
	struct rig g;
	size_t n = 0;

	if (master < 0)
		skip(); /* no terminals here */
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	in = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(in >= 0);
	out = dup(in);
	keep = dup(in);
	assert_int_equal(tcgetattr(in, &raw), 0);
	raw.c_lflag &= (tcflag_t)~ECHO;
	raw.c_oflag &= (tcflag_t)~OPOST;
	assert_int_equal(tcsetattr(in, TCSANOW, &raw), 0);
	rig_init(&g, in, out);
	assert_int_equal(fcntl(keep, F_GETFL) & O_NONBLOCK, 0);
	twc_transport_write(g.p.base.transport, "prompt> ", 8);
	assert_int_equal(write(master, "typed\n\004", 7), 7); /* and Ctrl-D */
	assert_true(loop_until(g.r, &g.p.has_eof));
	assert_string_equal(g.p.got, "typed\n");
	while (n < 8) {
		ssize_t got = read(master, shown + n, 8 - n);

		assert_true(got > 0);
		n += (size_t)got;
	}
	assert_string_equal(shown, "prompt> ");
	rig_fini(&g);
	assert_int_equal(fcntl(keep, F_GETFL) & O_NONBLOCK, 0);
	close(keep);
	close(master);
}

static void no_descriptors(void **state)
{
	struct rig g;

	rig_init(&g, -1, -1);
	twc_transport_write(g.p.base.transport, "discarded", 9);
	assert_true(loop_until(g.r, &g.p.has_eof));
	twc_transport_write_eof(g.p.base.transport);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, 0);
	rig_fini(&g);
}

static void dev_null_ends_at_once(void **state)
{
	struct rig g;

	rig_init(&g, open("/dev/null", O_RDONLY | O_CLOEXEC), open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_true(loop_until(g.r, &g.p.has_eof));
	rig_fini(&g);
}

static void one_socket_for_both(void **state)
{
	struct rig g;
	int fd[2];
	char buf[8];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0); /* blocking, as inetd gives it */
	rig_init(&g, fd[0], fd[0]);
	g.p.on_data = echo;
	g.p.on_eof = finish;
	sockets_send(fd[1], "abc", 3);
	shutdown(fd[1], SHUT_WR);
	assert_int_equal(fcntl(fd[0], F_GETFL) & O_NONBLOCK, 0);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, 0);
	assert_int_equal(sockets_read_all(fd[1], buf, sizeof(buf)), 3);
	close(fd[1]);
	rig_fini(&g);
}

static void a_descriptor_that_is_not_open(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_err err = { 0 };
	struct probe p;
	int fd = sockets_file("", 0);

	close(fd);
	probe_init(&p);
	assert_null(twc_transport_from_stdio(r, fd, -1, false, "stdio", probe_protocol(&p), &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_to_file),
		cmocka_unit_test(pipes_stay_blocking),
		cmocka_unit_test(a_full_read_does_not_block),
		cmocka_unit_test(a_full_pipe_does_not_block),
		cmocka_unit_test(reader_of_stdout_gone),
		cmocka_unit_test(disk_full),
		cmocka_unit_test(a_terminal),
		cmocka_unit_test(no_descriptors),
		cmocka_unit_test(dev_null_ends_at_once),
		cmocka_unit_test(one_socket_for_both),
		cmocka_unit_test(a_descriptor_that_is_not_open),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
