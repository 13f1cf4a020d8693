/* SPDX-License-Identifier: MIT */
/*
 * What befalls a response on purpose: faults, and bodies that drip. A filter between an exchange and its carrier: the handler
 * has done all it does (a capture has its line, a program has run), and what it answers is broken on its way. Only that
 * connection suffers.
 */
#ifndef TWC_APP_HTTP_FAULT_H
#define TWC_APP_HTTP_FAULT_H

#include "protocol/http/exchange.h"

enum twc__http_fault_kind {
	TWC__HTTP_FAULT_NONE = 0,
	TWC__HTTP_FAULT_RESET,	      /* the connection is reset in place of a response */
	TWC__HTTP_FAULT_CLOSE_EARLY,  /* it ends, without a word */
	TWC__HTTP_FAULT_HANG,	      /* nothing comes, for ten minutes at most */
	TWC__HTTP_FAULT_TRUNCATE,     /* half of the body, then the end; without a body as close-early */
	TWC__HTTP_FAULT_GARBAGE,      /* 256 octets by chance, then the end */
	TWC__HTTP_FAULT_BAD_CHUNK,    /* chunked, and after half of the body what is no chunk; HTTP/1.0: as truncate */
	TWC__HTTP_FAULT_WRONG_LENGTH, /* Content-Length tells half of what follows; of nothing, that there were 10 bytes */
};

#define TWC__HTTP_HANG_NS (600 * UINT64_C(1000000000))
#define TWC__HTTP_DRIP_BYTES_MAX (16 * 1024 * 1024) /* of a body that drips, files apart */

struct twc__http_drop;

struct twc__http_mishap {
	struct twc__http_filter filter;
	enum twc__http_fault_kind kind;
	uint64_t seed;	  /* garbage: where it comes from */
	uint64_t drip_ns; /* the body takes so long; 0: it does not drip. Not with a fault */
	uint64_t rate;	  /* the connection has so many bytes a second for this response; 0: as many as it likes */
	/* private */
	struct twc_http_exchange *x;
	struct twc_timer timer;
	uint64_t left; /* of the body, until it is cut */
	struct twc__http_drop *first, **last; /* what drips; owned */
	uint64_t total, dripped, began_ns;
	size_t held;
	bool is_dripping, is_waiting;
};

/* The members above `private` are set, the others zero; `f` is in the memory of the exchange. */
void twc__http_mishap_put(struct twc__http_mishap *f, struct twc_http_exchange *x);

/* A generator of numbers by chance, good for choices, not for secrets: each seed has its own sequence. */
uint64_t twc__http_chance(uint64_t *state);

#endif
