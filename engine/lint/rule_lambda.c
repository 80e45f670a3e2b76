/*
 * rule_lambda.c - functions, their runtimes, and what calls them.
 *
 * A runtime that is no longer updated is a warning from the day its support ended; the dates
 * are those of "Lambda runtimes" in the documentation.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

struct old_runtime {
	const char *name, *ended, *instead;
};

static const struct old_runtime old_runtimes[] = {
	{"dotnet5.0", "2022-05-10", "dotnet8"},
	{"dotnet6", "2024-12-20", "dotnet8"},
	{"dotnet7", "2024-05-14", "dotnet8"},
	{"dotnetcore1.0", "2019-06-27", "dotnet8"},
	{"dotnetcore2.0", "2019-05-30", "dotnet8"},
	{"dotnetcore2.1", "2022-01-05", "dotnet8"},
	{"dotnetcore3.1", "2023-04-03", "dotnet8"},
	{"go1.x", "2024-01-08", "provided.al2023"},
	{"java8", "2024-01-08", "java21"},
	{"nodejs", "2016-10-31", "nodejs22.x"},
	{"nodejs10.x", "2021-07-30", "nodejs22.x"},
	{"nodejs12.x", "2023-03-31", "nodejs22.x"},
	{"nodejs14.x", "2023-12-04", "nodejs22.x"},
	{"nodejs16.x", "2024-06-12", "nodejs22.x"},
	{"nodejs18.x", "2025-09-01", "nodejs22.x"},
	{"nodejs4.3", "2020-03-05", "nodejs22.x"},
	{"nodejs4.3-edge", "2019-04-30", "nodejs22.x"},
	{"nodejs6.10", "2019-08-12", "nodejs22.x"},
	{"nodejs8.10", "2020-03-06", "nodejs22.x"},
	{"provided", "2024-01-08", "provided.al2023"},
	{"python2.7", "2021-07-15", "python3.13"},
	{"python3.6", "2022-07-18", "python3.13"},
	{"python3.7", "2023-12-04", "python3.13"},
	{"python3.8", "2024-10-14", "python3.13"},
	{"ruby2.5", "2021-07-30", "ruby3.3"},
	{"ruby2.7", "2023-12-07", "ruby3.3"},
};

/* Set by the service itself. */
static const char *const own_variables[] = {
	"AWS_ACCESS_KEY",
	"AWS_ACCESS_KEY_ID",
	"AWS_DEFAULT_REGION",
	"AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
	"AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE",
	"AWS_LAMBDA_LOG_GROUP_NAME",
	"AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_LAMBDA_RUNTIME_API",
	"AWS_REGION",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"LAMBDA_RUNTIME_DIR",
	"LAMBDA_TASK_ROOT",
	"_HANDLER",
	"_X_AMZN_TRACE_ID",
	NULL,
};

/* Functions */

static void check_runtime(struct lint *l, const struct object *o, const struct node *n)
{
	struct diag *g;

	(void)o;
	for (size_t i = 0; n->kind == NODE_SCALAR && i < ARRAY_LEN(old_runtimes); i++) {
		if (!text_is(n->text, old_runtimes[i].name))
			continue;
		g = diag_warn(l->d, DIAG_RUNTIME_OLD, n->where,
			      "the support of runtime '%s' ended on %s", old_runtimes[i].name,
			      old_runtimes[i].ended);
		diag_hint(l->d, g, "move to %s", old_runtimes[i].instead);
		return;
	}
}

static void check_variables(struct lint *l, const struct object *o)
{
	for (size_t i = 0; i < o->map->count; i++) {
		const struct node *key = o->map->entries[i].key;
		struct diag *g;

		if (!text_in(key->text, own_variables))
			continue;
		g = diag_add(l->d, DIAG_FUNCTION_SHAPE, key->where,
			     "Lambda sets variable '%.*s' itself", TEXT_ARG(key->text));
		diag_hint(l->d, g, "give the variable another name");
	}
}

static bool runs_inline_code(struct text runtime)
{
	return text_starts(runtime, "nodejs") || text_starts(runtime, "python");
}

static void check_inline_code(struct lint *l, const struct field *code, const struct field *runtime)
{
	const struct field zip = field_of(code->value, "ZipFile");
	struct diag *g;

	if (zip.state != FIELD_PRESENT || !runtime->literal.ptr ||
	    !literal_of(runtime->value).ptr || runs_inline_code(runtime->literal))
		return;
	g = diag_add(l->d, DIAG_FUNCTION_SHAPE, zip.key->where,
		     "code in the template is for nodejs and python, and the runtime is '%.*s'",
		     TEXT_ARG(runtime->literal));
	diag_hint(l->d, g, "put the code into S3, and name it with S3Bucket and S3Key");
}

