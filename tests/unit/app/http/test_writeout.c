/* SPDX-License-Identifier: MIT */
/* -w: the language, every name, JSON; the expected texts of rows marked so are what curl 7.88 prints. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <twc/http_report.h>
#include <twc/json.h>
#include <twc/parse.h>

struct rig {
	struct twc_url url, effective, redirect;
	struct twc_http_response res;
	struct twc_err err;
	struct twc_http_facts x;
	struct twc_buf out; /* "<stderr>", "<FILE>", "<+FILE>" where the place changes */
	struct twc_buf unknown;
};

static void address(struct twc_addr *a, const char *ip, uint16_t port)
{
	assert_int_equal(twc_addr_parse_ip(a, TWC_ADDR_TCP, twc_str_of(ip), port, NULL), 0);
}

static void field(struct rig *g, const char *name, const char *value)
{
	assert_int_equal(twc_http_fields_add(&g->res.fields, twc_str_of(name), twc_str_of(value), NULL), 0);
}

static void rig_init(struct rig *g)
{
	memset(g, 0, sizeof(*g));
	assert_int_equal(twc_url_parse(TWC_STR("http://one.test:8080/a?b=c#d"), 0, &g->url, NULL), 0);
	assert_int_equal(twc_url_parse(TWC_STR("https://u:pw@[::1]:8443/x/y?q"), 0, &g->effective, NULL), 0);
	assert_int_equal(twc_url_parse(TWC_STR("http://two.test/z"), 0, &g->redirect, NULL), 0);
	g->res.status = 200;
	g->res.version = 11;
	g->res.connection = 3;
	address(&g->res.peer, "::1", 8443);
	address(&g->res.host, "127.0.0.1", 40000);
	g->res.has_tls = g->res.tls.verified = true;
	g->res.tls.certs = 2;
	field(g, "Content-Type", "text/\"plain\"");
	field(g, "X-Two", "a");
	field(g, "x-two", "b");
	g->x = (struct twc_http_facts){
		.url = &g->url,
		.url_effective = &g->effective,
		.url_text = "one.test:8080/a?b=c#d",
		.method = TWC_STR("GET"),
		.response = &g->res,
		.totals = { .redirects = 1, .retries = 2, .connects = 1, .received = 3000, .sent = 7, .decoded = 4000,
			    .heads_received = 199, .heads_sent = 80, .started_ns = TWC_NS_PER_S, .redirected_ns = TWC_NS_PER_MS,
			    .ended_ns = 3 * TWC_NS_PER_S },
		.times = { .queued = 5000000, .dial = 5001000, .resolved = 5010000, .connected = 5020000, .secured = 5030000,
			   .sent = 5040000, .uploaded = 5050000, .first_byte = 5060000 },
		.number = 4,
	};
	twc_buf_init(&g->out, 100000);
	twc_buf_init(&g->unknown, 1000);
}

static void rig_fini(struct rig *g)
{
	twc_http_fields_fini(&g->res.fields);
	twc_url_fini(&g->url);
	twc_url_fini(&g->effective);
	twc_url_fini(&g->redirect);
	twc_buf_fini(&g->out);
	twc_buf_fini(&g->unknown);
}

static int rig_put(void *arg, enum twc_http_writeout_to to, const char *file, struct twc_str text, struct twc_err *err)
{
	static const char *const marks[] = { "", "<stderr>", "<", "<+" };
	struct rig *g = arg;

	assert_int_equal(file != NULL, to >= TWC_HTTP_WRITEOUT_FILE);
	if (file && strcmp(file, "bad") == 0)
		return twc_err_set(err, TWC_ECANTCREAT, "no");
	assert_int_equal(twc_buf_addf(&g->out, "%s%s%s", marks[to], file ? file : "", file ? ">" : ""), 0);
	return twc_buf_add(&g->out, text.p, text.n);
}

static void rig_unknown(void *arg, struct twc_str name)
{
	struct rig *g = arg;

	assert_int_equal(twc_buf_addf(&g->unknown, "[%.*s]", (int)name.n, name.p), 0);
}

static const char *show(struct rig *g, const char *format)
{
	const struct twc_http_writeout_ops ops = { .put = rig_put, .unknown = rig_unknown, .arg = g };
	struct twc_err err = { 0 };

	twc_buf_clear(&g->out);
	twc_buf_clear(&g->unknown);
	assert_int_equal(twc_http_writeout(twc_str_of(format), &g->x, &ops, &err), 0);
	return twc_buf_cstr(&g->out);
}

