/* SPDX-License-Identifier: MIT */
/* Endpoint strings -> type and values, or an error with its column. Most rows are Twisted's own vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "endpoint/endpoint_int.h"
#include <inttypes.h>
#include <stdio.h>
#include <twc/buf.h>

#define C TWC_CONNECT
#define L TWC_LISTEN

struct vector {
	enum twc_role role;
	const char *s;
	const char *want; /* "type key=value …" in the order bound; of an error: a part of its text */
	int column;	  /* 0: no error */
};

static void dump_value(struct twc_buf *b, const struct twc__value *v)
{
	char text[TWC_ADDR_TEXT_MAX];

	assert_int_equal(0, twc_buf_addf(b, " %s=", v->row->name));
	if (!v->is_set)
		return;
	switch (v->row->kind) {
	case TWC_ARG_PORT:
	case TWC_ARG_UINT:
	case TWC_ARG_SIZE:
	case TWC_ARG_BOOL:
		assert_int_equal(0, twc_buf_addf(b, "%" PRIu64, v->num));
		break;
	case TWC_ARG_DURATION:
		assert_int_equal(0, twc_buf_addf(b, "%" PRIu64 "ms", v->num / TWC_NS_PER_MS));
		break;
	case TWC_ARG_MODE:
		assert_int_equal(0, twc_buf_addf(b, "0%o", (unsigned)v->num));
		break;
	case TWC_ARG_ADDR:
		twc_addr_format(&v->addr, text, sizeof(text));
		assert_int_equal(0, twc_buf_addf(b, "%s", text));
		break;
	case TWC_ARG_KEEPALIVE:
		assert_int_equal(0, twc_buf_addf(b, "%d,%d,%d", v->keepalive[0], v->keepalive[1], v->keepalive[2]));
		break;
	default:
		assert_int_equal(0, twc_buf_addf(b, "%s", v->text));
	}
}

static void check_vector(const struct vector *v)
{
	struct twc_err err = { 0 };
	struct twc_endpoint *e = twc_endpoint_parse(v->s, v->role, &err);
	struct twc_buf b;

	if (v->column) {
		if (e)
			fail_msg("%s: should be an error", v->s);
		if (err.code != TWC_EUSAGE || err.column != v->column || !strstr(err.text, v->want))
			fail_msg("%s: want column %d, '%s'; got %s column %d, '%s'", v->s, v->column, v->want,
				 twc_err_name(err.code), err.column, err.text);
		return;
	}
	if (!e)
		fail_msg("%s: %s (column %d)", v->s, err.text, err.column);
	twc_buf_init(&b, 4096);
	assert_int_equal(0, twc_buf_addf(&b, "%s", twc_endpoint_type(e)));
	for (size_t i = 0; i < e->args.n; i++)
		dump_value(&b, &e->args.value[i]);
	assert_string_equal(twc_buf_cstr(&b), v->want);
	assert_string_equal(twc_endpoint_text(e), v->s);
	assert_int_equal(err.code, 0);
	twc_buf_fini(&b);
	twc_endpoint_free(e);
}

static void check_vectors(const struct vector *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_vector(&v[i]);
}

