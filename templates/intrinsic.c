/* intrinsic.c - the table of functions. */
#include "templates/intrinsic.h"

#include <string.h>

#define ANYWHERE (PLACE_VALUE | PLACE_STATIC)

/* Most used first: rows are looked up from the top. */
static const struct intrinsic table[] = {
	{"Ref", ARGUMENT_NAME, 0, 0, ANYWHERE, "!Ref Name", intrinsic_ref},
	{"Fn::GetAtt", ARGUMENT_NAME_OR_LIST, 2, 2, PLACE_VALUE,
	 "!GetAtt Resource.Attribute, or Fn::GetAtt: [Resource, Attribute]", intrinsic_getatt},
	{"Fn::Sub", ARGUMENT_NAME_OR_LIST, 2, 2, ANYWHERE,
	 "!Sub 'text with ${Name}', or !Sub ['text with ${Name}', {Name: value}]", intrinsic_sub},
	{"Fn::Join", ARGUMENT_LIST, 2, 2, ANYWHERE, "!Join [delimiter, [value, value]]",
	 intrinsic_join},
	{"Fn::If", ARGUMENT_LIST, 3, 3, ANYWHERE,
	 "!If [ConditionName, value if true, value if false]", intrinsic_if},
	{"Fn::Select", ARGUMENT_LIST, 2, 2, ANYWHERE, "!Select [index, [value, value]]",
	 intrinsic_select},
	{"Fn::FindInMap", ARGUMENT_LIST, 3, 4, ANYWHERE,
	 "!FindInMap [Mapping, TopKey, SecondKey], with {DefaultValue: value} as fourth item "
	 "when a key may be missing",
	 intrinsic_find_in_map},
	{"Fn::Split", ARGUMENT_LIST, 2, 2, ANYWHERE, "!Split [delimiter, text]", intrinsic_split},
	{"Fn::GetAZs", ARGUMENT_ANY, 0, 0, ANYWHERE, "!GetAZs '', or !GetAZs region",
	 intrinsic_get_azs},
	{"Fn::Hosts", ARGUMENT_MAP, 0, 0, ANYWHERE, "!Hosts {Roles: [web], Zone: east-a}",
	 intrinsic_hosts},
	{"Fn::Base64", ARGUMENT_ANY, 0, 0, ANYWHERE, "Fn::Base64: text", intrinsic_base64},
	{"Fn::Length", ARGUMENT_ANY, 0, 0, ANYWHERE, "Fn::Length: [value, value]",
	 intrinsic_length},
	{"Fn::ToJsonString", ARGUMENT_ANY, 0, 0, ANYWHERE, "Fn::ToJsonString: {Key: value}",
	 intrinsic_to_json},
	{"Fn::Equals", ARGUMENT_LIST, 2, 2, PLACE_CONDITION, "!Equals [value, value]",
	 intrinsic_equals},
	{"Fn::Not", ARGUMENT_LIST, 1, 1, PLACE_CONDITION, "!Not [condition]", intrinsic_not},
	{"Fn::And", ARGUMENT_LIST, 2, 10, PLACE_CONDITION, "!And [condition, condition]",
	 intrinsic_and},
	{"Fn::Or", ARGUMENT_LIST, 2, 10, PLACE_CONDITION, "!Or [condition, condition]",
	 intrinsic_or},
	{"Condition", ARGUMENT_NAME, 0, 0, PLACE_CONDITION, "!Condition Name", intrinsic_condition},
	{.name = "Fn::ImportValue"},
	{.name = "Fn::GetStackOutput"},
	{.name = "Fn::Cidr"},
	{.name = "Fn::Transform"},
	{.name = "Fn::Contains"},
	{.name = "Fn::EachMemberEquals"},
	{.name = "Fn::EachMemberIn"},
	{.name = "Fn::RefAll"},
	{.name = "Fn::ValueOf"},
	{.name = "Fn::ValueOfAll"},
};

static const struct intrinsic *intrinsic_find(struct text name)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (text_is(name, table[i].name))
			return &table[i];
	}
	return NULL;
}

/* The tag, or the key of the long form: where the call begins. */
static struct range name_range(const struct node *call)
{
	struct range where = call->where;

	if (where.end.line != where.start.line || call->arg->where.start.line != where.start.line) {
		where.end = where.start;
		where.end.column++;
	} else if (call->arg->where.start.column > where.start.column) {
		where.end = call->arg->where.start;
		where.end.column--;
	}
	return where;
}

void intrinsic_hint(struct diags *d, struct diag *g, const struct node *call)
{
	const struct intrinsic *row = intrinsic_find(call->text);

	if (row && row->usage)
		diag_hint(d, g, "write %s", row->usage);
}

static void report_unknown(const struct node *call, struct diags *d)
{
	const char *names[ARRAY_LEN(table)];
	struct diag *g = diag_add(d, DIAG_FUNCTION_UNKNOWN, name_range(call),
				  "there is no function '%.*s'", TEXT_ARG(call->text));

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		names[i] = table[i].name;
	if (text_is(call->text, "Fn::ForEach"))
		diag_hint(d, g, "a loop has a name: 'Fn::ForEach::Name'");
	else
		diag_did_you_mean(d, g, call->text, names, ARRAY_LEN(names));
}

