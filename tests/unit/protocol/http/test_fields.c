/* SPDX-License-Identifier: MIT */
/* Lists of fields: order, case, replacing and removing, maxima; random changes against a plain model. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <twc/http_message.h>

static int add(struct twc_http_fields *f, const char *name, const char *value)
{
	return twc_http_fields_add(f, twc_str_of(name), twc_str_of(value), NULL);
}

/* The whole list as "name=value;". */
static void assert_list(const struct twc_http_fields *f, const char *want)
{
	char text[1024];
	size_t n = 0;

	for (size_t i = 0; i < twc_http_fields_count(f); i++) {
		struct twc_http_field field = twc_http_fields_at(f, i);

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s=%.*s;", (int)field.name.n, field.name.p,
				      (int)field.value.n, field.value.n ? field.value.p : "");
	}
	text[n] = '\0';
	assert_string_equal(text, want);
}

static void adding_and_finding(void **state)
{
	struct twc_http_fields f = { 0 };
	struct twc_str value = { 0 };

	assert_false(twc_http_fields_get(&f, "a", NULL));
	assert_int_equal(twc_http_fields_find(&f, "", 0), SIZE_MAX);
	assert_int_equal(add(&f, "Accept", " \t x\ty \t"), 0);
	assert_int_equal(add(&f, "b", ""), 0);
	assert_int_equal(add(&f, "ACCEPT", "z"), 0);
	assert_list(&f, "Accept=x\ty;b=;ACCEPT=z;");
	assert_true(twc_http_fields_get(&f, "accept", &value));
	assert_true(twc_str_is(value, "x\ty"));
	assert_true(twc_http_fields_get(&f, "B", &value));
	assert_int_equal(value.n, 0);
	assert_int_equal(twc_http_fields_find(&f, "aCCEPT", 1), 2);
	assert_int_equal(twc_http_fields_find(&f, "accept", 3), SIZE_MAX);
	assert_false(twc_http_fields_get(&f, "accept-", NULL));
	assert_false(twc_http_fields_get(&f, "accepu", NULL)); /* the same letter and length */
	twc_http_fields_clear(&f);
	assert_false(twc_http_fields_get(&f, "accept", NULL));
	twc_http_fields_fini(&f);
}

static void what_is_no_field(void **state)
{
	struct twc_http_fields f = { 0 };
	struct twc_err err = { 0 };

	assert_int_equal(add(&f, "", "x"), TWC_EDATA);
	assert_int_equal(add(&f, "a b", "x"), TWC_EDATA);
	assert_int_equal(add(&f, "a:", "x"), TWC_EDATA);
	assert_int_equal(add(&f, "\xc3\xa4", "x"), TWC_EDATA);
	assert_int_equal(add(&f, "a", "x\r\nEvil: y"), TWC_EDATA);
	assert_int_equal(add(&f, "a", "x\n"), TWC_EDATA);
	assert_int_equal(add(&f, "a", "\x7f"), TWC_EDATA);
	assert_int_equal(twc_http_fields_add(&f, TWC_STR("a"), TWC_STR("x\0y"), &err), TWC_EDATA);
	assert_string_equal(err.text, "the value of a holds a control character");
	assert_int_equal(twc_http_fields_set(&f, TWC_STR("a"), TWC_STR("\r"), NULL), TWC_EDATA);
	assert_list(&f, "");
	twc_http_fields_fini(&f);
}