static void test_twisted_server_vectors(void **state)
{
	static const struct vector v[] = {
		{ L, "tcp:80", "tcp port=80", 0 },
		{ L, "tcp:80:interface=127.0.0.1", "tcp interface=127.0.0.1 port=80", 0 },
		{ L, "tcp:port=80", "tcp port=80", 0 },
		{ L, "tcp:interface=127.0.0.1:80", "tcp interface=127.0.0.1 port=80", 0 },
		{ L, "interface=127.0.0.1:tcp:80", "tcp interface=127.0.0.1 port=80", 0 },
		{ L, "tcp:backlog=3:80", "tcp backlog=3 port=80", 0 },
		{ L, "tcp:80:127.0.0.1:7", "tcp port=80 interface=127.0.0.1 backlog=7", 0 },
		{ L, "tcp:80::5", "tcp port=80 interface= backlog=5", 0 },
		{ L, "tcp:80:", "tcp port=80 interface=", 0 },
		{ L, "tcp:80:interface=\\:\\:1", "tcp interface=::1 port=80", 0 },
		{ L, "tcp:80:interface=::1", "too many values for tcp: '1'; a ':' inside a value needs [brackets]", 20 },
		{ L, "tcp", "port is missing", 4 },
		{ L, "tcp:", "port is missing", 5 },
		{ L, "tcp:abc", "port", 5 },
		{ L, "tcp:80:foo=1", "unknown argument 'foo' for tcp (known: port, interface, backlog", 8 },
		{ L, "tcp:+80", "port", 5 },
		{ L, "tcp: 80", "port", 5 },
		{ L, "tcp:8_0", "port", 5 },
		{ L, "tcp:99999", "port 99999 is out of range (0-65535)", 5 },
		{ L, "tcp:-1", "port", 5 },
		{ L, "tcp:80:backlog=-1", "backlog: ", 16 },
		{ L, "tcp:80:interface=127.0.0.1:interface=127.0.0.2", "interface is given twice", 28 },
		{ L, "TCP:80", "tcp port=80", 0 },
		{ L, "TCP6:80", "tcp6 port=80", 0 },
		{ L, "tcp6:80", "tcp6 port=80", 0 },
		{ L, "tcp6:80:5", "tcp6 port=80 backlog=5", 0 },
		{ L, "tcp6:80:interface=\\:\\:1", "tcp6 interface=::1 port=80", 0 },
		{ L, "tcp6:80:interface=[::1]", "tcp6 interface=::1 port=80", 0 },
		{ L, "tcp:80:Interface=1", "did you mean interface?", 8 },
		{ L, "unix:/run/x", "unix path=/run/x", 0 },
		{ L, "unix:/run/x:mode=660", "unix mode=0660 path=/run/x", 0 },
		{ L, "unix:/run/x:mode=0660", "unix mode=0660 path=/run/x", 0 },
		{ L, "unix:/run/x:mode=0o660", "unix mode=0660 path=/run/x", 0 },
		{ L, "unix:/run/x:660:10", "unix path=/run/x mode=0660 backlog=10", 0 },
		{ L, "unix:/run/x:660:10:0", "too many values for unix: '0'", 20 },
		{ L, "unix:mode=999:/x", "mode: ", 11 },
		{ L, "unix:/x:lockfile=true", "unknown argument 'lockfile'", 9 },
		{ L, "unix:foo\\:bar\\=baz\\:qux\\\\", "unix path=foo:bar=baz:qux\\", 0 },
		{ L, "unix:address=/a=b:mode=600", "unix path=/a=b mode=0600", 0 },
		{ L, "unix:address=foo=bar", "unix path=foo=bar", 0 },
		{ L, "unix:/a\\b", "unix path=/ab", 0 },
		{ L, "unix:/a=b", "unknown argument '/a'", 6 },
		{ L, "unix:", "path is missing", 6 },
		{ L, "unix:path=", "path is empty", 11 },
		{ L, "unix:@abs", "unix path=@abs", 0 },
		{ L, "unix:~/x", "unix path=~/x", 0 },
		{ L, "stdio:", "stdio", 0 },
		{ L, "stdio", "stdio", 0 },
		{ L, "-", "stdio", 0 },
		{ L, "stdio:foo:bar=1", "unknown argument 'bar': stdio takes none", 11 },
		{ L, "stdio:foo", "too many values for stdio: 'foo'", 7 },
		{ L, "systemd:INET:index=0", "systemd index=0 domain=INET", 0 },
		{ L, "systemd:INET:0", "systemd domain=INET index=0", 0 },
		{ L, "systemd:domain=INET:index=0", "systemd domain=INET index=0", 0 },
		{ L, "systemd:UNIX:index=-1", "systemd index=-1 domain=UNIX", 0 },
		{ L, "systemd:index=0", "systemd index=0", 0 },
		{ L, "systemd:name=web", "systemd name=web", 0 },
		{ L, "systemd:INET", "exactly one of index= and name=", 13 },
		{ L, "systemd", "exactly one of index= and name=", 8 },
		{ L, "systemd:INET:index=0:name=x", "exactly one of index= and name=", 27 },
		{ L, "systemd:AX25:index=0", "domain: ", 9 },
		{ L, "systemd:index=x", "index: 'x' is not a number", 15 },
		{ L, "haproxy:tcp:80:interface=127.0.0.1", "haproxy endpoint=tcp:80:interface=127.0.0.1", 0 },
		{ L, "haproxy:", "endpoint is empty", 9 },
		{ L, "haproxy:tcp:80:interface=nowhere", "interface: 'nowhere'", 26 },
		{ L, "haproxy:udp:53", "a PROXY header needs", 9 },
		{ L, "tls:443", "a TLS server needs cert=FILE", 8 },
		{ L, "tls:443:cert=auto", "tls cert=auto port=443", 0 },
		{ L, "bogus:1", "unknown endpoint type: 'bogus'", 1 },
		{ L, "BOGUS:1", "unknown endpoint type: 'BOGUS'", 1 },
		{ L, "", "unknown endpoint type: ''", 1 },
		{ L, ":80", "unknown endpoint type: ''; did you mean tcp:80?", 1 },
		{ L, "\\", "trailing backslash", 1 },
		{ L, "tcp:80\\", "trailing backslash", 7 },
		{ L, "ssl:443", "unknown endpoint type: 'ssl'; it is called tls", 1 },
		{ L, "tcp=80", "no endpoint type", 1 },
		{ L, "a=b:c", "unknown endpoint type: 'c'", 5 },
	};

	(void)state;
	check_vectors(v, TWC_ARRAY_LEN(v));
}

