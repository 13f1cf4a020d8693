/* SPDX-License-Identifier: MIT */
#ifndef CMD_HTTP_HINT_H
#define CMD_HTTP_HINT_H

#include "http_opts.h"

/* What *err says of keys of endpoints becomes the options that they were given by. With --via they stay keys. */
void http_hint(const struct http_params *p, struct twc_err *err);

#endif
