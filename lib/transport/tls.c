/* SPDX-License-Identifier: MIT */
/*
 * TLS as a filter: the operations of a stream transport, put on top of those it had. The life cycle, flow control and the
 * protocol stay as they are; reads come decrypted, writes go encrypted.
 *
 *	protocol <- transport.c <- tls_read   <- SSL <- bio_read  <- the reactor's buffer <- lower->read
 *	protocol -> write.c     -> tls_writev -> SSL -> bio_write -> the reactor's cipher buffer -> lower->writev
 *
 * Invariants: both buffers of the reactor are empty between two calls from outside; extra.held is what `out` holds; after a
 * fatal error SSL is not called again.
 */
#include "transport/tls_filter.h"

#include <errno.h>
#include <linux/sockios.h>
#include <openssl/err.h>
#include <sys/ioctl.h>

#include "base/banned.h"

#define RECORD_MAX 16384	    /* plaintext of one record (RFC 8446, 5.1) */
#define BATCH_MAX (15 * RECORD_MAX) /* plaintext for one system call: its records fit the cipher buffer */

static struct twc__tls *tls_of(const struct twc_transport *t)
{
	return t->x->tls;
}

/* ---- the two farewells ---- */

/* Has the peer's kernel all that was written before our close_notify? */
static bool is_acked(const struct twc__tls *s)
{
	int fd = twc__transport_socket(s->t), left = 0;

	return !s->t->x->held && (fd < 0 || ioctl(fd, SIOCOUTQ, &left) < 0 || left <= s->farewell);
}

/*
 * Who closes a socket at once after close_notify answers ours with a reset, or the unread one that came before: most
 * servers do. A reset that comes when there were data of ours on the way is one that counts.
 */
static bool tls_is_said(const struct twc_transport *t)
{
	return tls_of(t)->said;
}

/* ---- what SSL calls come to ---- */

/* The call returned rc <= 0. -EAGAIN, 0 for the end, or another -errno. */
static ssize_t tls_outcome(struct twc__tls *s, int rc)
{
	int what = SSL_get_error(s->ssl, rc);
	struct twc_err err = { 0 };

	if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE || what == SSL_ERROR_WANT_CLIENT_HELLO_CB)
		return -EAGAIN;
	if (what == SSL_ERROR_ZERO_RETURN && s->state == TWC__TLS_HANDSHAKE) { /* anybody on the way can say this */
		twc_err_set(&err, TWC_EPROTO, "the peer ended the session during the handshake");
		return twc__tls_break(s, &err);
	}
	if (what == SSL_ERROR_ZERO_RETURN) {
		s->said = s->said || (s->farewell && is_acked(s));
		return 0;
	}
	if (s->sys) {
		ERR_clear_error();
		s->state = TWC__TLS_BROKEN;
		return -s->sys;
	}
	if (s->lower_ended && s->state == TWC__TLS_OPEN) {
		ERR_clear_error();
		if (s->ctx->o.allow_truncation)
			return 0;
		twc_err_set(&err, TWC_ETRUNC, "the stream was cut off: it ended without close_notify");
		return twc__tls_break(s, &err);
	}
	twc__tls_explain(s->cert_wanted, &err);
	return twc__tls_break(s, &err);
}

void twc__tls_run(struct twc_transport *t)
{
	struct twc__tls *s = tls_of(t);

	twc__transport_on_ready(t, s->state == TWC__TLS_OPEN ? s->events : TWC_READ);
}

/* 0 when it is done, or -errno. */
static int tls_shake(struct twc__tls *s)
{
	int rc, sent;
	ssize_t outcome;

	ERR_clear_error();
	s->drained = false;
	rc = SSL_do_handshake(s->ssl);
	twc__tls_keep(s);
	outcome = rc == 1 ? 0 : tls_outcome(s, rc);
	sent = twc__tls_send(s); /* an alert, too */
	if (outcome < 0)
		return (int)outcome;
	if (sent < 0)
		return sent;
	s->state = TWC__TLS_OPEN;
	if (twc__transport_is_traced(s->t))
		twc__transport_trace_state(s->t, "tls: handshake done");
	if (s->done)
		s->done(s->arg, s->t);
	twc__kick(&s->kick, s->t, twc__tls_run); /* what was written meanwhile, what has come with the last message */
	return 0;
}

