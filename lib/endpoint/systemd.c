/* SPDX-License-Identifier: MIT */
/*
 * systemd: sockets passed by the service manager, sd_listen_fds(3): LISTEN_PID is this process, LISTEN_FDS their
 * number, counted from descriptor 3, LISTEN_FDNAMES their names. The family is read from the socket.
 */
#include "endpoint/endpoint_int.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/banned.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define FDS_MAX 65536

static const char *const domains[] = { "INET", "INET6", "UNIX", NULL };
static const int families[] = { AF_INET, AF_INET6, AF_UNIX };

static const struct twc_endpoint_arg systemd_args[] = {
	{ .name = "domain", .kind = TWC_ARG_WORD, .roles = TWC_LISTEN, .positional = TWC_LISTEN, .words = domains,
	  .help = "family the socket must have: INET, INET6 or UNIX; none: any" },
	{ .name = "index", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "which of the sockets, from 0; negative: from the end" },
	{ .name = "name", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .help = "the sockets of this FileDescriptorName=" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const systemd_groups[] = { systemd_args, NULL };

static int parse_index(const char *s, int *out)
{
	bool from_end = s[0] == '-';
	uint64_t n;

	if (twc_parse_uint(twc_str_of(s + from_end), from_end, FDS_MAX, &n, NULL))
		return TWC_EUSAGE;
	*out = from_end ? -(int)n : (int)n;
	return 0;
}

static int systemd_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *index = twc__args_get(a, "index");
	const struct twc__value *name = twc__args_get(a, "name");
	char shown[TWC__SHOWN];
	int i;

	if (index && name)
		return twc__fault(err, name->column, "give exactly one of index= and name=");
	if (!index && !name)
		return twc__fault(err, a->end_column, "give exactly one of index= and name=");
	if (index && parse_index(index->text, &i))
		return twc__fault(err, index->column, "index: '%s' is not a number", twc__show(index->text, shown));
	return 0;
}

/* How many sockets were passed, or 0 with *err. */
static int passed_count(struct twc_err *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t n;

	if (!fds || !pid) {
		twc_err_set(err, TWC_ECONFIG, "no sockets were passed: %s is not set",
			    fds ? "LISTEN_PID" : "LISTEN_FDS");
	} else if (twc_parse_uint(twc_str_of(pid), 1, INT_MAX, &n, NULL)) {
		twc_err_set(err, TWC_ECONFIG, "LISTEN_PID is not a process id");
	} else if (n != (uint64_t)getpid()) {
		twc_err_set(err, TWC_ECONFIG, "the sockets are for another process: LISTEN_PID is %llu, this is %d",
			    (unsigned long long)n, (int)getpid());
	} else if (twc_parse_uint(twc_str_of(fds), 1, FDS_MAX, &n, NULL)) {
		twc_err_set(err, TWC_ECONFIG, "LISTEN_FDS is not a number from 1 to %d", FDS_MAX);
	} else {
		return (int)n;
	}
	return 0;
}

static int fd_family(int fd)
{
	int family = -1;
	socklen_t len = sizeof(family);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) < 0 ? -1 : family;
}

static bool is_wanted_domain(const struct twc__args *a, int fd)
{
	const struct twc__value *domain = twc__args_get(a, "domain");

	return !domain || fd_family(fd) < 0 || fd_family(fd) == families[domain->num];
}

/* Descriptors that nobody passed may be open as well: our own. */
static int adopt(const struct twc_endpoint *e, struct twc_port *port, int fd, struct twc_err *err)
{
	if (fd_family(fd) < 0)
		return twc_err_sys(err, TWC_ECONFIG, errno, NULL, "descriptor %d is not a socket", fd);
	return twc__fd_listen(port, fd, false, e->text, err);
}

static int listen_by_index(const struct twc_endpoint *e, struct twc_port *port, int count, struct twc_err *err)
{
	int i, fd;

	if (parse_index(twc__args_str(&e->args, "index", ""), &i))
		TWC_BUG("index was not checked");
	if (i < -count || i >= count)
		return twc_err_set(err, TWC_ECONFIG, "index %d is out of range: %d socket%s passed", i, count,
				   count == 1 ? " was" : "s were");
	fd = FIRST_FD + (i < 0 ? count + i : i);
	if (!is_wanted_domain(&e->args, fd))
		return twc_err_set(err, TWC_ECONFIG, "socket %d is not of domain %s", i,
				   domains[twc__args_num(&e->args, "domain", 0)]);
	return adopt(e, port, fd, err);
}

/* One unit may pass several sockets under one name (IPv4 and IPv6): all are meant. */
static int listen_by_name(const struct twc_endpoint *e, struct twc_port *port, int count, struct twc_err *err)
{
	const char *name = twc__args_str(&e->args, "name", "");
	struct twc_str names = twc_str_of(getenv("LISTEN_FDNAMES")), one;
	char shown[TWC__SHOWN], list[TWC__SHOWN];
	bool found = false;
	int rc = 0;

	twc_escape(list, sizeof(list), names);
	for (int i = 0; i < count && !rc && twc_str_cut(&names, ':', &one); i++) {
		if (!twc_str_is(one, name) || !is_wanted_domain(&e->args, FIRST_FD + i))
			continue;
		found = true;
		rc = adopt(e, port, FIRST_FD + i, err);
	}
	if (rc || found)
		return rc;
	return twc_err_set(err, TWC_ECONFIG, "no socket is named '%s' (LISTEN_FDNAMES: %s)", twc__show(name, shown),
			   list[0] ? list : "not set");
}

static int systemd_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
			  struct twc_err *err)
{
	struct twc_err cause = { 0 };
	int count = passed_count(&cause);

	(void)o;
	if (!count) {
		if (err)
			*err = cause;
		return cause.code;
	}
	return twc__args_get(&e->args, "name") ? listen_by_name(e, port, count, err) :
						 listen_by_index(e, port, count, err);
}

const struct twc__endpoint_type twc__endpoint_systemd = {
	.pub = { .name = "systemd", .roles = TWC_LISTEN, .summary = "sockets passed by systemd",
		 .synopsis = (const char *const[]){ "systemd:name=NAME", "systemd:index=N", NULL },
		 .args = systemd_groups },
	.is_local = true,
	.check = systemd_check,
	.listen = systemd_listen,
};
