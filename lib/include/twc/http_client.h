/* SPDX-License-Identifier: MIT */
/*
 * The client's side of HTTP: a client keeps connections to servers and gives a response, through a deferred, for each
 * request. The body of a response streams, with flow control; so does that of a request.
 *
 *	struct twc_http_client *c = twc_http_client_new(r, NULL);
 *	struct twc_deferred *d = twc_http_get(c, "http://127.0.0.1:8080/");
 *	twc_deferred_add(d, on_response, on_error, NULL);
 *
 * Redirects, cookies, logins and retries are not here but in <twc/http_fetch.h>. Everything belongs to the loop's thread.
 */
#ifndef TWC_HTTP_CLIENT_H
#define TWC_HTTP_CLIENT_H

#include <twc/addr.h>
#include <twc/base.h>
#include <twc/deferred.h>
#include <twc/err.h>
#include <twc/http_message.h>
#include <twc/http_server.h>
#include <twc/reactor.h>
#include <twc/tls.h>
#include <twc/transport.h>
#include <twc/url.h>

#pragma GCC visibility push(default)

/* ---- a client: connections that are kept and shared ---- */

struct twc_http_client;

/* Zeroed members take the default. Strings are copied. */
struct twc_http_client_opts {
	unsigned max_per_host;	   /* connections to one origin at once: no limit */
	unsigned max_idle;	   /* connections kept without use: 100 */
	uint64_t idle_ns;	   /* and for how long: 30 s */
	const char *tls;	   /* keys of a tls: endpoint for https, as in "ca=my.pem:min=1.3"; NULL: none */
	const char *keys;	   /* of every endpoint dialled: "timeout=5s:bind=127.0.0.1" */
	unsigned ip_version;	   /* 4 or 6: addresses of this version alone; 0: of both */
	size_t max_head;	   /* bytes of a response's head: 300 KiB, with 1xx before it; TWC_ETOOLONG */
	uint64_t first_byte_ns;	   /* from the end of the request to the head: no limit; TWC_ETIMEDOUT */
	/* Which versions to speak. 0: with TLS what ALPN finds, HTTP/2 preferred (unless `tls` says alpn=), else HTTP/1; 11: HTTP/1
	 * alone; 20: HTTP/2 alone, in the clear by prior knowledge (RFC 9113, 3.3). */
	int version;
	bool no_alpn;		   /* TLS offers no protocol by ALPN, unless `tls` says alpn=: HTTP/1 alone is spoken then */
	bool lenient;		   /* Transfer-Encoding together with Content-Length: the former wins, the connection ends */
	bool strict;		   /* bare LF, lines that are continued and the like are refused in responses, too (RFC 9112, 2.2) */
};
struct twc_http_client *twc_http_client_new(struct twc_reactor *r, const struct twc_http_client_opts *o); /* `o` may be NULL */
/* Before its reactor. Breaks off what is under way (TWC_ECANCELLED) and closes what is kept; responses stay their owners'. */
void twc_http_client_free(struct twc_http_client *c);
void twc_http_client_close_idle(struct twc_http_client *c);

/* ---- a request ---- */

/* The body of a request, made piece by piece. */
struct twc_http_upload;
struct twc_http_source {
	uint64_t length; /* or TWC_HTTP_UNKNOWN: sent chunked, or refused with TWC_EDATA where the server has HTTP/1.0 only */
	/* The connection takes some now: write pieces with twc_http_upload_write until it is full or there is no more for
	 * the moment, and go on whenever there is. Called again when it has drained. */
	void (*produce)(void *arg, struct twc_http_upload *u);
	/* The whole is to be sent once more, on another connection: back to the start. False: it cannot be; NULL: likewise. */
	bool (*rewind)(void *arg);
	/* No more is wanted: all was written, or the exchange is over. Once per start. May be NULL. */
	void (*stop)(void *arg);
	void *arg;
};
bool twc_http_upload_is_full(const struct twc_http_upload *u); /* above the high mark: wait to be asked again */
void twc_http_upload_write(struct twc_http_upload *u, const void *p, size_t n); /* copied, or sent at once */
/* `n` bytes of the file from `offset` on; the file is kept open as long as it takes. */
void twc_http_upload_file(struct twc_http_upload *u, struct twc_file *f, uint64_t offset, uint64_t n);
void twc_http_upload_trailer(struct twc_http_upload *u, struct twc_str name, struct twc_str value); /* chunked only */
void twc_http_upload_end(struct twc_http_upload *u); /* must match a known length, else the exchange fails */
void twc_http_upload_fail(struct twc_http_upload *u, const struct twc_err *err); /* e.g. the input broke: the connection is reset */

/* How a connection came about, and what an exchange took: nanoseconds of the reactor's clock; 0: did not happen. */
struct twc_http_times {
	uint64_t queued;     /* the request was made */
	uint64_t dial;	     /* a dial began for it; 0: a kept connection */
	uint64_t resolved;   /* the name was looked up */
	uint64_t connected;  /* TCP, and what proxies had to say */
	uint64_t secured;    /* TLS */
	uint64_t sent;	     /* the request's head was written */
	uint64_t uploaded;   /* the last of its body */
	uint64_t first_byte; /* of the response */
	uint64_t head;	     /* its head was whole */
	uint64_t done;	     /* its last byte */
};