/* ---- the operations ---- */

/* What comes after it may be there already, and no event will tell. */
static size_t take_back(struct twc__tls *s, void *buf, size_t cap)
{
	size_t n = twc_buf_len(&s->back);

	n = n < cap ? n : cap;
	memcpy(buf, twc_buf_head(&s->back), n);
	twc_buf_consume(&s->back, n);
	s->again = true;
	return n;
}

void twc__tls_unread(struct twc_transport *t, const void *p, size_t n)
{
	struct twc__tls *s = tls_of(t);

	TWC_ASSERT(!twc_buf_len(&s->back));
	if (n && twc_buf_add(&s->back, p, n) < 0)
		TWC_BUG("more than was read is put back");
	t->bytes_in -= t->bytes_in < n ? t->bytes_in : n;
	twc__transport_update(t);
}

static ssize_t tls_read(struct twc_transport *t, void *buf, size_t cap)
{
	struct twc__tls *s = tls_of(t);
	size_t total = 0, n;
	ssize_t outcome = 0;
	int sent;

	if (s->state == TWC__TLS_HANDSHAKE) {
		int rc = tls_shake(s);

		return rc < 0 ? rc : -EAGAIN;
	}
	if (twc_buf_len(&s->back))
		return (ssize_t)take_back(s, buf, cap);
	if (s->state == TWC__TLS_BROKEN)
		return s->sys ? -s->sys : -EPROTO;
	ERR_clear_error();
	s->drained = s->again = false;
	outcome = 1;
	while (total < cap) {
		int rc = SSL_read_ex(s->ssl, (char *)buf + total, cap - total, &n);

		if (rc == 1) {
			total += n;
			continue;
		}
		outcome = tls_outcome(s, rc);
		break;
	}
	twc__tls_keep(s);
	sent = twc__tls_send(s); /* a key update, an alert */
	if (total) { /* what ended it comes to light again with the next read */
		s->again = s->again || outcome != -EAGAIN;
		return (ssize_t)total;
	}
	return outcome < 0 || sent == 0 ? outcome : sent;
}

/* Several small pieces become one record. */
static bool tls_encrypt(struct twc__tls *s, const struct iovec *iov, int n, size_t *taken)
{
	char record[RECORD_MAX];
	size_t fill = 0, k;

	*taken = 0;
	for (int i = 0; i < n && *taken + fill < BATCH_MAX; i++) {
		const char *p = iov[i].iov_base;
		size_t left = iov[i].iov_len;

		while (left && *taken + fill < BATCH_MAX) {
			if (!fill && left >= RECORD_MAX) {
				if (SSL_write_ex(s->ssl, p, RECORD_MAX, &k) != 1)
					return false;
				*taken += k;
				p += k;
				left -= k;
				continue;
			}
			k = left < RECORD_MAX - fill ? left : RECORD_MAX - fill;
			memcpy(record + fill, p, k);
			fill += k;
			p += k;
			left -= k;
			if (fill < RECORD_MAX)
				continue;
			if (SSL_write_ex(s->ssl, record, fill, &k) != 1)
				return false;
			*taken += fill;
			fill = 0;
		}
	}
	if (fill && SSL_write_ex(s->ssl, record, fill, &k) != 1)
		return false;
	*taken += fill;
	return true;
}

