/* SPDX-License-Identifier: MIT */
/*
 * chain ENDPOINT TEXT: sends a line, waits for a line, prints it in capitals; all within five seconds.
 *
 *     chain tcp:127.0.0.1:7000 hello
 *
 * The whole conversation is one chain of deferreds (see converse below): each step is given what the one before
 * it gave, a step may wait for something that takes time, and whatever goes wrong anywhere ends in one place.
 *
 * With TWC_EXAMPLE_TEST set it talks to a server of its own, once to one that answers and once to one that does not.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <twc/endpoint.h>
#include <twc/parse.h>
#include <twc/protocol.h>

/* ---- a client that can be asked for a line ---- */

struct client {
	struct twc_line_protocol line; /* first member */
	struct twc_deferred *answer;   /* the producer's hold while somebody waits for a line */
	struct twc_reactor *reactor;
};

static void answer_cancelled(struct twc_deferred *d, void *arg)
{
	struct client *c = arg;

	c->answer = NULL;
	twc_deferred_drop(d);
}

/* Sends `text` and returns what will be the answer. */
static struct twc_deferred *ask(struct client *c, const char *text)
{
	c->answer = twc_deferred_new(c->reactor, answer_cancelled, c);
	twc_line_protocol_send(&c->line, text, strlen(text));
	return c->answer;
}

static void client_line(struct twc_line_protocol *p, const char *line, size_t n)
{
	struct client *c = (struct client *)p;
	struct twc_deferred *answer = c->answer;

	if (!answer)
		return; /* not asked for */
	c->answer = NULL;
	twc_deferred_fire(answer, twc_str_dup((struct twc_str){ line, n }), twc_free);
}

static void client_lost(struct twc_line_protocol *p, const struct twc_err *reason)
{
	struct client *c = (struct client *)p;
	struct twc_err err = *reason;

	if (err.code == 0)
		twc_err_set(&err, TWC_ETRUNC, "connection closed before the answer");
	if (c->answer)
		twc_deferred_fail(c->answer, &err);
	twc_reactor_stop(c->reactor);
}

static const struct twc_line_ops client_ops = { .line = client_line, .lost = client_lost };

/* ---- the chain ---- */

struct conversation {
	struct client client; /* one connection is all there is */
	struct twc_factory factory;
	const char *text;
	int status;
};

static struct twc_protocol *client_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct conversation *c = TWC_CONTAINER_OF(f, struct conversation, factory);

	(void)peer;
	twc_line_protocol_init(&c->client.line, &client_ops);
	twc_framer_set_delim(&c->client.line.framer, "\n", 1);
	c->client.line.framer.optional_cr = true;
	return &c->client.line.base;
}

static const struct twc_factory_ops client_factory_ops = { .name = "client", .build = client_build };

/* Connected: the chain goes on when there is an answer. */
static void on_connected(struct twc_result *res, void *arg)
{
	struct conversation *c = arg;

	twc_result_wait(res, ask(&c->client, c->text));
}

static void on_answer(struct twc_result *res, void *arg)
{
	(void)arg;
	for (char *p = res->value; *p; p++)
		*p = (char)toupper((unsigned char)*p);
}

static void on_done(struct twc_result *res, void *arg)
{
	struct conversation *c = arg;

	printf("%s\n", (const char *)res->value);
	c->status = 0;
}

static void on_failed(struct twc_result *res, void *arg)
{
	struct conversation *c = arg;

	fprintf(stderr, "chain: %s\n", res->err.text);
	c->status = twc_err_exit(res->err.code);
	twc_result_set(res, NULL, NULL); /* handled */
}

static void on_end(struct twc_result *res, void *arg)
{
	struct conversation *c = arg;

	(void)res;
	if (c->client.line.base.transport && !twc_transport_is_closing(c->client.line.base.transport))
		twc_transport_lose(c->client.line.base.transport); /* its lost() stops the reactor */
	else
		twc_reactor_stop(c->client.reactor);
}

static int converse(struct twc_reactor *r, const struct twc_endpoint *e, const char *text, uint64_t timeout_ns)
{
	struct conversation c = { .client.reactor = r, .factory.ops = &client_factory_ops, .text = text };
	struct twc_deferred *d = twc_endpoint_connect(e, r, &c.factory);
	struct twc_err err = { 0 };

	twc_deferred_add(d, on_connected, NULL, &c);
	twc_deferred_add(d, on_answer, NULL, &c);
	twc_deferred_timeout(d, r, timeout_ns, "conversation"); /* covers the steps above */
	twc_deferred_add(d, on_done, on_failed, &c);
	twc_deferred_add_both(d, on_end, &c);
	twc_deferred_release(d);
	if (twc_reactor_run(r, &err))
		return twc_err_exit(err.code);
	return c.status;
}

static int self_test(struct twc_reactor *r, struct twc_err *err);

int main(int argc, char **argv)
{
	bool test = getenv("TWC_EXAMPLE_TEST") != NULL;
	struct twc_err err = { 0 };
	struct twc_reactor *r = twc_reactor_new(&err);
	struct twc_endpoint *e = NULL;
	int status = 0;

	if (argc != 3 && !test) {
		fprintf(stderr, "usage: chain ENDPOINT TEXT\n");
		twc_reactor_free(r);
		return 64;
	}
	if (r && test)
		status = self_test(r, &err);
	else if (r && (e = twc_endpoint_parse(argv[1], TWC_CONNECT, &err)))
		status = converse(r, e, argv[2], 5 * TWC_NS_PER_S);
	if (err.code) {
		fprintf(stderr, "chain: %s\n", err.text);
		status = twc_err_exit(err.code);
	}
	twc_endpoint_free(e);
	twc_reactor_free(r);
	return status;
}

/* ---- the self-test: a server that answers every line but "..." ---- */

static void server_line(struct twc_line_protocol *p, const char *line, size_t n)
{
	if (!twc_str_is((struct twc_str){ line, n }, "..."))
		twc_line_protocol_send(p, line, n);
}

static void server_lost(struct twc_line_protocol *p, const struct twc_err *reason)
{
	(void)reason;
	twc_free(p);
}

static const struct twc_line_ops server_ops = { .line = server_line, .lost = server_lost };

static struct twc_protocol *server_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_line_protocol *p = twc_calloc(1, sizeof(*p));

	(void)f, (void)peer;
	twc_line_protocol_init(p, &server_ops);
	twc_framer_set_delim(&p->framer, "\n", 1);
	return &p->base;
}

static const struct twc_factory_ops server_factory_ops = { .name = "server", .build = server_build };

static int self_test(struct twc_reactor *r, struct twc_err *err)
{
	struct twc_factory factory = { .ops = &server_factory_ops };
	struct twc_endpoint *listen = twc_endpoint_parse("tcp:0", TWC_LISTEN, err), *e = NULL;
	struct twc_port *port = listen ? twc_endpoint_listen(listen, r, &factory, NULL, err) : NULL;
	char text[256];
	bool ok = false;

	if (port)
		e = twc_endpoint_parse(twc_port_text(port, 0, text, sizeof(text)), TWC_CONNECT, err);
	if (e)
		ok = converse(r, e, "hello", 5 * TWC_NS_PER_S) == 0 &&
		     converse(r, e, "...", 50 * TWC_NS_PER_MS) == twc_err_exit(TWC_ETIMEDOUT);
	if (port)
		twc_port_free(port);
	twc_endpoint_free(e);
	twc_endpoint_free(listen);
	printf("%s\n", ok ? "ok" : "not ok");
	return ok ? 0 : 1;
}
