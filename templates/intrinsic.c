/* intrinsic.c - the table of functions. */
#include "templates/intrinsic.h"

#include <string.h>

#define ANYWHERE (PLACE_VALUE | PLACE_STATIC | PLACE_OPERAND | PLACE_RULE_OPERAND)
#define NO_OPERAND (PLACE_VALUE | PLACE_STATIC)
#define TRUTH (PLACE_CONDITION | PLACE_RULE)

/* Most used first: rows are looked up from the top. */
static const struct intrinsic table[] = {
	{"Ref", ARGUMENT_NAME, 0, 0, ANYWHERE, "!Ref Name", intrinsic_ref},
	{"Fn::GetAtt", ARGUMENT_NAME_OR_LIST, 2, 2, PLACE_VALUE,
	 "!GetAtt Resource.Attribute, or Fn::GetAtt: [Resource, Attribute]", intrinsic_getatt},
	{"Fn::Sub", ARGUMENT_NAME_OR_LIST, 2, 2, ANYWHERE,
	 "!Sub 'text with ${Name}', or !Sub ['text with ${Name}', {Name: value}]", intrinsic_sub},
	{"Fn::Join", ARGUMENT_LIST, 2, 2, ANYWHERE, "!Join [delimiter, [value, value]]",
	 intrinsic_join},
	{"Fn::If", ARGUMENT_LIST, 3, 3, NO_OPERAND,
	 "!If [ConditionName, value if true, value if false]", intrinsic_if},
	{"Fn::Select", ARGUMENT_LIST, 2, 2, ANYWHERE, "!Select [index, [value, value]]",
	 intrinsic_select},
	{"Fn::FindInMap", ARGUMENT_LIST, 3, 4, ANYWHERE,
	 "!FindInMap [Mapping, TopKey, SecondKey], with {DefaultValue: value} as fourth item "
	 "when a key may be missing",
	 intrinsic_find_in_map},
	{"Fn::Split", ARGUMENT_LIST, 2, 2, ANYWHERE, "!Split [delimiter, text]", intrinsic_split},
	{"Fn::GetAZs", ARGUMENT_ANY, 0, 0, NO_OPERAND, "!GetAZs '', or !GetAZs region",
	 intrinsic_get_azs},
	{"Fn::Hosts", ARGUMENT_MAP, 0, 0, ANYWHERE, "!Hosts {Roles: [web], Zone: east-a}",
	 intrinsic_hosts},
	{"Fn::Base64", ARGUMENT_ANY, 0, 0, NO_OPERAND, "Fn::Base64: text", intrinsic_base64},
	{"Fn::Length", ARGUMENT_ANY, 0, 0, ANYWHERE, "Fn::Length: [value, value]",
	 intrinsic_length},
	{"Fn::ToJsonString", ARGUMENT_ANY, 0, 0, ANYWHERE, "Fn::ToJsonString: {Key: value}",
	 intrinsic_to_json},
	{"Fn::Cidr", ARGUMENT_LIST, 2, 3, NO_OPERAND, "!Cidr [block, count, bits per subnet]",
	 intrinsic_cidr},
	{"Fn::Equals", ARGUMENT_LIST, 2, 2, TRUTH, "!Equals [value, value]", intrinsic_equals},
	{"Fn::Not", ARGUMENT_LIST, 1, 1, TRUTH, "!Not [condition]", intrinsic_not},
	{"Fn::And", ARGUMENT_LIST, 2, 10, TRUTH, "!And [condition, condition]", intrinsic_and},
	{"Fn::Or", ARGUMENT_LIST, 2, 10, TRUTH, "!Or [condition, condition]", intrinsic_or},
	{"Condition", ARGUMENT_NAME, 0, 0, TRUTH, "!Condition Name", intrinsic_condition},
	{"Fn::ImportValue", ARGUMENT_NAME, 0, 0, PLACE_VALUE, "!ImportValue ExportName",
	 intrinsic_import_value},
	{"Fn::GetStackOutput", ARGUMENT_MAP, 0, 0, PLACE_VALUE,
	 "!GetStackOutput {StackName: network, OutputName: Url}, with Region: west when it is "
	 "another one",
	 intrinsic_get_stack_output},
	{.name = "Fn::Transform"},
	{"Fn::Contains", ARGUMENT_LIST, 2, 2, PLACE_RULE, "Fn::Contains: [[value, value], value]",
	 intrinsic_contains},
	{"Fn::EachMemberEquals", ARGUMENT_LIST, 2, 2, PLACE_RULE,
	 "Fn::EachMemberEquals: [[value, value], value]", intrinsic_each_equals},
	{"Fn::EachMemberIn", ARGUMENT_LIST, 2, 2, PLACE_RULE,
	 "Fn::EachMemberIn: [[value, value], [allowed, allowed]]", intrinsic_each_in},
	{"Fn::RefAll", ARGUMENT_NAME, 0, 0, PLACE_RULE_OPERAND, "Fn::RefAll: 'AWS::EC2::VPC::Id'",
	 intrinsic_ask_account},
	{"Fn::ValueOf", ARGUMENT_LIST, 2, 2, PLACE_RULE_OPERAND,
	 "Fn::ValueOf: [Parameter, Attribute]", intrinsic_ask_account},
	{"Fn::ValueOfAll", ARGUMENT_LIST, 2, 2, PLACE_RULE_OPERAND,
	 "Fn::ValueOfAll: ['AWS::EC2::VPC::Id', Attribute]", intrinsic_ask_account},
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

/* What a place takes, and what to do instead. */
struct place_words {
	enum eval_place place;
	const char *detail, *hint;
};

static const struct place_words place_words[] = {
	{PLACE_CONDITION,
	 "what is true or false comes from Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition",
	 "compare its result: !Equals [value, value]"},
	{PLACE_RULE,
	 "what is true or false in Rules comes from Fn::Equals, Fn::And, Fn::Or, Fn::Not, "
	 "Fn::Contains, Fn::EachMemberEquals and Fn::EachMemberIn",
	 "compare its result: !Equals [value, value]"},
	{PLACE_OPERAND, "conditions compare parameters, mappings and what is made of them",
	 "use a parameter, a mapping or a pseudo parameter instead"},
	{PLACE_RULE_OPERAND, "rules compare parameters, mappings and what is made of them",
	 "use a parameter, a mapping or a pseudo parameter instead"},
	{PLACE_STATIC, "this must be known before anything is created",
	 "use a parameter, a mapping or a pseudo parameter instead"},
};

static const struct place_words *words_of(enum eval_place place)
{
	for (size_t i = 0; i < ARRAY_LEN(place_words); i++) {
		if (place_words[i].place == place)
			return &place_words[i];
	}
	return NULL;
}

static void report_place(const struct node *call, const struct intrinsic *row,
			 enum eval_place place, struct diags *d)
{
	const struct place_words *words = words_of(place);
	struct diag *g = diag_add(d, DIAG_FUNCTION_PLACE, name_range(call),
				  "'%.*s' cannot be used here", TEXT_ARG(call->text));

	if (!(row->places & ~(unsigned)(PLACE_RULE | PLACE_RULE_OPERAND))) {
		diag_hint(d, g, "it is a function of the section Rules only");
	} else if (row->places & PLACE_CONDITION) {
		diag_hint(d, g,
			  "name a condition in the section Conditions, and use it with "
			  "!If [Name, value, value]");
	} else if (words) {
		diag_detail(d, g, "%s", words->detail);
		diag_hint(d, g, "%s", words->hint);
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
			     "'%.*s' takes a list of %zu, and this one has %u",
			     TEXT_ARG(call->text), row->min, arg->count);
	else
		g = diag_add(d, DIAG_FUNCTION_ARGUMENT, arg->where,
			     "'%.*s' takes a list of %zu to %zu, and this one has %u",
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
	if (place != PLACE_CONDITION && place != PLACE_RULE)
		return place;
	if (text_is(call->text, "Fn::And") || text_is(call->text, "Fn::Or") ||
	    text_is(call->text, "Fn::Not") || text_is(call->text, "Condition"))
		return place;
	return place == PLACE_RULE ? PLACE_RULE_OPERAND : PLACE_OPERAND;
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
