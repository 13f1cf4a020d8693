/* SPDX-License-Identifier: MIT */
/*
 * Transports of messages on a pair in memory: against each other, and against a peer that writes frames by hand. What a protocol
 * heard is a text: messages in brackets, | for eof, then how it ended.
 */
#include "wire.h"

#include "protocol/ws/filter.h"
#include "transport/transport_int.h"

#include <twc/reactor.h>
#include <twc/tls.h>

#define SECOND UINT64_C(1000000000)

struct end {
	struct twc_protocol base;
	char text[4096];
	size_t n, total;
	bool echoes, keeps_open, is_lost, inside;
	unsigned drained;
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

static void end_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct end *e = (struct end *)p;

	assert_false(e->inside);
	e->inside = true;
	e->total += n;
	if (n > 100)
		put(e, "[%zu]", n);
	else
		put(e, "[%.*s]", (int)n, (const char *)data);
	if (n == 5 && memcmp(data, "pause", 5) == 0)
		twc_transport_pause(p->transport);
	else if (n == 5 && memcmp(data, "abort", 5) == 0)
		twc_transport_abort(p->transport);
	else if (n == 4 && memcmp(data, "lose", 4) == 0)
		twc_transport_lose(p->transport);
	else if (e->echoes)
		twc_transport_write(p->transport, data, n);
	e->inside = false;
}

static void end_eof(struct twc_protocol *p)
{
	struct end *e = (struct end *)p;

	put(e, "|");
	if (!e->keeps_open)
		twc_transport_lose(p->transport);
}

static void end_drained(struct twc_protocol *p)
{
	((struct end *)p)->drained++;
}

static void end_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct end *e = (struct end *)p;

	assert_false(e->is_lost);
	put(e, "!%s", twc_err_name(reason->code));
	e->reason = *reason;
	e->is_lost = true;
}

static const struct twc_protocol_ops end_ops = {
	.name = "end", .data = end_data, .eof = end_eof, .drained = end_drained, .lost = end_lost,
};

struct both {
	struct twc_reactor *r;
	struct end server, client;
};

