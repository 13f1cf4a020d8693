/* SPDX-License-Identifier: MIT */
/* A reactor for a test: on the fake clock, or on the real one but never for longer than a few seconds. */
#ifndef TESTS_SUPPORT_LOOP_H
#define TESTS_SUPPORT_LOOP_H

#include <twc/reactor.h>

#define LOOP_MS UINT64_C(1000000)
#define LOOP_S UINT64_C(1000000000)

struct twc_reactor *loop_fake(void); /* aborts when the kernel refuses; free with twc_reactor_free */
struct twc_reactor *loop_real(void);
/* Turns on the real clock until *done, which is looked at each millisecond; false after 5 s. */
bool loop_until(struct twc_reactor *r, const bool *done);
/* twc_reactor_run; true when it went well. A SIGALRM ends the program when it does not return within 5 s. */
bool loop_run(struct twc_reactor *r);

#endif
