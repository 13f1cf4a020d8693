/* SPDX-License-Identifier: MIT */
/*
 * Is anybody listening, without a connection that would use up an accept: /proc/net/tcp, tcp6 and unix tell (proc(5)).
 * Only what is local can be found there. A listener on [::] counts for IPv4, too: the tables do not say whether it
 * takes it.
 */
#include "app/attempt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endpoint/endpoint_int.h"

#include "base/banned.h"

#define STATE_LISTEN 0x0a	 /* TCP_LISTEN, in tcp and tcp6 */
#define FLAG_ACCEPTING 0x10000UL /* __SO_ACCEPTCON, in unix */

struct look {
	uint16_t port;
};

/* ---- one line of a table; each is the kernel's own, but still read with care ---- */

/* "0100007F:1F90" or 32 digits: words in the machine's order. */
static bool parse_local(const char *s, int family, struct twc_addr *a)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;
	int n_words = family == AF_INET ? 1 : 4;
	uint32_t word[4];
	char *end;

	if (strspn(s, "0123456789ABCDEFabcdef") != (size_t)n_words * 8 || s[n_words * 8] != ':')
		return false;
	for (int i = 0; i < n_words; i++) {
		char digits[9] = { 0 };

		memcpy(digits, s + i * 8, 8);
		word[i] = (uint32_t)strtoul(digits, NULL, 16);
	}
	memset(&u, 0, sizeof(u));
	u.sa.sa_family = (sa_family_t)family;
	u.in.sin_port = htons((uint16_t)strtoul(s + n_words * 8 + 1, &end, 16)); /* sin6_port is at the same place */
	if (family == AF_INET)
		memcpy(&u.in.sin_addr, word, sizeof(u.in.sin_addr));
	else
		memcpy(&u.in6.sin6_addr, word, sizeof(u.in6.sin6_addr));
	twc_addr_set(a, TWC_ADDR_TCP, &u.sa, family == AF_INET ? sizeof(u.in) : sizeof(u.in6));
	return *end == ' ';
}

/* The n-th field of a line, counted from 0; blanks separate. NULL when there are fewer. */
static const char *field(const char *line, int n)
{
	for (;; n--) {
		line += strspn(line, " ");
		if (n == 0 || !*line)
			return *line ? line : NULL;
		line += strcspn(line, " ");
	}
}

static bool tcp_line_listens(const char *line, int family, const struct twc_addr *wanted)
{
	const char *local = field(line, 1), *state = field(line, 3);
	struct twc_addr a;

	if (!local || !state || strtoul(state, NULL, 16) != STATE_LISTEN || !parse_local(local, family, &a))
		return false;
	if (twc_addr_port(&a) != twc_addr_port(wanted))
		return false;
	if (twc_addr_is_any(&a))
		return family == AF_INET6 || wanted->u.sa.sa_family == AF_INET;
	return twc_addr_eq_host(&a, wanted);
}

/* The path may be spelled otherwise than it was bound: the file decides. */
static bool unix_line_listens(const char *line, const char *path, const struct stat *file)
{
	const char *flags = field(line, 3), *inode = field(line, 6), *bound;
	struct stat st;

	if (!flags || !inode || !(strtoul(flags, NULL, 16) & FLAG_ACCEPTING))
		return false;
	bound = inode + strcspn(inode, " ");
	if (*bound == ' ')
		bound++;
	if (strcmp(bound, path) == 0)
		return true;
	return file && bound[0] == '/' && stat(bound, &st) == 0 && st.st_dev == file->st_dev &&
	       st.st_ino == file->st_ino;
}

/* ---- a table ---- */

struct wanted {
	const struct twc_addr *addr;
	int family;	      /* of the table: AF_INET, AF_INET6, AF_UNIX */
	const char *path;     /* AF_UNIX: as the table would have it */
	const struct stat *file; /* NULL: abstract */
};

static bool line_listens(const char *line, const struct wanted *w)
{
	if (w->family == AF_UNIX)
		return unix_line_listens(line, w->path, w->file);
	return tcp_line_listens(line, w->family, w->addr);
}