static void test_the_language(void **state)
{
	static const struct {
		const char *format, *text, *unknown;
	} rows[] = {
		{ "", "", "" },
		{ "plain\n", "plain\n", "" },
		{ "a\\nb\\tc\\rd\\q\\\\", "a\nb\tc\rd\\q\\\\", "" },    /* curl's */
		{ "end\\", "end\\", "" },
		{ "100%%|%zz|100%|%", "100%|%zz|100%|%", "" },		/* curl's */
		{ "%{http_code} %{HTTP_CODE}", "200 200", "" },		/* curl's */
		{ "%{nosuch}x%{}", "x", "[nosuch][]" },			/* curl's */
		{ "%{unclosed", "%{unclosed", "" },
		{ "%header{content-TYPE}|%header{zz}|%header{X-Two}", "text/\"plain\"||a", "" }, /* curl's */
		{ "%header{content-type:all:, }|%header{x-two:all:-{\\}\\n}|%header{zz:all:x}|%header{x-two:any}",
		  "text/\"plain\"|a-{}\nb||", "" },
		{ "a%{stderr}b%{stdout}c", "a<stderr>bc", "" },		/* curl's */
		{ "%{stderr}%{stdout}x", "x", "" },
		{ "a%output{f}b%output{>>g}c%{stdout}d", "a<f>b<+g>cd", "" },
		{ "%output{f}", "<f>", "" },
		{ "a%{onerror}b", "a", "" },
	};
	struct rig g;

	(void)state;
	rig_init(&g);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_string_equal(show(&g, rows[i].format), rows[i].text);
		assert_string_equal(twc_buf_cstr(&g.unknown), rows[i].unknown);
	}
	g.x.exit_status = 76;
	assert_string_equal(show(&g, "a%{onerror}b"), "ab");
	rig_fini(&g);
}

static void test_every_name(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "certs", "" },
		{ "conn_id", "3" },
		{ "content_type", "text/\"plain\"" },
		{ "errormsg", "" },
		{ "exitcode", "0" },
		{ "filename_effective", "" },
		{ "ftp_entry_path", "" },
		{ "http_code", "200" },
		{ "http_connect", "000" },
		{ "http_version", "1.1" },
		{ "local_ip", "127.0.0.1" },
		{ "local_port", "40000" },
		{ "method", "GET" },
		{ "num_certs", "2" },
		{ "num_connects", "1" },
		{ "num_headers", "3" },
		{ "num_redirects", "1" },
		{ "num_retries", "2" },
		{ "proxy_ssl_verify_result", "0" },
		{ "proxy_used", "0" },
		{ "redirect_url", "" },
		{ "referer", "" },
		{ "remote_ip", "::1" },
		{ "remote_port", "8443" },
		{ "response_code", "200" },
		{ "scheme", "HTTPS" },
		{ "size_delivered", "4000" },
		{ "size_download", "3000" },
		{ "size_header", "199" },
		{ "size_request", "80" },
		{ "size_upload", "7" },
		{ "speed_download", "1500" },
		{ "speed_upload", "3" },
		{ "ssl_verify_result", "0" },
		{ "time_appconnect", "0.001030" },
		{ "time_connect", "0.001020" },
		{ "time_namelookup", "0.001010" },
		{ "time_posttransfer", "0.001050" },
		{ "time_pretransfer", "0.001040" },
		{ "time_queue", "0.000001" },
		{ "time_redirect", "0.001000" },
		{ "time_starttransfer", "0.001060" },
		{ "time_total", "2.000000" },
		{ "tls_earlydata", "0" },
		{ "url", "one.test:8080/a?b=c#d" },
		{ "url_effective", "https://u:pw@[::1]:8443/x/y?q" },
		{ "urlnum", "4" },
		{ "xfer_id", "4" },
		{ "url.scheme", "http" },
		{ "url.host", "one.test" },
		{ "url.port", "8080" },
		{ "url.path", "/a" },
		{ "url.query", "b=c" },
		{ "url.fragment", "d" },
		{ "url.user", "" },
		{ "url.options", "" },
		{ "url.zoneid", "" },
		{ "urle.scheme", "https" },
		{ "urle.user", "u" },
		{ "urle.password", "pw" },
		{ "urle.host", "[::1]" },
		{ "urle.port", "8443" },
	};
	struct rig g;
	char format[64];

	(void)state;
	rig_init(&g);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		snprintf(format, sizeof(format), "%%{%s}", rows[i].name);
		assert_string_equal(show(&g, format), rows[i].text);
		assert_string_equal(twc_buf_cstr(&g.unknown), "");
	}
	assert_string_equal(show(&g, "%{url.nosuch}%{urlx.host}%{url.}%{urle}"), "");
	assert_string_equal(twc_buf_cstr(&g.unknown), "[url.nosuch][urlx.host][url.][urle]");
	rig_fini(&g);
}

