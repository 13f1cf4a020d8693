/* SPDX-License-Identifier: MIT */
/*
 * Conditions of requests (RFC 9110, 13.2.2). A field that is not as specified is ignored, except If-Match: who asks for a
 * certain state and cannot say which gets 412, so that nothing is overwritten by mistake.
 */
#include "protocol/http/precond.h"

#include "protocol/http/date.h"

#include "base/banned.h"

/* ---- entity tags ---- */

/* Of the opaque part (8.8.3): printable without the quote, and bytes above ASCII. */
static bool is_etagc(unsigned char c)
{
	return c == 0x21 || (c >= 0x23 && c != 0x7f);
}

/* A tag off the front of *s. */
static bool cut_etag(struct twc_str *s, struct twc__http_etag *out)
{
	size_t start, end;

	out->is_weak = s->n >= 2 && s->p[0] == 'W' && s->p[1] == '/';
	start = out->is_weak ? 2 : 0;
	if (start >= s->n || s->p[start] != '"')
		return false;
	for (end = ++start; end < s->n && is_etagc((unsigned char)s->p[end]); end++)
		;
	if (end == s->n || s->p[end] != '"')
		return false;
	out->tag = (struct twc_str){ s->p + start, end - start };
	s->p += end + 1;
	s->n -= end + 1;
	return true;
}

bool twc__http_etag_parse(struct twc_str s, struct twc__http_etag *out)
{
	return cut_etag(&s, out) && s.n == 0;
}

/* A tag may hold commas and backslashes, so this is not the list of param.h. */
bool twc__http_etag_next(struct twc_str *list, struct twc__http_etag *out)
{
	struct twc_str s = *list;

	while (s.n && (s.p[0] == ',' || s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	if (!cut_etag(&s, out))
		return false;
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	if (s.n && s.p[0] != ',')
		return false;
	*list = s;
	return true;
}

bool twc__http_etag_eq_strong(const struct twc__http_etag *a, const struct twc__http_etag *b)
{
	return !a->is_weak && !b->is_weak && twc_str_eq(a->tag, b->tag);
}

bool twc__http_etag_eq_weak(const struct twc__http_etag *a, const struct twc__http_etag *b)
{
	return twc_str_eq(a->tag, b->tag);
}

/* ---- the fields ---- */

typedef bool (*etag_eq_fn)(const struct twc__http_etag *a, const struct twc__http_etag *b);

/* Whether "*" or one of the tags in `value` stands for what there is. */
static bool names_current(struct twc_str value, const struct twc__http_validators *v, etag_eq_fn eq)
{
	struct twc__http_etag current, each;

	if (!v->exists)
		return false;
	if (twc_str_is(twc_str_trim(value), "*"))
		return true;
	if (!twc__http_etag_parse(v->etag, &current))
		return false;
	while (twc__http_etag_next(&value, &each))
		if (eq(&each, &current))
			return true;
	return false;
}

static bool is_method(const struct twc__http_conditions *c, const char *name)
{
	return twc_str_is(c->method, name);
}

/* Steps 1 and 2: is the state what the request relies on? */
static bool is_state_as_expected(const struct twc__http_conditions *c, const struct twc__http_validators *v, int64_t now)
{
	int64_t t;

	if (c->if_match.p)
		return names_current(c->if_match, v, twc__http_etag_eq_strong);
	if (!c->if_unmodified_since.p || !v->exists || !v->has_mtime ||
	    !twc__http_date_parse(c->if_unmodified_since, now, &t))
		return true;
	return v->mtime <= t;
}

/* Steps 3 and 4: does the client know it already? */
static bool is_known(const struct twc__http_conditions *c, const struct twc__http_validators *v, int64_t now)
{
	int64_t t;

	if (c->if_none_match.p)
		return names_current(c->if_none_match, v, twc__http_etag_eq_weak);
	if (!c->if_modified_since.p || !v->exists || !v->has_mtime || (!is_method(c, "GET") && !is_method(c, "HEAD")) ||
	    !twc__http_date_parse(c->if_modified_since, now, &t))
		return false;
	return t <= now && v->mtime <= t;
}

/* Step 5. A date is as good as a tag only if nothing can have changed within its second any more (8.8.2.2). */
static bool may_use_range(const struct twc__http_conditions *c, const struct twc__http_validators *v, int64_t now)
{
	struct twc__http_etag asked, current;
	int64_t t;

	if (!c->has_range || !is_method(c, "GET") || !v->exists)
		return false;
	if (!c->if_range.p)
		return true;
	if (twc__http_etag_parse(c->if_range, &asked))
		return twc__http_etag_parse(v->etag, &current) && twc__http_etag_eq_strong(&asked, &current);
	return v->has_mtime && twc__http_date_parse(c->if_range, now, &t) && t == v->mtime && t < now;
}

enum twc__http_precond twc__http_precond_check(const struct twc__http_conditions *c, const struct twc__http_validators *v,
					       int64_t now, bool *use_range)
{
	if (use_range)
		*use_range = false;
	if (!is_state_as_expected(c, v, now))
		return TWC__HTTP_FAILED;
	if (is_known(c, v, now))
		return is_method(c, "GET") || is_method(c, "HEAD") ? TWC__HTTP_NOT_MODIFIED : TWC__HTTP_FAILED;
	if (use_range)
		*use_range = may_use_range(c, v, now);
	return TWC__HTTP_PROCEED;
}
