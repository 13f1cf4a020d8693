/* SPDX-License-Identifier: MIT */
/*
 * Help texts: paragraphs break at blanks and never pass the width; every option and example of every command is
 * shown; hidden ones are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd.h"

enum { TEXT_MAX = 64 * 1024 };

static void wrap_is(const char *text, unsigned at, unsigned indent, unsigned width, const char *expected)
{
	struct twc_buf b;

	twc_buf_init(&b, TEXT_MAX);
	help_wrap(&b, text, at, indent, width);
	assert_string_equal(twc_buf_cstr(&b), expected);
	twc_buf_fini(&b);
}

static void wrapping(void **state)
{
	wrap_is("", 0, 0, 10, "\n");
	wrap_is("one", 0, 2, 10, "  one\n");
	wrap_is("one two three", 0, 0, 7, "one two\nthree\n");
	wrap_is("one two three", 0, 0, 8, "one two\nthree\n");
	wrap_is("one two three", 0, 2, 9, "  one two\n  three\n");
	wrap_is("one two", 4, 6, 12, "  one\n      two\n");
	wrap_is("longerthanthewidth x", 0, 0, 5, "longerthanthewidth\nx\n");
	wrap_is("double  blank", 0, 0, 80, "double blank\n");
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	for (; *text; text += strcspn(text, "\n") + 1)
		if (strcspn(text, "\n") > longest)
			longest = strcspn(text, "\n");
	return longest;
}

static void commands_show_all(void **state)
{
	for (size_t i = 0; cmd_list[i]; i++) {
		struct twc_buf b;
		char spelling[96];
		const char *text;

		twc_buf_init(&b, TEXT_MAX);
		help_command(&b, cmd_list[i], 80);
		text = twc_buf_cstr(&b);
		assert_in_range(longest_line(text), 20, 80);
		for (const struct twc_opt *o = cmd_list[i]->opts; o && o->long_name; o++)
			assert_true(!strstr(text, opt_spelling(o, spelling, sizeof(spelling))) == !!(o->flags & OPT_HIDDEN));
		for (const struct cmd_example *e = cmd_list[i]->examples; e->line; e++)
			assert_non_null(strstr(text, e->line));
		assert_null(strstr(text, "check-args"));
		assert_memory_equal(text, "Usage: twc ", 11);
		twc_buf_fini(&b);
	}
}

static void commands_name_their_verbs(void **state)
{
	struct twc_buf b;

	for (size_t i = 0; cmd_list[i]; i++)
		for (size_t v = 0; cmd_list[v]; v++) {
			if (!cmd_verb_name(cmd_list[i], cmd_list[v]))
				continue;
			twc_buf_init(&b, TEXT_MAX);
			help_command(&b, cmd_list[i], 80);
			help_command_short(&b, cmd_list[i], 80);
			assert_non_null(strstr(twc_buf_cstr(&b), cmd_list[v]->summary));
			assert_non_null(strstr(strstr(twc_buf_cstr(&b), "All options"), "--help"));
			twc_buf_fini(&b);
		}
}

static void overview_names_commands(void **state)
{
	struct twc_buf b;

	twc_buf_init(&b, TEXT_MAX);
	help_overview(&b, 80);
	for (size_t i = 0; cmd_list[i]; i++) {
		assert_non_null(strstr(twc_buf_cstr(&b), cmd_list[i]->summary));
		if (!cmd_is_verb(cmd_list[i]))
			assert_non_null(strstr(twc_buf_cstr(&b), cmd_list[i]->examples[0].line));
	}
	twc_buf_fini(&b);
}

static void width_of_what_is_no_terminal(void **state)
{
	assert_int_equal(help_width(-1), 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrapping),
		cmocka_unit_test(commands_show_all),
		cmocka_unit_test(commands_name_their_verbs),
		cmocka_unit_test(overview_names_commands),
		cmocka_unit_test(width_of_what_is_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
