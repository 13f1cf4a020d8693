/* SPDX-License-Identifier: MIT */
/*
 * capture: - every request becomes a line of JSON, in a file or told to the program's user, before it is answered: who has the
 * answer finds the line. A request that breaks off has its line, too. Bodies are kept up to max=; beyond it they are counted and
 * digested.
 */
#include "app/http/answer.h"
#include "app/http/capture.h"
#include "app/http/site.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <twc/parse.h>

#include "base/replace.h"
#include "base/banned.h"

#define LINE_MORE (4 * 1024 * 1024) /* of a line, apart from what its body takes */
#define LINE_FACTOR 16		    /* how much longer a body can become: escaped, and told once more as a form */

/* A route's. The site's part: its file is opened anew by a reload. */
struct capture {
	struct twc_http_site *s;
	char *path; /* owned; NULL: the site's user is told */
	int fd;	    /* owned; -1: none */
	char *raw_dir; /* owned; NULL: bodies are in the lines alone */
	uint64_t max;
	struct twc__http_answer answer;
	char *body; /* owned; of the answer */
	size_t n_body;
	uint64_t n; /* requests with a body of their own file */
};

/* A request's, until its body has ended. */
struct catch {
	struct capture *c;
	struct twc_http_exchange *x;
	struct twc_buf body;
	uint64_t size;
	struct twc__digest *sha256;
	uint64_t head_ns; /* reactor's clock: the head was there */
	int64_t time_us;
	int raw_fd;
	char *raw; /* owned */
	struct twc_err err; /* of ours */
};

/* ---- lines ---- */

static int open_file(const char *path, struct twc_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);

	if (fd < 0)
		twc_err_sys(err, TWC_ECANTCREAT, errno, path, "cannot create: %s", strerrordesc_np(errno));
	return fd;
}

static int write_line(struct capture *c, struct twc_buf *line, struct twc_err *err)
{
	int rc;

	if (!c->path) {
		c->s->o.line(c->s->o.arg, twc_buf_str(line));
		return 0;
	}
	rc = twc_buf_add(line, "\n", 1);
	if (rc < 0)
		return twc_err_set(err, rc, "%s", twc_err_default_text(rc));
	if (twc__write_all(c->fd, twc_buf_str(line)) < 0)
		return twc_err_sys(err, TWC_EIO, errno, c->path, "cannot write: %s", strerrordesc_np(errno));
	return 0;
}

static int catch_tell(struct catch *k, const struct twc_err *end, struct twc_err *err)
{
	uint64_t started = twc_http_request(k->x)->started_ns, now = twc_reactor_now(twc_http_reactor(k->x));
	struct twc__http_caught caught = {
		.x = k->x,
		.body = twc_buf_str(&k->body),
		.size = k->size,
		.raw = k->raw,
		.error = end->code ? end->text : NULL,
		.time_us = k->time_us,
		.head_us = (k->head_ns - started) / TWC_NS_PER_US,
		.body_us = (now - started) / TWC_NS_PER_US,
	};
	uint8_t digest[TWC__DIGEST_MAX];
	struct twc_buf line;
	int rc;

	twc__hex_encode(caught.sha256, digest, twc__digest_end(k->sha256, digest));
	twc_buf_init(&line, twc_buf_len(&k->body) * LINE_FACTOR + LINE_MORE);
	rc = twc__http_caught_write(&caught, &line) ? write_line(k->c, &line, err) :
						      twc_err_set(err, TWC_ETOOLONG, "the line of a request became too long");
	twc_buf_fini(&line);
	return rc;
}

/* ---- a request ---- */

