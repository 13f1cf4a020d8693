/* SPDX-License-Identifier: MIT */
/*
 * A connection of HTTP/1 that speaks another protocol from now on (RFC 9110, 7.8). It stays where it is, so that the server
 * knows it, counts it and hears of its end, and hands on what the transport tells. No limit of HTTP applies to it any more.
 *
 * Bytes that came behind the head are the new protocol's first. They are heard from the loop; until then, and while the new
 * protocol pauses the transport, that is paused by us as well, so that nothing overtakes them.
 */
#include "protocol/http/server_int.h"

#include <stdio.h>

#include <twc/parse.h>

#include "transport/transport_int.h"
#include "base/banned.h"

#define AGAIN_NS (2 * TWC_NS_PER_MS) /* a look whether the protocol still pauses */

struct twc__http_switch {
	struct twc_protocol *p; /* borrowed */
	struct twc_timer timer; /* the rest is to be handed over */
};

struct twc_protocol **twc__http_conn_inner(struct twc_protocol *base)
{
	struct twc__http_conn *c = (struct twc__http_conn *)base;

	return c->up ? &c->up->p : NULL;
}

bool twc__http_conn_upgrade(struct twc_http_exchange *x, struct twc_str name, struct twc_protocol *p)
{
	struct twc__http_conn *c = x->conn;
	struct twc_transport *t = c->base.transport;
	struct twc__http_head_room room;
	char lines[128];
	int k;

	if (twc_transport_is_closing(t))
		return false;
	TWC_ASSERT(name.n <= 64);
	k = snprintf(lines, sizeof(lines), "Connection: upgrade\r\nUpgrade: %.*s\r\n", (int)name.n, name.p);
	twc__http_add_lines(x, (struct twc_str){ lines, (size_t)k });
	x->status = 101;
	x->phase = TWC__HTTP_ENDED;
	k = twc__http_interim_put(&room, 101, twc_buf_str(&x->fields));
	twc_transport_writev(t, room.iov, k);
	c->up = twc_calloc(1, sizeof(*c->up));
	c->up->p = p;
	p->transport = t;
	if (p->ops->made)
		p->ops->made(p);
	if (!c->is_running)
		twc__http_conn_hand_over(c);
	return true;
}

static void on_rest(struct twc_timer *timer, void *arg)
{
	struct twc__http_conn *c = arg;
	struct twc_transport *t = c->base.transport;
	struct twc_protocol *p = c->up->p;
	struct twc_buf rest = c->in;

	if (twc_transport_is_closing(t))
		return;
	if (twc__transport_pauses(t) > 1) {
		twc_timer_start(c->s->r, timer, AGAIN_NS, on_rest, c);
		return;
	}
	twc_buf_init(&c->in, c->in.max);
	if (p->ops->data && twc_buf_len(&rest))
		p->ops->data(p, (const uint8_t *)twc_buf_head(&rest), twc_buf_len(&rest));
	twc_buf_fini(&rest);
	c->is_paused = false;
	twc_transport_resume(t);
}

void twc__http_conn_hand_over(struct twc__http_conn *c)
{
	if ((!twc_buf_len(&c->in) && !c->is_paused) || twc_timer_is_active(&c->up->timer))
		return;
	if (!c->is_paused)
		twc_transport_pause(c->base.transport);
	c->is_paused = true;
	twc_timer_start(c->s->r, &c->up->timer, 0, on_rest, c);
}

void twc__http_conn_lose_inner(struct twc__http_conn *c, const struct twc_err *reason)
{
	struct twc_protocol *p = c->up->p;

	twc_timer_stop(c->s->r, &c->up->timer);
	p->ops->lost(p, reason);
	twc_free(c->up);
}
