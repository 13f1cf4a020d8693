/* SPDX-License-Identifier: MIT */
/*
 * --workers: all is built and bound once, in the parent, on a reactor that never runs there. Each worker is a
 * copy of that by fork(2), and runs it; the parent looks after them on a reactor of its own, and is the one that signals,
 * limits of time, COMMAND and the announcement are for.
 */
#include "out.h"
#include "serving.h"

#include <signal.h>
#include <twc/parse.h>
#include <unistd.h>

/* ---- in a worker ---- */

static void on_signal_of_parent(struct twc_signal_watch *w, int signo, void *arg)
{
	(void)w;
	(void)signo;
	(void)arg; /* it was sent to the parent, too, and that one says what is to be done */
}

static void on_stop(void *arg)
{
	struct serving *s = arg;

	twc_server_stop(s->server);
}

static void on_cut(void *arg)
{
	serving_cut(arg);
}

static void on_report(void *arg)
{
	struct serving *s = arg;

	serving_report(s);
}

static void on_reload(void *arg)
{
	serving_reload(arg);
}

static int worker_begin(struct serving *s, struct twc_err *err)
{
	static const int signos[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	static const struct twc_worker_ops ops = {
		.stop = on_stop, .cut = on_cut, .report = on_report, .reload = on_reload,
	};
	unsigned index = twc_worker_index(s->worker);
	int rc = twc_reactor_renew(s->r, err);

	s->live.ctx = s->ctx;
	s->live.r = s->r;
	for (size_t i = 0; i < TWC_ARRAY_LEN(signos) && !rc; i++)
		rc = twc_signal_start(s->r, i < SERVING_SIGNALS ? &s->signal[i] : &s->live.signal, signos[i],
				      on_signal_of_parent, s, err);
	if (!rc && s->gate)
		rc = twc_gate_join(s->gate, s->share, index, err);
	if (!rc)
		rc = twc_server_share(s->server, index, err);
	if (!rc && s->ops->begin)
		rc = s->ops->begin(s, index, err);
	if (rc)
		return rc;
	if (s->p->bg)
		twc_daemon_detach(); /* before the parent is told, and tells its own */
	return twc_worker_begin(s->worker, s->r, &ops, s, err);
}

/* Nothing of the parent's is left but what was built for this. */
static int run_worker(void *arg, struct twc_worker *w)
{
	struct serving *s = arg;
	struct twc_err err = { 0 };
	uint64_t in, out;

	s->worker = w;
	s->workers = NULL;
	s->command = NULL;
	s->watchdog = (struct twc_watchdog){ 0 };
	s->command_status = -1;
	s->r = s->built;
	s->built = NULL;
	serving_ready_close(s);
	serving_process_forget(s);
	if (worker_begin(s, &err) < 0)
		return out_fail(s->ctx, NULL, &err);
	if (twc_reactor_run(s->r, &err) < 0)
		serving_note(s, &err);
	serving_close(s);
	twc_server_bytes(s->server, &in, &out);
	twc_worker_done(w, twc_server_total(s->server), in, out, s->is_cut);
	return s->err.code ? out_fail(s->ctx, serving_name(s), &s->err) : 0;
}

/* ---- in the parent ---- */

static void on_ready(void *arg)
{
	struct serving *s = arg;

	s->started_ns = twc_reactor_now(s->r);
	s->status = serving_announce(s);
	if (!s->status)
		s->status = serving_start_command(s);
	if (s->status)
		twc_workers_cut(s->workers);
}

static void on_gone(void *arg, unsigned index)
{
	struct serving *s = arg;

	if (s->share)
		twc_gate_share_gone(s->share, index);
}

static void on_failed(void *arg, int status)
{
	struct serving *s = arg;

	s->status = status;
}

static void on_asked(struct twc_signal_watch *w, int signo, void *arg)
{
	struct serving *s = arg;

	(void)w;
	(void)signo;
	twc_workers_report(s->workers);
}

static int supervise_start(struct serving *s, struct twc_err *err)
{
	struct twc_workers_opts o = {
		.n = serving_workers(s->p),
		.run = run_worker,
		.ready = on_ready,
		.gone = on_gone,
		.failed = on_failed,
		.stopping = serving_stopping,
		.stopped = serving_stopped,
		.accept_timeout_ns = s->p->accept_timeout,
		.for_ns = s->p->run_for,
		.drain_ns = s->p->drain,
		.arg = s,
	};
	int rc = 0;

	if (s->gate) {
		s->share = twc_gate_share_new(o.n, err);
		if (!s->share)
			return err->code;
	}
	s->workers = twc_workers_new(s->r, &o, err);
	if (!s->workers)
		return err->code;
	s->live.r = s->r;
	rc = twc_signal_start(s->r, &s->live.signal, SIGUSR1, on_asked, s, err);
	return rc ? rc : twc_workers_start(s->workers, err);
}

int serving_supervise(struct serving *s)
{
	struct twc_err err = { 0 };
	int status;

	s->built = s->r;
	s->r = common_reactor_new(s->ctx, &err);
	if (!s->r)
		return out_fail(s->ctx, NULL, &err);
	status = serving_watch_signals(s);
	if (status)
		return status;
	if (supervise_start(s, &err) < 0)
		return out_fail(s->ctx, NULL, &err);
	if (twc_reactor_run(s->r, &err) < 0)
		serving_note(s, &err);
	s->ended_ns = twc_reactor_now(s->r);
	return s->status;
}
