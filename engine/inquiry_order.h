/*
 * inquiry_order.h - inside of inquiry.c: which instances are asked when, and how many that
 * cannot be read are too many: the operation preferences of their stacks hold for reading as
 * for changing.
 *
 * Of those preferences: RegionConcurrency, RegionOrder, MaxConcurrent, FailureTolerance and
 * ConcurrencyMode.  Waves, gates, health checks and MinHealthyRegions guard changes, and mean
 * nothing here.  A stack of which nobody said anything is asked all at once, whatever fails.
 *
 * An instance with a question that ended badly has failed; so has one with a question that could
 * not be asked (inquiry.h).
 */
#ifndef ENGINE_INQUIRY_ORDER_H
#define ENGINE_INQUIRY_ORDER_H

#include "engine/inquiry.h"

struct inquiry_order;

/* The list is borrowed and has wishes.  NULL with an error when it can go no way. */
struct inquiry_order *inquiry_order_new(struct engine *e, const struct inquiries *list,
					struct diags *d);
void inquiry_order_free(struct inquiry_order *o); /* accepts NULL */

/* Questions of one instance. */
struct inquiry_turn {
	enum { INQUIRY_START, INQUIRY_CANCEL } kind;
	const size_t *items; /* places in the list */
	size_t count;
};
/* The next instance whose turn it is, of any stack; false: none before something has ended. */
bool inquiry_order_next(struct inquiry_order *o, struct inquiry_turn *out);
/* Each question that was asked, once; after INQUIRY_START. */
void inquiry_order_ended(struct inquiry_order *o, size_t item, enum inquiry_end end);

/* An error for each stack whose asking stopped because too many failed: then -1. */
int inquiry_order_complain(const struct inquiry_order *o, const char *what, struct diags *d);
/* Its instance failed, and its stack has preferences that somebody gave, and held. */
bool inquiry_order_tolerates(const struct inquiry_order *o, size_t item);

#endif
