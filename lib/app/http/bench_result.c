/* SPDX-License-Identifier: MIT */
/* What came of a load: counts and distributions, of one process or of all of them, and how they are asked for. */
#include "app/http/bench_int.h"

#include <twc/parse.h>

#include "base/banned.h"

const uint32_t twc_http_bench_part[TWC_HTTP_BENCH_PARTS] = { 500000, 750000, 900000, 950000, 990000, 999000, 999900 };
const char *const twc_http_bench_part_name[TWC_HTTP_BENCH_PARTS] = { "50", "75", "90", "95", "99", "99.9", "99.99" };

const char *twc_http_bench_failure_name(enum twc_http_bench_failure f)
{
	static const char *const names[] = { "refused", "reset",  "closed", "timeout", "protocol",
					     "tls",	"dns",	  "status", "echo",    "local",	   "other" };

	_Static_assert(TWC_ARRAY_LEN(names) == TWC_HTTP_BENCH_FAILURES, "a name each");
	return f < TWC_HTTP_BENCH_FAILURES ? names[f] : "other";
}

const char *twc_http_bench_time_name(enum twc_http_bench_time t)
{
	static const char *const names[] = { "latency", "uncorrected", "first-byte", "connect", "tls" };

	_Static_assert(TWC_ARRAY_LEN(names) == TWC_HTTP_BENCH_TIMES, "a name each");
	return t < TWC_HTTP_BENCH_TIMES ? names[t] : "";
}

enum twc_http_bench_failure twc__bench_classify(const struct twc_err *err, bool is_dial, bool is_tls)
{
	switch (err->code) {
	case TWC_EREFUSED:
	case TWC_EUNREACH:
	case TWC_ENOSOCK:
		return TWC_HTTP_BENCH_REFUSED;
	case TWC_ERESET:
	case TWC_ECANCELLED: /* GOAWAY, before anything was answered */
	case TWC_EABORTED:
		return TWC_HTTP_BENCH_RESET;
	case TWC_ETRUNC:
		return TWC_HTTP_BENCH_CLOSED;
	case TWC_ETIMEDOUT:
	case TWC_EIDLE:
		return TWC_HTTP_BENCH_TIMEOUT;
	case TWC_EPROTO:
	case TWC_ETOOLONG:
		return is_dial && is_tls ? TWC_HTTP_BENCH_TLS : TWC_HTTP_BENCH_PROTOCOL;
	case TWC_EUNTRUSTED:
		return TWC_HTTP_BENCH_TLS;
	case TWC_ENONAME:
	case TWC_ERESOLVE:
		return TWC_HTTP_BENCH_DNS;
	case TWC_EREJECTED:
		return TWC_HTTP_BENCH_STATUS;
	case TWC_EDATA:
		return TWC_HTTP_BENCH_ECHO;
	case TWC_EOS:
	case TWC_ELIMIT:
	case TWC_ENOMEM:
	case TWC_EIO:
	case TWC_ECANTBIND:
		return TWC_HTTP_BENCH_LOCAL;
	default:
		return TWC_HTTP_BENCH_OTHER;
	}
}

void twc__bench_result_merge(struct twc__bench_result *to, const struct twc__bench_result *from)
{
	if (from->began_ns && (!to->began_ns || from->began_ns < to->began_ns))
		to->began_ns = from->began_ns;
	if (from->ended_ns > to->ended_ns)
		to->ended_ns = from->ended_ns;
	to->answered += from->answered;
	to->errors += from->errors;
	to->unanswered += from->unanswered;
	to->unsent += from->unsent;
	to->bytes_in += from->bytes_in;
	to->bytes_out += from->bytes_out;
	to->connections += from->connections;
	for (size_t i = 0; i < TWC_ARRAY_LEN(to->status); i++)
		to->status[i] += from->status[i];
	for (size_t i = 0; i < TWC_HTTP_BENCH_FAILURES; i++) {
		to->failure[i] += from->failure[i];
		if (!to->text[i][0])
			memcpy(to->text[i], from->text[i], sizeof(to->text[i]));
	}
	for (size_t i = 0; i < TWC_HTTP_BENCH_TIMES; i++)
		twc__histogram_merge(&to->time[i], &from->time[i]);
	if (from->err.code && !to->err.code)
		to->err = from->err;
}

/* ---- asking ---- */

static uint64_t elapsed(const struct twc_http_bench *b)
{
	const struct twc__bench_result *r = b->result;
	uint64_t until = r->ended_ns ? r->ended_ns : twc_reactor_clock(b->r);

	return r->began_ns && until > r->began_ns ? until - r->began_ns : 0;
}

void twc_http_bench_sum(const struct twc_http_bench *b, struct twc_http_bench_summary *out)
{
	const struct twc__bench_result *r = b->result;

	if (b->team)
		twc__bench_team_merge(b->team, b->result);
	*out = (struct twc_http_bench_summary){
		.requests = r->answered + r->unanswered,
		.answered = r->answered,
		.errors = r->errors,
		.unsent = r->unsent,
		.bytes_in = r->bytes_in,
		.bytes_out = r->bytes_out,
		.connections = r->connections,
		.elapsed_ns = elapsed(b),
	};
	out->is_warming = !r->ended_ns && out->elapsed_ns == 0;
	if (out->elapsed_ns > 0)
		out->rate = (double)r->answered * (double)TWC_NS_PER_S / (double)out->elapsed_ns;
	memcpy(out->failure, r->failure, sizeof(out->failure));
	memcpy(out->status, r->status, sizeof(out->status));
	for (size_t i = 0; i < TWC_HTTP_BENCH_FAILURES; i++)
		out->failure_text[i] = r->text[i][0] ? r->text[i] : NULL;
}

/* In the closed model what was corrected is what was measured. */
static const struct twc__histogram *histogram_of(const struct twc_http_bench *b, enum twc_http_bench_time t)
{
	if (t == TWC_HTTP_BENCH_UNCORRECTED && b->o.rate == 0)
		t = TWC_HTTP_BENCH_LATENCY;
	return &b->result->time[t];
}

void twc_http_bench_spread(const struct twc_http_bench *b, enum twc_http_bench_time t, struct twc_http_bench_spread *out)
{
	const struct twc__histogram *h = histogram_of(b, t);

	*out = (struct twc_http_bench_spread){
		.n = h->n,
		.min = h->min,
		.max = h->max,
		.mean = twc__histogram_mean(h),
		.deviation = twc__histogram_deviation(h),
	};
}

uint64_t twc_http_bench_percentile(const struct twc_http_bench *b, enum twc_http_bench_time t, uint32_t ppm)
{
	return twc__histogram_percentile(histogram_of(b, t), ppm);
}

uint64_t twc_http_bench_up_to(const struct twc_http_bench *b, enum twc_http_bench_time t, uint64_t ns)
{
	return twc__histogram_up_to(histogram_of(b, t), ns);
}
