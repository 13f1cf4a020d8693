/* SPDX-License-Identifier: MIT */
/*
 * Ranges of bytes (RFC 9110, 14). What a client asks for is clamped to what there is before anything is added, so no sum
 * below can exceed the size; the lengths of heads are the only other summands, and those sums are checked.
 */
#include "protocol/http/range.h"

#include "protocol/http/octet.h"
#include "protocol/http/param.h"

#include "base/banned.h"

/* ---- Range ---- */

/* Decimal digits off the front of *s, saturated at UINT64_MAX; false when there is none. */
static bool cut_number(struct twc_str *s, uint64_t *n)
{
	const char *start = s->p;
	bool fits = true;

	for (*n = 0; s->n && twc__http_is((unsigned char)s->p[0], TWC__HTTP_DIGIT); s->p++, s->n--)
		if (fits && (__builtin_mul_overflow(*n, 10, n) ||
			     __builtin_add_overflow(*n, (uint64_t)(s->p[0] - '0'), n)))
			fits = false;
	if (!fits)
		*n = UINT64_MAX;
	return s->p != start;
}

/* "0-4", "5-" or "-3" as it lies in `size` bytes: r->len is 0 when nothing of it does. False: not as specified. */
static bool parse_spec(struct twc_str s, uint64_t size, struct twc__http_range *r)
{
	uint64_t first, last = UINT64_MAX;
	bool has_first = cut_number(&s, &first);

	if (s.n == 0 || s.p[0] != '-')
		return false;
	s.p++;
	s.n--;

	bool has_last = cut_number(&s, &last);

	if (s.n > 0 || (!has_first && !has_last) || (has_first && has_last && last < first))
		return false;
	if (!has_first) {
		r->len = last < size ? last : size;
		r->first = size - r->len;
		return true;
	}
	r->first = first;
	r->len = 0;
	if (first < size)
		r->len = (has_last && last < size ? last + 1 : size) - first;
	return true;
}

static bool touches(const struct twc__http_range *a, const struct twc__http_range *b)
{
	return a->first <= b->first + b->len && b->first <= a->first + a->len;
}

/* Makes one of two that touch, at the place of the first, until none do. What grew may touch one that was passed over:
 * hence from the start again. Those before it touched neither half. */
static void merge(struct twc__http_ranges *rs)
{
	for (size_t i = 0; i < rs->n; i++) {
		for (size_t j = i + 1; j < rs->n; j++) {
			struct twc__http_range *a = &rs->at[i], *b = &rs->at[j];

			if (!touches(a, b))
				continue;

			uint64_t end_a = a->first + a->len, end_b = b->first + b->len;
			uint64_t end = end_a > end_b ? end_a : end_b;

			a->first = a->first < b->first ? a->first : b->first;
			a->len = end - a->first;
			memmove(b, b + 1, (rs->n - j - 1) * sizeof(*b));
			rs->n--;
			j = i;
		}
	}
}

enum twc__http_range_answer twc__http_range_parse(struct twc_str value, uint64_t size, struct twc__http_ranges *out)
{
	const struct twc_str unit = TWC_STR("bytes=");
	size_t asked = 0;

	out->n = 0;
	if (value.n < unit.n || !twc_str_eq_nocase((struct twc_str){ value.p, unit.n }, unit))
		return TWC__HTTP_RANGE_IGNORE;

	struct twc_str list = { value.p + unit.n, value.n - unit.n }, spec;

	while (twc__http_list_next(&list, &spec)) {
		struct twc__http_range r;

		if (++asked > TWC__HTTP_RANGES_MAX || !parse_spec(spec, size, &r))
			return TWC__HTTP_RANGE_IGNORE;
		if (r.len > 0)
			out->at[out->n++] = r;
	}
	if (asked == 0 || size == 0)
		return TWC__HTTP_RANGE_IGNORE;
	if (out->n == 0)
		return TWC__HTTP_RANGE_UNSATISFIABLE;
	merge(out);
	return TWC__HTTP_RANGE_PARTS;
}

/* ---- Content-Range ---- */

