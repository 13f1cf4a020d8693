/* SPDX-License-Identifier: MIT */
/* Two probes joined in memory, on the fake clock. */
#ifndef TWC_TEST_PAIR_H
#define TWC_TEST_PAIR_H

#include <twc/transport.h>

#include "support/loop.h"
#include "support/probe.h"

struct pair {
	struct twc_reactor *r;
	struct probe a, b;
};

static inline void pair_init(struct pair *p)
{
	p->r = loop_fake();
	probe_init(&p->a);
	probe_init(&p->b);
}

static inline void pair_join(struct pair *p, size_t capacity)
{
	twc_transport_pair(p->r, capacity, probe_protocol(&p->a), probe_protocol(&p->b));
}

static inline void run(struct pair *p)
{
	twc_reactor_advance(p->r, 0);
}

static inline void pair_fini(struct pair *p)
{
	if (p->a.is_made && !p->a.is_lost)
		twc_transport_abort(p->a.base.transport);
	if (p->b.is_made && !p->b.is_lost)
		twc_transport_abort(p->b.base.transport);
	run(p);
	probe_fini(&p->a);
	probe_fini(&p->b);
	twc_reactor_free(p->r);
}

static inline void write_str(struct probe *p, const char *s)
{
	twc_transport_write(p->base.transport, s, strlen(s));
}

#endif
