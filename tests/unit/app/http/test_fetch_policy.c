/* SPDX-License-Identifier: MIT */
/* What a fetch decides, as tables: redirects, retries, the part that was asked for, which proxy, names that lead elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <twc/endpoint.h>

#include "app/http/fetch_int.h"
#include "app/http/where.h"
#include "support/loop.h"

#define CUSTOM true

static void test_redirect_methods(void **state)
{
	static const struct {
		int status;
		const char *method;
		bool is_custom;
		unsigned keep;
		const char *next;
		bool drops_body;
	} row[] = {
		{ 301, "GET", false, 0, "GET", false },
		{ 301, "POST", false, 0, "GET", true },
		{ 301, "POST", CUSTOM, 0, "GET", true },
		{ 301, "PUT", false, 0, "PUT", false },
		{ 301, "POST", false, TWC_HTTP_KEEP_301, "POST", false },
		{ 302, "POST", false, 0, "GET", true },
		{ 302, "POST", false, TWC_HTTP_KEEP_301, "GET", true },
		{ 302, "POST", false, TWC_HTTP_KEEP_302, "POST", false },
		{ 302, "DELETE", CUSTOM, 0, "DELETE", false },
		{ 303, "POST", false, 0, "GET", true },
		{ 303, "PUT", false, 0, "GET", true },
		{ 303, "HEAD", false, 0, "HEAD", false },
		{ 303, "PUT", false, TWC_HTTP_KEEP_303, "PUT", false },
		{ 303, "PUT", CUSTOM, TWC_HTTP_KEEP_METHOD, "PUT", true },
		{ 303, "PUT", false, TWC_HTTP_KEEP_METHOD, "GET", true },
		{ 307, "POST", false, 0, "POST", false },
		{ 308, "PUT", CUSTOM, 0, "PUT", false },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		bool drops_body;
		struct twc_str next = twc__http_redirect_method(row[i].status, twc_str_of(row[i].method), row[i].is_custom,
								row[i].keep, &drops_body);

		if (!twc_str_is(next, row[i].next) || drops_body != row[i].drops_body)
			fail_msg("row %zu: %.*s, %d", i, (int)next.n, next.p, drops_body);
	}
	for (int status = 200; status < 500; status++)
		assert_int_equal(twc__http_is_redirect(status), status == 300 || status == 301 || status == 302 || status == 303 ||
				 status == 307 || status == 308);
}

static void test_retry_causes(void **state)
{
	assert_true(twc__http_retry_has_status(NULL, 503));
	assert_true(twc__http_retry_has_status(NULL, 429));
	assert_false(twc__http_retry_has_status(NULL, 501));
	assert_false(twc__http_retry_has_status(NULL, 404));
	assert_true(twc__http_retry_has_status("404,5xx", 599));
	assert_true(twc__http_retry_has_status("404, 5xx", 502));
	assert_true(twc__http_retry_has_status("404,5xx", 404));
	assert_false(twc__http_retry_has_status("404,5xx", 405));
	assert_true(twc__http_retry_has_status("50x", 503));
	assert_false(twc__http_retry_has_status("", 503));
	assert_true(twc__http_retry_has_error(TWC_ETIMEDOUT, false, false));
	assert_true(twc__http_retry_has_error(TWC_ERESOLVE, false, false));
	assert_false(twc__http_retry_has_error(TWC_ENONAME, false, false));
	assert_true(twc__http_retry_has_error(TWC_ENONAME, false, true));
	assert_false(twc__http_retry_has_error(TWC_EREFUSED, false, false));
	assert_true(twc__http_retry_has_error(TWC_EREFUSED, true, false));
	assert_false(twc__http_retry_has_error(TWC_ERESET, true, false));
	assert_true(twc__http_retry_has_error(TWC_ETRUNC, false, true));
	assert_false(twc__http_retry_has_error(TWC_EUSAGE, true, true));
	assert_false(twc__http_retry_has_error(TWC_EIO, true, true));
}

static void test_retry_after(void **state)
{
	static const struct {
		const char *value;
		bool good;
		uint64_t s;
	} row[] = {
		{ "0", true, 0 },
		{ "120", true, 120 },
		{ "Sun, 06 Nov 1994 08:49:40 GMT", true, 3 }, /* 1994-11-06 08:49:37 is 784111777 */
		{ "Sun, 06 Nov 1994 08:49:37 GMT", true, 0 },
		{ "Sun, 06 Nov 1993 08:49:37 GMT", true, 0 },
		{ "soon", false, 0 },
		{ "-1", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		uint64_t ns = 77;
		bool good = twc__http_retry_after(twc_str_of(row[i].value), 784111777, &ns);

		assert_int_equal(good, row[i].good);
		if (good)
			assert_int_equal(ns, row[i].s * LOOP_S);
	}
}

