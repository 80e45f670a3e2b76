/* parameter.c - the section Parameters. */
#include "templates/parameter.h"

#include <string.h>

#include "base/pattern.h"
#include "templates/scalar.h"

static const char *const attributes[] = {
	"Type",
	"Default",
	"Description",
	"NoEcho",
	"AllowedValues",
	"AllowedPattern",
	"MinLength",
	"MaxLength",
	"MinValue",
	"MaxValue",
	"ConstraintDescription",
};

#define LOOKED_UP_PREFIX "AWS::SSM::Parameter::Value<"

/* Types whose values are strings; each has a List<> too. */
static const char *const string_types[] = {
	"AWS::EC2::AvailabilityZone::Name",
	"AWS::EC2::Image::Id",
	"AWS::EC2::Instance::Id",
	"AWS::EC2::KeyPair::KeyName",
	"AWS::EC2::SecurityGroup::GroupName",
	"AWS::EC2::SecurityGroup::Id",
	"AWS::EC2::Subnet::Id",
	"AWS::EC2::VPC::Id",
	"AWS::EC2::Volume::Id",
	"AWS::Route53::HostedZone::Id",
	"AWS::SSM::Parameter::Name",
};

static const char *const plain_types[] = {
	"String", "Number", "CommaDelimitedList", "List<Number>", "List<String>",
};

/* Types */

static bool in_list(struct text t, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_is(t, names[i]))
			return true;
	}
	return false;
}

static bool string_type(struct text t)
{
	return in_list(t, string_types, ARRAY_LEN(string_types));
}

static struct text inside(struct text t, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!text_starts(t, prefix) || !text_ends(t, ">"))
		return (struct text){NULL, 0};
	return (struct text){t.ptr + len, t.len - len - 1};
}

static bool read_kind(struct text type, enum parameter_kind *kind)
{
	if (text_is(type, "String") || string_type(type))
		*kind = PARAM_STRING;
	else if (text_is(type, "Number"))
		*kind = PARAM_NUMBER;
	else if (text_is(type, "List<Number>"))
		*kind = PARAM_NUMBER_LIST;
	else if (text_is(type, "CommaDelimitedList") || text_is(type, "List<String>"))
		*kind = PARAM_STRING_LIST;
	else if (string_type(inside(type, "List<")))
		*kind = PARAM_STRING_LIST;
	else
		return false;
	return true;
}

/* The parameter store has texts and lists of texts. */
static bool read_stored_kind(struct text type, enum parameter_kind *kind)
{
	struct text stored = inside(type, LOOKED_UP_PREFIX);

	return stored.ptr && read_kind(stored, kind) &&
	       (*kind == PARAM_STRING || *kind == PARAM_STRING_LIST);
}

static void report_stored_type(const struct node *type, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_PARAMETER_TYPE, type->where,
				  "there is no parameter type '%.*s'", TEXT_ARG(type->text));

	diag_hint(d, g,
		  "between < and > stands String, List<String>, CommaDelimitedList, a type such "
		  "as AWS::EC2::Image::Id, or a List<> of such a type");
}

static int report_type(const struct node *type, struct diags *d)
{
	const char *names[ARRAY_LEN(plain_types) + ARRAY_LEN(string_types)];
	struct diag *g;

	if (text_starts(type->text, LOOKED_UP_PREFIX)) {
		report_stored_type(type, d);
		return -1;
	}
	memcpy(names, plain_types, sizeof(plain_types));
	memcpy(names + ARRAY_LEN(plain_types), string_types, sizeof(string_types));
	g = diag_add(d, DIAG_PARAMETER_TYPE, type->where, "there is no parameter type '%.*s'",
		     TEXT_ARG(type->text));
	diag_hint(d, g, "use String, Number, CommaDelimitedList or List<Number>");
	diag_did_you_mean(d, g, type->text, names, ARRAY_LEN(names));
	return -1;
}

/* What is wrong with it is said when the template is checked. */
static void read_type(struct parameter *p)
{
	const struct node *type = node_find(p->body, "Type");

	p->type = "String";
	p->kind = PARAM_STRING;
	if (!type || type->kind != NODE_SCALAR)
		return;
	p->type = type->text.ptr;
	p->looked_up = read_stored_kind(type->text, &p->kind);
	if (!p->looked_up)
		read_kind(type->text, &p->kind);
}

