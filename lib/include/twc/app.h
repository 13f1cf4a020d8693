/* SPDX-License-Identifier: MIT */
/*
 * What a command runs, without argv: two transports joined, standard input and output shared by many
 * clients, a server with its ports and its graceful end, connections that are made again, and services with
 * files or children. Checks (check.h), the process (process.h) and what looks at the bytes (wire.h) come with
 * it. Everything is made of endpoints, transports and protocols; nothing prints.
 *
 * Connections that open and close are logged (category app, level INFO) with id, peer, bytes, duration and
 * reason.
 */
#ifndef TWC_APP_H
#define TWC_APP_H

#include <twc/base.h>
#include <twc/check.h>
#include <twc/deferred.h>
#include <twc/endpoint.h>
#include <twc/err.h>
#include <twc/net.h>
#include <twc/process.h>
#include <twc/reactor.h>
#include <twc/transport.h>
#include <twc/wire.h>

#pragma GCC visibility push(default)

/* ---- join: two transports, both ways ---- */

enum twc_join_side {
	TWC_JOIN_A = 0, /* the wire */
	TWC_JOIN_B = 1, /* standard input and output, or a second wire */
};

enum twc_join_eof {
	TWC_JOIN_EOF_HALF = 0, /* the end of one direction is passed on; the other goes on */
	TWC_JOIN_EOF_CLOSE,    /* the end of either direction closes both */
	TWC_JOIN_EOF_KEEP,     /* no half of a wire is ended before the other has ended too */
	TWC_JOIN_EOF_PEER,     /* that of A, where its bytes are wanted, closes both; that of B is passed on */
};

struct twc_join;

struct twc_join_opts {
	enum twc_join_eof eof;
	bool b_is_stdio;    /* B is local: its output is written out to the end even after a failure of A */
	bool b_is_terminal; /* nobody waits for the rest of what B may type: the end of A ends all */
	bool no_a_to_b;	    /* what A sends is read and thrown away (--send) */
	bool no_b_to_a;	    /* B is not read, A's half stays open until A ends (--recv) */
	bool keeps_empty_end; /* where A has messages, whose half is no more than a courtesy: when B ends without a byte, A is not told */
	bool holds_empty_end; /* with EOF_HALF: when B ends without a byte, A is told after A's first byte, or its end */
	uint64_t idle_ns;	/* no traffic for so long: TWC_EIDLE; 0: no limit */
	uint64_t until_idle_ns; /* no traffic for so long: a clean end; 0: never */
	uint64_t linger_ns;	/* so long after the end of B, what it sent being delivered: a clean end; 0: never */
	uint64_t max_ns;	/* the whole may take so long: TWC_ETIMEDOUT; 0: no limit */
	bool is_timed_from_start; /* max_ns counts from twc_join_new, not from the first side that is made */
	/* A limit was reached: who is still dialling a side gives up, and fails the join. May be NULL. */
	void (*expired)(void *arg);
	struct twc_filter_opts filter; /* the wire is A; frames are of the side that is a stream */
	/* Sees what A sends, as it comes, decoded, also with no_a_to_b; NULL: nobody does. `is_whole`: a datagram. */
	void (*received)(void *arg, const uint8_t *data, size_t n, bool is_whole);
	/*
	 * Called once, from the loop, when both ends are gone and everything was written out. err->code is 0,
	 * or the error that decides. The join may be freed here.
	 */
	void (*done)(void *arg, struct twc_join *j, const struct twc_err *err);
	void *arg;
};

/* What passed at one side: bytes its transport read and wrote; a child's wait status, or -1. */
struct twc_join_count {
	uint64_t in;
	uint64_t out;
	int child_status;
};

