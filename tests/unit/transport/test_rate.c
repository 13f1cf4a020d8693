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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written),
		cmocka_unit_test(what_is_read),
		cmocka_unit_test(what_is_piped),
		cmocka_unit_test(datagrams_are_not_cut),
		cmocka_unit_test(an_end_while_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
