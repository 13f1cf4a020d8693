/* SPDX-License-Identifier: MIT */
/*
 * Option rows: parsing into a struct, every error text, and the self-check, first on toy tables with one fault
 * each, then on the tables of every command.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd.h"
#include "opt.h"
#include <stdio.h>
#include <twc/parse.h>

struct toy {
	bool echo, color, send;
	unsigned verbose;
	int service, mode;
	const char *name, *check;
	uint64_t count, size, idle;
	uint16_t port;
	struct opt_list rules;
};

#define AT(m) .offset = offsetof(struct toy, m)
#define TEXTS .group = "Toys", .help = "does what it says"

static const char *const mode_words[] = { "half", "close", "keep", NULL };

static const struct twc_opt toy_opts[] = {
	{ .long_name = "echo", .short_name = 'e', .type = OPT_FLAG, AT(echo), .excl = 1, TEXTS },
	{ .long_name = "color", .flags = OPT_NEGATABLE, .type = OPT_FLAG, AT(color), TEXTS },
	{ .long_name = "send", .short_name = 's', .type = OPT_FLAG, AT(send), TEXTS },
	{ .long_name = "send-line", .type = OPT_FLAG, AT(send), TEXTS },
	{ .long_name = "discard", .type = OPT_SET, AT(service), .value = 2, .excl = 1, TEXTS },
	{ .long_name = "time", .type = OPT_SET, AT(service), .value = 3, .excl = 1, TEXTS },
	{ .long_name = "name", .short_name = 'n', .type = OPT_STRING, .arg = "NAME", AT(name), TEXTS },
	{ .long_name = "check", .short_name = 'c', .flags = OPT_OPTIONAL, .type = OPT_STRING, .arg = "SPEC",
	  .implied = "", AT(check), TEXTS },
	{ .long_name = "count", .type = OPT_UINT, .arg = "N", .min = 1, .max = 10, AT(count), TEXTS },
	{ .long_name = "size", .type = OPT_SIZE, .arg = "SIZE", .max = 1024, AT(size), TEXTS },
	{ .long_name = "idle", .short_name = 'i', .type = OPT_DURATION, .arg = "DURATION", .min = TWC_NS_PER_S,
	  AT(idle), TEXTS },
	{ .long_name = "port", .type = OPT_PORT, .arg = "PORT", AT(port), TEXTS },
	{ .long_name = "eof", .type = OPT_WORD, .arg = "WHEN", .words = mode_words, AT(mode), .def = "half", TEXTS },
	{ .long_name = "allow", .type = OPT_LIST, .arg = "CIDR", AT(rules), TEXTS },
	{ .long_name = "deny", .type = OPT_LIST, .arg = "CIDR", AT(rules), TEXTS },
	{ .long_name = "secret-door", .flags = OPT_HIDDEN, .type = OPT_FLAG, AT(echo), .help = "hidden" },
	{ 0 },
};

struct shared {
	unsigned verbose;
	bool quiet;
};
static const struct twc_opt shared_opts[] = {
	{ .long_name = "verbose", .short_name = 'v', .type = OPT_COUNT, .offset = offsetof(struct shared, verbose), TEXTS },
	{ .long_name = "quiet", .short_name = 'q', .type = OPT_FLAG, .offset = offsetof(struct shared, quiet), TEXTS },
	{ 0 },
};

static const struct opt_slip toy_slips[] = {
	{ "-l", "`twc serve` listens" },
	{ "--listen", "`twc serve` listens" },
	{ NULL, NULL },
};

/* A call: what goes in as one string split at blanks, and all that comes out. */
struct call {
	struct toy toy;
	struct shared shared;
	struct opt_parse p;
	struct twc_err err;
	int rc, argc;
	char *argv[20];
	char text[256];
};

static void call(struct call *c, const char *line)
{
	int command = c->p.command, stop = c->p.stop_at_operand;

	opt_list_fini(&c->toy.rules);
	*c = (struct call){ 0 };
	c->p = (struct opt_parse){
		.set = { { toy_opts, &c->toy }, { shared_opts, &c->shared } },
		.slips = toy_slips,
		.command = command,
		.stop_at_operand = stop,
	};
	snprintf(c->text, sizeof(c->text), "%s", line);
	for (char *s = c->text, *save = NULL, *word = strtok_r(s, " ", &save); word; word = strtok_r(NULL, " ", &save))
		c->argv[c->argc++] = word;
	c->rc = opt_parse(&c->p, c->argc, c->argv, &c->err);
}

