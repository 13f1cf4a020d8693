/* SPDX-License-Identifier: MIT */
/*
 * Where logins, tokens and passwords come from: no secret has to stand in argv. Files that are read into
 * memory, too: of options that want all of it before anything is sent.
 */
#include "http_secret.h"
#include "out.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum {
	SECRET_MAX = 16384,
	READ_PIECE = 65536,
};

static int read_all(int fd, struct twc_buf *out, struct twc_err *err)
{
	for (;;) {
		char *p;
		ssize_t n;
		int rc = twc_buf_reserve(out, READ_PIECE, &p);

		if (rc < 0)
			return twc_err_set(err, rc, "more than there is room for");
		n = read(fd, p, READ_PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot be read");
		if (n == 0)
			return 0;
		twc_buf_commit(out, (size_t)n);
	}
}

int http_file_read(const char *path, struct twc_buf *out, struct twc_err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct twc_err why = { 0 };
	int rc;

	if (fd < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot open %s", path);
	rc = read_all(fd, out, &why);
	if (!is_stdin)
		close(fd);
	if (rc < 0)
		return twc_err_set(err, rc, "%s: %s", is_stdin ? "standard input" : path, why.text);
	return 0;
}

static int first_line(const char *path, char **out, struct twc_err *err)
{
	struct twc_buf b;
	struct twc_str rest, line = { 0 };
	int rc;

	twc_buf_init(&b, SECRET_MAX + READ_PIECE);
	rc = http_file_read(path, &b, err);
	rest = twc_buf_str(&b);
	if (rc == 0) {
		(void)twc_str_cut(&rest, '\n', &line);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		*out = twc_str_dup(line);
	}
	if (b.data)
		explicit_bzero(b.data, b.cap);
	twc_buf_fini(&b);
	return rc;
}

int http_secret_read(const char *option, const char *value, char **out, struct twc_err *err)
{
	struct twc_err why = { 0 };
	int rc;

	if (strncmp(value, "env:", 4) == 0) {
		const char *found = getenv(value + 4);

		if (!found)
			return twc_err_set(err, TWC_ENOINPUT, "%s: there is no environment variable %s", option, value + 4);
		*out = twc_strdup(found);
		return 0;
	}
	if (value[0] != '@') {
		*out = twc_strdup(value);
		return 0;
	}
	rc = first_line(value + 1, out, &why);
	return rc < 0 ? twc_err_set(err, rc, "%s: %s", option, why.text) : 0;
}

void http_secret_free(char *secret)
{
	if (secret)
		twc_free_secret(secret, strlen(secret));
}

static volatile sig_atomic_t signal_met;

static void on_signal(int signo)
{
	signal_met = signo;
}

/* A line from the terminal; the signals of its keys end it, and the echo comes back in any case. */
static void read_unseen(int fd, const char *question, char *line, size_t cap)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction act = { .sa_handler = on_signal }, old[TWC_ARRAY_LEN(signals)];
	struct termios was, now;
	bool is_tty = tcgetattr(fd, &was) == 0;
	ssize_t n;

	for (size_t i = 0; i < TWC_ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &act, &old[i]);
	if (is_tty) {
		now = was;
		now.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(fd, TCSAFLUSH, &now);
	}
	(void)out_write_fd(fd, question, strlen(question)); /* who sees it may answer at once */
	n = read(fd, line, cap - 1);
	if (is_tty)
		(void)tcsetattr(fd, TCSAFLUSH, &was);
	(void)out_write_fd(fd, "\n", 1);
	for (size_t i = 0; i < TWC_ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &old[i], NULL);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
}

char *http_secret_ask(const char *question)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char line[SECRET_MAX] = "", *secret;

	if (fd < 0)
		return twc_strdup("");
	read_unseen(fd, question, line, sizeof(line));
	close(fd);
	if (signal_met)
		out_die_by_signal(signal_met);
	secret = twc_strdup(line);
	explicit_bzero(line, sizeof(line));
	return secret;
}
