/* SPDX-License-Identifier: MIT */
/*
 * Which events a transport waits for, told to its kind: after every step of its life, as levels, or once and for
 * all as edges (struct twc__edge).
 */
#include "transport/transport_priv.h"

#include "base/banned.h"

static unsigned events_wanted(const struct twc_transport *t)
{
	unsigned events = 0;

	if (!(t->flags & (TWC__F_READ_EOF | TWC__F_BLOCKED)) && twc__transport_may_read(t))
		events |= TWC_READ;
	if (t->x && !(t->flags & (TWC__F_WRITE_BROKEN | TWC__F_SLOW_OUT)) && /* q.head: a datagram may be empty */
	    (t->x->q.head || t->x->kp.fill || t->x->held || t->flags & TWC__F_KWAIT))
		events |= TWC_WRITE;
	return events;
}

static void on_kick(struct twc_transport *t)
{
	unsigned again = t->x->edge->again;

	t->x->edge->again = 0;
	twc__transport_on_ready(t, again);
}

static struct twc__edge *edge_of(struct twc_transport *t)
{
	struct twc__extra *x = twc__transport_extra(t);

	if (!x->edge)
		x->edge = twc_calloc(1, sizeof(*x->edge));
	return x->edge;
}

void twc__transport_kick(struct twc_transport *t, unsigned events)
{
	struct twc__edge *e = edge_of(t);

	e->again |= (uint8_t)events;
	twc__kick(&e->kick, t, on_kick);
}

void twc__transport_try_again(struct twc_transport *t, unsigned events)
{
	if (t->flags & TWC__F_EDGE && events)
		twc__transport_kick(t, events);
}

/* The kernel is told nothing: it reports every change anyway. */
static void update_edge(struct twc_transport *t)
{
	unsigned events = events_wanted(t);

	twc__transport_try_again(t, events & ~(unsigned)t->x->edge->wanted);
	t->x->edge->wanted = (uint8_t)events;
}

void twc__transport_set_edge(struct twc_transport *t, bool on)
{
	if (on == !!(t->flags & TWC__F_EDGE) || t->flags & TWC__F_DEAD)
		return;
	if (!on) {
		t->flags &= ~(uint32_t)TWC__F_EDGE;
		twc__transport_update(t);
		return;
	}
	if (t->ops->set_events(t, TWC_READ | TWC_WRITE | TWC_EDGE) < 0)
		return; /* levels will do */
	edge_of(t)->wanted = (uint8_t)events_wanted(t); /* the kernel has just been asked for all of them */
	t->flags |= TWC__F_EDGE;
}

/* When the phase is over, with the last bytes: it need not enter the poll set for that moment. */
static bool is_about_to_close(const struct twc_transport *t)
{
	const uint32_t all = TWC__F_LOSING | TWC__F_NO_LINGER | TWC__F_GATHERED;

	return (t->flags & all) == all;
}

void twc__transport_update(struct twc_transport *t)
{
	int rc;

	if (t->flags & TWC__F_DEAD || is_about_to_close(t))
		return;
	if (t->x && t->x->back && events_wanted(t) & TWC_READ)
		twc__back_tell(t);
	if (t->flags & TWC__F_EDGE) {
		update_edge(t);
		return;
	}
	rc = t->ops->set_events(t, events_wanted(t));
	if (rc < 0) {
		struct twc_err err = { 0 };

		twc_err_sys(&err, TWC_EOS, -rc, NULL, "cannot wait for a descriptor");
		twc__transport_die(t, &err, true);
	}
}
