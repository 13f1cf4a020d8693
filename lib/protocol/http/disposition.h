/* SPDX-License-Identifier: MIT */
/* Content-Disposition (RFC 6266, RFC 8187): the file name that a peer proposes, and which names are fit for a file here. */
#ifndef TWC_PROTOCOL_HTTP_DISPOSITION_H
#define TWC_PROTOCOL_HTTP_DISPOSITION_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_FILENAME_MAX 1023 /* bytes a peer may propose, directories included */
#define TWC__HTTP_SAFE_NAME_MAX 255 /* NAME_MAX */

struct twc__http_disposition {
	struct twc_str type; /* "attachment", "inline"; borrowed */
	bool has_filename;
	size_t filename_len;
	char filename[TWC__HTTP_FILENAME_MAX + 1]; /* UTF-8, NUL-terminated; nothing is safe about it */
};

/* filename* wins over filename unless it is malformed. False: the field is not as specified (the same parameter twice is
 * such a fault, too); what came before the fault is in *out. */
bool twc__http_disposition_parse(struct twc_str value, struct twc__http_disposition *out);

/*
 * The last segment of a proposed name (behind the last slash or backslash) if it is fit for a file in the working
 * directory: not empty, no leading dot, no control character, at most TWC__HTTP_SAFE_NAME_MAX bytes. *name points into
 * `s`. Else TWC_EPROTO, with a text that quotes it.
 */
int twc__http_safe_name(struct twc_str s, struct twc_str *name, struct twc_err *err);

#endif