static void both_open(struct both *b, struct twc__ws_start how)
{
	*b = (struct both){ .r = twc_reactor_new_fake(NULL), .server.base.ops = &end_ops, .client.base.ops = &end_ops };
	twc_transport_pair(b->r, 0, &b->server.base, &b->client.base);
	twc__ws_start(b->server.base.transport, &how);
	how.ws.is_client = true;
	twc__ws_start(b->client.base.transport, &how);
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

static void say(struct end *e, const char *text)
{
	twc_transport_write(e->base.transport, text, strlen(text));
}

static void test_talk(void **state)
{
	struct both b;
	char two[] = "two", parts[] = " parts";
	struct iovec iov[2] = { { two, 3 }, { parts, 6 } };

	both_open(&b, (struct twc__ws_start){ 0 });
	b.server.echoes = true;
	say(&b.client, "hello");
	say(&b.client, "");
	twc_transport_writev(b.client.base.transport, iov, 2);
	assert_false(twc_transport_is_datagram(b.client.base.transport));
	assert_true(twc_transport_queued(b.client.base.transport) > 0);
	twc_reactor_advance(b.r, 0);
	assert_int_equal(twc_transport_queued(b.client.base.transport), 0);
	assert_int_equal(twc_transport_bytes_out(b.client.base.transport), 14);
	assert_int_equal(twc_transport_bytes_in(b.client.base.transport), 14);
	twc_transport_write_eof(b.client.base.transport);
	both_end(&b, "[hello][][two parts]|!OK", "[hello][][two parts]|!OK");
}

static void test_lose(void **state)
{
	struct both b;

	both_open(&b, (struct twc__ws_start){ 0 });
	say(&b.server, "last");
	twc_transport_lose(b.server.base.transport);
	both_end(&b, "!OK", "[last]|!OK");

	both_open(&b, (struct twc__ws_start){ 0 });
	twc_transport_lose(b.client.base.transport); /* nothing was ever said */
	both_end(&b, "|!OK", "!OK");

	both_open(&b, (struct twc__ws_start){ 0 });
	say(&b.client, "lose");
	say(&b.client, "not heard");
	both_end(&b, "[lose]!OK", "|!OK");

	both_open(&b, (struct twc__ws_start){ 0 });
	say(&b.client, "abort");
	both_end(&b, "[abort]!EABORTED", "!ERESET");
}

/* The peer's Close is the end of both halves: it hears nothing any more. */
static void test_no_half(void **state)
{
	struct both b;

	both_open(&b, (struct twc__ws_start){ 0 });
	b.server.keeps_open = b.client.keeps_open = true;
	twc_transport_write_eof(b.client.base.transport);
	both_end(&b, "|!OK", "|!OK");
}

static void test_large(void **state)
{
	static char big[700000];
	struct both b;

	memset(big, 'x', sizeof(big));
	for (int i = 0; i < 4; i++) {
		both_open(&b, (struct twc__ws_start){ .ws.deflate.is_on = i & 1 });
		b.server.echoes = i & 2;
		twc_transport_write(b.client.base.transport, big, sizeof(big));
		if (!(i & 1))
			assert_true(twc_transport_is_full(b.client.base.transport));
		say(&b.client, "behind");
		twc_reactor_advance(b.r, 0);
		assert_int_equal(b.client.drained, !(i & 1));
		assert_int_equal(twc_transport_queued(b.client.base.transport), 0);
		twc_transport_write_eof(b.client.base.transport);
		both_end(&b, "[700000][behind]|!OK", i & 2 ? "[700000][behind]|!OK" : "|!OK");
	}
}

static void test_pause(void **state)
{
	struct both b;

	both_open(&b, (struct twc__ws_start){ 0 });
	say(&b.client, "pause");
	say(&b.client, "a");
	say(&b.client, "b");
	twc_transport_write_eof(b.client.base.transport);
	twc_reactor_advance(b.r, SECOND);
	assert_string_equal(b.server.text, "[pause]");
	twc_transport_resume(b.server.base.transport);
	assert_string_equal(b.server.text, "[pause]");
	both_end(&b, "[pause][a][b]|!OK", "|!OK");
}

static void test_rate(void **state)
{
	struct both b;

	both_open(&b, (struct twc__ws_start){ 0 });
	twc_transport_limit_rate(b.client.base.transport, 1000, 1);
	for (int i = 0; i < 5; i++)
		say(&b.client, "half a thousand? no: a hundred bytes, more or less, are in this message, of which there are five");
	twc_reactor_advance(b.r, SECOND / 10);
	assert_in_range(b.server.total, 90, 300);
	twc_transport_write_eof(b.client.base.transport);
	twc_reactor_advance(b.r, SECOND);
	assert_int_equal(b.server.total, 5 * 96);
	twc_reactor_advance(b.r, 10 * SECOND);
	assert_true(b.server.is_lost && b.client.is_lost);
	assert_int_equal(b.client.reason.code, 0);
	twc_reactor_free(b.r);
}

static void tapped(void *arg, char dir, const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++)
		put(arg, "%c%.*s ", dir, (int)iov[i].iov_len, (const char *)iov[i].iov_base);
}

static void test_pipe_and_tap(void **state)
{
	struct end log = { .n = 0 };
	struct both a, b;

	both_open(&a, (struct twc__ws_start){ 0 });
	b = (struct both){ .r = a.r, .server.base.ops = &end_ops, .client.base.ops = &end_ops };
	twc_transport_pair(a.r, 0, &b.server.base, &b.client.base);
	twc_transport_pipe(a.server.base.transport, b.server.base.transport);
	twc_transport_pipe(b.server.base.transport, a.server.base.transport);
	twc__transport_tap(a.server.base.transport, tapped, &log);
	say(&a.client, "there");
	twc_reactor_advance(a.r, 0);
	say(&b.client, "back");
	twc_reactor_advance(a.r, 0);
	assert_string_equal(b.client.text, "[there]");
	assert_string_equal(a.client.text, "[back]");
	assert_string_equal(log.text, "<there >back ");
	twc_transport_lose(b.client.base.transport);
	twc_reactor_advance(a.r, 0);
	twc_transport_lose(a.server.base.transport);
	twc_reactor_advance(a.r, 10 * SECOND);
	assert_string_equal(a.client.text, "[back]|!OK");
	assert_true(b.server.is_lost && a.server.is_lost);
	twc_reactor_free(a.r);
}

