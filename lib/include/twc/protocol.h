/* SPDX-License-Identifier: MIT */
/*
 * Ready-made protocols: framings to build upon, policies that wrap any factory, and the small services of
 * `twc serve`. The bases (struct twc_protocol, struct twc_factory) are in twc/transport.h.
 */
#ifndef TWC_PROTOCOL_H
#define TWC_PROTOCOL_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/transport.h>

#pragma GCC visibility push(default)

/*
 * ---- framing: pure splitters, fed with bytes, no I/O ----
 * A framer keeps an unfinished frame (bounded by its maximum) and calls back for each whole one. Fed whole, byte
 * by byte or at random splits it gives the same frames. Limits are Twisted's.
 */

#define TWC_LINE_MAX 16384     /* bytes in a line without its delimiter */
#define TWC_FRAME_MAX 99999    /* netstring, length-prefixed */

enum twc_framing {
	TWC_FRAMING_LINE,      /* delimiter, "\r\n" unless changed */
	TWC_FRAMING_NETSTRING, /* 3:abc, */
	TWC_FRAMING_INT8,      /* length prefix, big endian */
	TWC_FRAMING_INT16,
	TWC_FRAMING_INT32,
};

/* One frame, valid during the call. Return false to stop (after lose, or a switch to raw mode): the rest of
 * the bytes fed stays unconsumed. */
typedef bool (*twc_frame_fn)(void *arg, const uint8_t *frame, size_t n);

struct twc_framer {
	enum twc_framing kind;
	size_t max;
	char delim[8];		 /* lines only */
	uint8_t delim_len;
	bool optional_cr;	 /* lines with delimiter "\n": a CR before it is dropped */
	int dead;		 /* private: the error that ended it */
	struct twc_buf held;	 /* private: the unfinished frame */
};
void twc_framer_init(struct twc_framer *f, enum twc_framing kind);
void twc_framer_set_delim(struct twc_framer *f, const char *delim, size_t n); /* 1-8 bytes */
void twc_framer_fini(struct twc_framer *f);
/*
 * Feeds n bytes; *used tells how many were taken (all of them unless the callback said stop). 0, TWC_ETOOLONG
 * (frame over max), TWC_EPROTO (bad netstring) or TWC_ENOMEM: then the framer is dead and the connection
 * should be lost. The callback may change the framing; not feed the same framer.
 */
int twc_framer_feed(struct twc_framer *f, const uint8_t *data, size_t n, size_t *used, twc_frame_fn fn, void *arg,
		    struct twc_err *err);
/* What is held of an unfinished frame, e.g. the last line without a delimiter at eof. */
struct twc_str twc_framer_held(const struct twc_framer *f);
/* Writes `n` bytes as one frame; TWC_ETOOLONG when it does not fit the framing or is over max, TWC_EDATA when
 * a line holds its delimiter. */
int twc_framer_write(const struct twc_framer *f, struct twc_transport *t, const void *p, size_t n, struct twc_err *err);

/*
 * ---- codecs of a byte stream: pure, fed at any splits; zeroed to begin with ----
 */

/* LF becomes CR LF, CR LF stays. */
struct twc_crlf {
	bool after_cr; /* private */
};
/* Writes at most 2 n bytes; returns how many. */
size_t twc_crlf_encode(struct twc_crlf *c, const uint8_t *in, size_t n, uint8_t *out);

/* Telnet (RFC 854, 855): everything is refused, but the size of the window (RFC 1073) where there is one. */
struct twc_telnet {
	uint8_t state, verb; /* private: what is being read */
	bool sent_cr;	     /* private */
	bool has_window;     /* yours to set: who asks for the size is told that it comes */
	bool wants_window;   /* to be read: twc_telnet_window is to be sent when this becomes true, and at each change */
	unsigned asked;	     /* private */
	size_t sb_len;	     /* private */
};
/*
 * What was received: the data, at most n bytes, and what is to be sent back, at most n + 2. IAC IAC is one byte 255, CR NUL
 * is CR. 0, or TWC_EPROTO when a subnegotiation does not end (16,384 bytes), or the requests do not (10,000): what came
 * before stands.
 */
int twc_telnet_decode(struct twc_telnet *t, const uint8_t *in, size_t n, uint8_t *out, size_t *n_out, uint8_t *reply,
		      size_t *n_reply, struct twc_err *err);
/* What is to be sent, at most 2 n + 1 bytes: 255 becomes IAC IAC, a CR without LF gets its NUL. */
size_t twc_telnet_encode(struct twc_telnet *t, const uint8_t *in, size_t n, uint8_t *out);
/* The message with the size of the window, 0: not known. Returns its length. */
#define TWC_TELNET_WINDOW_MAX 13
size_t twc_telnet_window(uint16_t columns, uint16_t rows, uint8_t out[TWC_TELNET_WINDOW_MAX]);

/* ---- a protocol of lines: embed, set ops, override ---- */

struct twc_line_protocol;
struct twc_line_ops {
	void (*made)(struct twc_line_protocol *p);
	void (*line)(struct twc_line_protocol *p, const char *line, size_t n); /* without delimiter */
	void (*raw)(struct twc_line_protocol *p, const uint8_t *data, size_t n); /* in raw mode */
	void (*too_long)(struct twc_line_protocol *p); /* NULL: the connection is lost with TWC_ETOOLONG; else
							* say so and lose: no further line comes */
	void (*eof)(struct twc_line_protocol *p);      /* NULL: lose */
	void (*drained)(struct twc_line_protocol *p);
	void (*lost)(struct twc_line_protocol *p, const struct twc_err *reason); /* frees itself; after _fini */
};
struct twc_line_protocol {
	struct twc_protocol base;
	const struct twc_line_ops *line_ops;
	struct twc_framer framer; /* its max, delim and optional_cr may be set before made */
	bool is_raw;		  /* read-only */
	unsigned pauses;	  /* private */
	struct twc__line_backlog *backlog; /* private: what came before a pause took effect */
};
void twc_line_protocol_init(struct twc_line_protocol *p, const struct twc_line_ops *ops);
/* Takes effect within the same bytes: in line() the rest of them goes to raw(). An unfinished line goes there
 * with the next bytes. raw() is given all there is; lines begin again with the next bytes. */
