/* SPDX-License-Identifier: MIT */
/* Answers that are their status, by choice or by chance; their delay; their fields. */
#include "app/http/bin.h"

#include <stdio.h>

#include "protocol/http/html.h"
#include "protocol/http/octet.h"
#include "base/banned.h"

#define CHOICES_MAX 100

/* ---- status ---- */

/* What goes with some of them. A Location is below where the set stands. */
static const struct special {
	int status;
	const char *name, *value;
	const char *type, *body;
} specials[] = {
	{ 300, "Location", "/image/jpeg", "text/html; charset=utf-8",
	  "<!DOCTYPE html>\n<title>Multiple Choices</title>\n<p>There is an image as JPEG, PNG, SVG and WebP.</p>\n" },
	{ 301, "Location", "/redirect/1", NULL, NULL },
	{ 302, "Location", "/redirect/1", NULL, NULL },
	{ 303, "Location", "/redirect/1", NULL, NULL },
	{ 305, "Location", "/redirect/1", NULL, NULL },
	{ 307, "Location", "/redirect/1", NULL, NULL },
	{ 308, "Location", "/image/jpeg", NULL, NULL },
	{ 401, "WWW-Authenticate", "Basic realm=\"twc\"", NULL, NULL },
	{ 402, NULL, NULL, NULL, "Pay first.\n" },
	{ 405, "Allow", "", NULL, NULL },
	{ 406, NULL, NULL, "application/json; charset=utf-8",
	  "{\n  \"message\": \"None of the media types that are there was asked for\",\n"
	  "  \"accept\": [\n"
	  "    \"image/webp\",\n    \"image/svg+xml\",\n    \"image/jpeg\",\n    \"image/png\",\n    \"image/*\"\n  ]\n}\n" },
	{ 407, "Proxy-Authenticate", "Basic realm=\"twc\"", NULL, NULL },
	{ 418, "X-More-Info", "https://www.rfc-editor.org/rfc/rfc2324", NULL, "I'm a teapot!\n" },
	{ 426, "Upgrade", "HTTP/2.0", NULL, NULL },
};

static void send_status(const struct twc__bin *bin, struct twc_http_exchange *x, int status)
{
	const struct special *s = NULL;
	const char *type = "text/plain; charset=utf-8", *body = "";

	for (size_t i = 0; i < TWC_ARRAY_LEN(specials); i++)
		if (specials[i].status == status)
			s = &specials[i];
	if (s && s->name) {
		char *value = twc_asprintf("%s%s", s->value[0] == '/' ? bin->prefix : "", s->value);

		twc_http_add_field(x, s->name, value);
		twc_free(value);
	}
	if (s && s->type)
		type = s->type;
	if (s && s->body)
		body = s->body;
	twc__bin_send(x, status, type, twc_str_of(body));
}

/* ---- a choice: "200:0.9,500:0.1" ---- */

struct choice {
	int status;
	double weight;
};

/* Digits, and a fraction or none: no signs, no exponents, no names. */
static bool parse_part(struct twc_str s, double *out)
{
	struct twc_str whole, rest = s;
	double scale = 1;
	uint64_t n;

	twc_str_cut(&rest, '.', &whole);
	if (!s.n || s.n > 18 || (whole.n && !twc__http_decimal(whole, &n)) || (!whole.n && !rest.n))
		return false;
	*out = whole.n ? (double)n : 0;
	for (size_t i = 0; i < rest.n; i++) {
		if (!twc__http_is((unsigned char)rest.p[i], TWC__HTTP_DIGIT))
			return false;
		scale /= 10;
		*out += scale * (rest.p[i] - '0');
	}
	return true;
}

static bool parse_choice(struct twc_http_exchange *x, struct twc_str s, struct choice *c)
{
	struct twc_err err = { 0 };
	struct twc_str code;
	uint64_t n;

	c->weight = 1;
	twc_str_cut(&s, ':', &code);
	if (twc_parse_uint(code, 200, 599, &n, &err) < 0) {
		twc__bin_fail_err(x, 400, "status", &err);
		return false;
	}
	c->status = (int)n;
	if (!s.p || parse_part(s, &c->weight))
		return true;
	twc__bin_fail(x, 400, "a weight is a number, such as 0.5");
	return false;
}

static int choose(const struct choice *choice, size_t n, double part)
{
	double all = 0, at = 0;

	for (size_t i = 0; i < n; i++)
		all += choice[i].weight;
	for (size_t i = 0; i < n; i++) {
		at += choice[i].weight;
		if (part * all < at)
			return choice[i].status;
	}
	return choice[n - 1].status;
}

static struct twc_deferred *handle_status(void *arg, struct twc_http_exchange *x)
{
	struct twc_str rest = twc_http_param(x, "codes"), one;
	struct choice choice[CHOICES_MAX];
	uint64_t chance;
	size_t n = 0;

