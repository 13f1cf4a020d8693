/* SPDX-License-Identifier: MIT */
/*
 * What all handlers of files of a site share: options read once, and what a response says of a file, put into
 * lines when the file is opened and not again. A root is a descriptor, so nobody can make its files be others;
 * whether its name leads there still is looked at once a second, as releases are switched by a link or a
 * renaming.
 */
#include "app/http/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <twc/parse.h>

#include "base/base64.h"
#include "base/hash.h"
#include "protocol/http/date.h"
#include "protocol/http/mime.h"
#include "protocol/http/octet.h"
#include "base/banned.h"

#define LINES_MAX 4096

const struct twc__file_coding twc__file_codings[TWC__FILE_CODINGS] = {
	{ "gzip", "gz" },
	{ "br", "br" },
	{ "zstd", "zst" },
};

/* ---- options of the site ---- */

static int parse_cache(const char *text, char **out, struct twc_err *err)
{
	struct twc_str s = twc_str_of(text);
	uint64_t ns;
	int rc;

	if (s.n && twc__http_is((unsigned char)s.p[0], TWC__HTTP_DIGIT)) {
		rc = twc_parse_duration(s, &ns, err);
		if (rc == 0)
			*out = twc_asprintf("max-age=%llu", (unsigned long long)(ns / TWC_NS_PER_S));
		return rc;
	}
	if (!s.n || !twc__http_all(s, TWC__HTTP_VALUE) || twc_str_trim(s).n != s.n)
		return twc_err_set(err, TWC_EUSAGE,
				   "'%s' is neither a time, such as 1h, nor a value of Cache-Control", text);
	*out = twc_strdup(text);
	return 0;
}

/* "ext=type/subtype" */
static int check_mime(const char *text, struct twc_err *err)
{
	struct twc_str ext, rest = twc_str_of(text), type, half;

	if (twc_str_cut(&rest, '=', &ext) && ext.n && ext.p[0] != '.' && !memchr(ext.p, '/', ext.n) && rest.p &&
	    twc__http_all(rest, TWC__HTTP_VALUE)) {
		twc_str_cut(&rest, ';', &type);
		if (twc_str_cut(&type, '/', &half) && twc_http_is_token(half) && twc_http_is_token(twc_str_trim(type)))
			return 0;
	}
	return twc_err_set(err, TWC_EUSAGE, "'%s' is no media type of an ending: write it as ext=type/subtype", text);
}

static int parse_beside(const char *text, struct twc__files_shared *sh, struct twc_err *err)
{
	const char *words[TWC__FILE_CODINGS + 1] = { NULL };
	struct twc_str rest = twc_str_of(text), word;
	int i, rc;

	for (i = 0; i < TWC__FILE_CODINGS; i++)
		words[i] = twc__file_codings[i].suffix;
	while (text && twc_str_cut(&rest, ',', &word)) {
		rc = twc_parse_word(twc_str_trim(word), words, &i, err);
		if (rc < 0)
			return rc;
		if (memchr(sh->beside, i, sh->n_beside))
			return twc_err_set(err, TWC_EUSAGE, "%s stands twice in '%s'", words[i], text);
		sh->beside[sh->n_beside++] = (uint8_t)i;
	}
	return 0;
}

static void shared_free(void *arg)
{
	struct twc__files_shared *sh = arg;

	twc__filecache_free(sh->cache);
	twc_free(sh->cache_control);
	twc_free(sh);
}

static const struct twc__http_part_ops shared_ops = { .name = "files", .free = shared_free };

static int read_options(struct twc__files_shared *sh, const struct twc_http_site_opts *o, struct twc_err *err)
{
	int rc = 0;

	sh->gzip = o->gzip;
	sh->mime = o->mime;
	for (const char *const *m = o->mime; rc == 0 && m && *m; m++)
		rc = check_mime(*m, err);
	if (rc == 0)
		rc = parse_beside(o->precompressed, sh, err);
	if (rc == 0 && o->cache)
		rc = parse_cache(o->cache, &sh->cache_control, err);
	return rc;
}

struct twc__files_shared *twc__files_shared(struct twc_http_site *s, struct twc_err *err)
{
	struct twc__files_shared *sh = twc__http_site_find_part(s, &shared_ops);

	if (sh)
		return sh;
	sh = twc_calloc(1, sizeof(*sh));
	if (read_options(sh, &s->o, err) < 0) {
		shared_free(sh);
		return NULL;
	}
	sh->cache = twc__filecache_new(s->r);
	twc__http_site_add_part(s, &shared_ops, sh);
	return sh;
}

/* ---- what is said of a file ---- */

/* The type of the longest ending that was given by the user, else what is known. */
static struct twc_str type_of(const struct twc__files_shared *sh, struct twc_str path)
{
	struct twc_str ext, type, end, best = { NULL, 0 };
	size_t longest = 0;

	for (const char *const *m = sh->mime; m && *m; m++) {
		type = twc_str_of(*m);
		twc_str_cut(&type, '=', &ext);
		if (ext.n <= longest || path.n <= ext.n || path.p[path.n - ext.n - 1] != '.')
			continue;
		end = (struct twc_str){ path.p + path.n - ext.n, ext.n };
		if (!twc_str_eq_nocase(end, ext))
			continue;
		longest = ext.n;
		best = type;
	}
	return longest ? best : twc__http_mime_of(path);
}

/* Lines that are put together here are short: the buffer cannot be full. */
static void add_line(struct twc_buf *b, const char *name, struct twc_str value)
{
	int rc = twc_buf_addf(b, "%s: %.*s\r\n", name, (int)value.n, value.p);

	TWC_ASSERT(rc == 0);
}

