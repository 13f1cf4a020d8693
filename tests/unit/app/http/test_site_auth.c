/* SPDX-License-Identifier: MIT */
/* What stands before the routes of a site: logins, other origins, metrics. */
#include "stand.h"

#define JO "Authorization: Basic am86cHc=\r\n"   /* jo:pw */
#define ANN "Authorization: Basic YW5uOnB3\r\n"  /* ann:pw */
#define EVE "Authorization: basic  ZXZlOnB3\r\n" /* eve:pw */

struct question {
	const char *line, *fields;
	int status;
	const char *part; /* of the answer; with ! before it: not */
};

static void ask_all(struct stand *w, const struct question *q, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *a = stand_ask(w, q[i].line, q[i].fields), *part = q[i].part;
		bool is_not = part && part[0] == '!';

		if (atoi(a + strlen("HTTP/1.1 ")) != q[i].status || (part && !strstr(a, part + is_not) != is_not))
			fail_msg("%s with %s answered\n%s", q[i].line, q[i].fields ? q[i].fields : "nothing", a);
	}
}

static void test_login_for_all(void **state)
{
	static const struct question questions[] = {
		{ "GET /a", NULL, 401, "\r\nWWW-Authenticate: Basic realm=\"a \\\"b\\\\\", charset=\"UTF-8\"\r\n" },
		{ "GET /a", NULL, 401, "\r\nX-All: 1\r\n" },
		{ "GET /a", JO, 200, "!WWW-Authenticate" },
		{ "GET /a", ANN, 401, NULL },
		{ "GET /a", "Authorization: Basic am86cHcx\r\n", 401, NULL }, /* jo:pw1 */
		{ "GET /a", "Authorization: Basic am86\r\n", 401, NULL },	 /* jo: */
		{ "GET /a", "Authorization: Basic am8=\r\n", 401, NULL },	 /* no colon */
		{ "GET /a", "Authorization: Basic am86cHc\r\n", 401, NULL },
		{ "GET /a", "Authorization: Bearer am86cHc=\r\n", 401, NULL },
		{ "GET /a", "Authorization:\r\n", 401, NULL },
		{ "GET /a", JO JO, 200, NULL },
		{ "GET /none", NULL, 401, NULL },
		{ "GET /none", JO, 404, NULL },
		{ "OPTIONS /a", NULL, 401, NULL },
		{ "POST /a", JO, 200, NULL },
		{ "GET /metrics", NULL, 401, NULL },
		{ "GET /metrics", JO, 200, "twc_http_responses_total{class=\"4xx\"}" },
		{ "GET /health", NULL, 200, "ok" },
		{ "GET /own", JO, 401, NULL },
		{ "GET /own", EVE, 200, NULL },
		{ "GET /a", EVE, 401, NULL }, /* somebody's, but not the site's */
	};
	static const char *const fields[] = { "X-All: 1", NULL };
	struct stand w = { .o = { .auth = "jo:pw", .realm = "a \"b\\", .health = "/health", .metrics = "/metrics",
				  .fields = fields } };

	stand_open(&w);
	stand_route(&w, "/a=text:a");
	stand_route(&w, "/own {auth=eve:pw}=text:own");
	ask_all(&w, questions, TWC_ARRAY_LEN(questions));
	assert_false(twc_http_site_has_files(w.site));
	stand_close(&w);
}

static void test_login_of_a_route(void **state)
{
	static const struct question questions[] = {
		{ "GET /open", NULL, 200, NULL },
		{ "GET /own", NULL, 401, "realm=\"twc\"" },
		{ "GET /own", EVE, 200, NULL },
		{ "GET /file", EVE, 401, NULL },
		{ "GET /file", ANN, 200, NULL },
	};
	struct stand w = { .is_open = false };

	stand_write("logins", "ann:pw\n");
	stand_open(&w);
	stand_route(&w, "/open=text:a");
	stand_route(&w, "/own {auth=eve:pw}=text:own");
	stand_route(&w, "/file {auth=@logins}=text:own");
	ask_all(&w, questions, TWC_ARRAY_LEN(questions));
	assert_true(twc_http_site_has_files(w.site));
	stand_write("logins", "eve:pw\n");
	assert_int_equal(twc_http_site_reload(w.site, NULL), 0);
	ask_all(&w, &(struct question){ "GET /file", EVE, 200, NULL }, 1);
	remove(stand_path("logins"));
	assert_int_equal(twc_http_site_reload(w.site, NULL), TWC_ENOINPUT);
	ask_all(&w, &(struct question){ "GET /file", EVE, 200, NULL }, 1);
	stand_close(&w);
}

