/* SPDX-License-Identifier: MIT */
/* The members of a room and their queues; room_int.h has the rules for those who read too slowly. */
#include "protocol/room_int.h"
#include "protocol/service_int.h"

#include <twc/log.h>

#include "base/banned.h"

void twc__room_init(struct twc__room *room, struct twc_reactor *r, const struct twc_room_opts *o,
		    const struct twc__room_ops *ops)
{
	room->ops = ops;
	room->r = r;
	room->o = *o;
	room->banner = twc_str_dup(o->banner);
	room->o.banner.p = room->banner;
	twc__list_init(&room->members);
	twc__list_init(&room->waiting);
}

void twc_room_free(struct twc_factory *f)
{
	struct twc__room *room = (struct twc__room *)f;

	if (!room)
		return;
	TWC_ASSERT(room->n_members == 0);
	if (room->fini)
		room->fini(room);
	twc_free(room->banner);
	twc_free(room);
}

/* ---- holding the senders ---- */

static void release(struct twc__room_member *m)
{
	struct twc__room *room = m->room;
	struct twc__list *n;

	if (!m->holds)
		return;
	m->holds = false;
	twc_timer_stop(room->r, &m->patience);
	if (--room->n_holding > 0)
		return;
	while ((n = twc__list_pop(&room->waiting)))
		room->ops->resume(TWC__LIST_ENTRY(n, struct twc__room_member, wait_node));
}

static void give_up(struct twc__room_member *m)
{
	bool is_closed = m->room->o.slow == TWC_SLOW_CLOSE;
	struct twc_err err = { 0 };

	release(m);
	m->is_left_out = true;
	twc_log(twc_reactor_log(m->room->r), protocol, INFO, "#%llu reads too slowly: %s",
		(unsigned long long)twc_transport_id(m->t), is_closed ? "closed" : "left out until it has caught up");
	if (!is_closed)
		return;
	twc_err_set(&err, TWC_ETIMEDOUT, "reads too slowly: %zu bytes wait for it", twc_transport_queued(m->t));
	twc_transport_fail(m->t, &err);
}

static void on_patience(struct twc_timer *t, void *arg)
{
	(void)t;
	give_up(arg);
}

static void became_full(struct twc__room_member *m)
{
	struct twc__room *room = m->room;

	if (room->o.slow != TWC_SLOW_BLOCK && twc_reactor_now(room->r) < m->trusted_at) {
		give_up(m);
		return;
	}
	m->holds = true;
	room->n_holding++;
	if (room->o.slow != TWC_SLOW_BLOCK)
		twc_timer_start(room->r, &m->patience, TWC__ROOM_PATIENCE_NS, on_patience, m);
}

void twc__room_said(struct twc__room_member *m)
{
	struct twc__room *room = m->room;

	if (room->n_holding == 0 || twc__list_is_linked(&m->wait_node) || twc_transport_is_closing(m->t))
		return;
	twc__list_add_tail(&room->waiting, &m->wait_node);
	room->ops->pause(m);
}

void twc__room_drained(struct twc__room_member *m)
{
	uint64_t missed = m->missed;

	release(m);
	if (!m->is_left_out)
		return;
	m->is_left_out = false;
	m->missed = 0;
	m->trusted_at = twc_reactor_now(m->room->r) + TWC__ROOM_DISTRUST_NS;
	if (missed)
		m->room->ops->caught_up(m, missed);
}

void twc__room_lose(struct twc__room_member *m)
{
	release(m);
	m->is_left_out = true;
	twc_transport_lose(m->t);
}

void twc_room_close(struct twc_factory *f)
{
	TWC__LIST_FOR(n, &((struct twc__room *)f)->members)
		twc__room_lose(TWC__LIST_ENTRY(n, struct twc__room_member, node));
}

/* ---- members ---- */

void twc__room_enter(struct twc__room *room, struct twc__room_member *m, struct twc_transport *t)
{
	m->room = room;
	m->t = t;
	twc__list_init(&m->wait_node);
	twc__list_init(&m->node);
	twc__list_add_tail(&room->members, &m->node);
	room->n_members++;
}

void twc__room_leave(struct twc__room_member *m)
{
	twc__list_remove(&m->wait_node);
	twc__list_remove(&m->node);
	m->room->n_members--;
	release(m);
}

/* What of `n` bytes goes into the next datagram: whole lines, where there are any. */
static size_t datagram_part(const char *p, size_t n)
{
	const char *end;

	if (n <= TWC__DATAGRAM_MAX)
		return n;
	end = memrchr(p, '\n', TWC__DATAGRAM_MAX);
	return end ? (size_t)(end - p) + 1 : TWC__DATAGRAM_MAX;
}

static void write_out(struct twc__room_member *m, const char *p, size_t n)
{
	struct twc_transport *t = m->t;

	if (m->room->ops->write) {
		m->room->ops->write(m, p, n);
		return;
	}
	if (!twc_transport_is_datagram(t)) {
		twc_transport_write(t, p, n);
		return;
	}
	for (size_t part; n > 0; p += part, n -= part) {
		part = datagram_part(p, n);
		twc_transport_write(t, p, part);
	}
}

/* What was gathered is queued later, so that the mark may be passed between two calls: it is looked at before and
 * after. */
void twc__room_write(struct twc__room_member *m, const void *p, size_t n, uint64_t weight)
{
	if (!m->is_left_out && !m->holds && twc_transport_is_full(m->t))
		became_full(m);
	if (m->holds && m->room->o.slow != TWC_SLOW_BLOCK && twc_transport_queued(m->t) > TWC__ROOM_QUEUE_MAX)
		give_up(m);
	if (m->is_left_out) {
		m->missed += weight;
		return;
	}
	write_out(m, p, n);
	if (!m->holds && twc_transport_is_full(m->t))
		became_full(m);
}