/* The next write says so to the peer. */
static void tls_rekey(struct twc__tls *s)
{
	s->records = 0;
	if (SSL_version(s->ssl) == TLS1_3_VERSION)
		(void)SSL_key_update(s->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
}

static ssize_t tls_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct twc__tls *s = tls_of(t);
	size_t taken;
	int rc;

	if (s->state == TWC__TLS_HANDSHAKE)
		return -EAGAIN;
	if (s->state == TWC__TLS_BROKEN)
		return s->sys ? -s->sys : -EPROTO;
	rc = twc__tls_out_flush(s);
	if (rc < 0)
		return rc;
	ERR_clear_error();
	if (s->records >= TWC__TLS_REKEY)
		tls_rekey(s);
	if (!tls_encrypt(s, iov, n, &taken) && !taken) {
		ssize_t outcome = tls_outcome(s, 0);

		twc__tlayer(t->r)->ciphered = 0;
		return outcome ? outcome : -EPIPE;
	}
	s->records += (uint32_t)(taken / RECORD_MAX) + 1;
	rc = twc__tls_send(s);
	return rc < 0 ? rc : (ssize_t)taken;
}

static int tls_flush(struct twc_transport *t)
{
	return twc__tls_out_flush(tls_of(t));
}

static int tls_set_events(struct twc_transport *t, unsigned events)
{
	struct twc__tls *s = tls_of(t);
	unsigned below = events;
	int rc;

	s->events = (uint8_t)events;
	if (s->state == TWC__TLS_HANDSHAKE && (events & TWC_READ) && SSL_in_before(s->ssl))
		twc__kick(&s->kick, t, twc__tls_run); /* it was paused when it was its turn to speak first */
	if (s->state == TWC__TLS_HANDSHAKE)
		below = (events & TWC_READ) | (t->x->held ? TWC_WRITE : 0); /* what is queued has to wait */
	else if ((events & TWC_READ) && (s->again || twc_buf_len(&s->back)))
		twc__kick(&s->kick, t, twc__tls_run);
	twc__tls_go_below(s);
	rc = s->lower->set_events(t, below);
	twc__tls_come_up(s);
	return rc;
}

/* close_notify. The stream below stays as it is: the other half goes on. */
static int tls_shutdown(struct twc_transport *t)
{
	struct twc__tls *s = tls_of(t);
	int rc;

	if (s->state != TWC__TLS_OPEN) {
		twc__tls_go_below(s);
		rc = s->lower->shutdown(t);
		twc__tls_come_up(s);
		return rc;
	}
	ERR_clear_error();
	if (SSL_get_shutdown(s->ssl) & SSL_RECEIVED_SHUTDOWN)
		s->said = is_acked(s);
	if (SSL_shutdown(s->ssl) < 0)
		ERR_clear_error();
	s->farewell = (uint16_t)twc__tlayer(t->r)->ciphered;
	rc = twc__tls_send(s);
	return rc == -EPIPE || rc == -ECONNRESET ? -ENOTCONN : rc; /* who has gone needs no farewell */
}

static void tls_close(struct twc_transport *t, bool reset)
{
	struct twc__tls *s = tls_of(t);

	/* Below somebody's TLS nobody has said goodbye yet: a proxy's. */
	if (!reset && s->state == TWC__TLS_OPEN && !(SSL_get_shutdown(s->ssl) & SSL_SENT_SHUTDOWN))
		(void)tls_shutdown(t);
	twc__tls_go_below(s);
	s->lower->close(t, reset);
	twc__tls_come_up(s);
}

static void tls_free(struct twc__tls *s)
{
	twc_buf_fini(&s->in);
	twc_buf_fini(&s->back);
	SSL_free(s->ssl);
	twc_tls_ctx_free(s->ctx);
	twc_buf_fini(&s->out);
	twc_free(s->err);
	twc_free(s);
}

static void tls_destroy(struct twc_transport *t)
{
	struct twc__tls *s = tls_of(t);
	const struct twc__transport_ops *lower = s->lower;

	twc__tls_go_below(s);
	tls_free(s);
	lower->destroy(t);
}

