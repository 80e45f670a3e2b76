/* template_fixture.c - see template_fixture.h. */
#include "tests/unit/template_fixture.h"

#include <stdlib.h>
#include <string.h>

static const char *const zones[] = {"east-a", "east-b"};
static const char *const west_zones[] = {"west-a"};
static const char *const web_roles[] = {"web"};
static const char *const db_roles[] = {"db", "cache"};
static const struct eval_host hosts[] = {
	{"web-e1", "east-a", "127.0.0.1", web_roles, 1},
	{"web-e2", "east-b", "127.0.0.2", web_roles, 1},
	{"db-e1", "east-a", "127.0.0.3", db_roles, 2},
};

static bool zones_of(void *context, const char *region, const char *const **out, size_t *count)
{
	(void)context;
	if (strcmp(region, "west") != 0)
		return false;
	*out = west_zones;
	*count = 1;
	return true;
}

int template_setup(void **state)
{
	struct template_fixture *f = calloc(1, sizeof(*f));

	f->a = arena_new();
	f->target = (struct eval_target){
		.project = "shop",
		.stack = "web",
		.account = "123456789012",
		.region = "east",
		.aws_region = "us-east-1",
		.zones = zones,
		.zone_count = ARRAY_LEN(zones),
		.hosts = hosts,
		.host_count = ARRAY_LEN(hosts),
		.zones_of = zones_of,
	};
	*state = f;
	return 0;
}

int template_teardown(void **state)
{
	struct template_fixture *f = *state;

	map_release(&f->parameters);
	map_release(&f->files);
	diags_release(&f->d);
	arena_free(f->a);
	free(f);
	return 0;
}

const struct source *fixture_source(struct template_fixture *f, const char *text)
{
	return source_from(f->a, "t.yaml", text_of(text), &f->d);
}

const struct node *fixture_parse(struct template_fixture *f, const char *text,
				 enum node_dialect dialect)
{
	const struct source *src = fixture_source(f, text);

	return src ? node_parse(f->a, src, dialect, &f->d) : NULL;
}

void fixture_file(struct template_fixture *f, const char *name, const char *text)
{
	map_set(&f->files, text_of(name), (void *)(uintptr_t)text);
}

static const struct source *load_file(void *context, struct arena *a, const struct file_request *q,
				      struct diags *d)
{
	const struct template_fixture *f = context;
	const char *name = strncmp(q->path, "./", 2) == 0 ? q->path + 2 : q->path;
	const char *text = map_find(&f->files, text_of(name));

	if (text)
		return source_from(a, name, text_of(text), d);
	diag_add(d, DIAG_FILE_OPEN, q->where, "cannot read '%s'", q->path);
	return NULL;
}

const struct template *fixture_load(struct template_fixture *f, const char *text)
{
	const struct template_loader loader = {load_file, f};
	const struct source *src = fixture_source(f, text);

	f->tpl = src ? template_load(f->a, src, &loader, &f->d) : NULL;
	return f->tpl;
}

const struct document *fixture_eval(struct template_fixture *f, const char *text)
{
	if (!fixture_load(f, text))
		fail_msg("does not load: %s", fixture_said(f));
	f->doc = document_eval(f->a, f->tpl,
			       &(struct eval_input){.target = &f->target,
						    .parameters = &f->parameters,
						    .outside = f->outside},
			       &f->d);
	return f->doc;
}

void fixture_parameter(struct template_fixture *f, const char *name, const char *text)
{
	struct parameter_value *value = ARENA_NEW(f->a, struct parameter_value);

	value->text = text;
	value->origin = "--param";
	map_set(&f->parameters, text_of(name), value);
}

static void say_place(const struct range *where, struct str *out)
{
	if (where->src && strcmp(where->src->name, "t.yaml") != 0)
		str_printf(out, "%s:", where->src->name);
	str_printf(out, "%u:%u", where->start.line, where->start.column);
}

static void say(const struct diag *g, struct str *out)
{
	say_place(&g->where, out);
	str_printf(out, " HD%d %s", (int)g->code, g->summary);
	if (g->detail)
		str_printf(out, "; %s", g->detail);
	if (g->hint)
		str_printf(out, "; hint: %s", g->hint);
	for (const struct diag *r = g->related; r; r = r->related) {
		str_add(out, "; ");
		say_place(&r->where, out);
		str_printf(out, " %s", r->summary);
	}
	str_add(out, "\n");
}

const char *fixture_said(struct template_fixture *f)
{
	struct str out = STR_INIT;
	const char *text;

	for (const struct diag *g = f->d.first; g; g = g->next)
		say(g, &out);
	text = arena_text(f->a, str_text(&out));
	str_release(&out);
	diags_release(&f->d);
	return text;
}

static const struct doc_resource *resource(struct template_fixture *f, const char *id)
{
	const struct doc_resource *r;

	if (!f->doc)
		fail_msg("no document: %s", fixture_said(f));
	r = document_find(f->doc, id);
	if (!r)
		fail_msg("no resource %s", id);
	return r;
}

const char *fixture_property(struct template_fixture *f, const char *id, const char *name)
{
	const struct value *v = value_find(resource(f, id)->properties, text_of(name));
	struct str out = STR_INIT;
	const char *text;

	if (!v)
		fail_msg("%s has no property %s", id, name);
	value_format(v, &out);
	text = arena_text(f->a, str_text(&out));
	str_release(&out);
	return text;
}

const char *fixture_refs(struct template_fixture *f, const char *id)
{
	const struct doc_resource *r = resource(f, id);
	const char *text = "";

	for (size_t i = 0; i < r->ref_count; i++)
		text = arena_printf(f->a, "%s%s%s.%s", text, i ? " " : "", r->refs[i].logical_id,
				    r->refs[i].attribute ? r->refs[i].attribute : "Ref");
	return text;
}

const char *fixture_check(struct template_fixture *f, const char *text)
{
	if (fixture_load(f, text))
		template_check(f->tpl, &f->d);
	return fixture_said(f);
}

const char *fixture_expression(struct template_fixture *f, const char *value)
{
	const char *text = arena_printf(f->a,
					"Parameters:\n"
					"  Env: {Type: String, Default: dev}\n"
					"  Names: {Type: CommaDelimitedList, Default: 'a,b,c'}\n"
					"  Secret: {Type: String, NoEcho: true, Default: geheim}\n"
					"Mappings: {M: {dev: {Size: 1, List: [x, y]}}}\n"
					"Conditions:\n"
					"  Yes: !Equals [!Ref Env, dev]\n"
					"  No: !Not [!Condition Yes]\n"
					"Resources:\n"
					"  Other: {Type: T}\n"
					"  Gone: {Type: T, Condition: No}\n"
					"  R:\n"
					"    Type: T\n"
					"    Properties:\n"
					"      P: %s\n",
					value);

	if (!fixture_eval(f, text))
		return fixture_said(f);
	return fixture_property(f, "R", "P");
}
