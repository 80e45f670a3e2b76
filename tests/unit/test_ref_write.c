/* test_ref_write.c - commits onto a reference of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vcs/vcs.h"

#define REF "refs/hadeploy/state"

struct repo {
	char dir[64];
	struct arena *a;
	struct diags d;
	struct vcs_repository *r;
};

static int set_up(void **state)
{
	struct repo *t = xcalloc(1, sizeof(*t));

	snprintf(t->dir, sizeof(t->dir), "/tmp/hadeploy-ref-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	t->a = arena_new();
	t->r = vcs_open_bare(arena_printf(t->a, "%s/m.git", t->dir), &t->d);
	assert_non_null(t->r);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct repo *t = *state;

	vcs_close(t->r);
	diags_release(&t->d);
	assert_int_equal(system(arena_printf(t->a, "rm -rf '%s'", t->dir)), 0);
	arena_free(t->a);
	free(t);
	return 0;
}

static enum vcs_ref_write write_files(struct repo *t, const char *expected,
				      const struct vcs_change *changes, size_t count, char *id)
{
	struct vcs_new_commit c = {
		.expected = expected,
		.changes = changes,
		.count = count,
		.author = "hadeploy <x>\n",
		.message = "apply: web/east\n",
		.at_ms = 1700000000000,
	};
	enum vcs_ref_write result = vcs_ref_commit(t->r, REF, &c, id, &t->d);

	if (t->d.first)
		print_message("%s\n", t->d.first->summary);
	return result;
}

static void test_files_come_and_go(void **state)
{
	struct repo *t = *state;
	const struct vcs_change first[] = {
		{"instances/-/east/web.json", text_of("{}\n")},
		{"shared/meta.json", text_of("1\n")},
		{"running/20261121-1.json", text_of("2\n")},
		{"runs/20261120-1.json", text_of("3\n")},
	};
	const struct vcs_change second[] = {
		{"running/20261121-1.json", {NULL, 0}},
		{"never/there.json", {NULL, 0}},
		{"instances/-/west/w%C3%BCb.json", text_of("{}\n")},
	};
	char one[VCS_ID_LEN + 1], two[VCS_ID_LEN + 1], same[VCS_ID_LEN + 1];
	struct vcs_file *files;
	size_t count;

	assert_int_equal(write_files(t, NULL, first, 4, one), VCS_REF_WRITTEN);
	assert_int_equal(write_files(t, NULL, first, 4, two), VCS_REF_MOVED);
	assert_int_equal(write_files(t, one, first, 4, same), VCS_REF_SAME);
	assert_int_equal(write_files(t, one, second, 3, two), VCS_REF_WRITTEN);
	assert_int_equal(write_files(t, one, second, 3, same), VCS_REF_MOVED);
	assert_string_equal(vcs_ref_commit_id(t->r, REF, t->a), two);
	assert_int_equal(vcs_list_files(t->r, two, t->a, &files, &count), 0);
	assert_int_equal(count, 4);
	assert_string_equal(files[0].path, "instances/-/east/web.json");
	assert_string_equal(files[1].path, "instances/-/west/w%C3%BCb.json");
	assert_string_equal(files[2].path, "runs/20261120-1.json");
	assert_int_equal(system(arena_printf(
				 t->a, "git -C '%s/m.git' fsck --strict >/dev/null 2>&1", t->dir)),
			 0);
}

static void test_only_references_of_ones_own(void **state)
{
	(void)state;
	assert_true(vcs_ref_is_own("refs/hadeploy/state"));
	assert_false(vcs_ref_is_own("refs/heads/main"));
	assert_false(vcs_ref_is_own("refs/tags/v1"));
	assert_false(vcs_ref_is_own("refs/remotes/origin/main"));
	assert_false(vcs_ref_is_own("refs/stash"));
	assert_false(vcs_ref_is_own("refs/notes/commits"));
	assert_false(vcs_ref_is_own("refs/replace/x"));
	assert_false(vcs_ref_is_own("refs/bisect/bad"));
	assert_false(vcs_ref_is_own("refs/worktree/x"));
	assert_false(vcs_ref_is_own("refs/hadeploy"));
	assert_false(vcs_ref_is_own("state"));
	assert_false(vcs_ref_is_own("refs/hadeploy/st ate"));
}

static void test_what_cannot_be_written_is_told(void **state)
{
	struct repo *t = *state;
	const struct vcs_change bad[] = {{"a/.git/config", text_of("x")}};
	char id[VCS_ID_LEN + 1];

	assert_int_equal(write_files(t, NULL, bad, 1, id), VCS_REF_FAILED);
	assert_int_equal(t->d.first->code, DIAG_VCS_WRITE);
	assert_null(vcs_ref_commit_id(t->r, REF, t->a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files_come_and_go, set_up, tear_down),
		cmocka_unit_test(test_only_references_of_ones_own),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_written_is_told, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
