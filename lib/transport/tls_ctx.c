/* SPDX-License-Identifier: MIT */
/*
 * A TLS configuration, made once and shared by connections: versions and ciphers, whom we trust, who we are
 * (tls_cert.c). Every file is read here, so that what is wrong with it is said before anything listens or dials.
 */
#include "transport/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <twc/parse.h>
#include <unistd.h>

#include "base/banned.h"

#define LIST_MAX 1024	       /* bytes of a list of ciphers */
#define NAME_CAP 256	       /* of a host name (RFC 1035), with its end */
#define LOOK_NS TWC_NS_PER_S   /* files are not looked at more often */

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

/* Of TLS 1.2 a server has what 1.3 has: forward secrecy, and no CBC (Lucky 13). */
static void set_server_ciphers(SSL_CTX *ssl)
{
	if (!SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20"))
		TWC_BUG("OpenSSL has none of the usual ciphers");
}

static int set_groups(SSL_CTX *ssl, const char *list, struct twc_err *err)
{
	if (SSL_CTX_set1_groups_list(ssl, (char *)(uintptr_t)list))
		return 0;
	return twc_err_set(err, TWC_EUSAGE, "groups: '%s' is no list of known groups, as X25519:P-256 is", list);
}

static int set_sigalgs(SSL_CTX *ssl, const char *list, struct twc_err *err)
{
	if (SSL_CTX_set1_sigalgs_list(ssl, (char *)(uintptr_t)list))
		return 0;
	return twc_err_set(err, TWC_EUSAGE,
			   "sigalgs: '%s' is no list of known algorithms, as ECDSA+SHA256:rsa_pss_rsae_sha256 is", list);
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
static int parse_alpn(struct twc_tls_ctx *c, const char *list, struct twc_err *err)
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
	return 0;
}

static void set_alpn(struct twc_tls_ctx *c)
{
	if (!c->alpn_n)
		return;
	if (c->server)
		SSL_CTX_set_alpn_select_cb(c->ssl, on_alpn, c);
	else if (SSL_CTX_set_alpn_protos(c->ssl, c->alpn, c->alpn_n))
		TWC_BUG("out of memory in OpenSSL");
}

/* ---- whom we trust ---- */

static int load_ca(struct twc_tls_ctx *c, struct twc_err *err)
{
	const char *ca = c->o.ca;
	STACK_OF(X509_NAME) *names;
	struct stat st;

	if (stat(ca, &st) < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "ca: cannot read %s", ca);
	if (S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(c->ssl, ca) : SSL_CTX_load_verify_file(c->ssl, ca)) {
		/* Clients are told which authorities count, so that they can choose a certificate. */
		names = c->server && !S_ISDIR(st.st_mode) ? SSL_load_client_CA_file(ca) : NULL;
		if (names)
			SSL_CTX_set_client_CA_list(c->ssl, names);
		return 0;
	}
	ERR_clear_error();
	if (access(ca, R_OK) < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "ca: cannot read %s", ca);
	return twc_err_set(err, TWC_EDATA, "ca: %s holds no PEM certificate", ca);
}

static int set_trust(struct twc_tls_ctx *c, struct twc_err *err)
{
	const struct twc_tls_opts *o = &c->o;
	bool asks = o->server ? o->client_auth != TWC_TLS_AUTH_NONE : !o->no_verify;
	int mode = asks ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;

	if (o->server && o->client_auth == TWC_TLS_AUTH_REQUIRE)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	/* A certificate that nobody asks for is to blame for nothing. */
	SSL_CTX_set_verify(c->ssl, mode, asks ? twc__tls_on_verify : NULL);
	if (!asks)
		return 0;
	SSL_CTX_set_cert_verify_callback(c->ssl, twc__tls_on_chain, c);
	if (o->ca && strcmp(o->ca, "system") != 0)
		return load_ca(c, err);
	if (!c->pin_is_enough && !twc__tls_roots_use(c))
		TWC_BUG("out of memory in OpenSSL");
	return 0;
}

/* ---- who we are ---- */

static int on_servername(SSL *ssl, int *alert, void *arg)
{
	const struct twc_tls_ctx *c = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct twc__tls_identity *id = name ? twc__tls_names_find(c->names, name) : NULL;
	char shown[80];
	struct twc_err err = { 0 };

	if (!id && name && c->o.strict_names) {
		twc_escape(shown, sizeof(shown), twc_str_of(name));
		twc_err_set(&err, TWC_EPROTO, "the client asks for %s, which nobody is here", shown);
		twc__tls_blame(ssl, &err);
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	if (!id)
		id = twc__tls_names_default(c->names);
	if (!id && !c->id.cert) {
		twc_err_set(&err, TWC_EPROTO, "the client asks for no name that is here, and there is no DEFAULT.pem");
		twc__tls_blame(ssl, &err);
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	if (id && twc__tls_identity_use(id, NULL, ssl, &err)) {
		twc__tls_blame(ssl, &err);
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	return SSL_TLSEXT_ERR_OK;
}

static int load_identity(struct twc_tls_ctx *c, struct twc_err *err)
{
	const struct twc_tls_opts *o = &c->o;

	if (!o->cert)
		return 0;
	if (strcmp(o->cert, "auto") != 0)
		return twc__tls_identity_load(&c->id, o->cert, o->key, o->key_pass, err);
	if (twc__tls_identity_make(&c->id, o->names, err))
		return err->code;
	return o->cert_out ? twc__tls_cert_save(c->id.cert, o->cert_out, err) : 0;
}

static int set_identity(struct twc_tls_ctx *c, struct twc_err *err)
{
	if (c->names)
		SSL_CTX_set_tlsext_servername_callback(c->ssl, on_servername);
	if (c->names)
		SSL_CTX_set_tlsext_servername_arg(c->ssl, c);
	if (!c->server && !c->id.cert)
		SSL_CTX_set_client_cert_cb(c->ssl, twc__tls_on_cert_wanted);
	return c->id.cert ? twc__tls_identity_use(&c->id, c->ssl, NULL, err) : 0;
}

/* ---- making ---- */

static void copy_opts(struct twc_tls_opts *to, const struct twc_tls_opts *from)
{
	const char **text[] = { &to->cert, &to->key,	  &to->key_pass, &to->names, &to->cert_out, &to->certs,	 &to->ca,
				&to->pin,  &to->allow_cn, &to->allow_san, &to->ciphers, &to->groups, &to->sigalgs,
				&to->alpn };

	*to = *from;
	for (size_t i = 0; i < TWC_ARRAY_LEN(text); i++)
		*text[i] = *text[i] ? twc_strdup(*text[i]) : NULL;
}

static void free_text(const char *s)
{
	twc_free_secret((char *)(uintptr_t)s, s ? strlen(s) : 0);
}

static void free_opts(const struct twc_tls_opts *o)
{
	const char *const text[] = { o->cert, o->key,	   o->key_pass,	 o->names,   o->cert_out, o->certs, o->ca,
				     o->pin,  o->allow_cn, o->allow_san, o->ciphers, o->groups,	  o->sigalgs, o->alpn };

	for (size_t i = 0; i < TWC_ARRAY_LEN(text); i++)
		free_text(text[i]);
}

/*
 * What OpenSSL does once a process, cut down to what is used, for it takes longer than a handshake. Without openssl.cnf what is
 * allowed is written here alone. Ciphers come from providers: of their names of old only those that keys may be encrypted with
 * (tls_cert.c) are needed. A process that ends has nothing to take down. This counts where nobody else came first.
 */
static void start_openssl(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ATEXIT, NULL);
}

/* The part that files have no say in. */
static SSL_CTX *bare_context(bool server)
{
	SSL_CTX *ssl;

	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (!ssl)
		TWC_BUG("out of memory in OpenSSL");
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_security_level(ssl, 2);
	return ssl;
}

/* Everything into a new SSL_CTX; identity and names have been read. */
static int build(struct twc_tls_ctx *c, struct twc_err *err)
{
	const struct twc_tls_opts *o = &c->o;
	int rc;

	c->ssl = bare_context(c->server);
	if (o->allow_truncation) /* or nothing could be written any more when the peer has ended so */
		SSL_CTX_set_options(c->ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
	if (c->server)
		set_server_ciphers(c->ssl);
	rc = set_versions(c->ssl, o, err);
	if (!rc && o->ciphers)
		rc = set_ciphers(c->ssl, o->ciphers, err);
	if (!rc && o->groups)
		rc = set_groups(c->ssl, o->groups, err);
	if (!rc && o->sigalgs)
		rc = set_sigalgs(c->ssl, o->sigalgs, err);
	set_alpn(c);
	twc__tls_sessions_init(c);
	twc__tls_keylog_init(c);
	if (!rc)
		rc = set_trust(c, err);
	return rc ? rc : set_identity(c, err);
}

static uint64_t stamp_of(const struct twc_tls_opts *o)
{
	uint64_t stamp = UINT64_C(14695981039346656037);

	if (o->cert && strcmp(o->cert, "auto") != 0)
		twc__tls_stamp_file(&stamp, o->cert);
	if (o->key)
		twc__tls_stamp_file(&stamp, o->key);
	if (o->ca && strcmp(o->ca, "system") != 0)
		twc__tls_stamp_file(&stamp, o->ca);
	return o->certs ? stamp + twc__tls_stamp_dir(o->certs) : stamp;
}

static int load_all(struct twc_tls_ctx *c, struct twc_err *err)
{
	int rc;

	c->stamp = stamp_of(&c->o);
	rc = load_identity(c, err);
	if (!rc && c->o.certs) {
		c->names = twc__tls_names_load(c->o.certs, c->o.key_pass, err);
		rc = c->names ? 0 : err->code;
	}
	return rc ? rc : build(c, err);
}

struct twc_tls_ctx *twc_tls_ctx_new(const struct twc_tls_opts *o, struct twc_err *err)
{
	struct twc_tls_ctx *c = twc_calloc(1, sizeof(*c));
	struct twc_err cause = { 0 };

	c->refs = 1;
	c->server = o->server;
	c->keylog = -1;
	start_openssl();
	copy_opts(&c->o, o);
	c->bio = twc__tls_bio_method();
	c->pin_is_enough = o->pin && !o->ca;
	if (!(o->alpn && parse_alpn(c, o->alpn, &cause)) && !(o->pin && twc__tls_pins_parse(c, o->pin, &cause)) &&
	    !twc__tls_keylog_open(c, &cause) && !load_all(c, &cause))
		return c;
	ERR_clear_error();
	twc_tls_ctx_free(c);
	if (err)
		*err = cause;
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
	twc__tls_session_fini(c);
	SSL_CTX_free(c->ssl);
	BIO_meth_free(c->bio);
	X509_LOOKUP_meth_free(c->roots);
	twc__tls_identity_fini(&c->id);
	twc__tls_names_free(c->names);
	twc_free(c->pin);
	free_opts(&c->o);
	twc_free(c);
}

/* ---- files that change ---- */

int twc_tls_ctx_reload(struct twc_tls_ctx *c, struct twc_err *err)
{
	struct twc_tls_ctx old = *c;
	struct twc_err cause = { 0 };
	bool is_made = c->o.cert && strcmp(c->o.cert, "auto") == 0;

	c->ssl = NULL;
	c->names = NULL;
	c->stamp = stamp_of(&c->o);
	if (!is_made)
		c->id = (struct twc__tls_identity){ 0 };
	if (!is_made && load_identity(c, &cause))
		goto fail;
	if (c->o.certs && !(c->names = twc__tls_names_load(c->o.certs, c->o.key_pass, &cause)))
		goto fail;
	if (build(c, &cause))
		goto fail;
	SSL_CTX_free(old.ssl); /* connections that use it keep it */
	twc__tls_session_forget(c);
	twc__tls_names_free(old.names);
	if (!is_made)
		twc__tls_identity_fini(&old.id);
	return 0;
fail:
	ERR_clear_error();
	SSL_CTX_free(c->ssl);
	twc__tls_names_free(c->names);
	if (!is_made)
		twc__tls_identity_fini(&c->id);
	c->ssl = old.ssl;
	c->names = old.names;
	c->id = old.id;
	if (err)
		*err = cause;
	return cause.code;
}

void twc__tls_ctx_refresh(struct twc_tls_ctx *c, struct twc_reactor *r)
{
	uint64_t now = twc_reactor_now(r);
	struct twc_err err = { 0 };

	if (!c->server || (c->looked_at && now - c->looked_at < LOOK_NS))
		return;
	c->looked_at = now;
	if (stamp_of(&c->o) == c->stamp)
		return;
	if (twc_tls_ctx_reload(c, &err))
		twc_log(twc_reactor_log(r), transport, ERROR, "certificates not read anew: %s", err.text);
	else
		twc_log(twc_reactor_log(r), transport, INFO, "certificates read anew");
}

bool twc_tls_ctx_pin(const struct twc_tls_ctx *c, char out[TWC_TLS_PIN_MAX])
{
	if (!c->id.cert)
		return false;
	twc__tls_pin_of(c->id.cert, out);
	return true;
}

/* ---- one connection ---- */

static bool is_literal(const char *name)
{
	struct twc_addr a;

	return twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(name), 0, NULL) == 0;
}

/* As certificates and servers have it: without the dot of an absolute name, and the zone of an address, which are of this
 * machine alone. An empty name would switch OpenSSL's look at names off. */
static const char *plain_name(const char *name, char buf[NAME_CAP])
{
	size_t n = name ? strlen(name) : 0;

	if (!name)
		return NULL;
	TWC_ASSERT(n > 0 && n < NAME_CAP);
	if (is_literal(name))
		n = strcspn(name, "%");
	else if (n > 1 && name[n - 1] == '.')
		n--;
	memcpy(buf, name, n);
	buf[n] = '\0';
	return buf;
}

void twc__tls_ctx_prepare(struct twc_tls_ctx *c, SSL *ssl, const struct twc_tls_start *how)
{
	char buf[2][NAME_CAP];
	const char *ask, *verify;
	int ok = 1;

	if (c->server) {
		SSL_set_accept_state(ssl);
		return;
	}
	SSL_set_connect_state(ssl);
	ask = plain_name(how->servername, buf[0]);
	verify = plain_name(how->verify_name, buf[1]);
	if (ask && !is_literal(ask)) /* RFC 6066, 3: no literal addresses */
		ok = (int)SSL_set_tlsext_host_name(ssl, (char *)(uintptr_t)ask);
	if (ok && verify && !c->o.no_verify) {
		SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		ok = is_literal(verify) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), verify) : SSL_set1_host(ssl, verify);
	}
	if (!ok)
		TWC_BUG("out of memory in OpenSSL");
	twc__tls_session_offer(c, ssl);
}
