/* SPDX-License-Identifier: MIT */
/* Delays, rates, dripping and faults of routes, in time and by chance. */
#include "mock.h"

#define HEAD10 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "

enum end { OPEN, CLOSED, RESET };

/* Each on a connection of its own, with a request behind it that is answered only where the connection goes on. */
static const struct row {
	const char *options, *method, *out, *log;
	enum end end;
} rows[] = {
	{ "fault=reset", "GET", "", "GET /a 200 10 EABORTED; ", RESET },
	{ "fault=close-early", "GET", "", "GET /a 200 10; ", CLOSED },
	{ "fault=truncate", "GET", HEAD10 "10\r\n\r\n01234", "GET /a 200 10; ", CLOSED },
	{ "fault=truncate", "HEAD", "", "HEAD /a 200 0; ", CLOSED },
	{ "fault=wrong-length", "GET", HEAD10 "5\r\n\r\n0123456789", "GET /a 200 10; ", CLOSED },
	{ "fault=bad-chunk", "GET",
	  "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\nno chunk\r\n",
	  "GET /a 200 10; ", CLOSED },
	{ "fault=reset p=0", "GET", HEAD10 "10\r\n\r\n0123456789" TEXT(1, "b"), "GET /a 200 10; GET /b 200 1; ", OPEN },
	{ "fault=reset p=1.0", "GET", "", "GET /a 200 10 EABORTED; ", RESET },
};

static void check_row(const struct row *row)
{
	struct mock m = { 0 };
	char route[128], in[256];

	snprintf(route, sizeof(route), "/a {%s}=text:0123456789", row->options);
	snprintf(in, sizeof(in), "%s /a HTTP/1.1\r\nHost: h\r\n\r\n" GET("/b"), row->method);
	mock_open(&m);
	mock_route(&m, route);
	mock_route(&m, "/b=text:b");
	mock_say(&m, in);
	mock_pass(&m, 5 * SECOND);
	assert_string_equal(mock_heard(&m), row->out);
	assert_string_equal(m.log, row->log);
	if (row->end == RESET)
		assert_int_equal(m.client.reason.code, TWC_ERESET);
	else
		assert_int_equal(m.client.is_lost, row->end == CLOSED);
	mock_reconnect(&m); /* nobody else suffers */
	mock_say(&m, GET("/b"));
	assert_string_equal(mock_heard(&m), TEXT(1, "b"));
	mock_close(&m);
}

