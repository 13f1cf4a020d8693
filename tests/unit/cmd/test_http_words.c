/* SPDX-License-Identifier: MIT */
/* Which operand of twc http is the method, a URL, an item; and what an item is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_words.h"
#include <stdio.h>

/* "GET|http://h/|:X=1": method, URLs, items by kind. */
static const char *read_line(const char *line, int *rc)
{
	static const char kinds[] = "F-;?tjTJ@"; /* by enum http_item_kind */
	static char out[512];
	char text[256], *argv[20], *save = NULL;
	struct http_words w = { 0 };
	struct twc_err err = { 0 };
	int argc = 0;
	size_t n;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	*rc = http_words_parse(&w, argc, argv, &err);
	n = (size_t)snprintf(out, sizeof(out), "%s", w.method ? w.method : "");
	for (size_t i = 0; i < w.n_urls; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "|%s", w.url[i]);
	for (size_t i = 0; i < w.n_items; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, " %c%s,%s", kinds[w.item[i].kind], w.item[i].name,
				      w.item[i].value);
	http_words_fini(&w);
	return out;
}

static void operands(void **state)
{
	static const struct {
		const char *line, *read;
	} rows[] = {
		{ "http://h/", "|http://h/" },
		{ "GET", "|GET" }, /* a host may be called so */
		{ "GET h", "GET|h" },
		{ "VERSION-CONTROL h", "VERSION-CONTROL|h" },
		{ "get h", "|get|h" },
		{ "h:80/x=y", "|h:80/x=y" }, /* the first is a URL, whatever it looks like */
		{ "a b https://c/?d=e", "|a|b|https://c/?d=e" },
		{ "h :8080/x", "|h|:8080/x" },
		{ "h 127.0.0.1:80", "|h|127.0.0.1:80" },
		{ "h a.test/p?q=1", "|h|a.test/p?q=1" },
		{ "h localhost:1 [::1]:80", "|h|localhost:1|[::1]:80" },
		{ "h local:1", "|h Flocal,1" },
		{ "h a=b", "|h ta,b" },
		{ "h a:=1 a==b a:b a: a; a@f a=@f a:=@f", "|h ja,1 ?a,b Fa,b -a, ;a, @a,f Ta,f Ja,f" },
		{ "h a=b:c a:b=c a@b=c", "|h ta,b:c Fa,b=c @a,b=c" },
		{ "h a\\=b=c a\\:b=c", "|h ta=b,c ta:b,c" },
		{ "h a\\[b=c", "|h ta\\[b,c" }, /* paths of JSON have a meaning for it */
		{ "h a[b][]=c", "|h ta[b][],c" },
		{ "h file.txt", "|h|file.txt" },
		{ "h e@f;type=x", "|h @e,f;type=x" },
		{ "PUT h a=1 i k=2", "PUT|h|i ta,1 tk,2" },
	};
	int rc;

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		const char *read = read_line(rows[i].line, &rc);

		if (rc || strcmp(read, rows[i].read) != 0)
			fail_msg("%s: %d %s", rows[i].line, rc, read);
	}
}

static void faults(void **state)
{
	static const char *const lines[] = { "h :x", "h (:b", "h ==b", "h @f", "h a,b:c" };
	int rc;

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(lines); i++) {
		(void)read_line(lines[i], &rc);
		if (rc != TWC_EUSAGE)
			fail_msg("%s: %d", lines[i], rc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(operands), cmocka_unit_test(faults) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
