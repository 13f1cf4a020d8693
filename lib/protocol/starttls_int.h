/* SPDX-License-Identifier: MIT */
/*
 * What a client says in the clear until TLS may begin, in the protocols that upgrade: SMTP (RFC 3207), IMAP and POP3 (RFC
 * 2595), FTP (RFC 4217), LDAP (RFC 4511, 4.14), XMPP (RFC 6120, 5), PostgreSQL (SSLRequest), MySQL (SSLRequest packet).
 * Pure, and fed as tunnel_int.h's codecs are:
 *
 *     twc__starttls_init -> out -> feed, out, feed … -> TWC__STARTTLS_READY
 *
 * Errors are predicates of which the server is the subject; its bytes are escaped. Not installed.
 */
#ifndef TWC_PROTOCOL_STARTTLS_INT_H
#define TWC_PROTOCOL_STARTTLS_INT_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

/* In the order of the words of starttls=. */
enum twc__starttls_kind {
	TWC__STARTTLS_SMTP,
	TWC__STARTTLS_IMAP,
	TWC__STARTTLS_POP3,
	TWC__STARTTLS_FTP,
	TWC__STARTTLS_LDAP,
	TWC__STARTTLS_XMPP,
	TWC__STARTTLS_POSTGRES,
	TWC__STARTTLS_MYSQL,
};
extern const char *const twc__starttls_words[]; /* "smtp"…, NULL-terminated */

#define TWC__STARTTLS_LINE_MAX 2048 /* of a reply */
#define TWC__STARTTLS_TOTAL_MAX (64 * 1024) /* of everything before TLS */

struct twc__starttls {
	enum twc__starttls_kind kind;
	struct twc_buf out; /* to be sent next; the carrier consumes it */
	struct twc_buf in;  /* the unfinished line, packet or element */
	uint8_t step;
	bool offered; /* STARTTLS is among what the server says it can */
	size_t total; /* bytes that came */
	const char *host; /* borrowed: whom XMPP asks for */
};

int twc__starttls_init(struct twc__starttls *s, enum twc__starttls_kind kind, const char *host, struct twc_err *err);
void twc__starttls_fini(struct twc__starttls *s);

#define TWC__STARTTLS_READY 1
/*
 * Takes what it needs of n bytes: *used. 0: send what is in `out`, if anything, then feed what was not used and what
 * comes. TWC__STARTTLS_READY: send `out`, then TLS begins; bytes behind *used were not asked for and are an attack.
 * Negative: TWC_EREJECTED, the server does not want TLS; TWC_EPROTO, it speaks something else.
 */
int twc__starttls_feed(struct twc__starttls *s, const uint8_t *data, size_t n, size_t *used, struct twc_err *err);
/* The server ended instead; returns err->code. */
int twc__starttls_end(const struct twc__starttls *s, struct twc_err *err);
/* What it has not answered yet: "its greeting", "STARTTLS". */
const char *twc__starttls_waiting(const struct twc__starttls *s);

#endif
