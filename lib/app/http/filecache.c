/* SPDX-License-Identifier: MIT */
/*
 * Files that are served, kept open and described.
 *
 * An entry stands for a path, not for a file: each look is a stat of the path, and all that a changed file
 * changes is compared. The kernel's clock of files is coarse, so of a file that was changed a moment before it
 * was read nobody can tell whether it was changed again: such content is read again at the next look, until its
 * time has settled.
 */
#include "app/http/filecache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <twc/parse.h>

#include "base/hash.h"
#include "base/banned.h"

#define ENTRIES_MAX 1024
#define BYTES_MAX (16 * 1024 * 1024)
#define BUCKETS 2048 /* a power of two */
#define SETTLE_NS (20 * TWC_NS_PER_MS)
#define SETTLE_COARSE_NS (2 * TWC_NS_PER_S) /* of a file system that counts seconds */
#define SWEEP_NS (10 * TWC_NS_PER_S)
#define UNUSED_NS (30 * TWC_NS_PER_S)

struct entry {
	struct twc__cached_file f;
	struct entry *chain;
	struct twc__list lru; /* the first was asked for last */
	const struct twc__filecache_owner *owner;
	uint64_t hash;
	uint64_t looked, used; /* reactor's clock */
	dev_t dev;
	ino_t ino;
	struct timespec mtime, ctime;
	size_t bytes; /* in memory, as counted */
	uint32_t path_n;
	uint8_t coding;
	bool is_settled;
	char path[]; /* NUL-terminated */
};

struct twc__filecache {
	struct twc_reactor *r; /* borrowed */
	struct twc__hash_key key;
	struct entry *bucket[BUCKETS];
	struct twc__list lru;
	uint64_t swept; /* reactor's clock */
	size_t n, bytes;
	size_t n_files, max_files; /* descriptors */
};

/* ---- life ---- */

struct twc__filecache *twc__filecache_new(struct twc_reactor *r)
{
	struct twc__filecache *c = twc_calloc(1, sizeof(*c));
	struct rlimit lim;

	c->r = r;
	twc__hash_key_init(&c->key);
	twc__list_init(&c->lru);
	c->max_files = ENTRIES_MAX;
	/* Connections need descriptors, too. */
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur / 4 < c->max_files)
		c->max_files = lim.rlim_cur / 4;
	return c;
}

static struct entry **find_link(struct twc__filecache *c, const struct entry *e)
{
	struct entry **link = &c->bucket[e->hash % BUCKETS];

	while (*link != e)
		link = &(*link)->chain;
	return link;
}

static void entry_free(struct entry *e)
{
	twc_file_unref(e->f.file);
	twc__blob_unref(e->f.blob);
	twc_free((void *)(uintptr_t)e->f.gzip);
	twc_free(e->f.lines.text);
	twc_free(e);
}

static void drop(struct twc__filecache *c, struct entry *e)
{
	*find_link(c, e) = e->chain;
	twc__list_remove(&e->lru);
	c->n--;
	c->bytes -= e->bytes;
	c->n_files -= e->f.file != NULL;
	entry_free(e);
}

static struct entry *oldest(struct twc__filecache *c)
{
	return twc__list_is_empty(&c->lru) ? NULL : TWC__LIST_ENTRY(c->lru.prev, struct entry, lru);
}

void twc__filecache_free(struct twc__filecache *c)
{
	if (!c)
		return;
	while (c->n)
		drop(c, oldest(c));
	twc_free(c);
}

void twc__filecache_forget(struct twc__filecache *c, const struct twc__filecache_owner *owner)
{
	TWC__LIST_FOR_SAFE(n, &c->lru) {
		struct entry *e = TWC__LIST_ENTRY(n, struct entry, lru);

		if (e->owner == owner)
			drop(c, e);
	}
}

size_t twc__filecache_count(const struct twc__filecache *c)
{
	return c->n;
}

/* ---- bounds ---- */

