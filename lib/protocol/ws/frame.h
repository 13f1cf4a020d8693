/* SPDX-License-Identifier: MIT */
/*
 * The head of a frame (RFC 6455, 5.2) and the mask of its payload (5.3). Strict: what no sender of good faith writes is a
 * violation, told at its first byte. Pure.
 */
#ifndef TWC_PROTOCOL_WS_FRAME_H
#define TWC_PROTOCOL_WS_FRAME_H

#include <twc/base.h>
#include <twc/err.h>

enum twc__ws_opcode { /* 11.8 */
	TWC__WS_CONTINUATION = 0,
	TWC__WS_TEXT = 1,
	TWC__WS_BINARY = 2,
	TWC__WS_CLOSE = 8,
	TWC__WS_PING = 9,
	TWC__WS_PONG = 10,
};

#define TWC__WS_HEAD_MAX 14 /* bytes: 2, of the length 8, of the mask 4 */
#define TWC__WS_KEY_LEN 4

struct twc__ws_frame {
	uint64_t length; /* of the payload */
	uint8_t opcode;	 /* enum twc__ws_opcode */
	bool is_last, is_deflated; /* FIN; RSV1 (RFC 7692, 6) */
	uint8_t size;	 /* of the head */
	uint8_t key[TWC__WS_KEY_LEN]; /* when it is masked */
};

static inline bool twc__ws_is_control(uint8_t opcode)
{
	return opcode & 8;
}

/* What the one who reads expects. */
enum {
	TWC__WS_FROM_CLIENT = 1,    /* frames are masked, else none is */
	TWC__WS_MAY_DEFLATE = 2, /* RSV1 has a meaning: of a data frame that is no continuation */
};
/* `p` from the frame's first byte on, as far as it has come. 1: f is filled; 0: more is needed; TWC_EPROTO. */
int twc__ws_frame_parse(const uint8_t *p, size_t n, unsigned expected, struct twc__ws_frame *f, struct twc_err *err);
/* Returns the length of the head. `key` NULL: not masked. */
size_t twc__ws_frame_write(uint8_t out[TWC__WS_HEAD_MAX], const struct twc__ws_frame *f, const uint8_t *key);

/* `n` bytes of the payload from offset `at` on; masks and unmasks. `to` is `from` itself, or apart from it. */
void twc__ws_mask(uint8_t *to, const uint8_t *from, size_t n, const uint8_t key[TWC__WS_KEY_LEN], uint64_t at);

#endif
