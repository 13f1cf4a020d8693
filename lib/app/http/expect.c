/* SPDX-License-Identifier: MIT */
/*
 * Assertions held against a response. The body passes by: what can be looked at as it passes (its size, a
 * digest, a regular expression) is; only one that is compared as a whole, or is JSON, is kept, up to a
 * limit.
 */
#include "app/http/expect_int.h"

#include <inttypes.h>
#include <stdio.h>

#include <twc/parse.h>

#include "base/banned.h"

#define GOT_MAX 200
#define SHOWN_MAX 80

struct twc_http_expect {
	struct twc__http_assertion *a; /* owned */
	size_t n;
	bool keeps_body, has_json;
	struct twc_buf body; /* when keeps_body */
	bool is_too_long;
	uint64_t size;
	struct twc__digest *digest; /* owned; NULL: nobody asks */
	/* while it is checked */
	char sha256[TWC__DIGEST_HEX_MAX + 1];
	struct twc_json_doc *doc;
};

struct twc_http_expect *twc_http_expect_new(void)
{
	struct twc_http_expect *x = twc_calloc(1, sizeof(*x));

	twc_buf_init(&x->body, TWC_HTTP_EXPECT_BODY_MAX);
	return x;
}

void twc_http_expect_free(struct twc_http_expect *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		twc__http_assertion_fini(&x->a[i]);
	twc_free(x->a);
	twc_buf_fini(&x->body);
	twc__digest_free(x->digest);
	twc_free(x);
}

int twc_http_expect_add(struct twc_http_expect *x, const char *expr, struct twc_err *err)
{
	struct twc__http_assertion a = { 0 };

	if (twc__http_assertion_parse(&a, expr, err) < 0 ||
	    (a.subject == TWC__HTTP_BODY_SHA256 && !x->digest &&
	     !(x->digest = twc__digest_new(TWC__DIGEST_SHA256, err)))) {
		twc__http_assertion_fini(&a);
		return err ? err->code : TWC_EUSAGE;
	}
	x->has_json |= a.subject == TWC__HTTP_JSON;
	x->keeps_body |= a.subject == TWC__HTTP_JSON || (a.subject == TWC__HTTP_BODY && a.op != TWC__HTTP_MATCH);
	x->a = twc_realloc(x->a, (x->n + 1) * sizeof(*x->a));
	x->a[x->n++] = a;
	return 0;
}

size_t twc_http_expect_count(const struct twc_http_expect *x)
{
	return x->n;
}

bool twc_http_expect_is_about_heads(const struct twc_http_expect *x)
{
	for (size_t i = 0; i < x->n; i++)
		switch (x->a[i].subject) {
		case TWC__HTTP_TRAILER:
		case TWC__HTTP_BODY:
		case TWC__HTTP_BODY_SIZE:
		case TWC__HTTP_BODY_SHA256:
		case TWC__HTTP_JSON:
		case TWC__HTTP_TIME:
			return false;
		default:
			break;
		}
	return true;
}

/* ---- a body passes ---- */

void twc_http_expect_begin(struct twc_http_expect *x)
{
	twc_buf_clear(&x->body);
	x->is_too_long = false;
	x->size = 0;
	if (x->digest)
		twc__digest_restart(x->digest);
	for (size_t i = 0; i < x->n; i++) {
		struct twc__http_assertion *a = &x->a[i];

		if (a->subject != TWC__HTTP_BODY || a->op != TWC__HTTP_MATCH)
			continue;
		twc_watcher_free(a->watcher);
		a->watcher = twc_watcher_new(a->regex);
	}
}

void twc_http_expect_data(struct twc_http_expect *x, const void *p, size_t n)
{
	x->size += n;
	if (x->digest)
		twc__digest_add(x->digest, p, n);
	if (x->keeps_body && !x->is_too_long && twc_buf_add(&x->body, p, n) < 0)
		x->is_too_long = true;
	for (size_t i = 0; i < x->n; i++)
		if (x->a[i].watcher)
			twc_watcher_feed(x->a[i].watcher, p, n, false);
}

