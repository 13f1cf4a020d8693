/* SPDX-License-Identifier: MIT */
/*
 * Deferreds with time and several together, on the fake clock. A member of a group is described by one word:
 * when it ends, and how ("2+" succeeds at 2 s, "1refused" fails then, "=" and "=refused" have their result
 * already, "-" never ends). Values are the members' numbers, and counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <twc/deferred.h>
#include <twc/parse.h>

#include "value.h"

#define SECOND TWC_NS_PER_S
#define MAX_MEMBERS 4

/* What the consumer heard, and how often. */
struct heard {
	unsigned n;
	int value; /* of an int result, else -1 */
	int code;
	char text[TWC_ERR_TEXT_MAX];
	char all[128]; /* of a gather */
};

static void hear(struct twc_result *res, void *arg)
{
	struct heard *h = arg;

	h->n++;
	h->code = res->err.code;
	snprintf(h->text, sizeof(h->text), "%s", res->err.text);
	h->value = !res->err.code && res->value ? *(int *)res->value : -1;
	twc_result_set(res, NULL, NULL);
}

static void hear_all(struct twc_result *res, void *arg)
{
	struct heard *h = arg;
	struct twc_results *all = res->value;
	size_t len = 0;

	h->n++;
	h->code = res->err.code;
	for (size_t i = 0; !h->code && i < all->n; i++) {
		const struct twc_result *item = &all->item[i];

		if (item->err.code)
			len += (size_t)snprintf(h->all + len, sizeof(h->all) - len, "%s ",
						twc_err_name(item->err.code));
		else
			len += (size_t)snprintf(h->all + len, sizeof(h->all) - len, "%d ", *(int *)item->value);
	}
	twc_result_set(res, NULL, NULL);
}

static unsigned n_cancelled;

struct op {
	struct twc_timer timer;
	struct twc_reactor *r;
	struct twc_deferred *d;
	int number;
	int code;
};

static void op_end(struct twc_timer *t, void *arg)
{
	struct op *op = arg;
	struct twc_err err = { 0 };

	if (op->code) {
		twc_err_set(&err, op->code, "member %d", op->number);
		twc_deferred_fail(op->d, &err);
	} else {
		twc_deferred_fire(op->d, value_new(op->number), value_free);
	}
	op->d = NULL;
}

static void op_cancel(struct twc_deferred *d, void *arg)
{
	struct op *op = arg;

	n_cancelled++;
	twc_timer_stop(op->r, &op->timer);
	op->d = NULL;
	twc_deferred_drop(d);
}

static struct twc_deferred *op_start(struct op *op, struct twc_reactor *r, const char *word, int number)
{
	static const struct {
		const char *word;
		int code;
	} codes[] = {
		{ "+", 0 }, { "", 0 }, { "refused", TWC_EREFUSED }, { "reset", TWC_ERESET }, { "name", TWC_ENONAME },
	};
	struct twc_deferred *d;

	*op = (struct op){ .r = r, .number = number, .code = TWC_EBUG };
	op->d = d = twc_deferred_new(r, op_cancel, op);
	for (size_t i = 0; i < TWC_ARRAY_LEN(codes); i++)
		if (!strcmp(word + 1, codes[i].word))
			op->code = codes[i].code;
	if (word[0] == '=')
		op_end(&op->timer, op);
	else if (word[0] != '-')
		twc_timer_start(r, &op->timer, (uint64_t)(word[0] - '0') * SECOND, op_end, op);
	return d;
}

static size_t start_members(struct op *op, struct twc_deferred **d, struct twc_reactor *r, const char *words)
{
	char copy[64], *save = NULL;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save), n++)
		d[n] = op_start(&op[n], r, w, (int)n);
	return n;
}

/* ---- time ---- */

static void test_later(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct heard h = { 0 };
	struct twc_deferred *d = twc_deferred_later(r, 5 * SECOND);

	twc_deferred_add_both(d, hear, &h);
	twc_reactor_advance(r, 5 * SECOND - 1);
	assert_int_equal(h.n, 0);
	twc_reactor_advance(r, 1);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.code, 0);
	twc_deferred_release(d);

	d = twc_deferred_later(r, 5 * SECOND);
	twc_deferred_add_both(d, hear, &h);
	twc_deferred_cancel(d);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.code, TWC_ECANCELLED);
	twc_deferred_release(d);
	twc_reactor_advance(r, 10 * SECOND); /* the timer went with it */
	assert_int_equal(h.n, 2);
	twc_reactor_free(r);
}

