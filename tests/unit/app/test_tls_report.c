/* SPDX-License-Identifier: MIT */
/* lib/app/tls_report.c: what a handshake came to, in words; how long certificates last. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <twc/app.h>

#include "support/certs.h"
#include "../transport/tls_pair.h"

#define DAY 86400

static struct certs certs;

static int make_certs(void **state)
{
	certs_make(&certs);
	return 0;
}

static int remove_certs(void **state)
{
	certs_remove(&certs);
	return 0;
}

static void of_both_sides(void **state)
{
	struct twc_tls_ctx *client = tls_context(&(struct twc_tls_opts){ .ca = certs.ca, .cert = certs.client, .alpn = "a,b" });
	struct twc_tls_ctx *server = tls_context(&(struct twc_tls_opts){
		.server = true, .cert = certs.server, .client_auth = TWC_TLS_AUTH_REQUIRE, .ca = certs.ca, .alpn = "b" });
	struct twc_tls_report *x, *y;
	struct tls_pair s;
	char text[2048];

	tls_join(&s, client, server, "one.test");
	assert_int_equal(s.done, 2);
	x = twc_tls_report_new(s.p.a.base.transport);
	y = twc_tls_report_new(s.p.b.base.transport);
	assert_non_null(x);
	assert_non_null(y);
	assert_string_equal(x->version, "TLSv1.3");
	assert_string_equal(x->alpn, "b");
	assert_true(x->verified && y->verified);
	assert_string_equal(y->servername, "one.test");
	assert_int_equal(y->n >= 1, true);
	assert_string_equal(y->cert[0].subject, "CN=app");
	assert_non_null(strstr(twc_tls_report_summary(x, text, sizeof(text)), ", ALPN b, SNI one.test, not resumed, verified"));
	twc_tls_report_cert(x, 0, x->cert[0].not_after - 3 * DAY - 1, text, sizeof(text));
	assert_non_null(strstr(text, "certificate 1 of "));
	assert_non_null(strstr(text, ", for one.test, *.wild.test, 127.0.0.1, ::1, ends "));
	assert_non_null(strstr(text, " UTC (3 days left), EC 256, pin=sha256//"));
	pair_fini(&s.p);
	assert_string_equal(x->cert[0].key, "EC 256"); /* outlives its connection */
	twc_tls_report_free(x);
	twc_tls_report_free(y);
	twc_tls_ctx_free(client);
	twc_tls_ctx_free(server);
}

static void unverified(void **state)
{
	struct twc_tls_ctx *client = tls_context(&(struct twc_tls_opts){ .no_verify = true });
	struct twc_tls_ctx *server = tls_context(&(struct twc_tls_opts){ .server = true, .cert = certs.self });
	struct twc_tls_report *x, *y;
	struct tls_pair s;
	char text[2048];

	tls_join(&s, client, server, NULL);
	x = twc_tls_report_new(s.p.a.base.transport);
	y = twc_tls_report_new(s.p.b.base.transport);
	assert_false(x->verified || y->verified);
	assert_int_equal(x->n, 1);
	assert_int_equal(y->n, 0);
	assert_non_null(strstr(twc_tls_report_summary(x, text, sizeof(text)), ", not resumed, not verified"));
	assert_non_null(strstr(twc_tls_report_summary(y, text, sizeof(text)), ", no certificate shown"));
	twc_tls_report_free(x);
	twc_tls_report_free(y);
	pair_fini(&s.p);
	twc_tls_ctx_free(client);
	twc_tls_ctx_free(server);
}

static void not_of_plain_streams(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	assert_null(twc_tls_report_new(p.a.base.transport));
	twc_tls_report_free(NULL);
	pair_fini(&p);
}

static void days(void **state)
{
	static const struct {
		int64_t left_s, days;
	} rows[] = {
		{ 0, 0 }, { DAY - 1, 0 }, { DAY, 1 }, { 30 * DAY + 5, 30 }, { -1, -1 }, { -DAY, -1 }, { -DAY - 1, -2 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_tls_cert cert = { .not_after = 1000000000 + rows[i].left_s };

		assert_int_equal(twc_tls_days_left(&cert, 1000000000), rows[i].days);
	}
}

static void the_first_to_end_decides(void **state)
{
	struct twc_tls_cert cert[3] = {
		{ .subject = "CN=leaf", .not_after = 40 * DAY },
		{ .subject = "CN=middle", .not_after = 12 * DAY },
		{ .subject = "CN=root", .not_after = 4000 * DAY },
	};
	struct twc_tls_report x = { .n = 3, .cert = cert };
	struct twc_err err = { 0 };

	assert_int_equal(twc_tls_report_lasts(&x, 0, 0, &err), 0);
	assert_int_equal(twc_tls_report_lasts(&x, 12, 0, &err), 0);
	assert_int_equal(twc_tls_report_lasts(&x, 12, 1, &err), TWC_ENO);
	assert_string_equal(err.text, "certificate 2 of 3 (CN=middle) ends 1970-01-13 00:00:00 UTC: 11 days left, 12 wanted");
	assert_int_equal(twc_tls_report_lasts(&x, 1, 13 * DAY, &err), TWC_ENO);
	assert_string_equal(err.text, "certificate 2 of 3 (CN=middle) ends 1970-01-13 00:00:00 UTC: ended 1 day ago, 1 wanted");
	assert_int_equal(twc_tls_report_lasts(&x, 0, 13 * DAY, &err), 0);
	x.n = 0;
	assert_int_equal(twc_tls_report_lasts(&x, 12, 0, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_both_sides),
		cmocka_unit_test(unverified),
		cmocka_unit_test(not_of_plain_streams),
		cmocka_unit_test(days),
		cmocka_unit_test(the_first_to_end_decides),
	};

	return cmocka_run_group_tests(tests, make_certs, remove_certs);
}
