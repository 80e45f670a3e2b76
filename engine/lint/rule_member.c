/*
 * rule_member.c - members that mean the same wherever they stand: Tags, and roles that are named
 * by their ARN.
 */
#include "engine/lint/rules.h"

#include "base/map.h"
#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

struct member_check {
	struct lint *l;
	const struct lint_resource *r;
};

/* Tags: AWS refuses two with the same key. */

static const struct node *tag_key(const struct member_check *c, const struct node *tag)
{
	const struct node *key = tag->kind == NODE_MAP ? node_find(tag, "Key") : NULL;

	if (!key || !literal_of(key).ptr || !key->text.len || !node_find(tag, "Value") ||
	    lint_made_by_loop(c->r->loops, key->text))
		return NULL;
	return key;
}

static void report_tag(const struct member_check *c, const struct node *key,
		       const struct node *first)
{
	struct diag *g =
		diag_warn(c->l->d, DIAG_DUPLICATE_NAME, key->where, "'%.*s' has two tags '%.*s'",
			  TEXT_ARG(c->r->id), TEXT_ARG(key->text));

	diag_related(c->l->d, g, first->where, "the key is given here as well");
	diag_hint(c->l->d, g, "remove one of them: AWS refuses keys that are there twice");
}

static void check_tags(const struct member_check *c, const struct node *tags)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < tags->count; i++) {
		const struct node *key = tag_key(c, tags->items[i]);
		const struct node *first = key ? map_find(&seen, key->text) : NULL;

		if (first)
			report_tag(c, key, first);
		else if (key)
			map_set(&seen, key->text, (void *)(uintptr_t)key);
	}
	map_release(&seen);
}

/* Roles: Ref gives the name. */

static bool takes_role_arn(const struct member_check *c, const struct node_entry *e)
{
	/* ECS takes "the short name or full ARN". */
	if (text_starts(text_of(c->r->type), "AWS::ECS::"))
		return false;
	if (text_is(e->key->text, "Role"))
		return lint_is(c->r, "AWS::Lambda::Function") &&
		       node_find(c->r->properties, "Role") == e->value;
	return text_ends(e->key->text, "RoleArn") || text_ends(e->key->text, "RoleARN");
}

static void check_role(const struct member_check *c, const struct node *key, const struct node *n)
{
	const struct lint_resource *role;
	struct diag *g;

	if (node_is_call(n, "Fn::If") && n->arg->kind == NODE_LIST && n->arg->count == 3) {
		check_role(c, key, n->arg->items[1]);
		check_role(c, key, n->arg->items[2]);
	}
	role = node_is_call(n, "Ref") ? resource_of_type(c->l, n, "AWS::IAM::Role") : NULL;
	if (!role)
		return;
	g = diag_warn(c->l->d, DIAG_TEXT_FORM, n->where,
		      "'%.*s' takes the ARN of a role, and Ref gives the name of '%.*s'",
		      TEXT_ARG(key->text), TEXT_ARG(role->id));
	diag_hint(c->l->d, g, "write !GetAtt %.*s.Arn", TEXT_ARG(role->id));
}

static void look(void *context, const struct node_entry *e)
{
	const struct member_check *c = context;

	if (text_is(e->key->text, "Tags") && e->value->kind == NODE_LIST)
		check_tags(c, e->value);
	else if (takes_role_arn(c, e))
		check_role(c, e->key, e->value);
}

void rule_members(struct lint *l, const struct lint_resource *r)
{
	struct member_check c = {l, r};

	each_member(l, r, look, &c);
}
