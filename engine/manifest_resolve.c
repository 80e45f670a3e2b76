/*
 * manifest_resolve.c - {{resolve:env:NAME}} and {{resolve:file:PATH}}.
 *
 * What they give is secret: no message shows it, nor does one show a part of the text
 * around it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "engine/manifest.h"

#define REFERENCE_OPEN "{{resolve:"
#define REFERENCE_CLOSE "}}"

/* One reference that is being resolved. */
struct reference {
	struct arena *a;
	const char *dir;
	struct range where;
	struct text key; /* what stands behind the kind */
	struct str *out;
	struct diags *d;
};

static bool is_variable_name(struct text name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '_' &&
		    !(i && c >= '0' && c <= '9'))
			return false;
	}
	return name.len > 0;
}

static int report_variable_name(const struct reference *ref)
{
	struct diag *g = diag_add(ref->d, DIAG_RESOLVE_SYNTAX, ref->where,
				  "'%.*s' cannot be the name of an environment variable",
				  TEXT_ARG(ref->key));

	diag_hint(ref->d, g, "a name has letters, digits and '_', and no digit at its beginning");
	return -1;
}

static int resolve_env(const struct reference *ref)
{
	const char *name = arena_text(ref->a, ref->key), *value;
	struct diag *g;
	size_t bad;

	if (!is_variable_name(ref->key))
		return report_variable_name(ref);
	value = getenv(name);
	if (!value) {
		g = diag_add(ref->d, DIAG_RESOLVE_UNSET, ref->where,
			     "environment variable '%s' is not set", name);
		diag_hint(ref->d, g, "set it for this run: %s=... hadeploy ...", name);
		return -1;
	}
	if (!text_utf8_valid(text_of(value), &bad)) {
		diag_add(ref->d, DIAG_RESOLVE_UNSET, ref->where,
			 "environment variable '%s' is not UTF-8 text", name);
		return -1;
	}
	str_add(ref->out, value);
	return 0;
}

static struct text without_newline(struct text t)
{
	if (text_ends(t, "\n"))
		t.len--;
	if (text_ends(t, "\r"))
		t.len--;
	return t;
}

static int report_file(const struct reference *ref, const char *why)
{
	struct diag *g = diag_add(ref->d, DIAG_RESOLVE_FILE, ref->where,
				  "secret file '%.*s' cannot be used: %s", TEXT_ARG(ref->key), why);

	diag_hint(ref->d, g, "the path starts at the folder of " MANIFEST_NAME);
	return -1;
}

static int resolve_file(const struct reference *ref)
{
	const char *name = path_expand_home(ref->a, arena_text(ref->a, ref->key));
	struct str content = STR_INIT;
	int result = 0;
	size_t bad;

	if (file_read(path_join(ref->a, ref->dir, name), LIMIT_SECRET_LEN, &content) != 0)
		result = report_file(ref,
				     errno == EFBIG ? "it is larger than 64 KiB" : strerror(errno));
	else if (!text_utf8_valid(str_text(&content), &bad))
		result = report_file(ref, "it is not UTF-8 text");
	else
		str_add_text(ref->out, without_newline(str_text(&content)));
	str_release(&content);
	return result;
}

static int resolve_later(const struct reference *ref)
{
	diag_hint(ref->d,
		  diag_add(ref->d, DIAG_RESOLVE_UNSUPPORTED, ref->where,
			   "secrets from AWS ('%.*s') are not supported yet", TEXT_ARG(ref->key)),
		  "use {{resolve:env:NAME}} or {{resolve:file:PATH}}");
	return -1;
}

static const struct {
	const char *kind;
	int (*resolve)(const struct reference *ref);
} kinds[] = {
	{"env", resolve_env},
	{"file", resolve_file},
	{"ssm", resolve_later},
	{"ssm-secure", resolve_later},
	{"secretsmanager", resolve_later},
};

static int report_kind(const struct reference *ref, struct text kind)
{
	const char *names[ARRAY_LEN(kinds)];
	struct diag *g = diag_add(ref->d, DIAG_RESOLVE_SYNTAX, ref->where,
				  "'%.*s' is no kind of secret", TEXT_ARG(kind));

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		names[i] = kinds[i].kind;
	diag_did_you_mean(ref->d, g, kind, names, ARRAY_LEN(names));
	if (!g->hint)
		diag_hint(ref->d, g, "write {{resolve:env:NAME}} or {{resolve:file:PATH}}");
	return -1;
}

/* body: "env:NAME". */
static int resolve_one(struct reference *ref, struct text body)
{
	const char *colon = memchr(body.ptr, ':', body.len);
	struct text kind = {body.ptr, colon ? (size_t)(colon - body.ptr) : body.len};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!text_is(kind, kinds[i].kind))
			continue;
		if (!colon || kind.len + 1 == body.len)
			break;
		ref->key = (struct text){colon + 1, body.len - kind.len - 1};
		return kinds[i].resolve(ref);
	}
	if (!colon || kind.len + 1 == body.len) {
		diag_hint(ref->d,
			  diag_add(ref->d, DIAG_RESOLVE_SYNTAX, ref->where,
				   "'{{resolve:%.*s}}' does not say what to resolve",
				   TEXT_ARG(body)),
			  "write {{resolve:env:NAME}} or {{resolve:file:PATH}}");
		return -1;
	}
	return report_kind(ref, kind);
}

static const char *find_text(struct text t, const char *word)
{
	return t.len ? memmem(t.ptr, t.len, word, strlen(word)) : NULL;
}

bool manifest_has_reference(struct text t)
{
	return find_text(t, REFERENCE_OPEN) != NULL;
}

static struct text rest_from(struct text t, const char *at)
{
	return (struct text){at, (size_t)(t.ptr + t.len - at)};
}

/* *rest begins with a reference; it is moved behind it. */
static int resolve_next(struct reference *ref, struct text *rest)
{
	struct text body = rest_from(*rest, rest->ptr + strlen(REFERENCE_OPEN));
	const char *end = find_text(body, REFERENCE_CLOSE);

	if (!end) {
		diag_hint(ref->d,
			  diag_add(ref->d, DIAG_RESOLVE_SYNTAX, ref->where,
				   "'{{resolve:' has no '}}' at its end"),
			  "write {{resolve:env:NAME}} or {{resolve:file:PATH}}");
		return -1;
	}
	body.len = (size_t)(end - body.ptr);
	*rest = rest_from(*rest, end + strlen(REFERENCE_CLOSE));
	return resolve_one(ref, body);
}

int manifest_resolve(struct arena *a, const char *dir, struct placed_text t, const char **out,
		     struct diags *d)
{
	struct str text = STR_INIT;
	struct reference ref = {a, dir, t.where, {NULL, 0}, &text, d};
	struct text rest = t.text;
	const char *at;
	int result = 0;

	while (result == 0 && (at = find_text(rest, REFERENCE_OPEN)) != NULL) {
		str_add_len(&text, rest.ptr, (size_t)(at - rest.ptr));
		rest = rest_from(rest, at);
		result = resolve_next(&ref, &rest);
		if (text.len > LIMIT_SOURCE_LEN)
			result = report_file(&ref, "the text becomes too long");
	}
	str_add_text(&text, rest);
	if (result == 0)
		*out = arena_text(a, str_text(&text));
	str_release(&text);
	return result;
}
