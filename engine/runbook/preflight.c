/* preflight.c - each step that is to come is worked out, and what it needs is looked for. */
#include "engine/runbook/preflight.h"

#include <string.h>

#include "base/vec.h"
#include "engine/engine_private.h"

/* One step as it will be run, as far as that is known. */
struct look {
	size_t step;
	enum step_grace grace;
	const struct step_spec *spec; /* NULL: it, or what it is in, is not run */
	bool known;                   /* all of it */
	bool may_apply;               /* an Apply that is to come */
	const char *spared;           /* as in struct blocker */
};

/* --- findings ---------------------------------------------------------------------------- */

static struct blocker *block(struct preflight *f, const struct look *l, const char *why,
			     const char *todo)
{
	const struct procedure_step *p = &f->x->p->steps[l->step];
	struct blocker *b;

	/* As it is run in either way. */
	for (size_t i = 0; i < f->found.count; i++) {
		b = &f->found.items[i];
		if (b->step == p && !strcmp(b->why, why))
			return b;
	}
	b = arena_vec_add(f->a, &f->found);
	*b = (struct blocker){.step = p, .why = why, .todo = todo, .spared = l->spared};
	return b;
}

static const struct diag *first_error(const struct diags *d)
{
	for (const struct diag *g = d->first; g; g = g->next) {
		if (g->severity == DIAG_ERROR)
			return g;
	}
	return NULL;
}

static const char *first_summary(const struct diags *d)
{
	const struct diag *g = first_error(d);

	return g ? g->summary : "it cannot be worked out";
}

/* What an error says is what is wrong with it; a variable and a file are to be had elsewhere. */
static void block_for(struct preflight *f, const struct look *l, const char *prefix,
		      const struct diags *d)
{
	static const enum diag_code of_here[] = {DIAG_RESOLVE_UNSET, DIAG_RESOLVE_FILE};
	const struct diag *g = first_error(d);
	struct blocker *b = block(f, l, arena_printf(f->a, "%s%s", prefix, first_summary(d)),
				  g && g->hint ? arena_strdup(f->a, g->hint) : "");

	for (size_t i = 0; g && i < ARRAY_LEN(of_here); i++)
		b->here |= g->code == of_here[i];
}

/* --- what is made before it -------------------------------------------------------------- */

static bool has_name(const json_t *value, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(value, i, item)
	{
		if (!strcmp(json_string_value(item), name))
			return true;
	}
	return json_is_string(value) && !strcmp(json_string_value(value), name);
}

/* Whether an Apply that comes first may make or change the stack there; NULL: any of them. */
static bool is_applied_before(const struct preflight *f, size_t step, const char *stack,
			      const char *region)
{
	for (size_t i = 0; i < step; i++) {
		const struct step_spec *spec = f->looks[i].may_apply ? f->looks[i].spec : NULL;

		if (!spec)
			continue;
		if (!stack || !f->looks[i].known)
			return true;
		if (*spec->region && *region && strcmp(spec->region, region) != 0)
			continue;
		if (has_name(json_object_get(spec->values, "Stack"), stack) ||
		    has_name(json_object_get(spec->values, "Stacks"), stack))
			return true;
	}
	return false;
}

/* --- by kind ----------------------------------------------------------------------------- */

static const struct record *find_record(struct preflight *f, const struct address *addr)
{
	const struct record_list *all = &f->recorded.records;
	struct diags ignored = DIAGS_INIT;

	if (!f->loaded && engine_load(f->x->e, f->a, &f->recorded, &ignored))
		f->recorded.records.count = 0;
	f->loaded = true;
	diags_release(&ignored);
	for (size_t i = 0; i < all->count; i++) {
		if (!address_compare(&all->items[i].addr, addr) && !*all->items[i].deposed)
			return &all->items[i];
	}
	return NULL;
}

/* As engine/act.c asks when it is its turn. */
static bool has_action(const struct preflight *f, const struct record *r, const char *action)
{
	const struct registry *all = f->x->e->project->registry;
	const struct provider_entry *provider = registry_entry(all, r->provider);
	const struct schema *schema = provider ? registry_schema(all, provider, r->type) : NULL;

	return schema && schema_has_action(schema, action);
}

