/* SPDX-License-Identifier: MIT */
/*
 * Files of options: text to elements of argv, every fault with its place; and what the parser makes of them between
 * the elements of a command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "opt_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_MAX = 4096 };

/* The elements, each behind its line, a value of its own with a dot: "1:--url=x 2:-o 2.file". */
static int words_of(const char *text, size_t n, char out[TEXT_MAX], struct twc_err *err)
{
	struct opt_block *kept = NULL;
	struct opt_words w = { 0 };
	int rc = opt_config_parse(&w, (struct twc_str){ text, n }, "conf", &kept, err);
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < w.n; i++)
		len += (size_t)snprintf(out + len, TEXT_MAX - len, "%s%u%c%s", i ? "|" : "", w.source[i].line,
					w.source[i].is_value ? '.' : ':', w.word[i]);
	opt_words_fini(&w);
	opt_keep_fini(&kept);
	return rc;
}

static void good_text(void **state)
{
	static const struct {
		const char *text, *words;
	} row[] = {
		{ "", "" },
		{ "\n \t\r\n# a comment\n   # another\n", "" },
		{ "silent", "1:--silent" },
		{ "silent\nfail\n", "1:--silent|2:--fail" },
		{ "url=http://x/", "1:--url=http://x/" },
		{ "url = http://x/\r\n", "1:--url=http://x/" },
		{ "url: http://x/?a=b:c", "1:--url=http://x/?a=b:c" },
		{ "url\thttp://x/", "1:--url=http://x/" },
		{ "  url = \"http://x/ y\" # why", "1:--url=http://x/ y" },
		{ "user-agent = \"a \\\"b\\\" \\\\ c\\t\\n\\r\\v\\q\"", "1:--user-agent=a \"b\" \\ c\t\n\r\vq" },
		{ "data = \"\"", "1:--data=" },
		{ "data =", "1:--data" },
		{ "data = a#b", "1:--data=a#b" },
		{ "data = =", "1:--data==" },
		{ "\xef\xbb\xbfsilent", "1:--silent" },
		{ "--url http://x/", "1:--url=http://x/" },
		{ "--url=http://x/", "1:--url=http://x/" },
		{ "--data -s", "1:--data=-s" },
		{ "-s", "1:-s" },
		{ "-sSf", "1:-sSf" },
		{ "-H \"A: b\"", "1:-H|1.A: b" },
		{ "-o file\n-d \"\"", "1:-o|1.file|2:-d|2." },
		{ "-ofile", "1:-ofile" },
		{ "-:", "1:-:" },
		{ "no-keepalive\nnext", "1:--no-keepalive|2:--next" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_err err = { 0 };
		char out[TEXT_MAX];
		int rc = words_of(row[i].text, strlen(row[i].text), out, &err);

		if (rc != 0)
			fail_msg("%s: %s", row[i].text, err.text);
		assert_string_equal(out, row[i].words);
	}
}

static void bad_text(void **state)
{
	static const struct {
		const char *text, *fault;
	} row[] = {
		{ "silent\nurl = \"x", "conf:2: no closing quote" },
		{ "url = \"x\\", "conf:1: no closing quote" },
		{ "url = \"x\\\"", "conf:1: no closing quote" },
		{ "url = \"x\" y", "conf:1: something follows the closing quote" },
		{ "\n\nurl = x y", "conf:3: a value with blanks stands in quotes" },
		{ "= x", "conf:1: a line begins with the name of an option" },
		{ ": x", "conf:1: a line begins with the name of an option" },
		{ "-", "conf:1: a line begins with the name of an option" },
		{ "--", "conf:1: a line begins with the name of an option" },
		{ "-- x", "conf:1: a line begins with the name of an option" },
	};
	struct twc_err err;
	char out[TEXT_MAX];

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		twc_err_clear(&err);
		assert_int_equal(words_of(row[i].text, strlen(row[i].text), out, &err), TWC_EUSAGE);
		assert_string_equal(err.text, row[i].fault);
	}
	assert_int_equal(words_of("a\nb\0c", 5, out, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "conf:2: a zero byte; this is no text");
}

/* Any prefix of a text is read or refused; the sanitizers look on. */
static void prefixes(void **state)
{
	static const char text[] = "\xef\xbb\xbf-H \"a\\\" b\" # c\nurl = x\n--data \"\\t\"\n-: \n";
	char out[TEXT_MAX];

	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n ? n : 1);
		struct twc_err err = { 0 };

		assert_non_null(copy);
		memcpy(copy, text, n);
		assert_true(words_of(copy, n, out, &err) == (err.code ? TWC_EUSAGE : 0));
		free(copy);
	}
}

