/*
 * command.h - the table of commands: names, operands, options, texts, and what runs.
 *
 * Each cmd_x.c defines one `const struct command cmd_x`; command.c lists the pointers.
 * Usage, help, man page and completion are printed from these rows.  Before `run` the
 * dispatcher satisfies `needs`, after it it releases them: no command opens the engine
 * or the recorded state itself.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

struct invocation;
struct selection;

enum command_group {
	GROUP_DEPLOY,
	GROUP_LOOK,
	GROUP_FAILOVER,
	GROUP_STATE,
	GROUP_ABOUT /* the last one */
};

enum command_need {
	NEED_NOTHING = 0,
	NEED_ENGINE = 1 << 0,     /* manifest and templates of the selection */
	NEED_STATE_READ = 1 << 1, /* recorded state alone */
	NEED_STATE_WRITE = 1 << 2,
	NEED_SIGNALS = 1 << 3,            /* long work: Ctrl-C asks instead of killing */
	NEED_ENGINE_IF_POSSIBLE = 1 << 4, /* runs without an engine, with errors in the diags */
	/* Operands may be template files: then there is `single` instead of what NEED_ENGINE is. */
	TAKES_TEMPLATES = 1 << 5,
	/* With NEED_ENGINE: works on what is recorded, also when templates are broken. */
	RECORD_IS_ENOUGH = 1 << 6,
	/* With NEED_ENGINE: --plan or --show may name a saved plan, which says what is selected. */
	TAKES_SAVED_PLAN = 1 << 7,
	/* As NEED_STATE_READ in a project's folder; elsewhere there is no state. */
	NEED_STATE_IF_PROJECT = 1 << 8
};

#define OPERANDS_ANY 1000000

/* What stands behind a command: names to choose from, for completion. */
enum operand_kind { OPERAND_FREE, OPERAND_CHOICE, OPERAND_COMMAND, OPERAND_TEMPLATE };

struct command {
	const char *name; /* "plan", "state list" */
	enum command_group group;
	const char *summary;  /* one line, for lists */
	const char *operands; /* "[STACK...]", or "" */
	size_t operand_min, operand_max;
	enum operand_kind operand_kind;
	const char *const *operand_choices; /* NULL at the end */
	const char *help;                   /* paragraphs; an empty line between two */
	const char *const *examples;        /* pairs: command, what for; NULL at the end */
	const enum option_id *options;      /* OPT_END at the end; common ones not listed */
	unsigned needs;
	const struct command *const *children; /* then there is no run; NULL at the end */
	/* What the operands select of the project; NULL: they are stacks.  0 or -1 with errors. */
	int (*select)(struct invocation *in, struct selection *out);
	int (*run)(struct invocation *in); /* returns an exit code */
};

/* Accepted by every command; OPT_END at the end. */
extern const enum option_id command_common_options[];

extern const struct command cmd_validate, cmd_plan, cmd_apply, cmd_rollback, cmd_recreate,
	cmd_destroy, cmd_import, cmd_drift, cmd_diff, cmd_status, cmd_history, cmd_health,
	cmd_outputs, cmd_render, cmd_graph, cmd_state, cmd_operation, cmd_runbook, cmd_failover,
	cmd_failback, cmd_watch, cmd_lock, cmd_explain, cmd_types, cmd_completion, cmd_version,
	cmd_help;

/* All of them in the order of help; NULL at the end. */
extern const struct command *const commands[];

const char *command_group_title(enum command_group g);
/* The last word of the name: "list" of "state list". */
const char *command_word(const struct command *c);
/*
 * Finds the command that args' first operands name and takes these words away.  NULL with
 * *u filled when there is none, and when children are to be named and none is, unless help
 * is asked for.
 */
const struct command *command_find(struct arguments *args, struct usage *u);
/* Options and number of operands fit the command; options of the same name become the one that
 * the command has.  0, or -1 with *u filled. */
int command_check(const struct command *c, struct arguments *args, struct usage *u);
bool command_accepts(const struct command *c, enum option_id id);
/* The command of one or two words; NULL when there is none. */
const struct command *command_named(const char *const *words, size_t count);

#endif
