/*
 * load.c - the files of runbooks: what stands at their top, and the runbooks that they run.
 *
 *	Description: Move the shop
 *	Parameters: {From: {Type: Region}, To: {Type: Region}}
 *	Objectives: {RTO: 5m, RPO: 60s, Healthy: shop, Lag: standby}
 *	Exclusive: true
 *	Mappings: {...}
 *	Conditions: {...}
 *	Steps: [...]
 */
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "engine/runbook/language.h"
#include "engine/tree.h"

static const char *const sections[] = {"Description", "Parameters", "Objectives", "Exclusive",
				       "Mappings",    "Conditions", "Steps"};

static void refuse_key(struct runbook_reader *r, const char *who, const struct node *key,
		       const char *const *known, size_t count)
{
	struct diag *g = diag_add(r->d, DIAG_RUNBOOK_KEY_UNKNOWN, key->where,
				  "'%s' is not a key of %s", key->text.ptr, who);
	const char *list = "";

	for (size_t i = 0; i < count; i++)
		list = arena_printf(r->a, "%s%s%s", list, i ? ", " : "", known[i]);
	diag_did_you_mean(r->d, g, key->text, known, count);
	if (!g->hint)
		diag_hint(r->d, g, "the keys here are %s", list);
}

static bool known_word(const struct node *key, const char *const *known, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_is(key->text, known[i]))
			return true;
	}
	return false;
}

static void check_keys(struct runbook_reader *r, const char *who, const struct node *map,
		       const char *const *known, size_t count)
{
	for (size_t i = 0; i < map->count && r->d->error_count < LIMIT_DIAGS; i++) {
		if (!known_word(map->entries[i].key, known, count))
			refuse_key(r, who, map->entries[i].key, known, count);
	}
}

static void wrong_shape(struct runbook_reader *r, const char *what, const struct node *n,
			const char *wanted)
{
	diag_add(r->d, DIAG_RUNBOOK_SHAPE, n->where, "%s is %s; it takes %s", what,
		 node_is_null(n) || (n->kind == NODE_SCALAR && !n->text.len) ? "empty"
									     : node_describe(n),
		 wanted);
}

static bool is_text(struct runbook_reader *r, const char *what, const struct node *n)
{
	if (n->kind == NODE_SCALAR && !node_is_null(n) && n->text.len)
		return true;
	wrong_shape(r, what, n, "a plain text");
	return false;
}

/* --- parameters ------------------------------------------------------------------------ */

static const char *const parameter_keys[] = {
	"Type",      "Default",   "Description", "AllowedValues", "AllowedPattern",
	"MinLength", "MaxLength", "MinValue",    "MaxValue",      "ConstraintDescription"};
/* As enum runbook_parameter_kind. */
static const char *const parameter_types[] = {"Region", "String", "Number"};

static bool read_parameter_type(struct runbook_reader *r, const char *who, const struct node *map,
				struct runbook_parameter *p)
{
	const struct node *n = node_find(map, "Type");
	struct diag *g;

	if (!n) {
		g = diag_add(r->d, DIAG_RUNBOOK_KEY_MISSING, p->where, "%s has no 'Type'", who);
		diag_hint(r->d, g, "add 'Type: Region', String or Number");
		return false;
	}
	if (!is_text(r, arena_printf(r->a, "'Type' of %s", who), n))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(parameter_types); i++) {
		p->kind = (enum runbook_parameter_kind)i;
		if (text_is(n->text, parameter_types[i]))
			return true;
	}
	g = diag_add(r->d, DIAG_RUNBOOK_PARAMETER, n->where, "'Type' of %s cannot be '%s'", who,
		     n->text.ptr);
	diag_did_you_mean(r->d, g, n->text, parameter_types, ARRAY_LEN(parameter_types));
	if (!g->hint)
		diag_hint(r->d, g, "parameters of runbooks are of Type Region, String or Number");
	return false;
}

static void read_default(struct runbook_reader *r, const char *who, const struct node *map,
			 struct runbook_parameter *p)
{
	const struct node *n = node_find(map, "Default");

	if (!n)
		return;
	if (n->kind != NODE_SCALAR || node_is_null(n)) {
		wrong_shape(r, arena_printf(r->a, "'Default' of %s", who), n, "a plain value");
		return;
	}
	p->initial = n->text.ptr;
	runbook_parameter_takes(r->m, p, n->text, n->where, r->d);
}

