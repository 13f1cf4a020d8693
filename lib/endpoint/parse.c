/* SPDX-License-Identifier: MIT */
/*
 * The grammar of endpoint strings: text -> type and fields. Pure.
 *
 *     string  := field *( ":" field )
 *     field   := [ key "=" ] value       the first unescaped "=" outside brackets ends the key
 *     "\" b   := the byte b              in brackets: both bytes stay, and b is no bracket
 *     "[" … "]" protects : = \ and blanks, nests; the outermost pair is removed, the rest is kept
 *               verbatim, so that an endpoint in brackets is parsed by its own rules
 *
 * The first field without a key is the type. A URL of ws or wss is its parts as fields (ws_url.c). A payload type (one whose last row is TWC_ARG_PAYLOAD) takes what
 * follows its leading known pairs verbatim.
 */
#include "endpoint/endpoint_int.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/banned.h"

#define FIELDS_MAX 64 /* no type has as many arguments */

int twc__fault(struct twc_err *err, int column, const char *fmt, ...)
{
	char text[TWC_ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return twc_err_at(err, TWC_EUSAGE, (size_t)column, "%s", text);
}

const char *twc__show(const char *s, char buf[TWC__SHOWN])
{
	twc_escape(buf, TWC__SHOWN, twc_str_of(s));
	return buf;
}

/* Copies the inside of the bracket that opens at s[*pos]; *pos ends behind its partner. */
static int bracket_copy(const char *s, size_t *pos, char *out, size_t *len, struct twc_err *err)
{
	size_t open = *pos, i = open + 1;
	unsigned depth = 1;

	for (; s[i]; i++) {
		if (s[i] == '\\' && s[i + 1]) {
			out[(*len)++] = s[i++];
		} else if (s[i] == '[') {
			depth++;
		} else if (s[i] == ']' && --depth == 0) {
			*pos = i + 1;
			return 0;
		}
		out[(*len)++] = s[i];
	}
	return twc__fault(err, (int)open + 1, "unbalanced bracket: this '[' is never closed");
}

int twc__field_next(const char *s, size_t *pos, struct twc__field *f, struct twc_err *err)
{
	size_t i = *pos, len = 0;
	char *out = twc_malloc(strlen(s + i) + 1);
	int rc = 0;

	*f = (struct twc__field){ .key_column = (int)i + 1, .column = (int)i + 1 };
	while (s[i] && s[i] != ':' && !rc) {
		if (s[i] == '[') {
			rc = bracket_copy(s, &i, out, &len, err);
		} else if (s[i] == ']') {
			rc = twc__fault(err, (int)i + 1, "unbalanced bracket: this ']' closes nothing");
		} else if (s[i] == '\\' && !s[i + 1]) {
			rc = twc__fault(err, (int)i + 1, "trailing backslash");
		} else if (s[i] == '\\') {
			out[len++] = s[i + 1];
			i += 2;
		} else if (s[i] == '=' && !f->key) {
			f->key = twc_str_dup((struct twc_str){ out, len });
			len = 0;
			f->column = (int)++i + 1;
		} else {
			out[len++] = s[i++];
		}
	}
	out[len] = '\0';
	f->value = out;
	*pos = i;
	if (rc)
		twc__field_fini(f);
	return rc;
}

void twc__field_fini(struct twc__field *f)
{
	twc_free(f->key);
	twc_free(f->value);
	*f = (struct twc__field){ 0 };
}

/* Takes the field over, also on failure. */
static int parsed_add(struct twc__parsed *p, struct twc__field *f, struct twc_err *err)
{
	int column = f->key_column;

	if (p->n == FIELDS_MAX) {
		twc__field_fini(f);
		return twc__fault(err, column, "more than %d parts", FIELDS_MAX);
	}
	p->field = twc_realloc(p->field, (p->n + 1) * sizeof(*p->field));
	p->field[p->n++] = *f;
	return 0;
}

static bool type_has_payload(const struct twc_endpoint_type *type)
{
	for (size_t g = 0; type->args[g]; g++)
		for (const struct twc_endpoint_arg *row = type->args[g]; row->name; row++)
			if (row->kind == TWC_ARG_PAYLOAD)
				return true;
	return false;
}

/* The row whose `key=` stands at the head of s, or NULL. Keys of payload types need no escapes. */
static const struct twc_endpoint_arg *payload_key(const struct twc_endpoint_type *type, const char *s)
{
	size_t n = strcspn(s, "=:\\[] ");
	const struct twc_endpoint_arg *row;
	char *key;

	if (s[n] != '=')
		return NULL;
	key = twc_str_dup((struct twc_str){ s, n });
	row = twc__arg_row(type, key, TWC_CONNECT | TWC_LISTEN);
	twc_free(key);
	return row;
}

/* s[*pos] is the first byte after "type:". */
static int payload_parse(const char *s, size_t pos, struct twc__parsed *out, struct twc_err *err)
{
	const struct twc_endpoint_arg *row;
	struct twc__field f;

	while ((row = payload_key(&out->type->pub, s + pos)) != NULL) {
		if (row->kind == TWC_ARG_PAYLOAD) {
			pos += strcspn(s + pos, "=") + 1;
			break;
		}
		if (twc__field_next(s, &pos, &f, err))
			return TWC_EUSAGE;
		if (parsed_add(out, &f, err))
			return TWC_EUSAGE;
		if (!s[pos])
			return 0;
		pos++;
	}
	out->has_payload = true;
	out->payload = twc_strdup(s + pos);
	out->payload_column = (int)pos + 1;
	return 0;
}

static int parse_fields(const char *s, const struct twc__endpoint_type *const *types, struct twc__parsed *out,
			struct twc_err *err)
{
	struct twc__field f;
	int rc;

	for (size_t pos = 0;; pos++) {
		if ((rc = twc__field_next(s, &pos, &f, err)) != 0)
			return rc;
		if (f.key || out->type) {
			if ((rc = parsed_add(out, &f, err)) != 0)
				return rc;
		} else {
			out->type_column = f.column;
			out->type = twc__type_find(types, f.value);
			rc = out->type ? 0 : twc__unknown_type(s, f.value, f.column, err);
			twc__field_fini(&f);
			if (rc)
				return rc;
			if (s[pos] && type_has_payload(&out->type->pub))
				return payload_parse(s, pos + 1, out, err);
		}
		if (!s[pos])
			break;
	}
	if (!out->type)
		return twc__fault(err, 1, "no endpoint type: the string has only key=value parts");
	/* "stdio:" is "stdio", and "tcp:" lacks its port as "tcp" does */
	if (out->n == 1 && !out->field[0].key && !out->field[0].value[0]) {
		twc__field_fini(&out->field[0]);
		out->n = 0;
	}
	return 0;
}

int twc__parse(const char *s, const struct twc__endpoint_type *const *types, struct twc__parsed *out,
	       struct twc_err *err)
{
	int rc;

	*out = (struct twc__parsed){ .end_column = (int)strlen(s) + 1 };
	rc = twc__ws_url_parse(s, types, out, err);
	if (rc == 0)
		rc = parse_fields(s, types, out, err);
	if (rc < 0)
		twc__parsed_fini(out);
	return rc < 0 ? rc : 0;
}

void twc__parsed_fini(struct twc__parsed *p)
{
	for (size_t i = 0; i < p->n; i++)
		twc__field_fini(&p->field[i]);
	twc_free(p->field);
	twc_free(p->payload);
	*p = (struct twc__parsed){ 0 };
}
