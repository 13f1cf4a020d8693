/* SPDX-License-Identifier: MIT */
/* Events of a server (text/event-stream; WHATWG HTML, 9.2) as they arrive: bytes in, events out. */
#ifndef TWC_HTTP_EVENTS_H
#define TWC_HTTP_EVENTS_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#pragma GCC visibility push(default)

struct twc_http_event {
	struct twc_str type; /* n 0: "message" */
	struct twc_str data; /* lines joined by LF */
	struct twc_str id;   /* the last that was said so far; n 0: none */
	int64_t retry_ms;    /* said with this event; negative: nothing was */
};

struct twc_http_events;

/* Each event; its strings are borrowed until it returns. 0, or a negative TWC_E… with *err, which ends the reading. */
typedef int (*twc_http_event_fn)(void *arg, const struct twc_http_event *e, struct twc_err *err);

struct twc_http_events *twc_http_events_new(twc_http_event_fn fn, void *arg);
void twc_http_events_free(struct twc_http_events *s); /* NULL is fine */
/* 0; TWC_ETOOLONG (an event of more than 1 MiB), TWC_ENOMEM, or what the function returned. A failure stays. */
int twc_http_events_feed(struct twc_http_events *s, const void *p, size_t n, struct twc_err *err);
/* The connection has ended: an event that was begun is thrown away. */
void twc_http_events_reset(struct twc_http_events *s);
/* For Last-Event-ID; borrowed until the next call. */
struct twc_str twc_http_events_last_id(const struct twc_http_events *s);
int64_t twc_http_events_retry_ms(const struct twc_http_events *s); /* what was said last; negative: nothing */
/* {"event":"message","id":"7","data":"…","retry":null}, one line without its end. 0 or what the buffer said. */
int twc_http_event_json(const struct twc_http_event *e, struct twc_buf *out) TWC_MUST_CHECK;

#pragma GCC visibility pop
#endif
