/* SPDX-License-Identifier: MIT */
/* exec: and sh:, with real programs: what they answer, how they end, who waits, and what becomes of them when the client goes. */
#include "mock.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define CHUNKED(type, body) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nTransfer-Encoding: chunked\r\n\r\n" body "0\r\n\r\n"
#define PLAIN "text/plain; charset=utf-8"
#define POST(path, n, body) "POST " path " HTTP/1.1\r\nHost: h\r\nContent-Length: " #n "\r\n\r\n" body

static const struct row {
	const char *route, *in, *out;
} rows[] = {
	{ "/a=exec:echo 'a b'  c", GET("/a"), CHUNKED(PLAIN, "6\r\na b c\n\r\n") },
	{ "/a=sh:printf %s $((1+2))", GET("/a"), CHUNKED(PLAIN, "1\r\n3\r\n") },
	{ "/a=exec:cat", POST("/a", 5, "hello"), CHUNKED(PLAIN, "5\r\nhello\r\n") },
	{ "/a=exec:cat", "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", CHUNKED(PLAIN, "5\r\nhello\r\n") },
	{ "/a {type=a/b header='X: 1'}=sh:echo", GET("/a"),
	  "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\n\r\n" },
	{ "/a=exec:true", GET("/a"), TEXT(0, "") },
	{ "/a=exec:true", POST("/a", 5, "hello"), TEXT(0, "") },
	{ "/a=exec:echo x", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: " PLAIN "\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "/a/<n>/<int:k>/=sh:echo $TWC_METHOD $TWC_PATH $TWC_REST $TWC_QUERY $TWC_PARAM_N $TWC_PARAM_K $TWC_HEADER_X_A. $TWC_HEADER_PROXY. "
	  "$TWC_HEADER_X_B.",
	  "GET /a/%62/7/r?q=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nProxy: p\r\nX_B: 2\r\nx-a: 3\r\n\r\n",
	  CHUNKED(PLAIN, "22\r\nGET /a/b/7/r /r q=1 b 7 1, 3. . .\n\r\n") },
	/* without a shell nothing is expanded */
	{ "/a/<n>=exec:echo $TWC_PARAM_N `id`", GET("/a/x"), CHUNKED(PLAIN, "12\r\n$TWC_PARAM_N `id`\n\r\n") },
	/* ends */
	{ "/a=exec:false", GET("/a"), "HTTP/1.1 500 Internal Server Error\r\nContent-Type: " PLAIN "\r\nContent-Length: 26\r\n\r\n500 Internal Server Error\n" },
	{ "/a {exit=3:404,4:409}=sh:exit 3", GET("/a"), "HTTP/1.1 404 Not Found\r\nContent-Type: " PLAIN "\r\nContent-Length: 14\r\n\r\n404 Not Found\n" },
	{ "/a=sh:kill -9 $$", GET("/a"), "HTTP/1.1 500 Internal Server Error\r\nContent-Type: " PLAIN "\r\nContent-Length: 26\r\n\r\n500 Internal Server Error\n" },
	{ "/a {timeout=50ms}=exec:sleep 9", GET("/a"), "HTTP/1.1 504 Gateway Timeout\r\nContent-Type: " PLAIN "\r\nContent-Length: 20\r\n\r\n504 Gateway Timeout\n" },
};

static void test_answers(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { .is_real = true };

		mock_open(&m);
		mock_route(&m, rows[i].route);
		mock_route(&m, "/next=text:next");
		mock_say(&m, rows[i].in);
		mock_await(&m, 1);
		assert_string_equal(mock_heard(&m), rows[i].out);
		mock_say(&m, GET("/next")); /* the connection goes on */
		assert_string_equal(mock_heard(&m), TEXT(4, "next"));
		mock_close(&m);
	}
}

