/* SPDX-License-Identifier: MIT */
/* Rules by address: networks, ranges, files, and reading those again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/net_int.h"

struct fixture {
	struct twc__access a;
	char dir[32], path[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/twc-access-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/f", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	twc__access_fini(&f->a);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void put(const struct fixture *f, const char *text)
{
	FILE *out = fopen(f->path, "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static bool allows(const struct fixture *f, const char *host)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(host), 7, NULL), 0);
	return twc__access_allows(&f->a, &a);
}

static void rule(struct fixture *f, bool allow, const char *text)
{
	struct twc_err err = { 0 };

	if (twc__access_rule(&f->a, allow, twc_str_of(text), &err) != 0)
		fail_msg("%s: %s", text, err.text);
}

static void test_ranges(void **state)
{
	static const struct {
		const char *range, *host;
		bool in;
	} rows[] = {
		{ "10.0.0.5-10.0.0.9", "10.0.0.4", false },
		{ "10.0.0.5-10.0.0.9", "10.0.0.5", true },
		{ "10.0.0.5-10.0.0.9", "::ffff:10.0.0.9", true },
		{ "10.0.0.5-10.0.0.9", "10.0.0.10", false },
		{ "10.0.0.5 - 10.0.1.1", "10.0.0.200", true },
		{ "0.0.0.0-255.255.255.255", "192.0.2.1", true },
		{ "0.0.0.0-255.255.255.255", "2001:db8::1", false },
		{ "10.0.0.5-10.0.0.5", "10.0.0.5", true },
		{ "fd00::1-fd00::ff", "fd00::80", true },
		{ "fd00::1-fd00::ff", "fd00::100", false },
		{ "::-ffff::", "10.0.0.1", false },
		{ "::-ffff::", "::ffff:10.0.0.1", false },
		{ "::-ffff::", "2001:db8::1", true },
		{ "::/0", "10.0.0.1", false },
		{ "::/0", "fe80::1", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::ffff:10.0.0.0/104", "10.9.9.9", true },
		{ "127.0.0.0/8", "127.255.255.255", true },
		{ "127.0.0.0/8", "128.0.0.0", false },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct fixture f = { 0 };

		rule(&f, true, rows[i].range);
		if (allows(&f, rows[i].host) != rows[i].in)
			fail_msg("%s in %s", rows[i].host, rows[i].range);
		twc__access_fini(&f.a);
	}
}

static void test_faults(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "localhost", "\"localhost\" is a name; an address or a network such as 10.0.0.0/8 or fd00::/8 is wanted" },
		{ "10.0.0.9-10.0.0.5", "\"10.0.0.9-10.0.0.5\" ends before it begins" },
		{ "10.0.0.1-::1", "\"10.0.0.1-::1\" begins in one address family and ends in the other" },
		{ "10.0.0.1-", NULL },
		{ "-", NULL },
		{ "-10.0.0.1", NULL },
		{ "10.0.0.1-10.0.0.5-10.0.0.9", NULL },
		{ "10.0.0.0/8-10.0.0.9", NULL },
		{ "10.0.0.0-10.0.0.9/8", NULL },
		{ "my-host", NULL },
		{ "", NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };

		if (twc__access_rule(&f->a, true, twc_str_of(rows[i].text), &err) != TWC_EUSAGE)
			fail_msg("taken: %s", rows[i].text);
		if (rows[i].says)
			assert_string_equal(err.text, rows[i].says);
	}
	assert_int_equal(f->a.n_sources, 0);
	assert_true(allows(f, "10.0.0.1")); /* nothing was added */
}

static void test_file(void **state)
{
	struct fixture *f = *state;

	put(f, "# who may come\n"
	       "\n"
	       " deny\t10.6.6.0/24 # not these\r\n"
	       "10.0.0.0/8#but these\n"
	       "allow fd00::1-fd00::9\n"
	       "   \t\r\n"
	       "192.0.2.7"); /* without a final newline */
	rule(f, false, "10.7.0.0/16");
	assert_int_equal(twc__access_file(&f->a, true, f->path, NULL), 0);
	rule(f, false, "10.1.1.1"); /* too late */
	assert_false(allows(f, "10.7.1.1"));
	assert_false(allows(f, "10.6.6.6"));
	assert_true(allows(f, "10.1.1.1"));
	assert_true(allows(f, "fd00::5"));
	assert_true(allows(f, "192.0.2.7"));
	assert_false(allows(f, "192.0.2.8"));
	assert_int_equal(f->a.n_files, 1);
}

static void test_deny_file(void **state)
{
	struct fixture *f = *state;

	put(f, "10.0.0.0/8\n");
	assert_int_equal(twc__access_file(&f->a, false, f->path, NULL), 0);
	assert_false(allows(f, "10.1.1.1"));
	assert_true(allows(f, "192.0.2.1"));
}

