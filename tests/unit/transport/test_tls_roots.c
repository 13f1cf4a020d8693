/* SPDX-License-Identifier: MIT */
/* lib/transport/tls_roots.c: the system's authorities, in a hashed directory, in one file, or nowhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/certs.h"
#include "tls_pair.h"

static struct certs certs;
static char hashed[160]; /* ca.pem as OpenSSL looks for it in certs.dir */

static int make_certs(void **state)
{
	X509 *ca;
	FILE *f;

	certs_make(&certs);
	f = fopen(certs.ca, "r");
	ca = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	snprintf(hashed, sizeof(hashed), "%s/%08lx.0", certs.dir, X509_subject_name_hash(ca));
	X509_free(ca);
	return 0;
}

static int remove_certs(void **state)
{
	unlink(hashed);
	certs_remove(&certs);
	return 0;
}

/* How many sides of `times` handshakes with one context went well. */
static unsigned shake(const char *dir, const char *file, const char *cert, unsigned times)
{
	struct twc_tls_ctx *client, *server;
	struct tls_pair s;
	unsigned done = 0;

	setenv("SSL_CERT_DIR", dir, 1);
	setenv("SSL_CERT_FILE", file, 1);
	client = tls_context(&(struct twc_tls_opts){ 0 });
	server = tls_context(&(struct twc_tls_opts){ .server = true, .cert = cert });
	for (unsigned i = 0; i < times; i++) {
		tls_join(&s, client, server, "one.test");
		done += s.done;
		pair_fini(&s.p);
	}
	twc_tls_ctx_free(client);
	twc_tls_ctx_free(server);
	return done;
}

static void in_one_file(void **state)
{
	assert_int_equal(shake("/nonexistent", certs.ca, certs.server, 1), 2);
	assert_int_equal(shake("/nonexistent", certs.ca, certs.server, 3), 6);
}

static void nowhere(void **state)
{
	assert_true(shake("/nonexistent", "/nonexistent", certs.server, 2) < 4);
	assert_true(shake("/nonexistent", certs.server_key, certs.server, 1) < 2); /* holds no certificate */
	assert_true(shake("/nonexistent", certs.ca, certs.self, 1) < 2);
}

static void in_a_directory(void **state)
{
	assert_int_equal(link(certs.ca, hashed), 0);
	assert_int_equal(shake(certs.dir, "/nonexistent", certs.server, 2), 4);
	assert_true(shake(certs.dir, "/nonexistent", certs.self, 1) < 2);
	assert_int_equal(shake(certs.dir, certs.ca, certs.server, 1), 2);
	unlink(hashed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_one_file),
		cmocka_unit_test(nowhere),
		cmocka_unit_test(in_a_directory),
	};

	return cmocka_run_group_tests(tests, make_certs, remove_certs);
}
