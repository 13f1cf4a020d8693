/* SPDX-License-Identifier: MIT */
/*
 * What can be wrong in the tables of options themselves. Only tests call it, over the rows of every command.
 */
#include "opt_priv.h"
#include <ctype.h>

#define FAULT(...) return twc_err_set(err, TWC_EBUG, __VA_ARGS__)

/* Does --NAME take a value? Then --no-NAME is no negation of it, and may be an option of its own. */
static bool has_value(const struct twc_opt *rows, const char *name)
{
	for (; rows->long_name; rows++) {
		if (strcmp(rows->long_name, name) == 0)
			return rows->type != OPT_FLAG;
	}
	return false;
}

static int check_name(const struct twc_opt *o, const struct twc_opt *rows, struct twc_err *err)
{
	const char *n = o->long_name;

	if (strlen(n) < 2 || strlen(n) > NAME_LEN_MAX || strspn(n, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(n) ||
	    n[0] == '-')
		FAULT("--%s: a name is 2 to %d of a-z, 0-9, dots and dashes", n, NAME_LEN_MAX);
	if (strncmp(n, "no-", 3) == 0 && !has_value(rows, n + 3))
		FAULT("--%s: name what is, and set OPT_NEGATABLE", n);
	if (o->short_name && !isalnum((unsigned char)o->short_name) && !strchr("#:", o->short_name))
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
	bool bare = o->type == OPT_FLAG || o->type == OPT_COUNT || o->type == OPT_SET || o->type == OPT_NEXT;
	bool text = o->type == OPT_STRING || o->type >= OPT_LIST;
	bool single = !bare && o->type < OPT_LIST;

	if (o->type < OPT_FLAG || o->type > OPT_CONFIG)
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
	if (((o->flags & OPT_OPTIONAL) != 0) != (o->implied != NULL) || (o->implied && !single))
		FAULT("--%s: OPT_OPTIONAL and implied go together, on a single value", n);
	if ((o->flags & OPT_SECRET) && o->type != OPT_STRING && o->type != OPT_LIST)
		FAULT("--%s: only a text can be a secret", n);
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

	if (!o->def || o->type == OPT_STRING || o->type >= OPT_LIST)
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
		if (check_name(o, rows, err) < 0 || check_texts(o, err) < 0 || check_value(o, err) < 0 ||
		    check_default(o, err) < 0 || check_unique(o, rows, false, err) < 0 ||
		    check_unique(o, common, o->flags & OPT_OWN_LETTER, err) < 0)
			return TWC_EBUG;
	}
	return 0;
}
