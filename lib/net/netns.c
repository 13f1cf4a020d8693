/* SPDX-License-Identifier: MIT */
/*
 * Sockets of another network namespace (network_namespaces(7)). A socket belongs for good to the namespace its thread
 * was in when it was made, so the thread changes over for just that one call; nothing else can run meanwhile. Names are
 * still looked up at home.
 */
#include "net/net_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/banned.h"

#define NETNS_DIR "/run/netns/" /* of ip-netns(8) */

static int netns_fail(struct twc_err *err, int sys, const char *name)
{
	char text[80];

	twc_escape(text, sizeof(text), twc_str_of(name));
	if (sys == ENOENT || sys == ENOTDIR)
		return twc_err_sys(err, TWC_EUSAGE, sys, NULL, "no such network namespace: %s", text);
	if (sys == EINVAL)
		return twc_err_sys(err, TWC_EUSAGE, sys, NULL, "%s is no network namespace", text);
	if (sys == EPERM || sys == EACCES)
		return twc_err_sys(err, TWC_EACCESS, sys, NULL,
				   "not allowed to use network namespace %s: that needs CAP_SYS_ADMIN", text);
	return twc_err_sys(err, sys == EMFILE || sys == ENFILE ? TWC_ELIMIT : TWC_EOS, sys, NULL,
			   "cannot use network namespace %s", text);
}

static int netns_open(const char *name)
{
	char *path = strchr(name, '/') ? twc_strdup(name) : twc_asprintf(NETNS_DIR "%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC), sys = errno;

	twc_free(path);
	errno = sys;
	return fd;
}

/* 0 and *back, or a negative code. */
static int netns_enter(const char *name, int *back, struct twc_err *err)
{
	int ns = netns_open(name), sys = 0;

	if (ns < 0)
		return netns_fail(err, errno, name);
	*back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*back < 0 || setns(ns, CLONE_NEWNET) < 0)
		sys = errno;
	close(ns);
	if (sys == 0)
		return 0;
	if (*back >= 0)
		close(*back);
	return netns_fail(err, sys, name);
}

static void netns_leave(int back)
{
	if (setns(back, CLONE_NEWNET) < 0) /* all that follows would happen in the wrong network */
		TWC_BUG("cannot return to our own network namespace (%s)", twc_errno_name(errno));
	close(back);
}

int twc__socket(int family, int type, const struct twc_sockopts *o, int *sys, struct twc_err *err)
{
	int back = -1, rc, fd;

	*sys = 0;
	if (o->netns && (rc = netns_enter(o->netns, &back, err)) != 0)
		return rc;
	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		*sys = errno;
	if (back >= 0)
		netns_leave(back);
	return fd < 0 ? TWC_EOS : fd;
}
