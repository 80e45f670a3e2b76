/*
 * fake_cloud.h - a provider for tests: a small cloud in shared memory, whose answers can be
 * scripted, and which outlives a process that dies in the middle of a call.
 *
 * cloud_reset, then rules, then let the engine work, then look.  The provider's name is
 * "sim", so that no manifest entry is needed.
 *
 * Cloud::Thing: Name (what Ref gives), Host (endpoint), Kind (create-only), Size, Note,
 * Secret, Tags; read-only Serial, Echo ("<" Secret ">").  Name and Host are create-only.
 * Cloud::Slot: the same, but deleted before its replacement is created.
 * Cloud::Bare: as Cloud::Thing, without snapshots.
 * The id is Name@Host.  Both have the action "snapshot", whose ids are snap-1, snap-2 ...
 */
#ifndef TESTS_UNIT_FAKE_CLOUD_H
#define TESTS_UNIT_FAKE_CLOUD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "providers/api/provider.h"

enum cloud_op {
	CLOUD_READ,
	CLOUD_CREATE,
	CLOUD_UPDATE,
	CLOUD_REMOVE,
	CLOUD_POLL,
	CLOUD_FIND,
	CLOUD_ACT
};
#define CLOUD_OP_COUNT (CLOUD_ACT + 1)

enum cloud_trick {
	CLOUD_PLAIN,
	CLOUD_DIES_BEFORE, /* the process ends before anything happened */
	CLOUD_DIES_AFTER,  /* it happened, the answer is lost with the process */
	CLOUD_BAD_STATE,   /* hands over what is no JSON */
	CLOUD_NO_ID,
	CLOUD_LEAKS,        /* says the secret in its message and as progress */
	CLOUD_WAITS_CANCEL, /* returns when cancelled() says so */
	CLOUD_HANDS_ID,     /* the id is handed over whatever the status */
	CLOUD_DOUBLES       /* find hands over two candidates */
};

struct cloud_rule {
	enum cloud_op op;
	const char *name; /* pattern for Name; NULL: any */
	const char *host; /* NULL: any */
	int skip;         /* calls let pass first */
	int times;        /* 0: for ever */
	enum hd_status status;
	enum hd_effect effect;
	bool happens;    /* the world changes all the same */
	int polls;       /* HD_PENDING: this many polls say "not yet" */
	int64_t wait_ms; /* HD_PENDING, or what is asked for before a retry */
	enum cloud_trick trick;
};

extern const struct hd_provider *const cloud_builtins[];

void cloud_reset(void);
void cloud_add_rule(const struct cloud_rule *r);
void cloud_drop_rules(void);
/* The process ends, between two things that happen. */
void cloud_die(void);
/* After a process died in it. */
void cloud_repair(void);

size_t cloud_calls(enum cloud_op op, const char *name_pattern);
size_t cloud_count(void); /* things there are */
bool cloud_has(const char *name);
/* A property's text of a thing, "" when absent. */
const char *cloud_property(const char *name, const char *property);
/* Somebody else changes or removes a thing; value NULL: the property goes. */
void cloud_meddle(const char *name, const char *property, const char *value);
void cloud_lose(const char *name);
/* Somebody else made a thing: its whole state as JSON, Name and Host among it. */
void cloud_place(const char *state);
/* How often a create made a thing of this name. */
size_t cloud_made(const char *name);
/* How many snapshots of it there are; one for each key. */
size_t cloud_snapshots(const char *name);
size_t cloud_most_at_once(void); /* calls in progress at the same time */
size_t cloud_sessions(void);     /* opened */
/* Places of calls in the order they began, from 0; SIZE_MAX when there was none. */
size_t cloud_first_call(enum cloud_op op, const char *name);
/* What `recorded` and `changed` were in the last call of this kind. */
const char *cloud_last_recorded(enum cloud_op op);
const char *cloud_last_changed(void);
/* Called at the start of every call, outside all locks; NULL: nothing. */
void cloud_set_hook(void (*hook)(enum cloud_op op, const char *name));

#endif
