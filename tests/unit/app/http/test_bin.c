/* SPDX-License-Identifier: MIT */
/* The httpbin set: what each path answers, what is refused, and what takes its time, on the fake clock. */
#include "mock.h"

#define JSON_HEAD "Content-Type: application/json; charset=utf-8\r\n"

/* ---- one request, and what must be in the answer ---- */

static const struct {
	const char *request; /* without its version, Host and end */
	int status;
	const char *part[3];
} rows[] = {
	{ "GET /", 200, { "text/html", "<a href=\"/get\">/get</a>", "/status/&#60;codes&#62;" } },
	{ "POST /", 404, { NULL } },
	{ "GET /none", 404, { NULL } },
	{ "POST /get", 405, { "Allow: GET, HEAD, OPTIONS" } },
	{ "HEAD /get", 200, { JSON_HEAD "Content-Length: " } },
	/* told back */
	{ "GET /get?b=2&a=1&b=1", 200, { "{\n  \"args\": {\n    \"a\": [\n      \"1\"\n    ],\n    \"b\": [\n      \"2\",\n      \"1\"\n    ]\n  },\n",
					  "\"method\": \"GET\"", "\"url\": \"http://h/get?b=2&a=1&b=1\"" } },
	{ "GET /get HTTP/1.1\r\nx-api-KEY: \"\xff\"\r\nX-Api-Key: 2", 200, { "\"X-Api-Key\": [\n      \"\\\"\\ufffd\\\"\",\n      \"2\"\n    ]" } },
	{ "GET /get HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7, ::1\r\nX-Forwarded-Proto: https", 200,
	  { "\"origin\": \"192.0.2.7\"", "\"url\": \"https://h/get\"" } },
	{ "GET /anything/a%20b", 200, { "\"data\": \"\"", "\"files\": {},\n  \"form\": {},\n  \"json\": null", "/anything/a%20b\"" } },
	{ "GET /headers", 200, { "{\n  \"headers\": {\n    \"Host\": [\n      \"h\"\n    ]\n  }\n}\n" } },
	{ "GET /ip HTTP/1.1\r\nX-Forwarded-For: a", 200, { "\r\n\r\n{\n  \"origin\": \"a\"\n}\n" } },
	{ "GET /user-agent HTTP/1.1\r\nUser-Agent: me", 200, { "\r\n\r\n{\n  \"user-agent\": \"me\"\n}\n" } },
	{ "GET /user-agent", 200, { "\"user-agent\": \"\"" } },
	{ "GET /gzip", 200, { "Content-Encoding: gzip\r\n", "\x1f\x8b" } },
	{ "GET /deflate", 200, { "Content-Encoding: deflate\r\n" } },
	{ "GET /dump/request HTTP/1.1\r\nx-a:  1 ", 200, { "\r\n\r\nGET /dump/request HTTP/1.1\r\nx-a: 1\r\nHost: h\r\n\r\n" } },
	{ "GET /trailers?a=1&B=2", 200, { "Trailer: a\r\nTrailer: B\r\nTransfer-Encoding: chunked", "\r\n0\r\na: 1\r\nB: 2\r\n\r\n" } },
	{ "GET /trailers?trailer=1", 400, { "not fit" } },
	{ "GET /trailers?a=1%0d%0ab", 400, { NULL } },
	/* status */
	{ "GET /status/503", 503, { "Content-Length: 0\r\n" } },
	{ "GET /status/301", 301, { "Location: /redirect/1\r\n" } },
	{ "GET /status/401", 401, { "WWW-Authenticate: Basic realm=\"twc\"\r\n" } },
	{ "GET /status/418", 418, { "I'm a teapot!" } },
	{ "GET /status/200:0,404:1.5,500:0", 404, { NULL } },
	{ "GET /status/200:0", 200, { NULL } },
	{ "GET /status/204", 204, { NULL } },
	{ "GET /status/199", 400, { "199 is out of range" } },
	{ "GET /status/600", 400, { NULL } },
	{ "GET /status/200,", 400, { NULL } },
	{ "GET /status/200:x", 400, { "a weight is a number" } },
	{ "GET /status/200:1e9", 400, { NULL } },
	{ "GET /status/200:-1", 400, { NULL } },
	{ "GET /status/200:.", 400, { NULL } },
	{ "GET /status/200?seed=x", 400, { "seed: " } },
	{ "GET /unstable?failure_rate=0", 200, { NULL } },
	{ "GET /unstable?failure_rate=1", 500, { NULL } },
	{ "GET /unstable?failure_rate=1.01", 400, { "failure_rate" } },
	{ "GET /delay/x", 400, { NULL } },
	{ "GET /delay/10.001", 400, { "longer than 10s" } },
	{ "GET /delay/0", 200, { "\"url\": \"http://h/delay/0\"" } },
	{ "GET /response-headers?X=1&X=2", 200, { "X: 1\r\nX: 2\r\n" JSON_HEAD, "\"X\": [\n    \"1\",\n    \"2\"\n  ]" } },
	{ "GET /response-headers?Content-Type=text/html&X=%3Cb%3E", 200, { "X: <b>\r\n", "\"&#60;b&#62;\"" } },
	{ "GET /response-headers?content-type=text/html&X=%3Cb%3E", 200, { "content-type: text/html\r\n", "\"&#60;b&#62;\"" } },
	{ "GET /response-headers?Content-Type=text/plain&Content-Type=text/html&X=%3Cb%3E", 200, { "\"&#60;b&#62;\"" } },
	{ "GET /response-headers?Content-Type=text/plain,text/html&X=%3Cb%3E", 200, { "\"&#60;b&#62;\"" } },
	{ "GET /response-headers?Content-Type=text/plain;charset=x&X=%3Cb%3E", 200, { "\"<b>\"" } },
	{ "GET /response-headers?Content-Type=&X=%3Cb%3E", 200, { "\"&#60;b&#62;\"" } },
	{ "GET /response-headers?a%20b=1", 400, { NULL } },
	{ "GET /response-headers?a=%00", 400, { NULL } },
	/* redirections */
	{ "GET /redirect/1", 302, { "Location: /get\r\n" } },
	{ "GET /redirect/3", 302, { "Location: /relative-redirect/2\r\n" } },
	{ "GET /redirect/3?absolute=True", 302, { "Location: http://h/absolute-redirect/2\r\n" } },
	{ "GET /absolute-redirect/1", 302, { "Location: http://h/get\r\n" } },
	{ "GET /redirect/0", 400, { NULL } },
	{ "GET /redirect/1001", 400, { NULL } },
	{ "POST /redirect-to?url=http://x/y%3Fz&status_code=308", 308, { "Location: http://x/y?z\r\n" } },
	{ "GET /redirect-to", 400, { "url: missing" } },
	{ "GET /redirect-to?url=relative", 400, { NULL } },
	{ "GET /redirect-to?url=/a%0d%0ab", 400, { NULL } },
	{ "GET /redirect-to?url=/a%20b", 400, { NULL } },
	{ "GET /redirect-to?url=/a&status_code=200", 400, { "status_code: " } },
	{ "GET /links/2", 302, { "Location: /links/2/0\r\n" } },
	{ "GET /links/2/0", 200, { "\n0\n<a href=\"/links/2/1\">1</a>\n" } },
	{ "GET /links/257/0", 400, { NULL } },
	/* cookies */
	{ "GET /cookies HTTP/1.1\r\nCookie: a=1; b=\"2\"; a=3\r\nCookie: c=", 200,
	  { "{\n  \"cookies\": {\n    \"a\": \"1\",\n    \"b\": \"\\\"2\\\"\",\n    \"c\": \"\"\n  }\n}\n" } },
	{ "GET /cookies/set?a=1", 302, { "Set-Cookie: a=1; Path=/; HttpOnly\r\nLocation: /cookies\r\n" } },
	{ "GET /cookies/set?a=1 HTTP/1.1\r\nX-Forwarded-Proto: https", 302, { "; HttpOnly; Secure\r\n" } },
	{ "GET /cookies/set?a=1%3b", 400, { NULL } },
	{ "GET /cookies/delete?a", 302, { "Set-Cookie: a=; Path=/; Max-Age=0; " } },
	/* logins; dTpw is u:p */
	{ "GET /basic-auth/u/p", 401, { "WWW-Authenticate: Basic ", "\"authenticated\": false" } },
	{ "GET /basic-auth/u/p HTTP/1.1\r\nAuthorization: Basic dTpw", 200, { "\"authenticated\": true,\n  \"user\": \"u\",\n  \"authorized\": true" } },
	{ "GET /basic-auth/u/q HTTP/1.1\r\nAuthorization: Basic dTpw", 401, { "\"user\": \"u\"" } },
	{ "GET /hidden-basic-auth/u/q HTTP/1.1\r\nAuthorization: Basic dTpw", 404, { NULL } },
	{ "GET /hidden-basic-auth/u/p HTTP/1.1\r\nAuthorization: Basic dTpw", 200, { NULL } },
	{ "GET /bearer", 401, { "WWW-Authenticate: Bearer\r\n" } },
	{ "GET /bearer HTTP/1.1\r\nAuthorization: bearer t", 200, { "\"token\": \"t\"" } },
	{ "GET /digest-auth/auth/u/p", 401, { "WWW-Authenticate: Digest realm=\"twc\", qop=\"auth\", algorithm=MD5, " } },
	{ "GET /digest-auth/auth/u/p/sha-256", 401, { "algorithm=SHA-256, " } },
	{ "GET /digest-auth/auth-int/u/p", 400, { NULL } },
	{ "GET /digest-auth/auth/u/p/CRC", 400, { NULL } },
	/* data */
	{ "GET /base64/aGVsbG8=", 200, { "text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello" } },
	{ "GET /base64/decode/Pz8_", 200, { "\r\n\r\n?\?\?" } },
	{ "GET /base64/encode/hell", 200, { "\r\n\r\naGVsbA==" } },
	{ "GET /base64/!", 400, { "not base64" } },
	{ "GET /base64/PGI-?content-type=image/svg%2Bxml", 200, { "Content-Type: image/svg+xml\r\n", "&#60;b&#62;" } },
	{ "GET /base64/PGI-?content-type=text/plain,text/html", 200, { "&#60;b&#62;" } },
	{ "GET /base64/PGI-?content-type=Text/Plain%20;a=b", 200, { "\r\n\r\n<b>" } },
	{ "GET /base64/PGI-?content-type=a%0ab", 400, { NULL } },
	{ "GET /uuid", 200, { "{\n  \"uuid\": \"" } },
	{ "GET /cache", 200, { "Last-Modified: ", "ETag: \"" } },
	{ "GET /cache HTTP/1.1\r\nIf-Modified-Since: x", 304, { NULL } },
	{ "GET /cache/60", 200, { "Cache-Control: public, max-age=60\r\n" } },
	{ "GET /cache/-1", 400, { NULL } },
	{ "GET /etag/a", 200, { "ETag: \"a\"\r\n" JSON_HEAD } },
	{ "GET /etag/a HTTP/1.1\r\nIf-None-Match: \"b\", W/\"a\"", 304, { "ETag: \"a\"\r\n" } },
	{ "GET /etag/a HTTP/1.1\r\nIf-Match: \"b\"", 412, { NULL } },
	{ "PUT /etag/a HTTP/1.1\r\nIf-None-Match: *", 412, { NULL } },
	{ "GET /etag/a%22b", 400, { NULL } },
	/* lengths */
	{ "GET /bytes/0", 200, { "Content-Length: 0\r\n" } },
	{ "GET /bytes/1048577", 400, { NULL } },
	{ "GET /bytes/9?seed=-1", 400, { NULL } },
	{ "GET /stream-bytes/0", 200, { "\r\n\r\n0\r\n\r\n" } },
	{ "GET /stream-bytes/5?chunk_size=2&seed=7", 200, { "chunked\r\n\r\n2\r\n", "\r\n0\r\n\r\n" } },
	{ "GET /stream-bytes/5?chunk_size=0", 400, { "chunk_size" } },
	{ "GET /range/28", 200, { "ETag: \"range28\"\r\nAccept-Ranges: bytes\r\n", "\r\n\r\nabcdefghijklmnopqrstuvwxyzab" } },
	{ "GET /range/28 HTTP/1.1\r\nRange: bytes=25-26", 206, { "Content-Range: bytes 25-26/28\r\nContent-Length: 2\r\n\r\nza" } },
	{ "GET /range/28 HTTP/1.1\r\nRange: bytes=0-0,-1", 206, { "bytes 0-0/28\r\n\r\na\r\n", "bytes 27-27/28\r\n\r\nb\r\n" } },
	{ "GET /range/28 HTTP/1.1\r\nRange: bytes=28-", 416, { "Content-Range: bytes */28\r\n" } },
	{ "GET /range/28 HTTP/1.1\r\nRange: bytes=1-1\r\nIf-Range: \"x\"", 200, { NULL } },
	{ "GET /range/28 HTTP/1.1\r\nIf-None-Match: \"range28\"", 304, { NULL } },
	{ "GET /range/0", 400, { NULL } },
	{ "GET /stream/2", 200, { "{\"id\":0,\"args\":{},", "{\"id\":1,\"args\":{},", "\"url\":\"http://h/stream/2\"}\n" } },
	{ "GET /stream/x", 400, { NULL } },
	{ "GET /drip?delay=6&duration=6", 400, { NULL } },
	{ "GET /drip?numbytes=0", 400, { NULL } },
	{ "GET /drip?numbytes=3&delay=0&duration=0&code=404", 404, { "Content-Length: 3\r\n\r\n***" } },
	{ "HEAD /drip?delay=0", 200, { "Content-Length: 10\r\n\r\n" } },
	{ "GET /sse?count=0", 400, { NULL } },
	{ "GET /sse?count=20001", 400, { NULL } },
	{ "GET /sse?duration=0&count=2", 200, { "Content-Type: text/event-stream", "event: ping\ndata: {\"id\":0,", "event: ping\ndata: {\"id\":1," } },
	/* samples */
	{ "GET /json", 200, { "\"title\": \"Sample Slide Show\"" } },
	{ "GET /xml", 200, { "Content-Type: application/xml\r\n", "<?xml " } },
	{ "GET /html", 200, { "<h1>Herman Melville - Moby-Dick</h1>" } },
	{ "GET /encoding/utf8", 200, { "∀x∈ℝ" } },
	{ "GET /robots.txt", 200, { "Disallow: /deny\n" } },
	{ "GET /deny", 200, { NULL } },
	{ "GET /image", 200, { "Content-Type: image/png\r\n" } },
	{ "GET /image HTTP/1.1\r\nAccept: image/jpeg, image/svg+xml;q=0.5", 200, { "Content-Type: image/jpeg\r\n" } },
	{ "GET /image HTTP/1.1\r\nAccept: text/html", 406, { NULL } },
	{ "GET /image/webp", 200, { "Content-Type: image/webp\r\n", "RIFF" } },
	{ "GET /image/gif", 404, { NULL } },
};

