/*
 * saved_plan_basis.c - what a plan is made from, as digests: no value can be got back from
 * them, and any difference shows.
 */
#include "engine/saved_plan_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "engine/due.h"
#include "engine/project_parts.h"
#include "engine/tree.h"
#include "templates/node.h"

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

void saved_plan_digest_source(const struct source *src, char out[65])
{
	digest_sha256(src->bytes, out);
}

/* --- files ----------------------------------------------------------------------------- */

/* Of a commit from the repository's root, whatever the commit was named by.  Else as the
 * manifest's folder sees it: from wherever the program is run, and however the folder is
 * named, a file has the same name. */
static const char *relative_name(struct arena *a, const struct engine *e, const char *name)
{
	const char *found = tree_path(e->project->manifest->files, name);
	char *path, *dir;
	size_t len;

	if (found)
		return found;
	found = name;
	path = realpath(name, NULL);
	dir = realpath(e->options.dir, NULL);
	len = dir ? strlen(dir) : 0;

	if (path && dir && !strncmp(path, dir, len) && path[len] == '/')
		found = arena_strdup(a, path + len + 1);
	else if (path)
		found = arena_strdup(a, path);
	free(path);
	free(dir);
	return found;
}

static void add_file(struct arena *a, const struct engine *e, json_t *files,
		     const struct source *src)
{
	char digest[65];

	saved_plan_digest_source(src, digest);
	set_text(files, relative_name(a, e, src->name), digest);
}

static json_t *digest_files(struct engine *e)
{
	const struct project *p = e->project;
	struct arena *scratch = arena_new();
	const struct template *last = NULL;
	json_t *files = json_object();

	for (size_t i = 0; i < p->instance_count; i++) {
		const struct template *t = p->instances[i].tpl;
		const struct source *const *sources;
		size_t count;

		if (!t || t == last)
			continue;
		sources = template_sources(t, scratch, &count);
		for (size_t k = 0; k < count; k++)
			add_file(scratch, e, files, sources[k]);
		last = t;
	}
	arena_free(scratch);
	return files;
}

/* --- parameters ------------------------------------------------------------------------- */

static const char *given_by(const struct parameter_value *v)
{
	if (v->node)
		return "manifest";
	if (!strcmp(v->origin, "--param"))
		return "argument";
	if (text_starts(text_of(v->origin), PARAM_RUNBOOK_PREFIX))
		return "runbook";
	return text_starts(text_of(v->origin), PARAM_VARIABLE_PREFIX) ? "environment" : "file";
}

static void add_node(struct str *out, const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		str_add_text(out, n->text);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		str_add_char(out, '\n');
		add_node(out, n->items[i]);
	}
}

static void digest_value(struct engine *e, const struct parameter_value *v, char out[65])
{
	struct str text = STR_INIT;
	json_t *value;

	if (v->text)
		str_add(&text, v->text);
	else if (v->node)
		add_node(&text, v->node);
	value = json_stringn(str_cstr(&text), text.len);
	state_secret_digest(e->state, value, out);
	if (text.ptr)
		explicit_bzero(text.ptr, text.len);
	str_release(&text);
	json_decref(value);
}

static json_t *digest_parameters(struct engine *e, const struct instance *i)
{
	json_t *all = json_object();

	for (size_t k = 0; k < i->parameters.entry_count; k++) {
		const struct map_entry *entry = &i->parameters.entries[k];
		const struct parameter_value *v = entry->value;
		char digest[65];

		if (!entry->key)
			continue;
		digest_value(e, v, digest);
		json_object_set_new(all, entry->key,
				    json_pack("{s:s, s:s}", "from", given_by(v), "digest", digest));
	}
	return all;
}

/* What the manifest says lies elsewhere. */
static json_t *relocations(const struct engine *e)
{
	json_t *all = json_object();

	for (size_t i = 0; i < e->recreations.count; i++) {
		if (recreation_relocates(&e->recreations.items[i]) &&
		    due_closed(&e->recreations.items[i]) == DUE_OPEN)
			set_text(all, e->recreations.items[i].region, e->recreations.items[i].into);
	}
	return all;
}

