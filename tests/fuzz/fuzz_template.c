/* fuzz_template.c - any bytes as a template: loaded, checked, evaluated for a target. */
#include <stdlib.h>

#include "templates/node.h"
#include "templates/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const zones[] = {"a", "b"};
static const char *const roles[] = {"web"};
static const struct eval_host hosts[] = {
	{"web-1", "a", "127.0.0.1", roles, 1},
	{"db-1", "b", "127.0.0.2", NULL, 0},
};
static const struct eval_target target = {
	.project = "p",
	.stack = "s",
	.account = "-",
	.region = "east",
	.aws_region = "us-east-1",
	.zones = zones,
	.zone_count = ARRAY_LEN(zones),
	.hosts = hosts,
	.host_count = ARRAY_LEN(hosts),
};

static const struct value *known(void *context, struct arena *a, const char *logical_id,
				 const char *attribute)
{
	(void)context;
	return logical_id[0] % 2 ? value_string(a, text_of(attribute), NULL) : NULL;
}

static void look(const struct document *doc, struct arena *a, struct diags *d)
{
	const struct eval_lookup lookup = {known, NULL};
	struct str out = STR_INIT;

	for (size_t i = 0; i < doc->resource_count; i++) {
		const struct value *v = document_eval_resource(doc, i, &lookup, a, d);

		value_format(doc->resources[i].properties, &out);
		json_decref(v ? value_to_json(v) : NULL);
		json_decref(value_unknown_pointers(doc->resources[i].properties));
		if (document_find(doc, doc->resources[i].logical_id) != &doc->resources[i])
			abort();
	}
	for (size_t i = 0; i < doc->output_count; i++)
		value_format(doc->outputs[i].value, &out);
	str_release(&out);
}

static void evaluate(struct arena *a, const struct template *t, struct diags *d)
{
	const struct map none = MAP_INIT;
	size_t errors = d->error_count;
	const struct document *doc = document_eval(
		a, t, &(struct eval_input){.target = &target, .parameters = &none}, d);

	if (!doc != (d->error_count > errors))
		abort();
	if (!doc)
		return;
	look(doc, a, d);
	json_decref(document_parameters_json(doc));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT, more = DIAGS_INIT;
	const struct source *src =
		source_from(a, "input", (struct text){(const char *)bytes, len}, &d);
	const struct template *t = src ? template_load(a, src, NULL, &d) : NULL;

	if (!t != diags_failed(&d))
		abort();
	if (t && (template_check(t, &d) != 0) != diags_failed(&d))
		abort();
	if (t)
		evaluate(a, t, &more);
	diags_release(&d);
	diags_release(&more);
	arena_free(a);
	return 0;
}
