/* SPDX-License-Identifier: MIT */
/*
 * fd:N, a descriptor this process was started with, and inetd, the one that inetd(8) starts a server with. What it is
 * decides: a listening socket, a datagram socket with many peers, or one connection (connected socket, pipe, terminal,
 * file). A descriptor that is not there, or not what the role needs, is a fault of the environment: TWC_ECONFIG.
 */
#include "endpoint/endpoint_int.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

enum fd_nature {
	FD_LISTENING = 1, /* stream socket that accepts */
	FD_DATAGRAMS,	  /* unconnected datagram socket */
	FD_CONNECTION,
};

static int sock_int(int fd, int option)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? 0 : value;
}

static bool has_peer(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	return getpeername(fd, (struct sockaddr *)&ss, &len) == 0;
}

/* 0 and *nature, or TWC_ECONFIG. */
static int fd_look(int fd, enum fd_nature *nature, struct twc_err *err)
{
	int type;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return twc_err_sys(err, TWC_ECONFIG, errno, NULL, "descriptor %d is not open", fd);
	*nature = FD_CONNECTION;
	if (!S_ISSOCK(st.st_mode))
		return S_ISDIR(st.st_mode) ? twc_err_set(err, TWC_ECONFIG, "descriptor %d is a directory", fd) : 0;
	type = sock_int(fd, SO_TYPE);
	if (type != SOCK_STREAM && type != SOCK_DGRAM && (type != SOCK_SEQPACKET || sock_int(fd, SO_DOMAIN) != AF_UNIX))
		return twc_err_set(err, TWC_ECONFIG, "descriptor %d is a socket of a kind that is not known here", fd);
	if (sock_int(fd, SO_ACCEPTCONN))
		*nature = FD_LISTENING;
	else if (has_peer(fd))
		return 0;
	else if (type == SOCK_DGRAM)
		*nature = FD_DATAGRAMS;
	else
		return twc_err_set(err, TWC_ECONFIG, "descriptor %d is a socket that is neither listening nor connected",
				   fd);
	return 0;
}

/* It was handed over for good, and is nothing to children of ours. One that can only be written has nothing to say. */
static struct twc__pair pair_of(int fd, const char *name)
{
	bool is_write_only = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;

	if (fd > STDERR_FILENO)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return (struct twc__pair){ .in = is_write_only ? -1 : fd, .out = fd, .own = true, .name = name };
}

static int listen_stream(struct twc_port *port, int fd, struct twc_err *err)
{
	struct twc_err cause = { 0 };
	struct twc_listener *l = twc_listen_fd(twc__port_reactor(port), fd, twc__port_gate(port), &cause);

	if (!l) {
		if (err)
			*err = cause;
		return cause.code;
	}
	twc__port_add_listener(port, l);
	return 0;
}

int twc__fd_listen(struct twc_port *port, int fd, bool is_alone, const char *name, struct twc_err *err)
{
	enum fd_nature nature;
	struct twc__pair pair;
	int rc = fd_look(fd, &nature, err);

	if (rc)
		return rc;
	pair = pair_of(fd, name);
	pair.is_alone = is_alone;
	switch (nature) {
	case FD_LISTENING:
		return listen_stream(port, fd, err);
	case FD_DATAGRAMS:
		return twc__port_add_dgram(port, fd, NULL, err);
	case FD_CONNECTION:
		twc__port_add_pair(port, &pair);
		break;
	}
	return 0;
}

static const struct twc_endpoint_arg fd_args[] = {
	{ .name = "fd", .kind = TWC_ARG_UINT, .roles = TWC_CONNECT | TWC_LISTEN, .positional = TWC_CONNECT | TWC_LISTEN,
	  .required = TWC_CONNECT | TWC_LISTEN, .help = "number of an open descriptor" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const fd_groups[] = { fd_args, NULL };

static struct twc_transport *open_connection(const struct twc_endpoint *e, struct twc_reactor *r, int fd,
					     bool is_alone, struct twc_protocol *p, struct twc_err *err)
{
	enum fd_nature nature;
	struct twc__pair pair;

	if (fd_look(fd, &nature, err))
		return NULL;
	if (nature != FD_CONNECTION) {
		twc_err_set(err, TWC_ECONFIG, "descriptor %d is %s, not a connection", fd,
			    nature == FD_LISTENING ? "a listening socket" : "a datagram socket without a peer");
		return NULL;
	}
	pair = pair_of(fd, e->text);
	pair.is_alone = is_alone;
	return twc__pair_open(r, &pair, p, err);
}

static struct twc_transport *fd_open(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_protocol *p,
				     struct twc_err *err)
{
	return open_connection(e, r, (int)twc__args_num(&e->args, "fd", 0), false, p, err);
}

static int fd_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		     struct twc_err *err)
{
	(void)o;
	return twc__fd_listen(port, (int)twc__args_num(&e->args, "fd", 0), false, e->text, err);
}

const struct twc__endpoint_type twc__endpoint_fd = {
	.pub = { .name = "fd", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "a descriptor that is open already",
		 .synopsis = (const char *const[]){ "fd:N", NULL }, .args = fd_groups },
	.is_local = true,
	.open = fd_open,
	.listen = fd_listen,
};

/* ---- inetd: standard input is the socket, and standard output and error are the same one ---- */

static bool is_same(const struct stat *a, int fd)
{
	struct stat b;

	return fstat(fd, &b) == 0 && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/*
 * The socket on a number of its own; /dev/null takes the place of its other names. What we say about ourselves would
 * go to the client otherwise, and the last of the names would keep the connection open.
 */
static int inetd_take(struct twc_err *err)
{
	struct stat st;
	int fd, null;

	if (fstat(STDIN_FILENO, &st) < 0 || !S_ISSOCK(st.st_mode))
		return twc_err_set(err, TWC_ECONFIG, "standard input is no socket: this is for servers that inetd starts");
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0 || null < 0) {
		int sys = errno;

		if (fd >= 0)
			close(fd);
		if (null >= 0)
			close(null);
		return twc_err_sys(err, TWC_ELIMIT, sys, NULL, "cannot take the socket from standard input");
	}
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (is_same(&st, i))
			dup2(null, i);
	close(null);
	return fd;
}

static struct twc_transport *inetd_open(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_protocol *p,
					struct twc_err *err)
{
	int fd = inetd_take(err);

	return fd < 0 ? NULL : open_connection(e, r, fd, true, p, err);
}

static int inetd_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
			struct twc_err *err)
{
	int fd = inetd_take(err);

	(void)o;
	return fd < 0 ? fd : twc__fd_listen(port, fd, true, e->text, err);
}

static const struct twc_endpoint_arg *const inetd_groups[] = { NULL };

const struct twc__endpoint_type twc__endpoint_inetd = {
	.pub = { .name = "inetd", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "the socket that inetd starts a server with",
		 .synopsis = (const char *const[]){ "inetd", NULL }, .args = inetd_groups },
	.is_local = true,
	.open = inetd_open,
	.listen = inetd_listen,
};