static void call_ok(struct call *c, const char *line)
{
	call(c, line);
	if (c->rc != 0)
		print_error("%s: %s\n", line, c->err.text);
	assert_int_equal(c->rc, 0);
}

static void values(void **state)
{
	struct call c = { 0 };

	call_ok(&c, "--name x --count=7 --size 1k --idle 2m --port=0 --eof keep");
	assert_string_equal(c.toy.name, "x");
	assert_int_equal(c.toy.count, 7);
	assert_int_equal(c.toy.size, 1024);
	assert_int_equal(c.toy.idle, 120 * TWC_NS_PER_S);
	assert_int_equal(c.toy.port, 0);
	assert_int_equal(c.toy.mode, 2);
	assert_int_equal(c.p.n_operands, 0);
	assert_null(c.p.command_argv);

	call_ok(&c, "--name= --name=a=b");
	assert_string_equal(c.toy.name, "a=b");
	call_ok(&c, "--name=");
	assert_string_equal(c.toy.name, "");
	call_ok(&c, "--name --echo"); /* as GNU: the next element, whatever it is */
	assert_string_equal(c.toy.name, "--echo");
	assert_false(c.toy.echo);
	call_ok(&c, "--count 3 --count 4");
	assert_int_equal(c.toy.count, 4);
}

static void flags(void **state)
{
	struct call c = { 0 };

	call_ok(&c, "-esvvq --verbose");
	assert_true(c.toy.echo && c.toy.send && c.shared.quiet);
	assert_int_equal(c.shared.verbose, 3);
	call_ok(&c, "--color --no-color");
	assert_false(c.toy.color);
	call_ok(&c, "--no-color --color");
	assert_true(c.toy.color);
	call_ok(&c, "--discard --discard");
	assert_int_equal(c.toy.service, 2);
	call_ok(&c, "-vnname -i5");
	assert_string_equal(c.toy.name, "name");
	assert_int_equal(c.toy.idle, 5 * TWC_NS_PER_S);
	call_ok(&c, "-vn name");
	assert_string_equal(c.toy.name, "name");
	call_ok(&c, "--secret-door");
	assert_true(c.toy.echo);
}

static void optional_value(void **state)
{
	struct call c = { 0 };

	call_ok(&c, "--check a");
	assert_string_equal(c.toy.check, "");
	assert_int_equal(c.p.n_operands, 1);
	call_ok(&c, "--check=tls:a b");
	assert_string_equal(c.toy.check, "tls:a");
	call_ok(&c, "-c a");
	assert_string_equal(c.toy.check, "");
	assert_string_equal(c.p.operands[0], "a");
	call_ok(&c, "-cspec");
	assert_string_equal(c.toy.check, "spec");
	call_ok(&c, "a");
	assert_null(c.toy.check);
}

static void lists_keep_order_and_row(void **state)
{
	struct call c = { 0 };

	call_ok(&c, "--allow 10.0.0.0/8 x --deny=::1 --allow y");
	assert_int_equal(c.toy.rules.n, 3);
	assert_string_equal(c.toy.rules.item[0].value, "10.0.0.0/8");
	assert_string_equal(c.toy.rules.item[1].opt->long_name, "deny");
	assert_string_equal(c.toy.rules.item[2].value, "y");
	opt_list_fini(&c.toy.rules);
	assert_int_equal(c.toy.rules.n, 0);
}

static void operands_and_command(void **state)
{
	struct call c = { .p = { .command = true } };

	call_ok(&c, "a --echo b - -- ls -l --echo");
	assert_int_equal(c.p.n_operands, 3);
	assert_string_equal(c.p.operands[0], "a");
	assert_string_equal(c.p.operands[1], "b");
	assert_string_equal(c.p.operands[2], "-");
	assert_string_equal(c.p.command_argv[0], "ls");
	assert_string_equal(c.p.command_argv[2], "--echo");
	assert_null(c.p.command_argv[3]);
	call_ok(&c, "-- x");
	assert_int_equal(c.p.n_operands, 0);
	assert_string_equal(c.p.command_argv[0], "x");

	c.p.command = false;
	call_ok(&c, "a -- --echo -x");
	assert_int_equal(c.p.n_operands, 3);
	assert_string_equal(c.p.operands[1], "--echo");
	assert_false(c.toy.echo);
	assert_null(c.p.command_argv);
	call_ok(&c, "--");
	assert_int_equal(c.p.n_operands, 0);

	c.p.stop_at_operand = true;
	call_ok(&c, "-v --name x serve --ehco");
	assert_int_equal(c.p.n_seen, 3);
	assert_int_equal(c.shared.verbose, 1);
	call_ok(&c, "-v");
	assert_int_equal(c.p.n_seen, 1);
}

