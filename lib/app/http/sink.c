/* SPDX-License-Identifier: MIT */
/*
 * The life of a sink: NEW, OPEN or NO_USE from the last head on, OVER. Above: the output of twc http. What it is called stands
 * in sink_name.c, what becomes of the file in sink_file.c.
 *
 * A regular file: base <= at, at its length while OPEN; with a checksum hashed == at. What is written are the caller's bytes,
 * without a copy in between.
 */
#include "app/http/sink.h"
#include "protocol/http/date.h"
#include "protocol/http/range.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

#define TAG_FROM 65536 /* bytes that are worth an attribute, should the process be killed */

static int sink_set_checksum(struct twc_http_sink *s, const char *text, struct twc_err *err)
{
	int rc;

	if (!text)
		return 0;
	rc = twc__checksum_parse(twc_str_of(text), &s->want, err);
	if (rc)
		return rc;
	s->no_part = false;
	s->digest = twc__digest_new(s->want.kind, err);
	return s->digest ? 0 : TWC_ECONFIG;
}

static int sink_prepare(struct twc_http_sink *s, const struct twc_http_sink_opts *o, const struct twc_url *url,
			struct twc_err *err)
{
	if (o->header_name && (o->go_on || o->offset > 0))
		return twc_err_set(err, TWC_EUSAGE, "to go on, the name must be known before the response: not with -J");
	if (sink_set_checksum(s, o->checksum, err) || twc__http_sink_name(s, o, url, err))
		return -1;
	if (s->kind != SINK_FILE || !s->path) {
		s->asked = o->go_on ? 0 : o->offset;
		return 0;
	}
	s->is_there = o->skip_existing && access(s->path, F_OK) == 0;
	if (!s->is_there && (o->go_on || o->offset > 0))
		return twc__http_sink_look(s, o->offset, err);
	return 0;
}

struct twc_http_sink *twc_http_sink_new(const struct twc_http_sink_opts *o, const struct twc_url *url, struct twc_err *err)
{
	struct twc_http_sink *s = twc_calloc(1, sizeof(*s));

	s->fd = -1;
	s->dir = o->dir ? twc_strdup(o->dir) : NULL;
	s->header_name = o->header_name && !o->path;
	s->no_clobber = o->no_clobber;
	s->no_part = o->no_part;
	s->remove_on_error = o->remove_on_error;
	s->remote_time = o->remote_time;
	s->go_on = o->go_on;
	s->decoded = o->decoded;
	if (!sink_prepare(s, o, url, err))
		return s;
	twc_http_sink_free(s);
	return NULL;
}

void twc_http_sink_free(struct twc_http_sink *s)
{
	if (!s)
		return;
	twc_http_sink_fail(s);
	twc__digest_free(s->digest);
	twc_free(s->path);
	twc_free(s->part);
	twc_free(s->dir);
	twc_free(s->led_to);
	twc_free(s->etag);
	twc_free(s->new_etag);
	twc_free(s);
}

/* ---- the head ---- */

/* What comes next begins at the start of the file. */
static bool sink_rewind(struct twc_http_sink *s)
{
	if (s->kind != SINK_FILE || s->at == 0)
		return s->asked == 0;
	s->asked = s->at = 0;
	s->is_from_name = false;
	return true;
}

static int sink_whole(struct twc_http_sink *s, const struct twc__http_content_range *range, struct twc_err *err)
{
	if (s->kind != SINK_FILE || s->at != s->asked)
		return twc_err_set(err, TWC_EPROTO, "there is nothing behind byte %llu (416)", (unsigned long long)s->asked);
	if (!range->has_size || range->size != s->asked)
		return twc_err_set(err, TWC_EPROTO, "%llu bytes of it are there, and the server has %s (416)",
				   (unsigned long long)s->asked,
				   range->has_size && range->size < s->asked ? "fewer" : "no more of that");
	s->state = SINK_NO_USE;
	s->is_whole = true;
	return twc__http_sink_open_whole(s, err);
}

