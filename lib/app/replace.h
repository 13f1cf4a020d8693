/* SPDX-License-Identifier: MIT */
/*
 * Is a name fit to be given to a new file by rename(2)? Private to lib/app, for the files that appear complete.
 */
#ifndef TWC_APP_REPLACE_H
#define TWC_APP_REPLACE_H

#include <twc/err.h>

/* 0 when nothing, a regular file or a link to one has the name `path`; else TWC_ECANTCREAT. */
int twc__replace_check(const char *path, struct twc_err *err);

#endif
