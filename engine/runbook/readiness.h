/*
 * readiness.h - what stands in the way of a runbook before it is needed.
 *
 * A direction (From and To) is looked at as if From were lost and the runbook were run
 * ungracefully: every thing of From that a step needs then is a finding with its place, and so is
 * what nobody measures, gates or fences.  readiness_static is pure; readiness_recorded adds what
 * recorded state tells, readiness_live asks the world.  Findings and texts live in the arena given
 * or the engine's.
 *
 * Score: 100, less READY_BLOCKER_POINTS for each blocker and READY_WARNING_POINTS for each
 * warning, never below 0.  Notes cost nothing.  0 where it cannot be run at all.
 */
#ifndef ENGINE_RUNBOOK_READINESS_H
#define ENGINE_RUNBOOK_READINESS_H

#include "base/vec.h"
#include "engine/runbook/conduct.h"

#define READY_POINTS 100
#define READY_BLOCKER_POINTS 25
#define READY_WARNING_POINTS 5

enum finding_severity {
	FINDING_BLOCKER, /* the runbook fails, or must not be trusted, when it is needed */
	FINDING_WARNING, /* it takes longer or tells less than it should */
	FINDING_NOTE     /* worth to be known */
};
#define FINDING_SEVERITY_COUNT (FINDING_NOTE + 1)
const char *finding_severity_name(enum finding_severity s); /* "blocker", ... */
unsigned finding_points(enum finding_severity s);

struct finding {
	enum diag_code code; /* for `explain` */
	enum finding_severity severity;
	struct range where; /* RANGE_NONE: in no file */
	const char *step;   /* path; "" */
	const char *what;   /* one line, the fact */
	const char *todo;   /* what to do about it; "" */
	bool here;          /* a warning that is a blocker on the machine that runs it */
};

struct readiness {
	struct arena *a;
	const struct manifest *m;
	const struct procedure *procedure;
	struct bound_procedure *bound; /* NULL: it cannot be run in this direction at all */
	const char *from, *to;         /* NULL: it has no such parameters */
	struct {
		VEC_OF(struct finding)
	} found;
	struct conduct_forecast forecast;
	bool forecast_known;
};

struct readiness_question {
	const struct manifest *manifest;
	const struct procedure *procedure;
	const struct given_list *given; /* with From and To, when it has them */
	const char *host;               /* this machine's name; NULL: it does not matter */
};
/* NULL with errors: the parameters do not fit. */
struct readiness *readiness_static(struct arena *a, const struct readiness_question *q,
				   struct diags *d);
/* Of a direction that is one of several: such errors are its blockers, and its score is 0. */
struct direction;
struct readiness *readiness_impossible(struct arena *a, const struct readiness_question *q,
				       const struct direction *at, const struct diags *errors);
/* What is recorded of the project, for all directions; NULL with errors. */
struct readiness_records;
const struct readiness_records *readiness_load(struct engine *e, struct diags *d);
/* Instances of To, parameters, overrides, drills, lags, the forecast, and what an execution that is
 * begun now would be refused for.  0, or -1 with errors. */
int readiness_recorded(const struct readiness_records *all, struct readiness *r, struct diags *d);
/* Checks and hosts of To as they are now.  0, or -1 with errors. */
int readiness_live(struct engine *e, struct readiness *r, struct diags *d);

unsigned readiness_score(const struct readiness *r);
size_t readiness_count(const struct readiness *r, enum finding_severity s);
/* Blockers, or the predicted RTO that 95 of 100 keep is above the objective. */
bool readiness_refuses(const struct readiness *r);

/* The pairs of regions that parameters From and To of a runbook may have. */
struct direction {
	const char *from, *to;
};
struct direction_list {
	const struct direction *items;
	size_t count;
};
void runbook_directions(struct arena *a, const struct manifest *m, const struct procedure *p,
			struct direction_list *out);

/* What is given, and for other parameters of type Region without a value one that they may have:
 * enough to look at the runbook. */
void runbook_given_for_look(struct arena *a, const struct manifest *m, const struct procedure *p,
			    const struct given_list *given, struct given_list *out);

/* False: it is there for other runbooks, which run it, and is looked at as a part of them.  What
 * the manifest names (Failover, Watch, Restore) is one to begin with all the same. */
bool runbook_is_entry(struct arena *a, const struct manifest *m, const struct manifest_runbook *r);
/* A parameter without a value, of which none can be made up either; NULL. */
const struct runbook_parameter *runbook_wants(const struct procedure *p,
					      const struct given_list *given);

/* What readiness_static finds in any direction of any runbook that is one to begin with, as
 * warnings: each once. */
void readiness_warn_all(struct arena *a, const struct manifest *m, struct diags *d);

#endif
