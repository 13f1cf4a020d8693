/* SPDX-License-Identifier: MIT */
/*
 * A transport carries bytes both ways and tells one protocol about them. Whatever it stands on - a socket, a
 * pair of descriptors, a child process, a datagram session, memory - it behaves the same:
 *
 *     made  (data | eof | drained)*  lost
 *
 *   - `lost` comes exactly once, last, from the loop; never from inside a call of yours. After it returns the
 *     transport does not touch the protocol again, and the transport goes unless somebody holds a reference.
 *   - lose and abort only mark. Inside any callback transport and protocol stay valid, whatever was called.
 *   - Callbacks of one transport never nest.
 *   - Nothing grows without bound: above the high mark the writer is told (twc_transport_is_full), below the
 *     low mark it hears `drained`.
 *
 * Everything here belongs to the loop's thread.
 */
#ifndef TWC_TRANSPORT_H
#define TWC_TRANSPORT_H

#include <twc/addr.h>
#include <twc/base.h>
#include <twc/err.h>
#include <twc/reactor.h>
#include <sys/uio.h>

#pragma GCC visibility push(default)

struct twc_transport;
struct twc_protocol;

/* What a protocol can hear. NULL slots: made and drained do nothing, data discards, eof loses the
 * connection (a protocol that understands half-close sets it). `lost` is required. */
struct twc_protocol_ops {
	const char *name;
	/* The transport can be written to from here on; p->transport is set. */
	void (*made)(struct twc_protocol *p);
	/* n > 0 bytes, valid during the call only: the protocol copies what it keeps. On a datagram transport:
	 * one datagram, n may be 0. */
	void (*data)(struct twc_protocol *p, const uint8_t *data, size_t n);
	/* The peer ended its half: no more data. Once at most. Writing is still possible. */
	void (*eof)(struct twc_protocol *p);
	/* What was queued above the high mark has fallen below the low mark; or writing broke, and what is written from
	 * now on is dropped until reading finds the end. */
	void (*drained)(struct twc_protocol *p);
	/* The end. reason->code is 0 for a clean end (both halves ended, or lose() completed), TWC_EABORTED after
	 * abort(), else what broke. Valid during the call. The protocol frees itself here. */
	void (*lost)(struct twc_protocol *p, const struct twc_err *reason);
	/* Only for protocols that wrap another (policies): where the pointer to that one is; NULL: there is none yet. */
	struct twc_protocol **(*inner)(struct twc_protocol *p);
	/* Only for tables that stand in for a protocol's own: twc_transport_set_protocol is about to put `next` in the
	 * place of `p`, of which no lost() will tell. */
	void (*replaced)(struct twc_protocol *p, struct twc_protocol *next);
};

/* Embedded as the first member of every protocol. */
struct twc_protocol {
	const struct twc_protocol_ops *ops;
	struct twc_transport *transport; /* set before made, valid until lost returns; borrowed */
};

/* Builds a protocol per connection and holds what its connections share. */
struct twc_factory;
struct twc_factory_ops {
	const char *name;
	/* A protocol for a connection from (or to) `peer`, or NULL to close it at once. */
	struct twc_protocol *(*build)(struct twc_factory *f, const struct twc_addr *peer);
	void (*started)(struct twc_factory *f); /* first user; may be NULL */
	void (*stopped)(struct twc_factory *f); /* last user gone; may be NULL */
};
struct twc_factory {
	const struct twc_factory_ops *ops;
	unsigned users; /* ports and connects in flight; kept by twc_factory_start / _stop */
};
void twc_factory_start(struct twc_factory *f);
void twc_factory_stop(struct twc_factory *f);
struct twc_protocol *twc_factory_build(struct twc_factory *f, const struct twc_addr *peer);

/* ---- writing ---- */

/* Queued, not sent: never blocks, never fails, copies what the kernel does not take. After write_eof, lose,
 * abort or a lost connection it does nothing. Small writes leave when the callbacks of this phase have returned, those
 * of one callback in one system call. On a datagram transport one call is one datagram (longer than 65,507: the
 * connection is lost with TWC_ETOOLONG). */
void twc_transport_write(struct twc_transport *t, const void *p, size_t n);
void twc_transport_writev(struct twc_transport *t, const struct iovec *iov, int n);

/* An open regular file, counted, for as many as send of it at a time. Each read says where: its own position is never
 * used nor moved. */
