/* SPDX-License-Identifier: MIT */
/*
 * sse: - Server-Sent Events from the lines or records of a file, which may still grow, or of standard input. A client that comes
 * back says which event it had last (Last-Event-ID), and gets those behind it; every 15 s without an event it gets a comment.
 *
 * Of a file each client is a reader of its own, and gets it from the start; of standard input it gets what comes from now on.
 */
#include "app/http/site.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <twc/parse.h>

#include "app/http/sse_live.h"
#include "app/http/sse_records.h"
#include "base/list.h"
#include "protocol/http/exchange.h"
#include "protocol/http/sse.h"
#include "base/banned.h"

#define PIECE (64 * 1024)
#define EVENTS_AT_ONCE 256 /* then it is somebody else's turn */
#define LOOK_NS (250 * TWC_NS_PER_MS) /* at a file that may have grown */
#define BEAT_NS TWC_NS_PER_S
#define SILENCE_BEATS 15
#define INTERVAL_MAX (600 * TWC_NS_PER_S)

/* A route's; a part of the site. */
struct sse {
	struct twc_http_site *s;
	char *path; /* owned; NULL: `live` */
	struct twc__http_live *live;
	uint64_t interval_ns;
	bool is_records, follows;
	struct twc__list clients; /* of struct client, those of `live` */
};

struct client {
	struct twc__list node;
	struct sse *s;
	struct twc_http_exchange *x;
	struct twc_timer next; /* when to go on: an interval, a look at the file, another turn */
	struct twc_timer beat;
	unsigned silent; /* beats */
	bool is_full;
	struct twc_buf out; /* an event */
	/* of a file */
	int fd;
	off_t at;
	struct twc__http_records records;
	char *last_id; /* owned: events up to it are passed over; NULL: none is */
	/* of `live` */
	uint64_t cursor;
};

enum found {
	FOUND_NOTHING = 0, /* yet */
	FOUND_EVENT,	   /* in c->out */
	FOUND_MORE,	   /* to be looked at: nothing was found in this piece */
	FOUND_END,
	FOUND_FAULT,
};

/* ---- events of a file ---- */

/* The end, without the event that was asked for: from the start, then, as if nothing had been asked. */
static enum found start_again(struct client *c)
{
	twc_free(c->last_id);
	c->last_id = NULL;
	c->at = 0;
	twc__http_records_restart(&c->records);
	return FOUND_MORE;
}

static enum found at_end_of_file(struct client *c, struct twc_err *err)
{
	struct stat st;
	int rc;

	if (c->last_id)
		return start_again(c);
	if (c->s->follows) {
		if (fstat(c->fd, &st) == 0 && st.st_size < c->at)
			return start_again(c); /* it was written anew */
		return FOUND_NOTHING;
	}
	rc = twc__http_records_next(&c->records, true, &c->out, err);
	return rc > 0 ? FOUND_EVENT : rc < 0 ? FOUND_FAULT : FOUND_END;
}

static enum found read_piece(struct client *c, struct twc_err *err)
{
	char piece[PIECE];
	ssize_t n = pread(c->fd, piece, sizeof(piece), c->at);

	if (n < 0) {
		twc_err_sys(err, TWC_EIO, errno, c->s->path, "cannot read: %s", strerrordesc_np(errno));
		return FOUND_FAULT;
	}
	if (n == 0)
		return at_end_of_file(c, err);
	c->at += n;
	return twc__http_records_feed(&c->records, piece, (size_t)n, err) < 0 ? FOUND_FAULT : FOUND_MORE;
}

static enum found next_of_file(struct client *c, struct twc_err *err)
{
	int rc = twc__http_records_next(&c->records, false, &c->out, err);

	if (rc < 0)
		return FOUND_FAULT;
	if (rc == 0)
		return read_piece(c, err);
	if (!c->last_id)
		return FOUND_EVENT;
	if (twc_str_is(twc__http_records_id(&c->records), c->last_id)) {
		twc_free(c->last_id);
		c->last_id = NULL;
	}
	twc_buf_clear(&c->out);
	return FOUND_MORE;
}

