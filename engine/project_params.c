/* project_params.c - one value per parameter, out of all places where it can be given. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "engine/project_parts.h"
#include "engine/runbook/journal.h"
#include "templates/node.h"

extern char **environ;

/* In the order of strength. */
enum given_by { GIVEN_MANIFEST, GIVEN_FILE, GIVEN_ENVIRONMENT, GIVEN_RUNBOOK, GIVEN_ARGUMENT };

struct given {
	struct parameter_value value; /* what the map holds */
	const char *name;
	enum given_by by;
	struct range where; /* of the value, when it is in a file */
};

struct name_list {
	VEC_OF(const char *)
};

static struct given *give(struct project *p, struct instance *i, const char *name, enum given_by by)
{
	struct given *g = ARENA_NEW(p->arena, struct given);

	g->name = name;
	g->by = by;
	map_set(&i->parameters, text_of(name), &g->value);
	return g;
}

static void give_manifest(struct project *p, struct instance *i,
			  const struct manifest_parameter *list, size_t count)
{
	for (size_t k = 0; k < count; k++) {
		struct given *g = give(p, i, list[k].name, GIVEN_MANIFEST);

		g->value = list[k].value;
		g->where = list[k].value.node->where;
	}
}

static void give_overrides(struct project *p, struct instance *i, const struct selection *sel,
			   enum given_by by)
{
	for (size_t k = 0; k < sel->param_count; k++) {
		const struct param_override *o = &sel->params[k];
		struct given *g;

		if (o->from_arguments != (by == GIVEN_ARGUMENT) ||
		    !template_parameter(i->tpl, text_of(o->name)))
			continue;
		g = give(p, i, o->name, by);
		g->value.text = o->value;
		g->value.origin = o->origin;
		g->where = o->where;
	}
}

static void give_environment(struct project *p, struct instance *i)
{
	for (size_t k = 0; k < i->tpl->parameter_count; k++) {
		const char *name = i->tpl->parameters[k].name;
		const char *variable = arena_printf(p->arena, PARAM_VARIABLE_PREFIX "%s", name);
		const char *text = getenv(variable);
		struct given *g;

		if (!text)
			continue;
		g = give(p, i, name, GIVEN_ENVIRONMENT);
		g->value.text = arena_strdup(p->arena, text);
		g->value.origin = variable;
	}
}

/* --- what runbooks have set --------------------------------------------------------------- */

static bool node_has_reference(const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		return manifest_has_reference(n->text);
	for (size_t k = 0; n->kind == NODE_LIST && k < n->count; k++) {
		if (manifest_has_reference(n->items[k]->text))
			return true;
	}
	return false;
}

static const char *shown_node(struct project *p, const struct node *n)
{
	struct str text = STR_INIT;
	const char *shown;

	if (n->kind == NODE_SCALAR)
		return arena_text(p->arena, n->text);
	for (size_t k = 0; n->kind == NODE_LIST && k < n->count; k++) {
		str_add(&text, k ? "," : "");
		str_add_text(&text, n->items[k]->text);
	}
	shown = arena_text(p->arena, str_text(&text));
	str_release(&text);
	return shown;
}

/* "the manifest says 1": what would hold without the runbook. */
static const char *otherwise(struct project *p, const struct given *before)
{
	const struct parameter_value *v = before ? &before->value : NULL;
	const char *who = before && before->by == GIVEN_MANIFEST ? "the manifest" : NULL;

	if (!before)
		return "nothing else gives it but the template's default";
	if (!who)
		who = v->origin;
	if (v->sensitive || (v->node && node_has_reference(v->node)))
		return arena_printf(p->arena, "%s says something else", who);
	return arena_printf(p->arena, "%s says %s", who,
			    v->node ? shown_node(p, v->node) : v->text);
}

/* What is not shown may be the same, and nobody is told so. */
static bool is_the_same(struct project *p, const struct parameter_override *o,
			const struct given *before)
{
	const struct parameter_value *v = before ? &before->value : NULL;

	if (!v || v->sensitive || (v->node && node_has_reference(v->node)))
		return false;
	return !strcmp(v->node ? shown_node(p, v->node) : v->text, o->value);
}

static bool is_given_by_argument(const struct selection *sel, const char *name)
{
	for (size_t k = 0; k < sel->param_count; k++) {
		if (sel->params[k].from_arguments && !strcmp(sel->params[k].name, name))
			return true;
	}
	return false;
}

static void tell_override(struct project *p, const struct selection *sel,
			  const struct parameter_override *o, const struct given *before,
			  struct diags *d)
{
	const char *name = instance_id_text(p->arena, &o->instance);
	struct diag *g;

