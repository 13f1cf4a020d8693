/* SPDX-License-Identifier: MIT */
/*
 * From something open to a protocol that talks over it: the factory is asked as late as possible, so that what
 * cannot be opened has built nothing.
 */
#include "endpoint/endpoint_int.h"
#include "transport/transport_int.h"
#include <unistd.h>
#include "base/banned.h"

/* Where a transport goes whose factory wanted no protocol. */
static void refused_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	twc_free(p);
}

static const struct twc_protocol_ops refused_ops = { .name = "refused", .lost = refused_lost };

static void opening_made(struct twc_protocol *p)
{
	struct twc__opening *o = (struct twc__opening *)p;
	struct twc_transport *t = p->transport;
	struct twc_protocol *refused;
	struct twc_addr peer;

	twc_transport_peer(t, &peer);
	o->built = twc_factory_build(o->factory, &peer);
	if (o->built) {
		twc_transport_set_protocol(t, o->built);
		if (o->built->ops->made)
			o->built->ops->made(o->built);
		return;
	}
	refused = twc_calloc(1, sizeof(*refused));
	refused->ops = &refused_ops;
	twc_transport_set_protocol(t, refused);
	twc_transport_lose(t);
}

static void opening_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)p;
	TWC_BUG("lost before made: %s", reason->text);
}

static const struct twc_protocol_ops opening_ops = { .name = "opening", .made = opening_made, .lost = opening_lost };

void twc__opening_init(struct twc__opening *o, struct twc_factory *factory)
{
	*o = (struct twc__opening){ .base = { .ops = &opening_ops }, .factory = factory };
}

struct twc_transport *twc__open_socket(struct twc_reactor *r, int fd, const struct twc_addr *peer, bool keep_peer,
				       unsigned flags, struct twc_factory *factory)
{
	struct twc_protocol *p = twc_factory_build(factory, peer);

	if (p)
		return twc__transport_from_socket(r, fd, peer->kind, keep_peer ? peer : NULL, flags, p);
	close(fd);
	return NULL;
}

static bool is_datagram_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM;
}

struct twc_transport *twc__pair_open(struct twc_reactor *r, const struct twc__pair *pair, struct twc_protocol *p,
				     struct twc_err *err)
{
	if (pair->in == pair->out && is_datagram_socket(pair->in))
		return twc__transport_from_socket(r, pair->in, TWC_ADDR_UDP, NULL, 0, p);
	return twc_transport_from_stdio(r, pair->in, pair->out, pair->own, pair->name, p, err);
}
