/* SPDX-License-Identifier: MIT */
/*
 * The life cycle of every transport, in one place. No other file calls a protocol.
 *
 *   begin -> made -> (data | eof | drained)* -> dead -> lost -> gone
 *
 * Nothing here calls a protocol from inside a call the protocol made: lose, abort and a failed write only mark
 * and bury; the reactor's last phase (deaths) delivers `lost`. So callbacks never nest and every pointer stays
 * valid until the end of the turn. ending.c goes the steps of a clean end, events.c waits for what comes next.
 */
#include "transport/transport_priv.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/banned.h"

/* ---- making ---- */

void twc__transport_init(struct twc_transport *t, const struct twc__transport_ops *ops, struct twc_reactor *r)
{
	t->ops = ops;
	t->r = r;
	t->id = twc__tlayer_number(twc__tlayer(r));
	t->refs = 1; /* the connection's own; given up when lost was delivered */
}

struct twc__extra *twc__transport_extra(struct twc_transport *t)
{
	if (!t->x) {
		t->x = twc_calloc(1, sizeof(*t->x));
		t->x->high = TWC__MARK_HIGH;
		t->x->low = TWC__MARK_LOW;
		t->x->kp.rd = t->x->kp.wr = -1;
	}
	return t->x;
}

void twc__transport_begin(struct twc_transport *t, struct twc_protocol *p, unsigned flags)
{
	struct twc__tlayer *l = twc__tlayer(t->r);

	t->proto = p;
	p->transport = t;
	t->flags |= TWC__F_MADE;
	t->next = l->live;
	if (t->next)
		t->next->prev = t;
	l->live = t;
	if (p->ops->made)
		p->ops->made(p);
	if ((flags & TWC__READ_NOW) && !t->pauses && !(t->flags & TWC__F_DEAD))
		twc__transport_on_ready(t, TWC_READ);
	twc__transport_update(t);
}

void twc_transport_ref(struct twc_transport *t)
{
	TWC_ASSERT(t->refs < UINT16_MAX);
	t->refs++;
}

static void transport_free(struct twc_transport *t)
{
	struct twc__extra *x = t->x;

	t->ops->destroy(t); /* a filter finds its own in the extra */
	if (!x)
		return;
	twc__outq_clear(&x->q);
	twc_free(x->peer);
	twc_free(x->reason);
	twc_free(x->linger);
	twc_free(x->rate);
	twc_free(x->edge);
	twc__back_free(x);
	twc_free(x);
}

void twc_transport_unref(struct twc_transport *t)
{
	TWC_ASSERT(t->refs > 0);
	if (--t->refs == 0)
		transport_free(t);
}

/* ---- the end ---- */

static void transport_lost(struct twc__death *d)
{
	struct twc_transport *t = TWC_CONTAINER_OF(d, struct twc_transport, death);
	struct twc_protocol *p = t->proto;
	struct twc_err reason = { 0 };

	t->flags |= TWC__F_LOST;
	t->proto = NULL;
	if (t->x && t->x->reason)
		reason = *t->x->reason;
	if (p)
		p->ops->lost(p, &reason);
	if (t->x && t->x->on_gone)
		t->x->on_gone(t->x->on_gone_arg);
	twc_transport_unref(t);
}

void twc__transport_blame(struct twc_transport *t, const struct twc_err *reason)
{
	struct twc__extra *x = twc__transport_extra(t);

	if (x->reason)
		return;
	x->reason = twc_malloc(sizeof(*x->reason));
	*x->reason = *reason;
}

void twc__transport_die(struct twc_transport *t, const struct twc_err *reason, bool reset)
{
	if (t->flags & TWC__F_DEAD)
		return;
	t->flags |= TWC__F_DEAD;
	if (twc__transport_is_traced(t))
		twc__transport_trace_state(t, reset ? "broken off" : "closed");
	*(t->prev ? &t->prev->next : &twc__tlayer(t->r)->live) = t->next;
	if (t->next)
		t->next->prev = t->prev;
	twc__gather_forget(t);
	if (reason && reason->code)
		twc__transport_blame(t, reason);
	if (t->x) {
		twc__rate_stop(t);
		if (t->x->linger)
			twc_timer_stop(t->r, &t->x->linger->timer);
		twc__pipe_unlink(t);
		twc__kpipe_release(t);
		twc__outq_clear(&t->x->q);
	}
	t->ops->close(t, reset);
	twc__reactor_bury(t->r, &t->death, transport_lost);
}

