/* SPDX-License-Identifier: MIT */
/*
 * Who we are: a certificate, its chain and its key. From PEM files, whose parts may stand in any order, from PKCS#12, or
 * made on the spot for tests.
 */
#include "transport/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <unistd.h>

#include "base/banned.h"

#define FILE_MAX (1024 * 1024)
#define CHAIN_MAX 32

void twc__tls_identity_fini(struct twc__tls_identity *id)
{
	X509_free(id->cert);
	sk_X509_pop_free(id->chain, X509_free);
	EVP_PKEY_free(id->key);
	*id = (struct twc__tls_identity){ 0 };
}

/* ---- reading ---- */

/* A whole file of at most FILE_MAX bytes, as a memory BIO. */
static int file_open(const char *what, const char *path, BIO **out, struct twc_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	BIO *b = BIO_new(BIO_s_mem());
	char buf[8192];
	ssize_t n = -1, size = 0;

	if (fd < 0)
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "%s: cannot read %s", what, path);
	while (!rc && (n = read(fd, buf, sizeof(buf))) > 0) {
		size += n;
		if (size > FILE_MAX) /* no file at all, perhaps, but a pipe */
			rc = twc_err_set(err, TWC_EDATA, "%s: %s is longer than %d bytes", what, path, FILE_MAX);
		else
			BIO_write(b, buf, (int)n);
	}
	if (!rc && n < 0)
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "%s: cannot read %s", what, path);
	explicit_bzero(buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
	if (rc)
		BIO_free(b);
	*out = rc ? NULL : b;
	return rc;
}

static int give_password(char *buf, int cap, int writing, void *arg)
{
	const char *pass = arg;
	size_t n = pass ? strlen(pass) : 0;

	(void)writing;
	if (!n || n > (size_t)cap)
		return -1; /* never asks on the terminal */
	memcpy(buf, pass, n);
	return (int)n;
}

static int bad_key(const char *at, const char *end, const char *path, const char *pass, struct twc_err *err)
{
	const char *stop = memmem(at, (size_t)(end - at), "-----END", 8);

	if (!pass && stop && memmem(at, (size_t)(stop - at), "ENCRYPTED", 9))
		return twc_err_set(err, TWC_EDATA, "key: the key in %s is encrypted; use key-pass-file=", path);
	if (pass)
		return twc_err_set(err, TWC_EDATA, "key: the key in %s is damaged, or its password is another", path);
	return twc_err_set(err, TWC_EDATA, "key: the key in %s is damaged, or of an unknown kind", path);
}

/* A key in OpenSSL's form of old (RFC 1421) names its cipher, and names are known only when they have been told. */
static void name_ciphers(void)
{
	(void)EVP_add_cipher(EVP_aes_128_cbc());
	(void)EVP_add_cipher(EVP_aes_192_cbc());
	(void)EVP_add_cipher(EVP_aes_256_cbc());
	(void)EVP_add_cipher(EVP_des_ede3_cbc());
#ifndef OPENSSL_NO_CAMELLIA
	(void)EVP_add_cipher(EVP_camellia_128_cbc());
	(void)EVP_add_cipher(EVP_camellia_192_cbc());
	(void)EVP_add_cipher(EVP_camellia_256_cbc());
#endif
#ifndef OPENSSL_NO_ARIA
	(void)EVP_add_cipher(EVP_aria_128_cbc());
	(void)EVP_add_cipher(EVP_aria_192_cbc());
	(void)EVP_add_cipher(EVP_aria_256_cbc());
#endif
}

static int take_key(struct twc__tls_identity *id, const char *at, const char *end, const char *path, const char *pass,
		    struct twc_err *err)
{
	BIO *from = BIO_new_mem_buf(at, (int)(end - at));

	name_ciphers();
	id->key = PEM_read_bio_PrivateKey(from, NULL, give_password, (void *)(uintptr_t)pass);
	BIO_free(from);
	return id->key ? 0 : bad_key(at, end, path, pass, err);
}

static int take_cert(struct twc__tls_identity *id, const char *at, const char *end, const char *path, struct twc_err *err)
{
	BIO *from = BIO_new_mem_buf(at, (int)(end - at));
	X509 *x = PEM_read_bio_X509(from, NULL, NULL, NULL);

	BIO_free(from);
	if (!x)
		return twc_err_set(err, TWC_EDATA, "cert: a certificate in %s is damaged", path);
	if (sk_X509_num(id->chain) < CHAIN_MAX && sk_X509_push(id->chain, x))
		return 0;
	X509_free(x);
	return twc_err_set(err, TWC_EDATA, "cert: %s has more than %d certificates", path, CHAIN_MAX);
}

static bool is_cert(const char *name)
{
	return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_TRUSTED) == 0 ||
	       strcmp(name, PEM_STRING_X509_OLD) == 0;
}

