/*
 * definition.c - which type is in which file, and reading it when it is asked for.
 *
 * Everything is under one lock but what definitions_find hands out, which never changes.  A
 * definition that is wrong is read again when it is asked for again: each asker hears why.
 */
#include "providers/rest/definition.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "providers/rest/definition_parts.h"
#include "providers/rest/program.h"

struct known_service {
	const char *name;
	const struct definition_text *text;
	const struct service *read; /* NULL: not yet */
};

struct known_type {
	const char *type;
	const struct definition_text *text;
	const struct definition *read; /* NULL: not yet, or wrong */
	struct range where;            /* of its Type, when that is known */
};

struct definitions {
	struct arena *arena;
	pthread_mutex_t lock;
	struct definition_texts texts;
	struct map services; /* by name */
	struct map types;    /* by type */
	const char **names;  /* sorted, without wildcards */
	size_t name_count;
	const struct known_type **wildcards;
	size_t wildcard_count;
	struct definition_values values;
};

/* --- reading -------------------------------------------------------------------------------- */

static struct definition_reader reader_of(struct definitions *s, const char *who, struct diags *d)
{
	return (struct definition_reader){s->arena, d, who, &s->values};
}

/* NULL after errors. */
static const struct node *parse(struct definition_reader *r, const struct definition_text *t)
{
	struct definition_text *text = (struct definition_text *)(uintptr_t)t;

	if (!t->root)
		text->root = definition_parse(
			r, t->path ? source_load(r->a, t->path, t->name, RANGE_NONE, r->d)
				   : source_from(r->a, t->name, t->bytes, r->d));
	return t->root;
}

/* NULL after errors. */
static const struct service *service_read(struct definitions *s, struct known_service *known,
					  struct diags *d)
{
	struct service *out = ARENA_NEW(s->arena, struct service);
	struct definition_reader r =
		reader_of(s, arena_printf(s->arena, "service '%s'", known->name), d);
	size_t errors = d->error_count;
	const struct node *root;

	if (known->read)
		return known->read;
	root = parse(&r, known->text);
	out->name = known->name;
	if (root)
		definition_read_service(&r, root, out);
	if (d->error_count == errors)
		known->read = out;
	return known->read;
}

static void report_service(struct definitions *s, const struct node *at, struct diags *d)
{
	const char **names = ARENA_ARRAY(s->arena, s->services.entry_count, const char *);
	struct diag *g = diag_add(d, DIAG_DEFINITION_SERVICE, at->where,
				  "there is no service '%.*s'", TEXT_ARG(at->text));

	for (size_t i = 0; i < s->services.entry_count; i++)
		names[i] = s->services.entries[i].key;
	diag_did_you_mean(d, g, at->text, names, s->services.entry_count);
	if (!g->hint)
		diag_hint(d, g,
			  "a service is a file service.yaml; its name is that of its folder, or "
			  "what its key Service says");
}

/* The service.yaml beside it; services of a folder and of a bundle never mix here. */
static struct known_service *service_beside(struct definitions *s, const struct definition_text *t)
{
	for (size_t i = 0; i < s->services.entry_count; i++) {
		struct known_service *known = s->services.entries[i].value;

		if (strcmp(known->text->folder, t->folder) == 0 && !known->text->path == !t->path)
			return known;
	}
	return NULL;
}

/* -1 after errors. */
static int find_service(struct definitions *s, const struct definition_text *t,
			const struct node *root, struct service *out, struct diags *d)
{
	const struct node *named = node_find(root, "Service");
	struct known_service *known = service_beside(s, t);
	const struct service *found = NULL;

	*out = (struct service){.name = ""};
	if (named && named->kind == NODE_SCALAR && named->text.len) {
		known = map_find(&s->services, named->text);
		if (!known)
			report_service(s, named, d);
		if (!known)
			return -1;
	}
	if (!known)
		return 0;
	found = service_read(s, known, d);
	if (found)
		*out = *found;
	return found ? 0 : -1;
}

static bool is_wildcard(const char *type)
{
	return strpbrk(type, "*?") != NULL;
}

static void read_file(struct definitions *s, const struct definition_text *text,
		      const struct node *root, struct definition_reader *r, struct definition *t)
{
	if (find_service(s, text, root, &t->service, r->d))
		return;
	definition_read_type(r, root, t);
	if (diags_failed(r->d))
		return;
	program_build(s->arena, t);
	definition_check(t, NULL, r->d);
}

