/* SPDX-License-Identifier: MIT */
/*
 * The chunked transfer coding (RFC 9112, 7.1): a push decoder that hands out slices of what it is fed, and the encoder's chunk
 * heads. Strict: hex digits only, CR LF everywhere, extensions are bounded and looked past.
 */
#ifndef TWC_PROTOCOL_HTTP_CHUNKED_H
#define TWC_PROTOCOL_HTTP_CHUNKED_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_CHUNK_EXT_MAX 4096 /* bytes of extensions in a chunk's head, and 16 times that in a body */

struct twc__http_chunked {
	uint64_t left;	  /* private: of the chunk */
	uint32_t ext, exts; /* private: bytes of extensions in this head, in all */
	uint8_t state;	  /* private; 0 to begin with: zero the whole */
	uint8_t digits;	  /* private */
	bool lenient;	  /* bare LF instead of CR LF in chunk heads (clients only) */
};
enum twc__http_chunk_event {
	TWC__HTTP_CHUNK_MORE = 0, /* all of it was used up: feed more */
	TWC__HTTP_CHUNK_DATA,	  /* *data is a piece of the body, a slice of the input */
	/* The last chunk's line was read: field lines (trailers) and an empty line follow, for twc__http_trailers_feed. */
	TWC__HTTP_CHUNK_LAST,
};
/* Takes some of the `n` bytes (*used says how many) and returns an event, or TWC_EPROTO with a sentence. Call again
 * with the rest. */
int twc__http_chunked_feed(struct twc__http_chunked *c, const uint8_t *p, size_t n, size_t *used, struct twc_str *data,
			   struct twc_err *err);

#define TWC__HTTP_CHUNK_HEAD_MAX 20
/* "1a\r\n" of a chunk of n > 0 bytes; returns its length. After the chunk comes CR LF, at the end "0\r\n", trailers, CR LF. */
size_t twc__http_chunk_head(char out[TWC__HTTP_CHUNK_HEAD_MAX], uint64_t n);

#endif