static void errors(void **state)
{
	static const struct {
		const char *line, *text;
	} row[] = {
		{ "--ehco", "unknown option --ehco; did you mean --echo?" },
		{ "--ech", "unknown option --ech; did you mean --echo?" },
		{ "--disc", "unknown option --disc; did you mean --discard?" },
		{ "--zzzzzzz", "unknown option --zzzzzzz" },
		{ "--verbos=1", "unknown option --verbos; did you mean --verbose?" },
		{ "--listen", "unknown option --listen; `twc serve` listens" },
		{ "-l", "unknown option -l; `twc serve` listens" },
		{ "-vl", "unknown option -l; `twc serve` listens" },
		{ "-z", "unknown option -z" },
		{ "-vz", "unknown option -z in -vz" },
		{ "-port", "unknown option -port; did you mean --port?" },
		{ "--no-echo", "unknown option --no-echo" },
		{ "--secret-dor", "unknown option --secret-dor" },
		{ "--name", "option --name needs a value: --name NAME" },
		{ "-n", "option -n needs a value: --name NAME" },
		{ "--name -- x", "option --name needs a value: --name NAME" },
		{ "--echo=1", "option --echo takes no value" },
		{ "--no-color=1", "option --no-color takes no value" },
		{ "--verbose=", "option --verbose takes no value" },
		{ "--discard --time", "--discard and --time exclude each other" },
		{ "-e --time", "--echo and --time exclude each other" },
	};
	struct call c = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		call(&c, row[i].line);
		assert_int_equal(c.rc, TWC_EUSAGE);
		assert_int_equal(c.err.code, TWC_EUSAGE);
		assert_string_equal(c.err.text, row[i].text);
	}
	c.p.command = true;
	call(&c, "a --");
	assert_int_equal(c.rc, TWC_EUSAGE);
	assert_string_equal(c.err.text, "-- must be followed by a COMMAND");
}

/* The reason is the number parser's; in front stands the option as typed. */
static void bad_values(void **state)
{
	static const char *const row[][2] = {
		{ "--count 0", "--count: " },	   { "--count 11", "--count: " },  { "--count=x", "--count: " },
		{ "--size 2k", "--size: " },	   { "--size -1", "--size: " },	   { "--idle 5x", "--idle: " },
		{ "--idle 10ms", "--idle: " },	   { "-i 10ms", "-i: " },	   { "--port 65536", "--port: " },
		{ "--port=", "--port: " },	   { "--eof halv", "--eof: " },	   { "--count= 1", "--count: " },
	};
	struct call c = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		call(&c, row[i][0]);
		assert_int_equal(c.rc, TWC_EUSAGE);
		assert_memory_equal(c.err.text, row[i][1], strlen(row[i][1]));
		assert_true(strlen(c.err.text) > strlen(row[i][1]));
	}
	call(&c, "--idle 10ms");
	assert_string_equal(c.err.text, "--idle: 10ms is below the minimum of 1s");
	call(&c, "--size 2k");
	assert_string_equal(c.err.text, "--size: 2k is above the maximum of 1k");
	call(&c, "--eof halv");
	assert_non_null(strstr(c.err.text, "half"));
}

static void control_bytes_are_escaped(void **state)
{
	struct call c = { 0 };

	call(&c, "--\033[31mred");
	assert_int_equal(c.rc, TWC_EUSAGE);
	assert_null(strchr(c.err.text, '\033'));
	call(&c, "-\033");
	assert_int_equal(c.rc, TWC_EUSAGE);
	assert_null(strchr(c.err.text, '\033'));
}

static void spelling(void **state)
{
	char buf[96];

	assert_string_equal(opt_spelling(&toy_opts[0], buf, sizeof(buf)), "-e, --echo");
	assert_string_equal(opt_spelling(&toy_opts[1], buf, sizeof(buf)), "--[no-]color");
	assert_string_equal(opt_spelling(&toy_opts[6], buf, sizeof(buf)), "-n, --name NAME");
	assert_string_equal(opt_spelling(&toy_opts[7], buf, sizeof(buf)), "-c, --check[=SPEC]");
}

/* ---- the self-check ---- */

