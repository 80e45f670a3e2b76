/*
 * contract.h - the suite that every provider must pass: what its files share.
 *
 *	main.c     arguments, the provider, the report
 *	spec.c     what the suite is told of a provider: its config and how to make things
 *	ask.c      one call and what follows from it: retries, polls
 *	checks.c   one thing of a type from its creation to its end
 *	world.c    what is asked of things that nobody recorded
 *	talk.c     single calls, for tests of pytest's
 *	together.c many at once, sessions that end, what is left behind
 *
 * Calls go through engine/call.h, so what breaks the form of an answer is an error there; but
 * nothing is masked, so that a provider that says a secret is caught.
 */
#ifndef TESTS_CONTRACT_CONTRACT_H
#define TESTS_CONTRACT_CONTRACT_H

#include <pthread.h>

#include "engine/call.h"
#include "engine/schema.h"

/* One type in the spec.  Texts may have "${N}", which is another number for each thing. */
struct type_spec {
	const char *name;
	const json_t *create;    /* properties */
	const json_t *update;    /* those that change; NULL: nothing can be updated */
	const char *create_only; /* a property that must be create-only; NULL */
	const char *missing;     /* an id that nothing has */
	const char *secret;      /* pointer to a property whose value must not be said; NULL */
	bool fixed_name;         /* a second one of the same properties cannot be made */
	bool natural_name;       /* find() without a key knows it by its properties */
	bool pending;            /* a create must be pending at first */
	const json_t *act;       /* actions and their arguments; NULL: none */
	const json_t *unshown;   /* properties that are not in the state; NULL: none */
	const json_t *except;    /* names of checks that do not hold for the type, and need not */
	const struct schema *schema;
	const json_t *properties; /* of the schema */
	bool open;                /* other members may be handed over */
};

struct suite {
	struct arena *a;
	const char *provider;
	const struct hd_provider *table;
	const char *config;      /* JSON */
	struct hd_types *opened; /* NULL: they do not depend on the settings */
	struct type_spec *types;
	size_t type_count;
	struct map schemas;
	json_t *spec, *schema;
	struct hd_session *session;
	const char *only; /* a check's name; NULL: all */
	pthread_mutex_t lock;
	size_t passed, failed; /* under the lock, as is serial */
	unsigned serial;
	char run[16]; /* of keys: no two runs have the same */
};

/* A thing of a type, as the engine would record it.  Owned texts. */
struct thing {
	const struct type_spec *type;
	json_t *desired;
	char *id, *state, *key;
	struct str priv;
	char *first_token; /* of a create that was pending */
};

/* spec.c: 0, or -1 after it was told on stderr. */
int spec_load(struct suite *s, const char *path);
void spec_release(struct suite *s);
/* Properties with their numbers filled in; new reference. */
json_t *spec_properties(const json_t *pattern, unsigned number);

/* ask.c */
struct question {
	enum call_kind kind;
	const struct type_spec *type;
	const char *id, *idem, *token, *action;
	const json_t *desired, *recorded, *changed, *args;
	const struct str *priv;
	const char *secret; /* its text, looked for in all that is said */
	bool cancelled;
};
/* One call; outcome_release.  `s` may be used by several threads. */
void suite_ask(struct suite *s, const struct question *q, struct outcome *out);
/* Until it is over: passing faults are tried again, what is pending is polled.  first_token,
 * when it is not NULL, gets a copy of the first one. */
void suite_ask_all(struct suite *s, const struct question *q, char **first_token,
		   struct outcome *out);
/* once.c: one question from standard input; an exit code. */
int suite_once(struct suite *s);
const char *status_name(int status);
/* A new session on the provider; NULL after it was told. */
struct hd_session *suite_session(struct suite *s);
/* With nothing but what a provider is given of recorded secrets: they are absent. */
json_t *suite_recordable(const struct type_spec *t, const json_t *desired);

/* thing: made, asked for and taken away. */
int thing_make(struct suite *s, const struct type_spec *t, struct thing *out);
int thing_make_with(struct suite *s, const struct type_spec *t, json_t *desired, const char *key,
		    struct thing *out);
/* Recorded inputs overlaid with the state, as the engine gives them; new reference. */
json_t *thing_recorded(const struct thing *t);
int thing_read(struct suite *s, const struct thing *t, struct outcome *out);
int thing_remove(struct suite *s, const struct thing *t, struct outcome *out);
void thing_release(struct thing *t);
const char *thing_secret(const struct thing *t);
unsigned suite_number(struct suite *s);
char *suite_key(struct suite *s);

/* Says how it came out; false when it failed. */
struct claim {
	struct suite *s;
	const struct type_spec *t; /* NULL: of the provider as a whole */
	const char *check, *expected;
	bool holds;
};
bool claim_check(const struct claim *c, const char *got_format, ...) PRINTF_LIKE(2, 3);
#define expect(s, t, check, holds, expected, ...) \
	claim_check(&(struct claim){(s), (t), (check), (expected), (holds)}, __VA_ARGS__)
bool wanted(const struct suite *s, const char *check);
bool is_excepted(const struct type_spec *t, const char *check);

/* talk.c: calls as lines of stdin say; the exit code. */
int talk(struct suite *s);

void check_life(struct suite *s, const struct type_spec *t);  /* checks.c */
void check_world(struct suite *s, const struct type_spec *t); /* world.c */
void check_threads(struct suite *s, const struct type_spec *t);
void check_sessions(struct suite *s, const struct type_spec *t);
void check_cancel(struct suite *s, const struct type_spec *t);
void check_leaks(struct suite *s);

#endif
