/* SPDX-License-Identifier: MIT */
/*
 * Many datagrams by one system call: recvmmsg into slots of the reactor, each of which holds the longest message. A
 * socket that was told to (UDP_GRO, net/sockopt.c) also gets equal datagrams of one sender merged into one message
 * and its control message says how long each was; here they come apart again, at no cost but this. The slots are
 * the reactor's: whoever received takes all of them, or copies what it cannot use yet, before it returns to the loop.
 */
#include "transport/dgram_int.h"

#include <errno.h>
#include <netinet/udp.h>

#include "base/banned.h"

#define SLOTS 64
#define SLOTS_BIG 4	     /* messages as long as these fill the cache soon */
#define BIG_MESSAGE (8 * 1024)
/* The longest UDP message is 65,535 octets. The rest staggers the slots over the cache, whose sets repeat. */
#define SLOT_SIZE (65536 + 1600)

union address {
	struct sockaddr sa;
	struct sockaddr_in6 in6;
};

struct slot {
	union address from;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

struct twc__dgram_in {
	struct mmsghdr msg[SLOTS];
	struct iovec iov[SLOTS];
	struct slot slot[SLOTS];
	unsigned n, at; /* messages that came; the one at hand */
	unsigned used;	/* headers that the kernel has written to since they were made */
	bool with_names;
	size_t offset;	/* in it */
	bool is_inside; /* it was begun */
	size_t segment; /* of it: the length of its datagrams */
	struct twc__dgram next;
	char data[SLOTS * SLOT_SIZE]; /* a page of it is real memory once used */
};

struct twc__dgram_in *twc__dgram_in(struct twc__tlayer *l)
{
	struct twc__dgram_in *in = l->dgram_in;

	if (in)
		return in;
	in = twc_malloc(sizeof(*in));
	in->n = in->at = 0;
	in->used = SLOTS;
	in->with_names = false;
	for (unsigned i = 0; i < SLOTS; i++)
		in->iov[i] = (struct iovec){ .iov_base = in->data + (size_t)i * SLOT_SIZE, .iov_len = SLOT_SIZE };
	l->dgram_in = in;
	return in;
}

/* Making all headers anew would cost as much as a datagram. */
static void headers_make(struct twc__dgram_in *in, bool with_names)
{
	if (in->with_names != with_names)
		in->used = SLOTS;
	in->with_names = with_names;
	for (unsigned i = 0; i < in->used; i++)
		in->msg[i].msg_hdr = (struct msghdr){
			.msg_name = with_names ? &in->slot[i].from : NULL,
			.msg_namelen = with_names ? sizeof(in->slot[i].from) : 0,
			.msg_iov = &in->iov[i],
			.msg_iovlen = 1,
			.msg_control = in->slot[i].control,
			.msg_controllen = sizeof(in->slot[i].control),
		};
	in->used = 0;
}

int twc__dgrams_receive(struct twc__dgram_in *in, int fd, unsigned *slots, bool with_names)
{
	unsigned want = *slots ? *slots : SLOTS;
	size_t total = 0;
	int n;

	TWC_ASSERT(!twc__dgrams_left(in));
	headers_make(in, with_names);
	n = recvmmsg(fd, in->msg, want, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++)
		total += in->msg[i].msg_len;
	*slots = total > (size_t)n * BIG_MESSAGE ? SLOTS_BIG : SLOTS;
	in->n = in->used = (unsigned)n;
	in->at = 0;
	in->is_inside = false;
	return n;
}

static void note_control(struct twc__dgram_in *in, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			int size = 0;

			memcpy(&size, CMSG_DATA(c), sizeof(size));
			in->segment = size > 0 ? (size_t)size : 0;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			/* of ours, even when it came to a broadcast address */
			memcpy(in->next.local.s6_addr + 12, &info.ipi_spec_dst, 4);
			in->next.ifindex = (unsigned)info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			in->next.local = IN6_IS_ADDR_MULTICAST(&info.ipi6_addr) ? in6addr_any : info.ipi6_addr;
			in->next.ifindex = info.ipi6_ifindex;
		}
	}
}

static void message_begin(struct twc__dgram_in *in)
{
	struct msghdr *msg = &in->msg[in->at].msg_hdr;

	in->is_inside = true;
	in->offset = 0;
	in->segment = 0;
	in->next = (struct twc__dgram){ .from = msg->msg_name, .from_len = msg->msg_namelen, .is_first = true };
	if (msg->msg_controllen)
		note_control(in, msg);
}

bool twc__dgrams_left(const struct twc__dgram_in *in)
{
	return in->at < in->n;
}

bool twc__dgrams_message(struct twc__dgram_in *in, struct twc__dgram *d, size_t *segment)
{
	if (!twc__dgrams_left(in))
		return false;
	TWC_ASSERT(!in->is_inside);
	message_begin(in);
	*d = in->next;
	d->p = in->iov[in->at].iov_base;
	d->n = in->msg[in->at].msg_len;
	*segment = in->segment && in->segment < d->n ? in->segment : d->n;
	in->at++;
	in->is_inside = false;
	return true;
}

bool twc__dgrams_next(struct twc__dgram_in *in, struct twc__dgram *d)
{
	size_t left;

	if (!twc__dgrams_left(in))
		return false;
	if (!in->is_inside)
		message_begin(in);
	left = in->msg[in->at].msg_len - in->offset;
	*d = in->next;
	d->p = (const char *)in->iov[in->at].iov_base + in->offset;
	d->n = in->segment && in->segment < left ? in->segment : left;
	in->next.is_first = false;
	in->offset += d->n;
	if (d->n == left) {
		in->at++;
		in->is_inside = false;
	}
	return true;
}

/* ---- what waits ---- */

/* Memory counts, not bytes: an empty datagram takes some as well. */
size_t twc__inbox_cost(size_t n)
{
	return sizeof(struct twc__chunk) + n;
}

bool twc__inbox_add(struct twc__outq *inbox, const char *data, size_t n)
{
	struct twc__chunk *c = twc_try_malloc(twc__inbox_cost(n));

	if (!c)
		return false;
	*c = (struct twc__chunk){ .end = n, .cap = n };
	if (n)
		memcpy(c->data, data, n);
	*(inbox->tail ? &inbox->tail->next : &inbox->head) = c;
	inbox->tail = c;
	inbox->len += twc__inbox_cost(n);
	return true;
}

static void inbox_pop(struct twc__outq *inbox)
{
	struct twc__chunk *c = inbox->head;

	inbox->head = c->next;
	if (!c->next)
		inbox->tail = NULL;
	inbox->len -= twc__inbox_cost(c->end);
	twc_free(c);
}

void twc__inbox_clear(struct twc__outq *inbox)
{
	while (inbox->head)
		inbox_pop(inbox);
}

ssize_t twc__inbox_take(struct twc__outq *inbox, struct twc_reactor *r, const char **p)
{
	char *buf = twc__reactor_read_buf(r); /* holds the longest */
	size_t n;

	if (!inbox->head)
		return -EAGAIN;
	n = inbox->head->end;
	if (n)
		memcpy(buf, inbox->head->data, n);
	inbox_pop(inbox);
	*p = buf;
	return (ssize_t)n;
}
