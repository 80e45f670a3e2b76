/* check.c - health checks in the simulated cloud: all is well, unless a fault or what runbooks did
 * says otherwise. */
#include <string.h>

#include "base/clock.h"
#include "providers/kit/span.h"
#include "providers/sim/deeds.h"
#include "providers/sim/visit.h"

#define LAG_SECONDS 0.2
#define LAG_MS 200

/* What is answered to a check. */
struct sim_answer {
	bool healthy;
	const char *detail;
	json_t *values; /* NULL: none; stolen */
};

static int answer(struct visit *v, const struct sim_answer *a)
{
	json_t *result = json_object();

	json_object_set_new(result, "Healthy", json_boolean(a->healthy));
	json_object_set_new(result, "Detail", json_string(a->detail));
	json_object_set_new(result, "Millis", json_integer(0));
	if (a->values)
		json_object_set_new(result, "Values", a->values);
	v->call.host->set_result(v->call.op, span_of(json_text(v->arena, result)));
	json_decref(result);
	return HD_OK;
}

/* --- databases ----------------------------------------------------------------------------- */

static bool is_standby(const struct deed_place *place, const json_t *asked)
{
	const char *wanted = json_str(asked, "Role", "any");

	if (place->role != DEED_ROLE_AS_ASKED)
		return place->role == DEED_ROLE_STANDBY;
	if (strcmp(wanted, "any") == 0)
		return json_object_get(asked, "MaxLag") || json_object_get(asked, "MaxLagBytes");
	return strcmp(wanted, "standby") == 0;
}

static json_t *values_of(struct visit *v, const struct deed_place *place, bool standby)
{
	char commit[CLOCK_TEXT_LEN];
	json_t *values = json_object();

	clock_format_rfc3339(v->now_ms - LAG_MS, commit);
	json_object_set_new(values, "Role", json_string(standby ? "standby" : "primary"));
	json_object_set_new(values, "Writable", json_boolean(!standby));
	json_object_set_new(values, "ReadOnly", json_false());
	json_object_set_new(values, "LagSeconds", json_real(LAG_SECONDS));
	json_object_set_new(values, "LagBytes", json_integer(0));
	json_object_set_new(values, "Lsn", json_string("0/5000000"));
	json_object_set_new(values, "LastCommit", json_string(commit));
	json_object_set_new(values, "LastReplay", json_string(commit));
	json_object_set_new(values, "Timeline", json_integer(1 + place->promotions));
	if (standby)
		json_object_set_new(values, "Streaming", json_true());
	else
		json_object_set_new(values, "Standbys", json_integer(1));
	return values;
}

static int judge_database(struct visit *v, const json_t *asked)
{
	const char *wanted = json_str(asked, "Role", "any");
	const json_t *writes = json_object_get(asked, "Writable");
	struct sim_answer a = {true, "healthy in the simulation", NULL};
	struct deed_place place;
	bool standby;

	if (deed_look(v, &place) < 0)
		return visit_say(v);
	standby = is_standby(&place, asked);
	if (place.role == DEED_ROLE_FENCED) {
		a.detail = arena_printf(
			v->arena, "no answer in the simulation: fenced by step '%s'", place.by);
		a.healthy = false;
		return answer(v, &a);
	}
	a.values = values_of(v, &place, standby);
	if ((strcmp(wanted, "primary") == 0 && standby) ||
	    (strcmp(wanted, "standby") == 0 && !standby) || (json_is_true(writes) && standby) ||
	    (json_is_false(writes) && !standby)) {
		a.healthy = false;
		a.detail = standby ? "a standby in the simulation" : "a primary in the simulation";
	}
	return answer(v, &a);
}

/* --- names --------------------------------------------------------------------------------- */

/* What is wished for. */
static json_t *dns_values(const json_t *asked)
{
	static const char *const keys[] = {"Equals", "Contains"};
	struct str all = STR_INIT;
	json_t *values = json_object(), *item;
	size_t i;

	for (size_t k = 0; k < ARRAY_LEN(keys) && !all.len; k++) {
		const json_t *wished = json_object_get(asked, keys[k]);

		if (json_is_string(wished))
			str_add(&all, json_string_value(wished));
		json_array_foreach(wished, i, item)
		{
			str_add(&all, i ? " " : "");
			str_add(&all, json_is_string(item) ? json_string_value(item) : "");
		}
	}
	json_object_set_new(values, "Answers", json_string(str_cstr(&all)));
	str_release(&all);
	return values;
}

/* --- all of them --------------------------------------------------------------------------- */

static int judge(struct visit *v, const json_t *asked)
{
	const struct fault_kind *kind = v->rule ? v->rule->kind : NULL;
	const char *type = json_str(asked, "Type", "");
	struct sim_answer a = {true, "healthy in the simulation", NULL};

	if (kind && (kind->deed == DEED_SICK || kind->status != HD_OK)) {
		a.healthy = false;
		a.detail = v->rule->message ? v->rule->message : kind->message;
		return answer(v, &a);
	}
	if (strcmp(type, "POSTGRES") == 0)
		return judge_database(v, asked);
	if (strcmp(type, "DNS") == 0)
		a.values = dns_values(asked);
	return answer(v, &a);
}

/* Who does not answer is unhealthy; other faults mean that it could not be asked. */
static int judge_failure(struct visit *v)
{
	struct sim_answer a = {false, str_cstr(&v->fault.summary), NULL};

	return v->fault.status == HD_UNREACHABLE ? answer(v, &a) : visit_say(v);
}

int sim_check(struct hd_session *s, struct hd_op *op, struct hd_span args)
{
	struct visit v;
	json_t *asked;
	int status;

	visit_open(&v, s, op, NULL, OP_CHECK);
	asked = span_json(v.arena, args);
	v.check = text_of(arena_strdup(v.arena, json_str(asked, "Name", "")));
	v.check_address =
		arena_printf(v.arena, "%s/%s/%s", v.check.ptr, s->place.account, s->place.region);
	status = visit_enter(&v) < 0 ? judge_failure(&v) : judge(&v, asked);
	json_decref(asked);
	visit_close(&v);
	return status;
}
