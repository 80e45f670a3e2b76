/* project.c - manifest, registry and templates joined to stack instances. */
#include "engine/project.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "engine/lint/lint.h"
#include "engine/pin.h"
#include "engine/project_parts.h"
#include "engine/tree.h"

struct opening {
	struct project *p;
	const char *dir; /* as given, for names in messages */
	const struct selection *sel;
	struct diags *d;
	struct map templates; /* path to struct template; NULL values failed */
};

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return count == 0;
}

static bool is_recorded(const struct selection *s, const char *stack, const char *region)
{
	for (size_t i = 0; i < s->recorded_count; i++) {
		if ((stack && strcmp(s->recorded[i].stack, stack) == 0) ||
		    (region && strcmp(s->recorded[i].region, region) == 0))
			return true;
	}
	return false;
}

static void check_stack_names(struct opening *o)
{
	const struct manifest *m = o->p->manifest;
	const char **known = ARENA_ARRAY(o->p->arena, m->stack_count, const char *);

	for (size_t i = 0; i < m->stack_count; i++)
		known[i] = m->stacks[i].name;
	for (size_t i = 0; i < o->sel->stack_count; i++) {
		const char *name = o->sel->stacks[i];
		struct diag *g;

		if (manifest_stack(m, name) || is_recorded(o->sel, name, NULL))
			continue;
		g = diag_add(o->d, DIAG_STACK_UNKNOWN, RANGE_NONE, "there is no stack '%s'", name);
		diag_did_you_mean(o->d, g, text_of(name), known, m->stack_count);
		if (!g->hint)
			diag_hint(o->d, g, "the section Stacks of %s names what there is",
				  m->src->name);
	}
}

static void check_region_names(struct opening *o)
{
	const struct manifest *m = o->p->manifest;
	const char **known = ARENA_ARRAY(o->p->arena, m->region_count, const char *);

	for (size_t i = 0; i < m->region_count; i++)
		known[i] = m->regions[i].name;
	for (size_t i = 0; i < o->sel->region_count; i++) {
		const char *name = o->sel->regions[i];
		struct diag *g;

		if (manifest_region(m, name) || is_recorded(o->sel, NULL, name))
			continue;
		g = diag_add(o->d, DIAG_REGION_UNKNOWN, RANGE_NONE, "there is no region '%s'",
			     name);
		diag_did_you_mean(o->d, g, text_of(name), known, m->region_count);
		if (!g->hint)
			diag_hint(o->d, g, "the section Regions of %s names what there is",
				  m->src->name);
	}
}

static bool leaves_out(const struct opening *o)
{
	return o->sel->faults == FAULTS_LEFT_OUT;
}

/* Read once, however many stacks use it. */
static const struct template *load_template(struct opening *o, const struct manifest_stack *s)
{
	struct arena *a = o->p->arena;
	struct text path = text_of(s->template_path);
	struct diags found = DIAGS_INIT; /* faults of one template hide no other's */
	struct diags linted = DIAGS_INIT;
	struct template_loader loader;
	struct template_home home;
	const struct template *tpl = NULL;
	const struct source *src = NULL;

	if (map_has(&o->templates, path))
		return map_find(&o->templates, path);
	if (template_home(a, o->p->manifest, s, &home, &found) == 0)
		src = tree_load(home.files, a, home.path, s->template_where, &found);
	if (src) {
		loader = tree_loader(home.files);
		tpl = template_load(a, src, &loader, &found);
	}
	/* Every branch, also those that no target takes; what fails is not evaluated, and all that
	 * is wrong with it is said now. */
	if (tpl && template_check(tpl, &found)) {
		if (o->p->registry)
			lint_template(tpl, o->p->registry, &linted);
		diags_take_new(&found, &linted);
		tpl = NULL;
	}
	if (tpl && template_home_verify(&home, a, tpl, s->template_where, &found))
		tpl = NULL;
	if (leaves_out(o))
		diags_release(&found);
	diags_take(o->d, &found);
	map_set(&o->templates, path, (void *)tpl);
	return tpl;
}

static bool zones_of(void *context, const char *region, const char *const **zones, size_t *count)
{
	const struct manifest *m = context;

	for (size_t i = 0; i < m->region_count; i++) {
		const struct manifest_region *r = &m->regions[i];

		if (strcmp(r->name, region) != 0 && strcmp(r->aws_region, region) != 0)
			continue;
		*zones = r->zones;
		*count = r->zone_count;
		return true;
	}
	return false;
}

static void fill_place(struct arena *a, struct instance *i, const struct manifest *m)
{
	const struct manifest_region *r = i->target->region;
	struct provider_place cloud = {manifest_provider(m, "aws"), r, i->id.account};

	i->place = (struct eval_target){.project = m->project,
					.stack = i->id.stack,
					.account = i->id.account,
					.region = r->name,
					.aws_region = r->aws_region,
					.account_id = manifest_account_id(a, m, &cloud),
					.asks_cloud = manifest_uses(m, &cloud),
					.zones = r->zones,
					.zone_count = r->zone_count,
					.hosts = r->eval_hosts,
					.host_count = r->host_count,
					.commit_of = project_commit_of,
					.zones_of = zones_of,
					.context = (void *)m};
}

