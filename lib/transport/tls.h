/* SPDX-License-Identifier: MIT */
/*
 * What the tls*.c files share: the only ones that know OpenSSL.
 *
 *	tls.c	      the filter: a transport's operations on top of those it had; tls_bio.c below, tls_filter.h between
 *	tls_ctx.c     a configuration: versions, trust, identity; read anew when its files change
 *	tls_cert.c    who we are: certificate, chain, key	tls_auto.c   made on the spot
 *	tls_names.c   a directory of them, by the name asked for
 *	tls_trust.c   pinned keys, clients that may come in	tls_roots.c  the system's authorities
 *	tls_session.c resumption, and the key log
 *	tls_info.c    what a handshake came to, as plain values
 *	tls_error.c   OpenSSL's failures in plain words
 */
#ifndef TWC_TRANSPORT_TLS_H
#define TWC_TRANSPORT_TLS_H

#include "transport/transport_priv.h"

#include <openssl/ssl.h>
#include <twc/tls.h>

#define TWC__ALPN_MAX 256

struct twc__tls_identity {
	X509 *cert; /* all owned */
	STACK_OF(X509) *chain;
	EVP_PKEY *key;
};

struct twc__tls_names;

struct twc_tls_ctx {
	unsigned refs;
	struct twc_tls_opts o; /* owned copies */
	bool server;
	SSL_CTX *ssl;	       /* replaced as a whole when files have changed */
	BIO_METHOD *bio;       /* of tls.c */
	X509_LOOKUP_METHOD *roots; /* of tls_roots.c; owned; NULL: not used */
	struct twc__tls_identity id;  /* cert NULL: none */
	struct twc__tls_names *names; /* owned; NULL: none */
	unsigned char alpn[TWC__ALPN_MAX]; /* as on the wire */
	unsigned alpn_n;
	unsigned char (*pin)[32]; /* owned */
	size_t pins;
	bool pin_is_enough; /* no authority was named: who has the key is trusted */
	/* the files as they were read */
	uint64_t stamp;
	uint64_t looked_at; /* ns; when they were last looked at */
	/* a client's session, for the next connection */
	SSL_SESSION *session;  /* owned; NULL: none */
	char *session_name;    /* owned; of which server, see tls_session.c */
	int keylog;	       /* descriptor; -1: none */
};

/* ---- tls.c ---- */

BIO_METHOD *twc__tls_bio_method(void);
/* Why the handshake that is under way will fail: known better than OpenSSL's queue tells. */
void twc__tls_blame(const SSL *ssl, const struct twc_err *err);
/* OpenSSL's callback of a client without a certificate: it was asked for one. */
int twc__tls_on_cert_wanted(SSL *ssl, X509 **cert, EVP_PKEY **key);
/* NULL: no TLS, or not done. */
SSL *twc__tls_ssl(const struct twc_transport *t);

/* ---- tls_ctx.c ---- */

void twc__tls_ctx_ref(struct twc_tls_ctx *c);
/* Files that have changed are read anew, at most once a second; what cannot be used is logged, and the old stays. */
void twc__tls_ctx_refresh(struct twc_tls_ctx *c, struct twc_reactor *r);
/* Prepares `ssl` for one connection of this configuration. */
void twc__tls_ctx_prepare(struct twc_tls_ctx *c, SSL *ssl, const struct twc_tls_start *how);

/* ---- tls_cert.c, tls_auto.c ---- */

int twc__tls_identity_load(struct twc__tls_identity *id, const char *cert, const char *key, const char *pass,
			   struct twc_err *err);
int twc__tls_identity_make(struct twc__tls_identity *id, const char *names, struct twc_err *err);
void twc__tls_identity_fini(struct twc__tls_identity *id);
/* For all connections of `ctx`, or, when that is NULL, for this one. */
int twc__tls_identity_use(const struct twc__tls_identity *id, SSL_CTX *ctx, SSL *ssl, struct twc_err *err);
int twc__tls_cert_save(const X509 *cert, const char *path, struct twc_err *err);
void twc__tls_pin_of(X509 *cert, char out[TWC_TLS_PIN_MAX]);

/* ---- tls_names.c ---- */

struct twc__tls_names *twc__tls_names_load(const char *dir, const char *pass, struct twc_err *err);
void twc__tls_names_free(struct twc__tls_names *s);
/* NULL: nobody here has this name. */
const struct twc__tls_identity *twc__tls_names_find(const struct twc__tls_names *s, const char *servername);
const struct twc__tls_identity *twc__tls_names_default(const struct twc__tls_names *s); /* NULL: there is none */
/* Differ when the files do. */
uint64_t twc__tls_stamp_dir(const char *dir);
void twc__tls_stamp_file(uint64_t *stamp, const char *path);

/* ---- tls_trust.c ---- */

int twc__tls_pins_parse(struct twc_tls_ctx *c, const char *list, struct twc_err *err);
bool twc__tls_is_current(const X509 *cert); /* its time has come, and not gone */
/* OpenSSL's callback for a whole chain; `arg` is the context. */
int twc__tls_on_chain(X509_STORE_CTX *chain, void *arg);

/* ---- tls_roots.c ---- */

/* The system's authorities count for c->ssl. False: out of memory. */
bool twc__tls_roots_use(struct twc_tls_ctx *c);

/* ---- tls_session.c ---- */

void twc__tls_sessions_init(struct twc_tls_ctx *c);
void twc__tls_session_offer(struct twc_tls_ctx *c, SSL *ssl); /* the last one, if it was of the same names */
void twc__tls_session_forget(struct twc_tls_ctx *c);
void twc__tls_session_fini(struct twc_tls_ctx *c);
/* SSLKEYLOGFILE: the secrets of connections are appended there, for a packet analyser. */
int twc__tls_keylog_open(struct twc_tls_ctx *c, struct twc_err *err);
void twc__tls_keylog_init(struct twc_tls_ctx *c);

/* ---- tls_info.c ---- */

void twc__tls_names_of(X509 *cert, char *out, size_t cap); /* "one.test, 127.0.0.1", as many as fit */

/* ---- tls_error.c ---- */

/* Why the last call failed, from OpenSSL's queue, which is empty afterwards. `cert_wanted`: the peer asked for a
 * certificate and was shown none, which TLS 1.2 has no alert of its own for. */
void twc__tls_explain(bool cert_wanted, struct twc_err *err);
/* The address that is verified, for OPENSSL_free; NULL: none. */
char *twc__tls_ip_of(X509_VERIFY_PARAM *param);
/* OpenSSL's verify callback: blames the connection with a sentence. */
int twc__tls_on_verify(int ok, X509_STORE_CTX *ctx);

#endif
