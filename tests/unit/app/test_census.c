/* SPDX-License-Identifier: MIT */
/* census: counts, calls in order, log lines, and a table that stands in for the protocols' own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include "support/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <twc/app.h>
#include <twc/protocol.h>

enum { MANY = 100 };

struct rig {
	struct twc_reactor *r;
	struct twc_factory *inner;
	struct twc_census *census;
	struct probe peer[MANY];
	unsigned opened, closed;
	char lines[64][256];
	size_t n_lines;
};

static void sink(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	struct rig *rig = arg;

	assert_int_equal(level, TWC_LOG_INFO);
	assert_int_equal(cat, TWC_LOG_app);
	if (rig->n_lines < 64)
		snprintf(rig->lines[rig->n_lines++], sizeof(rig->lines[0]), "%s", text);
}

static void on_opened(void *arg, struct twc_transport *t)
{
	struct rig *rig = arg;

	assert_int_equal(twc_census_open(rig->census), ++rig->opened - rig->closed);
	assert_false(twc_transport_is_closing(t));
}

static void on_closed(void *arg, struct twc_transport *t, const struct twc_err *reason)
{
	struct rig *rig = arg;

	assert_non_null(t);
	assert_int_equal(twc_census_open(rig->census), rig->opened - ++rig->closed);
	(void)reason;
}

static void rig_init(struct rig *rig, bool is_logged)
{
	static const struct twc_census_ops ops = { .opened = on_opened, .closed = on_closed };
	struct twc_err err = { 0 };

	memset(rig, 0, sizeof(*rig));
	rig->r = loop_fake();
	twc_log_init(twc_reactor_log(rig->r), sink, rig);
	if (is_logged)
		twc_reactor_log(rig->r)->level[TWC_LOG_app] = TWC_LOG_INFO;
	rig->inner = twc_service_find("echo")->create(rig->r, NULL, &err);
	rig->census = twc_census_new(rig->r, rig->inner, &ops, rig);
}

static void rig_connect(struct rig *rig, int i)
{
	struct twc_addr none = { 0 };
	struct twc_protocol *p = twc_factory_build(twc_census_factory(rig->census), &none);

	probe_init(&rig->peer[i]);
	twc_transport_pair(rig->r, 0, p, &rig->peer[i].base);
	twc_transport_write(rig->peer[i].base.transport, "hello", 5);
	twc_reactor_advance(rig->r, 0);
	assert_string_equal(rig->peer[i].got, "hello");
}

static void rig_close(struct rig *rig, int i)
{
	twc_transport_write_eof(rig->peer[i].base.transport);
	twc_reactor_advance(rig->r, 1000000);
	assert_true(rig->peer[i].is_lost);
	probe_fini(&rig->peer[i]);
}

static void rig_fini(struct rig *rig)
{
	assert_int_equal(twc_census_open(rig->census), 0);
	twc_census_free(rig->census);
	twc_service_find("echo")->destroy(rig->inner);
	twc_reactor_free(rig->r);
}

/* As with handshakes: who came first may be there last. */
static void made_out_of_order(void **state)
{
	struct twc_addr none = { 0 };
	struct twc_protocol *p;
	struct probe early;
	struct rig rig;
	unsigned n = 0;

	(void)state;
	rig_init(&rig, true);
	probe_init(&early);
	probe_init(&rig.peer[0]);
	twc_transport_pair(rig.r, 0, &early.base, &rig.peer[0].base);
	rig_connect(&rig, 1);
	p = twc_factory_build(twc_census_factory(rig.census), &none);
	twc_transport_set_protocol(early.base.transport, p);
	p->ops->made(p);
	rig_connect(&rig, 2);
	rig_close(&rig, 0);
	rig_close(&rig, 1);
	rig_close(&rig, 2);
	for (size_t i = 0; i < rig.n_lines; i++)
		n += strstr(rig.lines[i], " closed ") != NULL;
	assert_int_equal(n, 3);
	twc_census_leave(rig.census);
	early.is_lost = true; /* it was replaced */
	probe_fini(&early);
	rig_fini(&rig);
}

static void counts_without_a_line(void **state)
{
	struct rig rig;

	rig_init(&rig, false);
	rig_connect(&rig, 0);
	rig_connect(&rig, 1);
	assert_int_equal(twc_census_open(rig.census), 2);
	rig_close(&rig, 0);
	assert_int_equal(twc_census_open(rig.census), 1);
	rig_close(&rig, 1);
	assert_int_equal(twc_census_total(rig.census), 2);
	assert_int_equal(rig.n_lines, 0);
	rig_fini(&rig);
}

static void two_lines_a_connection(void **state)
{
	struct rig rig;

	rig_init(&rig, true);
	rig_connect(&rig, 0);
	twc_reactor_advance(rig.r, 1500 * LOOP_MS);
	rig_close(&rig, 0);
	assert_int_equal(rig.n_lines, 2);
	assert_non_null(strstr(rig.lines[0], "#1 opened "));
	assert_non_null(strstr(rig.lines[1], "#1 closed "));
	assert_non_null(strstr(rig.lines[1], ": 5 bytes in, 5 out, 1.5"));
	rig_fini(&rig);
}

