/* SPDX-License-Identifier: MIT */
/* Lines and records to events: whole, byte by byte and at random splits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/http/sse_records.h"
#include "support/chunk.h"

static const struct row {
	bool is_records;
	const char *in, *out, *id;
} rows[] = {
	{ false, "", "", "" },
	{ false, "a\nb\n", "id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "2" },
	{ false, "a\r\n\n\r\nb", "id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "2" },
	{ false, "data: a\n", "id: 1\ndata: data: a\n\n", "1" },
	{ true, "a\nb\n\nc\n", "id: 1\ndata: a\ndata: b\n\nid: 2\ndata: c\n\n", "2" },
	{ true, "\n\na\r\nb\r\n\r\n\r\n\r\nc", "id: 1\ndata: a\ndata: b\n\nid: 2\ndata: c\n\n", "2" },
	{ true, "event: e\ndata: a\ndata: b\n\n", "event: e\nid: 1\ndata: a\ndata: b\n\n", "1" },
	{ true, "id: x\nretry: 9\ndata: a\n\ndata: b\n\n", "id: x\nretry: 9\ndata: a\n\nid: 2\ndata: b\n\n", "2" },
	{ true, ": comment\n\ndata: a\n\nevent: e\n\n", "id: 1\ndata: a\n\n", "1" },
	{ true, ": comment\ndata: a", "id: 1\ndata: a\n\n", "1" },
};

struct reading {
	struct twc__http_records r;
	struct twc_buf out;
};

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct reading *rd = arg;

	assert_int_equal(twc__http_records_feed(&rd->r, p, n, NULL), 0);
	while (twc__http_records_next(&rd->r, false, &rd->out, NULL) == 1)
		;
	return true;
}

static void check(const struct row *row, enum chunk_mode mode)
{
	struct reading rd;
	struct twc_str id;

	twc__http_records_init(&rd.r, row->is_records);
	twc_buf_init(&rd.out, 4096);
	chunk_feed(mode, 7, row->in, strlen(row->in), feed, &rd);
	while (twc__http_records_next(&rd.r, true, &rd.out, NULL) == 1)
		;
	if (strcmp(twc_buf_cstr(&rd.out), row->out) != 0)
		fail_msg("%s, %s:\n%s\nnot\n%s", row->in, chunk_name(mode), twc_buf_cstr(&rd.out), row->out);
	id = twc__http_records_id(&rd.r);
	assert_int_equal(id.n, strlen(row->id));
	assert_memory_equal(id.p, row->id, id.n);
	twc_buf_fini(&rd.out);
	twc__http_records_fini(&rd.r);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++)
			check(&rows[i], mode);
}

static void test_a_line_has_a_maximum(void **state)
{
	static char piece[64 * 1024];
	struct twc__http_records r;
	struct twc_err err;
	int rc = 0;

	memset(piece, 'x', sizeof(piece));
	twc__http_records_init(&r, false);
	for (unsigned i = 0; rc == 0; i++) {
		assert_in_range(i, 0, 17);
		rc = twc__http_records_feed(&r, piece, sizeof(piece), &err);
	}
	assert_int_equal(rc, TWC_ETOOLONG);
	twc__http_records_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_a_line_has_a_maximum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
