/*
 * rule_network.c - address ranges, subnets within their network, rules of security groups.
 */
#include "engine/lint/rules.h"

#include <arpa/inet.h>
#include <string.h>

#include "engine/lint/rule_logic.h"
#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

/* Ranges */

struct block {
	uint32_t address;
	int64_t prefix;
};

static uint32_t mask_of(const struct block *b)
{
	return b->prefix ? UINT32_MAX << (32 - b->prefix) : 0;
}

static bool parse_block(struct text t, struct block *out)
{
	const char *slash = t.len ? memchr(t.ptr, '/', t.len) : NULL;
	char address[INET_ADDRSTRLEN];
	struct in_addr in;
	struct text bits;
	size_t len;

	if (!slash)
		return false;
	len = (size_t)(slash - t.ptr);
	bits = (struct text){slash + 1, t.len - len - 1};
	if (len >= sizeof(address) || !text_to_int64(bits, 0, 32, &out->prefix))
		return false;
	memcpy(address, t.ptr, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, &in) != 1)
		return false;
	out->address = ntohl(in.s_addr) & mask_of(out);
	return true;
}

static bool parse_block6(struct text t)
{
	const char *slash = t.len ? memchr(t.ptr, '/', t.len) : NULL;
	char address[INET6_ADDRSTRLEN];
	struct in6_addr in;
	int64_t prefix;
	size_t len;

	if (!slash)
		return false;
	len = (size_t)(slash - t.ptr);
	if (len >= sizeof(address) ||
	    !text_to_int64((struct text){slash + 1, t.len - len - 1}, 0, 128, &prefix))
		return false;
	memcpy(address, t.ptr, len);
	address[len] = '\0';
	return inet_pton(AF_INET6, address, &in) == 1;
}

static bool contains(const struct block *outer, const struct block *inner)
{
	return inner->prefix >= outer->prefix &&
	       (inner->address & mask_of(outer)) == outer->address;
}

static bool overlap(const struct block *a, const struct block *b)
{
	return contains(a, b) || contains(b, a);
}

static void report_range(struct lint *l, const struct node *n, const char *what,
			 const char *example)
{
	struct diag *g = diag_add(l->d, DIAG_ADDRESS_RANGE, n->where,
				  "'%.*s' is no %s address range", TEXT_ARG(n->text), what);

	diag_hint(l->d, g, "write an address and a length as in %s", example);
}

static void check_range(struct lint *l, const struct object *o, const struct node *n)
{
	struct block b;

	(void)o;
	if (literal_of(n).ptr && n->text.len && !parse_block(n->text, &b))
		report_range(l, n, "IPv4", "10.0.0.0/16");
}

static void check_range6(struct lint *l, const struct object *o, const struct node *n)
{
	(void)o;
	if (literal_of(n).ptr && n->text.len && !parse_block6(n->text))
		report_range(l, n, "IPv6", "2001:db8::/32");
}

/* What a network or subnet takes. */
static void check_size(struct lint *l, const struct object *o, const struct node *n)
{
	struct block b;
	struct diag *g;

	(void)o;
	if (!literal_of(n).ptr || !parse_block(n->text, &b) || (b.prefix >= 16 && b.prefix <= 28))
		return;
	g = diag_warn(l->d, DIAG_ADDRESS_RANGE, n->where, "'%.*s' is too %s for a network",
		      TEXT_ARG(n->text), b.prefix < 16 ? "large" : "small");
	diag_hint(l->d, g, "write a length from /16 to /28");
}

