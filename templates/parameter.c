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

static bool read_kind(struct text type, enum parameter_kind *kind)
{
	struct text inner = {type.ptr + 5, type.len - 6};

	if (text_is(type, "String") || string_type(type))
		*kind = PARAM_STRING;
	else if (text_is(type, "Number"))
		*kind = PARAM_NUMBER;
	else if (text_is(type, "List<Number>"))
		*kind = PARAM_NUMBER_LIST;
	else if (text_is(type, "CommaDelimitedList") || text_is(type, "List<String>"))
		*kind = PARAM_STRING_LIST;
	else if (text_starts(type, "List<") && text_ends(type, ">") && string_type(inner))
		*kind = PARAM_STRING_LIST;
	else
		return false;
	return true;
}

static void report_type(const struct node *type, struct diags *d)
{
	const char *names[ARRAY_LEN(plain_types) + ARRAY_LEN(string_types)];
	struct diag *g;

	if (text_starts(type->text, "AWS::SSM::Parameter::Value<")) {
		g = diag_add(d, DIAG_NOT_SUPPORTED_YET, type->where,
			     "not supported yet: parameter type '%.*s'", TEXT_ARG(type->text));
		diag_hint(d, g, "use String, and give the value in the manifest");
		return;
	}
	memcpy(names, plain_types, sizeof(plain_types));
	memcpy(names + ARRAY_LEN(plain_types), string_types, sizeof(string_types));
	g = diag_add(d, DIAG_PARAMETER_TYPE, type->where, "there is no parameter type '%.*s'",
		     TEXT_ARG(type->text));
	diag_hint(d, g, "use String, Number, CommaDelimitedList or List<Number>");
	diag_did_you_mean(d, g, type->text, names, ARRAY_LEN(names));
}

static int read_type(struct parameter *p, struct diags *d)
{
	const struct node *type = node_find(p->body, "Type");
	struct diag *g;

	if (!type) {
		g = diag_add(d, DIAG_PARAMETER_TYPE, p->where->where, "parameter '%s' has no Type",
			     p->name);
		diag_hint(d, g, "add 'Type: String'");
		return -1;
	}
	if (type->kind != NODE_SCALAR) {
		diag_add(d, DIAG_SHAPE, type->where, "a type is a string, and this is %s",
			 node_describe(type));
		return -1;
	}
	p->type = type->text.ptr;
	if (read_kind(type->text, &p->kind))
		return 0;
	report_type(type, d);
	return -1;
}

/* Constraints */

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
	if (p->kind != PARAM_STRING && p->kind != PARAM_STRING_LIST)
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

static int read_text(const struct parameter *p, const char *key, const char **out, struct diags *d)
{
	const struct node *n = node_find(p->body, key);

	if (!n)
		return 0;
	if (n->kind != NODE_SCALAR) {
		diag_add(d, DIAG_SHAPE, n->where, "%s is a string, and this is %s", key,
			 node_describe(n));
		return -1;
	}
	*out = n->text.ptr;
	return 0;
}

static int read_no_echo(struct parameter *p, struct diags *d)
{
	const struct node *n = node_find(p->body, "NoEcho");

	if (!n)
		return 0;
	if (n->kind == NODE_SCALAR) {
		p->no_echo = scalar_is_true(n->text);
		if (p->no_echo || text_is(n->text, "false") || text_is(n->text, "False") ||
		    text_is(n->text, "FALSE"))
			return 0;
	}
	diag_add(d, DIAG_SHAPE, n->where, "NoEcho is true or false");
	return -1;
}

static int check_default(struct arena *a, const struct parameter *p, struct diags *d)
{
	if (!p->initial)
		return 0;
	return parameter_value(a, p, NULL, d) ? 0 : -1;
}

static int load_one(struct arena *a, struct parameter *p, const struct node_entry *entry,
		    struct diags *d)
{
	struct constraints c;
	int result = logical_id_check(entry->key->text, entry->key, "parameter", d);

	p->name = entry->key->text.ptr;
	p->where = entry->key;
	p->body = entry->value;
	if (p->body->kind != NODE_MAP) {
		diag_add(d, DIAG_SHAPE, p->body->where, "a parameter is a map, and this is %s",
			 node_describe(p->body));
		return -1;
	}
	p->initial = node_find(p->body, "Default");
	result |= check_attributes(p, d);
	result |= read_text(p, "Description", &p->description, d);
	result |= read_text(p, "ConstraintDescription", &p->constraint_text, d);
	result |= read_no_echo(p, d);
	if (read_type(p, d) || constraints_read(p, &c, d))
		return -1;
	return check_default(a, p, d) | result;
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
		result |= load_one(a, &list[s->face.parameter_count], &section->entries[i], d);
		names_add(a, &s->parameters, section->entries[i].key->text,
			  &list[s->face.parameter_count++]);
	}
	s->face.parameters = list;
	return result;
}
