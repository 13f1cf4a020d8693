/* SPDX-License-Identifier: MIT */
/*
 * One file as a response (RFC 9110, 13 and 14): which representation, whether the client has it already, and
 * which parts it wants. What is asked for most often, all of a small file by who has nothing of it, is one copy
 * of lines and one write.
 */
#include "app/http/files.h"

#include <errno.h>
#include <time.h>

#include "base/digest.h"
#include "protocol/http/exchange.h"
#include "protocol/http/fields.h"
#include "protocol/http/precond.h"
#include "protocol/http/quality.h"
#include "protocol/http/range.h"
#include "base/banned.h"

#define BOUNDARY_N 24 /* hexadecimal digits */

/* ---- the request ---- */

struct twc_str twc__files_field(struct twc_http_exchange *x, const char *name)
{
	const struct twc_http_fields *f = &x->request.fields;
	struct twc_str first = { NULL, 0 };
	size_t i = twc_http_fields_find(f, name, 0), next, n;
	char *all;

	if (i == SIZE_MAX)
		return first;
	first = twc_http_fields_at(f, i).value;
	next = twc_http_fields_find(f, name, i + 1);
	if (next == SIZE_MAX)
		return first.p ? first : TWC_STR("");
	n = 0;
	for (size_t at = i; at != SIZE_MAX; at = twc_http_fields_find(f, name, at + 1))
		n += twc_http_fields_at(f, at).value.n + 1;
	all = twc__http_exchange_alloc(x, n);
	n = 0;
	for (size_t at = i; at != SIZE_MAX; at = twc_http_fields_find(f, name, at + 1)) {
		struct twc_str value = twc_http_fields_at(f, at).value;

		if (value.n)
			memcpy(all + n, value.p, value.n);
		n += value.n;
		all[n++] = ',';
	}
	return (struct twc_str){ all, n - 1 };
}

/* Most requests ask for the whole, come what may: then no name need be looked for. */
static bool may_have_conditions(const struct twc_http_fields *f)
{
	const uint64_t any = twc__http_name_mask(TWC_STR("If-Match")) | twc__http_name_mask(TWC_STR("If-None-Match")) |
			     twc__http_name_mask(TWC_STR("If-Modified-Since")) |
			     twc__http_name_mask(TWC_STR("If-Unmodified-Since")) | twc__http_name_mask(TWC_STR("Range"));

	return f->present & any;
}

/* False: it asks for the whole. */
static bool read_conditions(struct twc_http_exchange *x, struct twc__http_conditions *c)
{
	*c = (struct twc__http_conditions){ .method = x->request.method };
	if (!may_have_conditions(&x->request.fields))
		return false;
	*c = (struct twc__http_conditions){
		.method = x->request.method,
		.if_match = twc__files_field(x, "If-Match"),
		.if_unmodified_since = twc__files_field(x, "If-Unmodified-Since"),
		.if_none_match = twc__files_field(x, "If-None-Match"),
		.if_modified_since = twc__files_field(x, "If-Modified-Since"),
		.has_range = twc_http_fields_get(&x->request.fields, "Range", NULL),
	};
	if (c->has_range)
		c->if_range = twc__files_field(x, "If-Range");
	return c->has_range || c->if_match.p || c->if_unmodified_since.p || c->if_none_match.p ||
	       c->if_modified_since.p;
}

bool twc__files_is_read(struct twc_http_exchange *x)
{
	enum twc_http_method m = x->request.method_id;

	if (m == TWC_HTTP_GET || m == TWC_HTTP_HEAD)
		return true;
	twc_http_set_field(x, "Allow", "GET, HEAD, OPTIONS");
	if (m == TWC_HTTP_OPTIONS) {
		twc_http_set_status(x, 204);
		twc_http_send(x, NULL, 0);
	} else {
		twc_http_send_error(x, 405, NULL);
	}
	return false;
}

/* ---- bytes ---- */

/* The response has begun. */
static void write_part(struct twc_http_exchange *x, const struct twc__cached_file *f, uint64_t first, uint64_t n)
{
	if (f->file)
		twc_http_write_file(x, f->file, first, n);
	else
		twc_http_write(x, f->content + first, n);
}

static void send_part(struct twc_http_exchange *x, const struct twc__cached_file *f, uint64_t first, uint64_t n)
{
	if (!f->file) {
		twc__http_exchange_hold(x, f->blob);
		twc_http_send(x, f->content + first, n);
		return;
	}
	twc_http_begin(x, n);
	twc_http_write_file(x, f->file, first, n);
	twc_http_end(x);
}

static void add_lines(struct twc_http_exchange *x, const struct twc__cached_file *f, size_t from, size_t to)
{
	twc__http_add_lines(x, (struct twc_str){ f->lines.text + from, to - from });
}

