/*
 * run_settle.c - what is recorded of instances before and after their changes ran, and of
 * resources that stayed as they are.
 */
#include "engine/run_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/vec.h"
#include "engine/executor_record.h"
#include "engine/known.h"
#include "engine/outside.h"

#define DIGEST_HEX_LEN ((size_t)2 * DIGEST_LEN)

struct settling {
	struct run *r;
	const struct execution *x; /* NULL: nothing ran */
	struct arena *a;
	struct map recorded; /* instance_id_text to struct instance_record */
	struct {
		VEC_OF(struct state_edit)
	} edits;
};

static void start(struct settling *s, struct run *r, const struct execution *x)
{
	*s = (struct settling){.r = r, .x = x, .a = arena_new()};
	for (size_t i = 0; i < r->recorded.instances.count; i++) {
		struct instance_record *n = &r->recorded.instances.items[i];

		map_set(&s->recorded, text_of(instance_id_text(s->a, &n->id)), n);
	}
}

static int finish(struct settling *s)
{
	int rc = 0;

	if (s->edits.count)
		rc = state_commit(s->r->e->state, s->edits.items, s->edits.count, s->r->d);
	vec_release(&s->edits);
	map_release(&s->recorded);
	arena_free(s->a);
	return rc;
}

static const struct instance_record *recorded_of(struct settling *s, const struct instance_id *id)
{
	return map_find(&s->recorded, text_of(instance_id_text(s->a, id)));
}

static bool any_work(const struct plan *plan, const struct instance_plan *p)
{
	for (size_t c = p->first_change; c < p->first_change + p->change_count; c++)
		if (plan->changes[c].action != ACTION_NONE)
			return true;
	return false;
}

/* --- instance records --------------------------------------------------------------- */

/* Of its one file, or of the digests of all of them. */
static const char *template_digest(struct arena *a, const struct template *t)
{
	size_t count;
	const struct source *const *sources = template_sources(t, a, &count);
	char *digests = ARENA_ARRAY(a, DIGEST_HEX_LEN * count + 1, char);
	char *digest = ARENA_ARRAY(a, DIGEST_HEX_LEN + 1, char);

	for (size_t i = 0; i < count; i++)
		digest_sha256(sources[i]->bytes, digests + DIGEST_HEX_LEN * i);
	if (count == 1)
		return digests;
	digest_sha256(text_of(digests), digest);
	return digest;
}

/* Parameters and template as they are now; outputs and status are the caller's. */
static void fill_from_project(struct settling *s, const struct instance *i,
			      struct instance_record *out)
{
	json_t *parameters;

	if (!i || !i->doc)
		return;
	parameters = document_parameters_json(i->doc);
	out->parameters = json_text(s->a, parameters);
	json_decref(parameters);
	out->template_name = i->tpl->src->name;
	out->template_digest = template_digest(s->a, i->tpl);
	out->version = project_made_from(s->r->e->project, i);
	out->exports = outside_exports_json(s->a, i);
	out->imports = outside_imports_json(s->r->e->outside, s->a, i);
}

static struct instance_record draft_of(struct settling *s, const struct instance_plan *p)
{
	const struct instance_record *before = recorded_of(s, &p->id);
	struct instance_record n = {
		.id = p->id,
		.parameters = "{}",
		.outputs = "{}",
		.template_name = "",
		.template_digest = "",
		.status = "",
		.version = "",
	};

	return before ? *before : n;
}

/* At once: a stack that half exists is worth protecting too. */
static void protect(const struct instance_plan *p, struct instance_record *n)
{
	if (p->instance)
		n->protected = p->instance->stack->protected;
}

static bool same_text(const char *x, const char *y)
{
	return !strcmp(x ? x : "", y ? y : "");
}

static bool same_instance(const struct instance_record *x, const struct instance_record *y)
{
	return same_text(x->parameters, y->parameters) && same_text(x->outputs, y->outputs) &&
	       same_text(x->template_name, y->template_name) &&
	       same_text(x->template_digest, y->template_digest) &&
	       same_text(x->status, y->status) && same_text(x->exports, y->exports) &&
	       same_text(x->imports, y->imports) && x->protected == y->protected;
}

