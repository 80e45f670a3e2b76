/*
 * options.h - the options of all commands as one table, and the reader of a command line.
 *
 * Every option has one row: its name, what it takes and the sentence that help, man page
 * and completion print; rows of one name belong to different commands.  Commands list the ids
 * they accept (command.h).  options_read sorts a command line into options and operands,
 * whatever their order; `--` ends options, and `--name value` is `--name=value`.  Values land
 * in struct arguments.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/arena.h"
#include "base/str.h"

enum option_id {
	OPT_REGION,
	OPT_REF,
	OPT_DIFF_FORMAT,
	OPT_TO_REV,
	OPT_PREVIOUS,
	OPT_PARAM,
	OPT_PARAM_FILE,
	OPT_REFRESH,
	OPT_DESTROY,
	OPT_ONLY,
	OPT_EXCLUDE,
	OPT_REPLACE,
	OPT_DROP_OVERRIDES,
	OPT_INTO,
	OPT_AGAIN,
	OPT_RECONCILE,
	OPT_END_RECREATION,
	OPT_UNDO_RECREATION,
	OPT_WITHOUT_RESTORE,
	OPT_ABANDONED,
	OPT_RESTORE_FROM, /* has the name of OPT_FROM */
	OPT_SET_ASIDE,
	OPT_OTHER_PROJECT,
	OPT_FULL,
	OPT_OUT,
	OPT_SHOW,
	OPT_PLAN,
	OPT_ROLLBACK,
	OPT_ON_FAILURE,
	OPT_REGION_CONCURRENCY,
	OPT_REGION_ORDER,
	OPT_MAX_CONCURRENT,
	OPT_FAILURE_TOLERANCE,
	OPT_CONCURRENCY_MODE,
	OPT_OVERRIDE_FREEZE,
	OPT_OVERRIDE_POLICY,
	OPT_SKIP,
	OPT_YES,
	OPT_PARALLELISM,
	OPT_LOCK_TIMEOUT,
	OPT_SIMULATE,
	OPT_CONTINUE,
	OPT_EXIT_CODE,
	OPT_UPGRADE,
	OPT_CHECK_LOCK,
	OPT_ADOPT,
	OPT_IMPORT_FILE,
	OPT_FORMAT, /* of graph; the next two have its name */
	OPT_RENDER_FORMAT,
	OPT_REPORT_FORMAT,
	OPT_NORMALIZE,
	OPT_LIMIT,
	OPT_NOW,
	OPT_RUNBOOK_PARAM, /* has the name of OPT_PARAM */
	OPT_FROM,
	OPT_TO,
	OPT_UNGRACEFUL,
	OPT_SINCE,
	OPT_APPROVE,
	OPT_ACCEPT_DATA_LOSS,
	OPT_OVERRIDE_BLOCKERS,
	OPT_OVERRIDE_EXECUTION,
	OPT_STRICT,
	OPT_LIVE,
	OPT_RESUME,
	OPT_SKIP_STEP, /* has the name of OPT_SKIP */
	OPT_RETRY_STEP,
	OPT_LEVEL,
	OPT_JUNIT,
	OPT_EXECUTION,
	OPT_REASON,
	OPT_CONFIRM,
	OPT_KEEP,
	OPT_FENCED,
	OPT_WATCH,
	OPT_EXECUTION_FORMAT, /* has the name of OPT_FORMAT */
	OPT_REPORT_OUT,       /* has the name of OPT_OUT */
	OPT_VERIFY,
	OPT_HEALTH_WATCH,
	OPT_ONCE,
	OPT_WATCH_STATUS,
	OPT_MAN,
	OPT_JSON,
	OPT_PROJECT,
	OPT_NO_COLOR,
	OPT_HELP,
	OPT_END /* ends lists of ids */
};

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_LIST,     /* may be given several times */
	OPTION_PAIRS,    /* the same, each NAME=VALUE */
	OPTION_NUMBER,   /* min to max */
	OPTION_DURATION, /* "30s"; kept in milliseconds */
	OPTION_MOMENT,   /* "2026-11-20T09:20:24Z", kept as its wall clock in milliseconds, or
			    "5m" for so long ago, kept below zero */
	OPTION_AMOUNT,   /* "3" or "20%"; at least min */
	OPTION_NAMES,    /* "east,west": each once, none empty */
	OPTION_CHOICE
};

enum option_completes { COMPLETES_NOTHING, COMPLETES_FILE, COMPLETES_FOLDER };

struct option_row {
	const char *name; /* without dashes */
	char letter;      /* of the short form, or 0 */
	enum option_kind kind;
	const char *value; /* what help calls its value: "DIR"; NULL for flags */
	const char *help;
	int64_t min, max;
	const char *const *choices; /* NULL at the end */
	enum option_completes completes;
};

const struct option_row *option_row(enum option_id id);

struct option_value {
	size_t count;             /* how often it was given */
	const char *text;         /* the last one */
	const char *const *items; /* OPTION_LIST, OPTION_PAIRS: count of them; OPTION_NAMES:
				     NULL at the end, of the last one */
	int64_t number;           /* OPTION_NUMBER, OPTION_DURATION, OPTION_MOMENT (ms),
				     OPTION_AMOUNT */
	bool percent;             /* OPTION_AMOUNT */
};

struct arguments {
	struct option_value options[OPT_END];
	const char *const *operands;
	size_t operand_count;
	const char *unknown; /* the first option that no command has, as written; or NULL */
};

/* Why a command line cannot be used: two sentences for the user. */
struct usage {
	struct str problem, hint;
};
#define USAGE_INIT ((struct usage){STR_INIT, STR_INIT})
void usage_release(struct usage *u);

/* args: without the program's name.  Everything is kept in the arena; texts are borrowed
 * from args.  0, or -1 with *u filled.  An unknown option is only noted. */
int options_read(struct arena *a, char *const *args, struct arguments *out, struct usage *u);
bool option_given(const struct arguments *args, enum option_id id);

#endif
