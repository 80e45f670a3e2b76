/* Type definitions: what is read, which one is found, and what is said of those that are wrong. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "providers/rest/definition.h"

#define ZONE_OPERATIONS                                              \
	"Create: [{Method: POST, Path: /zones, Body: ., Id: .id}]\n" \
	"Read: {Steps: [{Path: '/zones/{$id}'}], State: .}\n"        \
	"Delete: [{Method: DELETE, Path: '/zones/{$id}'}]\n"

struct fixture {
	struct arena *a;
	struct diags d;
	struct definitions *s;
	char folder[64];
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->a = arena_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	definitions_close(f->s);
	diags_release(&f->d);
	if (f->folder[0])
		assert_int_equal(system(arena_printf(f->a, "rm -r '%s'", f->folder)), 0);
	arena_free(f->a);
	free(f);
	return 0;
}

/* "name:5:3 HD5330 summary | hint" per error, and forgets them. */
static const char *said(struct fixture *f)
{
	struct str out = STR_INIT;
	const char *text;

	for (const struct diag *g = f->d.first; g; g = g->next) {
		const char *name = g->where.src ? g->where.src->name : "";

		str_printf(&out, "%s:%u:%u HD%u %s", strrchr(name, '/') ? strrchr(name, '/') : name,
			   (unsigned)g->where.start.line, (unsigned)g->where.start.column,
			   (unsigned)g->code, g->summary);
		str_printf(&out, " | %s\n", g->hint ? g->hint : "");
	}
	text = arena_text(f->a, str_text(&out));
	str_release(&out);
	diags_release(&f->d);
	return text;
}

static void open_bundle(struct fixture *f, const char *bundle)
{
	struct definition_source source = {
		.bundle = text_of(bundle), .bundle_name = "b", .folder = NULL};

	definitions_close(f->s);
	f->s = definitions_open(&source, &f->d);
}

/* What is said of a bundle's type X::A, whose file is the body behind its Type. */
static const char *said_of(struct fixture *f, const char *body)
{
	open_bundle(f, arena_printf(f->a, "=== a.yaml\nType: X::A\n%s", body));
	assert_non_null(f->s);
	assert_null(definitions_find(f->s, "X::A", &f->d));
	return said(f);
}

static const struct definition *find(struct fixture *f, const char *type)
{
	const struct definition *t = definitions_find(f->s, type, &f->d);

	if (f->d.first)
		fail_msg("%s", said(f));
	return t;
}

static const struct definition *read_good(struct fixture *f, const char *bundle, const char *type)
{
	open_bundle(f, bundle);
	assert_non_null(f->s);
	return find(f, type);
}

/* --- what is read ------------------------------------------------------------------------- */

static void a_type_takes_what_its_service_says(void **state)
{
	struct fixture *f = *state;
	const struct definition *t =
		read_good(f,
			  "=== net/zone.yaml\nType: X::Zone\nEndpoint: http://other\n"
			  "Errors: {Exists: [409]}\n" ZONE_OPERATIONS
			  "=== net/service.yaml\nEndpoint: http://here\nAuth: bearer\n"
			  "Protocol: rest-json\nErrors: {NotFound: [404, 'No*', '404']}\n"
			  "Headers: {Accept: application/json}\nLibrary: 'def f: 1;'\n",
			  "X::Zone");

	assert_non_null(t);
	assert_string_equal(t->service.name, "net");
	assert_string_equal(t->service.endpoint, "http://other");
	assert_int_equal(t->service.auth, AUTH_BEARER);
	assert_true(t->service.auth_given);
	assert_int_equal(t->service.protocol, PROTOCOL_REST_JSON);
	assert_int_equal(t->service.errors.count, 3);
	assert_int_equal(t->service.errors.items[0].status, 404);
	assert_string_equal(t->service.errors.items[1].code, "No*");
	assert_string_equal(t->service.errors.items[2].code, "404");
	assert_int_equal(t->errors.items[0].kind, ERROR_EXISTS);
	assert_true(text_is(t->service.functions, "def f: 1;"));
	assert_non_null(t->service.headers.source.ptr);
	assert_string_equal(t->file, "b:net/zone.yaml");
	assert_null(t->schema);
}