	if (is_given_by_argument(sel, o->parameter)) {
		g = diag_warn(d, DIAG_OVERRIDE_OVERRULED, RANGE_NONE,
			      "%s: --param %s goes before what runbook '%s' has set", name,
			      o->parameter, o->runbook);
		diag_hint(d, g,
			  "the runbook's value holds again in the next run without --param; "
			  "`hadeploy apply --drop-overrides` gives it up");
		return;
	}
	if (is_the_same(p, o, before))
		return;
	g = diag_note(d, DIAG_OVERRIDE_HOLDS, RANGE_NONE, "%s: %s %s was set by runbook '%s'; %s",
		      name, o->parameter, o->value, o->runbook, otherwise(p, before));
	diag_detail(d, g, "Execution %s set it.", o->execution);
	diag_hint(d, g,
		  "it holds until the step is reversed or another runbook sets it; "
		  "`hadeploy apply --drop-overrides` gives it up");
}

static void report_no_parameter(struct project *p, const struct parameter_override *o,
				struct diags *d)
{
	struct diag *g =
		diag_warn(d, DIAG_OVERRIDE_UNDECLARED, RANGE_NONE,
			  "%s: the template has no parameter '%s' any more, which runbook "
			  "'%s' has set",
			  instance_id_text(p->arena, &o->instance), o->parameter, o->runbook);

	diag_hint(d, g, "`hadeploy apply --drop-overrides` forgets it");
}

static const struct given *given_before(const struct instance *i, const char *name)
{
	const struct parameter_value *v = map_find(&i->parameters, text_of(name));

	return v ? container_of(v, struct given, value) : NULL;
}

static void tell_dropped(struct project *p, const struct instance *i,
			 const struct parameter_override *o, struct diags *d)
{
	const struct parameter *declared = template_parameter(i->tpl, text_of(o->parameter));
	bool shows = declared && !declared->no_echo;

	diag_note(d, DIAG_OVERRIDE_DROPPED, RANGE_NONE,
		  "%s: %s%s%s, set by runbook '%s', is given up%s%s",
		  instance_id_text(p->arena, &o->instance), o->parameter, shows ? " " : "",
		  shows ? o->value : "", o->runbook, shows ? "; " : "",
		  shows ? otherwise(p, given_before(i, o->parameter)) : "");
}

static void give_runbook(struct project *p, struct instance *i, const struct selection *sel,
			 const struct parameter_override *o, struct diags *d)
{
	const struct parameter *declared = template_parameter(i->tpl, text_of(o->parameter));
	struct given *g;

	if (!declared) {
		report_no_parameter(p, o, d);
		return;
	}
	if (!declared->no_echo)
		tell_override(p, sel, o, given_before(i, o->parameter), d);
	g = give(p, i, o->parameter, GIVEN_RUNBOOK);
	g->value.text = o->value;
	g->value.origin = arena_printf(p->arena, "%s%s (execution %s)", PARAM_RUNBOOK_PREFIX,
				       o->runbook, o->execution);
	/* It was none when it was set: from now on it is not shown. */
	g->value.sensitive = declared->no_echo;
}

