/* SPDX-License-Identifier: MIT */
/*
 * The chain and the cancellation table, as rows of little programs.
 *
 * A program is words separated by blanks, each beginning with the number of a deferred (0-9):
 *
 *	0n 0d 0k 0v 0e 0q   make it: no canceller; one that drops, keeps its hold, fires 7, fails with EREFUSED,
 *	                 cancels once more and drops
 *	0!5 0x           fire the value 5; fail with EDATA
 *	0c 0z            cancel; drop
 *	0r               release
 *	0oXa 0EXa 0bXa   add step a for values, errors, both, which does X:
 *	    .  pass on      +  one more      !  fail with EPROTO     r  recover with 99    t  take the value
 *	    c  cancel itself      s  add step S (pass on) to itself      wN  wait for N
 *	    kN wait for N, then cancel itself      fN fire N with 3      zN  release N      =  set the same value
 *
 * Each step writes its letter and what it saw; a canceller writes ~ and its number. No value may be left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <twc/deferred.h>

#include "value.h"

#define N_DEFERRED 10
#define N_STEPS 16

struct env {
	struct twc_deferred *d[N_DEFERRED];
	struct mark {
		struct env *env;
		int self;
		char label, action;
		int other;
	} mark[N_STEPS];
	size_t n_marks;
	char trace[512];
	size_t len;
};

static void note(struct env *env, const char *fmt, ...) TWC_PRINTF(2, 3);
static void note(struct env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	env->len += (size_t)vsnprintf(env->trace + env->len, sizeof(env->trace) - env->len, fmt, ap);
	va_end(ap);
	assert_true(env->len < sizeof(env->trace));
}

static void step(struct twc_result *res, void *arg);

static struct mark *mark_new(struct env *env, int self, char action, int other, char label)
{
	struct mark *m = &env->mark[env->n_marks++];

	assert_true(env->n_marks <= N_STEPS);
	*m = (struct mark){ .env = env, .self = self, .label = label, .action = action, .other = other };
	return m;
}

static void act(struct twc_result *res, struct mark *m)
{
	struct env *env = m->env;
	struct twc_err err = { 0 };

	switch (m->action) {
	case '.':
		break;
	case '+':
		twc_result_set(res, value_new(*(int *)res->value + 1), value_free);
		break;
	case '!':
		twc_err_set(&err, TWC_EPROTO, "step");
		twc_result_fail(res, &err);
		break;
	case 'r':
		twc_result_set(res, value_new(99), value_free);
		break;
	case 't':
		value_free(twc_result_take(res));
		break;
	case '=':
		twc_result_set(res, res->value, value_free);
		break;
	case 'c':
		twc_deferred_cancel(env->d[m->self]);
		break;
	case 's':
		twc_deferred_add_both(env->d[m->self], step, mark_new(env, m->self, '.', 0, 'S'));
		note(env, "(added) ");
		break;
	case 'w':
		twc_result_wait(res, env->d[m->other]);
		break;
	case 'k':
		twc_result_wait(res, env->d[m->other]);
		twc_deferred_cancel(env->d[m->self]);
		break;
	case 'f':
		twc_deferred_fire(env->d[m->other], value_new(3), value_free);
		break;
	case 'z':
		twc_deferred_release(env->d[m->other]);
		break;
	default:
		fail_msg("unknown action %c", m->action);
	}
}

static void step(struct twc_result *res, void *arg)
{
	struct mark *m = arg;

	if (res->err.code)
		note(m->env, "%c=%s ", m->label, twc_err_name(res->err.code));
	else if (res->value)
		note(m->env, "%c=%d ", m->label, *(int *)res->value);
	else
		note(m->env, "%c=- ", m->label);
	act(res, m);
}

struct canceller {
	struct env *env;
	int self;
	char kind;
};

static void canceller(struct twc_deferred *d, void *arg)
{
	struct canceller *c = arg;
	struct twc_err err = { 0 };

	note(c->env, "~%d ", c->self);
	switch (c->kind) {
	case 'd':
		twc_deferred_drop(d);
		break;
	case 'q':
		twc_deferred_cancel(d);
		twc_deferred_drop(d);
		break;
	case 'v':
		twc_deferred_fire(d, value_new(7), value_free);
		break;
	case 'e':
		twc_err_set(&err, TWC_EREFUSED, "canceller");
		twc_deferred_fail(d, &err);
		break;
	default:
		break;
	}
}

static void run_word(struct env *env, const char *w, struct canceller *c)
{
	int i = w[0] - '0';
	struct twc_err err = { 0 };
	bool takes_other = strchr("wkfz", w[2]) && w[1] != '!' && w[2];
	struct mark *m;

	switch (w[1]) {
	case 'n':
		env->d[i] = twc_deferred_new(NULL, NULL, NULL);
		break;
	case 'd':
	case 'k':
	case 'v':
	case 'e':
	case 'q':
		c[i] = (struct canceller){ .env = env, .self = i, .kind = w[1] };
		env->d[i] = twc_deferred_new(NULL, canceller, &c[i]);
		break;
	case '!':
		twc_deferred_fire(env->d[i], value_new(w[2] - '0'), value_free);
		break;
	case 'x':
		twc_err_set(&err, TWC_EDATA, "program");
		twc_deferred_fail(env->d[i], &err);
		break;
	case 'c':
		twc_deferred_cancel(env->d[i]);
		break;
	case 'z':
		twc_deferred_drop(env->d[i]);
		break;
	case 'r':
		twc_deferred_release(env->d[i]);
		break;
	case 'o':
	case 'E':
	case 'b':
		m = mark_new(env, i, w[2], takes_other ? w[3] - '0' : 0, takes_other ? w[4] : w[3]);
		twc_deferred_add(env->d[i], w[1] != 'E' ? step : NULL, w[1] != 'o' ? step : NULL, m);
		break;
	default:
		fail_msg("unknown word %s", w);
	}
}

struct row {
	const char *name;
	const char *program;
	const char *trace;
};

static const struct row rows[] = {
	/* the chain */
	{ "in order, each sees the last one's result", "0n 0o+a 0o+b 0b.c 0!1 0r", "a=1 b=2 c=3 " },
	{ "success, error, skipped, recovered", "0n 0o+a 0o!b 0o.c 0Err 0o.e 0!1 0r", "a=1 b=2 r=EPROTO e=99 " },
	{ "an errback is not for its own callback", "0n 0o!a 0E.b 0!1 0r", "a=1 b=EPROTO " },
	{ "error side first", "0n 0o.a 0E.b 0Err 0o.c 0x 0r", "b=EDATA r=EDATA c=99 " },
	{ "added after firing: at once", "0n 0!4 0o+a 0o.b 0r", "a=4 b=5 " },
	{ "added in a step: appended", "0n 0osa 0o.b 0!1 0r", "a=1 (added) b=1 S=1 " },
	{ "added in a step run at once: appended", "0n 0!1 0osa 0r", "a=1 (added) S=1 " },
	{ "taken", "0n 0ota 0b.b 0!1 0r", "a=1 b=- " },
	{ "set to what it is", "0n 0o=a 0b.b 0!1 0r", "a=1 b=1 " },
	{ "more steps than fit inside", "0n 0o+a 0o+b 0o+c 0o+d 0o+e 0o+f 0o+g 0o+h 0o+i 0!0 0r",
	  "a=0 b=1 c=2 d=3 e=4 f=5 g=6 h=7 i=8 " },
	{ "released before it fires", "0n 0o.a 0r 0!1", "a=1 " },
	{ "released before it fails", "0n 0E.a 0r 0x", "a=EDATA " },
	{ "released after", "0n 0!1 0r", "" },
	{ "released in its own step", "0n 0oz0a 0o.b 0!1", "a=1 b=1 " },
	{ "released in its own step, run at once", "0n 0!1 0oz0a", "a=1 " },

	/* waiting */
	{ "waits for one that fires later", "0n 1n 0ow1a 0o.b 0!1 1!2 0r", "a=1 b=2 " },
	{ "waits for one that has its result", "0n 1n 1!2 0ow1a 0o.b 0!1 0r", "a=1 b=2 " },
	{ "waits for one that fails", "0n 1n 0ow1a 0o.b 0E.c 0!1 1x 0r", "a=1 c=EDATA " },
	{ "an errback waits", "0n 1n 0Ew1a 0o.b 0x 1!2 0r", "a=EDATA b=2 " },
	{ "the inner one's steps come first", "0n 1n 1o+i 0ow1a 0o.b 0!1 1!2 0r", "a=1 i=2 b=3 " },
	{ "three deep, the innermost first", "0n 1n 2n 0ow1a 1ow2b 0o.c 0!1 1!2 2!3 0r", "a=1 b=2 c=3 " },
	{ "three deep, the outermost last", "0n 1n 2n 0ow1a 1ow2b 0o.c 2!3 1!2 0!1 0r", "b=2 a=1 c=3 " },
	{ "released while waiting", "0n 1n 0ow1a 0o.b 0!1 0r 1!2", "a=1 b=2 " },
	{ "added while waiting: later", "0n 1n 0ow1a 0!1 0o.b 1!2 0r", "a=1 b=2 " },
	{ "waits twice", "0n 1n 2n 0ow1a 0ow2b 0o.c 0!1 1!2 2!3 0r", "a=1 b=2 c=3 " },
	{ "a step fires the one its chain will wait for", "0n 1n 0of1a 0ow1b 0o.c 0!1 0r", "a=1 b=1 c=3 " },
	{ "a step of the inner one makes the outer one wait for it", "0n 1n 0ow1a 0o.b 1of0i 1o+j 1!5 0r",
	  "i=5 a=3 j=5 b=6 " },

	/* cancelling: no result yet */
	{ "no canceller", "0n 0o.a 0E.b 0c 0r 0z", "b=ECANCELLED " },
	{ "no canceller, late value swallowed", "0n 0E.b 0c 0!1 0r", "b=ECANCELLED " },
	{ "no canceller, late error swallowed", "0n 0E.b 0c 0x 0r", "b=ECANCELLED " },
	{ "late value after the release", "0n 0E.b 0c 0r 0!1", "b=ECANCELLED " },
	{ "drop after the release", "0n 0E.b 0c 0r 0z", "b=ECANCELLED " },
	{ "canceller that drops", "0d 0E.b 0c 0r", "~0 b=ECANCELLED " },
	{ "canceller that keeps, then drops", "0k 0E.b 0c 0z 0r", "~0 b=ECANCELLED " },
	{ "canceller that keeps, then fires late", "0k 0E.b 0c 0!1 0r", "~0 b=ECANCELLED " },
	{ "canceller that fires a value", "0v 0o.a 0E.b 0c 0r", "~0 a=7 " },
	{ "canceller that fails", "0e 0o.a 0E.b 0c 0r", "~0 b=EREFUSED " },
	{ "canceller that fires while a step releases", "0v 0oz0a 0c", "~0 a=7 " },
	{ "canceller that drops while a step releases", "0d 0Ez0a 0c", "~0 a=ECANCELLED " },
	{ "canceller that cancels", "0q 0E.b 0c 0r", "~0 b=ECANCELLED " },
	{ "cancelled twice", "0d 0E.b 0c 0c 0r", "~0 b=ECANCELLED " },
	{ "recovered from", "0d 0Erb 0o.c 0c 0r", "~0 b=ECANCELLED c=99 " },

	/* cancelling: waiting */
	{ "forwarded", "0n 1d 0ow1a 0E.b 0!1 0c 0r", "a=1 ~1 b=ECANCELLED " },
	{ "forwarded, no canceller, late value", "0n 1n 0ow1a 0E.b 0!1 0c 1!2 0r", "a=1 b=ECANCELLED " },
	{ "forwarded, the canceller's value", "0n 1v 0ow1a 0o.b 0!1 0c 0r", "a=1 ~1 b=7 " },
	{ "forwarded to the innermost", "0n 1d 2d 0ow1a 1ow2b 0E.c 0!1 1!2 0c 0r", "a=1 b=2 ~2 c=ECANCELLED " },
	{ "forwarded to one not fired in the middle", "0n 1d 2d 0ow1a 1Ew2b 0E.c 0!1 0c 2!3 0r",
	  "a=1 ~1 b=ECANCELLED " },
	{ "by the step that waits", "0n 1d 0ok1a 0E.b 0!1 0r", "a=1 ~1 b=ECANCELLED " },
	{ "the outer one goes on and is released in a step", "0n 1d 0ow1a 0Ez0b 0!1 0c", "a=1 ~1 b=ECANCELLED " },

	/* cancelling: there already */
	{ "after it fired", "0d 0!1 0c 0o.a 0r", "a=1 " },
	{ "after it failed", "0d 0x 0c 0E.a 0r", "a=EDATA " },
	{ "inside a step", "0d 0oca 0o.b 0!1 0r", "a=1 b=1 " },
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct env env = { .len = 0 };
		struct canceller c[N_DEFERRED];
		char *program = strdup(rows[i].program), *save = NULL;

		for (char *w = strtok_r(program, " ", &save); w; w = strtok_r(NULL, " ", &save))
			run_word(&env, w, c);
		free(program);
		if (strcmp(env.trace, rows[i].trace) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].name, env.trace, rows[i].trace);
		if (live_values)
			fail_msg("%s: %d values left", rows[i].name, live_values);
	}
}

