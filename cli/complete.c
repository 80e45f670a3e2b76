/* complete.c - completion scripts, from the command table. */
#include <string.h>

#include "cli/help.h"

/* Calls each for every command that can be typed, children after their parent. */
static void each_command(struct str *out, void (*each)(struct str *out, const struct command *c))
{
	for (size_t i = 0; commands[i]; i++) {
		each(out, commands[i]);
		for (size_t k = 0; commands[i]->children && commands[i]->children[k]; k++)
			each(out, commands[i]->children[k]);
	}
}

static void each_option(struct str *out, const struct command *c,
			void (*each)(struct str *out, const struct option_row *row))
{
	for (size_t i = 0; c->options && c->options[i] != OPT_END; i++)
		each(out, option_row(c->options[i]));
	for (size_t i = 0; command_common_options[i] != OPT_END; i++)
		each(out, option_row(command_common_options[i]));
}

static void add_word(struct str *out, const char *word)
{
	str_printf(out, "%s%s", out->len && out->ptr[out->len - 1] != '\'' ? " " : "", word);
}

/* Words that may follow a command: its commands, choices, or all commands for help. */
static void add_operand_words(struct str *out, const struct command *c)
{
	for (size_t i = 0; c->children && c->children[i]; i++)
		add_word(out, command_word(c->children[i]));
	for (size_t i = 0; c->operand_choices && c->operand_choices[i]; i++)
		add_word(out, c->operand_choices[i]);
	for (size_t i = 0; c->operand_kind == OPERAND_COMMAND && commands[i]; i++)
		add_word(out, commands[i]->name);
}

static void add_option_word(struct str *out, const struct option_row *row)
{
	struct str word = STR_INIT;

	str_printf(&word, "--%s", row->name);
	add_word(out, str_cstr(&word));
	str_release(&word);
}

/* --- bash --- */

static void bash_command(struct str *out, const struct command *c)
{
	str_printf(out, "\t'%s')\n\t\twords='", c->name);
	add_operand_words(out, c);
	str_add(out, "'\n\t\toptions='");
	each_option(out, c, add_option_word);
	str_add(out, "'\n");
	if (c->operand_kind == OPERAND_TEMPLATE)
		str_add(out, "\t\tfiles=yes\n");
	str_add(out, "\t\t;;\n");
}

/* An option before this one has its name. */
static bool is_namesake(size_t id)
{
	for (size_t i = 0; i < id; i++) {
		if (strcmp(option_row((enum option_id)i)->name,
			   option_row((enum option_id)id)->name) == 0)
			return true;
	}
	return false;
}

static void add_with_value(struct str *out, const char *separator)
{
	const char *before = "";

	for (size_t i = 0; i < OPT_END; i++) {
		const struct option_row *row = option_row((enum option_id)i);

		if (!row->value || is_namesake(i))
			continue;
		str_printf(out, "%s--%s", before, row->name);
		before = separator;
	}
}

/* What a command's option of a name can be. */
static void bash_choices(struct str *out, const struct command *c, const char *name)
{
	for (size_t i = 0; c->options && c->options[i] != OPT_END; i++) {
		const struct option_row *row = option_row(c->options[i]);

		if (!row->choices || strcmp(row->name, name) != 0)
			continue;
		str_printf(out, "\t\t'%s') words='", c->name);
		for (size_t k = 0; row->choices[k]; k++)
			add_word(out, row->choices[k]);
		str_add(out, "' ;;\n");
	}
}

static void bash_value(struct str *out, const struct option_row *row)
{
	str_printf(out, "\t--%s)\n", row->name);
	if (row->kind == OPTION_CHOICE) {
		str_add(out, "\t\tcase $command in\n");
		for (size_t i = 0; commands[i]; i++)
			bash_choices(out, commands[i], row->name);
		str_add(out, "\t\tesac\n\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
			     "\"$cur\")\n");
	} else if (row->completes != COMPLETES_NOTHING) {
		str_printf(out,
			   "\t\tcompopt -o filenames 2>/dev/null\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -%c -- \"$cur\")\n",
			   row->completes == COMPLETES_FOLDER ? 'd' : 'f');
	}
	str_add(out, "\t\treturn\n\t\t;;\n");
}

static void bash_parents(struct str *out)
{
	const char *before = "";

	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->children)
			continue;
		str_printf(out, "%s%s", before, commands[i]->name);
		before = " | ";
	}
}