/* What was sent already is not the whole, and the client sees it. */
static void test_late_failures_break_the_connection(void **state)
{
	static const char *const routes[] = {
		"/a=sh:echo x; exit 1",
		"/a {timeout=100ms}=sh:echo x; exec sleep 9",
		"/a {max=2}=sh:printf xx; sleep 0.05; printf xx",
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(routes); i++) {
		struct mock m = { .is_real = true };

		mock_open(&m);
		mock_route(&m, routes[i]);
		mock_say(&m, GET("/a"));
		mock_await(&m, 1);
		assert_true(m.client.is_lost);
		assert_int_equal(m.client.reason.code, TWC_ERESET);
		assert_null(strstr(mock_heard(&m), "0\r\n\r\n"));
		mock_close(&m);
	}
}

static void test_programs_wait_their_turn(void **state)
{
	struct mock m = { .is_real = true, .o.max_exec = 1 };
	struct probe second;
	struct twc_protocol *p;

	mock_open(&m);
	mock_route(&m, "/a=exec:cat");
	mock_route(&m, "/b=exec:echo b");
	mock_route(&m, "/c {timeout=20ms}=exec:echo c");
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
	p = twc_factory_build(twc_http_server_factory(m.s), NULL);
	probe_init(&second);
	second.on_eof = mock_on_eof;
	twc_transport_pair(m.r, 0, p, &second.base);
	twc_transport_write(second.base.transport, GET("/c"), sizeof(GET("/c")) - 1);
	mock_await(&m, 1); /* its patience ends first */
	assert_non_null(strstr(second.got, "503 Service Unavailable"));
	assert_non_null(strstr(second.got, "Retry-After: 1"));
	twc_transport_write(second.base.transport, GET("/b"), sizeof(GET("/b")) - 1);
	mock_pass(&m, 0);
	mock_say(&m, "a");
	mock_await(&m, 3);
	assert_string_equal(m.log, "GET /c 503 24; POST /a 200 2; GET /b 200 2; ");
	twc_transport_abort(second.base.transport);
	mock_close(&m);
	probe_fini(&second);
}

static void test_who_waits_and_goes_is_forgotten(void **state)
{
	struct mock m = { .is_real = true, .o.max_exec = 1 };
	struct probe second;

	mock_open(&m);
	mock_route(&m, "/a=exec:cat");
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
	probe_init(&second);
	twc_transport_pair(m.r, 0, twc_factory_build(twc_http_server_factory(m.s), NULL), &second.base);
	twc_transport_write(second.base.transport, GET("/a"), sizeof(GET("/a")) - 1);
	mock_pass(&m, 0);
	twc_transport_abort(second.base.transport);
	mock_await(&m, 1);
	mock_say(&m, "a");
	mock_await(&m, 2);
	assert_string_equal(m.log, "GET /a 0 0 ERESET; POST /a 200 2; ");
	mock_close(&m);
	probe_fini(&second);
}

static pid_t heard_pid(struct mock *m)
{
	const char *at = NULL;

	for (unsigned i = 0; !at && i < 5000; i++) {
		twc_reactor_step(m->r);
		usleep(1000);
		at = m->client.got ? strstr(m->client.got, "pid ") : NULL;
	}
	assert_non_null(at);
	return (pid_t)atol(at + 4);
}

static void test_a_program_goes_with_its_client(void **state)
{
	struct mock m = { .is_real = true };
	pid_t pid;

	mock_open(&m);
	mock_route(&m, "/a=sh:echo pid $$.; exec sleep 60");
	mock_say(&m, GET("/a"));
	pid = heard_pid(&m);
	assert_int_equal(kill(pid, 0), 0);
	mock_hang_up(&m);
	for (unsigned i = 0; kill(pid, 0) == 0; i++) {
		twc_reactor_step(m.r);
		usleep(1000);
		assert_in_range(i, 0, 5000);
	}
	assert_int_equal(errno, ESRCH);
	mock_connect(&m);
	mock_close(&m);
}

