/* SPDX-License-Identifier: MIT */
/*
 * Heads, line by line: each is judged as soon as its LF is there, and leaves an entry in the list of fields; when the empty line
 * has come, the bytes are copied beside the entries, and only then the list has a length. Within a line the length is looked
 * at first, then its end, then what it says: so the first fault is the same, however the bytes were cut.
 *
 * Between two calls: start_at <= line <= scanned <= bytes fed; entries lie before `line`.
 */
#include "protocol/http/head.h"

#include "protocol/http/fields.h"
#include "protocol/http/octet.h"

#include "base/banned.h"

#define VERSION_LEN 8			     /* HTTP/1.1 */
#define START_REST (TWC__HTTP_METHOD_MAX + 2 + VERSION_LEN) /* a request line but for its target */

int twc__http_fault_status(enum twc__http_fault fault)
{
	switch (fault) {
	case TWC__HTTP_OK: return 500; /* a failure of our own: memory */
	case TWC__HTTP_BAD: return 400;
	case TWC__HTTP_TARGET_TOO_LONG: return 414;
	case TWC__HTTP_FIELDS_TOO_LARGE: return 431;
	case TWC__HTTP_BAD_METHOD: return 501;
	case TWC__HTTP_BAD_VERSION: return 505;
	case TWC__HTTP_BAD_CODING: return 501;
	case TWC__HTTP_TOO_LARGE: return 413;
	}
	return 500;
}

static size_t within(size_t limit, size_t most)
{
	return limit > 0 && limit < most ? limit : most;
}

void twc__http_head_init(struct twc__http_head *h, enum twc__http_role role, const struct twc__http_limits *limits,
			 struct twc_http_fields *fields)
{
	size_t head = within(limits->head, TWC_HTTP_FIELDS_BYTES);

	*h = (struct twc__http_head){ .role = role, .fields = fields };
	h->limits.head = head;
	h->limits.target = within(limits->target, head);
	h->limits.line = within(limits->line, head);
	h->limits.fields = (unsigned)within(limits->fields, TWC_HTTP_FIELDS_MAX);
}

void twc__http_head_reset(struct twc__http_head *h)
{
	*h = (struct twc__http_head){
		.role = h->role,
		.lenient = h->lenient,
		.limits = h->limits,
		.fields = h->fields,
	};
}

static int fault(struct twc__http_head *h, enum twc__http_fault what, size_t at, const char *text, struct twc_err *err)
{
	bool is_size = what == TWC__HTTP_FIELDS_TOO_LARGE || what == TWC__HTTP_TARGET_TOO_LONG;

	h->fault = what;
	h->fault_at = at;
	twc_http_fields_clear(h->fields);
	return twc_err_set(err, is_size ? TWC_ETOOLONG : TWC_EPROTO, "%s", text);
}

