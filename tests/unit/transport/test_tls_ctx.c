/* SPDX-License-Identifier: MIT */
/* TLS configurations: identities, trust, names, files that are wrong or change. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/certs.h"
#include "tls_pair.h"

static struct certs certs;
static time_t later_s;

/* OpenSSL's clock, too: it finds this one first. */
__attribute__((visibility("default"))) time_t time(time_t *out);
time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += later_s;
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

/* ---- what is wrong is said ---- */

static void refused(const struct twc_tls_opts *o, int code, const char *text)
{
	struct twc_err err = { 0 };
	struct twc_tls_ctx *c = twc_tls_ctx_new(o, &err);

	assert_null(c);
	if (err.code != code || !strstr(err.text, text))
		fail_msg("%s: '%s'; wanted %s: '%s'", twc_err_name(err.code), err.text, twc_err_name(code), text);
}

static void files_that_are_wrong(void **state)
{
	char garbage[96];
	FILE *f;

	snprintf(garbage, sizeof(garbage), "%s/garbage.pem", certs.dir);
	f = fopen(garbage, "w");
	fputs("not a certificate\n", f);
	fclose(f);
	refused(&(struct twc_tls_opts){ .server = true, .cert = "/nowhere.pem" }, TWC_ENOINPUT, "cert: cannot read /nowhere.pem (ENOENT)");
	refused(&(struct twc_tls_opts){ .server = true, .cert = garbage }, TWC_EDATA, "holds no PEM certificate");
	refused(&(struct twc_tls_opts){ .server = true, .cert = certs.ca }, TWC_EDATA, "holds no PEM private key");
	refused(&(struct twc_tls_opts){ .server = true, .cert = certs.server, .key = "/nowhere.key" }, TWC_ENOINPUT, "key: cannot read /nowhere.key");
	refused(&(struct twc_tls_opts){ .server = true, .cert = certs.self, .key = certs.server_key }, TWC_EDATA, "does not belong to the certificate");
	refused(&(struct twc_tls_opts){ .ca = "/nowhere" }, TWC_ENOINPUT, "ca: cannot read /nowhere (ENOENT)");
	refused(&(struct twc_tls_opts){ .ca = garbage }, TWC_EDATA, "holds no PEM certificate");
	refused(&(struct twc_tls_opts){ .server = true, .cert = "/dev/zero" }, TWC_EDATA, "/dev/zero is longer than 1048576 bytes");
	refused(&(struct twc_tls_opts){ .server = true, .certs = "/nowhere" }, TWC_ENOINPUT, "certs: cannot read /nowhere");
	unlink(garbage);
}

static void values_that_cannot_be(void **state)
{
	refused(&(struct twc_tls_opts){ .min = 13, .max = 12 }, TWC_EUSAGE, "min is above max");
	refused(&(struct twc_tls_opts){ .ciphers = "NONSENSE" }, TWC_EUSAGE, "ciphers: none of 'NONSENSE' is known");
	refused(&(struct twc_tls_opts){ .groups = "nonsense" }, TWC_EUSAGE, "groups: 'nonsense'");
	refused(&(struct twc_tls_opts){ .sigalgs = "RSA+nonsense" }, TWC_EUSAGE, "sigalgs: 'RSA+nonsense'");
	refused(&(struct twc_tls_opts){ .alpn = "h2,,x" }, TWC_EUSAGE, "alpn");
	refused(&(struct twc_tls_opts){ .pin = "sha256//short" }, TWC_EUSAGE, "pin: 'sha256//short'");
	refused(&(struct twc_tls_opts){ .server = true, .cert = "auto", .names = "ok.test,b/d" }, TWC_EUSAGE, "name: 'b/d'");
}

/* ---- who we are ---- */

static void expect_done(const struct twc_tls_opts *client, const struct twc_tls_opts *server, const char *name)
{
	struct twc_tls_ctx *c = tls_context(client), *v = tls_context(server);
	struct tls_pair s;

	tls_join(&s, c, v, name);
	if (s.done != 2)
		fail_msg("client: '%s', server: '%s'", s.p.a.reason.text, s.p.b.reason.text);
	pair_fini(&s.p);
	twc_tls_ctx_free(c);
	twc_tls_ctx_free(v);
}

