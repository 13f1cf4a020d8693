/* SPDX-License-Identifier: MIT */
/* See exchange.h. After a call of `over` nothing here touches the struct. */
#include "endpoint/exchange.h"
#include "transport/transport_int.h"
#include <errno.h>
#include <sys/socket.h>
#include "base/banned.h"

#define PEEK_MAX 4096 /* an answer is rarely longer; one that is comes in pieces */

void twc__exchange_stop(struct twc__exchange *x)
{
	if (!x->is_open)
		return;
	x->is_open = false;
	if (x->waiting)
		twc__waiting_listen(x->waiting, NULL);
	else
		twc_watch_stop(x->r, &x->watch);
}

static void exchange_over(struct twc__exchange *x, bool has_more, const struct twc_err *err)
{
	twc__exchange_stop(x);
	x->over(x->arg, has_more, err);
}

static void exchange_broke(struct twc__exchange *x, int sys)
{
	struct twc_err err = { 0 };

	x->broke(x->arg, sys, &err);
	exchange_over(x, false, &err);
}

/* Sends what is to be sent, as far as the kernel takes it. */
static void exchange_send(struct twc__exchange *x, bool has_more)
{
	static const struct twc_err none = { 0 };

	while (twc_buf_len(x->out) > 0) {
		ssize_t n = send(x->watch.fd, twc_buf_head(x->out), twc_buf_len(x->out), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			exchange_broke(x, errno);
			return;
		}
		twc_buf_consume(x->out, (size_t)n);
	}
	if (x->is_done && twc_buf_len(x->out) == 0)
		exchange_over(x, has_more, &none);
	else
		twc_watch_set(x->r, &x->watch, twc_buf_len(x->out) > 0 ? TWC_WRITE : TWC_READ);
}

/* Takes what has come, as far as it is ours; more of it makes the socket readable again. */
static void exchange_receive(struct twc__exchange *x)
{
	uint8_t buf[PEEK_MAX];
	struct twc_err err = { 0 };
	size_t used = 0;
	ssize_t n = recv(x->watch.fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);
	int rc;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		exchange_broke(x, errno);
		return;
	}
	rc = n > 0 ? x->feed(x->arg, buf, (size_t)n, &used, &err) : x->end(x->arg, &err);
	if (rc < 0) {
		exchange_over(x, false, &err);
		return;
	}
	if (used > 0 && recv(x->watch.fd, buf, used, MSG_DONTWAIT) != (ssize_t)used) {
		exchange_broke(x, ECONNRESET);
		return;
	}
	x->is_done = rc == TWC__EXCHANGE_DONE;
	exchange_send(x, (size_t)n > used);
}

static void on_ready(struct twc_watch *w, unsigned ready)
{
	struct twc__exchange *x = TWC_CONTAINER_OF(w, struct twc__exchange, watch);

	(void)ready;
	if (twc_buf_len(x->out) > 0)
		exchange_send(x, false);
	else
		exchange_receive(x);
}

int twc__exchange_start_fd(struct twc__exchange *x, struct twc_reactor *r, int fd, struct twc_err *err)
{
	int rc = twc_watch_start(r, &x->watch, fd, twc_buf_len(x->out) > 0 ? TWC_WRITE : TWC_READ, on_ready, err);

	x->r = r;
	x->waiting = NULL;
	x->is_done = false;
	x->is_open = rc == 0;
	return rc;
}

/* ---- on a transport ---- */

static void say_all(struct twc__exchange *x)
{
	twc_transport_write(twc__waiting_transport(x->waiting), twc_buf_head(x->out), twc_buf_len(x->out));
	twc_buf_consume(x->out, twc_buf_len(x->out));
}

void twc__exchange_hear(struct twc__exchange *x, const uint8_t *data, size_t n)
{
	struct twc_transport *t = twc__waiting_transport(x->waiting);
	struct twc_err err = { 0 };
	size_t used;
	int rc = 0;

	while (n && !rc) {
		rc = x->feed(x->arg, data, n, &used, &err);
		data += used;
		n -= used;
		say_all(x);
	}
	if (!rc)
		return;
	if (rc == TWC__EXCHANGE_DONE)
		twc__tls_unread(t, data, n);
	exchange_over(x, rc == TWC__EXCHANGE_DONE && n, &err);
}

void twc__exchange_hear_end(struct twc__exchange *x)
{
	struct twc_err err = { 0 };

	x->end(x->arg, &err);
	exchange_over(x, false, &err);
}

void twc__exchange_hear_lost(struct twc__exchange *x, const struct twc_err *err)
{
	x->is_open = false; /* there is nothing to stop any more */
	x->over(x->arg, false, err);
}

int twc__exchange_start(struct twc__exchange *x, struct twc_reactor *r, const struct twc__conn *c, struct twc_err *err)
{
	if (!c->waiting)
		return twc__exchange_start_fd(x, r, c->fd, err);
	x->r = r;
	x->waiting = c->waiting;
	x->is_done = false;
	x->is_open = true;
	twc__waiting_listen(x->waiting, x);
	say_all(x);
	return 0;
}
