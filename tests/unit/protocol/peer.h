/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the services share: a peer that remembers what it hears, a service joined to it in memory,
 * and one joined to a bare UDP socket.
 */
#ifndef TEST_PEER_H
#define TEST_PEER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <twc/protocol.h>
#include <twc/reactor.h>
#include <unistd.h>

struct peer {
	struct twc_protocol base;
	char *got; /* owned */
	size_t n;
	size_t hold_at; /* pauses when it has this much; 0: never */
	bool has_eof, is_lost;
	struct twc_err reason;
};

static void peer_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct peer *peer = (struct peer *)p;

	peer->got = realloc(peer->got, peer->n + n + 1);
	assert_non_null(peer->got);
	memcpy(peer->got + peer->n, data, n);
	peer->n += n;
	peer->got[peer->n] = 0;
	if (peer->hold_at && peer->n >= peer->hold_at) {
		peer->hold_at = 0;
		twc_transport_pause(p->transport);
	}
}

static void peer_eof(struct twc_protocol *p)
{
	((struct peer *)p)->has_eof = true;
}

static void peer_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct peer *peer = (struct peer *)p;

	assert_false(peer->is_lost);
	peer->is_lost = true;
	peer->reason = *reason;
}

static const struct twc_protocol_ops peer_ops = {
	.name = "peer",
	.data = peer_data,
	.eof = peer_eof,
	.lost = peer_lost,
};

/* A service with one client, and the service's own protocol watched for its end. */
struct rig {
	struct twc_reactor *reactor;
	const struct twc_service *service;
	struct twc_factory *factory;
	struct twc_protocol *inner; /* the service's; valid until is_lost */
	const struct twc_protocol_ops *inner_ops;
	struct twc_protocol_ops spy_ops;
	bool is_lost;
	struct twc_err reason;
	struct peer peer;
	int udp; /* the bare socket, or -1 */
};

/* The spy's lost must find its rig from the protocol alone; one rig at a time is alive. */
static struct rig *current_rig;

static inline void rig_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct rig *rig = current_rig;

	assert_ptr_equal(p, rig->inner);
	assert_false(rig->is_lost);
	rig->is_lost = true;
	rig->reason = *reason;
	rig->inner_ops->lost(p, reason);
}

static inline void rig_init(struct rig *rig, const char *service, const char *arg)
{
	struct twc_err err;

	memset(rig, 0, sizeof(*rig));
	rig->udp = -1;
	rig->peer.base.ops = &peer_ops;
	rig->reactor = twc_reactor_new_fake(&err);
	assert_non_null(rig->reactor);
	rig->service = twc_service_find(service);
	assert_non_null(rig->service);
	rig->factory = rig->service->create(rig->reactor, arg, &err);
	assert_non_null(rig->factory);
}

static inline void rig_build(struct rig *rig)
{
	struct twc_addr none = { .kind = TWC_ADDR_NONE };

	rig->inner = twc_factory_build(rig->factory, &none);
	assert_non_null(rig->inner);
	rig->inner_ops = rig->inner->ops;
	rig->spy_ops = *rig->inner_ops;
	rig->spy_ops.lost = rig_lost;
	rig->inner->ops = &rig->spy_ops;
	current_rig = rig;
}

/* One client over memory. */
static inline void rig_join(struct rig *rig)
{
	rig_build(rig);
	twc_transport_pair(rig->reactor, 0, rig->inner, &rig->peer.base);
}

static inline void rig_run(struct rig *rig)
{
	twc_reactor_advance(rig->reactor, 0);
}

/* A datagram client: the service on a socket connected to rig->udp. */
static inline void rig_join_udp(struct rig *rig)
{
	struct sockaddr_in a[2];
	struct twc_err err;
	int fd[2];

	for (int i = 0; i < 2; i++) {
		socklen_t len = sizeof(a[i]);

		a[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_true(fd[i] >= 0);
		assert_int_equal(bind(fd[i], (struct sockaddr *)&a[i], len), 0);
		assert_int_equal(getsockname(fd[i], (struct sockaddr *)&a[i], &len), 0);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(connect(fd[i], (struct sockaddr *)&a[!i], sizeof(a[!i])), 0);
	rig->udp = fd[1];
	rig_build(rig);
	assert_non_null(twc_transport_from_socket(rig->reactor, fd[0], rig->inner, &err));
	rig_run(rig);
}

/* Sends one datagram, runs the service, and returns the length of its answer; -1 for none. */
static inline ssize_t rig_ask(struct rig *rig, const void *p, size_t n, void *answer, size_t cap)
{
	assert_int_equal(send(rig->udp, p, n, 0), (ssize_t)n);
	rig_run(rig);
	return recv(rig->udp, answer, cap, MSG_DONTWAIT);
}

static inline void rig_fini(struct rig *rig)
{
	if (rig->inner && !rig->is_lost)
		twc_transport_abort(rig->inner->transport);
	if (rig->peer.base.transport && !rig->peer.is_lost)
		twc_transport_abort(rig->peer.base.transport);
	rig_run(rig);
	if (rig->inner)
		assert_true(rig->is_lost);
	rig->service->destroy(rig->factory);
	twc_reactor_free(rig->reactor);
	free(rig->peer.got);
	if (rig->udp >= 0)
		close(rig->udp);
	current_rig = NULL;
}

#endif
