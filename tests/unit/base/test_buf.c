/* SPDX-License-Identifier: MIT */
/* Buffers: the invariants are checked again after every step, against a plain model and with failing memory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <twc/buf.h>

static int allocations_left;

static void *failing_realloc(void *p, size_t n)
{
	if (n == 0) {
		free(p);
		return NULL;
	}
	return allocations_left-- > 0 ? realloc(p, n) : NULL;
}

static void check_is(struct twc_buf *b, const char *text)
{
	twc_buf_check(b);
	assert_int_equal(twc_buf_len(b), strlen(text));
	assert_memory_equal(twc_buf_head(b), text, strlen(text));
	assert_string_equal(twc_buf_cstr(b), text);
	twc_buf_check(b);
}

static void born_empty_and_without_memory(void **state)
{
	struct twc_buf b;

	twc_buf_init(&b, 10);
	assert_null(b.data);
	check_is(&b, "");
	assert_int_equal(twc_buf_add(&b, NULL, 0), 0);
	assert_null(b.data);
	twc_buf_consume(&b, 0);
	check_is(&b, "");
	twc_buf_fini(&b);
	check_is(&b, "");
	twc_buf_fini(&b);
}

static void fills_at_the_back_and_empties_at_the_front(void **state)
{
	struct twc_buf b;
	char *p;

	twc_buf_init(&b, 1000);
	assert_int_equal(twc_buf_add(&b, "hello ", 6), 0);
	check_is(&b, "hello ");
	assert_int_equal(twc_buf_addf(&b, "%s %d", "world", 42), 0);
	check_is(&b, "hello world 42");
	twc_buf_consume(&b, 6);
	check_is(&b, "world 42");
	assert_int_equal(twc_buf_reserve(&b, 3, &p), 0);
	check_is(&b, "world 42");
	memcpy(p, "!?!", 3);
	twc_buf_commit(&b, 2);
	check_is(&b, "world 42!?");
	assert_true(twc_str_is(twc_buf_str(&b), "world 42!?"));
	twc_buf_consume(&b, 10);
	check_is(&b, "");
	assert_int_equal(b.start, 0); /* the room in front came back */
	assert_int_equal(twc_buf_add(&b, "again", 5), 0);
	twc_buf_clear(&b);
	check_is(&b, "");
	assert_non_null(b.data);
	twc_buf_fini(&b);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
}

static void the_maximum_is_exact_and_refusal_changes_nothing(void **state)
{
	static const size_t maxima[] = { 0, 1, 2, 31, 62, 63, 64, 65, 127, 128, 1000 };
	char bytes[1001];

	memset(bytes, 'z', sizeof(bytes));
	for (size_t i = 0; i < TWC_ARRAY_LEN(maxima); i++) {
		size_t max = maxima[i];
		struct twc_buf b;
		char *p;

		twc_buf_init(&b, max);
		assert_int_equal(twc_buf_add(&b, bytes, max + 1), TWC_ETOOLONG);
		twc_buf_check(&b);
		assert_int_equal(twc_buf_len(&b), 0);
		for (size_t n = 0; n < max; n++) {
			assert_int_equal(twc_buf_add(&b, bytes, 1), 0);
			twc_buf_check(&b);
		}
		assert_int_equal(twc_buf_add(&b, "x", 1), TWC_ETOOLONG);
		assert_int_equal(twc_buf_addf(&b, "%d", 1), TWC_ETOOLONG);
		assert_int_equal(twc_buf_addf(&b, "%s", ""), 0);
		assert_int_equal(twc_buf_reserve(&b, 1, &p), TWC_ETOOLONG);
		assert_int_equal(twc_buf_reserve(&b, SIZE_MAX, &p), TWC_ETOOLONG);
		assert_int_equal(twc_buf_reserve(&b, 0, &p), 0);
		twc_buf_check(&b);
		assert_int_equal(twc_buf_len(&b), max);
		assert_int_equal(strlen(twc_buf_cstr(&b)), max);
		if (max) {
			twc_buf_consume(&b, 1);
			assert_int_equal(twc_buf_addf(&b, "%c", 'q'), 0);
			twc_buf_check(&b);
			assert_int_equal(twc_buf_head(&b)[max - 1], 'q');
		}
		twc_buf_fini(&b);
	}
}

