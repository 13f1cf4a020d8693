/* SPDX-License-Identifier: MIT */
/*
 * One speaks in a room, many listen.
 *
 *     fanout ADDRESS [-c LISTENERS] [-t SECONDS] [-w WARM-UP] [-s SIZE] [-o LINES] [-x] [-p PID]...
 *         One more connection says lines of SIZE bytes, as long as fewer than LINES are on their way to the slowest
 *         listener. -x: yet another one never reads; it counts for nothing. The warm-up then begins when so much was
 *         said that the kernel's buffers on the way to it are full.
 *
 * A line counts when the last listener has it, so what a server loses cannot make it look fast. All hear the same: the
 * first listener reads it and counts the lines, of the others' the bytes are counted and thrown away unread, which
 * leaves the server the narrowest place.
 * The result is one JSON object on standard output; the resident memory is that of all PIDs, at both ends of the measured
 * window.
 */
#include "bench.h"

#define BATCH 1024
#define SAID_MAX 65536 /* bytes in one send */
#define QUIET_MS 300   /* without a word of the room's own, everybody is in */
#define FULL_BYTES (8u * 1024 * 1024)
#define FULL_S 20
#define WELCOME_MS 100 /* for the first word to a newcomer; a short backlog would drop those who come too fast */

struct options {
	struct where where;
	struct pids server;
	double seconds, warm_up;
	unsigned listeners, ahead;
	size_t size;
	bool has_sleeper;
};

struct listener {
	int fd;
	uint64_t bytes;
};

struct room {
	const struct options *o;
	struct listener *listener;
	int ep, speaker;
	uint64_t lines;	   /* that the first listener has */
	uint64_t said;	   /* lines */
	size_t begun;	   /* bytes of the next one that are out */
	uint64_t heard;	   /* by the slowest */
	uint64_t is_ended; /* connections */
};

static char said[SAID_MAX], got[256 * 1024];

/* Eight at a time: a byte of `x` is zero where the text has a newline. */
static uint64_t count_lines(const char *p, size_t n)
{
	const uint64_t ones = 0x0101010101010101, low = 0x7f7f7f7f7f7f7f7f;
	uint64_t lines = 0;
	size_t i = 0;

	for (uint64_t x; i + 8 <= n; i += 8) {
		memcpy(&x, p + i, 8);
		x ^= ones * '\n';
		x = ~(((x & low) + low) | x) >> 7 & ones;
		lines += x * ones >> 56;
	}
	for (; i < n; i++)
		lines += p[i] == '\n';
	return lines;
}

static int enter(const struct options *o)
{
	int fd = where_connect(&o->where, 0);

	if (fd < 0)
		die("connect");
	return fd;
}

static void enter_and_sleep(const struct options *o)
{
	int fd = enter(o), smallest = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof(smallest));
}

static void listen_once(struct room *room, int timeout_ms, int *n_ready)
{
	static struct epoll_event events[BATCH];
	int n = epoll_wait(room->ep, events, BATCH, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct listener *l = events[i].data.ptr;
		bool is_first = l == room->listener;
		ssize_t k = recv(l->fd, got, sizeof(got), MSG_DONTWAIT | (is_first ? 0 : MSG_TRUNC));

		if (k > 0) {
			l->bytes += (size_t)k;
			room->lines += is_first ? count_lines(got, (size_t)k) : 0;
		} else if (k == 0 || errno != EAGAIN) {
			room->is_ended++;
			close(l->fd);
		}
	}
	*n_ready = n;
}

static void room_fill(struct room *room, const struct options *o)
{
	room->o = o;
	room->ep = epoll_create1(EPOLL_CLOEXEC);
	room->listener = calloc(o->listeners + 1, sizeof(*room->listener));
	for (unsigned i = 0; i <= o->listeners; i++) {
		struct listener *l = &room->listener[i]; /* the last is the speaker: it hears who comes and goes */
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = l };

		l->fd = enter(o);
		if (epoll_ctl(room->ep, EPOLL_CTL_ADD, l->fd, &ev) < 0)
			die("epoll_ctl");
		for (int n = 1; n > 0 && l->bytes == 0; )
			listen_once(room, WELCOME_MS, &n);
	}
	room->speaker = room->listener[o->listeners].fd;
	if (o->has_sleeper)
		enter_and_sleep(o);
	for (int n = 1; n > 0; )
		listen_once(room, QUIET_MS, &n);
	for (unsigned i = 0; i < o->listeners; i++)
		room->listener[i].bytes = 0;
	room->lines = 0;
}

