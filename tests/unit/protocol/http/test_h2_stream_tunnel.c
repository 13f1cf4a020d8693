/* SPDX-License-Identifier: MIT */
/* A stream of HTTP/2 that is another protocol's (RFC 8441): bytes both ways with back-pressure, and every end of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <twc/http_server.h>

#include "support/h2_frames.h"
#include "support/loop.h"
#include "support/probe.h"

#define ASK ":method: CONNECT\n:protocol: Chat\n:scheme: http\n:path: /a?b\n:authority: h\nx: 1\n"

struct stand {
	struct twc_reactor *r;
	struct twc_http_server *s;
	struct probe client, inner;
	struct twc_http_exchange *x;
	struct h2_bytes b;
	const char *value; /* of the field X */
	bool is_sent, is_begun; /* an answer like any other */
	char log[256];
};

static void note(struct stand *w, const char *text)
{
	strncat(w->log, text, sizeof(w->log) - strlen(w->log) - 1);
}

static void on_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct stand *w = arg;

	(void)x;
	assert_true(w->inner.is_lost);
	note(w, "ended ");
	note(w, twc_err_name(err->code));
	note(w, "; ");
}

static void on_stopping(void *arg, struct twc_http_exchange *x)
{
	struct stand *w = arg;

	(void)x;
	note(w, "stopping; ");
	twc_transport_lose(w->inner.base.transport);
}

static const struct twc_http_exchange_ops watch = { .ended = on_ended, .stopping = on_stopping };

static void answer(struct twc_http_exchange *x, bool in_pieces)
{
	if (!in_pieces) {
		twc_http_send(x, "text", 4);
		return;
	}
	twc_http_begin(x, TWC_HTTP_UNKNOWN);
	twc_http_write(x, "text", 4);
	twc_http_end(x);
}

static struct twc_deferred *handle(void *arg, struct twc_http_exchange *x)
{
	const struct twc_http_request *q = twc_http_request(x);
	struct stand *w = arg;

	assert_int_equal(q->method_id, TWC_HTTP_GET);
	assert_true(twc_str_is(q->path, "/a") && twc_str_is(q->query, "b"));
	assert_true(twc_http_wants_upgrade(x, "chat"));
	assert_false(twc_http_wants_upgrade(x, "other"));
	if (w->is_sent || w->is_begun) {
		answer(x, w->is_begun);
		return NULL;
	}
	w->x = x;
	twc_http_watch(x, &watch, w);
	twc_http_add_field(x, "X", w->value);
	assert_true(twc_http_upgrade(x, "chat", &w->inner.base));
	assert_true(w->inner.is_made);
	return NULL;
}

