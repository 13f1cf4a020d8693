/* SPDX-License-Identifier: MIT */
/*
 * THE list of subcommands and their verbs: one line each, in the order help shows them. Everything that names
 * commands - dispatch, help, "did you mean", completion, the tests - reads it from here.
 */
#include "cmd.h"

#define CMD_LIST(CMD, VERB) \
	CMD(serve)	    \
	CMD(connect)	    \
	CMD(http)	    \
	VERB(http, serve)   \
	VERB(http, bench)   \
	VERB(http, ws)      \
	CMD(nc)		    \
	CMD(help)

#define CMD_DECLARE(name) extern const struct twc_cmd cmd_##name;
#define VERB_DECLARE(name, verb) extern const struct twc_cmd cmd_##name##_##verb;
CMD_LIST(CMD_DECLARE, VERB_DECLARE)
#undef CMD_DECLARE
#undef VERB_DECLARE

const struct twc_cmd *const cmd_list[] = {
#define CMD_ROW(name) &cmd_##name,
#define VERB_ROW(name, verb) &cmd_##name##_##verb,
	CMD_LIST(CMD_ROW, VERB_ROW)
#undef CMD_ROW
#undef VERB_ROW
	NULL,
};

const char *const cmd_names[] = {
#define CMD_NAME(name) #name,
#define VERB_NAME(name, verb)
	CMD_LIST(CMD_NAME, VERB_NAME)
#undef CMD_NAME
#undef VERB_NAME
	NULL,
};

const struct twc_cmd *cmd_find(const char *name)
{
	for (size_t i = 0; cmd_list[i]; i++)
		if (!cmd_is_verb(cmd_list[i]) && strcmp(cmd_list[i]->name, name) == 0)
			return cmd_list[i];
	return NULL;
}

bool cmd_is_verb(const struct twc_cmd *cmd)
{
	return strchr(cmd->name, ' ') != NULL;
}

const char *cmd_verb_name(const struct twc_cmd *cmd, const struct twc_cmd *verb)
{
	size_t n = strlen(cmd->name);

	return strncmp(verb->name, cmd->name, n) == 0 && verb->name[n] == ' ' ? verb->name + n + 1 : NULL;
}

const struct twc_cmd *cmd_find_verb(const struct twc_cmd *cmd, const char *word)
{
	for (size_t i = 0; cmd_list[i]; i++) {
		const char *name = cmd_verb_name(cmd, cmd_list[i]);

		if (name && strcmp(name, word) == 0)
			return cmd_list[i];
	}
	return NULL;
}

bool cmd_has_verbs(const struct twc_cmd *cmd)
{
	for (size_t i = 0; cmd_list[i]; i++)
		if (cmd_verb_name(cmd, cmd_list[i]))
			return true;
	return false;
}

const char *cmd_dashed(const struct twc_cmd *cmd, char *buf, size_t cap)
{
	size_t n = strlen(cmd->name);

	TWC_ASSERT(n < cap);
	for (size_t i = 0; i <= n; i++)
		buf[i] = cmd->name[i] == ' ' ? '-' : cmd->name[i];
	return buf;
}
