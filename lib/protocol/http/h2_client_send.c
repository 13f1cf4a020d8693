/* SPDX-License-Identifier: MIT */
/*
 * The body of a request of HTTP/2: pieces that a source has written wait in its stream until the session has room for them, which
 * the server's windows and the transport decide. Ranges of files wait as such, and go to the transport as such.
 */
#include "protocol/http/h2_client.h"

#include "base/banned.h"

#define MARK_HIGH (256 * 1024)
#define MARK_LOW (64 * 1024)
#define PIECE (16 * 1024)

struct twc__h2_piece {
	struct twc__h2_piece *next;
	struct twc_file *file; /* counted; NULL: the bytes are in data */
	uint64_t at;
	size_t start, end, cap;
	uint8_t data[];
};

/* ---- pieces ---- */

static struct twc__h2_piece *piece_add(struct twc__http_stream *s, size_t cap)
{
	struct twc__h2_piece *piece = twc_malloc(sizeof(*piece) + cap);

	*piece = (struct twc__h2_piece){ .cap = cap };
	*s->pieces_end = piece;
	s->pieces_end = &piece->next;
	return piece;
}

static struct twc__h2_piece *piece_last(struct twc__http_stream *s)
{
	return s->pieces ? TWC_CONTAINER_OF(s->pieces_end, struct twc__h2_piece, next) : NULL;
}

static void piece_drop(struct twc__http_stream *s)
{
	struct twc__h2_piece *piece = s->pieces;

	s->pieces = piece->next;
	if (!s->pieces)
		s->pieces_end = &s->pieces;
	twc_file_unref(piece->file);
	twc_free(piece);
}

void twc__h2_stream_drop_pieces(struct twc__http_stream *s)
{
	while (s->pieces)
		piece_drop(s);
	s->waiting = 0;
}

static void wake(struct twc__http_stream *s, size_t n)
{
	s->waiting += n;
	if (!s->is_full && s->waiting >= MARK_HIGH) {
		s->is_full = true;
		s->c->h2->n_full++;
	}
	if (s->is_idle)
		(void)nghttp2_session_resume_data(s->c->h2->session, s->id);
	s->is_idle = false;
	twc__h2_client_flush(s->c);
}

/* ---- what sources write ---- */

bool twc__h2_upload_is_full(const struct twc_http_upload *u)
{
	return u->turn->stream->is_full;
}

void twc__h2_upload_write(struct twc_http_upload *u, const void *p, size_t n)
{
	struct twc__http_stream *s = u->turn->stream;
	struct twc__h2_piece *piece = piece_last(s);

	if (!piece || piece->file || piece->cap - piece->end < n)
		piece = piece_add(s, n > PIECE ? n : PIECE);
	memcpy(piece->data + piece->end, p, n);
	piece->end += n;
	wake(s, n);
}

void twc__h2_upload_file(struct twc_http_upload *u, struct twc_file *f, uint64_t offset, uint64_t n)
{
	struct twc__http_stream *s = u->turn->stream;
	struct twc__h2_piece *piece = piece_add(s, 0);

	piece->file = twc_file_ref(f);
	piece->at = offset;
	piece->end = (size_t)n;
	wake(s, (size_t)n);
}

void twc__h2_upload_end(struct twc_http_upload *u)
{
	twc__h2_stream_await(u->turn->stream);
	wake(u->turn->stream, 0);
}

void twc__h2_upload_fail(struct twc_http_upload *u, const struct twc_err *err)
{
	u->turn->stream->failure = *err;
	twc__h2_stream_kick(u->turn->stream);
}

/* One at a time: what it does may end any turn. */
bool twc__h2_client_produce(struct twc__http_client_conn *c)
{
	if (c->h2->n_full == 0)
		return false;
	TWC__LIST_FOR(n, &c->h2->streams) {
		struct twc__http_stream *s = TWC_CONTAINER_OF(n, struct twc__http_stream, link);

		if (!s->is_full || s->waiting > MARK_LOW || !s->turn->upload.is_open)
			continue;
		s->is_full = false;
		c->h2->n_full--;
		twc__http_upload_go_on(&s->turn->upload);
		return true;
	}
	return false;
}

