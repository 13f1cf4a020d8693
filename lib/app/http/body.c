/* SPDX-License-Identifier: MIT */
/*
 * The body of a request as a row of pieces: bytes that lie here, a range of a file, a descriptor to be read.
 * Above the upload of a client, which asks for more whenever it has room; below commands that say what a
 * body is made of.
 *
 *	produce -> pieces in their order, bytes and files at once -> a descriptor: its transport feeds the
 *	upload -> next piece -> end
 *
 * A form is turned into pieces when the source is asked for. What was read from a descriptor is gone: such a
 * body cannot be sent again.
 */
#include <twc/http_body.h>
#include <twc/transport.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "protocol/http/multipart_write.h"

#include "base/banned.h"

#define WRITE_PIECE 65536

enum piece_kind {
	PIECE_BYTES,
	PIECE_FILE,
	PIECE_FD,
};

struct piece {
	enum piece_kind kind;
	struct twc_str bytes;	/* PIECE_BYTES */
	char *owned;		/* what bytes are in; NULL: borrowed */
	struct twc_file *file;	/* PIECE_FILE */
	uint64_t offset, n;
	int fd;			/* PIECE_FD */
	bool owns_fd;
};

/* What reads a descriptor. It outlives the body when that is freed first. */
struct reader {
	struct twc_protocol base; /* must be first */
	struct twc_http_body *body; /* NULL: nobody wants it any more */
	bool is_paused;
};

struct twc_http_body {
	struct twc_reactor *r;
	struct piece *piece; /* owned */
	size_t n;
	struct twc__http_form *form; /* NULL: it is none */
	bool is_sealed;
	struct twc_http_source source;
	/* while it is sent */
	struct twc_http_upload *upload; /* NULL: it is not */
	size_t at;     /* the piece that comes next */
	size_t done;   /* bytes of it, PIECE_BYTES */
	uint64_t read_to; /* likewise, PIECE_FILE that is read */
	bool was_read; /* something of a descriptor is gone */
	struct reader *reader;
	void (*watch)(void *arg, const uint8_t *data, size_t n); /* NULL: nobody watches */
	void *watch_arg;
};

struct twc_http_body *twc_http_body_new(struct twc_reactor *r)
{
	struct twc_http_body *b = twc_calloc(1, sizeof(*b));

	b->r = r;
	return b;
}

/* Nothing of the descriptor is wanted any more. */
static void reader_drop(struct twc_http_body *b)
{
	struct reader *rd = b->reader;

	if (!rd)
		return;
	b->reader = NULL;
	rd->body = NULL;
	twc_transport_abort(rd->base.transport);
}

void twc_http_body_free(struct twc_http_body *b)
{
	if (!b)
		return;
	reader_drop(b);
	for (size_t i = 0; i < b->n; i++) {
		twc_free(b->piece[i].owned);
		twc_file_unref(b->piece[i].file);
		if (b->piece[i].owns_fd)
			close(b->piece[i].fd);
	}
	twc_free(b->piece);
	twc__http_form_free(b->form);
	twc_free(b);
}

/* ---- putting it together ---- */

static struct piece *piece_add(struct twc_http_body *b, enum piece_kind kind)
{
	struct piece *p;

	TWC_ASSERT(!b->is_sealed);
	b->piece = twc_realloc(b->piece, (b->n + 1) * sizeof(*b->piece));
	p = &b->piece[b->n++];
	*p = (struct piece){ .kind = kind, .fd = -1 };
	return p;
}

void twc_http_body_bytes(struct twc_http_body *b, struct twc_str s)
{
	struct piece *p = piece_add(b, PIECE_BYTES);

	p->owned = twc_str_dup(s);
	p->bytes = (struct twc_str){ p->owned, s.n };
}

void twc_http_body_bytes_borrowed(struct twc_http_body *b, struct twc_str s)
{
	piece_add(b, PIECE_BYTES)->bytes = s;
}

/* From where a regular file stands to its end; false: it is something else, which is read. */
static bool range_of(int fd, uint64_t *offset, uint64_t *n)
{
	struct stat st;
	off_t at;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	at = lseek(fd, 0, SEEK_CUR);
	if (at < 0)
		return false;
	*offset = (uint64_t)at;
	*n = st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
	return true;
}

static int open_input(const char *path, struct twc_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot open %s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return twc_err_sys(err, TWC_ENOINPUT, EISDIR, NULL, "cannot send %s", path);
	}
	return fd;
}

/* `fd` is the piece's own from here on. */
static void add_owned(struct twc_http_body *b, int fd)
{
	uint64_t offset = 0, n = 0;
	bool is_file = range_of(fd, &offset, &n);
	struct piece *p = piece_add(b, is_file ? PIECE_FILE : PIECE_FD);

	if (!is_file) {
		p->fd = fd;
		p->owns_fd = true;
		return;
	}
	p->file = twc_file_new(fd);
	p->offset = offset;
	p->n = n;
}