/* What is wrong with them templates/ says. */
static void read_allowed(struct runbook_reader *r, const struct node *map,
			 struct runbook_parameter *p)
{
	const struct node *list = node_find(map, "AllowedValues");
	const char **allowed;

	if (!list || list->kind != NODE_LIST)
		return;
	allowed = ARENA_ARRAY(r->a, list->count, const char *);
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i]->kind == NODE_SCALAR)
			allowed[p->allowed_count++] = list->items[i]->text.ptr;
	}
	p->allowed = allowed;
}

const char *runbook_parameter_option(const char *name)
{
	if (!strcmp(name, "From"))
		return "--from";
	return !strcmp(name, "To") ? "--to" : NULL;
}

bool runbook_parameter_allows(const struct runbook_parameter *p, const char *value)
{
	for (size_t i = 0; i < p->allowed_count; i++) {
		if (!strcmp(p->allowed[i], value))
			return true;
	}
	return !p->allowed_count;
}

static void read_parameter(struct runbook_reader *r, const struct node_entry *e,
			   struct runbook_parameter *p)
{
	const char *who = arena_printf(r->a, "parameter '%s'", e->key->text.ptr);
	const struct node *description;

	*p = (struct runbook_parameter){.name = e->key->text.ptr, .where = e->key->where};
	if (e->value->kind != NODE_MAP) {
		wrong_shape(r, who, e->value, "a map such as {Type: Region}");
		return;
	}
	check_keys(r, who, e->value, parameter_keys, ARRAY_LEN(parameter_keys));
	description = node_find(e->value, "Description");
	if (description && description->kind == NODE_SCALAR)
		p->description = description->text.ptr;
	read_allowed(r, e->value, p);
	if (read_parameter_type(r, who, e->value, p))
		read_default(r, who, e->value, p);
}

static void read_parameters(struct runbook_reader *r, const struct node *map)
{
	struct runbook_parameter *list;

	if (!map || node_is_null(map))
		return;
	if (map->kind != NODE_MAP) {
		wrong_shape(r, "'Parameters'", map, "a map");
		return;
	}
	list = ARENA_ARRAY(r->a, map->count, struct runbook_parameter);
	for (size_t i = 0; i < map->count; i++)
		read_parameter(r, &map->entries[i], &list[i]);
	r->file->parameters = list;
	r->file->parameter_count = map->count;
}

const struct runbook_parameter *runbook_parameter(const struct runbook_file *f, struct text name)
{
	for (size_t i = 0; i < f->parameter_count; i++) {
		if (text_is(name, f->parameters[i].name))
			return &f->parameters[i];
	}
	return NULL;
}

bool runbook_parameter_takes(const struct manifest *m, const struct runbook_parameter *p,
			     struct text value, struct range where, struct diags *d)
{
	struct arena *scratch;
	const void *found;
	double number;

	switch (p->kind) {
	case PARAMETER_STRING:
		return true;
	case PARAMETER_NUMBER:
		if (text_to_double(value, &number))
			return true;
		diag_add(d, DIAG_RUNBOOK_PARAMETER, where,
			 "parameter '%s' is a number, and '%.*s' is none", p->name,
			 TEXT_ARG(value));
		return false;
	case PARAMETER_REGION:
		break;
	}
	scratch = arena_new();
	found = runbook_named(m, THING_REGION, arena_printf(scratch, "parameter '%s'", p->name),
			      (struct placed_text){value, where}, d);
	arena_free(scratch);
	return found != NULL;
}

/* --- objectives ------------------------------------------------------------------------ */

static const char *const objective_keys[] = {"RTO", "RPO", "Healthy", "Lag"};

static void read_time(struct runbook_reader *r, const struct node *map, const char *key,
		      int64_t *out)
{
	const struct node *n = node_find(map, key);
	const char *what = arena_printf(r->a, "'%s' of 'Objectives'", key);
	struct diag *g;

	if (!n || !is_text(r, what, n))
		return;
	if (text_to_duration_ms(n->text, out) && *out > 0)
		return;
	g = diag_add(r->d, DIAG_RUNBOOK_VALUE, n->where, "%s cannot be '%s'", what, n->text.ptr);
	diag_hint(r->d, g, "it is a time such as 60s or 5m");
	*out = 0;
}

