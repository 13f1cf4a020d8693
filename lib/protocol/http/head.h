/* SPDX-License-Identifier: MIT */
/*
 * The head of a message (RFC 9112, 2 to 5): a start line and fields, from a caller's bytes to slices of them. Strict: what
 * could be read in two ways is refused, and nothing is told of a head before all of it was found good. A response's head may
 * be read leniently in what servers are known to send: bare LF, and folded lines (as a space).
 *
 * Pure: fed again with more bytes until it is whole. Each line is judged when it is there, and once: a head which comes byte by
 * byte costs the same, and what is wrong in its first line is told before there is a second. The judgement does not depend on
 * how the bytes were cut.
 */
#ifndef TWC_PROTOCOL_HTTP_HEAD_H
#define TWC_PROTOCOL_HTTP_HEAD_H

#include <twc/http_message.h>

/* Why a head is refused, and the status that says so to a client. */
enum twc__http_fault {
	TWC__HTTP_OK = 0,
	TWC__HTTP_BAD,		   /* 400 */
	TWC__HTTP_TARGET_TOO_LONG, /* 414 */
	TWC__HTTP_FIELDS_TOO_LARGE, /* 431 */
	TWC__HTTP_BAD_METHOD,	   /* 501: a method longer than anybody knows */
	TWC__HTTP_BAD_VERSION,	   /* 505: HTTP, but not 1.x */
	TWC__HTTP_BAD_CODING,	   /* 501: a transfer coding that is not chunked */
	TWC__HTTP_TOO_LARGE,	   /* 413 */
};
int twc__http_fault_status(enum twc__http_fault fault); /* 500 for TWC__HTTP_OK: what failed was not the client's doing */

/* 0: no limit but that of a list of fields (TWC_HTTP_FIELDS_…). */
struct twc__http_limits {
	size_t head;   /* bytes of the whole */
	size_t target; /* bytes of a request-target, which may also be no longer than `head` */
	size_t line;   /* bytes of a field line */
	unsigned fields;
};
#define TWC__HTTP_METHOD_MAX 20 /* bytes */

enum twc__http_role {
	TWC__HTTP_REQUEST = 1,
	TWC__HTTP_RESPONSE,
};

/* A start line, as slices of the bytes given. */
struct twc__http_start {
	/* request */
	struct twc_str method, target;
	enum twc_http_method method_id;
	/* response */
	int status;
	struct twc_str reason;
	/* both */
	int minor; /* HTTP/1.x: 0 or 1; larger ones count as 1 */
};

struct twc__http_head {
	/* in */
	enum twc__http_role role;
	bool lenient; /* responses only */
	struct twc__http_limits limits;
	/* out, when whole */
	struct twc__http_start start;
	struct twc_http_fields *fields; /* given by the caller: cleared, then filled. It takes a copy of the bytes */
	size_t size;	   /* bytes of the head with its last line, empty lines before a request included */
	/* out, when refused */
	enum twc__http_fault fault;
	size_t fault_at;   /* offset of the octet that was wrong */
	/* private */
	size_t line;	 /* where the line begins that is not whole yet */
	size_t scanned;	 /* there is no LF in it before here */
	size_t start_at; /* of the start line; what is before it are empty lines */
	size_t second;	 /* of the target or the reason in it */
	uint32_t n;	 /* entries made so far */
	uint8_t empties; /* lines before the start line */
	bool has_start, is_trailers;
	bool is_dropping; /* the last field line is left out */
	bool is_folded;	  /* a value goes over several lines */
};
void twc__http_head_init(struct twc__http_head *h, enum twc__http_role role, const struct twc__http_limits *limits,
			 struct twc_http_fields *fields);
/* For the next message on the same connection. */
void twc__http_head_reset(struct twc__http_head *h);
/*
 * `p` is the message from its first byte, as far as it has come (the same bytes again, with more after them). 1: the head is
 * whole, h->size bytes long; the start line's strings point into the copy that h->fields holds, and are good until that list
 * is changed or fed again. 0: more is needed; h->fields is empty. TWC_EPROTO, TWC_ETOOLONG with h->fault, h->fault_at and a
 * plain sentence in *err ("blank before ':' in a field line"); TWC_ENOMEM.
 * As many as TWC__HTTP_EMPTY_MAX empty lines (CR LF) before a request are skipped.
 */
#define TWC__HTTP_EMPTY_MAX 4
int twc__http_head_feed(struct twc__http_head *h, const char *p, size_t n, struct twc_err *err);

/* Says what concerns a body and comes behind it, and so may be a trailer (RFC 9110, 6.5.1). */
bool twc__http_may_trail(struct twc_str name);

/* Field lines alone, ended by an empty line: trailers (after the last chunk). The same rules and results; fields that control
 * framing, routing or authentication are left out (RFC 9110, 6.5.1). */
int twc__http_trailers_feed(struct twc__http_head *h, const char *p, size_t n, struct twc_err *err);

#endif
