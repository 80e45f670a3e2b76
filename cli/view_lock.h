/*
 * view_lock.h - what `lock` did, for people and for programs.
 */
#ifndef CLI_VIEW_LOCK_H
#define CLI_VIEW_LOCK_H

#include "base/json.h"
#include "cli/term.h"

struct lock_change;
struct lock_changes;

/* A line for each template that is locked anew, moved or dropped; for LOCK_CHECK `future`. */
void view_lock(struct str *out, const struct lock_changes *all, bool future,
	       const struct style *st);
/* A line of JSON without its head. */
void json_lock_change(json_t *into, const struct lock_change *c);

#endif
