/* SPDX-License-Identifier: MIT */
/* Lines that came before become the same fields as lines that did not, wherever they lie, and one byte more or less is another matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/http/h2_known.h"

#include <stdlib.h>
#include <string.h>

static void assert_same(const struct twc__h2_nvs *a, const struct twc__h2_nvs *b, const char *text)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].namelen != b->v[i].namelen || memcmp(a->v[i].name, b->v[i].name, a->v[i].namelen) != 0 ||
		    a->v[i].valuelen != b->v[i].valuelen || memcmp(a->v[i].value, b->v[i].value, a->v[i].valuelen) != 0 ||
		    a->v[i].flags != b->v[i].flags)
			fail_msg("field %zu of: %s", i, text);
}

static void check(struct twc__h2_known *known, const char *text)
{
	size_t n = strlen(text);
	char *plain = strdup(text), *by_known = strdup(text);
	struct twc__h2_nvs want = { 0 }, have = { 0 };

	twc__h2_nvs_add_lines(&want, plain, n, NULL);
	twc__h2_known_add_lines(known, &have, by_known, n);
	assert_same(&have, &want, text);
	assert_memory_equal(plain, by_known, n);
	for (size_t i = 0; i < have.n; i++) /* they are of these bytes, and no others */
		assert_true((char *)have.v[i].name >= by_known && (char *)have.v[i].name + have.v[i].namelen <= by_known + n);
	free(plain);
	free(by_known);
	twc__h2_nvs_fini(&want);
	twc__h2_nvs_fini(&have);
}

static void test_repeated(void **state)
{
	static const char *const texts[] = {
		"ETag: \"abcdefghijk\"\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n",
		"ETag: \"abcdefghijk\"\r\nContent-Type: text/html\r\nX-Content-Type-Options: nosniff\r\n",
		"ETag: \"abcdefghijk\"\r\nContent-Type: text/plaiN\r\nX-Content-Type-Options: nosniff\r\n",
		"Connection: x-one\r\nX-One: 1\r\nX-TWO: 2\r\nX-Empty:\r\nX-Blank: \t \r\n",
		"A: 1\r\n",
		"[]@`{ZAza: Value OF Z\r\nThe-Name-Of-A-Field-That-Is-Long: v\r\n",
	};
	struct twc__h2_known *known = calloc(1, sizeof(*known));

	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < TWC_ARRAY_LEN(texts); i++)
			for (int again = 0; again < 2; again++)
				check(known, texts[i]);
	free(known);
}

/* Too long, and too many: they are not kept, and come out right. */
static void test_large(void **state)
{
	struct twc__h2_known *known = calloc(1, sizeof(*known));
	char text[4096];

	for (size_t fields = TWC__H2_KNOWN_FIELDS - 1; fields <= TWC__H2_KNOWN_FIELDS + 1; fields++) {
		text[0] = '\0';
		for (size_t i = 0; i < fields; i++)
			strcat(text, "Name-Of-It: value\r\n");
		check(known, text);
		check(known, text);
	}
	for (size_t n = TWC__H2_KNOWN_BYTES - 1; n <= TWC__H2_KNOWN_BYTES + 1; n++) {
		memset(text, 'v', n);
		text[n] = '\0';
		memcpy(text, "Name: ", 6);
		memcpy(text + n - 2, "\r\n", 2);
		check(known, text);
		check(known, text);
	}
	free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
