/* SPDX-License-Identifier: MIT */
/* quote is parse's inverse; printed addresses parse back; the caret; secrets stay hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "endpoint/endpoint_int.h"
#include <stdio.h>

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

static void random_bytes(uint32_t *seed, char *out, size_t max)
{
	static const char special[] = ":=\\[]";
	size_t n = next_random(seed) % max;

	for (size_t i = 0; i < n; i++) {
		if (next_random(seed) % 2)
			out[i] = special[next_random(seed) % 5];
		else
			out[i] = (char)(1 + next_random(seed) % 255);
	}
	out[n] = '\0';
}

/* The value comes back whole, as a positional, by name, and inside a bracketed string of the same kind. */
static void test_quote_round_trip(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		static const char *const forms[] = { "unix:%s", "unix:path=%s", "unix:%s:timeout=1", "tcp:%s:80:cc=x" };
		char value[40];
		char *quoted, *s;
		struct twc__parsed p;
		size_t form = next_random(&seed) % TWC_ARRAY_LEN(forms);

		random_bytes(&seed, value, sizeof(value));
		quoted = twc_endpoint_quote(twc_str_of(value));
		s = form == 0 ? twc_asprintf("unix:%s:", quoted) :
		    form == 1 ? twc_asprintf("unix:path=%s", quoted) :
		    form == 2 ? twc_asprintf("unix:%s:timeout=1", quoted) :
				twc_asprintf("tcp:%s:80:cc=x", quoted);
		if (twc__parse(s, twc__types(), &p, NULL))
			fail_msg("%s does not parse", s);
		assert_string_equal(p.field[0].value, value);
		assert_int_equal(p.field[0].key != NULL, form == 1);
		twc__parsed_fini(&p);
		twc_free(s);
		twc_free(quoted);
	}
}

/* In the position of every value that every type takes verbatim. */
static void test_quote_in_every_type(void **state)
{
	static const char value[] = "a:b=c\\d[e]f]g[";
	char *quoted = twc_endpoint_quote(TWC_STR("a:b=c\\d[e]f]g["));
	unsigned tried = 0;

	(void)state;
	for (size_t t = 0; twc__types()[t]; t++) {
		const struct twc_endpoint_type *type = &twc__types()[t]->pub;

		for (size_t g = 0; type->args[g]; g++) {
			for (const struct twc_endpoint_arg *row = type->args[g]; row->name; row++) {
				char *s = twc_asprintf("%s:%s=%s", type->name, row->name, quoted);
				struct twc__parsed p;

				if (row->kind != TWC_ARG_PAYLOAD) {
					assert_int_equal(0, twc__parse(s, twc__types(), &p, NULL));
					assert_string_equal(p.field[0].value, value);
					assert_string_equal(p.field[0].key, row->name);
					twc__parsed_fini(&p);
					tried++;
				}
				twc_free(s);
			}
		}
	}
	assert_true(tried > 20);
	twc_free(quoted);
}

static void test_quote_vectors(void **state)
{
	static const char *const v[][2] = {
		{ "some : stuff \\", "some \\: stuff \\\\" },
		{ "a=b", "a\\=b" },
		{ "[x]", "\\[x\\]" },
		{ "plain", "plain" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		char *q = twc_endpoint_quote(twc_str_of(v[i][0]));

		assert_string_equal(q, v[i][1]);
		twc_free(q);
	}
}

static void assert_address_returns(const struct twc_addr *a)
{
	char text[4 * TWC_ADDR_TEXT_MAX];
	struct twc_dial_opts o;
	struct twc_addr back;
	struct twc_err err = { 0 };
	struct twc_endpoint *e;

	e = twc_endpoint_parse(twc_addr_format(a, text, sizeof(text)), TWC_CONNECT, &err);
	if (!e)
		fail_msg("%s: %s", text, err.text);
	twc_dial_opts_init(&o);
	e->type->dial(&e->args, &o);
	if (a->kind == TWC_ADDR_UNIX)
		assert_int_equal(0, twc_addr_parse_unix(&back, twc_str_of(o.host), NULL));
	else
		assert_int_equal(0, twc_addr_parse_ip(&back, a->kind, twc_str_of(o.host), o.port, NULL));
	assert_true(twc_addr_eq(a, &back));
	twc_endpoint_free(e);
}

static void test_printed_addresses_parse_back(void **state)
{
	static const char *const ip[] = { "127.0.0.1", "::1", "fe80::1%lo", "0.0.0.0", "::", "::ffff:1.2.3.4" };
	static const char *const paths[] = { "/run/x", "@abstract", "/a:b=c", "/a\\b[c]", "rel", "@a:b", "/with blank" };
	struct twc_addr a;

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(ip); i++) {
		assert_int_equal(0, twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(ip[i]), 80, NULL));
		assert_address_returns(&a);
		assert_int_equal(0, twc_addr_parse_ip(&a, TWC_ADDR_UDP, twc_str_of(ip[i]), 53, NULL));
		assert_address_returns(&a);
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(paths); i++) {
		assert_int_equal(0, twc_addr_parse_unix(&a, twc_str_of(paths[i]), NULL));
		assert_address_returns(&a);
	}
}

