/* SPDX-License-Identifier: MIT */
/* twc connect --json: what a check came to, one object a line. What of TLS it says is in tls_json.c. */
#include "connect.h"
#include "out.h"
#include "tls_json.h"

#include <twc/json.h>
#include <twc/parse.h>

#define LINE_MAX_BYTES (4U << 20) /* more than all certificates of a peer come to */

static struct twc_str or_null(const char *text)
{
	return text[0] ? twc_str_of(text) : (struct twc_str){ NULL, 0 };
}

int connect_say_json(const struct ctx *ctx, const struct twc_check_result *res)
{
	const struct twc_err *err = &res->err;
	struct twc_buf b;
	struct twc_json j;

	twc_buf_init(&b, LINE_MAX_BYTES);
	twc_json_begin(&j, &b);
	twc_json_str(&j, "endpoint", twc_str_of(twc_endpoint_text(res->endpoint)));
	twc_json_bool(&j, "ok", err->code == 0);
	twc_json_int(&j, "status", twc_err_exit(err->code));
	twc_json_str(&j, "code", err->code ? twc_str_of(twc_err_name(err->code)) : (struct twc_str){ NULL, 0 });
	twc_json_str(&j, "error", err->code && !err->text[0] ? twc_str_of(twc_err_default_text(err->code)) : or_null(err->text));
	twc_json_str(&j, "address", or_null(res->peer));
	twc_json_ratio(&j, "seconds", res->took_ns, TWC_NS_PER_S);
	if (res->tls)
		tls_json_put(&j, "tls", res->tls);
	else
		twc_json_str(&j, "tls", (struct twc_str){ NULL, 0 });
	twc_json_end(&j);
	TWC_ASSERT(!j.failed);
	help_put(&b, "\n");
	return out_print(ctx, &b);
}