/* ---- what is there and what is not ---- */

static void test_has_result(void **state)
{
	struct env env = { .len = 0 };
	struct twc_deferred *d = twc_deferred_new(NULL, NULL, NULL);
	struct twc_deferred *inner = twc_deferred_new(NULL, NULL, NULL);

	env.d[1] = inner;
	assert_false(twc_deferred_has_result(d));
	twc_deferred_add_both(d, step, mark_new(&env, 0, 'w', 1, 'a'));
	twc_deferred_fire(d, NULL, NULL);
	assert_false(twc_deferred_has_result(d));
	twc_deferred_fire(inner, NULL, NULL);
	assert_true(twc_deferred_has_result(d));
	twc_deferred_release(d);
}

static void check_borrowed(struct twc_result *res, void *arg)
{
	assert_ptr_equal(res->value, arg);
}

static void test_borrowed_value(void **state)
{
	int here = 0;
	struct twc_deferred *d = twc_deferred_new(NULL, NULL, NULL);

	twc_deferred_add(d, check_borrowed, NULL, &here);
	twc_deferred_fire(d, &here, NULL);
	twc_deferred_release(d);
}

/* The value a step saw lives until what it waits for is there: the inner operation may borrow it. */
static void check_live(struct twc_result *res, void *arg)
{
	assert_int_equal(live_values, *(int *)arg);
}

