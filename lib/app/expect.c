/* SPDX-License-Identifier: MIT */
/*
 * A regular expression on a stream. What came is kept in a window: when it is full its older half goes, so every match
 * up to that length is seen whole. Bytes are looked at with REG_STARTEND, so NUL is one like any other; `^` and `$`
 * keep their meaning at a cut and at an end that is not yet one.
 *
 * What comes is the peer's, so a look must be cheap whatever it is. The C library tries a pattern at one place after
 * another, which takes seconds for (x+x+)+y; held to the start (\`) behind a prefix that takes any bytes, the same
 * automaton passes over the window once. References back leave the automaton, and are refused. It keeps every state that
 * it has met: it is made anew now and then.
 */
#include <twc/check.h>

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

#define WINDOW_MAX 16384
#define WINDOW_HALF (WINDOW_MAX / 2)
#define SHOWN_MAX 64 /* of what came instead, in the error */
#define SIZE_MAX_ATOMS 500
#define DEPTH_MAX 100 /* groups in groups */
#define BUDGET 1000000 /* new bytes times atoms before the automaton is made anew: some 60 bytes are kept for each */
#define PREFIX "\\`([^x]|x|\n)*("

struct automaton {
	regex_t regex;
	size_t fed; /* new bytes since it was made */
};

struct twc_expect {
	char *text; /* owned */
	char *held; /* owned: behind the prefix */
	size_t size;
	struct automaton *automaton; /* owned */
};

struct twc_watcher {
	const struct twc_expect *x; /* borrowed */
	bool is_met;
	bool is_mid_line; /* the byte before the window was no line break */
	bool has_ended;	  /* the next bytes are a text of their own */
	size_t n;
	size_t n_shown;
	char shown[SHOWN_MAX]; /* how it began */
	char window[WINDOW_MAX + 1]; /* and a NUL: checkers of memory take it for a string */
};

/* ---- the pattern ---- */

/* Behind the bracket that *p is at; where it has no end, regcomp says so. */
static const char *skip_bracket(const char *p)
{
	p++;
	p += *p == '^';
	p += *p == ']';
	while (*p && *p != ']') {
		if (*p == '[' && p[1] && strchr(":=.", p[1])) {
			char kind = p[1];

			for (p += 2; *p && !(*p == kind && p[1] == ']'); p++)
				;
			p += *p != '\0';
		}
		p += *p != '\0';
	}
	return p + (*p == ']');
}

/* {3}, {3,}, {3,9}: how often at most is an atom written out? 0: it is no repetition. */
static size_t read_repetition(const char **p)
{
	char *end;
	unsigned long low = strtoul(*p + 1, &end, 10), high = low;

	if (*end == ',' && end[1] == '}')
		end++;
	else if (*end == ',')
		high = strtoul(end + 1, &end, 10);
	if (*end != '}')
		return 0;
	*p = end + 1;
	return high > SIZE_MAX_ATOMS ? SIZE_MAX_ATOMS + 1 : high > 0 ? high : 1;
}

/* Atoms with all repetitions written out, up to the end of the group that *p is in, so many groups deep; an empty group
 * is one, too. SIZE_MAX_ATOMS + 1: too many. */
static size_t measure(const char **p, unsigned depth, bool *has_reference)
{
	size_t all = 0, last = 0, times;

	if (depth > DEPTH_MAX)
		return SIZE_MAX_ATOMS + 1;
	while (**p && **p != ')' && all <= SIZE_MAX_ATOMS) {
		times = **p == '{' && last ? read_repetition(p) : 0;
		if (times) {
			all += last * (times - 1);
			last *= times;
			continue;
		}
		last = 1;
		if (**p == '(') {
			(*p)++;
			last = measure(p, depth + 1, has_reference);
			last += !last;
			*p += **p == ')';
		} else if (**p == '[') {
			*p = skip_bracket(*p);
		} else {
			*has_reference |= **p == '\\' && (*p)[1] >= '1' && (*p)[1] <= '9';
			*p += **p == '\\' && (*p)[1] ? 2 : 1;
		}
		all += last;
	}
	return all <= SIZE_MAX_ATOMS ? all : SIZE_MAX_ATOMS + 1;
}

