/* SPDX-License-Identifier: MIT */
/*
 * What is written from the rows: completion scripts name every option and endpoint, and nothing hidden; the JSON
 * lines are one object each; quoting holds for texts with quotes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "opt_emit.h"
#include <stdio.h>

enum { SCRIPT_MAX = 256 * 1024 };

static const char *emitted(struct twc_buf *b, enum emit_what what)
{
	twc_buf_init(b, SCRIPT_MAX);
	emit_write(b, what);
	return twc_buf_cstr(b);
}

static void expect(const char *script, const char *before, const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "%s%s", before, name);
	if (!strstr(script, text))
		fail_msg("no \"%s\"", text);
}

/* `shown`: what stands before an option's name in the script. */
static void names_of(enum emit_what what, const char *shown)
{
	struct twc_buf b;
	const char *script = emitted(&b, what);
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	for (size_t i = 0; cmd_list[i]; i++) {
		char name[CMD_NAME_MAX];

		expect(script, "", cmd_dashed(cmd_list[i], name, sizeof(name)));
		for (const struct twc_opt *o = cmd_list[i]->opts; o && o->long_name; o++)
			if (!(o->flags & OPT_HIDDEN))
				expect(script, shown, o->long_name);
	}
	for (const struct twc_opt *o = common_opts; o->long_name; o++)
		if (!(o->flags & OPT_HIDDEN))
			expect(script, shown, o->long_name);
	for (size_t i = 0; types[i]; i++) {
		expect(script, "", types[i]->name);
		EMIT_EACH_ARG(types[i], types[i]->roles, g, a)
			if (a->kind != TWC_ARG_PAYLOAD && !emit_arg_words(a))
				assert_non_null(strstr(script, a->name));
	}
	assert_null(strstr(script, "check-args"));
	assert_null(strstr(script, "--emit "));
	assert_null(strstr(script, "-l emit"));
	twc_buf_fini(&b);
}

static void bash_names_all(void **state)
{
	names_of(EMIT_BASH, " --");
}

static void zsh_names_all(void **state)
{
	names_of(EMIT_ZSH, "--");
}

static void fish_names_all(void **state)
{
	names_of(EMIT_FISH, " -l ");
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

static void json_has_every_row(void **state)
{
	struct twc_buf b;
	const char *json = emitted(&b, EMIT_JSON);
	size_t options = 0, commands = 0;

	for (const struct twc_opt *o = common_opts; o->long_name; o++)
		options++;
	for (const struct twc_opt *o = twc_opts; o->long_name; o++)
		options++;
	for (; cmd_list[commands]; commands++)
		for (const struct twc_opt *o = cmd_list[commands]->opts; o && o->long_name; o++)
			options++;
	assert_int_equal(count(json, "{\"row\":\"option\""), options);
	assert_int_equal(count(json, "{\"row\":\"command\""), commands);
	assert_int_equal(count(json, "{\"row\":\"error\""), TWC_ERR_COUNT - 1);
	assert_int_equal(count(json, "\n"), count(json, "{\"row\":"));
	assert_int_equal(count(json, "}\n"), count(json, "\n"));
	twc_buf_fini(&b);
}

static void quoting(void **state)
{
	static const struct {
		enum emit_what shell;
		const char *text, *quoted;
	} row[] = {
		{ EMIT_BASH, "it's", "'it'\\''s'" },
		{ EMIT_BASH, "a\\b $x `y`", "'a\\b $x `y`'" },
		{ EMIT_FISH, "it's", "'it\\'s'" },
		{ EMIT_FISH, "a\\b", "'a\\\\b'" },
		{ EMIT_BASH, "", "''" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_buf b;

		twc_buf_init(&b, 1024);
		emit_quoted(&b, row[i].text, row[i].shell);
		assert_string_equal(twc_buf_cstr(&b), row[i].quoted);
		twc_buf_fini(&b);
	}
}

static void endpoint_questions(void **state)
{
	static const struct twc_endpoint_arg arg[] = {
		{ .name = "port", .kind = TWC_ARG_PORT, .roles = TWC_LISTEN | TWC_CONNECT, .positional = TWC_LISTEN,
		  .required = TWC_LISTEN },
		{ .name = "path", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .positional = TWC_CONNECT },
		{ .name = "nodelay", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT },
		{ 0 },
	};
	static const struct twc_endpoint_arg *const groups[] = { arg, NULL };
	static const struct twc_endpoint_type t = { .name = "toy", .roles = TWC_LISTEN | TWC_CONNECT, .args = groups };

	assert_true(emit_needs_colon(&t, TWC_LISTEN));
	assert_false(emit_needs_colon(&t, TWC_CONNECT));
	assert_ptr_equal(emit_first_arg(&t, TWC_LISTEN), &arg[0]);
	assert_ptr_equal(emit_first_arg(&t, TWC_CONNECT), &arg[1]);
	assert_true(emit_arg_is_file(&arg[1]));
	assert_false(emit_arg_is_file(&arg[0]));
	assert_string_equal(emit_arg_words(&arg[2])[0], "yes");
	assert_null(emit_arg_words(&arg[0]));
	assert_string_equal(emit_role(TWC_LISTEN), "listen");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bash_names_all),     cmocka_unit_test(zsh_names_all), cmocka_unit_test(fish_names_all),
		cmocka_unit_test(json_has_every_row), cmocka_unit_test(quoting),       cmocka_unit_test(endpoint_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