static void test_lines(void **state)
{
	struct both b;

	both_open(&b, (struct twc__ws_start){ .ws.max_message = 8 });
	twc_transport_by_lines(b.client.base.transport);
	say(&b.client, "one\ntwo\r\n\nth");
	twc_reactor_advance(b.r, 0);
	assert_string_equal(b.server.text, "[one][two\r][]");
	say(&b.client, "ree");
	say(&b.client, "\nlast");
	say(&b.server, "a");
	say(&b.server, "b\n");
	twc_transport_write_eof(b.client.base.transport);
	both_end(&b, "[one][two\r][][three][last]|!OK", "[a\n][b\n]|!OK");

	both_open(&b, (struct twc__ws_start){ .ws.max_message = 8, .lines = true });
	say(&b.client, "\n\n12345678\n");
	say(&b.client, "12345");
	twc_reactor_advance(b.r, 0);
	say(&b.client, "6789");
	twc_reactor_advance(b.r, 0);
	assert_string_equal(b.server.text, "[\n][\n][12345678\n]!ERESET");
	assert_string_equal(b.client.text, "!EDATA");
	twc_reactor_free(b.r);
}

/* What TLS holds and what is held above it are told apart. */
static void test_over_tls(void **state)
{
	static char big[700000];
	struct twc_tls_ctx *client = twc_tls_ctx_new(&(struct twc_tls_opts){ .no_verify = true }, NULL);
	struct twc_tls_ctx *server = twc_tls_ctx_new(&(struct twc_tls_opts){ .server = true, .cert = "auto" }, NULL);
	struct twc__ws_start how = { .ws.is_client = true };

	assert_true(client && server);
	memset(big, 'x', sizeof(big));
	for (int capacity = 1000; capacity < 2000000; capacity *= 40) {
		struct both b = { .r = twc_reactor_new_fake(NULL), .server.base.ops = &end_ops, .client.base.ops = &end_ops };

		twc_transport_pair(b.r, (size_t)capacity, &b.server.base, &b.client.base);
		twc_transport_start_tls(b.client.base.transport, &(struct twc_tls_start){ .ctx = client });
		twc_transport_start_tls(b.server.base.transport, &(struct twc_tls_start){ .ctx = server });
		twc_reactor_advance(b.r, 0);
		twc__ws_start(b.client.base.transport, &how);
		twc__ws_start(b.server.base.transport, &(struct twc__ws_start){ .ws.is_client = false });
		b.server.echoes = true;
		twc_transport_write(b.client.base.transport, big, sizeof(big));
		say(&b.client, "a");
		twc_transport_write(b.client.base.transport, big, 20000);
		twc_reactor_advance(b.r, 0);
		assert_int_equal(twc_transport_queued(b.client.base.transport), 0);
		assert_int_equal(twc_transport_queued(b.server.base.transport), 0);
		twc_transport_write_eof(b.client.base.transport);
		both_end(&b, "[700000][a][20000]|!OK", "[700000][a][20000]|!OK");
	}
	twc_tls_ctx_free(client);
	twc_tls_ctx_free(server);
}

/* ---- against bytes ---- */

struct half {
	struct twc_reactor *r;
	struct end end;
	struct end raw;
	struct wire got;
};

static void raw_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	wire_bytes(&TWC_CONTAINER_OF(p, struct half, raw.base)->got, data, n);
}

static const struct twc_protocol_ops raw_ops = { .name = "raw", .data = raw_data, .eof = end_eof, .lost = end_lost };

static void half_open(struct half *h, struct twc__ws_start how)
{
	*h = (struct half){ .r = twc_reactor_new_fake(NULL), .end.base.ops = &end_ops, .raw.base.ops = &raw_ops };
	h->raw.keeps_open = true;
	twc_transport_pair(h->r, 0, &h->end.base, &h->raw.base);
	twc_transport_write(h->end.base.transport, "HEAD", 4);
	twc__ws_start(h->end.base.transport, &how);
	twc_reactor_advance(h->r, 0);
	assert_int_equal(h->got.n, 4);
	h->got.n = 0;
}

