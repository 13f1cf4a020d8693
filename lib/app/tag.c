/* SPDX-License-Identifier: MIT */
/* Lines with their sender in front, for `serve --tag`. */
#include "app/tag.h"

#include "base/banned.h"

#define TEXT_ROOM (4 * TWC__TAG_LINE_MAX + 1) /* escaped, and a NUL */

/* A UNIX socket's name is the client's choice, too. As in the log: it stays an endpoint string as far as it can. */
static void make_fit(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++)
		if (*p < ' ' || *p >= 0x7f)
			*p = '?';
}

void twc__tag_init(struct twc__tag *g, const struct twc_transport *client)
{
	char peer[TWC_ADDR_TEXT_MAX];

	*g = (struct twc__tag){ 0 };
	twc_buf_init(&g->held, TWC__TAG_LINE_MAX);
	twc_transport_peer_text(client, peer, sizeof(peer));
	make_fit(peer);
	g->who = twc_asprintf("[#%llu %s]", (unsigned long long)twc_transport_id(client), peer);
}

void twc__tag_fini(struct twc__tag *g)
{
	twc_buf_fini(&g->held);
	twc_free(g->who);
	g->who = NULL;
}

/* A line, or a piece of one. */
static void put(struct twc__tag *g, struct twc_transport *out, struct twc_str line, bool is_end)
{
	char text[TEXT_ROOM];
	struct iovec iov[] = {
		{ .iov_base = g->who, .iov_len = strlen(g->who) },
		{ .iov_base = (void *)(uintptr_t)(g->is_rest ? "+ " : " "), .iov_len = g->is_rest ? 2 : 1 },
		{ .iov_base = text },
		{ .iov_base = (void *)(uintptr_t)"\n", .iov_len = 1 },
	};

	if (is_end && line.n && line.p[line.n - 1] == '\r')
		line.n--;
	iov[2].iov_len = twc_escape(text, sizeof(text), line);
	twc_transport_writev(out, iov, TWC_ARRAY_LEN(iov));
	g->is_rest = !is_end;
}

/* Of the n bytes of a line those that still fit are held; a full buffer leaves. */
static void hold(struct twc__tag *g, struct twc_transport *out, const uint8_t *data, size_t n)
{
	while (n > 0) {
		size_t room = TWC__TAG_LINE_MAX - twc_buf_len(&g->held), k = n < room ? n : room;

		if (twc_buf_add(&g->held, data, k))
			k = n; /* no memory: the rest of this read is not shown */
		data += k;
		n -= k;
		if (twc_buf_len(&g->held) == TWC__TAG_LINE_MAX) {
			put(g, out, twc_buf_str(&g->held), false);
			twc_buf_clear(&g->held);
		}
	}
}

void twc__tag_feed(struct twc__tag *g, struct twc_transport *out, const uint8_t *data, size_t n)
{
	while (n > 0) {
		const uint8_t *end = memchr(data, '\n', n);
		size_t k = end ? (size_t)(end - data) : n;

		hold(g, out, data, k);
		if (!end)
			return;
		put(g, out, twc_buf_str(&g->held), true);
		twc_buf_clear(&g->held);
		data += k + 1;
		n -= k + 1;
	}
}

void twc__tag_end(struct twc__tag *g, struct twc_transport *out)
{
	if (twc_buf_len(&g->held))
		put(g, out, twc_buf_str(&g->held), true);
	g->is_rest = false;
	twc_buf_clear(&g->held);
}
