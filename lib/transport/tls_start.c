/* SPDX-License-Identifier: MIT */
/*
 * A stream becomes TLS: the filter is made and put on top of what the transport had. What was written before goes first, in
 * the clear.
 */
#include "transport/tls_filter.h"

#include "base/banned.h"

/* What was written before is not for TLS: it goes first, as it is. */
static void hold_plaintext(struct twc__tls *s)
{
	struct twc__outq *q = &s->t->x->q;

	twc__gather_flush(twc__tlayer(s->t->r));
	TWC_ASSERT(!q->hidden);
	for (const struct twc__chunk *c = q->head; c; c = c->next) {
		if (twc_buf_add(&s->out, c->data + c->start, c->end - c->start) < 0)
			TWC_BUG("a buffer without a limit is full");
	}
	twc__outq_clear(q);
	twc__tls_count_held(s);
}

void twc_transport_start_tls(struct twc_transport *t, const struct twc_tls_start *how)
{
	struct twc__extra *x = twc__transport_extra(t);
	struct twc__tls *s;
	BIO *bio;

	if (t->flags & (TWC__F_DEAD | TWC__F_LOSING))
		return;
	TWC_ASSERT(!t->ops->is_datagram && !x->to && !x->from);
	s = twc_calloc(1, sizeof(*s));
	s->t = t;
	s->lower = t->ops;
	s->below = x->tls;
	s->ctx = how->ctx;
	s->done = how->done;
	s->arg = how->arg;
	twc__tls_ctx_ref(s->ctx);
	twc__tls_ctx_refresh(s->ctx, t->r);
	twc_buf_init(&s->out, SIZE_MAX);
	twc_buf_init(&s->in, TWC__CIPHER);
	twc_buf_init(&s->back, TWC__READ_BUF);
	s->ssl = SSL_new(s->ctx->ssl);
	bio = BIO_new(s->ctx->bio);
	if (!s->ssl || !bio)
		TWC_BUG("out of memory in OpenSSL");
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	SSL_set_bio(s->ssl, bio, bio);
	twc__tls_ctx_prepare(s->ctx, s->ssl, how);
	twc__transport_set_edge(t, false);
	if (s->below)
		s->below->above = s;
	x->tls = s;
	hold_plaintext(s);
	t->ops = &twc__tls_ops;
	twc__kick(&s->kick, t, twc__tls_run); /* the client speaks first; and what has come already */
	twc__transport_update(t);
}

SSL *twc__tls_ssl(const struct twc_transport *t)
{
	const struct twc__tls *s = t->x ? t->x->tls : NULL;

	return s && s->state != TWC__TLS_HANDSHAKE ? s->ssl : NULL;
}
