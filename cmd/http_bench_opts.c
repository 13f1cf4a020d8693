/* SPDX-License-Identifier: MIT */
/*
 * The options of twc http bench: rows, what users of other tools type, and what does not fit together. What is asked, and how to get
 * there, is said as to twc http; letters that load generators have mean what they mean to those.
 */
#include "http_bench.h"
#include "http_rows.h"
#include <twc/http_message.h>
#include <twc/http_ws.h>
#include <twc/parse.h>

#define LOAD "Load"
#define REQUEST HTTP_GROUP_REQUEST
#define VERDICT "Verdict and reports"

#define BENCH(member) .offset = offsetof(struct http_bench_params, member)
enum { EXCL_VERSION = HTTP_EXCL_NEXT };

#define FLAG .type = OPT_FLAG
#define NO(...) return twc_err_set(err, TWC_EUSAGE, __VA_ARGS__)

static const char *const report_words[] = { "json", "json:", NULL };

const struct twc_opt http_bench_opts[] = {
	{ .long_name = "requests", .short_name = 'n', .type = OPT_UINT, BENCH(requests), .arg = "N", .min = 1, .group = LOAD,
	  .help = "end after so many requests" },
	{ .long_name = "connections", .short_name = 'c', .type = OPT_UINT, BENCH(connections), .arg = "N", .min = 1,
	  .max = TWC_HTTP_BENCH_CONNECTIONS_MAX, .def = "50", .group = LOAD, .help = "on so many connections" },
	{ .long_name = "duration", .short_name = 'z', .type = OPT_DURATION, BENCH(duration), .arg = "DURATION", .min = 1,
	  .def = "10s", .group = LOAD, .help = "begin no request after this time; with -n, 60s unless it is said" },
	{ .long_name = "warmup", .type = OPT_DURATION, BENCH(warmup), .arg = "DURATION", .group = LOAD,
	  .help = "ask for so long before anything is counted" },
	{ .long_name = "ramp", .type = OPT_DURATION, BENCH(ramp), .arg = "DURATION", .group = LOAD,
	  .help = "open the connections one after another over this time, before all that" },
	{ .long_name = "rate", .short_name = 'q', .flags = OPT_OWN_LETTER, .type = OPT_UINT, BENCH(rate), .arg = "N", .min = 1,
	  .max = TWC_HTTP_BENCH_RATE_MAX, .group = LOAD,
	  .help = "so many requests a second at fixed times, and latencies from those; else as fast as answers come" },
	{ .long_name = "streams", .short_name = 'm', .type = OPT_UINT, BENCH(streams), .arg = "N", .min = 1,
	  .max = TWC_HTTP_BENCH_STREAMS_MAX, .def = "1", .group = LOAD,
	  .help = "so many requests at once on each connection of HTTP/2 or WebSocket" },
	{ .long_name = "timeout", .type = OPT_DURATION, BENCH(timeout), .arg = "DURATION", .min = 1, .def = "10s",
	  .group = LOAD, .help = "a request that takes longer has failed" },
	{ .long_name = "keepalive", .flags = OPT_NEGATABLE, FLAG, BENCH(keepalive), .group = LOAD,
	  .help = "keep connections (so without it); with no: one for each request, whose time counts from the dial" },
	{ .long_name = "workers", .type = OPT_UINT, BENCH(workers), .arg = "N", .min = 1, .max = TWC_HTTP_BENCH_WORKERS_MAX,
	  .def = "1", .group = LOAD, .help = "in so many processes, which share connections and rate" },
	{ .long_name = "i-own-this", FLAG, BENCH(own_this), .group = LOAD,
	  .help = "ask another machine, too: it is mine, and may be brought down" },

	{ .long_name = "request", .short_name = 'X', .type = OPT_STRING, HTTP_AT(request), .arg = "METHOD", .group = REQUEST,
	  .help = "the method; without it GET, or POST with a body" },
	{ .long_name = "http1.1", FLAG, .excl = EXCL_VERSION, BENCH(http11), .group = REQUEST,
	  .help = "ask with HTTP/1.1, as without it" },
	{ .long_name = "http2", FLAG, .excl = EXCL_VERSION, BENCH(http2), .group = REQUEST, .help = "ask with HTTP/2, over TLS" },
	{ .long_name = "http2-prior-knowledge", FLAG, .excl = EXCL_VERSION, BENCH(http2_prior), .group = REQUEST,
	  .help = "ask with HTTP/2, also in the clear" },
	HTTP_ROWS_FIELDS,
	{ .long_name = "url-query", .type = OPT_LIST, HTTP_AT(url_query), .arg = "DATA", .group = REQUEST,
	  .help = "add to the query, encoded: name=value, name@FILE, +as-it-is; repeatable" },
	{ .long_name = "urls", .type = OPT_STRING, .hint = OPT_HINT_FILE, BENCH(urls), .arg = "FILE", .group = REQUEST,
	  .help = "more URLs, one a line; all are asked for in turn" },
	{ .long_name = "data", .short_name = 'd', .type = OPT_LIST, HTTP_AT(data), .arg = "DATA", .group = REQUEST,
	  .help = "send as a form; @FILE without its line breaks, @- standard input; several are joined by &" },
	{ .long_name = "data-raw", .type = OPT_LIST, HTTP_AT(data), .arg = "DATA", .group = REQUEST,
	  .help = "the same, but @ has no meaning" },
	{ .long_name = "data-binary", .type = OPT_LIST, HTTP_AT(data), .arg = "DATA", .group = REQUEST,
	  .help = "the same, and @FILE is sent as it is" },
	{ .long_name = "data-urlencode", .type = OPT_LIST, HTTP_AT(data), .arg = "DATA", .group = REQUEST,
	  .help = "encoded: VALUE, =VALUE, name=VALUE, @FILE, name@FILE" },
	{ .long_name = "json", .type = OPT_LIST, HTTP_AT(data), .arg = "JSON", .group = REQUEST,
	  .help = "send this, or @FILE, with the header fields for JSON; several are put behind each other" },
	{ .long_name = "binary", FLAG, BENCH(binary), .group = REQUEST,
	  .help = "send binary messages over WebSocket, not text" },
	{ .long_name = "subprotocol", .type = OPT_STRING, BENCH(subprotocol), .arg = "NAMES", .group = REQUEST,
	  .help = "ask for one of these over WebSocket, separated by commas" },
	{ .long_name = "body-lines", .type = OPT_STRING, .hint = OPT_HINT_FILE, BENCH(body_lines), .arg = "FILE",
	  .group = REQUEST, .help = "each line is the body of a request, in turn" },
	{ .long_name = "user", .short_name = 'u', .flags = OPT_SECRET, .type = OPT_STRING, HTTP_AT(user),
	  .arg = "USER[:PASSWORD]", .group = REQUEST, .help = "log in as, by Basic; also @FILE, @-, env:NAME" },
	{ .long_name = "bearer", .flags = OPT_SECRET, .type = OPT_STRING, HTTP_AT(bearer), .arg = "TOKEN", .group = REQUEST,
	  .help = "send this token; also @FILE, @-, env:NAME" },

	{ .long_name = "via", .type = OPT_STRING, .hint = OPT_HINT_CONNECT, .excl = HTTP_EXCL_SOCKET, HTTP_AT(via),
	  .arg = "ENDPOINT", .group = HTTP_GROUP_CONNECTION, .help = "connect to this in place of the URL's host and port" },
	{ .long_name = "unix-socket", .type = OPT_STRING, .hint = OPT_HINT_FILE, .excl = HTTP_EXCL_SOCKET, HTTP_AT(unix_socket),
	  .arg = "PATH", .group = HTTP_GROUP_CONNECTION, .help = "--via unix:PATH" },
	{ .long_name = "abstract-unix-socket", .type = OPT_STRING, .excl = HTTP_EXCL_SOCKET, HTTP_AT(abstract_socket),
	  .arg = "NAME", .group = HTTP_GROUP_CONNECTION, .help = "--via unix:@NAME" },
	{ .long_name = "connect-to", .type = OPT_LIST, HTTP_AT(connect_to), .arg = "HOST1:PORT1:HOST2:PORT2",
	  .group = HTTP_GROUP_CONNECTION, .help = "connect to HOST2:PORT2 for HOST1:PORT1; empty parts mean any, or the same" },
	IP_OPTS(struct http_params, HTTP_GROUP_CONNECTION, HTTP_EXCL_IP),
	{ .long_name = "interface", .type = OPT_STRING, HTTP_AT(interface), .arg = "NAME|ADDR", .group = HTTP_GROUP_CONNECTION,
	  .help = "connect from this network interface or address" },
	HTTP_ROWS_TLS,

	{ .long_name = "expect", .type = OPT_LIST, BENCH(expect), .arg = "EXPR", .group = VERDICT,
	  .help = "p99<200ms, errors=0, rps>1000, 2xx>99.9%...; else status 1; without any, so do failed requests" },
	{ .long_name = "report", .type = OPT_STRING, BENCH(report), .arg = "FORMAT", .words = report_words, .group = VERDICT,
	  .help = "json[:FILE|:fd:N]: all of it as an object on a line" },
	{ .long_name = "csv", .type = OPT_STRING, .hint = OPT_HINT_FILE, BENCH(csv), .arg = "FILE", .group = VERDICT,
	  .help = "write a line for each request; - is standard output" },
	{ 0 },
};

