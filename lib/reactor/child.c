/* SPDX-License-Identifier: MIT */
/*
 * Children: fork and exec with an error pipe, so that a program that cannot be run is reported by the call itself;
 * the end comes through a pidfd in the epoll set. Needs Linux 5.3.
 *
 * Between fork and exec only async-signal-safe calls are made: all that needs memory is prepared before.
 */
#include "reactor/reactor_priv.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/banned.h"

#define STATUS_UNKNOWN (255 << 8) /* the host ignores SIGCHLD, so the kernel threw the status away */
#define FD_SCAN_MAX 65536

struct twc_child {
	struct twc_child *next, **at;
	struct twc_reactor *r;
	struct twc_watch watch; /* pidfd */
	twc_child_fn fn;	/* NULL once released */
	void (*forgotten)(void *arg); /* may be NULL */
	void *arg;
	pid_t pid;
	bool group;
	bool reaped;
};

/* What the child tells through the error pipe. */
enum stage { STAGE_CHDIR, STAGE_FDS, STAGE_EXEC };
struct failure {
	enum stage stage;
	int sys;
};

/* Everything the new process needs, made before the fork. */
struct plan {
	const struct twc_spawn *how;
	char **candidates; /* paths to try */
	char **envp;
	int error_fd;
};

/* ---- before the fork ---- */

