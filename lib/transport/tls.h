/* SPDX-License-Identifier: MIT */
/*
 * What the tls*.c files share: the only ones that know OpenSSL.
 *
 *	tls.c	      the filter: a transport's operations on top of those it had
 *	tls_ctx.c     a configuration: trust, versions
 *	tls_cert.c    who we are
 *	tls_error.c   OpenSSL's failures in plain words
 */
#ifndef TRANSPORT_TLS_H
#define TRANSPORT_TLS_H

#include "transport/transport_priv.h"

#include <openssl/ssl.h>
#include <twc/tls.h>

#define TWC__ALPN_MAX 256

struct twc_tls_ctx {
	unsigned refs;
	SSL_CTX *ssl;
	BIO_METHOD *bio; /* of tls.c */
	bool server;
	bool no_verify;
	bool allow_truncation;
	unsigned char alpn[TWC__ALPN_MAX]; /* as on the wire */
	unsigned alpn_n;
};

/* ---- tls_ctx.c ---- */

void twc__tls_ctx_ref(struct twc_tls_ctx *c);
/* Prepares `ssl` for one connection of this configuration. */
void twc__tls_ctx_prepare(const struct twc_tls_ctx *c, SSL *ssl, const struct twc_tls_start *how);

/* ---- tls.c ---- */

BIO_METHOD *twc__tls_bio_method(void);
/* Why the handshake that is under way will fail: known better than OpenSSL's queue tells. */
void twc__tls_blame(const SSL *ssl, const struct twc_err *err);

/* ---- tls_cert.c ---- */

int twc__tls_identity_load(struct twc_tls_ctx *c, const struct twc_tls_opts *o, struct twc_err *err);

/* ---- tls_error.c ---- */

/* Why the last call failed, from OpenSSL's queue, which is empty afterwards. */
void twc__tls_explain(struct twc_err *err);
/* OpenSSL's verify callback: blames the connection with a sentence. */
int twc__tls_on_verify(int ok, X509_STORE_CTX *ctx);

#endif
