/* planner_fixture.c - see planner_fixture.h. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "tests/unit/planner_fixture.h"

static const char schema_text[] =
	"{\"types\":{\"Fake::Thing\":{\"version\":1,\"properties\":{"
	"\"Name\":{\"type\":\"string\"},\"Size\":{\"type\":\"integer\"},"
	"\"Note\":{\"type\":\"string\"},\"Key\":{\"type\":\"string\"},"
	"\"Tags\":{\"type\":\"object\"},\"Where\":{\"type\":\"string\"},"
	"\"Serial\":{\"type\":\"string\"},\"Sum\":{\"type\":\"string\"}},"
	"\"required\":[\"Name\"],\"createOnlyProperties\":[\"/properties/Name\"],"
	"\"readOnlyProperties\":[\"/properties/Serial\",\"/properties/Sum\"],"
	"\"writeOnlyProperties\":[\"/properties/Key\"],"
	"\"endpointProperty\":\"/properties/Where\",\"ref\":\"/properties/Name\"},"
	"\"Fake::Plain\":{\"version\":1,\"properties\":{\"Name\":{\"type\":\"string\"},"
	"\"Arn\":{\"type\":\"string\"}},\"readOnlyProperties\":[\"/properties/Arn\"]},"
	"\"Fake::Data\":{\"version\":1,\"properties\":{\"Name\":{\"type\":\"string\"},"
	"\"Size\":{\"type\":\"integer\"}},\"createOnlyProperties\":[\"/properties/Name\"],"
	"\"actions\":[\"snapshot\"]}}}";

static int never_called(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	(void)s;
	(void)op;
	(void)r;
	return HD_FATAL;
}

/* Nothing to add to what the schema says. */
static int plan_nothing(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	(void)s;
	(void)op;
	(void)r;
	return HD_OK;
}

static int open_without_connection(const struct hd_host *host, struct hd_op *op,
				   struct hd_span config, struct hd_session **out)
{
	static char session;

	(void)host;
	(void)op;
	(void)config;
	*out = (struct hd_session *)(void *)&session;
	return HD_OK;
}

static void close_nothing(struct hd_session *s)
{
	(void)s;
}

static int never_polled(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
			struct hd_span token)
{
	(void)s;
	(void)op;
	(void)r;
	(void)token;
	return HD_FATAL;
}

static const struct hd_provider fake = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "sim",
	.version = "1",
	.schema = {schema_text, sizeof(schema_text) - 1},
	.open = open_without_connection,
	.close = close_nothing,
	.read = never_called,
	.create = never_called,
	.update = never_called,
	.remove = never_called,
	.poll = never_polled,
	.plan = plan_nothing, /* offered: the fixture's refine answers in its place */
};
const struct hd_provider *const fixture_builtins[] = {&fake, NULL};

static void write_file(const struct fixture *f, const char *name, const char *text)
{
	char *path = path_join(f->a, f->dir, name);

	assert_int_equal(file_write_atomic(path, text_of(text)), 0);
}

static void show(const struct diags *d)
{
	for (const struct diag *g = d->first; g; g = g->next)
		fprintf(stderr, "HD%d %s: %s\n", (int)g->code, g->summary,
			g->detail ? g->detail : "");
}

