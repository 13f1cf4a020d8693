/* SPDX-License-Identifier: MIT */
/* Loads of WebSocket against a server in memory, which may shake hands badly, answer late, wrongly or not, or close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "app/http/bench_int.h"
#include "protocol/ws/close.h"
#include "protocol/ws/codec.h"
#include "support/loop.h"

enum habit {
	ECHO,
	ECHO_BYTEWISE, /* each byte is a write of its own */
	GREET, /* says something of its own behind the head, and pings, before the echo */
	WRONG, /* another byte */
	SHORT,
	BINARY,
	SILENT,
	CLOSE, /* 1008 for the third message of a connection */
	NOT_FOUND,
	BAD_ACCEPT,
	OTHER_SUBPROTOCOL,
	NO_HANDSHAKE,
	END, /* instead of an answer to the handshake */
};

struct server {
	struct twc_protocol base;
	struct stage *stage;
	struct twc__ws_codec codec;
	struct twc_timer timer; /* for the echo */
	struct twc_buf late;
	unsigned heard;
	bool is_open;
};

struct stage {
	struct twc_reactor *r;
	struct twc_http_bench *bench;
	struct server server[64];
	char key[64][TWC__WS_KEY_ROOM];
	enum habit habit;
	uint64_t delay_ns; /* of each echo */
	unsigned dials, closes, pongs, messages;
	char request[2048]; /* of the first */
	bool has_ended;
	struct twc_err err;
};

static void put(void *arg, const struct iovec *iov, int n)
{
	struct server *s = arg;

	for (int i = 0; i < n; i++)
		for (size_t k = 0, step = s->stage->habit == ECHO_BYTEWISE ? 1 : iov[i].iov_len; k < iov[i].iov_len; k += step)
			twc_transport_write(s->base.transport, (const char *)iov[i].iov_base + k, step);
}

static void hold(void *arg, const struct iovec *iov, int n)
{
	struct server *s = arg;

	for (int i = 0; i < n; i++)
		assert_int_equal(twc_buf_add(&s->late, iov[i].iov_base, iov[i].iov_len), 0);
}

static void on_time(struct twc_timer *t, void *arg)
{
	struct server *s = arg;

	twc_transport_write(s->base.transport, twc_buf_head(&s->late), twc_buf_len(&s->late));
	twc_buf_clear(&s->late);
}

static void say_close(struct server *s)
{
	uint8_t payload[TWC_WS_CONTROL_MAX];

	twc__ws_encode_control(&s->codec, TWC__WS_CLOSE, payload, twc__ws_close_write(payload, TWC_WS_POLICY, TWC_STR("no more")),
			       put, s);
}

static void answer(struct server *s, struct twc__ws_item *item)
{
	char copy[256];
	struct iovec iov = { .iov_base = copy, .iov_len = item->n };
	enum habit h = s->stage->habit;
	struct twc_err err;

	assert_true(item->n > 0 && item->n <= sizeof(copy));
	memcpy(copy, item->data, item->n);
	s->stage->messages++;
	if (h == CLOSE && ++s->heard == 3) {
		say_close(s);
		return;
	}
	copy[item->n - 1] ^= h == WRONG;
	iov.iov_len -= h == SHORT;
	if (h == SILENT)
		return;
	(void)twc__ws_encode(&s->codec, h == BINARY ? TWC_WS_BINARY : item->type, &iov, 1, s->stage->delay_ns ? hold : put, s, &err);
	if (s->stage->delay_ns && !twc_timer_is_active(&s->timer))
		twc_timer_start(s->stage->r, &s->timer, s->stage->delay_ns, on_time, s);
}

