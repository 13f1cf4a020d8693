/* SPDX-License-Identifier: MIT */
/*
 * What looks at the bytes of a connection, or changes them, on their way between a wire and this program. Directions
 * are named from here: '>' is what we send, '<' is what we receive.
 */
#ifndef TWC_WIRE_H
#define TWC_WIRE_H

#include <twc/base.h>
#include <twc/err.h>
#include <twc/transport.h>

#pragma GCC visibility push(default)

/* ---- record: the bytes of every connection of a factory, into files ---- */

struct twc_record;

struct twc_record_opts {
	/* Readable dumps, a line for 16 bytes (hexdump) or a line of text (textdump): time of day, connection, direction.
	 * Name of a file; "": dump_fd; NULL: none. Both may name the same. */
	const char *hexdump, *textdump;
	int dump_fd; /* borrowed: standard error, most likely */
	/* The raw bytes that come (in) and go (out). NULL: none. `%c` is the connection's number, a file for each; `%%` is
	 * a percent sign. Without %c one file takes those of all connections, as they come. */
	const char *tee_in, *tee_out;
	/* A file could not be written (TWC_EIO) or made (TWC_ECANTCREAT): nothing is recorded any more. Once, from inside
	 * a read or a write: it must only take note and see to the end. */
	void (*failed)(void *arg, const struct twc_err *err);
	void *arg;
};

/* A factory around `inner` (borrowed). Files without %c are made, and emptied, here. NULL with *err: TWC_EUSAGE
 * (a pattern), TWC_ECANTCREAT. Strings are borrowed. */
struct twc_record *twc_record_new(const struct twc_record_opts *o, struct twc_factory *inner, struct twc_err *err);
void twc_record_free(struct twc_record *rec); /* after its last connection, or the reactor */
struct twc_factory *twc_record_factory(struct twc_record *rec);

/* ---- filter: what a join or a hub does to the bytes ---- */

/* How a stream of ours becomes datagrams, and datagrams a stream. */
enum twc_frames {
	TWC_FRAMES_RAW = 0, /* a read is a datagram; datagrams are written as they are */
	TWC_FRAMES_LINE,    /* a line without its end; a datagram gets a line feed unless it ends in one */
	TWC_FRAMES_NUL,	    /* what stands before a NUL; a datagram gets one */
	TWC_FRAMES_LEN4,    /* its length before it, 4 bytes, big endian; both ways */
};

/* Zeroed: bytes pass as they are, and streams without a copy. */
struct twc_filter_opts {
	bool crlf;   /* what is sent on the wire: LF becomes CR LF */
	bool telnet; /* the wire speaks telnet: options are refused (twc_join_window apart), data is unescaped and escaped */
	enum twc_frames frames;
	bool has_frames; /* it was asked for; else messages (ws:) are lines where they meet standard input and output */
	size_t frame_max;	/* RAW: a longer read becomes several datagrams; 0: 65,507. Of messages: 0: is one */
	uint64_t max_bytes;	/* end, without a fault, when so much was received from the wire; 0: no limit. A */
	uint64_t max_messages;	/* datagram is taken whole. max_messages counts datagrams, and messages */
	uint64_t line_delay_ns; /* each line of the local stream passes so long after the one before; 0: as they come */
	bool has_escape; /* a join's local side: the byte `escape` in what it sends ends all, without a fault */
	uint8_t escape;
};

#pragma GCC visibility pop
#endif
