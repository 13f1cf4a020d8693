/* SPDX-License-Identifier: MIT */
/*
 * Private to tls.c, tls_bio.c and tls_start.c: the filter's body.
 *
 *	tls.c	    above SSL: the operations that a transport calls
 *	tls_start.c the way in
 *	tls_bio.c   below SSL: records, the operations that the transport had, and those under them when TLS is in TLS
 */
#ifndef TWC_TRANSPORT_TLS_FILTER_H
#define TWC_TRANSPORT_TLS_FILTER_H

#include "transport/tls.h"

enum twc__tls_state {
	TWC__TLS_HANDSHAKE = 0,
	TWC__TLS_OPEN,
	TWC__TLS_BROKEN, /* nothing can be read or written any more; err says why */
};

struct twc__tls {
	struct twc_transport *t;
	const struct twc__transport_ops *lower;
	struct twc__tls *below; /* TLS in TLS, through a proxy that is reached by it; else NULL. The lower destroys it */
	struct twc__tls *above; /* the other way round */
	SSL *ssl; /* owned */
	struct twc_tls_ctx *ctx; /* counted */
	void (*done)(void *arg, struct twc_transport *t);
	void *arg;
	struct twc__kick kick;
	struct twc_buf out;  /* ciphertext that the kernel has not taken */
	struct twc_buf in;   /* ciphertext that came together with what SSL asked for */
	struct twc_buf back; /* plaintext that was put back: read before all else */
	struct twc_err *err; /* owned; why it is broken */
	int sys;	     /* what lower->read failed with */
	uint8_t state;	     /* enum twc__tls_state */
	uint8_t events;	     /* wanted by the transport */
	bool lower_ended;    /* the stream below has ended */
	bool said;	     /* see tls_is_said */
	uint16_t farewell;   /* bytes of our close_notify; 0: not sent */
	bool ended_below;    /* see tls_is_finished */
	uint32_t records;    /* that were made under one key; about */
	bool cert_wanted;    /* the server asked for a certificate, and we have none */
	bool drained;	     /* in this readiness: what lower->read has to give, or enough of it, was taken */
	bool again;	     /* the last read stopped before SSL had given all: no event will tell */
};

/* Records under one key (RFC 8446, 5.5: AES-GCM is good for 2^24.5). TLS 1.2 has no way to another. */
#define TWC__TLS_REKEY (1U << 23)

/* ---- tls.c ---- */

extern const struct twc__transport_ops twc__tls_ops;
void twc__tls_run(struct twc_transport *t); /* in a kick: what can go on without an event */

/* ---- tls_bio.c ---- */

/* Around each call of what is below: its operations find their own in the extra. */
static inline void twc__tls_go_below(struct twc__tls *s)
{
	s->t->x->tls = s->below;
}

static inline void twc__tls_come_up(struct twc__tls *s)
{
	s->t->x->tls = s;
}

/* After each call of SSL that may read: the reactor's buffer is for all. */
void twc__tls_keep(struct twc__tls *s);
/* Notes why, unless that is known; -EPROTO. */
int twc__tls_break(struct twc__tls *s, const struct twc_err *err);
/* As much of `out` as the kernel takes. 0 or -errno; -EAGAIN when something is left. */
int twc__tls_out_flush(struct twc__tls *s);
/* Sends what SSL has written; holds what the kernel does not take. 0 or -errno. */
int twc__tls_send(struct twc__tls *s);
void twc__tls_count_held(struct twc__tls *s); /* into extra.held */

#endif
