/* Runbooks from any bytes, one or two (behind a line "%%"): laid out, bound, every step asked
 * for. */
#include <string.h>

#include "engine/runbook/language.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char manifest_text[] =
	"Project: p\n"
	"Regions:\n"
	"  east: {Hosts: {e1: {Address: 10.0.0.1, Roles: [db, web]}}}\n"
	"  west: {Hosts: {w1: {Address: 10.1.0.1, Roles: [db, web]}}}\n"
	"HealthChecks:\n"
	"  shop: {Type: HTTP, Url: 'http://${Host}/'}\n"
	"  primary: {Type: POSTGRES, Host: '${Host}', Role: primary}\n"
	"  standby: {Type: POSTGRES, Host: '${Host}', Role: standby}\n"
	"Runbooks: {main: main.yaml, inner: inner.yaml}\n"
	"Routes: {shop: {Type: PowerDNS::Route, Values: {east: [a], west: [b]}}}\n"
	"Stacks: {web: {Template: w, Targets: [east, west]}, db: {Template: d, Targets: [east]}}\n";

static const char inner_text[] = "Parameters: {Region: {Type: Region, Default: west}}\n"
				 "Steps: [{Name: w, Type: Wait, Duration: 1s}]\n";

static const struct value *result_of(void *context, struct arena *a, const char *path,
				     const char *name)
{
	(void)context;
	return strlen(path) % 2 ? value_string(a, text_of(name), NULL) : NULL;
}

static const char *output_of(void *context, const char *stack, const char *name, const char *region)
{
	(void)context;
	(void)stack;
	(void)region;
	return *name == 'N' ? NULL : "output";
}

/* Parents come first, and what stands in something has its path in front. */
static void look_at(const struct procedure *p)
{
	for (size_t i = 0; i < p->step_count; i++) {
		const struct procedure_step *s = &p->steps[i];
		const char *above;

		if (s->parent == STEP_TOP)
			continue;
		if (s->parent >= i)
			fail_fast("a parent comes later");
		above = p->steps[s->parent].path;
		if (strncmp(s->path, above, strlen(above)) != 0)
			fail_fast("a path is broken");
	}
}

/* References to secrets are left alone: nothing may depend on this machine. */
static void ask_steps(const struct bound_procedure *b, enum step_grace grace)
{
	const struct procedure *p = bound_procedure_of(b);

	for (size_t i = 0; i < p->step_count; i++) {
		struct arena *a = arena_new();
		struct diags d = DIAGS_INIT;
		const struct step_spec *s = step_spec(a, b, (struct step_wish){i, grace}, NULL, &d);

		if ((s == NULL) != diags_failed(&d))
			fail_fast("no step and no error, or both");
		if (s && (!s->values || !s->reason || !s->region))
			fail_fast("a step lacks something");
		diags_release(&d);
		arena_free(a);
	}
}

static const char *value_for(const struct runbook_parameter *q)
{
	static const char *const values[] = {
		[PARAMETER_REGION] = "east", [PARAMETER_STRING] = "", [PARAMETER_NUMBER] = "3"};

	return q->kind == PARAMETER_REGION && !strcmp(q->name, "To") ? "west" : values[q->kind];
}

static void bind(struct arena *a, const struct procedure *p)
{
	const struct runbook_world world = {result_of, output_of, NULL};
	struct parameter_given *given = ARENA_ARRAY(a, p->parameter_count, struct parameter_given);
	struct diags d = DIAGS_INIT;
	const struct bound_procedure *b;

	for (size_t i = 0; i < p->parameter_count; i++)
		given[i] = (struct parameter_given){p->parameters[i].name,
						    value_for(&p->parameters[i])};
	b = runbook_bind(a, p, &(struct given_list){given, p->parameter_count}, &world, &d);
	if ((b == NULL) != diags_failed(&d))
		fail_fast("not bound and no error, or both");
	if (b) {
		ask_steps(b, STEP_GRACEFUL);
		ask_steps(b, STEP_UNGRACEFUL);
	}
	diags_release(&d);
}

static void cut(struct text all, struct text *main, struct text *inner)
{
	static const char mark[] = "\n%%\n";
	const char *at = memmem(all.ptr, all.len, mark, strlen(mark));

	*main = all;
	*inner = text_of(inner_text);
	if (!at)
		return;
	main->len = (size_t)(at - all.ptr) + 1;
	inner->ptr = at + strlen(mark);
	inner->len = all.len - main->len - strlen(mark) + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	const struct source *src = source_from(a, "hadeploy.yaml", text_of(manifest_text), &d);
	const struct manifest *m = manifest_parse(a, src, "/srv/shop", &d);
	struct runbook_library *lib = runbook_library_new(a, m);
	const struct procedure *p = NULL;
	struct text main, inner;

	cut((struct text){(const char *)bytes, len}, &main, &inner);
	lib->files[0].src = source_from(a, "main.yaml", main, &d);
	lib->files[1].src = source_from(a, "inner.yaml", inner, &d);
	if (lib->files[0].src && lib->files[1].src)
		p = runbook_lay_out(lib, "main", &d);
	if ((p == NULL) != diags_failed(&d))
		fail_fast("no procedure and no error, or both");
	if (p) {
		look_at(p);
		bind(a, p);
	}
	diags_release(&d);
	arena_free(a);
	return 0;
}
