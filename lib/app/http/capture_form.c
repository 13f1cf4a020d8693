/* SPDX-License-Identifier: MIT */
/* Queries and forms as JSON: pairs in their order, and the parts of multipart/form-data. */
#include "app/http/capture.h"

#include <twc/url.h>

#include "protocol/http/multipart_read.h"
#include "base/banned.h"

/* ---- pairs ---- */

static void add_decoded(struct twc_json *j, struct twc_str encoded, struct twc_buf *room)
{
	twc_buf_clear(room);
	if (!encoded.p)
		twc_json_null(j, NULL);
	else if (twc_form_decode(encoded, room) == 0)
		twc_json_str(j, NULL, twc_buf_str(room));
	else
		j->failed = true;
}

void twc__http_caught_pairs(struct twc_json *j, const char *key, struct twc_str form)
{
	struct twc_str name, value;
	struct twc_buf room;

	if (!form.p) {
		twc_json_null(j, key);
		return;
	}
	twc_buf_init(&room, form.n);
	twc_json_open(j, key, '[');
	while (twc_form_next(&form, &name, &value)) {
		twc_json_open(j, NULL, '[');
		add_decoded(j, name, &room);
		add_decoded(j, value, &room);
		twc_json_close(j, ']');
	}
	twc_json_close(j, ']');
	twc_buf_fini(&room);
}

/* ---- parts ---- */

struct parts {
	struct twc_json *j;
	struct twc__digest *sha256;
	struct twc_buf data; /* of the part at hand, as much as is told */
	uint64_t size;
	bool is_open;
};

static int part_begin(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct parts *p = arg;

	(void)err;
	twc_json_open(p->j, NULL, '{');
	twc_json_str(p->j, "name", part->name);
	twc_json_str(p->j, "filename", part->filename);
	twc_json_str(p->j, "type", part->type);
	twc_buf_clear(&p->data);
	p->size = 0;
	p->is_open = true;
	return 0;
}

static int part_data(void *arg, const uint8_t *data, size_t n, struct twc_err *err)
{
	struct parts *p = arg;
	size_t room = TWC__HTTP_CAPTURE_PART_MAX - twc_buf_len(&p->data);
	int rc = twc_buf_add(&p->data, data, n < room ? n : room);

	p->size += n;
	twc__digest_add(p->sha256, data, n);
	return rc < 0 ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

static int part_end(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err)
{
	struct parts *p = arg;
	uint8_t digest[TWC__DIGEST_MAX];
	char hex[TWC__DIGEST_HEX_MAX];
	size_t n = twc__digest_end(p->sha256, digest);

	(void)part;
	(void)err;
	twc__hex_encode(hex, digest, n);
	twc_json_uint(p->j, "bytes", p->size);
	twc_json_str(p->j, "sha256", (struct twc_str){ hex, 2 * n });
	if (p->size == twc_buf_len(&p->data))
		twc_json_bytes(p->j, "text", "base64", twc_buf_str(&p->data));
	else
		twc_json_null(p->j, "text");
	twc_json_close(p->j, '}');
	p->is_open = false;
	return 0;
}

static const struct twc__http_multipart_ops part_ops = { part_begin, part_data, part_end };

/* Of a body that breaks off in the middle of its parts, those before are told. */
static int write_parts(struct twc_json *j, const char *boundary, struct twc_str body, struct twc_err *err)
{
	struct parts p = { .j = j };
	struct twc__http_multipart m;
	int rc;

	p.sha256 = twc__digest_new(TWC__DIGEST_SHA256, err);
	if (!p.sha256)
		return err->code;
	twc_buf_init(&p.data, TWC__HTTP_CAPTURE_PART_MAX);
	twc__http_multipart_init(&m, boundary, &part_ops, &p);
	twc_json_open(j, "multipart", '[');
	rc = twc__http_multipart_feed(&m, (const uint8_t *)body.p, body.n, err);
	if (rc == 0)
		rc = twc__http_multipart_finish(&m, err);
	if (p.is_open)
		twc_json_close(j, '}');
	twc_json_close(j, ']');
	twc__http_multipart_fini(&m);
	twc__digest_free(p.sha256);
	twc_buf_fini(&p.data);
	return rc;
}

static bool is_urlencoded(struct twc_str type)
{
	struct twc_str rest = type, media;

	return twc_str_cut(&rest, ';', &media) &&
	       twc_str_eq_nocase(twc_str_trim(media), TWC_STR("application/x-www-form-urlencoded"));
}

static bool is_multipart(struct twc_str type)
{
	return type.n > 20 && twc_str_eq_nocase((struct twc_str){ type.p, 20 }, TWC_STR("multipart/form-data;"));
}

void twc__http_caught_form(struct twc_json *j, struct twc_str type, struct twc_str body, bool is_whole)
{
	char boundary[TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1];
	struct twc_err err = { 0 };
	struct twc_str none = { NULL, 0 };
	int rc = 0;

	if (is_whole && is_urlencoded(type)) {
		if (!body.p)
			body = TWC_STR("");
		twc__http_caught_pairs(j, "form", body);
	} else {
		twc__http_caught_pairs(j, "form", none);
	}
	if (is_whole && is_multipart(type)) {
		rc = twc__http_multipart_boundary(type, boundary, &err);
		if (rc == 0)
			rc = write_parts(j, boundary, body, &err);
		else
			twc_json_null(j, "multipart");
	} else {
		twc_json_null(j, "multipart");
	}
	twc_json_text(j, "form_error", rc < 0 ? err.text : NULL);
}
