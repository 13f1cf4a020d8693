/* SPDX-License-Identifier: MIT */
/* files:DIR by questions and answers: paths, conditions, parts, compressed ones, folders, pages for what is
 * missing. */
#include "stand.h"

#include "protocol/http/coding.h"

#define LAST_MODIFIED "Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\n"

static char big[100000]; /* "00000\n00001\n" … */

struct row {
	const char *line, *fields;
	const char *begin; /* of the answer */
	const char *part;  /* somewhere in it; '!' before: nowhere */
	const char *body;  /* NULL: any */
};

static void check_rows(struct stand *w, const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++, row++) {
		const char *a = stand_ask(w, row->line, row->fields);
		bool is_well = strncmp(a, row->begin, strlen(row->begin)) == 0;

		if (row->part)
			is_well &= row->part[0] == '!' ? !strstr(a, row->part + 1) : strstr(a, row->part) != NULL;
		if (row->body)
			is_well &= strcmp(stand_body(a), row->body) == 0;
		if (!is_well)
			fail_msg("%s\n%s\nanswered\n%.2000s", row->line, row->fields ? row->fields : "", a);
	}
}
#define CHECK_ROWS(w, rows) check_rows(w, rows, TWC_ARRAY_LEN(rows))

#define OK "HTTP/1.1 200 OK\r\n"
#define NOT_FOUND "HTTP/1.1 404 "

