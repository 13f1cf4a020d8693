/* SPDX-License-Identifier: MIT */
/* SipHash-2-4 against the vectors of its reference implementation, and its keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"

/* Key 00 01 … 0f; the message is the first n of 00 01 02 …. */
static void test_vectors(void **state)
{
	static const struct {
		size_t n;
		uint64_t hash;
	} rows[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },  { 1, UINT64_C(0x74f839c593dc67fd) },
		{ 7, UINT64_C(0xab0200f58b01d137) },  { 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) }, { 16, UINT64_C(0x3f2acc7f57c29bdb) },
	};
	const struct twc__hash_key key = { { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) } };
	uint8_t message[16];

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		if (twc__hash(&key, message, rows[i].n) != rows[i].hash)
			fail_msg("%zu bytes: %llx", rows[i].n,
				 (unsigned long long)twc__hash(&key, message, rows[i].n));
}

static void test_unaligned(void **state)
{
	const struct twc__hash_key key = { { 1, 2 } };
	const char text[] = "xabcdefghijk", same[] = "abcdefghijk";

	assert_int_equal(twc__hash(&key, text + 1, 11), twc__hash(&key, same, 11));
}

static void test_each_key_is_another(void **state)
{
	struct twc__hash_key a, b;

	twc__hash_key_init(&a);
	twc__hash_key_init(&b);
	assert_true(a.k[0] != b.k[0] || a.k[1] != b.k[1]);
	assert_true(twc__hash(&a, "x", 1) != twc__hash(&b, "x", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_each_key_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
