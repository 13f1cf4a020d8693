/* SPDX-License-Identifier: MIT */
/* records, archives, and what is hidden in both. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/http_report.h>
#include <twc/json.h>
#include <twc/parse.h>

struct rig {
	struct twc_url url;
	struct twc_http_response res;
	struct twc_http_facts x;
	struct twc_buf out;
};

static void rig_init(struct rig *g)
{
	memset(g, 0, sizeof(*g));
	assert_int_equal(twc_url_parse(TWC_STR("http://u:pw@one.test/a?b=c+d&e#f"), 0, &g->url, NULL), 0);
	g->res.status = 200;
	g->res.version = 11;
	g->res.reason = TWC_STR("OK");
	g->res.head_bytes = 60;
	g->res.body_bytes = 9;
	assert_int_equal(twc_addr_parse_ip(&g->res.peer, TWC_ADDR_TCP, TWC_STR("::1"), 80, NULL), 0);
	assert_int_equal(twc_http_fields_add(&g->res.fields, TWC_STR("Set-Cookie"), TWC_STR("a=secret"), NULL), 0);
	assert_int_equal(twc_http_fields_add(&g->res.fields, TWC_STR("Content-Type"), TWC_STR("text/plain"), NULL), 0);
	g->x = (struct twc_http_facts){
		.url = &g->url,
		.method = TWC_STR("GET"),
		.response = &g->res,
		.totals = { .received = 9, .sent = 3, .decoded = 9, .heads_received = 60, .started_ns = 1000,
			    .ended_ns = 3001000 },
		.times = { .queued = 1000, .dial = 2000, .resolved = 5000, .connected = 15000, .sent = 16000,
			   .first_byte = 1016000, .done = 3001000 },
	};
	twc_buf_init(&g->out, 100000);
}

static void rig_fini(struct rig *g)
{
	twc_http_fields_fini(&g->res.fields);
	twc_url_fini(&g->url);
	twc_buf_fini(&g->out);
}

static void holds(const struct rig *g, const char *const *rows)
{
	struct twc_json_doc *doc = twc_json_doc_new(twc_buf_str(&g->out), NULL);
	char got[64];

	assert_non_null(doc);
	for (; *rows; rows++) {
		struct twc_json_expect *want = twc_json_expect_new(twc_str_of(*rows), false, NULL);

		assert_non_null(want);
		if (!twc_json_expect_holds(want, doc, got, sizeof(got)))
			fail_msg("%s: %s", *rows, got);
		twc_json_expect_free(want);
	}
	twc_json_doc_free(doc);
}

/* ---- records ---- */

static void test_a_record(void **state)
{
	static const char *const redirects[] = { "http://two.test/" };
	struct rig g;

	(void)state;
	rig_init(&g);
	g.x.redirects = redirects;
	g.x.n_redirects = 1;
	assert_int_equal(twc_http_record_write(&g.out, &g.x, 2), 0);
	assert_string_equal(twc_buf_cstr(&g.out),
			    "{\"url\":\"http://u:***@one.test/a?b=c+d&e\",\"method\":\"GET\",\"status\":200,\"http\":\"1.1\","
			    "\"remote\":\"tcp:[::1]:80\",\"local\":null,\"attempt\":2,\"redirects\":[\"http://two.test/\"],"
			    "\"bytes\":{\"up\":3,\"down\":9,\"head\":60},"
			    "\"us\":{\"dns\":3,\"connect\":10,\"tls\":null,\"first_byte\":1000,\"total\":3000},"
			    "\"tls\":null,\"error\":null}\n");
	rig_fini(&g);
}

static void test_a_record_of_a_failure(void **state)
{
	const struct twc_err err = { .code = TWC_EREFUSED };
	struct rig g;

	(void)state;
	rig_init(&g);
	g.x = (struct twc_http_facts){ .url = &g.url, .err = &err };
	assert_int_equal(twc_http_record_write(&g.out, &g.x, 1), 0);
	assert_string_equal(twc_buf_cstr(&g.out),
			    "{\"url\":\"http://u:***@one.test/a?b=c+d&e\",\"method\":null,\"status\":null,\"http\":null,"
			    "\"remote\":null,\"local\":null,\"attempt\":1,\"redirects\":[],"
			    "\"bytes\":{\"up\":0,\"down\":0,\"head\":0},"
			    "\"us\":{\"dns\":null,\"connect\":null,\"tls\":null,\"first_byte\":null,\"total\":null},"
			    "\"tls\":null,\"error\":{\"code\":\"EREFUSED\",\"text\":\"connection refused\"}}\n");
	rig_fini(&g);
}

static void test_a_record_with_tls(void **state)
{
	static const char *const rows[] = { ".tls.version = TLSv1.3", ".tls.alpn = null", ".tls.verified = true", ".us.tls = 0",
					    NULL };
	struct rig g;

	(void)state;
	rig_init(&g);
	g.res.has_tls = true;
	g.res.tls = (struct twc_tls_info){ .version = "TLSv1.3", .cipher = "C", .verified = true };
	g.x.times.secured = 15999;
	assert_int_equal(twc_http_record_write(&g.out, &g.x, 1), 0);
	holds(&g, rows);
	rig_fini(&g);
}

static void test_a_record_that_is_too_long(void **state)
{
	struct rig g;

	(void)state;
	rig_init(&g);
	twc_buf_fini(&g.out);
	twc_buf_init(&g.out, 50);
	assert_int_equal(twc_http_record_write(&g.out, &g.x, 1), TWC_ETOOLONG);
	rig_fini(&g);
}

