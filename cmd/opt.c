/* SPDX-License-Identifier: MIT */
/*
 * Option rows and argv → params struct, operands, COMMAND. Between main() and a command's run(); does no I/O
 * and keeps no state of its own. Every error names the option as it was typed.
 *
 * Invariant: operands are moved to the front of argv, never past the element being read, so that what follows
 * `--` is untouched and no array is allocated.
 */
#include "opt.h"
#include <ctype.h>
#include <stdio.h>
#include <twc/parse.h>

enum {
	NAMES_MAX = 200,  /* candidates for "did you mean" */
	SHOWN_MAX = 64,	  /* of what a user typed, in an error line */
	EXCL_MAX = 16,	  /* numbers of `excl` */
	NAME_LEN_MAX = 24, /* of an option, so that help lines up */
};

struct opt_run {
	struct opt_parse *p;
	int argc;
	char **argv;
	int i; /* element being read */
	const struct twc_opt *excl[EXCL_MAX]; /* the row seen of each number */
	struct twc_err *err;
};

void opt_list_fini(struct opt_list *l)
{
	twc_free(l->item);
	*l = (struct opt_list){ 0 };
}

/* ---- finding a row ---- */

static const struct twc_opt *opt_by_letter(const struct opt_parse *p, char c, const struct opt_set **set)
{
	for (size_t s = 0; s < TWC_ARRAY_LEN(p->set); s++)
		for (const struct twc_opt *o = p->set[s].rows; o && o->long_name; o++)
			if (o->short_name == c) {
				*set = &p->set[s];
				return o;
			}
	return NULL;
}

static const struct twc_opt *opt_by_name(const struct opt_parse *p, struct twc_str name, const struct opt_set **set,
					 bool *negated)
{
	struct twc_str rest = name;

	if (twc_str_starts(name, "no-"))
		rest = (struct twc_str){ name.p + 3, name.n - 3 };
	*negated = false;
	for (size_t s = 0; s < TWC_ARRAY_LEN(p->set); s++)
		for (const struct twc_opt *o = p->set[s].rows; o && o->long_name; o++) {
			*set = &p->set[s];
			if (twc_str_is(name, o->long_name))
				return o;
			if ((o->flags & OPT_NEGATABLE) && rest.n < name.n && twc_str_is(rest, o->long_name)) {
				*negated = true;
				return o;
			}
		}
	return NULL;
}

/* Names a user may have meant: all that are shown. Those that begin with `prefix` when it is not NULL. */
static size_t opt_names(const struct opt_parse *p, const struct twc_str *prefix, const char *names[NAMES_MAX + 1])
{
	size_t n = 0;

	for (size_t s = 0; s < TWC_ARRAY_LEN(p->set); s++)
		for (const struct twc_opt *o = p->set[s].rows; o && o->long_name && n < NAMES_MAX; o++) {
			if (o->flags & OPT_HIDDEN)
				continue;
			if (!prefix || (strlen(o->long_name) > prefix->n &&
					memcmp(o->long_name, prefix->p, prefix->n) == 0))
				names[n++] = o->long_name;
		}
	names[n] = NULL;
	return n;
}

static const char *opt_slip_hint(const struct opt_parse *p, const char *spelling)
{
	for (const struct opt_slip *s = p->slips; s && s->spelling; s++)
		if (strcmp(s->spelling, spelling) == 0)
			return s->hint;
	return NULL;
}

/* The name the user most likely meant by `name`, or NULL. */
static const char *opt_meant(const struct opt_parse *p, struct twc_str name)
{
	const char *names[NAMES_MAX + 1];

	if (name.n >= 2 && opt_names(p, &name, names) == 1)
		return names[0];
	opt_names(p, NULL, names);
	return twc_nearest(name, names);
}

static int opt_unknown_long(struct opt_run *r, struct twc_str name)
{
	char shown[SHOWN_MAX], dashed[SHOWN_MAX + 2];
	const char *hint, *meant;

	twc_escape(shown, sizeof(shown), name);
	snprintf(dashed, sizeof(dashed), "--%s", shown);
	hint = opt_slip_hint(r->p, dashed);
	if (hint)
		return twc_err_set(r->err, TWC_EUSAGE, "unknown option %s; %s", dashed, hint);
	meant = opt_meant(r->p, name);
	if (meant)
		return twc_err_set(r->err, TWC_EUSAGE, "unknown option %s; did you mean --%s?", dashed, meant);
	return twc_err_set(r->err, TWC_EUSAGE, "unknown option %s", dashed);
}

