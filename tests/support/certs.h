/* SPDX-License-Identifier: MIT */
/* Certificates for tests, made anew in a directory of their own: an authority, and what it has signed. */
#ifndef TWC_TEST_CERTS_H
#define TWC_TEST_CERTS_H

#include <stdbool.h>

struct certs {
	char dir[64];
	char ca[96];	     /* ca.pem */
	char server[96];     /* for one.test, *.wild.test, 127.0.0.1, ::1; chain and key in one file */
	char server_key[96]; /* its key alone */
	char expired[96];    /* as server, but over */
	char self[96];	     /* for one.test, signed by itself */
	char client[96];     /* CN=app, signed by the authority */
	char brief[96];      /* as client, for an hour */
	char stranger[96];   /* CN=app, signed by another */
};

void certs_make(struct certs *c);
void certs_remove(struct certs *c);

#endif
