/* SPDX-License-Identifier: MIT */
/* The HTTP/1 server by dialogs: what a client writes, all at once, byte by byte and at random, and what it reads. */
#include "site.h"

#include "support/chunk.h"

/* ---- dialogs: all of it at once, byte by byte, at random ---- */

enum end { OPEN, CLOSED, RESET };

#define PART(text) "*" text /* somewhere in it */

static const struct dialog {
	const char *in, *out, *log;
	enum end end;
} dialogs[] = {
	{ GET("/a"), OK(1, "a"), "GET /a 200 1; ", OPEN },
	{ "\r\n\r\n" GET("/a"), OK(1, "a"), "GET /a 200 1; ", OPEN },
	{ GET("/a") GET("/b") GET("/c"), OK(1, "a") OK(1, "b") OK(1, "c"), "GET /a 200 1; GET /b 200 1; GET /c 200 1; ", OPEN },
	{ "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" GET("/b"), OK(1, "") OK(1, "b"), "HEAD /a 200 0; GET /b 200 1; ", OPEN },
	{ "GET http://h/%61?x HTTP/1.1\r\nHost: h\r\n\r\n", OK(1, "a"), "GET /a 200 1; ", OPEN },
	/* keep-alive, 9.3 */
	{ "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" GET("/b"), OK_CLOSE(1, "a"), "GET /a 200 1; ", CLOSED },
	{ "GET /a HTTP/1.0\r\n\r\n" GET("/b"), OK_CLOSE(1, "a"), "GET /a 200 1; ", CLOSED },
	{ "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n",
	  "HTTP/1.1 200 OK" HEAD "Content-Length: 1\r\nConnection: keep-alive\r\n\r\na" OK_CLOSE(1, "b"),
	  "GET /a 200 1; GET /b 200 1; ", CLOSED },
	{ GET("/close") GET("/b"), OK_CLOSE(3, "bye"), "GET /close 200 3; ", CLOSED },
	/* bodies of responses */
	{ GET("/chunks") GET("/b"),
	  "HTTP/1.1 200 OK" HEAD "Transfer-Encoding: chunked\r\n\r\na\r\nabcdefghij\r\na\r\nklmnopqrst\r\n0\r\nDigest: 1\r\n\r\n" OK(1, "b"),
	  "GET /chunks 200 20; GET /b 200 1; ", OPEN },
	{ "HEAD /chunks HTTP/1.1\r\nHost: h\r\n\r\n" GET("/b"),
	  "HTTP/1.1 200 OK" HEAD "Transfer-Encoding: chunked\r\n\r\n" OK(1, "b"), "HEAD /chunks 200 0; GET /b 200 1; ", OPEN },
	{ "GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	  "HTTP/1.1 200 OK" HEAD "Connection: close\r\n\r\nabcdefghijklmnopqrst", "GET /chunks 200 20; ", CLOSED },
	{ GET("/pieces") GET("/b"), OK(4, "abcd") OK(1, "b"), "GET /pieces 200 4; GET /b 200 1; ", OPEN },
	{ GET("/204") GET("/b"), "HTTP/1.1 204 No Content" HEAD "\r\n" OK(1, "b"), "GET /204 204 0; GET /b 200 1; ", OPEN },
	{ GET("/304") GET("/b"), "HTTP/1.1 304 Not Modified" HEAD "\r\n" OK(1, "b"), "GET /304 304 0; GET /b 200 1; ", OPEN },
	{ GET("/fields"), "HTTP/1.1 200 OK\r\nDate: D\r\nX: 4\r\nServer: me\r\nContent-Length: 0\r\n\r\n", "GET /fields 200 0; ", OPEN },
	{ GET("/file") GET("/b"), OK(3, "ELF") OK(1, "b"), "GET /file 200 3; GET /b 200 1; ", OPEN },
	{ GET("/file?chunked"), "HTTP/1.1 200 OK" HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nELF\r\n0\r\n\r\n", "GET /file 200 3; ", OPEN },
	{ "HEAD /file HTTP/1.1\r\nHost: h\r\n\r\n", OK(3, ""), "HEAD /file 200 0; ", OPEN },
	{ GET("/redirect"), "HTTP/1.1 302 Found" HEAD "Location: /a\r\nContent-Length: 0\r\n\r\n", "GET /redirect 302 0; ", OPEN },
	{ GET("/hints"),
	  "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK" HEAD "Link: </a.css>\r\nContent-Length: 2\r\n\r\nok",
	  "GET /hints 200 2; ", OPEN },
	{ "GET /hints HTTP/1.0\r\n\r\n",
	  "HTTP/1.1 200 OK" HEAD "Link: </a.css>\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", "GET /hints 200 2; ", CLOSED },
	/* what goes wrong in a handler */
	{ GET("/fail") GET("/b"),
	  "HTTP/1.1 500 Internal Server Error" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n\r\n500 Internal Server Error\n" OK(1, "b"),
	  "GET /fail 500 26; GET /b 200 1; ", OPEN },
	{ GET("/bad-field") GET("/b"), PART("HTTP/1.1 500 "), "GET /bad-field 500 26; GET /b 200 1; ", OPEN },
	{ GET("/fail-late"), NULL, "GET /fail-late 200 1 EIO; ", RESET },
	{ GET("/short"), NULL, "GET /short 200 4 ETRUNC; ", RESET },
	{ GET("/long"), NULL, "GET /long 200 2 EBUG; ", RESET },
	{ GET("/seize"), "garbage", "GET /seize 200 0; ", CLOSED },
	/* deferreds that have their result */
	{ GET("/nothing"), "HTTP/1.1 204 No Content" HEAD "\r\n", "GET /nothing 204 0; ", OPEN },
	{ GET("/timeout"),
	  "HTTP/1.1 504 Gateway Timeout" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 20\r\n\r\n504 Gateway Timeout\n",
	  "GET /timeout 504 20; ", OPEN },
	{ GET("/refused"),
	  "HTTP/1.1 502 Bad Gateway" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 16\r\n\r\n502 Bad Gateway\n",
	  "GET /refused 502 16; ", OPEN },
	{ GET("/broken"),
	  "HTTP/1.1 500 Internal Server Error" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n\r\n500 Internal Server Error\n",
	  "GET /broken 500 26; ", OPEN },
	/* bodies of requests */
	{ "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" GET("/b"), OK(5, "hello") OK(1, "b"),
	  "POST /echo 200 5; GET /b 200 1; ", OPEN },
	{ "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" GET("/b"), OK(0, "") OK(1, "b"),
	  "POST /echo 200 0; GET /b 200 1; ", OPEN },
	{ "POST /collect HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\n, w\r\n0\r\nT: 1\r\n\r\n" GET("/b"),
	  "HTTP/1.1 200 OK" HEAD "Content-Type: text/plain\r\nContent-Length: 17\r\n\r\n8 bytes: hello, w" OK(1, "b"),
	  "POST /collect 200 17; GET /b 200 1; ", OPEN },
	{ "POST /collect HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n12345678901234567890" GET("/b"),
	  "HTTP/1.1 413 Content Too Large" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\n\r\n413 Content Too Large\n" OK(1, "b"),
	  "POST /collect 413 22; GET /b 200 1; ", OPEN },
	/* a body nobody asks for is skipped when it is short */
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" GET("/b"), OK(1, "a") OK(1, "b"),
	  "POST /a 200 1; GET /b 200 1; ", OPEN },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" GET("/b"), OK(1, "a") OK(1, "b"),
	  "POST /a 200 1; GET /b 200 1; ", OPEN },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", OK(1, "a"), "POST /a 200 1; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nhello", OK_CLOSE(1, "a"), "POST /a 200 1; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", OK_CLOSE(1, "a"), "POST /a 200 1; ", CLOSED },
	{ "POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" GET("/b"), OK(5, "early") OK(1, "b"),
	  "body ECANCELLED; POST /early 200 5; GET /b 200 1; ", OPEN },
	/* refused */
	{ "GET / HTTP/1.1\r\n\r\n" GET("/b"), PART("HTTP/1.1 400 Bad Request"), "refused 400; ", CLOSED },
	{ "GET /a HTTP/1.1\r\nHost : h\r\n\r\n", PART("HTTP/1.1 400 Bad Request"), "refused 400; ", CLOSED },
	{ "GET /%2f HTTP/1.1\r\nHost: h\r\n\r\n", PART("HTTP/1.1 400 Bad Request"), "refused 400; ", CLOSED },
	{ "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", PART("HTTP/1.1 505 "), "refused 505; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", PART("HTTP/1.1 501 "), "refused 501; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", PART("HTTP/1.1 400 Bad Request"), "refused 400; ", CLOSED },
	{ "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", PART("HTTP/1.1 413 "), "refused 413; ", CLOSED },
	{ GET("/a") "garbage\r\n\r\n", PART("aHTTP/1.1 400 "), "GET /a 200 1; refused 400; ", CLOSED },
	{ "HEAD /a HTTP/1.1\r\n\r\n", PART("HTTP/1.1 400 "), "refused 400; ", CLOSED },
	/* of a body that breaks the answer tells */
	{ "POST /take HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", PART("HTTP/1.1 400 "),
	  "body EPROTO; ended OK; POST /take 400 ", CLOSED },
	{ "POST /collect HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", PART("HTTP/1.1 400 "), "POST /collect 400 ", CLOSED },
	{ "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", NULL, "POST /echo 200 5 EPROTO; ", RESET },
	/* pages */
	{ GET("/404"),
	  "HTTP/1.1 404 Not Found" HEAD
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 31\r\n\r\n404 Not Found\nno \"<such>\" page\n",
	  "GET /404 404 31; ", OPEN },
	{ "GET /404 HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n",
	  "HTTP/1.1 404 Not Found" HEAD
	  "Content-Type: application/json\r\nContent-Length: 65\r\n\r\n{\"status\":404,\"error\":\"Not Found\",\"detail\":\"no \\\"<such>\\\" page\"}\n",
	  "GET /404 404 65; ", OPEN },
	{ "GET /404 HTTP/1.1\r\nHost: h\r\nAccept: text/html, */*;q=0.1\r\n\r\n", PART("<p>no &#34;&#60;such&#62;&#34; page</p>"),
	  "GET /404 404 ", OPEN },
};

