/* SPDX-License-Identifier: MIT */
/* The payload of a Close (RFC 6455, 5.5.1 and 7.4): a code and a reason, or nothing. Pure. */
#ifndef TWC_PROTOCOL_WS_CLOSE_H
#define TWC_PROTOCOL_WS_CLOSE_H

#include <twc/ws.h>

/*
 * *code (TWC_WS_NO_STATUS when there is none) and *reason, a slice of `p`. 0, or TWC_EPROTO, and then *code is what to answer: 1002,
 * or 1007 when the reason is not UTF-8.
 */
int twc__ws_close_parse(const uint8_t *p, size_t n, unsigned *code, struct twc_str *reason, struct twc_err *err);
/* Returns the length; nothing for TWC_WS_NO_STATUS. The reason is cut between characters. */
size_t twc__ws_close_write(uint8_t out[TWC_WS_CONTROL_MAX], unsigned code, struct twc_str reason);
/* *err becomes "closed with CODE (REASON)", TWC_EPROTO. */
void twc__ws_close_explain(unsigned code, struct twc_str reason, struct twc_err *err);

#endif