int twc_http_body_file(struct twc_http_body *b, const char *path, struct twc_err *err)
{
	int fd = open_input(path, err);

	if (fd < 0)
		return fd;
	add_owned(b, fd);
	return 0;
}

int twc_http_body_fd(struct twc_http_body *b, int fd, struct twc_err *err)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (own < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot read descriptor %d", fd);
	add_owned(b, own);
	return 0;
}

int twc_http_body_part(struct twc_http_body *b, const struct twc_http_part *part, bool backslashes,
		       struct twc_err *err)
{
	uint8_t seed[TWC__HTTP_BOUNDARY_SEED];
	struct twc__http_form_part p = {
		.name = part->name,
		.filename = part->filename,
		.type = part->type,
		.headers = part->headers,
		.bytes = part->bytes,
		.length = -1,
	};
	int rc;

	TWC_ASSERT(!b->is_sealed);
	if (!b->form) {
		twc__random(seed, sizeof(seed));
		b->form = twc__http_form_new(seed, backslashes ? TWC__HTTP_FORM_BACKSLASH : TWC__HTTP_FORM_PERCENT);
	}
	if (part->path || part->has_fd) {
		p.source = TWC__HTTP_FORM_FD;
		rc = part->path ? twc_http_body_file(b, part->path, err) : twc_http_body_fd(b, part->fd, err);
		if (rc < 0)
			return rc;
		p.fd = (int)b->n - 1; /* which of the pieces it is */
	}
	return twc__http_form_add(b->form, &p, err);
}

const char *twc_http_body_form_type(const struct twc_http_body *b)
{
	return b->form ? twc__http_form_content_type(b->form) : NULL;
}

void twc_http_body_form_retype(struct twc_http_body *b, struct twc_str type)
{
	TWC_ASSERT(b->form);
	twc__http_form_retype(b->form, type);
}

/* The texts of a form, with the files between them. */
static void form_to_pieces(struct twc_http_body *b)
{
	struct piece *files = b->piece, *p;
	struct twc__http_form_piece from;

	b->piece = NULL;
	b->n = 0;
	for (twc__http_form_next(b->form, &from); from.kind != TWC__HTTP_FORM_PIECE_END;
	     twc__http_form_next(b->form, &from)) {
		p = piece_add(b, PIECE_BYTES);
		if (from.kind == TWC__HTTP_FORM_PIECE_BYTES)
			p->bytes = from.bytes; /* of the form, which stays as it is now */
		else
			*p = files[from.fd];
	}
	twc_free(files);
}

/* ---- sending it ---- */

static void body_go_on(struct twc_http_body *b);

static void put(struct twc_http_body *b, const void *data, size_t n)
{
	if (b->watch && n > 0)
		b->watch(b->watch_arg, data, n);
	twc_http_upload_write(b->upload, data, n);
}

static void reader_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct reader *rd = TWC_CONTAINER_OF(p, struct reader, base);

	if (!rd->body || !rd->body->upload)
		return;
	put(rd->body, data, n);
	if (rd->body && twc_http_upload_is_full(rd->body->upload)) {
		rd->is_paused = true;
		twc_transport_pause(p->transport);
	}
}

static void reader_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct reader *rd = TWC_CONTAINER_OF(p, struct reader, base);
	struct twc_http_body *b = rd->body;

	twc_free(rd);
	if (!b)
		return;
	b->reader = NULL;
	if (reason->code && b->upload) {
		twc_http_upload_fail(b->upload, reason);
		return;
	}
	b->at++;
	if (b->upload)
		body_go_on(b);
}

static const struct twc_protocol_ops reader_ops = {
	.name = "http-body",
	.data = reader_data,
	.lost = reader_lost,
};

static void read_fd(struct twc_http_body *b, struct piece *p)
{
	struct reader *rd = twc_calloc(1, sizeof(*rd));
	struct twc_err err = { 0 };
	int fd = p->fd;

	b->was_read = true;
	p->owns_fd = false; /* the transport's */
	rd->base.ops = &reader_ops;
	rd->body = b;
	b->reader = rd;
	if (twc_transport_from_stdio(b->r, fd, -1, true, "input", &rd->base, &err))
		return;
	b->reader = NULL;
	twc_free(rd);
	twc_http_upload_fail(b->upload, &err);
}

/* A file that is not sent by the kernel, because somebody wants to see it. */
static bool read_file(struct twc_http_body *b, const struct piece *p)
{
	char buf[WRITE_PIECE];
	uint64_t left = p->n - b->read_to;
	ssize_t got = 0;
	struct twc_err err = { 0 };

	if (left > 0)
		got = pread(twc_file_fd(p->file), buf, left < sizeof(buf) ? (size_t)left : sizeof(buf),
			    (off_t)(p->offset + b->read_to));
	if (left > 0 && got <= 0) {
		twc_err_sys(&err, TWC_EIO, got < 0 ? errno : EIO, NULL, "cannot read what is to be sent");
		twc_http_upload_fail(b->upload, &err);
		return false;
	}
	b->read_to += (uint64_t)got;
	if (b->read_to == p->n) {
		b->read_to = 0;
		b->at++;
	}
	put(b, buf, (size_t)got);
	return true;
}

