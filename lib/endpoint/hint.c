/* SPDX-License-Identifier: MIT */
/*
 * The error for a string whose type is unknown, with what was probably meant: a misspelt type, a forgotten
 * one (example.com:80, 7000, /run/x.sock), or a URL. Pure; only ever runs on the way out.
 */
#include "endpoint/endpoint_int.h"
#include <stdio.h>
#include <string.h>
#include "base/banned.h"

#define HINT_MAX 128

static bool is_port(const char *s, size_t n)
{
	uint16_t port;

	return n > 0 && twc_parse_port((struct twc_str){ s, n }, &port, NULL) == 0;
}

/* s is "HOST:PORT" and nothing else; IPv6 without brackets does not count. */
static bool is_host_port(const char *s)
{
	const char *colon = strrchr(s, ':');

	if (!colon || colon == s || !is_port(colon + 1, strlen(colon + 1)))
		return false;
	if (s[0] == '[')
		return colon[-1] == ']' && strchr(s, '=') == NULL;
	return memchr(s, ':', (size_t)(colon - s)) == NULL && strpbrk(s, "=/\\ ") == NULL;
}

static bool is_ipv6(const char *s)
{
	struct twc_addr a;

	return twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(s), 0, NULL) == 0 && a.u.sa.sa_family == AF_INET6;
}

/* The authority of scheme://[user@]HOST[:PORT][/…] as "HOST:PORT", or false when it has no port to tell. */
static bool url_target(const char *s, char out[HINT_MAX])
{
	const char *colon = strchr(s, ':');
	const char *host = colon + 3;
	size_t n = strcspn(host, "/?#");
	const char *at = memchr(host, '@', n);
	const char *last;

	if (at) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	for (last = host + n; last > host && last[-1] != ':' && last[-1] != ']'; last--)
		;
	if (n == 0 || n > HINT_MAX - 8)
		return false;
	if (last > host && last[-1] == ':' && is_port(last, (size_t)(host + n - last)))
		snprintf(out, HINT_MAX, "%.*s", (int)n, host);
	else if (colon - s == 4 && strncmp(s, "http", 4) == 0)
		snprintf(out, HINT_MAX, "%.*s:80", (int)n, host);
	else
		return false;
	return true;
}

static bool is_url(const char *s)
{
	const char *colon = strchr(s, ':');

	return colon && colon != s && strncmp(colon, "://", 3) == 0;
}

static const char *url_type(const char *s)
{
	return strncmp(s, "udp", 3) == 0 ? "udp" : "tcp";
}

int twc__url_fault(const char *s, int column, struct twc_err *err)
{
	char target[HINT_MAX], shown[TWC__SHOWN];

	if (!is_url(s))
		return 0;
	if (!url_target(s, target))
		return twc__fault(err, column, "a URL is not an endpoint");
	return twc__fault(err, column, "a URL is not an endpoint; did you mean %s:%s?", url_type(s),
			  twc__show(target, shown));
}

static const char *nearest_type(const char *type)
{
	const char *names[64];
	const struct twc__endpoint_type *const *types = twc__types();
	size_t n = 0;

	for (; n < TWC_ARRAY_LEN(names) - 1 && types[n]; n++)
		names[n] = types[n]->pub.name;
	names[n] = NULL;
	return twc_nearest(twc_str_of(type), names);
}

/* What was probably meant instead of s, or "". */
static void hint_fill(const char *s, const char *type, char hint[HINT_MAX])
{
	char shown[TWC__SHOWN], target[HINT_MAX];
	/* a slip in a word of two letters can be anything; db:5432 is no fd */
	const char *near = strlen(type) > 2 ? nearest_type(type) : NULL;
	const char *form = NULL;

	hint[0] = '\0';
	twc__show(s, shown);
	if (twc_str_eq_nocase(twc_str_of(type), TWC_STR("ssl"))) {
		snprintf(hint, HINT_MAX, "; it is called tls");
	} else if (is_url(s)) {
		snprintf(hint, HINT_MAX, "; a URL is not an endpoint");
		if (url_target(s, target))
			snprintf(hint, HINT_MAX, "; a URL is not an endpoint; did you mean %s:%s?", url_type(s),
				 twc__show(target, shown));
	} else if (strchr(type, '/') || type[0] == '@') {
		form = "unix:%s";
	} else if (is_port(s, strlen(s)) || (is_host_port(s) && (strchr(type, '.') || !near))) {
		form = "tcp:%s";
	} else if (s[0] == ':' && is_port(s + 1, strlen(s + 1))) {
		form = "tcp%s";
	} else if (is_ipv6(s)) {
		form = "tcp:[%s]:PORT";
	} else if (near && strchr(s, ':')) {
		snprintf(hint, HINT_MAX, "; did you mean %s%s?", near, twc__show(strchr(s, ':'), shown));
	} else if (near) {
		snprintf(hint, HINT_MAX, "; did you mean %s?", near);
	}
	if (form) {
		const char *at = strstr(form, "%s");

		snprintf(hint, HINT_MAX, "; did you mean %.*s%s%s?", (int)(at - form), form, shown, at + 2);
	}
}

int twc__unknown_type(const char *s, const char *type, int column, struct twc_err *err)
{
	char shown[TWC__SHOWN], hint[HINT_MAX];

	hint_fill(s, type, hint);
	return twc__fault(err, column, "unknown endpoint type: '%s'%s", twc__show(type, shown), hint);
}
