/* SPDX-License-Identifier: MIT */
/*
 * The terminal of standard input in raw mode: every key goes to the peer as it is, those of signals too. Its settings
 * come back at every end of the process but SIGKILL, and while it is stopped.
 */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include "cmd.h"

#include <twc/app.h>

/* TWC_ENOINPUT when standard input is no terminal. Once in a process, before standard input is given away. */
int terminal_raw(struct twc_err *err);
void terminal_restore(void); /* also when it was never raw, and twice */

/* The size of the window: `join` hears of it at once and at each change, when standard input is a terminal. */
struct terminal_window {
	struct twc_reactor *r; /* NULL: not watching */
	struct twc_join *join; /* borrowed */
	struct twc_signal_watch watch;
};
int terminal_window_start(struct terminal_window *w, struct twc_reactor *r, struct twc_join *join, struct twc_err *err);
void terminal_window_stop(struct terminal_window *w); /* also when it was never started */

/* ^] or any other ^KEY, a single character, or none: the byte, or -1 for none. 0, or TWC_EUSAGE. */
int terminal_parse_key(const char *value, int *key, struct twc_err *err);

#endif