/* An empty list of those who may come in lets nobody in. */
static void test_empty_file(void **state)
{
	struct fixture *f = *state;

	put(f, "");
	assert_int_equal(twc__access_file(&f->a, true, f->path, NULL), 0);
	assert_false(allows(f, "10.1.1.1"));
}

static void test_file_faults(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "10.0.0.0/8\n\n10.0.0.1/8 # x\n", ":3: \"10.0.0.1/8\" has bits set behind its prefix; did you mean 10.0.0.0/8?" },
		{ "example.com\n", ":1: \"example.com\" is a name; " },
		{ "10.0.0.1 10.0.0.2\n", ":1: \"10.0.0.1 10.0.0.2\" is not a network" },
		{ "allow\n", ":1: \"\" is not a network" },
		{ "permit 10.0.0.1\n", ":1: \"permit 10.0.0.1\" is a name" },
		{ "::1\n\x1b[2J\n", ":2: \"\\x1b[2J\" is not a network" },
	};
	struct fixture *f = *state;
	struct twc_err err;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		put(f, rows[i].text);
		assert_int_equal(twc__access_file(&f->a, true, f->path, &err), TWC_EDATA);
		assert_memory_equal(err.text, f->path, strlen(f->path));
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s", err.text);
		assert_int_equal(f->a.rules.n, 0);
		assert_true(allows(f, "10.0.0.1"));
	}
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(twc__access_file(&f->a, true, f->path, &err), TWC_ENOINPUT);
	assert_non_null(strstr(err.text, "ENOENT"));
	assert_int_equal(twc__access_file(&f->a, true, f->dir, &err), TWC_ENOINPUT);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_int_equal(twc__access_file(&f->a, true, f->path, &err), TWC_ENOINPUT); /* does not wait for a writer */
}

static void test_too_large(void **state)
{
	struct fixture *f = *state;
	struct twc_err err;
	FILE *out;

	put(f, "");
	assert_int_equal(truncate(f->path, 5 * 1024 * 1024), 0);
	assert_int_equal(twc__access_file(&f->a, true, f->path, &err), TWC_EDATA);
	assert_non_null(strstr(err.text, "larger than 4 MiB"));
	out = fopen(f->path, "w");
	for (int i = 0; i <= 65536; i++)
		fprintf(out, "10.%d.%d.%d\n", i >> 16, i >> 8 & 255, i & 255);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(twc__access_file(&f->a, true, f->path, &err), TWC_EDATA);
	assert_non_null(strstr(err.text, ":65537: more than 65536 access rules"));
}

static void test_reload(void **state)
{
	struct fixture *f = *state;
	struct twc_err err;

	put(f, "10.0.0.0/8\n");
	rule(f, true, "192.0.2.1");
	assert_int_equal(twc__access_file(&f->a, true, f->path, NULL), 0);
	assert_true(allows(f, "10.1.1.1"));
	put(f, "172.16.0.0/12\n");
	assert_true(allows(f, "10.1.1.1"));
	assert_int_equal(twc__access_reload(&f->a, NULL), 0);
	assert_false(allows(f, "10.1.1.1"));
	assert_true(allows(f, "172.16.0.1"));
	assert_true(allows(f, "192.0.2.1"));
	put(f, "10.0.0.0/8\nnonsense\n");
	assert_int_equal(twc__access_reload(&f->a, &err), TWC_EDATA);
	assert_true(allows(f, "172.16.0.1")); /* as before */
	assert_false(allows(f, "10.1.1.1"));
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(twc__access_reload(&f->a, &err), TWC_ENOINPUT);
	assert_true(allows(f, "172.16.0.1"));
	put(f, "");
	assert_int_equal(twc__access_reload(&f->a, NULL), 0);
	assert_false(allows(f, "172.16.0.1"));
}

/* A name is that of the directory it was given in. */
static void test_reload_elsewhere(void **state)
{
	struct fixture *f = *state;
	char home[4096];

	assert_non_null(getcwd(home, sizeof(home)));
	put(f, "10.0.0.0/8\n");
	assert_int_equal(chdir(f->dir), 0);
	assert_int_equal(twc__access_file(&f->a, true, "f", NULL), 0);
	assert_int_equal(chdir(home), 0);
	assert_int_equal(twc__access_reload(&f->a, NULL), 0);
	assert_true(allows(f, "10.1.1.1"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges), TEST(test_faults),	 TEST(test_file),
		TEST(test_deny_file),	       TEST(test_empty_file), TEST(test_file_faults),
		TEST(test_too_large),	       TEST(test_reload),	 TEST(test_reload_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
