/*
 * executor_record.h - what is recorded of a resource beside its properties, as the template
 * has it now.
 */
#ifndef ENGINE_EXECUTOR_RECORD_H
#define ENGINE_EXECUTOR_RECORD_H

#include "engine/plan.h"

/* "", "Delete", "Retain", ... */
const char *executor_policy(const struct doc_resource *r);
/* JSON array of the four-part addresses of what it refers to, sorted, without doubles. */
const char *executor_depends_on(struct arena *a, const struct change *c);

#endif
