/*
 * rule_function.c - functions that do nothing, that are missing, or that cannot have an answer
 * for every value of a parameter.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"
#include "templates/sub.h"

/* Where a text stands. */
struct scanning {
	struct lint *l;
	const struct lint_resource *resource; /* NULL: an output, a condition */
	bool script;                          /* inside of Fn::Base64 */
};

static const char *const pseudo_texts[] = {
	"AWS::AccountId", "AWS::NoValue",   "AWS::NotificationARNs",
	"AWS::Partition", "AWS::Region",    "AWS::StackId",
	"AWS::StackName", "AWS::URLSuffix", NULL,
};

/* Fn::Sub */

static void check_sub_text(struct lint *l, const struct node *call, const struct node *text,
			   bool has_own)
{
	struct sub_scan scan = sub_start(text->text);
	struct sub_piece p;
	struct diag *g;

	while (sub_next(&scan, &p)) {
		if (p.kind != SUB_TEXT)
			return;
	}
	/* Without the function "${!X}" would mean something else. */
	if (has_own || (text->text.len && strstr(text->text.ptr, "${")))
		return;
	g = diag_warn(l->d, DIAG_SUB_IDLE, call->where,
		      "'Fn::Sub' has nothing to substitute: there is no '${...}' in the text");
	diag_hint(l->d, g, "write the text without !Sub");
}

static bool sub_uses(const struct node *text, struct text name)
{
	struct sub_scan scan = sub_start(text->text);
	struct sub_piece p;

	while (sub_next(&scan, &p)) {
		if (p.kind == SUB_VARIABLE && text_eq(p.text, name))
			return true;
	}
	return false;
}

static void check_sub(struct lint *l, const struct node *call)
{
	const struct node *text, *own;
	struct diag *g;

	if (sub_shape(call, &text, &own, NULL) != 0)
		return;
	check_sub_text(l, call, text, own && own->count);
	for (size_t i = 0; own && i < own->count; i++) {
		const struct node *key = own->entries[i].key;

		if (text_starts(key->text, "Fn::") || sub_uses(text, key->text))
			continue;
		g = diag_warn(l->d, DIAG_SUB_IDLE, key->where,
			      "variable '%.*s' of 'Fn::Sub' is not in its text",
			      TEXT_ARG(key->text));
		diag_hint(l->d, g, "write '${%.*s}' where it belongs, or remove it",
			  TEXT_ARG(key->text));
	}
}

/* A list cannot stand inside of a text or be compared. */

static const struct parameter *list_parameter(const struct lint *l, struct text name)
{
	const struct parameter *p = template_parameter(l->t, name);

	return p && (p->kind == PARAM_STRING_LIST || p->kind == PARAM_NUMBER_LIST) ? p : NULL;
}

static void report_list(struct lint *l, const struct node *at, struct text name, const char *fact)
{
	struct diag *g = diag_warn(l->d, DIAG_LIST_AS_TEXT, at->where,
				   "parameter '%.*s' is a list, and %s", TEXT_ARG(name), fact);

	diag_hint(l->d, g, "make a text of it: !Join [',', !Ref %.*s]", TEXT_ARG(name));
}

static void check_equals(struct lint *l, const struct node *call)
{
	const struct node *arg = call->arg;

	for (size_t i = 0; arg->kind == NODE_LIST && i < arg->count; i++) {
		const struct node *n = arg->items[i];

		if (node_is_call(n, "Ref") && n->arg->kind == NODE_SCALAR &&
		    list_parameter(l, n->arg->text))
			report_list(l, n, n->arg->text, "'Fn::Equals' compares texts");
	}
}

static void check_sub_lists(struct lint *l, const struct node *call)
{
	const struct node *text, *own;
	struct sub_scan scan;
	struct sub_piece p;

	if (sub_shape(call, &text, &own, NULL) != 0)
		return;
	scan = sub_start(text->text);
	while (sub_next(&scan, &p)) {
		if (p.kind == SUB_VARIABLE && !node_find_entry(own, p.text) &&
		    list_parameter(l, p.text))
			report_list(l, text, p.text, "'Fn::Sub' takes texts");
	}
}

/* Fn::Select */