static void tls_explain(struct twc_transport *t, int sys, bool is_write, struct twc_err *err)
{
	struct twc__tls *s = tls_of(t);

	if (s->err) {
		*err = *s->err;
	} else if (s->lower->explain) {
		twc__tls_go_below(s);
		s->lower->explain(t, sys, is_write, err);
		twc__tls_come_up(s);
	} else {
		char where[TWC_ADDR_TEXT_MAX];

		twc_err_from_errno(err, sys, twc_transport_peer_text(t, where, sizeof(where)));
	}
}

/* What is at the bottom: the kind's own operations, which know nothing of TLS. */
static const struct twc__transport_ops *bottom_of(const struct twc_transport *t)
{
	const struct twc__tls *s = tls_of(t);

	while (s->below)
		s = s->below;
	return s->lower;
}

/* Both farewells are said. What is below and has an end of its own, a child, is told that nothing more will come. */
static bool tls_is_finished(struct twc_transport *t)
{
	struct twc__tls *s = tls_of(t);
	bool finished;

	if (!s->lower->is_finished)
		return true;
	twc__tls_go_below(s);
	if (!s->ended_below) {
		s->ended_below = true;
		(void)s->lower->shutdown(t);
	}
	finished = s->lower->is_finished(t);
	twc__tls_come_up(s);
	return finished;
}

static bool tls_is_gone(const struct twc_transport *t)
{
	const struct twc__transport_ops *lower = bottom_of(t);

	return lower->is_gone && lower->is_gone(t);
}

static uint64_t tls_push(struct twc_transport *t, uint64_t waited_ns)
{
	const struct twc__transport_ops *lower = bottom_of(t);

	return lower->push ? lower->push(t, waited_ns) : 0;
}

static void tls_peer(const struct twc_transport *t, struct twc_addr *a)
{
	if (bottom_of(t)->peer)
		bottom_of(t)->peer(t, a);
}

static void tls_host(const struct twc_transport *t, struct twc_addr *a)
{
	if (bottom_of(t)->host)
		bottom_of(t)->host(t, a);
}

static const char *tls_text(const struct twc_transport *t)
{
	const struct twc__transport_ops *lower = bottom_of(t);

	return lower->text ? lower->text(t) : lower->name;
}

static int tls_child_status(const struct twc_transport *t)
{
	const struct twc__transport_ops *lower = bottom_of(t);

	return lower->child_status ? lower->child_status(t) : -1;
}

static bool tls_child_kill(const struct twc_transport *t, int signo)
{
	const struct twc__transport_ops *lower = bottom_of(t);

	return lower->child_kill && lower->child_kill(t, signo);
}

/* The socket may be asked how it is; its bytes are not ours to move. */
static enum twc__fd_kind tls_kernel_fd(const struct twc_transport *t, unsigned dir, int *fd)
{
	const struct twc__transport_ops *lower = bottom_of(t);
	enum twc__fd_kind kind = lower->kernel_fd ? lower->kernel_fd(t, dir, fd) : TWC__FD_NONE;

	return kind == TWC__FD_SOCKET ? TWC__FD_COVERED : TWC__FD_NONE;
}

const struct twc__transport_ops twc__tls_ops = {
	.name = "tls",
	.lingers = true,
	.read = tls_read,
	.writev = tls_writev,
	.flush = tls_flush,
	.set_events = tls_set_events,
	.shutdown = tls_shutdown,
	.is_finished = tls_is_finished,
	.is_gone = tls_is_gone,
	.is_said = tls_is_said,
	.push = tls_push,
	.close = tls_close,
	.destroy = tls_destroy,
	.explain = tls_explain,
	.peer = tls_peer,
	.host = tls_host,
	.text = tls_text,
	.child_status = tls_child_status,
	.child_kill = tls_child_kill,
	.kernel_fd = tls_kernel_fd,
};
