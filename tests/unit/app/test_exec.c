/* SPDX-License-Identifier: MIT */
/* exec: a child per connection, whose end and the client's end each other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include "support/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <twc/app.h>
#include <unistd.h>

struct rig {
	struct twc_reactor *r;
	struct twc_exec *x;
	struct probe client;
	bool is_idle;
	struct twc_err err;
};

static void on_idle(void *arg)
{
	((struct rig *)arg)->is_idle = true;
}

static void rig_init(struct rig *g, const char *script)
{
	struct twc_exec_opts o = { .command = script, .shell = true, .idle = on_idle, .arg = g };
	struct twc_addr none = { 0 };

	memset(g, 0, sizeof(*g));
	g->r = loop_real();
	g->x = twc_exec_new(g->r, &o, &g->err);
	assert_non_null(g->x);
	probe_init(&g->client);
	twc_transport_pair(g->r, 0, twc_factory_build(twc_exec_factory(g->x), &none), &g->client.base);
}

static void rig_fini(struct rig *g)
{
	twc_reactor_free(g->r);
	twc_exec_free(g->x);
	probe_fini(&g->client);
}

static void lose(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void bytes_pass_both_ways_and_halves_end(void **state)
{
	struct rig g;

	rig_init(&g, "cat; echo done; exit 3");
	g.client.on_eof = lose;
	assert_true(twc_exec_is_busy(g.x));
	twc_transport_write(g.client.base.transport, "one ", 4);
	twc_transport_write_eof(g.client.base.transport);
	assert_true(loop_until(g.r, &g.is_idle));
	assert_string_equal(g.client.got, "one done\n");
	assert_false(twc_exec_is_busy(g.x));
	assert_int_equal(WEXITSTATUS(twc_exec_last_status(g.x, &g.err)), 3);
	rig_fini(&g);
}

static void the_end_of_the_child_is_the_end(void **state)
{
	struct rig g;

	rig_init(&g, "echo bye");
	g.client.on_eof = NULL; /* its half stays open */
	assert_true(loop_until(g.r, &g.client.has_eof));
	lose(&g.client);
	assert_true(loop_until(g.r, &g.is_idle));
	assert_string_equal(g.client.got, "bye\n");
	rig_fini(&g);
}

static void a_reset_ends_the_child(void **state)
{
	struct rig g;

	rig_init(&g, "echo up; exec sleep 1000");
	while (!g.client.n)
		twc_reactor_step(g.r);
	twc_transport_abort(g.client.base.transport);
	assert_true(loop_until(g.r, &g.is_idle));
	assert_int_equal(WTERMSIG(twc_exec_last_status(g.x, &g.err)), SIGTERM);
	rig_fini(&g);
}

/* ---- detached ---- */

static struct twc_protocol *detached_init(struct rig *g, const char *script)
{
	struct twc_exec_opts o = { .command = script, .shell = true, .detached = true, .idle = on_idle, .arg = g };
	struct twc_addr none = { 0 };

	memset(g, 0, sizeof(*g));
	g->r = loop_real();
	g->x = twc_exec_new(g->r, &o, &g->err);
	assert_non_null(g->x);
	probe_init(&g->client);
	return twc_factory_build(twc_exec_factory(g->x), &none);
}

/* The end that the client would have. */
static int detached_start(struct rig *g, const char *script)
{
	struct twc_protocol *p = detached_init(g, script);
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_non_null(twc_transport_from_socket(g->r, fd[0], p, &g->err));
	return fd[1];
}

static void a_detached_child_has_the_socket(void **state)
{
	struct rig g;
	int fd = detached_start(&g, "head -c 3; exit 4");
	char got[8] = "";

	(void)state;
	assert_int_equal(write(fd, "abcdef", 6), 6); /* nobody else reads of it */
	assert_true(loop_until(g.r, &g.is_idle));
	assert_int_equal(WEXITSTATUS(twc_exec_last_status(g.x, &g.err)), 4);
	assert_int_equal(read(fd, got, sizeof(got)), 3);
	assert_string_equal(got, "abc");
	assert_true(read(fd, got, sizeof(got)) <= 0);
	close(fd);
	rig_fini(&g);
}

