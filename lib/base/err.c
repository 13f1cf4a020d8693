/* SPDX-License-Identifier: MIT */
/*
 * The error list of twc/err.h turned into tables, and the making of an error's one line. No heap: an error can be made
 * when memory is out. A line that does not fit ends in "..." between two characters, never inside one; the symbol and
 * address in brackets at its end are kept whole.
 */
#include <twc/err.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

struct code_info {
	const char *name;
	const char *text;
	int exit;
	enum twc_severity severity;
};

/* Indexed by -code. */
static const struct code_info codes[TWC_ERR_COUNT] = {
	[0] = { "OK", "success", 0, TWC_SEV_OPERATION },
#define ROW(name, exit, sev, text) [TWC_ERR_ORDINAL_##name] = { #name, text, exit, TWC_SEV_##sev },
	TWC_ERR_LIST(ROW)
#undef ROW
};

static const struct code_info *find(int code)
{
	static const struct code_info unknown = { "E?", "unknown error", 70, TWC_SEV_PROGRAM };

	return code <= 0 && code > -(int)TWC_ERR_COUNT ? &codes[-code] : &unknown;
}

const char *twc_err_name(int code)
{
	return find(code)->name;
}

const char *twc_err_default_text(int code)
{
	return find(code)->text;
}

int twc_err_exit(int code)
{
	return find(code)->exit;
}

enum twc_severity twc_err_severity(int code)
{
	return find(code)->severity;
}

int twc_err_rank(int code)
{
	static const uint8_t by_depth[] = { 68, 69, 75, 76, 77 }; /* cli.md part 5, nearest first */
	int exit = twc_err_exit(code);

	if (code == 0)
		return 0;
	for (size_t i = 0; i < TWC_ARRAY_LEN(by_depth); i++)
		if (by_depth[i] == exit)
			return (int)i + 2;
	return 1;
}

/* Cuts a text that fills `cap` bytes so that it ends in "..." within them (with the NUL), not inside a UTF-8 sequence. */
static size_t end_in_dots(char *text, size_t cap)
{
	size_t n = cap - 4;

	for (int back = 0; back < 3 && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; back++)
		n--;
	memcpy(text + n, "...", 4);
	return n + 3;
}

/* text = what fmt says, then the suffix, which is never cut. */
TWC_PRINTF(3, 0) static void set_text(struct twc_err *err, const char *suffix, const char *fmt, va_list ap)
{
	size_t tail = strlen(suffix);
	size_t cap = sizeof(err->text) - tail;
	int n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n;

	if (n < 0)
		err->text[0] = '\0';
	if (len >= cap)
		len = end_in_dots(err->text, cap);
	memcpy(err->text + len, suffix, tail + 1);
}

int twc_err_set(struct twc_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	err->sys = 0;
	err->column = 0;
	va_start(ap, fmt);
	set_text(err, "", fmt, ap);
	va_end(ap);
	return code;
}

int twc_err_at(struct twc_err *err, int code, size_t column, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	err->sys = 0;
	err->column = (int)column;
	va_start(ap, fmt);
	set_text(err, "", fmt, ap);
	va_end(ap);
	return code;
}

int twc_err_sys(struct twc_err *err, int code, int sys, const char *where, const char *fmt, ...)
{
	char suffix[TWC_ERR_TEXT_MAX / 2 + 32];
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	err->sys = sys;
	err->column = 0;
	/* A path of a UNIX socket is at most 108 bytes, so only nonsense is cut here. */
	if (where)
		snprintf(suffix, sizeof(suffix), " (%s, %.*s)", twc_errno_name(sys), TWC_ERR_TEXT_MAX / 2, where);
	else
		snprintf(suffix, sizeof(suffix), " (%s)", twc_errno_name(sys));
	va_start(ap, fmt);
	set_text(err, suffix, fmt, ap);
	va_end(ap);
	return code;
}

void twc_err_clear(struct twc_err *err)
{
	if (err)
		memset(err, 0, sizeof(*err));
}