/* ---- in the parser ---- */

struct toy {
	bool silent, fail;
	const char *output;
	uint64_t limit;
	struct opt_list header;
};

#define AT(m) .offset = offsetof(struct toy, m)
#define TEXTS .group = "Toys", .help = "does what it says"

static const struct twc_opt toy_opts[] = {
	{ .long_name = "silent", .short_name = 's', .type = OPT_FLAG, AT(silent), TEXTS },
	{ .long_name = "fail", .short_name = 'f', .type = OPT_FLAG, AT(fail), TEXTS },
	{ .long_name = "output", .short_name = 'o', .type = OPT_STRING, .arg = "FILE", AT(output), TEXTS },
	{ .long_name = "limit", .short_name = 'l', .type = OPT_UINT, .arg = "N", .max = 10, AT(limit), TEXTS },
	{ .long_name = "header", .short_name = 'H', .type = OPT_LIST, .arg = "LINE", AT(header), TEXTS },
	{ .long_name = "url", .type = OPT_OPERAND, .arg = "URL", TEXTS },
	{ .long_name = "next", .short_name = ':', .type = OPT_NEXT, TEXTS },
	{ .long_name = "config", .short_name = 'K', .type = OPT_CONFIG, .arg = "FILE", TEXTS },
	{ 0 },
};

struct call {
	struct toy toy;
	struct opt_parse p;
	struct twc_err err;
	int rc, argc;
	char *argv[20];
	char text[256];
};

static void call_fini(struct call *c)
{
	opt_list_fini(&c->toy.header);
	opt_parse_fini(&c->p);
}

static void call(struct call *c, const char *line)
{
	call_fini(c);
	*c = (struct call){ .p = { .set = { { toy_opts, &c->toy } } } };
	snprintf(c->text, sizeof(c->text), "%s", line);
	for (char *s = c->text, *save = NULL, *word = strtok_r(s, " ", &save); word; word = strtok_r(NULL, " ", &save))
		c->argv[c->argc++] = word;
	c->rc = opt_parse(&c->p, c->argc, c->argv, &c->err);
}

