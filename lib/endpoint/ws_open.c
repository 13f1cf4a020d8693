/* SPDX-License-Identifier: MIT */
/*
 * A stream that becomes WebSocket before anybody hears of it: the opening handshake (RFC 6455, 4) is the business of a protocol
 * of our own, as that of TLS is in secure.c, and the factory is asked only when it went well:
 *
 *	opening (timer) -> heads said -> the transport reads and writes messages -> the factory's protocol, in its place
 *
 * What came behind the head is the first of the messages, and goes to the filter with its start.
 */
#include "endpoint/ws.h"
#include "protocol/http/head.h"
#include "transport/transport_int.h"
#include <stdio.h>
#include <twc/log.h>
#include "base/banned.h"

#define INTERIM_MAX 100

struct opening {
	struct twc_protocol base;
	struct twc__ws_open how;
	struct twc__ws_wishes wishes; /* borrows from how.args */
	struct twc_addr peer;
	struct twc_timer timer;
	struct twc_buf in;  /* the head, as far as it has come */
	struct twc_buf out; /* the request, until it is sent */
	struct twc__http_head head;
	struct twc_http_fields fields;
	char key[TWC__WS_KEY_ROOM];
	unsigned interims;
	bool is_client, is_over; /* refused: nothing is read any more */
	struct twc_err err;	 /* why; code 0: not yet */
};

static void opening_free(struct opening *o)
{
	twc_http_fields_fini(&o->fields);
	twc_buf_fini(&o->in);
	twc_buf_fini(&o->out);
	twc_free(o);
}

static struct twc_log *log_of(const struct opening *o)
{
	return twc_reactor_log(twc_transport_reactor(o->base.transport));
}

static unsigned long long id_of(const struct opening *o)
{
	return (unsigned long long)twc_transport_id(o->base.transport);
}

/* The first reason counts; the transport's end tells it. */
static void opening_refuse(struct opening *o, const struct twc_err *err)
{
	o->is_over = true;
	o->err = *err;
	if (o->is_client) {
		twc_transport_fail(o->base.transport, err);
	} else {
		twc_transport_write(o->base.transport, twc_buf_head(&o->out), twc_buf_len(&o->out));
		twc_transport_lose(o->base.transport);
	}
}

static void on_limit(struct twc_timer *timer, void *arg)
{
	struct opening *o = arg;
	struct twc_err err = { 0 };
	char time[32];

	(void)timer;
	twc_format_duration(time, sizeof(time), o->how.shown_ns ? o->how.shown_ns : o->how.limit_ns);
	twc_err_set(&err, TWC_ETIMEDOUT, "timed out: the WebSocket handshake was not done after %s", time);
	o->err = err;
	twc_transport_fail(o->base.transport, &err);
}

/* ---- the end of it ---- */

static void opening_log(const struct opening *o, const struct twc__ws_accepted *agreed)
{
	twc_log(log_of(o), endpoint, DEBUG, "#%llu switched to WebSocket%s%.*s%s", id_of(o),
		agreed->subprotocol.n ? ", subprotocol " : "", (int)agreed->subprotocol.n,
		agreed->subprotocol.n ? agreed->subprotocol.p : "", agreed->deflate.is_on ? ", permessage-deflate" : "");
}

static void start_messages(const struct opening *o, const struct twc__ws_accepted *agreed, const uint8_t *more, size_t n)
{
	struct twc__ws_start how = {
		.ws = {
			.is_client = o->is_client,
			.deflate = agreed->deflate,
			.max_message = o->wishes.max_message,
			.ping_ns = o->wishes.ping_ns,
		},
		.mode = o->wishes.mode,
		.lines = o->wishes.lines > 0,
		.answers_late = !o->is_client,
		.is_patient = true,
		.keeps_lines_off = o->wishes.lines == 0,
		.in = more,
		.n_in = n,
	};

	twc__ws_start(o->base.transport, &how);
}

/* `more` of what came is for the messages. */
static void opening_done(struct opening *o, const struct twc__ws_accepted *agreed, const uint8_t *more, size_t n)
{
	struct twc_transport *t = o->base.transport;
	bool is_wanted = !o->how.wanted || o->how.wanted(o->how.arg);
	struct twc_protocol *p = is_wanted ? twc_factory_build(o->how.factory, &o->peer) : NULL;
	struct twc_err none = { 0 };

	opening_log(o, agreed);
	start_messages(o, agreed, more, n);
	twc__transport_count_anew(t); /* now that the head has left */
	if (!p) {
		o->is_over = true;
		twc_err_set(&o->err, TWC_EREJECTED, "the connection is not wanted");
		twc_transport_lose(t);
		return;
	}
	twc_timer_stop(twc_transport_reactor(t), &o->timer);
	twc_transport_set_protocol(t, p);
	if (p->ops->made)
		p->ops->made(p);
	o->how.ended(o->how.arg, t, &none);
	opening_free(o);
}

/* ---- the heads ---- */

