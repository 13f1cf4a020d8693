/* SPDX-License-Identifier: MIT */
/* reply: when a request is whole, however it is split; the answer, and how it ends. */
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
#include <twc/parse.h>
#include <unistd.h>

struct rig {
	struct twc_reactor *r;
	struct twc_reply *reply;
	struct probe client;
};

static void rig_init(struct rig *g, const char *text, const char *after)
{
	const struct twc_addr none = { 0 };
	struct twc_err err = { 0 };

	memset(g, 0, sizeof(*g));
	g->r = loop_fake();
	g->reply = twc_reply_new(text, &err);
	assert_non_null(g->reply);
	if (after)
		assert_int_equal(twc_reply_set_after(g->reply, after, &err), 0);
	probe_init(&g->client);
	twc_transport_pair(g->r, 0, twc_factory_build(twc_reply_factory(g->reply), &none), &g->client.base);
	twc_reactor_advance(g->r, 0);
}

static void rig_fini(struct rig *g)
{
	if (!g->client.is_lost)
		twc_transport_abort(g->client.base.transport);
	twc_reactor_advance(g->r, TWC_NS_PER_S);
	twc_reactor_free(g->r);
	twc_reply_free(g->reply);
	probe_fini(&g->client);
}

static void say(struct rig *g, const char *text, size_t n)
{
	twc_transport_write(g->client.base.transport, text, n);
	twc_reactor_advance(g->r, 0);
}

static void end(struct rig *g)
{
	twc_transport_write_eof(g->client.base.transport);
	twc_reactor_advance(g->r, 0);
}

static bool is_answered(const struct rig *g)
{
	return g->client.n > 0;
}

/* The request is whole after so many bytes, and not before; byte by byte, and all at once. */
static void whole_after(void **state)
{
	static const struct {
		const char *after, *request;
		size_t n;
	} row[] = {
		{ NULL, "GET\r\nmore", 5 },
		{ "line", "\n", 1 },
		{ "blank-line", "GET / HTTP/1.1\r\nHost: x\r\n\r\nbody", 27 },
		{ "blank-line", "GET /\nHost: x\n\nbody", 15 },
		{ "blank-line", "a\r\n\nb", 4 },
		{ "blank-line", "a\n\r\nb", 4 },
		{ "blank-line", "\r\n\r\na\r\n\r\n", 9 },	 /* empty lines before it are none of it */
		{ "blank-line", "a\n\r\r\nb\n\n", 8 },	 /* a line of two CR is not empty */
		{ "blank-line", "a\n\rb\nc\n \n\n", 10 }, /* nor one of a blank */
		{ "1", "abc", 1 },
		{ "3", "ab\ncd", 3 },
		{ "^QUIT$", "NOT QUIT\nQUIT\n", 14 },
		{ "end(ing|ed)", "it ended.", 8 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		size_t all = strlen(row[i].request);
		struct rig g;

		rig_init(&g, "ok", row[i].after);
		for (size_t k = 0; k < all && !is_answered(&g); k++) {
			say(&g, row[i].request + k, 1);
			assert_int_equal(is_answered(&g), k + 1 == row[i].n);
		}
		assert_string_equal(g.client.got, "ok");
		assert_true(g.client.has_eof);
		rig_fini(&g);
		rig_init(&g, "ok", row[i].after);
		say(&g, row[i].request, all);
		assert_string_equal(g.client.got, "ok");
		rig_fini(&g);
	}
}

/* What the end of the client's half makes of what came. */
static void ends(void **state)
{
	static const struct {
		const char *after, *request;
		bool answered;
		int code;
	} row[] = {
		{ "line", "no line end", true, 0 },	{ "line", "", false, 0 },
		{ "blank-line", "GET /\r\n", false, 1 },	{ "3", "ab", false, 1 },
		{ "bye$", "good bye", true, 0 },		{ "bye", "good day", false, 1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct rig g;

		rig_init(&g, "ok", row[i].after);
		if (row[i].request[0])
			say(&g, row[i].request, strlen(row[i].request));
		assert_false(is_answered(&g));
		end(&g);
		assert_int_equal(is_answered(&g), row[i].answered);
		assert_true(g.client.is_lost);
		assert_int_equal(g.client.reason.code != 0, row[i].code != 0);
		rig_fini(&g);
	}
}

static void rest_is_read_until_silence(void **state)
{
	static char rest[100000];
	struct rig g;

	rig_init(&g, "ok", NULL);
	say(&g, "a\n", 2);
	assert_true(g.client.has_eof);
	for (int i = 0; i < 5; i++) {
		say(&g, rest, sizeof(rest));
		assert_int_equal(twc_transport_queued(g.client.base.transport), 0);
		twc_reactor_advance(g.r, 1900 * TWC_NS_PER_MS);
		assert_false(g.client.is_lost);
	}
	twc_reactor_advance(g.r, 5 * TWC_NS_PER_S);
	say(&g, rest, 1);
	assert_true(g.client.is_lost);
	rig_fini(&g);
}

static void rest_without_end_is_cut(void **state)
{
	struct rig g;
	int s;

	rig_init(&g, "ok", NULL);
	say(&g, "a\n", 2);
	for (s = 0; s < 100 && !g.client.is_lost; s++) {
		say(&g, "x", 1);
		twc_reactor_advance(g.r, TWC_NS_PER_S);
	}
	assert_in_range(s, 25, 35);
	rig_fini(&g);
}

/* An answer longer than any queue, for a client that reads it late and has ended before. */
static void long_answer_from_a_file(void **state)
{
	char path[] = "/tmp/twc-reply-XXXXXX", arg[32];
	int fd = mkstemp(path);
	struct rig g;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1000000), 0);
	close(fd);
	snprintf(arg, sizeof(arg), "@%s", path);
	rig_init(&g, arg, NULL);
	unlink(path);
	twc_transport_pause(g.client.base.transport);
	say(&g, "a\n", 2);
	end(&g);
	twc_reactor_advance(g.r, 60 * TWC_NS_PER_S);
	twc_transport_resume(g.client.base.transport);
	twc_reactor_advance(g.r, 0);
	assert_int_equal(g.client.n, 1000000);
	assert_true(g.client.is_lost);
	assert_int_equal(g.client.reason.code, 0);
	rig_fini(&g);
}

static void nothing_to_say(void **state)
{
	struct rig g;

	rig_init(&g, "", NULL);
	say(&g, "a\n", 2);
	assert_true(g.client.has_eof);
	assert_int_equal(g.client.n, 0);
	rig_fini(&g);
}

static void bad_options(void **state)
{
	struct twc_err err = { 0 };
	struct twc_reply *x;

	assert_null(twc_reply_new("\\q", &err));
	assert_int_equal(err.code, TWC_EUSAGE);
	assert_null(twc_reply_new("@/no/such/file", &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	assert_null(twc_reply_new("@/", &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	assert_null(twc_reply_new("@/dev/zero", &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	assert_non_null(strstr(err.text, "16 MiB"));
	x = twc_reply_new("a", &err);
	assert_int_equal(twc_reply_set_after(x, "0", &err), TWC_EUSAGE);
	assert_int_equal(twc_reply_set_after(x, "a(", &err), TWC_EUSAGE);
	twc_reply_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_after),
		cmocka_unit_test(ends),
		cmocka_unit_test(rest_is_read_until_silence),
		cmocka_unit_test(rest_without_end_is_cut),
		cmocka_unit_test(long_answer_from_a_file),
		cmocka_unit_test(nothing_to_say),
		cmocka_unit_test(bad_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
