/* definition_check.c - what the shape of a definition alone does not tell. */
#include <string.h>

#include "providers/rest/definition_parts.h"
#include "providers/rest/program.h"
#include "providers/rest/program_lines.h"

struct checker {
	const struct definition *t;
	const char *who; /* "'Create' of type 'X'" */
	struct arena *a;
	struct diags *d;
};

/* --- words that no program may use ---------------------------------------------------------- */

/* The line of the file that the text before `end` ends in; program_mark may have spoken. */
static uint32_t line_of(struct text source, struct range where, const char *end)
{
	struct text_split split = text_split_start(source);
	uint32_t number = where.start.line;
	struct text line;

	while (text_next(&split, '\n', &line) && line.ptr + line.len < end) {
		struct text mark = {line.ptr + sizeof(PROGRAM_MARK) - 1,
				    line.len - (sizeof(PROGRAM_MARK) - 1)};
		int64_t marked;

		number++;
		if (text_starts(line, PROGRAM_MARK) && text_to_int64(mark, 1, UINT32_MAX, &marked))
			number = (uint32_t)marked;
	}
	return number;
}

static struct range place_of_word(struct text source, struct range where, struct text word)
{
	struct range at = where;
	const char *found;
	struct text line;

	if (!where.src)
		return where;
	at.start = (struct pos){line_of(source, where, word.ptr), 1};
	line = source_line(where.src, at.start.line);
	found = line.len ? memmem(line.ptr, line.len, word.ptr, word.len) : NULL;
	for (const char *c = line.ptr; found && c < found; c++)
		at.start.column += ((unsigned char)*c & 0xc0) != 0x80;
	at.end = (struct pos){at.start.line, at.start.column + (uint32_t)word.len};
	return at;
}

static void check_words(struct checker *c, struct text source, struct range where)
{
	struct text word;
	struct diag *g;

	if (!source.ptr || !jq_forbidden(source, &word))
		return;
	g = diag_add(c->d, DIAG_DEFINITION_WORD, place_of_word(source, where, word),
		     "a program of %s uses '%.*s'", c->who, TEXT_ARG(word));
	diag_detail(c->d, g,
		    "programs know what they are given and nothing of the machine they "
		    "run on: no environment, files, modules or input");
	diag_hint(c->d, g,
		  "what a program may need is in its variables: docs/writing-types.md; "
		  "$settings has the Settings of the provider's entry");
}

static void check_expression(struct checker *c, const struct expression *e)
{
	check_words(c, e->source, e->where);
}

/* --- steps ------------------------------------------------------------------------------------ */

static void refuse_keys(struct checker *c, const struct step *s, const char *what, const char *hint)
{
	struct diag *g =
		diag_add(c->d, DIAG_DEFINITION_KEYS, s->where, "a step of %s has %s", c->who, what);

	diag_detail(c->d, g, "the protocol is %s", protocol_word(c->t->service.protocol));
	diag_hint(c->d, g, "%s", hint);
}

static void check_target(struct checker *c, const struct step *s)
{
	bool actions = protocol_has_actions(c->t->service.protocol);

	if (actions && s->path)
		refuse_keys(c, s, "a Path",
			    "this protocol has one address and Actions: write "
			    "Action: NAME, and its parameters as Body");
	else if (actions && !s->action)
		refuse_keys(c, s, "no Action", "write Action: NAME, such as Action: DescribeVpcs");
	else if (!actions && s->action)
		refuse_keys(c, s, "an Action",
			    "this protocol has a Method and a Path; json-1.0, "
			    "json-1.1, query and ec2 have Actions");
	else if (!actions && !s->path)
		refuse_keys(c, s, "no Path", "write Path: /things, and Method when it is not GET");
}

static bool is_of_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* The first "$steps.NAME" from *at on, whose NAME it gives; *at is moved behind it. */
static bool next_answer(struct text source, size_t *at, struct text *name)
{
	static const char head[] = "$steps.";
	const char *found;

	if (*at >= source.len)
		return false;
	found = memmem(source.ptr + *at, source.len - *at, head, sizeof(head) - 1);
	if (!found)
		return false;
	*name = (struct text){found + sizeof(head) - 1, 0};
	while (name->ptr + name->len < source.ptr + source.len && is_of_name(name->ptr[name->len]))
		name->len++;
	*at = (size_t)(name->ptr + name->len - source.ptr);
	return true;
}

