/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share. The path of a string:
 *
 *     parse.c     string -> type and fields (unescaped, each with its columns)
 *     args.c      fields -> typed values, by the argument rows of the type
 *     TYPE.c      checks what rows cannot say; values -> how to dial, what to open, what to bind
 *     endpoint.c  the object, connecting      port.c  what is listening
 *
 * A new type is one file with a `const struct twc__endpoint_type` and one line in registry.c.
 * Not installed.
 */
#ifndef TWC_ENDPOINT_INT_H
#define TWC_ENDPOINT_INT_H

#include <twc/endpoint.h>
#include <twc/parse.h>
#include <twc/tls.h>

struct twc__endpoint_type;
struct twc__local;
struct twc__conn;
struct twc__bound_file;

/* ---- parse.c ---- */

/* A part of the string between two colons, escapes and brackets resolved. */
struct twc__field {
	char *key;	/* owned; NULL: positional */
	char *value;	/* owned, NUL-terminated */
	int key_column; /* 1-based, of the first byte of the field */
	int column;	/* of the first byte of the value */
};

struct twc__parsed {
	const struct twc__endpoint_type *type;
	int type_column;
	int end_column;		  /* one past the last byte: where something missing would stand */
	struct twc__field *field; /* owned; all but the type, in order */
	size_t n;
	bool is_url;	  /* ws://HOST[:PORT][/PATH]: the fields were made of its parts */
	bool has_payload; /* payload types: what follows the leading pairs, verbatim */
	char *payload;	  /* owned, or NULL */
	int payload_column;
};

/* Sets TWC_EUSAGE with a column; returns the code. */
int twc__fault(struct twc_err *err, int column, const char *fmt, ...) TWC_PRINTF(3, 4);
/* `s` escaped for a message, cut to fit; returns `buf`. */
#define TWC__SHOWN 72
const char *twc__show(const char *s, char buf[TWC__SHOWN]);

/* Takes one field off s at *pos, which ends on its ':' or on the NUL. */
int twc__field_next(const char *s, size_t *pos, struct twc__field *f, struct twc_err *err);
void twc__field_fini(struct twc__field *f);
int twc__parse(const char *s, const struct twc__endpoint_type *const *types, struct twc__parsed *out,
	       struct twc_err *err);
void twc__parsed_fini(struct twc__parsed *p);

/* ---- hint.c: the error for a string whose type is not known ---- */

int twc__unknown_type(const char *s, const char *type, int column, struct twc_err *err);
/* For tcp://host:80 and the like; 0 when the string is no URL. */
int twc__url_fault(const char *s, int column, struct twc_err *err);

/* ---- ws_url.c: the form of ws and wss that is a URL ---- */

/* 1: parsed. 0: this is none, and *out is untouched. Negative: a fault. */
int twc__ws_url_parse(const char *s, const struct twc__endpoint_type *const *types, struct twc__parsed *out, struct twc_err *err);
/* The length of "ws://" or "wss://" at the front of s, or 0. */
size_t twc__ws_url_scheme(const char *s);

/* ---- args.c ---- */

struct twc__value {
	const struct twc_endpoint_arg *row;
	const char *text; /* borrowed from the field; "" when given empty */
	int column;
	bool is_set; /* false: given, but empty, and empty means the default */
	bool by_key;
	uint64_t num; /* PORT UINT BOOL DURATION(ns) SIZE MODE WORD(index) */
	struct twc_addr addr; /* ADDR; its port is 0 unless given */
	int keepalive[3];
};

#define TWC__ARGS_MAX 96 /* rows of a type */

struct twc__args {
	const struct twc_endpoint_type *type;
	enum twc_role role;
	int end_column;
	const char *source; /* borrowed: the whole string, for hints */
	int family;	    /* AF_INET or AF_INET6 when the command allows nothing else; 0 */
	size_t n;
	struct twc__value *value; /* owned */
};

/* Fills a cleared *a, to be undone by twc__args_fini also when this fails. */
int twc__args_bind(struct twc__args *a, const struct twc__parsed *p, const char *source, enum twc_role role,
		   struct twc_err *err);
