/* SPDX-License-Identifier: MIT */
/* What passes as lines of JSON, one a message. The keys are a contract; all there is of a message is in its line. */
#include "app/http/ws_talk.h"

#include <time.h>
#include <twc/json.h>
#include <twc/parse.h>

#include "base/base64.h"
#include "protocol/http/date.h"
#include "protocol/ws/frame.h"
#include "base/banned.h"

#define LINE_ROOM 1024 /* besides what becomes longer by quotes and base64 */
#define GROWTH 6       /* of a byte that is written as \u0000 */

static const char *opcode_name(unsigned opcode)
{
	switch (opcode) {
	case TWC__WS_TEXT:
		return "text";
	case TWC__WS_BINARY:
		return "binary";
	case TWC__WS_PING:
		return "ping";
	case TWC__WS_PONG:
		return "pong";
	default:
		return "close";
	}
}

static void put_head(struct twc_json *j, struct twc_buf *line, bool is_out, unsigned opcode, size_t n)
{
	char text[TWC__HTTP_ISO_MAX];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	twc_json_begin(j, line);
	twc_json_str(j, "time", (struct twc_str){ text, twc__http_iso_format(text, now.tv_sec, (uint32_t)(now.tv_nsec / 1000), 6) });
	twc_json_text(j, "dir", is_out ? "out" : "in");
	twc_json_text(j, "opcode", opcode_name(opcode));
	twc_json_uint(j, "size", n);
}

static void put_line(struct twc_ws_talk *x, struct twc_json *j, struct twc_buf *line)
{
	struct twc_err err = { 0 };
	struct iovec iov;

	twc_json_end(j);
	if (j->failed || twc_buf_add(line, "\n", 1) < 0) {
		twc_err_set(&err, TWC_ENOMEM, "no memory for a line of --json");
		twc__ws_talk_end(x, &err);
	} else {
		iov = (struct iovec){ .iov_base = (void *)(uintptr_t)twc_buf_head(line), .iov_len = twc_buf_len(line) };
		twc__ws_talk_write(x, &iov, 1);
	}
	twc_buf_fini(line);
}

static void put_base64(struct twc_json *j, struct twc_str data)
{
	struct twc_buf b;

	twc_buf_init(&b, TWC__BASE64_LEN(data.n));
	if (twc__base64_add(&b, data.p, data.n) < 0)
		j->failed = true;
	else
		twc_json_str(j, "base64", twc_buf_str(&b));
	twc_buf_fini(&b);
}

void twc__ws_talk_tell(struct twc_ws_talk *x, bool is_out, unsigned opcode, const void *p, size_t n, uint64_t rtt_ns)
{
	struct twc_str data = { p, n };
	struct twc_buf line;
	struct twc_json j;

	if (!x->o.json)
		return;
	twc_buf_init(&line, LINE_ROOM + GROWTH * n);
	put_head(&j, &line, is_out, opcode, n);
	if (opcode == TWC__WS_BINARY || !twc_is_utf8(data))
		put_base64(&j, data);
	else
		twc_json_str(&j, "text", n ? data : TWC_STR(""));
	if (rtt_ns)
		twc_json_uint(&j, "rtt_us", rtt_ns / TWC_NS_PER_US);
	put_line(x, &j, &line);
}

void twc__ws_talk_tell_close(struct twc_ws_talk *x, bool is_out, unsigned code, struct twc_str reason)
{
	struct twc_buf line;
	struct twc_json j;

	if (!x->o.json)
		return;
	twc_buf_init(&line, LINE_ROOM + GROWTH * reason.n);
	put_head(&j, &line, is_out, TWC__WS_CLOSE, code == TWC_WS_NO_STATUS ? 0 : 2 + reason.n);
	if (code == TWC_WS_NO_STATUS)
		twc_json_null(&j, "code");
	else
		twc_json_uint(&j, "code", code);
	twc_json_str(&j, "reason", reason.n ? reason : TWC_STR(""));
	put_line(x, &j, &line);
}
