/* SPDX-License-Identifier: MIT */
/*
 * Bodies that drip. For the handler the response has ended when it says so; for the connection it goes on until the last piece is
 * out. So the exchange's phase, which both look at, is kept at BEGUN meanwhile.
 */
#include "app/http/drip.h"

#include <twc/parse.h>

#include "base/banned.h"

#define TICK_NS (10 * TWC_NS_PER_MS) /* the shortest time between two pieces */

struct twc__http_drop {
	struct twc__http_drop *next;
	struct twc_file *file; /* counted; NULL: the bytes are in data */
	uint64_t at, n;	       /* what is left of it */
	char data[];
};

static void add(struct twc__http_mishap *f, struct twc__http_drop *d)
{
	*f->last = d;
	f->last = &d->next;
	f->total += d->n;
}

static void fail(struct twc__http_mishap *f, int code, const char *text)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, code, "%s", text);
	twc_http_fail(f->x, &err);
}

void twc__http_drip_bytes(struct twc__http_mishap *f, const void *p, size_t n)
{
	struct twc__http_drop *d = NULL;

	if (n > TWC__HTTP_DRIP_BYTES_MAX - f->held) {
		fail(f, TWC_ETOOLONG, "a body that drips is 16 MiB long at most");
		return;
	}
	d = twc_try_malloc(sizeof(*d) + n);
	if (!d) {
		fail(f, TWC_ENOMEM, twc_err_default_text(TWC_ENOMEM));
		return;
	}
	*d = (struct twc__http_drop){ .n = n };
	memcpy(d->data, p, n);
	f->held += n;
	add(f, d);
}

void twc__http_drip_file(struct twc__http_mishap *f, struct twc_file *file, uint64_t offset, uint64_t n)
{
	struct twc__http_drop *d = twc_malloc(sizeof(*d));

	*d = (struct twc__http_drop){ .file = twc_file_ref(file), .at = offset, .n = n };
	add(f, d);
}

static void drop_free(struct twc__http_drop *d)
{
	twc_file_unref(d->file);
	twc_free(d);
}

void twc__http_drip_stop(struct twc__http_mishap *f)
{
	while (f->first) {
		struct twc__http_drop *d = f->first;

		f->first = d->next;
		drop_free(d);
	}
	f->last = &f->first;
	twc_timer_stop(twc_http_reactor(f->x), &f->timer);
}

static void write_part(struct twc__http_mishap *f, struct twc__http_drop *d, uint64_t n)
{
	if (d->file)
		f->filter.inner->write_file(f->x, d->file, d->at, n);
	else
		f->filter.inner->write(f->x, d->data + d->at, (size_t)n);
	d->at += n;
	d->n -= n;
	f->dripped += n;
}

/* As much as is due by now. */
static void write_due(struct twc__http_mishap *f, uint64_t due)
{
	while (f->first && f->dripped < due) {
		struct twc__http_drop *d = f->first;
		uint64_t n = due - f->dripped;

		write_part(f, d, n < d->n ? n : d->n);
		if (d->n)
			continue;
		f->first = d->next;
		if (!f->first)
			f->last = &f->first;
		drop_free(d);
	}
}

/* n * part / all, for part < all <= 10 minutes in microseconds; in two steps, so that nothing overflows. */
static uint64_t part_of(uint64_t n, uint64_t part, uint64_t all)
{
	return n / all * part + n % all * part / all;
}

static void drip(struct twc__http_mishap *f);

static void on_tick(struct twc_timer *t, void *arg)
{
	(void)t;
	drip(arg);
}

static void drip(struct twc__http_mishap *f)
{
	struct twc_http_exchange *x = f->x;
	uint64_t passed = twc_reactor_now(twc_http_reactor(x)) - f->began_ns;
	uint64_t step = f->total ? f->drip_ns / f->total : f->drip_ns;

	if (passed >= f->drip_ns)
		write_due(f, f->total);
	else if (!twc_http_is_full(x))
		write_due(f, part_of(f->total, passed / TWC_NS_PER_US, f->drip_ns / TWC_NS_PER_US));
	if (f->first || passed < f->drip_ns) {
		twc_timer_start(twc_http_reactor(x), &f->timer, step > TICK_NS ? step : TICK_NS, on_tick, f);
		return;
	}
	x->phase = TWC__HTTP_ENDED;
	f->filter.inner->end(x);
	f->filter.inner->wake(x);
}

void twc__http_drip_end(struct twc__http_mishap *f)
{
	f->x->phase = TWC__HTTP_BEGUN;
	if (f->began_ns)
		return; /* it was said before */
	f->began_ns = twc_reactor_now(twc_http_reactor(f->x));
	drip(f);
}