/* By a stop, and by the reactor's end. */
static void a_detached_child_goes_on_without_us(void **state)
{
	(void)state;
	for (int by_stop = 0; by_stop < 2; by_stop++) {
		struct rig g;
		int fd = detached_start(&g, "read -r line; echo \"got $line\"");
		char got[16] = "";

		if (by_stop) {
			twc_exec_stopping(g.x);
			assert_true(loop_until(g.r, &g.is_idle));
		}
		twc_exec_stop(g.x);
		rig_fini(&g);
		assert_int_equal(write(fd, "it\n", 3), 3);
		assert_int_equal(read(fd, got, sizeof(got) - 1), 7);
		assert_string_equal(got, "got it\n");
		close(fd);
	}
}

static void detached_needs_a_socket(void **state)
{
	struct rig g;
	struct twc_protocol *p = detached_init(&g, "cat");

	(void)state;
	twc_transport_pair(g.r, 0, p, &g.client.base);
	assert_true(loop_until(g.r, &g.client.is_lost));
	assert_int_equal(twc_exec_last_status(g.x, &g.err), -1);
	assert_int_equal(g.err.code, TWC_EUSAGE);
	rig_fini(&g);
}

static void stopping_ends_all(void **state)
{
	struct rig g;

	rig_init(&g, "echo up; exec sleep 1000");
	g.client.on_eof = lose;
	while (!g.client.n)
		twc_reactor_step(g.r);
	twc_exec_stop(g.x);
	assert_true(loop_until(g.r, &g.is_idle));
	assert_true(g.client.has_eof);
	rig_fini(&g);
}

static void what_cannot_be_run_is_known_at_once(void **state)
{
	static const struct {
		const char *command;
		bool shell;
		int code, sys;
	} rows[] = {
		{ "", false, TWC_EUSAGE, 0 },
		{ "'x", false, TWC_EUSAGE, 0 },
		{ "\n\t", true, TWC_EUSAGE, 0 },
		{ "no-such-program-here x", false, TWC_ENOINPUT, ENOENT },
		{ "/no/such/program", false, TWC_ENOINPUT, ENOENT },
		{ "/etc/passwd", false, TWC_ENOINPUT, EACCES },
	};
	struct twc_reactor *r = loop_fake();

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_exec_opts o = { .command = rows[i].command, .shell = rows[i].shell };
		struct twc_err err = { 0 };

		assert_null(twc_exec_new(r, &o, &err));
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.sys, rows[i].sys);
	}
	twc_reactor_free(r);
}

static void what_fails_to_start_resets_its_client(void **state)
{
	struct twc_exec_opts o = { 0 };
	struct twc_addr none = { 0 };
	struct rig g = { 0 };
	char dir[] = "/tmp/twc-exec-XXXXXX", *path;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	path = twc_asprintf("%s/script", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("#!/no/such/interpreter\n", f);
	fchmod(fileno(f), 0755);
	fclose(f);
	o.command = path;
	g.r = loop_real();
	g.x = twc_exec_new(g.r, &o, &g.err);
	assert_non_null(g.x);
	probe_init(&g.client);
	twc_transport_pair(g.r, 0, twc_factory_build(twc_exec_factory(g.x), &none), &g.client.base);
	assert_true(loop_until(g.r, &g.client.is_lost));
	assert_int_not_equal(g.client.reason.code, 0);
	assert_int_equal(twc_exec_last_status(g.x, &g.err), -1);
	assert_int_equal(g.err.code, TWC_ENOINPUT);
	rig_fini(&g);
	unlink(path);
	rmdir(dir);
	twc_free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_pass_both_ways_and_halves_end),
		cmocka_unit_test(the_end_of_the_child_is_the_end),
		cmocka_unit_test(a_reset_ends_the_child),
		cmocka_unit_test(a_detached_child_has_the_socket),
		cmocka_unit_test(a_detached_child_goes_on_without_us),
		cmocka_unit_test(detached_needs_a_socket),
		cmocka_unit_test(stopping_ends_all),
		cmocka_unit_test(what_cannot_be_run_is_known_at_once),
		cmocka_unit_test(what_fails_to_start_resets_its_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
