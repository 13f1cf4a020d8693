/* SPDX-License-Identifier: MIT */
/*
 * twc http ws: a WebSocket client. The way to the server is that of twc http, from the same options (http_request.h,
 * http_session.h); what is said there is the library's (<twc/http_ws.h>). Here are its texts, what is told of it, and its status.
 */
#include "http_ws.h"
#include "http_hint.h"
#include "http_rows.h"
#include "http_run.h"
#include "http_secret.h"
#include "http_show.h"
#include "http_tls_info.h"
#include "out.h"
#include <stdio.h>
#include <twc/parse.h>
#include <unistd.h>

extern const struct twc_cmd cmd_http_ws;

#define LINGER_NS TWC_NS_PER_S
#define HANDSHAKE_NS (30 * TWC_NS_PER_S) /* as long as to connect: no message can be late before it */
#define CURL_REFUSED 22 /* what curl says of a handshake that is refused */

struct ws_run {
	struct ctx *ctx;
	const struct http_ws_params *p;
	const char *typed; /* the URL, its password hidden */
	struct twc_reactor *r;
	struct http_request q;
	struct http_sessions sessions;
	struct twc_http_session *session; /* borrowed */
	struct http_show *show;
	struct twc_http_fetch_opts way;
	struct twc_buf preamble;
	struct twc_str *first;
	struct twc_ws_talk *talk;
	struct twc_err err;
};

/* ---- what is told ---- */

static void on_seen(void *arg, char dir, struct twc_str head)
{
	http_show_head(((struct ws_run *)arg)->show, dir, head);
}

static void on_note(void *arg, const char *text)
{
	http_show_note(((struct ws_run *)arg)->show, text);
}

static void on_opened(void *arg, const struct twc_transport *t)
{
	const struct ws_run *run = arg;

	if (run->p->http.tls_info)
		http_tls_info_say(run->typed, t);
}

static void on_rtt(void *arg, uint64_t ns)
{
	out_note(((struct ws_run *)arg)->ctx, "rtt %llu.%03llu ms", (unsigned long long)(ns / TWC_NS_PER_MS),
		 (unsigned long long)(ns % TWC_NS_PER_MS / TWC_NS_PER_US));
}

static void on_again(void *arg, const struct twc_err *why, uint64_t delay_ns)
{
	const struct ws_run *run = arg;
	char text[32];

	out_note(run->ctx, "http ws %s: %s; again in %s", run->typed, why->code ? why->text : "closed by the server",
		 twc_format_duration(text, sizeof(text), delay_ns));
}

static void on_done(void *arg, const struct twc_err *err)
{
	struct ws_run *run = arg;
	uint64_t sent, received;
	char text[80];

	twc_ws_talk_count(run->talk, &sent, &received);
	snprintf(text, sizeof(text), "closed; messages sent: %llu, received: %llu", (unsigned long long)sent,
		 (unsigned long long)received);
	http_show_note(run->show, text);
	run->err = *err;
	twc_reactor_stop(run->r);
}

/* ---- what is asked for ---- */

static int read_preamble(struct ws_run *run)
{
	struct twc_err err = { 0 };

	if (run->p->preamble && http_file_read(run->p->preamble, &run->preamble, &err) < 0)
		return out_fail(run->ctx, "--preamble", &err);
	return 0;
}

static void fill(struct ws_run *run, struct twc_ws_talk_opts *o)
{
	const struct http_ws_params *p = run->p;
	struct twc_err err;

	run->first = twc_calloc(p->send.n + 1, sizeof(*run->first));
	for (size_t i = 0; i < p->send.n; i++)
		run->first[i] = twc_str_of(p->send.item[i].value);
	*o = (struct twc_ws_talk_opts){
		.fetch = &run->way,
		.subprotocols = p->subprotocol,
		.origin = p->origin,
		.deflate = p->deflate,
		.type = p->type == TWC_WS_BINARY ? TWC_WS_BINARY : TWC_WS_TEXT,
		.framing = (enum twc_ws_framing)p->framing,
		.max_message = (size_t)p->max_message,
		.first = run->first,
		.n_first = p->send.n,
		.preamble = twc_buf_str(&run->preamble),
		.ping_ns = p->ping,
		.pong_ns = p->pong_timeout,
		.ping_text = p->ping_text,
		.times_pings = p->print_rtt,
		.stays = p->no_close,
		.count = p->one ? 1 : p->count,
		.linger_ns = p->linger == UINT64_MAX ? LINGER_NS : p->linger,
		.max_ns = p->http.max_time,
		.backoff = twc_backoff_again,
		.json = p->json,
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.seen = on_seen,
		.note = http_show_has_notes(run->show) ? on_note : NULL,
		.opened = on_opened,
		.rtt = p->print_rtt ? on_rtt : NULL,
		.again = on_again,
		.done = on_done,
		.arg = run,
	};
	/* http_ws_check has refused what is none */
	if (p->close)
		(void)http_ws_parse_close(p->close, &o->close_code, &o->close_reason, &err);
	if (p->reconnect)
		(void)http_ws_parse_times(p->reconnect, &o->reconnects, &err);
}

