/* SPDX-License-Identifier: MIT */
/* Events for those above the library: as they come, again after a break, and as JSON. The reader itself is in protocol/http/test_sse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <twc/http_events.h>

static char seen[512];

static int on_event(void *arg, const struct twc_http_event *e, struct twc_err *err)
{
	struct twc_buf line;
	size_t n = strlen(seen);

	(void)arg;
	twc_buf_init(&line, 4096);
	assert_int_equal(twc_http_event_json(e, &line), 0);
	snprintf(seen + n, sizeof(seen) - n, "%s\n", twc_buf_cstr(&line));
	twc_buf_fini(&line);
	return strstr(seen, "stop") ? twc_err_set(err, TWC_ENO, "enough") : 0;
}

static int feed(struct twc_http_events *s, const char *text, struct twc_err *err)
{
	return twc_http_events_feed(s, text, strlen(text), err);
}

static void events(void **state)
{
	struct twc_http_events *s = twc_http_events_new(on_event, NULL);
	struct twc_err err = { 0 };

	(void)state;
	seen[0] = '\0';
	assert_int_equal(twc_http_events_retry_ms(s), -1);
	assert_int_equal(feed(s, "data: a\ndata: \"b\"\nid: 7\nretry: 250\n\ndata: half", &err), 0);
	assert_string_equal(seen, "{\"event\":\"message\",\"id\":\"7\",\"data\":\"a\\n\\\"b\\\"\",\"retry\":250}\n");
	assert_true(twc_str_is(twc_http_events_last_id(s), "7"));
	assert_int_equal(twc_http_events_retry_ms(s), 250);
	twc_http_events_reset(s);
	seen[0] = '\0';
	assert_int_equal(feed(s, "event: tick\ndata: c\n\n", &err), 0);
	assert_string_equal(seen, "{\"event\":\"tick\",\"id\":\"7\",\"data\":\"c\",\"retry\":null}\n");
	assert_int_equal(feed(s, "data: stop\n\n", &err), TWC_ENO);
	assert_string_equal(err.text, "enough");
	assert_int_equal(feed(s, "data: more\n\n", &err), TWC_ENO);
	twc_http_events_free(s);
}

static void no_id(void **state)
{
	struct twc_http_events *s = twc_http_events_new(on_event, NULL);

	(void)state;
	seen[0] = '\0';
	assert_int_equal(feed(s, "data\n\n", NULL), 0);
	assert_string_equal(seen, "{\"event\":\"message\",\"id\":null,\"data\":\"\",\"retry\":null}\n");
	twc_http_events_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(events), cmocka_unit_test(no_id) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
