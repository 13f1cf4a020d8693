/* SPDX-License-Identifier: MIT */
/* Chunks: slices, limits, and what the encoder makes. Faults in their grammar are among the vectors of test_head.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "protocol/http/chunked.h"

static int feed(struct twc__http_chunked *c, const char *s, size_t *used, struct twc_str *data)
{
	return twc__http_chunked_feed(c, (const uint8_t *)s, strlen(s), used, data, NULL);
}

static void slices_of_the_input(void **state)
{
	static const char in[] = "5\r\nhello\r\n00\r\nX";
	struct twc__http_chunked c = { 0 };
	struct twc_str data;
	size_t used;

	assert_int_equal(feed(&c, "", &used, &data), TWC__HTTP_CHUNK_MORE);
	assert_int_equal(used, 0);
	assert_int_equal(feed(&c, in, &used, &data), TWC__HTTP_CHUNK_DATA);
	assert_int_equal(used, 8);
	assert_ptr_equal(data.p, in + 3);
	assert_int_equal(data.n, 5);
	assert_int_equal(feed(&c, in + 8, &used, &data), TWC__HTTP_CHUNK_LAST);
	assert_int_equal(used, 6);
	assert_int_equal(feed(&c, "more", &used, &data), TWC__HTTP_CHUNK_LAST);
	assert_int_equal(used, 0);
}

static void data_in_pieces(void **state)
{
	struct twc__http_chunked c = { 0 };
	struct twc_str data;
	size_t used;

	assert_int_equal(feed(&c, "7fffffffffffffff\r\n", &used, &data), TWC__HTTP_CHUNK_MORE);
	assert_int_equal(feed(&c, "abc", &used, &data), TWC__HTTP_CHUNK_DATA);
	assert_int_equal(data.n, 3);
	assert_int_equal(feed(&c, "\r\n0\r\n\r\n", &used, &data), TWC__HTTP_CHUNK_DATA);
	assert_int_equal(data.n, 7);
}

static void lenient_line_ends(void **state)
{
	struct twc__http_chunked c = { .lenient = true };
	struct twc_str data;
	size_t used;

	assert_int_equal(feed(&c, "2;a=\"b\"\nhi", &used, &data), TWC__HTTP_CHUNK_DATA);
	assert_int_equal(feed(&c, "\n1\n.", &used, &data), TWC__HTTP_CHUNK_DATA);
	assert_int_equal(feed(&c, "\r\n0;x\n", &used, &data), TWC__HTTP_CHUNK_LAST);
	c = (struct twc__http_chunked){ .lenient = true };
	assert_int_equal(feed(&c, "2 \nhi", &used, &data), TWC_EPROTO);
	assert_int_equal(used, 2);
}

static void extensions_have_a_limit(void **state)
{
	struct twc__http_chunked c = { 0 };
	struct twc_str data;
	char *big = malloc(TWC__HTTP_CHUNK_EXT_MAX + 100);
	size_t used;
	int rc = 0, chunks = 0;

	if (!big)
		abort();
	/* One head: a name and CR are as much as is allowed. */
	for (int more = 0; more < 2; more++) {
		size_t n = (size_t)sprintf(big, "1;%0*d\r\nx", TWC__HTTP_CHUNK_EXT_MAX - 1 + more, 0);

		c = (struct twc__http_chunked){ 0 };
		rc = twc__http_chunked_feed(&c, (const uint8_t *)big, n, &used, &data, NULL);
		assert_int_equal(rc, more ? TWC_EPROTO : TWC__HTTP_CHUNK_DATA);
	}
	/* Blanks before an extension count, too. */
	sprintf(big, "1%*s", TWC__HTTP_CHUNK_EXT_MAX + 2, "");
	c = (struct twc__http_chunked){ 0 };
	assert_int_equal(feed(&c, big, &used, &data), TWC_EPROTO);
	/* A body of many heads. */
	sprintf(big, "1;%0*d\r\nx", 1000, 0);
	for (c = (struct twc__http_chunked){ 0 }; (rc = feed(&c, big, &used, &data)) == TWC__HTTP_CHUNK_DATA; chunks++)
		assert_int_equal(feed(&c, "\r\n", &used, &data), TWC__HTTP_CHUNK_MORE);
	assert_int_equal(rc, TWC_EPROTO);
	assert_int_equal(chunks, 16 * TWC__HTTP_CHUNK_EXT_MAX / 1001);
	free(big);
}

static void heads_that_are_written(void **state)
{
	static const struct {
		uint64_t n;
		const char *want;
	} rows[] = { { 1, "1\r\n" }, { 26, "1a\r\n" }, { 65536, "10000\r\n" }, { UINT64_MAX, "ffffffffffffffff\r\n" } };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char out[TWC__HTTP_CHUNK_HEAD_MAX];
		size_t n = twc__http_chunk_head(out, rows[i].n);

		assert_int_equal(n, strlen(rows[i].want));
		assert_memory_equal(out, rows[i].want, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_of_the_input),
		cmocka_unit_test(data_in_pieces),
		cmocka_unit_test(lenient_line_ends),
		cmocka_unit_test(extensions_have_a_limit),
		cmocka_unit_test(heads_that_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
