/*
 * language.h - what the files of the runbook language share.
 *
 * For load.c, steps.c, keys.c, check.c, refer.c, layout.c, bind.c, spec.c and shape.c alone; what
 * others see is runbook.h.
 *
 * One file is read once, whatever runs it: runbook_file has its steps in one array, parents
 * first, and a template whose resources the steps are.  layout.c puts the files together: every
 * use of a file is a frame.  bind.c gives each frame a document; spec.c asks it for one step.
 */
#ifndef ENGINE_RUNBOOK_LANGUAGE_H
#define ENGINE_RUNBOOK_LANGUAGE_H

#include "base/vec.h"
#include "engine/runbook/runbook.h"
#include "templates/node.h"
#include "templates/template.h"

#define RUNBOOK_DEPTH_MAX 20 /* runbooks in runbooks */
#define STEP_DEPTH_MAX 20    /* groups in groups */
#define STEP_COUNT_MAX 5000  /* of a procedure */
#define STEP_NAME_LEN_MAX 128
#define STEP_RETRIES_MAX 1000
#define STEP_TIME_MAX_MS (7 * 24 * 3600 * (int64_t)1000)

/* --- keys of steps: keys.c --------------------------------------------------------------- */

#define KIND_BIT(kind) (1U << (kind))
#define KINDS_ALL (KIND_BIT(STEP_KIND_COUNT) - 1)
#define KINDS_GROUP (KIND_BIT(STEP_SEQUENCE) | KIND_BIT(STEP_PARALLEL))
#define KINDS_OUTER (KINDS_GROUP | KIND_BIT(STEP_RUNBOOK))
#define KINDS_PLAIN (KINDS_ALL & ~KINDS_OUTER)

/* What a value is to be, and what step_spec makes of it. */
enum step_shape {
	SHAPE_STRUCTURE, /* read with the file: names, steps */
	SHAPE_TEXT,
	SHAPE_TEXTS,    /* one or a list; becomes a list */
	SHAPE_COMMAND,  /* a text for a shell, or a list of program and arguments */
	SHAPE_DURATION, /* stays as written */
	SHAPE_COUNT,    /* 0 .. STEP_RETRIES_MAX */
	SHAPE_NUMBER,
	SHAPE_FLAG,
	SHAPE_WORD,   /* one of choices */
	SHAPE_SCALAR, /* stays what it is */
	SHAPE_MAP,
	SHAPE_ANY,
	SHAPE_URL,
	SHAPE_STATUS, /* 200, "200-299" or a list of them */
	SHAPE_REGION, /* of the manifest */
	SHAPE_ACCOUNT,
	SHAPE_STACKS, /* one or a list; becomes a list */
	SHAPE_CHECKS,
	SHAPE_ASKED, /* names of checks, and maps as of SHAPE_USES */
	SHAPE_ROUTES,
	SHAPE_WEIGHTS, /* percentages, ascending, the last one 100 */
	SHAPE_USES     /* {Check, Region, Within, Expect} or a list of them */
};

enum step_need { NEED_NOT, NEED_KEY };

struct step_key {
	const char *name;
	unsigned kinds; /* KIND_BITs that have it */
	enum step_shape shape;
	enum step_need need;
	/* Of several with the same sign one step has only one. */
	char rivals;
	bool steady; /* the same whether it is run ungracefully or not */
	const char *const *choices;
};

extern const struct step_key step_keys[];
extern const size_t step_key_count;

/* NULL: steps of this kind have no such key. */
const struct step_key *step_key_find(enum step_kind kind, struct text name);
/* Whether a reference to a secret may stand in its value. */
bool step_key_may_hide(const struct step_key *key);
/* The kinds that have the key, as "Apply, Check and Command"; "" when none has. */
const char *step_key_owners(struct arena *a, struct text name);
int step_kind_find(struct text word); /* -1 */
/* 0: none. */
int64_t step_default_timeout_ms(enum step_kind kind);

/* --- one file ------------------------------------------------------------------------------ */

struct file_step {
	const char *name; /* "promote", "reverse", "by-1" */
	const char *id;   /* in the template: the name, or "promote/reverse" */
	const char *who;  /* "step 'promote'", "'Reverse' of step 'promote'" */
	enum step_kind kind;
	enum step_role role;
	size_t parent, end; /* STEP_TOP or index; behind its last child */
	size_t depth;
	const struct node *body;       /* NODE_MAP */
	const struct node *condition;  /* a name; NULL */
	const struct node *presence;   /* that of all around it too; NULL: always there */
	const struct node *ungraceful; /* NODE_MAP; NULL */
	bool left_out;                 /* `Ungraceful: skip` */
	struct runbook_file *runs;     /* STEP_RUNBOOK */
	struct range where;
};

struct file_objectives {
	int64_t rto_ms, rpo_ms;
	const struct manifest_check *const *healthy;
	size_t healthy_count;
	const struct manifest_check *lag;
};

