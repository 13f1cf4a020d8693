/* SPDX-License-Identifier: MIT */
/* The line itself: put, taken away, cut to the width of the terminal. See status.h. */
#include "status.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define CLEAR "\r\033[K"
enum { STATUS_MAX = 160 };

/* There is one standard error, hence one for the process. */
static struct {
	char text[STATUS_MAX];
	bool is_shown;
} line;

static void put(const char *s, size_t n)
{
	ssize_t written = write(STDERR_FILENO, s, n);

	(void)written;
}

/* From the background it would write over a shell's prompt. */
static bool is_foreground(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group < 0 || group == getpgrp();
}

bool status_hide(void)
{
	bool was_shown = line.is_shown;

	line.is_shown = false;
	if (was_shown && is_foreground())
		put(CLEAR, strlen(CLEAR));
	return was_shown;
}

/* Cut to the width: what wraps cannot be written over. */
void status_show(void)
{
	char text[STATUS_MAX + sizeof(CLEAR)];
	struct winsize size = { 0 };
	int width = STATUS_MAX, n;

	if (!is_foreground())
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 && size.ws_col <= STATUS_MAX)
		width = size.ws_col - 1;
	n = snprintf(text, sizeof(text), CLEAR "%.*s", width, line.text);
	line.is_shown = true;
	put(text, (size_t)n);
}

void status_set(const char *text)
{
	if (!text) {
		(void)status_hide();
		return;
	}
	snprintf(line.text, sizeof(line.text), "%s", text);
	status_show();
}