static void check_answers(struct checker *c, const struct operation *o, const struct expression *e)
{
	const char **names = ARENA_ARRAY(c->a, o->step_count + 1, const char *);
	struct text name;
	size_t at = 0;

	for (size_t i = 0; i < o->step_count; i++)
		names[i] = o->steps[i].name;
	while (e->source.ptr && next_answer(e->source, &at, &name)) {
		struct diag *g;
		bool known = !name.len;

		for (size_t i = 0; i < o->step_count; i++)
			known |= text_is(name, names[i]);
		if (known)
			continue;
		g = diag_add(c->d, DIAG_DEFINITION_KEYS, place_of_word(e->source, e->where, name),
			     "'$steps.%.*s' is the answer of no step of %s", TEXT_ARG(name),
			     c->who);
		diag_did_you_mean(c->d, g, name, names, o->step_count);
		if (!g->hint)
			diag_hint(c->d, g,
				  "give a step the key Name: its answer is $steps.NAME for all "
				  "that follows");
	}
}

static void check_step(struct checker *c, const struct operation *o, const struct step *s)
{
	const struct expression *const all[] = {&s->when,   &s->for_each,   &s->request,
						&s->id,     &s->keep,       &s->until,
						&s->failed, &s->pages.next, &s->pages.items};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		check_expression(c, all[i]);
		check_answers(c, o, all[i]);
	}
	check_target(c, s);
}

static void check_step_names(struct checker *c, const struct operation *o)
{
	for (size_t i = 0; i < o->step_count; i++) {
		for (size_t k = 0; k < i; k++) {
			struct diag *g;

			if (strcmp(o->steps[i].name, o->steps[k].name) != 0)
				continue;
			g = diag_add(c->d, DIAG_DEFINITION_TWICE, o->steps[i].where,
				     "%s has two steps of the name '%s'", c->who, o->steps[i].name);
			diag_detail(c->d, g, "the other one begins in line %u",
				    (unsigned)o->steps[k].where.start.line);
			diag_related(c->d, g, o->steps[k].where, "the other one");
			diag_hint(c->d, g,
				  "$steps.%s would be the answer of both: name one of them "
				  "otherwise",
				  o->steps[i].name);
			break;
		}
	}
}

/* --- operations ------------------------------------------------------------------------ */

static void lacks(struct checker *c, struct range where, const char *what, const char *hint)
{
	diag_hint(c->d,
		  diag_add(c->d, DIAG_DEFINITION_MISSING, where, "%s has no %s", c->who, what),
		  "%s", hint);
}

static void stray(struct checker *c, const struct expression *e, const char *key, const char *whose)
{
	if (e->source.ptr)
		diag_hint(c->d,
			  diag_add(c->d, DIAG_DEFINITION_KEYS, e->where,
				   "'%s' does not belong to %s", key, c->who),
			  "it is for %s", whose);
}

static bool gives_id(const struct operation *o)
{
	for (size_t i = 0; i < o->step_count; i++) {
		if (o->steps[i].id.source.ptr)
			return true;
	}
	return false;
}

#define KIND(kind) (1u << (kind))
#define TELLS_STATE (KIND(OPERATION_CREATE) | KIND(OPERATION_READ) | KIND(OPERATION_UPDATE))
#define TELLS_ITEMS \
	(KIND(OPERATION_FIND_BY_KEY) | KIND(OPERATION_FIND_BY_NAME) | KIND(OPERATION_LIST))
#define MAY_BE_EMPTY (KIND(OPERATION_UPDATE) | KIND(OPERATION_DELETE))

static void check_ends(struct checker *c, const struct operation *o, enum operation_kind kind)
{
	if (!(KIND(kind) & TELLS_STATE))
		stray(c, &o->state, "State", "Read, Create and Update");
	if (!(KIND(kind) & TELLS_ITEMS))
		stray(c, &o->items, "Items", "FindByKey, FindByName and List");
	stray(c, &o->result, "Result", "actions");
	if (kind == OPERATION_READ && !o->state.source.ptr)
		lacks(c, o->where, "'State'",
		      "it gives the whole state from the last answer, null when there is no such "
		      "thing: {Steps: [...], State: .}");
	if ((KIND(kind) & TELLS_ITEMS) && !o->items.source.ptr)
		lacks(c, o->where, "'Items'",
		      "it gives the list of what was found: {Steps: [...], Items: '[.[] | .id]'}");
	if (kind == OPERATION_CREATE && o->step_count && !gives_id(o))
		lacks(c, o->where, "step with an 'Id'",
		      "the step that makes the thing tells its id from the answer: Id: .id");
	if (!o->step_count && !(KIND(kind) & MAY_BE_EMPTY))
		lacks(c, o->where, "steps", "a step is one request: {Method: POST, Path: /things}");
}

static void check_steps(struct checker *c, const struct operation *o)
{
	const struct expression *const ends[] = {&o->state, &o->items, &o->result};

	for (size_t i = 0; i < o->step_count; i++)
		check_step(c, o, &o->steps[i]);
	check_step_names(c, o);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		check_expression(c, ends[i]);
		check_answers(c, o, ends[i]);
	}
}

