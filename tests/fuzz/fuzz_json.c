/* SPDX-License-Identifier: MIT */
/*
 * JSON: indenting changes nothing but blanks, whatever it is given and however that is cut; a document made of items, one a line,
 * is JSON; assertions take any text and any document.
 *
 * Input: what to do (1 byte), seed of the cuts (1 byte), then the text; of an assertion its first line, and the document.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/chunk.h"
#include <twc/json.h>

struct run {
	struct twc_json_pretty *p;
	struct twc_buf out;
};

static int put(void *arg, const char *p, size_t n, struct twc_err *err)
{
	TWC_ASSERT(n > 0);
	return twc_buf_add(arg, p, n);
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct run *r = arg;

	TWC_ASSERT(twc_json_pretty_feed(r->p, p, n, NULL) == 0);
	return true;
}

static void run(struct run *r, bool is_coloured, enum chunk_mode mode, uint32_t seed, const void *p, size_t n)
{
	struct twc_json_pretty_opts o = { .is_coloured = is_coloured, .out = put, .arg = &r->out };

	twc_buf_init(&r->out, 64 * 1048576);
	r->p = twc_json_pretty_new(&o);
	chunk_feed(mode, seed, p, n, feed, r);
	TWC_ASSERT(twc_json_pretty_finish(r->p, NULL) == 0);
	twc_json_pretty_free(r->p);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The same but for blanks. */
static bool is_same_text(struct twc_str a, struct twc_str b)
{
	for (;;) {
		for (; a.n > 0 && is_blank(*a.p); a.p++, a.n--)
			;
		for (; b.n > 0 && is_blank(*b.p); b.p++, b.n--)
			;
		if (a.n == 0 || b.n == 0 || *a.p != *b.p)
			return a.n == b.n;
		a.p++;
		b.p++;
		a.n--;
		b.n--;
	}
}

static void pretty(uint8_t flags, uint32_t seed, const char *p, size_t n)
{
	struct twc_json_doc *doc = twc_json_doc_new((struct twc_str){ p, n }, NULL), *again = NULL;
	struct run whole, other;

	run(&whole, flags & 1, CHUNK_WHOLE, 0, p, n);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		run(&other, flags & 1, (enum chunk_mode)mode, seed, p, n);
		TWC_ASSERT(twc_str_eq(twc_buf_str(&whole.out), twc_buf_str(&other.out)));
		twc_buf_fini(&other.out);
	}
	if (!(flags & 1)) {
		TWC_ASSERT(is_same_text((struct twc_str){ p, n }, twc_buf_str(&whole.out)));
		again = twc_json_doc_new(twc_buf_str(&whole.out), NULL);
		TWC_ASSERT(!doc || again);
	}
	twc_json_doc_free(again);
	twc_json_doc_free(doc);
	twc_buf_fini(&whole.out);
}

static void items(uint8_t flags, struct twc_str text)
{
	struct twc_json_items *made = twc_json_items_new();
	struct twc_json_doc *doc;
	struct twc_str line, key;
	struct twc_buf b;

	twc_buf_init(&b, 64 * 1048576);
	while (twc_str_cut(&text, '\n', &line)) {
		bool is_raw = flags & 1;

		if (line.n > 0 && memchr(line.p, '\0', line.n))
			continue; /* no argument has it */
		if (twc_str_cut(&line, '=', &key))
			(void)twc_json_items_add(made, key, line, is_raw, NULL);
		flags = (uint8_t)(flags >> 1 | flags << 7);
	}
	TWC_ASSERT(twc_json_items_write(made, &b) == 0);
	doc = twc_json_doc_new(twc_buf_str(&b), NULL);
	TWC_ASSERT(doc);
	twc_json_doc_free(doc);
	twc_json_items_free(made);
	twc_buf_fini(&b);
}

/* Repetitions upon repetitions cost the C library memory that doubles with each: patterns are the user's own. */
static bool is_costly(struct twc_str pattern)
{
	int repetitions = 0;

	for (size_t i = 0; i < pattern.n; i++)
		repetitions += strchr("+*?{", pattern.p[i]) != NULL;
	return repetitions > 6;
}

static void expect(uint8_t flags, struct twc_str text)
{
	char got[64];
	struct twc_str line = { "", 0 };
	struct twc_json_expect *x;
	struct twc_json_doc *doc;
	struct twc_err err = { 0 };

	twc_str_cut(&text, '\n', &line);
	if (is_costly(line))
		return;
	x = twc_json_expect_new(line, flags & 1, &err);
	TWC_ASSERT(x || (err.code == TWC_EUSAGE && err.column >= 1 && (size_t)err.column <= line.n + 1));
	doc = twc_json_doc_new(text, NULL);
	if (x && !twc_json_expect_holds(x, doc, got, sizeof(got)))
		TWC_ASSERT(strlen(got) < sizeof(got));
	twc_json_doc_free(doc);
	twc_json_expect_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct twc_str text;

	if (n < 2)
		return 0;
	text = (struct twc_str){ (const char *)data + 2, n - 2 };
	switch (data[0] & 3) {
	case 0:
	case 1:
		pretty(data[0] >> 2, data[1], text.p, text.n);
		break;
	case 2:
		items(data[1], text);
		break;
	case 3:
		expect(data[0] >> 2, text);
		break;
	}
	return 0;
}
