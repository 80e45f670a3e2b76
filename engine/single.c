/* single.c - one template file on its own: checked, rendered, drawn. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/vec.h"
#include "engine/engine_private.h"
#include "engine/lint/lint.h"
#include "engine/project_parts.h"
#include "engine/tree.h"
#include "templates/node.h"
#include "templates/normalize.h"
#include "templates/outline.h"

#define LOOP_PREFIX "Fn::ForEach::"
#define STDIN_PATH "/dev/stdin"
#define STDIN_NAME "<stdin>"
#define DEFAULT_REGION "us-east-1"

struct single {
	struct arena *arena;
	const struct manifest *manifest; /* without a file */
	struct registry *registry;
};

struct single *single_open(const struct hd_provider *const *builtins, struct diags *d)
{
	struct single *s = xcalloc(1, sizeof(*s));
	struct diags found = DIAGS_INIT;

	s->arena = arena_new();
	s->manifest = manifest_none(s->arena);
	s->registry = registry_open(s->manifest, builtins, &found);
	diags_keep_sources(&found);
	diags_take(d, &found);
	if (s->registry)
		return s;
	single_close(s);
	return NULL;
}

void single_close(struct single *s)
{
	if (!s)
		return;
	registry_close(s->registry);
	arena_free(s->arena);
	free(s);
}

bool engine_has_stack(const char *dir, const char *name)
{
	struct arena *a = arena_new();
	struct diags ignored = DIAGS_INIT;
	const struct manifest *m = manifest_load(a, dir, &ignored);
	bool found = m && manifest_stack(m, name);

	diags_release(&ignored);
	arena_free(a);
	return found;
}

/* Where git ends REV: at the first colon that is not in braces, as in main@{12:30}:web.yaml. */
static const char *end_of_rev(const char *name)
{
	int depth = 0;

	for (const char *at = name; *at; at++) {
		if (*at == ':' && !depth)
			return at > name && strncmp(at, "://", 3) != 0 ? at : NULL;
		depth += (*at == '{') - (*at == '}');
	}
	return NULL;
}

bool single_is_of_commit(const char *name)
{
	return end_of_rev(name) && !file_exists(name);
}

static const struct source *read_from_commit(struct single *s, const char *name,
					     struct template_loader *loader, struct diags *d)
{
	const char *colon = end_of_rev(name);
	const char *rev = arena_strndup(s->arena, name, (size_t)(colon - name));
	const struct tree *t = tree_of_commit(s->arena, ".", rev, NULL, d);

	if (!t)
		return NULL;
	*loader = tree_loader(t);
	return tree_load_shown(t, s->arena, colon + 1, d);
}

/* loader: of what the file names. */
static const struct source *read_source(struct single *s, const char *path,
					struct template_loader *loader, struct diags *d)
{
	bool is_stdin = strcmp(path, "-") == 0;

	if (single_is_of_commit(path))
		return read_from_commit(s, path, loader, d);
	*loader = template_disk_loader;
	return source_load(s->arena, is_stdin ? STDIN_PATH : path, is_stdin ? STDIN_NAME : path,
			   RANGE_NONE, d);
}

/* With errors when it does not check; NULL when it cannot even be looked at. */
static const struct template *load(struct single *s, const char *path, struct diags *d)
{
	struct template_loader loader;
	const struct source *src = read_source(s, path, &loader, d);
	const struct template *t = src ? template_load(s->arena, src, &loader, d) : NULL;

	if (t)
		template_check(t, d);
	return t;
}

static void note_limit(const char *path, struct diags *d)
{
	struct diag *g;

	if (d->error_count < LIMIT_DIAGS)
		return;
	g = diag_note(d, DIAG_TOO_MANY, RANGE_NONE,
		      "'%s' has %zu errors here, and what comes after them was not looked at", path,
		      d->error_count);
	diag_hint(d, g, "mend these first");
}

/* As written: the body of a loop counts once. */
static size_t count_resources(const struct node *section)
{
	size_t count = 0;

	for (size_t i = 0; section && i < section->count; i++) {
		const struct node_entry *e = &section->entries[i];

		if (!text_starts(e->key->text, LOOP_PREFIX))
			count++;
		else if (e->value->kind == NODE_LIST && e->value->count == 3)
			count += count_resources(e->value->items[2]);
	}
	return count;
}

int single_validate(struct single *s, const char *path, size_t *resource_count, struct diags *d)
{
	struct diags found = DIAGS_INIT, linted = DIAGS_INIT;
	const struct template *t = load(s, path, &found);
	bool failed;

	*resource_count = t ? count_resources(t->resources) : 0;
	if (t)
		lint_template(t, s->registry, &linted);
	diags_take_new(&found, &linted);
	failed = diags_failed(&found);
	diags_sort(&found);
	note_limit(path, &found);
	diags_take(d, &found);
	return failed ? -1 : 0;
}

/* Rendering */

