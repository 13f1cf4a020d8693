/* SPDX-License-Identifier: MIT */
/*
 * TLS as the keys of an endpoint say it: rows, faults that can be told without a look at files, and the context, made when
 * it is first needed.
 */
#include "endpoint/endpoint_int.h"
#include "endpoint/secret.h"
#include "protocol/starttls_int.h"
#include <stdlib.h>
#include "base/banned.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)
#define PASS_MAX 1024
#define NAME_MAX_BYTES 255 /* of a host (RFC 1035) */
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%" /* or an address */

static const char *const version_words[] = { "1.2", "1.3", NULL };
static const char *const auth_words[] = { "none", "optional", "require", NULL }; /* enum twc_tls_auth */
static const char *const truncation_words[] = { "refuse", "allow", NULL };

#define SHARED_ROWS(roles_)                                                                                                \
	{ .name = "key", .alias = "privateKey", .kind = TWC_ARG_FILE, .roles = roles_, .help = "PEM file with the key (in cert)" }, \
	{ .name = "key-pass-file", .kind = TWC_ARG_FILE, .roles = roles_, .help = "file whose first line is the key's password" }, \
	{ .name = "key-pass-env", .kind = TWC_ARG_STRING, .roles = roles_, .help = "environment variable with the key's password" }, \
	{ .name = "pin", .kind = TWC_ARG_STRING, .roles = roles_, .help = "the peer's key must be this: sha256//BASE64, several with ;" }, \
	{ .name = "alpn", .kind = TWC_ARG_STRING, .roles = roles_, .help = "application protocols, in order: h2,http/1.1" },      \
	{ .name = "min", .kind = TWC_ARG_WORD, .roles = roles_, .words = version_words, .help = "oldest version of TLS (1.2)" },   \
	{ .name = "max", .kind = TWC_ARG_WORD, .roles = roles_, .words = version_words, .help = "newest version of TLS (1.3)" },   \
	{ .name = "ciphers", .kind = TWC_ARG_STRING, .roles = roles_, .help = "OpenSSL's list of ciphers, in [brackets]" },	    \
	{ .name = "groups", .kind = TWC_ARG_STRING, .roles = roles_, .help = "key exchange groups, in [brackets]: [X25519:P-256]" }, \
	{ .name = "sigalgs", .kind = TWC_ARG_STRING, .roles = roles_, .help = "signature algorithms, in [brackets]: [ECDSA+SHA256]" }, \
	{ .name = "truncation", .kind = TWC_ARG_WORD, .roles = roles_, .words = truncation_words,				    \
	  .help = "an end without close_notify: refuse it, or allow it (refuse)" }

const struct twc_endpoint_arg twc__args_tls_client[] = {
	{ .name = "ca", .alias = "trustRoots", .kind = TWC_ARG_FILE, .roles = BOTH,
	  .help = "whom to trust: PEM file, hashed directory, or system" },
	{ .name = "servername", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .help = "name to ask for (SNI), or none (the host)" },
	{ .name = "verify-name", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT,
	  .help = "name or address that the certificate must be for (the servername)" },
	{ .name = "verify", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT, .help = "no: trust anybody, and say so (yes)" },
	{ .name = "cert", .alias = "certificate", .kind = TWC_ARG_FILE, .roles = TWC_CONNECT,
	  .help = "our certificate, with its chain: PEM, or PKCS#12" },
	SHARED_ROWS(TWC_CONNECT),
	{ .name = NULL },
};

const struct twc_endpoint_arg twc__args_tls_server[] = {
	{ .name = "cert", .alias = "certKey", .kind = TWC_ARG_FILE, .roles = TWC_LISTEN,
	  .help = "certificate and chain, PEM or PKCS#12; auto: one made for this run" },
	SHARED_ROWS(TWC_LISTEN),
	{ .name = "certs", .kind = TWC_ARG_FILE, .roles = TWC_LISTEN, .help = "directory of certificates by name: NAME.pem" },
	{ .name = "strict", .kind = TWC_ARG_BOOL, .roles = TWC_LISTEN, .help = "with certs: refuse names that are not there (no)" },
	{ .name = "name", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .help = "with cert=auto: further names it is for, a.test,10.0.0.1" },
	{ .name = "cert-out", .kind = TWC_ARG_FILE, .roles = TWC_LISTEN, .help = "with cert=auto: write the certificate to this file" },
	{ .name = "client-auth", .kind = TWC_ARG_WORD, .roles = TWC_LISTEN, .words = auth_words,
	  .help = "ask clients for a certificate: none, optional, require (none)" },
	{ .name = "allow-cn", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .help = "clients with one of these common names only" },
	{ .name = "allow-san", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .help = "clients with one of these alternative names only" },
	{ .name = "handshake-timeout", .kind = TWC_ARG_DURATION, .roles = TWC_LISTEN, .help = "for the handshake of a client (10s)" },
	{ .name = NULL },
};

