/* SPDX-License-Identifier: MIT */
/* tls:, starttls= and haproxy: as strings: what is refused before any file is looked at, and files before any port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"

#define SIXTEEN "aaaaaaaaaaaaaaaa"
#define SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN SIXTEEN
#define LONG_NAME SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR

static void strings_that_make_no_sense(void **state)
{
	static const struct {
		enum twc_role role;
		const char *text, *says;
	} rows[] = {
		{ TWC_LISTEN, "tls:0", "needs cert=FILE, certs=DIR, or cert=auto" },
		{ TWC_LISTEN, "tls:0:cert=c:name=a", "name needs cert=auto" },
		{ TWC_LISTEN, "tls:0:cert=c:cert-out=a", "cert-out needs cert=auto" },
		{ TWC_LISTEN, "tls:0:cert=auto:key=k", "makes a key of its own" },
		{ TWC_LISTEN, "tls:0:cert=c:strict=yes", "strict needs certs=" },
		{ TWC_LISTEN, "tls:0:cert=c:ca=a", "ca needs client-auth" },
		{ TWC_LISTEN, "tls:0:cert=c:allow-cn=a", "allow-cn needs client-auth" },
		{ TWC_LISTEN, "tls:0:cert=c:client-auth=require", "whom to trust" },
		{ TWC_LISTEN, "tls:0:cert=c:client-auth=maybe", "client-auth" },
		{ TWC_LISTEN, "tls:0:cert=c:key-pass-file=a:key-pass-env=b", "exclude each other" },
		{ TWC_LISTEN, "tls:0:cert=c:min=1.1", "min" },
		{ TWC_LISTEN, "tls:0:cert=c:handshake-timeout=0", "handshake-timeout must be longer than 0" },
		{ TWC_CONNECT, "tls:h:1:min=1.3:max=1.2", "max is below min" },
		{ TWC_CONNECT, "tls:h:1:key=k", "key needs cert=" },
		{ TWC_CONNECT, "tls:h:1:verify=no:ca=c", "exclude each other" },
		{ TWC_CONNECT, "tls:h:1:verify=no:pin=p", "exclude each other" },
		{ TWC_CONNECT, "tls:h:1:servername=", "servername is empty" },
		{ TWC_CONNECT, "tls:h:1:verify-name=", "verify-name is empty" },
		{ TWC_CONNECT, "tls:h:1:ca=c:pin=", "pin is empty" },
		{ TWC_CONNECT, "tls:h:1:servername=" LONG_NAME, "servername is longer than 255 bytes" },
		{ TWC_LISTEN, "tls:0:cert=c:client-auth=require:ca=c:allow-cn=", "allow-cn is empty" },
		{ TWC_LISTEN, "tls:0:cert=c:client-auth=require:ca=c:allow-san=", "allow-san is empty" },
		{ TWC_CONNECT, "tls:h:1:verify-name=b\xc3\xbc" "cher.test", "verify-name: not a valid host name" },
		{ TWC_CONNECT, "tls:h h:1:endpoint=[tcp:h:1]", "host: not a valid host name" },
		{ TWC_CONNECT, "tls:h:1:endpoint=", "endpoint is empty" },
		{ TWC_CONNECT, "tls:h:1:endpoint=[tpc:h:1]", "did you mean tcp" },
		{ TWC_CONNECT, "tls:h:1:endpoint=[udp:h:1]", "TLS needs a stream, which udp is not" },
		{ TWC_CONNECT, "tls::1:endpoint=[tcp:h:1]", "host is missing" },
		{ TWC_CONNECT, "tls:h:1:endpoint=[tcp:h:1]:via=[socks5:p]", "via is about a socket of our own" },
		{ TWC_CONNECT, "tls:h:1:endpoint=[tcp:h:1]:bind=127.0.0.1", "bind is about a socket of our own" },
		{ TWC_CONNECT, "tls:h:1:starttls=smtp", "starttls" },
		{ TWC_CONNECT, "tls:h:1:proxy-protocol=v3", "proxy-protocol" },
		{ TWC_CONNECT, "tcp:h:1:ca=c", "ca is about TLS: write tls:" },
		{ TWC_CONNECT, "tcp:h:1:starttls=gopher", "starttls" },
		{ TWC_CONNECT, "tcp:[a'b]:1:starttls=xmpp", "not a valid host name" },
		{ TWC_LISTEN, "haproxy:", "" },
		{ TWC_LISTEN, "haproxy:udp:0", "needs tcp, tls or a unix stream" },
		{ TWC_LISTEN, "haproxy:stdio", "needs tcp, tls or a unix stream" },
		{ TWC_LISTEN, "haproxy:haproxy:tcp:0", "needs tcp, tls or a unix stream" },
		{ TWC_LISTEN, "haproxy:trusted=[10.0.0.0/33]:tcp:0", "trusted" },
		{ TWC_LISTEN, "haproxy:timeout=0:tcp:0", "longer than 0" },
		{ TWC_LISTEN, "haproxy:tcp:0:nothing=0", "nothing" },
		{ TWC_LISTEN, "haproxy:tls:0", "needs cert=FILE" },
		{ TWC_CONNECT, "haproxy:tcp:0", "haproxy" },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };

		if (twc_endpoint_parse(rows[i].text, rows[i].role, &err))
			fail_msg("taken: %s", rows[i].text);
		if (err.code != TWC_EUSAGE || !strstr(err.text, rows[i].says))
			fail_msg("%s: %d, '%s'", rows[i].text, err.code, err.text);
	}
}

static void files_come_before_the_port(void **state)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{ "tls:0:cert=/nonexistent/c.pem", TWC_ENOINPUT },
		{ "tls:0:cert=/dev/null", TWC_EDATA },
		{ "tls:0:certs=/nonexistent", TWC_ENOINPUT },
		{ "tls:0:cert=auto:cert-out=/nonexistent/c.pem", TWC_ECANTCREAT },
		{ "tls:0:cert=auto:name=a b", TWC_EUSAGE },
		{ "tls:0:cert=auto:ciphers=none", TWC_EUSAGE },
		{ "tls:0:cert=auto:client-auth=require:ca=/dev/null", TWC_EDATA },
		{ "haproxy:tls:0:cert=/nonexistent/c.pem", TWC_ENOINPUT },
	};
	struct twc_reactor *r = loop_real();

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = listen_error(rows[i].text, r);

		if (err.code != rows[i].code)
			fail_msg("%s: %d, '%s'", rows[i].text, err.code, err.text);
	}
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_that_make_no_sense),
		cmocka_unit_test(files_come_before_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
