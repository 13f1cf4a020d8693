/* SPDX-License-Identifier: MIT */
/* A descriptor over a UNIX socket: what arrives, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <twc/app.h>
#include <unistd.h>

/* The descriptor that came with one byte of 0, which is checked. */
static int receive(int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
	char data[8] = { 1 };
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int got;

	assert_int_equal(recvmsg(fd, &msg, MSG_DONTWAIT), 1);
	assert_int_equal(data[0], 0);
	c = CMSG_FIRSTHDR(&msg);
	assert_non_null(c);
	assert_int_equal(c->cmsg_type, SCM_RIGHTS);
	assert_int_equal(c->cmsg_len, CMSG_LEN(sizeof(int)));
	memcpy(&got, CMSG_DATA(c), sizeof(got));
	return got;
}

static void test_handed_over(void **state)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	for (size_t i = 0; i < TWC_ARRAY_LEN(types); i++) {
		int over[2], wire[2], got;
		struct twc_err err = { 0 };
		char c = 0;

		assert_int_equal(socketpair(AF_UNIX, types[i], 0, over), 0);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, wire), 0);
		assert_int_equal(twc_fdpass_check(over[0], &err), 0);
		assert_int_equal(twc_fdpass_send(over[0], wire[0], &err), 0);
		close(wire[0]);
		got = receive(over[1]);
		assert_int_equal(fcntl(got, F_GETFL) & O_NONBLOCK, 0);
		assert_int_equal(write(wire[1], "x", 1), 1);
		assert_int_equal(read(got, &c, 1), 1);
		assert_int_equal(c, 'x');
		assert_int_equal(fcntl(over[0], F_GETFL) & O_NONBLOCK, 0); /* as it was */
		close(got), close(wire[1]), close(over[0]), close(over[1]);
	}
}

static void test_nobody_there(void **state)
{
	int over[2];
	struct twc_err err = { 0 };

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, over), 0);
	close(over[1]);
	assert_int_equal(twc_fdpass_send(over[0], 0, &err), TWC_EPIPEOUT);
	close(over[0]);
	assert_int_equal(twc_fdpass_send(over[0], 0, &err), TWC_EIO);
	assert_int_equal(twc_fdpass_send(0, over[0], &err), TWC_EIO);
	assert_int_equal(err.code, TWC_EIO);
}

static void test_where_to(void **state)
{
	struct twc_err err = { 0 };
	int p[2], fd;

	assert_int_equal(pipe(p), 0);
	assert_int_equal(twc_fdpass_check(p[1], &err), TWC_EUSAGE);
	close(p[0]), close(p[1]);
	assert_int_equal(twc_fdpass_check(p[1], &err), TWC_EUSAGE);
	fd = socket(AF_UNIX, SOCK_STREAM, 0); /* connected to nothing */
	assert_int_equal(twc_fdpass_check(fd, &err), TWC_EUSAGE);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(twc_fdpass_check(fd, &err), TWC_EUSAGE);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handed_over),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_where_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
