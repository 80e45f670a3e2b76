/* mirror_status.c - what is known of the remotes of the mirror, in a file beside the state. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "engine/mirror_parts.h"

#define STATUS_MAX (1 << 20)

static const char *status_path(struct arena *a, const char *state_path)
{
	return path_join(a, path_dir(a, state_path), "mirror.json");
}

static void take_remote(struct arena *a, const char *name, const json_t *j,
			struct mirror_status *status)
{
	struct mirror_remote_status *r = mirror_remote_of(a, status, name);

	r->pushed = arena_strdup(a, json_str(j, "pushed", ""));
	r->why = arena_strdup(a, json_str(j, "why", ""));
	r->pushed_ms = json_int(j, "pushed_ms", 0);
	r->failing_since_ms = json_int(j, "failing_since_ms", 0);
	r->tried_ms = json_int(j, "tried_ms", 0);
}

void mirror_load_status(struct arena *a, const char *state_path, struct mirror_status *out)
{
	struct str bytes = STR_INIT;
	json_t *j = NULL, *remote;
	const char *name;

	*out = (struct mirror_status){.base = ""};
	if (file_read(status_path(a, state_path), STATUS_MAX, &bytes) == 0)
		j = json_parse(str_text(&bytes), NULL, NULL);
	out->base = arena_strdup(a, json_str(j, "base", ""));
	snprintf(out->behind.what, sizeof(out->behind.what), "%s", json_str(j, "behind", ""));
	out->behind.at_ms = json_int(j, "behind_ms", 0);
	json_object_foreach(json_object_get(j, "remotes"), name, remote)
	{
		take_remote(a, arena_strdup(a, name), remote, out);
	}
	json_decref(j);
	str_release(&bytes);
}

struct mirror_remote_status *mirror_remote_of(struct arena *a, struct mirror_status *status,
					      const char *name)
{
	struct mirror_remote_status *more;

	for (size_t i = 0; i < status->count; i++) {
		if (strcmp(status->remotes[i].name, name) == 0)
			return &status->remotes[i];
	}
	more = ARENA_ARRAY(a, status->count + 1, struct mirror_remote_status);
	if (status->count)
		memcpy(more, status->remotes, status->count * sizeof(*more));
	more[status->count] = (struct mirror_remote_status){.name = name, .pushed = "", .why = ""};
	status->remotes = more;
	return &more[status->count++];
}

/* A file that cannot be written costs a push that was not needed. */
void mirror_save_status(const char *state_path, const struct mirror_status *status)
{
	struct arena *a = arena_new();
	json_t *remotes = json_object(), *j;
	struct str text = STR_INIT;

	for (size_t i = 0; i < status->count; i++) {
		const struct mirror_remote_status *r = &status->remotes[i];

		json_object_set_new(remotes, r->name,
				    json_pack("{s:s, s:s, s:I, s:I, s:I}", "pushed", r->pushed,
					      "why", r->why, "pushed_ms", (json_int_t)r->pushed_ms,
					      "failing_since_ms", (json_int_t)r->failing_since_ms,
					      "tried_ms", (json_int_t)r->tried_ms));
	}
	j = json_pack("{s:s, s:o}", "base", status->base, "remotes", remotes);
	if (*status->behind.what)
		json_object_set_new(j, "behind", json_string(status->behind.what));
	if (*status->behind.what)
		json_object_set_new(j, "behind_ms", json_integer(status->behind.at_ms));
	json_canonical(j, &text);
	str_add_char(&text, '\n');
	(void)!file_write_atomic(status_path(a, state_path), str_text(&text));
	json_decref(j);
	str_release(&text);
	arena_free(a);
}
