/* view_drift.c - how many resources and stack instances are as recorded, in words. */
#include "cli/view_plan.h"
#include "cli/view_text.h"

#define LIST_INDENT 2
#define LIST_LABEL 13  /* "NOT_CHECKED  " */
#define NAMES_WIDTH 64 /* of a line: the instances that do not fit are counted */

/* As StackSets say it of a stack instance. */
const char *view_drift_status(enum drift_status s)
{
	static const char *const statuses[] = {
		[DRIFT_NOT_CHECKED] = "NOT_CHECKED", [DRIFT_IN_SYNC] = "IN_SYNC",
		[DRIFT_CHANGED] = "DRIFTED",         [DRIFT_DELETED] = "DELETED",
		[DRIFT_FAILED] = "FAILED",
	};

	_Static_assert(ARRAY_LEN(statuses) == DRIFT_STATUS_COUNT, "a word for every status");
	return statuses[s];
}

static struct drift_counts resources_of(const struct plan *plan)
{
	struct drift_counts n = {{0}};

	for (size_t i = 0; i < plan->change_count; i++)
		n.of[plan->changes[i].drift]++;
	return n;
}

/* "(5 in sync, 1 changed, 1 gone, 2 not checked)" */
static void add_resources(struct str *out, const struct plan *plan)
{
	struct drift_counts n = resources_of(plan);

	str_printf(out, "(%zu in sync, %zu changed, %zu gone, %zu not checked)\n",
		   n.of[DRIFT_IN_SYNC], n.of[DRIFT_CHANGED], n.of[DRIFT_DELETED],
		   n.of[DRIFT_NOT_CHECKED] + n.of[DRIFT_FAILED]);
}

static void add_unread(struct str *out, const struct plan *plan)
{
	size_t left = resources_of(plan).of[DRIFT_NOT_CHECKED];

	view_unread(out, plan);
	if (left)
		str_printf(out, ", %zu %s not asked", left, left == 1 ? "was" : "were");
}

/* --- stack instances ------------------------------------------------------------------- */

static void add_names(struct str *out, const struct plan *plan, enum drift_status s, size_t count)
{
	size_t start = out->len, shown = 0;

	str_printf(out, "%*s%s", LIST_INDENT, "", view_drift_status(s));
	pad_to(out, start, LIST_INDENT + LIST_LABEL);
	for (size_t i = 0; i < plan->instance_count && out->len < start + NAMES_WIDTH; i++) {
		if (plan_drift_of(plan, &plan->instances[i], NULL) != s)
			continue;
		str_add(out, shown++ ? ", " : "");
		instance_id_format(&plan->instances[i].id, out);
	}
	if (count > shown)
		str_printf(out, " and %zu more", count - shown);
	str_add_char(out, '\n');
}

/* "12 instances: 8 IN_SYNC, 1 DRIFTED, 1 FAILED, 2 NOT_CHECKED", and which nothing is known of;
 * nothing where there is only one. */
static void add_statuses(struct str *out, const struct plan *plan)
{
	static const enum drift_status order[] = {DRIFT_IN_SYNC, DRIFT_CHANGED, DRIFT_FAILED,
						  DRIFT_NOT_CHECKED};
	struct drift_counts n = plan_drift(plan);
	const char *between = ": ";

	if (plan->instance_count < 2)
		return;
	counted(out, plan->instance_count, "instance", "instances");
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if (!n.of[order[i]])
			continue;
		str_printf(out, "%s%zu %s", between, n.of[order[i]], view_drift_status(order[i]));
		between = ", ";
	}
	str_add_char(out, '\n');
	if (n.of[DRIFT_FAILED])
		add_names(out, plan, DRIFT_FAILED, n.of[DRIFT_FAILED]);
	if (n.of[DRIFT_NOT_CHECKED])
		add_names(out, plan, DRIFT_NOT_CHECKED, n.of[DRIFT_NOT_CHECKED]);
}

/* --- heads ----------------------------------------------------------------------------- */

void view_no_drift(struct str *out, const struct plan *plan)
{
	if (plan->unread) {
		str_add(out, "No drift in what could be read; ");
		add_unread(out, plan);
	} else {
		str_add(out, "No drift: ");
		counted(out, view_recorded(plan), "resource is", "resources are");
		str_add(out, " as recorded");
	}
	str_add(out, ".\n");
	add_statuses(out, plan);
}

void view_drift_header(struct str *out, const struct plan *plan, const struct style *st)
{
	paint_on(out, st, PAINT_BOLD);
	str_printf(out, "Drift in project %s: ", plan->project->manifest->project);
	counted(out, plan->drifted, "resource differs", "resources differ");
	str_add(out, " from what was applied");
	paint_off(out, st);
	str_add_char(out, '\n');
	add_resources(out, plan);
	add_statuses(out, plan);
	str_add(out, "(from what should be there to what is there)\n");
	if (plan->unread) {
		str_add_char(out, '(');
		add_unread(out, plan);
		str_add(out, ")\n");
	}
}