static void test_paths(void **state)
{
	static const struct row rows[] = {
		{ "GET /a.txt", NULL, OK, "Content-Type: text/plain; charset=utf-8\r\n", "hello, a" },
		{ "GET /a.txt", NULL, OK, LAST_MODIFIED, NULL },
		{ "GET /a.txt", NULL, OK, "X-Content-Type-Options: nosniff\r\n", NULL },
		{ "GET /a.txt", NULL, OK, "Accept-Ranges: bytes\r\n", NULL },
		{ "GET /a.txt", NULL, OK, "!Cache-Control", NULL },
		{ "GET /a.txt", NULL, OK, "!Vary", NULL },
		{ "HEAD /a.txt", NULL, OK, "Content-Length: 8\r\n", "" },
		{ "GET /a.txt?x=y", NULL, OK, NULL, "hello, a" },
		{ "GET //a.txt", NULL, OK, NULL, "hello, a" },
		{ "GET /d/../a.txt", NULL, OK, NULL, "hello, a" },
		{ "GET /%61.txt", NULL, OK, NULL, "hello, a" },
		{ "GET /d/b%20%3C%26%3E", NULL, OK, "Content-Type: application/octet-stream\r\n", "b" },
		{ "GET /", NULL, OK, "Content-Type: text/html; charset=utf-8\r\n", "<p>index" },
		{ "GET /index.html", NULL, OK, NULL, "<p>index" },
		{ "GET /big", NULL, OK, "Content-Length: 100000\r\n", NULL },
		{ "HEAD /big", NULL, OK, "Content-Length: 100000\r\n", "" },
		{ "GET /empty", NULL, OK, "Content-Length: 0\r\n", "" },
		/* folders */
		{ "GET /d", NULL, "HTTP/1.1 301 ", "Location: /d/\r\n", NULL },
		{ "GET /d?x=/y", NULL, "HTTP/1.1 301 ", "Location: /d/?x=/y\r\n", NULL },
		{ "GET //d", NULL, "HTTP/1.1 301 ", "Location: /d/\r\n", NULL },
		{ "GET ///d/sub", NULL, "HTTP/1.1 301 ", "Location: /d/sub/\r\n", NULL },
		{ "GET /d/", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /a.txt/", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /a.txt/x", NULL, NOT_FOUND, NULL, NULL },
		/* what is not to be seen */
		{ "GET /none", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /.hidden", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /d/.hidden", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /.git/config", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /%2Egit/config", NULL, NOT_FOUND, NULL, NULL },
		{ "GET //.git/config", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /.git", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /.well-known/x", NULL, OK, NULL, "wk" },
		{ "GET /.well-known/.x", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /d/.well-known/x", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /.well-known", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /out", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /out-dir/passwd", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /out-dir/", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /out-dir", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /in", NULL, OK, NULL, "hello, a" },
		{ "GET /fifo", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /null", NULL, NOT_FOUND, NULL, NULL },
		/* refused before */
		{ "GET /../a.txt", NULL, "HTTP/1.1 400 ", NULL, NULL },
		{ "GET /%2e%2e/%2e%2e/etc/passwd", NULL, "HTTP/1.1 400 ", NULL, NULL },
		{ "GET /d%2fb", NULL, "HTTP/1.1 400 ", NULL, NULL },
		{ "GET /a.txt%00", NULL, "HTTP/1.1 400 ", NULL, NULL },
		{ "GET /..%5ca.txt", NULL, "HTTP/1.1 400 ", NULL, NULL },
		{ "GET /%c0%ae%c0%ae/a", NULL, "HTTP/1.1 400 ", NULL, NULL },
		/* methods */
		{ "POST /a.txt", "Content-Length: 0\r\n", "HTTP/1.1 405 ", "Allow: GET, HEAD, OPTIONS\r\n", NULL },
		{ "BREW /a.txt", NULL, "HTTP/1.1 405 ", NULL, NULL },
		{ "OPTIONS /a.txt", NULL, "HTTP/1.1 204 ", "Allow: GET, HEAD, OPTIONS\r\n", NULL },
	};
	struct stand w = { 0 };

	stand_open(&w);
	assert_int_equal(twc_http_site_files(w.site, stand_dir, NULL), 0);
	CHECK_ROWS(&w, rows);
	stand_close(&w);
}

static void test_long_paths(void **state)
{
	struct stand w = { 0 };
	char line[8000] = "GET /";

	stand_open(&w);
	assert_int_equal(twc_http_site_files(w.site, stand_dir, NULL), 0);
	memset(line + 5, 'a', 300);
	assert_non_null(strstr(stand_ask(&w, line, NULL), NOT_FOUND));
	memset(line + 5, 'a', 5000);
	assert_non_null(strstr(stand_ask(&w, line, NULL), NOT_FOUND));
	for (char *p = line + 5; p < line + 4000; p += 2)
		*p = '/';
	assert_non_null(strstr(stand_ask(&w, line, NULL), NOT_FOUND));
	stand_close(&w);
}

static void test_other_paths(void **state)
{
	static const struct row rows[] = {
		{ "GET /s/.hidden", NULL, OK, NULL, "hid" },
		{ "GET /s/out", NULL, OK, NULL, NULL },
		{ "GET /s/about", NULL, OK, NULL, "<p>about" },
		{ "GET /s/d", NULL, "HTTP/1.1 301 ", "Location: /s/d/\r\n", NULL },
		{ "GET /s", NULL, "HTTP/1.1 301 ", "Location: /s/\r\n", NULL },
		{ "GET /s/", NULL, OK, NULL, "<p>about" },
		{ "GET /s/none", NULL, NOT_FOUND, "Content-Type: text/html; charset=utf-8\r\n", "<p>404" },
		{ "HEAD /s/none", NULL, NOT_FOUND, "Content-Length: 6\r\n", "" },
		{ "GET /s/fifo", NULL, NOT_FOUND, NULL, "<p>404" },
		{ "GET /s/x.foo", NULL, OK, "Content-Type: text/foo; a=b\r\n", "foo" },
		{ "GET /s/x.y.FOO", NULL, OK, "Content-Type: text/yfoo\r\n", "yfoo" },
		{ "GET /s/a.txt", NULL, OK, "Cache-Control: max-age=3600\r\n", NULL },
	};
	static const char *const mime[] = { "foo=text/foo; a=b", "y.foo=text/yfoo", NULL };
	static const char *const index[] = { "none.html", "about.html", "index.html", NULL };
	struct stand w = { .o = { .hidden = true, .follow_symlinks = true, .pretty_urls = true, .not_found = "404.html", .cache = "1h",
				  .mime = mime, .index = index } };

	stand_open(&w);
	stand_route(&w, "/s/=files:.");
	CHECK_ROWS(&w, rows);
	stand_close(&w);
}

static void test_spa(void **state)
{
	static const char browser[] = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
	static const struct row rows[] = {
		{ "GET /app/users/7", browser, OK, "Vary: Accept\r\n", "<p>index" },
		{ "GET /app/users/", browser, OK, NULL, "<p>index" },
		{ "GET /a.txt", browser, OK, NULL, "hello, a" },
		{ "GET /app/users/7", NULL, NOT_FOUND, "Vary: Accept\r\n", NULL },
		{ "GET /app.js", "Accept: */*\r\n", NOT_FOUND, NULL, NULL },
		{ "GET /app.png", "Accept: image/*\r\n", NOT_FOUND, NULL, NULL },
		{ "GET /app", "Accept: text/html;q=0, */*\r\n", NOT_FOUND, NULL, NULL },
		{ "GET /.git/config", browser, OK, NULL, "<p>index" },
	};
	struct stand w = { .o = { .spa = "index.html" } };

	stand_open(&w);
	stand_route(&w, "/=files:.");
	CHECK_ROWS(&w, rows);
	stand_close(&w);
}

/* The value of a field of an answer; of the last two calls. */
static const char *field(const char *answer, const char *name)
{
	static char text[2][256];
	static unsigned i;
	char key[64];
	const char *p;

	snprintf(key, sizeof(key), "\r\n%s: ", name);
	p = strstr(answer, key);
	assert_non_null(p);
	p += strlen(key);
	i = !i;
	snprintf(text[i], sizeof(text[i]), "%.*s", (int)strcspn(p, "\r"), p);
	return text[i];
}

static void test_conditions(void **state)
{
	static const struct {
		const char *fields; /* '@' is the tag */
		const char *begin;
	} rows[] = {
		{ "If-None-Match: @\r\n", "HTTP/1.1 304 " },
		{ "If-None-Match: W/@\r\n", "HTTP/1.1 304 " },
		{ "If-None-Match: *\r\n", "HTTP/1.1 304 " },
		{ "If-None-Match: \"x\", @\r\n", "HTTP/1.1 304 " },
		{ "If-None-Match: \"x\"\r\nIf-None-Match: @\r\n", "HTTP/1.1 304 " },
		{ "If-None-Match: \"x\"\r\n", OK },
		{ "If-None-Match:\r\n", OK },
		{ "If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT\r\n", "HTTP/1.1 304 " },
		{ "If-Modified-Since: Sun, 09 Sep 2001 01:46:39 GMT\r\n", OK },
		{ "If-Modified-Since: yesterday\r\n", OK },
		{ "If-None-Match: \"x\"\r\nIf-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT\r\n", OK },
		{ "If-Match: @\r\n", OK },
		{ "If-Match: \"x\"\r\n", "HTTP/1.1 412 " },
		{ "If-Match: W/@\r\n", "HTTP/1.1 412 " },
		{ "If-Unmodified-Since: Sun, 09 Sep 2001 01:46:39 GMT\r\n", "HTTP/1.1 412 " },
		{ "If-Match: @\r\nIf-None-Match: @\r\n", "HTTP/1.1 304 " },
		{ "If-Match: \"x\"\r\nIf-None-Match: @\r\n", "HTTP/1.1 412 " },
		{ "Range: bytes=0-0\r\nIf-Range: @\r\n", "HTTP/1.1 206 " },
		{ "Range: bytes=0-0\r\nIf-Range: W/@\r\n", OK },
		{ "Range: bytes=0-0\r\nIf-Range: \"x\"\r\n", OK },
		{ "Range: bytes=0-0\r\nIf-None-Match: @\r\n", "HTTP/1.1 304 " },
		{ "Range: bytes=0-0\r\nIf-Match: \"x\"\r\n", "HTTP/1.1 412 " },
	};
	struct stand w = { 0 };
	char tag[256], fields[512];

	stand_open(&w);
	stand_route(&w, "/=files:.");
	snprintf(tag, sizeof(tag), "%s", field(stand_ask(&w, "HEAD /a.txt", NULL), "ETag"));
	assert_int_equal(tag[0], '"');
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char *to = fields;
		const char *a;

		for (const char *p = rows[i].fields; *p; p++)
			to += *p == '@' ? sprintf(to, "%s", tag) : sprintf(to, "%c", *p);
		a = stand_ask(&w, "GET /a.txt", fields);
		if (strncmp(a, rows[i].begin, strlen(rows[i].begin)) != 0)
			fail_msg("%sanswered\n%s", fields, a);
		if (strstr(rows[i].begin, "304")) {
			assert_string_equal(field(a, "ETag"), tag);
			assert_null(strstr(a, "Content-"));
			assert_string_equal(stand_body(a), "");
		}
	}
	/* Another file, another tag; and another one when it is changed. */
	assert_string_not_equal(field(stand_ask(&w, "HEAD /index.html", NULL), "ETag"), tag);
	stand_write("a.txt", "hello, A!");
	twc_reactor_advance(w.r, 1);
	assert_string_not_equal(field(stand_ask(&w, "HEAD /a.txt", NULL), "ETag"), tag);
	stand_write("a.txt", "hello, a");
	stand_close(&w);
}

static void test_ranges(void **state)
{
	static const struct row rows[] = {
		{ "GET /a.txt", "Range: bytes=0-4\r\n", "HTTP/1.1 206 ", "Content-Range: bytes 0-4/8\r\nContent-Length: 5\r\n", "hello" },
		{ "GET /a.txt", "Range: bytes=-1\r\n", "HTTP/1.1 206 ", "Content-Range: bytes 7-7/8\r\n", "a" },
		{ "GET /a.txt", "Range: bytes=5-\r\n", "HTTP/1.1 206 ", "Content-Type: text/plain", ", a" },
		{ "GET /a.txt", "Range: bytes=5-999\r\n", "HTTP/1.1 206 ", LAST_MODIFIED, ", a" },
		{ "GET /a.txt", "Range: bytes=0-1,1-4\r\n", "HTTP/1.1 206 ", "Content-Range: bytes 0-4/8\r\n", "hello" },
		{ "GET /a.txt", "Range: bytes=8-\r\n", "HTTP/1.1 416 ", "Content-Range: bytes */8\r\n", NULL },
		{ "GET /a.txt", "Range: bytes=4-2\r\n", OK, "!Content-Range", "hello, a" },
		{ "GET /a.txt", "Range: lines=1\r\n", OK, "!Content-Range", "hello, a" },
		{ "GET /a.txt", "Range: bytes=0-0\r\nRange: bytes=1-1\r\n", OK, NULL, "hello, a" },
		{ "HEAD /a.txt", "Range: bytes=0-0\r\n", OK, "Content-Length: 8\r\n", "" },
		{ "GET /empty", "Range: bytes=0-0\r\n", OK, NULL, "" },
		{ "GET /big", "Range: bytes=6-11\r\n", "HTTP/1.1 206 ", "Content-Range: bytes 6-11/100000\r\n", "00001\n" },
		{ "GET /big", "Range: bytes=-4\r\n", "HTTP/1.1 206 ", "Content-Range: bytes 99996-99999/100000\r\n", "1666" },
		{ "GET /a.txt", "Range: bytes=0-0,2-2\r\n", "HTTP/1.1 206 ", "Content-Type: multipart/byteranges; boundary=", NULL },
		{ "GET /a.txt", "Range: bytes=0-0,2-2\r\n", "HTTP/1.1 206 ",
		  "Content-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 2-2/8\r\n\r\nl\r\n--", NULL },
		{ "GET /big", "Range: bytes=0-5,99994-\r\n", "HTTP/1.1 206 ", "\r\n\r\n00000\n\r\n--", NULL },
		{ "GET /big", "Range: bytes=0-5,99994-\r\n", "HTTP/1.1 206 ", "Content-Range: bytes 99994-99999/100000\r\n\r\n5\n1666\r\n--", NULL },
		{ "GET /big", "Range: bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30,32-32\r\n",
		  OK, "Content-Length: 100000\r\n", NULL },
	};
	struct stand w = { 0 };
	const char *a;

	stand_open(&w);
	stand_route(&w, "/=files:.");
	CHECK_ROWS(&w, rows);
	a = stand_ask(&w, "GET /big", "Range: bytes=0-5,99994-\r\n");
	assert_int_equal(strtoul(field(a, "Content-Length"), NULL, 10), strlen(stand_body(a)));
	stand_close(&w);
}

/* ---- compressed ones ---- */

static void test_beside(void **state)
{
	static const struct row rows[] = {
		{ "GET /p.css", "Accept-Encoding: gzip, br\r\n", OK, "Content-Encoding: br\r\n", "css in br" },
		{ "GET /p.css", "Accept-Encoding: gzip, br;q=0.5\r\n", OK, "Content-Encoding: gzip\r\n", "css in gz" },
		{ "GET /p.css", "Accept-Encoding: zstd\r\n", OK, "!Content-Encoding", "css" },
		{ "GET /p.css", "Accept-Encoding: zstd, gzip;q=0.1\r\n", OK, "Content-Encoding: gzip\r\n", "css in gz" },
		{ "GET /p.css", NULL, OK, "!Content-Encoding", "css" },
		{ "GET /p.css", NULL, OK, "Vary: Accept-Encoding\r\n", NULL },
		{ "GET /p.css", "Accept-Encoding: br\r\n", OK, "Vary: Accept-Encoding\r\n", NULL },
		{ "GET /p.css", "Accept-Encoding: br\r\n", OK, "Content-Type: text/css; charset=utf-8\r\n", NULL },
		{ "GET /p.css", "Accept-Encoding: br\r\nRange: bytes=0-2\r\n", "HTTP/1.1 206 ", "Content-Range: bytes 0-2/9\r\n", "css" },
		{ "HEAD /p.css", "Accept-Encoding: br\r\n", OK, "Content-Length: 9\r\n", "" },
		{ "GET /p.css.br", "Accept-Encoding: br\r\n", OK, "!Content-Encoding", "css in br" },
		{ "GET /old.css", "Accept-Encoding: br\r\n", OK, "!Content-Encoding", "old" },
		{ "GET /none.css", "Accept-Encoding: br\r\n", NOT_FOUND, "!Content-Encoding", NULL },
		{ "GET /", "Accept-Encoding: br\r\n", OK, "Content-Encoding: br\r\n", "index in br" },
	};
	struct stand w = { .o = { .precompressed = "br,gz,zst" } };
	const struct timespec before[2] = { { .tv_sec = 900000000 }, { .tv_sec = 900000000 } };
	const char *tag;

	stand_write("p.css", "css");
	stand_write("p.css.br", "css in br");
	stand_write("p.css.gz", "css in gz");
	stand_write("none.css.br", "without the file itself");
	stand_write("index.html.br", "index in br");
	stand_write("old.css", "old");
	stand_write("old.css.br", "older than the file");
	assert_int_equal(utimensat(AT_FDCWD, stand_path("old.css.br"), before, 0), 0);
	stand_open(&w);
	stand_route(&w, "/=files:.");
	CHECK_ROWS(&w, rows);
	tag = field(stand_ask(&w, "GET /p.css", "Accept-Encoding: br\r\n"), "ETag");
	assert_string_not_equal(tag, field(stand_ask(&w, "GET /p.css", NULL), "ETag"));
	stand_close(&w);
}

static int add_piece(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	(void)err;
	return twc_buf_add(arg, p, n);
}

/* Takes the chunks apart, if there are any, and decodes. */
static void unpack(const struct probe *client, struct twc_buf *out)
{
	const struct twc__http_decoder_opts o = { .out = add_piece, .arg = out };
	struct twc__http_decoder *d = twc__http_decoder_new(TWC_STR("gzip"), &o, NULL);
	const char *p = stand_body(client->got), *end = client->got + client->n;
	bool is_chunked = strstr(client->got, "chunked") != NULL;
	struct twc_err err;

	while (p < end) {
		char *data = NULL;
		size_t n = is_chunked ? strtoul(p, &data, 16) : (size_t)(end - p);
		struct twc_str in = { is_chunked ? data + 2 : p, n };

		if (!n)
			break;
		assert_int_equal(twc__http_decoder_feed(d, &in, &err), 0);
		p = in.p + (is_chunked ? 2 : 0);
	}
	assert_int_equal(twc__http_decoder_finish(d, &err), 0);
	twc__http_decoder_free(d);
}

static void check_gzip(struct stand *w, const char *line, const char *content, size_t n)
{
	struct twc_buf out;
	const char *a = stand_ask(w, line, "Accept-Encoding: gzip\r\n");

	assert_non_null(strstr(a, "Content-Encoding: gzip\r\n"));
	assert_non_null(strstr(a, "ETag: W/\""));
	assert_non_null(strstr(a, "Vary: Accept-Encoding\r\n"));
	assert_null(strstr(a, "Accept-Ranges"));
	twc_buf_init(&out, 1 << 20);
	unpack(&w->client, &out);
	assert_int_equal(twc_buf_len(&out), n);
	assert_memory_equal(twc_buf_head(&out), content, n);
	twc_buf_fini(&out);
}

static void test_gzip(void **state)
{
	static const struct row rows[] = {
		{ "GET /mid.txt", NULL, OK, "!Content-Encoding", NULL },
		{ "GET /mid.txt", NULL, OK, "Vary: Accept-Encoding\r\n", NULL },
		{ "GET /mid.txt", "Accept-Encoding: identity\r\n", OK, "!Content-Encoding", NULL },
		{ "GET /mid.txt", "Accept-Encoding: gzip;q=0, *\r\n", OK, "!Content-Encoding", NULL },
		{ "GET /mid.txt", "Accept-Encoding: gzip\r\nRange: bytes=0-1\r\n", "HTTP/1.1 206 ", "!Content-Encoding", "00" },
		{ "HEAD /mid.txt", "Accept-Encoding: gzip\r\n", OK, "Content-Encoding: gzip\r\n", "" },
		{ "HEAD /big.txt", "Accept-Encoding: gzip\r\n", OK, "Transfer-Encoding: chunked\r\n", "" },
		{ "GET /a.txt", "Accept-Encoding: gzip\r\n", OK, "!Content-Encoding", "hello, a" },
		{ "GET /a.txt", "Accept-Encoding: gzip\r\n", OK, "!Vary", "hello, a" },
		{ "GET /mid.png", "Accept-Encoding: gzip\r\n", OK, "!Content-Encoding", NULL },
		{ "GET /noise.txt", "Accept-Encoding: gzip\r\n", OK, "!Content-Encoding", NULL },
		{ "GET /noise.txt", "Accept-Encoding: gzip\r\n", OK, "!W/", NULL },
	};
	struct stand w = { .o = { .gzip = true } };
	char noise[2000];
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(noise); i++) {
		x = x * 1664525 + 1013904223;
		noise[i] = (char)(x >> 24);
	}
	stand_write_n("noise.txt", noise, sizeof(noise));
	stand_write_n("mid.txt", big, 6000);
	stand_write_n("mid.png", big, 6000);
	stand_write_n("big.txt", big, sizeof(big));
	stand_open(&w);
	stand_route(&w, "/=files:.");
	CHECK_ROWS(&w, rows);
	check_gzip(&w, "GET /mid.txt", big, 6000);
	check_gzip(&w, "GET /mid.txt", big, 6000); /* from the cache */
	check_gzip(&w, "GET /big.txt", big, sizeof(big));
	/* Nobody can tell the end of a body without length from a break. */
	assert_null(strstr(stand_say(&w, "GET /big.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n"), "Content-Encoding"));
	stand_close(&w);
}

