/* SPDX-License-Identifier: MIT */
/* Event streams: the examples and the corners of the specification, at any cut; and back into bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/http/sse.h"
#include "support/chunk.h"

struct heard {
	struct twc__http_sse s;
	struct twc_buf text; /* type/data/id/retry; */
	struct twc_err err;
	int code;
};

static int on_event(void *arg, const struct twc__http_sse_event *e, struct twc_err *err)
{
	struct heard *h = arg;

	return twc_buf_addf(&h->text, "%.*s/%.*s/%.*s/%lld;", (int)e->type.n, e->type.p, (int)e->data.n, e->data.p,
			    (int)e->id.n, e->id.p, (long long)e->retry_ms);
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct heard *h = arg;

	h->code = twc__http_sse_feed(&h->s, p, n, &h->err);
	return h->code == 0;
}

static void hear(struct heard *h, enum chunk_mode mode, const char *body, size_t n)
{
	*h = (struct heard){ 0 };
	twc_buf_init(&h->text, 16 * 1048576);
	twc__http_sse_init(&h->s, on_event, h);
	chunk_feed(mode, 7, body, n, feed, h);
}

static void heard_free(struct heard *h)
{
	twc__http_sse_fini(&h->s);
	twc_buf_fini(&h->text);
}

static void streams(void **state)
{
	static const struct {
		const char *body, *heard;
	} rows[] = {
		{ "data: one\n\n", "/one//-1;" },
		{ "data: YHOO\ndata: +2\ndata: 10\n\n", "/YHOO\n+2\n10//-1;" },
		{ ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
		  "/first event/1/-1;/second event//-1;/ third event//-1;" },
		{ "data\n\ndata\ndata\n\ndata:", "///-1;/\n//-1;" }, /* the last block is not ended */
		{ "data:test\n\ndata: test\n\n", "/test//-1;/test//-1;" },
		{ "event: add\ndata: 7\n\nevent: gone\n\ndata: x\n\n", "add/7//-1;/x//-1;" },
		{ "data: a\r\n\r\ndata: b\r\rdata: c\n\n", "/a//-1;/b//-1;/c//-1;" },
		{ "data: a\rdata: b\r\ndata: c\n\r\n", "/a\nb\nc//-1;" },
		{ "\xef\xbb\xbf" "data: bom\n\n", "/bom//-1;" },
		{ "\n\xef\xbb\xbf" "data: late bom\n\n", "" },
		{ "\xef\xbb\xbf\xef\xbb\xbf" "data: two\n\n", "" },
		{ "id: 1\n\ndata: a\n\nid: 2\ndata: b\n\n", "/a/1/-1;/b/2/-1;" },
		{ "retry: 100\ndata: a\n\ndata: b\n\nretry: 1x\nretry:\nretry: -1\ndata: c\n\n", "/a//100;/b//-1;/c//-1;" },
		{ "retry: 99999999999999999999999\ndata: a\n\n", "/a//86400000;" },
		{ "unknown: x\ndat: y\n:data: z\nData: w\ndata x: y\n\n", "" },
		{ "data: a: b\nevent::c\n\n", ":c/a: b//-1;" },
		{ "", "" },
		{ "\n\n\r\n", "" },
	};
	struct heard h;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			hear(&h, (enum chunk_mode)mode, rows[i].body, strlen(rows[i].body));
			assert_int_equal(h.code, 0);
			if (strcmp(twc_buf_cstr(&h.text), rows[i].heard) != 0)
				fail_msg("row %zu: %s", i, twc_buf_cstr(&h.text));
			heard_free(&h);
		}
}

static void ids_with_nul_are_ignored(void **state)
{
	static const char body[] = "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n";
	struct heard h;

	hear(&h, CHUNK_BYTES, body, sizeof(body) - 1);
	assert_string_equal(twc_buf_cstr(&h.text), "/a/1/-1;/b/1/-1;");
	heard_free(&h);
}

static void a_new_connection(void **state)
{
	static const char first[] = "id: 7\nretry: 50\ndata: a\n\nid: 8\ndata: lost\r";
	static const char second[] = "\n\xef\xbb\xbf", third[] = "\xef\xbb\xbf" "data: b\n\n";
	struct heard h;

	hear(&h, CHUNK_WHOLE, first, sizeof(first) - 1);
	assert_true(twc_str_is(twc__http_sse_last_id(&h.s), "7"));
	assert_int_equal(twc__http_sse_retry(&h.s), 50);
	twc__http_sse_reset(&h.s);
	assert_true(feed(&h, (const uint8_t *)second, sizeof(second) - 1));
	twc__http_sse_reset(&h.s);
	assert_true(feed(&h, (const uint8_t *)third, sizeof(third) - 1));
	assert_string_equal(twc_buf_cstr(&h.text), "/a/7/50;/b/7/-1;");
	assert_int_equal(twc__http_sse_retry(&h.s), 50);
	heard_free(&h);
}