static void raw_open(struct catch *k)
{
	struct capture *c = k->c;

	do {
		twc_free(k->raw);
		k->raw = twc_asprintf("%s/%lld-%llu.body", c->raw_dir, (long long)k->time_us, (unsigned long long)++c->n);
		k->raw_fd = open(k->raw, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	} while (k->raw_fd < 0 && errno == EEXIST);
	if (k->raw_fd < 0)
		twc_err_sys(&k->err, TWC_ECANTCREAT, errno, k->raw, "cannot create: %s", strerrordesc_np(errno));
}

static void raw_write(struct catch *k, const uint8_t *p, size_t n)
{
	if (k->raw_fd < 0)
		raw_open(k);
	if (!k->err.code && twc__write_all(k->raw_fd, (struct twc_str){ (const char *)p, n }) < 0)
		twc_err_sys(&k->err, TWC_EIO, errno, k->raw, "cannot write: %s", strerrordesc_np(errno));
}

static void catch_data(void *arg, const uint8_t *p, size_t n)
{
	struct catch *k = arg;
	size_t room = k->body.max - twc_buf_len(&k->body), keep = n < room ? n : room;
	int rc;

	k->size += n;
	twc__digest_add(k->sha256, p, n);
	if (k->err.code)
		return;
	rc = keep ? twc_buf_add(&k->body, p, keep) : 0;
	if (rc < 0)
		twc_err_set(&k->err, rc, "%s", twc_err_default_text(rc));
	else if (k->c->raw_dir)
		raw_write(k, p, n);
}

static void catch_answer(struct catch *k)
{
	struct capture *c = k->c;

	if (k->err.code) {
		twc_http_fail(k->x, &k->err);
		return;
	}
	if (c->n_body)
		twc__http_answer_begin(&c->answer, k->x);
	else
		twc_http_set_status(k->x, c->answer.status);
	twc_http_send(k->x, c->body, c->n_body);
}

static void catch_end(void *arg, const struct twc_err *err)
{
	struct catch *k = arg;

	if (!k->err.code)
		(void)catch_tell(k, err, &k->err);
	if (!err->code)
		catch_answer(k);
	else if (k->err.code)
		twc_log(twc_reactor_log(twc_http_reactor(k->x)), http, ERROR, "capture: %s", k->err.text);
	if (k->raw_fd >= 0)
		close(k->raw_fd);
	twc__digest_free(k->sha256);
	twc_buf_fini(&k->body);
	twc_free(k->raw);
	twc_free(k);
}

static const struct twc_http_body_ops catch_ops = { .data = catch_data, .end = catch_end };

static int64_t started_us(const struct twc_http_exchange *x)
{
	uint64_t ago = twc_reactor_now(twc_http_reactor(x)) - twc_http_request(x)->started_ns;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 - (int64_t)(ago / TWC_NS_PER_US);
}

static struct twc_deferred *capture_handle(void *arg, struct twc_http_exchange *x)
{
	struct capture *c = arg;
	struct catch *k = twc_calloc(1, sizeof(*k));
	struct twc_err err = { 0 };

	k->sha256 = twc__digest_new(TWC__DIGEST_SHA256, &err);
	if (!k->sha256) {
		twc_free(k);
		twc_http_fail(x, &err);
		return NULL;
	}
	k->c = c;
	k->x = x;
	k->raw_fd = -1;
	k->head_ns = twc_reactor_now(twc_http_reactor(x));
	k->time_us = started_us(x);
	twc_buf_init(&k->body, (size_t)c->max);
	twc_http_receive(x, &catch_ops, k);
	return NULL;
}

/* ---- life ---- */

static void capture_free(void *part)
{
	struct capture *c = part;

	if (c->fd >= 0)
		close(c->fd);
	twc__http_answer_fini(&c->answer);
	twc_free(c->path);
	twc_free(c->raw_dir);
	twc_free(c->body);
	twc_free(c);
}

/* The file may have been moved away. */
static int capture_reload(void *part, struct twc_err *err)
{
	struct capture *c = part;
	int fd;

	if (!c->path)
		return 0;
	fd = open_file(c->path, err);
	if (fd < 0)
		return TWC_ECANTCREAT;
	close(c->fd);
	c->fd = fd;
	return 0;
}

static bool capture_has_file(const void *part)
{
	const struct capture *c = part;

	return c->path;
}

static const struct twc__http_part_ops capture_part = {
	.name = "capture",
	.free = capture_free,
	.reload = capture_reload,
	.has_files = capture_has_file,
};

static int open_output(struct capture *c, struct twc_str arg, const char *base, struct twc_err *err)
{
	if (twc_str_is(arg, "-"))
		return c->s->o.line ? 0 : twc_err_set(err, TWC_EUSAGE, "nobody reads the lines here: name a file");
	if (!arg.n)
		return twc_err_set(err, TWC_EUSAGE, "the name of a file, or -, belongs here");
	c->path = twc__http_site_path(base, arg);
	c->fd = open_file(c->path, err);
	return c->fd < 0 ? TWC_ECANTCREAT : 0;
}

static int read_raw(struct capture *c, const struct twc__http_route_opts *o, const char *base, struct twc_err *err)
{
	struct twc_str dir;
	struct stat st;

	if (!twc__http_option_str(o, "raw", &dir))
		return 0;
	c->raw_dir = twc__http_site_path(base, dir);
	if (stat(c->raw_dir, &st) < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, c->raw_dir, "cannot open: %s", strerrordesc_np(errno));
	return S_ISDIR(st.st_mode) ? 0 : twc_err_sys(err, TWC_ENOINPUT, ENOTDIR, c->raw_dir, "not a directory");
}

static int read_options(struct capture *c, const struct twc__http_route_opts *o, const char *base, struct twc_err *err)
{
	const struct twc__http_option *body = twc__http_option_find(o, "body", NULL);
	int rc = twc__http_option_size(o, "max", &c->max, err);

	if (rc > 0 && c->max > TWC__HTTP_CAPTURE_MAX) {
		twc_err_set(err, TWC_EUSAGE, "larger than 1G");
		return twc__http_option_fail(twc__http_option_find(o, "max", NULL), err);
	}
	if (rc >= 0)
		rc = read_raw(c, o, base, err);
	if (rc < 0 || !body)
		return rc;
	c->body = twc_str_dup(body->value);
	c->n_body = body->value.n;
	rc = twc_parse_escapes(c->body, &c->n_body, err);
	return rc < 0 ? twc__http_option_fail(body, err) : 0;
}

static int capture_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
			  struct twc__http_made *out, struct twc_err *err)
{
	struct capture *c = twc_calloc(1, sizeof(*c));
	int rc;

	c->s = s;
	c->fd = -1;
	c->max = s->o.max_body < TWC__HTTP_CAPTURE_MAX ? s->o.max_body : TWC__HTTP_CAPTURE_MAX;
	rc = read_options(c, o, base, err);
	if (rc == 0)
		rc = twc__http_answer_init(&c->answer, o, "text/plain; charset=utf-8", err);
	if (rc == 0)
		rc = open_output(c, arg, base, err);
	if (rc < 0) {
		capture_free(c);
		return rc;
	}
	twc__http_site_add_part(s, &capture_part, c);
	*out = (struct twc__http_made){ .handler = { capture_handle, c } };
	return 0;
}

static const char *const capture_keys[] = { "status", "type", "body", "max", "raw", NULL };

const struct twc__http_kind twc__http_kind_capture = {
	.info = { "capture", "FILE|-", "each request as a line of JSON" },
	.keys = capture_keys,
	.create = capture_create,
};
