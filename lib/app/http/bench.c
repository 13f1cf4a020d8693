/* SPDX-License-Identifier: MIT */
/*
 * A load: who is asked when, and when it is over. Connections are opened first; when all stand, or have failed, requests begin
 * (with a ramp they begin with the first connection). A request is *taken* by a slot (bench_slot.c) which has room for it, and ends
 * once, answered or failed.
 *
 *	opening -> running (warm-up, then measured) -> closing (those under way are waited for) -> over
 *
 * No timer is started for a request: time limits are looked at some times a second. In the closed model a slot that is free takes the
 * next request at once; in the open one it waits for the schedule's next, or takes one that is late already.
 */
#include "app/http/bench_int.h"

#include <twc/parse.h>

#include <stdio.h>

#include "base/banned.h"

#define OPENING_NS TWC_NS_PER_S /* for connections that neither stand nor fail */
#define SWEEPS 20		/* in the time of a request */
#define SWEEP_MIN_NS TWC_NS_PER_MS
#define SWEEP_MAX_NS (100 * TWC_NS_PER_MS)

/* ---- the end ---- */

static void on_finish(struct twc_timer *t, void *arg)
{
	struct twc_http_bench *b = arg;
	struct twc_err err = b->result->err;

	(void)t;
	if (b->o.ended)
		b->o.ended(b->o.arg, &err);
	else /* of a worker, whose result is where it belongs */
		twc_reactor_stop(b->r);
}

static void bench_finish(struct twc_http_bench *b, bool was_cut)
{
	uint64_t now = twc_reactor_clock(b->r);

	if (b->is_over)
		return;
	b->is_over = true;
	twc_timer_stop(b->r, &b->due);
	twc_timer_stop(b->r, &b->sweep);
	twc_timer_stop(b->r, &b->limit);
	twc_timer_stop(b->r, &b->opening);
	for (unsigned i = 0; i < b->n_slots; i++)
		twc__bench_slot_end(&b->slot[i]);
	if (!b->result->began_ns)
		b->result->began_ns = now;
	if (was_cut)
		b->result->ended_ns = now;
	else
		b->result->ended_ns = b->is_closing && b->end_ns > b->last_ns ? b->end_ns : b->last_ns ? b->last_ns : now;
	if (b->is_running && b->left > 0 && b->o.rate) {
		uint64_t unsent = twc__bench_schedule_waiting(&b->schedule, now < b->end_ns ? now : b->end_ns);

		b->result->unsent = unsent < b->left ? unsent : b->left;
	}
	twc_timer_start(b->r, &b->finish, 0, on_finish, b);
}

static void bench_fail(struct twc_http_bench *b, const struct twc_err *err)
{
	if (!b->result->err.code)
		b->result->err = *err;
	bench_finish(b, true);
}

static void bench_maybe_finish(struct twc_http_bench *b)
{
	if (b->under_way == 0 && (b->is_closing || b->left == 0))
		bench_finish(b, false);
}

/* ---- a request begins ---- */

/* Somebody is to be asked at some time to come, by the schedule. */
static bool is_expecting(const struct twc_http_bench *b)
{
	return b->is_running && !b->is_closing && !b->is_over && b->left > 0 && twc__bench_schedule_next(&b->schedule) < b->end_ns;
}

static void on_due(struct twc_timer *t, void *arg);

static void await_due(struct twc_http_bench *b)
{
	uint64_t due = twc__bench_schedule_next(&b->schedule), now = twc_reactor_now(b->r);

	if (!twc_timer_is_active(&b->due))
		twc_timer_start(b->r, &b->due, due > now ? due - now : 0, on_due, b);
}

/* As many of those that are idle as there are requests due. */
static void on_due(struct twc_timer *t, void *arg)
{
	struct twc_http_bench *b = arg;
	struct twc__list *first;

	(void)t;
	while (!twc__list_is_empty(&b->idle) && is_expecting(b) &&
	       twc__bench_schedule_next(&b->schedule) <= twc_reactor_clock(b->r)) {
		first = b->idle.next;
		twc__list_remove(first); /* the next one is another's */
		twc__bench_slot_feed(TWC_CONTAINER_OF(first, struct twc__bench_slot, link));
	}
	if (!twc__list_is_empty(&b->idle) && is_expecting(b))
		await_due(b);
}

