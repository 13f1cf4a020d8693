/* SPDX-License-Identifier: MIT */
/*
 * JSON indented as it passes (RFC 8259): a state a byte and a bit a level, no tree. A token's bytes go out as
 * they come; only the blanks between them are ours. What is not JSON turns the whole into a pipe, from that
 * byte on.
 */
#include <twc/json.h>

#include "base/banned.h"

#define DEPTH_MAX 512
#define HELD_MAX 256
#define SCRATCH 4096

enum state {
	TOP = 0,   /* before, between and after values */
	FIRST,	   /* behind [: a value or ] */
	VALUE,	   /* a value must come */
	KEY_FIRST, /* behind {: a key or } */
	KEY,	   /* a key must come */
	COLON,
	AFTER, /* a value inside is over: comma or bracket */
	STRING,
	ESCAPE,
	HEX,
	WORD,
	MINUS, /* of a number, as the grammar has it */
	ZERO,
	INTEGER,
	POINT,
	FRACTION,
	EXPONENT,
	SIGN,
	POWER,
	RAW, /* it is not JSON */
};

struct twc_json_pretty {
	struct twc_json_pretty_opts o;
	enum state state;
	unsigned depth;
	uint8_t is_object[DEPTH_MAX / 8]; /* by level: the bit of level d - 1 */
	bool is_key;	      /* the string at hand */
	bool is_line_open;    /* TOP: the last value's line has no end yet */
	bool has_value;	      /* there was one */
	const char *word;     /* what is still to come of true, false, null */
	unsigned hex;	      /* digits still to come of \uXXXX */
	size_t n_held;
	char held[HELD_MAX];  /* TOP: blanks that are dropped if a value follows */
	size_t n;
	char scratch[SCRATCH];
	int code; /* what `out` returned; nothing is put out any more */
	struct twc_err *err; /* of the call at hand */
};

struct twc_json_pretty *twc_json_pretty_new(const struct twc_json_pretty_opts *o)
{
	struct twc_json_pretty *p = twc_calloc(1, sizeof(*p));

	p->o = *o;
	return p;
}

void twc_json_pretty_free(struct twc_json_pretty *p)
{
	twc_free(p);
}

/* ---- out ---- */

static void flush(struct twc_json_pretty *p)
{
	if (p->n > 0 && p->code == 0)
		p->code = p->o.out(p->o.arg, p->scratch, p->n, p->err);
	p->n = 0;
}

static void put(struct twc_json_pretty *p, char c)
{
	if (p->n == SCRATCH)
		flush(p);
	p->scratch[p->n++] = c;
}

static void puts_all(struct twc_json_pretty *p, const char *s)
{
	while (*s)
		put(p, *s++);
}

static void put_line(struct twc_json_pretty *p)
{
	put(p, '\n');
	for (unsigned i = 0; i < p->depth; i++)
		puts_all(p, "  ");
}

static void colour(struct twc_json_pretty *p, const char *sgr)
{
	if (p->o.is_coloured)
		puts_all(p, sgr);
}

#define COLOUR_KEY "\x1b[1;34m"
#define COLOUR_STRING "\x1b[32m"
#define COLOUR_NUMBER "\x1b[36m"
#define COLOUR_WORD "\x1b[35m"
#define COLOUR_END "\x1b[0m"

/* ---- states ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool in_object(const struct twc_json_pretty *p)
{
	return p->is_object[(p->depth - 1) / 8] >> (p->depth - 1) % 8 & 1;
}

/* Not JSON: this byte and all that follow go as they are. */
static void give_up(struct twc_json_pretty *p, char c)
{
	if (p->state >= STRING && p->state < RAW)
		colour(p, COLOUR_END);
	if (p->state == TOP)
		for (size_t i = 0; i < p->n_held; i++)
			put(p, p->held[i]);
	p->n_held = 0;
	p->is_line_open = false;
	p->state = RAW;
	put(p, c);
}

