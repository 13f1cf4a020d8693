/* SPDX-License-Identifier: MIT */
/*
 * What WebSocket has to say in the fields of its opening handshake (RFC 6455, 4; over HTTP/2 RFC 8441, where there is no key). Pure.
 * Upgrade and Connection are the business of who speaks HTTP, but for those who check them here.
 */
#ifndef TWC_PROTOCOL_WS_HANDSHAKE_H
#define TWC_PROTOCOL_WS_HANDSHAKE_H

#include <twc/http_message.h>
#include <twc/ws.h>

#define TWC__WS_KEY_ROOM 25    /* characters of a key, with a NUL */
#define TWC__WS_ACCEPT_MAX 29  /* of the answer to it, with a NUL */
#define TWC__WS_EXTENSION_MAX 128 /* of an answer about extensions, with a NUL */

/* ---- keys ---- */

void twc__ws_key_new(char key[TWC__WS_KEY_ROOM]);
bool twc__ws_key_is_good(struct twc_str key); /* 16 bytes in base64 */
void twc__ws_accept_of(struct twc_str key, char accept[TWC__WS_ACCEPT_MAX]);
bool twc__ws_accept_is(const char *key, struct twc_str accept);

/* ---- permessage-deflate (RFC 7692, 5 and 7.1): extension.c ---- */

/* What a client offers: any window for either direction. */
#define TWC__WS_OFFER "permessage-deflate; client_max_window_bits"
/* A server's choice: the first offer of the request that it can keep to, and the value of the answer's field; "": none. Offers that
 * are badly written are none. */
void twc__ws_deflate_choose(const struct twc_http_fields *request, struct twc_ws_deflate *out, char value[TWC__WS_EXTENSION_MAX]);
/* The same, as a whole line of a head, appended to `to`. 0 or TWC_ENOMEM. */
int twc__ws_deflate_answer(const struct twc_http_fields *request, struct twc_ws_deflate *out, struct twc_buf *to);
/* A client's look at the answer; `offered`: TWC__WS_OFFER was sent. TWC_EPROTO: it is none to what was offered. */
int twc__ws_deflate_agreed(const struct twc_http_fields *response, bool offered, struct twc_ws_deflate *out, struct twc_err *err);

/* ---- a server ---- */

/* Zeroed: everybody, no subprotocol. Strings are borrowed. */
struct twc__ws_policy {
	const char *subprotocols; /* "a,b", those it likes best first; NULL: none */
	const char *origins;	  /* "https://a,https://b": only pages of these, and what is no page; NULL or "*": any */
	bool deflate;
};
struct twc__ws_accepted {
	struct twc_ws_deflate deflate;
	/* Values of fields of the response; empty: no such field. */
	char accept[TWC__WS_ACCEPT_MAX];	 /* Sec-WebSocket-Accept; not over HTTP/2 */
	struct twc_str subprotocol;		 /* Sec-WebSocket-Protocol; a slice of the policy's, or of the offer's */
	char extensions[TWC__WS_EXTENSION_MAX]; /* Sec-WebSocket-Extensions */
};
/* `version` as that of requests: 10, 11, 20. 0, or TWC_EPROTO, TWC_EACCESS with the status to refuse it with: 400, 403, 405,
 * 426 (which wants Upgrade: websocket and Sec-WebSocket-Version: 13 in the answer). */
int twc__ws_accept(const struct twc_http_fields *request, enum twc_http_method method, int version,
		   const struct twc__ws_policy *policy, struct twc__ws_accepted *out, int *status, struct twc_err *err);

/* ---- a client ---- */

struct twc__ws_offer {
	const char *subprotocols; /* "a,b"; NULL: none */
	bool deflate;
};
/* Adds Sec-WebSocket-Version, -Protocol and -Extensions, and -Key unless `key` is NULL (HTTP/2); key is filled. */
int twc__ws_offer_add(const struct twc__ws_offer *offer, char *key, struct twc_http_fields *request, struct twc_err *err);
/* A response of 101 (over HTTP/2, where `key` is NULL: 200). TWC_EPROTO with a sentence that says what is wrong. */
int twc__ws_offer_check(const struct twc__ws_offer *offer, const char *key, const struct twc_http_fields *response,
			struct twc__ws_accepted *out, struct twc_err *err);

#endif
