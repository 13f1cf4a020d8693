/* SPDX-License-Identifier: MIT */
/*
 * Messages in a stream of bytes, as standard input and output have them: lines, pieces that end in NUL, behind their length, or all
 * of it. What is read is cut where it is said to be and nowhere else: a piece that is too long is an error, never two messages. Pure.
 */
#ifndef TWC_APP_HTTP_WS_LINES_H
#define TWC_APP_HTTP_WS_LINES_H

#include <twc/http_ws.h>
#include <twc/protocol.h>

#include <sys/uio.h>

/* ---- bytes to messages ---- */

/* False: no more is wanted. */
typedef bool (*twc__ws_piece_fn)(void *arg, const uint8_t *p, size_t n);

struct twc__ws_lines {
	enum twc_ws_framing framing;
	size_t max;
	bool is_text;	      /* and has to be UTF-8 */
	const char *source;   /* borrowed: "standard input", for errors */
	uint64_t n;	      /* messages so far */
	struct twc_framer framer;
	struct twc_buf whole;
	twc__ws_piece_fn fn;
	void *arg;
	int rc;		      /* of the piece at hand */
	struct twc_err *err;
};
void twc__ws_lines_init(struct twc__ws_lines *l, enum twc_ws_framing framing, enum twc_ws_type type, size_t max,
			const char *source);
void twc__ws_lines_fini(struct twc__ws_lines *l);
/* 0, or TWC_EDATA (no UTF-8, too long: which of them) or TWC_ENOMEM; those before it were given to `fn`. */
int twc__ws_lines_feed(struct twc__ws_lines *l, const uint8_t *p, size_t n, twc__ws_piece_fn fn, void *arg, struct twc_err *err);
/* A message has begun. */
bool twc__ws_lines_has_part(const struct twc__ws_lines *l);
/* The input has ended: what is held is the last message, but for one behind its length, of which nothing may be missing. */
int twc__ws_lines_end(struct twc__ws_lines *l, twc__ws_piece_fn fn, void *arg, struct twc_err *err);

/* ---- and back ---- */

#define TWC__WS_LINES_IOV 2
/* The message as it is written; `prefix` is kept as long as `iov`. Returns how many parts there are. */
int twc__ws_lines_write(enum twc_ws_framing framing, const uint8_t *p, size_t n, uint8_t prefix[4],
			struct iovec iov[TWC__WS_LINES_IOV]);

#endif
