/* SPDX-License-Identifier: MIT */
/*
 * systemd's watchdog (sd_watchdog_enabled(3)): who is asked to says WATCHDOG=1 twice in each interval, from the loop, so
 * that a loop that hangs is noticed and the service started again.
 */
#include <twc/parse.h>
#include <twc/process.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

/* That it cannot be said once is no reason to stop serving. */
static void on_timer(struct twc_timer *timer, void *arg)
{
	struct twc_watchdog *w = arg;

	(void)twc_ready_notify("WATCHDOG=1", NULL);
	twc_timer_start(w->r, timer, w->every_ns, on_timer, w);
}

int twc_watchdog_start(struct twc_watchdog *w, struct twc_reactor *r, struct twc_err *err)
{
	const char *usec = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
	uint64_t us, pid = (uint64_t)getpid();

	*w = (struct twc_watchdog){ 0 };
	if (!usec || !*usec)
		return 0;
	if (twc_parse_uint(twc_str_of(usec), 1, UINT64_MAX / TWC_NS_PER_US, &us, NULL) < 0)
		return twc_err_set(err, TWC_ECONFIG, "WATCHDOG_USEC is no number of microseconds");
	if (whose && *whose && twc_parse_uint(twc_str_of(whose), 1, INT32_MAX, &pid, NULL) < 0)
		return twc_err_set(err, TWC_ECONFIG, "WATCHDOG_PID is no number of a process");
	if (pid != (uint64_t)getpid())
		return 0;
	w->r = r;
	w->every_ns = us * TWC_NS_PER_US / 2;
	if (w->every_ns < TWC_NS_PER_MS)
		w->every_ns = TWC_NS_PER_MS;
	twc_timer_start(r, &w->timer, w->every_ns, on_timer, w);
	return 0;
}

void twc_watchdog_stop(struct twc_watchdog *w)
{
	if (w->r)
		twc_timer_stop(w->r, &w->timer);
	w->r = NULL;
}
