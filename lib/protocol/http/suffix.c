/* SPDX-License-Identifier: MIT */
/* Public suffixes: see suffix.h. The rules lie sorted in one array and are found by halving, a search for each
 * label. */
#include "protocol/http/suffix.h"

#include <stdlib.h>

#include "net/net_int.h"

#include "base/banned.h"

enum { RULE_NAME, RULE_WILDCARD /* of "*.ck" it has "ck" */, RULE_EXCEPTION };

struct rule {
	struct twc_str name; /* owned */
	int kind;
};

struct twc__http_suffixes {
	struct rule *v; /* owned; sorted by name, then kind */
	size_t n, cap;
};

static int compare_names(struct twc_str a, struct twc_str b)
{
	int by_bytes = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return by_bytes ? by_bytes : (a.n > b.n) - (a.n < b.n);
}

static int compare_rules(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;
	int by_name = compare_names(x->name, y->name);

	return by_name ? by_name : x->kind - y->kind;
}

static void lower(char *out, struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		out[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + ('a' - 'A')) : s.p[i];
}

/* A rule's name in ASCII and lower case into `name`; returns its length, 0 for what is no name. */
static size_t to_ascii(struct twc_str s, char name[TWC__NAME_MAX + 2])
{
	if (s.n == 0 || s.n > TWC__NAME_MAX)
		return 0;
	if (twc__idn_is_needed(s))
		return twc__idn_to_ascii(s, name, NULL) == 0 ? strlen(name) : 0;
	lower(name, s);
	return s.n;
}

static void add_rule(struct twc__http_suffixes *s, struct twc_str word)
{
	char name[TWC__NAME_MAX + 2];
	int kind = RULE_NAME;

	if (twc_str_starts(word, "!"))
		kind = RULE_EXCEPTION;
	else if (twc_str_starts(word, "*."))
		kind = RULE_WILDCARD;
	word.p += kind == RULE_EXCEPTION ? 1 : kind == RULE_WILDCARD ? 2 : 0;
	word.n -= kind == RULE_EXCEPTION ? 1 : kind == RULE_WILDCARD ? 2 : 0;

	size_t n = to_ascii(word, name);

	/* No rule begins with a dot, but other lists of this form do. */
	if (n == 0 || name[0] == '.')
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->v = twc_realloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct rule){ { twc_str_dup((struct twc_str){ name, n }), n }, kind };
}

struct twc__http_suffixes *twc__http_suffixes_parse(struct twc_str text, struct twc_err *err)
{
	struct twc__http_suffixes *s;
	struct twc_str line;

	if (text.n > TWC__HTTP_SUFFIX_TEXT_MAX) {
		twc_err_set(err, TWC_ETOOLONG, "a list of public suffixes has at most %u bytes", TWC__HTTP_SUFFIX_TEXT_MAX);
		return NULL;
	}
	s = twc_calloc(1, sizeof(*s));
	while (twc_str_cut(&text, '\n', &line)) {
		struct twc_str word = twc_str_trim(line);

		for (size_t i = 0; i < word.n; i++)
			if (word.p[i] == ' ' || word.p[i] == '\t' || word.p[i] == '\r')
				word.n = i;
		if (word.n && !twc_str_starts(word, "//"))
			add_rule(s, word);
	}
	if (s->n == 0) {
		twc_err_set(err, TWC_EDATA, "this is no list of public suffixes: it has no rule");
		twc__http_suffixes_free(s);
		return NULL;
	}
	qsort(s->v, s->n, sizeof(*s->v), compare_rules);
	return s;
}

void twc__http_suffixes_free(struct twc__http_suffixes *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		twc_free((char *)(uintptr_t)s->v[i].name.p);
	twc_free(s->v);
	twc_free(s);
}

static bool has_rule(const struct twc__http_suffixes *s, struct twc_str name, int kind)
{
	struct rule key = { name, kind };

	return bsearch(&key, s->v, s->n, sizeof(*s->v), compare_rules) != NULL;
}

/* What stands behind the first dot; {NULL, 0} when there is none. */
static struct twc_str parent(struct twc_str name)
{
	struct twc_str label;

	twc_str_cut(&name, '.', &label);
	return name;
}

bool twc__http_suffix_is_public(const struct twc__http_suffixes *s, struct twc_str host)
{
	char lowered[TWC__NAME_MAX + 1];

	if (host.n == 0 || host.n > TWC__NAME_MAX)
		return false;
	lower(lowered, host);

	struct twc_str name = { lowered, host.n }, above = parent(name);

	if (has_rule(s, name, RULE_EXCEPTION))
		return false;
	/* Below "*.ck" all are strangers to each other: nothing may be for all of ck. */
	if (has_rule(s, name, RULE_NAME) || has_rule(s, name, RULE_WILDCARD))
		return true;
	return above.p ? has_rule(s, above, RULE_WILDCARD) : true;
}
