/* rule_record.c - DNS records of Route 53: how they are routed, and what their values look like. */
#include "engine/lint/rules.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/pattern.h"
#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

struct record_form {
	const char *type, *pattern, *hint; /* pattern NULL: anything */
};

#define HOST "[^ ]+"
#define NUMBER "[0-9]{1,5}"

static const struct record_form forms[] = {
	{"A", NULL, "write an IPv4 address"},
	{"AAAA", NULL, "write an IPv6 address"},
	{"CAA", "[0-9]{1,3} +[a-zA-Z0-9]+ +\"[^\"]*\"",
	 "write it as in 0 issue \"ca.example.net\""},
	{"CNAME", HOST, "write a domain name"},
	{"DS", NUMBER " +[0-9]+ +[0-9]+ +[0-9a-fA-F ]+", "write key tag, algorithm, type, digest"},
	{"HTTPS", NUMBER " +.+", "write priority and target"},
	{"MX", NUMBER " +" HOST, "write a preference and a host as in 10 mail.example.com"},
	{"NAPTR", NUMBER " +" NUMBER " +.+",
	 "write order, preference, flags, service, pattern, host"},
	{"NS", HOST, "write a domain name"},
	{"PTR", HOST, "write a domain name"},
	{"SOA", HOST " +" HOST "( +[0-9]+){5}", "write name server, mailbox and five numbers"},
	{"SPF", "\"[^\"]*\"( *\"[^\"]*\")*", "write the text in double quotes"},
	{"SRV", NUMBER " +" NUMBER " +" NUMBER " +" HOST, "write priority, weight, port and host"},
	{"SSHFP", "[0-9]+ +[0-9]+ +[0-9a-fA-F ]+", "write algorithm, type, fingerprint"},
	{"SVCB", NUMBER " +.+", "write priority and target"},
	{"TLSA", "[0-9]+ +[0-9]+ +[0-9]+ +[0-9a-fA-F ]+", "write usage, selector, type, data"},
	{"TXT", "\"(\\\\.|[^\"\\\\])*\"( *\"(\\\\.|[^\"\\\\])*\")*",
	 "write the text in double quotes, in pieces of at most 255 characters"},
};

static const struct record_form *form_of(struct text type)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (text_is(type, forms[i].type))
			return &forms[i];
	}
	return NULL;
}

/* Values */

static bool is_address(const struct record_form *form, struct text t)
{
	const int family = form->type[1] ? AF_INET6 : AF_INET;
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];

	if (t.len >= sizeof(text))
		return false;
	memcpy(text, t.ptr, t.len);
	text[t.len] = '\0';
	return inet_pton(family, text, address) == 1;
}

/* The longest text between two quotes. */
static size_t longest_piece(struct text t)
{
	size_t longest = 0, len = 0;
	bool inside = false;

	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == '"' && !(i && t.ptr[i - 1] == '\\')) {
			inside = !inside;
			len = 0;
		} else if (inside && ++len > longest) {
			longest = len;
		}
	}
	return longest;
}

static bool value_fits(struct lint *l, const struct record_form *form, struct text t)
{
	const char *problem;

	if (!form->pattern)
		return is_address(form, t);
	if (pattern_match(l->a, text_of(form->pattern), t, &problem) == PATTERN_DIFFERS)
		return false;
	return form->pattern[0] != '"' || longest_piece(t) <= 255;
}

static void check_value(struct lint *l, const struct object *o, const struct node *n)
{
	const struct record_form *form = o->context;
	struct diag *g;

	if (!literal_of(n).ptr || !n->text.len || value_fits(l, form, n->text))
		return;
	g = diag_warn(l->d, DIAG_RECORD, n->where, "a record of type %s cannot have this value",
		      form->type);
	diag_hint(l->d, g, "%s", form->hint);
}

static void check_values(struct lint *l, const struct object *o)
{
	const struct field type = field_of(o->map, "Type");
	const struct field values = field_of(o->map, "ResourceRecords");
	const struct record_form *form = type.literal.ptr ? form_of(type.literal) : NULL;
	struct object inner = *o;
	struct diag *g;

	if (type.literal.ptr && literal_of(type.value).ptr && !form) {
		g = diag_warn(l->d, DIAG_RECORD, type.value->where,
			      "Route 53 has no records of type '%.*s'", TEXT_ARG(type.literal));
		diag_hint(l->d, g, "write a type such as A, AAAA, CNAME, MX or TXT");
	}
	if (!form)
		return;
	inner.context = form;
	each_value_of(l, &inner, "ResourceRecords.*", check_value);
	if (!field_is(&type, "CNAME") || !values.value || values.value->kind != NODE_LIST ||
	    values.value->count < 2)
		return;
	for (size_t i = 0; i < values.value->count; i++) {
		if (node_is_call(values.value->items[i], "Fn::If"))
			return;
	}
	g = diag_add(l->d, DIAG_RECORD, values.key->where, "a CNAME record has one value, not %u",
		     values.value->count);
	diag_hint(l->d, g, "keep one of them");
}

