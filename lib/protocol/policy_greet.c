/* SPDX-License-Identifier: MIT */
/* Says a greeting first on each connection, before the protocol inside is made. */
#include "protocol/policy_int.h"

#include "base/banned.h"

struct greet_factory {
	struct twc__policy_factory base;
	char *words; /* owned */
	size_t n;
};

struct greet {
	struct twc__policy base;
	const struct greet_factory *factory; /* borrowed */
};

/* A session of datagrams has no beginning that a client would wait for. */
static void greet_made(struct twc_protocol *p)
{
	const struct greet_factory *f = ((struct greet *)p)->factory;

	if (!twc_transport_is_datagram(p->transport))
		twc_transport_write(p->transport, f->words, f->n);
	twc__policy_made(p);
}

static const struct twc_protocol_ops greet_ops = {
	.name = "greet",
	.made = greet_made,
	.data = twc__policy_data,
	.eof = twc__policy_eof,
	.drained = twc__policy_drained,
	.lost = twc__policy_lost,
	.inner = twc__policy_inner,
};

static struct twc_protocol *greet_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct greet_factory *gf = (struct greet_factory *)f;
	struct twc_protocol *inner = twc_factory_build(gf->base.inner, peer);
	struct greet *w;

	if (!inner)
		return NULL;
	w = twc_calloc(1, sizeof(*w));
	twc__policy_init(&w->base, &greet_ops, inner);
	w->factory = gf;
	return &w->base.base;
}

static const struct twc_factory_ops greet_factory_ops = {
	.name = "greet",
	.build = greet_build,
	.started = twc__policy_started,
	.stopped = twc__policy_stopped,
};

static void greet_fini(struct twc__policy_factory *f)
{
	twc_free(((struct greet_factory *)f)->words);
}

struct twc_factory *twc_policy_greet_new(struct twc_factory *inner, struct twc_str words)
{
	struct greet_factory *f = twc_calloc(1, sizeof(*f));

	f->base.base.ops = &greet_factory_ops;
	f->base.inner = inner;
	f->base.fini = greet_fini;
	f->words = twc_str_dup(words);
	f->n = words.n;
	return &f->base.base;
}
