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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_without_a_line),
		cmocka_unit_test(two_lines_a_connection),
		cmocka_unit_test(many_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
