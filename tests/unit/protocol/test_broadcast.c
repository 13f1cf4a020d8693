/* SPDX-License-Identifier: MIT */
/* broadcast: bytes to all others, who leaves when, and slow readers. test_chat.c has what both rooms share. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include "support/probe.h"

#include <stdlib.h>
#include <twc/parse.h>
#include <twc/protocol.h>

enum { N = 3, BIG = 1024 * 1024 };

struct rig {
	struct twc_reactor *r;
	struct twc_factory *room;
	struct probe p[N];
	unsigned notices;
};

static void count_notice(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	if (level == TWC_LOG_WARN && cat == TWC_LOG_protocol)
		((struct rig *)arg)->notices++;
}

static void rig_init(struct rig *g, enum twc_slow slow)
{
	struct twc_room_opts o = { .slow = slow };

	memset(g, 0, sizeof(*g));
	g->r = loop_fake();
	twc_log_init(twc_reactor_log(g->r), count_notice, g);
	g->room = twc_broadcast_new(g->r, &o);
	for (int i = 0; i < N; i++) {
		probe_init(&g->p[i]);
		twc_transport_pair(g->r, 0, twc_factory_build(g->room, NULL), &g->p[i].base);
	}
	twc_reactor_advance(g->r, 0);
}

static void say(struct rig *g, int i, const void *p, size_t n)
{
	twc_transport_write(g->p[i].base.transport, p, n);
	twc_reactor_advance(g->r, 0);
}

static void rig_fini(struct rig *g)
{
	twc_reactor_free(g->r);
	twc_room_free(g->room);
	for (int i = 0; i < N; i++)
		probe_fini(&g->p[i]);
}

static void to_all_others_as_it_is(void **state)
{
	struct rig g;

	rig_init(&g, TWC_SLOW_DROP);
	say(&g, 0, "a\0b\x1b", 4);
	say(&g, 1, "c", 1);
	assert_int_equal(g.p[2].n, 5);
	assert_memory_equal(g.p[2].got, "a\0b\x1b"
					"c",
			    5);
	assert_int_equal(g.p[0].n, 1);
	assert_int_equal(g.p[1].n, 4);
	rig_fini(&g);
}

static void who_has_spoken_leaves_at_its_end(void **state)
{
	struct rig g;

	rig_init(&g, TWC_SLOW_DROP);
	say(&g, 0, "x", 1);
	twc_transport_write_eof(g.p[0].base.transport);
	twc_transport_write_eof(g.p[1].base.transport); /* listens on */
	twc_reactor_advance(g.r, 0);
	assert_true(g.p[0].has_eof);
	assert_false(g.p[1].has_eof);
	say(&g, 2, "y", 1);
	assert_string_equal(g.p[1].got, "xy");
	rig_fini(&g);
}

static void a_stopped_reader_misses_and_the_log_tells(void **state)
{
	char *big = calloc(1, BIG);
	struct rig g;

	rig_init(&g, TWC_SLOW_DROP);
	twc_transport_pause(g.p[2].base.transport);
	for (int i = 0; i < 4; i++)
		say(&g, 0, big, BIG);
	assert_true(g.p[1].n < 4 * BIG);
	twc_reactor_advance(g.r, 100 * TWC_NS_PER_MS);
	assert_int_equal(g.p[1].n, 4 * BIG);
	twc_transport_resume(g.p[2].base.transport);
	twc_reactor_advance(g.r, 0);
	assert_true(g.p[2].n < 2 * BIG);
	assert_int_equal(g.notices, 1);
	twc_transport_pause(g.p[2].base.transport); /* no patience again so soon */
	for (int i = 0; i < 4; i++)
		say(&g, 0, big, BIG);
	assert_int_equal(g.p[1].n, 8 * BIG);
	rig_fini(&g);
	free(big);
}

static void block_holds_every_sender(void **state)
{
	char *big = calloc(1, BIG);
	struct rig g;

	rig_init(&g, TWC_SLOW_BLOCK);
	twc_transport_pause(g.p[2].base.transport);
	say(&g, 0, big, BIG);
	say(&g, 1, big, BIG);
	say(&g, 0, big, BIG);
	twc_reactor_advance(g.r, 60 * TWC_NS_PER_S);
	assert_true(g.p[1].n < 2 * BIG);
	assert_int_equal(g.p[2].n, 0);
	twc_transport_resume(g.p[2].base.transport);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.p[2].n, 3 * BIG);
	assert_int_equal(g.notices, 0);
	rig_fini(&g);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_all_others_as_it_is),
		cmocka_unit_test(who_has_spoken_leaves_at_its_end),
		cmocka_unit_test(a_stopped_reader_misses_and_the_log_tells),
		cmocka_unit_test(block_holds_every_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
