/*
 * scalar.h - what a scalar that people wrote means: the one place that types text.
 *
 * Plain true and false are booleans, plain numbers in JSON's notation are numbers, and
 * all else is a string: Yes, 2026-11-20, 0644, 1e3, 0x1F, integers beyond 64 bits.
 */
#ifndef TEMPLATES_SCALAR_H
#define TEMPLATES_SCALAR_H

#include "templates/node.h"
#include "templates/value.h"

/* VALUE_NULL, VALUE_BOOL, VALUE_NUMBER or VALUE_STRING. */
enum value_kind scalar_kind(const struct node *n);
bool scalar_is_true(struct text t);
/* -?(0|[1-9][0-9]*)(.[0-9]+)?, integers within int64_t. */
bool scalar_is_number(struct text t);

#endif