static void a_service_can_be_named(void **state)
{
	struct fixture *f = *state;
	const char *bundle = "=== a.yaml\nType: X::A\nService: other\n" ZONE_OPERATIONS
			     "=== b.yaml\nType: X::B\nService: otter\n" ZONE_OPERATIONS
			     "=== service.yaml\nService: other\nApiVersion: '1'\n";

	assert_string_equal(read_good(f, bundle, "X::A")->service.api_version, "1");
	assert_null(definitions_find(f->s, "X::B", &f->d));
	assert_string_equal(said(f), "b:b.yaml:2:10 HD5335 there is no service 'otter' | "
				     "did you mean 'other'?\n");
}

static void steps_are_read_with_what_they_leave_out(void **state)
{
	struct fixture *f = *state;
	const struct definition *t =
		read_good(f,
			  "=== a.yaml\nType: X::A\n" ZONE_OPERATIONS "Update:\n"
			  "  - {Name: ask, Path: /x, When: .a, ForEach: .b, Keep: '{}'}\n"
			  "  - {Method: PUT, Path: /y, Send: form, Effect: none, Reads: true,\n"
			  "     Until: .done, Failed: .why, Errors: {Done: NotThere}}\n"
			  "  - {Path: /z, Until: .x, Every: 250ms, Reads: false,\n"
			  "     Pages: {Next: '{page: .next}', Items: .items}}\n"
			  "Actions: {promote: [{Method: POST, Path: /p}],\n"
			  "          snapshot: {Steps: [{Method: POST, Path: /s}], Result: .id}}\n",
			  "X::A");
	const struct operation *o = &t->operations[OPERATION_UPDATE];

	assert_int_equal(o->step_count, 3);
	assert_string_equal(o->steps[0].name, "ask");
	assert_string_equal(o->steps[0].method, "GET");
	assert_true(o->steps[0].reads);
	assert_string_equal(o->steps[1].name, "2");
	assert_int_equal(o->steps[1].send, SEND_FORM);
	assert_true(o->steps[1].effect_none && o->steps[1].reads);
	assert_int_equal(o->steps[1].every_ms, 5000);
	assert_int_equal(o->steps[1].errors.items[0].kind, ERROR_DONE);
	assert_string_equal(o->steps[1].errors.items[0].code, "NotThere");
	assert_int_equal(o->steps[2].every_ms, 250);
	assert_true(o->steps[2].pages.given && !o->steps[2].reads);
	assert_false(t->operations[OPERATION_LIST].given);
	assert_int_equal(t->action_count, 2);
	assert_true(text_is(definition_action(t, TEXT_LIT("snapshot"))->operation.result.source,
			    ".id"));
	assert_null(definition_action(t, TEXT_LIT("demote")));
}

static void actions_of_aws_read_by_their_names(void **state)
{
	struct fixture *f = *state;
	const struct definition *t =
		read_good(f,
			  "=== a.yaml\nType: X::A\nProtocol: ec2\nApiVersion: '2016-11-15'\n"
			  "Create: [{Action: CreateVpc, Id: .a}]\n"
			  "Read: {Steps: [{Action: DescribeVpcs}], State: .}\nDelete: []\n",
			  "X::A");

	assert_string_equal(t->operations[OPERATION_CREATE].steps[0].method, "POST");
	assert_false(t->operations[OPERATION_CREATE].steps[0].reads);
	assert_true(t->operations[OPERATION_READ].steps[0].reads);
	assert_int_equal(t->operations[OPERATION_DELETE].step_count, 0);
}

static void a_block_text_stands_where_its_first_line_does(void **state)
{
	struct fixture *f = *state;
	const struct definition *t = read_good(f,
					       "=== a.yaml\nType: X::A\nLibrary: |\n"
					       "  def f:\n    1;\n" ZONE_OPERATIONS,
					       "X::A");

	assert_int_equal(t->functions_where.start.line, 3);
	assert_int_equal(t->functions_where.start.column, 3);
}