static void test_value_lives_while_waiting(void **state)
{
	struct env env = { .len = 0 };
	int two = 2, one = 1;
	struct twc_deferred *d = twc_deferred_new(NULL, NULL, NULL);

	env.d[1] = twc_deferred_new(NULL, NULL, NULL);
	twc_deferred_add_both(env.d[1], check_live, &two);
	twc_deferred_add_both(d, step, mark_new(&env, 0, 'w', 1, 'a'));
	twc_deferred_add_both(d, check_live, &one);
	twc_deferred_fire(d, value_new(1), value_free);
	assert_int_equal(live_values, 1);
	twc_deferred_fire(env.d[1], value_new(2), value_free);
	twc_deferred_release(d);
	assert_int_equal(live_values, 0);
}

/* ---- once made, nothing can fail: firing, waiting, cancelling allocate nothing ---- */

static unsigned allocations;

static void *count_allocations(void *p, size_t n)
{
	if (n == 0) {
		free(p);
		return NULL;
	}
	allocations++;
	return realloc(p, n);
}

static void test_allocates_once(void **state)
{
	struct env env = { .len = 0 };
	struct twc_deferred *d;

	twc_mem_set_hook(count_allocations);
	allocations = 0;
	d = twc_deferred_new(NULL, NULL, NULL);
	env.d[1] = twc_deferred_new(NULL, NULL, NULL);
	twc_deferred_add_both(d, step, mark_new(&env, 0, '.', 0, 'a'));
	twc_deferred_add_both(d, step, mark_new(&env, 0, 'w', 1, 'b'));
	twc_deferred_add_both(d, step, mark_new(&env, 0, '.', 0, 'c'));
	twc_deferred_add_both(d, step, mark_new(&env, 0, 'r', 0, 'd'));
	twc_deferred_fire(d, value_new(1), value_free);
	twc_deferred_cancel(d);
	twc_deferred_fire(env.d[1], NULL, NULL);
	twc_deferred_release(d);
	assert_int_equal(allocations, 2);
	twc_mem_set_hook(NULL);
	assert_string_equal(env.trace, "a=1 b=1 c=ECANCELLED d=ECANCELLED ");
	assert_int_equal(live_values, 0);
}