static void assert_caret(const char *s, int column, const char *want)
{
	struct twc_err err = { .code = TWC_EUSAGE, .column = column };
	char *caret = twc_endpoint_caret(s, &err);

	assert_string_equal(caret, want);
	twc_free(caret);
}

static void test_caret(void **state)
{
	(void)state;
	assert_caret("tcp:HOT:PORT", 5, "    tcp:HOT:PORT\n        ^");
	assert_caret("tcp", 4, "    tcp\n       ^");
	assert_caret("", 1, "    \n    ^");
	assert_caret("tcp", 0, "    tcp\n    ^");
	assert_caret("tcp", 99, "    tcp\n       ^");
	/* two columns, four bytes */
	assert_caret("unix:\xc3\xa4\xc3\xb6:x", 11, "    unix:\xc3\xa4\xc3\xb6:x\n            ^");
	assert_caret("a\\:b\x1b:x", 6, "    a\\:b\\x1b:x\n            ^");
}

/* ---- secrets: only proxies have any, so a type is made up ---- */

static const struct twc_endpoint_arg secret_args[] = {
	{ .name = "pass", .alias = "password", .kind = TWC_ARG_SECRET, .roles = TWC_CONNECT },
	{ .name = NULL },
};
static const struct twc_endpoint_arg *const secret_groups[] = { secret_args, NULL };
static const struct twc__endpoint_type secret_type = { .pub = { .name = "safe", .roles = TWC_CONNECT,
								.args = secret_groups } };
static const struct twc__endpoint_type *const secret_types[] = { &secret_type, NULL };

static void test_secrets_are_masked(void **state)
{
	static const struct {
		const char *s, *want;
		int column, new_column;
	} v[] = {
		{ "safe:user:pass=hunter2:x=1", "safe:user:pass=***:x=1", 24, 20 },
		{ "safe:pass=hunter2", "safe:pass=***", 12, 11 },
		{ "safe:pass=hunter2", "safe:pass=***", 18, 14 },
		{ "safe:pass=hunter2", "safe:pass=***", 6, 6 },
		{ "pass=hunter2:safe", "pass=***:safe", 1, 1 },
		{ "safe:password=h\\:unter2:y", "safe:password=***:y", 1, 1 },
		{ "safe:pass=[h:u:n]ter:y", "safe:pass=***:y", 1, 1 },
		{ "safe:pass=[open:y", "safe:pass=***", 1, 1 },
		{ "safe:pass=", "safe:pass=***", 11, 14 },
		{ "tls:h:via=[safe:gw:pass=hunter2]:z", "tls:h:via=[safe:gw:pass=***]:z", 1, 1 },
		{ "tls:h:via=[x:via=[safe:pass=hunter2]]:z", "tls:h:via=[x:via=[safe:pass=***]]:z", 1, 1 },
		{ "tls:h:via=safe\\:pass=hunter2\\:q:z", "tls:h:via=safe\\:pass=***:z", 1, 1 },
		{ "sfae:pa\\ss=hunter2:x", "sfae:pa\\ss=***:x", 1, 1 },
		{ "safe:compass=north", "safe:compass=north", 1, 1 },
		{ "safe:x=pass=north", "safe:x=pass=north", 1, 1 },
		{ "ws://u:secret@h:80/x", "ws://u:***@h:80/x", 15, 12 },
		{ "ws://u:secret@h:80/x", "ws://u:***@h:80/x", 10, 8 },
		{ "ws://u:a:b@c@h/x@y:z", "ws://u:***@h/x@y:z", 1, 1 },
		{ "http://u@h:80/a:b@c", "http://u@h:80/a:b@c", 1, 1 },
		{ "safe:x=[ws://u:secret@h]:y", "safe:x=[ws://u:***@h]:y", 1, 1 },
		{ "", "", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		int column = v[i].column;
		char *masked = twc__mask(v[i].s, secret_types, &column);

		assert_string_equal(masked, v[i].want);
		if (column != v[i].new_column)
			fail_msg("%s: column %d became %d, not %d", v[i].s, v[i].column, column, v[i].new_column);
		twc_free(masked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote_vectors),
		cmocka_unit_test(test_quote_round_trip),
		cmocka_unit_test(test_quote_in_every_type),
		cmocka_unit_test(test_printed_addresses_parse_back),
		cmocka_unit_test(test_caret),
		cmocka_unit_test(test_secrets_are_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