/* Entries go in any order, and the table is compacted under way. */
static void many_come_and_go(void **state)
{
	struct rig rig;

	rig_init(&rig, true);
	for (int i = 0; i < MANY; i++)
		rig_connect(&rig, i);
	for (int step = 0; step < 7; step++) {
		for (int i = step; i < MANY; i += 7)
			rig_close(&rig, i);
	}
	assert_int_equal(rig.opened, MANY);
	assert_int_equal(rig.closed, MANY);
	rig_fini(&rig);
}

/* ---- what stands in keeps its place ---- */

struct stand_in {
	struct twc_factory factory;
	struct probe *built;
};

static struct twc_protocol *stand_in_build(struct twc_factory *f, const struct twc_addr *peer)
{
	return &((struct stand_in *)f)->built->base;
}

static const struct twc_factory_ops stand_in_ops = { .name = "stand-in", .build = stand_in_build };

struct pair {
	struct twc_reactor *r;
	struct stand_in inner;
	struct probe first, second, peer;
};

static void pair_init(struct pair *x)
{
	memset(x, 0, sizeof(*x));
	x->r = loop_fake();
	probe_init(&x->first);
	probe_init(&x->second);
	probe_init(&x->peer);
	x->inner = (struct stand_in){ .factory.ops = &stand_in_ops, .built = &x->first };
}

static void pair_connect(struct pair *x, struct twc_factory *f)
{
	struct twc_addr none = { 0 };

	twc_transport_pair(x->r, 0, twc_factory_build(f, &none), &x->peer.base);
}

static void pair_close(struct pair *x)
{
	twc_transport_abort(x->peer.base.transport);
	twc_reactor_advance(x->r, 0);
	assert_true(x->peer.is_lost);
	assert_false(x->first.is_lost); /* it was replaced */
	x->first.is_made = false;
	probe_fini(&x->first);
	probe_fini(&x->second);
	probe_fini(&x->peer);
}

static void replace_first(struct pair *x)
{
	const struct twc_protocol_ops *own = x->second.base.ops;

	x->second.is_made = true; /* an upgrade is not told of a beginning */
	twc_transport_set_protocol(x->first.base.transport, &x->second.base);
	assert_ptr_equal(x->first.base.ops, own); /* as it was built */
}

static void follows_a_replaced_protocol(void **state)
{
	struct twc_census *c;
	struct pair x;

	pair_init(&x);
	c = twc_census_new(x.r, &x.inner.factory, NULL, NULL);
	pair_connect(&x, twc_census_factory(c));
	replace_first(&x);
	assert_int_equal(twc_census_open(c), 1);
	pair_close(&x);
	assert_true(x.second.is_lost);
	assert_int_equal(twc_census_open(c), 0);
	assert_int_equal(twc_census_total(c), 1);
	twc_census_free(c);
	twc_reactor_free(x.r);
}

static void upgrade_at_once(struct probe *p)
{
	replace_first(p->arg);
}

static void follows_one_replaced_in_made(void **state)
{
	struct twc_census *c;
	struct pair x;

	pair_init(&x);
	x.first.on_made = upgrade_at_once;
	x.first.arg = &x;
	c = twc_census_new(x.r, &x.inner.factory, NULL, NULL);
	pair_connect(&x, twc_census_factory(c));
	assert_int_equal(twc_census_open(c), 1);
	pair_close(&x);
	assert_true(x.second.is_lost);
	assert_int_equal(twc_census_open(c), 0);
	twc_census_free(c);
	twc_reactor_free(x.r);
}

/* The policy is what the census sees; what is replaced inside of it is none of its business. */
static void around_a_policy(void **state)
{
	struct twc_factory *policy;
	struct twc_census *c;
	struct pair x;

	pair_init(&x);
	policy = twc_policy_timeout_new(x.r, &x.inner.factory, 60000 * LOOP_MS, 0);
	c = twc_census_new(x.r, policy, NULL, NULL);
	pair_connect(&x, twc_census_factory(c));
	assert_ptr_equal(twc_transport_protocol(x.first.base.transport), &x.first.base);
	replace_first(&x);
	assert_ptr_equal(twc_transport_protocol(x.second.base.transport), &x.second.base);
	pair_close(&x);
	assert_true(x.second.is_lost);
	assert_int_equal(twc_census_open(c), 0);
	twc_census_free(c);
	twc_policy_free(policy);
	twc_reactor_free(x.r);
}

static void around_a_census(void **state)
{
	struct twc_census *inner, *outer;
	struct pair x;

	pair_init(&x);
	inner = twc_census_new(x.r, &x.inner.factory, NULL, NULL);
	outer = twc_census_new(x.r, twc_census_factory(inner), NULL, NULL);
	pair_connect(&x, twc_census_factory(outer));
	assert_int_equal(twc_census_open(inner), 1);
	assert_int_equal(twc_census_open(outer), 1);
	replace_first(&x);
	pair_close(&x);
	assert_true(x.second.is_lost);
	assert_int_equal(twc_census_open(inner), 0);
	assert_int_equal(twc_census_open(outer), 0);
	assert_int_equal(twc_census_total(inner), 1);
	assert_int_equal(twc_census_total(outer), 1);
	twc_census_free(outer);
	twc_census_free(inner);
	twc_reactor_free(x.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_out_of_order), cmocka_unit_test(counts_without_a_line),
		cmocka_unit_test(two_lines_a_connection),
		cmocka_unit_test(many_come_and_go),
		cmocka_unit_test(follows_a_replaced_protocol),
		cmocka_unit_test(follows_one_replaced_in_made),
		cmocka_unit_test(around_a_policy),
		cmocka_unit_test(around_a_census),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
