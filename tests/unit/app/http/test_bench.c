/* SPDX-License-Identifier: MIT */
/* A load: its schedule, what counts as which failure, thresholds, and runs on a fake clock against a server that stalls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "app/http/bench_int.h"
#include "support/loop.h"

/* ---- pure parts ---- */

static void test_schedule(void **state)
{
	struct twc__bench_schedule s = { .begin_ns = 1000, .rate = 3, .n = 1 };

	assert_int_equal(twc__bench_schedule_next(&s), 1000);
	s.made = 1;
	assert_int_equal(twc__bench_schedule_next(&s), 1000 + 333333333);
	s.made = 3;
	assert_int_equal(twc__bench_schedule_next(&s), 1000 + LOOP_S);
	s.made = 3000000000;
	assert_true(twc__bench_schedule_next(&s) == 1000 + UINT64_C(1000000000) * LOOP_S);
	s = (struct twc__bench_schedule){ .begin_ns = 0, .rate = 10, .n = 2, .index = 1 };
	assert_int_equal(twc__bench_schedule_next(&s), LOOP_S / 10);
	s.made = 1;
	assert_int_equal(twc__bench_schedule_next(&s), 3 * LOOP_S / 10);
}

static void test_waiting(void **state)
{
	struct twc__bench_schedule s = { .begin_ns = LOOP_S, .rate = 10, .n = 1, .made = 4 };

	assert_int_equal(twc__bench_schedule_waiting(&s, LOOP_S), 0);
	assert_int_equal(twc__bench_schedule_waiting(&s, 2 * LOOP_S), 6); /* that of the end is not due any more */
	assert_int_equal(twc__bench_schedule_waiting(&s, 2 * LOOP_S + 1), 7);
	s = (struct twc__bench_schedule){ .begin_ns = LOOP_S, .rate = 10, .n = 3, .index = 2 };
	assert_int_equal(twc__bench_schedule_waiting(&s, 2 * LOOP_S), 3);
	s.index = 0;
	assert_int_equal(twc__bench_schedule_waiting(&s, 2 * LOOP_S), 4);
}

static void test_classes(void **state)
{
	static const struct {
		int code;
		bool is_dial, is_tls;
		enum twc_http_bench_failure f;
	} rows[] = {
		{ TWC_EREFUSED, true, false, TWC_HTTP_BENCH_REFUSED }, { TWC_ENOSOCK, true, false, TWC_HTTP_BENCH_REFUSED },
		{ TWC_ERESET, false, false, TWC_HTTP_BENCH_RESET },    { TWC_ETRUNC, false, false, TWC_HTTP_BENCH_CLOSED },
		{ TWC_ETIMEDOUT, true, false, TWC_HTTP_BENCH_TIMEOUT }, { TWC_EPROTO, false, true, TWC_HTTP_BENCH_PROTOCOL },
		{ TWC_EPROTO, true, true, TWC_HTTP_BENCH_TLS },	       { TWC_EUNTRUSTED, true, true, TWC_HTTP_BENCH_TLS },
		{ TWC_ENONAME, true, false, TWC_HTTP_BENCH_DNS },      { TWC_ELIMIT, true, false, TWC_HTTP_BENCH_LOCAL },
		{ TWC_EACCESS, true, false, TWC_HTTP_BENCH_OTHER },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { .code = rows[i].code };

		assert_int_equal(twc__bench_classify(&err, rows[i].is_dial, rows[i].is_tls), rows[i].f);
	}
}

static bool holds(struct twc_http_bench *b, const char *expr, const char *expected)
{
	struct twc_err err = { 0 };
	struct twc_http_bench_limit *l = twc_http_bench_limit_new(expr, &err);
	char got[64] = "";
	bool ok;

	if (!l)
		fail_msg("%s: %s", expr, err.text);
	ok = twc_http_bench_limit_holds(l, b, got, sizeof(got));
	if (!ok && expected)
		assert_string_equal(got, expected);
	twc_http_bench_limit_free(l);
	return ok;
}

