/* SPDX-License-Identifier: MIT */
/*
 * A response that is said bit by bit, in so many units over so much time, and no faster than the client takes it. What is due is
 * computed from the time that has passed, so units that are nearer to each other than a timer can tell leave together.
 */
#include "app/http/bin.h"

#include "base/banned.h"

#define TICK_NS TWC_NS_PER_MS /* timers are not started for less */

static void flow_pump(struct twc__bin_flow *f);

static void on_timer(struct twc_timer *t, void *arg)
{
	(void)t;
	flow_pump(arg);
}

static void flow_begin(struct twc_timer *t, void *arg)
{
	struct twc__bin_flow *f = arg;

	(void)t;
	if (twc_http_has_ended(f->x))
		return;
	f->started = twc_reactor_now(twc_http_reactor(f->x));
	twc_http_set_status(f->x, f->status);
	twc_http_begin(f->x, f->length);
	if (twc_http_request(f->x)->method_id == TWC_HTTP_HEAD)
		f->units = 0;
	flow_pump(f);
}

/* From the first unit on, which is said at once, they are spread so that the last comes at the end of the duration. */
static uint64_t units_due(const struct twc__bin_flow *f, uint64_t passed)
{
	if (passed >= f->duration_ns || f->units < 2)
		return f->units;
	return 1 + (uint64_t)((double)passed / (double)f->duration_ns * (double)(f->units - 1));
}

static void wait_for_next(struct twc__bin_flow *f, uint64_t passed)
{
	uint64_t at = (uint64_t)((double)f->done / (double)(f->units - 1) * (double)f->duration_ns);
	uint64_t ns = at > passed + TICK_NS ? at - passed : TICK_NS;

	twc_timer_start(twc_http_reactor(f->x), &f->timer, ns, on_timer, f);
}

static void flow_pump(struct twc__bin_flow *f)
{
	uint64_t passed = twc_reactor_now(twc_http_reactor(f->x)) - f->started;
	uint64_t due = units_due(f, passed);

	if (twc_http_has_ended(f->x))
		return;
	while (f->done < due && !twc_http_is_full(f->x)) {
		uint64_t n = due - f->done < f->batch ? due - f->done : f->batch;

		f->write(f, f->done, n);
		f->done += n;
	}
	if (f->done == f->units)
		twc_http_end(f->x);
	else if (f->done == due)
		wait_for_next(f, passed);
}

/* ---- the exchange ---- */

static void on_drained(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_flow *f = arg;

	if (twc_http_has_begun(x))
		flow_pump(f);
}

static void on_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct twc__bin_flow *f = arg;

	(void)err;
	twc_timer_stop(twc_http_reactor(x), &f->timer);
	twc_buf_fini(&f->text);
	twc_free(f);
}

static const struct twc_http_exchange_ops flow_ops = { .drained = on_drained, .ended = on_ended };

void twc__bin_flow_start(const struct twc__bin_flow *from)
{
	struct twc__bin_flow *f = twc_malloc(sizeof(*f));

	*f = *from;
	twc_http_watch(f->x, &flow_ops, f);
	if (f->delay_ns)
		twc_timer_start(twc_http_reactor(f->x), &f->timer, f->delay_ns, flow_begin, f);
	else
		flow_begin(NULL, f);
}

void twc__bin_flow_slice(struct twc__bin_flow *f, uint64_t first, uint64_t n)
{
	size_t from = (size_t)(first * f->unit_len), len = (size_t)(n * f->unit_len), all = twc_buf_len(&f->text);

	if (len > all - from)
		len = all - from;
	twc_http_write(f->x, twc_buf_head(&f->text) + from, len);
}
