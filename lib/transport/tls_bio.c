/* SPDX-License-Identifier: MIT */
/*
 * Below SSL: a BIO on the operations a transport had, and the way out for the records it writes.
 *
 * What comes is taken many records at a time, into one buffer per reactor, from which SSL gets one record after the other;
 * what it leaves there is kept with the connection (`in`). Records are made in one buffer per reactor and leave in one
 * system call, a whole handshake flight too. What the kernel does not take is held here (`out`, counted in extra.held),
 * and nothing more is encrypted until it has gone. TLS in TLS makes the upper records in `out` at once, as the lower
 * ones need the buffer.
 */
#include "transport/tls_filter.h"

#include <errno.h>

#include "base/banned.h"

#define NESTED_READ (64 * 1024) /* what is taken at once from TLS below */
#define HELD_MAX (TWC__CIPHER + TWC__CIPHER / 4) /* a batch, and answers that the peer asked for and does not read */

static ssize_t lower_read(struct twc__tls *s, void *buf, size_t cap)
{
	ssize_t n;

	twc__tls_go_below(s);
	n = s->lower->read(s->t, buf, cap);
	twc__tls_come_up(s);
	return n;
}

static ssize_t lower_writev(struct twc__tls *s, const struct iovec *iov, int k)
{
	ssize_t n;

	twc__tls_go_below(s);
	n = s->lower->writev(s->t, iov, k);
	twc__tls_come_up(s);
	return n;
}

/* ---- below SSL: a BIO on the transport's own operations ---- */

/*
 * Once in a readiness: that is enough for a turn, whatever the records bring (key updates and tickets bring nothing). Many
 * records come in one call, into a buffer for all connections; TLS below needs that one itself.
 */
static ssize_t take_more(struct twc__tls *s, struct twc__tlayer *l)
{
	size_t cap = s->below ? NESTED_READ : TWC__CIPHER;
	char *to;
	ssize_t got;

	if (s->lower_ended || s->drained)
		return s->lower_ended ? 0 : -EAGAIN;
	if (!s->below && !l->secret)
		l->secret = twc_malloc(TWC__CIPHER);
	if (!s->below)
		to = l->secret;
	else if (twc_buf_reserve(&s->in, cap, &to) < 0)
		return -ENOBUFS;
	got = lower_read(s, to, cap);
	if (got <= 0)
		return got;
	s->drained = true;
	s->again = (size_t)got == cap; /* a short read has emptied the socket */
	if (s->below) {
		twc_buf_commit(&s->in, (size_t)got);
		return got;
	}
	l->secret_at = 0;
	l->secrets = (size_t)got;
	return got;
}

/* SSL asks for the head of a record, then for its body. */
static ssize_t take(struct twc__tls *s, char *buf, size_t cap)
{
	struct twc__tlayer *l = twc__tlayer(s->t->r);
	size_t n;

	if (!twc_buf_len(&s->in) && !l->secrets) {
		ssize_t got = take_more(s, l);

		if (got <= 0)
			return got;
	}
	if (twc_buf_len(&s->in)) {
		n = twc_buf_len(&s->in) < cap ? twc_buf_len(&s->in) : cap;
		memcpy(buf, twc_buf_head(&s->in), n);
		twc_buf_consume(&s->in, n);
		return (ssize_t)n;
	}
	n = l->secrets < cap ? l->secrets : cap;
	memcpy(buf, l->secret + l->secret_at, n);
	l->secret_at += n;
	l->secrets -= n;
	return (ssize_t)n;
}

static int bio_read(BIO *b, char *buf, size_t cap, size_t *n)
{
	struct twc__tls *s = BIO_get_data(b);
	ssize_t got = take(s, buf, cap);

	BIO_clear_retry_flags(b);
	if (got > 0) {
		*n = (size_t)got;
		return 1;
	}
	*n = 0;
	if (got == -EAGAIN || got == -EINTR)
		BIO_set_retry_read(b);
	else if (got == 0)
		s->lower_ended = true;
	else
		s->sys = (int)-got;
	return 0;
}

void twc__tls_keep(struct twc__tls *s)
{
	struct twc__tlayer *l = twc__tlayer(s->t->r);

	if (l->secrets && twc_buf_add(&s->in, l->secret + l->secret_at, l->secrets) < 0)
		TWC_BUG("more is kept than was read");
	l->secrets = 0;
	if (!twc_buf_len(&s->in))
		twc_buf_fini(&s->in); /* idle connections stay small */
}