static void say_request(struct mock *m, const char *request)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s\r\nHost: h\r\n\r\n", request, strchr(request, '\r') ? "" : " HTTP/1.1");
	mock_say(m, text);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { 0 };
		char status[32];
		const char *out;

		mock_open(&m);
		mock_route(&m, "/=bin");
		say_request(&m, rows[i].request);
		out = mock_heard(&m);
		snprintf(status, sizeof(status), "HTTP/1.1 %d ", rows[i].status);
		if (strncmp(out, status, strlen(status)) != 0)
			fail_msg("%s: %s", rows[i].request, out);
		for (size_t k = 0; k < TWC_ARRAY_LEN(rows[i].part) && rows[i].part[k]; k++)
			if (!strstr(out, rows[i].part[k]))
				fail_msg("%s: no '%s' in %s", rows[i].request, rows[i].part[k], out);
		assert_int_equal(m.client.is_lost, 0);
		mock_close(&m);
	}
}

/* Below a prefix all that leads somewhere leads there. */
static void test_prefix(void **state)
{
	static const struct {
		const char *request, *part;
	} below[] = {
		{ "GET /a%20b/x/redirect/2", "Location: /a%20b/x/relative-redirect/1\r\n" },
		{ "GET /a%20b/x/absolute-redirect/1", "Location: http://h/a%20b/x/get\r\n" },
		{ "GET /a%20b/x/cookies/set?a=b", "Location: /a%20b/x/cookies\r\n" },
		{ "GET /a%20b/x/status/302", "Location: /a%20b/x/redirect/1\r\n" },
		{ "GET /a%20b/x/links/2/0", "href=\"/a%20b/x/links/2/1\"" },
		{ "GET /a%20b/x/robots.txt", "Disallow: /a%20b/x/deny\n" },
		{ "GET /a%20b/x/", "<a href=\"/a%20b/x/get\">" },
		{ "GET /a%20b/x", "Location: /a%20b/x/\r\n" },
		{ "GET /%22/x/redirect/1", "Location: /%22/x/get\r\n" },
	};
	struct mock m = { 0 };

	mock_open(&m);
	mock_route(&m, "/<name>/x/=bin");
	for (size_t i = 0; i < TWC_ARRAY_LEN(below); i++) {
		const char *out;

		say_request(&m, below[i].request);
		out = mock_heard(&m);
		if (!strstr(out, below[i].part))
			fail_msg("%s: %s", below[i].request, out);
	}
	mock_close(&m);
}

