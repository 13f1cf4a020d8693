/* SPDX-License-Identifier: MIT */
/* The server's side of HTTP/2 by frames: dialogs, cut in every way; what is no request; floods; time; the end. */
#include "site.h"

#include "support/chunk.h"
#include "support/h2_frames.h"

#define HEAD_GET(path) ":method: GET\n:scheme: http\n:path: " path "\n:authority: h\n"
#define HEAD_POST(path) ":method: POST\n:scheme: http\n:path: " path "\n:authority: h\n"

static const char *told(struct site *w)
{
	static char text[65536];

	return h2_told(w->client.got ? w->client.got : "", w->client.n, false, text, sizeof(text));
}

static void forget(struct site *w)
{
	w->log[0] = '\0';
}

static void say_bytes(struct site *w, struct h2_bytes *b)
{
	if (!w->client.is_lost)
		twc_transport_write(w->client.base.transport, b->p, b->n);
	b->n = 0;
	twc_reactor_advance(w->r, 0);
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct site *w = arg;

	if (!w->client.is_lost)
		twc_transport_write(w->client.base.transport, p, n);
	twc_reactor_advance(w->r, 0);
	return !w->client.is_lost;
}

/* ---- dialogs ---- */

static const struct dialog {
	const char *head;
	const char *body;    /* DATA with END_STREAM; NULL: none */
	const char *trailers; /* NULL: none */
	const char *told, *log;
} dialogs[] = {
	{ HEAD_GET("/a"), NULL, NULL, "HEADERS 1 200; DATA 1 [a] END; ", "GET /a 200 1; " },
	{ HEAD_GET("/%61?x"), NULL, NULL, "HEADERS 1 200; DATA 1 [a] END; ", "GET /a 200 1; " },
	{ ":method: HEAD\n:scheme: http\n:path: /a\n:authority: h\n", NULL, NULL, "HEADERS 1 200 END; ", "HEAD /a 200 0; " },
	{ ":method: HEAD\n:scheme: http\n:path: /chunks\n:authority: h\n", NULL, NULL, "HEADERS 1 200; ", "HEAD /chunks 200 0; " },
	{ HEAD_GET("/204"), NULL, NULL, "HEADERS 1 204; DATA 1 [] END; ", "GET /204 204 0; " },
	{ HEAD_GET("/304"), NULL, NULL, "HEADERS 1 304; DATA 1 [] END; ", "GET /304 304 0; " },
	{ HEAD_GET("/chunks"), NULL, NULL, "HEADERS 1 200; DATA 1 [abcdefghijklmnopqrst]; HEADERS 1 END; ", "GET /chunks 200 20; " },
	{ HEAD_GET("/pieces"), NULL, NULL, "HEADERS 1 200; DATA 1 [abcd] END; ", "GET /pieces 200 4; " },
	{ HEAD_GET("/file"), NULL, NULL, "HEADERS 1 200; DATA 1 [ELF] END; ", "GET /file 200 3; " },
	{ HEAD_GET("/hints"), NULL, NULL, "HEADERS 1 103; HEADERS 1 200; DATA 1 [ok] END; ", "GET /hints 200 2; " },
	{ HEAD_GET("/redirect"), NULL, NULL, "HEADERS 1 302 END; ", "GET /redirect 302 0; " },
	{ HEAD_GET("/fail"), NULL, NULL, "HEADERS 1 500; DATA 1 [500 Internal Server Error\n] END; ", "GET /fail 500 26; " },
	{ HEAD_GET("/fail-late"), NULL, NULL, "RST 1 INTERNAL_ERROR; ", "GET /fail-late 200 1 EIO; " },
	{ HEAD_GET("/short"), NULL, NULL, "RST 1 INTERNAL_ERROR; ", "GET /short 200 4 ETRUNC; " },
	{ HEAD_GET("/nothing"), NULL, NULL, "HEADERS 1 204 END; ", "GET /nothing 204 0; " },
	{ HEAD_POST("/echo"), "hello", NULL, "HEADERS 1 200; DATA 1 [hello] END; ", "POST /echo 200 5; " },
	{ HEAD_POST("/echo") "content-length: 5\n", "hello", NULL, "HEADERS 1 200; DATA 1 [hello] END; ", "POST /echo 200 5; " },
	{ HEAD_POST("/collect"), "hello", "x: 1\n", "HEADERS 1 200; DATA 1 [5 bytes: hello] END; ", "POST /collect 200 14; " },
	{ HEAD_POST("/collect"), "more than sixteen bytes", NULL, "HEADERS 1 413; DATA 1 [413 Content Too Large\n] END; ",
	  "POST /collect 413 22; " },
	{ HEAD_POST("/a"), "nobody wants it", NULL, "HEADERS 1 200; DATA 1 [a] END; ", "POST /a 200 1; " },
	/* fields */
	{ ":method: GET\n:scheme: http\n:path: /a\nhost: h\n", NULL, NULL, "HEADERS 1 200; DATA 1 [a] END; ", "GET /a 200 1; " },
	{ HEAD_GET("/a") "host: H\n", NULL, NULL, "HEADERS 1 200; DATA 1 [a] END; ", "GET /a 200 1; " },
	{ HEAD_GET("/a") "te: trailers\ncookie: a=1\ncookie: b=2\n", NULL, NULL, "HEADERS 1 200; DATA 1 [a] END; ", "GET /a 200 1; " },
	/* no requests: RFC 9113, 8.1.1, 8.2, 8.3, and what would be another request on HTTP/1 */
	{ HEAD_GET("/a") "host: other\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") "Upper: 1\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") "connection: close\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") "transfer-encoding: chunked\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") "upgrade: x\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") "te: gzip\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") "x: a\rb\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") "x y: 1\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") ":path: /b\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a") "x: 1\n:x: 1\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ ":method: GET\n:scheme: http\n:authority: h\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ ":scheme: http\n:path: /\n:authority: h\n", NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/a b"), NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_GET("/%2f"), NULL, NULL, "HEADERS 1 400; ", "refused 400; " },
	{ HEAD_GET("/../a"), NULL, NULL, "HEADERS 1 400; ", "refused 400; " },
	{ HEAD_GET("/a#b"), NULL, NULL, "HEADERS 1 400; ", "refused 400; " },
	{ ":method: GET\n:scheme: http\n:path: /a\n:authority: u@h\n", NULL, NULL, "HEADERS 1 400; ", "refused 400; " },
	{ ":method: GET\n:scheme: ftp\n:path: /a\n:authority: h\n", NULL, NULL, "HEADERS 1 400; ", "refused 400; " },
	{ HEAD_GET("http://h/a"), NULL, NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_POST("/echo") "content-length: 4\n", "hello", NULL, "RST 1 PROTOCOL_ERROR; ", "" },
	{ HEAD_POST("/a") "content-length: 5, 5\n", "hello", NULL, "RST 1 PROTOCOL_ERROR; ", "" },
};