/* ---- constant stack ---- */

#define DEEP 100000

struct deep {
	struct twc_deferred *inner; /* what the next step waits for */
	size_t steps;
	int end;
};

static void wait_for_arg(struct twc_result *res, void *arg)
{
	twc_result_wait(res, arg);
}

static void wait_for_next(struct twc_result *res, void *arg)
{
	struct deep *deep = arg;

	deep->steps++;
	deep->inner = twc_deferred_new(NULL, NULL, NULL);
	twc_result_wait(res, deep->inner);
}

static void wait_for_ready(struct twc_result *res, void *arg)
{
	struct deep *deep = arg;

	deep->steps++;
	twc_result_wait(res, twc_deferred_succeed(NULL, NULL, NULL));
}

static void note_end(struct twc_result *res, void *arg)
{
	*(int *)arg = res->err.code ? res->err.code : 1;
}

/* 0 waits for 1 waits for 2...; then the innermost fires, or the outermost is cancelled. */
static int inner_waits_inner(bool cancel)
{
	struct twc_deferred *outermost = twc_deferred_new(NULL, NULL, NULL), *d = outermost, *inner;
	int end = 0;

	twc_deferred_add_both(outermost, note_end, &end);
	for (size_t i = 0; i < DEEP; i++) {
		inner = twc_deferred_new(NULL, NULL, NULL);
		twc_deferred_add_both(d, wait_for_arg, inner);
		if (d == outermost)
			twc_deferred_add_both(d, note_end, &end);
		twc_deferred_fire(d, NULL, NULL);
		d = inner;
	}
	end = 0;
	if (cancel)
		twc_deferred_cancel(outermost);
	twc_deferred_fire(d, NULL, NULL);
	twc_deferred_release(outermost);
	return end;
}