/* ---- bodies ---- */

static const struct {
	const char *type, *body;
	int status;
	const char *part[3];
} bodies[] = {
	{ "text/plain", "a\"b", 200, { "\"data\": \"a\\\"b\"", "\"form\": {}" } },
	{ "Text/HTML; charset=x", "<b>", 200, { "\"data\": \"<b>\"" } },
	{ "application/x-www-form-urlencoded", "b=1&a=+&b=%20", 200,
	  { "\"data\": \"b=1&a=+&b=%20\"", "\"form\": {\n    \"a\": [\n      \" \"\n    ],\n    \"b\": [\n      \"1\",\n      \" \"\n    ]\n  }" } },
	{ "application/json", " {\"a\": [1e400, 12345678901234567890]}", 400, { "not JSON" } },
	{ "application/json", "{\"a\":[12345678901234567890,1.0]}", 200, { "\"json\": {\n    \"a\": [\n      12345678901234567890,\n      1.0\n" } },
	{ "application/json", "{", 400, { "not what its Content-Type says" } },
	{ "image/x; a=b", "\x01\xff", 200, { "\"data\": \"data:image/x;base64,Af8=\"" } },
	{ "", "x", 200, { "\"data\": \"data:application/octet-stream;base64,eA==\"" } },
	{ "multipart/form-data; boundary=x",
	  "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\none\r\n"
	  "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ntwo\r\n--x--\r\n",
	  200, { "\"files\": {\n    \"f\": [\n      \"one\"\n", "\"form\": {\n    \"a\": [\n      \"two\"\n" } },
	{ "multipart/form-data; boundary=x", "--x\r\n", 400, { NULL } },
	{ "multipart/form-data", "--x\r\n", 400, { NULL } },
};

