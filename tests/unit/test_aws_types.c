/* test_aws_types.c - the facts about AWS types: their data file, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/json.h"
#include "engine/schema.h"
#include "providers/aws/aws_provider.h"
#include "providers/aws/aws_types.h"
#include "tests/unit/provider_fixture.h"

#define DATA_LEN_MAX ((size_t)2 << 20)
#define TYPES_MIN 1828

static struct aws_types opened(void)
{
	struct aws_types t;

	assert_true(aws_types_open(&t, aws_types_data()));
	return t;
}

static json_t *schema_of(struct arena *a, const char *type)
{
	struct aws_types t = opened();
	struct str text = STR_INIT;
	const char *why = NULL;
	json_t *j;

	if (!aws_types_schema(&t, text_of(type), &text))
		fail_msg("%s is unknown", type);
	j = json_parse(str_text(&text), a, &why);
	if (!j)
		fail_msg("%s: %s", type, why);
	str_release(&text);
	return j;
}

static void the_data_is_small(void **state)
{
	(void)state;
	assert_in_range(aws_types_data().len, 1, DATA_LEN_MAX - 1);
}

static void names_ascend(void **state)
{
	struct aws_types t = opened();
	struct str name = STR_INIT, last = STR_INIT;

	(void)state;
	assert_in_range(t.count, TYPES_MIN, SIZE_MAX);
	for (size_t i = 0; i < t.count; i++) {
		str_clear(&name);
		assert_true(aws_types_name(&t, i, &name));
		assert_true(strcmp(str_cstr(&last), str_cstr(&name)) < 0);
		str_clear(&last);
		str_add_text(&last, str_text(&name));
	}
	assert_false(aws_types_name(&t, t.count, &name));
	str_release(&name);
	str_release(&last);
}

static void what_is_unknown_appends_nothing(void **state)
{
	static const char *const names[] = {"", "AWS::S3::Bucke", "AWS::S3::Buckets",
					    "aws::s3::bucket", "Zoo::Animal"};
	struct aws_types t = opened();
	struct str out = STR_INIT;

	(void)state;
	str_add(&out, "kept");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_false(aws_types_schema(&t, text_of(names[i]), &out));
	assert_string_equal(str_cstr(&out), "kept");
	str_release(&out);
}

/* One schema while it is walked through. */
struct walk {
	const char *type;
	json_t *root;
};

static json_t *resolved(const struct walk *w, json_t *node)
{
	for (size_t i = 0; i < 16 && json_str(node, "$ref", NULL); i++) {
		const char *ref = json_str(node, "$ref", "");

		node = text_starts(text_of(ref), "#/definitions/")
			       ? json_object_get(json_object_get(w->root, "definitions"),
						 ref + strlen("#/definitions/"))
			       : NULL;
	}
	return json_is_object(node) ? node : NULL;
}

static void check_names(const struct walk *w, const json_t *node, const json_t *names,
			const char *keyword)
{
	size_t i;
	const json_t *name;

	json_array_foreach(names, i, name)
	{
		const char *text = json_string_value(name);

		if (!text || !json_object_get(json_object_get(node, "properties"), text))
			fail_msg("%s: %s names '%s'", w->type, keyword, text ? text : "?");
	}
}

static void check_groups(const struct walk *w, json_t *node)
{
	static const char *const tables[] = {"dependentRequired", "dependentExcluded"};
	static const char *const lists[] = {"requiredXor", "requiredOr"};
	const char *name;
	json_t *names;
	size_t k;

	check_names(w, node, json_object_get(node, "required"), "required");
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		json_object_foreach(json_object_get(node, tables[i]), name, names)
		{
			assert_non_null(json_object_get(json_object_get(node, "properties"), name));
			check_names(w, node, names, tables[i]);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		json_array_foreach(json_object_get(node, lists[i]), k, names)
		{
			assert_in_range(json_array_size(names), 2, SIZE_MAX);
			check_names(w, node, names, lists[i]);
		}
	}
}

static void check_kind(const struct walk *w, const json_t *kind)
{
	static const char *const kinds[] = {"string",  "integer", "number",
					    "boolean", "array",   "object"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(json_string_value(kind), kinds[i]) == 0)
			return;
	}
	fail_msg("%s: a type '%s'", w->type, json_string_value(kind));
}

