/* SPDX-License-Identifier: MIT */
/* pty and serial: one makes the line, the other uses it; links, waiting, hang-ups, and settings put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>

static char dir[64], endpoint_text[200], path[128];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/twc-pty-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/line", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir); /* fails when a link was left behind */
}

static const char *pty(const char *rest)
{
	snprintf(endpoint_text, sizeof(endpoint_text), "pty:link=%s%s", path, rest);
	return endpoint_text;
}

static const char *serial(const char *rest)
{
	snprintf(endpoint_text, sizeof(endpoint_text), "serial:%s%s", path, rest);
	return endpoint_text;
}

static int open_line(void)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void test_bytes_and_hang_up(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_protocol *p = must_connect(pty(":raw=yes:mode=600"), r, &f);
	char text[TWC_ADDR_TEXT_MAX], want[160], buf[16];
	struct stat st;
	int fd;

	(void)state;
	snprintf(want, sizeof(want), "serial:%s", path);
	want[63] = '\0'; /* what a transport remembers */
	assert_string_equal(twc_transport_peer_text(p->transport, text, sizeof(text)), want);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	turns(r, 3);
	assert_int_equal(f.lost, 0); /* nobody has opened it: no hang-up */
	fd = open_line();
	assert_int_equal(write(fd, "a\n\x04\r", 4), 4);
	collect(r, &f, 4);
	assert_memory_equal(f.got, "a\n\x04\r", 4);
	twc_transport_write(p->transport, "\x03\r\n", 3);
	for (uint64_t end = twc_reactor_now(r) + 5 * TWC_NS_PER_S; twc_reactor_now(r) < end;) {
		twc_reactor_step(r);
		if (read(fd, buf, sizeof(buf)) == 3)
			break;
	}
	assert_memory_equal(buf, "\x03\r\n", 3);
	close(fd);
	turn_until(r, &f.lost, 1);
	assert_int_equal(f.reason.code, 0);
	assert_int_not_equal(access(path, F_OK), 0);
	twc_reactor_free(r);
}

static void test_wait(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_endpoint *e = must_parse(pty(":wait=yes:raw=yes"), TWC_CONNECT);
	struct conns f = conns_make();
	struct twc_deferred *d;
	struct outcome o;
	int fd;

	(void)state;
	d = start_connect(e, r, &f, &o);
	turns(r, 3);
	assert_false(o.done);
	fd = open_line();
	assert_true(loop_until(r, &o.done));
	assert_non_null(o.p);
	twc_transport_lose(o.p->transport);
	turn_until(r, &f.lost, 1);
	close(fd);
	twc_deferred_release(d);
	twc_endpoint_free(e);
	o = do_connect(pty(":wait=yes:timeout=10ms"), r, &f);
	assert_int_equal(o.err.code, TWC_ETIMEDOUT);
	assert_int_not_equal(access(path, F_OK), 0);
	twc_reactor_free(r);
}

/* Closing a master throws away what the other side has not read. */
static void test_what_was_written_is_read(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_protocol *p = must_connect(pty(":raw=yes"), r, &f);
	char buf[16] = "";
	ssize_t n = 0;
	int fd = open_line();

	(void)state;
	twc_transport_write(p->transport, "late", 4);
	twc_transport_lose(p->transport);
	for (uint64_t end = twc_reactor_now(r) + 100 * TWC_NS_PER_MS; twc_reactor_now(r) < end;)
		twc_reactor_step(r);
	assert_int_equal(f.lost, 0);
	n = read(fd, buf, sizeof(buf));
	assert_int_equal(n, 4);
	assert_string_equal(buf, "late");
	turn_until(r, &f.lost, 1);
	close(fd);
	twc_reactor_free(r);
}

