/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/transport: the transport's body and the table each kind fills in.
 *
 *   above  twc_transport_* (transport.c, ending.c, write.c, file.c)  the life cycle, flow control, every call into a protocol
 *   here   struct twc__transport_ops                  what a kind must be able to do
 *   below  fdstream.c stdio.c child.c dgram*.c mem.c
 */
#ifndef TWC_TRANSPORT_PRIV_H
#define TWC_TRANSPORT_PRIV_H

#include "reactor/reactor_int.h"
#include "transport/rate.h"
#include "transport/transport_int.h"

#include <sys/uio.h>
#include <twc/buf.h>

struct twc__outlet;
struct twc__dgram_in;
struct twc__dgram_out;

/* What the kernel can move without us, told by a kind about one of its directions. */
enum twc__fd_kind {
	TWC__FD_NONE = 0, /* only through memory */
	TWC__FD_SOCKET,	  /* stream socket of our own, non-blocking */
	TWC__FD_PIPE,
	TWC__FD_FILE,	  /* regular file */
	TWC__FD_COVERED,  /* a socket below a filter: may be asked how it is, its bytes are not the transport's */
};

struct twc__transport_ops {
	const char *name;
	bool is_datagram; /* boundaries are kept: one read, one write is one datagram */
	bool has_end;	  /* with is_datagram: a connection of records, in which a read of 0 is the end, unless is_over says no */
	bool takes_all;	     /* with has_end: records of any size; what cannot be sent yet the kind holds by itself */
	bool has_farewell;   /* its end is worth waiting for the peer's, even if nothing else was sent */
	bool lingers;	     /* a close with unread input would destroy what the peer has yet to read */
	bool close_is_end;   /* and says all that shutdown does */
	bool write_is_fatal; /* a failed write ends reading too */
	/* Bytes, 0 at the end of the stream, or -errno. Datagrams: one, its length. */
	ssize_t (*read)(struct twc_transport *t, void *buf, size_t n);
	/* Instead of read, for datagrams that are somewhere already: *p is where, until the next call. NULL: read. */
	ssize_t (*take)(struct twc_transport *t, const char **p);
	/* A read of 0: is it the end, or an empty record? NULL: the end. */
	bool (*is_over)(const struct twc_transport *t);
	/* Bytes taken (>= 0) or -errno; on a datagram all or nothing. */
	ssize_t (*writev)(struct twc_transport *t, const struct iovec *iov, int n);
	/* Sends what the kind itself holds of what writev has taken (extra.held). 0, or -errno. NULL: it holds nothing. */
	int (*flush)(struct twc_transport *t);
	/* Instead of writev, for datagrams that may leave together with others (dgram_send.c). NULL: writev. */
	void (*outlet)(struct twc_transport *t, struct twc__outlet *o);
	/* From now on call twc__transport_on_ready for these (TWC_READ, TWC_WRITE). Failure ends the transport. */
	int (*set_events)(struct twc_transport *t, unsigned events);
	/* Ends our half; everything written has been taken by the kernel. 0 or -errno. */
	int (*shutdown)(struct twc_transport *t);
	/* May the end be reported already? A child must have been reaped. NULL: yes. Who says no calls
	 * twc__transport_settle later. */
	bool (*is_finished)(struct twc_transport *t);
	/* Nobody will ever read what is written. Asked when the peer's half has ended; then ours does, too. NULL: no. */
	bool (*is_gone)(const struct twc_transport *t);
	/* Both ends have said their last word, and all before ours was acknowledged: that the connection breaks now is no
	 * error. NULL: no. */
	bool (*is_said)(const struct twc_transport *t);
	/* lose() has waited `waited_ns` for the other side. The kind may push; returns how long to wait on, 0 to
	 * close now. NULL: close after TWC__LINGER_NS. */
	uint64_t (*push)(struct twc_transport *t, uint64_t waited_ns);
	void (*close)(struct twc_transport *t, bool reset); /* no callback afterwards */
	void (*destroy)(struct twc_transport *t);	    /* frees the memory, whose start is the transport */
	/* The error for errno `sys`; NULL: twc_err_from_errno with the peer's address. */
	void (*explain)(struct twc_transport *t, int sys, bool is_write, struct twc_err *err);
	void (*peer)(const struct twc_transport *t, struct twc_addr *a); /* NULL: none */
	void (*host)(const struct twc_transport *t, struct twc_addr *a); /* NULL: none */
	const char *(*text)(const struct twc_transport *t);		 /* when there is no address; NULL: name */
	int (*child_status)(const struct twc_transport *t);		 /* NULL: -1 */
	bool (*child_kill)(const struct twc_transport *t, int signo);	 /* NULL: false */
	/* The descriptor behind a direction, for moving bytes inside the kernel; NULL: none. */
	int (*give)(struct twc_transport *t); /* twc__transport_give; NULL: there is nothing to give */
	enum twc__fd_kind (*kernel_fd)(const struct twc_transport *t, unsigned dir, int *fd);
};

