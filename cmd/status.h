/* SPDX-License-Identifier: MIT */
/*
 * The status line: on a terminal, below all that is said on standard error, and written over. out.c has it make way for
 * every other line. What cannot be written is let go: there will be a next one.
 */
#ifndef CMD_STATUS_H
#define CMD_STATUS_H

#include <stdbool.h>

/* Shows `text`, one line without its end, from now on; NULL takes it away. In the background nothing is shown. */
void status_set(const char *text);
bool status_hide(void); /* for a moment: true when it was to be seen */
void status_show(void);

#endif
