/*
 * notes.c - a whole provider in one file: Notes::Note keeps a text in a file of the folder
 * that the manifest names.  The plugin contract's own test, and an example to start from:
 *
 *	cc -shared -fPIC -I. -o notes.so tests/plugin/notes.c $(pkg-config --libs jansson)
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "providers/api/provider.h"

#define PATH_LEN 1024

static const char schema[] =
	"{\"types\": {\"Notes::Note\": {\"version\": 1, \"properties\": {"
	"\"Name\": {\"type\": \"string\", \"pattern\": \"^[a-z]+$\"},"
	"\"Text\": {\"type\": \"string\"}, \"Length\": {\"type\": \"integer\"}},"
	"\"required\": [\"Name\", \"Text\"], \"createOnlyProperties\": [\"/properties/Name\"],"
	"\"readOnlyProperties\": [\"/properties/Length\"],"
	"\"primaryIdentifier\": [\"/properties/Name\"], \"ref\": \"/properties/Name\"}}}";

struct hd_session {
	const struct hd_host *host;
	char folder[PATH_LEN / 2];
};

static struct hd_span span(const char *s)
{
	return (struct hd_span){s, strlen(s)};
}

static int notes_open(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		      struct hd_session **out)
{
	json_t *j = json_loadb(config.ptr, config.len, 0, NULL);
	const char *folder = json_string_value(json_object_get(j, "Folder"));
	struct hd_message m = {.size = sizeof(m),
			       .severity = HD_ERROR,
			       .code = span("NOTES1"),
			       .summary = span("the provider entry has no Folder"),
			       .hint = span("name the folder that notes are kept in")};

	if (!folder) {
		host->diagnose(op, &m);
		json_decref(j);
		return HD_FATAL;
	}
	*out = calloc(1, sizeof(**out));
	(*out)->host = host;
	snprintf((*out)->folder, sizeof((*out)->folder), "%s", folder);
	json_decref(j);
	return HD_OK;
}

static void notes_close(struct hd_session *s)
{
	free(s);
}

static void path_of(const struct hd_session *s, const json_t *note, char *path)
{
	const char *name = json_string_value(json_object_get(note, "Name"));

	snprintf(path, PATH_LEN, "%s/%s.note", s->folder, name ? name : "");
}

static void hand_over(struct hd_session *s, struct hd_op *op, json_t *note)
{
	const char *text = json_string_value(json_object_get(note, "Text"));
	char *dump;

	json_object_set_new(note, "Length", json_integer((json_int_t)strlen(text)));
	dump = json_dumps(note, JSON_COMPACT);
	s->host->set_id(op, span(json_string_value(json_object_get(note, "Name"))));
	s->host->set_state(op, span(dump));
	free(dump);
}

static int notes_write(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	json_t *note = json_loadb(r->desired.ptr, r->desired.len, 0, NULL);
	char path[PATH_LEN];
	FILE *f;

	path_of(s, note, path);
	f = fopen(path, "w");
	if (f) {
		fputs(json_string_value(json_object_get(note, "Text")), f);
		fclose(f);
		hand_over(s, op, note);
		s->host->set_effect(op, HD_EFFECT_DONE);
	}
	json_decref(note);
	return f ? HD_OK : HD_FATAL;
}

static int notes_read(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	json_t *note = json_loadb(r->recorded.ptr, r->recorded.len, 0, NULL);
	char path[PATH_LEN], text[PATH_LEN] = "";
	FILE *f;

	path_of(s, note, path);
	f = fopen(path, "r");
	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
		json_object_set_new(note, "Text", json_string(text));
		hand_over(s, op, note);
	}
	json_decref(note);
	return f ? HD_OK : HD_NOTFOUND;
}

static int notes_remove(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	json_t *note = json_loadb(r->recorded.ptr, r->recorded.len, 0, NULL);
	char path[PATH_LEN];
	int rc;

	path_of(s, note, path);
	rc = unlink(path);
	json_decref(note);
	s->host->set_effect(op, rc ? HD_EFFECT_NONE : HD_EFFECT_DONE);
	return rc ? HD_NOTFOUND : HD_OK;
}

static int notes_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		      struct hd_span token)
{
	(void)s;
	(void)op;
	(void)r;
	(void)token;
	return HD_FATAL;
}

static void log_lookup(const struct hd_session *s, struct hd_span what, const char *name)
{
	char path[PATH_LEN];
	FILE *f;

	snprintf(path, PATH_LEN, "%s.lookups", s->folder);
	f = fopen(path, "a");
	if (!f)
		return;
	fprintf(f, "%.*s %s\n", (int)what.len, what.ptr, name);
	fclose(f);
}

/* The value of ssm:/db/host is the file "FOLDER.values/_db_host". */
static int notes_lookup(struct hd_session *s, struct hd_op *op, struct hd_span what,
			struct hd_span args)
{
	json_t *j = json_loadb(args.ptr, args.len, 0, NULL), *value;
	const char *name = json_string_value(json_object_get(j, "Name"));
	char path[PATH_LEN], text[PATH_LEN], *dump;
	FILE *f;

	log_lookup(s, what, name);
	snprintf(path, PATH_LEN, "%s.values/%s", s->folder, name);
	for (char *c = path + strlen(s->folder) + sizeof(".values"); *c; c++)
		*c = *c == '/' ? '_' : *c;
	f = fopen(path, "r");
	json_decref(j);
	if (!f)
		return HD_NOTFOUND;
	value = json_stringn(text, fread(text, 1, sizeof(text), f));
	fclose(f);
	dump = json_dumps(value, JSON_ENCODE_ANY);
	s->host->set_result(op, span(dump));
	free(dump);
	json_decref(value);
	return HD_OK;
}

const struct hd_provider *hadeploy_provider(void)
{
	static const struct hd_provider table = {
		.abi = HD_ABI,
		.size = sizeof(table),
		.name = "notes",
		.version = "1",
		.schema = {schema, sizeof(schema) - 1},
		.open = notes_open,
		.close = notes_close,
		.read = notes_read,
		.create = notes_write,
		.update = notes_write,
		.remove = notes_remove,
		.poll = notes_poll,
		.lookup = notes_lookup,
	};

	return &table;
}
