/* SPDX-License-Identifier: MIT */
/* A client (a) and a server (b) of TLS, joined in memory. */
#ifndef TWC_TEST_TLS_PAIR_H
#define TWC_TEST_TLS_PAIR_H

#include <twc/tls.h>

#include "pair.h"

struct tls_pair {
	struct pair p;
	struct twc_tls_ctx *client, *server;
	unsigned done;
};

static inline void tls_on_done(void *arg, struct twc_transport *t)
{
	((struct tls_pair *)arg)->done++;
}

static inline struct twc_tls_ctx *tls_context(const struct twc_tls_opts *o)
{
	struct twc_err err = { 0 };
	struct twc_tls_ctx *c = twc_tls_ctx_new(o, &err);

	assert_string_equal(err.text, "");
	assert_non_null(c);
	return c;
}

/* Contexts are the caller's. */
static inline void tls_join(struct tls_pair *s, struct twc_tls_ctx *client, struct twc_tls_ctx *server, const char *name)
{
	struct twc_tls_start c = { .ctx = client, .servername = name, .verify_name = name, .done = tls_on_done, .arg = s };
	struct twc_tls_start v = { .ctx = server, .done = tls_on_done, .arg = s };

	*s = (struct tls_pair){ .done = 0 };
	pair_init(&s->p);
	pair_join(&s->p, 0);
	twc_transport_start_tls(s->p.a.base.transport, &c);
	twc_transport_start_tls(s->p.b.base.transport, &v);
	run(&s->p);
}

#endif