const struct opt_slip http_bench_slips[] = {
	{ "--protocol", "that is --subprotocol" },
	{ "-t", "processes are --workers N, a time limit is --timeout D" },
	{ "--threads", "that is --workers N" },
	{ "--concurrency", "that is --connections" },
	{ "--query-per-second", "that is --rate N" },
	{ "--latency-correction", "with --rate latencies count from when a request was to be sent anyway" },
	{ "--disable-keepalive", "that is --no-keepalive" },
	{ "--latency", "percentiles are always told" },
	{ "-D", "a body from a file is --data-binary @FILE" },
	{ "-Z", "that is --body-lines FILE" },
	{ "-F", "a form with files is made anew for each request, which is no load generator's business" },
	{ "-T", "a body from a file is --data-binary @FILE" },
	{ "-x", "a proxy is part of an endpoint: --via tcp:HOST:PORT:via=[http:PROXY:PORT]" },
	{ "--output-format", "that is --report json" },
	{ "--input-file", "that is --urls FILE" },
	{ 0 },
};

void http_bench_init(void *params)
{
	struct http_bench_params *p = params;

	p->keepalive = p->http.alpn = true;
}

void http_bench_fini(void *params)
{
	struct http_bench_params *p = params;

	opt_list_fini(&p->expect);
	http_fini(&p->http);
}

