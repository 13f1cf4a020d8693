/* SPDX-License-Identifier: MIT */
/*
 * A TLS configuration, made once and shared by connections: versions and ciphers, whom we trust, who we are
 * (tls_cert.c). Every file is read here, so that what is wrong with it is said before anything listens or dials.
 */
#include "transport/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define READ_AHEAD (64 * 1024) /* ciphertext of one recv */
#define LIST_MAX 1024	       /* bytes of a list of ciphers */

/* ---- how ---- */

static int set_versions(SSL_CTX *ssl, const struct twc_tls_opts *o, struct twc_err *err)
{
	int min = o->min == 13 ? TLS1_3_VERSION : TLS1_2_VERSION, max = o->max == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;

	if (min > max)
		return twc_err_set(err, TWC_EUSAGE, "min is above max");
	if (!SSL_CTX_set_min_proto_version(ssl, min) || !SSL_CTX_set_max_proto_version(ssl, max))
		return twc_err_set(err, TWC_EUSAGE, "this OpenSSL does not have these versions of TLS");
	return 0;
}

/* One list of ours is two of OpenSSL's: the names of TLS 1.3 begin with TLS_. */
static int set_ciphers(SSL_CTX *ssl, const char *list, struct twc_err *err)
{
	char old[LIST_MAX] = "", new[LIST_MAX] = "";
	struct twc_str rest = twc_str_of(list), one;

	if (rest.n >= LIST_MAX)
		return twc_err_set(err, TWC_EUSAGE, "ciphers: longer than %d bytes", LIST_MAX - 1);
	while (rest.n) {
		size_t k = strcspn(rest.p, ":,");
		char *to;

		one = (struct twc_str){ rest.p, k };
		to = k > 4 && memcmp(one.p, "TLS_", 4) == 0 ? new : old;
		snprintf(to + strlen(to), LIST_MAX - strlen(to), "%s%.*s", *to ? ":" : "", (int)k, one.p);
		rest.p += k + (k < rest.n);
		rest.n -= k + (k < rest.n);
	}
	if ((*new && !SSL_CTX_set_ciphersuites(ssl, new)) || (*old && !SSL_CTX_set_cipher_list(ssl, old)))
		return twc_err_set(err, TWC_EUSAGE, "ciphers: none of '%s' is known", list);
	return 0;
}

static int set_groups(SSL_CTX *ssl, const char *list, struct twc_err *err)
{
	if (SSL_CTX_set1_groups_list(ssl, list))
		return 0;
	return twc_err_set(err, TWC_EUSAGE, "groups: '%s' is no list of known groups, as X25519:P-256 is", list);
}