static void put_dialog(struct h2_bytes *b, const struct dialog *d)
{
	unsigned end = d->trailers ? 0 : H2_END_STREAM;

	h2_put_start(b);
	h2_put_headers(b, d->body ? 0 : H2_END_STREAM, 1, d->head);
	if (d->body)
		h2_put_frame(b, H2_DATA, end, 1, d->body, strlen(d->body));
	if (d->trailers)
		h2_put_headers(b, H2_END_STREAM, 1, d->trailers);
}

static void check_dialog(const struct dialog *d, enum chunk_mode mode)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };
	const char *text;

	site_open(&w);
	put_dialog(&b, d);
	chunk_feed(mode, 7, b.p, b.n, feed, &w);
	text = told(&w);
	if (strncmp(d->told, "RST", 3) == 0 ? !strstr(text, d->told) : strncmp(text, d->told, strlen(d->told)) != 0)
		fail_msg("%s: %s\nanswered %s\nnot      %s\n(%s)", chunk_name(mode), d->head, text, d->told, w.log);
	if (strncmp(w.log, d->log, strlen(d->log)) != 0)
		fail_msg("%s: %s\nlogged %s\nnot    %s", chunk_name(mode), d->head, w.log, d->log);
	forget(&w);
	b.n = 0;
	h2_put_get(&b, 3, "/b"); /* the connection goes on */
	say_bytes(&w, &b);
	if (!strstr(told(&w), "HEADERS 3 200; DATA 3 [b] END; "))
		fail_msg("%s: %s\nthen answered %s", chunk_name(mode), d->head, told(&w));
	assert_false(w.client.has_eof || w.client.is_lost);
	site_close(&w);
	h2_bytes_fini(&b);
}

