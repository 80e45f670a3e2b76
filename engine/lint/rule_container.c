/* rule_container.c - tasks of ECS: what Fargate needs, essential containers, logs. */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

/* Memory in MiB that goes with so many CPU units: from, to, in steps. */
static const struct {
	int64_t cpu, from, to, step;
} sizes[] = {
	{256, 512, 2048, 512},        {512, 1024, 4096, 1024},   {1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},    {4096, 8192, 30720, 1024}, {8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
};

static bool requires_fargate(const struct node *map)
{
	const struct field kinds = field_of(map, "RequiresCompatibilities");

	for (size_t i = 0; kinds.value && kinds.value->kind == NODE_LIST && i < kinds.value->count;
	     i++) {
		if (kinds.value->items[i]->kind == NODE_SCALAR &&
		    text_is(kinds.value->items[i]->text, "FARGATE"))
			return true;
	}
	return false;
}

static void check_needed(struct lint *l, const struct object *o)
{
	static const char *const names[] = {"Cpu", "Memory"};
	const struct field kinds = field_of(o->map, "RequiresCompatibilities");
	const struct field mode = field_of(o->map, "NetworkMode");
	struct diag *g;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (field_of(o->map, names[i]).state != FIELD_ABSENT)
			continue;
		g = diag_add(l->d, DIAG_FARGATE, kinds.key->where, "a task for Fargate needs '%s'",
			     names[i]);
		diag_hint(l->d, g, "add '%s' to the task's definition", names[i]);
	}
	if (mode.state == FIELD_ABSENT ||
	    (mode.literal.ptr && literal_of(mode.value).ptr && !field_is(&mode, "awsvpc"))) {
		g = diag_add(l->d, DIAG_FARGATE, (mode.value ? mode.value : kinds.key)->where,
			     "a task for Fargate has network mode awsvpc");
		diag_hint(l->d, g, "write 'NetworkMode: awsvpc'");
	}
}

static void check_sizes(struct lint *l, const struct object *o)
{
	const struct field cpu = field_of(o->map, "Cpu"), memory = field_of(o->map, "Memory");
	struct diag *g;
	int64_t c, m;

	/* Sizes may be given as "1 vCPU" and "2 GB", too. */
	if (!field_int(&cpu, &c) || !field_int(&memory, &m))
		return;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		if (sizes[i].cpu != c)
			continue;
		if (m >= sizes[i].from && m <= sizes[i].to && m % sizes[i].step == 0)
			return;
		g = diag_add(l->d, DIAG_FARGATE, memory.value->where,
			     "Fargate has no task of %lld CPU units and %lld MiB", (long long)c,
			     (long long)m);
		diag_hint(l->d, g, "write %lld to %lld in steps of %lld", (long long)sizes[i].from,
			  (long long)sizes[i].to, (long long)sizes[i].step);
		return;
	}
	if (c == 32768)
		return;
	g = diag_add(l->d, DIAG_FARGATE, cpu.value->where, "Fargate has no task of %lld CPU units",
		     (long long)c);
	diag_hint(l->d, g, "write 256, 512, 1024, 2048, 4096, 8192 or 16384");
}

static void check_log_driver(struct lint *l, const struct object *o, const struct node *n)
{
	static const char *const drivers[] = {"awsfirelens", "awslogs", "splunk", NULL};
	struct diag *g;

	(void)o;
	if (!literal_of(n).ptr || text_in(n->text, drivers))
		return;
	g = diag_add(l->d, DIAG_FARGATE, n->where, "Fargate has no log driver '%.*s'",
		     TEXT_ARG(n->text));
	diag_hint(l->d, g, "write awslogs, splunk or awsfirelens");
}

static void check_task(struct lint *l, const struct object *o)
{
	if (!requires_fargate(o->map))
		return;
	check_needed(l, o);
	check_sizes(l, o);
	each_value_of(l, o, "ContainerDefinitions.*.LogConfiguration.LogDriver", check_log_driver);
	if (field_of(o->map, "PlacementConstraints").state == FIELD_PRESENT) {
		struct diag *g = diag_add(l->d, DIAG_FARGATE,
					  field_of(o->map, "PlacementConstraints").key->where,
					  "a task for Fargate has no 'PlacementConstraints'");

		diag_hint(l->d, g, "remove it");
	}
}

