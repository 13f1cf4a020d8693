/* SPDX-License-Identifier: MIT */
/*
 * Once more: what failures are worth another attempt, how long to wait for it, and when to give up. A server that says when to come
 * back (Retry-After, RFC 9110, 10.2.3) is waited for at least so long, within bounds.
 */
#include "app/http/fetch_int.h"
#include "base/digest.h"
#include "protocol/http/date.h"

#include <twc/app.h>
#include <twc/parse.h>

#include "base/banned.h"

#define AFTER_MAX_NS (120 * TWC_NS_PER_S)

/* ---- what for ---- */

static bool word_fits(struct twc_str word, int status)
{
	char digits[4] = { (char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10), (char)('0' + status % 10), '\0' };

	if (word.n != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (word.p[i] != digits[i] && !(i > 0 && (word.p[i] == 'x' || word.p[i] == 'X')))
			return false;
	}
	return true;
}

bool twc__http_retry_has_status(const char *list, int status)
{
	struct twc_str rest = twc_str_of(list ? list : "408,429,500,502,503,504,522,524"), word;

	while (twc_str_cut(&rest, ',', &word)) {
		if (word_fits(twc_str_trim(word), status))
			return true;
	}
	return false;
}

bool twc__http_retry_has_error(int code, bool refused, bool all)
{
	switch (code) {
	case TWC_EUSAGE: /* the next attempt is the same */
	case TWC_ECANCELLED:
	case TWC_EIO:
	case TWC_EPIPEOUT:
	case TWC_ECONFIG:
	case TWC_ENOINPUT:
	case TWC_EDATA:
		return false;
	case TWC_ETIMEDOUT:
	case TWC_ERESOLVE:
	case TWC_ETEMPFAIL:
		return true;
	case TWC_EREFUSED:
		return refused || all;
	default:
		return all;
	}
}

/* ---- when ---- */

bool twc__http_retry_after(struct twc_str value, int64_t now, uint64_t *ns)
{
	uint64_t seconds;
	int64_t t;

	if (twc_parse_uint(value, 0, 365 * 86400, &seconds, NULL) == 0) {
		*ns = seconds * TWC_NS_PER_S;
		return true;
	}
	if (!twc__http_date_parse(value, now, &t))
		return false;
	*ns = t > now ? (uint64_t)(t - now < 365 * 86400 ? t - now : 365 * 86400) * TWC_NS_PER_S : 0;
	return true;
}

static uint64_t own_delay(const struct twc_http_fetch *f)
{
	static const struct twc_backoff backoff = { .first_ns = TWC_NS_PER_S, .max_ns = 600 * TWC_NS_PER_S, .spread = true };
	uint32_t random;

	if (f->o.retry_delay_ns > 0)
		return f->o.retry_delay_ns;
	twc__random(&random, sizeof(random));
	return twc_backoff_delay(&backoff, f->totals.retries + 1, random);
}

static uint64_t delay_of(const struct twc_http_fetch *f, bool has_response)
{
	uint64_t delay = own_delay(f), max = f->o.retry_after_max_ns ? f->o.retry_after_max_ns : AFTER_MAX_NS, after;
	struct twc_str value;

	if (!has_response || !twc_http_fields_get(&f->res->fields, "Retry-After", &value) ||
	    !twc__http_retry_after(value, twc__http_now(), &after))
		return delay;
	after = after < max ? after : max;
	return after > delay ? after : delay;
}

bool twc__http_retry_is_due(const struct twc_http_fetch *f, const struct twc_err *err, uint64_t *delay_ns)
{
	uint64_t gone = twc_reactor_now(f->r) - f->retry_began_ns;

	if (f->totals.retries >= f->o.retries)
		return false;
	if (err->code ? !twc__http_retry_has_error(err->code, f->o.retry_refused, f->o.retry_all)
		      : !twc__http_retry_has_status(f->o.retry_on, f->res->status))
		return false;
	*delay_ns = delay_of(f, err->code == 0);
	return f->o.retry_max_ns == 0 || gone + *delay_ns <= f->o.retry_max_ns;
}

static void on_wait_over(struct twc_timer *t, void *arg)
{
	struct twc_http_fetch *f = arg;

	(void)t;
	twc__http_fetch_enter(f);
	twc__http_fetch_attempt(f);
	twc__http_fetch_leave(f);
}

void twc__http_retry_wait(struct twc_http_fetch *f, const struct twc_err *err, uint64_t delay_ns)
{
	f->totals.retries++;
	twc__http_fetch_stop_clocks(f); /* limits are of an attempt */
	twc_timer_start(f->r, &f->wait, delay_ns, on_wait_over, f);
	if (f->o.retrying)
		f->o.retrying(f->o.arg, f, f->totals.retries, delay_ns, err->code ? err : NULL,
			      err->code || !f->res ? 0 : f->res->status);
}
