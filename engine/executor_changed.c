/*
 * executor_changed.c - what of a resource differs from what is recorded, now that all is
 * known: the paths of an update, and whether a replacement that hung on unknown values is
 * needed after all.
 */
#include "engine/executor_parts.h"

static bool differs(const json_t *before, const json_t *after, const char *pointer)
{
	const json_t *x = json_at(before, text_of(pointer)), *y = json_at(after, text_of(pointer));

	return x && y ? !json_equal(x, y) : x != y;
}

/* What a provider looked up may have changed though its reference did not. */
static void add_rotated(const struct task *t, const json_t *before, const struct evaluated *v,
			json_t *out)
{
	json_t *unknown = json_parse(text_of(t->change->unknown_pointers), NULL, NULL);
	json_t *rotated = json_array();

	for (size_t i = 0; i < json_array_size(unknown); i++) {
		json_t *pointer = json_array_get(unknown, i);

		if (differs(before, v->masked, json_string_value(pointer)))
			json_array_append(rotated, pointer);
	}
	secrets_join_pointers(out, rotated);
	json_decref(rotated);
	json_decref(unknown);
}

/* Pointers that differ after all: what was unknown may have turned out as recorded. */
/* A computed path is in the plan only when it is known to differ. */
static json_t *changed_pointers(const struct task *t, const struct evaluated *v)
{
	json_t *before = json_parse(text_of(t->before->inputs), NULL, NULL);
	json_t *out = json_array();

	for (size_t i = 0; i < t->change->path_count; i++) {
		const struct path_change *p = &t->change->paths[i];

		if (p->settled)
			continue;
		if (p->computed || p->drift || !p->unknown ||
		    differs(before, v->masked, p->pointer))
			json_array_append_new(out, json_string(p->pointer));
	}
	add_rotated(t, before, v, out);
	json_decref(before);
	return out;
}

/* True when the update turned out to be none. */
bool task_find_changed(struct task *t, const struct evaluated *v)
{
	json_t *changed = changed_pointers(t, v);
	bool adopted = t->change->action == ACTION_ADOPT;
	bool needless = !json_array_size(changed) && (t->change->path_count > 0 || adopted) &&
			!t->before->tainted;

	t->changed = json_text(t->arena, changed);
	json_decref(changed);
	return needless;
}

/* --- replacements in doubt ---------------------------------------------------------- */

/* In a conditional replacement every path that forces it was unknown. */
static bool needs_replacing(const struct task *t, const struct evaluated *v)
{
	const struct change *c = t->change;
	json_t *before = json_parse(text_of(c->before->inputs), NULL, NULL);
	bool needed = false;

	for (size_t i = 0; i < c->path_count && !needed; i++)
		needed = c->paths[i].replaces && differs(before, v->masked, c->paths[i].pointer);
	json_decref(before);
	return needed;
}

/* The creation of a replacement changes what is there instead, if anything. */
static void become_update(struct task *t)
{
	t->kind = TASK_UPDATE;
	t->before = t->change->before;
	t->keeps_old = false;
	t->stays = true;
	t->x->progress[t->change_index].updated = true;
}

void task_settle_doubt(struct task *t, const struct evaluated *v)
{
	/* Where the old one went first there is nothing to keep any more. */
	if (t->kind != TASK_CREATE || !t->change->conditional || !t->before ||
	    needs_replacing(t, v))
		return;
	become_update(t);
	executor_set_deadline(t);
}

static enum removal_doubt judge(struct task *creation)
{
	struct evaluated v = {NULL, NULL, NULL};
	enum removal_doubt doubt = REMOVAL_REFUSED;

	if (!task_evaluate(creation, &v))
		doubt = needs_replacing(creation, &v) ? REMOVAL_NEEDED : REMOVAL_NEEDLESS;
	evaluated_release(&v);
	return doubt;
}

/* Something it refers to is itself deleted first and made later: nobody can know yet. */
static bool knows_all(struct task *creation)
{
	const struct change *c = creation->change;
	const struct eval_lookup *lookup = known_lookup(creation->x->known, &c->addr.instance);
	struct diags silent = DIAGS_INIT;
	const struct value *v = document_eval_resource(c->instance->doc, c->resource_index, lookup,
						       creation->arena, &silent);

	diags_release(&silent);
	/* What cannot be evaluated is told by the evaluation that counts. */
	return !v || !value_has_unknown(v);
}

enum removal_doubt task_doubt_removal(struct task *t)
{
	struct task *creation = t->remade_by;
	enum removal_doubt doubt = REMOVAL_NEEDED;

	if (!creation || !t->change->conditional)
		return REMOVAL_NEEDED;
	/* As if it started now; when its turn comes it is evaluated again. */
	creation->arena = arena_new();
	if (knows_all(creation))
		doubt = judge(creation);
	arena_free(creation->arena);
	creation->arena = NULL;
	creation->properties = NULL;
	creation->secrets = NULL;
	if (doubt == REMOVAL_NEEDLESS)
		become_update(creation);
	return doubt;
}
