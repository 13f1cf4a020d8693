/* SPDX-License-Identifier: MIT */
/* proxy: requests and responses as they are passed on, and what is refused. */
#include "proxying.h"

#define FORWARDED "X-Forwarded-For: unknown\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: front.test\r\n"
#define VIA "Via: 1.1 twc\r\n"

/* ---- requests ---- */

struct asked {
	const char *pattern, *options, *request, *heard;
};

static const struct asked asked[] = {
	{ "/", "", "GET /a%20b?x=%2f&y HTTP/1.1\r\n" HOST "\r\n",
	  "GET /a%20b?x=%2f&y HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "\r\n" },
	/* the spelling of a path stays */
	{ "/", "", "GET /%61//b;c=1/?? HTTP/1.1\r\n" HOST "\r\n", "GET /%61//b;c=1/?? HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "\r\n" },
	{ "/", "", "GET http://front.test/abs?q HTTP/1.1\r\nHost: other\r\n\r\n",
	  "GET /abs?q HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "\r\n" },
	{ "/api/", "{strip=yes}", "GET /%61pi/x%20y?z HTTP/1.1\r\n" HOST "\r\n",
	  "GET /x%20y?z HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "\r\n" },
	{ "/one", "{strip=yes}", "GET /one?z HTTP/1.1\r\n" HOST "\r\n", "GET /?z HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "\r\n" },
	/* fields of one connection, and what the client may not say */
	{ "/", "",
	  "GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, X-Mine, x-other\r\nX-Mine: 1\r\nX-Other: 2\r\nKeep-Alive: 5\r\n"
	  "Proxy-Connection: x\r\nProxy-Authorization: x\r\nProxy: http://evil\r\nTE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"
	  "Accept: */*\r\nX-Forwarded-For: 1.2.3.4\r\nx_forwarded_for: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nForwarded: for=x\r\n"
	  "X_Forwarded_Host: evil\r\nCookie: a=b\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: front.test\r\nAccept: */*\r\nCookie: a=b\r\n" FORWARDED VIA "\r\n" },
	{ "/", "", "GET / HTTP/1.1\r\n" HOST "TE: trailers\r\nConnection: te\r\nVia: 1.0 other\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: front.test\r\nVia: 1.0 other\r\n" FORWARDED VIA "TE: trailers\r\nConnection: TE\r\n\r\n" },
	{ "/", "{host=target}", "GET / HTTP/1.1\r\n" HOST "\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n" FORWARDED VIA "\r\n" },
	{ "/", "{host=x.test:8}", "GET / HTTP/1.1\r\n" HOST "\r\n", "GET / HTTP/1.1\r\nHost: x.test:8\r\n" FORWARDED VIA "\r\n" },
	{ "/", "{header-up='X-A: b c' header-up=Cookie: header-up='X-Empty;' header-up='X-Forwarded-Proto: https'}",
	  "GET / HTTP/1.1\r\n" HOST "Cookie: a\r\nX-A: z\r\nX-B: c\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: front.test\r\nX-B: c\r\nX-Forwarded-For: unknown\r\nX-Forwarded-Host: front.test\r\n" VIA
	  "X-A: b c\r\nX-Empty:\r\nX-Forwarded-Proto: https\r\n\r\n" },
	{ "/", "{header-up='Host: x.test' header-up=Via:}", "GET / HTTP/1.1\r\n" HOST "\r\n",
	  "GET / HTTP/1.1\r\nHost: x.test\r\n" FORWARDED "\r\n" },
	{ "/", "", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nX_Forwarded_For: 1.2.3.4\r\nProxy: evil\r\nA: b\r\n\r\n",
	  "POST / HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n" },
	/* lengths */
	{ "/", "", "POST / HTTP/1.1\r\n" HOST "\r\n", "POST / HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "Content-Length: 0\r\n\r\n" },
	{ "/", "", "DELETE / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
	  "DELETE / HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "Content-Length: 0\r\n\r\n" },
	{ "/", "", "POST / HTTP/1.1\r\n" HOST "Content-Length: 05\r\n\r\nhello",
	  "POST / HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "Content-Length: 5\r\n\r\nhello" },
	{ "/", "", "GET / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi",
	  "GET / HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "Content-Length: 2\r\n\r\nhi" },
	{ "/", "", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n",
	  "POST / HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n" },
	{ "/", "", "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi",
	  "POST / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: unknown\r\nX-Forwarded-Proto: http\r\nVia: 1.0 twc\r\nContent-Length: 2\r\n\r\nhi" },
	{ "/", "", "OPTIONS / HTTP/1.1\r\n" HOST "Max-Forwards: 3\r\n\r\n",
	  "OPTIONS / HTTP/1.1\r\nHost: front.test\r\nMax-Forwards: 2\r\n" FORWARDED VIA "\r\n" },
	{ "/", "", "PURGE / HTTP/1.1\r\n" HOST "\r\n", "PURGE / HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA "\r\n" },
};

static void test_requests(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(asked); i++) {
		struct mock m = { 0 };
		struct back b;

		proxying_open(&m, &b, asked[i].pattern, asked[i].options);
		front_say(&m, asked[i].request);
		if (b.n != 1)
			fail_msg("%s: %s", asked[i].request, mock_heard(&m));
		assert_string_equal(back_heard(&b, 0), asked[i].heard);
		back_say(&b, 0, WELL EMPTY, &m);
		assert_non_null(strstr(mock_heard(&m), "200 OK"));
		proxying_close(&m, &b);
	}
}

/* One byte at a time the same comes out, in other pieces. */
static void test_requests_in_pieces(void **state)
{
	struct mock m = { 0 };
	struct back b;
	static const char request[] = "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n";

	proxying_open(&m, &b, "/", "");
	for (size_t i = 0; i < sizeof(request) - 1; i++)
		front_say(&m, (const char[]){ request[i], 0 });
	assert_string_equal(back_heard(&b, 0), "POST /x HTTP/1.1\r\nHost: front.test\r\n" FORWARDED VIA
					       "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ne\r\n0\r\n\r\n");
	proxying_close(&m, &b);
}

/* What could be read in two ways, or is nobody's business behind: nothing of it arrives there, and nothing behind it. */
static const struct {
	const char *request;
	int status;
} refused[] = {
	{ "GET /a/../b HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a/%2e%2E/b HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a/.;x/b HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a/. HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a%2f..%2fb HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a\\..\\b HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a\tb HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "GET * HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "TRACE / HTTP/1.1\r\n" HOST "\r\n", 405 },
	{ "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", 405 },
	{ "OPTIONS / HTTP/1.1\r\n" HOST "Max-Forwards: 0\r\n\r\n", 200 },
	{ "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: u@b\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nhello", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nhello", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nhello", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nhello", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 0 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\x0b" "chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "A: b\nC: d\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n", 400 },
	{ "GET / HTTP/2.0\r\n" HOST "\r\n", 0 },
	{ "GET / HTTP/1.1\r\n" HOST
	  "Via: 1 twc, 1 twc, 1 twc, 1 twc, 1 twc, 1 twc\r\nVia: 1 twc, 1 twc, 1 twc, 1 twc, 1 twc\r\n\r\n", 508 },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(refused); i++) {
		struct mock m = { 0 };
		struct back b;
		char want[32];

		proxying_open(&m, &b, "/", "");
		front_say(&m, refused[i].request);
		snprintf(want, sizeof(want), "HTTP/1.1 %d ", refused[i].status);
		if (refused[i].status && strncmp(m.client.got ? m.client.got : "", want, strlen(want)) != 0)
			fail_msg("%s: %s", refused[i].request, mock_heard(&m));
		if (b.n && b.conn[0]->probe.n)
			fail_msg("%s: %s", refused[i].request, back_heard(&b, 0));
		proxying_close(&m, &b);
	}
}

/* A body that turns out to be none: the server's request is broken off, and nothing of it is ended. */
static void test_bad_chunks(void **state)
{
	static const char *const bad[] = { "x\r\n", "-1\r\n", "0x2\r\nab\r\n", "2\nab\r\n", "2\r\nabX\r\n", "2 ;\r\n",
					   "ffffffffffffffffff\r\n", "0\r\nContent-Length : 4\r\n\r\n" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		struct mock m = { 0 };
		struct back b;

		proxying_open(&m, &b, "/", "");
		front_say(&m, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
		assert_non_null(strstr(back_heard(&b, 0), "\r\n\r\n2\r\nok\r\n"));
		front_say(&m, bad[i]);
		front_say(&m, "GET /evil HTTP/1.1\r\n" HOST "\r\n");
		if (strncmp(mock_heard(&m), "HTTP/1.1 400", 12) != 0)
			fail_msg("%s", bad[i]);
		assert_null(strstr(back_heard(&b, 0), "0\r\n\r\n"));
		assert_true(b.conn[0]->probe.is_lost);
		assert_int_equal(b.n, 1);
		proxying_close(&m, &b);
	}
}

/* ---- responses ---- */

struct answered {
	const char *request, *answer, *heard;
};

#define GET_1 "GET /p HTTP/1.1\r\n" HOST "\r\n"

static const struct answered answered[] = {
	{ GET_1, WELL "Content-Length: 2\r\nX: y\r\n\r\nok", WELL "X: y\r\n" VIA "Content-Length: 2\r\n\r\nok" },
	{ GET_1, "HTTP/1.1 404 Nothing\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: u\r\n\r\n",
	  "HTTP/1.1 404 Not Found\r\n" VIA "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: u\r\n\r\n" },
	{ "GET /p HTTP/1.0\r\n\r\n", WELL "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", WELL VIA "Connection: close\r\n\r\nok" },
	{ "HEAD /p HTTP/1.1\r\n" HOST "\r\n", WELL "Content-Length: 9\r\n\r\n", WELL VIA "Content-Length: 9\r\n\r\n" },
	{ "HEAD /p HTTP/1.1\r\n" HOST "\r\n", WELL "Transfer-Encoding: chunked\r\n\r\n", WELL VIA "Transfer-Encoding: chunked\r\n\r\n" },
	{ GET_1, "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", "HTTP/1.1 204 No Content\r\nX: y\r\n" VIA "\r\n" },
	{ GET_1, "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 7\r\n\r\n",
	  "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n" VIA "Content-Length: 7\r\n\r\n" },
	{ GET_1, WELL "Connection: X-A, keep-alive\r\nX-A: b\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nVia: 1.1 b\r\n" EMPTY,
	  WELL "Via: 1.1 b\r\n" VIA "Content-Length: 0\r\n\r\n" },
	{ GET_1, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" WELL "X: y\r\n" EMPTY,
	  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" WELL "X: y\r\n" VIA "Content-Length: 0\r\n\r\n" },
	{ GET_1, "HTTP/1.1 100 Continue\r\n\r\n" WELL EMPTY, WELL VIA "Content-Length: 0\r\n\r\n" },
	{ GET_1, "HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: x/1\r\n" EMPTY,
	  "HTTP/1.1 426 Upgrade Required\r\nUpgrade: x/1\r\n" VIA "Content-Length: 0\r\n\r\n" },
	/* what leads to the server by its name leads here */
	{ GET_1, WELL "Location: http://localhost/a?b\r\n" EMPTY, WELL "Location: /a?b\r\n" VIA "Content-Length: 0\r\n\r\n" },
	{ GET_1, WELL "Location: http://front.test/a\r\n" EMPTY, WELL "Location: /a\r\n" VIA "Content-Length: 0\r\n\r\n" },
	{ GET_1, WELL "Location: https://front.test/a\r\n" EMPTY, WELL "Location: https://front.test/a\r\n" VIA "Content-Length: 0\r\n\r\n" },
	{ GET_1, WELL "Location: http://localhost.evil/a\r\n" EMPTY, WELL "Location: http://localhost.evil/a\r\n" VIA "Content-Length: 0\r\n\r\n" },
	{ GET_1, WELL "Location: http://localhost//evil/\r\n" EMPTY, WELL "Location: http://localhost//evil/\r\n" VIA "Content-Length: 0\r\n\r\n" },
	{ GET_1, WELL "Set-Cookie: a=b; Domain=.localhost; Path=/\r\nSet-Cookie: c=d; domain=x\r\n" EMPTY,
	  WELL "Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d; domain=x\r\n" VIA "Content-Length: 0\r\n\r\n" },
};

static void test_responses(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(answered); i++) {
		struct mock m = { 0 };
		struct back b;

		proxying_open(&m, &b, "/", "");
		front_say(&m, answered[i].request);
		for (const char *p = answered[i].answer; *p; p++) /* a head is passed on when it is whole */
			twc_transport_write(b.conn[0]->probe.base.transport, p, 1);
		pass(&m);
		assert_string_equal(mock_heard(&m), answered[i].heard);
		proxying_close(&m, &b);
	}
}

static void test_edits_of_responses(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "{header-down=X-Powered-By: header-down='Cache-Control: no-store' header='X-Site: s'}");
	front_say(&m, GET_1);
	back_say(&b, 0, WELL "X-Powered-By: x\r\nCache-Control: public\r\n" EMPTY, &m);
	assert_string_equal(mock_heard(&m), WELL "X-Site: s\r\n" VIA "Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n");
	proxying_close(&m, &b);
}

/* Answers that are none. */
static const char *const bad_answers[] = {
	"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
	WELL "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	WELL "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
	WELL "Content-Length: -1\r\n\r\n",
	WELL "A: b\r\n c\r\n\r\n",
	WELL "A : b\r\n\r\n",
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
	("HTTP/1.1 999 What\r\n" EMPTY),
	"SSH-2.0-OpenSSH\r\n",
	"HTTP/1.1 103 Early\r\nContent-Length: 2\r\n\r\nok",
};

static void test_bad_answers(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad_answers); i++) {
		struct mock m = { 0 };
		struct back b;

		proxying_open(&m, &b, "/", "");
		front_say(&m, GET_1);
		back_say(&b, 0, bad_answers[i], &m);
		if (strncmp(mock_heard(&m), "HTTP/1.1 502", 12) != 0)
			fail_msg("%s", bad_answers[i]);
		assert_true(b.conn[0]->probe.is_lost);
		proxying_close(&m, &b);
	}
}

/* Two answers to one request: the second is nobody's. */
static void test_an_answer_too_many(void **state)
{
	struct mock m = { 0 };
	struct back b;

	proxying_open(&m, &b, "/", "");
	front_say(&m, GET_1);
	back_say(&b, 0, WELL EMPTY WELL "Content-Length: 4\r\n\r\nevil", &m);
	assert_string_equal(mock_heard(&m), WELL VIA "Content-Length: 0\r\n\r\n");
	front_say(&m, GET_1);
	assert_int_equal(b.n, 2);
	assert_non_null(strstr(back_heard(&b, 1), "GET /p "));
	proxying_close(&m, &b);
}

/* ---- a URL with a path ---- */

static void test_paths_of_urls(void **state)
{
	/* a name that resolves to nothing is never asked: the translation is looked at by what the error says of nothing else */
	struct mock m = { 0 };
	struct back b;
	char route[256];

	mock_open(&m);
	back_open(&b, &m, "a");
	snprintf(route, sizeof(route), "/u/ {strip=yes}=proxy:unix:%s", b.path);
	mock_route(&m, route);
	front_say(&m, "GET /u HTTP/1.1\r\n" HOST "\r\n");
	assert_non_null(strstr(mock_heard(&m), "Location: /u/\r\n"));
	front_say(&m, "GET /u/ HTTP/1.1\r\n" HOST "\r\n");
	assert_memory_equal(back_heard(&b, 0), "GET / HTTP/1.1\r\n", 16);
	back_say(&b, 0, "HTTP/1.1 302 Found\r\nLocation: /login?x\r\n" EMPTY, &m);
	assert_non_null(strstr(mock_heard(&m), "Location: /u/login?x\r\n"));
	proxying_close(&m, &b);
}

/* ---- routes ---- */

static void test_options(void **state)
{
	static const struct mock_refused rows[] = {
		{ "/=proxy:", "a URL or an endpoint belongs here", TWC_EUSAGE, 9 },
		{ "/=proxy", "proxy needs an argument", TWC_EUSAGE, 3 },
		{ "/=proxy:nonsense", "nonsense", TWC_EUSAGE, 9 },
		{ "/=proxy:udp:h:1", "no datagrams", TWC_EUSAGE, 9 },
		{ "/=proxy:http://u:p@h/", "has no user", TWC_EUSAGE, 9 },
		{ "/=proxy:http://h/?q", "no query", TWC_EUSAGE, 9 },
		{ "/=proxy:[tcp:a:1]tcp:b:1", "in brackets each", TWC_EUSAGE, 18 },
		{ "/=proxy:[tcp:a:1", "not closed", TWC_EUSAGE, 9 },
		{ "/ {balance=best}=proxy:tcp:a:1", "best", TWC_EUSAGE, 12 },
		{ "/ {trust=10.0.0.1/8}=proxy:tcp:a:1", "10.0.0.1/8", TWC_EUSAGE, 10 },
		{ "/ {header-up='A B'}=proxy:tcp:a:1", "'Name: value'", TWC_EUSAGE, 15 },
		{ "/ {header-up='Content-Length: 1'}=proxy:tcp:a:1", "the proxy's to say", TWC_EUSAGE, 15 },
		{ "/ {host=a/b}=proxy:tcp:a:1", "none of keep", TWC_EUSAGE, 9 },
		{ "/ {check=health}=proxy:tcp:a:1", "a path such as", TWC_EUSAGE, 10 },
		{ "/ {check-every=1s}=proxy:tcp:a:1", "without check=PATH", TWC_EUSAGE, 16 },
		{ "/ {check=/ check-status=7xx}=proxy:tcp:a:1", "write a status", TWC_EUSAGE, 25 },
		{ "/ {check=/ check-every=0}=proxy:tcp:a:1", "takes some time", TWC_EUSAGE, 24 },
		{ "/ {fails=0}=proxy:tcp:a:1", "out of range", TWC_EUSAGE, 10 },
		{ "/ {http=3}=proxy:tcp:a:1", "3", TWC_EUSAGE, 9 },
	};

	mock_refuses(rows, TWC_ARRAY_LEN(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_requests_in_pieces),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bad_chunks),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_edits_of_responses),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_an_answer_too_many),
		cmocka_unit_test(test_paths_of_urls),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, back_make_dir, back_remove_dir);
}
