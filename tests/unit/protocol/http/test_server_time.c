/* SPDX-License-Identifier: MIT */
/*
 * The HTTP/1 server when things take time: handlers that answer later, clients that go away, that are slow or say nothing, and
 * the end of the server. Limits are promised to within a sixteenth.
 */
#include "site.h"

#include <malloc.h>

#define POST(path, n) "POST " path " HTTP/1.1\r\nHost: h\r\nContent-Length: " #n "\r\n\r\n"

static void pass(struct site *w, uint64_t ns)
{
	twc_reactor_advance(w->r, ns);
}

/* Not before `ns`, but soon after. */
static void check_ends_after(struct site *w, uint64_t ns)
{
	pass(w, ns - 1);
	assert_false(w->client.has_eof || w->client.is_lost);
	pass(w, ns / 8 + 2);
	assert_true(w->client.has_eof || w->client.is_lost);
}

static void abort_client(struct site *w)
{
	twc_transport_abort(w->client.base.transport);
	pass(w, 0);
}

static void eof_client(struct site *w)
{
	w->client.on_eof = NULL;
	twc_transport_write_eof(w->client.base.transport);
	pass(w, 0);
}

/* ---- answers that come later ---- */

static void test_later(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	say(&w, GET("/wait") GET("/a"));
	assert_string_equal(heard(&w), "");
	assert_int_equal(w.handled, 1); /* one at a time */
	twc_http_send(w.x, "later", 5);
	assert_true(twc_http_has_ended(w.x));
	assert_string_equal(w.log, ""); /* told from the loop, not from within the call */
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(5, "later") OK(1, "a"));
	assert_string_equal(w.log, "ended OK; GET /wait 200 5; GET /a 200 1; ");
	site_close(&w);
}

static void test_deferred(void **state)
{
	struct site w = { 0 };
	struct twc_err err = { 0 };

	site_open(&w);
	say(&w, GET("/defer") GET("/a"));
	assert_string_equal(heard(&w), "");
	twc_deferred_fire(w.d, NULL, NULL);
	pass(&w, 0);
	assert_string_equal(heard(&w), "HTTP/1.1 204 No Content" HEAD "\r\n" OK(1, "a"));
	say(&w, GET("/defer"));
	twc_http_send(w.x, "x", 1); /* answered by hand, the deferred still pending: it is cancelled */
	pass(&w, 0);
	assert_string_equal(w.log, "ended OK; GET /defer 204 0; GET /a 200 1; cancelled; ended OK; GET /defer 200 1; ");
	assert_string_equal(heard(&w), OK(1, "x"));
	say(&w, GET("/defer-begun"));
	assert_non_null(strstr(heard(&w), "chunked"));
	twc_err_set(&err, TWC_ERESET, "gone");
	twc_deferred_fail(w.d, &err);
	pass(&w, 0);
	assert_int_equal(w.client.reason.code, TWC_ERESET);
	site_close(&w);
}

/* ---- clients that go away ---- */

