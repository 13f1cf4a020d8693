/* SPDX-License-Identifier: MIT */
/* The filter of a join and of a hub: line ends, telnet, frames and limits, on memory pairs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <twc/app.h>
#include <twc/parse.h>

#include "support/loop.h"
#include "support/probe.h"
#include "support/sockets.h"

/* probe[0] is the peer on the wire, probe[1] stands where standard input and output are. */
struct rig {
	struct twc_reactor *r;
	struct twc_join *join;
	struct twc_hub *hub;
	struct probe probe[2];
	bool is_done, is_through;
	struct twc_err err;
};

static void on_done(void *arg, struct twc_join *j, const struct twc_err *err)
{
	struct rig *g = arg;

	(void)j;
	g->is_done = true;
	g->err = *err;
}

static void on_ended(void *arg, const struct twc_err *err)
{
	on_done(arg, NULL, err);
}

static void on_through(void *arg)
{
	struct rig *g = arg;

	assert_false(g->is_through);
	g->is_through = true;
}

static void rig_join(struct rig *g, struct twc_filter_opts filter, bool is_datagram)
{
	struct twc_join_opts o = { .b_is_stdio = true, .filter = filter, .done = on_done, .arg = g };
	int fd[2];

	memset(g, 0, sizeof(*g));
	g->r = loop_fake();
	g->join = twc_join_new(g->r, &o);
	probe_init(&g->probe[0]);
	probe_init(&g->probe[1]);
	if (is_datagram) {
		sockets_unix(fd, SOCK_DGRAM);
		assert_non_null(twc_transport_from_socket(g->r, fd[0], twc_join_protocol(g->join, TWC_JOIN_A), NULL));
		assert_non_null(twc_transport_from_socket(g->r, fd[1], &g->probe[0].base, NULL));
	} else {
		twc_transport_pair(g->r, 0, twc_join_protocol(g->join, TWC_JOIN_A), &g->probe[0].base);
	}
	twc_transport_pair(g->r, 0, twc_join_protocol(g->join, TWC_JOIN_B), &g->probe[1].base);
}

static void rig_hub(struct rig *g, struct twc_filter_opts filter)
{
	struct twc_hub_opts o = { .filter = filter, .ended = on_ended, .through = on_through, .arg = g };

	memset(g, 0, sizeof(*g));
	g->r = loop_fake();
	g->hub = twc_hub_new(&o);
	probe_init(&g->probe[0]);
	probe_init(&g->probe[1]);
	twc_transport_pair(g->r, 0, twc_hub_stdio(g->hub), &g->probe[1].base);
	twc_transport_pair(g->r, 0, twc_factory_build(twc_hub_factory(g->hub), NULL), &g->probe[0].base);
}

static void rig_fini(struct rig *g)
{
	for (int i = 0; i < 2; i++) {
		if (!g->probe[i].is_lost)
			twc_transport_abort(g->probe[i].base.transport);
	}
	twc_reactor_advance(g->r, 20 * TWC_NS_PER_S);
	twc_reactor_free(g->r);
	twc_join_free(g->join);
	twc_hub_free(g->hub);
	probe_fini(&g->probe[0]);
	probe_fini(&g->probe[1]);
}

/* The peers end what they have left. */
static void rig_end(struct rig *g)
{
	for (int i = 0; i < 2; i++) {
		if (!g->probe[i].is_lost)
			twc_transport_lose(g->probe[i].base.transport);
	}
	twc_reactor_advance(g->r, TWC_NS_PER_S);
}

static void say(struct rig *g, int i, const void *p, size_t n)
{
	twc_transport_write(g->probe[i].base.transport, p, n);
	twc_reactor_advance(g->r, 0);
}

static void assert_got(const struct rig *g, int i, const void *p, size_t n)
{
	assert_int_equal(g->probe[i].n, n);
	assert_memory_equal(g->probe[i].got, p, n);
}

static void check_crlf(struct rig *g)
{
	say(g, 1, "a\nb\r", 4);
	say(g, 1, "\nc\n", 3);
	assert_got(g, 0, "a\r\nb\r\nc\r\n", 9);
	say(g, 0, "x\ny\r\n", 5); /* outbound only */
	assert_got(g, 1, "x\ny\r\n", 5);
	rig_fini(g);
}

static void crlf(void **state)
{
	struct rig g;

	rig_join(&g, (struct twc_filter_opts){ .crlf = true }, false);
	check_crlf(&g);
	rig_hub(&g, (struct twc_filter_opts){ .crlf = true });
	check_crlf(&g);
}

static void check_telnet(struct rig *g)
{
	say(g, 0, "\xff\xfb\x12" "A\xff", 5);
	say(g, 0, "\xff" "B", 2);
	assert_got(g, 1, "A\xff" "B", 3);
	assert_got(g, 0, "\xff\xfe\x12", 3);
	say(g, 1, "1\xff\n", 3);
	assert_got(g, 0, "\xff\xfe\x12" "1\xff\xff\r\n", 8);
	rig_fini(g);
}

static void telnet(void **state)
{
	const struct twc_filter_opts o = { .telnet = true, .crlf = true };
	struct rig g;

	rig_join(&g, o, false);
	check_telnet(&g);
	rig_hub(&g, o);
	check_telnet(&g);
}

