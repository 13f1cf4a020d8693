/* SPDX-License-Identifier: MIT */
/*
 * Which operand is what. The first one of capital letters alone is the method, if a URL follows; the next is
 * a URL whatever it looks like. Of the rest, what looks like one or has no separator is one more URL, all
 * else an item: a name up to the first separator that has no backslash in front.
 */
#include "http_words.h"
#include <stdlib.h>
#include <string.h>
#include <twc/http_message.h>

static const struct separator {
	const char *text;
	enum http_item_kind kind;
} separators[] = {
	{ ":=@", HTTP_ITEM_JSON_FILE }, { ":=", HTTP_ITEM_JSON }, { "==", HTTP_ITEM_QUERY },
	{ "=@", HTTP_ITEM_TEXT_FILE },  { "=", HTTP_ITEM_TEXT },  { ":", HTTP_ITEM_FIELD },
	{ "@", HTTP_ITEM_FILE },
};

bool http_item_is_data(const struct http_item *item)
{
	return item->kind >= HTTP_ITEM_TEXT;
}

static bool is_method(const char *s)
{
	return strlen(s) >= 2 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(s) && s[0] != '-';
}

/* "name.test:80", "127.0.0.1/x", "localhost:8080", "[::1]:80": names of fields and data hardly look so. */
static bool is_host(const char *s)
{
	size_t host = s[0] == '[' ? strcspn(s, "]") + 1 : strcspn(s, ":/?#=@"), digits;

	if (s[0] == '[' ? host > strlen(s)
			: !memchr(s, '.', host) && !twc_str_is((struct twc_str){ s, host }, "localhost"))
		return false;
	if (strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-[:]") < host || host == 0)
		return false;
	s += host;
	digits = *s == ':' ? strspn(s + 1, "0123456789") : 0;
	s += digits > 0 ? digits + 1 : 0;
	return (*s == '\0' && digits > 0) || (*s && strchr("/?#", *s));
}

/* A scheme, a host, or what is short for localhost: ":8080/x". */
static bool is_url(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return (n > 0 && strncmp(s + n, "://", 3) == 0) || is_host(s) ||
	       (s[0] == ':' && strchr("0123456789/", s[1]) && s[1]);
}

/* The first separator, the longest that stands there; NULL: there is none. */
static const struct separator *find_separator(const char *s, const char **at)
{
	for (const char *p = s; *p; p++) {
		if (*p == '\\' && p[1]) {
			p++;
			continue;
		}
		for (size_t i = 0; i < TWC_ARRAY_LEN(separators); i++)
			if (strncmp(p, separators[i].text, strlen(separators[i].text)) == 0) {
				*at = p;
				return &separators[i];
			}
	}
	return NULL;
}

static bool is_empty_field(const char *s)
{
	size_t n = strlen(s);

	return n > 1 && s[n - 1] == ';' && twc_http_is_token((struct twc_str){ s, n - 1 });
}

/* Before a separator a backslash goes; paths of JSON have a meaning for others. */
static char *unescape(const char *s, size_t n)
{
	char *out = twc_malloc(n + 1);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\' && i + 1 < n && strchr("=:@;", s[i + 1]))
			i++;
		out[len++] = s[i];
	}
	out[len] = '\0';
	return out;
}

static int fault(struct twc_err *err, const char *item, const char *what)
{
	char shown[64];

	twc_escape(shown, sizeof(shown), twc_str_of(item));
	return twc_err_set(err, TWC_EUSAGE, "%s: %s", shown, what);
}

static int add_item(struct http_words *w, const char *typed, struct twc_err *err)
{
	struct http_item item = { .typed = typed };
	const struct separator *sep;
	const char *at = NULL;

	if (is_empty_field(typed)) {
		item.kind = HTTP_ITEM_EMPTY_FIELD;
		item.name = twc_str_dup((struct twc_str){ typed, strlen(typed) - 1 });
		item.value = "";
	} else {
		sep = find_separator(typed, &at);
		item.kind = sep->kind;
		item.name = unescape(typed, (size_t)(at - typed));
		item.value = at + strlen(sep->text);
		if (item.kind == HTTP_ITEM_FIELD && item.value[0] == '\0')
			item.kind = HTTP_ITEM_NO_FIELD;
	}
	w->item = twc_realloc(w->item, (w->n_items + 1) * sizeof(*w->item));
	w->item[w->n_items++] = item;
	if (item.kind <= HTTP_ITEM_EMPTY_FIELD && !twc_http_is_token(twc_str_of(item.name)))
		return fault(
			err, typed,
			"before the colon stands the name of a header field; a URL among items needs its scheme");
	if (item.kind >= HTTP_ITEM_QUERY && item.kind != HTTP_ITEM_TEXT && item.kind != HTTP_ITEM_JSON &&
	    !item.name[0])
		return fault(err, typed, "a name is missing at the start");
	return 0;
}

static void add_url(struct http_words *w, char *url)
{
	w->url = twc_realloc(w->url, (w->n_urls + 1) * sizeof(*w->url));
	w->url[w->n_urls++] = url;
}

int http_words_parse(struct http_words *w, int n, char **operand, struct twc_err *err)
{
	const char *at;
	int i = 0;

	if (n > 1 && is_method(operand[0]))
		w->method = operand[i++];
	for (; i < n; i++) {
		int rc = 0;

		if (w->n_urls == 0 || is_url(operand[i]) ||
		    (!is_empty_field(operand[i]) && !find_separator(operand[i], &at)))
			add_url(w, operand[i]);
		else
			rc = add_item(w, operand[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void http_words_hide_password(char *text)
{
	char *authority = strstr(text, "://"), *at = NULL, *colon;

	authority = authority ? authority + 3 : text;
	for (char *p = authority; *p && *p != '/' && *p != '?' && *p != '#'; p++)
		if (*p == '@')
			at = p;
	colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	if (colon)
		memset(colon + 1, '*', (size_t)(at - colon - 1));
}

/* A copy that is ours, so that what was typed can be made unreadable. */
static char *keep(struct http_words *w, const char *typed)
{
	char *copy = twc_strdup(typed);

	w->kept = twc_realloc(w->kept, (w->n_kept + 1) * sizeof(*w->kept));
	w->kept[w->n_kept++] = copy;
	return copy;
}

void http_words_hide(struct http_words *w)
{
	for (size_t i = 0; i < w->n_urls; i++) {
		char *typed = w->url[i];

		w->url[i] = keep(w, typed);
		http_words_hide_password(typed);
	}
	for (size_t i = 0; i < w->n_items; i++) {
		struct http_item *item = &w->item[i];
		const char *copy;
		char *typed = (char *)(uintptr_t)item->value;

		if (item->kind != HTTP_ITEM_FIELD)
			continue;
		copy = keep(w, item->typed);
		item->value = copy + (item->value - item->typed);
		item->typed = copy;
		memset(typed, 'x', strlen(typed));
	}
}

void http_words_fini(struct http_words *w)
{
	for (size_t i = 0; i < w->n_kept; i++)
		twc_free_secret(w->kept[i], strlen(w->kept[i]));
	twc_free(w->kept);
	for (size_t i = 0; i < w->n_items; i++)
		twc_free(w->item[i].name);
	twc_free(w->item);
	twc_free(w->url);
	*w = (struct http_words){ 0 };
}