static const struct {
	const char *type, *path;
	value_fn *check;
} ranges[] = {
	{"AWS::EC2::VPC", "CidrBlock", check_range},
	{"AWS::EC2::VPC", "CidrBlock", check_size},
	{"AWS::EC2::VPCCidrBlock", "CidrBlock", check_range},
	{"AWS::EC2::Subnet", "CidrBlock", check_range},
	{"AWS::EC2::Subnet", "CidrBlock", check_size},
	{"AWS::EC2::Subnet", "Ipv6CidrBlock", check_range6},
	{"AWS::EC2::Route", "DestinationCidrBlock", check_range},
	{"AWS::EC2::Route", "DestinationIpv6CidrBlock", check_range6},
	{"AWS::EC2::NetworkAclEntry", "CidrBlock", check_range},
	{"AWS::EC2::NetworkAclEntry", "Ipv6CidrBlock", check_range6},
	{"AWS::EC2::SecurityGroup", "SecurityGroupIngress.*.CidrIp", check_range},
	{"AWS::EC2::SecurityGroup", "SecurityGroupIngress.*.CidrIpv6", check_range6},
	{"AWS::EC2::SecurityGroup", "SecurityGroupEgress.*.CidrIp", check_range},
	{"AWS::EC2::SecurityGroup", "SecurityGroupEgress.*.CidrIpv6", check_range6},
	{"AWS::EC2::SecurityGroupIngress", "CidrIp", check_range},
	{"AWS::EC2::SecurityGroupIngress", "CidrIpv6", check_range6},
	{"AWS::EC2::SecurityGroupEgress", "CidrIp", check_range},
	{"AWS::EC2::SecurityGroupEgress", "CidrIpv6", check_range6},
};

void rule_address_ranges(struct lint *l, const struct lint_resource *r)
{
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		if (strcmp(r->type, ranges[i].type) == 0)
			each_value(l, r, ranges[i].path, ranges[i].check, NULL);
	}
}

/* Subnets of one network */

struct subnet {
	const struct lint_resource *resource, *vpc;
	const struct node *at;
	struct block block;
};

struct subnets {
	struct lint *l;
	struct logic *logic;
	VEC_OF(struct subnet)
};

/* What is written, also by a look-up with literal keys. */
static const struct node *static_scalar(const struct lint *l, const struct node *n)
{
	const struct node *arg = n && n->kind == NODE_CALL ? n->arg : NULL;

	if (!arg)
		return n && literal_of(n).ptr ? n : NULL;
	if (!text_is(n->text, "Fn::FindInMap") || arg->kind != NODE_LIST || arg->count != 3)
		return NULL;
	for (size_t i = 0; i < 3; i++) {
		if (arg->items[i]->kind != NODE_SCALAR)
			return NULL;
	}
	n = lint_mapped(l, arg->items[0]->text, arg->items[1]->text, arg->items[2]->text);
	return n && literal_of(n).ptr ? n : NULL;
}

static const struct lint_resource *referred(const struct lint *l, const struct node *n)
{
	if (!node_is_call(n, "Ref") || n->arg->kind != NODE_SCALAR)
		return NULL;
	return lint_find(l, n->arg->text);
}

static bool block_of(const struct lint *l, const struct lint_resource *r, struct block *out)
{
	const struct node *n = static_scalar(l, node_find(r->properties, "CidrBlock"));

	return n && parse_block(n->text, out);
}

static void collect_subnet(struct subnets *all, const struct lint_resource *r)
{
	const struct lint_resource *vpc = referred(all->l, node_find(r->properties, "VpcId"));
	struct subnet s = {r, vpc, node_find(r->properties, "CidrBlock"), {0, 0}};

	if (vpc && !r->loops && lint_is(vpc, "AWS::EC2::VPC") && block_of(all->l, r, &s.block))
		*(struct subnet *)arena_vec_add(all->l->a, all) = s;
}

/* A network may be extended by ranges of their own resources. */
static bool is_extended(const struct lint *l, const struct lint_resource *vpc)
{
	for (size_t i = 0; i < l->resource_count; i++) {
		const struct lint_resource *r = &l->resources[i];

		if (!lint_is(r, "AWS::EC2::VPCCidrBlock"))
			continue;
		if (referred(l, node_find(r->properties, "VpcId")) == vpc ||
		    !referred(l, node_find(r->properties, "VpcId")))
			return true;
	}
	return false;
}

static void check_inside(const struct subnets *all, const struct subnet *s)
{
	struct lint *l = all->l;
	struct block network;
	struct diag *g;

	if (!block_of(l, s->vpc, &network) || contains(&network, &s->block) ||
	    is_extended(l, s->vpc))
		return;
	g = diag_warn(l->d, DIAG_SUBNET_RANGE, s->at->where,
		      "subnet '%.*s' is not within the range of its network '%.*s'",
		      TEXT_ARG(s->resource->id), TEXT_ARG(s->vpc->id));
	diag_related(l->d, g, node_find(s->vpc->properties, "CidrBlock")->where,
		     "the range of the network");
	diag_hint(l->d, g, "take a part of the network's range");
}

