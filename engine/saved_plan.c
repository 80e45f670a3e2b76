/*
 * saved_plan.c - the file of a saved plan: written, read, sealed.
 *
 * The seal covers bytes and not what they mean, so that not one of them can be another.  Only
 * what is sealed is parsed for use; of everything else it is found out what is wrong with it.
 */
#include "engine/saved_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "engine/saved_plan_parts.h"
#include "engine/tree.h"

#define SEAL_BEFORE "],\n\"seal\":\""
#define SEAL_AFTER "\"}\n"
#define SEAL_LEN 64
#define TAIL_LEN (sizeof(SEAL_BEFORE) - 1 + SEAL_LEN + sizeof(SEAL_AFTER) - 1)
#define LINES_BEFORE ",\n\"plan\":[\n"

/* Tells one recorded state from another without giving its salt away. */
#define STATE_NAME "hadeploy saved plan: name of the state"
#define STATE_NAME_LEN 16

static void name_state(struct state *s, char out[65])
{
	state_seal(s, text_of(STATE_NAME), out);
	out[STATE_NAME_LEN] = '\0';
}

/* --- writing ------------------------------------------------------------------------------ */

static json_t *texts(const char *const *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(items[i]));
	return list;
}

static void set_texts(json_t *object, const char *key, const char *const *items, size_t count)
{
	if (count)
		json_object_set_new(object, key, texts(items, count));
}

/* What was given as argument is public and comes back with the plan; of the rest the name. */
static void set_parameters(json_t *header, const struct selection *sel)
{
	json_t *arguments = json_object(), *files = json_array();

	for (size_t i = 0; i < sel->param_count; i++) {
		const struct param_override *o = &sel->params[i];

		if (o->from_arguments)
			json_object_set_new(arguments, o->name, json_string(o->value));
		else
			json_array_append_new(files, json_string(o->name));
	}
	json_object_set_new(header, "param", arguments);
	json_object_set_new(header, "param_file", files);
}

static json_t *wishes_json(const struct plan_wishes *w)
{
	json_t *j = json_object(), *imports = json_array();

	set_texts(j, "only", w->only.items, w->only.count);
	set_texts(j, "exclude", w->exclude.items, w->exclude.count);
	set_texts(j, "replace", w->replace.items, w->replace.count);
	set_texts(j, "skip", w->skip.items, w->skip.count);
	for (size_t i = 0; i < w->import_count; i++)
		json_array_append_new(imports,
				      json_pack("{s:s, s:s}", "address", w->imports[i].address,
						"id", w->imports[i].id));
	if (w->import_count)
		json_object_set(j, "imports", imports);
	json_decref(imports);
	if (w->adopt)
		json_object_set_new(j, "adopt", json_true());
	return j;
}

static void set_maker(json_t *header, struct engine *e)
{
	struct lock_owner owner = engine_owner(e->arena, e->options.clock, e->options.command);
	struct str by = STR_INIT;
	char when[CLOCK_TEXT_LEN];

	str_printf(&by, "%s@%s", owner.user, owner.host);
	clock_format_rfc3339(owner.since_ms, when);
	json_object_set_new(header, "by", json_string(str_cstr(&by)));
	json_object_set_new(header, "made", json_string(when));
	str_release(&by);
}

/* The commit itself: what it was named by may name another one later. */
static void set_commit(json_t *header, const struct tree *files)
{
	if (!tree_ref(files))
		return;
	json_object_set_new(header, "commit", json_string(tree_commit(files)));
	json_object_set_new(header, "ref", json_string(tree_ref(files)));
}

static json_t *header_json(struct engine *e, const struct run_request *q)
{
	const struct selection *sel = &e->options.selection;
	json_t *j = json_object();
	char name[65];

	name_state(e->state, name);
	set_maker(j, e);
	json_object_set_new(j, "program", json_string(HADEPLOY_VERSION));
	json_object_set_new(j, "project", json_string(e->project->manifest->project));
	json_object_set_new(j, "state", json_string(name));
	json_object_set_new(j, "mode", json_string(run_mode_name(q->mode)));
	json_object_set_new(j, "refresh", json_boolean(q->refresh == REFRESH_YES));
	json_object_set_new(j, "stacks", texts(sel->stacks, sel->stack_count));
	json_object_set_new(j, "regions", texts(sel->regions, sel->region_count));
	set_commit(j, e->project->manifest->files);
	set_parameters(j, sel);
	if (sel->overrides == OVERRIDES_DROPPED)
		json_object_set_new(j, "drop_overrides", json_true());
	json_object_set_new(j, "wishes", wishes_json(&q->wishes));
	json_object_set_new(j, "rollout", saved_rollout_json(q));
	return j;
}

