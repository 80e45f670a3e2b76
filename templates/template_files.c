/* template_files.c - finding and remembering the files of a template. */
#include "templates/template_files.h"

#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "templates/sections.h"

/* From the file system */

static const struct source *load_from_disk(void *context, struct arena *a,
					   const struct file_request *q, struct diags *d)
{
	const char *name = path_tidy(a, path_join(a, path_dir(a, q->from->name), q->path));

	(void)context;
	return source_load(a, name, NULL, q->where, d);
}

const struct template_loader template_disk_loader = {load_from_disk, NULL};

/* The family */

struct template_files *template_files_new(struct arena *a, const struct template_loader *loader)
{
	struct template_files *files = ARENA_NEW(a, struct template_files);

	files->a = a;
	if (loader)
		files->loader = *loader;
	return files;
}

struct template_file *template_files_add(struct template_files *files, const struct source *src)
{
	struct template_file *file = ARENA_NEW(files->a, struct template_file), *known;

	file->files = files;
	file->src = src;
	known = names_add(files->a, &files->by_name, text_of(src->name), file);
	if (known)
		return known;
	*arena_vec_add(files->a, &files->all) = file;
	return file;
}

bool template_path_remote(struct text path)
{
	return memmem(path.ptr, path.len, "://", 3) && !text_starts(path, "file://");
}

static void refuse_remote(struct text path, struct range where, struct diags *d)
{
	struct diag *g =
		diag_add(d, DIAG_FILE_REMOTE, where, "'%.*s' is not fetched", TEXT_ARG(path));
	const char *slash = memrchr(path.ptr, '/', path.len);
	size_t len = path.len - (size_t)(slash + 1 - path.ptr);

	diag_detail(d, g, "files that a template names are read from the folder it is in");
	if (len)
		diag_hint(d, g, "put the file beside the template, and name it './%.*s'", (int)len,
			  slash + 1);
	else
		diag_hint(d, g, "put the file beside the template, and name it './NAME'");
}

static void refuse_all(struct text path, struct range where, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_FILE_NONE_HERE, where, "'%.*s' cannot be read from here",
				  TEXT_ARG(path));

	diag_hint(d, g, "use the template as a file of its own");
}

static int refuse_more(const struct template_files *files, struct range where, struct diags *d)
{
	struct diag *g;

	if (files->all.count < LIMIT_TEMPLATE_FILES)
		return 0;
	g = diag_add(d, DIAG_FILE_LIMIT, where, "this template names more than %d files",
		     LIMIT_TEMPLATE_FILES);
	diag_hint(d, g, "divide it into several stacks");
	return -1;
}

static struct template_file *read_file(const struct template_file *from, struct text path,
				       struct range where, struct diags *d)
{
	struct template_files *files = from->files;
	struct file_request q = {.from = from->src, .where = where};
	const struct source *src;

	if (refuse_more(files, where, d))
		return NULL;
	if (text_starts(path, "file://")) {
		const size_t scheme_len = strlen("file://");

		path = (struct text){path.ptr + scheme_len, path.len - scheme_len};
	}
	q.path = arena_text(files->a, path);
	src = files->loader.load(files->loader.context, files->a, &q, d);
	return src ? template_files_add(files, src) : NULL;
}

struct template_file *template_file_open(const struct template_file *from, struct text path,
					 struct range where, struct diags *d)
{
	struct template_files *files = from->files;
	struct template_file *file = NULL;
	const char *key;

	if (template_path_remote(path)) {
		refuse_remote(path, where, d);
		return NULL;
	}
	if (!files->loader.load) {
		refuse_all(path, where, d);
		return NULL;
	}
	key = arena_printf(files->a, "%s\n%.*s", from->src->name, TEXT_ARG(path));
	file = names_find(&files->by_path, text_of(key));
	if (file)
		return file;
	file = read_file(from, path, where, d);
	if (file)
		names_add(files->a, &files->by_path, text_of(key), file);
	return file;
}

const char *template_file_circle(struct arena *a, const struct template_file *last,
				 const struct template_file *again, enum file_use use)
{
	const char *path = arena_strdup(a, again->src->name);
	const struct template_file *f = last;

	for (; f && f != again; f = f->turns[use].asked_by)
		path = arena_printf(a, "%s -> %s", f->src->name, path);
	return arena_printf(a, "%s -> %s", again->src->name, path);
}

int template_file_depth(const struct template_file *asking, enum file_use use, struct range where,
			struct diags *d)
{
	const struct template_file *f = asking;
	struct diag *g;
	size_t depth = 0;

	for (; f && depth < LIMIT_NESTED_DEPTH; f = f->turns[use].asked_by)
		depth++;
	if (!f)
		return 0;
	g = diag_add(d, DIAG_FILE_LIMIT, where, "files name each other deeper than %d here",
		     LIMIT_NESTED_DEPTH);
	diag_hint(d, g, "name what is needed further up");
	return -1;
}

const struct template *template_file_load(struct template_file *file, struct diags *d)
{
	if (file->loading == FILE_NEW) {
		file->loading = FILE_RUNNING;
		file->tpl = sections_load(file, d);
		file->loading = file->tpl ? FILE_DONE : FILE_FAILED;
	}
	return file->tpl;
}

const struct source *const *template_sources(const struct template *t, struct arena *a,
					     size_t *count)
{
	const struct template_files *files = sections_of(t)->file->files;
	const struct source **list = ARENA_ARRAY(a, files->all.count, const struct source *);

	for (size_t i = 0; i < files->all.count; i++)
		list[i] = files->all.items[i]->src;
	*count = files->all.count;
	return list;
}

const struct template *const *template_nested(const struct template *t, struct arena *a,
					      size_t *count)
{
	const struct template_files *files = sections_of(t)->file->files;
	const struct template **list = ARENA_ARRAY(a, files->all.count, const struct template *);

	*count = 0;
	for (size_t i = 0; i < files->all.count; i++) {
		if (files->all.items[i]->tpl && files->all.items[i]->tpl != t)
			list[(*count)++] = files->all.items[i]->tpl;
	}
	return list;
}
