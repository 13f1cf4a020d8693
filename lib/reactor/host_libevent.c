/* SPDX-License-Identifier: MIT */
/*
 * The reactor as a guest on a libevent base: its one pollable descriptor becomes one persistent read event there.
 * The only file that knows libevent.
 */
#include "reactor/reactor_priv.h"
#include <event2/event.h>
#include "base/banned.h"

#define STEPS_AT_ONCE 16 /* then the host's other events have a turn */

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct twc_reactor *r = arg;

	(void)fd;
	(void)what;
	/* A callback may detach the reactor. */
	for (int i = 0; i < STEPS_AT_ONCE && r->host && twc_reactor_step(r); i++)
		;
}

static void detach(struct twc_reactor *r)
{
	event_free(r->host);
	r->host = NULL;
	r->host_detach = NULL;
}

int twc_reactor_attach_event_base(struct twc_reactor *r, void *event_base, struct twc_err *err)
{
	if (r->host)
		return twc_err_set(err, TWC_EUSAGE, "the reactor is on an event base already");
	int fd = twc_reactor_fd(r);
	if (fd < 0)
		return twc_err_set(err, TWC_EOS, "cannot make a timer descriptor for the event base");
	struct event *ev = event_new(event_base, fd, EV_READ | EV_PERSIST, on_ready, r);
	if (!ev || event_add(ev, NULL) < 0) {
		if (ev)
			event_free(ev);
		return twc_err_set(err, TWC_EOS, "the event base does not take the reactor's descriptor");
	}
	r->host = ev;
	r->host_detach = detach;
	return 0;
}

void twc_reactor_detach_event_base(struct twc_reactor *r)
{
	if (r->host_detach)
		r->host_detach(r);
}