static int expect_check(struct twc_expect *x, const char *regex, struct twc_err *err)
{
	bool has_reference = false;
	char why[128];
	int rc;

	x->size = 1;
	for (const char *p = regex; *p && x->size <= SIZE_MAX_ATOMS; p += *p == ')')
		x->size += measure(&p, 0, &has_reference);
	if (x->size > SIZE_MAX_ATOMS)
		return twc_err_set(err, TWC_EUSAGE, "regular expression too large: %.60s: at most %d characters, "
						    "repetitions written out, and %d groups in one another", regex,
				   SIZE_MAX_ATOMS, DEPTH_MAX);
	if (has_reference)
		return twc_err_set(err, TWC_EUSAGE, "not an extended regular expression: %.60s: it refers back to a group",
				   regex);
	rc = regcomp(&x->automaton->regex, regex, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
	if (!rc) {
		regfree(&x->automaton->regex);
		rc = regcomp(&x->automaton->regex, x->held, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
	}
	if (!rc)
		return 0;
	regerror(rc, &x->automaton->regex, why, sizeof(why));
	return twc_err_set(err, TWC_EUSAGE, "not a regular expression: %.60s: %s", regex, why);
}

struct twc_expect *twc_expect_new(const char *regex, struct twc_err *err)
{
	struct twc_expect *x = twc_calloc(1, sizeof(*x));
	size_t n = strlen(PREFIX) + strlen(regex) + 2;

	x->text = twc_strdup(regex);
	x->held = twc_malloc(n);
	snprintf(x->held, n, PREFIX "%s)", regex);
	x->automaton = twc_calloc(1, sizeof(*x->automaton));
	if (expect_check(x, regex, err) == 0)
		return x;
	twc_free(x->automaton); /* nothing is compiled */
	x->automaton = NULL;
	twc_expect_free(x);
	return NULL;
}

void twc_expect_free(struct twc_expect *x)
{
	if (!x)
		return;
	if (x->automaton)
		regfree(&x->automaton->regex);
	twc_free(x->automaton);
	twc_free(x->held);
	twc_free(x->text);
	twc_free(x);
}

const char *twc_expect_text(const struct twc_expect *x)
{
	return x->text;
}

struct twc_watcher *twc_watcher_new(const struct twc_expect *x)
{
	struct twc_watcher *w = twc_calloc(1, sizeof(*w));

	w->x = x;
	return w;
}

void twc_watcher_free(struct twc_watcher *w)
{
	twc_free(w);
}

/* Makes room by giving up the older half. */
static void watcher_cut(struct twc_watcher *w)
{
	w->is_mid_line = w->window[w->n - WINDOW_HALF - 1] != '\n';
	memmove(w->window, w->window + w->n - WINDOW_HALF, WINDOW_HALF);
	w->n = WINDOW_HALF;
}

/* Without the states it has gathered; later, when there is no memory for it now. */
static void automaton_renew(const struct twc_expect *x)
{
	regex_t fresh;

	x->automaton->fed = 0;
	if (regcomp(&fresh, x->held, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) != 0)
		return;
	regfree(&x->automaton->regex);
	x->automaton->regex = fresh;
}

static void watcher_look(struct twc_watcher *w, size_t n_new, bool is_end)
{
	struct automaton *a = w->x->automaton;
	regmatch_t all = { .rm_so = 0, .rm_eo = (regoff_t)w->n };
	int flags = REG_STARTEND | (w->is_mid_line ? REG_NOTBOL : 0) | (is_end ? 0 : REG_NOTEOL);

	a->fed += n_new;
	if (a->fed * w->x->size > BUDGET)
		automaton_renew(w->x);
	w->window[w->n] = '\0';
	w->is_met = regexec(&a->regex, w->window, 1, &all, flags) == 0;
}

static void watcher_show(struct twc_watcher *w, const char *p, size_t n)
{
	size_t left = SHOWN_MAX - w->n_shown, part = n < left ? n : left;

	memcpy(w->shown + w->n_shown, p, part);
	w->n_shown += part;
}

bool twc_watcher_feed(struct twc_watcher *w, const void *data, size_t n, bool is_end)
{
	const char *p = data;

	if (w->has_ended) {
		w->n = 0;
		w->is_mid_line = false;
	}
	w->has_ended = is_end;
	if (n > 0)
		watcher_show(w, p, n);
	while (!w->is_met) {
		size_t part = n < WINDOW_HALF ? n : WINDOW_HALF;

		if (part > WINDOW_MAX - w->n)
			watcher_cut(w);
		if (part > 0)
			memcpy(w->window + w->n, p, part);
		w->n += part;
		p += part;
		n -= part;
		if (part > 0 || is_end)
			watcher_look(w, part, is_end && n == 0);
		if (n == 0)
			break;
	}
	return w->is_met;
}

bool twc_watcher_is_met(const struct twc_watcher *w)
{
	return w->is_met;
}

int twc_watcher_fail(const struct twc_watcher *w, struct twc_err *err)
{
	char want[64], got[80];

	twc_escape(want, sizeof(want), twc_str_of(w->x->text));
	if (w->n_shown == 0)
		return twc_err_set(err, TWC_ENO, "expected \"%s\", but nothing came", want);
	twc_escape(got, sizeof(got), (struct twc_str){ w->shown, w->n_shown });
	return twc_err_set(err, TWC_ENO, "expected \"%s\", but what came was \"%s\"", want, got);
}