/* True: go on with the next piece. */
static bool send_piece(struct twc_http_body *b, struct piece *p)
{
	size_t n;

	switch (p->kind) {
	case PIECE_FD:
		if (!b->reader)
			read_fd(b, p);
		return false;
	case PIECE_FILE:
		if (b->watch)
			return read_file(b, p);
		twc_http_upload_file(b->upload, p->file, p->offset, p->n);
		b->at++;
		return true;
	case PIECE_BYTES:
		n = p->bytes.n - b->done < WRITE_PIECE ? p->bytes.n - b->done : WRITE_PIECE;
		put(b, p->bytes.p + b->done, n);
		b->done += n;
		if (b->done == p->bytes.n) {
			b->done = 0;
			b->at++;
		}
		return true;
	}
	return false;
}

/* A write may end the exchange, and with it the upload. */
static void body_go_on(struct twc_http_body *b)
{
	while (b->upload && b->at < b->n && !twc_http_upload_is_full(b->upload))
		if (!send_piece(b, &b->piece[b->at]))
			return;
	if (b->upload && b->at == b->n)
		twc_http_upload_end(b->upload);
}

static void on_produce(void *arg, struct twc_http_upload *u)
{
	struct twc_http_body *b = arg;

	b->upload = u;
	if (b->reader && b->reader->is_paused) {
		b->reader->is_paused = false;
		twc_transport_resume(b->reader->base.transport);
	}
	body_go_on(b);
}

static bool on_rewind(void *arg)
{
	struct twc_http_body *b = arg;

	if (b->was_read)
		return false;
	b->at = b->done = 0;
	b->read_to = 0;
	return true;
}

static void on_stop(void *arg)
{
	struct twc_http_body *b = arg;

	b->upload = NULL;
	reader_drop(b);
}

static void body_seal(struct twc_http_body *b)
{
	if (b->is_sealed)
		return;
	if (b->form)
		form_to_pieces(b);
	b->is_sealed = true;
	b->source = (struct twc_http_source){
		.produce = on_produce,
		.rewind = on_rewind,
		.stop = on_stop,
		.arg = b,
	};
	for (size_t i = 0; i < b->n && b->source.length != TWC_HTTP_UNKNOWN; i++) {
		if (b->piece[i].kind == PIECE_FD)
			b->source.length = TWC_HTTP_UNKNOWN;
		else
			b->source.length += b->piece[i].kind == PIECE_FILE ? b->piece[i].n : b->piece[i].bytes.n;
	}
}

const struct twc_http_source *twc_http_body_source(struct twc_http_body *b)
{
	body_seal(b);
	return &b->source;
}

void twc_http_body_watch(struct twc_http_body *b, void (*fn)(void *arg, const uint8_t *data, size_t n),
			 void *arg)
{
	b->watch = fn;
	b->watch_arg = arg;
}

/* ---- without a client ---- */

/* `n` bytes from `offset` on of a file, or all that a descriptor brings (offset negative). */
static int write_fd(int fd, int64_t offset, uint64_t n,
		    int (*fn)(void *, const void *, size_t, struct twc_err *), void *arg, struct twc_err *err)
{
	char buf[WRITE_PIECE];

	while (n > 0) {
		size_t want = n < sizeof(buf) ? (size_t)n : sizeof(buf);
		ssize_t got = offset < 0 ? read(fd, buf, want) : pread(fd, buf, want, offset);
		int rc;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return twc_err_sys(err, TWC_EIO, errno, NULL, "cannot read input");
		if (got == 0)
			return 0;
		rc = fn(arg, buf, (size_t)got, err);
		if (rc < 0)
			return rc;
		offset += offset < 0 ? 0 : got;
		n -= (size_t)got;
	}
	return 0;
}

int twc_http_body_write(struct twc_http_body *b,
			int (*fn)(void *arg, const void *p, size_t n, struct twc_err *err), void *arg,
			struct twc_err *err)
{
	int rc = 0;

	body_seal(b);
	for (size_t i = 0; i < b->n && rc == 0; i++) {
		const struct piece *p = &b->piece[i];

		if (p->kind == PIECE_BYTES) {
			rc = p->bytes.n > 0 ? fn(arg, p->bytes.p, p->bytes.n, err) : 0;
		} else if (p->kind == PIECE_FILE) {
			rc = write_fd(twc_file_fd(p->file), (int64_t)p->offset, p->n, fn, arg, err);
		} else {
			b->was_read = true;
			rc = write_fd(p->fd, -1, UINT64_MAX, fn, arg, err);
		}
	}
	return rc;
}
