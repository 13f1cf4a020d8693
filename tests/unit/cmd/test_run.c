/* SPDX-License-Identifier: MIT */
/*
 * A command with groups of options, from argv to run(): what each group holds, what all of them share, and that a
 * fault in any of them keeps the command from running. Letters of every kind, and secrets that leave argv.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd.h"
#include <stdio.h>

struct toy {
	bool silent, show, location, bar, parallel;
	unsigned count;
	const char *output, *user, *token;
	struct opt_list data;
};

#define AT(m) .offset = offsetof(struct toy, m)
#define TEXTS .group = "Toys", .help = "does what it says"

static const struct twc_opt toy_opts[] = {
	{ .long_name = "silent", .short_name = 's', .type = OPT_FLAG, AT(silent), TEXTS },
	{ .long_name = "show-error", .short_name = 'S', .type = OPT_FLAG, AT(show), TEXTS },
	{ .long_name = "location", .short_name = 'L', .type = OPT_FLAG, AT(location), TEXTS },
	{ .long_name = "progress-bar", .short_name = '#', .type = OPT_FLAG, AT(bar), TEXTS },
	{ .long_name = "http1.0", .short_name = '0', .type = OPT_FLAG, AT(bar), TEXTS },
	{ .long_name = "parallel", .short_name = 'Z', .flags = OPT_GLOBAL | OPT_NEGATABLE, .type = OPT_FLAG, AT(parallel),
	  TEXTS },
	{ .long_name = "output", .short_name = 'o', .type = OPT_STRING, .arg = "FILE", AT(output), .def = "-", TEXTS },
	{ .long_name = "user", .short_name = 'u', .flags = OPT_SECRET, .type = OPT_STRING, .arg = "USER", AT(user), TEXTS },
	{ .long_name = "token", .flags = OPT_SECRET | OPT_OPTIONAL, .type = OPT_STRING, .arg = "TOKEN", .implied = "none",
	  AT(token), TEXTS },
	{ .long_name = "data", .short_name = 'd', .flags = OPT_SECRET, .type = OPT_LIST, .arg = "DATA", AT(data), TEXTS },
	{ .long_name = "url", .type = OPT_OPERAND, .arg = "URL", TEXTS },
	{ .long_name = "next", .short_name = ':', .type = OPT_NEXT, TEXTS },
	{ 0 },
};

/* What run() saw, as text: "file a b|- c". */
static char seen[512];
static int runs, checks;

static void toy_init(void *params)
{
	((struct toy *)params)->output = "-";
}

static void toy_fini(void *params)
{
	opt_list_fini(&((struct toy *)params)->data);
}

static int toy_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct toy *t = params;

	checks++;
	assert_true(ctx->n_groups >= 1);
	for (int i = 0; i < n; i++)
		if (strcmp(operand[i], t->output) == 0)
			return twc_err_set(err, TWC_EUSAGE, "in and out are one");
	return 0;
}

static int toy_run(struct ctx *ctx, void *params, int n, char **operand)
{
	size_t len = 0;

	runs++;
	assert_ptr_equal(params, ctx->group[0].params);
	assert_int_equal(n, ctx->group[0].n);
	assert_ptr_equal(operand, ctx->group[0].operand);
	for (size_t g = 0; g < ctx->n_groups; g++) {
		const struct toy *t = ctx->group[g].params;

		len += (size_t)snprintf(seen + len, sizeof(seen) - len, "%s%s%s%s%s", g ? "|" : "", t->output,
					t->silent ? "+s" : "", t->parallel ? "+Z" : "", t->bar ? "+#" : "");
		for (int i = 0; i < ctx->group[g].n; i++)
			len += (size_t)snprintf(seen + len, sizeof(seen) - len, " %s", ctx->group[g].operand[i]);
	}
	return 0;
}

static const char *const toy_synopsis[] = { "twc toy URL...", NULL };

static const struct twc_cmd toy = {
	.name = "toy",
	.synopsis = toy_synopsis,
	.description = "Plays.",
	.opts = toy_opts,
	.operands = { .name = "URL", .min = 1, .max = 3, .help = "where" },
	.params_size = sizeof(struct toy),
	.init = toy_init,
	.fini = toy_fini,
	.check = toy_check,
	.run = toy_run,
};

static int status_of(const char *line)
{
	struct ctx ctx = { .cmd = &toy };
	char text[256], *argv[20], *save = NULL;
	int argc = 0, status;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	seen[0] = '\0';
	runs = checks = 0;
	status = cmd_run(&ctx, argc, argv);
	common_fini(&ctx.common);
	return status;
}

