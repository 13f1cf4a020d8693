/* SPDX-License-Identifier: MIT */
/* Whole fetches: what is sent, what is told, and how they end. */
#include "fetching.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static void test_plain(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /a", OK "Content-Length: 5\r\n\r\nhello", 0 },
		{ "GET /404", "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", 0 },
		{ "HEAD /", OK "Content-Length: 5\r\n\r\n", 0 },
		{ "GET /cut", OK "Content-Length: 5\r\n\r\nhel", SCRIPT_CLOSE },
		{ NULL, NULL, 0 },
	};
	struct twc_http_totals totals;
	struct fetching t;

	fetching_open(&t, rows);
	fetch(&t, "/a?b", "200. done", 0);
	assert_string_equal(t.body, "hello");
	assert_int_equal(t.hops, 1);
	assert_true(was_sent(&t, "GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:"));
	assert_true(was_sent(&t, "\r\nUser-Agent: twc/" TWC_VERSION "\r\nAccept: */*\r\n\r\n"));
	twc_http_fetch_totals(t.f, &totals);
	assert_int_equal(totals.received, 5);
	assert_int_equal(totals.decoded, 5);
	assert_int_equal(totals.attempts, 1);
	assert_int_equal(totals.connects, 1);
	assert_int_equal(totals.heads_sent, strlen(script_log(t.s)));
	assert_int_equal(twc_http_fetch_phase(t.f), TWC_HTTP_PHASE_DONE);
	assert_true(twc_http_fetch_times(t.f)->done > 0);
	assert_true(twc_http_fetch_response(t.f)->status == 200);
	fetch(&t, "/404", "404. done", 0);
	fetch(&t, "/cut", "200. done", TWC_ETRUNC);
	assert_int_equal(twc_http_fetch_phase(t.f), TWC_HTTP_PHASE_BODY);
	assert_string_equal(t.body, "hel");
	assert_int_equal(script_connections(t.s), 1);
	t.o.method = TWC_STR("HEAD");
	fetch(&t, "/", "200. done", 0);
	assert_int_equal(t.n, 0);
	fetching_close(&t);
}

/* One that is left out is left out of what goes to the first origin. */
static void test_no_host(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /there", "HTTP/1.1 302 Go\r\nLocation: http://localhost:%P/x\r\n" EMPTY, 0 },
		{ "", OK EMPTY, 0 },
		{ NULL, NULL, 0 },
	};
	const char *const removed[] = { "host", "User-Agent", "Accept", NULL };
	struct twc_http_fields fields = { 0 };
	struct fetching t;

	fetching_open(&t, rows);
	t.o.removed = removed;
	t.o.follow = true;
	fetch(&t, "/there", "302- 200. done", 0);
	assert_int_equal(strncmp(script_log(t.s), "GET /there HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\nHost: localhost:", 56), 0);
	t.o.fields = &fields;
	twc_http_fields_add(&fields, TWC_STR("Host"), TWC_STR(""), NULL);
	fetch(&t, "/empty", "200. done", 0);
	assert_true(was_sent(&t, "GET /empty HTTP/1.1\r\nHost:\r\n\r\n"));
	twc_http_fields_fini(&fields);
	fetching_close(&t);
}

