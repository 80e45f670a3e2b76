/* program.c - a definition's expressions as functions of one jq program. */
#include "providers/rest/program.h"

#include <string.h>

#include "providers/rest/program_lines.h"

struct builder {
	struct arena *arena;
	struct str text;
	unsigned line; /* of what is added next */
	unsigned functions;
	bool endpoint; /* there is a function for it */
	struct program_lines *lines;
};

static void put_text(struct builder *b, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		b->line += t.ptr[i] == '\n';
	str_add_text(&b->text, t);
}

static void put(struct builder *b, const char *s)
{
	put_text(b, text_of(s));
}

static void begin_run(struct builder *b, const struct source *src, uint32_t line)
{
	struct line_run *r = arena_vec_add(b->arena, b->lines);

	*r = (struct line_run){b->line, 1, src, line};
}

/* A mark that program_mark wrote. */
static bool read_mark(struct text line, uint32_t *number)
{
	int64_t n;

	if (!text_starts(line, PROGRAM_MARK))
		return false;
	line = (struct text){line.ptr + sizeof(PROGRAM_MARK) - 1,
			     line.len - sizeof(PROGRAM_MARK) + 1};
	if (!text_to_int64(line, 1, UINT32_MAX, &n))
		return false;
	*number = (uint32_t)n;
	return true;
}

/* Text of a file on lines of its own; the place is on a new line before and behind. */
static void put_source(struct builder *b, struct text source, struct range where)
{
	struct text_split split;
	struct text line;
	uint32_t from;

	while (source.len && source.ptr[source.len - 1] == '\n')
		source.len--;
	split = text_split_start(source);
	begin_run(b, where.src, program_text_line(where));
	while (text_next(&split, '\n', &line)) {
		put_text(b, line);
		put(b, "\n");
		if (read_mark(line, &from))
			begin_run(b, where.src, from);
		else
			b->lines->items[b->lines->count - 1].count =
				b->line - b->lines->items[b->lines->count - 1].first;
	}
}

static bool is_given(const struct expression *e)
{
	return e->source.ptr != NULL;
}

/* The first value of the expression, or null. */
static void put_expression(struct builder *b, struct expression *e)
{
	put(b, "([(\n");
	e->line = b->line;
	put_source(b, e->source, e->where);
	put(b, ")][0])");
}

/* "name": EXPRESSION as a member of an object that is being written. */
static void put_member(struct builder *b, const char *name, struct expression *e)
{
	if (!is_given(e))
		return;
	str_printf(&b->text,
		   "%s\"%s\": ", str_text(&b->text).ptr[b->text.len - 1] == '{' ? "" : ",", name);
	put_expression(b, e);
}

/* The number of the function whose body follows. */
static unsigned begin_function(struct builder *b)
{
	b->functions++;
	str_printf(&b->text, "%s $_fn == %u then ", b->functions == 1 ? "if" : "elif",
		   b->functions);
	return b->functions;
}

/*
 * What all requests share, as functions: what a compilation costs goes with the program's length.
 * Whether there is an endpoint is decided where it is needed: the entry's own wins over it.
 */
static void put_shared(struct builder *b, struct service *s)
{
	struct diags d = DIAGS_INIT;
	struct text holes;

	if (s->endpoint && program_text_holes(b->arena, s->endpoint, RANGE_NONE, &holes, &d) == 0) {
		/* Outside of a list jq 1.6 would catch what is raised behind it, too. */
		put(b, "def _endpoint: {\"endpoint\": ([(\n");
		put_source(b, holes, s->endpoint_where);
		put(b, ")?][0])};\n");
		b->endpoint = true;
	}
	diags_release(&d);
	if (is_given(&s->headers)) {
		put(b, "def _headers: ");
		put_expression(b, &s->headers);
		put(b, ";\n");
	}
}

static void put_request(struct builder *b, struct definition *t, struct step *s)
{
	bool headers = is_given(&t->service.headers);

	if (is_given(&s->request))
		put_expression(b, &s->request);
	else
		put(b, "{}");
	if (headers)
		put(b, " as $_r | $_r + {\"headers\": (_headers + $_r.headers)}");
	if (b->endpoint)
		put(b, " + _endpoint");
}

