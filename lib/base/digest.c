/* SPDX-License-Identifier: MIT */
/* Digests by OpenSSL's EVP, hexadecimal and secrets: see digest.h. */
#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <twc/parse.h>

#include "base/banned.h"

struct twc__digest {
	enum twc__digest_kind kind;
	EVP_MD *md;	 /* owned; fetched once, for each fetch costs a search */
	EVP_MD_CTX *ctx; /* owned; begun */
};

static const struct {
	const char *name;
	const char *openssl;
	size_t size, block;
} kinds[TWC__DIGEST_KINDS] = {
	[TWC__DIGEST_MD5] = { "md5", "MD5", 16, 64 },
	[TWC__DIGEST_SHA1] = { "sha1", "SHA1", 20, 64 },
	[TWC__DIGEST_SHA256] = { "sha256", "SHA256", 32, 64 },
	[TWC__DIGEST_SHA512] = { "sha512", "SHA512", 64, 128 },
	[TWC__DIGEST_SHA512_256] = { "sha512-256", "SHA512-256", 32, 128 },
};

const char *twc__digest_name(enum twc__digest_kind kind)
{
	return kinds[kind].name;
}

size_t twc__digest_size(enum twc__digest_kind kind)
{
	return kinds[kind].size;
}

struct twc__digest *twc__digest_new(enum twc__digest_kind kind, struct twc_err *err)
{
	struct twc__digest *d = twc_calloc(1, sizeof(*d));

	d->kind = kind;
	d->md = EVP_MD_fetch(NULL, kinds[kind].openssl, NULL);
	if (!d->md) {
		twc_err_set(err, TWC_ECONFIG, "OpenSSL of this system offers no %s", kinds[kind].name);
		goto fail;
	}
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx || EVP_DigestInit_ex2(d->ctx, d->md, NULL) != 1) {
		twc_err_set(err, TWC_ENOMEM, "out of memory for %s", kinds[kind].name);
		goto fail;
	}
	return d;
fail:
	twc__digest_free(d);
	return NULL;
}

void twc__digest_free(struct twc__digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	EVP_MD_free(d->md);
	twc_free(d);
}

/* Once begun with an algorithm, a context needs no memory for more of the same: nothing of this can fail. */
void twc__digest_restart(struct twc__digest *d)
{
	TWC_ASSERT(EVP_DigestInit_ex2(d->ctx, NULL, NULL) == 1);
}

void twc__digest_add(struct twc__digest *d, const void *p, size_t n)
{
	if (n)
		TWC_ASSERT(EVP_DigestUpdate(d->ctx, p, n) == 1);
}

size_t twc__digest_end(struct twc__digest *d, uint8_t out[TWC__DIGEST_MAX])
{
	unsigned n = 0;

	TWC_ASSERT(EVP_DigestFinal_ex(d->ctx, out, &n) == 1 && n == kinds[d->kind].size);
	twc__digest_restart(d);
	return n;
}

size_t twc__digest_hmac(struct twc__digest *d, struct twc_str key, struct twc_str message, uint8_t out[TWC__DIGEST_MAX])
{
	uint8_t block[128] = { 0 }, inner[TWC__DIGEST_MAX];
	size_t n = kinds[d->kind].block;

	if (key.n > n) {
		twc__digest_add(d, key.p, key.n);
		twc__digest_end(d, block);
	} else if (key.n) {
		memcpy(block, key.p, key.n);
	}
	for (size_t i = 0; i < n; i++)
		block[i] ^= 0x36;
	twc__digest_add(d, block, n);
	twc__digest_add(d, message.p, message.n);

	size_t inner_n = twc__digest_end(d, inner);

	for (size_t i = 0; i < n; i++)
		block[i] ^= 0x36 ^ 0x5c;
	twc__digest_add(d, block, n);
	twc__digest_add(d, inner, inner_n);
	explicit_bzero(block, sizeof(block));
	return twc__digest_end(d, out);
}

int twc__digest_of(enum twc__digest_kind kind, struct twc_str s, uint8_t out[TWC__DIGEST_MAX], struct twc_err *err)
{
	struct twc_err why = { 0 };
	struct twc__digest *d = twc__digest_new(kind, &why);

	if (!d) {
		if (err)
			*err = why;
		return why.code;
	}
	twc__digest_add(d, s.p, s.n);
	twc__digest_end(d, out);
	twc__digest_free(d);
	return 0;
}

int twc__checksum_parse(struct twc_str s, struct twc__checksum *out, struct twc_err *err)
{
	static const char *const names[] = { "md5", "sha1", "sha256", "sha512", NULL };
	struct twc_str hex = s, name;
	struct twc_err why;
	int i;

	if (!memchr(s.p ? s.p : "", ':', s.n) || !twc_str_cut(&hex, ':', &name))
		return twc_err_set(err, TWC_EUSAGE, "a checksum is written KIND:HEX (such as sha256:…)");
	if (twc_parse_word(name, names, &i, &why))
		return twc_err_set(err, TWC_EUSAGE, "checksum: %.200s", why.text);
	out->kind = (enum twc__digest_kind)i;
	_Static_assert(TWC__DIGEST_MD5 == 0 && TWC__DIGEST_SHA512 == 3, "the words are in the order of the kinds");
	if (!twc__hex_decode(hex, out->bytes, kinds[i].size))
		return twc_err_set(err, TWC_EUSAGE, "checksum: %s needs %zu hexadecimal digits, here are %zu characters",
				   names[i], 2 * kinds[i].size, hex.n);
	return 0;
}

void twc__hex_encode(char *out, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = p;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool twc__hex_decode(struct twc_str s, uint8_t *out, size_t n)
{
	if (s.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(s.p[2 * i]), low = hex_value(s.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void twc__random(void *p, size_t n)
{
	uint8_t *at = p;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			TWC_BUG("getrandom gives nothing");
		at += got;
		n -= (size_t)got;
	}
}

bool twc__same_secret(struct twc_str a, struct twc_str b)
{
	unsigned char differ = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differ |= (unsigned char)(a.p[i] ^ b.p[i]);
	return *(volatile unsigned char *)&differ == 0;
}
