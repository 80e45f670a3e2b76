/* fuzz_mirror.c - a file of a mirror that somebody else may have written: its name up to the first
 * line end, and its bytes.  Then into a state. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/mirror_parts.h"
#include "engine/mirror_restore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(const struct rows_key *key, struct text bytes, struct arena *a)
{
	const char *path = arena_printf(a, "/tmp/hadeploy-fuzz-mirror-%ld", (long)getpid());
	struct diags d = DIAGS_INIT;
	struct state *s = state_open(path, STATE_WRITE, clock_real(), &d);
	json_t *file = json_parse(bytes, NULL, NULL);
	const char *why;

	if (s && file && rows_fill_begin(s, &d) == 0)
		rows_fill(s, key, file, a, &why);
	json_decref(file);
	state_close(s);
	unlink(path);
	unlink(arena_printf(a, "%s-wal", path));
	unlink(arena_printf(a, "%s-shm", path));
	diags_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *end = memchr(data, '\n', size);
	struct arena *a = arena_new();
	struct rows_key key;

	if (end) {
		size_t len = (size_t)(end - (const char *)data);
		const char *path = arena_strndup(a, (const char *)data, len);
		struct text bytes = {arena_strndup(a, end + 1, size - len - 1), size - len - 1};

		if (!mirror_file_fault(path, bytes, a) && mirror_parse_path(a, path, &key))
			fill(&key, bytes, a);
	}
	arena_free(a);
	return 0;
}
