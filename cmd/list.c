/* SPDX-License-Identifier: MIT */
/*
 * THE list of subcommands: one line each, in the order help shows them. Everything that names commands -
 * dispatch, help, "did you mean", completion, the tests - reads it from here.
 */
#include "cmd.h"

#define CMD_LIST(X) \
	X(serve)    \
	X(connect)  \
	X(nc)	    \
	X(help)

#define CMD_DECLARE(name) extern const struct twc_cmd cmd_##name;
CMD_LIST(CMD_DECLARE)
#undef CMD_DECLARE

const struct twc_cmd *const cmd_list[] = {
#define CMD_ROW(name) &cmd_##name,
	CMD_LIST(CMD_ROW)
#undef CMD_ROW
	NULL,
};

const char *const cmd_names[] = {
#define CMD_NAME(name) #name,
	CMD_LIST(CMD_NAME)
#undef CMD_NAME
	NULL,
};

const struct twc_cmd *cmd_find(const char *name)
{
	for (size_t i = 0; cmd_list[i]; i++)
		if (strcmp(cmd_list[i]->name, name) == 0)
			return cmd_list[i];
	return NULL;
}
