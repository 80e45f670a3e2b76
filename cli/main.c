/*
 * main.c - the composition root: built-in providers, real clock, standard streams; reads
 * the command line, runs the command and makes sure that what it printed was written.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/help.h"
#include "cli/invocation.h"
#include "providers/builtin.h"

#define FILE_COUNT_WANTED 65536

/* A missing stream would be replaced by the next file that is opened.  These fail on use. */
static void fill_standard_streams(void)
{
	while (fcntl(STDIN_FILENO, F_GETFD) < 0 && open("/dev/null", O_WRONLY) >= 0)
		continue;
	while (fcntl(STDOUT_FILENO, F_GETFD) < 0 && open("/dev/null", O_RDONLY) >= 0)
		continue;
	while (fcntl(STDERR_FILENO, F_GETFD) < 0 && open("/dev/null", O_RDONLY) >= 0)
		continue;
}

/* Every connection takes descriptors, and the usual soft limit is for programs that use
 * select(), which this one does not. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILE_COUNT_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < FILE_COUNT_WANTED ? limit.rlim_max : FILE_COUNT_WANTED;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A full disk is an error; a reader that went away wants no more. */
static int check_written(const struct term *out, int code)
{
	if (!out->error)
		return code;
	if (out->error != EPIPE)
		fprintf(stderr, "hadeploy: standard output: %s\n", strerror(out->error));
	return code == EXIT_DONE ? EXIT_ERROR : code;
}

static int show_usage(struct invocation *in, const struct usage *u)
{
	usage_show(u, &in->err);
	return EXIT_USAGE;
}

static int show_overview(struct invocation *in, struct term *t)
{
	struct str text = STR_INIT;

	help_overview(&text, &t->style);
	term_write(t, &text);
	str_release(&text);
	return t == &in->err ? EXIT_USAGE : EXIT_DONE;
}

static int show_help(struct invocation *in)
{
	struct str text = STR_INIT;

	help_command(&text, in->command, &in->out.style);
	term_write(&in->out, &text);
	str_release(&text);
	return EXIT_DONE;
}

static int run_named(struct invocation *in, struct usage *u)
{
	in->command = command_find(in->args, u);
	if (!in->command)
		return show_usage(in, u);
	if (option_given(in->args, OPT_HELP))
		return show_help(in);
	if (command_check(in->command, in->args, u) != 0)
		return show_usage(in, u);
	return invocation_run(in);
}

static int run_nameless(struct invocation *in, struct usage *u)
{
	const char *unknown = in->args->unknown;

	if (option_given(in->args, OPT_HELP))
		return show_overview(in, &in->out);
	if (unknown && (strcmp(unknown, "--version") == 0 || strcmp(unknown, "-V") == 0)) {
		in->command = &cmd_version;
		return invocation_run(in);
	}
	if (!unknown)
		return show_overview(in, &in->err);
	str_printf(&u->problem, "unknown option '%s'", unknown);
	str_add(&u->hint, "'hadeploy help' lists commands and options");
	return show_usage(in, u);
}

static int run(struct invocation *in, char *const *args)
{
	struct usage u = USAGE_INIT;
	int code;

	term_init(&in->out, stdout, TERM_COLOUR_NEVER);
	term_init(&in->err, stderr, TERM_COLOUR_AUTO);
	if (options_read(in->arena, args, in->args, &u) != 0) {
		code = show_usage(in, &u);
	} else {
		enum term_colour colour =
			option_given(in->args, OPT_NO_COLOR) ? TERM_COLOUR_NEVER : TERM_COLOUR_AUTO;

		term_init(&in->out, stdout, colour);
		term_init(&in->err, stderr, colour);
		code = in->args->operand_count ? run_named(in, &u) : run_nameless(in, &u);
	}
	usage_release(&u);
	return code;
}

int main(int argc, char **argv)
{
	struct arguments args;
	struct invocation in = {
		.providers = builtin_providers,
		.clock = clock_real(),
		.arena = arena_new(),
		.args = &args,
	};
	int code;

	fill_standard_streams();
	raise_file_limit();
	signal(SIGPIPE, SIG_IGN);
	code = run(&in, argv + (argc > 0));
	arena_free(in.arena);
	return check_written(&in.out, code);
}
