/* SPDX-License-Identifier: MIT */
/*
 * Dates of HTTP, cookies, logs and JSON. The strict parsers read through one cursor that remembers its first failure, so each
 * form is one line of what must follow what. The calendar is the Gregorian one, reckoned in eras of 400 years whose year
 * begins with March: so the day that some years lack is the last.
 */
#include "protocol/http/date.h"

#include "protocol/http/octet.h"

#include "base/banned.h"

#define DAY_S 86400
#define FIRST INT64_C(-62135596800) /* 0001-01-01 */
#define LAST INT64_C(253402300799)  /* 9999-12-31T23:59:59 */

struct civil {
	int year;
	int month; /* 1 to 12 */
	int day;
	int hour;
	int minute;
	int second; /* 60 is a leap second, and the first of the next minute */
};

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
/* 1970-01-01 was a Thursday. */
static const char weekdays[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
static const char *const long_weekdays[7] = { "Thursday", "Friday",  "Saturday",  "Sunday",
					      "Monday",	  "Tuesday", "Wednesday" };

/* ---- the calendar ---- */

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_len(int year, int month)
{
	static const uint8_t len[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return len[month - 1] + (month == 2 && is_leap(year));
}

static bool is_valid(const struct civil *c)
{
	return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= month_len(c->year, c->month) && c->hour >= 0 && c->hour <= 23 && c->minute >= 0 &&
	       c->minute <= 59 && c->second >= 0 && c->second <= 60;
}

static int64_t to_seconds(const struct civil *c)
{
	int year = c->month > 2 ? c->year : c->year - 1;
	int era = year / 400, of_era = year % 400;
	int of_year = (153 * (c->month > 2 ? c->month - 3 : c->month + 9) + 2) / 5 + c->day - 1;
	int64_t days = era * INT64_C(146097) + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;

	return days * DAY_S + c->hour * 3600 + c->minute * 60 + c->second;
}

/* Returns the index into weekdays[]. */
static int from_seconds(int64_t t, struct civil *c)
{
	t = t < FIRST ? FIRST : t > LAST ? LAST : t;

	/* Counted from 1 March of the year 0, nothing here is negative. */
	int64_t since = t + INT64_C(719468) * DAY_S;
	int64_t days = since / DAY_S;
	int left = (int)(since % DAY_S);
	int era = (int)(days / 146097), of_era = (int)(days % 146097);
	int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year + year / 4 - year / 100);
	int month = (5 * of_year + 2) / 153;

	c->day = of_year - (153 * month + 2) / 5 + 1;
	c->month = month < 10 ? month + 3 : month - 9;
	c->year = era * 400 + year + (c->month <= 2);
	c->hour = left / 3600;
	c->minute = left / 60 % 60;
	c->second = left % 60;
	return (int)((days - 719468 % 7 + 7) % 7);
}

static bool finish(const struct civil *c, int64_t *t)
{
	if (!is_valid(c))
		return false;
	*t = to_seconds(c);
	return true;
}

/* ---- reading: after the first failure nothing matches any more ---- */

struct scan {
	const char *p;
	const char *end;
	bool has_failed;
};

static bool at_digit(const struct scan *s)
{
	return s->p < s->end && twc__http_is((unsigned char)*s->p, TWC__HTTP_DIGIT);
}

static void scan_char(struct scan *s, char c)
{
	if (s->p < s->end && *s->p == c)
		s->p++;
	else
		s->has_failed = true;
}

static void scan_word(struct scan *s, const char *word)
{
	for (; *word; word++)
		scan_char(s, *word);
}

/* Exactly n digits. */
static int scan_digits(struct scan *s, int n)
{
	int v = 0;

	for (; n > 0; n--) {
		if (!at_digit(s)) {
			s->has_failed = true;
			return 0;
		}
		v = v * 10 + (*s->p++ - '0');
	}
	return v;
}

static int scan_month(struct scan *s)
{
	for (int i = 0; i < 12; i++) {
		if (s->end - s->p >= 3 && memcmp(s->p, months[i], 3) == 0) {
			s->p += 3;
			return i + 1;
		}
	}
	s->has_failed = true;
	return 0;
}

static void scan_clock(struct scan *s, struct civil *c)
{
	c->hour = scan_digits(s, 2);
	scan_char(s, ':');
	c->minute = scan_digits(s, 2);
	scan_char(s, ':');
	c->second = scan_digits(s, 2);
}

static bool scan_is_done(const struct scan *s)
{
	return !s->has_failed && s->p == s->end;
}

/* ---- the three forms of HTTP ---- */

/* " 06 Nov 1994 08:49:37 GMT" */
static void scan_fixdate(struct scan *s, struct civil *c)
{
	scan_char(s, ' ');
	c->day = scan_digits(s, 2);
	scan_char(s, ' ');
	c->month = scan_month(s);
	scan_char(s, ' ');
	c->year = scan_digits(s, 4);
	scan_char(s, ' ');
	scan_clock(s, c);
	scan_word(s, " GMT");
}

/* The next year that ends in `two` digits, or the last one when that is too far ahead. */
static int whole_year(struct civil c, int two, int64_t now)
{
	struct civil today;

	from_seconds(now, &today);
	c.year = today.year / 100 * 100 + two;
	if (c.year < today.year)
		c.year += 100;
	today.year += 50;
	return to_seconds(&c) > to_seconds(&today) ? c.year - 100 : c.year;
}

/* " 06-Nov-94 08:49:37 GMT" */
static void scan_rfc850(struct scan *s, struct civil *c, int64_t now)
{
	int year;

	scan_char(s, ' ');
	c->day = scan_digits(s, 2);
	scan_char(s, '-');
	c->month = scan_month(s);
	scan_char(s, '-');
	year = scan_digits(s, 2);
	scan_char(s, ' ');
	scan_clock(s, c);
	scan_word(s, " GMT");
	if (!s->has_failed)
		c->year = whole_year(*c, year, now);
}

/* " Nov  6 08:49:37 1994" */
static void scan_asctime(struct scan *s, struct civil *c)
{
	scan_char(s, ' ');
	c->month = scan_month(s);
	scan_char(s, ' ');
	if (s->p < s->end && *s->p == ' ') {
		s->p++;
		c->day = scan_digits(s, 1);
	} else {
		c->day = scan_digits(s, 2);
	}
	scan_char(s, ' ');
	scan_clock(s, c);
	scan_char(s, ' ');
	c->year = scan_digits(s, 4);
}

bool twc__http_date_parse(struct twc_str s, int64_t now, int64_t *t)
{
	if (s.n == 0)
		return false;

	const char *comma = memchr(s.p, ',', s.n);
	struct twc_str day = { s.p, comma ? (size_t)(comma - s.p) : s.n < 3 ? s.n : 3 };
	struct scan scan = { s.p + day.n + (comma != NULL), s.p + s.n, false };
	struct civil c = { 0 };
	bool is_short = false, is_long = false;

	for (int i = 0; i < 7; i++) {
		is_short = is_short || twc_str_is(day, weekdays[i]);
		is_long = is_long || twc_str_is(day, long_weekdays[i]);
	}
	if (is_long && comma)
		scan_rfc850(&scan, &c, now);
	else if (is_short && comma)
		scan_fixdate(&scan, &c);
	else if (is_short)
		scan_asctime(&scan, &c);
	else
		return false;
	return scan_is_done(&scan) && finish(&c, t);
}

/* ---- cookies ---- */

static bool is_delimiter(unsigned char c)
{
	return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) || (c >= 0x5b && c <= 0x60) ||
	       (c >= 0x7b && c <= 0x7e);
}