static void test_serial(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns line = conns_make(), user = conns_make();
	struct twc_endpoint *e = must_parse(pty(""), TWC_LISTEN);
	struct twc_port *port = must_listen(e, r, &line, NULL);
	struct termios before, now;
	struct twc_protocol *p;
	char text[160];
	int fd;

	(void)state;
	line.echo = true;
	assert_string_equal(twc_port_text(port, 0, text, sizeof(text)), serial(""));
	turn_until(r, &line.made, 1);
	fd = open_line(); /* holds it open, and looks */
	assert_int_equal(tcgetattr(fd, &before), 0);
	assert_true(before.c_lflag & ICANON);
	p = must_connect(serial(":baud=57600:stop=2:flow=rtscts"), r, &user);
	assert_int_equal(tcgetattr(fd, &now), 0);
	assert_int_equal(now.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_int_equal(cfgetospeed(&now), B57600);
	assert_true((now.c_cflag & CSTOPB) && (now.c_cflag & CRTSCTS));
	twc_transport_write(p->transport, "x\x04y", 3);
	collect(r, &user, 3);
	assert_memory_equal(user.got, "x\x04y", 3);
	twc_transport_lose(p->transport);
	turn_until(r, &user.lost, 1);
	assert_int_equal(user.reason.code, 0);
	assert_int_equal(tcgetattr(fd, &now), 0);
	assert_int_equal(now.c_lflag, before.c_lflag);
	assert_int_equal(now.c_cflag, before.c_cflag);
	close(fd);
	turn_until(r, &line.lost, 1);
	twc_port_text(port, 0, text, sizeof(text)); /* still has its name */
	twc_port_free(port);
	twc_endpoint_free(e);
	twc_reactor_free(r);
}

/* The end of our half is the end-of-file character, and comes after what was written. */
static void test_end_of_input(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_protocol *p = must_connect(pty(""), r, &f);
	char buf[16] = "";
	int fd = open_line();
	ssize_t n = -1;

	(void)state;
	twc_transport_write(p->transport, "half a line", 11);
	twc_transport_write_eof(p->transport);
	for (uint64_t end = twc_reactor_now(r) + 5 * TWC_NS_PER_S; n < 0 && twc_reactor_now(r) < end;) {
		twc_reactor_step(r);
		n = read(fd, buf, sizeof(buf));
	}
	assert_int_equal(n, 11);
	assert_int_equal(read(fd, buf, sizeof(buf)), 0);
	close(fd);
	turn_until(r, &f.lost, 1);
	twc_reactor_free(r);
}

static void test_faults(void **state)
{
	static const char *const bad[] = { "pty:mode=0", "pty:timeout=1", "pty:raw=maybe", "serial:", "serial:/x:baud=9601",
					   "serial:/x:bits=9", "serial:/x:stop=3", "serial:/x:parity=mark",
					   "serial:/x:flow=xonxoff", "serial:/x\ny", "pty:link=/x\033y", NULL };
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_err err;
	int fd;

	(void)state;
	for (int i = 0; bad[i]; i++)
		if (twc_endpoint_parse(bad[i], TWC_CONNECT, &err) || err.code != TWC_EUSAGE)
			fail_msg("%s", bad[i]);
	assert_int_equal(do_connect("serial:/nonexistent", r, &f).err.code, TWC_ENOINPUT);
	assert_non_null(strstr(do_connect("serial:/dev/null", r, &f).err.text, "not a terminal line"));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(do_connect(pty(""), r, &f).err.code, TWC_ECANTCREAT);
	close(fd);
	unlink(path);
	assert_int_equal(symlink("/dev/pts/99999", path), 0); /* of somebody who was killed */
	twc_transport_lose(must_connect(pty(""), r, &f)->transport);
	turn_until(r, &f.lost, 1);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(do_connect(pty(""), r, &f).err.code, TWC_ECANTCREAT);
	assert_int_equal(unlink(path), 0);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_and_hang_up), cmocka_unit_test(test_wait),
		cmocka_unit_test(test_what_was_written_is_read), cmocka_unit_test(test_serial),
		cmocka_unit_test(test_end_of_input),	  cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
