/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets: clients are accepted in batches, pass the gate, and are handed up as
 * descriptors. Below: the reactor. Above: the endpoints, which wrap each descriptor in a transport.
 * How a socket comes to listen is in bind.c.
 *
 * Out of descriptors (EMFILE, ENFILE) a listening socket stays readable while accept fails, and a
 * loop would spin. So each listener keeps a spare descriptor: it is closed, the waiting client
 * accepted and reset at once (instead of a hang, and instead of an end, which it could take for that of
 * an empty answer), and the spare taken back. Should somebody else have snatched it, the listener rests for 100 ms and tries again.
 *
 * Invariants: the watch asks for TWC_READ exactly when nothing of `pauses`, `resting`, the gate
 * holds it back (see listener_update); a freed listener lives until the accept loop that it may be
 * in has returned.
 */
#include "net/net_int.h"

#include "reactor/reactor_int.h"
#include <twc/parse.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

#define ACCEPT_BATCH 64
#define SHARED_BATCH 8 /* so that the processes get about as many each */
#define GROW_AFTER 8   /* wake-ups with as many clients as were asked for */
#define REST_NS (100 * TWC_NS_PER_MS)
#define WARN_EVERY_NS TWC_NS_PER_S
#define WASTE_READS 16 /* of 4 KiB, from a client that is turned away */

struct twc_listener {
	struct twc_watch watch;
	struct twc_reactor *reactor; /* borrowed */
	struct twc_gate *gate;	     /* borrowed; may be NULL */
	struct twc__gate_wait wait;
	struct twc_addr addr;	     /* bound, with the real port */
	struct twc__bound_file file; /* of a UNIX socket */
	twc_accept_fn fn;	     /* set by start */
	void *arg;		     /* borrowed, for fn */
	struct twc_timer rest;
	int fd;		     /* owned */
	int spare;	     /* owned; -1 while it is lost */
	unsigned pauses;
	unsigned batch, full; /* clients to ask for at a wake-up; wake-ups that had so many */
	bool is_shared; /* other processes accept here, too */
	bool is_resting;
	bool is_accepting; /* the accept loop is on the stack */
	bool is_dead;	   /* freed from inside it */
	uint64_t warned_at; /* 0: never */
	unsigned refused;  /* clients closed for want of descriptors, not yet in the log */
};

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static struct twc_listener *listener_new(struct twc_reactor *r, int fd, struct twc_gate *gate)
{
	struct twc_listener *l = twc_calloc(1, sizeof(*l));

	l->reactor = r;
	l->gate = gate;
	l->fd = fd;
	l->spare = open_spare();
	l->batch = 1;
	return l;
}

