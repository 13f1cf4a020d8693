/* SPDX-License-Identifier: MIT */
/* Rates: what passes in a second of the fake clock, each way, piped or not, datagrams whole. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <twc/parse.h>
#include <twc/transport.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/probe.h"
#include "support/sockets.h"
#include "transport/transport_priv.h"

struct rig {
	struct twc_reactor *r;
	struct probe a, b;
};

static char bytes[1000000];

static void rig_init(struct rig *g)
{
	g->r = loop_fake();
	probe_init(&g->a);
	probe_init(&g->b);
	twc_transport_pair(g->r, 0, probe_protocol(&g->a), probe_protocol(&g->b));
}

static void rig_fini(struct rig *g)
{
	if (!g->a.is_lost)
		twc_transport_abort(g->a.base.transport);
	if (!g->b.is_lost)
		twc_transport_abort(g->b.base.transport);
	twc_reactor_advance(g->r, 10 * TWC_NS_PER_S);
	probe_fini(&g->a);
	probe_fini(&g->b);
	twc_reactor_free(g->r);
}

static void pass_ms(struct twc_reactor *r, unsigned ms)
{
	for (unsigned i = 0; i < ms / 10; i++)
		twc_reactor_advance(r, 10 * TWC_NS_PER_MS);
}

static void assert_near(size_t got, size_t want, size_t slack)
{
	assert_in_range(got, want > slack ? want - slack : 0, want + slack);
}

static void what_is_written(void **state)
{
	struct rig g;
	size_t before;

	rig_init(&g);
	twc_transport_limit_rate(g.a.base.transport, 100000, 5000);
	twc_transport_write(g.a.base.transport, bytes, 400000);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.b.n, 5000); /* the burst */
	pass_ms(g.r, 1000);
	assert_near(g.b.n, 105000, 3000);
	before = g.b.n;
	pass_ms(g.r, 100);
	assert_near(g.b.n - before, 10000, 3000); /* smooth */
	twc_transport_lose(g.a.base.transport);
	pass_ms(g.r, 1000);
	assert_false(g.a.is_lost); /* the end waits for the rest */
	pass_ms(g.r, 2100);
	assert_int_equal(g.b.n, 400000);
	twc_transport_lose(g.b.base.transport);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.a.reason.code, 0);
	rig_fini(&g);
}

static void what_is_read(void **state)
{
	struct rig g;

	rig_init(&g);
	twc_transport_limit_rate(g.b.base.transport, 100000, 0);
	twc_transport_write(g.a.base.transport, bytes, 400000);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.b.n, 10000); /* a tenth of a second's */
	pass_ms(g.r, 1000);
	assert_near(g.b.n, 110000, 3000);
	twc_transport_write(g.b.base.transport, bytes, 5000); /* the other direction has an account of its own */
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.a.n, 5000);
	twc_transport_limit_rate(g.b.base.transport, 0, 0);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.b.n, 400000);
	rig_fini(&g);
}

static void what_is_piped(void **state)
{
	struct probe in, src, dst, out;
	struct twc_reactor *r = loop_fake();

	for (int i = 0; i < 4; i++)
		probe_init((struct probe *[]){ &in, &src, &dst, &out }[i]);
	twc_transport_pair(r, 0, probe_protocol(&in), probe_protocol(&src));
	twc_transport_pair(r, 0, probe_protocol(&dst), probe_protocol(&out));
	twc_transport_pipe(src.base.transport, dst.base.transport);
	twc_transport_limit_rate(dst.base.transport, 100000, 2000);
	twc_transport_write(in.base.transport, bytes, 300000);
	pass_ms(r, 1000);
	assert_near(out.n, 102000, 3000);
	twc_transport_limit_rate(dst.base.transport, 0, 0);
	twc_transport_limit_rate(src.base.transport, 50000, 2000);
	pass_ms(r, 100);
	size_t before = out.n;
	pass_ms(r, 1000);
	assert_near(out.n - before, 50000, 3000);
	assert_int_equal(src.n, 0);
	for (int i = 0; i < 4; i++)
		twc_transport_abort((struct probe *[]){ &in, &src, &dst, &out }[i]->base.transport);
	twc_reactor_advance(r, 0);
	for (int i = 0; i < 4; i++)
		probe_fini((struct probe *[]){ &in, &src, &dst, &out }[i]);
	twc_reactor_free(r);
}

/* A datagram goes whole or waits; what it overdraws is paid for by the next. */
static void datagrams_are_not_cut(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct probe a, b;
	int fd[2];

	probe_init(&a);
	probe_init(&b);
	sockets_unix(fd, SOCK_DGRAM);
	assert_non_null(twc_transport_from_socket(r, fd[0], probe_protocol(&a), NULL));
	assert_non_null(twc_transport_from_socket(r, fd[1], probe_protocol(&b), NULL));
	twc_transport_limit_rate(a.base.transport, 10000, 1000);
	for (int i = 0; i < 4; i++)
		twc_transport_write(a.base.transport, bytes, 5000);
	twc_reactor_advance(r, 0);
	assert_int_equal(b.n, 5000);
	assert_int_equal(b.datas, 1);
	pass_ms(r, 1000);
	assert_in_range(b.datas, 2, 3);
	pass_ms(r, 2000);
	assert_int_equal(b.datas, 4);
	assert_int_equal(b.n, 20000);
	twc_transport_abort(a.base.transport);
	twc_transport_abort(b.base.transport);
	twc_reactor_advance(r, 0);
	probe_fini(&a);
	probe_fini(&b);
	twc_reactor_free(r);
}

