/* SPDX-License-Identifier: MIT */
/* A WebSocket that says everything back. */
#include "app/http/bin.h"

#include "app/http/ws_route.h"
#include "base/banned.h"

static struct twc_deferred *handle_echo(void *arg, struct twc_http_exchange *x)
{
	struct twc__ws_route r = { 0 };
	uint64_t max = TWC__BIN_BODY_MAX;

	(void)arg;
	if (!twc__bin_query_uint(x, "max_message_size", 1, TWC__BIN_BODY_MAX, &max))
		return NULL;
	r.max_message = (size_t)max;
	twc__ws_echo(&r, x);
	return NULL;
}

const struct twc__bin_route twc__bin_websocket[] = {
	{ "GET", "/websocket/echo", handle_echo, "A WebSocket that says everything back; ?max_message_size=." },
	{ .pattern = NULL },
};
