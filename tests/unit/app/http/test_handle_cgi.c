/* SPDX-License-Identifier: MIT */
/* cgi: with scripts of a shell: what they are told, what their answers become, and what is refused. */
#include "mock.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/twc-cgi-XXXXXX";

static const struct {
	const char *name, *text;
	mode_t mode;
} scripts[] = {
	{ "env", "echo Content-Type: text/plain; echo; env", 0755 },
	{ "vars", "echo X: 1; echo; echo \"$REQUEST_METHOD,$SCRIPT_NAME,$PATH_INFO,$QUERY_STRING,$CONTENT_LENGTH,$CONTENT_TYPE,$#,$(cat)\"", 0755 },
	{ "404", "printf 'Status: 404 Not Found\\r\\nContent-Length: 2\\r\\n\\r\\nabcd'", 0755 },
	{ "short", "printf 'Content-Length: 5\\n\\nabcd'", 0755 },
	{ "there", "printf 'Location: http://other/\\n\\n'", 0755 },
	{ "local", "printf 'Location: /cgi/vars/x?y\\n\\n'", 0755 },
	{ "capture", "printf 'Location: /capture?y\\n\\n'", 0755 },
	{ "broken", "printf 'Location: /broken\\n\\n'", 0755 },
	{ "round", "printf 'Location: /cgi/round\\n\\n'", 0755 },
	{ "bad", "echo no field; echo; sleep 30", 0755 },
	{ "none", "true", 0755 },
	{ "dies", "echo X: 1; echo; kill -9 $$", 0755 },
	{ "fails", "exit 1", 0755 },
	{ "where", "echo X: 1; echo; pwd", 0755 },
	{ "closed", "echo", 0644 },
	{ "nph-x", "echo", 0755 },
	{ ".hidden", "echo X: 1; echo", 0755 },
};

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int write_scripts(void **state)
{
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < TWC_ARRAY_LEN(scripts); i++) {
		FILE *f = fopen(path_of(scripts[i].name), "w");

		assert_non_null(f);
		fprintf(f, "#!/bin/sh\n%s\n", scripts[i].text);
		fclose(f);
		assert_int_equal(chmod(path_of(scripts[i].name), scripts[i].mode), 0);
	}
	return symlink("env", path_of("link"));
}

static int remove_scripts(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(scripts); i++)
		unlink(path_of(scripts[i].name));
	unlink(path_of("link"));
	return rmdir(dir);
}

#define REQUEST(line) line " HTTP/1.1\r\nHost: h:8\r\n\r\n"