void twc__transport_explain(struct twc_transport *t, int sys, bool is_write, struct twc_err *err)
{
	char where[TWC_ADDR_TEXT_MAX];

	if (t->ops->explain) {
		t->ops->explain(t, sys, is_write, err);
		return;
	}
	twc_err_from_errno(err, sys, twc_transport_peer_text(t, where, sizeof(where)));
}

void twc__transport_read_failed(struct twc_transport *t, int sys)
{
	struct twc_err err = { 0 };

	/* Everything of ours is out, what the peer does now is its own; unless that was to be confirmed. */
	if (t->flags & TWC__F_LOSING && !twc__transport_is_undelivered(t)) {
		twc__transport_die(t, NULL, false);
		return;
	}
	twc__transport_explain(t, sys, false, &err);
	twc__transport_die(t, &err, false);
}

/* ---- what the kind reports ---- */

void twc__transport_took(struct twc_transport *t, const void *p, size_t n)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };

	t->bytes_in += n;
	if (twc__transport_is_traced(t))
		twc__transport_trace_bytes(t, "in", &iov, 1);
	if (t->x && t->x->tap && !(t->flags & (TWC__F_DEAD | TWC__F_LOSING)))
		t->x->tap(t->x->tap_arg, '<', &iov, 1);
}

void twc__transport_deliver(struct twc_transport *t, const void *p, size_t n)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };

	twc__transport_took(t, p, n);
	if (t->flags & (TWC__F_DEAD | TWC__F_LOSING | TWC__F_READ_EOF))
		return;
	twc__rate_spend(t, TWC_READ, n);
	if (t->x && t->x->to) {
		twc__transport_send(t->x->to, &iov, 1);
		return;
	}
	if (t->proto->ops->data)
		t->proto->ops->data(t->proto, p, n);
}

void twc__transport_got_eof(struct twc_transport *t)
{
	if (t->flags & (TWC__F_DEAD | TWC__F_READ_EOF))
		return;
	if (t->flags & TWC__F_WRITE_BROKEN && t->x->reason && t->x->reason->sys == ECONNRESET) {
		/* The write was told of the reset, and the read is not told again: this is no end of the peer's. */
		twc__transport_die(t, NULL, false);
		return;
	}
	t->flags |= TWC__F_READ_EOF;
	if (twc__transport_is_traced(t))
		twc__transport_trace_state(t, "in: end");
	if (t->x && t->x->to)
		twc_transport_pipe(t, NULL); /* it has given all it had */
	if (t->flags & TWC__F_WRITE_BROKEN)
		t->flags |= TWC__F_WANT_EOF; /* both halves are over; the reason is noted */
	if (!(t->flags & TWC__F_LOSING)) {
		if (t->proto->ops->eof)
			t->proto->ops->eof(t->proto);
		else
			twc_transport_lose(t);
	}
	twc__transport_settle(t);
	twc__transport_update(t);
}

static size_t read_limit(struct twc__tlayer *l, size_t n)
{
	if (!l->dbg_read_max)
		return n;
	l->dbg_seed = l->dbg_seed * 1103515245u + 12345u;
	n = 1 + (l->dbg_seed >> 16) % l->dbg_read_max;
	return n;
}

static void on_readable(struct twc_transport *t)
{
	char *buf = twc__reactor_read_buf(t->r);
	const char *p = buf;
	size_t total = 0, cap = TWC__READ_BUF;
	ssize_t n;

	if (!t->ops->is_datagram)
		cap = read_limit(twc__tlayer(t->r), cap);
	do {
		if (!(t->flags & TWC__F_LOSING))
			cap = twc__rate_room(t, TWC_READ, cap);
		n = cap ? twc__transport_read(t, buf, cap, &p) : -EAGAIN;
		if (n == -EAGAIN || n == -EINTR)
			return;
		if (n < 0) {
			twc__transport_read_failed(t, (int)-n);
			return;
		}
		if (twc__transport_is_end(t, n)) {
			twc__transport_got_eof(t);
			return;
		}
		twc__transport_deliver(t, p, (size_t)n);
		total += (size_t)n + (t->ops->is_datagram ? TWC__TURN_MAX / 64 : 0);
		if (t->flags & (TWC__F_DEAD | TWC__F_READ_EOF) || !twc__transport_may_read(t))
			return;
		if (t->flags & TWC__F_ONE_READ)
			return;
		/* A stream's short read has emptied the socket; asking again would cost a system call. */
	} while ((t->ops->is_datagram || (size_t)n == cap || t->flags & TWC__F_EDGE) && total < TWC__TURN_MAX);
	twc__transport_try_again(t, TWC_READ);
}

