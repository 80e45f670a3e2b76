/*
 * rollback.c - what becomes of each resource of the instances that go back: see rollback.h.
 *
 * Of one resource there may be the live record, deposed ones, and what was kept of it.  The
 * records are those after rollback_reset, so a live one that is not what was kept has really
 * taken its place.
 */
#include "engine/rollback.h"

#include <stdlib.h>
#include <string.h>

#include "engine/diff.h"
#include "engine/outside.h"
#include "engine/planner_parts.h"
#include "engine/secrets.h"

struct undoing {
	struct arena *a; /* the plan's */
	const struct rollback_request *q;
	const struct rollback *back;
	struct planner_input in;
	struct planning planning;
	struct map live;        /* four-part address to struct record */
	struct map kept;        /* the same */
	struct map generations; /* instance_id_text to struct instance_record */
};

static int64_t generation_of(struct undoing *u, const struct instance_id *id)
{
	const struct instance_record *n =
		map_find(&u->generations, text_of(instance_id_text(u->a, id)));

	return n ? n->generation : 0;
}

/* Made since the last good state. */
static bool is_new(struct undoing *u, const struct record *r)
{
	return r->born >= generation_of(u, &r->addr.instance);
}

static const struct observation *seen_of(const struct undoing *u, const struct record *r)
{
	return u->back->observations ? &u->back->observations[r - u->back->records.items] : NULL;
}

static bool is_gone(const struct undoing *u, const struct record *r)
{
	const struct observation *seen = seen_of(u, r);

	return (seen && seen->seen == SEEN_GONE) || (r->tainted && !*r->id);
}

/* --- a change ----------------------------------------------------------------------- */

static void set_provider(struct undoing *u, struct change *c, const struct record *r)
{
	c->provider = registry_entry(u->q->project->registry, r->provider);
	c->schema =
		c->provider ? registry_schema(u->q->project->registry, c->provider, r->type) : NULL;
}

static struct change change_of(struct undoing *u, const struct planning_instance *w,
			       const struct record *r)
{
	struct change c = {
		.addr = r->addr,
		.type = r->type,
		.instance = w->instance,
		.endpoint = r->endpoint,
		.unknown_pointers = "[]",
		.sensitive_pointers = *r->sensitive ? r->sensitive : "[]",
		.reason = REASON_ROLLBACK,
	};

	set_provider(u, &c, r);
	return c;
}

static bool is_skipped(const struct undoing *u, const struct address *addr)
{
	const struct patterns *p = u->q->skip;

	for (size_t i = 0; p && i < p->count; i++) {
		if (address_match(addr, p->items[i]))
			return true;
	}
	return false;
}

static void add_change(struct undoing *u, struct change *c)
{
	if (c->action != ACTION_NONE && is_skipped(u, &c->addr)) {
		c->left_out = c->action;
		c->action = ACTION_NONE;
		c->cause = "--skip";
	}
	if (c->action == ACTION_NONE && !c->left_out)
		c->reason = REASON_NONE;
	*(struct change *)arena_vec_add(u->a, &u->planning.changes) = *c;
}

/* --- what was made since ------------------------------------------------------------ */

static bool stays(const struct record *r)
{
	return !strcmp(r->deletion_policy, "Retain");
}

/* RetainExceptOnCreate is made for this: a creation that is taken back is deleted. */
static void undo_creation(struct undoing *u, const struct planning_instance *w,
			  const struct record *r)
{
	struct change c = change_of(u, w, r);

	c.before = r;
	c.action = stays(r) ? ACTION_RETAIN : ACTION_DELETE;
	c.snapshot = !strcmp(r->deletion_policy, "Snapshot");
	if (*r->deposed && !is_new(u, r)) {
		c.action = ACTION_DELETE;
		c.reason = REASON_DEPOSED;
		c.snapshot = c.snapshot || planner_wants_snapshot(w, r);
	}
	add_change(u, &c);
}

/* --- what goes back to what it was -------------------------------------------------- */

