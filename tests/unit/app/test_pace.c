/* SPDX-License-Identifier: MIT */
/* pace: lines so long after each other, on memory pairs and the fake clock; alone, in a join and in a hub. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/pace.h"
#include "support/loop.h"
#include "support/probe.h"

#include <stdlib.h>
#include <twc/app.h>
#include <twc/parse.h>

enum { LONG = 3 * TWC__PACE_LINE_MAX + 100 };

static bool is_held_up;

static bool must_wait(struct twc_protocol *inner)
{
	(void)inner;
	return is_held_up;
}

/* `stream` writes what `inner` hears through the pace. */
struct rig {
	struct twc_reactor *r;
	struct twc__pace pace;
	struct probe stream, inner;
};

static void rig_init(struct rig *g)
{
	is_held_up = false;
	g->r = loop_fake();
	probe_init(&g->stream);
	probe_init(&g->inner);
	twc__pace_init(&g->pace, TWC_NS_PER_S, &g->inner.base, must_wait);
	twc_transport_pair(g->r, 0, &g->pace.proto, &g->stream.base);
}

static void rig_fini(struct rig *g)
{
	twc_reactor_free(g->r);
	assert_true(g->inner.is_lost);
	twc__pace_fini(&g->pace);
	probe_fini(&g->stream);
	probe_fini(&g->inner);
}

static void say(struct twc_reactor *r, struct probe *p, const char *text)
{
	twc_transport_write(p->base.transport, text, strlen(text));
	twc_reactor_advance(r, 0);
}

static void end(struct twc_reactor *r, struct probe *p)
{
	twc_transport_write_eof(p->base.transport);
	twc_reactor_advance(r, 0);
}

static void hears(const struct probe *p, const char *want)
{
	assert_string_equal(p->got ? p->got : "", want);
}

static void each_line_at_its_time(void **state)
{
	struct rig g;

	rig_init(&g);
	assert_ptr_equal(twc_transport_protocol(g.pace.proto.transport), &g.inner.base);
	say(g.r, &g.stream, "one\ntwo\nth");
	hears(&g.inner, "one\n");
	assert_true(twc__pace_is_waiting(&g.pace));
	twc_reactor_advance(g.r, TWC_NS_PER_S - 1);
	hears(&g.inner, "one\n");
	twc_reactor_advance(g.r, 1);
	hears(&g.inner, "one\ntwo\n");
	twc_reactor_advance(g.r, 3 * TWC_NS_PER_S);
	hears(&g.inner, "one\ntwo\n"); /* the third has no end yet */
	assert_false(twc__pace_is_waiting(&g.pace));
	say(g.r, &g.stream, "ree\nlast"); /* and the time is long over */
	hears(&g.inner, "one\ntwo\nthree\n");
	end(g.r, &g.stream);
	assert_false(g.inner.has_eof);
	twc_reactor_advance(g.r, TWC_NS_PER_S);
	hears(&g.inner, "one\ntwo\nthree\nlast");
	assert_int_equal(g.inner.datas, 4);
	assert_true(g.inner.has_eof);
	twc_reactor_advance(g.r, 5 * TWC_NS_PER_S); /* once */
	rig_fini(&g);
}

static void the_end_comes_with_the_last_line(void **state)
{
	struct rig g;

	rig_init(&g);
	say(g.r, &g.stream, "a\n\n");
	end(g.r, &g.stream);
	hears(&g.inner, "a\n");
	assert_false(g.inner.has_eof);
	twc_reactor_advance(g.r, TWC_NS_PER_S);
	hears(&g.inner, "a\n\n");
	assert_true(g.inner.has_eof);
	twc_reactor_advance(g.r, 5 * TWC_NS_PER_S);
	rig_fini(&g);

	rig_init(&g);
	end(g.r, &g.stream);
	assert_true(g.inner.has_eof);
	assert_int_equal(g.inner.datas, 0);
	rig_fini(&g);
}

