/* SPDX-License-Identifier: MIT */
/*
 * The options of twc http ws: rows, what users of other tools type, and what does not fit together. How to get to a server is asked
 * for in the rows of twc http; letters that both curl and WebSocket clients have mean what they mean to the latter.
 */
#include "http_ws.h"
#include "http_rows.h"
#include <twc/http_message.h>
#include <twc/parse.h>

#define MESSAGES "Messages"
#define END "The end"
#define HANDSHAKE "Handshake"
#define ALIVE "Keeping it alive"
#define REPORTS "Reports"

enum {
	EXCL_TYPE = HTTP_EXCL_NEXT,
	EXCL_FRAMING,
};

#define MAX_MESSAGE_LIMIT (1U << 30)
#define REASON_MAX (TWC_WS_CONTROL_MAX - 2)

#define WS(member) .offset = offsetof(struct http_ws_params, member)
#define FLAG .type = OPT_FLAG

static const char *const exit_words[] = { "twc", "curl", NULL }; /* enum http_exit */

const struct twc_opt http_ws_opts[] = {
	{ .long_name = "text", .short_name = 't', .type = OPT_SET, .excl = EXCL_TYPE, WS(type), .value = TWC_WS_TEXT,
	  .group = MESSAGES, .help = "send text, as without it; what is no UTF-8 is status 65" },
	{ .long_name = "binary", .short_name = 'b', .type = OPT_SET, .excl = EXCL_TYPE, WS(type), .value = TWC_WS_BINARY,
	  .group = MESSAGES, .help = "send binary messages" },
	{ .long_name = "lines", .type = OPT_SET, .excl = EXCL_FRAMING, WS(framing), .value = TWC_WS_LINES, .group = MESSAGES,
	  .help = "a line is a message, both ways, as without it" },
	{ .long_name = "nul", .type = OPT_SET, .excl = EXCL_FRAMING, WS(framing), .value = TWC_WS_NUL, .group = MESSAGES,
	  .help = "a message ends with a NUL byte" },
	{ .long_name = "length", .type = OPT_SET, .excl = EXCL_FRAMING, WS(framing), .value = TWC_WS_LENGTH,
	  .group = MESSAGES, .help = "a message stands behind its length, four bytes, the high one first" },
	{ .long_name = "whole", .type = OPT_SET, .excl = EXCL_FRAMING, WS(framing), .value = TWC_WS_WHOLE, .group = MESSAGES,
	  .help = "all of the input is one message; what comes is written as it is" },
	{ .long_name = "send", .type = OPT_LIST, WS(send), .arg = "MESSAGE", .group = MESSAGES,
	  .help = "send this before standard input; repeatable" },
	{ .long_name = "max-message", .type = OPT_SIZE, WS(max_message), .arg = "SIZE", .min = 1, .max = MAX_MESSAGE_LIMIT,
	  .def = "16M", .group = MESSAGES, .help = "the longest message, of either side" },
	{ .long_name = "json", FLAG, WS(json), .group = MESSAGES,
	  .help = "print a JSON object for each message, of either side" },

	{ .long_name = "no-close", .short_name = 'n', FLAG, WS(no_close), .group = END,
	  .help = "the end of standard input closes nothing" },
	{ .long_name = "one", .short_name = '1', FLAG, WS(one), .group = END, .help = "close after one message has come" },
	{ .long_name = "count", .type = OPT_UINT, WS(count), .arg = "N", .min = 1, .group = END,
	  .help = "close after so many have come" },
	{ .long_name = "linger", .type = OPT_DURATION, WS(linger), .arg = "DURATION", .def = "1s", .group = END,
	  .help = "after the end of standard input, close when nothing came for so long" },
	{ .long_name = "close", .type = OPT_STRING, WS(close), .arg = "CODE[:REASON]", .def = "1000", .group = END,
	  .help = "what to close with" },

	{ .long_name = "subprotocol", .type = OPT_STRING, WS(subprotocol), .arg = "NAMES", .group = HANDSHAKE,
	  .help = "ask for one of these, separated by commas" },
	{ .long_name = "origin", .type = OPT_STRING, WS(origin), .arg = "URL", .group = HANDSHAKE,
	  .help = "the page that asks, as browsers tell it" },
	{ .long_name = "deflate", FLAG, WS(deflate), .group = HANDSHAKE, .help = "offer compression (permessage-deflate)" },
	{ .long_name = "header", .short_name = 'H', .flags = OPT_SECRET, .type = OPT_LIST, HTTP_AT(headers), .arg = "FIELD",
	  .group = HANDSHAKE, .help = "`Name: value`; `Name:` leaves it out, `Name;` sends it empty; @FILE: one a line" },
	{ .long_name = "user-agent", .short_name = 'A', .type = OPT_STRING, HTTP_AT(user_agent), .arg = "TEXT",
	  .group = HANDSHAKE, .help = "what to say who asks; empty: nothing" },

	{ .long_name = "ping", .type = OPT_DURATION, WS(ping), .arg = "DURATION", .min = 1, .group = ALIVE,
	  .help = "ask whether the server is there when nothing came for so long" },
	{ .long_name = "pong-timeout", .type = OPT_DURATION, WS(pong_timeout), .arg = "DURATION", .min = 1, .def = "10s",
	  .group = ALIVE, .help = "and give up, with status 75, when nothing comes for so long after it" },
	{ .long_name = "ping-text", .type = OPT_STRING, WS(ping_text), .arg = "MESSAGE", .group = ALIVE,
	  .help = "ask with this message in place of a ping" },
	{ .long_name = "print-rtt", FLAG, WS(print_rtt), .group = ALIVE,
	  .help = "tell on standard error how long each ping took" },
	{ .long_name = "reconnect", .type = OPT_STRING, .flags = OPT_OPTIONAL, .implied = "forever", WS(reconnect),
	  .arg = "N|forever", .group = ALIVE, .help = "connect again when it has ended, or cannot be done, and go on" },
	{ .long_name = "preamble", .type = OPT_STRING, .hint = OPT_HINT_FILE, WS(preamble), .arg = "FILE", .group = ALIVE,
	  .help = "send the messages in FILE first on each connection" },

	HTTP_ROWS_CONNECTION,
	HTTP_ROWS_TLS,
	HTTP_ROWS_LOGIN(0, 0),
	HTTP_ROWS_REDIRECTS,
	HTTP_ROWS_TRUST,
	HTTP_ROWS_RETRIES,
	HTTP_ROWS_TIMES,

	{ .long_name = "trace-time", FLAG, HTTP_AT(trace_time), .group = REPORTS, .help = "with the time of day, for -v" },
	{ .long_name = "show-secrets", FLAG, HTTP_AT(show_secrets), .group = REPORTS,
	  .help = "show logins and cookies, which are *** without it" },
	{ .long_name = "exit", .type = OPT_WORD, HTTP_AT(exit_style), .arg = "WHOSE", .words = exit_words, .def = "twc",
	  .group = REPORTS, .help = "whose exit status" },
	{ 0 },
};

