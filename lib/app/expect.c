/* SPDX-License-Identifier: MIT */
/*
 * A regular expression on a stream. What came is kept in a window: when it is full its older half goes, so every match
 * up to that length is seen whole. Bytes are looked at with REG_STARTEND, so NUL is one like any other; `^` and `$`
 * keep their meaning at a cut and at an end that is not yet one.
 */
#include <twc/app.h>

#include <regex.h>

#include "base/banned.h"

#define WINDOW_MAX 16384
#define WINDOW_HALF (WINDOW_MAX / 2)
#define SHOWN_MAX 64 /* of what came instead, in the error */

struct twc_expect {
	char *text; /* owned */
	regex_t regex;
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

struct twc_expect *twc_expect_new(const char *regex, struct twc_err *err)
{
	struct twc_expect *x = twc_calloc(1, sizeof(*x));
	char why[128];
	int rc = regcomp(&x->regex, regex, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);

	if (rc) {
		regerror(rc, &x->regex, why, sizeof(why));
		twc_err_set(err, TWC_EUSAGE, "not a regular expression: %.60s: %s", regex, why);
		twc_free(x);
		return NULL;
	}
	x->text = twc_strdup(regex);
	return x;
}

void twc_expect_free(struct twc_expect *x)
{
	if (!x)
		return;
	regfree(&x->regex);
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

static void watcher_look(struct twc_watcher *w, bool is_end)
{
	regmatch_t all = { .rm_so = 0, .rm_eo = (regoff_t)w->n };
	int flags = REG_STARTEND | (w->is_mid_line ? REG_NOTBOL : 0) | (is_end ? 0 : REG_NOTEOL);

	w->window[w->n] = '\0';
	w->is_met = regexec(&w->x->regex, w->window, 1, &all, flags) == 0;
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
			watcher_look(w, is_end && n == 0);
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
