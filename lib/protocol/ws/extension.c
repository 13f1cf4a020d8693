/* SPDX-License-Identifier: MIT */
/*
 * How the two agree on permessage-deflate (RFC 7692, 5 and 7.1). Strict: a parameter that is unknown, twice, or has a value that
 * it may not have makes an offer none, and an answer a fault.
 */
#include "protocol/http/octet.h"
#include "protocol/ws/handshake.h"

#include <stdio.h>

#include "base/banned.h"

#define BITS_MIN 8
#define BITS_MAX 15
#define FIELD "Sec-WebSocket-Extensions"

/* 0: not given. */
struct params {
	bool server_no_takeover, client_no_takeover, has_client_bits;
	uint8_t server_bits, client_bits;
};

/* "8" to "15", maybe in quotes; no leading zero. */
static bool read_bits(struct twc_str value, uint8_t *bits)
{
	unsigned n = 0;

	if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = (struct twc_str){ value.p + 1, value.n - 2 };
	if (value.n < 1 || value.n > 2 || value.p[0] == '0')
		return false;
	for (size_t i = 0; i < value.n; i++) {
		if (!twc__http_is((unsigned char)value.p[i], TWC__HTTP_DIGIT))
			return false;
		n = n * 10 + (unsigned)(value.p[i] - '0');
	}
	*bits = (uint8_t)n;
	return n >= BITS_MIN && n <= BITS_MAX;
}

static bool read_flag(bool *flag, bool has_value)
{
	bool is_first = !*flag;

	*flag = true;
	return is_first && !has_value;
}

/* An offer may name client_max_window_bits without a value; an answer may not. */
static bool read_param(struct twc_str name, bool has_value, struct twc_str value, bool is_offer, struct params *p)
{
	if (twc_str_eq_nocase(name, TWC_STR("server_no_context_takeover")))
		return read_flag(&p->server_no_takeover, has_value);
	if (twc_str_eq_nocase(name, TWC_STR("client_no_context_takeover")))
		return read_flag(&p->client_no_takeover, has_value);
	if (twc_str_eq_nocase(name, TWC_STR("server_max_window_bits")))
		return p->server_bits == 0 && has_value && read_bits(value, &p->server_bits);
	if (!twc_str_eq_nocase(name, TWC_STR("client_max_window_bits")) || p->has_client_bits)
		return false;
	p->has_client_bits = true;
	return has_value ? read_bits(value, &p->client_bits) : is_offer;
}

/* One extension with its parameters. */
static bool read_params(struct twc_str ext, bool is_offer, struct params *p)
{
	struct twc_str one, name;
	bool is_name = true;

	*p = (struct params){ 0 };
	while (twc_str_cut(&ext, ';', &one)) {
		bool has_value = one.n > 0 && memchr(one.p, '=', one.n);

		if (is_name) {
			is_name = false;
			if (!twc_str_eq_nocase(twc_str_trim(one), TWC_STR("permessage-deflate")))
				return false;
			continue;
		}
		(void)twc_str_cut(&one, '=', &name);
		if (!read_param(twc_str_trim(name), has_value, twc_str_trim(one), is_offer, p))
			return false;
	}
	return !is_name;
}

static void server_choice(const struct params *p, struct twc_ws_deflate *out, char value[TWC__WS_EXTENSION_MAX])
{
	int n = snprintf(value, TWC__WS_EXTENSION_MAX, "permessage-deflate%s%s",
			 p->server_no_takeover ? "; server_no_context_takeover" : "",
			 p->client_no_takeover ? "; client_no_context_takeover" : "");

	*out = (struct twc_ws_deflate){
		.is_on = true,
		.no_takeover_out = p->server_no_takeover,
		.no_takeover_in = p->client_no_takeover,
		.bits_out = p->server_bits,
		.bits_in = p->client_bits,
	};
	if (p->server_bits)
		n += snprintf(value + n, TWC__WS_EXTENSION_MAX - (size_t)n, "; server_max_window_bits=%u", p->server_bits);
	if (p->client_bits)
		snprintf(value + n, TWC__WS_EXTENSION_MAX - (size_t)n, "; client_max_window_bits=%u", p->client_bits);
}

void twc__ws_deflate_choose(const struct twc_http_fields *request, struct twc_ws_deflate *out, char value[TWC__WS_EXTENSION_MAX])
{
	struct twc_str list, one;
	struct params p;

	*out = (struct twc_ws_deflate){ 0 };
	value[0] = 0;
	for (size_t i = twc_http_fields_find(request, FIELD, 0); i != SIZE_MAX; i = twc_http_fields_find(request, FIELD, i + 1)) {
		list = twc_http_fields_at(request, i).value;
		while (twc_http_list_next(&list, &one)) {
			if (!read_params(one, true, &p))
				continue;
			server_choice(&p, out, value);
			return;
		}
	}
}

int twc__ws_deflate_answer(const struct twc_http_fields *request, struct twc_ws_deflate *out, struct twc_buf *to)
{
	char value[TWC__WS_EXTENSION_MAX];

	twc__ws_deflate_choose(request, out, value);
	return value[0] ? twc_buf_addf(to, FIELD ": %s\r\n", value) : 0;
}

int twc__ws_deflate_agreed(const struct twc_http_fields *response, bool offered, struct twc_ws_deflate *out, struct twc_err *err)
{
	struct twc_str list, one;
	struct params p;

	*out = (struct twc_ws_deflate){ 0 };
	for (size_t i = twc_http_fields_find(response, FIELD, 0); i != SIZE_MAX; i = twc_http_fields_find(response, FIELD, i + 1)) {
		list = twc_http_fields_at(response, i).value;
		while (twc_http_list_next(&list, &one)) {
			char shown[64];

			twc_escape(shown, sizeof(shown), one);
			if (!offered || out->is_on)
				return twc_err_set(err, TWC_EPROTO, "the server chose an extension that was not offered (%s)", shown);
			if (!read_params(one, false, &p))
				return twc_err_set(err, TWC_EPROTO, "the server's answer about extensions is none to our offer (%s)",
						   shown);
			*out = (struct twc_ws_deflate){
				.is_on = true,
				.no_takeover_out = p.client_no_takeover,
				.no_takeover_in = p.server_no_takeover,
				.bits_out = p.client_bits,
				.bits_in = p.server_bits,
			};
		}
	}
	return 0;
}
