/* SPDX-License-Identifier: MIT */
/*
 * The lines of a stream, each on its own and so long after the one before. Private to lib/app: it stands between the
 * transport of a local stream and the protocol that shares it out.
 *
 *	transport -> pace -> inner protocol
 *
 * What lines wait here is of one read at most; the stream is paused while there is one, or a part of one before its
 * time, so that its end comes when nothing is held that must still wait: a stream may be gone right after its end. A
 * line that is longer than TWC__PACE_LINE_MAX passes in pieces, without a delay between them.
 */
#ifndef TWC_APP_PACE_H
#define TWC_APP_PACE_H

#include <twc/buf.h>
#include <twc/reactor.h>
#include <twc/transport.h>

#define TWC__PACE_LINE_MAX (64U * 1024)

struct twc__pace {
	struct twc_protocol proto;  /* for the transport */
	struct twc_protocol *inner; /* borrowed; understands all events */
	uint64_t delay_ns;	    /* 0: not in use */
	/* Would a line that passed now find nobody to take it? After the answer was yes: twc__pace_go. */
	bool (*must_wait)(struct twc_protocol *inner);
	struct twc_timer timer; /* active: the next line is not due yet */
	struct twc_buf held;
	size_t n_seen;	/* bytes at the head of `held` that have no line's end among them */
	bool is_paused; /* the transport, by us */
};

/* `delay_ns` > 0. */
void twc__pace_init(struct twc__pace *c, uint64_t delay_ns, struct twc_protocol *inner,
		    bool (*must_wait)(struct twc_protocol *inner));
void twc__pace_fini(struct twc__pace *c); /* also zeroed, and more than once; the transport is lost, or never was */
/* What waited for must_wait may pass. Does nothing when not in use. */
void twc__pace_go(struct twc__pace *c);
/* Is a line waiting for its time? */
bool twc__pace_is_waiting(const struct twc__pace *c);

#endif
