/* SPDX-License-Identifier: MIT */
/* What of the options and operands of twc http does not fit together, or is no value: nothing is read or
 * started for it. */
#include "http_rows.h"
#include "http_words.h"
#include <stdlib.h>
#include <twc/http_expect.h>
#include <twc/http_fetch.h>
#include <twc/http_message.h>
#include <twc/parse.h>

#define NO(...) return twc_err_set(err, TWC_EUSAGE, __VA_ARGS__)

static size_t count_data(const struct http_words *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_items; i++)
		n += http_item_is_data(&w->item[i]);
	return n;
}

/* Whence the body? From one place. */
static int check_body(const struct http_params *p, const struct http_words *w, struct twc_err *err)
{
	size_t items = count_data(w);
	bool data = p->data.n > 0, form = p->form.n > 0, upload = p->upload.n > 0;

	if (data + form + upload + (items > 0) > 1 && !(form && items))
		NO("one request has one body: %s and %s exclude each other", data ? "-d" : form ? "-F" : "-T",
		   items ? "items of data" : upload ? "-T" : "-F");
	if (p->head && (form || upload || items || (data && !p->get)))
		NO("-I asks for a head, and takes no body");
	if (p->get && (form || upload || items))
		NO("-G is about -d; a query of items is name==value");
	if (upload && p->upload.n > w->n_urls && !p->glob)
		NO("-T: more files than URLs");
	for (size_t i = 0; p->wait && i < p->upload.n; i++)
		if (strcmp(p->upload.item[i].value, "-") == 0)
			NO("--wait asks more than once, and standard input can be read just once");
	return 0;
}

static int check_method(const struct http_params *p, const struct http_words *w, struct twc_err *err)
{
	if (p->request && w->method)
		NO("the method is %s by the operand, and %s by -X", w->method, p->request);
	if (p->request && !twc_http_is_token(twc_str_of(p->request)))
		NO("-X: a method is a word of letters");
	if (w->method && p->head)
		NO("-I is the method HEAD, and the operand says %s", w->method);
	return 0;
}

static int check_output(const struct http_params *p, const struct http_words *w, struct twc_err *err)
{
	if (p->output.n + p->remote_name > w->n_urls)
		NO("more of -o and -O than URLs");
	if (p->remote_header_name && !p->remote_name && !p->remote_name_all)
		NO("-J is about the name of a file: it goes with -O");
	if (p->continue_at && p->range)
		NO("-C and -r exclude each other");
	if (p->out_null && (p->output.n || p->remote_name || p->remote_name_all))
		NO("--out-null writes nothing: it does not go with -o and -O");
	if (p->checksum && !p->output.n && !p->remote_name && !p->remote_name_all)
		NO("--checksum is about a file: it goes with -o or -O");
	if (p->skip_existing && !p->output.n && !p->remote_name && !p->remote_name_all)
		NO("--skip-existing is about a file: it goes with -o or -O");
	if (p->print && strspn(p->print, "HBhbm") != strlen(p->print))
		NO("--print: the letters are H B h b m");
	if (p->print && p->include)
		NO("-i and --print exclude each other: --print=hb is -i");
	return 0;
}

static int check_numbers(const struct http_params *p, struct twc_err *err)
{
	struct twc_err why = { 0 };
	uint64_t n;
	uint16_t port;

	if (p->max_redirs && strcmp(p->max_redirs, "-1") != 0 &&
	    twc_parse_uint(twc_str_of(p->max_redirs), 0, 1000000, &n, &why) < 0)
		NO("--max-redirs: %s", why.text);
	if (p->local_port && twc_parse_port(twc_str_of(p->local_port), &port, &why) < 0)
		NO("--local-port: %s", why.text);
	if (p->continue_at && strcmp(p->continue_at, "-") != 0 &&
	    twc_parse_uint(twc_str_of(p->continue_at), 0, INT64_MAX, &n, &why) < 0)
		NO("-C: %s; - goes on behind what is there", why.text);
	return 0;
}

/* "10/s" "100/m" "2/5s" "3" */
static int check_rate(const char *rate, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(rate), number;
	uint64_t n, ns;
	char text[32] = "1";

	(void)twc_str_cut(&rest, '/', &number);
	if (twc_parse_uint(number, 1, 1000000000, &n, NULL) < 0)
		NO("--rate: %.40s is not N/UNIT, as 10/s or 100/m", rate);
	if (!rest.p)
		return 0;
	if (rest.n == 0 || rest.n >= sizeof(text) - 1)
		NO("--rate: %.40s is not N/UNIT, as 10/s or 100/m", rate);
	memcpy(text + !(rest.p[0] >= '0' && rest.p[0] <= '9'), rest.p, rest.n);
	if (twc_parse_duration(twc_str_of(text), &ns, NULL) < 0 || ns == 0)
		NO("--rate: %.*s is no unit; s, m, h, 5s are", (int)rest.n, rest.p);
	return 0;
}

