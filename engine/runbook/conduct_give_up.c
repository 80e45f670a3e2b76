/*
 * conduct_give_up.c - ends an execution that nobody runs any more and whose runbook is not what it
 * was: nothing of it is undone, since nobody knows what its steps were, and each step that could
 * have been is named with what is left to people.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

static bool has_reverse(const struct execution_story *story, const char *path)
{
	for (size_t i = 0; i < story->step_count; i++) {
		const char *one = story->steps[i].path;
		size_t len = strlen(path);

		if (!strncmp(one, path, len) && !strcmp(one + len, "/reverse"))
			return true;
	}
	return false;
}

static bool is_kind(const struct step_story *s, enum step_kind k)
{
	return !strcmp(s->kind, step_kind_name(k));
}

/* What is left to people; NULL: nothing. */
static const char *left_of(const struct execution_story *story, const struct step_story *s)
{
	if (s->status != STEP_SUCCEEDED && s->status != STEP_FAILED && s->status != STEP_RUNNING)
		return NULL;
	if (has_reverse(story, s->path))
		return "its Reverse was not run";
	if (is_kind(s, STEP_APPLY))
		return "what it set stays in force until `apply --drop-overrides`";
	if (is_kind(s, STEP_TRAFFIC))
		return "its routes lead where it left them";
	return NULL;
}

static int load(struct conduct *x, struct journal_list *list)
{
	return journal_load_entries(x->state, &(struct journal_part){x->row.id, 0}, x->a, list,
				    x->d);
}

/* A region that left the manifest since: nothing can be worked out for it. */
static bool has_its_regions(const struct conduct *x, const struct procedure *p)
{
	json_t *given = json_parse(text_of(x->row.parameters), x->a, NULL);
	bool has = true;

	for (size_t i = 0; p && i < p->parameter_count; i++) {
		const char *value = json_str(given, p->parameters[i].name, NULL);

		if (value && p->parameters[i].kind == PARAMETER_REGION &&
		    !manifest_region(x->e->project->manifest, value))
			has = false;
	}
	json_decref(given);
	return has;
}

static bool is_same_runbook(struct conduct *x, const struct journal_list *list)
{
	struct diags ignored = DIAGS_INIT;
	const struct procedure *p =
		runbook_load(x->e->arena, x->e->project->manifest, x->row.runbook, &ignored);
	json_t *data = list->count ? json_parse(text_of(list->items[0].data), x->a, NULL) : NULL;
	bool same = p && !strcmp(json_str(data, "Digest", ""), p->digest) && has_its_regions(x, p);

	json_decref(data);
	diags_release(&ignored);
	return same;
}

bool conduct_must_give_up(struct conduct *x)
{
	struct journal_list list = {NULL, 0};

	if (!x->q->abort || load(x, &list))
		return false;
	return journal_broken_at(&list, x->row.head) || !is_same_runbook(x, &list);
}

static size_t tell_left(struct conduct *x, const struct execution_story *story)
{
	size_t count = 0;

	for (size_t i = 0; i < story->step_count; i++) {
		const struct step_story *s = &story->steps[i];
		const char *left = left_of(story, s);

		if (!left)
			continue;
		count++;
		conduct_write(
			x, ENTRY_STEP_REVERSE_FAILED, s->path,
			json_pack("{s:s}", "Reason",
				  arena_printf(
					  x->a,
					  "the runbook, or a region of it, has changed since: %s",
					  left)));
	}
	return count;
}

int conduct_give_up(struct conduct *x)
{
	struct journal_list list = {NULL, 0};
	struct execution_story story;
	struct diag *g;
	size_t left;

	if (conduct_lock(x) || conduct_look_again(x) || load(x, &list))
		return -1;
	execution_story(x->a, &x->row, &list, &story);
	x->asks_taken = story.asks_taken;
	if (!conduct_write(x, ENTRY_RESUMED_BY, "",
			   json_pack("{s:o}", "By", conduct_by(&x->owner))))
		return -1;
	asks_take(x, x->q->abort);
	left = x->keeps ? 0 : tell_left(x, &story);
	if (left) {
		g = diag_warn(x->d, DIAG_CONDUCT_LEFT, RANGE_NONE,
			      "%zu %s of execution %s %s not undone", left,
			      left == 1 ? "step" : "steps", x->row.id, left == 1 ? "was" : "were");
		diag_detail(x->d, g, "Runbook '%s' is not what it was when it began.",
			    x->row.runbook);
		diag_hint(x->d, g,
			  "`hadeploy runbook status %s` names them; undo by hand what has "
			  "to be",
			  x->row.id);
	}
	goal_end(x, EXECUTION_ABORTED, x->why);
	conduct_tell_story(x);
	return x->broken || left ? -1 : 0;
}
