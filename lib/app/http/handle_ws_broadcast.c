/* SPDX-License-Identifier: MIT */
/*
 * ws-broadcast: - what one client of the route says goes to all others. The rules for those who read too slowly are those of rooms
 * (protocol/room_int.h): a client's queue has a limit, whatever the others say.
 */
#include "app/http/ws_route.h"
#include "protocol/room_int.h"

#include <twc/log.h>

#include "base/banned.h"

/* A route's. */
struct ws_room {
	struct twc__room room; /* must be first: rooms are freed as one */
	struct twc__ws_route route;
	enum twc_ws_type type; /* of the message at hand */
};

struct member {
	struct twc__ws_conn conn; /* must be first */
	struct twc__room_member m;
};

static struct member *of_room(struct twc__room_member *m)
{
	return TWC_CONTAINER_OF(m, struct member, m);
}

static struct ws_room *room_of(const struct member *self)
{
	return (struct ws_room *)self->m.room;
}

/* ---- a member ---- */

static void member_message(struct twc_ws_protocol *p, enum twc_ws_type type, const uint8_t *data, size_t n)
{
	struct member *self = (struct member *)p;
	struct ws_room *r = room_of(self);

	r->type = type;
	TWC__LIST_FOR(node, &r->room.members) {
		struct twc__room_member *m = TWC__LIST_ENTRY(node, struct twc__room_member, node);

		if (m != &self->m)
			twc__room_write(m, data, n, 1);
	}
	twc__room_said(&self->m);
}

static void member_drained(struct twc_ws_protocol *p)
{
	twc__room_drained(&((struct member *)p)->m);
}

static void member_lost(struct twc_ws_protocol *p, const struct twc_err *reason)
{
	struct member *self = (struct member *)p;

	(void)reason;
	twc__room_leave(&self->m);
	twc__ws_conn_fini(&self->conn);
	twc_free(self);
}

static const struct twc_ws_protocol_ops member_ops = {
	.message = member_message,
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

static void member_write(struct twc__room_member *m, const void *p, size_t n)
{
	struct member *self = of_room(m);

	twc_ws_send(&self->conn.ws, room_of(self)->type, p, n);
}

static void member_caught_up(struct twc__room_member *m, uint64_t missed)
{
	twc_log(twc_reactor_log(m->room->r), http, WARN, "#%llu read too slowly: %llu messages did not reach it",
		(unsigned long long)twc_transport_id(m->t), (unsigned long long)missed);
}

static const struct twc__room_ops room_ops = {
	.pause = member_pause,
	.resume = member_resume,
	.write = member_write,
	.caught_up = member_caught_up,
};

static struct twc_deferred *broadcast_handle(void *arg, struct twc_http_exchange *x)
{
	struct ws_room *r = arg;
	struct twc__ws_deal deal;
	struct member *self;

	if (!twc__ws_check(&r->route, x, &deal))
		return NULL;
	self = twc_calloc(1, sizeof(*self));
	if (twc__ws_switch(&r->route, x, &deal, &self->conn, &member_ops))
		twc__room_enter(&r->room, &self->m, self->conn.ws.base.transport);
	else
		twc_free(self);
	return NULL;
}

/* ---- a route ---- */

static void room_fini(struct twc__room *room)
{
	twc__ws_route_fini(&((struct ws_room *)room)->route);
}

static void broadcast_free(void *arg)
{
	twc_room_free(arg);
}

static int broadcast_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
			    struct twc__http_made *out, struct twc_err *err)
{
	static const char *const words[] = { "drop", "block", "close", NULL }; /* enum twc_slow */
	struct ws_room *r = twc_calloc(1, sizeof(*r));
	struct twc_room_opts opts = { 0 };
	int slow = TWC_SLOW_DROP, rc = twc__http_option_word(o, "slow", words, &slow, err);

	(void)arg;
	(void)base;
	opts.slow = (enum twc_slow)slow;
	twc__room_init(&r->room, s->r, &opts, &room_ops);
	r->room.fini = room_fini;
	if (rc >= 0)
		rc = twc__ws_route_read(&r->route, o, err);
	if (rc < 0)
		broadcast_free(r);
	else
		*out = (struct twc__http_made){ { broadcast_handle, r }, broadcast_free };
	return rc < 0 ? rc : 0;
}

static const char *const broadcast_keys[] = { TWC__WS_ROUTE_KEYS, "slow", NULL };

const struct twc__http_kind twc__http_kind_ws_broadcast = {
	.info = { "ws-broadcast", NULL, "WebSocket: what one client says goes to all others" },
	.keys = broadcast_keys,
	.create = broadcast_create,
};
