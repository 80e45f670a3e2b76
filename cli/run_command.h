/*
 * run_command.h - what apply and destroy share: plan, show, ask, do, report.
 */
#ifndef CLI_RUN_COMMAND_H
#define CLI_RUN_COMMAND_H

#include "cli/invocation.h"

/* What a command says and wants otherwise. */
struct run_style {
	const char *question;
	enum run_refresh refresh;
	bool approved;              /* the plan was shown, and the answer was yes */
	enum on_failure on_failure; /* unless the option is given */
	/* Looks at the plan before anything is asked; errors mean that it is refused.  NULL. */
	void (*guard)(struct invocation *in, const struct plan *plan);
	const char *again; /* what goes on with it: "recreate --region east"; NULL */
};

/* in->style: NULL, or how it differs. */
int run_command(struct invocation *in, enum run_mode mode);

#endif
