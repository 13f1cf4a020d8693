/* SPDX-License-Identifier: MIT */
/*
 * The options of twc http: rows, and what users of other tools type. Letters and names are curl's where curl
 * has one. Those that its verbs have, too, are in http_rows.h. What does not fit together is in http_check.c.
 */
#include "http_rows.h"
#include <twc/parse.h>

#define REQUEST HTTP_GROUP_REQUEST
#define BODY "Body"
#define RESPONSE "Response"
#define REDIRECTS HTTP_GROUP_REDIRECTS
#define LIMITS HTTP_GROUP_LIMITS
#define SEVERAL "Several transfers"
#define OUTPUT "Output"
#define REPORTS "Reports"
#define CHECKS "Assertions"

enum {
	EXCL_FAIL = HTTP_EXCL_NEXT,
	EXCL_VERSION,
};

#define PARALLEL_LIMIT 10000
#define PARALLEL_MAX 50

const char *const http_cert_words[] = { "PEM", "P12", NULL }; /* enum http_cert */
const char *const http_tls_max_words[] = { "1.2", "1.3", NULL };
static const char *const items_words[] = { "json", "form", "multipart", NULL }; /* enum http_items */
static const char *const exit_words[] = { "twc", "curl", "curl-last", NULL };	/* enum http_exit */
static const char *const proto_words[] = { "http", "https", NULL };		/* enum http_proto */
static const char *const color_words[] = { "auto", "always", "never", NULL };	/* enum http_color */
static const char *const report_words[] = { "json", "json:", NULL };

#define AT(member) HTTP_AT(member)
#define FLAG .type = OPT_FLAG
#define RUN .flags = OPT_GLOBAL