static void value_over(struct twc_json_pretty *p)
{
	p->state = p->depth > 0 ? AFTER : TOP;
	p->is_line_open = p->depth == 0;
	p->has_value = true;
}

static void open_bracket(struct twc_json_pretty *p, char c)
{
	uint8_t bit = (uint8_t)(1 << p->depth % 8);

	if (c == '{')
		p->is_object[p->depth / 8] |= bit;
	else
		p->is_object[p->depth / 8] &= (uint8_t)~bit;
	p->depth++;
	put(p, c);
	p->state = c == '{' ? KEY_FIRST : FIRST;
}

static void close_bracket(struct twc_json_pretty *p, char c)
{
	bool is_empty = p->state != AFTER;

	p->depth--;
	if (!is_empty)
		put_line(p);
	put(p, c);
	value_over(p);
}

static void begin_token(struct twc_json_pretty *p, char c, enum state state, const char *sgr)
{
	colour(p, sgr);
	put(p, c);
	p->state = state;
}

static void begin_word(struct twc_json_pretty *p, const char *word)
{
	p->word = word + 1;
	begin_token(p, *word, WORD, COLOUR_WORD);
}

static bool begins_value(char c)
{
	return c != '\0' && strchr("{[\"-0123456789tfn", c) != NULL;
}

static void begin_value(struct twc_json_pretty *p, char c)
{
	if (!begins_value(c) || (p->depth == DEPTH_MAX && (c == '{' || c == '['))) {
		give_up(p, c);
		return;
	}
	if (p->state == TOP && p->is_line_open)
		put(p, '\n');
	if (p->state == FIRST)
		put_line(p);
	p->n_held = 0;
	p->is_line_open = p->is_key = false;
	if (c == '{' || c == '[')
		open_bracket(p, c);
	else if (c == '"')
		begin_token(p, c, STRING, COLOUR_STRING);
	else if (c == 't' || c == 'f' || c == 'n')
		begin_word(p, c == 't' ? "true" : c == 'f' ? "false" : "null");
	else
		begin_token(p, c, c == '-' ? MINUS : c == '0' ? ZERO : INTEGER, COLOUR_NUMBER);
}

static void top_blank(struct twc_json_pretty *p, char c)
{
	if (c == '\n' && p->is_line_open) {
		put(p, '\n');
		p->is_line_open = false;
		p->n_held = 0;
	} else if (p->n_held < HELD_MAX) {
		p->held[p->n_held++] = c;
	} else if (!p->has_value) {
		give_up(p, c);
	}
}

/* Between tokens, no blank. */
static void structure(struct twc_json_pretty *p, char c)
{
	switch (p->state) {
	case FIRST:
		if (c == ']')
			close_bracket(p, c);
		else
			begin_value(p, c);
		return;
	case KEY_FIRST:
	case KEY:
		if (c == '}' && p->state == KEY_FIRST) {
			close_bracket(p, c);
		} else if (c == '"') {
			if (p->state == KEY_FIRST)
				put_line(p);
			p->is_key = true;
			begin_token(p, c, STRING, COLOUR_KEY);
		} else {
			give_up(p, c);
		}
		return;
	case COLON:
		if (c != ':') {
			give_up(p, c);
			return;
		}
		puts_all(p, ": ");
		p->state = VALUE;
		return;
	case AFTER:
		if (c == ',') {
			put(p, c);
			put_line(p);
			p->state = in_object(p) ? KEY : VALUE;
		} else if (c == (in_object(p) ? '}' : ']')) {
			close_bracket(p, c);
		} else {
			give_up(p, c);
		}
		return;
	default:
		begin_value(p, c);
	}
}

static void string_byte(struct twc_json_pretty *p, char c)
{
	if ((unsigned char)c < 0x20) {
		give_up(p, c);
		return;
	}
	put(p, c);
	if (c == '\\') {
		p->state = ESCAPE;
		p->hex = 4;
	}
	if (c != '"')
		return;
	colour(p, COLOUR_END);
	if (p->is_key)
		p->state = COLON;
	else
		value_over(p);
}