/* ---- holding them ---- */

static bool compare(const struct twc__http_assertion *a, int64_t got)
{
	switch (a->op) {
	case TWC__HTTP_EQ:
		return got >= a->low && got <= a->high;
	case TWC__HTTP_NE:
		return got < a->low || got > a->high;
	case TWC__HTTP_LT:
		return got < a->low;
	case TWC__HTTP_LE:
		return got <= a->high;
	case TWC__HTTP_GT:
		return got > a->high;
	case TWC__HTTP_GE:
		return got >= a->low;
	default:
		return false;
	}
}

static bool matches(const struct twc__http_assertion *a, struct twc_str s)
{
	struct twc_watcher *w = twc_watcher_new(a->regex);
	bool is_met = twc_watcher_feed(w, s.n > 0 ? s.p : "", s.n, true);

	twc_watcher_free(w);
	return is_met;
}

static bool text_holds(const struct twc__http_assertion *a, struct twc_str s)
{
	switch (a->op) {
	case TWC__HTTP_EQ:
		return twc_str_eq(s, a->value);
	case TWC__HTTP_NE:
		return !twc_str_eq(s, a->value);
	case TWC__HTTP_HOLDS:
		return a->value.n == 0 || (s.n > 0 && memmem(s.p, s.n, a->value.p, a->value.n));
	default:
		return matches(a, s);
	}
}

/* `got` has room for GOT_MAX. */
static void say_text(char *got, struct twc_str s)
{
	char shown[SHOWN_MAX];

	twc_escape(shown, sizeof(shown), s);
	snprintf(got, GOT_MAX, "\"%s\"", shown);
}

static bool field_holds(const struct twc__http_assertion *a, const struct twc_http_fields *f, char *got)
{
	bool is_there = false, holds = a->op == TWC__HTTP_NE;

	snprintf(got, GOT_MAX, "no such field");
	for (size_t i = f ? twc_http_fields_find(f, a->name, 0) : SIZE_MAX; i != SIZE_MAX;
	     i = twc_http_fields_find(f, a->name, i + 1)) {
		struct twc_str value = twc_http_fields_at(f, i).value;

		if (!is_there || (a->op == TWC__HTTP_NE && !text_holds(a, value)))
			say_text(got, value);
		is_there = true;
		if (a->op == TWC__HTTP_NE)
			holds &= text_holds(a, value);
		else if (a->op > TWC__HTTP_ABSENT)
			holds |= text_holds(a, value);
	}
	if (a->op == TWC__HTTP_EXISTS || a->op == TWC__HTTP_ABSENT)
		return is_there == (a->op == TWC__HTTP_EXISTS);
	return holds;
}

static bool body_holds(const struct twc_http_expect *x, const struct twc__http_assertion *a, char *got)
{
	if (a->op == TWC__HTTP_MATCH) {
		if (twc_watcher_feed(a->watcher, "", 0, true))
			return true;
		snprintf(got, GOT_MAX, "a body that does not match");
		return false;
	}
	if (x->is_too_long) {
		snprintf(got, GOT_MAX, "a body of more than %d bytes", TWC_HTTP_EXPECT_BODY_MAX);
		return false;
	}
	say_text(got, twc_buf_str(&x->body));
	return text_holds(a, twc_buf_str(&x->body));
}

static bool json_holds(const struct twc_http_expect *x, const struct twc__http_assertion *a, char *got)
{
	if (twc_json_expect_holds(a->json, x->doc, got, GOT_MAX))
		return true;
	if (x->is_too_long)
		snprintf(got, GOT_MAX, "a body of more than %d bytes", TWC_HTTP_EXPECT_BODY_MAX);
	else if (!x->doc)
		snprintf(got, GOT_MAX, "a body that is no JSON");
	return false;
}

static bool number_holds(const struct twc__http_assertion *a, int64_t n, char *got)
{
	snprintf(got, GOT_MAX, "%" PRId64, n);
	return compare(a, n);
}