static void put_instance(struct settling *s, const struct instance_record *n)
{
	struct instance_record *copy = ARENA_NEW(s->a, struct instance_record);

	*copy = *n;
	*(struct state_edit *)vec_add(&s->edits) =
		(struct state_edit){.kind = EDIT_PUT_INSTANCE, .instance = copy};
}

/* From here on a rollback comes back to this. */
static void put_good(struct settling *s, const struct instance_record *n)
{
	struct instance_record *copy = ARENA_NEW(s->a, struct instance_record);

	*copy = *n;
	*(struct state_edit *)vec_add(&s->edits) =
		(struct state_edit){.kind = EDIT_GOOD, .instance = copy};
}

static void drop_instance(struct settling *s, const struct instance_plan *p)
{
	struct instance_record *n = ARENA_NEW(s->a, struct instance_record);

	if (!recorded_of(s, &p->id))
		return;
	n->id = p->id;
	*(struct state_edit *)vec_add(&s->edits) =
		(struct state_edit){.kind = EDIT_DROP_INSTANCE, .instance = n};
}

int run_mark_applying(struct run *r, const struct instance_record *const **later)
{
	struct arena *a = r->e->arena;
	size_t count = r->plan->instance_count;
	const struct instance_record **turns =
		ARENA_ARRAY(a, count, const struct instance_record *);
	const bool *members = executor_members(a, r->plan);
	struct settling s;

	*later = turns;
	start(&s, r, NULL);
	for (size_t i = 0; i < r->plan->instance_count; i++) {
		const struct instance_plan *p = &r->plan->instances[i];
		struct instance_record n;

		if (!any_work(r->plan, p))
			continue;
		n = draft_of(&s, p);
		n.status = "APPLYING";
		protect(p, &n);
		if (members[i])
			turns[i] = memcpy(ARENA_NEW(a, struct instance_record), &n, sizeof(n));
		else
			put_instance(&s, &n);
	}
	return finish(&s);
}

/* --- outputs ------------------------------------------------------------------------ */

/* Sensitive parts masked; new reference. */
static json_t *output_json(struct settling *s, const struct value *v)
{
	json_t *holder = json_pack("{s:o}", "v", value_to_json(v)), *out;
	json_t *pointers = value_sensitive_pointers(v), *below = json_array();
	const json_t *pointer;
	size_t i;

	json_array_foreach(pointers, i, pointer)
	{
		const char *text = arena_printf(s->a, "/v%s", json_string_value(pointer));

		json_array_append_new(below, json_string(text));
	}
	state_mask(s->r->e->state, holder, below);
	out = json_incref(json_object_get(holder, "v"));
	json_decref(holder);
	json_decref(pointers);
	json_decref(below);
	return out;
}

/* With all that is known now; NULL when one cannot be evaluated. */
static const char *evaluated_outputs(struct settling *s, const struct instance *i)
{
	const struct eval_lookup *lookup = known_lookup(s->x->known, &i->id);
	json_t *all = json_object();
	const char *text = NULL;
	bool whole = true;

	for (size_t k = 0; k < i->doc->output_count; k++) {
		const struct value *v = document_eval_output(i->doc, k, lookup, s->a, s->r->d);

		if (v)
			json_object_set_new(all, i->doc->outputs[k].name, output_json(s, v));
		whole = whole && v;
	}
	if (whole)
		text = json_text(s->a, all);
	json_decref(all);
	return text;
}

/* Nothing ran: what the plan says of them is the truth. */
static const char *planned_outputs(struct settling *s, const struct instance *i, const char *before)
{
	const struct plan *plan = s->r->plan;
	json_t *all = before && *before ? json_parse(text_of(before), NULL, NULL) : json_object();
	const char *text;

	for (size_t k = 0; k < plan->output_count; k++) {
		const struct output_change *o = &plan->outputs[k];

		if (o->instance != i || o->unknown)
			continue;
		if (o->after)
			json_object_set_new(all, o->name,
					    json_parse(text_of(o->after), NULL, NULL));
		else
			json_object_del(all, o->name);
	}
	text = json_text(s->a, all);
	json_decref(all);
	return text;
}

