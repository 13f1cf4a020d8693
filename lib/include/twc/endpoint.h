/* SPDX-License-Identifier: MIT */
/*
 * Endpoint strings: every end of a wire has a name (cli.md part 2; twc-endpoints(7)).
 *
 *     type:positional...:key=value...      `\` escapes : = \ [ ]     [...] protects everything inside
 *
 * Parsing is pure: no I/O, no lookup. Connecting and listening then do what the string says.
 */
#ifndef TWC_ENDPOINT_H
#define TWC_ENDPOINT_H

#include <twc/addr.h>
#include <twc/base.h>
#include <twc/deferred.h>
#include <twc/err.h>
#include <twc/net.h>
#include <twc/reactor.h>
#include <twc/tls.h>
#include <twc/transport.h>

#pragma GCC visibility push(default)

struct twc_endpoint;

enum twc_role {
	TWC_CONNECT = 1,
	TWC_LISTEN = 2,
};

/* NULL with *err (TWC_EUSAGE; err->column is the 1-based column of the fault) when the string does not name
 * something that can be connected to (or listened on). */
struct twc_endpoint *twc_endpoint_parse(const char *s, enum twc_role role, struct twc_err *err);
void twc_endpoint_free(struct twc_endpoint *e); /* after its last connect and port */
/* From now on only addresses of IPv4 or IPv6 (`ip_version` 4 or 6), as tcp4: and tcp6: have it; what is no IP endpoint stays as
 * it is. 0, or TWC_EUSAGE when the string names something of the other. */
int twc_endpoint_restrict(struct twc_endpoint *e, unsigned ip_version, struct twc_err *err);
const char *twc_endpoint_type(const struct twc_endpoint *e); /* "tcp" */
/* The string as given, with secrets as ***. Borrowed. */
const char *twc_endpoint_text(const struct twc_endpoint *e);
bool twc_endpoint_is_datagram(const struct twc_endpoint *e);
/* ws, wss: a stream of messages. */
bool twc_endpoint_has_messages(const struct twc_endpoint *e);
/* Connecting to it (or listening) leaves something behind if the process just dies, by a signal say: a fifo, a link, a
 * socket file, the settings of a terminal. An end of its transport takes it away. */
bool twc_endpoint_leaves_traces(const struct twc_endpoint *e);
/* stdio:raw=yes: the program is to put its terminal into raw mode, and back. */
bool twc_endpoint_wants_raw(const struct twc_endpoint *e);
/* It is, or may be, reached through proxies: via=. */
bool twc_endpoint_is_tunnelled(const struct twc_endpoint *e);
/* A copy of `s`, an endpoint string or not, with secrets as ***. Caller frees. */
char *twc_endpoint_mask(const char *s);
/* tls:, or another with starttls=: a connection is one of TLS. */
bool twc_endpoint_is_tls(const struct twc_endpoint *e);
/* verify=no: nobody knows who the peer is, or one of the proxies, and users are to be told so. */
bool twc_endpoint_is_unverified(const struct twc_endpoint *e);
/* A listener of TLS has certificates or authorities from files, which twc_endpoint_reload would read. */
bool twc_endpoint_has_files(const struct twc_endpoint *e);
/* Certificates and authorities are read anew, for the connections that come. 0, or an error, and all stays as it was. */
int twc_endpoint_reload(const struct twc_endpoint *e, struct twc_err *err);
/* Bytes such that they stand for themselves as one value of an endpoint string: quote is parse's inverse for
 * every byte string without NUL. Caller frees. */
char *twc_endpoint_quote(struct twc_str value);
/* "    tcp:HOT:PORT\n        ^" for an error with a column: two lines without a final newline. Caller frees. */
char *twc_endpoint_caret(const char *s, const struct twc_err *err);

/*
 * Fires with the struct twc_protocol * that `factory` built (borrowed; its made() has been called), or fails.
 * `e` and `factory` must outlive the result; `factory` is started and stopped around it. Cancelling gives up. The whole dial
 * is bounded by the endpoint's timeout= (default 30 s).
 */
struct twc_deferred *twc_endpoint_connect(const struct twc_endpoint *e, struct twc_reactor *r,
					  struct twc_factory *factory);

/* The same; *times, zeroed, is filled in as it goes. Borrowed until the result. */
struct twc_deferred *twc_endpoint_connect_timed(const struct twc_endpoint *e, struct twc_reactor *r,
						struct twc_factory *factory, struct twc_dial_times *times);

/* Is what connecting gives one connected socket (stream or records), and nothing around it? */
bool twc_endpoint_is_socket(const struct twc_endpoint *e);
/* Connects where that is so, with nothing read from it: fires with a struct twc_dialled * (twc/net.h), or fails. */
struct twc_deferred *twc_endpoint_dial(const struct twc_endpoint *e, struct twc_reactor *r);

