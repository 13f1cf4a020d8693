/* SPDX-License-Identifier: MIT */
/*
 * The head of what a CGI program answers (RFC 3875, 6): lines of fields up to an empty one, ended by LF or CR LF, of which Status,
 * Location and Content-Length mean something to the server. A head with a status line (NPH) is none.
 */
#ifndef TWC_PROTOCOL_HTTP_CGI_H
#define TWC_PROTOCOL_HTTP_CGI_H

#include <twc/buf.h>
#include <twc/err.h>
#include <twc/http_message.h>

#define TWC__HTTP_CGI_HEAD_MAX (64 * 1024)

enum twc__http_cgi_kind {
	TWC__HTTP_CGI_DOCUMENT = 0,
	TWC__HTTP_CGI_LOCAL,  /* `location` is a path of this server, to be answered as if it had been asked for; 6.2.2 */
	TWC__HTTP_CGI_CLIENT, /* the client is sent to `location`; 6.2.3, 6.2.4 */
};

struct twc__http_cgi {
	/* When feed has returned 1. */
	enum twc__http_cgi_kind kind;
	int status;		     /* 200 to 599 */
	char *location;		     /* owned; NULL: none */
	uint64_t length;	     /* of the body; TWC_HTTP_UNKNOWN: not said */
	struct twc_http_fields fields; /* the others, without those of the connection */
	/* private */
	struct twc_buf head;
	size_t column;	      /* octets in the line at hand, without CR */
	bool has_status, has_length;
	int code;	      /* the failure, which stays */
};

void twc__http_cgi_init(struct twc__http_cgi *c);
void twc__http_cgi_fini(struct twc__http_cgi *c);
/* 1: the head is whole, *used octets belong to it; 0: more is needed, all were used. TWC_EPROTO, TWC_ETOOLONG,
 * TWC_ENOMEM; a failure stays. Not to be called again after 1. */
int twc__http_cgi_feed(struct twc__http_cgi *c, const uint8_t *p, size_t n, size_t *used, struct twc_err *err);

#endif