static void test_twisted_client_vectors(void **state)
{
	static const struct vector v[] = {
		{ C, "tcp:www.example.com:80", "tcp host=www.example.com port=80", 0 },
		{ C, "tcp:host=www.example.com:port=80", "tcp host=www.example.com port=80", 0 },
		{ C, "tcp:host=www.example.com:80", "tcp host=www.example.com port=80", 0 },
		{ C, "tcp:www.example.com:port=80", "tcp port=80 host=www.example.com", 0 },
		{ C, "tcp:80:host=www.example.com", "tcp host=www.example.com port=80", 0 },
		{ C, "tcp:h:80:timeout=7", "tcp timeout=7000ms host=h port=80", 0 },
		{ C, "tcp:h:80:timeout=1.5", "tcp timeout=1500ms host=h port=80", 0 },
		{ C, "tcp:h:80:timeout=250ms", "tcp timeout=250ms host=h port=80", 0 },
		{ C, "tcp:h:80:30", "too many values for tcp: '30'", 10 },
		{ C, "tcp:h", "port", 5 },
		{ C, "tcp:port=1", "tcp port=1", 0 }, /* loopback, which Twisted does not have */
		{ C, "tcp:7000", "tcp port=7000", 0 },
		{ C, "tcp:", "port is missing", 5 },
		{ C, "tcp:host=h", "port is missing", 11 },
		{ C, "tcp:h:http", "port", 7 },
		{ C, "tcp:h:80:host=other", "too many values: host is given by name already", 7 },
		{ C, "tcp:h:80:bindAddress=192.0.2.1", "tcp bind=tcp:192.0.2.1:0 host=h port=80", 0 },
		{ C, "tcp:h:80:bindAddress=", "tcp bind= host=h port=80", 0 },
		{ C, "tcp:\\:\\:1:80", "tcp host=::1 port=80", 0 },
		{ C, "tcp:fe80\\:\\:1%lo:80", "tcp host=fe80::1%lo port=80", 0 },
		{ C, "tcp:[::1]:80", "tcp host=::1 port=80", 0 },
		{ C, "tcp:[fe80::1%lo]:80", "tcp host=fe80::1%lo port=80", 0 },
		{ C, "tcp:host=[::1]:port=80", "tcp host=::1 port=80", 0 },
		{ C, "tcp::80", "host is empty", 5 },
		{ C, "tcp:[]:80", "host is empty", 5 },
		{ C, "unix:/a/b", "unix path=/a/b", 0 },
		{ C, "unix:path=/a/b:timeout=9", "unix path=/a/b timeout=9000ms", 0 },
		{ C, "unix:address=/a/b", "unix path=/a/b", 0 },
		{ C, "unix:path=/a/b:lockfile=1:timeout=9", "unknown argument 'lockfile'", 16 },
		{ C, "unix:/a:/b", "too many values for unix: '/b'", 9 },
		{ C, "TCP:h:80", "tcp host=h port=80", 0 },
		{ C, "tls:h:443", "tls host=h port=443", 0 },
		{ C, "tls:[::1]:443", "tls host=::1 port=443", 0 },
		{ C, "tcp6:h:80", "tcp6 host=h port=80", 0 },
		{ C, "stdio:", "stdio", 0 },
		{ C, "systemd:index=0", "systemd endpoints can only be listened on", 1 },
		{ L, "exec:cat", "exec endpoints can only be connected to", 1 },
		{ C, "tcp:h:80:backlog=5", "backlog is for listening only", 10 },
		{ L, "tcp:80:bind=127.0.0.1", "bind is for connecting only", 8 },
	};

	(void)state;
	check_vectors(v, TWC_ARRAY_LEN(v));
}

