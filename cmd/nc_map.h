/* SPDX-License-Identifier: MIT */
/* Shared by nc_map.c, which decides, and nc_words.c, which writes down. */
#ifndef CMD_NC_MAP_H
#define CMD_NC_MAP_H

#include "nc.h"

#define NC_ENDPOINT_MAX (16U << 20) /* several times the longest argument there can be */

struct nc_map {
	const struct nc_params *p;
	const struct nc_setting *at;
	struct nc_call *call;
	struct twc_buf endpoint; /* being written */
	struct twc_err *err;
};

/* Options whose value goes into an endpoint, or is passed on, must be what they seem to be. 0 or TWC_EUSAGE. */
int nc_check_values(const struct nc_params *p, bool is_ncat, struct twc_err *err);

bool nc_wants_tls(const struct nc_params *p); /* one of ncat's --ssl… */

void nc_add(struct nc_map *m, const char *word);
void nc_take_turn(struct nc_call *call); /* the last word is the endpoint of one turn */
void nc_add_option(struct nc_map *m, const char *name, const char *value); /* nothing when `value` is NULL */

void nc_put(struct nc_map *m, const char *text);
void nc_put_value(struct nc_map *m, const char *text); /* quoted: one value of an endpoint string */
void nc_put_key(struct nc_map *m, const char *key, const char *value); /* nothing when `value` is NULL */
void nc_put_path(struct nc_map *m, const char *path); /* unix:PATH with its keys, but for those of one role */
void nc_add_endpoint(struct nc_map *m);		      /* what was put is a word */

/* The whole endpoint. 0, or TWC_EUSAGE for a faulty proxy, or a -m that is of no family. */
int nc_add_remote(struct nc_map *m, const char *host, uint16_t port);
/* `host` NULL: nc listens on all addresses unless it is told which. */
int nc_add_local(struct nc_map *m, const char *host, uint16_t port);

#endif