static void escape_byte(struct twc_json_pretty *p, char c)
{
	bool is_hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

	if (p->state == HEX ? !is_hex : c == '\0' || !strchr("\"\\/bfnrtu", c)) {
		give_up(p, c);
		return;
	}
	put(p, c);
	if (p->state == HEX)
		p->state = --p->hex ? HEX : STRING;
	else if (c == 'u')
		p->state = HEX;
	else
		p->state = STRING;
}

static void word_byte(struct twc_json_pretty *p, char c)
{
	if (c != *p->word) {
		give_up(p, c);
		return;
	}
	put(p, c);
	if (*++p->word)
		return;
	colour(p, COLOUR_END);
	value_over(p);
}

/* The state that a number goes on in with c; TOP: it does not. */
static enum state number_next(enum state state, char c)
{
	bool is_e = c == 'e' || c == 'E';

	if (is_digit(c)) {
		switch (state) {
		case MINUS:
			return c == '0' ? ZERO : INTEGER;
		case INTEGER:
			return INTEGER;
		case POINT:
		case FRACTION:
			return FRACTION;
		case EXPONENT:
		case SIGN:
		case POWER:
			return POWER;
		default:
			return TOP; /* behind a leading zero */
		}
	}
	if (c == '.' && (state == ZERO || state == INTEGER))
		return POINT;
	if (is_e && (state == ZERO || state == INTEGER || state == FRACTION))
		return EXPONENT;
	return (c == '+' || c == '-') && state == EXPONENT ? SIGN : TOP;
}

static bool is_number_whole(enum state state)
{
	return state == ZERO || state == INTEGER || state == FRACTION || state == POWER;
}

/* True when c was taken: false ends the number, and c is of what follows. */
static bool number_byte(struct twc_json_pretty *p, char c)
{
	enum state next = number_next(p->state, c);

	if (next != TOP) {
		put(p, c);
		p->state = next;
		return true;
	}
	/* Anything else right behind it is no second value: 01, 12ab, 2024-05-01. */
	if (!is_number_whole(p->state) || !(is_blank(c) || c == ',' || c == ']' || c == '}')) {
		give_up(p, c);
		return true;
	}
	colour(p, COLOUR_END);
	value_over(p);
	return false;
}

static void feed_byte(struct twc_json_pretty *p, char c)
{
	if (p->state >= MINUS && p->state < RAW && number_byte(p, c))
		return;
	switch (p->state) {
	case STRING:
		string_byte(p, c);
		return;
	case ESCAPE:
	case HEX:
		escape_byte(p, c);
		return;
	case WORD:
		word_byte(p, c);
		return;
	case RAW:
		put(p, c);
		return;
	case TOP:
		if (is_blank(c))
			top_blank(p, c);
		else
			begin_value(p, c);
		return;
	default:
		if (!is_blank(c))
			structure(p, c);
	}
}

int twc_json_pretty_feed(struct twc_json_pretty *p, const void *data, size_t n, struct twc_err *err)
{
	const char *s = data;

	p->err = err;
	for (size_t i = 0; i < n && p->code == 0; i++)
		feed_byte(p, s[i]);
	flush(p);
	p->err = NULL;
	return p->code;
}

int twc_json_pretty_finish(struct twc_json_pretty *p, struct twc_err *err)
{
	p->err = err;
	if (p->state >= STRING && p->state < RAW)
		colour(p, COLOUR_END);
	if (is_number_whole(p->state) && p->depth == 0)
		value_over(p);
	if (p->state == TOP && !p->has_value) /* nothing but blanks: no JSON */
		for (size_t i = 0; i < p->n_held; i++)
			put(p, p->held[i]);
	if (p->is_line_open)
		put(p, '\n');
	p->is_line_open = false;
	p->n_held = 0;
	flush(p);
	p->err = NULL;
	return p->code;
}
