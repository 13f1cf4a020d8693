/* SPDX-License-Identifier: MIT */
/*
 * What a server and a client of HTTP/2 (RFC 9113) share: a session of nghttp2 with our limits, fields from our lines to its list, and
 * its frames on their way to a transport. Only files named h2* know nghttp2.
 *
 * Out: nghttp2 makes frames, one at a time; struct twc__h2_out collects them, so that a turn is one write. A DATA frame's payload is
 * put there by its owner (NGHTTP2_DATA_FLAG_NO_COPY), straight from where it is.
 */
#ifndef TWC_PROTOCOL_HTTP_H2_H
#define TWC_PROTOCOL_HTTP_H2_H

#include <nghttp2/nghttp2.h>

#include <twc/base.h>
#include <twc/err.h>
#include <twc/transport.h>

/* What we tell the peer. Credit is given as a body is consumed, never by itself: so the windows bound what waits here. */
#define TWC__H2_STREAM_WINDOW (512 * 1024)
#define TWC__H2_CONN_WINDOW (2 * 1024 * 1024)
#define TWC__H2_STREAMS_MAX 100
#define TWC__H2_HEADERS_MAX (16 * 1024) /* SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113, 6.5.2 */
#define TWC__H2_REQUEST_HEAD_MAX (2 * 1024 * 1024) /* that a client sends, packed or not */
#define TWC__H2_FIELD_COST 32	       /* each field counts for so much more there */
#define TWC__H2_NV_MAX (1000 + 8)       /* fields of a message, with pseudo-fields */

#define TWC__H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define TWC__H2_PREFACE_LEN 24

/* ---- sessions ---- */

/* A session of either role with our options: no automatic window updates, no streams kept that are closed, control frames bounded. The
 * callbacks are copied. SETTINGS are not submitted yet. `memory`: copied; NULL: malloc. Never fails (dies without memory). */
nghttp2_session *twc__h2_session_new(bool is_server, const nghttp2_session_callbacks *callbacks, void *arg, nghttp2_mem *memory);

/* A session's callback or call failed for want of memory. */
#define TWC__H2_CHECK(rc) TWC_ASSERT((rc) != NGHTTP2_ERR_NOMEM)

const char *twc__h2_library_version(void);

/* ---- errors ---- */

/* "PROTOCOL_ERROR", of a code of RFC 9113, 7; "an unknown error" for others. */
const char *twc__h2_code_name(uint32_t code);
/* TWC_EPROTO (TWC_ELIMIT for ENHANCE_YOUR_CALM and REFUSED_STREAM, TWC_ECANCELLED for CANCEL): "<what>: PROTOCOL_ERROR". Returns the
 * error's code. */
int twc__h2_explain(struct twc_err *err, const char *what, uint32_t code);

/* ---- fields ---- */

/* Pseudo-fields and fields, for nghttp2_submit_*. Names and values are borrowed, and not copied: they stay until the frame has left. */
struct twc__h2_nvs {
	nghttp2_nv *v; /* owned */
	size_t n, cap;
};
void twc__h2_nvs_fini(struct twc__h2_nvs *nvs);
/* Room for n more. */
void twc__h2_nvs_reserve(struct twc__h2_nvs *nvs, size_t n);
/* `name` in lower case; n may be 0. There is room. */
static inline void twc__h2_nvs_put(struct twc__h2_nvs *nvs, struct twc_str name, struct twc_str value)
{
	nvs->v[nvs->n++] = (nghttp2_nv){
		.name = (uint8_t *)(uintptr_t)name.p,
		.namelen = name.n,
		.value = (uint8_t *)(uintptr_t)(value.n ? value.p : ""),
		.valuelen = value.n,
		.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE,
	};
}
/* The same, where there may be none. */
void twc__h2_nvs_add(struct twc__h2_nvs *nvs, struct twc_str name, struct twc_str value);
/*
 * Lines "Name: value\r\n", of which the names are put into lower case where they are (RFC 9113, 8.2). Fields of the connection
 * (Connection, Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade, TE but "trailers") are left out, and what Connection
 * names. `skip`: one more name to leave out, such as "host"; may be NULL.
 */
void twc__h2_nvs_add_lines(struct twc__h2_nvs *nvs, char *lines, size_t n, const char *skip);
/* Is this a field of the connection, which HTTP/2 has not (8.2.2)? In whatever case. */
bool twc__h2_is_hop_by_hop(struct twc_str name, struct twc_str value);

/* ---- out ---- */

#define TWC__H2_OUT_MAX (264 * 1024) /* bytes of one write: sixteen frames, with a little before them */
#define TWC__H2_FRAME_HEAD 9

struct twc__h2_out {
	char *p; /* TWC__H2_OUT_MAX bytes; owned, and shared by all connections of an owner */
	size_t n;
	struct twc_transport *t; /* while pumping */
};
void twc__h2_out_fini(struct twc__h2_out *out);
/* Room for n <= TWC__H2_OUT_MAX bytes at the end; what was there may leave for it. Advance out->n by what was written. */
char *twc__h2_out_room(struct twc__h2_out *out, size_t n);
/*
 * Everything the session has to say, until `max` bytes have left in this call or the transport's kernel refuses: then
 * twc__transport_await_sent was called, and drained() comes. True: there is, or may be, more to say. Not from inside a callback of
 * nghttp2. A failing session is the caller's: *err is set then, and what was made before has left.
 */
bool twc__h2_pump(struct twc__h2_out *out, nghttp2_session *session, struct twc_transport *t, size_t max, struct twc_err *err);
/* The session is not to be asked any more: GOAWAY with `code` and a text for debugging, by hand. */
void twc__h2_say_goaway(struct twc_transport *t, uint32_t last_id, uint32_t code, const char *text);

#endif