static void check_finds_faults(void **state)
{
	const struct twc_opt good = { .long_name = "echo", .short_name = 'e', .type = OPT_FLAG, TEXTS };
	struct {
		struct twc_opt opt;
		const char *text; /* part of the complaint */
	} row[] = {
		{ good, "there are two" },
		{ { .long_name = "other", .short_name = 'e', .type = OPT_FLAG, TEXTS }, "both --" },
		{ { .long_name = "verbose", .type = OPT_FLAG, TEXTS }, "there are two" },
		{ { .long_name = "other", .short_name = 'v', .type = OPT_FLAG, TEXTS }, "both --" },
		{ { .long_name = "x", .type = OPT_FLAG, TEXTS }, "a name is" },
		{ { .long_name = "Upper", .type = OPT_FLAG, TEXTS }, "a name is" },
		{ { .long_name = "no-color", .type = OPT_FLAG, TEXTS }, "OPT_NEGATABLE" },
		{ { .long_name = "other", .type = OPT_FLAG, .group = "G" }, "no help" },
		{ { .long_name = "other", .type = OPT_FLAG, .group = "G", .help = "a sentence." }, "full stop" },
		{ { .long_name = "other", .type = OPT_FLAG, .group = "G", .help = "Capital" }, "lower case" },
		{ { .long_name = "other", .type = OPT_FLAG, .help = "no group" }, "no group" },
		{ { .long_name = "other", TEXTS }, "no type" },
		{ { .long_name = "other", .type = OPT_FLAG, .arg = "X", TEXTS }, "takes no value" },
		{ { .long_name = "other", .type = OPT_STRING, TEXTS }, "takes a value" },
		{ { .long_name = "other", .type = OPT_STRING, .arg = "file", TEXTS }, "capitals" },
		{ { .long_name = "other", .type = OPT_WORD, .arg = "W", TEXTS }, "words" },
		{ { .long_name = "other", .type = OPT_UINT, .arg = "W", .words = mode_words, TEXTS }, "words" },
		{ { .long_name = "other", .type = OPT_UINT, .arg = "N", .hint = OPT_HINT_FILE, TEXTS }, "hint" },
		{ { .long_name = "other", .type = OPT_FLAG, .hint = OPT_HINT_FILE, TEXTS }, "hint" },
		{ { .long_name = "other", .type = OPT_STRING, .arg = "X", .hint = 99, TEXTS }, "hint" },
		{ { .long_name = "other", .type = OPT_STRING, .arg = "X", .flags = OPT_NEGATABLE, TEXTS }, "negated" },
		{ { .long_name = "other", .type = OPT_STRING, .arg = "X", .flags = OPT_OPTIONAL, TEXTS }, "implied" },
		{ { .long_name = "other", .type = OPT_STRING, .arg = "X", .implied = "", TEXTS }, "implied" },
		{ { .long_name = "other", .type = OPT_UINT, .arg = "N", .min = 5, .max = 4, TEXTS }, "min above" },
		{ { .long_name = "other", .type = OPT_DURATION, .arg = "D", .def = "10parsecs", TEXTS }, "default" },
		{ { .long_name = "other", .type = OPT_WORD, .arg = "W", .words = mode_words, .def = "x", TEXTS }, "default" },
		{ { .long_name = "other", .type = OPT_FLAG, .def = "yes", TEXTS }, "default" },
	};
	struct twc_err err;

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		const struct twc_opt table[] = { good, row[i].opt, { 0 } };

		twc_err_clear(&err);
		assert_int_equal(opt_check(table, shared_opts, &err), TWC_EBUG);
		if (!strstr(err.text, row[i].text))
			print_error("row %zu: %s\n", i, err.text);
		assert_non_null(strstr(err.text, row[i].text));
	}
	assert_int_equal(opt_check(toy_opts, shared_opts, &err), 0);
}

static void a_letter_can_be_taken_from_a_common_option(void **state)
{
	static const struct twc_opt own[] = {
		{ .long_name = "quit", .short_name = 'q', .flags = OPT_OWN_LETTER, .type = OPT_STRING, .arg = "SECONDS",
		  AT(name), TEXTS },
		{ 0 },
	};
	struct toy toy = { 0 };
	struct shared shared = { 0 };
	struct opt_parse p = { .set = { { own, &toy }, { shared_opts, &shared } } };
	char *argv[] = { (char[]){ "-vq1" }, (char[]){ "--quiet" }, NULL };
	struct twc_err err = { 0 };

	assert_int_equal(opt_check(own, shared_opts, &err), 0);
	assert_int_equal(opt_beside(&shared_opts[1], own).short_name, '\0');
	assert_int_equal(opt_beside(&shared_opts[0], own).short_name, 'v');
	assert_int_equal(opt_beside(&shared_opts[1], NULL).short_name, 'q');
	assert_int_equal(opt_beside(&own[0], own).short_name, 'q');
	assert_int_equal(opt_parse(&p, 2, argv, &err), 0);
	assert_string_equal(toy.name, "1");
	assert_int_equal(shared.verbose, 1);
	assert_true(shared.quiet);
}

