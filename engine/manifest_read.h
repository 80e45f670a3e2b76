/*
 * manifest_read.h - how the manifest's parts are read: maps of known keys, as tables.
 *
 * For manifest*.c alone.  A part of the manifest is a table of rows (key, shape, setter):
 * manifest_read_map checks the map against the table and calls the setters in the order
 * of the table, so that a row may count on the ones above it.  A new key is a new row.
 * Faults are added to the reader's diags and reading goes on.
 */
#ifndef ENGINE_MANIFEST_READ_H
#define ENGINE_MANIFEST_READ_H

#include "engine/manifest.h"
#include "templates/node.h"

/* What names lead to: struct manifest_region, _account, _check, _stack, _runbook. */
enum named_kind { NAMED_REGION, NAMED_ACCOUNT, NAMED_CHECK, NAMED_STACK, NAMED_RUNBOOK };
#define NAMED_COUNT (NAMED_RUNBOOK + 1)

struct manifest_reader {
	struct arena *a;
	struct diags *d;
	struct manifest *m;
	struct map named[NAMED_COUNT]; /* name to the thing */
	struct map tag_keys;           /* that some region or account has, to its node */
	size_t places;                 /* looked at for Targets and Overrides */
	size_t targets;                /* of all stacks */
};

enum key_kind {
	KEY_TEXT,  /* a scalar that is not empty */
	KEY_NAME,  /* and can be a name */
	KEY_PORT,  /* 1 to 65535 */
	KEY_FLAG,  /* true or false */
	KEY_TEXTS, /* a list of scalars */
	KEY_LIST,
	KEY_MAP,
	KEY_ANY
};
enum key_need { KEY_OPTIONAL, KEY_REQUIRED };
enum keys_extent { KEYS_CLOSED, KEYS_OPEN /* other keys are somebody else's */ };

/* A map that is read: `at` is its key, NULL for the top and items of lists. */
struct manifest_part {
	const char *who; /* "stack 'web'", for messages */
	const struct node *at;
	const struct node *map;
};

typedef void key_set_fn(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value);

struct manifest_key {
	const char *name;
	enum key_kind kind;
	enum key_need need;
	key_set_fn *set; /* NULL: the check is all */
	/* Of a KEY_TEXT, NULL at the end; NULL: any text.  References to secrets always fit. */
	const char *const *choices;
};

struct manifest_keys {
	enum keys_extent extent;
	const struct manifest_key *rows;
	size_t count;
	const struct manifest_keys *more; /* rows shared with others; NULL */
};

/* Nothing more is reported once there are LIMIT_DIAGS errors. */
bool manifest_full(const struct manifest_reader *r);
void manifest_read_map(struct manifest_reader *r, const struct manifest_part *part,
		       const struct manifest_keys *keys, void *into);
/* An entry of a map of named things: false, with an error, when its name is odd or its
 * value no map.  An empty value is an empty map. */
bool manifest_read_named(struct manifest_reader *r, const char *thing, const struct node_entry *e,
			 struct manifest_part *out);
/* The place of a part as a whole: its key, else its beginning. */
struct range manifest_part_where(const struct manifest_part *part);
/* "'Targets' of stack 'web' is a text; it takes a list", at n. */
void manifest_wrong_shape(struct manifest_reader *r, const char *what, const struct node *n,
			  const char *wanted);
/* Checks that n is a scalar with something in it; `what` as in "a zone of region 'east'". */
bool manifest_is_text(struct manifest_reader *r, const char *what, const struct node *n);
bool manifest_is_name(struct manifest_reader *r, const char *what, const struct node *n);
/* The scalars of a list as an array in the arena, its length in *count; no name twice. */
const char *const *manifest_names(struct manifest_reader *r, const char *what,
				  const struct node *list, size_t *count);
struct manifest_parameter *manifest_read_parameters(struct manifest_reader *r,
						    const struct manifest_part *part,
						    const struct node *map, size_t *count);