static void expect_lost(const struct twc_tls_opts *client, const struct twc_tls_opts *server, const char *name, int client_code,
			int server_code, const char *text)
{
	struct twc_tls_ctx *c = tls_context(client), *v = tls_context(server);
	struct tls_pair s;

	tls_join(&s, c, v, name);
	assert_true(s.p.a.is_lost && s.p.b.is_lost);
	assert_int_equal(s.p.a.reason.code, client_code);
	assert_int_equal(s.p.b.reason.code, server_code);
	if (!strstr(s.p.a.reason.text, text) && !strstr(s.p.b.reason.text, text))
		fail_msg("client: '%s', server: '%s'", s.p.a.reason.text, s.p.b.reason.text);
	pair_fini(&s.p);
	twc_tls_ctx_free(c);
	twc_tls_ctx_free(v);
}

static void one_made_on_the_spot(void **state)
{
	struct twc_tls_opts server = { .server = true, .cert = "auto", .names = "a.test,10.1.2.3" };
	char pin[TWC_TLS_PIN_MAX], out[96];
	struct twc_tls_ctx *v;

	snprintf(out, sizeof(out), "%s/out.pem", certs.dir);
	server.cert_out = out;
	v = tls_context(&server);
	assert_true(twc_tls_ctx_pin(v, pin));
	for (const char *const *name = (const char *const[]){ "localhost", "127.0.0.1", "::1", "a.test", "10.1.2.3", NULL }; *name; name++) {
		struct twc_tls_ctx *c = tls_context(&(struct twc_tls_opts){ .ca = out });
		struct tls_pair s;

		tls_join(&s, c, v, *name);
		assert_int_equal(s.done, 2);
		pair_fini(&s.p);
		twc_tls_ctx_free(c);
	}
	{
		struct twc_tls_ctx *c = tls_context(&(struct twc_tls_opts){ .pin = pin });
		struct tls_pair s;

		tls_join(&s, c, v, "whatever.test"); /* the key is enough */
		assert_int_equal(s.done, 2);
		pair_fini(&s.p);
		twc_tls_ctx_free(c);
	}
	twc_tls_ctx_free(v);
	unlink(out);
}

static void key_in_a_file_of_its_own_or_encrypted(void **state)
{
	static const char *const ciphers[] = { "aes128", "aes192", "aes256", "des3" };
	char cmd[512], p12[96], locked[96];

	expect_done(&(struct twc_tls_opts){ .ca = certs.ca },
		    &(struct twc_tls_opts){ .server = true, .cert = certs.server, .key = certs.server_key }, "one.test");
	snprintf(p12, sizeof(p12), "%s/id.p12", certs.dir);
	snprintf(cmd, sizeof(cmd), "openssl pkcs12 -export -in %s -out %s -passout pass:open", certs.server, p12);
	assert_int_equal(system(cmd), 0);
	expect_done(&(struct twc_tls_opts){ .ca = certs.ca },
		    &(struct twc_tls_opts){ .server = true, .cert = p12, .key_pass = "open" }, "one.test");
	refused(&(struct twc_tls_opts){ .server = true, .cert = p12, .key_pass = "shut" }, TWC_EDATA, "password");
	snprintf(locked, sizeof(locked), "%s/locked.pem", certs.dir);
	for (size_t i = 0; i < TWC_ARRAY_LEN(ciphers); i++) { /* in the form of old: the name of the cipher is in the file */
		snprintf(cmd, sizeof(cmd), "openssl ec -%s -in %s -out %s -passout pass:open 2>/dev/null", ciphers[i],
			 certs.server_key, locked);
		assert_int_equal(system(cmd), 0);
		expect_done(&(struct twc_tls_opts){ .ca = certs.ca },
			    &(struct twc_tls_opts){ .server = true, .cert = certs.server, .key = locked, .key_pass = "open" },
			    "one.test");
	}
	refused(&(struct twc_tls_opts){ .server = true, .cert = certs.server, .key = locked }, TWC_EDATA, "is encrypted; use key-pass-file=");
	refused(&(struct twc_tls_opts){ .server = true, .cert = certs.server, .key = locked, .key_pass = "shut" }, TWC_EDATA, "password is another");
	unlink(p12);
	unlink(locked);
}

/* ---- whom we trust ---- */

