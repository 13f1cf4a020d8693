/* SPDX-License-Identifier: MIT */
/*
 * The protocol of messages on a pair in memory: against itself, and against a peer that writes bytes. What each side heard is a
 * text: messages in brackets, ping <>, pong {}, Close (code reason), then how it ended.
 */
#include "wire.h"

#include <twc/reactor.h>
#include <twc/ws.h>

#define SECOND UINT64_C(1000000000)

struct end {
	struct twc_ws_protocol ws;
	char text[4096];
	size_t n;
	bool inside, is_lost, echoes;
	struct twc_err reason;
};

static void put(struct end *e, const char *fmt, ...) TWC_PRINTF(2, 3);
static void put(struct end *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	e->n += (size_t)vsnprintf(e->text + e->n, sizeof(e->text) - e->n, fmt, ap);
	va_end(ap);
	assert_true(e->n < sizeof(e->text));
}

static void end_open(struct twc_ws_protocol *p)
{
	put((struct end *)p, "open ");
}

static void end_message(struct twc_ws_protocol *p, enum twc_ws_type type, const uint8_t *data, size_t n)
{
	struct end *e = (struct end *)p;
	struct twc_str order = { (const char *)data, n };

	assert_false(e->inside);
	e->inside = true;
	if (n > 60)
		put(e, "[%c %zu]", type == TWC_WS_TEXT ? 'T' : 'B', n);
	else
		put(e, "[%c %.*s]", type == TWC_WS_TEXT ? 'T' : 'B', (int)n, (const char *)data);
	if (twc_str_is(order, "close"))
		twc_ws_close(p, 4000, TWC_STR("told to"));
	else if (twc_str_is(order, "pause"))
		twc_ws_pause(p);
	else if (twc_str_is(order, "blink")) {
		twc_ws_pause(p);
		twc_ws_resume(p);
	} else if (twc_str_is(order, "abort"))
		twc_transport_abort(p->base.transport);
	else if (e->echoes)
		twc_ws_send(p, type, data, n);
	e->inside = false;
}

static void end_ping(struct twc_ws_protocol *p, const uint8_t *data, size_t n)
{
	put((struct end *)p, "<%.*s>", (int)n, (const char *)data);
}

static void end_pong(struct twc_ws_protocol *p, const uint8_t *data, size_t n)
{
	put((struct end *)p, "{%.*s}", (int)n, (const char *)data);
}

static void end_closing(struct twc_ws_protocol *p, unsigned code, struct twc_str reason)
{
	assert_true(twc_ws_is_closing(p));
	put((struct end *)p, "(%u %.*s)", code, (int)reason.n, reason.p);
}

static void end_drained(struct twc_ws_protocol *p)
{
	put((struct end *)p, "drained ");
}

static void end_lost(struct twc_ws_protocol *p, const struct twc_err *reason)
{
	struct end *e = (struct end *)p;

	assert_false(e->is_lost);
	put(e, "!%s", twc_err_name(reason->code));
	e->reason = *reason;
	e->is_lost = true;
	twc_ws_protocol_fini(p);
}

static const struct twc_ws_protocol_ops end_ops = {
	.open = end_open, .message = end_message, .ping = end_ping, .pong = end_pong, .closing = end_closing,
	.drained = end_drained, .lost = end_lost,
};
static const struct twc_ws_protocol_ops bare_ops = { .message = end_message, .lost = end_lost };

/* The other side by hand. */
struct raw {
	struct twc_protocol base;
	struct wire got;
	bool has_eof, is_lost;
	struct twc_err reason;
};

static void raw_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	wire_bytes(&((struct raw *)p)->got, data, n);
}

static void raw_eof(struct twc_protocol *p)
{
	((struct raw *)p)->has_eof = true;
}

static void raw_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct raw *r = (struct raw *)p;

	r->is_lost = true;
	r->reason = *reason;
}

static const struct twc_protocol_ops raw_ops = { .name = "raw", .data = raw_data, .eof = raw_eof, .lost = raw_lost };

/* ---- against itself ---- */

struct both {
	struct twc_reactor *r;
	struct end server, client;
};

static void both_open(struct both *b, struct twc_ws_opts o)
{
	*b = (struct both){ .r = twc_reactor_new_fake(NULL) };
	twc_ws_protocol_init(&b->server.ws, &end_ops, &o);
	o.is_client = true;
	twc_ws_protocol_init(&b->client.ws, &end_ops, &o);
	twc_transport_pair(b->r, 0, &b->server.ws.base, &b->client.ws.base);
	twc_reactor_advance(b->r, 0);
}

