/* SPDX-License-Identifier: MIT */
/* Talks from pipes to a site of our own: what is said, when it ends, and what its end comes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include <twc/endpoint.h>
#include <twc/http_site.h>
#include <twc/http_ws.h>
#include <twc/parse.h>

#include "support/loop.h"

#define MS TWC_NS_PER_MS

struct talking {
	struct twc_reactor *r;
	struct twc_http_site *site;
	struct twc_http_server *server;
	struct twc_endpoint *e;
	struct twc_port *port;
	struct twc_http_session *session;
	struct twc_http_fetch_opts way;
	struct twc_ws_talk_opts o;
	struct twc_ws_talk *x;
	struct twc_err err;
	unsigned agains, opens;
	uint64_t rtt;
	bool is_done;
	char out[4096];
};

static void on_done(void *arg, const struct twc_err *err)
{
	struct talking *t = arg;

	assert_false(t->is_done);
	t->err = *err;
	t->is_done = true;
}

static void on_again(void *arg, const struct twc_err *why, uint64_t delay_ns)
{
	struct talking *t = arg;

	assert_true(delay_ns > 0);
	t->agains++;
}

static void on_opened(void *arg, const struct twc_transport *wire)
{
	assert_non_null(wire);
	((struct talking *)arg)->opens++;
}

static void on_rtt(void *arg, uint64_t ns)
{
	((struct talking *)arg)->rtt = ns;
}

static void talking_open(struct talking *t)
{
	static const char *const routes[] = {
		"/echo {subprotocol=b}=ws-echo", "/bad=ws-sh:exit 3", "/hi=ws-sh:echo hi", "/page=text:x", "/no=status:401",
		"/cat=ws-exec:cat", "/moved=redirect:302,/echo",
	};
	const struct twc_http_session_opts so = { 0 };
	const struct twc_endpoint_listen_opts lo = { 0 };
	struct twc_err err = { 0 };

	t->r = loop_real();
	t->site = twc_http_site_new(t->r, NULL, &err);
	for (size_t i = 0; i < TWC_ARRAY_LEN(routes); i++)
		if (twc_http_site_route(t->site, routes[i], NULL, &err) < 0)
			fail_msg("%s: %s", routes[i], err.text);
	t->server = twc_http_server_new(t->r, twc_http_site_handler(t->site), NULL);
	t->e = twc_endpoint_parse("tcp:0:interface=127.0.0.1", TWC_LISTEN, &err);
	t->port = twc_endpoint_listen(t->e, t->r, twc_http_server_factory(t->server), &lo, &err);
	assert_non_null(t->port);
	t->session = twc_http_session_new(t->r, &so, &err);
	t->way.proxy = "";
	t->o = (struct twc_ws_talk_opts){ .fetch = &t->way, .backoff = twc_backoff_wait, .linger_ns = 300 * MS, .again = on_again,
					  .opened = on_opened, .rtt = on_rtt, .done = on_done, .arg = t };
}

static void talking_close(struct talking *t)
{
	twc_http_session_free(t->session);
	twc_port_free(t->port);
	twc_reactor_free(t->r);
	twc_endpoint_free(t->e);
	twc_http_server_free(t->server);
	twc_http_site_free(t->site);
}

/* From `in`, which may hold NULs, to t->out; until it is over. */
static void talk(struct talking *t, const char *path, const char *in, size_t n)
{
	int input[2], output[2];
	struct twc_addr addr;
	char url[128], text[TWC_ADDR_TEXT_MAX];
	ssize_t got;

	twc_port_addr(t->port, 0, &addr);
	snprintf(url, sizeof(url), "ws://127.0.0.1:%s%s", strrchr(twc_addr_format(&addr, text, sizeof(text)), ':') + 1, path);
	assert_int_equal(twc_url_parse(twc_str_of(url), TWC_URL_WEBSOCKET, &t->way.url, NULL), 0);
	assert_int_equal(pipe(input), 0);
	assert_int_equal(pipe(output), 0);
	assert_int_equal(write(input[1], in, n), n);
	close(input[1]);
	t->o.in = input[0];
	t->o.out = output[1];
	t->is_done = false;
	t->agains = t->opens = 0;
	t->x = twc_ws_talk_start(t->r, t->session, &t->o);
	assert_true(loop_until(t->r, &t->is_done));
	close(output[1]);
	got = read(output[0], t->out, sizeof(t->out) - 1);
	assert_true(got >= 0);
	t->out[got] = 0;
	close(output[0]);
	close(input[0]);
	twc_url_fini(&t->way.url);
}

static void done(struct talking *t)
{
	twc_ws_talk_free(t->x);
}

static void test_messages(void **state)
{
	static const struct twc_str first[] = { { "zero", 4 } };
	struct talking t = { 0 };
	uint64_t sent, received;

	talking_open(&t);
	talk(&t, "/echo", "one\n\ntwo", 8);
	assert_string_equal(t.out, "one\n\ntwo\n");
	assert_int_equal(t.err.code, 0);
	assert_int_equal(twc_ws_talk_status(t.x), 101);
	assert_int_equal(t.opens, 1);
	done(&t);
	t.o.first = first;
	t.o.n_first = 1;
	t.o.preamble = TWC_STR("pre\n");
	t.o.subprotocols = "a,b";
	t.o.deflate = true;
	t.o.count = 3;
	talk(&t, "/echo", "one\ntwo\n", 8);
	assert_string_equal(t.out, "pre\nzero\none\n");
	twc_ws_talk_count(t.x, &sent, &received);
	assert_int_equal(sent, 4);
	assert_int_equal(received, 3);
	done(&t);
	talking_close(&t);
}

