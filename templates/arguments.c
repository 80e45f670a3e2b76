/* arguments.c - the table of arguments, and what a node gives when it is evaluated. */
#include "templates/arguments.h"

#include <string.h>

#include "base/limits.h"
#include "templates/cidr.h"
#include "templates/intrinsic.h"
#include "templates/parameter.h"
#include "templates/refs.h"
#include "templates/sections.h"

enum gives { GIVES_ANY, GIVES_TEXT, GIVES_LIST, GIVES_MAP };

#define WHOLE (-1)   /* the argument itself, not an item of it */
#define WRITTEN true /* no function can stand there */

struct argument {
	const char *function;
	int index;
	enum gives gives;
	bool written;
	const char *what;
};

static const struct argument arguments[] = {
	{"Fn::Join", 0, GIVES_TEXT, WRITTEN, "the delimiter"},
	{"Fn::Join", 1, GIVES_LIST, false, "the list of values"},
	{"Fn::If", 0, GIVES_TEXT, WRITTEN, "the name of the condition"},
	{"Fn::Select", 0, GIVES_TEXT, false, "the index"},
	{"Fn::Select", 1, GIVES_LIST, false, "the list of values"},
	{"Fn::FindInMap", 0, GIVES_TEXT, false, "the mapping"},
	{"Fn::FindInMap", 1, GIVES_TEXT, false, "the top-level key"},
	{"Fn::FindInMap", 2, GIVES_TEXT, false, "the second-level key"},
	{"Fn::Split", 0, GIVES_TEXT, WRITTEN, "the delimiter"},
	{"Fn::Split", 1, GIVES_TEXT, false, "the text"},
	{"Fn::GetAZs", WHOLE, GIVES_TEXT, false, "the region"},
	{"Fn::Base64", WHOLE, GIVES_TEXT, false, "the text"},
	{"Fn::Length", WHOLE, GIVES_LIST, false, "the argument"},
	{"Fn::Cidr", 0, GIVES_TEXT, false, "the block"},
	{"Fn::Cidr", 1, GIVES_TEXT, false, "the count"},
	{"Fn::Cidr", 2, GIVES_TEXT, false, "the number of bits"},
	{"Fn::Equals", 0, GIVES_TEXT, false, "the first value"},
	{"Fn::Equals", 1, GIVES_TEXT, false, "the second value"},
	{"Fn::Contains", 0, GIVES_LIST, false, "the list"},
	{"Fn::Contains", 1, GIVES_TEXT, false, "the value"},
	{"Fn::EachMemberEquals", 0, GIVES_LIST, false, "the list"},
	{"Fn::EachMemberEquals", 1, GIVES_TEXT, false, "the value"},
	{"Fn::EachMemberIn", 0, GIVES_LIST, false, "the list"},
	{"Fn::EachMemberIn", 1, GIVES_LIST, false, "the list of allowed values"},
	{"Fn::RefAll", WHOLE, GIVES_TEXT, WRITTEN, "the type"},
	{"Fn::ValueOf", 0, GIVES_TEXT, WRITTEN, "the parameter"},
	{"Fn::ValueOf", 1, GIVES_TEXT, WRITTEN, "the attribute"},
	{"Fn::ValueOfAll", 0, GIVES_TEXT, WRITTEN, "the type"},
	{"Fn::ValueOfAll", 1, GIVES_TEXT, WRITTEN, "the attribute"},
};

/* What evaluation would give */

struct result {
	const char *function;
	enum gives gives;
};

/* Functions that always give the same; the others depend on what they look at. */
static const struct result results[] = {
	{"Fn::Sub", GIVES_TEXT},    {"Fn::Join", GIVES_TEXT},
	{"Fn::Base64", GIVES_TEXT}, {"Fn::ToJsonString", GIVES_TEXT},
	{"Fn::Length", GIVES_TEXT}, {"Fn::ImportValue", GIVES_TEXT},
	{"Fn::Split", GIVES_LIST},  {"Fn::GetAZs", GIVES_LIST},
	{"Fn::Cidr", GIVES_LIST},   {"Fn::Hosts", GIVES_LIST},
	{"Fn::RefAll", GIVES_LIST}, {"Fn::ValueOfAll", GIVES_LIST},
};

static enum gives gives_of(const struct template *t, const struct node *n);

static bool takes_items(const struct parameter *p)
{
	return p->kind == PARAM_STRING_LIST || p->kind == PARAM_NUMBER_LIST;
}

static enum gives gives_ref(const struct template *t, const struct node *name)
{
	const struct parameter *p;

	if (name->kind != NODE_SCALAR)
		return GIVES_ANY;
	p = template_parameter(t, name->text);
	if (p)
		return takes_items(p) ? GIVES_LIST : GIVES_TEXT;
	if (text_is(name->text, "AWS::NoValue"))
		return GIVES_ANY;
	return text_is(name->text, "AWS::NotificationARNs") ? GIVES_LIST : GIVES_TEXT;
}

/* A branch without value does not settle it. */
static enum gives gives_if(const struct template *t, const struct node *arg)
{
	enum gives yes, no;

