/* SPDX-License-Identifier: MIT */
/*
 * Items of httpie, applied: fields and query at once, data as one object of JSON or as the pairs of a form.
 * Items with files make a form of parts, which http_form.c builds.
 */
#include "http_request.h"
#include "http_secret.h"
#include <twc/json.h>
#include <twc/url.h>

#define CONTENT_MAX ((size_t)64 << 20) /* of a file in an item */

/* A backslash before a separator in a value is one; what is typed stays as it is. */
static struct twc_str value_of(const struct http_item *item)
{
	return twc_str_of(item->value);
}

static int item_fault(struct twc_err *err, int code, const struct http_item *item, const char *why)
{
	char shown[64];

	twc_escape(shown, sizeof(shown), twc_str_of(item->typed));
	return twc_err_set(err, code, "%s: %s", shown, why);
}

/* The value, or what the file holds that it names. */
static int load_value(const struct http_item *item, struct twc_buf *out, struct twc_err *err)
{
	bool is_file = item->kind == HTTP_ITEM_TEXT_FILE || item->kind == HTTP_ITEM_JSON_FILE;
	struct twc_err why = { 0 };
	int rc;

	if (is_file)
		rc = http_file_read(item->value, out, &why);
	else
		rc = twc_buf_add(out, item->value, strlen(item->value));
	return rc < 0 ? item_fault(err, rc, item, why.code ? why.text : "it is too long") : 0;
}

static int add_query(struct http_request *q, const struct http_item *item, struct twc_err *err)
{
	struct twc_buf *out = &q->query;
	int rc = twc_buf_len(out) > 0 ? twc_buf_add(out, "&", 1) : 0;

	if (rc == 0)
		rc = twc_url_encode(twc_str_of(item->name), out);
	if (rc == 0)
		rc = twc_buf_add(out, "=", 1);
	if (rc == 0)
		rc = twc_url_encode(value_of(item), out);
	return rc < 0 ? item_fault(err, TWC_EUSAGE, item, "the query gets too long") : 0;
}

static int add_json(struct twc_json_items *doc, const struct http_item *item, struct twc_err *err)
{
	bool is_raw = item->kind == HTTP_ITEM_JSON || item->kind == HTTP_ITEM_JSON_FILE;
	struct twc_buf value;
	struct twc_err why = { 0 };
	int rc;

	twc_buf_init(&value, CONTENT_MAX);
	rc = load_value(item, &value, err);
	if (rc == 0) {
		rc = twc_json_items_add(doc, twc_str_of(item->name), twc_buf_str(&value), is_raw, &why);
		if (rc < 0)
			rc = item_fault(err, rc, item, why.text);
	}
	twc_buf_fini(&value);
	return rc;
}

static int make_json(struct http_request *q, struct twc_err *err)
{
	struct twc_json_items *doc = twc_json_items_new();
	int rc = 0;

	for (size_t i = 0; i < q->words.n_items && rc == 0; i++)
		if (http_item_is_data(&q->words.item[i]))
			rc = add_json(doc, &q->words.item[i], err);
	if (rc == 0 && twc_json_items_write(doc, &q->data) < 0)
		rc = twc_err_set(err, TWC_ETOOLONG, "the items make a body that is too long");
	twc_json_items_free(doc);
	q->type = "application/json";
	return rc;
}

static int make_pairs(struct http_request *q, struct twc_err *err)
{
	int rc = 0;

	q->type = "application/x-www-form-urlencoded; charset=utf-8";
	for (size_t i = 0; i < q->words.n_items && rc == 0; i++) {
		const struct http_item *item = &q->words.item[i];
		struct twc_buf value;

		if (!http_item_is_data(item))
			continue;
		twc_buf_init(&value, CONTENT_MAX);
		rc = load_value(item, &value, err);
		if (rc == 0 && twc_form_add(&q->data, twc_str_of(item->name), twc_buf_str(&value)) < 0)
			rc = item_fault(err, TWC_ETOOLONG, item, "the form gets too long");
		twc_buf_fini(&value);
	}
	return rc;
}

static int apply_head(struct http_request *q, const struct http_item *item, struct twc_err *err)
{
	switch (item->kind) {
	case HTTP_ITEM_FIELD:
		return http_field_add(q, &q->fields, twc_str_of(item->name), value_of(item), err);
	case HTTP_ITEM_EMPTY_FIELD:
		return http_field_add(q, &q->fields, twc_str_of(item->name), TWC_STR(""), err);
	case HTTP_ITEM_NO_FIELD:
		http_names_add(&q->removed, twc_str_of(item->name));
		return 0;
	case HTTP_ITEM_QUERY:
		return add_query(q, item, err);
	default:
		return 0;
	}
}

int http_items_apply(struct http_request *q, struct twc_err *err)
{
	size_t n_data = 0;
	int rc = 0;

	for (size_t i = 0; i < q->words.n_items && rc == 0; i++) {
		n_data += http_item_is_data(&q->words.item[i]);
		q->is_form |= q->words.item[i].kind == HTTP_ITEM_FILE;
		rc = apply_head(q, &q->words.item[i], err);
	}
	if (rc < 0 || n_data == 0)
		return rc;
	if (q->p->items == HTTP_ITEMS_MULTIPART)
		q->is_form = true;
	if (q->is_form)
		return 0;
	q->has_data = true;
	return q->p->items == HTTP_ITEMS_FORM ? make_pairs(q, err) : make_json(q, err);
}
