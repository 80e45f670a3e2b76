/* rule_scaling.c - groups of instances, load balancers, alarms, queues. */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

/* Groups */

static void check_order(struct lint *l, const struct object *o, const char *low, const char *high)
{
	const struct field a = field_of(o->map, low), b = field_of(o->map, high);
	struct diag *g;
	int64_t least, most;

	if (!field_int(&a, &least) || !field_int(&b, &most) || least <= most)
		return;
	g = diag_add(l->d, DIAG_SCALING, a.value->where, "'%s' is %lld, and '%s' is %lld", low,
		     (long long)least, high, (long long)most);
	diag_hint(l->d, g, "write %s <= %s", low, high);
}

static void check_sizes(struct lint *l, const struct object *o)
{
	check_order(l, o, "MinSize", "MaxSize");
	check_order(l, o, "MinSize", "DesiredCapacity");
	check_order(l, o, "DesiredCapacity", "MaxSize");
}

static void check_capacity(struct lint *l, const struct object *o)
{
	check_order(l, o, "MinCapacity", "MaxCapacity");
}

/* An update stops at most so many that others remain. */
static void check_in_service(struct lint *l, const struct lint_resource *r)
{
	const struct node *policy =
		node_find(node_find(r->body, "UpdatePolicy"), "AutoScalingRollingUpdate");
	const struct field keep = policy && policy->kind == NODE_MAP
					  ? field_of(policy, "MinInstancesInService")
					  : (struct field){.state = FIELD_ABSENT};
	struct field most;
	struct diag *g;
	int64_t least, size;

	if (!r->properties || r->properties->kind != NODE_MAP)
		return;
	most = field_of(r->properties, "MaxSize");
	if (!keep.value || !field_int(&keep, &least) || !field_int(&most, &size) || least < size ||
	    size == 0)
		return;
	g = diag_warn(
		l->d, DIAG_SCALING, keep.value->where,
		"an update that keeps %lld instances in service cannot replace any: 'MaxSize' "
		"is %lld",
		(long long)least, (long long)size);
	diag_hint(l->d, g, "write a number below MaxSize");
}

void rule_scaling(struct lint *l, const struct lint_resource *r)
{
	if (lint_is(r, "AWS::AutoScaling::AutoScalingGroup")) {
		each_object(l, r, "", check_sizes, NULL);
		check_in_service(l, r);
	} else if (lint_is(r, "AWS::ApplicationAutoScaling::ScalableTarget")) {
		each_object(l, r, "", check_capacity, NULL);
	}
}

/* Load balancers */

/* Two zones at least; a list of which parts may be absent says nothing. */
static void check_subnets(struct lint *l, const struct object *o)
{
	static const char *const names[] = {"SubnetMappings", "Subnets"};
	const struct field type = field_of(o->map, "Type");

	if (type.state != FIELD_ABSENT && !field_is(&type, "application"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct field list = field_of(o->map, names[i]);
		struct diag *g;

		if (!list.value || list.value->kind != NODE_LIST || list.value->count != 1 ||
		    list.value->items[0]->kind != NODE_SCALAR)
			continue;
		g = diag_add(l->d, DIAG_BALANCER, list.key->where,
			     "an application load balancer has subnets in at least two zones");
		diag_hint(l->d, g, "add another subnet");
	}
}

void rule_balancers(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "", check_subnets, NULL);
}

/* Alarms */

static void check_period(struct lint *l, const struct object *o, const struct node *n)
{
	struct diag *g;
	int64_t period;

	(void)o;
	if (!literal_of(n).ptr || !text_to_int64(n->text, INT64_MIN, INT64_MAX, &period))
		return;
	if (period == 10 || period == 20 || period == 30 || (period > 0 && period % 60 == 0))
		return;
	g = diag_add(l->d, DIAG_ALARM_PERIOD, n->where,
		     "a period is 10, 20, 30 or a multiple of 60 seconds, and this is %lld",
		     (long long)period);
	diag_hint(l->d, g, "write 60 or a multiple of it");
}

void rule_alarms(struct lint *l, const struct lint_resource *r)
{
	each_value(l, r, "Period", check_period, NULL);
	each_value(l, r, "Metrics.*.MetricStat.Period", check_period, NULL);
}

/* Queues and topics whose order is kept have a name that says so. */

