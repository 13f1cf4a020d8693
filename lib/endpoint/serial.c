/* SPDX-License-Identifier: MIT */
/*
 * serial: a terminal line, set up to carry bytes as they are (raw), and put back as it was at the end. Speed and frame
 * are those it has unless they are given.
 */
#include "endpoint/endpoint_int.h"
#include "transport/transport_int.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "base/banned.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)

enum { PARITY_NONE, PARITY_EVEN, PARITY_ODD };
static const char *const parity_words[] = { "none", "even", "odd", NULL };
enum { FLOW_NONE, FLOW_RTSCTS };
static const char *const flow_words[] = { "none", "rtscts", NULL };

static const struct twc_endpoint_arg serial_args[] = {
	{ .name = "path", .kind = TWC_ARG_STRING, .roles = BOTH, .positional = BOTH, .required = BOTH,
	  .help = "the line: /dev/ttyS0, /dev/ttyUSB0" },
	{ .name = "baud", .kind = TWC_ARG_UINT, .roles = BOTH, .help = "speed, 50 to 4000000 (as it is)" },
	{ .name = "parity", .kind = TWC_ARG_WORD, .roles = BOTH, .words = parity_words, .help = "none, even or odd (none)" },
	{ .name = "bits", .kind = TWC_ARG_UINT, .roles = BOTH, .help = "data bits, 5 to 8 (8)" },
	{ .name = "stop", .kind = TWC_ARG_UINT, .roles = BOTH, .help = "stop bits, 1 or 2 (1)" },
	{ .name = "flow", .kind = TWC_ARG_WORD, .roles = BOTH, .words = flow_words,
	  .help = "flow control: none, or rtscts (none)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const serial_groups[] = { serial_args, NULL };

static const struct {
	unsigned baud;
	speed_t speed;
} speeds[] = {
	{ 50, B50 },		 { 75, B75 },		  { 110, B110 },	   { 134, B134 },
	{ 150, B150 },		 { 200, B200 },		  { 300, B300 },	   { 600, B600 },
	{ 1200, B1200 },	 { 1800, B1800 },	  { 2400, B2400 },	   { 4800, B4800 },
	{ 9600, B9600 },	 { 19200, B19200 },	  { 38400, B38400 },	   { 57600, B57600 },
	{ 115200, B115200 },	 { 230400, B230400 },	  { 460800, B460800 },	   { 500000, B500000 },
	{ 576000, B576000 },	 { 921600, B921600 },	  { 1000000, B1000000 },   { 1152000, B1152000 },
	{ 1500000, B1500000 },	 { 2000000, B2000000 },	  { 2500000, B2500000 },   { 3000000, B3000000 },
	{ 3500000, B3500000 },	 { 4000000, B4000000 },
};

/* What must be put back. */
struct line {
	int fd; /* a descriptor of our own for the line: the transport's is closed by then */
	struct termios before;
};

static const speed_t *speed_of(uint64_t baud)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(speeds); i++)
		if (speeds[i].baud == baud)
			return &speeds[i].speed;
	return NULL;
}

static int serial_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *baud = twc__args_get(a, "baud");
	int rc = twc__args_range(a, "bits", 5, 8, err);

	if (rc == 0)
		rc = twc__check_name(twc__args_get(a, "path"), err);
	if (rc == 0)
		rc = twc__args_range(a, "stop", 1, 2, err);
	if (rc == 0 && baud && !speed_of(baud->num))
		rc = twc__fault(err, baud->column, "baud: no speed of a serial line (9600, 57600, 115200, ...)");
	return rc;
}

static void line_release(void *arg)
{
	struct line *l = arg;

	(void)tcsetattr(l->fd, TCSANOW, &l->before);
	close(l->fd);
	twc_free(l);
}

static void line_make(const struct twc__args *a, struct termios *tio)
{
	static const tcflag_t size[] = { CS5, CS6, CS7, CS8 };
	const struct twc__value *baud = twc__args_get(a, "baud");
	uint64_t parity = twc__args_num(a, "parity", PARITY_NONE);

	cfmakeraw(tio);
	tio->c_cc[VMIN] = 1; /* else reading an idle line would look like its end */
	tio->c_cc[VTIME] = 0;
	tio->c_iflag &= ~(tcflag_t)(IXOFF | INPCK | IGNPAR);
	tio->c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
	tio->c_cflag |= CLOCAL | CREAD | size[twc__args_num(a, "bits", 8) - 5];
	if (parity != PARITY_NONE)
		tio->c_cflag |= PARENB | (parity == PARITY_ODD ? PARODD : 0);
	if (twc__args_num(a, "stop", 1) == 2)
		tio->c_cflag |= CSTOPB;
	if (twc__args_num(a, "flow", FLOW_NONE) == FLOW_RTSCTS)
		tio->c_cflag |= CRTSCTS;
	if (baud) {
		cfsetispeed(tio, *speed_of(baud->num));
		cfsetospeed(tio, *speed_of(baud->num));
	}
}

/* tcsetattr succeeds when any part of what was asked for could be done. */
static bool line_took(int fd, const struct termios *want)
{
	const tcflag_t frame = CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS;
	struct termios got;

	return tcgetattr(fd, &got) == 0 && (got.c_cflag & frame) == (want->c_cflag & frame) &&
	       cfgetospeed(&got) == cfgetospeed(want);
}

static int serial_fail(const char *path, int sys, struct twc_err *err)
{
	int code = sys == EMFILE || sys == ENFILE ? TWC_ELIMIT : TWC_ENOINPUT;

	return twc_err_sys(err, code, sys, path, "%s",
			   sys == ENOENT   ? "no such device"
			   : sys == EACCES ? "not allowed to open the line"
			   : sys == EBUSY  ? "somebody else has the line for himself"
			   : sys == ENOTTY ? "not a terminal line"
					   : "cannot open the line");
}

static int serial_prepare(const struct twc_endpoint *e, struct twc__local *l, struct twc_err *err)
{
	const char *path = twc__args_str(&e->args, "path", "");
	struct termios tio, before;
	struct line *line;

	/* Without O_NONBLOCK a line whose carrier is absent would not open. */
	l->in = l->out = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	l->flags = TWC__DEVICE_TTY;
	if (l->in < 0 || tcgetattr(l->in, &before) < 0)
		return serial_fail(path, errno, err);
	line = twc_malloc(sizeof(*line));
	*line = (struct line){ .fd = fcntl(l->in, F_DUPFD_CLOEXEC, 3), .before = before };
	l->arg = line;
	l->release = line_release;
	if (line->fd < 0)
		return serial_fail(path, errno, err);
	tio = before;
	line_make(&e->args, &tio);
	if (tcsetattr(l->in, TCSANOW, &tio) < 0)
		return twc_err_sys(err, TWC_EOS, errno, path, "cannot set up the line");
	if (!line_took(l->in, &tio))
		return twc_err_set(err, TWC_EOS, "the line cannot do this speed or frame (%s)", path);
	return 0;
}

static bool serial_leaves_traces(const struct twc__args *a)
{
	(void)a;
	return true;
}

const struct twc__endpoint_type twc__endpoint_serial = {
	.pub = { .name = "serial", .roles = BOTH, .summary = "a serial line or another terminal, raw",
		 .synopsis = (const char *const[]){ "serial:DEVICE", "serial:DEVICE:baud=115200", NULL },
		 .args = serial_groups },
	.leaves_traces = serial_leaves_traces,
	.check = serial_check,
	.prepare = serial_prepare,
	.listen = twc__local_listen,
};
