/* SPDX-License-Identifier: MIT */
/* A load's connection of HTTP/2: what it sends, as a server unpacks it; what it makes of answers, however they are cut; violations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/http/h2_load.h"
#include "support/chunk.h"
#include "support/h2_frames.h"

struct talk {
	struct twc__h2_load h;
	struct twc__h2_load_blocks blocks;
	size_t at; /* of h.out, looked at */
	nghttp2_hd_inflater *server; /* of our requests */
	char told[4096]; /* "1=200/5 ", "3!TWC_..." */
};

static void TWC_PRINTF(2, 3) tell(struct talk *t, const char *fmt, ...)
{
	size_t n = strlen(t->told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->told + n, sizeof(t->told) - n, fmt, ap);
	va_end(ap);
}

static struct talk *of_load(struct twc__h2_load *h)
{
	return TWC_CONTAINER_OF(h, struct talk, h);
}

static void on_head(struct twc__h2_load *h, unsigned place)
{
	tell(of_load(h), "%d:", (int)twc__h2_load_at(h, place)->id);
}

static void on_end(struct twc__h2_load *h, unsigned place, const struct twc_err *err)
{
	const struct twc__h2_load_stream *s = twc__h2_load_at(h, place);

	if (err->code)
		tell(of_load(h), "%s; ", err->text);
	else
		tell(of_load(h), "%d/%u; ", s->status, (unsigned)s->body);
}

static const struct twc__h2_load_ops ops = { .head = on_head, .end = on_end };

static void talk_open(struct talk *t, const struct twc_str *heads, size_t n, unsigned streams)
{
	struct twc_err err = { 0 };

	memset(t, 0, sizeof(*t));
	assert_int_equal(twc__h2_load_blocks_make(&t->blocks, heads, n, TWC_STR("http"), &err), 0);
	twc__h2_load_init(&t->h, &ops, &t->blocks, streams);
	assert_int_equal(nghttp2_hd_inflate_new(&t->server), 0);
}

static void talk_close(struct talk *t)
{
	twc__h2_load_fini(&t->h);
	twc__h2_load_blocks_fini(&t->blocks);
	nghttp2_hd_inflate_del(t->server);
}

static bool feed(struct talk *t, struct h2_bytes *b)
{
	bool ok = twc__h2_load_feed(&t->h, b->p, b->n);

	h2_bytes_fini(b);
	return ok;
}

static void settings(struct talk *t, unsigned id, uint32_t value)
{
	struct h2_bytes b = { 0 };
	uint8_t p[6] = { 0, (uint8_t)id, (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };

	h2_put_frame(&b, H2_SETTINGS, 0, 0, p, id ? 6 : 0);
	assert_true(feed(t, &b));
}

/* ---- what it sends ---- */

static void unpack(nghttp2_hd_inflater *server, const uint8_t *p, size_t n, char *out)
{
	int flags = 0;

	*out = '\0';
	while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(server, &nv, &flags, p, n, 1);

		assert_true(used >= 0);
		p += used;
		n -= (size_t)used;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			out += sprintf(out, "%.*s=%.*s ", (int)nv.namelen, (const char *)nv.name, (int)nv.valuelen,
				       (const char *)nv.value);
	}
	nghttp2_hd_inflate_end_headers(server);
}

/* The next frame of a type; its fields, where it has any. */
static struct h2_frame sent(struct talk *t, unsigned type, char *fields)
{
	struct h2_frame f;

	if (t->at == 0) {
		assert_memory_equal(twc_buf_head(&t->h.out), H2_PREFACE, 24);
		t->at = 24;
	}
	do
		if (!h2_next(twc_buf_head(&t->h.out), twc_buf_len(&t->h.out), &t->at, &f))
			fail_msg("no frame of type %u", type);
	while (f.type != type);
	if (fields)
		unpack(t->server, f.p, f.n, fields);
	return f;
}

#define GET(path) TWC_STR("GET " path " HTTP/1.1\r\nHost: h\r\nUser-Agent: twc\r\nConnection: close\r\nX-Y: z\r\n\r\n")

