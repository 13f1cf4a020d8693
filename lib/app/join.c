/* SPDX-License-Identifier: MIT */
/*
 * Two transports joined, both ways: what `connect` is, and `serve --once`. Streams are piped, so that their bytes
 * need not enter the process; only datagrams, bytes to be thrown away, and those that somebody looks at come through
 * data() (join_data.c).
 *
 *	side A (the wire)  ---- twc_transport_pipe ---->  side B (standard input and output, or a second wire)
 *	                   <---------------------------
 *
 * How a side goes: NONE -> UP (made; paused until the other is up) -> GONE (lost). The end of one direction is
 * passed on as the end of one direction; the end of a side, as the end of the join; a reset of one wire, as a reset
 * of the other. `done` comes from the lost() of the last side, when its last byte is out.
 */
#include "app/join.h"

#include <twc/parse.h>

#include <errno.h>
#include <sys/wait.h>

#include "base/banned.h"

#define JOIN_LINGER_NS TWC_NS_PER_S		/* datagrams know no end: wait so long for answers after ours */
#define JOIN_FLUSH_POLL_NS (5 * TWC_NS_PER_MS)	/* how often a queue is looked at before a reset is passed on */

/* ---- ending ---- */

/* Of several failures the one that got furthest decides; one of our own side has no rank and stands. */
void twc__join_note(struct twc_join *j, const struct twc_err *err, int side)
{
	int rank = twc_err_rank(j->err.code);

	if (j->err.code && (rank == 0 || twc_err_rank(err->code) <= rank))
		return;
	j->err = *err;
	j->culprit = side;
}

void twc__join_close(struct twc_join *j)
{
	j->is_closing = true;
	for (int i = 0; i < 2; i++) {
		if (j->side[i].state == SIDE_UP)
			twc_transport_lose(j->side[i].t);
	}
}

static void on_flush(struct twc_timer *t, void *arg)
{
	struct twc_join *j = arg;
	bool is_left = false;

	(void)t;
	for (int i = 0; i < 2; i++) {
		struct twc__join_side *s = &j->side[i];

		if (s->state != SIDE_UP || !s->is_doomed)
			continue;
		if (twc_transport_queued(s->t) == 0)
			twc_transport_abort(s->t);
		else
			is_left = true;
	}
	if (is_left)
		twc_timer_start(j->r, &j->flush, JOIN_FLUSH_POLL_NS, on_flush, j);
}

/* The other side broke: a wire is reset once what had arrived for it is out, standard output is written out. */
static void side_break(struct twc__join_side *s)
{
	struct twc_join *j = s->join;

	j->is_closing = true;
	if (twc__join_is_local(s)) {
		twc_transport_lose(s->t);
		return;
	}
	s->is_doomed = true;
	on_flush(&j->flush, j);
}

static void join_finish(struct twc_join *j)
{
	twc__join_stop_timers(j);
	j->o.done(j->o.arg, j, &j->err);
}

/* ---- what a side hears ---- */

static bool side_is_stream(const struct twc__join_side *s)
{
	return !twc_transport_is_datagram(s->t) && !twc__transport_has_records(s->t);
}

static void join_link(struct twc_join *j)
{
	for (int i = 0; i < 2; i++) {
		if (side_is_stream(&j->side[i]))
			twc__frames_of_stream(&j->frames, j->side[!i].t);
	}
	twc__join_pipe(&j->side[TWC_JOIN_A]);
	twc__join_pipe(&j->side[TWC_JOIN_B]);
	twc__join_watch(j);
	for (int i = 0; i < 2; i++)
		twc_transport_resume(j->side[i].t);
}

static void side_made(struct twc_protocol *p)
{
	struct twc__join_side *s = TWC_CONTAINER_OF(p, struct twc__join_side, proto);
	struct twc_join *j = s->join;

	s->t = p->transport;
	s->state = SIDE_UP;
	s->is_framed = twc__frames_meet(&j->frames, &j->o.filter, s->t, j->o.b_is_stdio);
	twc_transport_confirm(s->t);
	if (j->is_closing || twc__join_other(s)->state == SIDE_GONE) {
		side_break(s);
		return;
	}
	twc_transport_pause(s->t);
	if (!j->o.is_timed_from_start)
		twc__join_start_max(j);
	if (twc__join_other(s)->state == SIDE_UP)
		join_link(j);
}

