/* fuzz_sub.c - any bytes as the text of Fn::Sub: scanned, placed, checked and evaluated. */
#include <stdlib.h>

#include "base/json.h"
#include "templates/sub.h"
#include "templates/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* The pieces follow each other and cover the text but for the marks of "${!". */
static void scan(struct text t)
{
	struct sub_scan s = sub_start(t);
	struct sub_piece p;
	size_t end = 0;

	while (sub_next(&s, &p)) {
		if (p.offset < end || !p.len || p.offset + p.len > t.len)
			abort();
		if ((p.kind == SUB_BAD) != (p.problem != NULL))
			abort();
		end = p.offset + p.len;
	}
}

static void evaluate(struct text template)
{
	static const struct eval_target target = {.project = "p",
						  .stack = "s",
						  .account = "-",
						  .region = "east",
						  .aws_region = "us-east-1"};
	const struct map none = MAP_INIT;
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	const struct source *src = source_from(a, "input", template, &d);
	const struct template *t = src ? template_load(a, src, NULL, &d) : NULL;

	if (t && template_check(t, &d) == 0)
		document_eval(a, t, &(struct eval_input){.target = &target, .parameters = &none},
			      &d);
	diags_release(&d);
	arena_free(a);
}

static const char head[] = "{\"Parameters\": {\"P\": {\"Type\": \"String\", \"Default\": \"d\"}}, "
			   "\"Resources\": {\"A\": {\"Type\": \"Sim::Node\"}, "
			   "\"R\": {\"Type\": \"Sim::Node\", \"Properties\": {\"X\": ";

/* With its text in a JSON string, and in a block of YAML as it is. */
static void embed(struct text t)
{
	struct str json = STR_INIT, yaml = STR_INIT;

	str_printf(&json, "%s{\"Fn::Sub\": ", head);
	json_quote(&json, t);
	str_add(&json, "}, \"Y\": {\"Fn::Sub\": [");
	json_quote(&json, t);
	str_add(&json, ", {\"V\": {\"Ref\": \"P\"}}]}}}}}");
	evaluate(str_text(&json));
	str_add(&yaml, "Resources:\n  R:\n    Type: Sim::Node\n    Properties:\n"
		       "      X: !Sub |\n        ");
	str_add_text(&yaml, t);
	evaluate(str_text(&yaml));
	str_release(&json);
	str_release(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct text t = {(const char *)bytes, len};

	scan(t);
	embed(t);
	return 0;
}
