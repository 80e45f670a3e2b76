/*
 * due.h - what a recreation has to bring back, and how far it has come: recreation.restored.
 *
 * Written when it begins: each stack instance with a Restore, and whether the recreation makes it
 * (then its data are due) or it was there already (then nobody restores over it).  The row stays
 * behind the recreation's end, closed, as long as something is aside, or something that a Restore
 * has filled is there.  Pure: a change is another row, for recreation_put.
 */
#ifndef ENGINE_DUE_H
#define ENGINE_DUE_H

#include "base/arena.h"
#include "engine/recreation.h"

enum due_state {
	DUE_NOT,      /* nothing is to be restored in it */
	DUE_YET,      /* made by the recreation, and its data are not back */
	DUE_DONE,     /* they are */
	DUE_LEFT,     /* it was there: left as it is */
	DUE_GIVEN_UP, /* somebody said that they are not needed, and why */
};
#define DUE_ADOPTED "--adopt takes over what is there"
#define DUE_STATE_COUNT (DUE_GIVEN_UP + 1)

struct due {
	const char *instance; /* "db/south" */
	enum due_state state;
	const char *reason; /* why it is left out or given up; "" */
	int64_t since_ms;   /* what was restored before is not there any more; 0 */
};
struct due_list {
	const struct due *items; /* in the arena, sorted by instance */
	size_t count;
};

void due_list(struct arena *a, const struct recreation *r, struct due_list *out);
enum due_state due_state(const struct recreation *r, const char *instance);
/* Of this instance; DUE_NOT. */
struct due due_find(struct arena *a, const struct recreation *r, const char *instance);
/* The recreation has made that it has data of its own: filled by a Restore, or taken over. */
bool due_has_data(const struct due *x);
/* How many are DUE_YET. */
size_t due_count(struct arena *a, const struct recreation *r);
/* All that it makes was made, and all data are back. */
bool due_is_over(const struct recreation *r);

/* A copy of the row with this instance so. */
const struct recreation *due_with(struct arena *a, const struct recreation *r, const struct due *x);
/* A copy of the row in which all that is DUE_YET is given up. */
const struct recreation *due_given_up(struct arena *a, const struct recreation *r,
				      const char *reason);
/* A copy of the row that is over. */
const struct recreation *due_ended(struct arena *a, const struct recreation *r);
/* Whether it still says where stacks are. */
enum due_closed {
	DUE_OPEN,
	DUE_ENDED,  /* its stacks are where the manifest says */
	DUE_UNDONE, /* and what was aside is recorded as before */
};
enum due_closed due_closed(const struct recreation *r);
/* A copy of the row that is closed, and over. */
const struct recreation *due_close(struct arena *a, const struct recreation *r,
				   enum due_closed how);
/* A copy of the row with what an earlier one of the same region has filled elsewhere. */
const struct recreation *due_carry(struct arena *a, const struct recreation *r,
				   const struct recreation *earlier);
/* The text of one that begins; reason: why it was begun although the region answers; NULL. */
const char *due_begun(struct arena *a, const char *reason);

#endif