static void *deep_chains(void *arg)
{
	struct deep *deep = arg;
	struct twc_deferred *d = twc_deferred_new(NULL, NULL, NULL);

	for (size_t i = 0; i < DEEP; i++)
		twc_deferred_add_both(d, wait_for_next, deep);
	twc_deferred_fire(d, NULL, NULL);
	for (size_t i = 0; i < DEEP; i++)
		twc_deferred_fire(deep->inner, NULL, NULL);
	twc_deferred_release(d);

	d = twc_deferred_new(NULL, NULL, NULL);
	for (size_t i = 0; i < DEEP; i++)
		twc_deferred_add_both(d, wait_for_ready, deep);
	twc_deferred_fire(d, NULL, NULL);
	twc_deferred_release(d);

	if (inner_waits_inner(false) == 1 && inner_waits_inner(true) == TWC_ECANCELLED)
		deep->end = 1;
	return NULL;
}

static void test_constant_stack(void **state)
{
	struct deep deep = { .steps = 0 };
	pthread_attr_t attr;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, 256 * 1024), 0);
	assert_int_equal(pthread_create(&thread, &attr, deep_chains, &deep), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	assert_int_equal(deep.steps, 2 * DEEP);
	assert_int_equal(deep.end, 1);
}

/* ---- the report ---- */