/* A connection that was refused, in curl's words. */
static void test_of_a_failure(void **state)
{
	struct rig g;

	(void)state;
	rig_init(&g);
	g.err = (struct twc_err){ .code = TWC_EREFUSED, .text = "connection refused" };
	g.x = (struct twc_http_facts){ .url = &g.url, .method = TWC_STR("GET"), .err = &g.err, .exit_status = 69,
				       .file = "f", .referer = "r", .redirect_url = &g.redirect, .connect_status = 407 };
	assert_string_equal(show(&g, "%{http_code} %{errormsg} %{exitcode} %{http_version} %{remote_ip} %{remote_port} "
				     "%{scheme} %{method} %{url_effective} %{size_header}"),
			    "000 connection refused 69 0  0  GET http://one.test:8080/a?b=c 0");
	assert_string_equal(show(&g, "%{filename_effective} %{referer} %{redirect_url} %{http_connect} %{time_total} %{url}"),
			    "f r http://two.test/z 407 0.000000 http://one.test:8080/a?b=c");
	assert_string_equal(show(&g, "%{header_json}"), "{\n}");
	rig_fini(&g);
}

static void test_of_a_kept_connection(void **state)
{
	struct rig g;

	(void)state;
	rig_init(&g);
	g.x.times = (struct twc_http_times){ .queued = 5000000, .sent = 5040000, .first_byte = 5060000 };
	assert_string_equal(show(&g, "%{time_namelookup} %{time_connect} %{time_appconnect} %{time_pretransfer} %{time_queue}"),
			    "0.001000 0.001000 0.000000 0.001040 0.000040");
	rig_fini(&g);
}

static void test_json(void **state)
{
	struct twc_json_doc *doc;
	struct twc_json_expect *want;
	static const char *const rows[] = {
		".http_code = 200",	 ".content_type = \"text/\\\"plain\\\"\"", ".errormsg = null", ".time_total = 2.0",
		".url_effective *= x/y", ".curl_version ~ ^twc/",
	};
	struct rig g;
	char got[64];

	(void)state;
	rig_init(&g);
	show(&g, "%{json}");
	doc = twc_json_doc_new(twc_buf_str(&g.out), NULL);
	assert_non_null(doc);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		want = twc_json_expect_new(twc_str_of(rows[i]), false, NULL);
		assert_non_null(want);
		if (!twc_json_expect_holds(want, doc, got, sizeof(got)))
			fail_msg("%s: %s", rows[i], got);
		twc_json_expect_free(want);
	}
	twc_json_doc_free(doc);
	assert_string_equal(show(&g, "%{header_json}"),
			    "{\"content-type\":[\"text/\\\"plain\\\"\"],\n\"x-two\":[\"a\",\"b\"]\n}"); /* curl's layout */
	rig_fini(&g);
}

static void test_a_place_that_fails(void **state)
{
	struct rig g;
	const struct twc_http_writeout_ops ops = { .put = rig_put, .arg = &g };
	struct twc_err err = { 0 };

	(void)state;
	rig_init(&g);
	assert_int_equal(twc_http_writeout(TWC_STR("a%output{bad}b%{stdout}c"), &g.x, &ops, &err), TWC_ECANTCREAT);
	assert_string_equal(err.text, "no");
	assert_string_equal(twc_buf_cstr(&g.out), "a");
	rig_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_language),
		cmocka_unit_test(test_every_name),
		cmocka_unit_test(test_of_a_failure),
		cmocka_unit_test(test_of_a_kept_connection),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_a_place_that_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