static void speak(struct room *room)
{
	size_t size = room->o->size;

	while (room->said < room->heard + room->o->ahead) {
		size_t lines = room->heard + room->o->ahead - room->said, most = SAID_MAX / size - 1;
		ssize_t n = send(room->speaker, said + room->begun, (lines < most ? lines : most) * size - room->begun,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			die("the speaker was thrown out");
		room->said += (room->begun + (size_t)n) / size;
		room->begun = (room->begun + (size_t)n) % size;
	}
}

static void find_slowest(struct room *room)
{
	uint64_t least = UINT64_MAX, most = room->listener[0].bytes;

	for (unsigned i = 0; i < room->o->listeners; i++) {
		if (room->listener[i].bytes < least)
			least = room->listener[i].bytes;
	}
	if (least >= most)
		room->heard = room->lines;
	else
		room->heard = (uint64_t)((double)room->lines * (double)least / (double)most);
}

static void talk(struct room *room, double seconds)
{
	uint64_t ends = now_ns() + (uint64_t)(seconds * 1e9);
	int n;

	while (now_ns() < ends) {
		speak(room);
		listen_once(room, 10, &n);
		find_slowest(room);
	}
}

/* Until the one who never reads has all that its kernel buffers take, or nobody hears anything any more. */
static void talk_until_full(struct room *room)
{
	uint64_t ends = now_ns() + FULL_S * NS_PER_S, before;

	do {
		before = room->heard;
		talk(room, 1);
	} while (room->heard > before && room->heard * room->o->size < FULL_BYTES && now_ns() < ends);
}

static uint64_t resident_kb(const struct pids *p)
{
	char path[64], buf[4096];
	uint64_t kb = 0;

	for (int i = 0; i < p->n; i++) {
		const char *line;

		snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", p->pid[i]);
		read_file(path, buf, sizeof(buf));
		line = strstr(buf, "\nRss:");
		kb += line ? strtoull(line + 5, NULL, 10) : 0;
	}
	return kb;
}

int main(int argc, char **argv)
{
	struct options o = { .seconds = 1, .warm_up = 0.3, .listeners = 1000, .size = 64, .ahead = 8000 };
	struct room room = { .o = &o };
	struct cost from, to;
	uint64_t before, kb;
	int c;

	if (argc < 2)
		die("usage: fanout ADDRESS [-c N] [-t S] [-w S] [-s N] [-o N] [-x] [-p PID]...");
	o.where = where_parse(argv[1]);
	optind = 2;
	while ((c = getopt(argc, argv, "c:t:w:s:o:xp:")) != -1) {
		switch (c) {
		case 'c': o.listeners = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': o.seconds = strtod(optarg, NULL); break;
		case 'w': o.warm_up = strtod(optarg, NULL); break;
		case 's': o.size = strtoul(optarg, NULL, 10); break;
		case 'o': o.ahead = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'x': o.has_sleeper = true; break;
		case 'p': pids_add(&o.server, optarg); break;
		default: return 64;
		}
	}
	if (o.size < 2 || o.size > SAID_MAX / 2 || o.listeners < 1 || o.ahead < 1)
		die("size, listeners or lines");
	memset(said, 'x', sizeof(said));
	for (size_t i = o.size - 1; i < sizeof(said); i += o.size)
		said[i] = '\n';
	room_fill(&room, &o);
	if (o.has_sleeper)
		talk_until_full(&room);
	talk(&room, o.warm_up);
	before = room.heard;
	kb = resident_kb(&o.server);
	from = cost_now(&o.server);
	talk(&room, o.seconds);
	to = cost_now(&o.server);
	printf("{\"mode\":\"fanout\",\"listeners\":%u,\"done\":%llu,\"said\":%llu,\"errors\":%llu,\"rss_growth_kb\":%lld,",
	       o.listeners, (unsigned long long)(room.heard - before), (unsigned long long)room.said,
	       (unsigned long long)room.is_ended, (long long)(resident_kb(&o.server) - kb));
	cost_print(&from, &to);
	printf("}\n");
	return 0;
}