const struct twc_opt http_opts[] = {
	{ .long_name = "url", .type = OPT_OPERAND, .arg = "URL", .group = REQUEST,
	  .help = "another way to give the URL, in files of options above all" },
	{ .long_name = "request", .short_name = 'X', .type = OPT_STRING, AT(request), .arg = "METHOD", .group = REQUEST,
	  .help = "the method; without it GET, or POST with a body" },
	{ .long_name = "head", .short_name = 'I', FLAG, AT(head), .group = REQUEST,
	  .help = "ask for the head alone (HEAD) and print it" },
	{ .long_name = "get", .short_name = 'G', FLAG, AT(get), .group = REQUEST,
	  .help = "put the data (-d) into the query, and send GET" },
	HTTP_ROWS_FIELDS,
	{ .long_name = "referer", .short_name = 'e', .type = OPT_STRING, AT(referer), .arg = "URL", .group = REQUEST,
	  .help = "where the link was; with ;auto the page that redirected" },
	{ .long_name = "url-query", .type = OPT_LIST, AT(url_query), .arg = "DATA", .group = REQUEST,
	  .help = "add to the query, encoded: name=value, name@FILE, +as-it-is; repeatable" },
	{ .long_name = "items", .type = OPT_WORD, AT(items), .arg = "FORM", .words = items_words, .def = "json",
	  .group = REQUEST, .help = "items of data become an object of JSON, a form, or a form with files" },
	{ .long_name = "range", .short_name = 'r', .type = OPT_STRING, AT(range), .arg = "RANGE", .group = REQUEST,
	  .help = "this part of it: 0-499, 500-, -500" },
	{ .long_name = "time-cond", .short_name = 'z', .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(time_cond),
	  .arg = "DATE|FILE", .group = REQUEST, .help = "only if it is newer than this; -DATE: older" },
	{ .long_name = "etag-save", .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(etag_save), .arg = "FILE",
	  .group = REQUEST, .help = "write the entity tag of the response to FILE" },
	{ .long_name = "etag-compare", .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(etag_compare), .arg = "FILE",
	  .group = REQUEST, .help = "only if its entity tag is not the one in FILE" },
	{ .long_name = "glob", FLAG, AT(glob), .group = REQUEST,
	  .help = "[1-9] and {a,b} in a URL make several of it" },
	{ .long_name = "globoff", .short_name = 'g', FLAG, AT(globoff), .group = REQUEST,
	  .help = "they do not, which is how it is without --glob" },
	{ .long_name = "path-as-is", FLAG, AT(path_as_is), .group = REQUEST,
	  .help = "leave . and .. in the path as they are" },
	{ .long_name = "request-target", .type = OPT_STRING, AT(request_target), .arg = "TARGET", .group = REQUEST,
	  .help = "send this in place of path and query" },
	{ .long_name = "http1.0", .short_name = '0', FLAG, .excl = EXCL_VERSION, AT(http10), .group = REQUEST,
	  .help = "ask with HTTP/1.0" },
	{ .long_name = "http1.1", FLAG, .excl = EXCL_VERSION, AT(http11), .group = REQUEST,
	  .help = "ask with HTTP/1.1 alone" },
	{ .long_name = "http2", FLAG, .excl = EXCL_VERSION, AT(http2), .group = REQUEST,
	  .help = "HTTP/2 where TLS agrees on it, else HTTP/1.1, as without it" },
	{ .long_name = "http2-prior-knowledge", FLAG, .excl = EXCL_VERSION, AT(http2_prior), .group = REQUEST,
	  .help = "HTTP/2 alone, without TLS too" },
	{ .long_name = "alpn", .flags = OPT_NEGATABLE, FLAG, AT(alpn), .group = REQUEST,
	  .help = "let TLS agree on a version; without it HTTP/1.1" },
	{ .long_name = "config", .short_name = 'K', .type = OPT_CONFIG, .hint = OPT_HINT_FILE, .arg = "FILE",
	  .group = REQUEST, .help = "read options from FILE, or - for standard input; no other file is read by itself" },
	{ .long_name = "next", .short_name = ':', .type = OPT_NEXT, .group = REQUEST,
	  .help = "what follows are other URLs, with options of their own" },
	{ .long_name = "offline", RUN, FLAG, AT(offline), .group = REQUEST,
	  .help = "send nothing: print the bytes that would be sent" },
	{ .long_name = "print-curl", RUN, FLAG, AT(print_curl), .group = REQUEST,
	  .help = "send nothing: print a command line of curl that would" },

	{ .long_name = "data", .short_name = 'd', .type = OPT_LIST, AT(data), .arg = "DATA", .group = BODY,
	  .help = "send as a form; @FILE without its line breaks, @- standard input; several are joined by &" },
	{ .long_name = "data-raw", .type = OPT_LIST, AT(data), .arg = "DATA", .group = BODY,
	  .help = "the same, but @ has no meaning" },
	{ .long_name = "data-binary", .type = OPT_LIST, AT(data), .arg = "DATA", .group = BODY,
	  .help = "the same, and @FILE is sent as it is" },
	{ .long_name = "data-urlencode", .type = OPT_LIST, AT(data), .arg = "DATA", .group = BODY,
	  .help = "encoded: VALUE, =VALUE, name=VALUE, @FILE, name@FILE" },
	{ .long_name = "json", .type = OPT_LIST, AT(data), .arg = "JSON", .group = BODY,
	  .help = "send this, or @FILE, with the header fields for JSON; several are put behind each other" },
	{ .long_name = "form", .short_name = 'F', .type = OPT_LIST, AT(form), .arg = "NAME=CONTENT", .group = BODY,
	  .help = "a part of a form: text, @FILE[;type=T;filename=N;headers=H] a file, <FILE its content" },
	{ .long_name = "form-string", .type = OPT_LIST, AT(form), .arg = "NAME=TEXT", .group = BODY,
	  .help = "the same, and @ < ; have no meaning in it" },
	{ .long_name = "form-escape", FLAG, AT(form_escape), .group = BODY,
	  .help = "backslashes before quotes in names of parts, in place of %22" },
	{ .long_name = "upload-file", .short_name = 'T', .type = OPT_LIST, .hint = OPT_HINT_FILE, AT(upload),
	  .arg = "FILE", .group = BODY, .help = "PUT it, - is standard input as it comes; a URL that ends in / gets its name" },
	{ .long_name = "expect100-timeout", .type = OPT_DURATION, AT(expect100_timeout), .arg = "DURATION", .min = 1,
	  .def = "1s", .group = BODY, .help = "how long to wait for leave to send a large body" },

	HTTP_ROWS_CONNECTION,

	HTTP_ROWS_TLS,

	HTTP_ROWS_LOGIN('n', 'b'),

	{ .long_name = "compressed", FLAG, AT(compressed), .group = RESPONSE,
	  .help = "ask for compression (gzip, deflate, br, zstd) and undo it" },
	{ .long_name = "lenient", FLAG, AT(lenient), .group = RESPONSE,
	  .help = "take Transfer-Encoding together with Content-Length from a server" },
	{ .long_name = "sse", FLAG, AT(sse), .group = RESPONSE,
	  .help = "print the data of events (text/event-stream), and connect again when it ends" },
	{ .long_name = "sse-json", FLAG, AT(sse_json), .group = RESPONSE,
	  .help = "the same, each event as a JSON object: event id data retry" },
	{ .long_name = "count", .type = OPT_UINT, AT(count), .arg = "N", .min = 1, .group = RESPONSE,
	  .help = "end after so many events" },

	HTTP_ROWS_REDIRECTS,
	{ .long_name = "post301", FLAG, AT(post301), .group = REDIRECTS, .help = "POST stays POST after status 301" },
	{ .long_name = "post302", FLAG, AT(post302), .group = REDIRECTS, .help = "and after 302" },
	{ .long_name = "post303", FLAG, AT(post303), .group = REDIRECTS, .help = "and after 303" },
	{ .long_name = "keep-method", FLAG, AT(keep_method), .group = REDIRECTS,
	  .help = "the method of -X on every hop, whatever the status says" },
	HTTP_ROWS_TRUST,
	{ .long_name = "proto", .type = OPT_STRING, AT(proto), .arg = "SCHEMES", .def = "http,https", .group = REDIRECTS,
	  .help = "what URLs may begin with, redirects included: =https is https alone" },
	{ .long_name = "proto-default", .type = OPT_WORD, AT(proto_default), .arg = "SCHEME", .words = proto_words,
	  .def = "http", .group = REDIRECTS, .help = "what a URL without a scheme begins with" },
	{ .long_name = "proto-redir", .type = OPT_STRING, AT(proto_redir), .arg = "SCHEMES", .def = "http,https",
	  .group = REDIRECTS, .help = "where redirects may lead; the same form" },

	HTTP_ROWS_RETRIES,

	HTTP_ROWS_TIMES,
	{ .long_name = "speed-limit", .short_name = 'Y', .type = OPT_SIZE, AT(speed_limit), .arg = "BYTES", .min = 1,
	  .group = LIMITS, .help = "give up when it is slower than this a second for --speed-time" },
	{ .long_name = "speed-time", .short_name = 'y', .type = OPT_DURATION, AT(speed_time), .arg = "DURATION", .min = 1,
	  .def = "30s", .group = LIMITS, .help = "for how long; alone: slower than a byte a second" },
	{ .long_name = "max-filesize", .type = OPT_SIZE, AT(max_filesize), .arg = "BYTES", .group = LIMITS,
	  .help = "of a body, decoded" },
	{ .long_name = "limit-rate", .type = OPT_SIZE, AT(limit_rate), .arg = "BYTES", .group = LIMITS,
	  .help = "bytes a second at most, each way" },

	{ .long_name = "parallel", .short_name = 'Z', RUN, FLAG, AT(parallel), .group = SEVERAL,
	  .help = "many at a time" },
	{ .long_name = "parallel-max", RUN, .type = OPT_UINT, AT(parallel_max), .arg = "N", .min = 1,
	  .max = PARALLEL_LIMIT, .def = "50", .group = SEVERAL, .help = "how many" },
	{ .long_name = "parallel-immediate", RUN, FLAG, AT(parallel_immediate), .group = SEVERAL,
	  .help = "accepted: nobody waits for a connection of others" },
	{ .long_name = "rate", RUN, .type = OPT_STRING, AT(rate), .arg = "N/UNIT", .group = SEVERAL,
	  .help = "begin so many a second, or as in 10/m, 100/h, 2/5s" },

	{ .long_name = "output", .short_name = 'o', .type = OPT_LIST, .hint = OPT_HINT_FILE, AT(output), .arg = "FILE",
	  .group = OUTPUT, .help = "write the body there; one for each URL, #1 is what --glob has put in" },
	{ .long_name = "remote-name", .short_name = 'O', .type = OPT_COUNT, AT(remote_name), .group = OUTPUT,
	  .help = "into a file that is called like the URL's last part; once for each URL" },
	{ .long_name = "remote-name-all", FLAG, AT(remote_name_all), .group = OUTPUT, .help = "-O for all of them" },
	{ .long_name = "remote-header-name", .short_name = 'J', FLAG, AT(remote_header_name), .group = OUTPUT,
	  .help = "with -O: the name that Content-Disposition has" },
	{ .long_name = "output-dir", .type = OPT_STRING, .hint = OPT_HINT_DIR, AT(output_dir), .arg = "DIR",
	  .group = OUTPUT, .help = "put files there" },
	{ .long_name = "create-dirs", FLAG, AT(create_dirs), .group = OUTPUT, .help = "make the directories that lack" },
	{ .long_name = "clobber", .flags = OPT_NEGATABLE, FLAG, AT(clobber), .group = OUTPUT,
	  .help = "overwrite files (so without it); with no: write to NAME.1, NAME.2…" },
	{ .long_name = "skip-existing", FLAG, AT(skip_existing), .group = OUTPUT,
	  .help = "ask for nothing whose file is there" },
	{ .long_name = "part", .flags = OPT_NEGATABLE, FLAG, AT(part), .group = OUTPUT,
	  .help = "write to NAME.part until it is complete (so without it); with no: to NAME at once" },
	{ .long_name = "remove-on-error", FLAG, AT(remove_on_error), .group = OUTPUT,
	  .help = "keep no part of a file that fails" },
	{ .long_name = "continue-at", .short_name = 'C', .type = OPT_STRING, AT(continue_at), .arg = "OFFSET",
	  .group = OUTPUT, .help = "go on from there; -: behind what is there of the file" },
	{ .long_name = "checksum", .type = OPT_STRING, AT(checksum), .arg = "DIGEST", .group = OUTPUT,
	  .help = "sha256:HEX of the file, which is not kept, status 77, if it has another" },
	{ .long_name = "remote-time", .short_name = 'R', FLAG, AT(remote_time), .group = OUTPUT,
	  .help = "give the file the time of Last-Modified" },
	{ .long_name = "out-null", FLAG, AT(out_null), .group = OUTPUT, .help = "write the body nowhere" },
	{ .long_name = "include", .short_name = 'i', FLAG, AT(include), .group = OUTPUT,
	  .help = "the head of the response before its body" },
	{ .long_name = "dump-header", .short_name = 'D', .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(dump_header),
	  .arg = "FILE", .group = OUTPUT, .help = "write heads there; - is standard output" },
	{ .long_name = "print", .type = OPT_STRING, AT(print), .arg = "HBhbm", .group = OUTPUT,
	  .help = "what to print: H and B head and body of the request, h and b of the response, m numbers" },
	{ .long_name = "pretty", FLAG, AT(pretty), .group = OUTPUT, .help = "indent JSON" },
	{ .long_name = "color", RUN, .type = OPT_WORD, AT(color), .arg = "WHEN", .words = color_words, .def = "auto",
	  .group = OUTPUT, .help = "colour heads and JSON; auto: on a terminal, unless NO_COLOR is set" },
	{ .long_name = "unbuffered", .short_name = 'N', FLAG, AT(unbuffered), .group = OUTPUT,
	  .help = "accepted: what has come is written at once" },
	{ .long_name = "buffer", .flags = OPT_NEGATABLE | OPT_HIDDEN, FLAG, AT(buffer), .help = "the long name of it in curl" },
	{ .long_name = "silent", .short_name = 's', RUN, FLAG, AT(silent), .group = OUTPUT,
	  .help = "no progress, and no failures either, without -S" },
	{ .long_name = "show-error", .short_name = 'S', RUN, FLAG, AT(show_error), .group = OUTPUT,
	  .help = "with -s: failures all the same" },
	{ .long_name = "stderr", RUN, .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(stderr_file), .arg = "FILE",
	  .group = OUTPUT, .help = "what goes to standard error goes there; - is standard output" },
	{ .long_name = "progress-bar", .short_name = '#', RUN, FLAG, AT(progress_bar), .group = OUTPUT,
	  .help = "accepted: on a terminal it is a bar anyway" },
	{ .long_name = "progress-meter", .flags = OPT_NEGATABLE | OPT_GLOBAL, FLAG, AT(progress_meter), .group = OUTPUT,
	  .help = "progress on standard error, if that is a terminal (so without it)" },

	{ .long_name = "write-out", .short_name = 'w', .type = OPT_STRING, AT(write_out), .arg = "FORMAT",
	  .group = REPORTS, .help = "print this in the end, with %{variables} as curl has them; @FILE" },
	{ .long_name = "report", RUN, .type = OPT_STRING, AT(report), .arg = "FORMAT", .words = report_words,
	  .group = REPORTS, .help = "json[:FILE|:fd:N]: an object a line for each transfer and attempt" },
	{ .long_name = "har", RUN, .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(har), .arg = "FILE", .group = REPORTS,
	  .help = "an archive of all there was, for the tools of browsers" },
	{ .long_name = "trace-ascii", RUN, .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(trace_ascii), .arg = "FILE",
	  .group = REPORTS, .help = "write all that is sent and received there, as curl does; - is standard output" },
	{ .long_name = "trace-time", RUN, FLAG, AT(trace_time), .group = REPORTS,
	  .help = "with the time of day, also for -v" },
	{ .long_name = "show-secrets", RUN, FLAG, AT(show_secrets), .group = REPORTS,
	  .help = "show logins and cookies, which are *** without it" },
	{ .long_name = "exit", RUN, .type = OPT_WORD, AT(exit_style), .arg = "WHOSE", .words = exit_words, .def = "twc",
	  .group = REPORTS, .help = "whose exit status; curl: that of the first failure; curl-last: of the last transfer" },

	{ .long_name = "fail", .short_name = 'f', .type = OPT_SET, .excl = EXCL_FAIL, AT(fail), .value = HTTP_FAIL_EMPTY,
	  .group = CHECKS, .help = "status 1, and no body, when the server answers with 400 or above" },
	{ .long_name = "fail-with-body", .type = OPT_SET, .excl = EXCL_FAIL, AT(fail), .value = HTTP_FAIL_WITH_BODY,
	  .group = CHECKS, .help = "the same with the body" },
	{ .long_name = "fail-early", RUN, FLAG, AT(fail_early), .group = CHECKS,
	  .help = "the first transfer that fails ends them all" },
	{ .long_name = "expect", .type = OPT_LIST, AT(expect), .arg = "EXPR", .group = CHECKS,
	  .help = "status=200, header:Name~REGEX, json:.ok=true, body*=TEXT, time<500ms…; else status 1" },
	{ .long_name = "wait", RUN, .type = OPT_DURATION, AT(wait), .arg = "DURATION", .min = 1, .group = CHECKS,
	  .help = "ask again until there is an answer as expected; status 75 after this time" },
	{ 0 },
};

