/*
 * rule_iam.c - policy documents wherever a type takes one, by the grammar of IAM's JSON policy
 * language.  Documents that are given as text are not looked at.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

enum policy_kind {
	POLICY_IDENTITY, /* attached to users, roles, groups: no Principal */
	POLICY_TRUST,    /* who may take a role: no Resource */
	POLICY_RESOURCE, /* attached to a thing: both */
	POLICY_OWN,      /* attached to a thing that is meant itself: Resource may be left out */
	POLICY_LOOSE     /* neither is asked for */
};

struct policy_place {
	const char *type, *path;
	enum policy_kind kind;
};

static const struct policy_place places[] = {
	{"AWS::ApiGateway::RestApi", "Policy", POLICY_LOOSE},
	{"AWS::Backup::BackupVault", "AccessPolicy", POLICY_LOOSE},
	{"AWS::CodeArtifact::Domain", "PermissionsPolicyDocument", POLICY_LOOSE},
	{"AWS::CodeArtifact::Repository", "PermissionsPolicyDocument", POLICY_LOOSE},
	{"AWS::EC2::VPCEndpoint", "PolicyDocument", POLICY_LOOSE},
	{"AWS::ECR::Repository", "RepositoryPolicyText", POLICY_OWN},
	{"AWS::EFS::FileSystem", "FileSystemPolicy", POLICY_LOOSE},
	{"AWS::Elasticsearch::Domain", "AccessPolicies", POLICY_LOOSE},
	{"AWS::IAM::Group", "Policies.*.PolicyDocument", POLICY_IDENTITY},
	{"AWS::IAM::GroupPolicy", "PolicyDocument", POLICY_IDENTITY},
	{"AWS::IAM::ManagedPolicy", "PolicyDocument", POLICY_IDENTITY},
	{"AWS::IAM::Policy", "PolicyDocument", POLICY_IDENTITY},
	{"AWS::IAM::Role", "AssumeRolePolicyDocument", POLICY_TRUST},
	{"AWS::IAM::Role", "Policies.*.PolicyDocument", POLICY_IDENTITY},
	{"AWS::IAM::RolePolicy", "PolicyDocument", POLICY_IDENTITY},
	{"AWS::IAM::User", "Policies.*.PolicyDocument", POLICY_IDENTITY},
	{"AWS::IAM::UserPolicy", "PolicyDocument", POLICY_IDENTITY},
	{"AWS::KMS::Key", "KeyPolicy", POLICY_RESOURCE},
	{"AWS::KMS::ReplicaKey", "KeyPolicy", POLICY_RESOURCE},
	{"AWS::OpenSearchService::Domain", "AccessPolicies", POLICY_LOOSE},
	{"AWS::S3::BucketPolicy", "PolicyDocument", POLICY_RESOURCE},
	{"AWS::SNS::TopicPolicy", "PolicyDocument", POLICY_RESOURCE},
	{"AWS::SQS::QueuePolicy", "PolicyDocument", POLICY_RESOURCE},
	{"AWS::SSO::PermissionSet", "InlinePolicy", POLICY_IDENTITY},
	{"AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", POLICY_RESOURCE},
};

static const char *const document_keys[] = {"Id", "Statement", "Version", NULL};

static const char *const statement_keys[] = {
	"Action",      "Condition", "Effect",   "NotAction", "NotPrincipal",
	"NotResource", "Principal", "Resource", "Sid",       NULL,
};

static const char *const principal_keys[] = {"AWS", "CanonicalUser", "Federated", "Service", NULL};

static const char *const operators[] = {
	"ArnEquals",
	"ArnLike",
	"ArnNotEquals",
	"ArnNotLike",
	"BinaryEquals",
	"Bool",
	"DateEquals",
	"DateGreaterThan",
	"DateGreaterThanEquals",
	"DateLessThan",
	"DateLessThanEquals",
	"DateNotEquals",
	"IpAddress",
	"NotIpAddress",
	"Null",
	"NumericEquals",
	"NumericGreaterThan",
	"NumericGreaterThanEquals",
	"NumericLessThan",
	"NumericLessThanEquals",
	"NumericNotEquals",
	"StringEquals",
	"StringEqualsIgnoreCase",
	"StringLike",
	"StringNotEquals",
	"StringNotEqualsIgnoreCase",
	"StringNotLike",
	NULL,
};

