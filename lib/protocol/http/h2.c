/* SPDX-License-Identifier: MIT */
/* Sessions, fields and output of HTTP/2, the same for servers and clients. */
#include "protocol/http/h2.h"

#include <ctype.h>

#include "transport/transport_int.h"
#include "base/banned.h"

/* ---- sessions ---- */

nghttp2_session *twc__h2_session_new(bool is_server, const nghttp2_session_callbacks *callbacks, void *arg, nghttp2_mem *memory)
{
	nghttp2_session *session = NULL;
	nghttp2_option *o = NULL;
	int rc = nghttp2_option_new(&o);

	TWC_ASSERT(rc == 0);
	nghttp2_option_set_no_auto_window_update(o, 1);
	nghttp2_option_set_no_closed_streams(o, 1);
	nghttp2_option_set_peer_max_concurrent_streams(o, TWC__H2_STREAMS_MAX);
	nghttp2_option_set_max_deflate_dynamic_table_size(o, 4096);
	nghttp2_option_set_max_reserved_remote_streams(o, 0);
	if (is_server) {
		rc = nghttp2_session_server_new3(&session, callbacks, arg, o, memory);
	} else {
		nghttp2_option_set_builtin_recv_extension_type(o, NGHTTP2_ALTSVC);
		nghttp2_option_set_max_send_header_block_length(o, TWC__H2_REQUEST_HEAD_MAX);
		rc = nghttp2_session_client_new3(&session, callbacks, arg, o, memory);
	}
	nghttp2_option_del(o);
	TWC_ASSERT(rc == 0);
	return session;
}

const char *twc__h2_library_version(void)
{
	return nghttp2_version(0)->version_str;
}

/* ---- errors ---- */

const char *twc__h2_code_name(uint32_t code)
{
	return code <= NGHTTP2_HTTP_1_1_REQUIRED ? nghttp2_http2_strerror(code) : "an unknown error";
}

int twc__h2_explain(struct twc_err *err, const char *what, uint32_t code)
{
	switch (code) {
	case NGHTTP2_ENHANCE_YOUR_CALM:
	case NGHTTP2_REFUSED_STREAM:
		return twc_err_set(err, TWC_ELIMIT, "%s: %s", what, twc__h2_code_name(code));
	case NGHTTP2_CANCEL:
		return twc_err_set(err, TWC_ECANCELLED, "%s: %s", what, twc__h2_code_name(code));
	default:
		return twc_err_set(err, TWC_EPROTO, "%s: %s", what, twc__h2_code_name(code));
	}
}

/* ---- fields ---- */

void twc__h2_nvs_fini(struct twc__h2_nvs *nvs)
{
	twc_free(nvs->v);
	*nvs = (struct twc__h2_nvs){ 0 };
}

void twc__h2_nvs_reserve(struct twc__h2_nvs *nvs, size_t n)
{
	if (n <= nvs->cap - nvs->n)
		return;
	nvs->cap = nvs->cap ? nvs->cap * 2 : 32;
	if (nvs->cap < nvs->n + n)
		nvs->cap = nvs->n + n;
	nvs->v = twc_realloc(nvs->v, nvs->cap * sizeof(*nvs->v));
}

void twc__h2_nvs_add(struct twc__h2_nvs *nvs, struct twc_str name, struct twc_str value)
{
	twc__h2_nvs_reserve(nvs, 1);
	twc__h2_nvs_put(nvs, name, value);
}

static bool is_named(struct twc_str name, const char *lower, size_t n)
{
	return name.n == n && twc_str_eq_nocase(name, (struct twc_str){ lower, n });
}
#define IS(name, lower) is_named(name, lower, sizeof(lower) - 1)

bool twc__h2_is_hop_by_hop(struct twc_str name, struct twc_str value)
{
	switch (name.n) {
	case 2:
		return IS(name, "te") && !twc_str_eq_nocase(value, TWC_STR("trailers"));
	case 7:
		return IS(name, "upgrade");
	case 10:
		return IS(name, "connection") || IS(name, "keep-alive");
	case 16:
		return IS(name, "proxy-connection");
	case 17:
		return IS(name, "transfer-encoding");
	default:
		return false;
	}
}

/* Cuts the next line off. */
static bool next_line(char **p, char *end, struct twc_str *name, struct twc_str *value)
{
	char *lf = *p < end ? memchr(*p, '\n', (size_t)(end - *p)) : NULL, *colon;

	if (!lf)
		return false;
	colon = memchr(*p, ':', (size_t)(lf - *p));
	if (!colon)
		return false;
	*name = (struct twc_str){ *p, (size_t)(colon - *p) };
	*value = twc_str_trim((struct twc_str){ colon + 1, (size_t)(lf - colon - 1) - (lf[-1] == '\r') });
	*p = lf + 1;
	return true;
}

