/* SPDX-License-Identifier: MIT */
/*
 * Whether a service is there, and as it should be: checks of endpoints, what a peer must say, and what a handshake of TLS
 * came to.
 */
#ifndef TWC_CHECK_H
#define TWC_CHECK_H

#include <twc/addr.h>
#include <twc/base.h>
#include <twc/endpoint.h>
#include <twc/err.h>
#include <twc/reactor.h>
#include <twc/tls.h>
#include <twc/transport.h>

#pragma GCC visibility push(default)

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

#pragma GCC visibility pop
#endif