static enum found next_of_live(struct client *c)
{
	bool is_end;
	struct twc_str event = twc__http_live_next(c->s->live, &c->cursor, &is_end);

	if (!event.p)
		return is_end ? FOUND_END : FOUND_NOTHING;
	return twc_buf_add(&c->out, event.p, event.n) < 0 ? FOUND_END : FOUND_EVENT;
}

/* ---- a client ---- */

static void client_run(struct client *c);

static void on_next(struct twc_timer *t, void *arg)
{
	(void)t;
	client_run(arg);
}

static void go_on_after(struct client *c, uint64_t ns)
{
	twc_timer_start(c->s->s->r, &c->next, ns, on_next, c);
}

static void send_event(struct client *c)
{
	c->silent = 0;
	twc_http_write(c->x, twc_buf_head(&c->out), twc_buf_len(&c->out));
	twc_buf_clear(&c->out);
}

/* False: nothing can be done now, or ever. */
static bool client_step(struct client *c)
{
	struct twc_err err = { 0 };

	switch (c->s->path ? next_of_file(c, &err) : next_of_live(c)) {
	case FOUND_EVENT:
		send_event(c);
		if (c->s->interval_ns)
			go_on_after(c, c->s->interval_ns);
		return !c->s->interval_ns;
	case FOUND_MORE:
		return true;
	case FOUND_NOTHING:
		if (c->s->path)
			go_on_after(c, LOOK_NS);
		return false;
	case FOUND_FAULT:
		twc_http_fail(c->x, &err);
		return false;
	case FOUND_END:
		break;
	}
	twc_http_end(c->x);
	return false;
}

static void client_run(struct client *c)
{
	unsigned n = 0;

	while (!twc_http_has_ended(c->x)) {
		c->is_full = twc_http_is_full(c->x);
		if (c->is_full || !client_step(c))
			return;
		if (++n < EVENTS_AT_ONCE)
			continue;
		go_on_after(c, 0);
		return;
	}
}

static void on_beat(struct twc_timer *t, void *arg)
{
	struct client *c = arg;

	(void)t;
	if (twc__http_is_stopping(c->x)) {
		twc_http_end(c->x);
		return;
	}
	if (++c->silent < SILENCE_BEATS || twc_http_is_full(c->x))
		return;
	if (twc__http_sse_comment(&c->out, TWC_STR("")) == 0)
		send_event(c);
}

static void on_drained(void *arg, struct twc_http_exchange *x)
{
	struct client *c = arg;

	(void)x;
	if (c->is_full && !twc_timer_is_active(&c->next))
		client_run(c);
}

static void client_free(struct client *c)
{
	twc__list_remove(&c->node);
	twc_timer_stop(c->s->s->r, &c->next);
	twc_timer_stop(c->s->s->r, &c->beat);
	if (c->fd >= 0)
		close(c->fd);
	twc__http_records_fini(&c->records);
	twc_buf_fini(&c->out);
	twc_free(c->last_id);
	twc_free(c);
}

static void on_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	(void)x;
	(void)err;
	client_free(arg);
}

static const struct twc_http_exchange_ops client_ops = { .drained = on_drained, .ended = on_ended };

/* ---- a request ---- */

