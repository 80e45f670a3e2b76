/*
 * view_sarif.c - diagnostics as one SARIF 2.1.0 document on stdout, for annotations in CI.
 *
 * Rules are the codes that were met, in the order of their first result; results have the
 * order of view_diags.  The document is written by finish, so there is one whatever
 * happened before.  Fingerprints are made of what stays when lines move: the code, the file,
 * the text of the line and of the message, and how many equal ones came before.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/map.h"
#include "cli/view.h"

#define SCHEMA_URI "https://json.schemastore.org/sarif-2.1.0.json"

struct view_sarif {
	struct view view; /* must be first */
	struct term *out;
	json_t *rules, *results;
	struct map rule_index; /* "HD1203" to its place in rules, from 1 */
	struct map seen;       /* fingerprints to how often they were met */
};

static struct view_sarif *sarif_of(struct view *v)
{
	return container_of(v, struct view_sarif, view);
}

static json_t *text_object(const char *text)
{
	return json_pack("{s:s}", "text", text);
}

/* LOGICAL_ID becomes LogicalId. */
static json_t *rule_name(const char *symbol)
{
	struct str name = STR_INIT;
	json_t *j;
	bool upper = true;

	for (; *symbol; symbol++) {
		if (*symbol != '_')
			str_add_char(&name, upper ? *symbol : (char)tolower(*symbol));
		upper = *symbol == '_';
	}
	j = json_string(str_cstr(&name));
	str_release(&name);
	return j;
}

static json_t *make_rule(const char *id, const struct diag_info *info)
{
	json_t *rule = json_object();

	json_object_set_new(rule, "id", json_string(id));
	if (!info)
		return rule;
	json_object_set_new(rule, "name", rule_name(info->symbol));
	json_object_set_new(rule, "shortDescription", text_object(info->title));
	json_object_set_new(rule, "fullDescription", text_object(info->text));
	return rule;
}

static size_t rule_of(struct view_sarif *s, const char *id, enum diag_code code)
{
	size_t at = (size_t)(uintptr_t)map_find(&s->rule_index, text_of(id));

	if (at)
		return at - 1;
	json_array_append_new(s->rules, make_rule(id, diag_info_find(code)));
	at = json_array_size(s->rules);
	map_set(&s->rule_index, text_of(id), (void *)(uintptr_t)at);
	return at - 1;
}

/* Places */

/* Names below the working folder are relative, so that annotations find the file. */
static const char *below_here(const char *name)
{
	char here[4096];
	size_t len;

	if (name[0] != '/' || !getcwd(here, sizeof(here)))
		return strncmp(name, "./", 2) == 0 ? name + 2 : name;
	len = strlen(here);
	return strncmp(name, here, len) == 0 && name[len] == '/' ? name + len + 1 : name;
}

static json_t *uri_of(const char *name)
{
	struct str uri = STR_INIT;
	json_t *j;

	name = below_here(name);
	if (name[0] == '/')
		str_add(&uri, "file://");
	for (; *name; name++) {
		if (isalnum((unsigned char)*name) || strchr("-._~/", *name))
			str_add_char(&uri, *name);
		else
			str_printf(&uri, "%%%02X", (unsigned)(unsigned char)*name);
	}
	j = json_string(str_cstr(&uri));
	str_release(&uri);
	return j;
}

static json_t *region_of(const struct range *w)
{
	json_t *region = json_object();

	json_object_set_new(region, "startLine", json_integer(w->start.line));
	json_object_set_new(region, "startColumn", json_integer(w->start.column));
	json_object_set_new(region, "endLine", json_integer(w->end.line));
	json_object_set_new(region, "endColumn", json_integer(w->end.column));
	return region;
}

static json_t *location_of(const struct range *w)
{
	json_t *physical = json_object();

	json_object_set_new(physical, "artifactLocation",
			    json_pack("{s:o}", "uri", uri_of(w->src->name)));
	if (w->start.line)
		json_object_set_new(physical, "region", region_of(w));
	return json_pack("{s:o}", "physicalLocation", physical);
}

static json_t *related_of(const struct diag *g)
{
	json_t *list = json_array();

	for (const struct diag *r = g->related; r; r = r->related) {
		json_t *location;

		if (!r->where.src)
			continue;
		location = location_of(&r->where);
		json_object_set_new(location, "id",
				    json_integer((json_int_t)json_array_size(list)));
		json_object_set_new(location, "message", text_object(r->summary));
		json_array_append_new(list, location);
	}
	return list;
}

