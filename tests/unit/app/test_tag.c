/* SPDX-License-Identifier: MIT */
/* tag: the same lines whole, byte by byte and split at random. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/tag.h"
#include "support/loop.h"
#include "support/probe.h"

#include <stdlib.h>

struct rig {
	struct twc_reactor *r;
	struct probe writer, reader; /* the tag writes through writer's transport */
	struct twc__tag tag;
};

static void rig_init(struct rig *g)
{
	g->r = loop_fake();
	probe_init(&g->writer);
	probe_init(&g->reader);
	twc_transport_pair(g->r, 0, &g->writer.base, &g->reader.base);
	twc__tag_init(&g->tag, g->writer.base.transport);
}

static void rig_fini(struct rig *g)
{
	twc__tag_fini(&g->tag);
	twc_reactor_free(g->r);
	probe_fini(&g->writer);
	probe_fini(&g->reader);
}

static void feed_in_parts(const char *in, size_t part, const char *want)
{
	size_t n = strlen(in);
	struct rig g;

	rig_init(&g);
	for (size_t at = 0; at < n; at += part)
		twc__tag_feed(&g.tag, g.writer.base.transport, (const uint8_t *)in + at, n - at < part ? n - at : part);
	twc__tag_end(&g.tag, g.writer.base.transport);
	twc_reactor_advance(g.r, 0);
	assert_string_equal(g.reader.got ? g.reader.got : "", want);
	rig_fini(&g);
}

static void splits_do_not_matter(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "", "" },
		{ "\n", "[#1 memory] \n" },
		{ "a\nb", "[#1 memory] a\n[#1 memory] b\n" },
		{ "a\r\n\rb\r\r\n", "[#1 memory] a\n[#1 memory] \\rb\\r\n" },
		{ "\x1b[2J\tcaf\xc3\xa9\n", "[#1 memory] \\x1b[2J\\tcaf\xc3\xa9\n" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		for (size_t part = 1; part < 12; part++)
			feed_in_parts(rows[i].in, part, rows[i].want);
	}
}

static void a_long_line_comes_in_pieces(void **state)
{
	char *line = calloc(1, 2 * TWC__TAG_LINE_MAX + 1);
	struct rig g;

	memset(line, 'x', 2 * TWC__TAG_LINE_MAX);
	rig_init(&g);
	for (int i = 0; i < 3; i++)
		twc__tag_feed(&g.tag, g.writer.base.transport, (const uint8_t *)line, TWC__TAG_LINE_MAX / 2);
	twc__tag_feed(&g.tag, g.writer.base.transport, (const uint8_t *)"\ny\n", 3);
	twc_reactor_advance(g.r, 0);
	assert_memory_equal(g.reader.got + 12 + TWC__TAG_LINE_MAX, "\n[#1 memory]+ xx", 16);
	assert_string_equal(g.reader.got + g.reader.n - 15, "\n[#1 memory] y\n");
	rig_fini(&g);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_do_not_matter),
		cmocka_unit_test(a_long_line_comes_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
