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

static int sock_int(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

/* Of a socket that keeps boundaries; NONE for a stream, and for whatever is no socket. */
static enum twc_addr_kind kind_of_records(int fd)
{
	int type = sock_int(fd, SO_TYPE);
	bool is_unix = sock_int(fd, SO_DOMAIN) == AF_UNIX;

	if (type == SOCK_DGRAM)
		return is_unix ? TWC_ADDR_UNIX_DGRAM : TWC_ADDR_UDP;
	return type == SOCK_SEQPACKET && is_unix ? TWC_ADDR_UNIX_SEQPACKET : TWC_ADDR_NONE;
}

struct twc_transport *twc__pair_open(struct twc_reactor *r, const struct twc__pair *pair, struct twc_protocol *p,
				     struct twc_err *err)
{
	enum twc_addr_kind kind = pair->in == pair->out ? kind_of_records(pair->in) : TWC_ADDR_NONE;

	if (pair->is_alone)
		return twc_transport_from_socket(r, pair->in, p, err);
	if (kind != TWC_ADDR_NONE)
		return twc__transport_from_socket(r, pair->in, kind, NULL, 0, p);
	return twc_transport_from_stdio(r, pair->in, pair->out, pair->own, pair->name, p, err);
}