static size_t put(char *out, const char *literal)
{
	size_t n = strlen(literal);

	memcpy(out, literal, n);
	return n;
}

size_t twc__http_content_range_format(char out[TWC__HTTP_CONTENT_RANGE_MAX], struct twc__http_range r, uint64_t size)
{
	size_t n = put(out, "bytes ");

	TWC_ASSERT(r.len > 0 && r.len <= size && r.first <= size - r.len);
	n += twc__http_put_decimal(out + n, r.first);
	out[n++] = '-';
	n += twc__http_put_decimal(out + n, r.first + r.len - 1);
	out[n++] = '/';
	return n + twc__http_put_decimal(out + n, size);
}

size_t twc__http_content_range_none(char out[TWC__HTTP_CONTENT_RANGE_MAX], uint64_t size)
{
	size_t n = put(out, "bytes */");

	return n + twc__http_put_decimal(out + n, size);
}

/* "0-4": r, or false. */
static bool parse_part(struct twc_str s, struct twc__http_range *r)
{
	struct twc_str first;
	uint64_t last;

	if (!twc_str_cut(&s, '-', &first) || !twc__http_decimal(first, &r->first) || !twc__http_decimal(s, &last) ||
	    last < r->first || last == INT64_MAX)
		return false;
	r->len = last - r->first + 1;
	return true;
}

bool twc__http_content_range_parse(struct twc_str value, struct twc__http_content_range *out)
{
	struct twc_str unit, part, rest = value;

	memset(out, 0, sizeof(*out));
	if (!twc_str_cut(&rest, ' ', &unit) || !twc_str_eq_nocase(unit, TWC_STR("bytes")) ||
	    !twc_str_cut(&rest, '/', &part))
		return false;
	out->has_range = !twc_str_is(part, "*");
	out->has_size = !twc_str_is(rest, "*");
	if (!out->has_range && !out->has_size)
		return false;
	if (out->has_range && !parse_part(part, &out->range))
		return false;
	if (out->has_size && !twc__http_decimal(rest, &out->size))
		return false;
	return !out->has_range || !out->has_size || out->range.first + out->range.len <= out->size;
}

/* ---- multipart/byteranges ---- */

/* What is written behind *n bytes of `out`; beyond `cap` only the length grows. */
static void add(char *out, size_t cap, size_t *n, struct twc_str s)
{
	if (s.n && *n <= cap && s.n <= cap - *n)
		memcpy(out + *n, s.p, s.n);
	*n += s.n;
}

size_t twc__http_byteranges_head(const struct twc__http_byteranges *b, size_t i, char *out, size_t cap)
{
	char range[TWC__HTTP_CONTENT_RANGE_MAX];
	struct twc_str shown = { range, twc__http_content_range_format(range, b->ranges->at[i], b->size) };
	size_t n = 0;

	add(out, cap, &n, i ? TWC_STR("\r\n--") : TWC_STR("--"));
	add(out, cap, &n, b->boundary);
	if (b->type.n) {
		add(out, cap, &n, TWC_STR("\r\nContent-Type: "));
		add(out, cap, &n, b->type);
	}
	add(out, cap, &n, TWC_STR("\r\nContent-Range: "));
	add(out, cap, &n, shown);
	add(out, cap, &n, TWC_STR("\r\n\r\n"));
	return n;
}

size_t twc__http_byteranges_tail(const struct twc__http_byteranges *b, char *out, size_t cap)
{
	size_t n = 0;

	add(out, cap, &n, TWC_STR("\r\n--"));
	add(out, cap, &n, b->boundary);
	add(out, cap, &n, TWC_STR("--\r\n"));
	return n;
}

bool twc__http_byteranges_len(const struct twc__http_byteranges *b, uint64_t *len)
{
	*len = twc__http_byteranges_tail(b, NULL, 0);
	for (size_t i = 0; i < b->ranges->n; i++)
		if (__builtin_add_overflow(*len, twc__http_byteranges_head(b, i, NULL, 0), len) ||
		    __builtin_add_overflow(*len, b->ranges->at[i].len, len))
			return false;
	return *len <= INT64_MAX;
}