static void a_schema_becomes_json(void **state)
{
	struct fixture *f = *state;
	const struct definition *t = read_good(
		f,
		"=== a.yaml\nType: X::A\nDescription: A thing\nSchema:\n  properties:\n"
		"    Name: {type: string, default: '5', maxLength: 10}\n"
		"    Size: {type: [integer, string], default: 5}\n"
		"    Tags: {type: array, items: {$ref: '#/definitions/Tag'}}\n"
		"  definitions: {Tag: {type: object, properties: {Key: {type: string}}}}\n"
		"  required: [Name]\n  readOnlyProperties: "
		"[/properties/Tags/*/Key]\n" ZONE_OPERATIONS
		"Update: []\nActions: {promote: [{Method: POST, Path: /p}]}\n",
		"X::A");
	char *text = json_dumps(t->schema, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(
		text,
		"{\"actions\":[\"promote\"],\"definitions\":{\"Tag\":{\"properties\":{\"Key\":"
		"{\"type\":\"string\"}},\"type\":\"object\"}},\"description\":\"A thing\","
		"\"properties\":{\"Name\":{\"default\":\"5\",\"maxLength\":10,\"type\":\"string\"},"
		"\"Size\":{\"default\":5,\"type\":[\"integer\",\"string\"]},\"Tags\":{\"items\":"
		"{\"$ref\":\"#/definitions/Tag\"},\"type\":\"array\"}},\"readOnlyProperties\":"
		"[\"/properties/Tags/*/Key\"],\"required\":[\"Name\"]}");
	free(text);
}

static void what_is_not_served_is_told_with_the_schema(void **state)
{
	struct fixture *f = *state;
	const struct definition *t = read_good(
		f,
		"=== a.yaml\nType: X::A\n"
		"Schema: {properties: {A: {}, B: {type: array, items: {$ref: '#/definitions/C'}},"
		" M: {}}, definitions: {C: {properties: {D: {}}}}}\n"
		"Unserved:\n  A:\n  B/*/D: use E\n"
		"  M: {Reason: it is slow, Values: [slow, 3]}\n" ZONE_OPERATIONS "Update: []\n",
		"X::A");
	char *text = json_dumps(json_object_get(t->schema, "unservedProperties"),
				JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(
		text, "{\"/properties/A\":{},\"/properties/B/*/D\":{\"hint\":\"use E\"},"
		      "\"/properties/M\":{\"reason\":\"it is slow\",\"values\":[\"slow\",3]}}");
	free(text);
	t = read_good(f, "=== a.yaml\nType: X::A\nUnserved: {A, B/C}\n" ZONE_OPERATIONS, "X::A");
	assert_null(t->schema);
	assert_int_equal(json_object_size(t->unserved), 2);
	t = read_good(f,
		      "=== a.yaml\nType: X::A\nSchema: {properties: {A: {}},"
		      " writeOnlyProperties: [/properties/A]}\nShown: [A]\n" ZONE_OPERATIONS,
		      "X::A");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(t->schema, "shownProperties"), 0)),
		"/properties/A");
}

static void what_cannot_be_updated_is_replaced(void **state)
{
	static const char schema[] = "Schema: {properties: {A: {}, B: {}, C: {}}, "
				     "readOnlyProperties: [/properties/B], "
				     "createOnlyProperties: [/properties/A]}\n";
	struct fixture *f = *state;
	const char *bundle =
		arena_printf(f->a,
			     "=== a.yaml\nType: X::A\n%s" ZONE_OPERATIONS
			     "=== b.yaml\nType: X::B\n%s" ZONE_OPERATIONS "Update: []\n",
			     schema, schema);
	const json_t *list =
		json_object_get(read_good(f, bundle, "X::A")->schema, "createOnlyProperties");

	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 1)), "/properties/C");
	list = json_object_get(find(f, "X::B")->schema, "createOnlyProperties");
	assert_int_equal(json_array_size(list), 1);
}

/* --- which one is found ---------------------------------------------------------------------- */

static void a_type_comes_before_wildcards_and_longer_ones_before_shorter(void **state)
{
	struct fixture *f = *state;
	size_t count;

	open_bundle(f, "=== any.yaml\nType: 'X::*'\n" ZONE_OPERATIONS
		       "=== some.yaml\nType: X::S*\n" ZONE_OPERATIONS
		       "=== one.yaml\nType: X::Sun # the star\n" ZONE_OPERATIONS
		       "=== two.yaml\nType: X::Air\n" ZONE_OPERATIONS);
	assert_string_equal(find(f, "X::Sun")->file, "b:one.yaml");
	assert_string_equal(find(f, "X::Sea")->file, "b:some.yaml");
	assert_string_equal(find(f, "X::Tree")->file, "b:any.yaml");
	assert_null(find(f, "Y::Tree"));
	assert_string_equal(definitions_types(f->s, &count)[0], "X::Air");
	assert_int_equal(count, 2);
}

static void a_bundle_is_read_when_it_is_asked_for(void **state)
{
	struct fixture *f = *state;

	open_bundle(
		f, "=== a.yaml\nType: X::A\nNonsense: [\n=== b.yaml\nType: X::B\n" ZONE_OPERATIONS);
	assert_non_null(find(f, "X::B"));
	assert_ptr_equal(find(f, "X::B"), find(f, "X::B"));
	/* Everybody who asks hears why. */
	for (size_t i = 0; i < 2; i++) {
		assert_null(definitions_find(f->s, "X::A", &f->d));
		assert_int_equal(f->d.error_count, 1);
		assert_string_equal(f->d.first->where.src->name, "b:a.yaml");
		said(f);
	}
}