/* What comes as an image brings its runtime and handler along. */
static void check_package(struct lint *l, const struct object *o)
{
	static const char *const needed[] = {"Handler", "Runtime"};
	const struct field code = field_of(o->map, "Code"), kind = field_of(o->map, "PackageType");
	const struct field runtime = field_of(o->map, "Runtime");
	struct diag *g;

	if (code.state != FIELD_PRESENT || code.value->kind != NODE_MAP)
		return;
	check_inline_code(l, &code, &runtime);
	if (field_of(code.value, "ImageUri").state != FIELD_ABSENT ||
	    (kind.state != FIELD_ABSENT && !field_is(&kind, "Zip")))
		return;
	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		if (field_of(o->map, needed[i]).state != FIELD_ABSENT)
			continue;
		g = diag_warn(l->d, DIAG_FUNCTION_SHAPE, code.key->where,
			      "a function with code in a zip file needs '%s'", needed[i]);
		diag_hint(l->d, g, "add '%s'", needed[i]);
	}
}

static void check_snap_start(struct lint *l, const struct object *o)
{
	static const char *const runtimes[] = {"java", "python3.1", "dotnet", NULL};
	const struct field runtime = field_of(o->map, "Runtime");
	const struct field snap = field_of(o->map, "SnapStart");
	const struct field apply =
		snap.value && snap.value->kind == NODE_MAP ? field_of(snap.value, "ApplyOn") : snap;
	struct diag *g;

	if (!apply.value || !field_is(&apply, "PublishedVersions") || !runtime.literal.ptr ||
	    !literal_of(runtime.value).ptr)
		return;
	for (size_t i = 0; runtimes[i]; i++) {
		if (text_starts(runtime.literal, runtimes[i]) && !field_is(&runtime, "java8"))
			return;
	}
	g = diag_warn(l->d, DIAG_FUNCTION_SHAPE, apply.value->where,
		      "runtime '%.*s' has no SnapStart", TEXT_ARG(runtime.literal));
	diag_hint(l->d, g, "remove SnapStart, or move to a runtime that has it");
}

void rule_functions_of_lambda(struct lint *l, const struct lint_resource *r)
{
	each_value(l, r, "Runtime", check_runtime, NULL);
	each_object(l, r, "Environment.Variables", check_variables, NULL);
	each_object(l, r, "", check_package, NULL);
	each_object(l, r, "", check_snap_start, NULL);
}

void rule_runtimes_of_layers(struct lint *l, const struct lint_resource *r)
{
	each_value(l, r, "CompatibleRuntimes.*", check_runtime, NULL);
}

/* Event sources */

static bool is_stream(const struct lint *l, const struct node *n)
{
	return resource_of_type(l, n, "AWS::DynamoDB::Table") ||
	       resource_of_type(l, n, "AWS::Kinesis::Stream") ||
	       resource_of_type(l, n, "AWS::MSK::Cluster") ||
	       (n->kind == NODE_SCALAR &&
		(strstr(n->text.ptr, ":kinesis:") || strstr(n->text.ptr, ":dynamodb:") ||
		 strstr(n->text.ptr, ":kafka:")));
}

static bool is_queue(const struct lint *l, const struct node *n)
{
	return resource_of_type(l, n, "AWS::SQS::Queue") ||
	       (n->kind == NODE_SCALAR && strstr(n->text.ptr, ":sqs:"));
}

static void check_queue_times(struct lint *l, const struct object *o,
			      const struct lint_resource *queue)
{
	const struct field name = field_of(o->map, "FunctionName");
	const struct lint_resource *function =
		name.value ? resource_of_type(l, name.value, "AWS::Lambda::Function") : NULL;
	int64_t visible = 30, runs = 3;
	struct field timeout, visibility;
	struct diag *g;

	if (!function || !queue || !function->properties || function->properties->kind != NODE_MAP)
		return;
	timeout = field_of(function->properties, "Timeout");
	visibility = queue->properties && queue->properties->kind == NODE_MAP
			     ? field_of(queue->properties, "VisibilityTimeout")
			     : (struct field){.state = FIELD_ABSENT};
	if ((timeout.state != FIELD_ABSENT && !field_int(&timeout, &runs)) ||
	    (visibility.state != FIELD_ABSENT && !field_int(&visibility, &visible)) ||
	    visible >= runs)
		return;
	g = diag_warn(
		l->d, DIAG_EVENT_SOURCE, (visibility.value ? visibility.value : queue->key)->where,
		"queue '%.*s' shows a message again after %lld s, and function '%.*s' may "
		"run for %lld s",
		TEXT_ARG(queue->id), (long long)visible, TEXT_ARG(function->id), (long long)runs);
	diag_hint(l->d, g, "make VisibilityTimeout six times the function's Timeout");
}

