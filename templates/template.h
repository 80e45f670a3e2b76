/*
 * template.h - the face of the template language: load, look, evaluate.
 *
 * template_load turns a source into an immutable struct template (sections checked,
 * names unique, parameters typed).  document_eval evaluates it for one target into a
 * struct document: ForEach expanded, conditions decided, resources whose condition is
 * false gone, every intrinsic applied; what needs an attribute of a resource that does
 * not exist yet is VALUE_UNKNOWN.  Nested stacks with a template in a file are expanded in
 * place: their resources are the document's, with dotted logical ids ("Net.Vpc").  During
 * apply document_eval_resource evaluates one resource again, with a lookup that knows more
 * by then.
 *
 * Everything lives in the arenas given; templates and documents are immutable and may
 * be read from several threads.  Errors are collected and evaluation goes on, up to
 * LIMIT_DIAGS.
 */
#ifndef TEMPLATES_TEMPLATE_H
#define TEMPLATES_TEMPLATE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"
#include "templates/value.h"

struct node;

enum parameter_kind { PARAM_STRING, PARAM_NUMBER, PARAM_STRING_LIST, PARAM_NUMBER_LIST };

struct parameter {
	const char *name;
	const char *type; /* as written: "String", "List<Number>", "AWS::..." */
	enum parameter_kind kind;
	bool looked_up;           /* AWS::SSM::Parameter::Value<...>: given is a name, and
				     the kind is that of what the store has under it */
	const struct node *where; /* its key */
	const struct node *body;
	const struct node *initial; /* Default; NULL when a value must be given */
	bool no_echo;
	const char *description;     /* may be NULL */
	const char *constraint_text; /* ConstraintDescription; may be NULL */
};

/* One of the section Moved: what has the logical id `to` now and had `from` before. */
struct template_move {
	const char *from, *to;
	struct range from_where, to_where;
};

struct template
{
	const struct source *src;
	const struct node *root;
	const char *thing;       /* what its resources are called in messages: "resource" */
	const char *description; /* may be NULL */
	const struct parameter *parameters;
	size_t parameter_count;
	/* Maps (node.h) or NULL when the section is absent. */
	const struct node *mappings, *conditions, *resources, *outputs;
	const struct node *rules, *hooks, *metadata; /* as written */
	const struct template_move *moves;           /* no id twice on a side, no circles */
	size_t move_count;
	/* What must rewrite the template first ("AWS::Serverless-2016-10-31", a macro's name,
	 * "Rain::Module"), or NULL.  Then no section is read, and template_check refuses it,
	 * once; nothing else can be said about it. */
	const char *foreign;
	struct range foreign_where;
};

/*
 * Files that a template names: included snippets, nested templates.  Whoever loads a template
 * says where they come from (a folder, a commit).
 */
struct file_request {
	const struct source *from; /* the file that names it */
	const char *path;          /* relative to that one */
	struct range where;        /* the name, for errors */
};

struct template_loader {
	/* NULL after an error.  The source lives as long as the arena. */
	const struct source *(*load)(void *context, struct arena *a, const struct file_request *q,
				     struct diags *d);
	void *context;
};

/* Reads from the file system, relative to the folder of the file that names it (the name of
 * its source is its path). */
extern const struct template_loader template_disk_loader;

/* loader NULL: naming a file is an error.  NULL on failure. */
const struct template *template_load(struct arena *a, const struct source *src,
				     const struct template_loader *loader, struct diags *d);
const struct parameter *template_parameter(const struct template *t, struct text name);

/*
 * From a tree that was put together of a file of another kind: the steps of a runbook are its
 * resources, each {Type, Properties}, and are called `thing` ("step").  Their names are the
 * caller's to check, and no files can be named.  NULL on failure.
 */
const struct template *template_from_tree(struct arena *a, const struct source *src,
					  const struct node *root, const char *thing,
					  struct diags *d);

/* Every file that it is made of: itself first, then what it includes and nests, as far as that
 * was read. */
const struct source *const *template_sources(const struct template *t, struct arena *a,
					     size_t *count);
/* The templates that it nests, and those nest, which evaluation or template_check has read so
 * far; each once. */
const struct template *const *template_nested(const struct template *t, struct arena *a,
					      size_t *count);

/* A value for a parameter, from the manifest, the command line or a file. */
struct parameter_value {
	const struct node *node; /* where it was given; NULL for command line or file */
	const char *text;        /* the value when node is NULL, or resolved from it */
	const char *origin;      /* "hadeploy.yaml", "--param", "HADEPLOY_PARAM_X": for messages */
	bool sensitive;          /* came from a resolved secret */
	bool unknown;            /* somebody will give it later: text and node are NULL */
	struct range name_where; /* where its name stands; src NULL: in no file */
};

struct eval_host {
	const char *name, *zone, *address;
	const char *const *roles;
	size_t role_count;
};

/* What evaluation may know of the place a stack goes to. */
struct eval_target {
	const char *project, *stack, *account; /* account "-" when there is none */
	const char *region;                    /* HA::Region: the manifest's name */
	const char *aws_region;                /* AWS::Region; equals region when none is set */
	const char *account_id;                /* AWS::AccountId; NULL: the account's name */
	bool asks_cloud;        /* what the manifest lacks of these is asked of outside */
	const char *git_commit; /* HA::GitCommit; NULL: commit_of is asked */
	/* Called when a template names it; NULL when there is none, and *why says why.  May be
	 * NULL: there is no project. */
	const char *(*commit_of)(void *context, const char **why, struct diags *d);
	void *commit_context;
	const char *const *zones;
	size_t zone_count;
	const struct eval_host *hosts;
	size_t host_count;
	/* Zones of another region by either name, for Fn::GetAZs; false when unknown. */
	bool (*zones_of)(void *context, const char *region, const char *const **zones,
			 size_t *count);
	void *context;
};