void twc_line_protocol_set_raw(struct twc_line_protocol *p, bool raw);
/* The delimiter is added, and not looked for in `line`. */
void twc_line_protocol_send(struct twc_line_protocol *p, const char *line, size_t n);
/* Counted with the transport's own pause: while paused no further line is delivered, those already here
 * come after resume. */
void twc_line_protocol_pause(struct twc_line_protocol *p);
void twc_line_protocol_resume(struct twc_line_protocol *p);

/*
 * ---- policies: a factory around a factory; each borrows `inner`, which must outlive it ----
 * The wrapper stands between transport and protocol: the inner protocol sees the same transport.
 */

/* Loses a connection on which nothing was read or written for `idle_ns` (reason TWC_EIDLE), and one older
 * than `total_ns` (TWC_ETIMEDOUT); 0: no limit. Losing that takes longer than 5 s becomes an abort. */
struct twc_factory *twc_policy_timeout_new(struct twc_reactor *r, struct twc_factory *inner, uint64_t idle_ns,
					   uint64_t total_ns);
/* At most `rate` bytes a second read from each connection (token bucket with `burst` bytes, 0: one second's). */
struct twc_factory *twc_policy_throttle_new(struct twc_reactor *r, struct twc_factory *inner, uint64_t rate,
					    uint64_t burst);
/* Gives each connection the limit of twc_transport_limit_rate: both ways, and for piped bytes, too. */
struct twc_factory *twc_policy_rate_new(struct twc_factory *inner, uint64_t rate, uint64_t burst);
/* Likewise a part in the limit that all keep together (borrowed). */
struct twc_factory *twc_policy_share_rate_new(struct twc_factory *inner, struct twc_rate_total *total);
/* At most `total` connections at once and `per_host` from one address; more are closed at once. 0: no limit. */
struct twc_factory *twc_policy_limit_new(struct twc_factory *inner, unsigned total, unsigned per_host);
/* Says `words` (copied) first on each connection; nothing on a session of datagrams. */
struct twc_factory *twc_policy_greet_new(struct twc_factory *inner, struct twc_str words);
/* Every byte to `fn` as it passes, piped ones too: direction '>' (to the peer) or '<' (from the peer). */
typedef void (*twc_traffic_fn)(void *arg, struct twc_transport *t, char dir, const uint8_t *data, size_t n);
struct twc_factory *twc_policy_traffic_new(struct twc_factory *inner, twc_traffic_fn fn, void *arg);
void twc_policy_free(struct twc_factory *f); /* the wrapper, not the inner one; after its last connection */

/*
 * ---- services: a name, a factory, what it needs; `twc serve --NAME` ----
 * THE list is in lib/protocol/registry.c; a new service is one file and one line there.
 */
struct twc_service {
	const char *name;     /* "echo": the option is --echo */
	const char *arg_name; /* "STRING" when it takes a value, else NULL */
	const char *summary;  /* one help line */
	bool client_first;    /* the client speaks first (TCP_DEFER_ACCEPT pays) */
	/* The factory, or NULL with *err (file missing: TWC_ENOINPUT). `arg` is copied. */
	struct twc_factory *(*create)(struct twc_reactor *r, const char *arg, struct twc_err *err);
	/* No more clients come: ends the connections that would not end by themselves. NULL: there are none. */
	void (*stop)(struct twc_factory *f);
	void (*destroy)(struct twc_factory *f); /* after its last connection */
};
const struct twc_service *twc_service_find(const char *name); /* NULL when unknown */
const struct twc_service *const *twc_service_list(void);      /* NULL-terminated, in help order */

/* ---- rooms: clients joined to each other ---- */

/* What becomes of a client that reads more slowly than the others speak, when its queue is full and stays so for 100 ms: */
enum twc_slow {
	TWC_SLOW_DROP = 0, /* it is left out until it has caught up, and told how much it missed */
	TWC_SLOW_BLOCK,	   /* those who send wait for it, however long */
	TWC_SLOW_CLOSE,	   /* it is reset */
};
struct twc_room_opts {
	enum twc_slow slow;
	struct twc_str banner; /* chat: the first a client is sent; a newline is added when it ends without */
};
/* What one client sends goes to all others. A client that ends its half leaves if it has ever sent something, and
 * listens on otherwise. What is left out is counted in the log. */
struct twc_factory *twc_broadcast_new(struct twc_reactor *r, const struct twc_room_opts *o);
/* The same by lines, with names, /nick /who /me /quit /help, and lines that tell who joins and leaves. Peers' bytes are
 * escaped; a line is cut after 2000 bytes, and its sender told. The end of a client's half is its leave. */
struct twc_factory *twc_chat_new(struct twc_reactor *r, const struct twc_room_opts *o);
void twc_room_close(struct twc_factory *f); /* flushes and closes every member: nothing else would end them */
void twc_room_free(struct twc_factory *f); /* of either; after the reactor. NULL is fine */

#pragma GCC visibility pop
#endif
