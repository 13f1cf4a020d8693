/* SPDX-License-Identifier: MIT */
/* The list of services describes itself completely. */
#include "peer.h"

static void rows(void **state)
{
	static const char *const names[] = { "echo", "discard", "chargen", "daytime",
					     "time", "qotd",	"text",	   "file", "stall" };
	const struct twc_service *const *list = twc_service_list();
	size_t n = 0;

	for (; list[n]; n++) {
		assert_true(n < TWC_ARRAY_LEN(names));
		assert_string_equal(list[n]->name, names[n]);
		assert_ptr_equal(twc_service_find(list[n]->name), list[n]);
		assert_true(strlen(list[n]->summary) > 0);
		assert_non_null(list[n]->create);
		assert_non_null(list[n]->destroy);
	}
	assert_int_equal(n, TWC_ARRAY_LEN(names));
	assert_string_equal(twc_service_find("text")->arg_name, "STRING");
	assert_string_equal(twc_service_find("file")->arg_name, "FILE");
	assert_null(twc_service_find("echo")->arg_name);
}

static void unknown(void **state)
{
	assert_null(twc_service_find("ech"));
	assert_null(twc_service_find("echoo"));
	assert_null(twc_service_find(""));
}

/* Made and destroyed without a client, each leaves nothing behind (the leak checker's business). */
static void unused(void **state)
{
	const struct twc_service *const *list = twc_service_list();

	for (size_t i = 0; list[i]; i++) {
		struct twc_err err;
		struct twc_factory *f = list[i]->create(NULL, list[i]->arg_name ? "/proc/self/exe" : NULL, &err);

		assert_non_null(f);
		list[i]->destroy(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(unknown),
		cmocka_unit_test(unused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
