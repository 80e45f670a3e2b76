/*
 * holders.h - which records hold which thing in the world, so that deleting for one of
 * them never takes it away from another.
 *
 * Two records may come to hold the same thing: two files swap their paths, two stacks ask
 * for the same package.  A thing is known by provider, type, account, region and id.  Only
 * live records count: a deposed one is on its way out.  Used by the coordinator alone.
 */
#ifndef ENGINE_HOLDERS_H
#define ENGINE_HOLDERS_H

#include "engine/state.h"

struct holders;

struct holders *holders_new(void);
void holders_free(struct holders *h); /* accepts NULL */
/* Follows what is recorded: EDIT_PUT_RECORD, EDIT_DEPOSE and EDIT_DROP_RECORD count. */
void holders_follow(struct holders *h, const struct state_edit *edit);
void holders_put(struct holders *h, const struct record *live);
/* True when a live record holds what r is about: of another address than r's, or of the same
 * when r is deposed. */
bool holders_other(const struct holders *h, const struct record *r);

#endif
