/* definition_step.c - operations, their steps, and actions. */
#include <string.h>

#include "base/limits.h"
#include "providers/rest/definition_parts.h"

#define EVERY_DEFAULT_MS 5000
#define EVERY_MAX_MS ((int64_t)3600 * 1000)

static const char *const operation_words[OPERATION_KIND_COUNT] = {
	[OPERATION_CREATE] = "Create",
	[OPERATION_READ] = "Read",
	[OPERATION_UPDATE] = "Update",
	[OPERATION_DELETE] = "Delete",
	[OPERATION_FIND_BY_KEY] = "FindByKey",
	[OPERATION_FIND_BY_NAME] = "FindByName",
	[OPERATION_LIST] = "List",
};

const char *operation_word(enum operation_kind kind)
{
	return operation_words[kind];
}

/* --- steps ------------------------------------------------------------------------------- */

struct reading_step {
	struct step step;
	bool reads_given;
	struct request_parts parts;
};

static void set_name(struct definition_reader *r, const struct definition_key *key,
		     const struct node *value, void *into)
{
	struct reading_step *s = into;
	struct text name = value->text;
	bool ok = name.ptr[0] < '0' || name.ptr[0] > '9';

	for (size_t i = 0; i < name.len; i++)
		ok = ok && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
				  name.ptr[i]);
	if (ok)
		s->step.name = name.ptr;
	else
		definition_wrong_value(r, key->name, value, NULL,
				       "a name is made of letters, digits and '_', and begins with "
				       "no digit: its answer is $steps.NAME");
}

static void set_method(struct definition_reader *r, const struct definition_key *key,
		       const struct node *value, void *into)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
	static const struct definition_words words = {methods, ARRAY_LEN(methods)};
	struct reading_step *s = into;

	if (definition_word(r, key->name, value, &words) >= 0)
		s->step.method = value->text.ptr;
}

static void set_send(struct definition_reader *r, const struct definition_key *key,
		     const struct node *value, void *into)
{
	static const char *const forms[] = {"json", "form", "text", "xml", "none"};
	static const struct definition_words words = {forms, ARRAY_LEN(forms)};
	struct reading_step *s = into;
	int index = definition_word(r, key->name, value, &words);

	if (index >= 0)
		s->step.send = (enum send_form)(SEND_JSON + index);
}

static void set_reads(struct definition_reader *r, const struct definition_key *key,
		      const struct node *value, void *into)
{
	struct reading_step *s = into;

	(void)r;
	(void)key;
	s->step.reads = text_is(value->text, "true");
	s->reads_given = true;
}

static void set_effect(struct definition_reader *r, const struct definition_key *key,
		       const struct node *value, void *into)
{
	static const char *const effects[] = {"none"};
	static const struct definition_words words = {effects, ARRAY_LEN(effects)};
	struct reading_step *s = into;

	s->step.effect_none = definition_word(r, key->name, value, &words) == 0;
}

static void set_every(struct definition_reader *r, const struct definition_key *key,
		      const struct node *value, void *into)
{
	struct reading_step *s = into;
	int64_t ms;

	if (text_to_duration_ms(value->text, &ms) && ms > 0 && ms <= EVERY_MAX_MS)
		s->step.every_ms = ms;
	else
		definition_wrong_value(r, key->name, value, NULL,
				       "it is a time from 1ms to 1h, such as 5s");
}

static const struct definition_key page_rows[] = {
	{"Next", FORM_JQ, definition_set_expression, offsetof(struct page_rule, next)},
	{"Items", FORM_JQ, definition_set_expression, offsetof(struct page_rule, items)},
};
static const struct definition_keys page_keys = {"'Pages'", page_rows, ARRAY_LEN(page_rows), NULL,
						 0};

static void set_pages(struct definition_reader *r, const struct definition_key *key,
		      const struct node *value, void *into)
{
	struct reading_step *s = into;
	struct page_rule *pages = &s->step.pages;

	(void)key;
	definition_read_map(r, &page_keys, value, pages);
	pages->given = true;
	for (size_t i = 0; i < page_keys.count; i++) {
		if (node_find(value, page_rows[i].name))
			continue;
		diag_hint(r->d,
			  diag_add(r->d, DIAG_DEFINITION_MISSING, value->where,
				   "'Pages' of %s has no '%s'", r->who, page_rows[i].name),
			  "Next gives what the request of the next page has more, null at the "
			  "end; Items the list in one page");
	}
}

static void set_part(struct definition_reader *r, const struct definition_key *key,
		     const struct node *value, void *into)
{
	const struct node **part = (const struct node **)(void *)((char *)into + key->offset);

	(void)r;
	*part = value;
}

#define STEP(member) offsetof(struct reading_step, step.member)
#define PART(member) offsetof(struct reading_step, parts.member)

static const struct definition_key step_rows[] = {
	{"Name", FORM_TEXT, set_name, 0},
	{"When", FORM_JQ, definition_set_expression, STEP(when)},
	{"ForEach", FORM_JQ, definition_set_expression, STEP(for_each)},
	{"Method", FORM_TEXT, set_method, 0},
	{"Path", FORM_TEXT, set_part, PART(path)},
	{"Query", FORM_MAP, set_part, PART(query)},
	{"Headers", FORM_MAP, set_part, PART(headers)},
	{"Action", FORM_TEXT, definition_set_text, STEP(action)},
	{"Body", FORM_JQ, set_part, PART(body)},
	{"Send", FORM_TEXT, set_send, 0},
	{"Reads", FORM_FLAG, set_reads, 0},
	{"Id", FORM_JQ, definition_set_expression, STEP(id)},
	{"Keep", FORM_JQ, definition_set_expression, STEP(keep)},
	{"Until", FORM_JQ, definition_set_expression, STEP(until)},
	{"Every", FORM_TEXT, set_every, 0},
	{"Failed", FORM_JQ, definition_set_expression, STEP(failed)},
	{"Pages", FORM_MAP, set_pages, 0},
	{"Errors", FORM_MAP, definition_set_errors, STEP(errors)},
	{"Effect", FORM_TEXT, set_effect, 0},
};
static const struct definition_keys step_keys = {"a step", step_rows, ARRAY_LEN(step_rows), NULL,
						 0};

