/* SPDX-License-Identifier: MIT */
/* What `serve --exec` and the programs of web sites have in common: environment, looking programs up. Not installed. */
#ifndef TWC_EXEC_ENV_H
#define TWC_EXEC_ENV_H

#include <twc/transport.h>

#define TWC__EXEC_ENV_MAX 18

struct twc__exec_env {
	const char *v[TWC__EXEC_ENV_MAX + 1]; /* owned; NULL-terminated: env_add of struct twc_spawn */
	size_t n;
};
/* TWC_PEER and so on, of the connection of `t`; with `ucspi` also PROTO, TCPREMOTEIP and so on. */
void twc__exec_env_init(struct twc__exec_env *e, const struct twc_transport *t, bool ucspi);
void twc__exec_env_fini(struct twc__exec_env *e);

/* exec.c: can it be run, as far as can be seen without doing so? 0, or the error that running it would give. */
int twc__exec_find_program(const char *name, struct twc_err *err);

#endif
