/* SPDX-License-Identifier: MIT */
/* What a route says is to be run: a command of words, or a shell's script. */
#include "app/http/program.h"

#include "app/exec_env.h"
#include "endpoint/endpoint_int.h"
#include "base/banned.h"

int twc__http_command_parse(struct twc__http_command *c, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
			    struct twc_err *err)
{
	c->text = twc_str_dup(arg);
	c->word = twc__words_split(c->text, o->arg_column, err);
	if (!c->word)
		return TWC_EUSAGE;
	if (strchr(c->word[0], '/')) {
		c->program = twc__http_site_path(base, twc_str_of(c->word[0]));
		c->word[0] = c->program;
	}
	return twc__exec_find_program(c->word[0], err);
}

int twc__http_command_script(struct twc__http_command *c, struct twc_str arg, struct twc_err *err)
{
	c->text = twc_str_dup(arg);
	if (!c->text[strspn(c->text, " \t")])
		return twc_err_set(err, TWC_EUSAGE, "the script is empty");
	c->program = twc_strdup("/bin/sh");
	c->word = twc_calloc(4, sizeof(*c->word));
	c->word[0] = c->program;
	c->word[1] = (char *)(uintptr_t)"-c";
	c->word[2] = c->text;
	return 0;
}

void twc__http_command_fini(struct twc__http_command *c)
{
	twc_free(c->word);
	twc_free(c->program);
	twc_free(c->text);
}
