/* SPDX-License-Identifier: MIT */
/*
 * stall: accepts, then reads nothing and sends nothing, for tests of what others do about it. What the client sends
 * fills the kernel's buffers and stays there; nobody is told of its end either. Only limits, or the end of the
 * service, end such a connection. A datagram has nothing that could be held: it is thrown away.
 */
#include "base/list.h"
#include "protocol/service_int.h"
#include "base/banned.h"

struct stall_factory {
	struct twc_factory base;
	struct twc__list open; /* of struct stall */
};

struct stall {
	struct twc_protocol base;
	struct stall_factory *factory; /* borrowed */
	struct twc__list node;	       /* in factory->open from made to lost */
};

static void stall_made(struct twc_protocol *p)
{
	struct stall *s = (struct stall *)p;

	twc__list_add_tail(&s->factory->open, &s->node);
	if (!twc_transport_is_datagram(p->transport))
		twc_transport_pause(p->transport);
}

static void stall_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct stall *s = (struct stall *)p;

	(void)reason;
	twc__list_remove(&s->node);
	twc_free(s);
}

static const struct twc_protocol_ops stall_ops = {
	.name = "stall",
	.made = stall_made,
	.lost = stall_lost,
};

static struct twc_protocol *stall_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct stall *s = twc_calloc(1, sizeof(*s));

	(void)peer;
	s->base.ops = &stall_ops;
	s->factory = (struct stall_factory *)f;
	twc__list_init(&s->node);
	return &s->base;
}

static const struct twc_factory_ops stall_factory_ops = {
	.name = "stall",
	.build = stall_build,
};

static struct twc_factory *stall_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	struct stall_factory *f = twc_calloc(1, sizeof(*f));

	(void)r;
	(void)arg;
	(void)err;
	f->base.ops = &stall_factory_ops;
	twc__list_init(&f->open);
	return &f->base;
}

/* Without it each would last until the drain is over, and nothing would have been drained. */
static void stall_stop(struct twc_factory *f)
{
	TWC__LIST_FOR(n, &((struct stall_factory *)f)->open) {
		struct twc_transport *t = TWC__LIST_ENTRY(n, struct stall, node)->base.transport;

		twc_transport_no_linger(t);
		twc_transport_lose(t);
	}
}

static void stall_destroy(struct twc_factory *f)
{
	twc_free(f);
}

const struct twc_service twc__service_stall = {
	.name = "stall",
	.summary = "accept, read nothing and send nothing",
	.create = stall_create,
	.stop = stall_stop,
	.destroy = stall_destroy,
};
