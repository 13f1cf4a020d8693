/* SPDX-License-Identifier: MIT */
/* Bodies of a length that is asked for: bytes by chance, in parts, slowly, in lines, as events. */
#include "app/http/bin.h"

#include <stdio.h>
#include <time.h>

#include "app/http/files.h"
#include "protocol/http/exchange.h"
#include "protocol/http/precond.h"
#include "protocol/http/range.h"
#include "protocol/http/sse.h"
#include "base/banned.h"

#define CHUNK (10 * 1024)
#define BATCH (16 * 1024)
#define LINES_MAX 100
#define EVENTS_MAX 20000

#define TEXT_TYPE "text/plain; charset=utf-8"

/* ---- bytes by chance ---- */

static void fill(char *p, size_t n, uint64_t *chance)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t eight = twc__bin_random(chance);

		memcpy(p + i, &eight, n - i < 8 ? n - i : 8);
	}
}

static bool ask_bytes(struct twc__bin *bin, struct twc_http_exchange *x, struct twc_buf *out)
{
	uint64_t n, chance;
	char *p;

	if (!twc__bin_param_uint(x, "n", 0, TWC__BIN_BODY_MAX, &n) || !twc__bin_query_seed(bin, x, &chance))
		return false;
	twc_buf_init(out, TWC__BIN_BODY_MAX);
	if (twc_buf_reserve(out, (size_t)n, &p) < 0) {
		twc__bin_fail(x, 503, NULL);
		return false;
	}
	fill(p, (size_t)n, &chance);
	twc_buf_commit(out, (size_t)n);
	return true;
}

static struct twc_deferred *handle_bytes(void *arg, struct twc_http_exchange *x)
{
	struct twc_buf out;

	if (!ask_bytes(arg, x, &out))
		return NULL;
	twc__bin_send(x, 200, "application/octet-stream", twc_buf_str(&out));
	twc_buf_fini(&out);
	return NULL;
}

static struct twc_deferred *handle_stream_bytes(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_flow f = { .x = x, .status = 200, .length = TWC_HTTP_UNKNOWN, .batch = 1, .write = twc__bin_flow_slice };

	f.unit_len = CHUNK;
	if (!twc__bin_query_uint(x, "chunk_size", 1, TWC__BIN_BODY_MAX, &f.unit_len) || !ask_bytes(arg, x, &f.text))
		return NULL;
	f.units = (twc_buf_len(&f.text) + f.unit_len - 1) / f.unit_len;
	twc_http_add_field(x, "Content-Type", "application/octet-stream");
	twc__bin_flow_start(&f);
	return NULL;
}

/* ---- drip ---- */

static void write_stars(struct twc__bin_flow *f, uint64_t first, uint64_t n)
{
	char stars[BATCH];

	(void)first;
	memset(stars, '*', (size_t)n);
	twc_http_write(f->x, stars, (size_t)n);
}

/* Both together, as each of them by itself. */
static bool ask_times(struct twc__bin_flow *f)
{
	if (!twc__bin_query_time(f->x, "duration", &f->duration_ns) || !twc__bin_query_time(f->x, "delay", &f->delay_ns))
		return false;
	if (f->duration_ns + f->delay_ns <= TWC__BIN_TIME_MAX)
		return true;
	twc__bin_fail(f->x, 400, "duration and delay are longer than 10s");
	return false;
}

static struct twc_deferred *handle_drip(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_flow f = {
		.x = x,
		.units = 10,
		.batch = BATCH,
		.delay_ns = 2 * TWC_NS_PER_S,
		.duration_ns = 2 * TWC_NS_PER_S,
		.write = write_stars,
	};
	uint64_t status = 200;

	(void)arg;
	if (!ask_times(&f) || !twc__bin_query_uint(x, "numbytes", 1, TWC__BIN_BODY_MAX, &f.units) ||
	    !twc__bin_query_uint(x, "code", 200, 599, &status))
		return NULL;
	f.status = (int)status;
	f.length = f.units;
	twc_http_add_field(x, "Content-Type", TEXT_TYPE);
	twc__bin_flow_start(&f);
	return NULL;
}

/* ---- parts of the alphabet, over and over ---- */

struct parts {
	struct twc__http_ranges ranges; /* n 0: all of it */
	struct twc__http_byteranges frame;
};