static void check_select(struct lint *l, const struct node *call)
{
	const struct node *arg = call->arg, *list;
	struct diag *g;
	int64_t index;

	if (arg->kind != NODE_LIST || arg->count != 2 || arg->items[0]->kind != NODE_SCALAR ||
	    arg->items[1]->kind != NODE_LIST)
		return;
	list = arg->items[1];
	if (!text_to_int64(arg->items[0]->text, 0, INT64_MAX, &index) ||
	    (uint64_t)index < list->count)
		return;
	g = diag_add(l->d, DIAG_SELECT_RANGE, arg->items[0]->where,
		     "'Fn::Select' asks for item %lld of a list of %u", (long long)index,
		     list->count);
	diag_hint(l->d, g, "count from 0: the last one is %u", list->count ? list->count - 1 : 0);
}

/* Fn::FindInMap */

static void report_no_key(struct lint *l, const struct node *at, struct text mapping,
			  struct text value, const struct parameter *p)
{
	struct diag *g = diag_warn(l->d, DIAG_MAPPING_GAP, at->where,
				   "mapping '%.*s' has no key '%.*s', which parameter '%s' may be",
				   TEXT_ARG(mapping), TEXT_ARG(value), p->name);

	diag_hint(l->d, g, "add the key, or take the value out of AllowedValues");
}

static void check_allowed_keys(struct lint *l, const struct node *key, const struct node *mapping,
			       struct text name)
{
	const struct parameter *p;
	const struct node *allowed;

	if (!node_is_call(key, "Ref") || key->arg->kind != NODE_SCALAR)
		return;
	p = template_parameter(l->t, key->arg->text);
	allowed = p ? node_find(p->body, "AllowedValues") : NULL;
	if (!allowed || allowed->kind != NODE_LIST || text_starts(text_of(p->type), "AWS::SSM"))
		return;
	for (size_t i = 0; i < allowed->count; i++) {
		const struct node *n = allowed->items[i];

		if (n->kind != NODE_SCALAR || !n->text.len || node_find_entry(mapping, n->text))
			continue;
		report_no_key(l, key, name, n->text, p);
		return;
	}
}

/* A second key that no top-level key has. */
static void check_inner_key(struct lint *l, const struct node *key, const struct node *mapping,
			    struct text name)
{
	struct diag *g;

	if (key->kind != NODE_SCALAR || !mapping->count || !literal_of(key).ptr)
		return;
	for (size_t i = 0; i < mapping->count; i++) {
		const struct node *inner = mapping->entries[i].value;

		if (inner->kind != NODE_MAP || node_find_entry(inner, key->text) ||
		    text_starts(mapping->entries[i].key->text, "Fn::"))
			return;
	}
	g = diag_warn(l->d, DIAG_MAPPING_GAP, key->where,
		      "no key of mapping '%.*s' has a value '%.*s'", TEXT_ARG(name),
		      TEXT_ARG(key->text));
	diag_hint(l->d, g, "write one of the names that the mapping has");
}

static void check_find(struct lint *l, const struct node *call)
{
	const struct node *arg = call->arg, *mapping;

	if (arg->kind != NODE_LIST || arg->count != 3 || arg->items[0]->kind != NODE_SCALAR)
		return;
	mapping = node_find_entry(l->t->mappings, arg->items[0]->text)
			  ? node_find_entry(l->t->mappings, arg->items[0]->text)->value
			  : NULL;
	if (!mapping || mapping->kind != NODE_MAP || node_find(mapping, "Fn::Transform"))
		return;
	check_allowed_keys(l, arg->items[1], mapping, arg->items[0]->text);
	if (arg->items[1]->kind != NODE_SCALAR)
		check_inner_key(l, arg->items[2], mapping, arg->items[0]->text);
}

/* Texts that want a function */

/* "Name", "Name.Attribute", "AWS::Region". */
static bool is_known(const struct lint *l, struct text name)
{
	const char *dot = name.len ? memchr(name.ptr, '.', name.len) : NULL;
	struct text head = {name.ptr, dot ? (size_t)(dot - name.ptr) : name.len};

	return text_in(name, pseudo_texts) || lint_find(l, head) ||
	       (!dot && template_parameter(l->t, name));
}

/* What a type substitutes by itself, by the names in its own property. */
static bool type_substitutes(const struct lint_resource *r, struct text name)
{
	const struct node *own = r ? node_find(r->properties, "DefinitionSubstitutions") : NULL;

	return own && (own->kind != NODE_MAP || node_find_entry(own, name));
}

