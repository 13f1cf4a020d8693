/* SPDX-License-Identifier: MIT */
/*
 * Standard input and output joined with one connection after another. What is read is kept until the kernel has taken
 * it, so that a connection that breaks loses nothing of the rest; what the kernel had taken is told to the owner.
 *
 *	dialling (retry.c) -> up -> lost --+-- another may follow: wait, dialling …
 *	                                   +-- over: standard output is written out -> done
 */
#include "transport/transport_int.h"

#include <twc/app.h>
#include <twc/buf.h>
#include <twc/parse.h>
#include <twc/protocol.h>

#include "base/banned.h"

#define HELD_MAX (4 * 1024 * 1024) /* far above what marks and reads let come together */
#define GRACE_NS (5 * TWC_NS_PER_S) /* what standard output may take after a time limit */

struct twc_reconnect {
	struct twc_protocol wire_proto, local_proto;
	struct twc_factory factory;
	struct twc_reactor *r;
	struct twc_reconnect_opts o;
	const struct twc_endpoint *e;	/* borrowed */
	struct twc_factory *outer;	/* borrowed */
	struct twc_deferred *dial;	/* our hold, until it has a result */
	struct twc_transport *wire;	/* borrowed; NULL between connections */
	struct twc_transport *local;	/* borrowed; NULL before the first connection, and at the end */
	struct twc_buf held;		/* read, as it is sent, and not yet taken by the kernel */
	struct twc_crlf crlf;		/* of all that is read, whatever connection it goes to */
	uint64_t past_in, past_out;	/* bytes of the connections before this one */
	uint64_t sent;			/* of what was read, taken by the kernel on this connection */
	uint64_t n_lost;
	struct twc_timer max, grace;
	struct twc_err err; /* of the whole */
	bool local_waits;   /* paused by us: no connection, or it is full */
	bool wire_waits;    /* paused by us: standard output is full */
	bool in_ended;
	bool is_over;
	bool is_stopped; /* the owner wants to hear no more */
};

/* ---- the end ---- */

static void dial_drop(struct twc_reconnect *x)
{
	struct twc_deferred *dial = x->dial;

	if (!dial)
		return;
	x->dial = NULL;
	if (!twc_deferred_has_result(dial))
		twc_deferred_cancel(dial);
	twc_deferred_release(dial);
}

static void on_grace(struct twc_timer *t, void *arg)
{
	struct twc_reconnect *x = arg;

	(void)t;
	if (x->local)
		twc_transport_abort(x->local);
}

static void finish(struct twc_reconnect *x)
{
	twc_timer_stop(x->r, &x->grace);
	if (!x->is_stopped)
		x->o.done(x->o.arg, &x->err);
}

static void on_finish(struct twc_timer *t, void *arg)
{
	(void)t;
	finish(arg);
}

/* Reports when both ends are gone. `err` may be NULL, or clean. */
static void end(struct twc_reconnect *x, const struct twc_err *err)
{
	if (x->is_over)
		return;
	x->is_over = true;
	if (err)
		x->err = *err;
	twc_timer_stop(x->r, &x->max);
	dial_drop(x);
	if (x->wire)
		twc_transport_abort(x->wire);
	if (x->local)
		twc_transport_lose(x->local);
	if (!x->wire && !x->local)
		twc_timer_start(x->r, &x->grace, 0, on_finish, x);
}

static void on_max(struct twc_timer *t, void *arg)
{
	struct twc_reconnect *x = arg;
	struct twc_err err = { 0 };
	char text[32];

	(void)t;
	twc_err_set(&err, TWC_ETIMEDOUT, "not finished after %s", twc_format_duration(text, sizeof(text), x->o.max_ns));
	twc_timer_start(x->r, &x->grace, GRACE_NS, on_grace, x);
	end(x, &err);
}

/* ---- input ---- */

/* Input waits unless there is a connection with room. */
static void local_update(struct twc_reconnect *x)
{
	bool must_wait = !x->wire || twc_transport_is_full(x->wire);

	if (!x->local || must_wait == x->local_waits)
		return;
	x->local_waits = must_wait;
	if (must_wait)
		twc_transport_pause(x->local);
	else
		twc_transport_resume(x->local);
}