/* min to max digits and then no further one; -1 when it is not so. */
static int scan_number(struct scan *s, int min, int max)
{
	int v = 0, n = 0;

	for (; n < max && at_digit(s); n++)
		v = v * 10 + (*s->p++ - '0');
	return n < min || at_digit(s) ? -1 : v;
}

static bool is_clock(struct scan s, struct civil *c)
{
	int hour, minute, second;

	hour = scan_number(&s, 1, 2);
	scan_char(&s, ':');
	minute = scan_number(&s, 1, 2);
	scan_char(&s, ':');
	second = scan_number(&s, 1, 2);
	if (s.has_failed || hour < 0 || minute < 0 || second < 0)
		return false;
	c->hour = hour;
	c->minute = minute;
	c->second = second;
	return true;
}

static int month_of(struct scan s)
{
	for (int i = 0; i < 12; i++)
		if (s.end - s.p >= 3 &&
		    twc_str_eq_nocase((struct twc_str){ s.p, 3 }, (struct twc_str){ months[i], 3 }))
			return i + 1;
	return -1;
}

/* A token is the first of these that it can be and that is still missing (-1). */
static void take_token(struct scan token, struct civil *c)
{
	struct scan again = token;

	if (c->hour < 0 && is_clock(token, c))
		return;
	if (c->day < 0 && (c->day = scan_number(&again, 1, 2)) >= 0)
		return;
	if (c->month < 0 && (c->month = month_of(token)) >= 0)
		return;
	if (c->year < 0)
		c->year = scan_number(&token, 2, 4);
}

bool twc__http_cookie_date(struct twc_str s, int64_t *t)
{
	struct civil c = { -1, -1, -1, -1, -1, -1 };

	for (size_t i = 0; i < s.n;) {
		size_t start = i;

		while (i < s.n && !is_delimiter((unsigned char)s.p[i]))
			i++;
		if (i > start)
			take_token((struct scan){ s.p + start, s.p + i, false }, &c);
		i += i < s.n;
	}
	if (c.year >= 0 && c.year <= 69)
		c.year += 2000;
	else if (c.year >= 70 && c.year <= 99)
		c.year += 1900;
	return c.year >= 1601 && c.second <= 59 && finish(&c, t);
}

/* ---- RFC 3339 ---- */

