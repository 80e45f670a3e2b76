/*
 * intrinsic.h - the table of functions: one row each, and the checks that a row implies.
 *
 * A new function is one row in intrinsic.c and one evaluating function in the file of
 * its family.  Rows without one are known to the language and refused with a clear
 * "not supported yet".
 */
#ifndef TEMPLATES_INTRINSIC_H
#define TEMPLATES_INTRINSIC_H

#include "templates/eval.h"
#include "templates/resolve.h"

enum argument_shape {
	ARGUMENT_ANY,
	ARGUMENT_NAME,         /* a scalar or a function */
	ARGUMENT_LIST,         /* of min to max items */
	ARGUMENT_NAME_OR_LIST, /* !GetAtt A.B, !Sub text */
	ARGUMENT_MAP           /* or nothing */
};

/* The shape was checked before; call->arg is as the row says. */
typedef const struct value *intrinsic_fn(struct eval *e, const struct node *call);

struct intrinsic {
	const char *name; /* "Fn::Join" */
	enum argument_shape shape;
	size_t min, max;
	unsigned places; /* of enum eval_place */
	const char *usage;
	intrinsic_fn *eval; /* NULL: not supported yet */
};

/* The row of a call whose name, place and argument are right; NULL after an error. */
const struct intrinsic *intrinsic_check(const struct node *call, enum eval_place place,
					struct diags *d);
/* The hint that shows how the function is written. */
void intrinsic_hint(struct diags *d, struct diag *g, const struct node *call);
/* intrinsic_outside.c: true, after an error, when the text holds a dynamic reference that is
 * wrong; RESOLVE_PART: whatever functions add to it. */
bool resolve_refused(const struct node *scalar, enum resolve_written written, struct diags *d);
/* Literal references in properties (type NULL: in an output) that are not taken there. */
void resolve_check_places(const struct node *properties, const char *type, struct diags *d);
/* For a reference where nothing is resolved. */
void resolve_check_static(const struct node *scalar, struct diags *d);
/* Of Fn::GetStackOutput: -1 after an error about its keys. */
int stack_output_shape(const struct node *call, struct diags *d);
/* For a key that is a function's name with other keys beside it. */
void report_mixed_function(const struct node *key, struct diags *d);
/* The place in which a function evaluates its operands. */
enum eval_place intrinsic_inner_place(const struct node *call, enum eval_place place);

intrinsic_fn intrinsic_ref, intrinsic_getatt;
intrinsic_fn intrinsic_sub, intrinsic_join, intrinsic_select, intrinsic_split, intrinsic_base64,
	intrinsic_length, intrinsic_to_json;
intrinsic_fn intrinsic_if, intrinsic_equals, intrinsic_and, intrinsic_or, intrinsic_not,
	intrinsic_condition;
intrinsic_fn intrinsic_find_in_map, intrinsic_get_azs;
intrinsic_fn intrinsic_hosts, intrinsic_cidr;
intrinsic_fn intrinsic_contains, intrinsic_each_equals, intrinsic_each_in, intrinsic_ask_account;
intrinsic_fn intrinsic_import_value, intrinsic_get_stack_output;

#endif
