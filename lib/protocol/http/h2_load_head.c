/* SPDX-License-Identifier: MIT */
/* Heads of responses to a load: the two fields that count, and whether a block can be known again (RFC 7541). Pure. */
#include "protocol/http/h2_load.h"

#include "base/banned.h"

#define FIELD_COST 32 /* of each, as SETTINGS_MAX_HEADER_LIST_SIZE counts */

static int read_status(const nghttp2_nv *nv)
{
	const uint8_t *p = nv->value;

	if (nv->valuelen != 3 || p[0] < '1' || p[0] > '9' || p[1] < '0' || p[1] > '9' || p[2] < '0' || p[2] > '9')
		return 0;
	return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
}

static bool is_named(const nghttp2_nv *nv, struct twc_str name)
{
	return nv->namelen == name.n && memcmp(nv->name, name.p, name.n) == 0;
}

void twc__h2_load_take_field(struct twc__h2_load_head *x, const nghttp2_nv *nv)
{
	struct twc_str value = { (const char *)nv->value, nv->valuelen };

	x->size += nv->namelen + nv->valuelen + FIELD_COST;
	if (is_named(nv, TWC_STR(":status"))) {
		x->is_bad |= x->status != 0;
		x->status = read_status(nv);
		x->is_bad |= x->status == 0;
	} else if (is_named(nv, TWC_STR("content-length"))) {
		x->length = 0;
		for (size_t i = 0; i < value.n; i++) {
			x->is_bad |= value.p[i] < '0' || value.p[i] > '9' || x->length > UINT64_MAX / 10 - 1;
			x->length = x->length * 10 + (uint64_t)(value.p[i] - '0');
		}
		x->is_bad |= value.n == 0;
	}
}

/* Over an integer of a prefix with these bits all set when it goes on (RFC 7541, 5.1). */
static size_t skip_number(const uint8_t *p, size_t n, size_t at, uint8_t bits, size_t *value)
{
	unsigned shift = 0;

	*value = p[at] & bits;
	if (*value < bits)
		return at + 1;
	for (at++; at < n && shift < 28; shift += 7) {
		*value += (size_t)(p[at] & 0x7f) << shift;
		if (!(p[at++] & 0x80))
			return at;
	}
	return n + 1;
}

bool twc__h2_load_leaves_table(const uint8_t *p, size_t n)
{
	size_t at = 0, number;

	while (at < n) {
		bool is_indexed = p[at] & 0x80;
		unsigned strings;

		if (!is_indexed && p[at] & 0x60)
			return false;
		at = skip_number(p, n, at, is_indexed ? 0x7f : 0x0f, &number);
		strings = is_indexed ? 0 : number == 0 ? 2 : 1;
		for (; strings > 0 && at < n; strings--) {
			at = skip_number(p, n, at, 0x7f, &number);
			at = number > n ? n + 1 : at + number;
		}
	}
	return at == n;
}
