/* SPDX-License-Identifier: MIT */
/*
 * Data that is given piece by piece, as curl has it: -d, --data-raw, --data-binary, --data-urlencode are
 * joined by '&', --json is put behind each other. It lies in memory, but for one file alone that is to be
 * sent as it is.
 */
#include "http_request.h"
#include "http_secret.h"
#include <twc/url.h>

static int fault(struct twc_err *err, int code, const char *option, const struct twc_err *why)
{
	return twc_err_set(err, code, "%s: %s", option, why->text);
}

/* The content of a file without its line breaks and NULs: so is -d. */
static int add_stripped(struct twc_buf *out, struct twc_str s)
{
	int rc = 0;

	while (s.n > 0 && rc == 0) {
		size_t n = 0;

		while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n' && s.p[n] != '\0')
			n++;
		rc = n > 0 ? twc_buf_add(out, s.p, n) : 0;
		n += n < s.n;
		s = (struct twc_str){ s.p + n, s.n - n };
	}
	return rc;
}

static int add_file(struct twc_buf *out, const char *path, bool is_stripped, struct twc_err *err)
{
	struct twc_buf content;
	int rc;

	if (!is_stripped)
		return http_file_read(path, out, err);
	twc_buf_init(&content, HTTP_FILE_MAX);
	rc = http_file_read(path, &content, err);
	if (rc == 0)
		rc = add_stripped(out, twc_buf_str(&content));
	twc_buf_fini(&content);
	return rc;
}

/* A blank is a plus sign, as in forms. */
static int add_encoded(struct twc_buf *out, struct twc_str s)
{
	struct twc_str part;
	bool is_first = true;
	int rc = 0;

	while (rc == 0 && twc_str_cut(&s, ' ', &part)) {
		rc = is_first ? 0 : twc_buf_add(out, "+", 1);
		if (rc == 0)
			rc = twc_url_encode(part, out);
		is_first = false;
	}
	return rc;
}

int http_data_encode(const char *option, const char *value, struct twc_buf *out, struct twc_err *err)
{
	size_t name = strcspn(value, "=@");
	struct twc_buf content;
	struct twc_err why = { 0 };
	int rc = twc_buf_len(out) > 0 ? twc_buf_add(out, "&", 1) : 0;

	twc_buf_init(&content, HTTP_FILE_MAX);
	if (rc == 0 && value[name] && name > 0)
		rc = twc_buf_addf(out, "%.*s=", (int)name, value);
	if (rc == 0 && value[name] == '@')
		rc = http_file_read(value + name + 1, &content, &why);
	else if (rc == 0)
		rc = twc_buf_add(&content, value + (value[name] ? name + 1 : 0),
				 strlen(value + (value[name] ? name + 1 : 0)));
	if (rc == 0)
		rc = add_encoded(out, twc_buf_str(&content));
	twc_buf_fini(&content);
	if (rc < 0 && !why.code)
		twc_err_set(&why, rc, "it is too long");
	return rc < 0 ? fault(err, rc, option, &why) : 0;
}

static int data_add(struct http_request *q, const struct opt_item *item, struct twc_err *err)
{
	const char *name = item->opt->long_name, *v = item->value;
	bool is_json = strcmp(name, "json") == 0, is_raw = strcmp(name, "data-raw") == 0;
	bool is_stripped = strcmp(name, "data") == 0;
	struct twc_err why = { 0 };
	char option[32] = "--";
	int rc = 0;

	strncat(option, name, sizeof(option) - 3);
	if (strcmp(name, "data-urlencode") == 0)
		return http_data_encode(option, v, &q->data, err);
	if (!is_json && q->has_data)
		rc = twc_buf_add(&q->data, "&", 1);
	if (rc == 0 && v[0] == '@' && !is_raw)
		rc = add_file(&q->data, v + 1, is_stripped, &why);
	else if (rc == 0 && v[0])
		rc = twc_buf_add(&q->data, v, strlen(v));
	if (rc < 0 && !why.code)
		twc_err_set(&why, rc, "it is too long");
	return rc < 0 ? fault(err, rc, option, &why) : 0;
}

static bool is_as_it_is(const char *name)
{
	return strcmp(name, "data-binary") == 0 || strcmp(name, "json") == 0;
}

int http_data_collect(struct http_request *q, struct twc_err *err)
{
	const struct opt_list *l = &q->p->data;
	const char *name = l->n > 0 ? l->item[l->n - 1].opt->long_name : "";
	const char *value = l->n > 0 ? l->item[0].value : "";

	if (l->n == 0)
		return 0;
	q->type = strcmp(name, "json") == 0 ? "application/json" : "application/x-www-form-urlencoded";
	if (l->n == 1 && is_as_it_is(name) && value[0] == '@' && strcmp(value, "@-") != 0 && !q->p->get) {
		q->data_file = value + 1;
		q->has_data = true;
		return 0;
	}
	for (size_t i = 0; i < l->n; i++) {
		int rc = data_add(q, &l->item[i], err);

		if (rc < 0)
			return rc;
		q->has_data = true;
	}
	return 0;
}