static void test_dialogs(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(dialogs); i++)
		for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++)
			check_dialog(&dialogs[i], mode);
}

/* ---- streams beside each other ---- */

static void test_streams_do_not_wait(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };

	site_open(&w);
	h2_put_start(&b);
	h2_put_get(&b, 1, "/wait");
	h2_put_get(&b, 3, "/a");
	h2_put_headers(&b, 0, 5, HEAD_POST("/echo"));
	h2_put_frame(&b, H2_DATA, 0, 5, "one", 3);
	h2_put_get(&b, 7, "/b");
	say_bytes(&w, &b);
	assert_string_equal(told(&w), "HEADERS 3 200; HEADERS 5 200; HEADERS 7 200; DATA 3 [a] END; DATA 5 [one]; DATA 7 [b] END; ");
	twc_http_send(w.x, "late", 4);
	h2_put_frame(&b, H2_DATA, H2_END_STREAM, 5, "two", 3);
	say_bytes(&w, &b);
	assert_non_null(strstr(told(&w), "HEADERS 1 200; DATA 1 [late] END; "));
	assert_non_null(strstr(told(&w), "DATA 5 [two] END; "));
	site_close(&w);
	h2_bytes_fini(&b);
}

/* Credit is given for what is taken: beyond the window nothing comes while the handler wants nothing. */
static void test_body_is_not_taken(void **state)
{
	static const uint8_t block[16384];
	struct h2_bytes b = { 0 };
	struct h2_frame f;
	struct site w = { 0 };
	size_t at = 0, credit = 0;

	w.o.max_body = UINT64_MAX;
	site_open(&w);
	h2_put_start(&b);
	h2_put_headers(&b, 0, 1, HEAD_POST("/later-body"));
	for (int i = 0; i < 32; i++)
		h2_put_frame(&b, H2_DATA, 0, 1, block, sizeof(block));
	say_bytes(&w, &b);
	for (unsigned id = 0; h2_next(w.client.got, w.client.n, &at, &f); id++)
		assert_false(f.type == H2_WINDOW && f.id == 1);
	twc_http_begin(w.x, TWC_HTTP_UNKNOWN);
	twc_http_receive(w.x, &note_body, &w);
	twc_reactor_advance(w.r, 0);
	while (h2_next(w.client.got, w.client.n, &at, &f))
		credit += f.type == H2_WINDOW && f.id == 1;
	assert_int_not_equal(credit, 0);
	site_close(&w);
	h2_bytes_fini(&b);
}

/* As much of a response leaves as the client has windows for, and the rest of it when they grow. */
static void test_windows(void **state)
{
	struct h2_bytes b = { 0 };
	struct h2_frame f;
	struct site w = { .capacity = 4 * 1024 * 1024 };
	size_t at = 0, n = 0;
	bool is_end = false;

	site_open(&w);
	h2_put_start(&b);
	h2_put_get(&b, 1, "/big");
	say_bytes(&w, &b);
	while (h2_next(w.client.got, w.client.n, &at, &f))
		n += f.type == H2_DATA ? f.n : 0;
	assert_int_equal(n, 65535);
	h2_put_window(&b, 0, 2 * 1024 * 1024);
	h2_put_window(&b, 1, 2 * 1024 * 1024);
	say_bytes(&w, &b);
	while (h2_next(w.client.got, w.client.n, &at, &f)) {
		n += f.type == H2_DATA ? f.n : 0;
		is_end |= f.type == H2_DATA && f.flags & H2_END_STREAM;
	}
	assert_int_equal(n, 1024 * 1024);
	assert_true(is_end);
	site_close(&w);
	h2_bytes_fini(&b);
}

