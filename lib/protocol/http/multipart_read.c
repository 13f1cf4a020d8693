/* SPDX-License-Identifier: MIT */
/*
 * multipart/form-data taken apart (RFC 7578, RFC 2046, 5.1). A delimiter begins with the CR LF of the line
 * before it and CR stands nowhere else in it: a match that fails is data, and begins again at the byte that
 * failed at the earliest. What matched at the end of a piece is known by its length alone, so nothing of a
 * body is ever held.
 *
 *   preamble -> boundary -> head -> body -> boundary ... -> epilogue
 *                  '-> "--" ------------------------------^
 */
#include "protocol/http/multipart_read.h"

#include "protocol/http/octet.h"
#include "protocol/http/param.h"

#include "base/banned.h"

enum state {
	PREAMBLE = 0,
	BODY,
	BEHIND,	 /* a boundary */
	PADDING, /* blanks behind it */
	LINE_END, /* CR, and LF is to come */
	DASH,	 /* the first of the two that end it all */
	HEAD,
	EPILOGUE,
};

/* ---- the boundary ---- */

static int no_boundary(struct twc_err *err, const char *why)
{
	return twc_err_set(err, TWC_EPROTO, "multipart: %s", why);
}

static bool is_boundary(struct twc_str s)
{
	if (s.n == 0 || s.p[s.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!twc__http_is((unsigned char)s.p[i], TWC__HTTP_ALPHA | TWC__HTTP_DIGIT) &&
		    (s.p[i] == '\0' || !strchr("'()+_,-./:=? ", s.p[i])))
			return false;
	return true;
}

int twc__http_multipart_boundary(struct twc_str content_type, char boundary[TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1],
				 struct twc_err *err)
{
	struct twc_str rest = content_type, head = twc__http_param_head(&rest);
	struct twc__http_param param;
	bool has_it = false;
	size_t n = 0;
	int rc;

	if (!twc_str_eq_nocase(head, TWC_STR("multipart/form-data")))
		return no_boundary(err, "the type is not multipart/form-data");
	while ((rc = twc__http_param_next(&rest, &param)) > 0) {
		if (!twc_str_eq_nocase(param.name, TWC_STR("boundary")))
			continue;
		if (has_it)
			return no_boundary(err, "two boundaries in Content-Type");
		has_it = true;
		n = twc__http_param_value(&param, boundary, TWC__HTTP_MULTIPART_BOUNDARY_MAX);
		if (n > TWC__HTTP_MULTIPART_BOUNDARY_MAX || !is_boundary((struct twc_str){ boundary, n }))
			return no_boundary(err, "the boundary in Content-Type is not as RFC 2046 has it");
	}
	if (rc < 0 || !has_it)
		return no_boundary(err, rc < 0 ? "malformed Content-Type" : "no boundary in Content-Type");
	boundary[n] = '\0';
	return 0;
}

/* ---- life cycle ---- */

/* Before a body, and at the very start, a boundary may stand without a line break of its own. */
static void scan_begin(struct twc__http_multipart *m, enum state state)
{
	m->state = state;
	m->matched = m->skipped = 2;
}

void twc__http_multipart_init(struct twc__http_multipart *m, const char *boundary,
			      const struct twc__http_multipart_ops *ops, void *arg)
{
	size_t n = strlen(boundary);

	TWC_ASSERT(n > 0 && n <= TWC__HTTP_MULTIPART_BOUNDARY_MAX);
	*m = (struct twc__http_multipart){ .ops = ops, .arg = arg, .delim_len = 4 + n };
	memcpy(m->delim, "\r\n--", 4);
	memcpy(m->delim + 4, boundary, n);
	twc_buf_init(&m->head, TWC__HTTP_MULTIPART_HEAD_MAX);
	scan_begin(m, PREAMBLE);
}

void twc__http_multipart_fini(struct twc__http_multipart *m)
{
	twc_buf_fini(&m->head);
}

/* ---- a part's head ---- */

static int head_fault(const struct twc__http_multipart *m, struct twc_err *err, const char *what)
{
	return twc_err_set(err, TWC_EPROTO, "multipart: part %zu: %s", m->n_parts, what);
}

static int hex_of(const char *p)
{
	if (p[0] == '2' && p[1] == '2')
		return '"';
	if (p[0] != '0')
		return -1;
	return p[1] == 'D' || p[1] == 'd' ? '\r' : p[1] == 'A' || p[1] == 'a' ? '\n' : -1;
}

/* Undone where it lies in the head: it only becomes shorter. */
static struct twc_str unescape(struct twc__http_multipart *m, const struct twc__http_param *param)
{
	const char *base = twc_buf_head(&m->head);
	char *start = m->head.data + m->head.start + (param->value.p - base), *out = start;
	struct twc_str in = param->value;

	for (size_t i = 0; i < in.n; i++) {
		int c = in.p[i] == '%' && in.n - i > 2 ? hex_of(in.p + i + 1) : -1;

		if (c >= 0)
			i += 2;
		else if (param->is_quoted && in.p[i] == '\\' && in.n - i > 1 &&
			 (in.p[i + 1] == '"' || in.p[i + 1] == '\\'))
			c = in.p[++i];
		else
			c = in.p[i];
		*out++ = (char)c;
	}
	return (struct twc_str){ start, (size_t)(out - start) };
}

static int on_disposition(struct twc__http_multipart *m, struct twc_str value, struct twc_err *err)
{
	struct twc_str rest = value, head = twc__http_param_head(&rest);
	struct twc__http_param param;
	int rc;

	if (m->part.name.p)
		return head_fault(m, err, "two Content-Dispositions");
	if (!twc_str_eq_nocase(head, TWC_STR("form-data")))
		return head_fault(m, err, "its Content-Disposition is not form-data");
	while ((rc = twc__http_param_next(&rest, &param)) > 0) {
		struct twc_str *to = NULL;

		if (twc_str_eq_nocase(param.name, TWC_STR("name")))
			to = &m->part.name;
		else if (twc_str_eq_nocase(param.name, TWC_STR("filename")))
			to = &m->part.filename;
		if (to && to->p)
			return head_fault(m, err, "two names in Content-Disposition");
		if (to)
			*to = unescape(m, &param);
	}
	if (rc < 0)
		return head_fault(m, err, "malformed Content-Disposition");
	return m->part.name.p ? 0 : head_fault(m, err, "it has no name");
}

static int on_head_line(struct twc__http_multipart *m, struct twc_str line, struct twc_err *err)
{
	struct twc_str value = line, name;

	if (!twc_str_cut(&value, ':', &name) || !value.p || name.n == 0 || !twc__http_all(name, TWC__HTTP_TCHAR))
		return head_fault(m, err, "a line of its head is no header");
	value = twc_str_trim(value);
	if (!twc__http_all(value, TWC__HTTP_VALUE))
		return head_fault(m, err, "a control character in its head");
	if (twc_str_eq_nocase(name, TWC_STR("content-disposition")))
		return on_disposition(m, value, err);
	if (!twc_str_eq_nocase(name, TWC_STR("content-type")))
		return 0;
	if (m->part.type.p)
		return head_fault(m, err, "two Content-Types");
	m->part.type = value;
	return 0;
}

/* The head is whole: lines that each end with CR LF, the last of them empty. */
static int on_head(struct twc__http_multipart *m, struct twc_err *err)
{
	struct twc_str rest = twc_buf_str(&m->head), line;
	int rc = 0;

	m->part = (struct twc__http_multipart_part){ .index = m->n_parts - 1 };
	rest.n -= 2;
	while (rc == 0 && rest.n > 0) {
		twc_str_cut(&rest, '\n', &line);
		line.n--;
		rc = on_head_line(m, line, err);
	}
	if (rc == 0 && !m->part.name.p)
		rc = head_fault(m, err, "it has no Content-Disposition");
	if (rc)
		return rc;
	scan_begin(m, BODY);
	m->is_open = true;
	return m->ops->begin(m->arg, &m->part, err);
}

/* ---- states: each takes at least a byte; how many to *used ---- */

static int feed_head(struct twc__http_multipart *m, const uint8_t *p, size_t n, size_t *used, struct twc_err *err)
{
	const uint8_t *lf = memchr(p, '\n', n);
	struct twc_str head;
	int rc;

	*used = lf ? (size_t)(lf - p) + 1 : n;
	rc = twc_buf_add(&m->head, p, *used);
	if (rc == TWC_ETOOLONG)
		return twc_err_set(err, rc, "multipart: part %zu: its head is longer than %d bytes", m->n_parts,
				   TWC__HTTP_MULTIPART_HEAD_MAX);
	if (rc)
		return twc_err_set(err, rc, "out of memory");
	if (!lf)
		return 0;
	head = twc_buf_str(&m->head);
	if (head.n < 2 || head.p[head.n - 2] != '\r')
		return head_fault(m, err, "a line of its head does not end with CR LF");
	if (head.n == 2 || (head.n > 3 && head.p[head.n - 3] == '\n'))
		return on_head(m, err);
	return 0;
}

static int emit(struct twc__http_multipart *m, const uint8_t *p, size_t n, struct twc_err *err)
{
	return m->state == BODY && n > 0 ? m->ops->data(m->arg, p, n, err) : 0;
}

/* Of a preamble or a body: up to the end of a delimiter. `carried`: bytes of the match that came with earlier
 * pieces. */
static int feed_scan(struct twc__http_multipart *m, const uint8_t *p, size_t n, size_t *used, struct twc_err *err)
{
	size_t i = 0, carried = m->matched;
	const uint8_t *cr;
	int rc = 0;

	while (i < n && m->matched < m->delim_len) {
		if (m->matched == 0) {
			cr = memchr(p + i, '\r', n - i);
			i = cr ? (size_t)(cr - p) + 1 : n;
			m->matched = cr != NULL;
		} else if (p[i] == (uint8_t)m->delim[m->matched]) {
			i++;
			m->matched++;
		} else {
			if (carried > m->skipped)
				rc = emit(m, (const uint8_t *)m->delim + m->skipped, carried - m->skipped, err);
			if (rc)
				return rc;
			m->matched = m->skipped = carried = 0;
		}
	}
	*used = i;
	rc = emit(m, p, i - (m->matched - carried), err);
	if (m->matched == m->delim_len)
		m->state = BEHIND;
	return rc;
}

static int part_end(struct twc__http_multipart *m, struct twc_err *err)
{
	if (!m->is_open)
		return 0;
	m->is_open = false;
	return m->ops->end(m->arg, &m->part, err);
}

/* A boundary's line is over: the part before it has ended, the next begins. */
static int on_boundary(struct twc__http_multipart *m, struct twc_err *err)
{
	int rc = part_end(m, err);

	if (rc)
		return rc;
	if (m->n_parts == TWC__HTTP_MULTIPART_PARTS_MAX)
		return twc_err_set(err, TWC_ETOOLONG, "multipart: more than %d parts", TWC__HTTP_MULTIPART_PARTS_MAX);
	m->n_parts++;
	m->state = HEAD;
	twc_buf_clear(&m->head);
	return 0;
}

/* One byte behind a boundary. */
static int feed_behind(struct twc__http_multipart *m, char c, struct twc_err *err)
{
	bool is_blank = c == ' ' || c == '\t';

	if (m->state == LINE_END && c == '\n')
		return on_boundary(m, err);
	if (m->state == DASH && c == '-') {
		m->state = EPILOGUE;
		return part_end(m, err);
	}
	if (m->state == BEHIND && c == '-')
		m->state = DASH;
	else if ((m->state == BEHIND || m->state == PADDING) && (is_blank || c == '\r'))
		m->state = is_blank ? PADDING : LINE_END;
	else
		return twc_err_set(err, TWC_EPROTO,
				   "multipart: a boundary is followed by what is neither \"--\" nor a line's end");
	return 0;
}

static int feed_some(struct twc__http_multipart *m, const uint8_t *p, size_t n, size_t *used, struct twc_err *err)
{
	*used = n;
	switch ((enum state)m->state) {
	case PREAMBLE:
	case BODY:
		return feed_scan(m, p, n, used, err);
	case HEAD:
		return feed_head(m, p, n, used, err);
	case EPILOGUE:
		return 0;
	case BEHIND:
	case PADDING:
	case LINE_END:
	case DASH:
		break;
	}
	*used = 1;
	return feed_behind(m, (char)*p, err);
}

int twc__http_multipart_feed(struct twc__http_multipart *m, const uint8_t *p, size_t n, struct twc_err *err)
{
	size_t used;

	if (m->code)
		return twc_err_set(err, m->code, "multipart: the body has failed before");
	for (; n > 0 && m->code == 0; p += used, n -= used)
		m->code = feed_some(m, p, n, &used, err);
	return m->code;
}

int twc__http_multipart_finish(struct twc__http_multipart *m, struct twc_err *err)
{
	if (m->code)
		return twc_err_set(err, m->code, "multipart: the body has failed before");
	if (m->state == EPILOGUE)
		return 0;
	return m->code = twc_err_set(err, TWC_ETRUNC, "multipart: the body ends before its last boundary");
}
