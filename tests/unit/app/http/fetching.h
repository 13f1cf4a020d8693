/* SPDX-License-Identifier: MIT */
/* What the tests of fetches share: one fetch, what it told, and a server that is a script. */
#ifndef TEST_FETCHING_H
#define TEST_FETCHING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <twc/http_fetch.h>
#include <unistd.h>

#include "support/http_script.h"
#include "support/loop.h"
#include "support/sockets.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"

struct fetching {
	struct twc_reactor *r;
	struct script *s;
	struct twc_http_session *session;
	struct twc_http_fetch_opts o;
	struct twc_http_fetch *f;
	char story[512]; /* "200. 302- retry1 done": a head of the last hop ends in '.', of others in '-' */
	char body[4096];
	size_t n;
	char notes[2048];
	struct twc_err err;
	bool is_done;
	unsigned fds, hops;
	/* in `data` */
	enum { NOTHING, FREE, STOP, PAUSE } on_data, on_head;
	int again; /* what `again` answers */
	uint64_t go_on_from;
	bool was_asked_again;
	uint64_t offset;
};

TWC_PRINTF(2, 3) static inline void tell(struct fetching *t, const char *fmt, ...)
{
	size_t n = strlen(t->story);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->story + n, sizeof(t->story) - n, fmt, ap);
	va_end(ap);
}

static inline void do_it(struct fetching *t, struct twc_http_fetch *f, int what)
{
	struct twc_err err = { 0 };

	if (what == FREE) {
		twc_http_fetch_free(f);
		t->f = NULL;
		t->is_done = true;
	} else if (what == STOP) {
		twc_err_set(&err, TWC_EIO, "enough");
		twc_http_fetch_stop(f, &err);
	} else if (what == PAUSE) {
		twc_http_fetch_pause(f);
	}
}

static inline void on_fetch_head(void *arg, struct twc_http_fetch *f, bool is_last)
{
	struct fetching *t = arg;

	tell(t, "%d%s ", twc_http_fetch_response(f)->status, is_last ? "." : "-");
	t->offset = twc_http_fetch_offset(f);
	do_it(t, f, t->on_head);
}

static inline void on_fetch_data(void *arg, struct twc_http_fetch *f, const uint8_t *p, size_t n)
{
	struct fetching *t = arg;

	if (t->n + n < sizeof(t->body))
		memcpy(t->body + t->n, p, n);
	t->n += n;
	t->body[t->n < sizeof(t->body) ? t->n : sizeof(t->body) - 1] = '\0';
	do_it(t, f, t->on_data);
}

static inline void on_fetch_hop(void *arg, struct twc_http_fetch *f, const struct twc_err *err)
{
	((struct fetching *)arg)->hops++;
}

static inline void on_fetch_note(void *arg, struct twc_http_fetch *f, const char *text)
{
	struct fetching *t = arg;
	size_t n = strlen(t->notes);

	snprintf(t->notes + n, sizeof(t->notes) - n, "%s\n", text);
}

static inline int on_fetch_again(void *arg, struct twc_http_fetch *f, uint64_t *resume_from)
{
	struct fetching *t = arg;

	t->was_asked_again = true;
	*resume_from = t->go_on_from;
	if (t->again == 1 && t->go_on_from == 0)
		t->n = 0;
	return t->again;
}

static inline void on_fetch_retrying(void *arg, struct twc_http_fetch *f, unsigned n, uint64_t delay_ns, const struct twc_err *why,
				     int status)
{
	tell(arg, "retry%u(%d) ", n, why ? why->code : status);
}

static inline void on_fetch_done(void *arg, struct twc_http_fetch *f, const struct twc_err *err)
{
	struct fetching *t = arg;

	assert_false(t->is_done);
	t->is_done = true;
	t->err = *err;
	tell(t, "done");
}

static inline void fetching_open_with(struct fetching *t, const struct script_row *rows, const struct twc_http_session_opts *so,
				      const char *endpoint)
{
	static const struct twc_http_session_opts none;
	struct twc_err err = { 0 };

	memset(t, 0, sizeof(*t));
	t->fds = sockets_count_fds();
	t->r = loop_real();
	t->s = script_new(t->r, endpoint, rows);
	t->session = twc_http_session_new(t->r, so ? so : &none, &err);
	if (!t->session)
		fail_msg("%s", err.text);
	t->o = (struct twc_http_fetch_opts){ .proxy = "", .head = on_fetch_head, .data = on_fetch_data, .hop = on_fetch_hop,
					     .note = on_fetch_note, .retrying = on_fetch_retrying, .done = on_fetch_done, .arg = t };
}

static inline void fetching_open(struct fetching *t, const struct script_row *rows)
{
	fetching_open_with(t, rows, NULL, NULL);
}

static inline void fetching_reset(struct fetching *t)
{
	if (t->f)
		twc_http_fetch_free(t->f);
	t->f = NULL;
	twc_url_fini(&t->o.url);
	t->story[0] = t->body[0] = t->notes[0] = '\0';
	t->n = t->hops = 0;
	t->is_done = t->was_asked_again = false;
	t->err = (struct twc_err){ 0 };
	script_clear(t->s);
}

static inline void fetching_begin_url(struct fetching *t, const char *url)
{
	fetching_reset(t);
	assert_int_equal(twc_url_parse(twc_str_of(url), 0, &t->o.url, NULL), 0);
	t->f = twc_http_fetch_start(t->session, &t->o);
}

static inline void fetching_end(struct fetching *t)
{
	if (!loop_until(t->r, &t->is_done))
		fail_msg("no end: %s", t->story);
}

/* Fetches `path` of the script; the story must be `story`, and the error `code`. */
static inline void fetch(struct fetching *t, const char *path, const char *story, int code)
{
	fetching_begin_url(t, script_url(t->s, path));
	fetching_end(t);
	if (strcmp(t->story, story) != 0 || t->err.code != code)
		fail_msg("%s: %s; %s: %s", path, t->story, twc_err_name(t->err.code), t->err.text);
}

static inline bool was_sent(struct fetching *t, const char *text)
{
	return strstr(script_log(t->s), text) != NULL;
}

static inline void fetching_close(struct fetching *t)
{
	if (t->f)
		twc_http_fetch_free(t->f);
	twc_url_fini(&t->o.url);
	twc_http_session_free(t->session);
	script_free(t->s);
	twc_reactor_free(t->r);
	assert_int_equal(sockets_count_fds(), t->fds);
}

#endif
