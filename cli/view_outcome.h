/*
 * view_outcome.h - how the stack instances of a run fared, stack by stack, and what goes on from
 * there.
 */
#ifndef CLI_VIEW_OUTCOME_H
#define CLI_VIEW_OUTCOME_H

#include "base/map.h"
#include "base/vec.h"
#include "cli/view.h"

/* "  web: 9 of 12 instances succeeded, 1 failed, 2 cancelled", and what stopped it.  Nothing of a
 * stack with one instance that took part. */
void view_outcomes(struct str *out, const struct run_result *r, const struct style *st);

/* Some of the instances that took part failed, or were not begun, and others succeeded. */
bool outcome_is_partial(const struct run_result *r);
/* There is a stack of which it says something. */
bool view_has_outcomes(const struct run_result *r);

/* How often each status of result.h is there, in the order of `outcome_words`. */
enum outcome {
	OUTCOME_SUCCEEDED,
	OUTCOME_FAILED,
	OUTCOME_ROLLED_BACK,
	OUTCOME_ROLLBACK_FAILED,
	OUTCOME_SKIPPED,
	OUTCOME_CANCELLED,
	OUTCOME_PENDING,
	OUTCOME_COUNT
};
/* The word of result.h. */
const char *outcome_name(enum outcome o);
struct outcome_counts {
	size_t of[OUTCOME_COUNT];
	size_t total;
};
/* Of the members of one rollout of r->plan. */
struct outcome_counts outcome_counts_of(const struct run_result *r, const struct stack_rollout *s);
/* What stopped a rollout: "more failed in west than FailureTolerance allows"; NULL: nothing. */
const char *outcome_fault(struct arena *a, const struct run_result *r, size_t rollout);

/* "web/prod/east" is an instance with an account, or a resource of one without: the regions of the
 * run tell (their names as keys).  False: it is neither.  In the arena. */
bool view_instance_of(struct arena *a, const char *address, const struct map *regions,
		      struct instance_id *out);

/*
 * The command that tries these stack instances again: "hadeploy apply web --region west".  False
 * when there are none.
 */
struct instance_ids {
	VEC_OF(const struct instance_id *)
};
bool view_retry_command(struct str *out, const char *command, const struct instance_ids *ids);

#endif
