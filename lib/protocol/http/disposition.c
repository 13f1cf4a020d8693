/* SPDX-License-Identifier: MIT */
/*
 * Content-Disposition read. A name in quotes may come in UTF-8, as browsers send it, or in ISO-8859-1, as RFC 9110
 * has it: what is no UTF-8 is the latter. What a name may do to this machine is decided in twc__http_safe_name alone.
 */
#include "protocol/http/disposition.h"

#include "protocol/http/octet.h"
#include "protocol/http/param.h"

#include "base/banned.h"

/* ---- characters ---- */

/* In place. False when it does not fit. */
static bool latin1_to_utf8(char *p, size_t cap, size_t *n)
{
	size_t above = 0, to;

	for (size_t i = 0; i < *n; i++)
		above += (unsigned char)p[i] >= 0x80;
	if (above > cap - *n)
		return false;
	to = *n + above;
	for (size_t from = *n; from-- > 0;) { /* from the back: each byte moves to the right or stays */
		unsigned c = (unsigned char)p[from];

		p[--to] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
		if (c >= 0x80)
			p[--to] = (char)(0xc0 | c >> 6);
	}
	*n += above;
	return true;
}

/* ---- reading ---- */

static bool is_attr_char(unsigned char c)
{
	return twc__http_is(c, TWC__HTTP_TCHAR) && c != '*' && c != '\'' && c != '%';
}

static bool decode_percent(struct twc_str s, char *out, size_t cap, size_t *n)
{
	for (*n = 0; s.n > 0 && *n < cap; s.p++, s.n--) {
		char c = s.p[0];

		if (c == '%') {
			if (s.n < 3 || !twc__http_is((unsigned char)s.p[1], TWC__HTTP_HEX) ||
			    !twc__http_is((unsigned char)s.p[2], TWC__HTTP_HEX))
				return false;
			c = (char)(twc__http_hex_digit((unsigned char)s.p[1]) << 4 |
				   twc__http_hex_digit((unsigned char)s.p[2]));
			s.p += 2;
			s.n -= 2;
		} else if (!is_attr_char((unsigned char)c)) {
			return false;
		}
		out[(*n)++] = c;
	}
	return s.n == 0;
}

/* RFC 8187: charset'language'percent-encoded, in UTF-8 or ISO-8859-1, to UTF-8. False: malformed or longer than `cap`. */
static bool ext_value(struct twc_str s, char *out, size_t cap, size_t *n)
{
	struct twc_str charset, language;

	if (!twc_str_cut(&s, '\'', &charset) || !twc_str_cut(&s, '\'', &language) || !s.p ||
	    !decode_percent(s, out, cap, n))
		return false;
	if (twc_str_eq_nocase(charset, TWC_STR("UTF-8")))
		return twc_is_utf8((struct twc_str){ out, *n });
	return twc_str_eq_nocase(charset, TWC_STR("ISO-8859-1")) && latin1_to_utf8(out, cap, n);
}

static bool take_plain(struct twc__http_disposition *d, const struct twc__http_param *p)
{
	size_t n = twc__http_param_value(p, d->filename, TWC__HTTP_FILENAME_MAX);

	if (n > TWC__HTTP_FILENAME_MAX)
		return false;
	if (!twc_is_utf8((struct twc_str){ d->filename, n }) && !latin1_to_utf8(d->filename, TWC__HTTP_FILENAME_MAX, &n))
		return false;
	d->filename_len = n;
	return true;
}

static bool take_extended(struct twc__http_disposition *d, const struct twc__http_param *p)
{
	char decoded[TWC__HTTP_FILENAME_MAX];
	size_t n;

	if (p->is_quoted || !ext_value(p->value, decoded, sizeof(decoded), &n))
		return false;
	memcpy(d->filename, decoded, n);
	d->filename_len = n;
	return true;
}

bool twc__http_disposition_parse(struct twc_str value, struct twc__http_disposition *out)
{
	struct twc__http_param p;
	bool has_plain = false, has_extended = false, is_good = true;
	int rc;

	out->type = twc__http_param_head(&value);
	out->has_filename = false;
	out->filename_len = 0;
	out->filename[0] = '\0';
	if (out->type.n == 0 || !twc__http_all(out->type, TWC__HTTP_TCHAR))
		return false;
	while (is_good && (rc = twc__http_param_next(&value, &p)) != 0) {
		if (rc < 0) {
			is_good = false;
		} else if (twc_str_eq_nocase(p.name, TWC_STR("filename*"))) {
			is_good = !has_extended;
			if (is_good && take_extended(out, &p))
				has_extended = out->has_filename = true;
		} else if (twc_str_eq_nocase(p.name, TWC_STR("filename"))) {
			is_good = !has_plain;
			has_plain = true;
			if (is_good && !has_extended && take_plain(out, &p))
				out->has_filename = true;
		}
	}
	out->filename[out->filename_len] = '\0';
	return is_good;
}

/* ---- names of files ---- */

static int refuse(struct twc_err *err, struct twc_str s, const char *why)
{
	char shown[80];

	twc_escape(shown, sizeof(shown), s);
	return twc_err_set(err, TWC_EPROTO, "\"%s\" is no name for a file here: %s", shown, why);
}

int twc__http_safe_name(struct twc_str s, struct twc_str *name, struct twc_err *err)
{
	struct twc_str last = s;

	for (size_t i = s.n; i-- > 0;) {
		if (s.p[i] == '/' || s.p[i] == '\\') {
			last = (struct twc_str){ s.p + i + 1, s.n - i - 1 };
			break;
		}
	}
	if (last.n == 0)
		return refuse(err, s, "nothing follows the last slash");
	if (last.p[0] == '.')
		return refuse(err, s, "it begins with a dot");
	if (last.n > TWC__HTTP_SAFE_NAME_MAX)
		return refuse(err, s, "it is longer than 255 bytes");
	for (size_t i = 0; i < last.n; i++)
		if (twc_control_len((struct twc_str){ last.p + i, last.n - i }) > 0)
			return refuse(err, s, "it has a control character");
	*name = last;
	return 0;
}
