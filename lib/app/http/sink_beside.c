/* SPDX-License-Identifier: MIT */
/* Small files beside a download: the entity tag of what was had the last time, and the time of a file as a condition. */
#include "base/replace.h"
#include "protocol/http/date.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <twc/http_sink.h>
#include <unistd.h>

#include "base/banned.h"

#define ETAG_FILE_MAX 8192

int twc_http_etag_load(const char *path, struct twc_buf *out, struct twc_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char text[ETAG_FILE_MAX];
	struct twc_str tag;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return twc_buf_add(out, "\"\"", 2);
	if (fd < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot read %.140s", path);
	do
		n = read(fd, text, sizeof(text));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		(void)twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot read %.140s", path);
	close(fd);
	if (n < 0)
		return TWC_ENOINPUT;
	tag = (struct twc_str){ text, (size_t)n };
	while (tag.n > 0 && (tag.p[tag.n - 1] == '\n' || tag.p[tag.n - 1] == '\r'))
		tag.n--;
	tag = twc_str_trim(tag);
	for (size_t i = 0; i < tag.n; i++)
		if ((unsigned char)tag.p[i] < 0x20 || tag.p[i] == 0x7f)
			return twc_err_set(err, TWC_EDATA, "%.140s holds more than an entity tag", path);
	return tag.n > 0 ? twc_buf_add(out, tag.p, tag.n) : twc_buf_add(out, "\"\"", 2);
}

int twc_http_etag_save(const char *path, const struct twc_http_fields *fields, struct twc_err *err)
{
	struct twc_str value;
	struct twc_buf b;
	int rc;

	if (!twc_http_fields_get(fields, "ETag", &value))
		return 0;
	twc_buf_init(&b, value.n + 1);
	rc = twc_buf_add(&b, value.p, value.n);
	if (!rc)
		rc = twc_buf_add(&b, "\n", 1);
	if (rc)
		(void)twc_err_set(err, rc, "out of memory");
	else
		rc = twc__replace_file(path, 0644, twc_buf_str(&b), "the file for the entity tag", err);
	twc_buf_fini(&b);
	return rc;
}

/* A date as people write it, "dec 12 12:00:00 1999 GMT" or "12 Dec 1999", in universal time. One that names another zone is
 * none: read without it, it would be another time. */
static bool read_loose_date(struct twc_str s, int64_t *t)
{
	struct twc_str rest = s, word = { 0 }, last = { 0 };
	char *whole;
	bool ok;

	while (twc_str_cut(&rest, ' ', &word)) {
		if (word.n > 0 && (word.p[0] == '-' || word.p[0] == '+'))
			return false;
		last = word.n > 0 ? word : last;
	}
	if (last.n == 0 || (!twc_str_eq_nocase(last, TWC_STR("GMT")) && !twc_str_eq_nocase(last, TWC_STR("UTC")) &&
			    (last.p[last.n - 1] < '0' || last.p[last.n - 1] > '9')))
		return false;
	if (twc__http_cookie_date(s, t))
		return true;
	whole = twc_asprintf("%.*s 00:00:00", (int)s.n, s.p);
	ok = twc__http_cookie_date(twc_str_of(whole), t);
	twc_free(whole);
	return ok;
}

int twc_http_time_cond(const char *text, int64_t now, bool *is_before, struct twc_buf *out)
{
	char date[TWC__HTTP_DATE_LEN];
	struct stat st;
	int64_t t;

	*is_before = text[0] == '-';
	if (*is_before)
		text++;
	if (twc__http_time_parse(twc_str_of(text), now, &t, NULL) && !read_loose_date(twc_str_of(text), &t)) {
		if (stat(text, &st) < 0)
			return 0;
		t = (int64_t)st.st_mtime;
	}
	twc__http_date_format(date, t);
	return twc_buf_add(out, date, sizeof(date));
}
