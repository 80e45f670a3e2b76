/* view_rollback.c - what a rollback brought back, what it could not, and what to do next. */
#include "cli/view_rollback.h"

#include "cli/view_text.h"

static bool says_something(const struct change *c)
{
	return c->not_restored || c->left_out;
}

static void add_one(struct str *out, const struct change *c)
{
	str_add(out, "  ");
	address_format(&c->addr, out);
	if (c->left_out) {
		str_printf(out, ": skipped; %s is left out\n", action_name(c->left_out));
		return;
	}
	str_add(out, ": ");
	shown_text(out, text_of(c->not_restored));
	str_add(out, c->action == ACTION_CREATE
			     ? " is a secret that is not recorded; give it with --param-file\n"
			     : " stays as it is: secrets are not recorded\n");
}

void view_not_restored(struct str *out, const struct plan *p, const struct style *st)
{
	bool told = false;

	for (size_t i = 0; p && i < p->change_count; i++) {
		if (!says_something(&p->changes[i]))
			continue;
		if (!told)
			paint_text(out, st, PAINT_YELLOW, "\nNot restored:\n");
		told = true;
		add_one(out, &p->changes[i]);
	}
}

static void add_back(struct str *out, const struct run_result *r, const struct style *st)
{
	const struct plan_counts *c = &r->rolled_back;
	size_t all = r->targets_rolled_back + r->targets_rollback_failed;
	bool well = !r->targets_rollback_failed;

	paint_text(out, st, well ? PAINT_YELLOW : PAINT_RED,
		   well ? "Rolled back" : "Rollback failed");
	str_printf(out, ": %zu created, %zu updated, %zu deleted", c->create + c->replace,
		   c->update, c->remove + c->replace);
	if (c->retain)
		str_printf(out, ", %zu retained", c->retain);
	str_printf(out, "; %zu of ", r->targets_rolled_back);
	counted(out, all, "stack instance", "stack instances");
	str_printf(out, " %s back in the last good state.\n",
		   r->targets_rolled_back == 1 ? "is" : "are");
}

void view_rolled_back(struct str *out, const struct run_result *r, const struct style *st)
{
	if (!r->targets_rolled_back && !r->targets_rollback_failed)
		return;
	add_back(out, r, st);
	view_not_restored(out, r->rollback, st);
}

void view_next_step(struct str *out, const struct run_result *r, enum run_mode mode)
{
	const char *again = r->again ? r->again : run_mode_name(mode);

	if (r->not_begun && !r->interrupted) {
		str_printf(out,
			   "Nothing was changed. Mend the cause, then run 'hadeploy %s' again.\n",
			   again);
		return;
	}
	if (mode == RUN_ROLLBACK || r->targets_rollback_failed) {
		str_add(out,
			"'hadeploy rollback' goes on with it, 'hadeploy rollback --skip ADDRESS' "
			"leaves a resource\nas it is, and 'hadeploy apply' goes forward "
			"instead.\n");
		return;
	}
	if (r->targets_rolled_back)
		str_printf(out, "Mend the cause, then run 'hadeploy %s' again.\n",
			   r->again ? again : "apply");
	if (r->run && !r->saved && r->targets_failed + r->targets_succeeded > 1)
		str_printf(out,
			   "'hadeploy operation resume %s' goes on with the same command, and only "
			   "with what\nis missing.\n",
			   r->run);
	if (r->targets_rolled_back)
		return;
	str_printf(out, "What was done is recorded; 'hadeploy %s' goes on from here.\n", again);
	/* What was before a recreation is lost. */
	if (mode == RUN_APPLY && r->targets_failed && !r->again)
		str_add(out, "'hadeploy rollback' goes back to the last good state instead.\n");
}
