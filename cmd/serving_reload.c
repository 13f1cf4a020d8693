/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP: the files of access rules, and certificates, are read again. What cannot be read stays as it was.
 * With --workers each process does so for itself; the parent alone complains, and its files go to later workers.
 */
#include "out.h"
#include "serving.h"

static bool gate_has_files(const struct serving *s)
{
	return s->gate && twc_gate_has_files(s->gate);
}

bool serving_can_reload(const struct serving *s)
{
	bool can = gate_has_files(s) || (s->ops->can_reload && s->ops->can_reload(s));

	for (int i = 0; i < s->n && !can; i++)
		can = twc_endpoint_has_files(s->endpoint[i]);
	return can;
}

static void reload_gate(const struct serving *s)
{
	struct twc_err err = { 0 };

	if (!gate_has_files(s))
		return;
	if (twc_gate_reload(s->gate, &err) == 0)
		twc_log(twc_reactor_log(s->r), app, INFO, "the access rules were read again");
	else if (!s->worker)
		out_warn(s->ctx, "%s; the access rules stay as they were", err.text);
}

static void reload_certificates(const struct serving *s, const struct twc_endpoint *e)
{
	struct twc_err err = { 0 };

	if (!twc_endpoint_has_files(e))
		return;
	if (twc_endpoint_reload(e, &err) == 0)
		twc_log(twc_reactor_log(s->r), app, INFO, "%s: the certificates were read again", twc_endpoint_text(e));
	else if (!s->worker)
		out_warn(s->ctx, "%s: %s; the certificates stay as they were", twc_endpoint_text(e), err.text);
}

void serving_reload(struct serving *s)
{
	reload_gate(s);
	for (int i = 0; i < s->n; i++)
		reload_certificates(s, s->endpoint[i]);
	if (s->ops->reload)
		s->ops->reload(s);
}
