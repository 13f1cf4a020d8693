/* SPDX-License-Identifier: MIT */
/* Media types by name, and what is worth compressing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/http/mime.h"

static void test_types(void **state)
{
	static const struct {
		const char *path, *type;
	} rows[] = {
		{ "index.html", "text/html; charset=utf-8" },
		{ "/a/b/INDEX.HTM", "text/html; charset=utf-8" },
		{ "a.css", "text/css; charset=utf-8" },
		{ "a.js", "text/javascript; charset=utf-8" },
		{ "a.mjs", "text/javascript; charset=utf-8" },
		{ "a.min.js", "text/javascript; charset=utf-8" },
		{ "a.js.map", "application/json" },
		{ "a.json", "application/json" },
		{ "a.wasm", "application/wasm" },
		{ "a.avif", "image/avif" },
		{ "a.webp", "image/webp" },
		{ "a.svg", "image/svg+xml; charset=utf-8" },
		{ "a.md", "text/markdown; charset=utf-8" },
		{ "a.woff2", "font/woff2" },
		{ "a.zst", "application/zstd" },
		{ "a.tar.gz", "application/gzip" },
		{ "a.TAR.GZ", "application/gzip" },
		{ "a.tar.zst", "application/zstd" },
		{ "a.ts", "video/mp2t" },
		{ "a.d.ts", "text/plain; charset=utf-8" },
		{ "a.webmanifest", "application/manifest+json" },
		{ "a.3gp", "video/3gpp" }, /* the first of the table */
		{ "html", NULL },
		{ ".html", NULL },
		{ "a/.html", NULL },
		{ "a.html/b", NULL },
		{ "a.html.", NULL },
		{ "a.html~", NULL },
		{ "a.htmlx", NULL },
		{ "a.htm\xc3\xa9", NULL },
		{ "a.x", NULL },
		{ "a.averyveryverylongending", NULL },
		{ ".", NULL },
		{ "/", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str path = twc_str_of(rows[i].path), got = twc__http_mime_of(path);

		if (!twc_str_is(got, rows[i].type ? rows[i].type : "application/octet-stream"))
			fail_msg("%s: %.*s", rows[i].path, (int)got.n, got.p);
		assert_int_equal(twc__http_mime_find(path).n > 0, rows[i].type != NULL);
	}
}

static void test_compressible(void **state)
{
	static const char *const yes[] = {
		"text/html", "text/plain; charset=utf-8", "TEXT/CSS", "application/json", "image/svg+xml; charset=utf-8",
		"application/problem+json", "application/wasm", "application/javascript ;x=y", "font/ttf",
	};
	static const char *const no[] = {
		"", "text", "text/event-stream", "text/event-stream; charset=utf-8", "image/png", "application/gzip",
		"application/octet-stream", "video/mp4", "font/woff2", "application/zip", "multipart/byteranges; boundary=x",
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(yes); i++)
		if (!twc__http_mime_is_compressible(twc_str_of(yes[i])))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < TWC_ARRAY_LEN(no); i++)
		if (twc__http_mime_is_compressible(twc_str_of(no[i])))
			fail_msg("%s", no[i]);
	assert_false(twc__http_mime_is_compressible((struct twc_str){ NULL, 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_compressible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