/* Bytes the kernel has not taken. One chunk holds one datagram, any piece of a stream, or says where in a file it is. */
struct twc__chunk {
	struct twc__chunk *next;
	size_t start, end, cap; /* start <= end <= cap */
	struct twc_file *file;	/* counted; NULL: the bytes are in data */
	uint64_t at;		/* of `start` 0 in the file */
	char data[];
};
struct twc__outq {
	struct twc__chunk *head, *tail;
	size_t len;    /* sum of end - start */
	size_t hidden; /* at its end: bytes of files, and what was written after them; shown when they leave */
};

/* A pipe in the kernel through which a relay's bytes pass; on loan from the reactor's pool. */
struct twc__kpipe {
	int rd, wr;
	size_t fill;
};

enum twc__pipe_mode {
	TWC__PIPE_COPY = 0, /* read into the shared buffer, write */
	TWC__PIPE_ADAPT,    /* copy, until reads are large: then TWC__PIPE_VIA */
	TWC__PIPE_VIA,	    /* splice through a kernel pipe */
	TWC__PIPE_DIRECT,   /* splice: one side is a pipe itself */
	TWC__PIPE_SENDFILE, /* regular file to socket */
};

/*
 * For kinds without a descriptor to poll: fn(t) in a later call of the reactor. Embedded in the kind, zeroed; holds a
 * reference to its transport while queued.
 */
struct twc__kick {
	struct twc__kick *next;
	struct twc_transport *t;
	void (*fn)(struct twc_transport *t);
	bool is_queued;
};

/*
 * A descriptor watched for edges alone (TWC__F_EDGE) is not asked again what it said before. So who begins to want an
 * event tries once by itself, and who stops before EAGAIN goes on by itself: both by a kick.
 */
struct twc__edge {
	struct twc__kick kick;
	uint8_t wanted; /* events wanted at the last look */
	uint8_t again;	/* events to be tried at the next kick */
};

/* Waiting for the other side to end, or for its acknowledgement. */
struct twc__linger {
	struct twc_timer timer;
	uint64_t waited;
};

/* How fast it may go: a bucket for each direction, kept as the moment at which it will be full again. */
struct twc__rate {
	struct twc_transport *t;
	uint64_t rate;	   /* bytes a second; 0: only `share` limits it */
	uint64_t burst_ns; /* the time it takes to fill a bucket */
	uint64_t pause_ns; /* an empty one is left to fill for so long */
	struct {
		struct twc_timer timer; /* active: the direction waits */
		uint64_t full_at;
		struct twc__rate_share share; /* of a rate kept together with others */
	} dir[2]; /* read, write */
};

/* Bytes that were read once, and are to be read again before those of the wire. */
struct twc__back {
	struct twc__kick kick; /* no event tells of them */
	struct twc_buf bytes;  /* may be empty while the kick is queued */
};

/* What a transport needs only when it is more than idle; made on first use, so that idle ones stay small. */
struct twc__extra {
	struct twc__outq q;
	size_t high, low;
	struct twc_err *reason; /* owned; why it ends; NULL: clean so far */
	struct twc_addr *peer; /* owned, allocated to its real length; NULL: ask the kernel */
	void (*on_gone)(void *arg);
	void *on_gone_arg;
	twc__tap_fn tap;
	void *tap_arg;
	struct twc__linger *linger; /* owned; NULL until the end has to wait for something */
	struct twc__rate *rate;	    /* owned; NULL: no limit */
	struct twc__edge *edge; /* owned; NULL until the first TWC__F_EDGE or kick */
	struct twc__tls *tls;	/* owned by the operations of tls.c; NULL: plain */
	struct twc__records *records; /* owned by those of records.c; NULL: none */
	struct twc__back *back; /* owned; NULL: none */
	size_t held;		/* bytes a filter has taken and the kernel has not */
	/* as the source of a pipe */
	struct twc_transport *to;
	enum twc__pipe_mode mode;
	unsigned big, small; /* consecutive large and small reads */
	/* as the destination of a pipe */
	struct twc_transport *from;
	struct twc__kpipe kp; /* rd -1: none */
};

