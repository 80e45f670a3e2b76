/* status_error.c - see status_error.h. */
#include "engine/status_error.h"

#include <string.h>

#include "base/map.h"

#define RUNS_LOOKED_AT 20

static bool tells_of_failure(const struct status_row *row)
{
	static const char *const words[] = {"FAILED", "ROLLED_BACK", "ROLLBACK_FAILED",
					    "INOPERABLE"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(words[i], row->status))
			return true;
	}
	return false;
}

/* Rows that still have nothing to tell, by instance; those that have leave it. */
static void gather(struct arena *a, struct map *silent, struct status_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tells_of_failure(&rows[i]) && !rows[i].error)
			map_set(silent, text_of(instance_id_text(a, &rows[i].id)), &rows[i]);
}

static void tell(struct arena *a, struct map *silent, const struct operation_list *ops)
{
	for (size_t i = 0; i < ops->count && silent->live_count; i++) {
		const struct operation *op = &ops->items[i];
		struct status_row *row;

		if (op->result != OPERATION_FAILED || !*op->message)
			continue;
		row = map_remove(silent, text_of(instance_id_text(a, &op->addr.instance)));
		if (row)
			row->error =
				arena_printf(a, "%s: %s failed: %s", address_text(a, &op->addr),
					     operation_action_name(op->action), op->message);
	}
}

/* What was recorded of the instance as a whole is better than nothing. */
static void tell_reasons(struct status_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct instance_result *last = rows[i].last;

		if (!rows[i].error && last && *last->reason && tells_of_failure(&rows[i]))
			rows[i].error = last->reason;
	}
}

void status_add_errors(struct state *s, struct arena *a, struct status_row *rows, size_t count)
{
	struct diags ignored = DIAGS_INIT;
	struct run_list runs = {NULL, 0};
	struct map silent = MAP_INIT;

	gather(a, &silent, rows, count);
	if (silent.live_count && state_load_runs(s, RUNS_LOOKED_AT, a, &runs, &ignored))
		runs.count = 0;
	for (size_t i = 0; i < runs.count && silent.live_count; i++) {
		struct operation_list ops;

		if (strcmp(runs.items[i].status, "SUCCEEDED") != 0 &&
		    !state_load_run_operations(s, runs.items[i].id, a, &ops, &ignored))
			tell(a, &silent, &ops);
	}
	tell_reasons(rows, count);
	map_release(&silent);
	diags_release(&ignored);
}