static void test_fields(void **state)
{
	static const struct script_row rows[] = { { "", OK EMPTY, 0 }, { NULL, NULL, 0 } };
	const char *const removed[] = { "Accept", NULL };
	struct twc_http_fields fields = { 0 };
	struct twc_http_session_opts so = { .cookies = true };
	struct fetching t;

	fetching_open_with(&t, rows, &so, NULL);
	twc_http_session_cookie(t.session, "c=d");
	twc_http_fields_add(&fields, TWC_STR("X-Mine"), TWC_STR("1"), NULL);
	twc_http_fields_add(&fields, TWC_STR("user-agent"), TWC_STR("me"), NULL);
	twc_http_fields_add(&fields, TWC_STR("Host"), TWC_STR("other.test"), NULL);
	t.o.fields = &fields;
	t.o.removed = removed;
	t.o.referer = "http://from.test/";
	t.o.range = "0-9";
	t.o.user = "me";
	t.o.password = "pw";
	t.o.decode = true;
	t.o.if_none_match = "\"x\"";
	fetch(&t, "/", "200. done", 0);
	assert_string_equal(script_log(t.s),
			    "GET / HTTP/1.1\r\nHost: other.test\r\nAuthorization: Basic bWU6cHc=\r\nRange: bytes=0-9\r\n"
			    "Accept-Encoding: gzip, deflate, br, zstd\r\nReferer: http://from.test/\r\nCookie: c=d\r\n"
			    "If-None-Match: \"x\"\r\nX-Mine: 1\r\nuser-agent: me\r\n\r\n");
	twc_http_fields_fini(&fields);
	fetching_close(&t);
}

/* ---- redirects ---- */

struct body {
	const char *text;
	unsigned rewinds;
	bool ended;
};

static void body_produce(void *arg, struct twc_http_upload *u)
{
	struct body *b = arg;

	twc_http_upload_write(u, b->text, strlen(b->text));
	twc_http_upload_end(u);
}

static bool body_rewind(void *arg)
{
	((struct body *)arg)->rewinds++;
	return true;
}

static void test_redirects(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /a", "HTTP/1.1 302 Go\r\nLocation: b c\r\nContent-Length: 3\r\n\r\nbye", 0 },
		{ "GET /b%20c", OK "Content-Length: 2\r\n\r\nok", 0 },
		{ "GET /loop", "HTTP/1.1 301 Go\r\nLocation: /loop\r\n" EMPTY, 0 },
		{ "GET /none", "HTTP/1.1 302 Go\r\n" EMPTY, 0 },
		{ "GET /bad", "HTTP/1.1 302 Go\r\nLocation: http://[::1\r\n" EMPTY, 0 },
		{ "GET /ftp", "HTTP/1.1 302 Go\r\nLocation: ftp://a/\r\n" EMPTY, 0 },
		{ "GET /secure", "HTTP/1.1 302 Go\r\nLocation: https://127.0.0.1:1/\r\n" EMPTY, 0 },
		{ "POST /302", "HTTP/1.1 302 Go\r\nLocation: /x\r\n" EMPTY, 0 },
		{ "POST /307", "HTTP/1.1 307 Go\r\nLocation: /x\r\n" EMPTY, 0 },
		{ "GET /x", OK EMPTY, 0 },
		{ "POST /x", OK EMPTY, 0 },
		{ NULL, NULL, 0 },
	};
	struct body body = { .text = "data" };
	struct twc_http_source source = { .length = 4, .produce = body_produce, .rewind = body_rewind, .arg = &body };
	struct twc_http_fields fields = { 0 };
	struct fetching t;
	char *url;

	fetching_open(&t, rows);
	fetch(&t, "/a", "302. done", 0); /* not followed, only told */
	url = twc_url_text(twc_http_fetch_redirect_url(t.f), 0);
	assert_non_null(strstr(url, "/b%20c"));
	twc_free(url);
	assert_string_equal(t.body, "bye");
	t.o.follow = true;
	fetch(&t, "/a", "302- 200. done", 0);
	assert_string_equal(t.body, "ok");
	assert_int_equal(t.hops, 2);
	assert_int_equal(script_connections(t.s), 1);
	assert_null(strstr(script_log(t.s), "Referer"));
	t.o.referer_auto = true;
	fetch(&t, "/a#f", "302- 200. done", 0);
	assert_true(was_sent(&t, "/a\r\n\r\n"));
	t.o.max_redirects = 3;
	fetch(&t, "/loop", "301- 301- 301- 301- done", TWC_EPROTO);
	assert_string_equal(t.err.text, "more than 3 redirects (--max-redirs)");
	fetch(&t, "/none", "302. done", 0);
	fetch(&t, "/bad", "302- done", TWC_EPROTO);
	assert_string_equal(t.err.text, "cannot follow the redirect to \"http://[::1\": this '[' is never closed");
	fetch(&t, "/ftp", "302- done", TWC_EPROTO);
	assert_non_null(strstr(t.err.text, "redirect to \"ftp://a/\""));
	t.o.proto_redirect = "=http";
	fetch(&t, "/secure", "302- done", TWC_EACCESS);
	t.o.proto_redirect = NULL;
	t.o.proto = "-https,ftp";
	fetch(&t, "/secure", "302- done", TWC_EACCESS);
	assert_string_equal(t.err.text, "https is not supported here: --proto leaves it out");
	t.o.proto = "-all";
	fetch(&t, "/a", "done", TWC_EACCESS);
	t.o.proto = NULL;
	t.o.source = &source;
	t.o.content_type = "text/x";
	twc_http_fields_add(&fields, TWC_STR("Content-Language"), TWC_STR("en"), NULL);
	t.o.fields = &fields;
	fetch(&t, "/302", "302- 200. done", 0);
	assert_true(was_sent(&t, "GET /x"));
	assert_true(was_sent(&t, "Content-Language: en\r\nContent-Length: 4\r\nContent-Type: text/x\r\n\r\ndata"));
	assert_null(strstr(strstr(script_log(t.s), "GET /x"), "Content"));
	assert_int_equal(body.rewinds, 0);
	fetch(&t, "/307", "307- 200. done", 0);
	assert_true(was_sent(&t, "POST /x"));
	assert_int_equal(body.rewinds, 1);
	source.rewind = NULL;
	fetch(&t, "/307", "307- done", TWC_EDATA);
	twc_http_fields_fini(&fields);
	fetching_close(&t);
}

