/* SPDX-License-Identifier: MIT */
/*
 * twc_transport_pipe: what arrives at one transport goes to another without a protocol in between, inside the
 * kernel where both ends allow.
 *
 *   SENDFILE  a regular file to a socket
 *   DIRECT    splice, when one end is a pipe already (standard input or output, a child)
 *   ADAPT     two sockets: read and write through the shared buffer, which is best for small messages; after a few
 *             large reads in a row a kernel pipe is borrowed and the direction becomes
 *   VIA       splice through that pipe, and back again when reads become small
 *   COPY      everything else
 *
 * Flow control: when the destination's kernel takes no more, the source is BLOCKED (not read) until the
 * destination has nothing left. What the borrowed pipe holds counts as the destination's queue, behind its
 * own. A pipe holds two descriptors, so an idle relay never has one.
 */
#include "transport/transport_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#define PIPE_SIZE (256 * 1024)	       /* the knee of the throughput curve */
#define STDPIPE_SIZE (1024 * 1024)     /* asked for on pipes that are ends themselves; the kernel's usual maximum */
#define PIPES_MAX 64		       /* an unprivileged user's share of 256 KiB pipes is 256 for all processes */
#define BIG_READ (64 * 1024)	       /* reads of this size in a row... */
#define BIG_READS 4		       /* ...so many make splicing worth its pipe */
#define SMALL_READ (16 * 1024)
#define SMALL_READS 16
#define SPLICE_FLAGS (SPLICE_F_MOVE | SPLICE_F_NONBLOCK)

/* ---- kernel pipes, lent by the reactor ---- */