static void check_braces(const struct scanning *s, const struct node *n)
{
	struct sub_scan scan = sub_start(n->text);
	struct sub_piece p;
	struct diag *g;

	while (sub_next(&scan, &p)) {
		/* A shell's variable may be called like a parameter. */
		if (p.kind != SUB_VARIABLE || !is_known(s->l, p.text) ||
		    (s->script && !text_starts(p.text, "AWS::")) ||
		    type_substitutes(s->resource, p.text))
			continue;
		g = diag_warn(s->l->d, DIAG_SUB_MISSING, n->where,
			      "'${%.*s}' stays as it is: this text is not in 'Fn::Sub'",
			      TEXT_ARG(p.text));
		diag_hint(s->l->d, g, "write !Sub before the text");
		return;
	}
}

static void check_text(const struct scanning *s, const struct node *n)
{
	struct diag *g;

	if (!n->text.len)
		return;
	if (strstr(n->text.ptr, "${"))
		check_braces(s, n);
	if (!text_in(n->text, pseudo_texts))
		return;
	g = diag_warn(s->l->d, DIAG_PSEUDO_TEXT, n->where,
		      "'%.*s' is a text here, not the value of the pseudo parameter",
		      TEXT_ARG(n->text));
	diag_hint(s->l->d, g, "write !Ref %.*s", TEXT_ARG(n->text));
}

/* Walking */

static void scan_node(const struct scanning *s, const struct node *n);

static void scan_sub(const struct scanning *s, const struct node *call)
{
	const struct node *text, *own;

	check_sub(s->l, call);
	check_sub_lists(s->l, call);
	if (sub_shape(call, &text, &own, NULL) == 0 && own)
		scan_node(s, own);
}

static void scan_call(const struct scanning *s, const struct node *call)
{
	struct scanning inner = *s;

	if (text_is(call->text, "Ref") || text_is(call->text, "Fn::GetAtt") ||
	    text_is(call->text, "Condition") || text_is(call->text, "Fn::Transform"))
		return;
	if (text_is(call->text, "Fn::Sub")) {
		scan_sub(s, call);
		return;
	}
	if (text_is(call->text, "Fn::Equals"))
		check_equals(s->l, call);
	else if (text_is(call->text, "Fn::Select"))
		check_select(s->l, call);
	else if (text_is(call->text, "Fn::FindInMap"))
		check_find(s->l, call);
	inner.script |= text_is(call->text, "Fn::Base64");
	scan_node(&inner, call->arg);
}

static void scan_node(const struct scanning *s, const struct node *n)
{
	if (!s->l->left)
		return;
	s->l->left--;
	if (n->kind == NODE_SCALAR)
		check_text(s, n);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		scan_node(s, n->items[i]);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++)
		scan_node(s, n->entries[i].value);
	if (n->kind == NODE_CALL)
		scan_call(s, n);
}

void rule_functions(struct lint *l)
{
	struct scanning s = {.l = l};

	if (l->t->conditions)
		scan_node(&s, l->t->conditions);
	for (size_t i = 0; i < l->resource_count; i++) {
		s.resource = &l->resources[i];
		if (s.resource->properties)
			scan_node(&s, s.resource->properties);
	}
	s.resource = NULL;
	for (size_t i = 0; l->t->outputs && i < l->t->outputs->count; i++) {
		const struct node *value = node_find(l->t->outputs->entries[i].value, "Value");

		if (value)
			scan_node(&s, value);
	}
}

/* User data */

static bool is_base64(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '+' || c == '/' || c == '=' || c == '\n'))
			return false;
	}
	return true;
}

static void check_user_data(struct lint *l, const struct object *o, const struct node *n)
{
	const struct node *text = n, *own;
	struct diag *g;

	(void)o;
	if (node_is_call(n, "Fn::Sub")) {
		if (sub_shape(n, &text, &own, NULL) != 0 ||
		    !memchr(text->text.ptr, ' ', text->text.len))
			return;
	} else if (n->kind != NODE_SCALAR || !literal_of(n).ptr) {
		return;
	}
	if (is_base64(text->text))
		return;
	g = diag_warn(l->d, DIAG_USER_DATA, n->where, "user data is not encoded in base64");
	diag_hint(l->d, g, "write 'Fn::Base64:' around it");
}

void rule_user_data(struct lint *l, const struct lint_resource *r)
{
	static const char *const paths[][2] = {
		{"AWS::EC2::Instance", "UserData"},
		{"AWS::AutoScaling::LaunchConfiguration", "UserData"},
		{"AWS::EC2::LaunchTemplate", "LaunchTemplateData.UserData"},
	};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (r->type && strcmp(r->type, paths[i][0]) == 0)
			each_value(l, r, paths[i][1], check_user_data, NULL);
	}
}
