/* SPDX-License-Identifier: MIT */
/*
 * What each client sends, in a file of its own: `serve --save PATTERN`. The file grows under a name that ends in .part
 * and is new (O_EXCL: never an old file, never through a symbolic link); when the client has ended its half it is closed
 * and renamed, and only then does the client see our end. A client that was cut off leaves the .part.
 */
#include "base/replace.h"
#include <twc/app.h>
#include <twc/buf.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define PATH_MAX_LEN 4096
#define PARTS_MAX 1000 /* names that are tried when there are old parts */

struct twc_save {
	struct twc_factory factory;
	struct twc_reactor *r;
	struct twc_save_opts o;
	char *pattern; /* owned; checked */
};

struct saver {
	struct twc_protocol proto;
	struct twc_save *save; /* borrowed */
	char *path, *part;     /* owned; NULL until made */
	int fd;		       /* -1: not open, or through */
	uint64_t n;	       /* bytes written */
};

/* ---- names ---- */

static int add_peer(struct twc_buf *b, const char *text)
{
	int rc = 0;

	for (const char *p = text; *p && !rc; p++) {
		bool is_safe = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			       *p == '.' || *p == '-';

		rc = twc_buf_add(b, is_safe ? p : "_", 1);
	}
	return rc;
}

static char *expand(const char *pattern, const struct twc_transport *t)
{
	char peer[TWC_ADDR_TEXT_MAX], *path;
	struct twc_buf b;
	int rc = 0;

	twc_buf_init(&b, PATH_MAX_LEN);
	for (const char *p = pattern; *p && !rc; p++) {
		if (*p != '%')
			rc = twc_buf_add(&b, p, 1);
		else if (*++p == 'c')
			rc = twc_buf_addf(&b, "%llu", (unsigned long long)twc_transport_id(t));
		else if (*p == 'p')
			rc = add_peer(&b, twc_transport_peer_text(t, peer, sizeof(peer)));
		else
			rc = twc_buf_add(&b, p, 1);
	}
	path = rc ? NULL : twc_strdup(twc_buf_cstr(&b));
	twc_buf_fini(&b);
	return path;
}

static int check_pattern(const char *pattern, struct twc_err *err)
{
	size_t n = strlen(pattern);

	if (n == 0 || pattern[n - 1] == '/')
		return twc_err_set(err, TWC_EUSAGE, "a file name is missing");
	for (const char *p = strchr(pattern, '%'); p; p = strchr(p + 2, '%')) {
		if (!p[1] || !strchr("cp%", p[1]))
			return twc_err_set(err, TWC_EUSAGE, "%%%.1s means nothing: %%c, %%p and %%%% are known", p + 1);
	}
	return 0;
}

/* The directory, when it is the same for all, and the file: better now than with the first client. */
static int check_place(const char *pattern, struct twc_err *err)
{
	const char *slash = strrchr(pattern, '/');
	struct twc_str part = { pattern, slash ? (size_t)(slash - pattern) : 0 };
	char *dir;
	int rc = 0;

	if (memchr(part.p, '%', part.n))
		return 0;
	dir = slash ? (part.n ? twc_str_dup(part) : twc_strdup("/")) : twc_strdup(".");
	if (access(dir, W_OK | X_OK) < 0)
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot create files in %s", dir);
	twc_free(dir);
	return rc || strchr(pattern, '%') ? rc : twc__replace_check(pattern, err);
}

/* ---- the file ---- */

static void saver_fail(struct saver *s, const struct twc_err *err)
{
	if (!s->save->o.silent)
		twc_log(twc_reactor_log(s->save->r), app, ERROR, "#%llu: %s",
			(unsigned long long)twc_transport_id(s->proto.transport), err->text);
	twc_transport_fail(s->proto.transport, err);
}