/* What was meant for one origin is not shown to another. */
static void test_cross_origin(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /there", "HTTP/1.1 302 Go\r\nSet-Cookie: s=1\r\nLocation: http://localhost:%P/x\r\n" EMPTY, 0 },
		{ "GET /x", "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:%P/back\r\n" EMPTY, 0 },
		{ "GET /back", OK EMPTY, 0 },
		{ NULL, NULL, 0 },
	};
	struct twc_http_fields fields = { 0 };
	struct twc_http_session_opts so = { .cookies = true };
	struct fetching t;
	const char *there, *back;

	fetching_open_with(&t, rows, &so, NULL);
	twc_http_session_cookie(t.session, "c=d");
	twc_http_fields_add(&fields, TWC_STR("X-Key"), TWC_STR("shown"), NULL);
	twc_http_fields_add(&fields, TWC_STR("Host"), TWC_STR("host.test"), NULL);
	t.o.fields = &fields;
	t.o.user = "me";
	t.o.password = "pw";
	t.o.follow = true;
	fetch(&t, "/there", "302- 302- 200. done", 0);
	there = strstr(script_log(t.s), "GET /x");
	back = strstr(script_log(t.s), "GET /back");
	assert_true(there && back);
	assert_non_null(strstr(script_log(t.s), "Authorization"));
	assert_true(strstr(there, "Authorization") > back);
	assert_true(strstr(there, "Host: host.test") > back);
	assert_true(strstr(there, "c=d") > back);
	assert_non_null(strstr(back, "Cookie: s=1; c=d"));
	assert_true(strstr(there, "X-Key") < back);
	t.o.location_trusted = true;
	fetch(&t, "/there", "302- 302- 200. done", 0);
	there = strstr(script_log(t.s), "GET /x");
	back = strstr(script_log(t.s), "GET /back");
	assert_true(strstr(there, "Authorization") < back);
	twc_http_fields_fini(&fields);
	fetching_close(&t);
}

/* ---- logins ---- */

#define DIGEST "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256\r\n"