struct draft_back {
	struct undoing *u;
	struct change *c;
	struct record *wanted;
	json_t *inputs;  /* of wanted */
	json_t *present; /* of the live record; NULL */
	struct {
		VEC_OF(struct path_change)
	} paths;
	struct str lost; /* not_restored */
	json_t *needs;   /* pointers to secrets that are not known; NULL */
};

static json_t *parse(const char *text)
{
	json_t *j = text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;

	return j ? j : json_object();
}

static bool is_masked_text(const char *json)
{
	return json && !strncmp(json, "{\"$secret\":", 11);
}

static bool replaces(const struct schema *s, const char *pointer)
{
	return s && schema_is_create_only(s, text_of(pointer));
}

static void compare(struct draft_back *f)
{
	struct diff diff;

	diff_make(f->u->a, f->present, f->inputs, NULL, &diff);
	for (size_t i = 0; i < diff.count; i++) {
		const struct diff_path *d = &diff.paths[i];

		*(struct path_change *)arena_vec_add(f->u->a, &f->paths) = (struct path_change){
			.pointer = d->pointer,
			.before = d->before,
			.after = d->after,
			.replaces = replaces(f->c->schema, d->pointer),
			.sensitive = is_masked_text(d->before) || is_masked_text(d->after),
			.where = RANGE_NONE,
		};
	}
	diff_release(&diff);
}

static void lose(struct draft_back *f, const char *pointer)
{
	str_printf(&f->lost, "%s%s", f->lost.len ? ", " : "", pointer + (*pointer == '/'));
}

/*
 * Nobody knows the earlier value of a secret any more when the template gives another one now:
 * then it stays as it is.  What is created has none that could stay, so that must wait until
 * the value is given.
 */
static void keep_lost_secrets(struct draft_back *f)
{
	const struct rollback_source source = {
		.instance = f->c->instance,
		.schema = f->c->schema,
		.lookup = known_lookup(f->u->planning.known, &f->c->addr.instance),
		.state = f->u->q->state,
	};
	json_t *masked = json_array(), *clear, *filled, *left;

	secrets_masked_pointers(f->inputs, masked);
	if (!json_array_size(masked)) {
		json_decref(masked);
		return;
	}
	clear = rollback_template_inputs(f->u->a, &source, f->wanted, NULL);
	filled = json_deep_copy(f->inputs);
	left = rollback_fill(f->u->q->state, filled, clear);
	for (size_t i = 0; i < json_array_size(left); i++) {
		const char *pointer = json_string_value(json_array_get(left, i));
		json_t *now = f->present ? json_at(f->present, text_of(pointer)) : NULL;

		if (now && json_equal(now, json_at(f->inputs, text_of(pointer))))
			continue;
		lose(f, pointer);
		if (now)
			json_put(f->inputs, text_of(pointer), json_incref(now));
	}
	json_decref(filled);
	filled = json_deep_copy(f->inputs);
	f->needs = rollback_fill(f->u->q->state, filled, clear);
	json_decref(masked);
	json_decref(clear);
	json_decref(filled);
	json_decref(left);
}

/* Values that the call will need, and that nobody has given. */
static const char *missing(const struct draft_back *f)
{
	struct str names = STR_INIT;
	const char *text;

	if (f->c->action == ACTION_NONE || !json_array_size(f->needs))
		return NULL;
	for (size_t i = 0; i < json_array_size(f->needs); i++)
		str_printf(&names, "%s%s", i ? ", " : "needs a value that is not recorded: ",
			   json_string_value(json_array_get(f->needs, i)) + 1);
	text = arena_text(f->u->a, str_text(&names));
	str_release(&names);
	return text;
}

static enum action action_of(const struct draft_back *f, const struct record *live)
{
	/* Without its provider nobody can be asked: it is refused with its reason. */
	if (!f->c->schema)
		return f->paths.count || live->tainted ? ACTION_UPDATE : ACTION_NONE;
	if (strcmp(live->type, f->wanted->type) != 0)
		return ACTION_REPLACE;
	for (size_t i = 0; i < f->paths.count; i++) {
		if (f->paths.items[i].replaces)
			return ACTION_REPLACE;
	}
	return f->paths.count || live->tainted ? ACTION_UPDATE : ACTION_NONE;
}

