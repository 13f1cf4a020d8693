/* SPDX-License-Identifier: MIT */
/*
 * Routes as users write them. Each part is a slice of the text, in their order, where its column says; what was
 * taken apart and is put together again, with every value in quotes, is the same route; an error names a column
 * in one line.
 */
#include "app/http/handler.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* At the column, or empty. */
static void check_part(struct twc_str text, struct twc_str part, int column)
{
	TWC_ASSERT(column >= 1 && (size_t)column <= text.n + 1);
	if (part.n)
		TWC_ASSERT(part.p == text.p + column - 1 && part.p + part.n <= text.p + text.n);
}

static void add(struct twc_buf *b, struct twc_str s)
{
	TWC_ASSERT(twc_buf_add(b, s.p, s.n) == 0);
}

static void write_route(const struct twc__http_route_opts *o, struct twc_buf *b)
{
	add(b, o->method);
	add(b, TWC_STR(" "));
	add(b, o->pattern);
	add(b, TWC_STR(" {"));
	for (unsigned i = 0; i < o->n; i++) {
		struct twc_str value = o->option[i].value;
		bool has_single = value.n && memchr(value.p, '\'', value.n);

		add(b, o->option[i].key);
		add(b, has_single ? TWC_STR("=\"") : TWC_STR("='"));
		add(b, value);
		add(b, has_single ? TWC_STR("\" ") : TWC_STR("' "));
	}
	add(b, TWC_STR("} = "));
	add(b, o->kind);
	if (o->arg.p) {
		add(b, TWC_STR(":"));
		add(b, o->arg);
	}
}

static bool is_same(const struct twc__http_route_opts *a, const struct twc__http_route_opts *b)
{
	bool same = twc_str_eq(a->method, b->method) && twc_str_eq(a->pattern, b->pattern) &&
		    twc_str_eq(a->kind, b->kind) && twc_str_eq(a->arg, b->arg) && !a->arg.p == !b->arg.p &&
		    a->n == b->n;

	for (unsigned i = 0; same && i < a->n; i++)
		same = twc_str_eq(a->option[i].key, b->option[i].key) &&
		       twc_str_eq(a->option[i].value, b->option[i].value);
	return same;
}

/* A value with both quotes, not in quotes itself, cannot be written in them. */
static bool can_be_quoted(const struct twc__http_route_opts *o)
{
	for (unsigned i = 0; i < o->n; i++) {
		struct twc_str v = o->option[i].value;

		if (v.n && memchr(v.p, '\'', v.n) && memchr(v.p, '"', v.n))
			return false;
	}
	return true;
}

static void check_route(struct twc_str text, const struct twc__http_route_opts *o)
{
	struct twc__http_route_opts again;
	struct twc_buf b;

	TWC_ASSERT(o->pattern.n && o->pattern.p[0] == '/' && o->kind.n);
	check_part(text, o->pattern, o->pattern_column);
	check_part(text, o->kind, o->kind_column);
	check_part(text, o->arg, o->arg_column);
	for (unsigned i = 0; i < o->n; i++) {
		check_part(text, o->option[i].key, o->option[i].column);
		check_part(text, o->option[i].value, o->option[i].value_column);
	}
	if (!can_be_quoted(o) || text.n > TWC__HTTP_SPEC_MAX / 2)
		return;
	twc_buf_init(&b, TWC__HTTP_SPEC_MAX);
	write_route(o, &b);
	TWC_ASSERT(twc__http_spec_parse(twc_buf_str(&b), &again, NULL) == 0 && is_same(o, &again));
	twc_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = twc_malloc(size + 1);
	struct twc_str text = { bytes, size };
	struct twc__http_route_opts o;
	struct twc_err e = { 0 };

	if (size)
		memcpy(bytes, data, size);
	if (twc__http_spec_parse(text, &o, &e) == 0) {
		check_route(text, &o);
	} else {
		TWC_ASSERT(e.code == TWC_EUSAGE && e.column >= 0 && (size_t)e.column <= size + 1);
		for (const char *c = e.text; *c; c++)
			TWC_ASSERT((unsigned char)*c >= 0x20 && *c != 0x7f);
	}
	twc_free(bytes);
	return 0;
}
