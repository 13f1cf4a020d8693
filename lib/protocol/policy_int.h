/* SPDX-License-Identifier: MIT */
/*
 * What the policies share. Not installed.
 *
 * A policy is a protocol between a transport and the protocol inside. The inner one is given the same transport, so
 * what it asks for goes straight there; only what the transport tells passes the policy. A policy that has
 * nothing to do with an event names the function here that passes it on.
 */
#ifndef TWC_POLICY_INT_H
#define TWC_POLICY_INT_H

#include <twc/protocol.h>

/* First member of every policy's connection. */
struct twc__policy {
	struct twc_protocol base;
	struct twc_protocol *inner; /* set by twc__policy_init */
};
/* The protocol inside, and the policy around it. */
void twc__policy_init(struct twc__policy *w, const struct twc_protocol_ops *ops, struct twc_protocol *inner);

void twc__policy_made(struct twc_protocol *p);
void twc__policy_data(struct twc_protocol *p, const uint8_t *data, size_t n);
void twc__policy_eof(struct twc_protocol *p);
void twc__policy_drained(struct twc_protocol *p);
/* Passes on and frees the policy's connection. */
void twc__policy_lost(struct twc_protocol *p, const struct twc_err *reason);
struct twc_protocol **twc__policy_inner(struct twc_protocol *p);

/* First member of every policy's factory. */
struct twc__policy_factory {
	struct twc_factory base;
	struct twc_factory *inner; /* borrowed */
	void (*fini)(struct twc__policy_factory *f); /* what it owns besides itself; may be NULL */
};
void twc__policy_started(struct twc_factory *f);
void twc__policy_stopped(struct twc_factory *f);

#endif
