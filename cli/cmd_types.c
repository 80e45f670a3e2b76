/* cmd_types.c - the resource types that templates may use, and what is known about them. */
#include <string.h>

#include "base/file.h"
#include "base/vec.h"
#include "cli/invocation.h"

static bool is_pattern(const char *word)
{
	return strpbrk(word, "*?") != NULL;
}

static void say_unknown(struct invocation *in, const struct types *types, const char *word)
{
	struct diag *g = diag_add(
		&in->diags, DIAG_TYPE_UNKNOWN, RANGE_NONE, "%s '%s'",
		is_pattern(word) ? "no resource type fits" : "unknown resource type", word);
	size_t count;
	const char *const *names = types_names(types, &count);
	const char *near = is_pattern(word) ? NULL : text_nearest(text_of(word), names, count);

	if (near)
		diag_hint(&in->diags, g, "did you mean '%s'?", near);
	else
		diag_hint(&in->diags, g, "'hadeploy types' lists all of them");
}

static void show_fitting(struct invocation *in, const struct types *types, const char *pattern)
{
	struct {
		VEC_OF(const char *)
	} fitting = {0};
	size_t count;
	const char *const *names = types_names(types, &count);

	for (size_t i = 0; i < count; i++) {
		if (text_glob(text_of(pattern), text_of(names[i])))
			*vec_add(&fitting) = names[i];
	}
	if (fitting.count)
		in->view->show_type_names(in->view, fitting.items, fitting.count);
	else
		say_unknown(in, types, pattern);
	vec_release(&fitting);
}

static void show_one(struct invocation *in, struct types *types, const char *name)
{
	const char *text = types_schema(types, name);
	json_t *schema = text ? json_parse(text_of(text), in->arena, NULL) : NULL;

	if (schema)
		in->view->show_type(in->view, name, schema);
	else
		say_unknown(in, types, name);
	json_decref(schema);
}

/* The project's providers may know more, when there is a project. */
static const char *project_dir(struct invocation *in)
{
	if (option_given(in->args, OPT_PROJECT) ||
	    file_exists(path_join(in->arena, in->dir, MANIFEST_NAME)))
		return in->dir;
	return NULL;
}

static int run(struct invocation *in)
{
	const struct arguments *args = in->args;
	struct types *types = types_open(project_dir(in), in->providers, &in->diags);

	if (!types)
		return invocation_exit(in);
	if (!args->operand_count)
		show_fitting(in, types, "*");
	for (size_t i = 0; i < args->operand_count; i++) {
		if (is_pattern(args->operands[i]))
			show_fitting(in, types, args->operands[i]);
		else
			show_one(in, types, args->operands[i]);
	}
	types_close(types);
	return invocation_exit(in);
}

const struct command cmd_types = {
	.name = "types",
	.group = GROUP_ABOUT,
	.summary = "list resource types, or print what is known about one",
	.operands = "[TYPE|PATTERN...]",
	.operand_max = OPERANDS_ANY,
	.help = "Without a name it lists every resource type that templates may use, one per line; "
		"with a pattern those that fit it. Of a type that is named it prints what Ref and "
		"Fn::GetAtt give, its properties with what is required and what replaces the "
		"resource when it changes, and the objects in them. Works without a project; in "
		"one, the types of its plugins are known too.",
	.examples =
		(const char *const[]){"hadeploy types 'AWS::RDS::*'", "the types of one service",
				      "hadeploy types AWS::S3::Bucket", "one type in full", NULL},
	.options = (const enum option_id[]){OPT_JSON, OPT_END},
	.run = run,
};
