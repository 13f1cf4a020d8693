/* SPDX-License-Identifier: MIT */
/* Forms taken apart: the same parts however the body is cut, and clear words for what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/http/multipart_read.h"
#include "support/chunk.h"

/* What the callbacks heard, as text: [name|filename|type]data; */
struct heard {
	struct twc__http_multipart m;
	struct twc_buf text;
	struct twc_err err;
	int code;
	bool refuses;
};

static int on_begin(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct heard *h = arg;

	assert_int_equal(twc_buf_addf(&h->text, "%zu[%.*s|%.*s|%.*s]", part->index, (int)part->name.n, part->name.p,
				      part->filename.p ? (int)part->filename.n : 1, part->filename.p ? part->filename.p : "-",
				      part->type.p ? (int)part->type.n : 1, part->type.p ? part->type.p : "-"), 0);
	return h->refuses ? twc_err_set(err, TWC_EIO, "no room") : 0;
}

static int on_data(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	struct heard *h = arg;

	assert_true(n > 0);
	return twc_buf_add(&h->text, p, n);
}

static int on_end(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct heard *h = arg;

	return twc_buf_add(&h->text, ";", 1);
}

static const struct twc__http_multipart_ops ops = { .begin = on_begin, .data = on_data, .end = on_end };

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct heard *h = arg;

	h->code = twc__http_multipart_feed(&h->m, p, n, &h->err);
	return h->code == 0;
}

static void hear(struct heard *h, enum chunk_mode mode, uint32_t seed, const char *body, size_t n)
{
	*h = (struct heard){ 0 };
	twc_buf_init(&h->text, 1048576);
	twc__http_multipart_init(&h->m, "B", &ops, h);
	chunk_feed(mode, seed, body, n, feed, h);
	if (h->code == 0)
		h->code = twc__http_multipart_finish(&h->m, &h->err);
	assert_int_equal(h->err.code, h->code);
}

static void heard_free(struct heard *h)
{
	twc__http_multipart_fini(&h->m);
	twc_buf_fini(&h->text);
}

#define CD "Content-Disposition: form-data; name=\"a\"\r\n"

static void parts(void **state)
{
	static const struct {
		const char *body, *heard;
	} rows[] = {
		{ "--B\r\n" CD "\r\nhello\r\n--B--\r\n", "0[a|-|-]hello;" },
		{ "--B\r\n" CD "\r\n\r\n--B--", "0[a|-|-];" },
		{ "--B\r\n" CD "\r\n--B--", "0[a|-|-];" }, /* the empty line is the delimiter's */
		{ "--B--\r\n", "" },
		{ "a preamble\r\nof --B lines\r\n--B \t\r\n" CD "\r\nx\r\n--B--\r\nand more\r\n--B\r\n", "0[a|-|-]x;" },
		{ "--B\r\n" CD "\r\n1\r\n--B\r\ncontent-disposition:form-data; filename=f.txt; name=b\r\nContent-Type: text/plain; "
		  "charset=x\r\nX-Else: y\r\n\r\n2\r\n\r\n--B--", "0[a|-|-]1;1[b|f.txt|text/plain; charset=x]2\r\n;" },
		/* what begins like a delimiter */
		{ "--B\r\n" CD "\r\n\r\r\n\r\n-\r\n--\r\n--A--B\r\r\n--B--", "0[a|-|-]\r\r\n\r\n-\r\n--\r\n--A--B\r;" },
		{ "--B\r\n" CD "\r\n--A\r\n--B--", "0[a|-|-]--A;" },
		{ "--B\r\n" CD "\r\n-\r\n--B--", "0[a|-|-]-;" },
		{ "--B\r\n" CD "\r\n--\r\n--B--", "0[a|-|-]--;" },
		{ "--B\r\n" CD "\r\n\r\n\r\n--B--", "0[a|-|-]\r\n;" },
		/* names */
		{ "--B\r\nContent-Disposition: form-data; name=\"a%22%0d%0Ab%41%\"; filename=\"c\\\"d\\\\e\\f\"\r\n\r\n\r\n--B--",
		  "0[a\"\r\nb%41%|c\"d\\e\\f|-];" },
		{ "--B\r\nContent-Disposition: form-data; name=\"\"; filename=\"\"\r\n\r\n\r\n--B--", "0[||-];" },
		{ "--B\r\nContent-Disposition: form-data; name=\"gr\xc3\xbc\xc3\x9f\"; filename*=UTF-8''x\r\n\r\n\r\n--B--",
		  "0[gr\xc3\xbc\xc3\x9f|-|-];" },
	};
	struct heard h;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		for (uint32_t k = 0; k < 8; k++) {
			hear(&h, (enum chunk_mode)(k < 2 ? k : 2), k, rows[i].body, strlen(rows[i].body));
			if (h.code)
				fail_msg("row %zu: %s", i, h.err.text);
			assert_string_equal(twc_buf_cstr(&h.text), rows[i].heard);
			heard_free(&h);
		}
}

