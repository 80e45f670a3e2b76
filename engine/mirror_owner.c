/* mirror_owner.c - whose recorded state a commit of the mirror has: its lineage and project. */
#include <string.h>

#include "engine/mirror_parts.h"

/* A new reference; NULL when the commit has none. */
static json_t *meta_of(struct vcs_repository *r, const char *commit)
{
	struct arena *a = arena_new();
	const struct rows_key key = {.of = ROWS_META};
	char id[VCS_ID_LEN + 1];
	struct str bytes = STR_INIT;
	json_t *file = NULL;

	vcs_file_id(r, commit, mirror_path(a, &key), id);
	if (*id && vcs_file_bytes(r, id, MIRROR_FILE_MAX, &bytes) == 0)
		file = json_parse(str_text(&bytes), NULL, NULL);
	str_release(&bytes);
	arena_free(a);
	return file;
}

const char *mirror_lineage_of(struct vcs_repository *r, const char *commit, struct arena *a)
{
	const char *lineage = "";
	json_t *file = meta_of(r, commit), *row;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(file, "rows"), "meta"), i, row)
	{
		if (strcmp(json_str(row, "name", ""), "lineage") == 0)
			lineage = rows_bytes(json_object_get(row, "value"), a);
	}
	json_decref(file);
	return lineage;
}

const char *mirror_project_of(struct vcs_repository *r, const char *commit, struct arena *a)
{
	json_t *file = meta_of(r, commit);
	const char *project = arena_strdup(a, json_str(file, "project", ""));

	json_decref(file);
	return project;
}

bool mirror_is_project(const char *theirs, const char *ours, const char *other)
{
	return !*theirs || strcmp(theirs, ours) == 0 || (other && strcmp(theirs, other) == 0);
}