/* A step opens the project anew: its files may have changed since this process has read them. */
static const char *fault_of_project(struct preflight *f)
{
	struct engine_options o = f->x->e->options;
	struct diags found = DIAGS_INIT;
	struct engine *e;

	if (f->read)
		return f->fault;
	f->read = true;
	o.observer = NULL;
	o.selection = (struct selection){.faults = FAULTS_LEFT_OUT};
	e = engine_open(&o, &found);
	if (!e) {
		f->fault = arena_strdup(f->a, first_summary(&found));
		diags_copy(&f->said, &found);
		diags_keep_sources(&f->said);
	}
	diags_release(&found);
	engine_close(e);
	return f->fault;
}

/* Who applies what runs, and is recorded elsewhere, gets a second and empty one. */
static const char *where_is_it(const struct preflight *f, const struct address *addr)
{
	const struct record_list *all = &f->recorded.records;
	const char *stack = addr->instance.stack;

	for (size_t i = 0; i < all->count; i++) {
		if (!strcmp(all->items[i].addr.instance.stack, stack))
			return arena_printf(f->a,
					    "if it was never deployed there: `hadeploy apply %s "
					    "--region %s`; what is made then has no data yet",
					    stack, addr->instance.region);
	}
	return arena_printf(f->a,
			    "nothing of %s is recorded here: is this the folder, and the state, "
			    "that it was deployed from? Bring those back, or import what runs; an "
			    "apply would make a second, empty one",
			    all->count ? arena_printf(f->a, "'%s'", stack) : "the project");
}

static void look_at_action(struct preflight *f, const struct look *l)
{
	const char *name = json_str(l->spec->values, "Resource", "");
	const char *action = json_str(l->spec->values, "Action", "");
	const struct record *r;
	struct address addr;

	if (fault_of_project(f)) {
		block(f, l, f->fault, "mend it: `hadeploy validate` tells of it");
		return;
	}
	if (!address_parse(f->a, text_of(name), &addr)) {
		block(f, l, arena_printf(f->a, "'%s' is no address of a resource", name),
		      "write stack/region/LogicalId");
		return;
	}
	if (is_applied_before(f, l->step, addr.instance.stack, addr.instance.region))
		return;
	r = find_record(f, &addr);
	if (!r)
		block(f, l, arena_printf(f->a, "'%s' is not recorded", name),
		      where_is_it(f, &addr));
	else if (!has_action(f, r, action))
		block(f, l, arena_printf(f->a, "%s has no action '%s'", r->type, action),
		      arena_printf(f->a, "`hadeploy types %s` names those it has", r->type));
}

static void look_at_apply(struct preflight *f, const struct look *l)
{
	const struct apply_question q = {
		.x = f->x,
		.a = f->a,
		.step = &f->x->p->steps[l->step],
		.spec = l->spec,
		.known = l->known,
		.whole = l->known && !is_applied_before(f, l->step, NULL, NULL),
	};
	struct diags found = DIAGS_INIT;
	int failed = preflight_apply(&q, &found);

	if (failed)
		block_for(f, l, "", &found);
	if (failed && !l->spared) {
		diags_copy(&f->said, &found);
		diags_keep_sources(&f->said);
	}
	diags_release(&found);
}

static const char *output_of(void *context, const char *stack, const char *name, const char *region)
{
	struct preflight *f = context;

	return conduct_output(f->x, stack, name, region);
}

static void look_at_route(struct preflight *f, const struct look *l, const char *name)
{
	const struct manifest *m = f->x->e->project->manifest;
	const struct manifest_route *r = manifest_route(m, name);
	const struct route_place place = {
		m, r && r->region ? r->region->name : json_str(l->spec->values, "To", ""),
		output_of, f};
	const struct provider_entry *entry;
	const struct schema *schema;
	const struct secrets *secrets;
	struct diags found = DIAGS_INIT;

	if (!r)
		block(f, l, arena_printf(f->a, "there is no route '%s'", name), "");
	else if (!r->provider &&
		 !registry_find(f->x->e->project->registry, r->type, &entry, &schema))
		block(f, l,
		      arena_printf(f->a, "route '%s': no provider serves the type '%s'", name,
				   r->type),
		      "");
	else if (!is_applied_before(f, l->step, NULL, NULL) &&
		 !manifest_route_config(f->a, &place, r, &secrets, &found))
		block_for(f, l, arena_printf(f->a, "route '%s': ", name), &found);
	diags_release(&found);
}

