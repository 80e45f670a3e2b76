/*
 * saved_plan_check.c - what a saved plan was made from, and what of that is different now.
 *
 * The first difference in the order of causes is what is told: a template that changed makes
 * another plan, and nobody needs to hear that too.
 */
#include "engine/saved_plan_parts.h"

#include <string.h>

#include "base/file.h"
#include "engine/project_parts.h"
#include "engine/tree.h"

/* Members that are not the same in both; NULL where there is none. */
struct difference {
	const char *key;
	const json_t *then, *now;
};

struct comparing {
	const struct saved_plan *s;
	struct diags *d;
	void (*differs)(struct comparing *c, const struct difference *x);
	const char *instance; /* whose parameters */
	struct map told;      /* names of parameters */
	struct run *r;
	int rc;
};

static void compare_members(struct comparing *c, const json_t *then, const json_t *now)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)then, key, value)
	{
		struct difference x = {key, value, json_object_get(now, key)};

		if (!x.now || !json_equal(x.now, value))
			c->differs(c, &x);
	}
	json_object_foreach((json_t *)now, key, value)
	{
		struct difference x = {key, NULL, value};

		if (!json_object_get(then, key))
			c->differs(c, &x);
	}
}

static const json_t *made_from(const struct saved_plan *s, const char *part)
{
	return json_object_get(json_object_get(s->head, "made_from"), part);
}

static void hint_again(struct comparing *c, struct diag *g)
{
	diag_hint(c->d, g, "make a new plan and look at it: 'hadeploy plan --out %s'", c->s->path);
	c->rc = -1;
}

/* --- program and files ------------------------------------------------------------------ */

static void check_program(struct comparing *c)
{
	const char *then = json_string_value(made_from(c->s, "program"));

	if (then && !strcmp(then, HADEPLOY_VERSION))
		return;
	hint_again(c, diag_add(c->d, DIAG_PLAN_STALE_PROGRAM, RANGE_NONE,
			       "the plan was made by hadeploy %s, and this is hadeploy %s",
			       then ? then : "?", HADEPLOY_VERSION));
}

static void say_file(struct comparing *c, const char *name, const char *what)
{
	hint_again(c, diag_add(c->d, DIAG_PLAN_STALE_FILE, RANGE_NONE,
			       "'%s' %s since the plan was made", name, what));
}

static void file_differs(struct comparing *c, const struct difference *x)
{
	say_file(c, x->key, x->now ? "has changed" : "is not part of the project any more");
}

static void compare_on_disk(struct comparing *c, const char *dir, const char *name,
			    const char *then)
{
	struct arena *a = arena_new();
	struct diags ignored = DIAGS_INIT;
	const struct source *src =
		source_load(a, path_join(a, dir, name), NULL, RANGE_NONE, &ignored);
	char now[65];

	if (!src) {
		say_file(c, name, "has become unreadable");
	} else {
		saved_plan_digest_source(src, now);
		if (!then || strcmp(now, then) != 0)
			say_file(c, name, "has changed");
	}
	diags_release(&ignored);
	arena_free(a);
}

/* What a commit has never changes; it may be gone. */
static void compare_commit(struct comparing *c, const char *dir, const char *commit)
{
	struct arena *a = arena_new();
	struct diags found = DIAGS_INIT;
	struct diag *g;

	if (!tree_of_commit(a, dir, commit, NULL, &found)) {
		g = diag_add(c->d, DIAG_PLAN_STALE_FILE, RANGE_NONE,
			     "commit %s, which the plan was made of, cannot be read here", commit);
		if (found.first)
			diag_detail(c->d, g, "%s", found.first->summary);
		diag_hint(c->d, g, "%s",
			  found.first && found.first->hint ? found.first->hint
							   : "git fetch may bring it");
		c->rc = -1;
	}
	diags_release(&found);
	arena_free(a);
}

int saved_plan_check_files(const struct saved_plan *s, const char *dir, struct diags *d)
{
	struct comparing c = {.s = s, .d = d};
	const char *name, *commit = json_str(saved_plan_header(s), "commit", NULL);
	const json_t *files = made_from(s, "files");
	json_t *digest;

	check_program(&c);
	if (commit) {
		compare_commit(&c, dir, commit);
		return c.rc;
	}
	compare_on_disk(&c, dir, MANIFEST_NAME, json_string_value(made_from(s, "manifest")));
	json_object_foreach((json_t *)files, name, digest)
	{
		/* Files of other repositories lie in no folder: they are compared when they are
		 * read anew, at what is locked now. */
		if (!strstr(name, "://"))
			compare_on_disk(&c, dir, name, json_string_value(digest));
	}
	return c.rc;
}

