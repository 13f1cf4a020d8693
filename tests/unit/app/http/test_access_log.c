/* SPDX-License-Identifier: MIT */
/* Access logs: formats, what is in a line and what cannot get into one, and files that are moved away. */
#include "stand.h"

#include <regex.h>

struct rig {
	struct stand w;
	struct twc_http_log *log;
	char lines[32768];
	unsigned n_writes, n_failed;
	char error[512];
};

static void on_write(void *arg, const char *p, size_t n)
{
	struct rig *g = arg;

	assert_true(n > 0 && p[n - 1] == '\n');
	strncat(g->lines, p, n);
	g->n_writes++;
}

static void on_failed(void *arg, const struct twc_err *err)
{
	struct rig *g = arg;

	g->n_failed++;
	snprintf(g->error, sizeof(g->error), "%s", err->text);
}

static void on_exchanged(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	twc_http_log_exchanged(((struct rig *)arg)->log, x, err);
}

static void on_refused(void *arg, struct twc_transport *t, int status, const struct twc_err *err)
{
	twc_http_log_refused(((struct rig *)arg)->log, t, status, err);
}

static void rig_open(struct rig *g, const char *format, const char *path)
{
	const struct twc_http_log_opts o = { .format = format, .path = path, .write = on_write, .failed = on_failed, .arg = g };
	const struct twc_http_server_opts so = { .ops = { .exchanged = on_exchanged, .refused = on_refused }, .arg = g };
	struct twc_err err = { 0 };

	*g = (struct rig){ .log = NULL };
	stand_open(&g->w);
	twc_http_server_free(g->w.server);
	g->w.server = twc_http_server_new(g->w.r, twc_http_site_handler(g->w.site), &so);
	g->log = twc_http_log_new(g->w.r, &o, &err);
	if (!g->log)
		fail_msg("%s: %s", format, err.text);
	stand_route(&g->w, "/a=text:four");
	stand_route(&g->w, "/slow {delay=300ms}=text:four");
}

static void rig_close(struct rig *g)
{
	stand_close(&g->w);
	twc_http_log_free(g->log);
}

/* The line of one request is matched by this expression. */
static void check_line(const char *format, const char *line, const char *fields, const char *expected)
{
	struct rig g;
	regex_t re;

	rig_open(&g, format, NULL);
	stand_ask(&g.w, line, fields);
	assert_int_equal(g.n_writes, 1);
	assert_int_equal(regcomp(&re, expected, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&re, g.lines, 0, NULL, 0) != 0)
		fail_msg("%s: %s is not %s", format, g.lines, expected);
	regfree(&re);
	rig_close(&g);
}

#define TIME "[0-9]{2}/[A-Z][a-z]{2}/20[0-9]{2}:[0-9:]{8} \\+0000"

