/* SPDX-License-Identifier: MIT */
/*
 * Digest access authentication, RFC 7616: MD5, SHA-256 and SHA-512-256, each with -sess; qop=auth, or none at all
 * (RFC 2069). auth-int is refused: it would need the body's digest before the head. The client keeps a session
 * per protection space (it counts the nonce's uses); the server keeps nothing but a key: its nonces carry their
 * time and a keyed digest of it.
 */
#ifndef TWC_HTTP_DIGEST_AUTH_H
#define TWC_HTTP_DIGEST_AUTH_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#include "base/digest.h"
#include "protocol/http/challenge.h"

/* "MD5", "SHA-256-sess", … in any case. False for others. */
bool twc__http_digest_algorithm(struct twc_str name, enum twc__digest_kind *kind, bool *is_sess);
/* 0 when it cannot be answered, else higher is stronger. */
int twc__http_digest_strength(const struct twc__http_challenge *challenge);

/* ---- client ---- */

struct twc__http_digest;
struct twc__http_digest *twc__http_digest_new(void);
void twc__http_digest_free(struct twc__http_digest *d); /* NULL is fine */
/* Takes a challenge in. A new nonce begins to count anew. 0; TWC_EPROTO (no nonce, no realm, a control in one
 * of them), TWC_ETOOLONG, TWC_EREJECTED (what cannot be answered), TWC_ECONFIG of the digest. */
int twc__http_digest_take(struct twc__http_digest *d, const struct twc__http_challenge *challenge, struct twc_err *err);
/* The last challenge said that the nonce alone was too old: the same credentials may be tried once more. */
bool twc__http_digest_is_stale(const struct twc__http_digest *d);
/* Something was taken in: requests may carry the answer at once. */
bool twc__http_digest_is_ready(const struct twc__http_digest *d);
/* Instead of a random one, from now on; for tests and examples. */
void twc__http_digest_set_cnonce(struct twc__http_digest *d, const char *cnonce);

struct twc__http_digest_request {
	struct twc_str user, password; /* UTF-8 */
	struct twc_str method;
	struct twc_str target; /* exactly as in the request line */
};
/* Appends the value of Authorization, "Digest username=…", and counts a use of the nonce. 0; TWC_EUSAGE for a
 * control in user or target, TWC_ETOOLONG, TWC_ENOMEM. */
int twc__http_digest_answer(struct twc__http_digest *d, const struct twc__http_digest_request *request, struct twc_buf *out,
			    struct twc_err *err);
/* The value of Authentication-Info: a nextnonce takes the nonce's place. Faults are ignored. */
void twc__http_digest_info(struct twc__http_digest *d, struct twc_str value);

/* ---- server ---- */

#define TWC__HTTP_DIGEST_NONCE_LIFE 300 /* seconds */

struct twc__http_digest_guard {
	uint8_t key[32]; /* secret; of one process or shared by all workers */
};
void twc__http_digest_guard_init(struct twc__http_digest_guard *g); /* a random key */

struct twc__http_digest_demand {
	struct twc_str realm; /* without controls */
	enum twc__digest_kind kind;
	bool is_sess; /* only with has_qop */
	bool has_qop; /* qop="auth"; else RFC 2069 */
};
/* Appends a value of WWW-Authenticate. `now` in seconds since 1970. */
int twc__http_digest_ask(const struct twc__http_digest_guard *g, const struct twc__http_digest_demand *demand, bool is_stale,
			 int64_t now, struct twc_buf *out, struct twc_err *err) TWC_MUST_CHECK;

enum twc__http_digest_verdict {
	TWC__HTTP_DIGEST_RIGHT,
	TWC__HTTP_DIGEST_STALE, /* right, but for a nonce that is too old: ask again with is_stale */
	TWC__HTTP_DIGEST_WRONG, /* ask again */
	TWC__HTTP_DIGEST_BAD,	/* not Digest, or not as the RFC wants it: 400 or ask again */
};
/* Judges the value of Authorization against what the user, the password and the request are. A nonce may be
 * used any number of times while it lives: nothing is remembered. */
enum twc__http_digest_verdict twc__http_digest_check(const struct twc__http_digest_guard *g,
						     const struct twc__http_digest_demand *demand,
						     const struct twc__http_digest_request *request, struct twc_str value,
						     int64_t now);

#endif