/* ---- secrets ---- */

static void test_secrets(void **state)
{
	static const struct {
		const char *head, *shown;
	} rows[] = {
		{ "", "" },
		{ "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n" },
		{ "Authorization: Basic YTpi\r\n", "Authorization: Basic ***\r\n" },
		{ "PROXY-authorization:Digest a=\"b\", c\r\n", "PROXY-authorization:Digest ***\r\n" },
		{ "Authorization: token\r\n", "Authorization: ***\r\n" },
		{ "Cookie: a=b; c=d\r\nX: y\r\n", "Cookie: ***\r\nX: y\r\n" },
		{ "Set-Cookie: a=b\n\tc=d\n  e\nX: y\n", "Set-Cookie: ***\nX: y\n" }, /* folded */
		{ "X: y\r\n z\r\n", "X: y\r\n z\r\n" },
		{ "X-API-Key: k", "X-API-Key: ***" },
		{ "x-auth-token:  k  \r\n", "x-auth-token:  ***\r\n" },
		{ "Cookie:\r\nCookie: \r\n", "Cookie:\r\nCookie: \r\n" }, /* nothing to hide */
		{ "WWW-Authenticate: Basic realm=x\r\n", "WWW-Authenticate: Basic realm=x\r\n" },
		{ "no colon\r\n", "no colon\r\n" },
	};
	struct twc_buf b;

	(void)state;
	twc_buf_init(&b, 1000);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		twc_buf_clear(&b);
		assert_int_equal(twc_http_mask_head(twc_str_of(rows[i].head), &b), 0);
		assert_string_equal(twc_buf_cstr(&b), rows[i].shown);
	}
	twc_buf_fini(&b);
}

/* ---- archives ---- */

static void entry(struct rig *g, const struct twc_http_har_entry *e, bool is_first)
{
	assert_int_equal(twc_http_har_add(&g->out, e, is_first), 0);
}

static void test_an_archive(void **state)
{
	static const char *const rows[] = {
		".log.version = \"1.2\"",
		".log.creator.name = twc",
		".log.entries.# = 2",
		".log.entries[0].startedDateTime = 1994-11-06T08:49:37.123Z",
		".log.entries[0].time = 3.0",
		".log.entries[0].request.method = GET",
		".log.entries[0].request.url *= u:***@one.test/a?b=c+d",
		".log.entries[0].request.httpVersion = \"HTTP/1.1\"",
		".log.entries[0].request.headers.# = 3",
		".log.entries[0].request.headers[1].name = Authorization",
		".log.entries[0].request.headers[1].value = \"Basic ***\"",
		".log.entries[0].request.queryString[0].value = \"c d\"",
		".log.entries[0].request.queryString[1].name = e",
		".log.entries[0].request.postData.mimeType = x/y",
		".log.entries[0].request.postData.text = in",
		".log.entries[0].response.status = 200",
		".log.entries[0].response.headers[0].value = ***",
		".log.entries[0].response.content.mimeType = text/plain",
		".log.entries[0].response.content.text = out",
		".log.entries[0].timings.dns = 0.003",
		".log.entries[0].timings.connect = 0.010",
		".log.entries[0].timings.ssl = -1",
		".log.entries[0].timings.wait = 1.0",
		".log.entries[0].serverIPAddress = \"::1\"",
		".log.entries[1].response.content.encoding = base64",
		".log.entries[1].response.content.text = \"/w==\"",
		".log.entries[1].response.headers[0].value = \"a=secret\"",
		".log.entries[1].request.headers[1].value = \"Basic YTpi\"",
		NULL,
	};
	struct rig g;
	struct twc_http_har_entry e;

	(void)state;
	rig_init(&g);
	e = (struct twc_http_har_entry){
		.facts = &g.x,
		.request_head = TWC_STR("POST / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YTpi\r\nContent-Type: x/y\r\n\r\n"),
		.request_body = TWC_STR("in"),
		.body = TWC_STR("out"),
		.started_us = 784111777123456,
	};
	assert_int_equal(twc_http_har_begin(&g.out), 0);
	entry(&g, &e, true);
	e.show_secrets = true;
	e.body = TWC_STR("\xff");
	entry(&g, &e, false);
	assert_int_equal(twc_http_har_end(&g.out), 0);
	holds(&g, rows);
	rig_fini(&g);
}

static void test_an_archive_of_nothing(void **state)
{
	static const char *const rows[] = { ".log.entries.# = 1", ".log.entries[0].response.status = 0",
					    ".log.entries[0].response._error = \"timed out\"",
					    ".log.entries[0].timings.dns = -1", NULL };
	const struct twc_err err = { .code = TWC_ETIMEDOUT };
	struct rig g;
	struct twc_http_har_entry e;

	(void)state;
	rig_init(&g);
	g.x = (struct twc_http_facts){ .url = &g.url, .err = &err };
	e = (struct twc_http_har_entry){ .facts = &g.x };
	assert_int_equal(twc_http_har_begin(&g.out), 0);
	entry(&g, &e, true);
	assert_int_equal(twc_http_har_end(&g.out), 0);
	holds(&g, rows);
	rig_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_record),
		cmocka_unit_test(test_a_record_of_a_failure),
		cmocka_unit_test(test_a_record_with_tls),
		cmocka_unit_test(test_a_record_that_is_too_long),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_an_archive),
		cmocka_unit_test(test_an_archive_of_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