static int check_type(const struct parameter *p, struct diags *d)
{
	const struct node *type = node_find(p->body, "Type");
	enum parameter_kind kind;
	struct diag *g;

	if (!type) {
		g = diag_add(d, DIAG_PARAMETER_TYPE, p->where->where, "parameter '%s' has no Type",
			     p->name);
		diag_hint(d, g, "add 'Type: String'");
		return -1;
	}
	if (type->kind != NODE_SCALAR) {
		g = diag_add(d, DIAG_SHAPE, type->where, "a type is a string, and this is %s",
			     node_describe(type));
		if (type->kind == NODE_CALL)
			diag_hint(d, g, "functions cannot be used in Parameters");
		return -1;
	}
	return p->looked_up || read_kind(type->text, &kind) ? 0 : report_type(type, d);
}

/* Constraints */

static bool parameter_text(const struct parameter *p)
{
	return p->kind == PARAM_STRING || p->looked_up;
}

static int misused(const struct parameter *p, const struct node *at, const char *problem,
		   struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_PARAMETER_CONSTRAINT, at->where, "%s", problem);

	diag_related(d, g, p->where->where, "the parameter");
	return -1;
}

static int read_length(const struct parameter *p, const char *key, bool *has, int64_t *out,
		       struct diags *d)
{
	const struct node *n = node_find(p->body, key);

	*has = n;
	if (!n)
		return 0;
	if (!parameter_text(p) && p->kind != PARAM_STRING_LIST)
		return misused(p, n, "only strings have a length to limit", d);
	if (n->kind == NODE_SCALAR && text_to_int64(n->text, 0, INT64_MAX, out))
		return 0;
	return misused(p, n, "a length is a whole number from 0", d);
}

static int read_bound(const struct parameter *p, const char *key, bool *has, double *out,
		      struct diags *d)
{
	const struct node *n = node_find(p->body, key);

	*has = n;
	if (!n)
		return 0;
	if (p->kind != PARAM_NUMBER && p->kind != PARAM_NUMBER_LIST)
		return misused(p, n, "only numbers have a smallest and a largest value", d);
	if (n->kind == NODE_SCALAR && text_to_double(n->text, out))
		return 0;
	return misused(p, n, "a bound is a number", d);
}

static int read_allowed(const struct parameter *p, struct constraints *c, struct diags *d)
{
	const struct node *list = node_find(p->body, "AllowedValues");

	c->allowed = list;
	if (!list)
		return 0;
	if (list->kind != NODE_LIST || !list->count)
		return misused(p, list, "AllowedValues is a list with at least one value", d);
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i]->kind != NODE_SCALAR)
			return misused(p, list->items[i], "an allowed value is a plain value", d);
	}
	return 0;
}

static int read_pattern(const struct parameter *p, struct constraints *c, struct diags *d)
{
	const struct node *n = node_find(p->body, "AllowedPattern");
	struct arena *scratch;
	const char *problem;
	int result = 0;

	c->pattern = n;
	if (!n)
		return 0;
	if (n->kind != NODE_SCALAR)
		return misused(p, n, "AllowedPattern is a string", d);
	scratch = arena_new();
	if (pattern_match(scratch, n->text, TEXT_LIT(""), &problem) == PATTERN_INVALID) {
		diag_hint(d,
			  diag_add(d, DIAG_PARAMETER_CONSTRAINT, n->where,
				   "the pattern cannot be used: %s", problem),
			  "write it as a Java regular expression; it is matched against the "
			  "whole value");
		result = -1;
	}
	arena_free(scratch);
	return result;
}

int constraints_read(const struct parameter *p, struct constraints *c, struct diags *d)
{
	int result = 0;

	*c = (struct constraints){0};
	result |= read_allowed(p, c, d);
	result |= read_pattern(p, c, d);
	result |= read_length(p, "MinLength", &c->has_min_len, &c->min_len, d);
	result |= read_length(p, "MaxLength", &c->has_max_len, &c->max_len, d);
	result |= read_bound(p, "MinValue", &c->has_min, &c->min, d);
	result |= read_bound(p, "MaxValue", &c->has_max, &c->max, d);
	if (result)
		return -1;
	if (c->has_min_len && c->has_max_len && c->min_len > c->max_len)
		return misused(p, node_find(p->body, "MinLength"), "MinLength is above MaxLength",
			       d);
	if (c->has_min && c->has_max && c->min > c->max)
		return misused(p, node_find(p->body, "MinValue"), "MinValue is above MaxValue", d);
	return 0;
}

/* Attributes */

