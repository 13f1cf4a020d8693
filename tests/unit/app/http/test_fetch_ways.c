/* SPDX-License-Identifier: MIT */
/* Whole fetches that take other ways: once more, through proxies, by TLS, under other names, with cookies. */
#include "fetching.h"

#include "support/certs.h"
#include "support/probe.h"

/* ---- once more ---- */

static void test_retries(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /503", "HTTP/1.1 503 Later\r\nContent-Length: 4\r\n\r\nbusy", 0 },
		{ "GET /503", "HTTP/1.1 503 Later\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy", 0 },
		{ "GET /503", OK "Content-Length: 2\r\n\r\nok", 0 },
		{ "GET /always", "HTTP/1.1 503 Later\r\nContent-Length: 4\r\n\r\nbusy", 0 },
		{ "GET /404", "HTTP/1.1 404 No\r\n" EMPTY, 0 },
		{ "GET /long", "HTTP/1.1 503 Later\r\nRetry-After: 100000\r\n" EMPTY, 0 },
		{ "GET /cut", OK "ETag: \"v1\"\r\nContent-Length: 10\r\n\r\n01234", SCRIPT_CLOSE },
		{ "GET /cut", "HTTP/1.1 206 Part\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789", 0 },
		{ "GET /begin", OK "Content-Length: 10\r\n\r\n01234", SCRIPT_CLOSE },
		{ "GET /begin", OK "Content-Length: 10\r\n\r\n0123456789", 0 },
		{ NULL, NULL, 0 },
	};
	struct twc_http_totals totals;
	char story[128];
	struct fetching t;

	fetching_open(&t, rows);
	t.o.retries = 2;
	t.o.retry_delay_ns = LOOP_MS;
	fetch(&t, "/503", "503- retry1(503) 503- retry2(503) 200. done", 0);
	assert_string_equal(t.body, "ok");
	twc_http_fetch_totals(t.f, &totals);
	assert_int_equal(totals.retries, 2);
	assert_int_equal(totals.attempts, 3);
	assert_int_equal(totals.heads_received, strlen(OK "Content-Length: 2\r\n\r\n")); /* of the latest */
	assert_int_equal(script_connections(t.s), 1);
	fetch(&t, "/always", "503- retry1(503) 503- retry2(503) 503. done", 0);
	assert_string_equal(t.body, "busy");
	fetch(&t, "/404", "404. done", 0);
	t.o.retries = 1;
	t.o.max_ns = 300 * LOOP_MS; /* of an attempt, not of the time between two */
	t.o.retry_delay_ns = 400 * LOOP_MS;
	fetch(&t, "/always", "503- retry1(503) 503. done", 0);
	t.o.max_ns = 0;
	t.o.retries = 2;
	t.o.retry_delay_ns = LOOP_MS;
	t.o.retry_max_ns = LOOP_S; /* the server wants more than there is */
	fetch(&t, "/long", "503. done", 0);
	fetch(&t, "/cut", "200. done", TWC_ETRUNC);
	t.o.retry_all = true;
	snprintf(story, sizeof(story), "200. retry1(%d) 200. done", TWC_ETRUNC);
	t.o.again = on_fetch_again;
	t.again = 1;
	fetch(&t, "/begin", story, 0);
	assert_string_equal(t.body, "0123456789");
	fetching_close(&t);

	fetching_open(&t, rows);
	t.o.retries = 2;
	t.o.retry_delay_ns = LOOP_MS;
	t.o.retry_all = true;
	t.o.again = on_fetch_again;
	t.again = 1;
	t.go_on_from = 5;
	snprintf(story, sizeof(story), "200. retry1(%d) 206. done", TWC_ETRUNC);
	fetch(&t, "/cut", story, 0);
	assert_string_equal(t.body, "0123456789");
	assert_true(was_sent(&t, "Range: bytes=5-\r\nIf-Range: \"v1\"\r\n"));
	fetching_close(&t);

	fetching_open(&t, rows); /* what was given out cannot be taken back */
	t.o.retries = 2;
	t.o.retry_all = true;
	fetch(&t, "/begin", "200. done", TWC_ETRUNC);
	t.o.retry_delay_ns = LOOP_MS;
	fetching_begin_url(&t, "http://127.0.0.2:1/");
	fetching_end(&t);
	snprintf(story, sizeof(story), "retry1(%d) retry2(%d) done", TWC_EREFUSED, TWC_EREFUSED);
	assert_string_equal(t.story, story);
	fetching_close(&t);
}

/* ---- proxies ---- */

