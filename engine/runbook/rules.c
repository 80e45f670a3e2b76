/* rules.c - what several keys of a step have to do with each other and with the manifest. */
#include <string.h>

#include "engine/relocate.h"
#include "engine/runbook/making.h"

static const json_t *value_of(const struct step_making *k, const char *key)
{
	return json_object_get(k->values, key);
}

/* Written, whether its value is known or not. */
static bool has(const struct step_making *k, const char *key)
{
	const struct step_key *row = step_key_find(k->step->kind, text_of(key));

	return row && step_key_node(k->step, k->grace, row);
}

static void missing(const struct step_making *k, const char *key, const char *why)
{
	diag_hint(k->d,
		  diag_add(k->d, DIAG_RUNBOOK_KEY_MISSING, k->step->where, "%s has no '%s'",
			   k->step->who, key),
		  "%s", why);
}

static void useless(const struct step_making *k, const char *key, const char *without)
{
	diag_hint(k->d,
		  diag_add(k->d, DIAG_STEP_EXCLUSIVE, step_key_where(k, key),
			   "'%s' of %s means nothing without '%s'", key, k->step->who, without),
		  "add '%s', or remove it", without);
}

/* Whether a check of this list has no region of its own. */
static bool lacks_region(const json_t *checks)
{
	const json_t *item;
	size_t i;

	json_array_foreach(checks, i, item)
	{
		if (!json_object_get(item, "Region"))
			return true;
	}
	return false;
}

/* The same before all is known; what a function gives is looked at later. */
static bool lacks_region_written(const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		return true;
	if (n->kind == NODE_MAP)
		return !node_find(n, "Region");
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (lacks_region_written(n->items[i]))
			return true;
	}
	return false;
}

static bool needs_region(const struct step_making *k)
{
	const struct node *n =
		step_key_node(k->step, k->grace, step_key_find(STEP_CHECK, TEXT_LIT("Check")));
	const json_t *known = value_of(k, "Check");

	if (!n || has(k, "Region"))
		return false;
	return known ? lacks_region(known) : lacks_region_written(n);
}

static void check_check(struct step_making *k)
{
	static const char *const bounds[] = {"AtMost", "AtLeast", "Equals"};
	static const char *const asked[] = {"Region", "Within", "Expect"};
	bool bound = false;

	for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
		bound |= has(k, bounds[i]);
		if (has(k, bounds[i]) && has(k, "Check"))
			useless(k, bounds[i], "Value");
	}
	if (has(k, "Value") && !bound)
		missing(k, "AtMost", "say what the value may be: AtMost, AtLeast or Equals");
	if (needs_region(k))
		missing(k, "Region", "add 'Region: !Ref To', or another region to ask it in");
	for (size_t i = 0; i < ARRAY_LEN(asked) && has(k, "Value"); i++) {
		if (has(k, asked[i]))
			useless(k, asked[i], "Check");
	}
}

/* --- Apply ----------------------------------------------------------------------------- */

static bool goes_to(const struct manifest_stack *stack, const char *region)
{
	for (size_t i = 0; i < stack->target_count; i++) {
		if (!strcmp(stack->targets[i].region->name, region))
			return true;
	}
	return false;
}

/* Where its instances of that region are since it was lost (relocate.h); NULL. */
static const char *is_since(const struct manifest_stack *stack, const char *region)
{
	for (size_t i = 0; i < stack->target_count; i++) {
		const struct manifest_target *t = &stack->targets[i];

		if (relocate_passed(t, region))
			return t->region->name;
	}
	return NULL;
}

static void check_target(struct step_making *k, const char *key, const char *name)
{
	const struct manifest_stack *stack = manifest_stack(k->m, name);
	const char *region = json_str(k->values, "Region", "");
	struct diag *g;

	if (!stack || !*region || goes_to(stack, region))
		return;
	g = diag_add(k->d, DIAG_STEP_TARGET, step_key_where(k, key),
		     "%s applies stack '%s' in region '%s', which is none of its targets",
		     k->step->who, name, region);
	diag_related(k->d, g, stack->where, "the stack");
	if (is_since(stack, region))
		diag_hint(k->d, g, "it is in '%s' since '%s' was recreated there",
			  is_since(stack, region), region);
	else
		diag_hint(k->d, g, "add the region to the Targets of the stack");
}

