/*
 * inquiry.h - many questions to providers at once: read() and find() in parallel, through the
 * same lanes, retries and breakers as changes.
 *
 * Who asks fills one struct inquiry per question and calls inquire, which returns when all are
 * answered.  Nothing is written, so nobody has to wait for an answer when the user asks to stop.
 */
#ifndef ENGINE_INQUIRY_H
#define ENGINE_INQUIRY_H

#include "engine/dispatch.h"

struct inquiry {
	/* Kind, id, recorded, sensitive, schema version, endpoint, place; the rest is filled in. */
	struct job job;
	const struct address *addr;
	const char *type;
	const struct provider_entry *entry;
	/* Of the call's texts; freed with the answer.  NULL: it cannot be asked, and its instance
	 * has failed when it is its turn. */
	struct arena *arena;
	size_t index; /* for the owner */
};

/* What the owner makes of an answer. */
enum inquiry_end { INQUIRY_WELL, INQUIRY_BADLY };

struct rollout_wishes;

struct inquiries {
	struct inquiry *items;
	size_t count;
	/* Once per question, from the coordinator.  The outcome's errors are the owner's to
	 * take or drop; status HD_FATAL without any when it could not even be asked. */
	enum inquiry_end (*answered)(void *context, const struct inquiry *q, struct outcome *o);
	/* By operation preferences (inquiry_order.h), with what the command line says of them:
	 * instances whose turn never comes have no answer.  NULL: all at once. */
	const struct rollout_wishes *wishes;
	/* With wishes: once per question that ended badly of an instance that may be left out,
	 * because failures stayed within the FailureTolerance somebody gave; or NULL. */
	void (*tolerated)(void *context, const struct inquiry *q);
	void *context;
	const char *what; /* is stopped: "reading what is recorded" */
};

/* 0, or -1 with an error when the user stopped it, the locks were lost or too many failed: then
 * some have no answer. */
int inquire(struct engine *e, const struct inquiries *list, struct diags *d);

#endif