static void sweep(struct twc__filecache *c, uint64_t now)
{
	struct entry *e;

	c->swept = now;
	while ((e = oldest(c)) && now - e->used >= UNUSED_NS)
		drop(c, e);
}

/* Those that were asked for last stay: who asked may still have them in hand. */
static void make_room(struct twc__filecache *c)
{
	while (c->n > TWC__FILECACHE_IN_HAND &&
	       (c->n > ENTRIES_MAX || c->bytes > BYTES_MAX || c->n_files > c->max_files))
		drop(c, oldest(c));
}

static void count_bytes(struct twc__filecache *c, struct entry *e)
{
	size_t bytes = sizeof(*e) + e->path_n + e->f.lines.len + e->f.gzip_n + (e->f.content ? (size_t)e->f.size : 0);

	c->bytes += bytes - e->bytes;
	e->bytes = bytes;
}

/* ---- reading ---- */

static bool is_later_by(const struct timespec *then, uint64_t ns)
{
	struct timespec now;
	int64_t past;

	clock_gettime(CLOCK_REALTIME, &now);
	past = (int64_t)(now.tv_sec - then->tv_sec);
	if (past < 0 || past > 10)
		return past > 0;
	return past * (int64_t)TWC_NS_PER_S + now.tv_nsec - then->tv_nsec > (int64_t)ns;
}

/* All of a small file. A negative errno when it cannot be had, -EAGAIN when it shrinks meanwhile. */
static int read_content(struct entry *e, int fd)
{
	struct twc__blob *b = twc__blob_try_new(e->f.size);
	size_t have = 0;

	if (!b)
		return -ENOMEM;
	while (have < e->f.size) {
		ssize_t n = pread(fd, b->p + have, e->f.size - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int sys = n < 0 ? errno : EAGAIN;

			twc__blob_unref(b);
			return -sys;
		}
		have += (size_t)n;
	}
	e->f.blob = b;
	e->f.content = b->p;
	return 0;
}

static struct entry *entry_new(struct twc__filecache_owner *owner, struct twc_str path, int coding, uint64_t hash,
			       const struct stat *st)
{
	struct entry *e = twc_calloc(1, sizeof(*e) + path.n + 1);

	e->owner = owner;
	e->hash = hash;
	e->coding = (uint8_t)coding;
	e->path_n = (uint32_t)path.n;
	memcpy(e->path, path.p, path.n + 1);
	e->f.size = (uint64_t)st->st_size;
	e->dev = st->st_dev;
	e->ino = st->st_ino;
	e->mtime = st->st_mtim;
	e->ctime = st->st_ctim;
	e->is_settled = is_later_by(&st->st_ctim, st->st_ctim.tv_nsec ? SETTLE_NS : SETTLE_COARSE_NS);
	owner->describe(owner, path, coding, st, &e->f.lines);
	return e;
}

/* The oldest give their descriptors up when there are no more. */
static int open_file(struct twc__filecache *c, struct twc__filecache_owner *owner, const char *path, struct stat *st)
{
	int fd = twc__beneath_open(&owner->beneath, path, st);

	while ((fd == -EMFILE || fd == -ENFILE) && c->n > TWC__FILECACHE_IN_HAND) {
		drop(c, oldest(c));
		fd = twc__beneath_open(&owner->beneath, path, st);
	}
	return fd;
}