static void pins(void **state)
{
	const struct twc_tls_opts server = { .server = true, .cert = certs.self };
	struct twc_tls_ctx *v = tls_context(&server);
	char pin[TWC_TLS_PIN_MAX], two[2 * TWC_TLS_PIN_MAX];
	static const char other[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

	assert_true(twc_tls_ctx_pin(v, pin));
	twc_tls_ctx_free(v);
	snprintf(two, sizeof(two), "%s;%s", other, pin);
	expect_done(&(struct twc_tls_opts){ .pin = pin }, &server, "one.test");
	expect_done(&(struct twc_tls_opts){ .pin = two }, &server, "one.test");
	expect_lost(&(struct twc_tls_opts){ .pin = other }, &server, "one.test", TWC_EUNTRUSTED, TWC_EACCESS, pin);
	/* with an authority, both must hold */
	expect_lost(&(struct twc_tls_opts){ .pin = pin, .ca = certs.ca }, &server, "one.test", TWC_EUNTRUSTED, TWC_EACCESS, "self-signed");
}

static void clients_with_certificates(void **state)
{
	struct twc_tls_opts server = { .server = true, .cert = certs.server, .ca = certs.ca, .client_auth = TWC_TLS_AUTH_REQUIRE };
	struct twc_tls_opts client = { .ca = certs.ca, .cert = certs.client };
	struct twc_tls_opts stranger = { .ca = certs.ca, .cert = certs.stranger };

	expect_done(&client, &server, "one.test");
	expect_lost(&stranger, &server, "one.test", TWC_EACCESS, TWC_EUNTRUSTED, "unknown authority");
	server.allow_cn = "other,App";
	expect_done(&client, &server, "one.test");
	server.allow_cn = "other";
	expect_lost(&client, &server, "one.test", TWC_EACCESS, TWC_EACCESS, "its name is not allowed");
	server.allow_san = "app.test";
	expect_done(&client, &server, "one.test");
	server.client_auth = TWC_TLS_AUTH_OPTIONAL;
	expect_done(&(struct twc_tls_opts){ .ca = certs.ca }, &server, "one.test");
}

static void clients_with_pinned_keys_and_names(void **state)
{
	struct twc_tls_opts server = { .server = true, .cert = certs.server, .client_auth = TWC_TLS_AUTH_REQUIRE };
	struct twc_tls_opts client = { .ca = certs.ca, .cert = certs.client };
	struct twc_tls_ctx *c = tls_context(&client);
	char pin[TWC_TLS_PIN_MAX];

	assert_true(twc_tls_ctx_pin(c, pin));
	twc_tls_ctx_free(c);
	server.pin = pin;
	expect_done(&client, &server, "one.test");
	server.allow_cn = "app";
	expect_done(&client, &server, "one.test");
	server.allow_cn = "other,,";
	expect_lost(&client, &server, "one.test", TWC_EACCESS, TWC_EACCESS, "its name is not allowed");
}

static void what_the_peer_has_shown(void **state)
{
	struct twc_tls_ctx *c = tls_context(&(struct twc_tls_opts){ .ca = certs.ca, .alpn = "h2,http/1.1" });
	struct twc_tls_ctx *v = tls_context(&(struct twc_tls_opts){ .server = true, .cert = certs.server, .alpn = "http/1.1" });
	struct twc_tls_info info;
	struct twc_tls_cert cert;
	struct tls_pair s;

	tls_join(&s, c, v, "a.wild.test");
	assert_true(twc_tls_info(s.p.a.base.transport, &info));
	assert_string_equal(info.alpn, "http/1.1");
	assert_string_equal(info.version, "TLSv1.3");
	assert_int_equal(info.certs, 1);
	assert_false(info.resumed);
	assert_true(info.group[0] != '\0');
	assert_true(twc_tls_peer_cert(s.p.a.base.transport, 0, &cert));
	assert_string_equal(cert.subject, "CN=one.test");
	assert_string_equal(cert.issuer, "CN=Test authority");
	assert_string_equal(cert.names, "one.test, *.wild.test, 127.0.0.1, ::1");
	assert_string_equal(cert.key, "EC 256");
	assert_true(cert.not_after - cert.not_before == 60 * 86400);
	assert_false(twc_tls_peer_cert(s.p.a.base.transport, 1, &cert));
	assert_true(twc_tls_info(s.p.b.base.transport, &info));
	assert_string_equal(info.servername, "a.wild.test");
	assert_int_equal(info.certs, 0);
	pair_fini(&s.p);
	twc_tls_ctx_free(c);
	twc_tls_ctx_free(v);
}

static void no_protocol_in_common(void **state)
{
	expect_lost(&(struct twc_tls_opts){ .ca = certs.ca, .alpn = "h2" },
		    &(struct twc_tls_opts){ .server = true, .cert = certs.server, .alpn = "http/1.1" }, "one.test", TWC_EPROTO, TWC_EPROTO,
		    "no application protocol (ALPN) in common");
}

static void no_version_in_common(void **state)
{
	expect_lost(&(struct twc_tls_opts){ .ca = certs.ca, .max = 12 },
		    &(struct twc_tls_opts){ .server = true, .cert = certs.server, .min = 13 }, "one.test", TWC_EPROTO, TWC_EPROTO,
		    "no version of TLS in common");
}

static void a_server_has_no_cbc(void **state)
{
	expect_lost(&(struct twc_tls_opts){ .ca = certs.ca, .max = 12, .ciphers = "ECDHE-ECDSA-AES128-SHA256" },
		    &(struct twc_tls_opts){ .server = true, .cert = certs.server }, "one.test", TWC_EPROTO, TWC_EPROTO,
		    "no cipher in common");
}

static void the_second_time_is_resumed(int max)
{
	struct twc_tls_ctx *c = tls_context(&(struct twc_tls_opts){ .ca = certs.ca, .max = max });
	struct twc_tls_ctx *v = tls_context(&(struct twc_tls_opts){ .server = true, .cert = certs.server });
	struct twc_tls_info info;
	struct tls_pair s;

	for (int i = 0; i < 4; i++) {
		tls_join(&s, c, v, i == 3 ? "a.wild.test" : "one.test");
		assert_int_equal(s.done, 2);
		assert_true(twc_tls_info(s.p.a.base.transport, &info));
		assert_int_equal(info.resumed, i == 1 || i == 2); /* not with another name */
		twc_transport_lose(s.p.a.base.transport);
		run(&s.p);
		pair_fini(&s.p);
	}
	twc_tls_ctx_free(c);
	twc_tls_ctx_free(v);
}

static void resumption_under_1_3(void **state)
{
	the_second_time_is_resumed(13);
}

static void resumption_under_1_2(void **state)
{
	the_second_time_is_resumed(12);
}

static void copy(const char *from, const char *dir, const char *name)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "cp %s '%s/%s'", from, dir, name);
	assert_int_equal(system(cmd), 0);
}

