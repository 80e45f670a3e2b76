/* mirror_look.c - what is asked of the mirror by commands: how it stands, push. */
#include <string.h>

#include "engine/engine.h"
#include "engine/mirror_parts.h"

static int find_options(struct arena *a, const char *dir, struct mirror_settings *settings,
			struct mirror_options *out, struct diags *d)
{
	struct lock_owner owner = engine_owner(a, clock_real(), "state mirror");

	manifest_load_mirror(a, dir, settings);
	*out = (struct mirror_options){
		.settings = settings,
		.dir = dir,
		.state_path = manifest_state_path(a, dir, d),
		.command = owner.command,
		.user = owner.user,
		.host = owner.host,
	};
	return out->state_path ? 0 : -1;
}

static void take_remotes(struct arena *a, const struct mirror_options *o, struct mirror_view *out)
{
	const struct mirror_settings *settings = o->settings;
	struct mirror_view_remote *to =
		ARENA_ARRAY(a, settings->remote_count, struct mirror_view_remote);
	struct mirror_status status;

	mirror_load_status(a, o->state_path, &status);
	for (size_t i = 0; i < settings->remote_count; i++) {
		const char *name = mirror_remote_shown(a, settings->remotes[i]);
		const struct mirror_remote_status *r = mirror_remote_of(a, &status, name);

		to[i] = (struct mirror_view_remote){
			.name = name,
			.pushed = r->pushed,
			.why = r->why,
			.pushed_ms = r->pushed_ms,
			.failing_since_ms = r->failing_since_ms,
			.tried_ms = r->tried_ms,
			.current = out->commit && strcmp(r->pushed, out->commit) == 0,
		};
	}
	out->remotes = to;
	out->remote_count = settings->remote_count;
}

int engine_mirror_look(const char *dir, struct arena *a, struct mirror_view *out, struct diags *d)
{
	struct mirror_settings settings;
	struct mirror_options o;
	struct vcs_repository *r;
	struct vcs_commit commit;
	const char *tip;
	struct diag *g;

	*out = (struct mirror_view){.on = false};
	if (find_options(a, dir, &settings, &o, d) != 0)
		return -1;
	out->on = settings.on;
	out->ref = settings.ref;
	r = mirror_repository(&o, false, d);
	if (r)
		out->repository = arena_strdup(a, vcs_place(r));
	tip = r ? vcs_ref_commit_id(r, settings.ref, a) : NULL;
	if (tip && !vcs_has_commit(r, tip)) {
		g = diag_warn(d, DIAG_VCS_WRITE, RANGE_NONE,
			      "commit %.10s of %s cannot be read: objects of it are missing", tip,
			      settings.ref);
		diag_hint(d, g, "hadeploy state mirror push begins it anew from recorded state");
	} else if (tip && vcs_find(r, tip, a, &commit, d) == 0) {
		out->commit = commit.id;
		out->commit_ms = commit.commit_ms;
	}
	vcs_close(r);
	take_remotes(a, &o, out);
	return diags_failed(d) ? -1 : 0;
}

int engine_mirror_push(const char *dir, const char *other_project, struct state *s, struct diags *d)
{
	struct arena *a = arena_new();
	struct mirror_settings settings;
	struct mirror_options o;
	int rc = find_options(a, dir, &settings, &o, d);

	o.other_project = other_project;
	if (rc == 0)
		rc = mirror_push_now(&o, s, d);
	arena_free(a);
	return rc;
}