static void relocation_differs(struct comparing *c, const struct difference *x)
{
	struct diag *g = diag_add(c->d, DIAG_PLAN_STALE_STATE, RANGE_NONE,
				  "region %s: its stacks are in %s now, and were in %s when the "
				  "plan was made",
				  x->key, x->now ? json_string_value(x->now) : x->key,
				  x->then ? json_string_value(x->then) : x->key);

	hint_again(c, g);
}

static void commit_differs(struct comparing *c, const struct difference *x)
{
	struct diag *g = diag_add(c->d, DIAG_PLAN_STALE_FILE, RANGE_NONE,
				  "HA::GitCommit of %s is another commit than when the plan was "
				  "made",
				  x->key);

	diag_detail(c->d, g, "It was %s, and is %s.", x->then ? json_string_value(x->then) : "none",
		    x->now ? json_string_value(x->now) : "none");
	hint_again(c, g);
}

static void provider_differs(struct comparing *c, const struct difference *x)
{
	if (!x->now)
		hint_again(c, diag_add(c->d, DIAG_PLAN_STALE_PROGRAM, RANGE_NONE,
				       "there is no provider '%s' any more", x->key));
	else if (x->then)
		hint_again(c,
			   diag_add(c->d, DIAG_PLAN_STALE_PROGRAM, RANGE_NONE,
				    "the plan was made with provider '%s' as %s, and it is %s "
				    "now",
				    x->key, json_string_value(x->then), json_string_value(x->now)));
}

/* --- parameters --------------------------------------------------------------------------- */

static bool comes_from_outside(const json_t *value)
{
	const char *from = json_str(value, "from", "");

	return !strcmp(from, "environment") || !strcmp(from, "file");
}

static void say_absent(struct comparing *c, const struct difference *x)
{
	bool file = !strcmp(json_str(x->then, "from", ""), "file");
	struct diag *g =
		diag_add(c->d, DIAG_PLAN_PARAMETER_ABSENT, RANGE_NONE,
			 "parameter '%s' was given by %s%s when the plan was made, and is "
			 "not given now",
			 x->key, file ? "--param-file" : PARAM_VARIABLE_PREFIX, file ? "" : x->key);

	diag_detail(c->d, g, "A saved plan holds no values that may be secret.");
	diag_hint(c->d, g, "give the same value again: set %s%s, or use --param-file",
		  PARAM_VARIABLE_PREFIX, x->key);
	c->rc = -1;
}

static const char *source_words(const json_t *value)
{
	static const char *const words[][2] = {{"environment", "the environment"},
					       {"file", "--param-file"},
					       {"runbook", "a runbook"},
					       {"argument", "--param"}};
	const char *from = json_str(value, "from", "");

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(from, words[i][0]))
			return words[i][1];
	}
	return "the manifest";
}

static void say_differs(struct comparing *c, const struct difference *x)
{
	struct diag *g = diag_add(c->d, DIAG_PLAN_STALE_PARAMETER, RANGE_NONE,
				  "parameter '%s' of %s has another value than when the plan was "
				  "made",
				  x->key, c->instance);

	if (x->now && strcmp(source_words(x->then), source_words(x->now)) != 0)
		diag_detail(c->d, g, "It is given by %s now, and was given by %s then.",
			    source_words(x->now), source_words(x->then));
	hint_again(c, g);
}

static void parameter_differs(struct comparing *c, const struct difference *x)
{
	if (x->then && x->now &&
	    !strcmp(json_str(x->then, "digest", ""), json_str(x->now, "digest", "")))
		return;
	if (map_has(&c->told, text_of(x->key)))
		return;
	map_set(&c->told, text_of(x->key), c);
	if (x->then && comes_from_outside(x->then) && !(x->now && comes_from_outside(x->now)))
		say_absent(c, x);
	else if (x->now && !x->then)
		hint_again(c, diag_add(c->d, DIAG_PLAN_STALE_PARAMETER, RANGE_NONE,
				       "parameter '%s' of %s is given by %s now, and was not when "
				       "the plan was made",
				       x->key, c->instance, source_words(x->now)));
	else
		say_differs(c, x);
}