static void on_writable(struct twc_transport *t)
{
	bool was_broken = t->flags & TWC__F_WRITE_BROKEN;

	t->flags &= ~(uint32_t)TWC__F_KWAIT;
	twc__transport_flush(t);
	if (t->flags & TWC__F_DEAD || (t->flags & TWC__F_WRITE_BROKEN && !was_broken))
		return; /* what has arrived is read before drained() tells of it, by a kick */
	if (!twc__transport_is_refused(t))
		twc__pipe_unblock(t);
	if ((t->flags & TWC__F_FULL) && twc_transport_queued(t) <= (t->flags & TWC__F_ALL_SENT ? 0 : t->x->low)) {
		t->flags &= ~(uint32_t)(TWC__F_FULL | TWC__F_ALL_SENT);
		if (t->proto->ops->drained && !(t->flags & TWC__F_LOSING))
			t->proto->ops->drained(t->proto);
	}
	twc__transport_settle(t);
}

/*
 * What ended a socket that was not asked to. A splice that had moved something before it met the error has taken it
 * with it; but a TCP connection that is closed before we ended our half was reset, and nothing else.
 */
static int socket_error(int fd, bool sent_eof)
{
	struct tcp_info ti = { 0 };
	socklen_t ti_len = sizeof(ti);
	int so_err = 0;
	socklen_t len = sizeof(so_err);

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &so_err, &len);
	if (so_err || sent_eof || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &ti_len) < 0)
		return so_err;
	return ti.tcpi_state == TCP_CLOSE ? ECONNRESET : 0;
}

/* Told without being asked: an error, or both directions gone. */
static void on_hup(struct twc_transport *t)
{
	int fd = twc__transport_socket(t), so_err;

	if (!(t->flags & TWC__F_READ_EOF) && !(t->flags & TWC__F_LOSING))
		return; /* paused: what has arrived is read first, and reading will tell */
	so_err = fd < 0 ? 0 : socket_error(fd, t->flags & TWC__F_SENT_EOF);
	if (so_err && !(t->ops->is_said && t->ops->is_said(t))) {
		twc__transport_write_failed(t, so_err);
		return;
	}
	if (t->flags & TWC__F_SENT_EOF) {
		twc__transport_settle(t);
		return;
	}
	/* The peer has gone altogether. Nothing of ours was refused: a clean end; else it is lost. */
	if (twc__transport_has_unsent(t))
		twc__transport_write_failed(t, EPIPE);
	else
		twc__transport_die(t, NULL, false);
}

void twc__transport_on_ready(struct twc_transport *t, unsigned ready)
{
	if (t->flags & TWC__F_DEAD)
		return;
	if (ready & TWC_WRITE)
		on_writable(t);
	if ((ready & TWC_READ) && !(t->flags & (TWC__F_DEAD | TWC__F_READ_EOF | TWC__F_BLOCKED)) && twc__transport_may_read(t)) {
		if (t->x && t->x->to && !(t->flags & TWC__F_LOSING))
			twc__pipe_pump(t);
		else
			on_readable(t);
	}
	if ((ready & TWC_HUP) && !(t->flags & TWC__F_DEAD))
		on_hup(t);
	twc__transport_update(t);
}

int twc__transport_socket(const struct twc_transport *t)
{
	int fd = -1;
	enum twc__fd_kind kind = t->ops->kernel_fd ? t->ops->kernel_fd(t, TWC_WRITE, &fd) : TWC__FD_NONE;

	return kind == TWC__FD_SOCKET || kind == TWC__FD_COVERED ? fd : -1;
}

enum twc__fd_kind twc__transport_kernel_fd(const struct twc_transport *t, unsigned dir, int *fd)
{
	enum twc__fd_kind kind;

	*fd = -1;
	if (dir == TWC_READ && t->x && t->x->back)
		return TWC__FD_NONE; /* some of it the kernel does not have any more */
	kind = t->ops->kernel_fd ? t->ops->kernel_fd(t, dir, fd) : TWC__FD_NONE;
	return kind == TWC__FD_COVERED ? TWC__FD_NONE : kind; /* what passes there is not the transport's bytes */
}

