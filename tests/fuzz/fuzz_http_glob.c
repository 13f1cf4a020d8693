/* SPDX-License-Identifier: MIT */
/* Globs: what is counted is what comes; a name is never longer than its parts allow; faults have a column inside the pattern. */
#include <twc/url_glob.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TURNS 500

static void count_through(struct twc_url_glob *g, struct twc_str s)
{
	uint64_t n = 0, count = twc_url_glob_count(g);
	struct twc_buf b;
	int rc = 1;

	TWC_ASSERT(count >= 1 && count <= TWC_URL_GLOB_COUNT);
	twc_buf_init(&b, 20 * s.n + 20);
	while (n < TURNS) {
		twc_buf_clear(&b);
		rc = twc_url_glob_next(g, &b);
		if (rc != 1)
			break;
		n++;
	}
	TWC_ASSERT(rc >= 0 && n == (count < TURNS ? count : TURNS));
	twc_buf_clear(&b);
	rc = twc_url_glob_name(g, s, &b);
	TWC_ASSERT(rc == 0 || rc == TWC_ETOOLONG);
	twc_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A heap copy of the exact length: one byte too far is an error that ASan sees. */
	char *bytes = twc_malloc(size);
	struct twc_str s = { bytes, size };
	struct twc_err e = { 0 };
	struct twc_url_glob *g;

	if (size)
		memcpy(bytes, data, size);
	g = twc_url_glob_new(s, &e);
	if (g)
		count_through(g, s);
	else
		TWC_ASSERT(e.code == TWC_EUSAGE && e.text[0] && e.column >= 1 && (size_t)e.column <= size);
	twc_url_glob_free(g);
	twc_free(bytes);
	return 0;
}
