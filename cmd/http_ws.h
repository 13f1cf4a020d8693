/* SPDX-License-Identifier: MIT */
/* What the files of twc http ws share. */
#ifndef CMD_HTTP_WS_H
#define CMD_HTTP_WS_H

#include "http_opts.h"
#include <twc/http_ws.h>

struct http_ws_params {
	struct http_params http; /* must be first: its rows and functions are used */
	/* messages */
	int type;		 /* enum twc_ws_type; 0: text */
	int framing;		 /* enum twc_ws_framing */
	struct opt_list send;
	uint64_t max_message;
	bool json;
	/* the end */
	bool no_close, one;	 /* -n -1 */
	uint64_t count, linger;
	const char *close;	 /* CODE[:REASON] */
	/* handshake */
	const char *subprotocol, *origin;
	bool deflate;
	/* keeping it alive */
	uint64_t ping, pong_timeout;
	const char *ping_text;
	bool print_rtt;
	/* again */
	const char *reconnect;	 /* "N", "forever" */
	const char *preamble;	 /* a file */
};

extern const struct twc_opt http_ws_opts[];
extern const struct opt_slip http_ws_slips[];
void http_ws_init(void *params);
void http_ws_fini(void *params);
int http_ws_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);
/* CODE[:REASON]: 0 or TWC_EUSAGE; *reason is a part of `text`, NULL: none. */
int http_ws_parse_close(const char *text, unsigned *code, const char **reason, struct twc_err *err);
int http_ws_parse_times(const char *text, uint64_t *n, struct twc_err *err);

#endif
