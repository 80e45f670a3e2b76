/* nested_check.c - nested stacks that are written out, whatever the target. */
#include <string.h>

#include "templates/nested.h"
#include "templates/nested_shape.h"
#include "templates/sections.h"
#include "templates/template_files.h"

struct checking {
	const struct template *tpl;
	struct template_file *file;
	struct arena *a;     /* dropped when checking ends */
	struct names stacks; /* logical id to struct template */
	struct diags *d;
};

/* A nested stack and its template. */
struct nested_use {
	const struct node *name;
	const struct template *tpl;
	bool branch; /* looking at one branch of its parameters */
};

static bool is_literal(const struct node *n)
{
	return n && n->kind == NODE_SCALAR && n->text.len && !node_is_null(n) &&
	       !memchr(n->text.ptr, '{', n->text.len);
}

static void report_circle(struct checking *c, const struct template_file *file,
			  const struct node *url)
{
	struct diag *g = diag_add(c->d, DIAG_NESTED_CIRCLE, url->where,
				  "the template '%s' nests itself", file->src->name);

	diag_detail(c->d, g, "%s", template_file_circle(c->a, c->file, file, AS_TEMPLATE));
	diag_hint(c->d, g, "take out one of these nested stacks");
}

const struct template *nested_template(struct template_file *file,
				       const struct template_file *asked_by, struct diags *d)
{
	struct file_turn *turn = &file->turns[AS_TEMPLATE];

	if (turn->progress == FILE_NEW) {
		turn->asked_by = asked_by;
		if (!template_file_load(file, d) || template_check(file->tpl, d))
			turn->progress = FILE_FAILED;
	}
	return turn->progress == FILE_FAILED ? NULL : file->tpl;
}

static void warn_unread(struct checking *c, const struct node *url)
{
	struct diag *g =
		diag_warn(c->d, DIAG_NESTED_UNREAD, url->where,
			  "'%.*s' cannot be read, so it is not checked", TEXT_ARG(url->text));

	diag_hint(c->d, g, "the path is relative to the folder of '%s'", c->tpl->src->name);
}

static struct template_file *open_file(struct checking *c, const struct node *url)
{
	struct diags found = DIAGS_INIT;
	struct template_file *file = template_file_open(c->file, url->text, url->where, &found);

	if (!file)
		warn_unread(c, url);
	diags_release(&found);
	return file;
}

static bool has_loop(const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		if (text_starts(map->entries[i].key->text, FOREACH_PREFIX))
			return true;
	}
	return false;
}

static void check_given(struct checking *c, const struct node *given, const struct template *t)
{
	for (size_t i = 0; i < given->count; i++) {
		const struct value_entry entry = {given->entries[i].key->text, NULL};

		if (!template_parameter(t, entry.key))
			nested_report_undeclared(t, given, &entry, c->d);
	}
}

/* given NULL: there are no Parameters.  A branch that lacks one may be one that nobody takes. */
static void check_missing(struct checking *c, const struct nested_use *use,
			  const struct node *given)
{
	for (size_t i = 0; i < use->tpl->parameter_count; i++) {
		const struct parameter *p = &use->tpl->parameters[i];

		if (!p->initial && !(given && node_find(given, p->name)))
			nested_report_missing(&(struct nested_missing){use->name->text.ptr, p,
								       given ? given : use->name,
								       use->branch},
					      c->d);
	}
}

static void check_parameters(struct checking *c, const struct nested_use *use,
			     const struct node *given)
{
	struct nested_use branch = *use;

	if (given && node_is_call(given, "Fn::If") && given->arg->kind == NODE_LIST &&
	    given->arg->count == 3) {
		branch.branch = true;
		check_parameters(c, &branch, given->arg->items[1]);
		check_parameters(c, &branch, given->arg->items[2]);
	}
	if (given && (given->kind != NODE_MAP || has_loop(given)))
		return;
	if (given)
		check_given(c, given, use->tpl);
	check_missing(c, use, given);
}

static void check_stack(void *context, const struct node_entry *entry, size_t loops)
{
	struct checking *c = context;
	const struct node *properties = node_find(entry->value, "Properties");
	const struct node *url = properties && properties->kind == NODE_MAP
					 ? node_find(properties, "TemplateURL")
					 : NULL;
	const struct template *t = NULL;
	struct template_file *file;

	if (!is_literal(url) || template_path_remote(url->text))
		return;
	file = open_file(c, url);
	if (file && file->turns[AS_TEMPLATE].progress == FILE_RUNNING)
		report_circle(c, file, url);
	else if (file && !template_file_depth(c->file, AS_TEMPLATE, url->where, c->d))
		t = nested_template(file, c->file, c->d);
	if (!t)
		return;
	check_parameters(c, &(struct nested_use){entry->key, t, false},
			 node_find(properties, "Parameters"));
	if (!loops)
		names_add(c->a, &c->stacks, entry->key->text, (void *)(uintptr_t)t);
}

static void check_resource(void *context, const struct node_entry *entry, size_t loops)
{
	const struct node *type =
		entry->value->kind == NODE_MAP ? node_find(entry->value, "Type") : NULL;

	if (type && type->kind == NODE_SCALAR && text_is(type->text, NESTED_TYPE))
		check_stack(context, entry, loops);
}

/* References to outputs */

struct output_names {
	struct arena *a;
	bool loops;
	VEC_OF(const char *)
};

static void collect_output(void *context, const struct node_entry *entry, size_t loops)
{
	struct output_names *o = context;

	o->loops |= loops > 0;
	*arena_vec_add(o->a, o) = entry->key->text.ptr;
}

static void check_ref(void *context, const struct ref *ref)
{
	struct checking *c = context;
	const struct template *t =
		ref->kind == REF_ATTRIBUTE ? names_find(&c->stacks, ref->name) : NULL;
	struct output_names outputs = {.a = c->a};
	const char *attribute;

	if (!t || memchr(ref->attribute.ptr, '{', ref->attribute.len))
		return;
	attribute = arena_text(c->a, ref->attribute);
	section_walk(t->outputs, collect_output, &outputs);
	for (size_t i = 0; i < outputs.count; i++) {
		if (text_starts(ref->attribute, NESTED_OUTPUTS) &&
		    strcmp(attribute + strlen(NESTED_OUTPUTS), outputs.items[i]) == 0)
			return;
	}
	if (!outputs.loops || !text_starts(ref->attribute, NESTED_OUTPUTS))
		nested_report_output(c->d, ref->where, arena_text(c->a, ref->name), attribute,
				     (struct name_list){outputs.items, outputs.count, NULL});
}

void nested_check(const struct template *t, struct diags *d)
{
	struct checking c = {.tpl = t, .file = sections_of(t)->file, .a = arena_new(), .d = d};
	struct file_turn *turn = &c.file->turns[AS_TEMPLATE];

	if (c.file->files->loader.load && turn->progress == FILE_NEW) {
		turn->progress = FILE_RUNNING;
		section_walk(t->resources, check_resource, &c);
		if (c.stacks.used) {
			refs_walk(t->resources, check_ref, &c);
			if (t->outputs)
				refs_walk(t->outputs, check_ref, &c);
		}
		turn->progress = FILE_DONE;
	}
	arena_free(c.a);
}