/* Answers, or a part of them behind '*'. */
static const struct row {
	const char *in, *out;
} rows[] = {
	{ REQUEST("GET /cgi/vars/a%20b/c?d=1+2"),
	  "HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nGET,/cgi/vars,/a b/c,d=1+2,,,0,\n\r\n0\r\n\r\n" },
	{ REQUEST("GET /cgi/vars?a+b"), "*GET,/cgi/vars,,a+b,,,0,\n" },
	{ REQUEST("GET /cgi/vars/"), "*GET,/cgi/vars,/,,,,0,\n" },
	{ REQUEST("GET /one/x"), "*GET,/one,/x,,,,0,\n" },
	{ "POST /cgi/vars HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nhi", "*POST,/cgi/vars,,,2,a/b,0,hi\n" },
	{ "POST /cgi/vars HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "*HTTP/1.1 411 " },
	{ REQUEST("GET /cgi/404"), "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nab" },
	{ REQUEST("GET /cgi/there"), "HTTP/1.1 302 Found\r\nLocation: http://other/\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
	{ REQUEST("GET /cgi/local"), "*GET,/cgi/vars,/x,y,,,0,\n" },
	{ "POST /cgi/local HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", "*GET,/cgi/vars,/x,y,,,0,\n" },
	{ REQUEST("HEAD /cgi/local"), "HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "POST /cgi/capture HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
	{ REQUEST("GET /slow/broken"), TEXT(4, "fine") }, /* one fate a request */
	{ REQUEST("GET /cgi/round"), "*HTTP/1.1 502 " },
	{ REQUEST("GET /cgi/bad"), "*HTTP/1.1 502 " },
	{ REQUEST("GET /cgi/none"), "*HTTP/1.1 502 " },
	{ REQUEST("GET /cgi/fails"), "*HTTP/1.1 500 " },
	{ REQUEST("GET /cgi/where"), "*/tmp/twc-cgi-" },
	{ REQUEST("GET /cgi/closed"), "*HTTP/1.1 403 " },
	{ REQUEST("GET /cgi/nph-x"), "*HTTP/1.1 501 " },
	{ REQUEST("GET /cgi/.hidden"), "*HTTP/1.1 404 " },
	{ REQUEST("GET /cgi/link"), "*HTTP/1.1 404 " },
	{ REQUEST("GET /cgi/nothing"), "*HTTP/1.1 404 " },
	{ REQUEST("GET /cgi/"), "*HTTP/1.1 404 " },
	{ REQUEST("GET /cgi//env"), "*HTTP/1.1 404 " },
};

static void open_site(struct mock *m)
{
	char route[512];

	mock_open(m);
	snprintf(route, sizeof(route), "/cgi/=cgi:%s", dir);
	mock_route(m, route);
	snprintf(route, sizeof(route), "/one/=cgi:%s/vars", dir);
	mock_route(m, route);
	mock_route(m, "/capture=capture:-");
	mock_route(m, "/next=text:next");
	snprintf(route, sizeof(route), "/slow/ {delay=1ms}=cgi:%s", dir);
	mock_route(m, route);
	mock_route(m, "/broken {fault=reset}=text:fine");
}

static void test_answers(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { .is_real = true };
		const char *out;

		open_site(&m);
		mock_say(&m, rows[i].in);
		mock_await(&m, 1);
		out = mock_heard(&m);
		if (rows[i].out[0] == '*' ? !strstr(out, rows[i].out + 1) : strcmp(out, rows[i].out) != 0)
			fail_msg("%s:\n%s\nnot\n%s", rows[i].in, out, rows[i].out);
		mock_say(&m, REQUEST("GET /next"));
		assert_string_equal(mock_heard(&m), TEXT(4, "next"));
		mock_close(&m);
	}
}

static void test_what_is_sent_on_has_no_body(void **state)
{
	struct mock m = { .is_real = true };

	open_site(&m);
	mock_say(&m, "POST /cgi/capture HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
	mock_await(&m, 1);
	assert_int_equal(m.lines, 1);
	assert_non_null(strstr(m.line, "\"method\":\"GET\",\"target\":\"/capture?y\",\"path\":\"/capture\",\"query\":[[\"y\",null]]"));
	assert_non_null(strstr(m.line, "\"body\":\"\""));
	mock_close(&m);
}

static void test_half_answers_break_the_connection(void **state)
{
	static const char *const in[] = { REQUEST("GET /cgi/short"), REQUEST("GET /cgi/dies") };

	for (size_t i = 0; i < TWC_ARRAY_LEN(in); i++) {
		struct mock m = { .is_real = true };

		open_site(&m);
		mock_say(&m, in[i]);
		mock_await(&m, 1);
		assert_int_equal(m.client.reason.code, TWC_ERESET);
		mock_close(&m);
	}
}

/* Nothing of ours is in it but a few names, and of the client's fields none that could pass for something else. */
static void test_environment(void **state)
{
	static const char *const wanted[] = { "\nGATEWAY_INTERFACE=CGI/1.1\n", "\nSERVER_NAME=h\n", "\nSERVER_PORT=8\n", "\nSERVER_PROTOCOL=HTTP/1.1\n",
					      "\nHTTP_X_A=1, 2\n", "\nHTTP_COOKIE=a=1; b=2\n", "\nREQUEST_URI=/cgi/env?q\n", "\nSCRIPT_FILENAME=/tmp/twc-cgi-",
					      "\nREMOTE_ADDR=\n", "\nHTTP_HOST=h:8\n" };
	static const char *const unwanted[] = { "HTTP_PROXY", "HTTP_X_B", "HTTP_AUTHORIZATION", "TWC_SECRET", "HTTP_CONNECTION", "HTTPS" };
	struct mock m = { .is_real = true };
	const char *out;

	setenv("TWC_SECRET", "x", 1);
	setenv("PATH", getenv("PATH") ? getenv("PATH") : "/bin", 1);
	open_site(&m);
	mock_say(&m, "GET /cgi/env?q HTTP/1.1\r\nHost: h:8\r\nProxy: p\r\nX-A: 1\r\nX_B: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\n"
		     "Authorization: Basic eA==\r\nConnection: x\r\n\r\n");
	mock_await(&m, 1);
	out = mock_heard(&m);
	for (size_t i = 0; i < TWC_ARRAY_LEN(wanted); i++)
		if (!strstr(out, wanted[i]))
			fail_msg("no %s in %s", wanted[i], out);
	for (size_t i = 0; i < TWC_ARRAY_LEN(unwanted); i++)
		if (strstr(out, unwanted[i]))
			fail_msg("%s in %s", unwanted[i], out);
	mock_close(&m);
}

static void test_refused_routes(void **state)
{
	struct mock m = { 0 };
	struct twc_err err = { 0 };

	mock_open(&m);
	assert_int_equal(twc_http_site_route(m.site, "/a=cgi:no-such-thing", NULL, &err), TWC_ENOINPUT);
	assert_non_null(strstr(err.text, "(ENOENT, no-such-thing)"));
	assert_int_equal(twc_http_site_route(m.site, "/a=cgi:nph-x", dir, &err), TWC_EUSAGE);
	assert_int_equal(twc_http_site_route(m.site, "/a=cgi:closed", dir, &err), TWC_ENOINPUT);
	assert_int_equal(twc_http_site_route(m.site, "/a=cgi:env", dir, &err), 0);
	mock_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_what_is_sent_on_has_no_body),
		cmocka_unit_test(test_half_answers_break_the_connection),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_refused_routes),
	};

	signal(SIGPIPE, SIG_IGN); /* as a program that uses the library has to */
	return cmocka_run_group_tests(tests, write_scripts, remove_scripts);
}
