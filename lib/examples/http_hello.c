/* SPDX-License-Identifier: MIT */
/*
 * http_hello [ENDPOINT]: a web server that greets, in thirty lines.
 *
 *     http_hello tcp:8080     then: curl http://127.0.0.1:8080/
 *     http_hello --self-test  any free port, one request to itself, and done (also with TWC_EXAMPLE_TEST set)
 */
#include <stdio.h>
#include <stdlib.h>
#include <twc/endpoint.h>
#include <twc/http_server.h>

static struct twc_deferred *hello(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	twc_http_add_field(x, "Content-Type", "text/plain");
	twc_http_send(x, "hello, world\n", 13);
	return NULL;
}

static void start_self_test(struct twc_reactor *r, const char *endpoint);
static int self_test_result(void);

int main(int argc, char **argv)
{
	bool test = getenv("TWC_EXAMPLE_TEST") || (argc > 1 && strcmp(argv[1], "--self-test") == 0);
	struct twc_err err = { 0 };
	struct twc_reactor *r = twc_reactor_new(&err);
	struct twc_http_server *s = r ? twc_http_server_new(r, (struct twc_http_handler){ hello, NULL }, NULL) : NULL;
	const char *name = test ? "tcp:0" : argc > 1 ? argv[1] : "tcp:8080";
	struct twc_endpoint *e = s ? twc_endpoint_parse(name, TWC_LISTEN, &err) : NULL;
	struct twc_port *port = e ? twc_endpoint_listen(e, r, twc_http_server_factory(s), NULL, &err) : NULL;
	char text[256];

	if (port) {
		fprintf(stderr, "listening on %s\n", twc_port_text(port, 0, text, sizeof(text)));
		if (test)
			start_self_test(r, text);
		twc_reactor_run(r, &err);
		twc_port_free(port);
	}
	if (err.code)
		fprintf(stderr, "http_hello: %s\n", err.text);
	twc_endpoint_free(e);
	twc_reactor_free(r);
	twc_http_server_free(s);
	return err.code ? twc_err_exit(err.code) : test ? self_test_result() : 0;
}

/* ---- the try-out ---- */

#define REQUEST "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

static char answer[1024];
static size_t answer_len;

static void client_made(struct twc_protocol *p)
{
	twc_transport_write(p->transport, REQUEST, sizeof(REQUEST) - 1);
}

static void client_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	(void)p;
	if (n < sizeof(answer) - answer_len) {
		memcpy(answer + answer_len, data, n);
		answer_len += n;
	}
}

static void client_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc_reactor *r = twc_transport_reactor(p->transport);

	if (reason->code)
		fprintf(stderr, "http_hello: %s\n", reason->text);
	twc_reactor_stop(r);
}

static const struct twc_protocol_ops client_ops = {
	.name = "client", .made = client_made, .data = client_data, .lost = client_lost,
};
static struct twc_protocol client = { .ops = &client_ops };

static struct twc_protocol *client_build(struct twc_factory *f, const struct twc_addr *peer)
{
	(void)f, (void)peer;
	return &client;
}

static const struct twc_factory_ops client_factory_ops = { .name = "client", .build = client_build };
static struct twc_factory client_factory = { .ops = &client_factory_ops };

static void start_self_test(struct twc_reactor *r, const char *endpoint)
{
	struct twc_endpoint *e = twc_endpoint_parse(endpoint, TWC_CONNECT, NULL);

	twc_deferred_release(twc_endpoint_connect(e, r, &client_factory));
	twc_endpoint_free(e);
}

static int self_test_result(void)
{
	bool well = answer_len > 13 && memcmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0 &&
		    memcmp(answer + answer_len - 13, "hello, world\n", 13) == 0;

	fputs(well ? "ok\n" : "no greeting came\n", stderr);
	return well ? 0 : 1;
}
