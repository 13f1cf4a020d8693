/* SPDX-License-Identifier: MIT */
/*
 * Numbers, durations, sizes and words as users write them. Each parser reads the whole string or fails with one line
 * that quotes it; each formatter writes what the parser reads back.
 */
#include <twc/parse.h>

#include <stdio.h>

#include "base/banned.h"

#define SHOWN_MAX 64 /* bytes of the user's string quoted in an error */
#define SIZE_LIMIT ((uint64_t)INT64_MAX) /* sizes meet off_t and ssize_t sooner or later */

struct unit {
	const char *name;
	uint64_t scale;
};

/* Largest first, as the formatters want them; the last is the smallest. NULL name ends a table. */
static const struct unit time_units[] = {
	{ "h", 3600 * TWC_NS_PER_S }, { "m", 60 * TWC_NS_PER_S }, { "s", TWC_NS_PER_S },
	{ "ms", TWC_NS_PER_MS },      { "us", TWC_NS_PER_US },	  { NULL, 0 },
};
static const struct unit size_units[] = {
	{ "T", UINT64_C(1) << 40 }, { "G", UINT64_C(1) << 30 }, { "M", UINT64_C(1) << 20 },
	{ "k", UINT64_C(1) << 10 }, { "", 1 },			{ NULL, 0 },
};

static const char *show(char shown[SHOWN_MAX], struct twc_str s)
{
	twc_escape(shown, SHOWN_MAX, s);
	return shown;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Cuts the decimal digits off the front of *s. False when the number does not fit 64 bits (then it is UINT64_MAX). */
static bool cut_digits(struct twc_str *s, uint64_t *out)
{
	bool fits = true;

	for (*out = 0; s->n && is_digit(s->p[0]); s->p++, s->n--)
		if (fits && (__builtin_mul_overflow(*out, 10, out) ||
			     __builtin_add_overflow(*out, (uint64_t)(s->p[0] - '0'), out)))
			fits = false;
	if (!fits)
		*out = UINT64_MAX;
	return fits;
}

/* `noun` with a blank at its end ("port "), or "". */
static int parse_number(const char *noun, struct twc_str s, uint64_t min, uint64_t max, uint64_t *out,
			struct twc_err *err)
{
	char shown[SHOWN_MAX];
	struct twc_str rest = s;
	uint64_t v;
	bool fits = cut_digits(&rest, &v);

	if (s.n == 0 || rest.n > 0)
		return twc_err_set(err, TWC_EUSAGE, "%s\"%s\" is not a whole number (%llu-%llu)", noun, show(shown, s),
				   (unsigned long long)min, (unsigned long long)max);
	if (!fits || v < min || v > max)
		return twc_err_set(err, TWC_EUSAGE, "%s%s is out of range (%llu-%llu)", noun, show(shown, s),
				   (unsigned long long)min, (unsigned long long)max);
	*out = v;
	return 0;
}

int twc_parse_uint(struct twc_str s, uint64_t min, uint64_t max, uint64_t *out, struct twc_err *err)
{
	return parse_number("", s, min, max, out, err);
}

int twc_parse_port(struct twc_str s, uint16_t *out, struct twc_err *err)
{
	uint64_t v;
	int rc = parse_number("port ", s, 0, UINT16_MAX, &v, err);

	if (rc == 0)
		*out = (uint16_t)v;
	return rc;
}

/* Adds 0.DIGITS of `scale` to *v; scale is at most 2^45, so nothing here overflows. */
static void add_fraction(uint64_t *v, struct twc_str digits, uint64_t scale)
{
	uint64_t part = 0;

	for (size_t i = digits.n; i-- > 0;)
		part = (part + (uint64_t)(digits.p[i] - '0') * scale) / 10;
	*v = *v > UINT64_MAX - part ? UINT64_MAX : *v + part;
}

/* Cuts "12" or "1.5" off the front of *s. `fraction` becomes the digits behind the point. False when there is no number. */
static bool cut_decimal(struct twc_str *s, uint64_t *whole, struct twc_str *fraction)
{
	const char *start = s->p;

	*fraction = (struct twc_str){ NULL, 0 };
	cut_digits(s, whole);
	if (s->p == start)
		return false;
	if (s->n == 0 || s->p[0] != '.')
		return true;
	fraction->p = ++s->p;
	for (s->n--; s->n && is_digit(s->p[0]); s->p++, s->n--)
		fraction->n++;
	return fraction->n > 0;
}

/* Saturates at UINT64_MAX. */
static uint64_t scaled(uint64_t whole, struct twc_str fraction, uint64_t scale)
{
	uint64_t v;

	if (__builtin_mul_overflow(whole, scale, &v))
		return UINT64_MAX;
	add_fraction(&v, fraction, scale);
	return v;
}

static const struct unit *find_unit(const struct unit *units, struct twc_str name, bool any_case)
{
	for (; units->name; units++)
		if (twc_str_is(name, units->name) ||
		    (any_case && twc_str_eq_nocase(name, twc_str_of(units->name))))
			return units;
	return NULL;
}

int twc_parse_duration(struct twc_str s, uint64_t *ns, struct twc_err *err)
{
	char shown[SHOWN_MAX], shown_unit[SHOWN_MAX];
	struct twc_str rest = s, fraction;
	uint64_t whole;

	if (!cut_decimal(&rest, &whole, &fraction))
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" is not a duration (such as 250ms, 1.5s, 2m or 1h)",
				   show(shown, s));

	const struct unit *unit = find_unit(time_units, rest.n ? rest : TWC_STR("s"), false);

	if (!unit)
		return twc_err_set(err, TWC_EUSAGE, "duration \"%s\" has an unknown unit \"%s\" (us, ms, s, m or h)",
				   show(shown, s), show(shown_unit, rest));

	uint64_t v = scaled(whole, fraction, unit->scale);

	if (v > TWC_DURATION_MAX_S * TWC_NS_PER_S)
		return twc_err_set(err, TWC_EUSAGE, "duration %s is out of range (at most %dh)", show(shown, s),
				   TWC_DURATION_MAX_S / 3600);
	*ns = v;
	return 0;
}

