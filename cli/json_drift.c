/* json_drift.c - how the world is to what is recorded, in the words of StackSets. */
#include "cli/json_plan.h"
#include "cli/view_plan.h"

/* Of a resource: one that could not be read is not checked, its stack instance has failed. */
const char *json_drift_word(enum drift_status s)
{
	return view_drift_status(s == DRIFT_FAILED ? DRIFT_NOT_CHECKED : s);
}

static void set_count(json_t *j, const char *name, size_t count)
{
	json_object_set_new(j, name, json_integer((json_int_t)count));
}

json_t *json_drift(const struct plan *p, const struct instance_plan *i)
{
	struct drift_counts n;
	enum drift_status status = plan_drift_of(p, i, &n);
	struct str text = STR_INIT;
	json_t *j = json_line("drift");

	instance_id_format(&i->id, &text);
	json_set_text(j, "instance", str_cstr(&text));
	json_set_text(j, "status", view_drift_status(status));
	set_count(j, "not_checked", n.of[DRIFT_NOT_CHECKED] + n.of[DRIFT_FAILED]);
	set_count(j, "in_sync", n.of[DRIFT_IN_SYNC]);
	set_count(j, "drifted", n.of[DRIFT_CHANGED]);
	set_count(j, "deleted", n.of[DRIFT_DELETED]);
	str_release(&text);
	return j;
}

json_t *json_drift_counts(const struct plan *p)
{
	struct drift_counts n = plan_drift(p);
	json_t *j = json_object();

	set_count(j, "total", p->instance_count);
	set_count(j, "drifted", n.of[DRIFT_CHANGED]);
	set_count(j, "in_sync", n.of[DRIFT_IN_SYNC]);
	set_count(j, "failed", n.of[DRIFT_FAILED]);
	set_count(j, "not_checked", n.of[DRIFT_NOT_CHECKED]);
	return j;
}