/* ---- what the session takes ---- */

static void end_body(struct twc__http_stream *s, uint32_t *flags)
{
	const struct twc_http_fields *trailers = &s->turn->upload.trailers;
	struct twc__h2_nvs nvs = { 0 };
	char *names = NULL;
	size_t at = 0, n = twc_http_fields_count(trailers);

	*flags |= NGHTTP2_DATA_FLAG_EOF;
	s->is_sent = true;
	if (s->is_whole)
		twc__h2_stream_kick(s); /* the response was there before */
	for (size_t i = 0; i < n; i++)
		at += twc_http_fields_at(trailers, i).name.n;
	if (n == 0)
		return;
	names = twc_malloc(at);
	at = 0;
	for (size_t i = 0; i < n; i++) {
		struct twc_http_field f = twc_http_fields_at(trailers, i);

		for (size_t j = 0; j < f.name.n; j++)
			names[at + j] = (char)(f.name.p[j] >= 'A' && f.name.p[j] <= 'Z' ? f.name.p[j] | 0x20 : f.name.p[j]);
		twc__h2_nvs_add(&nvs, (struct twc_str){ names + at, f.name.n }, f.value);
		nvs.v[i].flags = NGHTTP2_NV_FLAG_NONE;
		at += f.name.n;
	}
	*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	(void)nghttp2_submit_trailer(s->c->h2->session, s->id, nvs.v, nvs.n);
	twc__h2_nvs_fini(&nvs);
	twc_free(names);
}

static ssize_t on_read(nghttp2_session *session, int32_t id, uint8_t *buf, size_t length, uint32_t *flags,
		       nghttp2_data_source *source, void *arg)
{
	struct twc__http_stream *s = nghttp2_session_get_stream_user_data(session, id);
	size_t n;

	(void)buf;
	(void)source;
	(void)arg;
	if (!s || !s->turn)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (!s->pieces && !s->turn->upload.is_whole) {
		s->is_idle = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	n = s->pieces ? s->pieces->end - s->pieces->start : 0;
	n = n < length ? n : length;
	if (n == s->waiting && s->turn->upload.is_whole)
		end_body(s, flags);
	return (ssize_t)n;
}

nghttp2_data_provider twc__h2_client_provider(struct twc__http_stream *s)
{
	return (nghttp2_data_provider){ .source.ptr = s, .read_callback = on_read };
}

static void put(struct twc__h2_out *out, const void *p, size_t n)
{
	memcpy(twc__h2_out_room(out, n), p, n);
	out->n += n;
}

static void send_file(struct twc__h2_out *out, struct twc__h2_piece *piece, size_t n)
{
	if (out->n > 0)
		twc_transport_write(out->t, out->p, out->n);
	out->n = 0;
	twc_transport_write_file(out->t, piece->file, piece->at + piece->start, n);
}

/* The payload was promised by on_read, and what was promised is there: nothing takes pieces in between. */
static int on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t n, nghttp2_data_source *source,
			void *arg)
{
	struct twc__http_client_conn *c = arg;
	struct twc__http_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	struct twc__h2_out *out = &c->h2->out;

	(void)source;
	if (!s || !s->turn)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	put(out, head, TWC__H2_FRAME_HEAD);
	if (n > 0 && s->pieces->file)
		send_file(out, s->pieces, n);
	else if (n > 0)
		put(out, s->pieces->data + s->pieces->start, n);
	s->waiting -= n;
	if (n > 0)
		s->pieces->start += n;
	if (s->pieces && s->pieces->start == s->pieces->end)
		piece_drop(s);
	c->h2->useless = c->h2->useless_bytes = 0;
	return 0;
}

void twc__h2_client_send_callbacks(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_send_data_callback(cb, on_send_data);
}
