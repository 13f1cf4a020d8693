/* SPDX-License-Identifier: MIT */
/* server, ready, check and command, over loopback sockets on free ports. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include "support/probe.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <twc/app.h>
#include <twc/parse.h>
#include <twc/protocol.h>
#include <unistd.h>

struct rig {
	struct twc_reactor *r;
	struct twc_factory *echo;
	struct twc_endpoint *listen;
	struct twc_server *server;
	bool is_stopped, is_stopping;
	struct twc_err err;
	/* a client */
	struct twc_factory factory;
	struct probe probe;
	struct twc_endpoint *to;
	struct twc_deferred *dial;
};

static void on_stopping(void *arg)
{
	((struct rig *)arg)->is_stopping = true;
}

static void on_stopped(void *arg, const struct twc_err *err)
{
	struct rig *rig = arg;

	assert_false(rig->is_stopped);
	rig->is_stopped = true;
	rig->err = *err;
}

static struct twc_protocol *build_probe(struct twc_factory *f, const struct twc_addr *peer)
{
	(void)peer;
	return &((struct rig *)((char *)f - offsetof(struct rig, factory)))->probe.base;
}

static const struct twc_factory_ops probe_factory_ops = { .name = "probe", .build = build_probe };

static void rig_init(struct rig *rig, struct twc_server_opts o)
{
	struct twc_err err = { 0 };

	memset(rig, 0, sizeof(*rig));
	rig->r = loop_real();
	rig->echo = twc_service_find("echo")->create(rig->r, NULL, &err);
	o.factory = rig->echo;
	o.stopping = on_stopping;
	o.stopped = on_stopped;
	o.arg = rig;
	rig->server = twc_server_new(rig->r, &o);
	rig->listen = twc_endpoint_parse("tcp4:0", TWC_LISTEN, &err);
	assert_non_null(rig->listen);
	assert_int_equal(twc_server_listen(rig->server, rig->listen, &err), 0);
	twc_server_start(rig->server);
	rig->factory.ops = &probe_factory_ops;
	probe_init(&rig->probe);
}

static void ignore(struct twc_result *res, void *arg)
{
	(void)arg;
	twc_result_set(res, NULL, NULL);
}

static void lose_at_eof(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void rig_connect(struct rig *rig)
{
	struct twc_err err = { 0 };
	char text[TWC_ADDR_TEXT_MAX];

	twc_port_text(twc_server_port(rig->server, 0), 0, text, sizeof(text));
	rig->to = twc_endpoint_parse(text, TWC_CONNECT, &err);
	assert_non_null(rig->to);
	rig->probe.on_eof = lose_at_eof;
	rig->dial = twc_endpoint_connect(rig->to, rig->r, &rig->factory);
	twc_deferred_add(rig->dial, NULL, ignore, NULL);
	assert_true(loop_until(rig->r, &rig->probe.is_made));
	twc_transport_write(rig->probe.base.transport, "x", 1);
	while (rig->probe.n == 0)
		twc_reactor_step(rig->r);
}

static void rig_fini(struct rig *rig)
{
	if (rig->probe.is_made && !rig->probe.is_lost) {
		twc_transport_lose(rig->probe.base.transport);
		assert_true(loop_until(rig->r, &rig->probe.is_lost));
	}
	assert_true(loop_until(rig->r, &rig->is_stopped));
	if (rig->dial)
		twc_deferred_release(rig->dial);
	twc_server_close(rig->server);
	twc_reactor_free(rig->r);
	twc_server_free(rig->server);
	twc_service_find("echo")->destroy(rig->echo);
	twc_endpoint_free(rig->listen);
	if (rig->to)
		twc_endpoint_free(rig->to);
	probe_fini(&rig->probe);
}

static void stops_at_once_when_nobody_is_there(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_server_opts){ .drain_ns = TWC_NS_PER_S });
	twc_server_stop(rig.server);
	assert_true(rig.is_stopping);
	assert_false(rig.is_stopped); /* from the loop */
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void drains(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_server_opts){ .drain_ns = 60 * TWC_NS_PER_S });
	rig_connect(&rig);
	twc_server_stop(rig.server);
	twc_transport_write(rig.probe.base.transport, "y", 1);
	while (rig.probe.n < 2)
		twc_reactor_step(rig.r);
	assert_false(rig.is_stopped);
	twc_transport_write_eof(rig.probe.base.transport);
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void a_second_stop_and_the_limit_cut_short(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_server_opts){ .drain_ns = 60 * TWC_NS_PER_S });
	rig_connect(&rig);
	twc_server_stop(rig.server);
	twc_server_stop(rig.server);
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, TWC_ECANCELLED);
	rig_fini(&rig);

	rig_init(&rig, (struct twc_server_opts){ .drain_ns = 20 * TWC_NS_PER_MS });
	rig_connect(&rig);
	twc_server_stop(rig.server);
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, TWC_ECANCELLED);
	rig_fini(&rig);
}

