/* SPDX-License-Identifier: MIT */
/*
 * Options of routes that make a service slow or unreliable: delay= jitter= rate= drip= fault= p= seed=. What is left to chance
 * comes from a sequence of the route's own, which its seed decides: the same requests meet the same fate in each run.
 */
#include "app/http/site.h"

#include <twc/parse.h>

#include "app/http/fault.h"
#include "protocol/http/octet.h"
#include "base/banned.h"

#define TIME_MAX (600 * TWC_NS_PER_S)
#define CERTAIN UINT64_C(1000000000) /* probabilities are counted in parts of it */

struct unsteady {
	struct twc__http_made inner;
	uint64_t delay_ns, jitter_ns, drip_ns, rate;
	uint64_t p; /* of the fault, out of CERTAIN */
	enum twc__http_fault_kind kind;
	uint64_t state; /* of chance */
};

/* Of one request. */
struct trial {
	struct twc__http_mishap fault; /* must be first */
	const struct unsteady *u;
};

/* ---- at work ---- */

static struct twc_deferred *go_on(const struct unsteady *u, struct twc_http_exchange *x)
{
	return u->inner.handler.handle(u->inner.handler.arg, x);
}

static void on_delay_over(struct twc_timer *t, void *arg)
{
	struct trial *trial = arg;

	(void)t;
	twc__http_exchange_hand_on(trial->fault.x, trial->u->inner.handler);
}

/* The same numbers are drawn for each request, whatever comes of them. */
static uint64_t draw_delay(struct unsteady *u)
{
	uint64_t chance = twc__http_chance(&u->state), ns = u->delay_ns;

	if (!u->jitter_ns)
		return ns;
	ns += chance % (2 * u->jitter_ns + 1);
	return ns > u->jitter_ns ? ns - u->jitter_ns : 0;
}

static struct twc_deferred *unsteady_handle(void *arg, struct twc_http_exchange *x)
{
	struct unsteady *u = arg;
	struct trial *trial;
	uint64_t delay;
	bool is_met;

	if (x->filter)
		return go_on(u, x); /* sent on from another route (handle_cgi.c), and that one's fate is enough */
	delay = draw_delay(u);
	is_met = twc__http_chance(&u->state) % CERTAIN < u->p;
	trial = twc__http_exchange_alloc(x, sizeof(*trial));
	*trial = (struct trial){ .u = u };
	trial->fault.kind = is_met ? u->kind : TWC__HTTP_FAULT_NONE;
	trial->fault.seed = twc__http_chance(&u->state);
	trial->fault.drip_ns = u->drip_ns;
	trial->fault.rate = u->rate;
	twc__http_mishap_put(&trial->fault, x);
	if (!delay)
		return go_on(u, x);
	twc_timer_start(twc_http_reactor(x), &trial->fault.timer, delay, on_delay_over, trial);
	return NULL;
}

static void unsteady_free(void *arg)
{
	struct unsteady *u = arg;

	twc__http_made_free(&u->inner);
	twc_free(u);
}

/* ---- options ---- */

static int read_time(const struct twc__http_route_opts *o, const char *key, uint64_t *ns, struct twc_err *err)
{
	int rc = twc__http_option_duration(o, key, ns, err);

	if (rc <= 0 || *ns <= TIME_MAX)
		return rc;
	twc_err_set(err, TWC_EUSAGE, "longer than 10 minutes");
	return twc__http_option_fail(twc__http_option_find(o, key, NULL), err);
}

/* "0.25": 0 to 1, up to nine digits after the point. */
static bool parse_share(struct twc_str s, uint64_t *share)
{
	uint64_t unit = CERTAIN;
	size_t i = 2;

	if (!s.n || s.n > 11 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && (s.p[1] != '.' || s.n == 2)))
		return false;
	*share = s.p[0] == '1' ? CERTAIN : 0;
	for (; i < s.n; i++) {
		if (!twc__http_is((unsigned char)s.p[i], TWC__HTTP_DIGIT))
			return false;
		unit /= 10;
		*share += (uint64_t)(s.p[i] - '0') * unit;
	}
	return *share <= CERTAIN;
}