struct twc_http_call {
	struct twc_str method;	      /* n 0: GET */
	const struct twc_url *url;    /* borrowed until the call returns */
	bool url_stays;		      /* it and `via` are borrowed until the exchange is over: they need not be copied */
	struct twc_str target;	      /* sent as it is in place of the URL's path and query; n 0: those */
	bool absolute;		      /* absolute-form: for an HTTP proxy at `via` */
	int minor;		      /* HTTP/1.x to ask with: 1; -1: 1.0 */
	/* Borrowed until the call returns; may be NULL. Host is put first unless it is here; framing fields are the
	 * client's business. */
	const struct twc_http_fields *fields;
	bool no_host;		      /* no Host at all, unless it is in `fields`: what HTTP/1.1 has servers refuse */
	const struct twc_http_source *source; /* `*source` is copied; NULL: none */
	struct twc_str body;	      /* instead of a source; borrowed until the exchange is over */
	/* Where to connect instead of the URL's host and port: an endpoint string; NULL: there. What TLS verifies stays the URL's
	 * host. Connections of different endpoints are never mixed. */
	const char *via;
	uint64_t expect_ns;	      /* ask with Expect: 100-continue, and wait so long for leave; 0: not */
	uint64_t first_byte_ns;	      /* instead of the client's; 0: that */
	bool anonymous;		      /* without the client's certificate: the keys cert, key, key-pass… of its `tls` */
	bool fresh;		      /* on a connection of its own, which is closed afterwards */
	/* Ask to switch to this protocol (RFC 9110, 7.8), on a connection of HTTP/1.1 of its own; NULL: not. A response of 101 with it
	 * goes on with twc_http_response_upgrade; any other is a response like all. */
	const char *upgrade;
	/* What happens on the way. None of these may end the exchange or free the client.
	 * Head of an interim response (1xx but 101); may be NULL. */
	void (*informed)(void *arg, int status, const struct twc_http_fields *fields);
	/* The bytes of a head as they go out ('>') or have come in ('<'): for -v and traces; may be NULL. */
	void (*seen)(void *arg, char dir, struct twc_str head);
	/* A connection is there (to be asked and limited, not to be written to), and the head goes out next; `reused`:
	 * it was kept. Once for each connection that is tried. May be NULL. */
	void (*began)(void *arg, struct twc_transport *t, bool reused);
	void *arg;
};

/* ---- a response ---- */

struct twc_http_response {
	int status;		 /* 200 to 999, or 101 */
	int version;		 /* 10, 11: HTTP/1.0, 1.1; 20: HTTP/2 */
	struct twc_str reason;	 /* as it was sent */
	struct twc_http_fields fields;
	struct twc_http_fields trailers; /* after the end of the body */
	uint64_t length;	 /* of the body, as announced; TWC_HTTP_UNKNOWN: as it comes */
	size_t head_bytes;	 /* of the head, interim ones too */
	uint64_t body_bytes;	 /* so far, without framing */
	uint64_t request_bytes, upload_bytes; /* of the request's head and body, as sent */
	struct twc_http_times times;
	bool reused;		 /* of a connection that had another exchange before */
	uint64_t connection;	 /* its number in the client, from 1 */
	struct twc_addr peer, host; /* of the connection */
	bool has_tls;
	struct twc_tls_info tls; /* when has_tls */
};

/*
 * Fires with a struct twc_http_response * when its head is there, or fails: as twc_endpoint_connect, TWC_EPROTO, TWC_ERESET,
 * TWC_ETRUNC (closed before a head was whole), TWC_ETIMEDOUT. The chain owns it and gives it to twc_http_response_free
 * when done, which breaks off what has not come yet. Cancelling breaks the exchange off. On a kept connection that turns out to be
 * closed, before anything of a response came, the request is made once more if that is safe (RFC 9110, 9.2.2).
 */
struct twc_deferred *twc_http_ask(struct twc_http_client *c, const struct twc_http_call *call);
struct twc_deferred *twc_http_get(struct twc_http_client *c, const char *url); /* TWC_EUSAGE for a bad URL */
void twc_http_response_free(void *response);
/* How far the latest exchange of the client got that failed without a response: for reports. */
const struct twc_http_times *twc_http_client_last_times(const struct twc_http_client *c);

/* Its connection, for what only that knows (the peer's certificates); NULL: the exchange is over. */
struct twc_transport *twc_http_response_transport(const struct twc_http_response *res);

/*
 * Of a response of 101 to `upgrade`: the connection is p's from now on; p->transport is set, made() is called before this returns, and
 * what has come behind the head is heard from the loop. The response stays its owner's, and knows nothing of the connection any more.
 * False: the connection has gone meanwhile; nothing of p was called.
 */
bool twc_http_response_upgrade(struct twc_http_response *res, struct twc_protocol *p);

/* Breaks off what has not come yet, and no call comes of it; what is known stays. */
void twc_http_response_break(struct twc_http_response *res);

/* Its body, once: calls may come before it returns. Not read before. end gets TWC_ETRUNC when it stopped half way. The
 * response may be freed in `end`, and before. */
void twc_http_response_receive(struct twc_http_response *res, const struct twc_http_body_ops *ops, void *arg);
void twc_http_response_pause(struct twc_http_response *res); /* counted */
void twc_http_response_resume(struct twc_http_response *res);
/* All of it: fires with a struct twc_buf * (twc_http_buf_free); TWC_ETOOLONG above `max`. The response stays the
 * caller's, until then. */
struct twc_deferred *twc_http_response_collect(struct twc_http_response *res, size_t max);

#pragma GCC visibility pop
#endif
