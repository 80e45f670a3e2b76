#include "providers/sim/deeds.h"

#include <string.h>

#include "base/digest.h"
#include "providers/kit/span.h"

#define PLACE_TYPE "Sim::Place"
#define PLACE_ID "database"
#define ID_LEN 16

struct deed {
	struct visit *v;
	struct text action;
	const json_t *args;
	const char *id; /* what it is about */
	json_t *result;
};

/* Fills in the result, inside a transaction; 0 or -1. */
typedef int deed_fn(struct deed *d);

/* --- what it is about --------------------------------------------------------------------- */

static const char *host_of_url(struct arena *a, const char *url)
{
	const char *at = strstr(url, "://"), *host = at ? at + 3 : url;

	return arena_strndup(a, host, strcspn(host, "/?#"));
}

/* Routes are told apart by what they are, not by what they are called. */
static const char *route_id(struct arena *a, const json_t *args)
{
	const json_t *route = json_object_get(args, "Route");
	const char *name = json_str(route, "Name", json_str(route, "Backend", "route"));
	char digest[65];

	if (!json_is_object(route))
		return "route";
	json_digest(route, digest);
	return arena_printf(a, "%s-%.*s", name, ID_LEN, digest);
}

static const char *subject(struct arena *a, enum sim_op op, const json_t *args)
{
	const char *url = json_str(args, "Url", NULL);

	if (op == OP_COMMAND)
		return json_str(args, "Host", "");
	if (op == OP_WEIGHTS)
		return route_id(a, args);
	return url ? host_of_url(a, url) : "program";
}

/* --- results ------------------------------------------------------------------------------ */

static int give_command(struct deed *d)
{
	json_object_set_new(d->result, "ExitCode", json_integer(0));
	json_object_set_new(d->result, "Stdout", json_string(""));
	json_object_set_new(d->result, "Stderr", json_string(""));
	return 0;
}

/* The first status that is expected. */
static int give_http(struct deed *d)
{
	const json_t *wanted = json_object_get(d->args, "Status");
	const json_t *one = json_is_array(wanted) ? json_array_get(wanted, 0) : wanted;
	const char *text = json_string_value(one);
	int64_t status = json_is_integer(one) ? json_integer_value(one) : 200;

	if (text && strlen(text) >= 3)
		text_to_int64((struct text){text, 3}, 100, 999, &status);
	json_object_set_new(d->result, "Status", json_integer(status));
	json_object_set_new(d->result, "Body", json_string(""));
	return 0;
}

static int give_nothing(struct deed *d)
{
	(void)d;
	return 0;
}

/* --- weights ------------------------------------------------------------------------------ */

/* The map of a route whose keys are the regions that it knows; NULL: it says none. */
static const json_t *regions_of(const json_t *route)
{
	static const char *const keys[] = {"Values", "Servers", "TargetGroups", "Regions"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const json_t *map = json_object_get(route, keys[i]);

		if (json_is_object(map))
			return map;
	}
	return NULL;
}

static int refuse_weights(struct deed *d, const char *why)
{
	fault_set(&d->v->fault, HD_FATAL, DIAG_SIM_ACTION, "weights cannot be set like this");
	fault_detail(&d->v->fault, "%s", why);
	return -1;
}

/* Whoever has no weight has 0; nobody has set any: all goes to the first. */
static json_t *whole(const json_t *regions, const json_t *weights)
{
	json_t *all = json_is_object(weights) ? json_deep_copy(weights) : json_object();
	const char *region;
	json_t *value;
	bool first = !json_is_object(weights);

	json_object_foreach((json_t *)regions, region, value)
	{
		if (!json_object_get(all, region))
			json_object_set_new(all, region, json_integer(first ? 100 : 0));
		first = false;
	}
	return all;
}

static int check_weights(struct deed *d, const json_t *regions, const json_t *weights)
{
	const char *region;
	json_t *value;

	if (!json_is_object(weights))
		return refuse_weights(d, "'Weights' maps regions to percentages");
	json_object_foreach((json_t *)weights, region, value)
	{
		if (regions && !json_object_get(regions, region))
			return refuse_weights(
				d,
				arena_printf(d->v->arena, "the route has no region '%s'", region));
		if (!json_is_number(value) || json_number_value(value) < 0 ||
		    json_number_value(value) > 100)
			return refuse_weights(d, "a weight is a percentage from 0 to 100");
	}
	return 0;
}

