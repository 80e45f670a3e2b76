/*
 * preflight_apply.c - an Apply step before anything is done: its templates are read and worked out
 * with its parameters, as it will do itself.
 */
#include <string.h>

#include "base/file.h"
#include "engine/engine_private.h"
#include "engine/pin.h"
#include "engine/runbook/driver_call.h"
#include "engine/runbook/preflight.h"
#include "engine/tree.h"
#include "engine/version_check.h"
#include "templates/template.h"

struct parameters {
	VEC_OF(struct param_override)
};

static const char *const *names_of(const struct apply_question *q, size_t *count)
{
	static const char *const keys[] = {"Stack", "Stacks"};
	struct {
		VEC_OF(const char *)
	} out = {0};

	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		const json_t *value = json_object_get(q->spec->values, keys[k]), *item;
		size_t i;

		if (json_is_string(value))
			*arena_vec_add(q->a, &out) = json_string_value(value);
		json_array_foreach(value, i, item) * arena_vec_add(q->a, &out) =
			json_string_value(item);
	}
	*count = out.count;
	return out.items;
}

static struct parameters parameters_of(const struct apply_question *q)
{
	json_t *given = json_object_get(q->spec->values, "Parameters"), *value;
	struct parameters out = {0};
	const char *name;

	json_object_foreach(given, name, value)
	{
		*(struct param_override *)arena_vec_add(q->a, &out) = (struct param_override){
			.name = name,
			.value = step_given_text(q->a, value),
			.origin = arena_printf(q->a, "step '%s'", q->step->path),
			.where = RANGE_NONE,
		};
	}
	return out;
}

static bool is_no_echo(const struct project *p, const char *name)
{
	for (size_t i = 0; i < p->instance_count; i++) {
		const struct parameter *declared =
			p->instances[i].tpl ? template_parameter(p->instances[i].tpl, text_of(name))
					    : NULL;

		if (declared && declared->no_echo)
			return true;
	}
	return false;
}

/* What is recorded is shown to everybody. */
static void find_secrets(const struct apply_question *q, const struct parameters *given,
			 const struct project *p, struct diags *found)
{
	for (size_t i = 0; i < given->count; i++) {
		const char *name = given->items[i].name;
		struct diag *g;

		if (!is_no_echo(p, name) &&
		    !secrets_occur(q->spec->secrets, text_of(given->items[i].value)))
			continue;
		g = diag_add(found, DIAG_STEP_SECRET, q->step->where, "parameter '%s' is a secret",
			     name);
		diag_hint(found, g,
			  "give it in the manifest as '{{resolve:...}}'; a runbook can set all "
			  "others");
	}
}

static void read_template(struct engine *e, const struct manifest_stack *s, struct diags *found)
{
	const struct source *src = NULL;
	const struct template *tpl = NULL;
	struct template_home home;
	struct template_loader loader;

	if (template_home(e->arena, e->project->manifest, s, &home, found) == 0)
		src = tree_load(home.files, e->arena, home.path, s->template_where, found);
	if (!src)
		return;
	loader = tree_loader(home.files);
	tpl = template_load(e->arena, src, &loader, found);
	if (tpl && template_check(tpl, found) == 0)
		template_home_verify(&home, e->arena, tpl, s->template_where, found);
}

/* Where nobody knows the parameters yet, the templates are at least read. */
static void read_templates(struct engine *e, struct diags *found)
{
	for (size_t i = 0; i < e->project->instance_count; i++) {
		const struct instance *at = &e->project->instances[i];

		if (!at->tpl)
			read_template(e, at->stack, found);
	}
}

/* Whether this version may be deployed there. */
static void check_policy(const struct apply_question *q, struct engine *e, struct diags *found)
{
	struct project *p = e->project;
	const struct instance_id **items =
		ARENA_ARRAY(q->a, p->instance_count, const struct instance_id *);
	const struct version_question v = {
		.a = q->a,
		.project = (struct project *)p, /* its version is looked for */
		.items = items,
		.count = p->instance_count,
		.use = POLICY_REFUSES,
		.reason = q->x->q->override_policy};

	for (size_t i = 0; i < p->instance_count; i++)
		items[i] = &p->instances[i].id;
	version_check(&v, found);
}

static void work_out(const struct apply_question *q, struct engine *e,
		     const struct parameters *given, struct diags *found)
{
	if (!e->project->instance_count) {
		diag_add(found, DIAG_STEP_TARGET, q->step->where, "no stack instance is meant");
		return;
	}
	check_policy(q, e, found);
	find_secrets(q, given, e->project, found);
	if (q->whole)
		engine_evaluate(e, PROJECT_DEPLOY, found);
	else
		read_templates(e, found);
}

int preflight_apply(const struct apply_question *q, struct diags *found)
{
	const struct engine_options *outer = &q->x->e->options;
	const char *region = q->spec->region;
	struct parameters given = {0};
	struct engine_options o = {
		.dir = outer->dir,
		.providers = outer->providers,
		.clock = outer->clock,
		.wake_fd = -1,
		.selection.faults = q->whole ? FAULTS_REPORTED : FAULTS_LEFT_OUT,
	};
	struct engine *e;

	if (q->known)
		given = parameters_of(q);
	o.selection.stacks = names_of(q, &o.selection.stack_count);
	o.selection.regions = &region;
	o.selection.region_count = *region ? 1 : 0;
	o.selection.account = json_str(q->spec->values, "Account", NULL);
	o.selection.params = given.items;
	o.selection.param_count = q->whole ? given.count : 0;
	e = engine_open(&o, found);
	if (e)
		work_out(q, e, &given, found);
	/* Its files go with it. */
	diags_keep_sources(found);
	engine_close(e);
	return diags_failed(found) ? -1 : 0;
}
