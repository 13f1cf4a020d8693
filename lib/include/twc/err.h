/* SPDX-License-Identifier: MIT */
/*
 * Errors are values. One list makes the enum, the names, the default texts and the exit statuses
 * (sysexits numbers, cli.md part 5). The lowest layer that knows the cause writes the text; layers above
 * pass it up unchanged; the command adds, once, what was asked.
 *
 * A function that can fail returns 0 or a negative code and fills `err` when it is not NULL.
 * A failure is reported once: by the start function's return value or by the callback, never by both.
 */
#ifndef TWC_ERR_H
#define TWC_ERR_H

#include <twc/base.h>

#pragma GCC visibility push(default)

/*        name        exit severity    default text                                            */
#define TWC_ERR_LIST(X)                                                                               \
	X(ENO,        1,  OPERATION,  "the answer is no")                                             \
	X(EUSAGE,     64, PROGRAM,    "wrong usage")                                                  \
	X(EDATA,      65, OPERATION,  "input data unusable")                                          \
	X(ENOINPUT,   66, OPERATION,  "local input missing or unreadable")                            \
	X(ENONAME,    68, OPERATION,  "name not found")                                               \
	X(ERESOLVE,   68, RETRY,      "name lookup failed")                                           \
	X(EREFUSED,   69, RETRY,      "connection refused")                                           \
	X(EUNREACH,   69, RETRY,      "unreachable")                                                  \
	X(ENOSOCK,    69, RETRY,      "no such socket file")                                          \
	X(EREJECTED,  69, OPERATION,  "refused by the service")                                       \
	X(EBUG,       70, PROGRAM,    "internal error")                                               \
	X(EOS,        71, OPERATION,  "system call failed")                                           \
	X(ELIMIT,     71, OPERATION,  "out of descriptors")                                           \
	X(ENOMEM,     71, CONNECTION, "out of memory")                                                \
	X(ECANTBIND,  73, OPERATION,  "cannot bind")                                                  \
	X(ECANTCREAT, 73, OPERATION,  "cannot create")                                                \
	X(EIO,        74, CONNECTION, "local read or write failed")                                   \
	X(ETIMEDOUT,  75, RETRY,      "timed out")                                                    \
	X(EIDLE,      75, CONNECTION, "idle for too long")                                            \
	X(ETEMPFAIL,  75, RETRY,      "temporary failure")                                            \
	X(ERESET,     76, CONNECTION, "connection reset by peer")                                     \
	X(EPROTO,     76, CONNECTION, "protocol violation")                                           \
	X(ETOOLONG,   76, CONNECTION, "message too long")                                             \
	X(ETRUNC,     76, CONNECTION, "stream truncated")                                             \
	X(EUNTRUSTED, 77, OPERATION,  "not trusted")                                                  \
	X(EACCESS,    77, OPERATION,  "not allowed")                                                  \
	X(ECONFIG,    78, PROGRAM,    "wrong environment")                                            \
	X(EPARTIAL,   79, OPERATION,  "partial success")                                              \
	X(EPIPEOUT,   141, CONNECTION, "reader of standard output has gone")                          \
	X(ECANCELLED, 70, OPERATION,  "cancelled")                                                    \
	X(EABORTED,   76, CONNECTION, "aborted by this side")

enum twc_errc {
	TWC_OK = 0,
#define TWC_ERR_ORDINAL(name, exit, sev, text) TWC_ERR_ORDINAL_##name,
	TWC_ERR_FIRST = 0, /* the ordinals below count from 1 */
	TWC_ERR_LIST(TWC_ERR_ORDINAL)
#undef TWC_ERR_ORDINAL
	TWC_ERR_COUNT,
#define TWC_ERR_CODE(name, exit, sev, text) TWC_##name = -(int)TWC_ERR_ORDINAL_##name,
	TWC_ERR_LIST(TWC_ERR_CODE)
#undef TWC_ERR_CODE
};

enum twc_severity {
	TWC_SEV_RETRY = 1,  /* may succeed when tried again */
	TWC_SEV_OPERATION,  /* this operation failed; the object it was asked of is fine */
	TWC_SEV_CONNECTION, /* this connection is over */
	TWC_SEV_PROGRAM,    /* trying again cannot help */
};

#define TWC_ERR_TEXT_MAX 232

/* No heap, no pointers: may be copied freely. A zeroed one means success. */
struct twc_err {
	int code;	/* 0, or TWC_E… */
	int sys;	/* errno at the cause, or 0 */
	int column;	/* 1-based column of a syntax error, or 0 */
	char text[TWC_ERR_TEXT_MAX]; /* plain cause; peer text already escaped; no newline at the end */
};

/* Fills *err (if not NULL) and returns `code`, so that `return twc_err_set(err, …)` is one line. */
int twc_err_set(struct twc_err *err, int code, const char *fmt, ...) TWC_PRINTF(3, 4);
/* The same of a fault in what somebody typed, at this column of it, from 1. */
int twc_err_at(struct twc_err *err, int code, size_t column, const char *fmt, ...) TWC_PRINTF(4, 5);
/* The same with an errno: appends " (ECONNREFUSED)" to the text; with `where` (an address, may be
 * NULL) " (ECONNREFUSED, where)". */
int twc_err_sys(struct twc_err *err, int code, int sys, const char *where, const char *fmt, ...)
	TWC_PRINTF(5, 6);
/* The code, plain text and symbol that fit an errno of connect, read or write on a wire
 * (ECONNREFUSED -> EREFUSED, ECONNRESET and EPIPE -> ERESET, ETIMEDOUT -> ETIMEDOUT, EMFILE -> ELIMIT …). */
int twc_err_from_errno(struct twc_err *err, int sys, const char *where);
void twc_err_clear(struct twc_err *err);

const char *twc_err_name(int code);	/* "EREFUSED"; "OK" for 0; "E?" when unknown */
const char *twc_err_default_text(int code);
int twc_err_exit(int code);		/* exit status of cli.md part 5; 0 for 0 */
enum twc_severity twc_err_severity(int code);
const char *twc_errno_name(int sys);	/* "ECONNREFUSED"; "E?" when unknown */
/* How far an attempt got: of several failures the larger decides (77 > 76 > 75 > 69 > 68 > rest). */
int twc_err_rank(int code);

#pragma GCC visibility pop
#endif