int twc_parse_size(struct twc_str s, uint64_t *bytes, struct twc_err *err)
{
	char shown[SHOWN_MAX], shown_unit[SHOWN_MAX];
	struct twc_str rest = s, fraction;
	uint64_t whole;

	if (!cut_decimal(&rest, &whole, &fraction))
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" is not a size (such as 512, 64k, 1.5M or 2G)",
				   show(shown, s));

	struct twc_str name = rest;

	if (name.n && name.p[name.n - 1] == 'B')
		name.n--;

	const struct unit *unit = find_unit(size_units, name, true);

	if (!unit)
		return twc_err_set(err, TWC_EUSAGE, "size \"%s\" has an unknown unit \"%s\" (k, M, G or T)",
				   show(shown, s), show(shown_unit, rest));
	if (unit->scale == 1 && fraction.n)
		return twc_err_set(err, TWC_EUSAGE, "size \"%s\" has a fraction of a byte", show(shown, s));

	uint64_t v = scaled(whole, fraction, unit->scale);

	if (v > SIZE_LIMIT)
		return twc_err_set(err, TWC_EUSAGE, "size %s is out of range (at most %lluT)", show(shown, s),
				   (unsigned long long)(SIZE_LIMIT >> 40));
	*bytes = v;
	return 0;
}

int twc_parse_bool(struct twc_str s, bool *out, struct twc_err *err)
{
	static const char *const words[] = { "no", "yes", "off", "on", "false", "true", "0", "1" };
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < TWC_ARRAY_LEN(words); i++) {
		if (twc_str_is(s, words[i])) {
			*out = i % 2;
			return 0;
		}
	}
	return twc_err_set(err, TWC_EUSAGE, "\"%s\" is neither yes nor no", show(shown, s));
}

int twc_parse_mode(struct twc_str s, unsigned *out, struct twc_err *err)
{
	char shown[SHOWN_MAX];
	struct twc_str rest = s;
	unsigned v = 0;

	if (twc_str_starts(rest, "0o")) {
		rest.p += 2;
		rest.n -= 2;
	}
	if (rest.n == 0)
		return twc_err_set(err, TWC_EUSAGE, "mode \"%s\" is not octal (such as 600)", show(shown, s));
	for (size_t i = 0; i < rest.n; i++) {
		if (rest.p[i] < '0' || rest.p[i] > '7')
			return twc_err_set(err, TWC_EUSAGE, "mode \"%s\" is not octal (such as 600)", show(shown, s));
		if (v <= 07777)
			v = v * 8 + (unsigned)(rest.p[i] - '0');
	}
	if (v > 07777)
		return twc_err_set(err, TWC_EUSAGE, "mode %s is out of range (0-7777)", show(shown, s));
	*out = v;
	return 0;
}

int twc_parse_word(struct twc_str s, const char *const *words, int *out, struct twc_err *err)
{
	char shown[SHOWN_MAX], list[TWC_ERR_TEXT_MAX] = "";
	size_t n = 0;

	for (int i = 0; words[i]; i++) {
		if (twc_str_is(s, words[i])) {
			*out = i;
			return 0;
		}
		int len = snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", words[i]);

		n = (size_t)len < sizeof(list) - n ? n + (size_t)len : sizeof(list) - 1;
	}

	const char *near = twc_nearest(s, words);

	/* The guess comes first: a long list is cut. */
	if (near)
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" is unknown, did you mean %s? (one of %s)", show(shown, s),
				   near, list);
	return twc_err_set(err, TWC_EUSAGE, "\"%s\" is unknown (one of %s)", show(shown, s), list);
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int bad_escape(struct twc_err *err, size_t at, struct twc_str what, const char *reason)
{
	char shown[SHOWN_MAX];

	/* Not twc_escape alone: the backslash is the user's own. */
	twc_escape(shown, sizeof(shown), (struct twc_str){ what.p + 1, what.n - 1 });
	return twc_err_at(err, TWC_EUSAGE, at + 1, "\\%s at byte %zu: %s", shown, at + 1, reason);
}