static int parse_url(struct ws_run *run)
{
	struct twc_err err = { 0 };

	if (twc_url_parse(twc_str_of(run->q.words.url[0]), TWC_URL_WEBSOCKET, &run->way.url, &err) == 0)
		return 0;
	return out_fail_syntax(run->ctx, run->typed, &err);
}

/* ---- the run ---- */

static int status_of(struct ws_run *run)
{
	struct http_failure f = { .err = run->err, .phase = twc_ws_talk_phase(run->talk) };
	int status = twc_ws_talk_status(run->talk);

	if (!f.err.code)
		return 0;
	http_hint(&run->p->http, &f.err);
	(void)out_fail(run->ctx, run->typed, &f.err);
	if (run->p->http.exit_style == HTTP_EXIT_TWC)
		return twc_err_exit(f.err.code);
	if (status > 101 && (f.err.code == TWC_EREJECTED || f.err.code == TWC_EACCESS))
		return CURL_REFUSED;
	return http_status_curl(&f);
}

static int talk(struct ws_run *run)
{
	struct twc_ws_talk_opts o;
	struct twc_err err = { 0 };
	int status, saved;

	http_request_fill(&run->q, &run->way);
	if (!run->way.first_byte_ns)
		run->way.first_byte_ns = HANDSHAKE_NS;
	run->way.proxy_tunnel = true;
	fill(run, &o);
	run->talk = twc_ws_talk_start(run->r, run->session, &o);
	if (twc_reactor_run(run->r, &err) < 0)
		return out_fail(run->ctx, NULL, &err);
	status = status_of(run);
	saved = http_session_save(run->ctx, &run->q, run->session);
	return status ? status : saved;
}

static int set_up(struct ws_run *run)
{
	struct twc_err err = { 0 };
	int status = 0;

	http_sessions_take_rules(&run->sessions, run->ctx);
	run->r = common_reactor_new(run->ctx, &err);
	if (!run->r)
		return out_fail(run->ctx, NULL, &err);
	if (run->p->http.insecure && !run->p->http.pinned)
		out_warn(run->ctx, "http ws: -k: the server is not verified, it could be anybody");
	if (run->p->http.proxy_insecure)
		out_warn(run->ctx, "http ws: --proxy-insecure: the proxy is not verified, it could be anybody");
	status = http_sessions_get(&run->sessions, run->ctx, run->r, &run->q, &run->session);
	if (status == 0)
		run->show = http_show_new(run->ctx, run->r, &status);
	return status;
}

static void tear_down(struct ws_run *run)
{
	if (run->talk)
		twc_ws_talk_free(run->talk);
	if (run->show)
		http_show_free(run->show);
	http_sessions_free(&run->sessions);
	if (run->r)
		twc_reactor_free(run->r);
	twc_url_fini(&run->way.url);
	twc_buf_fini(&run->preamble);
	twc_free(run->first);
	http_request_fini(&run->q);
}

static int run_ws(struct ctx *ctx, void *params, int n, char **operand)
{
	struct ws_run run = { .ctx = ctx, .p = params };
	int status;

	(void)n;
	twc_buf_init(&run.preamble, HTTP_FILE_MAX);
	status = http_request_make(&run.q, ctx, &ctx->group[0]);
	run.typed = operand[0]; /* its password was made unreadable */
	if (status == 0)
		status = parse_url(&run);
	if (status == 0)
		status = read_preamble(&run);
	if (status == 0)
		status = set_up(&run);
	if (status == 0)
		status = talk(&run);
	tear_down(&run);
	return status;
}

/* ---- the command ---- */

static const char *const ws_synopsis[] = { "twc http ws URL", NULL };

static const struct cmd_example ws_examples[] = {
	{ "twc http ws wss://ws.example.com/feed", "lines of standard input out, messages in, until one of both ends" },
	{ "twc http ws -1 --send '{\"ask\":\"time\"}' ws://127.0.0.1:8080/", "ask, print the reply, close" },
	{ "twc http ws --json --ping 20s --reconnect -n wss://a.test/feed </dev/null",
	  "listen for as long as it takes; a JSON object a message" },
	{ NULL, NULL },
};

const struct twc_cmd cmd_http_ws = {
	.name = "http ws",
	.summary = "talk to a WebSocket server",
	.synopsis = ws_synopsis,
	.description =
		"Sends each line of standard input as a message, and writes each message that comes as a line. After the end of the "
		"input it waits for replies, until none has come for a second, and closes. A message is never split: what is longer "
		"than --max-message is an error. Status 0: closed by us, or with 1000 or 1001; 69: the handshake was refused; 76: "
		"closed with another code, or without one word. The way to the server has the options of twc http, but for the "
		"letters -b and -n.",
	.examples = ws_examples,
	.opts = http_ws_opts,
	.slips = http_ws_slips,
	.operands = { .name = "URL", .min = 1, .max = 1, .help = "ws://, wss://; http and https mean the same" },
	.params_size = sizeof(struct http_ws_params),
	.init = http_ws_init,
	.fini = http_ws_fini,
	.check = http_ws_check,
	.usage_status = http_status_usage,
	.run = run_ws,
};
