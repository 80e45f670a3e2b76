/*
 * call.h - one provider call: arguments in, a by-value outcome out.
 *
 * The only engine file that calls through struct hd_provider once a session exists.
 * call_run copies what the provider hands over, checks it (size, UTF-8, JSON), masks
 * sensitive values in every text, and turns whatever breaks the contract into an error,
 * so that the rest of the engine sees only well-formed outcomes.
 *
 * Threads: call_run may run on any thread; it touches nothing but its arguments, which
 * stay untouched by others until it returns.
 */
#ifndef ENGINE_CALL_H
#define ENGINE_CALL_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "engine/retry.h"
#include "engine/secrets.h"
#include "providers/api/provider.h"

struct registry;
struct value;

enum call_kind {
	CALL_READ,
	CALL_CREATE,
	CALL_UPDATE,
	CALL_REMOVE,
	CALL_POLL,
	CALL_FIND,
	CALL_PLAN,
	CALL_LOOKUP,
	CALL_ACT,
	CALL_LIST /* items of a type; token: the cursor; result: the next one */
};
#define CALL_KIND_COUNT (CALL_LIST + 1)

/* Everything borrowed; texts are NUL-terminated, NULL means empty. */
struct call {
	enum call_kind kind;
	const struct hd_provider *table;
	struct hd_session *session;
	uint32_t schema_version;
	const char *address, *type, *id;
	const char *desired, *recorded, *words;    /* JSON */
	const char *changed, *unknown, *sensitive; /* JSON arrays of pointers */
	const char *idem, *token;
	const char *what, *args; /* lookup: of what; act: the action; their arguments as JSON */
	struct text private_bytes;
	int64_t deadline_ms;            /* monotonic; of the whole operation */
	int64_t made_ms;                /* wall clock: the thing was there by then; 0: not known */
	const struct secrets *secrets;  /* masked in texts; may be NULL */
	const struct value *properties; /* where pointers of messages are looked up; may be NULL */
	struct range where;             /* of the resource, when the pointer says nothing */
	const char *endpoint;           /* for messages */
	const int *cancel;              /* nonzero: cancelled(), of this call alone; may be NULL */
};

/* What is around a call. */
struct call_context {
	struct clock *clock;
	const int *interrupts; /* two or more: cancelled(); may be NULL */
	const int *cancel;     /* nonzero: cancelled(); may be NULL */
	/* From the thread of the call; may be NULL. */
	void (*progress)(void *sink, const char *text);
	void *sink;
	const struct registry *types; /* whose schemas providers may ask for; may be NULL */
};

struct call_item {
	const char *id, *state;
};
struct call_computed {
	const char *pointer, *json;
};

/* Texts are in the outcome's arena; NULL: not handed over. */
struct outcome {
	enum hd_status status;
	enum hd_effect effect;
	struct arena *arena;
	const char *id;
	const char *state; /* canonical JSON object, secrets in clear */
	const char *token;
	const char *result; /* lookup, act: JSON */
	struct text private_bytes;
	bool has_private;
	int64_t wait_ms;        /* PENDING */
	int64_t retry_after_ms; /* 0: nothing said */
	struct {
		struct call_item *items;
		size_t count, capacity;
	} found; /* find */
	struct {
		const char **items;
		size_t count, capacity;
	} same, replace; /* plan */
	struct {
		struct call_computed *items;
		size_t count, capacity;
	} computed; /* plan */
	struct diags diags;
};

void call_run(const struct call *c, const struct call_context *x, struct outcome *out);
void outcome_release(struct outcome *o);

/* What a session is opened with. */
struct call_settings {
	const char *json;
	const struct secrets *secrets; /* masked in texts; may be NULL */
};
/* Opens a session; makes no connection.  NULL with errors in d. */
struct hd_session *call_open(const struct hd_provider *table, const struct call_settings *settings,
			     const struct call_context *x, struct diags *d);

/* The types of an entry (provider.h: types_open).  NULL with errors in d. */
struct hd_types *call_types_open(const struct hd_provider *table,
				 const struct call_settings *settings, const struct call_context *x,
				 struct diags *d);

enum call_nature call_nature(enum call_kind k);
const char *call_name(enum call_kind k); /* "create", "read", ... */
/* A struct of the outcome's first error, or NULL. */
const struct diag *outcome_error(const struct outcome *o);
/* "SUMMARY: DETAIL" of it, of the detail one line that is not long; for people who decide before
 * they see the rest. */
const char *outcome_reason(struct arena *a, const struct outcome *o);
/* An outcome without a call: what befell another one with the same endpoint. */
void outcome_copy_fault(const struct outcome *from, const struct call *c, struct outcome *out);

/* What a provider gets as "recorded": inputs overlaid with outputs (JSON objects or ""),
 * without secrets. */
const char *call_recorded_text(struct arena *a, const char *inputs, const char *outputs);

/* Caps of what is handed over, bytes or items. */
#define CALL_ID_LEN 4096
#define CALL_TOKEN_LEN (64u << 10)
#define CALL_PRIVATE_LEN (1u << 20)
#define CALL_SUMMARY_LEN 1000
#define CALL_DETAIL_LEN (64u << 10)
#define CALL_PROGRESS_LEN 400
#define CALL_ITEMS 10000
#define CALL_MESSAGES 100

#endif