/* Takes the schedule's next, due or not. */
static void job_begin(struct twc_http_bench *b, struct twc__bench_job *job, uint64_t intended, uint64_t now)
{
	job->intended_ns = intended;
	job->sent_ns = now;
	job->first_byte_ns = 0;
	job->number = b->schedule.made * b->schedule.n + b->schedule.index;
	job->bytes_in = job->bytes_out = 0;
	job->status = 0;
	job->is_measured = intended >= b->measure_ns;
	b->schedule.made++;
	b->under_way++;
	if (job->is_measured)
		b->left--;
}

bool twc__bench_take(struct twc_http_bench *b, struct twc__bench_job *job)
{
	uint64_t now, due;

	if (b->n_back > 0 && !b->is_over) {
		*job = b->back[--b->n_back];
		job->sent_ns = twc_reactor_clock(b->r);
		return true;
	}
	if (!b->is_running || b->is_closing || b->is_over || b->left == 0)
		return false;
	due = now = twc_reactor_clock(b->r);
	if (b->schedule.rate > 0)
		due = twc__bench_schedule_next(&b->schedule);
	if (due >= b->end_ns)
		return false;
	if (due > now) {
		await_due(b);
		return false;
	}
	job_begin(b, job, due, now);
	return true;
}

bool twc__bench_take_anyway(struct twc_http_bench *b, struct twc__bench_job *job)
{
	uint64_t now = twc_reactor_clock(b->r);

	if (b->is_closing || b->is_over || b->left == 0)
		return false;
	job_begin(b, job, now, now);
	if (!job->is_measured && !b->is_running) { /* there is no measuring without a connection */
		job->is_measured = true;
		b->left--;
	}
	return true;
}

/* ---- and ends ---- */

static void tell_sample(struct twc_http_bench *b, const struct twc__bench_slot *s, const struct twc__bench_job *job, uint64_t now,
			int status, int failure)
{
	const struct twc_http_bench_sample sample = {
		.intended_ns = job->intended_ns,
		.sent_ns = job->sent_ns,
		.first_byte_ns = job->first_byte_ns,
		.done_ns = now,
		.bytes = job->bytes_in,
		.status = status,
		.has_failed = failure >= 0,
		.failure = failure >= 0 ? (enum twc_http_bench_failure)failure : TWC_HTTP_BENCH_OTHER,
		.connection = s && s->state == TWC__BENCH_READY ? s->connection : 0,
	};

	b->o.sample(b->o.arg, &sample);
}

static void note_failure(struct twc__bench_result *r, enum twc_http_bench_failure f, const char *text)
{
	r->errors++;
	if (r->failure[f]++ > 0)
		return;
	snprintf(r->text[f], sizeof(r->text[f]), "%.*s", (int)sizeof(r->text[f]) - 1, text);
}

static void note_bytes(struct twc__bench_result *r, const struct twc__bench_job *job)
{
	r->bytes_in += job->bytes_in;
	r->bytes_out += job->bytes_out;
}

static void note_status(struct twc__bench_result *r, int status)
{
	char text[64];

	snprintf(text, sizeof(text), "status %d %s", status, twc_http_reason(status));
	note_failure(r, TWC_HTTP_BENCH_STATUS, text);
}

void twc__bench_answered(struct twc__bench_slot *s, const struct twc__bench_job *job, int status, uint64_t now)
{
	struct twc_http_bench *b = s->b;
	struct twc__bench_result *r = b->result;

	s->busy--;
	s->failures = 0;
	b->under_way--;
	if (job->is_measured) {
		b->last_ns = now;
		r->answered++;
		r->status[status]++;
		note_bytes(r, job);
		twc__histogram_add(&r->time[TWC_HTTP_BENCH_LATENCY], now - job->intended_ns);
		twc__histogram_add(&r->time[TWC_HTTP_BENCH_FIRST_BYTE], job->first_byte_ns - job->sent_ns);
		if (b->o.rate > 0)
			twc__histogram_add(&r->time[TWC_HTTP_BENCH_UNCORRECTED], now - job->sent_ns);
		if (status >= 400)
			note_status(r, status);
		if (b->o.sample)
			tell_sample(b, s, job, now, status, status >= 400 ? TWC_HTTP_BENCH_STATUS : -1);
	}
	if (b->under_way == 0)
		bench_maybe_finish(b);
}

