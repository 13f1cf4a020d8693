/* SPDX-License-Identifier: MIT */
/*
 * Fields that were sent before: how lines of HTTP/1 become a list of fields is kept for those that came last, as most responses of
 * a server repeat one of a few. What does not repeat costs two copies of it.
 */
#ifndef TWC_PROTOCOL_HTTP_H2_KNOWN_H
#define TWC_PROTOCOL_HTTP_H2_KNOWN_H

#include "protocol/http/h2.h"

#define TWC__H2_KNOWN_SLOTS 32 /* a power of two */
#define TWC__H2_KNOWN_BYTES 512 /* longer lines, or more fields, are not kept */
#define TWC__H2_KNOWN_FIELDS 12

struct twc__h2_known_field {
	uint16_t name, name_n, value, value_n; /* in the lines */
};
struct twc__h2_known_lines {
	uint16_t n; /* 0: nothing is kept here */
	uint16_t n_fields;
	struct twc__h2_known_field field[TWC__H2_KNOWN_FIELDS];
	char came[TWC__H2_KNOWN_BYTES], lower[TWC__H2_KNOWN_BYTES]; /* lower: names in lower case */
};
struct twc__h2_known {
	struct twc__h2_known_lines slot[TWC__H2_KNOWN_SLOTS];
};

/* As twc__h2_nvs_add_lines without `skip`. */
void twc__h2_known_add_lines(struct twc__h2_known *known, struct twc__h2_nvs *nvs, char *lines, size_t n);

#endif