static size_t count(const char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

static void strv_free(char **v)
{
	for (size_t i = 0; v && v[i]; i++)
		twc_free(v[i]);
	twc_free(v);
}

static char **plan_candidates(const char *name)
{
	const char *path = getenv("PATH");
	struct twc_str rest = twc_str_of(path && *path ? path : "/usr/local/bin:/bin:/usr/bin"), dir;
	size_t n = 0, cap = 2;

	if (strchr(name, '/') || !*name) {
		char **v = twc_calloc(2, sizeof(*v));
		v[0] = twc_strdup(name);
		return v;
	}
	for (size_t i = 0; i < rest.n; i++)
		cap += rest.p[i] == ':';
	char **v = twc_calloc(cap, sizeof(*v));
	while (n + 1 < cap && twc_str_cut(&rest, ':', &dir))
		v[n++] = dir.n ? twc_asprintf("%.*s/%s", (int)dir.n, dir.p, name) : twc_strdup(name);
	return v;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");
	return strncmp(a, b, n) == 0 && b[n] == '=';
}

/* NULL: the environment as it is. The strings stay whose they are. */
static char **plan_env(const struct twc_spawn *how)
{
	const char *const *base = how->envp ? how->envp : (const char *const *)environ;
	size_t n_add = count(how->env_add), n = 0;
	char **v = twc_calloc(count(base) + n_add + 1, sizeof(*v));

	for (size_t i = 0; base && base[i]; i++) {
		bool hidden = false;
		for (size_t k = 0; k < n_add && !hidden; k++)
			hidden = same_name(how->env_add[k], base[i]);
		if (!hidden)
			v[n++] = (char *)(uintptr_t)base[i];
	}
	for (size_t k = 0; k < n_add; k++)
		v[n++] = (char *)(uintptr_t)how->env_add[k];
	return v;
}

/* ---- in the child ---- */

static TWC_NORETURN void child_fail(const struct plan *p, enum stage stage)
{
	struct failure f = { .stage = stage, .sys = errno };
	ssize_t n = write(p->error_fd, &f, sizeof(f));

	(void)n;
	_exit(f.sys == ENOENT ? 127 : 126);
}

/* Handlers of this process must not run in the child; a SIGPIPE ignored for our sake must not surprise it. Signals
 * ignored on purpose (nohup) stay ignored. */
static void child_signals(void)
{
	struct sigaction sa, dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		if (sigaction(signo, NULL, &sa) == 0 && (sa.sa_handler != SIG_IGN || signo == SIGPIPE))
			sigaction(signo, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* All sources go above 2 first, so that no target overwrites a source still needed. */
static bool child_fds(struct plan *p)
{
	int high[3];
	int error_fd = fcntl(p->error_fd, F_DUPFD_CLOEXEC, 3);

	if (error_fd < 0)
		return false;
	p->error_fd = error_fd;
	for (int i = 0; i < 3; i++) {
		int fd = p->how->fd[i];
		high[i] = -1;
		if (fd == -1)
			continue;
		if (fd == -2 && (fd = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
			return false;
		high[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (high[i] < 0)
			return false;
	}
	for (int i = 0; i < 3; i++)
		if (high[i] >= 0 && dup2(high[i], i) < 0)
			return false;
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) { /* Linux < 5.11 */
		long max = sysconf(_SC_OPEN_MAX);
		for (int fd = 3; fd < (max > 0 && max < FD_SCAN_MAX ? max : FD_SCAN_MAX); fd++)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	return true;
}

static TWC_NORETURN void child_main(struct plan *p)
{
	bool searched = !strchr(p->how->argv[0], '/'), denied = false;
	struct stat st;

	if (p->how->new_session)
		setsid();
	else if (p->how->new_group)
		setpgid(0, 0);
	child_signals();
	if (!child_fds(p))
		child_fail(p, STAGE_FDS);
	if (p->how->controlling_tty && ioctl(0, TIOCSCTTY, 0) < 0)
		child_fail(p, STAGE_FDS);
	if (p->how->chdir && chdir(p->how->chdir) < 0)
		child_fail(p, STAGE_CHDIR);
	for (size_t i = 0; p->candidates[i]; i++) {
		execve(p->candidates[i], (char *const *)(uintptr_t)p->how->argv, p->envp);
		if (errno == EACCES) /* a later one may do; a directory of PATH closed to us holds nothing for us */
			denied |= !searched || stat(p->candidates[i], &st) == 0;
		else if (errno != ENOENT && errno != ENOTDIR)
			child_fail(p, STAGE_EXEC);
	}
	errno = denied ? EACCES : ENOENT;
	child_fail(p, STAGE_EXEC);
}

/* ---- in the parent ---- */

static int report(const struct plan *p, const struct failure *f, struct twc_err *err)
{
	const char *name = p->how->argv[0];
	int sys = f->sys;

	if (f->stage == STAGE_FDS)
		return twc_err_sys(err, TWC_EOS, sys, NULL, "cannot run %s: redirecting its descriptors failed", name);
	if (f->stage == STAGE_CHDIR)
		return twc_err_sys(err, TWC_ENOINPUT, sys, NULL, "cannot run %s: cannot change to directory %s", name,
				   p->how->chdir);
	return twc_err_sys(err, TWC_ENOINPUT, sys, NULL, "cannot run %s: %s", name,
			   sys == ENOENT    ? "not found"
			   : sys == EACCES  ? "permission denied"
			   : sys == ENOEXEC ? "not a program"
			   : sys == E2BIG   ? "arguments and environment too long"
					    : "execution failed");
}

/* The child with every signal blocked from before the fork on, so that no handler of ours runs in it. */
static pid_t plan_fork(struct plan *p)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	if (pid == 0)
		child_main(p);
	int sys = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = sys;
	return pid;
}

/* Starts the program: its pid, and *pidfd; or an error when exec has failed. */
static pid_t plan_start(struct plan *p, int *pidfd, struct twc_err *err)
{
	struct failure f;
	ssize_t n;
	int ends[2];

	*pidfd = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return twc_err_sys(err, errno == EMFILE || errno == ENFILE ? TWC_ELIMIT : TWC_EOS, errno, NULL,
				   "cannot run %s: pipe failed", p->how->argv[0]);
	p->error_fd = ends[1];
	pid_t pid = plan_fork(p);
	int sys = errno;
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return twc_err_sys(err, TWC_EOS, sys, NULL, "cannot run %s: fork failed", p->how->argv[0]);
	}
	while ((n = read(ends[0], &f, sizeof(f))) < 0 && errno == EINTR)
		;
	close(ends[0]);
	if (n == (ssize_t)sizeof(f)) {
		waitpid(pid, NULL, 0);
		return report(p, &f, err);
	}
	*pidfd = pidfd_open(pid, 0);
	if (*pidfd >= 0)
		return pid;
	sys = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return twc_err_sys(err, sys == EMFILE || sys == ENFILE ? TWC_ELIMIT : TWC_EOS, sys, NULL,
			   "cannot run %s: pidfd_open failed", p->how->argv[0]);
}

static void child_unlink(struct twc_child *c)
{
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	twc__watch_drop(c->r, &c->watch);
}

static void on_pidfd(struct twc_watch *w, unsigned ready)
{
	struct twc_child *c = TWC_CONTAINER_OF(w, struct twc_child, watch);
	int status = STATUS_UNKNOWN;
	pid_t pid;

	(void)ready;
	while ((pid = waitpid(c->pid, &status, WNOHANG)) < 0 && errno == EINTR)
		;
	if (pid == 0)
		return;
	c->reaped = true;
	child_unlink(c);
	if (c->fn) {
		c->r->n_children--;
		c->fn(c, status, c->arg);
	}
	twc_free(c);
}

/* Takes over the pidfd. */
static struct twc_child *child_add(struct twc_reactor *r, pid_t pid, int pidfd, bool group, twc_child_fn fn, void *arg,
				   struct twc_err *err)
{
	struct twc_child *c = twc_calloc(1, sizeof(*c));

	*c = (struct twc_child){ .r = r, .fn = fn, .arg = arg, .pid = pid, .group = group };
	if (twc__watch_add(r, &c->watch, pidfd, on_pidfd, err) < 0) {
		kill(c->group ? -pid : pid, SIGKILL);
		waitpid(pid, NULL, 0);
		twc_free(c);
		return NULL;
	}
	c->next = r->children;
	c->at = &r->children;
	if (c->next)
		c->next->at = &c->next;
	r->children = c;
	r->n_children++;
	return c;
}

struct twc_child *twc_child_spawn(struct twc_reactor *r, const struct twc_spawn *how, twc_child_fn fn, void *arg,
				  struct twc_err *err)
{
	struct plan p = { .how = how };
	int pidfd;

	TWC_ASSERT(fn && how->argv && how->argv[0]);
	p.candidates = plan_candidates(how->argv[0]);
	p.envp = plan_env(how);
	pid_t pid = plan_start(&p, &pidfd, err);
	strv_free(p.candidates);
	twc_free(p.envp);
	if (pid < 0)
		return NULL;
	return child_add(r, pid, pidfd, how->new_group || how->new_session, fn, arg, err);
}

struct twc_child *twc_child_adopt(struct twc_reactor *r, pid_t pid, twc_child_fn fn, void *arg, struct twc_err *err)
{
	int pidfd = pidfd_open(pid, 0), sys = errno;

	TWC_ASSERT(fn);
	if (pidfd >= 0)
		return child_add(r, pid, pidfd, false, fn, arg, err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	twc_err_sys(err, sys == EMFILE || sys == ENFILE ? TWC_ELIMIT : TWC_EOS, sys, NULL, "pidfd_open failed");
	return NULL;
}

pid_t twc_child_pid(const struct twc_child *c)
{
	return c->pid;
}

bool twc_child_kill(struct twc_child *c, int signo)
{
	siginfo_t info = { 0 };

	if (c->group) /* what it started may outlive it */
		return kill(-c->pid, signo) == 0;
	if (c->reaped)
		return false;
	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid)
		return false;
	return kill(c->pid, signo) == 0;
}

void twc_child_release(struct twc_child *c)
{
	if (c->reaped || !c->fn)
		return; /* in its own callback: freed when that returns */
	c->fn = NULL;
	c->forgotten = NULL;
	c->r->n_children--;
}

void twc__child_on_forgotten(struct twc_child *c, void (*fn)(void *arg))
{
	c->forgotten = fn;
}

void twc__children_fini(struct twc_reactor *r)
{
	while (r->children) {
		struct twc_child *c = r->children;
		waitpid(c->pid, NULL, WNOHANG);
		child_unlink(c);
		if (c->forgotten)
			c->forgotten(c->arg);
		twc_free(c);
	}
}

void twc__children_disown(struct twc_reactor *r)
{
	for (struct twc_child *c = r->children; c; c = c->next)
		close(c->watch.fd);
}