/* NULL after errors. */
static const struct definition *type_read(struct definitions *s, struct known_type *known,
					  struct diags *d)
{
	struct definition *t = ARENA_NEW(s->arena, struct definition);
	struct definition_reader r =
		reader_of(s, arena_printf(s->arena, "type '%s'", known->type), d);
	struct diags found = DIAGS_INIT;
	const struct node *root;

	if (known->read)
		return known->read;
	r.d = &found;
	root = parse(&r, known->text);
	t->type = known->type;
	t->file = known->text->name;
	if (root)
		read_file(s, known->text, root, &r, t);
	if (!diags_failed(&found))
		known->read = t;
	diags_take(d, &found);
	return known->read;
}

const struct definition *definitions_find(struct definitions *s, const char *type, struct diags *d)
{
	const struct definition *found = NULL;
	struct known_type *known;

	pthread_mutex_lock(&s->lock);
	known = map_find(&s->types, text_of(type));
	for (size_t i = 0; !known && i < s->wildcard_count; i++) {
		if (text_glob(text_of(s->wildcards[i]->type), text_of(type)))
			known = (struct known_type *)(uintptr_t)s->wildcards[i];
	}
	if (known)
		found = type_read(s, known, d);
	pthread_mutex_unlock(&s->lock);
	return found;
}

const char *const *definitions_types(struct definitions *s, size_t *count)
{
	*count = s->name_count;
	return s->names;
}

/* --- which type is where --------------------------------------------------------------- */

/* Of a bundle the line that says it is enough; a folder's file may have it anywhere. */
static struct text value_of(struct definitions *s, const struct definition_text *t, const char *key,
			    struct range *where, struct diags *d)
{
	struct definition_reader r = reader_of(s, "a definition", d);
	const struct node *root;
	const struct node *n;

	*where = RANGE_NONE;
	if (!t->path)
		return definition_line(t->bytes, key);
	root = parse(&r, t);
	n = root ? node_find(root, key) : NULL;
	if (root)
		*where = n ? n->where : root->where;
	return n && n->kind == NODE_SCALAR ? n->text : (struct text){NULL, 0};
}

static void add_service(struct definitions *s, const struct definition_text *t, struct diags *d)
{
	struct known_service *known = ARENA_NEW(s->arena, struct known_service), *other;
	struct range where;
	struct text name = value_of(s, t, "Service", &where, d);

	known->name = name.len ? arena_text(s->arena, name) : t->folder;
	known->text = t;
	other = map_find(&s->services, text_of(known->name));
	if (!other) {
		map_set(&s->services, text_of(known->name), known);
		return;
	}
	/* What a folder says stands before what is built in. */
	if (!other->text->path != !t->path)
		return;
	diag_hint(d,
		  diag_add(d, DIAG_DEFINITION_TWICE, where, "service '%s' is there already, in %s",
			   known->name, other->text->name),
		  "give it another name with its key Service");
}

static bool name_fits(struct text type)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:*";
	bool fits = type.len > 0 && type.len <= LIMIT_NAME_LEN && !text_starts(type, "*") &&
		    !text_starts(type, ":") && !text_ends(type, ":");

	for (size_t i = 0; fits && i < type.len; i++)
		fits = strchr(letters, type.ptr[i]) != NULL;
	return fits && memmem(type.ptr, type.len, "::", 2);
}

static bool check_name(struct text type, struct range where, const struct definition_text *t,
		       struct diags *d)
{
	struct diag *g;

	if (name_fits(type))
		return true;
	if (type.len)
		g = diag_add(d, DIAG_DEFINITION_VALUE, where, "'%.*s' cannot be the name of a type",
			     TEXT_ARG(type));
	else
		g = diag_add(d, DIAG_DEFINITION_MISSING, where, "this definition has no 'Type'");
	if (!where.src)
		diag_detail(d, g, "in %s", t->name);
	diag_hint(d, g,
		  "it is a name such as MyApi::Thing; 'MyApi::*' is for every type that has "
		  "no definition of its own");
	return false;
}

static void add_type(struct definitions *s, const struct definition_text *t, struct diags *d)
{
	struct known_type *known = ARENA_NEW(s->arena, struct known_type), *other;
	size_t errors = d->error_count;
	struct range where;
	struct text type = value_of(s, t, "Type", &where, d);
	struct diag *g;

	if (d->error_count > errors || !check_name(type, where, t, d))
		return;
	*known = (struct known_type){arena_text(s->arena, type), t, NULL, where};
	other = map_find(&s->types, type);
	if (!other) {
		map_set(&s->types, type, known);
		return;
	}
	if (!other->text->path != !t->path)
		return;
	g = diag_add(d, DIAG_DEFINITION_TWICE, where, "type '%s' is defined already", known->type);
	diag_detail(d, g, "the first one is in %s%s%s", other->text->folder,
		    *other->text->folder ? "/" : "", other->text->base);
	diag_related(d, g, other->where, "here");
	diag_hint(d, g, "remove one of them");
}

