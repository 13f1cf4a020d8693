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

/* The same of a proxy. */
static const struct hint proxy_remedies[] = {
	{ "use ca= or pin=sha256//...", "use --proxy-cacert" },
	{ "use ca=", "use --proxy-cacert" },
	{ "use cert= and key=", "use --proxy-cert and --proxy-key" },
	{ "use user= with pass-file= or pass-env=, or TWC_PROXY_AUTH", "use --proxy-user" },
	{ "see user= and pass-file=", "see --proxy-user" },
	{ ": ca: ", ": --proxy-cacert: " },
	{ ": cert: ", ": --proxy-cert: " },
	{ ": key: ", ": --proxy-key: " },
};

/* Found at the beginning. */
static const struct hint names[] = {
	{ "ca: ", "--cacert: " },	 { "cert: ", "--cert: " },   { "key: ", "--key: " },
	{ "pin: ", "--pinnedpubkey: " }, { "max: ", "--tls-max: " }, { "ciphers: ", "--ciphers: " },
	{ "groups: ", "--curves: " },
};

static const struct hint http1[] = {
	{ "the server speaks HTTP/1", "the server speaks HTTP/1; ask without --http2-prior-knowledge" },
};

static void put(struct twc_err *err, const struct hint *h, const char *at)
{
	const struct twc_err was = *err;
	size_t before = (size_t)(at - err->text);

	(void)!snprintf(err->text, sizeof(err->text), "%.*s%s%s", (int)before, was.text, h->option,
			was.text + before + strlen(h->key));
}

static void hint_remedy(struct twc_err *err, const struct hint *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strstr(err->text, h[i].key);

		if (at) {
			put(err, &h[i], at);
			return;
		}
	}
}

void http_hint(const struct http_params *p, struct twc_err *err)
{
	if (!err->code || p->via)
		return;
	if (strncmp(err->text, "the proxy", 9) == 0) {
		hint_remedy(err, proxy_remedies, TWC_ARRAY_LEN(proxy_remedies));
		return;
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++) {
		if (strncmp(err->text, names[i].key, strlen(names[i].key)) == 0) {
			put(err, &names[i], err->text);
			break;
		}
	}
	hint_remedy(err, remedies, TWC_ARRAY_LEN(remedies));
	if (p->http2_prior)
		hint_remedy(err, http1, TWC_ARRAY_LEN(http1));
}