static void test_bodies(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(bodies); i++) {
		struct mock m = { 0 };
		char text[1024], status[32];
		const char *out;

		mock_open(&m);
		mock_route(&m, "/=bin");
		snprintf(text, sizeof(text), "POST /post HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
			 bodies[i].type, strlen(bodies[i].body), bodies[i].body);
		mock_say(&m, text);
		out = mock_heard(&m);
		snprintf(status, sizeof(status), "HTTP/1.1 %d ", bodies[i].status);
		if (strncmp(out, status, strlen(status)) != 0)
			fail_msg("%s: %s", bodies[i].body, out);
		for (size_t k = 0; k < TWC_ARRAY_LEN(bodies[i].part) && bodies[i].part[k]; k++)
			if (!strstr(out, bodies[i].part[k]))
				fail_msg("%s: no '%s' in %s", bodies[i].body, bodies[i].part[k], out);
		mock_close(&m);
	}
}

/* `n` times the unit as the body of a POST; returns the status. */
static int post_many(const char *type, const char *unit, size_t n, size_t *answered)
{
	size_t len = strlen(unit);
	struct mock m = { 0 };
	char head[256];
	int status;

	mock_open(&m);
	mock_route(&m, "/=bin");
	snprintf(head, sizeof(head), "POST /post HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", type, n * len);
	mock_say(&m, head);
	for (size_t i = 0; i < n && !m.client.is_lost; i++) /* what was announced may be refused at once */
		twc_transport_write(m.client.base.transport, unit, len);
	mock_pass(&m, 0);
	assert_non_null(m.client.got);
	status = atoi(m.client.got + 9);
	*answered = m.client.n;
	mock_close(&m);
	return status;
}