static int read_share(struct unsteady *u, const struct twc__http_route_opts *o, struct twc_err *err)
{
	const struct twc__http_option *option = twc__http_option_find(o, "p", NULL);

	u->p = CERTAIN;
	if (!option)
		return 0;
	if (u->kind && parse_share(option->value, &u->p))
		return 0;
	twc_err_set(err, TWC_EUSAGE, u->kind ? "a number from 0 to 1 belongs here, such as 0.1" :
					       "how often a fault happens: say which, such as fault=reset");
	return twc__http_option_fail(option, err);
}

static int read_fault(struct unsteady *u, const struct twc__http_route_opts *o, struct twc_err *err)
{
	static const char *const words[] = { "reset",	    "close-early", "hang", "truncate", "garbage", "bad-chunk",
					     "wrong-length", NULL };
	int i, rc = twc__http_option_word(o, "fault", words, &i, err);

	if (rc > 0)
		u->kind = (enum twc__http_fault_kind)(i + 1);
	return rc;
}

static int read_rate(struct unsteady *u, const struct twc__http_route_opts *o, struct twc_err *err)
{
	int rc = twc__http_option_size(o, "rate", &u->rate, err);

	if (rc <= 0 || u->rate)
		return rc;
	twc_err_set(err, TWC_EUSAGE, "bytes a second, 1 at least");
	return twc__http_option_fail(twc__http_option_find(o, "rate", NULL), err);
}

/* The route's own sequence: of its seed, or of the site's and what it is. */
static int read_seed(struct unsteady *u, const struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_err *err)
{
	int rc = twc__http_option_uint(o, "seed", 0, UINT64_MAX, &u->state, err);

	if (rc)
		return rc;
	u->state = s->o.seed;
	for (size_t i = 0; i < o->pattern.n; i++)
		u->state = (u->state ^ (unsigned char)o->pattern.p[i]) * UINT64_C(0x100000001b3);
	return 0;
}

static int read_options(struct unsteady *u, const struct twc_http_site *s, const struct twc__http_route_opts *o,
			struct twc_err *err)
{
	int rc = read_time(o, "delay", &u->delay_ns, err);

	if (rc >= 0)
		rc = read_time(o, "jitter", &u->jitter_ns, err);
	if (rc >= 0)
		rc = read_time(o, "drip", &u->drip_ns, err);
	if (u->drip_ns && u->drip_ns < TWC_NS_PER_MS)
		u->drip_ns = TWC_NS_PER_MS; /* it is counted in microseconds */
	if (rc >= 0)
		rc = read_rate(u, o, err);
	if (rc >= 0)
		rc = read_fault(u, o, err);
	if (rc >= 0)
		rc = read_share(u, o, err);
	return rc < 0 ? rc : read_seed(u, s, o, err);
}

static const char *const unsteady_keys[] = { "delay", "jitter", "rate", "drip", "fault", "p", "seed", NULL };

static bool is_asked_for(const struct twc__http_route_opts *o)
{
	for (unsigned i = 0; unsteady_keys[i]; i++)
		if (twc__http_option_find(o, unsteady_keys[i], NULL))
			return true;
	return false;
}

static int unsteady_wrap(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc__http_made *made,
			 struct twc_err *err)
{
	struct unsteady *u;
	int rc;

	if (!is_asked_for(o))
		return 0;
	u = twc_calloc(1, sizeof(*u));
	rc = read_options(u, s, o, err);
	if (rc < 0) {
		twc_free(u);
		return rc;
	}
	u->inner = *made;
	*made = (struct twc__http_made){ { unsteady_handle, u }, unsteady_free };
	return 0;
}

const struct twc__http_wrapper twc__http_wrapper_fault = { .keys = unsteady_keys, .wrap_route = unsteady_wrap };
