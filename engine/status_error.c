/* status_error.c - see status_error.h. */
#include "engine/status_error.h"

#include <string.h>

#define RUNS_LOOKED_AT 20

static bool tells_of_failure(const struct status_row *row)
{
	static const char *const words[] = {"FAILED", "ROLLED_BACK", "ROLLBACK_FAILED"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(words[i], row->status))
			return true;
	}
	return false;
}

static bool any_to_tell(const struct status_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (tells_of_failure(&rows[i]) && !rows[i].error)
			return true;
	}
	return false;
}

static void tell(struct arena *a, struct status_row *row, const struct operation_list *ops)
{
	for (size_t i = 0; i < ops->count && !row->error; i++) {
		const struct operation *op = &ops->items[i];

		if (op->result == OPERATION_FAILED && *op->message &&
		    !instance_id_compare(&op->addr.instance, &row->id))
			row->error =
				arena_printf(a, "%s: %s failed: %s", address_text(a, &op->addr),
					     operation_action_name(op->action), op->message);
	}
}

void status_add_errors(struct state *s, struct arena *a, struct status_row *rows, size_t count)
{
	struct diags ignored = DIAGS_INIT;
	struct run_list runs = {NULL, 0};

	if (any_to_tell(rows, count) && state_load_runs(s, RUNS_LOOKED_AT, a, &runs, &ignored))
		runs.count = 0;
	for (size_t i = 0; i < runs.count && any_to_tell(rows, count); i++) {
		struct operation_list ops;

		if (!strcmp(runs.items[i].status, "SUCCEEDED") ||
		    state_load_run_operations(s, runs.items[i].id, a, &ops, &ignored))
			continue;
		for (size_t k = 0; k < count; k++) {
			if (tells_of_failure(&rows[k]) && !rows[k].error)
				tell(a, &rows[k], &ops);
		}
	}
	diags_release(&ignored);
}
