/* SPDX-License-Identifier: MIT */
/* The .netrc file: see netrc.h. A lexer of tokens, and one pass over entries. */
#include "protocol/http/netrc.h"

#include "base/banned.h"

enum token { TOKEN_END, TOKEN_QUOTED, TOKEN_WORD };

struct lexer {
	struct twc_str rest;
	unsigned line;
	bool at_start; /* nothing but blanks since the line began */
	enum token kind;
	struct twc_str text; /* of the token; in `room` when quoted */
	char room[TWC__HTTP_NETRC_TOKEN_MAX + 1];
	struct twc_err *err;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void step(struct lexer *l)
{
	if (l->rest.p[0] == '\n') {
		l->line++;
		l->at_start = true;
	} else if (!is_blank(l->rest.p[0])) {
		l->at_start = false;
	}
	l->rest.p++;
	l->rest.n--;
}

static void skip_line(struct lexer *l)
{
	while (l->rest.n && l->rest.p[0] != '\n')
		step(l);
}

static void skip_blanks(struct lexer *l)
{
	while (l->rest.n) {
		if (l->at_start && l->rest.p[0] == '#')
			skip_line(l);
		else if (is_blank(l->rest.p[0]))
			step(l);
		else
			return;
	}
}

/* A macro ends with an empty line. */
static void skip_macro(struct lexer *l)
{
	unsigned ends = 0;

	while (l->rest.n && ends < 2) {
		if (l->rest.p[0] == '\n')
			ends++;
		else if (l->rest.p[0] != '\r')
			ends = 0;
		step(l);
	}
}

static int too_long(struct lexer *l)
{
	return twc_err_set(l->err, TWC_ETOOLONG, "line %u: a word of more than %u bytes", l->line, TWC__HTTP_NETRC_TOKEN_MAX);
}

static char unescaped(char c)
{
	return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

static int read_quoted(struct lexer *l)
{
	size_t n = 0;

	step(l);
	while (l->rest.n && l->rest.p[0] != '\n' && l->rest.p[0] != '"') {
		char c = l->rest.p[0];

		step(l);
		if (c == '\\' && l->rest.n && l->rest.p[0] != '\n') {
			c = unescaped(l->rest.p[0]);
			step(l);
		}
		if (n == TWC__HTTP_NETRC_TOKEN_MAX)
			return too_long(l);
		l->room[n++] = c;
	}
	if (l->rest.n == 0 || l->rest.p[0] != '"')
		return twc_err_set(l->err, TWC_EDATA, "line %u: the quote is not closed", l->line);
	step(l);
	l->kind = TOKEN_QUOTED;
	l->text = (struct twc_str){ l->room, n };
	return 0;
}

/* Reads the next token. */
static int advance(struct lexer *l)
{
	skip_blanks(l);
	l->kind = TOKEN_END;
	l->text = (struct twc_str){ l->rest.p, 0 };
	if (l->rest.n == 0)
		return 0;
	if (l->rest.p[0] == '"')
		return read_quoted(l);
	l->kind = TOKEN_WORD;
	while (l->rest.n && !is_blank(l->rest.p[0])) {
		step(l);
		l->text.n++;
	}
	return l->text.n > TWC__HTTP_NETRC_TOKEN_MAX ? too_long(l) : 0;
}

static bool is_word(const struct lexer *l, const char *word)
{
	return l->kind == TOKEN_WORD && twc_str_eq_nocase(l->text, twc_str_of(word));
}

/* What stands behind `word`, whatever it looks like. */
static int read_value(struct lexer *l, const char *word)
{
	unsigned line = l->line;
	int rc = advance(l);

	if (rc == 0 && l->kind == TOKEN_END)
		return twc_err_set(l->err, TWC_EDATA, "line %u: nothing follows \"%s\"", line, word);
	return rc;
}

static void forget(char **secret)
{
	if (*secret)
		twc_free_secret(*secret, strlen(*secret));
	*secret = NULL;
}

void twc__http_netrc_fini(struct twc__http_netrc *n)
{
	forget(&n->login);
	forget(&n->password);
}

static int read_into(struct lexer *l, const char *word, char **out)
{
	int rc = read_value(l, word);

	if (rc == 0 && out) {
		forget(out);
		*out = twc_str_dup(l->text);
	}
	return rc;
}

/* Is the entry that has just ended the one? */
static bool is_wanted(const struct twc__http_netrc *n, struct twc_str login)
{
	if (login.n == 0)
		return n->login || n->password;
	return n->password && (!n->login || twc_str_is(login, n->login));
}

/* Looks at one token inside an entry that fits or not. */
static int read_item(struct lexer *l, bool fits, struct twc__http_netrc *out)
{
	if (is_word(l, "login"))
		return read_into(l, "login", fits ? &out->login : NULL);
	if (is_word(l, "password"))
		return read_into(l, "password", fits ? &out->password : NULL);
	if (is_word(l, "account"))
		return read_value(l, "account");
	return 0;
}

static int scan(struct lexer *l, struct twc_str host, struct twc_str login, struct twc__http_netrc *out)
{
	bool fits = false;
	int rc;

	while ((rc = advance(l)) == 0) {
		bool is_machine = is_word(l, "machine"), is_default = is_word(l, "default"), is_macro = is_word(l, "macdef");

		if (!is_machine && !is_default && !is_macro && l->kind != TOKEN_END) {
			rc = read_item(l, fits, out);
			if (rc)
				return rc;
			continue;
		}
		if (fits && is_wanted(out, login))
			return 1;
		twc__http_netrc_fini(out);
		if (l->kind == TOKEN_END)
			return 0;
		fits = is_default;
		if (is_macro)
			skip_macro(l);
		if (is_machine) {
			rc = read_value(l, "machine");
			if (rc)
				return rc;
			fits = twc_str_eq_nocase(l->text, host);
		}
	}
	return rc;
}

int twc__http_netrc_find(struct twc_str text, struct twc_str host, struct twc_str login, struct twc__http_netrc *out,
			 struct twc_err *err)
{
	struct lexer l = { .rest = text, .line = 1, .at_start = true, .err = err };
	int rc;

	*out = (struct twc__http_netrc){ NULL, NULL };
	if (text.n > TWC__HTTP_NETRC_MAX)
		return twc_err_set(err, TWC_ETOOLONG, "the file has more than %u bytes", TWC__HTTP_NETRC_MAX);
	if (text.n && memchr(text.p, '\0', text.n))
		return twc_err_set(err, TWC_EDATA, "the file holds a NUL: it is no text");
	rc = scan(&l, host, login, out);
	if (rc != 1)
		twc__http_netrc_fini(out);
	explicit_bzero(l.room, sizeof(l.room));
	return rc;
}
