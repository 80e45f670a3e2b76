/*
 * project.h - a project as the engine works on it: manifest, registry, templates, and
 * one stack instance per stack and target with its evaluated document.
 */
#ifndef ENGINE_PROJECT_H
#define ENGINE_PROJECT_H

#include "engine/address.h"
#include "engine/manifest.h"
#include "engine/registry.h"

struct version;
struct versions;

/* One --param or one entry of a parameter file. */
struct param_override {
	const char *name, *value;
	const char *origin;  /* "--param", or the file's name: for messages */
	bool from_arguments; /* public: refused for NoEcho parameters */
	struct range where;  /* in the file; RANGE_NONE for --param */
};

/*
 * Reads a parameter file: a YAML or JSON map of names to scalars or lists of scalars, which
 * become comma-separated text.  *out and its texts live in the arena, and so does what
 * diagnostics point to.  0, or -1 with errors.
 */
int param_file_load(struct arena *a, const char *path, struct param_override **out, size_t *count,
		    struct diags *d);

/* Templates and parameters that are wrong. */
enum project_faults {
	FAULTS_REPORTED, /* errors: the project does not open */
	FAULTS_LEFT_OUT  /* silence: such instances are without template, for who needs none */
};

/* What becomes of {{resolve:...}} in parameters. */
enum references_use {
	REFERENCES_RESOLVED,
	REFERENCES_KEPT /* the value is the reference: nobody needs the secret, only its name */
};

/* What becomes of the parameters that runbooks have set (runbook/journal.h). */
enum overrides_use {
	OVERRIDES_HOLD,
	OVERRIDES_DROPPED /* a run gives those of its instances up, once it is confirmed */
};

struct parameter_override;

/* What `recreate` is asked for. */
enum recreate_wish {
	RECREATE_NOTHING,
	RECREATE_REGION,    /* or goes on with what was begun */
	RECREATE_AGAIN,     /* what was recreated in the region is lost once more */
	RECREATE_RECONCILE, /* the region answers again: what is left over there goes */
	RECREATE_END,       /* its stacks are where the manifest says from now on */
	RECREATE_UNDO       /* it was begun by mistake */
};

/* What a command works on.  Zero: everything.  The strongest value of a parameter holds:
 * --param, what a runbook has set, HADEPLOY_PARAM_Name, --param-file, target, stack, the
 * template's default. */
struct selection {
	const char *ref;           /* the commit whose files are read; NULL: the folder's */
	const char *const *stacks; /* names; none: all */
	size_t stack_count;
	const char *const *regions; /* none: all */
	size_t region_count;
	const char *account; /* NULL: all */
	const struct param_override *params;
	size_t param_count;
	/* What runbooks have set, sorted: engine_open finds it by way of `found`, which is called
	 * when the manifest is read. */
	const struct parameter_override *set;
	size_t set_count;
	enum overrides_use overrides;
	enum references_use references;
	/* May move targets (relocate.h).  NULL: nobody asks. */
	void (*found)(void *context, struct manifest *m, struct diags *d);
	void *context;
	/* What is recorded may be named too, though the manifest has lost it. */
	const struct instance_id *recorded;
	size_t recorded_count;
	enum project_faults faults;
	const char *simulator; /* the built-in provider that answers all calls; NULL: nobody */
	enum recreate_wish recreate;
	const char *lost, *into; /* regions that it is about; `into` may be the same */
	/* Why its data need not be brought back; why it is begun although the region answers, or
	 * undone although something was made.  NULL. */
	const char *without_restore, *reason;
};

struct instance {
	struct instance_id id;
	const struct manifest_stack *stack;
	const struct manifest_target *target;
	const struct template *tpl; /* NULL: see FAULTS_LEFT_OUT */
	const struct document *doc; /* NULL until project_evaluate */
	struct eval_target place;
	struct map parameters; /* merged: manifest, target, file, environment, --param */
	size_t index;          /* in struct project.instances */
	struct project *project;
	bool undeployable; /* PROJECT_LOOK: has types that nothing here can deploy */
};

struct project {
	struct arena *arena;
	const struct manifest *manifest;
	struct registry *registry;
	struct instance *instances; /* sorted by instance_id; only what the selection names */
	size_t instance_count;
	enum references_use references;      /* as the selection says */
	const struct param_override *params; /* of the selection */
	size_t param_count;
	struct versions *versions;
	/* What project_version has found; before somebody calls it, a version that says "not looked
	 * for".  Never NULL. */
	const struct version *version;
	bool version_known;
};

/*
 * Reads manifest, registry and the templates of the selected stacks.  A selection that
 * names an unknown stack or region, or an override that no selected template declares,
 * is an error.  {{resolve:...}} in parameters is resolved here, for what is selected.
 * NULL on failure, with diagnostics that outlive the project; project_close accepts NULL.
 * Diagnostics of later calls point into the project: show them before closing it.
 */
struct project *project_open(const char *dir, const struct hd_provider *const *builtins,
			     const struct selection *sel, struct diags *d);
void project_close(struct project *p);
/*
 * The version that all of the selection is made from, with every used file that differs; asks git
 * the first time, which may be told in a warning.  Whoever plans, runs or evaluates has called it:
 * from then on it is p->version, too.
 */
const struct version *project_version(struct project *p, struct diags *d);
/* The same with the files of one instance: manifest, parameter files, its template and what that
 * includes and nests. */
const struct version *project_version_of(struct project *p, const struct instance *i,
					 struct diags *d);
/* The same as it is recorded: canonical text, the arena's.  i NULL: the version of all of the
 * selection. */
const char *project_made_from(struct project *p, const struct instance *i);
/* By its id; NULL when the selection leaves it out. */
const struct instance *project_instance(const struct project *p, const struct instance_id *id);
/*
 * Evaluates every instance and checks each resource against its type; may be called again,
 * with other lookups.  lookup_for gives
 * the lookup of recorded attributes for an instance (NULL: nothing is known).
 * 0, or -1 with all errors of all instances (the same fault of several targets once).
 */
enum project_purpose {
	PROJECT_LOOK,  /* a type that no provider serves is what lint/ speaks of; of those that
			  only a catalogue knows too */
	PROJECT_DEPLOY /* both are errors */
};
struct lookup_source {
	const struct eval_lookup *(*lookup_for)(void *context, const struct instance *i);
	/* What the instance's template asks of the world outside; may be NULL. */
	const struct eval_outside *(*outside_for)(void *context, const struct instance *i);
	void *context;
};
int project_evaluate(struct project *p, const struct lookup_source *lookups,
		     enum project_purpose purpose, struct diags *d);
/* Every resource has a provider that can deploy it; known after project_evaluate. */
bool project_deployable(const struct project *p);

#endif
