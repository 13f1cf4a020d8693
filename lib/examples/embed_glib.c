/* SPDX-License-Identifier: MIT */
/*
 * A GLib program hosts a reactor: one g_unix_fd_add. Timers, descriptors and calls of the reactor then run from
 * the GLib main loop, beside its own sources.
 *
 * A reactor timer ticks every 20 ms and sends a byte through a socket pair; a reactor watch reads it and, after five,
 * tells the host to quit. The host's own timeout is there to show that neither starves the other.
 */
#include <glib-unix.h>
#include <stdio.h>
#include <sys/socket.h>
#include <twc/reactor.h>
#include <unistd.h>

struct guest {
	struct twc_reactor *reactor;
	struct twc_timer tick;
	struct twc_watch watch;
	int pair[2];
	int received;
	GMainLoop *loop;
};

static void on_tick(struct twc_timer *t, void *arg)
{
	struct guest *g = arg;

	(void)t;
	if (write(g->pair[0], ".", 1) != 1)
		perror("embed_glib: write");
}

static void on_readable(struct twc_watch *w, unsigned ready)
{
	struct guest *g = TWC_CONTAINER_OF(w, struct guest, watch);
	char c;

	(void)ready;
	if (read(w->fd, &c, 1) == 1 && ++g->received == 5) {
		twc_timer_stop(g->reactor, &g->tick);
		twc_watch_stop(g->reactor, w);
		g_main_loop_quit(g->loop);
	}
}

/* ---- the host ---- */

static gboolean on_reactor_ready(gint fd, GIOCondition condition, gpointer arg)
{
	(void)fd;
	(void)condition;
	twc_reactor_step(arg); /* what is left keeps the descriptor ready */
	return G_SOURCE_CONTINUE;
}

static gboolean on_host_timeout(gpointer arg)
{
	++*(int *)arg;
	return G_SOURCE_CONTINUE;
}

int main(void)
{
	struct guest g = { .loop = g_main_loop_new(NULL, FALSE), .reactor = twc_reactor_new(NULL) };
	int host_ticks = 0;

	if (!g.reactor || socketpair(AF_UNIX, SOCK_STREAM, 0, g.pair) < 0)
		return 1;
	twc_timer_every(g.reactor, &g.tick, UINT64_C(20000000), on_tick, &g);
	if (twc_watch_start(g.reactor, &g.watch, g.pair[1], TWC_READ, on_readable, NULL) < 0)
		return 1;

	guint own = g_timeout_add(10, on_host_timeout, &host_ticks);
	guint source = g_unix_fd_add(twc_reactor_fd(g.reactor), G_IO_IN, on_reactor_ready, g.reactor);
	g_main_loop_run(g.loop);

	g_source_remove(source);
	g_source_remove(own);
	twc_reactor_free(g.reactor);
	g_main_loop_unref(g.loop);
	printf("%d bytes through the reactor, the host ticked %s\n", g.received, host_ticks ? "too" : "never");
	return g.received == 5 && host_ticks > 0 ? 0 : 1;
}