const struct opt_slip http_ws_slips[] = {
	{ "--protocol", "that is --subprotocol" },
	{ "--ping-interval", "that is --ping DURATION" },
	{ "--ping-timeout", "that is --pong-timeout DURATION" },
	{ "--one-message", "that is --one, and --no-close keeps it open" },
	{ "--oneshot", "that is --one" },
	{ "--exit-on-eof", "a connection that ends ends it anyway" },
	{ "-E", "a connection that ends ends it anyway" },
	{ "--null-terminated", "that is --nul" },
	{ "-0", "that is --nul" },
	{ "--basic-auth", "that is -u USER:PASSWORD" },
	{ "--close-status-code", "that is --close CODE[:REASON]" },
	{ "--execute", "that is --send MESSAGE" },
	{ "--wait", "how long to wait for replies is --linger DURATION; --retry-connrefused waits for a server" },
	{ 0 },
};

void http_ws_init(void *params)
{
	struct http_ws_params *p = params;

	p->linger = UINT64_MAX; /* not given */
	p->http.alpn = p->http.clobber = p->http.part = p->http.buffer = true;
}

void http_ws_fini(void *params)
{
	struct http_ws_params *p = params;

	opt_list_fini(&p->send);
	http_fini(&p->http);
}

int http_ws_parse_close(const char *text, unsigned *code, const char **reason, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(text), number;
	struct twc_err why = { 0 };
	uint64_t n;

	(void)twc_str_cut(&rest, ':', &number);
	*reason = rest.p;
	if (twc_parse_uint(number, 0, 65535, &n, &why) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--close: %s", why.text);
	if (!twc_ws_code_is_valid((unsigned)n))
		return twc_err_set(err, TWC_EUSAGE, "--close: %u can be in no Close; 1000 to 1003, 1007 to 1014 and 3000 to 4999 can",
				   (unsigned)n);
	if (rest.n > REASON_MAX)
		return twc_err_set(err, TWC_EUSAGE, "--close: a reason has %d bytes at most", REASON_MAX);
	if (!twc_ws_is_utf8(rest.p, rest.n))
		return twc_err_set(err, TWC_EUSAGE, "--close: the reason is not UTF-8");
	*code = (unsigned)n;
	return 0;
}

int http_ws_parse_times(const char *text, uint64_t *n, struct twc_err *err)
{
	struct twc_err why = { 0 };

	*n = UINT64_MAX;
	if (strcmp(text, "forever") == 0 || twc_parse_uint(twc_str_of(text), 1, UINT32_MAX, n, &why) == 0)
		return 0;
	return twc_err_set(err, TWC_EUSAGE, "--reconnect: %.80s is neither a number above 0 nor forever", text);
}

static int check_messages(const struct http_ws_params *p, struct twc_err *err)
{
	for (size_t i = 0; i < p->send.n && p->type != TWC_WS_BINARY; i++)
		if (!twc_is_utf8(twc_str_of(p->send.item[i].value)))
			return twc_err_set(err, TWC_EUSAGE, "--send: what is not UTF-8 is no text; --binary sends it");
	if (p->one && p->count)
		return twc_err_set(err, TWC_EUSAGE, "-1 is --count 1: one of them is enough");
	if (p->linger != UINT64_MAX && (p->one || p->count || p->no_close))
		return twc_err_set(err, TWC_EUSAGE, "--linger closes after a while, and %s",
				   p->no_close ? "-n never" : p->one ? "-1 when a message has come" : "--count when they have come");
	return 0;
}

static int check_alive(const struct http_ws_params *p, struct twc_err *err)
{
	const char *needs = p->pong_timeout ? "--pong-timeout" : p->ping_text ? "--ping-text" : p->print_rtt ? "--print-rtt" : NULL;

	if (needs && !p->ping)
		return twc_err_set(err, TWC_EUSAGE, "%s goes with --ping DURATION", needs);
	if (p->ping_text && p->print_rtt)
		return twc_err_set(err, TWC_EUSAGE, "--print-rtt times pings, and --ping-text sends none");
	if (p->ping_text && !twc_is_utf8(twc_str_of(p->ping_text)))
		return twc_err_set(err, TWC_EUSAGE, "--ping-text: this is not UTF-8");
	return 0;
}

int http_ws_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct http_ws_params *p = params;
	struct twc_err why = { 0 };
	const char *reason;
	unsigned code;
	uint64_t times;
	int rc = http_check_rows(&p->http, err);

	(void)ctx;
	(void)n;
	(void)operand;
	if (rc == 0)
		rc = check_messages(p, err);
	if (rc == 0)
		rc = check_alive(p, err);
	if (rc == 0 && p->close)
		rc = http_ws_parse_close(p->close, &code, &reason, err);
	if (rc == 0 && p->reconnect)
		rc = http_ws_parse_times(p->reconnect, &times, err);
	if (rc == 0 && p->subprotocol && twc_ws_subprotocols_check(p->subprotocol, &why) < 0)
		rc = twc_err_set(err, TWC_EUSAGE, "--subprotocol: %s", why.text);
	return rc;
}
