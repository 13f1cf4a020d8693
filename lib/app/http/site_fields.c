/* SPDX-License-Identifier: MIT */
/* Fields that every response of a site gets, and those that a route adds to its own: "Name: value". */
#include "app/http/site.h"

#include "protocol/http/octet.h"
#include "base/banned.h"

struct fields {
	struct twc__http_made inner;
	unsigned n;
	struct twc_http_field field[]; /* of a site borrowed; of a route, the texts stand behind */
};

static struct twc_deferred *fields_handle(void *arg, struct twc_http_exchange *x)
{
	const struct fields *f = arg;

	for (unsigned i = 0; i < f->n; i++)
		twc_http_add_field_str(x, f->field[i].name, f->field[i].value);
	return f->inner.handler.handle(f->inner.handler.arg, x);
}

static int parse_field(struct twc_str s, struct twc_http_field *out, struct twc_err *err)
{
	struct twc_str rest = s;

	if (!twc_str_cut(&rest, ':', &out->name) || !rest.p || !twc_http_is_token(out->name))
		return twc_err_set(err, TWC_EUSAGE, "a field is written as 'Name: value'");
	out->value = twc_str_trim(rest);
	if (!twc__http_all(out->value, TWC__HTTP_VALUE))
		return twc_err_set(err, TWC_EUSAGE, "the value of a field holds no control characters");
	return 0;
}

static void fields_free(void *arg)
{
	struct fields *f = arg;

	twc__http_made_free(&f->inner);
	twc_free(f);
}

static void wrap(struct fields *f, struct twc__http_made *made)
{
	f->inner = *made;
	*made = (struct twc__http_made){ { fields_handle, f }, fields_free };
}

static struct fields *fields_new(size_t n, size_t bytes)
{
	return twc_calloc(1, sizeof(struct fields) + n * sizeof(struct twc_http_field) + bytes);
}

static int fields_wrap_site(struct twc_http_site *s, struct twc__http_made *made, struct twc_err *err)
{
	struct fields *f;
	size_t n = 0;
	int rc;

	while (s->o.fields && s->o.fields[n])
		n++;
	if (!n)
		return 0;
	f = fields_new(n, 0);
	for (; f->n < n; f->n++) {
		rc = parse_field(twc_str_of(s->o.fields[f->n]), &f->field[f->n], err);
		if (rc < 0) {
			twc_free(f);
			return rc;
		}
	}
	wrap(f, made);
	return 0;
}

/* The route's text goes away: names and values are kept behind the fields. */
static void keep_text(struct twc_str *s, char **to)
{
	if (s->n)
		memcpy(*to, s->p, s->n);
	s->p = *to;
	*to += s->n;
}

static int fields_wrap_route(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc__http_made *made,
			     struct twc_err *err)
{
	const struct twc__http_option *option;
	size_t bytes = 0, n = 0;
	unsigned at = 0;
	struct fields *f;
	char *text;

	(void)s;
	while ((option = twc__http_option_find(o, "header", &at))) {
		bytes += option->value.n;
		n++;
	}
	if (!n)
		return 0;
	f = fields_new(n, bytes);
	text = (char *)&f->field[n];
	at = 0;
	while ((option = twc__http_option_find(o, "header", &at))) {
		struct twc_http_field *field = &f->field[f->n++];

		if (parse_field(option->value, field, err) < 0) {
			twc_free(f);
			return twc__http_option_fail(option, err);
		}
		keep_text(&field->name, &text);
		keep_text(&field->value, &text);
	}
	wrap(f, made);
	return 0;
}

static const char *const fields_keys[] = { "header", NULL };

const struct twc__http_wrapper twc__http_wrapper_fields = {
	.keys = fields_keys,
	.wrap_route = fields_wrap_route,
	.wrap_site = fields_wrap_site,
};
