/* SPDX-License-Identifier: MIT */
/* International names: the forms of UTS 46 (non-transitional), and a sentence for each fault. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/net_int.h"

static void ascii_needs_nothing(void **state)
{
	assert_false(twc__idn_is_needed(TWC_STR("")));
	assert_false(twc__idn_is_needed(TWC_STR("xn--bcher-kva.example\x7f")));
	assert_true(twc__idn_is_needed(TWC_STR("b\xc3\xbc" "cher")));
	assert_true(twc__idn_is_needed(TWC_STR("a\x80")));
}

static void names_become_ascii(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example" },
		{ "B\xc3\x9c" "CHER.EXAMPLE.", "xn--bcher-kva.example." },
		{ "bu\xcc\x88" "cher.example", "xn--bcher-kva.example" }, /* u and a combining diaeresis */
		{ "fa\xc3\x9f.de", "xn--fa-hia.de" },			   /* not fass.de */
		{ "\xce\xb2\xcf\x8c\xce\xbb\xce\xbf\xcf\x82.com", "xn--nxasmm1c.com" }, /* a final sigma stays one */
		{ "\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88", "xn--r8jz45g.xn--zckzah" },
		{ "a\xe3\x80\x82" "b", "a.b" }, /* an ideographic full stop */
		{ "xn--bcher-kva.b\xc3\xbc" "cher", "xn--bcher-kva.xn--bcher-kva" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char out[TWC__NAME_MAX + 2];
		struct twc_err e = { 0 };

		if (twc__idn_to_ascii(twc_str_of(rows[i].in), out, &e) != 0)
			fail_msg("%s", e.text);
		assert_string_equal(out, rows[i].out);
	}
}

static void faults_are_sentences(void **state)
{
	static const char shown_64[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const struct { struct twc_str in; const char *text; } rows[] = {
		{ { "\xff.test", 6 }, "\"\\xff.test\" is not UTF-8" },
		{ { "\xc3", 1 }, "\"\\xc3\" is not UTF-8" },
		{ { "\xed\xa0\x80.test", 8 }, "\"\\xed\\xa0\\x80.test\" is not UTF-8" },
		{ { "\xc3\xbc\0b", 4 }, "\"\xc3\xbc\\x00b\" is not a valid host name" },
		{ { "\xe2\x80\xa8x", 4 }, "\"\\xe2\\x80\\xa8x\" holds a character that no host name may have" },
		{ { "\xcc\x88x", 3 }, "\"\xcc\x88x\" holds a character that no host name may have" },
		{ { "-\xc3\xbc", 3 }, "\"-\xc3\xbc\" has hyphens where no host name may" },
	};
	char out[TWC__NAME_MAX + 2], long_name[TWC__IDN_MAX + 2];
	struct twc_err e;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		memset(&e, 0, sizeof(e));
		assert_int_equal(twc__idn_to_ascii(rows[i].in, out, &e), TWC_EUSAGE);
		assert_string_equal(e.text, rows[i].text);
	}
	assert_int_equal(twc__idn_to_ascii(TWC_STR("\xff"), out, NULL), TWC_EUSAGE);

	/* A label, a name, and what is not even tried. */
	memcpy(long_name, shown_64, 63);
	memcpy(long_name + 63, "\xc3\xbc", 2);
	assert_int_equal(twc__idn_to_ascii((struct twc_str){ long_name, 65 }, out, &e), TWC_EUSAGE);
	assert_non_null(strstr(e.text, "is too long for a host name"));
	for (size_t i = 0; i < sizeof(long_name); i++)
		long_name[i] = i % 2 ? '.' : 'a';
	memcpy(long_name, "\xc3\xbc", 2);
	for (size_t n = 300; n <= sizeof(long_name); n += sizeof(long_name) - 300) {
		assert_int_equal(twc__idn_to_ascii((struct twc_str){ long_name, n }, out, &e), TWC_EUSAGE);
		assert_non_null(strstr(e.text, "is too long for a host name"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii_needs_nothing),
		cmocka_unit_test(names_become_ascii),
		cmocka_unit_test(faults_are_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
