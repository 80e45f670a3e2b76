/* version_json.c - versions as they are recorded and shown. */
#include "engine/version.h"

#include <string.h>

#include "vcs/vcs.h"

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

static json_t *author_json(const struct version *v)
{
	json_t *author = json_object();

	set_text(author, "name", v->author_name);
	set_text(author, "email", v->author_email);
	json_object_set_new(author, "at_ms", json_integer(v->author_ms));
	return author;
}

static json_t *files_json(const struct version *v)
{
	json_t *files = json_array();

	for (size_t i = 0; i < v->file_count; i++) {
		json_t *file = json_object();

		set_text(file, "path", v->files[i].path);
		set_text(file, "digest", v->files[i].digest);
		if (v->files[i].added)
			json_object_set_new(file, "added", json_true());
		json_array_append_new(files, file);
	}
	return files;
}

json_t *version_json(const struct version *v)
{
	json_t *j = json_object();

	set_text(j, "nowhere", v->nowhere);
	if (!v->commit)
		return j;
	set_text(j, "commit", v->commit);
	set_text(j, "branch", v->branch);
	set_text(j, "tag", v->tag);
	set_text(j, "remote", v->remote);
	set_text(j, "subject", v->subject);
	set_text(j, "ref", v->ref);
	json_object_set_new(j, "author", author_json(v));
	json_object_set_new(j, "dirty", json_boolean(v->dirty));
	json_object_set_new(j, "files", files_json(v));
	return j;
}

static const char *kept(struct arena *a, const json_t *j, const char *key)
{
	const char *text = json_str(j, key, NULL);

	return text ? arena_strdup(a, text) : NULL;
}

static void parse_files(struct arena *a, const json_t *list, struct version *out)
{
	struct version_file *files = ARENA_ARRAY(a, json_array_size(list), struct version_file);
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		files[i].path = kept(a, one, "path");
		files[i].digest = kept(a, one, "digest");
		files[i].added = json_flag(one, "added", false);
		if (files[i].path)
			out->file_count = i + 1;
	}
	out->files = files;
}

static void parse_commit(struct arena *a, const json_t *j, struct version *out)
{
	const json_t *author = json_object_get(j, "author");

	out->commit = kept(a, j, "commit");
	out->branch = kept(a, j, "branch");
	out->tag = kept(a, j, "tag");
	out->remote = kept(a, j, "remote");
	out->subject = kept(a, j, "subject");
	out->ref = kept(a, j, "ref");
	out->author_name = kept(a, author, "name");
	out->author_email = kept(a, author, "email");
	out->author_ms = json_int(author, "at_ms", 0);
	out->dirty = json_flag(j, "dirty", false);
	parse_files(a, json_object_get(j, "files"), out);
}

const struct version *version_parse(struct arena *a, const char *text)
{
	json_t *j = *text ? json_parse(text_of(text), a, NULL) : NULL;
	struct version *v = NULL;

	if (json_is_object(j)) {
		v = ARENA_NEW(a, struct version);
		v->nowhere = kept(a, j, "nowhere");
		parse_commit(a, j, v);
		if (!v->commit && !v->nowhere)
			v = NULL;
	}
	json_decref(j);
	return v;
}

const char *version_short_id(struct arena *a, const struct version *v)
{
	return v && v->commit ? arena_strndup(a, v->commit, VCS_SHORT_ID_LEN) : "-";
}

const char *version_text(struct arena *a, const struct version *v)
{
	const char *name = "", *differ = "";

	if (!v->commit)
		return v->nowhere;
	if (v->ref)
		name = arena_printf(a, " (%s)", v->ref);
	else if (v->branch)
		name = arena_printf(a, " (%s)", v->branch);
	else if (v->tag)
		name = arena_printf(a, " (tag %s)", v->tag);
	if (v->file_count)
		differ = arena_printf(a, ", %zu used %s", v->file_count,
				      v->file_count == 1 ? "file differs" : "files differ");
	return arena_printf(a, "%s%s%s", version_short_id(a, v), name, differ);
}
