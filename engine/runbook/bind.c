/*
 * bind.c - a procedure with values for its parameters: every use of a file gets a document.
 *
 * Parameters of a runbook that another one runs may need results of steps: its document is made
 * with what is known, and made again when a step of it is asked for.
 */
#include <string.h>

#include "engine/runbook/bound.h"

#define ORIGIN "the command"

/* --- the world outside ------------------------------------------------------------------ */

const char runbook_output_later[] = "";

static enum outside_answer ask_output(const struct frame_outside *o, struct arena *a,
				      const struct outside_question *q, const struct value **out,
				      struct diags *d)
{
	const char *text;
	struct diag *g;

	if (!o->world || !o->world->output)
		return OUTSIDE_LATER;
	if (!q->region) {
		g = diag_add(d, DIAG_RUNBOOK_OUTPUT, q->where,
			     "output '%s' of stack '%s' is asked for without a region", q->name,
			     q->stack);
		diag_hint(d, g, "add 'Region: !Ref To', or another region");
		return OUTSIDE_FAILED;
	}
	text = o->world->output(o->world->context, q->stack, q->name, q->region);
	if (text == runbook_output_later)
		return OUTSIDE_LATER;
	if (text) {
		*out = value_string(a, text_of(arena_strdup(a, text)), NULL);
		return OUTSIDE_KNOWN;
	}
	g = diag_add(d, DIAG_RUNBOOK_OUTPUT, q->where,
		     "stack '%s' in region '%s' has no output '%s'", q->stack, q->region, q->name);
	diag_hint(d, g, "the stack has to be deployed there first");
	return OUTSIDE_FAILED;
}

static void note_resolved(struct resolved_texts *all, const char *text)
{
	for (size_t i = 0; i < all->count; i++) {
		if (!strcmp(all->items[i], text))
			return;
	}
	*arena_vec_add(all->a, all) = arena_strdup(all->a, text);
}

static enum outside_answer ask_reference(struct frame_outside *o, struct arena *a,
					 const struct outside_question *q, const struct value **out,
					 struct diags *d)
{
	struct placed_text whole = {text_of(arena_printf(a, "{{resolve:%s}}", q->name)), q->where};
	const char *text;

	if (o->secrets == SECRETS_LATER)
		return OUTSIDE_LATER;
	if (manifest_resolve(a, o->m->dir, whole, &text, d))
		return OUTSIDE_FAILED;
	note_resolved(&o->resolved, text);
	*out = value_sensitive(a, value_string(a, text_of(text), NULL));
	return OUTSIDE_KNOWN;
}

static enum outside_answer ask(void *context, struct arena *a, const struct outside_question *q,
			       const struct value **out, struct diags *d)
{
	struct frame_outside *o = context;

	switch (q->kind) {
	case ASK_STACK_OUTPUT:
		return ask_output(o, a, q, out, d);
	case ASK_RESOLVE:
		return ask_reference(o, a, q, out, d);
	case ASK_EXPORT:
	case ASK_PARAMETER_STORE:
	case ASK_ZONES:
	case ASK_ACCOUNT:
		break;
	}
	return OUTSIDE_LATER;
}

/* --- parameters of the runbook itself ----------------------------------------------------- */

static const struct parameter_given *find_given(const struct parameter_given *given, size_t count,
						const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(given[i].name, name))
			return &given[i];
	}
	return NULL;
}

static void hint_given(struct diags *d, struct diag *g, const struct runbook_parameter *q)
{
	const char *value = q->kind == PARAMETER_REGION ? "REGION" : "VALUE";
	const char *option = runbook_parameter_option(q->name);

	if (option)
		diag_hint(d, g, "give it one with %s %s", option, value);
	else
		diag_hint(d, g, "give it one with --param %s=%s", q->name, value);
}