/*
 * Names and words: manifest_names.c.  `who` and `what` begin messages: "'Gate' of 'Rollout' of
 * stack 'web'".  manifest_named: what the name leads to, or NULL with an error at n.  The lists
 * are in the arena, without repetitions; a single name is as good as a list of one.
 */
void *manifest_named(struct manifest_reader *r, enum named_kind kind, const char *who,
		     const struct node *n);
void **manifest_named_list(struct manifest_reader *r, enum named_kind kind, const char *who,
			   const struct node *list, size_t *count);
const char *const *manifest_region_names(struct manifest_reader *r, const char *who,
					 const struct node *list, size_t *count);
const struct manifest_check *const *manifest_check_names(struct manifest_reader *r, const char *who,
							 const struct node *list, size_t *count);
/* Index of the scalar among the words, which end in NULL; -1 with an error. */
int manifest_choice(struct manifest_reader *r, const char *what, const struct node *n,
		    const char *const *choices);
/* "WHAT cannot be 'x'", at n. */
void manifest_refuse(struct manifest_reader *r, const char *what, const struct node *n,
		     const char *hint);
/* An error when the part has both keys. */
void manifest_refuse_both(struct manifest_reader *r, const struct manifest_part *part,
			  const char *key, const char *other);

/* Tags and Where: manifest_tags.c. */
const struct manifest_tag *manifest_read_tags(struct manifest_reader *r,
					      const struct manifest_part *part,
					      const struct node *map, size_t *count);
struct tag_filter manifest_read_filter(struct manifest_reader *r, const struct manifest_part *part,
				       const struct node *map);

/* Targets and Overrides of a stack: manifest_targets.c. */
void manifest_read_targets(struct manifest_reader *r, const struct manifest_part *part,
			   struct manifest_stack *stack);

/* Rollout of a stack: manifest_rollout.c, its Waves: manifest_wave.c. */
void manifest_read_rollout(struct manifest_reader *r, const struct manifest_part *stack,
			   const struct node *map, struct rollout_preferences *out);
key_set_fn manifest_set_waves;
/* What the stack's targets must have for it. */
void manifest_check_rollout(struct manifest_reader *r, const struct manifest_part *part,
			    const struct manifest_stack *stack);
enum amount_least { AMOUNT_MAY_BE_ZERO, AMOUNT_AT_LEAST_ONE };
void manifest_read_amount(struct manifest_reader *r, const char *what, const struct node *value,
			  enum amount_least least, struct rollout_amount *out);

/* Policy of a stack: manifest_policy.c. */
const struct manifest_policy *manifest_read_policies(struct manifest_reader *r,
						     const struct manifest_part *part,
						     const struct node *list, size_t *count);

/* Mirror of State: manifest_mirror.c. */
key_set_fn manifest_set_mirror;

/* Setters of the top level. */
key_set_fn manifest_set_accounts, manifest_set_providers, manifest_set_regions, manifest_set_stacks,
	manifest_set_checks, manifest_set_freezes, manifest_set_runbooks, manifest_set_routes,
	manifest_set_failover, manifest_set_watches, manifest_set_policies;
/* What holds without the section Failover. */
void manifest_default_failover(struct manifest *m);
/* Makes the predefined entries that the manifest does not mention. */
void manifest_add_predefined(struct manifest_reader *r);
/* The map under Providers of a region or an account. */
void manifest_check_overrides(struct manifest_reader *r, const struct manifest_part *part,
			      const struct node *map);
/* DependsOn of all stacks: names and circles.  depends_on: each stack's node, or NULL. */
void manifest_check_order(struct manifest_reader *r, const struct node *const *depends_on);
/* What health checks refer to: manifest_variables.c. */
void manifest_check_variables(struct manifest_reader *r);
/* Makes what manifest_region and the like look names up in. */
void manifest_index(struct arena *a, struct manifest *m);
/* How to reach hosts: keys of a host and of the ssh provider. */
extern const struct manifest_keys manifest_connection_keys;

#endif