static void check_node(const struct walk *w, json_t *node)
{
	json_t *type = json_object_get(node, "type"), *list = json_object_get(node, "enum"),
	       *member;
	const char *name;
	size_t i;

	assert_true(json_is_object(node));
	if (json_object_get(node, "$ref")) {
		if (!resolved(w, node))
			fail_msg("%s: %s leads nowhere", w->type, json_str(node, "$ref", "?"));
		return;
	}
	if (json_is_array(type)) {
		json_array_foreach(type, i, member) check_kind(w, member);
	} else if (type) {
		check_kind(w, type);
	}
	assert_true(!list || json_array_size(list) > 0);
	check_groups(w, node);
	json_object_foreach(json_object_get(node, "properties"), name, member)
		check_node(w, member);
	if (json_object_get(node, "items"))
		check_node(w, json_object_get(node, "items"));
	member = json_object_get(node, "additionalProperties");
	if (json_is_object(member))
		check_node(w, member);
}

static bool leads_somewhere(const struct walk *w, const char *pointer)
{
	struct text_split split = text_split_start(text_of(pointer + strlen("/properties/")));
	json_t *node = w->root;
	struct text piece;

	while (node && text_next(&split, '/', &piece)) {
		json_t *members = json_object_get(node, "properties");

		if (!text_is(piece, "*"))
			node = json_object_getn(members, piece.ptr, piece.len);
		else if (json_object_get(node, "items"))
			node = json_object_get(node, "items");
		else
			node = json_object_get(node, "additionalProperties");
		node = resolved(w, node);
	}
	return node != NULL;
}

static void check_pointer(const struct walk *w, const json_t *pointer, const char *keyword)
{
	const char *text = json_string_value(pointer);

	if (!text || !text_starts(text_of(text), "/properties/") || !leads_somewhere(w, text))
		fail_msg("%s: %s holds '%s'", w->type, keyword, text ? text : "?");
}

static void check_pointers(const struct walk *w)
{
	static const char *const lists[] = {"readOnlyProperties",
					    "writeOnlyProperties",
					    "createOnlyProperties",
					    "conditionalCreateOnlyProperties",
					    "deprecatedProperties",
					    "primaryIdentifier",
					    "refOf"};
	static const char *const singles[] = {"ref", "tagProperty"};
	const json_t *pointer;
	size_t k;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		json_array_foreach(json_object_get(w->root, lists[i]), k, pointer)
			check_pointer(w, pointer, lists[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(singles); i++) {
		if (json_object_get(w->root, singles[i]))
			check_pointer(w, json_object_get(w->root, singles[i]), singles[i]);
	}
}

static void check_schema(struct arena *a, const char *type)
{
	struct walk w = {type, schema_of(a, type)};
	int answers = (json_object_get(w.root, "ref") != NULL) +
		      (json_object_get(w.root, "refOf") != NULL) +
		      (json_object_get(w.root, "refText") != NULL);
	json_t *node;
	const char *name;

	check_node(&w, w.root);
	json_object_foreach(json_object_get(w.root, "definitions"), name, node)
		check_node(&w, node);
	json_object_foreach(json_object_get(w.root, "attributes"), name, node) check_node(&w, node);
	check_pointers(&w);
	if (answers != 1)
		fail_msg("%s: says %d times what Ref gives", type, answers);
	assert_true(json_is_array(json_object_get(w.root, "handlers")));
	json_decref(w.root);
}

static void every_schema_is_consistent(void **state)
{
	struct aws_types t = opened();
	struct str name = STR_INIT;

	(void)state;
	for (size_t i = 0; i < t.count; i++) {
		struct arena *a = arena_new();

		str_clear(&name);
		aws_types_name(&t, i, &name);
		check_schema(a, str_cstr(&name));
		arena_free(a);
	}
	str_release(&name);
}

static void the_engine_takes_every_schema(void **state)
{
	struct aws_types t = opened();
	struct str name = STR_INIT, text = STR_INIT;

	(void)state;
	for (size_t i = 0; i < t.count; i++) {
		struct arena *a = arena_new();
		struct diags d = DIAGS_INIT;
		struct schema *s;

		str_clear(&name);
		str_clear(&text);
		aws_types_name(&t, i, &name);
		aws_types_schema(&t, str_text(&name), &text);
		s = schema_parse(a, "aws", str_cstr(&name), str_text(&text), &d);
		if (!s || d.first)
			fail_msg("%s: %s", str_cstr(&name), d.first ? d.first->detail : "?");
		schema_release(s);
		diags_release(&d);
		arena_free(a);
	}
	str_release(&name);
	str_release(&text);
}

static void facts_are_those_of_the_documentation(void **state)
{
	struct arena *a = arena_new();
	json_t *bucket = schema_of(a, "AWS::S3::Bucket"), *group;

	(void)state;
	assert_string_equal(json_str(bucket, "ref", ""), "/properties/BucketName");
	assert_non_null(
		json_object_get(json_object_get(bucket, "attributes"), "RegionalDomainName"));
	assert_string_equal(json_str(bucket, "tagProperty", ""), "/properties/Tags");
	group = schema_of(a, "AWS::EC2::SecurityGroup");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(group, "required"), 0)),
		"GroupDescription");
	json_decref(bucket);
	json_decref(group);
	arena_free(a);
}