static struct entry *load(struct twc__filecache *c, struct twc__filecache_owner *owner, struct twc_str path, int coding,
			  uint64_t hash, int *why)
{
	struct stat st;
	struct entry *e;
	int fd = open_file(c, owner, path.p, &st);

	if (fd < 0 || S_ISDIR(st.st_mode)) {
		*why = fd < 0 ? fd : -EISDIR;
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	e = entry_new(owner, path, coding, hash, &st);
	if (e->f.size > TWC__FILECACHE_SMALL) {
		e->f.file = twc_file_new(fd);
		return e;
	}
	*why = read_content(e, fd);
	close(fd);
	if (*why == 0)
		return e;
	entry_free(e);
	return NULL;
}

static void keep(struct twc__filecache *c, struct entry *e)
{
	struct entry **bucket = &c->bucket[e->hash % BUCKETS];

	e->chain = *bucket;
	*bucket = e;
	twc__list_add_head(&c->lru, &e->lru);
	c->n++;
	c->n_files += e->f.file != NULL;
	count_bytes(c, e);
	make_room(c);
}

/* ---- asking ---- */

static bool is_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_nsec == b->tv_nsec && a->tv_sec == b->tv_sec;
}

/* Is what the path leads to what the entry has? */
static bool is_fresh(struct entry *e, struct twc__filecache_owner *owner, uint64_t now)
{
	struct stat st;

	if (e->looked == now)
		return true;
	if (!e->is_settled && e->f.content)
		return false;
	if (fstatat(owner->beneath.root, e->path, &st, 0) < 0)
		return false;
	if (st.st_ino != e->ino || st.st_dev != e->dev || (uint64_t)st.st_size != e->f.size ||
	    !is_time(&st.st_mtim, &e->mtime) || !is_time(&st.st_ctim, &e->ctime))
		return false;
	e->looked = now;
	return true;
}

static bool is_for(const struct entry *e, const struct twc__filecache_owner *owner, struct twc_str path, int coding)
{
	return e->owner == owner && e->coding == coding && e->path_n == path.n && memcmp(e->path, path.p, path.n) == 0;
}

static struct entry *find(struct twc__filecache *c, const struct twc__filecache_owner *owner,
			  struct twc_str path, int coding, uint64_t hash)
{
	struct entry *e = c->bucket[hash % BUCKETS];

	while (e && !(e->hash == hash && is_for(e, owner, path, coding)))
		e = e->chain;
	return e;
}

/* The one that was asked for last, when it is asked for again. */
static struct entry *find_same(struct twc__filecache *c, const struct twc__filecache_owner *owner, struct twc_str path, int coding)
{
	struct entry *e;

	if (twc__list_is_empty(&c->lru))
		return NULL;
	e = TWC__LIST_ENTRY(c->lru.next, struct entry, lru);
	return is_for(e, owner, path, coding) ? e : NULL;
}

static void move_to_front(struct twc__filecache *c, struct entry *e)
{
	if (c->lru.next == &e->lru)
		return;
	twc__list_remove(&e->lru);
	twc__list_add_head(&c->lru, &e->lru);
}

struct twc__cached_file *twc__filecache_get(struct twc__filecache *c, struct twc__filecache_owner *owner,
					    struct twc_str path, int coding, int *why)
{
	uint64_t now = twc_reactor_now(c->r), hash;
	struct entry *e;

	if (now - c->swept >= SWEEP_NS)
		sweep(c, now);
	e = find_same(c, owner, path, coding);
	hash = e ? e->hash : twc__hash(&c->key, path.p, path.n);
	if (!e)
		e = find(c, owner, path, coding, hash);
	if (e && !is_fresh(e, owner, now)) {
		drop(c, e);
		e = NULL;
	}
	if (e) {
		move_to_front(c, e);
	} else {
		e = load(c, owner, path, coding, hash, why);
		if (!e)
			return NULL;
		e->looked = now;
		keep(c, e);
	}
	e->used = now;
	return &e->f;
}

void twc__filecache_keep_gzip(struct twc__filecache *c, struct twc__cached_file *f, const void *p, size_t n)
{
	struct entry *e = TWC_CONTAINER_OF(f, struct entry, f);
	char *copy = n ? twc_try_malloc(n) : NULL;

	f->is_incompressible = !n;
	if (!copy)
		return;
	memcpy(copy, p, n);
	f->gzip = copy;
	f->gzip_n = n;
	count_bytes(c, e);
	make_room(c);
}