static void test_requests(void **state)
{
	const struct twc_str heads[] = { GET("/a"), GET("/b") };
	struct talk t;
	struct h2_frame f;
	size_t first, again;
	char fields[512];

	talk_open(&t, heads, 2, 10);
	f = sent(&t, H2_SETTINGS, NULL);
	assert_int_equal(f.n, 12);
	f = sent(&t, H2_WINDOW, NULL);
	assert_int_equal(f.id, 0);
	settings(&t, 0, 0);
	f = sent(&t, H2_SETTINGS, NULL);
	assert_int_equal(f.flags, H2_ACK);
	(void)twc__h2_load_ask(&t.h, 1, (struct twc_str){ 0 });
	f = sent(&t, H2_HEADERS, fields);
	first = f.n;
	assert_int_equal(f.id, 1);
	assert_int_equal(f.flags, H2_END_STREAM | H2_END_HEADERS);
	assert_string_equal(fields, ":method=GET :path=/b :scheme=http :authority=h user-agent=twc x-y=z ");
	for (unsigned i = 0; i < 4; i++) {
		(void)twc__h2_load_ask(&t.h, i % 2, (struct twc_str){ 0 });
		f = sent(&t, H2_HEADERS, fields);
		assert_int_equal(f.id, 3 + 2 * i);
		assert_memory_equal(strstr(fields, ":path=") + 6, i % 2 ? "/b" : "/a", 2);
	}
	again = f.n;
	assert_true(again < first && again < 14); /* out of the table */
	(void)twc__h2_load_ask(&t.h, 0, TWC_STR("hello"));
	f = sent(&t, H2_HEADERS, fields);
	assert_int_equal(f.flags, H2_END_HEADERS);
	assert_non_null(strstr(fields, "content-length=5 "));
	f = sent(&t, H2_DATA, NULL);
	assert_int_equal(f.flags, H2_END_STREAM);
	assert_memory_equal(f.p, "hello", 5);
	(void)twc__h2_load_ask(&t.h, 0, TWC_STR(""));
	f = sent(&t, H2_HEADERS, fields);
	assert_int_equal(f.flags, H2_END_STREAM | H2_END_HEADERS);
	assert_non_null(strstr(fields, "content-length=0 "));
	talk_close(&t);
}

