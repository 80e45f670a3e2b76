/*
 * mirror_merge.c - commits of somebody else on the reference: of each file the later one.
 *
 * Both sides write whole files of one lineage, so there is nothing to merge inside of them.  What
 * only one side has changed since the commit that both come from is taken from it.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engine/mirror_parts.h"

struct merging {
	struct vcs_repository *r;
	struct arena *a;
	const char *ours, *theirs;
	struct map base, mine, other; /* path to id */
	struct {
		VEC_OF(struct vcs_change)
	} changes;
};

static int list(struct merging *m, const char *commit, struct map *out)
{
	struct vcs_file *files = NULL;
	size_t count = 0;

	if (commit && vcs_list_files(m->r, commit, m->a, &files, &count) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		map_set(out, text_of(files[i].path), (void *)files[i].id);
	return 0;
}

static int64_t changed_ms(struct vcs_repository *r, const char *id)
{
	struct str bytes = STR_INIT;
	json_t *file = NULL;
	int64_t at = 0;

	if (vcs_file_bytes(r, id, MIRROR_FILE_MAX, &bytes) == 0)
		file = json_parse(str_text(&bytes), NULL, NULL);
	if (file)
		at = rows_changed_ms(file);
	json_decref(file);
	str_release(&bytes);
	return at;
}

bool mirror_is_later(struct vcs_repository *r, const char *id, const char *than)
{
	return changed_ms(r, id) > changed_ms(r, than);
}

static bool same(const char *x, const char *y)
{
	return x && y ? strcmp(x, y) == 0 : x == y;
}

/* NULL: it goes. */
static int take(struct merging *m, const char *path, const char *id)
{
	struct str bytes = STR_INIT;
	struct text text = {NULL, 0};

	if (id) {
		if (vcs_file_bytes(m->r, id, MIRROR_FILE_MAX, &bytes) != 0) {
			str_release(&bytes);
			return -1;
		}
		text = (struct text){arena_text(m->a, str_text(&bytes)), bytes.len};
		str_release(&bytes);
	}
	*arena_vec_add(m->a, &m->changes) = (struct vcs_change){path, text};
	return 0;
}

/* What was removed on one side and changed on the other stays. */
static int merge_file(struct merging *m, const char *path)
{
	const char *base = map_find(&m->base, text_of(path));
	const char *mine = map_find(&m->mine, text_of(path));
	const char *other = map_find(&m->other, text_of(path));

	if (same(mine, other) || same(other, base))
		return 0;
	if (same(mine, base) || !mine || (other && mirror_is_later(m->r, other, mine)))
		return take(m, path, other);
	return 0;
}

static int merge_files(struct merging *m)
{
	struct map *const sides[] = {&m->other, &m->base};

	for (size_t k = 0; k < ARRAY_LEN(sides); k++) {
		for (size_t i = 0; i < sides[k]->entry_count; i++) {
			const char *path = sides[k]->entries[i].key;

			if (k && map_has(&m->other, text_of(path)))
				continue;
			if (merge_file(m, path) != 0)
				return -1;
		}
	}
	return 0;
}

/* Has the other side changed this instance?  Since the commit that both come from, if there is
 * one. */
static bool is_foreign(const struct merging *m, const char *path)
{
	const char *base = map_find(&m->base, text_of(path));
	const char *mine = map_find(&m->mine, text_of(path));
	const char *other = map_find(&m->other, text_of(path));

	if (same(mine, other) || same(other, base))
		return false;
	return base || !mine || mirror_is_later(m->r, other, mine);
}

static void look_for_foreign(const struct merging *m, struct mirror_behind *out)
{
	const struct map *const sides[] = {&m->other, &m->base};
	struct rows_key key;

	for (size_t k = 0; k < ARRAY_LEN(sides) && !*out->what; k++) {
		for (size_t i = 0; i < sides[k]->entry_count && !*out->what; i++) {
			const char *path = sides[k]->entries[i].key;

			if (path && mirror_parse_path(m->a, path, &key) &&
			    key.of == ROWS_INSTANCE && is_foreign(m, path))
				snprintf(out->what, sizeof(out->what), "%s",
					 instance_id_text(m->a, &key.instance));
		}
	}
}

void mirror_find_behind(struct vcs_repository *r, const char *ours, const char *theirs,
			struct mirror_behind *out)
{
	struct merging m = {.r = r, .a = arena_new(), .ours = ours, .theirs = theirs};
	struct diags ignored = DIAGS_INIT;
	struct vcs_commit commit;

	*out = (struct mirror_behind){.at_ms = 0};
	if (!vcs_contains(r, ours, theirs) && vcs_find(r, theirs, m.a, &commit, &ignored) == 0 &&
	    list(&m, vcs_common_commit(r, ours, theirs, m.a), &m.base) == 0 &&
	    list(&m, ours, &m.mine) == 0 && list(&m, theirs, &m.other) == 0) {
		out->at_ms = commit.commit_ms;
		look_for_foreign(&m, out);
	}
	diags_release(&ignored);
	map_release(&m.base);
	map_release(&m.mine);
	map_release(&m.other);
	arena_free(m.a);
}

static enum vcs_ref_write commit(struct merging *m, const char *ref, struct diags *d)
{
	char id[VCS_ID_LEN + 1];

	return vcs_ref_commit(m->r, ref,
			      &(struct vcs_new_commit){
				      .expected = m->ours,
				      .merges = m->theirs,
				      .changes = m->changes.items,
				      .count = m->changes.count,
				      .author = "hadeploy",
				      .message = "both sides of the mirror\n",
				      .at_ms = clock_real()->wall_ms(clock_real()),
			      },
			      id, d);
}

static enum vcs_ref_write merge_once(struct vcs_repository *r, const char *ref, const char *theirs,
				     struct diags *d)
{
	struct merging m = {.r = r, .a = arena_new(), .theirs = theirs};
	enum vcs_ref_write result = VCS_REF_FAILED;

	m.ours = vcs_ref_commit_id(r, ref, m.a);
	if (!m.ours || vcs_contains(r, theirs, m.ours))
		result = vcs_ref_set(r, ref, theirs, m.ours, d);
	else if (vcs_contains(r, m.ours, theirs))
		result = VCS_REF_SAME;
	else if (list(&m, vcs_common_commit(r, m.ours, theirs, m.a), &m.base) == 0 &&
		 list(&m, m.ours, &m.mine) == 0 && list(&m, theirs, &m.other) == 0 &&
		 merge_files(&m) == 0)
		result = commit(&m, ref, d);
	else
		diag_add(d, DIAG_VCS_WRITE, RANGE_NONE,
			 "%.10s and what %s has cannot be joined: objects are missing", theirs,
			 ref);
	map_release(&m.base);
	map_release(&m.mine);
	map_release(&m.other);
	arena_free(m.a);
	return result;
}

int mirror_merge(struct vcs_repository *r, const char *ref, const char *theirs, struct diags *d)
{
	enum vcs_ref_write result = VCS_REF_MOVED;

	for (int i = 0; result == VCS_REF_MOVED && i < MIRROR_TRIES; i++)
		result = merge_once(r, ref, theirs, d);
	if (result == VCS_REF_MOVED)
		diag_add(d, DIAG_VCS_WRITE, RANGE_NONE, "%s is moved all the time", ref);
	return result == VCS_REF_WRITTEN || result == VCS_REF_SAME ? 0 : -1;
}