void twc__bench_job_failed(struct twc_http_bench *b, struct twc__bench_slot *s, const struct twc__bench_job *job,
			   const struct twc_err *err, bool is_dial)
{
	enum twc_http_bench_failure f = twc__bench_classify(err, is_dial, b->is_tls);

	b->under_way--;
	if (job->is_measured) {
		b->result->unanswered++;
		b->result->status[job->status] += job->status > 0;
		note_bytes(b->result, job);
		note_failure(b->result, f, err->text);
		if (b->o.sample)
			tell_sample(b, s, job, twc_reactor_clock(b->r), job->status, (int)f);
	}
	bench_maybe_finish(b);
}

void twc__bench_failed(struct twc__bench_slot *s, const struct twc__bench_job *job, const struct twc_err *err)
{
	s->busy--;
	s->failures++;
	twc__bench_job_failed(s->b, s, job, err, false);
}

void twc__bench_given_back(struct twc__bench_slot *s, const struct twc__bench_job *job)
{
	struct twc_http_bench *b = s->b;

	s->busy--;
	if (b->n_back == b->back_cap) {
		b->back_cap = b->back_cap ? 2 * b->back_cap : 16;
		b->back = twc_realloc(b->back, b->back_cap * sizeof(*b->back));
	}
	b->back[b->n_back++] = *job;
}

/* ---- time ---- */

/* Of those that wait for another connection. */
static void expire_back(struct twc_http_bench *b, uint64_t before_ns)
{
	struct twc_err err = { 0 };
	size_t kept = 0, n = b->n_back;

	twc_err_set(&err, TWC_ETIMEDOUT, "no other connection in time, after GOAWAY");
	b->n_back = 0; /* nothing takes one meanwhile */
	for (size_t i = 0; i < n; i++) {
		if (b->back[i].sent_ns >= before_ns)
			b->back[kept++] = b->back[i];
		else if (!b->is_over)
			twc__bench_job_failed(b, NULL, &b->back[i], &err, true);
	}
	b->n_back = kept;
}

static void on_sweep(struct twc_timer *t, void *arg)
{
	struct twc_http_bench *b = arg;
	uint64_t now = twc_reactor_clock(b->r);

	(void)t;
	if (now < b->o.timeout_ns)
		return;
	for (unsigned i = 0; i < b->opened && !b->is_over; i++)
		twc__bench_slot_expire(&b->slot[i], now - b->o.timeout_ns);
	if (b->n_back > 0)
		expire_back(b, now - b->o.timeout_ns);
}

static void on_limit(struct twc_timer *t, void *arg)
{
	struct twc_http_bench *b = arg;

	(void)t;
	b->is_closing = true;
	bench_maybe_finish(b);
}

/* Requests are made from now on. */
static void bench_run(struct twc_http_bench *b)
{
	uint64_t now = twc_reactor_clock(b->r);

	b->is_running = true;
	b->schedule.begin_ns = now;
	b->measure_ns = now + b->o.ramp_ns + b->o.warmup_ns;
	b->end_ns = b->o.duration_ns ? b->measure_ns + b->o.duration_ns : UINT64_MAX;
	b->result->began_ns = b->measure_ns;
	if (b->o.duration_ns)
		twc_timer_start(b->r, &b->limit, b->end_ns - twc_reactor_now(b->r), on_limit, b);
	for (unsigned i = 0; i < b->opened && !b->is_over; i++)
		twc__bench_slot_feed(&b->slot[i]);
}

/* ---- opening ---- */

static void on_opening(struct twc_timer *t, void *arg)
{
	struct twc_http_bench *b = arg;

	(void)t;
	if (!b->is_running)
		bench_run(b);
}

/* A connection for each request is dialled when there is one; but the first of all, which tells where it leads. */
static void slot_open(struct twc_http_bench *b)
{
	struct twc__bench_slot *s = &b->slot[b->opened++];

	if (!b->o.no_keepalive || b->opened == 1) {
		twc__bench_slot_dial(s);
		return;
	}
	s->has_settled = true;
	b->settled++;
	if (b->is_running)
		twc__bench_slot_feed(s);
}

static void on_ramp(struct twc_timer *t, void *arg)
{
	struct twc_http_bench *b = arg;

	for (uint64_t i = 0; i <= t->skipped && b->opened < b->n_slots && !b->is_over; i++)
		slot_open(b);
	if (b->opened == b->n_slots || b->is_over)
		twc_timer_stop(b->r, t);
}