/* Seconds that local time is ahead of UTC. */
static int scan_offset(struct scan *s)
{
	int hours, minutes, sign = 1;

	if (s->p == s->end)
		return 0;
	if (*s->p == 'Z' || *s->p == 'z') {
		s->p++;
		return 0;
	}
	if (*s->p == '-') {
		sign = -1;
		s->p++;
	} else {
		scan_char(s, '+');
	}
	hours = scan_digits(s, 2);
	scan_char(s, ':');
	minutes = scan_digits(s, 2);
	if (hours > 23 || minutes > 59)
		s->has_failed = true;
	return sign * (hours * 3600 + minutes * 60);
}

/* "08:49[:37[.5]]" and the zone, which it returns. */
static int scan_iso_clock(struct scan *s, struct civil *c)
{
	c->hour = scan_digits(s, 2);
	scan_char(s, ':');
	c->minute = scan_digits(s, 2);
	if (s->p < s->end && *s->p == ':') {
		s->p++;
		c->second = scan_digits(s, 2);
		if (s->p < s->end && *s->p == '.') {
			s->p++;
			scan_digits(s, 1);
			while (at_digit(s))
				s->p++;
		}
	}
	return scan_offset(s);
}

bool twc__http_iso_parse(struct twc_str s, int64_t *t)
{
	if (s.n == 0)
		return false;

	struct scan scan = { s.p, s.p + s.n, false };
	struct civil c = { 0 };
	int64_t local;
	int offset = 0;

	c.year = scan_digits(&scan, 4);
	scan_char(&scan, '-');
	c.month = scan_digits(&scan, 2);
	scan_char(&scan, '-');
	c.day = scan_digits(&scan, 2);
	if (scan.p < scan.end && (*scan.p == 'T' || *scan.p == 't' || *scan.p == ' ')) {
		scan.p++;
		offset = scan_iso_clock(&scan, &c);
	}
	if (!scan_is_done(&scan) || !finish(&c, &local))
		return false;
	*t = local - offset;
	return true;
}

int twc__http_time_parse(struct twc_str s, int64_t now, int64_t *t, struct twc_err *err)
{
	char shown[64];

	if (twc__http_date_parse(s, now, t) || twc__http_iso_parse(s, t))
		return 0;
	twc_escape(shown, sizeof(shown), s);
	return twc_err_set(err, TWC_EUSAGE,
			   "\"%s\" is not a date (such as 2026-11-20, 2026-11-20T08:30:00Z or "
			   "\"Fri, 20 Nov 2026 08:30:00 GMT\")",
			   shown);
}

/* ---- writing ---- */

static char *put_two(char *out, int v)
{
	out[0] = (char)('0' + v / 10);
	out[1] = (char)('0' + v % 10);
	return out + 2;
}

static char *put_year(char *out, int year)
{
	return put_two(put_two(out, year / 100), year % 100);
}

static char *put_char(char *out, char c)
{
	*out = c;
	return out + 1;
}

static char *put_three(char *out, const char word[4])
{
	memcpy(out, word, 3);
	return out + 3;
}

static char *put_clock(char *out, const struct civil *c)
{
	out = put_char(put_two(out, c->hour), ':');
	out = put_char(put_two(out, c->minute), ':');
	return put_two(out, c->second);
}

void twc__http_date_format(char out[TWC__HTTP_DATE_LEN], int64_t t)
{
	struct civil c;

	out = put_three(out, weekdays[from_seconds(t, &c)]);
	out = put_char(put_char(out, ','), ' ');
	out = put_char(put_two(out, c.day), ' ');
	out = put_char(put_three(out, months[c.month - 1]), ' ');
	out = put_char(put_year(out, c.year), ' ');
	out = put_char(put_clock(out, &c), ' ');
	put_three(out, "GMT");
}

void twc__http_clf_format(char out[TWC__HTTP_CLF_LEN], int64_t t)
{
	struct civil c;

	from_seconds(t, &c);
	out = put_char(put_two(out, c.day), '/');
	out = put_char(put_three(out, months[c.month - 1]), '/');
	out = put_char(put_year(out, c.year), ':');
	out = put_clock(out, &c);
	memcpy(out, " +0000", 6);
}

size_t twc__http_iso_format(char out[TWC__HTTP_ISO_MAX], int64_t t, uint32_t us, unsigned digits)
{
	char *p = out;
	struct civil c;

	TWC_ASSERT(us < 1000000 && (digits == 0 || digits == 3 || digits == 6));
	from_seconds(t, &c);
	p = put_char(put_year(p, c.year), '-');
	p = put_char(put_two(p, c.month), '-');
	p = put_char(put_two(p, c.day), 'T');
	p = put_clock(p, &c);
	if (digits)
		p = put_char(p, '.');
	for (uint32_t scale = 100000; digits > 0; digits--, scale /= 10)
		p = put_char(p, (char)('0' + us / scale % 10));
	p = put_char(p, 'Z');
	return (size_t)(p - out);
}