/* --- afterwards --------------------------------------------------------------------- */

enum run_instance_end run_instance_end(const struct instance_plan *p, const struct execution *x)
{
	enum run_instance_end end = INSTANCE_CURRENT;

	for (size_t c = p->first_change; x && c < p->first_change + p->change_count; c++) {
		if (x->ends[c] == CHANGE_FAILED)
			return INSTANCE_FAILED;
		if (x->ends[c] == CHANGE_OPEN)
			end = INSTANCE_INCOMPLETE;
		if (x->ends[c] == CHANGE_SKIPPED && end == INSTANCE_CURRENT)
			end = x->interrupted ? INSTANCE_INCOMPLETE : INSTANCE_FAILED;
	}
	return end;
}

static void settle_whole(struct settling *s, const struct instance_plan *p,
			 struct instance_record *n, const char *status)
{
	const struct clock *c = s->r->e->options.clock;
	const char *outputs = NULL;
	struct instance_record before = *n;

	fill_from_project(s, p->instance, n);
	protect(p, n);
	if (p->instance && p->instance->doc)
		outputs = s->x ? evaluated_outputs(s, p->instance)
			       : planned_outputs(s, p->instance, n->outputs);
	if (outputs)
		n->outputs = outputs;
	n->status = status;
	if (!any_work(s->r->plan, p) && same_instance(&before, n)) {
		/* As this commit has it, too: said without a new good state. */
		if (!same_text(before.version, n->version))
			put_instance(s, n);
		return;
	}
	n->applied_ms = c->wall_ms((struct clock *)c);
	put_instance(s, n);
	put_good(s, n);
}

/* Only something that is to go is still there.  What was made may be in use by now: a later
 * rollback comes back to it, and not to what it replaced. */
static bool only_cleanup_failed(const struct settling *s, const struct instance_plan *p)
{
	return s->x && s->x->reached[p - s->r->plan->instances] && !s->x->interrupted &&
	       !s->r->plan->destroy && p->instance && !p->partial;
}

/* What is known; what is not stays as it was. */
static const char *outputs_in_part(struct settling *s, const struct instance *i, const char *before)
{
	const struct eval_lookup *lookup = known_lookup(s->x->known, &i->id);
	json_t *all = before && *before ? json_parse(text_of(before), NULL, NULL) : json_object();
	const char *text;

	for (size_t k = 0; k < i->doc->output_count; k++) {
		const struct value *v = document_eval_output(i->doc, k, lookup, s->a, s->r->d);

		if (v && !value_has_unknown(v))
			json_object_set_new(all, i->doc->outputs[k].name, output_json(s, v));
	}
	text = json_text(s->a, all);
	json_decref(all);
	return text;
}

/* Changes were left out: neither template nor parameters hold for all of it, so those of the
 * last whole apply stay recorded. */
static void settle_in_part(struct settling *s, const struct instance_plan *p,
			   struct instance_record *n)
{
	const struct instance_record *before = recorded_of(s, &p->id);
	bool was_good = !before || run_status_is_good(before->status);

	if (!s->x || !any_work(s->r->plan, p))
		return;
	if (p->instance && p->instance->doc && !s->r->plan->destroy) {
		n->outputs = outputs_in_part(s, p->instance, n->outputs);
		n->imports = outside_imports_json(s->r->e->outside, s->a, p->instance);
	}
	protect(p, n);
	/* What had failed before is not mended by a part. */
	n->status = was_good ? "PARTIAL" : "INCOMPLETE";
	put_instance(s, n);
	if (was_good)
		put_good(s, n);
}

/* It was never its turn: all of it is as it was. */
static bool is_untouched(const struct settling *s, const struct instance_plan *p)
{
	return s->x && !s->x->begun[p - s->r->plan->instances];
}

