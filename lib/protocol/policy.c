/* SPDX-License-Identifier: MIT */
/* What the policies share: events that pass on unchanged, and the end of a factory. */
#include "protocol/policy_int.h"

#include "base/banned.h"

void twc__policy_init(struct twc__policy *w, const struct twc_protocol_ops *ops, struct twc_protocol *inner)
{
	w->base.ops = ops;
	w->base.transport = NULL;
	w->inner = inner;
}

struct twc_protocol **twc__policy_inner(struct twc_protocol *p)
{
	return &((struct twc__policy *)p)->inner;
}

void twc__policy_made(struct twc_protocol *p)
{
	struct twc_protocol *inner = *twc__policy_inner(p);

	inner->transport = p->transport;
	if (inner->ops->made)
		inner->ops->made(inner);
}

void twc__policy_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_protocol *inner = *twc__policy_inner(p);

	if (inner->ops->data)
		inner->ops->data(inner, data, n);
}

void twc__policy_eof(struct twc_protocol *p)
{
	struct twc_protocol *inner = *twc__policy_inner(p);

	if (inner->ops->eof)
		inner->ops->eof(inner);
	else
		twc_transport_lose(p->transport);
}

void twc__policy_drained(struct twc_protocol *p)
{
	struct twc_protocol *inner = *twc__policy_inner(p);

	if (inner->ops->drained)
		inner->ops->drained(inner);
}

void twc__policy_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc_protocol *inner = *twc__policy_inner(p);

	inner->ops->lost(inner, reason);
	twc_free(p);
}

void twc__policy_started(struct twc_factory *f)
{
	twc_factory_start(((struct twc__policy_factory *)f)->inner);
}

void twc__policy_stopped(struct twc_factory *f)
{
	twc_factory_stop(((struct twc__policy_factory *)f)->inner);
}

void twc_policy_free(struct twc_factory *f)
{
	struct twc__policy_factory *policy = (struct twc__policy_factory *)f;

	if (!f)
		return;
	if (policy->fini)
		policy->fini(policy);
	twc_free(f);
}
