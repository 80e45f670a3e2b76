/*
 * rule_parts.h - what the families of rules share: members of a map that are surely there,
 * what they surely are, and walking over the maps of a resource.
 *
 * A rule about several members of one object asks field_of for each and speaks only of what is
 * certain: a member that a function gives is there, and what it is is not known; one that is
 * an Fn::If with AWS::NoValue in it may be there.
 */
#ifndef ENGINE_LINT_RULE_PARTS_H
#define ENGINE_LINT_RULE_PARTS_H

#include "engine/lint/lint_parts.h"

enum field_state { FIELD_ABSENT, FIELD_MAYBE, FIELD_PRESENT };

struct field {
	enum field_state state;
	const struct node *key, *value; /* NULL when there is none */
	struct text literal;            /* ptr NULL: not a literal scalar */
};

/* `map` is a NODE_MAP; one with loops or functions among its keys may hold anything. */
struct field field_of(const struct node *map, const char *name);
/* The literal is exactly this text. */
bool field_is(const struct field *f, const char *text);
/* The literal is a whole number. */
bool field_int(const struct field *f, int64_t *out);
/* The literal is one of the names, NULL at their end. */
bool field_in(const struct field *f, const char *const *names);
/* Literally true (or false). */
bool field_true(const struct field *f);
bool field_false(const struct field *f);

bool text_in(struct text t, const char *const *names);
/* The two texts are equal when capitals count as small letters. */
bool text_same_letters(struct text a, struct text b);
bool node_is_no_value(const struct node *n);
/* What Ref or Fn::GetAtt names, when that is a resource; NULL otherwise. */
const struct lint_resource *resource_of(const struct lint *l, const struct node *n);
/* The same when it is of that type. */
const struct lint_resource *resource_of_type(const struct lint *l, const struct node *n,
					     const char *type);
/* The literal that a member of a resource's properties is; ptr NULL: none, or not known. */
struct text property_text(const struct lint_resource *r, const char *name);

/* Where an object of a resource stands. */
struct object {
	const struct lint_resource *resource;
	const struct node *map;
	const struct assumption *given;
	const void *context; /* as it was handed to each_object and each_value */
};
typedef void object_fn(struct lint *l, const struct object *o);

/*
 * Every map at a path below a resource's properties ("", "Code", "Rules.*"): through both
 * branches of Fn::If, through Fn::If among the items of a list.
 */
void each_object(struct lint *l, const struct lint_resource *r, const char *path, object_fn *visit,
		 const void *context);
/* The same below a map. */
void each_object_of(struct lint *l, const struct object *at, const char *path, object_fn *visit);

/* Every value at a path: itself, or the branches of Fn::If; items of lists when it ends in '*'.
 * NoValue is passed over.  o->map is the innermost map. */
typedef void value_fn(struct lint *l, const struct object *o, const struct node *value);
void each_value(struct lint *l, const struct lint_resource *r, const char *path, value_fn *visit,
		const void *context);
void each_value_of(struct lint *l, const struct object *at, const char *path, value_fn *visit);

/*
 * Every member of a map below the properties of an AWS type, in all branches of Fn::If.  Not
 * below members whose keys the user chooses: variables of the environment, documents,
 * parameters of nested stacks.
 */
typedef void member_fn(void *context, const struct node_entry *e);
void each_member(struct lint *l, const struct lint_resource *r, member_fn *visit, void *context);

#endif
