/* SPDX-License-Identifier: MIT */
/*
 * A client's connection, whatever the version: what is known of it before it stands, and what both versions share. Which one it
 * speaks is settled when it is made, by what ALPN has found or by what was known before (RFC 9113, 3), and with it the table
 * that does the rest: client_h1.c or h2_client.c.
 */
#include "protocol/http/client_priv.h"

#include <twc/tls.h>

#include "base/banned.h"

void twc__http_client_conn_ref(struct twc__http_client_conn *c)
{
	c->refs++;
}

void twc__http_client_conn_unref(struct twc__http_client_conn *c)
{
	if (--c->refs > 0)
		return;
	twc__http_h2_client_free(c->h2);
	twc_buf_fini(&c->held);
	twc_http_fields_fini(&c->fields);
	twc_free(c);
}

void twc__http_client_conn_say_gone(struct twc__http_client_conn *c)
{
	const struct twc__http_client_conn_ops *ops = c->ops;

	c->ops = NULL;
	if (ops)
		ops->gone(c->arg, c);
}

void twc__http_turn_leave(struct twc__http_turn *turn)
{
	struct twc__http_client_conn *c = turn->conn;

	twc__http_upload_stop(&turn->upload);
	turn->conn = NULL;
	twc_http_fields_fini(&turn->upload.trailers);
	turn->times.done = twc_reactor_now(c->r);
}

/* ---- which version ---- */

static void on_made(struct twc_protocol *p)
{
	struct twc__http_client_conn *c = TWC_CONTAINER_OF(p, struct twc__http_client_conn, base);
	struct twc_tls_info tls;
	struct twc_err err = { 0 };
	bool has_tls = twc_tls_info(p->transport, &tls), is_agreed = has_tls && strcmp(tls.alpn, "h2") == 0;

	if (is_agreed || (c->version == 20 && !has_tls))
		c->kind = &twc__http_client_h2;
	p->ops = c->kind->protocol;
	if (c->version == 20 && !is_agreed && has_tls) {
		twc_err_set(&err, TWC_EPROTO, "the server does not speak HTTP/2: TLS agreed on %s (ALPN)",
			    tls.alpn[0] ? tls.alpn : "no protocol");
		twc_transport_fail(p->transport, &err);
	}
	if (p->ops->made)
		p->ops->made(p);
}

static void on_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	twc__http_client_conn_say_gone(TWC_CONTAINER_OF(p, struct twc__http_client_conn, base));
	twc__http_client_conn_unref(TWC_CONTAINER_OF(p, struct twc__http_client_conn, base));
}

static const struct twc_protocol_ops undecided_ops = { .name = "http", .made = on_made, .lost = on_lost };

/* ---- a connection ---- */

struct twc__http_client_conn *twc__http_client_conn_new(struct twc_reactor *r, int version,
							const struct twc__http_client_conn_ops *ops, void *arg)
{
	struct twc__http_client_conn *c = twc_calloc(1, sizeof(*c));

	c->base.ops = &undecided_ops;
	c->kind = &twc__http_client_h1;
	c->version = version;
	c->r = r;
	c->ops = ops;
	c->arg = arg;
	c->refs = 1;
	twc_buf_init(&c->held, TWC__HTTP_HELD_MAX);
	return c;
}

struct twc_protocol *twc__http_client_conn_protocol(struct twc__http_client_conn *c)
{
	return &c->base;
}

struct twc__http_client_conn *twc__http_client_conn_of(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc__http_client_conn, base);
}

bool twc__http_client_conn_is_free(const struct twc__http_client_conn *c)
{
	return c->kind->room(c) > 0;
}

unsigned twc__http_client_conn_room(const struct twc__http_client_conn *c)
{
	return c->kind->room(c);
}

unsigned twc__http_client_conn_running(const struct twc__http_client_conn *c)
{
	return c->kind->running(c);
}

int twc__http_client_conn_version(const struct twc__http_client_conn *c)
{
	return c->kind->version;
}

void *twc__http_client_conn_arg(const struct twc__http_client_conn *c)
{
	return c->ops ? c->arg : NULL;
}

uint64_t twc__http_client_conn_turns(const struct twc__http_client_conn *c)
{
	return c->turns;
}

void twc__http_client_conn_disown(struct twc__http_client_conn *c)
{
	c->ops = NULL;
	if (c->base.transport)
		c->kind->leave(c);
}

int twc__http_client_conn_show(const struct twc__http_client_conn *c, const struct twc__http_turn *turn, struct twc_buf *out)
{
	return c->kind->show(c, turn, out);
}

/* ---- turns ---- */

void twc__http_turn_begin(struct twc__http_turn *turn, struct twc__http_client_conn *c)
{
	turn->conn = c;
	turn->upload = (struct twc_http_upload){ .turn = turn };
	turn->times = (struct twc_http_times){ 0 };
	turn->head_bytes = 0;
	turn->body_bytes = 0;
	turn->was_silent = turn->was_refused = false;
	c->turns++;
	c->kind->begin(turn);
}

void twc__http_turn_cancel(struct twc__http_turn *turn)
{
	if (turn->conn)
		turn->conn->kind->cancel(turn);
}

void twc__http_turn_read(struct twc__http_turn *turn)
{
	if (turn->conn)
		turn->conn->kind->read(turn);
}

void twc__http_turn_pause(struct twc__http_turn *turn)
{
	if (turn->conn)
		turn->conn->kind->pause(turn);
}

void twc__http_turn_resume(struct twc__http_turn *turn)
{
	if (turn->conn)
		turn->conn->kind->resume(turn);
}

bool twc__http_turn_upgrade(struct twc__http_turn *turn, struct twc_protocol *p)
{
	return turn->conn && turn->conn->kind->upgrade && turn->conn->kind->upgrade(turn, p);
}

struct twc_transport *twc__http_turn_transport(const struct twc__http_turn *turn)
{
	return turn->conn ? turn->conn->base.transport : NULL;
}
