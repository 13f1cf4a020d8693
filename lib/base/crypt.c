/* SPDX-License-Identifier: MIT */
/* SHA-crypt by the system's libcrypt: see crypt.h. The format is Ulrich Drepper's "Unix crypt using SHA-256
 * and SHA-512". */
#include "base/crypt.h"

#include <crypt.h>

#include "base/digest.h"

#include "base/banned.h"

#define PASSWORD_MAX 512 /* bytes; libcrypt's own limit */
#define HASH_MAX 256	 /* bytes; the longest whole one has 123 */

static bool is_digit64(char c)
{
	return (c >= '.' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* rounds=1000 to rounds=999999999 and no leading zero; anything else libcrypt would change or refuse. */
static bool are_rounds(struct twc_str s)
{
	if (!twc_str_starts(s, "rounds="))
		return false;
	s.p += sizeof("rounds=") - 1;
	s.n -= sizeof("rounds=") - 1;
	if (s.n < 4 || s.n > 9 || s.p[0] == '0')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

bool twc__crypt_is_hash(struct twc_str s)
{
	bool is_512 = twc_str_starts(s, "$6$");
	struct twc_str rest, part;

	if (s.n > HASH_MAX || (!is_512 && !twc_str_starts(s, "$5$")))
		return false;
	rest = (struct twc_str){ s.p + 3, s.n - 3 };
	twc_str_cut(&rest, '$', &part);
	if (are_rounds(part) && !twc_str_cut(&rest, '$', &part))
		return false;
	if (part.n == 0 || part.n > 16 || rest.n != (is_512 ? 86 : 43))
		return false;
	for (size_t i = 0; i < part.n; i++)
		if ((unsigned char)part.p[i] <= ' ' || (unsigned char)part.p[i] > '~' || part.p[i] == ':')
			return false;
	for (size_t i = 0; i < rest.n; i++)
		if (!is_digit64(rest.p[i]))
			return false;
	return true;
}

bool twc__crypt_check(struct twc_str password, struct twc_str hash)
{
	char typed[PASSWORD_MAX + 1], setting[HASH_MAX + 1];

	if (!twc__crypt_is_hash(hash) || password.n >= PASSWORD_MAX || (password.n && memchr(password.p, 0, password.n)))
		return false;
	if (password.n)
		memcpy(typed, password.p, password.n);
	typed[password.n] = '\0';
	memcpy(setting, hash.p, hash.n);
	setting[hash.n] = '\0';

	struct crypt_data *data = twc_calloc(1, sizeof(*data)); /* 32 KiB: not for the stack of a worker thread */
	const char *made = crypt_r(typed, setting, data);
	bool same = made && twc__same_secret(twc_str_of(made), hash);

	explicit_bzero(typed, sizeof(typed));
	twc_free_secret(data, sizeof(*data));
	return same;
}
