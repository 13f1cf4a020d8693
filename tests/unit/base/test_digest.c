/* SPDX-License-Identifier: MIT */
/* Digests of "abc" and "" (FIPS 180-4, RFC 1321), in pieces, HMAC (RFC 4231), checksums as typed, hexadecimal, secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/digest.h"

static const struct {
	enum twc__digest_kind kind;
	const char *name, *empty, *abc;
} vectors[] = {
	{ TWC__DIGEST_MD5, "md5", "d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72" },
	{ TWC__DIGEST_SHA1, "sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ TWC__DIGEST_SHA256, "sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ TWC__DIGEST_SHA512, "sha512",
	  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327a"
	  "f927da3e",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94f"
	  "a54ca49f" },
	{ TWC__DIGEST_SHA512_256, "sha512-256", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a",
	  "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
};

static void check_hex(const uint8_t *bytes, size_t n, const char *want)
{
	char hex[TWC__DIGEST_HEX_MAX + 1];

	twc__hex_encode(hex, bytes, n);
	hex[2 * n] = '\0';
	assert_string_equal(hex, want);
}

static void one_shot_and_pieces(void **state)
{
	uint8_t out[TWC__DIGEST_MAX];

	assert_int_equal(TWC_ARRAY_LEN(vectors), TWC__DIGEST_KINDS);
	for (size_t i = 0; i < TWC_ARRAY_LEN(vectors); i++) {
		enum twc__digest_kind kind = vectors[i].kind;
		size_t n = twc__digest_size(kind);

		assert_string_equal(twc__digest_name(kind), vectors[i].name);
		assert_int_equal(twc__digest_of(kind, TWC_STR("abc"), out, NULL), 0);
		check_hex(out, n, vectors[i].abc);
		assert_int_equal(twc__digest_of(kind, (struct twc_str){ NULL, 0 }, out, NULL), 0);
		check_hex(out, n, vectors[i].empty);

		struct twc__digest *d = twc__digest_new(kind, NULL);

		assert_non_null(d);
		for (int turn = 0; turn < 3; turn++) {
			twc__digest_add(d, "what will be forgotten", 22);
			twc__digest_restart(d);
			twc__digest_add(d, "a", 1);
			twc__digest_add(d, NULL, 0);
			twc__digest_add(d, "bc", 2);
			assert_int_equal(twc__digest_end(d, out), n);
			check_hex(out, n, vectors[i].abc);
		}
		assert_int_equal(twc__digest_end(d, out), n);
		check_hex(out, n, vectors[i].empty);
		twc__digest_free(d);
	}
	twc__digest_free(NULL);
}

/* RFC 4231, cases 2 and 6: a key shorter and one longer than a block. */
static void hmac(void **state)
{
	char key[131];
	uint8_t out[TWC__DIGEST_MAX];
	struct twc__digest *d = twc__digest_new(TWC__DIGEST_SHA256, NULL);

	assert_int_equal(twc__digest_hmac(d, TWC_STR("Jefe"), TWC_STR("what do ya want for nothing?"), out), 32);
	check_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	twc__digest_hmac(d, (struct twc_str){ key, sizeof(key) },
			 TWC_STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	check_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	twc__digest_free(d);
}

static void checksums(void **state)
{
	static const struct {
		const char *in, *error;
	} rows[] = {
		{ "md5:900150983cd24fb0d6963f7d28e17f72", NULL },
		{ "sha1:A9993E364706816ABA3E25717850C26C9CD0D89D", NULL },
		{ "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", NULL },
		{ "", "a checksum is written KIND:HEX (such as sha256:…)" },
		{ "900150983cd24fb0d6963f7d28e17f72", "a checksum is written KIND:HEX (such as sha256:…)" },
		{ "sha265:00", "checksum: \"sha265\" is unknown, did you mean sha256? (one of md5, sha1, sha256, sha512)" },
		{ "sha512-256:00", "checksum: \"sha512-256\" is unknown (one of md5, sha1, sha256, sha512)" },
		{ "md5:", "checksum: md5 needs 32 hexadecimal digits, here are 0 characters" },
		{ "md5:900150983cd24fb0d6963f7d28e17f7", "checksum: md5 needs 32 hexadecimal digits, here are 31 characters" },
		{ "md5:g00150983cd24fb0d6963f7d28e17f72", "checksum: md5 needs 32 hexadecimal digits, here are 32 characters" },
	};
	uint8_t abc[TWC__DIGEST_MAX];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__checksum sum;
		struct twc_err err = { 0 };
		int rc = twc__checksum_parse(twc_str_of(rows[i].in), &sum, &err);

		if (rows[i].error) {
			assert_int_equal(rc, TWC_EUSAGE);
			assert_string_equal(err.text, rows[i].error);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(twc__digest_of(sum.kind, TWC_STR("abc"), abc, NULL), 0);
		assert_memory_equal(sum.bytes, abc, twc__digest_size(sum.kind));
	}
}

static void hexadecimal(void **state)
{
	static const char *const bad[] = { "", "0", "00f", "00f0a", "0g", "g0", "0x00", "00 0", "-1-1" };
	uint8_t out[2];

	assert_true(twc__hex_decode(TWC_STR("0aFf"), out, 2));
	assert_int_equal(out[0], 10);
	assert_int_equal(out[1], 255);
	assert_true(twc__hex_decode(TWC_STR(""), out, 0));
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		assert_false(twc__hex_decode(twc_str_of(bad[i]), out, 2));
}

static void secrets_and_entropy(void **state)
{
	uint8_t a[64] = { 0 }, b[64] = { 0 };

	assert_true(twc__same_secret(TWC_STR("secret"), TWC_STR("secret")));
	assert_true(twc__same_secret(TWC_STR(""), TWC_STR("")));
	assert_false(twc__same_secret(TWC_STR("secret"), TWC_STR("secreT")));
	assert_false(twc__same_secret(TWC_STR("Secret"), TWC_STR("secret")));
	assert_false(twc__same_secret(TWC_STR("secret"), TWC_STR("secrets")));
	twc__random(a, sizeof(a));
	twc__random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_shot_and_pieces), cmocka_unit_test(hmac),
		cmocka_unit_test(checksums),	       cmocka_unit_test(hexadecimal),
		cmocka_unit_test(secrets_and_entropy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