static void test_too_many_fields(void **state)
{
	struct h2_bytes b = { 0 }, block = { 0 };
	struct site w = { 0 };
	char value[1001];

	memset(value, 'v', 1000);
	value[1000] = '\0';
	site_open(&w);
	h2_put_start(&b);
	h2_put_field(&block, ":method", "GET");
	h2_put_field(&block, ":scheme", "http");
	h2_put_field(&block, ":path", "/a");
	h2_put_field(&block, ":authority", "h");
	for (int i = 0; i < 16; i++)
		h2_put_field(&block, "x", value);
	h2_put_frame(&b, H2_HEADERS, H2_END_STREAM, 1, block.p, block.n / 2);
	h2_put_frame(&b, H2_CONTINUATION, H2_END_HEADERS, 1, block.p + block.n / 2, block.n - block.n / 2);
	h2_put_get(&b, 3, "/b");
	h2_put_headers(&b, 0, 5, HEAD_POST("/take") "content-length: 99999999\n");
	say_bytes(&w, &b);
	assert_non_null(strstr(told(&w), "HEADERS 5 413; "));
	if (!strstr(told(&w), "HEADERS 1 431; "))
		fail_msg("%s", told(&w));
	assert_non_null(strstr(told(&w), "HEADERS 3 200; "));
	assert_non_null(strstr(w.log, "refused 431; "));
	site_close(&w);
	h2_bytes_fini(&b);
	h2_bytes_fini(&block);
}

static void test_expect_continue(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };

	site_open(&w);
	h2_put_start(&b);
	h2_put_headers(&b, 0, 1, HEAD_POST("/take") "expect: 100-continue\ncontent-length: 2\n");
	say_bytes(&w, &b);
	assert_string_equal(told(&w), "HEADERS 1 100; ");
	h2_put_frame(&b, H2_DATA, H2_END_STREAM, 1, "hi", 2);
	say_bytes(&w, &b);
	assert_string_equal(w.log, "body OK; ");
	twc_http_send(w.x, "ok", 2);
	twc_reactor_advance(w.r, 0);
	assert_string_equal(told(&w), "HEADERS 1 100; HEADERS 1 200; DATA 1 [ok] END; ");
	site_close(&w);
	h2_bytes_fini(&b);
}

static void test_taken_back(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };

	site_open(&w);
	h2_put_start(&b);
	h2_put_get(&b, 1, "/defer");
	say_bytes(&w, &b);
	h2_put_reset(&b, 1, NGHTTP2_CANCEL);
	say_bytes(&w, &b);
	assert_string_equal(w.log, "cancelled; ended ERESET; GET /defer 0 0 ERESET; ");
	forget(&w);
	h2_put_get(&b, 3, "/wait"); /* never begun */
	h2_put_reset(&b, 3, NGHTTP2_CANCEL);
	say_bytes(&w, &b);
	assert_string_equal(w.log, "");
	assert_int_equal(w.handled, 1);
	site_close(&w);
	h2_bytes_fini(&b);
}

/* ---- floods ---- */

static void flood_ping(struct h2_bytes *b, unsigned i)
{
	(void)i;
	h2_put_frame(b, H2_PING, 0, 0, "12345678", 8);
}

static void flood_settings(struct h2_bytes *b, unsigned i)
{
	(void)i;
	h2_put_frame(b, H2_SETTINGS, 0, 0, NULL, 0);
}

static void flood_priority(struct h2_bytes *b, unsigned i)
{
	(void)i;
	h2_put_frame(b, H2_PRIORITY, 0, 3, "\0\0\0\1\20", 5);
}

static void flood_unknown(struct h2_bytes *b, unsigned i)
{
	(void)i;
	h2_put_frame(b, 0x77, 0, 0, "?", 1);
}