static void test_client_gone(void **state)
{
	static const struct {
		const char *in, *log;
	} rows[] = {
		{ GET("/wait") GET("/a"), "ended ERESET; GET /wait 0 0 ERESET; " },
		{ GET("/defer"), "cancelled; ended ERESET; GET /defer 0 0 ERESET; " },
		{ GET("/defer-begun"), "cancelled; ended ERESET; GET /defer-begun 200 0 ERESET; " },
		{ POST("/take", 5) "abc", "body ERESET; ended ERESET; POST /take 0 0 ERESET; " },
		{ POST("/later-body", 5) "abc", "ended ERESET; POST /later-body 0 0 ERESET; " },
		{ POST("/collect", 5) "abc", "POST /collect 0 0 ERESET; " },
		{ GET("/hang"), "GET /hang 200 0 ERESET; " },
		{ "GET /a", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct site w = { 0 };

		site_open(&w);
		say(&w, rows[i].in);
		assert_string_equal(w.log, "");
		abort_client(&w);
		assert_string_equal(w.log, rows[i].log);
		site_close(&w);
	}
}

/* The chain goes on after the exchange is over: it is kept until then, and what is asked of it does nothing. */
static void wait_more(struct twc_result *res, void *arg)
{
	twc_result_wait(res, arg);
}

static void answer_late(struct twc_result *res, void *arg)
{
	struct twc_http_exchange *x = arg;

	assert_true(twc_http_has_ended(x));
	assert_string_equal(twc_http_request(x)->path.p, "/slow");
	twc_http_send_error(x, 500, NULL);
	assert_non_null(twc_http_transport(x));
}

static struct twc_deferred *outer, *inner;

static struct twc_deferred *handle_slow(void *arg, struct twc_http_exchange *x)
{
	outer = twc_deferred_new(twc_http_reactor(x), NULL, NULL);
	inner = twc_deferred_new(twc_http_reactor(x), NULL, NULL);
	twc_deferred_add(outer, NULL, wait_more, inner);
	twc_deferred_add_both(outer, answer_late, x);
	return outer;
}

static void test_held(void **state)
{
	struct site w = { .r = loop_fake() };

	w.s = twc_http_server_new(w.r, (struct twc_http_handler){ handle_slow, NULL }, NULL);
	site_connect(&w);
	say(&w, GET("/slow"));
	abort_client(&w);
	twc_http_server_free(w.s); /* its last connection has gone */
	twc_deferred_fire(inner, NULL, NULL);
	twc_deferred_drop(outer);
	twc_reactor_free(w.r);
	probe_fini(&w.client);
}

static void test_half_close(void **state)
{
	static const struct {
		const char *in, *out, *log;
	} rows[] = {
		{ GET("/a") GET("/b"), OK(1, "a") OK(1, "b"), "GET /a 200 1; GET /b 200 1; " },
		{ GET("/a") "GET /b", OK(1, "a"), "GET /a 200 1; refused 0; " },
		{ POST("/take", 5) "abc", NULL, "body ETRUNC; ended OK; POST /take 400 " },
		{ POST("/a", 5) "abc", OK(1, "a"), "POST /a 200 1; " },
		{ "", "", "" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct site w = { 0 };

		site_open(&w);
		say(&w, rows[i].in);
		eof_client(&w);
		if (rows[i].out)
			assert_string_equal(heard(&w), rows[i].out);
		assert_memory_equal(w.log, rows[i].log, strlen(rows[i].log));
		assert_true(w.client.is_lost);
		assert_int_equal(w.client.reason.code, 0);
		site_close(&w);
	}
}

/* A client that ends its half still gets the answers to what it has asked. */
static void test_half_close_waiting(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	say(&w, GET("/wait") GET("/a"));
	eof_client(&w);
	assert_false(w.client.is_lost);
	twc_http_send(w.x, "x", 1);
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(1, "x") OK(1, "a"));
	assert_true(w.client.is_lost);
	site_close(&w);
}

/* ---- bodies ---- */

static void test_continue(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	say(&w, "POST /later-body HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
	assert_string_equal(heard(&w), "");
	twc_http_receive(w.x, &note_body, &w);
	pass(&w, 0);
	assert_string_equal(heard(&w), "HTTP/1.1 100 Continue\r\n\r\n");
	say(&w, "hel");
	assert_string_equal(w.log, "");
	say(&w, "lo");
	assert_string_equal(w.log, "body OK; ");
	assert_memory_equal(w.body, "hello", 5);
	twc_http_send(w.x, "x", 1);
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(1, "x"));
	/* it has begun already */
	say(&w, "POST /take HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhe");
	assert_string_equal(heard(&w), "");
	say(&w, "llo");
	twc_http_send(w.x, "y", 1);
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(1, "y"));
	/* not to HTTP/1.0 */
	say(&w, "POST /take HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	assert_string_equal(heard(&w), "");
	site_close(&w);
}

static void test_paused_body(void **state)
{
	struct site w = { 0 };
	static char much[300000];

	site_open(&w);
	say(&w, "POST /later-body HTTP/1.1\r\nHost: h\r\nContent-Length: 300005\r\n\r\nhello");
	twc_http_receive(w.x, &note_body, &w);
	twc_http_pause(w.x);
	pass(&w, 0);
	assert_int_equal(w.body_n, 0);
	twc_http_resume(w.x);
	pass(&w, 0);
	assert_int_equal(w.body_n, 5);
	twc_http_pause(w.x);
	twc_transport_write(w.client.base.transport, much, sizeof(much));
	pass(&w, 300 * SECOND); /* nobody's fault */
	assert_true(twc_transport_queued(w.client.base.transport) > 0); /* not read without bound */
	assert_string_equal(w.log, "");
	twc_http_resume(w.x);
	pass(&w, 0);
	assert_string_equal(w.log, "body OK; ");
	twc_http_send(w.x, "x", 1);
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(1, "x"));
	say(&w, POST("/take", 9));
	twc_http_pause(w.x); /* and nothing comes that would tell */
	pass(&w, 100 * SECOND);
	twc_http_resume(w.x);
	pass(&w, 19 * SECOND);
	assert_string_equal(heard(&w), "");
	pass(&w, 5 * SECOND);
	assert_non_null(strstr(heard(&w), "HTTP/1.1 408 "));
	site_close(&w);
}

