/* SPDX-License-Identifier: MIT */
/*
 * Choosing by weights (RFC 9110, 12.4.2). Each question is a pass over the field per thing offered: a few members times a
 * few offers, and nothing to allocate.
 */
#include "protocol/http/quality.h"

#include "protocol/http/octet.h"
#include "protocol/http/param.h"

#include "base/banned.h"

/* "0", "1", "0.", "0.123", "1.000". */
static bool parse_weight(struct twc_str s, unsigned *q)
{
	unsigned v, scale = 100;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return false;
	v = s.p[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < s.n; i++, scale /= 10) {
		if (!twc__http_is((unsigned char)s.p[i], TWC__HTTP_DIGIT))
			return false;
		v += (unsigned)(s.p[i] - '0') * scale;
	}
	*q = v;
	return v <= 1000;
}

/* Behind the weight may stand further parameters, which nobody defined: they are not looked at. */
static bool parse_member(struct twc_str member, struct twc__http_quality *out)
{
	struct twc__http_param p;
	struct twc_str rest = member;

	out->value = twc__http_param_head(&rest);
	out->params = rest;
	out->q = 1000;
	for (;;) {
		struct twc_str before = rest;
		int rc = twc__http_param_next(&rest, &p);

		if (rc <= 0)
			return rc == 0 && out->value.n > 0;
		if (twc_str_eq_nocase(p.name, TWC_STR("q"))) {
			out->params.n -= before.n;
			rest = twc_str_trim(rest);
			return out->value.n > 0 && !p.is_quoted && parse_weight(p.value, &out->q) &&
			       (rest.n == 0 || rest.p[0] == ';');
		}
	}
}

bool twc__http_quality_next(struct twc_str *rest, struct twc__http_quality *out)
{
	struct twc_str member;

	while (twc__http_list_next(rest, &member))
		if (parse_member(member, out))
			return true;
	return false;
}

/* ---- codings ---- */

#define UNMENTIONED 1001

static struct twc_str coding_name(struct twc_str s)
{
	if (twc_str_eq_nocase(s, TWC_STR("x-gzip")))
		return TWC_STR("gzip");
	return s;
}

static unsigned coding_weight(struct twc_str field, struct twc_str name)
{
	struct twc__http_quality each;
	unsigned star = UNMENTIONED;

	for (int i = 0; i < TWC__HTTP_QUALITY_MAX && twc__http_quality_next(&field, &each); i++) {
		if (twc_str_eq_nocase(coding_name(each.value), name))
			return each.q;
		if (star == UNMENTIONED && twc_str_is(each.value, "*"))
			star = each.q;
	}
	return star;
}

int twc__http_choose_coding(struct twc_str accept_encoding, const char *const *offered)
{
	int best = TWC__HTTP_CODING_IDENTITY;
	unsigned best_q = 0, identity;

	if (!accept_encoding.p)
		return TWC__HTTP_CODING_IDENTITY;
	for (int i = 0; offered[i]; i++) {
		unsigned q = coding_weight(accept_encoding, twc_str_of(offered[i]));

		if (q != UNMENTIONED && q > best_q) {
			best_q = q;
			best = i;
		}
	}
	identity = coding_weight(accept_encoding, TWC_STR("identity"));
	if (best_q > 0)
		return identity != UNMENTIONED && identity > best_q ? TWC__HTTP_CODING_IDENTITY : best;
	return identity > 0 ? TWC__HTTP_CODING_IDENTITY : TWC__HTTP_CODING_NONE;
}

/* ---- media types ---- */

/* How many parameters `range` has when `type` has all of them, too; -1 when it has not. */
static int matched_params(struct twc_str range, struct twc_str type)
{
	struct twc__http_param asked, has;
	int n = 0;

	for (; twc__http_param_next(&range, &asked) > 0; n++) {
		struct twc_str rest = type;
		bool is_found = false;

		while (!is_found && twc__http_param_next(&rest, &has) > 0)
			is_found = twc_str_eq_nocase(asked.name, has.name) && twc__http_param_eq(&asked, &has);
		if (!is_found)
			return -1;
	}
	return n;
}

/* How precisely the media range of `q` describes the type; 0: not at all. */
static unsigned precision_of(const struct twc__http_quality *q, struct twc_str name, struct twc_str params)
{
	struct twc_str minor = q->value, major, type_minor = name, type_major;
	unsigned precision;
	int n;

	twc_str_cut(&minor, '/', &major);
	twc_str_cut(&type_minor, '/', &type_major);
	if (twc_str_eq_nocase(q->value, name))
		precision = 3;
	else if (!twc_str_is(minor, "*"))
		return 0;
	else if (twc_str_eq_nocase(major, type_major))
		precision = 2;
	else if (twc_str_is(major, "*"))
		precision = 1;
	else
		return 0;
	n = matched_params(q->params, params);
	return n < 0 ? 0 : precision == 3 ? 3 + (unsigned)n : precision;
}

unsigned twc__http_accept_weight(struct twc_str accept, struct twc_str type, unsigned *precision)
{
	struct twc_str params = type, name = twc__http_param_head(&params);
	struct twc__http_quality each;
	unsigned best = 0, q = accept.p ? 0 : 1000;

	for (int i = 0; i < TWC__HTTP_QUALITY_MAX && twc__http_quality_next(&accept, &each); i++) {
		unsigned p = precision_of(&each, name, params);

		if (p > best) {
			best = p;
			q = each.q;
		}
	}
	if (precision)
		*precision = best;
	return q;
}

int twc__http_choose_type(struct twc_str accept, const char *const *offered)
{
	unsigned best_q = 0;
	int best = -1;

	for (int i = 0; offered[i]; i++) {
		unsigned q = twc__http_accept_weight(accept, twc_str_of(offered[i]), NULL);

		if (q > best_q) {
			best_q = q;
			best = i;
		}
	}
	return best;
}
