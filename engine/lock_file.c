#include "engine/lock_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define LOCK_VERSION 1
#define DIGEST_PREFIX "sha256:"

static int refuse(const char *name, struct diags *d, const char *why)
{
	struct diag *g = diag_add(d, DIAG_LOCK_FILE, RANGE_NONE, "'%s' %s", name, why);

	diag_hint(d, g,
		  "take it from git again; or remove it, and `hadeploy lock` writes it anew with "
		  "what the branches and tags are now");
	return -1;
}

static bool hex(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static bool sound(const struct pin *p)
{
	const size_t prefix = strlen(DIGEST_PREFIX);

	return p->ref[0] && hex(p->commit, 40) && strncmp(p->digest, DIGEST_PREFIX, prefix) == 0 &&
	       hex(p->digest + prefix, 64);
}

static int compare(const void *x, const void *y)
{
	return strcmp(((const struct pin *)x)->template, ((const struct pin *)y)->template);
}

static int read_pins(struct arena *a, const char *name, json_t *all, struct lock_file *out,
		     struct diags *d)
{
	const char *key;
	json_t *entry;

	out->pins = ARENA_ARRAY(a, json_object_size(all), struct pin);
	json_object_foreach(all, key, entry)
	{
		struct pin *p = &out->pins[out->count++];

		*p = (struct pin){
			.template = arena_strdup(a, key),
			.ref = arena_strdup(a, json_str(entry, "ref", "")),
			.commit = arena_strdup(a, json_str(entry, "commit", "")),
			.digest = arena_strdup(a, json_str(entry, "digest", "")),
		};
		if (!json_is_object(entry) || !sound(p))
			return refuse(name, d,
				      arena_printf(a,
						   "is damaged: the entry of '%s' has not the "
						   "commit, digest and ref that it must have",
						   key));
	}
	qsort(out->pins, out->count, sizeof(*out->pins), compare);
	return 0;
}

static int read_all(struct arena *a, const char *name, json_t *j, struct lock_file *out,
		    struct diags *d)
{
	const int64_t version = json_int(j, "lockVersion", 0);
	json_t *all = json_object_get(j, "templates");

	if (version > LOCK_VERSION)
		return refuse(name, d, "was written by a newer hadeploy");
	if (version != LOCK_VERSION || !json_is_object(all))
		return refuse(name, d, "is no lock file");
	return read_pins(a, name, all, out, d);
}

int lock_file_parse(struct arena *a, const char *name, struct text bytes, struct lock_file *out,
		    struct diags *d)
{
	const char *why = NULL;
	json_t *j = json_parse(bytes, a, &why);
	int failed;

	*out = (struct lock_file){0};
	if (j)
		failed = read_all(a, name, j, out, d);
	else
		failed = refuse(name, d, arena_printf(a, "is damaged: %s", why));
	json_decref(j);
	if (failed)
		*out = (struct lock_file){0};
	return failed;
}

void lock_file_write(const struct lock_file *lock, struct str *out)
{
	json_t *all = json_object(), *whole;

	for (size_t i = 0; i < lock->count; i++) {
		const struct pin *p = &lock->pins[i];

		json_object_set_new(all, p->template,
				    json_pack("{s:s, s:s, s:s}", "commit", p->commit, "digest",
					      p->digest, "ref", p->ref));
	}
	whole = json_pack("{s:i, s:o}", "lockVersion", LOCK_VERSION, "templates", all);
	json_pretty(whole, out);
	if (!out->len || out->ptr[out->len - 1] != '\n')
		str_add_char(out, '\n');
	json_decref(whole);
}

const struct pin *lock_file_find(const struct lock_file *lock, const char *template)
{
	const struct pin wanted = {.template = template};

	return lock->count ? bsearch(&wanted, lock->pins, lock->count, sizeof(*lock->pins), compare)
			   : NULL;
}