static void shake_hands(struct server *s, const char *head, size_t n)
{
	struct stage *g = s->stage;
	const char *key = memmem(head, n, "Sec-WebSocket-Key: ", 19);
	char accept[TWC__WS_ACCEPT_MAX], text[512];
	struct iovec hi = { .iov_base = (void *)(uintptr_t) "hi", .iov_len = 2 };
	struct twc_err err;

	assert_non_null(key);
	memcpy(g->key[s - g->server], key + 19, TWC__WS_KEY_ROOM - 1);
	if (!g->request[0])
		memcpy(g->request, head, n);
	if (g->habit == NO_HANDSHAKE)
		return;
	if (g->habit == END || g->habit == NOT_FOUND) {
		if (g->habit == NOT_FOUND)
			twc_transport_write(s->base.transport, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 39);
		twc_transport_lose(s->base.transport);
		return;
	}
	twc__ws_accept_of((struct twc_str){ key + 19, TWC__WS_KEY_ROOM - 1 }, accept);
	accept[0] ^= g->habit == BAD_ACCEPT;
	n = (size_t)snprintf(text, sizeof(text),
			     "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			     "%sSec-WebSocket-Accept: %s\r\n\r\n",
			     g->habit == OTHER_SUBPROTOCOL ? "Sec-WebSocket-Protocol: c\r\n" : "", accept);
	put(s, &(struct iovec){ .iov_base = text, .iov_len = n }, 1);
	s->is_open = true;
	if (g->habit != GREET)
		return;
	(void)twc__ws_encode(&s->codec, TWC_WS_TEXT, &hi, 1, put, s, &err);
	twc__ws_encode_control(&s->codec, TWC__WS_PING, "?", 1, put, s);
}

static void server_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct server *s = TWC_CONTAINER_OF(p, struct server, base);
	uint8_t work[4096];
	struct twc__ws_input in = { .p = data, .n = n, .work = work, .room = sizeof(work) };

	if (!s->is_open) {
		shake_hands(s, (const char *)data, n);
		return;
	}
	while (in.n > 0) {
		struct twc__ws_item item;
		struct twc_err err = { 0 };
		int rc = twc__ws_decode(&s->codec, &in, &item, &err);

		assert_true(rc >= 0);
		s->stage->closes += rc == TWC__WS_HEARD_CLOSE;
		s->stage->pongs += rc == TWC__WS_HEARD_PONG;
		if (rc == TWC__WS_MESSAGE)
			answer(s, &item);
	}
}

static void server_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct server *s = TWC_CONTAINER_OF(p, struct server, base);

	twc_timer_stop(s->stage->r, &s->timer);
	twc__ws_codec_fini(&s->codec);
	twc_buf_fini(&s->late);
}

static struct twc_deferred *on_dial(void *arg, struct twc_factory *f)
{
	static const struct twc_protocol_ops ops = { .name = "server", .data = server_data, .lost = server_lost };
	static const struct twc_ws_deflate none;
	struct stage *g = arg;
	struct server *s = &g->server[g->dials++];
	struct twc_protocol *p;

	assert_true(g->dials <= TWC_ARRAY_LEN(g->server));
	*s = (struct server){ .base.ops = &ops, .stage = g };
	twc__ws_codec_init(&s->codec, false, &none, 0);
	twc_buf_init(&s->late, SIZE_MAX);
	p = twc_factory_build(f, NULL);
	twc_transport_pair(g->r, 0, p, &s->base);
	return twc_deferred_succeed(g->r, p, NULL);
}

static void on_ended(void *arg, const struct twc_err *err)
{
	struct stage *g = arg;

	g->has_ended = true;
	g->err = *err;
}

static struct twc_http_bench *make(struct stage *g, struct twc_http_bench_opts *o, struct twc_err *err)
{
	struct twc_http_bench *b;
	struct twc_url url;

	g->r = g->r ? g->r : loop_fake();
	assert_int_equal(twc_url_parse(TWC_STR("ws://u:p@127.0.0.1:1/x?y"), TWC_URL_WEBSOCKET, &url, err), 0);
	o->url = &url;
	o->n_urls = 1;
	o->ended = on_ended;
	o->arg = g;
	b = twc_http_bench_new(g->r, o, err);
	twc_url_fini(&url);
	return b;
}

static struct twc_http_bench_summary run(struct stage *g, struct twc_http_bench_opts *o)
{
	struct twc_http_bench_summary s;
	struct twc_err err = { 0 };

	g->bench = make(g, o, &err);
	assert_non_null(g->bench);
	g->bench->dial = on_dial;
	g->bench->dial_arg = g;
	assert_int_equal(twc_http_bench_start(g->bench, &err), 0);
	for (unsigned i = 0; i < 100000 && !g->has_ended; i++)
		twc_reactor_advance(g->r, LOOP_MS);
	assert_true(g->has_ended);
	assert_int_equal(g->err.code, 0);
	twc_reactor_advance(g->r, LOOP_MS);
	twc_http_bench_sum(g->bench, &s);
	return s;
}

