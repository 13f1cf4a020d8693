/* SPDX-License-Identifier: MIT */
/*
 * The end of a transport, step by step. Each event that may bring it nearer comes to twc__transport_settle,
 * which looks how far it is:
 *
 *   all is sent -> our half ended -> the peer's half ended, or lingered -> acknowledged, if asked for -> dead
 *
 * Nothing here calls a protocol.
 */
#include "transport/transport_priv.h"

#include <twc/parse.h>

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/banned.h"

static struct twc__linger *linger_of(struct twc_transport *t)
{
	struct twc__extra *x = twc__transport_extra(t);

	if (!x->linger)
		x->linger = twc_calloc(1, sizeof(*x->linger));
	return x->linger;
}

/* Acknowledged by the peer's kernel, FIN included? 1 yes, 0 not yet, -errno when the connection broke. */
static int acked(struct twc_transport *t)
{
	int fd = twc__transport_socket(t), left = 0, so_err = 0;
	socklen_t len = sizeof(so_err);
	struct tcp_info ti = { 0 };
	socklen_t ti_len = sizeof(ti);

	if (fd < 0)
		return 1;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &ti_len) < 0)
		return 1; /* not TCP: what the kernel took is delivered */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &so_err, &len) == 0 && so_err)
		return -so_err;
	if (ioctl(fd, SIOCOUTQ, &left) < 0 || left == 0)
		return 1;
	return ti.tcpi_state == TCP_CLOSE ? -ECONNRESET : 0;
}

bool twc__transport_is_undelivered(const struct twc_transport *t)
{
	int fd, left = 0;
	struct tcp_info ti = { 0 };
	socklen_t ti_len = sizeof(ti);

	if (!(t->flags & TWC__F_CONFIRM))
		return false;
	fd = twc__transport_socket(t);
	if (fd < 0)
		return false;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &ti_len) < 0 || ioctl(fd, SIOCOUTQ, &left) < 0)
		return false;
	return left > (t->flags & TWC__F_SENT_EOF ? 1 : 0); /* the FIN counts as a byte, and carries none */
}

static bool confirmed(struct twc_transport *t);

static void on_confirm_timer(struct twc_timer *timer, void *arg)
{
	struct twc_transport *t = arg;

	(void)timer;
	if (confirmed(t))
		twc__transport_die(t, NULL, false);
}

/* True when the end may be reported; else a timer looks again. */
static bool confirmed(struct twc_transport *t)
{
	struct twc__linger *w;
	int rc;

	if (!(t->flags & TWC__F_CONFIRM) || t->ops->is_datagram || t->flags & TWC__F_WRITE_BROKEN)
		return true;
	rc = acked(t);
	if (rc > 0 || (rc < 0 && t->ops->is_said && t->ops->is_said(t)))
		return true;
	if (rc < 0) {
		struct twc_err err = { 0 };

		twc__transport_explain(t, -rc, true, &err);
		twc__transport_die(t, &err, false);
		return false;
	}
	w = linger_of(t);
	/* There is no event for "acknowledged": 1 ms, doubling to 64 ms. The kernel's own limits end the wait. */
	w->waited = w->waited ? w->waited * 2 : TWC_NS_PER_MS;
	if (w->waited > 64 * TWC_NS_PER_MS)
		w->waited = 64 * TWC_NS_PER_MS;
	twc_timer_start(t->r, &w->timer, w->waited, on_confirm_timer, t);
	return false;
}

static void on_linger_timer(struct twc_timer *timer, void *arg)
{
	struct twc_transport *t = arg;
	struct twc__linger *w = t->x->linger;
	uint64_t more = 0;

	(void)timer;
	if (t->ops->push)
		more = t->ops->push(t, w->waited);
	if (!more) {
		if (confirmed(t))
			twc__transport_die(t, NULL, false);
		return;
	}
	w->waited += more;
	twc_timer_start(t->r, &w->timer, more, on_linger_timer, t);
}

static void start_linger(struct twc_transport *t)
{
	struct twc__linger *w = linger_of(t);

	if (twc_timer_is_active(&w->timer))
		return;
	w->waited = TWC__LINGER_NS;
	twc_timer_start(t->r, &w->timer, TWC__LINGER_NS, on_linger_timer, t);
}

/* Only an answer of ours on its way is worth waiting for the other side. */
static bool may_linger(const struct twc_transport *t)
{
	return t->ops->lingers && (t->bytes_out || t->ops->has_farewell) && !(t->flags & TWC__F_NO_LINGER);
}

/* Nobody is waited for, so nothing has to be said before the close. */
static bool may_just_close(const struct twc_transport *t)
{
	return t->ops->close_is_end && t->flags & TWC__F_LOSING && t->flags & (TWC__F_NO_LINGER | TWC__F_READ_EOF) &&
	       !(t->flags & (TWC__F_WANT_EOF | TWC__F_CONFIRM));
}

void twc__transport_settle(struct twc_transport *t)
{
	int rc;

	if (t->flags & TWC__F_DEAD || twc__transport_has_unsent(t))
		return;
	if (may_just_close(t)) {
		if (twc__transport_is_traced(t))
			twc__transport_trace_state(t, "out: end");
		twc__transport_die(t, NULL, false);
		return;
	}
	if ((t->flags & TWC__F_READ_EOF) && t->ops->is_gone && t->ops->is_gone(t))
		t->flags |= TWC__F_WANT_EOF;
	if ((t->flags & (TWC__F_WANT_EOF | TWC__F_LOSING)) && !(t->flags & TWC__F_SENT_EOF)) {
		t->flags |= TWC__F_SENT_EOF;
		if (twc__transport_is_traced(t))
			twc__transport_trace_state(t, "out: end");
		rc = t->flags & TWC__F_WRITE_BROKEN ? 0 : t->ops->shutdown(t);
		if (rc < 0 && rc != -ENOTCONN) {
			twc__transport_write_failed(t, -rc);
			return;
		}
	}
	if (twc__transport_has_unsent(t)) { /* a filter's farewell */
		twc__transport_update(t);
		return;
	}
	if (!(t->flags & TWC__F_SENT_EOF))
		return;
	if (!(t->flags & TWC__F_READ_EOF) && (may_linger(t) || !(t->flags & TWC__F_LOSING))) {
		if (t->flags & TWC__F_LOSING)
			start_linger(t);
		twc__transport_update(t);
		return;
	}
	if (t->ops->is_finished && !t->ops->is_finished(t)) {
		if (t->flags & TWC__F_LOSING)
			start_linger(t);
		twc__transport_update(t);
		return;
	}
	if (confirmed(t))
		twc__transport_die(t, NULL, false);
}
