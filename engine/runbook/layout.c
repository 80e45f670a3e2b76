/* layout.c - the files of a procedure put together: its steps in one array. */
#include <string.h>

#include "base/digest.h"
#include "engine/runbook/language.h"

struct layout {
	struct arena *a;
	struct expansion *x;
	struct procedure_step *steps;
	size_t *locals;
	size_t count;
	struct {
		VEC_OF(struct frame)
	} frames;
};

const struct expansion *expansion_of(const struct procedure *p)
{
	return p->expansion;
}

static void lay_file(struct layout *l, size_t frame);

/* Frames grow while they are laid out: everything is looked up again by index. */
static void lay_run(struct layout *l, size_t frame, size_t step, struct runbook_file *file)
{
	struct frame *inner = arena_vec_add(l->a, &l->frames);

	*inner = (struct frame){.file = file,
				.parent = frame,
				.step = step,
				.first = l->count,
				.path = arena_printf(l->a, "%s/", l->steps[step].path)};
	lay_file(l, l->frames.count - 1);
}

static const char *parent_path(const struct layout *l, const struct frame *f, size_t parent)
{
	return parent == STEP_TOP || parent == f->step ? NULL : l->steps[parent].path;
}

static void lay_file(struct layout *l, size_t frame)
{
	const struct frame f = l->frames.items[frame];
	size_t *places = ARENA_ARRAY(l->a, f.file->steps.count, size_t);

	for (size_t i = 0; i < f.file->steps.count; i++) {
		const struct file_step *s = &f.file->steps.items[i];
		size_t parent = s->parent == STEP_TOP ? f.step : places[s->parent];
		size_t at = l->count++;
		const char *above = parent_path(l, &f, parent);

		places[i] = at;
		l->locals[at] = i;
		l->steps[at] = (struct procedure_step){
			.path = above ? arena_printf(l->a, "%s/%s", above, s->name)
				      : arena_printf(l->a, "%s%s", f.path, s->name),
			.name = s->name,
			.kind = s->kind,
			.role = s->role,
			.parent = parent,
			.frame = frame,
			.ungraceful = s->ungraceful || s->left_out,
			.where = s->where,
		};
		if (s->runs)
			lay_run(l, frame, at, s->runs);
	}
}

/* Over the name and bytes of every file, in the order they are used; a file that is run twice
 * counts twice. */
static void digest_files(const struct layout *l, char out[65])
{
	struct str all = STR_INIT;

	for (size_t i = 0; i < l->frames.count; i++) {
		const struct runbook_file *f = l->frames.items[i].file;
		char digest[65];

		digest_sha256(f->src->bytes, digest);
		str_printf(&all, "%s %s\n", f->entry->name, digest);
	}
	digest_sha256(str_text(&all), out);
	str_release(&all);
}

static const struct procedure *lay_out(struct runbook_library *lib, struct runbook_file *file)
{
	struct procedure *p = ARENA_NEW(lib->a, struct procedure);
	struct layout l = {.a = lib->a, .x = ARENA_NEW(lib->a, struct expansion)};

	l.steps = ARENA_ARRAY(lib->a, file->total, struct procedure_step);
	l.locals = ARENA_ARRAY(lib->a, file->total, size_t);
	*arena_vec_add(l.a, &l.frames) = (struct frame){file, SIZE_MAX, STEP_TOP, 0, ""};
	lay_file(&l, 0);
	*l.x = (struct expansion){lib, l.frames.items, l.frames.count, l.locals};
	*p = (struct procedure){
		.name = file->entry->name,
		.description = file->description ? file->description : "",
		.src = file->src,
		.parameters = file->parameters,
		.parameter_count = file->parameter_count,
		.objectives = file->objectives,
		.steps = l.steps,
		.step_count = l.count,
		.exclusive = file->exclusive,
		.expansion = l.x,
	};
	digest_files(&l, p->digest);
	return p;
}

static void report_unknown(const struct manifest *m, const char *name, struct diags *d)
{
	runbook_named(m, THING_RUNBOOK, NULL, (struct placed_text){text_of(name), RANGE_NONE}, d);
}

const struct procedure *runbook_lay_out(struct runbook_library *lib, const char *name,
					struct diags *d)
{
	const struct manifest_runbook *entry = manifest_runbook(lib->m, name);
	struct runbook_file *file;

	if (!entry) {
		report_unknown(lib->m, name, d);
		return NULL;
	}
	file = runbook_file_read(lib, entry, NULL, NULL, d);
	return file ? lay_out(lib, file) : NULL;
}

const struct procedure *runbook_load(struct arena *a, const struct manifest *m, const char *name,
				     struct diags *d)
{
	return runbook_lay_out(runbook_library_new(a, m), name, d);
}