static void report_place(const struct node *call, const struct intrinsic *row,
			 enum eval_place place, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_FUNCTION_PLACE, name_range(call),
				  "'%.*s' cannot be used here", TEXT_ARG(call->text));

	if (place == PLACE_CONDITION) {
		diag_detail(d, g,
			    "what is true or false comes from Fn::Equals, Fn::And, Fn::Or, "
			    "Fn::Not and Condition");
		diag_hint(d, g, "compare its result: !Equals [value, value]");
	} else if (row->places & PLACE_CONDITION) {
		diag_hint(d, g,
			  "name a condition in the section Conditions, and use it with "
			  "!If [Name, value, value]");
	} else {
		diag_detail(d, g, "this must be known before anything is created");
		diag_hint(d, g, "use a parameter, a mapping or a pseudo parameter instead");
	}
}

static const char *expected_shape(const struct intrinsic *row)
{
	switch (row->shape) {
	case ARGUMENT_ANY:
		return "a value";
	case ARGUMENT_NAME:
		return "a name";
	case ARGUMENT_LIST:
		return "a list";
	case ARGUMENT_NAME_OR_LIST:
		return "a string or a list";
	case ARGUMENT_MAP:
		return "a map";
	}
	return "";
}

static bool empty_text(const struct node *n)
{
	return n->kind == NODE_SCALAR && !n->text.len;
}

static bool shape_fits(const struct intrinsic *row, const struct node *arg)
{
	bool name = arg->kind == NODE_CALL || (arg->kind == NODE_SCALAR && !node_is_null(arg));

	switch (row->shape) {
	case ARGUMENT_ANY:
		return true;
	case ARGUMENT_NAME:
		return name && !empty_text(arg);
	case ARGUMENT_LIST:
		return arg->kind == NODE_LIST;
	case ARGUMENT_NAME_OR_LIST:
		return name || arg->kind == NODE_LIST;
	case ARGUMENT_MAP:
		return arg->kind == NODE_MAP || empty_text(arg) || node_is_null(arg);
	}
	return false;
}

static int check_count(const struct node *call, const struct intrinsic *row, struct diags *d)
{
	const struct node *arg = call->arg;
	struct diag *g;

	if (arg->kind != NODE_LIST || !row->max ||
	    (arg->count >= row->min && arg->count <= row->max))
		return 0;
	if (row->min == row->max)
		g = diag_add(d, DIAG_FUNCTION_ARGUMENT, arg->where,
			     "'%.*s' takes a list of %zu, and this one has %zu",
			     TEXT_ARG(call->text), row->min, arg->count);
	else
		g = diag_add(d, DIAG_FUNCTION_ARGUMENT, arg->where,
			     "'%.*s' takes a list of %zu to %zu, and this one has %zu",
			     TEXT_ARG(call->text), row->min, row->max, arg->count);
	intrinsic_hint(d, g, call);
	return -1;
}

static int check_shape(const struct node *call, const struct intrinsic *row, struct diags *d)
{
	struct diag *g;

	if (shape_fits(row, call->arg))
		return check_count(call, row, d);
	g = diag_add(d, DIAG_FUNCTION_ARGUMENT, call->arg->where, "'%.*s' takes %s, and this is %s",
		     TEXT_ARG(call->text), expected_shape(row), node_describe(call->arg));
	intrinsic_hint(d, g, call);
	return -1;
}

static void report_unsupported(const struct node *call, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_NOT_SUPPORTED_YET, name_range(call),
				  "not supported yet: '%.*s'", TEXT_ARG(call->text));

	diag_hint(d, g, "give the value as a parameter instead");
}

const struct intrinsic *intrinsic_check(const struct node *call, enum eval_place place,
					struct diags *d)
{
	const struct intrinsic *row = intrinsic_find(call->text);

	if (!row) {
		report_unknown(call, d);
		return NULL;
	}
	if (!row->eval) {
		report_unsupported(call, d);
		return NULL;
	}
	if (!(row->places & place)) {
		report_place(call, row, place, d);
		return NULL;
	}
	return check_shape(call, row, d) ? NULL : row;
}

enum eval_place intrinsic_inner_place(const struct node *call, enum eval_place place)
{
	return text_is(call->text, "Fn::Equals") ? PLACE_STATIC : place;
}

bool resolve_refused(const struct node *scalar, struct diags *d)
{
	struct diag *g;

	if (!memchr(scalar->text.ptr, '{', scalar->text.len) ||
	    !strstr(scalar->text.ptr, "{{resolve:"))
		return false;
	g = diag_add(d, DIAG_NOT_SUPPORTED_YET, scalar->where,
		     "not supported yet: dynamic references ('{{resolve:...}}') in templates");
	diag_hint(d, g, "declare a NoEcho parameter, and give it the reference in the manifest");
	return true;
}

void report_mixed_function(const struct node *key, struct diags *d)
{
	struct diag *g;

	if (text_is(key->text, "Fn::Transform")) {
		g = diag_add(d, DIAG_NOT_SUPPORTED_YET, key->where,
			     "not supported yet: 'Fn::Transform'");
		diag_hint(d, g, "write what it would include into the template");
		return;
	}
	g = diag_add(d, DIAG_FUNCTION_MIXED, key->where,
		     "function '%.*s' stands beside other keys in its map", TEXT_ARG(key->text));
	if (text_is(key->text, "Fn::ForEach"))
		diag_hint(d, g, "a loop has a name: 'Fn::ForEach::Name'");
	else
		diag_hint(d, g, "a function is the only key of its map; check the indentation");
}