/* `cluster` without its dash; `c` is the letter in it that no row has. */
static int opt_unknown_short(struct opt_run *r, const char *cluster, char c)
{
	struct twc_str all = twc_str_of(cluster);
	char shown[SHOWN_MAX], dashed[3] = { '-', c, '\0' }, letter[8];
	const char *hint = opt_slip_hint(r->p, dashed);
	const char *meant = all.n >= 3 ? opt_meant(r->p, all) : NULL;
	const struct opt_set *set;
	bool negated;

	twc_escape(shown, sizeof(shown), all);
	twc_escape(letter, sizeof(letter), (struct twc_str){ &c, 1 });
	if (all.n >= 2 && opt_by_name(r->p, all, &set, &negated))
		return twc_err_set(r->err, TWC_EUSAGE, "unknown option -%s; did you mean --%s?", shown, cluster);
	if (hint)
		return twc_err_set(r->err, TWC_EUSAGE, "unknown option %s; %s", dashed, hint);
	if (meant)
		return twc_err_set(r->err, TWC_EUSAGE, "unknown option -%s; did you mean --%s?", shown, meant);
	if (all.n > 1)
		return twc_err_set(r->err, TWC_EUSAGE, "unknown option -%s in -%s", letter, shown);
	return twc_err_set(r->err, TWC_EUSAGE, "unknown option -%s", letter);
}

/* ---- storing a value ---- */

static void *opt_member(const struct opt_set *set, const struct twc_opt *o)
{
	return (char *)set->params + o->offset;
}

static int opt_store_number(const struct twc_opt *o, uint64_t *out, struct twc_str value, struct twc_err *err)
{
	uint64_t max = o->max ? o->max : UINT64_MAX, n = 0;
	char low[32];
	int rc;

	if (o->type == OPT_UINT)
		return twc_parse_uint(value, o->min, max, out, err);
	if (o->type == OPT_SIZE)
		rc = twc_parse_size(value, &n, err);
	else
		rc = twc_parse_duration(value, &n, err);
	if (rc < 0)
		return rc;
	if (n >= o->min && n <= max) {
		*out = n;
		return 0;
	}
	if (n == 0 && o->min == 1)
		return twc_err_set(err, TWC_EUSAGE, "must be more than 0");
	if (o->type == OPT_SIZE)
		twc_format_size(low, sizeof(low), n < o->min ? o->min : max);
	else
		twc_format_duration(low, sizeof(low), n < o->min ? o->min : max);
	return twc_err_set(err, TWC_EUSAGE, "%.*s is %s %s", (int)(value.n < SHOWN_MAX ? value.n : SHOWN_MAX), value.p,
			   n < o->min ? "below the minimum of" : "above the maximum of", low);
}

static void opt_list_add(struct opt_list *l, const struct twc_opt *o, const char *value)
{
	l->item = twc_realloc(l->item, (l->n + 1) * sizeof(*l->item));
	l->item[l->n++] = (struct opt_item){ .opt = o, .value = value };
}

static int opt_store(const struct twc_opt *o, void *member, const char *value, struct twc_err *err)
{
	struct twc_str s = twc_str_of(value);

	switch ((enum opt_type)o->type) {
	case OPT_FLAG:
		*(bool *)member = true;
		return 0;
	case OPT_COUNT:
		++*(unsigned *)member;
		return 0;
	case OPT_SET:
		*(int *)member = o->value;
		return 0;
	case OPT_STRING:
		*(const char **)member = value;
		return 0;
	case OPT_UINT:
	case OPT_SIZE:
	case OPT_DURATION:
		return opt_store_number(o, member, s, err);
	case OPT_PORT:
		return twc_parse_port(s, member, err);
	case OPT_WORD:
		return twc_parse_word(s, o->words, member, err);
	case OPT_LIST:
		opt_list_add(member, o, value);
		return 0;
	}
	TWC_BUG("option --%s has type %d", o->long_name, o->type);
}

/* `shown` is the option as typed, with its dashes. */
static int opt_apply(struct opt_run *r, const struct opt_set *set, const struct twc_opt *o, const char *shown,
		     const char *value)
{
	const struct twc_opt *other = o->excl ? r->excl[o->excl % EXCL_MAX] : NULL;
	struct twc_err why = { 0 };

	if (other && other != o)
		return twc_err_set(r->err, TWC_EUSAGE, "--%s and --%s exclude each other", other->long_name,
				   o->long_name);
	if (o->excl)
		r->excl[o->excl % EXCL_MAX] = o;
	if (opt_store(o, opt_member(set, o), value, &why) < 0)
		return twc_err_set(r->err, TWC_EUSAGE, "%s: %s", shown, why.text);
	return 0;
}