struct twc_file;
struct twc_file *twc_file_new(int fd); /* owned from then on; one reference, the caller's */
struct twc_file *twc_file_ref(struct twc_file *f);
void twc_file_unref(struct twc_file *f); /* the last closes it; NULL is fine */
int twc_file_fd(const struct twc_file *f);
/*
 * Writes the n bytes (up to SIZE_MAX) of the file from `offset` on, in order with all else that is written; they count as
 * queued until the kernel has taken them, but only a piece at a time is in memory, and on a socket none is (sendfile). A
 * small write before it leaves together with it, and a range of up to 16 KiB is a small write itself. Takes a reference of
 * its own. Reading waits for the disk where the page cache does not have it. A file that cannot be read, or ends sooner
 * than was promised, breaks the connection off with TWC_EIO: the peer cannot take what it got for all. Streams only, not
 * before start_tls. The program must ignore SIGPIPE.
 */
void twc_transport_write_file(struct twc_transport *t, struct twc_file *f, uint64_t offset, uint64_t n);

/* Ends our half once everything is out (FIN). Reading goes on. Once; later calls do nothing. */
void twc_transport_write_eof(struct twc_transport *t);
/* Flushes, then closes. Data that arrives meanwhile is thrown away. */
void twc_transport_lose(struct twc_transport *t);
/* lose(), now or later, does not wait up to two seconds for the peer's end too, so that what the peer still sends
 * may meet a reset. For those whose time is over. */
void twc_transport_no_linger(struct twc_transport *t);
/* Throws the queue away and closes at once; on TCP the peer sees a reset. */
void twc_transport_abort(struct twc_transport *t);
/* The same with a reason of the protocol's own: `lost` gets *reason instead of TWC_EABORTED. */
void twc_transport_fail(struct twc_transport *t, const struct twc_err *reason);
/* Makes a later clean end wait until the peer's kernel has acknowledged everything sent; a reset until then
 * is TWC_ERESET. For those who promise delivery. */
void twc_transport_confirm(struct twc_transport *t);
size_t twc_transport_queued(const struct twc_transport *t); /* bytes the kernel has not taken yet */
bool twc_transport_is_full(const struct twc_transport *t);  /* went above high, not yet below low */
/* Defaults 256 KiB and 64 KiB. low < high. */
void twc_transport_set_marks(struct twc_transport *t, size_t high, size_t low);

/* On a transport of messages (WebSocket) each line written is a message without its newline, an unfinished one waits for it or
 * for write_eof, and each message read ends with a newline. Nothing on others. A line over the maximum of a message: the connection
 * is lost with TWC_ETOOLONG. */
void twc_transport_by_lines(struct twc_transport *t);

/* ---- reading ---- */

/* Counted: data comes again after as many resumes as pauses. While paused neither data nor eof is delivered. */
void twc_transport_pause(struct twc_transport *t);
void twc_transport_resume(struct twc_transport *t);
/*
 * From now on the bytes that arrive at `src` go to `dst` with flow control, inside the kernel where both
 * ends allow; src's protocol gets no data() any more, eof() as before (after the last byte was written to
 * dst's queue). NULL ends it. The link ends by itself when either is lost; both must share a reactor. `dst`
 * may not be written to by others meanwhile.
 */
void twc_transport_pipe(struct twc_transport *src, struct twc_transport *dst);

/* At most `rate` bytes a second are read, and as many written, of which up to `burst` at once (0: what a tenth of a second
 * brings, 1 KiB at least). Each direction has its own account; a datagram is never cut. Bytes are copied then,
 * also when piped. `rate` 0 ends it. */
void twc_transport_limit_rate(struct twc_transport *t, uint64_t rate, uint64_t burst);
/* The same for many transports of a reactor together, each with as much as the others of those that want more. A
 * transport keeps both limits; NULL ends this one. Freed after the last transport, or the reactor. */
struct twc_rate_total;
struct twc_rate_total *twc_rate_total_new(struct twc_reactor *r, uint64_t rate, uint64_t burst);
void twc_rate_total_free(struct twc_rate_total *g); /* NULL is fine */
void twc_transport_share_rate(struct twc_transport *t, struct twc_rate_total *g);

/* ---- asking ---- */

