/* SPDX-License-Identifier: MIT */
/*
 * discard (RFC 863): reads and throws away, answers nothing; the end of the peer's half ends the connection.
 * All of that is what a transport does for a protocol without `data` and `eof`.
 */
#include "protocol/service_int.h"
#include "base/banned.h"

static void discard_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	twc_free(p);
}

static const struct twc_protocol_ops discard_ops = {
	.name = "discard",
	.lost = discard_lost,
};

static struct twc_protocol *discard_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_protocol *p = twc_malloc(sizeof(*p));

	(void)f;
	(void)peer;
	*p = (struct twc_protocol){ .ops = &discard_ops };
	return p;
}

static const struct twc_factory_ops discard_factory_ops = {
	.name = "discard",
	.build = discard_build,
};

static struct twc_factory *discard_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	struct twc_factory *f = twc_malloc(sizeof(*f));

	(void)r;
	(void)arg;
	(void)err;
	*f = (struct twc_factory){ .ops = &discard_factory_ops };
	return f;
}

static void discard_destroy(struct twc_factory *f)
{
	twc_free(f);
}

const struct twc_service twc__service_discard = {
	.name = "discard",
	.summary = "read and throw away",
	.client_first = true,
	.create = discard_create,
	.destroy = discard_destroy,
};
