/*
 * value.h - what a node can be, found without values: every alternative of a property's node.
 *
 * Literals are themselves, Fn::If is both of its branches (those that the assumptions allow),
 * a parameter is its type and, as literals, its Default and AllowedValues; a resource's Ref or
 * attribute is a shape; a text that is put together is a string nobody knows.  What cannot
 * be told is ALTERNATIVE_ANY.  Branches that the assumptions exclude are not visited, so there
 * may be no alternative at all.  Values of NoEcho parameters are never among them.
 */
#ifndef ENGINE_LINT_VALUE_H
#define ENGINE_LINT_VALUE_H

#include "engine/lint/lint_parts.h"

enum alternative_kind {
	ALTERNATIVE_SCALAR, /* node is a scalar */
	ALTERNATIVE_LIST,   /* node is a list; its items may be functions */
	ALTERNATIVE_MAP,    /* node is a map; its values may be functions */
	ALTERNATIVE_ABSENT, /* !Ref AWS::NoValue */
	ALTERNATIVE_TEXT,   /* a string that is not known */
	ALTERNATIVE_NUMBER, /* a number that is not known */
	ALTERNATIVE_TEXTS,  /* a list of strings that are not known */
	ALTERNATIVE_SHAPE,  /* what a resource gives: `shape` */
	ALTERNATIVE_ANY
};

struct alternative {
	enum alternative_kind kind;
	const struct node *node;   /* SCALAR, LIST, MAP */
	const struct node *at;     /* what is written in the property's place, or the branch of
				    Fn::If: where to point at */
	const struct shape *shape; /* SHAPE */
	const struct lint_resource *resource; /* SHAPE, and TEXT of a Ref or GetAtt; or NULL */
	const struct parameter *parameter;    /* it comes from; NULL: from none */
	const struct assumption *given;       /* holds in this branch */
	bool conditional;                     /* in a branch of Fn::If */
	bool derived; /* a literal that is not written here: of a parameter or mapping */
};

typedef void alternative_fn(void *context, const struct alternative *alt);

void alternatives(struct lint *l, const struct node *n, const struct assumption *given,
		  alternative_fn *visit, void *context);
/*
 * Every alternative at a path below the properties of a resource, in every branch:
 * "LoadBalancers.*.Name"; '*' is any item of a list.  Absent ones are visited when the last
 * name is missing in a map that is there (alt->at is that map, conditional as it is), so that
 * presence can be judged.
 */
void alternatives_at(struct lint *l, const struct lint_resource *r, const char *path,
		     alternative_fn *visit, void *context);
/* The one literal scalar that the node surely is; empty text with ptr NULL otherwise. */
struct text literal_of(const struct node *n);

#endif
