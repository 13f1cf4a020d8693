/* SPDX-License-Identifier: MIT */
/*
 * TLS 1.2 and 1.3 (RFC 5246, 8446) on any stream transport: a socket, a tunnel through a proxy, a child's pipes, memory.
 * A context is one configuration, made once and shared by its connections; twc_transport_start_tls puts a
 * transport under it, at the start or in the middle of a conversation (STARTTLS).
 *
 * Whom one talks to is verified unless told otherwise, and a stream that ends without close_notify was truncated
 * (TWC_ETRUNC) unless told otherwise. Renegotiation and versions before 1.2 do not exist.
 *
 * Everything here belongs to the loop's thread. Nothing of OpenSSL runs before the first context is made.
 */
#ifndef TWC_TLS_H
#define TWC_TLS_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>
#include <twc/transport.h>

#pragma GCC visibility push(default)

/* ---- a configuration ---- */

enum twc_tls_auth {
	TWC_TLS_AUTH_NONE = 0, /* a server asks its clients for no certificate */
	TWC_TLS_AUTH_OPTIONAL, /* one that is shown must be good */
	TWC_TLS_AUTH_REQUIRE,
};

/* Zeroed: a client that trusts the system's roots and has no certificate. Strings are borrowed during the call. */
struct twc_tls_opts {
	bool server;
	/* Who we are. A server needs one of cert and certs. */
	const char *cert; /* file: PEM, the certificate first, then its chain, the key too perhaps; or PKCS#12. A server may
			   * have "auto": a new self-signed one (EC P-256) for localhost, 127.0.0.1, ::1 and `names` */
	const char *key;  /* file: PEM; NULL: it is in cert's */
	const char *key_pass; /* of an encrypted key or PKCS#12; NULL: none */
	const char *names;    /* with "auto": further names and addresses, separated by commas */
	const char *cert_out; /* with "auto": the certificate is written to this file, for clients to trust */
	const char *certs;    /* server: directory of certificates by name, see twc-endpoints(7); cert is the default */
	bool strict_names;    /* server with certs: a name nobody here has is refused (unrecognized_name) */
	/* Whom we trust. */
	const char *ca;	      /* PEM file, hashed directory, or "system"; NULL: a client's is the system's */
	bool no_verify;	      /* client: anybody */
	const char *pin;      /* sha256//BASE64 of the public key (RFC 7469), several separated by ';': one must be the
			       * peer's. Without `ca` a pin is all the trust a client needs */
	enum twc_tls_auth client_auth; /* server */
	const char *allow_cn, *allow_san; /* server: names of clients, separated by commas; NULL: all that are trusted */
	/* How. */
	int min, max;	     /* 12 or 13; 0: 12, 13 */
	const char *ciphers; /* OpenSSL's list, of TLS 1.2 and 1.3 names alike; NULL: the default, for a
			      * server of TLS 1.2 those with ECDHE and AEAD */
	const char *groups;  /* "X25519:P-256"; NULL: the default */
	const char *sigalgs; /* "ECDSA+SHA256:rsa_pss_rsae_sha256": whose signatures are taken, and our own; NULL: the default */
	const char *alpn;    /* protocols in order of preference, separated by commas (RFC 7301); NULL: none */
	bool allow_truncation; /* the end of the stream below is an end as good as close_notify */
};

struct twc_tls_ctx;
/* Reads all files. NULL with *err: TWC_ENOINPUT (a file is missing or unreadable, names it), TWC_EDATA (it is not what it
 * should be, the key does not belong to the certificate), TWC_EUSAGE (a value that cannot be), TWC_ECANTCREAT (cert_out). */
struct twc_tls_ctx *twc_tls_ctx_new(const struct twc_tls_opts *o, struct twc_err *err);
void twc_tls_ctx_free(struct twc_tls_ctx *c); /* connections that use it keep it alive */
/* Reads all files anew; connections that stand keep what they have. On failure (codes as above) everything stays as it was. A
 * server's context does so by itself when its files have changed, at a handshake, at most once a second. */
int twc_tls_ctx_reload(struct twc_tls_ctx *c, struct twc_err *err);
/* "sha256//…" of our own certificate's key, for clients to pin. False: there is none. */
#define TWC_TLS_PIN_MAX 64
bool twc_tls_ctx_pin(const struct twc_tls_ctx *c, char out[TWC_TLS_PIN_MAX]);

/* ---- a connection ---- */

struct twc_tls_start {
	struct twc_tls_ctx *ctx;
	/* Client: the name to ask for (SNI, RFC 6066) and the name or literal address that the certificate must be for. NULL:
	 * no SNI; any certificate that is trusted. Of 1 to 255 bytes. Borrowed during the call. */
	const char *servername, *verify_name;
	/* The handshake is done: what is written from here on is delivered. Once, from the loop. May be NULL. */
	void (*done)(void *arg, struct twc_transport *t);
	void *arg;
};
/*
 * From here on the transport's bytes are plaintext above, TLS below. What was written before leaves in the clear,
 * first. What is written before the handshake is done waits for it. A handshake that fails loses the connection: lost
 * gets TWC_EUNTRUSTED (we do not trust the peer), TWC_EACCESS (it does not trust us), TWC_EPROTO or TWC_ERESET, with the
 * cause in plain words. There is no time limit here: the caller's.
 *
 * Bytes that arrived with the last plaintext, and which the protocol holds, are not for TLS: who upgrades in the middle
 * of a conversation must treat any as an attack. Not for datagrams, once per transport, not while it is piped.
 */
void twc_transport_start_tls(struct twc_transport *t, const struct twc_tls_start *how);

/* What a handshake came to. Strings are static or belong to the transport. */
struct twc_tls_info {
	const char *version; /* "TLSv1.3" */
	const char *cipher;  /* "TLS_AES_256_GCM_SHA384" */
	const char *group;   /* "X25519"; "" when unknown */
	const char *servername; /* that the client asked for; NULL: none */
	char alpn[256];	     /* "" when none was agreed on */
	bool resumed;
	bool verified;	     /* the peer has shown a certificate, and it is good; false with no_verify */
	unsigned certs;	     /* that the peer has shown */
};
/* False: no TLS, or the handshake is not done. */
bool twc_tls_info(const struct twc_transport *t, struct twc_tls_info *info);

/* One certificate of the peer's, escaped where it can be anything. */
struct twc_tls_cert {
	char subject[256], issuer[256]; /* "CN=one.test,O=…" (RFC 2253) */
	char names[4096];		/* subjectAltName: "one.test, 127.0.0.1"; cut with "..."; commas in a name as \x2c */
	int64_t not_before, not_after;	/* seconds since 1970 */
	char pin[TWC_TLS_PIN_MAX];
	char key[32];			/* "EC 256", "RSA 2048" */
};
/* The version of OpenSSL that this process runs with: "3.0.17". Starts nothing of it. */
const char *twc_tls_library_version(void);
/* The i-th of those the peer has shown, its own first. False: there is none. */
bool twc_tls_peer_cert(const struct twc_transport *t, unsigned i, struct twc_tls_cert *cert);

#pragma GCC visibility pop
#endif