/* The value that stands in the next element of argv. */
static int opt_next_value(struct opt_run *r, const struct twc_opt *o, const char *shown, const char **value)
{
	const char *next = r->i + 1 < r->argc ? r->argv[r->i + 1] : NULL;

	if (next && strcmp(next, "--") != 0) {
		r->i++;
		*value = next;
		return 0;
	}
	return twc_err_set(r->err, TWC_EUSAGE, "option %s needs a value: --%s %s", shown, o->long_name, o->arg);
}

/* ---- reading argv ---- */

static int opt_long(struct opt_run *r, const char *arg)
{
	const char *equals = strchr(arg, '='), *value = NULL;
	struct twc_str name = { arg, equals ? (size_t)(equals - arg) : strlen(arg) };
	const struct opt_set *set;
	bool negated;
	const struct twc_opt *o = opt_by_name(r->p, name, &set, &negated);
	char shown[NAME_LEN_MAX + 8];

	if (!o)
		return opt_unknown_long(r, name);
	snprintf(shown, sizeof(shown), "--%s%s", negated ? "no-" : "", o->long_name);
	if (equals && (!opt_takes_value(o) || negated))
		return twc_err_set(r->err, TWC_EUSAGE, "option %s takes no value", shown);
	if (negated) {
		*(bool *)opt_member(set, o) = false;
		return 0;
	}
	if (equals)
		value = equals + 1;
	else if (o->flags & OPT_OPTIONAL)
		value = o->implied;
	else if (opt_takes_value(o) && opt_next_value(r, o, shown, &value) < 0)
		return TWC_EUSAGE;
	return opt_apply(r, set, o, shown, value);
}

static int opt_cluster(struct opt_run *r, const char *cluster)
{
	for (const char *c = cluster; *c; c++) {
		const struct opt_set *set;
		const struct twc_opt *o = opt_by_letter(r->p, *c, &set);
		const char shown[3] = { '-', *c, '\0' };
		const char *value = NULL;
		bool last = false;
		int rc;

		if (!o)
			return opt_unknown_short(r, cluster, *c);
		if (opt_takes_value(o) && c[1]) {
			value = c + 1;
			last = true;
		} else if (o->flags & OPT_OPTIONAL) {
			value = o->implied;
		} else if (opt_takes_value(o) && opt_next_value(r, o, shown, &value) < 0) {
			return TWC_EUSAGE;
		}
		rc = opt_apply(r, set, o, shown, value);
		if (rc < 0 || last)
			return rc;
	}
	return 0;
}

static int opt_end(struct opt_run *r)
{
	struct opt_parse *p = r->p;

	if (!p->command) {
		while (++r->i < r->argc)
			r->argv[p->n_operands++] = r->argv[r->i];
		return 0;
	}
	p->command_argv = &r->argv[r->i + 1];
	r->i = r->argc;
	if (!p->command_argv[0])
		return twc_err_set(r->err, TWC_EUSAGE, "-- must be followed by a COMMAND");
	return 0;
}

int opt_parse(struct opt_parse *p, int argc, char **argv, struct twc_err *err)
{
	struct opt_run r = { .p = p, .argc = argc, .argv = argv, .err = err };
	int rc = 0;

	p->operands = argv;
	p->n_operands = 0;
	p->command_argv = NULL;
	for (; r.i < argc && rc == 0; r.i++) {
		char *arg = argv[r.i];

		if (arg[0] != '-' || arg[1] == '\0') {
			if (p->stop_at_operand)
				break;
			argv[p->n_operands++] = arg;
		} else if (strcmp(arg, "--") == 0) {
			rc = opt_end(&r);
		} else if (arg[1] == '-') {
			rc = opt_long(&r, arg + 2);
		} else {
			rc = opt_cluster(&r, arg + 1);
		}
	}
	p->n_seen = r.i < argc ? r.i : argc;
	return rc;
}

const char *opt_spelling(const struct twc_opt *o, char *buf, size_t cap)
{
	char letter[8] = "";

	if (o->short_name)
		snprintf(letter, sizeof(letter), "-%c, ", o->short_name);
	snprintf(buf, cap, "%s--%s%s%s%s%s", letter, (o->flags & OPT_NEGATABLE) ? "[no-]" : "", o->long_name,
		 !o->arg			? ""
		 : (o->flags & OPT_OPTIONAL) ? "[="
						: " ",
		 o->arg ? o->arg : "", (o->flags & OPT_OPTIONAL) ? "]" : "");
	return buf;
}

struct twc_opt opt_beside(const struct twc_opt *o, const struct twc_opt *own)
{
	struct twc_opt seen = *o;

	for (; own && own->long_name; own++)
		if (own != o && (own->flags & OPT_OWN_LETTER) && own->short_name == o->short_name)
			seen.short_name = '\0';
	return seen;
}

/* ---- the table's self-check ---- */

#define FAULT(...) return twc_err_set(err, TWC_EBUG, __VA_ARGS__)

