/* SPDX-License-Identifier: MIT */
/* sse: of a file, of one that grows, and of standard input. */
#include "mock.h"

#include <signal.h>
#include <unistd.h>

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
#define EVENT(id, data) "10\r\nid: " id "\ndata: " data "\n\n\r\n"
#define END "0\r\n\r\n"

static char path[] = "/tmp/twc-sse-XXXXXX";

static void write_file(const char *mode, const char *text)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

static void open_with(struct mock *m, const char *options)
{
	char route[256];

	mock_open(m);
	snprintf(route, sizeof(route), "/e%s=sse:%s", options, path);
	mock_route(m, route);
	mock_route(m, "/next=text:next");
}

static void test_a_file(void **state)
{
	struct mock m = { 0 };

	write_file("w", "aa\nbb\ncc");
	open_with(&m, "");
	mock_say(&m, GET("/e") GET("/next"));
	assert_string_equal(mock_heard(&m), HEAD EVENT("1", "aa") EVENT("2", "bb") EVENT("3", "cc") END TEXT(4, "next"));
	mock_say(&m, "HEAD /e HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_string_equal(mock_heard(&m), HEAD);
	/* who comes back goes on */
	mock_say(&m, "GET /e HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 2\r\n\r\n");
	assert_string_equal(mock_heard(&m), HEAD EVENT("3", "cc") END);
	mock_say(&m, "GET /e HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 3\r\n\r\n");
	assert_string_equal(mock_heard(&m), HEAD EVENT("1", "aa") EVENT("2", "bb") EVENT("3", "cc") END);
	mock_say(&m, "GET /e HTTP/1.1\r\nHost: h\r\nLast-Event-ID: other\r\n\r\n");
	assert_string_equal(mock_heard(&m), HEAD EVENT("1", "aa") EVENT("2", "bb") EVENT("3", "cc") END);
	mock_close(&m);
}

static void test_intervals(void **state)
{
	struct mock m = { 0 };

	write_file("w", "aa\nbb\n");
	open_with(&m, " {interval=2s}");
	mock_say(&m, GET("/e"));
	assert_string_equal(mock_heard(&m), HEAD EVENT("1", "aa"));
	mock_pass(&m, 1900 * MS);
	assert_string_equal(mock_heard(&m), "");
	mock_pass(&m, 100 * MS);
	assert_string_equal(mock_heard(&m), EVENT("2", "bb"));
	mock_pass(&m, 2 * SECOND);
	assert_string_equal(mock_heard(&m), END);
	mock_close(&m);
}

static void test_a_file_that_grows(void **state)
{
	struct mock m = { 0 };

	write_file("w", "aa\nb");
	open_with(&m, " {follow=yes}");
	mock_say(&m, GET("/e"));
	assert_string_equal(mock_heard(&m), HEAD EVENT("1", "aa"));
	mock_pass(&m, 14 * SECOND);
	assert_string_equal(mock_heard(&m), "");
	mock_pass(&m, SECOND);
	assert_string_equal(mock_heard(&m), "3\r\n: \n\r\n"); /* the connection is alive */
	write_file("a", "b\n");
	mock_pass(&m, SECOND);
	assert_string_equal(mock_heard(&m), EVENT("2", "bb"));
	write_file("w", "cc\n"); /* anew */
	mock_pass(&m, SECOND);
	assert_string_equal(mock_heard(&m), EVENT("1", "cc"));
	twc_http_server_stop(m.s); /* and ends with the server */
	mock_pass(&m, SECOND);
	assert_string_equal(mock_heard(&m), END);
	mock_close(&m);
}

static void test_a_file_that_goes(void **state)
{
	struct mock m = { 0 };

	write_file("w", "aa\n");
	open_with(&m, "");
	assert_int_equal(unlink(path), 0);
	mock_say(&m, GET("/e"));
	assert_non_null(strstr(mock_heard(&m), "500 Internal Server Error"));
	write_file("w", "aa\n");
	mock_close(&m);
}

static void test_many_events_to_a_slow_client(void **state)
{
	struct mock m = { 0 };
	FILE *f = fopen(path, "w");
	size_t n = 0;

	for (unsigned i = 0; i < 100000; i++)
		fprintf(f, "Z%09u\n", i);
	fclose(f);
	open_with(&m, "");
	twc_transport_pause(m.client.base.transport);
	mock_say(&m, GET("/e"));
	mock_pass(&m, SECOND);
	assert_int_equal(m.client.n, 0);
	twc_transport_resume(m.client.base.transport);
	mock_pass(&m, 10 * SECOND);
	for (const char *at = m.client.got; (at = strchr(at, 'Z')); at++)
		n++;
	assert_int_equal(n, 100000);
	mock_close(&m);
}

static void hear(struct mock *m, const char *text)
{
	for (unsigned i = 0; !m->client.got || !strstr(m->client.got, text); i++) {
		twc_reactor_step(m->r);
		usleep(1000);
		assert_in_range(i, 0, 5000);
	}
}

static void test_standard_input(void **state)
{
	struct mock m = { .is_real = true };
	struct twc_err err = { 0 };
	int old = dup(0), fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(dup2(fd[0], 0), 0);
	close(fd[0]);
	mock_open(&m);
	mock_route(&m, "/e {format=records}=sse:-");
	assert_int_equal(twc_http_site_route(m.site, "/f=sse:-", NULL, &err), TWC_EUSAGE);
	assert_int_equal(write(fd[1], "aa\n\n", 4), 4); /* what came before is for the first client */
	mock_say(&m, GET("/e"));
	hear(&m, EVENT("1", "aa"));
	assert_int_equal(write(fd[1], "bb\n\nid: x\ndata: cc\n\n", 20), 20);
	hear(&m, EVENT("2", "bb"));
	hear(&m, "id: x");
	mock_reconnect(&m);
	mock_say(&m, "GET /e HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 2\r\n\r\n");
	hear(&m, "id: x");
	assert_null(strstr(m.client.got, "bb"));
	close(fd[1]);
	mock_await(&m, 2);
	hear(&m, END);
	mock_close(&m);
	assert_int_equal(dup2(old, 0), 0);
	close(old);
}

static const struct mock_refused refused[] = {
	{ "/a=sse:/nowhere", "(ENOENT, /nowhere)", TWC_ENOINPUT, 0 },
	{ "/a=sse:/", "not a regular file", TWC_ENOINPUT, 0 },
	{ "/a=sse:", "belongs here", TWC_EUSAGE, 8 },
	{ "/a {interval=1h}=sse:-", "'interval': longer than 10 minutes", TWC_EUSAGE, 14 },
	{ "/a {follow=x}=sse:-", "'follow': ", TWC_EUSAGE, 12 },
	{ "/a {format=x}=sse:-", "'format': ", TWC_EUSAGE, 12 },
};

static void test_refused_routes(void **state)
{
	mock_refuses(refused, TWC_ARRAY_LEN(refused));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_a_file_that_grows),
		cmocka_unit_test(test_a_file_that_goes),
		cmocka_unit_test(test_many_events_to_a_slow_client),
		cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_refused_routes),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
