/* SPDX-License-Identifier: MIT */
/*
 * The length of a body and the life of a connection, decided from the fields alone (RFC 9112, 6.3 and 9.3). Both fields of
 * framing are read as what they are, a number and a list of tokens, and by no other rule; wherever the RFC lets a recipient choose
 * between repairing and refusing, a request is refused.
 */
#include "protocol/http/framing.h"

#include "protocol/http/fields.h"
#include "protocol/http/octet.h"

#include "base/banned.h"

/* What Transfer-Encoding says, all lines of it taken together. */
enum coding {
	CODING_ABSENT = 0,
	CODING_CHUNKED,
	CODING_UNKNOWN, /* others, and chunked at their end */
	CODING_BAD,	/* does not end in chunked, has it twice, or is no list of names */
};

/* The next member of a list without quotes; unlike twc_http_list_next it gives the empty ones, too. */
static bool next_member(struct twc_str *rest, struct twc_str *member)
{
	if (!twc_str_cut(rest, ',', member))
		return false;
	*member = twc_str_trim(*member);
	return true;
}

static struct twc_str value_at(const struct twc_http_fields *f, size_t i)
{
	struct twc_str value = twc_http_fields_at(f, i).value;

	return value.p ? value : TWC_STR("");
}

static enum coding read_coding(const struct twc_http_fields *f)
{
	static const char name[] = "transfer-encoding";
	enum coding coding = CODING_ABSENT;
	bool is_other = false;

	if (!twc__http_fields_may_have(f, TWC_STR(name)))
		return CODING_ABSENT;
	for (size_t i = twc_http_fields_find(f, name, 0); i != SIZE_MAX; i = twc_http_fields_find(f, name, i + 1)) {
		struct twc_str rest = value_at(f, i), member;

		while (next_member(&rest, &member)) {
			if (coding == CODING_CHUNKED || !twc_http_is_token(member))
				return CODING_BAD;
			if (twc_str_eq_nocase(member, TWC_STR("chunked")))
				coding = CODING_CHUNKED;
			else
				is_other = true;
		}
	}
	if (coding == CODING_ABSENT)
		return is_other ? CODING_BAD : CODING_ABSENT;
	return is_other ? CODING_UNKNOWN : CODING_CHUNKED;
}

/* 1: *n is the length; 0: there is none; TWC_EPROTO. `is_list`: equal ones may be repeated, on lines or with commas. */
static int read_length(const struct twc_http_fields *f, bool is_list, uint64_t *n, struct twc_err *err)
{
	static const char name[] = "content-length";
	bool has_one = false;

	if (!twc__http_fields_may_have(f, TWC_STR(name)))
		return 0;
	for (size_t i = twc_http_fields_find(f, name, 0); i != SIZE_MAX; i = twc_http_fields_find(f, name, i + 1)) {
		struct twc_str rest = value_at(f, i), member;

		if (has_one && !is_list)
			return twc_err_set(err, TWC_EPROTO, "Content-Length twice");
		while (next_member(&rest, &member)) {
			uint64_t length;

			if (!twc__http_decimal(is_list ? member : value_at(f, i), &length))
				return twc_err_set(err, TWC_EPROTO, "Content-Length is no number");
			if (has_one && length != *n)
				return twc_err_set(err, TWC_EPROTO, "Content-Length twice, with different numbers");
			*n = length;
			has_one = true;
		}
	}
	return has_one;
}

/* What Connection says. */
struct options {
	bool close, keep_alive;
	bool names_framing; /* Host or Content-Length, which are for everybody */
};

static struct options read_options(const struct twc_http_fields *f)
{
	static const char name[] = "connection";
	struct options o = { 0 };

	if (!twc__http_fields_may_have(f, TWC_STR(name)))
		return o;
	for (size_t i = twc_http_fields_find(f, name, 0); i != SIZE_MAX; i = twc_http_fields_find(f, name, i + 1)) {
		struct twc_str rest = value_at(f, i), member;

		while (next_member(&rest, &member)) {
			o.close |= twc_str_eq_nocase(member, TWC_STR("close"));
			o.keep_alive |= twc_str_eq_nocase(member, TWC_STR("keep-alive"));
			o.names_framing |= twc_str_eq_nocase(member, TWC_STR("host")) ||
					   twc_str_eq_nocase(member, TWC_STR("content-length"));
		}
	}
	return o;
}

static bool lasts(int minor, struct options o)
{
	return !o.close && (minor > 0 || o.keep_alive);
}

/* ---- requests ---- */

static int refuse(enum twc__http_fault *fault, enum twc__http_fault what, const char *text, struct twc_err *err)
{
	*fault = what;
	return twc_err_set(err, TWC_EPROTO, "%s", text);
}

