/*
 * conduct_keep.c - what a simulated drill leaves: its events, copied to the recorded state once it
 * is over, so that reports and lists know of it.  Everything else of it stays in the rehearsal.
 */
#include "engine/runbook/conduct_parts.h"

static int keep(struct state *to, const struct execution_row *from, struct journal_list *list,
		struct diags *d)
{
	struct execution_row row = *from;

	if (journal_begin(to, &row, list->items[0].data, d))
		return -1;
	if (list->count == 1)
		return 0;
	return journal_append(to, &row, list->items + 1, list->count - 1, d);
}

int conduct_keep(struct conduct *x)
{
	struct journal_list list = {NULL, 0};
	struct state *real;
	int rc;

	if (x->row.kind != EXECUTION_DRILL_SIMULATED || !x->rehearsal ||
	    !execution_status_is_over(x->out->story.row.status))
		return 0;
	if (journal_load_entries(x->state, &(struct journal_part){x->row.id, 0}, x->a, &list,
				 x->d) ||
	    !list.count)
		return -1;
	real = state_open(x->e->project->manifest->state_path, STATE_WRITE, clock_real(), x->d);
	if (!real)
		return -1;
	rc = keep(real, &x->row, &list, x->d);
	state_close(real);
	return rc;
}
