/* SPDX-License-Identifier: MIT */
/*
 * What join and hub share to change bytes on their way. Private to lib/app.
 *
 *	local stream -> pace (pace.h) -> frames (split) -> codec (send) -> wire
 *	local stream <- frames (join) <- quota <- codec (receive) <- wire
 */
#ifndef TWC_APP_FILTER_H
#define TWC_APP_FILTER_H

#include <twc/protocol.h>
#include <twc/wire.h>

typedef void (*twc__emit_fn)(void *arg, const uint8_t *p, size_t n);

/* Must streams be copied for it? */
bool twc__filter_copies(const struct twc_filter_opts *o);

/* ---- codec: one a wire ---- */

struct twc__codec {
	struct twc_crlf crlf;
	struct twc_telnet telnet;
	uint16_t columns, rows; /* of the local terminal, telnet.has_window */
};
void twc__codec_send(struct twc__codec *c, const struct twc_filter_opts *o, struct twc_transport *wire, const uint8_t *p,
		     size_t n);
/* The data goes to `emit` (not called when there is none in the stream), answers to the wire. 0 or TWC_EPROTO. */
int twc__codec_receive(struct twc__codec *c, const struct twc_filter_opts *o, struct twc_transport *wire,
		       const uint8_t *p, size_t n, twc__emit_fn emit, void *arg, struct twc_err *err);
/* The local terminal has this size, now; `wire` may be NULL: none yet. */
void twc__codec_window(struct twc__codec *c, struct twc_transport *wire, uint16_t columns, uint16_t rows);

/* ---- quota: what may still be received ---- */

struct twc__quota {
	uint64_t bytes, messages; /* so far */
};
/* Counts n bytes or a datagram of n; how many of them are to be passed on. */
size_t twc__quota_take(struct twc__quota *q, const struct twc_filter_opts *o, size_t n, bool is_datagram);
bool twc__quota_is_used_up(const struct twc__quota *q, const struct twc_filter_opts *o);

/* ---- frames: one a local stream ---- */

struct twc__frames {
	enum twc_frames kind;
	size_t max;
	struct twc_framer framer; /* of all kinds but raw */
};
void twc__frames_init(struct twc__frames *f, const struct twc_filter_opts *o);
void twc__frames_fini(struct twc__frames *f);
/* A call of `emit` for each datagram. 0, or TWC_EDATA: a frame is longer than a datagram can be. */
int twc__frames_split(struct twc__frames *f, const uint8_t *p, size_t n, twc__emit_fn emit, void *arg,
		      struct twc_err *err);
/* The stream has ended: a last line without its end is a datagram, too. 0, or TWC_EDATA: in the middle of a frame. */
int twc__frames_end(struct twc__frames *f, twc__emit_fn emit, void *arg, struct twc_err *err);
/* How this wire, which is in made(), is to be treated: as lines, which its transport does, or as frames, which are for
 * whoever has *f. `is_local`: the other side is standard input and output. True: frames. */
bool twc__frames_meet(struct twc__frames *f, const struct twc_filter_opts *o, struct twc_transport *wire, bool is_local);
/* What `wire` is sent comes from a stream: where neither lines nor frames are made of that, its messages are pieces. */
void twc__frames_of_stream(const struct twc__frames *f, struct twc_transport *wire);
/* A datagram for the stream. */
void twc__frames_join(const struct twc__frames *f, const uint8_t *p, size_t n, twc__emit_fn emit, void *arg);

#endif
