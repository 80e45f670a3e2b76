#include "providers/rest/call.h"

#include <string.h>

#include "base/clock.h"
#include "providers/kit/span.h"
#include "providers/rest/shape.h"

/* Absence of what is younger than this is not believed where copies lag behind. */
#define YOUNG_MS 10000

int64_t call_wall_ms(const struct rest_call *c)
{
	const struct hd_host *h = c->s->host;

	if (HD_KNOWS(struct hd_host, h, wall_ms) && h->wall_ms)
		return h->wall_ms(c->call.op);
	return clock_real()->wall_ms(clock_real());
}

bool call_is_eventual(const struct rest_call *c)
{
	return c->t->service.auth == AUTH_SIGV4;
}

void call_doubt_absence(const struct rest_call *c)
{
	if (call_is_eventual(c))
		c->s->host->set_retry_after(c->call.op, YOUNG_MS);
}

static int no_definition(struct rest_call *c)
{
	fault_set(&c->fault, HD_FATAL, DIAG_REST_TYPE, "there is no definition for this type");
	fault_detail(&c->fault, "provider %s does not know '%s'", c->s->kind->name, c->type);
	fault_hint(&c->fault, "put a definition of it into the folder that Definitions names: "
			      "docs/writing-types.md");
	return -1;
}

static int find_definition(struct rest_call *c)
{
	struct diags d = DIAGS_INIT;
	bool failed;

	c->t = definitions_find(c->s->definitions, c->type, &d);
	failed = diags_failed(&d);
	if (failed)
		session_say(&c->call, &d);
	diags_release(&d);
	if (c->t && !failed) {
		c->shape = session_shape(c->session, c->t, c->type);
		return 0;
	}
	/* What was said already needs no fault; only its status. */
	c->fault.status = HD_FATAL;
	return failed ? -1 : no_definition(c);
}

static void open_call(struct rest_call *c, struct hd_session *s, struct hd_op *op,
		      const struct hd_resource *r)
{
	*c = (struct rest_call){
		.session = s, .s = &s->rest, .call = {s->rest.host, op, r ? r->deadline_ms : 0}};
	c->none.size = sizeof(c->none);
	c->r = r ? r : &c->none;
	c->a = arena_new();
}

int call_begin(struct rest_call *c, struct hd_session *s, struct hd_op *op,
	       const struct hd_resource *r)
{
	open_call(c, s, op, r);
	c->type = span_cstr(c->a, r->type);
	c->id = span_cstr(c->a, r->id);
	c->desired = span_json(c->a, r->desired);
	c->recorded = span_json(c->a, r->recorded);
	c->changed = span_json(c->a, r->changed);
	if (!c->recorded)
		c->recorded = json_object();
	return find_definition(c);
}

int call_begin_type(struct rest_call *c, struct hd_session *s, struct hd_op *op,
		    struct hd_span type)
{
	open_call(c, s, op, NULL);
	c->type = span_cstr(c->a, type);
	c->id = "";
	c->recorded = json_object();
	return find_definition(c);
}

int call_fail(struct rest_call *c)
{
	if (c->fault.summary.len)
		return fault_say(&c->call, &c->fault);
	c->s->host->set_effect(c->call.op, c->fault.effect);
	return c->fault.status;
}

void call_end(struct rest_call *c)
{
	json_decref(c->desired);
	json_decref(c->recorded);
	json_decref(c->changed);
	json_decref(c->args);
	fault_release(&c->fault);
	arena_free(c->a);
}

json_t *call_without_secrets(const struct rest_call *c)
{
	json_t *out = json_deep_copy(c->desired);
	json_t *pointers = span_json(c->a, c->r->sensitive);

	/* Items of lists go from the end, so that what is left keeps its place. */
	for (size_t i = json_array_size(pointers); out && i-- > 0;)
		json_drop(out, text_of(json_string_value(json_array_get(pointers, i))));
	json_decref(pointers);
	return out;
}

/* ".Password" or "Password" in quotes, and no longer word. */
static bool mentions(struct text source, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 1; i + len <= source.len; i++) {
		const char *p = source.ptr + i;
		char before = p[-1], after = i + len < source.len ? p[len] : '\0';

		if (memcmp(p, name, len) != 0 || (before != '.' && before != '"'))
			continue;
		if (!(after == '_' || (after >= '0' && after <= '9') ||
		      (after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z')))
			return true;
	}
	return false;
}

static bool asks_for(const struct operation *op, size_t first, const char *name)
{
	for (size_t i = first; i < op->step_count; i++) {
		const struct step *s = &op->steps[i];

		if (mentions(s->request.source, name) || mentions(s->when.source, name) ||
		    mentions(s->for_each.source, name))
			return true;
	}
	return false;
}

const char *call_missing_secret(const struct rest_call *c, const struct operation *op, size_t first)
{
	json_t *pointers = span_json(c->a, c->r->sensitive);
	const char *found = NULL;

	for (size_t i = 0; i < json_array_size(pointers) && !found; i++) {
		const char *p = json_string_value(json_array_get(pointers, i));
		const char *name = p && *p == '/' ? arena_strdup(c->a, p + 1) : NULL;
		char *slash = name ? strchr(name, '/') : NULL;

		if (slash)
			*slash = '\0';
		if (name && *name && asks_for(op, first, name))
			found = name;
	}
	json_decref(pointers);
	return found;
}
