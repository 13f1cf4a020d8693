/* SPDX-License-Identifier: MIT */
/*
 * twc connect dies by the signals that end it. Only where an endpoint leaves something behind (a fifo, a link, a socket
 * file, a terminal's settings) is it taken away before that; then the signals are watched, and everything is unmade as
 * at any other end. Programs have a process group of their own, so the signal is passed on to them.
 */
#include "connect.h"
#include "out.h"

#include <signal.h>
#include <twc/app.h>

static void on_signal(struct twc_signal_watch *w, int signo, void *arg)
{
	struct connect_traces *t = arg;

	(void)w;
	if (t->join)
		twc_join_signal(t->join, signo);
	if (t->join && !t->must_clean)
		out_die_by_signal(signo); /* a program that was told may take its time */
	t->signo = signo;
	twc_reactor_stop(t->r);
}

int connect_traces_watch(struct connect_traces *t, struct ctx *ctx, struct twc_reactor *r, const struct twc_endpoint *e)
{
	static const int signos[CONNECT_SIGNALS] = { SIGINT, SIGTERM, SIGHUP };
	struct twc_err err = { 0 };

	if (!e || !(twc_endpoint_leaves_traces(e) || connect_is_program(e)))
		return 0;
	t->must_clean |= twc_endpoint_leaves_traces(e);
	if (t->r)
		return 0;
	t->r = r;
	for (int i = 0; i < CONNECT_SIGNALS; i++) {
		struct sigaction now;

		if (sigaction(signos[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			continue;
		if (twc_signal_start(r, &t->watch[i], signos[i], on_signal, t, &err) < 0)
			return out_fail(ctx, NULL, &err);
	}
	return 0;
}

void connect_traces_unwatch(struct connect_traces *t)
{
	for (int i = 0; t->r && i < CONNECT_SIGNALS; i++)
		twc_signal_stop(t->r, &t->watch[i]);
	t->r = NULL;
}

void connect_traces_end(const struct connect_traces *t)
{
	if (t->signo)
		out_die_by_signal(t->signo);
}