void twc_listen_opts_init(struct twc_listen_opts *o)
{
	*o = (struct twc_listen_opts){ .v6only = true, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	twc_sockopts_init(&o->sock);
}

struct twc_listener *twc_listen(struct twc_reactor *r, const struct twc_listen_opts *o, struct twc_err *err)
{
	struct twc__bound_file file = { 0 };
	struct twc_addr bound;
	struct twc_listener *l;
	int fd = twc__bind_listen(o, &bound, &file, err);

	if (fd < 0)
		return NULL;
	l = listener_new(r, fd, o->gate);
	l->addr = bound;
	l->file = file;
	return l;
}

struct twc_listener *twc_listen_fd(struct twc_reactor *r, int fd, struct twc_gate *gate, struct twc_err *err)
{
	struct twc_addr bound;
	struct twc_listener *l;

	if (twc__bind_adopt(fd, &bound, err) != 0) {
		close(fd);
		return NULL;
	}
	l = listener_new(r, fd, gate);
	l->addr = bound;
	return l;
}

void twc_listener_share(struct twc_listener *l)
{
	TWC_ASSERT(!l->fn);
	l->is_shared = true;
	twc__bound_file_forget(&l->file);
}

int twc__listener_fd(const struct twc_listener *l)
{
	return l->fd;
}

const struct twc__bound_file *twc__listener_file(const struct twc_listener *l)
{
	return &l->file;
}

void twc_listener_addr(const struct twc_listener *l, struct twc_addr *a)
{
	*a = l->addr;
}

/* ---- when to accept ---- */

static void listener_update(struct twc_listener *l)
{
	bool on = l->pauses == 0 && !l->is_resting && !l->wait.link;
	unsigned events = l->is_shared ? TWC_READ | TWC_EXCLUSIVE : TWC_READ;

	if (l->watch.fn)
		twc_watch_set(l->reactor, &l->watch, on ? events : 0);
}

static void on_place(struct twc__gate_wait *w)
{
	listener_update(TWC_CONTAINER_OF(w, struct twc_listener, wait));
}

void twc_listener_pause(struct twc_listener *l)
{
	l->pauses++;
	listener_update(l);
}

void twc_listener_resume(struct twc_listener *l)
{
	TWC_ASSERT(l->pauses > 0);
	l->pauses--;
	listener_update(l);
}

static void on_rested(struct twc_timer *t, void *arg)
{
	struct twc_listener *l = arg;

	(void)t;
	l->is_resting = false;
	if (l->spare < 0)
		l->spare = open_spare();
	listener_update(l);
}

static void listener_rest(struct twc_listener *l)
{
	l->is_resting = true;
	twc_timer_start(l->reactor, &l->rest, REST_NS, on_rested, l);
	listener_update(l);
}

/* ---- trouble ---- */

static void listener_warn(struct twc_listener *l, int sys)
{
	uint64_t now = twc_reactor_now(l->reactor);
	char text[TWC_ADDR_TEXT_MAX];
	struct twc_log *log = twc_reactor_log(l->reactor);

	if (l->warned_at != 0 && now - l->warned_at < WARN_EVERY_NS)
		return;
	l->warned_at = now;
	twc__addr_where(&l->addr, text, sizeof(text));
	if (sys == EMFILE || sys == ENFILE)
		twc_log(log, net, WARN, "out of descriptors (%s, %s); waiting clients closed: %u",
			twc_errno_name(sys), text, l->refused);
	else
		twc_log(log, net, WARN, "cannot accept (%s, %s): trying again", twc_errno_name(sys), text);
	l->refused = 0;
}

static void close_with_reset(int fd)
{
	struct linger at_once = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

/* Resets one waiting client through the spare descriptor. False when there was none, or the
 * listener must rest. The kernel looks for a descriptor before it looks for a client, so EMFILE
 * does not mean that one waits. */
static bool listener_refuse_one(struct twc_listener *l, int sys)
{
	int fd, again;

	if (l->spare < 0) {
		listener_warn(l, sys);
		listener_rest(l);
		return false;
	}
	close(l->spare);
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	again = errno;
	if (fd >= 0)
		close_with_reset(fd);
	l->spare = open_spare();
	if (fd < 0 && again == EAGAIN && l->spare >= 0)
		return false;
	l->refused += fd >= 0;
	listener_warn(l, sys);
	if (fd >= 0 && l->spare >= 0)
		return true;
	listener_rest(l);
	return false;
}

/* What accept(2) failed with. True when the next client may be tried at once. */
static bool listener_survive(struct twc_listener *l, int sys)
{
	switch (sys) {
	case EAGAIN:
		return false;
	case EINTR:
	case ECONNABORTED: /* gone before it was accepted; the rest: its pending network error, accept(2) */
	case EPERM:
	case EPROTO:
	case ENETDOWN:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
	case ETIMEDOUT:
		return true;
	case EMFILE:
	case ENFILE:
		return listener_refuse_one(l, sys);
	default: /* ENOBUFS, ENOMEM; or a socket that somebody shut down: never a busy loop */
		listener_warn(l, sys);
		listener_rest(l);
		return false;
	}
}

/* ---- accepting ---- */

static void listener_say_why(const struct twc_listener *l, int fd, const struct twc_addr *peer,
			     enum twc__verdict verdict)
{
	static const char *const why[] = {
		[TWC__GATE_DENIED] = "is not allowed",	[TWC__GATE_STRANGER] = "is not a user allowed",
		[TWC__GATE_CROWDED] = "has too many connections", [TWC__GATE_FULL] = "finds all places taken",
		[TWC__GATE_HASTY] = "comes too soon",
	};
	struct twc_log *log = twc_reactor_log(l->reactor);
	char text[TWC_ADDR_TEXT_MAX];
	uid_t uid;

	if (!twc_log_is_on(log, TWC_LOG_net, TWC_LOG_INFO))
		return;
	if (verdict == TWC__GATE_STRANGER && twc__peer_uid(fd, &uid))
		snprintf(text, sizeof(text), "uid %u", (unsigned)uid);
	else
		twc__addr_where(peer, text, sizeof(text));
	twc_log_write(log, TWC_LOG_INFO, TWC_LOG_net, "%s %s: closed", text, why[verdict]);
}

/* What has come already is read: closed over it, the kernel would send a reset instead of an end. */
static void close_with_end(int fd)
{
	char waste[4096];

	(void)shutdown(fd, SHUT_WR);
	for (int i = 0; i < WASTE_READS && recv(fd, waste, sizeof(waste), MSG_DONTWAIT) > 0; i++)
		;
	close(fd);
}

/* The client is let in and handed up, or closed. */
static void listener_admit(struct twc_listener *l, int fd, const struct twc_addr *peer)
{
	enum twc__verdict verdict = twc__gate_enter(l->gate, fd, peer);

	if (verdict == TWC__GATE_IN) {
		l->fn(l->arg, fd, peer);
		return;
	}
	listener_say_why(l, fd, peer, verdict);
	if (verdict == TWC__GATE_FULL && twc__gate_over(l->gate) == TWC_OVER_RESET)
		close_with_reset(fd);
	else
		close_with_end(fd);
}

/* False when there is nothing more to accept now. */
static bool listener_accept_one(struct twc_listener *l)
{
	struct twc_addr peer = { .kind = l->addr.kind };
	int fd;

	if (twc__gate_must_wait(l->gate)) {
		twc__gate_wait(l->gate, &l->wait, on_place);
		listener_update(l);
		return false;
	}
	peer.len = sizeof(peer.u);
	fd = accept4(l->fd, &peer.u.sa, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		int sys = errno;

		twc__gate_nobody(l->gate);
		return listener_survive(l, sys);
	}
	if (peer.len > sizeof(peer.u))
		peer.len = sizeof(peer.u);
	listener_admit(l, fd, &peer);
	return true;
}

/*
 * To ask when nobody waits is nearly as dear as to accept: the kernel makes the new socket before it looks. So as many
 * are asked for as came the last time, and more when there have been as many a few times; who is left over is reported
 * again.
 */
static void listener_learn(struct twc_listener *l, unsigned accepted)
{
	unsigned most = l->is_shared ? SHARED_BATCH : ACCEPT_BATCH;

	if (accepted < l->batch) {
		l->batch = accepted ? accepted : 1;
		l->full = 0;
	} else if (++l->full == GROW_AFTER) {
		l->batch = 2 * l->batch < most ? 2 * l->batch : most;
		l->full = 0;
	}
}

static void on_acceptable(struct twc_watch *w, unsigned ready)
{
	struct twc_listener *l = TWC_CONTAINER_OF(w, struct twc_listener, watch);
	unsigned i;

	(void)ready;
	if (!(w->events & TWC_READ)) {
		listener_rest(l); /* shut down by somebody else while it was paused */
		return;
	}
	l->is_accepting = true;
	for (i = 0; i < l->batch && !l->is_dead && l->pauses == 0; i++)
		if (!listener_accept_one(l))
			break;
	l->is_accepting = false;
	listener_learn(l, i);
	if (l->is_dead)
		twc_free(l);
	else if (l->is_shared && (w->events & TWC_EXCLUSIVE))
		twc__watch_requeue(l->reactor, w); /* the kernel wakes the first who waits: let it be another */
}

void twc_listener_start(struct twc_listener *l, twc_accept_fn fn, void *arg)
{
	struct twc_err err;

	TWC_ASSERT(!l->fn);
	l->fn = fn;
	l->arg = arg;
	if (twc_watch_start(l->reactor, &l->watch, l->fd, 0, on_acceptable, &err) != 0) {
		struct twc_log *log = twc_reactor_log(l->reactor);

		twc_log(log, net, ERROR, "a listener cannot be watched: %s", err.text);
		l->watch.fn = NULL;
		return;
	}
	listener_update(l);
}

void twc_listener_free(struct twc_listener *l)
{
	if (!l || l->is_dead)
		return;
	twc__gate_unwait(&l->wait);
	twc_timer_stop(l->reactor, &l->rest);
	twc_watch_stop(l->reactor, &l->watch);
	twc__bound_file_remove(&l->file);
	close(l->fd);
	if (l->spare >= 0)
		close(l->spare);
	l->is_dead = true;
	if (!l->is_accepting)
		twc_free(l);
}
