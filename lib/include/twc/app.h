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
#include <twc/endpoint.h>
#include <twc/err.h>
#include <twc/net.h>
#include <twc/reactor.h>
#include <twc/transport.h>

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
};

struct twc_join;

struct twc_join_opts {
	enum twc_join_eof eof;
	bool b_is_stdio;    /* B is local: its output is written out to the end even after a failure of A */
	bool b_is_terminal; /* nobody waits for the rest of what B may type: the end of A ends all */
	bool no_a_to_b;	    /* what A sends is read and thrown away (--send) */
	bool no_b_to_a;	    /* B is not read, A's half stays open until A ends (--recv) */
	uint64_t idle_ns;	/* no traffic for so long: TWC_EIDLE; 0: no limit */
	uint64_t until_idle_ns; /* no traffic for so long: a clean end; 0: never */
	uint64_t max_ns;	/* the whole may take so long: TWC_ETIMEDOUT; 0: no limit */
	bool is_timed_from_start; /* max_ns counts from twc_join_new, not from the first side that is made */
	/* A limit was reached: who is still dialling a side gives up, and fails the join. May be NULL. */
	void (*expired)(void *arg);
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
void twc_join_count(const struct twc_join *j, enum twc_join_side side, struct twc_join_count *c);
/* The side whose failure decided, or -1: none, or a limit. */
int twc_join_culprit(const struct twc_join *j);

/* ---- hub: standard input to every client, what clients send to standard output ---- */

struct twc_hub;

struct twc_hub_opts {
	bool in_is_terminal; /* a client that ended its half is closed: nobody waits for the rest */
	bool send_only;	     /* what clients send is thrown away */
	bool recv_only;	     /* standard input is not read; a client's end closes it */
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
	void *arg;
};

struct twc_server *twc_server_new(struct twc_reactor *r, const struct twc_server_opts *o);
/* Closes the ports and stops the clocks; nothing is reported any more. Connections live on. */
void twc_server_close(struct twc_server *s);
/* After twc_server_close, when the connections have ended or the reactor has gone. */
void twc_server_free(struct twc_server *s);
/* Listens on one more endpoint (borrowed). 0 or the error of twc_endpoint_listen. */
int twc_server_listen(struct twc_server *s, const struct twc_endpoint *e, struct twc_err *err);
/* The clocks of accept_timeout_ns and for_ns start; call when everything listens. A server whose endpoints all are
 * connections already (stdio, an inherited socket) stops when the last of them has ended. */
void twc_server_start(struct twc_server *s);
size_t twc_server_count(const struct twc_server *s);
struct twc_port *twc_server_port(const struct twc_server *s, size_t i); /* one per endpoint, in order */
/* The first call stops gracefully, a second cuts the drain short. Datagram sessions end with the first. */
void twc_server_stop(struct twc_server *s);
uint64_t twc_server_total(const struct twc_server *s); /* connections ever */

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

/* ---- check: can these be reached? ---- */

struct twc_check;
struct twc_check_result {
	const struct twc_endpoint *endpoint;
	struct twc_err err;   /* code 0: reachable */
	uint64_t took_ns;
	char peer[TWC_ADDR_TEXT_MAX];
};
/* Once, from the loop, when every endpoint has its answer. */
typedef void (*twc_check_fn)(void *arg, const struct twc_check_result *result, size_t n);
/*
 * Dials all at once and closes again; nothing is sent. A datagram endpoint is sent an empty datagram and has
 * `wait_ns` (0: 1 s) for an answer: refused is TWC_EREFUSED, silence TWC_ETIMEDOUT ("no reply; not proof").
 */
struct twc_check *twc_check_new(struct twc_reactor *r, struct twc_endpoint *const *e, size_t n, uint64_t wait_ns,
				twc_check_fn fn, void *arg);
/* Gives up what is still going on. Also inside fn; before the reactor goes. */
void twc_check_free(struct twc_check *c);
/* The code for all: 0; the one that got furthest when all failed; TWC_EPARTIAL when some did. */
int twc_check_code(const struct twc_check_result *result, size_t n);

#pragma GCC visibility pop
#endif
