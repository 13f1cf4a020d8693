/* SPDX-License-Identifier: MIT */
/* capture: what its lines say, where they go, and what of a body is kept; and requests that are required. */
#include "mock.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define POST(path, type, n, body) \
	"POST " path " HTTP/1.1\r\nHost: h\r\nContent-Type: " type "\r\nContent-Length: " #n "\r\n\r\n" body

static void open_with(struct mock *m, const char *route)
{
	mock_open(m);
	mock_route(m, route);
}

/* The value behind "key": in the last line, up to `end`. */
static void assert_has(const struct mock *m, const char *text)
{
	if (!m->line || !strstr(m->line, text))
		fail_msg("no %s in %s", text, m->line ? m->line : "(no line)");
}

static const struct row {
	const char *in;
	const char *has[6];
} rows[] = {
	{ GET("/a%20b?x=1&y=%2f&z"),
	  { "\"method\":\"GET\",\"target\":\"/a%20b?x=1&y=%2f&z\",\"path\":\"/a b\",\"query\":[[\"x\",\"1\"],[\"y\",\"/\"],[\"z\",null]]",
	    "\"http\":\"1.1\",\"headers\":[[\"Host\",\"h\"]],\"trailers\":[]", "\"body\":\"\",\"truncated\":false,\"bytes\":0",
	    "\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"",
	    "\"form\":null,\"multipart\":null,\"form_error\":null,\"raw\":null,\"us\":{\"head\":0,\"body\":0},\"error\":null}", "\"tls\":null" } },
	{ GET("/a"), { "\"query\":null" } },
	{ GET("/a?"), { "\"query\":[]" } },
	{ "GET /a HTTP/1.1\r\nHost: h\r\nx-A: 1\r\nX-a:\r\n\r\n", { "\"headers\":[[\"Host\",\"h\"],[\"x-A\",\"1\"],[\"X-a\",\"\"]]" } },
	{ POST("/a", "a/b", 3, "h\"i"), { "\"body\":\"h\\\"i\"", "\"bytes\":3", "\"form\":null" } },
	{ POST("/a", "a/b", 2, "\xff\xfe"), { "\"body_base64\":\"//4=\"" } },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: 1\r\n\r\n",
	  { "\"trailers\":[[\"T\",\"1\"]]", "\"body\":\"hi\"" } },
	{ POST("/a", "application/x-www-form-urlencoded; charset=x", 10, "a=1+2&b=%3"), { "\"form\":[[\"a\",\"1 2\"],[\"b\",\"%3\"]]" } },
	{ POST("/a", "multipart/form-data; boundary=B", 126,
	       "--B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nhi\r\n"
	       "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\n\xff\r\n--B--\r\n"),
	  { "\"multipart\":[{\"name\":\"t\",\"filename\":null,\"type\":null,\"bytes\":2,\"sha256\":\"8f434346", "\"text\":\"hi\"},",
	    "{\"name\":\"f\",\"filename\":\"n\",\"type\":null,\"bytes\":1", "\"base64\":\"/w==\"}],\"form_error\":null" } },
	{ POST("/a", "multipart/form-data; boundary=B", 3, "--B"), { "\"multipart\":[],\"form_error\":\"" } },
	{ POST("/a", "multipart/form-data; x=y", 3, "--B"), { "\"multipart\":null,\"form_error\":\"" } },
	{ POST("/a", "a/b", 11, "01234567890"), { "\"body\":\"0123456789\",\"truncated\":true,\"bytes\":11" } },
};

static void test_lines(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct mock m = { 0 };

		open_with(&m, i == TWC_ARRAY_LEN(rows) - 1 ? "/ {max=10}=capture:-" : "/=capture:-");
		mock_say(&m, rows[i].in);
		assert_int_equal(m.lines, 1);
		assert_null(strchr(m.line, '\n'));
		for (unsigned k = 0; k < 6 && rows[i].has[k]; k++)
			assert_has(&m, rows[i].has[k]);
		assert_string_equal(mock_heard(&m), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		mock_close(&m);
	}
}

static void test_answer_and_times(void **state)
{
	struct mock m = { 0 };

	open_with(&m, "/a {status=202 type=a/b body='got\\n' delay=10ms}=capture:-");
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nh");
	mock_pass(&m, 30 * MS);
	assert_int_equal(m.lines, 0);
	mock_say(&m, "i");
	assert_has(&m, "\"us\":{\"head\":10000,\"body\":30000}");
	assert_string_equal(mock_heard(&m), "HTTP/1.1 202 Accepted\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\ngot\n");
	mock_close(&m);
}

static void test_a_request_that_breaks_off_has_its_line(void **state)
{
	struct mock m = { 0 };

	open_with(&m, "/a=capture:-");
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhi");
	assert_int_equal(m.lines, 0);
	mock_reconnect(&m);
	assert_int_equal(m.lines, 1);
	assert_has(&m, "\"body\":\"hi\"");
	assert_has(&m, "\"error\":\"");
	mock_say(&m, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
	mock_say(&m, "x");
	assert_int_equal(m.lines, 2);
	assert_has(&m, "\"error\":\"chunked body: ");
	assert_non_null(strstr(mock_heard(&m), "400 Bad Request"));
	mock_close(&m);
}

static void read_file(const char *path, char *buf, size_t cap)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	buf[fread(buf, 1, cap - 1, f)] = 0;
	fclose(f);
}