/* ---- what the owner asks for ---- */

void twc_transport_lose(struct twc_transport *t)
{
	if (t->flags & (TWC__F_DEAD | TWC__F_LOSING))
		return;
	t->flags |= TWC__F_LOSING;
	t->flags &= ~(uint32_t)TWC__F_BLOCKED;
	if (t->x && t->x->to) /* as a source: nothing more is taken from it */
		twc_transport_pipe(t, NULL);
	if (t->flags & TWC__F_WRITE_BROKEN) {
		twc__transport_die(t, NULL, false);
		return;
	}
	twc__transport_settle(t);
	twc__transport_update(t);
}

void twc_transport_no_linger(struct twc_transport *t)
{
	t->flags |= TWC__F_NO_LINGER;
}

void twc__transport_lose_at_once(struct twc_transport *t)
{
	if (t->ops->close_is_end)
		twc_transport_no_linger(t);
	twc_transport_lose(t);
}

void twc_transport_fail(struct twc_transport *t, const struct twc_err *reason)
{
	twc__transport_die(t, reason, true);
}

void twc_transport_abort(struct twc_transport *t)
{
	struct twc_err err = { 0 };

	if (t->flags & TWC__F_DEAD)
		return;
	twc_err_set(&err, TWC_EABORTED, "%s", twc_err_default_text(TWC_EABORTED));
	twc__transport_die(t, &err, true);
}

void twc_transport_write_eof(struct twc_transport *t)
{
	if (t->flags & (TWC__F_DEAD | TWC__F_WANT_EOF))
		return;
	t->flags |= TWC__F_WANT_EOF;
	twc__transport_settle(t);
}

void twc_transport_confirm(struct twc_transport *t)
{
	t->flags |= TWC__F_CONFIRM;
}

void twc_transport_pause(struct twc_transport *t)
{
	TWC_ASSERT(t->pauses < UINT16_MAX);
	if (t->pauses++ == 0)
		twc__transport_update(t);
}

void twc_transport_resume(struct twc_transport *t)
{
	TWC_ASSERT(t->pauses > 0);
	if (--t->pauses == 0)
		twc__transport_update(t);
}

unsigned twc__transport_pauses(const struct twc_transport *t)
{
	return t->pauses;
}

void twc_transport_set_marks(struct twc_transport *t, size_t high, size_t low)
{
	struct twc__extra *x = twc__transport_extra(t);

	TWC_ASSERT(low < high);
	x->high = high;
	x->low = low;
}

void twc_transport_set_protocol(struct twc_transport *t, struct twc_protocol *p)
{
	struct twc_protocol **at = &t->proto, **inner;

	TWC_ASSERT(!(t->flags & TWC__F_LOST));
	while ((*at)->ops->inner && (inner = (*at)->ops->inner(*at)))
		at = inner;
	if ((*at)->ops->replaced)
		(*at)->ops->replaced(*at, p);
	(*at)->transport = NULL;
	*at = p;
	p->transport = t;
}

void twc__transport_on_gone(struct twc_transport *t, void (*fn)(void *arg), void *arg)
{
	struct twc__extra *x = twc__transport_extra(t);

	TWC_ASSERT(!x->on_gone);
	x->on_gone = fn;
	x->on_gone_arg = arg;
}

void twc__transport_keep_peer(struct twc_transport *t)
{
	struct twc__extra *x = twc__transport_extra(t);
	struct twc_addr peer;
	size_t n;

	twc_transport_peer(t, &peer);
	if (x->peer || peer.kind == TWC_ADDR_NONE)
		return;
	n = offsetof(struct twc_addr, u) + peer.len;
	x->peer = twc_malloc(n);
	memcpy(x->peer, &peer, n);
}

int twc__transport_give(struct twc_transport *t)
{
	TWC_ASSERT(t->flags & TWC__F_MADE && !t->bytes_in && !t->bytes_out);
	if (!t->ops->give)
		return -1;
	twc__transport_keep_peer(t);
	twc_transport_pause(t);
	t->flags |= TWC__F_SENT_EOF; /* no half of it is ours to end */
	return t->ops->give(t);
}

void twc__transport_tap(struct twc_transport *t, twc__tap_fn fn, void *arg)
{
	struct twc__extra *x = twc__transport_extra(t);

	x->tap = fn;
	x->tap_arg = arg;
	if (fn)
		twc__pipe_copy(t);
}
