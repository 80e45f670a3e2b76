/*
 * fuzz_template.c - any bytes as a template: loaded, checked, evaluated for a target.
 *
 * A form feed, which no template has, ends the template; behind it are the files that it may
 * name by a path that ends in their number: "./1".
 */
#include <stdlib.h>
#include <string.h>

#include "templates/node.h"
#include "templates/render.h"
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

/* As `render` shows a file without a project: much is unknown, and the result is a document
 * that reads. */
static void render(struct arena *a, const struct template *t)
{
	const struct map none = MAP_INIT;
	struct diags d = DIAGS_INIT;
	const struct document *doc = document_eval(
		a, t, &(struct eval_input){.target = &target, .parameters = &none, .partial = true},
		&d);
	const enum render_form forms[] = {RENDER_JSON, RENDER_YAML};

	for (size_t i = 0; doc && i < ARRAY_LEN(forms); i++) {
		struct str out = STR_INIT;
		const struct source *src;

		template_render(doc, forms[i], &out);
		diags_release(&d);
		src = source_from(a, "rendered", str_text(&out), &d);
		if (src && !node_parse(a, src, NODE_TEMPLATE, &d) &&
		    d.first->code != DIAG_YAML_DEPTH && d.first->code != DIAG_YAML_SIZE)
			abort();
		str_release(&out);
	}
	diags_release(&d);
}

/* The part of the input with this number, from 0; false when there are not as many. */
static bool input_part(struct text input, unsigned number, struct text *part)
{
	struct text_split parts = text_split_start(input);

	while (text_next(&parts, '\f', part)) {
		if (!number--)
			return true;
	}
	return false;
}

static const struct source *load_part(void *context, struct arena *a, const struct file_request *q,
				      struct diags *d)
{
	const struct text *input = context;
	size_t len = strlen(q->path);
	unsigned number = len ? (unsigned char)q->path[len - 1] % 10 : 0;
	struct text part;

	if (input_part(*input, number, &part))
		return source_from(a, arena_printf(a, "%u", number), part, d);
	diag_add(d, DIAG_FILE_OPEN, q->where, "there is no such part");
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct text input = {(const char *)bytes, len}, first = input;
	const struct template_loader loader = {load_part, &input};
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT, more = DIAGS_INIT;
	const struct source *src =
		input_part(input, 0, &first) ? source_from(a, "0", first, &d) : NULL;
	const struct template *t = src ? template_load(a, src, &loader, &d) : NULL;

	if (!t != diags_failed(&d))
		abort();
	if (t && (template_check(t, &d) != 0) != diags_failed(&d))
		abort();
	if (t)
		evaluate(a, t, &more);
	if (t && !diags_failed(&d))
		render(a, t);
	diags_release(&d);
	diags_release(&more);
	arena_free(a);
	return 0;
}