static void test_gzip_broken_off(void **state)
{
	struct stand w = { .o = { .gzip = true } };

	stand_open(&w);
	stand_route(&w, "/=files:.");
	stand_connect(&w);
	twc_transport_write(w.client.base.transport, "GET /big.txt HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n", 58);
	twc_transport_pause(w.client.base.transport);
	twc_reactor_advance(w.r, 0);
	twc_transport_abort(w.client.base.transport);
	twc_reactor_advance(w.r, 1);
	/* Whoever comes next is not without it. */
	for (int i = 0; i < 100; i++)
		assert_non_null(strstr(stand_ask(&w, "HEAD /big.txt", "Accept-Encoding: gzip\r\n"), "Content-Encoding"));
	stand_close(&w);
}

static void test_gzip_of_many(void **state)
{
	static const char ask[] = "GET /big.txt HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n";
	struct stand w = { .o = { .gzip = true } };
	struct probe client[66];
	unsigned compressed = 0;

	stand_open(&w);
	stand_route(&w, "/=files:.");
	for (size_t i = 0; i < TWC_ARRAY_LEN(client); i++) {
		probe_init(&client[i]);
		twc_transport_pair(w.r, 1024, twc_factory_build(twc_http_server_factory(w.server), NULL),
				   &client[i].base);
		twc_transport_write(client[i].base.transport, ask, sizeof(ask) - 1);
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(client); i++)
		twc_transport_pause(client[i].base.transport);
	twc_reactor_advance(w.r, 0);
	for (size_t i = 0; i < TWC_ARRAY_LEN(client); i++)
		twc_transport_resume(client[i].base.transport);
	twc_reactor_advance(w.r, 0);
	for (size_t i = 0; i < TWC_ARRAY_LEN(client); i++) {
		assert_non_null(strstr(client[i].got, "HTTP/1.1 200 OK"));
		compressed += strstr(client[i].got, "Content-Encoding: gzip") != NULL;
		twc_transport_abort(client[i].base.transport);
	}
	assert_int_equal(compressed, 64);
	twc_reactor_advance(w.r, 0);
	for (size_t i = 0; i < TWC_ARRAY_LEN(client); i++)
		probe_fini(&client[i]);
	stand_close(&w);
}

