/* SPDX-License-Identifier: MIT */
/*
 * Records as they come: the stream is read by the piece, which is decoded where it lies, and each record is handed out from there.
 *
 * Invariants: `in` is empty when the codec has said that it needs more; nothing is decoded behind the peer's farewell, nor behind a
 * violation of the rules, but the stream is read on to its end, so that no reset destroys our last word.
 */
#include "transport/records_filter.h"

#include <errno.h>

#include "base/banned.h"

#define READ_MAX (64 * 1024 - 1) /* what a buffer has room for that is a power of two */

ssize_t twc__records_read_below(struct twc__records *r, char *buf, size_t n)
{
	ssize_t got;

	twc__records_go_below(r);
	got = r->lower->read(r->t, buf, n);
	twc__records_come_up(r);
	r->lower_ended = r->lower_ended || got == 0;
	if (got > 0)
		r->wire_in += (uint64_t)got;
	return got;
}

static int fail(struct twc__records *r, const struct twc_err *err)
{
	if (!r->err)
		r->err = twc_malloc(sizeof(*r->err));
	*r->err = *err;
	return -EPROTO;
}

/* Nothing of it is ours any more, but the end. */
static ssize_t discard(struct twc__records *r)
{
	char waste[4096];
	ssize_t got;

	for (int i = 0; i < 64; i++) {
		got = twc__records_read_below(r, waste, sizeof(waste));
		if (got <= 0)
			return got;
	}
	r->again = true;
	return -EAGAIN;
}

/* It is lost from the loop, when what it says to the peer has left. */
static ssize_t violated(struct twc__records *r, const struct twc_err *err)
{
	r->broken = r->said = true; /* the codec has said it */
	r->again = false;
	twc_buf_fini(&r->in);
	twc__transport_blame(r->t, err);
	twc__outq_clear(&r->t->x->q);
	twc__kick(&r->kick, r->t, twc__records_run);
	return -EAGAIN;
}

static ssize_t stream_ended(struct twc__records *r)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_ETRUNC, "the connection ended without a Close");
	return fail(r, &err);
}

static ssize_t ended(struct twc__records *r, const struct twc_err *err)
{
	r->ended = true;
	r->again = false;
	if (err->code)
		twc__transport_blame(r->t, err);
	twc__records_watch_end(r);
	return 0;
}

/* What of `in` the codec wants. 0: it needs more; 1: *p and *n are a record; else the outcome is *n. */
static int decode(struct twc__records *r, const char **p, ssize_t *n)
{
	while (twc_buf_len(&r->in) > 0) {
		struct twc__record_in in = { .p = (uint8_t *)r->in.data + r->in.start, .n = twc_buf_len(&r->in) };
		size_t before = in.n;
		struct twc_err err = { 0 };
		int rc = r->codec->decode(r->arg, &in, &err);

		twc_buf_consume(&r->in, before - in.n);
		if (rc < 0 || rc == TWC__RECORD_END) {
			*n = rc < 0 ? violated(r, &err) : ended(r, &err);
			return -1;
		}
		if (rc == TWC__RECORD_WHOLE) {
			*p = in.record;
			*n = (ssize_t)in.size;
			return 1;
		}
	}
	return 0;
}

bool twc__records_is_over(const struct twc_transport *t)
{
	const struct twc__records *r = t->x->records;

	return r->ended || r->broken;
}

ssize_t twc__records_take(struct twc_transport *t, const char **p)
{
	struct twc__records *r = t->x->records;
	ssize_t got, n = 0;
	char *at;
	int rc;

	if (r->codec->released)
		r->codec->released(r->arg);
	if (r->ended)
		return 0;
	if (r->broken)
		return discard(r);
	for (;;) {
		rc = decode(r, p, &n);
		if (rc != 0) {
			r->again = rc > 0;
			return n;
		}
		if (r->emptied) {
			r->emptied = r->again = false;
			twc_buf_fini(&r->in); /* idle connections stay small */
			twc_buf_init(&r->in, SIZE_MAX);
			return -EAGAIN;
		}
		twc_buf_clear(&r->in);
		if (twc_buf_reserve(&r->in, READ_MAX, &at) < 0)
			return -ENOMEM;
		got = twc__records_read_below(r, at, READ_MAX);
		if (got == 0)
			return stream_ended(r);
		r->emptied = got < READ_MAX;
		if (got > 0)
			twc_buf_commit(&r->in, (size_t)got);
		else if (got != -EAGAIN && got != -EINTR)
			return got;
	}
}
