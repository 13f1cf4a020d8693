/* SPDX-License-Identifier: MIT */
/*
 * Programs that answer requests, and the queue of those that wait. A run belongs to its exchange until one of both ends; a child
 * whose exchange has gone is ended, and the run lives until that is done, since it holds a place as long.
 */
#include "app/http/program.h"

#include <signal.h>
#include <sys/wait.h>

#include <twc/parse.h>

#include "base/list.h"
#include "protocol/http/exchange.h"
#include "base/banned.h"

#define TIMEOUT_NS (60 * TWC_NS_PER_S)
#define TIMEOUT_MAX_NS (3600 * TWC_NS_PER_S)
#define SILENCE_NS (2 * TWC_NS_PER_S) /* of a program whose client sends nothing more: it has gone, most likely */

/* A site's. */
struct queue {
	struct twc_reactor *r;
	unsigned running, max, n_waiting;
	struct twc__list waiting; /* of struct run */
	struct twc_timer next;	  /* a place is free */
};

struct run {
	struct twc_protocol child; /* must be first */
	struct queue *q;
	struct twc__list node;	     /* in q->waiting */
	struct twc_http_exchange *x; /* NULL: it is not ours any more */
	struct twc_transport *t;     /* the child's; NULL before and after */
	struct twc__http_program_opts o;
	struct twc_timer timer, silence;
	uint64_t output;
	bool is_body_paused, is_child_paused;
	bool has_eof; /* the client sends nothing more, and nothing was written to it since */
};

/* ---- ends ---- */

static void leave_queue(struct run *run)
{
	struct queue *q = run->q;

	if (!twc__list_is_linked(&run->node))
		return;
	twc__list_remove(&run->node);
	if (--q->n_waiting == 0)
		twc_timer_stop(q->r, &q->next);
}

/* The exchange is somebody else's from now on. */
static struct twc_http_exchange *let_go(struct run *run)
{
	struct twc_http_exchange *x = run->x;

	run->x = NULL;
	twc_timer_stop(run->q->r, &run->timer);
	twc_timer_stop(run->q->r, &run->silence);
	leave_queue(run);
	return x;
}

static void maybe_free(struct run *run)
{
	if (run->x || run->t)
		return;
	twc__http_env_fini(&run->o.env);
	twc_free(run);
}

static void end_child(struct run *run)
{
	if (!run->t)
		return;
	(void)twc_transport_child_kill(run->t, SIGTERM);
	twc_transport_lose(run->t);
}

/* Tells the end, and that was all. */
static void tell(struct run *run, int status, const struct twc_err *err)
{
	struct twc_http_exchange *x = let_go(run);

	twc_http_watch(x, NULL, NULL);
	x->body_ops = NULL;
	if (run->is_body_paused)
		twc_http_resume(x);
	run->o.ops->ended(run->o.arg, status, err);
}

static void break_off(struct run *run, const struct twc_err *err)
{
	tell(run, 0, err);
	end_child(run);
	maybe_free(run);
}

static void on_timeout(struct twc_timer *t, void *arg)
{
	struct run *run = arg;
	struct twc_err err = { 0 };
	char text[32];

	(void)t;
	twc_format_duration(text, sizeof(text), run->o.timeout_ns);
	if (run->t)
		twc_err_set(&err, TWC_ETIMEDOUT, "the program took longer than %s", text);
	else
		twc_err_set(&err, TWC_ELIMIT, "%u programs are running, and none ended within %s", run->q->max, text);
	break_off(run, &err);
}

/* ---- the exchange ---- */

static void on_body_data(void *arg, const uint8_t *p, size_t n)
{
	struct run *run = arg;

	twc_transport_write(run->t, p, n);
	if (run->is_body_paused || !twc_transport_is_full(run->t))
		return;
	run->is_body_paused = true;
	twc_http_pause(run->x);
}

static void on_body_end(void *arg, const struct twc_err *err)
{
	struct run *run = arg;

	if (!err->code)
		twc_transport_write_eof(run->t);
}