struct twc_join *twc_join_new(struct twc_reactor *r, const struct twc_join_opts *o);
/* After `done`, after the reactor has gone, or when neither side was ever given to a transport. */
void twc_join_free(struct twc_join *j);
/* The protocol of one side, to be given to a transport: once. Bytes flow when both sides have theirs. */
struct twc_protocol *twc_join_protocol(struct twc_join *j, enum twc_join_side side);
/* A factory that builds it, for an endpoint; a second connection is refused. */
struct twc_factory *twc_join_factory(struct twc_join *j, enum twc_join_side side);
/* `side` cannot be had: the other is closed (a wire by a reset), then `done` says why. */
void twc_join_fail(struct twc_join *j, enum twc_join_side side, const struct twc_err *err);
/* Passes a signal on to the programs among the sides. */
void twc_join_signal(struct twc_join *j, int signo);
/* B is a terminal of this size, now: a peer of A that speaks telnet and asks for it is told. From before A stands. */
void twc_join_window(struct twc_join *j, uint16_t columns, uint16_t rows);
void twc_join_count(const struct twc_join *j, enum twc_join_side side, struct twc_join_count *c);
/* The side whose failure decided, or -1: none, or a limit. */
int twc_join_culprit(const struct twc_join *j);

/* ---- hub: standard input to every client, what clients send to standard output ---- */

struct twc_hub;

struct twc_hub_opts {
	bool in_is_terminal; /* a client that ended its half is closed: nobody waits for the rest */
	bool send_only;	     /* what clients send is thrown away */
	bool recv_only;	     /* standard input is not read; a client's end closes it */
	struct twc_filter_opts filter; /* its limits are for all clients together */
	/* A limit of the filter was reached: the clients are closed, and what still comes is thrown away. May be NULL. */
	void (*through)(void *arg);
	bool tag;	     /* what clients send comes by lines, each with its client's id and peer in front, escaped */
	/* Standard input or output failed (TWC_EPIPEOUT, TWC_EIO) and the clients were reset; or, err->code 0, it was
	 * closed after twc_hub_stop. Once, from the loop. */
	void (*ended)(void *arg, const struct twc_err *err);
	void *arg;
};

/* `o` is copied. Standard input waits while there is no client, and while any client is full; clients wait while
 * standard output is full. Its end half-closes the clients that are there and those that come later. */
struct twc_hub *twc_hub_new(const struct twc_hub_opts *o);
void twc_hub_free(struct twc_hub *h);	       /* after its last client and its stdio, or the reactor */
struct twc_protocol *twc_hub_stdio(struct twc_hub *h);	     /* to be given to the stdio transport: once */
struct twc_factory *twc_hub_factory(struct twc_hub *h);	     /* for the clients */
/* No more input: half-closes the clients; when the last is gone, flushes and closes standard output. */
void twc_hub_stop(struct twc_hub *h);

/* ---- census: who is connected, counted and logged; a factory around a factory ---- */

struct twc_census;
struct twc_census_ops {
	/* Either may be NULL. `opened` comes after the protocol's made, `closed` before its lost. */
	void (*opened)(void *arg, struct twc_transport *t);
	void (*closed)(void *arg, struct twc_transport *t, const struct twc_err *reason);
};
/* Costs the connections nothing: it stands in for made and lost alone, in a copy of the protocols' table. So
 * protocols of `inner` (borrowed) do not change their `ops` pointer themselves; to be another protocol from now on
 * is twc_transport_set_protocol, which the census follows. */
struct twc_census *twc_census_new(struct twc_reactor *r, struct twc_factory *inner, const struct twc_census_ops *ops,
				  void *arg);
void twc_census_free(struct twc_census *c); /* after its last connection, or the reactor */
struct twc_factory *twc_census_factory(struct twc_census *c);
size_t twc_census_open(const struct twc_census *c);    /* connections now */
uint64_t twc_census_total(const struct twc_census *c); /* connections ever */
/* Received and sent by the connections that have ended. */
void twc_census_bytes(const struct twc_census *c, uint64_t *in, uint64_t *out);
/* Messages of WebSocket: our halves end, and say that the program goes away. */
void twc_census_leave(struct twc_census *c);
/* Flushes and closes the datagram sessions: they have no end of their own to wait for. */
void twc_census_end_sessions(struct twc_census *c);

/* ---- server: ports, one factory, a graceful end ---- */

struct twc_server;

