/*
 * act_parts.h - what act.c and act_carry.c share: one action, from its BEGIN to its END.
 */
#ifndef ENGINE_ACT_PARTS_H
#define ENGINE_ACT_PARTS_H

#include "engine/act.h"
#include "engine/dispatch.h"

enum acting_end {
	ACTING_DONE,
	ACTING_FAILED, /* and has its END */
	ACTING_OPEN    /* nobody knows: no END */
};

struct acting {
	struct engine *e;
	struct diags *d;
	struct operation op; /* begun */
	const struct record *record;
	const struct provider_entry *provider;
	const struct schema *schema;
	const char *action, *args;
	const struct secrets *secrets;
	struct dispatch *dispatch;
	struct job job;
	bool reads; /* it is done, and looked at */
	bool over;
	enum acting_end end;
	const char *result; /* in e->arena */
	const char *id, *outputs, *sensitive;
	struct text private_bytes;
	bool has_private;
	int64_t started_ms;
};

/* Calls until it is over, with commits; op must be on disk. */
enum acting_end acting_carry(struct acting *a);

#endif