/* A server that keeps a smaller table is told that ours is not used. */
static void test_small_table(void **state)
{
	const struct twc_str heads[] = { GET("/a") };
	struct talk t;
	char fields[512];

	talk_open(&t, heads, 1, 10);
	settings(&t, 0, 0);
	(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
	(void)sent(&t, H2_HEADERS, fields);
	settings(&t, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 100);
	assert_int_equal(nghttp2_hd_inflate_change_table_size(t.server, 100), 0);
	for (unsigned i = 0; i < 3; i++) {
		(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
		(void)sent(&t, H2_HEADERS, fields);
		assert_string_equal(fields, ":method=GET :path=/a :scheme=http :authority=h user-agent=twc x-y=z ");
	}
	talk_close(&t);
}

/* What does not fit into the table, and into a frame. */
static void test_long_head(void **state)
{
	char *head = twc_malloc(60000), fields[64000];
	struct twc_str one = { head, 0 };
	struct talk t;
	struct h2_frame f, g;
	uint8_t block[64000];
	size_t n = (size_t)sprintf(head, "GET / HTTP/1.1\r\nHost: h\r\n");

	for (unsigned i = 0; i < 20; i++) {
		n += (size_t)sprintf(head + n, "x%u: ", i);
		memset(head + n, '~', 2000);
		n += 2000;
		n += (size_t)sprintf(head + n, "\r\n");
	}
	one.n = n;
	talk_open(&t, &one, 1, 10);
	settings(&t, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
		f = sent(&t, H2_HEADERS, NULL);
		assert_int_equal(f.flags, H2_END_STREAM);
		memcpy(block, f.p, f.n);
		n = f.n;
		do {
			g = sent(&t, H2_CONTINUATION, NULL);
			assert_true(n + g.n <= sizeof(block));
			memcpy(block + n, g.p, g.n);
			n += g.n;
		} while (!(g.flags & H2_END_HEADERS));
		unpack(t.server, block, n, fields);
		assert_int_equal(strncmp(fields, ":method=GET :path=/ :scheme=http :authority=h x0=~~~", 50), 0);
		assert_true(strlen(fields) > 40000);
	}
	talk_close(&t);
	twc_free(head);
}

/* Those that share less than all but their path use no table. */
static void test_mixed_heads(void **state)
{
	const struct twc_str heads[] = { TWC_STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), TWC_STR("GET / HTTP/1.1\r\nHost: b\r\n\r\n") };
	struct talk t;
	char fields[512];

	talk_open(&t, heads, 2, 10);
	settings(&t, 0, 0);
	for (unsigned i = 0; i < 8; i++) {
		unsigned which = 0x2d >> i & 1;

		(void)twc__h2_load_ask(&t.h, which, (struct twc_str){ 0 });
		(void)sent(&t, H2_HEADERS, fields);
		assert_string_equal(fields, which ? ":method=GET :path=/ :scheme=http :authority=b "
						  : ":method=GET :path=/ :scheme=http :authority=a ");
	}
	talk_close(&t);
}

static void test_windows(void **state)
{
	const struct twc_str heads[] = { TWC_STR("POST / HTTP/1.1\r\nHost: h\r\n") };
	static char body[100000];
	struct h2_bytes b = { 0 };
	struct talk t;
	struct h2_frame f;
	size_t total = 0;

	talk_open(&t, heads, 1, 10);
	settings(&t, 0, 0);
	(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ body, sizeof(body) });
	for (unsigned i = 0; i < 4; i++) {
		f = sent(&t, H2_DATA, NULL);
		total += f.n;
		assert_int_equal(f.flags, 0);
	}
	assert_int_equal(total, 65535);
	assert_int_equal(t.at, twc_buf_len(&t.h.out));
	h2_put_window(&b, 1, 1000000);
	assert_true(feed(&t, &b));
	assert_int_equal(t.at, twc_buf_len(&t.h.out)); /* that of the connection is used up still */
	h2_put_window(&b, 0, 100);
	assert_true(feed(&t, &b));
	f = sent(&t, H2_DATA, NULL);
	assert_int_equal(f.n, 100);
	h2_put_window(&b, 0, 100000);
	assert_true(feed(&t, &b));
	do {
		total += f.n;
		f = sent(&t, H2_DATA, NULL);
	} while (!(f.flags & H2_END_STREAM));
	assert_int_equal(total + f.n, sizeof(body));
	/* smaller ones hold for those under way, too: down to less than none */
	(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ body, 20 });
	f = sent(&t, H2_DATA, NULL);
	settings(&t, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10);
	(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ body, 20 });
	f = sent(&t, H2_DATA, NULL);
	assert_int_equal(f.n, 10);
	settings(&t, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 15);
	f = sent(&t, H2_DATA, NULL);
	assert_int_equal(f.n, 5);
	h2_put_window(&b, 5, 5);
	assert_true(feed(&t, &b));
	f = sent(&t, H2_DATA, NULL);
	assert_int_equal(f.flags, H2_END_STREAM);
	talk_close(&t);
}

/* ---- what it makes of answers ---- */

