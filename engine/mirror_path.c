/* mirror_path.c - names of files in the mirror. */
#include <string.h>

#include "engine/mirror_parts.h"

static const struct {
	const char *folder; /* with a slash; of one file: its whole name */
	bool many;
} places[] = {
	[ROWS_INSTANCE] = {"instances/", true},
	[ROWS_RUN] = {"runs/", true},
	[ROWS_RUNNING] = {"running/", true},
	[ROWS_EXECUTION] = {"executions/", true},
	[ROWS_META] = {"shared/meta.json", false},
	[ROWS_OVERRIDES] = {"shared/overrides.json", false},
	[ROWS_RECREATION] = {"shared/recreations.json", false},
	[ROWS_SAMPLES] = {"shared/samples.json", false},
};
_Static_assert(ARRAY_LEN(places) == ROWS_OF_COUNT, "a place for every kind of file");

#define ENDING ".json"

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* A dot at the beginning has a meaning to git, and one at the end to some file systems. */
static void add_name(struct str *out, const char *name)
{
	for (const char *at = name; *at; at++) {
		if (is_plain(*at) || (*at == '.' && at != name && at[1]))
			str_add_char(out, *at);
		else
			str_printf(out, "%%%02X", (unsigned char)*at);
	}
}

const char *mirror_path(struct arena *a, const struct rows_key *key)
{
	struct str path = STR_INIT;
	const char *kept;

	str_add(&path, places[key->of].folder);
	if (key->of == ROWS_INSTANCE) {
		add_name(&path, key->instance.account);
		str_add_char(&path, '/');
		add_name(&path, key->instance.region);
		str_add_char(&path, '/');
		add_name(&path, key->instance.stack);
	} else if (places[key->of].many) {
		add_name(&path, key->name);
	}
	if (places[key->of].many)
		str_add(&path, ENDING);
	kept = arena_strdup(a, str_cstr(&path));
	str_release(&path);
	return kept;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL when add_name has not made it. */
static const char *take_name(struct arena *a, struct text t)
{
	char *name = ARENA_ARRAY(a, t.len + 1, char), *to = name;
	struct str again = STR_INIT;
	bool same;

	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == '%' && i + 2 < t.len && digit(t.ptr[i + 1]) >= 0 &&
		    digit(t.ptr[i + 2]) >= 0) {
			*to++ = (char)(digit(t.ptr[i + 1]) << 4 | digit(t.ptr[i + 2]));
			i += 2;
		} else {
			*to++ = t.ptr[i];
		}
	}
	add_name(&again, name);
	same = t.len && text_eq(str_text(&again), t);
	str_release(&again);
	return same ? name : NULL;
}

static bool take_names(struct arena *a, struct text rest, struct rows_key *out)
{
	struct text_split split = text_split_start(rest);
	const char *names[4] = {NULL};
	struct text part;
	size_t count = 0;

	while (count < ARRAY_LEN(names) && text_next(&split, '/', &part)) {
		names[count] = take_name(a, part);
		if (!names[count++])
			return false;
	}
	if (out->of == ROWS_INSTANCE && count == 3) {
		out->instance = (struct instance_id){
			.stack = names[2], .account = names[0], .region = names[1]};
		return true;
	}
	out->name = names[0];
	return out->of != ROWS_INSTANCE && count == 1;
}

bool mirror_parse_path(struct arena *a, const char *path, struct rows_key *out)
{
	struct text t = text_of(path);

	for (int of = 0; of < ROWS_OF_COUNT; of++) {
		size_t len = strlen(places[of].folder);

		*out = (struct rows_key){.of = (enum rows_of)of};
		if (!places[of].many && strcmp(path, places[of].folder) == 0)
			return true;
		if (places[of].many && strncmp(path, places[of].folder, len) == 0 &&
		    text_ends(t, ENDING))
			return take_names(
				a, (struct text){t.ptr + len, t.len - len - strlen(ENDING)}, out);
	}
	return false;
}