static int saver_open(struct saver *s, struct twc_err *err)
{
	s->path = expand(s->save->pattern, s->proto.transport);
	if (!s->path)
		return twc_err_set(err, TWC_ECANTCREAT, "the file name is too long");
	if (twc__replace_check(s->path, err))
		return TWC_ECANTCREAT;
	for (int i = 1; i <= PARTS_MAX; i++) {
		twc_free(s->part);
		s->part = i == 1 ? twc_asprintf("%s.part", s->path) : twc_asprintf("%s.%d.part", s->path, i);
		s->fd = open(s->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (s->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot create %s", s->part);
}

static int saver_write(struct saver *s, const uint8_t *data, size_t n, struct twc_err *err)
{
	while (n > 0) {
		ssize_t done = write(s->fd, data, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return twc_err_sys(err, TWC_EIO, errno, NULL, "cannot write %s", s->part);
		s->n += (uint64_t)done;
		data += done;
		n -= (size_t)done;
	}
	return 0;
}

/* The whole is there: it gets its name. */
static int saver_finish(struct saver *s, struct twc_err *err)
{
	int rc = close(s->fd);

	s->fd = -1;
	if (rc < 0 && errno != EINTR)
		return twc_err_sys(err, TWC_EIO, errno, NULL, "cannot write %s", s->part);
	if (rename(s->part, s->path) < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot rename %s to %s", s->part, s->path);
	twc_log(twc_reactor_log(s->save->r), app, INFO, "#%llu: %llu bytes in %s",
		(unsigned long long)twc_transport_id(s->proto.transport), (unsigned long long)s->n, s->path);
	return 0;
}

static void saver_give_up(struct saver *s)
{
	close(s->fd);
	s->fd = -1;
	if (s->n == 0)
		unlink(s->part);
	else
		twc_log(twc_reactor_log(s->save->r), app, INFO, "#%llu: cut off after %llu bytes, in %s",
			(unsigned long long)twc_transport_id(s->proto.transport), (unsigned long long)s->n, s->part);
}

/* ---- the protocol ---- */

static void saver_made(struct twc_protocol *p)
{
	struct saver *s = (struct saver *)p;
	struct twc_err err = { 0 };

	if (saver_open(s, &err))
		saver_fail(s, &err);
}

static void saver_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct saver *s = (struct saver *)p;
	struct twc_err err = { 0 };

	if (saver_write(s, data, n, &err))
		saver_fail(s, &err);
}

static void saver_eof(struct twc_protocol *p)
{
	struct saver *s = (struct saver *)p;
	struct twc_err err = { 0 };

	if (saver_finish(s, &err))
		saver_fail(s, &err);
	else
		twc_transport_lose(p->transport);
}

/* A datagram session has no other end than this. */
static void saver_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct saver *s = (struct saver *)p;
	struct twc_err err = { 0 };

	if (s->fd >= 0 && !reason->code && twc_transport_is_datagram(p->transport)) {
		if (saver_finish(s, &err))
			twc_log(twc_reactor_log(s->save->r), app, ERROR, "#%llu: %s",
				(unsigned long long)twc_transport_id(p->transport), err.text);
	} else if (s->fd >= 0) {
		saver_give_up(s);
	}
	twc_free(s->path);
	twc_free(s->part);
	twc_free(s);
}

static const struct twc_protocol_ops saver_ops = {
	.name = "save",
	.made = saver_made,
	.data = saver_data,
	.eof = saver_eof,
	.lost = saver_lost,
};

static struct twc_protocol *save_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct saver *s = twc_calloc(1, sizeof(*s));

	(void)peer;
	s->proto.ops = &saver_ops;
	s->save = TWC_CONTAINER_OF(f, struct twc_save, factory);
	s->fd = -1;
	return &s->proto;
}

static const struct twc_factory_ops save_factory_ops = {
	.name = "save",
	.build = save_build,
};

struct twc_save *twc_save_new(struct twc_reactor *r, const struct twc_save_opts *o, struct twc_err *err)
{
	struct twc_save *s;

	if (check_pattern(o->pattern, err) || check_place(o->pattern, err))
		return NULL;
	s = twc_calloc(1, sizeof(*s));
	s->factory.ops = &save_factory_ops;
	s->r = r;
	s->o = *o;
	s->pattern = twc_strdup(o->pattern);
	return s;
}

int twc_save_check(const struct twc_save *s, struct twc_err *err)
{
	return check_place(s->pattern, err);
}

void twc_save_free(struct twc_save *s)
{
	if (!s)
		return;
	twc_free(s->pattern);
	twc_free(s);
}

struct twc_factory *twc_save_factory(struct twc_save *s)
{
	return &s->factory;
}