static void test_faults(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

static void test_bodies_in_pieces(void **state)
{
	static const struct {
		const char *fault, *out;
	} part[] = {
		{ "truncate", "Transfer-Encoding: chunked\r\n\r\n2\r\n01\r\n" },
		{ "bad-chunk", "Transfer-Encoding: chunked\r\n\r\n2\r\n01\r\nno chunk\r\n" },
		{ "wrong-length", "Content-Length: 1\r\n\r\n01234" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(part); i++) {
		struct mock m = { 0 };
		char route[64];

		snprintf(route, sizeof(route), "/a {fault=%s}=echo", part[i].fault);
		mock_open(&m);
		mock_route(&m, route);
		mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n");
		mock_say(&m, "0\r\n\r\n");
		assert_string_equal(mock_heard(&m) + 17, part[i].out);
		mock_pass(&m, 5 * SECOND);
		assert_true(m.client.is_lost);
		mock_close(&m);
	}
}

static void test_garbage_is_no_http_and_repeatable(void **state)
{
	char first[256];

	for (unsigned run = 0; run < 2; run++) {
		struct mock m = { 0 };

		mock_open(&m);
		mock_route(&m, "/a {fault=garbage seed=7}=text:x");
		mock_say(&m, GET("/a") GET("/a"));
		mock_pass(&m, 5 * SECOND);
		assert_int_equal(m.client.n, sizeof(first));
		if (run == 0)
			memcpy(first, m.client.got, sizeof(first));
		assert_memory_equal(m.client.got, first, sizeof(first));
		assert_true(m.client.is_lost);
		mock_close(&m);
	}
}

static void test_a_hanging_response_has_an_end(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	mock_route(&m, "/a {fault=hang}=text:x");
	mock_say(&m, GET("/a"));
	mock_pass(&m, 599 * SECOND);
	assert_false(m.client.is_lost);
	mock_pass(&m, 5 * SECOND);
	assert_true(m.client.is_lost);
	assert_string_equal(mock_heard(&m), "");
	mock_reconnect(&m);
	mock_say(&m, GET("/a"));
	twc_http_server_stop(m.s); /* and ends with the server */
	mock_pass(&m, 5 * SECOND);
	assert_true(m.client.is_lost);
	mock_close(&m);
}

static void test_delays(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	mock_route(&m, "/a {delay=200ms}=text:x");
	mock_route(&m, "POST /e {delay=200ms}=echo");
	mock_say(&m, GET("/a") GET("/a"));
	mock_pass(&m, 199 * MS);
	assert_string_equal(mock_heard(&m), "");
	mock_pass(&m, 1 * MS);
	assert_string_equal(mock_heard(&m), TEXT(1, "x"));
	mock_pass(&m, 200 * MS);
	assert_string_equal(mock_heard(&m), TEXT(1, "x"));
	mock_say(&m, "POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
	mock_pass(&m, 200 * MS);
	assert_string_equal(mock_heard(&m), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	mock_say(&m, GET("/a")); /* who goes before it is over is forgotten */
	mock_reconnect(&m);
	mock_pass(&m, SECOND);
	assert_string_equal(m.log, "GET /a 200 1; GET /a 200 1; POST /e 200 2; GET /a 0 0 ERESET; ");
	mock_close(&m);
}

/* Nobody waits for the end of a server because of what waits on purpose. */
static void test_waits_end_with_the_server(void **state)
{
	static const char *const routes[] = { "/a {delay=500s}=text:0123456789", "/a {drip=500s}=text:0123456789" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(routes); i++) {
		struct mock m = { 0 };

		mock_open(&m);
		mock_route(&m, routes[i]);
		mock_say(&m, GET("/a"));
		mock_pass(&m, SECOND);
		assert_null(strstr(mock_heard(&m), "0123456789"));
		twc_http_server_stop(m.s);
		mock_pass(&m, SECOND);
		assert_non_null(strstr(m.client.got ? m.client.got : "", "9"));
		assert_true(m.client.is_lost || m.client.has_eof);
		assert_string_equal(m.log, "GET /a 200 10; ");
		mock_close(&m);
	}
}

/* When each of ten requests was answered, in milliseconds. */
static void note_times(const char *route, char times[256])
{
	struct mock m = { 0 };
	size_t n = 0;

	mock_open(&m);
	mock_route(&m, route);
	times[0] = 0;
	for (unsigned i = 0; i < 10; i++) {
		unsigned ms = 0;

		mock_say(&m, GET("/a"));
		while (!m.client.n && !m.client.is_lost && ms < 200) {
			mock_pass(&m, MS);
			ms++;
		}
		n += (size_t)snprintf(times + n, 256 - n, m.client.is_lost ? "x " : "%u ", ms);
		if (m.client.is_lost)
			mock_reconnect(&m);
		mock_heard(&m);
		assert_in_range(ms, 0, 101);
	}
	mock_close(&m);
}

static void test_chance_is_repeatable(void **state)
{
	char a[256], b[256], c[256];

	note_times("/a {delay=50ms jitter=50ms p=0.5 fault=close-early seed=7}=text:x", a);
	note_times("/a {delay=50ms jitter=50ms p=0.5 fault=close-early seed=7}=text:x", b);
	note_times("/a {delay=50ms jitter=50ms p=0.5 fault=close-early seed=8}=text:x", c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_non_null(strchr(a, 'x'));
	assert_true(strspn(a, "x ") < strlen(a));
}

static void test_dripping(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	mock_route(&m, "/a {drip=1s}=text:0123456789");
	mock_route(&m, "POST /e {drip=1s}=echo");
	mock_say(&m, GET("/a") GET("/a"));
	assert_string_equal(mock_heard(&m), HEAD10 "10\r\n\r\n");
	mock_pass(&m, 550 * MS);
	assert_string_equal(mock_heard(&m), "01234");
	mock_pass(&m, 450 * MS);
	assert_string_equal(mock_heard(&m), "56789" HEAD10 "10\r\n\r\n");
	mock_pass(&m, 2 * SECOND);
	mock_heard(&m);
	mock_say(&m, "POST /e HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n");
	assert_string_equal(mock_heard(&m), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	mock_pass(&m, 300 * MS);
	assert_string_equal(mock_heard(&m), "1\r\na\r\n");
	mock_pass(&m, SECOND);
	assert_string_equal(mock_heard(&m), "1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n");
	mock_say(&m, GET("/a"));
	mock_reconnect(&m); /* in the middle of it */
	mock_say(&m, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_string_equal(mock_heard(&m), HEAD10 "10\r\n\r\n");
	mock_close(&m);
}

static void test_a_rate_lasts_as_long_as_its_response(void **state)
{
	static char route[8192], fast[8192];
	struct mock m = { 0 };

	snprintf(route, sizeof(route), "/a {rate=1000}=text:%05000d", 0);
	snprintf(fast, sizeof(fast), "/b=text:%05000d", 0);
	mock_open(&m);
	mock_route(&m, route);
	mock_route(&m, fast);
	mock_say(&m, GET("/a"));
	mock_pass(&m, 2 * SECOND);
	assert_in_range(m.client.n, 2000, 3500);
	mock_pass(&m, 10 * SECOND);
	assert_string_equal(m.log, "GET /a 200 5000; ");
	mock_heard(&m);
	mock_say(&m, GET("/b"));
	assert_in_range(m.client.n, 5000, 5200);
	mock_close(&m);
}

static const struct {
	const char *options, *text;
} refused[] = {
	{ "delay=1d", "'delay': " },	  { "delay=11m", "'delay': longer than 10 minutes" },
	{ "jitter=x", "'jitter': " },	  { "drip=-1", "'drip': " },
	{ "rate=0", "'rate': bytes a second" }, { "fault=explode", "'fault': " },
	{ "p=0.5", "say which" },	  { "fault=reset p=1.1", "from 0 to 1" },
	{ "fault=reset p=50", "from 0 to 1" }, { "fault=reset p=0.", "from 0 to 1" },
	{ "fault=reset p=", "from 0 to 1" },	  { "seed=x", "'seed': " },
};

static void test_refused_options(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	for (size_t i = 0; i < TWC_ARRAY_LEN(refused); i++) {
		struct twc_err err = { 0 };
		char route[128];

		snprintf(route, sizeof(route), "/a {%s}=text:x", refused[i].options);
		assert_int_equal(twc_http_site_route(m.site, route, NULL, &err), TWC_EUSAGE);
		if (!strstr(err.text, refused[i].text) || !err.column)
			fail_msg("%s: %s (column %d)", route, err.text, err.column);
	}
	mock_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_bodies_in_pieces),
		cmocka_unit_test(test_garbage_is_no_http_and_repeatable),
		cmocka_unit_test(test_a_hanging_response_has_an_end),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_waits_end_with_the_server),
		cmocka_unit_test(test_chance_is_repeatable),
		cmocka_unit_test(test_dripping),
		cmocka_unit_test(test_a_rate_lasts_as_long_as_its_response),
		cmocka_unit_test(test_refused_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
