/* SPDX-License-Identifier: MIT */
/* text/event-stream (WHATWG HTML, 9.2): bytes to events, and events to bytes. */
#ifndef TWC_PROTOCOL_HTTP_SSE_H
#define TWC_PROTOCOL_HTTP_SSE_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#define TWC__HTTP_SSE_EVENT_MAX 1048576	 /* bytes of a line, and of the data of an event */
#define TWC__HTTP_SSE_ID_MAX 4096	 /* of a type, and of an id: it comes back in a header */
#define TWC__HTTP_SSE_RETRY_MAX 86400000 /* a day in milliseconds; more is taken for it */

/* Bytes are as they came, also where they are no UTF-8. */
struct twc__http_sse_event {
	struct twc_str type; /* n 0: none was said, which means "message" */
	struct twc_str data; /* lines joined by LF; to be written: p NULL is none at all, which nobody hears of */
	struct twc_str id;   /* the last event id so far; to be written: p NULL leaves it as it is */
	int64_t retry_ms;    /* said with this event; negative: nothing was */
};

/* ---- reading ---- */

/* Each event that is dispatched; its strings are borrowed until the return. 0, or a negative TWC_E… with
 * *err, which ends the reading. */
typedef int (*twc__http_sse_fn)(void *arg, const struct twc__http_sse_event *event, struct twc_err *err);

struct twc__http_sse {
	/* private */
	twc__http_sse_fn fn;
	void *arg;
	struct twc_buf line;	/* begun, and not at its end */
	struct twc_buf data;	/* of the event at hand, a LF behind each line */
	struct twc_buf type;
	struct twc_buf id;	/* said last; it counts from the end of its event on */
	struct twc_buf last_id; /* that counts */
	int64_t retry_ms;	/* of the event at hand, or negative */
	int64_t last_retry_ms;
	bool is_begun; /* the first line is over, no BOM can come */
	bool after_cr; /* a LF that comes now belongs to it */
	int code;      /* the failure, which stays */
};

void twc__http_sse_init(struct twc__http_sse *s, twc__http_sse_fn fn, void *arg);
void twc__http_sse_fini(struct twc__http_sse *s);
/* TWC_ETOOLONG (a line, the data of an event, a type, an id), TWC_ENOMEM, or what the callback returned. A
 * failure stays. */
int twc__http_sse_feed(struct twc__http_sse *s, const uint8_t *p, size_t n, struct twc_err *err);
/* The connection has ended: what was begun is thrown away, and the reader is ready for the next, from whose
 * start a BOM is taken off. The last event id and the time to wait stay. */
void twc__http_sse_reset(struct twc__http_sse *s);
/* For Last-Event-ID; n 0: none. Borrowed until the next call. */
struct twc_str twc__http_sse_last_id(const struct twc__http_sse *s);
/* What `retry:` said last, in milliseconds; negative: nothing. */
int64_t twc__http_sse_retry(const struct twc__http_sse *s);

/* ---- writing ---- */

/* One event, with the empty line at its end; a data line per line of `data`, whatever ends it. TWC_EUSAGE: a
 * line break in type or id, or NUL in id; else what the buffer said. */
int twc__http_sse_write(struct twc_buf *b, const struct twc__http_sse_event *event, struct twc_err *err);
/* A comment, which keeps the connection alive; a line per line of `text`. 0 or what the buffer said. */
int twc__http_sse_comment(struct twc_buf *b, struct twc_str text);

#endif
