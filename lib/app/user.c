/* SPDX-License-Identifier: MIT */
/*
 * Becoming another user for good, once the ports are bound: groups first, then the user, all three ids of each, and
 * then the proof that there is no way back.
 */
#include "net/net_int.h"
#include <twc/process.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/banned.h"

struct twc_user {
	uid_t uid;
	gid_t gid;
	bool has_group; /* it was asked for */
	char *name;	/* owned, as the next; NULL: a number that has no entry */
	char *home;
};

/* ---- looking up ---- */

static int user_look(struct twc_user *u, const char *text, struct twc_err *err)
{
	struct passwd pw;
	char *buf, shown[96];
	uint32_t id;
	int sys = twc__passwd_find(text, 0, &pw, &buf);
	bool is_number = sys && twc__id_parse(twc_str_of(text), &id);

	if (is_number) {
		twc_free(buf);
		u->uid = id;
		sys = twc__passwd_find(NULL, u->uid, &pw, &buf);
	}
	if (sys == 0) {
		u->uid = pw.pw_uid;
		u->gid = pw.pw_gid;
		u->name = twc_strdup(pw.pw_name);
		u->home = twc_strdup(pw.pw_dir);
	}
	twc_free(buf);
	if (sys == 0 || is_number)
		return 0;
	twc_escape(shown, sizeof(shown), twc_str_of(text));
	return twc_err_set(err, TWC_EUSAGE, "there is no user %s", shown);
}

static int group_look(struct twc_user *u, const char *text, struct twc_err *err)
{
	char shown[96];
	uint32_t id;

	if (twc__group_gid(text, &u->gid) == 0)
		return 0;
	if (!twc__id_parse(twc_str_of(text), &id)) {
		twc_escape(shown, sizeof(shown), twc_str_of(text));
		return twc_err_set(err, TWC_EUSAGE, "there is no group %s", shown);
	}
	u->gid = id;
	return 0;
}

struct twc_user *twc_user_find(const char *text, struct twc_err *err)
{
	struct twc_user *u = twc_calloc(1, sizeof(*u));
	struct twc_str group = twc_str_of(text), first = { 0 };
	char *name, *group_name = NULL;
	int rc;

	(void)twc_str_cut(&group, ':', &first);
	name = twc_str_dup(first);
	if (group.p)
		group_name = twc_str_dup(group);
	rc = user_look(u, name, err);
	if (!rc && group_name) {
		u->has_group = true;
		rc = group_look(u, group_name, err);
	} else if (!rc && !u->name) {
		rc = twc_err_set(err, TWC_EUSAGE, "user %s has no entry, and so no group: give one, %s:GROUP", name, name);
	}
	twc_free(name);
	twc_free(group_name);
	if (!rc)
		return u;
	twc_user_free(u);
	return NULL;
}

void twc_user_free(struct twc_user *u)
{
	if (!u)
		return;
	twc_free(u->name);
	twc_free(u->home);
	twc_free(u);
}

uid_t twc_user_uid(const struct twc_user *u)
{
	return u->uid;
}

gid_t twc_user_gid(const struct twc_user *u)
{
	return u->gid;
}

const char *twc_user_name(const struct twc_user *u)
{
	return u->name;
}

const char *twc_user_home(const struct twc_user *u)
{
	return u->home;
}

/* ---- becoming ---- */

static bool have_ids(const struct twc_user *u, bool with_group)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return false;
	return r == u->uid && e == u->uid && s == u->uid &&
	       (!with_group || (rg == u->gid && eg == u->gid && sg == u->gid));
}

static int user_fail(const struct twc_user *u, int sys, struct twc_err *err)
{
	const char *remedy = sys == EPERM && geteuid() != 0 ? ": only root may" : "";

	if (u->name)
		return twc_err_sys(err, TWC_EACCESS, sys, NULL, "cannot become user %s%s", u->name, remedy);
	return twc_err_sys(err, TWC_EACCESS, sys, NULL, "cannot become user %u%s", (unsigned)u->uid, remedy);
}

int twc_user_become(const struct twc_user *u, struct twc_err *err)
{
	int rc;

	if (have_ids(u, u->has_group))
		return 0;
	rc = u->name ? initgroups(u->name, u->gid) : setgroups(1, &u->gid);
	if (rc < 0 || setresgid(u->gid, u->gid, u->gid) < 0 || setresuid(u->uid, u->uid, u->uid) < 0)
		return user_fail(u, errno, err);
	if (!have_ids(u, true) || (u->uid != 0 && (setresuid(0, 0, 0) == 0 || seteuid(0) == 0)))
		return twc_err_set(err, TWC_EACCESS, "became another user, but there is a way back: capabilities are left");
	return 0;
}
