/*
 * process.h - a command on this machine: started, watched, and gone at the end with all that it
 * started.
 *
 * It runs in a group of its own, reads nothing but its input, inherits no descriptor, and its
 * signals are as in a new session.  What it says on stdout and stderr is read to its end, and the
 * last part kept, of both together or of each.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <sys/types.h>

#include "base/str.h"
#include "base/text.h"

#define PROCESS_TAIL_LEN ((size_t)4096)

struct arena;

struct process_order {
	const char *path; /* of the program, seen from the folder */
	char *const *argv, *const *envp;
	const char *folder;
	struct text input; /* what it can read; ptr NULL: nothing */
	bool apart;        /* what it says on stderr does not join the rest */
	/* How long it may go on, in ms; asked again and again.  0: it is told to end, and
	 * killed half a second later. */
	int64_t (*left_ms)(void *context);
	/* Nonzero: it is killed now. */
	int (*stop)(void *context);
	void *context;
};

enum process_end { PROCESS_EXITED, PROCESS_SIGNALLED, PROCESS_TOO_LONG, PROCESS_STOPPED };

struct process_result {
	enum process_end end;
	int number;        /* exit code or signal */
	struct str tail;   /* of what it said */
	struct str errors; /* of stderr, when it is apart; else empty */
	bool cut;          /* it said more than was kept */
};

/* 0, or -1 with errno when it could not be started.  `tail` and `errors` are the caller's to
 * release. */
int run_to_end(const struct process_order *o, struct process_result *out);
/* Where the program is, by $PATH, absolute; relative entries of it are passed over.  NULL: nowhere,
 * or it may not be run. */
const char *program_path(struct arena *a, const char *program);

#endif
