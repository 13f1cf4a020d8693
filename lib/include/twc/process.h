/* SPDX-License-Identifier: MIT */
/*
 * A server as a process, or as several: workers that share its ports, whose the process is and where it is written down,
 * the background, the ways to say "ready", and a program that runs beside it.
 */
#ifndef TWC_PROCESS_H
#define TWC_PROCESS_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/endpoint.h>
#include <twc/err.h>
#include <twc/reactor.h>

#include <sys/types.h>

#pragma GCC visibility push(default)

/* ---- workers: one server in several processes ---- */

struct twc_workers;
struct twc_worker;

#define TWC_WORKERS_MAX 256

struct twc_workers_opts {
	unsigned n; /* 1 to TWC_WORKERS_MAX */
	/*
	 * The life of a worker, in a new process, which exits with what it returns. It begins with a copy of all there
	 * was when it was made, the parent's reactor excepted, and does not return to what called the parent's functions.
	 */
	int (*run)(void *arg, struct twc_worker *w);
	void (*ready)(void *arg);		   /* once: all serve */
	void (*gone)(void *arg, unsigned index);   /* the index-th has ended, and may be made anew. May be NULL */
	/* Once: one has exited with a status above 0, after saying why. The others are stopped. */
	void (*failed)(void *arg, int status);
	void (*stopping)(void *arg);			       /* as in struct twc_server_opts */
	void (*stopped)(void *arg, const struct twc_err *err); /* likewise */
	uint64_t accept_timeout_ns, for_ns;		       /* likewise */
	uint64_t drain_ns; /* what the workers allow themselves; a little later they are ended */
	void *arg;
};
/*
 * `r` is the parent's own: with nothing of the workers. A worker that dies by a signal is replaced, after a pause that
 * grows from 50 ms to 10 s while they die young; the log says so (WARN). `o` is copied. NULL: TWC_ENOMEM.
 */
struct twc_workers *twc_workers_new(struct twc_reactor *r, const struct twc_workers_opts *o, struct twc_err *err);
unsigned twc_workers_default(void); /* one for each processor this process may run on, TWC_WORKERS_MAX at most */
void twc_workers_free(struct twc_workers *ws); /* before its reactor; ends those that are left */
/* The signals that stop the server must be watched already: workers leave those blocked. 0 or TWC_EOS. */
int twc_workers_start(struct twc_workers *ws, struct twc_err *err);
void twc_workers_stop(struct twc_workers *ws); /* gracefully; a second time at once */
void twc_workers_cut(struct twc_workers *ws);  /* at once */
void twc_workers_report(struct twc_workers *ws); /* each is asked for what twc_worker_ops calls a report */
void twc_workers_reload(struct twc_workers *ws);
/* What the workers that have ended in order counted. */
void twc_workers_count(const struct twc_workers *ws, uint64_t *total, uint64_t *in, uint64_t *out);

/* What a worker is told; from its loop. */
struct twc_worker_ops {
	void (*stop)(void *arg);   /* gracefully */
	void (*cut)(void *arg);	   /* at once; also when the parent has died */
	void (*report)(void *arg);
	void (*reload)(void *arg); /* may be NULL */
};
unsigned twc_worker_index(const struct twc_worker *w); /* from 0 */
/* Listens to the parent, and tells it that this worker serves. Connections are numbered together with those of the
 * others. `ops` is copied. 0 or TWC_EOS. */
int twc_worker_begin(struct twc_worker *w, struct twc_reactor *r, const struct twc_worker_ops *ops, void *arg,
		     struct twc_err *err);
void twc_worker_opened(struct twc_worker *w); /* a client is there: accept_timeout_ns is over for all */
/* At its end: what it counted, and whether connections were still open. */
void twc_worker_done(struct twc_worker *w, uint64_t total, uint64_t in, uint64_t out, bool is_cut);

/* ---- the process: whose it is, where it is written down, in the background ---- */

struct twc_user;
/* USER[:GROUP], names or numbers; without a group that of the user's entry. Looks them up, no more. NULL: TWC_EUSAGE. */
struct twc_user *twc_user_find(const char *text, struct twc_err *err);
void twc_user_free(struct twc_user *u); /* NULL is fine */
uid_t twc_user_uid(const struct twc_user *u);
gid_t twc_user_gid(const struct twc_user *u);
const char *twc_user_name(const struct twc_user *u); /* NULL: a number without an entry; likewise the next */
const char *twc_user_home(const struct twc_user *u);
/*
 * The process becomes this user for good: supplementary groups, group and user. One that is that user already stays as
 * it is. TWC_EACCESS when it may not, or could go back; it is then to end.
 */
