/* SPDX-License-Identifier: MIT */
/* The error output of a child, line by line into the log. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <twc/transport.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/probe.h"
#include "transport/errlog.h"

struct lines {
	char text[64 * 1024];
	size_t n;
};

static void on_line(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	struct lines *l = arg;

	assert_int_equal(level, TWC_LOG_ERROR);
	assert_int_equal(cat, TWC_LOG_transport);
	l->n += (size_t)snprintf(l->text + l->n, sizeof(l->text) - l->n, "%s|", text);
	assert_true(l->n < sizeof(l->text));
}

static struct twc_reactor *loop_with_lines(struct lines *l)
{
	struct twc_reactor *r = loop_real();

	*l = (struct lines){ .n = 0 };
	twc_log_init(twc_reactor_log(r), on_line, l);
	return r;
}

/* What is written at once, and what comes of it when the end is near. */
static void check(const char *written, size_t n, const char *want)
{
	struct twc__errlog e = { 0 };
	struct lines l;

	for (size_t step = 1; step <= n; step += n > 1 ? n - 1 : 1) {
		struct twc_reactor *r = loop_with_lines(&l);
		int fd = twc__errlog_open(&e, r, 7, NULL);

		assert_true(fd >= 0);
		for (size_t i = 0; i < n; i += step) {
			size_t k = n - i < step ? n - i : step;

			assert_int_equal(write(fd, written + i, k), k);
			twc_reactor_step(r);
		}
		close(fd);
		twc__errlog_close(&e);
		assert_string_equal(l.text, want);
		twc_reactor_free(r);
	}
}

static void lines(void **state)
{
	(void)state;
	check("one\ntwo\r\n\nend", 13, "#7: one|#7: two|#7: |#7: end|");
	check("\033[1m\xff\\\n", 7, "#7: \\x1b[1m\\xff\\\\|");
	check("\xc3\xa4\n", 3, "#7: \xc3\xa4|");
}

static void long_lines(void **state)
{
	static char long_line[3 * TWC__ERRLOG_LINE_MAX], want[8 * TWC__ERRLOG_LINE_MAX];
	struct twc__errlog e = { 0 };
	struct lines l;
	struct twc_reactor *r;
	int fd, n = 0;

	(void)state;
	memset(long_line, 'x', sizeof(long_line));
	for (size_t i = 0; i < 3; i++)
		n += snprintf(want + n, sizeof(want) - (size_t)n, "#7%c %.*s|", i ? '+' : ':', TWC__ERRLOG_LINE_MAX,
			      long_line);
	check(long_line, sizeof(long_line), want);
	r = loop_with_lines(&l); /* every byte becomes four; nothing is lost */
	fd = twc__errlog_open(&e, r, 1, NULL);
	memset(long_line, 1, sizeof(long_line));
	assert_int_equal(write(fd, long_line, TWC__ERRLOG_LINE_MAX), TWC__ERRLOG_LINE_MAX);
	assert_int_equal(write(fd, "\n", 1), 1);
	twc__errlog_close(&e);
	n = 0;
	for (const char *p = l.text; (p = strstr(p, "\\x01")); p++)
		n++;
	assert_int_equal(n, TWC__ERRLOG_LINE_MAX);
	close(fd);
	twc_reactor_free(r);
}

static void of_a_child(void **state)
{
	const char *argv[] = { "sh", "-c", "echo out; echo one >&2; printf two >&2", NULL };
	struct twc_spawn how = { .argv = argv, .fd = { -1, -1, TWC_STDERR_LOG }, .new_group = true, .log_id = 3 };
	struct lines l;
	struct twc_reactor *r = loop_with_lines(&l);
	struct probe p;

	(void)state;
	probe_init(&p);
	assert_non_null(twc_transport_from_child(r, &how, "sh:test", probe_protocol(&p), NULL));
	twc_transport_write_eof(p.base.transport);
	assert_true(loop_until(r, &p.is_lost));
	twc_reactor_free(r);
	assert_string_equal(p.got, "out\n");
	assert_string_equal(l.text, "#3: one|#3: two|");
	probe_fini(&p);
}

/* Whoever is left with the other end: nothing waits for that. */
static void of_what_a_child_left(void **state)
{
	const char *argv[] = { "sh", "-c", "sleep 1000 >&- & echo $!; echo now >&2", NULL };
	struct twc_spawn how = { .argv = argv, .fd = { -1, -1, TWC_STDERR_LOG }, .new_group = true };
	struct lines l;
	struct twc_reactor *r = loop_with_lines(&l);
	struct probe p;
	pid_t left;
	char want[32];

	(void)state;
	probe_init(&p);
	assert_non_null(twc_transport_from_child(r, &how, "sh:test", probe_protocol(&p), NULL));
	snprintf(want, sizeof(want), "#%llu: now|", (unsigned long long)twc_transport_id(p.base.transport));
	twc_transport_write_eof(p.base.transport);
	assert_true(loop_until(r, &p.is_lost));
	assert_string_equal(l.text, want);
	left = (pid_t)strtol(p.got, NULL, 10);
	twc_reactor_free(r);
	assert_true(left > 1);
	kill(left, SIGKILL);
	probe_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(of_a_child),
		cmocka_unit_test(of_what_a_child_left),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
