/* SPDX-License-Identifier: MIT */
/*
 * ws-exec: and ws-sh: - a program for each connection. A message is a line of its input, a line of its output a message; with
 * binary=yes bytes as they are, both ways. A client's Close ends its input, and is answered when it has said all it has to say; a
 * client that goes takes it along: SIGTERM and SIGKILL follow.
 *
 *	message --pause, resume--> child --pause, resume--> message
 */
#include "app/http/program.h"
#include "app/http/ws_route.h"

#include <twc/log.h>
#include <twc/protocol.h>

#include "protocol/http/exchange.h"
#include "base/banned.h"

struct ws_exec {
	struct twc_http_site *s;
	struct twc__ws_route route;
	struct twc__http_command command;
	bool is_binary;
};

/* A connection's; it lives until both sides are gone. */
struct talk {
	struct twc__ws_conn conn; /* must be first */
	struct twc_protocol child;
	const struct ws_exec *e;
	struct twc_transport *t; /* the child's; NULL: it has ended */
	bool has_client;
	bool said_close;
	unsigned heard_code; /* of the client's Close; 0: none has come */
	bool is_client_paused, is_child_paused;
	struct twc_framer lines;
};

static void maybe_free(struct talk *k)
{
	if (k->t || k->has_client)
		return;
	twc_framer_fini(&k->lines);
	twc_free(k);
}

static void close_client(struct talk *k, unsigned code, const char *reason)
{
	k->said_close = true;
	if (k->has_client)
		twc_ws_close(&k->conn.ws, code, twc_str_of(reason));
}

/* ---- the program ---- */

static struct talk *of_child(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct talk, child);
}

static void child_made(struct twc_protocol *p)
{
	of_child(p)->t = p->transport;
}

/* What it wrote cannot be sent. */
static void child_fault(struct talk *k, const char *what)
{
	twc_log(twc_reactor_log(k->e->s->r), http, ERROR, "#%llu the program wrote %s",
		(unsigned long long)twc_transport_id(k->conn.ws.base.transport), what);
	close_client(k, TWC_WS_INTERNAL, "the program wrote what cannot be sent");
	twc_transport_lose(k->t);
}

static bool on_line(void *arg, const uint8_t *line, size_t n)
{
	struct talk *k = arg;

	if (!twc_ws_is_utf8(line, n)) {
		child_fault(k, "a line that is not UTF-8; {binary=yes} sends it");
		return false;
	}
	twc_ws_send(&k->conn.ws, TWC_WS_TEXT, line, n);
	return true;
}

static void child_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct talk *k = of_child(p);
	size_t used;

	if (!k->has_client || k->said_close)
		return;
	if (k->e->is_binary)
		twc_ws_send(&k->conn.ws, TWC_WS_BINARY, data, n);
	else if (twc_framer_feed(&k->lines, data, n, &used, on_line, k, NULL) < 0)
		child_fault(k, "a line that is longer than max=");
	if (k->is_child_paused || !twc_transport_is_full(k->conn.ws.base.transport))
		return;
	k->is_child_paused = true;
	twc_transport_pause(k->t);
}

/* The last line may lack its end. */
static void child_eof(struct twc_protocol *p)
{
	struct talk *k = of_child(p);
	struct twc_str held = twc_framer_held(&k->lines);

	if (k->has_client && held.n && !k->said_close)
		(void)on_line(k, (const uint8_t *)held.p, held.n);
}

static void child_drained(struct twc_protocol *p)
{
	struct talk *k = of_child(p);

	if (!k->is_client_paused)
		return;
	k->is_client_paused = false;
	if (k->has_client)
		twc_transport_resume(k->conn.ws.base.transport);
}

static void child_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct talk *k = of_child(p);
	int status = twc_transport_child_status(k->t);
	struct twc_err err = { 0 };

	(void)reason;
	k->t = NULL;
	twc__http_program_give(k->e->s);
	child_drained(p);
	if (status)
		(void)twc__http_program_fault(status, &err);
	if (status && k->has_client)
		twc_log(twc_reactor_log(k->e->s->r), http, INFO, "#%llu %s",
			(unsigned long long)twc_transport_id(k->conn.ws.base.transport), err.text);
	close_client(k, status ? TWC_WS_INTERNAL : k->heard_code ? k->heard_code : TWC_WS_NORMAL, err.text);
	maybe_free(k);
}

static const struct twc_protocol_ops child_ops = {
	.name = "ws-program",
	.made = child_made,
	.data = child_data,
	.eof = child_eof,
	.drained = child_drained,
	.lost = child_lost,
};

/* ---- the client ---- */

static void client_message(struct twc_ws_protocol *p, enum twc_ws_type type, const uint8_t *data, size_t n)
{
	struct talk *k = (struct talk *)p;
	struct iovec iov[2] = { { .iov_base = (void *)(uintptr_t)data, .iov_len = n },
				{ .iov_base = (void *)(uintptr_t)"\n", .iov_len = 1 } };

	(void)type;
	if (!k->t)
		return;
	twc_transport_writev(k->t, iov, k->e->is_binary ? 1 : 2);
	if (k->is_client_paused || !twc_transport_is_full(k->t))
		return;
	k->is_client_paused = true;
	twc_transport_pause(p->base.transport);
}

