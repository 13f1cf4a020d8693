/* SPDX-License-Identifier: MIT */
/* A certificate made on the spot, for tests and for peers who know its pin: EC P-256, signed by itself, 90 days. */
#include "transport/tls.h"
#include "base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/banned.h"

#define DAYS 90
#define SAN_MAX 4096

static void extend(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e || !X509_add_ext(cert, e, -1))
		TWC_BUG("OpenSSL refuses the extension %s", value);
	X509_EXTENSION_free(e);
}

/* "a.test,10.0.0.1" appended as OpenSSL writes it. */
static int add_names(char *san, const char *names, struct twc_err *err)
{
	size_t at = strlen(san);

	while (names && *names) {
		size_t n = strcspn(names, ",");
		struct twc_str one = { names, n };
		struct twc_addr ip;
		bool is_ip = twc_addr_parse_ip(&ip, TWC_ADDR_TCP, one, 0, NULL) == 0;

		if (!n || n > 253 ||
		    (!is_ip && strspn(names, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*") < n))
			return twc_err_set(err, TWC_EUSAGE, "name: '%.*s' is neither a host name nor an address", (int)n, names);
		if (at + n + 8 > SAN_MAX)
			return twc_err_set(err, TWC_EUSAGE, "name: more than %d bytes in all", SAN_MAX);
		at += (size_t)snprintf(san + at, SAN_MAX - at, ",%s:%.*s", is_ip ? "IP" : "DNS", (int)n, names);
		names += n + (names[n] == ',');
	}
	return 0;
}

static void set_serial(X509 *cert)
{
	unsigned char raw[16];
	BIGNUM *n;

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		TWC_BUG("no random numbers");
	raw[0] = (raw[0] & 0x7f) | 0x40; /* positive, of full length */
	n = BN_bin2bn(raw, sizeof(raw), NULL);
	BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	BN_free(n);
}

int twc__tls_identity_make(struct twc__tls_identity *id, const char *names, struct twc_err *err)
{
	char san[SAN_MAX] = "DNS:localhost,IP:127.0.0.1,IP:::1";
	X509_NAME *name;

	*id = (struct twc__tls_identity){ .cert = NULL };
	if (add_names(san, names, err))
		return err ? err->code : TWC_EUSAGE;
	id->cert = X509_new();
	id->key = EVP_EC_gen("P-256");
	if (!id->cert || !id->key)
		TWC_BUG("OpenSSL makes no key");
	X509_set_version(id->cert, X509_VERSION_3);
	set_serial(id->cert);
	X509_gmtime_adj(X509_getm_notBefore(id->cert), -3600); /* clocks differ */
	X509_gmtime_adj(X509_getm_notAfter(id->cert), DAYS * 86400L);
	X509_set_pubkey(id->cert, id->key);
	name = X509_get_subject_name(id->cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"twc, made for this run", -1, -1, 0);
	X509_set_issuer_name(id->cert, name);
	extend(id->cert, NID_subject_alt_name, san);
	extend(id->cert, NID_basic_constraints, "critical,CA:FALSE");
	extend(id->cert, NID_key_usage, "critical,digitalSignature");
	extend(id->cert, NID_ext_key_usage, "serverAuth,clientAuth");
	if (!X509_sign(id->cert, id->key, EVP_sha256()))
		TWC_BUG("OpenSSL does not sign");
	return 0;
}

/* To what is no file: a pipe, /dev/stdout. */
static int write_to(const char *path, struct twc_str text, struct twc_err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), rc = 0;

	if (fd < 0 || twc__write_all(fd, text) < 0)
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cert-out: cannot write %s", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

int twc__tls_cert_save(const X509 *cert, const char *path, struct twc_err *err)
{
	BIO *mem = BIO_new(BIO_s_mem());
	struct twc_str text;
	char *data;
	int rc;

	PEM_write_bio_X509(mem, cert);
	text.n = (size_t)BIO_get_mem_data(mem, &data);
	text.p = data;
	if (twc__replace_check(path, NULL) == 0)
		rc = twc__replace_file(path, 0644, text, "the certificate of cert-out=", err);
	else
		rc = write_to(path, text, err);
	BIO_free(mem);
	return rc;
}