/* Ends while a direction waits: no timer outlives the transport. */
static void an_end_while_waiting(void **state)
{
	struct rig g;

	rig_init(&g);
	twc_transport_limit_rate(g.a.base.transport, 10, 1);
	twc_transport_write(g.a.base.transport, bytes, 1000);
	twc_transport_write(g.b.base.transport, bytes, 1000);
	pass_ms(g.r, 500);
	assert_in_range(g.b.n, 1, 8);
	assert_in_range(g.a.n, 1, 8);
	twc_transport_abort(g.a.base.transport);
	pass_ms(g.r, 500);
	assert_true(g.a.is_lost);
	rig_fini(&g);
}

/* ---- kept together ---- */

enum { MANY = 4 };

static void together_init(struct twc_reactor *r, struct twc_rate_total *g, struct probe a[MANY], struct probe b[MANY])
{
	for (int i = 0; i < MANY; i++) {
		probe_init(&a[i]);
		probe_init(&b[i]);
		twc_transport_pair(r, 0, probe_protocol(&a[i]), probe_protocol(&b[i]));
		twc_transport_share_rate(a[i].base.transport, g);
	}
}

static void together_fini(struct twc_reactor *r, struct twc_rate_total *g, struct probe a[MANY], struct probe b[MANY])
{
	for (int i = 0; i < MANY; i++) {
		if (!a[i].is_lost)
			twc_transport_abort(a[i].base.transport);
	}
	twc_reactor_advance(r, TWC_NS_PER_S);
	twc_reactor_free(r);
	twc_rate_total_free(g);
	for (int i = 0; i < MANY; i++) {
		probe_fini(&a[i]);
		probe_fini(&b[i]);
	}
}

static size_t sum(const struct probe p[MANY])
{
	return p[0].n + p[1].n + p[2].n + p[3].n;
}

static void together_and_in_equal_parts(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_rate_total *g = twc_rate_total_new(r, 100000, 8000);
	struct probe a[MANY], b[MANY];

	(void)state;
	together_init(r, g, a, b);
	for (int i = 0; i < MANY; i++)
		twc_transport_write(a[i].base.transport, bytes, 300000);
	pass_ms(r, 2000);
	assert_near(sum(b), 208000, 4000);
	for (int i = 1; i < MANY; i++)
		assert_near(b[i].n, 50000, 3000);
	for (int i = 0; i < MANY; i++) /* the other way has an account of its own */
		twc_transport_write(b[i].base.transport, bytes, 300000);
	pass_ms(r, 2000);
	assert_near(sum(a), 208000, 4000);
	for (int i = 0; i < MANY; i++)
		assert_near(a[i].n, 52000, 9000);
	together_fini(r, g, a, b);
}

/* What those do not want who want nothing, and what those leave who go, is the others'. */
static void all_for_who_wants_it(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_rate_total *g = twc_rate_total_new(r, 100000, 0);
	struct probe a[MANY], b[MANY];
	size_t before;

	(void)state;
	together_init(r, g, a, b);
	twc_transport_write(a[1].base.transport, bytes, 400000);
	pass_ms(r, 1000);
	assert_near(b[1].n, 110000, 4000);
	twc_transport_write(a[2].base.transport, bytes, 400000);
	pass_ms(r, 500);
	twc_transport_abort(a[2].base.transport);
	pass_ms(r, 10);
	before = b[1].n;
	pass_ms(r, 1000);
	assert_near(b[1].n - before, 100000, 4000);
	twc_transport_share_rate(a[1].base.transport, NULL);
	pass_ms(r, 10);
	assert_int_equal(b[1].n, 400000);
	together_fini(r, g, a, b);
}

static void each_its_own_as_well(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_rate_total *g = twc_rate_total_new(r, 100000, 4000);
	struct probe a[MANY], b[MANY];

	(void)state;
	together_init(r, g, a, b);
	twc_transport_limit_rate(a[0].base.transport, 10000, 1000);
	for (int i = 0; i < 2; i++)
		twc_transport_write(a[i].base.transport, bytes, 300000);
	pass_ms(r, 2000);
	assert_near(b[0].n, 21000, 2000);
	assert_near(b[1].n, 180000, 8000);
	together_fini(r, g, a, b);
}

/* The smallest there are, and the largest: they end, and by the clock. */
static void odd_rates(void **state)
{
	static const struct {
		uint64_t rate, burst;
		size_t want, slack;
	} v[] = { { 10, 1, 50, 6 }, { 1, 0, 1029, 200 }, { UINT64_C(10) << 30, 1, 1200000, 0 }, { INT64_MAX, 0, 1200000, 0 } };

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		struct twc_reactor *r = loop_fake();
		struct twc_rate_total *g = twc_rate_total_new(r, v[i].rate, v[i].burst);
		struct probe a[MANY], b[MANY];

		together_init(r, g, a, b);
		for (int k = 0; k < MANY; k++)
			twc_transport_write(a[k].base.transport, bytes, 300000);
		pass_ms(r, 5000);
		assert_near(sum(b), v[i].want, v[i].slack);
		together_fini(r, g, a, b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written),
		cmocka_unit_test(what_is_read),
		cmocka_unit_test(what_is_piped),
		cmocka_unit_test(datagrams_are_not_cut),
		cmocka_unit_test(an_end_while_waiting),
		cmocka_unit_test(together_and_in_equal_parts),
		cmocka_unit_test(all_for_who_wants_it),
		cmocka_unit_test(each_its_own_as_well),
		cmocka_unit_test(odd_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