static void refuse_unknown(const struct procedure *p, const char *name, struct diags *d)
{
	struct arena *scratch = arena_new();
	const char **names = ARENA_ARRAY(scratch, p->parameter_count, const char *);
	struct diag *g = diag_add(d, DIAG_RUNBOOK_GIVEN, RANGE_NONE,
				  "runbook '%s' has no parameter '%s'", p->name, name);

	for (size_t i = 0; i < p->parameter_count; i++)
		names[i] = p->parameters[i].name;
	diag_did_you_mean(d, g, text_of(name), names, p->parameter_count);
	if (!g->hint && p->parameter_count)
		diag_hint(d, g, "names there are: %s",
			  diag_listed(scratch, names, p->parameter_count));
	else if (!g->hint)
		diag_hint(d, g, "it has none");
	arena_free(scratch);
}

static const char *value_given(const struct manifest *m, const struct procedure *p,
			       const struct runbook_parameter *q, const struct parameter_given *g,
			       struct diags *d)
{
	const char *text = g ? g->value : q->initial;
	struct diag *missing;

	if (text)
		return runbook_parameter_takes(m, q, text_of(text), RANGE_NONE, d) ? text : NULL;
	missing = diag_add(d, DIAG_RUNBOOK_GIVEN, RANGE_NONE,
			   "parameter '%s' of runbook '%s' has no value", q->name, p->name);
	diag_related(d, missing, q->where, "declared here");
	hint_given(d, missing, q);
	return NULL;
}

static int take_given(struct bound_procedure *b, const struct parameter_given *given, size_t count,
		      struct diags *d)
{
	const struct manifest *m = expansion_of(b->p)->lib->m;
	struct parameter_given *list =
		ARENA_ARRAY(b->a, b->p->parameter_count, struct parameter_given);
	size_t errors = d->error_count;

	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < b->p->parameter_count &&
		       strcmp(b->p->parameters[k].name, given[i].name) != 0)
			k++;
		if (k == b->p->parameter_count)
			refuse_unknown(b->p, given[i].name, d);
	}
	for (size_t i = 0; i < b->p->parameter_count; i++) {
		const struct runbook_parameter *q = &b->p->parameters[i];
		const char *text = value_given(m, b->p, q, find_given(given, count, q->name), d);

		list[i] = (struct parameter_given){q->name, text ? arena_strdup(b->a, text) : ""};
	}
	b->given = list;
	return d->error_count > errors ? -1 : 0;
}

static const char *region_named(const struct bound_procedure *b, const char *name)
{
	for (size_t i = 0; i < b->p->parameter_count; i++) {
		if (b->p->parameters[i].kind == PARAMETER_REGION &&
		    !strcmp(b->p->parameters[i].name, name))
			return b->given[i].value;
	}
	return NULL;
}

static int check_direction(const struct bound_procedure *b, struct diags *d)
{
	const char *from = bound_from(b), *to = bound_to(b);
	struct diag *g;

	if (!from || !to || strcmp(from, to) != 0)
		return 0;
	g = diag_add(d, DIAG_RUNBOOK_DIRECTION, RANGE_NONE,
		     "runbook '%s' would move from region '%s' to itself", b->p->name, from);
	diag_hint(d, g, "give From and To different regions");
	return -1;
}

/* --- documents ----------------------------------------------------------------------------- */

void runbook_target(struct eval_target *t, const struct manifest *m, const char *name)
{
	*t = (struct eval_target){
		.project = m->project,
		.stack = name,
		.account = "-",
		.region = "",
		.aws_region = "",
	};
}

const struct document *runbook_document(struct arena *a, const struct document_wish *w,
					struct diags *d)
{
	const struct eval_input in = {
		.target = w->target,
		.parameters = w->parameters,
		.outside = w->outside,
		.partial = w->partial,
		.only_errors = true,
	};

	return document_eval(a, w->file->tpl, &in, d);
}

