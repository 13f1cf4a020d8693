/* SPDX-License-Identifier: MIT */
/*
 * Records on a stream: the operations of a transport of records, put on top of those it had (see records.h), and its end.
 *
 * Invariant: x->held is what is held below and, once it was refused, what is in `out`.
 */
#include "transport/records_filter.h"

#include <twc/parse.h>

#include <errno.h>

#include "base/banned.h"

#define LOOK_MAX (64 * TWC_NS_PER_MS)

static struct twc__records *records_of(const struct twc_transport *t)
{
	return t->x->records;
}

struct twc_transport *twc__records_transport(const struct twc__records *r)
{
	return r->t;
}

void twc__records_run(struct twc_transport *t)
{
	if (records_of(t)->broken && !(t->flags & TWC__F_LOSING))
		twc_transport_lose(t);
	else
		twc__transport_on_ready(t, TWC_READ);
}

/* ---- farewells, and the time between ---- */

/* Something came or went since the last look. */
static bool has_moved(struct twc__records *r)
{
	uint64_t now = r->wire_in + twc__transport_delivered(r->t), before = r->moved;

	r->moved = now;
	return now != before;
}

static void on_answer_due(struct twc_timer *timer, void *arg)
{
	struct twc__records *r = arg;
	struct twc_transport *t = r->t;
	struct twc_err err = { 0 };

	(void)timer;
	if (has_moved(r) || (!r->ended && (t->pauses || (r->is_patient && !(t->flags & TWC__F_LOSING))))) {
		twc_timer_start(t->r, &r->timer, r->answer_ns, on_answer_due, r);
		return;
	}
	if (t->flags & TWC__F_LOSING && !r->ended) {
		twc__transport_die(t, NULL, false);
		return;
	}
	twc_err_set(&err, TWC_ETIMEDOUT, r->ended ? "the last messages were not taken" : "Close was not answered");
	twc__transport_die(t, &err, r->ended);
}

/* Ours may take long, but nobody waits for it any more when the stream below has ended. There is no event for that. */
static void on_late_look(struct twc_timer *timer, void *arg)
{
	struct twc__records *r = arg;
	char waste[512];
	ssize_t got;

	if (r->t->flags & TWC__F_LOSING) { /* not so long any more */
		twc__records_watch_end(r);
		return;
	}
	got = twc__records_read_below(r, waste, sizeof(waste));
	if (got == 0 || (got < 0 && got != -EAGAIN && got != -EINTR)) {
		r->lower_ended = true;
		twc__transport_settle(r->t);
		return;
	}
	twc_timer_start(r->t->r, timer, LOOK_MAX, on_late_look, r);
}

void twc__records_watch_end(struct twc__records *r)
{
	if (r->ended && !r->said && r->answers_late && !(r->t->flags & TWC__F_LOSING)) {
		twc_timer_start(r->t->r, &r->timer, LOOK_MAX, on_late_look, r);
		return;
	}
	if (r->ended && r->said) {
		twc_timer_stop(r->t->r, &r->timer);
		return;
	}
	(void)has_moved(r);
	twc_timer_start(r->t->r, &r->timer, r->answer_ns, on_answer_due, r);
}

static int records_shutdown(struct twc_transport *t)
{
	struct twc__records *r = records_of(t);
	int rc;

	if (!r->said) {
		r->codec->farewell(r->arg);
		r->said = true;
		if (t->flags & TWC__F_DEAD)
			return 0;
		twc__records_watch_end(r);
	}
	twc__records_forget(r);
	t->flags &= ~(uint32_t)TWC__F_GATHERED;
	rc = twc__records_out_flush(r);
	if (rc == 0 && r->broken) { /* nothing of the peer's is waited for */
		twc__records_go_below(r);
		rc = r->lower->shutdown(t);
		twc__records_come_up(r);
	}
	return rc == -EPIPE || rc == -ECONNRESET ? -ENOTCONN : rc == -EAGAIN ? 0 : rc; /* who has gone needs no farewell */
}

/* ---- the end ---- */

static void on_look(struct twc_timer *timer, void *arg)
{
	struct twc__records *r = arg;

	(void)timer;
	twc__transport_settle(r->t);
}

