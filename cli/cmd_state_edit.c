/* cmd_state_edit.c - mending recorded state: rm, unlock. */
#include "base/vec.h"
#include "cli/cmd_state.h"
#include "cli/view_text.h"

struct records {
	VEC_OF(struct record)
};

static int find_all(struct invocation *in, struct records *out)
{
	int status = 0;

	for (size_t i = 0; i < in->args->operand_count; i++) {
		struct record_list found = {NULL, 0};

		if (state_find_records(in, in->args->operands[i], &found) != 0)
			status = -1;
		for (size_t k = 0; k < found.count; k++)
			*arena_vec_add(in->arena, out) = found.items[k];
	}
	return status;
}

int state_lock_records(struct invocation *in, const struct record_list *records)
{
	struct instance_id *ids = ARENA_ARRAY(in->arena, records->count, struct instance_id);
	struct lock_owner owner = engine_owner(in->arena, in->clock, in->command->name);

	for (size_t i = 0; i < records->count; i++)
		ids[i] = records->items[i].addr.instance;
	return state_lock(in->state, &(struct lock_request){ids, records->count, &owner, NULL},
			  &in->diags);
}

static void say_busy(struct invocation *in, const struct operation *op)
{
	struct diag *g = diag_add(&in->diags, DIAG_RECORD_BUSY, RANGE_NONE,
				  "%s of it was begun and has no end yet",
				  operation_action_name(op->action));

	diag_address(&in->diags, g, address_text(in->arena, &op->addr));
	diag_hint(&in->diags, g, "'hadeploy plan %s' finds out what became of it",
		  op->addr.instance.stack);
}

int state_check_free(struct invocation *in, const struct record_list *records)
{
	struct operation_list open = {NULL, 0};
	int status = state_load_open_operations(in->state, NULL, in->arena, &open, &in->diags);

	for (size_t i = 0; i < records->count; i++) {
		for (size_t k = 0; k < open.count; k++) {
			if (address_compare(&open.items[k].addr, &records->items[i].addr) != 0)
				continue;
			say_busy(in, &open.items[k]);
			status = -1;
		}
	}
	return status;
}

static int drop(struct invocation *in, const struct records *records)
{
	struct state_edit *edits = ARENA_ARRAY(in->arena, records->count, struct state_edit);

	for (size_t i = 0; i < records->count; i++)
		edits[i] =
			(struct state_edit){.kind = EDIT_DROP_RECORD, .record = &records->items[i]};
	return state_commit(in->state, edits, records->count, &in->diags);
}

static void ask_text(struct str *out, const struct records *records)
{
	str_add(out, "These records are removed; what they describe stays as it is:\n");
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->items[i];

		str_add(out, "  ");
		address_format(&r->addr, out);
		str_printf(out, "  %s  ", r->type);
		shown_text(out, text_of(r->id ? r->id : ""));
		str_add_char(out, '\n');
	}
	str_add(out, "Remove them? Only 'yes' is accepted: ");
}

static bool approve(struct invocation *in, const struct records *records)
{
	struct str question = STR_INIT;
	bool yes;

	ask_text(&question, records);
	yes = invocation_approve(in, str_cstr(&question), NULL);
	str_release(&question);
	return yes;
}

static void report(struct invocation *in, const struct records *records)
{
	struct str text = STR_INIT;

	counted(&text, records->count, "record", "records");
	str_add(&text, " removed. What they described is no longer looked after.");
	in->view->show_done(in->view, "records_removed", str_cstr(&text));
	str_release(&text);
}

static int run_rm(struct invocation *in)
{
	struct records records = {0};
	struct record_list list;
	int status;

	if (find_all(in, &records) != 0 || state_check_executions(in) != 0 ||
	    !invocation_can_approve(in, "changes of recorded state"))
		return invocation_exit(in);
	if (!approve(in, &records))
		return invocation_declined_exit();
	list = (struct record_list){records.items, records.count};
	if (state_lock_records(in, &list) != 0)
		return invocation_exit(in);
	status = state_check_free(in, &list) == 0 ? drop(in, &records) : -1;
	state_unlock(in->state);
	if (status == 0)
		report(in, &records);
	return invocation_exit(in);
}

static int run_unlock(struct invocation *in)
{
	const char *id = in->args->operands[0];

	if (state_check_executions(in) != 0 || !invocation_can_approve(in, "broken locks"))
		return invocation_exit(in);
	if (!invocation_approve(in,
				"Whoever holds the lock can record nothing more.\n"
				"Break it? Only 'yes' is accepted: ",
				NULL))
		return invocation_declined_exit();
	if (state_break_lock(in->state, id, &in->diags) != 0)
		return invocation_exit(in);
	in->view->show_done(in->view, "lock_broken",
			    "The lock is broken. The next run looks after what its holder began.");
	return invocation_exit(in);
}

const struct command cmd_state_rm = {
	.name = "state rm",
	.group = GROUP_STATE,
	.summary = "forget resources without touching them",
	.operands = "ADDRESS...",
	.operand_min = 1,
	.operand_max = OPERANDS_ANY,
	.help = "Removes records. What they describe stays as it is and is no longer looked after; "
		"when it is still in the template, the next apply creates it anew or takes it up "
		"again. For hosts that are gone for good, and for what was deleted by hand.",
	.examples = (const char *const[]){"hadeploy state rm web/east/Page", "one resource", NULL},
	.options = (const enum option_id[]){OPT_YES, OPT_OVERRIDE_EXECUTION, OPT_JSON, OPT_END},
	.needs = NEED_STATE_WRITE,
	.run = run_rm,
};

const struct command cmd_state_unlock = {
	.name = "state unlock",
	.group = GROUP_STATE,
	.summary = "break the lock of a holder that is dead",
	.operands = "LOCK",
	.operand_min = 1,
	.operand_max = 1,
	.help = "Breaks a lock by force; 'hadeploy status' shows the ids. Locks of dead processes "
		"on "
		"the same machine are taken over without this, and those of other machines half a "
		"minute after they were last renewed. A holder that is alive after all can record "
		"nothing more, and the next run looks after what it had begun.",
	.options = (const enum option_id[]){OPT_YES, OPT_OVERRIDE_EXECUTION, OPT_JSON, OPT_END},
	.needs = NEED_STATE_WRITE,
	.run = run_unlock,
};
