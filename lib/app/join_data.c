/* SPDX-License-Identifier: MIT */
/* The bytes of a join: piped when nobody has to look at them; else through pace, frames, codec and quota, copied. */
#include "app/join.h"

#include "base/banned.h"

/* A line that passed now would be dropped, or queued above the mark. */
static bool local_must_wait(struct twc_protocol *p)
{
	const struct twc__join_side *s = TWC_CONTAINER_OF(p, struct twc__join_side, proto);

	return s->is_waiting || s->join->is_closing;
}

void twc__join_data_init(struct twc_join *j)
{
	twc__frames_init(&j->frames, &j->o.filter);
	if (j->o.filter.line_delay_ns)
		twc__pace_init(&j->pace, j->o.filter.line_delay_ns, &j->side[TWC_JOIN_B].proto, local_must_wait);
}

void twc__join_data_fini(struct twc_join *j)
{
	twc__frames_fini(&j->frames);
	twc__pace_fini(&j->pace);
}

struct twc_protocol *twc__join_entry(struct twc__join_side *s)
{
	struct twc_join *j = s->join;

	return s == &j->side[TWC_JOIN_B] && j->o.filter.line_delay_ns ? &j->pace.proto : &s->proto;
}

void twc__join_pipe(struct twc__join_side *s)
{
	struct twc__join_side *o = twc__join_other(s);

	if (s == &s->join->side[TWC_JOIN_A] &&
	    (s->join->o.received || (s->join->o.holds_empty_end && !s->join->has_heard)))
		return; /* somebody looks at the bytes, or waits for the first */
	if (s == &s->join->side[TWC_JOIN_B] && s->join->o.filter.line_delay_ns)
		return;
	if (twc__join_passes(s) && s->is_framed == o->is_framed &&
	    !twc__filter_copies(&s->join->o.filter))
		twc_transport_pipe(s->t, o->t);
}

/* The last step: to the transport, encoded when it is the wire. */
static void side_write(void *arg, const uint8_t *p, size_t n)
{
	struct twc__join_side *to = arg;
	struct twc_join *j = to->join;

	if (to == &j->side[TWC_JOIN_A])
		twc__codec_send(&j->codec, &j->o.filter, to->t, p, n);
	else
		twc_transport_write(to->t, p, n);
}

/* From `s` to the other side: a stream and datagrams, or messages, meet in frames. */
static int side_pass(struct twc__join_side *s, const uint8_t *p, size_t n, struct twc_err *err)
{
	struct twc__join_side *o = twc__join_other(s);
	if (s->is_framed == o->is_framed) {
		side_write(o, p, n);
		return 0;
	}
	if (!s->is_framed)
		return twc__frames_split(&s->join->frames, p, n, side_write, o, err);
	twc__frames_join(&s->join->frames, p, n, side_write, o);
	return 0;
}

/* What the codec has left of the wire's bytes. */
static void wire_pass(void *arg, const uint8_t *p, size_t n)
{
	struct twc__join_side *s = arg;
	struct twc_join *j = s->join;

	if (j->o.received)
		j->o.received(j->o.arg, p, n, s->is_framed);
	if (!twc__join_passes(s) || twc__join_other(s)->state != SIDE_UP ||
	    twc__quota_is_used_up(&j->quota, &j->o.filter))
		return;
	n = twc__quota_take(&j->quota, &j->o.filter, n, s->is_framed);
	(void)side_pass(s, p, n, NULL); /* only what is ours can be framed wrongly */
	if (twc__quota_is_used_up(&j->quota, &j->o.filter))
		twc__join_close(j);
}

static void local_data(struct twc__join_side *s, const uint8_t *data, size_t n)
{
	struct twc_join *j = s->join;
	const uint8_t *escape = j->o.filter.has_escape ? memchr(data, j->o.filter.escape, n) : NULL;
	struct twc_err err = { 0 };

	if (escape)
		n = (size_t)(escape - data);
	if (n && twc__join_passes(s) && twc__join_other(s)->state == SIDE_UP && side_pass(s, data, n, &err) < 0)
		twc__join_expire(j, &err);
	else if (escape)
		twc__join_close(j);
}