static int check_events(const struct http_params *p, const struct http_words *w, struct twc_err *err)
{
	bool is_sse = p->sse || p->sse_json;

	if (p->count && !is_sse)
		NO("--count is about events: it goes with --sse or --sse-json");
	if (is_sse && w->n_urls > 1)
		NO("--%s goes with one URL", p->sse ? "sse" : "sse-json");
	if (is_sse && p->expect.n)
		NO("--expect is about a whole response, and --%s is about one without end", p->sse ? "sse" : "sse-json");
	if (p->sse && p->sse_json)
		NO("--sse and --sse-json exclude each other");
	return 0;
}

static int check_expect(const struct http_params *p, struct twc_err *err)
{
	struct twc_http_expect *x = twc_http_expect_new();
	struct twc_err why = { 0 };
	int rc = 0;

	for (size_t i = 0; i < p->expect.n && rc == 0; i++) {
		const char *expr = p->expect.item[i].value;

		rc = twc_http_expect_add(x, expr, &why);
		if (rc < 0)
			twc_err_set(err, TWC_EUSAGE, "--expect %.80s: %s (column %d)", expr, why.text, why.column);
	}
	twc_http_expect_free(x);
	return rc < 0 ? TWC_EUSAGE : 0;
}

static int check_run(const struct http_params *p, struct twc_err *err)
{
	unsigned schemes;
	struct twc_err why = { 0 };

	if (p->proto && twc_http_schemes_parse(twc_str_of(p->proto), &schemes, &why) < 0)
		NO("--proto: %s", why.text);
	if (p->proto && schemes == 0)
		NO("--proto: %.80s leaves neither http nor https", p->proto);
	if (p->proto_redir && twc_http_schemes_parse(twc_str_of(p->proto_redir), &schemes, &why) < 0)
		NO("--proto-redir: %s", why.text);
	if (p->rate && check_rate(p->rate, err) < 0)
		return err->code;
	if (p->report && strcmp(p->report, "json") != 0 && strncmp(p->report, "json:", 5) != 0)
		NO("--report: %.40s is not json, json:FILE or json:fd:N", p->report);
	if (p->wait && (p->sse || p->sse_json))
		NO("--wait does not go with --%s, which connects again by itself", p->sse ? "sse" : "sse-json");
	if (p->offline && p->print_curl)
		NO("--offline and --print-curl exclude each other");
	return 0;
}

static int check_tls(const struct http_params *p, struct twc_err *err)
{
	if (!p->alpn && (p->http2 || p->http2_prior))
		NO("--no-alpn leaves HTTP/1.1, and --%s asks for HTTP/2", p->http2 ? "http2" : "http2-prior-knowledge");
	if (p->cacert && p->capath)
		NO("--cacert and --capath exclude each other");
	if (p->key && !p->cert)
		NO("--key is that of a certificate: it goes with --cert");
	if (p->pass && !p->cert)
		NO("--pass is that of a certificate's key: it goes with --cert");
	if (p->proxy_cacert && p->proxy_capath)
		NO("--proxy-cacert and --proxy-capath exclude each other");
	if (p->proxy_insecure && (p->proxy_cacert || p->proxy_capath))
		NO("--proxy-insecure trusts anybody, and --%s somebody", p->proxy_cacert ? "proxy-cacert" : "proxy-capath");
	if (p->proxy_key && !p->proxy_cert)
		NO("--proxy-key is that of a certificate: it goes with --proxy-cert");
	if (p->via && p->proxy && p->proxy[0])
		NO("--via and -x exclude each other: the endpoint can name a proxy (via=[socks5:HOST])");
	if (p->user && p->bearer)
		NO("-u and --bearer exclude each other");
	return 0;
}

int http_check_rows(const struct http_params *p, struct twc_err *err)
{
	int rc = check_numbers(p, err);

	return rc == 0 ? check_tls(p, err) : rc;
}

int http_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct http_params *p = params;
	struct http_words w = { 0 };
	int rc = http_words_parse(&w, n, operand, err);

	(void)ctx;
	if (rc == 0)
		rc = check_method(p, &w, err);
	if (rc == 0)
		rc = check_body(p, &w, err);
	if (rc == 0)
		rc = check_output(p, &w, err);
	if (rc == 0)
		rc = check_events(p, &w, err);
	http_words_fini(&w);
	if (rc == 0)
		rc = http_check_rows(p, err);
	if (rc == 0)
		rc = check_run(p, err);
	return rc == 0 ? check_expect(p, err) : rc;
}