static void test_timeout(void **state)
{
	static const struct {
		const char *member;
		unsigned before; /* heard after 4.9 s */
		int code;
	} rows[] = {
		{ "9+", 0, TWC_ETIMEDOUT },   { "-", 0, TWC_ETIMEDOUT },	 { "3+", 1, 0 },
		{ "3refused", 1, TWC_EREFUSED }, { "=", 1, 0 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_reactor *r = twc_reactor_new_fake(NULL);
		struct heard h = { 0 };
		struct op op;
		struct twc_deferred *d = op_start(&op, r, rows[i].member, 1);

		twc_deferred_timeout(d, r, 5 * SECOND, "connect");
		twc_deferred_add_both(d, hear, &h);
		twc_deferred_release(d);
		twc_reactor_advance(r, 4900 * TWC_NS_PER_MS);
		assert_int_equal(h.n, rows[i].before);
		twc_reactor_advance(r, 100 * TWC_NS_PER_MS);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.code, rows[i].code);
		if (h.code == TWC_ETIMEDOUT)
			assert_string_equal(h.text, "connect timed out after 5s");
		twc_reactor_advance(r, 10 * SECOND);
		assert_int_equal(h.n, 1);
		twc_reactor_free(r);
	}
	assert_int_equal(live_values, 0);
}

static void wait_for_arg(struct twc_result *res, void *arg)
{
	twc_result_wait(res, arg);
}

/* Steps added before the call are under it, those added after are not. */
static void test_timeout_covers_earlier_steps(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct heard before = { 0 }, after = { 0 };
	struct twc_deferred *d = twc_deferred_later(r, SECOND);

	twc_deferred_add_both(d, wait_for_arg, twc_deferred_later(r, 9 * SECOND));
	twc_deferred_timeout(d, r, 5 * SECOND, "reading");
	twc_deferred_add_both(d, hear, &before);
	twc_deferred_add_both(d, wait_for_arg, twc_deferred_later(r, 20 * SECOND));
	twc_deferred_add_both(d, hear, &after);
	twc_deferred_release(d);
	twc_reactor_advance(r, 5 * SECOND);
	assert_int_equal(before.code, TWC_ETIMEDOUT);
	assert_string_equal(before.text, "reading timed out after 5s");
	twc_reactor_advance(r, 14 * SECOND);
	assert_int_equal(after.n, 0);
	twc_reactor_advance(r, SECOND);
	assert_int_equal(after.n, 1);
	assert_int_equal(after.code, 0);
	twc_reactor_free(r);
}

/* A cancel of the consumer's own stays a cancel. */
static void test_timeout_cancelled_by_hand(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct heard h = { 0 };
	struct op op;
	struct twc_deferred *d = op_start(&op, r, "-", 1);

	twc_deferred_timeout(d, r, 5 * SECOND, "connect");
	twc_deferred_add_both(d, hear, &h);
	twc_deferred_cancel(d);
	assert_int_equal(h.code, TWC_ECANCELLED);
	twc_deferred_release(d);
	twc_reactor_advance(r, 10 * SECOND);
	assert_int_equal(h.n, 1);
	twc_reactor_free(r);
}

/* ---- several ---- */

struct row {
	const char *members;
	unsigned at;	    /* heard at this second, not one earlier; 0: at once */
	int code;
	const char *all;    /* gather: each result */
	int value;	    /* first: the winner */
	unsigned cancelled; /* members cancelled */
};

static void check_group(const struct row *row, bool first, bool fail_fast)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct twc_deferred *d[MAX_MEMBERS], *out;
	struct op op[MAX_MEMBERS];
	struct heard h = { 0 };
	size_t n = start_members(op, d, r, row->members);

	n_cancelled = 0;
	out = first ? twc_deferred_first(r, d, n) : twc_deferred_gather(r, d, n, fail_fast);
	twc_deferred_add_both(out, first ? hear : hear_all, &h);
	twc_deferred_release(out);
	if (row->at) {
		twc_reactor_advance(r, row->at * SECOND - 1);
		assert_int_equal(h.n, 0);
		twc_reactor_advance(r, 1);
	}
	if (h.n != 1 || h.code != row->code || n_cancelled != row->cancelled)
		fail_msg("%s: heard %u times, %s, %u cancelled", row->members, h.n, twc_err_name(h.code), n_cancelled);
	if (first && !h.code)
		assert_int_equal(h.value, row->value);
	if (!first && !h.code)
		assert_string_equal(h.all, row->all);
	if (first && h.code)
		assert_int_equal(h.text[strlen(h.text) - 1] - '0', row->value);
	twc_reactor_advance(r, 9 * SECOND);
	assert_int_equal(h.n, 1);
	assert_int_equal(live_values, 0);
	twc_reactor_free(r);
}

