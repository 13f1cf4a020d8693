/* SPDX-License-Identifier: MIT */
/* A folder of its own, and a site behind a server on the fake clock with one client: for tests of kinds of
 * handlers. */
#ifndef TESTS_HTTP_STAND_H
#define TESTS_HTTP_STAND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <twc/http_site.h>
#include <twc/parse.h>
#include "support/loop.h"
#include "support/probe.h"

/* ---- a folder ---- */

static char stand_dir[] = "/tmp/twc-site-XXXXXX";

static inline int stand_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

/* Group fixtures: makes the folder, and removes it. */
static inline int stand_make_dir(void **state)
{
	(void)state;
	return mkdtemp(stand_dir) ? 0 : -1;
}
static inline int stand_remove_dir(void **state)
{
	(void)state;
	return nftw(stand_dir, stand_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* A name below the folder; of the last four calls. */
static inline const char *stand_path(const char *name)
{
	static char text[4][4096];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(text[i], sizeof(text[i]), "%s/%s", stand_dir, name);
	return text[i];
}
static inline void stand_mkdir(const char *name)
{
	assert_int_equal(mkdir(stand_path(name), 0755), 0);
}
/* Written anew; its time is long past, so that caches may believe it. */
static inline void stand_write_n(const char *name, const void *p, size_t n)
{
	FILE *f = fopen(stand_path(name), "w");
	const struct timespec past[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(utimensat(AT_FDCWD, stand_path(name), past, 0), 0);
}
static inline void stand_write(const char *name, const char *text)
{
	stand_write_n(name, text, strlen(text));
}

/* ---- a site ---- */

struct stand {
	struct twc_reactor *r;
	struct twc_http_site_opts o;
	struct twc_http_site *site;
	struct twc_http_server_opts server_opts;
	struct twc_http_server *server;
	struct probe client;
	bool is_open;
};

static inline void stand_exchanged(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	twc_http_site_exchanged(((struct stand *)arg)->site, x, err);
}

/* Of w->o; then routes are added. */
static inline void stand_open(struct stand *w)
{
	struct twc_err err = { 0 };

	w->r = loop_fake();
	w->site = twc_http_site_new(w->r, &w->o, &err);
	if (!w->site)
		fail_msg("%s", err.text);
	w->server_opts.ops.exchanged = stand_exchanged;
	w->server_opts.arg = w;
	w->server = twc_http_server_new(w->r, twc_http_site_handler(w->site), &w->server_opts);
	twc_http_site_set_server(w->site, w->server);
}

static inline void stand_route(struct stand *w, const char *spec)
{
	struct twc_err err = { 0 };

	if (twc_http_site_route(w->site, spec, stand_dir, &err) < 0)
		fail_msg("%s: %s (column %d)", spec, err.text, err.column);
}

static inline void stand_client_eof(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static inline void stand_hang_up(struct stand *w)
{
	if (!w->is_open)
		return;
	if (!w->client.is_lost)
		twc_transport_abort(w->client.base.transport);
	twc_reactor_advance(w->r, 0);
	probe_fini(&w->client);
	w->is_open = false;
}

static inline void stand_connect(struct stand *w)
{
	struct twc_protocol *p = twc_factory_build(twc_http_server_factory(w->server), NULL);

	probe_init(&w->client);
	w->client.on_eof = stand_client_eof;
	twc_transport_pair(w->r, 0, p, &w->client.base);
	w->is_open = true;
}

/* Sends `text` on a connection of its own, and returns all that is answered: NUL-terminated, valid until the
 * next call. */
static inline const char *stand_say(struct stand *w, const char *text)
{
	stand_hang_up(w);
	stand_connect(w);
	twc_transport_write(w->client.base.transport, text, strlen(text));
	twc_reactor_advance(w->r, 0);
	return w->client.got ? w->client.got : "";
}

/* "GET /a" and fields, each with its CR LF; the connection is closed after it. */
static inline const char *stand_ask(struct stand *w, const char *line, const char *fields)
{
	char text[16384];

	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n", line, fields ? fields : "");
	return stand_say(w, text);
}

static inline const char *stand_body(const char *answer)
{
	const char *p = strstr(answer, "\r\n\r\n");

	return p ? p + 4 : "";
}

static inline void stand_close(struct stand *w)
{
	stand_hang_up(w);
	twc_reactor_advance(w->r, 5 * TWC_NS_PER_S);
	twc_reactor_free(w->r);
	twc_http_server_free(w->server);
	twc_http_site_free(w->site);
}

#endif