/* What was recorded before stays what is good. */
static bool goes_back(const struct settling *s, const struct instance_plan *p)
{
	return s->x && s->x->halted && s->x->halted[p - s->r->plan->instances];
}

static void settle_unfinished(struct settling *s, const struct instance_plan *p,
			      struct instance_record *n, enum run_instance_end end)
{
	if (p->instance && p->instance->doc)
		n->imports = outside_imports_json(s->r->e->outside, s->a, p->instance);
	protect(p, n);
	n->status = end == INSTANCE_FAILED ? p->instance ? "FAILED" : "INOPERABLE" : "INCOMPLETE";
	put_instance(s, n);
}

static void settle_instance(struct settling *s, const struct instance_plan *p)
{
	struct instance_record n = draft_of(s, p);
	enum run_instance_end end = run_instance_end(p, s->x);

	if (is_untouched(s, p))
		return;
	if (goes_back(s, p)) {
		settle_unfinished(s, p, &n, end);
		return;
	}

	if (end == INSTANCE_CURRENT && p->partial) {
		settle_in_part(s, p, &n);
		return;
	}
	if (end == INSTANCE_CURRENT && (s->r->plan->destroy || !p->instance)) {
		drop_instance(s, p);
		return;
	}
	if (end == INSTANCE_CURRENT) {
		settle_whole(s, p, &n, "CURRENT");
		return;
	}
	if (end == INSTANCE_FAILED && only_cleanup_failed(s, p)) {
		settle_whole(s, p, &n, "FAILED");
		return;
	}
	settle_unfinished(s, p, &n, end);
}

/* What the world and the template changed to is what was applied from now on. */
static const char *settled_inputs(struct settling *s, const struct change *c)
{
	json_t *inputs, *desired;
	const char *text;

	if (!c->path_count || !c->before->inputs || !*c->before->inputs)
		return c->before->inputs;
	inputs = json_parse(text_of(c->before->inputs), NULL, NULL);
	desired = json_parse(text_of(c->desired), NULL, NULL);
	for (size_t i = 0; i < c->path_count; i++) {
		struct text at = text_of(c->paths[i].pointer);

		if (c->paths[i].settled && at.len)
			json_put(inputs, at, json_incref(json_at(desired, at)));
	}
	text = json_text(s->a, inputs);
	json_decref(inputs);
	json_decref(desired);
	return text;
}

/* What an unchanged resource is like now: seen by a refresh, or said by the template without
 * being a property. */
static void settle_unchanged(struct settling *s, const struct change *c)
{
	const struct record_list *list = &s->r->recorded.records;
	const struct observation *seen = NULL;
	struct record n;

	if (c->action != ACTION_NONE || c->left_out || !c->before || !c->resource)
		return;
	if (s->r->observations && c->before >= list->items && c->before < list->items + list->count)
		seen = &s->r->observations[c->before - list->items];
	n = *c->before;
	if (seen && seen->seen == SEEN_PRESENT)
		n.outputs = seen->outputs;
	n.inputs = settled_inputs(s, c);
	n.depends_on = executor_depends_on(s->a, c);
	n.deletion_policy = executor_policy(c->resource);
	if (same_text(n.inputs, c->before->inputs) && same_text(n.outputs, c->before->outputs) &&
	    same_text(n.depends_on, c->before->depends_on) &&
	    same_text(n.deletion_policy, c->before->deletion_policy))
		return;
	*(struct state_edit *)vec_add(&s->edits) = (struct state_edit){
		.kind = EDIT_PUT_RECORD,
		.keep = true,
		.record = memcpy(ARENA_NEW(s->a, struct record), &n, sizeof(n)),
	};
}

int run_settle(struct run *r, const struct execution *x)
{
	struct settling s;

	start(&s, r, x);
	for (size_t i = 0; i < r->plan->change_count; i++)
		settle_unchanged(&s, &r->plan->changes[i]);
	for (size_t i = 0; i < r->plan->instance_count; i++)
		settle_instance(&s, &r->plan->instances[i]);
	return finish(&s);
}