json_t *basis_inputs(struct engine *e)
{
	const struct project *p = e->project;
	json_t *basis = json_object(), *parameters = json_object(), *commits = json_object();
	char digest[65];

	set_text(basis, "program", HADEPLOY_VERSION);
	saved_plan_digest_source(p->manifest->src, digest);
	set_text(basis, "manifest", digest);
	json_object_set_new(basis, "relocations", relocations(e));
	json_object_set_new(basis, "files", digest_files(e));
	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance *in = &p->instances[i];
		const char *name = instance_id_text(e->arena, &in->id);
		const char *commit = project_commit_named(e->project, in);

		json_object_set_new(parameters, name, digest_parameters(e, in));
		if (commit)
			set_text(commits, name, commit);
	}
	json_object_set_new(basis, "parameters", parameters);
	json_object_set_new(basis, "commits", commits);
	return basis;
}

/* --- providers -------------------------------------------------------------------------- */

static void add_provider(json_t *out, const struct provider_entry *entry)
{
	struct str text = STR_INIT;

	str_printf(&text, "%s %s", entry->table->name, entry->table->version);
	set_text(out, entry->name, str_cstr(&text));
	str_release(&text);
}

json_t *basis_providers(const struct project *p, const json_t *names)
{
	json_t *out = json_object();
	void *at = json_object_iter((json_t *)names);

	for (; at; at = json_object_iter_next((json_t *)names, at)) {
		const struct provider_entry *entry =
			registry_entry(p->registry, json_object_iter_key(at));

		if (entry)
			add_provider(out, entry);
	}
	return out;
}

json_t *basis_used_providers(const struct plan *p)
{
	const struct provider_entry *last = NULL;
	json_t *out = json_object();

	for (size_t i = 0; i < p->change_count; i++) {
		const struct provider_entry *entry = p->changes[i].provider;

		if (entry && entry != last)
			add_provider(out, entry);
		last = entry;
	}
	return out;
}

/* --- recorded state ----------------------------------------------------------------------- */

json_t *basis_state(struct run *r)
{
	size_t count;
	const struct instance_id *ids = run_instances(r, &count);
	json_t *out = json_object();
	char digest[65];

	for (size_t i = 0; i < count; i++) {
		if (state_fingerprint(r->e->state, &ids[i], 1, digest, r->d)) {
			json_decref(out);
			return NULL;
		}
		set_text(out, instance_id_text(r->e->arena, &ids[i]), digest);
	}
	return out;
}

/* --- the plan ----------------------------------------------------------------------------- */

/* A digest of pieces, each with all before it: nothing of the whole has to be kept. */
struct chain {
	char digest[65];
	struct str piece;
};

static void chain_link(struct chain *c)
{
	struct str both = STR_INIT;

	str_add(&both, c->digest);
	str_add_text(&both, str_text(&c->piece));
	digest_sha256(str_text(&both), c->digest);
	str_release(&both);
	str_clear(&c->piece);
}

/* With its length, so that nothing can move from one text into the next. */
static void chain_text(struct chain *c, const char *text)
{
	if (text)
		str_printf(&c->piece, "%zu:%s", strlen(text), text);
	else
		str_add_char(&c->piece, '-');
}

static void chain_path(struct chain *c, const struct path_change *p)
{
	chain_text(c, p->pointer);
	chain_text(c, p->before);
	chain_text(c, p->after);
	str_printf(&c->piece, "%d%d%d%d%d\n", p->replaces, p->unknown, p->sensitive, p->drift,
		   p->computed);
}

static void chain_address(struct chain *c, const struct address *addr)
{
	chain_text(c, addr->instance.stack);
	chain_text(c, addr->instance.account);
	chain_text(c, addr->instance.region);
	chain_text(c, addr->logical_id);
}

static void chain_before(struct chain *c, const struct record *r)
{
	if (!r)
		return;
	chain_text(c, r->deposed);
	chain_text(c, r->id);
	str_printf(&c->piece, "version %lld\n", (long long)r->version);
}

