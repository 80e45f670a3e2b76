/*
 * saved_plan.h - a plan in a file, to be applied later as it was shown, or not at all.
 *
 * A plan is deterministic, so the file need not say how to carry it out: it says what the
 * plan was made from and what it came to, and whoever applies it plans again and compares.
 * The file is JSON that people and jq can read; nothing secret is in it:
 *
 *	{"hadeploy_plan":1,
 *	"header":{...},      who, when, with which options
 *	"made_from":{...},   digests of all that the plan depends on, and of the plan
 *	"shown":"...",       the plan as text
 *	"plan":[
 *	{...},               the lines of `plan --json`
 *	...
 *	],
 *	"seal":"..."}        state_seal of every byte before this line
 *
 * saved_plan_open refuses what was not written by this project's own state, byte for byte.
 * After that the rest may be trusted.  engine_run with run_request.saved refuses a plan whose
 * premises are no longer true, and says which.
 */
#ifndef ENGINE_SAVED_PLAN_H
#define ENGINE_SAVED_PLAN_H

#include "base/clock.h"
#include "base/json.h"
#include "engine/plan.h"
#include "engine/planner.h"

struct engine;
struct run_request;
struct saved_plan;

#define SAVED_PLAN_FORMAT 1

/* What is written beside what the engine knows itself. */
struct saving {
	const char *path;
	const struct run_request *request; /* the one the plan was made for */
	const char *made_from;             /* that engine_plan gave for it */
	struct text lines;                 /* of `plan --json`, one object each, ",\n" between */
	struct text shown;
};
/* Mode 0600; there is either all of it or what was there before.  0 or -1. */
int saved_plan_write(struct engine *e, const struct saving *s, struct diags *d);

struct saved_plan_source {
	const char *path;
	const char *dir; /* of the manifest */
	struct clock *clock;
};
/* Reads the file and checks its seal.  NULL when it cannot be used. */
struct saved_plan *saved_plan_open(const struct saved_plan_source *src, struct diags *d);
void saved_plan_close(struct saved_plan *s); /* accepts NULL */

/* What needs no engine: the program's version and the files it was made from, as they are on
 * disk now; of a plan of a commit, that the commit is there.  0, or -1 with an error for each
 * that differs. */
int saved_plan_check_files(const struct saved_plan *s, const char *dir, struct diags *d);

/* As they were when it was made; texts live as long as the saved plan. */
void saved_plan_selection(const struct saved_plan *s, struct selection *out);
void saved_plan_request(const struct saved_plan *s, struct run_request *out);

const char *saved_plan_path(const struct saved_plan *s);
const json_t *saved_plan_header(const struct saved_plan *s);
const char *saved_plan_shown(const struct saved_plan *s);
/* The lines of `plan --json`, each with its newline. */
void saved_plan_lines(const struct saved_plan *s, struct str *out);

#endif
