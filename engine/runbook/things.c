/* things.c - names in runbooks that lead to something of the manifest. */
#include <string.h>

#include "engine/runbook/language.h"

static const struct {
	enum diag_code unknown;
	const char *word, *section;
} things[] = {
	[THING_REGION] = {DIAG_REGION_UNKNOWN, "region", "Regions"},
	[THING_CHECK] = {DIAG_CHECK_UNKNOWN, "health check", "HealthChecks"},
	[THING_STACK] = {DIAG_STACK_UNKNOWN, "stack", "Stacks"},
	[THING_ROUTE] = {DIAG_ROUTE_UNKNOWN, "route", "Routes"},
	[THING_RUNBOOK] = {DIAG_RUNBOOK_UNKNOWN, "runbook", "Runbooks"},
	[THING_ACCOUNT] = {DIAG_ACCOUNT_UNKNOWN, "account", "Accounts"},
};

struct unknown_thing {
	struct arena *scratch;
	enum manifest_thing thing;
	const char *what; /* NULL: what was asked for by a command */
	struct placed_text name;
};

static const void *find(const struct manifest *m, enum manifest_thing thing, const char *name)
{
	switch (thing) {
	case THING_REGION:
		return manifest_region(m, name);
	case THING_CHECK:
		return manifest_check(m, name);
	case THING_STACK:
		return manifest_stack(m, name);
	case THING_ROUTE:
		return manifest_route(m, name);
	case THING_RUNBOOK:
		return manifest_runbook(m, name);
	case THING_ACCOUNT:
		return manifest_account(m, name);
	}
	return NULL;
}

static size_t count_of(const struct manifest *m, enum manifest_thing thing)
{
	switch (thing) {
	case THING_REGION:
		return m->region_count;
	case THING_CHECK:
		return m->check_count;
	case THING_STACK:
		return m->stack_count;
	case THING_ROUTE:
		return m->route_count;
	case THING_RUNBOOK:
		return m->runbook_count;
	case THING_ACCOUNT:
		return m->account_count;
	}
	return 0;
}

static const char *name_at(const struct manifest *m, enum manifest_thing thing, size_t i)
{
	switch (thing) {
	case THING_REGION:
		return m->regions[i].name;
	case THING_CHECK:
		return m->checks[i].name;
	case THING_STACK:
		return m->stacks[i].name;
	case THING_ROUTE:
		return m->routes[i].name;
	case THING_RUNBOOK:
		return m->runbooks[i].name;
	case THING_ACCOUNT:
		return m->accounts[i].name;
	}
	return "";
}

/* What was typed at a command cannot be added to the manifest by it: there is another name. */
static void hint_at_names(struct diags *d, struct diag *g, enum manifest_thing thing,
			  const char *list)
{
	const char *section = things[thing].section;

	if (g->hint)
		return;
	if (g->where.src && *list)
		diag_hint(d, g, "add it to the section %s of the manifest; names in it: %s",
			  section, list);
	else if (g->where.src || !*list)
		diag_hint(d, g, "add it to the section %s of the manifest", section);
	else
		diag_hint(d, g, "names there are: %s", list);
}

static void report_unknown(struct unknown_thing *u, const struct manifest *m, struct diags *d)
{
	size_t count = count_of(m, u->thing);
	const char **names = ARENA_ARRAY(u->scratch, count, const char *);
	const char *word = things[u->thing].word;
	struct text t = u->name.text;
	struct diag *g = u->what ? diag_add(d, things[u->thing].unknown, u->name.where,
					    "%s names no %s: '%.*s'", u->what, word, TEXT_ARG(t))
				 : diag_add(d, things[u->thing].unknown, u->name.where,
					    "there is no %s '%.*s'", word, TEXT_ARG(t));

	for (size_t i = 0; i < count; i++)
		names[i] = name_at(m, u->thing, i);
	diag_did_you_mean(d, g, t, names, count);
	hint_at_names(d, g, u->thing, diag_listed(u->scratch, names, count));
}

const void *runbook_named(const struct manifest *m, enum manifest_thing thing, const char *what,
			  struct placed_text name, struct diags *d)
{
	struct arena *scratch = arena_new();
	const void *found = find(m, thing, arena_text(scratch, name.text));

	if (!found)
		report_unknown(&(struct unknown_thing){scratch, thing, what, name}, m, d);
	arena_free(scratch);
	return found;
}
