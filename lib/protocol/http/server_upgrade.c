/* SPDX-License-Identifier: MIT */
/*
 * A connection of HTTP/1 that speaks another protocol from now on.
 *
 * Upgraded (RFC 9110, 7.8) it stays where it is, so that the server knows it, counts it and hears of its end, and hands on what the
 * transport tells; no limit of HTTP applies to it any more. Bytes that came behind the head go back to the transport, which brings
 * them again.
 *
 * One that begins as HTTP/2 does (RFC 9113, 3.4) has never been one of HTTP/1, and gives its place up. By ALPN that is certain; in the
 * clear, or without ALPN, the first bytes tell. "PRI " begins no request of HTTP/1.
 */
#include "protocol/http/server_int.h"

#include <stdio.h>

#include <twc/tls.h>

#include "protocol/http/h2_server.h"
#include "transport/transport_int.h"
#include "base/banned.h"

bool twc__http_conn_upgrade(struct twc_http_exchange *x, struct twc_str name, struct twc_protocol *p)
{
	struct twc__http_conn *c = x->conn;
	struct twc_transport *t = c->link.base.transport;
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
	c->up = p;
	p->transport = t;
	if (p->ops->made)
		p->ops->made(p);
	if (!c->is_running)
		twc__http_conn_hand_over(c);
	return true;
}

void twc__http_conn_hand_over(struct twc__http_conn *c)
{
	struct twc_transport *t = c->link.base.transport;

	if (twc_buf_len(&c->in) && !twc_transport_is_closing(t)) {
		twc_transport_pause(t);
		twc__transport_unread(t, twc_buf_head(&c->in), twc_buf_len(&c->in));
		twc_transport_resume(t);
	}
	twc_buf_fini(&c->in);
	if (!c->is_paused)
		return;
	c->is_paused = false;
	twc_transport_resume(t);
}

void twc__http_conn_up_data(struct twc__http_conn *c, const uint8_t *data, size_t n)
{
	if (c->up->ops->data)
		c->up->ops->data(c->up, data, n);
}

void twc__http_conn_up_eof(struct twc__http_conn *c)
{
	if (c->up->ops->eof)
		c->up->ops->eof(c->up);
	else
		twc_transport_lose(c->link.base.transport);
}

void twc__http_conn_up_drained(struct twc__http_conn *c)
{
	if (c->up->ops->drained)
		c->up->ops->drained(c->up);
}

/* ---- HTTP/2 ---- */

/* 1: it is; 0: it is not; -1: too little has come. */
static int is_h2(const struct twc__http_conn *c)
{
	static const char start[] = "PRI ";
	struct twc_tls_info info;
	size_t k = c->left < sizeof(start) - 1 ? c->left : sizeof(start) - 1;
	bool is_like = memcmp(c->at, start, k) == 0;

	if (twc_tls_info(c->link.base.transport, &info) && info.alpn[0])
		return strcmp(info.alpn, "h2") == 0;
	if (!is_like)
		return 0;
	return k == sizeof(start) - 1 ? 1 : -1;
}

bool twc__http_conn_may_be_h2(struct twc__http_conn *c)
{
	int rc = is_h2(c);

	c->is_h2 = rc > 0;
	c->is_undecided = rc < 0 && !c->has_eof;
	return c->is_h2 || c->is_undecided;
}

void twc__http_conn_to_h2(struct twc__http_conn *c, const uint8_t *p, size_t n)
{
	struct twc_transport *t = c->link.base.transport;
	struct twc_buf in = c->in;

	if (c->x) { /* begun for what might have been a request */
		c->x->is_refusal = true;
		twc__http_exchange_over(c->x, NULL);
		twc__http_exchange_unref(c->x);
	}
	twc__list_remove(&c->link.node);
	twc__list_remove(&c->link.ready);
	if (c->is_paused)
		twc_transport_resume(t);
	twc__h2_conn_take(c->link.s, t, c->link.since, p, n);
	twc_buf_fini(&in);
	twc_free(c);
}
