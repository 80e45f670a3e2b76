/* rule_pipeline.c - CodePipeline: stages, their actions, and the artifacts between them. */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

/* How many artifacts an action takes and gives, by category and provider. */
static const struct {
	const char *category, *provider; /* provider NULL: any */
	size_t least_in, most_in, least_out, most_out;
} counts[] = {
	{"Source", "S3", 0, 0, 1, 1},         {"Source", "CodeCommit", 0, 0, 1, 1},
	{"Source", "ECR", 0, 0, 1, 1},        {"Source", "GitHub", 0, 0, 1, 1},
	{"Test", "CodeBuild", 1, 5, 0, 5},    {"Build", "CodeBuild", 1, 5, 0, 5},
	{"Approval", "Manual", 0, 0, 0, 0},   {"Deploy", "S3", 1, 1, 0, 0},
	{"Deploy", "CodeDeploy", 1, 1, 0, 0}, {"Deploy", "ElasticBeanstalk", 1, 1, 0, 0},
	{"Deploy", "ECS", 1, 1, 0, 0},        {"Deploy", "CloudFormation", 0, 10, 0, 1},
	{"Invoke", "Lambda", 0, 5, 0, 5},
};

struct pipeline {
	struct lint *l;
	struct map artifacts; /* names that actions gave so far, to their nodes */
	bool certain;         /* all names so far are literal */
};

/* "another action gives artifact 'x' already" */
static struct diag *complain(struct lint *l, const struct field *name, const char *before,
			     const char *after)
{
	return diag_warn(l->d, DIAG_PIPELINE, name->value->where, "%s '%.*s'%s", before,
			 TEXT_ARG(name->literal), after);
}

/* The items of a list that is written out; NULL: none, or nobody knows. */
static const struct node *written_list(const struct node *map, const char *name)
{
	const struct node *list = node_find(map, name);

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
		if (list->items[i]->kind != NODE_MAP)
			return NULL;
	}
	return list && list->kind == NODE_LIST ? list : NULL;
}

static void check_count(struct lint *l, const struct node *action, const char *name, size_t least,
			size_t most)
{
	const struct field f = field_of(action, name);
	const struct node *list = written_list(action, name);
	const size_t count = list ? list->count : 0;
	struct diag *g;

	if ((f.state != FIELD_ABSENT && !list) || (count >= least && count <= most))
		return;
	g = diag_warn(l->d, DIAG_PIPELINE, (f.key ? f.key : action)->where,
		      "this action has %zu '%s', and its provider takes %zu to %zu", count, name,
		      least, most);
	diag_hint(l->d, g, "add or remove artifacts");
}

static void check_counts(struct lint *l, const struct node *action)
{
	const struct node *kind = node_find(action, "ActionTypeId");
	struct field owner, category, provider;

	if (!kind || kind->kind != NODE_MAP)
		return;
	owner = field_of(kind, "Owner");
	category = field_of(kind, "Category");
	provider = field_of(kind, "Provider");
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		if (!field_is(&category, counts[i].category) ||
		    !field_is(&provider, counts[i].provider) ||
		    (!field_is(&owner, "AWS") && !field_is(&owner, "ThirdParty")))
			continue;
		check_count(l, action, "InputArtifacts", counts[i].least_in, counts[i].most_in);
		check_count(l, action, "OutputArtifacts", counts[i].least_out, counts[i].most_out);
	}
}

static void take_artifacts(struct pipeline *p, const struct node *action)
{
	const struct node *list = written_list(action, "InputArtifacts");

	for (size_t i = 0; list && p->certain && i < list->count; i++) {
		const struct field name = field_of(list->items[i], "Name");
		struct diag *g;

		if (!name.literal.ptr || !literal_of(name.value).ptr ||
		    map_has(&p->artifacts, name.literal))
			continue;
		g = complain(p->l, &name, "no action before this one gives artifact", "");
		diag_hint(p->l->d, g, "name one of the OutputArtifacts of an earlier action");
	}
}

static void give_artifacts(struct pipeline *p, const struct node *action)
{
	const struct node *list = written_list(action, "OutputArtifacts");

	if (!list && field_of(action, "OutputArtifacts").state != FIELD_ABSENT)
		p->certain = false;
	for (size_t i = 0; list && i < list->count; i++) {
		const struct field name = field_of(list->items[i], "Name");
		struct diag *g;

		if (!name.literal.ptr || !literal_of(name.value).ptr) {
			p->certain = false;
			continue;
		}
		if (!map_set(&p->artifacts, name.literal, (void *)(uintptr_t)name.value))
			continue;
		g = complain(p->l, &name, "another action gives artifact", " already");
		diag_hint(p->l->d, g, "give each artifact a name of its own");
	}
}

static void check_name(struct lint *l, struct map *names, const struct node *map)
{
	const struct field name = field_of(map, "Name");
	struct diag *g;

	if (!name.literal.ptr || !literal_of(name.value).ptr ||
	    !map_set(names, name.literal, (void *)(uintptr_t)name.value))
		return;
	g = complain(l, &name, "name", " is taken");
	diag_hint(l->d, g, "stages have names of their own, and so have the actions of a stage");
}

static void check_category(struct lint *l, const struct node *action, bool first)
{
	const struct node *kind = node_find(action, "ActionTypeId");
	const struct field category = kind && kind->kind == NODE_MAP
					      ? field_of(kind, "Category")
					      : (struct field){.state = FIELD_MAYBE};
	struct diag *g;

	if (!category.literal.ptr || !literal_of(category.value).ptr ||
	    field_is(&category, "Source") == first)
		return;
	g = diag_warn(l->d, DIAG_PIPELINE, category.value->where,
		      first ? "the first stage has only actions of category Source"
			    : "only the first stage has actions of category Source");
	diag_hint(l->d, g, "move the action to another stage");
}

static void check_stage(struct pipeline *p, const struct node *stage, bool first)
{
	const struct node *actions = written_list(stage, "Actions");
	struct map names = MAP_INIT;

	if (!actions)
		p->certain = false;
	for (size_t i = 0; actions && i < actions->count; i++) {
		check_name(p->l, &names, actions->items[i]);
		check_category(p->l, actions->items[i], first);
		check_counts(p->l, actions->items[i]);
	}
	/* Actions of a stage may run side by side or, by RunOrder, one after the other. */
	for (size_t i = 0; actions && i < actions->count; i++)
		give_artifacts(p, actions->items[i]);
	for (size_t i = 0; actions && i < actions->count; i++)
		take_artifacts(p, actions->items[i]);
	map_release(&names);
}

static void check_pipeline(struct lint *l, const struct object *o)
{
	const struct node *stages = written_list(o->map, "Stages");
	struct pipeline p = {.l = l, .certain = true};
	struct map names = MAP_INIT;

	for (size_t i = 0; stages && i < stages->count; i++) {
		check_name(l, &names, stages->items[i]);
		check_stage(&p, stages->items[i], i == 0);
	}
	map_release(&names);
	map_release(&p.artifacts);
}

void rule_pipelines(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "", check_pipeline, NULL);
}