static size_t literal_count(const char *pattern)
{
	size_t count = 0;

	for (; *pattern; pattern++)
		count += *pattern != '*' && *pattern != '?';
	return count;
}

static int compare_wildcards(const void *x, const void *y)
{
	const char *a = (*(const struct known_type *const *)x)->type;
	const char *b = (*(const struct known_type *const *)y)->type;
	size_t left = literal_count(a), right = literal_count(b);

	if (left != right)
		return left > right ? -1 : 1;
	return strcmp(a, b);
}

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void sort_types(struct definitions *s)
{
	s->names = ARENA_ARRAY(s->arena, s->types.entry_count, const char *);
	s->wildcards = ARENA_ARRAY(s->arena, s->types.entry_count, const struct known_type *);
	for (size_t i = 0; i < s->types.entry_count; i++) {
		const struct known_type *known = s->types.entries[i].value;

		if (is_wildcard(known->type))
			s->wildcards[s->wildcard_count++] = known;
		else
			s->names[s->name_count++] = known->type;
	}
	if (s->name_count)
		qsort(s->names, s->name_count, sizeof(*s->names), compare_names);
	if (s->wildcard_count)
		qsort(s->wildcards, s->wildcard_count, sizeof(*s->wildcards), compare_wildcards);
}

/* What a user wrote is read at once, so that all its faults are told in one run. */
static void read_folder(struct definitions *s, struct jq_pool *pool, struct diags *d)
{
	for (size_t i = 0; i < s->services.entry_count; i++) {
		struct known_service *known = s->services.entries[i].value;

		if (known->text->path && d->error_count < LIMIT_DIAGS)
			service_read(s, known, d);
	}
	for (size_t i = 0; i < s->types.entry_count; i++) {
		struct known_type *known = s->types.entries[i].value;
		struct diags found = DIAGS_INIT;
		const struct definition *t = NULL;

		if (known->text->path && d->error_count < LIMIT_DIAGS)
			t = type_read(s, known, &found);
		if (t && pool)
			definition_check(t, pool, &found);
		/* A service that is wrong is wrong for all of its types. */
		diags_take_new(d, &found);
	}
}

struct definitions *definitions_open(const struct definition_source *source, struct diags *d)
{
	struct definitions *s = xcalloc(1, sizeof(*s));
	size_t errors = d->error_count;

	s->arena = arena_new();
	pthread_mutex_init(&s->lock, NULL);
	definition_files(s->arena, source, &s->texts, d);
	for (size_t i = 0; i < s->texts.count && d->error_count < LIMIT_DIAGS; i++) {
		if (definition_is_service(&s->texts.items[i]))
			add_service(s, &s->texts.items[i], d);
		else
			add_type(s, &s->texts.items[i], d);
	}
	sort_types(s);
	read_folder(s, source->pool, d);
	if (d->error_count == errors)
		return s;
	diags_keep_sources(d);
	definitions_close(s);
	return NULL;
}

int definitions_check(struct definitions *s, struct jq_pool *pool, struct diags *d)
{
	size_t errors = d->error_count;

	for (size_t i = 0; i < s->types.entry_count && d->error_count < LIMIT_DIAGS; i++) {
		struct known_type *known = s->types.entries[i].value;
		const struct definition *t;

		pthread_mutex_lock(&s->lock);
		t = type_read(s, known, d);
		pthread_mutex_unlock(&s->lock);
		if (t)
			definition_check(t, pool, d);
	}
	return d->error_count == errors ? 0 : -1;
}

void definitions_visit(struct definitions *s, void *context,
		       void (*take)(void *context, const struct definition *t))
{
	for (size_t i = 0; i < s->types.entry_count; i++) {
		const struct known_type *known = s->types.entries[i].value;

		if (known->text->path && known->read)
			take(context, known->read);
	}
}

void definitions_close(struct definitions *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->values.count; i++)
		json_decref(s->values.items[i]);
	vec_release(&s->values);
	map_release(&s->services);
	map_release(&s->types);
	pthread_mutex_destroy(&s->lock);
	arena_free(s->arena);
	free(s);
}