static void test_trailers(void **state)
{
	struct site w = { 0 };
	struct twc_str value;

	site_open(&w);
	say(&w, "POST /take HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: 1\r\nCo");
	say(&w, "okie: x\r\nB: 2\r\n\r\n" GET("/b"));
	assert_string_equal(w.log, "body OK; ");
	assert_true(twc_http_fields_get(&twc_http_request(w.x)->trailers, "b", &value));
	assert_true(twc_str_is(value, "2"));
	assert_false(twc_http_fields_get(&twc_http_request(w.x)->trailers, "cookie", NULL));
	assert_true(twc_http_fields_get(&twc_http_request(w.x)->fields, "host", &value));
	assert_true(twc_str_is(value, "h"));
	assert_int_equal(twc_http_request(w.x)->number, 1);
	twc_http_send(w.x, NULL, 0);
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(0, "") OK(1, "b"));
	say(&w, "POST /take HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"); /* none of the old ones */
	assert_int_equal(twc_http_fields_count(&twc_http_request(w.x)->trailers), 0);
	twc_http_send(w.x, NULL, 0);
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(0, ""));
	say(&w, "POST /take HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
	say(&w, "0\r\nContent-Length: 5\r\n\r\n" GET("/b"));
	assert_non_null(strstr(heard(&w), "HTTP/1.1 400 "));
	assert_non_null(strstr(w.log, "body EPROTO; ended OK; POST /take 400 "));
	site_close(&w);
}

/* What may be the beginning of HTTP/2's preface, or of a request: it is as late as any, and its end is one. */
static void test_undecided(void **state)
{
	static const char *const part[] = { "P", "PR", "PRI" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(part); i++) {
		struct site w = { 0 };

		site_open(&w);
		say(&w, part[i]);
		eof_client(&w);
		assert_true(w.client.has_eof || w.client.is_lost);
		site_close(&w);

		w = (struct site){ 0 };
		site_open(&w);
		say(&w, part[i]);
		check_ends_after(&w, 10 * SECOND);
		site_close(&w);

		w = (struct site){ 0 };
		site_open(&w);
		say(&w, part[i]);
		say(&w, &"RIVATE /a HTTP/1.1\r\nHost: h\r\n\r\n"[i]);
		assert_int_equal(w.handled, 1);
		site_close(&w);
	}
}

static void test_limits(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n", "414 " },
		{ "GET /a HTTP/1.1\r\nHost: h\r\na:\r\nb:\r\nc:\r\nd:\r\n", "431 " },
		{ "GET /a HTTP/1.1\r\nA: aaaaaaaaaaaaaaaaaaaaaa\r\nB: bbbbbbbbbbbbbbbbbbbbbbbbbbb\r\nC: ccccccccccccccccccccccccccccccc\r\n",
		  "431 " },
		{ POST("/take", 11), "413 " },
		{ "POST /take HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\n", "" },
		{ "POST /take HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\na", "413 " },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct site w = { .o = { .max_head = 100, .max_target = 32, .max_fields = 4, .max_body = 10 } };
		const char *out;

		site_open(&w);
		say(&w, rows[i].in);
		out = heard(&w);
		if (rows[i].out[0] ? !*out || strncmp(out + 9, rows[i].out, 4) != 0 : *out)
			fail_msg("%s: %s", rows[i].in, out);
		assert_int_equal(w.client.has_eof, rows[i].out[0] != 0);
		site_close(&w);
	}
}

/* ---- flow ---- */

static void test_big(void **state)
{
	struct site w = { .capacity = 4096 };

	site_open(&w);
	twc_transport_pause(w.client.base.transport);
	say(&w, GET("/big") GET("/a"));
	assert_true(w.big > 0);
	pass(&w, SECOND);
	assert_string_equal(w.log, "");
	twc_transport_resume(w.client.base.transport);
	pass(&w, 0);
	assert_int_equal(w.big, 0);
	assert_string_equal(w.log, "ended OK; GET /big 200 1048576; GET /a 200 1; ");
	assert_memory_equal(w.client.got + w.client.n - 5, "\r\n\r\na", 5);
	site_close(&w);
}

