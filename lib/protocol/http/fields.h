/* SPDX-License-Identifier: MIT */
/*
 * How a list of fields is kept: one store of bytes, and entries that say where names and values are in it. A parser puts its
 * whole input into the store and the entries beside it; bytes that no entry names cost nothing but room.
 *
 * A name's `bit` (of 64, by its first letter and length) is set in `present` when such a name was ever added since the last
 * clear: asking for a field that is not there mostly ends at a single test.
 */
#ifndef TWC_PROTOCOL_HTTP_FIELDS_H
#define TWC_PROTOCOL_HTTP_FIELDS_H

#include <twc/http_message.h>

struct twc__http_entry {
	uint32_t name, value; /* offsets into the store */
	uint32_t value_n;
	uint32_t name_n : 24;
	uint32_t bit : 8;
};

/* Case of the first letter does not count. The factor was chosen so that common requests do not hide what servers ask for. */
static inline unsigned twc__http_name_bit(unsigned char first, size_t n)
{
	return ((first | 0x20u) * 5 + (unsigned)n) & 63;
}

static inline uint64_t twc__http_name_mask(struct twc_str name)
{
	return UINT64_C(1) << twc__http_name_bit((unsigned char)name.p[0], name.n);
}

/* False: there is no field of this name, which is not empty. For those who ask at each request, with a literal. */
static inline bool twc__http_fields_may_have(const struct twc_http_fields *f, struct twc_str name)
{
	return f->present & twc__http_name_mask(name);
}

static inline struct twc_http_field twc__http_field_of(const struct twc_http_fields *f, const struct twc__http_entry *e)
{
	return (struct twc_http_field){ { f->bytes + e->name, e->name_n }, { f->bytes + e->value, e->value_n } };
}

/* twc_http_fields_add of what another list of fields had, or is good by its making: nothing is looked at again. */
int twc__http_fields_put(struct twc_http_fields *f, struct twc_str name, struct twc_str value, struct twc_err *err);
/* Room for `n` bytes in the store / entries in all; what is there stays. TWC_ENOMEM. */
int twc__http_fields_reserve_bytes(struct twc_http_fields *f, size_t n, struct twc_err *err);
int twc__http_fields_reserve_slots(struct twc_http_fields *f, size_t n, struct twc_err *err);

#endif