static void what_is_none(void **state)
{
	static const struct {
		const char *body;
		int code;
		const char *text;
	} rows[] = {
		{ "", TWC_ETRUNC, "before its last boundary" },
		{ "nothing of it", TWC_ETRUNC, "before its last boundary" },
		{ "--B\r\n" CD "\r\nhello\r\n--B", TWC_ETRUNC, "before its last boundary" },
		{ "--B\r\n" CD "\r\nhello\r\n--B-", TWC_ETRUNC, "before its last boundary" },
		{ "--Bx\r\n", TWC_EPROTO, "followed by" },
		{ "--B\n" CD, TWC_EPROTO, "followed by" },
		{ "--B-x", TWC_EPROTO, "followed by" },
		{ "--B -", TWC_EPROTO, "followed by" },
		{ "--B\rx", TWC_EPROTO, "followed by" },
		{ "--B\r\n\r\nx\r\n--B--", TWC_EPROTO, "no Content-Disposition" },
		{ "--B\r\nContent-Disposition: form-data\r\n\r\n", TWC_EPROTO, "part 1: it has no name" },
		{ "--B\r\nContent-Disposition: attachment; name=a\r\n\r\n", TWC_EPROTO, "not form-data" },
		{ "--B\r\n" CD CD "\r\n", TWC_EPROTO, "two Content-Dispositions" },
		{ "--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n", TWC_EPROTO, "two names" },
		{ "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\n", TWC_EPROTO, "malformed Content-Disposition" },
		{ "--B\r\n" CD "Content-Type: a\r\nContent-Type: b\r\n\r\n", TWC_EPROTO, "two Content-Types" },
		{ "--B\r\n" CD " folded\r\n\r\n", TWC_EPROTO, "is no header" },
		{ "--B\r\n" CD "no colon\r\n\r\n", TWC_EPROTO, "is no header" },
		{ "--B\r\n" CD "A: \x01\r\n\r\n", TWC_EPROTO, "control character" },
		{ "--B\r\n" CD "A: b\rc\r\n\r\n", TWC_EPROTO, "control character" },
		{ "--B\r\n" CD "A: b\n\r\n", TWC_EPROTO, "does not end with CR LF" },
		{ "--B\r\n" CD "\n", TWC_EPROTO, "does not end with CR LF" },
	};
	struct heard h;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			hear(&h, (enum chunk_mode)mode, 3, rows[i].body, strlen(rows[i].body));
			if (h.code != rows[i].code || !strstr(h.err.text, rows[i].text))
				fail_msg("row %zu: %d %s", i, h.code, h.err.text);
			assert_int_equal(twc__http_multipart_feed(&h.m, (const uint8_t *)"x", 1, NULL), h.code);
			assert_int_equal(twc__http_multipart_finish(&h.m, NULL), h.code);
			heard_free(&h);
		}
}

