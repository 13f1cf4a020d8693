/* SPDX-License-Identifier: MIT */
/*
 * The server's side of HTTP: a factory of connections, and per request one exchange, which a handler answers - at once,
 * later, or through a deferred. A router sends requests to handlers by method and path.
 *
 *	struct twc_http_router *router = twc_http_router_new();
 *	twc_http_route(router, "GET", "/<name>", hello, NULL, NULL, &err);
 *	struct twc_http_server *s = twc_http_server_new(r, twc_http_router_handler(router), &opts);
 *	twc_endpoint_listen(e, r, twc_http_server_factory(s), …);
 *
 * Of HTTP/1 everything that could be read in two ways is refused with 400 before a handler hears of it (RFC 9112), and
 * whatever a client can make grow has a maximum. Everything here belongs to the loop's thread.
 */
#ifndef TWC_HTTP_SERVER_H
#define TWC_HTTP_SERVER_H

#include <twc/addr.h>
#include <twc/base.h>
#include <twc/deferred.h>
#include <twc/err.h>
#include <twc/http_message.h>
#include <twc/reactor.h>
#include <twc/transport.h>

#pragma GCC visibility push(default)

/* ---- a request ---- */

/* Read-only. Strings are valid until the exchange has ended. */
struct twc_http_request {
	struct twc_str method; /* of an extended CONNECT (RFC 8441): GET, so that routes and handlers need not know */
	enum twc_http_method method_id;
	struct twc_str target;	  /* as it was sent */
	struct twc_str path;	  /* decoded, "." and ".." resolved; begins with '/'; "*" for OPTIONS of the whole server */
	struct twc_str raw_path;  /* as it was sent, without the query */
	struct twc_str query;	  /* without '?', as it was sent; p NULL: there is none */
	struct twc_str authority; /* host[:port]: of the target, or else of Host; n 0 with HTTP/1.0 */
	int version;		  /* 10, 11: HTTP/1.0, 1.1; 20: HTTP/2 */
	struct twc_http_fields fields;
	struct twc_http_fields trailers; /* after the end of the body; never merged into fields */
	uint64_t length;	  /* of the body as announced; 0: none; TWC_HTTP_UNKNOWN: chunked */
	uint64_t number;	  /* of the request on its connection, from 1 */
	uint64_t started_ns;	  /* reactor's clock: when its first byte was read */
};

/* ---- an exchange: one request and its response ---- */

struct twc_http_exchange;

/*
 * Answers a request; all of its head has come, of its body nothing has been given out yet. Returns NULL when it has
 * answered or will do so by itself, or a deferred whose hold goes to the server: what its chain has not answered when
 * it is done is answered with 204; its error becomes 413 (TWC_ETOOLONG), 504 (TWC_ETIMEDOUT), 502 (another error of a
 * connection), 503 (TWC_ETEMPFAIL, TWC_ECANCELLED) or 500, or breaks the connection when the response has begun. It is cancelled
 * when the client has gone, or it was answered otherwise; until its chain is done the exchange stays.
 *
 * Whoever answers later without a deferred watches the exchange, to hear when there is nobody left to answer. Calls that come
 * after the end of the response do nothing.
 */
typedef struct twc_deferred *(*twc_http_handle_fn)(void *arg, struct twc_http_exchange *x);
struct twc_http_handler {
	twc_http_handle_fn handle;
	void *arg;
};

const struct twc_http_request *twc_http_request(const struct twc_http_exchange *x);
struct twc_transport *twc_http_transport(const struct twc_http_exchange *x); /* for peer, TLS…; not to be written to */
struct twc_reactor *twc_http_reactor(const struct twc_http_exchange *x);

/* Told when something happens to an exchange; members may be NULL. */
struct twc_http_exchange_ops {
	void (*drained)(void *arg, struct twc_http_exchange *x); /* below the low mark again, see twc_http_is_full */
	/* The client sends nothing more: it has gone, or only waits for the response. What is written tells. */
	void (*eof)(void *arg, struct twc_http_exchange *x);
	/* The server stops: an answer that has no end of its own (an upgraded connection, a stream of events) is to be ended, now
	 * or soon. */
	void (*stopping)(void *arg, struct twc_http_exchange *x);
	/* The exchange is over: answered and sent as far as the kernel goes, or err->code says why not (the client has gone). The
	 * last call; `x` is invalid after it. */
	void (*ended)(void *arg, struct twc_http_exchange *x, const struct twc_err *err);
};
void twc_http_watch(struct twc_http_exchange *x, const struct twc_http_exchange_ops *ops, void *arg);

/* ---- its body: not read before somebody asks ---- */

struct twc_http_body_ops {
	/* n > 0 bytes, without the framing, valid during the call. */
	void (*data)(void *arg, const uint8_t *data, size_t n);
	/* Once, last: whole (err->code 0; trailers are there), or broken, or TWC_ECANCELLED: the response has ended before it. A
	 * body that is too long, no body, or too slow is answered with its status when the handler says nothing about it. */
	void (*end)(void *arg, const struct twc_err *err);
};
/* Asks for the body (and says 100 Continue where the client waits for it); calls come later, from the loop. Once, and before
 * the response has ended. A body nobody asks for is read and thrown away after the response, if it is short; else the connection
 * ends. */
