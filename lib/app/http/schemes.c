/* SPDX-License-Identifier: MIT */
/*
 * Lists of schemes in the form of curl (--proto): which of those we speak may be used. What the list says of others
 * means nothing here.
 */
#include <string.h>
#include <twc/http_fetch.h>

#include "base/banned.h"

static unsigned scheme_bit(struct twc_str name)
{
	if (twc_str_eq_nocase(name, TWC_STR("http")))
		return TWC_HTTP_SCHEME_HTTP;
	if (twc_str_eq_nocase(name, TWC_STR("https")))
		return TWC_HTTP_SCHEME_HTTPS;
	return twc_str_eq_nocase(name, TWC_STR("all")) ? TWC_HTTP_SCHEME_HTTP | TWC_HTTP_SCHEME_HTTPS : 0;
}

/* RFC 3986, 3.1; the first is held to be like the rest. */
static bool is_scheme(struct twc_str name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";

	for (size_t i = 0; i < name.n; i++)
		if (!name.p[i] || !strchr(good, name.p[i]))
			return false;
	return name.n > 0;
}

int twc_http_schemes_parse(struct twc_str list, unsigned *set, struct twc_err *err)
{
	unsigned all = scheme_bit(TWC_STR("all")), now = all;
	struct twc_str word, whole = list;

	while (twc_str_cut(&list, ',', &word)) {
		char sign = '+';

		word = twc_str_trim(word);
		for (; word.n > 0 && strchr("+-=", word.p[0]); word.p++, word.n--)
			sign = word.p[0];
		if (!is_scheme(word))
			return twc_err_set(err, TWC_EUSAGE, "%.*s is no list of schemes as =https or -all,https",
					   (int)(whole.n < 80 ? whole.n : 80), whole.p);
		now = sign == '-' ? now & ~scheme_bit(word) : (sign == '=' ? 0 : now) | scheme_bit(word);
	}
	*set = now;
	return 0;
}

bool twc_http_schemes_have(const char *list, struct twc_str scheme)
{
	unsigned set = 0;

	return !list || (twc_http_schemes_parse(twc_str_of(list), &set, NULL) == 0 && (set & scheme_bit(scheme)));
}