/* Has the peer ended the stream below, or had its time to do so? There is no event for it: 1 ms, doubling to 64 ms. */
static bool has_waited(struct twc__records *r)
{
	char waste[512];
	ssize_t got;
	uint64_t step;

	if (!r->ended || !r->said || r->lower_ended || r->waited_ns >= r->end_ns || r->t->flags & TWC__F_WRITE_BROKEN)
		return true;
	if (twc_timer_is_active(&r->timer))
		return false;
	got = twc__records_read_below(r, waste, sizeof(waste));
	if (got == 0 || (got < 0 && got != -EAGAIN && got != -EINTR))
		return true;
	step = r->waited_ns < TWC_NS_PER_MS ? TWC_NS_PER_MS : r->waited_ns < LOOK_MAX ? r->waited_ns : LOOK_MAX;
	r->waited_ns += step;
	twc_timer_start(r->t->r, &r->timer, step, on_look, r);
	return false;
}

static bool records_is_finished(struct twc_transport *t)
{
	struct twc__records *r = records_of(t);
	bool finished = true;

	if (!has_waited(r))
		return false;
	if (!r->lower->is_finished)
		return true;
	twc__records_go_below(r);
	if (!r->ended_below) {
		r->ended_below = true;
		(void)r->lower->shutdown(t);
	}
	finished = r->lower->is_finished(t);
	twc__records_come_up(r);
	return finished;
}

/* Behind its farewell the peer hears nothing any more, or so we take it. */
static bool records_is_gone(const struct twc_transport *t)
{
	const struct twc__records *r = records_of(t);

	return (r->ended && (!r->answers_late || r->lower_ended)) || (r->lower->is_gone && r->lower->is_gone(t));
}

static bool records_is_said(const struct twc_transport *t)
{
	const struct twc__records *r = records_of(t);

	return r->ended && r->said;
}

static void records_close(struct twc_transport *t, bool reset)
{
	struct twc__records *r = records_of(t);

	twc__records_forget(r);
	twc_timer_stop(t->r, &r->timer);
	r->codec->closed(r->arg);
	twc__records_go_below(r);
	r->lower->close(t, reset);
	twc__records_come_up(r);
}

static void records_destroy(struct twc_transport *t)
{
	struct twc__records *r = records_of(t);
	const struct twc__transport_ops *lower = r->lower;

	r->codec->free(r->arg);
	twc_buf_fini(&r->in);
	twc_buf_fini(&r->out);
	twc_free(r->err);
	twc_free(r);
	t->x->records = NULL;
	lower->destroy(t);
}

/* ---- what is asked and told ---- */

static int records_flush(struct twc_transport *t)
{
	struct twc__records *r = records_of(t);
	int rc = twc__records_out_flush(r);

	if (rc == 0 && r->codec->drained)
		r->codec->drained(r->arg);
	return rc;
}

static int records_set_events(struct twc_transport *t, unsigned events)
{
	struct twc__records *r = records_of(t);
	int rc;

	if (events & TWC_READ && r->again)
		twc__kick(&r->kick, t, twc__records_run);
	twc__records_go_below(r);
	rc = r->lower->set_events(t, events);
	twc__records_come_up(r);
	return rc;
}

static void records_explain(struct twc_transport *t, int sys, bool is_write, struct twc_err *err)
{
	struct twc__records *r = records_of(t);
	char where[TWC_ADDR_TEXT_MAX];

	if (r->err)
		*err = *r->err;
	else if (r->lower->explain)
		r->lower->explain(t, sys, is_write, err);
	else
		twc_err_from_errno(err, sys, twc_transport_peer_text(t, where, sizeof(where)));
}

static uint64_t records_push(struct twc_transport *t, uint64_t waited_ns)
{
	const struct twc__transport_ops *lower = records_of(t)->lower;

	return lower->push ? lower->push(t, waited_ns) : 0;
}

static void records_peer(const struct twc_transport *t, struct twc_addr *a)
{
	if (records_of(t)->lower->peer)
		records_of(t)->lower->peer(t, a);
}

static void records_host(const struct twc_transport *t, struct twc_addr *a)
{
	if (records_of(t)->lower->host)
		records_of(t)->lower->host(t, a);
}

static const char *records_text(const struct twc_transport *t)
{
	const struct twc__transport_ops *lower = records_of(t)->lower;

	return lower->text ? lower->text(t) : lower->name;
}

static int records_child_status(const struct twc_transport *t)
{
	const struct twc__transport_ops *lower = records_of(t)->lower;

	return lower->child_status ? lower->child_status(t) : -1;
}

static bool records_child_kill(const struct twc_transport *t, int signo)
{
	const struct twc__transport_ops *lower = records_of(t)->lower;

	return lower->child_kill && lower->child_kill(t, signo);
}

