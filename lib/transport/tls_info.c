/* SPDX-License-Identifier: MIT */
/* What a handshake came to, and whom the peer has shown itself to be, as plain values. */
#include "transport/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "base/banned.h"

static STACK_OF(X509) *chain_of(const SSL *ssl)
{
	return SSL_get_peer_cert_chain(ssl);
}

/* A server's view of the chain leaves its first certificate out. */
static X509 *cert_at(const SSL *ssl, unsigned i)
{
	STACK_OF(X509) *chain = chain_of(ssl);

	if (i == 0)
		return SSL_get0_peer_certificate(ssl);
	if (SSL_is_server(ssl))
		i--;
	return i < (unsigned)sk_X509_num(chain) ? sk_X509_value(chain, (int)i) : NULL;
}

const char *twc_tls_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

bool twc_tls_info(const struct twc_transport *t, struct twc_tls_info *info)
{
	SSL *ssl = twc__tls_ssl(t);
	const unsigned char *alpn = NULL;
	const char *group;
	unsigned n = 0;

	if (!ssl)
		return false;
	group = OBJ_nid2sn((int)SSL_get_negotiated_group(ssl) & 0xffff);
	*info = (struct twc_tls_info){
		.version = SSL_get_version(ssl),
		.cipher = SSL_get_cipher_name(ssl),
		.group = group && strcmp(group, "UNDEF") != 0 ? group : "",
		.servername = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
		.resumed = SSL_session_reused(ssl),
	};
	SSL_get0_alpn_selected(ssl, &alpn, &n);
	if (n && n < sizeof(info->alpn))
		memcpy(info->alpn, alpn, n);
	while (cert_at(ssl, info->certs))
		info->certs++;
	info->verified = info->certs && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
	return true;
}

/* ---- a certificate ---- */

/* Escaped, but for the bytes `sep`, which become `between`. */
static void put_parts(struct twc_str s, char sep, const char *between, char *out, size_t cap)
{
	struct twc_str part;
	size_t at = 0;

	out[0] = '\0';
	while (twc_str_cut(&s, sep, &part) && at + 1 < cap) {
		at += twc_escape(out + at, cap - at, part);
		if (s.p && at + strlen(between) < cap)
			at += (size_t)snprintf(out + at, cap - at, "%s", between);
	}
}

/* RFC 2253 has its own backslashes. */
static void put_name(X509_NAME *name, char *out, size_t cap)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *data;
	long n;

	X509_NAME_print_ex(mem, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(mem, &data);
	put_parts((struct twc_str){ data, n > 0 ? (size_t)n : 0 }, '\\', "\\", out, cap);
	BIO_free(mem);
}

static bool put_san(const GENERAL_NAME *g, char *out, size_t cap)
{
	if (g->type == GEN_IPADD) {
		int n = ASN1_STRING_length(g->d.iPAddress);

		return (n == 4 || n == 16) &&
		       inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(g->d.iPAddress), out, (socklen_t)cap);
	}
	if (g->type != GEN_DNS && g->type != GEN_EMAIL && g->type != GEN_URI)
		return false;
	/* A comma would be taken for the end of the name. */
	put_parts((struct twc_str){ (const char *)ASN1_STRING_get0_data(g->d.ia5), (size_t)ASN1_STRING_length(g->d.ia5) }, ',',
		  "\\x2c", out, cap);
	return true;
}

void twc__tls_names_of(X509 *cert, char *out, size_t cap)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	char one[256];
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		if (!put_san(sk_GENERAL_NAME_value(names, i), one, sizeof(one)))
			continue;
		if (at + strlen(one) + sizeof(", ...") > cap) {
			snprintf(out + at, cap - at, "%s...", at ? ", " : "");
			break;
		}
		at += (size_t)snprintf(out + at, cap - at, "%s%s", at ? ", " : "", one);
	}
	GENERAL_NAMES_free(names);
}

static int64_t seconds_of(const ASN1_TIME *at)
{
	struct tm tm = { 0 };

	return at && ASN1_TIME_to_tm(at, &tm) ? (int64_t)timegm(&tm) : 0;
}

bool twc_tls_peer_cert(const struct twc_transport *t, unsigned i, struct twc_tls_cert *out)
{
	SSL *ssl = twc__tls_ssl(t);
	X509 *cert = ssl ? cert_at(ssl, i) : NULL;
	const EVP_PKEY *key;

	if (!cert)
		return false;
	*out = (struct twc_tls_cert){
		.not_before = seconds_of(X509_get0_notBefore(cert)),
		.not_after = seconds_of(X509_get0_notAfter(cert)),
	};
	put_name(X509_get_subject_name(cert), out->subject, sizeof(out->subject));
	put_name(X509_get_issuer_name(cert), out->issuer, sizeof(out->issuer));
	twc__tls_names_of(cert, out->names, sizeof(out->names));
	twc__tls_pin_of(cert, out->pin);
	key = X509_get0_pubkey(cert);
	if (key && EVP_PKEY_get0_type_name(key))
		snprintf(out->key, sizeof(out->key), "%s %d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
	ERR_clear_error();
	return true;
}