	if (arg->kind != NODE_LIST || arg->count != 3)
		return GIVES_ANY;
	yes = gives_of(t, arg->items[1]);
	no = gives_of(t, arg->items[2]);
	return yes == no ? yes : GIVES_ANY;
}

static enum gives gives_call(const struct template *t, const struct node *call)
{
	if (text_is(call->text, "Ref"))
		return gives_ref(t, call->arg);
	if (text_is(call->text, "Fn::If"))
		return gives_if(t, call->arg);
	for (size_t i = 0; i < ARRAY_LEN(results); i++) {
		if (text_is(call->text, results[i].function))
			return results[i].gives;
	}
	return GIVES_ANY;
}

static enum gives gives_of(const struct template *t, const struct node *n)
{
	switch (n->kind) {
	case NODE_SCALAR:
		return node_is_null(n) ? GIVES_ANY : GIVES_TEXT;
	case NODE_LIST:
		return GIVES_LIST;
	case NODE_MAP:
		return GIVES_MAP;
	case NODE_CALL:
		return gives_call(t, n);
	}
	return GIVES_ANY;
}

/* Reporting */

static const char *kind_words(enum gives gives)
{
	static const char *const words[] = {
		[GIVES_ANY] = "a value",
		[GIVES_TEXT] = "a string",
		[GIVES_LIST] = "a list",
		[GIVES_MAP] = "a map",
	};

	return words[gives];
}

static int report_kind(const struct node *call, const struct argument *row, const struct node *n,
		       enum gives found, struct diags *d)
{
	struct diag *g;

	if (n->kind == NODE_CALL)
		g = diag_add(d, DIAG_FUNCTION_ARGUMENT, n->where,
			     "%s of '%.*s' is %s, and %s gives %s", row->what, TEXT_ARG(call->text),
			     kind_words(row->gives), node_describe(n), kind_words(found));
	else
		g = diag_add(d, DIAG_FUNCTION_ARGUMENT, n->where,
			     "%s of '%.*s' is %s, and this is %s", row->what, TEXT_ARG(call->text),
			     kind_words(row->gives), node_describe(n));
	intrinsic_hint(d, g, call);
	return -1;
}

static int report_written(const struct node *call, const struct argument *row, const struct node *n,
			  struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_FUNCTION_NESTING, n->where,
				  "%s of '%.*s' is written out, and this is a function", row->what,
				  TEXT_ARG(call->text));

	intrinsic_hint(d, g, call);
	return -1;
}

/* {Condition: Name} is as good as the name. */
static int check_row(const struct template *t, const struct node *call, const struct argument *row,
		     const struct node *n, struct diags *d)
{
	enum gives found;

	if (row->written && n->kind == NODE_CALL)
		return node_is_call(n, "Condition") ? 0 : report_written(call, row, n, d);
	found = gives_of(t, n);
	if (found == GIVES_ANY || found == row->gives)
		return 0;
	return report_kind(call, row, n, found, d);
}

static int check_rows(const struct template *t, const struct node *call, struct diags *d)
{
	const struct node *arg = call->arg;
	int result = 0;

	for (size_t i = 0; i < ARRAY_LEN(arguments); i++) {
		const struct argument *row = &arguments[i];

		if (!text_is(call->text, row->function))
			continue;
		if (row->index == WHOLE)
			result |= check_row(t, call, row, arg, d);
		else if (arg->kind == NODE_LIST && (size_t)row->index < arg->count)
			result |= check_row(t, call, row, arg->items[row->index], d);
	}
	return result;
}

/* Single functions */

static int refuse(const struct node *call, const struct node *at, const char *problem,
		  struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_FUNCTION_ARGUMENT, at->where, "%s", problem);

	intrinsic_hint(d, g, call);
	return -1;
}

/* Inside of a loop "${X}" may become anything. */
static bool is_written(const struct node *n)
{
	return n->kind == NODE_SCALAR && !node_is_null(n) && !memchr(n->text.ptr, '{', n->text.len);
}

static int check_join(const struct template *t, const struct node *call, struct diags *d)
{
	static const struct argument item = {"Fn::Join", 1, GIVES_TEXT, false, "a value"};
	const struct node *list = call->arg->items[1];
	int result = 0;

	for (size_t i = 0; list->kind == NODE_LIST && i < list->count; i++)
		result |= check_row(t, call, &item, list->items[i], d);
	return result;
}

/* Items that are not there for a target move the others, so only what is beyond all is wrong. */
static int check_select(const struct template *t, const struct node *call, struct diags *d)
{
	const struct node *index = call->arg->items[0], *list = call->arg->items[1];
	struct diag *g;
	int64_t at;

	(void)t;
	if (!is_written(index))
		return 0;
	if (!text_to_int64(index->text, 0, INT64_MAX, &at))
		return refuse(call, index, "the index of 'Fn::Select' is a whole number from 0", d);
	if (list->kind != NODE_LIST || (uint64_t)at < list->count)
		return 0;
	g = diag_add(d, DIAG_SELECT_RANGE, index->where, "there is no item '%.*s' in a list of %u",
		     TEXT_ARG(index->text), list->count);
	if (list->count)
		diag_hint(d, g, "indices run from 0 to %u", list->count - 1);
	return -1;
}