static void decide(struct draft_back *f, const struct record *live)
{
	struct change *c = f->c;

	if (live)
		f->present = parse(live->inputs);
	keep_lost_secrets(f);
	if (live)
		compare(f);
	c->before = live;
	c->action = live ? action_of(f, live) : ACTION_CREATE;
	c->desired = f->wanted->inputs = json_text(f->u->a, f->inputs);
	c->paths = f->paths.items;
	c->path_count = f->paths.count;
	c->cause = missing(f);
	if (f->lost.len)
		c->not_restored = arena_text(f->u->a, str_text(&f->lost));
}

/* Back to what was kept; a live one that is good already stays in the order of things. */
static void restore(struct undoing *u, const struct planning_instance *w,
		    const struct record *wanted, const struct record *live)
{
	struct change c = change_of(u, w, wanted);
	struct draft_back f = {.u = u, .c = &c, .lost = STR_INIT};

	f.wanted = ARENA_NEW(u->a, struct record);
	*f.wanted = *wanted;
	f.wanted->tainted = false;
	f.wanted->deposed = "";
	f.inputs = parse(wanted->inputs);
	c.wanted = f.wanted;
	decide(&f, live && !is_gone(u, live) ? live : NULL);
	add_change(u, &c);
	json_decref(f.inputs);
	json_decref(f.present);
	json_decref(f.needs);
	str_release(&f.lost);
}

/* --- one instance after the other ----------------------------------------------------- */

static void undo_record(struct undoing *u, const struct planning_instance *w,
			const struct record *r)
{
	const struct record *kept =
		*r->deposed ? NULL : map_find(&u->kept, text_of(address_key(u->a, &r->addr)));

	if (kept)
		restore(u, w, kept, r);
	else if (*r->deposed || is_new(u, r))
		undo_creation(u, w, r);
	else
		restore(u, w, r, r);
}

static int compare_changes(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int order = address_compare(&a->addr, &b->addr);

	if (order)
		return order;
	return strcmp(a->before ? a->before->deposed : "", b->before ? b->before->deposed : "");
}

static void know_records(struct undoing *u)
{
	for (size_t i = 0; i < u->back->records.count; i++) {
		if (!*u->back->records.items[i].deposed)
			known_put(u->planning.known, &u->back->records.items[i], KNOWN_ALL);
	}
}

static size_t place_of(struct undoing *u, const struct map *places, const struct record *r)
{
	const char *key = instance_id_text(u->a, &r->addr.instance);

	return (size_t)(uintptr_t)map_find(places, text_of(key));
}

static void index_all(struct undoing *u)
{
	const struct rollback_request *q = u->q;

	for (size_t i = 0; i < q->instances->count; i++) {
		const struct instance_record *n = &q->instances->items[i];

		map_set(&u->generations, text_of(instance_id_text(u->a, &n->id)), (void *)n);
	}
	for (size_t i = 0; i < q->kept->count; i++) {
		const struct record *r = &q->kept->items[i];

		map_set(&u->kept, text_of(address_key(u->a, &r->addr)), (void *)r);
	}
	for (size_t i = 0; i < u->back->records.count; i++) {
		const struct record *r = &u->back->records.items[i];

		if (!*r->deposed)
			map_set(&u->live, text_of(address_key(u->a, &r->addr)), (void *)r);
	}
}

struct place_list {
	VEC_OF(const struct record *)
};

static void sort_out(struct undoing *u, struct place_list *lists)
{
	struct map places = MAP_INIT;

	for (size_t i = 0; i < u->q->id_count; i++)
		map_set(&places, text_of(instance_id_text(u->a, &u->q->ids[i])),
			(void *)(uintptr_t)(i + 1));
	for (size_t i = 0; i < u->back->records.count; i++) {
		const struct record *r = &u->back->records.items[i];
		size_t place = place_of(u, &places, r);

		if (place)
			*(const struct record **)arena_vec_add(u->a, &lists[place - 1]) = r;
	}
	for (size_t i = 0; i < u->q->kept->count; i++) {
		const struct record *r = &u->q->kept->items[i];
		size_t place = place_of(u, &places, r);

		if (place && !map_has(&u->live, text_of(address_key(u->a, &r->addr))))
			*(const struct record **)arena_vec_add(u->a, &lists[place - 1]) = r;
	}
	map_release(&places);
}

