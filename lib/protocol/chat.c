/* SPDX-License-Identifier: MIT */
/*
 * chat: lines of one client go to all others as "<name> text", with everything unfit for a terminal escaped. The room's
 * own words begin with "***", so that nobody can put them into its mouth.
 *
 * Lines are collected, and written once to each member when the reactor's callbacks are through: with many members that
 * is one system call a member for all lines that came meanwhile, and one formatting for all members. A segment of the batch is
 * the consecutive lines of one member, which alone does not get them.
 */
#include "protocol/room_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

#define TEXT_MAX 2000  /* bytes of a line that are passed on */
#define NAME_LEN_MAX 24
#define LINE_ROOM (4 * TEXT_MAX + NAME_LEN_MAX + 64)
#define BATCH_MAX 131072 /* what a send costs is shared by so many bytes */
#define SEGMENTS_MAX 256
#define WHO_MAX 1000 /* names that /who tells */

struct chatter {
	struct twc_line_protocol line;
	struct chat *chat; /* borrowed */
	struct twc__room_member m;
	char name[NAME_LEN_MAX + 1];
	bool is_in_batch;
};

struct segment {
	const struct chatter *from; /* NULL: everybody gets it; only compared */
	size_t end;		    /* in the batch; begins where the one before ends */
	unsigned lines;
};

struct chat {
	struct twc__room room;
	uint64_t n_users; /* ever */
	char *batch;	  /* owned; BATCH_MAX bytes, made on first use */
	size_t len;
	struct segment segment[SEGMENTS_MAX];
	size_t n_segments;
	bool is_due; /* the flush is on its way */
};

static struct chatter *of_room(struct twc__room_member *m)
{
	return TWC_CONTAINER_OF(m, struct chatter, m);
}

static struct chatter *of_line(struct twc_line_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct chatter, line);
}

/* ---- the batch ---- */

/* All but its own. Neighbouring segments go in one piece. */
static void batch_write_others(const struct chat *c, struct chatter *to)
{
	size_t from = 0, at = 0;
	uint64_t lines = 0;

	for (size_t i = 0; i < c->n_segments; i++) {
		const struct segment *g = &c->segment[i];

		if (g->from == to) {
			if (at > from)
				twc__room_write(&to->m, c->batch + from, at - from, lines);
			from = g->end;
			lines = 0;
		} else {
			lines += g->lines;
		}
		at = g->end;
	}
	if (at > from)
		twc__room_write(&to->m, c->batch + from, at - from, lines);
	to->is_in_batch = false;
}

static void batch_flush(struct chat *c)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < c->n_segments; i++)
		lines += c->segment[i].lines;
	TWC__LIST_FOR(n, &c->room.members) {
		struct chatter *to = of_room(TWC__LIST_ENTRY(n, struct twc__room_member, node));

		if (to->is_in_batch)
			batch_write_others(c, to);
		else if (c->len)
			twc__room_write(&to->m, c->batch, c->len, lines);
	}
	c->len = c->n_segments = 0;
}

static void on_flush(void *arg)
{
	struct chat *c = arg;

	c->is_due = false;
	batch_flush(c);
}

/* Where the next line of `from` (NULL: the room) is to be written; LINE_ROOM bytes. */
static char *batch_reserve(struct chat *c, const struct chatter *from)
{
	struct segment *last;

	if (!c->batch)
		c->batch = twc_malloc(BATCH_MAX);
	last = c->n_segments ? &c->segment[c->n_segments - 1] : NULL;
	if (c->len + LINE_ROOM > BATCH_MAX || (c->n_segments == SEGMENTS_MAX && last->from != from))
		batch_flush(c);
	return c->batch + c->len;
}

static void batch_commit(struct chat *c, struct chatter *from, size_t n)
{
	struct segment *last = c->n_segments ? &c->segment[c->n_segments - 1] : NULL;

	if (!last || last->from != from) {
		last = &c->segment[c->n_segments++];
		*last = (struct segment){ .from = from };
	}
	if (from)
		from->is_in_batch = true;
	c->len += n;
	last->end = c->len;
	last->lines++;
	if (!c->is_due)
		twc_reactor_call(c->room.r, on_flush, c);
	c->is_due = true;
}

/* A line of the room's own, to all but `but`. */
TWC_PRINTF(3, 4) static void announce(struct chat *c, struct chatter *but, const char *fmt, ...)
{
	char *at = batch_reserve(c, but);
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(at, LINE_ROOM, fmt, ap);
	va_end(ap);
	batch_commit(c, but, (size_t)n < LINE_ROOM ? (size_t)n : LINE_ROOM - 1);
}

/* To one alone, behind what was said before. */
TWC_PRINTF(2, 3) static void reply(struct chatter *to, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	batch_flush(to->chat);
	twc__room_write(&to->m, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1, 1);
}