static void stage_close(struct stage *g)
{
	twc_reactor_advance(g->r, LOOP_S);
	twc_http_bench_free(g->bench);
	twc_reactor_free(g->r);
}

static void test_echoes(void **state)
{
	struct stage g = { .delay_ns = 10 * LOOP_MS };
	struct twc_http_bench_opts o = { .requests = 100, .connections = 2, .streams = 5, .subprotocols = "a,b" };
	struct twc_http_bench_summary s = run(&g, &o);

	assert_int_equal(s.requests, 100);
	assert_int_equal(s.errors, 0);
	assert_int_equal(s.status[101], 100);
	assert_int_equal(s.bytes_out, 100 * (2 + 4 + 64));
	assert_int_equal(s.bytes_in, 100 * (2 + 64));
	assert_int_equal(g.dials, 2);
	assert_int_equal(g.closes, 2);
	assert_true(strcmp(g.key[0], g.key[1]) != 0);
	assert_in_range(twc_http_bench_percentile(g.bench, TWC_HTTP_BENCH_LATENCY, 500000) / LOOP_MS, 9, 11);
	assert_int_equal(strncmp(g.request, "GET /x?y HTTP/1.1\r\nHost: 127.0.0.1:1\r\n", 38), 0);
	assert_non_null(strstr(g.request, "Sec-WebSocket-Protocol: a,b\r\n"));
	assert_non_null(strstr(g.request, "Authorization: Basic dTpw\r\n"));
	assert_non_null(strstr(g.request, "Upgrade: websocket\r\n"));
	assert_null(strstr(g.request, "Content-Length"));
	stage_close(&g);
}

static void test_in_turn(void **state)
{
	const struct twc_str body[] = { TWC_STR("a"), TWC_STR("\xff"), TWC_STR("ccc") };
	struct stage g = { .habit = ECHO_BYTEWISE };
	struct twc_http_bench_opts o = { .requests = 30, .connections = 1, .streams = 3, .body = body, .n_bodies = 3 };
	struct twc_err err = { 0 };
	struct twc_http_bench_summary s;

	assert_null(make(&g, &o, &err));
	assert_int_equal(err.code, TWC_EDATA);
	o.message_type = TWC_WS_BINARY;
	s = run(&g, &o);
	assert_int_equal(s.errors, 0);
	assert_int_equal(s.status[101], 30);
	assert_int_equal(s.bytes_in, 30 * 2 + 10 * (1 + 1 + 3));
	stage_close(&g);
}

static void test_greeting(void **state)
{
	struct stage g = { .habit = GREET };
	struct twc_http_bench_opts o = { .requests = 4, .connections = 2, .no_keepalive = true };
	struct twc_http_bench_summary s = run(&g, &o);

	assert_int_equal(s.status[101], 4); /* what comes with the answer to the handshake is no echo */
	assert_int_equal(g.pongs, 4);
	stage_close(&g);
}

static void test_a_connection_each(void **state)
{
	struct stage g = { .delay_ns = LOOP_MS };
	struct twc_http_bench_opts o = { .requests = 9, .connections = 2, .no_keepalive = true };
	struct twc_http_bench_summary s = run(&g, &o);

	assert_int_equal(s.status[101], 9);
	assert_int_equal(s.connections, 9);
	assert_int_equal(g.closes, 9);
	stage_close(&g);
}

