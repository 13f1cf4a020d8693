/* SPDX-License-Identifier: MIT */
/*
 * Option rows and argv → params struct, operands, COMMAND. Between main() and a command's run(); reads nothing but the
 * files that -K names and keeps no state of its own. Every error names the option as it was typed, and where it stands
 * if that is not the command line.
 *
 * Invariant: operands are moved to the front of argv, never past the element being read, so that what follows
 * `--` is untouched and no array is allocated. A file of options makes a new argv: the elements so far, its own, the
 * rest; the old one stays as it is.
 */
#include "opt_priv.h"
#include <stdio.h>

enum {
	NAMES_MAX = 400, /* candidates for "did you mean" */
	SHOWN_MAX = 64,	 /* of what a user typed, in an error line */
	FILES_MAX = 32,	 /* of options, all in all */
};

struct opt_run {
	struct opt_parse *p;
	int argc;
	char **argv;
	const struct opt_source *source; /* of each; NULL: all are the command line's */
	int i;				 /* element being read */
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

static void *opt_member(const struct opt_parse *p, const struct opt_set *set, const struct twc_opt *o)
{
	bool global = (o->flags & OPT_GLOBAL) && set == &p->set[0] && p->global;

	return (char *)(global ? p->global : set->params) + o->offset;
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

int opt_store(const struct twc_opt *o, void *member, const char *value, struct twc_err *err)
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
	case OPT_OPERAND:
	case OPT_NEXT:
	case OPT_CONFIG:
		break;
	}
	TWC_BUG("option --%s has type %d", o->long_name, o->type);
}

/* A copy of what is taken out of argv. */
static const char *opt_hide(struct opt_run *r, const char *value)
{
	size_t n = strlen(value);
	char *copy = opt_keep(&r->p->kept, n + 1);

	memcpy(copy, value, n);
	memset((char *)(uintptr_t)value, 'x', n);
	return copy;
}

/* The options of a file go between the element being read and the next one. */
static int opt_splice(struct opt_run *r, const char *shown, const char *path)
{
	struct opt_words w = { 0 };
	struct opt_source *source;
	struct twc_err why = { 0 };
	size_t before = (size_t)r->i + 1, after = (size_t)r->argc - before;
	char **argv;
	int rc;

	if (r->p->n_files++ == FILES_MAX)
		return twc_err_set(r->err, TWC_EUSAGE, "%s: more than %d files of options; does one name itself?", shown,
				   FILES_MAX);
	rc = opt_config_read(&w, path, &r->p->kept, &why);
	if (rc < 0) {
		opt_words_fini(&w);
		return twc_err_set(r->err, rc, "%s: %s", shown, why.text);
	}
	argv = opt_keep(&r->p->kept, (before + w.n + after + 1) * sizeof(*argv));
	source = opt_keep(&r->p->kept, (before + w.n + after) * sizeof(*source));
	memcpy(argv, r->argv, before * sizeof(*argv));
	memcpy(argv + before + w.n, r->argv + before, after * sizeof(*argv));
	if (r->source) {
		memcpy(source, r->source, before * sizeof(*source));
		memcpy(source + before + w.n, r->source + before, after * sizeof(*source));
	}
	if (w.n > 0) {
		memcpy(argv + before, w.word, w.n * sizeof(*argv));
		memcpy(source + before, w.source, w.n * sizeof(*source));
	}
	r->argv = r->p->operands = argv;
	r->source = source;
	r->argc += (int)w.n;
	opt_words_fini(&w);
	return 0;
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
	if ((o->flags & OPT_SECRET) && value != o->implied)
		value = opt_hide(r, value);
	if (o->type == OPT_OPERAND) {
		r->argv[r->p->n_operands++] = (char *)(uintptr_t)value;
		return 0;
	}
	if (o->type == OPT_NEXT) {
		r->p->more = true;
		return 0;
	}
	if (o->type == OPT_CONFIG)
		return opt_splice(r, shown, value);
	if (opt_store(o, opt_member(r->p, set, o), value, &why) < 0)
		return twc_err_set(r->err, TWC_EUSAGE, "%s: %s", shown, why.text);
	return 0;
}

/* The value that stands in the next element of argv; in a file it is one that stood on the same line. */
static int opt_next_value(struct opt_run *r, const struct twc_opt *o, const char *shown, const char **value)
{
	const char *next = r->i + 1 < r->argc ? r->argv[r->i + 1] : NULL;
	bool in_file = r->source && r->source[r->i].file;

	if (next && (in_file ? r->source[r->i + 1].is_value : strcmp(next, "--") != 0)) {
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
		*(bool *)opt_member(r->p, set, o) = false;
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
		if (o->type == OPT_NEXT && c[1])
			return twc_err_set(r->err, TWC_EUSAGE, "%s ends a group of options: nothing may follow it in -%.*s",
					   shown, SHOWN_MAX, cluster);
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

static int opt_element(struct opt_run *r)
{
	struct opt_parse *p = r->p;
	char *arg = r->argv[r->i];

	if (r->source && r->source[r->i].is_value)
		return twc_err_set(r->err, TWC_EUSAGE, "option %.*s takes no value", SHOWN_MAX, r->argv[r->i - 1]);
	if (arg[0] != '-' || arg[1] == '\0') {
		r->argv[p->n_operands++] = arg;
		return 0;
	}
	if (strcmp(arg, "--") == 0)
		return opt_end(r);
	return arg[1] == '-' ? opt_long(r, arg + 2) : opt_cluster(r, arg + 1);
}

/* A fault in a file is reported with its place. */
static void opt_place(const struct opt_run *r)
{
	int i = r->i < r->argc ? r->i : r->argc - 1;
	struct twc_err bare;

	if (!r->err || !r->source || !r->source[i].file)
		return;
	bare = *r->err;
	twc_err_set(r->err, bare.code, "%.100s:%u: %s", r->source[i].file, r->source[i].line, bare.text);
}

static int opt_group(struct opt_run *r)
{
	struct opt_parse *p = r->p;
	int rc = 0;

	p->operands = r->argv;
	p->n_operands = 0;
	p->command_argv = NULL;
	p->more = false;
	for (; r->i < r->argc && !p->more; r->i++) {
		const char *arg = r->argv[r->i];

		if (p->stop_at_operand && (arg[0] != '-' || arg[1] == '\0'))
			break;
		rc = opt_element(r);
		if (rc < 0) {
			opt_place(r);
			return rc;
		}
	}
	p->n_seen = r->i < r->argc ? r->i : r->argc;
	p->rest = r->argv + p->n_seen;
	p->n_rest = r->argc - p->n_seen;
	p->source = r->source ? r->source + p->n_seen : NULL;
	return 0;
}

int opt_parse(struct opt_parse *p, int argc, char **argv, struct twc_err *err)
{
	struct opt_run r = { .p = p, .argc = argc, .argv = argv, .err = err };

	return opt_group(&r);
}

int opt_parse_more(struct opt_parse *p, void *params, struct twc_err *err)
{
	struct opt_run r = { .p = p, .argc = p->n_rest, .argv = p->rest, .source = p->source, .err = err };

	TWC_ASSERT(p->more);
	p->set[0].params = params;
	return opt_group(&r);
}

void opt_parse_fini(struct opt_parse *p)
{
	opt_keep_fini(&p->kept);
}

bool opt_repeats(const struct twc_opt *o)
{
	return o->type == OPT_COUNT || o->type >= OPT_LIST;
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