/* A client that was ended ends its half, and so does one that waits; only what is written tells them apart. */
static void test_a_silent_program_goes_with_half_a_client(void **state)
{
	struct mock m = { .is_real = true };

	mock_open(&m);
	mock_route(&m, "/a=exec:sleep 60");
	mock_say(&m, GET("/a"));
	mock_pass(&m, 0);
	twc_transport_write_eof(m.client.base.transport);
	mock_await(&m, 1);
	assert_string_equal(m.log, "GET /a 0 0 ETRUNC; ");
	mock_close(&m);
	m = (struct mock){ .is_real = true };
	mock_open(&m);
	mock_route(&m, "/a=sh:sleep 0.2; echo x; sleep 2.2; echo y");
	mock_say(&m, GET("/a"));
	twc_transport_write_eof(m.client.base.transport);
	mock_await(&m, 1);
	assert_string_equal(m.log, "GET /a 200 4; ");
	mock_close(&m);
}

/* More than what the pipes and queues hold, both ways, to a client that reads late. */
static void test_large_bodies(void **state)
{
	static char block[4 * 1024 * 1024];
	struct mock m = { .is_real = true };
	size_t n;

	mock_open(&m);
	mock_route(&m, "/a=exec:cat");
	twc_transport_pause(m.client.base.transport);
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4194304\r\n\r\n");
	memset(block, 'Z', sizeof(block));
	twc_transport_write(m.client.base.transport, block, sizeof(block));
	for (unsigned i = 0; i < 100; i++) {
		twc_reactor_step(m.r);
		usleep(1000);
	}
	assert_in_range(twc_transport_queued(m.client.base.transport), 1, sizeof(block));
	twc_transport_resume(m.client.base.transport);
	mock_await(&m, 1);
	assert_string_equal(m.log, "POST /a 200 4194304; ");
	n = 0;
	for (const char *at = m.client.got; *at; at++)
		n += *at == 'Z';
	assert_int_equal(n, sizeof(block));
	mock_close(&m);
}

static const struct mock_refused refused[] = {
	{ "/a=exec:", "the command is empty", TWC_EUSAGE, 9 },
	{ "/a=exec:a 'b", "this quote is never closed", TWC_EUSAGE, 11 },
	{ "/a=exec:no-such-program-here x", "cannot run no-such-program-here: not found", TWC_ENOINPUT, 0 },
	{ "/a=exec:/dev/null", "cannot run /dev/null: ", TWC_ENOINPUT, 0 },
	{ "/a=sh: ", "the script is empty", TWC_EUSAGE, 7 },
	{ "/a {exit=3}=exec:true", "'exit': write STATUS:CODE", TWC_EUSAGE, 10 },
	{ "/a {exit=256:404}=exec:true", "'exit': ", TWC_EUSAGE, 10 },
	{ "/a {exit=1:99}=exec:true", "'exit': ", TWC_EUSAGE, 10 },
	{ "/a {timeout=0}=exec:true", "'timeout': ", TWC_EUSAGE, 13 },
	{ "/a {timeout=2h}=exec:true", "'timeout': ", TWC_EUSAGE, 13 },
	{ "/a {max=x}=exec:true", "'max': ", TWC_EUSAGE, 9 },
};

static void test_refused_routes(void **state)
{
	mock_refuses(refused, TWC_ARRAY_LEN(refused));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_late_failures_break_the_connection),
		cmocka_unit_test(test_programs_wait_their_turn),
		cmocka_unit_test(test_who_waits_and_goes_is_forgotten),
		cmocka_unit_test(test_a_program_goes_with_its_client),
		cmocka_unit_test(test_a_silent_program_goes_with_half_a_client),
		cmocka_unit_test(test_large_bodies),
		cmocka_unit_test(test_refused_routes),
	};
	signal(SIGPIPE, SIG_IGN); /* as a program that uses the library has to */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