static void test_formats(void **state)
{
	static const struct {
		const char *format, *line, *fields, *expected;
	} rows[] = {
		{ "common", "GET /a?b", NULL, "^- - - \\[" TIME "\\] \"GET /a\\?b HTTP/1.1\" 200 4\n$" },
		{ "combined", "GET /none", "User-Agent: x y\r\nReferer: http://r/\r\n",
		  "\\] \"GET /none HTTP/1.1\" 404 14 \"http://r/\" \"x y\"\n$" },
		{ "combined", "GET /a", "Authorization: Basic am86cHc=\r\n", "^- - jo \\[.* 200 4 \"-\" \"-\"\n$" },
		{ "$status ${status}s", "GET /a", NULL, "^200 200s\n$" },
		{ "$request_method $request_uri $uri $args $query_string $server_protocol $scheme $host", "PUT /%61?x=%61", NULL,
		  "^PUT /%61\\?x=%61 /a x=%61 x=%61 HTTP/1.1 http h\n$" },
		{ "$uri,$args", "GET /a", NULL, "^/a,-\n$" },
		{ "$http_x_some_thing|$http_none|$sent_http_content_type|$sent_http_none", "GET /a", "x-sOME-thing: 1 2\r\n",
		  "^1 2\\|-\\|text/plain; charset=utf-8\\|-\n$" },
		{ "$connection $connection_requests $request_time", "GET /a", NULL, "^[0-9]+ 1 0\\.000\n$" },
		{ "$msec $time_iso8601", "GET /a", NULL, "^1[0-9]{9}\\.[0-9]{3} 20[0-9-]{8}T[0-9:]{8}Z\n$" },
		{ "$ssl_protocol$ssl_cipher$ssl_server_name$ssl_client_s_dn$error", "GET /a", NULL, "^-----\n$" },
		{ "$remote_addr$remote_port$server_addr$server_port", "GET /a", NULL, "^----\n$" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check_line(rows[i].format, rows[i].line, rows[i].fields, rows[i].expected);
}

/* No client ends a line, a field between quotes, or moves a cursor. */
static void test_harmless(void **state)
{
	static const char fields[] = "User-Agent: a\"b\\c\x1b[2J\t\x80\xc3\xa4\r\n";
	struct rig g;

	check_line("\"$http_user_agent\"", "GET /a", "User-Agent: a\"b\\c\t\x80\xc3\xa4\r\n",
		   "^\"a\\\\x22b\\\\x5Cc\\\\x09\\\\x80\\\\xC3\\\\xA4\"\n$");
	check_line("$uri", "GET /a%0ab%22%1b", NULL, "^/a\\\\x0Ab\\\\x22\\\\x1B\n$");
	check_line("$remote_user", "GET /a", "Authorization: Basic YSIgYjpw\r\n", "^a\\\\x22 b\n$"); /* a" b:p */
	rig_open(&g, "$status \"$request\"", NULL);
	stand_ask(&g.w, "GET /a", fields); /* no request: a control character */
	assert_string_equal(g.lines, "400 \"-\"\n");
	rig_close(&g);
}

static void test_json(void **state)
{
	check_line("json", "GET /a?b=\"", "User-Agent: \"\xff\r\nReferer: r\r\nAuthorization: Basic am86cHc=\r\n",
		   "^\\{\"time\":\"20[0-9-]{8}T[0-9:]{8}\\.[0-9]{6}Z\",\"remote\":\"[^\"]*\",\"connection\":[0-9]+,\"user\":\"jo\","
		   "\"method\":\"GET\",\"target\":\"/a\\?b=\\\\\"\",\"protocol\":\"HTTP/1.1\",\"host\":\"h\",\"referer\":\"r\","
		   "\"agent\":\"\\\\\".+\",\"request\":1,\"status\":200,\"bytes\":4,\"us\":0,\"tls\":null,\"error\":null\\}\n$");
}

static void test_json_of_what_was_refused(void **state)
{
	struct rig g;

	rig_open(&g, "json", NULL);
	stand_say(&g.w, "bad\r\n\r\n");
	assert_non_null(strstr(g.lines, "\"user\":null,\"method\":null,\"target\":null,\"protocol\":null,\"host\":null,"));
	assert_non_null(strstr(g.lines, "\"status\":400,\"bytes\":0,\"us\":0,\"tls\":null,\"error\":\""));
	rig_close(&g);
}

/* Nothing was answered: the client has gone. */
static void test_gone(void **state)
{
	struct rig g;

	rig_open(&g, "$status $body_bytes_sent $request_time $error", NULL);
	stand_ask(&g.w, "GET /slow", NULL);
	twc_reactor_advance(g.w.r, 250 * TWC_NS_PER_MS);
	stand_hang_up(&g.w);
	assert_int_equal(strncmp(g.lines, "499 0 0.250 ", 12), 0);
	assert_int_not_equal(g.lines[12], '-');
	rig_close(&g);
}

static void test_slow(void **state)
{
	struct rig g;

	rig_open(&g, "$status $request_time", NULL);
	stand_ask(&g.w, "GET /slow", NULL);
	assert_string_equal(g.lines, "");
	twc_reactor_advance(g.w.r, TWC_NS_PER_S);
	assert_string_equal(g.lines, "200 0.300\n");
	rig_close(&g);
}

/* Lines of a turn are one write, and what is collected when the loop ends is not lost. */
static void test_collected(void **state)
{
	struct rig g;

	rig_open(&g, "$connection_requests", NULL);
	stand_say(&g.w, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_string_equal(g.lines, "1\n2\n3\n");
	assert_int_equal(g.n_writes, 1);
	stand_ask(&g.w, "GET /slow", NULL);
	stand_close(&g.w);
	twc_http_log_flush(g.log);
	assert_string_equal(g.lines, "1\n2\n3\n1\n");
	twc_http_log_free(g.log);
}

static void test_bad_formats(void **state)
{
	static const struct {
		const char *format;
		int column;
		const char *part;
	} rows[] = {
		{ "", 0, "no format" },
		{ "comon", 0, "no format: common, combined, json" },
		{ "$stats", 1, "did you mean $status?" },
		{ "x $uri $nothing_like_it", 8, "there is no variable $nothing_like_it" },
		{ "$", 1, "$name" },
		{ "a$$status", 2, "$name" },
		{ "${status", 1, "$name" },
		{ "${}", 1, "$name" },
		{ "$http_", 1, "there is no variable" },
		{ "$http_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1, "$name" },
	};
	struct twc_reactor *r = loop_fake();

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		const struct twc_http_log_opts o = { .format = rows[i].format, .write = on_write };
		struct twc_err err = { 0 };

		assert_null(twc_http_log_new(r, &o, &err));
		if (err.code != TWC_EUSAGE || err.column != rows[i].column || !strstr(err.text, rows[i].part))
			fail_msg("%s: %s (column %d)", rows[i].format, err.text, err.column);
	}
	twc_reactor_free(r);
}

static void check_file(const char *name, const char *expected)
{
	char text[256] = "";
	FILE *f = fopen(stand_path(name), "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(text, expected);
}

static void test_file(void **state)
{
	char path[256];
	struct twc_err err = { 0 };
	struct rig g;

	snprintf(path, sizeof(path), "%s", stand_path("log"));
	stand_write("log", "old\n");
	rig_open(&g, "$request_uri", path);
	assert_int_equal(twc_http_log_reopen(g.log, &err), 0);
	stand_ask(&g.w, "GET /a?1", NULL);
	check_file("log", "old\n/a?1\n");
	assert_int_equal(rename(path, stand_path("log.1")), 0);
	stand_ask(&g.w, "GET /a?2", NULL);
	assert_int_equal(twc_http_log_reopen(g.log, &err), 0);
	stand_ask(&g.w, "GET /a?3", NULL);
	check_file("log.1", "old\n/a?1\n/a?2\n");
	check_file("log", "/a?3\n");
	assert_int_equal(remove(path), 0);
	stand_mkdir("log"); /* in its place */
	assert_int_equal(twc_http_log_reopen(g.log, &err), TWC_ECANTCREAT);
	assert_non_null(strstr(err.text, "EISDIR"));
	stand_ask(&g.w, "GET /a?4", NULL);
	assert_int_equal(g.n_failed, 0);
	rig_close(&g);
	assert_int_equal(remove(path), 0);
}

static void test_bad_file(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_http_log_opts o = { .format = "common", .path = "/nonexistent/log" };
	struct twc_err err = { 0 };
	struct rig g;

	assert_null(twc_http_log_new(r, &o, &err));
	assert_int_equal(err.code, TWC_ECANTCREAT);
	assert_int_equal(mkfifo(stand_path("fifo"), 0600), 0); /* that nobody reads */
	o.path = stand_path("fifo");
	assert_null(twc_http_log_new(r, &o, &err));
	twc_reactor_free(r);
	rig_open(&g, "$status", "/dev/full");
	stand_ask(&g.w, "GET /a", NULL);
	stand_ask(&g.w, "GET /a", NULL);
	assert_int_equal(g.n_failed, 1); /* said once */
	assert_non_null(strstr(g.error, "/dev/full; lines are lost (ENOSPC)"));
	rig_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),	   cmocka_unit_test(test_harmless),
		cmocka_unit_test(test_json),	   cmocka_unit_test(test_json_of_what_was_refused),
		cmocka_unit_test(test_gone),	   cmocka_unit_test(test_slow),
		cmocka_unit_test(test_collected),  cmocka_unit_test(test_bad_formats),
		cmocka_unit_test(test_file),	   cmocka_unit_test(test_bad_file),
	};

	return cmocka_run_group_tests(tests, stand_make_dir, stand_remove_dir);
}