static void test_brackets(void **state)
{
	static const struct vector v[] = {
		{ C, "unix:[/a:b=c]", "unix path=/a:b=c", 0 },
		{ C, "unix:[[a:b]]", "unix path=[a:b]", 0 },
		{ C, "unix:x[:]y", "unix path=x:y", 0 },
		{ C, "unix:[/a\\b]", "unix path=/a\\b", 0 },   /* verbatim inside: an inner endpoint has its own escapes */
		{ C, "unix:[a\\]b]", "unix path=a\\]b", 0 },   /* and an escaped bracket does not count */
		{ C, "unix:\\[x\\]", "unix path=[x]", 0 },
		{ C, "unix:[a][b]", "unix path=ab", 0 },
		{ C, "unix:path=[/p=1]", "unix path=/p=1", 0 },
		{ C, "unix:[path=/p]", "unix path=path=/p", 0 },
		{ C, "unix:[/a", "unbalanced bracket", 6 },
		{ C, "unix:[[/a]", "unbalanced bracket", 6 },
		{ C, "unix:/a]", "unbalanced bracket", 8 },
		{ C, "unix:[/a]]", "unbalanced bracket", 10 },
		{ C, "unix:[/a\\]", "unbalanced bracket", 6 },
		{ C, "unix:[/a\\", "unbalanced bracket", 6 },
		{ C, "tcp:::1:80", "too many values for tcp: '1'", 7 },
	};

	(void)state;
	check_vectors(v, TWC_ARRAY_LEN(v));
}

static void test_hints(void **state)
{
	static const struct vector v[] = {
		{ C, "example.com:80", "unknown endpoint type: 'example.com'; did you mean tcp:example.com:80?", 1 },
		{ C, "localhost:80", "did you mean tcp:localhost:80?", 1 },
		{ C, "db:5432", "did you mean tcp:db:5432?", 1 },
		{ C, "127.0.0.1:80", "did you mean tcp:127.0.0.1:80?", 1 },
		{ C, "[::1]:80", "did you mean tcp:[::1]:80?", 1 },
		{ C, "::1", "did you mean tcp:[::1]:PORT?", 1 },
		{ C, "7000", "unknown endpoint type: '7000'; did you mean tcp:7000?", 1 },
		{ L, "7000", "did you mean tcp:7000?", 1 },
		{ C, "/run/x.sock", "did you mean unix:/run/x.sock?", 1 },
		{ C, "./x", "did you mean unix:./x?", 1 },
		{ C, "@x", "did you mean unix:@x?", 1 },
		{ C, "http://example.com/x", "a URL is not an endpoint; did you mean tcp:example.com:80?", 1 },
		{ C, "http://u:p@example.com:8080/x", "did you mean tcp:example.com:8080?", 1 },
		{ C, "redis://[::1]:6379", "did you mean tcp:[::1]:6379", 1 },
		{ C, "https://example.com/", "a URL is not an endpoint", 1 },
		{ C, "tcp://example.com:80", "a URL is not an endpoint; did you mean tcp:example.com:80?", 1 },
		{ C, "tcp://example.com", "a URL is not an endpoint", 1 },
		{ C, "udp://h:53", "a URL is not an endpoint", 1 },
		{ C, "unix:///run/x", "unix path=///run/x", 0 },
		{ C, "tpc:h:80", "unknown endpoint type: 'tpc'; did you mean tcp:h:80?", 1 },
		{ C, "exce:cat", "did you mean exec:cat?", 1 },
		{ C, "stdoi", "did you mean stdio?", 1 },
		{ L, "tcp:127.0.0.1:80", "the port comes first; did you mean tcp:80:interface=127.0.0.1?", 5 },
		{ L, "tcp:[::1]:80", "did you mean tcp:80:interface=[::1]?", 5 },
		{ L, "udp:0.0.0.0:53", "did you mean udp:53:interface=0.0.0.0?", 5 },
		{ C, "ssl:h:443", "it is called tls", 1 },
	};

	(void)state;
	check_vectors(v, TWC_ARRAY_LEN(v));
	for (const char *const *s = (const char *const[]){ "sctp", "quic", NULL }; *s; s++) {
		struct vector unknown = { C, *s, "unknown endpoint type: '", 1 };

		check_vector(&unknown);
	}
}

