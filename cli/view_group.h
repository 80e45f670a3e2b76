/*
 * view_group.h - stack instances of a plan that change in the same way, so that it is told once.
 *
 * Two instances of a stack are of one group when their changes are the same in all that is shown
 * of them.  A value that has the region's or the account's name in it makes them different.
 */
#ifndef CLI_VIEW_GROUP_H
#define CLI_VIEW_GROUP_H

#include "base/arena.h"
#include "base/vec.h"
#include "cli/view.h"

struct view_group {
	size_t shown;                        /* changes of one of them that are shown */
	VEC_OF(const struct instance_plan *) /* of one stack, in the plan's order */
};
struct view_groups {
	VEC_OF(struct view_group *) /* in the order of their first instances */
};

enum view_grouping { GROUP_EQUAL, GROUP_NONE /* each by itself */ };

/* Of the instances in which something is shown; in the arena.  One pass over the plan. */
struct view_groups view_groups_of(struct arena *a, const struct plan *p, enum plan_view kind,
				  enum view_grouping how);
/* "web: 798 instances (8 regions x 100 accounts but 2)"; of one alone "web/east". */
void view_group_name(struct str *out, const struct view_group *g);

/* An output that changes in the same way in so many instances of a stack. */
struct view_output {
	const struct output_change *first;
	size_t count;
};
struct view_output_list {
	VEC_OF(struct view_output)
};
struct view_output_list view_outputs_of(struct arena *a, const struct plan *p,
					enum view_grouping how);

/* Where so many instances are: "east, west", "30 regions", "8 regions x 100 accounts but 2". */
void view_places(struct str *out, const struct instance_id *const *ids, size_t count);

#endif