static void put_answers(struct h2_bytes *b)
{
	static const uint8_t padded[] = { 3, 'a', 'b', 0, 0, 0 }, status[] = { 0x88 };

	h2_put_frame(b, H2_SETTINGS, 0, 0, NULL, 0);
	h2_put_headers(b, 0, 1, ":status: 200\ncontent-length: 5\n");
	h2_put_headers(b, 0, 3, ":status: 103\nlink: x\n");
	h2_put_frame(b, H2_DATA, 0, 1, "abc", 3);
	h2_put_headers(b, H2_END_STREAM, 3, ":status: 404\n");
	h2_put_frame(b, H2_PING, 0, 0, "12345678", 8);
	h2_put_frame(b, H2_DATA, H2_PADDED, 1, padded, sizeof(padded));
	h2_put_frame(b, H2_DATA, H2_END_STREAM, 1, NULL, 0);
	h2_put_frame(b, 99, 7, 5, "?", 1); /* nobody knows it */
	h2_put_headers(b, 0, 5, ":status: 200\n");
	h2_put_frame(b, H2_DATA, 0, 5, "abc", 3);
	h2_put_headers(b, H2_END_STREAM, 5, "x: trailer\n");
	h2_put_headers(b, H2_END_STREAM, 7, ":status: 200\ncontent-length: 9\n");
	h2_put_reset(b, 9, NGHTTP2_REFUSED_STREAM);
	h2_put_frame(b, H2_DATA, 0, 9, "late", 4);
	h2_put_headers(b, 0, 11, "no: status\n");
	h2_put_headers(b, 0, 13, ":status: 2x0\n");
	h2_put_frame(b, H2_DATA, 0, 15, "early", 5);
	h2_put_headers(b, 0, 17, ":status: 101\n");
	h2_put_headers(b, 0, 19, ":status: 200\ncontent-length: 2\n");
	h2_put_frame(b, H2_DATA, 0, 19, "abc", 3);
	h2_put_frame(b, H2_HEADERS, H2_END_STREAM, 21, status, 0);
	h2_put_frame(b, H2_CONTINUATION, 0, 21, status, 0);
	h2_put_frame(b, H2_CONTINUATION, H2_END_HEADERS, 21, status, 1);
	h2_put_frame(b, H2_GOAWAY, 0, 0, "\0\0\0\x17\0\0\0\0bye", 11);
	h2_put_frame(b, H2_HEADERS, H2_END_STREAM | H2_END_HEADERS, 23, status, 1);
}

static bool on_piece(void *arg, const uint8_t *p, size_t n)
{
	return twc__h2_load_feed(arg, p, n);
}

static void test_answers(void **state)
{
	static const char expected[] =
		"1:3:404/0; 200/5; 5:200/3; 7:HTTP/2: the body is not as long as content-length says; "
		"stream reset by the server: REFUSED_STREAM; "
		"HTTP/2: the head of a response has no good :status, or a bad content-length; "
		"HTTP/2: the head of a response has no good :status, or a bad content-length; HTTP/2: a body before the head; "
		"HTTP/2: an interim response that is none, or too many; "
		"19:HTTP/2: the body is not as long as content-length says; 21:200/0; "
		"GOAWAY by the server: NO_ERROR; 23:200/0; ";
	const struct twc_str heads[] = { GET("/") };

	for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++)
		for (uint32_t seed = 0; seed < 5; seed++) {
			struct h2_bytes b = { 0 };
			struct talk t;

			talk_open(&t, heads, 1, 20);
			for (unsigned i = 0; i < 13; i++)
				(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
			put_answers(&b);
			chunk_feed(mode, seed, b.p, b.n, on_piece, &t.h);
			assert_string_equal(t.told, expected);
			assert_int_equal(t.h.err.code, 0);
			assert_true(t.h.is_going);
			assert_int_equal(t.h.n, 0);
			h2_bytes_fini(&b);
			talk_close(&t);
		}
}

