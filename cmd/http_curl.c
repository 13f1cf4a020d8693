/* SPDX-License-Identifier: MIT */
/*
 * --print-curl: the rows that are curl's, as they were given, with what is ours translated: items, --via,
 * globbing. What is about output and checks of our own is left out. A secret is *** unless --show-secrets.
 */
#include "http_curl.h"
#include "out.h"
#include <inttypes.h>
#include <stdio.h>

#define LINE_MAX_BYTES ((size_t)64 << 20)

/* Rows that curl does not have, and those that are written in another way. */
static const char *const ours[] = {
	"glob",		 "globoff",	    "items",	 "offline",    "print-curl", "via",	  "first-byte-timeout",
	"keep-method",	 "allow-downgrade", "lenient",	 "sse",	       "sse-json",   "count",	  "retry-on",
	"part",		 "retry-after-max", "checksum",	 "unbuffered", "buffer",     "print",	  "pretty",
	"color",	 "report",	    "har",	 "show-secrets", "exit",     "expect",	  "wait",
	"tls-info",	 "public-suffixes", "url-query", "cert-type",  "bearer",     "clobber",	  "progress-meter",
	"oauth2-bearer", NULL,
};

static bool is_ours(const char *name)
{
	for (size_t i = 0; ours[i]; i++)
		if (strcmp(ours[i], name) == 0)
			return true;
	return false;
}

/* As one word of a shell. */
static void put_word(struct twc_buf *b, struct twc_str s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";
	size_t n = 0;

	while (n < s.n && s.p[n] && strchr(plain, s.p[n]))
		n++;
	if (n == s.n && n > 0) {
		help_put(b, " %.*s", (int)s.n, s.p);
		return;
	}
	help_put(b, " '");
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\'')
			help_put(b, "'\\''");
		else
			(void)!twc_buf_add(b, &s.p[i], 1);
	help_put(b, "'");
}

static void put_option(struct twc_buf *b, const struct twc_opt *o)
{
	if (o->short_name)
		help_put(b, " -%c", o->short_name);
	else
		help_put(b, " --%s", o->long_name);
}

