/* json_drift.c - how the world is to what is recorded, in the words of StackSets. */
#include "cli/json_plan.h"

static const char *const statuses[] = {
	[DRIFT_NOT_CHECKED] = "NOT_CHECKED",
	[DRIFT_IN_SYNC] = "IN_SYNC",
	[DRIFT_CHANGED] = "DRIFTED",
	[DRIFT_DELETED] = "DELETED",
};
_Static_assert(ARRAY_LEN(statuses) == DRIFT_DELETED + 1, "a word for every status");

const char *json_drift_word(enum drift_status s)
{
	return statuses[s];
}

/* What is known of a part of it decides; what is unknown comes after that. */
static const char *whole(const size_t n[])
{
	if (n[DRIFT_CHANGED] || n[DRIFT_DELETED])
		return statuses[DRIFT_CHANGED];
	return statuses[n[DRIFT_NOT_CHECKED] ? DRIFT_NOT_CHECKED : DRIFT_IN_SYNC];
}

json_t *json_drift(const struct plan *p, const struct instance_plan *i)
{
	static const char *const names[] = {
		[DRIFT_NOT_CHECKED] = "not_checked",
		[DRIFT_IN_SYNC] = "in_sync",
		[DRIFT_CHANGED] = "drifted",
		[DRIFT_DELETED] = "deleted",
	};
	size_t n[ARRAY_LEN(names)] = {0};
	struct str text = STR_INIT;
	json_t *j = json_line("drift");

	for (size_t c = 0; c < i->change_count; c++)
		n[p->changes[i->first_change + c].drift]++;
	instance_id_format(&i->id, &text);
	json_set_text(j, "instance", str_cstr(&text));
	json_set_text(j, "status", whole(n));
	for (size_t s = 0; s < ARRAY_LEN(names); s++)
		json_object_set_new(j, names[s], json_integer((json_int_t)n[s]));
	str_release(&text);
	return j;
}
