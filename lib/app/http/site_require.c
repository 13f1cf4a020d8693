/* SPDX-License-Identifier: MIT */
/*
 * Requests that have to come: "POST /hook" once at least, "POST /hook=2" twice and not more often. Every one that was read counts,
 * however its exchange ended.
 */
#include "app/http/site.h"

#include <stdio.h>

#include <twc/parse.h>

#include "protocol/http/pattern.h"
#include "base/banned.h"

#define TIMES_MAX 1000000000

struct requirement {
	char *text;   /* owned: "POST /hook" */
	char *method; /* owned; NULL: any */
	struct twc__http_pattern *pattern; /* owned */
	uint64_t times; /* TWC_HTTP_UNKNOWN: once at least */
	uint64_t came;
};

struct requirements {
	struct requirement *v; /* owned */
	unsigned n;
};

static void requirements_free(void *part)
{
	struct requirements *all = part;

	for (unsigned i = 0; i < all->n; i++) {
		twc_free(all->v[i].text);
		twc_free(all->v[i].method);
		twc__http_pattern_free(all->v[i].pattern);
	}
	twc_free(all->v);
	twc_free(all);
}

static void requirements_exchanged(void *part, struct twc_http_exchange *x, const struct twc_err *err)
{
	const struct twc_http_request *q = twc_http_request(x);
	struct requirements *all = part;
	struct twc__http_pattern_match match;

	(void)err;
	for (unsigned i = 0; i < all->n; i++) {
		struct requirement *need = &all->v[i];

		if (need->method && !twc_str_is(q->method, need->method))
			continue;
		if (twc__http_pattern_match(need->pattern, q->path, &match) == TWC__HTTP_PATTERN_YES)
			need->came++;
	}
}

static const struct twc__http_part_ops require_part = {
	.name = "require",
	.free = requirements_free,
	.exchanged = requirements_exchanged,
};

static struct requirements *requirements_of(struct twc_http_site *s)
{
	struct requirements *all = twc__http_site_find_part(s, &require_part);

	if (all)
		return all;
	all = twc_calloc(1, sizeof(*all));
	twc__http_site_add_part(s, &require_part, all);
	return all;
}

/* ---- "[METHOD ]PATTERN[=N]" ---- */

static int fail_at(struct twc_str spec, const char *at, struct twc_err *err)
{
	if (err)
		err->column += (int)(at - spec.p) + (err->column ? 0 : 1);
	return TWC_EUSAGE;
}

static int parse_times(struct twc_str spec, struct twc_str *rest, uint64_t *times, struct twc_err *err)
{
	const char *equals = rest->n ? memrchr(rest->p, '=', rest->n) : NULL;
	struct twc_str number;

	*times = TWC_HTTP_UNKNOWN;
	if (!equals)
		return 0;
	number = (struct twc_str){ equals + 1, (size_t)(rest->p + rest->n - equals - 1) };
	rest->n = (size_t)(equals - rest->p);
	return twc_parse_uint(twc_str_trim(number), 0, TIMES_MAX, times, err) < 0 ? fail_at(spec, number.p, err) : 0;
}

static int parse_method(struct twc_str spec, struct twc_str *rest, struct twc_str *method, struct twc_err *err)
{
	*method = (struct twc_str){ NULL, 0 };
	if (rest->n && rest->p[0] == '/')
		return 0;
	if (!twc_str_cut(rest, ' ', method) || !twc_http_is_token(*method)) {
		twc_err_set(err, TWC_EUSAGE, "write a path, or a method and a path, such as 'POST /hook=2'");
		return fail_at(spec, spec.p, err);
	}
	*rest = twc_str_trim(*rest);
	if (rest->n)
		return 0;
	twc_err_set(err, TWC_EUSAGE, "a path that begins with '/' belongs here");
	return fail_at(spec, spec.p + spec.n, err);
}

int twc_http_site_require(struct twc_http_site *s, const char *spec, struct twc_err *err)
{
	struct twc_str all = twc_str_of(spec), rest = twc_str_trim(all), method;
	struct requirement need = { 0 };
	struct requirements *list;
	int rc;

	if (err)
		err->column = 0;
	rc = parse_times(all, &rest, &need.times, err);
	rest = twc_str_trim(rest);
	need.text = twc_str_dup(rest);
	if (rc == 0)
		rc = parse_method(all, &rest, &method, err);
	if (rc == 0 && twc__http_pattern_new(&need.pattern, rest, err) < 0)
		rc = fail_at(all, rest.p, err);
	if (rc < 0) {
		twc_free(need.text);
		return rc;
	}
	need.method = method.n ? twc_str_dup(method) : NULL;
	list = requirements_of(s);
	list->v = twc_realloc(list->v, (list->n + 1) * sizeof(need));
	list->v[list->n++] = need;
	return 0;
}

/* ---- the verdict ---- */

static const char *times_text(char *buf, size_t cap, uint64_t n)
{
	if (n == 0)
		return "never";
	if (n == 1)
		return "once";
	snprintf(buf, cap, "%llu times", (unsigned long long)n);
	return buf;
}

static bool is_met(const struct requirement *need)
{
	return need->times == TWC_HTTP_UNKNOWN ? need->came > 0 : need->came == need->times;
}

bool twc_http_site_satisfied(const struct twc_http_site *s, struct twc_err *err)
{
	const struct requirements *all = twc__http_site_find_part(s, &require_part);
	char came[32], wanted[32];

	for (unsigned i = 0; all && i < all->n; i++) {
		const struct requirement *need = &all->v[i];

		if (is_met(need))
			continue;
		if (need->times == TWC_HTTP_UNKNOWN)
			twc_err_set(err, TWC_ENO, "%.100s never came", need->text);
		else
			twc_err_set(err, TWC_ENO, "%.100s came %s, not %s", need->text, times_text(came, sizeof(came), need->came),
				    need->times ? times_text(wanted, sizeof(wanted), need->times) : "never");
		return false;
	}
	return true;
}
