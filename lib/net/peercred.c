/* SPDX-License-Identifier: MIT */
/*
 * Users and groups by name, and who may come in through a UNIX socket, by user. The kernel says who called connect(2) (SO_PEERCRED, unix(7)); that
 * cannot be forged, and holds for streams and records. Datagrams have no such peer.
 */
#include "net/net_int.h"
#include <twc/parse.h>

#include <grp.h>
#include <pwd.h>

#include "base/banned.h"

#define USERS_MAX 1024
#define NAME_MAX_LEN 255
#define ENTRY_MAX (64 * 1024) /* a line of the user database */

void twc__users_fini(struct twc__users *u)
{
	twc_free(u->uid);
	*u = (struct twc__users){ 0 };
}

/* A number is *id, 0; a name is copied to `name` for the database, 1; else TWC_EUSAGE. */
static int id_parse(struct twc_str who, const char *what, char name[NAME_MAX_LEN + 1], uint32_t *id, struct twc_err *err)
{
	char shown[80];
	uint64_t number;

	if (twc_parse_uint(who, 0, UINT32_MAX - 1, &number, NULL) == 0) {
		*id = (uint32_t)number;
		return 0;
	}
	twc_escape(shown, sizeof(shown), who);
	if (who.n == 0 || who.n > NAME_MAX_LEN || memchr(who.p, 0, who.n))
		return twc_err_set(err, TWC_EUSAGE, "\"%s\" is neither a %s's name nor a number", shown, what);
	memcpy(name, who.p, who.n);
	name[who.n] = '\0';
	return 1;
}

static int id_unknown(struct twc_str who, const char *what, struct twc_err *err)
{
	char shown[80];

	twc_escape(shown, sizeof(shown), who);
	return twc_err_set(err, TWC_EUSAGE, "there is no %s \"%s\" on this system", what, shown);
}

int twc__user_find(struct twc_str who, uid_t *uid, struct twc_err *err)
{
	struct passwd pw, *found = NULL;
	char name[NAME_MAX_LEN + 1], *entry;
	int rc = id_parse(who, "user", name, uid, err);

	if (rc <= 0)
		return rc;
	entry = twc_malloc(ENTRY_MAX);
	(void)getpwnam_r(name, &pw, entry, ENTRY_MAX, &found);
	if (found)
		*uid = found->pw_uid;
	twc_free(entry);
	return found ? 0 : id_unknown(who, "user", err);
}

int twc__group_find(struct twc_str who, gid_t *gid, struct twc_err *err)
{
	struct group gr, *found = NULL;
	char name[NAME_MAX_LEN + 1], *entry;
	int rc = id_parse(who, "group", name, gid, err);

	if (rc <= 0)
		return rc;
	entry = twc_malloc(ENTRY_MAX);
	(void)getgrnam_r(name, &gr, entry, ENTRY_MAX, &found);
	if (found)
		*gid = found->gr_gid;
	twc_free(entry);
	return found ? 0 : id_unknown(who, "group", err);
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
