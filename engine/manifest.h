/*
 * manifest.h - hadeploy.yaml, read and checked.
 *
 * manifest_load finds the manifest in a folder, parses it and gives an immutable
 * struct manifest in the arena.  Every fault is one diagnostic with its place and,
 * for a misspelt key, the nearest known one; all of them are reported in one run.
 * Paths stay as written; use path_join with `dir`.
 *
 * References to secrets ({{resolve:...}}) are not resolved here, so that a command which
 * does not need a secret does not ask for it: manifest_resolve does that for parameters,
 * manifest_provider_config for settings.
 */
#ifndef ENGINE_MANIFEST_H
#define ENGINE_MANIFEST_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"
#include "engine/mirror_settings.h"
#include "engine/rollout/freeze.h"
#include "engine/rollout/preferences.h"
#include "engine/version_policy.h"
#include "templates/template.h"

struct node;
struct secrets;
struct tree;

#define MANIFEST_NAME "hadeploy.yaml"

/* Rates are kept in 1000 seconds, so that slow ones have no fractions. */
#define MANIFEST_RATE_ONE 1000

/* A provider entry: `NAME: {Use: ssh, Types: ['SSH::*'], ...}`. */
struct manifest_provider {
	const char *name;
	const char *use;          /* "ssh", "rest", ..., or a path to a plugin */
	const char *const *types; /* patterns; none: the provider's own */
	size_t type_count;
	size_t concurrency; /* calls at the same time, over all regions; 0: any */
	int64_t rate; /* calls of one account in one region in MANIFEST_RATE_ONE seconds; 0: any */
	const struct node *config; /* NODE_MAP: everything else; NULL when empty */
	struct range where;        /* RANGE_NONE: predefined and not mentioned */
};

/* `Tags: {tier: prod}` of a region or an account; pick targets. */
struct manifest_tag {
	const char *key, *value;
};

struct manifest_account {
	const char *name;
	const struct manifest_tag *tags;
	size_t tag_count;
	const struct node *providers; /* NODE_MAP name to overrides, or NULL */
	struct range where;
};

struct manifest_host {
	struct eval_host host;     /* name, zone, address, roles */
	const struct node *config; /* the whole map: Address, Port, User, ... */
	struct range where;
};

struct manifest_region {
	const char *name;
	const char *aws_region; /* the aws provider's Region here; `name` when none is set */
	bool global;
	const char *const *zones;
	size_t zone_count;
	const struct manifest_host *hosts;
	const struct eval_host *eval_hosts; /* the same hosts, as evaluation takes them */
	size_t host_count;
	const struct node *providers; /* NODE_MAP name to overrides, or NULL */
	const struct manifest_tag *tags;
	size_t tag_count;
	struct range where;
};

/* One entry of a Parameters map; value.text is NULL and value.node set. */
struct manifest_parameter {
	const char *name;
	struct parameter_value value;
};

struct manifest_passed {
	const struct manifest_region *region;
	const struct manifest_passed *next;
};

struct manifest_target {
	const char *account; /* ACCOUNT_NONE when none */
	const struct manifest_region *region;
	/* Lost regions that led here, the latest first (relocate.h); NULL: the manifest did. */
	const struct manifest_passed *passed;
	const struct manifest_parameter *parameters;
	size_t parameter_count;
	struct range where;
};

/* What a policy can forbid. */
enum deny { DENY_REPLACE, DENY_DELETE, DENY_UPDATE };
#define DENY_COUNT (DENY_UPDATE + 1)

/* `{Deny: [Replace], Resources: ['Db*'], Types: ['AWS::RDS::*']}` of a stack. */
struct manifest_policy {
	bool denies[DENY_COUNT];
	const char *const *resources; /* patterns over logical ids; none: all */
	size_t resource_count;
	const char *const *types; /* patterns; none: all */
	size_t type_count;
	struct range where;
};

struct manifest_stack {
	const char *name;
	const char *template_path; /* as written */
	struct range template_where;
	const struct manifest_parameter *parameters;
	size_t parameter_count;
	const struct manifest_target *targets;
	size_t target_count;
	const struct manifest_target *const *by_place; /* for manifest_target; sorted */
	const char *const *depends_on;                 /* names of stacks; no cycles */
	size_t depends_on_count;
	bool protected; /* its instances may not be deleted */
	struct range protected_where;
	const struct manifest_policy *policies;
	size_t policy_count;
	struct rollout_preferences rollout; /* as written; defaults where nothing is */
	bool retain_instances; /* what goes to a target that is no longer named stays there */
	bool ignore_commit;    /* what differs in HA::GitCommit alone is left as it is */
	const char *restore;   /* runbook that brings its data back in a recreated region; NULL */
	struct range where;
};

