/* SPDX-License-Identifier: MIT */
/*
 * Views of bytes somebody else owns: comparing, cutting, making a peer's bytes fit to be shown, and guessing the word
 * that was meant. ASCII rules throughout: the locale never changes what the program does.
 */
#include <twc/base.h>

#include "base/banned.h"

struct twc_str twc_str_of(const char *cstr)
{
	return (struct twc_str){ cstr, cstr ? strlen(cstr) : 0 };
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool twc_str_eq(struct twc_str a, struct twc_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool twc_str_eq_nocase(struct twc_str a, struct twc_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool twc_str_is(struct twc_str a, const char *cstr)
{
	return twc_str_eq(a, twc_str_of(cstr));
}

bool twc_str_starts(struct twc_str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct twc_str twc_str_trim(struct twc_str s)
{
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool twc_str_cut(struct twc_str *rest, char sep, struct twc_str *part)
{
	if (!rest->p)
		return false;

	const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;

	*part = *rest;
	if (!at) {
		*rest = (struct twc_str){ NULL, 0 };
		return true;
	}
	part->n = (size_t)(at - rest->p);
	rest->p = at + 1;
	rest->n -= part->n + 1;
	return true;
}

char *twc_str_dup(struct twc_str s)
{
	char *copy = twc_malloc(s.n + 1);

	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

/* U+2028 to U+202E and U+2066 to U+2069: further line ends, and what turns the direction of the text after it. */
static bool is_deceptive(const unsigned char *p)
{
	return p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
				(p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

size_t twc_utf8_len(struct twc_str s)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high, len;
	} form[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; s.n > 0 && i < TWC_ARRAY_LEN(form); i++) {
		if (p[0] < form[i].first_low || p[0] > form[i].first_high)
			continue;
		if (form[i].len > s.n ||
		    (form[i].len > 1 && (p[1] < form[i].second_low || p[1] > form[i].second_high)))
			return 0;
		for (size_t k = 2; k < form[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return form[i].len;
	}
	return 0;
}

bool twc_is_utf8(struct twc_str s)
{
	size_t n;

	for (; s.n > 0; s.p += n, s.n -= n) {
		n = twc_utf8_len(s);
		if (n == 0)
			return false;
	}
	return true;
}

/* The same of a code point above U+009F that does not deceive the eye; else 0. */
static size_t shown_len(struct twc_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = twc_utf8_len(s);

	if (n < 2 || (p[0] == 0xc2 && p[1] < 0xa0) || (n == 3 && is_deceptive(p)))
		return 0;
	return n;
}

size_t twc_control_len(struct twc_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n > 0 && (*p < 0x20 || *p == 0x7f))
		return 1;
	return s.n > 1 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f ? 2 : 0;
}

/* Writes what stands for the first character of `s` (not empty) to unit, with its length to *len; returns how many
 * bytes of `s` that was. */
static size_t escape_one(struct twc_str s, char unit[4], size_t *len)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c >= 0x20 && c < 0x7f && c != '\\' ? 1 : shown_len(s);

	if (n > 0) {
		memcpy(unit, s.p, n);
		*len = n;
		return n;
	}
	unit[0] = '\\';
	*len = 2;
	switch (c) {
	case '\n': unit[1] = 'n'; return 1;
	case '\r': unit[1] = 'r'; return 1;
	case '\t': unit[1] = 't'; return 1;
	case '\\': unit[1] = '\\'; return 1;
	}
	unit[1] = 'x';
	unit[2] = hex[c >> 4];
	unit[3] = hex[c & 15];
	*len = 4;
	return 1;
}

size_t twc_escape(char *out, size_t cap, struct twc_str s)
{
	size_t n = 0, cut = 0; /* cut: the last border between characters that leaves room for the dots */

	if (cap == 0)
		return 0;
	while (s.n > 0) {
		char unit[4];
		size_t len, used = escape_one(s, unit, &len);

		if (len >= cap - n) {
			n = cut;
			for (int dots = 0; dots < 3 && n + 1 < cap; dots++)
				out[n++] = '.';
			break;
		}
		memcpy(out + n, unit, len);
		n += len;
		if (n + 4 <= cap)
			cut = n;
		s.p += used;
		s.n -= used;
	}
	out[n] = '\0';
	return n;
}

#define NEAREST_MAX 63 /* longer than any word of ours */

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance with swapped neighbours as one slip (optimal string alignment), case ignored. Both at most
 * NEAREST_MAX long. */
static size_t distance(struct twc_str a, struct twc_str b)
{
	size_t rows[3][NEAREST_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b.n; j++)
		above[j] = before[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = lower(a.p[i - 1]) == lower(b.p[j - 1]);

			row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && lower(a.p[i - 1]) == lower(b.p[j - 2]) &&
			    lower(a.p[i - 2]) == lower(b.p[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1, row[j]);
		}

		size_t *spare = before;

		before = above;
		above = row;
		row = spare;
	}
	return above[b.n];
}

const char *twc_nearest(struct twc_str s, const char *const *words)
{
	const char *best = NULL;
	size_t limit = s.n / 3;

	limit = limit < 1 ? 1 : limit > 3 ? 3 : limit;
	if (s.n == 0 || s.n > NEAREST_MAX)
		return NULL;
	for (; *words; words++) {
		struct twc_str word = twc_str_of(*words);

		if (word.n == 0 || word.n > NEAREST_MAX)
			continue;

		size_t d = distance(s, word);

		/* A word that shares no letter is no slip, however short both are. */
		if (d > limit || d >= (s.n > word.n ? s.n : word.n))
			continue;
		if (!best || d < limit)
			best = *words;
		limit = d;
	}
	return best;
}