/* Files are read by one, and written by another. */
static void test_login_for_writing(void **state)
{
	static const struct question both[] = {
		{ "GET /a.txt", NULL, 401, NULL },	 { "GET /a.txt", JO, 200, NULL },
		{ "GET /a.txt", ANN, 401, NULL },	 { "DELETE /a.txt", JO, 401, NULL },
		{ "POST /text", ANN, 401, NULL },	 { "POST /text", JO, 200, NULL },
		{ "DELETE /a.txt", ANN, 405, NULL },
	};
	static const struct question writing[] = {
		{ "GET /a.txt", NULL, 200, NULL },
		{ "DELETE /a.txt", NULL, 401, NULL },
		{ "DELETE /a.txt", JO, 401, NULL },
		{ "DELETE /a.txt", ANN, 405, NULL },
		{ "POST /text", NULL, 200, NULL },
	};
	struct stand w = { .o = { .auth = "jo:pw", .upload_auth = "ann:pw" } };

	stand_write("a.txt", "a");
	for (int i = 0; i < 2; i++) {
		stand_open(&w);
		assert_int_equal(twc_http_site_files(w.site, stand_dir, NULL), 0);
		stand_route(&w, "/text=text:a");
		ask_all(&w, i ? writing : both, i ? TWC_ARRAY_LEN(writing) : TWC_ARRAY_LEN(both));
		stand_close(&w);
		w.o.auth = NULL;
	}
}

static void test_all_origins(void **state)
{
	static const struct question questions[] = {
		{ "GET /a", NULL, 200, "!Access-Control" },
		{ "GET /a", "Origin: http://x.test\r\n", 200, "\r\nAccess-Control-Allow-Origin: *\r\n" },
		{ "GET /a", "Origin: http://x.test\r\n", 200, "!Vary" },
		{ "GET /none", "Origin: http://x.test\r\n", 404, "\r\nAccess-Control-Allow-Origin: *\r\n" },
		{ "OPTIONS /a", NULL, 204, "\r\nAllow: GET, HEAD, OPTIONS\r\n" },
		{ "OPTIONS /a", "Origin: http://x.test\r\n", 204, "\r\nAllow: GET, HEAD, OPTIONS\r\n" },
		{ "OPTIONS /none", "Origin: null\r\nAccess-Control-Request-Method: PUT\r\n", 204,
		  "\r\nAccess-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" },
		{ "OPTIONS /a", "Origin: null\r\nAccess-Control-Request-Method: PURGE\r\n", 204,
		  "\r\nAccess-Control-Allow-Methods: PURGE\r\n" },
		{ "OPTIONS /a", "Origin: null\r\nAccess-Control-Request-Method: P Q\r\n", 204, "!P Q" },
		{ "OPTIONS /a",
		  "Origin: null\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a, x-b\r\n", 204,
		  "\r\nAccess-Control-Allow-Headers: x-a, x-b\r\n" },
	};
	struct stand w = { .o = { .cors = "*" } };

	stand_open(&w);
	stand_route(&w, "GET /a=text:a");
	ask_all(&w, questions, TWC_ARRAY_LEN(questions));
	stand_close(&w);
}