static void test_logins(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /basic", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\n" EMPTY, 0 },
		{ "GET /digest", DIGEST EMPTY, 0 },
		{ "GET /digest", OK "Authentication-Info: nextnonce=\"n2\"\r\n" EMPTY, 0 },
		{ "GET /wrong", DIGEST EMPTY, 0 },
		{ "GET /any", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n" EMPTY, 0 },
		{ "GET /any", OK EMPTY, 0 },
		{ "GET /stale", DIGEST EMPTY, 0 },
		{ "GET /stale", "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n3\", stale=true, qop=\"auth\", algorithm=SHA-256\r\n" EMPTY, 0 },
		{ "GET /stale", OK EMPTY, 0 },
		{ "POST /post", DIGEST EMPTY, 0 },
		{ "POST /post", OK EMPTY, 0 },
		{ "GET /bearer", OK EMPTY, 0 },
		{ "GET /netrc", OK EMPTY, 0 },
		{ NULL, NULL, 0 },
	};
	struct body body = { .text = "data" };
	struct twc_http_source source = { .length = 4, .produce = body_produce, .rewind = body_rewind, .arg = &body };
	struct twc_http_session_opts so = { .netrc = "machine 127.0.0.1 login net password rc\n" };
	struct fetching t;
	char url[128];

	fetching_open_with(&t, rows, &so, NULL);
	fetch(&t, "/netrc", "200. done", 0);
	assert_true(was_sent(&t, "Authorization: Basic bmV0OnJj\r\n"));
	t.o.user = "me";
	t.o.password = "pw";
	fetch(&t, "/basic", "401. done", 0);
	assert_true(was_sent(&t, "Authorization: Basic bWU6cHc=\r\n"));
	t.o.auth = TWC_HTTP_AUTH_DIGEST;
	fetch(&t, "/digest", "401- 200. done", 0);
	assert_true(was_sent(&t, "Authorization: Digest username=\"me\""));
	assert_int_equal(script_requests(t.s), 2);
	fetch(&t, "/wrong", "401- 401. done", 0);
	fetch(&t, "/stale", "401- 401- 200. done", 0);
	t.o.auth = TWC_HTTP_AUTH_ANY;
	fetch(&t, "/any", "401- 200. done", 0);
	assert_true(was_sent(&t, "Authorization: Digest"));
	fetch(&t, "/basic", "401- 401. done", 0);
	assert_true(was_sent(&t, "Authorization: Basic"));
	t.o.source = &source;
	fetch(&t, "/post", "401- 200. done", 0);
	assert_int_equal(body.rewinds, 1);
	t.o.source = NULL;
	t.o.user = t.o.password = NULL;
	t.o.auth = 0;
	snprintf(url, sizeof(url), "http://u%%40:p@127.0.0.1:%u/basic", script_port(t.s));
	fetching_begin_url(&t, url);
	fetching_end(&t);
	assert_true(was_sent(&t, "Authorization: Basic dUA6cA==\r\n"));
	t.o.bearer = "token";
	fetch(&t, "/bearer", "200. done", 0);
	assert_true(was_sent(&t, "Authorization: Bearer token\r\n"));
	fetching_close(&t);
}

/* ---- parts ---- */

#define PART(range) "HTTP/1.1 206 Part\r\nContent-Range: bytes " range "\r\n"

