/*
 * run_bench.h - an engine on the fake cloud, in a project in a temporary folder, with a
 * clock that jumps to the next timer when no call is out: tests of runs take no time.
 *
 * bench_open, bench_template, bench_run and so on, bench_close.  Each request opens the
 * engine anew, as a process would.
 */
#ifndef TESTS_UNIT_RUN_BENCH_H
#define TESTS_UNIT_RUN_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine_private.h"
#include "engine/result.h"
#include "tests/unit/fake_cloud.h"

struct bench_clock {
	struct clock base;
	int64_t now_ms; /* atomic: workers read it */
	int64_t set_ms; /* atomic: by so much somebody has set the wall clock */
	uint64_t seed;
};

struct bench {
	struct observer observer;
	struct bench_clock clock;
	char dir[64];
	struct arena *a;
	struct engine *e; /* during and after a request, until the next */
	struct diags d;   /* of the last request */
	struct run_result result;
	int interrupts;
	int stop_after; /* interrupts becomes 1 after this many EVENT_STARTED; 0: never */
	int stop_level; /* what it becomes */
	int started, succeeded, failed, skipped, waiting, retried, opened, recovered, slow;
	int64_t slow_after_ms; /* of the last EVENT_SLOW */
	struct str said;       /* texts of PROGRESS and RETRY */
	struct str attempts;   /* "2/4 " of each RETRY */
	struct str steps;      /* of rollouts: "wave canary|start web/east|end web/east FAILED|" */
	void (*on_step)(struct bench *b, const struct event *e); /* NULL: nothing */
	size_t parallelism;
	struct selection selection;
	struct param_override param;
	bool declines;
	enum on_failure on_failure; /* KEEP: what tests of halves want */
	struct plan_wishes wishes;
	void (*tamper)(const struct plan *plan); /* between plan and run */
};

void bench_open(struct bench *b);
void bench_close(struct bench *b);
/* hadeploy.yaml with regions east and west and one stack `web` on east, unless given. */
void bench_manifest(struct bench *b, const char *text);
void bench_file(struct bench *b, const char *name, const char *text);
void bench_template(struct bench *b, const char *text);
/* A template of `count` things T0.. on `hosts` hosts, without references. */
void bench_many(struct bench *b, size_t count, size_t hosts);
/* --param NAME=VALUE from a file, so that it may be secret. */
void bench_param(struct bench *b, const char *name, const char *value);

/* Opened anew, for requests of a test's own. */
struct engine *bench_engine(struct bench *b);
/* 0 or -1 as the engine says; b->result and b->d hold the rest. */
int bench_apply(struct bench *b);
int bench_refresh(struct bench *b);
int bench_destroy(struct bench *b);
int bench_rollback(struct bench *b);
const struct plan *bench_plan_rollback(struct bench *b);
const struct plan *bench_plan(struct bench *b, enum run_refresh refresh);
const struct plan *bench_drift(struct bench *b);
/* The same for what the others do not ask; confirm is the bench's. */
int bench_run(struct bench *b, const struct run_request *q);
const struct plan *bench_plan_with(struct bench *b, const struct run_request *q);
/* Runs apply in a child that is expected to die in a call. */
void bench_apply_dying(struct bench *b);
void bench_rollback_dying(struct bench *b);
/* Runs a request in a child; whether it died in it. */
bool bench_dies(struct bench *b, int (*request)(struct bench *b));
/* Opens the engine for looking at its state. */
struct state *bench_state(struct bench *b);

/* The live record of web/-/east/NAME, or NULL; and of any deposed name. */
const struct record *bench_record(struct bench *b, const char *logical_id);
size_t bench_records(struct bench *b);
size_t bench_open_operations(struct bench *b);
const struct instance_record *bench_instance(struct bench *b, const char *region);
bool bench_said(const struct bench *b, enum diag_code code);
const struct diag *bench_diag(const struct bench *b, enum diag_code code);
/* Prints the diagnostics: for when a test fails. */
void bench_show(const struct bench *b);
/* The bytes of every file of the state hold this text. */
bool bench_state_holds(struct bench *b, const char *text);

int bench_setup(void **state);
int bench_teardown(void **state);
#define RUN_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

#endif
