/* SPDX-License-Identifier: MIT */
/* A line for each request of a load. Several processes write to one file, whole lines at a time, each to where its end is then. */
#include "http_bench.h"
#include "out.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <twc/parse.h>
#include <unistd.h>

#define PIECE 4096 /* what a pipe takes as a whole */
#define LINE_MAX 192

int http_bench_csv_open(struct http_bench_csv *csv, const char *path, uint64_t start_ns, struct twc_err *err)
{
	static const char names[] = "start_us,latency_us,uncorrected_us,first_byte_us,status,bytes,connection,error\n";
	bool is_stdout = strcmp(path, "-") == 0;

	csv->start_ns = start_ns;
	csv->is_open = !is_stdout;
	csv->fd = is_stdout ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (csv->fd < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot write %s", path);
	twc_buf_init(&csv->b, PIECE);
	if (out_write_fd(csv->fd, names, sizeof(names) - 1) < 0)
		csv->sys = errno;
	return 0;
}

void http_bench_csv_flush(struct http_bench_csv *csv)
{
	if (csv->fd < 0 || twc_buf_len(&csv->b) == 0)
		return;
	if (!csv->sys && out_write_fd(csv->fd, twc_buf_head(&csv->b), twc_buf_len(&csv->b)) < 0)
		csv->sys = errno;
	twc_buf_clear(&csv->b);
}

static unsigned long long us_between(uint64_t from, uint64_t to)
{
	return to > from ? (to - from) / TWC_NS_PER_US : 0;
}

void http_bench_csv_add(struct http_bench_csv *csv, const struct twc_http_bench_sample *s)
{
	char line[LINE_MAX], first[24] = "", status[8] = "";
	int n;

	if (s->first_byte_ns)
		snprintf(first, sizeof(first), "%llu", us_between(s->sent_ns, s->first_byte_ns));
	if (s->status)
		snprintf(status, sizeof(status), "%d", s->status);
	n = snprintf(line, sizeof(line), "%llu,%llu,%llu,%s,%s,%llu,%llu,%s\n", us_between(csv->start_ns, s->intended_ns),
		     us_between(s->intended_ns, s->done_ns), us_between(s->sent_ns, s->done_ns), first, status,
		     (unsigned long long)s->bytes, (unsigned long long)s->connection,
		     s->has_failed ? twc_http_bench_failure_name(s->failure) : "");
	if (twc_buf_len(&csv->b) + (size_t)n > PIECE)
		http_bench_csv_flush(csv);
	(void)!twc_buf_add(&csv->b, line, (size_t)n);
}

int http_bench_csv_close(struct http_bench_csv *csv, struct twc_err *err)
{
	if (csv->fd < 0)
		return 0;
	http_bench_csv_flush(csv);
	twc_buf_fini(&csv->b);
	if (csv->is_open && close(csv->fd) < 0 && !csv->sys)
		csv->sys = errno;
	csv->fd = -1;
	if (csv->sys == EPIPE && !csv->is_open)
		return twc_err_set(err, TWC_EPIPEOUT, "reader of standard output has gone");
	return csv->sys ? twc_err_sys(err, TWC_EIO, csv->sys, NULL, "--csv: cannot write") : 0;
}
