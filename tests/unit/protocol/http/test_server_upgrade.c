/* SPDX-License-Identifier: MIT */
/* An HTTP/1 connection that is upgraded: what the new protocol hears, in which order, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <twc/http_server.h>

#include "support/chunk.h"
#include "support/loop.h"
#include "support/probe.h"

#define ASK "GET /a HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: other, Chat\r\n\r\n"
#define YES "HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n"

struct stand {
	struct twc_reactor *r;
	struct twc_http_server *s;
	struct probe client, inner;
	char log[256];
	struct twc_http_exchange *x;
	bool is_later;
};

static void note(struct stand *w, const char *text)
{
	strncat(w->log, text, sizeof(w->log) - strlen(w->log) - 1);
}

static void on_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct stand *w = arg;

	assert_true(w->inner.is_lost || !w->inner.is_made);
	assert_int_equal(twc_http_status(x), w->inner.is_made ? 101 : 0);
	note(w, err->code ? "ended badly; " : "ended; ");
}

static void on_stopping(void *arg, struct twc_http_exchange *x)
{
	struct stand *w = arg;

	assert_ptr_equal(x, w->x);
	note(w, "stopping; ");
	twc_transport_lose(w->inner.base.transport);
}

static const struct twc_http_exchange_ops watch = { .ended = on_ended, .stopping = on_stopping };

static void on_exchanged(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	char text[32];

	(void)err;
	snprintf(text, sizeof(text), "exchanged %d; ", twc_http_status(x));
	note(arg, text);
}

static void upgrade(struct stand *w)
{
	twc_http_add_field(w->x, "X", "1");
	if (!twc_http_upgrade(w->x, "chat", &w->inner.base)) {
		note(w, "gone; ");
		return;
	}
	assert_true(w->inner.is_made);
	assert_ptr_equal(w->inner.base.transport, twc_http_transport(w->x));
	assert_ptr_equal(twc_transport_protocol(w->inner.base.transport), &w->inner.base);
	assert_false(twc_http_upgrade(w->x, "chat", &w->inner.base));
	assert_int_equal(w->inner.n, 0);
}

static struct twc_deferred *handle(void *arg, struct twc_http_exchange *x)
{
	struct stand *w = arg;

	if (!twc_http_wants_upgrade(x, "chat")) {
		twc_http_send(x, "no", 2);
		return NULL;
	}
	assert_true(twc_http_wants_upgrade(x, "OTHER"));
	assert_false(twc_http_wants_upgrade(x, "cha"));
	w->x = x;
	twc_http_watch(x, &watch, w);
	if (!w->is_later)
		upgrade(w);
	return NULL;
}

static void lose(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static void stand_open(struct stand *w)
{
	struct twc_http_server_opts o = { .ops = { .exchanged = on_exchanged }, .arg = w };

	w->r = loop_fake();
	probe_init(&w->client);
	probe_init(&w->inner);
	w->client.on_eof = lose;
	w->inner.on_eof = lose;
	w->s = twc_http_server_new(w->r, (struct twc_http_handler){ handle, w }, &o);
	twc_transport_pair(w->r, 0, twc_factory_build(twc_http_server_factory(w->s), NULL), &w->client.base);
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
	if (w->inner.is_made)
		probe_fini(&w->inner);
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct stand *w = arg;

	twc_transport_write(w->client.base.transport, p, n);
	twc_reactor_advance(w->r, 0);
	return true;
}

static void say(struct stand *w, const char *text)
{
	feed(w, (const uint8_t *)text, strlen(text));
}

static void test_bytes_behind_the_head(void **state)
{
	for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++) {
		struct stand w = { 0 };

		stand_open(&w);
		chunk_feed(mode, 3, ASK "GET /b HTTP/1.1\r\n", sizeof(ASK "GET /b HTTP/1.1\r\n") - 1, feed, &w);
		say(&w, "more");
		assert_string_equal(w.client.got, YES);
		assert_string_equal(w.inner.got, "GET /b HTTP/1.1\r\nmore");
		twc_transport_write(w.inner.base.transport, "hello", 5);
		twc_reactor_advance(w.r, 0);
		assert_string_equal(w.client.got, YES "hello");
		assert_string_equal(w.log, "");
		twc_transport_write_eof(w.client.base.transport);
		twc_reactor_advance(w.r, 0);
		assert_true(w.inner.has_eof && w.inner.is_lost);
		assert_string_equal(w.log, "ended; exchanged 101; ");
		stand_close(&w);
	}
}

static void hold(struct probe *p)
{
	twc_transport_pause(p->base.transport);
}

/* Nothing is heard while it does not want to, and nothing overtakes. */
static void test_paused(void **state)
{
	struct stand w = { 0 };

	stand_open(&w);
	w.inner.on_made = hold;
	say(&w, ASK "one ");
	say(&w, "two ");
	twc_reactor_advance(w.r, LOOP_S);
	assert_int_equal(w.inner.n, 0);
	twc_transport_resume(w.inner.base.transport);
	twc_reactor_advance(w.r, LOOP_S);
	say(&w, "three");
	assert_string_equal(w.inner.got, "one two three");
	stand_close(&w);
}

