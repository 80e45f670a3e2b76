/*
 * health.c - probes of a check at a place, and the gauge that counts what they answer.
 *
 * Texts are put together piece by piece: what stands in the manifest may hold {{resolve:...}}, and
 * what a variable gives is taken as it is, so that an output cannot name a secret.
 */
#include "engine/health/health.h"

#include <string.h>

#include "base/json.h"
#include "base/vec.h"
#include "engine/address.h"
#include "engine/health/pieces.h"
#include "templates/node.h"

#define FROM_HERE "local"
#define PROVIDER_OF_HOSTS "ssh"

/* One endpoint whose probes are being made. */
struct filling {
	struct arena *a;
	const struct manifest_check *check;
	const struct check_place *place;
	const struct manifest_host *host; /* NULL: it is about none */
	struct diags *d;
};

struct probe_list {
	VEC_OF(struct check_probe)
};

/* Keys that are about the asking; the provider never sees them.  Timeout is given as a number. */
static bool is_engines(struct text key)
{
	static const char *const keys[] = {"Name",
					   "Timeout",
					   "Interval",
					   "Roles",
					   "HealthyThreshold",
					   "UnhealthyThreshold",
					   "Provider",
					   "From",
					   "Quorum"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (text_is(key, keys[i]))
			return true;
	}
	return false;
}

/* --- texts ------------------------------------------------------------------------------ */

static const char *output_of(const struct filling *f, const struct node *n, struct text name)
{
	struct text stack = {0}, output = {0};
	const char *value = NULL;
	struct diag *g;

	check_variable_split(name, &stack, &output);
	if (f->place->output)
		value = f->place->output(f->place->context, arena_text(f->a, stack),
					 arena_text(f->a, output));
	if (value)
		return value;
	g = diag_add(f->d, DIAG_CHECK_OUTPUT, n->where,
		     "health check '%s' needs output '%.*s' of stack '%.*s', and there is none",
		     f->check->name, TEXT_ARG(output), TEXT_ARG(stack));
	diag_detail(f->d, g, "It is about region '%s'%s%s.", f->place->region->name,
		    strcmp(f->place->account, ACCOUNT_NONE) ? " and account " : "",
		    strcmp(f->place->account, ACCOUNT_NONE) ? f->place->account : "");
	diag_hint(f->d, g,
		  "the stack has to be deployed there first, and its template to have the output");
	return NULL;
}

static const char *value_of(const struct filling *f, const struct node *n, struct text name)
{
	const struct eval_host *host = f->host ? &f->host->host : NULL;

	switch (check_variable_of(name)) {
	case VARIABLE_HOST:
		return host ? host->address : "";
	case VARIABLE_HOST_NAME:
		return host ? host->name : "";
	case VARIABLE_ZONE:
		return host && host->zone ? host->zone : "";
	case VARIABLE_REGION:
		return f->place->region->name;
	case VARIABLE_AWS_REGION:
		return f->place->region->aws_region;
	case VARIABLE_ACCOUNT:
		return f->place->account;
	case VARIABLE_OUTPUT:
		return output_of(f, n, name);
	case VARIABLE_UNKNOWN: /* the manifest was refused */
		break;
	}
	return "";
}

static bool add_literal(const struct filling *f, const struct node *n, struct text t,
			struct str *out)
{
	struct placed_text placed = {{arena_text(f->a, t), t.len}, n->where};
	const char *resolved = placed.text.ptr;

	if (manifest_has_reference(placed.text) &&
	    manifest_resolve(f->a, f->place->manifest->dir, placed, &resolved, f->d))
		return false;
	str_add(out, resolved);
	return true;
}

/* An address of IPv6, which has two colons at least, stands in brackets where a port may follow:
 * http://[::1]:8080/. */
static void add_value(const char *value, struct str *out)
{
	const char *colon = strchr(value, ':');
	bool brackets = text_ends(str_text(out), "://") && colon && strchr(colon + 1, ':') &&
			*value != '[' && !strchr(value, '/');

	str_printf(out, brackets ? "[%s]" : "%s", value);
}

/* The text with its variables replaced; NULL with errors. */
static json_t *fill_text(const struct filling *f, const struct node *n)
{
	struct text rest = n->text;
	struct check_piece piece;
	struct str out = STR_INIT;
	bool good = true;
	json_t *text;

	while (good && check_piece_next(&rest, &piece)) {
		const char *value;

		if (piece.literal) {
			good = add_literal(f, n, piece.text, &out);
			continue;
		}
		value = value_of(f, n, piece.text);
		good = value != NULL;
		if (value)
			add_value(value, &out);
	}
	text = good ? json_stringn(str_cstr(&out), out.len) : NULL;
	str_release(&out);
	return text;
}