int twc__http_frame_request(const struct twc__http_start *start, const struct twc_http_fields *fields,
			    struct twc__http_framing *out, enum twc__http_fault *fault, struct twc_err *err)
{
	struct options o = read_options(fields);
	enum coding coding = read_coding(fields);
	struct twc_str expect;
	uint64_t length = 0;
	int has_length = read_length(fields, false, &length, err);

	*out = (struct twc__http_framing){ .keeps_alive = lasts(start->minor, o) };
	*fault = TWC__HTTP_BAD;
	if (has_length < 0)
		return has_length;
	if (o.names_framing)
		return refuse(fault, TWC__HTTP_BAD, "Connection names a field that is for everybody", err);
	if (coding != CODING_ABSENT && has_length)
		return refuse(fault, TWC__HTTP_BAD, "Transfer-Encoding and Content-Length in one request", err);
	if (coding != CODING_ABSENT && start->minor == 0)
		return refuse(fault, TWC__HTTP_BAD, "Transfer-Encoding in a request of HTTP/1.0", err);
	if (coding == CODING_BAD)
		return refuse(fault, TWC__HTTP_BAD, "Transfer-Encoding does not end in chunked, once", err);
	if (coding == CODING_UNKNOWN)
		return refuse(fault, TWC__HTTP_BAD_CODING, "a transfer coding other than chunked", err);
	if (start->method_id == TWC_HTTP_CONNECT && (coding != CODING_ABSENT || length > 0)) /* RFC 9110, 9.3.6 */
		return refuse(fault, TWC__HTTP_BAD, "CONNECT with a body", err);
	*fault = TWC__HTTP_OK;
	if (coding == CODING_CHUNKED)
		out->body = TWC__HTTP_CHUNKED;
	else if (length > 0)
		out->body = TWC__HTTP_LENGTH;
	out->length = coding == CODING_CHUNKED ? TWC_HTTP_UNKNOWN : length;
	out->expects_continue = out->body != TWC__HTTP_NONE && start->minor > 0 &&
				twc_http_fields_get(fields, "expect", &expect) &&
				twc_str_eq_nocase(expect, TWC_STR("100-continue"));
	return 0;
}

/* ---- responses ---- */

/* Of a response that ends with its head, whatever it says. */
static int frame_bodiless(const struct twc__http_start *start, bool has_length, enum coding coding,
			  struct twc__http_framing *out, struct twc_err *err)
{
	bool claims_body = coding != CODING_ABSENT || (has_length && out->length > 0);

	if (start->status < 200 && claims_body)
		return twc_err_set(err, TWC_EPROTO, "an interim response (%d) that announces a body", start->status);
	if (start->status == 204 && claims_body)
		out->keeps_alive = false; /* it may come all the same */
	if (start->status < 200 || start->status == 204)
		out->length = 0;
	return 0;
}

static bool has_no_body(int status, enum twc_http_method method)
{
	return status < 200 || status == 204 || status == 304 || method == TWC_HTTP_HEAD;
}

int twc__http_frame_response(const struct twc__http_start *start, const struct twc_http_fields *fields, enum twc_http_method method,
			     bool lenient, struct twc__http_framing *out, struct twc_err *err)
{
	enum coding coding = read_coding(fields);
	uint64_t length = TWC_HTTP_UNKNOWN;
	int has_length;

	*out = (struct twc__http_framing){ .length = TWC_HTTP_UNKNOWN };
	if (start->status == 101 || (method == TWC_HTTP_CONNECT && start->status / 100 == 2)) {
		out->body = TWC__HTTP_TUNNEL;
		return 0;
	}
	out->keeps_alive = lasts(start->minor, read_options(fields));
	has_length = read_length(fields, true, &length, err);
	if (has_length < 0)
		return has_length;
	if (coding != CODING_ABSENT && has_length) {
		if (!lenient)
			return twc_err_set(err, TWC_EPROTO, "Transfer-Encoding and Content-Length in one response");
		out->keeps_alive = false;
		length = TWC_HTTP_UNKNOWN;
	}
	if (coding != CODING_ABSENT && start->minor == 0)
		return twc_err_set(err, TWC_EPROTO, "Transfer-Encoding in a response of HTTP/1.0");
	if (coding == CODING_BAD)
		return twc_err_set(err, TWC_EPROTO, "Transfer-Encoding does not end in chunked, once");
	if (coding == CODING_UNKNOWN)
		return twc_err_set(err, TWC_EPROTO, "a transfer coding other than chunked");
	out->length = length;
	if (has_no_body(start->status, method))
		return frame_bodiless(start, has_length, coding, out, err);
	if (coding == CODING_CHUNKED) {
		out->body = TWC__HTTP_CHUNKED;
	} else if (has_length) {
		out->body = length > 0 ? TWC__HTTP_LENGTH : TWC__HTTP_NONE;
	} else {
		out->body = TWC__HTTP_UNTIL_CLOSE;
		out->keeps_alive = false;
	}
	return 0;
}
