/* SPDX-License-Identifier: MIT */
/*
 * http_fetch URL [ENDPOINT]: a page that is made of another: the path /<ip> is answered with what URL/<ip> has, when it comes.
 *
 *     http_fetch http://127.0.0.1:8000 tcp:8080     then: curl http://127.0.0.1:8080/192.0.2.1
 *
 * The handler returns a deferred. What fails on the way becomes a response by itself (502, 504), and a visitor who leaves
 * breaks the fetch off.
 */
#include <signal.h>
#include <stdio.h>
#include <twc/endpoint.h>
#include <twc/http_client.h>
#include <twc/http_server.h>

#define PAGE_MAX (1024 * 1024)

struct site {
	struct twc_http_client *client;
	const char *url;
};

/* The head is there: its status is ours, too. The chain goes on when all of the body has come. */
static void collect(struct twc_result *res, void *x)
{
	struct twc_http_response *response = res->value;

	twc_http_set_status(x, response->status);
	twc_result_wait(res, twc_http_response_collect(response, PAGE_MAX));
}

static void reply(struct twc_result *res, void *x)
{
	struct twc_buf *page = res->value;

	twc_http_send(x, twc_buf_head(page), twc_buf_len(page));
}

static struct twc_deferred *look_up(void *arg, struct twc_http_exchange *x)
{
	struct site *site = arg;
	struct twc_deferred *page;
	struct twc_buf url;

	twc_buf_init(&url, 4096);
	if (twc_buf_addf(&url, "%s/", site->url) < 0 || twc_url_encode(twc_http_param(x, "ip"), &url) < 0) {
		twc_buf_fini(&url);
		twc_http_send_error(x, 414, NULL);
		return NULL;
	}
	page = twc_http_get(site->client, twc_buf_cstr(&url));
	twc_buf_fini(&url);
	twc_deferred_add(page, collect, NULL, x);
	twc_deferred_add(page, reply, NULL, x);
	return page;
}

int main(int argc, char **argv)
{
	struct twc_err err = { 0 };
	struct twc_reactor *r = twc_reactor_new(&err);
	struct site site = { r ? twc_http_client_new(r, NULL) : NULL, argc > 1 ? argv[1] : "http://127.0.0.1:8000" };
	struct twc_http_router *router = twc_http_router_new();
	struct twc_http_server *server = NULL;
	struct twc_endpoint *e = twc_endpoint_parse(argc > 2 ? argv[2] : "tcp:8080", TWC_LISTEN, &err);
	struct twc_port *port = NULL;
	char text[256];

	signal(SIGPIPE, SIG_IGN);
	if (r && e && twc_http_route(router, "GET", "/<ip>", look_up, &site, NULL, &err) == 0) {
		server = twc_http_server_new(r, twc_http_router_handler(router), NULL);
		port = twc_endpoint_listen(e, r, twc_http_server_factory(server), NULL, &err);
	}
	if (port) {
		fprintf(stderr, "listening on %s\n", twc_port_text(port, 0, text, sizeof(text)));
		twc_reactor_run(r, &err);
		twc_port_free(port);
	}
	if (err.code)
		fprintf(stderr, "http_fetch: %s\n", err.text);
	if (site.client)
		twc_http_client_free(site.client);
	twc_endpoint_free(e);
	if (r)
		twc_reactor_free(r);
	if (server)
		twc_http_server_free(server);
	twc_http_router_free(router);
	return err.code ? twc_err_exit(err.code) : 0;
}
