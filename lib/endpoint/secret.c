/* SPDX-License-Identifier: MIT */
/* Passwords from files: pass-file= of proxies, key-pass-file= of TLS. No copy of one stays behind. */
#include "endpoint/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

/* Until the line is there, or more than fits. Bytes, or -1. */
static ssize_t read_line(int fd, char *buf, size_t cap)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n != 0 && len < cap && !memchr(buf, '\n', len)) {
		n = read(fd, buf + len, cap - len);
		if (n < 0 && errno != EINTR)
			return -1;
		len += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)len;
}

int twc__secret_line(const char *path, const char *key, size_t min, size_t max, char **out, struct twc_err *err)
{
	char buf[TWC__SECRET_MAX + 2], shown[80];
	struct twc_str line = { buf, 0 }, rest;
	int fd, rc = 0;
	ssize_t n;

	TWC_ASSERT(max <= TWC__SECRET_MAX);
	twc_escape(shown, sizeof(shown), twc_str_of(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read_line(fd, buf, max + 2);
	rest = (struct twc_str){ buf, n > 0 ? (size_t)n : 0 };
	(void)twc_str_cut(&rest, '\n', &line);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (n < 0)
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "%s: cannot read %s", key, shown);
	else if (line.n < min || line.n > max || memchr(line.p, '\0', line.n))
		rc = twc_err_set(err, TWC_ENOINPUT, "%s: the first line of %s is no password", key, shown);
	else
		*out = twc_str_dup(line);
	explicit_bzero(buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
	return rc;
}
