/* cmd_help.c - help for people, and the manual page. */
#include "cli/help.h"
#include "cli/invocation.h"

static const struct command *named(struct invocation *in)
{
	const struct command *c = command_named(in->args->operands, in->args->operand_count);
	struct usage u = USAGE_INIT;
	struct arguments again = *in->args;

	if (c)
		return c;
	again.options[OPT_HELP].count = 1;
	command_find(&again, &u);
	if (!u.problem.len)
		str_printf(&u.problem, "unknown command '%s %s'", in->args->operands[0],
			   in->args->operands[1]);
	usage_show(&u, &in->err);
	usage_release(&u);
	return NULL;
}

static int run(struct invocation *in)
{
	struct str text = STR_INIT;
	const struct command *c = NULL;

	if (in->args->operand_count && !(c = named(in)))
		return EXIT_USAGE;
	if (option_given(in->args, OPT_MAN))
		manpage_write(&text);
	else if (c)
		help_command(&text, c, &in->out.style);
	else
		help_overview(&text, &in->out.style);
	term_write(&in->out, &text);
	str_release(&text);
	return EXIT_DONE;
}

const struct command cmd_help = {
	.name = "help",
	.group = GROUP_ABOUT,
	.summary = "explain a command, or list all of them",
	.operands = "[COMMAND]",
	.operand_max = 2,
	.operand_kind = OPERAND_COMMAND,
	.help = "Explains a command with all its options. With --man it prints the manual page of "
		"the whole program.",
	.examples =
		(const char *const[]){"hadeploy help state rm", "one command",
				      "hadeploy help --man | man -l -", "the manual page", NULL},
	.options = (const enum option_id[]){OPT_MAN, OPT_END},
	.run = run,
};