static void once_ends_with_its_connection(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_server_opts){ .once = true });
	rig_connect(&rig);
	assert_null(twc_server_port(rig.server, 0));
	twc_transport_abort(rig.probe.base.transport);
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, TWC_ERESET);
	assert_int_equal(twc_server_total(rig.server), 1);
	rig_fini(&rig);
}

struct failed {
	int n, n_failed;
	struct twc_addr peer;
};

static struct failed failed;

static void on_closed(void *arg, struct twc_transport *t, const struct twc_err *reason)
{
	(void)arg;
	failed.n++;
	failed.n_failed += reason->code != 0;
	twc_transport_peer(t, &failed.peer);
}

static void tells_how_each_ended(void **state)
{
	struct rig rig;

	failed = (struct failed){ 0 };
	rig_init(&rig, (struct twc_server_opts){ .closed = on_closed, .drain_ns = 60 * TWC_NS_PER_S });
	rig_connect(&rig);
	twc_server_stop(rig.server);
	twc_transport_abort(rig.probe.base.transport);
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, 0);
	assert_int_equal(failed.n, 1);
	assert_int_equal(failed.n_failed, 1);
	assert_int_equal(failed.peer.kind, TWC_ADDR_TCP); /* the kernel does not know it any more */
	rig_fini(&rig);

	failed = (struct failed){ 0 };
	rig_init(&rig, (struct twc_server_opts){ .closed = on_closed, .drain_ns = 60 * TWC_NS_PER_S });
	rig_connect(&rig);
	twc_server_stop(rig.server);
	twc_transport_write_eof(rig.probe.base.transport);
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(failed.n, 1);
	assert_int_equal(failed.n_failed, 0);
	rig_fini(&rig);
}

static void time_limits(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_server_opts){ .accept_timeout_ns = 10 * TWC_NS_PER_MS });
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, TWC_ETIMEDOUT);
	assert_string_equal(rig.err.text, "no client within 10ms");
	rig_fini(&rig);

	rig_init(&rig, (struct twc_server_opts){ .for_ns = 10 * TWC_NS_PER_MS });
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

/* ---- ready ---- */

static void variables_and_port_file(void **state)
{
	char dir[] = "/tmp/twc-test-XXXXXX", path[64], want[64], got[64] = "";
	struct twc_err err = { 0 };
	struct twc_port *port;
	struct twc_addr a;
	struct rig rig;
	char **env;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ports", dir);
	rig_init(&rig, (struct twc_server_opts){ 0 });
	port = twc_server_port(rig.server, 0);
	twc_port_addr(port, 0, &a);
	assert_int_equal(twc_ready_file(path, &port, 1, &err), 0);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(got, sizeof(got), f));
	fclose(f);
	snprintf(want, sizeof(want), "%u\n", (unsigned)twc_addr_port(&a));
	assert_string_equal(got, want);
	unlink(path);
	assert_int_equal(rmdir(dir), 0); /* nothing else was left there */
	assert_int_equal(twc_ready_file(path, &port, 1, &err), TWC_ECANTCREAT);

	env = twc_ready_env((struct twc_port *const[]){ port, port }, 2, NULL);
	snprintf(want, sizeof(want), "TWC_ADDR=tcp:127.0.0.1:%u", (unsigned)twc_addr_port(&a));
	assert_string_equal(env[2], want);
	snprintf(want, sizeof(want), "TWC_URL_2=tcp://127.0.0.1:%u/", (unsigned)twc_addr_port(&a));
	assert_string_equal(env[7], want);
	assert_null(env[8]);
	twc_ready_env_free(env);
	twc_server_stop(rig.server);
	rig_fini(&rig);
}