/* Nothing more comes from `s`, and `o`, a datagram side, has no way to be told: it gets time to answer. */
static void side_end_datagrams(struct twc__join_side *s, struct twc__join_side *o)
{
	struct twc_join *j = s->join;

	if (!twc__join_passes(o)) {
		twc__join_close(j);
		return;
	}
	if (j->until_idle_ns || twc_timer_is_active(&j->linger) || (twc__join_is_local(s) && j->o.b_is_terminal))
		return;
	j->until_idle_ns = JOIN_LINGER_NS;
	twc__join_watch(j);
}

/* Is the end of `s` the end of all? */
static bool side_ends_all(const struct twc__join_side *s)
{
	const struct twc_join *j = s->join;

	if (j->o.eof == TWC_JOIN_EOF_CLOSE || twc__transport_is_over(s->t))
		return true;
	return s == &j->side[TWC_JOIN_A] && twc__join_passes(s) &&
	       (j->o.eof == TWC_JOIN_EOF_PEER || (j->o.b_is_stdio && j->o.b_is_terminal));
}

static void side_eof(struct twc_protocol *p)
{
	struct twc__join_side *s = TWC_CONTAINER_OF(p, struct twc__join_side, proto), *o = twc__join_other(s);
	struct twc_join *j = s->join;

	s->has_ended = true;
	if (o->state != SIDE_UP || j->is_closing)
		return;
	if (s == &j->side[TWC_JOIN_B] && j->o.no_b_to_a)
		return; /* never was a source */
	if (twc__join_holds_end(s) || !twc__join_flush(s, o) || twc__join_keeps_end(s))
		return;
	if (side_ends_all(s)) {
		s->is_refused = twc__join_is_refused(s);
		twc__join_close(j);
		return;
	}
	if (s == &j->side[TWC_JOIN_B])
		twc__join_start_linger(j);
	if (twc_transport_is_datagram(o->t)) {
		side_end_datagrams(s, o);
		return;
	}
	if (j->o.eof != TWC_JOIN_EOF_KEEP || twc__join_is_local(o))
		twc_transport_write_eof(o->t);
	if (o->has_ended || (o == &j->side[TWC_JOIN_B] && j->o.no_b_to_a))
		twc__join_close(j);
}

/* ---- the end of a side ---- */

/* Says which way was cut, and how much had passed. */
static void side_explain(struct twc__join_side *s, const struct twc_err *reason, struct twc_err *err)
{
	const char *when = "";

	*err = *reason;
	if (twc__join_is_local(s) || twc_err_exit(reason->code) != 76) {
		if (reason->code != TWC_ETIMEDOUT || reason->sys != ETIMEDOUT)
			return;
		err->code = TWC_ERESET; /* probes went unanswered: the peer is gone */
	}
	if (s->has_ended && !s->is_refused)
		when = " while sending";
	else if (twc__join_other(s)->has_ended)
		when = " while receiving";
	twc_err_set(err, err->code, "%.140s%s; %llu bytes received, %llu sent", reason->text, when,
		    (unsigned long long)s->count.in, (unsigned long long)s->count.out);
	err->sys = reason->sys;
}

/* A peer that ended its half and was sent nothing has nothing left to lose: that it is gone is no failure. */
static bool side_was_through(const struct twc__join_side *s, const struct twc_err *reason)
{
	return reason->code == TWC_ERESET && s->has_ended && s->count.out == 0 && !twc__join_is_local(s);
}

