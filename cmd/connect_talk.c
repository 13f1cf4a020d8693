/* SPDX-License-Identifier: MIT */
/* What twc connect says first when a connection stands, and what it expects to come. */
#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <twc/parse.h>
#include <unistd.h>

enum { WORDS_MAX = 1024 * 1024 };

static int too_much(const char *option, struct twc_err *err)
{
	return twc_err_set(err, TWC_EUSAGE, "--%s: more than 1 MiB in all", option);
}

/* `text` with its escapes resolved, and what ends it. */
static int add_text(struct twc_buf *b, const char *option, const char *text, const char *end, struct twc_err *err)
{
	char *copy = twc_strdup(text);
	size_t n = strlen(copy);
	struct twc_err why = { 0 };
	int rc = twc_parse_escapes(copy, &n, &why);

	if (rc)
		twc_err_set(err, rc, "--%s: %s", option, why.text);
	else if (twc_buf_add(b, copy, n) || twc_buf_add(b, end, strlen(end)))
		rc = too_much(option, err);
	twc_free(copy);
	return rc;
}

/* A file as it is. */
static int add_file(struct twc_buf *b, const char *path, struct twc_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc = 0;
	char chunk[4096];
	ssize_t n = 0;

	while (fd >= 0 && rc == 0 && (n = read(fd, chunk, sizeof(chunk))) > 0)
		rc = twc_buf_add(b, chunk, (size_t)n) ? too_much("preamble", err) : 0;
	if (fd < 0 || n < 0)
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, path, "cannot read the preamble");
	if (fd >= 0)
		close(fd);
	return rc;
}

static int add_preamble(struct twc_buf *b, const char *text, struct twc_err *err)
{
	return text[0] == '@' ? add_file(b, text + 1, err) : add_text(b, "preamble", text, "", err);
}

int connect_talk_open(struct connect_talk *t, const struct connect_params *p, struct twc_err *err)
{
	int rc = 0;

	twc_buf_init(&t->words, WORDS_MAX);
	if (p->preamble)
		rc = add_preamble(&t->words, p->preamble, err);
	for (size_t i = 0; i < p->send_lines.n && rc == 0; i++)
		rc = add_text(&t->words, "send-line", p->send_lines.item[i].value,
			      p->wire.crlf ? "\r\n" : "\n", err);
	if (rc == 0 && p->expect) {
		t->expect = twc_expect_new(p->expect, err);
		if (t->expect)
			t->watcher = twc_watcher_new(t->expect);
		else
			rc = TWC_EUSAGE;
	}
	if (rc)
		connect_talk_free(t);
	return rc;
}

void connect_talk_free(struct connect_talk *t)
{
	twc_buf_fini(&t->words);
	twc_watcher_free(t->watcher);
	twc_expect_free(t->expect);
	*t = (struct connect_talk){ 0 };
}
