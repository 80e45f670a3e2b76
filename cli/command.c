/* command.c - the table of commands, and whether a command line fits it. */
#include "cli/command.h"

#include <string.h>

#include "base/text.h"
#include "base/vec.h"

const enum option_id command_common_options[] = {OPT_PROJECT, OPT_NO_COLOR, OPT_HELP, OPT_END};

const struct command *const commands[] = {
	&cmd_validate, &cmd_plan,     &cmd_apply,      &cmd_rollback,  &cmd_destroy,  &cmd_import,
	&cmd_drift,    &cmd_diff,     &cmd_status,     &cmd_history,   &cmd_lock,     &cmd_health,
	&cmd_outputs,  &cmd_render,   &cmd_graph,      &cmd_runbook,   &cmd_failover, &cmd_failback,
	&cmd_watch,    &cmd_recreate, &cmd_state,      &cmd_operation, &cmd_explain,  &cmd_types,
	&cmd_help,     &cmd_version,  &cmd_completion, NULL,
};

static const char *const group_titles[] = {
	[GROUP_DEPLOY] = "Deploy",
	[GROUP_LOOK] = "Look",
	[GROUP_FAILOVER] = "Runbooks and region failover",
	[GROUP_STATE] = "Recorded state",
	[GROUP_ABOUT] = "About the program",
};
_Static_assert(ARRAY_LEN(group_titles) == GROUP_ABOUT + 1, "a title for every group");

const char *command_group_title(enum command_group g)
{
	return group_titles[g];
}

const char *command_word(const struct command *c)
{
	const char *blank = strrchr(c->name, ' ');

	return blank ? blank + 1 : c->name;
}

static const struct command *find_word(const struct command *const *list, const char *word)
{
	for (size_t i = 0; list[i]; i++) {
		if (strcmp(command_word(list[i]), word) == 0)
			return list[i];
	}
	return NULL;
}

static const char *nearest_command(const struct command *const *list, const char *word)
{
	struct {
		VEC_OF(const char *)
	} names = {0};
	const char *found;

	for (size_t i = 0; list[i]; i++)
		*vec_add(&names) = command_word(list[i]);
	found = text_nearest(text_of(word), names.items, names.count);
	vec_release(&names);
	return found;
}

static void drop_operand(struct arguments *args)
{
	args->operands++;
	args->operand_count--;
}

static void say_unknown_child(const struct command *c, const char *word, struct usage *u)
{
	const char *near = nearest_command(c->children, word);

	str_printf(&u->problem, "'%s' has no command '%s'", c->name, word);
	if (near)
		str_printf(&u->hint, "did you mean 'hadeploy %s %s'?", c->name, near);
	else
		str_printf(&u->hint, "'hadeploy help %s' lists them", c->name);
}

static void say_child_missing(const struct command *c, struct usage *u)
{
	str_printf(&u->problem, "'%s' needs one of its commands:", c->name);
	for (size_t i = 0; c->children[i]; i++)
		str_printf(&u->problem, "%s %s", i ? "," : "", command_word(c->children[i]));
	str_printf(&u->hint, "'hadeploy help %s' explains them", c->name);
}

static const struct command *find_child(const struct command *c, struct arguments *args,
					struct usage *u)
{
	const struct command *child;

	if (!args->operand_count) {
		if (option_given(args, OPT_HELP))
			return c;
		say_child_missing(c, u);
		return NULL;
	}
	child = find_word(c->children, args->operands[0]);
	if (!child) {
		say_unknown_child(c, args->operands[0], u);
		return NULL;
	}
	drop_operand(args);
	return child;
}

const struct command *command_find(struct arguments *args, struct usage *u)
{
	const char *word = args->operands[0], *near;
	const struct command *c = find_word(commands, word);

	if (c) {
		drop_operand(args);
		return c->children ? find_child(c, args, u) : c;
	}
	near = nearest_command(commands, word);
	str_printf(&u->problem, "unknown command '%s'", word);
	if (near)
		str_printf(&u->hint, "did you mean 'hadeploy %s'?", near);
	else
		str_add(&u->hint, "'hadeploy help' lists the commands");
	return NULL;
}

const struct command *command_named(const char *const *words, size_t count)
{
	const struct command *c = count ? find_word(commands, words[0]) : NULL;

	if (c && count == 2)
		return c->children ? find_word(c->children, words[1]) : NULL;
	return count > 2 ? NULL : c;
}

static bool listed(const enum option_id *list, enum option_id id)
{
	for (; list && *list != OPT_END; list++) {
		if (*list == id)
			return true;
	}
	return false;
}

bool command_accepts(const struct command *c, enum option_id id)
{
	return listed(command_common_options, id) || listed(c->options, id);
}

static const char *nearest_option(const struct command *c, const char *word)
{
	struct {
		VEC_OF(const char *)
	} names = {0};
	const char *found;

	for (size_t i = 0; i < OPT_END; i++) {
		if (command_accepts(c, (enum option_id)i))
			*vec_add(&names) = option_row((enum option_id)i)->name;
	}
	found = text_nearest(text_of(word + strspn(word, "-")), names.items, names.count);
	vec_release(&names);
	return found;
}

static int say_unknown_option(const struct command *c, const char *word, struct usage *u)
{
	const char *near = nearest_option(c, word);

	str_printf(&u->problem, "'%s' has no option '%s'", c->name, word);
	if (near)
		str_printf(&u->hint, "did you mean '--%s'?", near);
	else
		str_printf(&u->hint, "'hadeploy help %s' lists its options", c->name);
	return -1;
}

