/*
 * moved.h - the section Moved: resources that have another logical id than before.
 *
 *	Moved:
 *	- {From: Old, To: New}		everything below moves along: Net to Network is
 *					Net.Vpc to Network.Vpc
 *
 * Private to templates/.
 */
#ifndef TEMPLATES_MOVED_H
#define TEMPLATES_MOVED_H

#include "templates/sections.h"

/* Reads the section into s->face.  Faults, ids twice and circles are errors. */
void moved_load(struct arena *a, struct sections *s, const struct node *section, struct diags *d);

#endif
