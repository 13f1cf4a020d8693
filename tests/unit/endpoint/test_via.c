/* SPDX-License-Identifier: MIT */
/*
 * via=: the faults of the string, and the way through proxies that the test plays itself on a raw socket: a byte at a
 * time, with the target's first bytes on the heels of the answer, in chains, silent, refusing, going away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"

#include <fcntl.h>
#include <sys/stat.h>

/* ---- the string ---- */

static void test_faults(void **state)
{
	static const struct {
		const char *s;
		int column;
		const char *text;
	} row[] = {
		{ "tcp:h:80:via=[sock5:gw]", 15, "did you mean socks5?" },
		{ "tcp:h:80:via=[tls:gw:1]", 15, "unknown kind of proxy: 'tls' (known: socks5," },
		{ "tcp:h:80:via=[socks5]", 21, "host is missing (socks5:HOST[:PORT])" },
		{ "tcp:h:80:via=[socks5:gw:70000]", 25, "out of range" },
		{ "tcp:h:80:via=[socks5:gw:0]", 25, "port must be 1 to 65535" },
		{ "tcp:h:80:via=socks5:gw:1080", 21, "needs [brackets]" },
		{ "tcp:h:80:via=[socks5://gw:1080]", 15, "write socks5:HOST:PORT" },
		{ "tcp:h:80:via=[socks5:g w]", 22, "not a valid host name" },
		{ "tcp:h:80:via=[socks5:[x:y]]", 22, "host:" },
		{ "tcp:h:80:via=[http:gw:user=a\\:b]", 28, "cannot hold a ':'" },
		{ "tcp:h:80:via=[socks5:gw:pass=x]", 30, "pass needs user=" },
		{ "tcp:h:80:via=[socks5:gw:user=u:pass-file=f:pass-env=E]", 53, "pass-file is given already" },
		{ "tcp:h:80:via=[socks4:gw:pass=x]", 25, "unknown argument 'pass'" },
		{ "tcp:h:80:via=[socks5h:gw:dns=local]", 26, "unknown argument 'dns'" },
		{ "tcp:h:80:via=[socks5:gw:via=[http:b:x]]", 37, "port" },
		{ "tcp:h:80:via=[socks5:gw:via=[http:[fe80::1]:via=[socks4:c]]]", 5, "SOCKS4 knows only IPv4" },
		{ "tcp:80:via=[socks5:gw]", 23, "host is missing" },
		{ "tcp:[::1]:80:via=[socks4a:gw]", 5, "SOCKS4 knows only IPv4" },
		{ "tcp:[a b]:80:via=[http:gw]", 5, "'a b' is not a valid host name" },
		{ "tcp6:h:80:via=[socks5:127.0.0.1]", 15, "no IPv6 address" },
		{ "tcp:h:80:bind=[::1]:via=[socks5:127.0.0.1]", 15, "no IPv4 address, which the proxy is" },
		{ "udp:h:80:via=[socks5:gw]", 10, "unknown argument 'via'" },
		{ "tcp:h:80:via=socks5\\:gw\\:x", 14, "port" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_err err = { 0 };
		struct twc_endpoint *e = twc_endpoint_parse(row[i].s, TWC_CONNECT, &err);

		if (e || err.code != TWC_EUSAGE || err.column != row[i].column || !strstr(err.text, row[i].text))
			fail_msg("%s: got column %d '%s'", row[i].s, err.column, err.text);
	}
}

static void test_too_long_a_chain(void **state)
{
	char s[512] = "tcp:h:80";
	struct twc_err err = { 0 };
	struct twc_endpoint *e;

	for (int i = 0; i < 8; i++)
		strcat(s, i ? ":via=[socks5:p" : ":via=[http:p");
	strcat(s, "]]]]]]]]");
	e = twc_endpoint_parse(s, TWC_CONNECT, &err);
	assert_non_null(e);
	twc_endpoint_free(e);
	memcpy(s + strlen(s) - 8, ":via=[http:p]]]]]]]]]", sizeof(":via=[http:p]]]]]]]]]"));
	assert_null(twc_endpoint_parse(s, TWC_CONNECT, &err));
	assert_non_null(strstr(err.text, "more than 8 proxies"));
}

static void test_what_is_shown(void **state)
{
	struct twc_endpoint *e = must_parse("tcp:h:80:via=[socks5:gw:user=u:pass=geheim:via=[http:b:user=x:pass=y]]",
					    TWC_CONNECT);
	struct twc_endpoint *plain = must_parse("tcp:h:80", TWC_CONNECT);
	char *masked = twc_endpoint_mask("tcp:h:80:via=[http:b:user=x:pass=y]");

	assert_string_equal(twc_endpoint_text(e), "tcp:h:80:via=[socks5:gw:user=u:pass=***:via=[http:b:user=x:pass=***]]");
	assert_string_equal(masked, "tcp:h:80:via=[http:b:user=x:pass=***]");
	assert_true(twc_endpoint_is_tunnelled(e));
	assert_false(twc_endpoint_is_tunnelled(plain));
	twc_free(masked);
	twc_endpoint_free(e);
	twc_endpoint_free(plain);
}

/* ---- a proxy played by the test ---- */

struct proxy {
	struct twc_reactor *r;
	struct conns client;
	struct twc_endpoint *e;
	struct twc_deferred *d;
	struct outcome o;
	int listener, fd;
	char text[32]; /* "127.0.0.1:4711" */
};

static void proxy_open(struct proxy *p)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);

	*p = (struct proxy){ .r = loop_fake(), .client = conns_make(), .fd = -1 };
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(0, bind(p->listener, (struct sockaddr *)&sa, sizeof(sa)));
	assert_int_equal(0, listen(p->listener, 8));
	assert_int_equal(0, getsockname(p->listener, (struct sockaddr *)&sa, &len));
	snprintf(p->text, sizeof(p->text), "127.0.0.1:%u", ntohs(sa.sin_port));
}

