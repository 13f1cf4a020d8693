/* SPDX-License-Identifier: MIT */
/*
 * A web server on loopback whose answers are written down: raw bytes, looked up by the beginning of the request. It keeps
 * all that it is sent. Of rows for the same request each is used once, and the last one from then on.
 */
#ifndef TWC_TEST_HTTP_SCRIPT_H
#define TWC_TEST_HTTP_SCRIPT_H

#include <twc/buf.h>
#include <twc/reactor.h>

enum {
	SCRIPT_CLOSE = 1, /* ends the connection behind the answer */
	SCRIPT_RESET = 2,
	SCRIPT_STALE = 4, /* ends it when the next request comes on it, instead of answering that */
	SCRIPT_LATE = 8,  /* an answer is held back for script_release */
	SCRIPT_HEAD = 16, /* answers as soon as the head is there, body or not */
	SCRIPT_GZIP = 32, /* the body is compressed, and ends with the connection; no %P in it */
};

struct script_row {
	const char *request; /* "GET /a": what a request begins with; "": any; NULL: the end of the table */
	const char *response; /* %P is the server's port */
	unsigned flags;
};

struct script;
/* `endpoint` may be NULL: a port of 127.0.0.1. The rows are borrowed. */
struct script *script_new(struct twc_reactor *r, const char *endpoint, const struct script_row *rows);
void script_free(struct script *s);
unsigned script_port(const struct script *s);
/* "http://127.0.0.1:4711/a?b"; good until the next but three */
const char *script_url(const struct script *s, const char *path);
const char *script_log(struct script *s); /* all that came, requests one behind the other */
void script_clear(struct script *s);
unsigned script_requests(const struct script *s);
unsigned script_connections(const struct script *s); /* in all */
unsigned script_open(const struct script *s);	     /* now */
void script_release(struct script *s);		     /* what was held back is said now */

#endif