/* Reads the character or escape at s[*i] into *out and moves *i behind it. */
static int read_escape(const char *s, size_t len, size_t *i, char *out, struct twc_err *err)
{
	static const char names[] = { 'r', 'n', 't', '\\', '"', 'e' };
	static const char bytes[] = { '\r', '\n', '\t', '\\', '"', '\033' };
	size_t at = *i;
	struct twc_str rest = { s + at, len - at };

	if (rest.p[0] != '\\') {
		*out = s[(*i)++];
		return 0;
	}
	if (rest.n < 2)
		return bad_escape(err, at, rest, "nothing follows the backslash");
	*i += 2;
	for (size_t k = 0; k < sizeof(names); k++) {
		if (rest.p[1] == names[k]) {
			*out = bytes[k];
			return 0;
		}
	}
	if (rest.p[1] == '0') {
		if (rest.n > 2 && is_digit(rest.p[2])) /* C would read octal */
			return bad_escape(err, at, (struct twc_str){ rest.p, 3 }, "write \\x00 before a digit");
		*out = '\0';
		return 0;
	}
	if (rest.p[1] != 'x')
		return bad_escape(err, at, (struct twc_str){ rest.p, 2 }, "unknown escape");
	if (rest.n < 4 || hex_digit(rest.p[2]) < 0 || hex_digit(rest.p[3]) < 0)
		return bad_escape(err, at, (struct twc_str){ rest.p, rest.n < 4 ? rest.n : 4 },
				  "two hexadecimal digits must follow \\x");
	*out = (char)(hex_digit(rest.p[2]) * 16 + hex_digit(rest.p[3]));
	*i += 2;
	return 0;
}

int twc_parse_escapes(char *s, size_t *len, struct twc_err *err)
{
	size_t n = 0;
	char c;

	/* Once to look and once to write, so that a faulty string can still be shown. */
	for (size_t i = 0; i < *len;) {
		int rc = read_escape(s, *len, &i, &c, err);

		if (rc)
			return rc;
	}
	for (size_t i = 0; i < *len;) {
		(void)read_escape(s, *len, &i, &c, NULL);
		s[n++] = c;
	}
	*len = n;
	return 0;
}

#define EXACT_MAX 7 /* longest exact spelling; beyond it a rounded one reads better */

/* One spelling of `value` in `unit` with up to three decimals; *exact tells whether nothing was rounded away. */
static int spell(char *buf, size_t cap, uint64_t value, const struct unit *unit, bool *exact)
{
	uint64_t whole = value / unit->scale, rest = value % unit->scale;
	unsigned milli = (unsigned)((rest * 1000 + unit->scale / 2) / unit->scale);
	int digits = 3;

	*exact = rest * 1000 % unit->scale == 0;
	if (milli == 1000) {
		milli = 0;
		whole++;
	}
	while (digits > 0 && milli % 10 == 0) {
		milli /= 10;
		digits--;
	}
	if (digits == 0)
		return snprintf(buf, cap, "%llu%s", (unsigned long long)whole, unit->name);
	return snprintf(buf, cap, "%llu.%0*u%s", (unsigned long long)whole, digits, milli, unit->name);
}

/* The shortest exact spelling, or else the rounded one in the largest unit that fits. */
static const char *format_in_units(char *buf, size_t cap, uint64_t value, const struct unit *units)
{
	char text[32], best[32] = "";
	bool have_exact = false;

	for (; units->name; units++) {
		bool exact, is_last = units[1].name == NULL;

		if (value < units->scale && !is_last)
			continue;

		int len = spell(text, sizeof(text), value, units, &exact);

		exact = exact && len <= EXACT_MAX;
		if (!best[0] || (exact && (!have_exact || len < (int)strlen(best)))) {
			memcpy(best, text, sizeof(best));
			have_exact = exact;
		}
	}
	snprintf(buf, cap, "%s", best);
	return buf;
}

const char *twc_format_duration(char *buf, size_t cap, uint64_t ns)
{
	if (ns == 0)
		snprintf(buf, cap, "0s");
	else
		format_in_units(buf, cap, ns, time_units);
	return buf;
}

const char *twc_format_size(char *buf, size_t cap, uint64_t bytes)
{
	return format_in_units(buf, cap, bytes, size_units);
}