static void side_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc__join_side *s = TWC_CONTAINER_OF(p, struct twc__join_side, proto), *o = twc__join_other(s);
	struct twc_join *j = s->join;
	struct twc_err refused = { 0 };
	bool is_failed;

	if (s->is_refused && !reason->code) {
		twc_err_set(&refused, TWC_ETRUNC, "the peer closed before all was sent to it");
		reason = &refused;
	}

	s->count.in = twc_transport_bytes_in(s->t);
	s->count.out = twc_transport_bytes_out(s->t);
	s->count.child_status = twc_transport_child_status(s->t);
	if (j->is_cut && s->count.child_status >= 0 && WIFSIGNALED(s->count.child_status))
		s->count.child_status = -1;
	is_failed = reason->code && !side_was_through(s, reason);
	s->state = SIDE_GONE;
	s->t = NULL;
	if (is_failed && !(reason->code == TWC_EABORTED && j->is_closing)) {
		struct twc_err err;

		side_explain(s, reason, &err);
		twc__join_note(j, &err, s == &j->side[TWC_JOIN_B]);
	}
	if (o->state == SIDE_GONE) {
		join_finish(j);
		return;
	}
	if (o->state != SIDE_UP)
		return; /* still dialling: it is broken off when it comes up, or the dialler fails the join */
	if (is_failed)
		side_break(o);
	else
		twc__join_close(j);
}

static const struct twc_protocol_ops side_ops = {
	.name = "join",
	.made = side_made,
	.data = twc__join_data,
	.eof = side_eof,
	.drained = twc__join_drained,
	.lost = side_lost,
};

/* ---- life cycle ---- */

static struct twc_protocol *side_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc__join_side *s = TWC_CONTAINER_OF(f, struct twc__join_side, factory);

	(void)peer;
	if (s->is_built)
		return NULL;
	s->is_built = true;
	return twc__join_entry(s);
}

static const struct twc_factory_ops side_factory_ops = {
	.name = "join",
	.build = side_build,
};

struct twc_join *twc_join_new(struct twc_reactor *r, const struct twc_join_opts *o)
{
	struct twc_join *j = twc_calloc(1, sizeof(*j));

	j->r = r;
	j->o = *o;
	j->until_idle_ns = o->until_idle_ns;
	j->culprit = -1;
	twc__join_data_init(j);
	if (o->is_timed_from_start)
		twc__join_start_max(j);
	for (int i = 0; i < 2; i++) {
		j->side[i].join = j;
		j->side[i].proto.ops = &side_ops;
		j->side[i].factory.ops = &side_factory_ops;
		j->side[i].count.child_status = -1;
	}
	return j;
}

void twc_join_free(struct twc_join *j)
{
	if (!j)
		return;
	twc__join_data_fini(j);
	twc_free(j);
}

struct twc_protocol *twc_join_protocol(struct twc_join *j, enum twc_join_side side)
{
	j->side[side].is_built = true;
	return twc__join_entry(&j->side[side]);
}

struct twc_factory *twc_join_factory(struct twc_join *j, enum twc_join_side side)
{
	return &j->side[side].factory;
}

static void join_failed(struct twc_timer *t, void *arg)
{
	(void)t;
	join_finish(arg);
}

void twc_join_fail(struct twc_join *j, enum twc_join_side side, const struct twc_err *err)
{
	struct twc__join_side *up = NULL;

	twc__join_note(j, err, (int)side);
	j->is_closing = true;
	for (int i = 0; i < 2; i++) {
		if (j->side[i].state == SIDE_UP)
			up = &j->side[i];
		else
			j->side[i].state = SIDE_GONE;
	}
	if (up)
		side_break(up);
	else
		twc_timer_start(j->r, &j->grace, 0, join_failed, j);
}

void twc_join_signal(struct twc_join *j, int signo)
{
	for (int i = 0; i < 2; i++) {
		if (j->side[i].state == SIDE_UP)
			(void)twc_transport_child_kill(j->side[i].t, signo);
	}
}

void twc_join_count(const struct twc_join *j, enum twc_join_side side, struct twc_join_count *c)
{
	const struct twc__join_side *s = &j->side[side];

	*c = s->count;
	if (s->state == SIDE_UP) {
		c->in = twc_transport_bytes_in(s->t);
		c->out = twc_transport_bytes_out(s->t);
	}
}

int twc_join_culprit(const struct twc_join *j)
{
	return j->culprit;
}
