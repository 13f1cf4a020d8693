/* SPDX-License-Identifier: MIT */
/* How often twc connect dials, and how long it waits in between: the values of --retry…, and --wait for a join. */
#include "connect.h"

#include <twc/parse.h>

static int parse_count(const char *option, const char *text, uint64_t least, uint64_t *n, struct twc_err *err)
{
	struct twc_err why = { 0 };

	if (strcmp(text, "forever") == 0) {
		*n = TWC_RETRY_FOREVER;
		return 0;
	}
	if (twc_parse_uint(twc_str_of(text), least, 1000000000, n, &why) == 0)
		return 0;
	return twc_err_set(err, TWC_EUSAGE, "--%s: %.150s, and not `forever`", option, why.text);
}

/* One `key=value` behind the first duration. */
static int parse_delay_key(struct twc_str key, struct twc_str value, struct twc_backoff *b, struct twc_err *why)
{
	if (twc_str_is(key, "max"))
		return twc_parse_duration(value, &b->max_ns, why);
	if (twc_str_is(key, "jitter"))
		return twc_parse_bool(value, &b->spread, why);
	return twc_err_set(why, TWC_EUSAGE, "%.*s is unknown (one of max=, jitter=)", (int)key.n, key.p);
}

/* "200ms", "200ms:max=10s", "200ms:max=10s:jitter=yes" */
static int parse_delay(const char *text, struct twc_backoff *b, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(text), part, key;
	struct twc_err why = { 0 };
	int rc;

	*b = (struct twc_backoff){ 0 };
	twc_str_cut(&rest, ':', &part);
	rc = twc_parse_duration(part, &b->first_ns, &why);
	while (rc == 0 && twc_str_cut(&rest, ':', &part)) {
		struct twc_str value = part;

		twc_str_cut(&value, '=', &key);
		rc = parse_delay_key(key, value, b, &why);
	}
	if (rc == 0 && b->first_ns == 0)
		rc = twc_err_set(&why, TWC_EUSAGE, "the delay must not be 0");
	if (rc == 0 && b->max_ns && b->max_ns < b->first_ns)
		rc = twc_err_set(&why, TWC_EUSAGE, "max is less than the delay itself");
	if (rc == 0 && b->spread && !b->max_ns)
		rc = twc_err_set(&why, TWC_EUSAGE, "jitter is for a delay that grows: add max=");
	return rc ? twc_err_set(err, rc, "--retry-delay: %.180s", why.text) : 0;
}

/* In the order of enum twc_retry_on. */
static const char *const causes[] = { "refused", "unreachable", "dns", "timeout", "reset", "limit", NULL };

static int parse_on(const char *text, unsigned *on, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(text), part;
	struct twc_err why = { 0 };
	int which;

	*on = 0;
	if (strcmp(text, "all") == 0)
		return 0;
	while (twc_str_cut(&rest, ',', &part)) {
		if (twc_parse_word(part, causes, &which, &why) < 0)
			return twc_err_set(err, TWC_EUSAGE, "--retry-on: %.180s", why.text);
		*on |= 1U << which;
	}
	return 0;
}

static int parse_all(const struct connect_params *p, struct twc_retry_opts *o, struct twc_err *err)
{
	*o = (struct twc_retry_opts){ .retries = TWC_RETRY_FOREVER, .max_ns = p->wait, .backoff = twc_backoff_wait };
	if (p->wait)
		return 0;
	o->max_ns = p->retry_max_time;
	o->backoff = twc_backoff_again;
	if (p->retry && parse_count("retry", p->retry, 0, &o->retries, err))
		return err->code;
	if (p->retry_delay && parse_delay(p->retry_delay, &o->backoff, err))
		return err->code;
	return p->retry_on ? parse_on(p->retry_on, &o->on, err) : 0;
}

bool connect_retry_opts(const struct connect_params *p, struct twc_retry_opts *o)
{
	struct twc_err err = { 0 };

	return (p->retry || p->wait || p->reconnect) && parse_all(p, o, &err) == 0;
}

uint64_t connect_retry_times(const struct connect_params *p)
{
	struct twc_err err = { 0 };
	uint64_t n = 0;

	(void)!parse_count("reconnect", p->reconnect, 1, &n, &err); /* connect_retry_fits has refused what is none */
	return n;
}

/* --reconnect is a way of its own. */
static int reconnect_fits(const struct connect_params *p, struct twc_err *err)
{
	struct wire_params wire = p->wire;
	struct twc_filter_opts o;
	const char *filter;
	uint64_t n;

	wire.crlf = false; /* the one that a new connection does not begin anew */
	filter = wire_filter(&wire, &o);
	if (filter)
		return twc_err_set(err, TWC_EUSAGE, "--%s does not go with --reconnect", filter);
	if (p->wait)
		return twc_err_set(err, TWC_EUSAGE, "--reconnect retries as well: it does not go with --wait");
	if (p->to || p->eof != CONNECT_EOF_DEFAULT || p->idle || p->until_idle || p->linger || p->expect)
		return twc_err_set(err, TWC_EUSAGE, "--reconnect is for standard input and output as they are: it does "
						    "not go with --to, --eof, --idle, --until-idle, --linger and --expect");
	return parse_count("reconnect", p->reconnect, 1, &n, err);
}

int connect_retry_fits(const struct connect_params *p, struct twc_err *err)
{
	struct twc_retry_opts o;

	if (p->wait && p->retry)
		return twc_err_set(err, TWC_EUSAGE, "--wait retries as well: give one of --wait and --retry");
	if (p->reconnect && reconnect_fits(p, err))
		return err->code;
	if (!p->retry && !p->reconnect && (p->retry_delay || p->retry_on || p->retry_max_time))
		return twc_err_set(err, TWC_EUSAGE, "--retry-%s is for --retry and --reconnect",
				   p->retry_delay ? "delay" : p->retry_on ? "on" : "max-time");
	return parse_all(p, &o, err);
}
