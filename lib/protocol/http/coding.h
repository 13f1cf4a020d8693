/* SPDX-License-Identifier: MIT */
/*
 * Content codings (RFC 9110, 8.4): decoders for what came, encoders for what a server sends. Push: bytes go
 * in, pieces come out through a callback, from a scratch of fixed size. The tables of a decoder are bounded
 * by its format: 40 KiB for gzip and deflate, 16 MiB and some for br (RFC 7932, 9.1), 8 MiB and some for zstd
 * (RFC 9659).
 *
 * Pieces are borrowed until the callback returns. Nothing here may be freed inside a callback.
 */
#ifndef TWC_PROTOCOL_HTTP_CODING_H
#define TWC_PROTOCOL_HTTP_CODING_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_CODINGS_MAX 5 /* in one Content-Encoding, as curl has it */

/* What an out callback answers: 0 to go on, TWC__HTTP_CODING_PAUSE once this piece is enough for now, or a
 * negative TWC_E… with *err, which ends the whole. */
#define TWC__HTTP_CODING_PAUSE 1
typedef int (*twc__http_coding_out_fn)(void *arg, const uint8_t *p, size_t n, struct twc_err *err);

/* ---- decoding ---- */

struct twc__http_decoder;

struct twc__http_decoder_opts {
	uint64_t max;	    /* decoded bytes in all; one more is TWC_ETOOLONG. 0: no limit */
	uint32_t max_ratio; /* decoded bytes for each that came; more is TWC_ETOOLONG, once a MiB is out. 0: no limit */
	twc__http_coding_out_fn out;
	void *arg;
};

/*
 * For the value of Content-Encoding, as sent ("gzip", "br, gzip", "" for none; lines of their own joined by
 * commas). Known, in any case of letters: gzip x-gzip deflate br zstd identity. `o` is copied. NULL with
 * *err: an unknown coding (TWC_EPROTO, it is named), more than five (TWC_ETOOLONG), no memory (TWC_ENOMEM).
 */
struct twc__http_decoder *twc__http_decoder_new(struct twc_str codings, const struct twc__http_decoder_opts *o,
						struct twc_err *err);
void twc__http_decoder_free(struct twc__http_decoder *d);
/*
 * Takes bytes off the front of *in. 0: all were taken, and all that they decode to was put out. 1: the
 * callback paused; call again, with what is left in *in, if only an empty one. Negative: the body is not to
 * be used further (TWC_EPROTO: it is no such coding; TWC_ETOOLONG: a limit; TWC_ENOMEM; or what the callback
 * returned), and every later call says so again.
 *
 * Behind the end of gzip may come further members and zeros, behind that of zstd further frames; anything
 * else behind an end is TWC_EPROTO. `deflate` is taken with the wrapping of zlib, as it should be, and
 * without, as some servers send it.
 */
int twc__http_decoder_feed(struct twc__http_decoder *d, struct twc_str *in, struct twc_err *err);
/* The body has ended, after a feed that returned 0: 0, or TWC_ETRUNC when an end is missing. No bytes at all
 * are an empty body. */
int twc__http_decoder_finish(struct twc__http_decoder *d, struct twc_err *err);
/* Whether the codings change anything: false for "" and identity. */
bool twc__http_decoder_is_needed(struct twc_str codings);

/* What this build decodes, as the value of Accept-Encoding: "gzip, deflate, br, zstd". */
const char *twc__http_accept_encoding(void);

/* ---- encoding ---- */

struct twc__http_encoder;

enum twc__http_encoding {
	TWC__HTTP_ENCODE_GZIP = 0, /* the same bytes for the same input: no time, no name */
	TWC__HTTP_ENCODE_DEFLATE,  /* wrapped as zlib, which is what `deflate` means */
	TWC__HTTP_ENCODE_RAW,	   /* deflate without wrapping */
};

/* Level 1 to 9 (6 is usual). An encoder holds 64 KiB and its scratch. NULL with *err (TWC_ENOMEM). `out` may
 * not pause. */
struct twc__http_encoder *twc__http_encoder_new(enum twc__http_encoding kind, int level, twc__http_coding_out_fn out,
						void *arg, struct twc_err *err);
void twc__http_encoder_free(struct twc__http_encoder *e);
/* `flush`: what was written so far can be decoded by who gets it, at the price of some bytes. 0, or what
 * `out` returned. */
int twc__http_encoder_write(struct twc__http_encoder *e, const void *p, size_t n, bool flush, struct twc_err *err);
/* The end, once; nothing may be written after it. */
int twc__http_encoder_end(struct twc__http_encoder *e, struct twc_err *err);

#endif