void twc__args_fini(struct twc__args *a);
/* Given at all, even empty; NULL otherwise. */
const struct twc__value *twc__args_given(const struct twc__args *a, const char *name);
const struct twc__value *twc__args_get(const struct twc__args *a, const char *name); /* NULL unless set */
const char *twc__args_str(const struct twc__args *a, const char *name, const char *otherwise);
uint64_t twc__args_num(const struct twc__args *a, const char *name, uint64_t otherwise);
/* 0 when absent or between min and max. */
int twc__args_range(const struct twc__args *a, const char *name, uint64_t min, uint64_t max, struct twc_err *err);
/* The row of `type` that is called `key` (or has it as alias) in any of `roles`, or NULL. */
const struct twc_endpoint_arg *twc__arg_row(const struct twc_endpoint_type *type, const char *key, unsigned roles);

/* ---- local.c: things of this machine, opened by path, perhaps after a wait ---- */

#define TWC__NOT_LOCAL 1
#define TWC__NOT_YET 1

struct twc__local {
	int in, out;		 /* owned; may be the same; -1: none */
	unsigned flags;		 /* TWC__DEVICE_* */
	enum twc_addr_kind kind; /* not NONE: `in` is a connected datagram socket of this kind, its peer follows */
	struct twc_addr peer;
	const char *name;	/* for peer_text and the ready line; borrowed from the endpoint or from `arg` */
	const char *waits_for;	/* with `poll`: what for, "nobody has opened it for reading" */
	uint64_t timeout_ns;	/* of the wait, to connect */
	/* Is the other side there? 0 (the descriptors may be set only now), TWC__NOT_YET, or an error. NULL: it is. */
	int (*poll)(struct twc__local *l, struct twc_err *err);
	/* After the descriptors were closed: puts back what was changed and frees `arg`. */
	void (*release)(void *arg);
	void *arg;
};
void twc__local_init(struct twc__local *l, const char *name);
void twc__local_drop(struct twc__local *l); /* never opened */
/* A transport that releases at its end; what it was is taken over, also on failure. */
struct twc_transport *twc__local_open(struct twc__local *l, struct twc_reactor *r, struct twc_protocol *p,
				      struct twc_err *err);
/* twc_endpoint_connect for a type that prepares; the factory has been started and is stopped at the end. NULL: it is
 * to be dialled. */
struct twc_deferred *twc__local_connect(const struct twc_endpoint *e, struct twc_reactor *r,
					struct twc_factory *factory);
/* `listen` for a type that prepares. */
int twc__local_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		      struct twc_err *err);
#define TWC__LOCAL_POLL_NS (20 * TWC_NS_PER_MS)

/* ---- registry.c ---- */

struct twc__endpoint_type {
	struct twc_endpoint_type pub;
	const char *alias; /* a second spelling of the name ("-"), or NULL */
	bool is_datagram;
	bool (*has_datagrams)(const struct twc__args *a); /* where it depends on the arguments; else NULL */
	bool wraps;	     /* its payload is an endpoint string: endpoint.inner */
	bool takes_entrance; /* listens on stream sockets that are accepted one by one */
	bool is_local; /* opened at once by `open`; the others are dialled, or prepared */
	/* It leaves something behind that only an orderly end takes away: a file, a link, a terminal's settings. */
	bool (*leaves_traces)(const struct twc__args *a);
	bool (*wants_raw)(const struct twc__args *a); /* NULL: no */
	/* Faults that rows cannot express; may be NULL. */
	int (*check)(const struct twc__args *a, struct twc_err *err);
	/* Connect, sockets: fills *o, which borrows from `a`. */
	void (*dial)(const struct twc__args *a, struct twc_dial_opts *o);
	/* Connect, local: a transport with `p`; on failure nothing of `p` was called. */
	struct twc_transport *(*open)(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_protocol *p,
				      struct twc_err *err);
	/* Either role, things of this machine: fills in *l, which twc__local_init has cleared. On failure the caller
	 * drops what it holds already. TWC__NOT_LOCAL: this string is to be dialled. */
	int (*prepare)(const struct twc_endpoint *e, struct twc__local *l, struct twc_err *err);
	/* Adds what listens to the port, which frees it, also when this fails half-way. */
	int (*listen)(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		      struct twc_err *err);
};