static void test_parts(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /good", PART("5-9/10") "Content-Length: 5\r\n\r\n56789", 0 },
		{ "GET /other", PART("4-9/10") "Content-Length: 6\r\n\r\n456789", 0 },
		{ "GET /silent", "HTTP/1.1 206 Part\r\nContent-Length: 5\r\n\r\n56789", 0 },
		{ "GET /all", OK "Content-Length: 10\r\n\r\n0123456789", 0 },
		{ "GET /had", "HTTP/1.1 416 No\r\nContent-Range: bytes */5\r\nContent-Length: 3\r\n\r\nbad", 0 },
		{ "GET /less", "HTTP/1.1 416 No\r\nContent-Range: bytes */4\r\n" EMPTY, 0 },
		{ NULL, NULL, 0 },
	};
	struct fetching t;

	fetching_open(&t, rows);
	t.o.resume_from = 5;
	t.o.if_range = "\"tag\"";
	fetch(&t, "/good", "206. done", 0);
	assert_true(was_sent(&t, "Range: bytes=5-\r\nIf-Range: \"tag\"\r\n"));
	assert_string_equal(t.body, "56789");
	assert_int_equal(t.offset, 5);
	fetch(&t, "/other", "done", TWC_EPROTO);
	assert_string_equal(t.err.text, "the server sends what begins at byte 4, not at 5");
	fetch(&t, "/silent", "done", TWC_EPROTO);
	fetch(&t, "/all", "200. done", 0);
	assert_int_equal(t.offset, 0);
	assert_string_equal(t.body, "0123456789");
	fetch(&t, "/had", "416. done", 0);
	assert_true(twc_http_fetch_had_all(t.f));
	assert_int_equal(t.n, 0);
	fetch(&t, "/less", "done", TWC_EPROTO);
	t.o.again = on_fetch_again;
	t.again = 1;
	fetch(&t, "/all", "200. done", 0);
	assert_true(t.was_asked_again);
	t.again = 0;
	fetch(&t, "/all", "done", TWC_EPROTO);
	t.o.resume_from = 0;
	t.o.range = "4-9";
	fetch(&t, "/other", "206. done", 0);
	assert_int_equal(t.offset, 0);
	fetch(&t, "/good", "done", TWC_EPROTO);
	fetching_close(&t);
}

/* ---- content codings, limits ---- */

static void turn_for(struct fetching *t, unsigned ms)
{
	for (unsigned i = 0; i < ms; i++) {
		while (twc_reactor_step(t->r))
			;
		usleep(1000);
	}
}

static void test_decoding(void **state)
{
	static char response[2000100], plain[2000001];
	struct script_row rows[] = {
		{ "GET /z", response, SCRIPT_GZIP },
		{ "GET /unknown", OK "Content-Encoding: zip\r\nContent-Length: 1\r\n\r\nx", 0 },
		{ "GET /bad", OK "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", 0 },
		{ "GET /short", OK "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", 0 },
		{ NULL, NULL, 0 },
	};
	struct fetching t;

	memset(plain, 'a', sizeof(plain) - 1);
	snprintf(response, sizeof(response), OK "Content-Encoding: gzip\r\n\r\n%s", plain);
	fetching_open(&t, rows);
	t.o.decode = true;
	fetch(&t, "/z", "200. done", 0);
	assert_int_equal(t.n, sizeof(plain) - 1);
	t.o.max_bytes = 1000000;
	fetch(&t, "/z", "200. done", TWC_ETOOLONG);
	t.o.max_bytes = 0;
	t.on_data = PAUSE; /* a pause in the middle of what has come, again and again */
	fetching_begin_url(&t, script_url(t.s, "/z"));
	for (size_t had = 0, i = 0; i < 1000 && !t.is_done; i++) {
		turn_for(&t, t.n == had && had < sizeof(plain) - 1 ? 1 : 3);
		if (t.n == had)
			continue;
		assert_true(t.n - had < 200000);
		had = t.n;
		twc_http_fetch_resume(t.f);
	}
	fetching_end(&t);
	assert_int_equal(t.err.code, 0);
	assert_int_equal(t.n, sizeof(plain) - 1);
	t.on_data = FREE;
	fetching_begin_url(&t, script_url(t.s, "/z"));
	fetching_end(&t);
	t.on_data = NOTHING;
	fetch(&t, "/unknown", "done", TWC_EPROTO);
	fetch(&t, "/bad", "200. done", TWC_EPROTO);
	fetch(&t, "/short", "200. done", TWC_ETRUNC);
	t.o.decode = false;
	fetch(&t, "/bad", "200. done", 0);
	assert_string_equal(t.body, "nope");
	fetching_close(&t);
}

