/* SPDX-License-Identifier: MIT */
/*
 * Who is told that it listens, and COMMAND, which is told where: it runs beside the server and ends it.
 */
#include "out.h"
#include "serving.h"

#include <signal.h>
#include <stdio.h>
#include <twc/parse.h>
#include <unistd.h>

void serving_ready_close(struct serving *s)
{
	if (s->ready_fd > STDERR_FILENO)
		close(s->ready_fd);
	s->ready_fd = -1;
}

int serving_announce(struct serving *s)
{
	struct twc_err err = { 0 };
	char text[TWC_PORT_TEXT_MAX], pin[TWC_TLS_PIN_MAX];

	for (int i = 0; i < s->n; i++) {
		if (s->port[i] && twc_port_pin(s->port[i], pin) && !s->ctx->common.quiet)
			out_note(s->ctx, "%s: clients can know it by pin=%s", s->operand[i], pin);
		for (size_t k = 0; s->port[i] && k < twc_port_count(s->port[i]); k++) {
			if (out_ready(s->ctx, twc_port_text(s->port[i], k, text, sizeof(text)), s->ready_fd, &err) < 0)
				return out_fail(s->ctx, NULL, &err);
			if (s->ops->announced)
				s->ops->announced(s, s->port[i], k);
		}
	}
	serving_ready_close(s);
	snprintf(text, sizeof(text), "MAINPID=%d\nREADY=1", (int)getpid());
	if (twc_ready_notify(s->p->bg ? text : "READY=1", &err) < 0 || twc_watchdog_start(&s->watchdog, s->r, &err) < 0)
		return out_fail(s->ctx, NULL, &err);
	return serving_process_ready(s);
}

/* ---- COMMAND ---- */

#define SETTLE_TRIES 200 /* with workers: clients may wait because there is no place */

static bool workers_have_waiting(const struct serving *s)
{
	bool found = false;

	for (size_t i = 0; i < (size_t)s->n && !found; i++) {
		const struct twc_port *port = twc_server_port(s->server, i);

		found = port && twc_port_has_waiting(port);
	}
	return found;
}

/* What came; of workers it is only known whether somebody waits: then each look differs from the one before. */
static uint64_t settle_look(const struct serving *s)
{
	if (!s->workers)
		return twc_server_total(s->server);
	return workers_have_waiting(s) && s->came > UINT64_MAX - SETTLE_TRIES ? s->came - 1 : s->came;
}

/* It has ended, but the connections it made may still wait to be accepted: stops when a turn brought none. */
static void on_settle(struct twc_timer *t, void *arg)
{
	struct serving *s = arg;
	uint64_t came = settle_look(s);

	if (s->server_is_done) {
		serving_maybe_quit(s);
	} else if (came == s->came) {
		serving_stop(s);
	} else {
		s->came = came;
		twc_timer_start(s->r, t, TWC_NS_PER_MS, on_settle, s);
	}
}

static void on_command(void *arg, int status)
{
	struct serving *s = arg;

	s->command = NULL;
	s->command_status = status;
	s->came = UINT64_MAX;
	on_settle(&s->settle, s);
}

int serving_start_command(struct serving *s)
{
	struct twc_err err = { 0 };
	char **env;

	if (!s->ctx->command)
		return 0;
	env = twc_ready_env(s->port, (size_t)s->n, s->scheme);
	s->command = twc_command_start(s->r, s->ctx->command, env, s->reads_stdin, on_command, s, &err);
	twc_ready_env_free(env);
	if (s->command)
		return 0;
	out_fail(s->ctx, s->ctx->command[0], &err);
	return twc_command_exit(&err);
}