static void test_json_and_pings(void **state)
{
	struct talking t = { 0 };

	talking_open(&t);
	t.o.json = true;
	t.o.close_code = 4000;
	t.o.close_reason = "bye";
	t.o.linger_ns = 0;
	talk(&t, "/echo", "a\"\n", 3);
	assert_non_null(strstr(t.out, "\"dir\":\"out\",\"opcode\":\"text\",\"size\":2,\"text\":\"a\\\"\"}\n"));
	assert_non_null(strstr(t.out, "\"dir\":\"in\",\"opcode\":\"text\",\"size\":2,\"text\":\"a\\\"\"}\n"));
	assert_non_null(strstr(t.out, "\"dir\":\"out\",\"opcode\":\"close\",\"size\":5,\"code\":4000,\"reason\":\"bye\"}\n"));
	done(&t);
	t.o.linger_ns = 500 * MS;
	t.o.ping_ns = 20 * MS;
	t.o.times_pings = true;
	talk(&t, "/cat", "", 0);
	assert_true(t.rtt > 0);
	assert_non_null(strstr(t.out, "\"opcode\":\"pong\",\"size\":8,"));
	assert_non_null(strstr(t.out, ",\"rtt_us\":"));
	done(&t);
	talking_close(&t);
}

static void test_ends(void **state)
{
	static const struct {
		const char *path, *in, *text;
		int code, status;
	} rows[] = {
		{ "/hi", "", "", 0, 101 },
		{ "/bad", "", "closed with 1011 (the program ended with status 3)", TWC_EPROTO, 101 },
		{ "/page", "", "no WebSocket there: the server answered 200 OK", TWC_EREJECTED, 200 },
		{ "/none", "", "handshake refused: the server answered 404 Not Found", TWC_EREJECTED, 404 },
		{ "/no", "", "handshake refused: the server answered 401 Unauthorized", TWC_EACCESS, 401 },
		{ "/moved", "", "/echo (302 Found); -L follows", TWC_EREJECTED, 302 },
		{ "/echo", "a\n\xff\n", "line 2 of standard input is not UTF-8", TWC_EDATA, 101 },
		{ "/echo", "a\n123456789\n", "line 2 of standard input is longer than 8", TWC_EDATA, 101 },
	};
	struct talking t = { 0 };

	talking_open(&t);
	t.o.max_message = 8;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		talk(&t, rows[i].path, rows[i].in, strlen(rows[i].in));
		if (t.err.code != rows[i].code || !strstr(t.err.text, rows[i].text))
			fail_msg("%s: %s %s", rows[i].path, twc_err_name(t.err.code), t.err.text);
		assert_int_equal(twc_ws_talk_status(t.x), rows[i].status);
		done(&t);
	}
	talking_close(&t);
}

static void test_limits_and_again(void **state)
{
	struct talking t = { 0 };

	talking_open(&t);
	t.o.stays = true;
	t.o.max_ns = 100 * MS;
	talk(&t, "/echo", "x\n", 2);
	assert_int_equal(t.err.code, TWC_ETIMEDOUT);
	assert_string_equal(t.out, "x\n");
	done(&t);
	t.o.max_ns = 0;
	t.o.reconnects = 2;
	talk(&t, "/hi", "", 0);
	assert_int_equal(t.err.code, 0);
	assert_int_equal(t.agains, 2);
	assert_string_equal(t.out, "hi\nhi\nhi\n");
	done(&t);
	talk(&t, "/none", "", 0); /* will not change */
	assert_int_equal(t.agains, 0);
	done(&t);
	t.o.preamble = TWC_STR("\xff");
	talk(&t, "/echo", "", 0);
	assert_int_equal(t.err.code, TWC_EDATA);
	assert_non_null(strstr(t.err.text, "line 1 of the preamble"));
	done(&t);
	talking_close(&t);
}

/* Freed at any time. */
static void test_freed_early(void **state)
{
	for (unsigned steps = 0; steps < 30; steps += 3) {
		struct talking t = { 0 };
		int io[2];

		talking_open(&t);
		assert_int_equal(pipe(io), 0);
		t.o.in = io[0];
		t.o.out = io[1];
		assert_int_equal(twc_url_parse(TWC_STR("ws://127.0.0.1:1/"), TWC_URL_WEBSOCKET, &t.way.url, NULL), 0);
		t.o.reconnects = 5;
		t.x = twc_ws_talk_start(t.r, t.session, &t.o);
		for (unsigned i = 0; i < steps; i++)
			(void)twc_reactor_step(t.r);
		twc_ws_talk_free(t.x);
		twc_url_fini(&t.way.url);
		talking_close(&t);
		close(io[0]);
		close(io[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages), cmocka_unit_test(test_json_and_pings),	 cmocka_unit_test(test_ends),
		cmocka_unit_test(test_limits_and_again), cmocka_unit_test(test_freed_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
