/* SPDX-License-Identifier: MIT */
/* What the files of <twc/http_sink.h> share. */
#ifndef TWC_APP_HTTP_SINK_H
#define TWC_APP_HTTP_SINK_H

#include "base/digest.h"

#include <twc/http_sink.h>

enum sink_kind {
	SINK_FILE = 0, /* a regular file, or nothing yet */
	SINK_DEVICE,   /* a device, fifo or link to a descriptor that is there: written as it is */
	SINK_STDOUT,
	SINK_NOWHERE,
};

enum sink_state {
	SINK_NEW = 0,
	SINK_OPEN,   /* what comes is written */
	SINK_NO_USE, /* what comes is thrown away: nothing has changed, or nothing is missing */
	SINK_OVER,   /* finished or failed */
};

struct twc_http_sink {
	enum sink_kind kind;
	enum sink_state state;
	char *path;	/* owned: NAME; NULL: a stream, or not known before the head */
	char *part;	/* owned: what is written to, NAME.part or NAME */
	char *dir;	/* owned; NULL: none was given */
	char *led_to;	/* owned: the last segment of where redirects have led; NULL: nowhere */
	char *etag;	/* owned: of what is there; NULL: unknown */
	char *new_etag; /* owned: of what comes; NULL: none that says something about bytes */
	bool is_tagged; /* the part has an entity tag with it, or may have */
	bool header_name, no_clobber, skip_existing, no_part, remove_on_error, remote_time, go_on;
	bool is_there;	   /* skip_existing, and it is */
	bool is_asked_for; /* a terminal by "-" */
	bool is_named;	   /* no_clobber has had its say */
	bool is_proposed;  /* the server has given the name */
	bool decoded;
	bool is_from_name; /* what is there is NAME, not NAME.part */
	bool is_coded;	   /* the offset in the file is none on the wire */
	bool is_whole;	   /* 416: nothing was missing */
	bool has_rest;	   /* a part was left */
	int fd;		   /* -1: closed */
	uint64_t asked;	   /* where the request goes on */
	uint64_t at;	   /* the next byte's place in the file, or count of those written */
	uint64_t first;	   /* where the request went on whose response is written: asked, then */
	uint64_t base;	   /* and where that began: at, then */
	uint64_t hashed;   /* bytes the digest has seen */
	unsigned mode;	   /* of the file that is replaced; 0: none */
	bool has_modified;
	int64_t modified;
	struct twc__digest *digest; /* NULL: no checksum */
	struct twc__checksum want;
};

/* ---- sink_name.c ---- */

/* From what was given, and the URL. 0, TWC_EUSAGE or TWC_ECANTCREAT. */
int twc__http_sink_name(struct twc_http_sink *s, const struct twc_http_sink_opts *o, const struct twc_url *url,
			struct twc_err *err);
/* What Content-Disposition says, if it does, or a redirect. 0, TWC_EPROTO, TWC_ECANTCREAT. */
int twc__http_sink_rename(struct twc_http_sink *s, const struct twc_http_fields *fields, struct twc_err *err);
/* The same name with `i` behind it; 0: as it was. */
void twc__http_sink_number(struct twc_http_sink *s, const char *name, unsigned i);
enum { SINK_NUMBER_MAX = 100 };

/* ---- sink_file.c: the regular file ---- */

/* Sets asked, etag, is_from_name by what is there. 0 or TWC_EDATA. */
int twc__http_sink_look(struct twc_http_sink *s, uint64_t offset, struct twc_err *err);
/* Opens and locks the part, cut to `at`, and has the digest see what is in it. 0, TWC_ECANTCREAT or TWC_EIO. */
int twc__http_sink_open(struct twc_http_sink *s, struct twc_err *err);
/* The same when all of it is there, perhaps as NAME. */
int twc__http_sink_open_whole(struct twc_http_sink *s, struct twc_err *err);
/* An opened one is cut to `at`. */
int twc__http_sink_cut(struct twc_http_sink *s, struct twc_err *err);
/* The entity tag of what comes; twc__http_sink_tag puts it with the part, which is worth it once there is something in it. */
void twc__http_sink_take_etag(struct twc_http_sink *s, const struct twc_http_fields *fields);
void twc__http_sink_tag(struct twc_http_sink *s);
void twc__http_sink_close(struct twc_http_sink *s);
/* Closes it and gives it its name. */
int twc__http_sink_place(struct twc_http_sink *s, struct twc_err *err);
void twc__http_sink_drop(struct twc_http_sink *s); /* closes it and deletes the part */

/* "no space left", for an errno of write; "" for those whose symbol says it all */
const char *twc__http_sink_cause(int sys);

#endif