struct twc_server_opts {
	struct twc_factory *factory; /* borrowed: outlives the server */
	struct twc_gate *gate;	     /* borrowed; may be NULL */
	bool public;		     /* see struct twc_endpoint_listen_opts */
	bool client_first;
	bool once;		     /* one connection; its reason is the server's */
	unsigned shares;	     /* see struct twc_endpoint_listen_opts */
	uint64_t idle_ns, max_ns;    /* per connection; 0: no limit. Not for connections that are piped */
	uint64_t session_idle_ns;    /* datagrams: see struct twc_endpoint_listen_opts */
	uint64_t accept_timeout_ns;  /* for the first client (TWC_ETIMEDOUT); 0: no limit */
	uint64_t for_ns;	     /* stops gracefully by itself; 0: never */
	uint64_t drain_ns;	     /* how long connections may last after a stop */
	bool ends_by_itself;	     /* what is said to clients has an end of its own: a stop tells none of WebSocket to go */
	/* A graceful stop begins: no more clients come. May be NULL. */
	void (*stopping)(void *arg);
	/*
	 * Once, from the loop: nothing listens any more. err->code is 0: every connection has ended; TWC_ECANCELLED:
	 * the drain was cut short, connections remain; else why a server with `once` or a time limit failed.
	 */
	void (*stopped)(void *arg, const struct twc_err *err);
	/* A connection is there; may be NULL. */
	void (*opened)(void *arg, struct twc_transport *t);
	/* It has ended, with reason->code 0 or why it failed; before `stopped`. May be NULL, and then costs nothing. */
	void (*closed)(void *arg, struct twc_transport *t, const struct twc_err *reason);
	void *arg;
};

struct twc_server *twc_server_new(struct twc_reactor *r, const struct twc_server_opts *o);
/* Closes the ports and stops the clocks; nothing is reported any more. Connections live on. */
void twc_server_close(struct twc_server *s);
/* After twc_server_close, when the connections have ended or the reactor has gone. */
void twc_server_free(struct twc_server *s);
/* Listens on one more endpoint (borrowed). 0 or the error of twc_endpoint_listen. */
int twc_server_listen(struct twc_server *s, const struct twc_endpoint *e, struct twc_err *err);
/* Behind all of those: one that is for `factory` (borrowed), on the loopback, and ends with the others. Who comes to it passes no
 * gate, is not counted, and not waited for. */
int twc_server_listen_beside(struct twc_server *s, const struct twc_endpoint *e, struct twc_factory *factory,
			     struct twc_err *err);
/* In the index-th process of `shares`: the ports serve from now on, see twc_port_share. 0 or its error. */
int twc_server_share(struct twc_server *s, unsigned index, struct twc_err *err);
/* The clocks of accept_timeout_ns and for_ns start; call when everything listens. A server whose endpoints all are
 * connections already (stdio, an inherited socket) stops when the last of them has ended. */
void twc_server_start(struct twc_server *s);
size_t twc_server_count(const struct twc_server *s);
struct twc_port *twc_server_port(const struct twc_server *s, size_t i); /* one per endpoint, in order */
/* The first call stops gracefully, a second cuts the drain short. Datagram sessions end with the first. */
void twc_server_stop(struct twc_server *s);
uint64_t twc_server_total(const struct twc_server *s); /* connections ever */
/* Received and sent by the connections that have ended. */
void twc_server_bytes(const struct twc_server *s, uint64_t *in, uint64_t *out);

/* ---- back-off: how long to wait before the next attempt; pure ---- */

struct twc_backoff {
	uint64_t first_ns;
	uint64_t max_ns;       /* grows up to this; not above first_ns: the delay stays as it is */
	unsigned percent;      /* growth from one to the next: 200 doubles; 0: 200 */
	uint64_t add_ns;       /* jitter: up to so much is added at random (also to max_ns) */
	bool spread;	       /* jitter: each delay is between half and all of what it would be */
};
extern const struct twc_backoff twc_backoff_wait;  /* 50 ms, doubled up to 1 s: for waiting for something to start */
extern const struct twc_backoff twc_backoff_again; /* Twisted's: min(1.5^n, 60) s + U[0,1) s */
/* The delay after `n` failures in a row (n >= 1). `random`: any number, equally likely. */
uint64_t twc_backoff_delay(const struct twc_backoff *b, unsigned n, uint32_t random);

/* ---- retry: connecting until it stands ---- */