static int bad(struct twc__http_head *h, const char *p, const char *at, const char *text, struct twc_err *err)
{
	return fault(h, TWC__HTTP_BAD, (size_t)(at - p), text, err);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- octets of a value, eight at a time ---- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Not 0 when one of eight octets is below 20 or is 7f. */
static uint64_t controls(const char *p)
{
	uint64_t w, del;

	memcpy(&w, p, sizeof(w));
	del = w ^ EACH(0x7f);
	return (((w - EACH(0x20)) & ~w) | ((del - EACH(0x01)) & ~del)) & EACH(0x80);
}

static bool has_controls(const char *p, size_t n)
{
	uint64_t found = 0;

	if (n < 8) {
		for (size_t i = 0; i < n; i++)
			if (!twc__http_is((unsigned char)p[i], TWC__HTTP_VALUE))
				return true;
		return false;
	}
	for (size_t i = 0; i + 8 < n; i += 8)
		found |= controls(p + i);
	return (found | controls(p + n - 8)) != 0;
}

/* The first octet of [at, end) that no value may hold; `end` when there is none. */
static const char *value_fault(const char *at, const char *end)
{
	if (!has_controls(at, (size_t)(end - at)))
		return end;
	while (at < end && twc__http_is((unsigned char)*at, TWC__HTTP_VALUE)) /* it may be a tab */
		at++;
	return at;
}

static int control_fault(struct twc__http_head *h, const char *p, const char *at, struct twc_err *err)
{
	return bad(h, p, at, *at == '\r' ? "CR without LF in the head" : "control character in the head", err);
}

/* ---- the start line ---- */

/* `at` is where eight octets should be "HTTP/1.x"; the line has no fewer. */
static int read_version(struct twc__http_head *h, const char *p, const char *at, struct twc_err *err)
{
	static const char form[] = "HTTP/";

	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (at[i] != form[i])
			return bad(h, p, at + i, "no version of HTTP in the first line", err);
	if (!twc__http_is((unsigned char)at[5], TWC__HTTP_DIGIT) || at[6] != '.' ||
	    !twc__http_is((unsigned char)at[7], TWC__HTTP_DIGIT))
		return bad(h, p, at + 5, "malformed version of HTTP", err);
	if (at[5] != '1')
		return fault(h, TWC__HTTP_BAD_VERSION, (size_t)(at + 5 - p), "a version of HTTP that is not 1.x", err);
	h->start.minor = at[7] > '0';
	return 0;
}

static int read_request_line(struct twc__http_head *h, const char *p, const char *end, struct twc_err *err)
{
	const char *method = p + h->start_at, *at = method, *target;

	while (twc__http_is((unsigned char)*at, TWC__HTTP_TCHAR)) /* the line's end is none */
		if (++at - method > TWC__HTTP_METHOD_MAX)
			return fault(h, TWC__HTTP_BAD_METHOD, (size_t)(at - 1 - p), "a method of more than 20 bytes", err);
	if (at == method || *at != ' ')
		return bad(h, p, at, "the first line is not METHOD TARGET HTTP/1.1", err);
	h->start.method = (struct twc_str){ method, (size_t)(at - method) };
	h->start.method_id = twc_http_method_of(h->start.method);
	target = ++at;
	while (twc__http_is((unsigned char)*at, TWC__HTTP_TARGET))
		at++;
	h->second = (size_t)(target - p);
	h->start.target.n = (size_t)(at - target);
	if (h->start.target.n > h->limits.target)
		return fault(h, TWC__HTTP_TARGET_TOO_LONG, h->second + h->limits.target, "request-target too long", err);
	if (at == target || (*at != ' ' && at < end))
		return bad(h, p, at, "malformed request-target", err);
	if (at == end)
		return bad(h, p, at, "the first line ends without a version: HTTP/0.9 is not spoken", err);
	if (end - ++at != VERSION_LEN)
		return bad(h, p, at, "malformed version of HTTP", err);
	return read_version(h, p, at, err);
}

static int read_status_line(struct twc__http_head *h, const char *p, const char *end, struct twc_err *err)
{
	const char *begin = p + h->start_at, *at = begin + VERSION_LEN, *wrong;
	int rc;

	if (end - begin < VERSION_LEN + 4)
		return bad(h, p, end, "the first line ends before a status", err);
	if ((rc = read_version(h, p, begin, err)))
		return rc;
	if (*at++ != ' ')
		return bad(h, p, at - 1, "malformed version of HTTP", err);
	for (int i = 0; i < 3; i++, at++) {
		if (!twc__http_is((unsigned char)*at, TWC__HTTP_DIGIT))
			return bad(h, p, at, "the status is not three digits", err);
		h->start.status = h->start.status * 10 + (*at - '0');
	}
	if (h->start.status < 100 || (at < end && *at != ' '))
		return bad(h, p, at - 3, "the status is not from 100 to 999", err);
	at += at < end; /* without a phrase many leave out the blank, too */
	if ((wrong = value_fault(at, end)) < end)
		return control_fault(h, p, wrong, err);
	h->second = (size_t)(at - p);
	h->start.reason.n = (size_t)(end - at);
	return 0;
}

/* ---- field lines ---- */

static bool is_one_of(struct twc_str name, const char *const list[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (twc_str_eq_nocase(name, twc_str_of(list[i])))
			return true;
	return false;
}

/* In the trailers of a request no mistake explains them: somebody behind us might let them count. */
static bool is_hostile_trailer(struct twc_str name)
{
	static const char *const hostile[] = { "content-length", "transfer-encoding", "host", "authorization",
					       "proxy-authorization" };

	return is_one_of(name, hostile, TWC_ARRAY_LEN(hostile));
}

/* Fields that a trailer must not bring (RFC 9110, 6.5.1): they say where the body ends, where the message goes, who sends it,
 * what may be done with it or how it is to be read, and all that was decided before. Sorted by nothing: trailers are rare. */
bool twc__http_may_trail(struct twc_str name)
{
	static const char *const forbidden[] = {
		"transfer-encoding", "host", "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate",
		"cookie", "set-cookie", "trailer", "te", "connection", "keep-alive", "proxy-connection", "upgrade", "expect",
		"max-forwards", "cache-control", "pragma", "range", "if-match", "if-none-match", "if-modified-since",
		"if-unmodified-since", "if-range", "age", "date", "expires", "location", "retry-after", "vary", "warning", "via",
		"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
	};

	if (name.n >= 8 && twc_str_eq_nocase((struct twc_str){ name.p, 8 }, TWC_STR("content-")))
		return false;
	return !is_one_of(name, forbidden, TWC_ARRAY_LEN(forbidden));
}

/* A line that begins with a blank goes on with the value before it. */
static int read_folded(struct twc__http_head *h, const char *p, const char *begin, const char *end, struct twc_err *err)
{
	const char *at = begin, *wrong;

	if (h->n == 0 && !h->is_dropping)
		return bad(h, p, begin, "blank before the first field line", err);
	if (!h->lenient)
		return bad(h, p, begin, "folded field line", err);
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	if ((wrong = value_fault(at, end)) < end)
		return control_fault(h, p, wrong, err);
	if (h->is_dropping || at == end)
		return 0;

	struct twc__http_entry *e = &h->fields->entry[h->n - 1];

	if (e->value_n == 0)
		e->value = (uint32_t)(at - p);
	else
		h->is_folded = true;
	e->value_n = (uint32_t)(end - p) - e->value;
	return 0;
}

static int name_fault(struct twc__http_head *h, const char *p, const char *begin, const char *at, const char *end,
		      struct twc_err *err)
{
	if (at == end)
		return bad(h, p, at, "no ':' in a field line", err);
	if (is_blank(*at))
		return bad(h, p, at, "blank before ':' in a field line", err);
	return bad(h, p, at, at == begin && *at == ':' ? "field line without a name" : "bad octet in a field name", err);
}

static int judge_trailer(struct twc__http_head *h, const char *p, const char *begin, struct twc_str name, struct twc_err *err)
{
	if (h->role == TWC__HTTP_REQUEST && is_hostile_trailer(name))
		return bad(h, p, begin, "a trailer that belongs into the head", err);
	h->is_dropping = !twc__http_may_trail(name);
	return 0;
}

static int read_field(struct twc__http_head *h, const char *p, const char *end, struct twc_err *err)
{
	const char *begin = p + h->line, *at = begin, *value, *wrong;
	struct twc_http_fields *f = h->fields;
	int rc;

	if (is_blank(*begin))
		return read_folded(h, p, begin, end, err);
	while (twc__http_is((unsigned char)*at, TWC__HTTP_TCHAR)) /* the line's end is none */
		at++;
	if (*at != ':' || at == begin)
		return name_fault(h, p, begin, at, end, err);
	value = at + 1;
	while (value < end && is_blank(*value))
		value++;
	while (end > value && is_blank(end[-1]))
		end--;
	if ((wrong = value_fault(value, end)) < end)
		return control_fault(h, p, wrong, err);
	if (h->is_trailers && (rc = judge_trailer(h, p, begin, (struct twc_str){ begin, (size_t)(at - begin) }, err)))
		return rc;
	if (h->is_dropping)
		return 0;
	if (h->n >= h->limits.fields)
		return fault(h, TWC__HTTP_FIELDS_TOO_LARGE, h->line, "too many header fields", err);
	if ((rc = twc__http_fields_reserve_slots(f, h->n + 1, err)))
		return rc;

	unsigned bit = twc__http_name_bit((unsigned char)*begin, (size_t)(at - begin));

	f->entry[h->n++] = (struct twc__http_entry){
		.name = (uint32_t)h->line,
		.name_n = (uint32_t)(at - begin) & 0xffffff,
		.value = (uint32_t)(value - p),
		.value_n = (uint32_t)(end - value),
		.bit = bit & 63,
	};
	f->present |= UINT64_C(1) << bit;
	return 0;
}

/* ---- lines ---- */

/* What can be said of a line from its first bytes p[line..n), before it is whole: who speaks something else is told at once. */
static int check_begin(struct twc__http_head *h, const char *p, size_t n, struct twc_err *err)
{
	static const char form[] = "HTTP/";
	const char *begin = p + h->line;
	size_t have = n - h->line;

	if (!h->has_start && h->role == TWC__HTTP_RESPONSE) {
		for (size_t i = 0; i < have && i < sizeof(form) - 1; i++)
			if (begin[i] != form[i])
				return bad(h, p, begin + i, "this is no response of HTTP/1", err);
		return 0;
	}
	if (have > 1 && begin[0] == '\r' && begin[1] != '\n')
		return control_fault(h, p, begin, err);
	if (have > 0 && !h->has_start && *begin != '\r' && *begin != '\n' &&
	    !twc__http_is((unsigned char)*begin, TWC__HTTP_TCHAR))
		return bad(h, p, begin, "this is no request of HTTP", err);
	return 0;
}

/* Of a line with `n` bytes but for its end. */
static int check_length(struct twc__http_head *h, size_t n, struct twc_err *err)
{
	size_t start_max = h->limits.target + START_REST;

	if (!h->has_start && h->role == TWC__HTTP_REQUEST)
		return n > start_max ? fault(h, TWC__HTTP_TARGET_TOO_LONG, h->line + start_max, "request-target too long", err) : 0;
	return n > h->limits.line ? fault(h, TWC__HTTP_FIELDS_TOO_LARGE, h->line + h->limits.line, "header line too long", err)
				  : 0;
}

/* No LF in [line, n), nor more of it within the limit when n has reached it. */
static int wait_for_more(struct twc__http_head *h, const char *p, size_t n, struct twc_err *err)
{
	int rc;

	if ((rc = check_begin(h, p, n, err)) || (n - h->line > 1 && (rc = check_length(h, n - h->line - 1, err))))
		return rc;
	if (n < h->limits.head)
		return 0;
	if (!h->has_start && h->role == TWC__HTTP_REQUEST)
		return fault(h, TWC__HTTP_TARGET_TOO_LONG, n, "request line too long", err);
	return fault(h, TWC__HTTP_FIELDS_TOO_LARGE, n, "the head is too large", err);
}

/* An empty line: 1 when it ends the head. */
static int take_empty(struct twc__http_head *h, const char *p, size_t lf, struct twc_err *err)
{
	if (h->has_start)
		return 1;
	if (++h->empties > TWC__HTTP_EMPTY_MAX)
		return bad(h, p, p + h->line, "too many empty lines before a request", err);
	h->start_at = lf + 1;
	return 0;
}

/* The line from h->line to the LF. 1: the head is whole. */
static int take_line(struct twc__http_head *h, const char *p, size_t lf, struct twc_err *err)
{
	size_t end = lf > h->line && p[lf - 1] == '\r' ? lf - 1 : lf;
	int rc;

	if ((rc = check_begin(h, p, lf + 1, err)) || (rc = check_length(h, end - h->line, err)))
		return rc;
	if (end == lf && !h->lenient)
		return bad(h, p, p + lf, "LF without CR in the head", err);
	if (end == h->line)
		return take_empty(h, p, lf, err);
	if (h->has_start)
		return read_field(h, p, p + end, err);
	h->has_start = true;
	return h->role == TWC__HTTP_REQUEST ? read_request_line(h, p, p + end, err) : read_status_line(h, p, p + end, err);
}

/* ---- the whole ---- */

/* The line ends in a value, and the blanks around them, become one blank. */
static void unfold(char *value, struct twc__http_entry *e)
{
	size_t to = 0;

	for (size_t from = 0; from < e->value_n; from++) {
		if (value[from] != '\r' && value[from] != '\n') {
			value[to++] = value[from];
			continue;
		}
		while (to > 0 && is_blank(value[to - 1]))
			to--;
		value[to++] = ' ';
		while (is_blank(value[from + 1]) || value[from + 1] == '\r' || value[from + 1] == '\n')
			from++; /* a value ends with something else */
	}
	e->value_n = (uint32_t)to;
}

static int finish(struct twc__http_head *h, const char *p, struct twc_err *err)
{
	struct twc_http_fields *f = h->fields;
	int rc = twc__http_fields_reserve_bytes(f, h->size, err);

	if (rc)
		return rc;
	memcpy(f->bytes, p, h->size);
	f->len = (uint32_t)h->size;
	f->n = h->n;
	if (h->is_folded)
		for (size_t i = 0; i < f->n; i++)
			unfold(f->bytes + f->entry[i].value, &f->entry[i]);
	if (h->is_trailers)
		return 1;
	if (h->role == TWC__HTTP_REQUEST) {
		h->start.method.p = f->bytes + h->start_at;
		h->start.target.p = f->bytes + h->second;
	} else {
		h->start.reason.p = f->bytes + h->second;
	}
	return 1;
}

static int feed(struct twc__http_head *h, const char *p, size_t n, struct twc_err *err)
{
	int rc = 0;

	if (h->scanned == 0)
		twc_http_fields_clear(h->fields);
	if (n > h->limits.head)
		n = h->limits.head;
	while (rc == 0) {
		const char *lf = h->scanned < n ? memchr(p + h->scanned, '\n', n - h->scanned) : NULL;

		if (!lf) {
			h->scanned = n;
			return wait_for_more(h, p, n, err);
		}
		rc = take_line(h, p, (size_t)(lf - p), err);
		h->line = h->scanned = (size_t)(lf - p) + 1;
	}
	if (rc < 0)
		return rc;
	h->size = h->line;
	return finish(h, p, err);
}

int twc__http_head_feed(struct twc__http_head *h, const char *p, size_t n, struct twc_err *err)
{
	return feed(h, p, n, err);
}

int twc__http_trailers_feed(struct twc__http_head *h, const char *p, size_t n, struct twc_err *err)
{
	h->is_trailers = h->has_start = true;
	return feed(h, p, n, err);
}