static void test_limits(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /known", OK "Content-Length: 11\r\n\r\nhello world", 0 },
		{ "GET /chunked", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 0 },
		{ "GET /late", OK EMPTY, SCRIPT_LATE },
		{ "GET /half", OK "Content-Length: 11\r\n\r\nhello", 0 },
		{ NULL, NULL, 0 },
	};
	struct fetching t;

	fetching_open(&t, rows);
	t.o.max_bytes = 10;
	fetch(&t, "/known", "done", TWC_ETOOLONG);
	fetch(&t, "/chunked", "200. done", TWC_ETOOLONG);
	assert_string_equal(t.body, "hello");
	t.o.max_bytes = 11;
	fetch(&t, "/known", "200. done", 0);
	fetch(&t, "/chunked", "200. done", 0);
	t.o.max_ns = 400 * LOOP_MS;
	fetch(&t, "/late", "done", TWC_ETIMEDOUT);
	assert_string_equal(t.err.text, "timed out after 400ms (waiting for the response)");
	fetch(&t, "/half", "200. done", TWC_ETIMEDOUT);
	assert_string_equal(t.err.text, "timed out after 400ms (receiving the body)");
	t.o.max_ns = 0;
	t.o.first_byte_ns = 400 * LOOP_MS;
	fetch(&t, "/late", "done", TWC_ETIMEDOUT);
	assert_string_equal(t.err.text, "no answer to the request within 400ms");
	t.o.min_rate = 100;
	t.o.min_rate_ns = LOOP_S;
	fetch(&t, "/half", "200. done", TWC_ETIMEDOUT);
	assert_string_equal(t.err.text, "too slow: less than 100 bytes a second (receiving the body)");
	fetching_close(&t);
}

/* A port whose queue of those not accepted is full: what more comes is not answered. */
static void fill(int *listener, int *client, size_t n, unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(*listener, 0), 0);
	assert_int_equal(getsockname(*listener, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	for (size_t i = 0; i < n; i++) {
		client[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(client[i], (struct sockaddr *)&a, len);
	}
}

static void test_connect_limit(void **state)
{
	static const struct script_row rows[] = { { NULL, NULL, 0 } };
	int listener, client[4];
	struct fetching t;
	unsigned port;
	char url[64];

	fetching_open(&t, rows);
	fill(&listener, client, TWC_ARRAY_LEN(client), &port);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	t.o.connect_ns = 100 * LOOP_MS;
	fetching_begin_url(&t, url);
	fetching_end(&t);
	assert_int_equal(t.err.code, TWC_ETIMEDOUT);
	assert_string_equal(t.err.text, "no connection within 100ms (connecting)");
	t.o.connect_ns = 0;
	fetching_begin_url(&t, "http://127.0.0.2:1/");
	fetching_end(&t);
	assert_int_equal(t.err.code, TWC_EREFUSED);
	assert_int_equal(twc_http_fetch_phase(t.f), TWC_HTTP_PHASE_CONNECT);
	close(listener);
	for (size_t i = 0; i < TWC_ARRAY_LEN(client); i++)
		close(client[i]);
	fetching_close(&t);
}

/* ---- what callbacks may do ---- */

static void test_callbacks(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /a", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 0 },
		{ NULL, NULL, 0 },
	};
	struct fetching t;

	fetching_open(&t, rows);
	t.on_data = FREE;
	fetching_begin_url(&t, script_url(t.s, "/a"));
	fetching_end(&t);
	assert_string_equal(t.story, "200. ");
	t.on_data = STOP;
	fetch(&t, "/a", "200. done", TWC_EIO);
	assert_string_equal(t.body, "hello");
	t.on_data = NOTHING;
	t.on_head = FREE;
	fetching_begin_url(&t, script_url(t.s, "/a"));
	fetching_end(&t);
	assert_string_equal(t.story, "200. ");
	t.on_head = STOP;
	fetch(&t, "/a", "200. done", TWC_EIO);
	t.on_head = NOTHING;
	fetching_begin_url(&t, script_url(t.s, "/a"));
	twc_http_fetch_stop(t.f, &(struct twc_err){ .code = TWC_EIO });
	fetching_end(&t);
	assert_string_equal(t.story, "done");
	fetching_begin_url(&t, script_url(t.s, "/a"));
	twc_http_fetch_free(t.f);
	t.f = NULL;
	fetching_close(&t);
}

static void test_pause(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /a", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 0 },
		{ NULL, NULL, 0 },
	};
	struct fetching t;

	for (unsigned i = 0; i < 2; i++) {
		fetching_open(&t, rows);
		t.on_data = i == 0 ? PAUSE : NOTHING;
		t.on_head = i == 1 ? PAUSE : NOTHING;
		fetching_begin_url(&t, script_url(t.s, "/a"));
		for (unsigned k = 0; k < 2000 && (i == 0 ? t.n == 0 : !*t.story); k++)
			turn_for(&t, 1);
		turn_for(&t, 20);
		assert_int_equal(t.n, i == 0 ? 5 : 0);
		assert_false(t.is_done);
		t.on_data = NOTHING;
		twc_http_fetch_resume(t.f);
		fetching_end(&t);
		assert_string_equal(t.body, "hello world");
		fetching_close(&t);
	}
}

