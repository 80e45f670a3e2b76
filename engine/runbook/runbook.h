/*
 * runbook.h - runbooks as written: read, checked, bound to parameters, and each step worked out
 * when it is its turn.
 *
 * runbook_load reads one file and every runbook that it runs (a circle is an error) and lays all
 * steps out in one array: a procedure.  runbook_bind checks parameters and evaluates what can be
 * known before anything runs; step_spec works out one step with the results of those before it.
 * Expressions are those of templates, with the same diagnostics; !GetAtt STEP.Name is a
 * result of a step that is over.  Pure but for reading files; no network.
 */
#ifndef ENGINE_RUNBOOK_RUNBOOK_H
#define ENGINE_RUNBOOK_RUNBOOK_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/json.h"
#include "engine/health/health.h"
#include "engine/manifest.h"
#include "engine/secrets.h"

enum step_kind {
	STEP_APPROVAL,
	STEP_CHECK,
	STEP_WAIT,
	STEP_APPLY,
	STEP_ACTION,
	STEP_COMMAND,
	STEP_HTTP,
	STEP_TRAFFIC,
	STEP_FENCE, /* its children are ROLE_BY, tried in order until the fence is verified */
	STEP_NOTIFY,
	STEP_RUNBOOK,  /* its children are the steps of another runbook, in order */
	STEP_SEQUENCE, /* `Steps:` within Parallel: its children in order */
	STEP_PARALLEL  /* its children side by side */
};
#define STEP_KIND_COUNT (STEP_PARALLEL + 1)
const char *step_kind_name(enum step_kind k); /* "Approval", ..., as users write it */

/* What a step is to its parent. */
enum step_role {
	ROLE_STEP,
	ROLE_BY,     /* one way to fence */
	ROLE_REVERSE /* `Reverse:` of its parent: only run when that is undone */
};

#define STEP_TOP SIZE_MAX

struct procedure_step {
	const char *path; /* "data/promote"; unique in the procedure, stable between runs */
	const char *name; /* "promote" */
	enum step_kind kind;
	enum step_role role;
	size_t parent;   /* STEP_TOP, or its index: smaller than its own */
	size_t frame;    /* whose parameters its expressions have */
	bool ungraceful; /* it has an Ungraceful */
	struct range where;
};

/* A parameter of a runbook. */
enum runbook_parameter_kind { PARAMETER_REGION, PARAMETER_STRING, PARAMETER_NUMBER };
struct runbook_parameter {
	const char *name;
	enum runbook_parameter_kind kind;
	const char *initial; /* Default; NULL: one must be given */
	const char *description;
	const char *const *allowed; /* AllowedValues; none: any */
	size_t allowed_count;
	struct range where;
};
bool runbook_parameter_allows(const struct runbook_parameter *p, const char *value);
/* Its own option on a command line: "--to" of To; NULL: --param. */
const char *runbook_parameter_option(const char *name);

/* `Objectives: {RTO: 5m, RPO: 60s, Healthy: shop, Lag: standby}`; checks are asked in To. */
struct runbook_objectives {
	int64_t rto_ms, rpo_ms;                      /* 0: none */
	const struct manifest_check *const *healthy; /* the clock stops when all are healthy */
	size_t healthy_count;
	const struct manifest_check *lag; /* POSTGRES check of the standby; NULL */
};

/* Steps in the order of the file, parents before children, siblings in order. */
struct procedure {
	const char *name; /* of the manifest's Runbooks */
	const char *description;
	const struct source *src;
	const struct runbook_parameter *parameters; /* of the runbook itself */
	size_t parameter_count;
	struct runbook_objectives objectives; /* its own; those of runbooks in it do not count */
	const struct procedure_step *steps;
	size_t step_count;
	bool exclusive; /* no other execution beside it: `Exclusive: false` says otherwise */
	/* 64 hex digits over all files it is made of: an execution goes on only with the same. */
	char digest[65];
	const void *expansion; /* private */
};

/* What tells whether a region is healthy: the checks of Failover, else of Objectives. */
const struct manifest_check *const *runbook_region_checks(const struct manifest *m,
							  const struct procedure *p, size_t *count);
/* No pseudo region, and with a host for each check that asks hosts; false without checks. */
bool region_can_be_healthy(const struct manifest_check *const *checks, size_t count,
			   const struct manifest_region *r);

