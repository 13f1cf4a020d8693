/* SPDX-License-Identifier: MIT */
/*
 * The error output of a child, into the log: read from a pipe, said line by line with the number of the connection in
 * front, escaped. A line that is longer than the log's leaves in pieces, "#3+ text" from the second on. When the child's
 * transport goes, what is in the pipe is said; whoever still has the other end then writes to nobody.
 */
#include "transport/errlog.h"

#include <errno.h>
#include <fcntl.h>
#include <twc/log.h>
#include <unistd.h>

#include "base/banned.h"

#define READ_SIZE 4096
#define READS_MAX 16 /* in one go, for one child: the others want to be heard, too */

static void say(struct twc__errlog *l, const char *text)
{
	twc_log(twc_reactor_log(l->r), transport, ERROR, "#%llu%s %s", (unsigned long long)l->id, l->is_rest ? "+" : ":", text);
}

/* What is held, which may be too long once it is escaped. */
static void say_held(struct twc__errlog *l, bool is_end)
{
	char text[4 * TWC__ERRLOG_LINE_MAX + 1];
	struct twc_str rest = { l->held, l->n };

	if (is_end && rest.n && rest.p[rest.n - 1] == '\r')
		rest.n--;
	do {
		size_t k = rest.n;

		while (twc_escape(text, sizeof(text), (struct twc_str){ rest.p, k }) > TWC__ERRLOG_LINE_MAX)
			k /= 2;
		say(l, text);
		rest.p += k;
		rest.n -= k;
		l->is_rest = true;
	} while (rest.n > 0);
	l->n = 0;
	l->is_rest = !is_end;
}

static void feed(struct twc__errlog *l, const char *p, size_t n)
{
	for (; n > 0; p++, n--) {
		if (*p == '\n') {
			say_held(l, true);
			continue;
		}
		if (l->n == TWC__ERRLOG_LINE_MAX)
			say_held(l, false);
		l->held[l->n++] = *p;
	}
}

/* False when nobody can write any more. */
static bool drain(struct twc__errlog *l)
{
	char buf[READ_SIZE];

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = read(l->watch.fd, buf, sizeof(buf));

		if (n > 0)
			feed(l, buf, (size_t)n);
		else
			return n < 0 && (errno == EAGAIN || errno == EINTR);
	}
	return true;
}

static void on_readable(struct twc_watch *w, unsigned ready)
{
	struct twc__errlog *l = TWC_CONTAINER_OF(w, struct twc__errlog, watch);

	(void)ready;
	if (!drain(l))
		twc__errlog_close(l);
}

int twc__errlog_open(struct twc__errlog *l, struct twc_reactor *r, uint64_t id, struct twc_err *err)
{
	int fd[2], rc;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return twc_err_sys(err, TWC_ELIMIT, errno, NULL, "cannot make a pipe");
	(void)fcntl(fd[0], F_SETFL, O_NONBLOCK); /* our end alone */
	rc = twc_watch_start(r, &l->watch, fd[0], TWC_READ, on_readable, err);
	if (rc < 0) {
		close(fd[0]);
		close(fd[1]);
		return rc;
	}
	l->r = r;
	l->id = id;
	return fd[1];
}

void twc__errlog_flush(struct twc__errlog *l)
{
	if (l->r)
		(void)drain(l);
}

void twc__errlog_close(struct twc__errlog *l)
{
	if (!l->r)
		return;
	(void)drain(l);
	if (l->n)
		say_held(l, true);
	twc_watch_stop(l->r, &l->watch);
	close(l->watch.fd);
	l->r = NULL;
}