bool twc__join_holds_end(struct twc__join_side *s)
{
	struct twc_join *j = s->join;

	if (s != &j->side[TWC_JOIN_B] || !j->o.holds_empty_end || j->o.eof != TWC_JOIN_EOF_HALF || j->o.linger_ns)
		return false;
	if (j->has_heard || j->side[TWC_JOIN_A].has_ended || twc_transport_bytes_in(s->t) > 0)
		return false;
	j->is_held = true;
	return true;
}

bool twc__join_keeps_end(struct twc__join_side *s)
{
	const struct twc__join_side *o = twc__join_other(s);

	return s->join->o.keeps_empty_end && twc__join_is_local(s) && twc__transport_has_records(o->t) && !o->has_ended &&
	       twc_transport_bytes_in(s->t) == 0;
}

/* A's first bytes have passed: the next ones may do so on their own, and B's end, if it was kept back, goes out. */
static void join_heard(struct twc_join *j)
{
	struct twc__join_side *a = &j->side[TWC_JOIN_A];

	j->has_heard = true;
	if (j->is_closing || a->state != SIDE_UP || j->side[TWC_JOIN_B].state != SIDE_UP)
		return;
	twc__join_pipe(a);
	if (j->is_held)
		twc_transport_write_eof(a->t);
}

void twc__join_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc__join_side *s = TWC_CONTAINER_OF(p, struct twc__join_side, proto), *o = twc__join_other(s);
	struct twc_join *j = s->join;
	struct twc_err err = { 0 };

	if (s == &j->side[TWC_JOIN_A]) {
		if (twc__codec_receive(&j->codec, &j->o.filter, s->t, data, n, wire_pass, s, &err) < 0)
			twc_transport_fail(s->t, &err);
		if (j->o.holds_empty_end && !j->has_heard)
			join_heard(j);
	} else {
		local_data(s, data, n);
	}
	if (twc__join_passes(s) && o->state == SIDE_UP && twc_transport_is_full(o->t) && !s->is_waiting) {
		s->is_waiting = true;
		twc_transport_pause(s->t);
	}
}

void twc__join_drained(struct twc_protocol *p)
{
	struct twc__join_side *s = TWC_CONTAINER_OF(p, struct twc__join_side, proto), *o = twc__join_other(s);

	if (o->state == SIDE_UP && o->is_waiting) {
		o->is_waiting = false;
		twc_transport_resume(o->t);
		if (o == &o->join->side[TWC_JOIN_B])
			twc__pace_go(&o->join->pace);
	}
}

bool twc__join_is_refused(struct twc__join_side *s)
{
	const struct twc_join *j = s->join;
	const struct twc__join_side *o = twc__join_other(s);

	if (!twc__transport_has_records(s->t) || o->has_ended || !twc__join_passes(o))
		return false;
	if (j->o.eof == TWC_JOIN_EOF_CLOSE || j->o.eof == TWC_JOIN_EOF_PEER || (twc__join_is_local(o) && j->o.b_is_terminal))
		return false;
	return twc__transport_has_input(o->t);
}

bool twc__join_flush(struct twc__join_side *s, struct twc__join_side *o)
{
	struct twc_err err = { 0 };

	if (!twc__join_passes(s) || s->is_framed || !o->is_framed ||
	    twc__frames_end(&s->join->frames, side_write, o, &err) == 0)
		return true;
	twc__join_expire(s->join, &err);
	return false;
}

void twc_join_window(struct twc_join *j, uint16_t columns, uint16_t rows)
{
	const struct twc__join_side *s = &j->side[TWC_JOIN_A];

	twc__codec_window(&j->codec, s->state == SIDE_UP ? s->t : NULL, columns, rows);
}
