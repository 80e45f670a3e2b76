/* manpage.c - the manual page in troff, from the command table. */
#include "cli/exit.h"
#include "cli/help.h"

/* What troff would read as a request or an escape. */
static void add_plain(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			str_add(out, "\\e");
		else if (*text == '-')
			str_add(out, "\\-");
		else if (*text == '\'')
			str_add(out, "\\(aq");
		else if (*text == '.' && (out->len == 0 || out->ptr[out->len - 1] == '\n'))
			str_add(out, "\\&.");
		else
			str_add_char(out, *text);
	}
}

static void add_bold(struct str *out, const char *text)
{
	str_add(out, "\\fB");
	add_plain(out, text);
	str_add(out, "\\fR");
}

/* Paragraphs are separated by an empty line. */
static void add_paragraphs(struct str *out, const char *text)
{
	struct text_split lines = text_split_start(text_of(text));
	struct text line;

	while (text_next(&lines, '\n', &line)) {
		struct str one = STR_INIT;

		str_add_text(&one, line);
		if (one.len)
			add_plain(out, str_cstr(&one));
		else
			str_add(out, ".PP");
		str_add_char(out, '\n');
		str_release(&one);
	}
}

static void add_option(struct str *out, const struct option_row *row)
{
	str_add(out, ".TP\n");
	if (row->letter)
		str_printf(out, "\\fB\\-%c\\fR, ", row->letter);
	str_add(out, "\\fB\\-\\-");
	add_plain(out, row->name);
	str_add(out, "\\fR");
	if (row->value) {
		str_add(out, " \\fI");
		add_plain(out, row->value);
		str_add(out, "\\fR");
	}
	str_add_char(out, '\n');
	add_plain(out, row->help);
	str_add_char(out, '\n');
}

static void add_options(struct str *out, const enum option_id *ids)
{
	for (; ids && *ids != OPT_END; ids++)
		add_option(out, option_row(*ids));
}

static void add_examples(struct str *out, const struct command *c)
{
	for (size_t i = 0; c->examples && c->examples[i]; i += 2) {
		str_add(out, ".PP\nExample, ");
		add_plain(out, c->examples[i + 1]);
		str_add(out, ":\n.PP\n.RS 4\n");
		add_bold(out, c->examples[i]);
		str_add(out, "\n.RE\n");
	}
}

static void add_command(struct str *out, const struct command *c)
{
	str_add(out, ".SS \"hadeploy ");
	add_plain(out, c->name);
	if (*c->operands) {
		str_add_char(out, ' ');
		add_plain(out, c->operands);
	}
	str_add(out, "\"\n");
	add_paragraphs(out, c->help);
	add_options(out, c->options);
	add_examples(out, c);
	for (size_t i = 0; c->children && c->children[i]; i++)
		add_command(out, c->children[i]);
}

static void add_exit_status(struct str *out)
{
	str_add(out, ".SH EXIT STATUS\n");
#define EXIT_CODE(number, symbol, text)        \
	str_add(out, ".TP\n.B " #number "\n"); \
	add_plain(out, text);                  \
	str_add_char(out, '\n');
	EXIT_CODES(EXIT_CODE)
#undef EXIT_CODE
}

static void add_environment(struct str *out)
{
	static const char *const rows[][2] = {
		{"HADEPLOY_PARAM_Name", "value of the template parameter Name; stronger than files "
					"and manifest, weaker than --param"},
		{"NO_COLOR", "no colours, whatever its value, unless it is empty"},
		{"CI", "when set, nobody is asked: changes need --yes"},
		{"TERM", "dumb: no colours and no live lines"},
	};

	str_add(out, ".SH ENVIRONMENT\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		str_printf(out, ".TP\n.B %s\n", rows[i][0]);
		add_plain(out, rows[i][1]);
		str_add_char(out, '\n');
	}
}

static void add_files(struct str *out)
{
	str_add(out, ".SH FILES\n.TP\n.I hadeploy.yaml\n"
		     "the manifest: regions, hosts, stacks and their targets\n"
		     ".TP\n.I .hadeploy/state.db\n"
		     "recorded state; a SQLite database that only its owner can read\n");
}

void manpage_write(struct str *out)
{
	str_add(out,
		".TH HADEPLOY 1 \"\" \"hadeploy " HADEPLOY_VERSION "\" \"User Commands\"\n"
		".SH NAME\n"
		"hadeploy \\- deploy stacks of resources over regions and zones\n"
		".SH SYNOPSIS\n"
		".B hadeploy\n.I COMMAND\n[\\fINAME\\fR...] [\\fIoptions\\fR]\n"
		".SH DESCRIPTION\n"
		"Reads declarative stack templates, compares them with recorded state, shows a "
		"plan and applies it in parallel over several regions and zones. It is run in "
		"the folder of \\fIhadeploy.yaml\\fR. Options may stand before and behind "
		"other words; a value follows after a blank or an equals sign.\n"
		".PP\n"
		"Plans, lists and JSON go to standard output, everything else to standard "
		"error.\n"
		".SH COMMANDS\n");
	for (size_t i = 0; commands[i]; i++)
		add_command(out, commands[i]);
	str_add(out, ".SH OPTIONS OF EVERY COMMAND\n");
	add_options(out, command_common_options);
	add_exit_status(out);
	add_environment(out);
	add_files(out);
}
