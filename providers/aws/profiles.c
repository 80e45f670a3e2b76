#include "providers/aws/profiles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"

#define FILE_LEN_MAX ((size_t)4 << 20)

struct reading {
	struct profiles *p;
	const struct profile_file *file;
	bool config;         /* "[profile x]", where the other has "[x]" */
	const char *profile; /* NULL: in no section, or in one of something else */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct text unquoted(struct text t)
{
	if (t.len >= 2 && (t.ptr[0] == '"' || t.ptr[0] == '\'') && t.ptr[t.len - 1] == t.ptr[0])
		return (struct text){t.ptr + 1, t.len - 2};
	return t;
}

/* A comment behind a value has a blank in front. */
static struct text without_comment(struct text t)
{
	for (size_t i = 1; i < t.len; i++) {
		if ((t.ptr[i] == '#' || t.ptr[i] == ';') && is_blank(t.ptr[i - 1]))
			return text_trim((struct text){t.ptr, i});
	}
	return t;
}

static void enter_section(struct reading *r, struct text name)
{
	struct text word = TEXT_LIT("profile");

	name = text_trim(name);
	r->profile = NULL;
	if (r->config && !text_is(name, "default")) {
		if (name.len <= word.len || !text_starts(name, "profile") ||
		    !is_blank(name.ptr[word.len]))
			return;
		name = text_trim((struct text){name.ptr + word.len, name.len - word.len});
	}
	r->profile = arena_text(r->p->a, unquoted(name));
	if (!map_has(&r->p->names, text_of(r->profile)))
		map_set(&r->p->names, text_of(r->profile), (void *)(uintptr_t)r->file);
}

static void set_value(struct reading *r, struct text key, struct text value)
{
	struct arena *a = r->p->a;
	char *name = arena_printf(a, "%s\n%.*s", r->profile, TEXT_ARG(key));

	for (char *c = strchr(name, '\n'); *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	/* The credentials file is read first, and wins. */
	if (!map_has(&r->p->values, text_of(name)))
		map_set(&r->p->values, text_of(name), arena_text(a, value));
}

/* 0, or -1: neither a section nor a setting. */
static int read_line(struct reading *r, struct text line)
{
	struct text trimmed = text_trim(line);
	const char *sign;

	if (!trimmed.len || trimmed.ptr[0] == '#' || trimmed.ptr[0] == ';')
		return 0;
	if (trimmed.ptr[0] == '[') {
		const char *end = memchr(trimmed.ptr, ']', trimmed.len);

		if (!end)
			return -1;
		enter_section(r, (struct text){trimmed.ptr + 1, (size_t)(end - trimmed.ptr - 1)});
		return 0;
	}
	/* What is indented belongs to the setting before: settings of services, not ours. */
	if (is_blank(line.ptr[0]) || !r->profile)
		return 0;
	sign = memchr(trimmed.ptr, '=', trimmed.len);
	if (!sign || sign == trimmed.ptr)
		return -1;
	set_value(r, text_trim((struct text){trimmed.ptr, (size_t)(sign - trimmed.ptr)}),
		  without_comment(text_trim((struct text){
			  sign + 1, (size_t)(trimmed.ptr + trimmed.len - sign - 1)})));
	return 0;
}

static int read_lines(struct reading *r, struct text bytes, struct fault *f)
{
	struct text bom = TEXT_LIT("\xef\xbb\xbf"), line;
	struct text_split lines;

	/* Editors of Windows write it. */
	if (text_starts(bytes, bom.ptr))
		bytes = (struct text){bytes.ptr + bom.len, bytes.len - bom.len};
	lines = text_split_start(bytes);
	for (unsigned number = 1; text_next(&lines, '\n', &line); number++) {
		if (line.len && read_line(r, line)) {
			fault_set(f, HD_FATAL, DIAG_AWS_FILE, "line %u of '%s' cannot be read",
				  number, r->file->path);
			fault_detail(f, "It is neither a section '[NAME]' nor 'KEY = VALUE'.");
			fault_hint(f, "mend it; `aws configure list` reads the same file");
			return -1;
		}
	}
	return 0;
}

static int read_file(struct reading *r, struct profile_file *file, struct fault *f)
{
	struct str bytes = STR_INIT;
	int rc = 0;

	r->file = file;
	r->profile = NULL;
	if (file_read(file->path, FILE_LEN_MAX, &bytes)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		fault_set(f, HD_FATAL, DIAG_AWS_FILE, "'%s' cannot be read", file->path);
		fault_detail(f, "%s", strerror(errno));
		fault_hint(f, "see to its permissions, or name another with %s",
			   r->config ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE");
		return -1;
	}
	file->exists = true;
	rc = read_lines(r, str_text(&bytes), f);
	str_release(&bytes);
	return rc;
}

static const char *path_of(struct arena *a, const char *variable, const char *usual)
{
	const char *path = getenv(variable);

	return path_expand_home(a, path && *path ? path : usual);
}

int profiles_read(struct arena *a, struct profiles *out, struct fault *f)
{
	struct reading r = {.p = out};

	*out = (struct profiles){.a = a};
	out->files[0].path = path_of(a, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
	out->files[1].path = path_of(a, "AWS_CONFIG_FILE", "~/.aws/config");
	if (read_file(&r, &out->files[0], f))
		return -1;
	r.config = true;
	return read_file(&r, &out->files[1], f);
}

void profiles_release(struct profiles *p)
{
	map_release(&p->names);
	map_release(&p->values);
}

const char *profiles_value(const struct profiles *p, const char *profile, const char *key)
{
	struct str name = STR_INIT;
	const char *value;

	str_printf(&name, "%s\n%s", profile, key);
	value = map_find(&p->values, str_text(&name));
	str_release(&name);
	return value && *value ? value : NULL;
}

const char *profiles_path(const struct profiles *p, const char *profile)
{
	const struct profile_file *file = map_find(&p->names, text_of(profile));

	return file ? file->path : NULL;
}
