/* SPDX-License-Identifier: MIT */
/*
 * Files of options, in the syntax of curl's: text → elements of argv, which the parser takes in place of `-K FILE`.
 * A line is an option and at most one value. A long option and its value become one element, --name=value, a short
 * one and its value two, of which the second is marked; so nothing in a file can be taken for anything else.
 */
#include "opt_priv.h"
#include <errno.h>
#include <fcntl.h>
#include <twc/buf.h>
#include <unistd.h>

enum { FILE_MAX = 1024 * 1024 };

/* The line being read. */
struct config_line {
	const char *p, *end;
	const char *path;
	unsigned number;
	struct twc_err *err;
};

void *opt_keep(struct opt_block **list, size_t n)
{
	struct opt_block *b = twc_calloc(1, sizeof(*b) + n);

	b->n = n;
	b->next = *list;
	*list = b;
	return b->bytes;
}

void opt_keep_fini(struct opt_block **list)
{
	while (*list) {
		struct opt_block *b = *list;

		*list = b->next;
		explicit_bzero(b->bytes, b->n);
		twc_free(b);
	}
}

void opt_words_fini(struct opt_words *w)
{
	twc_free(w->word);
	twc_free(w->source);
	*w = (struct opt_words){ 0 };
}

static void words_add(struct opt_words *w, char *word, const struct config_line *l, bool is_value)
{
	w->word = twc_realloc(w->word, (w->n + 1) * sizeof(*w->word));
	w->source = twc_realloc(w->source, (w->n + 1) * sizeof(*w->source));
	w->word[w->n] = word;
	w->source[w->n++] = (struct opt_source){ .file = l->path, .line = l->number, .is_value = is_value };
}

static int config_fault(const struct config_line *l, const char *text)
{
	return twc_err_set(l->err, TWC_EUSAGE, "%.100s:%u: %s", l->path, l->number, text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static void skip_blanks(struct config_line *l)
{
	while (l->p < l->end && is_blank(*l->p))
		l->p++;
}

static bool at_end(struct config_line *l)
{
	skip_blanks(l);
	return l->p == l->end || *l->p == '#';
}

/* A name without dashes may be followed by = or :, as a long one cannot hold them. */
static struct twc_str take_name(struct config_line *l)
{
	bool dashed = *l->p == '-';
	struct twc_str name = { l->p, 0 };

	while (l->p < l->end && !is_blank(*l->p) && (dashed || (*l->p != '=' && *l->p != ':')))
		l->p++;
	name.n = (size_t)(l->p - name.p);
	skip_blanks(l);
	if (!dashed && l->p < l->end && (*l->p == '=' || *l->p == ':'))
		l->p++;
	return name;
}

static char unescape(char c)
{
	switch (c) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 'v':
		return '\v';
	default:
		return c;
	}
}

/* Behind the opening quote; `out` has room for the rest of the line. */
static int take_quoted(struct config_line *l, char *out)
{
	for (; l->p < l->end && *l->p != '"'; l->p++) {
		if (*l->p == '\\' && l->p + 1 < l->end)
			*out++ = unescape(*++l->p);
		else
			*out++ = *l->p;
	}
	if (l->p == l->end)
		return config_fault(l, "no closing quote");
	l->p++;
	*out = '\0';
	return at_end(l) ? 0 : config_fault(l, "something follows the closing quote");
}

static int take_plain(struct config_line *l, char *out)
{
	while (l->p < l->end && !is_blank(*l->p))
		*out++ = *l->p++;
	*out = '\0';
	return at_end(l) ? 0 : config_fault(l, "a value with blanks stands in quotes");
}

static int take_line(struct opt_words *w, struct config_line *l, struct opt_block **kept)
{
	struct twc_str name = take_name(l);
	bool dashed = name.p[0] == '-', is_long = !dashed || (name.n > 1 && name.p[1] == '-');
	size_t room = (size_t)(l->end - l->p) + 1, len = name.n;
	char *word, *value;

	if (name.n == 0 || twc_str_is(name, "-") || twc_str_is(name, "--"))
		return config_fault(l, "a line begins with the name of an option");
	word = opt_keep(kept, 2 + name.n + 1 + room);
	if (!dashed)
		memcpy(word, "--", 2);
	memcpy(word + (dashed ? 0 : 2), name.p, name.n);
	words_add(w, word, l, false);
	if (at_end(l))
		return 0;
	len += dashed ? 0 : 2;
	if (is_long) {
		word[len] = '=';
		value = word + len + 1;
	} else {
		value = opt_keep(kept, room);
		words_add(w, value, l, true);
	}
	if (*l->p != '"')
		return take_plain(l, value);
	l->p++;
	return take_quoted(l, value);
}

int opt_config_parse(struct opt_words *w, struct twc_str text, const char *path, struct opt_block **kept,
		     struct twc_err *err)
{
	struct config_line l = { .path = path, .err = err };
	struct twc_str line;

	if (twc_str_starts(text, "\xef\xbb\xbf")) /* a byte order mark */
		text = (struct twc_str){ text.p + 3, text.n - 3 };
	while (text.n > 0) {
		const char *newline = memchr(text.p, '\n', text.n);

		line = (struct twc_str){ text.p, newline ? (size_t)(newline - text.p) : text.n };
		text = (struct twc_str){ text.p + line.n + (newline != NULL), text.n - line.n - (newline != NULL) };
		l.number++;
		l.p = line.p;
		l.end = line.p + line.n;
		if (memchr(line.p, '\0', line.n))
			return config_fault(&l, "a zero byte; this is no text");
		if (!at_end(&l) && take_line(w, &l, kept) < 0)
			return TWC_EUSAGE;
	}
	return 0;
}

/* All of it into `b`, which bounds it. 0, or an errno. */
static int read_all(int fd, struct twc_buf *b)
{
	char chunk[8192];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0 && twc_buf_add(b, chunk, (size_t)n) < 0)
			return EFBIG;
	}
}

int opt_config_read(struct opt_words *w, const char *path, struct opt_block **kept, struct twc_err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct twc_buf b;
	int errnum = fd < 0 ? errno : 0, rc;

	twc_buf_init(&b, FILE_MAX);
	if (fd >= 0)
		errnum = read_all(fd, &b);
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (errnum == EFBIG)
		rc = twc_err_set(err, TWC_ENOINPUT, "%.100s is larger than %d bytes", path, FILE_MAX);
	else if (errnum)
		rc = twc_err_sys(err, TWC_ENOINPUT, errnum, NULL, "cannot read %.100s: %s", path, strerror(errnum));
	else
		rc = opt_config_parse(w, (struct twc_str){ (const char *)twc_buf_head(&b), twc_buf_len(&b) },
				      is_stdin ? "standard input" : path, kept, err);
	if (b.data)
		explicit_bzero(b.data, b.cap);
	twc_buf_fini(&b);
	return rc;
}
