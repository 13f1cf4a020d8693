/* SPDX-License-Identifier: MIT */
/* The stage between a wire and what it is joined with: line ends and telnet, and how much may be received. */
#include "app/filter.h"

#include "base/banned.h"

bool twc__filter_copies(const struct twc_filter_opts *o)
{
	return o->crlf || o->telnet || o->max_bytes || o->max_messages || o->has_escape;
}

/* A datagram stays one: what is encoded is written by one call. */
void twc__codec_send(struct twc__codec *c, const struct twc_filter_opts *o, struct twc_transport *wire, const uint8_t *p,
		     size_t n)
{
	uint8_t *lines = NULL, *escaped = NULL;

	if (o->crlf) {
		lines = twc_malloc(2 * n + 1);
		n = twc_crlf_encode(&c->crlf, p, n, lines);
		p = lines;
	}
	if (o->telnet) {
		escaped = twc_malloc(2 * n + 1);
		n = twc_telnet_encode(&c->telnet, p, n, escaped);
		p = escaped;
	}
	twc_transport_write(wire, p, n);
	twc_free(lines);
	twc_free(escaped);
}

static void codec_send_window(const struct twc__codec *c, struct twc_transport *wire)
{
	uint8_t text[TWC_TELNET_WINDOW_MAX];

	twc_transport_write(wire, text, twc_telnet_window(c->columns, c->rows, text));
}

void twc__codec_window(struct twc__codec *c, struct twc_transport *wire, uint16_t columns, uint16_t rows)
{
	if (c->telnet.has_window && c->columns == columns && c->rows == rows)
		return;
	c->telnet.has_window = true;
	c->columns = columns;
	c->rows = rows;
	if (wire && c->telnet.wants_window)
		codec_send_window(c, wire);
}

int twc__codec_receive(struct twc__codec *c, const struct twc_filter_opts *o, struct twc_transport *wire,
		       const uint8_t *p, size_t n, twc__emit_fn emit, void *arg, struct twc_err *err)
{
	uint8_t *data, *reply;
	size_t n_data, n_reply;
	bool wanted_window = c->telnet.wants_window;
	int rc;

	if (!o->telnet) {
		emit(arg, p, n);
		return 0;
	}
	data = twc_malloc(n + 1);
	reply = twc_malloc(n + 2);
	rc = twc_telnet_decode(&c->telnet, p, n, data, &n_data, reply, &n_reply, err);
	if (n_reply)
		twc_transport_write(wire, reply, n_reply);
	if (c->telnet.wants_window && !wanted_window)
		codec_send_window(c, wire);
	if (n_data)
		emit(arg, data, n_data);
	twc_free(data);
	twc_free(reply);
	return rc;
}

size_t twc__quota_take(struct twc__quota *q, const struct twc_filter_opts *o, size_t n, bool is_datagram)
{
	if (twc__quota_is_used_up(q, o))
		return 0;
	if (o->max_bytes && !is_datagram && n > o->max_bytes - q->bytes)
		n = (size_t)(o->max_bytes - q->bytes);
	q->bytes += n;
	q->messages += is_datagram;
	return n;
}

bool twc__quota_is_used_up(const struct twc__quota *q, const struct twc_filter_opts *o)
{
	return (o->max_bytes && q->bytes >= o->max_bytes) || (o->max_messages && q->messages >= o->max_messages);
}
