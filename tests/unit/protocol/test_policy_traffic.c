/* SPDX-License-Identifier: MIT */
/* Every byte is shown once, in the order it passes, with its direction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <twc/parse.h>
#include <twc/protocol.h>
#include "support/stand.h"

struct seen {
	char text[256];
	size_t len;
	size_t in, out;
};

static void see(void *arg, struct twc_transport *t, char dir, const uint8_t *data, size_t n)
{
	struct seen *seen = arg;

	assert_non_null(t);
	*(dir == '<' ? &seen->in : &seen->out) += n;
	if (n < 32)
		seen->len += (size_t)snprintf(seen->text + seen->len, sizeof(seen->text) - seen->len, "%c%.*s ", dir,
					      (int)n, (const char *)data);
}

static void test_both_directions(void **state)
{
	const struct iovec iov[] = { { (char[]){ "12" }, 2 }, { NULL, 0 }, { (char[]){ "3" }, 1 } };
	struct seen seen = { .len = 0 };
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_traffic_new(&s.factory, see, &seen);
	assert_true(stand_connect(&s, f, 0, NULL, 0));
	s.inner[0].replies = true;
	twc_transport_write(s.peer[0].base.transport, "hello", 5);
	twc_reactor_advance(s.r, 0);
	twc_transport_writev(s.inner[0].base.transport, iov, 3);
	twc_reactor_advance(s.r, 0);
	assert_string_equal(seen.text, "<hello >hello >12 >3 ");
	assert_int_equal(s.peer[0].bytes, 8);
	stand_close(&s, f);
}

/* What has to wait in the queue is shown when it is written, and only then. */
static void test_queued(void **state)
{
	char big[100000] = { 0 };
	struct seen seen = { .len = 0 };
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_traffic_new(&s.factory, see, &seen);
	assert_true(stand_connect(&s, f, 0, NULL, 1000));
	twc_transport_write(s.inner[0].base.transport, big, sizeof(big));
	assert_int_equal(seen.out, sizeof(big));
	twc_reactor_advance(s.r, 0);
	assert_int_equal(s.peer[0].bytes, sizeof(big));
	assert_int_equal(seen.out, sizeof(big));
	stand_send(&s, 0, 50000);
	assert_int_equal(seen.in, 50000);
	stand_close(&s, f);
}

/* What does nothing is not shown; a transport that outlives its protocol shows nothing more. */
static void test_after_the_end(void **state)
{
	struct seen seen = { .len = 0 };
	struct stand s;
	struct twc_factory *f;
	struct twc_transport *t;

	stand_open(&s);
	f = twc_policy_traffic_new(&s.factory, see, &seen);
	assert_true(stand_connect(&s, f, 0, NULL, 0));
	t = s.inner[0].base.transport;
	twc_transport_ref(t);
	twc_transport_lose(t);
	twc_transport_write(t, "late", 4);
	twc_reactor_advance(s.r, 10 * TWC_NS_PER_S);
	assert_int_equal(s.inner[0].lost, 1);
	twc_transport_write(t, "later", 5);
	assert_int_equal(seen.out, 0);
	twc_transport_unref(t);
	stand_close(&s, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_directions),
		cmocka_unit_test(test_queued),
		cmocka_unit_test(test_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
