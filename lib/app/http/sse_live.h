/* SPDX-License-Identifier: MIT */
/*
 * Events of standard input, for all clients: read from the first client on, so that nothing is lost that came before,
 * and kept for a while, for clients that come back. Part of handle_sse.c.
 */
#ifndef TWC_APP_HTTP_SSE_LIVE_H
#define TWC_APP_HTTP_SSE_LIVE_H

#include <twc/base.h>
#include <twc/err.h>
#include <twc/reactor.h>

#define TWC__HTTP_LIVE_EVENTS 1024	    /* that are kept */
#define TWC__HTTP_LIVE_BYTES (4 * 1024 * 1024) /* of them, in all */

struct twc__http_live;

/* `changed` is called when there is more, or the end. */
struct twc__http_live *twc__http_live_new(struct twc_reactor *r, bool is_records, void (*changed)(void *arg), void *arg);
void twc__http_live_free(struct twc__http_live *l);
/* Once it is asked for; the first time it begins to read. 0 or an error. */
int twc__http_live_start(struct twc__http_live *l, struct twc_err *err);
/* The event that a client reads next begins at `cursor`, which is moved behind it; what is not kept any more is passed over. NULL
 * text: there is none, and *is_end tells whether one can still come. */
struct twc_str twc__http_live_next(const struct twc__http_live *l, uint64_t *cursor, bool *is_end);
uint64_t twc__http_live_now(const struct twc__http_live *l); /* the cursor behind the last event */
/* The cursor behind the event of this id, or *_now when it is not kept. */
uint64_t twc__http_live_after(const struct twc__http_live *l, struct twc_str id);

#endif
