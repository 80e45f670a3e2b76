/* manifest_mirror.c - Mirror of State: true, or a map of remotes and a reference. */
#include <string.h>

#include "base/file.h"
#include "engine/manifest_read.h"
#include "vcs/vcs.h"

/* The name of a remote, or a URL. */
static void add_remote(struct manifest_reader *r, struct mirror_settings *m, const char **remotes,
		       const struct node *n)
{
	for (size_t i = 0; i < m->remote_count; i++) {
		if (strcmp(remotes[i], n->text.ptr) == 0) {
			diag_add(r->d, DIAG_NAME_REPEATED, n->where,
				 "'%s' appears twice in the list", n->text.ptr);
			return;
		}
	}
	remotes[m->remote_count++] = n->text.ptr;
}

static void set_remotes(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	const char **remotes = ARENA_ARRAY(r->a, value->count, const char *);
	struct mirror_settings *m = into;

	(void)part;
	m->remotes = remotes;
	for (size_t i = 0; i < value->count; i++)
		add_remote(r, m, remotes, value->items[i]);
}

static void set_ref(struct manifest_reader *r, const struct manifest_part *part, void *into,
		    const struct node *value)
{
	struct mirror_settings *m = into;

	(void)part;
	if (vcs_ref_is_own(value->text.ptr))
		m->ref = value->text.ptr;
	else
		manifest_refuse(r, "'Ref' of 'Mirror'", value,
				"write the full name of a reference below refs/hadeploy/, such as "
				"refs/hadeploy/state");
}

void manifest_set_mirror(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	static const struct manifest_key rows[] = {
		{"Remotes", KEY_TEXTS, KEY_OPTIONAL, set_remotes, NULL},
		{"Ref", KEY_TEXT, KEY_OPTIONAL, set_ref, NULL},
	};
	static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};
	struct manifest_part mirror = {"'Mirror'", value, value};
	struct mirror_settings *m = &r->m->mirror;

	(void)part;
	(void)into;
	m->ref = MIRROR_REF_DEFAULT;
	if (value->kind == NODE_MAP) {
		m->on = true;
		manifest_read_map(r, &mirror, &keys, m);
	} else if (value->kind == NODE_SCALAR && text_is(value->text, "true")) {
		m->on = true;
	} else if (value->kind != NODE_SCALAR || !text_is(value->text, "false")) {
		manifest_wrong_shape(r, "'Mirror' of 'State'", value, "true, false or a map");
	}
}

static const char *project_of(const struct node *root)
{
	const struct node *n = root && root->kind == NODE_MAP ? node_find(root, "Project") : NULL;

	return n && n->kind == NODE_SCALAR ? n->text.ptr : "";
}

void manifest_load_mirror(struct arena *a, const char *dir, struct mirror_settings *out)
{
	const char *path = path_join(a, dir, MANIFEST_NAME);
	struct diags ignored = DIAGS_INIT;
	struct manifest m = {.dir = dir, .mirror = {.ref = MIRROR_REF_DEFAULT}};
	struct manifest_reader r = {.a = a, .d = &ignored, .m = &m};
	const struct source *src =
		file_exists(path) ? source_load(a, path, NULL, RANGE_NONE, &ignored) : NULL;
	const struct node *root = src ? node_parse(a, src, NODE_MANIFEST, &ignored) : NULL;
	const struct node *state = root && root->kind == NODE_MAP ? node_find(root, "State") : NULL;
	const struct node *mirror =
		state && state->kind == NODE_MAP ? node_find(state, "Mirror") : NULL;

	if (mirror)
		manifest_set_mirror(&r, NULL, NULL, mirror);
	*out = m.mirror;
	out->project = project_of(root);
	diags_release(&ignored);
}