static void call_ok(struct call *c, const char *line)
{
	call(c, line);
	if (c->rc != 0)
		fail_msg("%s: %s", line, c->err.text);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void options_come_in_at_their_place(void **state)
{
	struct call c = { 0 };

	put_file("conf", "-o inner # of the file\nheader = \"b: 2\"\nurl = http://file/\nsilent\n");
	call_ok(&c, "-o outer -H a:1 http://before/ -fK conf http://after/ -H c:3");
	assert_true(c.toy.silent && c.toy.fail);
	assert_string_equal(c.toy.output, "inner");
	assert_int_equal(c.toy.header.n, 3);
	assert_string_equal(c.toy.header.item[0].value, "a:1");
	assert_string_equal(c.toy.header.item[1].value, "b: 2");
	assert_string_equal(c.toy.header.item[2].value, "c:3");
	assert_int_equal(c.p.n_operands, 3);
	assert_string_equal(c.p.operands[0], "http://before/");
	assert_string_equal(c.p.operands[1], "http://file/");
	assert_string_equal(c.p.operands[2], "http://after/");

	call_ok(&c, "--config=conf --output outer");
	assert_string_equal(c.toy.output, "outer");
	call_ok(&c, "-Kconf -- --config conf");
	assert_int_equal(c.p.n_operands, 3);
	put_file("conf", "");
	call_ok(&c, "-s -K conf");
	assert_true(c.toy.silent);
	call_fini(&c);
}

static void files_name_files(void **state)
{
	struct call c = { 0 };

	put_file("conf", "config = more\nlimit = 3\n");
	put_file("more", "limit = 2\nfail");
	call_ok(&c, "-l 1 -K conf");
	assert_true(c.toy.fail);
	assert_int_equal(c.toy.limit, 3);
	put_file("more", "\nlimit = 11");
	call(&c, "-K conf");
	assert_int_equal(c.rc, TWC_EUSAGE);
	assert_true(strncmp(c.err.text, "more:2: --limit: ", 17) == 0);
	put_file("more", "limit = \"");
	call(&c, "-K conf");
	assert_string_equal(c.err.text, "conf:1: --config: more:1: no closing quote");
	put_file("more", "config = conf");
	call(&c, "-K conf");
	assert_int_equal(c.rc, TWC_EUSAGE);
	assert_non_null(strstr(c.err.text, "does one name itself?"));
	call_fini(&c);
}

static void faults_have_a_place(void **state)
{
	static const struct {
		const char *text, *fault;
	} row[] = {
		{ "silent\nselent", "conf:2: unknown option --selent; did you mean --silent?" },
		{ "-z", "conf:1: unknown option -z" },
		{ "\nlimit = many", "conf:2: --limit: " },
		{ "-l many", "conf:1: -l: " },
		{ "output", "conf:1: option --output needs a value: --output FILE" },
		{ "-o\n-s", "conf:1: option -o needs a value: --output FILE" },
		{ "-o", "conf:1: option -o needs a value: --output FILE" },
		{ "silent = yes", "conf:1: option --silent takes no value" },
		{ "fail\n-s yes", "conf:2: option -s takes no value" },
		{ "-s -f", "conf:1: option -s takes no value" },
		{ "output = a b", "-K: conf:1: a value with blanks stands in quotes" },
	};
	struct call c = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		put_file("conf", row[i].text);
		call(&c, "http://x/ -K conf -o last");
		assert_int_equal(c.rc, TWC_EUSAGE);
		if (strncmp(c.err.text, row[i].fault, strlen(row[i].fault)) != 0)
			fail_msg("%s: %s", row[i].text, c.err.text);
	}
	put_file("conf", "silent");
	call(&c, "-K conf --limit 11"); /* what follows on the command line has none */
	assert_true(strncmp(c.err.text, "--limit: ", 9) == 0);
	call(&c, "-K conf -o");
	assert_string_equal(c.err.text, "option -o needs a value: --output FILE");
	call(&c, "-K nonesuch");
	assert_int_equal(c.rc, TWC_ENOINPUT);
	assert_true(strncmp(c.err.text, "-K: cannot read nonesuch: ", 26) == 0);
	call(&c, "-K .");
	assert_int_equal(c.rc, TWC_ENOINPUT);
	call(&c, "-K");
	assert_string_equal(c.err.text, "option -K needs a value: --config FILE");
	call_fini(&c);
}

static void a_file_has_its_limit(void **state)
{
	struct call c = { 0 };
	FILE *f = fopen("conf", "w");

	assert_non_null(f);
	for (int i = 0; i < 1024 * 1024 + 1; i++)
		fputc('#', f);
	fclose(f);
	call(&c, "-K conf");
	assert_int_equal(c.rc, TWC_ENOINPUT);
	assert_non_null(strstr(c.err.text, "larger than"));
	call_fini(&c);
}

static void files_begin_groups(void **state)
{
	struct toy second = { 0 }, third = { 0 };
	struct call c = { 0 };

	put_file("conf", "url = one\nnext\n-o two\nurl = two\n");
	call_ok(&c, "-s -K conf -l 2 --next three -o");
	assert_true(c.p.more && c.toy.silent);
	assert_null(c.toy.output);
	assert_int_equal(c.p.n_operands, 1);
	assert_string_equal(c.p.operands[0], "one");
	assert_int_equal(opt_parse_more(&c.p, &second, &c.err), 0);
	assert_true(c.p.more && !second.silent);
	assert_string_equal(second.output, "two");
	assert_int_equal(second.limit, 2);
	assert_string_equal(c.p.operands[0], "two");
	assert_int_equal(opt_parse_more(&c.p, &third, &c.err), TWC_EUSAGE);
	assert_string_equal(c.err.text, "option -o needs a value: --output FILE");

	put_file("conf", "next\n\nlimit = 11");
	call_ok(&c, "one -K conf");
	assert_int_equal(opt_parse_more(&c.p, &second, &c.err), TWC_EUSAGE);
	assert_true(strncmp(c.err.text, "conf:3: --limit: ", 17) == 0);
	call_fini(&c);
}

static char dir[] = "/tmp/twc_opt_config.XXXXXX";

static int enter(void **state)
{
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	unlink("conf");
	unlink("more");
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_text),
		cmocka_unit_test(bad_text),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(options_come_in_at_their_place),
		cmocka_unit_test(files_name_files),
		cmocka_unit_test(faults_have_a_place),
		cmocka_unit_test(a_file_has_its_limit),
		cmocka_unit_test(files_begin_groups),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
