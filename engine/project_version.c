/* project_version.c - which files a project's stack instances use, and the version they have. */
#include <string.h>

#include "base/file.h"
#include "base/vec.h"
#include "engine/project_parts.h"
#include "engine/schema.h"
#include "engine/tree.h"
#include "engine/version.h"

struct used_list {
	VEC_OF(struct version_used)
};

void project_start_version(struct project *p, const struct selection *sel)
{
	static const struct version unknown = {.nowhere = "not looked for"};
	const struct tree *files = p->manifest->files;
	const struct version_place place = {tree_dir(files), tree_ref(files), tree_commit(files)};

	p->versions = versions_new(p->arena, &place);
	p->version = &unknown;
	p->params = sel->params;
	p->param_count = sel->param_count;
}

static void use(struct project *p, struct used_list *used, const char *path, struct text bytes)
{
	*arena_vec_add(p->arena, used) = (struct version_used){.path = path, .bytes = bytes};
}

/* Those of a commit are as the commit has them; what is named on the command line is not of it.
 * The same for all instances.  A parameter file may hold secrets, of which not even a digest is
 * kept. */
static void use_common(struct project *p, struct used_list *used)
{
	const char *last = "";

	if (!tree_ref(p->manifest->files))
		use(p, used, p->manifest->src->name, p->manifest->src->bytes);
	for (size_t i = 0; i < p->param_count; i++) {
		const struct param_override *o = &p->params[i];

		if (!o->from_arguments && strcmp(o->origin, last) != 0)
			use(p, used, o->origin, (struct text){NULL, 0});
		last = o->origin;
	}
}

static void use_template(struct project *p, struct used_list *used, const struct template *tpl)
{
	const struct source *const *sources;
	size_t count;

	if (!tpl || tree_ref(p->manifest->files))
		return;
	sources = template_sources(tpl, p->arena, &count);
	for (size_t i = 0; i < count; i++) {
		/* Those of another repository are pinned. */
		if (!strstr(sources[i]->name, "://"))
			use(p, used, sources[i]->name, sources[i]->bytes);
	}
}

/* What a property names: a Source of SSH::File. */
static void use_named(struct project *p, struct used_list *used, const struct doc_resource *r,
		      const char *pointer)
{
	bool exact = false;
	const struct value *v = value_at(r->properties, text_of(pointer), &exact);
	const char *path;

	if (!v || !exact || v->kind != VALUE_STRING || v->sensitive)
		return;
	path = path_expand_home(p->arena, arena_text(p->arena, v->text));
	*arena_vec_add(p->arena, used) = (struct version_used){
		.path = path_join(p->arena, tree_dir(p->manifest->files), path),
		.unread = true,
	};
}

/* Once it is evaluated. */
static void use_sources(struct project *p, struct used_list *used, const struct instance *i)
{
	const struct provider_entry *entry;
	const struct schema *schema;
	const char *const *pointers;
	size_t count;

	if (!i->doc || tree_ref(p->manifest->files))
		return;
	for (size_t k = 0; k < i->doc->resource_count; k++) {
		const struct doc_resource *r = &i->doc->resources[k];

		if (!registry_find(p->registry, r->type, &entry, &schema))
			continue;
		pointers = schema_files(schema, &count);
		for (size_t n = 0; n < count; n++)
			use_named(p, used, r, pointers[n]);
	}
}

const struct version *project_version(struct project *p, struct diags *d)
{
	const struct template *last = NULL;
	struct used_list used = {NULL, 0, 0};

	if (p->version_known)
		return p->version;
	p->version_known = true;
	use_common(p, &used);
	for (size_t i = 0; i < p->instance_count; i++) {
		if (p->instances[i].tpl != last)
			use_template(p, &used, p->instances[i].tpl);
		last = p->instances[i].tpl;
		use_sources(p, &used, &p->instances[i]);
	}
	p->version = versions_with(p->versions, used.items, used.count, d);
	return p->version;
}

const struct version *project_version_of(struct project *p, const struct instance *i,
					 struct diags *d)
{
	struct used_list used = {NULL, 0, 0};

	use_common(p, &used);
	use_template(p, &used, i->tpl);
	use_sources(p, &used, i);
	return versions_with(p->versions, used.items, used.count, d);
}

const char *project_made_from(struct project *p, const struct instance *i)
{
	struct diags told = DIAGS_INIT; /* whoever began the run has heard it */
	const struct version *v = i ? project_version_of(p, i, &told) : project_version(p, &told);
	json_t *j = version_json(v);
	const char *text = json_text(p->arena, j);

	json_decref(j);
	diags_release(&told);
	return text;
}

/* With a mark behind it when what is deployed is not what the commit has. */
const char *project_commit_of(void *context, const char **why, struct diags *d)
{
	struct instance *i = context;
	const struct version *v = project_version_of(i->project, i, d);

	*why = v->nowhere;
	if (!v->commit)
		return NULL;
	i->place.git_commit = v->dirty || v->file_count
				      ? arena_printf(i->project->arena, "%s-dirty", v->commit)
				      : v->commit;
	return i->place.git_commit;
}

/* Before anything is evaluated: a comment that names it counts, too. */
static bool names_commit(struct project *p, const struct template *tpl)
{
	static const char name[] = "HA::GitCommit";
	const struct source *const *sources;
	size_t count = 0;

	sources = tpl ? template_sources(tpl, p->arena, &count) : NULL;
	for (size_t i = 0; i < count; i++)
		if (memmem(sources[i]->bytes.ptr, sources[i]->bytes.len, name, sizeof(name) - 1))
			return true;
	return false;
}

const char *project_commit_named(struct project *p, const struct instance *i)
{
	struct diags told = DIAGS_INIT; /* evaluation says it */
	const char *why, *commit = NULL;

	if (names_commit(p, i->tpl))
		commit = project_commit_of(&p->instances[i->index], &why, &told);
	diags_release(&told);
	return commit;
}