const struct twc_endpoint_arg twc__args_starttls[] = {
	{ .name = "starttls", .kind = TWC_ARG_WORD, .roles = TWC_CONNECT, .words = twc__starttls_words,
	  .help = "ask in this protocol for TLS, then begin it; the TLS keys go with it" },
	{ .name = NULL },
};

bool twc__args_want_tls(const struct twc__args *a)
{
	static const char *const types[] = { "tls", "https", "wss", NULL };

	for (size_t i = 0; types[i]; i++)
		if (strcmp(a->type->name, types[i]) == 0)
			return true;
	return twc__args_get(a, "starttls") != NULL;
}

/* ---- faults ---- */

/* `name` makes no sense without `other`. */
static int needs(const struct twc__args *a, const char *name, const char *other, struct twc_err *err)
{
	const struct twc__value *v = twc__args_given(a, name);

	return !v || twc__args_get(a, other) ? 0 : twc__fault(err, v->column, "%s needs %s=", name, other);
}

static int excludes(const struct twc__args *a, const char *name, const char *other, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, name);

	return !v || !twc__args_get(a, other) ? 0 : twc__fault(err, v->column, "%s and %s exclude each other", name, other);
}

static int check_client(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *verify = twc__args_get(a, "verify");
	static const char *const trust[] = { "ca", "pin", "verify-name" };

	for (size_t i = 0; verify && !verify->num && i < TWC_ARRAY_LEN(trust); i++)
		if (twc__args_get(a, trust[i]))
			return twc__fault(err, verify->column, "verify=no and %s exclude each other", trust[i]);
	return 0;
}

static int check_server(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *auth = twc__args_get(a, "client-auth");
	bool is_auto = strcmp(twc__args_str(a, "cert", ""), "auto") == 0;
	static const char *const of_auto[] = { "name", "cert-out" };
	static const char *const of_auth[] = { "ca", "pin", "allow-cn", "allow-san" };

	if (!twc__args_get(a, "cert") && !twc__args_get(a, "certs"))
		return twc__fault(err, a->end_column, "a TLS server needs cert=FILE, certs=DIR, or cert=auto to try things out");
	for (size_t i = 0; i < TWC_ARRAY_LEN(of_auto); i++)
		if (!is_auto && twc__args_given(a, of_auto[i]))
			return twc__fault(err, twc__args_given(a, of_auto[i])->column, "%s needs cert=auto", of_auto[i]);
	for (size_t i = 0; i < TWC_ARRAY_LEN(of_auth); i++)
		if ((!auth || !auth->num) && twc__args_given(a, of_auth[i]))
			return twc__fault(err, twc__args_given(a, of_auth[i])->column, "%s needs client-auth=require or optional",
					  of_auth[i]);
	if (auth && auth->num && !twc__args_get(a, "ca") && !twc__args_get(a, "pin"))
		return twc__fault(err, auth->column, "client-auth needs ca= or pin=: whom to trust");
	if (is_auto && twc__args_given(a, "key"))
		return twc__fault(err, twc__args_given(a, "key")->column, "cert=auto makes a key of its own");
	if (twc__args_get(a, "handshake-timeout") && !twc__args_num(a, "handshake-timeout", 0))
		return twc__fault(err, twc__args_given(a, "handshake-timeout")->column, "handshake-timeout must be longer than 0");
	return needs(a, "strict", "certs", err);
}

/* Names go into handshakes and conversations as they are. */
static int check_names(const struct twc__args *a, struct twc_err *err)
{
	static const char *const names[] = { "host", "servername", "verify-name" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++) {
		const struct twc__value *v = twc__args_get(a, names[i]);

		if (v && strspn(v->text, NAME_BYTES) < strlen(v->text))
			return twc__fault(err, v->column, "%s: not a valid host name", names[i]);
		if (v && strlen(v->text) > NAME_MAX_BYTES)
			return twc__fault(err, v->column, "%s is longer than %d bytes", names[i], NAME_MAX_BYTES);
	}
	return 0;
}

/* Keys of TLS where there is none would be a promise that is not kept. */
static int check_plain(const struct twc__args *a, struct twc_err *err)
{
	for (const struct twc_endpoint_arg *row = twc__args_tls_client; row->name; row++) {
		const struct twc__value *v = twc__args_given(a, row->name);

		if (v)
			return twc__fault(err, v->column, "%s is about TLS: write tls: instead of %s:, or add starttls=", row->name,
					  a->type->name);
	}
	return 0;
}

