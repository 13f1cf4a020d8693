/* SPDX-License-Identifier: MIT */
/*
 * The conversations before TLS, one small state machine a protocol; `step` counts the answers that were good. Lines end
 * with LF, CR or not before it. Everything a server can make long has a limit.
 */
#include "protocol/starttls_int.h"

#include "base/banned.h"

const char *const twc__starttls_words[] = { "smtp", "imap", "pop3", "ftp", "ldap", "xmpp", "postgres", "mysql", NULL };

/* ---- small things ---- */

static int say(struct twc__starttls *s, const void *p, size_t n, struct twc_err *err)
{
	int rc = twc_buf_add(&s->out, p, n);

	return rc ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

static int say_text(struct twc__starttls *s, const char *text, struct twc_err *err)
{
	return say(s, text, strlen(text), err);
}

static int rejected(const char *what, struct twc_str line, struct twc_err *err)
{
	char shown[120];

	twc_escape(shown, sizeof(shown), line);
	return twc_err_set(err, TWC_EREJECTED, "%s: %s", what, shown);
}

static int strange(const struct twc__starttls *s, struct twc_str line, struct twc_err *err)
{
	char shown[120];

	twc_escape(shown, sizeof(shown), line);
	return twc_err_set(err, TWC_EPROTO, "does not speak %s, but says: %s", twc__starttls_words[s->kind], shown);
}

static bool begins(struct twc_str line, const char *word)
{
	size_t n = strlen(word);

	return line.n >= n && twc_str_eq_nocase((struct twc_str){ line.p, n }, (struct twc_str){ word, n });
}

/* ---- protocols of lines ---- */

/* "250-SIZE", "250 OK": the code, and whether more lines of it follow. */
static int reply_code(struct twc_str line, bool *more)
{
	int code = 0;

	if (line.n < 3 || (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-'))
		return -1;
	for (int i = 0; i < 3; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return -1;
		code = code * 10 + line.p[i] - '0';
	}
	*more = line.n > 3 && line.p[3] == '-';
	return code;
}

static int smtp_line(struct twc__starttls *s, struct twc_str line, struct twc_err *err)
{
	bool more;
	int code = reply_code(line, &more);
	struct twc_str word = { line.p + 4, line.n > 4 ? line.n - 4 : 0 };

	if (code < 0)
		return strange(s, line, err);
	if (s->step == 1 && code == 250 && begins(word, "STARTTLS") && (word.n == 8 || word.p[8] == ' '))
		s->offered = true;
	if (more)
		return 0;
	if (s->step == 0 && code == 220) {
		s->step = 1;
		return say_text(s, "EHLO localhost\r\n", err);
	}
	if (s->step == 1 && code == 250 && s->offered) {
		s->step = 2;
		return say_text(s, "STARTTLS\r\n", err);
	}
	if (s->step == 1 && code == 250)
		return twc_err_set(err, TWC_EREJECTED, "does not offer STARTTLS");
	if (s->step == 2 && code == 220)
		return TWC__STARTTLS_READY;
	return rejected(s->step == 2 ? "refuses STARTTLS" : "refuses us", line, err);
}

static int ftp_line(struct twc__starttls *s, struct twc_str line, struct twc_err *err)
{
	bool more;
	int code = reply_code(line, &more);

	if (code < 0 && s->offered) /* the middle of a greeting may be any text */
		return 0;
	if (code < 0)
		return strange(s, line, err);
	s->offered = more;
	if (more || code < 200)
		return 0;
	if (s->step == 0 && code == 220) {
		s->step = 1;
		return say_text(s, "AUTH TLS\r\n", err);
	}
	if (s->step == 1 && code == 234)
		return TWC__STARTTLS_READY;
	return rejected(s->step ? "refuses AUTH TLS" : "refuses us", line, err);
}

static int pop3_line(struct twc__starttls *s, struct twc_str line, struct twc_err *err)
{
	if (begins(line, "-ERR"))
		return rejected(s->step ? "refuses STLS" : "refuses us", line, err);
	if (!begins(line, "+OK"))
		return strange(s, line, err);
	if (s->step++)
		return TWC__STARTTLS_READY;
	return say_text(s, "STLS\r\n", err);
}

static int imap_line(struct twc__starttls *s, struct twc_str line, struct twc_err *err)
{
	if (s->step == 0) {
		if (begins(line, "* BYE"))
			return rejected("refuses us", line, err);
		if (begins(line, "* PREAUTH"))
			return twc_err_set(err, TWC_EREJECTED, "has logged us in already: too late for STARTTLS");
		if (!begins(line, "* OK"))
			return strange(s, line, err);
		s->step = 1;
		return say_text(s, "a STARTTLS\r\n", err);
	}
	if (begins(line, "* BYE"))
		return rejected("refuses STARTTLS", line, err);
	if (begins(line, "* "))
		return 0;
	if (begins(line, "a OK"))
		return TWC__STARTTLS_READY;
	return begins(line, "a ") ? rejected("refuses STARTTLS", line, err) : strange(s, line, err);
}

static int line_done(struct twc__starttls *s, struct twc_err *err)
{
	struct twc_str line = twc_buf_str(&s->in);
	int rc;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	rc = s->kind == TWC__STARTTLS_SMTP   ? smtp_line(s, line, err)
	     : s->kind == TWC__STARTTLS_FTP  ? ftp_line(s, line, err)
	     : s->kind == TWC__STARTTLS_POP3 ? pop3_line(s, line, err)
					     : imap_line(s, line, err);
	twc_buf_clear(&s->in);
	return rc;
}

static int feed_lines(struct twc__starttls *s, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	int rc = 0;

	while (!rc && *used < n) {
		const uint8_t *p = data + *used, *lf = memchr(p, '\n', n - *used);
		size_t k = lf ? (size_t)(lf - p) : n - *used;

		if (twc_buf_add(&s->in, p, k) < 0)
			return twc_err_set(err, TWC_EPROTO, "sends a line of more than %d bytes", TWC__STARTTLS_LINE_MAX);
		*used += k + (lf != NULL);
		if (lf)
			rc = line_done(s, err);
		if (twc_buf_len(&s->out)) /* what came before our word was asked for is looked at after it */
			break;
	}
	return rc;
}

/* ---- LDAP: one extended operation ---- */

static const uint8_t ldap_request[] = { 0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16, '1', '.', '3', '.', '6', '.', '1',
					'.',  '4',  '.',  '1',	'.',  '1',  '4',  '6',	'6',  '.', '2', '0', '0', '3', '7' };

/* A BER length at p[*at]; 0 and *len, 1 for more bytes, -1 for one we do not take. */
static int ber_length(const uint8_t *p, size_t n, size_t *at, size_t *len)
{
	unsigned bytes;

	if (*at >= n)
		return 1;
	*len = p[(*at)++];
	if (*len < 0x80)
		return 0;
	bytes = *len & 0x7f;
	*len = 0;
	if (bytes == 0 || bytes > 4)
		return -1;
	if (n - *at < bytes)
		return 1;
	while (bytes--)
		*len = *len << 8 | p[(*at)++];
	return 0;
}

/* LDAPMessage { messageID 1, extendedResp { resultCode … } }: the result, -1 for more bytes, -2 for anything else. */
static int ldap_result(const uint8_t *p, size_t n, size_t *total)
{
	size_t at = 1, len = 0;
	int rc;

	if (n == 0)
		return -1;
	if (p[0] != 0x30)
		return -2;
	rc = ber_length(p, n, &at, &len);
	if (rc)
		return rc > 0 ? -1 : -2;
	if (len > TWC__STARTTLS_LINE_MAX - 8)
		return -2;
	*total = at + len;
	if (n < *total)
		return -1;
	n = *total;
	if (n - at < 3 || p[at] != 0x02 || p[at + 1] != 1 || p[at + 2] != 1)
		return -2;
	at += 3;
	if (at >= n || p[at++] != 0x78 || ber_length(p, n, &at, &len))
		return -2;
	return n - at >= 3 && p[at] == 0x0a && p[at + 1] == 1 ? p[at + 2] : -2;
}

static int feed_ldap(struct twc__starttls *s, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	size_t had = twc_buf_len(&s->in), total = 0;
	int rc;

	if (n > TWC__STARTTLS_LINE_MAX - had)
		n = TWC__STARTTLS_LINE_MAX - had;
	if (twc_buf_add(&s->in, data, n) < 0)
		return twc_err_set(err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
	rc = ldap_result((const uint8_t *)twc_buf_head(&s->in), twc_buf_len(&s->in), &total);
	*used = rc >= 0 && total >= had ? total - had : n;
	if (rc == -1)
		return 0;
	if (rc == 0)
		return TWC__STARTTLS_READY;
	if (rc > 0)
		return twc_err_set(err, TWC_EREJECTED, "refuses StartTLS: LDAP result %d", rc);
	return twc_err_set(err, TWC_EPROTO, "does not speak ldap");
}

/* ---- XMPP: pieces of one XML stream ---- */

static int xmpp_hello(struct twc__starttls *s, struct twc_err *err)
{
	/* The host goes into an attribute: names with other bytes have been refused. */
	if (twc_buf_addf(&s->out,
			 "<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='jabber:client' "
			 "xmlns:stream='http://etherx.jabber.org/streams'>",
			 s->host) < 0)
		return twc_err_set(err, TWC_EUSAGE, "the host name is too long");
	return 0;
}

static bool has(struct twc_str text, const char *word)
{
	return text.n && memmem(text.p, text.n, word, strlen(word));
}

/* One byte at a time: the end of an element is the end of what is ours. */
static int feed_xmpp(struct twc__starttls *s, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	while (*used < n) {
		struct twc_str text;

		if (s->step == 0 && !twc_buf_len(&s->in) && data[*used] != '<')
			return twc_err_set(err, TWC_EPROTO, "does not speak xmpp");
		if (twc_buf_add(&s->in, data + *used, 1) < 0)
			return twc_err_set(err, TWC_EPROTO, "sends more than %d bytes before STARTTLS", TWC__STARTTLS_TOTAL_MAX);
		if (data[(*used)++] != '>')
			continue;
		text = twc_buf_str(&s->in);
		if (has(text, "<stream:error") || has(text, "<failure"))
			return rejected("refuses STARTTLS", (struct twc_str){ text.p, text.n < 80 ? text.n : 80 }, err);
		if (s->step == 0 && has(text, "</stream:features>")) {
			if (!has(text, "<starttls"))
				return twc_err_set(err, TWC_EREJECTED, "does not offer STARTTLS");
			s->step = 1;
			twc_buf_clear(&s->in);
			return say_text(s, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", err);
		}
		if (s->step == 1 && has(text, "<proceed"))
			return TWC__STARTTLS_READY;
	}
	return 0;
}

/* ---- PostgreSQL: one byte ---- */

static const uint8_t postgres_request[] = { 0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f };

static int feed_postgres(const uint8_t *data, size_t *used, struct twc_err *err)
{
	*used = 1;
	if (data[0] == 'S')
		return TWC__STARTTLS_READY;
	if (data[0] == 'N')
		return twc_err_set(err, TWC_EREJECTED, "does not offer TLS");
	return twc_err_set(err, TWC_EPROTO, "does not speak postgres");
}

/* ---- MySQL: a greeting packet, and our request instead of a login ---- */

#define MYSQL_SSL 0x0800
#define MYSQL_PROTOCOL_41 0x0200
#define MYSQL_SECURE 0x8000

/* The server's capabilities, after its version, thread and first salt; -1: no greeting. */
static int mysql_capabilities(const uint8_t *p, size_t n)
{
	const uint8_t *end = n > 1 ? memchr(p + 1, 0, n - 1) : NULL;
	size_t at = end ? (size_t)(end - p) + 1 + 4 + 8 + 1 : n;

	if (n < 1 || p[0] != 10 || at + 2 > n)
		return -1;
	return p[at] | p[at + 1] << 8;
}

static int feed_mysql(struct twc__starttls *s, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	static const unsigned flags = MYSQL_SSL | MYSQL_PROTOCOL_41 | MYSQL_SECURE;
	uint8_t request[36] = { 32, 0, 0, 1, flags & 0xff, flags >> 8, 0, 0, 0, 0, 0, 1, 33 /* utf8 */ };
	size_t had = twc_buf_len(&s->in), len;
	const uint8_t *p;
	int can;

	if (n > TWC__STARTTLS_LINE_MAX - had)
		n = TWC__STARTTLS_LINE_MAX - had;
	if (twc_buf_add(&s->in, data, n) < 0)
		return twc_err_set(err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
	*used = n;
	p = (const uint8_t *)twc_buf_head(&s->in);
	if (twc_buf_len(&s->in) < 4)
		return 0;
	len = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
	if (p[3] != 0 || len > TWC__STARTTLS_LINE_MAX - 8)
		return twc_err_set(err, TWC_EPROTO, "does not speak mysql");
	if (twc_buf_len(&s->in) < 4 + len)
		return 0;
	*used = 4 + len - had;
	if (len && p[4] == 0xff)
		return rejected("refuses us", (struct twc_str){ (const char *)p + 7, len > 3 ? len - 3 : 0 }, err);
	can = mysql_capabilities(p + 4, len);
	if (can < 0)
		return twc_err_set(err, TWC_EPROTO, "does not speak mysql");
	if (!(can & MYSQL_SSL))
		return twc_err_set(err, TWC_EREJECTED, "does not offer TLS");
	return say(s, request, sizeof(request), err) ? err->code : TWC__STARTTLS_READY;
}

/* ---- the common part ---- */

int twc__starttls_init(struct twc__starttls *s, enum twc__starttls_kind kind, const char *host, struct twc_err *err)
{
	*s = (struct twc__starttls){ .kind = kind, .host = host };
	twc_buf_init(&s->out, 1024);
	twc_buf_init(&s->in, kind == TWC__STARTTLS_XMPP ? TWC__STARTTLS_TOTAL_MAX : TWC__STARTTLS_LINE_MAX);
	if (kind == TWC__STARTTLS_LDAP)
		return say(s, ldap_request, sizeof(ldap_request), err);
	if (kind == TWC__STARTTLS_POSTGRES)
		return say(s, postgres_request, sizeof(postgres_request), err);
	return kind == TWC__STARTTLS_XMPP ? xmpp_hello(s, err) : 0;
}

void twc__starttls_fini(struct twc__starttls *s)
{
	twc_buf_fini(&s->out);
	twc_buf_fini(&s->in);
}

int twc__starttls_feed(struct twc__starttls *s, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	int rc;

	*used = 0;
	if (n == 0)
		return 0;
	if (s->total == TWC__STARTTLS_TOTAL_MAX)
		return twc_err_set(err, TWC_EPROTO, "sends more than %d bytes before STARTTLS", TWC__STARTTLS_TOTAL_MAX);
	if (n > TWC__STARTTLS_TOTAL_MAX - s->total)
		n = TWC__STARTTLS_TOTAL_MAX - s->total;
	switch (s->kind) {
	case TWC__STARTTLS_LDAP:
		rc = feed_ldap(s, data, n, used, err);
		break;
	case TWC__STARTTLS_XMPP:
		rc = feed_xmpp(s, data, n, used, err);
		break;
	case TWC__STARTTLS_POSTGRES:
		rc = feed_postgres(data, used, err);
		break;
	case TWC__STARTTLS_MYSQL:
		rc = feed_mysql(s, data, n, used, err);
		break;
	default:
		rc = feed_lines(s, data, n, used, err);
		break;
	}
	s->total += *used;
	return rc;
}

const char *twc__starttls_waiting(const struct twc__starttls *s)
{
	switch (s->kind) {
	case TWC__STARTTLS_LDAP:
	case TWC__STARTTLS_POSTGRES:
		return "the request for TLS";
	case TWC__STARTTLS_XMPP:
		return s->step ? "STARTTLS" : "the opening of the stream";
	default:
		return s->step == 0 ? "us with a greeting" : s->kind == TWC__STARTTLS_SMTP && s->step == 1 ? "EHLO" : "STARTTLS";
	}
}

int twc__starttls_end(const struct twc__starttls *s, struct twc_err *err)
{
	return twc_err_set(err, TWC_ETRUNC, "closed the connection without answering %s", twc__starttls_waiting(s));
}