const struct twc__endpoint_type *const *twc__types(void); /* NULL-terminated */
const struct twc__endpoint_type *twc__type_find(const struct twc__endpoint_type *const *types, const char *name);

/* ---- quote.c ---- */

/*
 * A copy of `s` in which the value of every SECRET row is `***`, in nested endpoints too. With *column (may be
 * NULL) the column in `s` becomes the one in the copy. Works on strings that do not parse as well: what
 * cannot be told apart from a secret is masked. Caller frees.
 */
char *twc__mask(const char *s, const struct twc__endpoint_type *const *types, int *column);

/* ---- endpoint.c ---- */

struct twc_endpoint {
	char *source; /* owned, as given: may hold secrets */
	char *text;   /* owned, masked */
	enum twc_role role;
	const struct twc__endpoint_type *type;
	struct twc__parsed parsed;
	struct twc__args args;
	struct twc_endpoint *inner; /* owned; of a type that wraps, else NULL */
	struct twc_endpoint *carrier; /* owned; of endpoint=; NULL: it is dialled */
	struct twc_tls_ctx *tls; /* made on first use, and kept: sessions are resumed, files looked at once */
};

/* ---- tcp.c: for types that stand on TCP ---- */

int twc__tcp_check(const struct twc__args *a, struct twc_err *err);
void twc__tcp_dial(const struct twc__args *a, struct twc_dial_opts *o);
int twc__tcp_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		    struct twc_err *err);

/* ---- carrier.c: endpoint= ---- */

extern const struct twc_endpoint_arg twc__args_carrier[];
int twc__carrier_check(const struct twc__args *a, struct twc_err *err);
struct twc_endpoint *twc__carrier_parse(const struct twc__args *a); /* NULL: not given. Caller frees */
/* What e's carrier makes, under e's time limit: fires with a struct twc__conn *. */
struct twc_deferred *twc__carrier_dial(const struct twc_endpoint *e, struct twc_reactor *r);

/* ---- tls_args.c: TLS as a type's keys say it ---- */

extern const struct twc_endpoint_arg twc__args_tls_client[];
extern const struct twc_endpoint_arg twc__args_tls_server[];
extern const struct twc_endpoint_arg twc__args_starttls[];
/* Is there to be a handshake: by the type, or by starttls=? */
bool twc__args_want_tls(const struct twc__args *a);
/* Faults of these, without a look at files. */
int twc__tls_check(const struct twc__args *a, struct twc_err *err);
/* The name to ask for and the one to verify, as a client's keys say; NULL: none. Borrowed from the arguments. */
void twc__tls_names_wanted(const struct twc__args *a, const char **servername, const char **verify_name);
/* The context; NULL with *err. Kept in `e`, which is otherwise unchanged. */
struct twc_tls_ctx *twc__tls_context(const struct twc_endpoint *e, struct twc_err *err);

/* ---- announce.c ---- */

extern const struct twc_endpoint_arg twc__args_announce[];
/* Has what was dialled say a PROXY header first, if `e` asks for it. */
void twc__announce(struct twc_deferred *dialled, const struct twc_endpoint *e);

/* ---- haproxy.c ---- */

/* trusted=, which the caller frees. */
int twc__trusted_parse(const struct twc__args *a, struct twc_cidr **out, size_t *n, struct twc_err *err);

/* ---- starttls_dial.c ---- */

/* Says what is to be said before TLS, on a connection that is taken over; fires with it. `limit_ns` of the `shown_ns` that
 * the user gave are left. */
struct twc_deferred *twc__starttls_ask(struct twc_reactor *r, struct twc__conn *conn, const struct twc__args *a,
				       uint64_t limit_ns, uint64_t shown_ns);

/* ---- tls_dial.c ---- */

/* twc_endpoint_connect; the factory has been started and is stopped at the end. */
struct twc_deferred *twc__tls_connect(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_factory *factory,
				     struct twc_dial_times *times);

/* ---- secure.c: a handshake before the protocol is built ---- */