/* Both halves have ended then, and the stream is gone. */
static void a_last_line_of_a_stream_that_is_gone_at_its_end(void **state)
{
	struct rig g;

	rig_init(&g);
	twc_transport_write_eof(g.pace.proto.transport);
	say(g.r, &g.stream, "one\ntwo\nlast");
	end(g.r, &g.stream);
	twc_reactor_advance(g.r, 2 * TWC_NS_PER_S - 1);
	hears(&g.inner, "one\ntwo\n");
	assert_false(g.inner.is_lost);
	twc_reactor_advance(g.r, 1);
	hears(&g.inner, "one\ntwo\nlast");
	assert_true(g.inner.has_eof);
	assert_true(g.inner.is_lost);
	rig_fini(&g);
}

static void a_long_line_passes_in_pieces(void **state)
{
	char *text = malloc(LONG + 4);
	struct rig g;

	memset(text, 'x', LONG);
	strcpy(text + LONG, "\ny\n");
	rig_init(&g);
	say(g.r, &g.stream, text);
	assert_int_equal(g.inner.n, LONG + 1);
	assert_in_range(g.inner.datas, 4, 8);
	twc_reactor_advance(g.r, TWC_NS_PER_S);
	assert_string_equal(g.inner.got, text);
	free(text);
	rig_fini(&g);
}

static void the_stream_waits_meanwhile(void **state)
{
	static const char line[] = "0123456789\n";
	struct rig g;

	rig_init(&g);
	for (int i = 0; i < 100000; i++)
		twc_transport_write(g.stream.base.transport, line, sizeof(line) - 1);
	twc_reactor_advance(g.r, 10 * TWC_NS_PER_S);
	assert_int_equal(g.inner.n, 11 * (sizeof(line) - 1));
	assert_true(twc_buf_len(&g.pace.held) < 512 * 1024);
	assert_true(twc_transport_queued(g.stream.base.transport) > 256 * 1024);
	twc_transport_abort(g.pace.proto.transport); /* with lines that wait */
	twc_reactor_advance(g.r, 10 * TWC_NS_PER_S);
	assert_true(g.inner.is_lost);
	assert_int_equal(g.inner.n, 11 * (sizeof(line) - 1));
	rig_fini(&g);
}

static void nobody_to_take_it(void **state)
{
	struct rig g;

	rig_init(&g);
	is_held_up = true;
	say(g.r, &g.stream, "a\nb\n");
	twc_reactor_advance(g.r, 3 * TWC_NS_PER_S);
	twc__pace_go(&g.pace);
	hears(&g.inner, "");
	is_held_up = false;
	twc__pace_go(&g.pace);
	twc__pace_go(&g.pace);
	hears(&g.inner, "a\n");
	is_held_up = true;
	twc_reactor_advance(g.r, TWC_NS_PER_S);
	hears(&g.inner, "a\n");
	is_held_up = false;
	twc__pace_go(&g.pace);
	hears(&g.inner, "a\nb\n");
	rig_fini(&g);
}

/* ---- in a join, and in a hub ---- */

static void on_done(void *arg, struct twc_join *j, const struct twc_err *err)
{
	(void)j;
	assert_int_equal(err->code, 0);
	*(bool *)arg = true;
}

static void in_a_join(void **state)
{
	bool is_done = false;
	struct twc_join_opts o = {
		.b_is_stdio = true,
		.idle_ns = TWC_NS_PER_S / 2, /* a line that waits is no silence */
		.filter = { .line_delay_ns = TWC_NS_PER_S, .crlf = true },
		.done = on_done,
		.arg = &is_done,
	};
	struct twc_reactor *r = loop_fake();
	struct twc_join *j = twc_join_new(r, &o);
	struct probe wire, local;

	probe_init(&wire);
	probe_init(&local);
	twc_transport_pair(r, 0, twc_join_protocol(j, TWC_JOIN_A), &wire.base);
	twc_transport_pair(r, 0, twc_join_protocol(j, TWC_JOIN_B), &local.base);
	say(r, &local, "one\ntwo\nlast");
	end(r, &local);
	say(r, &wire, "what\ncomes\n");
	hears(&local, "what\ncomes\n");
	hears(&wire, "one\r\n");
	for (int i = 0; i < 8; i++)
		twc_reactor_advance(r, TWC_NS_PER_S / 8);
	hears(&wire, "one\r\ntwo\r\n");
	assert_false(wire.has_eof);
	for (int i = 0; i < 8; i++)
		twc_reactor_advance(r, TWC_NS_PER_S / 8);
	hears(&wire, "one\r\ntwo\r\nlast");
	assert_true(wire.has_eof);
	end(r, &wire);
	assert_true(is_done);
	twc_reactor_free(r);
	twc_join_free(j);
	probe_fini(&wire);
	probe_fini(&local);
}