/* ---- ALPN (RFC 7301) ---- */

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in, unsigned in_n, void *arg)
{
	const struct twc_tls_ctx *c = arg;
	unsigned char *picked = NULL;

	(void)ssl;
	if (SSL_select_next_proto(&picked, n, c->alpn, c->alpn_n, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = picked;
	return SSL_TLSEXT_ERR_OK;
}

/* "h2,http/1.1" as the wire has it: each with its length in front. */
static int set_alpn(struct twc_tls_ctx *c, const char *list, struct twc_err *err)
{
	while (*list) {
		size_t k = strcspn(list, ",");

		if (!k || k > 255 || c->alpn_n + k + 1 > sizeof(c->alpn))
			return twc_err_set(err, TWC_EUSAGE, "alpn: names of 1 to 255 bytes, %zu in all", sizeof(c->alpn));
		c->alpn[c->alpn_n++] = (unsigned char)k;
		memcpy(c->alpn + c->alpn_n, list, k);
		c->alpn_n += (unsigned)k;
		list += k + (list[k] == ',');
	}
	if (c->server)
		SSL_CTX_set_alpn_select_cb(c->ssl, on_alpn, c);
	else if (SSL_CTX_set_alpn_protos(c->ssl, c->alpn, c->alpn_n))
		TWC_BUG("out of memory in OpenSSL");
	return 0;
}

/* ---- whom we trust ---- */

static int load_ca(SSL_CTX *ssl, const char *ca, struct twc_err *err)
{
	struct stat st;

	if (stat(ca, &st) < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "ca: cannot read %s", ca);
	if (S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(ssl, ca) : SSL_CTX_load_verify_file(ssl, ca))
		return 0;
	ERR_clear_error();
	if (access(ca, R_OK) < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "ca: cannot read %s", ca);
	return twc_err_set(err, TWC_EDATA, "ca: %s holds no PEM certificate", ca);
}

static int set_trust(struct twc_tls_ctx *c, const struct twc_tls_opts *o, struct twc_err *err)
{
	bool asks = o->server ? o->client_auth != TWC_TLS_AUTH_NONE : !o->no_verify;
	int mode = asks ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;

	if (o->server && o->client_auth == TWC_TLS_AUTH_REQUIRE)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(c->ssl, mode, twc__tls_on_verify);
	if (!asks)
		return 0;
	if (o->ca && strcmp(o->ca, "system") != 0)
		return load_ca(c->ssl, o->ca, err);
	if (!SSL_CTX_set_default_verify_paths(c->ssl))
		TWC_BUG("out of memory in OpenSSL");
	return 0;
}

/* ---- making ---- */

static int configure(struct twc_tls_ctx *c, const struct twc_tls_opts *o, struct twc_err *err)
{
	int rc = set_versions(c->ssl, o, err);

	if (!rc && o->ciphers)
		rc = set_ciphers(c->ssl, o->ciphers, err);
	if (!rc && o->groups)
		rc = set_groups(c->ssl, o->groups, err);
	if (!rc && o->alpn)
		rc = set_alpn(c, o->alpn, err);
	if (!rc)
		rc = set_trust(c, o, err);
	if (!rc && o->cert)
		rc = twc__tls_identity_load(c, o, err);
	return rc;
}

struct twc_tls_ctx *twc_tls_ctx_new(const struct twc_tls_opts *o, struct twc_err *err)
{
	struct twc_tls_ctx *c = twc_calloc(1, sizeof(*c));

	c->refs = 1;
	c->server = o->server;
	c->no_verify = o->no_verify;
	c->allow_truncation = o->allow_truncation;
	/* Without openssl.cnf and the table of error texts' names start-up takes half as long. */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	c->ssl = SSL_CTX_new(o->server ? TLS_server_method() : TLS_client_method());
	if (!c->ssl)
		TWC_BUG("out of memory in OpenSSL");
	c->bio = twc__tls_bio_method();
	SSL_CTX_set_options(c->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(c->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(c->ssl, 1);
	SSL_CTX_set_default_read_buffer_len(c->ssl, READ_AHEAD);
	SSL_CTX_set_num_tickets(c->ssl, 1);
	SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
	if (configure(c, o, err) == 0)
		return c;
	ERR_clear_error();
	twc_tls_ctx_free(c);
	return NULL;
}

void twc__tls_ctx_ref(struct twc_tls_ctx *c)
{
	c->refs++;
}

void twc_tls_ctx_free(struct twc_tls_ctx *c)
{
	if (!c || --c->refs)
		return;
	SSL_CTX_free(c->ssl);
	BIO_meth_free(c->bio);
	twc_free(c);
}

static bool is_literal(const char *name)
{
	struct twc_addr a;

	return twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(name), 0, NULL) == 0;
}

void twc__tls_ctx_prepare(const struct twc_tls_ctx *c, SSL *ssl, const struct twc_tls_start *how)
{
	int ok = 1;

	if (c->server) {
		SSL_set_accept_state(ssl);
		return;
	}
	SSL_set_connect_state(ssl);
	if (how->servername && !is_literal(how->servername)) /* RFC 6066, 3: no literal addresses */
		ok = (int)SSL_set_tlsext_host_name(ssl, how->servername);
	if (ok && how->verify_name && !c->no_verify) {
		SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		ok = is_literal(how->verify_name)
			     ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), how->verify_name)
			     : SSL_set1_host(ssl, how->verify_name);
	}
	if (!ok)
		TWC_BUG("out of memory in OpenSSL");
}
