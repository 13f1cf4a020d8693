/* SPDX-License-Identifier: MIT */
/*
 * echo [ENDPOINT]: sends everything back. Thirty lines of server; the rest tries it out.
 *
 *     echo tcp:7000        then: nc 127.0.0.1 7000
 *     echo --self-test     any free port, one connection to itself, and done (also with TWC_EXAMPLE_TEST set)
 */
#include <stdio.h>
#include <stdlib.h>
#include <twc/endpoint.h>

static void echo_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	twc_transport_write(p->transport, data, n);
	if (twc_transport_is_full(p->transport)) /* the peer does not read: then neither do we */
		twc_transport_pause(p->transport);
}

static void echo_drained(struct twc_protocol *p)
{
	twc_transport_resume(p->transport);
}

static void echo_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	free(p);
}

static const struct twc_protocol_ops echo_ops = {
	.name = "echo", .data = echo_data, .drained = echo_drained, .lost = echo_lost,
};

static struct twc_protocol *echo_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_protocol *p = calloc(1, sizeof(*p));

	(void)f, (void)peer;
	if (p)
		p->ops = &echo_ops;
	return p; /* NULL closes the connection */
}

static const struct twc_factory_ops echo_factory_ops = { .name = "echo", .build = echo_build };

static void start_self_test(struct twc_reactor *r, const char *endpoint);
static int self_test_result(void);

int main(int argc, char **argv)
{
	bool test = getenv("TWC_EXAMPLE_TEST") || (argc > 1 && strcmp(argv[1], "--self-test") == 0);
	struct twc_factory factory = { .ops = &echo_factory_ops };
	struct twc_err err = { 0 };
	struct twc_reactor *r = twc_reactor_new(&err);
	const char *name = test ? "tcp:0" : argc > 1 ? argv[1] : "tcp:7000";
	struct twc_endpoint *e = r ? twc_endpoint_parse(name, TWC_LISTEN, &err) : NULL;
	struct twc_port *port = e ? twc_endpoint_listen(e, r, &factory, NULL, &err) : NULL;
	char text[256];

	if (port) {
		printf("listening on %s\n", twc_port_text(port, 0, text, sizeof(text)));
		fflush(stdout);
		if (test)
			start_self_test(r, text);
		twc_reactor_run(r, &err);
		twc_port_free(port);
	}
	twc_endpoint_free(e);
	twc_reactor_free(r);
	if (err.code)
		fprintf(stderr, "echo: %s\n", err.text);
	return err.code ? twc_err_exit(err.code) : test ? self_test_result() : 0;
}

/* ---- the self-test: a client that wants its greeting back ---- */

static struct {
	struct twc_protocol protocol;
	struct twc_factory factory;
	struct twc_endpoint *endpoint;
	struct twc_reactor *reactor;
	char got[16];
	size_t n;
} client;

static void client_made(struct twc_protocol *p)
{
	twc_transport_write(p->transport, "hello", 5);
	twc_transport_write_eof(p->transport);
}

static void client_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	(void)p;
	for (size_t i = 0; i < n && client.n < sizeof(client.got); i++)
		client.got[client.n++] = (char)data[i];
}

static void client_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	(void)p, (void)reason;
	twc_reactor_stop(client.reactor);
}

static const struct twc_protocol_ops client_ops = {
	.name = "client", .made = client_made, .data = client_data, .lost = client_lost,
};

static struct twc_protocol *client_build(struct twc_factory *f, const struct twc_addr *peer)
{
	(void)f, (void)peer;
	client.protocol.ops = &client_ops;
	return &client.protocol;
}

static const struct twc_factory_ops client_factory_ops = { .name = "client", .build = client_build };

static void client_failed(struct twc_result *res, void *arg)
{
	(void)arg;
	fprintf(stderr, "echo: %s\n", res->err.text);
	twc_result_set(res, NULL, NULL);
	twc_reactor_stop(client.reactor);
}

static void start_self_test(struct twc_reactor *r, const char *endpoint)
{
	struct twc_deferred *d;

	client.reactor = r;
	client.factory.ops = &client_factory_ops;
	client.endpoint = twc_endpoint_parse(endpoint, TWC_CONNECT, NULL);
	d = twc_endpoint_connect(client.endpoint, r, &client.factory);
	twc_deferred_add(d, NULL, client_failed, NULL);
	twc_deferred_release(d);
}

static int self_test_result(void)
{
	bool ok = client.n == 5 && memcmp(client.got, "hello", 5) == 0;

	twc_endpoint_free(client.endpoint);
	printf("%s\n", ok ? "ok" : "not ok");
	return ok ? 0 : 1;
}
