/* SPDX-License-Identifier: MIT */
/*
 * One of several processes that serve together, from its own side: it does what the parent says (workers.c), and what
 * it counts goes into memory that all of them see. The end of the channel means that the parent has died.
 */
#include "app/workers.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/banned.h"

/* ---- the channel, for either side ---- */

void twc__worker_say(const struct twc_worker *w, enum twc__worker_message what)
{
	char c = (char)what;

	if (w->channel.fd >= 0)
		(void)send(w->channel.fd, &c, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int twc__worker_hear(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -1 : 0;
	return n > 0 ? (unsigned char)c : 0;
}

/* ---- in the worker ---- */

unsigned twc_worker_index(const struct twc_worker *w)
{
	return w->index;
}

static void worker_obey(struct twc_watch *watch, unsigned ready)
{
	struct twc_worker *w = TWC_CONTAINER_OF(watch, struct twc_worker, channel);
	int what = twc__worker_hear(w->channel.fd);

	(void)ready;
	switch (what) {
	case TWC__WORKER_STOP:
		w->ops.stop(w->arg);
		break;
	case 0: /* the parent has died: nobody will ask for a decent end */
		twc_watch_stop(w->r, &w->channel);
		w->ops.cut(w->arg);
		break;
	case TWC__WORKER_CUT:
		w->ops.cut(w->arg);
		break;
	case TWC__WORKER_REPORT:
		w->ops.report(w->arg);
		break;
	case TWC__WORKER_RELOAD:
		if (w->ops.reload)
			w->ops.reload(w->arg);
		break;
	}
}

int twc_worker_begin(struct twc_worker *w, struct twc_reactor *r, const struct twc_worker_ops *ops, void *arg,
		     struct twc_err *err)
{
	int fd = w->channel.fd, rc;

	w->r = r;
	w->ops = *ops;
	w->arg = arg;
	twc_transport_share_ids(r, &w->shared->last_id);
	rc = twc_watch_start(r, &w->channel, fd, TWC_READ, worker_obey, err);
	if (!rc)
		twc__worker_say(w, TWC__WORKER_READY);
	return rc;
}

void twc_worker_opened(struct twc_worker *w)
{
	if (!w->has_opened)
		twc__worker_say(w, TWC__WORKER_OPENED);
	w->has_opened = true;
}

void twc_worker_done(struct twc_worker *w, uint64_t total, uint64_t in, uint64_t out, bool is_cut)
{
	struct twc__workers_shared *s = w->shared;

	__atomic_add_fetch(&s->total, total, __ATOMIC_RELAXED);
	__atomic_add_fetch(&s->in, in, __ATOMIC_RELAXED);
	__atomic_add_fetch(&s->out, out, __ATOMIC_RELAXED);
	if (is_cut)
		__atomic_store_n(&s->is_cut, true, __ATOMIC_RELAXED);
}
