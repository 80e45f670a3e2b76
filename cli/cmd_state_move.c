/* cmd_state_move.c - state mv: a resource has another logical id, and is the same. */
#include <assert.h>
#include <string.h>

#include "base/vec.h"
#include "cli/cmd_state.h"

struct matches {
	VEC_OF(struct record)
};

/* By logical id alone: of any instance, when there is but one. */
static int find_by_id(struct invocation *in, const char *word, struct record_list *out)
{
	struct record_list all = {NULL, 0};
	struct matches found = {0};
	struct str where = STR_INIT;
	bool many = false;
	struct diag *g;

	if (state_load_records(in->state, NULL, in->arena, &all, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.items[i].addr.logical_id, word) == 0)
			*arena_vec_add(in->arena, &found) = all.items[i];
	if (!found.count)
		return state_say_unknown(in, word, &all);
	*out = (struct record_list){found.items, found.count};
	for (size_t i = 0; i < found.count; i++) {
		const struct address *addr = &found.items[i].addr;

		many = many || address_compare(addr, &found.items[0].addr) != 0;
		if (!i || address_compare(addr, &found.items[i - 1].addr) != 0)
			str_printf(&where, "%s%s", i ? ", " : "", address_text(in->arena, addr));
	}
	if (many) {
		g = diag_add(&in->diags, DIAG_RECORD_CHOICE, RANGE_NONE,
			     "'%s' is recorded in more than one stack instance", word);
		diag_detail(&in->diags, g, "%s", str_cstr(&where));
		diag_hint(&in->diags, g, "write the address: %s",
			  address_text(in->arena, &found.items[0].addr));
	}
	str_release(&where);
	return many ? -1 : 0;
}

static int find_from(struct invocation *in, const char *word, struct record_list *out)
{
	return strchr(word, '/') ? state_find_records(in, word, out) : find_by_id(in, word, out);
}

static int say_other_instance(struct invocation *in, const struct address *from,
			      const struct address *to)
{
	struct diag *g =
		diag_add(&in->diags, DIAG_MOVE_INSTANCE, RANGE_NONE,
			 "'%s' cannot move to another stack instance, '%s'",
			 address_text(in->arena, from), instance_id_text(in->arena, &to->instance));

	diag_hint(&in->diags, g,
		  "give it up there with 'hadeploy state rm %s', then take it up here with "
		  "'hadeploy import'",
		  address_text(in->arena, from));
	return -1;
}

/* Letters and digits, with dots where it is in a nested stack. */
static bool is_logical_id(const char *word)
{
	size_t len =
		strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.");

	return len > 0 && !word[len] && word[0] != '.' && word[len - 1] != '.' &&
	       !strstr(word, "..");
}

static int read_to(struct invocation *in, const char *word, const struct address *from,
		   struct address *out)
{
	struct diag *g;

	assert(from);
	*out = (struct address){from->instance, word};
	if (strchr(word, '/') && !address_parse(in->arena, text_of(word), out))
		out->logical_id = "";
	if (!is_logical_id(out->logical_id)) {
		g = diag_add(&in->diags, DIAG_ADDRESS_SHAPE, RANGE_NONE,
			     "'%s' is not the address of a resource", word);
		diag_hint(&in->diags, g, "write a logical id of letters and digits, such as %s",
			  "SitePage");
		return -1;
	}
	if (instance_id_compare(&out->instance, &from->instance) != 0)
		return say_other_instance(in, from, out);
	return 0;
}

static int check_vacant(struct invocation *in, const struct address *to)
{
	struct record_list all = {NULL, 0}, kept = {NULL, 0};
	struct diag *g;
	bool taken = false, was = false;

	if (state_load_records(in->state, &to->instance, in->arena, &all, &in->diags) != 0 ||
	    state_load_kept(in->state, &to->instance, in->arena, &kept, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		taken = taken || address_compare(&all.items[i].addr, to) == 0;
	for (size_t i = 0; i < kept.count; i++)
		was = was || address_compare(&kept.items[i].addr, to) == 0;
	if (!taken && !was)
		return 0;
	g = diag_add(&in->diags, DIAG_MOVE_TAKEN, RANGE_NONE,
		     taken ? "'%s' is recorded already" : "'%s' is kept for a rollback",
		     address_text(in->arena, to));
	diag_hint(&in->diags, g, "%s",
		  taken ? "choose another logical id, or give that one up with 'hadeploy state rm'"
			: "bring the stack instance to an end first: apply again, or roll back");
	return -1;
}

static bool approve(struct invocation *in, const struct address *from, const struct address *to)
{
	const char *question = arena_printf(in->arena,
					    "%s becomes %s, with all that is recorded of it; "
					    "nothing that is deployed changes.\n"
					    "Move it? Only 'yes' is accepted: ",
					    address_text(in->arena, from), to->logical_id);

	return invocation_approve(in, question, NULL);
}

static int move(struct invocation *in, const struct record_list *found, const struct address *to)
{
	struct state_edit edit = {
		.kind = EDIT_MOVE, .record = &found->items[0], .as = to->logical_id};
	int status;

	if (state_lock_records(in, found) != 0)
		return -1;
	status = state_check_free(in, found) == 0 && check_vacant(in, to) == 0
			 ? state_commit(in->state, &edit, 1, &in->diags)
			 : -1;
	state_unlock(in->state);
	return status;
}

static int run_mv(struct invocation *in)
{
	struct record_list found = {NULL, 0};
	struct str text = STR_INIT;
	const struct address *from;
	struct address to;

	if (find_from(in, in->args->operands[0], &found) != 0 ||
	    read_to(in, in->args->operands[1], &found.items[0].addr, &to) != 0 ||
	    check_vacant(in, &to) != 0 || state_check_executions(in) != 0 ||
	    !invocation_can_approve(in, "changes of recorded state"))
		return invocation_exit(in);
	from = &found.items[0].addr;
	if (!approve(in, from, &to))
		return invocation_declined_exit();
	if (move(in, &found, &to) != 0)
		return invocation_exit(in);
	str_printf(&text, "%s is %s now. Rename it in the template, too.",
		   address_text(in->arena, from), address_text(in->arena, &to));
	in->view->show_done(in->view, "record_moved", str_cstr(&text));
	str_release(&text);
	return invocation_exit(in);
}

const struct command cmd_state_mv = {
	.name = "state mv",
	.group = GROUP_STATE,
	.summary = "give a resource another logical id",
	.operands = "FROM TO",
	.operand_min = 2,
	.operand_max = 2,
	.help = "Moves what is recorded of a resource to another logical id of the same stack "
		"instance, with what others depend on, so that renaming it in the template "
		"replaces nothing. FROM is an address, or a logical id that is recorded once; TO "
		"a logical id or an address. Other people's states need the same: 'Moved:' in the "
		"template does it for everybody.",
	.examples = (const char *const[]){"hadeploy state mv web/east/Page SitePage",
					  "Page is called SitePage in the template now", NULL},
	.options = (const enum option_id[]){OPT_YES, OPT_OVERRIDE_EXECUTION, OPT_JSON, OPT_END},
	.needs = NEED_STATE_WRITE,
	.run = run_mv,
};