/* Neither project, account nor stack: who asks for them gets something unknown. */
static const struct document *evaluate(struct single *s, const struct template *t,
				       const struct render_request *q, struct diags *d)
{
	static const struct manifest_stack no_stack;
	static const struct manifest_target no_target;
	const char *const name = t->src->name;
	const char *region = q->region ? q->region : DEFAULT_REGION;
	const struct selection sel = {.stacks = &name,
				      .stack_count = 1,
				      .params = q->params,
				      .param_count = q->param_count};
	struct instance *i = ARENA_NEW(s->arena, struct instance);
	struct project p = {.arena = s->arena,
			    .manifest = s->manifest,
			    .registry = s->registry,
			    .instances = i,
			    .instance_count = 1};
	struct eval_input in = {.target = &i->place,
				.parameters = &i->parameters,
				.partial = true,
				.only_errors = true};
	const struct document *doc = NULL;

	*i = (struct instance){.stack = &no_stack, .target = &no_target, .tpl = t};
	i->place = (struct eval_target){
		.account = ACCOUNT_NONE, .region = region, .aws_region = region};
	project_merge_parameters(&p, i, &sel, d);
	project_check_overrides(&p, &sel, d);
	if (!diags_failed(d))
		doc = document_eval(s->arena, t, &in, d);
	map_release(&i->parameters);
	return doc;
}

/* 0, or -1 when the text grew too long. */
static int check_length(bool whole, struct diags *d)
{
	if (whole)
		return 0;
	diag_hint(d,
		  diag_add(d, DIAG_RENDER_SIZE, RANGE_NONE,
			   "the rendered template is longer than %u MiB", LIMIT_NORMAL_LEN >> 20),
		  "look for deep nesting, for aliases and for loops that repeat much");
	return -1;
}

static int normalize(const struct node *root, enum render_form form, struct str *out,
		     struct diags *d)
{
	enum normal_form normal = form == RENDER_YAML ? NORMAL_YAML : NORMAL_JSON;

	return check_length(node_normalize(root, normal, out), d);
}

/* Whatever the sections hold: nothing but the syntax is looked at. */
static int single_normalize(struct single *s, const char *path, enum render_form form,
			    struct str *out, struct diags *d)
{
	struct template_loader loader;
	const struct source *src = read_source(s, path, &loader, d);
	const struct node *root = src ? node_parse(s->arena, src, NODE_TEMPLATE, d) : NULL;

	return root ? normalize(root, form, out, d) : -1;
}

int single_render(struct single *s, const char *path, const struct render_request *q,
		  struct str *out, struct diags *d)
{
	struct diags found = DIAGS_INIT;
	const struct document *doc = NULL;
	const struct template *t;
	int rc = -1;

	if (q->depth == RENDER_NORMALIZED)
		return single_normalize(s, path, q->form, out, d);
	t = load(s, path, &found);
	if (t && !diags_failed(&found))
		doc = evaluate(s, t, q, &found);
	if (doc)
		rc = check_length(template_render(doc, q->form, out), &found);
	note_limit(path, &found);
	diags_take(d, &found);
	return rc;
}

static int report_choice(struct engine *e, struct diags *d)
{
	const struct project *p = e->project;
	struct str names = STR_INIT;

	for (size_t k = 0; k < p->instance_count; k++)
		str_printf(&names, "%s%s", k ? ", " : "",
			   instance_id_text(e->arena, &p->instances[k].id));
	diag_hint(d,
		  diag_add(d, DIAG_RENDER_CHOICE, RANGE_NONE,
			   "one stack instance is rendered at a time, and these are %zu",
			   p->instance_count),
		  "choose one of %s with --region", str_cstr(&names));
	str_release(&names);
	return -1;
}

int engine_render(struct engine *e, const struct render_request *q, struct str *out,
		  struct diags *d)
{
	const struct instance *i = e->project->instances;
	struct eval_input in = {.partial = true, .only_errors = true};
	const struct document *doc;

	if (q->depth == RENDER_NORMALIZED && e->project->instance_count)
		return normalize(i->tpl->root, q->form, out, d);
	if (e->project->instance_count != 1)
		return report_choice(e, d);
	in.target = &i->place;
	in.parameters = &i->parameters;
	doc = document_eval(e->arena, i->tpl, &in, d);
	return doc ? check_length(template_render(doc, q->form, out), d) : -1;
}

/* The graph */

static void draw(struct arena *a, const struct outline *o, const char *name, struct graph_view *out)
{
	const char **names = ARENA_ARRAY(a, o->count, const char *);
	const char **types = ARENA_ARRAY(a, o->count, const char *);
	struct graph_instance *whole = ARENA_NEW(a, struct graph_instance);
	struct {
		VEC_OF(struct graph_edge)
	} edges = {0};

	for (size_t i = 0; i < o->count; i++) {
		const struct outline_resource *r = &o->resources[i];

		names[i] = r->logical_id;
		types[i] = r->type;
		for (size_t k = 0; k < r->need_count; k++)
			*(struct graph_edge *)arena_vec_add(a, &edges) =
				(struct graph_edge){i, r->needs[k]};
	}
	*whole = (struct graph_instance){name, 0, o->count};
	*out = (struct graph_view){.names = names,
				   .types = types,
				   .name_count = o->count,
				   .edges = edges.items,
				   .edge_count = edges.count,
				   .instances = whole,
				   .instance_count = 1};
}

/* Loops that cannot be unrolled are drawn as written. */
int single_graph(struct single *s, const char *path, struct graph_view *out, struct diags *d)
{
	const struct render_request everywhere = {.region = NULL};
	struct diags ignored = DIAGS_INIT;
	const struct template *t = load(s, path, d);
	struct outline o;

	if (!t || diags_failed(d))
		return -1;
	template_outline(s->arena, t, evaluate(s, t, &everywhere, &ignored), &o);
	draw(s->arena, &o, strcmp(path, "-") == 0 ? "standard input" : path, out);
	diags_release(&ignored);
	return 0;
}
