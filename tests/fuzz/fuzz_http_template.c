/* SPDX-License-Identifier: MIT */
/*
 * Texts with gaps: whatever values are filled in, JSON stays JSON, and text without gaps stays what it is.
 *
 * Input: length of the text (1 byte), the text, then what every gap is filled with.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <twc/json.h>

#include "app/http/template.h"

static struct twc_str value_of(void *arg, bool is_query, const char *name)
{
	const struct twc_str *value = arg;

	TWC_ASSERT(is_query || strcmp(name, "n") == 0);
	TWC_ASSERT(strlen(name) > 0);
	return is_query && name[0] == '?' ? (struct twc_str){ NULL, 0 } : *value;
}

static void fill(struct twc_str text, bool is_json, const struct twc__http_pattern *pattern, struct twc_str *value)
{
	struct twc__http_template *t;
	struct twc_err err = { 0 };
	struct twc_buf out;

	if (twc__http_template_new(&t, text, is_json, pattern, &err) < 0) {
		TWC_ASSERT(err.code == TWC_EUSAGE && err.column >= 0 && (size_t)err.column <= text.n + 1);
		return;
	}
	twc_buf_init(&out, TWC__HTTP_TEMPLATE_OUT_MAX);
	TWC_ASSERT(twc__http_template_fill(t, value_of, value, &out) == 0);
	if (twc__http_template_fixed(t).p)
		TWC_ASSERT(twc_str_eq(twc_buf_str(&out), text));
	if (is_json) {
		struct twc_json_doc *doc = twc_json_doc_new(twc_buf_str(&out), &err);

		TWC_ASSERT(doc);
		twc_json_doc_free(doc);
	}
	twc_buf_fini(&out);
	twc__http_template_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct twc__http_pattern *pattern;
	struct twc_str text, value;

	if (n < 1 || data[0] > n - 1 || n > 4096 || memchr(data + 1, 0, n - 1))
		return 0;
	text = (struct twc_str){ (const char *)data + 1, data[0] };
	value = (struct twc_str){ text.p + text.n, n - 1 - text.n };
	TWC_ASSERT(twc__http_pattern_new(&pattern, TWC_STR("/<n>"), NULL) == 0);
	fill(text, false, pattern, &value);
	fill(text, true, pattern, &value);
	twc__http_pattern_free(pattern);
	return 0;
}