static bool kpipe_borrow(struct twc_transport *dst)
{
	struct twc__tlayer *l = twc__tlayer(dst->r);
	struct twc__extra *x = twc__transport_extra(dst);
	int fd[2];

	if (x->kp.rd >= 0)
		return true;
	if (l->pooled) {
		x->kp = l->pool[--l->pooled];
		return true;
	}
	if (l->pipes >= PIPES_MAX || pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	if (fcntl(fd[1], F_SETPIPE_SZ, PIPE_SIZE) < 0) { /* the user's share is used up: a tiny pipe would be slower */
		close(fd[0]);
		close(fd[1]);
		return false;
	}
	l->pipes++;
	x->kp = (struct twc__kpipe){ .rd = fd[0], .wr = fd[1] };
	return true;
}

void twc__kpipe_release(struct twc_transport *dst)
{
	struct twc__tlayer *l = twc__tlayer(dst->r);
	struct twc__extra *x = dst->x;

	if (!x || x->kp.rd < 0)
		return;
	if (!x->kp.fill && l->pooled < TWC_ARRAY_LEN(l->pool)) {
		l->pool[l->pooled++] = x->kp;
	} else {
		close(x->kp.rd);
		close(x->kp.wr);
		l->pipes--;
	}
	x->kp = (struct twc__kpipe){ .rd = -1, .wr = -1 };
}

void twc__kpipe_pool_free(struct twc__tlayer *l)
{
	while (l->pooled) {
		struct twc__kpipe *kp = &l->pool[--l->pooled];

		close(kp->rd);
		close(kp->wr);
	}
}

/* ---- linking ---- */

static enum twc__pipe_mode choose_mode(const struct twc_transport *src, const struct twc_transport *dst)
{
	const struct twc__tlayer *l = twc__tlayer(src->r);
	int in, out;
	enum twc__fd_kind from = twc__transport_kernel_fd(src, TWC_READ, &in), to = twc__transport_kernel_fd(dst, TWC_WRITE, &out);

	if (src->ops->is_datagram || dst->ops->is_datagram || src->x->tap || dst->x->tap || src->x->rate ||
	    dst->x->rate || twc__transport_is_traced(src) || l->dbg_read_max || l->dbg_write_max ||
	    from == TWC__FD_NONE || to == TWC__FD_NONE)
		return TWC__PIPE_COPY;
	if (from == TWC__FD_PIPE)
		(void)fcntl(in, F_SETPIPE_SZ, STDPIPE_SIZE);
	if (to == TWC__FD_PIPE)
		(void)fcntl(out, F_SETPIPE_SZ, STDPIPE_SIZE);
	if (from == TWC__FD_FILE && to == TWC__FD_SOCKET)
		return TWC__PIPE_SENDFILE;
	if (from == TWC__FD_FILE && to == TWC__FD_FILE)
		return TWC__PIPE_COPY;
	if (to == TWC__FD_FILE && from != TWC__FD_PIPE)
		return TWC__PIPE_COPY; /* a file is written by copying either way */
	if (from == TWC__FD_PIPE || to == TWC__FD_PIPE)
		return TWC__PIPE_DIRECT;
	return TWC__PIPE_ADAPT;
}

/* Edges serve a transport as long as one of its directions splices. */
static void update_edges(struct twc_transport *src, struct twc_transport *dst)
{
	struct twc_transport *t[2] = { src, dst };

	for (int i = 0; i < 2; i++) {
		const struct twc__extra *x = t[i]->x;

		twc__transport_set_edge(t[i], (x->to && x->mode == TWC__PIPE_VIA) ||
						      (x->from && x->from->x->mode == TWC__PIPE_VIA));
	}
}

static void set_mode(struct twc_transport *src, struct twc_transport *dst, enum twc__pipe_mode mode)
{
	src->x->mode = mode;
	src->x->big = src->x->small = 0;
	update_edges(src, dst);
}

static void pipe_unlink_source(struct twc_transport *src)
{
	struct twc_transport *dst = src->x->to;

	if (!dst)
		return;
	src->x->to = NULL;
	dst->x->from = NULL;
	src->flags &= ~(uint32_t)TWC__F_BLOCKED;
	update_edges(src, dst);
	if (!dst->x->kp.fill)
		twc__kpipe_release(dst);
}

void twc__pipe_unlink(struct twc_transport *t)
{
	struct twc_transport *src;

	if (!t->x)
		return;
	pipe_unlink_source(t);
	src = t->x->from;
	if (src) {
		pipe_unlink_source(src);
		twc__transport_update(src);
	}
}

void twc_transport_pipe(struct twc_transport *src, struct twc_transport *dst)
{
	struct twc__extra *x = twc__transport_extra(src);

	TWC_ASSERT(!dst || dst->r == src->r);
	pipe_unlink_source(src);
	if (dst && !(src->flags & TWC__F_DEAD) && !(dst->flags & TWC__F_DEAD)) {
		TWC_ASSERT(!twc__transport_extra(dst)->from);
		x->to = dst;
		dst->x->from = src;
		set_mode(src, dst, choose_mode(src, dst));
	}
	twc__transport_update(src);
}

/* What a borrowed pipe still holds leaves before the next copy: the source is blocked until then. */
void twc__pipe_copy(struct twc_transport *t)
{
	if (t->x->to) {
		t->x->mode = TWC__PIPE_COPY;
		if (!t->x->to->x->kp.fill)
			twc__kpipe_release(t->x->to);
	}
	if (t->x->from) {
		t->x->from->x->mode = TWC__PIPE_COPY;
		if (!t->x->kp.fill)
			twc__kpipe_release(t);
	}
}

/* ---- flow control ---- */

static void block(struct twc_transport *src, struct twc_transport *dst, bool kernel_refused)
{
	src->flags |= TWC__F_BLOCKED;
	if (kernel_refused)
		dst->flags |= TWC__F_KWAIT;
	twc__transport_update(dst);
}

void twc__pipe_unblock(struct twc_transport *dst)
{
	struct twc_transport *src = dst->x ? dst->x->from : NULL;

	if (!src || !(src->flags & TWC__F_BLOCKED) || dst->flags & TWC__F_WRITE_BROKEN)
		return;
	src->flags &= ~(uint32_t)TWC__F_BLOCKED;
	twc__transport_update(src);
}

bool twc__pipe_flush(struct twc_transport *dst)
{
	struct twc__kpipe *kp = &dst->x->kp;
	int out;

	(void)twc__transport_kernel_fd(dst, TWC_WRITE, &out);
	while (kp->fill) {
		ssize_t n = splice(kp->rd, NULL, out, NULL, kp->fill, SPLICE_FLAGS);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0) {
			twc__transport_write_failed(dst, n < 0 ? errno : EIO);
			return false;
		}
		dst->bytes_out += (uint64_t)n;
		kp->fill -= (size_t)n;
	}
	if (!dst->x->from || dst->x->from->x->mode == TWC__PIPE_COPY)
		twc__kpipe_release(dst);
	return true;
}