size_t twc__files_etag(char out[TWC__FILES_ETAG_MAX], const struct stat *st)
{
	static const struct twc__hash_key key; /* the same in every process, and after every start */
	const int64_t facts[] = { st->st_size, st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (int64_t)st->st_ino };
	uint64_t hash = twc__hash(&key, facts, sizeof(facts));
	size_t n;

	out[0] = '"';
	n = 1 + twc__base64url_encode(out + 1, &hash, sizeof(hash));
	out[n++] = '"';
	return n;
}

static void add_etag(struct twc_buf *b, const struct stat *st)
{
	char tag[TWC__FILES_ETAG_MAX];

	add_line(b, "ETag", (struct twc_str){ tag, twc__files_etag(tag, st) });
}

static bool may_vary(const struct twc__files_shared *sh, struct twc_str type, const struct stat *st)
{
	return sh->n_beside || (sh->gzip && st->st_size > TWC__FILES_GZIP_MIN && twc__http_mime_is_compressible(type));
}

static void describe(struct twc__filecache_owner *owner, struct twc_str path, int coding, const struct stat *st,
		     struct twc__file_lines *lines)
{
	const struct twc__files_root *root = TWC_CONTAINER_OF(owner, struct twc__files_root, owner);
	const struct twc__files_shared *sh = root->shared;
	char date[TWC__HTTP_DATE_LEN];
	time_t now = time(NULL);
	struct twc_str type;
	struct twc_buf b;
	size_t etag_n;

	if (coding)
		path.n -= 1 + strlen(twc__file_codings[coding - 1].suffix);
	type = root->type ? twc_str_of(root->type) : type_of(sh, path);
	twc_buf_init(&b, LINES_MAX + type.n + (sh->cache_control ? strlen(sh->cache_control) : 0));
	add_etag(&b, st);
	etag_n = twc_buf_len(&b);
	/* RFC 9110, 8.8.2.1: not later than the response itself. */
	lines->mtime = st->st_mtim.tv_sec < now ? st->st_mtim.tv_sec : now;
	twc__http_date_format(date, lines->mtime);
	add_line(&b, "Last-Modified", (struct twc_str){ date, sizeof(date) });
	if (sh->cache_control)
		add_line(&b, "Cache-Control", twc_str_of(sh->cache_control));
	if (may_vary(sh, type, st))
		add_line(&b, "Vary", TWC_STR("Accept-Encoding"));
	lines->validators = (uint32_t)twc_buf_len(&b);
	add_line(&b, "Accept-Ranges", TWC_STR("bytes"));
	add_line(&b, "X-Content-Type-Options", TWC_STR("nosniff"));
	if (coding)
		add_line(&b, "Content-Encoding", twc_str_of(twc__file_codings[coding - 1].name));
	lines->untyped = (uint32_t)twc_buf_len(&b);
	add_line(&b, "Content-Type", type);
	lines->len = (uint32_t)twc_buf_len(&b);
	lines->text = b.data;
	lines->etag = (struct twc_str){ b.data + strlen("ETag: "), etag_n - strlen("ETag: \r\n") };
	lines->type = (struct twc_str){ b.data + lines->untyped + strlen("Content-Type: "), type.n };
}

/* ---- roots ---- */

static int open_root(struct twc__files_root *root)
{
	struct stat st;
	int fd = open(root->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		int sys = errno;

		close(fd);
		return -sys;
	}
	root->dev = st.st_dev;
	root->ino = st.st_ino;
	return fd;
}

/* Not resolved: where links lead may change. */
static char *absolute(const char *dir)
{
	char *here, *path;

	if (dir[0] == '/')
		return twc_strdup(dir);
	here = getcwd(NULL, 0);
	if (!here)
		return twc_strdup(dir);
	path = twc_asprintf("%s/%s", here, dir);
	free(here);
	return path;
}

int twc__files_root_init(struct twc__files_root *root, struct twc_http_site *s, const char *dir, struct twc_err *err)
{
	int fd;

	*root = (struct twc__files_root){ .dir = NULL };
	root->shared = twc__files_shared(s, err);
	if (!root->shared)
		return TWC_EUSAGE;
	root->dir = absolute(dir);
	fd = open_root(root);
	if (fd < 0) {
		twc_free(root->dir);
		return twc_err_sys(err, TWC_ENOINPUT, -fd, NULL, "cannot open the directory %s", dir);
	}
	root->owner.beneath.root = fd;
	root->owner.beneath.follows_symlinks = s->o.follow_symlinks;
	root->owner.describe = describe;
	return 0;
}

void twc__files_root_fini(struct twc__files_root *root)
{
	twc__filecache_forget(root->shared->cache, &root->owner);
	close(root->owner.beneath.root);
	twc_free(root->dir);
	twc_free(root->type);
}

/* What has gone, or cannot be reached any more (chroot, another user), stays what it was. */
void twc__files_root_look(struct twc__files_root *root, uint64_t now)
{
	struct stat st;
	int fd;

	if (now - root->looked < TWC_NS_PER_S)
		return;
	root->looked = now;
	if (stat(root->dir, &st) < 0 || (st.st_dev == root->dev && st.st_ino == root->ino))
		return;
	fd = open_root(root);
	if (fd < 0)
		return;
	twc__filecache_forget(root->shared->cache, &root->owner);
	close(root->owner.beneath.root);
	root->owner.beneath.root = fd;
}

struct twc__cached_file *twc__files_get(struct twc__files_root *root, struct twc_str path, int *why)
{
	return twc__filecache_get(root->shared->cache, &root->owner, path, 0, why);
}
