/*
 * invocation.h - one run of the program: what main composed, what the user asked for, and
 * what the command at hand needs.
 *
 * main fills the first part; invocation_run satisfies the command's needs, runs it,
 * shows its diagnostics and releases everything.  Commands add errors to `diags` and
 * return an exit code; they never print errors themselves.
 */
#ifndef CLI_INVOCATION_H
#define CLI_INVOCATION_H

#include "cli/command.h"
#include "cli/exit.h"
#include "cli/view.h"

struct run_style;

struct invocation {
	const struct hd_provider *const *providers;
	struct clock *clock;
	struct arena *arena;
	struct arguments *args;
	const struct command *command;

	struct term out, err;
	struct view *view;
	struct diags diags;
	bool failed;                   /* errors were shown already */
	bool lock_held;                /* one of them: somebody else has a lock */
	bool lock_lost;                /* one of them: somebody else took the lock */
	bool forbidden;                /* one of them: the manifest forbids a change */
	struct engine *engine;         /* NEED_ENGINE */
	struct single *single;         /* TAKES_TEMPLATES, when the operands are such */
	struct state *state;           /* NEED_STATE_READ, NEED_STATE_WRITE */
	struct mirror *mirror;         /* follows state */
	struct saved_plan *saved;      /* TAKES_SAVED_PLAN, when one is named */
	bool plan_refused;             /* one of the errors: a saved plan does not hold */
	const char *dir;               /* of the manifest */
	struct import_wishes imports;  /* of cmd_import */
	const char *resumes;           /* run that this goes on with; NULL */
	const struct run_style *style; /* run_command.h; NULL */
};

int invocation_run(struct invocation *in);
/* From inside a command: gives back its recorded state and runs in->command with in->args, which
 * it has replaced.  An exit code. */
int invocation_continue(struct invocation *in);

/* The parameters of --param-file and --param, weakest first; 0, or -1 when a file cannot be
 * read. */
int invocation_params(struct invocation *in, const struct param_override **out, size_t *count);
/* There is a project in `dir`; else an error is added. */
bool invocation_project_is_here(struct invocation *in);
/* The name of the operand's template for the engine: with --ref, of that commit. */
const char *invocation_template(struct invocation *in, size_t i);
/* Warns of options that mean nothing for a template on its own. */
void invocation_warn_idle(struct invocation *in);
/* What the engine is opened with; 0, or -1 when a parameter file cannot be read. */
int invocation_engine_options(struct invocation *in, struct engine_options *out);
/* For a command that finds out that it needs one; in->state is closed before.  0 or -1. */
int invocation_open_engine(struct invocation *in);
/* Shows what is in `diags` now, and empties it. */
void invocation_show_diags(struct invocation *in);
/* What a command returns when all that can go wrong is in `diags`: 130 after an interrupt,
 * 4 when a lock is held or the manifest forbids it, 1 after errors, else 0. */
int invocation_exit(const struct invocation *in);
/* The manifest forbids a change of the plan. */
bool invocation_forbidden(const struct invocation *in);
/* Somebody else took the lock while the command ran. */
bool invocation_lock_lost(const struct invocation *in);
/* Somebody is there to be asked: terminals, no CI, no --json. */
bool invocation_can_ask(const struct invocation *in);
/* --yes is given, or somebody can be asked.  Else an error is added; `what` begins its
 * sentence: "these changes". */
bool invocation_can_approve(struct invocation *in, const char *what);
/* --yes is given, or the answer to the question is "yes".  Else the user is told that nothing
 * was changed.  meanwhile: called every few seconds until there is an answer; nonzero: there
 * is nothing to ask any more; or NULL. */
bool invocation_approve(struct invocation *in, const char *question,
			int (*meanwhile)(struct invocation *in));
/* What a command returns when approval was declined: 4, or 130 after an interrupt. */
int invocation_declined_exit(void);
/* "hadeploy: problem" and the hint below; words of the user are made safe. */
void usage_show(const struct usage *u, struct term *err);

#endif