static int check_attributes(const struct parameter *p, struct diags *d)
{
	int result = 0;

	for (size_t i = 0; i < p->body->count; i++) {
		const struct node *key = p->body->entries[i].key;
		struct diag *g;

		if (in_list(key->text, attributes, ARRAY_LEN(attributes)))
			continue;
		g = diag_add(d, DIAG_PARAMETER_ATTRIBUTE, key->where,
			     "a parameter has no attribute '%.*s'", TEXT_ARG(key->text));
		diag_did_you_mean(d, g, key->text, attributes, ARRAY_LEN(attributes));
		result = -1;
	}
	return result;
}

static int check_text(const struct parameter *p, const char *key, struct diags *d)
{
	const struct node *n = node_find(p->body, key);

	if (!n || n->kind == NODE_SCALAR)
		return 0;
	diag_add(d, DIAG_SHAPE, n->where, "%s is a string, and this is %s", key, node_describe(n));
	return -1;
}

static const char *read_text(const struct parameter *p, const char *key)
{
	const struct node *n = node_find(p->body, key);

	return n && n->kind == NODE_SCALAR ? n->text.ptr : NULL;
}

static bool is_false(struct text t)
{
	return text_is(t, "false") || text_is(t, "False") || text_is(t, "FALSE");
}

static int check_no_echo(const struct parameter *p, struct diags *d)
{
	const struct node *n = node_find(p->body, "NoEcho");

	if (!n || (n->kind == NODE_SCALAR && (p->no_echo || is_false(n->text))))
		return 0;
	diag_add(d, DIAG_SHAPE, n->where, "NoEcho is true or false");
	return -1;
}

static int check_default(struct arena *a, const struct parameter *p, struct diags *d)
{
	if (!p->initial)
		return 0;
	return parameter_value(a, p, NULL, d) ? 0 : -1;
}

static int check_one(struct arena *a, const struct parameter *p, struct diags *d)
{
	struct constraints c;
	int result = check_attributes(p, d);

	result |= check_text(p, "Description", d);
	result |= check_text(p, "ConstraintDescription", d);
	result |= check_no_echo(p, d);
	if (check_type(p, d) || constraints_read(p, &c, d))
		return -1;
	return check_default(a, p, d) | result;
}

int parameters_check(const struct sections *s, struct diags *d)
{
	struct arena *scratch = arena_new();
	int result = 0;

	for (size_t i = 0; i < s->face.parameter_count; i++) {
		if (s->face.parameters[i].body->kind == NODE_MAP)
			result |= check_one(scratch, &s->face.parameters[i], d);
	}
	arena_free(scratch);
	return result;
}

/* Loading */

static int load_one(struct parameter *p, const struct node_entry *entry, struct diags *d)
{
	const struct node *no_echo;

	p->name = entry->key->text.ptr;
	p->where = entry->key;
	p->body = entry->value;
	if (p->body->kind != NODE_MAP) {
		diag_add(d, DIAG_SHAPE, p->body->where, "a parameter is a map, and this is %s",
			 node_describe(p->body));
		return -1;
	}
	p->initial = node_find(p->body, "Default");
	p->description = read_text(p, "Description");
	p->constraint_text = read_text(p, "ConstraintDescription");
	no_echo = node_find(p->body, "NoEcho");
	p->no_echo = no_echo && no_echo->kind == NODE_SCALAR && scalar_is_true(no_echo->text);
	read_type(p);
	return logical_id_check(entry->key->text, entry->key, "parameter", d);
}

static int refuse_loop(const struct node_entry *entry, struct diags *d)
{
	struct diag *g;

	if (!text_starts(entry->key->text, FOREACH_PREFIX))
		return 0;
	g = diag_add(d, DIAG_FUNCTION_PLACE, entry->key->where, "a loop cannot make parameters");
	diag_hint(d, g, "use one parameter with a list type");
	return -1;
}

int parameters_load(struct arena *a, struct sections *s, const struct node *section,
		    struct diags *d)
{
	struct parameter *list;
	int result = 0;

	if (!section)
		return 0;
	list = ARENA_ARRAY(a, section->count, struct parameter);
	for (size_t i = 0; i < section->count; i++) {
		if (refuse_loop(&section->entries[i], d)) {
			result = -1;
			continue;
		}
		result |= load_one(&list[s->face.parameter_count], &section->entries[i], d);
		names_add(a, &s->parameters, section->entries[i].key->text,
			  &list[s->face.parameter_count++]);
	}
	s->face.parameters = list;
	return result;
}