/* A container is essential unless it says otherwise. */
static void check_essential(struct lint *l, const struct object *o)
{
	const struct field list = field_of(o->map, "ContainerDefinitions");
	struct diag *g;

	if (!list.value || list.value->kind != NODE_LIST || !list.value->count)
		return;
	for (size_t i = 0; i < list.value->count; i++) {
		const struct node *container = list.value->items[i];
		struct field essential;

		if (container->kind != NODE_MAP)
			return;
		essential = field_of(container, "Essential");
		if (!field_false(&essential))
			return;
	}
	g = diag_add(l->d, DIAG_TASK, list.key->where, "no container of the task is essential");
	diag_hint(l->d, g, "write 'Essential: true' for at least one");
}

static void check_logs(struct lint *l, const struct object *o)
{
	static const char *const names[] = {"awslogs-group", "awslogs-region"};
	const struct field driver = field_of(o->map, "LogDriver");
	const struct field options = field_of(o->map, "Options");
	struct diag *g;

	if (!field_is(&driver, "awslogs") || !options.value || options.value->kind != NODE_MAP)
		return;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (field_of(options.value, names[i]).state != FIELD_ABSENT)
			continue;
		g = diag_add(l->d, DIAG_TASK, options.key->where, "log driver awslogs needs '%s'",
			     names[i]);
		diag_hint(l->d, g, "add it to the options");
	}
}

/* With awsvpc the container's port is the host's. */
static void check_ports(struct lint *l, const struct object *o)
{
	const struct node *task = o->context;
	const struct field mode = field_of(task, "NetworkMode");
	const struct field host = field_of(o->map, "HostPort");
	const struct field container = field_of(o->map, "ContainerPort");
	int64_t a, b;
	struct diag *g;

	if (!field_is(&mode, "awsvpc") || !field_int(&host, &a) || !field_int(&container, &b) ||
	    a == b || !a)
		return;
	g = diag_add(l->d, DIAG_TASK, host.value->where,
		     "with network mode awsvpc 'HostPort' is 'ContainerPort', and it is %lld",
		     (long long)a);
	diag_hint(l->d, g, "write %lld, or leave HostPort out", (long long)b);
}

static void check_containers(struct lint *l, const struct object *o)
{
	struct object inner = *o;

	inner.context = o->map;
	each_object_of(l, &inner, "ContainerDefinitions.*.PortMappings.*", check_ports);
}

void rule_tasks(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "", check_task, NULL);
	each_object(l, r, "", check_essential, NULL);
	each_object(l, r, "", check_containers, NULL);
	each_object(l, r, "ContainerDefinitions.*.LogConfiguration", check_logs, NULL);
}

/* Services */

static void check_service(struct lint *l, const struct object *o)
{
	const struct field task = field_of(o->map, "TaskDefinition");
	const struct field launch = field_of(o->map, "LaunchType");
	const struct lint_resource *definition =
		task.value ? resource_of_type(l, task.value, "AWS::ECS::TaskDefinition") : NULL;
	struct diag *g;

	if (!definition || !definition->properties || definition->properties->kind != NODE_MAP)
		return;
	if (text_is(property_text(definition, "NetworkMode"), "awsvpc") &&
	    field_of(o->map, "NetworkConfiguration").state == FIELD_ABSENT) {
		g = diag_add(l->d, DIAG_FARGATE, task.key->where,
			     "'%.*s' has network mode awsvpc, and the service has no "
			     "'NetworkConfiguration'",
			     TEXT_ARG(definition->id));
		diag_hint(l->d, g, "add NetworkConfiguration with AwsvpcConfiguration");
	}
	if (field_is(&launch, "FARGATE") &&
	    field_of(definition->properties, "RequiresCompatibilities").state == FIELD_ABSENT) {
		g = diag_warn(l->d, DIAG_FARGATE, task.key->where,
			      "'%.*s' does not say that it can run on Fargate",
			      TEXT_ARG(definition->id));
		diag_hint(l->d, g, "add 'RequiresCompatibilities: [FARGATE]' to it");
	}
}

void rule_services(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "", check_service, NULL);
}
