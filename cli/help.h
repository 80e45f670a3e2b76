/*
 * help.h - everything that is printed from the command table: help, the manual page and
 * completion scripts.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"
#include "cli/term.h"

/* All commands, exit codes and common options. */
void help_overview(struct str *out, const struct style *st);
void help_command(struct str *out, const struct command *c, const struct style *st);
/* "usage: hadeploy plan [STACK...] [options]" */
void help_usage_line(struct str *out, const struct command *c);
/* "-y, --yes", "--region REGION" */
void help_option_name(struct str *out, const struct option_row *row);

/* manpage.c: troff. */
void manpage_write(struct str *out);

/* complete.c */
enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };
void complete_write(struct str *out, enum shell shell);

#endif