static int check_split(const struct template *t, const struct node *call, struct diags *d)
{
	const struct node *delimiter = call->arg->items[0];

	(void)t;
	if (delimiter->kind != NODE_SCALAR || delimiter->text.len)
		return 0;
	return refuse(call, delimiter, "the delimiter of 'Fn::Split' is empty", d);
}

static int check_cidr(const struct template *t, const struct node *call, struct diags *d)
{
	const struct node *const *items = call->arg->items;
	struct cidr block;
	int result = 0;
	int64_t number;

	(void)t;
	if (is_written(items[0]) && !cidr_parse(items[0]->text, &block))
		result = refuse(call, items[0],
				"the block of 'Fn::Cidr' is an address and a prefix: 10.0.0.0/16",
				d);
	if (is_written(items[1]) && !text_to_int64(items[1]->text, 1, CIDR_COUNT_MAX, &number))
		result = refuse(call, items[1],
				"the count of 'Fn::Cidr' is a whole number from 1 to 256", d);
	if (call->arg->count > 2 && is_written(items[2]) &&
	    !text_to_int64(items[2]->text, 1, 128, &number))
		result = refuse(call, items[2],
				"the number of bits of 'Fn::Cidr' is a whole number from 1 to 128",
				d);
	return result;
}

static int check_map(const struct template *t, const struct node *call, struct diags *d)
{
	const struct node *fallback = call->arg->count > 3 ? call->arg->items[3] : NULL;

	(void)t;
	if (!fallback || (fallback->count == 1 && node_find(fallback, "DefaultValue")))
		return 0;
	return refuse(call, fallback, "the fourth item of 'Fn::FindInMap' is {DefaultValue: ...}",
		      d);
}

static int report_list(const struct sub_piece *p, struct range where, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_VALUE_TYPE, where,
				  "'%.*s' is a list, and only a string can be put into a text",
				  TEXT_ARG(p->text));

	diag_hint(d, g, "join it: !Sub ['...${%.*s}...', {%.*s: !Join [',', ...]}]",
		  TEXT_ARG(p->text), TEXT_ARG(p->text));
	return -1;
}

/* Parameters in the text, by their types. */
static int check_variables(const struct template *t, const struct node *text,
			   const struct node *own, struct diags *d)
{
	struct sub_scan scan = sub_start(text->text);
	struct sub_places places = sub_places_start(text);
	struct sub_piece p;
	int result = 0;

	while (d->error_count < LIMIT_DIAGS && sub_next(&scan, &p)) {
		struct range where = sub_places_next(&places, &p);
		const struct parameter *found =
			p.kind == SUB_VARIABLE ? template_parameter(t, p.text) : NULL;

		if (found && takes_items(found) && !node_find_entry(own, p.text))
			result = report_list(&p, where, d);
	}
	return result;
}

static int check_sub(const struct template *t, const struct node *call, struct diags *d)
{
	static const struct argument value = {"Fn::Sub", 1, GIVES_TEXT, false, "a value"};
	const struct node *text, *own;
	struct diags silent = DIAGS_INIT;
	bool misshapen = sub_shape(call, &text, &own, &silent);
	int result;

	diags_release(&silent);
	if (misshapen)
		return 0;
	result = check_variables(t, text, own, d);
	for (size_t i = 0; own && i < own->count; i++) {
		if (text_starts(own->entries[i].key->text, FOREACH_PREFIX))
			continue;
		result |= check_row(t, call, &value, own->entries[i].value, d);
	}
	return result;
}

static int check_value_of(const struct template *t, const struct node *call, struct diags *d)
{
	const struct node *name = call->arg->items[0];
	const char **names;
	struct arena *scratch;

	if (name->kind != NODE_SCALAR || template_parameter(t, name->text))
		return 0;
	scratch = arena_new();
	names = ARENA_ARRAY(scratch, t->parameter_count, const char *);
	for (size_t i = 0; i < t->parameter_count; i++)
		names[i] = t->parameters[i].name;
	report_ref_unknown(d, name->where, name->text,
			   (struct name_list){names, t->parameter_count, t->thing});
	arena_free(scratch);
	return -1;
}

struct single {
	const char *function;
	int (*check)(const struct template *t, const struct node *call, struct diags *d);
};

static const struct single singles[] = {
	{"Fn::Join", check_join},        {"Fn::Select", check_select}, {"Fn::Split", check_split},
	{"Fn::Cidr", check_cidr},        {"Fn::FindInMap", check_map}, {"Fn::Sub", check_sub},
	{"Fn::ValueOf", check_value_of},
};

int arguments_check(const struct template *t, const struct node *call, struct diags *d)
{
	if (check_rows(t, call, d))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(singles); i++) {
		if (text_is(call->text, singles[i].function))
			return singles[i].check(t, call, d);
	}
	return 0;
}

bool argument_is_collection(const struct template *t, const struct node *n)
{
	enum gives gives = gives_of(t, n);

	return gives == GIVES_LIST || gives == GIVES_MAP;
}
