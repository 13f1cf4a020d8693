/* SPDX-License-Identifier: MIT */
/*
 * The head of a response on the wire of HTTP/1, as pieces for one gathering write. Nothing is formatted that can be ready
 * before: the status line with Date and Server is made once a second, the fields are lines already.
 */
#ifndef TWC_PROTOCOL_HTTP_RESPONSE_H
#define TWC_PROTOCOL_HTTP_RESPONSE_H

#include <sys/uio.h>

#include <twc/base.h>

/* "HTTP/1.1 200 OK\r\n" "Date: …\r\n" "Server: …\r\n" */
struct twc__http_stamp {
	char *text;	   /* owned */
	uint16_t date_at;  /* where the Date field begins */
	uint16_t server_at; /* where the Server field does */
	uint16_t len;
};
/* `server` may be empty: then there is no such field. */
void twc__http_stamp_init(struct twc__http_stamp *s, struct twc_str server);
void twc__http_stamp_fini(struct twc__http_stamp *s);
void twc__http_stamp_set(struct twc__http_stamp *s, int64_t now); /* seconds since 1970 */

enum twc__http_body_told {
	TWC__HTTP_TELL_NOTHING = 0, /* there is no body, or it lasts until the connection ends */
	TWC__HTTP_TELL_LENGTH,
	TWC__HTTP_TELL_CHUNKED,
};
enum twc__http_last_told {
	TWC__HTTP_STAYS = 0, /* as the version has it */
	TWC__HTTP_CLOSES,
	TWC__HTTP_KEEPS, /* said to HTTP/1.0 */
};
struct twc__http_head_facts {
	int status;
	bool has_server; /* `fields` say it */
	struct twc_str fields;
	enum twc__http_body_told body;
	uint64_t length;
	enum twc__http_last_told last;
};

#define TWC__HTTP_HEAD_IOV 4
struct twc__http_head_room {
	struct iovec iov[TWC__HTTP_HEAD_IOV + 2]; /* two more for a body */
	char line[16];
	char tail[96];
};
/* Fills room->iov in and returns how many are used; they point into the stamp, the fields and `room`. */
int twc__http_head_put(struct twc__http_head_room *room, const struct twc__http_stamp *s, const struct twc__http_head_facts *f);

/* The head of an interim response: a status line, the fields, no date. */
int twc__http_interim_put(struct twc__http_head_room *room, int status, struct twc_str fields);

#endif