void fixture_open_project(struct fixture *f, const char *manifest_text, const char *template_text,
			  const struct selection *sel)
{
	static const struct selection everything;

	memset(f, 0, sizeof(*f));
	f->a = arena_new();
	snprintf(f->dir, sizeof(f->dir), "/tmp/hadeploy-planner-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	write_file(f, "hadeploy.yaml", manifest_text);
	write_file(f, "web.yaml", template_text);
	f->project = project_open(f->dir, fixture_builtins, sel ? sel : &everything, &f->d);
	show(&f->d);
	assert_non_null(f->project);
	f->state = state_open(f->project->manifest->state_path, STATE_WRITE, clock_real(), &f->d);
	show(&f->d);
	assert_non_null(f->state);
	f->list.items = f->records;
	f->in.selection = sel;
}

void fixture_open(struct fixture *f, const char *template_text)
{
	fixture_open_project(f,
			     "Project: shop\n"
			     "Regions: {east: {}}\n"
			     "Stacks: {web: {Template: web.yaml, Targets: [east]}}\n",
			     template_text, NULL);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	(void)walk;
	return remove(path);
}

void fixture_close(struct fixture *f)
{
	state_close(f->state);
	project_close(f->project);
	diags_release(&f->d);
	str_release(&f->text);
	arena_free(f->a);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct record *fixture_record(struct fixture *f, const char *key, const char *type,
			      const char *inputs, const char *depends_on)
{
	struct record *r = &f->records[f->list.count];

	assert_true(f->list.count < FIXTURE_RECORDS_MAX);
	assert_true(address_parse(f->a, text_of(key), &r->addr));
	r->deposed = "";
	r->type = type;
	r->provider = "sim";
	r->schema_version = 1;
	r->id = arena_printf(f->a, "id-%s", r->addr.logical_id);
	r->inputs = inputs;
	r->outputs = inputs;
	r->sensitive = "[]";
	r->depends_on = depends_on ? depends_on : "[]";
	r->endpoint = "";
	r->deletion_policy = "";
	f->list.count++;
	return r;
}

void fixture_seen(struct fixture *f, const struct record *r, enum seen seen, const char *outputs)
{
	f->in.observations = f->seen;
	f->seen[r - f->records] = (struct observation){seen, outputs};
}

/* Takes " @file:line:column" out of each line. */
static void strip_places(struct str *s)
{
	struct str out = STR_INIT;
	struct text_split lines = text_split_start(str_text(s));
	struct text line;

	while (text_next(&lines, '\n', &line)) {
		const char *at = memmem(line.ptr, line.len, " @", 2);

		str_add_len(&out, line.ptr, at ? (size_t)(at - line.ptr) : line.len);
		str_add_char(&out, '\n');
	}
	str_release(s);
	*s = out;
}

const struct plan *fixture_plan(struct fixture *f)
{
	const struct lookup_source nothing = {NULL, NULL, NULL};

	if (!f->in.destroy && project_evaluate(f->project, &nothing, PROJECT_DEPLOY, &f->d)) {
		show(&f->d);
		return NULL;
	}
	f->in.project = f->project;
	f->in.records = &f->list;
	f->in.instances = &f->instances;
	f->in.state = f->state;
	f->plan = planner_make(f->a, &f->in, &f->d);
	str_clear(&f->text);
	if (f->plan) {
		plan_dump(f->plan, &f->text);
		strip_places(&f->text);
	}
	return f->plan;
}

const struct change *fixture_change(const struct fixture *f, const char *logical_id)
{
	for (size_t i = 0; i < f->plan->change_count; i++) {
		if (!strcmp(f->plan->changes[i].addr.logical_id, logical_id))
			return &f->plan->changes[i];
	}
	fail_msg("no change of %s", logical_id);
	return NULL;
}

bool fixture_has_line(const struct fixture *f, const char *line)
{
	struct text_split lines = text_split_start(str_text(&f->text));
	struct text t;

	while (text_next(&lines, '\n', &t)) {
		if (text_is(t, line))
			return true;
	}
	fprintf(stderr, "no line '%s' in\n%s", line, str_cstr(&f->text));
	return false;
}

const char *fixture_without_dir(const struct fixture *f, const char *message)
{
	struct str out = STR_INIT;
	size_t len = strlen(f->dir) + 1;
	const char *at, *clean;

	for (; (at = strstr(message, f->dir)); message = at + len)
		str_add_len(&out, message, (size_t)(at - message));
	str_add(&out, message);
	clean = arena_strdup(f->a, str_cstr(&out));
	str_release(&out);
	return clean;
}