/* A peer that reads nothing: no more than its marks is queued, and no line is lost. */
static void a_slow_peer_holds_the_lines(void **state)
{
	bool is_done = false;
	struct twc_join_opts o = { .filter = { .line_delay_ns = TWC_NS_PER_MS }, .done = on_done, .arg = &is_done };
	struct twc_reactor *r = loop_fake();
	struct twc_join *j = twc_join_new(r, &o);
	char *line = malloc(60001);
	struct probe wire, local;

	probe_init(&wire);
	probe_init(&local);
	twc_transport_pair(r, 0, twc_join_protocol(j, TWC_JOIN_A), &wire.base);
	twc_transport_pair(r, 0, twc_join_protocol(j, TWC_JOIN_B), &local.base);
	memset(line, 'x', 59999);
	strcpy(line + 59999, "\n");
	twc_transport_pause(wire.base.transport);
	for (int i = 0; i < 40; i++)
		say(r, &local, line);
	end(r, &local);
	for (int i = 0; i < 100; i++)
		twc_reactor_advance(r, TWC_NS_PER_MS);
	assert_true(twc_transport_queued(local.base.transport) > 0);
	twc_transport_resume(wire.base.transport);
	for (int i = 0; i < 100; i++)
		twc_reactor_advance(r, TWC_NS_PER_MS);
	assert_int_equal(wire.n, 40 * 60000);
	assert_true(wire.has_eof);
	end(r, &wire);
	assert_true(is_done);
	twc_reactor_free(r);
	twc_join_free(j);
	probe_fini(&wire);
	probe_fini(&local);
	free(line);
}

static void in_a_hub(void **state)
{
	struct twc_hub_opts o = { .filter = { .line_delay_ns = TWC_NS_PER_S } };
	struct twc_hub *h = twc_hub_new(&o);
	struct twc_reactor *r = loop_fake();
	struct probe stdio, client[2];
	struct twc_addr none = { 0 };

	probe_init(&stdio);
	twc_transport_pair(r, 0, twc_hub_stdio(h), &stdio.base);
	for (int i = 0; i < 2; i++) {
		probe_init(&client[i]);
		twc_transport_pair(r, 0, twc_factory_build(twc_hub_factory(h), &none), &client[i].base);
		say(r, &stdio, i == 0 ? "1\n2\n3\n" : "");
		twc_reactor_advance(r, TWC_NS_PER_S);
		if (i == 0) { /* while nobody is there, no line passes */
			twc_transport_abort(client[0].base.transport);
			twc_reactor_advance(r, 5 * TWC_NS_PER_S);
		}
	}
	hears(&client[0], "1\n2\n");
	hears(&client[1], "3\n");
	end(r, &stdio);
	assert_true(client[1].has_eof);
	twc_reactor_free(r);
	twc_hub_free(h);
	probe_fini(&stdio);
	for (int i = 0; i < 2; i++)
		probe_fini(&client[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_at_its_time),
		cmocka_unit_test(the_end_comes_with_the_last_line),
		cmocka_unit_test(a_last_line_of_a_stream_that_is_gone_at_its_end),
		cmocka_unit_test(a_long_line_passes_in_pieces),
		cmocka_unit_test(the_stream_waits_meanwhile),
		cmocka_unit_test(nobody_to_take_it),
		cmocka_unit_test(in_a_join),
		cmocka_unit_test(a_slow_peer_holds_the_lines),
		cmocka_unit_test(in_a_hub),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
