/* rules.c - every rule beyond the schemas. */
#include "engine/lint/rules.h"

const struct lint_rule lint_rules[] = {
	{.whole = rule_unused_parameters},
	{.whole = rule_unused_conditions},
	{.whole = rule_unused_mappings},
	{.whole = rule_interface},
	{.whole = rule_limits},
	{.whole = rule_duplicate_exports},
	{.whole = rule_duplicate_identifiers},
	{.whole = rule_duplicate_logical_ids},
	{.whole = rule_duplicate_allowed},
	{.whole = rule_loop_keys},
	{.resource = rule_duplicate_dependencies},
	{.whole = rule_condition_constant},
	{.whole = rule_condition_branches},
	{.whole = rule_functions},
	{.type = "AWS::*", .resource = rule_user_data},
	{.resource = rule_deletion_policies},
	{.resource = rule_update_policies},
	{.resource = rule_init},
	{.type = "AWS::*", .resource = rule_policy_documents},
	{.type = "AWS::EC2::*", .resource = rule_address_ranges},
	{.whole = rule_subnets},
	{.whole = rule_subnet_routes},
	{.type = "AWS::EC2::SecurityGroup*", .resource = rule_firewall},
	{.whole = rule_combinations},
	{.whole = rule_text_forms},
	{.type = "AWS::RDS::*", .resource = rule_engines},
	{.type = "AWS::*", .resource = rule_schedules},
	{.type = "AWS::Route53::RecordSet*", .resource = rule_records},
	{.type = "AWS::Lambda::Function", .resource = rule_functions_of_lambda},
	{.type = "AWS::Lambda::LayerVersion", .resource = rule_runtimes_of_layers},
	{.type = "AWS::Lambda::EventSourceMapping", .resource = rule_event_sources},
	{.type = "AWS::Lambda::Permission", .resource = rule_permissions_of_lambda},
	{.type = "AWS::ECS::TaskDefinition", .resource = rule_tasks},
	{.type = "AWS::ECS::Service", .resource = rule_services},
	{.type = "AWS::DynamoDB::Table", .resource = rule_tables},
	{.type = "AWS::S3::Bucket", .resource = rule_buckets},
	{.type = "AWS::Backup::BackupPlan", .resource = rule_backups},
	{.type = "AWS::*AutoScaling::*", .resource = rule_scaling},
	{.type = "AWS::ElasticLoadBalancingV2::LoadBalancer", .resource = rule_balancers},
	{.type = "AWS::CloudWatch::Alarm", .resource = rule_alarms},
	{.type = "AWS::S?S::*", .resource = rule_queues},
	{.type = "AWS::CloudFront::Distribution", .resource = rule_distributions},
	{.type = "AWS::CodePipeline::Pipeline", .resource = rule_pipelines},
	{.type = "AWS::StepFunctions::StateMachine", .resource = rule_states},
	{.whole = rule_secrets},
	{.type = "AWS::*", .resource = rule_members},
	{.type = NULL},
};

static bool is_end(const struct lint_rule *row)
{
	return !row->whole && !row->resource;
}

static bool is_for(const struct lint_rule *row, const struct lint_resource *r)
{
	return !row->type || (r->type && row->type[0] == r->type[0] &&
			      text_glob(text_of(row->type), text_of(r->type)));
}

static void ask_resources(struct lint *l, const struct lint_rule *row)
{
	for (size_t i = 0; i < l->resource_count; i++) {
		if (is_for(row, &l->resources[i]))
			row->resource(l, &l->resources[i]);
	}
}

void lint_rules_run(struct lint *l)
{
	for (const struct lint_rule *row = lint_rules; !is_end(row); row++) {
		if (row->whole)
			row->whole(l);
		if (row->resource)
			ask_resources(l, row);
	}
}
