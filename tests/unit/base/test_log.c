/* SPDX-License-Identifier: MIT */
/* The log: levels and categories, the trace option, and that a line stays one line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/log.h>

struct sink {
	int lines;
	enum twc_log_level level;
	enum twc_log_cat cat;
	char text[2048];
};

static void keep(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	struct sink *s = arg;

	s->lines++;
	s->level = level;
	s->cat = cat;
	assert_true(strlen(text) < sizeof(s->text));
	memcpy(s->text, text, strlen(text) + 1);
}

static void warnings_reach_the_sink_by_default(void **state)
{
	struct sink s = { 0 };
	struct twc_log log;

	twc_log_init(&log, keep, &s);
	twc_log(&log, net, WARN, "limit %d", 7);
	assert_int_equal(s.lines, 1);
	assert_int_equal(s.level, TWC_LOG_WARN);
	assert_int_equal(s.cat, TWC_LOG_net);
	assert_string_equal(s.text, "limit 7");
	twc_log(&log, net, INFO, "quiet");
	assert_int_equal(s.lines, 1);
	twc_log(&log, net, ERROR, "loud");
	assert_int_equal(s.lines, 2);
}

static int evaluated(int *count)
{
	return ++*count;
}

static void arguments_of_a_silent_line_are_not_evaluated(void **state)
{
	struct sink s = { 0 };
	struct twc_log log;
	int count = 0;

	twc_log_init(&log, keep, &s);
	twc_log(&log, base, DEBUG, "%d", evaluated(&count));
	assert_int_equal(count, 0);
	twc_log_set_level(&log, TWC_LOG_DEBUG);
	twc_log(&log, base, DEBUG, "%d", evaluated(&count));
	assert_int_equal(count, 1);
	log.sink = NULL;
	twc_log(&log, base, DEBUG, "%d", evaluated(&count));
	assert_int_equal(count, 1);
	twc_log_write(&log, TWC_LOG_ERROR, TWC_LOG_base, "nobody listens");
	assert_int_equal(s.lines, 1);
}

static void trace_option(void **state)
{
	static const struct { const char *spec; const char *traced; const char *error; } rows[] = {
		{ "net", "net", NULL },
		{ "net,tls", "net,tls", NULL },
		{ "all,-tls", "all but tls", NULL },
		{ "net,-net", "", NULL },
		{ "nett", NULL, "unknown log category \"nett\", did you mean net?" },
		{ "net,xyzzyx", NULL, "unknown log category \"xyzzyx\"" },
		{ "al", NULL, "unknown log category \"al\", did you mean all?" },
		{ "net,", NULL, "empty log category" },
		{ "", NULL, "empty log category" },
		{ "-", NULL, "empty log category" },
		{ "a\nb", NULL, "unknown log category \"a\\nb\"" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct sink s = { 0 };
		struct twc_log log;
		struct twc_err e = { 0 };

		twc_log_init(&log, keep, &s);

		int rc = twc_log_set_trace(&log, rows[i].spec, &e);

		if (rows[i].error) {
			assert_int_equal(rc, TWC_EUSAGE);
			assert_string_equal(e.text, rows[i].error);
			assert_int_equal(log.level[TWC_LOG_net], TWC_LOG_WARN);
			continue;
		}
		assert_int_equal(rc, 0);
		for (int cat = 0; cat < TWC_LOG_CAT_COUNT; cat++) {
			bool named = strstr(rows[i].traced, twc_log_cat_name((enum twc_log_cat)cat)) != NULL;
			bool traced = strncmp(rows[i].traced, "all", 3) == 0 ? !named : named;

			assert_int_equal(log.level[cat], traced ? TWC_LOG_TRACE : TWC_LOG_WARN);
		}
	}
}

static void a_line_stays_a_line(void **state)
{
	struct sink s = { 0 };
	struct twc_log log;
	char big[3000];

	twc_log_init(&log, keep, &s);
	twc_log(&log, base, ERROR, "a\nb\033[31m\x7f");
	assert_string_equal(s.text, "a?b?[31m?");
	twc_log(&log, base, ERROR, "\xc2\x9b" "31m \xc2\x85 \xc3\xa4\xc2\xa0");
	assert_string_equal(s.text, "??31m ?? \xc3\xa4\xc2\xa0");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	twc_log(&log, base, ERROR, "%s", big);
	assert_int_equal(strlen(s.text), 1023);
	assert_string_equal(s.text + 1020, "...");
}

static void names(void **state)
{
	assert_string_equal(twc_log_cat_name(TWC_LOG_reactor), "reactor");
	assert_string_equal(twc_log_cat_name(TWC_LOG_CAT_COUNT), "?");
	assert_string_equal(twc_log_level_name(TWC_LOG_ERROR), "error");
	assert_string_equal(twc_log_level_name(TWC_LOG_TRACE), "trace");
	assert_string_equal(twc_log_level_name((enum twc_log_level)0), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warnings_reach_the_sink_by_default),
		cmocka_unit_test(arguments_of_a_silent_line_are_not_evaluated),
		cmocka_unit_test(trace_option),
		cmocka_unit_test(a_line_stays_a_line),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
