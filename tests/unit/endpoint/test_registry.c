/* SPDX-License-Identifier: MIT */
/* The rows check themselves: what help, completion and the parser rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "endpoint/endpoint_int.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)

static const struct twc_endpoint_type *find(const char *name)
{
	for (const struct twc_endpoint_type *const *t = twc_endpoint_types(); *t; t++)
		if (strcmp((*t)->name, name) == 0)
			return *t;
	return NULL;
}

static void test_every_type_is_there(void **state)
{
	static const char *const want[] = {
		"tcp", "tcp4", "tcp6", "tls", "ws", "wss", "udp", "udp4", "udp6", "unix", "vsock", "stdio", "fd", "inetd", "systemd", "file", "fifo",
		"pty", "serial", "haproxy", "exec", "sh", "echo", "discard", "chargen", "stall", "text", NULL,
	};
	size_t n = 0;

	(void)state;
	for (const char *const *name = want; *name; name++, n++)
		assert_non_null(find(*name));
	assert_null(twc_endpoint_types()[n]);
	assert_null(find("quic"));
	assert_ptr_equal(twc__type_find(twc__types(), "-"), twc__type_find(twc__types(), "STDIO"));
	assert_null(twc__type_find(twc__types(), ""));
}

static void check_row(const struct twc_endpoint_type *type, const struct twc_endpoint_arg *row)
{
	if (!row->help || !row->help[0])
		fail_msg("%s: %s has no help", type->name, row->name);
	assert_true(row->kind >= TWC_ARG_STRING && row->kind <= TWC_ARG_PAYLOAD);
	assert_true(row->roles != 0 && (row->roles & ~BOTH) == 0);
	assert_int_equal(row->positional & ~row->roles, 0);
	assert_int_equal(row->required & ~row->roles, 0);
	assert_int_equal(row->kind == TWC_ARG_WORD, row->words != NULL);
	/* a key is unique in the type: the row found by it is this one */
	assert_ptr_equal(twc__arg_row(type, row->name, row->roles), row);
	if (row->alias)
		assert_ptr_equal(twc__arg_row(type, row->alias, row->roles), row);
	assert_null(strpbrk(row->name, ":=\\[] "));
}

static void test_rows_are_sound(void **state)
{
	(void)state;
	for (const struct twc_endpoint_type *const *t = twc_endpoint_types(); *t; t++) {
		size_t rows = 0;

		assert_true((*t)->roles != 0 && ((*t)->roles & ~BOTH) == 0);
		assert_non_null((*t)->summary);
		assert_non_null((*t)->synopsis[0]);
		for (size_t g = 0; (*t)->args[g]; g++)
			for (const struct twc_endpoint_arg *row = (*t)->args[g]; row->name; row++, rows++)
				check_row(*t, row);
		assert_true(rows <= TWC__ARGS_MAX);
	}
}

static void test_types_have_what_their_roles_need(void **state)
{
	(void)state;
	for (const struct twc__endpoint_type *const *t = twc__types(); *t; t++) {
		if ((*t)->pub.roles & TWC_LISTEN)
			assert_non_null((*t)->listen);
		if ((*t)->pub.roles & TWC_CONNECT)
			assert_true((*t)->is_local ? (*t)->open != NULL : (*t)->dial || (*t)->prepare);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_is_there),
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_types_have_what_their_roles_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
