/* SPDX-License-Identifier: MIT */
/*
 * Forms: the same parts, bytes and error however the body is cut; callbacks in their order; what is written is read back.
 *
 * Input: boundary (1 byte), seed of the cuts (1 byte), then the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/http/multipart_read.h"
#include "protocol/http/multipart_write.h"
#include "support/chunk.h"

struct run {
	struct twc__http_multipart m;
	struct twc_buf heard;
	bool is_open;
	size_t n_parts;
	struct twc_err err;
	int code;
};

static void hear(struct run *r, const void *p, size_t n)
{
	TWC_ASSERT(twc_buf_add(&r->heard, p, n) == 0);
}

static int on_begin(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct run *r = arg;

	TWC_ASSERT(!r->is_open && part->index == r->n_parts && part->name.p);
	TWC_ASSERT(!memchr(part->name.p, '\0', part->name.n));
	r->is_open = true;
	r->n_parts++;
	hear(r, "{", 1);
	hear(r, part->name.p, part->name.n);
	hear(r, "|", 1);
	hear(r, part->filename.p, part->filename.n);
	hear(r, "|", 1);
	hear(r, part->type.p, part->type.n);
	hear(r, "|", 1);
	return 0;
}

static int on_data(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	struct run *r = arg;

	TWC_ASSERT(r->is_open && n > 0);
	hear(r, p, n);
	return 0;
}

static int on_end(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct run *r = arg;

	TWC_ASSERT(r->is_open && part->index == r->n_parts - 1);
	r->is_open = false;
	hear(r, "}", 1);
	return 0;
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct run *r = arg;

	r->code = twc__http_multipart_feed(&r->m, p, n, &r->err);
	twc_buf_check(&r->m.head);
	return r->code == 0;
}

static void run(struct run *r, const char *boundary, enum chunk_mode mode, uint32_t seed, const void *p, size_t n)
{
	static const struct twc__http_multipart_ops ops = { .begin = on_begin, .data = on_data, .end = on_end };

	*r = (struct run){ 0 };
	twc_buf_init(&r->heard, 65536 + 2 * n);
	twc__http_multipart_init(&r->m, boundary, &ops, r);
	chunk_feed(mode, seed, p, n, feed, r);
	if (r->code == 0)
		r->code = twc__http_multipart_finish(&r->m, &r->err);
	TWC_ASSERT(r->code == r->err.code && (r->code || !r->is_open));
	twc__http_multipart_fini(&r->m);
}

static void there_and_back(uint8_t flags, const char *p, size_t n)
{
	static const uint8_t seed[TWC__HTTP_BOUNDARY_SEED];
	struct twc__http_form *f = twc__http_form_new(seed, (enum twc__http_form_escape)(flags & 1));
	size_t name_n = n < flags ? n : flags;
	struct twc__http_form_part part = { .name = { p, name_n }, .bytes = { p + name_n, n - name_n }, .fd = -1 };
	struct twc__http_form_piece piece;
	const char *boundary = strchr(twc__http_form_content_type(f), '=') + 1;
	struct run r;

	/* As browsers send it, a backslash at the end of a name takes the meaning from the quote behind it. */
	if (name_n > 0 && p[name_n - 1] == '\\' && !(flags & 1))
		goto out;
	if (memmem(p, n, boundary, strlen(boundary)) || twc__http_form_add(f, &part, NULL))
		goto out;
	twc__http_form_next(f, &piece);
	TWC_ASSERT(piece.kind == TWC__HTTP_FORM_PIECE_BYTES && (int64_t)piece.bytes.n == piece.length);
	run(&r, boundary, CHUNK_RANDOM, flags, piece.bytes.p, piece.bytes.n);
	/* A long name may make the head too long. */
	TWC_ASSERT(r.code == 0 || r.code == TWC_ETOOLONG);
	if (r.code == 0)
		TWC_ASSERT(r.n_parts == 1 && twc_buf_len(&r.heard) > part.bytes.n &&
			   memcmp(twc_buf_head(&r.heard) + twc_buf_len(&r.heard) - 1 - part.bytes.n, part.bytes.p, part.bytes.n) == 0);
	twc_buf_fini(&r.heard);
out:
	twc__http_form_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const boundaries[] = { "B", "--", "-", "a--a" };
	char boundary[TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1];
	struct run whole, cut;

	if (n < 2)
		return 0;
	if (twc__http_multipart_boundary((struct twc_str){ (const char *)data + 2, n - 2 }, boundary, NULL) == 0)
		TWC_ASSERT(boundary[0] && strlen(boundary) <= TWC__HTTP_MULTIPART_BOUNDARY_MAX);
	run(&whole, boundaries[data[0] & 3], CHUNK_WHOLE, 0, data + 2, n - 2);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		run(&cut, boundaries[data[0] & 3], (enum chunk_mode)mode, data[1], data + 2, n - 2);
		TWC_ASSERT(whole.code == cut.code && strcmp(whole.err.text, cut.err.text) == 0);
		/* Of a body that fails, what was not yet told may differ: the end of a piece tells the rest. */
		if (whole.code == 0)
			TWC_ASSERT(twc_str_eq(twc_buf_str(&whole.heard), twc_buf_str(&cut.heard)));
		twc_buf_fini(&cut.heard);
	}
	twc_buf_fini(&whole.heard);
	there_and_back(data[0], (const char *)data + 2, n - 2);
	return 0;
}
