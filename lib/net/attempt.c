/* SPDX-License-Identifier: MIT */
/*
 * The socket of one attempt to connect to one address: made, bound, connected, and what its failure means. dial.c
 * decides which address, and when.
 */
#include "net/net_int.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

int twc__attempt_error(struct twc_err *err, int sys, const struct twc_addr *peer)
{
	char where[TWC_ADDR_TEXT_MAX];
	struct stat st;
	const char *path = peer->u.un.sun_path;

	twc__addr_where(peer, where, sizeof(where));
	if (sys == EACCES && peer->kind == TWC_ADDR_UDP)
		return twc_err_sys(err, TWC_EACCESS, sys, where, "a broadcast address needs broadcast=yes");
	if (sys == EACCES || sys == EPERM)
		return twc_err_sys(err, TWC_EACCESS, sys, where, "not allowed to connect");
	if (peer->kind == TWC_ADDR_VSOCK && sys == ECONNRESET) /* its word for it */
		return twc_err_sys(err, TWC_EREFUSED, sys, where, "connection refused");
	if (peer->kind == TWC_ADDR_VSOCK && (sys == ENODEV || sys == EAFNOSUPPORT))
		return twc_err_sys(err, TWC_EUNREACH, sys, where, "no such machine, or no vsock here");
	if (sys == EPROTOTYPE)
		return twc_err_sys(err, TWC_EREFUSED, sys, where, "a socket of another kind (kind=stream, dgram or seqpacket)");
	if (!twc_addr_is_unix(peer) || path[0] == 0)
		return twc_err_from_errno(err, sys, where);
	if (sys == ENOENT || sys == ENOTDIR)
		return twc_err_sys(err, TWC_ENOSOCK, sys, where, "no such socket file");
	if (sys == ECONNREFUSED && stat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return twc_err_sys(err, TWC_EREFUSED, sys, where, "not a socket file");
	if (sys == ECONNREFUSED)
		return twc_err_sys(err, TWC_EREFUSED, sys, where, "socket file is stale, nobody listens");
	return twc_err_from_errno(err, sys, where);
}

/* A port nobody listens on, picked for our own end of the very same connection: TCP then
 * connects to itself. Only possible on the loopback (or the wildcard, which means it) and when
 * nobody listens, so it is a refusal. */
static bool is_self_connected(int fd, const struct twc_addr *peer)
{
	struct twc_addr me = { .kind = peer->kind };

	if (peer->kind != TWC_ADDR_TCP || !(twc_addr_is_loopback(peer) || twc_addr_is_any(peer)))
		return false;
	me.len = sizeof(me.u);
	if (getsockname(fd, &me.u.sa, &me.len) != 0 || twc_addr_port(&me) != twc_addr_port(peer))
		return false;
	return twc_addr_eq_host(&me, peer) || twc_addr_is_any(peer);
}

/* Many may answer, each from an address of its own, so a socket that sends to all of them must hear anybody. That it is
 * a broadcast address only the kernel knows: it refuses to connect there without SO_BROADCAST. */
static bool is_for_many(int fd, const struct twc_sockopts *o, const struct twc_addr *peer)
{
	int off = 0, on = 1;
	bool denied;

	if (peer->kind != TWC_ADDR_UDP)
		return false;
	if (twc__addr_is_multicast(peer))
		return true;
	if (!o->broadcast)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &off, sizeof(off));
	denied = connect(fd, &peer->u.sa, peer->len) != 0 && errno == EACCES;
	(void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	return denied;
}

int twc__attempt_connect(int fd, const struct twc_sockopts *o, const struct twc_addr *peer)
{
	int sys;

	if (is_for_many(fd, o, peer))
		return 0;
	sys = connect(fd, &peer->u.sa, peer->len) == 0 ? 0 : errno;
	/* On loopback the handshake is over when connect returns, it just does not say so;
	 * asking again saves the round through the poll set. */
	if (sys == EINPROGRESS && twc_addr_is_loopback(peer)) {
		sys = connect(fd, &peer->u.sa, peer->len) == 0 ? 0 : errno;
		if (sys == EALREADY)
			sys = EINPROGRESS;
		else if (sys == EISCONN)
			sys = 0;
	}
	if (sys == EINTR)
		sys = EINPROGRESS;
	if (sys == 0 && is_self_connected(fd, peer))
		sys = ECONNREFUSED;
	return sys;
}

int twc__attempt_outcome(int fd, const struct twc_addr *peer)
{
	int sys = 0;
	socklen_t n = sizeof(sys);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &n) != 0)
		sys = errno;
	if (sys == 0 && is_self_connected(fd, peer))
		sys = ECONNREFUSED;
	return sys;
}

static int attempt_bind(int fd, const struct twc_dial_opts *o, const struct twc_addr *peer, struct twc_err *err)
{
	struct twc_addr local = o->bind;
	char where[TWC_ADDR_TEXT_MAX];
	int one = 1;

	if (twc_addr_is_unix(peer) || (local.kind == TWC_ADDR_NONE && o->bind_port == 0))
		return 0;
	if (local.kind == TWC_ADDR_NONE) {
		local = *peer;
		if (peer->u.sa.sa_family == AF_INET6)
			local.u.in6.sin6_addr = in6addr_any, local.u.in6.sin6_scope_id = 0;
		else
			local.u.in.sin_addr.s_addr = htonl(INADDR_ANY);
		twc_addr_set_port(&local, 0);
	}
	if (o->bind_port > 0)
		twc_addr_set_port(&local, o->bind_port);
	if (twc_addr_port(&local) > 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	else /* ip(7): the port is chosen by connect, where it need not be free for every peer */
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, &local.u.sa, local.len) == 0)
		return 0;
	return twc_err_sys(err, TWC_ECANTBIND, errno, twc__addr_where(&local, where, sizeof(where)),
			   "cannot bind the local end");
}

int twc__attempt_socket(const struct twc_dial_opts *o, const struct twc_addr *peer, struct twc_err *err)
{
	int sys, rc, fd = twc__socket(peer->u.sa.sa_family, twc__sock_type(o->kind), &o->sock, &sys, err);

	if (fd < 0)
		return sys ? twc__attempt_error(err, sys, peer) : fd;
	rc = twc__sockopts_apply(fd, peer->kind, &o->sock, peer, err);
	if (rc == 0)
		rc = attempt_bind(fd, o, peer, err);
	if (rc == 0 && o->kind == TWC_ADDR_UDP && twc__addr_is_multicast(peer))
		rc = twc__multicast_send(fd, &o->sock, peer, &o->bind, err);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}
