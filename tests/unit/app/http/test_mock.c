/* SPDX-License-Identifier: MIT */
/* text:, json:, status:, redirect: and echo: what they answer, and what is refused when a route is added. */
#include "mock.h"

#define JSON(n, body) OK("application/json", n, body)

static const struct dialog {
	const char *route, *in, *out;
} dialogs[] = {
	{ "/a=text:hello", GET("/a"), TEXT(5, "hello") },
	{ "/a=text:", GET("/a"), TEXT(0, "") },
	{ "/a=text:a\\n\\\\", GET("/a"), TEXT(3, "a\n\\") },
	{ "/a=text:hello", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", TEXT(5, "") },
	{ "/a=text:hello", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy" GET("/a"), TEXT(5, "hello") TEXT(5, "hello") },
	{ "GET /a=text:hello", "POST /a HTTP/1.1\r\nHost: h\r\n\r\n", NULL },
	{ "/a {status=201 type=text/css}=text:x", GET("/a"), "HTTP/1.1 201 Created\r\nContent-Type: text/css\r\nContent-Length: 1\r\n\r\nx" },
	{ "/a {header='Content-Type: a/b' header='X: 1'}=text:x", GET("/a"),
	  "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nX: 1\r\nContent-Length: 1\r\n\r\nx" },
	{ "/a/<n>=text:{path.n}-{query.q}-{x}-{query", GET("/a/b%20c?p=1&q=%41+b"), TEXT(18, "b c-A b-{x}-{query") },
	{ "/a=text:[{query.q}]", GET("/a"), TEXT(2, "[]") },
	/* JSON */
	{ "/a=json:{\"a\":[1,{}]}", GET("/a"), JSON(12, "{\"a\":[1,{}]}") },
	{ "/a/<n>=json:{\"n\":\"<{path.n}>\",\"q\":{query.q}}", GET("/a/%22x?q=a%22"), JSON(23, "{\"n\":\"<\\\"x>\",\"q\":\"a\\\"\"}") },
	{ "/a/<int:n>=json:[{path.n},{query.q},\"{query.q}\"]", GET("/a/7"), JSON(11, "[7,null,\"\"]") },
	{ "/a=json:[{query.q}]", GET("/a?q=true"), JSON(6, "[true]") },
	{ "/a=json:[{query.q}]", GET("/a?q=-1.5e3"), JSON(8, "[-1.5e3]") },
	{ "/a=json:[{query.q}]", GET("/a?q=1e999"), JSON(9, "[\"1e999\"]") },
	{ "/a=json:[{query.q}]", GET("/a?q=12345678901234567890"), JSON(24, "[\"12345678901234567890\"]") },
	{ "/a=json:[{query.q}]", GET("/a?q=01"), JSON(6, "[\"01\"]") },
	{ "/a=json:[{query.q}]", GET("/a?q=1."), JSON(6, "[\"1.\"]") },
	{ "/a=json:[{query.q}]", GET("/a?q=1,2"), JSON(7, "[\"1,2\"]") },
	{ "/a=json:[{query.q}]", GET("/a?q="), JSON(4, "[\"\"]") },
	{ "/a=json:[{query.q}]", GET("/a?q=%22],[%22"), JSON(11, "[\"\\\"],[\\\"\"]") },
	/* status and redirect */
	{ "/a=status:204", GET("/a") GET("/a"), "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n" },
	{ "/a {header='Retry-After: 1'}=status:503", GET("/a"),
	  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 24\r\n\r\n"
	  "503 Service Unavailable\n" },
	{ "/a=redirect:302,/b#c", GET("/a"), "HTTP/1.1 302 Found\r\nLocation: /b#c\r\nContent-Length: 0\r\n\r\n" },
	/* echo */
	{ "/a=echo", GET("/a") GET("/b"), NULL },
	{ "/a=echo", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nhi" GET("/a"),
	  OK("a/b", 2, "hi") "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
	{ "/a=echo", "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" },
	{ "/a=echo", "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n" },
};

static void test_dialogs(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(dialogs); i++) {
		struct mock m = { 0 };

		mock_open(&m);
		mock_route(&m, dialogs[i].route);
		mock_say(&m, dialogs[i].in);
		if (dialogs[i].out)
			assert_string_equal(mock_heard(&m), dialogs[i].out);
		mock_close(&m);
	}
}

static void test_sequence(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	mock_route(&m, "/a=status:503,429,200");
	mock_say(&m, GET("/a") GET("/a") GET("/a") GET("/a"));
	assert_string_equal(m.log, "GET /a 503 24; GET /a 429 22; GET /a 200 7; GET /a 200 7; ");
	mock_close(&m);
}

/* Of a body that is seen to be too long from the first nothing is echoed: so there is still a status to be told. */
static void test_echo_of_too_much_is_refused(void **state)
{
	struct mock m = { .max_body = 10 };

	mock_open(&m);
	mock_route(&m, "/a=echo");
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n");
	assert_memory_equal(mock_heard(&m), "HTTP/1.1 413 ", 13);
	mock_close(&m);
}

/* And what was answered before is heard. */
static void test_echo_of_a_broken_body_is_refused(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	mock_route(&m, "/a=echo");
	mock_route(&m, "/b=text:b");
	mock_say(&m, GET("/b") "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhiXX0\r\n\r\n" GET("/b"));
	assert_string_equal(m.log, "GET /b 200 1; ");
	assert_non_null(strstr(mock_heard(&m), "HTTP/1.1 400 "));
	mock_close(&m);
	m = (struct mock){ 0 };
	mock_open(&m);
	mock_route(&m, "/a=echo");
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
	assert_non_null(strstr(mock_heard(&m), "2\r\nhi\r\n")); /* one that goes on does not wait */
	mock_close(&m);
}

static void test_echo_is_as_fast_as_its_client(void **state)
{
	static char block[1024 * 1024];
	struct mock m = { 0 };
	size_t n;

	mock_open(&m);
	mock_route(&m, "/a=echo");
	twc_transport_pause(m.client.base.transport);
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n");
	memset(block, 'x', sizeof(block));
	twc_transport_write(m.client.base.transport, block, sizeof(block));
	mock_pass(&m, SECOND);
	assert_in_range(twc_transport_queued(m.client.base.transport), 1, sizeof(block)); /* it was not all read */
	twc_transport_resume(m.client.base.transport);
	mock_pass(&m, SECOND);
	n = strlen(m.client.got);
	assert_in_range(n, sizeof(block), sizeof(block) + 200);
	assert_string_equal(m.log, "POST /a 200 1048576; ");
	mock_close(&m);
}

static const struct mock_refused refused[] = {
	{ "/a=text", "text needs an argument", TWC_EUSAGE, 4 },
	{ "/a=text:a\\q", "", TWC_EUSAGE, 10 },
	{ "/a=text:a{path.x}", "no variable of this name", TWC_EUSAGE, 10 },
	{ "/a/<x>=text:{path.}", "write {path.NAME}", TWC_EUSAGE, 13 },
	{ "/a=text:{query.x", "write {query.NAME}", TWC_EUSAGE, 9 },
	{ "/a {status=99}=text:x", "'status': ", TWC_EUSAGE, 12 },
	{ "/a {status=600}=text:x", "'status': ", TWC_EUSAGE, 12 },
	{ "/a {type=html}=text:x", "'type': ", TWC_EUSAGE, 10 },
	{ "/a {delai=1s}=text:x", "delay", TWC_EUSAGE, 5 },
	{ "/a=json:{\"a\":}", "", TWC_EUSAGE, 14 },
	{ "/a=json:{\"{query.x}\":{query.y}", "'}' expected", TWC_EUSAGE, 30 },
	{ "/a=json:{\"a\":1{query.y}}", "'}' expected", TWC_EUSAGE, 23 },
	{ "/a=json:{{query.y}:1}", "string or '}' expected", TWC_EUSAGE, 18 },
	{ "/a=status:", "whole number (200-599)", TWC_EUSAGE, 11 },
	{ "/a=status:200,x", "", TWC_EUSAGE, 15 },
	{ "/a=status:101", "101", TWC_EUSAGE, 11 },
	{ "/a=redirect:/b", "CODE,URL", TWC_EUSAGE, 13 },
	{ "/a=redirect:304,/b", "304", TWC_EUSAGE, 13 },
	{ "/a=redirect:302,/b c", "%20", TWC_EUSAGE, 17 },
	{ "/a=echo:x", "echo takes no argument", TWC_EUSAGE, 9 },
	{ "/a=ecko", "echo", TWC_EUSAGE, 4 },
};

static void test_refused_routes(void **state)
{
	mock_refuses(refused, TWC_ARRAY_LEN(refused));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogs),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_echo_of_too_much_is_refused),
		cmocka_unit_test(test_echo_of_a_broken_body_is_refused),
		cmocka_unit_test(test_echo_is_as_fast_as_its_client),
		cmocka_unit_test(test_refused_routes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