static void half_say(struct half *h, bool masked, unsigned first, const char *payload, size_t n)
{
	struct wire w = { .masked = masked };

	wire_frame(&w, first, payload, n);
	twc_transport_write(h->raw.base.transport, w.p, w.n);
	twc_reactor_advance(h->r, 0);
	wire_fini(&w);
}

static void half_close(struct half *h, const char *text)
{
	if (!h->raw.is_lost)
		twc_transport_lose(h->raw.base.transport);
	twc_reactor_advance(h->r, 60 * SECOND);
	assert_true(h->raw.is_lost && h->end.is_lost);
	assert_string_equal(h->end.text, text);
	wire_fini(&h->got);
	twc_reactor_free(h->r);
}

static void test_in_kind(void **state)
{
	struct half h;

	half_open(&h, (struct twc__ws_start){ 0 });
	h.end.echoes = true;
	half_say(&h, true, 0x82, "abc", 3);
	half_say(&h, true, 0x81, "abc", 3);
	say(&h.end, "abc");
	twc_reactor_advance(h.r, 0);
	twc_transport_write(h.end.base.transport, "\xff", 1);
	twc_reactor_advance(h.r, 0);
	assert_int_equal(h.got.n, 18);
	assert_memory_equal(h.got.p, "\x82\x03" "abc\x81\x03" "abc\x81\x03" "abc\x82\x01\xff", 18);
	half_close(&h, "[abc][abc]!ETRUNC");

	half_open(&h, (struct twc__ws_start){ .mode = TWC__WS_MODE_BINARY });
	say(&h.end, "abc");
	twc_reactor_advance(h.r, 0);
	assert_memory_equal(h.got.p, "\x82\x03" "abc", 5);
	half_close(&h, "!ETRUNC");

	half_open(&h, (struct twc__ws_start){ .mode = TWC__WS_MODE_TEXT });
	twc_transport_write(h.end.base.transport, "\xff", 1);
	half_close(&h, "!EDATA");
}

