/* SPDX-License-Identifier: MIT */
/*
 * Frames of HTTP/2 by hand (RFC 9113, 4; HPACK without tables or Huffman, RFC 7541, 6.2.2): nothing keeps a test from sending what no
 * library would. And the frames of an answer, whose fields are decoded in order.
 */
#ifndef TESTS_SUPPORT_H2_FRAMES_H
#define TESTS_SUPPORT_H2_FRAMES_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
enum { H2_DATA, H2_HEADERS, H2_PRIORITY, H2_RST, H2_SETTINGS, H2_PUSH, H2_PING, H2_GOAWAY, H2_WINDOW, H2_CONTINUATION };
enum { H2_END_STREAM = 1, H2_ACK = 1, H2_END_HEADERS = 4, H2_PADDED = 8 };

struct h2_bytes {
	uint8_t *p; /* owned */
	size_t n, cap;
};
void h2_bytes_fini(struct h2_bytes *b);
void h2_put(struct h2_bytes *b, const void *p, size_t n);
void h2_put32(struct h2_bytes *b, uint32_t v);
void h2_put_frame(struct h2_bytes *b, unsigned type, unsigned flags, uint32_t id, const void *p, size_t n);
void h2_put_start(struct h2_bytes *b); /* preface, empty SETTINGS, and the acknowledgement of the server's */
void h2_put_window(struct h2_bytes *b, uint32_t id, uint32_t more);
void h2_put_reset(struct h2_bytes *b, uint32_t id, uint32_t code);
/* A field of a header block; any octets. */
void h2_put_field(struct h2_bytes *block, const char *name, const char *value);
/* HEADERS with these lines, "name: value\n" each, pseudo-fields ":name: value\n"; END_HEADERS is added to `flags`. */
void h2_put_headers(struct h2_bytes *b, unsigned flags, uint32_t id, const char *lines);
/* GET of `path` from host h, whole. */
void h2_put_get(struct h2_bytes *b, uint32_t id, const char *path);

struct h2_frame {
	unsigned type, flags;
	uint32_t id, code; /* code: of RST_STREAM and GOAWAY */
	const uint8_t *p;
	size_t n;
};
/* The next frame of what was heard; false: none is whole. */
bool h2_next(const void *p, size_t n, size_t *at, struct h2_frame *f);

/*
 * What was heard, in words, from the first byte on: "HEADERS 1 200 END; DATA 1 [abc] END; RST 3 CANCEL; GOAWAY 3 NO_ERROR; ".
 * SETTINGS, PING and WINDOW_UPDATE are left out. `fields`: also these of HEADERS, "name=value ". Returns `text`.
 */
char *h2_told(const void *p, size_t n, bool fields, char *text, size_t cap);

#endif
