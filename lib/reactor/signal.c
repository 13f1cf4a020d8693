/* SPDX-License-Identifier: MIT */
/*
 * Signals as events: one signalfd per reactor, made with the first watch. A watched signal is blocked in the calling
 * thread; its disposition is left alone. Nothing ever runs in a signal handler.
 */
#include "reactor/reactor_priv.h"
#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "base/banned.h"

static struct twc_signal_watch *find(const struct twc_reactor *r, int signo)
{
	struct twc_signal_watch *w = r->signals;

	while (w && w->signo != signo)
		w = w->next;
	return w;
}

static void on_signalfd(struct twc_watch *fdw, unsigned ready)
{
	struct twc_reactor *r = TWC_CONTAINER_OF(fdw, struct twc_reactor, signal_watch);
	struct signalfd_siginfo info[8];

	(void)ready;
	ssize_t n = read(fdw->fd, info, sizeof(info));
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(info[0]); i++) {
		struct twc_signal_watch *w = find(r, (int)info[i].ssi_signo);
		if (!w)
			continue; /* stopped by the callback before */
		w->fn(w, w->signo, w->arg);
		twc__reactor_ran(r);
	}
}

static int update_fd(struct twc_reactor *r, struct twc_err *err)
{
	int fd = signalfd(r->signal_watch.fd, &r->signal_set, SFD_NONBLOCK | SFD_CLOEXEC);

	if (fd < 0)
		return twc_err_sys(err, errno == EMFILE || errno == ENFILE ? TWC_ELIMIT : TWC_EOS, errno, NULL,
				   "signalfd failed");
	if (r->signal_watch.fd < 0)
		return twc__watch_add(r, &r->signal_watch, fd, on_signalfd, err);
	return 0;
}

static void forget(struct twc_reactor *r, int signo)
{
	sigset_t one;

	sigdelset(&r->signal_set, signo);
	if (r->signal_watch.fd >= 0)
		update_fd(r, NULL);
	if (!sigismember(&r->signal_was_blocked, signo)) {
		sigemptyset(&one);
		sigaddset(&one, signo);
		pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	}
	sigdelset(&r->signal_was_blocked, signo);
}

int twc_signal_start(struct twc_reactor *r, struct twc_signal_watch *w, int signo, twc_signal_fn fn, void *arg,
		     struct twc_err *err)
{
	sigset_t one, before;

	TWC_ASSERT(fn);
	sigemptyset(&one);
	if (signo == SIGKILL || signo == SIGSTOP || sigaddset(&one, signo) < 0)
		return twc_err_set(err, TWC_EUSAGE, "signal %d cannot be watched", signo);
	if (find(r, signo))
		return twc_err_set(err, TWC_EUSAGE, "signal %d is watched already", signo);
	pthread_sigmask(SIG_BLOCK, &one, &before);
	if (sigismember(&before, signo) == 1)
		sigaddset(&r->signal_was_blocked, signo);
	sigaddset(&r->signal_set, signo);
	int rc = update_fd(r, err);
	if (rc < 0) {
		forget(r, signo);
		return rc;
	}
	*w = (struct twc_signal_watch){ .fn = fn, .arg = arg, .signo = signo, .next = r->signals };
	r->signals = w;
	return 0;
}

void twc_signal_stop(struct twc_reactor *r, struct twc_signal_watch *w)
{
	struct twc_signal_watch **at = &r->signals;

	while (*at && *at != w)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = w->next;
	w->next = NULL;
	forget(r, w->signo);
}

/* The watches may be gone from memory by now; the mask is not. */
void twc__signals_fini(struct twc_reactor *r)
{
	r->signals = NULL;
	for (int signo = 1; signo < NSIG; signo++)
		if (sigismember(&r->signal_set, signo) == 1)
			forget(r, signo);
	twc__watch_drop(r, &r->signal_watch);
}