static void real_tables_are_sound(void **state)
{
	struct twc_err err = { 0 };

	if (opt_check(common_opts, twc_opts, &err) < 0 || opt_check(twc_opts, common_opts, &err) < 0)
		fail_msg("common: %s", err.text);
	for (size_t i = 0; cmd_list[i]; i++)
		if (opt_check(cmd_list[i]->opts, common_opts, &err) < 0)
			fail_msg("%s: %s", cmd_list[i]->name, err.text);
}

static void real_commands_are_complete(void **state)
{
	const struct twc_cmd *parent = NULL;
	size_t names = 0;

	for (size_t i = 0; cmd_list[i]; i++) {
		const struct twc_cmd *cmd = cmd_list[i];
		size_t examples = 0;

		if (cmd_is_verb(cmd)) {
			const char *verb = parent ? cmd_verb_name(parent, cmd) : NULL;

			assert_non_null(verb); /* behind its command */
			assert_ptr_equal(cmd_find_verb(parent, verb), cmd);
			assert_true(cmd_has_verbs(parent));
			assert_null(cmd_find(cmd->name));
		} else {
			assert_string_equal(cmd->name, cmd_names[names++]);
			assert_ptr_equal(cmd_find(cmd->name), cmd);
			parent = cmd;
		}
		assert_non_null(cmd->run);
		assert_true(cmd->summary && cmd->summary[0] && cmd->summary[strlen(cmd->summary) - 1] != '.');
		assert_true(cmd->description && cmd->description[strlen(cmd->description) - 1] == '.');
		assert_true(cmd->synopsis && cmd->synopsis[0]);
		for (size_t s = 0; cmd->synopsis[s]; s++) {
			char start[64];

			snprintf(start, sizeof(start), "twc %s ", cmd->name);
			assert_memory_equal(cmd->synopsis[s], start, strlen(start));
			assert_true(strlen(cmd->synopsis[s]) <= 72);
		}
		while (cmd->examples && cmd->examples[examples].line)
			assert_non_null(cmd->examples[examples++].what);
		assert_in_range(examples, 2, 3);
		assert_true(!cmd->operands.name == !cmd->operands.help);
	}
	assert_null(cmd_names[names]);
	assert_null(cmd_find("nonesuch"));
	assert_null(cmd_find(""));
}

static void verbs_are_named_after_their_command(void **state)
{
	static const struct twc_cmd smtp = { .name = "smtp" }, ls = { .name = "smtp ls" }, smtps = { .name = "smtps" };
	char buf[CMD_NAME_MAX];

	assert_string_equal(cmd_verb_name(&smtp, &ls), "ls");
	assert_null(cmd_verb_name(&smtp, &smtps));
	assert_null(cmd_verb_name(&smtp, &smtp));
	assert_null(cmd_verb_name(&ls, &smtp));
	assert_true(cmd_is_verb(&ls));
	assert_false(cmd_is_verb(&smtp));
	assert_string_equal(cmd_dashed(&ls, buf, sizeof(buf)), "smtp-ls");
	assert_string_equal(cmd_dashed(&smtp, buf, sizeof(buf)), "smtp");
	assert_null(cmd_find_verb(cmd_find("serve"), "serve"));
	assert_null(cmd_find_verb(cmd_find("http"), ""));
	assert_false(cmd_has_verbs(cmd_find("serve")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(flags),
		cmocka_unit_test(optional_value),
		cmocka_unit_test(lists_keep_order_and_row),
		cmocka_unit_test(operands_and_command),
		cmocka_unit_test(errors),
		cmocka_unit_test(bad_values),
		cmocka_unit_test(control_bytes_are_escaped),
		cmocka_unit_test(spelling),
		cmocka_unit_test(check_finds_faults),
		cmocka_unit_test(a_letter_can_be_taken_from_a_common_option),
		cmocka_unit_test(real_tables_are_sound),
		cmocka_unit_test(real_commands_are_complete),
		cmocka_unit_test(verbs_are_named_after_their_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