static void test_limits(void **state)
{
	struct twc_http_bench b = { .r = loop_fake(), .o.rate = 1, .result = twc_calloc(1, sizeof(*b.result)) };

	assert_false(holds(&b, "p99<1s", "nothing"));
	assert_false(holds(&b, "2xx>99%", "nothing"));
	assert_true(holds(&b, "errors=0", NULL));
	b.result->began_ns = LOOP_S;
	b.result->ended_ns = 3 * LOOP_S;
	b.result->answered = 998;
	b.result->unanswered = 2;
	b.result->errors = 3;
	b.result->failure[TWC_HTTP_BENCH_TIMEOUT] = 2;
	b.result->status[200] = 990;
	b.result->status[204] = 7;
	b.result->status[503] = 1;
	for (unsigned i = 1; i <= 100; i++)
		twc__histogram_add(&b.result->time[TWC_HTTP_BENCH_LATENCY], i * LOOP_MS);
	assert_true(holds(&b, "p99 < 100ms", NULL));
	assert_false(holds(&b, "max<100ms", "100ms"));
	assert_true(holds(&b, "min>=1ms", NULL));
	assert_true(holds(&b, "mean==50.5ms", NULL));
	assert_false(holds(&b, "errors=0", "3"));
	assert_true(holds(&b, "errors<=0.3%", NULL));
	assert_true(holds(&b, "timeout!=3", NULL));
	assert_true(holds(&b, "2xx>99.6%", NULL));
	assert_false(holds(&b, "2xx>99.9%", "99.7%"));
	assert_true(holds(&b, "503=1", NULL));
	assert_false(holds(&b, "rps>1000", "499.0"));
	assert_false(holds(&b, "uncorrected.p99<1s", "nothing"));
	twc_reactor_free(b.r);
	twc_free(b.result);
}

static void test_bad_limits(void **state)
{
	static const struct {
		const char *expr;
		int column;
	} rows[] = {
		{ "", 1 }, { "p", 1 }, { "p101<1s", 1 }, { "p99", 4 }, { "p99~1s", 1 }, { "p99 1s", 5 }, { "p99<", 5 }, { "p99<x", 5 },
		{ "errors=x", 8 }, { "rps>5%", 6 }, { "6xy=1", 1 }, { "errors=.5", 8 }, { "errors=1.2.3", 8 }, { "connect.p=1", 1 },
		{ "errors=99999999999999999999", 8 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };

		assert_null(twc_http_bench_limit_new(rows[i].expr, &err));
		assert_int_equal(err.code, TWC_EUSAGE);
		if (err.column != rows[i].column)
			fail_msg("%s: column %d (%s)", rows[i].expr, err.column, err.text);
	}
}

/* ---- runs: a server in memory that answers after a time ---- */

struct server {
	struct twc_protocol base;
	struct stage *stage;
	struct twc_timer timer;
	bool is_gone;
};

struct stage {
	struct twc_reactor *r;
	struct twc_http_bench *bench;
	struct server server[8];
	unsigned dials, asked;
	uint64_t delay_ns, stall_ns; /* of each answer; of the first */
	const char *answer;
	bool is_dead, has_ended;
	struct twc_err err;
};

static void on_time(struct twc_timer *t, void *arg)
{
	struct server *s = arg;

	(void)t;
	twc_transport_write(s->base.transport, s->stage->answer, strlen(s->stage->answer));
}

static void server_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct server *s = TWC_CONTAINER_OF(p, struct server, base);

	(void)data, (void)n;
	twc_timer_start(s->stage->r, &s->timer, s->stage->asked++ ? s->stage->delay_ns : s->stage->stall_ns, on_time, s);
}

static void server_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct server *s = TWC_CONTAINER_OF(p, struct server, base);

	(void)reason;
	twc_timer_stop(s->stage->r, &s->timer);
	s->is_gone = true;
}

static struct twc_deferred *on_dial(void *arg, struct twc_factory *f)
{
	static const struct twc_protocol_ops ops = { .name = "server", .data = server_data, .lost = server_lost };
	struct stage *g = arg;
	struct server *s = &g->server[g->dials++ % TWC_ARRAY_LEN(g->server)];
	struct twc_err err = { 0 };
	struct twc_protocol *p;

	if (g->is_dead) {
		twc_err_set(&err, TWC_EREFUSED, "connection refused");
		return twc_deferred_failed(g->r, &err);
	}
	*s = (struct server){ .base.ops = &ops, .stage = g };
	p = twc_factory_build(f, NULL);
	twc_transport_pair(g->r, 0, p, &s->base);
	return twc_deferred_succeed(g->r, p, NULL);
}

static void on_ended(void *arg, const struct twc_err *err)
{
	struct stage *g = arg;

	g->has_ended = true;
	g->err = *err;
}

static void stage_run(struct stage *g, struct twc_http_bench_opts *o)
{
	struct twc_err err = { 0 };
	struct twc_url url;

	g->r = loop_fake();
	if (!g->answer)
		g->answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	assert_int_equal(twc_url_parse(TWC_STR("http://127.0.0.1:1/"), 0, &url, &err), 0);
	o->url = &url;
	o->n_urls = 1;
	o->ended = on_ended;
	o->arg = g;
	g->bench = twc_http_bench_new(g->r, o, &err);
	assert_non_null(g->bench);
	g->bench->dial = on_dial;
	g->bench->dial_arg = g;
	assert_int_equal(twc_http_bench_start(g->bench, &err), 0);
	twc_url_fini(&url);
	for (unsigned i = 0; i < 100000 && !g->has_ended; i++)
		twc_reactor_advance(g->r, LOOP_MS);
	assert_true(g->has_ended);
	assert_int_equal(g->err.code, 0);
}