/* A URL of WebSocket is its parts, and the parts are checked as elsewhere. */
static void test_websocket(void **state)
{
	static const struct vector v[] = {
		{ C, "ws://example.com", "ws host=example.com port=80 path=/", 0 },
		{ C, "ws://example.com/", "ws host=example.com port=80 path=/", 0 },
		{ C, "wss://Example.COM/a/../b?x=1:2", "wss host=example.com port=443 path=/b?x=1:2", 0 },
		{ C, "WS://h:8080/p=q:r", "ws host=h port=8080 path=/p=q:r", 0 },
		{ C, "ws://[::1]:7/x[1]", "ws host=::1 port=7 path=/x[1]", 0 },
		{ C, "ws://me@h/", "ws host=h port=80 path=/ user=me", 0 },
		{ C, "ws://h/#top", "a fragment (#) has no meaning", 8 },
		{ C, "ws://h:99999/", "port", 8 },
		{ C, "ws://h/a b", "blank", 9 },
		{ C, "ws://", "host", 6 },
		{ L, "ws://h:80/p", "a URL is whom to connect to; to listen write ws:PORT[:path=/PATH]", 1 },
		{ C, "ws:h:80", "ws host=h port=80", 0 },
		{ C, "ws:80:path=/x", "ws path=/x port=80", 0 },
		{ L, "ws:80:path=/x:deflate=no", "ws path=/x deflate=0 port=80", 0 },
		{ L, "wss:80:cert=auto:origin=[https://a.test,null]", "wss cert=auto origin=https://a.test,null port=80", 0 },
		{ C, "ws:h:80:header=A", "header: not a header field; write [Name: value]", 16 },
		{ C, "ws:h:80:header=[A b: 1]", "not a header field", 16 },
		{ C, "ws:h:80:header=[Upgrade: h2c]", "Upgrade is the handshake's own", 16 },
		{ C, "ws:h:80:header=[sec-websocket-protocol: x]", "see subprotocol=", 16 },
		{ C, "ws:h:80:path=x", "path must begin with /", 14 },
		{ C, "ws:h:80:path=[/a b]", "path: blanks", 14 },
		{ L, "ws:80:path=/x?y", "a query is the client's", 12 },
		{ C, "ws:h:80:subprotocol=a,b", "ws subprotocol=a,b host=h port=80", 0 },
		{ C, "ws:h:80:subprotocol=a,,b", "'' is no name", 21 },
		{ C, "ws:h:80:subprotocol=[a b]", "'a b' is no name", 21 },
		{ C, "ws:h:80:origin=example.com", "origin is a scheme and a host", 16 },
		{ C, "ws:h:80:ping=no", "ws ping=no host=h port=80", 0 },
		{ C, "ws:h:80:ping=x", "ping: ", 14 },
		{ C, "ws:h:80:ping=1ms", "ping must be 100ms or more", 14 },
		{ C, "ws:h:80:max-message=2G", "max-message must be 125 to 1073741824", 21 },
		{ C, "ws:h:80:type=bin", "type: \"bin\" is unknown", 14 },
		{ C, "ws:h:80:user=a\\:b", "cannot hold a ':'", 14 },
		{ C, "ws:h:80:pass-file=x", "pass-file needs user=", 19 },
		{ C, "ws:h:80:ca=x", "unknown argument 'ca'", 9 },
		{ C, "ws:h:80:starttls=smtp", "unknown argument", 9 },
		{ C, "wss:h:443:ca=x:verify=no", "verify=no and ca exclude each other", 23 },
		{ L, "wss:443", "a TLS server needs cert=FILE", 8 },
		{ L, "ws:80:handshake-timeout=0", "must be longer than 0", 25 },
		{ L, "ws:80:user=x", "user is for connecting only", 7 },
		{ C, "ws:80:endpoint=[unix:/x]", "host is missing", 25 },
		{ C, "ws:h:80:endpoint=[udp:1:2]", "WebSocket needs a stream", 18 },
		{ L, "haproxy:ws:80:path=/x", "haproxy endpoint=ws:80:path=/x", 0 },
	};
	struct twc_endpoint *e = twc_endpoint_parse("ws:h:80:header=[A: 1]:header=[B: 2]", C, NULL);

	(void)state;
	check_vectors(v, TWC_ARRAY_LEN(v));
	assert_non_null(e); /* the only key that repeats; and it may be a secret */
	assert_string_equal(twc_endpoint_text(e), "ws:h:80:header=***:header=***");
	assert_string_equal(e->args.value[0].text, "A: 1");
	assert_string_equal(e->args.value[1].text, "B: 2");
	twc_endpoint_free(e);
	e = twc_endpoint_parse("ws://me:secret@h/", C, NULL);
	assert_non_null(e);
	assert_string_equal(twc_endpoint_text(e), "ws://me:***@h/");
	assert_string_equal(twc__args_str(&e->args, "pass", ""), "secret");
	twc_endpoint_free(e);
}