/* One statement. */
struct statement {
	struct lint *l;
	enum policy_kind kind;
	const struct node *map;
};

static struct diag *complain(struct lint *l, const struct node *at, const char *fact)
{
	return diag_add(l->d, DIAG_POLICY_DOCUMENT, at->where, "%s", fact);
}

static struct diag *doubt(struct lint *l, const struct node *at, const char *what, struct text t)
{
	return diag_warn(l->d, DIAG_POLICY_DOCUMENT, at->where, "%s '%.*s'", what, TEXT_ARG(t));
}

static size_t count_names(const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	return count;
}

static bool differs_in_case(struct text t, const char *const *names)
{
	for (; *names; names++) {
		if (text_same_letters(t, text_of(*names)))
			return true;
	}
	return false;
}

/* Capitals do not matter to every service. */
static void check_keys(struct lint *l, const struct node *map, const char *const *known,
		       const char *what)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct node *key = map->entries[i].key;
		struct diag *g;

		if (differs_in_case(key->text, known) || text_starts(key->text, "Fn::"))
			continue;
		g = doubt(l, key, what, key->text);
		diag_did_you_mean(l->d, g, key->text, known, count_names(known));
		if (!g->hint)
			diag_hint(l->d, g, "remove it");
	}
}

/* Texts of a member that may be one or a list. */

typedef void policy_text_fn(struct lint *l, const struct node *text);

static void each_text(struct lint *l, const struct node *n, policy_text_fn *visit)
{
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		each_text(l, n->items[i], visit);
	if (n->kind == NODE_SCALAR && literal_of(n).ptr)
		visit(l, n);
}

static bool is_word(struct text t, const char *more)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr(more, c))))
			return false;
	}
	return t.len > 0;
}

static void check_action(struct lint *l, const struct node *n)
{
	struct text t = n->text;
	const char *colon = t.len ? memchr(t.ptr, ':', t.len) : NULL;
	struct text service = {t.ptr, colon ? (size_t)(colon - t.ptr) : 0};
	struct diag *g;

	if (text_is(t, "*"))
		return;
	if (colon && is_word(service, "-*?") &&
	    is_word((struct text){colon + 1, t.len - service.len - 1}, "*?_"))
		return;
	g = doubt(l, n, "an action is a service and a name, and this is", t);
	diag_hint(l->d, g, "write it as in s3:GetObject");
}

static size_t count_colons(struct text t)
{
	size_t count = 0;

	for (size_t i = 0; i < t.len; i++)
		count += t.ptr[i] == ':';
	return count;
}

static void check_arn(struct lint *l, const struct node *n)
{
	struct diag *g;

	if (!n->text.len || memchr(n->text.ptr, '*', n->text.len) ||
	    memchr(n->text.ptr, '{', n->text.len))
		return;
	if (text_starts(n->text, "arn:") && count_colons(n->text) >= 5)
		return;
	g = doubt(l, n, "a resource of a policy is an ARN or '*', and this is", n->text);
	diag_hint(l->d, g, "write arn:partition:service:region:account:resource");
}

static void check_service(struct lint *l, const struct node *n)
{
	struct diag *g;

	if (memchr(n->text.ptr, '.', n->text.len) || text_is(n->text, "*"))
		return;
	g = doubt(l, n, "no service has the principal", n->text);
	diag_hint(l->d, g, "write it as in lambda.amazonaws.com");
}

/* Statements */

