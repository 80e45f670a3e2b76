/*
 * fault_commit.c - state_commit, for programs that forget: linked with --wrap=state_commit.
 *
 * Without its BEGIN an operation cannot have an END either; records are still written.
 */
#include <stdlib.h>

#include "base/base.h"
#include "engine/state.h"
#include "tests/fault/fault.h"

int __real_state_commit(struct state *s, const struct state_edit *edits, size_t count,
			struct diags *d);
int __wrap_state_commit(struct state *s, const struct state_edit *edits, size_t count,
			struct diags *d);

static bool is_of_operation(const struct state_edit *e)
{
	return e->kind == EDIT_BEGIN || e->kind == EDIT_PENDING || e->kind == EDIT_END;
}

int __wrap_state_commit(struct state *s, const struct state_edit *edits, size_t count,
			struct diags *d)
{
	struct state_edit *left;
	size_t kept = 0;
	int rc;

	if (fault_mutation() != MUTATION_NO_BEGIN)
		return __real_state_commit(s, edits, count, d);
	left = xcalloc(count + 1, sizeof(*left));
	for (size_t i = 0; i < count; i++)
		if (!is_of_operation(&edits[i]))
			left[kept++] = edits[i];
	rc = __real_state_commit(s, left, kept, d);
	free(left);
	return rc;
}
