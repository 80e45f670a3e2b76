/*
 * relocate.h - stacks of lost regions, where they are since.
 *
 * After `recreate --region R --into S` the manifest still names R.  relocate_manifest changes the
 * manifest that was read as if it named S: a target in R becomes one in S, with the parameters of
 * R's, or is left out when the stack goes to S anyway.  All that plans, looks or refers sees
 * targets where they are, and who asks for R's (manifest_target.passed) is led to S.
 */
#ifndef ENGINE_RELOCATE_H
#define ENGINE_RELOCATE_H

#include "engine/manifest.h"
#include "engine/recreation.h"

/* In the order of the list, so that what was lost twice is where it went last.  Says what it does
 * in notes.  Errors: the region that stacks went to is not in the manifest. */
int relocate_manifest(struct arena *a, struct manifest *m, const struct recreation_list *list,
		      struct diags *d);
/* The stacks of this lost region, by the manifest's name, led here. */
bool relocate_passed(const struct manifest_target *t, const char *region);

#endif