static void test_payload(void **state)
{
	static const struct vector v[] = {
		{ C, "exec:cat", "exec cmd=cat", 0 },
		{ C, "exec:echo a:b=[c\\d", "exec cmd=echo a:b=[c\\d", 0 },
		{ C, "exec:stderr=drop:cat -n", "exec stderr=drop cmd=cat -n", 0 },
		{ C, "exec:stderr=merge:cmd=stderr=x", "exec stderr=merge cmd=stderr=x", 0 },
		{ C, "exec:cmd=a:b", "exec cmd=a:b", 0 },
		{ C, "exec:FOO=1:b", "exec cmd=FOO=1:b", 0 },
		{ C, "sh:echo \"$HOME\"; exit 3", "sh cmd=echo \"$HOME\"; exit 3", 0 },
		{ C, "SH:x=1; echo $x", "sh cmd=x=1; echo $x", 0 },
		{ C, "exec", "cmd is missing", 5 },
		{ C, "exec:", "cmd is empty", 6 },
		{ C, "exec:cmd=", "cmd is empty", 10 },
		{ C, "exec:stderr=drop", "cmd is missing", 17 },
		{ C, "exec:stderr=drop:", "cmd is empty", 18 },
		{ C, "exec:stderr=dorp:cat", "stderr: ", 13 },
		{ C, "exec:stderr=drop:stderr=keep:cat", "stderr is given twice", 18 },
		{ C, "exec:  ", "the command is empty", 6 },
		{ C, "sh:  ", "the script is empty", 4 },
		{ C, "exec:echo 'a", "this quote is never closed", 11 },
		{ C, "exec:echo \"a\\\"", "this quote is never closed", 11 },
		{ C, "exec:echo a\\", "trailing backslash", 12 },
		{ C, "cmd=a:exec", "exec cmd=a", 0 },
		{ C, "cmd=a:exec:b", "cmd is given twice", 12 },
	};

	(void)state;
	check_vectors(v, TWC_ARRAY_LEN(v));
}

static void test_long_strings(void **state)
{
	char *s = twc_malloc(200001);
	struct vector v = { L, s, "more than 64 parts", 69 };

	(void)state;
	memset(s, ':', 200000);
	memcpy(s, "tcp:", 4);
	s[200000] = '\0';
	check_vector(&v);
	memset(s + 4, '[', 199996);
	v.want = "unbalanced bracket";
	v.column = 5;
	check_vector(&v);
	memset(s + 4, 'x', 199996);
	v.want = "port";
	check_vector(&v);
	twc_free(s);
}

/* Whatever is wrong with a string, the column points into it or just behind it. */
static void test_random_strings_keep_columns(void **state)
{
	static const char *const bits[] = { "tcp", "unix", "exec", "systemd", ":", ":", "=", "[", "]", "\\", "80", "port",
					    "h",   "::1",  " ",	   "name",    "*", "-", "x", "/", "//", "99999" };
	uint32_t seed = 12345;
	unsigned good = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char s[128] = "";
		struct twc_err err = { 0 };
		struct twc_endpoint *e;
		char *caret;

		for (int i = 0; i < 8; i++) {
			seed = seed * 1103515245u + 12345u;
			snprintf(s + strlen(s), sizeof(s) - strlen(s), "%s", bits[(seed >> 16) % TWC_ARRAY_LEN(bits)]);
		}
		e = twc_endpoint_parse(s, seed & 0x10000 ? C : L, &err);
		if (e) {
			good++;
			twc_endpoint_free(e);
			continue;
		}
		assert_int_equal(err.code, TWC_EUSAGE);
		if (err.column < 1 || (size_t)err.column > strlen(s) + 1)
			fail_msg("%s: column %d (%s)", s, err.column, err.text);
		caret = twc_endpoint_caret(s, &err);
		assert_non_null(strchr(caret, '^'));
		twc_free(caret);
	}
	assert_true(good > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twisted_server_vectors),
		cmocka_unit_test(test_twisted_client_vectors),
		cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_websocket),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_random_strings_keep_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