static void on_drained(void *arg, struct twc_http_exchange *x)
{
	struct run *run = arg;

	(void)x;
	if (!run->is_child_paused)
		return;
	run->is_child_paused = false;
	twc_transport_resume(run->t);
}

/* Its response has ended, whoever gave it: the client has gone, or the body of the request was none. */
static void on_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct run *run = arg;

	(void)x;
	(void)err;
	let_go(run);
	if (run->o.ops->dropped)
		run->o.ops->dropped(run->o.arg);
	end_child(run);
	maybe_free(run);
}

/* Writing would tell whether somebody is there, and there is nothing to write. */
static void on_silence(struct twc_timer *t, void *arg)
{
	struct run *run = arg;
	struct twc_err err = { 0 };

	(void)t;
	if (run->is_child_paused)
		return; /* there is something, and it will tell */
	twc_err_set(&err, TWC_ETRUNC, "the client ended the connection, and the program says nothing");
	twc__http_exchange_abort(run->x, &err);
}

static void on_eof(void *arg, struct twc_http_exchange *x)
{
	struct run *run = arg;

	(void)x;
	run->has_eof = true;
	if (run->t)
		twc_timer_start(run->q->r, &run->silence, SILENCE_NS, on_silence, run);
}

static const struct twc_http_body_ops body_ops = { .data = on_body_data, .end = on_body_end };
static const struct twc_http_exchange_ops exchange_ops = { .drained = on_drained, .eof = on_eof, .ended = on_ended };

/* ---- the child ---- */

static struct run *run_of(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct run, child);
}

static void child_made(struct twc_protocol *p)
{
	run_of(p)->t = p->transport;
}

static void child_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct run *run = run_of(p);
	struct twc_err err = { 0 };
	char text[32];

	if (!run->x)
		return;
	if (n > run->o.max_output - run->output) {
		twc_format_size(text, sizeof(text), run->o.max_output);
		twc_err_set(&err, TWC_ETOOLONG, "the program wrote more than %s", text);
		break_off(run, &err);
		return;
	}
	run->output += n;
	run->has_eof = false;
	twc_timer_stop(run->q->r, &run->silence);
	run->o.ops->output(run->o.arg, data, n);
	if (!run->x || run->is_child_paused || !twc_http_is_full(run->x))
		return;
	run->is_child_paused = true;
	twc_transport_pause(run->t);
}

/* It may go on reading; what counts is that it ends. */
static void child_eof(struct twc_protocol *p)
{
	(void)p;
}

static void child_drained(struct twc_protocol *p)
{
	struct run *run = run_of(p);

	if (!run->x || !run->is_body_paused)
		return;
	run->is_body_paused = false;
	twc_http_resume(run->x);
}

static void on_next(struct twc_timer *t, void *arg);

static void leave_place(struct queue *q)
{
	q->running--;
	if (q->n_waiting && !twc_timer_is_active(&q->next))
		twc_timer_start(q->r, &q->next, 0, on_next, q);
}

/* That it did not read all its input is its own affair. */
static void child_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	static const struct twc_err well;
	struct run *run = run_of(p);
	int status = twc_transport_child_status(run->t);

	(void)reason;
	run->t = NULL;
	leave_place(run->q);
	if (run->x)
		tell(run, status, &well);
	maybe_free(run);
}

static const struct twc_protocol_ops child_ops = {
	.name = "program",
	.made = child_made,
	.data = child_data,
	.eof = child_eof,
	.drained = child_drained,
	.lost = child_lost,
};

