/* SPDX-License-Identifier: MIT */
/* The error output of a child, a line of the log for each of its lines. Not installed. */
#ifndef TWC_ERRLOG_H
#define TWC_ERRLOG_H

#include <twc/reactor.h>

#define TWC__ERRLOG_LINE_MAX 960 /* a line of the log holds it, with the number in front */

/* Zeroed: there is none. Lives in its owner. */
struct twc__errlog {
	struct twc_reactor *r; /* NULL: not open */
	struct twc_watch watch;
	uint64_t id; /* the connection's, which is said in front */
	char held[TWC__ERRLOG_LINE_MAX];
	size_t n;
	bool is_rest; /* a piece of the line has been said */
};

/* The descriptor for the child, to be closed when it has it; or a negative code. */
int twc__errlog_open(struct twc__errlog *l, struct twc_reactor *r, uint64_t id, struct twc_err *err);
/* Says the lines that were written until now. */
void twc__errlog_flush(struct twc__errlog *l);
/* The same, the last also without its end, and hears no more. Where there is none, too, as the above. */
void twc__errlog_close(struct twc__errlog *l);

#endif