/* ---- what is said ---- */

/* A character is not cut in two. */
static struct twc_str cut_text(struct chatter *self, struct twc_str text)
{
	if (text.n <= TEXT_MAX)
		return text;
	text.n = TEXT_MAX;
	while (text.n && ((unsigned char)text.p[text.n] & 0xc0) == 0x80)
		text.n--;
	reply(self, "*** your line was cut after %zu bytes\n", text.n);
	return text;
}

/* "<name> text" or "* name text" to all others. */
static void speak(struct chatter *self, const char *before, const char *after, struct twc_str text)
{
	struct chat *c = self->chat;
	char *at;
	size_t n;

	text = cut_text(self, text);
	at = batch_reserve(c, self);
	n = (size_t)snprintf(at, LINE_ROOM, "%s%s%s ", before, self->name, after);
	n += twc_escape(at + n, LINE_ROOM - n - 1, text);
	at[n++] = '\n';
	batch_commit(c, self, n);
}

/* ---- commands ---- */

static bool name_is_taken(const struct chat *c, const struct chatter *self, struct twc_str name)
{
	TWC__LIST_FOR(n, &c->room.members) {
		const struct chatter *other = of_room(TWC__LIST_ENTRY(n, struct twc__room_member, node));

		if (other != self && twc_str_eq_nocase(twc_str_of(other->name), name))
			return true;
	}
	return false;
}

static bool is_name(struct twc_str s)
{
	if (s.n == 0 || s.n > NAME_LEN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];

		if (!(ch >= 'a' && ch <= 'z') && !(ch >= 'A' && ch <= 'Z') && !(ch >= '0' && ch <= '9') &&
		    !memchr("_-.", ch, 3))
			return false;
	}
	return true;
}