static json_t *fill(const struct filling *f, const struct node *n)
{
	json_t *filled, *item;

	switch (n->kind) {
	case NODE_SCALAR:
		return fill_text(f, n);
	case NODE_LIST:
		filled = json_array();
		for (size_t i = 0; i < n->count; i++) {
			item = fill(f, n->items[i]);
			if (item)
				json_array_append_new(filled, item);
		}
		return filled;
	case NODE_MAP:
		filled = json_object();
		for (size_t i = 0; i < n->count; i++) {
			item = fill(f, n->entries[i].value);
			if (item)
				json_object_set_new(filled, n->entries[i].key->text.ptr, item);
		}
		return filled;
	case NODE_CALL:
		break;
	}
	return NULL;
}

/* --- probes ----------------------------------------------------------------------------- */

static const char *label_of(const struct filling *f)
{
	struct str label = STR_INIT;
	const char *copy;

	str_add(&label, f->check->name);
	if (f->host)
		str_printf(&label, " of %s", f->host->host.name);
	str_printf(&label, " (%s", f->place->region->name);
	if (strcmp(f->place->account, ACCOUNT_NONE) != 0)
		str_printf(&label, " of %s", f->place->account);
	str_add(&label, ")");
	copy = arena_strdup(f->a, str_cstr(&label));
	str_release(&label);
	return copy;
}

/* From where one probe of an endpoint is made. */
struct asker {
	const struct manifest_region *region; /* NULL: from here */
	const char *host;                     /* its name */
	const char *word;                     /* as the check has it */
};

static struct asker asker_of(const struct manifest *m, const char *word)
{
	const struct manifest_region *region = manifest_region(m, word);

	if (!strcmp(word, FROM_HERE))
		return (struct asker){NULL, NULL, word};
	if (region && region->host_count)
		return (struct asker){region, region->hosts[0].host.name, word};
	for (size_t i = 0; i < m->region_count; i++) {
		for (size_t k = 0; k < m->regions[i].host_count; k++) {
			const char *name = m->regions[i].hosts[k].host.name;

			if (!strcmp(name, word))
				return (struct asker){&m->regions[i], name, word};
		}
	}
	return (struct asker){NULL, NULL, word}; /* the manifest was refused */
}

static const char *args_from(const struct filling *f, const json_t *args, const struct asker *from)
{
	json_t *own = json_copy((json_t *)(uintptr_t)args);
	const char *text;

	if (from->host)
		json_object_set_new(own, "From", json_pack("{s:s}", "Host", from->host));
	text = json_text(f->a, own);
	json_decref(own);
	return text;
}

static void add_vantage(const struct filling *f, struct probe_list *list, const char *endpoint,
			const json_t *args, const struct asker *from)
{
	struct check_probe *probe = arena_vec_add(f->a, list);

	*probe = (struct check_probe){
		.check = f->check,
		.endpoint = endpoint,
		.host = f->host ? f->host->host.name : NULL,
		.label = from->word ? arena_printf(f->a, "%s from %s", endpoint, from->word)
				    : endpoint,
		.args = args_from(f, args, from),
		.place = *f->place,
		.provider = from->host ? PROVIDER_OF_HOSTS : f->check->provider,
		.from = from->region ? from->region : f->place->region,
		.remote = from->host != NULL,
	};
}

static void add_vantages(const struct filling *f, struct probe_list *list, const json_t *args)
{
	const struct manifest_check *c = f->check;
	const struct asker here = {NULL, NULL, NULL};
	const char *endpoint = label_of(f);

	if (!c->from_count)
		add_vantage(f, list, endpoint, args, &here);
	for (size_t i = 0; i < c->from_count; i++) {
		const struct asker from = asker_of(f->place->manifest, c->from[i]);

		add_vantage(f, list, endpoint, args, &from);
	}
}

/* "Name" of the arguments is the check's; the name that a check of DNS asks for is its Domain.
 * NULL: the key is the engine's. */
static const char *name_of_key(const struct filling *f, struct text key)
{
	if (text_is(key, "Name") && !strcmp(f->check->type, "DNS"))
		return "Domain";
	return is_engines(key) ? NULL : key.ptr;
}

static int add_probe(const struct filling *f, struct probe_list *list)
{
	const struct node *config = f->check->config;
	size_t errors = f->d->error_count;
	json_t *args = json_object(), *value;

	for (size_t i = 0; i < config->count; i++) {
		const char *key = name_of_key(f, config->entries[i].key->text);

		value = key ? fill(f, config->entries[i].value) : NULL;
		if (value)
			json_object_set_new(args, key, value);
	}
	json_object_set_new(args, "Name", json_string(f->check->name));
	json_object_set_new(args, "Timeout", json_integer(f->check->timeout_ms));
	/* The command of a check of type SSH is run on the host itself. */
	if (f->host && !strcmp(f->check->type, "SSH"))
		json_object_set_new(args, "Host", json_string(f->host->host.name));
	if (f->d->error_count == errors)
		add_vantages(f, list, args);
	json_decref(args);
	return f->d->error_count == errors ? 0 : -1;
}

