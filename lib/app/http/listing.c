/* SPDX-License-Identifier: MIT */
/*
 * What is in a folder: read, sorted, and as JSON. Each name costs a look at what it is; a large folder blocks
 * the turn for that long, which the maximum of names bounds.
 */
#include "app/http/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <twc/json.h>

#include "base/banned.h"

/* ---- reading ---- */

/* Paths of requests are UTF-8 without controls and backslashes. */
static bool can_be_asked_for(struct twc_str name)
{
	while (name.n) {
		size_t n = twc_utf8_len(name);

		if (!n || name.p[0] == '\\' || (unsigned char)name.p[0] < 0x20 || name.p[0] == 0x7f)
			return false;
		name.p += n;
		name.n -= n;
	}
	return true;
}

static bool is_wanted(const char *name, bool hidden)
{
	if (name[0] == '.' && (!hidden || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
		return false;
	return can_be_asked_for(twc_str_of(name));
}

static void add_item(struct twc__listing *l, const char *name, const struct stat *st)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->item = twc_realloc(l->item, l->cap * sizeof(*l->item));
	}
	l->item[l->n++] = (struct twc__listing_item){
		.name = twc_strdup(name),
		.size = S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec,
		.is_dir = S_ISDIR(st->st_mode),
	};
}

/* What a name is. Links are looked through only as far as a request for them would come. */
static bool look(struct twc__beneath *b, int dir, const char *path, const char *name, struct stat *st)
{
	char *whole;
	int rc;

	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISLNK(st->st_mode)) {
		whole = twc_asprintf("%s%s", path, name);
		rc = twc__beneath_stat(b, whole, st);
		twc_free(whole);
		if (rc < 0)
			return false;
	}
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

static int read_all(struct twc__listing *l, struct twc__beneath *b, DIR *d, const char *path, bool hidden)
{
	struct dirent *e;
	struct stat st;

	errno = 0;
	while ((e = readdir(d))) {
		if (is_wanted(e->d_name, hidden)) {
			if (l->n == TWC__LISTING_MAX) {
				l->is_cut = true;
				return 0;
			}
			if (look(b, dirfd(d), path, e->d_name, &st))
				add_item(l, e->d_name, &st);
		}
		errno = 0;
	}
	return -errno;
}

int twc__listing_read(struct twc__listing *l, struct twc__beneath *b, const char *path, bool hidden)
{
	struct stat st;
	int fd = twc__beneath_open(b, path, &st), rc;
	DIR *d;

	if (fd < 0)
		return fd;
	d = S_ISDIR(st.st_mode) ? fdopendir(fd) : NULL;
	if (!d) {
		rc = S_ISDIR(st.st_mode) ? -errno : -ENOTDIR;
		close(fd);
		return rc;
	}
	rc = read_all(l, b, d, path, hidden);
	closedir(d);
	return rc;
}

void twc__listing_fini(struct twc__listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		twc_free(l->item[i].name);
	twc_free(l->item);
	*l = (struct twc__listing){ 0 };
}

/* ---- order ---- */

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Letters of either case beside each other. */
static int by_name(const struct twc__listing_item *a, const struct twc__listing_item *b)
{
	const char *p = a->name, *q = b->name;

	while (*p && lower(*p) == lower(*q)) {
		p++;
		q++;
	}
	return lower(*p) != lower(*q) ? lower(*p) - lower(*q) : strcmp(a->name, b->name);
}

static int compare(const void *pa, const void *pb, void *arg)
{
	const struct twc__listing_item *a = pa, *b = pb;
	const struct twc__listing *l = arg;
	int order = 0;

	if (l->sort == TWC__LISTING_NAME && a->is_dir != b->is_dir)
		return a->is_dir ? -1 : 1;
	if (l->sort == TWC__LISTING_SIZE)
		order = (a->size > b->size) - (a->size < b->size);
	else if (l->sort == TWC__LISTING_MTIME)
		order = (a->mtime > b->mtime) - (a->mtime < b->mtime);
	if (!order)
		order = by_name(a, b);
	return l->is_descending ? -order : order;
}

void twc__listing_sort(struct twc__listing *l)
{
	if (l->n)
		qsort_r(l->item, l->n, sizeof(*l->item), compare, l);
}

/* ---- JSON ---- */

int twc__listing_json(const struct twc__listing *l, struct twc_buf *out)
{
	struct twc_json j;
	int rc = 0;

	for (size_t i = 0; i < l->n && rc == 0; i++) {
		const struct twc__listing_item *item = &l->item[i];

		twc_json_begin(&j, out);
		twc_json_text(&j, "name", item->name);
		if (item->is_dir)
			twc_json_null(&j, "size");
		else
			twc_json_uint(&j, "size", item->size);
		twc_json_int(&j, "mtime", item->mtime);
		twc_json_text(&j, "type", item->is_dir ? "directory" : "file");
		twc_json_end(&j);
		rc = j.failed ? TWC_ETOOLONG : twc_buf_add(out, "\n", 1);
	}
	return rc;
}
