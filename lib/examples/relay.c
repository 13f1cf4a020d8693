/* SPDX-License-Identifier: MIT */
/*
 * relay LISTEN TARGET: joins each client with a connection of its own to TARGET.
 *
 *     relay tcp:7000 tcp:127.0.0.1:7001
 *
 * The bytes never reach this file: twc_transport_pipe moves them, inside the kernel where it can. What is left to say
 * is how the two connections end: an end of one half is passed on as an end of that half, a clean end as a
 * clean end, and anything else - a reset, a target that cannot be reached - as a reset.
 */
#include <signal.h>
#include <stdio.h>
#include <twc/endpoint.h>

struct relay {
	struct twc_factory factory; /* for clients; first member */
	struct twc_reactor *reactor;
	struct twc_endpoint *target;
};

/* One client and its connection to the target. Freed when both are gone. */
struct link {
	struct twc_protocol client;
	struct twc_protocol target;
	struct twc_factory factory; /* hands out `target` */
	struct relay *relay;
	struct twc_deferred *dial; /* while it lasts; ours to release */
	bool has_client, has_target;
};

static struct link *link_of_client(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct link, client);
}

static struct link *link_of_target(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct link, target);
}

/* ---- the end ---- */

static void link_free_if_done(struct link *l)
{
	if (!l->has_client && !l->has_target && !l->dial)
		twc_free(l);
}

static void end_like(struct twc_protocol *p, const struct twc_err *reason)
{
	if (reason->code == 0)
		twc_transport_lose(p->transport);
	else
		twc_transport_fail(p->transport, reason);
}

static void client_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct link *l = link_of_client(p);

	l->has_client = false;
	if (l->has_target) {
		end_like(&l->target, reason);
	} else if (l->dial) {
		twc_deferred_cancel(l->dial); /* runs on_dialled, which leaves the link to us */
	}
	link_free_if_done(l);
}

static void target_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct link *l = link_of_target(p);

	l->has_target = false;
	if (l->has_client)
		end_like(&l->client, reason);
	link_free_if_done(l);
}

static void client_eof(struct twc_protocol *p)
{
	twc_transport_write_eof(link_of_client(p)->target.transport);
}

static void target_eof(struct twc_protocol *p)
{
	twc_transport_write_eof(link_of_target(p)->client.transport);
}

/* ---- the beginning ---- */

static void target_made(struct twc_protocol *p)
{
	struct link *l = link_of_target(p);

	l->has_target = true;
	twc_transport_pipe(l->client.transport, p->transport);
	twc_transport_pipe(p->transport, l->client.transport);
	twc_transport_resume(l->client.transport);
}

static const struct twc_protocol_ops target_ops = {
	.name = "relay-target",
	.made = target_made,
	.eof = target_eof,
	.lost = target_lost,
};

static struct twc_protocol *target_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct link *l = TWC_CONTAINER_OF(f, struct link, factory);

	(void)peer;
	return l->has_client ? &l->target : NULL;
}

static const struct twc_factory_ops target_factory_ops = {
	.name = "relay-target",
	.build = target_build,
};

static void on_dialled(struct twc_result *res, void *arg)
{
	struct link *l = arg;

	twc_deferred_release(l->dial);
	l->dial = NULL;
	if (res->err.code != 0 && l->has_client)
		twc_transport_fail(l->client.transport, &res->err);
	twc_result_set(res, NULL, NULL);
}

static void client_made(struct twc_protocol *p)
{
	struct link *l = link_of_client(p);

	l->has_client = true;
	twc_transport_pause(p->transport); /* until there is somewhere to put what it sends */
	l->dial = twc_endpoint_connect(l->relay->target, l->relay->reactor, &l->factory);
	twc_deferred_add_both(l->dial, on_dialled, l);
}

static const struct twc_protocol_ops client_ops = {
	.name = "relay-client",
	.made = client_made,
	.eof = client_eof,
	.lost = client_lost,
};

static struct twc_protocol *client_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct link *l = twc_calloc(1, sizeof(*l));

	(void)peer;
	l->relay = (struct relay *)f;
	l->client.ops = &client_ops;
	l->target.ops = &target_ops;
	l->factory.ops = &target_factory_ops;
	return &l->client;
}

static const struct twc_factory_ops client_factory_ops = {
	.name = "relay-client",
	.build = client_build,
};

/* ---- the program ---- */

static int complain(const struct twc_err *err)
{
	fprintf(stderr, "relay: %s\n", err->text);
	return twc_err_exit(err->code);
}

int main(int argc, char **argv)
{
	struct relay relay = { .factory.ops = &client_factory_ops };
	struct twc_endpoint *listen;
	struct twc_port *port;
	struct twc_err err;
	char text[256];

	if (argc != 3) {
		fprintf(stderr, "usage: relay LISTEN TARGET\n");
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	if (!(listen = twc_endpoint_parse(argv[1], TWC_LISTEN, &err)) ||
	    !(relay.target = twc_endpoint_parse(argv[2], TWC_CONNECT, &err)) ||
	    !(relay.reactor = twc_reactor_new(&err)) ||
	    !(port = twc_endpoint_listen(listen, relay.reactor, &relay.factory, NULL, &err)))
		return complain(&err);
	for (size_t i = 0; i < twc_port_count(port); i++)
		fprintf(stderr, "relay: listening %s\n", twc_port_text(port, i, text, sizeof(text)));
	if (twc_reactor_run(relay.reactor, &err) != 0)
		return complain(&err);
	return 0;
}
