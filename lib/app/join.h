/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/app: a join's inside, shared by the three files it is in. join.c is how it begins, goes on and ends;
 * join_limit.c when it has to; join_data.c what it does with the bytes.
 */
#ifndef TWC_APP_JOIN_H
#define TWC_APP_JOIN_H

#include "app/filter.h"
#include "app/pace.h"
#include "transport/transport_int.h"

#include <twc/app.h>

enum twc__join_state {
	SIDE_NONE = 0,
	SIDE_UP,
	SIDE_GONE,
};

struct twc__join_side {
	struct twc_protocol proto;
	struct twc_factory factory;
	struct twc_join *join;	 /* borrowed: the whole */
	struct twc_transport *t; /* borrowed, while UP */
	enum twc__join_state state;
	bool is_built;	 /* the factory has handed the protocol out */
	bool has_ended;	 /* nothing more comes from here */
	bool is_waiting; /* paused by us until the other side takes more */
	bool is_doomed;	 /* to be reset as soon as its queue is out */
	bool is_refused; /* the peer closed while there was more for it */
	bool is_framed;	 /* what passes are datagrams, or messages that frames are made of */
	struct twc_join_count count;
};

struct twc_join {
	struct twc_reactor *r;
	struct twc_join_opts o;
	struct twc__join_side side[2];
	struct twc__codec codec; /* of A */
	struct twc__frames frames;
	struct twc__pace pace; /* of B */
	struct twc__quota quota;
	struct twc_err err;    /* what decides; code 0: clean so far */
	int culprit;	       /* the side it came from; -1: neither */
	struct twc_timer tick; /* looks for silence */
	struct twc_timer max;
	struct twc_timer grace;
	struct twc_timer flush;
	struct twc_timer linger; /* runs when B has ended */
	uint64_t until_idle_ns; /* in force now */
	uint64_t moved;		/* bytes, at the tick that saw them change last */
	uint64_t moved_at;
	bool is_closing; /* our own doing: what the sides report now is a consequence */
	bool is_cut;	 /* by a limit: a program that had to be killed is not to blame */
	bool has_heard;	 /* A has sent something; kept with holds_empty_end only */
	bool is_held;	 /* B's end is kept back until then */
};

static inline struct twc__join_side *twc__join_other(struct twc__join_side *s)
{
	return &s->join->side[s == &s->join->side[0]];
}

static inline bool twc__join_is_local(const struct twc__join_side *s)
{
	return s == &s->join->side[TWC_JOIN_B] && s->join->o.b_is_stdio;
}

/* Do the bytes of `s` go to the other side? */
static inline bool twc__join_passes(const struct twc__join_side *s)
{
	return s == &s->join->side[TWC_JOIN_A] ? !s->join->o.no_a_to_b : !s->join->o.no_b_to_a;
}

/* ---- join.c ---- */

/* Flushes and closes what is still there. */
void twc__join_close(struct twc_join *j);
/* Of several failures the one that got furthest decides. `side`: -1: neither. */
void twc__join_note(struct twc_join *j, const struct twc_err *err, int side);

/* ---- join_limit.c ---- */

/* Closes because of a failure of our own, or of a limit: not at any length. */
void twc__join_expire(struct twc_join *j, const struct twc_err *err);
/* The limits of silence: they count from now. */
void twc__join_watch(struct twc_join *j);
/* The limit of the whole, unless it runs. */
void twc__join_start_max(struct twc_join *j);
/* B has ended. */
void twc__join_start_linger(struct twc_join *j);
void twc__join_stop_timers(struct twc_join *j);

/* ---- join_data.c ---- */

void twc__join_data_init(struct twc_join *j);
void twc__join_data_fini(struct twc_join *j);
/* What the transport of `s` is to speak to. */
struct twc_protocol *twc__join_entry(struct twc__join_side *s);
/* Lets the bytes of `s` pass on their own, where nobody has to look at them. */
void twc__join_pipe(struct twc__join_side *s);
void twc__join_data(struct twc_protocol *p, const uint8_t *data, size_t n);
void twc__join_drained(struct twc_protocol *p);
/* `s` has ended: is that kept back from the other side for now? */
bool twc__join_holds_end(struct twc__join_side *s);
/* The same for good: of messages the end of one half is that of both, or may be, and an input that gave nothing is no reason
 * for it. */
bool twc__join_keeps_end(struct twc__join_side *s);
/* `s` has ended for both ways by a word of its own, and the other side has more for it, which it will not hear: no bytes are left
 * over without an error. */
bool twc__join_is_refused(struct twc__join_side *s);
/* `s` has ended: what is left of a frame goes to `o`; false when it cannot be one, and the join ends. */
bool twc__join_flush(struct twc__join_side *s, struct twc__join_side *o);

#endif
