/* SPDX-License-Identifier: MIT */
/* save: names, and which end makes a file complete. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include "support/probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <twc/app.h>
#include <twc/parse.h>
#include <unistd.h>

struct rig {
	struct twc_reactor *r;
	struct twc_save *save;
	struct probe client;
	char dir[32];
};

static void rig_init(struct rig *g, const char *name)
{
	struct twc_save_opts o = { 0 };
	struct twc_addr none = { 0 };
	struct twc_err err = { 0 };
	char *pattern;

	memset(g, 0, sizeof(*g));
	memcpy(g->dir, "/tmp/twc-save-XXXXXX", 21);
	assert_non_null(mkdtemp(g->dir));
	pattern = twc_asprintf("%s/%s", g->dir, name);
	o.pattern = pattern;
	g->r = loop_fake();
	g->save = twc_save_new(g->r, &o, &err);
	assert_non_null(g->save);
	twc_free(pattern);
	probe_init(&g->client);
	twc_transport_pair(g->r, 0, twc_factory_build(twc_save_factory(g->save), &none), &g->client.base);
	twc_reactor_advance(g->r, 0);
}

/* The file's content, or NULL when there is none; it is gone afterwards. */
static const char *take(struct rig *g, const char *name)
{
	static char text[64];
	char *path = twc_asprintf("%s/%s", g->dir, name);
	FILE *f = fopen(path, "r");
	size_t n;

	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		text[n] = 0;
		fclose(f);
		unlink(path);
	}
	twc_free(path);
	return f ? text : NULL;
}

static void rig_fini(struct rig *g)
{
	if (!g->client.is_lost)
		twc_transport_lose(g->client.base.transport);
	twc_reactor_advance(g->r, 10 * TWC_NS_PER_S);
	twc_reactor_free(g->r);
	twc_save_free(g->save);
	probe_fini(&g->client);
	assert_int_equal(rmdir(g->dir), 0); /* nothing else was left */
}

static void say(struct rig *g, const char *text)
{
	twc_transport_write(g->client.base.transport, text, strlen(text));
	twc_reactor_advance(g->r, 0);
}

static void complete_before_the_client_sees_the_end(void **state)
{
	struct rig g;

	rig_init(&g, "%c%%");
	say(&g, "one ");
	say(&g, "two");
	assert_false(g.client.has_eof);
	twc_transport_write_eof(g.client.base.transport);
	twc_reactor_advance(g.r, 0);
	assert_true(g.client.has_eof);
	assert_string_equal(take(&g, "1%"), "one two");
	rig_fini(&g);
}

static void cut_off(void **state)
{
	struct rig g;

	rig_init(&g, "x");
	say(&g, "half");
	twc_transport_abort(g.client.base.transport);
	twc_reactor_advance(g.r, 0);
	assert_null(take(&g, "x"));
	assert_string_equal(take(&g, "x.part"), "half");
	rig_fini(&g);
}

static void nothing_at_all(void **state)
{
	struct rig g;

	rig_init(&g, "x");
	twc_transport_abort(g.client.base.transport);
	twc_reactor_advance(g.r, 0);
	rig_fini(&g);
	rig_init(&g, "y");
	twc_transport_write_eof(g.client.base.transport);
	twc_reactor_advance(g.r, 0);
	assert_string_equal(take(&g, "y"), "");
	rig_fini(&g);
}

static void a_directory_in_the_way_resets(void **state)
{
	struct rig g;
	char *path;

	rig_init(&g, "x");
	path = twc_asprintf("%s/x", g.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	say(&g, "data");
	twc_transport_write_eof(g.client.base.transport);
	twc_reactor_advance(g.r, 0);
	assert_true(g.client.is_lost);
	assert_int_not_equal(g.client.reason.code, 0);
	assert_string_equal(take(&g, "x.part"), "data");
	rmdir(path);
	twc_free(path);
	rig_fini(&g);
}

static void the_peer_is_made_safe(void **state)
{
	struct rig g;

	rig_init(&g, "%p");
	twc_transport_write_eof(g.client.base.transport);
	twc_reactor_advance(g.r, 0);
	assert_non_null(take(&g, "memory"));
	rig_fini(&g);
}

static void patterns_that_are_refused(void **state)
{
	static const struct {
		const char *pattern;
		int code;
	} rows[] = {
		{ "", TWC_EUSAGE },	{ "x/", TWC_EUSAGE },  { "%", TWC_EUSAGE },
		{ "%%%x", TWC_EUSAGE }, { "a%c%", TWC_EUSAGE }, { "/no/such/dir/x", TWC_ECANTCREAT },
	};
	struct twc_reactor *r = loop_fake();

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_save_opts o = { .pattern = rows[i].pattern };
		struct twc_err err = { 0 };

		assert_null(twc_save_new(r, &o, &err));
		assert_int_equal(err.code, rows[i].code);
	}
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete_before_the_client_sees_the_end),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(a_directory_in_the_way_resets),
		cmocka_unit_test(the_peer_is_made_safe),
		cmocka_unit_test(patterns_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
