/* SPDX-License-Identifier: MIT */
/* See loop.h. Takes single turns from inside the reactor, so that a condition can be looked at between them. */
#include "support/loop.h"
#include "reactor/reactor_priv.h"
#include <unistd.h>

#define PATIENCE_S 5

static struct twc_reactor *must(struct twc_reactor *r, const struct twc_err *err)
{
	if (!r)
		TWC_BUG("no reactor: %s", err->text);
	return r;
}

struct twc_reactor *loop_fake(void)
{
	struct twc_err err = { 0 };
	return must(twc_reactor_new_fake(&err), &err);
}

struct twc_reactor *loop_real(void)
{
	struct twc_err err = { 0 };
	return must(twc_reactor_new(&err), &err);
}

static void on_look(struct twc_timer *t, void *arg)
{
	(void)t;
	++*(unsigned *)arg;
}

bool loop_until(struct twc_reactor *r, const bool *done)
{
	struct twc_timer look = { 0 };
	unsigned looks = 0;
	int sys = 0;

	twc_timer_every(r, &look, LOOP_MS, on_look, &looks);
	while (!*done && looks < PATIENCE_S * 1000 && !sys)
		twc__reactor_turn(r, true, &sys);
	twc_timer_stop(r, &look);
	return *done;
}

bool loop_run(struct twc_reactor *r)
{
	alarm(PATIENCE_S);
	int rc = twc_reactor_run(r, NULL);
	alarm(0);
	return rc == 0;
}
