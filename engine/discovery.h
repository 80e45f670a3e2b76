/*
 * discovery.h - what is in the world of what a template wants: things that nobody recorded
 * yet, by id or by their natural name, as they would be recorded.
 *
 * Each is asked for twice.  The first call has nothing but the id, with what is wanted for the
 * words to say it in, or for find() nothing but what is wanted, and tells whether it is there and
 * how it looks.  The second is the read()
 * of a refresh with the inputs that the first one gave, so that what is recorded has the form
 * in which later refreshes see it: else the first drift would find differences that are none.
 *
 * The inputs of such a record are the paths that the template names with the values that the
 * world shows.  What cannot be compared never counts as the same: a secret that is not shown is
 * recorded as a digest that nothing has, so the next plan updates it.
 */
#ifndef ENGINE_DISCOVERY_H
#define ENGINE_DISCOVERY_H

#include "engine/engine_private.h"
#include "engine/planner.h"

struct discovery {
	const struct change *change; /* a creation in a plan without it */
	const char *id;              /* NULL: by its natural name */
	struct range where;          /* who asked for it; RANGE_NONE: the resource */
	enum seen seen;
	bool left_out;          /* something of its instance failed, and its stack tolerates that */
	struct record record;   /* SEEN_PRESENT: as it is to be recorded; in the arena */
	const char *unreadable; /* create-only properties taken from the template; NULL: none */
};

/* Whether the provider can find something by the properties that are wanted. */
bool discovery_by_name(const struct change *c);
struct discoveries {
	struct discovery *items;
	size_t count;
	/* By operation preferences (inquiry.h); NULL: all at once, and nothing is left out. */
	const struct rollout_wishes *wishes;
};
/*
 * 0, or -1 with errors when the user stopped it or more failed than preferences tolerate.  What
 * could not be read is SEEN_FAILED with an error; several things of one name are too.
 */
int discover(struct engine *e, const struct discoveries *list, struct arena *a, struct diags *d);

#endif
