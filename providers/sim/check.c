/* check.c - health checks in the simulated cloud: all is well, unless a fault says otherwise. */
#include "providers/kit/span.h"
#include "providers/sim/visit.h"

static void answer(struct visit *v, const char *detail, bool healthy)
{
	json_t *result = json_object();

	json_object_set_new(result, "Healthy", json_boolean(healthy));
	json_object_set_new(result, "Detail", json_string(detail));
	json_object_set_new(result, "Millis", json_integer(0));
	v->call.host->set_result(v->call.op, span_of(json_text(v->arena, result)));
	json_decref(result);
}

static int judge(struct visit *v)
{
	const struct fault_kind *kind = v->rule ? v->rule->kind : NULL;

	if (!kind || (kind->deed != DEED_SICK && kind->status == HD_OK))
		answer(v, "healthy in the simulation", true);
	else
		answer(v, v->rule->message ? v->rule->message : kind->message, false);
	return HD_OK;
}

/* Who does not answer is unhealthy; other faults mean that it could not be asked. */
static int judge_failure(struct visit *v)
{
	if (v->fault.status != HD_UNREACHABLE)
		return visit_say(v);
	answer(v, str_cstr(&v->fault.summary), false);
	return HD_OK;
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
	json_decref(asked);
	status = visit_enter(&v) < 0 ? judge_failure(&v) : judge(&v);
	visit_close(&v);
	return status;
}