static void write_file(struct fixture *f, const char *name, const char *text)
{
	const char *path;

	if (!f->folder[0]) {
		snprintf(f->folder, sizeof(f->folder), "/tmp/hadeploy-definitions-XXXXXX");
		assert_non_null(mkdtemp(f->folder));
	}
	path = path_join(f->a, f->folder, name);
	assert_int_equal(file_make_dirs(path_dir(f->a, path)), 0);
	assert_int_equal(file_write_atomic(path, text_of(text)), 0);
}

static void open_folder(struct fixture *f, const char *bundle)
{
	struct definition_source source = {
		.bundle = text_of(bundle), .bundle_name = "b", .folder = f->folder};

	f->s = definitions_open(&source, &f->d);
}

static void a_folder_stands_before_the_bundle(void **state)
{
	struct fixture *f = *state;
	size_t count;

	write_file(f, "one/a.yaml", "Type: X::A\n" ZONE_OPERATIONS);
	write_file(f, "one/service.yaml", "Endpoint: http://mine\n");
	write_file(f, "one/.a.yaml.swp", "nothing");
	write_file(f, "README", "nothing");
	open_folder(f, "=== a.yaml\nType: X::A\n" ZONE_OPERATIONS
		       "=== b.yaml\nType: X::B\n" ZONE_OPERATIONS);
	assert_non_null(f->s);
	assert_string_equal(find(f, "X::A")->service.endpoint, "http://mine");
	assert_string_equal(find(f, "X::B")->file, "b:b.yaml");
	definitions_types(f->s, &count);
	assert_int_equal(count, 2);
}

static void a_folder_is_read_as_a_whole(void **state)
{
	struct fixture *f = *state;

	write_file(f, "a.yaml", "Type: X::A\nCreat: []\n" ZONE_OPERATIONS);
	write_file(f, "b.yaml", "Type: X::A\n" ZONE_OPERATIONS);
	write_file(f, "c.yaml", "Kind: X::A\n");
	write_file(f, "d.yaml", "Type: [\n");
	write_file(f, "e.yaml", "- Type\n");
	write_file(f, "f.yaml", "Type: Thing\n");
	write_file(f, "s/service.yaml", "Protocol: jsn\n");
	write_file(f, "s/x.yaml", "Type: X::S\n" ZONE_OPERATIONS);
	write_file(f, "s/y.yaml", "Type: X::T\n" ZONE_OPERATIONS);
	open_folder(f, "");
	assert_null(f->s);
	assert_string_equal(
		said(f),
		"/b.yaml:1:7 HD5334 type 'X::A' is defined already | remove one of them\n"
		"/c.yaml:1:1 HD5333 this definition has no 'Type' | it is a name such as "
		"MyApi::Thing; 'MyApi::*' is for every type that has no definition of its own\n"
		"/d.yaml:2:1 HD1004 not valid YAML: what begins here is not closed before the "
		"end of the file | close the quote or bracket\n"
		"/e.yaml:1:1 HD5331 a definition is a map, and this is a list | "
		"docs/writing-types.md has every key\n"
		"/f.yaml:1:7 HD5332 'Thing' cannot be the name of a type | it is a name such "
		"as MyApi::Thing; 'MyApi::*' is for every type that has no definition of its "
		"own\n"
		"/service.yaml:1:11 HD5332 'Protocol' of service 's' cannot be 'jsn' | did you "
		"mean 'json'? If not, it is one of json, rest-json, rest-xml, json-1.0, "
		"json-1.1, query, ec2\n"
		"/a.yaml:2:1 HD5330 a type has no key 'Creat' | did you mean 'Create'?\n");
}

static void a_link_that_leads_nowhere_is_an_error(void **state)
{
	struct fixture *f = *state;

	write_file(f, "a.yaml", "Type: X::A\n" ZONE_OPERATIONS);
	assert_int_equal(symlink("gone", arena_printf(f->a, "%s/b.yaml", f->folder)), 0);
	open_folder(f, "");
	assert_null(f->s);
	assert_non_null(strstr(f->d.first->summary, "/b.yaml"));
	assert_string_equal(f->d.first->detail, "No such file or directory");
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	struct definition_source source = {.folder = "/nonexistent/definitions"};
	struct fixture *f = *state;

	assert_null(definitions_open(&source, &f->d));
	assert_int_equal(f->d.first->code, DIAG_DEFINITION_FOLDER);
	assert_string_equal(f->d.first->detail, "No such file or directory");
}