/* Sends back what it gets, and gets no more while the client takes none of it. */
static void back_data(void *arg, const uint8_t *data, size_t n)
{
	struct twc_http_exchange *x = arg;

	twc_http_write(x, data, n);
	if (twc_http_is_full(x))
		twc_http_pause(x);
}

static void back_drained(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	twc_http_resume(x);
}

/* A client that takes nothing breaks off with more on its way than is kept of a paused body: that is read, and then its end. */
static void check_gone_while_full(size_t length)
{
	static const struct twc_http_exchange_ops ops = { .drained = back_drained };
	static const struct twc_http_body_ops body = { .data = back_data, .end = echo_end };
	static char much[512 * 1024];
	struct site w = { .capacity = 200000 };
	struct twc_http_server_stats st;
	char head[128];

	site_open(&w);
	twc_transport_pause(w.client.base.transport);
	snprintf(head, sizeof(head), "POST /later-body HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", length);
	say(&w, head);
	twc_http_watch(w.x, &ops, NULL);
	twc_http_begin(w.x, TWC_HTTP_UNKNOWN);
	twc_http_receive(w.x, &body, w.x);
	twc_transport_write(w.client.base.transport, much, sizeof(much));
	pass(&w, 0);
	assert_true(twc_http_is_full(w.x));
	twc_transport_write(w.client.base.transport, much, 150000);
	twc_transport_no_linger(w.client.base.transport);
	twc_transport_lose(w.client.base.transport);
	pass(&w, SECOND);
	twc_http_server_stats(w.s, &st);
	assert_int_equal(st.open, 0);
	assert_int_equal(st.bytes_in, strlen(head) + sizeof(much) + 150000);
	assert_non_null(strstr(w.log, " ERESET; ")); /* whole or not, it was not sent */
	site_close(&w);
}

static void test_gone_while_full(void **state)
{
	check_gone_while_full(1000000);
	check_gone_while_full(512 * 1024 + 150000);
}

/* It is over when the kernel has it, not when it was written. */
static void test_over_when_sent(void **state)
{
	struct site w = { .capacity = 4096 };
	static char much[100000];

	site_open(&w);
	twc_transport_pause(w.client.base.transport);
	say(&w, GET("/wait"));
	twc_http_send(w.x, much, sizeof(much));
	pass(&w, SECOND);
	assert_string_equal(w.log, "");
	twc_transport_resume(w.client.base.transport);
	pass(&w, 0);
	assert_string_equal(w.log, "ended OK; GET /wait 200 100000; ");
	say(&w, GET("/a"));
	assert_non_null(strstr(w.log, "GET /a 200 1; "));
	say(&w, GET("/wait"));
	twc_transport_pause(w.client.base.transport);
	twc_http_send(w.x, much, sizeof(much));
	pass(&w, SECOND);
	abort_client(&w);
	assert_non_null(strstr(w.log, "ended ERESET; GET /wait 200 100000 ERESET; "));
	site_close(&w);
}

/* Whoever asks and asks and does not read is not read either. */
static void test_throttle(void **state)
{
	struct site w = { 0 };
	const size_t n = 40000, len = strlen(GET("/a"));
	char *many = malloc(n * len);

	assert_non_null(many);
	for (size_t i = 0; i < n; i++)
		memcpy(many + i * len, GET("/a"), len);
	site_open(&w);
	say(&w, GET("/wait"));
	twc_transport_write(w.client.base.transport, many, n * len);
	pass(&w, SECOND);
	assert_int_equal(w.handled, 1);
	assert_true(twc_transport_queued(w.client.base.transport) > n * len / 2);
	twc_transport_pause(w.client.base.transport);
	twc_http_send(w.x, "x", 1);
	pass(&w, SECOND);
	assert_true(w.handled > 1 && w.handled < n / 2); /* the answers wait for somebody who reads them */
	twc_transport_resume(w.client.base.transport);
	pass(&w, SECOND);
	assert_int_equal(w.handled, n + 1);
	site_close(&w);
	free(many);
}

/* ---- clocks ---- */