enum {
	TWC__F_READ_EOF = 1 << 0,   /* the peer's half has ended and the protocol knows */
	TWC__F_WANT_EOF = 1 << 1,   /* write_eof was asked for */
	TWC__F_SENT_EOF = 1 << 2,   /* our half has ended */
	TWC__F_LOSING = 1 << 3,
	TWC__F_DEAD = 1 << 4,	    /* closed; lost is on its way */
	TWC__F_LOST = 1 << 5,	    /* lost was delivered */
	TWC__F_FULL = 1 << 6,
	TWC__F_CONFIRM = 1 << 7,
	TWC__F_WRITE_BROKEN = 1 << 8, /* nothing can be written any more, reading goes on */
	TWC__F_BLOCKED = 1 << 9,    /* as the source of a pipe: waits for the destination */
	TWC__F_KWAIT = 1 << 10,	    /* as the destination: the kernel refused, wants to be told */
	TWC__F_MADE = 1 << 11,
	TWC__F_GATHERED = 1 << 12, /* has a part in the gather buffer */
	TWC__F_NO_LINGER = 1 << 13, /* lose() does not wait for the peer's end */
	TWC__F_EDGE = 1 << 14,	   /* readiness comes as edges: part of a relay that splices */
	TWC__F_SLOW_IN = 1 << 15,   /* waits until its rate allows to read on, */
	TWC__F_SLOW_OUT = 1 << 16,  /* or to write on */
	TWC__F_ONE_READ = 1 << 17, /* reading twice for one readiness could block: shared, and without O_NONBLOCK */
	TWC__F_ALL_SENT = 1 << 18, /* drained() comes not before the queue is empty */
};

struct twc_transport {
	const struct twc__transport_ops *ops;
	struct twc_reactor *r;
	struct twc_protocol *proto; /* borrowed; NULL after lost */
	struct twc__extra *x;	    /* owned; NULL while nothing needs it */
	struct twc_transport *prev, *next; /* of those alive in this reactor */
	uint64_t id;
	uint64_t bytes_in, bytes_out;
	uint32_t flags; /* TWC__F_… */
	uint16_t pauses;
	uint16_t refs;
	struct twc__death death;
};

#define TWC__GATHER (64 * 1024)	      /* what one phase may gather */
#define TWC__GATHER_SMALL (16 * 1024) /* a larger write leaves at once */
#define TWC__CIPHER (256 * 1024)      /* records for one system call */
#define TWC__PIECE (128 * 1024)	      /* of a file, when it has to pass through memory */
#define TWC__GATHER_PARTS 64	      /* as many answers wait for each other at most */

struct twc__gathered {
	struct twc_transport *t; /* NULL: forgotten */
	size_t start, len;	 /* in the gather buffer */
};

/* Per reactor. */
struct twc__tlayer {
	struct twc_reactor *r;
	uint64_t next_id;
	uint64_t *shared_id; /* the last one given, when processes number together; else NULL */
	struct twc_transport *live; /* begun and not dead */
	struct twc__kick *kicks, **kicks_end;
	/* The gather buffer: small writes of a phase, in their order. Consecutive writes of one transport are one. */
	struct twc__gathered part[TWC__GATHER_PARTS];
	unsigned parts;
	size_t gathered; /* bytes of all parts */
	char *gather;	 /* TWC__GATHER bytes, made on first use */
	/* Where TLS makes its records before they leave; empty between two calls. */
	char *cipher; /* TWC__CIPHER bytes, made on first use */
	size_t ciphered;
	/* What came for TLS, many records at a time; empty between two calls, too. */
	char *secret; /* TWC__CIPHER bytes, made on first use */
	size_t secret_at, secrets;
	/* Those that have gathered encoded records. */
	struct twc__records *records;
	/* What was read of a file, on its way out; empty between two calls. */
	char *piece; /* TWC__PIECE bytes, made on first use */
	/* Datagrams of a wake-up, and those that leave after it; owned, NULL until there was one. */
	struct twc__dgram_in *dgram_in;
	struct twc__dgram_out *dgram_out;
	/* Kernel pipes not in use. */
	struct twc__kpipe pool[16];
	unsigned pooled, pipes; /* in the pool; in all */
	/* Debug builds: forced short reads and writes. 0: no limit. */
	size_t dbg_read_max, dbg_write_max;
	uint32_t dbg_seed;
};

#define TWC__MARK_HIGH (256 * 1024)
#define TWC__MARK_LOW (64 * 1024)
#define TWC__TURN_MAX (1024 * 1024) /* bytes one connection may read in one callback: fairness */
#define TWC__LINGER_NS (2 * UINT64_C(1000000000))
#define TWC__DGRAM_MAX 65507	    /* UDP over IPv4: 65,535 - 20 - 8 */

/* ---- layer.c ---- */