void twc__files_answer_as(struct twc_http_exchange *x, struct twc__cached_file *f, int status)
{
	twc_http_set_status(x, status);
	twc_http_add_field(x, "X-Content-Type-Options", "nosniff");
	add_lines(x, f, f->lines.untyped, f->lines.len);
	send_part(x, f, 0, f->size);
}

/* ---- parts ---- */

static void send_one(struct twc_http_exchange *x, const struct twc__cached_file *f, struct twc__http_range r)
{
	char text[TWC__HTTP_CONTENT_RANGE_MAX];
	size_t n = twc__http_content_range_format(text, r, f->size);

	add_lines(x, f, 0, f->lines.len);
	twc_http_add_field_str(x, TWC_STR("Content-Range"), (struct twc_str){ text, n });
	send_part(x, f, r.first, r.len);
}

static void send_many(struct twc_http_exchange *x, const struct twc__cached_file *f,
		      const struct twc__http_ranges *ranges)
{
	char type[] = "multipart/byteranges; boundary=000000000000000000000000";
	char *boundary = type + sizeof(type) - 1 - BOUNDARY_N, *head;
	struct twc__http_byteranges b = { ranges, f->size, f->lines.type, { boundary, BOUNDARY_N } };
	uint8_t random[BOUNDARY_N / 2];
	uint64_t len;
	size_t n;

	twc__random(random, sizeof(random));
	twc__hex_encode(boundary, random, sizeof(random));
	if (!twc__http_byteranges_len(&b, &len)) {
		add_lines(x, f, 0, f->lines.len);
		twc_http_set_status(x, 200);
		send_part(x, f, 0, f->size);
		return;
	}
	add_lines(x, f, 0, f->lines.untyped);
	twc_http_add_field(x, "Content-Type", type);
	twc_http_begin(x, len);
	for (size_t i = 0; i < ranges->n; i++) {
		n = twc__http_byteranges_head(&b, i, NULL, 0);
		head = twc__http_exchange_alloc(x, n);
		twc__http_byteranges_head(&b, i, head, n);
		twc_http_write(x, head, n);
		write_part(x, f, ranges->at[i].first, ranges->at[i].len);
	}
	n = twc__http_byteranges_tail(&b, NULL, 0);
	head = twc__http_exchange_alloc(x, n);
	twc__http_byteranges_tail(&b, head, n);
	twc_http_write(x, head, n);
	twc_http_end(x);
}

static void send_unsatisfiable(struct twc_http_exchange *x, const struct twc__cached_file *f)
{
	char text[TWC__HTTP_CONTENT_RANGE_MAX];
	size_t n = twc__http_content_range_none(text, f->size);

	twc_http_add_field_str(x, TWC_STR("Content-Range"), (struct twc_str){ text, n });
	twc_http_send_error(x, 416, NULL);
}

/* True: answered. */
static bool send_ranges(struct twc_http_exchange *x, const struct twc__cached_file *f)
{
	const struct twc_http_fields *fields = &x->request.fields;
	size_t i = twc_http_fields_find(fields, "Range", 0);
	struct twc__http_ranges ranges;

	if (twc_http_fields_find(fields, "Range", i + 1) != SIZE_MAX)
		return false;
	switch (twc__http_range_parse(twc_http_fields_at(fields, i).value, f->size, &ranges)) {
	case TWC__HTTP_RANGE_IGNORE:
		return false;
	case TWC__HTTP_RANGE_UNSATISFIABLE:
		send_unsatisfiable(x, f);
		return true;
	case TWC__HTTP_RANGE_PARTS:
		break;
	}
	twc_http_set_status(x, 206);
	if (ranges.n == 1)
		send_one(x, f, ranges.at[0]);
	else
		send_many(x, f, &ranges);
	return true;
}

/* ---- which representation ---- */

/* A compressed one beside it that the client prefers, unless it is older than the file; `f` when there is none. */
static struct twc__cached_file *find_beside(struct twc__files_root *root, struct twc_http_exchange *x,
					    struct twc_str path, struct twc__cached_file *f)
{
	const struct twc__files_shared *sh = root->shared;
	struct twc_str accept = twc__files_field(x, "Accept-Encoding");
	const char *offered[TWC__FILE_CODINGS + 1];
	uint8_t coding[TWC__FILE_CODINGS];
	unsigned n = sh->n_beside;
	int choice, why;