static void check_overlap(const struct subnets *all, const struct subnet *a, const struct subnet *b)
{
	struct lint *l = all->l;
	struct diag *g;

	if (a->vpc != b->vpc || !overlap(&a->block, &b->block) ||
	    !logic_compatible(all->logic, a->resource->given, b->resource->given))
		return;
	g = diag_warn(l->d, DIAG_SUBNET_RANGE, b->at->where,
		      "the ranges of subnets '%.*s' and '%.*s' overlap", TEXT_ARG(a->resource->id),
		      TEXT_ARG(b->resource->id));
	diag_related(l->d, g, a->at->where, "the other range");
	diag_hint(l->d, g, "give each subnet a range of its own");
}

#define SUBNET_PAIRS_MAX 1000

void rule_subnets(struct lint *l)
{
	struct subnets all = {.l = l};

	for (size_t i = 0; i < l->resource_count; i++) {
		if (lint_is(&l->resources[i], "AWS::EC2::Subnet") && l->resources[i].properties)
			collect_subnet(&all, &l->resources[i]);
	}
	if (!all.count || all.count > SUBNET_PAIRS_MAX)
		return;
	all.logic = logic_new(l->a, l->t);
	for (size_t i = 0; i < all.count; i++) {
		check_inside(&all, &all.items[i]);
		for (size_t j = 0; j < i; j++)
			check_overlap(&all, &all.items[j], &all.items[i]);
	}
}

/* One route table for each subnet */

struct association {
	const struct node *at;
	const struct assumption *given;
	struct text id;
	const struct association *next;
};

struct associations {
	struct lint *l;
	struct logic *logic;
	struct map by_subnet;
};

static const struct assumption *keep_given(struct lint *l, const struct assumption *given)
{
	struct assumption *copy;

	if (!given)
		return NULL;
	copy = ARENA_NEW(l->a, struct assumption);
	*copy = *given;
	copy->outer = keep_given(l, given->outer);
	return copy;
}

static void add_association(struct associations *all, const struct lint_resource *r,
			    const struct node *n, const struct assumption *given)
{
	struct association *mine = ARENA_NEW(all->l->a, struct association);
	const struct association *other;
	struct str text = STR_INIT;
	struct diag *g;

	logic_text(n, &text);
	other = map_find(&all->by_subnet, str_text(&text));
	*mine = (struct association){n, keep_given(all->l, given), r->id, other};
	map_set(&all->by_subnet, str_text(&text), mine);
	str_release(&text);
	while (other && (text_eq(other->id, r->id) ||
			 !logic_compatible(all->logic, other->given, mine->given)))
		other = other->next;
	if (!other)
		return;
	g = diag_warn(all->l->d, DIAG_SUBNET_ROUTES, n->where,
		      "'%.*s' and '%.*s' give one subnet two route tables", TEXT_ARG(other->id),
		      TEXT_ARG(r->id));
	diag_related(all->l->d, g, other->at->where, "the subnet is named here as well");
	diag_hint(all->l->d, g, "a subnet has one route table: name another subnet, or remove one");
}

static void add_branches(struct associations *all, const struct lint_resource *r,
			 const struct node *n, const struct assumption *given)
{
	const struct node *arg = n->kind == NODE_CALL ? n->arg : NULL;

	if (arg && node_is_call(n, "Fn::If") && arg->kind == NODE_LIST && arg->count == 3 &&
	    arg->items[0]->kind == NODE_SCALAR) {
		for (size_t i = 1; i <= 2; i++) {
			const struct assumption inner = {arg->items[0]->text, i == 1, given};

			add_branches(all, r, arg->items[i], &inner);
		}
	} else if (!node_is_no_value(n)) {
		add_association(all, r, n, given);
	}
}

void rule_subnet_routes(struct lint *l)
{
	struct associations all = {.l = l, .logic = logic_new(l->a, l->t)};

	for (size_t i = 0; i < l->resource_count; i++) {
		const struct lint_resource *r = &l->resources[i];
		const struct node *n = node_find(r->properties, "SubnetId");

		if (n && !r->loops && lint_is(r, "AWS::EC2::SubnetRouteTableAssociation"))
			add_branches(&all, r, n, r->given);
	}
	map_release(&all.by_subnet);
}
