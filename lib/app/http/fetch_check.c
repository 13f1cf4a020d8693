/* SPDX-License-Identifier: MIT */
/*
 * A final response against what was asked for: a part must be the part (RFC 9110, 14.4 and 15.3.7), a length must be within the
 * limit. A server that sends all in place of a part is within its rights.
 */
#include "app/http/fetch_int.h"
#include "protocol/http/range.h"

#include <twc/parse.h>

#include "base/banned.h"

/* The first byte that was asked for: "0-99", "5-"; false: there is no single one ("-5", "0-1,4-5"). */
static bool first_of(const char *range, uint64_t *first)
{
	struct twc_str rest = twc_str_of(range), from;

	if (memchr(rest.p, ',', rest.n) || !twc_str_cut(&rest, '-', &from) || !rest.p)
		return false;
	return twc_parse_uint(twc_str_trim(from), 0, INT64_MAX, first, NULL) == 0;
}

static int check_part(struct twc_http_fetch *f, struct twc_err *err)
{
	struct twc__http_content_range part;
	struct twc_str value;
	uint64_t first = f->resume_from;

	if (f->resume_from == 0 && !(f->o.range && first_of(f->o.range, &first)))
		return 0;
	if (!twc_http_fields_get(&f->res->fields, "Content-Range", &value) || !twc__http_content_range_parse(value, &part) ||
	    !part.has_range)
		return twc_err_set(err, TWC_EPROTO, "a part was asked for, and the server does not say which it sends");
	if (part.range.first != first)
		return twc_err_set(err, TWC_EPROTO, "the server sends what begins at byte %llu, not at %llu",
				   (unsigned long long)part.range.first, (unsigned long long)first);
	f->offset = f->resume_from;
	return 0;
}

/* Nothing is left to be sent: good when what is there is as long as the whole. */
static int check_rest(struct twc_http_fetch *f, struct twc_err *err)
{
	struct twc__http_content_range part;
	struct twc_str value;

	if (f->resume_from == 0)
		return 0;
	if (twc_http_fields_get(&f->res->fields, "Content-Range", &value) && twc__http_content_range_parse(value, &part) &&
	    part.has_size && part.size == f->resume_from) {
		f->had_all = true;
		f->offset = f->resume_from;
		return 0;
	}
	return twc_err_set(err, TWC_EPROTO, "the server has nothing from byte %llu on", (unsigned long long)f->resume_from);
}

static int check_length(const struct twc_http_fetch *f, struct twc_err *err)
{
	if (f->o.max_bytes == 0 || f->decoder || f->res->length == TWC_HTTP_UNKNOWN || f->res->length <= f->o.max_bytes)
		return 0;
	return twc_err_set(err, TWC_ETOOLONG, "the body has %llu bytes, more than the limit of %llu",
			   (unsigned long long)f->res->length, (unsigned long long)f->o.max_bytes);
}

int twc__http_check_head(struct twc_http_fetch *f, struct twc_err *err)
{
	int rc = 0;

	f->offset = 0;
	f->had_all = false;
	if (f->res->status == 206)
		rc = check_part(f, err);
	else if (f->res->status == 416)
		rc = check_rest(f, err);
	return rc < 0 ? rc : check_length(f, err);
}
