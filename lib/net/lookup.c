/* SPDX-License-Identifier: MIT */
/*
 * Names: who is asked, in which order.
 *
 *	literal -> fixed answers -> localhost (RFC 6761 6.3) -> hosts file -> name servers (resolve.c)
 *	                                                   or -> getaddrinfo in a worker thread
 *
 * The first that knows the name decides for both families: a name with only an IPv4 address in the
 * hosts file has no IPv6 address. Files are read when first needed, and again when stat says that
 * they changed. One resolver per reactor, made on first use.
 */
#include "net/net_int.h"

#include "reactor/reactor_int.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define FILE_MAX (16 * 1024 * 1024) /* of a hosts file; block lists have some MiB */

struct cached_file {
	char *path; /* owned */
	char *text; /* owned; NULL when there is none */
	size_t n;
	struct stat st; /* when it was read; zeroed when absent */
	bool is_known;	/* it was looked at once */
};

struct fixed {
	struct fixed *next;
	char *name; /* owned, without final dot */
	struct twc_addr addr;
};

struct resolver {
	struct twc_reactor *reactor; /* borrowed */
	bool system, numeric;
	char *servers; /* owned; NULL: resolv.conf's */
	struct cached_file resolv_conf, hosts;
	struct fixed *fixed; /* owned */
	struct twc__dns *dns; /* owned; NULL until a name server is needed */
};

/* ---- addresses ---- */

struct twc_addrs *twc__addrs_new(const struct twc_addr *list, size_t n)
{
	struct twc_addrs *a;

	if (n == 0)
		return NULL;
	a = twc_calloc(1, sizeof(*a));
	a->item = twc_calloc(n, sizeof(*list));
	a->n = n;
	memcpy(a->item, list, n * sizeof(*list));
	return a;
}

void twc_addrs_free(void *addrs)
{
	struct twc_addrs *a = addrs;

	if (!a)
		return;
	twc_free(a->item);
	twc_free(a);
}

/* ---- files ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The whole of a regular file, or NULL when there is none. False when that could not be found out now. */
static bool read_file(const char *path, struct stat *st, char **text, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = 0;
	bool is_short = false;

	*text = NULL;
	*n = 0;
	if (fd < 0)
		return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_size <= FILE_MAX) {
		*text = twc_try_malloc((size_t)st->st_size + 1);
		is_short = !*text;
	}
	while (*text && *n < (size_t)st->st_size && (got = read(fd, *text + *n, (size_t)st->st_size - *n)) > 0)
		*n += (size_t)got;
	close(fd);
	return !is_short;
}

/* Reads the file if it is new. True when its text may differ from before. What was read last stays in force while
 * descriptors or memory are out. */
static bool cached_refresh(struct cached_file *f)
{
	struct stat st = { 0 };
	char *text;
	size_t n;

	if (stat(f->path, &st) != 0)
		st = (struct stat){ 0 };
	if (f->is_known && same_file(&st, &f->st))
		return false;
	if (!read_file(f->path, &st, &text, &n))
		return false;
	twc_free(f->text);
	f->text = text;
	f->n = n;
	f->st = st;
	f->is_known = true;
	return true;
}

static struct twc_str cached_text(const struct cached_file *f)
{
	return (struct twc_str){ f->text, f->text ? f->n : 0 };
}

static void cached_set(struct cached_file *f, const char *path)
{
	twc_free(f->path);
	twc_free(f->text);
	*f = (struct cached_file){ .path = twc_strdup(path) };
}

/* ---- the resolver of a reactor ---- */

static void resolver_free(void *arg)
{
	struct resolver *v = arg;

	twc__dns_free(v->dns);
	while (v->fixed) {
		struct fixed *f = v->fixed;

		v->fixed = f->next;
		twc_free(f->name);
		twc_free(f);
	}
	twc_free(v->resolv_conf.path);
	twc_free(v->resolv_conf.text);
	twc_free(v->hosts.path);
	twc_free(v->hosts.text);
	twc_free(v->servers);
	twc_free(v);
}