/* Always takes all: the callers of SSL see to it that there is room. */
static int bio_write(BIO *b, const char *p, size_t n, size_t *taken)
{
	struct twc__tls *s = BIO_get_data(b);
	struct twc__tlayer *l = twc__tlayer(s->t->r);

	BIO_clear_retry_flags(b);
	if (s->below) { /* which makes its own records in the reactor's buffer */
		*taken = twc_buf_len(&s->out) + n > HELD_MAX || twc_buf_add(&s->out, p, n) < 0 ? 0 : n;
		s->sys = *taken ? s->sys : ENOBUFS;
		return *taken != 0;
	}
	if (!l->cipher)
		l->cipher = twc_malloc(TWC__CIPHER);
	if (n > TWC__CIPHER - l->ciphered) {
		s->sys = ENOBUFS;
		*taken = 0;
		return 0;
	}
	memcpy(l->cipher + l->ciphered, p, n);
	l->ciphered += n;
	*taken = n;
	return 1;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct twc__tls *s = BIO_get_data(b);

	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_EOF)
		return s->lower_ended;
	return cmd == BIO_CTRL_FLUSH;
}

BIO_METHOD *twc__tls_bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "twc");

	if (!m || !BIO_meth_set_read_ex(m, bio_read) || !BIO_meth_set_write_ex(m, bio_write) ||
	    !BIO_meth_set_ctrl(m, bio_ctrl))
		TWC_BUG("out of memory in OpenSSL");
	return m;
}

/* ---- ciphertext on its way out ---- */

void twc__tls_count_held(struct twc__tls *s)
{
	size_t n = 0;

	while (s->above)
		s = s->above;
	for (const struct twc__tls *at = s; at; at = at->below)
		n += twc_buf_len(&at->out);
	s->t->x->held = n;
}

int twc__tls_break(struct twc__tls *s, const struct twc_err *err)
{
	twc__tls_blame(s->ssl, err);
	s->state = TWC__TLS_BROKEN;
	return -EPROTO;
}

void twc__tls_blame(const SSL *ssl, const struct twc_err *err)
{
	struct twc__tls *s = BIO_get_data(SSL_get_rbio(ssl));

	if (s->err)
		return;
	s->err = twc_malloc(sizeof(*s->err));
	*s->err = *err;
}

int twc__tls_on_cert_wanted(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct twc__tls *s = BIO_get_data(SSL_get_rbio(ssl));

	(void)cert;
	(void)key;
	s->cert_wanted = true;
	return 0; /* go on without */
}

int twc__tls_out_flush(struct twc__tls *s)
{
	int rc = 0;

	if (s->below) {
		twc__tls_go_below(s);
		rc = twc__tls_out_flush(s->below);
		twc__tls_come_up(s);
		twc__tls_count_held(s);
	}
	if (rc < 0)
		return rc;
	while (twc_buf_len(&s->out)) {
		struct iovec iov = { .iov_base = (void *)(uintptr_t)twc_buf_head(&s->out), .iov_len = twc_buf_len(&s->out) };
		ssize_t sent = lower_writev(s, &iov, 1);

		if (sent < 0)
			return (int)sent;
		twc_buf_consume(&s->out, (size_t)sent);
		twc__tls_count_held(s);
	}
	twc_buf_fini(&s->out); /* idle connections stay small */
	twc_buf_init(&s->out, SIZE_MAX);
	return 0;
}

static int hold(struct twc__tls *s, const char *p, size_t n)
{
	struct twc_err err = { 0 };

	if (twc_buf_len(&s->out) + n > HELD_MAX || twc_buf_add(&s->out, p, n) < 0) {
		twc_err_set(&err, TWC_EPROTO, "the peer asks for more than it reads");
		return twc__tls_break(s, &err);
	}
	twc__tls_count_held(s);
	return 0;
}

int twc__tls_send(struct twc__tls *s)
{
	struct twc__tlayer *l = twc__tlayer(s->t->r);
	struct iovec iov = { .iov_base = l->cipher, .iov_len = l->ciphered };
	ssize_t sent = 0;

	if (s->below) {
		twc__tls_count_held(s);
		sent = twc__tls_out_flush(s);
		return sent == -EAGAIN || sent == -EINTR ? 0 : (int)sent;
	}
	l->ciphered = 0;
	if (!iov.iov_len)
		return 0;
	if (!twc_buf_len(&s->out))
		sent = lower_writev(s, &iov, 1);
	if (sent == -EAGAIN || sent == -EINTR)
		sent = 0;
	if (sent < 0)
		return (int)sent;
	if ((size_t)sent == iov.iov_len)
		return 0;
	return hold(s, (char *)iov.iov_base + sent, iov.iov_len - (size_t)sent);
}
