/* SPDX-License-Identifier: MIT */
/*
 * A program that answers a request: the body is its standard input, what it writes goes to whoever asked for it, and its error
 * output to the log. So many run at a time as the site allows; the others wait their turn.
 *
 *	request's body  --pause, resume-->  child  --pause, resume-->  output()
 *
 * A client that goes takes its program with it: SIGTERM to the whole group, and SIGKILL to what is left of it some seconds later.
 */
#ifndef TWC_APP_HTTP_PROGRAM_H
#define TWC_APP_HTTP_PROGRAM_H

#include "app/http/site.h"

#define TWC__HTTP_PROGRAMS_WAITING_MAX 1024 /* requests in the queue; more are answered with 503 */

/* "NAME=value"…, owned. Zeroed it is empty. */
struct twc__http_env {
	char **v; /* NULL-terminated once something is in it */
	size_t n, cap;
};
void twc__http_env_add(struct twc__http_env *e, const char *name, struct twc_str value);
/* PREFIX_NAME, with NAME in capitals and '_' for what is neither letter nor digit. */
void twc__http_env_add_as(struct twc__http_env *e, const char *prefix, struct twc_str name, struct twc_str value);
/* Each field of the request as PREFIX_NAME, those of one name joined. Left out: names with '_', which could pass for others, Proxy,
 * which libraries take for a proxy of their own, and the names of `without` (NULL-terminated; may be NULL). */
void twc__http_env_add_fields(struct twc__http_env *e, const char *prefix, const struct twc_http_fields *fields,
			      const char *const *without);
/* What exec: tells a program: of the connection as `serve --exec` does, and TWC_METHOD, TWC_PATH, TWC_HEADER_… of the request. */
void twc__http_env_add_request(struct twc__http_env *e, struct twc_http_exchange *x);
void twc__http_env_fini(struct twc__http_env *e);

/* What a route says is to be run. Zeroed it is nothing. */
struct twc__http_command {
	char *text;    /* owned; of a script */
	char *program; /* owned; NULL: the first of the words */
	char **word;   /* owned: one allocation; NULL-terminated */
};
/* The words of a command; a program with a slash is found from `base` on. 0, TWC_EUSAGE, or what running it would give. */
int twc__http_command_parse(struct twc__http_command *c, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
			    struct twc_err *err);
/* A shell's script. 0 or TWC_EUSAGE. */
int twc__http_command_script(struct twc__http_command *c, struct twc_str arg, struct twc_err *err);
void twc__http_command_fini(struct twc__http_command *c); /* in any case */

struct twc__http_program_ops {
	void (*output)(void *arg, const uint8_t *p, size_t n);
	/*
	 * Once, last, unless the exchange ended before: the program ended with `status` of waitpid, and all its output was told; or
	 * err->code says why it was not started or not waited for (TWC_ETIMEDOUT, TWC_ETOOLONG of its output, TWC_ELIMIT of
	 * the queue). The exchange is nobody's then.
	 */
	void (*ended)(void *arg, int status, const struct twc_err *err);
	/* In its place: the exchange ended before. May be NULL. */
	void (*dropped)(void *arg);
};
struct twc__http_program_opts {
	const char *const *argv;  /* NULL-terminated; as all strings here they live until it was started, or the exchange ends */
	struct twc__http_env env; /* owned from then on */
	bool is_env_whole;	  /* else it is added to our own */
	const char *chdir;	  /* NULL: ours */
	uint64_t timeout_ns;	  /* of running, and as long of waiting before */
	uint64_t max_output;
	const struct twc__http_program_ops *ops;
	void *arg;
};
void twc__http_program_start(struct twc_http_site *s, struct twc_http_exchange *x, const struct twc__http_program_opts *o);

/* For programs that are not run by twc__http_program_start: a place among those that may run at once, given back when the program
 * has ended. False: there is none, and nobody waits. */
bool twc__http_program_take(struct twc_http_site *s);
void twc__http_program_give(struct twc_http_site *s);

/* The options timeout= and max= of a route. 0 or TWC_EUSAGE. */
struct twc__http_program_limits {
	uint64_t timeout_ns; /* 60 s */
	uint64_t max_output;
};
int twc__http_program_limits(struct twc__http_program_limits *l, const struct twc__http_route_opts *o, uint64_t max_output,
			     struct twc_err *err);
/* "the program ended with status 3", "was ended by SIGSEGV". Returns TWC_EIO. */
int twc__http_program_fault(int status, struct twc_err *err);

#endif