/* ---- folders ---- */

static void test_lists(void **state)
{
	static const struct row rows[] = {
		{ "GET /d/", NULL, OK, "Content-Type: text/html; charset=utf-8\r\n", NULL },
		{ "GET /d/", NULL, OK, "Content-Security-Policy: default-src 'none'; ", NULL },
		{ "GET /d/", NULL, OK, "<title>Index of /d/</title>", NULL },
		{ "GET /d/", NULL, OK, "<a href=\"./b%20%3C%26%3E\">b &#60;&#38;&#62;</a>", NULL },
		{ "GET /d/", NULL, OK, "<a href=\"./sub/\">sub/</a>", NULL },
		{ "GET /d/", NULL, OK, "<a href=\"../\" rel=\"up\"", NULL },
		{ "GET /d/", NULL, OK, "!.hidden", NULL },
		{ "GET /d/", NULL, OK, "!>fifo", NULL },
		{ "GET /d/", NULL, OK, "!>out", NULL },
		{ "GET /d/", NULL, OK, "!<form", NULL },
		{ "GET /d/sub/", NULL, OK, "This folder is empty.", NULL },
		{ "GET /d/?sort=name&order=desc", NULL, OK, "aria-sort=\"descending\"", NULL },
		{ "GET /d/?sort=bad&order=bad", NULL, OK, "aria-sort=\"ascending\"", NULL },
		{ "HEAD /d/", NULL, OK, "Content-Type: text/html", "" },
		{ "GET /", NULL, OK, NULL, "<p>index" },
		{ "GET /d", NULL, "HTTP/1.1 301 ", NULL, NULL },
		{ "GET /.git/", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /none/", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /a.txt/", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /out-dir/", NULL, NOT_FOUND, NULL, NULL },
		{ "GET /d/", "Accept: application/json\r\n", OK, "Content-Type: application/x-ndjson\r\n", NULL },
		{ "GET /d/", "Accept: application/json\r\n", OK, "Vary: Accept\r\n",
		  "{\"name\":\"sub\",\"size\":null,\"mtime\":1000000000,\"type\":\"directory\"}\n"
		  "{\"name\":\"b <&>\",\"size\":1,\"mtime\":1000000000,\"type\":\"file\"}\n"
		  "{\"name\":\"c\",\"size\":2,\"mtime\":1000000000,\"type\":\"file\"}\n" },
		{ "GET /d/?sort=size&order=desc", "Accept: application/json, text/html;q=0.9\r\n", OK, NULL,
		  "{\"name\":\"c\",\"size\":2,\"mtime\":1000000000,\"type\":\"file\"}\n"
		  "{\"name\":\"b <&>\",\"size\":1,\"mtime\":1000000000,\"type\":\"file\"}\n"
		  "{\"name\":\"sub\",\"size\":null,\"mtime\":1000000000,\"type\":\"directory\"}\n" },
		{ "GET /d/", "Accept: text/html, application/json;q=0.9\r\n", OK, "<table>", NULL },
	};
	const struct timespec past[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct stand w = { .o = { .list = true } };

	assert_int_equal(utimensat(AT_FDCWD, stand_path("d/sub"), past, 0), 0);
	stand_open(&w);
	stand_route(&w, "/=files:.");
	CHECK_ROWS(&w, rows);
	stand_close(&w);
	w = (struct stand){ .o = { .list = true, .upload = "", .hidden = true } };
	stand_open(&w);
	stand_route(&w, "/=files:d");
	assert_non_null(strstr(stand_ask(&w, "GET /", NULL), "<form method=\"post\" enctype=\"multipart/form-data\">"));
	assert_non_null(strstr(stand_ask(&w, "GET /", NULL), ".hidden"));
	assert_null(strstr(stand_ask(&w, "GET /", NULL), "rel=\"up\""));
	stand_close(&w);
}

/* Its time is said to be now, at most; and a client that was told so has it. */
static void test_of_the_future(void **state)
{
	const struct timespec future[2] = { { .tv_sec = 4000000000 }, { .tv_sec = 4000000000 } };
	struct stand w = { 0 };
	char fields[128];
	const char *a;

	stand_write("future", "x");
	assert_int_equal(utimensat(AT_FDCWD, stand_path("future"), future, 0), 0);
	stand_open(&w);
	stand_route(&w, "/=files:.");
	a = stand_ask(&w, "GET /future", NULL);
	assert_null(strstr(a, "2096"));
	snprintf(fields, sizeof(fields), "If-Modified-Since: %s\r\n", field(a, "Last-Modified"));
	assert_non_null(strstr(stand_ask(&w, "GET /future", fields), "HTTP/1.1 304 "));
	stand_close(&w);
}

/* A release is switched by renaming; the root is looked at once a second. */
static void test_root_replaced(void **state)
{
	struct stand w = { 0 };

	stand_mkdir("r1");
	stand_mkdir("r2");
	stand_write("r1/v", "one");
	stand_write("r2/v", "two");
	assert_int_equal(symlink("r1", stand_path("current")), 0);
	stand_open(&w);
	stand_route(&w, "/=files:current");
	assert_string_equal(stand_body(stand_ask(&w, "GET /v", NULL)), "one");
	assert_int_equal(unlink(stand_path("current")), 0);
	assert_int_equal(symlink("r2", stand_path("current")), 0);
	twc_reactor_advance(w.r, TWC_NS_PER_S);
	assert_string_equal(stand_body(stand_ask(&w, "GET /v", NULL)), "two");
	assert_int_equal(unlink(stand_path("current")), 0);
	twc_reactor_advance(w.r, TWC_NS_PER_S);
	assert_string_equal(stand_body(stand_ask(&w, "GET /v", NULL)), "two");
	stand_close(&w);
}

static void test_forbidden(void **state)
{
	struct stand w = { 0 };
	struct stat st;

	if (geteuid() == 0)
		skip(); /* who may read everything is not refused */
	stand_write("secret", "x");
	assert_int_equal(chmod(stand_path("secret"), 0), 0);
	assert_int_equal(stat(stand_path("secret"), &st), 0);
	stand_open(&w);
	stand_route(&w, "/=files:.");
	assert_non_null(strstr(stand_ask(&w, "GET /secret", NULL), "HTTP/1.1 403 "));
	stand_close(&w);
}

static int set_up(void **state)
{
	if (stand_make_dir(state) < 0)
		return -1;
	for (size_t i = 0; i * 6 < sizeof(big) - 6; i++)
		snprintf(big + i * 6, 7, "%05zu\n", i);
	memcpy(big + sizeof(big) - 4, "1666", 4);
	stand_write_n("big", big, sizeof(big));
	stand_write("a.txt", "hello, a");
	stand_write("empty", "");
	stand_write("index.html", "<p>index");
	stand_write("about.html", "<p>about");
	stand_write("404.html", "<p>404");
	stand_write("x.foo", "foo");
	stand_write("x.y.FOO", "yfoo");
	stand_write(".hidden", "hid");
	stand_mkdir(".git");
	stand_write(".git/config", "x");
	stand_mkdir(".well-known");
	stand_write(".well-known/x", "wk");
	stand_write(".well-known/.x", "x");
	stand_mkdir("d");
	stand_write("d/b <&>", "b");
	stand_write("d/c", "cc");
	stand_write("d/.hidden", "x");
	stand_write("d/back\\slash", "x");
	stand_write("d/no\xffutf8", "x");
	stand_mkdir("d/sub");
	stand_mkdir("d/.well-known");
	stand_write("d/.well-known/x", "x");
	assert_int_equal(symlink("a.txt", stand_path("in")), 0);
	assert_int_equal(symlink("/etc/passwd", stand_path("out")), 0);
	assert_int_equal(symlink("/etc/passwd", stand_path("d/out")), 0);
	assert_int_equal(symlink("/etc", stand_path("out-dir")), 0);
	assert_int_equal(symlink("/dev/null", stand_path("null")), 0);
	assert_int_equal(mkfifo(stand_path("fifo"), 0600), 0);
	assert_int_equal(mkfifo(stand_path("d/fifo"), 0600), 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),	      cmocka_unit_test(test_long_paths),
		cmocka_unit_test(test_other_paths),   cmocka_unit_test(test_spa),
		cmocka_unit_test(test_conditions),    cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_beside),	      cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_gzip_broken_off), cmocka_unit_test(test_gzip_of_many),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_of_the_future), cmocka_unit_test(test_root_replaced),
		cmocka_unit_test(test_forbidden),
	};

	return cmocka_run_group_tests(tests, set_up, stand_remove_dir);
}
