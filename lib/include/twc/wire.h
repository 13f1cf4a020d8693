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

#pragma GCC visibility pop
#endif
