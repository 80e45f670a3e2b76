/* cmd_version.c - touches nothing, so that it starts as fast as a program can. */
#include "cli/invocation.h"

static int run(struct invocation *in)
{
	struct str text = STR_INIT;

	str_add(&text, "hadeploy " HADEPLOY_VERSION "\n");
	term_write(&in->out, &text);
	str_release(&text);
	return EXIT_DONE;
}

const struct command cmd_version = {
	.name = "version",
	.group = GROUP_ABOUT,
	.summary = "print the version",
	.operands = "",
	.help = "Prints the version; so does --version.",
	.run = run,
};