static const struct document *own_document(struct bound_procedure *b, struct diags *d)
{
	struct parameter_value *values =
		ARENA_ARRAY(b->a, b->p->parameter_count, struct parameter_value);
	struct document_wish w = {.file = expansion_of(b->p)->frames[0].file,
				  .target = &b->target,
				  .outside = &b->outside->face};
	struct map given = MAP_INIT;
	const struct document *doc;

	for (size_t i = 0; i < b->p->parameter_count; i++) {
		values[i] = (struct parameter_value){.text = b->given[i].value, .origin = ORIGIN};
		map_set(&given, text_of(b->given[i].name), &values[i]);
	}
	w.parameters = &given;
	doc = runbook_document(b->a, &w, d);
	map_release(&given);
	return doc;
}

static const struct value *result_of(void *context, struct arena *a, const char *id,
				     const char *attribute)
{
	const struct frame_lookup *l = context;
	const struct procedure *p = l->b->p;
	const struct expansion *x = expansion_of(p);

	if (!l->b->world || !l->b->world->result || !attribute)
		return NULL;
	for (size_t i = x->frames[l->frame].first; i < p->step_count; i++) {
		const struct procedure_step *s = &p->steps[i];

		if (s->frame == l->frame && s->role == ROLE_STEP && !strcmp(s->name, id))
			return l->b->world->result(l->b->world->context, a, s->path, attribute);
	}
	return NULL;
}

void frame_lookup_init(struct frame_lookup *l, const struct bound_procedure *b, size_t frame)
{
	*l = (struct frame_lookup){b, frame, {result_of, l}};
}

/* One parameter of a runbook that another one runs. */
static void take_argument(struct step_making *k, const struct runbook_parameter *q,
			  const struct node *n, struct parameter_value *out)
{
	const struct value *v = document_eval_node(k->doc, n, k->lookup, k->a, k->d);
	struct text t;

	*out = (struct parameter_value){.unknown = true, .name_where = n->where};
	if (!v || v->kind == VALUE_NULL || value_has_unknown(v))
		return;
	if (!value_scalar_text(v, &t)) {
		diag_add(k->d, DIAG_RUNBOOK_PARAMETER, n->where,
			 "parameter '%s' takes one value, and this is a list or a map", q->name);
		return;
	}
	if (!runbook_parameter_takes(k->m, q, v->sensitive ? TEXT_LIT(SECRET_SHOWN) : t, n->where,
				     k->d))
		return;
	out->unknown = false;
	out->sensitive = v->sensitive;
	out->text = arena_text(k->a, t);
	out->origin = k->step->who;
}

/* Fills `given`; false when one of them waits. */
static bool take_arguments(struct step_making *k, struct map *given)
{
	const struct runbook_file *file = k->step->runs;
	const struct step_key *key = step_key_find(STEP_RUNBOOK, TEXT_LIT("Parameters"));
	const struct node *map = step_key_node(k->step, k->grace, key);
	bool known = true;

	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
		const struct runbook_parameter *q =
			runbook_parameter(file, map->entries[i].key->text);
		struct parameter_value *v = ARENA_NEW(k->a, struct parameter_value);

		if (!q)
			continue;
		take_argument(k, q, map->entries[i].value, v);
		known &= !v->unknown;
		map_set(given, map->entries[i].key->text, v);
	}
	return known;
}

/* In the arena of k; *known: no parameter waits. */
static const struct document *inner_document(struct step_making *k, const struct bound_procedure *b,
					     bool *known)
{
	struct document_wish w = {
		.file = k->step->runs, .target = &b->target, .outside = &b->outside->face};
	struct map given = MAP_INIT;
	const struct document *doc = NULL;
	size_t errors = k->d->error_count;

	*known = take_arguments(k, &given);
	w.partial = !*known;
	w.parameters = &given;
	if (k->d->error_count == errors)
		doc = runbook_document(k->a, &w, k->d);
	map_release(&given);
	return doc;
}

static struct step_making making_of(struct arena *a, const struct bound_procedure *b, size_t step,
				    enum step_grace grace)
{
	const struct expansion *x = expansion_of(b->p);

	return (struct step_making){
		.a = a,
		.m = x->lib->m,
		.step = &x->frames[b->p->steps[step].frame].file->steps.items[x->locals[step]],
		.grace = grace,
	};
}

