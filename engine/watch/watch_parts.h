/*
 * watch_parts.h - what the files of `watch` share.
 *
 *	rule.c    what is decided (pure)
 *	subject.c what is watched
 *	watch.c   the whole: entries, the lock, one term after the other
 *	term.c    asking, until something is to be done or memory is to be given back
 *	keep.c    what is recorded of entries and checks, and read back
 *	whole.c   the project, as it was read when it was whole
 *	act.c     executions: what is recorded of them, beginning one, going on with one
 *	obstacle.c  those that keep it from acting
 *	status.c  what others are told of it
 *	ready.c   what its runbooks would be refused for
 */
#ifndef ENGINE_WATCH_WATCH_PARTS_H
#define ENGINE_WATCH_WATCH_PARTS_H

#include "base/vec.h"
#include "engine/runbook/runbook.h"
#include "engine/watch/watch.h"

#define WATCH_LOCK_STACK "@watch"
#define WATCH_COMMAND "watch" /* who began an execution */

/* An entry with what was told of it. */
struct guarded {
	struct watch_entry entry;
	enum standing told;
	enum hold held;
	int64_t pause_ms; /* the last one between refusals */
	/* What would speak against its runbook now, until when, and which execution; "". */
	enum hold would;
	int64_t would_until_ms;
	char would_by[RUN_ID_SIZE];
	char unready[OUTLOOK_DETAIL]; /* what its runbook would be refused for; "" */
	bool settled;                 /* WATCH_ONCE: nothing is to be done any more */
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
	int64_t acts_since_ms; /* wall clock: the lock is its own */
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
	/* The project: how its files lay there when they were last looked at (0: never); `e` when
	 * it was opened since, else NULL; and the one that is taken when the term ends. */
	uint64_t files;
	struct engine *own, *next;
	const char *broken; /* its first fault; NULL: it is whole */
	struct obstacle obstacle;
	int64_t ready_ms;      /* last look at what runbooks would be refused for; 0 */
	int64_t unwritable_ms; /* told last that nothing can be recorded; 0: it can */
	/* What ended the term. */
	bool stopped;
	struct guarded *due;
	struct judgement verdict;
	char resume[RUN_ID_SIZE]; /* "" */
	bool gives_up;            /* `resume`: only to end it */
	const char *doing;        /* "runs 'failover'": the execution that it conducts; NULL */
	int64_t said_ms;          /* and that was recorded last */
	int64_t resume_not_before_ms, resume_pause_ms;
};

/* Of the clock that does not go back; as wall clock when nobody sets that. */
int64_t watch_now_ms(const struct watching *w);
int64_t watch_wall_ms(const struct watching *w);
void watch_tell(struct watching *w, struct watch_event ev);
/* What kept runbooks from beginning is gone: those that were refused are tried at once. */
void watch_try_again(struct watching *w);
/* False: the lock is lost. */
bool watch_renew(struct watching *w);

/* subject.c: 0, or -1 with errors. */
int subject_add_entries(struct watching *w);
/* Its parameters; for "best" some region that is allowed. */
struct given_list subject_given(struct arena *a, const struct watching *w,
				const struct manifest_watch *watch, const struct procedure *p);

/* ready.c */
void ready_look(struct watching *w);

/* term.c: 0, or -1 with errors.  w->due, w->resume, w->stopped or w->lost says why it is over;
 * none of them: it was long enough. */
int term_run(struct watching *w);

/* whole.c */
/* Reads the project anew when its files have changed: tells when it is broken, else w->next. */
void whole_look(struct watching *w);
void whole_take(struct watching *w); /* w->next, if there is one */
void whole_close(struct watching *w);

/* keep.c */
void keep_restore(struct watching *w);
/* What is known of an entry, as a sample of its own. */
struct check_sample keep_entry(struct arena *a, const struct guarded *g, const struct judgement *v,
			       int64_t now_ms);
/* Who watches what, and that it does, as another one (status.c). */
struct check_sample keep_watch(struct arena *a, const struct watching *w);
/* Records that, now and then, while an execution goes on. */
void keep_doing(struct watching *w);

/* act.c */
/* What speaks against the entry; 0 or -1. */
int act_facts(struct watching *w, const struct guarded *g, struct watch_facts *out,
	      struct diags *d);
/* Looks for an execution that a watch began and nobody runs any more: w->resume. */
void act_find_left(struct watching *w);
void act_start(struct watching *w);  /* w->due */
void act_resume(struct watching *w); /* w->resume: on with it, or w->gives_up */

/* obstacle.c */
/* It is not over, and real. */
bool obstacle_is_one(const struct execution_row *r);
/* It is not over, and nobody runs it. */
bool obstacle_is_left(const struct watching *w, const struct lock_list *locks,
		      const struct execution_row *r);
/* A person, or a step that failed, has paused it. */
bool obstacle_waits_for_somebody(const struct watching *w, struct arena *a,
				 const struct execution_row *r);
enum giving_up {
	GIVING_UP_NO,
	GIVING_UP_NOTHING, /* it has changed nothing */
	GIVING_UP_DRILL    /* an isolated drill, without a fence or a promotion: it is undone */
};
/* Of one that nobody runs: whether its end may be left to a watch. */
enum giving_up obstacle_giving_up(const struct watching *w, struct arena *a,
				  const struct execution_row *r);
void obstacle_look(struct watching *w);
/* A warning with what to type. */
void obstacle_explain(const struct watching *w, const char *id, struct diags *d);
/* Nobody runs it, and the watch may end it now. */
bool obstacle_may_go(struct watching *w, const char *id);

#endif