struct twc__tlayer *twc__tlayer(struct twc_reactor *r);
uint64_t twc__tlayer_number(struct twc__tlayer *l); /* of the next transport */
void twc__kick(struct twc__kick *k, struct twc_transport *t, void (*fn)(struct twc_transport *t));

/* ---- transport.c ---- */

/* Fills in a zeroed transport; then the kind sets its own fields and calls twc__transport_begin. */
void twc__transport_init(struct twc_transport *t, const struct twc__transport_ops *ops, struct twc_reactor *r);
void twc__transport_begin(struct twc_transport *t, struct twc_protocol *p, unsigned flags);
struct twc__extra *twc__transport_extra(struct twc_transport *t);
/* The socket it stands on, even below a filter, to be asked how it is; -1: none. */
int twc__transport_socket(const struct twc_transport *t);
/* The descriptor through which the kernel itself may move this direction's bytes; TWC__FD_NONE, -1: through memory only. */
enum twc__fd_kind twc__transport_kernel_fd(const struct twc_transport *t, unsigned dir, int *fd);
/* From the kind, in a callback of the reactor. */
void twc__transport_on_ready(struct twc_transport *t, unsigned ready);
void twc__transport_die(struct twc_transport *t, const struct twc_err *reason, bool reset);
/* Notes why it ends, unless that is known already. */
void twc__transport_blame(struct twc_transport *t, const struct twc_err *reason);
void twc__transport_explain(struct twc_transport *t, int sys, bool is_write, struct twc_err *err);
void twc__transport_read_failed(struct twc_transport *t, int sys);
/* Datagram kinds that share a descriptor hand over what came; stream kinds never need it. */
void twc__transport_deliver(struct twc_transport *t, const void *p, size_t n);
/* Counts and shows what was read. */
void twc__transport_took(struct twc_transport *t, const void *p, size_t n);
void twc__transport_got_eof(struct twc_transport *t);
/* Is what `read` returned the end? */
static inline bool twc__transport_is_end(const struct twc_transport *t, ssize_t n)
{
	return n == 0 && (!t->ops->is_datagram || t->ops->has_end) && (!t->ops->is_over || t->ops->is_over(t));
}
/* What is thrown away anyhow needs no patience. */
static inline bool twc__transport_may_read(const struct twc_transport *t)
{
	return (!t->pauses && !(t->flags & TWC__F_SLOW_IN)) || t->flags & TWC__F_LOSING;
}

/* ---- ending.c ---- */

/* Looks what can be done next: end our half, linger, report the end. */
void twc__transport_settle(struct twc_transport *t);
/* The connection broke: was something lost that was to be confirmed? */
bool twc__transport_is_undelivered(const struct twc_transport *t);

/* ---- events.c ---- */

void twc__transport_update(struct twc_transport *t); /* tells the kind which events are wanted */
void twc__transport_set_edge(struct twc_transport *t, bool on);
void twc__transport_try_again(struct twc_transport *t, unsigned events); /* with edges: stopped before EAGAIN */
void twc__transport_kick(struct twc_transport *t, unsigned events); /* as if they came, in a later call of the reactor */

/* ---- trace.c ---- */

static inline bool twc__transport_is_traced(const struct twc_transport *t)
{
	return twc_log_is_on(twc_reactor_log(t->r), TWC_LOG_transport, TWC_LOG_TRACE);
}
/* Call these only when it is. `way` is "in" or "out". */
void twc__transport_trace_bytes(struct twc_transport *t, const char *way, const struct iovec *iov, int n);
void twc__transport_trace_state(struct twc_transport *t, const char *what);

/* ---- write.c ---- */

void twc__transport_flush(struct twc_transport *t); /* queue and kernel pipe, until the kernel refuses */
void twc__transport_write_failed(struct twc_transport *t, int sys);
/* Past the gather buffer: for a pipe's copying. */
void twc__transport_send(struct twc_transport *t, const struct iovec *iov, int n);
bool twc__transport_has_unsent(const struct twc_transport *t);

/* Queues what of `iov` lies beyond the first `skip` bytes. */
void twc__transport_queue(struct twc_transport *t, const struct iovec *iov, int n, size_t skip);
/* As much as the kernel takes of `iov`, `total` bytes; the rest is queued. `more`: a range of a file follows at once, inside
 * the kernel. */
void twc__transport_send_or_queue(struct twc_transport *t, const struct iovec *iov, int n, size_t total, bool more);

/* ---- gather.c ---- */