static struct resolver *resolver_of(struct twc_reactor *r)
{
	struct resolver *v = twc__reactor_slot(r, TWC__SLOT_RESOLVER);

	if (v)
		return v;
	v = twc_calloc(1, sizeof(*v));
	v->reactor = r;
	cached_set(&v->resolv_conf, "/etc/resolv.conf");
	cached_set(&v->hosts, "/etc/hosts");
	twc__reactor_set_slot(r, TWC__SLOT_RESOLVER, v, resolver_free);
	return v;
}

int twc_resolver_configure(struct twc_reactor *r, const struct twc_resolver_opts *o, struct twc_err *err)
{
	struct resolver *v = resolver_of(r);
	struct twc__resolv_conf try;
	int rc = o->servers ? twc__resolv_conf_set_servers(&try, twc_str_of(o->servers), err) : 0;

	if (rc != 0)
		return rc;
	if (v->dns)
		return twc_err_set(err, TWC_EUSAGE, "the resolver is in use already");
	v->system |= o->system;
	v->numeric |= o->numeric;
	if (o->servers) {
		twc_free(v->servers);
		v->servers = twc_strdup(o->servers);
	}
	if (o->resolv_conf)
		cached_set(&v->resolv_conf, o->resolv_conf);
	if (o->hosts_file)
		cached_set(&v->hosts, o->hosts_file);
	return 0;
}

/* ---- what is a name ---- */

static int name_fail(struct twc_err *err, int code, struct twc_str name, const char *what)
{
	char text[128];

	twc_escape(text, sizeof(text), name);
	return twc_err_set(err, code, "\"%s\" %s", text, what);
}

static bool is_name_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Letters, digits, hyphens and (what the world uses besides) underscores; labels of 1 to 63, RFC
 * 1035 2.3. `name` without final dot. */
static int name_check(struct twc_str name, struct twc_err *err)
{
	struct twc_str rest = name, label;
	size_t i;

	if (name.n == 0 || name.n > TWC__NAME_MAX)
		return name_fail(err, TWC_EUSAGE, name, "is not a valid host name");
	while (twc_str_cut(&rest, '.', &label)) {
		if (label.n == 0 || label.n > 63)
			return name_fail(err, TWC_EUSAGE, name, "is not a valid host name");
		for (i = 0; i < label.n; i++)
			if (!is_name_char((unsigned char)label.p[i]))
				return name_fail(err, TWC_EUSAGE, name, "is not a valid host name");
	}
	return 0;
}

/* An international name becomes its xn-- form in `buf`; others stay what they are. */
static int name_to_ascii(struct twc_str *name, char buf[TWC__NAME_MAX + 2], struct twc_err *err)
{
	int rc = twc__idn_is_needed(*name) ? twc__idn_to_ascii(*name, buf, err) : 0;

	if (rc == 0 && twc__idn_is_needed(*name))
		*name = twc_str_of(buf);
	return rc;
}

