/* SPDX-License-Identifier: MIT */
/* TLS is set up by keys of endpoints below, and its errors name those; who typed options is told of options. */
#include "http_hint.h"
#include <stdio.h>
#include <string.h>

struct hint {
	const char *key, *option;
};

/* Found anywhere; the first counts. */
static const struct hint remedies[] = {
	{ "use ca= or pin=sha256//...", "use --cacert, or -k with --pinnedpubkey" },
	{ "use ca=", "use --cacert" },
	{ "see verify-name= or pin=", "--connect-to leads there by another name" },
	{ "use cert= and key=", "use --cert and --key" },
	{ "max is below min", "--tls-max is below --tlsv1.3" },
};

/* Found at the beginning. */
static const struct hint names[] = {
	{ "ca: ", "--cacert: " },	 { "cert: ", "--cert: " },   { "key: ", "--key: " },
	{ "pin: ", "--pinnedpubkey: " }, { "max: ", "--tls-max: " }, { "ciphers: ", "--ciphers: " },
	{ "groups: ", "--curves: " },
};

static void put(struct twc_err *err, const struct hint *h, const char *at)
{
	const struct twc_err was = *err;
	size_t before = (size_t)(at - err->text);

	(void)!snprintf(err->text, sizeof(err->text), "%.*s%s%s", (int)before, was.text, h->option,
			was.text + before + strlen(h->key));
}

void http_hint(const struct http_params *p, struct twc_err *err)
{
	if (!err->code || p->via)
		return;
	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++) {
		if (strncmp(err->text, names[i].key, strlen(names[i].key)) == 0) {
			put(err, &names[i], err->text);
			break;
		}
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(remedies); i++) {
		const char *at = strstr(err->text, remedies[i].key);

		if (at) {
			put(err, &remedies[i], at);
			return;
		}
	}
}