static bool has_role(const struct manifest_host *h, const struct manifest_check *c)
{
	for (size_t i = 0; i < c->role_count; i++) {
		for (size_t k = 0; k < h->host.role_count; k++) {
			if (!strcmp(c->roles[i], h->host.roles[k]))
				return true;
		}
	}
	return c->role_count == 0;
}

bool check_has_hosts(const struct manifest_check *c, const struct manifest_region *region)
{
	for (size_t i = 0; i < region->host_count; i++) {
		if (has_role(&region->hosts[i], c))
			return true;
	}
	return !c->per_host;
}

static int report_no_host(const struct filling *f)
{
	const struct manifest_check *c = f->check;
	struct diag *g = diag_add(f->d, DIAG_CHECK_HOSTS, c->where,
				  "health check '%s' finds no host in region '%s'", c->name,
				  f->place->region->name);

	if (c->role_count)
		diag_detail(f->d, g, "It asks hosts with the role '%s'%s.", c->roles[0],
			    c->role_count > 1 ? " or another one of its Roles" : "");
	diag_hint(f->d, g,
		  "give a host of the region the role, or take the check out of the Rollout "
		  "of stacks that go there");
	return -1;
}

static int add_hosts(struct filling *f, struct probe_list *list)
{
	const struct manifest_region *region = f->place->region;
	int rc = 0;

	for (size_t i = 0; i < region->host_count && !rc; i++) {
		f->host = &region->hosts[i];
		if (has_role(f->host, f->check))
			rc = add_probe(f, list);
	}
	return rc || list->count ? rc : report_no_host(f);
}

int check_probes(struct arena *a, const struct manifest_check *c, const struct check_place *place,
		 struct check_probe_list *out, struct diags *d)
{
	struct filling f = {a, c, place, NULL, d};
	struct probe_list list = {0};
	int rc = c->per_host ? add_hosts(&f, &list) : add_probe(&f, &list);

	*out = (struct check_probe_list){list.items, rc ? 0 : list.count};
	return rc;
}

enum gauge_state gauge_add(struct gauge *g, const struct manifest_check *c, bool healthy)
{
	g->good = healthy ? g->good + 1 : 0;
	g->bad = healthy ? 0 : g->bad + 1;
	if (healthy && g->good >= c->healthy_threshold)
		g->state = GAUGE_HEALTHY;
	else if (!healthy && g->bad >= c->unhealthy_threshold)
		g->state = GAUGE_UNHEALTHY;
	return g->state;
}

void vantage_hear(struct vantage *v, const struct manifest_check *c, enum voice said)
{
	v->last = said;
	if (said == VOICE_NONE)
		v->gauge = (struct gauge){.state = GAUGE_UNKNOWN};
	else if (said != VOICE_NOT_YET)
		gauge_add(&v->gauge, c, said == VOICE_HEALTHY);
}

struct votes {
	size_t healthy, unhealthy, open;
};

static enum gauge_state count_votes(const struct manifest_check *c, const struct votes *n,
				    size_t count)
{
	size_t quorum = c->quorum && c->from_count ? c->quorum : count / 2 + 1;

	if (n->unhealthy >= quorum)
		return GAUGE_UNHEALTHY;
	return n->healthy && n->unhealthy + n->open < quorum ? GAUGE_HEALTHY : GAUGE_UNKNOWN;
}

enum gauge_state check_quorum(const struct manifest_check *c, const struct vantage *v, size_t count)
{
	struct votes n = {0};

	for (size_t i = 0; i < count; i++) {
		n.healthy += v[i].gauge.state == GAUGE_HEALTHY;
		n.unhealthy += v[i].gauge.state == GAUGE_UNHEALTHY;
		n.open += v[i].gauge.state == GAUGE_UNKNOWN && v[i].last != VOICE_NONE;
	}
	return count_votes(c, &n, count);
}

enum gauge_state check_quorum_now(const struct manifest_check *c, const struct vantage *v,
				  size_t count)
{
	struct votes n = {0};

	for (size_t i = 0; i < count; i++) {
		n.healthy += v[i].last == VOICE_HEALTHY;
		n.unhealthy += v[i].last == VOICE_UNHEALTHY;
		n.open += v[i].last == VOICE_NOT_YET;
	}
	return count_votes(c, &n, count);
}