static void add_member(struct str *out, const char *before, json_t *value)
{
	str_add(out, before);
	json_canonical(value, out);
	json_decref(value);
}

static void add_all(struct engine *e, const struct saving *s, struct str *out)
{
	char seal[65];

	str_printf(out, "{\"hadeploy_plan\":%d", SAVED_PLAN_FORMAT);
	add_member(out, ",\n\"header\":", header_json(e, s->request));
	str_printf(out, ",\n\"made_from\":%s,\n\"shown\":", s->made_from);
	json_quote(out, s->shown);
	str_add(out, LINES_BEFORE);
	str_add_text(out, s->lines);
	str_add_char(out, '\n');
	state_seal(e->state, str_text(out), seal);
	str_add(out, SEAL_BEFORE);
	str_add(out, seal);
	str_add(out, SEAL_AFTER);
}

static int complain_write(const char *path, const char *why, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_PLAN_FILE_WRITE, RANGE_NONE,
				  "the plan cannot be saved to '%s': %s", path, why);

	diag_hint(d, g, "nothing of it was written; name another file with --out");
	return -1;
}

int saved_plan_write(struct engine *e, const struct saving *s, struct diags *d)
{
	struct str out = STR_INIT;
	int rc = 0;

	add_all(e, s, &out);
	if (out.len > LIMIT_JSON_LEN)
		rc = complain_write(s->path, "it is larger than a saved plan may be", d);
	else if (file_write_atomic(s->path, str_text(&out)))
		rc = complain_write(s->path, strerror(errno), d);
	str_release(&out);
	return rc;
}

/* --- what is wrong with a file ------------------------------------------------------------ */

static struct diag *unusable(const struct saved_plan *s, const char *why, struct diags *d)
{
	struct diag *g =
		diag_add(d, DIAG_PLAN_FILE_SHAPE, RANGE_NONE, "'%s' is not a saved plan", s->path);

	diag_detail(d, g, "%s", why);
	diag_hint(d, g, "make it with 'hadeploy plan --out %s'", s->path);
	return g;
}

static void say_bad_bytes(const struct saved_plan *s, size_t at, struct diags *d)
{
	struct str why = STR_INIT;

	str_printf(&why, "Byte %zu of it is not UTF-8 text.", at + 1);
	unusable(s, str_cstr(&why), d);
	str_release(&why);
}

static void say_other_format(const struct saved_plan *s, int64_t format, struct diags *d)
{
	struct diag *g =
		diag_add(d, DIAG_PLAN_FILE_FORMAT, RANGE_NONE,
			 "'%s' is a saved plan of format %lld", s->path, (long long)format);

	diag_detail(d, g, "This is hadeploy %s, which uses format %d.", HADEPLOY_VERSION,
		    SAVED_PLAN_FORMAT);
	diag_hint(d, g, "use one version of hadeploy for making and applying a plan");
}

/* The header of a file without a good seal is only good for messages. */
static void say_foreign(const struct saved_plan *s, const json_t *header, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_PLAN_FILE_FOREIGN, RANGE_NONE,
				  "'%s' was made with another recorded state", s->path);

	diag_detail(d, g, "It says that it was made for project '%s' by %s at %s.",
		    json_str(header, "project", "?"), json_str(header, "by", "?"),
		    json_str(header, "made", "?"));
	diag_hint(d, g,
		  "a plan is applied in the project it was made in, with the .hadeploy "
		  "folder that was there then");
}

static void say_changed(const struct saved_plan *s, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_PLAN_FILE_SEAL, RANGE_NONE,
				  "'%s' is not as it was written", s->path);

	diag_detail(d, g, "Its seal does not fit: it was edited, formatted anew, or damaged.");
	diag_hint(d, g, "make the plan again with 'hadeploy plan --out %s'", s->path);
}