	if (!accept.p)
		return f;
	for (unsigned i = 0; i < n; i++) {
		coding[i] = sh->beside[i];
		offered[i] = twc__file_codings[coding[i]].name;
	}
	offered[n] = NULL;
	while (n && (choice = twc__http_choose_coding(accept, offered)) >= 0) {
		const char *suffix = twc__file_codings[coding[choice]].suffix;
		size_t suffix_n = strlen(suffix);
		char *beside = twc__http_exchange_alloc(x, path.n + suffix_n + 2);
		struct twc__cached_file *found;

		memcpy(beside, path.p, path.n);
		beside[path.n] = '.';
		memcpy(beside + path.n + 1, suffix, suffix_n + 1);
		found = twc__filecache_get(sh->cache, &root->owner, (struct twc_str){ beside, path.n + 1 + suffix_n },
					   coding[choice] + 1, &why);
		if (found && found->lines.mtime >= f->lines.mtime)
			return found;
		n--;
		memmove(coding + choice, coding + choice + 1, n - (unsigned)choice);
		memmove(offered + choice, offered + choice + 1, (n - (unsigned)choice + 1) * sizeof(offered[0]));
	}
	return f;
}

/* ---- the answer ---- */

/* False: it was answered with 304 or 412. *c->has_range: parts may be sent. */
static bool check(struct twc_http_exchange *x, struct twc__http_conditions *c, const struct twc__cached_file *f,
		  struct twc_str etag)
{
	const struct twc__http_validators v = {
		.exists = true,
		.has_mtime = true,
		.mtime = f->lines.mtime,
		.etag = etag,
	};
	bool use_range;

	switch (twc__http_precond_check(c, &v, time(NULL), &use_range)) {
	case TWC__HTTP_PROCEED:
		c->has_range = use_range;
		return true;
	case TWC__HTTP_FAILED:
		twc_http_send_error(x, 412, NULL);
		return false;
	case TWC__HTTP_NOT_MODIFIED:
		break;
	}
	twc_http_set_status(x, 304);
	twc_http_add_field_str(x, TWC_STR("ETag"), etag);
	add_lines(x, f, (size_t)(f->lines.etag.p - f->lines.text) + f->lines.etag.n + 2, f->lines.validators);
	twc_http_send(x, NULL, 0);
	return false;
}

/* Compressed on the way its bytes are others each time, perhaps: the tag is weak, and parts there are none. */
static void answer_gzip(struct twc__files_shared *sh, struct twc_http_exchange *x, struct twc__http_conditions *c,
			struct twc__cached_file *f)
{
	char *weak = twc__http_exchange_alloc(x, f->lines.etag.n + 2);
	struct twc_str etag = { weak, f->lines.etag.n + 2 };

	memcpy(weak, "W/", 2);
	memcpy(weak + 2, f->lines.etag.p, f->lines.etag.n);
	if (!check(x, c, f, etag))
		return;
	twc_http_add_field_str(x, TWC_STR("ETag"), etag);
	add_lines(x, f, (size_t)(f->lines.etag.p - f->lines.text) + f->lines.etag.n + 2, f->lines.validators);
	twc_http_add_field(x, "X-Content-Type-Options", "nosniff");
	add_lines(x, f, f->lines.untyped, f->lines.len);
	twc__files_send_gzip(sh, x, f);
}

void twc__files_answer(struct twc__files_root *root, struct twc_http_exchange *x, struct twc_str path,
		       struct twc__cached_file *f)
{
	struct twc__files_shared *sh = root->shared;
	struct twc__http_conditions c;
	bool has_conditions = read_conditions(x, &c);
	struct twc__cached_file *whole = f;

	if (sh->n_beside)
		f = find_beside(root, x, path, f);
	if (sh->gzip && f == whole && !c.has_range && twc__files_wants_gzip(sh, x, f)) {
		answer_gzip(sh, x, &c, f);
		return;
	}
	if (has_conditions) {
		if (!check(x, &c, f, f->lines.etag) || (c.has_range && send_ranges(x, f)))
			return;
	}
	add_lines(x, f, 0, f->lines.len);
	send_part(x, f, 0, f->size);
}

bool twc__files_is_missing(int why)
{
	switch (-why) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case EXDEV:
	case EINVAL:
	case ENAMETOOLONG:
		return true;
	default:
		return false;
	}
}

void twc__files_refuse(struct twc_http_exchange *x, int why)
{
	struct twc_err err = { 0 };

	if (twc__files_is_missing(why)) {
		twc_http_send_error(x, 404, NULL);
		return;
	}
	switch (-why) {
	case EACCES:
	case EPERM:
		twc_http_send_error(x, 403, NULL);
		break;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EAGAIN:
		twc_http_add_field(x, "Retry-After", "1");
		twc_http_send_error(x, 503, NULL);
		break;
	default:
		twc_err_sys(&err, TWC_EIO, -why, NULL, "cannot read a file");
		twc_http_fail(x, &err);
		break;
	}
}
