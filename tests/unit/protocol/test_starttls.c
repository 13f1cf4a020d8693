/* SPDX-License-Identifier: MIT */
/* What is said before TLS, in eight protocols: what is sent, taken, refused, and what is no answer at all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "unit/protocol/starttls.h"

#define READY TWC__STARTTLS_READY
#define XMPP_HELLO                                                                                               \
	"<?xml version='1.0'?><stream:stream to='one.test' version='1.0' xmlns='jabber:client' "                 \
	"xmlns:stream='http://etherx.jabber.org/streams'>"
#define FEATURES "<?xml version='1.0'?><stream:stream id='1'><stream:features><starttls xmlns='urn'/></stream:features>"
#define SSL_ASKED "\x20\0\0\1\0\x8a\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define MYSQL(can) "\x15\0\0\0\x0a" "8.0\0" "\7\0\0\0" "saltsalt\0" "\0" can "\x21" /* capabilities: low byte 0 */
#define BYTES(text) text, sizeof(text) - 1

struct row {
	enum twc__starttls_kind kind;
	const char *in;
	size_t n;
	int code;
	const char *out; /* NULL: not looked at */
	size_t n_out;
	const char *says; /* a part of the error */
	size_t behind;	  /* bytes that are not taken */
};

static const struct row rows[] = {
	/* ready */
	{ TWC__STARTTLS_SMTP, BYTES("220-a\r\n220 b\r\n250-c\r\n250-STARTTLS\r\n250 d\r\n220 go\r\n"), READY,
	  BYTES("EHLO localhost\r\nSTARTTLS\r\n"), NULL, 0 },
	{ TWC__STARTTLS_SMTP, BYTES("220 b\n250 starttls now\n220\nevil"), READY, BYTES("EHLO localhost\r\nSTARTTLS\r\n"), NULL, 4 },
	{ TWC__STARTTLS_IMAP, BYTES("* OK hi\r\n* 1 EXISTS\r\na OK go\r\n* x"), READY, BYTES("a STARTTLS\r\n"), NULL, 3 },
	{ TWC__STARTTLS_POP3, BYTES("+OK hi\r\n+OK go\r\n"), READY, BYTES("STLS\r\n"), NULL, 0 },
	{ TWC__STARTTLS_FTP, BYTES("120 wait\r\n220-a\r\n  500 free\r\n220 b\r\n234 go\r\nx"), READY, BYTES("AUTH TLS\r\n"), NULL, 1 },
	{ TWC__STARTTLS_LDAP, BYTES("\x30\x0c\2\1\1\x78\7\x0a\1\0\4\0\4\0zz"), READY, NULL, 0, NULL, 2 },
	{ TWC__STARTTLS_LDAP, BYTES("\x30\x84\0\0\0\x10\2\1\1\x78\x84\0\0\0\7\x0a\1\0\4\0\4\0"), READY, NULL, 0, NULL, 0 },
	{ TWC__STARTTLS_XMPP, BYTES(FEATURES "<proceed xmlns='urn'/>\n"), READY,
	  BYTES(XMPP_HELLO "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), NULL, 1 },
	{ TWC__STARTTLS_POSTGRES, BYTES("SE"), READY, BYTES("\0\0\0\x08\x04\xd2\x16\x2f"), NULL, 1 },
	{ TWC__STARTTLS_MYSQL, BYTES(MYSQL("\x0a") "!"), READY, BYTES(SSL_ASKED), NULL, 1 },
	/* not yet */
	{ TWC__STARTTLS_SMTP, BYTES("220 b\r\n250 STARTTLS\r\n220-go\r\n"), 0, NULL, 0, NULL, 0 },
	{ TWC__STARTTLS_LDAP, BYTES("\x30\x0c\2\1\1\x78\7\x0a\1\0\4\0\4"), 0, NULL, 0, NULL, 0 },
	{ TWC__STARTTLS_MYSQL, BYTES("\x15\0\0\0\x0a"), 0, BYTES(""), NULL, 0 },
	/* will not */
	{ TWC__STARTTLS_SMTP, BYTES("554 no\r\n"), TWC_EREJECTED, BYTES(""), "refuses us: 554 no", 0 },
	{ TWC__STARTTLS_SMTP, BYTES("220 b\r\n250 XSTARTTLS\r\n"), TWC_EREJECTED, BYTES("EHLO localhost\r\n"), "does not offer", 0 },
	{ TWC__STARTTLS_SMTP, BYTES("220 b\r\n250 STARTTLSX\r\n"), TWC_EREJECTED, BYTES("EHLO localhost\r\n"), "does not offer", 0 },
	{ TWC__STARTTLS_SMTP, BYTES("220 b\r\n250 STARTTLS\r\n454 \x1b[2J\r\n"), TWC_EREJECTED, NULL, 0, "refuses STARTTLS: 454 \\x1b", 0 },
	{ TWC__STARTTLS_IMAP, BYTES("* PREAUTH hi\r\n"), TWC_EREJECTED, BYTES(""), "logged us in already", 0 },
	{ TWC__STARTTLS_IMAP, BYTES("* BYE\r\n"), TWC_EREJECTED, BYTES(""), "refuses us", 0 },
	{ TWC__STARTTLS_IMAP, BYTES("* OK\r\na NO\r\n"), TWC_EREJECTED, NULL, 0, "refuses STARTTLS: a NO", 0 },
	{ TWC__STARTTLS_POP3, BYTES("+OK\r\n-ERR no\r\n"), TWC_EREJECTED, NULL, 0, "refuses STLS", 0 },
	{ TWC__STARTTLS_FTP, BYTES("220 a\r\n530 no\r\n"), TWC_EREJECTED, NULL, 0, "refuses AUTH TLS", 0 },
	{ TWC__STARTTLS_LDAP, BYTES("\x30\x0c\2\1\1\x78\7\x0a\1\x35\4\0\4\0"), TWC_EREJECTED, NULL, 0, "LDAP result 53", 0 },
	{ TWC__STARTTLS_XMPP, BYTES("<stream:stream><stream:features></stream:features>"), TWC_EREJECTED, NULL, 0, "does not offer", 0 },
	{ TWC__STARTTLS_XMPP, BYTES(FEATURES "<failure/>"), TWC_EREJECTED, NULL, 0, "refuses STARTTLS", 0 },
	{ TWC__STARTTLS_POSTGRES, BYTES("N"), TWC_EREJECTED, NULL, 0, "does not offer TLS", 0 },
	{ TWC__STARTTLS_MYSQL, BYTES(MYSQL("\x02")), TWC_EREJECTED, BYTES(""), "does not offer TLS", 0 },
	{ TWC__STARTTLS_MYSQL, BYTES("\7\0\0\0\xff\x10\4host"), TWC_EREJECTED, BYTES(""), "refuses us: host", 0 },
	/* is none */
	{ TWC__STARTTLS_SMTP, BYTES("SSH-2.0\r\n"), TWC_EPROTO, BYTES(""), "does not speak smtp, but says: SSH-2.0", 0 },
	{ TWC__STARTTLS_IMAP, BYTES("+OK\r\n"), TWC_EPROTO, BYTES(""), "does not speak imap", 0 },
	{ TWC__STARTTLS_POP3, BYTES("220 a\r\n"), TWC_EPROTO, BYTES(""), "does not speak pop3", 0 },
	{ TWC__STARTTLS_FTP, BYTES("22\r\n"), TWC_EPROTO, BYTES(""), "does not speak ftp", 0 },
	{ TWC__STARTTLS_LDAP, BYTES("H"), TWC_EPROTO, NULL, 0, "does not speak ldap", 0 },
	{ TWC__STARTTLS_LDAP, BYTES("\x30\x84\xff\xff\xff\xff"), TWC_EPROTO, NULL, 0, "does not speak ldap", 0 },
	{ TWC__STARTTLS_LDAP, BYTES("\x30\x80"), TWC_EPROTO, NULL, 0, "does not speak ldap", 0 },
	{ TWC__STARTTLS_XMPP, BYTES("H"), TWC_EPROTO, NULL, 0, "does not speak xmpp", 0 },
	{ TWC__STARTTLS_POSTGRES, BYTES("E"), TWC_EPROTO, NULL, 0, "does not speak postgres", 0 },
	{ TWC__STARTTLS_MYSQL, BYTES("SSH-"), TWC_EPROTO, BYTES(""), "does not speak mysql", 0 },
	{ TWC__STARTTLS_MYSQL, BYTES("\2\0\0\0\x0a" "8"), TWC_EPROTO, BYTES(""), "does not speak mysql", 0 },
	{ TWC__STARTTLS_MYSQL, BYTES("\xff\xff\xff\0"), TWC_EPROTO, BYTES(""), "does not speak mysql", 0 },
};

static void check(const struct row *row, enum chunk_mode mode)
{
	struct starttls_run r;

	starttls_run(&r, row->kind, mode, 7, row->in, row->n);
	if (r.code != row->code || (row->says && !strstr(r.err.text, row->says)))
		fail_msg("row %zu, %s: %d, '%s'", (size_t)(row - rows), chunk_name(mode), r.code, r.err.text);
	if (row->out && (r.n_out != row->n_out || memcmp(r.out, row->out, r.n_out) != 0))
		fail_msg("row %zu, %s: sent '%.*s'", (size_t)(row - rows), chunk_name(mode), (int)r.n_out, r.out);
	if (row->code >= 0)
		assert_int_equal(row->n - r.used, row->behind);
	twc__starttls_fini(&r.codec);
}

static void conversations(void **state)
{
	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		for (int mode = 0; mode < CHUNK_MODES; mode++)
			check(&rows[i], (enum chunk_mode)mode);
}

/* Nothing that a server can make long is without a limit. */
static void too_much(void **state)
{
	static const struct {
		enum twc__starttls_kind kind;
		const char *before, *again;
	} flood[] = {
		{ TWC__STARTTLS_SMTP, "", "x" },	 { TWC__STARTTLS_SMTP, "", "220-x\r\n" },
		{ TWC__STARTTLS_IMAP, "* OK\r\n", "* x\r\n" }, { TWC__STARTTLS_FTP, "", "120 x\r\n" },
		{ TWC__STARTTLS_XMPP, "<", "a" },	 { TWC__STARTTLS_XMPP, "<", "a>" },
	};
	size_t n = TWC__STARTTLS_TOTAL_MAX + 4096, at;
	char *in = malloc(n);

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(flood); i++) {
		size_t k = strlen(flood[i].again);

		at = strlen(flood[i].before);
		memcpy(in, flood[i].before, at);
		for (; at + k <= n; at += k)
			memcpy(in + at, flood[i].again, k);
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			struct starttls_run r;

			starttls_run(&r, flood[i].kind, (enum chunk_mode)mode, 3, in, at);
			assert_int_equal(r.code, TWC_EPROTO);
			assert_non_null(strstr(r.err.text, "sends"));
			assert_true(r.used <= TWC__STARTTLS_TOTAL_MAX);
			twc__starttls_fini(&r.codec);
		}
	}
	free(in);
}

static void an_end_says_what_was_missing(void **state)
{
	struct starttls_run r;
	struct twc_err err = { 0 };

	(void)state;
	starttls_run(&r, TWC__STARTTLS_SMTP, CHUNK_WHOLE, 0, "220 a\r\n", 7);
	assert_int_equal(twc__starttls_end(&r.codec, &err), TWC_ETRUNC);
	assert_string_equal(err.text, "closed the connection without answering EHLO");
	twc__starttls_fini(&r.codec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(too_much),
		cmocka_unit_test(an_end_says_what_was_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
