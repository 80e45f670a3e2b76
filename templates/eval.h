/*
 * eval.h - nodes to values.
 *
 * Private to templates/.  eval_node dispatches: scalars are typed, lists and maps are
 * walked, calls go through the table of intrinsic.h.  Every function returns NULL after
 * adding an error, and goes on with its other parts first, so that one run reports all.
 * A value that could not be made because its parameter or condition is broken returns
 * NULL without another error.
 *
 * Unknown and sensitive parts pass through every function.  What a condition compares
 * decides which branch is taken and does not make that branch sensitive.
 */
#ifndef TEMPLATES_EVAL_H
#define TEMPLATES_EVAL_H

#include "base/vec.h"
#include "templates/names.h"
#include "templates/node.h"
#include "templates/template.h"
#include "templates/value.h"

/* Variables of Fn::ForEach, innermost first. */
struct scope {
	struct text name, value;
	const struct scope *outer;
};

/* What may be used: bits, because functions name several. */
enum eval_place {
	PLACE_VALUE = 1,     /* properties and outputs */
	PLACE_CONDITION = 2, /* what is true or false */
	PLACE_STATIC = 4,    /* loops, policies, names of exports: no resources */
	PLACE_OPERAND = 8,   /* what conditions compare */
	PLACE_RULE = 16,     /* what is true or false in the section Rules */
	PLACE_RULE_OPERAND = 32,
};

enum condition_state {
	CONDITION_NEW,
	CONDITION_RUNNING,
	CONDITION_DONE,
	CONDITION_UNDECIDED, /* partial evaluation: it compares what is unknown */
	CONDITION_BROKEN
};

struct condition {
	struct text name;
	const struct node *key, *body;
	const struct scope *scope;
	enum condition_state state;
	bool result;
	struct condition *asked_by; /* while running: who needs it */
};

struct eval_state;
struct nested_stack;

/* One resource or output, loops unrolled. */
struct section_item {
	const char *name; /* in its template */
	const char *id;   /* in the document: "Net.Vpc" for what a nested stack holds */
	const struct node *key, *body;
	const struct scope *scope;
	const struct eval_state *st;
	struct nested_stack *stack; /* of a nested stack that is there (nested.h) */
	bool present;               /* its condition holds */
	bool undecided;             /* partial evaluation: nobody can say; present then */
	bool broken;                /* its condition is wrong */
	size_t index;               /* in the document, when it is there */
};

/* What evaluation of one template looks things up in; complete and immutable when
 * document_eval is done. */
struct eval_state {
	const struct template *tpl;
	struct nested_stack *stack; /* the nested stack that this is the inside of, or NULL */
	const char *prefix;         /* of ids: "", or "Net." */
	const struct eval_target *target;
	const struct eval_outside *outside;    /* NULL: whatever is asked is not known yet */
	const struct value **parameter_values; /* as tpl->parameters; NULL: broken */
	struct names conditions;               /* name to struct condition */
	struct names resources, outputs;       /* name to struct section_item */
	struct {
		VEC_OF(struct condition *)
	} condition_list;
	struct {
		VEC_OF(struct section_item *)
	} resource_list, output_list;
	bool partial;     /* eval_input: what is not known is unknown, not an error */
	bool only_errors; /* eval_input */
	/* A loop was broken or its collection is unknown: names may be missing that are right. */
	bool incomplete, conditions_incomplete;
};

/* Without doubles, in the order they were met. */
struct ref_list {
	VEC_OF(struct doc_ref)
	struct names seen;
};

struct eval {
	struct arena *a;
	const struct eval_state *st;
	const struct eval_lookup *lookup; /* may be NULL */
	const struct scope *scope;
	enum eval_place place;
	struct ref_list *refs; /* where references are noted; may be NULL */
	size_t used_len;       /* of LIMIT_EVAL_LEN */
	size_t loop_count;     /* of LIMIT_FOREACH_ITEMS */
	size_t stack_count;    /* of LIMIT_NESTED_STACKS */
	struct condition *deciding;
	struct nested_stack *opening; /* the innermost that is being opened */
	bool again;   /* document_eval is done; what was unknown then may be known now */
	size_t depth; /* of LIMIT_EVAL_DEPTH */
	struct diags *d;
};

/* What !Ref AWS::NoValue gives: not there. */
extern const struct value value_absent;