static struct twc_str without_dot(struct twc_str name)
{
	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

static bool ends_with(struct twc_str name, struct twc_str tail)
{
	return name.n >= tail.n &&
	       twc_str_eq_nocase((struct twc_str){ name.p + name.n - tail.n, tail.n }, tail);
}

/* "300.1.1.1", "127.1": a slip in an address, and nobody's name (no top level domain is a
 * number). */
static bool is_numeric(struct twc_str name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (name.p[i] != '.' && (name.p[i] < '0' || name.p[i] > '9'))
			return false;
	return memchr(name.p, '.', name.n) != NULL;
}

/* ---- fixed answers ---- */

int twc_resolver_add(struct twc_reactor *r, struct twc_str name, struct twc_str ip, struct twc_err *err)
{
	struct resolver *v = resolver_of(r);
	struct fixed **end = &v->fixed;
	char ascii[TWC__NAME_MAX + 2];
	struct twc_addr a;
	int rc = name_to_ascii(&name, ascii, err);

	if (rc == 0)
		rc = name_check(without_dot(name), err);
	if (rc == 0)
		rc = twc_addr_parse_ip(&a, TWC_ADDR_TCP, ip, 0, err);
	if (rc != 0)
		return rc;
	while (*end)
		end = &(*end)->next;
	*end = twc_calloc(1, sizeof(**end));
	(*end)->name = twc_str_dup(without_dot(name));
	(*end)->addr = a;
	return 0;
}

static int fixed_find(const struct resolver *v, struct twc_str name, int family, struct twc_addr *out, size_t cap)
{
	const struct fixed *f;
	int found = -1;

	for (f = v->fixed; f; f = f->next) {
		if (!twc_str_eq_nocase(twc_str_of(f->name), name))
			continue;
		if (found < 0)
			found = 0;
		if (f->addr.u.sa.sa_family == family && (size_t)found < cap)
			out[found++] = f->addr;
	}
	return found;
}

/* ---- the order ---- */

static int localhost_find(struct twc_str name, int family, struct twc_addr *out)
{
	struct twc_str ip = family == AF_INET6 ? TWC_STR("::1") : TWC_STR("127.0.0.1");

	if (!twc_str_eq_nocase(name, TWC_STR("localhost")) && !ends_with(name, TWC_STR(".localhost")))
		return -1;
	TWC_ASSERT(twc_addr_parse_ip(out, TWC_ADDR_TCP, ip, 0, NULL) == 0);
	return 1;
}

/* -1 when nobody nearby knows the name, else the number of addresses. */
static int find_nearby(struct resolver *v, struct twc_str name, int family, struct twc_addr *out, size_t cap)
{
	int n = fixed_find(v, name, family, out, cap);

	if (n < 0)
		n = localhost_find(name, family, out);
	if (n < 0 && !v->system && !v->numeric) {
		cached_refresh(&v->hosts);
		n = twc__hosts_find(cached_text(&v->hosts), name, family, out, cap);
	}
	return n;
}

static int no_address(struct twc_err *err, struct twc_str name, int family)
{
	char text[128];

	twc_escape(text, sizeof(text), name);
	return twc_err_set(err, TWC_ENONAME, "the name has no %s address (%s)", family == AF_INET6 ? "IPv6" : "IPv4",
			   text);
}

/* What can be said without asking anybody: 1 and addresses, a negative code, or 0. */
static int resolve_here(struct resolver *v, struct twc_str name, int family, struct twc_addrs **out,
			struct twc_err *err)
{
	struct twc_addr list[TWC__ADDRS_MAX];
	int n, rc;