static void test_bytes(void **state)
{
	static const struct {
		struct twc__ws_start how;
		bool by_lines;
		uint8_t first;
	} row[] = {
		{ { .mode = TWC__WS_MODE_AUTO }, false, 0x82 },
		{ { .mode = TWC__WS_MODE_TEXT }, false, 0x81 },
		{ { .mode = TWC__WS_MODE_BINARY }, false, 0x82 },
		{ { .mode = TWC__WS_MODE_AUTO }, true, 0x81 },
		{ { .mode = TWC__WS_MODE_AUTO, .lines = true }, false, 0x81 },
		{ { .mode = TWC__WS_MODE_AUTO, .keeps_lines_off = true }, true, 0x82 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct half h;

		half_open(&h, row[i].how);
		if (row[i].by_lines)
			twc_transport_by_lines(h.end.base.transport);
		twc__transport_by_bytes(h.end.base.transport);
		say(&h.end, "abc\n");
		twc_reactor_advance(h.r, 0);
		assert_true(h.got.n >= 5);
		assert_int_equal(h.got.p[0], row[i].first);
		half_close(&h, "!ETRUNC");
	}
}

static void test_behind_the_head(void **state)
{
	struct half h;
	struct wire w = { .masked = true };

	wire_frame(&w, 0x81, "a", 1);
	wire_frame(&w, 0x81, "b", 1);
	h = (struct half){ .r = twc_reactor_new_fake(NULL), .end.base.ops = &end_ops, .raw.base.ops = &raw_ops };
	twc_transport_pair(h.r, 0, &h.end.base, &h.raw.base);
	twc__ws_start(h.end.base.transport, &(struct twc__ws_start){ .in = w.p, .n_in = w.n - 3 });
	twc_transport_write(h.raw.base.transport, w.p + w.n - 3, 3);
	twc_reactor_advance(h.r, 0);
	assert_string_equal(h.end.text, "[a][b]");
	wire_fini(&w);
	half_close(&h, "[a][b]!ETRUNC");
}

static void test_control(void **state)
{
	struct half h;

	half_open(&h, (struct twc__ws_start){ 0 });
	half_say(&h, true, 0x89, "hi", 2);
	assert_memory_equal(h.got.p, "\x8a\x02hi", 4);
	half_say(&h, true, 0x01, "ab", 2);
	half_say(&h, true, 0x89, "", 0);
	half_say(&h, true, 0x8a, "x", 1);
	half_say(&h, true, 0x80, "c", 1);
	assert_int_equal(h.got.n, 6);
	h.got.n = 0;
	half_say(&h, true, 0x88, "\x03\xe9", 2);
	assert_memory_equal(h.got.p, "\x88\x02\x03\xe9", 4);
	twc_reactor_advance(h.r, 0);
	assert_string_equal(h.end.text, "[abc]|!OK"); /* a server waits for nothing */
	half_close(&h, "[abc]|!OK");
}

static void test_bad_close(void **state)
{
	struct half h;

	half_open(&h, (struct twc__ws_start){ 0 });
	half_say(&h, true, 0x88, "\x03\xf0no way", 8);
	assert_memory_equal(h.got.p, "\x88\x02\x03\xf0", 4);
	twc_reactor_advance(h.r, 0);
	assert_string_equal(h.end.reason.text, "closed with 1008 (no way)");
	half_close(&h, "|!EPROTO");
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

		half_open(&h, (struct twc__ws_start){ .ws.max_message = 8 });
		half_say(&h, true, bad[i].first, bad[i].payload, strlen(bad[i].payload));
		half_say(&h, true, 0x81, "more", 4);
		assert_true(h.got.n > 4);
		assert_int_equal(h.got.p[0], 0x88);
		assert_memory_equal(h.got.p + 2, code, 2);
		assert_int_equal(h.got.p[1], h.got.n - 2);
		assert_string_equal(h.raw.text, "|"); /* and no reset */
		half_close(&h, bad[i].name);
	}
}

static void test_client_waits(void **state)
{
	struct half h;

	half_open(&h, (struct twc__ws_start){ .ws.is_client = true });
	h.end.keeps_open = true;
	half_say(&h, false, 0x88, "", 0);
	assert_int_equal(h.got.n, 6); /* as empty */
	twc_reactor_advance(h.r, SECOND);
	assert_false(h.end.is_lost);
	twc_transport_lose(h.raw.base.transport);
	twc_reactor_advance(h.r, SECOND);
	assert_true(h.end.is_lost);
	half_close(&h, "|!OK");

	half_open(&h, (struct twc__ws_start){ .ws.is_client = true });
	half_say(&h, false, 0x88, "", 0);
	twc_reactor_advance(h.r, 5 * SECOND);
	assert_string_equal(h.raw.text, "|");
	half_close(&h, "|!OK");
}

static void test_close_unanswered(void **state)
{
	struct half h;

	half_open(&h, (struct twc__ws_start){ .ws.close_ns = 3 * SECOND });
	twc_transport_write_eof(h.end.base.transport);
	twc_reactor_advance(h.r, 2 * SECOND);
	half_say(&h, true, 0x81, "still there", 11);
	twc_reactor_advance(h.r, 2 * SECOND);
	assert_false(h.end.is_lost);
	twc_reactor_advance(h.r, 4 * SECOND);
	half_close(&h, "[still there]!ETIMEDOUT");

	half_open(&h, (struct twc__ws_start){ 0 });
	twc_transport_lose(h.end.base.transport); /* who loses it does not care */
	twc_reactor_advance(h.r, 3 * SECOND);
	half_close(&h, "!OK");
}

static void test_keep_alive(void **state)
{
	struct half h;

	half_open(&h, (struct twc__ws_start){ .ws.ping_ns = 20 * SECOND });
	twc_reactor_advance(h.r, 15 * SECOND);
	half_say(&h, true, 0x81, "a", 1);
	twc_reactor_advance(h.r, 19 * SECOND);
	assert_int_equal(h.got.n, 0);
	twc_reactor_advance(h.r, SECOND);
	assert_memory_equal(h.got.p, "\x89\x00", 2);
	twc_reactor_advance(h.r, 3 * SECOND);
	half_say(&h, true, 0x8a, "", 0);
	twc_reactor_advance(h.r, 20 * SECOND);
	assert_int_equal(h.got.n, 4);
	twc_reactor_advance(h.r, 10 * SECOND);
	half_close(&h, "[a]!EIDLE");
}

