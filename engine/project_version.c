/* project_version.c - which files a project's stack instances use, and the version they have. */
#include <string.h>

#include "base/vec.h"
#include "engine/project_parts.h"
#include "engine/version.h"

struct used_list {
	VEC_OF(struct version_used)
};

void project_start_version(struct project *p, const char *dir, const struct selection *sel)
{
	static const struct version unknown = {.nowhere = "not looked for"};
	const struct version_place place = {.dir = dir};

	p->versions = versions_new(p->arena, &place);
	p->version = &unknown;
	p->params = sel->params;
	p->param_count = sel->param_count;
}

static void use(struct project *p, struct used_list *used, const char *path, struct text bytes)
{
	*arena_vec_add(p->arena, used) = (struct version_used){path, bytes};
}

/* The same for all instances.  A parameter file may hold secrets, of which not even a digest is
 * kept. */
static void use_common(struct project *p, struct used_list *used)
{
	const char *last = "";

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

	if (!tpl)
		return;
	sources = template_sources(tpl, p->arena, &count);
	for (size_t i = 0; i < count; i++)
		use(p, used, sources[i]->name, sources[i]->bytes);
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
	return versions_with(p->versions, used.items, used.count, d);
}