static void check_needed(struct checker *c, enum operation_kind kind)
{
	struct diag *g = diag_add(c->d, DIAG_DEFINITION_MISSING, c->t->where,
				  "type '%s' has no '%s'", c->t->type, operation_word(kind));

	diag_hint(c->d, g,
		  "a type needs Create, Read and Delete; Delete: [] when there is nothing "
		  "to do");
}

static void check_operations(struct checker *c)
{
	const char *outer = c->who;
	bool acts = definition_only_acts(c->t);

	for (size_t i = 0; i < OPERATION_KIND_COUNT; i++) {
		enum operation_kind kind = (enum operation_kind)i;
		const struct operation *o = &c->t->operations[i];

		c->who = arena_printf(c->a, "'%s' of type '%s'", operation_word(kind), c->t->type);
		if (o->given) {
			check_steps(c, o);
			check_ends(c, o, kind);
		} else if (!acts && (kind == OPERATION_CREATE || kind == OPERATION_READ ||
				     kind == OPERATION_DELETE)) {
			check_needed(c, kind);
		}
	}
	for (size_t i = 0; i < c->t->action_count; i++) {
		const struct action *action = &c->t->actions[i];

		c->who = arena_printf(c->a, "action '%s' of type '%s'", action->name, c->t->type);
		check_steps(c, &action->operation);
		stray(c, &action->operation.state, "State", "Read, Create and Update");
		stray(c, &action->operation.items, "Items", "FindByKey, FindByName and List");
	}
	c->who = outer;
}

/* --- the type --------------------------------------------------------------------------- */

static void check_wildcard(struct checker *c)
{
	if (!strpbrk(c->t->type, "*?") || (!c->t->schema && !c->t->unserved && !c->t->shown))
		return;
	diag_hint(c->d,
		  diag_add(c->d, DIAG_DEFINITION_KEYS, c->t->where,
			   "'%s' is for many types and has one '%s'", c->t->type,
			   c->t->schema     ? "Schema"
			   : c->t->unserved ? "Unserved"
					    : "Shown"),
		  "the schemas of its types are the provider's own; a type with a schema of its "
		  "own has a definition of its own");
}

static void check_endpoint(struct checker *c, const struct service *s)
{
	struct diags said = DIAGS_INIT;
	struct text jq;

	if (s->endpoint &&
	    program_text_holes(c->a, s->endpoint, s->endpoint_where, &jq, &said) == 0)
		check_words(c, jq, s->endpoint_where);
	diags_release(&said);
}

static void check_service(struct checker *c)
{
	const struct service *s = &c->t->service;

	check_words(c, s->functions, s->functions_where);
	check_words(c, c->t->functions, c->t->functions_where);
	check_endpoint(c, s);
	check_expression(c, &s->headers);
	check_expression(c, &s->error_code);
	check_expression(c, &s->error_message);
	if ((s->protocol == PROTOCOL_JSON_1_0 || s->protocol == PROTOCOL_JSON_1_1) &&
	    !s->target_prefix)
		lacks(c, c->t->where, "'TargetPrefix'",
		      "its protocol names actions as PREFIX.ACTION in the header X-Amz-Target");
	if ((s->protocol == PROTOCOL_QUERY || s->protocol == PROTOCOL_EC2) && !s->api_version)
		lacks(c, c->t->where, "'ApiVersion'",
		      "its protocol sends the version of the API with every request: "
		      "ApiVersion: '2016-11-15'");
}

/* "jq: error: syntax error, ... at <top-level>, line 3:" without what jq adds of its own. */
static void check_program(struct checker *c, struct jq_pool *pool)
{
	struct jq_answer answer = {0};
	struct range where;
	struct diag *g;

	jq_check(pool, c->a, &c->t->program, &answer);
	if (answer.result == JQ_VALUE || answer.result == JQ_EMPTY)
		return;
	where = answer.line ? program_place(c->t, answer.line) : RANGE_NONE;
	g = diag_add(c->d, DIAG_DEFINITION_PROGRAM, where.src ? where : c->t->where,
		     answer.result == JQ_INVALID
			     ? "a jq program of type '%s' does not compile"
			     : "the jq programs of type '%s' could not be checked",
		     c->t->type);
	diag_detail(c->d, g, "%.*s", TEXT_ARG(answer.text));
	diag_hint(c->d, g,
		  "try it in jq 1.6, which runs it; its variables and functions are in "
		  "docs/writing-types.md");
}

int definition_check(const struct definition *t, struct jq_pool *pool, struct diags *d)
{
	struct checker c = {t, NULL, arena_new(), d};
	size_t errors = d->error_count;

	c.who = arena_printf(c.a, "type '%s'", t->type);
	check_wildcard(&c);
	check_service(&c);
	check_operations(&c);
	if (pool && d->error_count == errors)
		check_program(&c, pool);
	arena_free(c.a);
	return d->error_count == errors ? 0 : -1;
}