static void test_proxies(void **state)
{
	static const struct script_row rows[] = {
		{ "GET http://far.test/a", OK EMPTY, 0 },
		{ "CONNECT far.test:80", "HTTP/1.1 200 OK\r\n\r\n", 0 },
		{ "CONNECT no.test:80", "HTTP/1.1 403 No\r\n\r\n", SCRIPT_CLOSE },
		{ "GET /a", OK EMPTY, 0 },
		{ NULL, NULL, 0 },
	};
	struct twc_http_fields fields = { 0 };
	struct fetching t;
	char proxy[128];

	fetching_open(&t, rows);
	snprintf(proxy, sizeof(proxy), "http://me:pw@127.0.0.1:%u", script_port(t.s));
	t.o.proxy = proxy;
	twc_http_fields_add(&fields, TWC_STR("X-Proxy"), TWC_STR("1"), NULL);
	t.o.proxy_fields = &fields;
	fetching_begin_url(&t, "http://far.test/a");
	fetching_end(&t);
	assert_string_equal(t.story, "200. done");
	assert_true(was_sent(&t, "GET http://far.test/a HTTP/1.1\r\nHost: far.test\r\nProxy-Authorization: Basic bWU6cHc=\r\n"));
	assert_true(was_sent(&t, "X-Proxy: 1"));
	t.o.proxy_tunnel = true;
	fetching_begin_url(&t, "http://far.test/a");
	fetching_end(&t);
	assert_string_equal(t.story, "200. done");
	assert_true(was_sent(&t, "Proxy-Authorization: Basic bWU6cHc=\r\nUser-Agent: twc/" TWC_VERSION "\r\n"
				 "Proxy-Connection: Keep-Alive\r\nX-Proxy: 1\r\n\r\n"));
	assert_true(was_sent(&t, "GET /a HTTP/1.1\r\nHost: far.test\r\nUser-Agent"));
	assert_true(was_sent(&t, "Accept: */*\r\n\r\n")); /* and the origin is not told */
	fetching_begin_url(&t, "http://no.test/a");
	fetching_end(&t);
	assert_int_equal(t.err.code, TWC_EACCESS);
	t.o.proxy = "gopher://x";
	fetching_begin_url(&t, "http://far.test/a");
	fetching_end(&t);
	assert_int_equal(t.err.code, TWC_EUSAGE);
	twc_http_fields_fini(&fields);
	fetching_close(&t);
}

/* ---- other names ---- */

static void test_elsewhere(void **state)
{
	static const struct script_row rows[] = { { "GET /a", OK EMPTY, 0 }, { NULL, NULL, 0 } };
	char resolve[64], connect_to[64];
	const char *const resolves[] = { resolve, NULL }, *const connect_tos[] = { connect_to, NULL };
	struct twc_http_session_opts so = { .resolve = resolves, .connect_to = connect_tos };
	struct twc_err err = { 0 };
	struct fetching t;
	char url[64];

	fetching_open(&t, rows);
	twc_http_session_free(t.session);
	snprintf(resolve, sizeof(resolve), "far.test:%u:127.0.0.1", script_port(t.s));
	snprintf(connect_to, sizeof(connect_to), "other.test:80:127.0.0.1:%u", script_port(t.s));
	t.session = twc_http_session_new(t.r, &so, &err);
	snprintf(url, sizeof(url), "http://far.test:%u/a", script_port(t.s));
	fetching_begin_url(&t, url);
	fetching_end(&t);
	assert_string_equal(t.story, "200. done");
	assert_true(was_sent(&t, "Host: far.test:"));
	fetching_begin_url(&t, "http://other.test/a");
	fetching_end(&t);
	assert_string_equal(t.story, "200. done");
	assert_true(was_sent(&t, "Host: other.test\r\n"));
	fetching_close(&t);
}

static void test_cookies(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /set", OK "Set-Cookie: a=b; Max-Age=100\r\nSet-Cookie: s=e\r\n" EMPTY, 0 },
		{ "GET /x", OK EMPTY, 0 },
		{ NULL, NULL, 0 },
	};
	struct twc_http_session_opts so = { .cookies = true };
	struct fetching t;
	struct twc_buf jar;

	fetching_open_with(&t, rows, &so, NULL);
	fetch(&t, "/set", "200. done", 0);
	fetch(&t, "/x", "200. done", 0);
	assert_true(was_sent(&t, "Cookie: a=b; s=e\r\n"));
	twc_buf_init(&jar, 10000);
	assert_int_equal(twc_http_session_save(t.session, &jar), 0);
	assert_non_null(strstr(twc_buf_cstr(&jar), "\ta\tb"));
	twc_http_session_free(t.session);
	t.session = twc_http_session_new(t.r, &(struct twc_http_session_opts){ 0 }, NULL);
	assert_int_equal(twc_http_session_load(t.session, twc_buf_str(&jar), false), 0);
	fetch(&t, "/x", "200. done", 0);
	assert_true(was_sent(&t, "Cookie: a=b\r\n"));
	twc_buf_fini(&jar);
	fetching_close(&t);
}