static void run_start(struct run *run)
{
	struct twc_spawn how = {
		.argv = run->o.argv,
		.chdir = run->o.chdir,
		.fd = { -1, -1, TWC_STDERR_LOG },
		.new_group = true,
		.log_id = twc_transport_id(twc_http_transport(run->x)),
	};
	const char *const *env = (const char *const *)run->o.env.v;
	struct twc_err err = { 0 };

	if (run->o.is_env_whole)
		how.envp = env;
	else
		how.env_add = env;
	twc_timer_start(run->q->r, &run->timer, run->o.timeout_ns, on_timeout, run);
	run->q->running++;
	if (twc_transport_from_child(run->q->r, &how, run->o.argv[0], &run->child, &err)) {
		twc__http_env_fini(&run->o.env);
		twc_http_receive(run->x, &body_ops, run);
		if (run->has_eof)
			on_eof(run, run->x);
		return;
	}
	run->q->running--;
	break_off(run, &err);
}

/* ---- the queue ---- */

static void on_next(struct twc_timer *t, void *arg)
{
	struct queue *q = arg;

	(void)t;
	while (q->n_waiting && q->running < q->max) {
		struct run *run = TWC__LIST_ENTRY(twc__list_first(&q->waiting), struct run, node);

		leave_queue(run);
		run_start(run);
	}
}

static const struct twc__http_part_ops queue_part = { .name = "programs", .free = twc_free };

static struct queue *queue_of(struct twc_http_site *s)
{
	struct queue *q = twc__http_site_find_part(s, &queue_part);

	if (q)
		return q;
	q = twc_calloc(1, sizeof(*q));
	q->r = s->r;
	q->max = s->o.max_exec;
	twc__list_init(&q->waiting);
	twc__http_site_add_part(s, &queue_part, q);
	return q;
}

void twc__http_program_start(struct twc_http_site *s, struct twc_http_exchange *x, const struct twc__http_program_opts *o)
{
	struct run *run = twc_calloc(1, sizeof(*run));
	struct queue *q = queue_of(s);
	struct twc_err err = { 0 };

	run->child.ops = &child_ops;
	run->q = q;
	run->x = x;
	run->o = *o;
	twc__list_init(&run->node);
	twc_http_watch(x, &exchange_ops, run);
	if (q->running < q->max && !q->n_waiting) {
		run_start(run);
		return;
	}
	if (q->n_waiting == TWC__HTTP_PROGRAMS_WAITING_MAX) {
		twc_err_set(&err, TWC_ELIMIT, "%u programs are running, and %u requests wait", q->max, q->n_waiting);
		break_off(run, &err);
		return;
	}
	twc__list_add_tail(&q->waiting, &run->node);
	q->n_waiting++;
	twc_timer_start(q->r, &run->timer, run->o.timeout_ns, on_timeout, run);
}

bool twc__http_program_take(struct twc_http_site *s)
{
	struct queue *q = queue_of(s);

	if (q->running >= q->max)
		return false;
	q->running++;
	return true;
}

void twc__http_program_give(struct twc_http_site *s)
{
	leave_place(queue_of(s));
}

/* ---- options, words ---- */

int twc__http_program_limits(struct twc__http_program_limits *l, const struct twc__http_route_opts *o, uint64_t max_output,
			     struct twc_err *err)
{
	int rc;

	l->timeout_ns = TIMEOUT_NS;
	l->max_output = max_output;
	rc = twc__http_option_duration(o, "timeout", &l->timeout_ns, err);
	if (rc > 0 && (!l->timeout_ns || l->timeout_ns > TIMEOUT_MAX_NS)) {
		twc_err_set(err, TWC_EUSAGE, "more than nothing and an hour at most");
		return twc__http_option_fail(twc__http_option_find(o, "timeout", NULL), err);
	}
	if (rc >= 0)
		rc = twc__http_option_size(o, "max", &l->max_output, err);
	return rc < 0 ? rc : 0;
}

int twc__http_program_fault(int status, struct twc_err *err)
{
	if (WIFSIGNALED(status))
		return twc_err_set(err, TWC_EIO, "the program was ended by SIG%s", sigabbrev_np(WTERMSIG(status)));
	return twc_err_set(err, TWC_EIO, "the program ended with status %d", WEXITSTATUS(status));
}