/* userN is given, never taken: so no newcomer has to look for a free one. */
static bool is_given_name(struct twc_str s)
{
	if (s.n < 5 || !twc_str_eq_nocase((struct twc_str){ s.p, 4 }, TWC_STR("user")))
		return false;
	for (size_t i = 4; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return true;
}

static void do_nick(struct chatter *self, struct twc_str arg)
{
	char old[sizeof(self->name)];

	if (!is_name(arg)) {
		reply(self, "*** /nick NAME: up to %d letters, digits, and _ - .\n", NAME_LEN_MAX);
		return;
	}
	if (is_given_name(arg) || name_is_taken(self->chat, self, arg)) {
		reply(self, "*** %.*s is not free\n", (int)arg.n, arg.p);
		return;
	}
	memcpy(old, self->name, sizeof(old));
	memcpy(self->name, arg.p, arg.n);
	self->name[arg.n] = 0;
	announce(self->chat, NULL, "*** %s is now %s\n", old, self->name);
}

static void do_who(struct chatter *self, struct twc_str arg)
{
	const struct chat *c = self->chat;
	size_t told = 0;
	struct twc_buf b;
	int rc;

	(void)arg;
	batch_flush(self->chat);
	twc_buf_init(&b, BATCH_MAX);
	rc = twc_buf_addf(&b, "*** %zu here:", c->room.n_members);
	TWC__LIST_FOR(n, &c->room.members) {
		if (rc || ++told > WHO_MAX)
			break;
		rc = twc_buf_addf(&b, " %s", of_room(TWC__LIST_ENTRY(n, struct twc__room_member, node))->name);
	}
	if (!rc)
		rc = twc_buf_addf(&b, "%s\n", told > WHO_MAX ? " and more" : "");
	if (!rc)
		twc__room_write(&self->m, twc_buf_head(&b), twc_buf_len(&b), 1);
	twc_buf_fini(&b);
}

static void do_me(struct chatter *self, struct twc_str arg)
{
	if (arg.n)
		speak(self, "* ", "", arg);
	else
		reply(self, "*** /me TEXT\n");
}

static void do_quit(struct chatter *self, struct twc_str arg)
{
	(void)arg;
	twc__room_lose(&self->m);
}

static void do_help(struct chatter *self, struct twc_str arg);

static const struct command {
	const char *name, *help;
	void (*run)(struct chatter *self, struct twc_str arg);
} commands[] = {
	{ "nick", "/nick NAME  be called NAME", do_nick },
	{ "who", "/who        who is here", do_who },
	{ "me", "/me TEXT    say what you do", do_me },
	{ "quit", "/quit       leave", do_quit },
	{ "help", "/help       this; //text says /text", do_help },
};

static void do_help(struct chatter *self, struct twc_str arg)
{
	(void)arg;
	for (size_t i = 0; i < TWC_ARRAY_LEN(commands); i++)
		reply(self, "*** %s\n", commands[i].help);
}

static void obey(struct chatter *self, struct twc_str line)
{
	struct twc_str rest = { line.p + 1, line.n - 1 }, name;
	char shown[64];

	if (!twc_str_cut(&rest, ' ', &name))
		name = TWC_STR("");
	for (size_t i = 0; i < TWC_ARRAY_LEN(commands); i++) {
		if (twc_str_is(name, commands[i].name)) {
			commands[i].run(self, twc_str_trim(rest));
			return;
		}
	}
	twc_escape(shown, sizeof(shown), name);
	reply(self, "*** /%s means nothing here; /help tells what does\n", shown);
}

/* ---- what a client's connection hears ---- */

static void chatter_made(struct twc_line_protocol *p)
{
	struct chatter *self = of_line(p);
	struct chat *c = self->chat;
	struct twc_str banner = c->room.o.banner;

	twc_transport_by_lines(p->base.transport);
	twc__room_enter(&c->room, &self->m, p->base.transport);
	snprintf(self->name, sizeof(self->name), "user%llu", (unsigned long long)++c->n_users);
	if (banner.n) {
		twc__room_write(&self->m, banner.p, banner.n, 1);
		if (banner.p[banner.n - 1] != '\n')
			twc__room_write(&self->m, "\n", 1, 0);
	}
	reply(self, "*** you are %s, one of %zu; /help tells what you can do\n", self->name, c->room.n_members);
	announce(c, self, "*** %s has joined\n", self->name);
}

static void chatter_line(struct twc_line_protocol *p, const char *line, size_t n)
{
	struct chatter *self = of_line(p);
	struct twc_str text = { line, n };

	if (twc_str_starts(text, "//"))
		speak(self, "<", ">", (struct twc_str){ line + 1, n - 1 });
	else if (twc_str_starts(text, "/"))
		obey(self, text);
	else if (n)
		speak(self, "<", ">", text);
	twc__room_said(&self->m);
}

static void chatter_too_long(struct twc_line_protocol *p)
{
	reply(of_line(p), "*** a line of more than %d bytes: goodbye\n", TWC_LINE_MAX);
	twc__room_lose(&of_line(p)->m);
}

static void chatter_eof(struct twc_line_protocol *p)
{
	struct twc_str rest = twc_framer_held(&p->framer);

	if (rest.n)
		chatter_line(p, rest.p, rest.n);
	twc__room_lose(&of_line(p)->m);
}

static void chatter_drained(struct twc_line_protocol *p)
{
	twc__room_drained(&of_line(p)->m);
}

static void chatter_lost(struct twc_line_protocol *p, const struct twc_err *reason)
{
	struct chatter *self = of_line(p);
	struct chat *c = self->chat;

	(void)reason;
	batch_flush(c); /* it may name this one */
	twc__room_leave(&self->m);
	announce(c, NULL, "*** %s has left\n", self->name);
	twc_free(self);
}

static const struct twc_line_ops chatter_ops = {
	.made = chatter_made,
	.line = chatter_line,
	.too_long = chatter_too_long,
	.eof = chatter_eof,
	.drained = chatter_drained,
	.lost = chatter_lost,
};

/* ---- the room ---- */

static void chatter_pause(struct twc__room_member *m)
{
	twc_line_protocol_pause(&of_room(m)->line);
}

static void chatter_resume(struct twc__room_member *m)
{
	twc_line_protocol_resume(&of_room(m)->line);
}

static void chatter_caught_up(struct twc__room_member *m, uint64_t missed)
{
	reply(of_room(m), "*** you read too slowly: %llu lines did not reach you\n", (unsigned long long)missed);
}

static const struct twc__room_ops room_ops = {
	.pause = chatter_pause,
	.resume = chatter_resume,
	.caught_up = chatter_caught_up,
};

static void chat_fini(struct twc__room *room)
{
	twc_free(((struct chat *)room)->batch);
}

static struct twc_protocol *chat_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct chatter *self = twc_calloc(1, sizeof(*self));

	(void)peer;
	self->chat = (struct chat *)f;
	twc_line_protocol_init(&self->line, &chatter_ops);
	twc_framer_set_delim(&self->line.framer, "\n", 1);
	self->line.framer.optional_cr = true;
	return &self->line.base;
}

static const struct twc_factory_ops chat_factory_ops = {
	.name = "chat",
	.build = chat_build,
};

struct twc_factory *twc_chat_new(struct twc_reactor *r, const struct twc_room_opts *o)
{
	struct chat *c = twc_calloc(1, sizeof(*c));

	twc__room_init(&c->room, r, o, &room_ops);
	c->room.factory.ops = &chat_factory_ops;
	c->room.fini = chat_fini;
	return &c->room.factory;
}
