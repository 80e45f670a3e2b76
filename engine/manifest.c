/* manifest.c - the manifest as a whole: finding it, its top level, looking things up. */
#include "engine/manifest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "engine/manifest_read.h"
#include "engine/tree.h"
#include "vcs/vcs.h"

#define STATE_PATH_DEFAULT ".hadeploy/state.db"
#define DAY_MS (24 * 3600 * (int64_t)1000)
#define HISTORY_AGE_DEFAULT_MS (90 * DAY_MS)
#define HISTORY_RUNS_DEFAULT 1000
#define HISTORY_RUNS_MAX 1000000

static void set_project(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	(void)part;
	(void)into;
	r->m->project = value->text.ptr;
}

static void set_state_path(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	(void)part;
	(void)into;
	r->m->state_path = path_join(r->a, r->m->dir, path_expand_home(r->a, value->text.ptr));
}

static void refuse_value(struct manifest_reader *r, const char *what, const struct node *value,
			 const char *hint)
{
	diag_hint(r->d,
		  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "%s cannot be '%s'", what,
			   value->text.ptr),
		  "%s", hint);
}

static void set_keep(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	int64_t age_ms = 0;

	(void)part;
	(void)into;
	if (text_is(value->text, "forever"))
		r->m->history_age_ms = 0;
	else if (text_to_duration_ms(value->text, &age_ms) && age_ms > 0)
		r->m->history_age_ms = age_ms;
	else
		refuse_value(r, "'Keep' of 'History'", value,
			     "write a time such as 90d or 36h, or forever");
}

static void set_runs(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	int64_t count;

	(void)part;
	(void)into;
	if (text_to_int64(value->text, 1, HISTORY_RUNS_MAX, &count))
		r->m->history_run_count = (size_t)count;
	else
		refuse_value(r, "'Runs' of 'History'", value, "write a number from 1 to 1000000");
}

static void set_history(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	static const struct manifest_key rows[] = {
		{"Keep", KEY_TEXT, KEY_OPTIONAL, set_keep, NULL},
		{"Runs", KEY_TEXT, KEY_OPTIONAL, set_runs, NULL},
	};
	static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};
	struct manifest_part history = {"'History'", value, value};

	(void)part;
	manifest_read_map(r, &history, &keys, into);
}

static void set_state(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	static const char *const backends[] = {"sqlite", NULL};
	static const struct manifest_key rows[] = {
		{"Backend", KEY_TEXT, KEY_OPTIONAL, NULL, backends},
		{"Path", KEY_TEXT, KEY_OPTIONAL, set_state_path, NULL},
		{"History", KEY_MAP, KEY_OPTIONAL, set_history, NULL},
		{"Mirror", KEY_ANY, KEY_OPTIONAL, manifest_set_mirror, NULL},
	};
	static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};
	struct manifest_part state = {"'State'", value, value};

	(void)part;
	manifest_read_map(r, &state, &keys, into);
}

/* In the order of reading: regions name providers, stacks name regions, accounts and checks. */
static const struct manifest_key top_rows[] = {
	{"Project", KEY_NAME, KEY_REQUIRED, set_project, NULL},
	{"State", KEY_MAP, KEY_OPTIONAL, set_state, NULL},
	{"Providers", KEY_MAP, KEY_OPTIONAL, manifest_set_providers, NULL},
	{"Accounts", KEY_MAP, KEY_OPTIONAL, manifest_set_accounts, NULL},
	{"Regions", KEY_MAP, KEY_OPTIONAL, manifest_set_regions, NULL},
	{"HealthChecks", KEY_MAP, KEY_OPTIONAL, manifest_set_checks, NULL},
	{"Runbooks", KEY_MAP, KEY_OPTIONAL, manifest_set_runbooks, NULL},
	{"Stacks", KEY_MAP, KEY_OPTIONAL, manifest_set_stacks, NULL},
	{"FreezeWindows", KEY_LIST, KEY_OPTIONAL, manifest_set_freezes, NULL},
	{"Routes", KEY_MAP, KEY_OPTIONAL, manifest_set_routes, NULL},
	{"Failover", KEY_MAP, KEY_OPTIONAL, manifest_set_failover, NULL},
	{"Watch", KEY_LIST, KEY_OPTIONAL, manifest_set_watches, NULL},
	{"Policy", KEY_ANY, KEY_OPTIONAL, manifest_set_policies, NULL},
};
static const struct manifest_keys top_keys = {KEYS_CLOSED, top_rows, ARRAY_LEN(top_rows), NULL};

static void read_top(struct manifest_reader *r, const struct node *root)
{
	struct manifest_part top = {"the manifest", NULL, root};

	if (root->kind != NODE_MAP) {
		manifest_wrong_shape(r, "the manifest", root, "a map");
		return;
	}
	manifest_add_predefined(r);
	manifest_read_map(r, &top, &top_keys, r->m);
	manifest_check_variables(r);
}

const struct manifest *manifest_parse(struct arena *a, const struct source *src, const char *dir,
				      struct diags *d)
{
	struct manifest *m = ARENA_NEW(a, struct manifest);
	struct diags found = DIAGS_INIT;
	struct manifest_reader r = {.a = a, .d = &found, .m = m};
	const struct node *root;
	bool failed;

