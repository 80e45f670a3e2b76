/* cmd_state_mirror.c - the copy of recorded state in git: how it stands, push, restore. */
#include <string.h>

#include "cli/cmd_state.h"
#include "cli/view_text.h"

/* --- how it stands --- */

static void add_time(struct str *out, int64_t at_ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_rfc3339(at_ms, text);
	str_add(out, text);
}

static void show_remote(struct str *out, const struct mirror_view_remote *r)
{
	str_add(out, "  ");
	shown_text(out, text_of(r->name));
	if (!*r->pushed)
		str_add(out, ": nothing was pushed yet");
	else
		str_printf(out, ": has %.10s%s since ", r->pushed,
			   r->current ? ", the newest," : "");
	if (*r->pushed)
		add_time(out, r->pushed_ms);
	if (r->failing_since_ms) {
		str_add(out, "\n    fails since ");
		add_time(out, r->failing_since_ms);
		str_add(out, ": ");
		shown_text(out, text_of(r->why));
	}
	str_add_char(out, '\n');
}

static void show(struct invocation *in, const struct mirror_view *v)
{
	struct str text = STR_INIT;

	if (!v->on)
		str_add(&text, "Recorded state is not mirrored (State: Mirror in the manifest).\n");
	str_printf(&text, "%s of ", v->ref);
	shown_text(&text, text_of(v->repository ? v->repository : "no repository yet"));
	if (v->commit) {
		str_printf(&text, ": %.10s of ", v->commit);
		add_time(&text, v->commit_ms);
	} else {
		str_add(&text, ": no commit yet");
	}
	str_add_char(&text, '\n');
	for (size_t i = 0; i < v->remote_count; i++)
		show_remote(&text, &v->remotes[i]);
	term_write(&in->out, &text);
	str_release(&text);
}

static json_t *remote_json(const struct mirror_view_remote *r)
{
	json_t *j = json_pack("{s:s, s:b}", "name", r->name, "current", r->current);

	if (*r->pushed)
		json_object_set_new(j, "pushed",
				    json_pack("{s:s, s:I}", "commit", r->pushed, "at_ms",
					      (json_int_t)r->pushed_ms));
	if (r->failing_since_ms)
		json_object_set_new(j, "failing",
				    json_pack("{s:I, s:I, s:s}", "since_ms",
					      (json_int_t)r->failing_since_ms, "tried_ms",
					      (json_int_t)r->tried_ms, "reason", r->why));
	return j;
}

static void show_json(struct invocation *in, const struct mirror_view *v)
{
	json_t *j = json_pack("{s:s, s:i, s:b, s:s}", "type", "mirror", "schema", 1, "on", v->on,
			      "ref", v->ref);
	json_t *remotes = json_array();
	struct str text = STR_INIT;

	if (v->repository)
		json_object_set_new(j, "repository", json_string(v->repository));
	if (v->commit)
		json_object_set_new(j, "commit", json_string(v->commit));
	if (v->commit)
		json_object_set_new(j, "committed_ms", json_integer(v->commit_ms));
	for (size_t i = 0; i < v->remote_count; i++)
		json_array_append_new(remotes, remote_json(&v->remotes[i]));
	json_object_set_new(j, "remotes", remotes);
	json_canonical(j, &text);
	str_add_char(&text, '\n');
	term_write(&in->out, &text);
	str_release(&text);
	json_decref(j);
}

static int push(struct invocation *in)
{
	struct state *s;
	int rc;

	s = engine_state_open(in->dir, STATE_WRITE, in->clock, &in->diags);
	if (!s)
		return -1;
	rc = engine_mirror_push(in->dir, in->args->options[OPT_OTHER_PROJECT].text, s, &in->diags);
	state_close(s);
	return rc;
}

static int run_mirror(struct invocation *in)
{
	struct mirror_view view;
	int rc = 0;

	if (!invocation_project_is_here(in))
		return invocation_exit(in);
	if (in->args->operand_count)
		rc = push(in);
	if (engine_mirror_look(in->dir, in->arena, &view, &in->diags) != 0)
		return invocation_exit(in);
	if (option_given(in->args, OPT_JSON))
		show_json(in, &view);
	else
		show(in, &view);
	invocation_show_diags(in);
	return rc == 0 ? EXIT_DONE : EXIT_ERROR;
}

const struct command cmd_state_mirror = {
	.name = "state mirror",
	.group = GROUP_STATE,
	.summary = "show the mirror of recorded state, or push it",
	.operands = "[push]",
	.operand_max = 1,
	.operand_kind = OPERAND_CHOICE,
	.operand_choices = (const char *const[]){"push", NULL},
	.help = "Shows the reference that recorded state is mirrored on (State: Mirror of the "
		"manifest), its newest commit, and for each remote what it has, and since when and "
		"why it fails. With 'push', commits what is missing and pushes to all remotes.",
	.examples = (const char *const[]){"hadeploy state mirror push",
					  "after a remote was not reached", NULL},
	.options = (const enum option_id[]){OPT_OTHER_PROJECT, OPT_JSON, OPT_END},
	.run = run_mirror,
};

/* --- restore --- */

static void report(struct invocation *in, const struct restored *r)
{
	struct str text = STR_INIT;

	str_printf(&text, "Restored from commit %.10s of ", r->commit);
	add_time(&text, r->commit_ms);
	str_add(&text, ": ");
	counted(&text, r->records, "record", "records");
	str_add(&text, " in ");
	counted(&text, r->instances, "stack instance.", "stack instances.");
	if (r->operations + r->intentions) {
		str_add_char(&text, ' ');
		counted(&text, r->operations + r->intentions, "operation", "operations");
		str_add(&text, " had no end: the next plan or apply looks for each.");
	}
	if (r->aside)
		str_printf(&text, " What was recorded before is in '%s'.", r->aside);
	str_add(&text, " Run 'hadeploy plan': it reads everything and shows what is gone or "
		       "changed.");
	in->view->show_done(in->view, "state_restored", str_cstr(&text));
	str_release(&text);
}

static int run_restore(struct invocation *in)
{
	struct restore_wish wish = {
		.dir = in->dir,
		.from = in->args->options[OPT_RESTORE_FROM].text,
		.other_project = in->args->options[OPT_OTHER_PROJECT].text,
		.set_aside = option_given(in->args, OPT_SET_ASIDE),
	};
	struct restored restored;

	if (!invocation_project_is_here(in) ||
	    engine_restore_state(&wish, in->arena, &restored, &in->diags) != 0)
		return invocation_exit(in);
	report(in, &restored);
	return invocation_exit(in);
}

const struct command cmd_state_restore = {
	.name = "state restore",
	.group = GROUP_STATE,
	.summary = "rebuild lost recorded state from its mirror",
	.operands = "",
	.help = "Rebuilds recorded state from a mirror (State: Mirror of the manifest): from a "
		"reference, a commit of it, or a remote; without --from from what is newest in "
		"this repository and the remotes of the manifest, all of which must answer. Each "
		"file is checked. The mirror of a project with another name is taken only when "
		"--other-project names it. A state that is here already is kept: with --set-aside "
		"it is set aside, never deleted. The next plan or apply reads everything that is "
		"recorded, and looks for what an interrupted run may have made since.",
	.examples = (const char *const[]){"hadeploy state restore --from origin",
					  "from a remote of the repository",
					  "hadeploy state restore --from refs/hadeploy/state~1",
					  "as it was one commit ago", NULL},
	.options = (const enum option_id[]){OPT_RESTORE_FROM, OPT_SET_ASIDE, OPT_OTHER_PROJECT,
					    OPT_JSON, OPT_END},
	.run = run_restore,
};
