/*
 * exit.h - the exit codes, with the sentence that help and the man page print for each.
 */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#define EXIT_CODES(X)                                                                             \
	X(0, DONE, "done, or nothing to do")                                                      \
	X(1, ERROR, "an error; messages say which")                                               \
	X(2, CHANGES, "changes exist (plan --exit-code, drift --exit-code)")                      \
	X(3, PARTLY,                                                                              \
	  "some stack instances failed and others succeeded, also within FailureTolerance; a "    \
	  "runbook completed, and steps were skipped or failed and may")                          \
	X(4, REFUSED,                                                                             \
	  "refused: a lock held, an answer that was not 'yes', a saved plan that does not hold, " \
	  "a freeze, too few healthy regions, an approval that was declined, a guard of a "       \
	  "runbook, with --strict a missed objective")                                            \
	X(64, USAGE, "wrong usage: unknown command or option, missing argument")                  \
	X(130, INTERRUPTED, "interrupted")

enum exit_code {
#define EXIT_CODE(number, symbol, text) EXIT_##symbol = number,
	EXIT_CODES(EXIT_CODE)
#undef EXIT_CODE
};

#endif
