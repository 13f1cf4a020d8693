/* SPDX-License-Identifier: MIT */
/*
 * Whom we trust, beyond OpenSSL's own look at a chain: pinned keys (RFC 7469's form, as curl has it), and which of the
 * clients with a good certificate may come in.
 */
#include "transport/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/banned.h"

static int text_to_pin(struct twc_str text, unsigned char out[32])
{
	static const char kind[] = "sha256//";
	unsigned char raw[48];

	if (text.n != sizeof(kind) - 1 + 44 || memcmp(text.p, kind, sizeof(kind) - 1) != 0 || text.p[text.n - 1] != '=')
		return -1;
	if (EVP_DecodeBlock(raw, (const unsigned char *)text.p + sizeof(kind) - 1, 44) != 33)
		return -1;
	memcpy(out, raw, 32);
	return 0;
}

int twc__tls_pins_parse(struct twc_tls_ctx *c, const char *list, struct twc_err *err)
{
	while (*list) {
		size_t n = strcspn(list, ";");

		c->pin = twc_realloc(c->pin, (c->pins + 1) * sizeof(*c->pin));
		if (text_to_pin((struct twc_str){ list, n }, c->pin[c->pins]))
			return twc_err_set(err, TWC_EUSAGE, "pin: '%.*s' is not sha256// and 44 characters of base64",
					   (int)(n > 80 ? 80 : n), list);
		c->pins++;
		list += n + (list[n] == ';');
	}
	return c->pins ? 0 : twc_err_set(err, TWC_EUSAGE, "pin: is empty");
}

static bool is_pinned(const struct twc_tls_ctx *c, X509 *cert)
{
	unsigned char digest[32], *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
	bool found = false;

	if (n > 0 && EVP_Digest(spki, (size_t)n, digest, NULL, EVP_sha256(), NULL))
		for (size_t i = 0; i < c->pins; i++)
			found |= memcmp(c->pin[i], digest, sizeof(digest)) == 0;
	OPENSSL_free(spki);
	return found;
}

/* Is `name` one of the comma-separated list? Exactly, but for the case of letters. */
static bool is_listed(const char *list, const char *name, size_t name_n)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n && n == name_n && twc_str_eq_nocase((struct twc_str){ list, n }, (struct twc_str){ name, name_n }))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

static bool cn_is_allowed(const struct twc_tls_ctx *c, X509 *cert)
{
	X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *s = at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

	return s && is_listed(c->o.allow_cn, (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* DNS names, mail addresses and URIs: what clients are called. */
static bool san_is_allowed(const struct twc_tls_ctx *c, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		const ASN1_IA5STRING *s = g->type == GEN_DNS || g->type == GEN_EMAIL || g->type == GEN_URI ? g->d.ia5 : NULL;

		found = s && is_listed(c->o.allow_san, (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	}
	GENERAL_NAMES_free(names);
	return found;
}

static bool may_come_in(const struct twc_tls_ctx *c, X509 *cert)
{
	return (!c->o.allow_cn && !c->o.allow_san) || (c->o.allow_cn && cn_is_allowed(c, cert)) ||
	       (c->o.allow_san && san_is_allowed(c, cert));
}

bool twc__tls_is_current(const X509 *cert)
{
	return X509_cmp_current_time(X509_get0_notBefore(cert)) < 0 && X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
}

int twc__tls_on_chain(X509_STORE_CTX *chain, void *arg)
{
	const struct twc_tls_ctx *c = arg;
	const SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *cert = X509_STORE_CTX_get0_cert(chain);
	char pin[TWC_TLS_PIN_MAX];
	struct twc_err err = { 0 };

	if (c->pins && !is_pinned(c, cert)) {
		twc__tls_pin_of(cert, pin);
		twc_err_set(&err, TWC_EUNTRUSTED, "the peer's key is not the pinned one, it is %s", pin);
	} else if (!c->pin_is_enough && X509_verify_cert(chain) <= 0) {
		return 0; /* twc__tls_on_verify has said why */
	} else if (c->server && !may_come_in(c, cert)) {
		twc_err_set(&err, TWC_EACCESS, "the client's certificate is good, but its name is not allowed");
	}
	if (!err.code) {
		X509_STORE_CTX_set_error(chain, X509_V_OK);
		return 1;
	}
	twc__tls_blame(ssl, &err);
	X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
	return 0;
}