/* ---- proxies ---- */

static void clear_environment(void)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
					     "no_proxy", "NO_PROXY" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++)
		unsetenv(names[i]);
}

/* What a proxy is told when it is asked for a tunnel. */
#define SAYS ":fields=User-Agent\\: twc/" TWC_VERSION "\nProxy-Connection\\: Keep-Alive\n"

static void test_routes(void **state)
{
	static const struct {
		const char *url, *proxy, *noproxy, *env, *env_value;
		bool tunnel;
		const char *via; /* NULL: direct */
		bool absolute;
	} row[] = {
		{ "http://a.test/", NULL, NULL, NULL, NULL, false, NULL, false },
		{ "http://a.test/", NULL, NULL, "http_proxy", "p:81", false, "tcp:p:81", true },
		{ "http://a.test/", NULL, NULL, "HTTP_PROXY", "p:81", false, NULL, false },
		{ "http://a.test/", NULL, NULL, "ALL_PROXY", "http://p", false, "tcp:p:1080", true },
		{ "http://a.test/", NULL, NULL, "https_proxy", "p:81", false, NULL, false },
		{ "https://a.test/", NULL, NULL, "HTTPS_PROXY", "p:81", false, "tcp:a.test:443:via=[http:p:81" SAYS "]", false },
		{ "https://a.test:8/", "http://p:81", NULL, NULL, NULL, false, "tcp:a.test:8:via=[http:p:81" SAYS "]", false },
		{ "http://a.test/", "https://p", NULL, NULL, NULL, false, "tls:p:443:ca=/x", true },
		{ "http://a.test/", "https://u@p:81", NULL, NULL, NULL, true, "tcp:a.test:80:via=[https:p:81:ca=/x:user=u" SAYS "]", false },
		{ "http://a.test/", "http://p:81", NULL, NULL, NULL, true, "tcp:a.test:80:via=[http:p:81" SAYS "]", false },
		{ "http://a.test/", "socks5h://p", NULL, NULL, NULL, false, "tcp:a.test:80:via=[socks5:p:1080]", false },
		{ "http://a.test/", "socks5://p:9", NULL, NULL, NULL, false, "tcp:a.test:80:via=[socks5:p:9:dns=local]", false },
		{ "http://a.test/", "socks4a://u@p", NULL, NULL, NULL, false, "tcp:a.test:80:via=[socks4a:p:1080:user=u]", false },
		{ "https://a.test/", "http://u:p%3Aw@p:81", NULL, NULL, NULL, false, "tcp:a.test:443:via=[http:p:81:user=u:pass=p\\:w" SAYS "]", false },
		{ "http://a.test/", "", NULL, "http_proxy", "p:81", false, NULL, false },
		{ "http://a.test/", NULL, "a.test", "http_proxy", "p:81", false, NULL, false },
		{ "http://b.a.test/", NULL, ".a.test", "http_proxy", "p:81", false, NULL, false },
		{ "http://b.test/", NULL, "a.test", "http_proxy", "p:81", false, "tcp:p:81", true },
		{ "http://10.1.2.3/", "p:81", "10.0.0.0/8", NULL, NULL, false, NULL, false },
		{ "http://11.1.2.3/", "p:81", "10.0.0.0/8", NULL, NULL, false, "tcp:p:81", true },
		{ "http://a.test/", "p:81", "*", NULL, NULL, false, NULL, false },
		{ "http://[::1]:5/", "socks5h://[::2]:6", NULL, NULL, NULL, false, "tcp:\\:\\:1:5:via=[socks5:\\:\\:2:6]", false },
	};
	struct twc_reactor *r = loop_fake();
	struct twc_http_session_opts o = { .proxy_tls = "ca=/x" };
	struct twc_http_session *s = twc_http_session_new(r, &o, NULL);

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_http_fetch f = { .s = s, .o = { .proxy = row[i].proxy, .noproxy = row[i].noproxy, .proxy_tunnel = row[i].tunnel } };
		struct twc__http_way way;
		struct twc_err err = { 0 };
		struct twc_endpoint *e;

		clear_environment();
		if (row[i].env)
			setenv(row[i].env, row[i].env_value, 1);
		assert_int_equal(twc_url_parse(twc_str_of(row[i].url), 0, &f.url, NULL), 0);
		if (twc__http_way_find(&f, &way, &err) < 0)
			fail_msg("row %zu: %s", i, err.text);
		if (!row[i].via != !way.via || (way.via && strcmp(way.via, row[i].via) != 0) || way.absolute != row[i].absolute)
			fail_msg("row %zu: %s", i, way.via ? way.via : "direct");
		e = way.via ? twc_endpoint_parse(way.via, TWC_CONNECT, &err) : NULL;
		if (way.via && !e)
			fail_msg("row %zu: %s: %s", i, way.via, err.text);
		twc_endpoint_free(e);
		twc__http_way_fini(&way);
		twc_url_fini(&f.url);
	}
	clear_environment();
	twc_http_session_free(s);
	twc_reactor_free(r);
}