/* They have no end of their own that could be waited for. */
static void a_stop_ends_datagram_sessions(void **state)
{
	struct rig rig = { .r = loop_real() };
	struct twc_server_opts o = { .stopped = on_stopped, .arg = &rig, .drain_ns = 60 * TWC_NS_PER_S };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct twc_addr a;
	char c;

	o.factory = rig.echo = twc_service_find("echo")->create(rig.r, NULL, NULL);
	rig.server = twc_server_new(rig.r, &o);
	rig.listen = twc_endpoint_parse("udp4:0", TWC_LISTEN, NULL);
	assert_int_equal(twc_server_listen(rig.server, rig.listen, NULL), 0);
	twc_server_start(rig.server);
	assert_int_equal(twc_server_count(rig.server), 1);
	twc_port_addr(twc_server_port(rig.server, 0), 0, &a);
	assert_int_equal(connect(fd, &a.u.sa, a.len), 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	for (int i = 0; i < 1000 && twc_server_total(rig.server) == 0; i++)
		twc_reactor_step(rig.r);
	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), 1);
	twc_server_stop(rig.server);
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
	close(fd);
}

/* Who comes to a port beside the server's is neither counted nor waited for. */
static void a_port_beside_is_another_ones(void **state)
{
	struct twc_endpoint *e = twc_endpoint_parse("tcp4:0", TWC_LISTEN, NULL);
	struct twc_factory *discard;
	struct rig rig;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct twc_addr a;

	rig_init(&rig, (struct twc_server_opts){ .drain_ns = 60 * TWC_NS_PER_S, .public = true });
	discard = twc_service_find("discard")->create(rig.r, NULL, NULL);
	assert_int_equal(twc_server_listen_beside(rig.server, e, discard, NULL), 0);
	assert_int_equal(twc_server_count(rig.server), 2);
	twc_port_addr(twc_server_port(rig.server, 1), 0, &a);
	assert_int_equal(((struct sockaddr_in *)&a.u.sa)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(connect(fd, &a.u.sa, a.len), 0);
	rig.probe.n = 0;
	rig_connect(&rig); /* behind that one: both are there */
	assert_int_equal(twc_server_total(rig.server), 1);
	twc_transport_lose(rig.probe.base.transport);
	assert_true(loop_until(rig.r, &rig.probe.is_lost));
	twc_server_stop(rig.server);
	assert_null(twc_server_port(rig.server, 1));
	assert_true(loop_until(rig.r, &rig.is_stopped));
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
	twc_service_find("discard")->destroy(discard);
	twc_endpoint_free(e);
	close(fd);
}

/* ---- check ---- */

struct verdict {
	bool is_in;
	int code[3], all;
};

static void on_checked(void *arg, int code, const struct twc_check_result *result, size_t n)
{
	struct verdict *v = arg;

	for (size_t i = 0; i < n; i++)
		v->code[i] = result[i].err.code;
	v->all = code;
	v->is_in = true;
}

static void checks_all_at_once(void **state)
{
	struct twc_endpoint *e[2];
	struct verdict v = { 0 };
	struct twc_check_opts o = { .done = on_checked, .arg = &v };
	struct twc_err err = { 0 };
	struct twc_check *check;
	char text[TWC_ADDR_TEXT_MAX];
	struct rig rig;

	rig_init(&rig, (struct twc_server_opts){ .drain_ns = TWC_NS_PER_S });
	e[0] = twc_endpoint_parse(twc_port_text(twc_server_port(rig.server, 0), 0, text, sizeof(text)), TWC_CONNECT,
				  &err);
	e[1] = twc_endpoint_parse("unix:/nonexistent/twc-test", TWC_CONNECT, &err);
	check = twc_check_new(rig.r, e, 2, &o);
	assert_true(loop_until(rig.r, &v.is_in));
	assert_int_equal(v.code[0], 0);
	assert_int_equal(v.code[1], TWC_ENOSOCK);
	assert_int_equal(v.all, TWC_EPARTIAL);
	twc_check_free(check);
	/* given up before there is an answer */
	twc_check_free(twc_check_new(rig.r, e, 1, &o));
	twc_endpoint_free(e[0]);
	twc_endpoint_free(e[1]);
	twc_server_stop(rig.server);
	rig_fini(&rig);
}

/* Datagrams: answered, refused, and silence, which proves nothing. */
static void checks_datagrams(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	struct twc_reactor *r = loop_real();
	struct twc_factory *echo = twc_service_find("echo")->create(r, NULL, NULL);
	struct twc_endpoint *e[3], *listen = twc_endpoint_parse("udp4:0", TWC_LISTEN, NULL);
	struct twc_port *port = twc_endpoint_listen(listen, r, echo, &(struct twc_endpoint_listen_opts){ 0 }, NULL);
	int mute = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), i;
	struct verdict v = { 0 };
	struct twc_check_opts o = { .answer_ns = 50 * TWC_NS_PER_MS, .done = on_checked, .arg = &v };
	struct twc_check *check;
	char text[TWC_ADDR_TEXT_MAX];

	e[0] = twc_endpoint_parse(twc_port_text(port, 0, text, sizeof(text)), TWC_CONNECT, NULL);
	e[1] = twc_endpoint_parse("udp:127.0.0.1:1", TWC_CONNECT, NULL);
	assert_int_equal(bind(mute, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(mute, (struct sockaddr *)&in, &len), 0);
	snprintf(text, sizeof(text), "udp:127.0.0.1:%u", (unsigned)ntohs(in.sin_port));
	e[2] = twc_endpoint_parse(text, TWC_CONNECT, NULL);
	check = twc_check_new(r, e, 3, &o);
	assert_true(loop_until(r, &v.is_in));
	assert_int_equal(v.code[0], 0);
	assert_int_equal(v.code[1], TWC_EREFUSED);
	assert_int_equal(v.code[2], TWC_ETIMEDOUT);
	assert_int_equal(recv(mute, text, sizeof(text), MSG_DONTWAIT), 0); /* it was asked with nothing */
	twc_check_free(check);
	for (i = 0; i < 3; i++)
		twc_endpoint_free(e[i]);
	twc_port_free(port);
	twc_endpoint_free(listen);
	twc_reactor_free(r);
	twc_service_find("echo")->destroy(echo);
	close(mute);
}

static void the_furthest_decides(void **state)
{
	struct twc_check_result r[3] = { { .err.code = TWC_ENONAME }, { .err.code = TWC_ETIMEDOUT }, { .err.code = TWC_EREFUSED } };

	assert_int_equal(twc_check_code(r, 3), TWC_ETIMEDOUT);
	assert_int_equal(twc_check_code(r, 1), TWC_ENONAME);
	r[1].err.code = 0;
	assert_int_equal(twc_check_code(r, 3), TWC_EPARTIAL);
	r[0].err.code = r[2].err.code = 0;
	assert_int_equal(twc_check_code(r, 3), 0);
}

/* ---- command ---- */

struct ended {
	bool is_in;
	int status;
};

static void on_ended(void *arg, int status)
{
	struct ended *e = arg;

	e->status = status;
	e->is_in = true;
}

static void a_program_and_its_variables(void **state)
{
	char sh[] = "sh", c[] = "-c", script[] = "exit $CODE", code[] = "CODE=9";
	char missing[] = "/nonexistent/program", folder[] = "/tmp";
	char *argv[] = { sh, c, script, NULL }, *env[] = { code, NULL }, *none[] = { missing, NULL };
	struct twc_reactor *r = loop_real();
	struct twc_err err = { 0 };
	struct ended e = { 0 };

	assert_non_null(twc_command_start(r, argv, env, true, on_ended, &e, &err));
	assert_true(loop_until(r, &e.is_in));
	assert_true(WIFEXITED(e.status));
	assert_int_equal(WEXITSTATUS(e.status), 9);
	assert_null(twc_command_start(r, none, env, false, on_ended, &e, &err));
	assert_int_equal(twc_command_exit(&err), 127);
	none[0] = folder;
	assert_null(twc_command_start(r, none, env, false, on_ended, &e, &err));
	assert_int_equal(twc_command_exit(&err), 126);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_at_once_when_nobody_is_there),
		cmocka_unit_test(drains),
		cmocka_unit_test(a_second_stop_and_the_limit_cut_short),
		cmocka_unit_test(once_ends_with_its_connection),
		cmocka_unit_test(tells_how_each_ended),
		cmocka_unit_test(time_limits),
		cmocka_unit_test(a_stop_ends_datagram_sessions),
		cmocka_unit_test(a_port_beside_is_another_ones),
		cmocka_unit_test(variables_and_port_file),
		cmocka_unit_test(checks_all_at_once),
		cmocka_unit_test(checks_datagrams),
		cmocka_unit_test(the_furthest_decides),
		cmocka_unit_test(a_program_and_its_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
