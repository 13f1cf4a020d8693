/* SPDX-License-Identifier: MIT */
/*
 * Ranges: whatever is asked for lies within the size, apart from each other and few; no byte is sent that no part named. A
 * Content-Range that was understood comes back from what is made of it, and the length of a multipart is what its pieces are.
 */
#include <stdlib.h>

#include "protocol/http/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(const struct twc__http_ranges *rs, uint64_t size)
{
	TWC_ASSERT(rs->n >= 1 && rs->n <= TWC__HTTP_RANGES_MAX);
	for (size_t i = 0; i < rs->n; i++) {
		const struct twc__http_range *a = &rs->at[i];

		TWC_ASSERT(a->len > 0 && a->len <= size && a->first <= size - a->len);
		for (size_t j = 0; j < i; j++)
			TWC_ASSERT(a->first + a->len < rs->at[j].first || rs->at[j].first + rs->at[j].len < a->first);
	}
}

static void check_content_range(struct twc__http_range r, uint64_t size)
{
	char out[TWC__HTTP_CONTENT_RANGE_MAX];
	struct twc__http_content_range back;
	size_t n = twc__http_content_range_format(out, r, size);

	TWC_ASSERT(n <= sizeof(out));
	if (size > INT64_MAX)
		return;
	TWC_ASSERT(twc__http_content_range_parse((struct twc_str){ out, n }, &back));
	TWC_ASSERT(back.has_range && back.has_size && back.size == size);
	TWC_ASSERT(back.range.first == r.first && back.range.len == r.len);
}

static void check_multipart(const struct twc__http_ranges *rs, uint64_t size)
{
	struct twc__http_byteranges b = { rs, size, TWC_STR("text/html; charset=utf-8"), TWC_STR("0123456789abcdef") };
	char out[256];
	uint64_t len, sum = 0;

	for (size_t i = 0; i < rs->n; i++) {
		size_t n = twc__http_byteranges_head(&b, i, out, sizeof(out));

		TWC_ASSERT(n <= sizeof(out) && memcmp(out + n - 4, "\r\n\r\n", 4) == 0);
		sum += n + rs->at[i].len;
	}
	sum += twc__http_byteranges_tail(&b, out, sizeof(out));
	if (size <= INT64_MAX / 2)
		TWC_ASSERT(twc__http_byteranges_len(&b, &len) && len == sum);
}

/* What the parts are as a new request gives the same parts. */
static void check_again(const struct twc__http_ranges *rs, uint64_t size)
{
	char text[1024] = "bytes=";
	struct twc__http_ranges again;
	size_t n = 6;

	for (size_t i = 0; i < rs->n; i++) {
		char one[TWC__HTTP_CONTENT_RANGE_MAX];
		size_t len = twc__http_content_range_format(one, rs->at[i], size);
		size_t slash = (size_t)((char *)memchr(one, '/', len) - one);

		if (i)
			text[n++] = ',';
		memcpy(text + n, one + 6, slash - 6);
		n += slash - 6;
	}
	TWC_ASSERT(twc__http_range_parse((struct twc_str){ text, n }, size, &again) == TWC__HTTP_RANGE_PARTS);
	TWC_ASSERT(again.n == rs->n && memcmp(again.at, rs->at, rs->n * sizeof(rs->at[0])) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct twc__http_ranges rs;
	struct twc__http_content_range r;
	uint64_t size = 0;

	if (n < 8)
		return 0;
	memcpy(&size, data, 8);
	size >>= data[0] & 63; /* all magnitudes */
	n -= 8;

	char *bytes = twc_malloc(n);
	struct twc_str s = { bytes, n };

	memcpy(bytes, data + 8, n);
	if (twc__http_range_parse(s, size, &rs) == TWC__HTTP_RANGE_PARTS) {
		check_parts(&rs, size);
		check_multipart(&rs, size);
		check_again(&rs, size);
		for (size_t i = 0; i < rs.n; i++)
			check_content_range(rs.at[i], size);
	}
	if (twc__http_content_range_parse(s, &r) && r.has_range && r.has_size)
		check_content_range(r.range, r.size);
	twc_free(bytes);
	return 0;
}
