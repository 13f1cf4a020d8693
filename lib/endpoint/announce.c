/* SPDX-License-Identifier: MIT */
/*
 * proxy-protocol=: the first bytes on a connection that was dialled say whose it is (haproxy's PROXY header). Nothing was
 * sent before, so it always fits the socket's buffer.
 */
#include "endpoint/conn.h"
#include "protocol/haproxy_int.h"
#include <sys/socket.h>
#include "base/banned.h"

static const char *const version_words[] = { "v1", "v2", NULL };

const struct twc_endpoint_arg twc__args_announce[] = {
	{ .name = "proxy-protocol", .kind = TWC_ARG_WORD, .roles = TWC_CONNECT, .words = version_words,
	  .help = "say first whose connection it is: a PROXY header, v1 or v2" },
	{ .name = NULL },
};

static void on_dialled(struct twc_result *res, void *arg)
{
	const struct twc_endpoint *e = arg;
	struct twc__conn *conn = res->value;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct twc_addr ours = { 0 };
	uint8_t header[TWC__HAPROXY_OUT_MAX];
	struct twc_err err = { 0 };
	size_t n;

	if (conn->fd >= 0 && getsockname(conn->fd, (struct sockaddr *)&ss, &len) == 0)
		twc_addr_set(&ours, conn->peer.kind, (struct sockaddr *)&ss, len);
	n = twc__haproxy_make((unsigned)twc__args_num(&e->args, "proxy-protocol", 0) + 1, &ours, &conn->peer, header);
	if (twc__conn_say(conn, header, n, &err))
		twc_result_fail(res, &err);
}

void twc__announce(struct twc_deferred *dialled, const struct twc_endpoint *e)
{
	if (twc__args_get(&e->args, "proxy-protocol"))
		twc_deferred_add(dialled, on_dialled, NULL, (void *)(uintptr_t)e);
}