static void head_refused(struct opening *o, const struct twc_err *why)
{
	struct twc_err err = *why;

	if (o->is_client)
		twc_err_set(&err, TWC_EPROTO, "the server does not speak HTTP: %s", why->text);
	else
		twc__ws_refuse(twc__http_fault_status(o->head.fault), why->text, &o->out);
	opening_refuse(o, &err);
}

/* A final response, or one more to come. */
static bool is_interim(struct opening *o)
{
	struct twc_err err = { 0 };

	if (!o->is_client || o->head.start.status >= 200 || o->head.start.status == 101)
		return false;
	if (++o->interims > INTERIM_MAX) {
		twc_err_set(&err, TWC_EPROTO, "the server sent more than %d interim responses", INTERIM_MAX);
		opening_refuse(o, &err);
	}
	twc_buf_consume(&o->in, o->head.size);
	twc__http_head_reset(&o->head);
	return true;
}

static void head_came(struct opening *o)
{
	struct twc__ws_accepted agreed = { .accept = "" };
	struct twc_err err = { 0 };
	int rc;

	if (o->is_client)
		rc = twc__ws_ask_check(o->how.args, o->key, &o->head, &agreed, &err);
	else
		rc = twc__ws_answer(&o->wishes, &o->head, &o->out, &agreed, &err);
	if (rc) {
		opening_refuse(o, &err);
		return;
	}
	twc_transport_write(o->base.transport, twc_buf_head(&o->out), o->is_client ? 0 : twc_buf_len(&o->out));
	opening_done(o, &agreed, (const uint8_t *)twc_buf_head(&o->in) + o->head.size, twc_buf_len(&o->in) - o->head.size);
}

static void opening_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct opening *o = TWC_CONTAINER_OF(p, struct opening, base);
	struct twc_err err = { 0 };
	int rc;

	if (o->is_over)
		return;
	if (twc_buf_add(&o->in, data, n) < 0) {
		twc_err_set(&err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
		opening_refuse(o, &err);
		return;
	}
	do
		rc = twc__http_head_feed(&o->head, twc_buf_head(&o->in), twc_buf_len(&o->in), &err);
	while (rc == 1 && is_interim(o) && !o->is_over);
	if (o->is_over)
		return;
	if (rc < 0)
		head_refused(o, &err);
	else if (rc == 1)
		head_came(o);
}

/* ---- life ---- */

static void opening_made(struct twc_protocol *p)
{
	struct opening *o = TWC_CONTAINER_OF(p, struct opening, base);
	char with[TWC_ADDR_TEXT_MAX];

	twc_timer_start(twc_transport_reactor(p->transport), &o->timer, o->how.limit_ns, on_limit, o);
	if (!o->is_client)
		return;
	twc_log(log_of(o), endpoint, DEBUG, "#%llu WebSocket handshake with %s, asking for %s", id_of(o),
		twc_addr_format(&o->peer, with, sizeof(with)), o->wishes.path);
	twc_transport_write(p->transport, twc_buf_head(&o->out), twc_buf_len(&o->out));
	twc_buf_clear(&o->out);
}

static void opening_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct opening *o = TWC_CONTAINER_OF(p, struct opening, base);
	struct twc_err err = o->err.code ? o->err : *reason;

	twc_timer_stop(twc_transport_reactor(p->transport), &o->timer);
	if (!err.code)
		twc_err_set(&err, TWC_EPROTO, "the %s ended the connection during the WebSocket handshake",
			    o->is_client ? "server" : "client");
	o->how.ended(o->how.arg, NULL, &err);
	opening_free(o);
}

static const struct twc_protocol_ops opening_ops = {
	.name = "websocket handshake",
	.made = opening_made,
	.data = opening_data,
	.lost = opening_lost,
};

struct twc_protocol *twc__ws_opening(const struct twc__ws_open *how, const struct twc_addr *peer, struct twc_err *err)
{
	struct twc__http_limits limits = { .head = TWC__WS_HEAD_BYTES, .target = TWC__WS_TARGET_MAX };
	struct opening *o = twc_calloc(1, sizeof(*o));

	o->base.ops = &opening_ops;
	o->how = *how;
	o->peer = *peer;
	o->is_client = how->args->role == TWC_CONNECT;
	twc__ws_wishes(how->args, &o->wishes);
	twc_buf_init(&o->in, SIZE_MAX); /* the limits of the head bound it */
	twc_buf_init(&o->out, SIZE_MAX);
	if (o->is_client)
		limits = (struct twc__http_limits){ .head = TWC__WS_REPLY_BYTES };
	twc__http_head_init(&o->head, o->is_client ? TWC__HTTP_RESPONSE : TWC__HTTP_REQUEST, &limits, &o->fields);
	o->head.lenient = o->is_client;
	if (!o->is_client || twc__ws_ask(how->args, &o->out, o->key, err) == 0)
		return &o->base;
	opening_free(o);
	return NULL;
}