struct report {
	unsigned n;
	char text[512];
};

static void sink(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	struct report *report = arg;

	assert_int_equal(level, TWC_LOG_ERROR);
	assert_int_equal(cat, TWC_LOG_reactor);
	report->n++;
	snprintf(report->text, sizeof(report->text), "%s", text);
}

static void test_unhandled(void **state)
{
	static const struct {
		int code;
		bool handled;
		unsigned reports;
	} cases[] = {
		{ TWC_EDATA, false, 1 },
		{ TWC_EDATA, true, 0 },
		{ TWC_ECANCELLED, false, 0 },
	};
	struct twc_reactor *r = twc_reactor_new_fake(NULL);

	for (size_t i = 0; i < TWC_ARRAY_LEN(cases); i++) {
		struct env env = { .len = 0 };
		struct report report = { .n = 0 };
		struct twc_err err = { 0 };
		struct twc_deferred *d;

		twc_log_init(twc_reactor_log(r), sink, &report);
		twc_err_set(&err, cases[i].code, "no luck");
		d = twc_deferred_new(r, NULL, NULL);
		if (cases[i].handled)
			twc_deferred_add(d, NULL, step, mark_new(&env, 0, 'r', 0, 'a'));
		twc_deferred_fail(d, &err);
		assert_int_equal(report.n, 0); /* not before the consumer had its say */
		twc_deferred_release(d);
		assert_int_equal(report.n, cases[i].reports);
		if (report.n) {
			assert_non_null(strstr(report.text, "no luck"));
			assert_non_null(strstr(report.text, "test_deferred.c:"));
		}
	}
	twc_reactor_free(r);
}

/* An inner error that the outer one handles is handled: one report at most, by the outermost. */
static void test_unhandled_once(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct twc_deferred *d = twc_deferred_new(r, NULL, NULL);
	struct report report = { .n = 0 };
	struct twc_err err = { 0 };

	twc_log_init(twc_reactor_log(r), sink, &report);
	twc_err_set(&err, TWC_EDATA, "no luck");
	twc_deferred_add_both(d, wait_for_arg, twc_deferred_failed(r, &err));
	twc_deferred_fire(d, NULL, NULL);
	twc_deferred_release(d);
	assert_int_equal(report.n, 1);
	twc_reactor_free(r);
}

/* ---- misuse ends the program ---- */

static void fire_twice(void)
{
	struct twc_deferred *d = twc_deferred_new(NULL, NULL, NULL);

	twc_deferred_fire(d, NULL, NULL);
	twc_deferred_fire(d, NULL, NULL);
}

static void fire_late_twice(void)
{
	struct twc_deferred *d = twc_deferred_new(NULL, NULL, NULL);

	twc_deferred_cancel(d);
	twc_deferred_fire(d, NULL, NULL);
	twc_deferred_fire(d, NULL, NULL);
}

static void drop_uncancelled(void)
{
	twc_deferred_drop(twc_deferred_new(NULL, NULL, NULL));
}

static void wait_for_itself(void)
{
	struct twc_deferred *d = twc_deferred_new(NULL, NULL, NULL);

	twc_deferred_add_both(d, wait_for_arg, d);
	twc_deferred_fire(d, NULL, NULL);
}

static bool aborts(void (*fn)(void))
{
	const struct rlimit no_core = { 0, 0 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		setrlimit(RLIMIT_CORE, &no_core);
		close(STDERR_FILENO);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_misuse(void **state)
{
	assert_true(aborts(fire_twice));
	assert_true(aborts(fire_late_twice));
	assert_true(aborts(drop_uncancelled));
	assert_true(aborts(wait_for_itself));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_has_result),
		cmocka_unit_test(test_borrowed_value),
		cmocka_unit_test(test_value_lives_while_waiting),
		cmocka_unit_test(test_allocates_once),
		cmocka_unit_test(test_constant_stack),
		cmocka_unit_test(test_unhandled),
		cmocka_unit_test(test_unhandled_once),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