static void replacing_and_removing(void **state)
{
	struct twc_http_fields f = { 0 }, copy = { 0 };
	struct twc_str value;

	assert_int_equal(twc_http_fields_remove(&f, "a"), 0);
	for (int i = 0; i < 2; i++) {
		add(&f, "a", "1");
		add(&f, "b", "2");
		add(&f, "A", "3");
	}
	assert_int_equal(twc_http_fields_copy(&copy, &f, NULL), 0);
	assert_int_equal(twc_http_fields_set(&f, TWC_STR("A"), TWC_STR(" longer "), NULL), 0);
	assert_list(&f, "a=longer;b=2;b=2;");
	assert_int_equal(twc_http_fields_set(&f, TWC_STR("a"), TWC_STR("s"), NULL), 0);
	assert_int_equal(twc_http_fields_set(&f, TWC_STR("c"), TWC_STR(""), NULL), 0);
	assert_list(&f, "a=s;b=2;b=2;c=;");
	assert_int_equal(twc_http_fields_remove(&f, "B"), 2);
	assert_int_equal(twc_http_fields_remove(&f, "b"), 0);
	assert_list(&f, "a=s;c=;");
	assert_int_equal(twc_http_fields_remove(&f, "C"), 1);
	assert_list(&f, "a=s;");
	assert_list(&copy, "a=1;b=2;A=3;a=1;b=2;A=3;");
	assert_int_equal(twc_http_fields_remove(&copy, "a"), 4);
	assert_list(&copy, "b=2;b=2;");
	assert_int_equal(twc_http_fields_copy(&copy, &copy, NULL), 0);
	assert_int_equal(twc_http_fields_copy(&copy, &f, NULL), 0);
	assert_list(&copy, "a=s;");
	/* A part of the list itself may go into it, also when its store moves. */
	for (int i = 0; i < 200; i++) {
		assert_true(twc_http_fields_get(&f, "a", &value));
		assert_int_equal(twc_http_fields_add(&f, TWC_STR("again"), value, NULL), 0);
		assert_true(twc_http_fields_get(&f, "again", &value));
		assert_true(twc_str_is(value, "s"));
	}
	assert_int_equal(twc_http_fields_set(&f, TWC_STR("a"), TWC_STR("0123456789"), NULL), 0);
	twc_http_fields_get(&f, "a", &value);
	value.p += 2;
	value.n -= 2;
	assert_int_equal(twc_http_fields_set(&f, TWC_STR("a"), value, NULL), 0);
	assert_true(twc_http_fields_get(&f, "a", &value));
	assert_true(twc_str_is(value, "23456789"));
	twc_http_fields_fini(&f);
	twc_http_fields_fini(&copy);
}

static void members_of_lists(void **state)
{
	struct twc_http_fields f = { 0 };

	add(&f, "Connection", "keep-alive, Upgrade");
	add(&f, "Accept-Encoding", "gzip;q=0.5,, br ; q=1 ,");
	add(&f, "connection", "TE");
	assert_true(twc_http_fields_has(&f, "connection", "upgrade"));
	assert_true(twc_http_fields_has(&f, "Connection", "te"));
	assert_false(twc_http_fields_has(&f, "connection", "keep"));
	assert_false(twc_http_fields_has(&f, "connection", ""));
	assert_true(twc_http_fields_has(&f, "accept-encoding", "br"));
	assert_true(twc_http_fields_has(&f, "accept-encoding", "gzip"));
	assert_false(twc_http_fields_has(&f, "accept-encoding", "q=1"));
	assert_false(twc_http_fields_has(&f, "te", "te"));
	twc_http_fields_fini(&f);
}

static void the_maxima(void **state)
{
	struct twc_http_fields f = { 0 };
	char *big = malloc(TWC_HTTP_FIELDS_BYTES + 1);
	struct twc_str value = { big, TWC_HTTP_FIELDS_BYTES + 1 };

	assert_non_null(big);
	memset(big, 'x', TWC_HTTP_FIELDS_BYTES + 1);
	assert_int_equal(twc_http_fields_add(&f, TWC_STR("a"), value, NULL), TWC_ETOOLONG);
	value.n = TWC_HTTP_FIELDS_BYTES - 1;
	assert_int_equal(twc_http_fields_add(&f, TWC_STR("a"), value, NULL), 0);
	assert_int_equal(add(&f, "b", ""), TWC_ETOOLONG);
	assert_int_equal(twc_http_fields_set(&f, TWC_STR("a"), TWC_STR(""), NULL), 0);
	/* What was replaced does not count: any number of times. */
	for (int i = 0; i < 20; i++) {
		value.n = TWC_HTTP_FIELDS_BYTES / 2 + (size_t)i;
		assert_int_equal(twc_http_fields_set(&f, TWC_STR("a"), value, NULL), 0);
	}
	for (int i = 1; i < TWC_HTTP_FIELDS_MAX; i++)
		assert_int_equal(add(&f, "b", "x"), 0);
	assert_int_equal(add(&f, "b", "x"), TWC_ETOOLONG);
	assert_int_equal(twc_http_fields_count(&f), TWC_HTTP_FIELDS_MAX);
	free(big);
	twc_http_fields_fini(&f);
}

