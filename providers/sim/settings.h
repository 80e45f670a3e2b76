/*
 * settings.h - the keys of the sim provider's entry in the manifest.
 *
 * settings_read reads all of them; a key that is unknown or has a value that cannot be used is
 * a fault that names it.  Everything lives in the arena and never changes afterwards.
 */
#ifndef PROVIDERS_SIM_SETTINGS_H
#define PROVIDERS_SIM_SETTINGS_H

#include "base/arena.h"
#include "providers/kit/fault.h"
#include "providers/sim/timing.h"

enum sim_op {
	OP_CREATE,
	OP_READ,
	OP_UPDATE,
	OP_DELETE,
	OP_POLL,
	OP_FIND,
	OP_LIST,
	OP_LOOKUP,
	OP_SNAPSHOT,
	OP_CHECK,
	OP_COMMAND,
	OP_HTTP,
	OP_NOTIFY,
	OP_WEIGHTS,
	OP_ACTION /* a named one of a type */
};
#define SIM_OP_COUNT (OP_ACTION + 1)
const char *sim_op_name(enum sim_op op);

/* How long one operation of one type takes. */
struct sim_latency {
	struct sim_duration call;    /* the round trip: somebody waits for it */
	struct sim_duration pending; /* from then on until it is done */
};

struct sim_latencies {
	const char *pattern; /* of types */
	unsigned set;        /* bits of operations that it speaks of */
	struct sim_latency ops[SIM_OP_COUNT];
};

/* Fault kinds, in the order of the table in fault_kinds.c. */
struct fault_kind;

struct sim_rule {
	const char *id;                             /* of its counters */
	const char *type, *name, *address, *region; /* patterns; NULL: any */
	unsigned ops;                               /* bits */
	int64_t nth;                                /* 0: any call */
	double probability;                         /* 1: always */
	int64_t times;                              /* 0: any number */
	const struct fault_kind *kind;
	struct sim_duration takes;
	int64_t retry_after_ms, for_ms;
	const char *message; /* NULL: the kind's own */
};

/* What earlier runs say of a type or of one address. */
struct sim_sample {
	const char *type, *op, *address; /* address "": of the type as a whole */
	const int64_t *ms;
	size_t count;
};

struct sim_settings {
	const char *file; /* absolute */
	const char *project_dir, *account, *region;
	int64_t seed;
	bool keys_ignored;
	bool dead;      /* the region of this session does not answer */
	double factor;  /* of all latencies here */
	bool rehearses; /* nothing blocks: every duration is pending */
	struct sim_duration connect_timeout;
	int64_t poll_ms;
	const struct sim_latencies *latencies;
	size_t latency_count;
	const struct sim_rule *rules;
	size_t rule_count;
	int64_t unseen_ms; /* how long at most what was made is hidden by a rule */
	const struct sim_sample *samples;
	size_t sample_count;
};

/* 0, or -1 with a fault. */
int settings_sim_read(struct arena *a, const json_t *config, struct sim_settings *out,
		      struct fault *f);
/* A list of faults, or the name of a JSON file with one. */
int settings_sim_faults(struct arena *a, const json_t *value, struct sim_settings *out,
			struct fault *f);
/* Durations that the engine recorded. */
int settings_sim_samples(struct arena *a, const json_t *value, struct sim_settings *out,
			 struct fault *f);
/* Says what is wrong with a key; always -1. */
int settings_sim_bad(struct fault *f, const char *key, const char *why);
/* Bits of the operations that a name, or a list of names, means; 0 and false: none. */
bool settings_sim_ops(const json_t *value, unsigned *out);

/* What an operation of the type takes; NULL: nothing is said of it. */
const struct sim_latency *settings_latency(const struct sim_settings *s, struct text type,
					   enum sim_op op);

#endif