/* The same block again means the same, until the table has changed. */
static void test_known_heads(void **state)
{
	static const char *const dates[] = { "one", "one", "one", "two", "two", "one", "two" };
	const struct twc_str heads[] = { GET("/") };
	nghttp2_hd_deflater *d;
	struct talk t;

	talk_open(&t, heads, 1, 2);
	settings(&t, 0, 0);
	assert_int_equal(nghttp2_hd_deflate_new(&d, 4096), 0);
	for (unsigned i = 0; i < 200; i++) {
		const char *date = dates[i % TWC_ARRAY_LEN(dates)], *status = i % 3 ? "200" : "418";
		nghttp2_nv nv[] = {
			{ (uint8_t *)(uintptr_t) ":status", (uint8_t *)(uintptr_t)status, 7, 3, 0 },
			{ (uint8_t *)(uintptr_t) "date", (uint8_t *)(uintptr_t)date, 4, 3, 0 },
		};
		uint8_t block[256];
		struct h2_bytes b = { 0 };
		char expected[32];
		ssize_t n = nghttp2_hd_deflate_hd(d, block, sizeof(block), nv, 2);

		assert_true(n > 0);
		(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
		h2_put_frame(&b, H2_HEADERS, H2_END_STREAM | H2_END_HEADERS, 1 + 2 * i, block, (size_t)n);
		t.told[0] = '\0';
		assert_true(feed(&t, &b));
		snprintf(expected, sizeof(expected), "%u:%s/0; ", 1 + 2 * i, status);
		assert_string_equal(t.told, expected);
	}
	assert_true(t.h.known_len > 0);
	nghttp2_hd_deflate_del(d);
	talk_close(&t);
}

/* One that hangs stands in nobody's way: its place is left out. */
static void test_ring(void **state)
{
	const struct twc_str heads[] = { GET("/") };
	struct talk t;
	unsigned hanging;

	talk_open(&t, heads, 1, 2);
	settings(&t, 0, 0);
	hanging = twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
	for (unsigned i = 0; i < 100; i++) {
		unsigned place = twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
		int32_t id = twc__h2_load_at(&t.h, place)->id;
		struct h2_bytes b = { 0 };

		assert_int_not_equal(place, hanging);
		t.told[0] = '\0';
		h2_put_headers(&b, H2_END_STREAM, (uint32_t)id, ":status: 200\n");
		assert_true(feed(&t, &b));
		assert_int_equal(twc__h2_load_at(&t.h, place)->id, 0);
	}
	assert_int_equal(twc__h2_load_at(&t.h, hanging)->id, 1);
	twc__h2_load_cancel(&t.h, hanging);
	assert_int_equal(t.h.n, 0);
	talk_close(&t);
}

static void test_violations(void **state)
{
	static const struct {
		unsigned type, flags, id;
		const char *p;
		size_t n;
		uint32_t code;
	} rows[] = {
		{ H2_DATA, 0, 0, "x", 1, NGHTTP2_PROTOCOL_ERROR },	{ H2_DATA, 0, 2, "x", 1, NGHTTP2_PROTOCOL_ERROR },
		{ H2_DATA, 0, 99, "x", 1, NGHTTP2_PROTOCOL_ERROR },	{ H2_DATA, H2_PADDED, 1, "\1", 1, NGHTTP2_PROTOCOL_ERROR },
		{ H2_DATA, H2_PADDED, 1, "", 0, NGHTTP2_PROTOCOL_ERROR }, { H2_HEADERS, 4, 99, "\x88", 1, NGHTTP2_PROTOCOL_ERROR },
		{ H2_HEADERS, 4, 0, "\x88", 1, NGHTTP2_PROTOCOL_ERROR }, { H2_HEADERS, 0x24, 1, "\0\0\0\0", 4, NGHTTP2_FRAME_SIZE_ERROR },
		{ H2_HEADERS, 4, 1, "\xff", 1, NGHTTP2_COMPRESSION_ERROR }, { H2_HEADERS, 4, 1, "\xc0", 1, NGHTTP2_COMPRESSION_ERROR },
		{ H2_RST, 0, 1, "x", 1, NGHTTP2_FRAME_SIZE_ERROR },	{ H2_RST, 0, 99, "\0\0\0\0", 4, NGHTTP2_PROTOCOL_ERROR },
		{ H2_RST, 0, 0, "\0\0\0\0", 4, NGHTTP2_PROTOCOL_ERROR }, { H2_SETTINGS, 0, 1, "", 0, NGHTTP2_PROTOCOL_ERROR },
		{ H2_SETTINGS, 1, 0, "x", 1, NGHTTP2_FRAME_SIZE_ERROR }, { H2_SETTINGS, 0, 0, "x", 1, NGHTTP2_FRAME_SIZE_ERROR },
		{ H2_SETTINGS, 0, 0, "\0\2\0\0\0\1", 6, NGHTTP2_PROTOCOL_ERROR },
		{ H2_SETTINGS, 0, 0, "\0\4\x80\0\0\0", 6, NGHTTP2_FLOW_CONTROL_ERROR },
		{ H2_SETTINGS, 0, 0, "\0\5\0\0\0\1", 6, NGHTTP2_PROTOCOL_ERROR },
		{ H2_PUSH, 4, 1, "\0\0\0\2\x88", 5, NGHTTP2_PROTOCOL_ERROR }, { H2_PING, 0, 0, "x", 1, NGHTTP2_FRAME_SIZE_ERROR },
		{ H2_PING, 0, 1, "12345678", 8, NGHTTP2_PROTOCOL_ERROR }, { H2_GOAWAY, 0, 0, "x", 1, NGHTTP2_FRAME_SIZE_ERROR },
		{ H2_WINDOW, 0, 0, "\0\0\0\0", 4, NGHTTP2_PROTOCOL_ERROR }, { H2_WINDOW, 0, 0, "x", 1, NGHTTP2_FRAME_SIZE_ERROR },
		{ H2_WINDOW, 0, 0, "\x7f\xff\xff\xff", 4, NGHTTP2_FLOW_CONTROL_ERROR },
		{ H2_WINDOW, 0, 1, "\x7f\xff\xff\xff", 4, NGHTTP2_FLOW_CONTROL_ERROR },
		{ H2_WINDOW, 0, 99, "\0\0\0\1", 4, NGHTTP2_PROTOCOL_ERROR },
		{ H2_CONTINUATION, 4, 1, "\x88", 1, NGHTTP2_PROTOCOL_ERROR },
	};
	const struct twc_str heads[] = { GET("/") };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct h2_bytes b = { 0 };
		struct talk t;
		struct h2_frame f;

		talk_open(&t, heads, 1, 2);
		settings(&t, 0, 0);
		(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
		h2_put_frame(&b, rows[i].type, rows[i].flags, rows[i].id, rows[i].p, rows[i].n);
		if (feed(&t, &b))
			fail_msg("row %zu was taken", i);
		assert_int_equal(t.h.err.code, TWC_EPROTO);
		f = sent(&t, H2_GOAWAY, NULL);
		if (f.code != rows[i].code)
			fail_msg("row %zu: %u (%s)", i, f.code, t.h.err.text);
		talk_close(&t);
	}
}

static void test_sequences(void **state)
{
	const struct twc_str heads[] = { GET("/") };
	struct h2_bytes b = { 0 };
	struct talk t;

	talk_open(&t, heads, 1, 2);
	h2_put_frame(&b, H2_PING, 0, 0, "12345678", 8);
	assert_false(feed(&t, &b)); /* before SETTINGS */
	talk_close(&t);

	talk_open(&t, heads, 1, 2);
	assert_false(twc__h2_load_feed(&t.h, (const uint8_t *)"HTTP/1.1 400 Bad\r\n", 18));
	assert_non_null(strstr(t.h.err.text, "answers with HTTP/1"));
	talk_close(&t);

	talk_open(&t, heads, 1, 2);
	settings(&t, 0, 0);
	(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
	h2_put_frame(&b, H2_HEADERS, 0, 1, "\x88", 1);
	h2_put_frame(&b, H2_DATA, 0, 1, "x", 1);
	assert_false(feed(&t, &b)); /* in the middle of a head */
	talk_close(&t);

	talk_open(&t, heads, 1, 2);
	settings(&t, 0, 0);
	for (unsigned i = 0; i < 20000; i++)
		h2_put_frame(&b, H2_PING, 0, 0, "12345678", 8);
	assert_false(feed(&t, &b));
	assert_non_null(strstr(t.h.err.text, "ENHANCE_YOUR_CALM"));
	talk_close(&t);

	talk_open(&t, heads, 1, 2);
	settings(&t, 0, 0);
	(void)twc__h2_load_ask(&t.h, 0, (struct twc_str){ 0 });
	h2_put_frame(&b, H2_HEADERS, 0, 1, "\x88", 1);
	for (unsigned i = 0; i < 100; i++)
		h2_put_frame(&b, H2_CONTINUATION, 0, 1, (char[16000]){ 0 }, 16000);
	assert_false(feed(&t, &b));
	assert_non_null(strstr(t.h.err.text, "too long"));
	talk_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests), cmocka_unit_test(test_small_table), cmocka_unit_test(test_long_head), cmocka_unit_test(test_mixed_heads),
		cmocka_unit_test(test_windows),	 cmocka_unit_test(test_answers),     cmocka_unit_test(test_known_heads),
		cmocka_unit_test(test_ring),	 cmocka_unit_test(test_violations),  cmocka_unit_test(test_sequences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