static int find_route(struct deed *d, struct sim_thing *t)
{
	return store_find(
		d->v->session->store, d->v->arena,
		&(struct sim_search){.by = SIM_BY_ID, .type = d->v->about, .word = text_of(d->id)},
		t, &d->v->fault);
}

static int give_weights(struct deed *d)
{
	const json_t *regions = regions_of(json_object_get(d->args, "Route"));
	struct sim_thing t = {0};
	int there = find_route(d, &t);
	json_t *kept;

	if (there < 0)
		return -1;
	kept = there ? json_parse(text_of(t.properties), NULL, NULL) : NULL;
	json_object_set_new(d->result, "Weights", whole(regions, json_object_get(kept, "Weights")));
	json_decref(kept);
	return 0;
}

static int put_thing(struct deed *d, struct sim_thing *t, json_t *properties)
{
	struct visit *v = d->v;

	t->properties = json_text(v->arena, properties);
	json_decref(properties);
	t->key = t->key ? t->key : v->event.key;
	t->last_key = v->event.key;
	t->name = "";
	t->secrets = "{}";
	t->created_ms = t->created_ms ? t->created_ms : v->now_ms;
	t->changed_ms = v->now_ms;
	return store_put(v->session->store, t, &v->fault);
}

static int set_weights(struct deed *d)
{
	const json_t *regions = regions_of(json_object_get(d->args, "Route"));
	const json_t *weights = json_object_get(d->args, "Weights");
	struct sim_thing t = {0};
	json_t *properties;

	if (check_weights(d, regions, weights) < 0 || find_route(d, &t) < 0)
		return -1;
	t.type = arena_text(d->v->arena, d->v->about);
	t.id = d->id;
	properties = json_object();
	json_object_set_new(properties, "Weights", whole(regions, weights));
	json_object_set(d->result, "Weights", json_object_get(properties, "Weights"));
	return put_thing(d, &t, properties);
}

/* --- what became of databases ------------------------------------------------------------- */

/* A rehearsal must know when the old primary is fenced and the new one promoted.  All that there
 * is to go by are the words of the act, and where they say nothing those of the step's name. */
static const struct {
	const char *pattern;
	enum deed_role role;
} words[] = {
	{"*promote*", DEED_ROLE_PRIMARY},
	{"*failover*", DEED_ROLE_PRIMARY},
	{"*switchover*", DEED_ROLE_PRIMARY},
	{"*pg_rewind*", DEED_ROLE_STANDBY},
	{"*pg_basebackup*", DEED_ROLE_STANDBY},
	{"*reseed*", DEED_ROLE_STANDBY},
	{"*reprotect*", DEED_ROLE_STANDBY},
	{"*fence*", DEED_ROLE_FENCED},
	{"*pg_ctl*stop*", DEED_ROLE_FENCED},
	{"*stop*postgres*", DEED_ROLE_FENCED},
	{"*poweroff*", DEED_ROLE_FENCED},
	{"*isolate*", DEED_ROLE_FENCED},
	{"*demote*", DEED_ROLE_FENCED},
	{"by-?", DEED_ROLE_FENCED}, /* the steps of a fence's By */
};

static enum deed_role role_told(struct text t)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (text_glob(text_of(words[i].pattern), t))
			return words[i].role;
	}
	return DEED_ROLE_AS_ASKED;
}

/* From the step's own name to that of the runbook around it. */
static enum deed_role role_of_path(const char *path)
{
	struct text left = text_of(path);

	while (left.len) {
		const char *slash = memrchr(left.ptr, '/', left.len);
		struct text name = {slash ? slash + 1 : left.ptr, 0};
		enum deed_role role;

		name.len = left.len - (size_t)(name.ptr - left.ptr);
		role = role_told(name);
		if (role != DEED_ROLE_AS_ASKED || !slash || text_is(name, "reverse"))
			return role;
		left.len = (size_t)(slash - left.ptr);
	}
	return DEED_ROLE_AS_ASKED;
}

