/* SPDX-License-Identifier: MIT */
/*
 * permessage-deflate (RFC 7692, 7.2): a message as a piece of a raw DEFLATE stream, and back.
 *
 * Memory of a connection, made with the first message that is compressed: to send 2^(bits + 2) + 64 KiB (192 KiB with a
 * window of 15 bits), to receive 2^bits + 8 KiB (40 KiB). A direction that takes nothing over from one message to the next gives
 * it back after each.
 */
#ifndef TWC_PROTOCOL_WS_DEFLATE_H
#define TWC_PROTOCOL_WS_DEFLATE_H

#include <twc/buf.h>
#include <twc/ws.h>

#include <sys/uio.h>

#define TWC__WS_DEFLATE_MIN 64 /* bytes; shorter messages go as they are */

struct twc__ws_zlib {
	struct twc_ws_deflate agreed;
	void *in, *out; /* owned; NULL: not needed now */
};
void twc__ws_zlib_fini(struct twc__ws_zlib *z);

/* May a message of n bytes leave compressed? A window of 8 bits is more than zlib can keep to: then none. */
bool twc__ws_may_deflate(const struct twc__ws_zlib *z, size_t n);
/* Appends the compressed message. TWC_ENOMEM: then nothing can be compressed any more, and `z` says so. */
int twc__ws_deflate(struct twc__ws_zlib *z, const struct iovec *iov, int n, struct twc_buf *to, struct twc_err *err);

/* Appends what the next bytes of a message inflate to. TWC_ETOOLONG: more than to->max; TWC_EPROTO: damaged; TWC_ENOMEM. */
int twc__ws_inflate(struct twc__ws_zlib *z, const uint8_t *p, size_t n, struct twc_buf *to, struct twc_err *err);
/* The message ends. */
int twc__ws_inflate_end(struct twc__ws_zlib *z, struct twc_buf *to, struct twc_err *err);

#endif