/* All but the first. */
static void bench_open(struct twc_http_bench *b)
{
	if (b->o.ramp_ns > 0) {
		bench_run(b);
		if (b->n_slots > 1)
			twc_timer_every(b->r, &b->opening, b->o.ramp_ns / b->n_slots + 1, on_ramp, b);
		return;
	}
	while (b->opened < b->n_slots && !b->is_over)
		slot_open(b);
	if (b->settled == b->n_slots && !b->is_over)
		bench_run(b);
	else if (!b->is_over)
		twc_timer_start(b->r, &b->opening, OPENING_NS, on_opening, b);
}

/* What no further attempt can change. */
static bool is_final(const struct twc_err *err)
{
	return err->code == TWC_EUSAGE || err->code == TWC_ENOINPUT || err->code == TWC_ECONFIG;
}

void twc__bench_settled(struct twc_http_bench *b, struct twc__bench_slot *s, const struct twc_err *err)
{
	if (b->is_over || s->has_settled)
		return;
	s->has_settled = true;
	b->settled++;
	if (err && is_final(err))
		bench_fail(b, err);
	else if (b->settled == b->n_slots && !b->has_stood)
		bench_finish(b, false); /* there is no server */
	else if (b->opened == 1 && b->n_slots > 1 && !b->is_running)
		bench_open(b);
	else if (b->settled == b->n_slots && !b->is_running)
		bench_run(b);
}

/* ---- whose machine it is ---- */

static bool is_own_machine(const struct twc_http_bench *b, const struct twc_transport *t)
{
	struct twc_addr peer, host;

	if (b->is_tunnelled)
		return false;
	twc_transport_peer(t, &peer);
	twc_transport_host(t, &host);
	return peer.kind == TWC_ADDR_NONE || twc_addr_is_loopback(&peer) || twc_addr_eq_host(&peer, &host);
}

bool twc__bench_may_ask(struct twc_http_bench *b, const struct twc_transport *t)
{
	struct twc_err err = { 0 };

	if (b->o.opened && b->index == 0)
		b->o.opened(b->o.arg, t);
	b->o.opened = NULL;
	if (b->is_known || is_own_machine(b, t)) {
		b->is_known = true;
		return true;
	}
	twc_err_set(&err, TWC_EUSAGE, "%.120s is not this machine, and a load may take a server down", b->host);
	bench_fail(b, &err);
	return false;
}

/* ---- its life ---- */

static uint64_t share(uint64_t all, unsigned n, unsigned index)
{
	return all / n + (index < all % n);
}

void twc__bench_begin(struct twc_http_bench *b)
{
	const struct twc_http_bench_opts *o = &b->o;
	uint64_t sweep = o->timeout_ns / SWEEPS;

	b->left = o->requests ? share(o->requests, o->workers, b->index) : UINT64_MAX;
	b->n_slots = (unsigned)share(o->connections, o->workers, b->index);
	if (b->n_slots > b->left)
		b->n_slots = (unsigned)b->left;
	b->measure_ns = b->end_ns = UINT64_MAX;
	b->schedule = (struct twc__bench_schedule){ .rate = o->rate, .n = o->workers, .index = b->index };
	b->is_known = !o->own_machine;
	b->slot = twc_calloc(b->n_slots ? b->n_slots : 1, sizeof(*b->slot));
	for (unsigned i = 0; i < b->n_slots; i++)
		twc__bench_slot_init(&b->slot[i], b, b->kind->is_multiplexed ? o->streams : 1);
	if (b->n_slots == 0) {
		bench_finish(b, false);
		return;
	}
	sweep = sweep < SWEEP_MIN_NS ? SWEEP_MIN_NS : sweep > SWEEP_MAX_NS ? SWEEP_MAX_NS : sweep;
	twc_timer_every(b->r, &b->sweep, sweep, on_sweep, b);
	slot_open(b);
	if (b->is_over || b->is_running || b->settled > 0)
		return;
	if (b->n_slots == 1 && o->ramp_ns > 0)
		bench_run(b);
	else if (b->n_slots == 1)
		twc_timer_start(b->r, &b->opening, OPENING_NS, on_opening, b);
}

int twc_http_bench_start(struct twc_http_bench *b, struct twc_err *err)
{
	if (b->team)
		return twc__bench_team_start(b->team, err);
	twc__bench_begin(b);
	return 0;
}

void twc_http_bench_stop(struct twc_http_bench *b)
{
	if (b->team)
		twc__bench_team_stop(b->team);
	else
		bench_finish(b, true);
}