/* 1 found, 0 not, or TWC_EOS. A table this kernel does not have (no IPv6) has nothing. */
static int table_find(const char *proc, const char *name, const struct wanted *w, struct twc_err *err)
{
	char *path = twc_asprintf("%s/%s", proc, name), *line = NULL;
	FILE *f = fopen(path, "re");
	int sys = errno, found = 0;
	size_t cap = 0;
	ssize_t n;

	while (f && !found && (n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		found = line_listens(line, w);
	}
	free(line);
	if (f)
		fclose(f);
	else if (sys != ENOENT)
		found = twc_err_sys(err, TWC_EOS, sys, path, "cannot read the kernel's table");
	twc_free(path);
	return found;
}

/* ---- an address ---- */

/* An address that can be bound is one of this machine. */
static bool is_local(const struct twc_addr *addr)
{
	struct twc_addr any_port = *addr;
	int fd = socket(addr->u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	if (fd < 0)
		return false;
	twc_addr_set_port(&any_port, 0);
	ok = bind(fd, &any_port.u.sa, any_port.len) == 0;
	close(fd);
	return ok;
}

static int find_tcp(const char *proc, const struct twc_addr *addr, struct twc_err *err)
{
	struct wanted w = { .addr = addr, .family = AF_INET6 };
	char text[TWC_ADDR_TEXT_MAX];
	int rc;

	if (!is_local(addr))
		return twc_err_set(err, TWC_EUSAGE, "a passive check sees this machine alone, and %s is elsewhere",
				   twc_addr_format_host(addr, text, sizeof(text)));
	rc = table_find(proc, "tcp6", &w, err);
	if (rc == 0) {
		w.family = AF_INET;
		rc = table_find(proc, "tcp", &w, err);
	}
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return twc_err_set(err, TWC_EREFUSED, "nothing listens on %s", twc_addr_format(addr, text, sizeof(text)));
}

static int find_unix(const char *proc, const struct twc_addr *addr, struct twc_err *err)
{
	char path[TWC_ADDR_TEXT_MAX], text[TWC_ADDR_TEXT_MAX];
	struct wanted w = { .addr = addr, .family = AF_UNIX, .path = path };
	size_t n = addr->len - offsetof(struct sockaddr_un, sun_path);
	struct stat st;
	int rc;

	TWC_ASSERT(n > 0 && n < sizeof(path));
	memcpy(path, addr->u.un.sun_path, n);
	path[n] = '\0';
	if (!path[0]) {
		for (size_t i = 0; i < n; i++)
			path[i] = path[i] ? path[i] : '@'; /* as the kernel prints them */
	} else if (stat(path, &st) < 0) {
		return twc_err_from_errno(err, errno, path);
	} else {
		w.file = &st;
	}
	rc = table_find(proc, "unix", &w, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return twc_err_set(err, TWC_EREFUSED, "nothing listens on %s", twc_addr_format(addr, text, sizeof(text)));
}

int twc__passive_find(const char *proc, const struct twc_addr *addr, struct twc_err *err)
{
	return addr->kind == TWC_ADDR_UNIX ? find_unix(proc, addr, err) : find_tcp(proc, addr, err);
}

/* ---- an endpoint ---- */

/* A listener on any of the addresses will do, as it would for a connection; of several failures one that is about
 * this machine says more. */
static int find_any(const struct twc_addrs *addrs, uint16_t port, struct twc_err *err)
{
	for (size_t i = 0; i < addrs->n; i++) {
		struct twc_addr a = addrs->item[i];
		struct twc_err one = { 0 };

		a.kind = TWC_ADDR_TCP;
		twc_addr_set_port(&a, port);
		if (twc__passive_find("/proc/net", &a, &one) == 0)
			return 0;
		if (!err->code || err->code == TWC_EUSAGE)
			*err = one;
	}
	return err->code;
}

static void on_resolved(struct twc_result *res, void *arg)
{
	struct look *look = arg;
	const struct twc_results *results = res->value;
	struct twc_err err = { 0 }, lookup = { 0 };
	bool is_found = false, was_there = false;

	for (size_t i = 0; i < results->n && !is_found; i++) {
		const struct twc_result *one = &results->item[i];

		if (one->err.code && !lookup.code)
			lookup = one->err;
		if (one->err.code)
			continue;
		was_there = true;
		is_found = find_any(one->value, look->port, &err) == 0;
	}
	if (is_found)
		twc_result_set(res, NULL, NULL);
	else
		twc_result_fail(res, was_there ? &err : &lookup);
	twc_free(look);
}

static void on_unresolved(struct twc_result *res, void *arg)
{
	(void)res;
	twc_free(arg);
}

struct twc_deferred *twc__passive_look(struct twc_reactor *r, const struct twc_endpoint *e)
{
	struct twc_deferred *d[2], *all;
	struct twc_dial_opts o;
	struct twc_err err = { 0 };
	struct twc_addr addr;
	struct look *look;
	size_t n = 0;

	twc_dial_opts_init(&o);
	if (e->type->is_local || e->type->is_datagram) {
		twc_err_set(&err, TWC_EUSAGE, "a passive check knows listening tcp and unix endpoints only");
		return twc_deferred_failed(r, &err);
	}
	if (twc_endpoint_is_tunnelled(e)) {
		twc_err_set(&err, TWC_EUSAGE, "a passive check looks at this machine only, not behind a proxy (via=)");
		return twc_deferred_failed(r, &err);
	}
	e->type->dial(&e->args, &o);
	if (o.kind == TWC_ADDR_UNIX) {
		if (twc_addr_parse_unix(&addr, twc_str_of(o.host), &err) || twc__passive_find("/proc/net", &addr, &err))
			return twc_deferred_failed(r, &err);
		return twc_deferred_succeed(r, NULL, NULL);
	}
	look = twc_malloc(sizeof(*look));
	*look = (struct look){ .port = o.port };
	if (o.family != AF_INET6)
		d[n++] = twc_resolve(r, o.host, AF_INET);
	if (o.family != AF_INET)
		d[n++] = twc_resolve(r, o.host, AF_INET6);
	all = twc_deferred_gather(r, d, n, false);
	twc_deferred_add(all, on_resolved, on_unresolved, look);
	return all;
}
