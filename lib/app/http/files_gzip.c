/* SPDX-License-Identifier: MIT */
/*
 * Files compressed on their way: a small one at once, and its gzip stays with it in the cache; of a large one
 * so much as the client takes, a piece at a time and not more than some in a turn, in chunks.
 */
#include "app/http/files.h"

#include <errno.h>
#include <unistd.h>

#include "protocol/http/coding.h"
#include "protocol/http/exchange.h"
#include "protocol/http/mime.h"
#include "protocol/http/quality.h"
#include "base/banned.h"

#define LEVEL 5 /* beyond it, much time for little */
#define PIECE (32 * 1024)
#define TURN (64 * 1024) /* of the file, before others have their turn */
#define PUMPS_MAX 64	 /* at once, each with its tables of 300 KiB; who comes then gets the file as it is */

/* ---- a small one ---- */

static int add_to(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	(void)err;
	return twc_buf_add(arg, p, n);
}

/* False: it does not become smaller, or there is no memory. */
static bool compress(struct twc__files_shared *sh, struct twc__cached_file *f)
{
	struct twc__http_encoder *enc;
	struct twc_buf out;
	int rc;

	/* What does not fit is no gain. */
	twc_buf_init(&out, f->size - 1);
	enc = twc__http_encoder_new(TWC__HTTP_ENCODE_GZIP, LEVEL, add_to, &out, NULL);
	rc = enc ? twc__http_encoder_write(enc, f->content, f->size, false, NULL) : TWC_ENOMEM;
	if (rc == 0)
		rc = twc__http_encoder_end(enc, NULL);
	twc__http_encoder_free(enc);
	if (rc == 0 || rc == TWC_ETOOLONG)
		twc__filecache_keep_gzip(sh->cache, f, twc_buf_head(&out), rc == 0 ? twc_buf_len(&out) : 0);
	twc_buf_fini(&out);
	return f->gzip != NULL;
}

/* ---- does the client want it? ---- */

bool twc__files_wants_gzip(struct twc__files_shared *sh, const struct twc_http_exchange *x,
			   struct twc__cached_file *f)
{
	static const char *const offered[] = { "gzip", NULL };
	struct twc_str accept;

	if (!sh->gzip || f->size <= TWC__FILES_GZIP_MIN || f->is_incompressible ||
	    !twc__http_mime_is_compressible(f->lines.type))
		return false;
	/* Of a length that is not known HTTP/1.0 cannot tell the end from a break. */
	if (f->file && (x->request.version == 10 || sh->n_pumps == PUMPS_MAX))
		return false;
	if (!twc_http_fields_get(&x->request.fields, "Accept-Encoding", &accept) ||
	    twc__http_choose_coding(accept, offered) != 0)
		return false;
	return f->file || f->gzip || compress(sh, f);
}

/* ---- a large one ---- */

struct pump {
	struct twc__files_shared *shared; /* borrowed */
	struct twc_http_exchange *x;
	struct twc_file *file; /* a reference of its own */
	struct twc__http_encoder *enc;
	uint64_t at, left;
	struct twc_timer turn;
};

static int write_out(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	struct pump *u = arg;

	(void)err;
	twc_http_write(u->x, p, n);
	return 0;
}

/* One piece; false: the response has ended. */
static bool pump_piece(struct pump *u)
{
	uint8_t piece[PIECE];
	struct twc_err err = { 0 };
	size_t want = u->left < sizeof(piece) ? u->left : sizeof(piece);
	ssize_t n = want ? pread(twc_file_fd(u->file), piece, want, (off_t)u->at) : 0;
	int rc;

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 || (n == 0 && want)) {
		if (n < 0)
			twc_err_sys(&err, TWC_EIO, errno, NULL, "cannot read the file that is being sent");
		else
			twc_err_set(&err, TWC_EIO, "the file that is being sent became shorter");
		twc_http_fail(u->x, &err);
		return false;
	}
	rc = n ? twc__http_encoder_write(u->enc, piece, (size_t)n, false, &err) : twc__http_encoder_end(u->enc, &err);
	if (rc < 0)
		twc_http_fail(u->x, &err);
	else if (!n)
		twc_http_end(u->x);
	u->at += (uint64_t)n;
	u->left -= (uint64_t)n;
	return rc == 0 && n > 0;
}

static void pump_turn(struct twc_timer *t, void *arg)
{
	struct pump *u = arg;
	uint64_t until = u->at + TURN;

	while (!twc_http_is_full(u->x)) {
		if (!pump_piece(u))
			return;
		if (u->at >= until) {
			twc_timer_start(twc_http_reactor(u->x), t, 0, pump_turn, u);
			return;
		}
	}
}

static void pump_drained(void *arg, struct twc_http_exchange *x)
{
	struct pump *u = arg;

	(void)x;
	if (!twc_timer_is_active(&u->turn))
		pump_turn(&u->turn, u);
}

static void pump_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct pump *u = arg;

	(void)err;
	twc_timer_stop(twc_http_reactor(x), &u->turn);
	u->shared->n_pumps--;
	twc__http_encoder_free(u->enc);
	twc_file_unref(u->file);
	twc_free(u);
}

static const struct twc_http_exchange_ops pump_ops = { .drained = pump_drained, .ended = pump_ended };

static void pump_start(struct twc__files_shared *sh, struct twc_http_exchange *x, struct twc__cached_file *f)
{
	struct twc_err err = { 0 };
	struct pump *u = twc_calloc(1, sizeof(*u));

	sh->n_pumps++;
	u->shared = sh;
	u->x = x;
	u->file = twc_file_ref(f->file);
	u->left = f->size;
	u->enc = twc__http_encoder_new(TWC__HTTP_ENCODE_GZIP, LEVEL, write_out, u, &err);
	twc_http_watch(x, &pump_ops, u);
	if (!u->enc) {
		twc_http_fail(x, &err);
		return;
	}
	twc_http_begin(x, TWC_HTTP_UNKNOWN);
	if (twc__http_is_bodiless(x))
		twc_http_end(x);
	else
		pump_turn(&u->turn, u);
}

void twc__files_send_gzip(struct twc__files_shared *sh, struct twc_http_exchange *x, struct twc__cached_file *f)
{
	twc_http_add_field(x, "Content-Encoding", "gzip");
	if (f->file)
		pump_start(sh, x, f);
	else
		twc_http_send(x, f->gzip, f->gzip_n);
}
