/* SPDX-License-Identifier: MIT */
/*
 * A conversation on a connection before any protocol has it: with a proxy, or until TLS may begin. On a socket, what comes
 * is looked at in the kernel's buffer and only taken as far as it is ours (MSG_PEEK): what follows in the same segment is
 * still in the socket, which a transport then takes as any other. On a transport what follows is put back.
 */
#ifndef TWC_ENDPOINT_EXCHANGE_H
#define TWC_ENDPOINT_EXCHANGE_H

#include "endpoint/conn.h"
#include <twc/buf.h>
#include <twc/reactor.h>

#define TWC__EXCHANGE_DONE 1

struct twc__exchange {
	struct twc_watch watch; /* of a socket */
	struct twc__waiting *waiting; /* of a transport; NULL: a socket */
	struct twc_reactor *r;
	struct twc_buf *out; /* what is to be sent next; consumed */
	bool is_open, is_done;
	/* A codec: takes *used of n bytes; 0 for more, TWC__EXCHANGE_DONE (what is in `out` is still sent), or an error. */
	int (*feed)(void *arg, const uint8_t *data, size_t n, size_t *used, struct twc_err *err);
	int (*end)(void *arg, struct twc_err *err); /* the peer ended; returns err->code */
	void (*broke)(void *arg, int sys, struct twc_err *err); /* a system call failed */
	/* Once, closed already. err->code 0: done. Bytes behind our last one are in the socket (has_more). */
	void (*over)(void *arg, bool has_more, const struct twc_err *err);
	void *arg;
};

/* The callbacks and `out` are set. Begins with what is in `out`. `c` is borrowed. 0 or an error; then nothing is called. */
int twc__exchange_start(struct twc__exchange *x, struct twc_reactor *r, const struct twc__conn *c, struct twc_err *err);
int twc__exchange_start_fd(struct twc__exchange *x, struct twc_reactor *r, int fd, struct twc_err *err);
void twc__exchange_stop(struct twc__exchange *x); /* nothing is called any more; also when not open */

/* ---- for conn.c: what a transport brings ---- */

void twc__exchange_hear(struct twc__exchange *x, const uint8_t *data, size_t n);
void twc__exchange_hear_end(struct twc__exchange *x);
void twc__exchange_hear_lost(struct twc__exchange *x, const struct twc_err *err);

#endif
