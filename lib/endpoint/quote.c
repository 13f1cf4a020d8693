/* SPDX-License-Identifier: MIT */
/*
 * Endpoint strings on their way out: quoting a value, pointing at a fault, hiding secrets. Pure.
 */
#include "endpoint/endpoint_int.h"
#include <stdio.h>
#include <string.h>
#include "base/banned.h"

char *twc_endpoint_quote(struct twc_str value)
{
	char *out = twc_malloc(2 * value.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] && strchr(":=\\[]", value.p[i]))
			out[n++] = '\\';
		out[n++] = value.p[i];
	}
	out[n] = '\0';
	return out;
}

/* ---- secrets ---- */

#define KEY_MAX 64 /* no key is longer, escapes included */

struct mask {
	const struct twc__endpoint_type *const *types;
	char *out; /* owned */
	size_t n, cap;
	int column;	/* wanted, in the source */
	int new_column; /* found, in the copy; 0: not yet */
};

static void mask_put(struct mask *m, const char *p, size_t n)
{
	if (m->n + n >= m->cap) {
		m->cap = 2 * (m->n + n) + 32;
		m->out = twc_realloc(m->out, m->cap);
	}
	memcpy(m->out + m->n, p, n);
	m->n += n;
}

/* What is put next stands for the source up to, not including, `end`. */
static void mask_at(struct mask *m, size_t end)
{
	if (!m->new_column && m->column > 0 && (size_t)m->column <= end)
		m->new_column = (int)m->n + 1;
}

static bool is_secret_of(const struct twc__endpoint_type *const *types, const char *key)
{
	for (size_t i = 0; types[i]; i++) {
		const struct twc_endpoint_arg *row = twc__arg_row(&types[i]->pub, key, TWC_CONNECT | TWC_LISTEN);

		if (row && row->kind == TWC_ARG_SECRET)
			return true;
	}
	return false;
}

/* Of any type, proxies' included: a misspelt type must not lay a password open. */
static bool is_secret(const struct mask *m, const char *key)
{
	return is_secret_of(m->types, key) || is_secret_of(twc__via_types(), key);
}

/* Length of the `key=` of a secret that starts at s, or 0. */
static size_t secret_key(const struct mask *m, const char *s)
{
	char key[KEY_MAX];
	size_t i, n = 0;

	for (i = 0; s[i] && !strchr("=:[]", s[i]); i++) {
		if (s[i] == '\\' && s[i + 1])
			i++;
		if (n == sizeof(key) - 1)
			return 0;
		key[n++] = s[i];
	}
	key[n] = '\0';
	return s[i] == '=' && is_secret(m, key) ? i + 1 : 0;
}

/* Length of the value at s, as far as its field goes; one that never ends runs to the end. */
static size_t secret_value(const char *s)
{
	size_t i, depth = 0;

	for (i = 0; s[i]; i++) {
		if (s[i] == '\\' && s[i + 1])
			i++;
		else if (s[i] == '[')
			depth++;
		else if (depth == 0 && (s[i] == ':' || s[i] == ']'))
			break;
		else if (s[i] == ']')
			depth--;
	}
	return i;
}

/* Of a URL with a password, "://USER:PASSWORD@": where that begins and ends, counted from the colon at s. */
static bool url_secret(const char *s, size_t *start, size_t *end)
{
	size_t n, at;
	const char *colon;

	if (strncmp(s, "://", 3) != 0)
		return false;
	n = 3 + strcspn(s + 3, "/?#[] ");
	for (at = n; at > 3 && s[at - 1] != '@'; at--)
		;
	colon = at > 3 ? memchr(s + 3, ':', at - 4) : NULL;
	if (!colon)
		return false;
	*start = (size_t)(colon - s) + 1;
	*end = at - 1;
	return true;
}

static void mask_copy(struct mask *m, const char *s, size_t *i, size_t n)
{
	for (size_t end = *i + n; *i < end; ++*i) {
		mask_at(m, *i + 1);
		mask_put(m, s + *i, 1);
	}
}

static void mask_skip(struct mask *m, size_t *i, size_t n)
{
	*i += n;
	mask_at(m, *i);
	mask_put(m, "***", 3);
}

/* A field, and with it a secret, can start at the front, behind any colon, escaped or not, and in any bracket. */
char *twc__mask(const char *s, const struct twc__endpoint_type *const *types, int *column)
{
	struct mask m = { .types = types, .column = column ? *column : 0 };
	bool is_start = true;
	size_t i = 0, n, end;

	while (s[i]) {
		n = is_start ? secret_key(&m, s + i) : 0;
		if (n) {
			mask_copy(&m, s, &i, n);
			mask_skip(&m, &i, secret_value(s + i));
			is_start = false;
		} else if (url_secret(s + i, &n, &end)) {
			mask_copy(&m, s, &i, n);
			mask_skip(&m, &i, end - n);
			is_start = false;
		} else {
			is_start = s[i] == ':' || s[i] == '[';
			mask_copy(&m, s, &i, 1);
		}
	}
	mask_at(&m, i + 1);
	mask_put(&m, "", 1);
	if (column && m.column > 0)
		*column = m.new_column ? m.new_column : (int)m.n;
	return m.out;
}

char *twc_endpoint_mask(const char *s)
{
	return twc__mask(s, twc__types(), NULL);
}

/* ---- the caret ---- */

/* Columns a string takes on a terminal: continuation bytes of UTF-8 take none. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

/* Fit for a terminal, but with backslashes as they were typed. */
static void show_typed(char *out, size_t cap, const char *s, size_t n)
{
	size_t len = 0, i = 0, run;

	while (i < n) {
		if (s[i] == '\\') {
			out[len++] = s[i++];
			continue;
		}
		for (run = 0; i + run < n && s[i + run] != '\\'; run++)
			;
		len += twc_escape(out + len, cap - len, (struct twc_str){ s + i, run });
		i += run;
	}
	out[len] = '\0';
}

char *twc_endpoint_caret(const char *s, const struct twc_err *err)
{
	int column = err->column > 0 ? err->column : 1;
	char *masked = twc__mask(s, twc__types(), &column);
	size_t len = strlen(masked), cap = 4 * len + 8;
	size_t before = (size_t)column - 1 < len ? (size_t)column - 1 : len;
	char *shown = twc_malloc(cap), *head = twc_malloc(cap), *out;

	show_typed(shown, cap, masked, len);
	show_typed(head, cap, masked, before);
	out = twc_asprintf("    %s\n    %*s^", shown, (int)width(head), "");
	twc_free(masked);
	twc_free(shown);
	twc_free(head);
	return out;
}