static void sizes_have_limits(void **state)
{
	struct twc_buf b;
	struct heard h;
	size_t head = strlen(CD "X: \r\n\r\n");

	for (int over = 0; over < 2; over++) {
		twc_buf_init(&b, 65536);
		assert_int_equal(twc_buf_addf(&b, "--B\r\n" CD "X: "), 0);
		for (size_t i = 0; i < TWC__HTTP_MULTIPART_HEAD_MAX - head + (size_t)over; i++)
			assert_int_equal(twc_buf_add(&b, "x", 1), 0);
		assert_int_equal(twc_buf_addf(&b, "\r\n\r\n\r\n--B--"), 0);
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			hear(&h, (enum chunk_mode)mode, 3, twc_buf_head(&b), twc_buf_len(&b));
			assert_int_equal(h.code, over ? TWC_ETOOLONG : 0);
			heard_free(&h);
		}
		twc_buf_fini(&b);
	}
	for (int over = 0; over < 2; over++) {
		twc_buf_init(&b, 1048576);
		for (int i = 0; i < TWC__HTTP_MULTIPART_PARTS_MAX + over; i++)
			assert_int_equal(twc_buf_addf(&b, "--B\r\n" CD "\r\n\r\n"), 0);
		assert_int_equal(twc_buf_addf(&b, "--B--"), 0);
		hear(&h, CHUNK_WHOLE, 0, twc_buf_head(&b), twc_buf_len(&b));
		assert_int_equal(h.code, over ? TWC_ETOOLONG : 0);
		heard_free(&h);
		twc_buf_fini(&b);
	}
}

static void who_listens_may_refuse(void **state)
{
	static const char body[] = "--B\r\n" CD "\r\nhello\r\n--B--\r\n";
	struct heard h = { .refuses = true };

	twc_buf_init(&h.text, 1024);
	twc__http_multipart_init(&h.m, "B", &ops, &h);
	assert_int_equal(twc__http_multipart_feed(&h.m, (const uint8_t *)body, sizeof(body) - 1, &h.err), TWC_EIO);
	assert_string_equal(h.err.text, "no room");
	assert_string_equal(twc_buf_cstr(&h.text), "0[a|-|-]");
	heard_free(&h);
}

static void boundaries(void **state)
{
	static const char seventy[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
	static const struct {
		const char *type, *boundary;
	} rows[] = {
		{ "multipart/form-data; boundary=x", "x" },
		{ "Multipart/Form-Data;charset=utf-8; BOUNDARY=\"a b?c\"", "a b?c" },
		{ "multipart/form-data; boundary=----WebKitFormBoundary7MA4", "----WebKitFormBoundary7MA4" },
		{ "multipart/form-data; boundary=01234567890123456789012345678901234567890123456789012345678901234567890", NULL },
		{ "multipart/form-data; boundary=\"\"", NULL },
		{ "multipart/form-data; boundary=\"x \"", NULL },
		{ "multipart/form-data; boundary=\"x@y\"", NULL },
		{ "multipart/form-data; boundary=x; boundary=x", NULL },
		{ "multipart/form-data; boundary=\"x", NULL },
		{ "multipart/form-data", NULL },
		{ "multipart/mixed; boundary=x", NULL },
		{ "", NULL },
	};
	char got[TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1], type[128];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };
		int rc = twc__http_multipart_boundary(twc_str_of(rows[i].type), got, &err);

		assert_int_equal(rc, rows[i].boundary ? 0 : TWC_EPROTO);
		assert_int_equal(err.code, rc);
		if (rows[i].boundary)
			assert_string_equal(got, rows[i].boundary);
	}
	snprintf(type, sizeof(type), "multipart/form-data; boundary=%s", seventy);
	assert_int_equal(twc__http_multipart_boundary(twc_str_of(type), got, NULL), 0);
	assert_string_equal(got, seventy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),		  cmocka_unit_test(what_is_none),
		cmocka_unit_test(sizes_have_limits),	  cmocka_unit_test(who_listens_may_refuse),
		cmocka_unit_test(boundaries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