static void flood_empty_data(struct h2_bytes *b, unsigned i)
{
	if (i == 0)
		h2_put_headers(b, 0, 1, HEAD_POST("/take"));
	h2_put_frame(b, H2_DATA, 0, 1, NULL, 0);
}

static void flood_padding(struct h2_bytes *b, unsigned i)
{
	if (i == 0)
		h2_put_headers(b, 0, 1, HEAD_POST("/take"));
	h2_put_frame(b, H2_DATA, H2_PADDED, 1, "\3\0\0\0", 4);
}

static void flood_rapid_reset(struct h2_bytes *b, unsigned i)
{
	h2_put_get(b, 2 * i + 1, "/wait");
	h2_put_reset(b, 2 * i + 1, NGHTTP2_CANCEL);
}

/* The resets are ours, and so are the requests that were begun. */
static void flood_made_to_reset(struct h2_bytes *b, unsigned i)
{
	h2_put_get(b, 2 * i + 1, "/wait");
	h2_put_window(b, 2 * i + 1, 0x7fffffff);
}

static void flood_bad_length(struct h2_bytes *b, unsigned i)
{
	h2_put_headers(b, 0, 2 * i + 1, HEAD_POST("/take") "content-length: 1\n");
	h2_put_frame(b, H2_DATA, H2_END_STREAM, 2 * i + 1, "12", 2);
}

static void flood_bad_heads(struct h2_bytes *b, unsigned i)
{
	h2_put_headers(b, H2_END_STREAM, 2 * i + 1, HEAD_GET("/a") "connection: x\n");
}

static void flood_windows(struct h2_bytes *b, unsigned i)
{
	(void)i;
	h2_put_window(b, 0, 1);
}

static void flood_continuation(struct h2_bytes *b, unsigned i)
{
	if (i == 0)
		h2_put_frame(b, H2_HEADERS, 0, 1, "", 0);
	h2_put_frame(b, H2_CONTINUATION, 0, 1, NULL, 0);
}

static void flood_nameless(struct h2_bytes *b, unsigned i)
{
	static const uint8_t block[3000];

	h2_put_frame(b, i ? H2_CONTINUATION : H2_HEADERS, 0, 1, block, sizeof(block));
}

/* One entry of the table, asked for again and again: a byte each. */
static void flood_bomb(struct h2_bytes *b, unsigned i)
{
	struct h2_bytes block = { 0 };
	char value[3901];
	uint8_t again[4000];

	if (i > 0)
		return;
	memset(value, 'v', 3900);
	value[3900] = '\0';
	memset(again, 0xbe, sizeof(again)); /* index 62: the newest */
	h2_put_field(&block, "x", value);
	block.p[0] = 0x40; /* with indexing */
	h2_put(&block, again, sizeof(again));
	h2_put_frame(b, H2_HEADERS, H2_END_HEADERS, 1, block.p, block.n);
	h2_bytes_fini(&block);
}

static const struct flood {
	const char *name;
	void (*put)(struct h2_bytes *b, unsigned i);
} floods[] = {
	{ "ping", flood_ping },		      { "settings", flood_settings },	    { "priority", flood_priority },
	{ "unknown", flood_unknown },	      { "empty data", flood_empty_data },   { "padding", flood_padding },
	{ "rapid reset", flood_rapid_reset }, { "made to reset", flood_made_to_reset }, { "bad length", flood_bad_length },
	{ "bad heads", flood_bad_heads },     { "windows", flood_windows },	    { "continuation", flood_continuation },
	{ "nameless", flood_nameless },	      { "bomb", flood_bomb },
};

static unsigned count_warnings;
static void sink(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	(void)arg;
	if (cat == TWC_LOG_http && level == TWC_LOG_WARN && strstr(text, "ENHANCE_YOUR_CALM"))
		count_warnings++;
}

