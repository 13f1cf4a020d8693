/* SPDX-License-Identifier: MIT */
/*
 * pty: a new pseudo-terminal, whose other side is for a program that wants a serial line or a terminal. It ends when
 * that program closes it. A link gives it a name that is known beforehand; it is removed at the end.
 */
#include "endpoint/endpoint_int.h"
#include "net/net_int.h"
#include "transport/transport_int.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include "base/banned.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)

static const struct twc_endpoint_arg pty_args[] = {
	{ .name = "link", .kind = TWC_ARG_FILE, .roles = BOTH, .help = "symbolic link to make to the terminal" },
	{ .name = "raw", .kind = TWC_ARG_BOOL, .roles = BOTH,
	  .help = "no echo, no lines, every byte as it is, as on a serial line (no)" },
	{ .name = "wait", .kind = TWC_ARG_BOOL, .roles = BOTH, .help = "wait until somebody has opened it (no)" },
	{ .name = "mode", .kind = TWC_ARG_MODE, .roles = BOTH, .help = "permissions of the terminal, octal (620)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const pty_groups[] = { pty_args, twc__args_timeout, NULL };

struct pty {
	char name[TWC__PTY_NAME_MAX]; /* /dev/pts/N */
	char *link;		      /* owned; NULL: none that is ours */
	char *text;		      /* owned: "serial:/dev/pts/N", what the other side can be reached by */
};

static int pty_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *mode = twc__args_get(a, "mode"), *timeout = twc__args_get(a, "timeout");

	if (twc__check_name(twc__args_get(a, "link"), err))
		return TWC_EUSAGE;
	if (mode && (mode->num == 0 || mode->num > 0777))
		return twc__fault(err, mode->column, "mode must be 1 to 777 (octal)");
	if (timeout && !twc__args_num(a, "wait", 0))
		return twc__fault(err, timeout->column, "timeout is for wait=yes");
	if (timeout && timeout->num == 0)
		return twc__fault(err, timeout->column, "timeout must be longer than 0");
	return 0;
}

/* Where the link at `path` leads; false: it is no link. */
static bool link_target(const char *path, char out[PATH_MAX])
{
	ssize_t n = readlink(path, out, PATH_MAX - 1);

	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static void pty_release(void *arg)
{
	struct pty *y = arg;
	char target[PATH_MAX];

	if (y->link && link_target(y->link, target) && strcmp(target, y->name) == 0)
		unlink(y->link);
	twc_free(y->link);
	twc_free(y->text);
	twc_free(y);
}

/* One that a killed process left behind leads to a terminal that is gone. */
static bool is_stale(const char *path)
{
	char target[PATH_MAX];

	return link_target(path, target) && strncmp(target, "/dev/pts/", 9) == 0 && access(target, F_OK) != 0;
}

static int pty_link(struct pty *y, const char *path, struct twc_err *err)
{
	char *absolute = twc__absolute(path);
	int rc = symlink(y->name, absolute);

	if (rc < 0 && errno == EEXIST && is_stale(absolute)) {
		unlink(absolute);
		rc = symlink(y->name, absolute);
	}
	if (rc == 0) {
		y->link = absolute;
		return 0;
	}
	rc = errno;
	twc_free(absolute);
	return twc_err_sys(err, TWC_ECANTCREAT, rc, path, "%s",
			   rc == EEXIST ? "there is a file that is no link of a gone terminal" : "cannot make the link");
}

static int pty_poll(struct twc__local *l, struct twc_err *err)
{
	struct pollfd p = { .fd = l->in };

	(void)err;
	return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP) ? TWC__NOT_YET : 0;
}

/* A master hangs up when the last one closes the other side; before the first one opens it, it does not. */
static int pty_hang_up(const struct pty *y, struct twc_err *err)
{
	int fd = open(y->name, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return twc_err_sys(err, TWC_EOS, errno, y->name, "cannot open the pseudo-terminal");
	close(fd);
	return 0;
}

static int pty_settle(const struct twc__args *a, struct twc__local *l, struct pty *y, struct twc_err *err)
{
	const char *path = twc__args_str(a, "link", NULL);
	uint64_t mode = twc__args_num(a, "mode", 0);
	struct termios tio;
	int rc = 0;

	if (twc__args_num(a, "raw", 0)) {
		if (tcgetattr(l->in, &tio) < 0)
			return twc_err_sys(err, TWC_EOS, errno, y->name, "cannot make the terminal raw");
		cfmakeraw(&tio);
		if (tcsetattr(l->in, TCSANOW, &tio) < 0)
			return twc_err_sys(err, TWC_EOS, errno, y->name, "cannot make the terminal raw");
	}
	if (mode && chmod(y->name, (mode_t)mode) < 0)
		return twc_err_sys(err, TWC_EOS, errno, y->name, "cannot set the mode of the terminal");
	if (twc__args_num(a, "wait", 0)) {
		l->poll = pty_poll;
		l->waits_for = "nobody opened the terminal";
		l->timeout_ns = twc__args_num(a, "timeout", 0);
		rc = pty_hang_up(y, err);
	}
	if (rc == 0 && path)
		rc = pty_link(y, path, err);
	return rc;
}

static int pty_prepare(const struct twc_endpoint *e, struct twc__local *l, struct twc_err *err)
{
	struct pty *y = twc_calloc(1, sizeof(*y));
	char *quoted;
	int rc;

	l->arg = y;
	l->release = pty_release;
	l->flags = TWC__DEVICE_TTY;
	rc = twc__pty_open(&l->in, y->name, err);
	l->out = l->in;
	if (rc == 0)
		rc = pty_settle(&e->args, l, y, err);
	if (rc)
		return rc;
	quoted = twc_endpoint_quote(twc_str_of(y->link ? twc__args_str(&e->args, "link", "") : y->name));
	y->text = twc_asprintf("serial:%s", quoted);
	twc_free(quoted);
	l->name = y->text;
	return 0;
}

static bool pty_leaves_traces(const struct twc__args *a)
{
	return twc__args_get(a, "link") != NULL;
}

const struct twc__endpoint_type twc__endpoint_pty = {
	.pub = { .name = "pty", .roles = BOTH, .summary = "a new pseudo-terminal",
		 .synopsis = (const char *const[]){ "pty", "pty:link=PATH:raw=yes", NULL }, .args = pty_groups },
	.leaves_traces = pty_leaves_traces,
	.check = pty_check,
	.prepare = pty_prepare,
	.listen = twc__local_listen,
};