static void bash_script(struct str *out)
{
	str_add(out, "# bash completion of hadeploy, printed by 'hadeploy completion bash'\n"
		     "_hadeploy()\n{\n"
		     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
		     "\tlocal command='' words='' options='' files='' i\n\n"
		     "\tCOMPREPLY=()\n"
		     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		     "\t\tcase ${COMP_WORDS[i]} in\n\t\t");
	add_with_value(out, " | ");
	str_add(out, ") ((i++)) ;;\n"
		     "\t\t-*) ;;\n"
		     "\t\t*)\n"
		     "\t\t\tcase $command in\n"
		     "\t\t\t'') command=${COMP_WORDS[i]} ;;\n\t\t\t");
	bash_parents(out);
	str_add(out, ") command=\"$command ${COMP_WORDS[i]}\" ;;\n"
		     "\t\t\tesac\n\t\t\t;;\n\t\tesac\n\tdone\n"
		     "\tcase $prev in\n");
	for (size_t i = 0; i < OPT_END; i++) {
		if (option_row((enum option_id)i)->value && !is_namesake(i))
			bash_value(out, option_row((enum option_id)i));
	}
	str_add(out, "\tesac\n\tcase $command in\n\t'')\n\t\twords='");
	for (size_t i = 0; commands[i]; i++)
		add_word(out, commands[i]->name);
	str_add(out, "'\n\t\toptions='");
	for (size_t i = 0; command_common_options[i] != OPT_END; i++)
		add_option_word(out, option_row(command_common_options[i]));
	str_add(out, "'\n\t\t;;\n");
	each_command(out, bash_command);
	str_add(out, "\tesac\n"
		     "\t[[ $cur == -* ]] && words=$options\n"
		     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		     "\tif [[ $files && $cur != -* ]]; then\n"
		     "\t\tcompopt -o filenames 2>/dev/null\n"
		     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		     "\tfi\n"
		     "}\n"
		     "complete -F _hadeploy hadeploy\n");
}

/* --- zsh --- */

/* Inside single quotes; colons and brackets mean something to _arguments. */
static void zsh_text(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			str_add(out, "'\\''");
		else if (strchr(":[]\\", *text))
			str_printf(out, "\\%c", *text);
		else
			str_add_char(out, *text);
	}
}

static void zsh_option(struct str *out, const struct option_row *row)
{
	bool repeats = row->kind == OPTION_LIST || row->kind == OPTION_PAIRS;

	str_printf(out, "\t\t\t'%s--%s%s[", repeats ? "*" : "", row->name, row->value ? "=" : "");
	zsh_text(out, row->help);
	str_add_char(out, ']');
	if (row->value) {
		str_add_char(out, ':');
		zsh_text(out, row->value);
		str_add_char(out, ':');
	}
	if (row->completes != COMPLETES_NOTHING)
		str_add(out, row->completes == COMPLETES_FOLDER ? "_files -/" : "_files");
	for (size_t i = 0; row->choices && row->choices[i]; i++)
		str_printf(out, "%s%s", i ? " " : "(", row->choices[i]);
	str_printf(out, "%s' \\\n", row->choices ? ")" : "");
}

static void zsh_described(struct str *out, const struct command *const *list)
{
	for (size_t i = 0; list[i]; i++) {
		str_printf(out, "\t\t'%s:", command_word(list[i]));
		zsh_text(out, list[i]->summary);
		str_add(out, "'\n");
	}
}

static void zsh_command(struct str *out, const struct command *c)
{
	struct str words = STR_INIT;

	if (c->children)
		return;
	add_operand_words(&words, c);
	str_printf(out, "\t'%s')\n\t\t_arguments -s \\\n", c->name);
	each_option(out, c, zsh_option);
	if (words.len)
		str_printf(out, "\t\t\t'*:word:(%s)'\n\t\t;;\n", str_cstr(&words));
	else if (c->operand_kind == OPERAND_TEMPLATE)
		str_add(out, "\t\t\t'*:file:_files'\n\t\t;;\n");
	else
		str_add(out, "\t\t\t'*:name:'\n\t\t;;\n");
	str_release(&words);
}

static void zsh_script(struct str *out)
{
	str_add(out, "#compdef hadeploy\n"
		     "# zsh completion of hadeploy, printed by 'hadeploy completion zsh'\n"
		     "_hadeploy()\n{\n\tlocal -a list\n\tlocal command=$words[2]\n\n");
	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->children)
			continue;
		str_printf(out,
			   "\tif [[ $command == %s ]]; then\n\t\tif (( CURRENT == 3 )); then\n"
			   "\t\tlist=(\n",
			   commands[i]->name);
		zsh_described(out, commands[i]->children);
		str_add(out, "\t\t)\n\t\t_describe command list\n\t\treturn\n\t\tfi\n"
			     "\t\tcommand=\"$command $words[3]\"\n\tfi\n");
	}
	str_add(out, "\tif (( CURRENT == 2 )); then\n\t\tlist=(\n");
	zsh_described(out, commands);
	str_add(out, "\t\t)\n\t\t_describe command list\n\t\treturn\n\tfi\n\tcase $command in\n");
	each_command(out, zsh_command);
	str_add(out, "\tesac\n}\n"
		     "if [ \"$funcstack[1]\" = _hadeploy ]; then\n\t_hadeploy \"$@\"\nelse\n"
		     "\tcompdef _hadeploy hadeploy\nfi\n");
}

