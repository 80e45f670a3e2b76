/*
 * rule.h - when an outage is certain enough to act on, and what speaks against acting: what
 * `hadeploy watch` decides, as functions of answers and times.
 *
 * Pure.  Times are milliseconds of one clock that never goes back; 0 stands for never.  Answers
 * come in through outlook_hear, states of gauges (thresholds and quorum: check_set.h) through
 * outlook_state; entry_judge says how an entry of Watch stands, entry_hold what keeps it from
 * starting its runbook.
 *
 *	          a bad answer        thresholds, all endpoints        For is over
 *	HEALTHY ---------------> DOUBTFUL ---------------> UNHEALTHY ---------------> DUE
 *	   ^                        |  ^                       |                       |
 *	   +------------------------+  +----- a good answer ---+-----------------------+
 */
#ifndef ENGINE_WATCH_RULE_H
#define ENGINE_WATCH_RULE_H

#include "engine/health/health.h"
#include "engine/state.h"

#define OUTLOOK_DETAIL 200

/* One endpoint of a check, as its quorum says. */
struct outlook {
	const struct manifest_check *check;
	const char *region;
	const char *endpoint; /* "shop of web-e1 (east)" */
	enum gauge_state state;
	bool asked;       /* in this term */
	bool healthy;     /* its last answer */
	bool mute;        /* that says nothing of it: it could not be asked */
	size_t bad;       /* bad answers in a row */
	int64_t heard_ms; /* its last answer */
	int64_t bad_ms;   /* first of the bad answers in a row */
	int64_t sure_ms;  /* when these reached the thresholds */
	/* Bad answers between which somebody else answered: the others may be this place's own. */
	size_t vouched;
	int64_t last_bad_ms;
	bool last_vouched;
	char detail[OUTLOOK_DETAIL];
};

/* All that is asked, and when this place last heard from anything: where nothing answers any
 * more, it may be the place that is cut off. */
struct outlooks {
	struct outlook *items;
	size_t count;
	int64_t heard_ms;  /* somebody answered, well or not */
	int64_t silent_ms; /* so long an answer counts as recent: that endpoint's patience */
};

/* How long an answer of the check stays recent: three of its intervals. */
int64_t check_patience_ms(const struct manifest_check *c);

enum outlook_answer {
	ANSWER_GOOD,
	ANSWER_BAD,   /* nobody was reached, as far as is known */
	ANSWER_WRONG, /* bad, but somebody did answer */
	ANSWER_MUTE   /* bad, as it could not be asked: no such command, a wrong password */
};
/* After a silence all rows of bad answers begin anew: they were this place's own.  True then. */
bool outlook_hear(struct outlooks *all, struct outlook *o, enum outlook_answer answer,
		  int64_t now_ms);
void outlook_state(struct outlook *o, enum gauge_state state, int64_t now_ms);

enum standing {
	STANDING_UNKNOWN, /* not certain yet */
	STANDING_HEALTHY,
	STANDING_DOUBTFUL,  /* some endpoints are well, or it goes up and down */
	STANDING_UNHEALTHY, /* all endpoints of all its checks are */
	STANDING_DUE        /* and For is over */
};
const char *standing_name(enum standing s); /* "HEALTHY" */

/* An entry of Watch, and what is known of it from before. */
struct watch_entry {
	const struct manifest_watch *watch;
	/* An earlier process saw it unhealthy since, and certain since. */
	int64_t carried_since_ms, carried_sure_ms;
	bool armed;            /* its checks were once healthy together */
	int64_t well_ms;       /* when they were last */
	int64_t not_before_ms; /* it was refused: not again before */
};

struct judgement {
	enum standing standing;
	int64_t since_ms;            /* first bad answer of the outage */
	int64_t sure_ms;             /* when it became certain */
	bool vouched;                /* thresholds are reached by answers that count */
	int64_t due_ms;              /* For is over then */
	const struct outlook *worst; /* what to name; NULL: nothing is asked */
	const struct outlook *mute;  /* one that cannot be asked; NULL: none */
};
struct judgement entry_judge(const struct watch_entry *e, const struct outlooks *all,
			     int64_t now_ms);

/* What is recorded, as far as it speaks against an entry. */
struct watch_facts {
	char running[RUN_ID_SIZE]; /* an execution that is not over; "" */
	int64_t last_ended_ms;     /* the latest execution of its runbook that is no rehearsal */
	int64_t last_done_ms;      /* when the latest that completed began */
	char away[RUN_ID_SIZE];    /* the one that left its region, and nobody came back; "" */
};

enum hold {
	HOLD_NOTHING,
	HOLD_WAIT,      /* for another answer, soon */
	HOLD_CUT_OFF,   /* nothing answers here, not even elsewhere */
	HOLD_MUTE,      /* something of it cannot be asked: that is no outage */
	HOLD_NOT_ARMED, /* never seen healthy: a check that is wrong, rather than an outage */
	HOLD_RUNNING,   /* another execution is not over */
	HOLD_AWAY,      /* the application has left the region already */
	HOLD_DONE,      /* this outage was acted on already */
	HOLD_COOL_DOWN, /* not so soon after the last one */
	HOLD_REFUSED,   /* tried, and refused: later again */
	HOLD_STATE      /* what is recorded cannot be read just now */
};
const char *hold_name(enum hold h); /* "cut off" */
/* Of a verdict that is DUE. */
enum hold entry_hold(const struct watch_entry *e, const struct judgement *v,
		     const struct outlooks *all, const struct watch_facts *f, int64_t now_ms);
/* What would speak against it were it due now, as far as that is recorded. */
enum hold entry_outlook(const struct watch_entry *e, const struct watch_facts *f, int64_t now_ms);
/* When that hold is over by itself; 0: nobody knows. */
int64_t entry_held_until(const struct watch_entry *e, const struct watch_facts *f, enum hold h);

/* --- an execution in the way ------------------------------------------------------------- */

enum obstacle_state {
	OBSTACLE_RUNS,   /* it goes on: that takes as long as it takes */
	OBSTACLE_WAITS,  /* for an approval */
	OBSTACLE_PAUSED, /* by somebody, or by a step that failed */
	OBSTACLE_LEFT    /* nobody runs it any more */
};
/* What is known, and was told, of one. */
struct obstacle {
	char id[RUN_ID_SIZE]; /* "": there is none */
	enum obstacle_state state;
	int64_t seen_ms, said_ms; /* so since; told so last, 0: not yet */
	bool told;                /* it, or one before it */
};
enum obstacle_news {
	NEWS_NONE,
	NEWS_BLOCKED, /* it is to be told: at once, when it changes, and again now and then */
	NEWS_FREE     /* what was told is over */
};
/* One look: id "" when nothing is in the way.  What is there for one look alone is passed over, and
 * so is what goes on, unless it was told before that it did not. */
enum obstacle_news obstacle_hear(struct obstacle *o, const char *id, enum obstacle_state state,
				 int64_t now_ms);

#endif
