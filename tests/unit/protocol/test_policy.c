/* SPDX-License-Identifier: MIT */
/* What every policy shares: the users of the factory inside, a refusal, an upgrade inside, an end before made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <twc/parse.h>
#include <twc/protocol.h>
#include "support/stand.h"

#define SECOND TWC_NS_PER_S

static void see_nothing(void *arg, struct twc_transport *t, char dir, const uint8_t *data, size_t n)
{
}

/* One around the other: the order does not matter. */
#define N_POLICIES 4
static void wrap(struct stand *s, struct twc_factory *f[N_POLICIES])
{
	f[0] = twc_policy_timeout_new(s->r, &s->factory, 8 * SECOND, 0);
	f[1] = twc_policy_throttle_new(s->r, f[0], 1000000, 0);
	f[2] = twc_policy_traffic_new(f[1], see_nothing, NULL);
	f[3] = twc_policy_limit_new(f[2], 3, 2);
}

static void unwrap(struct stand *s, struct twc_factory *f[N_POLICIES])
{
	for (size_t i = N_POLICIES - 1; i > 0; i--)
		twc_policy_free(f[i]);
	stand_close(s, f[0]);
}

static void test_users(void **state)
{
	struct twc_factory *f[N_POLICIES];
	struct stand s;

	stand_open(&s);
	wrap(&s, f);
	twc_factory_start(f[3]);
	twc_factory_start(f[3]);
	assert_int_equal(s.started, 1);
	twc_factory_stop(f[3]);
	assert_int_equal(s.stopped, 0);
	twc_factory_stop(f[3]);
	assert_int_equal(s.stopped, 1);
	unwrap(&s, f);
}

static void test_refusal_inside(void **state)
{
	struct twc_factory *f[N_POLICIES];
	struct stand s;

	stand_open(&s);
	wrap(&s, f);
	s.built = STAND_MAX;
	assert_false(stand_connect(&s, f[3], 0, NULL, 0));
	unwrap(&s, f);
}

/* Every event comes through all of them, and the transport inside is the one outside. */
static void test_events(void **state)
{
	struct twc_factory *f[N_POLICIES];
	char big[300000] = { 0 };
	struct stand s;

	stand_open(&s);
	wrap(&s, f);
	assert_true(stand_connect(&s, f[3], 0, NULL, 1000));
	assert_int_equal(s.inner[0].made, 1);
	stand_send(&s, 0, 7);
	assert_int_equal(s.inner[0].bytes, 7);
	twc_transport_write(s.inner[0].base.transport, big, sizeof(big));
	assert_true(twc_transport_is_full(s.inner[0].base.transport));
	stand_pass(&s, 0);
	assert_int_equal(s.peer[0].bytes, sizeof(big));
	assert_int_equal(s.inner[0].drained, 1);
	twc_transport_write_eof(s.peer[0].base.transport);
	stand_pass(&s, 0);
	assert_int_equal(s.inner[0].eofs, 1);
	assert_int_equal(s.inner[0].lost, 1);
	assert_int_equal(s.inner[0].reason.code, 0);
	unwrap(&s, f);
}

static void test_upgrade_inside(void **state)
{
	struct twc_factory *f[N_POLICIES];
	struct stand s;

	stand_open(&s);
	wrap(&s, f);
	assert_true(stand_connect(&s, f[3], 0, NULL, 0));
	assert_ptr_equal(twc_transport_protocol(s.inner[0].base.transport), &s.inner[0].base);
	twc_transport_set_protocol(s.inner[0].base.transport, &s.inner[1].base);
	s.inner[0].lost = 1; /* it hears nothing any more */
	stand_send(&s, 0, 5);
	assert_int_equal(s.inner[0].bytes, 0);
	assert_int_equal(s.inner[1].bytes, 5);
	stand_pass(&s, 10 * SECOND); /* the policies are still there */
	assert_int_equal(s.inner[1].lost, 1);
	assert_int_equal(s.inner[1].reason.code, TWC_EIDLE);
	unwrap(&s, f);
}

/* Built, but there never was a transport: only lost() can free it. */
static void test_lost_before_made(void **state)
{
	struct twc_err err = { 0 };
	struct twc_factory *f[N_POLICIES];
	struct stand s;
	struct twc_addr none = { .kind = TWC_ADDR_NONE };
	struct twc_protocol *p;

	stand_open(&s);
	wrap(&s, f);
	p = twc_factory_build(f[3], &none);
	twc_err_set(&err, TWC_EOS, "no descriptor");
	p->ops->lost(p, &err);
	assert_int_equal(s.inner[0].lost, 1);
	assert_int_equal(s.inner[0].reason.code, TWC_EOS);
	unwrap(&s, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_refusal_inside),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_upgrade_inside),
		cmocka_unit_test(test_lost_before_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