static int check_subprotocol(const struct http_bench_params *p, struct twc_err *err)
{
	struct twc_err why = { 0 };

	if (p->subprotocol && twc_ws_subprotocols_check(p->subprotocol, &why) < 0)
		NO("--subprotocol: %s", why.text);
	return 0;
}

static int check_expect(const struct http_bench_params *p, struct twc_err *err)
{
	for (size_t i = 0; i < p->expect.n; i++) {
		const char *v = p->expect.item[i].value;
		struct twc_err why = { 0 };
		struct twc_http_bench_limit *l = twc_http_bench_limit_new(v, &why);

		twc_http_bench_limit_free(l);
		if (!l)
			NO("--expect %.80s: %s (column %d)", v, why.text, why.column);
	}
	return 0;
}

int http_bench_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct http_bench_params *p = params;

	(void)ctx, (void)n, (void)operand;
	if (p->body_lines && p->http.data.n > 0)
		NO("one request has one body: -d and --body-lines exclude each other");
	if (!p->keepalive && (p->http2 || p->http2_prior))
		NO("--no-keepalive: HTTP/2 keeps its connections");
	if (p->http.user && p->http.bearer)
		NO("--user and --bearer exclude each other");
	if (p->report && strcmp(p->report, "json") != 0 && strncmp(p->report, "json:", 5) != 0)
		NO("--report: %.40s is not json, json:FILE or json:fd:N", p->report);
	if (p->csv && p->report && strcmp(p->csv, "-") == 0 && strcmp(p->report, "json") == 0)
		NO("--csv and --report both ask for standard output");
	if (check_subprotocol(p, err) < 0)
		return TWC_EUSAGE;
	return check_expect(p, err);
}