static enum deed_role role_of(const struct deed *d)
{
	struct arena *a = d->v->arena;
	const json_t *command = json_object_get(d->args, "Command");
	const char *text = command ? json_text(a, command) : "";
	enum deed_role role = role_told(d->action);

	if (role == DEED_ROLE_AS_ASKED)
		role = role_told(text_of(text));
	return role == DEED_ROLE_AS_ASKED ? role_of_path(d->v->event.address) : role;
}

static int find_place(struct visit *v, struct sim_thing *t)
{
	return store_find(v->session->store, v->arena,
			  &(struct sim_search){.by = SIM_BY_ID,
					       .type = TEXT_LIT(PLACE_TYPE),
					       .word = TEXT_LIT(PLACE_ID)},
			  t, &v->fault);
}

static int note_role(struct deed *d)
{
	enum deed_role role = role_of(d);
	struct sim_thing t = {0};
	json_t *kept, *p;
	int64_t promotions;

	if (role == DEED_ROLE_AS_ASKED)
		return 0;
	if (find_place(d->v, &t) < 0)
		return -1;
	kept = t.properties ? json_parse(text_of(t.properties), NULL, NULL) : NULL;
	promotions = json_int(kept, "Promotions", 0) + (role == DEED_ROLE_PRIMARY);
	json_decref(kept);
	p = json_object();
	t.type = PLACE_TYPE;
	t.id = PLACE_ID;
	json_object_set_new(p, "Role", json_integer(role));
	json_object_set_new(p, "By", json_string(d->v->event.address));
	json_object_set_new(p, "Promotions", json_integer(promotions));
	return put_thing(d, &t, p);
}

int deed_look(struct visit *v, struct deed_place *out)
{
	struct sim_thing t = {0};
	json_t *kept;
	int there;

	*out = (struct deed_place){DEED_ROLE_AS_ASKED, "", 0};
	if (store_begin(v->session->store, &v->fault) < 0)
		return -1;
	there = find_place(v, &t);
	store_rollback(v->session->store);
	if (there < 1)
		return there;
	kept = json_parse(text_of(t.properties), NULL, NULL);
	out->role = (enum deed_role)json_int(kept, "Role", DEED_ROLE_AS_ASKED);
	out->by = arena_strdup(v->arena, json_str(kept, "By", ""));
	out->promotions = json_int(kept, "Promotions", 0);
	json_decref(kept);
	return 0;
}

/* --- all of them -------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum sim_op op;
	deed_fn *fill;
	bool changes;        /* it is logged */
	const char *typical; /* in a rehearsal, when nothing was recorded */
} deeds[] = {
	{"command", OP_COMMAND, give_command, true, "3s p95 15s"},
	{"http", OP_HTTP, give_http, true, "300ms p95 2s"},
	{"notify", OP_NOTIFY, give_nothing, true, "300ms p95 2s"},
	{"weights", OP_WEIGHTS, give_weights, false, "100ms"},
	{"set-weights", OP_WEIGHTS, set_weights, true, "300ms p95 1s"},
};
#define NAMED SIZE_MAX

static size_t deed_index(struct text action)
{
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		if (text_is(action, deeds[i].name))
			return i;
	}
	return NAMED;
}

bool deed_is_known(struct text action)
{
	return deed_index(action) != NAMED;
}

static int log_it(struct deed *d)
{
	struct visit *v = d->v;
	struct sim_thing t = {.type = arena_text(v->arena, v->about),
			      .id = d->id,
			      .properties = "{}",
			      .secrets = "{}"};

	v->event.deed = SIM_ACT;
	v->event.act = arena_text(v->arena, d->action);
	v->event.effect = HD_EFFECT_DONE;
	v->event.at_ms = v->now_ms;
	return store_log(v->session->store, &t, &v->event, &v->fault);
}

/* All that happens, at once: what is pending only has not been answered yet. */
static int happen(struct deed *d, size_t index)
{
	struct visit *v = d->v;
	bool changes = index == NAMED || deeds[index].changes;
	int rc;

	if (store_begin(v->session->store, &v->fault) < 0)
		return -1;
	rc = index == NAMED ? 0 : deeds[index].fill(d);
	if (rc == 0 && changes)
		rc = log_it(d);
	if (rc == 0 && changes && v->op != OP_WEIGHTS)
		rc = note_role(d);
	return visit_settle(v, rc);
}