	while (twc_str_cut(&rest, ',', &one)) {
		if (n == CHOICES_MAX) {
			twc__bin_fail(x, 400, "too many codes");
			return NULL;
		}
		if (!parse_choice(x, one, &choice[n++]))
			return NULL;
	}
	if (twc__bin_query_seed(arg, x, &chance))
		send_status(arg, x, choose(choice, n, twc__bin_random_part(&chance)));
	return NULL;
}

static struct twc_deferred *handle_unstable(void *arg, struct twc_http_exchange *x)
{
	struct twc_str rate = twc_http_query(x, "failure_rate");
	double part = 0.5;
	uint64_t chance;

	if (rate.n && (!parse_part(rate, &part) || part > 1))
		twc__bin_fail(x, 400, "failure_rate: a number from 0 to 1");
	else if (twc__bin_query_seed(arg, x, &chance))
		send_status(arg, x, twc__bin_random_part(&chance) < part ? 500 : 200);
	return NULL;
}

/* ---- delay ---- */

static struct twc_deferred *handle_delay(void *arg, struct twc_http_exchange *x)
{
	uint64_t ns;

	(void)arg;
	return twc__bin_time(x, "duration", twc_http_param(x, "duration"), &ns) ? twc__bin_echo_after(x, ns) : NULL;
}

/* ---- fields ---- */

static bool are_fields(const struct twc__bin_values *v)
{
	if (v->rc)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (!twc_http_is_token(twc__bin_values_name(v, i)) || !twc__http_all(twc__bin_values_value(v, i), TWC__HTTP_VALUE))
			return false;
	return true;
}

/* A browser might take the answer for a page, and run what the query says: then nothing in it is markup. */
static void write_escaped(struct twc__bin_values *v, struct twc_json *j)
{
	struct twc__bin_values out;
	struct twc_buf name, value;

	twc__bin_values_init(&out);
	twc_buf_init(&name, TWC__BIN_BODY_MAX);
	twc_buf_init(&value, TWC__BIN_BODY_MAX);
	for (size_t i = 0; i < v->n; i++) {
		twc_buf_clear(&name);
		twc_buf_clear(&value);
		if (twc__http_add_html(&name, twc__bin_values_name(v, i)) < 0 ||
		    twc__http_add_html(&value, twc__bin_values_value(v, i)) < 0)
			j->failed = true;
		twc__bin_values_add(&out, twc_buf_str(&name), twc_buf_str(&value));
	}
	twc__bin_values_write(&out, j, NULL);
	twc_buf_fini(&name);
	twc_buf_fini(&value);
	twc__bin_values_fini(&out);
}

/* How many Content-Types there are, and whether none of them makes markup of what is sent. */
static size_t count_types(const struct twc__bin_values *v, bool *are_inert)
{
	size_t n = 0;

	*are_inert = true;
	for (size_t i = 0; i < v->n; i++) {
		if (!twc_str_eq_nocase(twc__bin_values_name(v, i), TWC_STR("Content-Type")))
			continue;
		*are_inert &= twc__bin_is_inert(twc__bin_values_value(v, i));
		n++;
	}
	return n;
}

static void tell_fields(struct twc_http_exchange *x, struct twc__bin_values *v)
{
	bool are_inert;
	struct twc_json j = { .first = true };
	struct twc_buf out;

	if (!count_types(v, &are_inert))
		twc__bin_values_add(v, TWC_STR("Content-Type"), TWC_STR("application/json; charset=utf-8"));
	twc_http_add_field(x, "X-Content-Type-Options", "nosniff");
	for (size_t i = 0; i < v->n; i++)
		twc_http_add_field_str(x, twc__bin_values_name(v, i), twc__bin_values_value(v, i));
	twc_buf_init(&out, TWC__BIN_JSON_MAX);
	j.buf = &out;
	if (are_inert)
		twc__bin_values_write(v, &j, NULL);
	else
		write_escaped(v, &j);
	twc__bin_indent(&out);
	if (j.failed)
		twc__bin_fail(x, 413, NULL);
	else
		twc_http_send(x, twc_buf_head(&out), twc_buf_len(&out));
	twc_buf_fini(&out);
}

static struct twc_deferred *handle_response_headers(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_values v;

	(void)arg;
	twc__bin_values_init(&v);
	twc__bin_values_add_form(&v, twc_http_request(x)->query);
	if (are_fields(&v))
		tell_fields(x, &v);
	else
		twc__bin_fail(x, 400, "not fit for header fields");
	twc__bin_values_fini(&v);
	return NULL;
}

const struct twc__bin_route twc__bin_status[] = {
	{ NULL, "/status/<codes>", handle_status, "This status, or one of 200:3,503:1 by weight; ?seed=." },
	{ NULL, "/unstable", handle_unstable, "500 half of the time; ?failure_rate=0.5, ?seed=." },
	{ NULL, "/delay/<duration>", handle_delay, "As /anything, after so many seconds, 10 at most." },
	{ NULL, "/response-headers", handle_response_headers, "Each argument becomes a header field." },
	{ .pattern = NULL },
};