static bool only_kept(const struct undoing *u, const struct record *r)
{
	const struct record_list *list = u->q->kept;

	return r >= list->items && r < list->items + list->count;
}

static void undo_instance(struct undoing *u, struct planning_instance *w,
			  const struct place_list *list)
{
	struct planning *p = &u->planning;

	w->first = p->changes.count;
	for (size_t i = 0; i < list->count; i++) {
		if (only_kept(u, list->items[i]))
			restore(u, w, list->items[i], NULL);
		else
			undo_record(u, w, list->items[i]);
	}
	w->change_count = p->changes.count - w->first;
	if (w->change_count)
		qsort(&p->changes.items[w->first], w->change_count, sizeof(*p->changes.items),
		      compare_changes);
	planner_needs(p, w);
}

/* What uses others goes back before them: the other way round than they were made. */
static int order_instances(struct undoing *u, struct instance_plan *plans)
{
	const struct instance_plans all = {plans, u->q->id_count};

	return planner_stack_needs(&u->planning, &all);
}

static int undo_all(struct undoing *u)
{
	size_t count = u->q->id_count;
	struct place_list *lists = ARENA_ARRAY(u->a, count, struct place_list);
	struct instance_plan *plans = ARENA_ARRAY(u->a, count, struct instance_plan);
	struct planning_instance w = {0};

	sort_out(u, lists);
	for (size_t i = 0; i < count; i++) {
		plans[i].id = w.id = u->q->ids[i];
		plans[i].instance = w.instance = project_instance(u->q->project, &w.id);
		undo_instance(u, &w, &lists[i]);
		plans[i].first_change = w.first;
		plans[i].change_count = w.change_count;
	}
	u->planning.plan->instances = plans;
	u->planning.plan->instance_count = count;
	return order_instances(u, plans);
}

static void finish(struct undoing *u)
{
	struct plan *plan = u->planning.plan;

	plan->changes = u->planning.changes.items;
	plan->change_count = u->planning.changes.count;
	for (size_t i = 0; i < plan->change_count; i++) {
		plan_count(&plan->counts, plan->changes[i].action);
		plan->counts.left_out += plan->changes[i].left_out != ACTION_NONE;
	}
}

static void begin(struct undoing *u, struct diags *d)
{
	const struct rollback_request *q = u->q;

	u->in = (struct planner_input){
		.project = q->project,
		.records = &u->back->records,
		.instances = q->instances,
		.state = q->state,
		.outside = q->outside,
		.destroy = true,
	};
	u->planning = (struct planning){.a = u->a, .in = &u->in, .d = d};
	u->planning.plan = ARENA_NEW(u->a, struct plan);
	u->planning.plan->arena = u->a;
	u->planning.plan->project = q->project;
	u->planning.plan->rollback = true;
	u->planning.known = known_new(q->project->registry);
}

int rollback_make(struct arena *a, const struct rollback_request *q, struct rollback *out,
		  struct diags *d)
{
	struct undoing u = {.a = a, .q = q, .back = out};
	enum outside_phase phase = OUTSIDE_CHECK;
	int rc;

	*out = (struct rollback){0};
	rollback_reset(a, q, out);
	begin(&u, d);
	index_all(&u);
	know_records(&u);
	if (q->outside)
		phase = outside_enter(q->outside, OUTSIDE_PLAN, u.planning.known);
	rc = undo_all(&u);
	if (q->outside)
		outside_enter(q->outside, phase, NULL);
	finish(&u);
	out->plan = u.planning.plan;
	known_free(u.planning.known);
	map_release(&u.live);
	map_release(&u.kept);
	map_release(&u.generations);
	return rc;
}
