/* SPDX-License-Identifier: MIT */
/*
 * A client's connection of HTTP/2 (RFC 9113) that costs next to nothing for a request, for who makes the same ones again and again and
 * wants of a response its status and how much there was of it. No session of nghttp2: header blocks are made once (RFC 7541; the second
 * time all of them is in the table), frames are read where they lie, and nothing is allocated for a request. Without any I/O: bytes
 * are fed, and what is to be sent stands in `out`.
 *
 *	h2_load.c        what comes
 *	h2_load_head.c   heads of responses
 *	h2_load_send.c   what goes
 *	h2_load_block.c  the blocks of requests, made once
 *
 * A stream has a place in a ring that its number says; numbers whose place is taken are left out. So one that hangs costs the others
 * nothing, and there is nothing to search.
 */
#ifndef TWC_PROTOCOL_HTTP_H2_LOAD_H
#define TWC_PROTOCOL_HTTP_H2_LOAD_H

#include <nghttp2/nghttp2.h>

#include <twc/buf.h>
#include <twc/err.h>

#define TWC__H2_LOAD_FRAME_MAX 16384	   /* of either side: what SETTINGS_MAX_FRAME_SIZE is without a word */
#define TWC__H2_LOAD_HEAD_MAX (300 * 1024) /* of a response, packed or not */
#define TWC__H2_LOAD_KNOWN_MAX 256

/* ---- requests ---- */

struct twc__h2_load_blocks {
	/* Three for each: `first` of a connection, which fills the table; `again`, which uses it; `plain`, which knows none. */
	struct twc__h2_load_block {
		struct twc_str first, again, plain;
	} *at; /* owned: n of them */
	size_t n;
	char *bytes; /* owned */
};
/* Of heads as HTTP/1.1 has them, with or without their empty line. 0 or TWC_ENOMEM. */
int twc__h2_load_blocks_make(struct twc__h2_load_blocks *b, const struct twc_str *heads, size_t n, struct twc_str scheme,
			     struct twc_err *err);
void twc__h2_load_blocks_fini(struct twc__h2_load_blocks *b);

/* ---- a connection ---- */

struct twc__h2_load_stream {
	int32_t id;	  /* 0: the place is free */
	int status;	  /* 0: the final head has not come */
	uint64_t in, out; /* bytes of its frames */
	uint64_t body;	  /* of the response, so far */
	uint64_t length;  /* that was announced; UINT64_MAX: none was */
	uint64_t unacked; /* of its window */
	int64_t window;	  /* for the rest of the request's body: */
	struct twc_str rest;
	unsigned interims;
};

struct twc__h2_load;
struct twc__h2_load_ops {
	void (*head)(struct twc__h2_load *h, unsigned place); /* the final one */
	/* The place is free after this. err->code 0: it was answered; TWC_ERESET: by RST_STREAM; TWC_ECANCELLED: GOAWAY says that it was not
	 * looked at; TWC_EPROTO: not as it has to be. */
	void (*end)(struct twc__h2_load *h, unsigned place, const struct twc_err *err);
};

struct twc__h2_load {
	const struct twc__h2_load_ops *ops;
	const struct twc__h2_load_blocks *blocks;
	bool is_head; /* the method is HEAD: no body is announced truly */
	struct twc_buf out; /* to be sent, and cleared, by the owner */
	/* what the server has said */
	bool has_settings; /* before that nothing is to be asked */
	bool is_going;	   /* GOAWAY, or numbers are used up: nothing is to be asked any more */
	bool is_dead;	   /* by the owner: nothing is read or told any more */
	uint32_t max_streams;
	struct twc_err err; /* why it is over; code 0: it is not */
	/* private */
	struct twc__h2_load_stream *ring; /* owned: mask + 1 */
	unsigned mask, n;  /* n: streams under way */
	uint32_t next_id;
	bool has_asked, is_plain, owes_size; /* blocks: the table is filled; not used; its size is to be said to be none */
	int64_t window, stream_window; /* for bodies: of the connection, of new streams */
	uint64_t unacked;
	unsigned useless; /* frames that bring nothing, since the last that did */
	nghttp2_hd_inflater *inflater; /* owned */
	struct twc_buf held;  /* of a frame that is not whole */
	struct twc_buf block; /* of a head that CONTINUATION goes on with: */
	int32_t block_id;     /* 0: there is none */
	uint8_t block_flags;
	/* A block that leaves the table alone means the same as long as no other changes it. */
	uint16_t known_len; /* 0: there is none */
	int known_status;
	uint64_t known_length;
	uint8_t known[TWC__H2_LOAD_KNOWN_MAX];
};

/* `streams`: the most under way. The preface stands in `out` then. */
void twc__h2_load_init(struct twc__h2_load *h, const struct twc__h2_load_ops *ops, const struct twc__h2_load_blocks *blocks,
		       unsigned streams);
void twc__h2_load_fini(struct twc__h2_load *h);
/* Places of streams are below this. */
unsigned twc__h2_load_places(unsigned streams);
/* From the transport. False: h->err says why it is over; a GOAWAY stands in `out`. */
bool twc__h2_load_feed(struct twc__h2_load *h, const uint8_t *p, size_t n);
/* Request `which`, with a body unless body.p is NULL, which stays as long as the stream. Only when it may be asked and fewer than
 * `streams` are under way. Returns its place. */
unsigned twc__h2_load_ask(struct twc__h2_load *h, size_t which, struct twc_str body);
/* Nothing is told of it any more. */
void twc__h2_load_cancel(struct twc__h2_load *h, unsigned place);

static inline const struct twc__h2_load_stream *twc__h2_load_at(const struct twc__h2_load *h, unsigned place)
{
	return &h->ring[place];
}

/* ---- h2_load_head.c, for h2_load.c: pure ---- */

struct twc__h2_load_head {
	int status;	 /* 0: there is none */
	uint64_t length; /* UINT64_MAX: there is none */
	size_t size;
	bool is_bad;
};
void twc__h2_load_take_field(struct twc__h2_load_head *x, const nghttp2_nv *nv);
/* Does a block leave the table as it is: indexed fields, and literals that are not put there (RFC 7541, 6)? */
bool twc__h2_load_leaves_table(const uint8_t *p, size_t n);

/* ---- h2_load_send.c, for h2_load.c ---- */

void twc__h2_load_put(struct twc__h2_load *h, uint8_t type, uint8_t flags, int32_t id, const void *payload, size_t n);
void twc__h2_load_put32(struct twc__h2_load *h, uint8_t type, int32_t id, uint32_t value); /* RST_STREAM, WINDOW_UPDATE */
/* The windows may have grown: of one stream, or of all. */
void twc__h2_load_send_body(struct twc__h2_load *h, struct twc__h2_load_stream *s);
void twc__h2_load_send_bodies(struct twc__h2_load *h);

#endif
