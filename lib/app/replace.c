/* SPDX-License-Identifier: MIT */
/*
 * A rename takes the name from whatever has it. Of a device, a fifo or a socket nothing would be left but a regular
 * file: root could lose /dev/null to a `--save /dev/null`. The links of /dev/stdout and /dev/fd are of that kind, too,
 * whatever they lead to now.
 */
#include "app/replace.h"
#include <twc/base.h>

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
