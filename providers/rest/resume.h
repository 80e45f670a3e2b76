/*
 * resume.h - the rest of a create whose thing was found by its key: after a crash, or when the
 * answer was lost, the steps behind the one that made it were perhaps not carried out.
 */
#ifndef PROVIDERS_REST_RESUME_H
#define PROVIDERS_REST_RESUME_H

#include "providers/rest/call.h"

/* There are steps behind the one that gives the id, and they need nothing of what is lost: no
 * secret, and no answer of the steps before. */
bool resume_can(const struct rest_call *c);
/* Hands over a token that poll() goes on from; HD_PENDING. */
int resume_create(struct rest_call *c);
/* The step behind the last one that gives an id. */
size_t resume_step(const struct operation *create);
/* A create once more makes no second thing: it sends the operation's key, or what identifies the
 * thing stands in the template. */
bool resume_repeatable(const struct rest_call *c);

#endif