/* `Runbooks: {failover: runbooks/failover.yaml}`. */
struct manifest_runbook {
	const char *name;
	const char *path; /* as written */
	struct range where;
};

/*
 * `Routes:`: how users are led to regions, for Traffic steps.
 *
 *	Routes:
 *	  shop: {Type: PowerDNS::Route, Zone: shop.test., Name: www.shop.test., TTL: 5,
 *	         Region: global, Values: {east: [192.0.2.1], west: [192.0.2.2]}}
 */
struct manifest_route {
	const char *name;
	const char *type;     /* "PowerDNS::Route": its actions "weights" and "set-weights" are used
				 (provider.h) */
	const char *provider; /* entry that has it; NULL: the one that serves the type */
	const struct manifest_region
		*region;           /* whose settings it is called with; NULL: that of To */
	const struct node *config; /* NODE_MAP: the whole of it */
	struct range where;
};

/* `Failover: {Runbook: failover, Prefer: [west, south], CoolDown: 1h}`; all optional. */
struct manifest_failover {
	const char *runbook;  /* of `failover --from --to`: "failover" unless it says otherwise */
	const char *failback; /* of `failback`: the same unless it says otherwise */
	const struct manifest_region *const *prefer; /* for `--to best`, the first healthy one */
	size_t prefer_count;
	int64_t cool_down_ms;                        /* between two executions that are no drills */
	const struct manifest_check *const *healthy; /* what tells whether a region is */
	size_t healthy_count;
	size_t min_healthy_regions; /* others, before something is taken from one; 0: any */
	struct range where;         /* RANGE_NONE: not in the manifest */
};

/*
 * `Watch: [{Check: shop, Region: east, Runbook: failover, Parameters: {From: east, To: best},
 * For: 30s, CoolDown: 1h}]`: what `hadeploy watch` starts by itself.
 */
struct manifest_watch {
	const char *name;                           /* "shop in east" unless it has a Name */
	const struct manifest_check *const *checks; /* all of them unhealthy in the region */
	size_t check_count;
	const struct manifest_region *region;
	const char *runbook;
	const struct manifest_parameter *parameters; /* the value "best" of a Region is chosen */
	size_t parameter_count;
	int64_t for_ms;       /* unhealthy for so long, beyond the checks' own thresholds */
	int64_t cool_down_ms; /* since the last execution of the runbook */
	bool ungraceful;      /* `Mode: ungraceful` */
	struct range where;
};

struct manifest {
	const struct source *src;
	const struct tree *files; /* what it was read from; NULL: it was no file */
	const char *dir;          /* absolute */
	const char *project;      /* its name */
	const char *state_path;   /* absolute: DIR/.hadeploy/state.db */
	int64_t history_age_ms;   /* how long runs are kept; 0: for ever */
	size_t history_run_count; /* how many */
	struct mirror_settings mirror;
	/* The predefined ones are always among them. */
	const struct manifest_provider *providers;
	size_t provider_count;
	const struct manifest_account *accounts;
	size_t account_count;
	const struct manifest_region *regions;
	size_t region_count;
	const struct manifest_stack *stacks; /* in the order of the file */
	size_t stack_count;
	const struct manifest_check *checks; /* HealthChecks */
	size_t check_count;
	struct freeze_list freezes;
	struct version_policies version_policies; /* Policy */
	const struct manifest_runbook *runbooks;  /* Runbooks, in the order of the file */
	size_t runbook_count;
	const struct manifest_route *routes; /* Routes */
	size_t route_count;
	struct manifest_failover failover;
	const struct manifest_watch *watches; /* Watch */
	size_t watch_count;
	const struct manifest_index *index; /* names, sorted: manifest_index.c */
};

/* dir: where the manifest lies.  NULL on failure. */
const struct manifest *manifest_load(struct arena *a, const char *dir, struct diags *d);
/* The same from any tree.  That of a commit works on the state that the manifest in the folder
 * names, if there is one: an older path would be another state. */
const struct manifest *manifest_load_tree(struct arena *a, const struct tree *files,
					  struct diags *d);
/* An error for each stack whose template is not there.  What works on recorded state alone
 * does without. */