enum twc_retry_on {
	TWC_RETRY_REFUSED = 1,	   /* refused, no socket file */
	TWC_RETRY_UNREACHABLE = 2, /* host or network unreachable */
	TWC_RETRY_DNS = 4,	   /* name not found, lookup failed */
	TWC_RETRY_TIMEOUT = 8,
	TWC_RETRY_RESET = 16,	   /* broken, or refused by the service, before it stood */
	TWC_RETRY_LIMIT = 32,	   /* out of descriptors or memory, own address in use */
};
/* The class of an error; 0 for what cannot change by waiting: usage, permission, a missing program. */
unsigned twc_retry_class(int code);

#define TWC_RETRY_FOREVER UINT64_MAX

struct twc_retry_opts {
	uint64_t retries; /* after the first attempt */
	uint64_t max_ns;  /* all attempts together; 0: no limit */
	unsigned on;	  /* enum twc_retry_on, or-ed; 0: all of them */
	unsigned failed;  /* failures before this: the first attempt waits as after so many */
	struct twc_backoff backoff;
};
/*
 * twc_endpoint_connect, again and again. Fails with the last cause: its own code when it is none to retry on, or the
 * retries are used up; TWC_ETIMEDOUT when max_ns is over. `e` and `factory` outlive the result; `o` is copied.
 */
struct twc_deferred *twc_retry_connect(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_factory *factory,
				       const struct twc_retry_opts *o);
/* The same with twc_endpoint_dial. */
struct twc_deferred *twc_retry_dial(const struct twc_endpoint *e, struct twc_reactor *r, const struct twc_retry_opts *o);

/* ---- reconnect: standard input and output, and one connection after another ---- */

struct twc_reconnect;

struct twc_reconnect_opts {
	struct twc_retry_opts retry; /* of every dial, the first included; `failed` is not looked at */
	uint64_t times;		     /* how many connections may follow the first */
	struct twc_str words;	     /* sent first on each; borrowed */
	int in, out;		     /* opened when the first connection stands; -1 as for twc_transport_from_stdio */
	bool crlf;		     /* of what is read, LF becomes CR LF */
	uint64_t max_ns;	     /* the whole may take so long, dialling apart: TWC_ETIMEDOUT; 0: no limit */
	/* A connection has ended, and there will be another. `err` says why (code 0: closed in order); of what was
	 * read from `in` it had accepted `sent` bytes, `kept` more go to the next one. */
	void (*broken)(void *arg, const struct twc_err *err, uint64_t received, uint64_t sent, size_t kept);
	/* Once, from the loop: all is over. */
	void (*done)(void *arg, const struct twc_err *err);
	void *arg;
};
/*
 * What is read from `in` goes to the connection that stands, what comes goes to `out`. Input waits while there is none;
 * what a lost connection's kernel had not taken is sent on the next one. The peer's end of its half ends a connection.
 * The whole ends with a connection that ended after the end of input (in < 0: that has none), when `times` is used
 * up, or when a dial fails for good. `o` is copied. For streams.
 */
struct twc_reconnect *twc_reconnect_new(struct twc_reactor *r, const struct twc_reconnect_opts *o);
void twc_reconnect_free(struct twc_reconnect *x);     /* after done, or after the reactor */
struct twc_factory *twc_reconnect_factory(struct twc_reconnect *x); /* of the connections */
/* Dials. `f` is that factory or one around it; both are borrowed. */
void twc_reconnect_start(struct twc_reconnect *x, const struct twc_endpoint *e, struct twc_factory *f);
/* Gives up: nothing is reported any more. Before the reactor goes. */
void twc_reconnect_stop(struct twc_reconnect *x);
/* Bytes of all connections together. */
void twc_reconnect_count(const struct twc_reconnect *x, uint64_t *in, uint64_t *out);

/* ---- fdpass: a connection handed to another program ---- */

/* Is `over` a connected UNIX socket? TWC_EUSAGE with the predicate: "is not …". */
int twc_fdpass_check(int over, struct twc_err *err);
/*
 * Sends the descriptor `fd` with one byte over `over`; `fd` becomes blocking, and stays the caller's. Waits while there
 * is no room, 30 s at most (TWC_ETIMEDOUT). TWC_EPIPEOUT when nobody is there to take it, TWC_EIO.
 */
int twc_fdpass_send(int over, int fd, struct twc_err *err);

/* ---- save: what each client sends, in a file of its own ---- */