struct twc__securing {
	struct twc_tls_ctx *ctx; /* borrowed: it must last until the call is over */
	const char *servername, *verify_name; /* borrowed during the call */
	uint64_t limit_ns;	/* the handshake may take so long */
	uint64_t shown_ns;	/* of this limit, which says why it ended; 0: the same */
	struct twc_factory *factory; /* borrowed until `ended` */
	bool (*wanted)(void *arg); /* asked before the factory; NULL: yes */
	/*
	 * Once, from the loop: the protocol stands on the transport, made() was called; or `t` is NULL and *err says why
	 * not: the handshake failed, or the connection was not wanted (TWC_EREJECTED).
	 */
	void (*ended)(void *arg, const struct twc_addr *peer, struct twc_transport *t, const struct twc_err *err);
	void *arg;
};
/* Takes the connection, which twc__conn_check has found good. Never NULL. */
struct twc_transport *twc__secure(struct twc__conn *c, struct twc_reactor *r, const struct twc__securing *how);
/* Takes the descriptor, a connected stream socket. Never NULL. */
struct twc_transport *twc__secure_socket(struct twc_reactor *r, int fd, const struct twc_addr *peer,
					 const struct twc__securing *how);

/* A string of one of `types` alone, which may stand in a value of another: "https:proxy:443". */
struct twc_endpoint *twc__endpoint_parse_as(const char *s, const struct twc__endpoint_type *const *types, enum twc_role role,
					    struct twc_err *err);
/* twc_endpoint_connect for what is dialled, or carried, and is the protocol's at once; the factory has been started and is stopped
 * at the end. */
struct twc_deferred *twc__endpoint_connect_plain(const struct twc_endpoint *e, struct twc_reactor *r,
						 struct twc_factory *factory, struct twc_dial_times *times);
/* twc_endpoint_connect's dial, proxies and first words and all: fires with a struct twc__conn *. */
struct twc_deferred *twc__endpoint_dial(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_dial_times *times);

/* ---- sockargs.c: rows shared by the types that stand on sockets ---- */

extern const struct twc_endpoint_arg twc__args_timeout[]; /* connect */
extern const struct twc_endpoint_arg twc__args_ip[];	  /* tcp and udp, both roles */
extern const struct twc_endpoint_arg twc__args_stream[];  /* tcp, both roles */
extern const struct twc_endpoint_arg twc__args_buffers[]; /* sndbuf, rcvbuf */

int twc__sock_family(const struct twc__args *a);
/* A name of a file or a socket that is shown as an address: that is one line, so control characters are a fault. NULL is
 * fine. */
int twc__check_name(const struct twc__value *v, struct twc_err *err);
int twc__sock_check(const struct twc__args *a, int family, struct twc_err *err);
void twc__sock_opts(const struct twc__args *a, struct twc_sockopts *o);
/* host, port, family, timeout, bind and options of an IP dial. */
void twc__sock_dial(const struct twc__args *a, enum twc_addr_kind kind, int family, struct twc_dial_opts *o);

/*
 * The addresses a listener binds: `interface=`, else every address when `is_public`, else loopback; of one
 * family, or both (AF_UNSPEC: IPv4 first). Fills 1 or 2 and returns how many.
 */
size_t twc__sock_bind_addrs(const struct twc__args *a, enum twc_addr_kind kind, int family, bool is_public,
			    struct twc_addr out[2]);
/* Binds one address; on success *out is what was bound, with the real port. */
typedef int (*twc__bind_fn)(void *arg, const struct twc_addr *addr, struct twc_addr *out, struct twc_err *err);
typedef void (*twc__unbind_fn)(void *arg); /* undoes the last bind */
/*
 * Binds 1 or 2 addresses to the same port. Port 0: the first gets a free one, the second must take the same; when
 * that is in use, both start again, 20 times. A family this machine does not have is left out, if the other binds.
 */
int twc__sock_bind(const struct twc_addr *addr, size_t n, twc__bind_fn bind, twc__unbind_fn unbind, void *arg,
		   struct twc_err *err);

/* ---- via.c, via_dial.c: proxies on the way ---- */

