/* SPDX-License-Identifier: MIT */
/*
 * broadcast: what one client sends goes to all others, byte for byte as it was read. A client that ends its half is
 * through when it has ever sent something; one that never did listens on.
 */
#include "protocol/room_int.h"

#include <twc/log.h>

#include "base/banned.h"

struct member {
	struct twc_protocol proto;
	struct twc__room *room; /* borrowed */
	struct twc__room_member m;
	bool has_sent;
};

static struct member *of_room(struct twc__room_member *m)
{
	return TWC_CONTAINER_OF(m, struct member, m);
}

static void member_made(struct twc_protocol *p)
{
	struct member *self = (struct member *)p;

	twc__room_enter(self->room, &self->m, p->transport);
}

static void member_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct member *self = (struct member *)p;

	self->has_sent = true;
	TWC__LIST_FOR(node, &self->room->members) {
		struct twc__room_member *m = TWC__LIST_ENTRY(node, struct twc__room_member, node);

		if (m != &self->m)
			twc__room_write(m, data, n, n);
	}
	twc__room_said(&self->m);
}

static void member_eof(struct twc_protocol *p)
{
	struct member *self = (struct member *)p;

	if (self->has_sent)
		twc__room_lose(&self->m);
}

static void member_drained(struct twc_protocol *p)
{
	twc__room_drained(&((struct member *)p)->m);
}

static void member_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct member *self = (struct member *)p;

	(void)reason;
	twc__room_leave(&self->m);
	twc_free(self);
}

static const struct twc_protocol_ops member_ops = {
	.name = "broadcast",
	.made = member_made,
	.data = member_data,
	.eof = member_eof,
	.drained = member_drained,
	.lost = member_lost,
};

/* ---- the room ---- */

static void member_pause(struct twc__room_member *m)
{
	twc_transport_pause(m->t);
}

static void member_resume(struct twc__room_member *m)
{
	twc_transport_resume(m->t);
}

/* The bytes are the clients' own: the notice goes to the log. */
static void member_caught_up(struct twc__room_member *m, uint64_t missed)
{
	twc_log(twc_reactor_log(m->room->r), protocol, WARN, "#%llu read too slowly: %llu bytes did not reach it",
		(unsigned long long)twc_transport_id(of_room(m)->proto.transport), (unsigned long long)missed);
}

static const struct twc__room_ops room_ops = {
	.pause = member_pause,
	.resume = member_resume,
	.caught_up = member_caught_up,
};

static struct twc_protocol *broadcast_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct member *self = twc_calloc(1, sizeof(*self));

	(void)peer;
	self->proto.ops = &member_ops;
	self->room = (struct twc__room *)f;
	return &self->proto;
}

static const struct twc_factory_ops broadcast_factory_ops = {
	.name = "broadcast",
	.build = broadcast_build,
};

struct twc_factory *twc_broadcast_new(struct twc_reactor *r, const struct twc_room_opts *o)
{
	struct twc__room *room = twc_calloc(1, sizeof(*room));

	twc__room_init(room, r, o, &room_ops);
	room->factory.ops = &broadcast_factory_ops;
	return &room->factory;
}
