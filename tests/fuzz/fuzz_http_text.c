/* SPDX-License-Identifier: MIT */
/*
 * The small texts of HTTP: dates, entity tags, preferences, parameters, dispositions, names of files and their types. No
 * reader leaves its view; what is understood comes back from what is written of it; a name that was found fit holds nothing
 * that leads out of the directory.
 */
#include <stdlib.h>
#include <twc/buf.h>

#include "protocol/http/date.h"
#include "protocol/http/disposition.h"
#include "protocol/http/mime.h"
#include "protocol/http/param.h"
#include "protocol/http/precond.h"
#include "protocol/http/quality.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1795186800)

static void check_date(struct twc_str s, uint64_t seed)
{
	char out[TWC__HTTP_DATE_LEN], iso[TWC__HTTP_ISO_MAX];
	struct twc_str text = { out, sizeof(out) };
	int64_t t, back;

	if (twc__http_cookie_date(s, &t))
		TWC_ASSERT(t >= INT64_C(-11644473600) && t <= INT64_C(253402300799));
	if (twc__http_iso_parse(s, &t))
		TWC_ASSERT(t > INT64_C(-62135683200) && t < INT64_C(253402387200));
	if (!twc__http_date_parse(s, NOW, &t))
		t = (int64_t)(seed % UINT64_C(315537897600)) - INT64_C(62135596800);
	if (t > INT64_C(253402300799)) /* a leap second at the end of time */
		return;
	twc__http_date_format(out, t);
	TWC_ASSERT(twc__http_date_parse(text, NOW, &back) && back == t);
	if (t >= INT64_C(-11644473600))
		TWC_ASSERT(twc__http_cookie_date(text, &back) && back == t);
	text = (struct twc_str){ iso, twc__http_iso_format(iso, t, 999999, 6) };
	TWC_ASSERT(twc__http_iso_parse(text, &back) && back == t);
}

static void check_etags(struct twc_str s)
{
	struct twc__http_conditions c = { TWC_STR("GET"), s, s, s, s, s, true };
	struct twc__http_validators v = { true, true, 784111777, s };
	struct twc__http_etag e;
	struct twc_str list = s;
	bool use_range = true;

	while (twc__http_etag_next(&list, &e)) {
		TWC_ASSERT(e.tag.p > s.p && e.tag.p + e.tag.n < s.p + s.n);
		TWC_ASSERT(e.tag.n == 0 || !memchr(e.tag.p, '"', e.tag.n));
		TWC_ASSERT(twc__http_etag_eq_weak(&e, &e) && twc__http_etag_eq_strong(&e, &e) == !e.is_weak);
	}
	/* Whoever has the tag gets 304; nothing but 2xx carries a part. */
	if (twc__http_precond_check(&c, &v, NOW, &use_range) != TWC__HTTP_PROCEED)
		TWC_ASSERT(!use_range);
	c.if_match.p = NULL;
	if (twc__http_etag_parse(s, &e))
		TWC_ASSERT(twc__http_precond_check(&c, &v, NOW, NULL) == TWC__HTTP_NOT_MODIFIED);
}

static void check_quality(struct twc_str s)
{
	static const char *const codings[] = { "br", "gzip", NULL }, *const types[] = { "text/html;a=b", "image/png", NULL };
	struct twc__http_quality q;
	struct twc_str rest = s;
	unsigned precision;
	int i;

	while (twc__http_quality_next(&rest, &q)) {
		TWC_ASSERT(q.q <= 1000 && q.value.n > 0 && q.value.p >= s.p);
		TWC_ASSERT(q.params.n == 0 || q.params.p + q.params.n <= s.p + s.n);
	}
	i = twc__http_choose_coding(s, codings);
	TWC_ASSERT(i >= TWC__HTTP_CODING_NONE && i <= 1);
	i = twc__http_choose_type(s, types);
	TWC_ASSERT(i >= -1 && i <= 1);
	for (int k = 0; k < 2; k++) /* none is heavier than the chosen one */
		TWC_ASSERT(twc__http_accept_weight(s, twc_str_of(types[k]), &precision) <=
			   (i < 0 ? 0 : twc__http_accept_weight(s, twc_str_of(types[i]), NULL)));
}

static void check_params(struct twc_str s)
{
	struct twc__http_param p;
	struct twc_str rest = s;
	char *out = twc_malloc(s.n);

	twc__http_param_head(&rest);
	while (twc__http_param_next(&rest, &p) > 0) {
		size_t n = twc__http_param_value(&p, out, s.n);

		TWC_ASSERT(n <= p.value.n && p.name.n > 0 && twc__http_param_eq(&p, &p));
		if (n > 0)
			TWC_ASSERT(twc__http_param_value(&p, out, n - 1) == n);
	}
	twc_free(out);
}

static void check_safe(struct twc_str name)
{
	TWC_ASSERT(name.n >= 1 && name.n <= TWC__HTTP_SAFE_NAME_MAX && name.p[0] != '.');
	for (size_t i = 0; i < name.n; i++)
		TWC_ASSERT((unsigned char)name.p[i] >= 0x20 && name.p[i] != 0x7f && name.p[i] != '/' && name.p[i] != '\\');
}

static void check_disposition(struct twc_str s)
{
	struct twc__http_disposition d;
	struct twc_str name;

	twc__http_disposition_parse(s, &d);
	TWC_ASSERT(d.filename_len <= TWC__HTTP_FILENAME_MAX && d.filename[d.filename_len] == '\0');
	TWC_ASSERT(d.has_filename || d.filename_len == 0);
	if (twc__http_safe_name((struct twc_str){ d.filename, d.filename_len }, &name, NULL) == 0)
		check_safe(name);
	if (twc__http_safe_name(s, &name, NULL) == 0)
		check_safe(name);
}

static void check_types(struct twc_str s)
{
	struct twc_str type = twc__http_mime_of(s);

	TWC_ASSERT(type.n > 0 && memchr(type.p, '/', type.n));
	twc__http_mime_is_compressible(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = twc_malloc(size);
	struct twc_str s = { bytes, size };
	uint64_t seed = 0;

	if (size)
		memcpy(bytes, data, size);
	memcpy(&seed, bytes, size < 8 ? size : 8);
	check_date(s, seed);
	check_etags(s);
	check_quality(s);
	check_params(s);
	check_disposition(s);
	check_types(s);
	twc_free(bytes);
	return 0;
}