static void test_limits(void **state)
{
	size_t n;

	assert_int_equal(post_many("text/plain", "0123456789abcdef", 65536, &n), 200);
	assert_true(n > 1024 * 1024);
	assert_int_equal(post_many("text/plain", "0123456789abcdef", 65537, &n), 413);
	assert_int_equal(post_many("application/x-www-form-urlencoded", "a=1&", 10000, &n), 200);
	assert_int_equal(post_many("application/x-www-form-urlencoded", "a=1&", 10001, &n), 413);
	assert_int_equal(post_many("application/x-www-form-urlencoded", "%01&", 10000, &n), 200);
}

/* Blanks for its depth would make of each number more than a thousand bytes: it stays as it is. */
static void test_deep(void **state)
{
	static char json[200000];
	size_t n = 0;
	struct mock m = { 0 };
	char head[256];

	for (int i = 0; i < 400; i++)
		json[n++] = '[';
	while (n < sizeof(json) - 402) {
		json[n++] = '1';
		json[n++] = ',';
	}
	json[n++] = '1';
	for (int i = 0; i < 400; i++)
		json[n++] = ']';
	mock_open(&m);
	mock_route(&m, "/=bin");
	snprintf(head, sizeof(head), "POST /post HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", n);
	mock_say(&m, head);
	twc_transport_write(m.client.base.transport, json, n);
	mock_pass(&m, 0);
	assert_memory_equal(m.client.got, "HTTP/1.1 200 ", 13);
	assert_true(m.client.n > 2 * n && m.client.n < 3 * n);
	assert_non_null(strstr(m.client.got, "\"json\":[[["));
	mock_close(&m);
}