/* `form` has a @ where the proxy's host and port stand. */
static void proxy_dial(struct proxy *p, const char *form)
{
	int n = (int)strcspn(form, "@");
	char s[512];

	snprintf(s, sizeof(s), "%.*s%s%s", n, form, p->text, form + n + 1);
	p->e = must_parse(s, TWC_CONNECT);
	p->d = start_connect(p->e, p->r, &p->client, &p->o);
	p->fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(p->fd >= 0);
	twc_reactor_advance(p->r, 0);
}

static void proxy_hear(struct proxy *p, const void *want, size_t n)
{
	char got[512];
	ssize_t len = 0, more;

	for (int i = 0; i < 50 && (size_t)len < n; i++) {
		twc_reactor_advance(p->r, 0);
		more = recv(p->fd, got + len, sizeof(got) - (size_t)len, MSG_DONTWAIT);
		len += more > 0 ? more : 0;
	}
	assert_int_equal(len, n);
	assert_memory_equal(got, want, n);
}

static void proxy_say(struct proxy *p, const void *data, size_t n)
{
	assert_int_equal(send(p->fd, data, n, MSG_NOSIGNAL), n);
	for (int i = 0; i < 3; i++)
		twc_reactor_advance(p->r, 0);
}

static void proxy_say_bytes(struct proxy *p, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		proxy_say(p, data + i, 1);
}

#define HEAR(p, s) proxy_hear(p, s, sizeof(s) - 1)
#define SAY(p, s) proxy_say(p, s, sizeof(s) - 1)

static void proxy_close(struct proxy *p)
{
	if (p->fd >= 0)
		close(p->fd);
	close(p->listener);
	if (p->d) {
		if (!p->o.done)
			twc_deferred_cancel(p->d);
		twc_deferred_release(p->d);
	}
	if (p->client.last)
		twc_transport_abort(p->client.last);
	twc_reactor_free(p->r);
	if (p->e)
		twc_endpoint_free(p->e);
}

static void assert_through(struct proxy *p, const char *first)
{
	if (!p->o.p)
		fail_msg("not through: %s", p->o.err.text);
	for (int i = 0; i < 50 && p->client.got_n < strlen(first); i++)
		twc_reactor_advance(p->r, 0);
	assert_string_equal(p->client.got, first);
	assert_int_equal(twc_transport_bytes_in(p->o.p->transport), strlen(first));
	twc_transport_write(p->o.p->transport, "from us", 7);
	HEAR(p, "from us");
	SAY(p, "!");
	assert_int_equal(p->client.got_n, strlen(first) + 1);
}

static void assert_failed(struct proxy *p, int status, const char *text)
{
	for (int i = 0; i < 50 && !p->o.done; i++)
		twc_reactor_advance(p->r, 0);
	if (p->o.p || twc_err_exit(p->o.err.code) != status || !strstr(p->o.err.text, text))
		fail_msg("wanted %d '%s', got %d '%s'", status, text, twc_err_exit(p->o.err.code), p->o.err.text);
	assert_int_equal(p->client.built, 0);
	assert_int_equal(p->client.base.users, 0);
	assert_non_null(strstr(p->o.err.text, p->text)); /* it says which proxy */
}

/* ---- through ---- */