static void read_healthy(struct runbook_reader *r, const struct node *n)
{
	const struct node *const *items = n->kind == NODE_LIST ? n->items : &n;
	size_t count = n->kind == NODE_LIST ? n->count : 1;
	struct runbook_objectives *o = &r->file->objectives;
	const struct manifest_check **list =
		ARENA_ARRAY(r->a, count, const struct manifest_check *);

	for (size_t i = 0; i < count; i++) {
		const char *what = "'Healthy' of 'Objectives'";

		if (!is_text(r, what, items[i]))
			continue;
		list[o->healthy_count] =
			runbook_named(r->m, THING_CHECK, what,
				      (struct placed_text){items[i]->text, items[i]->where}, r->d);
		o->healthy_count += list[o->healthy_count] != NULL;
	}
	o->healthy = list;
}

static void read_lag(struct runbook_reader *r, const struct node *n)
{
	struct runbook_objectives *o = &r->file->objectives;
	const char *what = "'Lag' of 'Objectives'";
	struct diag *g;

	if (!is_text(r, what, n))
		return;
	o->lag = runbook_named(r->m, THING_CHECK, what, (struct placed_text){n->text, n->where},
			       r->d);
	if (!o->lag || !strcmp(o->lag->type, "POSTGRES"))
		return;
	g = diag_add(r->d, DIAG_RUNBOOK_VALUE, n->where,
		     "%s names check '%s', which measures no replication lag", what, o->lag->name);
	diag_related(r->d, g, o->lag->where, "the check");
	diag_hint(r->d, g, "name a check of Type: POSTGRES");
}

static void read_objectives(struct runbook_reader *r, const struct node *map)
{
	const struct node *healthy, *lag;

	if (!map || node_is_null(map))
		return;
	if (map->kind != NODE_MAP) {
		wrong_shape(r, "'Objectives'", map, "a map such as {RTO: 5m, RPO: 60s}");
		return;
	}
	check_keys(r, "'Objectives'", map, objective_keys, ARRAY_LEN(objective_keys));
	read_time(r, map, "RTO", &r->file->objectives.rto_ms);
	read_time(r, map, "RPO", &r->file->objectives.rpo_ms);
	healthy = node_find(map, "Healthy");
	lag = node_find(map, "Lag");
	if (healthy)
		read_healthy(r, healthy);
	if (lag)
		read_lag(r, lag);
}

/* --- the top --------------------------------------------------------------------------- */

static void read_exclusive(struct runbook_reader *r, const struct node *n)
{
	r->file->exclusive = true;
	if (!n)
		return;
	if (n->kind == NODE_SCALAR && (text_is(n->text, "true") || text_is(n->text, "false")))
		r->file->exclusive = text_is(n->text, "true");
	else
		wrong_shape(r, "'Exclusive'", n, "true or false");
}

static void read_top(struct runbook_reader *r)
{
	const struct node *root = r->file->root, *description = node_find(root, "Description");
	const struct node *steps = node_find(root, "Steps");
	struct diag *g;

	check_keys(r, "a runbook", root, sections, ARRAY_LEN(sections));
	if (description && is_text(r, "'Description'", description))
		r->file->description = description->text.ptr;
	read_exclusive(r, node_find(root, "Exclusive"));
	read_parameters(r, node_find(root, "Parameters"));
	read_objectives(r, node_find(root, "Objectives"));
	if (steps) {
		runbook_read_steps(r, steps);
		return;
	}
	g = diag_add(r->d, DIAG_RUNBOOK_KEY_MISSING, root->where, "the runbook has no 'Steps'");
	diag_hint(r->d, g, "add 'Steps:' and below it '- {Name: ..., Type: ...}'");
}

static void report_depth(struct range where, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_RUNBOOK_LIMIT, where,
				  "runbooks run each other deeper than %d here", RUNBOOK_DEPTH_MAX);

	diag_hint(d, g, "run what is needed further up");
}

static size_t depth_of(const struct runbook_file *f)
{
	size_t depth = 0;

	for (; f; f = f->asked_by)
		depth++;
	return depth;
}

