/* SPDX-License-Identifier: MIT */
/* Names with values, in any number and order: kept in one piece of memory, sorted when they are written, so that a form
 * of thousands of names costs no more than its bytes. */
#include "app/http/bin.h"

#include <stdlib.h>

#include <twc/url.h>

#include "base/banned.h"

#define TEXT_MAX (4 * 1024 * 1024) /* a body and its NULs */

struct twc__bin_pair {
	uint32_t name, name_n, value, value_n; /* in the text */
};

void twc__bin_values_init(struct twc__bin_values *v)
{
	*v = (struct twc__bin_values){ .n = 0 };
	twc_buf_init(&v->text, TEXT_MAX);
}

void twc__bin_values_fini(struct twc__bin_values *v)
{
	twc_buf_fini(&v->text);
	twc_free(v->pair);
}

/* Room for one more, or NULL. */
static struct twc__bin_pair *next_pair(struct twc__bin_values *v)
{
	struct twc__bin_pair *more;
	size_t cap;

	if (v->rc == 0 && v->n == TWC__BIN_VALUES_MAX)
		v->rc = TWC_ETOOLONG;
	if (v->rc)
		return NULL;
	if (v->n < v->cap)
		return &v->pair[v->n];
	cap = v->cap ? 2 * v->cap : 16;
	more = twc_try_realloc(v->pair, cap * sizeof(*more));
	if (!more) {
		v->rc = TWC_ENOMEM;
		return NULL;
	}
	v->pair = more;
	v->cap = cap;
	return &v->pair[v->n];
}

/* Ends what was appended since `from` with a NUL. */
static void end_text(struct twc__bin_values *v, uint32_t from, uint32_t *at, uint32_t *n)
{
	*at = from;
	*n = (uint32_t)twc_buf_len(&v->text) - from;
	if (v->rc == 0)
		v->rc = twc_buf_add(&v->text, "", 1);
}

static void add(struct twc__bin_values *v, struct twc_str name, struct twc_str value,
		int (*copy)(struct twc_str s, struct twc_buf *out))
{
	struct twc__bin_pair *p = next_pair(v);
	uint32_t from = (uint32_t)twc_buf_len(&v->text);

	if (!p)
		return;
	v->rc = copy(name, &v->text);
	end_text(v, from, &p->name, &p->name_n);
	from = (uint32_t)twc_buf_len(&v->text);
	if (v->rc == 0)
		v->rc = copy(value, &v->text);
	end_text(v, from, &p->value, &p->value_n);
	if (v->rc == 0)
		v->n++;
}

static int copy_plain(struct twc_str s, struct twc_buf *out)
{
	return s.n ? twc_buf_add(out, s.p, s.n) : 0;
}

void twc__bin_values_add(struct twc__bin_values *v, struct twc_str name, struct twc_str value)
{
	add(v, name, value, copy_plain);
}

void twc__bin_values_add_form(struct twc__bin_values *v, struct twc_str form)
{
	struct twc_str name, value;

	while (v->rc == 0 && twc_form_next(&form, &name, &value))
		add(v, name, value, twc_form_decode);
}

/* Go's canonical form: x-api-key is X-Api-Key. */
static int copy_name(struct twc_str s, struct twc_buf *out)
{
	bool is_first = true;
	char *p;
	int rc = twc_buf_reserve(out, s.n, &p);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (is_first && c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		else if (!is_first && c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		is_first = c == '-';
		p[i] = c;
	}
	twc_buf_commit(out, s.n);
	return 0;
}

void twc__bin_values_add_fields(struct twc__bin_values *v, const struct twc_http_fields *f)
{
	size_t n = twc_http_fields_count(f);
	struct twc_buf name;

	twc_buf_init(&name, TWC_HTTP_FIELDS_BYTES);
	for (size_t i = 0; i < n && v->rc == 0; i++) {
		struct twc_http_field field = twc_http_fields_at(f, i);

		twc_buf_clear(&name);
		v->rc = copy_name(field.name, &name);
		if (v->rc == 0)
			add(v, twc_buf_str(&name), field.value, copy_plain);
	}
	twc_buf_fini(&name);
}

struct twc_str twc__bin_values_name(const struct twc__bin_values *v, size_t i)
{
	return (struct twc_str){ twc_buf_head(&v->text) + v->pair[i].name, v->pair[i].name_n };
}

struct twc_str twc__bin_values_value(const struct twc__bin_values *v, size_t i)
{
	return (struct twc_str){ twc_buf_head(&v->text) + v->pair[i].value, v->pair[i].value_n };
}

/* Equal names in the order in which they came, which is that of their places. */
static int compare(const void *a, const void *b, void *text)
{
	const struct twc__bin_pair *p = a, *q = b;
	const char *t = text;
	uint32_t n = p->name_n < q->name_n ? p->name_n : q->name_n;
	int c = memcmp(t + p->name, t + q->name, n);

	if (c)
		return c;
	if (p->name_n != q->name_n)
		return p->name_n < q->name_n ? -1 : 1;
	return p->name < q->name ? -1 : p->name > q->name;
}

void twc__bin_values_write(struct twc__bin_values *v, struct twc_json *j, const char *key)
{
	struct twc_str open = { NULL, 0 };

	if (v->n)
		qsort_r(v->pair, v->n, sizeof(*v->pair), compare, v->text.data + v->text.start);
	twc_json_open(j, key, '{');
	for (size_t i = 0; i < v->n; i++) {
		struct twc_str name = twc__bin_values_name(v, i);

		if (!open.p || !twc_str_eq(name, open)) {
			if (open.p)
				twc_json_close(j, ']');
			twc_json_open(j, name.p, '[');
			open = name;
		}
		twc_json_str(j, NULL, twc__bin_values_value(v, i));
	}
	if (open.p)
		twc_json_close(j, ']');
	twc_json_close(j, '}');
}
