/* definition_service.c - what a service says: protocol, place, authentication, errors. */
#include <stdlib.h>
#include <string.h>

#include "providers/rest/definition_parts.h"
#include "providers/rest/program.h"

#define STATUS_MIN 100
#define STATUS_MAX 599

static const char *const protocol_words[PROTOCOL_COUNT] = {
	[PROTOCOL_JSON] = "json",         [PROTOCOL_REST_JSON] = "rest-json",
	[PROTOCOL_REST_XML] = "rest-xml", [PROTOCOL_JSON_1_0] = "json-1.0",
	[PROTOCOL_JSON_1_1] = "json-1.1", [PROTOCOL_QUERY] = "query",
	[PROTOCOL_EC2] = "ec2",
};
static const char *const auth_words[] = {
	[AUTH_NONE] = "none",     [AUTH_BASIC] = "basic", [AUTH_BEARER] = "bearer",
	[AUTH_HEADER] = "header", [AUTH_SIGV4] = "sigv4",
};
static const char *const list_words[] = {"flat", "member"};
static const char *const error_words[] = {
	[ERROR_NOT_FOUND] = "NotFound",  [ERROR_EXISTS] = "Exists", [ERROR_CONFLICT] = "Conflict",
	[ERROR_THROTTLED] = "Throttled", [ERROR_RETRY] = "Retry",   [ERROR_DONE] = "Done",
};

const char *protocol_word(enum protocol p)
{
	return protocol_words[p];
}

bool protocol_has_actions(enum protocol p)
{
	return p == PROTOCOL_JSON_1_0 || p == PROTOCOL_JSON_1_1 || p == PROTOCOL_QUERY ||
	       p == PROTOCOL_EC2;
}

static void set_protocol(struct definition_reader *r, const struct definition_key *key,
			 const struct node *value, void *into)
{
	static const struct definition_words words = {protocol_words, ARRAY_LEN(protocol_words)};
	struct service *s = into;
	int index = definition_word(r, key->name, value, &words);

	if (index >= 0)
		s->protocol = (enum protocol)index;
}

static void set_auth(struct definition_reader *r, const struct definition_key *key,
		     const struct node *value, void *into)
{
	static const struct definition_words words = {auth_words, ARRAY_LEN(auth_words)};
	struct service *s = into;
	int index = definition_word(r, key->name, value, &words);

	if (index < 0)
		return;
	s->auth = (enum auth_scheme)index;
	s->auth_given = true;
}

static void set_lists(struct definition_reader *r, const struct definition_key *key,
		      const struct node *value, void *into)
{
	static const struct definition_words words = {list_words, ARRAY_LEN(list_words)};
	struct service *s = into;

	s->lists_member = definition_word(r, key->name, value, &words) == 1;
}

static void set_headers(struct definition_reader *r, const struct definition_key *key,
			const struct node *value, void *into)
{
	struct service *s = into;

	(void)key;
	s->headers = definition_headers(r, value);
}

static void set_endpoint(struct definition_reader *r, const struct definition_key *key,
			 const struct node *value, void *into)
{
	struct service *s = into;
	struct text holes;

	if (program_text_holes(r->a, value->text.ptr, value->where, &holes, r->d) < 0)
		return;
	definition_set_text(r, key, value, into);
	s->endpoint_where = value->where;
}

static const struct definition_key service_rows[] = {
	{"Protocol", FORM_TEXT, set_protocol, 0},
	{"Endpoint", FORM_TEXT, set_endpoint, offsetof(struct service, endpoint)},
	{"Auth", FORM_TEXT, set_auth, 0},
	{"SigningName", FORM_TEXT, definition_set_text, offsetof(struct service, signing_name)},
	{"SigningRegion", FORM_TEXT, definition_set_text, offsetof(struct service, signing_region)},
	{"TargetPrefix", FORM_TEXT, definition_set_text, offsetof(struct service, target_prefix)},
	{"ApiVersion", FORM_TEXT, definition_set_text, offsetof(struct service, api_version)},
	{"Headers", FORM_MAP, set_headers, 0},
	{"ErrorCode", FORM_JQ, definition_set_expression, offsetof(struct service, error_code)},
	{"ErrorMessage", FORM_JQ, definition_set_expression,
	 offsetof(struct service, error_message)},
	{"Lists", FORM_TEXT, set_lists, 0},
};
const struct definition_keys definition_service_keys = {"a service", service_rows,
							ARRAY_LEN(service_rows), NULL, 0};

void definition_set_functions(struct definition_reader *r, const struct definition_key *key,
			      const struct node *value, void *into)
{
	struct text *functions = (struct text *)(void *)((char *)into + key->offset);
	/* In both structs the place follows the text. */
	struct range *where = (struct range *)(void *)(functions + 1);
	struct expression e = definition_expression(value);

	(void)r;
	*functions = e.source;
	*where = e.where;
}

/* --- Errors: {NotFound: [404, 'Invalid*.NotFound']} ------------------------------------ */

struct error_reader {
	struct definition_reader *r;
	struct {
		VEC_OF(struct error_rule)
	} rules;
};

/* 404 is a status, '404' a code. */
static void add_rule(struct error_reader *e, enum error_kind kind, const struct node *n)
{
	struct error_rule rule = {kind, 0, NULL};
	int64_t status;

	if (n->kind != NODE_SCALAR || !n->text.len || node_is_null(n)) {
		definition_wrong_form(e->r, error_words[kind], n, FORM_TEXT);
		return;
	}
	if (n->style != SCALAR_PLAIN || !text_to_int64(n->text, INT64_MIN, INT64_MAX, &status)) {
		rule.code = n->text.ptr;
	} else if (status < STATUS_MIN || status > STATUS_MAX) {
		definition_wrong_value(e->r, error_words[kind], n, NULL,
				       "an HTTP status is a number from 100 to 599; write a code "
				       "of digits in quotes");
		return;
	} else {
		rule.status = (int)status;
	}
	*arena_vec_add(e->r->a, &e->rules) = rule;
}

static void add_rules(struct error_reader *e, enum error_kind kind, const struct node *value)
{
	if (value->kind != NODE_LIST) {
		add_rule(e, kind, value);
		return;
	}
	for (size_t i = 0; i < value->count; i++)
		add_rule(e, kind, value->items[i]);
}

void definition_set_errors(struct definition_reader *r, const struct definition_key *key,
			   const struct node *value, void *into)
{
	static const struct definition_words words = {error_words, ARRAY_LEN(error_words)};
	struct error_rules *out = (struct error_rules *)(void *)((char *)into + key->offset);
	struct error_reader e = {.r = r};

	for (size_t i = 0; i < value->count; i++) {
		int kind = definition_word(r, key->name, value->entries[i].key, &words);

		if (kind >= 0)
			add_rules(&e, (enum error_kind)kind, value->entries[i].value);
	}
	*out = (struct error_rules){e.rules.items, e.rules.count};
}