/* --- fish --- */

static void fish_text(struct str *out, const char *text)
{
	str_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			str_add_char(out, '\\');
		str_add_char(out, *text);
	}
	str_add_char(out, '\'');
}

enum fish_place { FISH_BEHIND, FISH_RIGHT_BEHIND };

/* The names on the command line so far begin with the command's, or are nothing else. */
static void fish_start(struct str *out, const struct command *c, enum fish_place place)
{
	str_printf(out, "complete -c hadeploy -n '__hadeploy_%s %s'",
		   place == FISH_BEHIND ? "behind" : "right_behind", c->name);
}

static void fish_option(struct str *out, const struct command *c, const struct option_row *row)
{
	fish_start(out, c, FISH_BEHIND);
	str_printf(out, " -l %s", row->name);
	if (row->letter)
		str_printf(out, " -s %c", row->letter);
	if (row->completes != COMPLETES_NOTHING)
		str_add(out, " -r -F");
	else if (row->value)
		str_add(out, " -x");
	if (row->choices) {
		str_add(out, " -a '");
		for (size_t i = 0; row->choices[i]; i++)
			add_word(out, row->choices[i]);
		str_add_char(out, '\'');
	}
	str_add(out, " -d ");
	fish_text(out, row->help);
	str_add_char(out, '\n');
}

static void fish_command(struct str *out, const struct command *c)
{
	struct str words = STR_INIT;

	for (size_t i = 0; c->children && c->children[i]; i++) {
		fish_start(out, c, FISH_RIGHT_BEHIND);
		str_printf(out, " -a %s -d ", command_word(c->children[i]));
		fish_text(out, c->children[i]->summary);
		str_add_char(out, '\n');
	}
	if (!c->children)
		add_operand_words(&words, c);
	if (words.len) {
		fish_start(out, c, FISH_RIGHT_BEHIND);
		str_printf(out, " -a '%s'\n", str_cstr(&words));
	}
	if (c->operand_kind == OPERAND_TEMPLATE) {
		fish_start(out, c, FISH_BEHIND);
		str_add(out, " -F\n");
	}
	for (size_t i = 0; c->options && c->options[i] != OPT_END; i++)
		fish_option(out, c, option_row(c->options[i]));
	str_release(&words);
}

static void fish_common(struct str *out)
{
	for (size_t i = 0; command_common_options[i] != OPT_END; i++) {
		const struct option_row *row = option_row(command_common_options[i]);

		str_printf(out, "complete -c hadeploy -l %s%s -d ", row->name,
			   row->completes != COMPLETES_NOTHING ? " -r -F" : "");
		fish_text(out, row->help);
		str_add_char(out, '\n');
	}
}

static void fish_functions(struct str *out)
{
	str_add(out, "function __hadeploy_names\n"
		     "    set -l value no\n"
		     "    for word in (commandline -opc)[2..-1]\n"
		     "        if test $value = yes\n"
		     "            set value no\n"
		     "            continue\n"
		     "        end\n"
		     "        switch $word\n"
		     "            case ");
	add_with_value(out, " ");
	str_add(out,
		"\n"
		"                set value yes\n"
		"            case '-*'\n"
		"            case '*'\n"
		"                printf '%s\\n' $word\n"
		"        end\n"
		"    end\n"
		"end\n"
		"function __hadeploy_right_behind\n"
		"    set -l names (__hadeploy_names)\n"
		"    test \"$names\" = \"$argv\"\n"
		"end\n"
		"function __hadeploy_behind\n"
		"    set -l names (__hadeploy_names)\n"
		"    set -l count (count $argv)\n"
		"    test (count $names) -ge $count; and test \"$names[1..$count]\" = \"$argv\"\n"
		"end\n");
}

static void fish_script(struct str *out)
{
	str_add(out, "# fish completion of hadeploy, printed by 'hadeploy completion fish'\n");
	fish_functions(out);
	str_add(out, "complete -c hadeploy -f\n");
	for (size_t i = 0; commands[i]; i++) {
		str_printf(out, "complete -c hadeploy -n __hadeploy_right_behind -a %s -d ",
			   commands[i]->name);
		fish_text(out, commands[i]->summary);
		str_add_char(out, '\n');
	}
	fish_common(out);
	each_command(out, fish_command);
}

void complete_write(struct str *out, enum shell shell)
{
	switch (shell) {
	case SHELL_BASH:
		bash_script(out);
		return;
	case SHELL_ZSH:
		zsh_script(out);
		return;
	case SHELL_FISH:
		fish_script(out);
		return;
	}
}