static void check_fifo(struct lint *l, const struct object *o, const char *flag, const char *name)
{
	const struct field fifo = field_of(o->map, flag), text = field_of(o->map, name);
	struct diag *g;
	bool ends;

	if (!text.literal.ptr || !literal_of(text.value).ptr)
		return;
	ends = text_ends(text.literal, ".fifo");
	if (ends && (fifo.state == FIELD_ABSENT || field_false(&fifo))) {
		g = diag_add(l->d, DIAG_FIFO_NAME, text.value->where,
			     "only FIFO ones have a name that ends in '.fifo'");
		diag_hint(l->d, g, "add '%s: true', or change the name", flag);
	} else if (!ends && field_true(&fifo)) {
		g = diag_add(l->d, DIAG_FIFO_NAME, text.value->where,
			     "the name of a FIFO one ends in '.fifo', and this is '%.*s'",
			     TEXT_ARG(text.literal));
		diag_hint(l->d, g, "add '.fifo' to the name");
	}
}

static void check_queue(struct lint *l, const struct object *o)
{
	check_fifo(l, o, "FifoQueue", "QueueName");
}

static void check_topic(struct lint *l, const struct object *o)
{
	check_fifo(l, o, "FifoTopic", "TopicName");
}

static bool is_fifo(const struct lint_resource *r)
{
	const struct text flag = property_text(r, "FifoQueue");

	return flag.ptr && text_same_letters(flag, TEXT_LIT("true"));
}

/* Messages that cannot be worked on go to a queue of the same kind. */
static void check_dead_letters(struct lint *l, const struct object *o)
{
	const struct field target = field_of(o->map, "deadLetterTargetArn");
	const struct lint_resource *queue =
		target.value ? resource_of_type(l, target.value, "AWS::SQS::Queue") : NULL;
	const struct node *own = o->resource->properties;
	struct diag *g;

	if (!queue || own->kind != NODE_MAP || !queue->properties ||
	    queue->properties->kind != NODE_MAP ||
	    (field_of(own, "FifoQueue").state != FIELD_ABSENT &&
	     !field_of(own, "FifoQueue").literal.ptr) ||
	    (field_of(queue->properties, "FifoQueue").state != FIELD_ABSENT &&
	     !field_of(queue->properties, "FifoQueue").literal.ptr) ||
	    is_fifo(queue) == is_fifo(o->resource))
		return;
	g = diag_add(l->d, DIAG_FIFO_NAME, target.value->where,
		     "'%.*s' and its queue for dead letters '%.*s' are not of the same kind",
		     TEXT_ARG(o->resource->id), TEXT_ARG(queue->id));
	diag_hint(l->d, g, "make both FIFO, or none");
}

void rule_queues(struct lint *l, const struct lint_resource *r)
{
	if (lint_is(r, "AWS::SQS::Queue")) {
		each_object(l, r, "", check_queue, NULL);
		each_object(l, r, "RedrivePolicy", check_dead_letters, NULL);
	} else if (lint_is(r, "AWS::SNS::Topic")) {
		each_object(l, r, "", check_topic, NULL);
	}
}

/* CloudFront: behaviours name origins that are there. */

static void check_origin(struct lint *l, const struct object *o, const struct node *n)
{
	const struct node *config = o->context;
	const struct node *lists[] = {node_find(config, "Origins"),
				      node_find(config, "OriginGroups")};
	struct diag *g;

	if (lists[1] && lists[1]->kind == NODE_MAP)
		lists[1] = node_find(lists[1], "Items");
	if (!literal_of(n).ptr || !lists[0])
		return;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (lists[i] && lists[i]->kind != NODE_LIST)
			return;
		for (size_t j = 0; lists[i] && j < lists[i]->count; j++) {
			const struct node *item = lists[i]->items[j];
			const struct node *id =
				item->kind == NODE_MAP ? node_find(item, "Id") : NULL;

			if (!id || !literal_of(id).ptr || text_eq(id->text, n->text))
				return;
		}
	}
	g = diag_warn(l->d, DIAG_ORIGIN, n->where, "the distribution has no origin '%.*s'",
		      TEXT_ARG(n->text));
	diag_hint(l->d, g, "write the Id of one of its Origins");
}

static void check_distribution(struct lint *l, const struct object *o)
{
	struct object inner = *o;

	inner.context = o->map;
	each_value_of(l, &inner, "DefaultCacheBehavior.TargetOriginId", check_origin);
	each_value_of(l, &inner, "CacheBehaviors.*.TargetOriginId", check_origin);
}

void rule_distributions(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "DistributionConfig", check_distribution, NULL);
}
