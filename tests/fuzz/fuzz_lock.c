/* fuzz_lock.c - URLs of repositories and of files in them, and hadeploy.lock. */
#include <stdlib.h>
#include <string.h>

#include "engine/lock_file.h"
#include "vcs/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void need(bool holds)
{
	if (!holds)
		abort();
}

/* What is shown is a URL again, and has no password. */
static void check_url(struct arena *a, const char *text)
{
	struct vcs_url u, again;
	const char *why = NULL;

	if (!vcs_url_parse(a, text, &u, &why)) {
		need(why != NULL);
		return;
	}
	need(u.scheme == VCS_FILE || u.host[0]);
	if (strstr(text, "://")) {
		need(vcs_url_parse(a, u.shown, &again, &why));
		need(!again.has_password && strcmp(again.host, u.host) == 0);
	}
}

/* No path leads out of the repository. */
static void check_file_url(struct arena *a, const char *text)
{
	struct vcs_file_url u;
	const char *why = NULL;

	if (!vcs_file_url_parse(a, text, &u, &why)) {
		need(why != NULL);
		return;
	}
	need(!u.repository.has_password && u.path[0] && u.path[0] != '/');
	need(strncmp(u.path, "../", 3) != 0 && !strstr(u.path, "/../"));
	need(!u.ref || (u.ref[0] && u.ref[0] != '-' && !strpbrk(u.ref, " :*\n")));
}

/* What was read is written so that it is read again as the same. */
static void check_lock(struct arena *a, struct text bytes)
{
	struct diags d = DIAGS_INIT;
	struct str once = STR_INIT, twice = STR_INIT;
	struct lock_file lock, again;

	if (lock_file_parse(a, "hadeploy.lock", bytes, &lock, &d) == 0) {
		lock_file_write(&lock, &once);
		need(lock_file_parse(a, "hadeploy.lock", str_text(&once), &again, &d) == 0);
		lock_file_write(&again, &twice);
		need(text_eq(str_text(&once), str_text(&twice)));
	} else {
		need(d.error_count > 0);
	}
	str_release(&once);
	str_release(&twice);
	diags_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct text all = {(const char *)bytes, len};
	struct arena *a = arena_new();
	const char *text = arena_text(a, all);

	check_url(a, text);
	check_file_url(a, text);
	check_lock(a, all);
	arena_free(a);
	return 0;
}