static int check_operands(const struct command *c, const struct arguments *args, struct usage *u)
{
	if (args->operand_count < c->operand_min)
		str_printf(&u->problem, "'%s' needs %s", c->name, c->operands);
	else if (args->operand_count > c->operand_max)
		str_printf(&u->problem, "'%s' does not take '%s'", c->name,
			   args->operands[c->operand_max]);
	else
		return 0;
	str_printf(&u->hint, "usage: hadeploy %s%s%s [options]", c->name, *c->operands ? " " : "",
		   c->operands);
	return -1;
}

/* "--format" of one command is another option than that of another. */
static void settle_names(const struct command *c, struct arguments *args)
{
	for (size_t i = 0; i < OPT_END; i++) {
		if (!option_given(args, (enum option_id)i) || command_accepts(c, (enum option_id)i))
			continue;
		for (size_t k = 0; k < OPT_END; k++) {
			if (k == i || !command_accepts(c, (enum option_id)k) ||
			    strcmp(option_row((enum option_id)i)->name,
				   option_row((enum option_id)k)->name) != 0)
				continue;
			args->options[k] = args->options[i];
			args->options[i] = (struct option_value){0};
			break;
		}
	}
}

static int check_choice(const struct option_row *row, const char *value, struct usage *u)
{
	for (size_t i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], value) == 0)
			return 0;
	}
	str_printf(&u->problem, "--%s cannot be '%s'", row->name, value);
	str_add(&u->hint, "it is");
	for (size_t i = 0; row->choices[i]; i++)
		str_printf(&u->hint, "%s '%s'", i ? " or" : "", row->choices[i]);
	return -1;
}

static int check_choices(const struct arguments *args, struct usage *u)
{
	for (size_t i = 0; i < OPT_END; i++) {
		const struct option_row *row = option_row((enum option_id)i);

		if (row->kind == OPTION_CHOICE && option_given(args, (enum option_id)i) &&
		    check_choice(row, args->options[i].text, u) != 0)
			return -1;
	}
	return 0;
}

/* What a rehearsal plans is not what there would be to do, and a freeze is a matter of the day. */
static int check_saving(const struct arguments *args, struct usage *u)
{
	if (!option_given(args, OPT_OUT))
		return 0;
	if (option_given(args, OPT_SIMULATE)) {
		str_add(&u->problem, "--simulate does not go together with --out");
		str_add(&u->hint, "a saved plan is for the real world; save it without --simulate");
		return -1;
	}
	if (option_given(args, OPT_OVERRIDE_FREEZE)) {
		str_add(&u->problem, "--override-freeze does not go together with --out");
		str_add(&u->hint, "what holds is what is frozen when it is applied; give it to "
				  "'hadeploy apply --plan'");
		return -1;
	}
	return 0;
}

/* A saved plan says itself what it is of. */
static int check_saved_plan(const struct command *c, const struct arguments *args, struct usage *u)
{
	static const enum option_id beside_plan[] = {OPT_PLAN,
						     OPT_YES,
						     OPT_PARAM_FILE,
						     OPT_PARALLELISM,
						     OPT_LOCK_TIMEOUT,
						     OPT_JSON,
						     OPT_PROJECT,
						     OPT_NO_COLOR,
						     OPT_FULL,
						     OPT_ON_FAILURE,
						     OPT_OVERRIDE_FREEZE,
						     OPT_OVERRIDE_POLICY,
						     OPT_OVERRIDE_EXECUTION,
						     OPT_ACCEPT_DATA_LOSS,
						     OPT_END};
	static const enum option_id beside_show[] = {OPT_SHOW, OPT_JSON, OPT_PROJECT, OPT_NO_COLOR,
						     OPT_END};
	enum option_id id = option_given(args, OPT_PLAN) ? OPT_PLAN : OPT_SHOW;
	const enum option_id *beside = id == OPT_PLAN ? beside_plan : beside_show;

	if (!option_given(args, id))
		return 0;
	if (args->operand_count)
		str_printf(&u->problem, "'%s' is not named together with --%s", args->operands[0],
			   option_row(id)->name);
	for (size_t i = 0; i < OPT_END && !u->problem.len; i++)
		if (option_given(args, (enum option_id)i) && !listed(beside, (enum option_id)i))
			str_printf(&u->problem, "--%s does not go together with --%s",
				   option_row((enum option_id)i)->name, option_row(id)->name);
	if (!u->problem.len)
		return 0;
	str_printf(&u->hint, "what 'hadeploy %s --%s' works on is in the file", c->name,
		   option_row(id)->name);
	return -1;
}

static int check_way_back(const struct arguments *args, struct usage *u)
{
	if (!option_given(args, OPT_PREVIOUS) || !option_given(args, OPT_TO_REV))
		return 0;
	str_add(&u->problem, "--previous does not go together with --to");
	str_add(&u->hint, "--previous finds the commit itself");
	return -1;
}

int command_check(const struct command *c, struct arguments *args, struct usage *u)
{
	struct str word = STR_INIT;
	int status = 0;

	if (args->unknown)
		return say_unknown_option(c, args->unknown, u);
	settle_names(c, args);
	for (size_t i = 0; i < OPT_END && status == 0; i++) {
		if (!option_given(args, (enum option_id)i) || command_accepts(c, (enum option_id)i))
			continue;
		str_printf(&word, "--%s", option_row((enum option_id)i)->name);
		status = say_unknown_option(c, str_cstr(&word), u);
	}
	str_release(&word);
	if (status == 0)
		status = check_choices(args, u);
	if (status == 0)
		status = check_saving(args, u) == 0 ? check_saved_plan(c, args, u) : -1;
	if (status == 0)
		status = check_way_back(args, u);
	return status == 0 ? check_operands(c, args, u) : status;
}