static void check_flood(const struct flood *f, bool at_once)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };
	struct twc_log *log;

	count_warnings = 0;
	site_open(&w);
	log = twc_reactor_log(w.r);
	twc_log_init(log, sink, NULL);
	h2_put_start(&b);
	say_bytes(&w, &b);
	for (unsigned i = 0; i < 3000 && !w.client.is_lost; i++) {
		f->put(&b, i);
		if (strlen(w.log) > sizeof(w.log) / 2)
			forget(&w);
		if (!at_once || i % 100 == 99)
			say_bytes(&w, &b);
	}
	if (!w.client.is_lost || !strstr(told(&w), " ENHANCE_YOUR_CALM; ") || !strstr(w.log, "refused 0; ") || count_warnings != 1)
		fail_msg("%s: told %.300s, %u warnings, log %.300s", f->name, told(&w), count_warnings, w.log);
	site_close(&w);
	h2_bytes_fini(&b);
}

static void test_floods(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(floods); i++) {
		check_flood(&floods[i], false);
		check_flood(&floods[i], true);
	}
}

/* What an honest client does for long is none. */
static void test_no_floods(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };

	site_open(&w);
	h2_put_start(&b);
	for (unsigned i = 0; i < 2000; i++) {
		h2_put_get(&b, 2 * i + 1, "/a");
		h2_put_window(&b, 0, 1);
		say_bytes(&w, &b);
	}
	assert_int_equal(w.handled, 2000);
	for (unsigned i = 0; i < 100; i++) {
		flood_ping(&b, i);
		say_bytes(&w, &b);
		twc_reactor_advance(w.r, 10 * SECOND);
	}
	site_close(&w);
	h2_bytes_fini(&b);
}

/* A client that takes nothing breaks off behind more pings than are kept for it: nothing can be said, nothing is awaited. */
static void test_gone_while_full(void **state)
{
	struct site w = { .capacity = 128 * 1024 };
	struct twc_http_server_stats st;
	struct h2_bytes b = { 0 };

	site_open(&w);
	twc_transport_pause(w.client.base.transport);
	h2_put_start(&b);
	h2_put_window(&b, 0, 2 * 1024 * 1024);
	h2_put_get(&b, 1, "/big");
	h2_put_window(&b, 1, 2 * 1024 * 1024);
	say_bytes(&w, &b);
	for (unsigned i = 0; i < 400; i++)
		flood_ping(&b, i);
	twc_transport_write(w.client.base.transport, b.p, b.n);
	twc_transport_no_linger(w.client.base.transport);
	twc_transport_lose(w.client.base.transport);
	twc_reactor_advance(w.r, SECOND);
	twc_http_server_stats(w.s, &st);
	assert_int_equal(st.open, 0);
	assert_non_null(strstr(w.log, " ERESET; "));
	site_close(&w);
	h2_bytes_fini(&b);
}

/* ---- time ---- */

static void check_ends(struct site *w, uint64_t ns, const char *text)
{
	twc_reactor_advance(w->r, ns * 15 / 16 - SECOND);
	if (strstr(told(w), text))
		fail_msg("too early: %s", told(w));
	twc_reactor_advance(w->r, ns / 8 + 2 * SECOND);
	if (!strstr(told(w), text))
		fail_msg("told %s, not %s", told(w), text);
}

