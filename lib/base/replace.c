/* SPDX-License-Identifier: MIT */
/*
 * Files that appear complete. A rename takes the name from whatever has it. Of a device, a fifo or a socket nothing
 * would be left but a regular file: root could lose /dev/null to a `--save /dev/null`. The links of /dev/stdout and
 * /dev/fd are of that kind, too, whatever they lead to now.
 */
#include "base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

static bool leads_to_a_descriptor(const char *path)
{
	char to[sizeof("/proc/") - 1];

	return readlink(path, to, sizeof(to)) == (ssize_t)sizeof(to) && memcmp(to, "/proc/", sizeof(to)) == 0;
}

int twc__replace_check(const char *path, struct twc_err *err)
{
	struct stat st;

	if ((stat(path, &st) < 0 || S_ISREG(st.st_mode)) && !leads_to_a_descriptor(path))
		return 0;
	return twc_err_set(err, TWC_ECANTCREAT, "%.120s exists and is no regular file", path);
}

int twc__write_all(int fd, struct twc_str text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text.p += n;
		text.n -= (size_t)n;
	}
	return 0;
}

int twc__replace_file(const char *path, mode_t mode, struct twc_str text, const char *what, struct twc_err *err)
{
	char *beside;
	int fd, rc = twc__replace_check(path, err);

	if (rc)
		return rc;
	beside = twc_asprintf("%s.XXXXXX", path);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, path, "cannot create %s", what);
	} else if (fchmod(fd, mode) < 0 || twc__write_all(fd, text) < 0 || rename(beside, path) < 0) {
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, path, "cannot write %s", what);
		(void)unlink(beside);
	}
	if (fd >= 0)
		(void)close(fd);
	twc_free(beside);
	return rc;
}
