/* SPDX-License-Identifier: MIT */
/* Items to a document: httpie's examples, its errors, and what must not fill the memory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <twc/json.h>

/* Items as "key=value" or "key:=json"; the first = parts them. */
static int add(struct twc_json_items *items, const char *item, struct twc_err *err)
{
	const char *eq = strchr(item, '=');
	bool is_raw = eq > item && eq[-1] == ':';

	return twc_json_items_add(items, (struct twc_str){ item, (size_t)(eq - item) - is_raw }, twc_str_of(eq + 1), is_raw, err);
}

static void documents(void **state)
{
	static const struct {
		const char *items[8];
		const char *out;
	} rows[] = {
		{ { NULL }, "{}" },
		{ { "b=1", "a:=2", "c=", "d:=null", "e:=[1, {\"x\":true}]" }, "{\"b\":\"1\",\"a\":2,\"c\":\"\",\"d\":null,\"e\":[1,{\"x\":true}]}" },
		{ { "user[name]=bob", "user[age]:=7", "user[tags][]=x", "user[tags][]=y" },
		  "{\"user\":{\"name\":\"bob\",\"age\":7,\"tags\":[\"x\",\"y\"]}}" },
		{ { "a[2]=c", "a[0]=a" }, "{\"a\":[\"a\",null,\"c\"]}" },
		{ { "a[0][b]=1", "a[0][c]=2", "a[][b]=3" }, "{\"a\":[{\"b\":\"1\",\"c\":\"2\"},{\"b\":\"3\"}]}" },
		{ { "a[1][b]=1", "a[0][b]=0" }, "{\"a\":[{\"b\":\"0\"},{\"b\":\"1\"}]}" }, /* a null gives way */
		{ { "[]=x", "[]:=1", "[5]=y" }, "[\"x\",1,null,null,null,\"y\"]" },
		{ { "[0][a]=x" }, "[{\"a\":\"x\"}]" },
		{ { "a=1", "b=2", "a=3" }, "{\"a\":\"3\",\"b\":\"2\"}" }, /* its place stays */
		{ { "a:={\"x\":1}", "a[y]=2" }, "{\"a\":{\"x\":1,\"y\":\"2\"}}" },
		{ { "5=x", "a[\\5]=y", "a[5a]=z" }, "{\"5\":\"x\",\"a\":{\"5\":\"y\",\"5a\":\"z\"}}" },
		{ { "a\\[b\\]=x", "c[d\\]e]=y", "f\\\\g=z", "h\\i=w" }, "{\"a[b]\":\"x\",\"c\":{\"d]e\":\"y\"},\"f\\\\g\":\"z\",\"h\\\\i\":\"w\"}" },
		{ { "\\5=x", "\\5b=y" }, "{\"5\":\"x\",\"\\\\5b\":\"y\"}" },
		{ { "=x" }, "{\"\":\"x\"}" },
		{ { "a:=1.10", "b:=0.1", "c:=1e3", "d:=-0.0", "e:=123456789.123456789", "f:=9007199254740993" },
		  "{\"a\":1.1,\"b\":0.1,\"c\":1000.0,\"d\":-0.0,\"e\":123456789.12345679,\"f\":9007199254740993}" },
		{ { "a=\"q\"\n\x01" }, "{\"a\":\"\\\"q\\\"\\n\\u0001\"}" },
		{ { "gr\xc3\xbc\xc3\x9f=\xe2\x82\xac" }, "{\"gr\xc3\xbc\xc3\x9f\":\"\xe2\x82\xac\"}" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_json_items *items = twc_json_items_new();
		struct twc_err err = { 0 };
		struct twc_buf b;

		twc_buf_init(&b, 1024);
		assert_true(twc_json_items_is_empty(items));
		for (size_t k = 0; rows[i].items[k]; k++)
			if (add(items, rows[i].items[k], &err))
				fail_msg("row %zu, item %zu: %s", i, k, err.text);
		assert_int_equal(twc_json_items_is_empty(items), !rows[i].items[0]);
		assert_int_equal(twc_json_items_write(items, &b), 0);
		assert_string_equal(twc_buf_cstr(&b), rows[i].out);
		twc_buf_fini(&b);
		twc_json_items_free(items);
	}
}

static void faults(void **state)
{
	static const struct {
		const char *before, *item, *text;
		int column, sys;
	} rows[] = {
		{ NULL, "a[b=x", "] is missing", 4, 0 },
		{ NULL, "a[=x", "] is missing", 3, 0 },
		{ NULL, "a]=x", "nothing is open that ] could close", 2, 0 },
		{ NULL, "a[b]]=x", "nothing is open that ] could close", 5, 0 },
		{ NULL, "a[b]c=x", "behind ] only [ may follow", 5, 0 },
		{ NULL, "a[b[c]]=x", "[ inside of brackets", 4, 0 },
		{ NULL, "a[-1]=x", "places in a list are not negative", 3, 0 },
		{ NULL, "a[65536]=x", "places in a list end at 65535", 3, 0 },
		{ NULL, "a[99999999999999999999999]=x", "places in a list end at 65535", 3, 0 },
		{ "a=1", "a[b]=x", "\"a\" is a string already, not an object", 2, 0 },
		{ "a:=1", "a[]=x", "\"a\" is a number already, not a list", 2, 0 },
		{ "a[]=1", "a[b]=x", "\"a\" is a list already, not an object", 2, 0 },
		{ "a[b][c]:=true", "a[b][c][0]=x", "\"a[b][c]\" is a boolean already, not a list", 8, 0 },
		{ "a[b]=1", "a[0]=x", "\"a\" is an object already, not a list", 2, 0 },
		{ "a=1", "[]=x", "the document is an object already, not a list", 1, 0 },
		{ "[]=1", "a=x", "the document is a list already, not an object", 1, 0 },
		{ NULL, "\xff=x", "the key is not UTF-8", 1, 0 },
		{ NULL, "a=ab\xff", "the value is not UTF-8", 3, 1 },
		{ NULL, "a:=[1,]", "not JSON: column 4: ", 4, 1 },
		{ NULL, "a:=", "not JSON: column", 1, 1 },
		{ NULL, "a:=12345678901234567890", "not JSON: column", 20, 1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_json_items *items = twc_json_items_new();
		struct twc_err err = { 0 };

		if (rows[i].before)
			assert_int_equal(add(items, rows[i].before, NULL), 0);
		assert_int_equal(add(items, rows[i].item, &err), TWC_EUSAGE);
		if (!strstr(err.text, rows[i].text) || err.column != rows[i].column || err.sys != rows[i].sys)
			fail_msg("row %zu: %s, column %d, sys %d", i, err.text, err.column, err.sys);
		assert_int_equal(add(items, rows[i].item, NULL), TWC_EUSAGE);
		twc_json_items_free(items);
	}
}

static void levels_have_a_limit(void **state)
{
	struct twc_json_items *items = twc_json_items_new();
	struct twc_err err = { 0 };
	char key[3 * 128 + 8] = "a";

	for (int i = 0; i < 127; i++)
		memcpy(key + 1 + 3 * i, "[b]", 4);
	assert_int_equal(twc_json_items_add(items, twc_str_of(key), TWC_STR("x"), false, &err), 0);
	memcpy(key + 1 + 3 * 127, "[b]", 4);
	assert_int_equal(twc_json_items_add(items, twc_str_of(key), TWC_STR("x"), false, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "more than 128 levels");
	twc_json_items_free(items);
	twc_json_items_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(faults),
		cmocka_unit_test(levels_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
