/* SPDX-License-Identifier: MIT */
/* The fields of the opening handshake (RFC 6455, 4), said and judged. */
#include "protocol/ws/handshake.h"

#include "base/base64.h"
#include "base/digest.h"

#include <stdio.h>

#include "base/banned.h"

#define KEY_LEN 16
#define SHOWN 64

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* ---- keys ---- */

void twc__ws_key_new(char key[TWC__WS_KEY_ROOM])
{
	uint8_t bytes[KEY_LEN];

	twc__random(bytes, sizeof(bytes));
	key[twc__base64_encode(key, bytes, sizeof(bytes))] = 0;
}

bool twc__ws_key_is_good(struct twc_str key)
{
	uint8_t bytes[TWC__BASE64_ROOM(TWC__WS_KEY_ROOM)];
	size_t n;

	return key.n == TWC__WS_KEY_ROOM - 1 && twc__base64_decode(key, bytes, &n) && n == KEY_LEN;
}

void twc__ws_accept_of(struct twc_str key, char accept[TWC__WS_ACCEPT_MAX])
{
	char both[TWC__WS_KEY_ROOM + sizeof(guid)];
	uint8_t digest[TWC__DIGEST_MAX];
	size_t n = key.n < TWC__WS_KEY_ROOM ? key.n : TWC__WS_KEY_ROOM;

	memcpy(both, key.p, n);
	memcpy(both + n, guid, sizeof(guid) - 1);
	if (twc__digest_of(TWC__DIGEST_SHA1, (struct twc_str){ both, n + sizeof(guid) - 1 }, digest, NULL) < 0)
		TWC_BUG("no SHA-1");
	accept[twc__base64_encode(accept, digest, twc__digest_size(TWC__DIGEST_SHA1))] = 0;
}

bool twc__ws_accept_is(const char *key, struct twc_str accept)
{
	char right[TWC__WS_ACCEPT_MAX];

	twc__ws_accept_of(twc_str_of(key), right);
	return twc_str_is(accept, right);
}

/* ---- lists ---- */

static bool is_in(const char *list, struct twc_str name, struct twc_str *found)
{
	struct twc_str rest = twc_str_of(list), one;

	while (twc_str_cut(&rest, ',', &one)) {
		one = twc_str_trim(one);
		if (one.n > 0 && twc_str_eq(one, name)) {
			*found = one;
			return true;
		}
	}
	return false;
}

/* Is `name` a member of any field of this name? Its case counts. */
static bool is_offered(const struct twc_http_fields *f, const char *field, struct twc_str name)
{
	struct twc_str value, one;

	for (size_t i = twc_http_fields_find(f, field, 0); i != SIZE_MAX; i = twc_http_fields_find(f, field, i + 1)) {
		value = twc_http_fields_at(f, i).value;
		while (twc_http_list_next(&value, &one))
			if (twc_str_eq(one, name))
				return true;
	}
	return false;
}

static bool is_twice(const struct twc_http_fields *f, const char *field)
{
	size_t i = twc_http_fields_find(f, field, 0);

	return i != SIZE_MAX && twc_http_fields_find(f, field, i + 1) != SIZE_MAX;
}

/* ---- a server ---- */

static int refuse(int *status, int with, int code, const char *why, struct twc_err *err)
{
	*status = with;
	return twc_err_set(err, code, "%s", why);
}

/* Who names no origin is no page of a browser, which always does (10.2). */
static bool may_page(const struct twc__ws_policy *policy, const struct twc_http_fields *f)
{
	struct twc_str rest = twc_str_of(policy->origins), one, origin;

	if (!policy->origins || !twc_http_fields_get(f, "Origin", &origin))
		return true;
	while (twc_str_cut(&rest, ',', &one)) {
		one = twc_str_trim(one);
		if (twc_str_is(one, "*") || (one.n > 0 && twc_str_eq_nocase(one, origin)))
			return true;
	}
	return false;
}

static int check_upgrade(const struct twc_http_fields *f, enum twc_http_method method, int version, int *status,
			 struct twc_err *err)
{
	if (version < 20 && !twc_http_fields_has(f, "Upgrade", "websocket"))
		return refuse(status, 426, TWC_EPROTO, "the request asks for no upgrade to WebSocket", err);
	if (method != TWC_HTTP_GET)
		return refuse(status, 405, TWC_EPROTO, "a request for WebSocket is a GET", err);
	if (version < 11)
		return refuse(status, 426, TWC_EPROTO, "WebSocket needs HTTP/1.1", err);
	if (version < 20 && !twc_http_fields_has(f, "Connection", "upgrade"))
		return refuse(status, 400, TWC_EPROTO,
			      "Connection does not name Upgrade: a proxy in between may not pass it on", err);
	return 0;
}

