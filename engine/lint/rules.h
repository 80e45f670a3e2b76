/*
 * rules.h - the table of rules beyond the schemas: one row each.
 *
 * A family of rules is one file rule_NAME.c, its functions are declared here, and rules.c has
 * a row for each.  A row has one function, for what it looks at: the whole template once, or
 * each resource (of one type, when `type` is set: '*' and '?' as in globs, but not as the first
 * letter).  Rows are asked in the order of the table; diagnostics are sorted by place
 * afterwards.
 */
#ifndef ENGINE_LINT_RULES_H
#define ENGINE_LINT_RULES_H

#include "engine/lint/lint_parts.h"

struct lint_rule {
	const char *type; /* for resource: the types it is for; NULL: all */
	void (*whole)(struct lint *l);
	void (*resource)(struct lint *l, const struct lint_resource *r);
};

/* Ends with a row of NULLs. */
extern const struct lint_rule lint_rules[];

/* Asks every row. */
void lint_rules_run(struct lint *l);

/* rule_unused.c: what nobody uses, and an interface for parameters that are not there. */
void rule_unused_parameters(struct lint *l);
void rule_unused_conditions(struct lint *l);
void rule_unused_mappings(struct lint *l);
void rule_interface(struct lint *l);
/* rule_limits.c: more than CloudFormation takes. */
void rule_limits(struct lint *l);
/* rule_duplicate.c: what is said twice. */
void rule_duplicate_exports(struct lint *l);
void rule_duplicate_identifiers(struct lint *l);
void rule_duplicate_logical_ids(struct lint *l);
void rule_duplicate_allowed(struct lint *l);
void rule_duplicate_dependencies(struct lint *l, const struct lint_resource *r);
/* rule_loop.c: keys that are the same in every turn. */
void rule_loop_keys(struct lint *l);
/* rule_condition.c: conditions, branches, and references to what may not exist. */
void rule_condition_constant(struct lint *l);
void rule_condition_branches(struct lint *l);
/* rule_function.c: functions that do nothing, are missing, or have no answer. */
void rule_functions(struct lint *l);
void rule_user_data(struct lint *l, const struct lint_resource *r);
/* rule_attribute.c, rule_init.c: policies where the type takes them, cfn-init. */
void rule_deletion_policies(struct lint *l, const struct lint_resource *r);
void rule_update_policies(struct lint *l, const struct lint_resource *r);
void rule_init(struct lint *l, const struct lint_resource *r);
/* rule_iam.c: policy documents. */
void rule_policy_documents(struct lint *l, const struct lint_resource *r);
/* rule_network.c, rule_firewall.c: address ranges, subnets, security groups. */
void rule_address_ranges(struct lint *l, const struct lint_resource *r);
void rule_subnets(struct lint *l);
void rule_subnet_routes(struct lint *l);
void rule_firewall(struct lint *l, const struct lint_resource *r);
/* rule_combination.c: members of an object that must fit each other. */
void rule_combinations(struct lint *l);
/* rule_text.c, rule_record.c: texts of a certain form, schedules, DNS records. */
void rule_text_forms(struct lint *l);
void rule_engines(struct lint *l, const struct lint_resource *r);
void rule_schedules(struct lint *l, const struct lint_resource *r);
void rule_records(struct lint *l, const struct lint_resource *r);
/* rule_lambda.c, rule_container.c: functions and what calls them, tasks and services. */
void rule_functions_of_lambda(struct lint *l, const struct lint_resource *r);
void rule_runtimes_of_layers(struct lint *l, const struct lint_resource *r);
void rule_event_sources(struct lint *l, const struct lint_resource *r);
void rule_permissions_of_lambda(struct lint *l, const struct lint_resource *r);
void rule_tasks(struct lint *l, const struct lint_resource *r);
void rule_services(struct lint *l, const struct lint_resource *r);
/* rule_storage.c, rule_scaling.c: tables, buckets, backups; groups, alarms, queues. */
void rule_tables(struct lint *l, const struct lint_resource *r);
void rule_buckets(struct lint *l, const struct lint_resource *r);
void rule_backups(struct lint *l, const struct lint_resource *r);
void rule_scaling(struct lint *l, const struct lint_resource *r);
void rule_balancers(struct lint *l, const struct lint_resource *r);
void rule_alarms(struct lint *l, const struct lint_resource *r);
void rule_queues(struct lint *l, const struct lint_resource *r);
void rule_distributions(struct lint *l, const struct lint_resource *r);
/* rule_pipeline.c, rule_states.c: pipelines, state machines. */
void rule_pipelines(struct lint *l, const struct lint_resource *r);
void rule_states(struct lint *l, const struct lint_resource *r);
/* rule_secret.c, rule_member.c: passwords in clear; tags, and roles by their ARN. */
void rule_secrets(struct lint *l);
void rule_members(struct lint *l, const struct lint_resource *r);

#endif
