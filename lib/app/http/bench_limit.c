/* SPDX-License-Identifier: MIT */
/* Thresholds on what came of a load: SUBJECT OP VALUE, read and held against it. */
#include "app/http/bench_int.h"

#include <twc/parse.h>

#include <stdio.h>

#include "base/banned.h"

enum subject {
	PERCENTILE,
	MIN,
	MAX,
	MEAN,
	DEVIATION,
	REQUESTS,
	RATE,
	BYTES,
	UNSENT,
	ERRORS,
	FAILURE,
	STATUS,
};

enum op {
	EQ,
	NE,
	LT,
	LE,
	GT,
	GE,
};

struct twc_http_bench_limit {
	char *text; /* owned, as it was written */
	enum subject subject;
	enum op op;
	enum twc_http_bench_time time;
	uint32_t ppm;		/* PERCENTILE */
	unsigned low, high;	/* STATUS */
	enum twc_http_bench_failure failure;
	bool is_percent;
	double value;		/* a number, percent, or nanoseconds */
};

static const char *const words[] = { "p50",	"p75",	  "p90",     "p95",	 "p99",	   "p99.9",    "p99.99", "min", "max",
				     "mean",	"sd",	  "errors",  "requests", "rps",	   "bytes",    "unsent", "2xx", "3xx",
				     "4xx",	"5xx",	  "refused", "reset",	 "closed", "timeout",  "protocol", "tls", "dns",
				     "local",	"other",  "status",  "echo",	 NULL };

static int fault(struct twc_err *err, const char *all, const char *at, const char *what)
{
	return twc_err_at(err, TWC_EUSAGE, (size_t)(at - all) + 1, "%s", what);
}

/* ---- numbers ---- */

/* Digits, and perhaps a point and six more; as a multiple of 10^-6. */
static bool read_decimal(struct twc_str s, uint64_t *millionths)
{
	uint64_t n = 0, unit = 1000000;
	bool has_point = false;

	if (s.n == 0 || s.n > 18 || s.p[0] == '.' || s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !has_point) {
			has_point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9' || (has_point && unit == 1))
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
		if (has_point)
			unit /= 10;
		if (n > UINT64_MAX / 10 / unit)
			return false;
	}
	*millionths = n * unit;
	return true;
}

/* ---- subjects ---- */

/* "p99.9": from 0 to 100. */
static bool read_percentile(struct twc_str s, uint32_t *ppm)
{
	uint64_t millionths;

	if (s.n < 2 || s.p[0] != 'p' || !read_decimal((struct twc_str){ s.p + 1, s.n - 1 }, &millionths) ||
	    millionths > 100000000 || millionths % 100)
		return false;
	*ppm = (uint32_t)(millionths / 100);
	return true;
}

static bool read_status(struct twc_str s, unsigned *low, unsigned *high)
{
	uint64_t n;

	if (s.n != 3 || s.p[0] < '1' || s.p[0] > '9')
		return false;
	if (s.p[1] == 'x' && s.p[2] == 'x') {
		*low = (unsigned)(s.p[0] - '0') * 100;
		*high = *low + 99;
		return true;
	}
	if (twc_parse_uint(s, 100, 999, &n, NULL) < 0)
		return false;
	*low = *high = (unsigned)n;
	return true;
}

static bool read_failure(struct twc_str s, enum twc_http_bench_failure *out)
{
	for (unsigned i = 0; i < TWC_HTTP_BENCH_FAILURES; i++) {
		*out = (enum twc_http_bench_failure)i;
		if (twc_str_is(s, twc_http_bench_failure_name(*out)))
			return true;
	}
	return false;
}

