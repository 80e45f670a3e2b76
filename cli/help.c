/* help.c - help from the command table. */
#include "cli/help.h"

#include <stdio.h>

#include "cli/exit.h"
#include "cli/view_text.h"

#define WIDTH 80
#define INDENT 2
#define NAME_COLUMN 20   /* where summaries of commands begin */
#define OPTION_COLUMN 27 /* where texts of options begin */

static const struct {
	const char *code, *text;
} exit_rows[] = {
#define EXIT_CODE(number, symbol, text) {#number, text},
	EXIT_CODES(EXIT_CODE)
#undef EXIT_CODE
};

static void add_title(struct str *out, const struct style *st, const char *title)
{
	str_add_char(out, '\n');
	paint_text(out, st, PAINT_BOLD, title);
	str_add_char(out, '\n');
}

/* "  name      text text", wrapped below the text. */
static void add_row(struct str *out, const char *name, const char *text, size_t column)
{
	struct str body = STR_INIT;
	size_t start = out->len, width;
	const char *rest;

	str_printf(out, "%*s%s", INDENT, "", name);
	width = out->len - start;
	wrapped(&body, text_of(text), column, WIDTH);
	if (width + 2 > column) {
		str_add_char(out, '\n');
		rest = str_cstr(&body);
	} else {
		str_repeat(out, ' ', column - width);
		rest = str_cstr(&body) + column;
	}
	str_add(out, rest);
	str_release(&body);
}

void help_option_name(struct str *out, const struct option_row *row)
{
	if (row->letter)
		str_printf(out, "-%c, ", row->letter);
	str_printf(out, "--%s", row->name);
	if (row->value)
		str_printf(out, " %s", row->value);
}

static void add_options(struct str *out, const enum option_id *ids)
{
	for (; ids && *ids != OPT_END; ids++) {
		struct str name = STR_INIT;

		help_option_name(&name, option_row(*ids));
		add_row(out, str_cstr(&name), option_row(*ids)->help, OPTION_COLUMN);
		str_release(&name);
	}
}

static void add_exit_codes(struct str *out, const struct style *st)
{
	add_title(out, st, "Exit codes");
	for (size_t i = 0; i < ARRAY_LEN(exit_rows); i++)
		add_row(out, exit_rows[i].code, exit_rows[i].text, INDENT + 5);
}

static void add_commands(struct str *out, const struct command *const *list)
{
	for (size_t i = 0; list[i]; i++)
		add_row(out, list[i]->name, list[i]->summary, NAME_COLUMN);
}

static void add_group(struct str *out, const struct style *st, enum command_group group)
{
	add_title(out, st, command_group_title(group));
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->group != group)
			continue;
		if (commands[i]->children)
			add_commands(out, commands[i]->children);
		else
			add_row(out, commands[i]->name, commands[i]->summary, NAME_COLUMN);
	}
}

void help_overview(struct str *out, const struct style *st)
{
	paint_text(out, st, PAINT_BOLD, "hadeploy");
	str_add(out, " deploys stacks of resources over regions and zones.\n\n"
		     "usage: hadeploy COMMAND [NAME...] [options]\n");
	for (int group = 0; group <= GROUP_ABOUT; group++)
		add_group(out, st, (enum command_group)group);
	add_title(out, st, "Options of every command");
	add_options(out, command_common_options);
	add_exit_codes(out, st);
	str_add(out,
		"\nIt runs in the folder of hadeploy.yaml. 'hadeploy help COMMAND' explains a\n"
		"command, 'hadeploy explain CODE' the code of a message.\n");
}

void help_usage_line(struct str *out, const struct command *c)
{
	str_printf(out, "usage: hadeploy %s%s%s [options]\n", c->name, *c->operands ? " " : "",
		   c->operands);
}

static void add_examples(struct str *out, const struct command *c, const struct style *st)
{
	if (!c->examples)
		return;
	add_title(out, st, "Examples");
	for (size_t i = 0; c->examples[i]; i += 2)
		str_printf(out, "  %s\n      %s\n", c->examples[i], c->examples[i + 1]);
}

void help_command(struct str *out, const struct command *c, const struct style *st)
{
	help_usage_line(out, c);
	str_add_char(out, '\n');
	wrapped(out, text_of(c->help), 0, WIDTH);
	if (c->children) {
		add_title(out, st, "Commands");
		add_commands(out, c->children);
	}
	if (c->options) {
		add_title(out, st, "Options");
		add_options(out, c->options);
	}
	add_title(out, st, "Options of every command");
	add_options(out, command_common_options);
	add_examples(out, c, st);
}