static void both_end(struct both *b, const char *server, const char *client)
{
	twc_reactor_advance(b->r, 60 * SECOND);
	assert_string_equal(b->server.text, server);
	assert_string_equal(b->client.text, client);
	assert_true(b->server.is_lost && b->client.is_lost);
	twc_reactor_free(b->r);
}

static void test_talk(void **state)
{
	struct both b;

	both_open(&b, (struct twc_ws_opts){ 0 });
	b.server.echoes = true;
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "hello", 5);
	twc_ws_send(&b.client.ws, TWC_WS_BINARY, NULL, 0);
	twc_ws_ping(&b.client.ws, "x", 1);
	twc_reactor_advance(b.r, 0);
	twc_ws_ping(&b.server.ws, NULL, 0);
	twc_reactor_advance(b.r, 0);
	assert_false(twc_ws_is_closing(&b.client.ws));
	twc_ws_close(&b.client.ws, 1000, TWC_STR("bye"));
	twc_ws_close(&b.client.ws, 1001, TWC_STR("no"));
	assert_true(twc_ws_is_closing(&b.client.ws));
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "late", 4);
	both_end(&b, "open [T hello][B ]<x>{}(1000 bye)!OK", "open [T hello][B ]{x}<>(1000 )!OK");
}

static void test_server_closes(void **state)
{
	struct both b;

	both_open(&b, (struct twc_ws_opts){ .deflate.is_on = true });
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "close", 5);
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "on its way", 10); /* still heard */
	both_end(&b, "open [T close][T on its way](4000 )!OK", "open (4000 told to)!OK");
}

static void test_both_close_at_once(void **state)
{
	struct both b;

	both_open(&b, (struct twc_ws_opts){ 0 });
	twc_ws_close(&b.client.ws, TWC_WS_NO_STATUS, TWC_STR("ignored"));
	twc_ws_close(&b.server.ws, 1001, TWC_STR(""));
	both_end(&b, "open (1005 )!OK", "open (1001 )!OK");
}

static void test_large_and_compressed(void **state)
{
	static char big[600000];
	struct both b;

	memset(big, 'z', sizeof(big));
	for (int deflate = 0; deflate < 2; deflate++) {
		both_open(&b, (struct twc_ws_opts){ .deflate.is_on = deflate });
		twc_ws_send(&b.client.ws, TWC_WS_TEXT, big, sizeof(big));
		twc_ws_send(&b.server.ws, TWC_WS_BINARY, big, sizeof(big));
		twc_ws_close(&b.client.ws, 1000, TWC_STR(""));
		twc_reactor_advance(b.r, 0);
		assert_non_null(strstr(b.server.text, "[T 600000]"));
		assert_non_null(strstr(b.client.text, "[B 600000]"));
		twc_reactor_advance(b.r, 60 * SECOND);
		assert_true(b.server.is_lost && b.client.is_lost);
		assert_int_equal(b.server.reason.code, 0);
		assert_int_equal(b.client.reason.code, 0);
		twc_reactor_free(b.r);
	}
}

static void test_pause(void **state)
{
	struct both b;

	both_open(&b, (struct twc_ws_opts){ 0 });
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "pause", 5);
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "a", 1);
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "blink", 5);
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "b", 1);
	twc_reactor_advance(b.r, SECOND);
	assert_string_equal(b.server.text, "open [T pause]");
	twc_ws_resume(&b.server.ws);
	assert_string_equal(b.server.text, "open [T pause]");
	twc_reactor_advance(b.r, 0);
	twc_reactor_advance(b.r, 0);
	assert_string_equal(b.server.text, "open [T pause][T a][T blink][T b]");
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "pause", 5);
	twc_ws_send(&b.client.ws, TWC_WS_TEXT, "c", 1);
	twc_reactor_advance(b.r, SECOND);
	twc_transport_abort(b.server.ws.base.transport); /* with a backlog */
	both_end(&b, "open [T pause][T a][T blink][T b][T pause]!EABORTED", "open !ERESET");
}

/* ---- against bytes ---- */

struct half {
	struct twc_reactor *r;
	struct end end;
	struct raw raw;
};

static void half_open(struct half *h, struct twc_ws_opts o, const struct twc_ws_protocol_ops *ops)
{
	*h = (struct half){ .r = twc_reactor_new_fake(NULL), .raw.base.ops = &raw_ops };
	twc_ws_protocol_init(&h->end.ws, ops, &o);
	twc_transport_pair(h->r, 0, &h->end.ws.base, &h->raw.base);
	twc_reactor_advance(h->r, 0);
}

