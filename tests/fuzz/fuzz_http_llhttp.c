/* SPDX-License-Identifier: MIT */
/*
 * Our reader of HTTP/1 beside llhttp, which Node has: a message that ours takes, llhttp must take, too, and find the same
 * target, fields, body and end in it. Not the other way round: llhttp 8.1 is known to take more. First byte: request, response, or
 * response to HEAD.
 */
#include <llhttp.h>

#include <stdio.h>

#include "support/http_reader.h"

#define MOST (1u << 20)

/* What llhttp said. */
struct other {
	llhttp_t parser;
	struct twc_buf target, body;
	struct twc_http_fields fields;
	struct twc_buf name, value; /* of the field that is being read */
	bool is_head, has_head, is_whole;
	bool in_trailers;
};

static struct other *of(llhttp_t *parser)
{
	return parser->data;
}

static int keep(struct twc_buf *b, const char *p, size_t n)
{
	TWC_ASSERT(twc_buf_add(b, p, n) == 0);
	return 0;
}

static int on_url(llhttp_t *p, const char *at, size_t n) { return keep(&of(p)->target, at, n); }
static int on_name(llhttp_t *p, const char *at, size_t n) { return keep(&of(p)->name, at, n); }
static int on_value(llhttp_t *p, const char *at, size_t n) { return keep(&of(p)->value, at, n); }
static int on_body(llhttp_t *p, const char *at, size_t n) { return keep(&of(p)->body, at, n); }

static int on_field(llhttp_t *p)
{
	struct other *o = of(p);

	if (!o->in_trailers)
		twc_http_fields_add(&o->fields, twc_buf_str(&o->name), twc_buf_str(&o->value), NULL);
	twc_buf_clear(&o->name);
	twc_buf_clear(&o->value);
	return 0;
}

/* llhttp wants to be told of what has no body; 1: none. */
static int on_head(llhttp_t *p)
{
	struct other *o = of(p);
	int status = p->status_code;

	o->has_head = o->in_trailers = true;
	return p->type == HTTP_RESPONSE && (o->is_head || status / 100 == 1 || status == 204 || status == 304);
}

static int on_whole(llhttp_t *p)
{
	of(p)->is_whole = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_header_value_complete = on_field,
	.on_headers_complete = on_head,
	.on_body = on_body,
	.on_message_complete = on_whole,
};

static void other_init(struct other *o, bool is_response, bool is_head)
{
	*o = (struct other){ .is_head = is_head };
	twc_buf_init(&o->target, MOST);
	twc_buf_init(&o->body, MOST);
	twc_buf_init(&o->name, MOST);
	twc_buf_init(&o->value, MOST);
	llhttp_init(&o->parser, is_response ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
	o->parser.data = o;
}

static void other_fini(struct other *o)
{
	twc_buf_fini(&o->target);
	twc_buf_fini(&o->body);
	twc_buf_fini(&o->name);
	twc_buf_fini(&o->value);
	twc_http_fields_fini(&o->fields);
}

/* Does the line around p[at] have an extension? */
static bool has_extension(const char *p, size_t n, size_t at)
{
	size_t begin = at < n ? at : n, end = begin;

	while (begin > 0 && p[begin - 1] != '\n')
		begin--;
	while (end < n && p[end] != '\n')
		end++;
	return end > begin && memchr(p + begin, ';', end - begin);
}

/* What llhttp refuses although it is good, and frames no other way. */
static bool is_known_refusal(enum llhttp_errno code, const struct http_reader *r, const char *p, size_t n, size_t at)
{
	if (r->rc == 0 && r->phase == READ_CHUNKS)
		return true; /* the head of a chunk may be unfinished, and not yet good */
	switch (code) {
	case HPE_INVALID_METHOD:  /* it has a list of them */
	case HPE_INVALID_VERSION: /* 1.0 and 1.1 only */
	case HPE_INVALID_URL:	  /* octets that users send as they are */
	case HPE_INVALID_TRANSFER_ENCODING: /* a tab after the last coding; in trailers, where we leave it out */
		return true;
	case HPE_UNEXPECTED_CONTENT_LENGTH: /* in a response: twice the same, or a list; in trailers: we leave it out */
	case HPE_INVALID_CONTENT_LENGTH:
		return r->role == TWC__HTTP_RESPONSE || r->phase == READ_TRAILERS;
	case HPE_INVALID_CHUNK_SIZE: /* blanks around an extension (BWS), a quoted value */
	case HPE_STRICT:
		return has_extension(p, n, at);
	default:
		return false;
	}
}

static void complain(const struct http_reader *r, const struct other *o, enum llhttp_errno code, size_t used)
{
	fprintf(stderr, "ours: %d, ends at %zu, %zu fields, %zu bytes; llhttp: %s, ends at %zu, %zu fields, %zu bytes\n", r->rc, r->at,
		twc_http_fields_count(&r->fields), twc_buf_len(&r->body), llhttp_errno_name(code), used,
		twc_http_fields_count(&o->fields), twc_buf_len(&o->body));
}

static void compare(const struct http_reader *r, struct other *o, const char *p, size_t n, bool is_response)
{
	enum llhttp_errno code = llhttp_execute(&o->parser, p, n);
	size_t used = code == HPE_OK ? n : (size_t)(llhttp_get_error_pos(&o->parser) - p);
	bool is_good = code == HPE_OK || code == HPE_PAUSED || code == HPE_PAUSED_UPGRADE;

	if (!is_good && is_known_refusal(code, r, p, n, used))
		return;
	is_good = is_good && o->has_head && http_fields_same(&r->fields, &o->fields) &&
		  twc_str_eq(twc_buf_str(&r->body), twc_buf_str(&o->body)) && o->is_whole == (r->rc == 1) &&
		  (r->rc == 0 || used == r->at);
	if (is_good && !is_response)
		is_good = twc_str_eq(twc_buf_str(&o->target), r->head.start.target) &&
			  twc_str_eq(twc_str_of(llhttp_method_name(o->parser.method)), r->head.start.method);
	if (is_good && is_response)
		is_good = o->parser.status_code == r->head.start.status;
	if (!is_good) {
		complain(r, o, code, used);
		TWC_BUG("two readers, two opinions");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct twc__http_limits limits = { .fields = 100 };
	bool is_response = n > 0 && data[0] % 3 > 0, is_head = n > 0 && data[0] % 3 == 2;
	struct http_reader r;
	struct other o;

	if (n < 1)
		return 0;
	http_reader_init(&r, is_response ? TWC__HTTP_RESPONSE : TWC__HTTP_REQUEST, &limits);
	r.method = is_head ? TWC_HTTP_HEAD : TWC_HTTP_GET;
	http_reader_feed(&r, data + 1, n - 1);
	if (r.rc == 1 || (r.rc == 0 && r.phase != READ_HEAD && r.phase != READ_TRAILERS)) { /* no line is waited for */
		other_init(&o, is_response, is_head);
		compare(&r, &o, (const char *)data + 1, n - 1, is_response);
		other_fini(&o);
	}
	http_reader_fini(&r);
	return 0;
}
