/* SPDX-License-Identifier: MIT */
/*
 * Content codings undone (RFC 9110, 8.4): a chain of stages, the last coding that was put on first. Above:
 * whoever reads a body; below: coding_zlib.c, coding_brotli.c, coding_zstd.c, which know one format each.
 *
 * A stage has a scratch of fixed size and works only when what it made before was taken; the one nearest to
 * the end that can do something does it. So nothing grows, whatever the ratio, and the callback may stop the
 * chain after any piece.
 */
#include "protocol/http/coding.h"

#include "protocol/http/coding_stage.h"

#include <twc/http_message.h>

#include "base/banned.h"

#define SCRATCH 16384
#define RATIO_FROM 1048576 /* decoded bytes from which on the ratio is looked at */
#define SHOWN_MAX 64

struct stage {
	const struct twc__http_stage_ops *ops;
	const char *name;
	void *state;  /* owned */
	uint8_t *out; /* owned: what was made; out[start..end) was not yet taken by the next */
	size_t start;
	size_t end;
};

struct twc__http_decoder {
	struct twc__http_decoder_opts o;
	struct stage stage[TWC__HTTP_CODINGS_MAX];
	size_t n_stages;
	uint64_t n_in;
	uint64_t n_out;
	struct twc_err err; /* the failure, which stays */
};

static const struct coding {
	const char *name;
	const struct twc__http_stage_ops *ops; /* NULL: changes nothing */
} codings_known[] = {
	{ "gzip", &twc__http_stage_gzip },
	{ "x-gzip", &twc__http_stage_gzip },
	{ "deflate", &twc__http_stage_deflate },
	{ "br", &twc__http_stage_brotli },
	{ "zstd", &twc__http_stage_zstd },
	{ "identity", NULL },
	{ "none", NULL }, /* no coding of that name is registered; servers mean that there is none */
};

const char *twc__http_accept_encoding(void)
{
	return "gzip, deflate, br, zstd";
}

static const struct coding *coding_find(struct twc_str name)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(codings_known); i++)
		if (twc_str_eq_nocase(name, twc_str_of(codings_known[i].name)))
			return &codings_known[i];
	return NULL;
}

/* The next name of the list that is not empty. */
static bool next_name(struct twc_str *rest, struct twc_str *name)
{
	while (twc_str_cut(rest, ',', name)) {
		*name = twc_str_trim(*name);
		if (name->n > 0)
			return true;
	}
	return false;
}

bool twc__http_decoder_is_needed(struct twc_str codings)
{
	struct twc_str name;

	while (next_name(&codings, &name))
		if (!twc_str_eq_nocase(name, TWC_STR("identity")) && !twc_str_eq_nocase(name, TWC_STR("none")))
			return true;
	return false;
}

/* Stages in the order of the list: which is the order in which the codings were put on. */
static int decoder_list(struct twc__http_decoder *d, struct twc_str codings, struct twc_err *err)
{
	char shown[SHOWN_MAX];
	struct twc_str name;

	while (next_name(&codings, &name)) {
		const struct coding *c = coding_find(name);

		twc_escape(shown, sizeof(shown), name);
		if (!c)
			return twc_err_set(err, TWC_EPROTO, "unknown content coding \"%s\"; known are %s", shown,
					   twc__http_accept_encoding());
		if (!c->ops)
			continue;
		if (d->n_stages == TWC__HTTP_CODINGS_MAX)
			return twc_err_set(err, TWC_ETOOLONG, "more than %d content codings", TWC__HTTP_CODINGS_MAX);
		d->stage[d->n_stages++] = (struct stage){ .ops = c->ops, .name = c->name };
	}
	return 0;
}

struct twc__http_decoder *twc__http_decoder_new(struct twc_str codings, const struct twc__http_decoder_opts *o,
						struct twc_err *err)
{
	struct twc__http_decoder *d = twc_calloc(1, sizeof(*d));

	d->o = *o;
	if (decoder_list(d, codings, err) < 0)
		goto fail;
	for (size_t i = 0; i < d->n_stages / 2; i++) {
		struct stage *a = &d->stage[i], *b = &d->stage[d->n_stages - 1 - i], was = *a;

		*a = *b;
		*b = was;
	}
	for (size_t i = 0; i < d->n_stages; i++) {
		d->stage[i].out = twc_try_malloc(SCRATCH);
		d->stage[i].state = d->stage[i].ops->open();
		if (!d->stage[i].out || !d->stage[i].state) {
			twc_err_set(err, TWC_ENOMEM, "out of memory");
			goto fail;
		}
	}
	return d;
fail:
	twc__http_decoder_free(d);
	return NULL;
}

