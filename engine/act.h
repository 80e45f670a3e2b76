/*
 * act.h - a named action of a recorded resource: a replica is promoted, a global cluster fails
 * over, a group gets another size.
 *
 * Under the lock of the resource's instance, as an operation with BEGIN and END; the record is
 * then as the thing is.  Nothing but the resource's own region is asked, and no template is
 * evaluated.  Open with a selection of the instance and FAULTS_LEFT_OUT.
 */
#ifndef ENGINE_ACT_H
#define ENGINE_ACT_H

#include "engine/engine_private.h"

struct act_request {
	struct address addr;
	const char *action; /* "failover" */
	const char *args;   /* JSON object */
	const char *key;    /* hex, of the operation: the same after a crash goes on with it */
	const char *run;    /* whose operation it is in the history; "" */
	const struct secrets *secrets; /* in args: then they are not recorded; NULL */
};

/*
 * 0 when it was done, also when an earlier process did it with this key; *result: what the provider
 * says, JSON object in e->arena.  -1 with errors: it failed, or nobody knows and it stays open.
 * Waits for the instance's lock as the engine's options say.
 */
int engine_act(struct engine *e, const struct act_request *q, const char **result, struct diags *d);

/* Under the locks: actions that were begun and have no end are seen to their end, and taken out of
 * the list; what stays open is an error.  0 or -1. */
int acts_recover(struct engine *e, struct recorded *recorded, struct diags *d);

#endif