/* ---- uploads ---- */

static void test_uploads(void **state)
{
	static char big[1100001];
	static const struct script_row rows[] = {
		{ "PUT /a", "HTTP/1.1 100 Go\r\n\r\n" OK "Connection: close\r\n" EMPTY, SCRIPT_HEAD },
		{ "PUT /417", "HTTP/1.1 417 No\r\nConnection: close\r\n" EMPTY, SCRIPT_HEAD | SCRIPT_CLOSE },
		{ "PUT /417", OK EMPTY, 0 },
		{ NULL, NULL, 0 },
	};
	struct body body = { .text = big };
	struct twc_http_source source = { .length = sizeof(big) - 1, .produce = body_produce, .rewind = body_rewind, .arg = &body };
	struct twc_http_totals totals;
	const char *again;
	struct fetching t;

	memset(big, 'x', sizeof(big) - 1);
	fetching_open(&t, rows);
	t.o.method = TWC_STR("PUT");
	t.o.source = &source;
	fetch(&t, "/417", "417- 200. done", 0);
	assert_true(was_sent(&t, "\r\nExpect: 100-continue\r\n"));
	again = strstr(script_log(t.s) + 1, "PUT /417");
	assert_true(again && !strstr(again, "Expect"));
	fetch(&t, "/a", "200. done", 0);
	assert_true(was_sent(&t, "\r\nExpect: 100-continue\r\n"));
	twc_http_fetch_totals(t.f, &totals);
	assert_int_equal(totals.sent, sizeof(big) - 1);
	source.length = TWC_HTTP_UNKNOWN;
	body.text = "short";
	t.o.expect_ns = UINT64_MAX;
	fetching_reset(&t);
	script_free(t.s);
	t.s = script_new(t.r, NULL, (struct script_row[]){ { "PUT /a", OK EMPTY, 0 }, { NULL, NULL, 0 } });
	fetch(&t, "/a", "200. done", 0);
	assert_true(was_sent(&t, "Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n0\r\n\r\n"));
	assert_false(was_sent(&t, "Expect"));
	t.o.minor = -1;
	fetch(&t, "/a", "done", TWC_EDATA);
	fetching_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_no_host),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_cross_origin),
		cmocka_unit_test(test_logins),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_decoding),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_connect_limit),
		cmocka_unit_test(test_callbacks),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_uploads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