#define ASKERS 4

static void *ask(void *context)
{
	struct diags d = DIAGS_INIT;
	const struct definition *t = definitions_find(context, "X::A", &d);

	diags_release(&d);
	return (void *)(uintptr_t)t;
}

static void threads_get_the_same(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[ASKERS];
	void *got[ASKERS];

	open_bundle(f, "=== a.yaml\nType: X::A\n" ZONE_OPERATIONS);
	for (size_t i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, f->s), 0);
	for (size_t i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_join(threads[i], &got[i]), 0);
	for (size_t i = 0; i < ASKERS; i++)
		assert_ptr_equal(got[i], find(f, "X::A"));
}

/* --- what is wrong --------------------------------------------------------------------- */

/* A body behind "Type: X::A", and the one error of it. */
static const struct {
	const char *body, *said;
} wrong[] = {
	{"Creat: []\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:1 HD5330 a type has no key 'Creat' | did you mean 'Create'?\n"},
	{"Protocol: jsn\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:11 HD5332 'Protocol' of type 'X::A' cannot be 'jsn' | did you mean "
	 "'json'? If not, it is one of json, rest-json, rest-xml, json-1.0, json-1.1, "
	 "query, ec2\n"},
	{"Auth: {Scheme: basic}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:7 HD5331 'Auth' of type 'X::A' is a text, and this is a map | "
	 "docs/writing-types.md has every key\n"},
	{"Errors: {Notfound: [404]}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:10 HD5332 'Errors' of type 'X::A' cannot be 'Notfound' | did you "
	 "mean 'NotFound'? If not, it is one of NotFound, Exists, Conflict, Throttled, "
	 "Retry, Done\n"},
	{"Errors: {NotFound: [4040]}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:21 HD5332 'NotFound' of type 'X::A' cannot be '4040' | an HTTP "
	 "status is a number from 100 to 599; write a code of digits in quotes\n"},
	{"Errors: {NotFound: [{}]}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:21 HD5331 'NotFound' of type 'X::A' is a text, and this is an "
	 "empty map | docs/writing-types.md has every key\n"},
	{"Headers: {A: [b]}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:14 HD5331 'A' of type 'X::A' is a text, and this is a list | "
	 "docs/writing-types.md has every key\n"},
	{"Actions: {a: 5}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:14 HD5331 action 'a' of type 'X::A' is a list of steps, and this "
	 "is a string | a step is one request: [{Method: POST, Path: /things}]\n"},
	{"Actions: {a: {Result: .}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:14 HD5333 action 'a' of type 'X::A' has no 'Steps' | Steps is the "
	 "list of its requests; [] when there are none\n"},
	{"Actions: {a: {Steps: [], State: .}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:33 HD5339 'State' does not belong to action 'a' of type 'X::A' | "
	 "it is for Read, Create and Update\n"},
	{"Actions: {a: [{Path: /a, Query: {b: }}]}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:37 HD5331 'b' of action 'a' of type 'X::A' is a jq program, and "
	 "this is nothing | leave the key out, or write null for a program that gives "
	 "it\n"},
	{"Update: [{Path: /a, Body: {b: .c}}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:27 HD5331 'Body' of 'Update' of type 'X::A' is a jq program, and "
	 "this is a map | write the program as a text: in quotes, or behind '|' on "
	 "lines of its own\n"},
	{"Update: [{Path: /a, Body: }]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:27 HD5331 'Body' of 'Update' of type 'X::A' is a jq program, and "
	 "this is nothing | leave the key out, or write null for a program that gives "
	 "it\n"},
	{"Update: [{Name: old, Path: /a}, {Path: /b, Body: $steps.olt.x}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:57 HD5339 '$steps.olt' is the answer of no step of 'Update' of type "
	 "'X::A' | did you mean 'old'?\n"},
	{"Actions: {a: {Steps: [{Path: /a}], Result: $steps.b}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:51 HD5339 '$steps.b' is the answer of no step of action 'a' of type "
	 "'X::A' | give a step the key Name: its answer is $steps.NAME for all that "
	 "follows\n"},
	{"Endpoint: 'http://{$region'\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:11 HD5320 no jq expression in '{$region' | write {{ for a brace that "
	 "is meant as one\n"},
	{"Endpoint: 'http://{$ENV.HOST}'\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:20 HD5337 a program of type 'X::A' uses '$ENV' | what a program may need "
	 "is in its variables: docs/writing-types.md; $settings has the Settings of the "
	 "provider's entry\n"},
	{"Update: [{Path: /a, Method: put}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:29 HD5332 'Method' of 'Update' of type 'X::A' cannot be 'put' | "
	 "did you mean 'PUT'? If not, it is one of GET, HEAD, POST, PUT, PATCH, DELETE\n"},
	{"Update: [{Path: /a, Name: 1st}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:27 HD5332 'Name' of 'Update' of type 'X::A' cannot be '1st' | a "
	 "name is made of letters, digits and '_', and begins with no digit: its answer "
	 "is $steps.NAME\n"},
	{"Update: [{Path: /a, Every: 5s}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:28 HD5339 'Every' of 'Update' of type 'X::A' has no 'Until' beside "
	 "it | Until says what is waited for; Every how often it is asked\n"},
	{"Update: [{Path: /a, Until: .x, Every: often}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:39 HD5332 'Every' of 'Update' of type 'X::A' cannot be 'often' | "
	 "it is a time from 1ms to 1h, such as 5s\n"},
	{"Update: [{Path: /a, Reads: yes}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:28 HD5331 'Reads' of 'Update' of type 'X::A' is true or false, and "
	 "this is a string | docs/writing-types.md has every key\n"},
	{"Update: [{Path: /a, Effect: some}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:29 HD5332 'Effect' of 'Update' of type 'X::A' cannot be 'some' | "
	 "it is none\n"},
	{"Update: [{Path: /a, Send: yaml}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:27 HD5332 'Send' of 'Update' of type 'X::A' cannot be 'yaml' | it "
	 "is one of json, form, text, xml, none\n"},
	{"Update: [{Path: /a, Pages: {Next: .}}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:28 HD5333 'Pages' of 'Update' of type 'X::A' has no 'Items' | Next "
	 "gives what the request of the next page has more, null at the end; Items the "
	 "list in one page\n"},
	{"Update: [{Path: /a, Untl: .}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:21 HD5330 a step has no key 'Untl' | did you mean 'Until'?\n"},
	{"Update: [{Method: PUT}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:10 HD5339 a step of 'Update' of type 'X::A' has no Path | write "
	 "Path: /things, and Method when it is not GET\n"},
	{"Update: [{Action: Put}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:10 HD5339 a step of 'Update' of type 'X::A' has an Action | this "
	 "protocol has a Method and a Path; json-1.0, json-1.1, query and ec2 have "
	 "Actions\n"},
	{"Update: [5]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:10 HD5331 a step of 'Update' of type 'X::A' is a map, and this is "
	 "a string | a step is one request: {Method: POST, Path: /things}\n"},
	{"Update: [{Name: a, Path: /a}, {Name: a, Path: /b}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:31 HD5334 'Update' of type 'X::A' has two steps of the name 'a' | "
	 "$steps.a would be the answer of both: name one of them otherwise\n"},
	{"Update: {Steps: [{Path: /a}], Items: .}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:38 HD5339 'Items' does not belong to 'Update' of type 'X::A' | it "
	 "is for FindByKey, FindByName and List\n"},
	{"List: {Steps: [{Path: /a}]}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:7 HD5333 'List' of type 'X::A' has no 'Items' | it gives the list "
	 "of what was found: {Steps: [...], Items: '[.[] | .id]'}\n"},
	{"List: [{Path: /a}]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:7 HD5333 'List' of type 'X::A' has no 'Items' | it gives the list "
	 "of what was found: {Steps: [...], Items: '[.[] | .id]'}\n"},
	{"Lists: round\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:8 HD5332 'Lists' of type 'X::A' cannot be 'round' | it is one of "
	 "flat, member\n"},
	{"Create: []\nRead: {Steps: [{Path: /a}], State: .}\nDelete: []\n",
	 "b:a.yaml:2:9 HD5333 'Create' of type 'X::A' has no steps | a step is one "
	 "request: {Method: POST, Path: /things}\n"},
	{"Create: [{Path: /a}]\nRead: {Steps: [{Path: /a}], State: .}\nDelete: []\n",
	 "b:a.yaml:2:9 HD5333 'Create' of type 'X::A' has no step with an 'Id' | the "
	 "step that makes the thing tells its id from the answer: Id: .id\n"},
	{"Create: [{Path: /a, Id: .}]\nRead: [{Path: /a}]\nDelete: []\n",
	 "b:a.yaml:3:7 HD5333 'Read' of type 'X::A' has no 'State' | it gives the whole "
	 "state from the last answer, null when there is no such thing: {Steps: [...], "
	 "State: .}\n"},
	{"Create: [{Path: /a, Id: .}]\nDelete: []\n",
	 "b:a.yaml:1:7 HD5333 type 'X::A' has no 'Read' | a type needs Create, Read and "
	 "Delete; Delete: [] when there is nothing to do\n"},
	{"Protocol: query\nCreate: [{Action: C, Id: .}]\nRead: {Steps: [{Action: R}], State: "
	 ".}\nDelete: []\n",
	 "b:a.yaml:1:7 HD5333 type 'X::A' has no 'ApiVersion' | its protocol sends the "
	 "version of the API with every request: ApiVersion: '2016-11-15'\n"},
	{"Protocol: json-1.1\nCreate: [{Action: C, Id: .}]\nRead: {Steps: [{Action: R}], State: "
	 ".}\nDelete: []\n",
	 "b:a.yaml:1:7 HD5333 type 'X::A' has no 'TargetPrefix' | its protocol names "
	 "actions as PREFIX.ACTION in the header X-Amz-Target\n"},
	{"Protocol: query\nApiVersion: 1\nCreate: [{Path: /a, Id: .}]\nRead: {Steps: [{Action: "
	 "R}], State: .}\nDelete: []\n",
	 "b:a.yaml:4:10 HD5339 a step of 'Create' of type 'X::A' has a Path | this "
	 "protocol has one address and Actions: write Action: NAME, and its parameters "
	 "as Body\n"},
	{"Schema: [a]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:9 HD5331 'Schema' of type 'X::A' is a map, and this is a list | "
	 "docs/writing-types.md has every key\n"},
	{"Schema: {propertys: {}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:10 HD5336 a schema has no keyword 'propertys' | did you mean "
	 "'properties'?\n"},
	{"Schema: {properties: {A: string}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:26 HD5336 a property in the schema of type 'X::A' is a map, and "
	 "this is a string | write {type: string}, or {} for anything\n"},
	{"Schema: {properties: {A: {type: text}}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:33 HD5336 'type' in the schema of type 'X::A' cannot be text | it "
	 "is string, integer, number, boolean, array or object, or a list of these\n"},
	{"Schema: {properties: {A: {typ: string}}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:27 HD5336 a schema has no keyword 'typ' | did you mean 'type'?\n"},
	{"Schema: {properties: {A: {maxLength: long}}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:38 HD5336 'maxLength' in the schema of type 'X::A' is a number, "
	 "and this is a string | docs/writing-types.md has every key\n"},
	{"Schema: {properties: {A: {pattern: '('}}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:36 HD5336 'pattern' is no regular expression | patterns are those "
	 "of ECMA-262, as in JSON Schema\n"},
	{"Schema: {properties: {A: {$ref: '#/definitions/B'}}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:33 HD5336 '$ref' leads nowhere in the schema of type 'X::A' | it "
	 "looks like '#/definitions/Name', and 'definitions' of the schema has the "
	 "name\n"},
	{"Schema: {properties: {A: {}}, required: [B]}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:42 HD5336 'required' in the schema of type 'X::A' names 'B', which "
	 "is no property | check the spelling, or add it to 'properties'\n"},
	{"Schema: {properties: {A: {}}, required: A}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:41 HD5336 'required' in the schema of type 'X::A' is a list of "
	 "names, and this is a string | docs/writing-types.md has every key\n"},
	{"Schema: {properties: {A: {}}, ref: /properties/B}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:36 HD5336 'ref' in the schema of type 'X::A' names "
	 "'/properties/B', which is no property | check the spelling, or add it to "
	 "'properties'\n"},
	{"Schema: {properties: {A: {}}, ref: A}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:36 HD5336 'ref' in the schema of type 'X::A' holds something that "
	 "is no pointer | a pointer looks like /properties/Name\n"},
	{"Schema: {properties: {A: {}}, readOnlyProperties: /properties/A}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:51 HD5336 'readOnlyProperties' in the schema of type 'X::A' is a "
	 "list of pointers such as /properties/Name, and this is a string | "
	 "docs/writing-types.md has every key\n"},
	{"Schema: {properties: {A: {}}, openAttributes: 1}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:47 HD5336 'openAttributes' in the schema of type 'X::A' is true or "
	 "false, and this is a string | docs/writing-types.md has every key\n"},
	{"Schema: {properties: {A: {}}, replacementStrategy: never}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:52 HD5336 'replacementStrategy' cannot be 'never' | it is "
	 "create_then_delete or delete_then_create\n"},
	{"Schema: {properties: {A: {}}, timeouts: {create: long}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:50 HD5336 'create' of 'timeouts' cannot be 'long' | it is a whole "
	 "number of seconds, from 1 on\n"},
	{"Schema: {properties: {A: {}}, timeouts: {creat: 5}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:42 HD5336 'timeouts' has no 'creat' | it is create, read, update or "
	 "delete\n"},
	{"Schema: {properties: {A: {}}, version: 0}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:40 HD5336 'version' in the schema of type 'X::A' is a whole number "
	 "from 1 on, and this is a string | docs/writing-types.md has every key\n"},
	{"Schema: {properties: {A: {enum: []}}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:33 HD5336 'enum' in the schema of type 'X::A' is a list with something in "
	 "it, and this is an empty list | docs/writing-types.md has every key\n"},
	{"Schema: {properties: {A: {}}}\nUnserved: {A, B, A/C}\n" ZONE_OPERATIONS,
	 "b:a.yaml:3:15 HD5336 'Unserved' of type 'X::A' names 'B', which is no property | check "
	 "the spelling; what is in another property is written Outer/Inner, what is in each item "
	 "of a list Outer/*/Inner\n"
	 "b:a.yaml:3:18 HD5336 'Unserved' of type 'X::A' names 'A/C', which is no property | check "
	 "the spelling; what is in another property is written Outer/Inner, what is in each item "
	 "of a list Outer/*/Inner\n"},
	{"Schema: {properties: {A: {}}}\nShown: [A, B]\n" ZONE_OPERATIONS,
	 "b:a.yaml:3:12 HD5336 'Shown' of type 'X::A' names 'B', which is no property | check "
	 "the spelling; what is in another property is written Outer/Inner, what is in each item "
	 "of a list Outer/*/Inner\n"},
	{"Shown: [[A]]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:9 HD5331 'Shown[0]' of type 'X::A' is a text, and this is a list | "
	 "docs/writing-types.md has every key\n"},
	{"Unserved: [A]\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:11 HD5331 'Unserved' of type 'X::A' is a map, and this is a list | "
	 "docs/writing-types.md has every key\n"},
	{"Unserved: {A: [b], B: {Value: [c]}, C: {Values: []}, D: {Values: "
	 "[{}]}}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:15 HD5331 'A' of 'Unserved' of type 'X::A' is a map, and this is a list | "
	 "docs/writing-types.md has every key\n"
	 "b:a.yaml:2:24 HD5330 a row of 'Unserved' has no key 'Value' | did you mean 'Values'?\n"
	 "b:a.yaml:2:49 HD5331 'Values' of 'Unserved' of type 'X::A' is a list, and this is an "
	 "empty list | docs/writing-types.md has every key\n"
	 "b:a.yaml:2:67 HD5331 'Values[0]' of 'Unserved' of type 'X::A' is a text, and this is an "
	 "empty map | docs/writing-types.md has every key\n"},
	{"Schema: {required: [B]}\n" ZONE_OPERATIONS,
	 "b:a.yaml:2:21 HD5336 'required' in the schema of type 'X::A' names 'B', which is no "
	 "property | check the spelling, or add it to 'properties'\n"},
};

static void what_is_wrong_is_said_where_it_is(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_string_equal(said_of(f, wrong[i].body), wrong[i].said);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_type_takes_what_its_service_says),
		TEST(a_service_can_be_named),
		TEST(steps_are_read_with_what_they_leave_out),
		TEST(actions_of_aws_read_by_their_names),
		TEST(a_block_text_stands_where_its_first_line_does),
		TEST(a_schema_becomes_json),
		TEST(what_is_not_served_is_told_with_the_schema),
		TEST(what_cannot_be_updated_is_replaced),
		TEST(a_type_comes_before_wildcards_and_longer_ones_before_shorter),
		TEST(a_bundle_is_read_when_it_is_asked_for),
		TEST(a_folder_stands_before_the_bundle),
		TEST(a_folder_is_read_as_a_whole),
		TEST(a_folder_that_is_not_there_is_an_error),
		TEST(a_link_that_leads_nowhere_is_an_error),
		TEST(threads_get_the_same),
		TEST(what_is_wrong_is_said_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
