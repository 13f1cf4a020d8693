/* SPDX-License-Identifier: MIT */
/*
 * What a command runs, without argv: two transports joined, standard input and output shared by many
 * clients, a server with its ports and its graceful end, a program run beside it, reachability checks, and
 * the ways to say "ready". Everything here is made of endpoints, transports and protocols; nothing prints.
 *
 * Connections that open and close are logged (category app, level INFO) with id, peer, bytes, duration and
 * reason.
 */
#ifndef TWC_APP_H
#define TWC_APP_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/deferred.h>
#include <twc/endpoint.h>
#include <twc/err.h>
#include <twc/net.h>
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

/* ---- workers: one server in several processes ---- */

struct twc_workers;
struct twc_worker;

#define TWC_WORKERS_MAX 256

struct twc_workers_opts {
	unsigned n; /* 1 to TWC_WORKERS_MAX */
	/*
	 * The life of a worker, in a new process, which exits with what it returns. It begins with a copy of all there
	 * was when it was made, the parent's reactor excepted, and does not return to what called the parent's functions.
	 */
	int (*run)(void *arg, struct twc_worker *w);
	void (*ready)(void *arg);		   /* once: all serve */
	void (*gone)(void *arg, unsigned index);   /* the index-th has ended, and may be made anew. May be NULL */
	/* Once: one has exited with a status above 0, after saying why. The others are stopped. */
	void (*failed)(void *arg, int status);
	void (*stopping)(void *arg);			       /* as in struct twc_server_opts */
	void (*stopped)(void *arg, const struct twc_err *err); /* likewise */
	uint64_t accept_timeout_ns, for_ns;		       /* likewise */
	uint64_t drain_ns; /* what the workers allow themselves; a little later they are ended */
	void *arg;
};
/*
 * `r` is the parent's own: with nothing of the workers. A worker that dies by a signal is replaced, after a pause that
 * grows from 50 ms to 10 s while they die young; the log says so (WARN). `o` is copied. NULL: TWC_ENOMEM.
 */
struct twc_workers *twc_workers_new(struct twc_reactor *r, const struct twc_workers_opts *o, struct twc_err *err);
unsigned twc_workers_default(void); /* one for each processor this process may run on, TWC_WORKERS_MAX at most */
void twc_workers_free(struct twc_workers *ws); /* before its reactor; ends those that are left */
/* The signals that stop the server must be watched already: workers leave those blocked. 0 or TWC_EOS. */
int twc_workers_start(struct twc_workers *ws, struct twc_err *err);
void twc_workers_stop(struct twc_workers *ws); /* gracefully; a second time at once */
void twc_workers_cut(struct twc_workers *ws);  /* at once */
void twc_workers_report(struct twc_workers *ws); /* each is asked for what twc_worker_ops calls a report */
void twc_workers_reload(struct twc_workers *ws);
/* What the workers that have ended in order counted. */
void twc_workers_count(const struct twc_workers *ws, uint64_t *total, uint64_t *in, uint64_t *out);

/* What a worker is told; from its loop. */
struct twc_worker_ops {
	void (*stop)(void *arg);   /* gracefully */
	void (*cut)(void *arg);	   /* at once; also when the parent has died */
	void (*report)(void *arg);
	void (*reload)(void *arg); /* may be NULL */
};
unsigned twc_worker_index(const struct twc_worker *w); /* from 0 */
/* Listens to the parent, and tells it that this worker serves. Connections are numbered together with those of the
 * others. `ops` is copied. 0 or TWC_EOS. */
int twc_worker_begin(struct twc_worker *w, struct twc_reactor *r, const struct twc_worker_ops *ops, void *arg,
		     struct twc_err *err);
void twc_worker_opened(struct twc_worker *w); /* a client is there: accept_timeout_ns is over for all */
/* At its end: what it counted, and whether connections were still open. */
void twc_worker_done(struct twc_worker *w, uint64_t total, uint64_t in, uint64_t out, bool is_cut);

/* ---- the process: whose it is, where it is written down, in the background ---- */

struct twc_user;
/* USER[:GROUP], names or numbers; without a group that of the user's entry. Looks them up, no more. NULL: TWC_EUSAGE. */
struct twc_user *twc_user_find(const char *text, struct twc_err *err);
void twc_user_free(struct twc_user *u); /* NULL is fine */
uid_t twc_user_uid(const struct twc_user *u);
gid_t twc_user_gid(const struct twc_user *u);
const char *twc_user_name(const struct twc_user *u); /* NULL: a number without an entry; likewise the next */
const char *twc_user_home(const struct twc_user *u);
/*
 * The process becomes this user for good: supplementary groups, group and user. One that is that user already stays as
 * it is. TWC_EACCESS when it may not, or could go back; it is then to end.
 */
int twc_user_become(const struct twc_user *u, struct twc_err *err);