static void sizes_have_limits(void **state)
{
	static const struct {
		const char *head;
		size_t n;
		int copies, code;
	} rows[] = {
		{ "data:", TWC__HTTP_SSE_EVENT_MAX - 5, 1, 0 },
		{ "data:", TWC__HTTP_SSE_EVENT_MAX - 4, 1, TWC_ETOOLONG },
		{ "data:", TWC__HTTP_SSE_EVENT_MAX / 2 - 1, 2, 0 },
		{ "data:", TWC__HTTP_SSE_EVENT_MAX / 2 + 1, 2, TWC_ETOOLONG },
		{ "id:", TWC__HTTP_SSE_ID_MAX, 1, 0 },
		{ "id:", TWC__HTTP_SSE_ID_MAX + 1, 1, TWC_ETOOLONG },
		{ "event:", TWC__HTTP_SSE_ID_MAX + 1, 1, TWC_ETOOLONG },
	};
	struct heard h;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_buf b;
		char *p;

		twc_buf_init(&b, 8 * 1048576);
		for (int k = 0; k < rows[i].copies; k++) {
			assert_int_equal(twc_buf_add(&b, rows[i].head, strlen(rows[i].head)), 0);
			assert_int_equal(twc_buf_reserve(&b, rows[i].n, &p), 0);
			memset(p, 'x', rows[i].n);
			twc_buf_commit(&b, rows[i].n);
			assert_int_equal(twc_buf_add(&b, "\n", 1), 0);
		}
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			hear(&h, (enum chunk_mode)mode, twc_buf_head(&b), twc_buf_len(&b));
			if (h.code != rows[i].code)
				fail_msg("row %zu, %s: %d", i, chunk_name((enum chunk_mode)mode), h.code);
			heard_free(&h);
		}
		twc_buf_fini(&b);
	}
}

static void events_are_written(void **state)
{
	static const struct {
		struct twc__http_sse_event e;
		const char *out;
	} rows[] = {
		{ { .data = { "hi", 2 }, .retry_ms = -1 }, "data: hi\n\n" },
		{ { .data = { "", 0 }, .retry_ms = -1 }, "data: \n\n" },
		{ { .data = { "a\nb\r\nc\rd\n", 9 }, .retry_ms = -1 }, "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n" },
		{ { .type = { "add", 3 }, .id = { "7", 1 }, .data = { " x", 2 }, .retry_ms = 250 },
		  "event: add\nid: 7\nretry: 250\ndata:  x\n\n" },
		{ { .retry_ms = 0 }, "retry: 0\n\n" },
		{ { .id = { "", 0 }, .data = { "x", 1 }, .retry_ms = -1 }, "id: \ndata: x\n\n" },
	};
	struct twc__http_sse_event bad = { .type = TWC_STR("a\nb"), .retry_ms = -1 };
	struct twc_err err = { 0 };
	struct twc_buf b;

	twc_buf_init(&b, 1024);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		twc_buf_clear(&b);
		assert_int_equal(twc__http_sse_write(&b, &rows[i].e, &err), 0);
		assert_string_equal(twc_buf_cstr(&b), rows[i].out);
	}
	assert_int_equal(twc__http_sse_write(&b, &bad, &err), TWC_EUSAGE);
	bad = (struct twc__http_sse_event){ .id = { "a\0", 2 } };
	assert_int_equal(twc__http_sse_write(&b, &bad, &err), TWC_EUSAGE);
	twc_buf_clear(&b);
	assert_int_equal(twc__http_sse_comment(&b, TWC_STR("alive\nstill")), 0);
	assert_string_equal(twc_buf_cstr(&b), ": alive\n: still\n");
	twc_buf_fini(&b);
	twc_buf_init(&b, 8);
	assert_int_equal(twc__http_sse_write(&b, &rows[0].e, &err), TWC_ETOOLONG);
	twc_buf_fini(&b);
}

static int refuse(void *arg, const struct twc__http_sse_event *e, struct twc_err *err)
{
	return twc_err_set(err, TWC_EPIPEOUT, "gone");
}

static void who_listens_may_refuse(void **state)
{
	struct twc__http_sse s;
	struct twc_err err = { 0 };

	twc__http_sse_init(&s, refuse, NULL);
	assert_int_equal(twc__http_sse_feed(&s, (const uint8_t *)"data:\n\nx", 8, &err), TWC_EPIPEOUT);
	assert_string_equal(err.text, "gone");
	assert_int_equal(twc__http_sse_feed(&s, (const uint8_t *)"\n", 1, &err), TWC_EPIPEOUT);
	twc__http_sse_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams),	     cmocka_unit_test(ids_with_nul_are_ignored),
		cmocka_unit_test(a_new_connection),  cmocka_unit_test(sizes_have_limits),
		cmocka_unit_test(events_are_written), cmocka_unit_test(who_listens_may_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