/* Elsewhere an empty value is none. Here it is a variable that was not set, and would let everybody in. */
static int check_texts(const struct twc__args *a, struct twc_err *err)
{
	static const char *const texts[] = { "servername", "verify-name", "pin",  "alpn",      "ciphers",
					     "groups",	   "sigalgs",	  "name", "allow-cn",  "allow-san", "key-pass-env" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(texts); i++) {
		const struct twc__value *v = twc__args_given(a, texts[i]);

		if (v && !v->is_set)
			return twc__fault(err, v->column, "%s is empty", texts[i]);
	}
	return 0;
}

int twc__tls_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *min = twc__args_get(a, "min"), *max = twc__args_get(a, "max");
	int rc;

	if (!twc__args_want_tls(a))
		return check_plain(a, err);
	rc = check_names(a, err);
	if (!rc)
		rc = check_texts(a, err);
	if (!rc)
		rc = excludes(a, "key-pass-file", "key-pass-env", err);
	if (!rc && min && max && min->num > max->num)
		rc = twc__fault(err, max->column, "max is below min");
	if (!rc && a->role == TWC_CONNECT)
		rc = needs(a, "key", "cert", err);
	if (rc)
		return rc;
	return a->role == TWC_CONNECT ? check_client(a, err) : check_server(a, err);
}

/* ---- the context ---- */

void twc__tls_names_wanted(const struct twc__args *a, const char **servername, const char **verify_name)
{
	const char *host = twc__args_str(a, "host", "localhost"), *name = twc__args_str(a, "servername", host);
	bool is_none = twc__args_get(a, "servername") && strcmp(name, "none") == 0;

	*servername = is_none ? NULL : name;
	*verify_name = twc__args_str(a, "verify-name", is_none ? host : name);
}

static int password(const struct twc__args *a, char **out, struct twc_err *err)
{
	const char *file = twc__args_str(a, "key-pass-file", NULL), *name = twc__args_str(a, "key-pass-env", NULL);
	const char *value = name ? getenv(name) : NULL;

	*out = NULL;
	if (file)
		return twc__secret_line(file, "key-pass-file", 0, PASS_MAX, out, err);
	if (name && !value)
		return twc_err_set(err, TWC_ECONFIG, "key-pass-env: %s is not in the environment", name);
	if (value)
		*out = twc_strdup(value);
	return 0;
}

static int version_of(const struct twc__args *a, const char *name)
{
	const struct twc__value *v = twc__args_get(a, name);

	return v ? 12 + (int)v->num : 0;
}

struct twc_tls_ctx *twc__tls_context(const struct twc_endpoint *e, struct twc_err *err)
{
	const struct twc__args *a = &e->args;
	struct twc_endpoint *keep = (struct twc_endpoint *)(uintptr_t)e;
	struct twc_tls_opts o = {
		.server = a->role == TWC_LISTEN,
		.cert = twc__args_str(a, "cert", NULL),
		.key = twc__args_str(a, "key", NULL),
		.names = twc__args_str(a, "name", NULL),
		.cert_out = twc__args_str(a, "cert-out", NULL),
		.certs = twc__args_str(a, "certs", NULL),
		.strict_names = twc__args_num(a, "strict", 0) != 0,
		.ca = twc__args_str(a, "ca", NULL),
		.no_verify = twc__args_num(a, "verify", 1) == 0,
		.pin = twc__args_str(a, "pin", NULL),
		.client_auth = (enum twc_tls_auth)twc__args_num(a, "client-auth", TWC_TLS_AUTH_NONE),
		.allow_cn = twc__args_str(a, "allow-cn", NULL),
		.allow_san = twc__args_str(a, "allow-san", NULL),
		.min = version_of(a, "min"),
		.max = version_of(a, "max"),
		.ciphers = twc__args_str(a, "ciphers", NULL),
		.groups = twc__args_str(a, "groups", NULL),
		.sigalgs = twc__args_str(a, "sigalgs", NULL),
		.alpn = twc__args_str(a, "alpn", NULL),
		.allow_truncation = twc__args_num(a, "truncation", 0) != 0,
	};
	char *pass;

	if (e->tls)
		return e->tls;
	if (password(a, &pass, err))
		return NULL;
	o.key_pass = pass;
	keep->tls = twc_tls_ctx_new(&o, err);
	if (pass)
		twc_free_secret(pass, strlen(pass));
	return keep->tls;
}
