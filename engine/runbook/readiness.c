/* readiness.c - findings and their score, directions, and steps as they are run in a disaster. */
#include "engine/runbook/readiness.h"

#include <string.h>

#include "engine/runbook/readiness_parts.h"
#include "templates/node.h"

static const struct {
	const char *name;
	unsigned points;
} severities[] = {
	[FINDING_BLOCKER] = {"blocker", READY_BLOCKER_POINTS},
	[FINDING_WARNING] = {"warning", READY_WARNING_POINTS},
	[FINDING_NOTE] = {"note", 0},
};

const char *finding_severity_name(enum finding_severity s)
{
	return severities[s].name;
}

unsigned finding_points(enum finding_severity s)
{
	return severities[s].points;
}

void finding_add(struct readiness *r, const struct finding *f)
{
	struct finding *new;

	for (size_t i = 0; i < r->found.count; i++) {
		if (r->found.items[i].code == f->code && !strcmp(r->found.items[i].what, f->what))
			return;
	}
	new = arena_vec_add(r->a, &r->found);
	*new = *f;
	new->step = f->step ? f->step : "";
	new->todo = f->todo ? f->todo : "";
}

unsigned readiness_score(const struct readiness *r)
{
	size_t lost = 0;

	for (size_t i = 0; i < r->found.count; i++)
		lost += finding_points(r->found.items[i].severity);
	return r->bound && lost < READY_POINTS ? (unsigned)(READY_POINTS - lost) : 0;
}

size_t readiness_count(const struct readiness *r, enum finding_severity s)
{
	size_t count = 0;

	for (size_t i = 0; i < r->found.count; i++)
		count += r->found.items[i].severity == s;
	return count;
}

bool readiness_refuses(const struct readiness *r)
{
	int64_t rto_ms = r->procedure->objectives.rto_ms;
	bool late =
		r->forecast_known && r->forecast.measured && rto_ms && r->forecast.p95_ms > rto_ms;

	return late || readiness_count(r, FINDING_BLOCKER) > 0;
}

/* --- names ------------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* As a word of its own, or in front of a domain. */
static bool names(struct text t, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; len && i + len <= t.len; i++) {
		bool begins = i == 0 || !(is_name_char(t.ptr[i - 1]) || t.ptr[i - 1] == '.');
		bool ends = i + len == t.len || !is_name_char(t.ptr[i + len]);

		if (begins && ends && !memcmp(t.ptr + i, word, len))
			return true;
	}
	return false;
}

/* "us-east-1", and not "east". */
static bool is_aws_region(const char *name)
{
	size_t len = strlen(name), dashes = 0;

	for (size_t i = 0; i < len; i++)
		dashes += name[i] == '-';
	return dashes >= 2 && name[len - 1] >= '0' && name[len - 1] <= '9';
}

/* Within a domain or an ARN too. */
static bool names_aws_region(struct text t, const char *region)
{
	size_t len = strlen(region);

	for (size_t i = 0; is_aws_region(region) && i + len <= t.len; i++) {
		if ((i == 0 || !is_name_char(t.ptr[i - 1])) &&
		    (i + len == t.len || !is_name_char(t.ptr[i + len])) &&
		    !memcmp(t.ptr + i, region, len))
			return true;
	}
	return false;
}

const char *region_named_in(const struct manifest_region *r, struct text t)
{
	for (size_t i = 0; i < r->host_count; i++) {
		const struct eval_host *h = &r->eval_hosts[i];

		if (names(t, h->name) || (h->address && names(t, h->address)))
			return h->name;
	}
	return r->aws_region && names_aws_region(t, r->aws_region) ? r->aws_region : NULL;
}

/* --- directions -------------------------------------------------------------------------- */

static const struct runbook_parameter *region_parameter(const struct procedure *p, const char *name)
{
	for (size_t i = 0; i < p->parameter_count; i++) {
		if (p->parameters[i].kind == PARAMETER_REGION &&
		    !strcmp(p->parameters[i].name, name))
			return &p->parameters[i];
	}
	return NULL;
}

/* Some route of the manifest leads there: `Values: {east: ...}`. */
static bool is_led_to(const struct manifest *m, const char *region)
{
	for (size_t i = 0; i < m->route_count; i++) {
		const struct node *n = m->routes[i].config;

		for (size_t k = 0; n && k < n->count; k++) {
			const struct node *v = n->entries[k].value;

			if (v->kind == NODE_MAP && node_find(v, region))
				return true;
		}
	}
	return m->route_count == 0;
}

static bool may_be(const struct manifest *m, const struct runbook_parameter *p,
		   const struct manifest_region *r)
{
	if (r->global || !runbook_parameter_allows(p, r->name))
		return false;
	return p->allowed_count || is_led_to(m, r->name);
}