/* Forgets what the kernel has taken. */
static void held_trim(struct twc_reconnect *x)
{
	uint64_t out = twc_transport_bytes_out(x->wire), taken = out > x->o.words.n ? out - x->o.words.n : 0;

	twc_buf_consume(&x->held, (size_t)(taken - x->sent));
	x->sent = taken;
}

static void send_held(struct twc_reconnect *x, const uint8_t *data, size_t n)
{
	struct twc_err err = { 0 };
	int rc = twc_buf_add(&x->held, data, n);

	if (rc) {
		twc_err_set(&err, rc, "no room for what was read");
		end(x, &err);
		return;
	}
	twc_transport_write(x->wire, data, n);
	local_update(x);
}

static void local_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_reconnect *x = TWC_CONTAINER_OF(p, struct twc_reconnect, local_proto);
	uint8_t *lines;

	if (x->is_over || !x->wire)
		return; /* paused: there is none between connections */
	held_trim(x);
	if (!x->o.crlf) {
		send_held(x, data, n);
		return;
	}
	lines = twc_malloc(2 * n + 1);
	send_held(x, lines, twc_crlf_encode(&x->crlf, data, n, lines));
	twc_free(lines);
}

static void local_eof(struct twc_protocol *p)
{
	struct twc_reconnect *x = TWC_CONTAINER_OF(p, struct twc_reconnect, local_proto);

	if (x->o.in < 0)
		return; /* never was a source */
	x->in_ended = true;
	if (x->wire)
		twc_transport_write_eof(x->wire);
}

static void local_drained(struct twc_protocol *p)
{
	struct twc_reconnect *x = TWC_CONTAINER_OF(p, struct twc_reconnect, local_proto);

	if (!x->wire_waits || !x->wire)
		return;
	x->wire_waits = false;
	twc_transport_resume(x->wire);
}

static void local_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc_reconnect *x = TWC_CONTAINER_OF(p, struct twc_reconnect, local_proto);

	x->local = NULL;
	if (reason->code && !x->err.code)
		x->err = *reason;
	if (!x->is_over)
		end(x, NULL);
	else if (!x->wire)
		finish(x);
}

static const struct twc_protocol_ops local_ops = {
	.name = "reconnect-stdio",
	.data = local_data,
	.eof = local_eof,
	.drained = local_drained,
	.lost = local_lost,
};

static void local_open(struct twc_reconnect *x)
{
	struct twc_err err = { 0 };

	x->local = twc_transport_from_stdio(x->r, x->o.in, x->o.out, true, "stdio", &x->local_proto, &err);
	if (!x->local)
		end(x, &err);
	else if (x->o.max_ns)
		twc_timer_start(x->r, &x->max, x->o.max_ns, on_max, x);
}

/* ---- the connection ---- */

static void wire_made(struct twc_protocol *p)
{
	struct twc_reconnect *x = TWC_CONTAINER_OF(p, struct twc_reconnect, wire_proto);

	x->wire = p->transport;
	twc_transport_by_lines(x->wire);
	twc__transport_by_bytes(x->wire);
	x->sent = 0;
	x->wire_waits = false;
	twc_transport_confirm(x->wire);
	twc_transport_write(x->wire, x->o.words.p, x->o.words.n);
	twc_transport_write(x->wire, twc_buf_head(&x->held), twc_buf_len(&x->held));
	if (x->in_ended)
		twc_transport_write_eof(x->wire);
}

static void wire_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_reconnect *x = TWC_CONTAINER_OF(p, struct twc_reconnect, wire_proto);

	if (!x->local)
		return;
	twc_transport_write(x->local, data, n);
	if (twc_transport_is_full(x->local) && !x->wire_waits) {
		x->wire_waits = true;
		twc_transport_pause(x->wire);
	}
}

static void wire_eof(struct twc_protocol *p)
{
	twc_transport_lose(p->transport);
}

static void wire_drained(struct twc_protocol *p)
{
	local_update(TWC_CONTAINER_OF(p, struct twc_reconnect, wire_proto));
}

static void reconnect_dial(struct twc_reconnect *x, unsigned failed);