/* Results */

static json_t *message_of(const struct diag *g)
{
	struct str text = STR_INIT;
	json_t *message;

	str_add(&text, g->summary);
	if (g->address)
		str_printf(&text, " (%s)", g->address);
	if (g->detail)
		str_printf(&text, "\n%s", g->detail);
	if (g->hint)
		str_printf(&text, "\nhint: %s", g->hint);
	message = text_object(str_cstr(&text));
	str_release(&text);
	return message;
}

static json_t *fingerprints_of(struct view_sarif *s, const struct diag *g)
{
	struct str base = STR_INIT;
	json_t *prints;
	char hex[65];
	size_t before;

	str_printf(&base, "%d\n%s\n%s\n", (int)g->code,
		   g->where.src ? below_here(g->where.src->name) : "", g->summary);
	if (g->where.src && g->where.start.line)
		str_add_text(&base, text_trim(source_line(g->where.src, g->where.start.line)));
	before = (size_t)(uintptr_t)map_find(&s->seen, str_text(&base));
	map_set(&s->seen, str_text(&base), (void *)(uintptr_t)(before + 1));
	str_printf(&base, "\n%zu", before);
	digest_sha256(str_text(&base), hex);
	prints = json_pack("{s:s}", "hadeploy/v1", hex);
	str_release(&base);
	return prints;
}

static json_t *result_of(struct view_sarif *s, const struct diag *g)
{
	static const char *const levels[] = {
		[DIAG_ERROR] = "error",
		[DIAG_WARNING] = "warning",
		[DIAG_NOTE] = "note",
	};
	json_t *result = json_object(), *related = related_of(g);
	char id[16];

	snprintf(id, sizeof(id), "HD%04d", (int)g->code);
	json_object_set_new(result, "ruleId", json_string(id));
	json_object_set_new(result, "ruleIndex", json_integer((json_int_t)rule_of(s, id, g->code)));
	json_object_set_new(result, "level", json_string(levels[g->severity]));
	json_object_set_new(result, "message", message_of(g));
	if (g->where.src)
		json_object_set_new(result, "locations", json_pack("[o]", location_of(&g->where)));
	if (json_array_size(related))
		json_object_set(result, "relatedLocations", related);
	json_decref(related);
	json_object_set_new(result, "partialFingerprints", fingerprints_of(s, g));
	return result;
}

static void show_diags(struct view *v, struct diags *d)
{
	struct view_sarif *s = sarif_of(v);

	diags_sort(d);
	for (const struct diag *g = d->first; g; g = g->next)
		json_array_append_new(s->results, result_of(s, g));
}

static void finish(struct view *v, int exit_code)
{
	struct view_sarif *s = sarif_of(v);
	json_t *driver = json_pack("{s:s, s:s, s:O}", "name", "hadeploy", "version",
				   HADEPLOY_VERSION, "rules", s->rules);
	json_t *run = json_pack("{s:{s:o}, s:s, s:O}", "tool", "driver", driver, "columnKind",
				"unicodeCodePoints", "results", s->results);
	json_t *log = json_pack("{s:s, s:s, s:[o]}", "$schema", SCHEMA_URI, "version", "2.1.0",
				"runs", run);
	struct str text = STR_INIT;

	(void)exit_code;
	json_pretty(log, &text);
	str_add_char(&text, '\n');
	term_write(s->out, &text);
	str_release(&text);
	json_decref(log);
}

static void close_view(struct view *v)
{
	struct view_sarif *s = sarif_of(v);

	json_decref(s->rules);
	json_decref(s->results);
	map_release(&s->rule_index);
	map_release(&s->seen);
	free(s);
}

/* What the results do not say */

static void on_event(struct observer *o, const struct event *e)
{
	(void)o;
	(void)e;
}

static void show_validation(struct view *v, const struct validation *all)
{
	(void)v;
	(void)all;
}

static void pause_view(struct view *v)
{
	(void)v;
}

struct view *view_sarif_new(const struct view_setup *setup)
{
	struct view_sarif *s = xcalloc(1, sizeof(*s));

	s->view = (struct view){
		.observer = {on_event},
		.show_diags = show_diags,
		.show_validation = show_validation,
		.pause = pause_view,
		.finish = finish,
		.close = close_view,
	};
	s->out = setup->out;
	s->rules = json_array();
	s->results = json_array();
	return &s->view;
}
