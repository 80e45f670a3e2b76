/*
 * op.h - scripts that run on a host without us.
 *
 * A script is started under a directory of its operation, STATE_DIR/op/KEY.VERB, made
 * with mkdir, so that of several starts with the same idempotency key one starts it and the
 * others find it.  It outlives the connection; op_poll asks how it is going.  The token
 * says where: {"v": 1, "host", "place", "dir", "op", "at", "id", "in", "quiet"}.
 *
 * The directory holds, while it lives (a week after its end):
 *
 *	script    what runs; removed when it has ended
 *	pid       "PID BOOT STARTED" of the process that watches the script
 *	out       the end of what it wrote, both streams; bounded
 *	err       the end of what it wrote as errors, when these are kept apart
 *	outputs   NAME=value lines, from $HADEPLOY_OUTPUT
 *	timeout   there when the time was up
 *	rc        the exit code: the script has ended
 *
 * Environment reaches the script by inheritance: it is on no command line and in no
 * file there.
 */
#ifndef PROVIDERS_SSH_OP_H
#define PROVIDERS_SSH_OP_H

#include "providers/ssh/ask.h"

struct op_start {
	const char *verb; /* "create", "update", "delete", "run" */
	const char *id;   /* of the resource; for poll() to hand over */
	struct text script;
	const json_t *environment; /* object of strings, or NULL */
	const char *directory;     /* to run in; NULL: home */
	int64_t timeout_s;
	json_t *inputs; /* what poll() must know; no secrets; borrowed, may be NULL */
	bool apart;     /* errors are kept in a file of their own */
	bool quiet;     /* what the script writes may hold secrets: record none of it */
};

enum op_phase {
	OP_RUNNING,
	OP_ENDED,
	OP_TIMED_OUT,
	OP_LOST, /* neither running nor ended: the host was restarted, or worse */
	OP_GONE  /* no such directory */
};

struct op_report {
	enum op_phase phase;
	int code;           /* OP_ENDED */
	const char *why;    /* OP_LOST, OP_GONE */
	struct str outputs; /* of $HADEPLOY_OUTPUT */
	struct str errors;  /* the end of the errors, when they are kept apart */
	struct str tail;    /* the end of what was written */
};

#define OP_TAIL_LEN 65536
#define OP_OUTPUTS_LEN 262144
#define OP_TIMEOUT_MAX_S 86400

/* Appends b=STATE_DIR; */
void op_add_state_dir(const struct ask *a, struct str *s);
/* The object's Environment, if any, is a map of variables: 0, or -1 with a fault. */
int op_check_environment(struct ask *a, const json_t *object, const json_t **out);
/*
 * Appends the export of this one variable: text that, evaluated, exports what the script
 * sees, its Environment and HADEPLOY_...  Only the shell that becomes the script may
 * evaluate it: the names are the user's.
 */
#define OP_ENVIRONMENT "HADEPLOY_ENVIRONMENT"
void op_add_environment(const struct ask *a, const json_t *environment, const char *verb,
			struct str *s);
/* Starts or attaches; HD_PENDING with the token handed over, or what went wrong, told. */
int op_start(struct ask *a, const struct op_start *start);
/* HD_PENDING when there is a directory for the key, else HD_NOTFOUND. */
int op_find(struct ask *a);
/* What to do when a script no longer runs; returns an hd_status. */
typedef int op_ended_fn(struct ask *a, const struct op_report *r);
/*
 * Tells that the end of a script is not known.  The state (stolen) is what is there as
 * far as one can see: the effect is partial, not unknown, because looking again would
 * find no more.  NULL: nothing is there.
 */
int op_lost(struct ask *a, const struct op_report *r, json_t *state);
/* poll(): asks how it is going; HD_PENDING with the same token after a wait that grows
 * with the time passed, or what `ended` says. */
int op_settle(struct ask *a, op_ended_fn *ended);
void op_report_release(struct op_report *r);
/* Removes the directory, so that the same key can start anew. */
int op_forget(struct ask *a);
/* Appends the last lines of what was written. */
void op_detail_tail(struct fault *f, const struct op_report *r);
void op_detail_said(struct fault *f, struct text said);
/* Adds what can be recorded of a text: valid UTF-8, without line ends behind it. */
json_t *op_text_json(struct text t);

#endif
