/* cmd_completion.c - completion scripts for shells. */
#include <string.h>

#include "cli/help.h"
#include "cli/invocation.h"

static const char *const shells[] = {
	[SHELL_BASH] = "bash",
	[SHELL_ZSH] = "zsh",
	[SHELL_FISH] = "fish",
	NULL,
};

static int say_unknown(struct invocation *in, const char *word)
{
	struct usage u = USAGE_INIT;

	str_printf(&u.problem, "there is no completion for '%s'", word);
	str_add(&u.hint, "it is 'bash', 'zsh' or 'fish'");
	usage_show(&u, &in->err);
	usage_release(&u);
	return EXIT_USAGE;
}

static int run(struct invocation *in)
{
	const char *word = in->args->operands[0];
	struct str text = STR_INIT;

	for (size_t i = 0; shells[i]; i++) {
		if (strcmp(shells[i], word) != 0)
			continue;
		complete_write(&text, (enum shell)i);
		term_write(&in->out, &text);
		str_release(&text);
		return EXIT_DONE;
	}
	return say_unknown(in, word);
}

const struct command cmd_completion = {
	.name = "completion",
	.group = GROUP_ABOUT,
	.summary = "print a completion script for bash, zsh or fish",
	.operands = "SHELL",
	.operand_min = 1,
	.operand_max = 1,
	.operand_kind = OPERAND_CHOICE,
	.operand_choices = shells,
	.help = "Prints a script that completes commands, options and their values. 'make install' "
		"puts the scripts where the shells look for them.",
	.examples =
		(const char *const[]){
			"source <(hadeploy completion bash)", "in this bash",
			"hadeploy completion zsh >~/.zsh/completions/_hadeploy",
			"for zsh, with that folder in fpath",
			"hadeploy completion fish >~/.config/fish/completions/hadeploy.fish",
			"for fish", NULL},
	.run = run,
};