static void half_say(struct half *h, unsigned first, const char *payload, size_t n)
{
	struct wire w = { .masked = !h->end.ws.ws || !h->raw.got.masked };

	wire_frame(&w, first, payload, n);
	twc_transport_write(h->raw.base.transport, w.p, w.n);
	twc_reactor_advance(h->r, 0);
	wire_fini(&w);
}

static void half_close(struct half *h)
{
	if (!h->raw.is_lost)
		twc_transport_abort(h->raw.base.transport);
	twc_reactor_advance(h->r, 60 * SECOND);
	assert_true(h->raw.is_lost && h->end.is_lost);
	wire_fini(&h->raw.got);
	twc_reactor_free(h->r);
}

static void test_violation(void **state)
{
	static const struct {
		unsigned first;
		const char *payload;
		unsigned code;
		const char *name;
	} bad[] = {
		{ 0xb1, "a", 1002, "!EPROTO" }, { 0x81, "\xff", 1007, "!EPROTO" }, { 0x81, "123456789", 1009, "!ETOOLONG" },
		{ 0x88, "a", 1002, "!EPROTO" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		struct half h;
		uint8_t code[2] = { (uint8_t)(bad[i].code >> 8), (uint8_t)bad[i].code };

		half_open(&h, (struct twc_ws_opts){ .max_message = 8 }, &end_ops);
		half_say(&h, bad[i].first, bad[i].payload, strlen(bad[i].payload));
		half_say(&h, 0x81, "more", 4); /* does no harm */
		assert_true(h.raw.got.n > 4);
		assert_int_equal(h.raw.got.p[0], 0x88);
		assert_memory_equal(h.raw.got.p + 2, code, 2);
		assert_int_equal(h.raw.got.p[1], h.raw.got.n - 2);
		assert_true(h.raw.has_eof && !h.raw.is_lost);
		twc_transport_lose(h.raw.base.transport);
		twc_reactor_advance(h.r, 0);
		assert_string_equal(h.end.text + 5, bad[i].name);
		half_close(&h);
	}
}

static void test_cut_off(void **state)
{
	struct half h;

	half_open(&h, (struct twc_ws_opts){ 0 }, &end_ops);
	half_say(&h, 0x81, "a", 1);
	twc_transport_write_eof(h.raw.base.transport);
	twc_reactor_advance(h.r, 0);
	assert_true(h.raw.has_eof);
	assert_string_equal(h.end.text, "open [T a]!ETRUNC");
	half_close(&h);

	half_open(&h, (struct twc_ws_opts){ 0 }, &bare_ops);
	half_say(&h, 0x89, "a", 1); /* answered though nobody asks */
	assert_memory_equal(h.raw.got.p, "\x8a\x01" "a", 3);
	half_say(&h, 0x8a, "a", 1);
	half_say(&h, 0x88, "\x03\xe9", 2);
	assert_memory_equal(h.raw.got.p + 3, "\x88\x02\x03\xe9", 4);
	assert_true(h.raw.has_eof); /* the server ends first */
	twc_transport_lose(h.raw.base.transport);
	twc_reactor_advance(h.r, 0);
	assert_string_equal(h.end.text, "!OK");
	half_close(&h);
}

static void test_client_waits(void **state)
{
	struct half h;

	half_open(&h, (struct twc_ws_opts){ .is_client = true }, &end_ops);
	h.raw.got.masked = true; /* that side is the server */
	half_say(&h, 0x88, "\x03\xe8", 2);
	assert_int_equal(h.raw.got.n, 8);
	assert_false(h.raw.has_eof);
	twc_reactor_advance(h.r, 2 * SECOND - 1);
	assert_false(h.raw.has_eof);
	twc_reactor_advance(h.r, 1);
	assert_true(h.raw.has_eof);
	half_close(&h);
	assert_string_equal(h.end.text, "open (1000 )!OK");
}

/* The peer's Close ends one half: what is left is said, then it is answered; or the peer goes before. */
static void test_answers_late(void **state)
{
	struct half h;

	half_open(&h, (struct twc_ws_opts){ .answers_late = true }, &end_ops);
	half_say(&h, 0x88, "\x03\xe8", 2);
	assert_int_equal(h.raw.got.n, 0);
	twc_reactor_advance(h.r, 10 * SECOND);
	twc_ws_send(&h.end.ws, TWC_WS_TEXT, "more", 4);
	twc_reactor_advance(h.r, 0);
	assert_int_equal(h.raw.got.n, 6);
	assert_false(h.raw.has_eof);
	twc_ws_close(&h.end.ws, TWC_WS_NORMAL, TWC_STR(""));
	twc_reactor_advance(h.r, 0);
	assert_int_equal(h.raw.got.n, 10);
	assert_memory_equal(h.raw.got.p + 6, "\x88\x02\x03\xe8", 4);
	assert_true(h.raw.has_eof);
	half_close(&h);
	assert_string_equal(h.end.text, "open (1000 )!OK");

	half_open(&h, (struct twc_ws_opts){ .answers_late = true }, &end_ops);
	half_say(&h, 0x88, "\x03\xe8", 2);
	twc_transport_write_eof(h.raw.base.transport);
	twc_reactor_advance(h.r, 0);
	assert_true(h.raw.has_eof);
	half_close(&h);
	assert_string_equal(h.end.text, "open (1000 )!OK");
}

static void test_close_unanswered(void **state)
{
	struct half h;

	half_open(&h, (struct twc_ws_opts){ .close_ns = 3 * SECOND }, &end_ops);
	twc_ws_close(&h.end.ws, 1000, TWC_STR(""));
	half_say(&h, 0x81, "a", 1);
	twc_reactor_advance(h.r, 3 * SECOND - 1);
	assert_false(h.raw.has_eof);
	twc_reactor_advance(h.r, 1);
	assert_true(h.raw.has_eof);
	twc_reactor_advance(h.r, 10 * SECOND);
	assert_string_equal(h.end.text, "open [T a]!ETIMEDOUT");
	half_close(&h);
}

static void test_keep_alive(void **state)
{
	struct half h;

	half_open(&h, (struct twc_ws_opts){ .ping_ns = 20 * SECOND, .pong_ns = 5 * SECOND }, &end_ops);
	twc_reactor_advance(h.r, 15 * SECOND);
	half_say(&h, 0x81, "a", 1);
	twc_reactor_advance(h.r, 19 * SECOND);
	assert_int_equal(h.raw.got.n, 0);
	twc_reactor_advance(h.r, SECOND);
	assert_int_equal(h.raw.got.n, 2);
	assert_int_equal(h.raw.got.p[0], 0x89);
	twc_reactor_advance(h.r, 3 * SECOND);
	half_say(&h, 0x8a, "", 0);
	twc_reactor_advance(h.r, 19 * SECOND);
	assert_int_equal(h.raw.got.n, 2);
	twc_reactor_advance(h.r, SECOND);
	assert_int_equal(h.raw.got.n, 4);
	twc_reactor_advance(h.r, 5 * SECOND - 1);
	assert_false(h.end.is_lost);
	twc_reactor_advance(h.r, 1);
	assert_string_equal(h.end.text, "open [T a]{}!EIDLE");
	half_close(&h);
}

/* Who reads nothing gets one pong for all its pings, and the last one. */
static void test_ping_flood(void **state)
{
	static char big[300000];
	struct half h;
	size_t before;

	half_open(&h, (struct twc_ws_opts){ 0 }, &end_ops);
	twc_transport_pause(h.raw.base.transport);
	twc_ws_send(&h.end.ws, TWC_WS_BINARY, big, sizeof(big));
	twc_ws_send(&h.end.ws, TWC_WS_BINARY, big, 100000);
	assert_true(twc_transport_is_full(h.end.ws.base.transport));
	before = twc_transport_queued(h.end.ws.base.transport);
	h.end.n = 0;
	for (int i = 0; i < 100; i++)
		half_say(&h, 0x89, i < 99 ? "a" : "z", 1);
	assert_int_equal(twc_transport_queued(h.end.ws.base.transport), before);
	h.end.n = 0;
	free(h.raw.got.p);
	h.raw.got.p = malloc(500000);
	h.raw.got.n = 0;
	twc_transport_abort(h.raw.base.transport);
	half_close(&h);
}

static void test_abort_inside(void **state)
{
	struct half h;

	half_open(&h, (struct twc_ws_opts){ 0 }, &end_ops);
	half_say(&h, 0x81, "abort", 5);
	half_close(&h);
	assert_string_equal(h.end.text, "open [T abort]!EABORTED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk), cmocka_unit_test(test_server_closes), cmocka_unit_test(test_both_close_at_once),
		cmocka_unit_test(test_large_and_compressed), cmocka_unit_test(test_pause), cmocka_unit_test(test_violation),
		cmocka_unit_test(test_cut_off), cmocka_unit_test(test_client_waits), cmocka_unit_test(test_close_unanswered),
		cmocka_unit_test(test_answers_late),
		cmocka_unit_test(test_keep_alive), cmocka_unit_test(test_ping_flood), cmocka_unit_test(test_abort_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
