/* SPDX-License-Identifier: MIT */
/*
 * How a socket comes to listen: options, bind, listen; and the care that UNIX socket files need.
 * Used by listen.c.
 *
 * A socket file outlives its server, so an existing one is stale or live, and only connecting to it
 * tells which. A live one is never taken. Two servers that start at once could both find a stale
 * file, or one could find the other bound but not yet listening; so everything from the first bind
 * to listen happens under a lock (flock) on the directory. It leaves no file behind and goes with
 * the process. Where the directory cannot be opened or locked we go on without.
 *
 * The file never has wider rights than asked for, not even between two system calls: Linux gives a
 * socket file the mode of the socket's own inode, less the umask, so that is narrowed first, and
 * what the umask took is given back later. (Setting the umask instead would change it for every
 * thread of the process.)
 */
#include "net/net_int.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

#define BACKLOG 4096
#define UNIX_MODE 0600
#define LOCK_TRIES 200 /* of a millisecond: who holds it properly needs microseconds */

static int bind_fail(struct twc_err *err, int sys, const struct twc_addr *a, const char *text)
{
	char where[TWC_ADDR_TEXT_MAX];

	return twc_err_sys(err, TWC_ECANTBIND, sys, twc__addr_where(a, where, sizeof(where)), "%s", text);
}

static int bind_errno(struct twc_err *err, int sys, const struct twc_addr *a)
{
	bool is_unix = twc_addr_is_unix(a);

	switch (sys) {
	case EADDRINUSE:
		return bind_fail(err, sys, a, "address already in use");
	case EADDRNOTAVAIL:
		if (a->kind == TWC_ADDR_VSOCK)
			return bind_fail(err, sys, a, "no CID of this machine (for the loopback: modprobe vsock_loopback)");
		return bind_fail(err, sys, a, "not an address of this machine");
	case EACCES:
	case EPERM:
		if (!is_unix && twc_addr_port(a) > 0 && twc_addr_port(a) < 1024)
			return bind_fail(err, sys, a, "not allowed to use a port below 1024");
		return bind_fail(err, sys, a, is_unix ? "not allowed to create the socket file" : "not allowed");
	case ENOENT:
	case ENOTDIR:
		return bind_fail(err, sys, a, "no such directory");
	case EROFS:
		return bind_fail(err, sys, a, "read-only file system");
	case EAFNOSUPPORT:
		return bind_fail(err, sys, a, "address family not supported here");
	default:
		return bind_fail(err, sys, a, "cannot bind");
	}
}

static int bind_set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* ---- UNIX socket files ---- */

static bool unix_is_file(const struct twc_addr *a)
{
	return twc_addr_is_unix(a) && a->u.un.sun_path[0] != 0;
}

/* Locks the directory of the file; -1 with errno 0 when that is not possible here, with
 * EWOULDBLOCK when another holds it. */
