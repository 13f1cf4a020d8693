/* SPDX-License-Identifier: MIT */
/* Memory for nghttp2: blocks come back, of the right size, and no more wait than may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/http/h2_memory.h"

#include <string.h>

static void test_again(void **state)
{
	struct twc__h2_memory m;
	void *a, *b;

	twc__h2_memory_init(&m);
	for (size_t n = 0; n < 3000; n += 7) {
		a = m.mem.malloc(n, &m);
		assert_non_null(a);
		assert_int_equal((uintptr_t)a % _Alignof(max_align_t), 0);
		memset(a, 0xa5, n);
		m.mem.free(a, &m);
		b = m.mem.calloc(1, n, &m);
		if (n <= 512)
			assert_ptr_equal(a, b);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(((char *)b)[i], 0);
		m.mem.free(b, &m);
	}
	m.mem.free(NULL, &m);
	assert_null(m.mem.calloc(SIZE_MAX / 2, 3, &m));
	assert_null(m.mem.malloc(SIZE_MAX, &m));
	twc__h2_memory_fini(&m);
}

static void test_grown(void **state)
{
	struct twc__h2_memory m;
	char *p = NULL;

	twc__h2_memory_init(&m);
	for (size_t n = 1; n < 5000; n += 13) {
		p = m.mem.realloc(p, n, &m);
		p[n - 1] = (char)n;
		for (size_t i = 1; i < n; i += 13)
			assert_int_equal(p[i - 1], (char)i);
	}
	m.mem.free(p, &m);
	twc__h2_memory_fini(&m);
}

static void test_bound(void **state)
{
	enum { N = 3000 };
	static void *p[N];
	struct twc__h2_memory m;

	twc__h2_memory_init(&m);
	for (int i = 0; i < N; i++)
		p[i] = m.mem.malloc(500, &m);
	for (int i = 0; i < N; i++)
		m.mem.free(p[i], &m);
	assert_in_range(m.kept, TWC__H2_MEMORY_KEPT / 2, TWC__H2_MEMORY_KEPT + 1024);
	for (int i = 0; i < N; i++)
		p[i] = m.mem.malloc(500, &m);
	assert_int_equal(m.kept, 0);
	for (int i = 0; i < N; i++)
		m.mem.free(p[i], &m);
	twc__h2_memory_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_grown),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