static void check_apply(struct step_making *k)
{
	static const char *const keys[] = {"Stack", "Stacks"};
	const json_t *name;
	size_t i;

	if (!has(k, "Region"))
		missing(k, "Region", "add 'Region: !Ref To', or another region");
	for (size_t n = 0; n < ARRAY_LEN(keys); n++) {
		json_array_foreach(value_of(k, keys[n]), i, name)
			check_target(k, keys[n], json_string_value(name));
	}
}

/* --- Action ---------------------------------------------------------------------------- */

/* stack/region/Id or stack/account/region/Id */
static void check_action(struct step_making *k)
{
	const char *address = json_str(k->values, "Resource", "");
	struct text_split rest = text_split_start(text_of(address));
	struct text parts[5];
	size_t count = 0;
	struct range where = step_key_where(k, "Resource");
	struct arena *scratch;
	const char *what;
	struct diag *g;

	if (!*address)
		return;
	while (count < ARRAY_LEN(parts) && text_next(&rest, '/', &parts[count]))
		count++;
	if (count != 3 && count != 4) {
		g = diag_add(k->d, DIAG_RUNBOOK_VALUE, where, "'Resource' of %s cannot be '%s'",
			     k->step->who, address);
		diag_hint(k->d, g,
			  "it is the address of a resource, such as !Sub 'db/${To}/Database'");
		return;
	}
	scratch = arena_new();
	what = arena_printf(scratch, "'Resource' of %s", k->step->who);
	if (runbook_named(k->m, THING_STACK, what, (struct placed_text){parts[0], where}, k->d))
		runbook_named(k->m, THING_REGION, what,
			      (struct placed_text){parts[count - 2], where}, k->d);
	arena_free(scratch);
}

/* --- Command --------------------------------------------------------------------------- */

static bool plays(const struct manifest_host *h, const json_t *roles)
{
	const json_t *role;
	size_t i;

	json_array_foreach(roles, i, role)
	{
		for (size_t n = 0; n < h->host.role_count; n++) {
			if (!strcmp(h->host.roles[n], json_string_value(role)))
				return true;
		}
	}
	return false;
}

/* Hosts of a lost region are taken out of the manifest: that must stop nobody who goes elsewhere.
 * Where the step is needed the preflight refuses. */
static void check_roles(struct step_making *k)
{
	const char *name = json_str(k->values, "Region", "");
	const struct manifest_region *region = manifest_region(k->m, name);
	const json_t *roles = value_of(k, "Roles");
	struct diag *g;

	if (!region || !roles)
		return;
	for (size_t i = 0; i < region->host_count; i++) {
		if (plays(&region->hosts[i], roles))
			return;
	}
	g = diag_warn(k->d, DIAG_STEP_HOSTS, step_key_where(k, "Roles"),
		      "region '%s' has no host with a role of %s", name, k->step->who);
	diag_related(k->d, g, region->where, "the region");
	diag_hint(k->d, g, "give one of its hosts the role");
}

static void check_host(struct step_making *k, const char *name)
{
	struct arena *scratch = arena_new();
	struct {
		VEC_OF(const char *)
	} names = {0};
	struct diag *g;
	bool found = false;

	for (size_t i = 0; i < k->m->region_count; i++) {
		for (size_t n = 0; n < k->m->regions[i].host_count; n++) {
			*arena_vec_add(scratch, &names) = k->m->regions[i].hosts[n].host.name;
			found |= !strcmp(k->m->regions[i].hosts[n].host.name, name);
		}
	}
	if (!found) {
		g = diag_warn(k->d, DIAG_STEP_HOSTS, step_key_where(k, "Hosts"),
			      "'Hosts' of %s names no host: '%s'", k->step->who, name);
		diag_did_you_mean(k->d, g, text_of(name), names.items, names.count);
	}
	arena_free(scratch);
}