static void test_time(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };

	site_open(&w); /* nothing */
	h2_put_start(&b);
	say_bytes(&w, &b);
	check_ends(&w, 60 * SECOND, "GOAWAY 0 NO_ERROR; ");
	assert_true(w.client.is_lost);
	site_close(&w);

	w = (struct site){ 0 }; /* a head that does not end */
	site_open(&w);
	h2_put_start(&b);
	h2_put_frame(&b, H2_HEADERS, 0, 1, "\202", 1);
	say_bytes(&w, &b);
	check_ends(&w, 10 * SECOND, "PROTOCOL_ERROR; ");
	assert_true(w.client.is_lost);
	site_close(&w);

	w = (struct site){ 0 }; /* SETTINGS that are not acknowledged */
	site_open(&w);
	h2_put(&b, H2_PREFACE, sizeof(H2_PREFACE) - 1);
	h2_put_frame(&b, H2_SETTINGS, 0, 0, NULL, 0);
	say_bytes(&w, &b);
	check_ends(&w, 10 * SECOND, "SETTINGS_TIMEOUT; ");
	site_close(&w);

	w = (struct site){ 0 }; /* a body that does not come */
	site_open(&w);
	h2_put_start(&b);
	h2_put_headers(&b, 0, 1, HEAD_POST("/take"));
	say_bytes(&w, &b);
	check_ends(&w, 20 * SECOND, "HEADERS 1 408; ");
	site_close(&w);

	w = (struct site){ 0 }; /* windows that hold a response */
	site_open(&w);
	h2_put_start(&b);
	h2_put_frame(&b, H2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
	h2_put_get(&b, 1, "/a");
	say_bytes(&w, &b);
	check_ends(&w, 20 * SECOND, "ENHANCE_YOUR_CALM; ");
	site_close(&w);
	h2_bytes_fini(&b);
}

/* ---- the end ---- */

static void test_stop(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };

	site_open(&w);
	h2_put_start(&b);
	h2_put_get(&b, 1, "/wait");
	say_bytes(&w, &b);
	twc_http_server_stop(w.s);
	twc_reactor_advance(w.r, 0);
	assert_string_equal(told(&w), "GOAWAY 2147483647 NO_ERROR; ");
	h2_put_get(&b, 3, "/a"); /* was on its way */
	h2_put_frame(&b, H2_PING, H2_ACK, 0, "goaway\0\0", 8);
	say_bytes(&w, &b);
	assert_non_null(strstr(told(&w), "DATA 3 [a] END; "));
	assert_non_null(strstr(told(&w), "GOAWAY 3 NO_ERROR; "));
	h2_put_get(&b, 5, "/b"); /* is too late */
	say_bytes(&w, &b);
	assert_int_equal(w.handled, 2);
	assert_false(w.client.is_lost);
	twc_http_send(w.x, "late", 4);
	twc_reactor_advance(w.r, 0);
	assert_non_null(strstr(told(&w), "DATA 1 [late] END; "));
	assert_true(w.client.is_lost);
	site_close(&w);
	h2_bytes_fini(&b);
}

static void test_max_requests(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { .o.max_requests = 2 };

	site_open(&w);
	h2_put_start(&b);
	h2_put_get(&b, 1, "/a");
	h2_put_get(&b, 3, "/b");
	h2_put_frame(&b, H2_PING, H2_ACK, 0, "goaway\0\0", 8);
	say_bytes(&w, &b);
	twc_reactor_advance(w.r, 3 * SECOND);
	assert_non_null(strstr(told(&w), "GOAWAY 3 NO_ERROR; "));
	assert_true(w.client.is_lost);
	assert_string_equal(w.log, "GET /a 200 1; GET /b 200 1; ");
	site_close(&w);
	h2_bytes_fini(&b);
}

static void test_gone(void **state)
{
	struct h2_bytes b = { 0 };
	struct site w = { 0 };

	site_open(&w);
	h2_put_start(&b);
	h2_put_get(&b, 1, "/wait");
	say_bytes(&w, &b);
	twc_transport_abort(w.client.base.transport);
	twc_reactor_advance(w.r, 0);
	assert_string_equal(w.log, "ended ERESET; GET /wait 0 0 ERESET; ");
	site_close(&w);
	h2_bytes_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogs),	      cmocka_unit_test(test_streams_do_not_wait), cmocka_unit_test(test_body_is_not_taken),
		cmocka_unit_test(test_windows),	      cmocka_unit_test(test_too_many_fields),	  cmocka_unit_test(test_expect_continue),
		cmocka_unit_test(test_taken_back),    cmocka_unit_test(test_floods),		  cmocka_unit_test(test_no_floods),
		cmocka_unit_test(test_time),	      cmocka_unit_test(test_stop),		  cmocka_unit_test(test_max_requests),
		cmocka_unit_test(test_gone),	      cmocka_unit_test(test_gone_while_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
