/* outside_lookup.c - values that somebody else keeps, asked of the provider entry `aws`. */
#include <poll.h>
#include <string.h>

#include "engine/call.h"
#include "engine/outside_parts.h"
#include "engine/session.h"

#define ENTRY "aws"
/* A lookup is small, and the whole run waits for it. */
#define TRIES 4
#define WAIT_MS 250
#define WAIT_MAX_MS 5000
#define LOOKUP_DEADLINE_MS 10000

/* One thing that is being looked up. */
struct lookup {
	struct outside_view *v;
	const struct resolve_reference *r; /* NULL: a fact of the place */
	const char *what, *subject;        /* of provider.h; in words */
	struct range where;
	struct diags *d;
};

static bool can_look_up(const struct provider_entry *e)
{
	return e && !registry_is_catalogue(e) && HD_KNOWS(struct hd_provider, e->table, lookup) &&
	       e->table->lookup;
}

static int report_nobody(const struct lookup *l, const struct provider_entry *e)
{
	struct diag *g =
		diag_add(l->d, DIAG_RESOLVE_NOBODY, l->where, "nobody can look up %s", l->subject);

	if (e)
		diag_detail(l->d, g, "Provider '%s' of the entry '%s' offers no lookup.",
			    e->table->name, e->name);
	else
		diag_detail(l->d, g, "There is no provider entry '%s' in this build.", ENTRY);
	diag_hint(l->d, g,
		  l->r ? "use {{resolve:env:NAME}} or {{resolve:file:PATH}}, or give '%s' a plugin "
			 "that offers lookup under Providers"
		       : "write Zones under the region, or AccountId under '%s', in the manifest",
		  ENTRY);
	return -1;
}

static void set_field(json_t *args, const char *name, struct text t)
{
	if (t.len)
		json_object_set_new(args, name, json_stringn(t.ptr, t.len));
}

static const char *arguments(const struct lookup *l)
{
	json_t *args = json_object();
	const char *text;

	set_field(args, "Name", l->r->name);
	set_field(args, "Version", l->r->version);
	set_field(args, "VersionStage", l->r->stage);
	set_field(args, "VersionId", l->r->version_id);
	/* A simulated secret has the key that will be taken out of it. */
	if (l->v->o->e->simulation)
		set_field(args, "Key", l->r->key);
	set_field(args, "Region", text_of(l->v->instance->place.aws_region));
	text = json_text(l->v->o->arena, args);
	json_decref(args);
	return text;
}

static int64_t wait_ms(const struct outcome *o, int try)
{
	int64_t ms = o->retry_after_ms ? o->retry_after_ms : (int64_t)WAIT_MS << try;

	return ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS;
}

/* Asked again while the fault may pass. */
static void run(const struct lookup *l, struct call *call, struct outcome *out)
{
	const struct engine *e = l->v->o->e;
	struct call_context around = engine_call_context(e);

	for (int try = 0;; try++) {
		call->deadline_ms =
			e->options.clock->monotonic_ms(e->options.clock) + LOOKUP_DEADLINE_MS;
		call_run(call, &around, out);
		if (!retry_is_passing(out->status) || try + 1 == TRIES || engine_interrupts(e) > 0)
			return;
		poll(NULL, 0, (int)wait_ms(out, try));
		outcome_release(out);
	}
}

static const char *report_answer(const struct lookup *l, const char *why)
{
	struct diag *g = diag_add(l->d, DIAG_RESOLVE_ANSWER, l->where,
				  "what %s gives cannot be used", l->subject);

	diag_detail(l->d, g, "%s", why);
	return NULL;
}

static const char *member_of(const struct lookup *l, const char *secret)
{
	struct arena *a = l->v->o->arena;
	json_t *all = json_parse(text_of(secret), NULL, NULL);
	const json_t *member = json_object_get(all, arena_text(a, l->r->key));
	const char *text;

	if (!json_is_object(all))
		text = report_answer(l, "The secret is no JSON object.");
	else if (!member)
		text = report_answer(l, "The secret has no such key.");
	else if (json_is_string(member))
		text = arena_strdup(a, json_string_value(member));
	else
		text = json_text(a, member);
	json_decref(all);
	return text;
}

static const char *text_of_result(const struct lookup *l, const struct outcome *out)
{
	json_t *result = json_parse(text_of(out->result), NULL, NULL);
	const char *text = json_string_value(result), *kept = NULL;

	if (!text)
		report_answer(l, "The provider handed over something else than a text.");
	else
		kept = l->r->key.len ? member_of(l, text) : arena_strdup(l->v->o->arena, text);
	json_decref(result);
	return kept;
}

static const char *report_status(const struct lookup *l, struct outcome *out)
{
	if (!diags_failed(&out->diags))
		return report_answer(l, out->status == HD_NOTFOUND ? "There is no such value."
								   : "The provider has no answer.");
	diags_take(l->d, &out->diags);
	return NULL;
}

/* 0: *out is to be released; -1: nobody could be asked. */
static int ask(const struct lookup *l, const char *args, struct outcome *out)
{
	struct engine *e = l->v->o->e;
	const struct provider_entry *entry = registry_entry(e->project->registry, ENTRY);
	struct call call = {.kind = CALL_LOOKUP, .where = l->where};

	if (!can_look_up(entry))
		return report_nobody(l, entry);
	call.table = entry->table;
	call.session = sessions_get(e->sessions, entry, &l->v->instance->id, l->d);
	if (!call.session)
		return -1;
	call.what = l->what;
	call.type = call.what;
	call.args = args;
	run(l, &call, out);
	return 0;
}

const char *outside_lookup(struct outside_view *v, const struct resolve_reference *r,
			   struct range where, struct diags *d)
{
	struct lookup l = {v, r, resolve_service_name(r->service), NULL, where, d};
	struct outcome out;
	const char *text;

	l.subject = arena_printf(v->o->arena, "'{{resolve:%.*s}}'", TEXT_ARG(r->body));
	if (ask(&l, arguments(&l), &out))
		return NULL;
	text = out.status == HD_OK ? text_of_result(&l, &out) : report_status(&l, &out);
	outcome_release(&out);
	return text;
}

const char *outside_lookup_fact(struct outside_view *v, const struct outside_fact *f,
				struct diags *d)
{
	struct arena *a = v->o->arena;
	struct lookup l = {v, NULL, f->what, NULL, f->where, d};
	json_t *args = json_pack("{s:s}", "Region", f->region);
	const char *text = NULL;
	struct outcome out;

	l.subject = strcmp(f->what, "account-id") == 0
			    ? "the number of the account"
			    : arena_printf(a, "the zones of region '%s'", f->region);
	if (ask(&l, json_text(a, args), &out) == 0) {
		text = out.status == HD_OK ? arena_strdup(a, out.result ? out.result : "")
					   : report_status(&l, &out);
		outcome_release(&out);
	}
	json_decref(args);
	return text;
}
