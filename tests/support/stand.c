/* SPDX-License-Identifier: MIT */
/* Connections made, and what their protocols heard. See stand.h. */
#include "support/stand.h"

#include <stdlib.h>

static void end_made(struct twc_protocol *p)
{
	((struct stand_end *)p)->made++;
}

static void end_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct stand_end *e = (struct stand_end *)p;

	e->bytes += n;
	if (e->replies)
		twc_transport_write(p->transport, data, n);
}

static void end_eof(struct twc_protocol *p)
{
	((struct stand_end *)p)->eofs++;
	twc_transport_lose(p->transport);
}

static void end_drained(struct twc_protocol *p)
{
	((struct stand_end *)p)->drained++;
}

static void end_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct stand_end *e = (struct stand_end *)p;

	e->lost++;
	e->reason = *reason;
}

static const struct twc_protocol_ops end_ops = {
	.name = "end",
	.made = end_made,
	.data = end_data,
	.eof = end_eof,
	.drained = end_drained,
	.lost = end_lost,
};

static struct twc_protocol *build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct stand *s = TWC_CONTAINER_OF(f, struct stand, factory);

	(void)peer;
	return s->built < STAND_MAX ? &s->inner[s->built++].base : NULL;
}

static void started(struct twc_factory *f)
{
	TWC_CONTAINER_OF(f, struct stand, factory)->started++;
}

static void stopped(struct twc_factory *f)
{
	TWC_CONTAINER_OF(f, struct stand, factory)->stopped++;
}

static const struct twc_factory_ops factory_ops = {
	.name = "stand", .build = build, .started = started, .stopped = stopped,
};

void stand_open(struct stand *s)
{
	*s = (struct stand){ .factory.ops = &factory_ops };
	s->r = twc_reactor_new_fake(NULL);
	for (unsigned i = 0; i < STAND_MAX; i++)
		s->inner[i].base.ops = s->peer[i].base.ops = &end_ops;
}

bool stand_connect(struct stand *s, struct twc_factory *policy, unsigned i, const struct twc_addr *addr,
		   size_t capacity)
{
	const struct twc_addr none = { .kind = TWC_ADDR_NONE };
	struct twc_protocol *p = twc_factory_build(policy, addr ? addr : &none);

	if (!p)
		return false;
	twc_transport_pair(s->r, capacity, &s->peer[i].base, p);
	stand_pass(s, 0);
	return true;
}

void stand_send(struct stand *s, unsigned i, size_t n)
{
	char *data = malloc(n);

	if (!data)
		abort();
	memset(data, 'x', n);
	twc_transport_write(s->peer[i].base.transport, data, n);
	free(data);
	stand_pass(s, 0);
}

void stand_pass(struct stand *s, uint64_t ns)
{
	twc_reactor_advance(s->r, ns);
}

static void end_now(struct stand_end *e)
{
	if (e->made && !e->lost)
		twc_transport_abort(e->base.transport);
}

void stand_close(struct stand *s, struct twc_factory *policy)
{
	for (unsigned i = 0; i < STAND_MAX; i++) {
		end_now(&s->inner[i]);
		end_now(&s->peer[i]);
	}
	stand_pass(s, 0);
	twc_policy_free(policy);
	twc_reactor_free(s->r);
}
