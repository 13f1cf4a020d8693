/* SPDX-License-Identifier: MIT */
/*
 * The run of twc http: groups are made ready, URLs checked, then transfers begun, one after the other or
 * many at a time. What they come to is one status: that of all, when it is the same; the furthest, when all
 * failed; 79 when some did.
 */
#include "http_run.h"
#include "http_curl.h"
#include "out.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <twc/parse.h>
#include <unistd.h>

bool http_run_says_failures(const struct http_run *run)
{
	return !run->p->silent || run->p->show_error;
}

/* ---- what it comes to ---- */

static void tally_add(struct http_tally *all, int code, int curl)
{
	int status = twc_err_exit(code);

	all->last_curl = curl;
	if (!code) {
		all->n_ok++;
		return;
	}
	if (all->n_failed++ == 0) {
		all->code = code;
		all->status = status;
		all->first_curl = curl;
		return;
	}
	if (all->status != status)
		all->status = -1;
	if (twc_err_rank(code) > twc_err_rank(all->code))
		all->code = code;
}

static int tally_status(const struct http_tally *all, int style)
{
	if (style == HTTP_EXIT_CURL_LAST)
		return all->last_curl;
	if (style == HTTP_EXIT_CURL)
		return all->first_curl;
	if (all->n_failed == 0)
		return 0;
	if (all->n_ok > 0)
		return twc_err_exit(TWC_EPARTIAL);
	return all->status >= 0 ? all->status : twc_err_exit(all->code);
}

/* ---- transfers ---- */

static size_t most(const struct http_run *run)
{
	return run->p->parallel ? (size_t)run->p->parallel_max : 1;
}

static void link_in(struct http_run *run, struct http_transfer *t)
{
	t->next = run->transfers;
	if (t->next)
		t->next->prev = t;
	run->transfers = t;
	run->n_active++;
}

static void link_out(struct http_run *run, struct http_transfer *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		run->transfers = t->next;
	if (t->next)
		t->next->prev = t->prev;
	run->n_active--;
}

static void count(struct http_run *run, int code, int curl)
{
	tally_add(&run->tally, code, curl);
	if ((code && run->p->fail_early) || run->status)
		run->is_over = true;
}

static void begin_one(struct http_run *run)
{
	struct http_job job;
	struct http_transfer *t;
	int code = 0, curl = 0, status = 0;

	switch (http_jobs_next(&run->jobs, run->ctx, &job, &status)) {
	case 0:
		run->is_over = true;
		return;
	case -1:
		count(run, TWC_EUSAGE, HTTP_CURL_BAD_URL);
		return;
	default:
		break;
	}
	t = http_transfer_start(run, &job, &code, &curl);
	if (t)
		link_in(run, t);
	else
		count(run, code, curl);
}

static void on_next(struct twc_timer *timer, void *arg);

/* False: --rate says that it is too early. */
static bool may_begin(struct http_run *run)
{
	uint64_t now = twc_reactor_now(run->r);

	if (!run->interval_ns)
		return true;
	if (now < run->next_ns) {
		if (!twc_timer_is_active(&run->next))
			twc_timer_start(run->r, &run->next, run->next_ns - now, on_next, run);
		return false;
	}
	run->next_ns = (run->next_ns > 0 ? run->next_ns : now) + run->interval_ns;
	if (run->next_ns < now)
		run->next_ns = now;
	return true;
}

static void go_on(struct http_run *run)
{
	while (!run->is_over && run->n_active < most(run) && may_begin(run))
		begin_one(run);
	if (run->n_active > 0 && !(run->is_over && run->tally.n_failed > 0 && run->p->fail_early))
		return;
	if (run->is_over || run->n_active > 0)
		twc_reactor_stop(run->r);
}

static void on_next(struct twc_timer *timer, void *arg)
{
	(void)timer;
	go_on(arg);
}

/* Behind what the connections have still to do, so that the next finds one free. */
static void on_go_on(void *arg)
{
	go_on(arg);
}

void http_run_over(struct http_run *run, struct http_transfer *t, int code, int curl)
{
	link_out(run, t);
	http_transfer_free(t);
	count(run, code, curl);
	twc_reactor_call(run->r, on_go_on, run);
}

/* ---- the run ---- */

/* "10/s" "100/m" "2/5s" "3": so many in so long. */
static uint64_t interval_of(const char *rate)
{
	struct twc_str unit = twc_str_of(rate), number;
	uint64_t n = 1, ns = TWC_NS_PER_S;
	char text[32] = "1";

	(void)twc_str_cut(&unit, '/', &number);
	(void)twc_parse_uint(number, 1, 1000000000, &n, NULL);
	if (unit.p && unit.n < sizeof(text) - 1) {
		bool has_number = unit.p[0] >= '0' && unit.p[0] <= '9';

		memcpy(text + !has_number, unit.p, unit.n);
		text[unit.n + !has_number] = '\0';
		(void)twc_parse_duration(twc_str_of(text), &ns, NULL);
	}
	return ns / n > 0 ? ns / n : 1;
}