static int add_letters(struct twc_buf *out, struct twc__http_range part)
{
	char *p;
	int rc = twc_buf_reserve(out, (size_t)part.len, &p);

	if (rc < 0)
		return rc;
	for (uint64_t i = 0; i < part.len; i++)
		p[i] = (char)('a' + (part.first + i) % 26);
	twc_buf_commit(out, (size_t)part.len);
	return 0;
}

static int add_parts(struct twc_buf *out, const struct twc__http_byteranges *frame)
{
	char head[256];
	int rc = 0;

	for (size_t i = 0; i < frame->ranges->n && rc == 0; i++) {
		rc = twc_buf_add(out, head, twc__http_byteranges_head(frame, i, head, sizeof(head)));
		if (rc == 0)
			rc = add_letters(out, frame->ranges->at[i]);
	}
	return rc == 0 ? twc_buf_add(out, head, twc__http_byteranges_tail(frame, head, sizeof(head))) : rc;
}

/* What the request asks for, into f->text, and the fields that say so. */
static int write_range(struct twc__bin_flow *f, const struct twc__http_ranges *ranges, uint64_t size)
{
	struct twc__http_byteranges frame = { ranges, size, TWC_STR(TEXT_TYPE), TWC_STR("twc-part-of-the-alphabet") };
	char value[TWC__HTTP_CONTENT_RANGE_MAX];

	f->status = ranges->n ? 206 : 200;
	if (ranges->n > 1) {
		twc_http_add_field(f->x, "Content-Type", "multipart/byteranges; boundary=twc-part-of-the-alphabet");
		return add_parts(&f->text, &frame);
	}
	twc_http_add_field(f->x, "Content-Type", TEXT_TYPE);
	if (!ranges->n)
		return add_letters(&f->text, (struct twc__http_range){ 0, size });
	twc_http_add_field_str(f->x, TWC_STR("Content-Range"),
			       (struct twc_str){ value, twc__http_content_range_format(value, ranges->at[0], size) });
	return add_letters(&f->text, ranges->at[0]);
}

/* False: it was answered. */
static bool ask_ranges(struct twc_http_exchange *x, uint64_t size, struct twc__http_ranges *ranges)
{
	char etag[32], value[TWC__HTTP_CONTENT_RANGE_MAX];
	struct twc__http_validators v = { .exists = true };
	struct twc__http_conditions c = {
		.method = twc_http_request(x)->method,
		.if_match = twc__files_field(x, "If-Match"),
		.if_none_match = twc__files_field(x, "If-None-Match"),
		.if_range = twc__files_field(x, "If-Range"),
		.has_range = twc_http_fields_get(&twc_http_request(x)->fields, "Range", NULL),
	};
	enum twc__http_precond answer;
	bool use_range;

	v.etag = (struct twc_str){ etag, (size_t)snprintf(etag, sizeof(etag), "\"range%llu\"", (unsigned long long)size) };
	answer = twc__http_precond_check(&c, &v, time(NULL), &use_range);
	twc_http_add_field(x, "ETag", etag);
	twc_http_add_field(x, "Accept-Ranges", "bytes");
	ranges->n = 0;
	if (answer != TWC__HTTP_PROCEED) {
		twc_http_set_status(x, answer == TWC__HTTP_FAILED ? 412 : 304);
		twc_http_send(x, NULL, 0);
		return false;
	}
	if (!use_range || twc__http_range_parse(twc__files_field(x, "Range"), size, ranges) != TWC__HTTP_RANGE_UNSATISFIABLE)
		return true;
	twc_http_add_field_str(x, TWC_STR("Content-Range"), (struct twc_str){ value, twc__http_content_range_none(value, size) });
	twc__bin_fail(x, 416, NULL);
	return false;
}

static struct twc_deferred *handle_range(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_flow f = { .x = x, .batch = BATCH, .write = twc__bin_flow_slice, .unit_len = 1 };
	struct twc__http_ranges ranges;
	uint64_t size;

	(void)arg;
	if (!twc__bin_param_uint(x, "n", 1, TWC__BIN_BODY_MAX, &size) || !twc__bin_query_time(x, "duration", &f.duration_ns) ||
	    !ask_ranges(x, size, &ranges))
		return NULL;
	twc_buf_init(&f.text, TWC__BIN_BODY_MAX + 16 * 1024);
	if (write_range(&f, &ranges, size) < 0) {
		twc_buf_fini(&f.text);
		twc__bin_fail(x, 503, NULL);
		return NULL;
	}
	f.length = f.units = twc_buf_len(&f.text);
	twc__bin_flow_start(&f);
	return NULL;
}

