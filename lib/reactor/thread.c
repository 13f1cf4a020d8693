/* SPDX-License-Identifier: MIT */
/*
 * Worker threads for what must block. Jobs wait in one queue; up to four threads, made when a job finds none idle, take
 * them; what is done comes back through a post and fires its deferred in the reactor's thread.
 *
 * Under pool.lock: the queue, the list of done jobs, and job.err/value until the job is on that list. The deferred
 * of a job is touched by the reactor's thread alone.
 */
#include "reactor/reactor_priv.h"
#include <twc/deferred.h>
#include "base/banned.h"

#define WORKERS_MAX 4

struct job {
	struct job *next;
	struct twc_reactor *r;
	struct twc_deferred *d; /* NULL once cancelled */
	twc_job_fn fn;
	void *arg;
	void (*arg_free)(void *);
	void (*result_free)(void *);
	void *value;
	struct twc_err err;
};

struct twc__pool {
	struct twc_reactor *r;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *queue, **queue_end;
	struct job *done, **done_end;
	unsigned idle, n_threads;
	bool closing;
	pthread_t thread[WORKERS_MAX];
};

static void list_push(struct job ***end, struct job *j)
{
	j->next = NULL;
	**end = j;
	*end = &j->next;
}

static struct job *list_shift(struct job **head, struct job ***end)
{
	struct job *j = *head;

	if (j && !(*head = j->next))
		*end = head;
	return j;
}

/* False when it is not there. */
static bool list_remove(struct job **head, struct job ***end, struct job *j)
{
	struct job **at = head;

	while (*at && *at != j)
		at = &(*at)->next;
	if (!*at)
		return false;
	*at = j->next;
	if (*end == &j->next)
		*end = at;
	return true;
}

static void job_free(struct job *j)
{
	if (j->arg_free)
		j->arg_free(j->arg);
	twc_free(j);
}

/* ---- in the reactor's thread ---- */

static void job_deliver(struct job *j)
{
	struct twc_deferred *d = j->d;
	bool failed = j->err.code != 0;

	if (!d) {
		if (!failed && j->value && j->result_free)
			j->result_free(j->value);
	} else {
		j->d = NULL;
		j->r->n_jobs--;
		if (failed)
			twc_deferred_fail(d, &j->err);
		else
			twc_deferred_fire(d, j->value, j->result_free);
	}
	job_free(j);
}

static void pool_collect(void *arg)
{
	struct twc__pool *p = arg;
	struct job *j;

	for (;;) {
		pthread_mutex_lock(&p->lock);
		j = list_shift(&p->done, &p->done_end);
		pthread_mutex_unlock(&p->lock);
		if (!j)
			return;
		job_deliver(j);
		twc__reactor_ran(p->r);
	}
}

static void job_cancelled(struct job *j)
{
	struct twc_deferred *d = j->d;
	struct twc_err err;

	if (!d)
		return;
	j->d = NULL;
	j->r->n_jobs--;
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	twc_deferred_fail(d, &err);
}

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct job *j = arg;
	struct twc__pool *p = j->r->pool;

	(void)d;
	pthread_mutex_lock(&p->lock);
	bool queued = list_remove(&p->queue, &p->queue_end, j);
	pthread_mutex_unlock(&p->lock);
	job_cancelled(j);
	if (queued)
		job_free(j);
}

/* ---- in a worker ---- */

static void *worker(void *arg)
{
	struct twc__pool *p = arg;
	struct job *j;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->queue && !p->closing) {
			p->idle++;
			pthread_cond_wait(&p->more, &p->lock);
			p->idle--;
		}
		if (p->closing)
			break;
		j = list_shift(&p->queue, &p->queue_end);
		pthread_mutex_unlock(&p->lock);
		j->value = j->fn(j->arg, &j->err);
		pthread_mutex_lock(&p->lock);
		bool first = !p->done;
		list_push(&p->done_end, j);
		if (first)
			twc_reactor_post(p->r, pool_collect, p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* ---- the pool ---- */

static struct twc__pool *pool_get(struct twc_reactor *r)
{
	struct twc__pool *p = r->pool;

	if (p)
		return p;
	p = r->pool = twc_calloc(1, sizeof(*p));
	p->r = r;
	p->queue_end = &p->queue;
	p->done_end = &p->done;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	return p;
}

/* Returns 0 or an errno. */
static int worker_start(struct twc__pool *p)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int sys = pthread_create(&p->thread[p->n_threads], NULL, worker, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (sys == 0)
		p->n_threads++;
	return sys;
}

static size_t queue_len(const struct twc__pool *p)
{
	size_t n = 0;

	for (const struct job *j = p->queue; j && n <= WORKERS_MAX; j = j->next)
		n++;
	return n;
}

struct twc_deferred *twc_reactor_call_in_thread(struct twc_reactor *r, twc_job_fn job, void *arg,
						void (*arg_free)(void *), void (*result_free)(void *))
{
	struct job *j = twc_calloc(1, sizeof(*j));
	struct twc__pool *p;
	int sys = 0;

	*j = (struct job){ .r = r, .fn = job, .arg = arg, .arg_free = arg_free, .result_free = result_free };
	struct twc_deferred *d = j->d = twc_deferred_new(r, on_cancel, j);
	r->n_jobs++;
	if (r->closing) { /* asked for by a step that runs because the reactor ends */
		job_cancelled(j);
		job_free(j);
		return d;
	}
	p = pool_get(r);
	pthread_mutex_lock(&p->lock);
	list_push(&p->queue_end, j);
	if (p->idle < queue_len(p) && p->n_threads < WORKERS_MAX)
		sys = worker_start(p);
	if (sys && !p->n_threads) {
		list_remove(&p->queue, &p->queue_end, j);
		twc_err_sys(&j->err, TWC_EOS, sys, NULL, "cannot start a worker thread");
	} else {
		sys = 0;
		pthread_cond_signal(&p->more);
	}
	pthread_mutex_unlock(&p->lock);
	if (sys)
		job_deliver(j);
	return d;
}

static void pool_cancel_all(struct job *j)
{
	while (j) {
		struct job *next = j->next;
		job_cancelled(j);
		if (!j->err.code && j->value && j->result_free)
			j->result_free(j->value);
		job_free(j);
		j = next;
	}
}

void twc__pool_fini(struct twc_reactor *r)
{
	struct twc__pool *p = r->pool;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		pthread_join(p->thread[i], NULL);
	struct job *queue = p->queue, *done = p->done;
	p->queue = p->done = NULL;
	pool_cancel_all(queue);
	pool_cancel_all(done);
	r->pool = NULL;
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	twc_free(p);
}
