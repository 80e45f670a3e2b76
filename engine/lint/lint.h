/*
 * lint.h - what can be said of a template before any value is known: properties against
 * the schemas of their types in every branch, references, and the rules of the language
 * that go beyond grammar.
 *
 * Works on the syntax tree, so that branches nobody takes are looked at as well; a value
 * that a function gives is judged by what the function can give.  Nothing is connected to.
 * Each rule is a row of one table (rules.c), each family of rules one file.  When in doubt a
 * rule is silent.
 *
 * Severities: what CloudFormation or the provider would surely refuse is an error; what is
 * legal and probably a mistake, and what depends on a branch, is a warning.
 */
#ifndef ENGINE_LINT_LINT_H
#define ENGINE_LINT_LINT_H

#include "base/diag.h"
#include "engine/registry.h"
#include "templates/template.h"

/* A template that template_check accepts, with those that it nests; one in a foreign language
 * (template.h) gets nothing more.  0, or -1 with errors. */
int lint_template(const struct template *t, const struct registry *types, struct diags *d);

#endif