/* The response to a request to go on. */
static int sink_continue(struct twc_http_sink *s, int status, const struct twc_http_fields *fields, struct twc_err *err)
{
	struct twc__http_content_range range = { 0 };
	struct twc_str value = { 0 };
	bool has_range = twc_http_fields_get(fields, "Content-Range", &value) &&
			 twc__http_content_range_parse(value, &range);

	if (status == 206) {
		if (has_range && range.has_range && range.range.first == s->asked)
			return 0;
		return twc_err_set(err, TWC_EPROTO, "asked to go on at byte %llu, the server sends another part",
				   (unsigned long long)s->asked);
	}
	if (status == 416)
		return sink_whole(s, &range, err);
	if (status != 200)
		return twc_err_set(err, TWC_EPROTO, "asked to go on at byte %llu, the server says %d",
				   (unsigned long long)s->asked, status);
	if (!sink_rewind(s))
		return twc_err_set(err, TWC_EPROTO, "asked to go on at byte %llu, the server sends all of it",
				   (unsigned long long)s->asked);
	return 0;
}

static void sink_note_fields(struct twc_http_sink *s, const struct twc_http_fields *fields)
{
	struct twc_str value;

	s->has_modified = twc_http_fields_get(fields, "Last-Modified", &value) &&
			  twc__http_date_parse(value, (int64_t)time(NULL), &s->modified);
	s->is_coded = s->decoded && twc_http_fields_get(fields, "Content-Encoding", &value) &&
		      !twc_str_eq_nocase(value, TWC_STR("identity"));
}

static int sink_open(struct twc_http_sink *s, const struct twc_http_fields *fields, struct twc_err *err)
{
	int rc;

	if (s->kind == SINK_DEVICE && s->fd < 0) {
		s->fd = open(s->path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (s->asked ? O_APPEND : O_TRUNC));
		if (s->fd < 0)
			return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot write %.140s%s", s->path,
					   twc__http_sink_cause(errno));
	}
	if (s->kind != SINK_FILE)
		return 0;
	if (s->fd >= 0) {
		rc = twc__http_sink_cut(s, err);
	} else {
		if (s->header_name && twc__http_sink_rename(s, fields, err))
			return -1;
		rc = twc__http_sink_open(s, err);
	}
	if (!rc)
		twc__http_sink_take_etag(s, fields);
	return rc;
}

int twc_http_sink_begin(struct twc_http_sink *s, int status, const struct twc_http_fields *fields, struct twc_err *err)
{
	struct twc_err mine = { 0 };

	TWC_ASSERT(s->state == SINK_NEW);
	if (status == 304) {
		s->state = SINK_NO_USE;
		return 0;
	}
	sink_note_fields(s, fields);
	if (s->asked > 0 && sink_continue(s, status, fields, &mine))
		goto fail;
	if (s->state == SINK_NO_USE)
		return 0;
	s->first = s->asked;
	s->base = s->at;
	if (sink_open(s, fields, &mine))
		goto fail;
	s->state = SINK_OPEN;
	return 0;
fail:
	if (err)
		*err = mine;
	return mine.code;
}

/* ---- the body ---- */

static int sink_failed_write(const struct twc_http_sink *s, int sys, struct twc_err *err)
{
	if (s->kind != SINK_FILE && sys == EPIPE) /* /dev/stdout, too */
		return twc_err_sys(err, TWC_EPIPEOUT, sys, NULL, "the reader of the output has gone");
	return twc_err_sys(err, TWC_EIO, sys, NULL, "cannot write %.140s%s",
			   s->kind == SINK_FILE	    ? s->part
			   : s->kind == SINK_DEVICE ? s->path
						    : "standard output",
			   twc__http_sink_cause(sys));
}

static int sink_put(struct twc_http_sink *s, const char *p, size_t n, struct twc_err *err)
{
	int fd = s->kind == SINK_STDOUT ? STDOUT_FILENO : s->fd;

	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w >= 0) {
			p += w;
			n -= (size_t)w;
			s->at += (uint64_t)w;
		} else if (errno == EAGAIN) {
			struct pollfd ready = { .fd = fd, .events = POLLOUT };

			(void)poll(&ready, 1, -1);
		} else if (errno != EINTR) {
			return sink_failed_write(s, errno, err);
		}
	}
	return 0;
}