void manifest_check_templates(struct arena *a, const struct manifest *m, struct diags *d);
/* Where its recorded state lies, without looking at the rest (where there is no manifest, as in a
 * bare repository: the usual file, if it is there): a fault elsewhere in the
 * manifest does not keep anybody from the state.  NULL on failure. */
const char *manifest_state_path(struct arena *a, const char *dir, struct diags *d);
/* `State: Mirror` alone, likewise; off when it cannot be read. */
void manifest_load_mirror(struct arena *a, const char *dir, struct mirror_settings *out);
/* The same from a text, without looking whether the templates are there. */
const struct manifest *manifest_parse(struct arena *a, const struct source *src, const char *dir,
				      struct diags *d);
/* Without a file: the predefined providers and nothing else. */
const struct manifest *manifest_none(struct arena *a);
const struct manifest_provider *manifest_provider(const struct manifest *m, const char *name);
const struct manifest_account *manifest_account(const struct manifest *m, const char *name);
const struct manifest_region *manifest_region(const struct manifest *m, const char *name);
const struct manifest_stack *manifest_stack(const struct manifest *m, const char *name);
const struct manifest_check *manifest_check(const struct manifest *m, const char *name);
const struct manifest_runbook *manifest_runbook(const struct manifest *m, const char *name);
const struct manifest_route *manifest_route(const struct manifest *m, const char *name);
/* Where the stack goes at this place; NULL: it does not. */
const struct manifest_target *manifest_target(const struct manifest_stack *stack,
					      const char *account, const char *region);
/* The tags of the account (NULL: none) and the region (NULL: none) together, those of the account
 * first, are as the filter asks. */
bool manifest_tags_fit(const struct tag_filter *filter, const struct manifest_region *region,
		       const struct manifest_account *account);
/* True when `name` can be the name of a region, stack, host and so on. */
bool manifest_name_valid(struct text name);

/* Text that somebody wrote, and where. */
struct placed_text {
	struct text text;
	struct range where;
};
/* True when the text holds {{resolve:...}}: what it becomes is sensitive. */
bool manifest_has_reference(struct text t);
/* *out: the text with every {{resolve:env:NAME}} and {{resolve:file:PATH}} replaced; paths
 * start at dir.  0, or -1 with errors at the text's place that never show a value. */
int manifest_resolve(struct arena *a, const char *dir, struct placed_text t, const char **out,
		     struct diags *d);
/* The same, and references that only a provider can resolve stay in the text. */
int manifest_resolve_parameter(struct arena *a, const char *dir, struct placed_text t,
			       const char **out, struct diags *d);
/*
 * The JSON text that hd_provider.open gets for this entry in this region: defaults
 * overlaid with the region's and the account's, {{resolve:env|file:...}} resolved, plus
 * Project, ProjectDir, Region (unless the settings name one: aws's own), Account, Hosts.
 * NULL on failure.  May hold secrets: those that references became are in *secrets, in
 * the arena.
 */
struct provider_place {
	const struct manifest_provider *provider;
	const struct manifest_region *region;
	const char *account;
};
const char *manifest_provider_config(struct arena *a, const struct manifest *m,
				     const struct provider_place *place,
				     const struct secrets **secrets, struct diags *d);
/* The provider (NULL: there is none) is mentioned for this place, or the region has a name as AWS's
 * regions have: manifest_place.c. */
bool manifest_uses(const struct manifest *m, const struct provider_place *place);
/* The number of the AWS account: AccountId of the settings, the account of their RoleArn, the
 * account's name when it is a number.  NULL: the manifest does not tell. */
const char *manifest_account_id(struct arena *a, const struct manifest *m,
				const struct provider_place *place);

/* The same for hd_provider.types_open: the entry's own settings, references as they are written,
 * Project and ProjectDir, of a commit FilesDir with what Definitions names. */
const char *manifest_types_config(struct arena *a, const struct manifest *m,
				  const struct manifest_provider *p, struct diags *d);
/* What fills ${Stack.Output} in a route's texts. */
struct route_place {
	const struct manifest *manifest;
	const char *region; /* whose instance is meant where none is named */
	/* As it was recorded; NULL: there is none. */
	const char *(*output)(void *context, const char *stack, const char *name,
			      const char *region);
	void *context;
};
/* A route's entry as JSON for its provider, with its "RouteName"; secrets likewise.  Below a region
 * of Values, Servers or TargetGroups outputs are of the instance there. */
const char *manifest_route_config(struct arena *a, const struct route_place *place,
				  const struct manifest_route *r, const struct secrets **secrets,
				  struct diags *d);

#endif
