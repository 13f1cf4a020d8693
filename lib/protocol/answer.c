/* SPDX-License-Identifier: MIT */
/*
 * Services that say one thing: on a stream at once, and then they are done; on datagrams once for each that comes
 * (RFC 865, 867, 868). daytime.c, time.c, qotd.c and text.c supply the words.
 */
#include "protocol/service_int.h"
#include "base/banned.h"

struct answer {
	struct twc_protocol base;
	const struct twc__answer_factory *factory; /* borrowed */
};

static void answer_say(struct answer *a)
{
	char scratch[TWC__ANSWER_MAX];
	struct twc_str s = a->factory->compose(a->factory, time(NULL), scratch);

	twc_transport_write(a->base.transport, s.p, s.n);
}

static void answer_made(struct twc_protocol *p)
{
	struct answer *a = (struct answer *)p;

	if (twc_transport_is_datagram(p->transport))
		return;
	answer_say(a);
	twc_transport_lose(p->transport);
}

/* What a full wire cannot take is lost, as datagrams are; the queue stays bounded. */
static void answer_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	(void)data;
	(void)n;
	if (twc_transport_is_datagram(p->transport) && !twc_transport_is_full(p->transport))
		answer_say((struct answer *)p);
}

static void answer_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	twc_free(p);
}

static const struct twc_protocol_ops answer_ops = {
	.name = "answer",
	.made = answer_made,
	.data = answer_data,
	.lost = answer_lost,
};

static struct twc_protocol *answer_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct answer *a = twc_malloc(sizeof(*a));

	(void)peer;
	*a = (struct answer){
		.base.ops = &answer_ops,
		.factory = (struct twc__answer_factory *)f,
	};
	return &a->base;
}

static const struct twc_factory_ops answer_factory_ops = {
	.name = "answer",
	.build = answer_build,
};

struct twc__answer_factory *twc__answer_factory_new(twc__compose_fn compose)
{
	struct twc__answer_factory *f = twc_malloc(sizeof(*f));

	*f = (struct twc__answer_factory){ .base.ops = &answer_factory_ops, .compose = compose };
	return f;
}

void twc__answer_factory_free(struct twc_factory *f)
{
	struct twc__answer_factory *a = (struct twc__answer_factory *)f;

	if (!a)
		return;
	twc_free(a->text);
	twc_free(a);
}