/* Eight letters at once: adding carries into the top bit of those that are not before A, or are behind Z. */
static uint64_t lower_word(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t low = w & 0x7f * ones, from_a = low + (0x80 - 'A') * ones, past_z = low + (0x7f - 'Z') * ones;

	return w | ((from_a ^ past_z) & ~w & 0x80 * ones) >> 2;
}

static void lower(char *p, size_t n)
{
	uint64_t w;

	for (; n >= sizeof(w); p += sizeof(w), n -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		w = lower_word(w);
		memcpy(p, &w, sizeof(w));
	}
	for (; n; p++, n--)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
}

/* Most names are not even as long as one that is left out. */
static bool may_be_left_out(struct twc_str name, struct twc_str skip)
{
	const uint32_t lengths = 1u << 2 | 1u << 7 | 1u << 10 | 1u << 16 | 1u << 17;

	return (name.n < 32 && lengths >> name.n & 1) || name.n == skip.n;
}

static bool is_among(struct twc_str list, struct twc_str name)
{
	struct twc_str member;

	while (twc_str_cut(&list, ',', &member))
		if (twc_str_eq_nocase(twc_str_trim(member), name))
			return true;
	return false;
}

/* What Connection has named is of the connection, too. */
static void drop_named(struct twc__h2_nvs *nvs, size_t from, struct twc_str list)
{
	size_t n = from;

	for (size_t i = from; i < nvs->n; i++)
		if (!is_among(list, (struct twc_str){ (const char *)nvs->v[i].name, nvs->v[i].namelen }))
			nvs->v[n++] = nvs->v[i];
	nvs->n = n;
}

void twc__h2_nvs_add_lines(struct twc__h2_nvs *nvs, char *lines, size_t n, const char *skip)
{
	struct twc_str name, value, named = { NULL, 0 }, skipped = twc_str_of(skip ? skip : "");
	char *p = lines, *end = lines + n;
	size_t from = nvs->n;

	while (next_line(&p, end, &name, &value)) {
		if (may_be_left_out(name, skipped)) {
			if (IS(name, "connection"))
				named = value;
			if (twc__h2_is_hop_by_hop(name, value) || (skip && twc_str_eq_nocase(name, skipped)))
				continue;
		}
		lower(lines + (name.p - lines), name.n);
		twc__h2_nvs_add(nvs, name, value);
	}
	if (named.n)
		drop_named(nvs, from, named);
}

/* ---- out ---- */

void twc__h2_out_fini(struct twc__h2_out *out)
{
	twc_free(out->p);
	*out = (struct twc__h2_out){ 0 };
}

static void out_flush(struct twc__h2_out *out)
{
	if (out->n)
		twc_transport_write(out->t, out->p, out->n);
	out->n = 0;
}

char *twc__h2_out_room(struct twc__h2_out *out, size_t n)
{
	TWC_ASSERT(n <= TWC__H2_OUT_MAX);
	if (!out->p)
		out->p = twc_malloc(TWC__H2_OUT_MAX);
	if (n > TWC__H2_OUT_MAX - out->n)
		out_flush(out);
	return out->p + out->n;
}

bool twc__h2_pump(struct twc__h2_out *out, nghttp2_session *session, struct twc_transport *t, size_t max, struct twc_err *err)
{
	uint64_t from = twc_transport_bytes_out(t) + twc_transport_queued(t);
	const uint8_t *frame;
	bool is_more = true;
	ssize_t n;

	TWC_ASSERT(!out->t);
	out->t = t;
	while (!twc_transport_is_closing(t) && !twc__transport_is_refused(t)) {
		if (twc_transport_bytes_out(t) + twc_transport_queued(t) - from >= max)
			break;
		n = nghttp2_session_mem_send(session, &frame);
		if (n > 0) {
			memcpy(twc__h2_out_room(out, (size_t)n), frame, (size_t)n);
			out->n += (size_t)n;
			continue;
		}
		if (n == 0 && nghttp2_session_want_write(session) && out->n)
			out_flush(out); /* an owner's data may have waited for room */
		is_more = false;
		if (n < 0)
			twc_err_set(err, TWC_EPROTO, "HTTP/2: %s", nghttp2_strerror((int)n));
		break;
	}
	out_flush(out);
	out->t = NULL;
	if (!twc_transport_is_closing(t) && twc__transport_await_sent(t))
		is_more = true;
	return is_more;
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

void twc__h2_say_goaway(struct twc_transport *t, uint32_t last_id, uint32_t code, const char *text)
{
	uint8_t frame[TWC__H2_FRAME_HEAD + 8 + 200] = { 0 };
	size_t n = strnlen(text, 200);

	put32(frame, (uint32_t)(8 + n) << 8 | NGHTTP2_GOAWAY);
	put32(frame + 9, last_id & 0x7fffffff);
	put32(frame + 13, code);
	memcpy(frame + 17, text, n);
	twc_transport_write(t, frame, 17 + n);
}