/* With those that it runs. */
static void count_steps(struct runbook_reader *r)
{
	struct runbook_file *f = r->file;
	const struct file_step *last = NULL;

	f->height = 1;
	f->total = f->steps.count;
	for (size_t i = 0; i < f->steps.count; i++) {
		const struct runbook_file *inner = f->steps.items[i].runs;

		if (!inner)
			continue;
		last = &f->steps.items[i];
		f->total += inner->total;
		if (f->height <= inner->height)
			f->height = inner->height + 1;
	}
	if (last && f->total > STEP_COUNT_MAX)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_RUNBOOK_LIMIT, last->where,
				   "the runbook has more than %d steps with those that it runs",
				   STEP_COUNT_MAX),
			  "run fewer of them");
	if (last && f->height > RUNBOOK_DEPTH_MAX)
		report_depth(last->where, r->d);
}

/* --- files ----------------------------------------------------------------------------- */

struct runbook_library *runbook_library_new(struct arena *a, const struct manifest *m)
{
	struct runbook_library *lib = ARENA_NEW(a, struct runbook_library);

	lib->a = a;
	lib->m = m;
	lib->files = ARENA_ARRAY(a, m->runbook_count, struct runbook_file);
	for (size_t i = 0; i < m->runbook_count; i++)
		lib->files[i].entry = &m->runbooks[i];
	return lib;
}

static void report_circle(struct runbook_library *lib, const struct runbook_file *again,
			  const struct runbook_file *last, const struct node *at, struct diags *d)
{
	const char *way = again->entry->name;
	struct diag *g;

	for (const struct runbook_file *f = last; f && f != again; f = f->asked_by)
		way = arena_printf(lib->a, "%s -> %s", f->entry->name, way);
	way = arena_printf(lib->a, "%s -> %s", again->entry->name, way);
	g = diag_add(d, DIAG_RUNBOOK_CIRCLE, at ? at->where : again->entry->where,
		     "runbook '%s' would run itself", again->entry->name);
	diag_detail(d, g, "%s", way);
	diag_hint(d, g, "take out one of these steps");
}

static bool read_source(struct runbook_reader *r)
{
	struct runbook_file *f = r->file;
	const struct tree *files = r->m->files ? r->m->files : tree_of_folder(r->a, r->m->dir);

	if (!f->src)
		f->src = tree_load(files, r->a, f->entry->path, f->entry->where, r->d);
	f->root = f->src ? node_parse(r->a, f->src, NODE_TEMPLATE, r->d) : NULL;
	if (f->root && f->root->kind != NODE_MAP) {
		wrong_shape(r, "a runbook", f->root, "a map with 'Steps'");
		return false;
	}
	return f->root != NULL;
}

static void read_file(struct runbook_reader *r)
{
	size_t errors = r->d->error_count;

	if (!read_source(r))
		return;
	read_top(r);
	if (r->d->error_count > errors || r->file->broken)
		return;
	count_steps(r);
	r->file->tpl = runbook_template(r);
	if (!r->file->tpl)
		return;
	runbook_check_references(r);
	if (!template_check(r->file->tpl, r->d))
		runbook_check_steps(r);
}

struct runbook_file *runbook_file_read(struct runbook_library *lib,
				       const struct manifest_runbook *entry,
				       struct runbook_file *asked_by, const struct node *at,
				       struct diags *d)
{
	struct runbook_file *f = &lib->files[entry - lib->m->runbooks];
	struct diags found = DIAGS_INIT;
	struct runbook_reader r = {.lib = lib, .a = lib->a, .m = lib->m, .file = f, .d = &found};

	if (f->state == RUNBOOK_READING) {
		report_circle(lib, f, asked_by, at, d);
		return NULL;
	}
	if (f->state == RUNBOOK_NEW && depth_of(asked_by) >= RUNBOOK_DEPTH_MAX) {
		report_depth(at->where, d);
		return NULL;
	}
	if (f->state == RUNBOOK_NEW) {
		f->state = RUNBOOK_READING;
		f->asked_by = asked_by;
		read_file(&r);
		f->state = diags_failed(&found) || f->broken ? RUNBOOK_BAD : RUNBOOK_GOOD;
		diags_sort(&found);
		diags_take(d, &found);
	}
	return f->state == RUNBOOK_GOOD ? f : NULL;
}

int runbook_library_check(struct runbook_library *lib, struct diags *d)
{
	size_t errors = d->error_count;

	for (size_t i = 0; i < lib->m->runbook_count; i++)
		runbook_file_read(lib, &lib->m->runbooks[i], NULL, NULL, d);
	return d->error_count > errors ? -1 : 0;
}