/* Where the next block begins and what it is called; false: there is none. */
static bool next_block(const char **at, const char *end, char name[64])
{
	static const char begin[] = "-----BEGIN ";
	const char *p = memmem(*at, (size_t)(end - *at), begin, sizeof(begin) - 1);
	const char *stop;

	if (!p)
		return false;
	*at = p;
	p += sizeof(begin) - 1;
	stop = memmem(p, (size_t)(end - p), "-----", 5);
	if (!stop || stop - p >= 64) {
		name[0] = '\0';
	} else {
		memcpy(name, p, (size_t)(stop - p));
		name[stop - p] = '\0';
	}
	return true;
}

static int read_pem(struct twc__tls_identity *id, const char *path, BIO *file, const char *pass, bool want_certs,
		    bool want_key, struct twc_err *err)
{
	char *data, name[64];
	long n = BIO_get_mem_data(file, &data);
	const char *at = n > 0 ? data : "", *end = at + n; /* an empty one has no memory */
	int rc = 0;

	while (!rc && next_block(&at, end, name)) { /* parameters, requests and the like are passed over */
		if (want_key && !id->key && strstr(name, "PRIVATE KEY"))
			rc = take_key(id, at, end, path, pass, err);
		else if (want_certs && is_cert(name))
			rc = take_cert(id, at, end, path, err);
		at += 11; /* past this BEGIN */
	}
	ERR_clear_error();
	return rc;
}

/* PKCS#12 is DER: a SEQUENCE. */
static int read_p12(struct twc__tls_identity *id, const char *path, BIO *file, const char *pass, struct twc_err *err)
{
	PKCS12 *p = d2i_PKCS12_bio(file, NULL);
	int ok = p ? PKCS12_parse(p, pass ? pass : "", &id->key, &id->cert, &id->chain) : 0;

	PKCS12_free(p);
	ERR_clear_error();
	if (ok && id->cert && id->key)
		return 0;
	return twc_err_set(err, TWC_EDATA, p && !ok ? "cert: the password of %s is another" : "cert: %s is neither PEM nor PKCS#12",
			   path);
}

/* The certificate is the one the key belongs to, wherever it stands. */
static int pick_leaf(struct twc__tls_identity *id, const char *cert, const char *key, struct twc_err *err)
{
	if (sk_X509_num(id->chain) == 0)
		return twc_err_set(err, TWC_EDATA, "cert: %s holds no PEM certificate", cert);
	if (!id->key)
		return twc_err_set(err, TWC_EDATA, "key: %s holds no PEM private key", key);
	for (int i = 0; i < sk_X509_num(id->chain); i++) {
		if (X509_check_private_key(sk_X509_value(id->chain, i), id->key) == 1) {
			id->cert = sk_X509_delete(id->chain, i);
			return 0;
		}
	}
	ERR_clear_error();
	return twc_err_set(err, TWC_EDATA, "key: the key in %s does not belong to the certificate in %s", key, cert);
}

int twc__tls_identity_load(struct twc__tls_identity *id, const char *cert, const char *key, const char *pass,
			   struct twc_err *err)
{
	BIO *file = NULL;
	char *data;
	int rc = file_open("cert", cert, &file, err);

	*id = (struct twc__tls_identity){ .chain = NULL };
	if (!rc && BIO_get_mem_data(file, &data) > 1 && data[0] == 0x30 && !key) {
		rc = read_p12(id, cert, file, pass, err);
		BIO_free(file);
		if (rc)
			twc__tls_identity_fini(id);
		return rc;
	}
	id->chain = sk_X509_new_null();
	if (!rc)
		rc = read_pem(id, cert, file, pass, true, !key, err);
	BIO_free(file);
	file = NULL;
	if (!rc && key)
		rc = file_open("key", key, &file, err);
	if (!rc && key)
		rc = read_pem(id, key, file, pass, false, true, err);
	BIO_free(file);
	if (!rc)
		rc = pick_leaf(id, cert, key ? key : cert, err);
	if (rc)
		twc__tls_identity_fini(id);
	return rc;
}

/* ---- using ---- */

int twc__tls_identity_use(const struct twc__tls_identity *id, SSL_CTX *ctx, SSL *ssl, struct twc_err *err)
{
	int ok = ctx ? SSL_CTX_use_cert_and_key(ctx, id->cert, id->key, id->chain, 1)
		     : SSL_use_cert_and_key(ssl, id->cert, id->key, id->chain, 1);
	const char *why = ERR_reason_error_string(ERR_peek_error());

	if (ok)
		return 0;
	twc_err_set(err, TWC_EDATA, "cert: cannot be used: %s", why ? why : "no reason given");
	ERR_clear_error();
	return err ? err->code : TWC_EDATA;
}

void twc__tls_pin_of(X509 *cert, char out[TWC_TLS_PIN_MAX])
{
	unsigned char digest[32], *spki = NULL, text[48];
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);

	if (n <= 0 || !EVP_Digest(spki, (size_t)n, digest, NULL, EVP_sha256(), NULL))
		TWC_BUG("out of memory in OpenSSL");
	OPENSSL_free(spki);
	EVP_EncodeBlock(text, digest, sizeof(digest));
	snprintf(out, TWC_TLS_PIN_MAX, "sha256//%s", (const char *)text);
}