/* ---- lines ---- */

/* Each in one piece; f->text is what stands behind the number. */
static void write_line(struct twc__bin_flow *f, uint64_t first, uint64_t n)
{
	struct twc_buf line;
	int rc;

	(void)n;
	twc_buf_init(&line, TWC__BIN_JSON_MAX + 64);
	rc = twc_buf_addf(&line, "{\"id\":%llu,", (unsigned long long)first);
	if (rc == 0)
		rc = twc_buf_add(&line, twc_buf_head(&f->text), twc_buf_len(&f->text));
	if (rc == 0)
		twc_http_write(f->x, twc_buf_head(&line), twc_buf_len(&line));
	else
		twc_http_fail(f->x, &(struct twc_err){ .code = rc, .text = "no memory for a line" });
	twc_buf_fini(&line);
}

static struct twc_deferred *handle_stream(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_flow f = { .x = x, .status = 200, .length = TWC_HTTP_UNKNOWN, .batch = 1, .write = write_line };
	struct twc__bin_reply r;

	(void)arg;
	if (!twc__bin_param_uint(x, "n", 0, UINT32_MAX, &f.units))
		return NULL;
	f.units = f.units < 1 ? 1 : f.units > LINES_MAX ? LINES_MAX : f.units;
	twc__bin_reply_begin(&r, x);
	if (!twc__bin_tell_args(&r)) {
		twc__bin_reply_fini(&r);
		return NULL;
	}
	twc__bin_tell_origin(&r);
	twc__bin_tell_url(&r);
	if (!twc__bin_reply_end(&r) || twc_buf_add(&r.buf, "\n", 1) < 0) {
		twc__bin_reply_fini(&r);
		return NULL;
	}
	twc_buf_consume(&r.buf, 1); /* its bracket: the number comes first */
	f.text = r.buf;
	twc_http_add_field(x, "Content-Type", "application/json; charset=utf-8");
	twc__bin_flow_start(&f);
	return NULL;
}

/* ---- events ---- */

static void write_event(struct twc__bin_flow *f, uint64_t first, uint64_t n)
{
	struct timespec now;
	char data[96];
	struct twc__http_sse_event event = { .type = TWC_STR("ping"), .retry_ms = -1 };

	(void)n;
	clock_gettime(CLOCK_REALTIME, &now);
	event.data.p = data;
	event.data.n = (size_t)snprintf(data, sizeof(data), "{\"id\":%llu,\"timestamp\":%lld}", (unsigned long long)first,
					(long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	twc_buf_clear(&f->text);
	if (twc__http_sse_write(&f->text, &event, NULL) == 0)
		twc_http_write(f->x, twc_buf_head(&f->text), twc_buf_len(&f->text));
}

static struct twc_deferred *handle_sse(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_flow f = {
		.x = x,
		.status = 200,
		.length = TWC_HTTP_UNKNOWN,
		.units = 10,
		.batch = 1,
		.duration_ns = 5 * TWC_NS_PER_S,
		.write = write_event,
	};

	(void)arg;
	if (!ask_times(&f) || !twc__bin_query_uint(x, "count", 1, EVENTS_MAX, &f.units))
		return NULL;
	twc_buf_init(&f.text, 1024);
	twc_http_add_field(x, "Content-Type", "text/event-stream; charset=utf-8");
	twc_http_add_field(x, "Cache-Control", "no-store");
	twc__bin_flow_start(&f);
	return NULL;
}

const struct twc__bin_route twc__bin_stream[] = {
	{ NULL, "/bytes/<n>", handle_bytes, "n random bytes, 1 MiB at most; ?seed=." },
	{ NULL, "/stream-bytes/<n>", handle_stream_bytes, "The same in chunks; ?chunk_size=10240." },
	{ NULL, "/range/<n>", handle_range, "n letters, of which Range takes parts; ?duration=." },
	{ NULL, "/stream/<n>", handle_stream, "The request n times, one JSON a line, 100 at most." },
	{ NULL, "/drip", handle_drip, "Byte by byte: ?numbytes=10, ?duration=2s, ?delay=2s, ?code=200." },
	{ NULL, "/sse", handle_sse, "Server-sent events: ?count=10, ?duration=5s, ?delay=0." },
	{ .pattern = NULL },
};
