/*
 * template_files.h - the files that one template is made of: its own, included snippets,
 * nested templates.
 *
 * Private to templates/.  template_load makes one struct template_files; everything that is
 * loaded from there shares it, so that a file that is named often is read once and the limits
 * (limits.h) hold for all files together.  Lives in the arena of the template.
 *
 * A file can be used as a snippet and as a template; for each use it remembers whether it is
 * being worked on and who asked for it, which is how circles are found.
 */
#ifndef TEMPLATES_TEMPLATE_FILES_H
#define TEMPLATES_TEMPLATE_FILES_H

#include "base/vec.h"
#include "templates/names.h"
#include "templates/node.h"
#include "templates/template.h"

enum file_use { AS_SNIPPET, AS_TEMPLATE, FILE_USE_COUNT };
enum file_progress { FILE_NEW, FILE_RUNNING, FILE_DONE, FILE_FAILED };

struct file_turn {
	enum file_progress progress;
	const struct template_file *asked_by; /* while running */
};

struct template_file {
	struct template_files *files;
	const struct source *src;
	struct file_turn turns[FILE_USE_COUNT];
	/* Of a snippet that is done: with everything included, and how large that is. */
	const struct node *snippet;
	size_t node_count, height;
	const struct template *tpl; /* NULL until loaded, and when that failed */
	enum file_progress loading;
};

struct template_files {
	struct arena *a;
	struct template_loader loader; /* load NULL: no file can be named */
	struct names by_path;          /* who names it and how, to struct template_file */
	struct names by_name;          /* of the source */
	struct {
		VEC_OF(struct template_file *)
	} all;                 /* in the order they were met; the template's own is the first */
	size_t included_nodes; /* that includes repeated */
};

/* loader may be NULL. */
struct template_files *template_files_new(struct arena *a, const struct template_loader *loader);
struct template_file *template_files_add(struct template_files *files, const struct source *src);
/*
 * The file that `from` names by a relative path or "file://...".  Other places than the file
 * system are refused.  NULL after an error at `where`.
 */
struct template_file *template_file_open(const struct template_file *from, struct text path,
					 struct range where, struct diags *d);
/* "https://..." and the like: nothing that is read here. */
bool template_path_remote(struct text path);
/* "a.yaml -> b.yaml -> a.yaml": from `again` along who asked whom to `last`, and back. */
const char *template_file_circle(struct arena *a, const struct template_file *last,
				 const struct template_file *again, enum file_use use);
/* -1 after an error: files ask for each other deeper than LIMIT_NESTED_DEPTH. */
int template_file_depth(const struct template_file *asking, enum file_use use, struct range where,
			struct diags *d);
/* Its template, loaded once; NULL after errors, which are told once. */
const struct template *template_file_load(struct template_file *file, struct diags *d);

#endif
