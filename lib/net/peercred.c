/* SPDX-License-Identifier: MIT */
/*
 * Who may come in through a UNIX socket, by user. The kernel says who called connect(2) (SO_PEERCRED, unix(7)); that
 * cannot be forged, and holds for streams and records. Datagrams have no such peer.
 */
#include "net/net_int.h"

#include "base/banned.h"

#define USERS_MAX 1024

void twc__users_fini(struct twc__users *u)
{
	twc_free(u->uid);
	*u = (struct twc__users){ 0 };
}

int twc__users_add(struct twc__users *u, struct twc_str who, struct twc_err *err)
{
	uid_t uid = 0;
	int rc = twc__user_find(who, &uid, err);

	if (rc != 0)
		return rc;
	if (u->n == USERS_MAX)
		return twc_err_set(err, TWC_EUSAGE, "more than %d users", USERS_MAX);
	u->uid = twc_realloc(u->uid, (u->n + 1) * sizeof(*u->uid));
	u->uid[u->n++] = uid;
	return 0;
}

bool twc__peer_uid(int fd, uid_t *uid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	*uid = cred.uid;
	return true;
}

bool twc__users_have_peer(const struct twc__users *u, int fd)
{
	uid_t uid;

	if (fd < 0 || !twc__peer_uid(fd, &uid))
		return false;
	for (size_t i = 0; i < u->n; i++) {
		if (u->uid[i] == uid)
			return true;
	}
	return false;
}