static void test_named_origins(void **state)
{
	static const struct question questions[] = {
		{ "GET /a", "Origin: https://a.test\r\n" JO, 200, "\r\nAccess-Control-Allow-Origin: https://a.test\r\n" },
		{ "GET /a", "Origin: https://a.test\r\n" JO, 200, "\r\nAccess-Control-Allow-Credentials: true\r\n" },
		{ "GET /a", "Origin: https://a.test\r\n" JO, 200, "\r\nVary: Origin\r\n" },
		{ "GET /a", "Origin: https://a.test\r\n", 401, "\r\nAccess-Control-Allow-Origin: https://a.test\r\n" },
		{ "GET /a", "Origin: http://b.test:8080\r\n" JO, 200, "Allow-Origin: http://b.test:8080\r\n" },
		{ "GET /a", "Origin: https://c.test\r\n" JO, 200, "!Access-Control" },
		{ "GET /a", "Origin: https://c.test\r\n" JO, 200, "\r\nVary: Origin\r\n" },
		{ "OPTIONS /a", "Origin: https://a.test\r\nAccess-Control-Request-Method: PUT\r\n", 204, "Allow-Methods: " },
		{ "OPTIONS /a", "Origin: https://c.test\r\nAccess-Control-Request-Method: PUT\r\n", 401, "!Access-Control" },
	};
	struct stand w = { .o = { .cors = "https://a.test, http://b.test:8080", .auth = "jo:pw" } };

	stand_open(&w);
	stand_route(&w, "GET /a=text:a");
	ask_all(&w, questions, TWC_ARRAY_LEN(questions));
	stand_close(&w);
}

static void test_bad_options(void **state)
{
	static const struct {
		struct twc_http_site_opts o;
		int code;
		const char *part;
	} rows[] = {
		{ { .auth = "jo" }, TWC_EUSAGE, "auth: a login" },
		{ { .auth = "@/nonexistent" }, TWC_ENOINPUT, "auth: cannot open" },
		{ { .upload_auth = "" }, TWC_EUSAGE, "upload-auth: a login" },
		{ { .realm = "a\nb" }, TWC_EUSAGE, "realm" },
		{ { .cors = "" }, TWC_EUSAGE, "no origin is named" },
		{ { .cors = "a.test" }, TWC_EUSAGE, "a.test is no origin" },
		{ { .cors = "http://a.test/" }, TWC_EUSAGE, "is no origin" },
		{ { .cors = "http://" }, TWC_EUSAGE, "is no origin" },
		{ { .metrics = "metrics" }, TWC_EUSAGE, "does not begin with /" },
	};
	struct twc_reactor *r = loop_fake();
	struct twc_http_site *s = twc_http_site_new(r, NULL, NULL);
	struct twc_err err = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_null(twc_http_site_new(r, &rows[i].o, &err));
		if (err.code != rows[i].code || !strstr(err.text, rows[i].part))
			fail_msg("%zu: %d %s", i, err.code, err.text);
	}
	assert_int_equal(twc_http_site_route(s, "/a {auth=jo}=text:a", NULL, &err), TWC_EUSAGE);
	assert_int_equal(err.column, 10);
	twc_http_site_free(s);
	twc_reactor_free(r);
}

/* ---- metrics ---- */

static unsigned long long number(struct stand *w, const char *name)
{
	const char *a = stand_body(stand_ask(w, "GET /metrics", NULL)), *at = a;
	size_t n = strlen(name);

	while ((at = strstr(at, name)) && (at[n] != ' ' || (at > a && at[-1] != '\n')))
		at += n;
	if (!at)
		fail_msg("%s is missing in\n%s", name, a);
	return strtoull(at + n, NULL, 10);
}

