/* SPDX-License-Identifier: MIT */
/*
 * Who is let in, as sequences: "+HOST" comes and is let in, "-HOST" comes and is not, ".N" the N-th who came
 * leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <twc/parse.h>
#include <twc/protocol.h>
#include "support/stand.h"

static const char *const hosts[] = { "127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", NULL };

static void arrive(struct stand *s, struct twc_factory *f, unsigned i, const char *word, const char *program)
{
	struct twc_addr addr = { .kind = TWC_ADDR_NONE };
	size_t host = (size_t)(word[1] - 'a');

	if (hosts[host])
		assert_int_equal(twc_addr_parse_ip(&addr, TWC_ADDR_TCP, twc_str_of(hosts[host]), (uint16_t)(1000 + i),
						   NULL), 0);
	if (stand_connect(s, f, i, &addr, 0) != (word[0] == '+'))
		fail_msg("%s: %s", program, word);
}

static void test_sequences(void **state)
{
	static const struct {
		unsigned total, per_host;
		const char *program; /* hosts a, b… are those above; e has no address */
	} rows[] = {
		{ 2, 0, "+a +a -a -b" },
		{ 2, 0, "+a +b -c .0 +c -a" },
		{ 0, 1, "+a -a +b +c -c" },
		{ 0, 1, "+a -d .0 +d -a" }, /* a mapped address is the same host */
		{ 0, 2, "+a +a -a +b .0 +a -a" },
		{ 3, 2, "+a +a -a +b -b" },
		{ 3, 1, "+e +e +e -e" }, /* without an address: the total only */
		{ 0, 0, "+a +a +a +e" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char copy[64], *save = NULL;
		struct stand s;
		struct twc_factory *f;
		unsigned n = 0;

		stand_open(&s);
		f = twc_policy_limit_new(&s.factory, rows[i].total, rows[i].per_host);
		snprintf(copy, sizeof(copy), "%s", rows[i].program);
		for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
			if (w[0] == '.') {
				twc_transport_lose(s.peer[w[1] - '0'].base.transport);
				twc_reactor_advance(s.r, 0);
				continue;
			}
			arrive(&s, f, n, w, rows[i].program);
			n += w[0] == '+';
		}
		stand_close(&s, f);
	}
}

/* Who is refused within has not been counted. */
static void test_refused_inside(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_limit_new(&s.factory, 1, 1);
	s.built = STAND_MAX;
	arrive(&s, f, 0, "-a", "refused");
	s.built = 0;
	arrive(&s, f, 0, "+a", "free again");
	stand_close(&s, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_refused_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