static bool joins(struct twc_tls_ctx *c, struct twc_tls_ctx *v, const char *name, bool *resumed)
{
	struct twc_tls_info info = { 0 };
	struct tls_pair s;
	bool done;

	tls_join(&s, c, v, name);
	done = s.done == 2 && !s.p.a.is_lost;
	if (done)
		assert_true(twc_tls_info(s.p.b.base.transport, &info));
	if (resumed)
		*resumed = info.resumed;
	if (done)
		twc_transport_lose(s.p.a.base.transport); /* a session that was broken off is none */
	run(&s.p);
	pair_fini(&s.p);
	return done;
}

static void a_session_is_for_the_name_it_was_verified_for(void **state)
{
	struct twc_tls_ctx *c = tls_context(&(struct twc_tls_opts){ .ca = certs.ca });
	struct twc_tls_ctx *v = tls_context(&(struct twc_tls_opts){ .server = true, .cert = certs.server });
	struct twc_tls_start one = { .ctx = c, .verify_name = "one.test" }, two = { .ctx = c, .verify_name = "two.test" };
	struct twc_tls_start server = { .ctx = v };
	struct pair p, q;

	pair_init(&p);
	pair_join(&p, 0);
	twc_transport_start_tls(p.a.base.transport, &one);
	twc_transport_start_tls(p.b.base.transport, &server);
	pair_init(&q);
	pair_join(&q, 0);
	twc_transport_start_tls(q.a.base.transport, &two); /* after the first has begun, before its ticket comes */
	run(&p);
	pair_fini(&p);
	pair_fini(&q);
	assert_false(joins(c, v, "two.test", NULL));
	twc_tls_ctx_free(c);
	twc_tls_ctx_free(v);
}

static void a_session_ends_with_the_trust_it_was_made_in(void **state)
{
	char ca[96];
	struct twc_tls_ctx *c, *v = tls_context(&(struct twc_tls_opts){ .server = true, .cert = certs.server });
	struct twc_err err = { 0 };

	snprintf(ca, sizeof(ca), "%s/changing.pem", certs.dir);
	copy(certs.ca, certs.dir, "changing.pem");
	c = tls_context(&(struct twc_tls_opts){ .ca = ca });
	assert_true(joins(c, v, "one.test", NULL));
	copy(certs.self, certs.dir, "changing.pem");
	assert_int_equal(twc_tls_ctx_reload(c, &err), 0);
	assert_false(joins(c, v, "one.test", NULL));
	twc_tls_ctx_free(c);
	twc_tls_ctx_free(v);
	unlink(ca);
}