static int unix_lock(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct twc_str dir = { path, slash ? (size_t)(slash - path) + 1 : 0 };
	char *name = dir.n ? twc_str_dup(dir) : twc_strdup(".");
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int i, sys = 0;

	twc_free(name);
	for (i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		sys = errno;
		if (sys != EWOULDBLOCK && sys != EINTR)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	if (fd >= 0)
		close(fd);
	errno = sys == EWOULDBLOCK ? sys : 0;
	return -1;
}

static void unix_unlock(int lock)
{
	if (lock < 0)
		return;
	flock(lock, LOCK_UN); /* a child forked meanwhile may share the description */
	close(lock);
}

/* 0 when the file at the address is stale, else why it must stay. */
static int unix_probe(const struct twc_addr *a, struct twc_err *err)
{
	char where[TWC_ADDR_TEXT_MAX];
	int fd = socket(AF_UNIX, twc__sock_type(a->kind) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int sys = 0;

	if (fd < 0)
		return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot make a socket");
	if (connect(fd, &a->u.sa, a->len) != 0)
		sys = errno;
	close(fd);
	twc__addr_where(a, where, sizeof(where));
	switch (sys) {
	case ECONNREFUSED:
	case ENOENT:
		return 0;
	case 0:
	case EAGAIN: /* its backlog is full */
	case EPROTOTYPE: /* a socket of another kind */
		return twc_err_sys(err, TWC_ECANTBIND, EADDRINUSE, NULL, "%s is in use by a live server", where);
	default:
		return twc_err_sys(err, TWC_ECANTBIND, sys, NULL,
				   "%s exists, and whether a server lives behind it cannot be told", where);
	}
}

/* bind said that the file exists: removes it when it is a stale socket. */
static int unix_clear_stale(const struct twc_addr *a, struct twc_err *err)
{
	struct stat st;
	int rc;

	if (lstat(a->u.un.sun_path, &st) != 0)
		return errno == ENOENT ? 0 : bind_errno(err, errno, a);
	if (!S_ISSOCK(st.st_mode))
		return bind_fail(err, EADDRINUSE, a, "there is a file that is no socket");
	rc = unix_probe(a, err);
	if (rc != 0)
		return rc;
	if (unlink(a->u.un.sun_path) != 0 && errno != ENOENT)
		return bind_fail(err, errno, a, "cannot remove the stale socket file");
	return 0;
}

char *twc__absolute(const char *path)
{
	char cwd[4096];

	if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return twc_strdup(path);
	return twc_asprintf("%s/%s", cwd, path);
}

/* The user and group that are asked for, then the rights that the umask took away: never more than these for another. */
static int unix_settle_fd(int fd, const struct stat *st, const struct twc_listen_opts *o, struct twc_err *err)
{
	unsigned mode = o->mode ? o->mode : UNIX_MODE;
	char self[40];

	if ((o->uid != (uid_t)-1 || o->gid != (gid_t)-1) && fchownat(fd, "", o->uid, o->gid, AT_EMPTY_PATH) != 0)
		return bind_fail(err, errno, &o->addr, "cannot give the socket file to that user or group");
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if ((st->st_mode & 07777) != mode && chmod(self, (mode_t)mode) != 0)
		return bind_fail(err, errno, &o->addr, "cannot set the mode of the socket file");
	return 0;
}

/* Remembers which file was made, and settles whose it is. By descriptor: somebody who may write to the directory could
 * put a link in its place. */
static int unix_settle(const struct twc_listen_opts *o, struct twc__bound_file *file, struct twc_err *err)
{
	const struct twc_addr *a = &o->addr;
	int fd = open(a->u.un.sun_path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0)
		return bind_errno(err, errno, a);
	if (fstat(fd, &st) != 0) {
		rc = bind_fail(err, errno, a, "cannot look at the socket file");
	} else if (!S_ISSOCK(st.st_mode)) {
		rc = bind_fail(err, EEXIST, a, "another file has taken the place of the socket file");
	} else {
		*file = (struct twc__bound_file){ .path = twc__absolute(a->u.un.sun_path),
						  .dev = st.st_dev,
						  .ino = st.st_ino,
						  .has_user = o->uid != (uid_t)-1,
						  .has_group = o->gid != (gid_t)-1 };
		rc = unix_settle_fd(fd, &st, o, err);
	}
	close(fd);
	return rc;
}

static int unix_bind_file(int fd, const struct twc_listen_opts *o, struct twc__bound_file *file, struct twc_err *err)
{
	const struct twc_addr *a = &o->addr;
	int rc;

	(void)fchmod(fd, (mode_t)(o->mode ? o->mode : UNIX_MODE));
	if (bind(fd, &a->u.sa, a->len) == 0)
		return unix_settle(o, file, err);
	if (errno != EADDRINUSE)
		return bind_errno(err, errno, a);
	rc = unix_clear_stale(a, err);
	if (rc != 0)
		return rc;
	if (bind(fd, &a->u.sa, a->len) != 0)
		return bind_errno(err, errno, a);
	return unix_settle(o, file, err);
}

int twc__bound_file_chown(const struct twc__bound_file *file, uid_t uid, gid_t gid, struct twc_err *err)
{
	struct stat st;
	int fd, sys = 0;

	if (file->has_user)
		uid = (uid_t)-1;
	if (file->has_group)
		gid = (gid_t)-1;
	if (!file->path || (uid == (uid_t)-1 && gid == (gid_t)-1))
		return 0;
	fd = open(file->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, errno, file->path, "the socket file has gone");
	if (fstat(fd, &st) != 0 || st.st_dev != file->dev || st.st_ino != file->ino)
		sys = ESTALE;
	else if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) != 0)
		sys = errno;
	close(fd);
	return sys ? twc_err_sys(err, TWC_ECANTCREAT, sys, file->path, "cannot give the socket file to another user") : 0;
}

void twc__bound_file_forget(struct twc__bound_file *file)
{
	twc_free(file->path);
	file->path = NULL;
}

void twc__bound_file_remove(struct twc__bound_file *file)
{
	struct stat st;

	if (!file->path)
		return;
	if (!file->stays && lstat(file->path, &st) == 0 && st.st_dev == file->dev && st.st_ino == file->ino)
		unlink(file->path);
	twc_free(file->path);
	file->path = NULL;
}

/* ---- all kinds ---- */

static int bind_listen_on(int fd, const struct twc_listen_opts *o, struct twc_addr *bound, struct twc_err *err)
{
	socklen_t len = sizeof(bound->u);

	if (o->addr.kind != TWC_ADDR_UNIX_DGRAM && listen(fd, o->backlog > 0 ? o->backlog : BACKLOG) != 0)
		return bind_errno(err, errno, &o->addr);
	memset(bound, 0, sizeof(*bound));
	bound->kind = o->addr.kind;
	if (getsockname(fd, &bound->u.sa, &len) != 0)
		return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot ask for the bound address");
	bound->len = len < sizeof(bound->u) ? len : (socklen_t)sizeof(bound->u);
	return 0;
}

