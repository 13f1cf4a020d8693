/* SPDX-License-Identifier: MIT */
/* What terminals need beyond other descriptors: how one hangs up, and how the end of input is said to one. Private to
 * lib/transport. */
#ifndef TWC_TTY_H
#define TWC_TTY_H

#include "transport/transport_priv.h"

/* Embedded in the kind. Zero it, then set `t`. */
struct twc__tty {
	struct twc_transport *t;
	struct twc_timer timer;
	int fd;
	char last; /* the last byte written; 0: none yet */
};

/* What read() returned, seen as a terminal's: 0 only when it has hung up, else -EAGAIN. */
ssize_t twc__tty_result(int fd, ssize_t got);
/* Remembers how what was written ends. */
void twc__tty_wrote(struct twc__tty *y, const struct iovec *iov, int n, ssize_t sent);
/* Says the end of input to whoever reads the terminal line by line; a raw one has no way to be told. */
void twc__tty_end(struct twc__tty *y, int fd);
void twc__tty_stop(struct twc__tty *y);

#endif