/* ---- TLS ---- */

static void test_tls(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /a", OK "Content-Length: 2\r\n\r\nok", 0 },
		{ "GET /down", "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\n" EMPTY, 0 },
		{ "GET /until", OK "\r\nall", SCRIPT_CLOSE },
		{ "GET /cut", OK "\r\npart", SCRIPT_RESET },
		{ NULL, NULL, 0 },
	};
	struct twc_http_session_opts so = { 0 };
	struct twc_err err = { 0 };
	char listen[256], tls[256], url[64];
	struct fetching t;
	struct certs certs;

	certs_make(&certs);
	snprintf(listen, sizeof(listen), "tls:0:interface=127.0.0.1:cert=%s", certs.server);
	fetching_open_with(&t, rows, NULL, listen);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/a", script_port(t.s));
	fetching_begin_url(&t, url); /* nobody trusts this authority */
	fetching_end(&t);
	assert_int_equal(t.err.code, TWC_EUNTRUSTED);
	twc_http_session_free(t.session);
	snprintf(tls, sizeof(tls), "ca=%s:cert=%s", certs.ca, certs.client);
	so.client.tls = tls;
	t.session = twc_http_session_new(t.r, &so, &err);
	assert_non_null(t.session);
	fetching_begin_url(&t, url);
	fetching_end(&t);
	assert_string_equal(t.story, "200. done");
	assert_true(twc_http_fetch_response(t.f)->has_tls);
	assert_true(twc_http_fetch_times(t.f)->secured >= twc_http_fetch_times(t.f)->connected);
	assert_true(twc_http_fetch_times(t.f)->connected > 0);
	t.o.follow = true;
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/down", script_port(t.s));
	fetching_begin_url(&t, url);
	fetching_end(&t);
	assert_string_equal(t.story, "302- done");
	assert_int_equal(t.err.code, TWC_EACCESS);
	assert_non_null(strstr(t.err.text, "--allow-downgrade"));
	t.o.allow_downgrade = true;
	fetching_begin_url(&t, url);
	fetching_end(&t);
	assert_int_equal(t.err.code, TWC_EREFUSED);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/until", script_port(t.s));
	fetching_begin_url(&t, url);
	fetching_end(&t);
	assert_string_equal(t.story, "200. done");
	assert_int_equal(t.err.code, 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/cut", script_port(t.s));
	fetching_begin_url(&t, url); /* without close_notify nobody knows whether that was all */
	fetching_end(&t);
	assert_int_not_equal(t.err.code, 0);
	fetching_close(&t);
	certs_remove(&certs);
}

/* ---- another protocol ---- */

static struct probe *next_protocol;

static void upgrade(void *arg, struct twc_http_fetch *f, bool is_last)
{
	tell(arg, "%d%s ", twc_http_fetch_response(f)->status, is_last ? "." : "-");
	if (is_last && twc_http_fetch_response(f)->status == 101)
		assert_true(twc_http_fetch_upgrade(f, probe_protocol(next_protocol)));
}

static void on_first(struct probe *p, const uint8_t *data, size_t n)
{
	*(bool *)p->arg = true;
}

static void test_upgrade(void **state)
{
	static const struct script_row rows[] = {
		{ "GET /moved", "HTTP/1.1 302 Go\r\nLocation: /up\r\n" EMPTY, 0 },
		{ "GET /up", "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: twister\r\n\r\nhello", 0 },
		{ "GET /no", OK "Content-Length: 2\r\n\r\nok", 0 },
		{ NULL, NULL, 0 },
	};
	struct fetching t;
	struct probe next;
	bool has_come = false;

	fetching_open(&t, rows);
	t.o.upgrade = "twister";
	t.o.follow = true;
	t.o.head = upgrade;
	next_protocol = &next;
	probe_init(&next);
	next.on_data = on_first;
	next.arg = &has_come;
	fetch(&t, "/moved", "302- 101. done", 0);
	assert_true(was_sent(&t, "\r\nConnection: Upgrade\r\nUpgrade: twister\r\n"));
	assert_true(loop_until(t.r, &has_come));
	assert_string_equal(next.got, "hello");
	assert_int_equal(script_connections(t.s), 2);
	fetch(&t, "/no", "200. done", 0);
	assert_string_equal(t.body, "ok");
	assert_false(next.is_lost); /* fetches come and go */
	twc_transport_abort(next.base.transport);
	assert_true(loop_until(t.r, &next.is_lost));
	probe_fini(&next);
	fetching_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
