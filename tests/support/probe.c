/* SPDX-License-Identifier: MIT */
/* The callbacks, each of which adds to what was heard. See probe.h. */
#include "support/probe.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

static struct probe *enter(struct twc_protocol *base)
{
	struct probe *p = (struct probe *)base;

	assert_false(p->in_call);
	assert_false(p->is_lost);
	p->in_call = true;
	return p;
}

static void probe_made(struct twc_protocol *base)
{
	struct probe *p = enter(base);

	assert_false(p->is_made);
	p->is_made = true;
	if (p->on_made)
		p->on_made(p);
	p->in_call = false;
}

static void probe_data(struct twc_protocol *base, const uint8_t *data, size_t n)
{
	struct probe *p = enter(base);

	assert_true(p->is_made);
	assert_false(p->has_eof);
	p->datas++;
	p->got = realloc(p->got, p->n + n + 1);
	assert_non_null(p->got);
	memcpy(p->got + p->n, data, n);
	p->n += n;
	p->got[p->n] = 0;
	if (p->on_data)
		p->on_data(p, data, n);
	p->in_call = false;
}

static void probe_eof(struct twc_protocol *base)
{
	struct probe *p = enter(base);

	assert_true(p->is_made);
	assert_false(p->has_eof);
	p->has_eof = true;
	if (p->on_eof)
		p->on_eof(p);
	p->in_call = false;
}

static void probe_drained(struct twc_protocol *base)
{
	struct probe *p = enter(base);

	p->drains++;
	if (p->on_drained)
		p->on_drained(p);
	p->in_call = false;
}

static void probe_lost(struct twc_protocol *base, const struct twc_err *reason)
{
	struct probe *p = enter(base);

	assert_true(p->is_made);
	p->is_lost = true;
	p->reason = *reason;
	if (p->on_lost)
		p->on_lost(p);
	p->in_call = false;
}

static const struct twc_protocol_ops probe_ops = {
	.name = "probe",
	.made = probe_made,
	.data = probe_data,
	.eof = probe_eof,
	.drained = probe_drained,
	.lost = probe_lost,
};

void probe_init(struct probe *p)
{
	*p = (struct probe){ .base.ops = &probe_ops };
}

void probe_fini(struct probe *p)
{
	assert_true(p->is_lost || !p->is_made);
	free(p->got);
	p->got = NULL;
}
