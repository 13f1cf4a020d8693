/* SPDX-License-Identifier: MIT */
/* Lists and parameters of field values (RFC 9110, 5.6.1, 5.6.4, 5.6.6): slices of the value, one pass, nothing allocated. */
#include "protocol/http/param.h"

#include "protocol/http/octet.h"

#include "base/banned.h"

/* Index of the first `sep` outside of quotes, or s.n. */
static size_t find_outside(struct twc_str s, char sep)
{
	bool is_quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (is_quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			is_quoted = !is_quoted;
		else if (s.p[i] == sep && !is_quoted)
			return i;
	}
	return s.n;
}

static struct twc_str skip(struct twc_str s, size_t n)
{
	return (struct twc_str){ n ? s.p + n : s.p, s.n - n };
}

static struct twc_str skip_blanks(struct twc_str s)
{
	size_t n = 0;

	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
		n++;
	return skip(s, n);
}

bool twc__http_list_next(struct twc_str *list, struct twc_str *member)
{
	while (list->n > 0) {
		size_t n = find_outside(*list, ',');

		*member = twc_str_trim((struct twc_str){ list->p, n });
		*list = skip(*list, n + (n < list->n));
		if (member->n > 0)
			return true;
	}
	return false;
}

struct twc_str twc__http_param_head(struct twc_str *rest)
{
	size_t n = find_outside(*rest, ';');
	struct twc_str head = twc_str_trim((struct twc_str){ rest->p, n });

	*rest = skip(*rest, n);
	return head;
}

/* A token or a quoted string off the front of *s. */
static bool cut_value(struct twc_str *s, struct twc__http_param *out)
{
	size_t n = 0;

	out->is_quoted = s->n > 0 && s->p[0] == '"';
	if (!out->is_quoted) {
		while (n < s->n && twc__http_is((unsigned char)s->p[n], TWC__HTTP_TCHAR))
			n++;
		out->value = (struct twc_str){ s->p, n };
		*s = skip(*s, n);
		return n > 0;
	}
	for (n = 1; n < s->n && s->p[n] != '"'; n++) {
		n += s->p[n] == '\\';
		if (n == s->n || !twc__http_is((unsigned char)s->p[n], TWC__HTTP_VALUE))
			return false;
	}
	if (n == s->n)
		return false;
	out->value = (struct twc_str){ s->p + 1, n - 1 };
	*s = skip(*s, n + 1);
	return true;
}

int twc__http_param_next(struct twc_str *rest, struct twc__http_param *out)
{
	struct twc_str s = skip_blanks(*rest);
	size_t n = 0;

	if (s.n > 0 && s.p[0] != ';')
		return -1;
	while (s.n > 0 && s.p[0] == ';')
		s = skip_blanks(skip(s, 1));
	if (s.n == 0) {
		*rest = s;
		return 0;
	}
	while (n < s.n && twc__http_is((unsigned char)s.p[n], TWC__HTTP_TCHAR))
		n++;
	out->name = (struct twc_str){ s.p, n };
	s = skip_blanks(skip(s, n));
	if (n == 0 || s.n == 0 || s.p[0] != '=')
		return -1;
	s = skip_blanks(skip(s, 1));
	if (!cut_value(&s, out))
		return -1;
	*rest = s;
	return 1;
}

/* One byte of the value at *i, which moves behind it. */
static char next_byte(const struct twc__http_param *p, size_t *i)
{
	if (p->is_quoted && p->value.p[*i] == '\\' && *i + 1 < p->value.n)
		(*i)++;
	return p->value.p[(*i)++];
}

size_t twc__http_param_value(const struct twc__http_param *p, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < p->value.n;) {
		char c = next_byte(p, &i);

		if (n == cap)
			return cap + 1;
		out[n++] = c;
	}
	return n;
}

bool twc__http_param_eq(const struct twc__http_param *a, const struct twc__http_param *b)
{
	size_t i = 0, j = 0;

	while (i < a->value.n && j < b->value.n) {
		char x = next_byte(a, &i), y = next_byte(b, &j);

		if (!twc_str_eq_nocase((struct twc_str){ &x, 1 }, (struct twc_str){ &y, 1 }))
			return false;
	}
	return i == a->value.n && j == b->value.n;
}