	m->src = src;
	m->dir = arena_strdup(a, dir);
	m->state_path = path_join(a, dir, STATE_PATH_DEFAULT);
	m->mirror.ref = MIRROR_REF_DEFAULT;
	m->history_age_ms = HISTORY_AGE_DEFAULT_MS;
	m->history_run_count = HISTORY_RUNS_DEFAULT;
	manifest_default_failover(m);
	root = node_parse(a, src, NODE_MANIFEST, &found);
	if (root)
		read_top(&r, root);
	for (size_t i = 0; i < NAMED_COUNT; i++)
		map_release(&r.named[i]);
	map_release(&r.tag_keys);
	failed = diags_failed(&found);
	if (!failed)
		manifest_index(a, m);
	diags_sort(&found);
	diags_take(d, &found);
	return failed ? NULL : m;
}

static void report_absent(struct arena *a, const char *dir, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_MANIFEST_ABSENT, RANGE_NONE,
				  "there is no " MANIFEST_NAME " in '%s'", dir);

	if (file_exists(path_join(a, dir, "hadeploy.yml")))
		diag_hint(d, g, "rename 'hadeploy.yml' to '" MANIFEST_NAME "'");
	else
		diag_hint(d, g,
			  "run hadeploy in the project's folder or name it with --project DIR; "
			  "examples/quickstart is a complete project to start from");
}

void manifest_check_templates(struct arena *a, const struct manifest *m, struct diags *d)
{
	const struct tree *files = m->files ? m->files : tree_of_folder(a, m->dir);

	for (size_t i = 0; i < m->stack_count; i++) {
		const struct manifest_stack *s = &m->stacks[i];

		if (vcs_is_file_url(s->template_path) || tree_has(files, s->template_path))
			continue;
		diag_hint(d,
			  diag_add(d, DIAG_TEMPLATE_ABSENT, s->template_where,
				   "template '%s' of stack '%s' does not exist", s->template_path,
				   s->name),
			  "check the spelling; the path starts at the folder of %s", m->src->name);
	}
}

static void report_absent_there(const struct tree *files, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_MANIFEST_ABSENT, RANGE_NONE,
				  "there is no " MANIFEST_NAME " in '%s' at commit '%s'",
				  tree_dir(files), tree_ref(files));

	diag_hint(d, g,
		  "`git log -- " MANIFEST_NAME "` in that folder shows the commits that have it");
}

/* An older path would be another state. */
static void use_state_of_folder(struct arena *a, struct manifest *m)
{
	struct diags ignored = DIAGS_INIT;
	const char *path = NULL;

	if (file_exists(path_join(a, m->dir, MANIFEST_NAME)))
		path = manifest_state_path(a, m->dir, &ignored);
	if (path)
		m->state_path = path;
	diags_release(&ignored);
}

const struct manifest *manifest_load_tree(struct arena *a, const struct tree *files,
					  struct diags *d)
{
	const struct manifest *m = NULL;
	const struct source *src;
	size_t before = d->error_count;

	if (!tree_has(files, MANIFEST_NAME)) {
		if (tree_ref(files))
			report_absent_there(files, d);
		else
			report_absent(a, tree_given(files), d);
		return NULL;
	}
	src = tree_load(files, a, MANIFEST_NAME, RANGE_NONE, d);
	if (src)
		m = manifest_parse(a, src, tree_dir(files), d);
	if (m) {
		((struct manifest *)m)->files = files;
		if (tree_ref(files))
			use_state_of_folder(a, (struct manifest *)m);
	}
	return d->error_count == before ? m : NULL;
}

const struct manifest *manifest_load(struct arena *a, const char *dir, struct diags *d)
{
	return manifest_load_tree(a, tree_of_folder(a, dir), d);
}

const char *manifest_state_path(struct arena *a, const char *dir, struct diags *d)
{
	const struct node *root = NULL, *path = NULL;
	const char *usual = path_join(a, dir, STATE_PATH_DEFAULT);
	const struct source *src;

	/* In a bare repository there never is one: what was applied of its commits is looked at. */
	if (!file_exists(path_join(a, dir, MANIFEST_NAME)) && file_exists(usual))
		return usual;
	if (!file_exists(path_join(a, dir, MANIFEST_NAME))) {
		report_absent(a, dir, d);
		return NULL;
	}
	src = source_load(a, path_join(a, dir, MANIFEST_NAME), NULL, RANGE_NONE, d);
	root = src ? node_parse(a, src, NODE_MANIFEST, d) : NULL;
	if (!root)
		return NULL;
	if (root->kind == NODE_MAP)
		path = node_find(root, "State");
	if (path && path->kind == NODE_MAP)
		path = node_find(path, "Path");
	if (path && path->kind == NODE_SCALAR)
		return path_join(a, dir, path_expand_home(a, path->text.ptr));
	return usual;
}

const struct manifest_provider *manifest_provider(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->provider_count; i++) {
		if (strcmp(m->providers[i].name, name) == 0)
			return &m->providers[i];
	}
	return NULL;
}

const struct manifest *manifest_none(struct arena *a)
{
	struct manifest *m = ARENA_NEW(a, struct manifest);
	struct manifest_reader r = {.a = a, .m = m};

	m->project = "";
	m->dir = ".";
	manifest_default_failover(m);
	manifest_add_predefined(&r);
	return m;
}
