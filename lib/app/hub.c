/* SPDX-License-Identifier: MIT */
/*
 * Standard input and output shared by many clients: what `serve` does without a service. Every read of the input goes
 * to each client, what the clients send goes to the output as it comes.
 *
 * Flow: the input waits while there is no client (its bytes would be lost) and while any client is full; all clients
 * wait while the output is full. The end of the input half-closes the clients there are and those still to come.
 */
#include "app/tag.h"
#include "base/list.h"

#include <twc/app.h>

#include "base/banned.h"

struct hub_client {
	struct twc_protocol proto;
	struct twc_hub *hub;   /* borrowed */
	struct twc__list node; /* in hub->clients from made to lost */
	struct twc__tag *tag;  /* owned; NULL: its bytes go as they are */
	bool is_full;
};

struct twc_hub {
	struct twc_hub_opts o;
	struct twc_protocol stdio;
	struct twc_factory factory;
	struct twc_transport *t; /* standard input and output; borrowed; NULL before made and after lost */
	struct twc__list clients;
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
	if (wait)
		twc_transport_pause(h->t);
	else
		twc_transport_resume(h->t);
}

static void hub_finish_output(struct twc_hub *h)
{
	if (h->is_stopping && h->n_clients == 0 && h->t)
		twc_transport_lose(h->t);
}

static void hub_end_input(struct twc_hub *h)
{
	h->in_ended = true;
	TWC__LIST_FOR(n, &h->clients) {
		struct hub_client *c = TWC__LIST_ENTRY(n, struct hub_client, node);

		twc_transport_write_eof(c->proto.transport);
	}
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

static void stdio_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_hub *h = TWC_CONTAINER_OF(p, struct twc_hub, stdio);

	TWC__LIST_FOR(node, &h->clients) {
		struct hub_client *c = TWC__LIST_ENTRY(node, struct hub_client, node);

		twc_transport_write(c->proto.transport, data, n);
		if (!c->is_full && twc_transport_is_full(c->proto.transport)) {
			c->is_full = true;
			h->n_full++;
		}
	}
	hub_update_input(h);
}

static void stdio_eof(struct twc_protocol *p)
{
	struct twc_hub *h = TWC_CONTAINER_OF(p, struct twc_hub, stdio);

	if (!h->o.recv_only)
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
	twc__list_add_tail(&h->clients, &c->node);
	h->n_clients++;
	if (h->out_full)
		twc_transport_pause(p->transport);
	if (h->in_ended)
		twc_transport_write_eof(p->transport);
	hub_update_input(h);
}

/* A datagram ends its line. */
static void client_put(struct hub_client *c, const uint8_t *data, size_t n)
{
	struct twc_transport *out = c->hub->t;

	if (!c->tag) {
		twc_transport_write(out, data, n);
		return;
	}
	twc__tag_feed(c->tag, out, data, n);
	if (twc_transport_is_datagram(c->proto.transport))
		twc__tag_end(c->tag, out);
}

static void client_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_hub *h = client_of(p)->hub;

	if (h->o.send_only || !h->t)
		return;
	client_put(client_of(p), data, n);
	if (h->out_full || !twc_transport_is_full(h->t))
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
	return h;
}

void twc_hub_free(struct twc_hub *h)
{
	twc_free(h);
}

struct twc_protocol *twc_hub_stdio(struct twc_hub *h)
{
	return &h->stdio;
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