static void a_maximum_of_size_max_is_fine(void **state)
{
	struct twc_buf b;
	char *p;

	twc_buf_init(&b, SIZE_MAX);
	assert_int_equal(twc_buf_add(&b, "abc", 3), 0);
	assert_int_equal(twc_buf_reserve(&b, SIZE_MAX, &p), TWC_ETOOLONG);
	check_is(&b, "abc");
	twc_buf_fini(&b);
}

/* A queue in steady state must not grow, nor move its bytes at each step. */
static void a_queue_in_steady_state_keeps_its_size(void **state)
{
	struct twc_buf b;
	char chunk[100];

	memset(chunk, 'c', sizeof(chunk));
	twc_buf_init(&b, 1 << 20);
	assert_int_equal(twc_buf_add(&b, chunk, 100), 0);
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(twc_buf_add(&b, chunk, 100), 0);
		twc_buf_consume(&b, 100);
		twc_buf_check(&b);
	}
	assert_true(b.cap < 1024);
	twc_buf_fini(&b);
}

static void random_steps_agree_with_a_model(void **state)
{
	enum { MAX = 300 };
	char model[MAX], next = 'a';
	size_t held = 0;
	unsigned seed = 12345;
	struct twc_buf b;

	twc_buf_init(&b, MAX);
	for (int step = 0; step < 20000; step++) {
		char bytes[MAX + 20];
		size_t n;

		seed = seed * 1103515245u + 12345u;
		n = (seed >> 16) % ((seed >> 8) % 7 == 0 ? MAX + 20 : 20);
		if ((seed >> 28) % 2) {
			n = n < held ? n : held;
			twc_buf_consume(&b, n);
			memmove(model, model + n, held - n);
			held -= n;
		} else {
			for (size_t i = 0; i < n; i++)
				bytes[i] = next = next == 'z' ? 'a' : (char)(next + 1);

			int rc = (seed >> 27) % 2 ? twc_buf_add(&b, bytes, n)
						  : twc_buf_addf(&b, "%.*s", (int)n, bytes);

			assert_int_equal(rc, held + n > MAX ? TWC_ETOOLONG : 0);
			if (rc == 0) {
				memcpy(model + held, bytes, n);
				held += n;
			}
		}
		twc_buf_check(&b);
		assert_int_equal(twc_buf_len(&b), held);
		assert_memory_equal(twc_buf_head(&b), model, held);
	}
	twc_buf_fini(&b);
}

/* Runs a fixed script with the n-th allocation and all later ones failing; the bytes held must be those added. */
static bool script_with(int allocations)
{
	struct twc_buf b;
	bool failed = false;

	allocations_left = allocations;
	twc_buf_init(&b, 5000);
	for (int i = 0; i < 300; i++) {
		size_t before = twc_buf_len(&b);
		int rc = i % 3 ? twc_buf_add(&b, "0123456789", 10) : twc_buf_addf(&b, "%s", "0123456789");

		assert_true(rc == 0 || rc == TWC_ENOMEM);
		twc_buf_check(&b);
		assert_int_equal(twc_buf_len(&b), before + (rc ? 0 : 10));
		failed = failed || rc;
		if (twc_buf_len(&b) > 50 && i % 2)
			twc_buf_consume(&b, 10);
		for (size_t k = 0; k < twc_buf_len(&b); k += 10)
			assert_memory_equal(twc_buf_head(&b) + k, "0123456789", 10);
	}
	twc_buf_fini(&b);
	return failed;
}

static void every_allocation_may_fail(void **state)
{
	int n = 0;

	twc_mem_set_hook(failing_realloc);
	while (script_with(n))
		n++;
	twc_mem_set_hook(NULL);
	assert_in_range(n, 3, 20); /* the script did grow, and by doubling */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(born_empty_and_without_memory),
		cmocka_unit_test(fills_at_the_back_and_empties_at_the_front),
		cmocka_unit_test(the_maximum_is_exact_and_refusal_changes_nothing),
		cmocka_unit_test(a_maximum_of_size_max_is_fine),
		cmocka_unit_test(a_queue_in_steady_state_keeps_its_size),
		cmocka_unit_test(random_steps_agree_with_a_model),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