extern const struct twc_endpoint_arg twc__args_via[]; /* connect */
const struct twc__endpoint_type *const *twc__via_types(void); /* of what stands in via=; NULL-terminated */
/* Faults of via=, and of a host that its proxies cannot ask for. */
int twc__via_check(const struct twc__args *a, int family, struct twc_err *err);
bool twc__via_is_env(const struct twc__args *a);
bool twc__via_is_unverified(const struct twc__args *a); /* a proxy, reached by TLS, has verify=no */
/* twc_dial, through the proxies of via=: *o says what is wanted in the end, its options are those of the one socket. All
 * of it is under o->timeout_ns. Fires with a struct twc__conn *, which is at the first byte of the target; `peer` is the
 * proxy's address. */
struct twc_deferred *twc__via_dial(const struct twc__args *a, struct twc_reactor *r, const struct twc_dial_opts *o);

/* ---- open.c: protocols that are built once their transport stands ---- */

/*
 * Stands in as the protocol while a transport is made: in made() it builds the real one and steps aside, so that a
 * transport that cannot be made has built nothing. Lives on the stack around the call. `built` is NULL when the
 * factory refused (the transport is then losing) or nothing was made.
 */
struct twc__opening {
	struct twc_protocol base;
	struct twc_factory *factory; /* borrowed */
	struct twc_protocol *built;
};
void twc__opening_init(struct twc__opening *o, struct twc_factory *factory);

/*
 * The same for a connected socket, which is owned from now on: the factory is asked first, and when it refuses (NULL)
 * the socket is closed at once. `peer` goes to the factory; the transport remembers it when `keep_peer`.
 */
struct twc_transport *twc__open_socket(struct twc_reactor *r, int fd, const struct twc_addr *peer, bool keep_peer,
				       unsigned flags, struct twc_factory *factory);

/* Two descriptors, or twice the same, that are one connection. */
struct twc__pair {
	int in, out;
	bool own;
	bool is_alone;	  /* a socket that nobody shares: may become non-blocking */
	const char *name; /* for peer_text; borrowed */
};
struct twc_transport *twc__pair_open(struct twc_reactor *r, const struct twc__pair *pair, struct twc_protocol *p,
				     struct twc_err *err);

/* ---- port.c ---- */

struct twc_reactor *twc__port_reactor(const struct twc_port *p);
struct twc_gate *twc__port_gate(const struct twc_port *p);
/* Each takes over what it is given, also on failure. */
void twc__port_add_listener(struct twc_port *p, struct twc_listener *l);
/* `file`: what is to be removed with it; may be NULL. */
int twc__port_add_dgram(struct twc_port *p, int fd, struct twc__bound_file *file, struct twc_err *err);
/* How many processes will share the port; 0: it is this one's alone. */
unsigned twc__port_shares(const struct twc_port *p);
/* A datagram socket for each of them, all bound to `addr`. */
void twc__port_hold_dgrams(struct twc_port *p, const int *fd, const struct twc_addr *addr);
void twc__port_add_pair(struct twc_port *p, const struct twc__pair *pair); /* serves one connection; once at most */
void twc__port_add_local(struct twc_port *p, const struct twc__local *l); /* likewise; its name is copied */
void twc__port_drop_last(struct twc_port *p);
void twc__port_last_addr(const struct twc_port *p, struct twc_addr *a);

/* ---- fd.c ---- */

/* Adopts an inherited descriptor as whatever it is: listening socket, datagram socket, or one connection.
 * `name` ("fd:3") is for peer_text and is borrowed from the endpoint. Faults are TWC_ECONFIG. */
int twc__fd_listen(struct twc_port *port, int fd, bool is_alone, const char *name, struct twc_err *err);

/* ---- via_env.c ---- */

/* Does the list of NO_PROXY name `host`? Pure. */
bool twc__no_proxy_has(struct twc_str list, struct twc_str host);

/* ---- exec.c ---- */

/* Splits a command as a shell splits words, without expansion: NULL-terminated array (one allocation) or NULL
 * with the column of the fault, counted from `column`. Caller frees. */
char **twc__words_split(const char *s, int column, struct twc_err *err);

#endif