/* ---- moving: each returns bytes moved, 0 at the end of the stream, -errno ---- */

static ssize_t move_copy(struct twc_transport *src, struct twc_transport *dst)
{
	char *buf = twc__reactor_read_buf(src->r);
	size_t cap = twc__rate_room(src, TWC_READ, dst->ops->is_datagram && !dst->ops->takes_all ? TWC__DGRAM_MAX :
														TWC__READ_BUF);
	const struct twc__tlayer *l = twc__tlayer(src->r);
	const char *p = buf;
	ssize_t n;

	if (l->dbg_read_max && cap > l->dbg_read_max && !src->ops->is_datagram)
		cap = l->dbg_read_max;
	if (!cap)
		return -EAGAIN; /* its rate lets it wait */
	n = twc__transport_read(src, buf, cap, &p);
	if (n < 0 || twc__transport_is_end(src, n))
		return n;
	twc__rate_spend(src, TWC_READ, (size_t)n);
	twc__transport_took(src, p, (size_t)n);
	twc_transport_write(dst, p, (size_t)n);
	return n;
}

static ssize_t move_adapt(struct twc_transport *src, struct twc_transport *dst)
{
	struct twc__extra *x = src->x;
	ssize_t n = move_copy(src, dst);

	if (n < BIG_READ) {
		x->big = 0;
		return n;
	}
	if (++x->big >= BIG_READS && !dst->x->q.len && kpipe_borrow(dst))
		set_mode(src, dst, TWC__PIPE_VIA);
	return n;
}

static ssize_t move_via(struct twc_transport *src, struct twc_transport *dst)
{
	struct twc__extra *x = src->x;
	struct twc__kpipe *kp = &dst->x->kp;
	int in;
	ssize_t n;

	(void)twc__transport_kernel_fd(src, TWC_READ, &in);
	n = splice(in, NULL, kp->wr, NULL, PIPE_SIZE, SPLICE_FLAGS);
	if (n <= 0)
		return n < 0 ? -errno : 0;
	src->bytes_in += (uint64_t)n;
	kp->fill += (size_t)n;
	if (!twc__pipe_flush(dst))
		return n;
	x->small = n < SMALL_READ ? x->small + 1 : 0;
	if (x->small >= SMALL_READS && !kp->fill) {
		twc__kpipe_release(dst);
		set_mode(src, dst, TWC__PIPE_ADAPT);
	}
	return n;
}

static ssize_t move_inside(struct twc_transport *src, struct twc_transport *dst)
{
	size_t max = TWC__TURN_MAX;
	int in, out;
	ssize_t n;

	(void)twc__transport_kernel_fd(src, TWC_READ, &in);
	(void)twc__transport_kernel_fd(dst, TWC_WRITE, &out);
	n = src->x->mode == TWC__PIPE_SENDFILE ? sendfile(out, in, NULL, max) :
						 splice(in, NULL, out, NULL, max, SPLICE_FLAGS);
	if (n < 0)
		return -errno;
	src->bytes_in += (uint64_t)n;
	dst->bytes_out += (uint64_t)n;
	return n;
}