bool bound_frame_document(const struct frame_question *q, size_t frame, struct frame_document *out)
{
	const struct bound_procedure *b = q->b;
	const struct frame *f = &expansion_of(b->p)->frames[frame];
	const struct frame_document *kept = &b->frames[frame].docs[q->grace];
	struct frame_document outer;
	struct frame_lookup lookup;
	struct step_making k;

	if (kept->doc && kept->known) {
		*out = *kept;
		return true;
	}
	*out = (struct frame_document){NULL, false, false};
	if (!frame || !bound_frame_document(q, f->parent, &outer))
		return false;
	k = making_of(q->a, b, f->step, q->grace);
	if (outer.absent || !document_find(outer.doc, k.step->id)) {
		out->absent = out->known = true;
		return true;
	}
	frame_lookup_init(&lookup, b, f->parent);
	k.doc = outer.doc;
	k.lookup = &lookup.face;
	k.d = q->d;
	out->doc = inner_document(&k, b, &out->known);
	out->known &= outer.known;
	return out->doc != NULL;
}

static int make_documents(struct bound_procedure *b, struct diags *d)
{
	const struct expansion *x = expansion_of(b->p);
	int result = 0;

	b->frames[0].docs[STEP_GRACEFUL].doc = own_document(b, d);
	if (!b->frames[0].docs[STEP_GRACEFUL].doc)
		return -1;
	b->frames[0].docs[STEP_GRACEFUL].known = true;
	b->frames[0].docs[STEP_UNGRACEFUL] = b->frames[0].docs[STEP_GRACEFUL];
	for (size_t i = 1; i < x->frame_count; i++) {
		for (int grace = 0; grace <= STEP_UNGRACEFUL; grace++) {
			const struct frame_question q = {b->a, b, (enum step_grace)grace, d};

			if (!bound_frame_document(&q, i, &b->frames[i].docs[grace]))
				result = -1;
		}
	}
	return result;
}

/* What can be said of every step already. */
static int check_steps(const struct bound_procedure *b, struct diags *d)
{
	struct arena *scratch = arena_new();
	size_t errors = d->error_count;

	for (size_t i = 0; i < b->p->step_count; i++) {
		step_spec(scratch, b, (struct step_wish){i, STEP_GRACEFUL}, NULL, d);
		step_spec(scratch, b, (struct step_wish){i, STEP_UNGRACEFUL}, NULL, d);
	}
	arena_free(scratch);
	return d->error_count > errors ? -1 : 0;
}

struct bound_procedure *runbook_bind(struct arena *a, const struct procedure *p,
				     const struct given_list *given,
				     const struct runbook_world *world, struct diags *d)
{
	const struct expansion *x = expansion_of(p);
	struct bound_procedure *b = ARENA_NEW(a, struct bound_procedure);
	struct diags found = DIAGS_INIT;
	int result;

	*b = (struct bound_procedure){.p = p, .a = a, .world = world};
	b->outside = ARENA_NEW(a, struct frame_outside);
	*b->outside = (struct frame_outside){
		x->lib->m, world, SECRETS_LATER, {.a = a}, {ask, b->outside}};
	b->frames = ARENA_ARRAY(a, x->frame_count, struct bound_frame);
	runbook_target(&b->target, x->lib->m, p->name);
	result = take_given(b, given->items, given->count, d);
	if (!result)
		result = check_direction(b, d);
	if (!result)
		result = make_documents(b, &found);
	if (!result)
		result = check_steps(b, &found);
	diags_sort(&found);
	diags_take(d, &found);
	return result ? NULL : b;
}

const struct procedure *bound_procedure_of(const struct bound_procedure *b)
{
	return b->p;
}

const char *bound_parameter(const struct bound_procedure *b, const char *name)
{
	const struct parameter_given *g = find_given(b->given, b->p->parameter_count, name);

	return g ? g->value : NULL;
}

const char *bound_from(const struct bound_procedure *b)
{
	return region_named(b, "From");
}

const char *bound_to(const struct bound_procedure *b)
{
	return region_named(b, "To");
}