/* Where it stands in a file is left out: it is the same plan from another folder. */
static void chain_change(struct chain *c, const struct change *x)
{
	chain_address(c, &x->addr);
	str_printf(&c->piece, "\n%s %d left out %s\n", action_name(x->action), (int)x->reason,
		   action_name(x->left_out));
	chain_text(c, x->cause);
	chain_text(c, x->type);
	chain_text(c, x->desired);
	chain_text(c, x->unknown_pointers);
	chain_text(c, x->sensitive_pointers);
	chain_text(c, x->endpoint);
	chain_text(c, x->moved_from);
	chain_text(c, x->import_id);
	str_printf(&c->piece, "\n%d%d\n", x->conditional, x->snapshot);
	if (x->resource)
		str_printf(&c->piece, "policies %d %d\n", (int)x->resource->deletion_policy,
			   (int)x->resource->update_replace_policy);
	chain_before(c, x->before);
	for (size_t i = 0; i < x->path_count; i++)
		chain_path(c, &x->paths[i]);
	for (size_t i = 0; i < x->need_count; i++)
		str_printf(&c->piece, "needs %zu\n", x->needs[i]);
	chain_link(c);
}

static void chain_output(struct chain *c, const struct output_change *o)
{
	chain_text(c, o->id.stack);
	chain_text(c, o->id.account);
	chain_text(c, o->id.region);
	chain_text(c, o->name);
	chain_text(c, o->before);
	chain_text(c, o->after);
	str_printf(&c->piece, "%d\n", o->unknown);
	chain_link(c);
}

void basis_plan(const struct plan *p, char out[65])
{
	struct chain c = {"", STR_INIT};

	str_printf(&c.piece, "destroy %d rollback %d refreshed %d\n", p->destroy, p->rollback,
		   p->refreshed);
	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance_plan *in = &p->instances[i];

		str_printf(&c.piece, "instance %zu %zu:", in->first_change, in->change_count);
		for (size_t k = 0; k < in->need_count; k++)
			str_printf(&c.piece, " %zu", in->needs[k]);
		chain_link(&c);
	}
	for (size_t i = 0; i < p->rollouts.count; i++) {
		basis_rollout(&p->rollouts.items[i], &c.piece);
		chain_link(&c);
	}
	for (size_t i = 0; i < p->change_count; i++)
		chain_change(&c, &p->changes[i]);
	for (size_t i = 0; i < p->output_count; i++)
		chain_output(&c, &p->outputs[i]);
	chain_link(&c);
	memcpy(out, c.digest, sizeof(c.digest));
	str_release(&c.piece);
}

/* --- the world ----------------------------------------------------------------------------- */

static bool chain_seen(struct chain *c, const struct change *x)
{
	bool seen = x->reason == REASON_GONE || x->reason == REASON_FOUND;

	for (size_t i = 0; i < x->path_count; i++)
		seen |= x->paths[i].drift;
	if (!seen)
		return false;
	chain_address(c, &x->addr);
	str_printf(&c->piece, "%d\n", (int)x->reason);
	for (size_t i = 0; i < x->path_count; i++)
		if (x->paths[i].drift)
			chain_path(c, &x->paths[i]);
	chain_link(c);
	return true;
}

/* What a provider reads changes all the time in ways that mean nothing (counters, dates): what
 * counts is where the plan differs because of it. */
json_t *basis_world(const struct plan *p)
{
	json_t *out = json_object();
	struct chain c = {"", STR_INIT};

	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance_plan *in = &p->instances[i];
		struct str name = STR_INIT;
		bool any = false;

		c.digest[0] = '\0';
		for (size_t k = 0; k < in->change_count; k++)
			any |= chain_seen(&c, &p->changes[in->first_change + k]);
		instance_id_format(&in->id, &name);
		if (any)
			set_text(out, str_cstr(&name), c.digest);
		str_release(&name);
	}
	str_release(&c.piece);
	return out;
}

const char *saved_plan_made_from(struct run *r)
{
	json_t *basis, *state = basis_state(r);
	const char *text;
	char digest[65];

	if (!state)
		return NULL;
	basis = basis_inputs(r->e);
	json_object_set_new(basis, "state", state);
	json_object_set_new(basis, "providers", basis_used_providers(r->plan));
	json_object_set_new(basis, "world", basis_world(r->plan));
	basis_plan(r->plan, digest);
	set_text(basis, "plan", digest);
	text = json_text(r->e->arena, basis);
	json_decref(basis);
	return text;
}