static void test_faults(void **state)
{
	static const struct {
		enum habit habit;
		enum twc_http_bench_failure failure;
		unsigned status;
		const char *text;
	} rows[] = {
		{ WRONG, TWC_HTTP_BENCH_ECHO, 0, "a message came back with another byte 64" },
		{ SHORT, TWC_HTTP_BENCH_ECHO, 0, "a message of 64 bytes came back as one of 63" },
		{ BINARY, TWC_HTTP_BENCH_ECHO, 0, "a text message came back as a binary one" },
		{ SILENT, TWC_HTTP_BENCH_TIMEOUT, 0, "no echo in time" },
		{ NO_HANDSHAKE, TWC_HTTP_BENCH_TIMEOUT, 0, "no answer to the handshake in time" },
		{ NOT_FOUND, TWC_HTTP_BENCH_STATUS, 404, "answered 404 Not Found in place of switching to WebSocket" },
		{ BAD_ACCEPT, TWC_HTTP_BENCH_PROTOCOL, 0, NULL },
		{ OTHER_SUBPROTOCOL, TWC_HTTP_BENCH_PROTOCOL, 0, NULL },
		{ END, TWC_HTTP_BENCH_CLOSED, 0, "closed by the server before it answered the handshake" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct stage g = { .habit = rows[i].habit };
		struct twc_http_bench_opts o = { .requests = 2, .connections = 2, .timeout_ns = LOOP_S, .subprotocols = "a" };
		struct twc_http_bench_summary s = run(&g, &o);

		/* without any connection it may end before the second */
		if (s.requests != s.failure[rows[i].failure])
			fail_msg("row %zu: %u of %u", i, (unsigned)s.failure[rows[i].failure], (unsigned)s.requests);
		assert_in_range(s.requests, rows[i].habit == NO_HANDSHAKE ? 1 : 2, 2);
		assert_int_equal(s.answered, 0);
		if (rows[i].text)
			assert_string_equal(s.failure_text[rows[i].failure], rows[i].text);
		if (rows[i].status)
			assert_int_equal(s.status[rows[i].status], 2);
		stage_close(&g);
	}
}

/* The run of those that cannot shake hands ends at once, however long it was to be. */
static void test_nobody(void **state)
{
	struct stage g = { .habit = NOT_FOUND };
	struct twc_http_bench_opts o = { .duration_ns = 60 * LOOP_S, .connections = 3 };
	struct twc_http_bench_summary s = run(&g, &o);

	assert_int_equal(s.requests, 3);
	assert_int_equal(g.dials, 3);
	stage_close(&g);
}

static void test_closes(void **state)
{
	struct stage g = { .habit = CLOSE };
	struct twc_http_bench_opts o = { .requests = 9, .connections = 1 };
	struct twc_http_bench_summary s = run(&g, &o);

	assert_int_equal(s.status[101], 6);
	assert_int_equal(s.failure[TWC_HTTP_BENCH_CLOSED], 3);
	assert_string_equal(s.failure_text[TWC_HTTP_BENCH_CLOSED], "closed with 1008 (no more)");
	assert_int_equal(g.dials, 3);
	assert_int_equal(g.closes, 3); /* each is answered */
	stage_close(&g);
}

/* Due each 10 ms and answered after 20: those that wait are charged for it. */
static void test_open_model(void **state)
{
	struct stage g = { .delay_ns = 20 * LOOP_MS };
	struct twc_http_bench_opts o = { .requests = 50, .rate = 100, .connections = 1 };
	struct twc_http_bench_summary s = run(&g, &o);

	assert_int_equal(s.status[101], 50);
	assert_in_range(twc_http_bench_percentile(g.bench, TWC_HTTP_BENCH_LATENCY, 1000000) / LOOP_MS, 480, 600);
	assert_in_range(twc_http_bench_percentile(g.bench, TWC_HTTP_BENCH_UNCORRECTED, 1000000) / LOOP_MS, 19, 22);
	stage_close(&g);
}

/* What is asked for with a number alone ends after a minute. */
static void test_cap(void **state)
{
	struct stage g = { .delay_ns = 10 * LOOP_S };
	struct twc_http_bench_opts o = { .requests = 1000, .connections = 1, .timeout_ns = 20 * LOOP_S };
	struct twc_http_bench_summary s = run(&g, &o);

	assert_in_range(s.requests, 6, 7);
	assert_in_range(s.elapsed_ns / LOOP_S, 60, 61);
	stage_close(&g);
}

static void test_misfits(void **state)
{
	static const struct twc_http_bench_opts rows[] = { { .version = 20 }, { .method = { "PUT", 3 } } };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct stage g = { 0 };
		struct twc_http_bench_opts o = rows[i];
		struct twc_err err = { 0 };

		assert_null(make(&g, &o, &err));
		assert_int_equal(err.code, TWC_EUSAGE);
		twc_reactor_free(g.r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echoes),	  cmocka_unit_test(test_in_turn), cmocka_unit_test(test_greeting),
		cmocka_unit_test(test_a_connection_each), cmocka_unit_test(test_faults), cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_closes),	  cmocka_unit_test(test_open_model), cmocka_unit_test(test_cap),
		cmocka_unit_test(test_misfits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
