/* Type definitions from any bytes, as a bundle: reading them, and the schemas that come of it. */
#include "engine/schema.h"
#include "providers/rest/definition.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* What is accepted here the engine must take: nobody could mend it there. */
static void check_schema(struct arena *a, const struct definition *t)
{
	struct diags d = DIAGS_INIT;
	struct schema *schema;
	const char *text;

	if (!t->schema)
		return;
	text = json_text(a, t->schema);
	schema = schema_parse(a, "fuzz", t->type, text_of(text), &d);
	if (!schema)
		fail_fast(d.first->detail ? d.first->detail : "a schema is refused");
	schema_release(schema);
	diags_release(&d);
}

static void check_steps(const struct operation *o)
{
	for (size_t i = 0; i < o->step_count; i++) {
		if (!o->steps[i].name || !o->steps[i].method || o->steps[i].every_ms <= 0 ||
		    !o->steps[i].request_function)
			fail_fast("a step is incomplete");
	}
}

static void find(struct arena *a, struct definitions *s, const char *type)
{
	struct diags d = DIAGS_INIT;
	const struct definition *t = definitions_find(s, type, &d);

	if (t && diags_failed(&d))
		fail_fast("a definition, and an error");
	if (t) {
		check_schema(a, t);
		for (size_t i = 0; i < OPERATION_KIND_COUNT; i++)
			check_steps(&t->operations[i]);
		for (size_t i = 0; i < t->action_count; i++)
			check_steps(&t->actions[i].operation);
		if (!t->program.source.len)
			fail_fast("a definition without a program");
	}
	diags_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	struct definition_source source = {.bundle = {(const char *)bytes, len},
					   .bundle_name = "fuzz"};
	struct definitions *s = definitions_open(&source, &d);
	size_t count = 0;

	if ((s == NULL) != diags_failed(&d))
		fail_fast("no definitions and no error, or both");
	if (s) {
		const char *const *types = definitions_types(s, &count);

		for (size_t i = 0; i < count; i++)
			find(a, s, types[i]);
		find(a, s, "X::Unlisted");
	}
	definitions_close(s);
	diags_release(&d);
	arena_free(a);
	return 0;
}