/* ---- against a model ---- */

struct model {
	char name[64][2], value[64][64];
	size_t n;
};

static size_t model_drop(struct model *m, char name, size_t from)
{
	size_t to = from, dropped;

	for (size_t i = from; i < m->n; i++) {
		if (m->name[i][0] == name)
			continue;
		memmove(m->name[to], m->name[i], sizeof(m->name[0]));
		memmove(m->value[to++], m->value[i], sizeof(m->value[0]));
	}
	dropped = m->n - to;
	m->n = to;
	return dropped;
}

static void model_set(struct model *m, char name, const char *value, bool is_set)
{
	size_t i = m->n;

	if (is_set)
		for (i = 0; i < m->n && m->name[i][0] != name;)
			i++;
	if (i == m->n)
		m->n++;
	m->name[i][0] = name;
	strcpy(m->value[i], value);
	if (is_set)
		model_drop(m, name, i + 1);
}

static void random_changes(void **state)
{
	struct twc_http_fields f = { 0 };
	struct model m = { 0 };
	uint32_t seed = 7;

	for (int turn = 0; turn < 5000; turn++) {
		char name[2] = "", value[64] = "";

		seed = seed * 1664525u + 1013904223u;
		name[0] = (char)('a' + (seed >> 28) % 6);
		memset(value, 'x', (seed >> 20) % 60);
		if ((seed >> 16) % 4 == 0 || m.n > 60) {
			assert_int_equal(twc_http_fields_remove(&f, name), model_drop(&m, name[0], 0));
		} else {
			bool is_set = (seed >> 16) % 4 == 1;

			model_set(&m, name[0], value, is_set);
			assert_int_equal((is_set ? twc_http_fields_set : twc_http_fields_add)(&f, twc_str_of(name),
											      twc_str_of(value), NULL), 0);
		}
		assert_int_equal(twc_http_fields_count(&f), m.n);
		for (size_t i = 0; i < m.n; i++) {
			struct twc_http_field field = twc_http_fields_at(&f, i);

			assert_true(twc_str_is(field.name, m.name[i]) && twc_str_is(field.value, m.value[i]));
		}
	}
	twc_http_fields_fini(&f);
}

static void *no_more_memory(void *p, size_t n)
{
	if (n == 0)
		free(p);
	return NULL;
}

static void without_memory(void **state)
{
	struct twc_http_fields f = { 0 }, copy = { 0 };

	assert_int_equal(add(&f, "a", "1"), 0);
	twc_mem_set_hook(no_more_memory);
	assert_int_equal(twc_http_fields_copy(&copy, &f, NULL), TWC_ENOMEM);
	assert_int_equal(add(&copy, "a", "1"), TWC_ENOMEM);
	while (add(&f, "a", "0123456789012345678901234567890123456789012345678901234567890") == 0)
		;
	assert_true(twc_http_fields_count(&f) > 1);
	assert_int_equal(twc_http_fields_count(&copy), 0);
	twc_http_fields_fini(&f);
	twc_http_fields_fini(&copy);
	twc_mem_set_hook(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding_and_finding),
		cmocka_unit_test(what_is_no_field),
		cmocka_unit_test(replacing_and_removing),
		cmocka_unit_test(members_of_lists),
		cmocka_unit_test(the_maxima),
		cmocka_unit_test(random_changes),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
