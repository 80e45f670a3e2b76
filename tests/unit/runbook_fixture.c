/* runbook_fixture.c - runbooks from texts. */
#include "tests/unit/runbook_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/runbook/language.h"

static const char manifest_text[] =
	"Project: shop\n"
	"Accounts: {prod: }\n"
	"Regions:\n"
	"  east: {Zones: [a], Hosts: {e1: {Address: 10.0.0.1, Roles: [db, web]}}}\n"
	"  west: {Zones: [b], Hosts: {w1: {Address: 10.1.0.1, Roles: [db]}}}\n"
	"  south: {}\n"
	"  global: {Global: true}\n"
	"HealthChecks:\n"
	"  shop: {Type: HTTP, Url: 'http://${Host}/', Roles: [web]}\n"
	"  primary: {Type: POSTGRES, Host: '${Host}', Role: primary, Roles: [db]}\n"
	"  standby: {Type: POSTGRES, Host: '${Host}', Role: standby, Roles: [db]}\n"
	"  alive: {Type: SSH, Command: 'true', Roles: [db]}\n"
	"  seen: {Type: TCP, Address: '${Host}', Port: 1, Roles: [db], From: [e1, west], Quorum: "
	"2}\n"
	"  blind: {Type: TCP, Address: '${Host}', Port: 1, Roles: [db], From: [east]}\n"
	"  fixed: {Type: HTTP, Url: 'http://10.0.0.1/'}\n"
	"Runbooks: {main: main.yaml, inner: inner.yaml, third: third.yaml}\n"
	"Routes:\n"
	"  shop: {Type: PowerDNS::Route, Values: {east: [192.0.2.1], west: [192.0.2.2]}}\n"
	"  pinned: {Type: PowerDNS::Route, Region: east, Values: {east: [192.0.2.1], west: "
	"[192.0.2.2]}}\n"
	"Stacks:\n"
	"  web: {Template: web.yaml, Targets: [east, west]}\n"
	"  db: {Template: db.yaml, Targets: [east, west]}\n";

static const char empty[] = "Steps: [{Name: nothing, Type: Wait, Duration: 0s}]\n";

static const struct value *result_of(void *context, struct arena *a, const char *path,
				     const char *name)
{
	struct runbook_reading *r = context;
	const json_t *found = json_object_get(json_object_get(r->results, path), name);

	return found ? value_from_json(a, found, NULL) : NULL;
}

static const char *output_of(void *context, const char *stack, const char *name, const char *region)
{
	struct runbook_reading *r = context;

	return !strcmp(name, "None") ? NULL : arena_printf(r->a, "%s-%s-%s", stack, name, region);
}

struct runbook_reading read_runbook(const char *main, const char *inner, const char *third)
{
	struct runbook_reading r = {.a = arena_new(), .d = DIAGS_INIT};
	const char *const texts[] = {main, inner ? inner : empty, third ? third : empty};
	static const char *const names[] = {"main.yaml", "inner.yaml", "third.yaml"};
	const struct source *src = source_from(r.a, "hadeploy.yaml", text_of(manifest_text), &r.d);
	struct runbook_library *lib;

	r.m = manifest_parse(r.a, src, "/tmp", &r.d);
	assert_non_null(r.m);
	lib = runbook_library_new(r.a, r.m);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		lib->files[i].src = source_from(r.a, names[i], text_of(texts[i]), &r.d);
	r.p = runbook_lay_out(lib, "main", &r.d);
	r.results = json_object();
	return r;
}

void bind_runbook(struct runbook_reading *r, const char *parameters)
{
	struct text_split rest = text_split_start(text_of(parameters));
	struct parameter_given *given =
		ARENA_ARRAY(r->a, strlen(parameters), struct parameter_given);
	struct text word;
	size_t count = 0;

	assert_non_null(r->p);
	r->world = (struct runbook_world){result_of, output_of, r};
	while (text_next(&rest, ' ', &word)) {
		const char *equals = memchr(word.ptr, '=', word.len);
		size_t len;

		if (!equals)
			continue;
		len = (size_t)(equals - word.ptr);
		given[count].name = arena_strndup(r->a, word.ptr, len);
		given[count++].value = arena_strndup(r->a, equals + 1, word.len - len - 1);
	}
	r->b = runbook_bind(r->a, r->p, &(struct given_list){given, count}, &r->world, &r->d);
}

const struct step_spec *spec_of(struct runbook_reading *r, const char *path, enum step_grace grace,
				bool *known)
{
	for (size_t i = 0; i < r->p->step_count; i++) {
		if (!strcmp(r->p->steps[i].path, path))
			return step_spec(r->a, r->b, (struct step_wish){i, grace}, known, &r->d);
	}
	fail_msg("there is no step %s", path);
	return NULL;
}

const char *spec_text(struct runbook_reading *r, const char *path, enum step_grace grace)
{
	bool known;
	const struct step_spec *s = spec_of(r, path, grace, &known);

	if (!s)
		return "(wrong)";
	if (!s->applies || s->left_out)
		return s->reason;
	return arena_printf(r->a, "%s%s", known ? "" : "?", json_text(r->a, s->values));
}

void set_result(struct runbook_reading *r, const char *path, const char *name, const char *json)
{
	json_t *step = json_object_get(r->results, path);

	if (!step) {
		step = json_object();
		json_object_set_new(r->results, path, step);
	}
	json_object_set_new(step, name, json_parse(text_of(json), NULL, NULL));
}

const char *said(struct runbook_reading *r)
{
	const char *all = "";

	for (const struct diag *g = r->d.first; g; g = g->next)
		all = arena_printf(r->a, "%s%sHD%u %s:%u: %s%s%s", all, *all ? "\n" : "", g->code,
				   g->where.src ? g->where.src->name : "", g->where.start.line,
				   g->summary, g->detail ? " | " : "", g->detail ? g->detail : "");
	return all;
}

void forget_runbook(struct runbook_reading *r)
{
	json_decref(r->results);
	diags_release(&r->d);
	arena_free(r->a);
}