/* Attributes of resources that exist.  NULL answer: not known yet. attribute NULL: Ref. */
struct eval_lookup {
	const struct value *(*attribute)(void *context, struct arena *a, const char *logical_id,
					 const char *attribute);
	void *context;
};

enum deletion_policy {
	DELETION_DEFAULT,
	DELETION_DELETE,
	DELETION_RETAIN,
	DELETION_RETAIN_EXCEPT_ON_CREATE,
	DELETION_SNAPSHOT
};

struct doc_ref {
	const char *logical_id; /* a resource of this document; "Net.Vpc" in a nested stack */
	const char *attribute;  /* NULL: Ref or DependsOn */
	struct range where;
};

struct doc_resource {
	const char *logical_id, *type;
	struct range where; /* its logical id in the template */
	struct range type_where;
	const struct value *properties; /* a map, perhaps empty */
	const struct doc_ref *refs;     /* references and DependsOn, in order, no doubles */
	size_t ref_count;
	enum deletion_policy deletion_policy, update_replace_policy;
	struct range policy_where; /* of the one that says Snapshot, else RANGE_NONE */
	const void *expansion;     /* private: how to evaluate it again */
};

struct doc_output {
	const char *name;
	const struct value *value;
	const char *description; /* may be NULL */
	const char *export_name; /* may be NULL */
	struct range where;
	const void *expansion;
};

struct document {
	const struct template *tpl;
	const struct doc_resource *resources; /* in the order of the template */
	size_t resource_count;
	const struct doc_output *outputs;
	size_t output_count;
	const void *state; /* private */
};

/* Why a value of the world outside is not there. */
enum outside_answer {
	OUTSIDE_KNOWN,
	OUTSIDE_LATER,  /* will be known when what makes it has run: unknown until then */
	OUTSIDE_FAILED, /* an error was added */
};

struct outside_question {
	enum {
		ASK_EXPORT,
		ASK_STACK_OUTPUT,
		ASK_RESOLVE,
		ASK_PARAMETER_STORE,
		ASK_ZONES,
		ASK_ACCOUNT
	} kind;
	const char *name;   /* of the export, output, or parameter; of ASK_RESOLVE what stands
				   between "{{resolve:" and "}}" */
	const char *stack;  /* ASK_STACK_OUTPUT */
	const char *region; /* ASK_STACK_OUTPUT, ASK_ZONES; NULL: the target's own */
	struct range where;
};

/* What evaluation asks of the world outside of its template. */
struct eval_outside {
	enum outside_answer (*ask)(void *context, struct arena *a, const struct outside_question *q,
				   const struct value **out, struct diags *d);
	void *context;
};

/* What a template is evaluated with; all of it must live as long as the document. */
struct eval_input {
	const struct eval_target *target;
	const struct map *parameters;       /* names to struct parameter_value */
	const struct eval_lookup *lookup;   /* NULL: nothing is known */
	const struct eval_outside *outside; /* NULL: whatever is asked is not known yet */
	/* For showing a template without a project: what only a target can tell (parameters
	 * without a value, the account, zones) is unknown instead of an error, and so are
	 * conditions that depend on it. */
	bool partial;
	/* Errors are all that counts: the document's resources have neither properties nor
	 * references.  template_render makes values of its own. */
	bool only_errors;
};

/*
 * Checks the parameters against types and constraints; one given that the template does
 * not declare is an error at its name.  NULL on failure.
 */
const struct document *document_eval(struct arena *a, const struct template *t,
				     const struct eval_input *in, struct diags *d);
/* The properties of one resource again, in arena a (may differ from the document's and be
 * dropped afterwards).  NULL on failure; may still hold unknown parts. */
const struct value *document_eval_resource(const struct document *doc, size_t index,
					   const struct eval_lookup *lookup, struct arena *a,
					   struct diags *d);
const struct value *document_eval_output(const struct document *doc, size_t index,
					 const struct eval_lookup *lookup, struct arena *a,
					 struct diags *d);
/* The same for one node of a resource, or of what else the template was made of.  A value of kind
 * VALUE_NULL: AWS::NoValue. */
const struct value *document_eval_node(const struct document *doc, const struct node *n,
				       const struct eval_lookup *lookup, struct arena *a,
				       struct diags *d);
const struct doc_resource *document_find(const struct document *doc, const char *logical_id);
/* Whether the template has it at all, also when a condition leaves it, or the nested stack it
 * is in, out; where is the logical id that does. */
bool document_declares(const struct document *doc, const char *logical_id, struct range *where);
/* The moves of the template and, with ids of the document, of those that it nests. */
const struct template_move *document_moves(const struct document *doc, struct arena *a,
					   size_t *count);
/* The values the parameters have, for recording: sensitive ones masked. New reference. */
json_t *document_parameters_json(const struct document *doc);

/* Checks that need no target: references to nothing, unknown functions, wrong
 * arguments that can be seen without values; in every branch.  document_eval meets the same
 * mistakes in the branches it takes, so evaluate what passed here, or say things twice.
 * 0, or -1 with errors. */
int template_check(const struct template *t, struct diags *d);

#endif