/* Everything that can be asked of the bytes; what they answer does not matter. */
static void ask_all(struct text data, struct str *out)
{
	struct aws_types t;

	if (!aws_types_open(&t, data))
		return;
	for (size_t i = 0; i < t.count; i += 97) {
		str_clear(out);
		if (aws_types_name(&t, i, out)) {
			char *name = strdup(str_cstr(out));

			str_clear(out);
			aws_types_schema(&t, text_of(name), out);
			free(name);
		}
	}
	str_clear(out);
	aws_types_schema(&t, TEXT_LIT("AWS::RDS::DBInstance"), out);
}

/* Allocated anew for each length, so that a sanitizer sees a byte too far. */
static void cut_short_data_is_refused(void **state)
{
	struct text whole = aws_types_data();
	struct aws_types t;

	(void)state;
	for (size_t len = 0; len < whole.len; len += len < 64 ? 1 : 99991) {
		char *copy = malloc(len + !len);

		memcpy(copy, whole.ptr, len);
		assert_false(aws_types_open(&t, (struct text){copy, len}));
		assert_int_equal(t.count, 0);
		free(copy);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void damaged_data_does_no_harm(void **state)
{
	struct text whole = aws_types_data();
	char *copy = malloc(whole.len);
	struct str out = STR_INIT;

	(void)state;
	for (uint32_t round = 0; round < 60; round++) {
		uint32_t seed = round;
		/* The head, the index and the most used values stand in front. */
		size_t reach = round % 3 == 0 ? 24 : round % 3 == 1 ? whole.len : whole.len / 4;

		memcpy(copy, whole.ptr, whole.len);
		for (size_t i = 0; i < 1 + round * 4; i++)
			copy[8 + next_random(&seed) % (reach - 8)] = (char)next_random(&seed);
		ask_all((struct text){copy, whole.len}, &out);
	}
	str_release(&out);
	free(copy);
}

static void count_name(void *context, struct hd_span name)
{
	assert_true(name.len > 0);
	++*(size_t *)context;
}

static void measure_schema(void *context, struct hd_span schema)
{
	*(size_t *)context = schema.len;
}

static void the_provider_knows_them(void **state)
{
	const struct hd_provider *p = &hadeploy_provider_aws;
	const struct hd_span nothing = {"{}", 2};
	const struct hd_span bucket = {"AWS::S3::Bucket", strlen("AWS::S3::Bucket")};
	size_t count = 0, len = 0;
	struct hd_op op = {.effect = -1};
	struct hd_types *types;

	(void)state;
	assert_int_equal(p->types_open(provider_engine(), &op, nothing, &types), HD_OK);
	p->types_names(types, &count, count_name);
	assert_in_range(count, TYPES_MIN, SIZE_MAX);
	assert_int_equal(p->types_schema(types, bucket, &len, measure_schema), 1);
	assert_in_range(len, 1000, SIZE_MAX);
	assert_int_equal(p->types_schema(types, (struct hd_span){"No", 2}, &len, measure_schema),
			 0);
	p->types_close(types);
	provider_op_release(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_data_is_small),
		cmocka_unit_test(names_ascend),
		cmocka_unit_test(what_is_unknown_appends_nothing),
		cmocka_unit_test(every_schema_is_consistent),
		cmocka_unit_test(the_engine_takes_every_schema),
		cmocka_unit_test(facts_are_those_of_the_documentation),
		cmocka_unit_test(cut_short_data_is_refused),
		cmocka_unit_test(damaged_data_does_no_harm),
		cmocka_unit_test(the_provider_knows_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
