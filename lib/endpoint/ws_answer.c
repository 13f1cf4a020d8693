/* SPDX-License-Identifier: MIT */
/*
 * A server's half of the opening handshake (RFC 6455, 4.2): is this request one for WebSocket, for our path, from a page that may?
 * What is answered, yes or no, is one response. Pure.
 */
#include "endpoint/ws.h"
#include "protocol/http/framing.h"
#include "protocol/http/status.h"
#include "protocol/http/target.h"
#include <stdio.h>
#include "base/banned.h"

/* ---- no ---- */

void twc__ws_refuse(int status, const char *detail, struct twc_buf *out)
{
	struct twc_str reason = twc__http_reason((unsigned)status);
	char body[TWC_ERR_TEXT_MAX + 64];
	int n = snprintf(body, sizeof(body), "%d %.*s\n%s\n", status, (int)reason.n, reason.p, detail);
	const char *more = status == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade, close\r\n" :
			   status == 405 ? "Allow: GET\r\nConnection: close\r\n" :
					   "Connection: close\r\n";

	twc_buf_clear(out);
	if (twc_buf_addf(out, "HTTP/1.1 %d %.*s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n%s\r\n%s",
			 status, (int)reason.n, reason.p, n, more, body))
		twc_buf_clear(out); /* no memory: it is closed without an answer */
}

/* Says no to the client, and why to the log. */
static int refuse(int status, int code, const char *why, struct twc_buf *out, struct twc_err *err)
{
	twc__ws_refuse(status, why, out);
	return twc_err_set(err, code, "%s (answered %d)", why, status);
}

static bool is_path(const struct twc__ws_wishes *w, const struct twc__http_target *target)
{
	return !w->path || twc_str_is(target->path, w->path);
}

static int check_request(const struct twc__http_head *head, struct twc__http_target *target, struct twc_buf *out,
			 struct twc_err *err)
{
	enum twc__http_fault fault = TWC__HTTP_OK;
	struct twc__http_framing framing;
	struct twc_err why = { 0 };
	struct twc_str authority;

	if (head->start.method_id == TWC_HTTP_CONNECT)
		return refuse(405, TWC_EPROTO, "this is a WebSocket server, and no proxy", out, err);
	if (twc__http_target_parse(head->start.method_id, head->start.target, target, &why) ||
	    twc__http_host_check(&head->start, head->fields, target, &authority, &why))
		return refuse(400, TWC_EPROTO, why.text, out, err);
	if (twc__http_frame_request(&head->start, head->fields, &framing, &fault, &why))
		return refuse(twc__http_fault_status(fault), TWC_EPROTO, why.text, out, err);
	if (framing.body != TWC__HTTP_NONE)
		return refuse(400, TWC_EPROTO, "a request for WebSocket has no body", out, err);
	return 0;
}

/* ---- yes ---- */

static int agree(const struct twc__ws_accepted *agreed, struct twc_buf *out)
{
	int rc = twc_buf_addf(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
				   "Sec-WebSocket-Accept: %s\r\n", agreed->accept);

	if (!rc && agreed->subprotocol.n)
		rc = twc_buf_addf(out, "Sec-WebSocket-Protocol: %.*s\r\n", (int)agreed->subprotocol.n, agreed->subprotocol.p);
	if (!rc && agreed->extensions[0])
		rc = twc_buf_addf(out, "Sec-WebSocket-Extensions: %s\r\n", agreed->extensions);
	return rc ? rc : twc_buf_addf(out, "\r\n");
}

int twc__ws_answer(const struct twc__ws_wishes *w, const struct twc__http_head *head, struct twc_buf *out,
		   struct twc__ws_accepted *agreed, struct twc_err *err)
{
	const struct twc__ws_policy policy = { .subprotocols = w->subprotocols, .origins = w->origin, .deflate = w->deflate };
	struct twc__http_target target;
	struct twc_err why = { 0 };
	int status, rc = check_request(head, &target, out, err);

	if (rc)
		return rc;
	if (!is_path(w, &target))
		return refuse(404, TWC_EREJECTED, "there is no WebSocket at this path", out, err);
	if (twc__ws_accept(head->fields, head->start.method_id, 10 + head->start.minor, &policy, agreed, &status, &why))
		return refuse(status, why.code, why.text, out, err);
	rc = agree(agreed, out);
	return rc ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}