static void look_at_traffic(struct preflight *f, const struct look *l)
{
	const json_t *names = json_object_get(l->spec->values, "Routes"), *item;
	size_t i;

	json_array_foreach(names, i, item) look_at_route(f, l, json_string_value(item));
}

static bool plays(const struct manifest_host *h, const json_t *roles)
{
	for (size_t i = 0; i < h->host.role_count; i++) {
		if (has_name(roles, h->host.roles[i]))
			return true;
	}
	return !json_array_size(roles);
}

/* name: that one; NULL: any with such a role. */
static bool has_host(const struct preflight *f, const struct step_spec *s, const char *name)
{
	const struct manifest *m = f->x->e->project->manifest;
	const json_t *roles = json_object_get(s->values, "Roles");

	for (size_t i = 0; i < m->region_count; i++) {
		const struct manifest_region *r = &m->regions[i];

		if (*s->region && strcmp(r->name, s->region) != 0)
			continue;
		for (size_t k = 0; k < r->host_count; k++) {
			const struct manifest_host *h = &r->hosts[k];

			if (name ? !strcmp(h->host.name, name) : plays(h, roles))
				return true;
		}
	}
	return false;
}

/* As driver_command.c will look for them; those of a lost region may be taken out of the manifest.
 */
static void look_at_command(struct preflight *f, const struct look *l)
{
	const char *where = *l->spec->region ? l->spec->region : "the manifest";
	const json_t *names = json_object_get(l->spec->values, "Hosts"), *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (!has_host(f, l->spec, json_string_value(name)))
			block(f, l,
			      arena_printf(f->a, "there is no host '%s' in %s",
					   json_string_value(name), where),
			      "name hosts that there are");
	}
	if (!names && !has_host(f, l->spec, NULL))
		block(f, l, arena_printf(f->a, "no host of %s is meant", where),
		      "give a host there the role, or name another");
}

/* --- checks ------------------------------------------------------------------------------ */

static bool is_lost(const struct preflight *f, const struct look *l, const char *region)
{
	const char *from = bound_from(f->x->bound);

	return l->grace == STEP_UNGRACEFUL && from && !strcmp(region, from);
}

/* Nobody is there who could be healthy. */
static void look_at_uses(struct preflight *f, const struct look *l, const struct check_use *uses,
			 size_t count)
{
	const struct manifest *m = f->x->e->project->manifest;

	for (size_t i = 0; i < count; i++) {
		const struct manifest_region *r = manifest_region(m, uses[i].region);

		if (!r || uses[i].unhealthy || !uses[i].check ||
		    check_has_hosts(uses[i].check, r) || is_lost(f, l, uses[i].region))
			continue;
		block(f, l,
		      arena_printf(f->a, "check '%s' has no host to ask in region '%s'",
				   uses[i].check->name, r->name),
		      "give a host of it the check's Roles, or ask another check");
	}
}

static void look_at_checks(struct preflight *f, const struct look *l)
{
	const struct step_spec *s = l->spec;

	if (f->x->p->steps[l->step].kind != STEP_FENCE)
		look_at_uses(f, l, s->uses, s->use_count);
	look_at_uses(f, l, s->before, s->before_count);
	look_at_uses(f, l, s->after, s->after_count);
}

/* --- a step ------------------------------------------------------------------------------ */

static const char may_fail[] = "The execution goes on without it: OnFailure is continue.";
static const char one_way[] = "It is one way to fence: others are tried, and its check decides.";
static const char undoing[] = "It is only needed if all goes back, and would then stay done.";
static const char asked_for[] =
	"It is only run so when the execution, or the step, is made ungraceful.";

