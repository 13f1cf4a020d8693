/* SPDX-License-Identifier: MIT */
/*
 * The terminal of standard input in raw mode: every key goes to the peer as it is, those of signals too. Its settings
 * come back at every end of the process but SIGKILL, and while it is stopped.
 */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include "cmd.h"

/* TWC_ENOINPUT when standard input is no terminal. Once in a process, before standard input is given away. */
int terminal_raw(struct twc_err *err);
void terminal_restore(void); /* also when it was never raw, and twice */
/* ^] or any other ^KEY, a single character, or none: the byte, or -1 for none. 0, or TWC_EUSAGE. */
int terminal_parse_key(const char *value, int *key, struct twc_err *err);

#endif