struct twc_reactor *twc_transport_reactor(const struct twc_transport *t);
struct twc_protocol *twc_transport_protocol(const struct twc_transport *t); /* inside the policies */
/* Each one that is alive in this reactor, oldest first; fn must only ask. */
void twc_transport_each(struct twc_reactor *r, void (*fn)(void *arg, struct twc_transport *t), void *arg);
uint64_t twc_transport_id(const struct twc_transport *t); /* 1, 2, 3… per reactor, in order of making */
/* Ids of this reactor's transports are taken from *last on, which other processes may see and count up, too. */
void twc_transport_share_ids(struct twc_reactor *r, uint64_t *last);
void twc_transport_peer(const struct twc_transport *t, struct twc_addr *peer); /* NONE when it has none */
void twc_transport_host(const struct twc_transport *t, struct twc_addr *host); /* our side */
/* "tcp:127.0.0.1:4711", "stdio", "exec:cat"; returns `buf`. */
const char *twc_transport_peer_text(const struct twc_transport *t, char *buf, size_t cap);
uint64_t twc_transport_bytes_in(const struct twc_transport *t);	 /* taken from the wire */
uint64_t twc_transport_bytes_out(const struct twc_transport *t); /* accepted by the kernel */
bool twc_transport_is_datagram(const struct twc_transport *t); /* not so UNIX seqpacket: it has an end */
bool twc_transport_is_closing(const struct twc_transport *t); /* lose, abort or lost happened */
bool twc_transport_has_eof(const struct twc_transport *t);    /* the peer's half has ended */
/* A child's wait status, once it has ended; -1 before and for everything else. */
int twc_transport_child_status(const struct twc_transport *t);
/* A signal to the child's process group (the child alone when it has none of its own), and to what it left there.
 * False when nobody is left, and for everything that is no child. */
bool twc_transport_child_kill(struct twc_transport *t, int signo);

/* Replaces the protocol (an upgrade), inside the policies around it. Allowed inside data() only as its last act;
 * no made() is called. */
void twc_transport_set_protocol(struct twc_transport *t, struct twc_protocol *p);
void twc_transport_ref(struct twc_transport *t); /* the memory stays; everything but asking does nothing after lost */
void twc_transport_unref(struct twc_transport *t);

/*
 * ---- making ----
 * Each takes the protocol over (it will hear `lost`) and calls made() before it returns; on failure it
 * returns NULL with *err and has called nothing. Descriptors given are owned from then on, also on failure.
 */

/* A connected stream socket, or datagram socket connected to one peer; switched to non-blocking. */
struct twc_transport *twc_transport_from_socket(struct twc_reactor *r, int fd, struct twc_protocol *p,
						struct twc_err *err);
/* Descriptors shared with others (the shell's standard input and output): never switched to O_NONBLOCK,
 * closed only when `own`. Pipes, terminals, sockets, regular files, /dev/null. `in` or `out` may be -1: reading ends at
 * once, writing is discarded. Stdout whose reader has gone: lost with TWC_EPIPEOUT; full disk: TWC_EIO. The program
 * must ignore SIGPIPE. A standard descriptor (0-2) that is closed is replaced by /dev/null, so that nothing else takes
 * its number. */
struct twc_transport *twc_transport_from_stdio(struct twc_reactor *r, int in, int out, bool own, const char *name,
					       struct twc_protocol *p, struct twc_err *err);
enum { TWC_STDERR_LOG = -3 };
/* A child's standard input and output (how->fd[0] and [1] are ignored; [2] as given, or 1: joins the output, or
 * TWC_STDERR_LOG: each of its lines is one of the log (ERROR), escaped, with the number log_id in front, or, when
 * that is 0, this transport's). eof when it closes its output; lost when it also has ended (twc_transport_child_status
 * tells how). lose() ends its input, and after 2 s its group gets SIGTERM, after 2 more SIGKILL; abort() sends SIGKILL.
 * `how` is copied. */
struct twc_transport *twc_transport_from_child(struct twc_reactor *r, const struct twc_spawn *how, const char *name,
					       struct twc_protocol *p, struct twc_err *err);
/* Two ends in memory; what one writes the other reads in a later call of the same reactor. `capacity` is what
 * the "wire" holds (0: 64 KiB) before the writer must queue. For tests and for joining parts of a program. */
void twc_transport_pair(struct twc_reactor *r, size_t capacity, struct twc_protocol *a, struct twc_protocol *b);

#pragma GCC visibility pop
#endif
