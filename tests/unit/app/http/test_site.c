/* SPDX-License-Identifier: MIT */
/* Sites: routes from strings and files, what is wrong with them, and what stands before all of them. */
#include "stand.h"

static struct twc_http_site *site(struct twc_reactor *r, const struct twc_http_site_opts *o)
{
	struct twc_err err = { 0 };
	struct twc_http_site *s = twc_http_site_new(r, o, &err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static void test_bad_routes(void **state)
{
	static const struct {
		const char *spec;
		int code, column;
		const char *part;
	} rows[] = {
		{ "/a=flie:x", TWC_EUSAGE, 4, "did you mean file?" },
		{ "GET /a=nothing-like-it:x", TWC_EUSAGE, 8, "is unknown" },
		{ "/a=file", TWC_EUSAGE, 4, "needs an argument: file:PATH" },
		{ "/a=file:", TWC_EUSAGE, 9, "name of a file" },
		{ "/a {headr='X: y'}=file:a.txt", TWC_EUSAGE, 5, "did you mean header?" },
		{ "/a {header=XY}=file:a.txt", TWC_EUSAGE, 12, "'header': a field" },
		{ "/a {header='X : y'}=file:a.txt", TWC_EUSAGE, 13, "'header': a field" },
		{ "/a {status=999}=file:a.txt", TWC_EUSAGE, 12, "'status': " },
		{ "/a {type=}=file:a.txt", TWC_EUSAGE, 10, "'type': " },
		{ "/a<b=file:a.txt", TWC_EUSAGE, 3, "" },
		{ "GET /<int:n>/<int:n>=file:a.txt", TWC_EUSAGE, 0, "" },
		{ "/a=file:none", TWC_ENOINPUT, 0, "ENOENT" },
		{ "/a=file:.", TWC_ENOINPUT, 0, "is a directory" },
		{ "/a=file:/dev/null", TWC_ENOINPUT, 0, "no regular file" },
		{ "/a/=files:none", TWC_ENOINPUT, 0, "cannot open the directory" },
		{ "/a/=files:a.txt", TWC_ENOINPUT, 0, "ENOTDIR" },
		{ "/a=files:.", TWC_EUSAGE, 1, "ends in '/'" },
	};
	struct twc_reactor *r = loop_fake();
	struct twc_http_site *s = site(r, NULL);
	struct twc_err err;

	stand_write("a.txt", "a");
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		err = (struct twc_err){ 0 };
		assert_int_equal(twc_http_site_route(s, rows[i].spec, stand_dir, &err), rows[i].code);
		if ((rows[i].column && err.column != rows[i].column) || !strstr(err.text, rows[i].part))
			fail_msg("%s: %s (column %d)", rows[i].spec, err.text, err.column);
		assert_int_equal(twc_http_site_route(s, rows[i].spec, stand_dir, NULL), rows[i].code);
	}
	twc_http_site_free(s);
	twc_reactor_free(r);
}

static void test_bad_options(void **state)
{
	static const char *const no_field[] = { "no field", NULL }, *const no_mime[] = { "html", NULL },
			  *const bad_mime[] = { "x=text", NULL }, *const path_index[] = { "a/b", NULL };
	static const struct {
		struct twc_http_site_opts o;
		const char *part;
	} rows[] = {
		{ { .fields = no_field }, "'Name: value'" },
		{ { .health = "health" }, "begin with '/'" },
		{ { .cache = "1x" }, "" },
		{ { .cache = "" }, "Cache-Control" },
		{ { .mime = no_mime }, "no media type" },
		{ { .mime = bad_mime }, "no media type" },
		{ { .precompressed = "gz,xz" }, "unknown" },
		{ { .precompressed = "gz,gz" }, "twice" },
		{ { .index = path_index }, "no name of an index" },
		{ { .spa = "/etc/passwd" }, "no name of a page" },
		{ { .not_found = "" }, "no name of a page" },
	};
	struct twc_reactor *r = loop_fake();

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };
		struct twc_http_site *s = twc_http_site_new(r, &rows[i].o, &err);
		int rc = s ? twc_http_site_files(s, stand_dir, &err) : err.code;

		if (rc != TWC_EUSAGE || !strstr(err.text, rows[i].part))
			fail_msg("%zu: %d %s", i, rc, err.text);
		twc_http_site_free(s);
	}
	twc_reactor_free(r);
}

