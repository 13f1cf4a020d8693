/* SPDX-License-Identifier: MIT */
/*
 * What one protocol was given too much of, for the next: bytes that came behind the last message of the old are read once
 * more before those of the wire. They lie above every filter, so what was decrypted stays so.
 */
#include "transport/transport_priv.h"

#include "base/banned.h"

void twc__transport_unread(struct twc_transport *t, const void *p, size_t n)
{
	struct twc__extra *x = twc__transport_extra(t);

	TWC_ASSERT(!t->ops->is_datagram);
	if (n == 0 || t->flags & TWC__F_DEAD)
		return;
	if (!x->back)
		x->back = twc_calloc(1, sizeof(*x->back));
	TWC_ASSERT(twc_buf_len(&x->back->bytes) == 0);
	twc_buf_init(&x->back->bytes, n);
	if (twc_buf_add(&x->back->bytes, p, n) < 0)
		TWC_BUG("more than was read is put back");
	t->bytes_in -= t->bytes_in < n ? t->bytes_in : n;
	twc__transport_update(t);
}

/* The kick goes with them: it must not be queued any more when they do. */
static void back_shrink(struct twc__extra *x)
{
	if (twc_buf_len(&x->back->bytes) > 0)
		return;
	twc_buf_fini(&x->back->bytes);
	if (!x->back->kick.is_queued)
		twc__back_free(x);
}

size_t twc__back_take(struct twc_transport *t, char *buf, size_t n)
{
	struct twc_buf *bytes = &t->x->back->bytes;

	n = twc_buf_len(bytes) < n ? twc_buf_len(bytes) : n;
	memcpy(buf, twc_buf_head(bytes), n);
	twc_buf_consume(bytes, n);
	back_shrink(t->x);
	return n;
}

/* They may have been read by an event's turn meanwhile; then there may be nothing else, and a read would wait. */
static void on_kick(struct twc_transport *t)
{
	if (twc_buf_len(&t->x->back->bytes) > 0)
		twc__transport_on_ready(t, TWC_READ);
	else
		twc__back_free(t->x);
}

void twc__back_tell(struct twc_transport *t)
{
	if (twc_buf_len(&t->x->back->bytes) > 0)
		twc__kick(&t->x->back->kick, t, on_kick);
}

void twc__back_free(struct twc__extra *x)
{
	if (!x->back)
		return;
	twc_buf_fini(&x->back->bytes);
	twc_free(x->back);
	x->back = NULL;
}