/* Our ping is behind what the peer has not taken yet: it is slow, not gone, as long as it takes some of that. */
static void test_slow_reader(void **state)
{
	static char big[200000];
	struct half h = { .r = twc_reactor_new_fake(NULL), .end.base.ops = &end_ops, .raw.base.ops = &raw_ops };

	h.raw.keeps_open = true;
	twc_transport_pair(h.r, 1000, &h.end.base, &h.raw.base);
	twc__ws_start(h.end.base.transport, &(struct twc__ws_start){ .ws.ping_ns = SECOND });
	twc_transport_limit_rate(h.raw.base.transport, 1000, 1);
	twc_transport_write(h.end.base.transport, big, sizeof(big));
	twc_reactor_advance(h.r, 150 * SECOND);
	assert_false(h.end.is_lost);
	assert_in_range(h.got.n, 100000, 160000);
	twc_transport_pause(h.raw.base.transport);
	twc_reactor_advance(h.r, 30 * SECOND);
	assert_true(h.end.is_lost);
	half_close(&h, "!EIDLE");
}

static void test_ping_flood(void **state)
{
	static char big[400000];
	struct half h;
	size_t before;

	half_open(&h, (struct twc__ws_start){ 0 });
	twc_transport_pause(h.raw.base.transport);
	twc_transport_write(h.end.base.transport, big, sizeof(big));
	twc_reactor_advance(h.r, 0);
	assert_true(twc_transport_is_full(h.end.base.transport));
	before = twc_transport_queued(h.end.base.transport);
	for (int i = 0; i < 100; i++)
		half_say(&h, true, 0x89, "a", 1);
	assert_int_equal(twc_transport_queued(h.end.base.transport), before);
	twc_transport_abort(h.raw.base.transport);
	half_close(&h, "!ERESET");
}

/* Whole, byte by byte, at random: the same messages, in lines too. */
static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct half *h = arg;

	twc_transport_write(h->raw.base.transport, data, n);
	twc_reactor_advance(h->r, 0);
	return true;
}

static void test_splits(void **state)
{
	for (int mode = 0; mode < CHUNK_MODES; mode++) {
		for (int lines = 0; lines < 2; lines++) {
			struct wire w = { .masked = true };
			struct half h;

			half_open(&h, (struct twc__ws_start){ .lines = lines });
			wire_frame(&w, 0x81, "one", 3);
			wire_frame(&w, 0x82, "", 0);
			wire_frame(&w, 0x01, "tw", 2);
			wire_frame(&w, 0x89, "p", 1);
			wire_frame(&w, 0x80, "o", 1);
			wire_frame(&w, 0x81, "three\n", 6);
			wire_frame(&w, 0x88, "\x03\xe8", 2);
			chunk_feed((enum chunk_mode)mode, 7, w.p, w.n, feed, &h);
			wire_fini(&w);
			half_close(&h, lines ? "[one\n][\n][two\n][three\n]|!OK" : "[one][][two][three\n]|!OK");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk), cmocka_unit_test(test_lose), cmocka_unit_test(test_no_half), cmocka_unit_test(test_large),
		cmocka_unit_test(test_pause), cmocka_unit_test(test_rate), cmocka_unit_test(test_pipe_and_tap),
		cmocka_unit_test(test_lines), cmocka_unit_test(test_over_tls), cmocka_unit_test(test_in_kind), cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_behind_the_head),
		cmocka_unit_test(test_control), cmocka_unit_test(test_bad_close), cmocka_unit_test(test_violation),
		cmocka_unit_test(test_client_waits), cmocka_unit_test(test_close_unanswered), cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_slow_reader), cmocka_unit_test(test_ping_flood), cmocka_unit_test(test_splits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
