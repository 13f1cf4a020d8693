/* SPDX-License-Identifier: MIT */
/*
 * Route patterns: two of them and a path, a line each. No slice leaves the path; each value is what its type promises; the
 * order of two patterns is one; an error names a column of the pattern in one line.
 */
#include <stdlib.h>

#include "protocol/http/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_within(struct twc_str part, struct twc_str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void check_match(const struct twc__http_pattern *p, struct twc_str path)
{
	struct twc__http_pattern_match m;
	enum twc__http_pattern_answer answer = twc__http_pattern_match(p, path, &m);

	if (answer == TWC__HTTP_PATTERN_SLASH) {
		char *more = twc_malloc(path.n + 1);

		memcpy(more, path.p, path.n);
		more[path.n] = '/';
		TWC_ASSERT(twc__http_pattern_match(p, (struct twc_str){ more, path.n + 1 }, &m) ==
			   TWC__HTTP_PATTERN_YES);
		TWC_ASSERT(m.rest.n == 0);
		twc_free(more);
	}
	if (answer != TWC__HTTP_PATTERN_YES)
		return;
	TWC_ASSERT(path.n > 0 && path.p[0] == '/');
	for (size_t i = 0; i < twc__http_pattern_count(p); i++) {
		TWC_ASSERT(m.value[i].n > 0 && is_within(m.value[i], path));
		TWC_ASSERT(i == 0 || m.value[i - 1].p + m.value[i - 1].n < m.value[i].p);
	}
	if (m.rest.p)
		TWC_ASSERT(is_within(m.rest, path) && m.rest.p[-1] == '/');
}

static struct twc__http_pattern *parse(struct twc_str text)
{
	struct twc__http_pattern *p = NULL;
	struct twc_err e = { 0 };

	if (twc__http_pattern_new(&p, text, &e) == 0)
		return p;
	TWC_ASSERT(!p && e.code == TWC_EUSAGE && e.column >= 1 && (size_t)e.column <= text.n + 1);
	for (const char *c = e.text; *c; c++)
		TWC_ASSERT((unsigned char)*c >= 0x20 && *c != 0x7f);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = twc_malloc(size);
	struct twc_str rest = { bytes, size }, first, second;

	if (size)
		memcpy(bytes, data, size);
	if (size && twc_str_cut(&rest, '\n', &first) && twc_str_cut(&rest, '\n', &second) && rest.p) {
		struct twc__http_pattern *a = parse(first), *b = parse(second);

		if (a)
			check_match(a, rest);
		if (b)
			check_match(b, rest);
		if (a && b) {
			int order = twc__http_pattern_compare(a, b), back = twc__http_pattern_compare(b, a);

			TWC_ASSERT((order < 0) == (back > 0) && (order == 0) == (back == 0));
			TWC_ASSERT(twc__http_pattern_compare(a, a) == 0);
		}
		twc__http_pattern_free(a);
		twc__http_pattern_free(b);
	}
	twc_free(bytes);
	return 0;
}