void twc_http_receive(struct twc_http_exchange *x, const struct twc_http_body_ops *ops, void *arg);
void twc_http_pause(struct twc_http_exchange *x); /* counted */
void twc_http_resume(struct twc_http_exchange *x);
/* The whole body: fires with a struct twc_buf * that the chain owns (freed with twc_http_buf_free), or TWC_ETOOLONG above `max`
 * (nothing more is read then). */
struct twc_deferred *twc_http_collect(struct twc_http_exchange *x, size_t max);
void twc_http_buf_free(void *buf);

/* ---- its response ---- */

void twc_http_set_status(struct twc_http_exchange *x, int status); /* 200 to 599; 200 until then */
/* Appended; Date, Connection, Keep-Alive, Content-Length and Transfer-Encoding are the server's business and are
 * ignored. A name that is no token, or a value that holds CR, LF or another control, makes it a 500: validate before
 * what comes from elsewhere. */
void twc_http_add_field(struct twc_http_exchange *x, const char *name, const char *value);
void twc_http_add_field_str(struct twc_http_exchange *x, struct twc_str name, struct twc_str value);
void twc_http_set_field(struct twc_http_exchange *x, const char *name, const char *value); /* in place of others; NULL: none */
bool twc_http_has_field(const struct twc_http_exchange *x, const char *name);	 /* set for the response */
/* The whole response at once: status and fields so far, this body. Of HEAD, 204 and 304 only the length is told. */
void twc_http_send(struct twc_http_exchange *x, const void *body, size_t n);
void twc_http_sendf(struct twc_http_exchange *x, int status, const char *type, const char *fmt, ...) TWC_PRINTF(4, 5);
/* A short text about a status: "404 Not Found\n" and `detail` (may be NULL); JSON or HTML where the client prefers it. */
void twc_http_send_error(struct twc_http_exchange *x, int status, const char *detail);
/* 3xx with Location. */
void twc_http_redirect(struct twc_http_exchange *x, int status, const char *location);

/* By pieces: begin sends the head; `length` bytes follow, or with TWC_HTTP_UNKNOWN as many as come (chunked; for HTTP/1.0 until
 * the connection ends). */
void twc_http_begin(struct twc_http_exchange *x, uint64_t length);
void twc_http_write(struct twc_http_exchange *x, const void *p, size_t n); /* ignored for HEAD, 204, 304, and after the end */
/* `n` bytes of the file from `offset` on, by the kernel where it can; the file is kept open as long as it takes. */
struct twc_file;
void twc_http_write_file(struct twc_http_exchange *x, struct twc_file *f, uint64_t offset, uint64_t n);
void twc_http_add_trailer(struct twc_http_exchange *x, const char *name, const char *value); /* chunked only */
void twc_http_end(struct twc_http_exchange *x); /* fewer bytes than announced: the connection is broken off */
/* It cannot be completed: 500 with the error's text in the log when nothing was sent, else the connection is reset, so
 * that nobody takes a part for the whole. */
void twc_http_fail(struct twc_http_exchange *x, const struct twc_err *err);
void twc_http_inform(struct twc_http_exchange *x, int status); /* 100, 102, 103 with the fields added so far; not to HTTP/1.0 */
void twc_http_close(struct twc_http_exchange *x); /* the connection ends with this response */
bool twc_http_has_begun(const struct twc_http_exchange *x);
bool twc_http_has_ended(const struct twc_http_exchange *x);
bool twc_http_is_full(const struct twc_http_exchange *x); /* above the high mark: wait for `drained` */
int twc_http_status(const struct twc_http_exchange *x); /* when it is over: 0, nothing was answered */
uint64_t twc_http_sent(const struct twc_http_exchange *x); /* bytes of the body written so far */

/*
 * Switches to another protocol (RFC 9110, 7.8; over HTTP/2 RFC 8441): answers 101 (over HTTP/2: 200) with the fields added so far and
 * `Upgrade: NAME`, and from then on the connection, or the stream, is p's: p->transport is set and made() called before this returns,
 * what has come behind the request's head is heard from the loop, and p hears lost() last. The exchange lasts as long; its `ended`
 * comes after p's lost(). Only in answer to twc_http_wants_upgrade(x, NAME), before anything was answered.
 * False: the connection has gone meanwhile; nothing of p was called.
 */
bool twc_http_upgrade(struct twc_http_exchange *x, const char *name, struct twc_protocol *p);
/* Does the client ask to switch to this protocol? HTTP/1.1: GET with Upgrade and Connection: upgrade; HTTP/2: extended CONNECT whose
 * :protocol it is. In whatever case. */