static const struct {
	int sys;
	int code;
	const char *text; /* NULL: the code's own */
} wire_errors[] = {
	{ ECONNREFUSED, TWC_EREFUSED, NULL },
	{ ECONNRESET, TWC_ERESET, NULL },
	{ EPIPE, TWC_ERESET, NULL },
	{ ECONNABORTED, TWC_ERESET, "connection aborted by the system" },
	{ ENETRESET, TWC_ERESET, "connection reset by the network" },
	{ ENOTCONN, TWC_ERESET, "no longer connected" },
	{ ESHUTDOWN, TWC_ERESET, "already shut down" },
	{ ETIMEDOUT, TWC_ETIMEDOUT, NULL },
	{ EHOSTUNREACH, TWC_EUNREACH, "host unreachable" },
	{ EHOSTDOWN, TWC_EUNREACH, "host is down" },
	{ ENETUNREACH, TWC_EUNREACH, "network unreachable" },
	{ ENETDOWN, TWC_EUNREACH, "network is down" },
	{ EAFNOSUPPORT, TWC_EUNREACH, "address family not supported here" },
	{ ENOENT, TWC_ENOSOCK, NULL },
	{ ENOTDIR, TWC_ENOSOCK, NULL },
	{ ENOTSOCK, TWC_ENOSOCK, "not a socket" },
	{ EPROTOTYPE, TWC_ENOSOCK, "a socket of another kind" },
	{ ELOOP, TWC_ENOSOCK, "too many symbolic links" },
	{ EADDRINUSE, TWC_ECANTBIND, "address already in use" },
	{ EADDRNOTAVAIL, TWC_ECANTBIND, "address not available here" },
	{ EACCES, TWC_EACCESS, "permission denied" },
	{ EPERM, TWC_EACCESS, "not permitted" },
	{ EMFILE, TWC_ELIMIT, NULL },
	{ ENFILE, TWC_ELIMIT, "out of descriptors in the whole system" },
	{ ENOMEM, TWC_ENOMEM, NULL },
	{ ENOBUFS, TWC_ENOMEM, "out of network buffers" },
	{ EMSGSIZE, TWC_ETOOLONG, "datagram too long" },
	{ EPROTO, TWC_EPROTO, NULL },
	{ ECANCELED, TWC_ECANCELLED, NULL },
	{ EIO, TWC_EIO, "input/output error" },
	{ ENOSPC, TWC_EIO, "no space left" },
	{ EDQUOT, TWC_EIO, "quota used up" },
	{ EFBIG, TWC_EIO, "file too large" },
};

int twc_err_from_errno(struct twc_err *err, int sys, const char *where)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(wire_errors); i++) {
		int code = wire_errors[i].code;
		const char *text = wire_errors[i].text;

		if (wire_errors[i].sys == sys)
			return twc_err_sys(err, code, sys, where, "%s", text ? text : twc_err_default_text(code));
	}
	return twc_err_sys(err, TWC_EOS, sys, where, "%s", twc_err_default_text(TWC_EOS));
}

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
const char *twc_errno_name(int sys)
{
	const char *name = sys > 0 ? strerrorname_np(sys) : NULL; /* it calls 0 "0" */

	return name ? name : "E?";
}
#else
/* What a socket, a pipe or a file may answer; the rest has no name here. */
const char *twc_errno_name(int sys)
{
	switch (sys) {
#define NAME(e) case e: return #e;
	NAME(EPERM) NAME(ENOENT) NAME(EINTR) NAME(EIO) NAME(EBADF) NAME(EAGAIN) NAME(ENOMEM) NAME(EACCES)
	NAME(EBUSY) NAME(EEXIST) NAME(EXDEV) NAME(ENODEV) NAME(ENOTDIR) NAME(EISDIR) NAME(EINVAL) NAME(ENFILE)
	NAME(EMFILE) NAME(ENOTTY) NAME(ETXTBSY) NAME(EFBIG) NAME(ENOSPC) NAME(ESPIPE) NAME(EROFS) NAME(EPIPE)
	NAME(ENAMETOOLONG) NAME(ENOSYS) NAME(ELOOP) NAME(ECHILD) NAME(ENOEXEC) NAME(E2BIG) NAME(EPROTO)
	NAME(EOVERFLOW) NAME(ENOTSOCK) NAME(EDESTADDRREQ) NAME(EMSGSIZE) NAME(EPROTOTYPE) NAME(ENOPROTOOPT)
	NAME(EPROTONOSUPPORT) NAME(EOPNOTSUPP) NAME(EAFNOSUPPORT) NAME(EADDRINUSE) NAME(EADDRNOTAVAIL)
	NAME(ENETDOWN) NAME(ENETUNREACH) NAME(ENETRESET) NAME(ECONNABORTED) NAME(ECONNRESET) NAME(ENOBUFS)
	NAME(EISCONN) NAME(ENOTCONN) NAME(ESHUTDOWN) NAME(ETIMEDOUT) NAME(ECONNREFUSED) NAME(EHOSTDOWN)
	NAME(EHOSTUNREACH) NAME(EALREADY) NAME(EINPROGRESS) NAME(EDQUOT) NAME(ECANCELED)
#undef NAME
	}
	return "E?";
}
#endif