/* What a command adds to every listener. */
struct twc_endpoint_listen_opts {
	bool public;		/* all addresses instead of loopback, unless the string says interface= */
	bool client_first;	/* see struct twc_service */
	struct twc_gate *gate;	/* borrowed; may be NULL */
	uint64_t session_idle_ns; /* datagram sessions end after this long without traffic; 0: 30 s */
	/* Above 0: the port is bound and listens, but serves nobody in this process; so many made by fork(2) will, each
	 * after twc_port_share. TWC_EUSAGE for what processes cannot share: a connection, datagrams but for UDP to one. */
	unsigned shares;
	bool keeps_peers; /* connections know their peer also after a reset, when the kernel has forgotten it */
};
struct twc_port; /* what is listening: one or two sockets (127.0.0.1 and ::1), or adopted descriptors */
/* `e` and `factory` must outlive the port. */
struct twc_port *twc_endpoint_listen(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_factory *factory,
				     const struct twc_endpoint_listen_opts *o, struct twc_err *err);
/*
 * In a child process, for a port made with `shares`: this is the index-th of them (from 0), and serves from now on; the
 * port's reactor must have been renewed. Each peer of a UDP port belongs to one of the processes. Files stay the parent's
 * to remove. 0, or a code after which the port can only be freed.
 */
int twc_port_share(struct twc_port *p, unsigned index, struct twc_err *err);
/* Of a port that was made with `shares`, in the parent: somebody waits to be let in, or to be answered for the first time. */
bool twc_port_has_waiting(const struct twc_port *p);
/* Socket files get another owner, so that a process that becomes this user has what it would have made itself. 0 or
 * TWC_ECANTCREAT. */
int twc_port_chown(struct twc_port *p, uid_t uid, gid_t gid, struct twc_err *err);
size_t twc_port_count(const struct twc_port *p);
void twc_port_addr(const struct twc_port *p, size_t i, struct twc_addr *a); /* bound, with the real port */
/* The endpoint string of the i-th bound address; without one the endpoint's own ("stdio", "fd:3"). Returns `buf`. */
#define TWC_PORT_TEXT_MAX 1024
const char *twc_port_text(const struct twc_port *p, size_t i, char *buf, size_t cap);
/* "tls" and the like, where the addresses are reached by a type that is not the socket's own; else NULL. */
const char *twc_port_type(const struct twc_port *p);
/* "/chat": what a listener of WebSocket answers to; NULL: to anything, or it is none. */
const char *twc_port_path(const struct twc_port *p);
/* cert=auto: the pin by which clients can know it. False: there is none. */
bool twc_port_pin(const struct twc_port *p, char out[TWC_TLS_PIN_MAX]);
void twc_port_pause(struct twc_port *p); /* counted: no accepting meanwhile */
void twc_port_resume(struct twc_port *p);
/* Stops listening and frees; connections live on. May be called from a callback of theirs. */
void twc_port_free(struct twc_port *p);

/* ---- what there is: help, completion and error hints come from these rows ---- */

enum twc_arg_kind {
	TWC_ARG_STRING = 1,
	TWC_ARG_PORT,
	TWC_ARG_UINT,
	TWC_ARG_BOOL,
	TWC_ARG_DURATION,
	TWC_ARG_SIZE,
	TWC_ARG_MODE,
	TWC_ARG_ADDR,	  /* literal IP, or ADDR:PORT in brackets */
	TWC_ARG_FILE,
	TWC_ARG_SECRET,	  /* shown as *** */
	TWC_ARG_WORD,	  /* one of `words` */
	TWC_ARG_KEEPALIVE, /* IDLE,INTERVAL,COUNT or no */
	TWC_ARG_PAYLOAD,  /* everything that is left, verbatim (exec, sh) */
};

struct twc_endpoint_arg {
	const char *name;	  /* "port"; also the key */
	const char *alias;	  /* Twisted's name ("bindAddress"), or NULL */
	enum twc_arg_kind kind;
	uint8_t roles;		  /* TWC_CONNECT | TWC_LISTEN */
	uint8_t positional;	  /* bit mask of roles in which it may stand by position, in row order */
	uint8_t required;	  /* bit mask of roles */
	const char *const *words; /* for TWC_ARG_WORD */
	const char *help;	  /* one line */
	bool repeats;		  /* the key may be given more than once */
};

struct twc_endpoint_type {
	const char *name;
	uint8_t roles;
	const char *summary;			   /* one help line */
	const char *const *synopsis;		   /* "tcp:HOST:PORT"…, NULL-terminated, for help */
	const struct twc_endpoint_arg *const *args; /* groups of rows, NULL-terminated; each group ends with name NULL */
};
const struct twc_endpoint_type *const *twc_endpoint_types(void); /* NULL-terminated, in help order */

#pragma GCC visibility pop
#endif