static void test_header_timeout(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	pass(&w, 30 * SECOND);
	say(&w, "GET /a HTTP/1.1\r\nA: ");
	for (int i = 0; i < 9; i++) { /* drop by drop does not help */
		pass(&w, SECOND);
		say(&w, "a");
	}
	pass(&w, SECOND - 1);
	assert_false(w.client.has_eof);
	pass(&w, SECOND);
	assert_true(w.client.has_eof);
	assert_non_null(strstr(heard(&w), "HTTP/1.1 408 "));
	assert_string_equal(w.log, "refused 408; ");
	site_close(&w);
}

static void test_idle(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	check_ends_after(&w, 60 * SECOND);
	assert_string_equal(heard(&w), "");
	assert_string_equal(w.log, "");
	site_close(&w);
	w = (struct site){ .o.idle_ns = SECOND };
	site_open(&w);
	say(&w, GET("/wait"));
	pass(&w, 1000 * SECOND); /* the handler may take as long as it likes */
	twc_http_send(w.x, NULL, 0);
	pass(&w, 0);
	for (int i = 0; i < 20; i++) {
		pass(&w, SECOND * 9 / 10);
		say(&w, GET("/a"));
	}
	assert_int_equal(w.handled, 21);
	check_ends_after(&w, SECOND);
	site_close(&w);
}

static void test_slow_body(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	say(&w, POST("/take", 9999));
	check_ends_after(&w, 20 * SECOND);
	assert_non_null(strstr(heard(&w), "HTTP/1.1 408 "));
	assert_memory_equal(w.log, "body ETIMEDOUT; ended OK; POST /take 408 ", 41);
	site_close(&w);
	/* a good start is no excuse */
	w = (struct site){ 0 };
	site_open(&w);
	say(&w, "POST /take HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n");
	for (int i = 0; i < 10; i++) {
		static char some[11000];

		twc_transport_write(w.client.base.transport, some, sizeof(some));
		pass(&w, 10 * SECOND);
	}
	assert_string_equal(w.log, "");
	pass(&w, 45 * SECOND);
	assert_memory_equal(w.log, "body ETIMEDOUT; ", 16);
	site_close(&w);
	/* nor is it when nobody listens */
	w = (struct site){ 0 };
	site_open(&w);
	say(&w, POST("/a", 9999));
	assert_string_equal(heard(&w), OK(1, "a"));
	check_ends_after(&w, 20 * SECOND);
	assert_string_equal(heard(&w), "");
	site_close(&w);
}

static void test_slow_reader(void **state)
{
	struct site w = { .capacity = 4096 };

	site_open(&w);
	w.client.on_eof = NULL;
	twc_transport_pause(w.client.base.transport);
	say(&w, GET("/big"));
	pass(&w, 20 * SECOND - 1);
	assert_string_equal(w.log, "");
	pass(&w, 3 * SECOND); /* less than 500 bytes a second */
	assert_memory_equal(w.log, "ended ETIMEDOUT; GET /big 200 ", 30);
	twc_transport_resume(w.client.base.transport);
	pass(&w, 0);
	assert_int_equal(w.client.reason.code, TWC_ERESET); /* a part is no whole */
	site_close(&w);
	w = (struct site){ .capacity = 4096, .o.write_timeout_ns = SECOND };
	site_open(&w);
	twc_transport_pause(w.client.base.transport);
	say(&w, GET("/big"));
	pass(&w, SECOND - 1);
	assert_string_equal(w.log, "");
	pass(&w, SECOND / 8 + 2);
	assert_memory_equal(w.log, "ended ETIMEDOUT; GET /big 200 ", 30);
	site_close(&w);
}

/* ---- the end of the server ---- */

static void test_stop_idle(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	say(&w, GET("/a"));
	heard(&w);
	twc_http_server_stop(w.s);
	twc_http_server_stop(w.s);
	pass(&w, 0);
	assert_true(w.client.has_eof);
	assert_null(twc_factory_build(twc_http_server_factory(w.s), NULL));
	site_close(&w);
}

