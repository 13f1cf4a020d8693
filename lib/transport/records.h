/* SPDX-License-Identifier: MIT */
/*
 * A stream that carries records: a filter as TLS is one, put on what the transport had, which may be TLS. What a record looks like
 * on the wire is the codec's business, and who has one is a layer above: so the filter is given a table.
 *
 *	protocol <- transport.c <- records_take   <- codec->decode <- the stream's read
 *	protocol -> write.c     -> records_writev -> codec->encode -> twc__records_put -> the stream's writev
 *
 * One read is a record, one write is one, and it may be empty; the end of each half is a word of the codec's (farewell), and when both
 * are said the stream below is closed.
 */
#ifndef TWC_TRANSPORT_RECORDS_H
#define TWC_TRANSPORT_RECORDS_H

#include <twc/transport.h>

struct twc__records;

enum twc__record_event {
	TWC__RECORD_MORE = 0, /* all was taken */
	TWC__RECORD_WHOLE,
	TWC__RECORD_END, /* the peer's farewell: nothing more is decoded */
};
struct twc__record_in {
	uint8_t *p; /* what is left; may be changed, and a byte behind it, too */
	size_t n;
	const char *record; /* of TWC__RECORD_WHOLE: until the next call */
	size_t size;
};
struct twc__record_codec {
	/* An event, or TWC_E…: the peer broke the rules; it has been told so by twc__records_put, and the connection ends. With
	 * TWC__RECORD_END *err may say why that is no good end. */
	int (*decode)(void *arg, struct twc__record_in *in, struct twc_err *err);
	/* The record that was handed out last is nobody's any more: its protocol has heard of it. May be NULL. */
	void (*released)(void *arg);
	/* Gives to twc__records_put. TWC_E…: it cannot be sent; the connection is broken off. */
	int (*encode)(void *arg, const struct iovec *iov, int n, struct twc_err *err);
	/* The last word of our half. */
	void (*farewell)(void *arg);
	/* What could not be sent has been: see twc__records_is_stuck. May be NULL. */
	void (*drained)(void *arg);
	/* The stream is closed: timers stop. `free` comes later. */
	void (*closed)(void *arg);
	void (*free)(void *arg);
	/* See twc_transport_by_lines. May be NULL. */
	void (*by_lines)(void *arg);
	/* See twc__transport_by_bytes. May be NULL. */
	void (*by_bytes)(void *arg);
	/* See twc__transport_leave. May be NULL. */
	void (*leave)(void *arg);
};
struct twc__records_start {
	bool answers_late; /* after the peer's farewell ours waits until our half ends, or the stream below does */
	bool is_patient;   /* the peer may take its time to answer ours, unless we lose the connection */
	const struct twc__record_codec *codec;
	void *arg;	   /* owned: freed by the codec */
	const uint8_t *in; /* what has come already; copied */
	size_t n_in;
	uint64_t end_ns; /* how long to wait, after both farewells, for the peer to end the stream below; 0: we do */
	uint64_t answer_ns; /* how long nothing may come, nor go, between the two farewells */
};
/* `t` is a stream, not piped. What was written before goes out first, as it is. NULL when the connection ends already; then `arg` is
 * free. */
struct twc__records *twc__records_start(struct twc_transport *t, const struct twc__records_start *how);
struct twc_transport *twc__records_transport(const struct twc__records *r);
/* Bytes for the wire, in order. Small ones leave together at the end of the phase. */
void twc__records_put(struct twc__records *r, const struct iovec *iov, int n);
/* The peer does not read: what need not be said now had better wait for `drained`. */
bool twc__records_is_stuck(const struct twc__records *r);

#endif