/* The socket may be asked how it is; its bytes are not ours to move. */
static enum twc__fd_kind records_kernel_fd(const struct twc_transport *t, unsigned dir, int *fd)
{
	const struct twc__transport_ops *lower = records_of(t)->lower;
	enum twc__fd_kind kind = lower->kernel_fd ? lower->kernel_fd(t, dir, fd) : TWC__FD_NONE;

	return kind == TWC__FD_SOCKET || kind == TWC__FD_COVERED ? TWC__FD_COVERED : TWC__FD_NONE;
}

static const struct twc__transport_ops records_ops = {
	.name = "records",
	.is_datagram = true,
	.has_end = true,
	.lingers = true,
	.has_farewell = true,
	.takes_all = true,
	.take = twc__records_take,
	.is_over = twc__records_is_over,
	.writev = twc__records_writev,
	.flush = records_flush,
	.set_events = records_set_events,
	.shutdown = records_shutdown,
	.is_finished = records_is_finished,
	.is_gone = records_is_gone,
	.is_said = records_is_said,
	.push = records_push,
	.close = records_close,
	.destroy = records_destroy,
	.explain = records_explain,
	.peer = records_peer,
	.host = records_host,
	.text = records_text,
	.child_status = records_child_status,
	.child_kill = records_child_kill,
	.kernel_fd = records_kernel_fd,
};

/* ---- the way in ---- */

static void must(int rc)
{
	if (rc < 0)
		TWC_BUG("a buffer without a limit is full");
}

/* What was written before is no record: it goes first, as it is. */
static void hold_written(struct twc__records *r)
{
	struct twc__outq *q = &r->t->x->q;

	twc__gather_flush(twc__tlayer(r->t->r));
	TWC_ASSERT(!q->hidden);
	for (const struct twc__chunk *c = q->head; c; c = c->next)
		must(twc_buf_add(&r->out, c->data + c->start, c->end - c->start));
	twc__outq_clear(q);
	r->is_stuck = twc_buf_len(&r->out) > 0;
	twc__records_come_up(r);
}

/* What was read before, and put back, is behind what is given here. */
static void take_given(struct twc__records *r, const struct twc__records_start *how)
{
	struct twc__extra *x = r->t->x;
	char *at;

	must(twc_buf_add(&r->in, how->in, how->n_in));
	if (x->back && twc_buf_len(&x->back->bytes)) {
		size_t n = twc_buf_len(&x->back->bytes);

		must(twc_buf_reserve(&r->in, n, &at));
		twc_buf_commit(&r->in, twc__back_take(r->t, at, n));
	}
	r->again = twc_buf_len(&r->in) > 0;
}

struct twc__records *twc__records_start(struct twc_transport *t, const struct twc__records_start *how)
{
	struct twc__extra *x = twc__transport_extra(t);
	struct twc__records *r;

	if (t->flags & (TWC__F_DEAD | TWC__F_LOSING)) {
		how->codec->free(how->arg);
		return NULL;
	}
	r = twc_calloc(1, sizeof(*r));
	TWC_ASSERT(!t->ops->is_datagram && !x->to && !x->from && !x->records);
	r->t = t;
	r->lower = t->ops;
	r->codec = how->codec;
	r->arg = how->arg;
	r->end_ns = how->end_ns;
	r->is_patient = how->is_patient;
	r->answers_late = how->answers_late;
	r->answer_ns = how->answer_ns;
	twc_buf_init(&r->in, SIZE_MAX);
	twc_buf_init(&r->out, SIZE_MAX);
	twc__transport_set_edge(t, false);
	x->records = r;
	hold_written(r);
	take_given(r, how);
	t->ops = &records_ops;
	twc__transport_update(t);
	return r;
}

void twc_transport_by_lines(struct twc_transport *t)
{
	struct twc__records *r = t->x ? t->x->records : NULL;

	if (r && r->codec->by_lines)
		r->codec->by_lines(r->arg);
}

void twc__transport_by_bytes(struct twc_transport *t)
{
	struct twc__records *r = t->x ? t->x->records : NULL;

	if (r && r->codec->by_bytes)
		r->codec->by_bytes(r->arg);
}

void twc__transport_leave(struct twc_transport *t)
{
	struct twc__records *r = t->x ? t->x->records : NULL;

	if (r && r->codec->leave)
		r->codec->leave(r->arg);
	twc_transport_write_eof(t);
}