static void test_stop_busy(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	say(&w, GET("/wait") GET("/a") GET("/b"));
	twc_http_server_stop(w.s);
	pass(&w, SECOND);
	assert_false(w.client.has_eof);
	twc_http_send(w.x, "x", 1);
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(1, "x") OK(1, "a") OK_CLOSE(1, "b")); /* what was read is answered */
	assert_true(w.client.has_eof);
	site_close(&w);
	w = (struct site){ 0 };
	site_open(&w);
	say(&w, "GET /a HTTP/1.1\r\nHo"); /* half of it has come: the rest may */
	twc_http_server_stop(w.s);
	say(&w, "st: h\r\n\r\n");
	assert_string_equal(heard(&w), OK_CLOSE(1, "a"));
	assert_true(w.client.has_eof);
	site_close(&w);
	w = (struct site){ 0 };
	site_open(&w);
	say(&w, GET("/hang"));
	twc_http_server_stop(w.s);
	pass(&w, 0);
	assert_true(w.client.has_eof);
	site_close(&w);
}

/* The head had been sent, and said nothing of an end. */
static void test_stop_begun(void **state)
{
	struct site w = { 0 };

	site_open(&w);
	say(&w, GET("/wait"));
	twc_http_begin(w.x, 1);
	twc_http_server_stop(w.s);
	twc_http_write(w.x, "x", 1);
	twc_http_end(w.x);
	pass(&w, 0);
	assert_string_equal(heard(&w), OK(1, "x"));
	assert_true(w.client.has_eof);
	site_close(&w);
}

static void test_max_requests(void **state)
{
	struct site w = { .o.max_requests = 2 };

	site_open(&w);
	say(&w, GET("/a") GET("/b") GET("/c"));
	assert_string_equal(heard(&w), OK(1, "a") OK_CLOSE(1, "b"));
	assert_true(w.client.has_eof);
	site_close(&w);
}

static void test_stats(void **state)
{
	struct site w = { .o.name = "" };
	struct twc_http_server_stats st;

	site_open(&w);
	say(&w, GET("/a") GET("/404") GET("/wait"));
	assert_null(strstr(heard(&w), "Server"));
	twc_http_server_stats(w.s, &st);
	assert_int_equal(st.connections, 1);
	assert_int_equal(st.open, 1);
	assert_int_equal(st.active, 1);
	assert_int_equal(st.requests, 3);
	assert_int_equal(st.status[2], 1);
	assert_int_equal(st.status[4], 1);
	assert_int_equal(st.bytes_in, strlen(GET("/a") GET("/404") GET("/wait")));
	assert_true(st.bytes_out > 200);
	twc_http_send(w.x, NULL, 0);
	say(&w, "x\r\n\r\n");
	twc_http_server_stats(w.s, &st);
	assert_int_equal(st.refused, 1);
	site_close(&w);
}

/* ---- what it costs ---- */

static size_t allocations;
static ssize_t heap;

static void *count(void *p, size_t n)
{
	heap -= (ssize_t)malloc_usable_size(p);
	if (!n) {
		free(p);
		return NULL;
	}
	allocations++;
	p = realloc(p, n);
	heap += (ssize_t)malloc_usable_size(p);
	return p;
}

static void test_cost(void **state)
{
	struct site w = { 0 };
	struct twc_transport *t;
	ssize_t before;

	twc_mem_set_hook(count);
	site_open(&w);
	t = w.client.base.transport;
	say(&w, GET("/a"));
	before = heap;
	allocations = 0;
	for (int i = 0; i < 10; i++)
		say(&w, GET("/a") GET("/chunks") GET("/fields") "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
	assert_int_equal(w.handled, 41);
	assert_true(allocations <= 4); /* none for a request; buffers that had yet to grow */
	allocations = 0;
	for (int i = 0; i < 10; i++)
		say(&w, GET("/a") GET("/chunks") GET("/fields"));
	assert_int_equal(allocations, 0);
	say(&w, "GET /a HTTP/1.1\r\n"); /* a head in two parts is kept, and given back */
	assert_true(heap > before);
	say(&w, "Host: h\r\n\r\n");
	assert_true(heap - before < 1024);
	assert_ptr_equal(t, w.client.base.transport);
	site_close(&w);
	twc_mem_set_hook(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_deferred),
		cmocka_unit_test(test_client_gone),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_half_close_waiting),
		cmocka_unit_test(test_continue),
		cmocka_unit_test(test_paused_body),
		cmocka_unit_test(test_trailers),
		cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_gone_while_full),
		cmocka_unit_test(test_over_when_sent),
		cmocka_unit_test(test_throttle),
		cmocka_unit_test(test_header_timeout),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_slow_body),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_stop_idle),
		cmocka_unit_test(test_stop_busy),
		cmocka_unit_test(test_stop_begun),
		cmocka_unit_test(test_max_requests),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_cost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
