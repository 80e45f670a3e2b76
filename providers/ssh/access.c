#include "providers/ssh/access.h"

#include <stdio.h>
#include <string.h>

#include "providers/kit/sh.h"
#include "providers/kit/span.h"

/* Longer than any system allows. */
#define PATH_MAX_LEN 4096

/* A thing has one name only, or two resources could be the same file unnoticed. */
static bool is_plain(const char *path)
{
	size_t len = strlen(path);

	return !strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../") &&
	       (len == 1 || path[len - 1] != '/') && !text_ends(text_of(path), "/.") &&
	       !text_ends(text_of(path), "/..");
}

static int read_path(struct ask *a, const json_t *object, const char **out)
{
	const char *path = ask_text(a, object, "Path");
	size_t len = path ? strlen(path) : 0;

	if (!path)
		return ask_bad_property(a, "/Path", "it is missing");
	if (path[0] != '/' || len > PATH_MAX_LEN || !sh_one_line(text_of(path)))
		return ask_bad_property(a, "/Path", "'%s' is no absolute path of one line", path);
	if (!is_plain(path))
		return ask_bad_property(a, "/Path",
					"'%s' has '//', '.', '..' or a slash at its end", path);
	if (len == 1 || path[len - 1] == '/')
		return ask_bad_property(a, "/Path", "'%s' ends with a slash", path);
	*out = path;
	return 0;
}

static bool parse_octal(const char *text, unsigned *out)
{
	unsigned value = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '7')
			return false;
		value = value * 8 + (unsigned)(text[i] - '0');
	}
	*out = value;
	return value <= 07777;
}

static int read_name(struct ask *a, const json_t *object, const char *pointer, const char **out)
{
	const char *name = ask_text(a, object, pointer + 1);

	if (name && (*name == '\0' || *name == '-' || strpbrk(name, " :|\t\n/")))
		return ask_bad_property(a, pointer, "'%s' is no name or number of one", name);
	*out = name;
	return 0;
}

int access_read(struct ask *a, const json_t *object, unsigned default_mode, struct access *out)
{
	*out = (struct access){.mode = default_mode};
	if (read_path(a, object, &out->path) < 0)
		return -1;
	out->mode_text = ask_text(a, object, "Mode");
	if (out->mode_text && !parse_octal(out->mode_text, &out->mode))
		return ask_bad_property(a, "/Mode", "'%s' is no octal mode such as '0644'",
					out->mode_text);
	if (read_name(a, object, "/Owner", &out->owner) < 0)
		return -1;
	return read_name(a, object, "/Group", &out->group);
}

void access_add_chown(struct str *script, const struct access *x, const char *variable)
{
	char spec[512];

	if (!x->owner && !x->group)
		return;
	snprintf(spec, sizeof(spec), "%s%s%s", x->owner ? x->owner : "", x->group ? ":" : "",
		 x->group ? x->group : "");
	str_add(script, "chown ");
	sh_quote(script, text_of(spec));
	str_printf(script, " \"$%s\"&&", variable);
}

bool stat_parse(struct text line, struct stat_line *out)
{
	struct text_split split = text_split_start(text_trim(line));
	struct text size;

	return text_next(&split, '|', &out->kind) && text_next(&split, '|', &out->mode) &&
	       text_next(&split, '|', &out->owner) && text_next(&split, '|', &out->group) &&
	       text_next(&split, '|', &out->uid) && text_next(&split, '|', &out->gid) &&
	       text_next(&split, '|', &size) && text_to_int64(size, 0, INT64_MAX, &out->size);
}

bool stat_says_absent(struct text output)
{
	static const char *const words[] = {"No such file or directory", "Not a directory"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (output.len > 0 && memmem(output.ptr, output.len, words[i], strlen(words[i])))
			return true;
	}
	return false;
}

static bool all_digits(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static void put_name(json_t *state, const char *key, const char *declared, struct text name,
		     struct text number)
{
	struct text shown = declared && all_digits(declared) ? number : name;

	if (declared)
		json_object_set_new(state, key, json_stringn(shown.ptr, shown.len));
}

static void put_mode(json_t *state, const struct access *declared, unsigned mode)
{
	char text[16];

	snprintf(text, sizeof(text), "%04o", mode);
	if (declared->mode_text && declared->mode == mode)
		json_object_set_new(state, "Mode", json_string(declared->mode_text));
	else
		json_object_set_new(state, "Mode", json_string(text));
}

static void put_place(const struct ask *a, json_t *state, const struct access *declared)
{

	json_object_set_new(state, "Host", json_string(a->host_name));
	json_object_set_new(state, "Path", json_string(declared->path));
}

void access_put(const struct ask *a, json_t *state, const struct access *declared,
		const struct stat_line *seen)
{
	char octal[8];
	unsigned mode = 0;

	put_place(a, state, declared);
	snprintf(octal, sizeof(octal), "%.*s", TEXT_ARG(seen->mode));
	parse_octal(octal, &mode);
	put_mode(state, declared, mode);
	put_name(state, "Owner", declared->owner, seen->owner, seen->uid);
	put_name(state, "Group", declared->group, seen->group, seen->gid);
}

void access_put_set(const struct ask *a, json_t *state, const struct access *set)
{
	put_place(a, state, set);
	put_mode(state, set, set->mode);
	if (set->owner)
		json_object_set_new(state, "Owner", json_string(set->owner));
	if (set->group)
		json_object_set_new(state, "Group", json_string(set->group));
}

void access_plan(struct ask *a, const struct access *desired)
{
	const char *recorded = ask_text(a, a->recorded, "Mode");
	const char *text = desired->mode_text;
	unsigned mode;

	if (recorded && text && strcmp(recorded, text) != 0 && parse_octal(recorded, &mode) &&
	    mode == desired->mode)
		a->call.host->plan_same(a->call.op, span_of("/Mode"));
}
