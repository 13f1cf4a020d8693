/* SPDX-License-Identifier: MIT */
/* Media types of files by the ends of their names, and which types are worth compressing. */
#ifndef TWC_PROTOCOL_HTTP_MIME_H
#define TWC_PROTOCOL_HTTP_MIME_H

#include <twc/base.h>

/* The value for Content-Type, with charset=utf-8 where it is text, of a path or name: by its last two endings (d.ts,
 * tar.gz), else by the last; case ignored. "application/octet-stream" when unknown. */
struct twc_str twc__http_mime_of(struct twc_str path);
/* The same, empty when unknown. */
struct twc_str twc__http_mime_find(struct twc_str path);
/* Text and the like; parameters are ignored. Streams of events are not: they must not wait in a compressor. */
bool twc__http_mime_is_compressible(struct twc_str type);

#endif