struct twc_pidfile;
/*
 * A file with the number of this process, which appears whole. It is locked as long as a process has it, and one that is
 * locked is not replaced: TWC_ECANTCREAT with "already running (PID)". Nor is a file that holds something else.
 */
struct twc_pidfile *twc_pidfile_new(const char *path, struct twc_err *err);
/* Removes it if it is still the one that was made; where that is not allowed any more, empties it. NULL is fine. */
void twc_pidfile_free(struct twc_pidfile *p);
void twc_pidfile_forget(struct twc_pidfile *p); /* in a child of fork(2): leaves it to the parent. NULL is fine */

struct twc_daemon {
	pid_t pid; /* of the child; 0 in the child itself */
	int fd;	   /* private */
};
/*
 * Makes a child in a session of its own, with /dev/null as standard input and output. To be called before there is a
 * reactor or a thread. 0 or TWC_EOS, in either process.
 */
int twc_daemon_fork(struct twc_daemon *d, struct twc_err *err);
/* In the parent: until the child is ready (true, with what it said; free `text` in any case) or has ended with *status
 * as waitpid has it. */
bool twc_daemon_wait(struct twc_daemon *d, struct twc_buf *text, int *status);
/* In the child: says so, after twc_daemon_detach. TWC_EIO when the parent has gone: then nobody wants it. */
int twc_daemon_ready(struct twc_daemon *d, struct twc_str text, struct twc_err *err);
/* Standard error becomes /dev/null, unless it is a regular file: whoever reads a pipe until its end would wait. */
void twc_daemon_detach(void);
void twc_daemon_forget(struct twc_daemon *d); /* in a child of the child: it has nothing to say */

/* ---- ready: telling others where it listens ---- */

/* The port number of each port, one a line, in `path`, which appears whole (written beside it and renamed):
 * 0, or TWC_ECANTCREAT. A port without a number gives 0. */
int twc_ready_file(const char *path, struct twc_port *const *port, size_t n, struct twc_err *err);
/* TWC_PORT TWC_HOST TWC_ADDR TWC_URL, and TWC_PORT_2… for further ports, as "NAME=value"; NULL-terminated. Free
 * with twc_ready_env_free. */
char **twc_ready_env(struct twc_port *const *port, size_t n);
void twc_ready_env_free(char **env);
/* sd_notify(3): sends `state` ("READY=1") to the socket that NOTIFY_SOCKET names (a path, or @abstract). 0 also
 * when there is none; TWC_ECONFIG when it cannot be reached. */
int twc_ready_notify(const char *state, struct twc_err *err);
/* sd_watchdog_enabled(3): says WATCHDOG=1 to it twice in each WATCHDOG_USEC, if that is for this process (WATCHDOG_PID).
 * 0 also when there is none; TWC_ECONFIG when these are no numbers. */
struct twc_watchdog {
	struct twc_timer timer;
	struct twc_reactor *r; /* NULL: not started */
	uint64_t every_ns;
};
int twc_watchdog_start(struct twc_watchdog *w, struct twc_reactor *r, struct twc_err *err);
void twc_watchdog_stop(struct twc_watchdog *w); /* zeroed is fine */

/* ---- command: a program that runs beside a server ---- */

struct twc_command;
/* `status` is that of waitpid. Once, from the loop; the command is freed after it returns. */
typedef void (*twc_command_fn)(void *arg, int status);
/* Runs argv (NULL-terminated, looked up in PATH) with `env` ("NAME=value"…, NULL-terminated) added. It shares our
 * process group and standard streams, but for the input when `no_input`: then it reads /dev/null. NULL with *err:
 * twc_command_exit tells the status. */
struct twc_command *twc_command_start(struct twc_reactor *r, char *const *argv, char *const *env, bool no_input,
				      twc_command_fn fn, void *arg, struct twc_err *err);
/* Passes a signal on, unless the terminal has sent it to the program already. */
void twc_command_signal(struct twc_command *c, int signo);
/* What a shell would exit with for a program that could not be started: 127 not found, 126 otherwise, and the
 * status of the error for anything else. */
int twc_command_exit(const struct twc_err *err);

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

/* ---- expect: a regular expression on what comes ---- */

struct twc_expect;
/* POSIX extended; `^` and `$` match at line breaks, `.` matches neither these nor NUL. TWC_EUSAGE when it is none, refers
 * back (\1), or is too large: 500 characters, repetitions written out, 100 groups in one another. A look costs time
 * linear in what is looked at. For the watchers of one thread. */