static void test_files(void **state)
{
	char dir[] = "/tmp/twc-capture-XXXXXX", route[256], path[128], moved[128], text[8192];
	struct mock m = { 0 };
	struct twc_err err = { 0 };
	struct dirent *entry;
	DIR *d;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/lines", dir);
	snprintf(moved, sizeof(moved), "%s/lines.1", dir);
	snprintf(route, sizeof(route), "/a {raw=%s max=1}=capture:%s", dir, path);
	open_with(&m, route);
	mock_say(&m, POST("/a", "a/b", 3, "abc"));
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(twc_http_site_reload(m.site, &err), 0);
	mock_say(&m, POST("/a", "a/b", 3, "abc") GET("/a"));
	read_file(moved, text, sizeof(text));
	assert_non_null(strstr(text, "\"raw\":\"/tmp/"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	read_file(path, text, sizeof(text));
	assert_non_null(strstr(strchr(text, '\n') + 1, "\"raw\":null"));
	mock_close(&m);
	unlink(path);
	unlink(moved);
	d = opendir(dir);
	for (unsigned n = 0; (entry = readdir(d));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%.100s", dir, entry->d_name);
		read_file(path, text, sizeof(text));
		assert_string_equal(text, "abc");
		unlink(path);
		assert_in_range(++n, 1, 2);
	}
	closedir(d);
	assert_int_equal(rmdir(dir), 0);
}

static void test_a_line_that_cannot_be_written_is_500(void **state)
{
	struct mock m = { 0 };

	open_with(&m, "/a=capture:/dev/full");
	mock_say(&m, GET("/a"));
	assert_non_null(strstr(mock_heard(&m), "500 Internal Server Error"));
	mock_close(&m);
}

static const struct mock_refused refused[] = {
	{ "/a=capture:", "belongs here", TWC_EUSAGE, 12 },
	{ "/a=capture:/nowhere/x", "cannot create: No such file or directory (ENOENT, /nowhere/x)", TWC_ECANTCREAT, 0 },
	{ "/a {raw=/nowhere}=capture:-", "(ENOENT, /nowhere)", TWC_ENOINPUT, 0 },
	{ "/a {raw=/dev/null}=capture:-", "not a directory", TWC_ENOINPUT, 0 },
	{ "/a {max=2G}=capture:-", "'max': larger than 1G", TWC_EUSAGE, 9 },
	{ "/a {body='\\q'}=capture:-", "'body': ", TWC_EUSAGE, 11 },
};

static void test_refused_routes(void **state)
{
	mock_refuses(refused, TWC_ARRAY_LEN(refused));
}

/* ---- what is required ---- */

static const struct {
	const char *require, *in, *text; /* NULL: satisfied */
} wanted[] = {
	{ "POST /a=2", GET("/a"), "POST /a came never, not 2 times" },
	{ "GET /a=2", GET("/a"), "GET /a came once, not 2 times" },
	{ "GET /a=2", GET("/a") GET("/a"), NULL },
	{ "GET /a=2", GET("/a") GET("/a") GET("/a"), "GET /a came 3 times, not 2 times" },
	{ "GET /a = 1", GET("/a") GET("/b"), NULL },
	{ "GET /a", GET("/a") GET("/a"), NULL },
	{ "GET /a", GET("/b"), "GET /a never came" },
	{ "/a", "PUT /a HTTP/1.1\r\nHost: h\r\n\r\n", NULL },
	{ "/a=0", GET("/b"), NULL },
	{ "/a=0", GET("/a"), "/a came once, not never" },
	{ "/a/<n>=2", GET("/a/1") GET("/a/2") GET("/a"), NULL },
	{ "/r=1", GET("/r"), NULL }, /* also when its answer was broken off */
};

static void test_requirements(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(wanted); i++) {
		struct twc_err err = { 0 };
		struct mock m = { 0 };
		bool is_met;

		open_with(&m, "/a=text:x");
		mock_route(&m, "/r {fault=reset}=text:x");
		assert_int_equal(twc_http_site_require(m.site, wanted[i].require, &err), 0);
		mock_say(&m, wanted[i].in);
		is_met = twc_http_site_satisfied(m.site, &err);
		if (is_met != !wanted[i].text || (!is_met && (strcmp(err.text, wanted[i].text) || err.code != TWC_ENO)))
			fail_msg("%s: %d, %s", wanted[i].require, is_met, err.text);
		assert_true(m.counted > 0);
		mock_close(&m);
	}
}

static const struct {
	const char *spec;
	int column;
} bad[] = {
	{ "", 1 }, { "POST", 5 }, { "POST /a=x", 9 }, { "/a=", 4 }, { "P@ST /a", 1 }, { "GET a", 5 }, { "GET /<x", 6 }, { "GET ", 5 },
};

static void test_refused_requirements(void **state)
{
	struct mock m = { 0 };

	mock_open(&m);
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		struct twc_err err = { 0 };

		assert_int_equal(twc_http_site_require(m.site, bad[i].spec, &err), TWC_EUSAGE);
		if (err.column != bad[i].column)
			fail_msg("%s: %s (column %d)", bad[i].spec, err.text, err.column);
	}
	mock_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_answer_and_times),
		cmocka_unit_test(test_a_request_that_breaks_off_has_its_line),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_a_line_that_cannot_be_written_is_500),
		cmocka_unit_test(test_refused_routes),
		cmocka_unit_test(test_requirements),
		cmocka_unit_test(test_refused_requirements),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