void twc__http_decoder_free(struct twc__http_decoder *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_stages; i++) {
		if (d->stage[i].state)
			d->stage[i].ops->close(d->stage[i].state);
		twc_free(d->stage[i].out);
	}
	twc_free(d);
}

/* ---- out ---- */

static int too_much(struct twc__http_decoder *d, struct twc_err *err)
{
	return twc_err_set(err, TWC_ETOOLONG, "the decoded body is larger than %llu bytes",
			   (unsigned long long)d->o.max);
}

/* What is within the limit is put out before the limit is an error: how much that is does not depend on the
 * pieces. */
static int decoder_put(struct twc__http_decoder *d, const uint8_t *p, size_t n, struct twc_err *err)
{
	uint64_t room = d->o.max ? d->o.max - d->n_out : UINT64_MAX;
	size_t k = n < room ? n : (size_t)room;
	int rc = 0;

	d->n_out += k;
	if (d->o.max_ratio && d->n_out > RATIO_FROM && d->n_out / d->o.max_ratio > d->n_in)
		return twc_err_set(err, TWC_ETOOLONG, "the body decodes to more than %u times its size",
				   (unsigned)d->o.max_ratio);
	if (k > 0)
		rc = d->o.out(d->o.arg, p, k, err);
	return rc >= 0 && k < n ? too_much(d, err) : rc;
}

/* ---- in ---- */

/* One step of stage i, from the one before it or from *in. *did: it took or made something. 1: paused. */
static int decoder_step(struct twc__http_decoder *d, size_t i, struct twc_str *in, bool *did, struct twc_err *err)
{
	struct stage *s = &d->stage[i], *before = i > 0 ? s - 1 : NULL;
	struct twc_str from = *in;
	size_t n;
	int rc, put = 0;

	if (before)
		from = (struct twc_str){ (const char *)before->out + before->start, before->end - before->start };
	n = from.n;
	s->start = 0;
	rc = s->ops->step(s->state, &from, s->out, SCRATCH, &s->end, err);
	n -= from.n;
	*did = n > 0 || s->end > 0;
	if (before) {
		before->start += n;
	} else {
		*in = from;
		d->n_in += n;
	}
	if (i == d->n_stages - 1 && s->end > 0) {
		struct twc_err out_err = { 0 };

		put = decoder_put(d, s->out, s->end, &out_err);
		s->end = 0;
		if (put < 0 && err)
			*err = out_err;
	}
	return put < 0 || rc == 0 ? put : rc;
}

static int decoder_run(struct twc__http_decoder *d, struct twc_str *in, struct twc_err *err)
{
	bool did = true;
	int rc;

	while (did) {
		did = false;
		for (size_t i = d->n_stages; i-- > 0 && !did;) {
			if (d->stage[i].start < d->stage[i].end)
				continue; /* the next one has not taken it all */
			rc = decoder_step(d, i, in, &did, err);
			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

static int decoder_fail(struct twc__http_decoder *d, int code, struct twc_err *err)
{
	d->err.code = code;
	if (err)
		*err = d->err;
	return code;
}

int twc__http_decoder_feed(struct twc__http_decoder *d, struct twc_str *in, struct twc_err *err)
{
	struct twc_str all = *in;
	int rc;

	if (d->err.code)
		return decoder_fail(d, d->err.code, err);
	if (d->n_stages > 0) {
		rc = decoder_run(d, in, &d->err);
	} else {
		d->n_in += all.n;
		*in = (struct twc_str){ all.p + all.n, 0 };
		rc = all.n > 0 ? decoder_put(d, (const uint8_t *)all.p, all.n, &d->err) : 0;
	}
	return rc < 0 ? decoder_fail(d, rc, err) : rc;
}

int twc__http_decoder_finish(struct twc__http_decoder *d, struct twc_err *err)
{
	size_t i;

	if (d->err.code)
		return decoder_fail(d, d->err.code, err);
	if (d->n_in == 0)
		return 0;
	for (i = 0; i < d->n_stages; i++)
		if (!d->stage[i].ops->is_whole(d->stage[i].state))
			break;
	if (i == d->n_stages)
		return 0;
	twc_err_set(&d->err, TWC_ETRUNC, "the body ends in the middle of its %s", d->stage[i].name);
	return decoder_fail(d, TWC_ETRUNC, err);
}
