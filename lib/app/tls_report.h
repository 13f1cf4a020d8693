/* SPDX-License-Identifier: MIT */
/* The lines of a TLS handshake in the log, for census.c and attempt.c. Not installed. */
#ifndef TWC_APP_TLS_REPORT_H
#define TWC_APP_TLS_REPORT_H

#include <twc/check.h>

/* A line for the handshake and one for each certificate (app, INFO), with `what` in front. `x` may be NULL. */
void twc__tls_report_log(const struct twc_tls_report *x, struct twc_reactor *r, const char *what);

#endif