/* Answered from the loop; no limit of HTTP applies meanwhile or later. */
static void test_later(void **state)
{
	struct stand w = { .is_later = true };

	stand_open(&w);
	say(&w, ASK "behind");
	upgrade(&w);
	twc_reactor_advance(w.r, 0);
	assert_string_equal(w.inner.got, "behind");
	twc_reactor_advance(w.r, 3600 * LOOP_S);
	assert_false(w.inner.is_lost);
	twc_transport_abort(w.client.base.transport);
	twc_reactor_advance(w.r, 0);
	assert_true(w.inner.is_lost);
	assert_int_equal(w.inner.reason.code, TWC_ERESET);
	assert_string_equal(w.log, "ended badly; exchanged 101; ");
	stand_close(&w);
}

static void test_gone(void **state)
{
	struct stand w = { .is_later = true };

	stand_open(&w);
	say(&w, ASK);
	twc_transport_abort(twc_http_transport(w.x));
	upgrade(&w);
	assert_string_equal(w.log, "gone; ");
	assert_false(w.inner.is_made);
	memset(w.log, 0, sizeof(w.log));
	stand_close(&w);
}

static void test_stop(void **state)
{
	struct stand w = { 0 };

	stand_open(&w);
	say(&w, ASK);
	twc_http_server_stop(w.s);
	twc_reactor_advance(w.r, 0);
	assert_string_equal(w.log, "stopping; ended; exchanged 101; ");
	assert_true(w.client.is_lost);
	stand_close(&w);
}

static void test_set_protocol(void **state)
{
	struct stand w = { 0 };
	struct probe other;

	stand_open(&w);
	say(&w, ASK "a");
	probe_init(&other);
	other.is_made = true;
	twc_transport_set_protocol(w.inner.base.transport, &other.base);
	w.inner.is_lost = true; /* it never hears of it */
	say(&w, "b");
	assert_string_equal(w.inner.got, "a");
	assert_string_equal(other.got, "b");
	stand_close(&w);
	assert_true(other.is_lost);
	probe_fini(&other);
}

static void test_not_asked(void **state)
{
	static const char *const asks[] = {
		"GET /a HTTP/1.1\r\nHost: h\r\nUpgrade: chat\r\n\r\n",
		"GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: chatter\r\n\r\n",
		"GET /a HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n",
		"POST /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: chat\r\nContent-Length: 1\r\n\r\na",
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(asks); i++) {
		struct stand w = { 0 };

		stand_open(&w);
		say(&w, asks[i]);
		assert_non_null(strstr(w.client.got, "HTTP/1.1 200 OK\r\n"));
		stand_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_behind_the_head), cmocka_unit_test(test_paused),	   cmocka_unit_test(test_later),
		cmocka_unit_test(test_gone),		      cmocka_unit_test(test_stop),	   cmocka_unit_test(test_set_protocol),
		cmocka_unit_test(test_not_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
