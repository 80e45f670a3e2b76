/* definition_files.c - which files there are: those of a bundle, those of a folder. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "providers/rest/definition_parts.h"

#define HEAD "=== "
#define FOLDER_DEPTH 8
#define FOLDER_FILES 10000

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	return arena_strndup(a, path, len);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool definition_is_service(const struct definition_text *t)
{
	return strcmp(t->base, "service.yaml") == 0 || strcmp(t->base, "service.yml") == 0;
}

/* --- a bundle --------------------------------------------------------------------------- */

/* The length up to the next line that begins a file. */
static size_t body_len(struct text rest)
{
	for (size_t at = 0; at < rest.len;) {
		const char *end = memchr(rest.ptr + at, '\n', rest.len - at);

		if (text_starts((struct text){rest.ptr + at, rest.len - at}, HEAD))
			return at;
		if (!end)
			break;
		at = (size_t)(end - rest.ptr) + 1;
	}
	return rest.len;
}

static void cut_bundle(struct arena *a, const struct definition_source *s,
		       struct definition_texts *out)
{
	struct text rest = s->bundle;

	rest.ptr += body_len(rest);
	rest.len -= (size_t)(rest.ptr - s->bundle.ptr);
	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t head = end ? (size_t)(end - rest.ptr) : rest.len;
		struct text path = text_trim(
			(struct text){rest.ptr + sizeof(HEAD) - 1, head - (sizeof(HEAD) - 1)});
		struct definition_text *t = arena_vec_add(a, out);
		const char *file = arena_text(a, path);

		head += end != NULL;
		rest = (struct text){rest.ptr + head, rest.len - head};
		t->name = arena_printf(a, "%s:%s", s->bundle_name ? s->bundle_name : "", file);
		t->folder = folder_of(a, file);
		t->base = base_of(file);
		t->bytes = (struct text){rest.ptr, body_len(rest)};
		rest = (struct text){rest.ptr + t->bytes.len, rest.len - t->bytes.len};
	}
}

/* --- a folder ------------------------------------------------------------------------------ */

struct walk {
	struct arena *a;
	const char *top;
	struct definition_texts *out;
	size_t first; /* of ours in out */
	struct diags *d;
};

static bool is_yaml(const char *name)
{
	struct text t = text_of(name);

	return text_ends(t, ".yaml") || text_ends(t, ".yml");
}

static int report_folder(struct walk *w, const char *path, const char *why)
{
	struct diag *g = diag_add(w->d, DIAG_DEFINITION_FOLDER, RANGE_NONE,
				  "definitions in '%s' cannot be read", path);

	diag_detail(w->d, g, "%s", why);
	diag_hint(w->d, g,
		  "'Definitions' of the provider's entry names a folder; its path begins at "
		  "the folder of the manifest");
	return -1;
}

static int visit(struct walk *w, const char *folder, size_t depth);

static int visit_name(struct walk *w, const char *folder, const char *name, size_t depth)
{
	const char *relative =
		*folder ? arena_printf(w->a, "%s/%s", folder, name) : arena_strdup(w->a, name);
	const char *path = path_join(w->a, w->top, relative);
	struct definition_text *t;
	struct stat st;

	if (*name == '.')
		return 0;
	/* It was there a moment ago, or it is a link that leads nowhere. */
	if (stat(path, &st) != 0)
		return is_yaml(name) ? report_folder(w, path, strerror(errno)) : 0;
	if (S_ISDIR(st.st_mode))
		return visit(w, relative, depth + 1);
	if (!S_ISREG(st.st_mode) || !is_yaml(name))
		return 0;
	if (w->out->count - w->first >= FOLDER_FILES)
		return report_folder(w, w->top, "it has more than 10000 definitions");
	t = arena_vec_add(w->a, w->out);
	*t = (struct definition_text){
		.name = path, .folder = folder, .base = base_of(path), .path = path};
	return 0;
}

static int visit(struct walk *w, const char *folder, size_t depth)
{
	const char *path = *folder ? path_join(w->a, w->top, folder) : w->top;
	struct dirent **names;
	int count, failed = 0;

	if (depth > FOLDER_DEPTH)
		return report_folder(w, path, "folders are nested too deep");
	count = scandir(path, &names, NULL, alphasort);
	if (count < 0)
		return report_folder(w, path, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (!failed)
			failed = visit_name(w, folder, names[i]->d_name, depth);
		free(names[i]);
	}
	free(names);
	return failed;
}

int definition_files(struct arena *a, const struct definition_source *s,
		     struct definition_texts *out, struct diags *d)
{
	struct walk w = {a, s->folder, out, 0, d};

	/* The folder's come first: they stand before what is built in. */
	if (s->folder && visit(&w, "", 0))
		return -1;
	if (s->bundle.len)
		cut_bundle(a, s, out);
	return 0;
}

/* --- looking without reading ---------------------------------------------------------------- */

/* What is in quotes, else what is before a comment. */
static struct text unquoted(struct text t)
{
	const char *end;

	t = text_trim(t);
	if (!t.len || (t.ptr[0] != '\'' && t.ptr[0] != '"')) {
		end = t.len ? memchr(t.ptr, '#', t.len) : NULL;
		return text_trim((struct text){t.ptr, end ? (size_t)(end - t.ptr) : t.len});
	}
	end = memchr(t.ptr + 1, t.ptr[0], t.len - 1);
	return (struct text){t.ptr + 1, end ? (size_t)(end - t.ptr) - 1 : t.len - 1};
}

struct text definition_line(struct text bytes, const char *key)
{
	struct text_split lines = text_split_start(bytes);
	size_t len = strlen(key);
	struct text line;

	while (text_next(&lines, '\n', &line)) {
		if (line.len > len && text_starts(line, key) && line.ptr[len] == ':')
			return unquoted((struct text){line.ptr + len + 1, line.len - len - 1});
	}
	return (struct text){NULL, 0};
}
