/* SPDX-License-Identifier: MIT */
/*
 * What serve and connect share: the options that look at the bytes of a connection or change them, and what they do to
 * a factory. The rows come into a command's table with WIRE_OPTS, for a params struct with a member `wire`.
 */
#ifndef CMD_WIRE_H
#define CMD_WIRE_H

#include "cmd.h"
#include <twc/wire.h>

struct wire_params {
	const char *hexdump; /* a file; "": standard error */
	const char *dump;    /* text[=FILE] */
	const char *tee_in, *tee_out;
	const char *limit_rate; /* R[:burst=S] */
	bool crlf, telnet;
	const char *frames; /* line, nul, len4, raw[:N] */
	uint64_t max_bytes, max_messages;
	uint64_t line_delay;
};

#define WIRE_GROUP "Bytes on the wire"
#define WIRE_AT(params, member) .offset = offsetof(params, wire.member), .group = WIRE_GROUP
#define WIRE_OPTS(params)                                                                                              \
	{ .long_name = "hexdump", .type = OPT_STRING, .flags = OPT_OPTIONAL, .implied = "", .hint = OPT_HINT_FILE,     \
	  .arg = "FILE", WIRE_AT(params, hexdump),                                                                     \
	  .help = "show every byte that passes, with time, connection and direction, on standard error or in FILE" }, \
	{ .long_name = "dump", .type = OPT_STRING, .arg = "FORM", WIRE_AT(params, dump),                               \
	  .help = "the same in another form: text, or text=FILE (lines, with escapes)" },                                   \
	{ .long_name = "tee-in", .type = OPT_STRING, .hint = OPT_HINT_FILE, .arg = "FILE", WIRE_AT(params, tee_in),    \
	  .help = "copy what is received into FILE; %c in its name is the connection's number" },                     \
	{ .long_name = "tee-out", .type = OPT_STRING, .hint = OPT_HINT_FILE, .arg = "FILE", WIRE_AT(params, tee_out),  \
	  .help = "copy what is sent into FILE, likewise" },                                                          \
	{ .long_name = "limit-rate", .type = OPT_STRING, .arg = "RATE", WIRE_AT(params, limit_rate),      \
	  .help = "at most so many bytes a second each way, per connection (200k, or 200k:burst=64k)" },       \
	{ .long_name = "line-delay", .type = OPT_DURATION, .arg = "DURATION", .min = 1, WIRE_AT(params, line_delay),   \
	  .help = "send standard input line by line, each so long after the one before" },                             \
	{ .long_name = "crlf", .type = OPT_FLAG, WIRE_AT(params, crlf),                                                \
	  .help = "send line ends as CR LF" },                                                                         \
	{ .long_name = "telnet", .type = OPT_FLAG, WIRE_AT(params, telnet),                                            \
	  .help = "speak telnet, refusing every option" },                                                             \
	{ .long_name = "frames", .type = OPT_STRING, .arg = "KIND", .def = "raw", WIRE_AT(params, frames),             \
	  .help = "how a stream becomes datagrams and back: line, nul, len4, raw, or raw:SIZE" },                     \
	{ .long_name = "max-bytes", .type = OPT_SIZE, .arg = "SIZE", .min = 1, WIRE_AT(params, max_bytes),             \
	  .help = "end, with status 0, when so much was received" },                                                   \
	{ .long_name = "max-messages", .type = OPT_UINT, .arg = "N", .min = 1, WIRE_AT(params, max_messages),          \
	  .help = "end, with status 0, when so many datagrams were received" }

/* A faulty value, or options that do not fit together: 0 or TWC_EUSAGE. */
int wire_check(const struct ctx *ctx, const struct wire_params *p, struct twc_err *err);

/* RATE[:burst=SIZE]; 0 or TWC_EUSAGE. */
int wire_parse_rate(const char *value, uint64_t *rate, uint64_t *burst, struct twc_err *err);

/* Was any of them given? */
bool wire_is_used(const struct wire_params *p);

/* Do they show bytes on standard error? */
bool wire_shows(const struct wire_params *p);

/* Those that are about what is joined with a wire, not about the wire: what they ask for, and the name of one that
 * was given; NULL: none. */
const char *wire_filter(const struct wire_params *p, struct twc_filter_opts *o);
/* Do they fit what is joined? 0 or TWC_EUSAGE. */
int wire_check_kinds(const struct wire_params *p, bool has_stream, bool has_datagrams, struct twc_err *err);

/* A run's share. Zeroed: nothing is looked at. */
struct wire {
	struct twc_record *record; /* owned */
	struct twc_factory *rate;  /* owned */
};
/* `*f` becomes the factory to use instead of it. `failed` as in struct twc_record_opts. 0, or the exit status after
 * printing what failed. */
int wire_open(struct wire *w, struct ctx *ctx, const struct wire_params *p, struct twc_factory **f,
	      void (*failed)(void *arg, const struct twc_err *err), void *arg);
void wire_free(struct wire *w); /* after the last connection, or the reactor */

#endif