/* May give &value_absent. */
const struct value *eval_node(struct eval *e, const struct node *n);
/* An operand of `call`: never absent. */
const struct value *eval_operand(struct eval *e, const struct node *call, const struct node *n);
/* An operand that must be a scalar: VALUE_BOOL, NUMBER, STRING, or UNKNOWN.  `what`:
 * "the delimiter". */
const struct value *eval_scalar(struct eval *e, const struct node *call, const struct node *n,
				const char *what);
/* An operand that must be a list: VALUE_LIST without absent items, or UNKNOWN. */
const struct value *eval_list(struct eval *e, const struct node *call, const struct node *n,
			      const char *what);
/* An operand that must be known text. False after an error. */
bool eval_name(struct eval *e, const struct node *call, const struct node *n, const char *what,
	       struct text *out);
/* A name that may be unknown in partial evaluation: then `waits` is set, not the text. */
struct asked_name {
	const char *what;
	struct text text;
	const struct value *waits;
};
/* As eval_name. */
bool eval_asked_name(struct eval *e, const struct node *call, const struct node *n,
		     struct asked_name *name);
/* What deciding a condition gives besides 0 and -1: it depends on what is unknown.  Only in
 * partial evaluation; *out is untouched. */
#define UNDECIDED 1
/* Decides a condition by name.  -1: an error, or broken. */
int eval_condition_named(struct eval *e, const struct node *at, struct text name, bool *out);
/* Decides an expression of the section Conditions. */
int eval_condition(struct eval *e, const struct node *n, bool *out);

/* Takes len bytes of the allowance; false after the error that it is used up. */
bool eval_charge(struct eval *e, const struct node *at, size_t len);
/* A string value of text that lives in the arena already. */
const struct value *eval_text(struct eval *e, struct text t, const struct node *from);
/* Unknown because of what is unknown in the given values. */
const struct value *eval_unknown(struct eval *e, const struct node *from,
				 const struct value *const *values, size_t count);
/* v, sensitive when any of the given values is. */
const struct value *eval_tainted(struct eval *e, const struct value *v,
				 const struct value *const *values, size_t count);
/* The list of these strings. */
const struct value *eval_strings(struct eval *e, const char *const *names, size_t count,
				 const struct node *from);
/* The text with ${X} and &{X} replaced for the loop variables in scope. */
struct text eval_loop_text(struct eval *e, struct text t);
const struct scope *scope_find(const struct scope *s, struct text name);
/* Appends the value's letters and digits. */
void scope_add_alphanumeric(struct str *out, struct text value);
/* "region 'west'", for messages about what holds for this target alone. */
const char *eval_target_name(struct eval *e);
/* "a list", "a string", for messages. */
const char *value_describe(const struct value *v);

/* intrinsic_ref.c: for Ref and for Sub's variables.  NULL after an error. */
const struct value *eval_ref(struct eval *e, const struct node *at, struct range where,
			     struct text name);
const struct value *eval_attribute(struct eval *e, const struct node *at, struct range where,
				   const char *const names[2]);
/* intrinsic_outside.c: what somebody outside of the template said, at the place where it was
 * asked for. */
const struct value *eval_foreign(struct eval *e, const struct node *at, const struct value *from);
/* intrinsic_outside.c: the answer, at the place where it was asked; unknown when it comes later,
 * NULL after an error. */
const struct value *eval_ask(struct eval *e, const struct node *at,
			     const struct outside_question *q);
/* intrinsic_outside.c: v with its dynamic references resolved; v itself when it has none.
 * type: of the resource whose properties v is; NULL for the value of an output.  NULL after
 * an error. */
const struct value *eval_resolved(struct eval *e, const struct value *v, const char *type);
/* intrinsic_outside.c: the same for what a function encodes, which hides the references. */
const struct value *eval_resolved_operand(struct eval *e, const struct value *v);
/* intrinsic_outside.c: adds the text, with the references to this machine's environment and
 * files resolved as far as they are known; what they gave is added to *found. */
struct resolved_parts {
	bool failed;
	VEC_OF(const struct value *)
};
void eval_add_resolved(struct eval *e, const struct node *from, struct text t, struct str *out,
		       struct resolved_parts *found);
/* pseudo.c: NULL when the name is no pseudo parameter; an error gives *failed. */
const struct value *pseudo_value(struct eval *e, const struct node *at, struct text name,
				 bool *failed);
bool pseudo_known(struct text name);
/* All names, for "did you mean". */
extern const char *const pseudo_names[];
extern const size_t pseudo_count;

#endif
