/* SPDX-License-Identifier: MIT */
/* Text to jansson's trees and back. Its errors become ours; its reals, which it writes with 17 digits, are
 * written as people do. */
#include "app/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/banned.h"

struct json_t *twc__json_parse(struct twc_str text, bool is_lossy, int code, struct twc_err *err)
{
	json_error_t fault;
	json_t *value = json_loadb(text.p ? text.p : "", text.n, JSON_DECODE_ANY, &fault);
	char shown[JSON_ERROR_TEXT_LENGTH];

	if (!value && is_lossy && json_error_code(&fault) == json_error_numeric_overflow)
		value = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &fault);
	if (value)
		return value;
	twc_escape(shown, sizeof(shown), twc_str_of(fault.text));
	if (fault.line > 1)
		twc_err_set(err, code, "not JSON: line %d, column %d: %s", fault.line, fault.column, shown);
	else
		twc_err_set(err, code, "not JSON: column %d: %s", fault.column, shown);
	if (err)
		err->column = fault.position > 0 ? fault.position : 1;
	return NULL;
}

const char *twc__json_kind(const struct json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	default:
		return json_is_null(value) ? "null" : "a boolean";
	}
}

/* ---- writing ---- */

static int dump_real(const json_t *value, struct twc_buf *b)
{
	char text[64];

	/* Both ways through jansson, which minds the locale. */
	for (size_t digits = 15; digits <= 17; digits++) {
		size_t n = json_dumpb(value, text, sizeof(text), JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
		json_t *back = n < sizeof(text) ? json_loadb(text, n, JSON_DECODE_ANY, NULL) : NULL;
		bool is_same = back && !(json_real_value(back) < json_real_value(value)) &&
			       !(json_real_value(back) > json_real_value(value));

		json_decref(back);
		if (is_same || digits == 17)
			return twc_buf_add(b, text, n < sizeof(text) ? n : sizeof(text));
	}
	return 0;
}

static int dump_string(struct twc_str s, struct twc_buf *b)
{
	int rc = twc_buf_add(b, "\"", 1);

	if (rc == 0)
		rc = twc_json_escape(b, s);
	return rc ? rc : twc_buf_add(b, "\"", 1);
}

static int dump_array(const json_t *value, struct twc_buf *b)
{
	int rc = twc_buf_add(b, "[", 1);

	for (size_t i = 0; i < json_array_size(value) && rc == 0; i++) {
		if (i > 0)
			rc = twc_buf_add(b, ",", 1);
		if (rc == 0)
			rc = twc__json_dump(json_array_get(value, i), b);
	}
	return rc ? rc : twc_buf_add(b, "]", 1);
}

static int dump_object(const json_t *value, struct twc_buf *b)
{
	json_t *object = (json_t *)(uintptr_t)value; /* its iterators want it writable, and do not write */
	bool is_first = true;
	int rc = twc_buf_add(b, "{", 1);

	for (void *it = json_object_iter(object); it && rc == 0; it = json_object_iter_next(object, it)) {
		struct twc_str key = { json_object_iter_key(it), json_object_iter_key_len(it) };

		if (!is_first)
			rc = twc_buf_add(b, ",", 1);
		is_first = false;
		if (rc == 0)
			rc = dump_string(key, b);
		if (rc == 0)
			rc = twc_buf_add(b, ":", 1);
		if (rc == 0)
			rc = twc__json_dump(json_object_iter_value(it), b);
	}
	return rc ? rc : twc_buf_add(b, "}", 1);
}

int twc__json_dump(const struct json_t *value, struct twc_buf *b)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return dump_object(value, b);
	case JSON_ARRAY:
		return dump_array(value, b);
	case JSON_STRING:
		return dump_string((struct twc_str){ json_string_value(value), json_string_length(value) }, b);
	case JSON_INTEGER:
		return twc_buf_addf(b, "%" PRId64, (int64_t)json_integer_value(value));
	case JSON_REAL:
		return dump_real(value, b);
	case JSON_TRUE:
		return twc_buf_add(b, "true", 4);
	case JSON_FALSE:
		return twc_buf_add(b, "false", 5);
	case JSON_NULL:
		break;
	}
	return twc_buf_add(b, "null", 4);
}

const char *twc_json_library_version(void)
{
	return jansson_version_str();
}