/* ---- time ---- */

static void test_time(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	mock_route(&m, "/=bin");
	say_request(&m, "GET /delay/2");
	mock_pass(&m, 2 * SECOND - 1);
	assert_string_equal(mock_heard(&m), "");
	mock_pass(&m, 1);
	assert_non_null(strstr(mock_heard(&m), "\"url\""));

	say_request(&m, "GET /drip?numbytes=3&delay=1&duration=2");
	mock_pass(&m, SECOND - 1);
	assert_string_equal(mock_heard(&m), "");
	mock_pass(&m, 1);
	assert_non_null(strstr(mock_heard(&m), "Content-Length: 3\r\n\r\n*"));
	mock_pass(&m, SECOND - 1);
	assert_string_equal(mock_heard(&m), "");
	mock_pass(&m, 1);
	assert_string_equal(mock_heard(&m), "*");
	mock_pass(&m, SECOND);
	assert_string_equal(mock_heard(&m), "*");

	/* far more of them than ticks: still all of them, and in time */
	say_request(&m, "GET /drip?numbytes=1000000&delay=0&duration=1");
	mock_pass(&m, SECOND / 2);
	assert_in_range(m.client.n, 500000, 500400);
	mock_pass(&m, SECOND / 2);
	assert_in_range(m.client.n, 1000000, 1000400);
	mock_reconnect(&m);

	say_request(&m, "GET /range/26?duration=1");
	mock_pass(&m, SECOND);
	assert_non_null(strstr(mock_heard(&m), "\r\n\r\nabcdefghijklmnopqrstuvwxyz"));
	assert_int_equal(m.client.is_lost, 0);
	mock_close(&m);
}