struct twc_expect *twc_expect_new(const char *regex, struct twc_err *err);
void twc_expect_free(struct twc_expect *x); /* after its last watcher */
const char *twc_expect_text(const struct twc_expect *x);
/* Looks at one stream, binary too. Keeps 16 KiB at most: every match of up to 8 KiB is found. */
struct twc_watcher;
struct twc_watcher *twc_watcher_new(const struct twc_expect *x);
void twc_watcher_free(struct twc_watcher *w);
/* More bytes; `is_end`: nothing follows them (the stream has ended, or they are a datagram, looked at by itself).
 * True from the first match on. */
bool twc_watcher_feed(struct twc_watcher *w, const void *data, size_t n, bool is_end);
bool twc_watcher_is_met(const struct twc_watcher *w);
/* TWC_ENO with what was wanted and what came instead. Returns the code. */
int twc_watcher_fail(const struct twc_watcher *w, struct twc_err *err);

/* ---- TLS: what a handshake came to, kept beyond the connection ---- */

struct twc_tls_report {
	char version[16], cipher[64], group[32]; /* as in struct twc_tls_info */
	char alpn[256], servername[256];	 /* escaped; "": none */
	bool resumed, verified;
	size_t n;
	struct twc_tls_cert *cert; /* that the peer has shown, its own first */
};
struct twc_tls_report *twc_tls_report_new(const struct twc_transport *t); /* NULL: no TLS, or the handshake is not done */
void twc_tls_report_free(struct twc_tls_report *x);			  /* NULL is fine */
/* Whole days from `now_s` (seconds since 1970) until the certificate ends; below 0 when it has. */
int64_t twc_tls_days_left(const struct twc_tls_cert *cert, int64_t now_s);
/* Does every certificate last at least so many days (0: or none)? 0, or TWC_ENO, which names the first to end. */
int twc_tls_report_lasts(const struct twc_tls_report *x, unsigned min_days, int64_t now_s, struct twc_err *err);
/* "TLSv1.3, TLS_AES_256_GCM_SHA384, X25519, ALPN h2, SNI one.test, not resumed, verified". Returns `buf`. */
const char *twc_tls_report_summary(const struct twc_tls_report *x, char *buf, size_t cap);
/* "certificate 1 of 2: CN=…, issued by …, for NAMES, ends TIME (N days left), EC 256, pin=…". Returns `buf`. */
const char *twc_tls_report_cert(const struct twc_tls_report *x, size_t i, int64_t now_s, char *buf, size_t cap);

/* ---- check: can these be reached? ---- */

struct twc_check;
struct twc_check_result {
	const struct twc_endpoint *endpoint;
	struct twc_err err;   /* code 0: as wished; TWC_ECANCELLED: not asked to the end, others had decided */
	uint64_t took_ns;     /* the last attempt */
	char peer[TWC_ADDR_TEXT_MAX];
	struct twc_tls_report *tls; /* of the last connection that stood, the check's; NULL: no TLS */
};

struct twc_check_opts {
	uint64_t patience_ns; /* asks again and again for so long, each endpoint until it is as wished; 0: asks once */
	bool until_closed;    /* wished is that nothing answers there */
	bool any;	      /* one is enough */
	bool passive;	      /* reads the kernel's tables, and connects to nothing; local tcp and unix endpoints */
	unsigned min_days;    /* certificates that the peer of a TLS connection shows last so long, or it is TWC_ENO; 0: any */
	uint64_t stable_ns;   /* a connection that its peer closes within this time, without a byte, does not count */
	struct twc_str send;  /* sent when the connection stands; a datagram endpoint is sent an empty datagram otherwise */
	const struct twc_expect *expect; /* must match what comes; may be NULL */
	uint64_t answer_ns;   /* how long for that, or for the answer to a datagram; 0: 10 s, 1 s */
	/* Once, from the loop. `code` is that for all: 0; with patience, the failure that waiting cannot change, or
	 * TWC_ETIMEDOUT; else twc_check_code. */
	void (*done)(void *arg, int code, const struct twc_check_result *result, size_t n);
	void *arg;
};
/*
 * Dials all at once, or as many as descriptors allow, and closes again. A server of TLS 1.3 that wants to see a certificate
 * says so after the handshake: our half is ended, and its answer waited for, as long as the dial took (100 ms at least,
 * 1 s at most). Not to be reached with until_closed: refused,
 * unreachable, no such file or name; silence proves nothing. A datagram endpoint that is refused is TWC_EREFUSED, one
 * that is silent TWC_ETIMEDOUT ("no reply; not proof"). `o` is copied; the endpoints, expect and send are borrowed.
 */
struct twc_check *twc_check_new(struct twc_reactor *r, struct twc_endpoint *const *e, size_t n,
				const struct twc_check_opts *o);
/* Gives up what is still going on. Also inside done; before the reactor goes. */
void twc_check_free(struct twc_check *c);
/* The code for all of one attempt: 0; the one that got furthest when all failed; TWC_EPARTIAL when some did. */
int twc_check_code(const struct twc_check_result *result, size_t n);

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