void runbook_directions(struct arena *a, const struct manifest *m, const struct procedure *p,
			struct direction_list *out)
{
	const struct runbook_parameter *from = region_parameter(p, "From");
	const struct runbook_parameter *to = region_parameter(p, "To");
	struct {
		VEC_OF(struct direction)
	} all = {0};

	for (size_t i = 0; from && to && i < m->region_count; i++) {
		for (size_t k = 0; k < m->region_count; k++) {
			if (i != k && may_be(m, from, &m->regions[i]) &&
			    may_be(m, to, &m->regions[k]))
				*(struct direction *)arena_vec_add(a, &all) =
					(struct direction){m->regions[i].name, m->regions[k].name};
		}
	}
	*out = (struct direction_list){all.items, all.count};
}

static const char *value_of(const struct given_list *g, const char *name)
{
	for (size_t i = 0; i < g->count; i++) {
		if (!strcmp(g->items[i].name, name))
			return g->items[i].value;
	}
	return NULL;
}

static bool is_taken(const struct given_list *g, const char *value)
{
	for (size_t i = 0; i < g->count; i++) {
		if (!strcmp(g->items[i].value, value))
			return true;
	}
	return false;
}

void runbook_given_for_look(struct arena *a, const struct manifest *m, const struct procedure *p,
			    const struct given_list *given, struct given_list *out)
{
	struct parameter_given *all =
		ARENA_ARRAY(a, given->count + p->parameter_count, struct parameter_given);

	*out = (struct given_list){all, given->count};
	if (given->count)
		memcpy(all, given->items, given->count * sizeof(*all));
	for (size_t i = 0; i < p->parameter_count; i++) {
		const struct runbook_parameter *q = &p->parameters[i];

		if (q->initial || value_of(given, q->name))
			continue;
		if (q->kind != PARAMETER_REGION) {
			if (q->allowed_count)
				all[out->count++] =
					(struct parameter_given){q->name, q->allowed[0]};
			continue;
		}
		for (size_t k = 0; k < m->region_count; k++) {
			const char *name = m->regions[k].name;

			if (!may_be(m, q, &m->regions[k]) || is_taken(out, name))
				continue;
			all[out->count++] = (struct parameter_given){q->name, name};
			break;
		}
	}
}

const struct runbook_parameter *runbook_wants(const struct procedure *p,
					      const struct given_list *given)
{
	for (size_t i = 0; i < p->parameter_count; i++) {
		if (!p->parameters[i].initial && !value_of(given, p->parameters[i].name))
			return &p->parameters[i];
	}
	return NULL;
}

/* --- steps in a disaster ----------------------------------------------------------------- */

/* Nothing has run yet. */
static const struct value *no_result(void *context, struct arena *a, const char *path,
				     const char *name)
{
	(void)context;
	(void)a;
	(void)path;
	(void)name;
	return NULL;
}

/* What is recorded is recorded here: only where it comes from matters. */
static const char *notice_output(void *context, const char *stack, const char *name,
				 const char *region)
{
	struct readiness_walk *w = context;
	struct arena *a = w->r->a;

	*(struct taken_output *)arena_vec_add(a, &w->taken) = (struct taken_output){
		arena_strdup(a, stack), arena_strdup(a, name), arena_strdup(a, region), w->now};
	return runbook_output_later;
}

static const char *who(struct readiness_walk *w, size_t step)
{
	const struct procedure_step *p = &w->p->steps[step];
	size_t number = 0;

	if (p->parent != STEP_TOP)
		return arena_printf(w->r->a, "step '%s'", p->path);
	for (size_t i = 0; i <= step; i++)
		number += w->p->steps[i].parent == STEP_TOP;
	return arena_printf(w->r->a, "step %zu '%s'", number, p->path);
}

static void work_out(struct readiness_walk *w, size_t step)
{
	const struct procedure_step *p = &w->p->steps[step];
	struct lost_step *s = &w->steps[step];
	const struct lost_step *outer = p->parent == STEP_TOP ? NULL : &w->steps[p->parent];
	struct diags ignored = DIAGS_INIT;
	const struct step_spec *spec;

	w->now = step;
	s->p = p;
	s->who = who(w, step);
	s->soft = outer && outer->soft;
	if (p->role == ROLE_REVERSE || (outer && !outer->spec))
		return;
	spec = step_spec(w->r->a, w->r->bound, (struct step_wish){step, STEP_UNGRACEFUL}, NULL,
			 &ignored);
	diags_release(&ignored);
	if (!spec || !spec->applies || spec->left_out)
		return;
	s->spec = spec;
	s->soft |= spec->on_failure == STEP_FAILURE_CONTINUE;
}