int twc_user_become(const struct twc_user *u, struct twc_err *err);

struct twc_pidfile;
/*
 * A file with the number of this process, which appears whole. It is locked as long as a process has it, and one that is
 * locked is not replaced: TWC_ECANTCREAT with "already running (PID)". Nor is a file that holds something else.
 */
struct twc_pidfile *twc_pidfile_new(const char *path, struct twc_err *err);
/* Removes it if it is still the one that was made; where that is not allowed any more, empties it. NULL is fine. */
void twc_pidfile_free(struct twc_pidfile *p);
void twc_pidfile_forget(struct twc_pidfile *p); /* in a child of fork(2): leaves it to the parent. NULL is fine */

struct twc_daemon {
	pid_t pid; /* of the child; 0 in the child itself */
	int fd;	   /* private */
};
/*
 * Makes a child in a session of its own, with /dev/null as standard input and output. To be called before there is a
 * reactor or a thread. 0 or TWC_EOS, in either process.
 */
int twc_daemon_fork(struct twc_daemon *d, struct twc_err *err);
/* In the parent: until the child is ready (true, with what it said; free `text` in any case) or has ended with *status
 * as waitpid has it. */
bool twc_daemon_wait(struct twc_daemon *d, struct twc_buf *text, int *status);
/* In the child: says so, after twc_daemon_detach. TWC_EIO when the parent has gone: then nobody wants it. */
int twc_daemon_ready(struct twc_daemon *d, struct twc_str text, struct twc_err *err);
/* Standard error becomes /dev/null, unless it is a regular file: whoever reads a pipe until its end would wait. */
void twc_daemon_detach(void);
void twc_daemon_forget(struct twc_daemon *d); /* in a child of the child: it has nothing to say */

/* ---- ready: telling others where it listens ---- */

/* The port number of each port, one a line, in `path`, which appears whole (written beside it and renamed):
 * 0, or TWC_ECANTCREAT. A port without a number gives 0. */
int twc_ready_file(const char *path, struct twc_port *const *port, size_t n, struct twc_err *err);
/* TWC_PORT TWC_HOST TWC_ADDR TWC_URL, and TWC_PORT_2… for further ports, as "NAME=value"; NULL-terminated. Free
 * with twc_ready_env_free. `scheme` as for twc_ready_url. */
char **twc_ready_env(struct twc_port *const *port, size_t n, const char *scheme);
void twc_ready_env_free(char **env);
/* The URL of the k-th address, "tcp://127.0.0.1:7000/", of the loopback for one that means all; "" without an address. `scheme`
 * stands for that of a stream of IP, with an s behind it on TLS ("http": http or https); NULL: the type's own. Free
 * with twc_free. */
char *twc_ready_url(const struct twc_port *port, size_t k, const char *scheme);
/* sd_notify(3): sends `state` ("READY=1") to the socket that NOTIFY_SOCKET names (a path, or @abstract). 0 also
 * when there is none; TWC_ECONFIG when it cannot be reached. */
int twc_ready_notify(const char *state, struct twc_err *err);
/* sd_watchdog_enabled(3): says WATCHDOG=1 to it twice in each WATCHDOG_USEC, if that is for this process (WATCHDOG_PID).
 * 0 also when there is none; TWC_ECONFIG when these are no numbers. */
struct twc_watchdog {
	struct twc_timer timer;
	struct twc_reactor *r; /* NULL: not started */
	uint64_t every_ns;
};
int twc_watchdog_start(struct twc_watchdog *w, struct twc_reactor *r, struct twc_err *err);
void twc_watchdog_stop(struct twc_watchdog *w); /* zeroed is fine */

/* ---- command: a program that runs beside a server ---- */

struct twc_command;
/* `status` is that of waitpid. Once, from the loop; the command is freed after it returns. */
typedef void (*twc_command_fn)(void *arg, int status);
/* Runs argv (NULL-terminated, looked up in PATH) with `env` ("NAME=value"…, NULL-terminated) added. It shares our
 * process group and standard streams, but for the input when `no_input`: then it reads /dev/null. NULL with *err:
 * twc_command_exit tells the status. */
struct twc_command *twc_command_start(struct twc_reactor *r, char *const *argv, char *const *env, bool no_input,
				      twc_command_fn fn, void *arg, struct twc_err *err);
/* Passes a signal on, unless the terminal has sent it to the program already. */
void twc_command_signal(struct twc_command *c, int signo);
/* What a shell would exit with for a program that could not be started: 127 not found, 126 otherwise, and the
 * status of the error for anything else. */
int twc_command_exit(const struct twc_err *err);

#pragma GCC visibility pop
#endif
