/*
 * rule_secret.c - passwords and tokens that everybody can read who can read the stack: literal
 * ones, and parameters without NoEcho.  What counts is the name of the property.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "base/map.h"
#include "engine/lint/rule_parts.h"

static const char *const token_names[] = {
	"AuthToken", "OAuthToken", "OauthToken", "ClientSecret", "SecretString", NULL,
};

/* "ManageMasterUserPassword" and the like are true or false. */
static const char *const switch_prefixes[] = {
	"Allow", "Enable", "Manage", "Require", "Reset", "Rotate", "Use",
};

/* What has been said of parameters, by their names. */
struct secrets {
	struct lint *l;
	const struct lint_resource *r;
	struct map told;
};

static bool is_secret(struct text name)
{
	if (text_in(name, token_names))
		return true;
	if (!text_ends(name, "Password"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(switch_prefixes); i++) {
		if (text_starts(name, switch_prefixes[i]))
			return false;
	}
	return true;
}

static bool is_dynamic(const struct node *n)
{
	return n->kind == NODE_SCALAR && n->text.len && strstr(n->text.ptr, "{{resolve:");
}

static void report_parameter(struct secrets *s, const struct parameter *p, const struct node *key,
			     const struct node *ref)
{
	struct diag *g;

	if (map_has(&s->told, text_of(p->name)))
		return;
	map_set(&s->told, text_of(p->name), s);
	g = diag_warn(s->l->d, DIAG_SECRET_SHOWN, p->where->where,
		      "parameter '%s' is '%.*s' of '%.*s', and has no NoEcho", p->name,
		      TEXT_ARG(key->text), TEXT_ARG(s->r->id));
	diag_related(s->l->d, g, ref->where, "used here");
	diag_hint(s->l->d, g, "add 'NoEcho: true' to the parameter");
}

/* Told at the resource: the line of the value would be shown with it. */
static void report_literal(struct secrets *s, const struct node *key, const struct node *value)
{
	struct diag *g = diag_warn(s->l->d, DIAG_SECRET_SHOWN, s->r->key->where,
				   "'%.*s' of '%.*s' stands in the template in clear, in line %u",
				   TEXT_ARG(key->text), TEXT_ARG(s->r->id),
				   (unsigned)value->where.start.line);

	diag_hint(s->l->d, g,
		  "keep it in Secrets Manager: '{{resolve:secretsmanager:SECRET}}', or take it "
		  "from a parameter with NoEcho");
}

/* A parameter that names something in the store, or whose Default does, holds no secret. */
static bool holds_secret(const struct parameter *p)
{
	return !p->no_echo && !p->looked_up && !(p->initial && is_dynamic(p->initial));
}

static bool is_switch(struct text t)
{
	return text_same_letters(t, TEXT_LIT("true")) || text_same_letters(t, TEXT_LIT("false"));
}

static void check_secret(struct secrets *s, const struct node *key, const struct node *value)
{
	const struct parameter *p;

	if (node_is_call(value, "Fn::If") && value->arg->kind == NODE_LIST) {
		for (size_t i = 1; i < value->arg->count; i++)
			check_secret(s, key, value->arg->items[i]);
	} else if (node_is_call(value, "Ref") && value->arg->kind == NODE_SCALAR) {
		p = template_parameter(s->l->t, value->arg->text);
		if (p && holds_secret(p))
			report_parameter(s, p, key, value);
	} else if (value->kind == NODE_SCALAR && value->text.len && !node_is_null(value) &&
		   !is_switch(value->text) && !is_dynamic(value) &&
		   !lint_made_by_loop(s->r->loops, value->text)) {
		report_literal(s, key, value);
	}
}

static void look(void *context, const struct node_entry *e)
{
	if (is_secret(e->key->text))
		check_secret(context, e->key, e->value);
}

void rule_secrets(struct lint *l)
{
	struct secrets s = {.l = l, .told = MAP_INIT};

	for (size_t i = 0; i < l->resource_count; i++) {
		s.r = &l->resources[i];
		each_member(l, s.r, look, &s);
	}
	map_release(&s.told);
}
