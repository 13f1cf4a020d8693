/* SPDX-License-Identifier: MIT */
/*
 * Private to records.c, records_in.c and records_out.c: the filter's body.
 *
 *	records.c      the operations that a transport calls, the way in, and the end
 *	records_in.c   what comes
 *	records_out.c  what goes
 */
#ifndef TWC_TRANSPORT_RECORDS_FILTER_H
#define TWC_TRANSPORT_RECORDS_FILTER_H

#include "transport/records.h"
#include "transport/transport_priv.h"

struct twc__records {
	struct twc_transport *t;
	const struct twc__transport_ops *lower;
	const struct twc__record_codec *codec;
	void *arg; /* owned */
	struct twc__records *next; /* of those with something in `out` that has not been tried yet */
	struct twc__kick kick;
	struct twc_timer timer; /* between the farewells, and after them */
	struct twc_buf in;  /* of the wire, not decoded yet */
	struct twc_buf out; /* for the wire, not taken yet */
	struct twc_err *err; /* owned; what a read or write of ours failed with */
	uint64_t end_ns, answer_ns, waited_ns;
	uint64_t moved; /* bytes in and out, at the last look */
	uint64_t wire_in;
	size_t lower_held; /* of extra.held; the rest is `out` */
	bool is_put;	   /* in the list */
	bool is_patient, answers_late; /* see twc__records_start */
	bool is_stuck;	   /* `out` was refused, and counts as held */
	bool again;	   /* there may be more to decode: no event will tell */
	bool emptied;	   /* the last read was short */
	bool ended, said;  /* the peer's farewell; ours */
	bool broken;	   /* the peer broke the rules: nothing is decoded any more */
	bool lower_ended, ended_below;
};

/* Around each call of what is below: what is held there is its own. */
static inline void twc__records_go_below(struct twc__records *r)
{
	r->t->x->held = r->lower_held;
}

static inline void twc__records_come_up(struct twc__records *r)
{
	r->lower_held = r->t->x->held;
	r->t->x->held += r->is_stuck ? twc_buf_len(&r->out) : 0;
}

/* ---- records.c ---- */

void twc__records_run(struct twc_transport *t); /* in a kick: what can go on without an event */
/* One has said farewell: the other has so long for its own. */
void twc__records_watch_end(struct twc__records *r);

/* ---- records_in.c ---- */

ssize_t twc__records_take(struct twc_transport *t, const char **p);
bool twc__records_is_over(const struct twc_transport *t); /* the peer has said its last word, or broken the rules */
ssize_t twc__records_read_below(struct twc__records *r, char *buf, size_t n);

/* ---- records_out.c ---- */

ssize_t twc__records_writev(struct twc_transport *t, const struct iovec *iov, int n);
/* As much of `out` as the stream takes. 0; -EAGAIN: some is left; or another -errno. */
int twc__records_out_flush(struct twc__records *r);
/* It goes away, or nothing can be sent any more. */
void twc__records_forget(struct twc__records *r);

#endif