/* There is no good seal on it: says why, as exactly as can be. */
static void explain(const struct saved_plan *s, struct state *state, struct diags *d)
{
	const char *why;
	size_t bad;
	json_t *j, *header;
	char name[65];

	if (!text_utf8_valid(str_text(&s->bytes), &bad)) {
		say_bad_bytes(s, bad, d);
		return;
	}
	j = json_parse(str_text(&s->bytes), s->arena, &why);
	header = json_object_get(j, "header");
	name_state(state, name);
	if (!j)
		unusable(s, arena_printf(s->arena, "It is not JSON: %s.", why), d);
	else if (!json_is_integer(json_object_get(j, "hadeploy_plan")) || !json_is_object(header))
		unusable(s, "It is JSON, and says nothing of a plan.", d);
	else if (json_int(j, "hadeploy_plan", 0) != SAVED_PLAN_FORMAT)
		say_other_format(s, json_int(j, "hadeploy_plan", 0), d);
	else if (strcmp(json_str(header, "state", ""), name) != 0)
		say_foreign(s, header, d);
	else
		say_changed(s, d);
	json_decref(j);
}

/* --- reading ------------------------------------------------------------------------------ */

static int complain_read(const struct saved_plan *s, struct diags *d)
{
	struct diag *g;

	if (errno == EFBIG) {
		g = diag_add(d, DIAG_PLAN_FILE_READ, RANGE_NONE,
			     "'%s' is larger than a saved plan may be", s->path);
		diag_hint(d, g, "name a file that 'hadeploy plan --out' made");
		return -1;
	}
	g = diag_add(d, DIAG_PLAN_FILE_READ, RANGE_NONE, "saved plan '%s' cannot be read: %s",
		     s->path, strerror(errno));
	diag_hint(d, g, "make it with 'hadeploy plan --out %s'", s->path);
	return -1;
}

/* Whether every byte is as this state's program wrote it. */
static bool seal_fits(const struct saved_plan *s, struct state *state)
{
	const struct str *b = &s->bytes;
	const char *tail = b->ptr + b->len - TAIL_LEN;
	char seal[65];

	if (b->len < TAIL_LEN || memcmp(tail, SEAL_BEFORE, sizeof(SEAL_BEFORE) - 1) != 0 ||
	    memcmp(b->ptr + b->len - (sizeof(SEAL_AFTER) - 1), SEAL_AFTER,
		   sizeof(SEAL_AFTER) - 1) != 0)
		return false;
	state_seal(state, (struct text){b->ptr, b->len - TAIL_LEN}, seal);
	return memcmp(tail + sizeof(SEAL_BEFORE) - 1, seal, SEAL_LEN) == 0;
}

/* Of a sealed file: the lines are not parsed, there may be a hundred thousand of them. */
static int read_sealed(struct saved_plan *s, struct diags *d)
{
	const struct str *b = &s->bytes;
	const char *at = memmem(b->ptr, b->len, LINES_BEFORE, sizeof(LINES_BEFORE) - 1);
	struct str head = STR_INIT;

	if (at) {
		const char *lines = at + sizeof(LINES_BEFORE) - 1;

		str_add_len(&head, b->ptr, (size_t)(at - b->ptr));
		str_add_char(&head, '}');
		s->head = json_parse(str_text(&head), NULL, NULL);
		s->lines = (struct text){lines, (size_t)(b->ptr + b->len - TAIL_LEN - lines)};
		str_release(&head);
	}
	if (s->head && json_int(s->head, "hadeploy_plan", 0) == SAVED_PLAN_FORMAT)
		return 0;
	if (s->head)
		say_other_format(s, json_int(s->head, "hadeploy_plan", 0), d);
	else
		unusable(s, "It is sealed, and has another form.", d);
	return -1;
}

static int read_file(struct saved_plan *s, const struct saved_plan_source *src, struct diags *d)
{
	struct state *state;
	int rc = -1;

	if (file_read(s->path, LIMIT_JSON_LEN, &s->bytes))
		return complain_read(s, d);
	state = engine_state_open(src->dir, STATE_READ, src->clock, d);
	if (!state)
		return -1;
	if (seal_fits(s, state))
		rc = read_sealed(s, d);
	else
		explain(s, state, d);
	state_close(state);
	return rc;
}