/* Errors for everything that can be said without parameters.  NULL on failure. */
const struct procedure *runbook_load(struct arena *a, const struct manifest *m, const char *name,
				     struct diags *d);

/* What runbook_load would say of every runbook of the manifest, each mistake once.  0 or -1. */
int runbook_check_all(struct arena *a, const struct manifest *m, struct diags *d);

struct parameter_given {
	const char *name, *value;
};
struct given_list {
	const struct parameter_given *items;
	size_t count;
};

/* What expressions may know of the world. */
struct runbook_world {
	/* A result of a step that is over, by path; NULL: not yet. */
	const struct value *(*result)(void *context, struct arena *a, const char *path,
				      const char *name);
	/* "Stack.Output" as recorded; NULL: there is none; runbook_output_later: nobody looked. */
	const char *(*output)(void *context, const char *stack, const char *name,
			      const char *region);
	void *context;
};

extern const char runbook_output_later[];

/* A procedure with values for its parameters. */
struct bound_procedure;
/* NULL with errors: unknown, missing or wrong parameters, Region that is not in the manifest,
 * From equal to To. */
struct bound_procedure *runbook_bind(struct arena *a, const struct procedure *p,
				     const struct given_list *given,
				     const struct runbook_world *world, struct diags *d);
const struct procedure *bound_procedure_of(const struct bound_procedure *b);
/* The value of a parameter of the runbook itself, or NULL. */
const char *bound_parameter(const struct bound_procedure *b, const char *name);
/* The region that is left and the one that is gone to: parameters From and To; NULL. */
const char *bound_from(const struct bound_procedure *b);
const char *bound_to(const struct bound_procedure *b);

enum step_failure { STEP_FAILURE_STOP, STEP_FAILURE_CONTINUE, STEP_FAILURE_REVERSE };
enum step_grace { STEP_GRACEFUL, STEP_UNGRACEFUL };
enum step_drill { DRILL_RUN, DRILL_SKIP };

/* One use of a check by Before, After, a Check step, a gate of Traffic. */
struct check_use {
	const struct manifest_check *check;
	const char *region; /* its endpoints there */
	int64_t within_ms;  /* how long it may take to be so; 0: its thresholds decide */
	bool unhealthy;     /* `Expect: unhealthy` */
};

/*
 * A step worked out.  `values` are its own keys (below), Ungraceful's laid over them when it is
 * run so: texts, numbers and so on as JSON, durations as written.
 *
 *	Approval  Message, Approvers, Confirm (what must be typed), Timeout
 *	Check     (uses)  or Value with AtMost, AtLeast, Equals
 *	Wait      Duration
 *	Apply     Stack (or Stacks), Region, Account, Parameters
 *	Action    Resource ("db/west/Database"), Action, With
 *	Command   Region, Roles or Hosts, Command, Environment, Run: each | one
 *	Http      Url, Method, Headers, Body, Status, Contains
 *	Traffic   Routes, To, Weights (percentages for To), Bake; gate in (uses)
 *	Fence     Region, Lease, Gone (checks of which all must be unhealthy); verified by (uses)
 *	Notify    Url or Command, Message
 */
struct step_spec {
	bool applies;  /* false: its Condition is false; reason says so */
	bool left_out; /* `Ungraceful: skip`, and it is run so */
	const char *reason;
	int64_t timeout_ms; /* of one attempt with its checks; 0: none (Parallel, Approval) */
	size_t retries;     /* attempts after the first */
	int64_t retry_wait_ms;
	enum step_failure on_failure;
	const char *region;            /* where it works; "" when it does not say */
	json_t *values;                /* borrowed: lives as long as the arena */
	const struct secrets *secrets; /* in values and of steps before it; NULL */
	const struct check_use *uses, *before, *after;
	size_t use_count, before_count, after_count;
	bool promotes;         /* after it another primary accepts writes: not without a fence */
	enum step_drill drill; /* in an isolated drill */
};

/* A step, and the way in which it is run. */
struct step_wish {
	size_t step;
	enum step_grace grace;
};
/* NULL with errors; *known (may be NULL) says whether all of it can be known already: only then
 * may it run. */
const struct step_spec *step_spec(struct arena *a, const struct bound_procedure *b,
				  struct step_wish w, bool *known, struct diags *d);

#endif