/* It says nothing more, and may want to hear the rest. */
static void client_closing(struct twc_ws_protocol *p, unsigned code, struct twc_str reason)
{
	struct talk *k = (struct talk *)p;

	(void)reason;
	k->heard_code = code;
	if (k->t)
		twc_transport_write_eof(k->t);
}

static void client_drained(struct twc_ws_protocol *p)
{
	struct talk *k = (struct talk *)p;

	if (!k->is_child_paused)
		return;
	k->is_child_paused = false;
	if (k->t)
		twc_transport_resume(k->t);
}

static void client_lost(struct twc_ws_protocol *p, const struct twc_err *reason)
{
	struct talk *k = (struct talk *)p;

	(void)reason;
	k->has_client = false;
	client_drained(p);
	twc__ws_conn_fini(&k->conn);
	if (k->t)
		twc_transport_lose(k->t);
	maybe_free(k);
}

static const struct twc_ws_protocol_ops client_ops = {
	.message = client_message,
	.closing = client_closing,
	.drained = client_drained,
	.lost = client_lost,
};

/* ---- a request ---- */

static bool start_child(struct talk *k, struct twc_http_exchange *x, struct twc_err *err)
{
	struct twc__http_env env = { 0 };
	struct twc_spawn how = {
		.argv = (const char *const *)k->e->command.word,
		.fd = { -1, -1, TWC_STDERR_LOG },
		.new_group = true,
		.log_id = twc_transport_id(twc_http_transport(x)),
	};
	bool is_running;

	twc__http_env_add_request(&env, x);
	how.env_add = (const char *const *)env.v;
	is_running = twc_transport_from_child(k->e->s->r, &how, how.argv[0], &k->child, err);
	twc__http_env_fini(&env);
	return is_running;
}

static void refuse(struct twc_http_exchange *x, int status, const struct twc_err *err)
{
	twc__http_exchange_log(x, status == 503 ? TWC_LOG_INFO : TWC_LOG_ERROR, status, err);
	if (status == 503)
		twc_http_add_field(x, "Retry-After", "1");
	twc_http_send_error(x, status, NULL);
}

static struct talk *talk_new(const struct ws_exec *e)
{
	struct talk *k = twc_calloc(1, sizeof(*k));

	k->e = e;
	k->child.ops = &child_ops;
	twc_framer_init(&k->lines, TWC_FRAMING_LINE);
	twc_framer_set_delim(&k->lines, "\n", 1);
	k->lines.max = e->route.max_message;
	return k;
}

static struct twc_deferred *exec_handle(void *arg, struct twc_http_exchange *x)
{
	const struct ws_exec *e = arg;
	struct twc_err err = { 0 };
	struct twc__ws_deal deal;
	struct talk *k;

	if (!twc__ws_check(&e->route, x, &deal))
		return NULL;
	if (!twc__http_program_take(e->s)) {
		twc_err_set(&err, TWC_ELIMIT, "%u programs are running", e->s->o.max_exec);
		refuse(x, 503, &err);
		return NULL;
	}
	k = talk_new(e);
	if (!start_child(k, x, &err)) {
		twc__http_program_give(e->s);
		maybe_free(k);
		refuse(x, 500, &err);
		return NULL;
	}
	k->has_client = twc__ws_switch(&e->route, x, &deal, &k->conn, &client_ops);
	if (!k->has_client)
		twc_transport_lose(k->t);
	return NULL;
}

/* ---- a route ---- */

static void exec_free(void *arg)
{
	struct ws_exec *e = arg;

	twc__ws_route_fini(&e->route);
	twc__http_command_fini(&e->command);
	twc_free(e);
}

static int finish(struct ws_exec *e, struct twc_http_site *s, const struct twc__http_route_opts *o, int rc,
		  struct twc__http_made *out, struct twc_err *err)
{
	e->s = s;
	e->route.answers_late = true;
	e->route.origin = TWC__WS_ORIGIN_SAME; /* else any page that a user of this machine sees could run it */
	if (rc == 0)
		rc = twc__ws_route_read(&e->route, o, err);
	if (rc == 0)
		rc = twc__http_option_bool(o, "binary", &e->is_binary, err);
	if (rc < 0)
		exec_free(e);
	else
		*out = (struct twc__http_made){ { exec_handle, e }, exec_free };
	return rc < 0 ? rc : 0;
}

static int exec_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		       struct twc__http_made *out, struct twc_err *err)
{
	struct ws_exec *e = twc_calloc(1, sizeof(*e));

	return finish(e, s, o, twc__http_command_parse(&e->command, o, arg, base, err), out, err);
}

static int sh_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		     struct twc__http_made *out, struct twc_err *err)
{
	struct ws_exec *e = twc_calloc(1, sizeof(*e));

	(void)base;
	return finish(e, s, o, twc__http_command_script(&e->command, arg, err), out, err);
}

static const char *const exec_keys[] = { TWC__WS_ROUTE_KEYS, "binary", NULL };

const struct twc__http_kind twc__http_kind_ws_exec = {
	.info = { "ws-exec", "COMMAND", "WebSocket: a program for each connection; a message is a line" },
	.keys = exec_keys,
	.create = exec_create,
};

const struct twc__http_kind twc__http_kind_ws_sh = {
	.info = { "ws-sh", "SCRIPT", "the same with a shell's script" },
	.keys = exec_keys,
	.create = sh_create,
};