static int bind_unix(int fd, const struct twc_listen_opts *o, struct twc_addr *bound, struct twc__bound_file *file,
		     struct twc_err *err)
{
	int lock, rc;

	if (!unix_is_file(&o->addr)) {
		if (bind(fd, &o->addr.u.sa, o->addr.len) != 0)
			return bind_errno(err, errno, &o->addr);
		return bind_listen_on(fd, o, bound, err);
	}
	lock = unix_lock(o->addr.u.un.sun_path);
	if (lock < 0 && errno == EWOULDBLOCK)
		return bind_fail(err, EWOULDBLOCK, &o->addr, "another process holds a lock on the directory");
	rc = unix_bind_file(fd, o, file, err);
	if (rc == 0)
		rc = bind_listen_on(fd, o, bound, err);
	if (rc == 0)
		file->stays = o->file_stays;
	unix_unlock(lock);
	return rc;
}

int twc__bind_unix(int fd, const struct twc_addr *a, unsigned mode, struct twc__bound_file *file, struct twc_err *err)
{
	struct twc_listen_opts o;
	struct twc_addr bound;

	TWC_ASSERT(a->kind == TWC_ADDR_UNIX_DGRAM);
	twc_listen_opts_init(&o);
	o.addr = *a;
	o.mode = mode;
	return bind_unix(fd, &o, &bound, file, err);
}

static int bind_ip(int fd, const struct twc_listen_opts *o, struct twc_addr *bound, struct twc_err *err)
{
	const struct twc_addr *a = &o->addr;

	(void)bind_set_int(fd, SOL_SOCKET, SO_REUSEADDR, !o->sock.no_reuseaddr);
	if (a->u.sa.sa_family == AF_INET6 && bind_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, o->v6only) != 0)
		return bind_errno(err, errno, a);
	if (o->defer_accept && a->kind == TWC_ADDR_TCP)
		(void)bind_set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1); /* only saves a wake-up */
	if (bind(fd, &a->u.sa, a->len) != 0)
		return bind_errno(err, errno, a);
	return bind_listen_on(fd, o, bound, err);
}

int twc__bind_listen(const struct twc_listen_opts *o, struct twc_addr *bound, struct twc__bound_file *file,
		     struct twc_err *err)
{
	const struct twc_addr *a = &o->addr;
	int fd, rc, sys;

	if (a->kind != TWC_ADDR_TCP && a->kind != TWC_ADDR_VSOCK && !twc_addr_is_unix(a))
		return twc_err_set(err, TWC_EUSAGE, "not an address to listen on");
	fd = twc__socket(a->u.sa.sa_family, twc__sock_type(a->kind), &o->sock, &sys, err);
	if (fd < 0 && (sys == EMFILE || sys == ENFILE))
		return twc_err_from_errno(err, sys, NULL);
	if (fd < 0)
		return sys ? bind_errno(err, sys, a) : fd;
	rc = twc__sockopts_apply(fd, a->kind, &o->sock, a, err);
	if (rc == 0)
		rc = twc_addr_is_unix(a) ? bind_unix(fd, o, bound, file, err) : bind_ip(fd, o, bound, err);
	if (rc == 0)
		return fd;
	close(fd);
	twc__bound_file_remove(file);
	return rc;
}

static int sock_int(int fd, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, name, &v, &n) == 0 ? v : -1;
}

int twc__bind_adopt(int fd, struct twc_addr *bound, struct twc_err *err)
{
	socklen_t len = sizeof(bound->u);
	int flags = fcntl(fd, F_GETFL);

	memset(bound, 0, sizeof(*bound));
	if (flags < 0)
		return twc_err_sys(err, TWC_ECONFIG, errno, NULL, "descriptor %d is not open", fd);
	if (sock_int(fd, SO_ACCEPTCONN) != 1)
		return twc_err_set(err, TWC_ECONFIG, "descriptor %d is not a listening socket", fd);
	/* Accepting must not block when another process that shares the socket was faster. */
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    getsockname(fd, &bound->u.sa, &len) != 0)
		return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot adopt descriptor %d", fd);
	bound->kind = bound->u.sa.sa_family == AF_VSOCK	    ? TWC_ADDR_VSOCK
		      : bound->u.sa.sa_family != AF_UNIX	    ? TWC_ADDR_TCP
		      : sock_int(fd, SO_TYPE) == SOCK_SEQPACKET ? TWC_ADDR_UNIX_SEQPACKET
								 : TWC_ADDR_UNIX;
	bound->len = len < sizeof(bound->u) ? len : (socklen_t)sizeof(bound->u);
	return 0;
}