static void stage_close(struct stage *g)
{
	twc_reactor_advance(g->r, 0);
	twc_http_bench_free(g->bench);
	twc_reactor_free(g->r);
}

/* One connection, 100 a second, and the first answer takes a second: of those due meanwhile the k-th waits 1 s - k 10 ms. */
static void test_stall(void **state)
{
	struct stage g = { .stall_ns = LOOP_S, .delay_ns = LOOP_MS };
	struct twc_http_bench_opts o = { .requests = 100, .rate = 100, .connections = 1 };
	struct twc_http_bench_summary s;
	uint64_t p50, p90;

	stage_run(&g, &o);
	twc_http_bench_sum(g.bench, &s);
	assert_int_equal(s.requests, 100);
	assert_int_equal(s.errors, 0);
	assert_int_equal(s.connections, 1);
	/* the k-th is answered at 1 s + k ms, and was due at k 10 ms */
	p50 = twc_http_bench_percentile(g.bench, TWC_HTTP_BENCH_LATENCY, 500000);
	p90 = twc_http_bench_percentile(g.bench, TWC_HTTP_BENCH_LATENCY, 900000);
	assert_in_range(p50 / LOOP_MS, 535, 570);
	assert_in_range(p90 / LOOP_MS, 890, 930);
	assert_in_range(twc_http_bench_percentile(g.bench, TWC_HTTP_BENCH_LATENCY, 1000000) / LOOP_MS, 1000, 1002);
	assert_in_range(twc_http_bench_percentile(g.bench, TWC_HTTP_BENCH_UNCORRECTED, 900000) / LOOP_MS, 1, 2);
	stage_close(&g);
}

static void test_unsent(void **state)
{
	struct stage g = { .stall_ns = LOOP_S, .delay_ns = LOOP_S };
	struct twc_http_bench_opts o = { .duration_ns = 2 * LOOP_S + LOOP_S / 2, .rate = 10, .connections = 1 };
	struct twc_http_bench_summary s;

	stage_run(&g, &o);
	twc_http_bench_sum(g.bench, &s);
	assert_int_equal(s.requests, 3);
	assert_int_equal(s.unsent, 22);
	stage_close(&g);
}

static void test_closed(void **state)
{
	struct stage g = { .stall_ns = 10 * LOOP_MS, .delay_ns = 10 * LOOP_MS };
	struct twc_http_bench_opts o = { .duration_ns = LOOP_S, .warmup_ns = LOOP_S, .connections = 4 };
	struct twc_http_bench_summary s;

	stage_run(&g, &o);
	twc_http_bench_sum(g.bench, &s);
	assert_in_range(s.requests, 360, 404); /* those of the warm-up are not there */
	assert_int_equal(s.connections, 4);
	assert_int_equal(s.elapsed_ns / LOOP_MS / 10, 100);
	stage_close(&g);
}

static void test_timeouts(void **state)
{
	struct stage g = { .stall_ns = 100 * LOOP_S, .delay_ns = 100 * LOOP_S };
	struct twc_http_bench_opts o = { .requests = 4, .connections = 2, .timeout_ns = LOOP_S };
	struct twc_http_bench_summary s;

	stage_run(&g, &o);
	twc_http_bench_sum(g.bench, &s);
	assert_int_equal(s.failure[TWC_HTTP_BENCH_TIMEOUT], 4);
	assert_int_equal(s.answered, 0);
	stage_close(&g);
}

static void test_nobody(void **state)
{
	struct stage g = { .is_dead = true };
	struct twc_http_bench_opts o = { .duration_ns = 60 * LOOP_S, .connections = 3 };
	struct twc_http_bench_summary s;

	stage_run(&g, &o);
	twc_http_bench_sum(g.bench, &s);
	assert_int_equal(s.failure[TWC_HTTP_BENCH_REFUSED], 3);
	assert_int_equal(g.dials, 3);
	stage_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schedule),   cmocka_unit_test(test_waiting), cmocka_unit_test(test_classes),
		cmocka_unit_test(test_limits),	   cmocka_unit_test(test_bad_limits), cmocka_unit_test(test_stall),
		cmocka_unit_test(test_unsent),	   cmocka_unit_test(test_closed),  cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
