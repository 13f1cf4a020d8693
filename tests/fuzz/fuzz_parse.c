/* SPDX-License-Identifier: MIT */
/*
 * What users type, as bytes: no parser may read outside its view, accept what it then formats differently, or say
 * something that is not one line; twc_escape keeps its bound and its output is read back as the input.
 */
#include <stdlib.h>
#include <twc/log.h>
#include <twc/parse.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(int rc, const struct twc_err *e)
{
	if (rc == 0)
		return;
	TWC_ASSERT(rc == TWC_EUSAGE && e->code == TWC_EUSAGE);
	TWC_ASSERT(e->text[0] && strlen(e->text) < sizeof(e->text));
	for (const char *p = e->text; *p; p++)
		TWC_ASSERT((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void check_near(uint64_t a, uint64_t b)
{
	TWC_ASSERT((a > b ? a - b : b - a) <= a / 1000 + 1);
}

static void check_numbers(struct twc_str s)
{
	struct twc_err e;
	uint64_t v = 0, again = 0;
	uint16_t port;
	unsigned mode = 0;
	bool yes;
	char text[32];
	int rc;

	check_error(twc_parse_uint(s, 3, 1000000, &v, &e), &e);
	check_error(twc_parse_port(s, &port, &e), &e);
	check_error(twc_parse_bool(s, &yes, &e), &e);
	rc = twc_parse_mode(s, &mode, &e);
	check_error(rc, &e);
	TWC_ASSERT(rc || mode <= 07777);

	rc = twc_parse_duration(s, &v, &e);
	check_error(rc, &e);
	if (rc == 0) {
		TWC_ASSERT(v <= TWC_DURATION_MAX_S * TWC_NS_PER_S);
		TWC_ASSERT(twc_parse_duration(twc_str_of(twc_format_duration(text, sizeof(text), v)), &again, &e) == 0);
		check_near(v, again);
	}
	rc = twc_parse_size(s, &v, &e);
	check_error(rc, &e);
	if (rc == 0 && v <= UINT64_C(8388606) << 40) {
		TWC_ASSERT(twc_parse_size(twc_str_of(twc_format_size(text, sizeof(text), v)), &again, &e) == 0);
		check_near(v, again);
	}
}

static void check_words(struct twc_str s)
{
	static const char *const words[] = { "tcp", "tcp4", "unix", "stdio", "interface", "keepalive", NULL };
	struct twc_err e;
	struct twc_log log;
	char *spec = twc_str_dup(s);
	int which;

	check_error(twc_parse_word(s, words, &which, &e), &e);
	twc_log_init(&log, NULL, NULL);
	check_error(twc_log_set_trace(&log, spec, &e), &e);
	twc_free(spec);
}

/* Escaped text has no control characters, fits, and reads back; cut text ends in dots. */
static void check_escape(struct twc_str s, size_t cap)
{
	char *out = twc_malloc(4 * s.n + 1), *cut = twc_malloc(cap);
	size_t n = twc_escape(out, 4 * s.n + 1, s), m;
	struct twc_err e;

	TWC_ASSERT(n <= 4 * s.n && strlen(out) == n);
	for (size_t i = 0; i < n; i++)
		TWC_ASSERT((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
	m = twc_escape(cut, cap, s);
	TWC_ASSERT(cap == 0 ? m == 0 : m < cap && strlen(cut) == m);
	if (cap > n)
		TWC_ASSERT(m == n && memcmp(cut, out, n) == 0);
	else if (cap >= 4)
		TWC_ASSERT(memcmp(cut + m - 3, "...", 3) == 0 && memcmp(cut, out, m - 3) == 0);
	TWC_ASSERT(twc_parse_escapes(out, &n, &e) == 0);
	TWC_ASSERT(n == s.n && (n == 0 || memcmp(out, s.p, n) == 0));
	twc_free(out);
	twc_free(cut);
}

static void check_escapes(struct twc_str s)
{
	char *copy = twc_str_dup(s);
	size_t n = s.n;
	struct twc_err e = { 0 };
	int rc = twc_parse_escapes(copy, &n, &e);

	check_error(rc, &e);
	TWC_ASSERT(n <= s.n);
	if (rc)
		TWC_ASSERT(e.column >= 1 && (size_t)e.column <= s.n && n == s.n && memcmp(copy, s.p, n) == 0);
	twc_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A heap copy of the exact length: one byte too far is an error that ASan sees. */
	char *bytes = twc_malloc(size);
	struct twc_str s = { bytes, size };

	if (size)
		memcpy(bytes, data, size);
	check_numbers(s);
	check_words(s);
	check_escape(s, size ? data[0] : 0);
	check_escapes(s);
	twc_free(bytes);
	return 0;
}
