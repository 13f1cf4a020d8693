/* SPDX-License-Identifier: MIT */
/* SHA-crypt: the vectors of its specification, what is no hash, and passwords that are not these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/crypt.h"

#define SHA256_HASH "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"

static const char *const hashes[] = {
	SHA256_HASH,
	"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
	"$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
};

static void right_and_wrong(void **state)
{
	char typed[600];

	memset(typed, 'x', sizeof(typed));
	for (size_t i = 0; i < TWC_ARRAY_LEN(hashes); i++) {
		struct twc_str hash = twc_str_of(hashes[i]);

		assert_true(twc__crypt_is_hash(hash));
		assert_true(twc__crypt_check(TWC_STR("Hello world!"), hash));
		assert_false(twc__crypt_check(TWC_STR("Hello world"), hash));
		assert_false(twc__crypt_check(TWC_STR("hello world!"), hash));
		assert_false(twc__crypt_check(TWC_STR("Hello world!\0"), hash));
		assert_false(twc__crypt_check((struct twc_str){ NULL, 0 }, hash));
		assert_false(twc__crypt_check((struct twc_str){ typed, sizeof(typed) }, hash));
		assert_false(twc__crypt_check((struct twc_str){ typed, 511 }, hash));
	}
}

static void no_hashes(void **state)
{
	static const char *const rows[] = {
		"", "$", "$5", "$5$", "$6$", "password", "$1$saltstring$xTTZTdQGyT0LWBVvJbQ0Z1", "$y$j9T$abc$def",
		"$5$saltstring$", "$5$$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
		"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc", SHA256_HASH "8", SHA256_HASH "\n",
		"$6$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
		"$5$saltstringsaltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
		"$5$rounds=1$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
		"$5$rounds=01000$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
		"$5$rounds=1e10$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
		"$5$rounds=1000$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
		"$5$salt string$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
		"$5$saltstring$5B8vYYiY-CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
	};

	assert_false(twc__crypt_is_hash((struct twc_str){ NULL, 0 }));
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		if (twc__crypt_is_hash(twc_str_of(rows[i])))
			fail_msg("\"%s\" is taken for a hash", rows[i]);
		assert_false(twc__crypt_check(TWC_STR("Hello world!"), twc_str_of(rows[i])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_and_wrong),
		cmocka_unit_test(no_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