static ssize_t move(struct twc_transport *src, struct twc_transport *dst)
{
	switch (src->x->mode) {
	case TWC__PIPE_ADAPT:
		return move_adapt(src, dst);
	case TWC__PIPE_VIA:
		return move_via(src, dst);
	case TWC__PIPE_DIRECT:
	case TWC__PIPE_SENDFILE:
		return move_inside(src, dst);
	case TWC__PIPE_COPY:
		break;
	}
	return move_copy(src, dst);
}

static bool moves_inside(const struct twc_transport *src)
{
	return src->x->mode == TWC__PIPE_DIRECT || src->x->mode == TWC__PIPE_SENDFILE;
}

/* An error of a call that both reads and writes: whose is it? Decided by who can tell. */
static void inside_failed(struct twc_transport *src, struct twc_transport *dst, int sys)
{
	if (sys == EINVAL || sys == ENOSYS || sys == EOPNOTSUPP) { /* this pair cannot: move it ourselves */
		src->x->mode = TWC__PIPE_COPY;
		return;
	}
	if (sys == EPIPE || sys == ENOSPC || sys == EDQUOT || sys == EFBIG || sys == ENOTCONN) {
		twc__transport_write_failed(dst, sys);
		return;
	}
	if (sys == ECONNRESET || sys == ETIMEDOUT || sys == EHOSTUNREACH) {
		int out;

		if (twc__transport_kernel_fd(dst, TWC_WRITE, &out) == TWC__FD_SOCKET) {
			twc__transport_write_failed(dst, sys);
			return;
		}
	}
	twc__transport_read_failed(src, sys);
}

/* Something to do before bytes may bypass the destination's own queue? */
static bool must_wait(struct twc_transport *src, struct twc_transport *dst)
{
	struct twc__tlayer *l = twc__tlayer(src->r);

	if (dst->flags & TWC__F_GATHERED && src->x->mode > TWC__PIPE_ADAPT)
		twc__gather_flush(l);
	if (!twc__transport_is_refused(dst))
		return false;
	block(src, dst, false);
	return true;
}

static bool may_go_on(const struct twc_transport *src, const struct twc_transport *dst)
{
	return !(src->flags & (TWC__F_DEAD | TWC__F_LOSING | TWC__F_READ_EOF | TWC__F_SLOW_IN)) &&
	       src->x->to == dst && !src->pauses && !(dst->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN));
}

void twc__pipe_pump(struct twc_transport *src)
{
	struct twc_transport *dst = src->x->to;
	size_t total = 0;
	ssize_t n;

	do {
		bool inside = moves_inside(src);

		if (must_wait(src, dst))
			return;
		n = move(src, dst);
		if (n == -EINTR || (n == -EAGAIN && !inside))
			return;
		if (n == -EAGAIN) {
			/* We were told the source is readable, so it was the destination; unless this turn has
			 * emptied the source, and then its next readiness tells. */
			if (!total)
				block(src, dst, true);
			return;
		}
		if (n < 0) {
			if (inside)
				inside_failed(src, dst, (int)-n);
			else
				twc__transport_read_failed(src, (int)-n);
			return;
		}
		if (twc__transport_is_end(src, n)) {
			twc__transport_got_eof(src);
			return;
		}
		total += (size_t)n + (src->ops->is_datagram ? TWC__TURN_MAX / 64 : 0);
		if (!may_go_on(src, dst))
			return;
		if (twc__transport_is_refused(dst)) {
			block(src, dst, false);
			return;
		}
		if (src->flags & TWC__F_ONE_READ && !inside)
			return;
	} while ((n >= TWC__READ_BUF || src->flags & TWC__F_EDGE || src->ops->is_datagram) && total < TWC__TURN_MAX);
	twc__transport_try_again(src, TWC_READ);
}
