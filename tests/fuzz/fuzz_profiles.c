/* fuzz_profiles.c - AWS's shared files: credentials, a NUL, config. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "providers/aws/profiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A file in memory that the variable names. */
static int open_file(const char *variable)
{
	int fd = memfd_create(variable, MFD_CLOEXEC);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || setenv(variable, path, 1))
		abort();
	return fd;
}

static void fill(int fd, struct text t)
{
	if (ftruncate(fd, 0) || pwrite(fd, t.ptr, t.len, 0) != (ssize_t)t.len)
		abort();
}

/* Whatever is wrong with a file, what stands in it may be a secret. */
static void check_fault(struct fault *f)
{
	const char *says = "It is neither a section '[NAME]' nor 'KEY = VALUE'.";

	if (f->status != HD_FATAL || strcmp(str_cstr(&f->detail), says) != 0 ||
	    strncmp(str_cstr(&f->summary), "line ", 5) != 0)
		abort();
}

/* Each of one line, and found again by its own name. */
static void check_values(const struct profiles *p)
{
	for (size_t i = 0; i < p->values.entry_count; i++) {
		const struct map_entry *e = &p->values.entries[i];
		const char *name =
			e->key ? arena_text(p->a, (struct text){e->key, e->key_len}) : "";
		const char *key = strchr(name, '\n'), *value = e->value;
		const char *profile, *found;

		if (!e->key)
			continue;
		if (!key || strchr(value, '\n') || strpbrk(key, "ABCXYZ"))
			abort();
		profile = arena_strndup(p->a, name, (size_t)(key - name));
		found = profiles_value(p, profile, key + 1);
		if (!profiles_path(p, profile) || found != (*value ? value : NULL))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static int files[PROFILES_FILES] = {-1, -1};
	const char *nul = memchr(bytes, 0, len);
	struct text all = {(const char *)bytes, len};
	size_t first = nul ? (size_t)(nul - all.ptr) : len;
	struct arena *a = arena_new();
	struct fault f = FAULT_INIT;
	struct profiles p;

	if (files[0] < 0) {
		files[0] = open_file("AWS_SHARED_CREDENTIALS_FILE");
		files[1] = open_file("AWS_CONFIG_FILE");
	}
	fill(files[0], (struct text){all.ptr, first});
	fill(files[1], nul ? (struct text){nul + 1, len - first - 1} : TEXT_LIT(""));
	if (profiles_read(a, &p, &f))
		check_fault(&f);
	else
		check_values(&p);
	profiles_release(&p);
	fault_release(&f);
	arena_free(a);
	return 0;
}
