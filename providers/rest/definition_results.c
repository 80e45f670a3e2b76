/* definition_results.c - the names in the Result of an action, read from its program. */
#include "base/json.h"
#include "providers/rest/definition_parts.h"
#include "providers/rest/jq_scan.h"

struct reading {
	struct jq_scan scan;
	struct jq_token at;
};

static bool next_is(struct reading *r, char sign)
{
	return r->at.kind == JQ_TOKEN_SIGN && r->at.text.ptr[0] == sign;
}

static void advance(struct reading *r)
{
	r->at = jq_scan_next(&r->scan);
}

static bool ends(const struct reading *r)
{
	return r->at.kind == JQ_TOKEN_END || r->at.kind == JQ_TOKEN_DEEP;
}

/* To the comma or brace behind a value. */
static void skip_value(struct reading *r)
{
	size_t depth = 0;

	for (; !ends(r); advance(r)) {
		if (!depth && (next_is(r, ',') || next_is(r, '}')))
			return;
		if (next_is(r, '{') || next_is(r, '[') || next_is(r, '('))
			depth++;
		else if (next_is(r, '}') || next_is(r, ']') || next_is(r, ')'))
			depth--;
	}
}

/* `Name: value`, or `Name` alone. */
static bool read_member(struct reading *r, json_t *names)
{
	if (r->at.kind != JQ_TOKEN_WORD)
		return false;
	json_array_append_new(names, json_stringn(r->at.text.ptr, r->at.text.len));
	advance(r);
	if (next_is(r, ':')) {
		advance(r);
		skip_value(r);
	}
	return next_is(r, ',') || next_is(r, '}');
}

json_t *definition_result_names(const struct expression *result)
{
	json_t *names = json_array();
	struct reading r;
	bool plain;

	jq_scan_start(&r.scan, result->source);
	advance(&r);
	plain = result->source.ptr && next_is(&r, '{');
	if (plain)
		advance(&r);
	while (plain && !next_is(&r, '}')) {
		plain = read_member(&r, names);
		if (plain && next_is(&r, ','))
			advance(&r);
	}
	if (plain)
		advance(&r);
	if (plain && r.at.kind == JQ_TOKEN_END)
		return names;
	json_decref(names);
	return NULL;
}

void definition_tell_actions(const struct definition *t, json_t *schema)
{
	json_t *names = json_array(), *results = json_object();

	for (size_t i = 0; i < t->action_count; i++) {
		const struct action *action = &t->actions[i];
		json_t *list = definition_result_names(&action->operation.result);

		json_array_append_new(names, json_string(action->name));
		if (list)
			json_object_set_new(results, action->name, list);
	}
	json_object_set_new(schema, "actions", names);
	if (json_object_size(results))
		json_object_set(schema, "actionResults", results);
	json_decref(results);
}