static int check_name(const struct twc_opt *o, struct twc_err *err)
{
	const char *n = o->long_name;

	if (strlen(n) < 2 || strlen(n) > NAME_LEN_MAX || strspn(n, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(n) ||
	    n[0] == '-')
		FAULT("--%s: a name is 2 to %d of a-z, 0-9 and dashes", n, NAME_LEN_MAX);
	if (strncmp(n, "no-", 3) == 0)
		FAULT("--%s: name what is, and set OPT_NEGATABLE", n);
	if (o->short_name && !isalnum((unsigned char)o->short_name))
		FAULT("--%s: its letter is none", n);
	return 0;
}

static int check_texts(const struct twc_opt *o, struct twc_err *err)
{
	const char *n = o->long_name;
	size_t len = o->help ? strlen(o->help) : 0;

	if (len == 0)
		FAULT("--%s: no help line", n);
	if (o->help[len - 1] == '.' || strchr(o->help, '\n') || len > 100)
		FAULT("--%s: help is one line of at most 100 characters without full stop", n);
	if (isupper((unsigned char)o->help[0]) && islower((unsigned char)o->help[1]))
		FAULT("--%s: help begins in lower case", n);
	if (!(o->flags & OPT_HIDDEN) && (!o->group || !o->group[0]))
		FAULT("--%s: no group", n);
	return 0;
}

static int check_value(const struct twc_opt *o, struct twc_err *err)
{
	const char *n = o->long_name;
	bool bare = o->type == OPT_FLAG || o->type == OPT_COUNT || o->type == OPT_SET;
	bool text = o->type == OPT_STRING || o->type == OPT_LIST;

	if (o->type < OPT_FLAG || o->type > OPT_LIST)
		FAULT("--%s: no type", n);
	if (bare == (o->arg != NULL))
		FAULT("--%s: %s", n, bare ? "takes no value, so it has no arg" : "takes a value, so arg must name it");
	if (o->arg && islower((unsigned char)o->arg[0])) /* what follows may be a word to type: N|forever */
		FAULT("--%s: arg %s is not in capitals", n, o->arg);
	if (o->words ? o->type != OPT_WORD && o->type != OPT_STRING : o->type == OPT_WORD)
		FAULT("--%s: OPT_WORD has words, OPT_STRING may, and nothing else", n);
	if (o->hint > OPT_HINT_TRACE || (o->hint && !text))
		FAULT("--%s: this hint does not fit the type", n);
	if ((o->flags & OPT_NEGATABLE) && o->type != OPT_FLAG)
		FAULT("--%s: only a flag can be negated", n);
	if (((o->flags & OPT_OPTIONAL) != 0) != (o->implied != NULL) || (o->implied && (bare || o->type == OPT_LIST)))
		FAULT("--%s: OPT_OPTIONAL and implied go together, on a single value", n);
	if (o->max && o->min > o->max)
		FAULT("--%s: min above max", n);
	if (o->excl >= EXCL_MAX)
		FAULT("--%s: excl is at most %d", n, EXCL_MAX - 1);
	return 0;
}

/* The default that help shows must be a value that the parser takes. */
static int check_default(const struct twc_opt *o, struct twc_err *err)
{
	union {
		uint64_t number;
		uint16_t port;
		int word;
	} sink = { 0 };
	struct twc_err why = { 0 };

	if (!o->def || o->type == OPT_STRING || o->type == OPT_LIST)
		return 0;
	if (!o->arg)
		FAULT("--%s: an option without value has no default", o->long_name);
	if (opt_store(o, &sink, o->def, &why) < 0)
		FAULT("--%s: default %s: %s", o->long_name, o->def, why.text);
	return 0;
}

static int check_unique(const struct twc_opt *o, const struct twc_opt *others, bool may_share, struct twc_err *err)
{
	for (const struct twc_opt *b = others; b && b->long_name; b++) {
		if (b == o)
			continue;
		if (strcmp(o->long_name, b->long_name) == 0)
			FAULT("--%s: there are two", o->long_name);
		if (o->short_name && o->short_name == b->short_name && !may_share)
			FAULT("-%c: both --%s and --%s", o->short_name, o->long_name, b->long_name);
	}
	return 0;
}

int opt_check(const struct twc_opt *rows, const struct twc_opt *common, struct twc_err *err)
{
	for (const struct twc_opt *o = rows; o && o->long_name; o++) {
		if (check_name(o, err) < 0 || check_texts(o, err) < 0 || check_value(o, err) < 0 ||
		    check_default(o, err) < 0 || check_unique(o, rows, false, err) < 0 ||
		    check_unique(o, common, o->flags & OPT_OWN_LETTER, err) < 0)
			return TWC_EBUG;
	}
	return 0;
}