/* It is over, is skipped, or goes on where it was: what it needed is its own affair. */
static bool is_behind(const struct step *s)
{
	if (s->given_up)
		return true;
	if (s->phase == PHASE_OVER)
		return s->status != STEP_FAILED;
	return (s->again || s->begun) && !s->child_count && s->p->kind != STEP_APPLY;
}

/* References to secrets that lie here are looked up as well; who cannot be known without them says
 * nothing of its OnFailure. */
static const struct step_spec *spec_of(struct preflight *f, struct look *l, struct diags *found)
{
	const struct step_wish wish = {l->step, l->grace};
	const struct step_spec *spec = step_spec(f->a, f->x->bound, wish, &l->known, found);
	struct diags ignored = DIAGS_INIT;

	if (!spec)
		spec = step_spec(f->a, f->x->bound, wish, NULL, &ignored);
	diags_release(&ignored);
	return spec;
}

/* The execution goes on without it, or may do so. */
static const char *spared(const struct preflight *f, const struct procedure_step *p,
			  const struct step_spec *spec)
{
	if (p->role == ROLE_REVERSE)
		return undoing;
	if (p->parent != STEP_TOP && f->looks[p->parent].spared)
		return f->looks[p->parent].spared;
	if (p->role == ROLE_BY)
		return one_way;
	return spec && spec->on_failure == STEP_FAILURE_CONTINUE ? may_fail : NULL;
}

/* False: it is not run. */
static bool work_out(struct preflight *f, struct look *l, struct diags *found)
{
	const struct procedure_step *p = &f->x->p->steps[l->step];
	bool within = p->parent != STEP_TOP;
	const struct step_spec *spec;

	if (is_behind(&f->x->steps[l->step]) || (within && !f->looks[p->parent].spec))
		return false;
	spec = spec_of(f, l, found);
	if (spec && (!spec->applies || spec->left_out || conduct_drill_leaves_out(f->x, p, spec)))
		return false;
	l->spec = spec;
	l->may_apply = spec && p->kind == STEP_APPLY && p->role != ROLE_REVERSE;
	if (!l->spared)
		l->spared = spared(f, p, spec);
	/* A condition of the runbook within may wait for a result. */
	return l->known || p->frame == 0 || found->error_count;
}

static void look_at(struct preflight *f, struct look *l)
{
	enum step_kind kind = f->x->p->steps[l->step].kind;
	struct diags found = DIAGS_INIT;
	bool counts = work_out(f, l, &found);

	if (counts && (!l->spec || found.error_count))
		block_for(f, l, "", &found);
	else if (counts && kind == STEP_APPLY)
		look_at_apply(f, l);
	else if (counts && l->known && kind == STEP_ACTION)
		look_at_action(f, l);
	else if (counts && l->known && kind == STEP_COMMAND)
		look_at_command(f, l);
	else if (counts && l->known && kind == STEP_TRAFFIC)
		look_at_traffic(f, l);
	if (counts && l->known && !found.error_count)
		look_at_checks(f, l);
	diags_release(&found);
}

/* As it will be run, and as it would be if somebody asked for it meanwhile. */
static void look_at_step(struct preflight *f, size_t step)
{
	const struct step *s = &f->x->steps[step];
	bool ungraceful = f->grace == STEP_UNGRACEFUL || s->ungraceful;
	struct look *l = &f->looks[step];
	struct look other = {.step = step, .grace = STEP_UNGRACEFUL, .spared = asked_for};

	*l = (struct look){.step = step, .grace = ungraceful ? STEP_UNGRACEFUL : STEP_GRACEFUL};
	look_at(f, l);
	if (!ungraceful && s->p->ungraceful)
		look_at(f, &other);
}

static void look_at_all(struct preflight *f)
{
	f->looks = ARENA_ARRAY(f->a, f->x->p->step_count, struct look);
	for (size_t i = 0; i < f->x->p->step_count; i++)
		look_at_step(f, i);
	f->x->missing = NULL;
}

/* --- what follows ------------------------------------------------------------------------ */

