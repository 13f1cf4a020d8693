/* SPDX-License-Identifier: MIT */
/* Everything is EC P-256: quick to make. */
#include "support/certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct made {
	X509 *cert;
	EVP_PKEY *key;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "certs: %s failed\n", what);
	abort();
}

#define DAYS(n) ((n) * 86400L)

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(e && X509_add_ext(cert, e, -1), value);
	X509_EXTENSION_free(e);
}

static struct made make(const char *cn, const char *san, const struct made *by, long seconds)
{
	struct made m = { .cert = X509_new(), .key = EVP_EC_gen("P-256") };
	static long serial = 1;
	X509_NAME *name = X509_get_subject_name(m.cert);

	X509_set_version(m.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(m.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(m.cert), -30L * 86400);
	X509_gmtime_adj(X509_getm_notAfter(m.cert), seconds);
	X509_set_pubkey(m.cert, m.key);
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0), cn);
	X509_set_issuer_name(m.cert, by ? X509_get_subject_name(by->cert) : name);
	if (san)
		extend(m.cert, by ? by->cert : m.cert, NID_subject_alt_name, san);
	if (!by && !san)
		extend(m.cert, m.cert, NID_basic_constraints, "critical,CA:TRUE");
	must(X509_sign(m.cert, by ? by->key : m.key, EVP_sha256()), "sign");
	return m;
}

static void unmake(struct made *m)
{
	X509_free(m->cert);
	EVP_PKEY_free(m->key);
}

/* The certificate, then the key, either may be left out. */
static void save(const char *dir, const char *name, char path[96], const struct made *m, bool cert, bool key)
{
	FILE *f;

	snprintf(path, 96, "%s/%s", dir, name);
	f = fopen(path, "w");
	must(f != NULL, path);
	must(!cert || PEM_write_X509(f, m->cert), path);
	must(!key || PEM_write_PrivateKey(f, m->key, NULL, NULL, 0, NULL, NULL), path);
	fclose(f);
}

void certs_make(struct certs *c)
{
	static const char san[] = "DNS:one.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1";
	struct made ca = make("Test authority", NULL, NULL, DAYS(30)), other = make("Other authority", NULL, NULL, DAYS(30));
	struct made server = make("one.test", san, &ca, DAYS(30)), expired = make("one.test", san, &ca, DAYS(-1));
	struct made self = make("one.test", "DNS:one.test", NULL, DAYS(30));
	struct made brief = make("app", "DNS:app.test", &ca, 3600);
	struct made client = make("app", "DNS:app.test", &ca, DAYS(30)), stranger = make("app", NULL, &other, DAYS(30));

	snprintf(c->dir, sizeof(c->dir), "/tmp/twc-certs-XXXXXX");
	must(mkdtemp(c->dir) != NULL, c->dir);
	save(c->dir, "ca.pem", c->ca, &ca, true, false);
	save(c->dir, "server.pem", c->server, &server, true, true);
	save(c->dir, "server-key.pem", c->server_key, &server, false, true);
	save(c->dir, "expired.pem", c->expired, &expired, true, true);
	save(c->dir, "self.pem", c->self, &self, true, true);
	save(c->dir, "client.pem", c->client, &client, true, true);
	save(c->dir, "brief.pem", c->brief, &brief, true, true);
	save(c->dir, "stranger.pem", c->stranger, &stranger, true, true);
	unmake(&ca);
	unmake(&other);
	unmake(&server);
	unmake(&expired);
	unmake(&self);
	unmake(&client);
	unmake(&brief);
	unmake(&stranger);
}

void certs_remove(struct certs *c)
{
	const char *all[] = { c->ca, c->server, c->server_key, c->expired, c->self, c->client, c->brief, c->stranger };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		unlink(all[i]);
	rmdir(c->dir);
}