/* Seconds, as curl counts them. */
static void put_seconds(struct twc_buf *b, uint64_t ns)
{
	uint64_t ms = (ns + 999999) / 1000000;

	if (ms % 1000)
		help_put(b, " %" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
	else
		help_put(b, " %" PRIu64, ms / 1000);
}

static void put_value(struct twc_buf *b, const struct twc_opt *o, const char *value, bool show_secrets)
{
	bool is_login = (o->flags & OPT_SECRET) && o->type == OPT_STRING;

	put_option(b, o);
	put_word(b, is_login && !show_secrets ? TWC_STR("***") : twc_str_of(value));
}

static void put_list(struct twc_buf *b, const struct twc_opt *o, const struct opt_list *l, bool show_secrets)
{
	for (size_t i = 0; i < l->n; i++) {
		struct twc_str v = twc_str_of(l->item[i].value), rest = v, name;

		if (l->item[i].opt != o)
			continue;
		(void)twc_str_cut(&rest, ':', &name);
		if (!show_secrets && (twc_str_eq_nocase(name, TWC_STR("Authorization")) ||
				      strcmp(o->long_name, "cookie") == 0)) {
			put_option(b, o);
			put_word(b, rest.p ? TWC_STR("Authorization: ***") : TWC_STR("***"));
			continue;
		}
		put_option(b, o);
		put_word(b, v);
	}
}

static void put_row(struct twc_buf *b, const struct twc_opt *o, const struct http_params *p, bool show_secrets)
{
	const char *member = (const char *)p + o->offset, *text;
	uint64_t number;
	unsigned n;
	int chosen;

	switch ((enum opt_type)o->type) {
	case OPT_FLAG:
		if (*(const bool *)member)
			put_option(b, o);
		break;
	case OPT_COUNT:
		memcpy(&n, member, sizeof(n));
		while (n-- > 0)
			put_option(b, o);
		break;
	case OPT_SET:
		memcpy(&chosen, member, sizeof(chosen));
		if (chosen == o->value)
			put_option(b, o);
		break;
	case OPT_WORD:
		memcpy(&chosen, member, sizeof(chosen));
		if (chosen > 0) {
			put_option(b, o);
			put_word(b, twc_str_of(o->words[chosen]));
		}
		break;
	case OPT_STRING:
		memcpy(&text, member, sizeof(text));
		if (text)
			put_value(b, o, text, show_secrets);
		break;
	case OPT_UINT:
	case OPT_SIZE:
	case OPT_DURATION:
		memcpy(&number, member, sizeof(number));
		if (number == 0 || (o->def && o->offset == offsetof(struct http_params, parallel_max)))
			break;
		put_option(b, o);
		if (o->type == OPT_DURATION)
			put_seconds(b, number);
		else
			help_put(b, " %" PRIu64, number);
		break;
	case OPT_LIST:
		put_list(b, o, (const struct opt_list *)(const void *)member, show_secrets);
		break;
	default:
		break;
	}
}

/* ---- what is ours ---- */

static void put_via(struct twc_buf *b, struct ctx *ctx, const char *via)
{
	if (strncmp(via, "unix:@", 6) == 0) {
		help_put(b, " --abstract-unix-socket");
		put_word(b, twc_str_of(via + 6));
	} else if (strncmp(via, "unix:", 5) == 0) {
		help_put(b, " --unix-socket");
		put_word(b, twc_str_of(via + 5));
	} else if (strncmp(via, "tcp:", 4) == 0 && strchr(via + 4, ':')) {
		help_put(b, " --connect-to ::%s", via + 4);
	} else {
		out_note(ctx, "curl cannot connect to %s", via);
	}
}

static void put_item_field(struct twc_buf *b, const struct http_item *item, bool show_secrets)
{
	bool is_login = strcasecmp(item->name, "Authorization") == 0;
	char *line;

	if (item->kind == HTTP_ITEM_FIELD)
		line = twc_asprintf("%s: %s", item->name, is_login && !show_secrets ? "***" : item->value);
	else if (item->kind == HTTP_ITEM_NO_FIELD)
		line = twc_asprintf("%s:", item->name);
	else if (item->kind == HTTP_ITEM_EMPTY_FIELD)
		line = twc_asprintf("%s;", item->name);
	else
		return;
	help_put(b, " -H");
	put_word(b, twc_str_of(line));
	twc_free(line);
}

/* A part of a form, as -F has it. */
static void put_item_part(struct twc_buf *b, const struct http_item *item)
{
	bool is_text = item->kind == HTTP_ITEM_TEXT || item->kind == HTTP_ITEM_JSON;
	char *part;

	if (!http_item_is_data(item))
		return;
	part = twc_asprintf("%s=%s%s", item->name,
			    is_text                        ? ""
			    : item->kind == HTTP_ITEM_FILE ? "@"
							   : "<",
			    item->value);
	help_put(b, is_text ? " --form-string" : " -F");
	put_word(b, twc_str_of(part));
	twc_free(part);
}

static void put_items(struct twc_buf *b, const struct http_request *q, bool show_secrets)
{
	for (size_t i = 0; i < q->words.n_items; i++) {
		put_item_field(b, &q->words.item[i], show_secrets);
		if (q->is_form)
			put_item_part(b, &q->words.item[i]);
	}
	if (q->p->data.n > 0 || !q->has_data)
		return;
	if (q->type) {
		help_put(b, " -H 'Content-Type: %s'", q->type);
		if (strcmp(q->type, "application/json") == 0)
			help_put(b, " -H 'Accept: application/json, */*;q=0.5'");
	}
	help_put(b, " --data-raw");
	put_word(b, twc_buf_str(&q->data));
}

/* -G and -d have put theirs into the query already, and are curl's to do again. */
static void put_urls(struct twc_buf *b, const struct http_request *q)
{
	struct twc_buf query;

	twc_buf_init(&query, LINE_MAX_BYTES);
	for (size_t i = 0; i < q->words.n_urls; i++) {
		help_put(b, " --url");
		twc_buf_clear(&query);
		(void)!twc_buf_add(&query, q->words.url[i], strlen(q->words.url[i]));
		if (twc_buf_len(&q->query) > 0 && !q->p->get)
			(void)!twc_buf_addf(&query, "%c%.*s", strchr(q->words.url[i], '?') ? '&' : '?', (int)twc_buf_len(&q->query),
					    twc_buf_head(&q->query));
		put_word(b, twc_buf_str(&query));
	}
	twc_buf_fini(&query);
}

static void put_group(struct twc_buf *b, struct http_run *run, const struct http_request *q)
{
	const struct http_params *p = q->p;
	bool show = run->p->show_secrets;

	if (!p->glob)
		help_put(b, " -g");
	for (const struct twc_opt *o = http_opts; o->long_name; o++)
		if (!is_ours(o->long_name))
			put_row(b, o, p, show);
	if (!p->clobber)
		help_put(b, " --no-clobber");
	if (p->bearer) {
		help_put(b, " --oauth2-bearer");
		put_word(b, show ? twc_str_of(q->bearer) : TWC_STR("***"));
	}
	if (p->via)
		put_via(b, run->ctx, p->via);
	if (q->words.method)
		help_put(b, " -X %s", q->words.method);
	put_items(b, q, show);
	put_urls(b, q);
}

int http_print_curl(struct http_run *run)
{
	struct twc_buf b;

	twc_buf_init(&b, LINE_MAX_BYTES);
	help_put(&b, "curl");
	for (size_t i = 0; i < run->n_groups; i++) {
		help_put(&b, i > 0 ? " --next" : "");
		put_group(&b, run, &run->group[i].q);
	}
	help_put(&b, "\n");
	return out_print(run->ctx, &b);
}