/* To what was gathered for `t`, which is fit for writing and has refused nothing. */
void twc__gather_add(struct twc__tlayer *l, struct twc_transport *t, const struct iovec *iov, int n, size_t total);
/* The last part, taken back, when it is all that was gathered for `t`; valid until the next is added. */
bool twc__gather_take_back(struct twc__tlayer *l, struct twc_transport *t, struct iovec *iov);
void twc__gather_flush(struct twc__tlayer *l);
void twc__gather_forget(struct twc_transport *t);
void twc__gather_at_end(struct twc__tlayer *l); /* of the phase: what was gathered leaves */

/* ---- outq.c ---- */

void twc__outq_clear(struct twc__outq *q);
void twc__outq_add(struct twc__outq *q, const char *p, size_t n, bool own_chunk);
void twc__outq_add_record(struct twc__outq *q, const struct iovec *iov, int n, size_t total); /* in a chunk of its own */
void twc__outq_add_file(struct twc__outq *q, struct twc_file *f, uint64_t offset, size_t n);
/* The first n bytes of the range at the head are these, from now on in memory. */
void twc__outq_load(struct twc__outq *q, const char *p, size_t n);
void twc__outq_consume(struct twc__outq *q, size_t n);

/* ---- file.c: ranges of files on their way out ---- */

/* May the kernel send of `f` to t's socket by itself? */
bool twc__file_is_inside(const struct twc_transport *t, const struct twc_file *f);
/* Up to n bytes of the range, inside the kernel. Bytes, 0 (look again: the connection may be dead, or goes on through
 * memory), or -errno of the socket. */
ssize_t twc__file_send(struct twc_transport *t, const struct twc__chunk *c, size_t n);
/* writev, for what is followed by such a range at once: it leaves together with it. */
ssize_t twc__file_announce(struct twc_transport *t, const struct iovec *iov, int n);
/* The first n (1 to TWC__PIECE) bytes from `offset` on, in the reactor's piece buffer until the next call. NULL: they cannot
 * be had, and the connection is dead. */
char *twc__file_piece(struct twc_transport *t, struct twc_file *f, uint64_t offset, size_t n);

/* ---- dgram_send.c: the same for datagrams ---- */

/* Sends, gathers or queues one of `total` bytes; the transport is fit for writing. */
void twc__dgram_write(struct twc_transport *t, const struct iovec *iov, int n, size_t total);
void twc__dgrams_flush(struct twc__tlayer *l);	       /* what was gathered */
void twc__dgrams_flush_queue(struct twc_transport *t); /* until the kernel refuses */
void twc__dgrams_forget(struct twc_transport *t);
size_t twc__dgrams_gathered(const struct twc_transport *t); /* bytes */

/* ---- records_out.c ---- */

void twc__records_flush(struct twc__tlayer *l); /* what was gathered */
size_t twc__records_gathered(const struct twc_transport *t); /* bytes */

/* ---- dgram_socket.c ---- */

/* A UDP socket, to be begun; connected, or with to_peer sending to x->peer. Owns fd. */
struct twc_transport *twc__dsock_new(struct twc_reactor *r, int fd, bool to_peer);

/* ---- unread.c ---- */

size_t twc__back_take(struct twc_transport *t, char *buf, size_t n);
void twc__back_tell(struct twc_transport *t); /* reading is wanted: it comes without an event */
void twc__back_free(struct twc__extra *x);

/* Reads by whichever way the kind has; `buf` has room for n. */
static inline ssize_t twc__transport_read(struct twc_transport *t, char *buf, size_t n, const char **p)
{
	*p = buf;
	if (t->x && t->x->back && twc_buf_len(&t->x->back->bytes) > 0)
		return (ssize_t)twc__back_take(t, buf, n);
	return t->ops->take ? t->ops->take(t, p) : t->ops->read(t, buf, n);
}

/* ---- rate.c: TWC_READ or TWC_WRITE ---- */

/* How much of `n` may go now: all, less, or 0; 0 stops the direction until a timer sets it going again. */
size_t twc__rate_room(struct twc_transport *t, unsigned dir, size_t n);
void twc__rate_spend(struct twc_transport *t, unsigned dir, size_t n);
void twc__rate_stop(struct twc_transport *t);

/* ---- pipe.c ---- */

void twc__pipe_pump(struct twc_transport *src);
bool twc__pipe_flush(struct twc_transport *dst); /* the kernel pipe; false: the write failed and was reported */
void twc__pipe_unblock(struct twc_transport *dst);
void twc__pipe_unlink(struct twc_transport *t); /* both roles */
void twc__pipe_copy(struct twc_transport *t);   /* both roles: from now on through memory */
void twc__kpipe_release(struct twc_transport *dst);
void twc__kpipe_pool_free(struct twc__tlayer *l);

#endif
