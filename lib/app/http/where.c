/* SPDX-License-Identifier: MIT */
/* Where a URL leads: the endpoint that a connection for it goes to, and so what connections may be shared by. */
#include "app/http/where.h"

#include <twc/endpoint.h>

#include "base/banned.h"

static char *join_keys(char *text, const char *keys)
{
	char *both;

	if (!keys || !*keys)
		return text;
	both = twc_asprintf("%s:%s", text, keys);
	twc_free_secret(text, strlen(text)); /* keys may hold passwords */
	return both;
}

static bool is_tls_endpoint(const char *text)
{
	return strncmp(text, "tls:", 4) == 0;
}

char *twc__http_where(const struct twc_url *url, const char *via, const char *keys, const char *tls)
{
	char *host = twc_endpoint_quote(url->dial), *text;
	unsigned port = twc_url_port(url);

	if (!twc_url_is_secure(url))
		text = via ? twc_strdup(via) : join_keys(twc_asprintf("tcp:%s:%u", host, port), keys);
	else if (!via)
		text = join_keys(join_keys(twc_asprintf("tls:%s:%u", host, port), keys), tls);
	else if (!is_tls_endpoint(via))
		text = join_keys(twc_asprintf("tls:%s:%u:endpoint=[%s]", host, port, via), tls);
	else if (strstr(via, "servername="))
		text = join_keys(twc_strdup(via), tls);
	else
		text = join_keys(twc_asprintf("%s:servername=%s", via, host), tls);
	twc_free(host);
	return text;
}

/* One part of the keys: up to a colon that stands outside of brackets. */
static size_t part_len(const char *s)
{
	unsigned depth = 0;
	size_t n = 0;

	for (; s[n] && (s[n] != ':' || depth > 0); n++) {
		if (s[n] == '\\' && s[n + 1])
			n++;
		else if (s[n] == '[')
			depth++;
		else if (s[n] == ']' && depth > 0)
			depth--;
	}
	return n;
}

static bool is_identity(struct twc_str part)
{
	static const char *const keys[] = { "cert=", "key=", "key-pass=", "key-pass-file=", "key-pass-env=" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(keys); i++) {
		if (twc_str_starts(part, keys[i]))
			return true;
	}
	return false;
}

char *twc__http_without_certificate(const char *tls)
{
	char *out = twc_malloc(strlen(tls) + 1);
	size_t len = 0;

	for (const char *p = tls; *p;) {
		size_t n = part_len(p);

		if (!is_identity((struct twc_str){ p, n })) {
			if (len > 0)
				out[len++] = ':';
			memcpy(out + len, p, n);
			len += n;
		}
		p += n + (p[n] == ':');
	}
	out[len] = '\0';
	return out;
}