const struct opt_slip http_slips[] = {
	{ "--http2", "HTTP/1.1 is what it speaks" },
	{ "--http2-prior-knowledge", "HTTP/1.1 is what it speaks" },
	{ "--http3", "HTTP/1.1 is what it speaks" },
	{ "--tlsv1.0", "TLS 1.2 is the oldest there is" },
	{ "--tlsv1.1", "TLS 1.2 is the oldest there is" },
	{ "--data-ascii", "that is --data" },
	{ "--dns-servers", "that is --resolver" },
	{ "--follow", "redirects are followed with -L" },
	{ "--max-redirects", "that is --max-redirs" },
	{ "--multipart", "that is --items=multipart" },
	{ "--auth", "a login is -u USER:PASSWORD, a token --bearer" },
	{ "--auth-type", "--basic, --digest and --anyauth choose" },
	{ "-a", "a login is -u USER:PASSWORD, a token --bearer" },
	{ "--body", "that is --print=b" },
	{ "--headers", "that is --print=h" },
	{ "--download", "a file is written with -O or -o FILE" },
	{ "--check-status", "that is --fail-with-body" },
	{ "--verify", "-k trusts anybody, --cacert FILE an authority" },
	{ "--session", "cookies are kept with -b FILE -c FILE" },
	{ "--timeout", "--max-time is for the whole, --connect-timeout for the connection" },
	{ "--method", "that is -X METHOD" },
	{ "--post-data", "that is -d DATA" },
	{ "--body-data", "that is -d DATA with -X METHOD" },
	{ "--post-file", "that is --data-binary @FILE" },
	{ "--body-file", "that is -T FILE" },
	{ "--output-document", "that is -o FILE; -O names the file like the URL" },
	{ "--directory-prefix", "that is --output-dir DIR" },
	{ "-P", "that is --output-dir DIR" },
	{ "--no-check-certificate", "that is -k" },
	{ "--ca-certificate", "that is --cacert FILE" },
	{ "--certificate", "that is --cert FILE" },
	{ "--private-key", "that is --key FILE" },
	{ "--tries", "that is --retry N" },
	{ "-t", "that is --retry N" },
	{ "--server-response", "that is -i, or -v" },
	{ "--load-cookies", "that is -b FILE" },
	{ "--save-cookies", "that is -c FILE" },
	{ "--input-file", "URLs are read from a file of options: -K FILE with lines url = \"...\"" },
	{ "--socks5", "that is -x socks5://HOST:PORT" },
	{ "--socks5-hostname", "that is -x socks5h://HOST:PORT" },
	{ "--socks4", "that is -x socks4://HOST:PORT" },
	{ "--socks4a", "that is -x socks4a://HOST:PORT" },
	{ "--preproxy", "a chain of proxies is an endpoint: --via" },
	{ "--trace-config", "that is --trace LAYERS, or --trace-ascii FILE" },
	{ 0 },
};

void http_init(void *params)
{
	struct http_params *p = params;

	p->parallel_max = PARALLEL_MAX;
	p->alpn = p->clobber = p->part = p->progress_meter = p->buffer = true;
}

void http_fini(void *params)
{
	struct http_params *p = params;
	struct opt_list *const lists[] = { &p->headers, &p->proxy_headers, &p->url_query, &p->data,   &p->form,
					   &p->upload,  &p->connect_to,	   &p->cookies,	  &p->output, &p->expect };

	for (size_t i = 0; i < TWC_ARRAY_LEN(lists); i++)
		opt_list_fini(lists[i]);
}
