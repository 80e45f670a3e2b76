/*
 * result.h - how each stack instance fares in a run, recorded while it runs, so that another
 * terminal, the next run and a resume know it.  And the queue of runs that wait for their turn.
 *
 * Part of the store behind state.h; needs no lock of instances.
 */
#ifndef ENGINE_RESULT_H
#define ENGINE_RESULT_H

#include "engine/state.h"

/* One instance in one run. */
struct instance_result {
	const char *run;
	struct instance_id id;
	/* "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "SKIPPED", "ROLLED_BACK",
	 * "ROLLBACK_FAILED" */
	const char *status;
	const char *reason;           /* one line, masked: of its first error, who stopped it; "" */
	const char *wave;             /* name; "" when there is one */
	size_t order;                 /* in which it is its turn */
	int64_t started_ms, ended_ms; /* wall clock; 0: not yet */
	const char *version;          /* what was to be deployed: as in instance_record; NULL: "" */
};
struct result_list {
	struct instance_result *items;
	size_t count;
};
/* Of one run, in order. */
int state_load_results(struct state *s, const char *run, struct arena *a, struct result_list *out,
		       struct diags *d);
/* Of each instance the one of its latest run, sorted by instance. */
int state_load_last_results(struct state *s, struct arena *a, struct result_list *out,
			    struct diags *d);
/* One transaction; replaces what is there of the same run and instance. */
int state_put_results(struct state *s, const struct instance_result *items, size_t count,
		      struct diags *d);

/* --- the queue ------------------------------------------------------------------------ */

/*
 * A run that cannot have its locks takes a ticket and is served in order: state_lock gives it the
 * locks when nobody holds them and no earlier ticket wants one of them.  Tickets of dead
 * processes count for nothing, and so do those that were not renewed for a lease.  state_lock
 * does all of this; the rest of the engine only looks.
 */
struct ticket {
	int64_t number;
	const char *run; /* the id that its run will have */
	struct lock_owner owner;
	const char *instances; /* JSON array of instance texts */
	const char *waits_for; /* "web/east is locked by ann@ci-7 (pid 4242, 'apply')" */
	int64_t since_ms, lease_until_ms;
};
struct ticket_list {
	struct ticket *items;
	size_t count;
};
/* "20261120-153229-2ba071": sorts by time. */
void state_new_run_id(struct clock *clock, int64_t now_ms, char out[RUN_ID_SIZE]);
/* Appends "web/east is locked by ann@ci-7 (pid 4242, 'apply')", or who waits for it earlier. */
void lock_describe_wait(const struct lock_info *holder, struct str *out);
/* Those that still count, in order. */
int state_load_tickets(struct state *s, struct arena *a, struct ticket_list *out, struct diags *d);

#endif