static void check_effect(const struct statement *s)
{
	const struct field effect = field_of(s->map, "Effect");
	struct diag *g;

	if (effect.state == FIELD_ABSENT) {
		g = complain(s->l, s->map, "a statement of a policy has no 'Effect'");
		diag_hint(s->l->d, g, "write 'Effect: Allow' or 'Effect: Deny'");
	} else if (effect.literal.ptr && literal_of(effect.value).ptr &&
		   !field_is(&effect, "Allow") && !field_is(&effect, "Deny")) {
		g = diag_add(s->l->d, DIAG_POLICY_DOCUMENT, effect.value->where,
			     "'Effect' is Allow or Deny, and this is '%.*s'",
			     TEXT_ARG(effect.literal));
		diag_hint(s->l->d, g, "write one of them, with its capital");
	}
}

struct member_pair {
	const char *name, *other; /* "Action", "NotAction" */
	const char *absent, *both;
};

/* Exactly one of the two; returns what is there, or NULL. */
static const struct node *check_pair(const struct statement *s, const struct member_pair *p)
{
	const struct field a = field_of(s->map, p->name), b = field_of(s->map, p->other);
	struct diag *g;

	if (a.state == FIELD_PRESENT && b.state == FIELD_PRESENT) {
		g = complain(s->l, b.key, p->both);
		diag_hint(s->l->d, g, "keep one of them");
	} else if (p->absent && a.state == FIELD_ABSENT && b.state == FIELD_ABSENT) {
		g = complain(s->l, s->map, p->absent);
		diag_hint(s->l->d, g, "write '%s'", p->name);
	}
	return a.value ? a.value : b.value;
}

static void check_actions(const struct statement *s)
{
	static const struct member_pair pair = {"Action", "NotAction",
						"a statement of a policy has no 'Action'",
						"'Action' and 'NotAction' exclude each other"};
	const struct node *n = check_pair(s, &pair);

	if (n)
		each_text(s->l, n, check_action);
}

static void check_resources(const struct statement *s)
{
	static const char both[] = "'Resource' and 'NotResource' exclude each other";
	static const struct member_pair needed = {
		"Resource", "NotResource", "a statement of this policy has no 'Resource'", both};
	static const struct member_pair optional = {"Resource", "NotResource", NULL, both};
	const bool needs = s->kind == POLICY_IDENTITY || s->kind == POLICY_RESOURCE;
	const struct node *n = check_pair(s, needs ? &needed : &optional);
	struct diag *g;

	if (n && s->kind == POLICY_TRUST && field_of(s->map, "Resource").state == FIELD_PRESENT) {
		g = complain(s->l, n, "a statement of a trust policy has a 'Resource'");
		diag_hint(s->l->d, g, "remove it: the role itself is meant");
	} else if (n) {
		each_text(s->l, n, check_arn);
	}
}

static void check_principal_value(const struct statement *s, const struct node *n)
{
	const struct node *service;
	struct diag *g;

	if (n->kind == NODE_SCALAR && !text_is(n->text, "*") && literal_of(n).ptr) {
		g = doubt(s->l, n, "'Principal' is a map or '*', and this is", n->text);
		diag_hint(s->l->d, g, "write {AWS: arn}, {Service: name} or {Federated: arn}");
	}
	if (n->kind != NODE_MAP)
		return;
	check_keys(s->l, n, principal_keys, "there is no kind of principal");
	service = node_find(n, "Service");
	if (service)
		each_text(s->l, service, check_service);
}

static void check_principal(const struct statement *s)
{
	static const char both[] = "'Principal' and 'NotPrincipal' exclude each other";
	static const struct member_pair needed = {
		"Principal", "NotPrincipal", "a statement of this policy has no 'Principal'", both};
	static const struct member_pair optional = {"Principal", "NotPrincipal", NULL, both};
	const bool needs =
		s->kind == POLICY_TRUST || s->kind == POLICY_RESOURCE || s->kind == POLICY_OWN;
	const struct node *n = check_pair(s, needs ? &needed : &optional);
	struct diag *g;

	if (n && s->kind == POLICY_IDENTITY) {
		g = complain(s->l, n, "a policy of users, roles and groups has a 'Principal'");
		diag_hint(s->l->d, g, "remove it: whoever the policy is attached to is meant");
	} else if (n) {
		check_principal_value(s, n);
	}
}

