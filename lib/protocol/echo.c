/* SPDX-License-Identifier: MIT */
/*
 * echo (RFC 862): every byte back, every datagram back.
 *
 * The shortest way a byte can take through the library, and the one that is measured: one write of the
 * slice that was read. A peer that does not read its answers is not read from either; a peer that ends its half
 * gets the rest and then our end.
 */
#include "protocol/service_int.h"
#include "base/banned.h"

struct echo {
	struct twc_protocol base;
	bool is_held; /* we paused reading: the peer lags behind */
};

static void echo_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct echo *e = (struct echo *)p;
	struct twc_transport *t = p->transport;

	twc_transport_write(t, data, n);
	if (twc_transport_is_full(t) && !e->is_held) {
		e->is_held = true;
		twc_transport_pause(t);
	}
}

static void echo_drained(struct twc_protocol *p)
{
	struct echo *e = (struct echo *)p;

	if (!e->is_held)
		return;
	e->is_held = false;
	twc_transport_resume(p->transport);
}

static void echo_eof(struct twc_protocol *p)
{
	twc_transport_lose(p->transport);
}

static void echo_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	twc_free(p);
}

static const struct twc_protocol_ops echo_ops = {
	.name = "echo",
	.data = echo_data,
	.eof = echo_eof,
	.drained = echo_drained,
	.lost = echo_lost,
};

static struct twc_protocol *echo_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct echo *e = twc_malloc(sizeof(*e));

	(void)f;
	(void)peer;
	*e = (struct echo){ .base.ops = &echo_ops };
	return &e->base;
}

static const struct twc_factory_ops echo_factory_ops = {
	.name = "echo",
	.build = echo_build,
};

static struct twc_factory *echo_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	struct twc_factory *f = twc_malloc(sizeof(*f));

	(void)r;
	(void)arg;
	(void)err;
	*f = (struct twc_factory){ .ops = &echo_factory_ops };
	return f;
}

static void echo_destroy(struct twc_factory *f)
{
	twc_free(f);
}

const struct twc_service twc__service_echo = {
	.name = "echo",
	.summary = "send everything back",
	.client_first = true,
	.create = echo_create,
	.destroy = echo_destroy,
};