static void put_request_function(struct builder *b, struct definition *t, struct step *s)
{
	s->request_function = begin_function(b);
	if (is_given(&s->for_each)) {
		put(b, "if $_again then {\"when\": true, \"each\": null, \"request\": (");
		put_request(b, t, s);
		put(b, ")} elif ");
	} else {
		put(b, "if ");
	}
	if (is_given(&s->when))
		put_expression(b, &s->when);
	else
		put(b, "true");
	put(b, " then {\"when\": true, \"each\": ");
	if (is_given(&s->for_each)) {
		put_expression(b, &s->for_each);
		put(b, ", \"request\": null");
	} else {
		put(b, "null, \"request\": (");
		put_request(b, t, s);
		put(b, ")");
	}
	put(b, "} else {\"when\": false, \"each\": null, \"request\": null} end\n");
}

static void put_step(struct builder *b, struct definition *t, struct step *s)
{
	put_request_function(b, t, s);
	s->answer_function = begin_function(b);
	if (s->pages.given) {
		put(b, "if $_page then {");
		put_member(b, "next", &s->pages.next);
		put_member(b, "items", &s->pages.items);
		put(b, "} else ");
	}
	put(b, "{");
	put_member(b, "id", &s->id);
	put_member(b, "keep", &s->keep);
	put_member(b, "until", &s->until);
	put_member(b, "failed", &s->failed);
	put(b, s->pages.given ? "} end\n" : "}\n");
}

static void put_operation(struct builder *b, struct definition *t, struct operation *o)
{
	struct expression *ends[] = {&o->state, &o->items, &o->result};

	for (size_t i = 0; i < o->step_count; i++)
		put_step(b, t, (struct step *)&o->steps[i]);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (!is_given(ends[i]))
			continue;
		o->end_function = begin_function(b);
		put_expression(b, ends[i]);
		put(b, "\n");
		return;
	}
}

static void put_error_function(struct builder *b, struct service *s)
{
	if (!is_given(&s->error_code) && !is_given(&s->error_message))
		return;
	s->error_function = begin_function(b);
	put(b, "{");
	put_member(b, "code", &s->error_code);
	put_member(b, "message", &s->error_message);
	put(b, "}\n");
}

/* Bound once, before the functions of the prelude and of libraries, so that these know them. */
static void put_variables(struct builder *b)
{
	put(b, "def _program: .fn as $_fn | (.page == true) as $_page | (.v | has(\"item\")) as "
	       "$_again | .v as {");
#define X(name) "$" #name ", "
	put(b, DEFINITION_VARIABLES "$_none");
#undef X
	put(b, "} | .in |\n");
}

static void put_libraries(struct builder *b, struct definition *t)
{
	begin_run(b, NULL, 0);
	put_variables(b);
	put_text(b, program_prelude());
	put(b, "\n");
	if (t->service.functions.ptr)
		put_source(b, t->service.functions, t->service.functions_where);
	if (t->functions.ptr)
		put_source(b, t->functions, t->functions_where);
}

/* With "end" the end function is asked at once, which knows what the answer function gave. */
static const char end_of_program[] =
	"if .end then _program as $_a | {\"answer\": $_a, \"end\": (.fn = .end"
	" | .v.steps[.step] = .in | .v.kept += ($_a.keep // {})"
	" | if $_a.id == null then . else .v.id = ($_a.id | tostring) end | _program)}"
	" else _program end\n";

void program_build(struct arena *a, struct definition *t)
{
	struct builder b = {.arena = a, .line = 1, .lines = ARENA_NEW(a, struct program_lines)};

	put_libraries(&b, t);
	put_shared(&b, &t->service);
	put_error_function(&b, &t->service);
	for (size_t i = 0; i < OPERATION_KIND_COUNT; i++)
		put_operation(&b, t, &t->operations[i]);
	for (size_t i = 0; i < t->action_count; i++)
		put_operation(&b, t, (struct operation *)&t->actions[i].operation);
	put(&b, b.functions ? "else null end;\n" : "null;\n");
	put(&b, end_of_program);
	t->lines = b.lines;
	jq_program_init(&t->program, (struct text){arena_text(a, str_text(&b.text)), b.text.len});
	str_release(&b.text);
}
