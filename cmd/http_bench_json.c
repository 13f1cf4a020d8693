/* SPDX-License-Identifier: MIT */
/* What a load came to, for programs. Times are microseconds; keys never change meaning, `schema` tells when there are others. */
#include "http_bench.h"
#include <stdio.h>
#include <twc/json.h>
#include <twc/parse.h>

#define SCHEMA 1

static void put_us(struct twc_json *j, const char *key, bool is_there, double ns)
{
	if (is_there)
		twc_json_uint(j, key, (uint64_t)(ns / (double)TWC_NS_PER_US + 0.5));
	else
		twc_json_null(j, key);
}

/* "p99_9" of "99.9". */
static void put_percentiles(struct twc_json *j, const struct twc_http_bench *b, enum twc_http_bench_time t, bool is_there)
{
	for (unsigned i = 0; i < TWC_HTTP_BENCH_PARTS; i++) {
		char key[16];
		char *dot;

		snprintf(key, sizeof(key), "p%s", twc_http_bench_part_name[i]);
		dot = strchr(key, '.');
		if (dot)
			*dot = '_';
		put_us(j, key, is_there, (double)twc_http_bench_percentile(b, t, twc_http_bench_part[i]));
	}
}

static void put_time(struct twc_json *j, const char *key, const struct twc_http_bench *b, enum twc_http_bench_time t)
{
	struct twc_http_bench_spread s;

	twc_http_bench_spread(b, t, &s);
	twc_json_open(j, key, '{');
	put_us(j, "mean", s.n > 0, s.mean);
	put_us(j, "sd", s.n > 0, s.deviation);
	put_us(j, "min", s.n > 0, (double)s.min);
	put_percentiles(j, b, t, s.n > 0);
	put_us(j, "max", s.n > 0, (double)s.max);
	twc_json_close(j, '}');
}

static void put_failures(struct twc_json *j, const struct twc_http_bench_summary *s)
{
	twc_json_open(j, "error_classes", '{');
	for (unsigned i = 0; i < TWC_HTTP_BENCH_FAILURES; i++)
		if (s->failure[i])
			twc_json_uint(j, twc_http_bench_failure_name((enum twc_http_bench_failure)i), s->failure[i]);
	twc_json_close(j, '}');
}

static void put_statuses(struct twc_json *j, const struct twc_http_bench_summary *s)
{
	char key[8];

	twc_json_open(j, "status", '{');
	for (unsigned i = 0; i < TWC_ARRAY_LEN(s->status); i++) {
		if (!s->status[i])
			continue;
		snprintf(key, sizeof(key), "%u", i);
		twc_json_uint(j, key, s->status[i]);
	}
	twc_json_close(j, '}');
}

void http_bench_json(struct twc_buf *b, const struct twc_http_bench *bench)
{
	struct twc_http_bench_summary s;
	struct twc_json j;

	twc_http_bench_sum(bench, &s);
	twc_json_begin(&j, b);
	twc_json_uint(&j, "schema", SCHEMA);
	twc_json_uint(&j, "requests", s.requests);
	twc_json_uint(&j, "errors", s.errors);
	put_failures(&j, &s);
	put_statuses(&j, &s);
	twc_json_uint(&j, "unsent", s.unsent);
	twc_json_ratio(&j, "seconds", s.elapsed_ns / TWC_NS_PER_US, 1000000);
	twc_json_ratio(&j, "rps", (uint64_t)(s.rate * 1000), 1000);
	twc_json_uint(&j, "bytes", s.bytes_in);
	twc_json_uint(&j, "bytes_sent", s.bytes_out);
	put_time(&j, "latency_us", bench, TWC_HTTP_BENCH_LATENCY);
	put_time(&j, "uncorrected_us", bench, TWC_HTTP_BENCH_UNCORRECTED);
	put_time(&j, "first_byte_us", bench, TWC_HTTP_BENCH_FIRST_BYTE);
	put_time(&j, "connect_us", bench, TWC_HTTP_BENCH_CONNECT);
	put_time(&j, "tls_us", bench, TWC_HTTP_BENCH_TLS_TIME);
	twc_json_uint(&j, "connections", s.connections);
	twc_json_end(&j);
}
