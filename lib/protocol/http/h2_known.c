/* SPDX-License-Identifier: MIT */
/* Lines of fields that came before, as nghttp2 takes them: found by some of their bytes, and compared as a whole. */
#include "protocol/http/h2_known.h"

#include "base/banned.h"

/* Of a file's answer these are of its entity tag; of others the length does. */
#define TELLING_AT 8

static struct twc__h2_known_lines *slot_of(struct twc__h2_known *known, const char *lines, size_t n)
{
	uint64_t telling;

	memcpy(&telling, lines + TELLING_AT, sizeof(telling));
	return &known->slot[(telling + n) * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (TWC__H2_KNOWN_SLOTS - 1)];
}

static void repeat(const struct twc__h2_known_lines *k, struct twc__h2_nvs *nvs, char *lines)
{
	memcpy(lines, k->lower, k->n);
	twc__h2_nvs_reserve(nvs, k->n_fields);
	for (unsigned i = 0; i < k->n_fields; i++) {
		const struct twc__h2_known_field *f = &k->field[i];

		twc__h2_nvs_put(nvs, (struct twc_str){ lines + f->name, f->name_n }, (struct twc_str){ lines + f->value, f->value_n });
	}
}

/* `lines` has become `lower`, and nvs->v[from..] its fields. */
static void keep(struct twc__h2_known_lines *k, const struct twc__h2_nvs *nvs, size_t from, const char *lines, size_t n)
{
	k->n_fields = (uint16_t)(nvs->n - from);
	for (unsigned i = 0; i < k->n_fields; i++) {
		const nghttp2_nv *v = &nvs->v[from + i];

		k->field[i] = (struct twc__h2_known_field){
			.name = (uint16_t)((const char *)v->name - lines),
			.name_n = (uint16_t)v->namelen,
			.value = v->valuelen ? (uint16_t)((const char *)v->value - lines) : 0,
			.value_n = (uint16_t)v->valuelen,
		};
	}
	memcpy(k->lower, lines, n);
	k->n = (uint16_t)n;
}

void twc__h2_known_add_lines(struct twc__h2_known *known, struct twc__h2_nvs *nvs, char *lines, size_t n)
{
	struct twc__h2_known_lines *k;
	size_t from = nvs->n;

	if (n > TWC__H2_KNOWN_BYTES || n < TELLING_AT + sizeof(uint64_t)) {
		twc__h2_nvs_add_lines(nvs, lines, n, NULL);
		return;
	}
	k = slot_of(known, lines, n);
	if (k->n == n && memcmp(k->came, lines, n) == 0) {
		repeat(k, nvs, lines);
		return;
	}
	k->n = 0;
	memcpy(k->came, lines, n);
	twc__h2_nvs_add_lines(nvs, lines, n, NULL);
	if (nvs->n - from <= TWC__H2_KNOWN_FIELDS)
		keep(k, nvs, from, lines, n);
}