static void groups(void **state)
{
	static const struct {
		const char *line, *seen;
	} row[] = {
		{ "a", "- a" },
		{ "-s a -o file b", "file+s a b" },
		{ "a --next b", "- a|- b" },
		{ "-s a b -o file -: c", "file+s a b|- c" },
		{ "a -s: -o x b --next -s c", "-+s a|x b|-+s c" },
		{ "a --next -Z b", "-+Z a|- b" },
		{ "-Z a --next --no-parallel b", "- a|- b" },
		{ "a --url b c --next --url=d", "- a b c|- d" },
		{ "a --next -- --next b", "- a|- --next b" },
		{ "-d --next a", "- a" },
		{ "-sSL# a", "-+s+# a" },
		{ "-0 a", "-+# a" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		assert_int_equal(status_of(row[i].line), 0);
		assert_string_equal(seen, row[i].seen);
		assert_int_equal(runs, 1);
	}
	assert_int_equal(status_of("a --next b --next c"), 0);
	assert_int_equal(checks, 3);
}

static void faults_in_any_group(void **state)
{
	static const char *const row[] = {
		"a --next", "--next a", "--next", "a --next --next b", "a --next b --nonesuch", "a --next -o f f",
		"a --next b c d e", "-:s a", "a --next=b", "a --no-next b",
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		assert_int_equal(status_of(row[i]), 64);
		assert_int_equal(runs, 0);
	}
	assert_int_equal(status_of("--check-args a --next b"), 0);
	assert_int_equal(runs, 0);
}

static void nothing_follows_the_end_of_a_group(void **state)
{
	struct toy t = { 0 };
	struct opt_parse p = { .set = { { toy_opts, &t } } };
	char *argv[] = { (char[]){ "-s:L" }, NULL };
	struct twc_err err = { 0 };

	assert_int_equal(opt_parse(&p, 1, argv, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "-: ends a group of options: nothing may follow it in -s:L");
}

static void secrets_leave_argv(void **state)
{
	struct toy t = { 0 };
	struct opt_parse p = { .set = { { toy_opts, &t } } };
	char *argv[] = { (char[]){ "-su" },	    (char[]){ "joe:pass" }, (char[]){ "-dsecret" }, (char[]){ "--data=a=b" },
			 (char[]){ "--token=abc" }, (char[]){ "-o" },	    (char[]){ "plain" },    (char[]){ "-d" },
			 (char[]){ "" },	    NULL };
	char *first[TWC_ARRAY_LEN(argv)];
	struct twc_err err = { 0 };

	memcpy(first, argv, sizeof(argv));
	assert_int_equal(opt_parse(&p, TWC_ARRAY_LEN(argv) - 1, argv, &err), 0);
	assert_string_equal(t.user, "joe:pass");
	assert_string_equal(t.token, "abc");
	assert_int_equal(t.data.n, 3);
	assert_string_equal(t.data.item[0].value, "secret");
	assert_string_equal(t.data.item[1].value, "a=b");
	assert_string_equal(t.data.item[2].value, "");
	assert_string_equal(first[0], "-su");
	assert_string_equal(first[1], "xxxxxxxx");
	assert_string_equal(first[2], "-dxxxxxx");
	assert_string_equal(first[3], "--data=xxx");
	assert_string_equal(first[4], "--token=xxx");
	assert_string_equal(first[6], "plain");
	opt_list_fini(&t.data);
	opt_parse_fini(&p);

	t = (struct toy){ 0 };
	argv[0] = (char[]){ "--token" };
	assert_int_equal(opt_parse(&p, 1, argv, &err), 0);
	assert_string_equal(t.token, "none");
	opt_parse_fini(&p);
}

/* Every letter that curl has and no common option. */
static void any_letter_can_be_a_row(void **state)
{
	static const char letters[] = "sSoOLukxTIifdFHCrwbcAemGX#NgKZzDEJRjnpyY012346a:";
	struct twc_opt table[sizeof(letters)] = { 0 };
	char name[sizeof(letters)][16], cluster[sizeof(letters) + 2] = "-";
	char *argv[] = { cluster, NULL };
	struct toy t = { 0 };
	struct opt_parse p = { .set = { { table, &t } } };
	struct twc_err err = { 0 };

	for (size_t i = 0; letters[i]; i++) {
		snprintf(name[i], sizeof(name[i]), "letter-%zu", i);
		table[i] = (struct twc_opt){ .long_name = name[i], .short_name = letters[i], .type = OPT_COUNT,
					     .offset = offsetof(struct toy, count), TEXTS };
	}
	if (opt_check(table, common_opts, &err) < 0)
		fail_msg("%s", err.text);
	strcat(cluster, letters);
	assert_int_equal(opt_parse(&p, 1, argv, &err), 0);
	assert_int_equal(t.count, strlen(letters));
}

static void the_rows_are_sound(void **state)
{
	const struct twc_opt bad[] = {
		{ .long_name = "xx", .short_name = '$', .type = OPT_FLAG, TEXTS },
		{ .long_name = "xx", .type = OPT_NEXT, .arg = "X", TEXTS },
		{ .long_name = "xx", .type = OPT_OPERAND, TEXTS },
		{ .long_name = "xx", .type = OPT_CONFIG, TEXTS },
		{ .long_name = "xx", .type = OPT_CONFIG + 1, .arg = "X", TEXTS },
		{ .long_name = "xx", .type = OPT_OPERAND, .arg = "X", .flags = OPT_OPTIONAL, .implied = "", TEXTS },
		{ .long_name = "xx", .type = OPT_UINT, .arg = "X", .flags = OPT_SECRET, TEXTS },
		{ .long_name = "xx", .type = OPT_OPERAND, .arg = "X", .flags = OPT_SECRET, TEXTS },
	};
	struct twc_err err = { 0 };

	assert_int_equal(opt_check(toy_opts, common_opts, &err), 0);
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		const struct twc_opt table[] = { bad[i], { 0 } };

		assert_int_equal(opt_check(table, common_opts, &err), TWC_EBUG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),
		cmocka_unit_test(faults_in_any_group),
		cmocka_unit_test(nothing_follows_the_end_of_a_group),
		cmocka_unit_test(secrets_leave_argv),
		cmocka_unit_test(any_letter_can_be_a_row),
		cmocka_unit_test(the_rows_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
