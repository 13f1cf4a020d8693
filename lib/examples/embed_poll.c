/* SPDX-License-Identifier: MIT */
/*
 * A program with a poll() loop of its own hosts a reactor: one more descriptor to poll, one call when it is ready.
 *
 * The guest is an echo server and a client that sends it a line, both on the reactor; the host goes on reading
 * its own pipe meanwhile. Ends with 0 when the line has come back and the host was not forgotten.
 */
#include <poll.h>
#include <stdio.h>
#include <twc/endpoint.h>
#include <twc/protocol.h>
#include <unistd.h>

#define LINE "hello from inside poll()\n"

/* ---- the guest: nothing here knows who runs the reactor ---- */

struct guest {
	struct twc_protocol client; /* first, so that one is the other */
	struct twc_factory factory;
	size_t echoed;
	bool done;
};

static void client_made(struct twc_protocol *p)
{
	twc_transport_write(p->transport, LINE, sizeof(LINE) - 1);
}

static void client_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct guest *g = (struct guest *)p;

	g->echoed += fwrite(data, 1, n, stdout);
	if (g->echoed == sizeof(LINE) - 1)
		twc_transport_lose(p->transport);
}

static void client_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	((struct guest *)p)->done = true;
}

static const struct twc_protocol_ops client_ops = {
	.name = "client", .made = client_made, .data = client_data, .lost = client_lost
};

static struct twc_protocol *client_build(struct twc_factory *f, const struct twc_addr *peer)
{
	(void)peer;
	return &TWC_CONTAINER_OF(f, struct guest, factory)->client;
}

static const struct twc_factory_ops factory_ops = { .name = "client", .build = client_build };

static void on_failed(struct twc_result *res, void *arg)
{
	fprintf(stderr, "embed_poll: %s\n", res->err.text);
	((struct guest *)arg)->done = true;
	twc_result_set(res, NULL, NULL);
}

/* ---- the host ---- */

static void host_loop(struct twc_reactor *r, const bool *done, int own_fd, int *own_events)
{
	struct pollfd fds[] = {
		{ .fd = own_fd, .events = POLLIN },
		{ .fd = twc_reactor_fd(r), .events = POLLIN }, /* covers its sockets, timers and calls */
	};
	char c;

	while ((!*done || !*own_events) && poll(fds, 2, -1) > 0) {
		if (fds[0].revents && read(own_fd, &c, 1) == 1)
			++*own_events;
		if (fds[1].revents)
			twc_reactor_step(r);
	}
}

int main(void)
{
	struct guest g = { .client.ops = &client_ops, .factory.ops = &factory_ops };
	const struct twc_service *echo = twc_service_find("echo");
	int own[2], own_events = 0;
	char where[128];

	struct twc_reactor *r = twc_reactor_new(NULL);
	struct twc_factory *server = echo->create(r, NULL, NULL);
	struct twc_endpoint *here = twc_endpoint_parse("tcp4:0", TWC_LISTEN, NULL);
	struct twc_port *port = twc_endpoint_listen(here, r, server, NULL, NULL);
	if (!port || pipe(own) < 0 || write(own[1], "x", 1) != 1)
		return 1;
	struct twc_endpoint *there = twc_endpoint_parse(twc_port_text(port, 0, where, sizeof(where)), TWC_CONNECT, NULL);
	struct twc_deferred *d = twc_endpoint_connect(there, r, &g.factory);
	twc_deferred_add(d, NULL, on_failed, &g);
	twc_deferred_release(d);

	host_loop(r, &g.done, own[0], &own_events);

	twc_port_free(port);
	twc_reactor_free(r);
	twc_endpoint_free(there);
	twc_endpoint_free(here);
	echo->destroy(server);
	return g.echoed == sizeof(LINE) - 1 && own_events == 1 ? 0 : 1;
}