static void test_metrics(void **state)
{
	struct stand w = { .o = { .metrics = "/metrics" } };

	stand_open(&w);
	stand_route(&w, "/a=text:four");
	assert_non_null(strstr(stand_ask(&w, "GET /metrics", NULL), "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_int_equal(number(&w, "twc_http_responses_total{class=\"2xx\"}"), 1);
	stand_ask(&w, "GET /none", NULL);
	stand_ask(&w, "GET /a", NULL);
	stand_say(&w, "bad\r\n\r\n");
	assert_int_equal(number(&w, "twc_http_responses_total{class=\"2xx\"}"), 3);
	assert_int_equal(number(&w, "twc_http_responses_total{class=\"4xx\"}"), 1);
	assert_int_equal(number(&w, "twc_http_refused_total"), 1);
	assert_int_equal(number(&w, "twc_http_broken_total"), 0);
	assert_int_equal(number(&w, "twc_http_requests_active"), 1);
	assert_int_equal(number(&w, "twc_http_connections_open"), 1);
	assert_int_equal(number(&w, "twc_http_connections_total"), 12);
	assert_int_equal(number(&w, "twc_http_request_duration_seconds_bucket{le=\"0.001\"}"), 11);
	assert_int_equal(number(&w, "twc_http_request_duration_seconds_bucket{le=\"+Inf\"}"), 12);
	assert_int_equal(number(&w, "twc_http_request_duration_seconds_count"), 13);
	assert_true(number(&w, "twc_http_received_bytes_total") > 100);
	assert_true(number(&w, "twc_http_sent_bytes_total") > number(&w, "twc_http_response_body_bytes_total"));
	assert_int_equal(atoi(stand_ask(&w, "POST /metrics", NULL) + 9), 404);
	stand_close(&w);
}

static void test_time_of_metrics(void **state)
{
	struct stand w = { .o = { .metrics = "/metrics" } };

	stand_open(&w);
	stand_route(&w, "/slow {delay=300ms}=text:a");
	stand_ask(&w, "GET /slow", NULL);
	twc_reactor_advance(w.r, TWC_NS_PER_S);
	stand_ask(&w, "GET /slow", NULL); /* which the next one breaks off */
	assert_int_equal(number(&w, "twc_http_broken_total"), 1);
	assert_int_equal(number(&w, "twc_http_request_duration_seconds_bucket{le=\"0.25\"}"), 2);
	assert_int_equal(number(&w, "twc_http_request_duration_seconds_bucket{le=\"0.5\"}"), 4);
	assert_non_null(strstr(stand_ask(&w, "GET /metrics", NULL), "\ntwc_http_request_duration_seconds_sum 0.300000\n"));
	stand_close(&w);
}

/* A server of their own tells the numbers of the other, and counts nothing itself. */
static void test_metrics_alone(void **state)
{
	struct stand w = { .o = { .auth = "jo:pw" } };
	struct twc_http_server *site, *alone;

	stand_open(&w);
	stand_route(&w, "/a=text:four");
	alone = twc_http_server_new(w.r, twc_http_site_metrics(w.site), NULL);
	assert_ptr_equal(twc_http_site_metrics(w.site).arg, twc_http_site_metrics(w.site).arg);
	stand_ask(&w, "GET /a", JO);
	stand_hang_up(&w);
	site = w.server;
	w.server = alone;
	assert_int_equal(number(&w, "twc_http_connections_total"), 1);
	assert_int_equal(number(&w, "twc_http_responses_total{class=\"2xx\"}"), 1);
	assert_int_equal(atoi(stand_ask(&w, "HEAD /", NULL) + 9), 200);
	assert_int_equal(number(&w, "twc_http_connections_total"), 1);
	assert_non_null(strstr(stand_ask(&w, "POST /metrics", NULL), "\r\nAllow: GET, HEAD\r\n"));
	assert_int_equal(atoi(stand_ask(&w, "DELETE /", NULL) + 9), 405);
	stand_hang_up(&w);
	w.server = site;
	assert_int_equal(atoi(stand_ask(&w, "GET /metrics", JO) + 9), 404);
	stand_hang_up(&w);
	twc_http_server_free(alone);
	stand_close(&w);
}

/* Two processes, told apart by their rows alone. */
static void test_shared_metrics(void **state)
{
	struct stand w = { .o = { .metrics = "/metrics" } };
	struct twc_err err = { 0 };

	stand_open(&w);
	stand_route(&w, "/a=text:a");
	assert_int_equal(twc_http_site_share(w.site, 2, &err), 0);
	twc_http_site_join(w.site, 0);
	for (int i = 0; i < 5; i++)
		stand_ask(&w, "GET /a", NULL);
	twc_reactor_advance(w.r, TWC_NS_PER_S);
	assert_int_equal(number(&w, "twc_http_responses_total{class=\"2xx\"}"), 5);
	twc_http_site_join(w.site, 0); /* as one that was made anew: it goes on */
	assert_int_equal(number(&w, "twc_http_responses_total{class=\"2xx\"}"), 5);
	stand_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login_for_all),
		cmocka_unit_test(test_login_of_a_route),
		cmocka_unit_test(test_login_for_writing),
		cmocka_unit_test(test_all_origins),
		cmocka_unit_test(test_named_origins),
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_time_of_metrics),
		cmocka_unit_test(test_metrics_alone),
		cmocka_unit_test(test_shared_metrics),
	};

	return cmocka_run_group_tests(tests, stand_make_dir, stand_remove_dir);
}
