/* SPDX-License-Identifier: MIT */
/*
 * JSON (RFC 8259) as commands and handlers need it: written record by record, indented as it passes, built of
 * items such as `user[name]=x`, and looked into by paths such as `.items[0].id`.
 */
#ifndef TWC_JSON_H
#define TWC_JSON_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#pragma GCC visibility push(default)

/* ---- writing: one object into a buffer, keys in the order of the calls ---- */

/*
 * Key NULL: an item of a list. Strings are escaped, bytes that are not valid UTF-8 become U+FFFD. Nothing
 * returns an error: `failed` is looked at once, at the end.
 */
struct twc_json {
	struct twc_buf *buf; /* borrowed */
	bool first;	     /* private: no key yet */
	bool failed;	     /* the buffer's maximum was reached: what is in it is not to be used */
};

void twc_json_begin(struct twc_json *j, struct twc_buf *buf); /* { */
void twc_json_end(struct twc_json *j);			      /* }, without a line feed */
void twc_json_open(struct twc_json *j, const char *key, char bracket); /* '{' or '[': what follows is inside */
void twc_json_close(struct twc_json *j, char bracket);
void twc_json_str(struct twc_json *j, const char *key, struct twc_str value); /* value.p NULL: null */
void twc_json_text(struct twc_json *j, const char *key, const char *value);   /* NULL: null */
void twc_json_uint(struct twc_json *j, const char *key, uint64_t value);
void twc_json_int(struct twc_json *j, const char *key, int64_t value);
void twc_json_bool(struct twc_json *j, const char *key, bool value);
void twc_json_null(struct twc_json *j, const char *key);
void twc_json_ratio(struct twc_json *j, const char *key, uint64_t n, uint64_t per_one); /* n / per_one, six decimals */
/* JSON that somebody else has made, as it is. */
void twc_json_raw(struct twc_json *j, const char *key, struct twc_str json);
/* Bytes of any kind: as a string under `key` when they are UTF-8, else in base64 under `key_base64`. */
void twc_json_bytes(struct twc_json *j, const char *key, const char *key_base64, struct twc_str value);

/* The string between its quotes alone, escaped: for text that is put into JSON of a user. 0 or what the
 * buffer said. */
int twc_json_escape(struct twc_buf *b, struct twc_str s) TWC_MUST_CHECK;

/* ---- indenting what passes ---- */

struct twc_json_pretty;

struct twc_json_pretty_opts {
	bool is_coloured; /* with the colours of terminals: keys, strings, numbers, words */
	/* Pieces, borrowed until it returns: 0, or a negative TWC_E… with *err, which feed returns. */
	int (*out)(void *arg, const char *p, size_t n, struct twc_err *err);
	void *arg;
};

/*
 * Values, one or several behind each other, are indented by two; their tokens stay as they are, numbers to
 * the last digit. From the first byte that is not JSON, or 512 levels deep, on all is passed as it is, so a
 * body that is none is not changed. Nothing is held but blanks (256 at most); what feed was given has been
 * put out when it returns.
 */
struct twc_json_pretty *twc_json_pretty_new(const struct twc_json_pretty_opts *o); /* `o` is copied */
void twc_json_pretty_free(struct twc_json_pretty *p);
int twc_json_pretty_feed(struct twc_json_pretty *p, const void *data, size_t n, struct twc_err *err);
int twc_json_pretty_finish(struct twc_json_pretty *p, struct twc_err *err); /* the end of the line of the last value */

/* ---- a document of items ---- */

struct twc_json_items;

struct twc_json_items *twc_json_items_new(void);
void twc_json_items_free(struct twc_json_items *items);
/*
 * `key` is a name, or a path of httpie: `a[b]` a key in an object, `a[0]` a place in a list (those before it
 * become null), `a[]` one more in a list; `[0]` and `[]` at its start make the document a list. A backslash
 * takes the meaning from `[`, `]` and itself, and from a digit that would be a place. The last value for a
 * place wins.
 *
 * `value` is a string, or JSON itself when `is_raw`. TWC_EUSAGE, with the column: a path that does not parse;
 * a place that is something else already ("a" is a list, not an object); a value that is no UTF-8, or no JSON
 * (the column is the value's then, and err->sys is 1).
 */
int twc_json_items_add(struct twc_json_items *items, struct twc_str key, struct twc_str value, bool is_raw,
		       struct twc_err *err);
bool twc_json_items_is_empty(const struct twc_json_items *items);
/* The document on one line, without a line feed; {} when nothing was added. 0 or what the buffer said. */
int twc_json_items_write(const struct twc_json_items *items, struct twc_buf *b) TWC_MUST_CHECK;

/* ---- a document looked into ---- */

struct twc_json_doc;

#define TWC_JSON_DOC_MAX 16777216 /* bytes of a text that is parsed; its tree takes up to 25 times as much */

/* Any value, parsed. NULL with *err: TWC_EPROTO (not JSON: line and column in the text, column in
 * err->column, too), TWC_ETOOLONG. */
struct twc_json_doc *twc_json_doc_new(struct twc_str text, struct twc_err *err);
void twc_json_doc_free(struct twc_json_doc *doc);

/*
 * An assertion: PATH, or PATH OP VALUE, blanks allowed around OP.
 *   PATH   `.` is the document; `.key`, `."any key"`, `[0]` one level down; `.#` at the end is how many a list, an
 *          object or a string (of characters) holds
 *   OP     = (or ==) and !=   equal, numbers by value; < <= > >=   numbers, or strings by their bytes;
 *          ~   the extended regular expression VALUE is found in a string (or in the text of a number or word);
 *          *=  a string holds the string VALUE
 *   VALUE  JSON, or else a string without its quotes; of ~ and *= always a string, quoted or not
 * Without OP it holds when there is something at PATH, or, `is_negated`, when there is nothing. With OP it
 * does not hold where there is nothing, whatever OP is.
 */
struct twc_json_expect;

/* NULL with *err: TWC_EUSAGE and the column. Negation and OP exclude each other. */
struct twc_json_expect *twc_json_expect_new(struct twc_str text, bool is_negated, struct twc_err *err);
void twc_json_expect_free(struct twc_json_expect *x);
/* Whether it holds. If not, `got` (may be NULL; cap >= 16) tells what there was: JSON, fit for a terminal and
 * cut to `cap`, "nothing", or "no JSON": `doc` NULL is a body that was none, of which nothing holds. */
bool twc_json_expect_holds(const struct twc_json_expect *x, const struct twc_json_doc *doc, char *got, size_t cap);

/* Version of jansson as linked at run time: "2.14". Static text. */
const char *twc_json_library_version(void);

#pragma GCC visibility pop
#endif
