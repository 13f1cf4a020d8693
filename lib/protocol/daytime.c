/* SPDX-License-Identifier: MIT */
/* daytime (RFC 867): the date and time as a line for people, in UTC whatever the machine's zone and locale. */
#include "protocol/service_int.h"
#include <stdio.h>
#include "base/banned.h"

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* "Tue Feb 22 17:37:43 1982 UTC" */
struct twc_str twc__daytime_compose(const struct twc__answer_factory *f, time_t now, char *scratch)
{
	struct tm tm = { .tm_mday = 1 };
	int n;

	(void)f;
	gmtime_r(&now, &tm);
	n = snprintf(scratch, TWC__ANSWER_MAX, "%s %s %2d %02d:%02d:%02d %d UTC\r\n", days[tm.tm_wday],
		     months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, 1900 + tm.tm_year);
	return (struct twc_str){ scratch, (size_t)n };
}

static struct twc_factory *daytime_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	(void)r;
	(void)arg;
	(void)err;
	return &twc__answer_factory_new(twc__daytime_compose)->base;
}

const struct twc_service twc__service_daytime = {
	.name = "daytime",
	.summary = "send the date and time as a line of text",
	.create = daytime_create,
	.destroy = twc__answer_factory_free,
};