struct saved_plan *saved_plan_open(const struct saved_plan_source *src, struct diags *d)
{
	struct saved_plan *s = xcalloc(1, sizeof(*s));

	s->arena = arena_new();
	s->path = arena_strdup(s->arena, src->path);
	if (read_file(s, src, d) == 0)
		return s;
	saved_plan_close(s);
	return NULL;
}

void saved_plan_close(struct saved_plan *s)
{
	if (!s)
		return;
	json_decref(s->head);
	str_release(&s->bytes);
	arena_free(s->arena);
	free(s);
}

/* --- what it says -------------------------------------------------------------------------- */

const char *saved_plan_path(const struct saved_plan *s)
{
	return s->path;
}

const json_t *saved_plan_header(const struct saved_plan *s)
{
	return json_object_get(s->head, "header");
}

const char *saved_plan_shown(const struct saved_plan *s)
{
	return json_str(s->head, "shown", "");
}

void saved_plan_lines(const struct saved_plan *s, struct str *out)
{
	struct text_split split = text_split_start(s->lines);
	struct text line;

	while (text_next(&split, '\n', &line)) {
		if (text_ends(line, ","))
			line.len--;
		if (!line.len)
			continue;
		str_add_text(out, line);
		str_add_char(out, '\n');
	}
}

static const char *const *text_list(const struct saved_plan *s, const json_t *list, size_t *count)
{
	const char **items = ARENA_ARRAY(s->arena, json_array_size(list), const char *);

	*count = json_array_size(list);
	for (size_t i = 0; i < *count; i++)
		items[i] = json_string_value(json_array_get(list, i));
	return items;
}

void saved_plan_selection(const struct saved_plan *s, struct selection *out)
{
	const json_t *header = saved_plan_header(s);
	json_t *given = json_object_get(header, "param");
	struct param_override *params =
		ARENA_ARRAY(s->arena, json_object_size(given) + 1, struct param_override);
	const char *name;
	json_t *value;

	*out = (struct selection){.params = params, .ref = json_str(header, "commit", NULL)};
	if (json_flag(header, "drop_overrides", false))
		out->overrides = OVERRIDES_DROPPED;
	out->stacks = text_list(s, json_object_get(header, "stacks"), &out->stack_count);
	out->regions = text_list(s, json_object_get(header, "regions"), &out->region_count);
	json_object_foreach(given, name, value) params[out->param_count++] =
		(struct param_override){
			.name = name,
			.value = json_string_value(value),
			.origin = "--param",
			.from_arguments = true,
		};
}

static struct patterns patterns_of(const struct saved_plan *s, const json_t *wishes,
				   const char *key)
{
	struct patterns p = {NULL, 0};

	p.items = text_list(s, json_object_get(wishes, key), &p.count);
	return p;
}

static void read_imports(const struct saved_plan *s, const json_t *list, struct plan_wishes *out)
{
	struct import_wish *imports =
		ARENA_ARRAY(s->arena, json_array_size(list), struct import_wish);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);

		imports[i] = (struct import_wish){
			.address = json_str(j, "address", ""),
			.id = json_str(j, "id", ""),
			.where = RANGE_NONE,
		};
	}
	out->imports = imports;
	out->import_count = json_array_size(list);
}

static enum run_mode mode_of(const char *name)
{
	for (size_t m = 0; m < RUN_MODE_COUNT; m++)
		if (!strcmp(run_mode_name((enum run_mode)m), name))
			return (enum run_mode)m;
	return RUN_APPLY;
}

void saved_plan_request(const struct saved_plan *s, struct run_request *out)
{
	const json_t *header = saved_plan_header(s);
	const json_t *wishes = json_object_get(header, "wishes");

	out->mode = mode_of(json_str(header, "mode", ""));
	out->refresh = json_flag(header, "refresh", false) ? REFRESH_YES : REFRESH_NO;
	out->wishes.only = patterns_of(s, wishes, "only");
	out->wishes.exclude = patterns_of(s, wishes, "exclude");
	out->wishes.replace = patterns_of(s, wishes, "replace");
	out->wishes.skip = patterns_of(s, wishes, "skip");
	read_imports(s, json_object_get(wishes, "imports"), &out->wishes);
	out->wishes.adopt = json_flag(wishes, "adopt", false);
	saved_rollout_read(s, out);
	out->saved = s;
}
