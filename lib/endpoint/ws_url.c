/* SPDX-License-Identifier: MIT */
/*
 * ws://HOST[:PORT][/PATH][?QUERY] and wss://…: a URL as an endpoint string (RFC 6455, 3). It takes no keys: its parts become
 * the fields that the ordinary form would have, and from there on there is no difference. Pure.
 */
#include "endpoint/endpoint_int.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <twc/url.h>
#include "base/banned.h"

#define PARTS_MAX 5

size_t twc__ws_url_scheme(const char *s)
{
	static const char *const scheme[] = { "ws://", "wss://" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(scheme); i++)
		if (strncasecmp(s, scheme[i], strlen(scheme[i])) == 0)
			return strlen(scheme[i]);
	return 0;
}

/* Where the parts stand in what was written, for faults. */
struct places {
	int user, host, path;
};

static struct places places_of(const char *s, size_t scheme)
{
	size_t n = strcspn(s + scheme, "/?#");
	const char *at = memrchr(s + scheme, '@', n);

	return (struct places){
		.user = (int)scheme + 1,
		.host = at ? (int)(at - s) + 2 : (int)scheme + 1,
		.path = (int)(scheme + n) + 1,
	};
}

static void put(struct twc__parsed *out, const char *key, struct twc_str value, int column)
{
	out->field[out->n++] = (struct twc__field){
		.key = twc_strdup(key),
		.value = twc_str_dup(value),
		.key_column = column,
		.column = column,
	};
}

static void put_parts(const struct twc_url *u, const struct places *at, struct twc_str target, struct twc__parsed *out)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", twc_url_port(u));
	out->field = twc_calloc(PARTS_MAX, sizeof(*out->field));
	put(out, "host", u->dial, at->host);
	put(out, "port", twc_str_of(port), at->host);
	put(out, "path", target, at->path);
	if (u->has_userinfo)
		put(out, "user", u->user, at->user);
	if (u->has_password)
		put(out, "pass", u->password, at->user);
}

int twc__ws_url_parse(const char *s, const struct twc__endpoint_type *const *types, struct twc__parsed *out, struct twc_err *err)
{
	size_t scheme = twc__ws_url_scheme(s);
	const struct twc__endpoint_type *type = scheme ? twc__type_find(types, scheme == 5 ? "ws" : "wss") : NULL;
	struct places at;
	struct twc_buf target;
	struct twc_url u;
	int rc;

	if (!type)
		return 0;
	rc = twc_url_parse(twc_str_of(s), TWC_URL_WEBSOCKET, &u, err);
	if (rc)
		return rc;
	at = places_of(s, scheme);
	out->type = type;
	out->type_column = 1;
	out->is_url = true;
	twc_buf_init(&target, TWC_URL_MAX);
	if (u.has_fragment)
		rc = twc__fault(err, (int)strcspn(s, "#") + 1, "a fragment (#) has no meaning for WebSocket");
	else if (twc_url_write_target(&u, &target))
		rc = twc__fault(err, at.path, "the path is too long");
	else
		put_parts(&u, &at, twc_buf_str(&target), out);
	twc_buf_fini(&target);
	twc_url_fini(&u);
	return rc ? rc : 1;
}