/* All there was to send has been sent, and no more will come. */
static bool is_through(const struct twc_reconnect *x)
{
	return x->in_ended && twc_buf_len(&x->held) == 0;
}

static void say_broken(struct twc_reconnect *x, const struct twc_err *reason, uint64_t received)
{
	if (x->o.broken)
		x->o.broken(x->o.arg, reason, received, x->sent, twc_buf_len(&x->held));
}

static void wire_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc_reconnect *x = TWC_CONTAINER_OF(p, struct twc_reconnect, wire_proto);
	struct twc_err err = *reason;
	uint64_t received = twc_transport_bytes_in(x->wire);

	held_trim(x);
	x->past_in += received;
	x->past_out += twc_transport_bytes_out(x->wire);
	x->wire = NULL;
	local_update(x);
	if (x->is_over) {
		if (!x->local)
			finish(x);
		return;
	}
	if (!is_through(x) && x->n_lost < x->o.times) {
		x->n_lost++;
		say_broken(x, reason, received);
		reconnect_dial(x, 1);
		return;
	}
	if (reason->code || twc_buf_len(&x->held) > 0)
		twc_err_set(&err, reason->code ? reason->code : TWC_ERESET,
			    "%.120s; %llu bytes received, %llu sent, %zu not sent",
			    reason->code ? reason->text : "closed by the peer", (unsigned long long)received,
			    (unsigned long long)x->sent, twc_buf_len(&x->held));
	end(x, &err);
}

static const struct twc_protocol_ops wire_ops = {
	.name = "reconnect",
	.made = wire_made,
	.data = wire_data,
	.eof = wire_eof,
	.drained = wire_drained,
	.lost = wire_lost,
};

static struct twc_protocol *wire_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_reconnect *x = TWC_CONTAINER_OF(f, struct twc_reconnect, factory);

	(void)peer;
	if (x->wire || x->is_over)
		return NULL;
	x->wire_proto = (struct twc_protocol){ .ops = &wire_ops };
	return &x->wire_proto;
}

static const struct twc_factory_ops wire_factory_ops = {
	.name = "reconnect",
	.build = wire_build,
};

/* ---- dialling ---- */

static void on_dialled(struct twc_result *res, void *arg)
{
	struct twc_reconnect *x = arg;

	if (res->err.code) {
		if (res->err.code != TWC_ECANCELLED)
			end(x, &res->err);
		twc_result_set(res, NULL, NULL);
	} else if (!x->local && x->wire) {
		local_open(x);
	} else {
		local_update(x);
	}
}

static void reconnect_dial(struct twc_reconnect *x, unsigned failed)
{
	struct twc_retry_opts o = x->o.retry;

	dial_drop(x);
	o.failed = failed;
	x->dial = twc_retry_connect(x->e, x->r, x->outer, &o);
	twc_deferred_add_both(x->dial, on_dialled, x);
}

/* ---- life cycle ---- */

struct twc_reconnect *twc_reconnect_new(struct twc_reactor *r, const struct twc_reconnect_opts *o)
{
	struct twc_reconnect *x = twc_calloc(1, sizeof(*x));

	x->r = r;
	x->o = *o;
	x->local_proto.ops = &local_ops;
	x->factory.ops = &wire_factory_ops;
	twc_buf_init(&x->held, HELD_MAX);
	return x;
}

void twc_reconnect_free(struct twc_reconnect *x)
{
	if (!x)
		return;
	twc_buf_fini(&x->held);
	twc_free(x);
}

struct twc_factory *twc_reconnect_factory(struct twc_reconnect *x)
{
	return &x->factory;
}

void twc_reconnect_start(struct twc_reconnect *x, const struct twc_endpoint *e, struct twc_factory *f)
{
	x->e = e;
	x->outer = f;
	reconnect_dial(x, 0);
}

void twc_reconnect_stop(struct twc_reconnect *x)
{
	x->is_over = true;
	x->is_stopped = true;
	dial_drop(x);
}

void twc_reconnect_count(const struct twc_reconnect *x, uint64_t *in, uint64_t *out)
{
	*in = x->past_in + (x->wire ? twc_transport_bytes_in(x->wire) : 0);
	*out = x->past_out + (x->wire ? twc_transport_bytes_out(x->wire) : 0);
}