bool twc_http_wants_upgrade(const struct twc_http_exchange *x, const char *name);

/* For faults made on purpose: bytes past all framing, and the end. The connection is nobody's afterwards: the caller
 * loses or aborts it, or its client, or the server's stop ends it, and then the exchange is over. NULL: the response
 * has ended already. */
struct twc_transport *twc_http_seize(struct twc_http_exchange *x);

/* ---- a server ---- */

struct twc_http_server;

/* For those who keep a record of all of them; members may be NULL. */
struct twc_http_server_ops {
	/* An exchange is over; for access logs and metrics. `err` as for `ended`. */
	void (*exchanged)(void *arg, struct twc_http_exchange *x, const struct twc_err *err);
	/* What came was no request: refused with `status` (0: closed without a word). */
	void (*refused)(void *arg, struct twc_transport *t, int status, const struct twc_err *err);
};

/* Zeroed members take the default. Limits of time are kept to within a sixteenth. */
struct twc_http_server_opts {
	const char *name;	   /* Server field; NULL: "twc"; "": none */
	size_t max_head;	   /* bytes of request line and fields: 16 KiB; longer: 431 */
	size_t max_target;	   /* 8 KiB: 414 */
	unsigned max_fields;	   /* 100: 431 */
	uint64_t max_body;	   /* 10 MiB: 413; UINT64_MAX: no limit */
	unsigned max_requests;	   /* per connection: no limit */
	uint64_t header_timeout_ns; /* from the first byte of a head to its last: 10 s; 408 */
	uint64_t idle_ns;	   /* between requests, and before the first: 60 s; closed */
	/* Bytes a second of a body, and of what a client takes of a response, in each 20 s of waiting for it: 500; 408
	 * or a reset. */
	uint64_t min_rate;
	/* Ask for each client's address when it comes, so that twc_transport_peer() knows it when the connection has broken: for
	 * logs. */
	bool keeps_peers;
	uint64_t write_timeout_ns; /* nothing of a response could be sent for so long: 60 s; reset */
	struct twc_http_server_ops ops;
	void *arg;
};
struct twc_http_server *twc_http_server_new(struct twc_reactor *r, struct twc_http_handler handler,
					    const struct twc_http_server_opts *o);
struct twc_factory *twc_http_server_factory(struct twc_http_server *s);
/* Graceful: idle connections end now, others after the response at hand, which says so. Stops nothing else. */
void twc_http_server_stop(struct twc_http_server *s);
void twc_http_server_free(struct twc_http_server *s); /* after its last connection, or the reactor */
struct twc_http_server_stats {
	uint64_t connections, requests, refused, bytes_in, bytes_out;
	unsigned open, active; /* connections now; exchanges under way */
	uint64_t status[6];    /* responses by class: [2] is 2xx */
};
void twc_http_server_stats(const struct twc_http_server *s, struct twc_http_server_stats *st);

/* ---- a router ---- */

struct twc_http_router;
struct twc_http_router *twc_http_router_new(void);
void twc_http_router_free(struct twc_http_router *router); /* frees each route's arg with its arg_free */
/*
 * Patterns: "/about" exactly; "/static/" its whole subtree; "/run/<int:n>" with variables, each a segment: <name>, <int:n>,
 * <float:x>, <uuid:u>; <path:p> as many segments as there are. The most specific decides (literal before variable, longer
 * before shorter), then the order. `method` NULL: any; GET answers HEAD too. 0, or TWC_EUSAGE with err->column in the pattern.
 * A path that matches with other methods only: 405 with Allow; OPTIONS is answered with Allow; one that is a subtree's without its
 * last slash is redirected there; nothing matches: 404. On failure `arg` stays the caller's.
 */
int twc_http_route(struct twc_http_router *router, const char *method, const char *pattern, twc_http_handle_fn handle, void *arg,
		   void (*arg_free)(void *), struct twc_err *err);
/* Everything below `prefix` ("/api/", "/<user>/") is `sub`'s, which matches the path without it and is freed with `router`; not on
 * failure. */
int twc_http_mount(struct twc_http_router *router, const char *prefix, struct twc_http_router *sub, struct twc_err *err);
/* Borrows it. As the handler of another router's route it matches what that has left of the path. */
struct twc_http_handler twc_http_router_handler(struct twc_http_router *router);
/* A variable of the pattern that matched; n 0 and p NULL: there is none of the name. */
struct twc_str twc_http_param(const struct twc_http_exchange *x, const char *name);
int64_t twc_http_param_int(const struct twc_http_exchange *x, const char *name); /* of an <int:…>; 0 else */
/* What a subtree's pattern or a mount has left of the path; begins with '/'. n 0: the pattern was exact; without a
 * router all of it. */
struct twc_str twc_http_rest(const struct twc_http_exchange *x);
/* The first value of a query parameter, decoded, kept with the exchange; p NULL: not there. */
struct twc_str twc_http_query(struct twc_http_exchange *x, const char *name);

#pragma GCC visibility pop
#endif
