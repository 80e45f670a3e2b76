/* rule_firewall.c - rules of security groups: ports, protocols, and whom they are for. */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

#define PORT_MAX 65535

static const char *const tcp_udp[] = {"tcp", "6", "udp", "17", "TCP", "UDP", NULL};
static const char *const icmp[] = {"icmp", "1", "icmpv6", "58", "ICMP", "ICMPv6", "ICMPV6", NULL};
static const char *const protocols[] = {"-1", "all", NULL};

static void report_ports(struct lint *l, const struct node *at, const char *fact, const char *hint)
{
	struct diag *g = diag_add(l->d, DIAG_FIREWALL_PORTS, at->where, "%s", fact);

	diag_hint(l->d, g, "%s", hint);
}

static void check_port(struct lint *l, const struct field *port)
{
	int64_t number;

	if (field_int(port, &number) && (number < -1 || number > PORT_MAX))
		report_ports(l, port->value, "ports are numbers up to 65535",
			     "write a number from 0 to 65535");
}

/* Of ICMP the two are type and code. */
static void check_ports(struct lint *l, const struct object *o)
{
	const struct field from = field_of(o->map, "FromPort"), to = field_of(o->map, "ToPort");
	const struct field protocol = field_of(o->map, "IpProtocol");
	int64_t first, last;

	check_port(l, &from);
	check_port(l, &to);
	if (!field_in(&protocol, tcp_udp))
		return;
	if (from.state == FIELD_ABSENT || to.state == FIELD_ABSENT) {
		report_ports(l, protocol.key, "a rule for TCP or UDP needs 'FromPort' and 'ToPort'",
			     "write the first and the last port, which may be the same");
		return;
	}
	if (!field_int(&from, &first) || !field_int(&to, &last))
		return;
	if (first > last)
		report_ports(l, from.value, "'FromPort' is above 'ToPort'",
			     "write the lower port in FromPort");
}

static void check_ignored_ports(struct lint *l, const struct object *o)
{
	const struct field protocol = field_of(o->map, "IpProtocol");
	const struct field from = field_of(o->map, "FromPort"), to = field_of(o->map, "ToPort");
	int64_t first, last;
	struct diag *g;

	if (!field_in(&protocol, protocols) || !field_int(&from, &first) || !field_int(&to, &last))
		return;
	if ((first <= 1 && (last < 1 || last == PORT_MAX)))
		return;
	g = diag_warn(l->d, DIAG_FIREWALL_PORTS, from.key->where,
		      "the ports have no effect: protocol -1 is all traffic");
	diag_hint(l->d, g, "write 'IpProtocol: tcp' to allow these ports alone");
}

static void check_protocol(struct lint *l, const struct object *o)
{
	const struct field protocol = field_of(o->map, "IpProtocol");
	struct diag *g;
	int64_t number;

	if (!protocol.literal.ptr || !literal_of(protocol.value).ptr ||
	    field_in(&protocol, tcp_udp) || field_in(&protocol, icmp) ||
	    field_in(&protocol, protocols) ||
	    (field_int(&protocol, &number) && number >= 0 && number <= 255))
		return;
	g = diag_warn(l->d, DIAG_FIREWALL_PORTS, protocol.value->where,
		      "there is no protocol '%.*s'", TEXT_ARG(protocol.literal));
	diag_hint(l->d, g, "write tcp, udp, icmp, icmpv6, -1 for all, or a number up to 255");
}

static void check_rule(struct lint *l, const struct object *o)
{
	check_ports(l, o);
	check_ignored_ports(l, o);
	check_protocol(l, o);
}

/* Groups of a network know each other by id. */
static void check_by_name(struct lint *l, const struct object *o)
{
	const struct field name = field_of(o->map, "SourceSecurityGroupName");
	struct diag *g;

	if (name.state != FIELD_PRESENT ||
	    field_of(o->resource->properties, "VpcId").state != FIELD_PRESENT)
		return;
	g = diag_warn(l->d, DIAG_FIREWALL_PEER, name.key->where,
		      "a group in a VPC refers to other groups by id");
	diag_hint(l->d, g, "write 'SourceSecurityGroupId'");
}

/* What EC2 takes in the description of a group. */
static bool is_description(struct text t)
{
	static const char marks[] = " ._-:/()#,@[]+=&;{}!$*";

	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      strchr(marks, c)))
			return false;
	}
	return t.len <= 255;
}

static void check_description(struct lint *l, const struct object *o, const struct node *n)
{
	struct diag *g;

	(void)o;
	if (!literal_of(n).ptr || is_description(n->text))
		return;
	g = diag_warn(l->d, DIAG_FIREWALL_TEXT, n->where,
		      "EC2 does not take this description of a group");
	diag_hint(l->d, g, "write at most 255 letters, digits, blanks and ._-:/()#,@[]+=&;{}!$*");
}

void rule_firewall(struct lint *l, const struct lint_resource *r)
{
	if (lint_is(r, "AWS::EC2::SecurityGroup")) {
		each_value(l, r, "GroupDescription", check_description, NULL);
		each_object(l, r, "SecurityGroupIngress.*", check_rule, NULL);
		each_object(l, r, "SecurityGroupEgress.*", check_rule, NULL);
		if (r->properties && r->properties->kind == NODE_MAP)
			each_object(l, r, "SecurityGroupIngress.*", check_by_name, NULL);
	} else if (lint_is(r, "AWS::EC2::SecurityGroupIngress")) {
		each_object(l, r, "", check_rule, NULL);
	} else if (lint_is(r, "AWS::EC2::SecurityGroupEgress")) {
		each_object(l, r, "", check_rule, NULL);
	}
}
