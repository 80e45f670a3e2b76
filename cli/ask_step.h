/*
 * ask_step.h - what is asked of a person about a step: its approval, and what to do when it
 * failed.
 */
#ifndef CLI_ASK_STEP_H
#define CLI_ASK_STEP_H

#include "cli/invocation.h"

/* Fills in what an approval from another terminal needs: the word that its Confirm wants, from
 * --confirm or typed here.  0, or -1 with an error: the word is wrong or missing, somebody else
 * has to approve. */
int ask_step_confirm(struct invocation *in, const struct step_story *step,
		     const struct journal_list *entries, struct execution_ask *q);

/* A question at the terminal of an execution, which is not waited for: conduct_request.ask, whose
 * context it is. */
struct step_question {
	struct invocation *in;
	struct str about; /* path of the step that was asked about last */
	struct str line;  /* of the answer, as far as it was typed */
	bool over;        /* end of input: nobody is asked any more */
};
int ask_step(void *context, const struct step_story *step, const char *message, const char *confirm,
	     struct execution_ask *out);
void ask_step_close(struct step_question *q);

#endif