/* "ForAllValues:StringLikeIfExists" to "StringLike". */
static struct text bare_operator(struct text t)
{
	static const char *const sets[] = {"ForAllValues:", "ForAnyValue:"};

	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		if (text_starts(t, sets[i])) {
			t.ptr += strlen(sets[i]);
			t.len -= strlen(sets[i]);
		}
	}
	if (text_ends(t, "IfExists"))
		t.len -= strlen("IfExists");
	return t;
}

static void check_condition(const struct statement *s)
{
	const struct node *n = node_find(s->map, "Condition");
	struct diag *g;

	for (size_t i = 0; n && n->kind == NODE_MAP && i < n->count; i++) {
		const struct node *key = n->entries[i].key;
		const struct text name = bare_operator(key->text);

		if (differs_in_case(name, operators) || text_starts(key->text, "Fn::"))
			continue;
		g = doubt(s->l, key, "no condition of a policy compares by", key->text);
		diag_did_you_mean(s->l->d, g, name, operators, count_names(operators));
		if (!g->hint)
			diag_hint(s->l->d, g, "write one such as StringEquals");
	}
}

static void check_sid(const struct statement *s)
{
	const struct field sid = field_of(s->map, "Sid");
	struct diag *g;

	if (!sid.literal.ptr || !sid.literal.len || !literal_of(sid.value).ptr ||
	    is_word(sid.literal, ""))
		return;
	if (s->kind != POLICY_IDENTITY && s->kind != POLICY_TRUST)
		return;
	g = doubt(s->l, sid.value, "'Sid' takes letters and digits only, and this is", sid.literal);
	diag_hint(s->l->d, g, "leave the other characters out");
}

static void check_statement(const struct statement *s)
{
	check_keys(s->l, s->map, statement_keys, "a statement of a policy has no key");
	check_effect(s);
	check_actions(s);
	check_resources(s);
	check_principal(s);
	check_condition(s);
	check_sid(s);
}

/* Documents */

static void check_statements(struct lint *l, enum policy_kind kind, const struct node *n)
{
	struct statement s = {.l = l, .kind = kind, .map = n};

	if (n->kind == NODE_MAP && !node_find(n, "Fn::Transform"))
		check_statement(&s);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		check_statements(l, kind, n->items[i]);
	if (node_is_call(n, "Fn::If") && n->arg->kind == NODE_LIST && n->arg->count == 3) {
		check_statements(l, kind, n->arg->items[1]);
		check_statements(l, kind, n->arg->items[2]);
	}
}

static void check_version(struct lint *l, const struct node *document)
{
	const struct field version = field_of(document, "Version");
	struct diag *g;

	if (!version.literal.ptr || !literal_of(version.value).ptr ||
	    field_is(&version, "2012-10-17") || field_is(&version, "2008-10-17"))
		return;
	g = diag_add(l->d, DIAG_POLICY_DOCUMENT, version.value->where,
		     "the policy language has no version '%.*s'", TEXT_ARG(version.literal));
	diag_hint(l->d, g, "write '2012-10-17'");
}

static void check_document(struct lint *l, enum policy_kind kind, const struct node *document)
{
	const struct node *statements = node_find(document, "Statement");
	struct diag *g;

	check_keys(l, document, document_keys, "a policy has no key");
	check_version(l, document);
	if (statements) {
		check_statements(l, kind, statements);
	} else if (field_of(document, "Statement").state == FIELD_ABSENT) {
		g = diag_warn(l->d, DIAG_POLICY_DOCUMENT, document->where,
			      "the policy has no 'Statement'");
		diag_hint(l->d, g, "write a list of statements");
	}
}

static void look(struct lint *l, const struct object *o)
{
	const struct policy_place *place = o->context;

	check_document(l, place->kind, o->map);
}

void rule_policy_documents(struct lint *l, const struct lint_resource *r)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (strcmp(places[i].type, r->type) == 0)
			each_object(l, r, places[i].path, look, &places[i]);
	}
}
