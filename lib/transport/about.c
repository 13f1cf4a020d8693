/* SPDX-License-Identifier: MIT */
/* What a transport tells of itself and of its ends. Nothing is changed here. */
#include "transport/transport_priv.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/banned.h"

struct twc_reactor *twc_transport_reactor(const struct twc_transport *t)
{
	return t->r;
}

struct twc_protocol *twc_transport_protocol(const struct twc_transport *t)
{
	struct twc_protocol *p = t->proto, **inner;

	while (p && p->ops->inner && (inner = p->ops->inner(p)))
		p = *inner;
	return p;
}

uint64_t twc_transport_id(const struct twc_transport *t)
{
	return t->id;
}

void twc_transport_peer(const struct twc_transport *t, struct twc_addr *peer)
{
	memset(peer, 0, sizeof(*peer));
	if (t->x && t->x->peer)
		memcpy(peer, t->x->peer, offsetof(struct twc_addr, u) + t->x->peer->len);
	else if (t->ops->peer && !(t->flags & TWC__F_DEAD))
		t->ops->peer(t, peer);
}

void twc_transport_host(const struct twc_transport *t, struct twc_addr *host)
{
	memset(host, 0, sizeof(*host));
	if (t->ops->host && !(t->flags & TWC__F_DEAD))
		t->ops->host(t, host);
}

const char *twc_transport_peer_text(const struct twc_transport *t, char *buf, size_t cap)
{
	struct twc_addr a;

	twc_transport_peer(t, &a);
	if (a.kind != TWC_ADDR_NONE)
		return twc_addr_format(&a, buf, cap);
	snprintf(buf, cap, "%s", t->ops->text ? t->ops->text(t) : t->ops->name);
	return buf;
}

uint64_t twc_transport_bytes_in(const struct twc_transport *t)
{
	return t->bytes_in;
}

uint64_t twc_transport_bytes_out(const struct twc_transport *t)
{
	return t->bytes_out;
}

uint64_t twc__transport_delivered(const struct twc_transport *t)
{
	int fd = t->flags & TWC__F_DEAD ? -1 : twc__transport_socket(t), unacked = 0;
	uint64_t held = t->x ? t->x->held : 0;

	if (fd >= 0 && ioctl(fd, SIOCOUTQ, &unacked) == 0 && unacked > 0)
		held += (uint64_t)unacked;
	return held < t->bytes_out ? t->bytes_out - held : 0;
}

void twc__transport_count_anew(struct twc_transport *t)
{
	t->bytes_in = t->bytes_out = 0;
}

bool twc_transport_is_datagram(const struct twc_transport *t)
{
	return t->ops->is_datagram && !t->ops->has_end;
}

bool twc__transport_has_records(const struct twc_transport *t)
{
	return t->ops->is_datagram && t->ops->has_end;
}

bool twc__transport_is_over(const struct twc_transport *t)
{
	return t->flags & TWC__F_READ_EOF && t->ops->is_gone && t->ops->is_gone(t);
}

bool twc__transport_has_input(const struct twc_transport *t)
{
	int fd = -1, n = 0;

	if (t->flags & (TWC__F_DEAD | TWC__F_READ_EOF))
		return false;
	if (t->x && t->x->back && twc_buf_len(&t->x->back->bytes))
		return true;
	return t->ops->kernel_fd && t->ops->kernel_fd(t, TWC_READ, &fd) != TWC__FD_NONE && ioctl(fd, FIONREAD, &n) == 0 && n > 0;
}

bool twc_transport_is_closing(const struct twc_transport *t)
{
	return t->flags & (TWC__F_DEAD | TWC__F_LOSING);
}

bool twc_transport_has_eof(const struct twc_transport *t)
{
	return t->flags & TWC__F_READ_EOF;
}

int twc_transport_child_status(const struct twc_transport *t)
{
	return t->ops->child_status ? t->ops->child_status(t) : -1;
}

bool twc_transport_child_kill(struct twc_transport *t, int signo)
{
	return !(t->flags & TWC__F_DEAD) && t->ops->child_kill && t->ops->child_kill(t, signo);
}