static int open_file(const char *path, struct twc_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, path, "cannot open: %s", strerrordesc_np(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return twc_err_set(err, TWC_ENOINPUT, "%s is not a regular file", path);
}

/* Where it begins. 0 or an error. */
static int client_place(struct client *c, struct twc_err *err)
{
	struct sse *s = c->s;
	struct twc_str id = { NULL, 0 };
	int rc;

	(void)twc_http_fields_get(&twc_http_request(c->x)->fields, "Last-Event-ID", &id);
	if (s->path) {
		c->fd = open_file(s->path, err);
		c->last_id = id.n ? twc_str_dup(id) : NULL;
		return c->fd < 0 ? c->fd : 0;
	}
	c->cursor = id.n ? twc__http_live_after(s->live, id) : twc__http_live_now(s->live);
	rc = twc__http_live_start(s->live, err);
	if (rc == 0)
		twc__list_add_tail(&s->clients, &c->node);
	return rc;
}

static struct twc_deferred *sse_handle(void *arg, struct twc_http_exchange *x)
{
	struct client *c = twc_calloc(1, sizeof(*c));
	struct twc_err err = { 0 };

	c->s = arg;
	c->x = x;
	c->fd = -1;
	twc__list_init(&c->node);
	twc_buf_init(&c->out, 8 * TWC__HTTP_RECORD_MAX);
	twc__http_records_init(&c->records, c->s->is_records);
	twc_http_watch(x, &client_ops, c);
	if (client_place(c, &err) < 0) {
		twc_http_fail(x, &err);
		return NULL;
	}
	twc_http_add_field(x, "Content-Type", "text/event-stream");
	twc_http_add_field(x, "Cache-Control", "no-cache");
	twc_http_begin(x, TWC_HTTP_UNKNOWN);
	if (twc_http_request(x)->method_id == TWC_HTTP_HEAD) {
		twc_http_end(x);
		return NULL;
	}
	twc_timer_every(c->s->s->r, &c->beat, BEAT_NS, on_beat, c);
	client_run(c);
	return NULL;
}

/* ---- a route ---- */

static void on_live_changed(void *arg)
{
	struct sse *s = arg;

	TWC__LIST_FOR(n, &s->clients) {
		struct client *c = TWC__LIST_ENTRY(n, struct client, node);

		if (!twc_timer_is_active(&c->next))
			client_run(c);
	}
}

static void sse_free(void *part)
{
	struct sse *s = part;

	twc__http_live_free(s->live);
	twc_free(s->path);
	twc_free(s);
}

static const struct twc__http_part_ops sse_part = { .name = "sse", .free = sse_free };

static int read_options(struct sse *s, const struct twc__http_route_opts *o, struct twc_err *err)
{
	static const char *const formats[] = { "lines", "records", NULL };
	int format = 0, rc = twc__http_option_duration(o, "interval", &s->interval_ns, err);

	if (rc > 0 && s->interval_ns > INTERVAL_MAX) {
		twc_err_set(err, TWC_EUSAGE, "longer than 10 minutes");
		return twc__http_option_fail(twc__http_option_find(o, "interval", NULL), err);
	}
	if (rc >= 0)
		rc = twc__http_option_word(o, "format", formats, &format, err);
	if (rc >= 0)
		rc = twc__http_option_bool(o, "follow", &s->follows, err);
	s->is_records = format == 1;
	return rc < 0 ? rc : 0;
}

static bool has_live(const struct twc_http_site *site)
{
	for (unsigned i = 0; i < site->n_parts; i++)
		if (site->part[i].ops == &sse_part && ((const struct sse *)site->part[i].arg)->live)
			return true;
	return false;
}

static int read_source(struct sse *s, struct twc_str arg, const char *base, struct twc_err *err)
{
	int fd;

	if (twc_str_is(arg, "-")) {
		if (has_live(s->s))
			return twc_err_set(err, TWC_EUSAGE, "another route reads standard input");
		s->live = twc__http_live_new(s->s->r, s->is_records, on_live_changed, s);
		return 0;
	}
	if (!arg.n)
		return twc_err_set(err, TWC_EUSAGE, "the name of a file, or -, belongs here");
	s->path = twc__http_site_path(base, arg);
	fd = open_file(s->path, err);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int sse_create(struct twc_http_site *site, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		      struct twc__http_made *out, struct twc_err *err)
{
	struct sse *s = twc_calloc(1, sizeof(*s));
	int rc;

	s->s = site;
	twc__list_init(&s->clients);
	rc = read_options(s, o, err);
	if (rc == 0)
		rc = read_source(s, arg, base, err);
	if (rc < 0) {
		sse_free(s);
		return rc;
	}
	twc__http_site_add_part(site, &sse_part, s);
	*out = (struct twc__http_made){ .handler = { sse_handle, s } };
	return 0;
}

static const char *const sse_keys[] = { "interval", "follow", "format", NULL };

const struct twc__http_kind twc__http_kind_sse = {
	.info = { "sse", "FILE|-", "the lines of a file as Server-Sent Events" },
	.keys = sse_keys,
	.create = sse_create,
};