/* The client goes at any point. */
static void test_gone(void **state)
{
	static const char *const slow[] = { "GET /delay/5", "GET /drip?delay=5", "GET /drip?delay=0&duration=5", "GET /sse",
					    "GET /range/9?duration=5", "GET /stream-bytes/1000000" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(slow); i++) {
		struct mock m = { 0 };

		mock_open(&m);
		mock_route(&m, "/=bin");
		say_request(&m, slow[i]);
		mock_pass(&m, SECOND);
		mock_reconnect(&m);
		mock_pass(&m, 20 * SECOND);
		say_request(&m, "GET /ip");
		assert_non_null(strstr(mock_heard(&m), "origin"));
		mock_close(&m);
	}
}

/* No more is made than the client takes. */
static void test_full(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	mock_route(&m, "/=bin");
	twc_transport_pause(m.client.base.transport);
	say_request(&m, "GET /stream-bytes/1048576?chunk_size=1");
	mock_pass(&m, SECOND);
	assert_int_equal(m.client.n, 0);
	twc_transport_resume(m.client.base.transport);
	mock_pass(&m, SECOND);
	assert_in_range(m.client.n, 6 * 1048576, 6 * 1048576 + 1000);
	assert_memory_equal(m.client.got + m.client.n - 5, "0\r\n\r\n", 5);
	mock_close(&m);
}

/* ---- chance ---- */

static void ask_chance(uint64_t seed, const char *path, char *out, size_t cap)
{
	struct mock m = { .o.seed = seed };

	mock_open(&m);
	mock_route(&m, "/=bin");
	out[0] = '\0';
	for (int i = 0; i < 20; i++) {
		say_request(&m, path);
		snprintf(out + strlen(out), cap - strlen(out), "%.3s ", mock_heard(&m) + 9);
	}
	mock_close(&m);
}

static void test_chance(void **state)
{
	char a[128], b[128];

	ask_chance(7, "GET /status/200,500", a, sizeof(a));
	ask_chance(7, "GET /status/200,500", b, sizeof(b));
	assert_string_equal(a, b);
	assert_non_null(strstr(a, "200"));
	assert_non_null(strstr(a, "500"));
	ask_chance(8, "GET /status/200,500", b, sizeof(b));
	assert_string_not_equal(a, b);
	/* a request's own seed says it all */
	ask_chance(7, "GET /unstable?seed=3", a, sizeof(a));
	assert_true(!strstr(a, "200") != !strstr(a, "500"));
	ask_chance(8, "GET /unstable?seed=3", b, sizeof(b));
	assert_string_equal(a, b);
}

static void test_refused(void **state)
{
	struct mock m = { 0 };
	struct twc_err err = { 0 };

	mock_open(&m);
	assert_int_equal(twc_http_site_route(m.site, "GET /x=bin", NULL, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "the path of bin ends in '/', for all that is below it: /x/");
	assert_int_equal(err.column, 5);
	assert_int_equal(twc_http_site_route(m.site, "/=bin:x", NULL, &err), TWC_EUSAGE);
	mock_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_prefix), cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_deep),   cmocka_unit_test(test_time),
		cmocka_unit_test(test_gone),   cmocka_unit_test(test_full),   cmocka_unit_test(test_chance),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
