/* SPDX-License-Identifier: MIT */
/*
 * The fields of the opening handshake, as a server and as a client gets them: a refusal has a status and a sentence, a yes
 * keeps to what was asked, and a client that had sent such a request takes it.
 *
 * Input: role, version, method (1 byte), then fields by lines.
 */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/ws/handshake.h"

static void fill(struct twc_http_fields *f, const uint8_t *p, size_t n)
{
	struct twc_str rest = { (const char *)p, n }, line, name;

	while (twc_str_cut(&rest, '\n', &line))
		if (twc_str_cut(&line, ':', &name))
			(void)twc_http_fields_add(f, name, line, NULL);
}

static void add(struct twc_http_fields *f, struct twc_str name, struct twc_str value)
{
	if (value.n > 0)
		TWC_ASSERT(twc_http_fields_add(f, name, value, NULL) == 0);
}

/* A client that sent `request`, but for what is not a client of ours. */
static void answer(const struct twc_http_fields *request, const struct twc__ws_accepted *a)
{
	struct twc__ws_offer offer = { .subprotocols = "a,b,chat", .deflate = true };
	struct twc__ws_accepted out;
	struct twc_http_fields f = { 0 };
	struct twc_str key = { NULL, 0 };
	char text[TWC__WS_KEY_ROOM] = "";

	if (a->accept[0] && twc_http_fields_get(request, "Sec-WebSocket-Key", &key)) {
		TWC_ASSERT(key.n == sizeof(text) - 1);
		memcpy(text, key.p, key.n);
	}
	add(&f, TWC_STR("Upgrade"), TWC_STR("websocket"));
	add(&f, TWC_STR("Connection"), TWC_STR("upgrade"));
	add(&f, TWC_STR("Sec-WebSocket-Accept"), twc_str_of(a->accept));
	add(&f, TWC_STR("Sec-WebSocket-Protocol"), a->subprotocol);
	add(&f, TWC_STR("Sec-WebSocket-Extensions"), twc_str_of(a->extensions));
	TWC_ASSERT(twc__ws_offer_check(&offer, a->accept[0] ? text : NULL, &f, &out, NULL) == 0);
	TWC_ASSERT(twc_str_eq(out.subprotocol, a->subprotocol) && out.deflate.is_on == a->deflate.is_on);
	twc_http_fields_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int versions[] = { 11, 20, 11, 10 };
	struct twc__ws_policy policy = { .subprotocols = "chat, b", .deflate = true };
	struct twc__ws_offer offer = { .subprotocols = "chat,b", .deflate = true };
	struct twc__ws_accepted out;
	struct twc_http_fields f = { 0 };
	struct twc_err err = { 0 };
	int status = 0, rc;

	if (n < 1)
		return 0;
	policy.origins = data[0] & 4 ? "https://a.example, https://b" : NULL;
	fill(&f, data + 1, n - 1);
	rc = twc__ws_accept(&f, data[0] & 8 ? TWC_HTTP_POST : TWC_HTTP_GET, versions[data[0] & 3], &policy, &out, &status, &err);
	TWC_ASSERT(rc == err.code && (rc == 0 ? status == 0 : status >= 400 && status <= 426 && err.text[0]));
	if (rc == 0)
		answer(&f, &out);
	twc_err_clear(&err);
	rc = twc__ws_offer_check(&offer, data[0] & 1 ? NULL : "dGhlIHNhbXBsZSBub25jZQ==", &f, &out, &err);
	TWC_ASSERT(rc == err.code && (rc == 0 || err.text[0]));
	twc_http_fields_fini(&f);
	return 0;
}