static bool duration_holds(const struct twc__http_assertion *a, uint64_t ns, char *got)
{
	twc_format_duration(got, GOT_MAX, ns);
	return compare(a, (int64_t)ns);
}

static bool size_holds(const struct twc__http_assertion *a, uint64_t n, char *got)
{
	snprintf(got, GOT_MAX, "%" PRIu64, n);
	return compare(a, n < INT64_MAX ? (int64_t)n : INT64_MAX);
}

static bool tls_holds(const struct twc__http_assertion *a, const char *version, char *got)
{
	if (!version || strncmp(version, "TLSv1.", 6) != 0) {
		snprintf(got, GOT_MAX, "no TLS");
		return false;
	}
	snprintf(got, GOT_MAX, "%s", version);
	return compare(a, 10 + version[6] - '0');
}

static bool cert_holds(const struct twc__http_assertion *a, const struct twc_http_expect_facts *f, char *got)
{
	if (f->cert)
		return number_holds(a, twc_tls_days_left(f->cert, f->now_s), got);
	snprintf(got, GOT_MAX, "no certificate");
	return false;
}

static bool digest_holds(const struct twc_http_expect *x, const struct twc__http_assertion *a, char *got)
{
	snprintf(got, GOT_MAX, "%s", x->sha256);
	return twc_str_eq_nocase(a->value, twc_str_of(x->sha256));
}

static bool holds(const struct twc_http_expect *x, const struct twc__http_assertion *a,
		  const struct twc_http_expect_facts *f, char *got)
{
	switch (a->subject) {
	case TWC__HTTP_STATUS:
		return number_holds(a, f->status, got);
	case TWC__HTTP_HEADER:
		return field_holds(a, f->fields, got);
	case TWC__HTTP_TRAILER:
		return field_holds(a, f->trailers, got);
	case TWC__HTTP_BODY:
		return body_holds(x, a, got);
	case TWC__HTTP_BODY_SIZE:
		return size_holds(a, x->size, got);
	case TWC__HTTP_BODY_SHA256:
		return digest_holds(x, a, got);
	case TWC__HTTP_JSON:
		return json_holds(x, a, got);
	case TWC__HTTP_TIME:
		return duration_holds(a, f->total_ns, got);
	case TWC__HTTP_TTFB:
		return duration_holds(a, f->first_byte_ns, got);
	case TWC__HTTP_REDIRECTS:
		return number_holds(a, f->redirects, got);
	case TWC__HTTP_URL:
		say_text(got, f->url);
		return text_holds(a, f->url);
	case TWC__HTTP_VERSION:
		snprintf(got, GOT_MAX, "%s", twc_http_version_name(f->version) + 5);
		return compare(a, f->version);
	case TWC__HTTP_TLS:
		return tls_holds(a, f->tls, got);
	case TWC__HTTP_CERT_DAYS:
		return cert_holds(a, f, got);
	}
	return false;
}

/* What is known of a body when all of it has come. */
static void sum_up(struct twc_http_expect *x)
{
	uint8_t bytes[TWC__DIGEST_MAX];
	size_t n;

	if (x->has_json && !x->is_too_long)
		x->doc = twc_json_doc_new(twc_buf_str(&x->body), NULL);
	if (!x->digest)
		return;
	n = twc__digest_end(x->digest, bytes);
	twc__hex_encode(x->sha256, bytes, n);
	x->sha256[2 * n] = '\0';
}

size_t twc_http_expect_check(struct twc_http_expect *x, const struct twc_http_expect_facts *facts,
			     void (*failed)(void *arg, const char *expr, const char *got), void *arg)
{
	size_t n = 0;

	sum_up(x);
	for (size_t i = 0; i < x->n; i++) {
		char got[GOT_MAX] = "no response";

		if (facts->status > 0 && holds(x, &x->a[i], facts, got))
			continue;
		n++;
		if (failed)
			failed(arg, x->a[i].text, got);
	}
	twc_json_doc_free(x->doc);
	x->doc = NULL;
	return n;
}
