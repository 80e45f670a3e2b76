/*
 * manifest_resolve.c - {{resolve:env:NAME}} and {{resolve:file:PATH}}, of the manifest and of
 * templates.
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
#include "templates/resolve.h"

/* One reference that is being resolved. */
struct reference {
	struct arena *a;
	const char *dir;
	struct range where;
	struct text key; /* what stands behind the service */
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

/* Where a text goes that was resolved. */
struct placed_result {
	const char **out;
	struct diags *d;
};

/* What a reference becomes that only a provider can resolve. */
enum remote_reference { REMOTE_REFUSED, REMOTE_KEPT };

static int refuse_remote(const struct reference *ref)
{
	diag_hint(ref->d,
		  diag_add(ref->d, DIAG_RESOLVE_UNSUPPORTED, ref->where,
			   "settings cannot come from AWS ('%.*s')", TEXT_ARG(ref->key)),
		  "use {{resolve:env:NAME}} or {{resolve:file:PATH}}");
	return -1;
}

static int resolve_local(struct reference *ref, const struct resolve_reference *r)
{
	ref->key = r->name;
	return r->service == SERVICE_ENV ? resolve_env(ref) : resolve_file(ref);
}

static int resolve_piece(struct reference *ref, const struct resolve_piece *p,
			 enum remote_reference remote)
{
	switch (p->kind) {
	case RESOLVE_BAD:
		resolve_report(ref->where, p, RESOLVE_SHOWN, ref->d);
		return -1;
	case RESOLVE_REFERENCE:
		if (resolve_is_local(p->ref.service))
			return resolve_local(ref, &p->ref);
		if (remote == REMOTE_REFUSED) {
			ref->key = p->ref.name;
			return refuse_remote(ref);
		}
		break;
	case RESOLVE_TEXT:
		break;
	}
	str_add_text(ref->out, p->text);
	return 0;
}

static int resolve_all(struct reference *ref, struct text t, enum remote_reference remote)
{
	struct resolve_scan scan = resolve_start(t, RESOLVE_WHOLE);
	struct resolve_piece p;
	int result = 0;

	while (result == 0 && resolve_next(&scan, &p)) {
		result = resolve_piece(ref, &p, remote);
		if (ref->out->len > LIMIT_SOURCE_LEN)
			result = report_file(ref, "the text becomes too long");
	}
	return result;
}

static int resolve(struct arena *a, const char *dir, const struct placed_text *t,
		   enum remote_reference remote, struct placed_result *result)
{
	struct str text = STR_INIT;
	struct reference ref = {a, dir, t->where, {NULL, 0}, &text, result->d};
	int rc = resolve_all(&ref, t->text, remote);

	if (rc == 0)
		*result->out = arena_text(a, str_text(&text));
	str_release(&text);
	return rc;
}

bool manifest_has_reference(struct text t)
{
	return resolve_occurs(t);
}

int manifest_resolve(struct arena *a, const char *dir, struct placed_text t, const char **out,
		     struct diags *d)
{
	return resolve(a, dir, &t, REMOTE_REFUSED, &(struct placed_result){out, d});
}

int manifest_resolve_parameter(struct arena *a, const char *dir, struct placed_text t,
			       const char **out, struct diags *d)
{
	return resolve(a, dir, &t, REMOTE_KEPT, &(struct placed_result){out, d});
}
