/* SPDX-License-Identifier: MIT */
/*
 * What all transports of one reactor share: those alive, the gather buffer, spare kernel pipes, and kicks, by which a
 * transport without a descriptor of its own has its turn. Made on first use, and gone with the reactor.
 */
#include "transport/transport_priv.h"

#include <twc/parse.h>

#include <stdlib.h>

#include "base/banned.h"

static void run_kicks(void *arg)
{
	struct twc__tlayer *l = arg;
	struct twc__kick *k = l->kicks, *next;

	l->kicks = NULL; /* what is queued meanwhile has its turn in the next call */
	l->kicks_end = &l->kicks;
	for (; k; k = next) {
		struct twc_transport *t = k->t;

		next = k->next;
		k->is_queued = false;
		if (!(t->flags & TWC__F_DEAD))
			k->fn(t);
		twc__gather_flush(l);
		twc_transport_unref(t);
	}
}

void twc__kick(struct twc__kick *k, struct twc_transport *t, void (*fn)(struct twc_transport *t))
{
	struct twc__tlayer *l = twc__tlayer(t->r);

	if (k->is_queued)
		return;
	if (!l->kicks)
		twc_reactor_call(t->r, run_kicks, l);
	*k = (struct twc__kick){ .t = t, .fn = fn, .is_queued = true };
	*l->kicks_end = k;
	l->kicks_end = &k->next;
	twc_transport_ref(t);
}

static void tlayer_free(void *p)
{
	struct twc__tlayer *l = p;

	while (l->live) { /* the reactor goes: so does every connection, and its owner hears of it */
		twc_transport_abort(l->live);
		if (!l->live)
			twc__reactor_run_deaths(l->r);
	}
	while (l->kicks) { /* the call that would have run them was dropped */
		struct twc_transport *t = l->kicks->t;

		l->kicks = l->kicks->next;
		twc_transport_unref(t);
	}
	twc__kpipe_pool_free(l);
	twc_free(l->gather);
	twc_free(l->cipher);
	twc_free(l->secret);
	twc_free(l->piece);
	twc_free(l->dgram_in);
	twc_free(l->dgram_out);
	twc_free(l);
}

#ifdef TWC_DEBUG
static size_t debug_limit(const char *name)
{
	const char *s = getenv(name);
	uint64_t n = 0;

	if (!s || twc_parse_uint(twc_str_of(s), 0, UINT32_MAX, &n, NULL))
		return 0;
	return (size_t)n;
}
#endif

struct twc__tlayer *twc__tlayer(struct twc_reactor *r)
{
	struct twc__tlayer *l = twc__reactor_slot(r, TWC__SLOT_TRANSPORT);

	if (l)
		return l;
	l = twc_calloc(1, sizeof(*l));
	l->r = r;
	l->kicks_end = &l->kicks;
#ifdef TWC_DEBUG
	l->dbg_read_max = debug_limit("TWC_DBG_RMAX");
	l->dbg_write_max = debug_limit("TWC_DBG_WMAX");
	l->dbg_seed = (uint32_t)debug_limit("TWC_DBG_SEED") | 1;
#endif
	twc__reactor_set_slot(r, TWC__SLOT_TRANSPORT, l, tlayer_free);
	return l;
}

uint64_t twc__tlayer_number(struct twc__tlayer *l)
{
	return l->shared_id ? __atomic_add_fetch(l->shared_id, 1, __ATOMIC_RELAXED) : ++l->next_id;
}

void twc_transport_share_ids(struct twc_reactor *r, uint64_t *last)
{
	twc__tlayer(r)->shared_id = last;
}

void twc_transport_each(struct twc_reactor *r, void (*fn)(void *arg, struct twc_transport *t), void *arg)
{
	struct twc_transport *t = twc__tlayer(r)->live; /* the youngest */

	while (t && t->next)
		t = t->next;
	for (; t; t = t->prev)
		fn(arg, t);
}
