/* SPDX-License-Identifier: MIT */
/* Heads of responses, put together from what is ready (RFC 9112, 4 and 5). No I/O and no clock. */
#include "protocol/http/response.h"

#include "protocol/http/date.h"
#include "protocol/http/octet.h"
#include "protocol/http/status.h"
#include "base/banned.h"

#define OK_LINE "HTTP/1.1 200 OK\r\n"
#define DATE "Date: "
#define SERVER "Server: "

_Static_assert(TWC__HTTP_STATUS_SPARE <= sizeof(((struct twc__http_head_room *)0)->line), "a status line of an unknown code");

static char *put(char *to, const char *p, size_t n)
{
	memcpy(to, p, n);
	return to + n;
}
#define PUT(to, literal) put((to), (literal), sizeof(literal) - 1)

void twc__http_stamp_init(struct twc__http_stamp *s, struct twc_str server)
{
	size_t n = sizeof(OK_LINE) - 1 + sizeof(DATE) - 1 + TWC__HTTP_DATE_LEN + 2;
	char *p;

	*s = (struct twc__http_stamp){ .date_at = sizeof(OK_LINE) - 1, .server_at = (uint16_t)n };
	if (server.n)
		n += sizeof(SERVER) - 1 + server.n + 2;
	TWC_ASSERT(n <= UINT16_MAX);
	s->len = (uint16_t)n;
	s->text = twc_malloc(n);
	p = PUT(s->text, OK_LINE);
	p = PUT(p, DATE);
	memset(p, ' ', TWC__HTTP_DATE_LEN);
	p = PUT(p + TWC__HTTP_DATE_LEN, "\r\n");
	if (!server.n)
		return;
	p = PUT(p, SERVER);
	p = put(p, server.p, server.n);
	PUT(p, "\r\n");
}

void twc__http_stamp_fini(struct twc__http_stamp *s)
{
	twc_free(s->text);
}

void twc__http_stamp_set(struct twc__http_stamp *s, int64_t now)
{
	twc__http_date_format(s->text + s->date_at + sizeof(DATE) - 1, now);
}

static struct iovec piece(const char *p, size_t n)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)p, .iov_len = n };
}

static char *put_body(char *p, const struct twc__http_head_facts *f)
{
	if (f->body == TWC__HTTP_TELL_CHUNKED)
		return PUT(p, "Transfer-Encoding: chunked\r\n");
	if (f->body != TWC__HTTP_TELL_LENGTH)
		return p;
	p = PUT(p, "Content-Length: ");
	p += twc__http_put_decimal(p, f->length);
	return PUT(p, "\r\n");
}

int twc__http_head_put(struct twc__http_head_room *room, const struct twc__http_stamp *s, const struct twc__http_head_facts *f)
{
	struct iovec *iov = room->iov;
	size_t from = 0, to = f->has_server ? s->server_at : s->len;
	char *p = room->tail;

	if (f->status != 200) {
		struct twc_str line = twc__http_status_line((unsigned)f->status, room->line);

		*iov++ = piece(line.p, line.n);
		from = s->date_at;
	}
	*iov++ = piece(s->text + from, to - from);
	if (f->fields.n)
		*iov++ = piece(f->fields.p, f->fields.n);
	p = put_body(p, f);
	if (f->last == TWC__HTTP_CLOSES)
		p = PUT(p, "Connection: close\r\n");
	else if (f->last == TWC__HTTP_KEEPS)
		p = PUT(p, "Connection: keep-alive\r\n");
	p = PUT(p, "\r\n");
	*iov++ = piece(room->tail, (size_t)(p - room->tail));
	return (int)(iov - room->iov);
}

int twc__http_interim_put(struct twc__http_head_room *room, int status, struct twc_str fields)
{
	struct twc_str line = twc__http_status_line((unsigned)status, room->line);
	int n = 0;

	room->iov[n++] = piece(line.p, line.n);
	if (fields.n)
		room->iov[n++] = piece(fields.p, fields.n);
	room->iov[n++] = piece("\r\n", 2);
	return n;
}