struct feeding {
	struct site *w;
	enum chunk_mode mode;
};

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct feeding *f = arg;

	if (f->w->client.is_lost)
		return false;
	twc_transport_write(f->w->client.base.transport, p, n);
	twc_reactor_advance(f->w->r, 0);
	return true;
}

/* What is wrong with chunks that have come with the head is told by the server, before a handler hears of them: see
 * test_server_vectors. */
static bool is_refused_at_once(const struct dialog *d, enum chunk_mode mode)
{
	return mode != CHUNK_BYTES && (strstr(d->in, "helloX") || strstr(d->in, "chunked\r\n\r\nx"));
}

static void check_dialog(const struct dialog *d, enum chunk_mode mode)
{
	struct site w = { 0 };
	struct feeding f = { &w, mode };
	const char *out;

	site_open(&w);
	chunk_feed(mode, 7, d->in, strlen(d->in), feed, &f);
	out = heard(&w);
	if (d->out && (d->out[0] == '*' ? !strstr(out, d->out + 1) : strcmp(out, d->out) != 0))
		fail_msg("%s: %s\nanswered\n%s\nnot\n%s", chunk_name(mode), d->in, out, d->out);
	if (strncmp(d->in, "HEAD", 4) == 0 && d->end == CLOSED)
		assert_string_equal(out + strlen(out) - 4, "\r\n\r\n"); /* no body */
	if (strncmp(w.log, d->log, strlen(d->log)) != 0)
		fail_msg("%s: %s\nlogged %s\nnot    %s", chunk_name(mode), d->in, w.log, d->log);
	if (d->end == OPEN)
		assert_false(w.client.has_eof || w.client.is_lost);
	else if (d->end == CLOSED)
		assert_true(w.client.has_eof);
	else
		assert_int_equal(w.client.reason.code, TWC_ERESET);
	site_close(&w);
}

static void test_dialogs(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(dialogs); i++)
		for (enum chunk_mode mode = 0; mode < CHUNK_MODES; mode++)
			if (!is_refused_at_once(&dialogs[i], mode))
				check_dialog(&dialogs[i], mode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
