/* unserved_type.c - the table of types that need CloudFormation itself. */
#include "engine/unserved_type.h"

struct unserved_type {
	const char *pattern;
	const char *why, *instead;
};

#define NO_SIGNALS "nothing here takes the signals that it waits for"
#define NO_CALLS "nothing here calls the function behind it"
#define NO_REGISTRY "it sets up CloudFormation itself, which is not used here"
#define USE_COMMAND                                                                   \
	"run what it waits for as an SSH::Command, which ends when its script ends, " \
	"and order the rest with DependsOn"
#define USE_PLUGIN                                                                      \
	"do its work with an SSH::Command, or serve the type by a provider plugin: an " \
	"entry of Providers with Use and Types"

/* The first row that fits holds. */
static const struct unserved_type table[] = {
	{"AWS::CloudFormation::WaitCondition", NO_SIGNALS, USE_COMMAND},
	{"AWS::CloudFormation::WaitConditionHandle", NO_SIGNALS, USE_COMMAND},
	{"AWS::CloudFormation::CustomResource", NO_CALLS, USE_PLUGIN},
	{"Custom::*", NO_CALLS, USE_PLUGIN},
	{"AWS::CloudFormation::Macro", NO_CALLS,
	 "write the templates that use it as it would make them"},
	{"AWS::CloudFormation::StackSet", "stack sets are part of the manifest here",
	 "name the stack there, with several Targets and a Rollout"},
	{"AWS::CloudFormation::Module*", NO_REGISTRY,
	 "put what the module holds into a file, and nest it: AWS::CloudFormation::Stack with "
	 "TemplateURL: ./FILE.yaml"},
	{"AWS::CloudFormation::Hook*", NO_REGISTRY, "remove the resource"},
	{"AWS::CloudFormation::*Hook", NO_REGISTRY, "remove the resource"},
	{"AWS::CloudFormation::Publi*", NO_REGISTRY, "remove the resource"},
	{"AWS::CloudFormation::Resource*", NO_REGISTRY, "remove the resource"},
	{"AWS::CloudFormation::TypeActivation", NO_REGISTRY, "remove the resource"},
};

static const struct unserved_type *find(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (text_glob(text_of(table[i].pattern), text_of(type)))
			return &table[i];
	}
	return NULL;
}

bool unserved_type(const char *type)
{
	return find(type) != NULL;
}

bool unserved_type_refuse(const char *type, struct range where, struct diags *d)
{
	const struct unserved_type *row = find(type);
	struct diag *g;

	if (!row)
		return false;
	g = diag_add(d, DIAG_TYPE_UNSERVED, where, "'%s' is not supported here", type);
	diag_detail(d, g, "%s", row->why);
	diag_hint(d, g, "%s", row->instead);
	return true;
}
