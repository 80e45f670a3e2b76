/* mirror_intent.c - what a run is about to make, as it stands in the mirror. */
#include <string.h>

#include "engine/mirror_parts.h"

/* A document in clear view; what is none stays a text. */
static json_t *document(const char *text)
{
	json_t *j = text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;

	return j ? j : json_string(text ? text : "");
}

static json_t *operation_json(const struct operation *op)
{
	const struct record *r = &op->intended;
	json_t *j = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:I}", "operation", op->id,
		"stack", op->addr.instance.stack, "account", op->addr.instance.account, "region",
		op->addr.instance.region, "logical_id", op->addr.logical_id, "deposed", op->deposed,
		"type", r->type, "provider", r->provider, "schema_version", (int)r->schema_version,
		"endpoint", r->endpoint ? r->endpoint : "", "deletion_policy",
		r->deletion_policy ? r->deletion_policy : "", "begun_ms", (json_int_t)op->begun_ms);

	json_object_set_new(j, "inputs", document(r->inputs));
	json_object_set_new(j, "sensitive", document(r->sensitive));
	json_object_set_new(j, "depends_on", document(r->depends_on));
	json_object_set_new(j, "unknown", document(op->message));
	return j;
}

json_t *mirror_intentions_json(const struct operation *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, operation_json(&items[i]));
	return list;
}

static const char *text_at(const json_t *j, const char *key, struct arena *a)
{
	const char *text = json_str(j, key, NULL);

	return text ? arena_strdup(a, text) : NULL;
}

static const char *document_at(const json_t *j, const char *key, json_type type, struct arena *a)
{
	const json_t *found = json_object_get(j, key);

	return found && json_typeof(found) == type ? json_text(a, found) : NULL;
}

bool mirror_take_intention(const json_t *j, const char *run, struct arena *a, struct operation *out)
{
	struct record *r = &out->intended;

	*out = (struct operation){.run = run, .action = OPERATION_CREATE};
	out->id = text_at(j, "operation", a);
	out->addr.instance.stack = text_at(j, "stack", a);
	out->addr.instance.account = text_at(j, "account", a);
	out->addr.instance.region = text_at(j, "region", a);
	out->addr.logical_id = text_at(j, "logical_id", a);
	out->deposed = text_at(j, "deposed", a);
	out->begun_ms = json_int(j, "begun_ms", 0);
	out->desired_digest = out->token = "";
	out->message = document_at(j, "unknown", JSON_ARRAY, a);
	r->addr = out->addr;
	r->deposed = "";
	r->id = "";
	r->outputs = "{}";
	r->type = text_at(j, "type", a);
	r->provider = text_at(j, "provider", a);
	r->endpoint = text_at(j, "endpoint", a);
	r->deletion_policy = text_at(j, "deletion_policy", a);
	r->schema_version = (uint32_t)json_int(j, "schema_version", 0);
	r->inputs = document_at(j, "inputs", JSON_OBJECT, a);
	r->sensitive = document_at(j, "sensitive", JSON_ARRAY, a);
	r->depends_on = document_at(j, "depends_on", JSON_ARRAY, a);
	r->created_ms = r->updated_ms = out->begun_ms;
	return out->id && out->addr.instance.stack && out->addr.instance.account &&
	       out->addr.instance.region && out->addr.logical_id && out->deposed && out->message &&
	       r->type && r->provider && r->endpoint && r->deletion_policy && r->inputs &&
	       r->sensitive && r->depends_on;
}
