/* manifest_variables.c - what health checks refer to: hosts by role, and ${Variables}. */
#include <string.h>

#include "engine/health/health.h"
#include "engine/health/pieces.h"
#include "engine/manifest_read.h"

struct check_reading {
	struct manifest_reader *r;
	struct manifest_check *check;
	const struct map *roles; /* of all hosts */
	bool misspelt;           /* a variable is */
};

static void report_variable(struct manifest_reader *r, const struct manifest_check *c,
			    const struct node *n, struct text name)
{
	struct diag *g =
		diag_add(r->d, DIAG_CHECK_VARIABLE, n->where,
			 "health check '%s' has no variable '%.*s'", c->name, TEXT_ARG(name));
	size_t count;
	const char *const *names = check_variable_names(&count);

	diag_did_you_mean(r->d, g, name, names, count);
	if (!g->hint)
		diag_hint(r->d, g,
			  "it is Host, HostName, Zone, Region, AwsRegion, Account or Stack.Output; "
			  "write ${!%.*s} for a text that stays as it is",
			  TEXT_ARG(name));
}

static void check_output(struct manifest_reader *r, const char *who, const struct node *n,
			 struct text name)
{
	struct text stack, output;
	struct node named = *n;

	if (!check_variable_split(name, &stack, &output))
		return;
	named.text = (struct text){arena_text(r->a, stack), stack.len};
	manifest_named(r, NAMED_STACK, who, &named);
}

static void check_text(struct check_reading *c, const struct node *n)
{
	struct text rest = n->text;
	struct check_piece piece;

	while (check_piece_next(&rest, &piece) && !manifest_full(c->r)) {
		enum check_variable v;

		if (piece.literal)
			continue;
		v = check_variable_of(piece.text);
		c->misspelt |= v == VARIABLE_UNKNOWN;
		if (v == VARIABLE_UNKNOWN)
			report_variable(c->r, c->check, n, piece.text);
		else if (v == VARIABLE_OUTPUT)
			check_output(c->r,
				     arena_printf(c->r->a, "health check '%s'", c->check->name), n,
				     piece.text);
		c->check->per_host |= check_variable_is_of_host(v);
	}
}

static void check_node(struct check_reading *c, const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		check_text(c, n);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		check_node(c, n->items[i]);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++)
		check_node(c, n->entries[i].value);
}

static void report_role(struct check_reading *c, const struct node *role)
{
	const char **names = ARENA_ARRAY(c->r->a, c->roles->entry_count, const char *);
	struct diag *g = diag_add(c->r->d, DIAG_CHECK_ROLES, role->where,
				  "health check '%s' asks hosts with the role '%s', which none has",
				  c->check->name, role->text.ptr);

	for (size_t i = 0; i < c->roles->entry_count; i++)
		names[i] = c->roles->entries[i].key;
	diag_did_you_mean(c->r->d, g, role->text, names, c->roles->entry_count);
	if (!g->hint)
		diag_hint(c->r->d, g, "add it to the Roles of those hosts that are meant");
}

static void check_roles(struct check_reading *c, const struct node *roles)
{
	for (size_t i = 0; roles->kind == NODE_LIST && i < roles->count; i++) {
		if (!map_has(c->roles, roles->items[i]->text) && !manifest_full(c->r))
			report_role(c, roles->items[i]);
	}
	/* A misspelt variable may have been the one. */
	if (c->check->per_host || c->misspelt || manifest_full(c->r))
		return;
	diag_hint(c->r->d,
		  diag_add(c->r->d, DIAG_CHECK_ROLES, roles->where,
			   "health check '%s' has 'Roles' and is about no host", c->check->name),
		  "write ${Host} where the address of each host belongs, or remove Roles");
}

static void collect_roles(const struct manifest *m, struct map *roles)
{
	for (size_t i = 0; i < m->region_count; i++) {
		for (size_t k = 0; k < m->regions[i].host_count; k++) {
			const struct eval_host *h = &m->regions[i].hosts[k].host;

			for (size_t n = 0; n < h->role_count; n++)
				map_set(roles, text_of(h->roles[n]), (void *)h);
		}
	}
}

/* Of routes only outputs are looked at: what else there may be is known to their types. */
static void check_route_outputs(struct manifest_reader *r, const char *who, const struct node *n)
{
	struct text rest = n->kind == NODE_SCALAR ? n->text : (struct text){NULL, 0};
	struct check_piece piece;

	while (check_piece_next(&rest, &piece) && !manifest_full(r)) {
		if (!piece.literal && check_variable_of(piece.text) == VARIABLE_OUTPUT)
			check_output(r, who, n, piece.text);
	}
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		check_route_outputs(r, who, n->items[i]);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++)
		check_route_outputs(r, who, n->entries[i].value);
}

void manifest_check_variables(struct manifest_reader *r)
{
	struct map roles = MAP_INIT;

	if (r->m->check_count)
		collect_roles(r->m, &roles);
	for (size_t i = 0; i < r->m->check_count && !manifest_full(r); i++) {
		struct manifest_check *check = (struct manifest_check *)&r->m->checks[i];
		struct check_reading c = {r, check, &roles, false};
		const struct node *named = node_find(check->config, "Roles");

		if (!*check->type)
			continue;
		check_node(&c, check->config);
		if (named)
			check_roles(&c, named);
	}
	map_release(&roles);
	for (size_t i = 0; i < r->m->route_count && !manifest_full(r); i++) {
		const struct manifest_route *route = &r->m->routes[i];

		check_route_outputs(r, arena_printf(r->a, "route '%s'", route->name),
				    route->config);
	}
}