enum file_state { RUNBOOK_NEW, RUNBOOK_READING, RUNBOOK_GOOD, RUNBOOK_BAD };

struct runbook_file {
	const struct manifest_runbook *entry;
	enum file_state state;
	struct runbook_file *asked_by; /* while it is read */
	const struct node *asked_at;
	const struct source *src; /* set before: not read from its file */
	const struct node *root;
	const char *description;
	const struct runbook_parameter *parameters;
	size_t parameter_count;
	struct runbook_objectives objectives;
	bool exclusive;
	struct {
		VEC_OF(struct file_step)
	} steps;
	bool broken; /* it runs one that is wrong, which was told before */
	const struct template *tpl;
	size_t total;  /* steps with those of the runbooks that it runs */
	size_t height; /* 1: it runs no other */
};

/* All runbooks of a manifest as far as they were read. */
struct runbook_library {
	struct arena *a;
	const struct manifest *m;
	struct runbook_file *files; /* as m->runbooks */
};

/* A file that is being read. */
struct runbook_reader {
	struct runbook_library *lib;
	struct arena *a;
	const struct manifest *m;
	struct runbook_file *file;
	bool crowded; /* it was said that there are too many steps */
	struct diags *d;
};

struct runbook_library *runbook_library_new(struct arena *a, const struct manifest *m);
/* The file with all that it runs, read once; NULL after errors, which are told once.  asked_by
 * may be NULL; `at` names it there. */
struct runbook_file *runbook_file_read(struct runbook_library *lib,
				       const struct manifest_runbook *entry,
				       struct runbook_file *asked_by, const struct node *at,
				       struct diags *d);
/* Errors of every runbook of the manifest. */
int runbook_library_check(struct runbook_library *lib, struct diags *d);

/* steps.c: fills file->steps. */
void runbook_read_steps(struct runbook_reader *r, const struct node *list);
/* tree.c: parameters, mappings, conditions and steps as a template; NULL after errors. */
const struct template *runbook_template(struct runbook_reader *r);
/* check.c: what its keys hold, as far as it is known. */
void runbook_check_steps(struct runbook_reader *r);
/* refer.c: what steps say of each other. */
void runbook_check_references(struct runbook_reader *r);
/* results.c: an error when the step never has a result of this name; of an Action step its resource
 * type knows (actions.c). */
void step_check_result(struct runbook_reader *r, const struct file_step *s, struct text name,
		       struct range where);
/* A result that is asked for. */
struct result_wanted {
	const char *who, *what; /* "step 'x'", "a step of type Apply" */
	struct text name;
	struct range where, step; /* where it is asked for; the step that should have it */
};
/* The error, with the nearest name and all of them; none: it has no results. */
void report_result(struct arena *a, const struct result_wanted *w, const char *const *names,
		   size_t count, struct diags *d);
/* The parameter, or NULL. */
const struct runbook_parameter *runbook_parameter(const struct runbook_file *f, struct text name);
/* True for what may stand as the value of such a parameter; else an error at `where`. */
bool runbook_parameter_takes(const struct manifest *m, const struct runbook_parameter *p,
			     struct text value, struct range where, struct diags *d);

/* Names of the manifest for "did you mean", in arena a. */
enum manifest_thing {
	THING_REGION,
	THING_CHECK,
	THING_STACK,
	THING_ROUTE,
	THING_RUNBOOK,
	THING_ACCOUNT
};
/* The thing, or NULL after an error: "'Stack' of step 'x' names no stack: 'y'"; without a `what`
 * "there is no stack 'y'". */
const void *runbook_named(const struct manifest *m, enum manifest_thing thing, const char *what,
			  struct placed_text name, struct diags *d);

/* --- a procedure ---------------------------------------------------------------------------- */

struct frame {
	struct runbook_file *file;
	size_t parent;    /* of the step that runs it; SIZE_MAX: the runbook itself */
	size_t step;      /* of the procedure: the STEP_RUNBOOK; STEP_TOP */
	size_t first;     /* of the procedure: where its steps begin */
	const char *path; /* "" or "more/": in front of its steps' names */
};

/* Behind procedure.expansion. */
struct expansion {
	struct runbook_library *lib;
	struct frame *frames;
	size_t frame_count;
	const size_t *locals; /* of each step of the procedure: its index in its file */
};

const struct expansion *expansion_of(const struct procedure *p);
/* runbook_load, from a library. */
const struct procedure *runbook_lay_out(struct runbook_library *lib, const char *name,
					struct diags *d);

/* --- values: shape.c -------------------------------------------------------------------------- */

/* One key of one step, evaluated. */
struct shaping {
	struct arena *a;
	const struct manifest *m;
	const char *who;  /* the step, for messages */
	const char *what; /* "'Region' of step 'x'" */
	const struct step_key *key;
	struct range where;
	struct diags *d;
};
/* What the value becomes (new reference); NULL after an error.  v is wholly known. */
json_t *step_shape_value(const struct shaping *s, const struct value *v);

#endif
