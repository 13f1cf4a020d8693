/* SPDX-License-Identifier: MIT */
/*
 * ws, wss: WebSocket (RFC 6455) on TCP, and on TLS on TCP. The opening handshake is part of the dial, and of coming in; the
 * protocol that is built after it has a transport whose reads and writes are messages. See ws_open.c for the handshake and
 * ws_url.c for the form that is a URL.
 */
#include "endpoint/ws.h"
#include <stdlib.h>
#include <string.h>
#include <twc/http_message.h>
#include "base/banned.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)
#define MESSAGE_LEAST 125 /* what a control frame may hold; shorter limits would be of no use */
#define MESSAGE_MOST (1024 * 1024 * 1024)
#define PING_NS (20 * TWC_NS_PER_S)

static const char *const type_words[] = { "auto", "text", "binary", NULL }; /* enum twc__ws_mode */

static const struct twc_endpoint_arg ws_args[] = {
	{ .name = "host", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .positional = TWC_CONNECT,
	  .help = "name or address to connect to, and for the Host field; none: loopback" },
	{ .name = "port", .kind = TWC_ARG_PORT, .roles = BOTH, .positional = BOTH, .required = BOTH,
	  .help = "port number; 0 to listen: any free one" },
	{ .name = "interface", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "address to listen on, or * for all; none: loopback" },
	{ .name = "backlog", .kind = TWC_ARG_UINT, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "connections that may wait to be accepted (4096)" },
	{ .name = "path", .kind = TWC_ARG_STRING, .roles = BOTH,
	  .help = "what to ask for, /PATH[?QUERY] (/); to listen: the only path that is answered (any)" },
	{ .name = "subprotocol", .kind = TWC_ARG_STRING, .roles = BOTH, .help = "subprotocols, the preferred one first: mqtt,stomp" },
	{ .name = "origin", .kind = TWC_ARG_STRING, .roles = BOTH,
	  .help = "the Origin to name, in [brackets]; to listen: whose pages may connect, several with , (all)" },
	{ .name = "deflate", .kind = TWC_ARG_BOOL, .roles = BOTH, .help = "compress messages: offer it (no); to listen: agree to it (yes)" },
	{ .name = "max-message", .kind = TWC_ARG_SIZE, .roles = BOTH, .help = "longest message to take, 125 to 1G (16M)" },
	{ .name = "ping", .kind = TWC_ARG_STRING, .roles = BOTH, .help = "ask whether a silent peer lives, so often, or no (20s)" },
	{ .name = "type", .kind = TWC_ARG_WORD, .roles = BOTH, .words = type_words,
	  .help = "of messages sent: text, binary, or auto: text where it is UTF-8 (auto)" },
	{ .name = "lines", .kind = TWC_ARG_BOOL, .roles = BOTH,
	  .help = "a message is a line without its end; no: a message is what is written at once (where lines are read)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg ws_client_args[] = {
	{ .name = "header", .kind = TWC_ARG_SECRET, .roles = TWC_CONNECT, .repeats = true,
	  .help = "a header field of the request, in [brackets]: [Name: value]; may be repeated" },
	{ .name = "user", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .help = "user name of a Basic login" },
	{ .name = "pass", .kind = TWC_ARG_SECRET, .roles = TWC_CONNECT, .help = "its password; everybody here can see it" },
	{ .name = "pass-file", .kind = TWC_ARG_FILE, .roles = TWC_CONNECT, .help = "file whose first line is the password" },
	{ .name = "pass-env", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .help = "environment variable with the password" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg ws_plain_args[] = { /* of wss they are among those of TLS */
	{ .name = "handshake-timeout", .kind = TWC_ARG_DURATION, .roles = TWC_LISTEN, .help = "for the handshake of a client (10s)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const ws_groups[] = {
	ws_args,	  ws_client_args,     ws_plain_args, twc__args_timeout, twc__args_carrier,
	twc__args_via,	  twc__args_announce, twc__args_ip,  twc__args_stream,	twc__args_buffers, NULL,
};
static const struct twc_endpoint_arg *const wss_groups[] = {
	ws_args,       ws_client_args,	   twc__args_timeout,	 twc__args_carrier,    twc__args_via,
	twc__args_announce, twc__args_tls_client, twc__args_tls_server, twc__args_ip, twc__args_stream,
	twc__args_buffers,  NULL,
};

/* ---- faults ---- */

static bool is_target(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '#')
			return false;
	return true;
}

static int check_path(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, "path");
	size_t max;

	if (!v)
		return 0;
	if (v->text[0] != '/')
		return twc__fault(err, v->column, "path must begin with /");
	if (!is_target(v->text))
		return twc__fault(err, v->column, "path: blanks, # and what is not ASCII are written as %%XX");
	if (a->role == TWC_LISTEN && strchr(v->text, '?'))
		return twc__fault(err, v->column, "path: a query is the client's, any is answered");
	max = a->role == TWC_LISTEN ? TWC__WS_PATH_MAX : TWC__WS_TARGET_MAX;
	return strlen(v->text) > max ? twc__fault(err, v->column, "path is longer than %zu bytes", max) : 0;
}

static int check_list(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *v = twc__args_given(a, "subprotocol");
	struct twc_str rest, one;
	char shown[TWC__SHOWN];
	unsigned n = 0;

	if (!v)
		return 0;
	if (!v->is_set)
		return twc__fault(err, v->column, "subprotocol is empty");
	rest = twc_str_of(v->text);
	while (twc_str_cut(&rest, ',', &one)) {
		if (!twc_http_is_token(one)) {
			twc_escape(shown, sizeof(shown), one);
			return twc__fault(err, v->column, "subprotocol: '%s' is no name", shown);
		}
		if (one.n > TWC__WS_NAME_MAX)
			return twc__fault(err, v->column, "subprotocol: a name of more than %d bytes", TWC__WS_NAME_MAX);
		if (++n > TWC__WS_SUBPROTOCOLS_MAX)
			return twc__fault(err, v->column, "subprotocol: more than %d names", TWC__WS_SUBPROTOCOLS_MAX);
	}
	return 0;
}

static int check_origin(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *v = twc__args_given(a, "origin");

	if (!v)
		return 0;
	if (!v->is_set)
		return twc__fault(err, v->column, "origin is empty");
	for (const char *c = v->text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return twc__fault(err, v->column, "origin: blanks and what is not ASCII cannot stand in one");
	if (a->role == TWC_CONNECT && !strstr(v->text, "://") && strcmp(v->text, "null") != 0)
		return twc__fault(err, v->column, "origin is a scheme and a host: [https://example.com]");
	return 0;
}

static const char *const own_fields[] = { "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
					  "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Content-Length",
					  "Transfer-Encoding", "Origin", NULL };

static int check_header(const struct twc__value *v, struct twc_err *err)
{
	struct twc_http_fields list = { 0 };
	struct twc_str value = twc_str_of(v->text), name;
	bool is_field = twc_str_cut(&value, ':', &name) && value.p &&
			twc_http_fields_add(&list, name, value, NULL) == 0;

	twc_http_fields_fini(&list);
	if (!is_field)
		return twc__fault(err, v->column, "header: not a header field; write [Name: value]");
	for (size_t i = 0; own_fields[i]; i++)
		if (twc_str_eq_nocase(name, twc_str_of(own_fields[i])))
			return twc__fault(err, v->column, "header: %s is the handshake's own%s", own_fields[i],
					  i == 5 ? "; see subprotocol=" : i == 4 ? "; see deflate=" : i == 8 ? "; see origin=" : "");
	return 0;
}

static int check_login(const struct twc__args *a, struct twc_err *err)
{
	static const char *const of_user[] = { "pass", "pass-file", "pass-env" };
	const struct twc__value *user = twc__args_get(a, "user"), *first = NULL;

	for (size_t i = 0; i < TWC_ARRAY_LEN(of_user); i++) {
		const struct twc__value *v = twc__args_given(a, of_user[i]);

		if (v && !user)
			return twc__fault(err, v->column, "%s needs user=", of_user[i]);
		if (v && first)
			return twc__fault(err, v->column, "%s and %s exclude each other", first->row->name, of_user[i]);
		first = v ? v : first;
	}
	if (user && strchr(user->text, ':'))
		return twc__fault(err, user->column, "user: a name for HTTP cannot hold a ':'");
	return 0;
}

/* A duration, or no. */
static int parse_ping(const struct twc__args *a, uint64_t *ns, struct twc_err *err)
{
	const struct twc__value *v = twc__args_given(a, "ping");
	struct twc_err why = { 0 };

	*ns = PING_NS;
	if (!v)
		return 0;
	if (strcmp(v->text, "no") == 0)
		*ns = 0;
	else if (twc_parse_duration(twc_str_of(v->text), ns, &why))
		return twc__fault(err, v->column, "ping: %s", why.text);
	else if (*ns < TWC_NS_PER_S / 10)
		return twc__fault(err, v->column, "ping must be 100ms or more, or no");
	return 0;
}

static int check_values(const struct twc__args *a, struct twc_err *err)
{
	uint64_t ns;
	int rc = check_path(a, err);

	rc = rc ? rc : check_list(a, err);
	rc = rc ? rc : check_origin(a, err);
	rc = rc ? rc : check_login(a, err);
	rc = rc ? rc : parse_ping(a, &ns, err);
	rc = rc ? rc : twc__args_range(a, "max-message", MESSAGE_LEAST, MESSAGE_MOST, err);
	for (size_t i = 0; i < a->n && !rc; i++)
		if (strcmp(a->value[i].row->name, "header") == 0)
			rc = check_header(&a->value[i], err);
	return rc;
}

static int ws_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *limit = twc__args_get(a, "handshake-timeout");
	int rc = check_values(a, err);

	if (!rc && limit && !limit->num)
		rc = twc__fault(err, limit->column, "handshake-timeout must be longer than 0");
	rc = rc ? rc : twc__carrier_check(a, err);
	return rc ? rc : twc__tcp_check(a, err);
}

/* ---- values ---- */

bool twc__args_want_ws(const struct twc__args *a)
{
	return a->type->args == ws_groups || a->type->args == wss_groups;
}

void twc__ws_wishes(const struct twc__args *a, struct twc__ws_wishes *w)
{
	const struct twc__value *lines = twc__args_get(a, "lines");

	*w = (struct twc__ws_wishes){
		.path = twc__args_str(a, "path", a->role == TWC_CONNECT ? "/" : NULL),
		.subprotocols = twc__args_str(a, "subprotocol", NULL),
		.origin = twc__args_str(a, "origin", NULL),
		.deflate = twc__args_num(a, "deflate", a->role == TWC_LISTEN) != 0,
		.max_message = (size_t)twc__args_num(a, "max-message", 0),
		.mode = (enum twc__ws_mode)twc__args_num(a, "type", TWC__WS_MODE_AUTO),
		.lines = lines ? (lines->num ? 1 : 0) : -1,
	};
	if (parse_ping(a, &w->ping_ns, NULL))
		TWC_BUG("ping was not checked");
}

#define WS_SYNOPSIS(name, listens) \
	(const char *const[]) { name "://HOST[:PORT][/PATH]", name ":HOST:PORT[:path=/PATH]", listens, NULL }

const struct twc__endpoint_type twc__endpoint_ws = {
	.pub = { .name = "ws", .roles = BOTH, .summary = "WebSocket over TCP",
		 .synopsis = WS_SYNOPSIS("ws", "ws:PORT[:path=/PATH]"), .args = ws_groups },
	.check = ws_check,
	.dial = twc__tcp_dial,
	.takes_entrance = true,
	.listen = twc__tcp_listen,
};

const struct twc__endpoint_type twc__endpoint_wss = {
	.pub = { .name = "wss", .roles = BOTH, .summary = "WebSocket over TLS",
		 .synopsis = WS_SYNOPSIS("wss", "wss:PORT:cert=FILE"), .args = wss_groups },
	.check = ws_check,
	.dial = twc__tcp_dial,
	.takes_entrance = true,
	.listen = twc__tcp_listen,
};