/* The first of the instance's: they are sorted. */
static size_t first_set(const struct selection *sel, const struct instance_id *id)
{
	size_t low = 0, high = sel->set_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (instance_id_compare(&sel->set[mid].instance, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void give_runbooks(struct project *p, struct instance *i, const struct selection *sel,
			  struct diags *d)
{
	for (size_t k = first_set(sel, &i->id); k < sel->set_count; k++) {
		if (instance_id_compare(&sel->set[k].instance, &i->id) != 0)
			return;
		if (sel->overrides == OVERRIDES_DROPPED)
			tell_dropped(p, i, &sel->set[k], d);
		else
			give_runbook(p, i, sel, &sel->set[k], d);
	}
}

/* --- values ------------------------------------------------------------------------------- */

/* A list with references becomes the comma-separated text that list types take. */
static int resolve_list(struct project *p, struct given *g, struct diags *d)
{
	const struct node *list = g->value.node;
	struct str joined = STR_INIT;
	int result = 0;

	for (size_t k = 0; k < list->count; k++) {
		struct placed_text item = {list->items[k]->text, list->items[k]->where};
		const char *text = "";

		if (p->references == REFERENCES_KEPT)
			text = arena_text(p->arena, item.text);
		else if (manifest_resolve_parameter(p->arena, p->manifest->dir, item, &text, d))
			result = -1;
		str_printf(&joined, "%s%s", k ? "," : "", text);
	}
	g->value.text = arena_text(p->arena, str_text(&joined));
	str_release(&joined);
	return result;
}

static void report_bytes(const struct given *g, struct diags *d)
{
	diag_hint(d,
		  diag_add(d, DIAG_NOT_UTF8, g->where,
			   "the value of parameter '%s' is not UTF-8 text", g->name),
		  "%s gives it; a file with such bytes can be the Source of an SSH::File",
		  g->value.origin);
}

static int resolve(struct project *p, struct given *g, struct diags *d)
{
	const struct node *n = g->value.node;
	struct placed_text placed = {n ? n->text : text_of(g->value.text), g->where};

	if (n && !g->value.sensitive)
		return 0;
	if (n && n->kind == NODE_LIST)
		return resolve_list(p, g, d);
	if (!text_utf8_valid(placed.text, NULL)) {
		report_bytes(g, d);
		return -1;
	}
	if (g->by == GIVEN_RUNBOOK || !manifest_has_reference(placed.text))
		return 0;
	g->value.sensitive = true;
	if (p->references == REFERENCES_KEPT) {
		g->value.text = arena_text(p->arena, placed.text);
		return 0;
	}
	return manifest_resolve_parameter(p->arena, p->manifest->dir, placed, &g->value.text, d);
}

static void report_public(const struct given *g, struct diags *d)
{
	diag_hint(d,
		  diag_add(d, DIAG_OVERRIDE_PUBLIC, RANGE_NONE,
			   "'%s' is a NoEcho parameter and cannot be given by --param", g->name),
		  "arguments are visible to others on this machine; set %s%s in the environment, "
		  "or use --param-file",
		  PARAM_VARIABLE_PREFIX, g->name);
}

/* Placed at the parameter: the manifest's line holds the secret and would be shown. */
static void report_clear(const struct given *g, const struct parameter *declared, struct diags *d)
{
	diag_hint(d,
		  diag_add(d, DIAG_SECRET_IN_CLEAR, declared->where->where,
			   "the value of NoEcho parameter '%s' is written in clear in %s, line %u",
			   g->name, g->value.origin, (unsigned)g->where.start.line),
		  "write '{{resolve:env:NAME}}' or '{{resolve:file:PATH}}' there, or use "
		  "--param-file or %s%s",
		  PARAM_VARIABLE_PREFIX, g->name);
}

static void check_secret(const struct instance *i, const struct given *g, struct diags *d)
{
	const struct parameter *declared = template_parameter(i->tpl, text_of(g->name));

	if (!declared || !declared->no_echo || g->value.sensitive)
		return;
	if (g->by == GIVEN_ARGUMENT)
		report_public(g, d);
	else if (g->by == GIVEN_MANIFEST)
		report_clear(g, declared, d);
}

void project_merge_parameters(struct project *p, struct instance *i, const struct selection *sel,
			      struct diags *d)
{
	give_manifest(p, i, i->stack->parameters, i->stack->parameter_count);
	give_manifest(p, i, i->target->parameters, i->target->parameter_count);
	give_overrides(p, i, sel, GIVEN_FILE);
	give_environment(p, i);
	give_runbooks(p, i, sel, d);
	give_overrides(p, i, sel, GIVEN_ARGUMENT);
	for (size_t k = 0; k < i->parameters.entry_count; k++) {
		struct given *g = container_of(i->parameters.entries[k].value, struct given, value);

		if (resolve(p, g, d) == 0)
			check_secret(i, g, d);
	}
}

static bool is_declared(const struct project *p, struct text name)
{
	for (size_t k = 0; k < p->instance_count; k++) {
		if (template_parameter(p->instances[k].tpl, name))
			return true;
	}
	return false;
}

/* Names that the selected templates declare; one template's neighbours repeat them. */
static void collect_declared(const struct project *p, struct name_list *names)
{
	const struct template *last = NULL;

	for (size_t k = 0; k < p->instance_count; k++) {
		const struct template *t = p->instances[k].tpl;

		for (size_t n = 0; t != last && n < t->parameter_count; n++)
			*vec_add(names) = t->parameters[n].name;
		last = t;
	}
}

static void hint_declared(struct diags *d, struct diag *g, const char *name,
			  const struct name_list *names)
{
	diag_did_you_mean(d, g, text_of(name), names->items, names->count);
	if (!g->hint)
		diag_hint(d, g, "declare it in the section Parameters of a template");
}

static void check_environment(const struct project *p, const struct name_list *names,
			      struct diags *d)
{
	for (char **e = environ; *e; e++) {
		struct text variable = text_of(*e), name;
		const char *equals = strchr(*e, '=');

		if (!text_starts(variable, PARAM_VARIABLE_PREFIX) || !equals)
			continue;
		variable.len = (size_t)(equals - *e);
		name.ptr = variable.ptr + strlen(PARAM_VARIABLE_PREFIX);
		name.len = variable.len - strlen(PARAM_VARIABLE_PREFIX);
		if (is_declared(p, name))
			continue;
		hint_declared(d,
			      diag_warn(d, DIAG_PARAMETER_UNDECLARED, RANGE_NONE,
					"no template declares the parameter that '%.*s' sets",
					TEXT_ARG(variable)),
			      arena_text(p->arena, name), names);
	}
}

void project_check_overrides(struct project *p, const struct selection *sel, struct diags *d)
{
	struct name_list names = {0};

	if (!p->instance_count)
		return;
	collect_declared(p, &names);
	for (size_t k = 0; k < sel->param_count; k++) {
		const struct param_override *o = &sel->params[k];

		if (is_declared(p, text_of(o->name)))
			continue;
		hint_declared(d,
			      diag_add(d, DIAG_PARAMETER_UNDECLARED, o->where,
				       "no selected template declares parameter '%s', given by %s",
				       o->name, o->origin),
			      o->name, &names);
	}
	/* With a selection the variable may be meant for what was left out. */
	if (!sel->stack_count && !sel->region_count)
		check_environment(p, &names, d);
	vec_release(&names);
}
