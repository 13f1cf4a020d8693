/* SPDX-License-Identifier: MIT */
/*
 * Standard input and output shared by many clients: what `serve` does without a service. Every read of the input goes
 * to each client, what the clients send goes to the output as it comes.
 *
 * Flow: the input waits while there is no client (its bytes would be lost) and while any client is full; all clients
 * wait while the output is full. The end of the input half-closes the clients there are and those still to come.
 */
#include "app/filter.h"
#include "app/pace.h"
#include "app/tag.h"
#include "base/list.h"
#include "transport/transport_int.h"

#include <twc/app.h>

#include "base/banned.h"

struct hub_client {
	struct twc_protocol proto;
	struct twc_hub *hub;   /* borrowed */
	struct twc__list node; /* in hub->clients from made to lost */
	struct twc__tag *tag;  /* owned; NULL: its bytes go as they are */
	bool is_full;
	bool is_framed; /* what passes are datagrams, or messages that frames are made of */
	struct twc__codec codec;
};

struct twc_hub {
	struct twc_hub_opts o;
	struct twc_protocol stdio;
	struct twc_factory factory;
	struct twc_transport *t; /* standard input and output; borrowed; NULL before made and after lost */
	struct twc__list clients;
	struct twc__frames frames;
	struct twc__pace pace; /* of the input */
	struct twc__quota quota;
	size_t n_clients, n_full;
	bool in_waits;	 /* the input is paused */
	bool in_ended;	 /* its end was seen, or is not of interest any more */
	bool out_full;	 /* the clients are paused */
	bool is_stopping;
};

static void hub_update_input(struct twc_hub *h)
{
	bool wait = h->n_clients == 0 || h->n_full > 0 || h->in_ended;

	if (!h->t || wait == h->in_waits)
		return;
	h->in_waits = wait;
	if (wait) {
		twc_transport_pause(h->t);
	} else {
		twc_transport_resume(h->t);
		twc__pace_go(&h->pace);
	}
}

static void hub_finish_output(struct twc_hub *h)
{
	if (h->is_stopping && h->n_clients == 0 && h->t)
		twc_transport_lose(h->t);
}

static void hub_end_input(struct twc_hub *h)
{
	h->in_ended = true;
	TWC__LIST_FOR(n, &h->clients)
		twc_transport_write_eof(TWC__LIST_ENTRY(n, struct hub_client, node)->proto.transport);
}

static void hub_abort_clients(struct twc_hub *h)
{
	TWC__LIST_FOR(n, &h->clients)
		twc_transport_abort(TWC__LIST_ENTRY(n, struct hub_client, node)->proto.transport);
}

/* ---- standard input and output ---- */

static void stdio_made(struct twc_protocol *p)
{
	struct twc_hub *h = TWC_CONTAINER_OF(p, struct twc_hub, stdio);

	h->t = p->transport;
	hub_update_input(h);
}

/* To the clients of one kind. */
static void hub_send(struct twc_hub *h, bool is_framed, const uint8_t *data, size_t n)
{
	TWC__LIST_FOR(node, &h->clients) {
		struct hub_client *c = TWC__LIST_ENTRY(node, struct hub_client, node);

		if (c->is_framed != is_framed)
			continue;
		twc__codec_send(&c->codec, &h->o.filter, c->proto.transport, data, n);
		if (!c->is_full && twc_transport_is_full(c->proto.transport)) {
			c->is_full = true;
			h->n_full++;
		}
	}
}

static void send_datagram(void *arg, const uint8_t *p, size_t n)
{
	hub_send(arg, true, p, n);
}

static void stdio_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_hub *h = TWC_CONTAINER_OF(p, struct twc_hub, stdio);
	struct twc_err err = { 0 };

	hub_send(h, false, data, n);
	if (twc__frames_split(&h->frames, data, n, send_datagram, h, &err) < 0)
		twc_transport_fail(h->t, &err);
	hub_update_input(h);
}

static void stdio_eof(struct twc_protocol *p)
{
	struct twc_hub *h = TWC_CONTAINER_OF(p, struct twc_hub, stdio);
	struct twc_err err = { 0 };

	if (h->o.recv_only)
		return;
	if (twc__frames_end(&h->frames, send_datagram, h, &err) < 0)
		twc_transport_fail(h->t, &err);
	hub_end_input(h);
}

static void stdio_drained(struct twc_protocol *p)
{
	struct twc_hub *h = TWC_CONTAINER_OF(p, struct twc_hub, stdio);

	if (!h->out_full)
		return;
	h->out_full = false;
	TWC__LIST_FOR(n, &h->clients)
		twc_transport_resume(TWC__LIST_ENTRY(n, struct hub_client, node)->proto.transport);
}

static void stdio_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc_hub *h = TWC_CONTAINER_OF(p, struct twc_hub, stdio);

	h->t = NULL;
	stdio_drained(p); /* nobody waits for an output that is gone */
	if (reason->code)
		hub_abort_clients(h);
	if (h->o.ended)
		h->o.ended(h->o.arg, reason);
}

/* There would be nobody to take a line. */
static bool stdio_must_wait(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc_hub, stdio)->in_waits;
}

static const struct twc_protocol_ops stdio_ops = {
	.name = "hub",
	.made = stdio_made,
	.data = stdio_data,
	.eof = stdio_eof,
	.drained = stdio_drained,
	.lost = stdio_lost,
};

/* ---- clients ---- */

static struct hub_client *client_of(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct hub_client, proto);
}

