/* SPDX-License-Identifier: MIT */
/* The operands of twc http: [METHOD] URL... [ITEM...], in which items are those of httpie. */
#ifndef CMD_HTTP_WORDS_H
#define CMD_HTTP_WORDS_H

#include <twc/base.h>
#include <twc/err.h>

enum http_item_kind {
	HTTP_ITEM_FIELD,	/* Name:value */
	HTTP_ITEM_NO_FIELD,	/* Name: */
	HTTP_ITEM_EMPTY_FIELD,	/* Name; */
	HTTP_ITEM_QUERY,	/* name==value */
	HTTP_ITEM_TEXT,		/* name=value */
	HTTP_ITEM_JSON,		/* name:=json */
	HTTP_ITEM_TEXT_FILE,	/* name=@file */
	HTTP_ITEM_JSON_FILE,	/* name:=@file */
	HTTP_ITEM_FILE,		/* name@file[;type=T] */
};

struct http_item {
	enum http_item_kind kind;
	const char *typed; /* borrowed */
	char *name;	   /* owned; without its backslashes, but for those that paths of JSON know */
	const char *value; /* in typed */
};

struct http_words {
	const char *method; /* NULL: none was said; borrowed */
	char **url;	    /* owned; what they point to is borrowed */
	size_t n_urls;
	struct http_item *item; /* owned */
	size_t n_items;
	char **kept; /* owned: what http_words_hide has put in the place of operands */
	size_t n_kept;
};

/* 0, or TWC_EUSAGE. Zeroed before; to be freed in any case. */
int http_words_parse(struct http_words *w, int n, char **operand, struct twc_err *err);
void http_words_fini(struct http_words *w);
/* Header fields and the passwords of URLs leave the list of processes: from here on they are copies. */
void http_words_hide(struct http_words *w);
/* What may be the password of a URL becomes stars, as many as it has letters: columns stay as they are. */
void http_words_hide_password(char *url);
/* Is this data, which goes into the body? */
bool http_item_is_data(const struct http_item *item);

#endif