static int wait_for(struct visit *v, const json_t *token, int64_t until_ms)
{
	const struct sim_settings *s = &v->session->settings;
	int64_t wait_ms = until_ms - v->now_ms;

	if (!s->rehearses && wait_ms > s->poll_ms)
		wait_ms = s->poll_ms;
	v->call.host->set_pending(v->call.op, span_of(json_text(v->arena, token)), wait_ms);
	return HD_PENDING;
}

static int give(struct visit *v, const json_t *result)
{
	v->call.host->set_result(v->call.op, span_of(json_text(v->arena, result)));
	v->call.host->set_effect(v->call.op, HD_EFFECT_DONE);
	return HD_OK;
}

static int answer(struct deed *d)
{
	struct visit *v = d->v;
	json_t *token;
	int status;

	if (visit_aftermath(v) < 0)
		return visit_say(v);
	if (v->pending_ms <= 0)
		return give(v, d->result);
	token = json_object();
	json_object_set_new(token, "v", json_integer(1));
	json_object_set_new(token, "act", json_string(v->event.act ? v->event.act : ""));
	json_object_set_new(token, "until", json_integer(v->now_ms + v->pending_ms));
	json_object_set(token, "result", d->result);
	status = wait_for(v, token, v->now_ms + v->pending_ms);
	json_decref(token);
	return status;
}

static int carry_out(struct deed *d, size_t index)
{
	int status;

	d->result = json_object();
	if (visit_enter(d->v) < 0 || happen(d, index) < 0)
		status = visit_say(d->v);
	else
		status = answer(d);
	json_decref(d->result);
	return status;
}

int deed_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span action, struct hd_span args)
{
	size_t index = deed_index(span_text(action));
	struct visit v;
	struct deed d = {.v = &v, .action = span_text(action)};
	json_t *json;
	int status;

	visit_open(&v, s, op, NULL, deeds[index].op);
	json = span_json(v.arena, args);
	d.args = json;
	d.id = arena_strdup(v.arena, subject(v.arena, v.op, json));
	v.call.deadline_ms = r->deadline_ms;
	v.about = span_text(r->type);
	v.check = text_of(d.id);
	v.check_address = span_cstr(v.arena, r->address);
	v.event.key = span_cstr(v.arena, r->idem);
	v.event.address = v.check_address;
	v.typical = deeds[index].typical;
	status = carry_out(&d, index);
	json_decref(json);
	visit_close(&v);
	return status;
}

static int find_resource(struct visit *v, const char **id)
{
	struct sim_thing t;
	int there;

	if (store_begin(v->session->store, &v->fault) < 0)
		return -1;
	there = visit_find(v, &t);
	if (visit_settle(v, there < 0 ? -1 : 0) < 0)
		return -1;
	if (there == 0)
		return visit_not_found(v);
	*id = t.id;
	return 0;
}

int deed_act_on(struct visit *v, struct hd_span action, struct hd_span args)
{
	struct deed d = {.v = v, .action = span_text(action)};
	json_t *json;
	int status;

	v->op = OP_ACTION;
	v->about = span_text(v->r->type);
	v->typical = "20s p95 90s";
	if (!v->type || find_resource(v, &d.id) < 0)
		return visit_say(v);
	json = span_json(v->arena, args);
	d.args = json;
	status = carry_out(&d, NAMED);
	json_decref(json);
	return status;
}

bool deed_is_token(const json_t *token)
{
	return json_str(token, "act", NULL) && json_int(token, "v", 0) == 1;
}

int deed_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	      const json_t *token)
{
	struct visit v;
	int status;
	int64_t until_ms = json_int(token, "until", 0);

	visit_open(&v, s, op, NULL, OP_POLL);
	v.check_address = span_cstr(v.arena, r->address);
	v.about = span_text(r->type);
	v.call.deadline_ms = r->deadline_ms;
	if (visit_enter(&v) < 0)
		status = visit_say(&v);
	else if (until_ms > v.now_ms)
		status = wait_for(&v, token, until_ms);
	else
		status = give(&v, json_object_get(token, "result"));
	visit_close(&v);
	return status;
}
