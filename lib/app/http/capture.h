/* SPDX-License-Identifier: MIT */
/*
 * A request as one line of JSON: what capture: writes. handle_capture.c collects, capture_record.c writes, capture_form.c reads
 * forms.
 */
#ifndef TWC_APP_HTTP_CAPTURE_H
#define TWC_APP_HTTP_CAPTURE_H

#include <twc/http_server.h>
#include <twc/json.h>

#include "base/digest.h"

#define TWC__HTTP_CAPTURE_MAX (1024 * 1024 * 1024) /* bytes of a body that can be asked to be kept */
#define TWC__HTTP_CAPTURE_PART_MAX (64 * 1024)	    /* bytes of a part of a form that are told */

/* What has come of a request. */
struct twc__http_caught {
	struct twc_http_exchange *x;
	struct twc_str body;  /* as much of it as is kept */
	uint64_t size;	      /* of all of it, as far as it came */
	char sha256[64 + 1];  /* of all of it */
	const char *raw;      /* path of the file with all of it; NULL: none */
	const char *error;    /* why not all came; NULL: it did */
	int64_t time_us;      /* since 1970, when its first byte was read */
	uint64_t head_us, body_us; /* from then on until its head was there, and all of it */
};

/* Appends the line without a line feed. False when `out` is too short. */
bool twc__http_caught_write(const struct twc__http_caught *c, struct twc_buf *out);

/* "form", "multipart" and "form_error" of a body of this type. */
void twc__http_caught_form(struct twc_json *j, struct twc_str type, struct twc_str body, bool is_whole);
/* [["name","value"],…] of "name=value&…", decoded; `form`.p NULL: null. */
void twc__http_caught_pairs(struct twc_json *j, const char *key, struct twc_str form);

#endif