static void check_parameters(struct comparing *c, const json_t *now)
{
	const char *instance;
	json_t *then;

	c->differs = parameter_differs;
	json_object_foreach((json_t *)made_from(c->s, "parameters"), instance, then)
	{
		c->instance = instance;
		compare_members(c, then, json_object_get(now, instance));
	}
	map_release(&c->told);
}

int saved_plan_check_inputs(struct engine *e, const struct saved_plan *s, struct diags *d)
{
	struct comparing c = {.s = s, .d = d};
	json_t *now, *providers;

	/* Whoever opened the state for reading has no salt when there is no file. */
	if (!engine_state(e, STATE_WRITE, d))
		return -1;
	now = basis_inputs(e);
	providers = basis_providers(e->project, made_from(s, "providers"));
	check_program(&c);
	c.differs = provider_differs;
	compare_members(&c, made_from(s, "providers"), providers);
	if (!json_equal(made_from(s, "manifest"), json_object_get(now, "manifest")))
		say_file(&c, MANIFEST_NAME, "has changed");
	c.differs = relocation_differs;
	compare_members(&c, made_from(s, "relocations"), json_object_get(now, "relocations"));
	c.differs = file_differs;
	compare_members(&c, made_from(s, "files"), json_object_get(now, "files"));
	c.differs = commit_differs;
	compare_members(&c, made_from(s, "commits"), json_object_get(now, "commits"));
	if (!c.rc)
		check_parameters(&c, json_object_get(now, "parameters"));
	json_decref(providers);
	json_decref(now);
	return c.rc;
}

/* --- state, world, plan --------------------------------------------------------------------- */

static int64_t applied_ms(const struct run *r, const char *instance)
{
	const struct instance_list *list = &r->recorded.instances;

	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(instance_id_text(r->e->arena, &list->items[i].id), instance))
			return list->items[i].applied_ms;
	return 0;
}

static void state_differs(struct comparing *c, const struct difference *x)
{
	struct diag *g =
		diag_add(c->d, DIAG_PLAN_STALE_STATE, RANGE_NONE,
			 "what is recorded of %s has changed since the plan was made", x->key);
	int64_t ms = applied_ms(c->r, x->key);
	char when[CLOCK_TEXT_LEN];

	if (ms) {
		clock_format_rfc3339(ms, when);
		diag_detail(c->d, g, "It was last applied at %s.", when);
	}
	hint_again(c, g);
}

int saved_plan_check_state(struct run *r, const struct saved_plan *s)
{
	struct comparing c = {.s = s, .d = r->d, .differs = state_differs, .r = r};
	json_t *now = basis_state(r);

	if (!now)
		return -1;
	compare_members(&c, made_from(s, "state"), now);
	json_decref(now);
	return c.rc;
}

static void world_differs(struct comparing *c, const struct difference *x)
{
	struct diag *g = diag_add(c->d, DIAG_PLAN_STALE_WORLD, RANGE_NONE,
				  "what exists of %s has changed since the plan was made", x->key);

	diag_detail(c->d, g, "%s",
		    x->now ? "Something was changed from outside, and a new plan would mend it."
			   : "What had been changed from outside is as it was applied again.");
	hint_again(c, g);
}

int saved_plan_check_plan(struct run *r, const struct saved_plan *s)
{
	struct comparing c = {.s = s, .d = r->d, .differs = world_differs, .r = r};
	const char *then = json_string_value(made_from(s, "plan"));
	json_t *now = basis_world(r->plan);
	struct diag *g;
	char digest[65];

	compare_members(&c, made_from(s, "world"), now);
	json_decref(now);
	basis_plan(r->plan, digest);
	if (c.rc || (then && !strcmp(then, digest)))
		return c.rc;
	g = diag_add(r->d, DIAG_PLAN_STALE, RANGE_NONE,
		     "planning again gives another plan than '%s'", s->path);
	diag_detail(r->d, g,
		    "Templates, parameters and recorded state are the same: what a template takes "
		    "from other stacks has changed, or what a provider reads, such as a Source "
		    "file.");
	hint_again(&c, g);
	return c.rc;
}