static int groups_make(struct http_run *run)
{
	struct ctx *ctx = run->ctx;
	int status = 0;

	run->group = twc_calloc(ctx->n_groups, sizeof(*run->group));
	run->n_groups = ctx->n_groups;
	for (size_t i = 0; i < run->n_groups && status == 0; i++)
		status = http_request_make(&run->group[i].q, ctx, &ctx->group[i]);
	run->jobs.group = run->group;
	run->jobs.n_groups = run->n_groups;
	if (status)
		return run->p->exit_style == HTTP_EXIT_TWC ? status : http_status_curl_of(status);
	status = http_jobs_check(&run->jobs, ctx);
	return status && run->p->exit_style != HTTP_EXIT_TWC ? HTTP_CURL_BAD_URL : status;
}

static int sessions_make(struct http_run *run)
{
	int status = 0;

	for (size_t i = 0; i < run->n_groups && status == 0; i++) {
		if (run->group[i].q.p->insecure && !run->group[i].q.p->pinned)
			out_warn(run->ctx, "http: -k: servers are not verified, they could be anybody");
		if (run->group[i].q.p->proxy_insecure)
			out_warn(run->ctx, "http: --proxy-insecure: proxies are not verified, they could be anybody");
		status = http_sessions_get(&run->sessions, run->ctx, run->r, &run->group[i].q, &run->group[i].session);
	}
	return status;
}

static int cookies_save(struct http_run *run)
{
	int status = 0;

	for (size_t i = 0; i < run->n_groups && status == 0; i++)
		status = http_session_save(run->ctx, &run->group[i].q, run->group[i].session);
	return status;
}

static int run_transfers(struct http_run *run)
{
	struct twc_err err = { 0 };
	int status = 0;

	run->show = http_show_new(run->ctx, run->r, &status);
	if (!run->show)
		return status;
	http_show_expect(run->show, (size_t)http_jobs_count(&run->jobs));
	if (run->p->rate)
		run->interval_ns = interval_of(run->p->rate);
	go_on(run);
	if (!run->is_over || run->n_active > 0 || run->tally.n_failed == 0)
		status = twc_reactor_run(run->r, &err) < 0 ? out_fail(run->ctx, NULL, &err) : 0;
	if (status == 0)
		status = cookies_save(run);
	if (status == 0)
		status = tally_status(&run->tally, run->p->exit_style);
	return status ? status : run->status;
}

static int run_online(struct http_run *run)
{
	struct twc_err err = { 0 };
	int status, ended;

	http_sessions_take_rules(&run->sessions, run->ctx);
	run->r = common_reactor_new(run->ctx, &err);
	if (!run->r)
		return out_fail(run->ctx, NULL, &err);
	status = sessions_make(run);
	if (status == 0)
		status = run_transfers(run);
	while (run->transfers) {
		struct http_transfer *t = run->transfers;

		link_out(run, t);
		http_transfer_free(t);
	}
	ended = run->show ? http_show_end(run->show) : 0;
	if (run->show)
		http_show_free(run->show);
	return status ? status : ended;
}

/* --stderr: of the process itself, and so of all that is told from here on. */
static int stderr_turn(struct http_run *run, const char *path)
{
	struct http_failure f = { 0 };
	bool is_stdout = strcmp(path, "-") == 0;
	int fd = STDOUT_FILENO;

	if (!is_stdout)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		twc_err_sys(&f.err, TWC_ECANTCREAT, errno, NULL, "--stderr: cannot write %.160s: %s", path, strerror(errno));
	if (!is_stdout && fd >= 0)
		close(fd);
	if (!f.err.code)
		return 0;
	(void)out_fail(run->ctx, NULL, &f.err);
	return run->p->exit_style == HTTP_EXIT_TWC ? twc_err_exit(f.err.code) : http_status_curl(&f);
}

int http_run(struct ctx *ctx, void *params, int n, char **operand)
{
	struct http_run run = { .ctx = ctx, .p = params };
	int status;

	(void)n;
	(void)operand;
	status = run.p->stderr_file ? stderr_turn(&run, run.p->stderr_file) : 0;
	if (status == 0)
		status = groups_make(&run);
	if (status == 0)
		status = run.p->print_curl ? http_print_curl(&run) : run_online(&run);
	http_jobs_fini(&run.jobs);
	http_sessions_free(&run.sessions);
	if (run.r)
		twc_reactor_free(run.r);
	for (size_t i = 0; i < run.n_groups; i++)
		http_request_fini(&run.group[i].q);
	twc_free(run.group);
	return status;
}