static size_t blockers(const struct preflight *f)
{
	size_t count = 0;

	for (size_t i = 0; i < f->found.count; i++)
		count += !f->found.items[i].spared;
	return count;
}

static void tell(struct preflight *f, const struct blocker *b)
{
	struct conduct *x = f->x;
	struct diag *g;

	if (b->spared) {
		g = diag_warn(x->d, DIAG_PREFLIGHT_STEP, b->step->where, "step '%s' would fail: %s",
			      b->step->path, b->why);
		diag_detail(x->d, g, "%s", b->spared);
	} else if (x->q->override_blockers) {
		g = diag_warn(x->d, DIAG_PREFLIGHT_STEP, b->step->where, "step '%s' will fail: %s",
			      b->step->path, b->why);
		diag_detail(x->d, g, "It is begun all the same: %s.", x->q->override_blockers);
		json_array_append_new(x->blockers, json_sprintf("%s: %s", b->step->path, b->why));
	} else {
		g = diag_add(x->d, DIAG_PREFLIGHT_STEP, b->step->where, "step '%s' would fail: %s",
			     b->step->path, b->why);
	}
	if (*b->todo)
		diag_hint(x->d, g, "%s", b->todo);
}

static int refuse(struct preflight *f)
{
	struct conduct *x = f->x;
	struct diag *g;

	diags_take_new(x->d, &f->said);
	g = diag_add(x->d, DIAG_PREFLIGHT_REFUSED, RANGE_NONE,
		     "nothing was done: runbook '%s' cannot come to its end", x->p->name);
	diag_hint(x->d, g,
		  "mend that and run it again; to go on as far as it comes: "
		  "--override-blockers REASON");
	x->out->refused = true;
	return -1;
}

static int follow(struct preflight *f)
{
	struct conduct *x = f->x;

	if (blockers(f) && x->q->override_blockers) {
		x->blockers = json_array();
		arena_at_end(x->a, (void (*)(void *))json_decref, x->blockers);
	}
	for (size_t i = 0; i < f->found.count; i++)
		tell(f, &f->found.items[i]);
	if (blockers(f) && !x->q->override_blockers)
		return refuse(f);
	if (f->found.count && x->q->begins)
		x->q->begins(x->q->context);
	return 0;
}

static bool is_due(const struct conduct *x)
{
	return !x->rehearsal && x->row.kind != EXECUTION_DRILL_SIMULATED && !x->q->abort &&
	       !x->abort_taken && x->stage == STAGE_FORWARD;
}

int conduct_preflight(struct conduct *x)
{
	bool ungraceful = x->ungraceful || (!x->q->resume && x->q->grace == STEP_UNGRACEFUL);
	struct preflight f = {
		.x = x,
		.a = x->a,
		.grace = ungraceful ? STEP_UNGRACEFUL : STEP_GRACEFUL,
	};
	int rc;

	if (!is_due(x))
		return preflight_back(x);
	look_at_all(&f);
	rc = follow(&f);
	diags_release(&f.said);
	return rc;
}

struct conduct *preflight_conduct(const struct preflight_question *q, struct diags *d)
{
	struct conduct *x = ARENA_NEW(q->a, struct conduct);
	struct conduct_request *r = ARENA_NEW(q->a, struct conduct_request);

	*r = (struct conduct_request){.parameters = q->given.items,
				      .parameter_count = q->given.count,
				      .kind = EXECUTION_REAL,
				      .grace = q->grace};
	*x = (struct conduct){
		.e = q->e,
		.q = r,
		.out = ARENA_NEW(q->a, struct conduct_result),
		.d = d,
		.a = q->a,
		.p = q->procedure,
		.state = engine_state(q->e, STATE_READ, d),
	};
	return !x->state || conduct_lay_out(x) ? NULL : x;
}

int preflight_look(const struct preflight_question *q, struct preflight *out, struct diags *d)
{
	struct conduct *x = preflight_conduct(q, d);

	*out = (struct preflight){.x = x, .a = q->a, .grace = q->grace};
	if (!x)
		return -1;
	look_at_all(out);
	diags_release(&out->said);
	return conduct_check_recreations(x);
}
