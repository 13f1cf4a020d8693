/* SPDX-License-Identifier: MIT */
/* The payload of a Close (RFC 6455, 5.5.1 and 7.4). */
#include "protocol/ws/close.h"

#include "base/banned.h"

#define CODE_LEN 2
#define REASON_MAX (TWC_WS_CONTROL_MAX - CODE_LEN)

bool twc_ws_code_is_valid(unsigned code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

int twc__ws_close_parse(const uint8_t *p, size_t n, unsigned *code, struct twc_str *reason, struct twc_err *err)
{
	unsigned given;

	*reason = (struct twc_str){ NULL, 0 };
	*code = TWC_WS_NO_STATUS;
	if (n == 0)
		return 0;
	*code = TWC_WS_PROTOCOL_ERROR;
	if (n < CODE_LEN)
		return twc_err_set(err, TWC_EPROTO, "a Close with half a code");
	given = (unsigned)(p[0] << 8 | p[1]);
	if (!twc_ws_code_is_valid(given))
		return twc_err_set(err, TWC_EPROTO, "a Close with the code %u, which may not be sent", given);
	if (!twc_ws_is_utf8(p + CODE_LEN, n - CODE_LEN)) {
		*code = TWC_WS_BAD_DATA;
		return twc_err_set(err, TWC_EPROTO, "a Close whose reason is not UTF-8");
	}
	*code = given;
	*reason = (struct twc_str){ (const char *)p + CODE_LEN, n - CODE_LEN };
	return 0;
}

size_t twc__ws_close_write(uint8_t out[TWC_WS_CONTROL_MAX], unsigned code, struct twc_str reason)
{
	size_t n = reason.n < REASON_MAX ? reason.n : REASON_MAX;

	if (code == TWC_WS_NO_STATUS)
		return 0;
	if (n < reason.n)
		while (n > 0 && ((unsigned char)reason.p[n] & 0xc0) == 0x80)
			n--;
	if (!twc_ws_is_utf8(reason.p, n))
		n = 0; /* the peer would have to take it for a violation */
	out[0] = (uint8_t)(code >> 8);
	out[1] = (uint8_t)code;
	if (n > 0)
		memcpy(out + CODE_LEN, reason.p, n);
	return CODE_LEN + n;
}

void twc__ws_close_explain(unsigned code, struct twc_str reason, struct twc_err *err)
{
	char text[TWC_ERR_TEXT_MAX];

	if (!reason.n) {
		twc_err_set(err, TWC_EPROTO, "closed with %u", code);
		return;
	}
	twc_escape(text, sizeof(text), reason);
	twc_err_set(err, TWC_EPROTO, "closed with %u (%s)", code, text);
}