/* ---- names that lead elsewhere ---- */

static void test_places(void **state)
{
	static const char *const resolve[] = { "a.test:80:127.0.0.1", "+b.test:80:127.0.0.1,[::1]", "*:81:::1", "c.test:80:127.0.0.1",
					       "-c.test:80", NULL };
	static const char *const connect_to[] = { "d.test:80:e.test:8080", "::f.test:", "x:1:y:2", NULL };
	static const struct {
		const char *url, *host; /* host: "resolve": a name of ours */
		uint16_t port;
	} row[] = {
		{ "http://d.test/", "e.test", 8080 },
		{ "http://D.test/", "e.test", 8080 },
		{ "http://d.test:81/", "resolve", 81 },
		{ "http://g.test/", "f.test", 80 },
	};
	static const char *const bad[] = { "", "a", "a:b", "a:80", "a:80:", "a:80:nonsense", "a:0:1.2.3.4", ":80:1.2.3.4", "a:80:1.2.3.4,," };
	struct twc_reactor *r = loop_fake();
	struct twc_http_session_opts o = { .resolve = resolve, .connect_to = connect_to };
	struct twc_err err = { 0 };
	struct twc_http_session *s = twc_http_session_new(r, &o, &err);
	struct twc__http_place place;
	struct twc_url url;

	assert_non_null(s);
	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		assert_int_equal(twc_url_parse(twc_str_of(row[i].url), 0, &url, NULL), 0);
		twc__http_session_place(s, &url, true, &place);
		assert_true(place.is_moved);
		assert_int_equal(place.port, row[i].port);
		assert_true(strncmp(place.host, row[i].host, strlen(row[i].host)) == 0);
		twc_url_fini(&url);
	}
	twc_http_session_free(s);
	o.connect_to = NULL;
	s = twc_http_session_new(r, &o, &err);
	assert_non_null(s);
	assert_int_equal(twc_url_parse(TWC_STR("http://c.test/"), 0, &url, NULL), 0);
	twc__http_session_place(s, &url, true, &place);
	assert_false(place.is_moved);
	twc_url_fini(&url);
	twc_http_session_free(s);
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		const char *const one[] = { bad[i], NULL };

		o.resolve = one;
		memset(&err, 0, sizeof(err));
		if (twc_http_session_new(r, &o, &err) || err.code != TWC_EUSAGE)
			fail_msg("'%s' was taken", bad[i]);
		o.resolve = NULL;
		o.connect_to = one;
		assert_null(twc_http_session_new(r, &o, &err));
		o.connect_to = NULL;
	}
	o.client.keys = "nonsense=1";
	assert_null(twc_http_session_new(r, &o, &err));
	assert_int_equal(err.code, TWC_EUSAGE);
	o = (struct twc_http_session_opts){ .proxy_tls = "key=/x" };
	assert_null(twc_http_session_new(r, &o, &err));
	assert_string_equal(err.text, "key needs cert=");
	twc_reactor_free(r);
}

static void test_without_certificate(void **state)
{
	static const struct {
		const char *all, *rest;
	} row[] = {
		{ "", "" },
		{ "ca=f", "ca=f" },
		{ "cert=me.pem:key=k:ca=f", "ca=f" },
		{ "ca=f:cert=[a:key=b]:min=1.3", "ca=f:min=1.3" },
		{ "ca=a\\:cert=x:key-pass-file=p", "ca=a\\:cert=x" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		char *rest = twc__http_without_certificate(row[i].all);

		assert_string_equal(rest, row[i].rest);
		twc_free(rest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redirect_methods),
		cmocka_unit_test(test_retry_causes),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_without_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