static void check_command(struct step_making *k)
{
	const json_t *host;
	size_t i;

	if (has(k, "Roles") && !has(k, "Region"))
		missing(k, "Region",
			"add 'Region: !Ref To', or another region: roles are of its "
			"hosts");
	check_roles(k);
	json_array_foreach(value_of(k, "Hosts"), i, host) check_host(k, json_string_value(host));
}

/* --- Fence and Traffic ----------------------------------------------------------------- */

static void check_fence(struct step_making *k)
{
	bool by = node_find(k->step->body, "By");

	if (!by && !has(k, "Gone"))
		missing(k, "By",
			"say how writes are stopped ('By'), or which checks tell that "
			"nothing is left to stop ('Gone' and 'Lease')");
	if (by && !has(k, "Check"))
		missing(k, "Check",
			"add the check that is healthy while the region accepts writes: a fence "
			"counts when it is not");
	if (has(k, "Gone") && !has(k, "Lease"))
		missing(k, "Lease",
			"add 'Lease: 15s', the time after which a primary that is cut off accepts "
			"no writes by itself");
	if (has(k, "Lease") && !has(k, "Gone"))
		useless(k, "Lease", "Gone");
}

/* A route has to know how to lead to the region. */
static void check_route(struct step_making *k, const char *name, const char *to)
{
	static const char *const by_region[] = {"Values", "Servers", "TargetGroups"};
	const struct manifest_route *route = manifest_route(k->m, name);
	struct diag *g;

	for (size_t i = 0; route && i < ARRAY_LEN(by_region); i++) {
		const struct node *map = node_find(route->config, by_region[i]);

		if (!map || node_find(map, to))
			continue;
		g = diag_add(k->d, DIAG_ROUTE_REGION, step_key_where(k, "Routes"),
			     "route '%s' does not lead to region '%s'", name, to);
		diag_related(k->d, g, route->where, "the route");
		diag_hint(k->d, g, "add the region to its '%s'", by_region[i]);
	}
}

static void check_traffic(struct step_making *k)
{
	const char *to = json_str(k->values, "To", "");
	const json_t *name;
	size_t i;

	if (has(k, "Within") && !has(k, "Check"))
		useless(k, "Within", "Check");
	json_array_foreach(value_of(k, "Routes"), i, name)
	{
		if (*to)
			check_route(k, json_string_value(name), to);
	}
}

static void check_retries(struct step_making *k)
{
	if (has(k, "RetryInterval") && !has(k, "Retries"))
		useless(k, "RetryInterval", "Retries");
}

/* Checks that Before and After ask are asked somewhere. */
static void check_uses(struct step_making *k, const char *key)
{
	const json_t *use;
	size_t i;

	json_array_foreach(value_of(k, key), i, use)
	{
		if (json_object_get(use, "Region") || has(k, "Region") || has(k, "To") ||
		    has(k, "Resource"))
			continue;
		diag_hint(k->d,
			  diag_add(k->d, DIAG_RUNBOOK_KEY_MISSING, step_key_where(k, key),
				   "'%s' of %s has no 'Region'", key, k->step->who),
			  "add 'Region: !Ref To', or another region to ask it in");
	}
}

void step_check_values(struct step_making *k)
{
	static void (*const rules[])(struct step_making *) = {
		[STEP_CHECK] = check_check,     [STEP_APPLY] = check_apply,
		[STEP_ACTION] = check_action,   [STEP_COMMAND] = check_command,
		[STEP_TRAFFIC] = check_traffic, [STEP_FENCE] = check_fence,
		[STEP_KIND_COUNT] = NULL,
	};

	if (rules[k->step->kind])
		rules[k->step->kind](k);
	check_retries(k);
	check_uses(k, "Before");
	check_uses(k, "After");
}