static void test_routes_file(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_http_site *s = site(r, NULL);
	struct twc_err err = { 0 };

	stand_mkdir("conf");
	stand_write("conf/b.txt", "b");
	stand_write("conf/good", "# routes\n\n  # more\n/b=file:b.txt\r\n GET /c {header='X: y'} = file:b.txt\n/d=file:b.txt");
	stand_write("conf/bad", "/b=file:b.txt\n/c =\n");
	stand_write("conf/missing", "\n/b=file:none\n");
	if (twc_http_site_routes(s, stand_path("conf/good"), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(twc_http_site_routes(s, stand_path("conf/bad"), &err), TWC_EUSAGE);
	assert_non_null(strstr(err.text, "/conf/bad:2:5: "));
	assert_int_equal(err.column, 0);
	assert_int_equal(twc_http_site_routes(s, stand_path("conf/missing"), &err), TWC_ENOINPUT);
	assert_non_null(strstr(err.text, "/conf/missing:2: "));
	assert_int_equal(twc_http_site_routes(s, stand_path("conf/none"), &err), TWC_ENOINPUT);
	assert_int_equal(twc_http_site_routes(s, stand_path("conf"), &err), TWC_ENOINPUT);
	twc_http_site_free(s);
	twc_reactor_free(r);
}

static void check_answer(struct stand *w, const char *line, const char *begin, const char *part)
{
	const char *a = stand_ask(w, line, NULL);

	if (strncmp(a, begin, strlen(begin)) != 0 || (part && !strstr(a, part)))
		fail_msg("%s answered\n%s", line, a);
}

static void test_answers(void **state)
{
	static const char *const fields[] = { "X-All: 1", "X-More:2 ", NULL };
	struct stand w = { .o = { .fields = fields, .health = "/health" } };

	stand_write("c.html", "<p>c");
	stand_open(&w);
	stand_route(&w, "/c=file:c.html");
	stand_route(&w, "GET /get {header='X-Own: a: b' header=X-Two:2}=file:c.html");
	stand_route(&w, "/gone {status=410 type='text/x; charset=utf-8'}=file:c.html");
	check_answer(&w, "GET /c", "HTTP/1.1 200 OK", "\r\nX-All: 1\r\nX-More: 2\r\n");
	assert_string_equal(stand_body(stand_ask(&w, "GET /c", NULL)), "<p>c");
	check_answer(&w, "HEAD /c", "HTTP/1.1 200 OK", "Content-Length: 4\r\n");
	check_answer(&w, "POST /c", "HTTP/1.1 405 ", "Allow: GET, HEAD, OPTIONS\r\n");
	check_answer(&w, "GET /get", "HTTP/1.1 200 OK", "\r\nX-Own: a: b\r\nX-Two: 2\r\n");
	check_answer(&w, "POST /get", "HTTP/1.1 405 ", "Allow: GET, HEAD, OPTIONS\r\n");
	check_answer(&w, "POST /gone", "HTTP/1.1 410 Gone", "Content-Type: text/x; charset=utf-8\r\n");
	assert_null(strstr(stand_ask(&w, "GET /gone", NULL), "ETag"));
	check_answer(&w, "GET /none", "HTTP/1.1 404 ", "X-All: 1\r\n");
	check_answer(&w, "GET /health", "HTTP/1.1 200 OK", "Cache-Control: no-store\r\n");
	assert_string_equal(stand_body(stand_ask(&w, "GET /health", NULL)), "ok\n");
	check_answer(&w, "POST /health", "HTTP/1.1 404 ", NULL);
	assert_int_equal(twc_http_site_requests(w.site), 12);
	assert_int_equal(unlink(stand_path("c.html")), 0);
	twc_reactor_advance(w.r, 1);
	check_answer(&w, "GET /c", "HTTP/1.1 404 ", NULL);
	stand_close(&w);
}

static void test_kinds(void **state)
{
	const struct twc_http_kind_info *info;
	bool has_files = false;
	size_t n = 0;

	while ((info = twc_http_kind(n))) {
		has_files |= strcmp(info->name, "files") == 0 && strcmp(info->arg_name, "DIR") == 0;
		assert_non_null(info->summary);
		n++;
	}
	assert_true(has_files);
	assert_null(twc_http_kind(n + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_routes),   cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_routes_file),  cmocka_unit_test(test_answers),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, stand_make_dir, stand_remove_dir);
}