/* The size is told to who asks, then at each change, and never unasked. */
static void telnet_window(void **state)
{
	struct rig g;

	rig_join(&g, (struct twc_filter_opts){ .telnet = true }, false);
	twc_join_window(g.join, 80, 24);
	say(&g, 1, "x", 1);
	assert_got(&g, 0, "x", 1);
	twc_join_window(g.join, 90, 24);
	say(&g, 0, "\xff\xfd\x1f", 3);
	assert_got(&g, 0, "x\xff\xfb\x1f\xff\xfa\x1f\0\x5a\0\x18\xff\xf0", 13);
	twc_join_window(g.join, 90, 24);
	twc_join_window(g.join, 255, 24);
	say(&g, 1, "y", 1);
	assert_got(&g, 0, "x\xff\xfb\x1f\xff\xfa\x1f\0\x5a\0\x18\xff\xf0"
			  "\xff\xfa\x1f\0\xff\xff\0\x18\xff\xf0y", 24);
	rig_fini(&g);
}

/* A peer that breaks the rules breaks its connection. */
static void telnet_without_end(void **state)
{
	static uint8_t sb[20000] = { 255, 250, 1 };
	struct rig g;

	rig_join(&g, (struct twc_filter_opts){ .telnet = true }, false);
	say(&g, 0, sb, sizeof(sb));
	rig_end(&g);
	assert_true(g.is_done);
	assert_int_equal(g.err.code, TWC_EPROTO);
	rig_fini(&g);
	rig_hub(&g, (struct twc_filter_opts){ .telnet = true });
	say(&g, 0, sb, sizeof(sb));
	assert_true(g.probe[0].is_lost);
	assert_false(g.is_done); /* the others go on */
	rig_fini(&g);
}

static void so_many_bytes(void **state)
{
	struct rig g;

	rig_join(&g, (struct twc_filter_opts){ .max_bytes = 5 }, false);
	say(&g, 0, "abc", 3);
	assert_false(g.probe[0].has_eof);
	say(&g, 0, "defgh", 5);
	assert_got(&g, 1, "abcde", 5);
	rig_end(&g);
	assert_true(g.is_done);
	assert_int_equal(g.err.code, 0);
	rig_fini(&g);

	rig_hub(&g, (struct twc_filter_opts){ .max_bytes = 5 });
	say(&g, 0, "abcdefg", 7);
	assert_got(&g, 1, "abcde", 5);
	assert_true(g.is_through);
	assert_true(g.probe[0].has_eof);
	say(&g, 0, "more", 4);
	assert_got(&g, 1, "abcde", 5);
	rig_fini(&g);
}

static void frames_of_datagrams(void **state)
{
	struct rig g;

	rig_join(&g, (struct twc_filter_opts){ .frames = TWC_FRAMES_LINE, .max_messages = 2 }, true);
	say(&g, 1, "one\ntw", 6);
	assert_int_equal(g.probe[0].datas, 1);
	say(&g, 1, "o\nthree", 7);
	assert_int_equal(g.probe[0].datas, 2);
	assert_got(&g, 0, "onetwo", 6);
	twc_transport_write_eof(g.probe[1].base.transport);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.probe[0].datas, 3);
	assert_got(&g, 0, "onetwothree", 11);
	say(&g, 0, "re", 2);
	say(&g, 0, "ply", 3);
	say(&g, 0, "late", 4);
	assert_got(&g, 1, "re\nply\n", 7);
	rig_end(&g);
	assert_true(g.is_done);
	assert_int_equal(g.err.code, 0);
	rig_fini(&g);
}

static void a_frame_that_is_none(void **state)
{
	struct rig g;

	rig_join(&g, (struct twc_filter_opts){ .frames = TWC_FRAMES_LEN4 }, true);
	say(&g, 0, "hi", 2);
	say(&g, 1, "\0\0\0\2ab\0\1\0\0", 10);
	assert_got(&g, 0, "ab", 2);
	rig_end(&g);
	assert_true(g.is_done);
	assert_int_equal(g.err.code, TWC_EDATA);
	assert_got(&g, 1, "\0\0\0\2hi", 6); /* what had come is written out */
	rig_fini(&g);
}

static void the_escape(void **state)
{
	struct rig g;

	rig_join(&g, (struct twc_filter_opts){ .has_escape = true, .escape = 0x1d }, false);
	say(&g, 0, "\x1d", 1); /* the peer's is data */
	say(&g, 1, "ab", 2);
	assert_false(g.probe[0].has_eof);
	say(&g, 1, "c\x1d" "d", 3);
	assert_got(&g, 0, "abc", 3);
	assert_got(&g, 1, "\x1d", 1);
	assert_true(g.probe[0].has_eof);
	rig_end(&g);
	assert_true(g.is_done);
	assert_int_equal(g.err.code, 0);
	rig_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crlf),
		cmocka_unit_test(telnet),
		cmocka_unit_test(telnet_window),
		cmocka_unit_test(telnet_without_end),
		cmocka_unit_test(so_many_bytes),
		cmocka_unit_test(frames_of_datagrams),
		cmocka_unit_test(a_frame_that_is_none),
		cmocka_unit_test(the_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
