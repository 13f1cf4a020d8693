/* SPDX-License-Identifier: MIT */
/*
 * twc serve without a service: the clients and standard input and output, all of them by a hub, or one by a join. The
 * streams are attached to a join only when its client is there: before, what they give is nobody's.
 */
#include "serve_run.h"

#include <twc/protocol.h>
#include <unistd.h>

static void on_hub_ended(void *arg, const struct twc_err *err)
{
	struct serve *s = arg;

	s->stdio_is_busy = false;
	serving_note(&s->serving, err);
	if (err->code)
		serving_quit(&s->serving);
	serving_maybe_quit(&s->serving);
}

/* So much was received as was asked for. */
static void on_hub_through(void *arg)
{
	struct serve *s = arg;

	serving_stop(&s->serving);
}

static void on_join_done(void *arg, struct twc_join *j, const struct twc_err *err)
{
	struct serve *s = arg;

	(void)j;
	s->stdio_is_busy = false;
	serving_note(&s->serving, err);
	serving_maybe_quit(&s->serving);
}

bool serve_attach_stdio(struct serve *s, struct twc_protocol *p, struct twc_err *err)
{
	int in = s->p->recv ? -1 : STDIN_FILENO, out = s->p->send ? -1 : STDOUT_FILENO;

	s->stdio_is_busy = twc_transport_from_stdio(s->serving.r, in, out, true, "stdio", p, err) != NULL;
	return s->stdio_is_busy;
}

void serve_stdio_opened(struct serve *s)
{
	struct twc_err err = { 0 };

	if (!s->join || s->stdio_is_busy)
		return;
	if (!serve_attach_stdio(s, twc_join_protocol(s->join, TWC_JOIN_B), &err))
		twc_join_fail(s->join, TWC_JOIN_B, &err);
	s->stdio_is_busy = true;
}

struct twc_factory *serve_make_join(struct serve *s)
{
	struct twc_join_opts o = {
		.eof = (enum twc_join_eof)s->p->eof,
		.b_is_stdio = true,
		.keeps_empty_end = true,
		.b_is_terminal = !s->p->recv && isatty(STDIN_FILENO),
		.no_a_to_b = s->p->send,
		.no_b_to_a = s->p->recv,
		.idle_ns = s->p->idle,
		.until_idle_ns = s->p->until_idle,
		.linger_ns = s->p->linger,
		.max_ns = s->p->max_time,
		.done = on_join_done,
		.arg = s,
	};

	for (int i = 0; i < s->serving.n; i++) {
		if (twc_endpoint_is_datagram(s->serving.endpoint[i]))
			o.idle_ns = 0; /* the session's own end, and a clean one */
	}
	(void)wire_filter(&s->p->wire, &o.filter);
	s->join = twc_join_new(s->serving.r, &o);
	return twc_join_factory(s->join, TWC_JOIN_A);
}

struct twc_factory *serve_make_hub(struct serve *s)
{
	struct twc_hub_opts o = {
		.in_is_terminal = !s->p->recv && (s->p->eof == TWC_JOIN_EOF_PEER || isatty(STDIN_FILENO)),
		.send_only = s->p->send,
		.recv_only = s->p->recv,
		.tag = s->p->tag,
		.ended = on_hub_ended,
		.through = on_hub_through,
		.arg = s,
	};

	(void)wire_filter(&s->p->wire, &o.filter);
	s->hub = twc_hub_new(&o);
	return twc_hub_factory(s->hub);
}
