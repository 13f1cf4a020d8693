/* SPDX-License-Identifier: MIT */
/* Allocation: the hook sees everything, exhaustion kills or is reported, a bug aborts and says where; and the list. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <twc/base.h>
#include <unistd.h>

#include "base/list.h"

static int calls, live, fail_at;

static void *counting_realloc(void *p, size_t n)
{
	calls++;
	if (n == 0) {
		free(p);
		live--;
		return NULL;
	}
	if (calls == fail_at)
		return NULL;
	if (!p)
		live++;
	return realloc(p, n);
}

static void allocate_everything(void)
{
	char *s[6];

	s[0] = twc_malloc(10);
	s[0] = twc_realloc(s[0], 1000);
	s[1] = twc_calloc(3, 7);
	s[2] = twc_strdup("abc");
	s[3] = twc_asprintf("%s-%d", "x", 42);
	s[4] = twc_str_dup(TWC_STR("view"));
	s[5] = twc_malloc(0);
	assert_string_equal(s[2], "abc");
	assert_string_equal(s[3], "x-42");
	assert_string_equal(s[4], "view");
	for (int i = 0; i < 21; i++)
		assert_int_equal(s[1][i], 0);
	for (int i = 0; i < 5; i++)
		twc_free(s[i]);
	twc_free_secret(s[5], 0);
	twc_free(NULL);
	twc_free_secret(NULL, 9);
}

static void the_hook_sees_every_call(void **state)
{
	calls = live = fail_at = 0;
	twc_mem_set_hook(counting_realloc);
	allocate_everything();
	twc_mem_set_hook(NULL);
	assert_int_equal(live, 0);
	assert_int_equal(calls, 7 + 6);
	allocate_everything();
	assert_int_equal(calls, 7 + 6);
}

/* Runs fn in a child; returns its wait status and what it wrote to stderr. */
static int run_child(void (*fn)(void), char *text, size_t cap)
{
	int fds[2], status;
	size_t n = 0;
	ssize_t got;

	assert_int_equal(pipe(fds), 0);

	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		static const struct rlimit no_core;

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		dup2(fds[1], 2);
		fn();
		_exit(0);
	}
	close(fds[1]);
	while ((got = read(fds[0], text + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void every_allocation_of_ours_dies_on_exhaustion(void **state)
{
	static const int allocating[] = { 1, 2, 3, 4, 5, 6, 7 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(allocating); i++) {
		char text[1024];

		calls = 0;
		fail_at = allocating[i];
		twc_mem_set_hook(counting_realloc);

		int status = run_child(allocate_everything, text, sizeof(text));

		twc_mem_set_hook(NULL);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		assert_non_null(strstr(text, "out of memory ("));
	}
	fail_at = 0;
}

static void overflow_a_calloc(void)
{
	twc_free(twc_calloc(SIZE_MAX / 2, 3));
}

static void a_product_that_overflows_dies(void **state)
{
	char text[1024];
	int status = run_child(overflow_a_calloc, text, sizeof(text));

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void what_a_peer_sizes_is_reported(void **state)
{
	char *p, *q;

	calls = live = 0;
	fail_at = 1;
	twc_mem_set_hook(counting_realloc);
	assert_null(twc_try_malloc(10));
	p = twc_try_malloc(10);
	assert_non_null(p);
	memcpy(p, "kept", 5);
	fail_at = 3;
	assert_null(twc_try_realloc(p, 100));
	assert_string_equal(p, "kept");
	q = twc_try_realloc(p, 0); /* does not free */
	assert_non_null(q);
	twc_free(q);
	twc_mem_set_hook(NULL);
	assert_int_equal(live, 0);
	fail_at = 0;
}

static void fail_an_assertion(void)
{
	int zero = 0;

	TWC_ASSERT(zero == 1);
}

static void say_much(void)
{
	char much[2000];

	memset(much, 'm', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	TWC_BUG("%s", much);
}

static void a_bug_says_where_and_aborts(void **state)
{
	char text[4096];
	int status = run_child(fail_an_assertion, text, sizeof(text));

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, "twc: internal error at "));
	assert_non_null(strstr(text, "test_mem.c:"));
	assert_non_null(strstr(text, "assertion failed: zero == 1\n"));
	status = run_child(say_much, text, sizeof(text));
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_int_equal(strlen(text), 512);
	assert_string_equal(text + 509, "mm\n");
}

struct item {
	int value;
	struct twc__list node;
};

static void check_list(struct twc__list *head, const char *want)
{
	char got[32] = "";
	size_t n = 0;

	TWC__LIST_FOR(it, head) {
		assert_ptr_equal(it->next->prev, it);
		assert_ptr_equal(it->prev->next, it);
		got[n++] = (char)TWC__LIST_ENTRY(it, struct item, node)->value;
	}
	assert_string_equal(got, want);
	assert_int_equal(twc__list_is_empty(head), n == 0);
}

static void the_list(void **state)
{
	struct item items[4] = { { .value = 'a' }, { .value = 'b' }, { .value = 'c' }, { .value = 'd' } };
	struct twc__list head, other;

	twc__list_init(&head);
	twc__list_init(&other);
	for (int i = 0; i < 4; i++)
		twc__list_init(&items[i].node);
	check_list(&head, "");
	assert_null(twc__list_first(&head));
	assert_null(twc__list_pop(&head));
	twc__list_add_tail(&head, &items[1].node);
	twc__list_add_tail(&head, &items[2].node);
	twc__list_add_head(&head, &items[0].node);
	twc__list_insert_before(&items[2].node, &items[3].node);
	check_list(&head, "abdc");
	assert_true(twc__list_is_linked(&items[3].node));
	twc__list_remove(&items[3].node);
	twc__list_remove(&items[3].node);
	assert_false(twc__list_is_linked(&items[3].node));
	check_list(&head, "abc");
	twc__list_add_tail(&other, &items[3].node);
	twc__list_splice(&other, &head);
	check_list(&head, "");
	check_list(&other, "dabc");
	twc__list_splice(&other, &head);
	check_list(&other, "dabc");
	assert_ptr_equal(twc__list_pop(&other), &items[3].node);
	TWC__LIST_FOR_SAFE(it, &other)
		if (TWC__LIST_ENTRY(it, struct item, node)->value != 'b')
			twc__list_remove(it);
	check_list(&other, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hook_sees_every_call),
		cmocka_unit_test(every_allocation_of_ours_dies_on_exhaustion),
		cmocka_unit_test(a_product_that_overflows_dies),
		cmocka_unit_test(what_a_peer_sizes_is_reported),
		cmocka_unit_test(a_bug_says_where_and_aborts),
		cmocka_unit_test(the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