static void test_socks5_by_name(void **state)
{
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:db.internal:5432:via=[socks5:@]");
	HEAR(&p, "\5\1\0");
	SAY(&p, "\5\0");
	HEAR(&p, "\5\1\0\3\xb" "db.internal\x15\x38");
	assert_false(p.o.done);
	SAY(&p, "\5\0\0\1\0\0\0\0\0\0");
	assert_int_equal(p.client.made, 1);
	assert_through(&p, "");
	proxy_close(&p);
}

static void test_first_bytes_come_with_the_answer(void **state)
{
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:db:25:via=[socks5h:@:user=u:pass=p]");
	HEAR(&p, "\5\2\0\2");
	SAY(&p, "\5\2");
	HEAR(&p, "\1\1u\1p");
	SAY(&p, "\1\0");
	HEAR(&p, "\5\1\0\3\2db\0\x19");
	SAY(&p, "\5\0\0\3\1x\0\0" "220 mail\r\n");
	assert_through(&p, "220 mail\r\n");
	proxy_close(&p);
}

static void test_an_answer_byte_by_byte(void **state)
{
	static const char head[] = "HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n220 mail\r\n";
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:[::1]:25:via=[http:@:user=u:pass=p]");
	HEAR(&p, "CONNECT [::1]:25 HTTP/1.1\r\nHost: [::1]:25\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
	proxy_say_bytes(&p, head, sizeof(head) - 1);
	assert_through(&p, "220 mail\r\n");
	proxy_close(&p);
	proxy_open(&p);
	proxy_dial(&p, "tcp:1.2.3.4:25:via=[socks4:@:user=joe]");
	HEAR(&p, "\4\1\0\x19\1\2\3\4joe\0");
	proxy_say_bytes(&p, "\0\x5a\1\2\3\4\5\6hi", 10);
	assert_through(&p, "hi");
	proxy_close(&p);
}

/* The head is longer than what is looked at in one go. */
static void test_a_long_head(void **state)
{
	static const char filler[] = "X-Filler: 0123456789012345678901234567890123456789012345678\r\n"; /* 61 */
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:25:via=[http:@]");
	HEAR(&p, "CONNECT h:25 HTTP/1.1\r\nHost: h:25\r\n\r\n");
	SAY(&p, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 200; i++)
		assert_int_equal(send(p.fd, filler, sizeof(filler) - 1, 0), sizeof(filler) - 1);
	SAY(&p, "\r\nhello");
	for (int i = 0; i < 50 && !p.o.done; i++)
		twc_reactor_advance(p.r, 0);
	assert_through(&p, "hello");
	proxy_close(&p);
}

static void test_a_chain_of_two_kinds(void **state)
{
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:db:5432:via=[socks5:inner.test:1081:user=u:pass=p:via=[http:@]]");
	HEAR(&p, "CONNECT inner.test:1081 HTTP/1.1\r\nHost: inner.test:1081\r\n\r\n");
	SAY(&p, "HTTP/1.1 200 OK\r\n\r\n");
	HEAR(&p, "\5\2\0\2");
	SAY(&p, "\5\0");
	HEAR(&p, "\5\1\0\3\2db\x15\x38");
	SAY(&p, "\5\0\0\1\0\0\0\0\0\0hi");
	assert_through(&p, "hi");
	proxy_close(&p);
}

static void test_names_looked_up_here(void **state)
{
	static const struct twc_resolver_opts numeric = { .numeric = true };
	struct proxy p;

	proxy_open(&p);
	assert_int_equal(0, twc_resolver_configure(p.r, &numeric, NULL));
	assert_int_equal(0, twc_resolver_add(p.r, TWC_STR("db.test"), TWC_STR("10.1.2.3"), NULL));
	proxy_dial(&p, "tcp:db.test:25:via=[socks4:@]");
	HEAR(&p, "\4\1\0\x19\xa\1\2\3\0");
	SAY(&p, "\0\x5a______");
	assert_through(&p, "");
	proxy_close(&p);

	proxy_open(&p);
	assert_int_equal(0, twc_resolver_configure(p.r, &numeric, NULL));
	assert_int_equal(0, twc_resolver_add(p.r, TWC_STR("db6.test"), TWC_STR("fd00::1"), NULL));
	proxy_dial(&p, "tcp:db6.test:25:via=[http:@:dns=local]");
	HEAR(&p, "CONNECT [fd00::1]:25 HTTP/1.1\r\nHost: [fd00::1]:25\r\n\r\n");
	SAY(&p, "HTTP/1.1 200 OK\r\n\r\n");
	assert_through(&p, "");
	proxy_close(&p);

	/* a name that is not looked up here is no name to --numeric */
	proxy_open(&p);
	assert_int_equal(0, twc_resolver_configure(p.r, &numeric, NULL));
	proxy_dial(&p, "tcp:nowhere.test:25:via=[socks4a:@]");
	HEAR(&p, "\4\1\0\x19\0\0\0\1\0nowhere.test\0");
	proxy_close(&p);

	proxy_open(&p);
	assert_int_equal(0, twc_resolver_configure(p.r, &numeric, NULL));
	proxy_dial(&p, "tcp:nowhere.test:25:via=[socks5:@:dns=local]");
	for (int i = 0; i < 10 && !p.o.done; i++)
		twc_reactor_advance(p.r, 0);
	assert_true(p.o.done && !p.o.p);
	assert_non_null(strstr(p.o.err.text, "nowhere.test"));
	proxy_close(&p);
}

/* ---- not through ---- */

static void test_refusals_name_the_proxy(void **state)
{
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[socks5:@]");
	HEAR(&p, "\5\1\0");
	SAY(&p, "\5\0");
	HEAR(&p, "\5\1\0\3\1h\0\x50");
	SAY(&p, "\5\5\0\1\0\0\0\0\0\0");
	assert_failed(&p, 69, " says: connection refused by the target (SOCKS 5)");
	assert_int_equal(0, strncmp(p.o.err.text, "the proxy socks5:127.0.0.1:", 27));
	proxy_close(&p);

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[socks5:inner:via=[http:@]]");
	HEAR(&p, "CONNECT inner:1080 HTTP/1.1\r\nHost: inner:1080\r\n\r\n");
	SAY(&p, "HTTP/1.1 502 Bad Gateway\r\n\r\n");
	assert_failed(&p, 69, ", asked for socks5:inner:1080, says: the target cannot be reached (HTTP 502 Bad Gateway)");
	proxy_close(&p);

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[socks5:@]");
	HEAR(&p, "\5\1\0");
	SAY(&p, "\5\xff");
	assert_failed(&p, 77, "wants a login");
	proxy_close(&p);
}

static void test_a_proxy_that_goes_away(void **state)
{
	struct linger now = { .l_onoff = 1 };
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[socks5:@]");
	HEAR(&p, "\5\1\0");
	shutdown(p.fd, SHUT_WR);
	assert_failed(&p, 76, " closed the connection without an answer to the greeting");
	proxy_close(&p);

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[http:@]");
	HEAR(&p, "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n");
	SAY(&p, "HTTP/1.1 200 O");
	shutdown(p.fd, SHUT_WR);
	assert_failed(&p, 76, " closed the connection in the middle of its answer to CONNECT");
	proxy_close(&p);

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[socks5:@]");
	HEAR(&p, "\5\1\0");
	setsockopt(p.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(p.fd);
	p.fd = -1;
	assert_failed(&p, 76, " broke the connection off before it answered the greeting (ECONNRESET)");
	proxy_close(&p);
}

static void test_the_limit_is_one_for_all(void **state)
{
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[socks5:@]:timeout=3s");
	HEAR(&p, "\5\1\0");
	twc_reactor_advance(p.r, 2 * LOOP_S);
	SAY(&p, "\5\0");
	HEAR(&p, "\5\1\0\3\1h\0\x50");
	twc_reactor_advance(p.r, LOOP_S - 1);
	assert_false(p.o.done);
	twc_reactor_advance(p.r, 1);
	assert_true(p.o.done);
	assert_failed(&p, 75, " timed out: no answer to the request after 3s");
	proxy_close(&p);

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[http:@]");
	twc_reactor_advance(p.r, 30 * LOOP_S);
	assert_failed(&p, 75, " timed out: no answer to CONNECT after 30s");
	proxy_close(&p);
}

static void test_cancelled(void **state)
{
	struct proxy p;

	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[socks5:@]");
	HEAR(&p, "\5\1\0");
	twc_deferred_cancel(p.d);
	assert_true(p.o.done);
	assert_int_equal(p.o.err.code, TWC_ECANCELLED);
	assert_int_equal(p.client.base.users, 0);
	assert_int_equal(recv(p.fd, p.text, 1, 0), 0); /* and closed */
	proxy_close(&p);

	/* with the reactor */
	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[http:@]");
	twc_deferred_release(p.d);
	p.d = NULL;
	proxy_close(&p);
	assert_true(p.o.done);
	assert_int_equal(p.o.err.code, TWC_ECANCELLED);
}

static void test_nobody_there(void **state)
{
	struct conns f = conns_make();
	struct proxy p;
	struct outcome o;
	char s[128];

	proxy_open(&p);
	close(p.listener);
	snprintf(s, sizeof(s), "tcp:h:80:via=[socks5:%s]", p.text);
	p.listener = dup(0);
	p.e = must_parse(s, TWC_CONNECT);
	p.d = start_connect(p.e, p.r, &f, &o);
	for (int i = 0; i < 50 && !o.done; i++)
		twc_reactor_advance(p.r, 0);
	assert_int_equal(o.err.code, TWC_EREFUSED);
	assert_int_equal(o.err.sys, ECONNREFUSED);
	snprintf(s, sizeof(s), "the proxy socks5:%s: connection refused (ECONNREFUSED, %s)", p.text, p.text);
	assert_string_equal(o.err.text, s);
	p.o = o;
	proxy_close(&p);
}

/* ---- logins ---- */

static void write_file(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void hear_login(const char *s, const char *user, const char *pass)
{
	struct proxy p;
	char login[64];
	int n = snprintf(login, sizeof(login), "\1%c%s%c%s", (int)strlen(user), user, (int)strlen(pass), pass);

	proxy_open(&p);
	proxy_dial(&p, s);
	HEAR(&p, "\5\2\0\2");
	SAY(&p, "\5\2");
	proxy_hear(&p, login, (size_t)n);
	proxy_close(&p);
}

static void test_logins_from_elsewhere(void **state)
{
	char path[] = "/tmp/twc-via-XXXXXX", s[128];
	struct proxy p;

	setenv("TWC_PROXY_AUTH", "env:with:colon", 1);
	setenv("VIA_TEST_PASS", "secret", 1);
	write_file(path, "from file\r\nmore\n");
	snprintf(s, sizeof(s), "tcp:h:80:via=[socks5:@:user=u:pass-file=%s]", path);
	hear_login(s, "u", "from file");
	unlink(path);
	hear_login("tcp:h:80:via=[socks5:@:user=u:pass-env=VIA_TEST_PASS]", "u", "secret");
	hear_login("tcp:h:80:via=[socks5:@]", "env", "with:colon");

	/* not for those behind the first */
	proxy_open(&p);
	proxy_dial(&p, "tcp:h:80:via=[socks5:inner:via=[http:@]]");
	HEAR(&p, "CONNECT inner:1080 HTTP/1.1\r\nHost: inner:1080\r\n\r\n");
	SAY(&p, "HTTP/1.1 200 OK\r\n\r\n");
	HEAR(&p, "\5\2\0\2");
	proxy_close(&p);
	unsetenv("TWC_PROXY_AUTH");
	unsetenv("VIA_TEST_PASS");
}

static void test_logins_that_are_not_there(void **state)
{
	static const struct {
		const char *s;
		int status;
		const char *text;
	} row[] = {
		{ "tcp:h:80:via=[socks5:p:user=u:pass-env=VIA_TEST_NONE]", 78, "the variable VIA_TEST_NONE is not set" },
		{ "tcp:h:80:via=[socks5:p:user=u:pass-file=/nonexistent/x]", 66, "cannot read /nonexistent/x (ENOENT)" },
		{ "tcp:h:80:via=[socks5:p:user=u:pass-file=/dev/null]", 66, "is no password" },
		{ "tcp:h:80:via=[socks5:p:user=u:pass-file=/]", 66, "cannot read / (EISDIR)" },
		{ "tcp:h:80:via=[socks5:p:user=u:pass-file=/dev/zero]", 66, "is no password" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_reactor *r = loop_real();
		struct conns f = conns_make();
		struct outcome o = do_connect(row[i].s, r, &f);

		if (twc_err_exit(o.err.code) != row[i].status || !strstr(o.err.text, row[i].text))
			fail_msg("%s: %d %s", row[i].s, o.err.code, o.err.text);
		twc_reactor_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_too_long_a_chain),
		cmocka_unit_test(test_what_is_shown),
		cmocka_unit_test(test_socks5_by_name),
		cmocka_unit_test(test_first_bytes_come_with_the_answer),
		cmocka_unit_test(test_an_answer_byte_by_byte),
		cmocka_unit_test(test_a_long_head),
		cmocka_unit_test(test_a_chain_of_two_kinds),
		cmocka_unit_test(test_names_looked_up_here),
		cmocka_unit_test(test_refusals_name_the_proxy),
		cmocka_unit_test(test_a_proxy_that_goes_away),
		cmocka_unit_test(test_the_limit_is_one_for_all),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_logins_from_elsewhere),
		cmocka_unit_test(test_logins_that_are_not_there),
	};

	unsetenv("TWC_PROXY_AUTH");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