static void client_made(struct twc_protocol *p)
{
	struct hub_client *c = client_of(p);
	struct twc_hub *h = c->hub;

	if (h->o.tag) {
		c->tag = twc_malloc(sizeof(*c->tag));
		twc__tag_init(c->tag, p->transport);
	}
	c->is_framed = twc__frames_meet(&h->frames, &h->o.filter, p->transport, true);
	twc__frames_of_stream(&h->frames, p->transport);
	twc__list_add_tail(&h->clients, &c->node);
	h->n_clients++;
	if (h->out_full)
		twc_transport_pause(p->transport);
	if (h->in_ended)
		twc_transport_write_eof(p->transport);
	hub_update_input(h);
}

static void hub_through(struct twc_hub *h)
{
	TWC__LIST_FOR(n, &h->clients)
		twc_transport_lose(TWC__LIST_ENTRY(n, struct hub_client, node)->proto.transport);
	if (h->o.through)
		h->o.through(h->o.arg);
}

static void hub_write(void *arg, const uint8_t *p, size_t n)
{
	struct twc_hub *h = arg;

	twc_transport_write(h->t, p, n);
}

/* A datagram ends its line. */
static void client_put(struct hub_client *c, const uint8_t *data, size_t n)
{
	struct twc_hub *h = c->hub;

	if (c->tag) {
		twc__tag_feed(c->tag, h->t, data, n);
		if (c->is_framed)
			twc__tag_end(c->tag, h->t);
	} else if (c->is_framed) {
		twc__frames_join(&h->frames, data, n, hub_write, h);
	} else {
		hub_write(h, data, n);
	}
}

/* What the codec has left of a client's bytes. */
static void client_pass(void *arg, const uint8_t *p, size_t n)
{
	struct hub_client *c = arg;
	struct twc_hub *h = c->hub;

	if (h->o.send_only || !h->t || twc__quota_is_used_up(&h->quota, &h->o.filter))
		return;
	n = twc__quota_take(&h->quota, &h->o.filter, n, c->is_framed);
	client_put(c, p, n);
	if (twc__quota_is_used_up(&h->quota, &h->o.filter))
		hub_through(h);
}

static void client_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct hub_client *c = client_of(p);
	struct twc_hub *h = c->hub;
	struct twc_err err = { 0 };

	if (twc__codec_receive(&c->codec, &h->o.filter, p->transport, data, n, client_pass, c, &err) < 0)
		twc_transport_fail(p->transport, &err);
	if (!h->t || h->out_full || !twc_transport_is_full(h->t))
		return;
	h->out_full = true;
	TWC__LIST_FOR(node, &h->clients)
		twc_transport_pause(TWC__LIST_ENTRY(node, struct hub_client, node)->proto.transport);
}

static void client_end_line(struct hub_client *c)
{
	if (c->tag && c->hub->t)
		twc__tag_end(c->tag, c->hub->t);
}

static void client_eof(struct twc_protocol *p)
{
	struct twc_hub *h = client_of(p)->hub;

	client_end_line(client_of(p));
	if (h->o.recv_only || (h->o.in_is_terminal && !h->o.send_only))
		twc_transport_lose(p->transport);
}

static void client_drained(struct twc_protocol *p)
{
	struct hub_client *c = client_of(p);

	if (!c->is_full)
		return;
	c->is_full = false;
	c->hub->n_full--;
	hub_update_input(c->hub);
}

static void client_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct hub_client *c = client_of(p);
	struct twc_hub *h = c->hub;

	(void)reason;
	client_end_line(c);
	if (c->tag)
		twc__tag_fini(c->tag);
	twc_free(c->tag);
	twc__list_remove(&c->node);
	h->n_clients--;
	if (c->is_full)
		h->n_full--;
	twc_free(c);
	hub_update_input(h);
	hub_finish_output(h);
}

static const struct twc_protocol_ops client_ops = {
	.name = "hub client",
	.made = client_made,
	.data = client_data,
	.eof = client_eof,
	.drained = client_drained,
	.lost = client_lost,
};

static struct twc_protocol *hub_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct hub_client *c = twc_calloc(1, sizeof(*c));

	(void)peer;
	c->proto.ops = &client_ops;
	c->hub = TWC_CONTAINER_OF(f, struct twc_hub, factory);
	twc__list_init(&c->node);
	return &c->proto;
}

static const struct twc_factory_ops hub_factory_ops = {
	.name = "hub",
	.build = hub_build,
};

/* ---- life cycle ---- */

struct twc_hub *twc_hub_new(const struct twc_hub_opts *o)
{
	struct twc_hub *h = twc_calloc(1, sizeof(*h));

	h->o = *o;
	h->stdio.ops = &stdio_ops;
	h->factory.ops = &hub_factory_ops;
	twc__list_init(&h->clients);
	twc__frames_init(&h->frames, &o->filter);
	if (o->filter.line_delay_ns)
		twc__pace_init(&h->pace, o->filter.line_delay_ns, &h->stdio, stdio_must_wait);
	return h;
}

void twc_hub_free(struct twc_hub *h)
{
	if (!h)
		return;
	twc__frames_fini(&h->frames);
	twc__pace_fini(&h->pace);
	twc_free(h);
}

struct twc_protocol *twc_hub_stdio(struct twc_hub *h)
{
	return h->o.filter.line_delay_ns ? &h->pace.proto : &h->stdio;
}

struct twc_factory *twc_hub_factory(struct twc_hub *h)
{
	return &h->factory;
}

void twc_hub_stop(struct twc_hub *h)
{
	h->is_stopping = true;
	if (!h->in_ended)
		hub_end_input(h);
	hub_update_input(h);
	hub_finish_output(h);
}