int twc_http_sink_write(struct twc_http_sink *s, const void *data, size_t n, struct twc_err *err)
{
	TWC_ASSERT(s->state == SINK_OPEN || s->state == SINK_NO_USE);
	if (s->state == SINK_NO_USE || n == 0)
		return 0;
	if (s->kind == SINK_STDOUT && s->at == 0 && !s->is_asked_for && memchr(data, 0, n) && isatty(STDOUT_FILENO))
		return twc_err_set(err, TWC_EUSAGE,
				   "it is no text, and standard output is a terminal; -o FILE keeps it, -o - shows it");
	if (s->digest) {
		twc__digest_add(s->digest, data, n);
		s->hashed += n;
	}
	if (s->kind == SINK_NOWHERE)
		return 0;
	if (s->new_etag && s->at >= TAG_FROM)
		twc__http_sink_tag(s);
	return sink_put(s, data, n, err);
}

bool twc_http_sink_again(struct twc_http_sink *s, bool from_start, uint64_t *offset)
{
	bool was_open = s->state == SINK_OPEN;

	if (s->state == SINK_OVER || ((s->kind == SINK_STDOUT || s->kind == SINK_DEVICE) && s->at > 0))
		return false;
	s->state = SINK_NEW;
	if (was_open && s->kind == SINK_FILE && s->go_on && !s->is_coded) {
		s->asked = s->at;
	} else if (was_open) {
		s->asked = s->first;
		s->at = s->base;
	}
	if (s->kind == SINK_NOWHERE && s->digest)
		twc__digest_restart(s->digest);
	if (from_start && !sink_rewind(s))
		return false;
	*offset = s->asked;
	return true;
}

/* ---- the end ---- */

static int sink_check(struct twc_http_sink *s, struct twc_err *err)
{
	uint8_t is[TWC__DIGEST_MAX];
	char hex[TWC__DIGEST_HEX_MAX];
	size_t n;

	if (!s->digest)
		return 0;
	n = twc__digest_end(s->digest, is);
	if (memcmp(is, s->want.bytes, n) == 0)
		return 0;
	twc__hex_encode(hex, is, n);
	return twc_err_set(err, TWC_EUNTRUSTED, "its checksum is %s:%.*s, not the one that was given",
			   twc__digest_name(s->want.kind), (int)(2 * n), hex);
}

int twc_http_sink_finish(struct twc_http_sink *s, struct twc_err *err)
{
	bool was_open = s->state == SINK_OPEN;
	int rc;

	s->state = SINK_OVER;
	if (!was_open && !s->is_whole)
		return 0;
	rc = sink_check(s, err);
	if (rc && s->kind == SINK_FILE) {
		twc__http_sink_drop(s);
		return rc;
	}
	if (s->kind == SINK_FILE && !(s->is_whole && s->is_from_name)) {
		rc = twc__http_sink_place(s, err);
		s->has_rest = rc && !s->no_part;
	}
	twc__http_sink_close(s);
	return rc;
}

void twc_http_sink_fail(struct twc_http_sink *s)
{
	bool is_file = s->kind == SINK_FILE && s->fd >= 0;

	if (s->state == SINK_OVER)
		return;
	s->state = SINK_OVER;
	if (is_file && (s->remove_on_error || (s->at == 0 && !s->no_part)))
		twc__http_sink_drop(s);
	else if (s->kind == SINK_FILE && s->at > 0 && !s->is_from_name)
		s->has_rest = true;
	twc__http_sink_tag(s);
	twc__http_sink_close(s);
}

/* ---- asking ---- */

bool twc_http_sink_is_there(const struct twc_http_sink *s)
{
	return s->is_there;
}

uint64_t twc_http_sink_offset(const struct twc_http_sink *s)
{
	return s->asked;
}

const char *twc_http_sink_if_range(const struct twc_http_sink *s)
{
	return s->etag;
}

bool twc_http_sink_is_stdout(const struct twc_http_sink *s)
{
	return s->kind == SINK_STDOUT;
}

const char *twc_http_sink_name(const struct twc_http_sink *s)
{
	return s->kind == SINK_FILE || s->kind == SINK_DEVICE ? s->path : NULL;
}

const char *twc_http_sink_rest(const struct twc_http_sink *s)
{
	return s->has_rest ? s->part : NULL;
}