static void check_fifo_batch(struct lint *l, const struct object *o,
			     const struct lint_resource *queue)
{
	const struct field batch = field_of(o->map, "BatchSize");
	struct field fifo;
	struct diag *g;
	int64_t size;

	if (!queue || !queue->properties || queue->properties->kind != NODE_MAP)
		return;
	fifo = field_of(queue->properties, "FifoQueue");
	if (!field_true(&fifo) || !field_int(&batch, &size) || size <= 10)
		return;
	g = diag_warn(l->d, DIAG_EVENT_SOURCE, batch.value->where,
		      "a FIFO queue gives at most 10 messages at once, not %lld", (long long)size);
	diag_hint(l->d, g, "write a number from 1 to 10");
}

static void check_event_source(struct lint *l, const struct object *o)
{
	const struct field source = field_of(o->map, "EventSourceArn");
	const struct field start = field_of(o->map, "StartingPosition");
	struct diag *g;

	if (source.state != FIELD_PRESENT || !source.value)
		return;
	if (is_stream(l, source.value) && start.state == FIELD_ABSENT) {
		g = diag_warn(l->d, DIAG_EVENT_SOURCE, source.key->where,
			      "a stream needs a 'StartingPosition'");
		diag_hint(l->d, g, "add 'StartingPosition: LATEST' or TRIM_HORIZON");
	}
	if (!is_queue(l, source.value))
		return;
	if (start.state == FIELD_PRESENT) {
		g = diag_warn(l->d, DIAG_EVENT_SOURCE, start.key->where,
			      "a queue has no 'StartingPosition'");
		diag_hint(l->d, g, "remove it");
	}
	check_queue_times(l, o, resource_of_type(l, source.value, "AWS::SQS::Queue"));
	check_fifo_batch(l, o, resource_of_type(l, source.value, "AWS::SQS::Queue"));
}

void rule_event_sources(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "", check_event_source, NULL);
}

/* Permissions */

static const struct {
	const char *type, *principal;
} callers[] = {
	{"AWS::ApiGateway::RestApi", "apigateway.amazonaws.com"},
	{"AWS::ApiGatewayV2::Api", "apigateway.amazonaws.com"},
	{"AWS::Cognito::UserPool", "cognito-idp.amazonaws.com"},
	{"AWS::Config::ConfigRule", "config.amazonaws.com"},
	{"AWS::ElasticLoadBalancingV2::TargetGroup", "elasticloadbalancing.amazonaws.com"},
	{"AWS::Events::Rule", "events.amazonaws.com"},
	{"AWS::IoT::TopicRule", "iot.amazonaws.com"},
	{"AWS::S3::Bucket", "s3.amazonaws.com"},
	{"AWS::SNS::Topic", "sns.amazonaws.com"},
};

static void check_permission(struct lint *l, const struct object *o)
{
	const struct field principal = field_of(o->map, "Principal");
	const struct field source = field_of(o->map, "SourceArn");
	const struct lint_resource *caller = source.value ? resource_of(l, source.value) : NULL;
	struct diag *g;

	for (size_t i = 0; caller && principal.literal.ptr && i < ARRAY_LEN(callers); i++) {
		if (!lint_is(caller, callers[i].type) ||
		    field_is(&principal, callers[i].principal) || !literal_of(principal.value).ptr)
			continue;
		g = diag_warn(l->d, DIAG_EVENT_SOURCE, principal.value->where,
			      "'%.*s' does not call for '%.*s', which is of %s",
			      TEXT_ARG(principal.literal), TEXT_ARG(caller->id), caller->type);
		diag_hint(l->d, g, "write %s", callers[i].principal);
	}
	if (!caller || !lint_is(caller, "AWS::S3::Bucket") ||
	    field_of(o->map, "SourceAccount").state != FIELD_ABSENT)
		return;
	g = diag_warn(l->d, DIAG_EVENT_SOURCE, source.key->where,
		      "the ARN of a bucket has no account: somebody else's bucket of that name "
		      "could call");
	diag_hint(l->d, g, "add 'SourceAccount: !Ref AWS::AccountId'");
}

void rule_permissions_of_lambda(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "", check_permission, NULL);
}
