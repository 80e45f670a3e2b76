/*
 * report.h - what is said of an execution afterwards, worked out from its events alone.
 *
 * report_make folds the events to rows of a timeline, to where the time went, and to what has to
 * be answered for: who asked for what, what was lost, what was fenced, what checks said.  The
 * same events always give the same report, so that one that was saved can be made again and
 * compared: report_verify.  Pure; all of it lives in the arena.
 */
#ifndef ENGINE_RUNBOOK_REPORT_H
#define ENGINE_RUNBOOK_REPORT_H

#include "base/json.h"
#include "engine/runbook/journal.h"

/* One step on the timeline, in the order of the procedure. */
struct report_row {
	const struct step_story *step;
	const char *name; /* the last part of its path */
	size_t depth;
	bool group;             /* it only holds others */
	bool critical;          /* nothing could have ended earlier without it */
	int64_t from_ms, to_ms; /* wall clock; 0: it never began.  One that goes on: until now */
	int64_t waited_ms;      /* of that, for an approval */
	int64_t usual_ms;       /* what it takes at most, nearly always (p95); 0: not known */
	bool slow;              /* it was announced as slower than that */
	const char *region;     /* "" */
};

/* Where the time between the start of the clock and its end went.  The parts add up to it. */
enum report_part {
	PART_DETECTION,   /* before the execution was started */
	PART_DECISION,    /* an approval was waited for, or it was paused; no step ran */
	PART_STEPS,       /* at least one step ran */
	PART_MONITORING,  /* steps were over, the application not healthy yet */
	PART_INTERRUPTED, /* no process carried it on */
	PART_BETWEEN      /* hadeploy itself */
};
#define REPORT_PART_COUNT (PART_BETWEEN + 1)
const char *report_part_name(enum report_part p); /* "detection" */

/* A stretch of time that belongs to one part. */
struct report_span {
	enum report_part part;
	int64_t from_ms, to_ms;
};

/* What one check said in one region over the execution. */
struct report_check {
	const char *check, *region;
	size_t healthy_count, unhealthy_count;
	int64_t first_ms, last_ms;
	bool first_healthy, last_healthy;
	const char *first_detail, *last_detail;
};

/* Something that somebody asked, decided or answers for. */
struct report_note {
	int64_t at_ms;
	const struct journal_entry *entry;
	const char *what; /* "approve", "data loss accepted", "fenced: lease" */
	const char *step; /* "" */
	const char *who;  /* "ann@ci-7"; "" */
	const char *why;  /* "" */
};
struct report_notes {
	const struct report_note *items;
	size_t count;
};

struct report {
	struct execution_story story; /* its row is made from the events */
	struct journal_list entries;
	const char *mode;       /* "graceful", "ungraceful" */
	const char *by;         /* who started it: "ann@ci-7" */
	const char *reason;     /* ""  */
	const char *detected;   /* what detected the outage; "" */
	const char *version;    /* what it was made from: "1a2b3c4d5e (main)"; "" */
	const char *command;    /* the command line, one text; "" */
	const char *end_reason; /* "" */
	int64_t made_ms;        /* when the report was made */
	int64_t from_ms, to_ms; /* of the clock: outage until healthy, or the end, or now */
	int64_t parts_ms[REPORT_PART_COUNT];
	const struct report_span *spans; /* the same, one after the other */
	size_t span_count;
	const struct report_row *rows;
	size_t row_count;
	const struct report_check *checks;
	size_t check_count;
	struct report_notes requests, fences, losses;
	double lag_seconds; /* replication lag known last before the cut; below 0: not known */
	int64_t lag_at_ms;
	const char *head;  /* hash of the last event */
	int64_t broken_at; /* journal_broken_at */
};

/* entries: all of the execution; they and head must live as long as the report.  Any list gives a
 * report. */
void report_make(struct arena *a, const struct journal_list *entries, const char *head,
		 int64_t made_ms, struct report *out);

/* The whole of it, with every event and hash (docs/reports.md).  A new reference. */
json_t *report_json(const struct report *r);

/*
 * Reads what report_json once gave, follows its chain, makes the report anew from its events and
 * compares.  0: it is as it was made; then *out is it.  -1 with an error that says what does not
 * fit: no report at all, an event (DIAG_JOURNAL_BROKEN), or something that does not follow from
 * the events.  name: of the file.
 */
int report_verify(struct arena *a, const char *name, struct text json, struct report *out,
		  struct diags *d);
/* Are these the events that are recorded, as far as the report goes?  0, or -1 with an error. */
int report_compare(const struct report *r, const char *name, const struct journal_list *recorded,
		   struct diags *d);

#endif