static int check_request(const struct twc_http_fields *f, enum twc_http_method method, int version,
			 const struct twc__ws_policy *policy, int *status, struct twc_err *err)
{
	struct twc_str value;
	int rc = check_upgrade(f, method, version, status, err);

	if (rc < 0)
		return rc;
	if (!twc_http_fields_get(f, "Sec-WebSocket-Version", &value) || !twc_str_is(value, "13") ||
	    is_twice(f, "Sec-WebSocket-Version"))
		return refuse(status, 426, TWC_EPROTO, "version 13 of WebSocket is spoken here, and no other", err);
	if (version < 20 && (!twc_http_fields_get(f, "Sec-WebSocket-Key", &value) || !twc__ws_key_is_good(value) ||
			     is_twice(f, "Sec-WebSocket-Key")))
		return refuse(status, 400, TWC_EPROTO, "Sec-WebSocket-Key is not 16 bytes in base64", err);
	if (!may_page(policy, f))
		return refuse(status, 403, TWC_EACCESS, "pages of this origin may not connect", err);
	return 0;
}

int twc__ws_accept(const struct twc_http_fields *request, enum twc_http_method method, int version,
		   const struct twc__ws_policy *policy, struct twc__ws_accepted *out, int *status, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(policy->subprotocols), one, key;
	int rc = check_request(request, method, version, policy, status, err);

	if (rc < 0)
		return rc;
	*out = (struct twc__ws_accepted){ .accept = "" };
	if (version < 20 && twc_http_fields_get(request, "Sec-WebSocket-Key", &key))
		twc__ws_accept_of(key, out->accept);
	while (out->subprotocol.n == 0 && twc_str_cut(&rest, ',', &one)) {
		one = twc_str_trim(one);
		if (one.n > 0 && is_offered(request, "Sec-WebSocket-Protocol", one))
			out->subprotocol = one;
	}
	if (policy->deflate)
		twc__ws_deflate_choose(request, &out->deflate, out->extensions);
	return 0;
}

/* ---- a client ---- */

static int add(struct twc_http_fields *f, struct twc_str name, const char *value, struct twc_err *err)
{
	return twc_http_fields_set(f, name, twc_str_of(value), err);
}

int twc__ws_offer_add(const struct twc__ws_offer *offer, char *key, struct twc_http_fields *request, struct twc_err *err)
{
	int rc = add(request, TWC_STR("Sec-WebSocket-Version"), "13", err);

	if (key)
		twc__ws_key_new(key);
	if (rc == 0 && key)
		rc = add(request, TWC_STR("Sec-WebSocket-Key"), key, err);
	if (rc == 0 && offer->subprotocols)
		rc = add(request, TWC_STR("Sec-WebSocket-Protocol"), offer->subprotocols, err);
	if (rc == 0 && offer->deflate)
		rc = add(request, TWC_STR("Sec-WebSocket-Extensions"), TWC__WS_OFFER, err);
	return rc;
}

static int check_subprotocol(const struct twc__ws_offer *offer, const struct twc_http_fields *f, struct twc_str *out,
			     struct twc_err *err)
{
	char shown[SHOWN];
	struct twc_str value;

	if (!twc_http_fields_get(f, "Sec-WebSocket-Protocol", &value))
		return 0;
	if (is_twice(f, "Sec-WebSocket-Protocol"))
		return twc_err_set(err, TWC_EPROTO, "the server chose more than one subprotocol");
	if (is_in(offer->subprotocols, value, out))
		return 0;
	twc_escape(shown, sizeof(shown), value);
	return twc_err_set(err, TWC_EPROTO, "the server chose a subprotocol that was not offered (%s)", shown);
}

int twc__ws_offer_check(const struct twc__ws_offer *offer, const char *key, const struct twc_http_fields *response,
			struct twc__ws_accepted *out, struct twc_err *err)
{
	struct twc_str accept;
	int rc;

	*out = (struct twc__ws_accepted){ .accept = "" };
	if (key && !twc_http_fields_has(response, "Upgrade", "websocket"))
		return twc_err_set(err, TWC_EPROTO, "the server switched to something that is not WebSocket");
	if (key && !twc_http_fields_has(response, "Connection", "upgrade"))
		return twc_err_set(err, TWC_EPROTO, "the server's Connection does not name Upgrade");
	if (key && !twc_http_fields_get(response, "Sec-WebSocket-Accept", &accept))
		return twc_err_set(err, TWC_EPROTO, "the server sent no Sec-WebSocket-Accept: it does not speak WebSocket");
	if (key && (!twc__ws_accept_is(key, accept) || is_twice(response, "Sec-WebSocket-Accept")))
		return twc_err_set(err, TWC_EPROTO, "the server's Sec-WebSocket-Accept is not the one for our key: "
						    "it does not speak WebSocket, or a cache answered");
	rc = check_subprotocol(offer, response, &out->subprotocol, err);
	return rc ? rc : twc__ws_deflate_agreed(response, offer->deflate, &out->deflate, err);
}
