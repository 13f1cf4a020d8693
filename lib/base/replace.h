/* SPDX-License-Identifier: MIT */
/* Files that appear complete: written beside their place, and given their name by rename(2). Not installed. */
#ifndef TWC_BASE_REPLACE_H
#define TWC_BASE_REPLACE_H

#include <twc/err.h>

#include <sys/types.h>

/* 0 when nothing, a regular file or a link to one has the name `path`; else TWC_ECANTCREAT. */
int twc__replace_check(const char *path, struct twc_err *err);
/* The file `path`, which is fit by that check, is `text` from now on, with `mode` whatever the umask; a reader sees all of it,
 * or what was there before. `what` names it in an error: "the port file". 0 or TWC_ECANTCREAT. */
int twc__replace_file(const char *path, mode_t mode, struct twc_str text, const char *what, struct twc_err *err);
/* All of it, whatever pieces the kernel takes. 0, or -1 with errno. */
int twc__write_all(int fd, struct twc_str text);

#endif
