/* SPDX-License-Identifier: MIT */
/* Connected sockets and files for tests. Every failure aborts the test. */
#ifndef TESTS_SUPPORT_SOCKETS_H
#define TESTS_SUPPORT_SOCKETS_H

#include <stddef.h>

void sockets_tcp(int fd[2]);	    /* over 127.0.0.1; fd[0] non-blocking */
void sockets_unix(int fd[2], int type); /* socketpair; fd[0] non-blocking */
void sockets_pipe(int fd[2]);	    /* blocking, as a shell makes them */
int sockets_file(const void *p, size_t n); /* an unlinked regular file with that content, at its start */
/* Sends everything, whatever the socket's mode. */
void sockets_send(int fd, const void *p, size_t n);
/* Bytes until the end of the stream or until nothing is there for 5 s; -1 on a reset. */
long sockets_read_all(int fd, void *buf, size_t cap);
unsigned sockets_count_fds(void); /* open descriptors of this process; to see that none is left behind */

#endif