static bool action_reads(const char *action)
{
	struct text t = text_of(action);

	return text_starts(t, "Describe") || text_starts(t, "Get") || text_starts(t, "List");
}

/* Keys that belong together; what depends on the protocol is definition_check's. */
static void complete_step(struct definition_reader *r, const struct definition *t,
			  const struct node *map, struct reading_step *s)
{
	const struct node *every = node_find(map, "Every");

	if (!s->step.method)
		s->step.method = protocol_has_actions(t->service.protocol) ? "POST" : "GET";
	if (!s->reads_given)
		s->step.reads = s->step.action ? action_reads(s->step.action)
					       : strcmp(s->step.method, "GET") == 0 ||
							 strcmp(s->step.method, "HEAD") == 0;
	if (every && !s->step.until.source.ptr)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_DEFINITION_KEYS, every->where,
				   "'Every' of %s has no 'Until' beside it", r->who),
			  "Until says what is waited for; Every how often it is asked");
}

static void read_step(struct definition_reader *r, const struct definition *t, const struct node *n,
		      struct step *out)
{
	struct reading_step s = {.step = *out};

	if (n->kind != NODE_MAP) {
		diag_hint(r->d,
			  diag_add(r->d, DIAG_DEFINITION_FORM, n->where,
				   "a step of %s is a map, and this is %s", r->who,
				   node_describe(n)),
			  "a step is one request: {Method: POST, Path: /things}");
		return;
	}
	s.step.every_ms = EVERY_DEFAULT_MS;
	definition_read_map(r, &step_keys, n, &s);
	complete_step(r, t, n, &s);
	s.step.request = definition_request(r, &s.parts, n->where);
	s.step.path = s.parts.path ? s.parts.path->text.ptr : NULL;
	*out = s.step;
}

static void read_steps(struct definition_reader *r, const struct definition *t,
		       const struct node *list, struct operation *out)
{
	struct step *steps = ARENA_ARRAY(r->a, list->count, struct step);

	for (size_t i = 0; i < list->count && r->d->error_count < LIMIT_DIAGS; i++) {
		steps[i].name = arena_printf(r->a, "%zu", i + 1);
		steps[i].where = list->items[i]->where;
		read_step(r, t, list->items[i], &steps[i]);
	}
	out->steps = steps;
	out->step_count = list->count;
}

/* --- operations ----------------------------------------------------------------------------- */

static const struct definition_key operation_rows[] = {
	{"Steps", FORM_LIST, NULL, 0},
	{"State", FORM_JQ, definition_set_expression, offsetof(struct operation, state)},
	{"Items", FORM_JQ, definition_set_expression, offsetof(struct operation, items)},
	{"Result", FORM_JQ, definition_set_expression, offsetof(struct operation, result)},
};
static const struct definition_keys operation_keys = {"an operation", operation_rows,
						      ARRAY_LEN(operation_rows), NULL, 0};

static void read_operation(struct definition_reader *r, const struct definition *t,
			   const struct node *n, struct operation *out)
{
	const struct node *steps = n;

	out->given = true;
	out->where = n->where;
	if (n->kind == NODE_MAP) {
		definition_read_map(r, &operation_keys, n, out);
		steps = node_find(n, "Steps");
	}
	if (!steps)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_DEFINITION_MISSING, n->where, "%s has no 'Steps'",
				   r->who),
			  "Steps is the list of its requests; [] when there are none");
	else if (steps->kind == NODE_LIST)
		read_steps(r, t, steps, out);
	else if (steps == n)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_DEFINITION_FORM, n->where,
				   "%s is a list of steps, and this is %s", r->who,
				   node_describe(n)),
			  "a step is one request: [{Method: POST, Path: /things}]");
}

void definition_set_operation(struct definition_reader *r, const struct definition_key *key,
			      const struct node *value, void *into)
{
	struct operation *out = (struct operation *)(void *)((char *)into + key->offset);
	const char *outer = r->who;

	r->who = arena_printf(r->a, "'%s' of %s", key->name, outer);
	read_operation(r, into, value, out);
	r->who = outer;
}

void definition_set_actions(struct definition_reader *r, const struct definition_key *key,
			    const struct node *value, void *into)
{
	struct action *actions = ARENA_ARRAY(r->a, value->count, struct action);
	struct definition *t = into;
	const char *outer = r->who;

	(void)key;
	for (size_t i = 0; i < value->count; i++) {
		actions[i].name = value->entries[i].key->text.ptr;
		r->who = arena_printf(r->a, "action '%s' of %s", actions[i].name, outer);
		read_operation(r, t, value->entries[i].value, &actions[i].operation);
	}
	r->who = outer;
	t->actions = actions;
	t->action_count = value->count;
}

const struct action *definition_action(const struct definition *t, struct text name)
{
	for (size_t i = 0; i < t->action_count; i++) {
		if (text_is(name, t->actions[i].name))
			return &t->actions[i];
	}
	return NULL;
}