struct twc_save;
struct twc_save_opts {
	/* Names the files: %c the connection's id, %p its peer (all but letters, digits, dots and dashes as _), %% a %. A file
	 * of that name is replaced when the client has ended its half; until then, and for ever when it is cut off, what
	 * came is in NAME.part (NAME.2.part… when there are old ones). */
	const char *pattern;
	bool silent; /* failures are not logged: the owner looks at the connection's reason */
};
/* NULL with *err: TWC_EUSAGE for the pattern, TWC_ECANTCREAT when nothing can be created in its directory. A file that
 * cannot be made or written resets its client (TWC_ECANTCREAT, TWC_EIO). */
struct twc_save *twc_save_new(struct twc_reactor *r, const struct twc_save_opts *o, struct twc_err *err);
/* Can this user still create files there? For after twc_user_become. 0, or TWC_ECANTCREAT. */
int twc_save_check(const struct twc_save *s, struct twc_err *err);
void twc_save_free(struct twc_save *s); /* after its last connection */
struct twc_factory *twc_save_factory(struct twc_save *s);

/* ---- reply: one answer to each client, when its request is whole ---- */

struct twc_reply;
/* `text` has C escapes, or is @FILE: its content as it is now, 16 MiB at most. NULL with *err: TWC_EUSAGE, TWC_ENOINPUT. */
struct twc_reply *twc_reply_new(const char *text, struct twc_err *err);
/*
 * When a request is whole: "line" (which it is unless said otherwise), "blank-line" (an empty one, after one that is
 * not), a number of bytes, or a regular expression that matches what has come. The end of the client's half ends a line, too.
 * 0 or TWC_EUSAGE.
 */
int twc_reply_set_after(struct twc_reply *x, const char *when, struct twc_err *err);
void twc_reply_free(struct twc_reply *x); /* after its last connection */
/* After the answer our half is ended, and what the client still sends is thrown away until it ends, or is silent for 2 s. A
 * client that ends in the middle of its request is lost with TWC_EPROTO. */
struct twc_factory *twc_reply_factory(struct twc_reply *x);

/* ---- exec: a program for each connection ---- */

enum twc_exec_stderr {
	TWC_EXEC_STDERR_KEEP = 0, /* it writes to our standard error */
	TWC_EXEC_STDERR_DROP,
	TWC_EXEC_STDERR_MERGE, /* to the client, as its standard output */
	TWC_EXEC_STDERR_LOG,   /* a line of the log (ERROR) for each of its lines, with the connection's number */
};
struct twc_exec;
struct twc_exec_opts {
	const char *command; /* borrowed: outlives the object. Split into words as the endpoint exec: does it */
	bool shell;	     /* it is a script for /bin/sh instead */
	bool ucspi;	     /* PROTO, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT in the environment, too */
	enum twc_exec_stderr on_stderr;
	/* The children have the connection itself as standard input and output, in sessions of their own, and go on when
	 * we stop. Nothing sees what passes. For connections that are sockets; not with STDERR_LOG. */
	bool detached;
	void (*idle)(void *arg); /* the last session has ended, child and all; may be NULL */
	void *arg;
};
/* NULL with *err: TWC_EUSAGE for a command that cannot be split, TWC_ENOINPUT for a program that is not there or not to be
 * run (twc_command_exit tells the status). */
struct twc_exec *twc_exec_new(struct twc_reactor *r, const struct twc_exec_opts *o, struct twc_err *err);
void twc_exec_free(struct twc_exec *x); /* after its last session, or the reactor */
/* The children find TWC_PEER, TWC_PEER_IP, TWC_PEER_PORT, TWC_LOCAL and TWC_CONN in their environment. */
struct twc_factory *twc_exec_factory(struct twc_exec *x);
bool twc_exec_is_busy(const struct twc_exec *x);
/* No more clients come: detached children are left alone, and their connections are lost here. */
void twc_exec_stopping(struct twc_exec *x);
/* Every child's process group gets SIGTERM, and SIGKILL when it has not gone after 2 s. */
void twc_exec_stop(struct twc_exec *x);
/* waitpid's status of the child that ended last; -1 with *err, why it could not be started: there was none. */
int twc_exec_last_status(const struct twc_exec *x, struct twc_err *err);

#pragma GCC visibility pop
#endif