/* Routing */

static const char *const routings[] = {
	"CidrRoutingConfig", "Failover", "GeoLocation", "GeoProximityLocation",
	"MultiValueAnswer",  "Region",   "Weight",
};

static void check_alias(struct lint *l, const struct object *o)
{
	static const char *const names[] = {"ResourceRecords", "TTL"};
	const struct field alias = field_of(o->map, "AliasTarget");
	struct diag *g;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct field f = field_of(o->map, names[i]);

		if (alias.state == FIELD_PRESENT && f.state == FIELD_PRESENT) {
			g = diag_add(l->d, DIAG_RECORD, f.key->where,
				     "a record with 'AliasTarget' has no '%s'", names[i]);
			diag_hint(l->d, g, "remove one of them");
		} else if (alias.state == FIELD_ABSENT && f.state == FIELD_ABSENT) {
			g = diag_warn(l->d, DIAG_RECORD, o->map->where,
				      "a record without 'AliasTarget' has '%s', and this one does "
				      "not",
				      names[i]);
			diag_hint(l->d, g, "add '%s'", names[i]);
		}
	}
}

static void check_routing(struct lint *l, const struct object *o)
{
	const struct field id = field_of(o->map, "SetIdentifier");
	const struct node *first = NULL;
	bool perhaps = false;
	struct diag *g;

	for (size_t i = 0; i < ARRAY_LEN(routings); i++) {
		const struct field f = field_of(o->map, routings[i]);

		perhaps |= f.state != FIELD_ABSENT && !field_false(&f);
		if (f.state != FIELD_PRESENT || field_false(&f))
			continue;
		if (first) {
			g = diag_warn(l->d, DIAG_RECORD, f.key->where,
				      "a record is routed in one way, and this one has '%.*s' and "
				      "'%s'",
				      TEXT_ARG(first->text), routings[i]);
			diag_hint(l->d, g, "keep one of them");
		}
		first = first ? first : f.key;
	}
	if (first && id.state == FIELD_ABSENT) {
		g = diag_warn(l->d, DIAG_RECORD, first->where,
			      "a record with '%.*s' needs a 'SetIdentifier'",
			      TEXT_ARG(first->text));
		diag_hint(l->d, g, "add a text that tells it from its siblings");
	} else if (id.state == FIELD_PRESENT && !perhaps) {
		g = diag_warn(l->d, DIAG_RECORD, id.key->where,
			      "'SetIdentifier' is for records that are routed by weight, place and "
			      "so on");
		diag_hint(l->d, g, "remove it, or add 'Weight'");
	}
}

static struct text without_dot(struct text t)
{
	if (t.len && t.ptr[t.len - 1] == '.')
		t.len--;
	return t;
}

static void check_zone(struct lint *l, const struct object *o)
{
	const struct field name = field_of(o->map, "Name");
	const struct field zone = field_of(o->map, "HostedZoneName");
	struct text inner, outer;
	struct diag *g;

	if (!name.literal.ptr || !zone.literal.ptr || !literal_of(name.value).ptr ||
	    !literal_of(zone.value).ptr)
		return;
	inner = without_dot(name.literal);
	outer = without_dot(zone.literal);
	if (inner.len >= outer.len &&
	    text_same_letters((struct text){inner.ptr + inner.len - outer.len, outer.len}, outer))
		return;
	g = diag_warn(l->d, DIAG_RECORD, name.value->where, "'%.*s' is not in the zone '%.*s'",
		      TEXT_ARG(name.literal), TEXT_ARG(zone.literal));
	diag_hint(l->d, g, "write a name that ends with the zone's");
}

static void check_record(struct lint *l, const struct object *o)
{
	check_alias(l, o);
	check_routing(l, o);
	check_values(l, o);
	check_zone(l, o);
}

void rule_records(struct lint *l, const struct lint_resource *r)
{
	if (lint_is(r, "AWS::Route53::RecordSet"))
		each_object(l, r, "", check_record, NULL);
	else
		each_object(l, r, "RecordSets.*", check_record, NULL);
}