static void test_gather(void **state)
{
	static const struct row rows[] = {
		{ .members = "", .at = 0, .all = "" },
		{ .members = "=", .at = 0, .all = "0 " },
		{ .members = "= = =", .at = 0, .all = "0 1 2 " },
		{ .members = "3+ 1+ 2+", .at = 3, .all = "0 1 2 " },
		{ .members = "= 2+ =refused", .at = 2, .all = "0 1 EREFUSED " },
		{ .members = "1refused 2reset", .at = 2, .all = "EREFUSED ERESET " },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check_group(&rows[i], false, false);
}

static void test_gather_fail_fast(void **state)
{
	static const struct row rows[] = {
		{ .members = "", .at = 0, .all = "" },
		{ .members = "1+ 2+", .at = 2, .all = "0 1 " },
		{ .members = "1+ 2refused 3+ 4reset", .at = 2, .code = TWC_EREFUSED, .cancelled = 2 },
		{ .members = "=refused 1+ 2+", .at = 0, .code = TWC_EREFUSED, .cancelled = 2 },
		{ .members = "1+ =reset = -", .at = 0, .code = TWC_ERESET, .cancelled = 2 },
		{ .members = "=refused =reset", .at = 0, .code = TWC_EREFUSED },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check_group(&rows[i], false, true);
}

static void test_first(void **state)
{
	static const struct row rows[] = {
		{ .members = "=", .at = 0, .value = 0 },
		{ .members = "1refused 2+ 3+", .at = 2, .value = 1, .cancelled = 1 },
		{ .members = "- = -", .at = 0, .value = 1, .cancelled = 2 },
		{ .members = "= =", .at = 0, .value = 0 },
		{ .members = "3+ 1+ 2+", .at = 1, .value = 1, .cancelled = 2 },
		/* all failed: the one that got furthest, the first of equals, whatever their order in time */
		{ .members = "1name 2refused 3name", .at = 3, .code = TWC_EREFUSED, .value = 1 },
		{ .members = "1reset 2refused", .at = 2, .code = TWC_ERESET, .value = 0 },
		{ .members = "2refused 1refused", .at = 2, .code = TWC_EREFUSED, .value = 0 },
		{ .members = "=refused =refused", .at = 0, .code = TWC_EREFUSED, .value = 0 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check_group(&rows[i], true, false);
}

static void test_cancel_group(void **state)
{
	for (int kind = 0; kind < 3; kind++) {
		struct twc_reactor *r = twc_reactor_new_fake(NULL);
		struct twc_deferred *d[MAX_MEMBERS], *out;
		struct op op[MAX_MEMBERS];
		struct heard h = { 0 };
		size_t n = start_members(op, d, r, kind == 2 ? "2refused 3+ -" : "1+ 3+ -");

		n_cancelled = 0;
		out = kind == 2 ? twc_deferred_first(r, d, n) : twc_deferred_gather(r, d, n, kind == 1);
		twc_deferred_add_both(out, hear, &h);
		twc_reactor_advance(r, 2 * SECOND);
		assert_int_equal(h.n, 0);
		twc_deferred_cancel(out);
		twc_deferred_release(out);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.code, TWC_ECANCELLED);
		assert_int_equal(n_cancelled, 2);
		twc_reactor_advance(r, 9 * SECOND);
		assert_int_equal(h.n, 1);
		assert_int_equal(live_values, 0);
		twc_reactor_free(r);
	}
}

/* A member without a canceller answers late: its value is thrown away, the group is long gone. */
static void test_late_member(void **state)
{
	struct twc_deferred *d[2] = { twc_deferred_new(NULL, NULL, NULL), twc_deferred_new(NULL, NULL, NULL) };
	struct twc_deferred *late = d[0], *out = twc_deferred_first(NULL, d, 2);
	struct heard h = { 0 };

	twc_deferred_add_both(out, hear, &h);
	twc_deferred_release(out);
	twc_deferred_fire(d[1], value_new(1), value_free);
	assert_int_equal(h.value, 1);
	twc_deferred_fire(late, value_new(0), value_free);
	assert_int_equal(h.n, 1);
	assert_int_equal(live_values, 0);
}

static void test_gather_with_timeout(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct twc_deferred *d[MAX_MEMBERS], *out;
	struct op op[MAX_MEMBERS];
	struct heard h = { 0 };
	size_t n = start_members(op, d, r, "1+ 3+");

	out = twc_deferred_gather(r, d, n, false);
	twc_deferred_timeout(out, r, 2 * SECOND, "all");
	twc_deferred_add_both(out, hear, &h);
	twc_deferred_release(out);
	twc_reactor_advance(r, 5 * SECOND);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.code, TWC_ETIMEDOUT);
	assert_int_equal(live_values, 0);
	twc_reactor_free(r);
}

/* ---- the reactor goes ---- */

static void test_reactor_goes(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct twc_deferred *later = twc_deferred_later(r, SECOND), *late = twc_deferred_new(r, NULL, NULL);
	struct heard h[2] = { 0 };

	twc_deferred_add_both(later, hear, &h[0]);
	twc_deferred_release(later);
	twc_deferred_timeout(late, r, SECOND, "answer");
	twc_deferred_add_both(late, hear, &h[1]);
	twc_reactor_free(r);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(h[i].n, 1);
		assert_int_equal(h[i].code, TWC_ECANCELLED);
	}
	/* whoever still holds one may let go of it, on both sides */
	twc_deferred_release(late);
	twc_deferred_drop(late);
}

struct retry {
	struct twc_reactor *r;
	struct twc_deferred *last;
	unsigned n;
};

static void again(struct twc_result *res, void *arg)
{
	struct retry *retry = arg;
	struct twc_deferred *d = twc_deferred_later(retry->r, SECOND);

	retry->n++;
	retry->last = d;
	twc_result_set(res, NULL, NULL);
	twc_deferred_add_both(d, again, retry);
	twc_deferred_release(d);
}

/* One that asks anew on every error is told so a few times, and then left alone. */
static void test_reactor_goes_in_spite_of_retries(void **state)
{
	static struct retry retry; /* what is left alone stays reachable: no leak */
	struct twc_result start = { 0 };

	retry.r = twc_reactor_new_fake(NULL);
	again(&start, &retry);
	twc_reactor_advance(retry.r, SECOND);
	assert_int_equal(retry.n, 2);
	twc_reactor_free(retry.r);
	assert_in_range(retry.n, 3, 1000);
}

static void *no_job(void *arg, struct twc_err *err)
{
	(*(unsigned *)arg)++;
	return NULL;
}

struct asks_job {
	struct twc_reactor *r;
	struct heard heard;
	unsigned ran;
};

static void ask_job(struct twc_result *res, void *arg)
{
	struct asks_job *a = arg;
	struct twc_deferred *d = twc_reactor_call_in_thread(a->r, no_job, &a->ran, NULL, NULL);

	twc_result_set(res, NULL, NULL);
	twc_deferred_add_both(d, hear, &a->heard);
	twc_deferred_release(d);
}

static void test_no_job_for_a_reactor_that_goes(void **state)
{
	struct asks_job a = { .r = twc_reactor_new_fake(NULL) };
	struct twc_deferred *d = twc_deferred_later(a.r, SECOND);

	twc_deferred_add_both(d, ask_job, &a);
	twc_deferred_release(d);
	twc_reactor_free(a.r);
	assert_int_equal(a.heard.code, TWC_ECANCELLED);
	assert_int_equal(a.ran, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_timeout_covers_earlier_steps),
		cmocka_unit_test(test_timeout_cancelled_by_hand),
		cmocka_unit_test(test_gather),
		cmocka_unit_test(test_gather_fail_fast),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_cancel_group),
		cmocka_unit_test(test_late_member),
		cmocka_unit_test(test_gather_with_timeout),
		cmocka_unit_test(test_reactor_goes),
		cmocka_unit_test(test_reactor_goes_in_spite_of_retries),
		cmocka_unit_test(test_no_job_for_a_reactor_that_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
