/* SPDX-License-Identifier: MIT */
/* What twc connect says first when a connection stands, and what it expects to come. */
#include "connect.h"

#include <twc/parse.h>

enum { WORDS_MAX = 1024 * 1024 };

/* `text` with its escapes resolved, and a line end. */
static int add_line(struct twc_buf *b, const char *text, struct twc_err *err)
{
	char *line = twc_strdup(text);
	size_t n = strlen(line);
	struct twc_err why = { 0 };
	int rc = twc_parse_escapes(line, &n, &why);

	if (rc)
		twc_err_set(err, rc, "--send-line: %s", why.text);
	else if (twc_buf_add(b, line, n) || twc_buf_add(b, "\n", 1))
		rc = twc_err_set(err, TWC_EUSAGE, "--send-line: more than 1 MiB in all");
	twc_free(line);
	return rc;
}

int connect_talk_open(struct connect_talk *t, const struct connect_params *p, struct twc_err *err)
{
	int rc = 0;

	twc_buf_init(&t->words, WORDS_MAX);
	for (size_t i = 0; i < p->send_lines.n && rc == 0; i++)
		rc = add_line(&t->words, p->send_lines.item[i].value, err);
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