/* What is a time, behind "connect." and the like. */
static bool read_figure(struct twc_http_bench_limit *l, struct twc_str s)
{
	static const struct {
		const char *word;
		enum subject subject;
	} rows[] = { { "min", MIN }, { "max", MAX }, { "mean", MEAN }, { "sd", DEVIATION } };

	if (read_percentile(s, &l->ppm)) {
		l->subject = PERCENTILE;
		return true;
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		if (twc_str_is(s, rows[i].word)) {
			l->subject = rows[i].subject;
			return true;
		}
	return false;
}

static bool read_time(struct twc_http_bench_limit *l, struct twc_str s)
{
	for (unsigned i = 0; i < TWC_HTTP_BENCH_TIMES; i++) {
		const char *name = twc_http_bench_time_name((enum twc_http_bench_time)i);
		size_t n = strlen(name);

		if (twc_str_starts(s, name) && s.n > n && s.p[n] == '.') {
			l->time = (enum twc_http_bench_time)i;
			return read_figure(l, (struct twc_str){ s.p + n + 1, s.n - n - 1 });
		}
	}
	return read_figure(l, s);
}

static bool read_subject(struct twc_http_bench_limit *l, struct twc_str s)
{
	static const struct {
		const char *word;
		enum subject subject;
	} rows[] = { { "requests", REQUESTS }, { "rps", RATE }, { "bytes", BYTES }, { "unsent", UNSENT }, { "errors", ERRORS } };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		if (twc_str_is(s, rows[i].word)) {
			l->subject = rows[i].subject;
			return true;
		}
	if (read_failure(s, &l->failure)) {
		l->subject = FAILURE;
		return true;
	}
	if (read_status(s, &l->low, &l->high)) {
		l->subject = STATUS;
		return true;
	}
	return read_time(l, s);
}

static int unknown_subject(const char *all, struct twc_str s, struct twc_err *err)
{
	const char *meant = twc_nearest(s, words);

	return twc_err_at(err, TWC_EUSAGE, (size_t)(s.p - all) + 1, "nothing is known about %.*s; %s%s%s",
			  (int)(s.n < 40 ? s.n : 40), s.p, meant ? "did you mean " : "there are p99, max, rps, errors, 2xx and others",
			  meant ? meant : "", meant ? "?" : "");
}

static const char *read_op(const char *s, enum op *op)
{
	static const struct {
		const char *text;
		enum op op;
	} ops[] = { { "==", EQ }, { "!=", NE }, { "<=", LE }, { ">=", GE }, { "=", EQ }, { "<", LT }, { ">", GT } };

	for (size_t i = 0; i < TWC_ARRAY_LEN(ops); i++)
		if (strncmp(s, ops[i].text, strlen(ops[i].text)) == 0) {
			*op = ops[i].op;
			return s + strlen(ops[i].text);
		}
	return NULL;
}

static bool is_duration(enum subject s)
{
	return s <= DEVIATION;
}

static int read_value(struct twc_http_bench_limit *l, const char *all, struct twc_str v, struct twc_err *err)
{
	struct twc_err why = { 0 };
	uint64_t n;

	if (is_duration(l->subject)) {
		if (twc_parse_duration(v, &n, &why) < 0)
			return fault(err, all, v.p, why.text);
		l->value = (double)n;
		return 0;
	}
	if (v.n > 0 && v.p[v.n - 1] == '%') {
		if (l->subject < ERRORS)
			return fault(err, all, v.p + v.n - 1, "this is no part of the requests, to be given in %");
		l->is_percent = true;
		v.n--;
	}
	if (!read_decimal(v, &n))
		return fault(err, all, v.p, l->subject < ERRORS ? "a number is wanted here" : "a number, or N%, is wanted here");
	l->value = (double)n / 1e6;
	return 0;
}

static int limit_parse(struct twc_http_bench_limit *l, struct twc_err *err)
{
	const char *all = l->text, *at = all + strspn(all, " \t"), *rest;
	struct twc_str subject = { at, strcspn(at, "=!<> \t") };

	if (!read_subject(l, subject))
		return unknown_subject(all, subject, err);
	at += subject.n;
	at += strspn(at, " \t");
	rest = read_op(at, &l->op);
	if (!rest)
		return fault(err, all, at, "one of = != < <= > >= is wanted here");
	return read_value(l, all, twc_str_trim(twc_str_of(rest)), err);
}

struct twc_http_bench_limit *twc_http_bench_limit_new(const char *expr, struct twc_err *err)
{
	struct twc_http_bench_limit *l = twc_calloc(1, sizeof(*l));

	l->text = twc_strdup(expr);
	if (limit_parse(l, err) == 0)
		return l;
	twc_http_bench_limit_free(l);
	return NULL;
}

void twc_http_bench_limit_free(struct twc_http_bench_limit *l)
{
	if (!l)
		return;
	twc_free(l->text);
	twc_free(l);
}

const char *twc_http_bench_limit_text(const struct twc_http_bench_limit *l)
{
	return l->text;
}

/* ---- what there was ---- */

static double time_of(const struct twc_http_bench_limit *l, const struct twc_http_bench *b, bool *is_there)
{
	struct twc_http_bench_spread s;

	twc_http_bench_spread(b, l->time, &s);
	*is_there = s.n > 0;
	switch (l->subject) {
	case MIN:
		return (double)s.min;
	case MAX:
		return (double)s.max;
	case MEAN:
		return s.mean;
	case DEVIATION:
		return s.deviation;
	default:
		return (double)twc_http_bench_percentile(b, l->time, l->ppm);
	}
}

static double count_of(const struct twc_http_bench_limit *l, const struct twc_http_bench_summary *sum)
{
	double n = 0;

	switch (l->subject) {
	case REQUESTS:
		return (double)sum->requests;
	case RATE:
		return sum->rate;
	case BYTES:
		return (double)sum->bytes_in;
	case UNSENT:
		return (double)sum->unsent;
	case ERRORS:
		return (double)sum->errors;
	case FAILURE:
		return (double)sum->failure[l->failure];
	default:
		for (unsigned i = l->low; i <= l->high; i++)
			n += (double)sum->status[i];
		return n;
	}
}

static bool compare(double got, enum op op, double wanted)
{
	switch (op) {
	case EQ:
		return !(got < wanted) && !(got > wanted);
	case NE:
		return got < wanted || got > wanted;
	case LT:
		return got < wanted;
	case LE:
		return got <= wanted;
	case GT:
		return got > wanted;
	case GE:
		return got >= wanted;
	}
	return false;
}

static void tell(const struct twc_http_bench_limit *l, double value, bool is_there, char *got, size_t cap)
{
	if (!got)
		return;
	if (!is_there)
		snprintf(got, cap, "nothing");
	else if (is_duration(l->subject))
		twc_format_duration(got, cap, (uint64_t)value);
	else if (l->is_percent)
		snprintf(got, cap, "%.4g%%", value);
	else
		snprintf(got, cap, l->subject == RATE ? "%.1f" : "%.0f", value);
}

bool twc_http_bench_limit_holds(const struct twc_http_bench_limit *l, const struct twc_http_bench *b, char *got, size_t cap)
{
	struct twc_http_bench_summary sum;
	bool is_there = true;
	double value;

	twc_http_bench_sum(b, &sum);
	if (is_duration(l->subject)) {
		value = time_of(l, b, &is_there);
	} else {
		value = count_of(l, &sum);
		is_there = !l->is_percent || sum.requests > 0;
		if (l->is_percent && is_there)
			value = value * 100 / (double)sum.requests;
	}
	if (is_there && compare(value, l->op, l->value))
		return true;
	tell(l, value, is_there, got, cap);
	return false;
}