static void a_client_whose_certificate_is_over_is_not_resumed(void **state)
{
	for (int max = 12; max <= 13; max++) {
		struct twc_tls_ctx *c = tls_context(&(struct twc_tls_opts){ .ca = certs.ca, .cert = certs.brief, .max = max });
		struct twc_tls_ctx *v = tls_context(&(struct twc_tls_opts){
			.server = true, .cert = certs.server, .ca = certs.ca, .client_auth = TWC_TLS_AUTH_REQUIRE });
		bool resumed;

		assert_true(joins(c, v, "one.test", &resumed));
		assert_false(resumed);
		later_s = 1800;
		assert_true(joins(c, v, "one.test", &resumed));
		assert_true(resumed);
		later_s = 5400;
		assert_false(joins(c, v, "one.test", &resumed));
		later_s = 0;
		twc_tls_ctx_free(c);
		twc_tls_ctx_free(v);
	}
}

/* ---- a directory of names ---- */

static void expect_shown(struct twc_tls_ctx *v, const char *name, const char *issuer)
{
	struct twc_tls_ctx *c = tls_context(&(struct twc_tls_opts){ .no_verify = true });
	struct twc_tls_cert cert;
	struct tls_pair s;

	tls_join(&s, c, v, name);
	if (issuer) {
		assert_int_equal(s.done, 2);
		assert_true(twc_tls_peer_cert(s.p.a.base.transport, 0, &cert));
		assert_string_equal(cert.issuer, issuer);
	} else {
		assert_true(s.p.a.is_lost);
		assert_int_equal(s.p.b.reason.code, TWC_EPROTO);
	}
	pair_fini(&s.p);
	twc_tls_ctx_free(c);
}

static void certificates_by_name(void **state)
{
	char dir[96], cmd[256];
	struct twc_tls_opts o = { .server = true };
	struct twc_tls_ctx *v;
	struct twc_err err = { 0 };

	snprintf(dir, sizeof(dir), "%s/names", certs.dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	o.certs = dir;
	refused(&o, TWC_EDATA, "holds no certificate");
	copy(certs.self, dir, "a.test.pem");
	copy(certs.stranger, dir, "*.b.test.pem");
	copy(certs.server, dir, "x.pem");
	v = tls_context(&o);
	expect_shown(v, "a.test", "CN=one.test");
	expect_shown(v, "A.TEST", "CN=one.test");
	expect_shown(v, "y.b.test", "CN=Other authority");
	expect_shown(v, "z.y.b.test", NULL); /* a star is one label */
	expect_shown(v, "q.wild.test", "CN=Test authority"); /* what the certificate is for */
	expect_shown(v, "unknown.test", NULL);
	expect_shown(v, NULL, NULL);
	copy(certs.client, dir, "DEFAULT.pem");
	assert_int_equal(twc_tls_ctx_reload(v, &err), 0);
	expect_shown(v, "unknown.test", "CN=Test authority");
	expect_shown(v, NULL, "CN=Test authority");
	snprintf(cmd, sizeof(cmd), "echo broken > %s/broken.pem", dir);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(twc_tls_ctx_reload(v, &err), TWC_EDATA);
	assert_non_null(strstr(err.text, "broken.pem"));
	expect_shown(v, "a.test", "CN=one.test"); /* the old ones stay */
	twc_tls_ctx_free(v);
	snprintf(cmd, sizeof(cmd), "rm %s/broken.pem", dir);
	assert_int_equal(system(cmd), 0);
	o.strict_names = true;
	v = tls_context(&o);
	expect_shown(v, "unknown.test", NULL);
	expect_shown(v, NULL, "CN=Test authority");
	twc_tls_ctx_free(v);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	assert_int_equal(system(cmd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_that_are_wrong),
		cmocka_unit_test(values_that_cannot_be),
		cmocka_unit_test(one_made_on_the_spot),
		cmocka_unit_test(key_in_a_file_of_its_own_or_encrypted),
		cmocka_unit_test(pins),
		cmocka_unit_test(clients_with_certificates),
		cmocka_unit_test(clients_with_pinned_keys_and_names),
		cmocka_unit_test(a_server_has_no_cbc),
		cmocka_unit_test(a_session_is_for_the_name_it_was_verified_for),
		cmocka_unit_test(a_session_ends_with_the_trust_it_was_made_in),
		cmocka_unit_test(a_client_whose_certificate_is_over_is_not_resumed),
		cmocka_unit_test(what_the_peer_has_shown),
		cmocka_unit_test(no_protocol_in_common),
		cmocka_unit_test(no_version_in_common),
		cmocka_unit_test(resumption_under_1_3),
		cmocka_unit_test(resumption_under_1_2),
		cmocka_unit_test(certificates_by_name),
	};
	int rc;

	certs_make(&certs);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	certs_remove(&certs);
	return rc;
}