static void lose(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void say(struct stand *w)
{
	twc_transport_write(w->client.base.transport, w->b.p, w->b.n);
	w->b.n = 0;
	twc_reactor_advance(w->r, 0);
}

/* Between transports that hold `held` bytes. */
static void stand_join(struct stand *w, size_t held)
{
	*w = (struct stand){ .r = loop_fake(), .value = "y" };
	probe_init(&w->client);
	probe_init(&w->inner);
	w->client.on_eof = lose;
	w->s = twc_http_server_new(w->r, (struct twc_http_handler){ handle, w }, NULL);
	twc_transport_pair(w->r, held, twc_factory_build(twc_http_server_factory(w->s), NULL), &w->client.base);
	h2_put_start(&w->b);
}

static void stand_open(struct stand *w)
{
	stand_join(w, 0);
	h2_put_headers(&w->b, 0, 1, ASK);
	say(w);
	assert_true(w->inner.is_made);
}

static void stand_close(struct stand *w)
{
	struct twc_http_server_stats st;

	if (!w->client.is_lost)
		twc_transport_abort(w->client.base.transport);
	twc_reactor_advance(w->r, 5 * LOOP_S);
	twc_http_server_stats(w->s, &st);
	assert_int_equal(st.open, 0);
	assert_int_equal(st.active, 0);
	twc_reactor_free(w->r);
	twc_http_server_free(w->s);
	probe_fini(&w->client);
	probe_fini(&w->inner);
	h2_bytes_fini(&w->b);
}

static const char *told(struct stand *w)
{
	static char text[8192];

	return h2_told(w->client.got, w->client.n, true, text, sizeof(text));
}

static void test_both_ways(void **state)
{
	struct stand w;

	stand_open(&w);
	h2_put_frame(&w.b, H2_DATA, 0, 1, "hello", 5);
	say(&w);
	assert_string_equal(w.inner.got, "hello");
	twc_transport_write(w.inner.base.transport, "yes", 3);
	twc_reactor_advance(w.r, 0);
	assert_string_equal(told(&w), "HEADERS 1 200 server=twc x=y; DATA 1 [yes]; ");
	h2_put_frame(&w.b, H2_DATA, H2_END_STREAM, 1, "!", 1);
	say(&w);
	assert_string_equal(w.inner.got, "hello!");
	assert_true(w.inner.has_eof);
	twc_transport_lose(w.inner.base.transport);
	twc_reactor_advance(w.r, 3 * LOOP_S);
	assert_non_null(strstr(told(&w), "DATA 1 [yes] END; "));
	assert_string_equal(w.log, "ended OK; ");
	assert_false(w.client.is_lost);
	stand_close(&w);
}

static void test_reset(void **state)
{
	struct stand w;

	stand_open(&w);
	h2_put_reset(&w.b, 1, NGHTTP2_CANCEL);
	say(&w);
	assert_true(w.inner.is_lost);
	assert_int_equal(w.inner.reason.code, TWC_ERESET);
	assert_string_equal(w.log, "ended ERESET; ");
	stand_close(&w);

	stand_open(&w);
	twc_transport_abort(w.inner.base.transport);
	twc_reactor_advance(w.r, 0);
	assert_non_null(strstr(told(&w), "RST 1 CANCEL; "));
	assert_false(w.client.is_lost);
	stand_close(&w);
}

static void test_gone_and_stop(void **state)
{
	struct stand w;

	stand_open(&w);
	twc_transport_abort(w.client.base.transport);
	twc_reactor_advance(w.r, 0);
	assert_true(w.inner.is_lost);
	assert_int_not_equal(w.inner.reason.code, 0);
	stand_close(&w);

	stand_open(&w);
	twc_http_server_stop(w.s);
	twc_reactor_advance(w.r, 5 * LOOP_S);
	assert_string_equal(w.log, "stopping; ended OK; ");
	assert_true(w.client.is_lost);
	stand_close(&w);
}

/* What the protocol does not read the client may not send for ever, and what the client has no window for waits. */
static void test_back_pressure(void **state)
{
	static const uint8_t block[16384];
	struct h2_frame f;
	struct stand w;
	size_t at = 0, n = 0;
	unsigned credits = 0;

	stand_open(&w);
	twc_transport_pause(w.inner.base.transport);
	for (int i = 0; i < 32; i++)
		h2_put_frame(&w.b, H2_DATA, 0, 1, block, sizeof(block));
	say(&w);
	while (h2_next(w.client.got, w.client.n, &at, &f))
		credits += f.type == H2_WINDOW && f.id == 1;
	assert_in_range(credits, 0, 1);
	twc_transport_resume(w.inner.base.transport);
	twc_reactor_advance(w.r, 0);
	assert_int_equal(w.inner.n, 32 * sizeof(block));

	for (int i = 0; i < 64; i++)
		twc_transport_write(w.inner.base.transport, block, sizeof(block));
	twc_reactor_advance(w.r, 0);
	assert_true(twc_transport_is_full(w.inner.base.transport));
	h2_put_window(&w.b, 0, 4 << 20);
	h2_put_window(&w.b, 1, 4 << 20);
	say(&w);
	assert_false(twc_transport_is_full(w.inner.base.transport));
	while (h2_next(w.client.got, w.client.n, &at, &f))
		n += f.type == H2_DATA ? f.n : 0;
	assert_int_equal(n, 64 * sizeof(block));
	stand_close(&w);
}

/* A client that takes nothing gets the head later, when another exchange may have that one's memory. */
static void test_a_head_that_waits(void **state)
{
	struct stand w;

	stand_join(&w, 1);
	twc_transport_pause(w.client.base.transport);
	say(&w);
	h2_put_headers(&w.b, 0, 1, ASK);
	say(&w);
	assert_true(w.inner.is_made);
	twc_transport_lose(w.inner.base.transport);
	twc_reactor_advance(w.r, 3 * LOOP_S);
	assert_string_equal(w.log, "ended OK; ");
	probe_fini(&w.inner);
	probe_init(&w.inner);
	w.value = "z";
	h2_put_headers(&w.b, 0, 3, ASK);
	say(&w);
	assert_true(w.inner.is_made);
	twc_transport_resume(w.client.base.transport);
	twc_reactor_advance(w.r, 0);
	assert_non_null(strstr(told(&w), "HEADERS 1 200 server=twc x=y; "));
	assert_non_null(strstr(told(&w), "HEADERS 3 200 server=twc x=z; "));
	stand_close(&w);
}

/* Who answers without the protocol has not agreed to it, whatever is answered. */
static void test_no_tunnel(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct stand w;

		stand_join(&w, 0);
		w.is_sent = i == 0;
		w.is_begun = i == 1;
		h2_put_headers(&w.b, 0, 1, ASK);
		say(&w);
		assert_false(w.inner.is_made);
		assert_non_null(strstr(told(&w), "HEADERS 1 501 "));
		assert_null(strstr(told(&w), "text]"));
		stand_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_gone_and_stop),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_a_head_that_waits),
		cmocka_unit_test(test_no_tunnel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