/* Both regions are there when it is run. */
static bool is_way_back(const struct readiness_walk *w)
{
	const struct manifest_failover *f = &w->r->m->failover;

	return f->failback && !strcmp(f->failback, w->p->name) &&
	       (!f->runbook || strcmp(f->runbook, w->p->name) != 0);
}

static struct bound_procedure *bind(struct readiness_walk *w, struct diags *d)
{
	struct runbook_world *world = ARENA_NEW(w->r->a, struct runbook_world);

	*world = (struct runbook_world){no_result, notice_output, w};
	w->now = STEP_TOP;
	return runbook_bind(w->r->a, w->p, w->q->given, world, d);
}

struct readiness *readiness_static(struct arena *a, const struct readiness_question *q,
				   struct diags *d)
{
	struct readiness *r = ARENA_NEW(a, struct readiness);
	struct readiness_walk *w = ARENA_NEW(a, struct readiness_walk);

	*r = (struct readiness){.a = a, .m = q->manifest, .procedure = q->procedure};
	*w = (struct readiness_walk){.r = r, .q = q, .p = q->procedure};
	r->bound = bind(w, d);
	if (!r->bound)
		return NULL;
	w->taken.count = 0;
	r->from = bound_from(r->bound);
	r->to = bound_to(r->bound);
	if (r->from && r->to) {
		w->from = manifest_region(r->m, r->from);
		w->to = manifest_region(r->m, r->to);
	}
	w->steps = ARENA_ARRAY(a, w->p->step_count, struct lost_step);
	for (size_t i = 0; i < w->p->step_count; i++)
		work_out(w, i);
	w->now = STEP_TOP;
	if (w->from && w->to && !is_way_back(w))
		dependence_find(w);
	gaps_find(w);
	return r;
}

struct readiness *readiness_impossible(struct arena *a, const struct readiness_question *q,
				       const struct direction *at, const struct diags *errors)
{
	struct readiness *r = ARENA_NEW(a, struct readiness);

	*r = (struct readiness){.a = a,
				.m = q->manifest,
				.procedure = q->procedure,
				.from = at->from,
				.to = at->to};
	for (const struct diag *g = errors->first; g; g = g->next) {
		if (g->severity != DIAG_ERROR)
			continue;
		finding_add(r, &(struct finding){
				       .code = g->code,
				       .severity = FINDING_BLOCKER,
				       .where = g->where,
				       .what = arena_strdup(a, g->summary),
				       .todo = arena_printf(a,
							    "%s; or leave the region out of the "
							    "runbook: AllowedValues",
							    g->hint ? g->hint : "mend that"),
			       });
	}
	return r;
}

/* --- as diagnostics ---------------------------------------------------------------------- */

static void warn_of(const struct readiness *r, struct diags *d)
{
	for (size_t i = 0; i < r->found.count; i++) {
		const struct finding *f = &r->found.items[i];
		struct diag *g;

		if (f->severity == FINDING_NOTE)
			continue;
		g = diag_warn(d, f->code, f->where, "%s", f->what);
		if (r->from && r->to)
			diag_detail(d, g, "runbook '%s', from '%s' to '%s'", r->procedure->name,
				    r->from, r->to);
		if (*f->todo)
			diag_hint(d, g, "%s", f->todo);
	}
}

static void warn_in_direction(struct arena *a, const struct manifest *m, const struct procedure *p,
			      const struct direction *at, struct diags *d)
{
	const struct parameter_given given[] = {{"From", at ? at->from : ""},
						{"To", at ? at->to : ""}};
	const struct given_list some = {given, at ? ARRAY_LEN(given) : 0};
	struct given_list list;
	struct diags wrong = DIAGS_INIT, found = DIAGS_INIT;
	const struct readiness_question q = {.manifest = m, .procedure = p, .given = &list};
	const struct readiness *r;

	runbook_given_for_look(a, m, p, &some, &list);
	r = readiness_static(a, &q, &wrong);
	if (!r && at && !runbook_wants(p, &list))
		r = readiness_impossible(a, &q, at, &wrong);
	if (r)
		warn_of(r, &found);
	diags_release(&wrong);
	diags_take_new(d, &found);
}

void readiness_warn_all(struct arena *a, const struct manifest *m, struct diags *d)
{
	for (size_t i = 0; i < m->runbook_count; i++) {
		struct diags ignored = DIAGS_INIT;
		const struct procedure *p = runbook_load(a, m, m->runbooks[i].name, &ignored);
		struct direction_list all = {NULL, 0};

		diags_release(&ignored);
		if (p && !runbook_is_entry(a, m, &m->runbooks[i]))
			continue;
		if (p)
			runbook_directions(a, m, p, &all);
		for (size_t k = 0; k < all.count; k++)
			warn_in_direction(a, m, p, &all.items[k], d);
		if (p && !all.count)
			warn_in_direction(a, m, p, NULL, d);
	}
}
