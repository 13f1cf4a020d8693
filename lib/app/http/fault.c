/* SPDX-License-Identifier: MIT */
/* Responses broken on their way to the wire. Whatever the handler answers, and in how many pieces, passes here. */
#include "app/http/fault.h"

#include <twc/parse.h>

#include "app/http/drip.h"
#include "base/banned.h"

#define GARBAGE 256
#define NOTHING_TOLD 10 /* bytes that are announced and do not come */
#define LOOK_NS (10 * TWC_NS_PER_MS) /* at what is still queued */

/* splitmix64, of which nothing but an even spread is asked. */
uint64_t twc__http_chance(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static struct twc__http_mishap *fault_of(const struct twc_http_exchange *x)
{
	return TWC_CONTAINER_OF(x->filter, struct twc__http_mishap, filter);
}

/* ---- ends ---- */

/* What was written leaves, and these bytes, and nothing follows. */
static void cut_with(struct twc_http_exchange *x, const void *p, size_t n)
{
	x->phase = TWC__HTTP_ENDED;
	fault_of(x)->filter.inner->break_off(x, TWC__HTTP_BREAK_CLOSE, p, n, NULL);
}

static void cut(struct twc_http_exchange *x)
{
	cut_with(x, NULL, 0);
}

static void on_hang_over(struct twc_timer *t, void *arg)
{
	struct twc_http_exchange *x = arg;
	struct twc_err err = { 0 };

	(void)t;
	twc_err_set(&err, TWC_EABORTED, "ended on purpose");
	fault_of(x)->filter.inner->break_off(x, x->request.version < 20 ? TWC__HTTP_BREAK_CLOSE : TWC__HTTP_BREAK_RESET, NULL, 0, &err);
}

static void hang(struct twc_http_exchange *x)
{
	struct twc__http_mishap *f = fault_of(x);

	x->phase = TWC__HTTP_ENDED;
	f->filter.inner->break_off(x, TWC__HTTP_BREAK_SILENT, NULL, 0, NULL);
	twc_timer_start(twc_http_reactor(x), &f->timer, TWC__HTTP_HANG_NS, on_hang_over, x);
}

static void reset(struct twc_http_exchange *x)
{
	struct twc_err err = { 0 };

	x->phase = TWC__HTTP_ENDED;
	twc_err_set(&err, TWC_EABORTED, "reset on purpose");
	fault_of(x)->filter.inner->break_off(x, TWC__HTTP_BREAK_RESET, NULL, 0, &err);
}

static void garbage(struct twc_http_exchange *x)
{
	uint64_t state = fault_of(x)->seed, octets[GARBAGE / sizeof(uint64_t)];

	for (size_t i = 0; i < TWC_ARRAY_LEN(octets); i++)
		octets[i] = twc__http_chance(&state);
	cut_with(x, octets, sizeof(octets));
}

/* ---- a rate ---- */

static void on_look(struct twc_timer *t, void *arg)
{
	struct twc_http_exchange *x = arg;

	if (twc_transport_queued(x->transport)) {
		twc_timer_start(twc_http_reactor(x), t, LOOK_NS, on_look, x);
		return;
	}
	x->phase = TWC__HTTP_ENDED;
	fault_of(x)->filter.inner->wake(x);
}

/* The limit is the connection's: it has to stay until all of this response is out, so that is when the response ends. */
static void end_at_rate(struct twc_http_exchange *x)
{
	struct twc__http_mishap *f = fault_of(x);

	x->phase = TWC__HTTP_BEGUN;
	if (f->is_waiting)
		return; /* it was said before */
	f->is_waiting = true;
	twc_timer_start(twc_http_reactor(x), &f->timer, LOOK_NS, on_look, x);
}

/* ---- heads ---- */

/* The head, as if the body were of this length. */
static void head_of_length(struct twc_http_exchange *x, uint64_t length)
{
	uint64_t true_length = x->length;

	x->length = length;
	fault_of(x)->filter.inner->head(x, NULL, 0, false);
	x->length = true_length;
}

/* What is no chunk, and no end of one. */
static void bad_chunk(struct twc_http_exchange *x)
{
	cut_with(x, "no chunk\r\n", x->is_chunked ? 10 : 0);
}

static void write_some(struct twc_http_exchange *x, const void *p, size_t n)
{
	if (n)
		fault_of(x)->filter.inner->write(x, p, n);
}

/* A body whose first half passes: of an unknown length, the first half of what is written first. */
static void begin_half(struct twc_http_exchange *x, uint64_t length)
{
	struct twc__http_mishap *f = fault_of(x);

	f->left = length == TWC_HTTP_UNKNOWN ? TWC_HTTP_UNKNOWN : length / 2;
	head_of_length(x, f->kind == TWC__HTTP_FAULT_BAD_CHUNK && x->request.version > 10 ? TWC_HTTP_UNKNOWN : length);
}

static void begin_broken(struct twc_http_exchange *x)
{
	switch (fault_of(x)->kind) {
	case TWC__HTTP_FAULT_TRUNCATE:
	case TWC__HTTP_FAULT_BAD_CHUNK:
		begin_half(x, x->length);
		break;
	case TWC__HTTP_FAULT_WRONG_LENGTH:
		head_of_length(x, x->length == TWC_HTTP_UNKNOWN ? 1 : x->length ? x->length / 2 : NOTHING_TOLD);
		break;
	case TWC__HTTP_FAULT_RESET:
		reset(x);
		break;
	case TWC__HTTP_FAULT_HANG:
		hang(x);
		break;
	case TWC__HTTP_FAULT_GARBAGE:
		garbage(x);
		break;
	case TWC__HTTP_FAULT_NONE:
	case TWC__HTTP_FAULT_CLOSE_EARLY:
		cut(x);
		break;
	}
}

/* Is there no body in which the fault could show? Then the connection ends without a word. */
static bool has_no_place(const struct twc_http_exchange *x, enum twc__http_fault_kind kind)
{
	if (kind == TWC__HTTP_FAULT_WRONG_LENGTH)
		return twc__http_is_bodiless(x);
	return (kind == TWC__HTTP_FAULT_TRUNCATE || kind == TWC__HTTP_FAULT_BAD_CHUNK) && (twc__http_is_bodiless(x) || !x->length);
}

/* ---- the carrier ---- */

static bool takes_half(enum twc__http_fault_kind kind)
{
	return kind == TWC__HTTP_FAULT_TRUNCATE || kind == TWC__HTTP_FAULT_BAD_CHUNK;
}

static void end_half(struct twc_http_exchange *x)
{
	if (fault_of(x)->kind == TWC__HTTP_FAULT_BAD_CHUNK)
		bad_chunk(x);
	else
		cut(x);
}

/* How much of a piece of `n` bytes passes; the cut follows it when that is less. */
static uint64_t pass_of(struct twc__http_mishap *f, uint64_t n)
{
	uint64_t pass;

	if (!takes_half(f->kind))
		return n;
	if (f->left == TWC_HTTP_UNKNOWN)
		f->left = n / 2;
	pass = n < f->left ? n : f->left;
	f->left -= pass;
	return pass;
}

static void fault_write(struct twc_http_exchange *x, const void *p, size_t n)
{
	struct twc__http_mishap *f = fault_of(x);
	size_t pass;

	if (f->is_dripping) {
		twc__http_drip_bytes(f, p, n);
		return;
	}
	pass = (size_t)pass_of(f, n);
	write_some(x, p, pass);
	if (pass < n)
		end_half(x);
}

static void fault_write_file(struct twc_http_exchange *x, struct twc_file *file, uint64_t offset, uint64_t n)
{
	struct twc__http_mishap *f = fault_of(x);
	uint64_t pass;

	if (f->is_dripping) {
		twc__http_drip_file(f, file, offset, n);
		return;
	}
	pass = pass_of(f, n);
	if (pass)
		f->filter.inner->write_file(x, file, offset, pass);
	if (pass < n)
		end_half(x);
}

static void fault_end(struct twc_http_exchange *x)
{
	struct twc__http_mishap *f = fault_of(x);

	if (f->is_dripping)
		twc__http_drip_end(f);
	else if (f->kind)
		cut(x);
	else if (!f->is_waiting)
		f->filter.inner->end(x);
	if (f->rate && !f->kind && !f->is_dripping)
		end_at_rate(x);
}

static void fault_head(struct twc_http_exchange *x, const void *body, size_t n, bool is_whole)
{
	struct twc__http_mishap *f = fault_of(x);

	if (f->kind && has_no_place(x, f->kind)) {
		cut(x);
		return;
	}
	f->is_dripping = f->drip_ns && !f->kind && !twc__http_is_bodiless(x) && x->length;
	if (!f->kind && !f->is_dripping) {
		f->filter.inner->head(x, body, n, is_whole);
		if (f->rate && is_whole)
			end_at_rate(x);
		return;
	}
	if (f->is_dripping)
		f->filter.inner->head(x, NULL, 0, false);
	else
		begin_broken(x);
	if (!is_whole)
		return;
	if (f->is_dripping || takes_half(f->kind) || f->kind == TWC__HTTP_FAULT_WRONG_LENGTH) {
		if (n)
			fault_write(x, body, n);
		if (f->is_dripping || f->kind == TWC__HTTP_FAULT_WRONG_LENGTH)
			fault_end(x);
	}
}

static void fault_inform(struct twc_http_exchange *x, int status)
{
	fault_of(x)->filter.inner->inform(x, status);
}

static void fault_fail(struct twc_http_exchange *x, const struct twc_err *err)
{
	twc__http_drip_stop(fault_of(x));
	fault_of(x)->filter.inner->fail(x, err);
}

static void fault_wake(struct twc_http_exchange *x)
{
	fault_of(x)->filter.inner->wake(x);
}

static void fault_break_off(struct twc_http_exchange *x, enum twc__http_break how, const void *p, size_t n, const struct twc_err *err)
{
	fault_of(x)->filter.inner->break_off(x, how, p, n, err);
}

static struct twc_transport *fault_seize(struct twc_http_exchange *x)
{
	return fault_of(x)->filter.inner->seize(x);
}

static bool fault_is_full(const struct twc_http_exchange *x)
{
	return fault_of(x)->filter.inner->is_full(x);
}

/* What goes wrong with a response does not with another protocol. */
static bool fault_upgrade(struct twc_http_exchange *x, struct twc_str name, struct twc_protocol *p)
{
	return fault_of(x)->filter.inner->upgrade(x, name, p);
}

static const struct twc__http_carrier fault_carrier = {
	.head = fault_head,
	.inform = fault_inform,
	.write = fault_write,
	.write_file = fault_write_file,
	.end = fault_end,
	.fail = fault_fail,
	.wake = fault_wake,
	.break_off = fault_break_off,
	.seize = fault_seize,
	.is_full = fault_is_full,
	.upgrade = fault_upgrade,
};

/* ---- life ---- */

static void fault_over(struct twc__http_filter *filter, struct twc_http_exchange *x)
{
	struct twc__http_mishap *f = TWC_CONTAINER_OF(filter, struct twc__http_mishap, filter);

	twc_timer_stop(twc_http_reactor(x), &f->timer);
	twc__http_drip_stop(f);
	if (f->rate)
		twc_transport_limit_rate(x->transport, 0, 0);
}

/* What waits or drips on purpose is not waited for: often its client has given up, which was the point. */
static void fault_stopping(struct twc__http_filter *filter, struct twc_http_exchange *x)
{
	struct twc__http_mishap *f = TWC_CONTAINER_OF(filter, struct twc__http_mishap, filter);

	f->drip_ns = 0;
	if (twc_timer_is_active(&f->timer))
		twc_timer_start(twc_http_reactor(x), &f->timer, 0, f->timer.fn, f->timer.arg);
}

void twc__http_mishap_put(struct twc__http_mishap *f, struct twc_http_exchange *x)
{
	f->x = x;
	f->last = &f->first;
	f->filter.over = fault_over;
	f->filter.stopping = fault_stopping;
	twc__http_exchange_filter(x, &f->filter, &fault_carrier);
	if (f->rate)
		twc_transport_limit_rate(x->transport, f->rate, 0);
}