	if (twc_addr_parse_ip(&list[0], TWC_ADDR_TCP, name, 0, NULL) == 0) {
		if (list[0].u.sa.sa_family != family)
			return name_fail(err, TWC_ENONAME, name,
					 family == AF_INET6 ? "is not an IPv6 address" : "is not an IPv4 address");
		*out = twc__addrs_new(list, 1);
		return 1;
	}
	rc = name_check(without_dot(name), err);
	if (rc != 0)
		return rc;
	n = find_nearby(v, without_dot(name), family, list, TWC__ADDRS_MAX);
	if (v->numeric && n < 0)
		return name_fail(err, TWC_ENONAME, name, "is not an address, and names are not looked up");
	if (n == 0)
		return no_address(err, name, family);
	if (n > 0) {
		*out = twc__addrs_new(list, (size_t)n);
		return 1;
	}
	if (is_numeric(without_dot(name)))
		return name_fail(err, TWC_EUSAGE, name, "is not an IPv4 address");
	if (ends_with(without_dot(name), TWC_STR(".onion")))
		return name_fail(err, TWC_ENONAME, name, "is not looked up: .onion names are no DNS names (RFC 7686)");
	return 0;
}

/* ---- getaddrinfo ---- */

struct system_job {
	char *name; /* owned */
	int family;
};

static void system_job_free(void *arg)
{
	struct system_job *j = arg;

	twc_free(j->name);
	twc_free(j);
}

static void system_error(const struct system_job *j, int rc, int sys, struct twc_err *err)
{
	char name[128];

	twc_escape(name, sizeof(name), twc_str_of(j->name));
	switch (rc) {
	case EAI_NONAME:
		twc_err_set(err, TWC_ENONAME, "no such name, or no %s address (EAI_NONAME, %s)",
			    j->family == AF_INET6 ? "IPv6" : "IPv4", name);
		return;
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		no_address(err, twc_str_of(j->name), j->family);
		return;
	case EAI_SYSTEM:
		twc_err_sys(err, TWC_ERESOLVE, sys, name, "name lookup failed");
		return;
	case EAI_AGAIN:
		twc_err_set(err, TWC_ERESOLVE, "name lookup failed for now (EAI_AGAIN, %s)", name);
		return;
	default:
		twc_err_set(err, TWC_ERESOLVE, "name lookup failed: %s (%s)", gai_strerror(rc), name);
	}
}

/* In a worker thread. */
static void *system_lookup(void *arg, struct twc_err *err)
{
	const struct system_job *j = arg;
	const struct addrinfo hints = { .ai_family = j->family, .ai_socktype = SOCK_STREAM };
	struct twc_addr list[TWC__ADDRS_MAX];
	struct addrinfo *found = NULL, *i;
	int rc = getaddrinfo(j->name, NULL, &hints, &found), sys = errno;
	size_t n = 0;

	for (i = rc == 0 ? found : NULL; i && n < TWC__ADDRS_MAX; i = i->ai_next)
		if (i->ai_family == j->family)
			twc_addr_set(&list[n++], TWC_ADDR_TCP, i->ai_addr, i->ai_addrlen);
	if (found)
		freeaddrinfo(found);
	if (n == 0)
		system_error(j, rc ? rc : EAI_NODATA, sys, err);
	return twc__addrs_new(list, n);
}

static struct twc_deferred *resolve_by_system(struct resolver *v, const char *name, int family)
{
	struct system_job *j = twc_calloc(1, sizeof(*j));

	j->name = twc_strdup(name);
	j->family = family;
	return twc_reactor_call_in_thread(v->reactor, system_lookup, j, system_job_free, twc_addrs_free);
}

/* ---- name servers ---- */

static struct twc_deferred *resolve_by_dns(struct resolver *v, struct twc_str name, int family)
{
	bool is_new = cached_refresh(&v->resolv_conf) || !v->dns;
	struct twc__resolv_conf conf;

	if (!v->dns)
		v->dns = twc__dns_new(v->reactor);
	if (is_new) {
		twc__resolv_conf_parse(&conf, cached_text(&v->resolv_conf));
		if (v->servers)
			TWC_ASSERT(twc__resolv_conf_set_servers(&conf, twc_str_of(v->servers), NULL) == 0);
		else if (conf.n_servers == 0) /* resolv.conf(5) */
			TWC_ASSERT(twc__resolv_conf_set_servers(&conf, TWC_STR("127.0.0.1"), NULL) == 0);
		twc__dns_use(v->dns, &conf);
	}
	return twc__dns_lookup(v->dns, name, family);
}

struct twc_deferred *twc_resolve(struct twc_reactor *r, const char *name, int family)
{
	struct resolver *v = resolver_of(r);
	struct twc_addrs *addrs = NULL;
	struct twc_err err = { 0 };
	char buf[TWC__NAME_MAX + 2];
	struct twc_str ascii = twc_str_of(name);
	int rc = name_to_ascii(&ascii, buf, &err);

	if (rc == 0)
		rc = resolve_here(v, ascii, family, &addrs, &err);
	if (rc > 0)
		return twc_deferred_succeed(r, addrs, twc_addrs_free);
	if (rc < 0)
		return twc_deferred_failed(r, &err);
	/* Both are NUL-terminated: what was given, or buf. */
	return v->system ? resolve_by_system(v, ascii.p, family) : resolve_by_dns(v, ascii, family);
}
