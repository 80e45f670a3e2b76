/*
 * watch_parts.h - what the files of `watch` share.
 *
 *	rule.c    what is decided (pure)
 *	subject.c what is watched
 *	watch.c   the whole: entries, the lock, one term after the other
 *	term.c    asking, until something is to be done or memory is to be given back
 *	keep.c    what is recorded of entries and checks, and read back
 *	act.c     executions: what is recorded of them, beginning one, going on with one
 */
#ifndef ENGINE_WATCH_WATCH_PARTS_H
#define ENGINE_WATCH_WATCH_PARTS_H

#include "base/vec.h"
#include "engine/watch/watch.h"

#define WATCH_LOCK_STACK "@watch"
#define WATCH_COMMAND "watch" /* who began an execution */

/* An entry with what was told of it. */
struct guarded {
	struct watch_entry entry;
	enum standing told;
	enum hold held;
	int64_t pause_ms; /* the last one between refusals */
	bool settled;     /* WATCH_ONCE: nothing is to be done any more */
};

struct watched_check {
	const struct manifest_check *check;
	const char *region; /* NULL: asked in all */
};

struct watching {
	struct engine *e;
	const struct watch_request *q;
	struct watch_result *out;
	struct diags *d;
	struct arena *a;    /* until the end: grows with what is watched, not with time */
	int64_t base_ms;    /* wall clock less the monotonic one, at the beginning */
	struct state *lock; /* a handle that holds nothing else */
	int64_t renew_ms;
	bool lost;
	struct guarded *items;
	size_t count;
	struct {
		VEC_OF(struct watched_check)
	} checks;
	struct {
		VEC_OF(struct outlook)
	} outlooks;
	struct outlooks all; /* the same */
	int64_t until_ms;    /* WATCH_ONCE: patience ends */
	/* What ended the term. */
	bool stopped;
	struct guarded *due;
	struct judgement verdict;
	char resume[RUN_ID_SIZE]; /* "" */
	int64_t resume_not_before_ms, resume_pause_ms;
};

/* Of the clock that does not go back; as wall clock when nobody sets that. */
int64_t watch_now_ms(const struct watching *w);
int64_t watch_wall_ms(const struct watching *w);
void watch_tell(struct watching *w, struct watch_event ev);
/* False: the lock is lost. */
bool watch_renew(struct watching *w);

/* subject.c: 0, or -1 with errors. */
int subject_add_entries(struct watching *w);

/* term.c: 0, or -1 with errors.  w->due, w->resume, w->stopped or w->lost says why it is over;
 * none of them: it was long enough. */
int term_run(struct watching *w);

/* keep.c */
void keep_restore(struct watching *w);
/* What is known of an entry, as a sample of its own. */
struct check_sample keep_entry(struct arena *a, const struct guarded *g, const struct judgement *v,
			       int64_t now_ms);

/* act.c */
/* What speaks against the entry; 0 or -1. */
int act_facts(struct watching *w, const struct guarded *g, struct watch_facts *out);
/* Looks for an execution that a watch began and nobody runs any more: w->resume. */
void act_find_left(struct watching *w);
void act_start(struct watching *w);  /* w->due */
void act_resume(struct watching *w); /* w->resume */

#endif
