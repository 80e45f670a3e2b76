/*
 * rule_logic.h - what conditions have to do with each other, whatever the parameters are.
 *
 * Conditions are taken apart down to comparisons of one thing with literals.  Asked whether
 * some of them can hold together, all values that those things can have are tried: the literals
 * they are compared with, and one that is none of them unless AllowedValues leaves no other.
 * More combinations than LOGIC_CASES_MAX are not tried; then the answer is the one that makes a
 * rule silent.
 *
 * logic_new, then any number of questions; everything is in the arena.
 */
#ifndef ENGINE_LINT_RULE_LOGIC_H
#define ENGINE_LINT_RULE_LOGIC_H

#include "engine/lint/lint_parts.h"

enum logic_constant { LOGIC_VARIES, LOGIC_ALWAYS, LOGIC_NEVER };

struct logic;

struct logic *logic_new(struct arena *a, const struct template *t);
/* All of it can be true at once.  True when in doubt. */
bool logic_possible(struct logic *l, const struct assumption *given);
/* Both lists can be true together.  True when in doubt. */
bool logic_compatible(struct logic *l, const struct assumption *given,
		      const struct assumption *other);
/* The condition holds whenever the assumptions are true.  True when in doubt. */
bool logic_implies(struct logic *l, const struct assumption *given, struct text condition);
/* Whether an expression (Fn::Equals, Fn::And, ...) has the same answer for all values.
 * LOGIC_VARIES when in doubt. */
enum logic_constant logic_constant(struct logic *l, const struct node *expression);

/* Appends a node's canonical text: equal for nodes that mean the same. */
void logic_text(const struct node *n, struct str *out);
/* Both mean the same, whatever the values are. */
bool logic_same(const struct node *a, const struct node *b);

#endif
