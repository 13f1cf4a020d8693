/* SPDX-License-Identifier: MIT */
/* Users and groups of this system, by name or number: the only file that asks its databases. */
#include "net/net_int.h"
#include <twc/parse.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "base/banned.h"

#define NAME_MAX_LEN 255
#define ENTRY_MIN 4096
#define ENTRY_MAX (1024 * 1024) /* groups have many members */

int twc__passwd_find(const char *name, uid_t uid, struct passwd *pw, char **buf)
{
	struct passwd *found = NULL;
	int sys = ERANGE;

	*buf = NULL;
	for (size_t n = ENTRY_MIN; sys == ERANGE && n <= ENTRY_MAX; n *= 4) {
		*buf = twc_realloc(*buf, n);
		sys = name ? getpwnam_r(name, pw, *buf, n, &found) : getpwuid_r(uid, pw, *buf, n, &found);
	}
	return sys ? sys : found ? 0 : ENOENT;
}

int twc__group_gid(const char *name, gid_t *gid)
{
	struct group gr, *found = NULL;
	char *buf = NULL;
	int sys = ERANGE;

	for (size_t n = ENTRY_MIN; sys == ERANGE && n <= ENTRY_MAX; n *= 4) {
		buf = twc_realloc(buf, n);
		sys = getgrnam_r(name, &gr, buf, n, &found);
	}
	if (!sys && found)
		*gid = gr.gr_gid;
	twc_free(buf);
	return sys ? sys : found ? 0 : ENOENT;
}

bool twc__id_parse(struct twc_str s, uint32_t *id)
{
	uint64_t n;

	if (twc_parse_uint(s, 0, UINT32_MAX - 1, &n, NULL) < 0)
		return false;
	*id = (uint32_t)n;
	return true;
}

/* A number is *id, 0; a name is copied to `name` for the database, 1; else TWC_EUSAGE. */
static int id_or_name(struct twc_str who, const char *what, char name[NAME_MAX_LEN + 1], uint32_t *id, struct twc_err *err)
{
	char shown[80];

	if (twc__id_parse(who, id))
		return 0;
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
	char name[NAME_MAX_LEN + 1], *entry;
	struct passwd pw;
	int rc = id_or_name(who, "user", name, uid, err), sys;

	if (rc <= 0)
		return rc;
	sys = twc__passwd_find(name, 0, &pw, &entry);
	if (!sys)
		*uid = pw.pw_uid;
	twc_free(entry);
	return sys ? id_unknown(who, "user", err) : 0;
}

int twc__group_find(struct twc_str who, gid_t *gid, struct twc_err *err)
{
	char name[NAME_MAX_LEN + 1];
	int rc = id_or_name(who, "group", name, gid, err);

	if (rc <= 0)
		return rc;
	return twc__group_gid(name, gid) ? id_unknown(who, "group", err) : 0;
}