static void add_instances(struct opening *o, const struct manifest_stack *s)
{
	const struct template *tpl = load_template(o, s);
	struct project *p = o->p;

	for (size_t k = 0; (tpl || leaves_out(o)) && k < s->target_count; k++) {
		const struct manifest_target *t = &s->targets[k];
		struct instance *i = &p->instances[p->instance_count];

		if (!is_among(t->region->name, o->sel->regions, o->sel->region_count) ||
		    (o->sel->account && strcmp(t->account, o->sel->account) != 0))
			continue;
		i->id = (struct instance_id){s->name, t->account, t->region->name};
		i->stack = s;
		i->target = t;
		i->tpl = tpl;
		i->project = p;
		fill_place(p->arena, i, p->manifest);
		p->instance_count++;
	}
}

static int compare_instances(const void *x, const void *y)
{
	return instance_id_compare(&((const struct instance *)x)->id,
				   &((const struct instance *)y)->id);
}

static void merge_parameters(struct opening *o, struct instance *i)
{
	struct diags found = DIAGS_INIT;

	project_merge_parameters(o->p, i, o->sel, &found);
	if (leaves_out(o) && diags_failed(&found))
		i->tpl = NULL;
	if (leaves_out(o))
		diags_release(&found);
	diags_take(o->d, &found);
}

static void make_instances(struct opening *o)
{
	const struct manifest *m = o->p->manifest;
	struct project *p = o->p;
	size_t room = 0;

	for (size_t i = 0; i < m->stack_count; i++)
		room += m->stacks[i].target_count;
	p->instances = ARENA_ARRAY(p->arena, room, struct instance);
	for (size_t i = 0; i < m->stack_count; i++) {
		if (is_among(m->stacks[i].name, o->sel->stacks, o->sel->stack_count))
			add_instances(o, &m->stacks[i]);
	}
	if (p->instance_count)
		qsort(p->instances, p->instance_count, sizeof(*p->instances), compare_instances);
	for (size_t i = 0; i < p->instance_count; i++) {
		p->instances[i].index = i;
		p->instances[i].place.commit_context = &p->instances[i];
		if (p->instances[i].tpl)
			merge_parameters(o, &p->instances[i]);
	}
}

static void open_parts(struct opening *o, const struct hd_provider *const *builtins)
{
	const struct tree *files;
	struct project *p = o->p;

	files = o->sel->ref ? tree_of_commit(p->arena, o->dir, o->sel->ref, NULL, o->d)
			    : tree_of_folder(p->arena, o->dir);
	p->manifest = files ? manifest_load_tree(p->arena, files, o->d) : NULL;
	if (p->manifest && !leaves_out(o))
		manifest_check_templates(p->arena, p->manifest, o->d);
	if (!p->manifest || diags_failed(o->d))
		return;
	project_start_version(p, o->sel);
	if (o->sel->found)
		o->sel->found(o->sel->context, (struct manifest *)p->manifest, o->d);
	p->registry = o->sel->simulator ? registry_open_simulated(p->manifest, builtins,
								  o->sel->simulator, o->d)
					: registry_open(p->manifest, builtins, o->d);
	check_stack_names(o);
	check_region_names(o);
	make_instances(o);
	/* A template that could not be read may declare it. */
	if (!diags_failed(o->d) && !leaves_out(o))
		project_check_overrides(p, o->sel, o->d);
}

struct project *project_open(const char *dir, const struct hd_provider *const *builtins,
			     const struct selection *sel, struct diags *d)
{
	static const struct selection everything;
	struct project *p = xcalloc(1, sizeof(*p));
	struct diags found = DIAGS_INIT;
	struct opening o = {p, dir, sel ? sel : &everything, &found, MAP_INIT};
	bool failed;

	p->arena = arena_new();
	p->references = o.sel->references;
	open_parts(&o, builtins);
	map_release(&o.templates);
	failed = diags_failed(&found);
	project_drop_doubles(&found);
	if (failed)
		diags_keep_sources(&found);
	diags_take(d, &found);
	if (!failed)
		return p;
	project_close(p);
	return NULL;
}

void project_close(struct project *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->instance_count; i++)
		map_release(&p->instances[i].parameters);
	registry_close(p->registry);
	arena_free(p->arena);
	free(p);
}

const struct instance *project_instance(const struct project *p, const struct instance_id *id)
{
	size_t low = 0, high = p->instance_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = instance_id_compare(&p->instances[mid].id, id);

		if (!order)
			return &p->instances[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
